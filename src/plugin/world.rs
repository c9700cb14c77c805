//! The world in scripts: the table `world`.
//!
//! It is empty and read-only, and all that it can do are methods: `world:on(event, f)`.

use std::rc::Rc;

use super::class::hidden_metatable;
use super::environment::Shared;
use super::events;
use crate::api::{Context, Table, TableError, Value};

/// Adds `world` to the globals.
pub(super) fn install<'gc>(ctx: Context<'gc>, shared: &Rc<Shared>) -> Result<(), TableError> {
    let methods = Table::new(ctx);
    events::add_world_methods(ctx, methods, shared)?;
    methods.freeze();
    let metatable = hidden_metatable(ctx, "world")?;
    metatable.set_field(ctx, "__index", Value::Table(methods))?;
    metatable.freeze();
    let world = Table::new(ctx);
    world.set_metatable(ctx, Some(metatable));
    world.freeze();
    ctx.globals().set_field(ctx, "world", Value::Table(world))
}
