//! The kinds of userdata that the plugin makes, and where their metatables lie.
//!
//! The metatables are in the machine's registry, which no script of the sandbox reaches, at a number for each kind: so
//! any native can make a value of any kind. They cannot be seen or changed by scripts.

use crate::api::{Context, Table, TableError, UserData, Value};

/// A kind of userdata.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Class {
    /// An entity.
    Entity,
    /// A component of an entity, or a part of it.
    Reference,
    /// A Rust value that scripts can only pass on.
    Opaque,
    /// A task.
    Task,
    /// A handler of events.
    Handler,
    /// A query.
    Query,
}

impl Class {
    /// What messages call a value of this kind.
    fn name(self) -> &'static str {
        match self {
            Class::Entity => "Entity",
            Class::Reference => "component",
            Class::Opaque => "opaque value",
            Class::Task => "task",
            Class::Handler => "handler",
            Class::Query => "query",
        }
    }

    /// Makes the metatable of this kind, to be filled and frozen.
    pub(super) fn install<'gc>(self, ctx: Context<'gc>) -> Result<Table<'gc>, TableError> {
        let metatable = hidden_metatable(ctx, self.name())?;
        ctx.registry().set_integer(ctx, self.place(), Value::Table(metatable))?;
        Ok(metatable)
    }

    /// A Rust value of this kind in Lua.
    pub(super) fn wrap<'gc, T: 'static>(self, ctx: Context<'gc>, value: T) -> UserData<'gc> {
        let metatable = match ctx.registry().get_integer(ctx, self.place()) {
            Value::Table(metatable) => Some(metatable),
            _ => None,
        };
        UserData::new(ctx, value, metatable)
    }

    fn place(self) -> i64 {
        self as i64 + 1
    }
}

/// A metatable that scripts cannot get at, of values that messages call by a name.
pub(super) fn hidden_metatable<'gc>(ctx: Context<'gc>, name: &str) -> Result<Table<'gc>, TableError> {
    let metatable = Table::new(ctx);
    metatable.set_field(ctx, "__name", ctx.text(name))?;
    metatable.set_field(ctx, "__metatable", Value::Boolean(false))?;
    Ok(metatable)
}
