//! The Bevy plugin, through a headless app.

mod asset;
mod assets;
mod behaviour;
mod budget;
mod collector;
mod component;
mod declared;
mod determinism;
mod entity;
mod environment;
mod error;
mod event;
mod function;
mod guard;
mod guide;
mod input;
mod memory;
mod module;
mod params;
mod profile;
mod query;
mod random;
mod registry;
mod reload;
mod saved;
#[cfg(feature = "scenes")]
mod scenes;
mod settings;
mod shape;
mod state;
mod states;
mod task;
mod time;
mod values;
mod wait;
