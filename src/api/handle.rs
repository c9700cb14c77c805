//! Handles: Lua values that Rust code outside the arena holds on to.
//!
//! A handle is a root: what it names stays alive as long as any clone of it. It carries no lifetime, so it fits
//! into components, resources and closures.

use std::fmt;

use gc_arena::{Collect, DynamicRoot, Gc, Rootable};

use crate::vm::{Context, Raised, Value};

use super::convert::{FromLua, IntoLua, Mismatch};

/// A Lua value that lives as long as any clone of its handle does.
///
/// A handle belongs to the [`Lua`](super::Lua) it was made in.
#[derive(Clone)]
pub struct Handle(DynamicRoot<Rootable![Stashed<'_>]>);

#[derive(Collect)]
#[collect(no_drop)]
struct Stashed<'gc>(Value<'gc>);

impl<'gc> Context<'gc> {
    /// A handle on a value.
    pub fn stash(self, value: impl Into<Value<'gc>>) -> Handle {
        Handle(self.roots().stash::<Rootable![Stashed<'_>]>(self.mc(), Gc::new(self.mc(), Stashed(value.into()))))
    }

    /// The value of a handle.
    ///
    /// # Panics
    /// If the handle was made in another [`Lua`](super::Lua).
    pub fn fetch(self, handle: &Handle) -> Value<'gc> {
        self.roots().fetch(&handle.0).as_ref().0
    }
}

impl<'gc> IntoLua<'gc> for Handle {
    fn into_lua(self, ctx: Context<'gc>) -> Result<Value<'gc>, Raised<'gc>> {
        (&self).into_lua(ctx)
    }
}

impl<'gc> IntoLua<'gc> for &Handle {
    fn into_lua(self, ctx: Context<'gc>) -> Result<Value<'gc>, Raised<'gc>> {
        match ctx.roots().try_fetch(&self.0) {
            Ok(stashed) => Ok(stashed.as_ref().0),
            Err(_) => Err(Raised::message("a handle was used with a Lua it does not belong to")),
        }
    }
}

impl<'gc> FromLua<'gc> for Handle {
    const EXPECTED: &'static str = "value";

    fn from_lua(ctx: Context<'gc>, value: Value<'gc>) -> Result<Handle, Mismatch> {
        Ok(ctx.stash(value))
    }
}

impl fmt::Debug for Handle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Handle")
    }
}
