//! Rust values in scripts, by reflection: any type that derives `Reflect`, without a line of glue.
//!
//! `place` is where in a component something is; `reference` the userdata that reads and writes through, `glance` its
//! answers without a call, `known` a short way to some of them, `collection` what lists and maps can do besides. `to_lua`
//! and `from_lua` copy whole values: components, events, arguments. `leaf` knows the types that Lua has too, `declared`
//! the data of components that were defined in Lua, and `names` finds the name that was meant.

mod collection;
mod declared;
mod from_lua;
mod glance;
mod known;
mod leaf;
mod names;
mod place;
mod reference;
mod to_lua;

pub(super) use from_lua::{BYTES_OF_WEIGHT, Builder, copy_of, is_optional, weight};
pub(super) use glance::glance_at_component;
pub(super) use leaf::copied_text;
pub(super) use names::{hint, listed, nearest};
pub(super) use place::{Component, Kind, Place, SEARCH_FUEL, component_names, is_type, resolve};
pub(super) use reference::{Reference, as_reference, install, read, require};
pub(super) use to_lua::{keep_types, to_lua, to_lua_here};
