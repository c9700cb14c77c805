//! Userdata: Rust values in Lua.
//!
//! The Rust value is `'static`, and is reached by asking for its type. Lua values that belong to it go into
//! its *user value*, where the collector sees them. Four small numbers, such as a vector's, need no Rust value: they lie
//! in the object itself ([`Numbers`]), so that to make one is a single allocation; and so it is with a value that many
//! userdata share ([`UserData::share`]). Such a share, and numbers of certain kinds, are names of something outside:
//! two userdata of the same name are one value, so that a host need not keep those that it has made.

use std::any::Any;
use std::cell::Cell;
use std::rc::Rc;

use gc_arena::barrier::field;
use gc_arena::{Collect, Gc, Lock};

use super::context::Context;
use super::table::Table;
use super::value::Value;

/// A Rust value in Lua.
#[derive(Clone, Copy, Collect)]
#[collect(no_drop)]
pub struct UserData<'gc>(pub(super) Gc<'gc, Body<'gc>>);

/// A few numbers that are a value together: a vector, a rotation, a colour. What they mean is up to who made them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Numbers {
    /// What kind of value it is.
    pub kind: u16,
    /// The bits of its parts.
    pub parts: [u32; 4],
}

impl Numbers {
    /// From this kind on numbers are names: any two userdata of the same ones are the same value to scripts, as keys of
    /// tables and for `rawequal`.
    pub const NAMES: u16 = 0x8000;
}

enum Held {
    Any(Box<dyn Any>),
    Numbers(Numbers),
    Shared(Rc<dyn Any>, u64),
}

#[derive(Collect)]
#[collect(no_drop)]
pub(super) struct Body<'gc> {
    #[collect(require_static)]
    value: Held,
    metatable: Lock<Option<Table<'gc>>>,
    user_value: Lock<Value<'gc>>,
    is_finalizable: Cell<bool>,
}

impl<'gc> UserData<'gc> {
    /// Moves a Rust value into Lua.
    pub fn new<T: 'static>(ctx: Context<'gc>, value: T, metatable: Option<Table<'gc>>) -> UserData<'gc> {
        UserData::hold(ctx, Held::Any(Box::new(value)), metatable)
    }

    /// A userdata that is nothing but a few numbers.
    #[inline]
    pub fn from_numbers(ctx: Context<'gc>, numbers: Numbers, metatable: Option<Table<'gc>>) -> UserData<'gc> {
        UserData::hold(ctx, Held::Numbers(numbers), metatable)
    }

    /// A userdata of a Rust value that others share, and a number of its own.
    #[inline]
    pub fn share<T: 'static>(
        ctx: Context<'gc>,
        shared: Rc<T>,
        number: u64,
        metatable: Option<Table<'gc>>,
    ) -> UserData<'gc> {
        UserData::hold(ctx, Held::Shared(shared, number), metatable)
    }

    #[inline(always)]
    fn hold(ctx: Context<'gc>, value: Held, metatable: Option<Table<'gc>>) -> UserData<'gc> {
        let data = UserData(Gc::new(
            ctx.mc(),
            Body {
                value,
                metatable: Lock::new(metatable),
                user_value: Lock::new(Value::Nil),
                is_finalizable: Cell::new(false),
            },
        ));
        if let Some(metatable) = metatable {
            ctx.notice_metatable(Value::UserData(data), metatable);
        }
        data
    }

    /// Sets whether the userdata is marked for finalization. What was so before.
    pub(super) fn set_finalizable(self, is_finalizable: bool) -> bool {
        self.0.as_ref().is_finalizable.replace(is_finalizable)
    }

    /// The Rust value, if it is a `T`. It is shared: what is to change needs a cell.
    #[inline]
    pub fn downcast<T: 'static>(self) -> Option<&'gc T> {
        match &self.0.as_ref().value {
            Held::Any(value) => value.downcast_ref(),
            Held::Numbers(_) | Held::Shared(..) => None,
        }
    }

    /// The numbers, if it is made of them.
    #[inline]
    pub fn numbers(self) -> Option<&'gc Numbers> {
        match &self.0.as_ref().value {
            Held::Numbers(numbers) => Some(numbers),
            Held::Any(_) | Held::Shared(..) => None,
        }
    }

    /// The shared Rust value and the number, if it was made of a shared `T`.
    #[inline]
    pub fn shared<T: 'static>(self) -> Option<(Rc<T>, u64)> {
        match &self.0.as_ref().value {
            Held::Shared(shared, number) => Some((Rc::clone(shared).downcast().ok()?, *number)),
            Held::Any(_) | Held::Numbers(_) => None,
        }
    }

    /// As [`UserData::shared`], for a look that takes no share.
    #[inline]
    pub fn shared_ref<T: 'static>(self) -> Option<(&'gc T, u64)> {
        match &self.0.as_ref().value {
            Held::Shared(shared, number) => Some((shared.downcast_ref()?, *number)),
            Held::Any(_) | Held::Numbers(_) => None,
        }
    }

    /// Whether it was made of this shared value.
    #[inline]
    pub fn is_share_of<T: 'static>(self, value: &T) -> bool {
        match &self.0.as_ref().value {
            Held::Shared(shared, _) => std::ptr::addr_eq(Rc::as_ptr(shared), value),
            Held::Any(_) | Held::Numbers(_) => false,
        }
    }

    /// The userdata's metatable.
    #[inline]
    pub fn metatable(self) -> Option<Table<'gc>> {
        self.0.as_ref().metatable.get()
    }

    /// Sets or removes the userdata's metatable.
    pub fn set_metatable(self, ctx: Context<'gc>, metatable: Option<Table<'gc>>) {
        field!(Gc::write(ctx.mc(), self.0), Body, metatable).unlock().set(metatable);
        if let Some(metatable) = metatable {
            ctx.notice_metatable(Value::UserData(self), metatable);
        }
    }

    /// The Lua value that belongs to it.
    pub fn user_value(self) -> Value<'gc> {
        self.0.as_ref().user_value.get()
    }

    /// Sets the Lua value that belongs to it.
    pub fn set_user_value(self, ctx: Context<'gc>, value: Value<'gc>) {
        field!(Gc::write(ctx.mc(), self.0), Body, user_value).unlock().set(value);
    }

    /// Whether both are one userdata, or are names of the same thing: as keys of tables such are one key.
    #[inline]
    pub fn same(self, other: UserData<'gc>) -> bool {
        Gc::ptr_eq(self.0, other.0) || self.names_the_same(other)
    }

    #[inline(never)]
    fn names_the_same(self, other: UserData<'gc>) -> bool {
        match (&self.0.as_ref().value, &other.0.as_ref().value) {
            (Held::Numbers(a), Held::Numbers(b)) => a.kind >= Numbers::NAMES && a == b,
            (Held::Shared(a, number), Held::Shared(b, other)) => number == other && Rc::ptr_eq(a, b),
            _ => false,
        }
    }

    /// Whether others may be the same as this one. It is then a value, as a string is, and not an object.
    pub(super) fn is_name(self) -> bool {
        match &self.0.as_ref().value {
            Held::Numbers(numbers) => numbers.kind >= Numbers::NAMES,
            Held::Shared(..) => true,
            Held::Any(_) => false,
        }
    }

    /// What a hash is made of.
    pub(super) fn identity(self) -> u64 {
        match &self.0.as_ref().value {
            Held::Numbers(Numbers { kind: Numbers::NAMES.., parts: [low, high, ..] }) => {
                u64::from(*low) | u64::from(*high) << 32
            }
            Held::Shared(_, number) => *number,
            Held::Numbers(_) | Held::Any(_) => self.address() as u64,
        }
    }

    pub(super) fn address(self) -> usize {
        Gc::as_ptr(self.0).addr()
    }

    pub(super) fn erased(self) -> Gc<'gc, ()> {
        Gc::erase(self.0)
    }
}

impl std::fmt::Debug for UserData<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("userdata")
    }
}
