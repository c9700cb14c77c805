//! The kinds of userdata that the plugin makes, and where their metatables lie.
//!
//! The metatables are in the machine's registry, which no script of the sandbox reaches, at a number for each kind: so
//! any native can make a value of any kind. They cannot be seen or changed by scripts.

use std::rc::Rc;

use crate::api::{Context, Numbers, Table, TableError, UserData, Value};

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
    /// The handle of an asset.
    Asset,
    /// The values of mathematics, by their names.
    Vec2,
    Vec3,
    Vec4,
    IVec2,
    IVec3,
    IVec4,
    UVec2,
    UVec3,
    UVec4,
    Quat,
    Color,
    /// A gamepad.
    #[cfg(feature = "gamepad")]
    Gamepad,
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
            Class::Asset => "asset",
            Class::Vec2 => "vec2",
            Class::Vec3 => "vec3",
            Class::Vec4 => "vec4",
            Class::IVec2 => "ivec2",
            Class::IVec3 => "ivec3",
            Class::IVec4 => "ivec4",
            Class::UVec2 => "uvec2",
            Class::UVec3 => "uvec3",
            Class::UVec4 => "uvec4",
            Class::Quat => "quat",
            Class::Color => "color",
            #[cfg(feature = "gamepad")]
            Class::Gamepad => "gamepad",
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
        UserData::new(ctx, value, self.metatable(ctx))
    }

    /// A value of this kind that is nothing but numbers, in Lua.
    #[inline]
    pub(super) fn wrap_numbers<'gc>(self, ctx: Context<'gc>, numbers: Numbers) -> UserData<'gc> {
        UserData::from_numbers(ctx, numbers, self.metatable(ctx))
    }

    /// A value of this kind that is a shared Rust value and a number, in Lua.
    #[inline]
    pub(super) fn wrap_shared<'gc, T: 'static>(self, ctx: Context<'gc>, shared: Rc<T>, number: u64) -> UserData<'gc> {
        UserData::share(ctx, shared, number, self.metatable(ctx))
    }

    /// The metatable of this kind.
    #[inline]
    pub(super) fn metatable<'gc>(self, ctx: Context<'gc>) -> Option<Table<'gc>> {
        match ctx.registry().get_integer(ctx, self.place()) {
            Value::Table(metatable) => Some(metatable),
            _ => None,
        }
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
