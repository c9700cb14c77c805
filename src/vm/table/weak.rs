//! Weak tables: reading and writing them, and how a table becomes one.
//!
//! A table with a `__mode` gets a weak part when the collector begins its next cycle. Array and entries are empty from
//! then on, so that whatever is fast misses by itself and comes here. When the mode is gone, the table gets
//! its ordinary parts back, likewise at the beginning of a cycle.
//!
//! Positions of a traversal count the weak part's entries. A traversal that is under way when the table changes
//! goes on at its key: the order is kept, and so are the keys of cleared fields.
#![expect(clippy::cast_possible_truncation, reason = "a weak part has less than 2^31 entries")]

use gc_arena::barrier::field;
use gc_arena::{Gc, Lock, RefLock};

use super::find::hash;
use super::{Body, FINALIZABLE, FROZEN, HAS_INTEGER_ENTRY, KEY, Rest, Table, TableError, VALUE, WATCHED, WEAK};
use crate::vm::context::Context;
use crate::vm::value::Value;
use crate::vm::weak::WeakPart;

impl<'gc> Table<'gc> {
    pub(in crate::vm) fn is_weak(self) -> bool {
        self.0.as_ref().flags.get() & WEAK != 0
    }

    /// The pairs of a weak table.
    pub(in crate::vm) fn weak_part(self) -> Option<Gc<'gc, RefLock<WeakPart<'gc>>>> {
        self.0.as_ref().rest.get()?.as_ref().weak.get()
    }

    /// Whether the collector looks at the table's mode.
    pub(in crate::vm) fn is_watched(self) -> bool {
        self.0.as_ref().flags.get() & WATCHED != 0
    }

    pub(in crate::vm) fn set_watched(self, is_watched: bool) {
        let flags = &self.0.as_ref().flags;
        flags.set(if is_watched { flags.get() | WATCHED } else { flags.get() & !WATCHED });
    }

    /// Sets whether the table is marked for finalization. What was so before.
    pub(in crate::vm) fn set_finalizable(self, is_finalizable: bool) -> bool {
        let flags = &self.0.as_ref().flags;
        let before = flags.get();
        flags.set(if is_finalizable { before | FINALIZABLE } else { before & !FINALIZABLE });
        before & FINALIZABLE != 0
    }

    /// Whether the table has no fields at all.
    pub(in crate::vm) fn has_no_fields(self) -> bool {
        let body = self.0.as_ref();
        body.len.get() == 0 && body.used.get() == 0 && body.flags.get() & WEAK == 0
    }

    // -- access --------------------------------------------------------------------------------------

    /// A place with the value at a key, if there is one. It is good until the next call.
    #[cold]
    #[inline(never)]
    pub(super) fn weak_place(self, ctx: Context<'gc>, key: Value<'gc>) -> Option<&'gc Lock<Value<'gc>>> {
        let part = self.weak_part()?.as_ref().borrow();
        let value = part.value(part.find(hash(key), key)?).get(ctx.mc());
        let place = ctx.state().upgraded;
        place.set(ctx.mc(), value);
        Some(place.as_ref())
    }

    /// Sets a field of a table that is read-only or weak.
    #[cold]
    pub(super) fn set_guarded(self, ctx: Context<'gc>, key: Value<'gc>, value: Value<'gc>) -> Result<(), TableError> {
        if self.is_frozen() {
            return Err(TableError::Frozen);
        }
        let Some(part) = self.weak_part() else { return Ok(()) };
        // What stays of a cleared string key is its object.
        let key = ctx.unique_key(key);
        let mut part = part.borrow_mut(ctx.mc());
        self.forget_absences();
        let hash = hash(key);
        match part.find(hash, key) {
            Some(at) => part.set(at, key, value),
            None if value.is_nil() => {}
            None => part.push(ctx, hash, key, value)?,
        }
        Ok(())
    }

    #[cold]
    pub(super) fn next_weak(self, ctx: Context<'gc>, position: u32) -> Option<(u32, Value<'gc>, Value<'gc>)> {
        let part = self.weak_part()?.as_ref().borrow();
        let mut at = position;
        loop {
            let entry = part.entry(at as usize)?;
            at += 1;
            let (key, value) = (entry.key.get(ctx.mc()), entry.value.get(ctx.mc()));
            if !key.is_nil() && !value.is_nil() {
                return Some((at, key, value));
            }
        }
    }

    #[cold]
    pub(super) fn weak_steps_between(self, position: u32, next: Option<u32>) -> u32 {
        let len = self.weak_part().map_or(0, |part| part.as_ref().borrow().len());
        next.unwrap_or(len as u32).saturating_sub(position)
    }

    #[cold]
    pub(super) fn weak_position_behind(self, key: Value<'gc>) -> Option<u32> {
        let part = self.weak_part()?.as_ref().borrow();
        part.find(hash(key), key).map(|at| at + 1)
    }

    /// A border (§3.4.7), found by doubling and then halving.
    #[cold]
    pub(super) fn weak_border(self) -> i64 {
        let Some(part) = self.weak_part() else { return 0 };
        let part = part.as_ref().borrow();
        let has = |key: i64| {
            let key = Value::Integer(key);
            part.find(hash(key), key).is_some_and(|at| !part.value(at).is_nil())
        };
        let (mut low, mut high) = (0, 1);
        while has(high) {
            low = high;
            match high.checked_mul(2) {
                Some(doubled) => high = doubled,
                None => return if has(i64::MAX) { i64::MAX } else { low },
            }
        }
        while high - low > 1 {
            let middle = low + (high - low) / 2;
            if has(middle) { low = middle } else { high = middle }
        }
        low
    }

    // -- conversion ----------------------------------------------------------------------------------

    /// Moves all fields to a weak part. Should there be no memory for it, the table stays as it is.
    pub(in crate::vm) fn become_weak(self, ctx: Context<'gc>) {
        let mut part = WeakPart::new(ctx);
        if self.copy_to(ctx, &mut part).is_err() {
            return;
        }
        let part = Gc::new(ctx.mc(), RefLock::new(part));
        let rest = self.rest(ctx);
        field!(Gc::write(ctx.mc(), rest), Rest, weak).unlock().set(Some(part));
        self.drop_parts(ctx);
        let body = self.0.as_ref();
        // Any string may be among the keys.
        body.key_bits.set(u16::MAX);
        body.flags.set(body.flags.get() | WEAK | HAS_INTEGER_ENTRY);
    }

    /// Copies the fields in the order of a traversal; cleared ones too, for one that stands there.
    fn copy_to(self, ctx: Context<'gc>, part: &mut WeakPart<'gc>) -> Result<(), TableError> {
        for at in 0..self.array_capacity() as u32 {
            let key = Value::Integer(i64::from(at) + 1);
            part.push(ctx, hash(key), key, self.item(at))?;
        }
        for at in 0..self.0.as_ref().used.get() {
            let Some(entry) = self.entry(at) else { break };
            let key = entry[KEY].get();
            if let Value::Integer(integer) = key
                && (integer as u64).wrapping_sub(1) < self.array_capacity() as u64
            {
                continue;
            }
            part.push(ctx, hash(key), key, entry[VALUE].get())?;
        }
        Ok(())
    }

    fn drop_parts(self, ctx: Context<'gc>) {
        let body = self.0.as_ref();
        field!(Gc::write(ctx.mc(), self.0), Body, cells).unlock().set(ctx.empty());
        self.clear_own_cells(ctx);
        body.list_room.set(0);
        if let Some(rest) = body.rest.get() {
            let write = Gc::write(ctx.mc(), rest);
            field!(write, Rest, list_spine).unlock().set(None);
            field!(write, Rest, entry_spine).unlock().set(None);
            rest.index.replace(Box::default());
            rest.list_slices.set(0);
            rest.entry_slices.set(0);
            rest.charge.set(0);
        }
        body.len.set(0);
        body.used.set(0);
    }

    /// Moves all fields back to ordinary parts. Without the memory for that, the table stays weak.
    pub(in crate::vm) fn become_strong(self, ctx: Context<'gc>) {
        let Some(part) = self.weak_part() else { return };
        let body = self.0.as_ref();
        let flags = body.flags.get();
        body.flags.set(flags & !(WEAK | FROZEN | HAS_INTEGER_ENTRY));
        body.key_bits.set(0);
        let copied = part.as_ref().borrow().entries().try_for_each(|entry| {
            let (key, value) = (entry.key.get(ctx.mc()), entry.value.get(ctx.mc()));
            if key.is_nil() || value.is_nil() { Ok(()) } else { self.set(ctx, key, value) }
        });
        if copied.is_err() {
            self.drop_parts(ctx);
            body.key_bits.set(u16::MAX);
            body.flags.set(flags);
            return;
        }
        body.flags.set(body.flags.get() | flags & FROZEN);
        field!(Gc::write(ctx.mc(), self.rest(ctx)), Rest, weak).unlock().set(None);
    }
}
