//! Traversing a table: `next`, `pairs`, and what a host walks through a table with.
//!
//! A position is a number: the list items come first, the entries from [`FIRST_ENTRY`] on, so that a loop
//! goes on without looking its key up. The order is that of the list and then that of insertion, whatever
//! the addresses and the hash seed are.
#![expect(clippy::cast_possible_truncation, reason = "positions are compared with the sizes first")]

use super::{FIRST_ENTRY, KEY, TRIMMED, Table, VALUE};
use crate::syntax::number::float_to_integer;
use crate::vm::context::Context;
use crate::vm::gc::OBJECT_BYTES;
use crate::vm::value::Value;

impl<'gc> Table<'gc> {
    /// The first pair with a value at or behind `position`, and the position behind it. Begins at 0.
    pub fn next_from(self, ctx: Context<'gc>, position: u32) -> Option<(u32, Value<'gc>, Value<'gc>)> {
        let body = self.0.as_ref();
        if self.is_weak() {
            return self.next_weak(ctx, position);
        }
        let mut at = position;
        while at < body.len.get() {
            let value = self.item(at);
            at += 1;
            if !value.is_nil() {
                return Some((at, Value::Integer(i64::from(at)), value));
            }
        }
        let mut at = at.max(FIRST_ENTRY);
        while at - FIRST_ENTRY < body.used.get() {
            let entry = self.entry(at - FIRST_ENTRY)?;
            at += 1;
            let value = entry[VALUE].get();
            if !value.is_nil() {
                return Some((at, entry[KEY].get(), value));
            }
        }
        None
    }

    /// The bytes of the table's parts by the ledger's measure; its own object is not among them.
    pub(in crate::vm) fn part_bytes(self) -> usize {
        let body = self.0.as_ref();
        let mut objects = usize::from(!body.cells.get().is_empty() && !self.is_row_shared());
        let mut bytes = 0;
        if let Some(rest) = body.rest.get() {
            let spines = [rest.list_spine.get(), rest.entry_spine.get()];
            objects += 1 + spines.iter().flatten().count();
            objects += (rest.list_slices.get() + rest.entry_slices.get()) as usize;
            bytes += rest.charge.bytes();
            if let Some(part) = self.weak_part() {
                objects += 1;
                bytes += part.as_ref().borrow().bytes();
            }
        }
        objects * OBJECT_BYTES + bytes
    }

    /// How many cells [`Table::next_from`] looked at on its way from `position` to the position it answered with,
    /// or to the end. A long run of cleared fields is work that is to be charged.
    pub fn steps_between(self, position: u32, next: Option<u32>) -> u32 {
        let body = self.0.as_ref();
        if self.is_weak() {
            return self.weak_steps_between(position, next);
        }
        let end = next.unwrap_or(FIRST_ENTRY + body.used.get());
        if position < FIRST_ENTRY && end >= FIRST_ENTRY {
            return body.len.get().saturating_sub(position) + (end - FIRST_ENTRY);
        }
        end.saturating_sub(position)
    }

    /// The position behind `key` in a traversal, or `None` if the table has no such key. `hint` is a
    /// position that is probably right.
    pub fn position_behind(self, key: Value<'gc>, hint: u32) -> Option<u32> {
        if key.is_nil() {
            return Some(0);
        }
        let key = match key {
            Value::Float(x) => float_to_integer(x).map_or(key, Value::Integer),
            key => key,
        };
        if let Value::Integer(integer) = key {
            let at = (integer as u64).wrapping_sub(1);
            let body = self.0.as_ref();
            let end = if body.flags.get() & TRIMMED == 0 { body.len.get() as usize } else { self.array_capacity() };
            if at < end as u64 {
                return Some(at as u32 + 1);
            }
        }
        if hint > FIRST_ENTRY
            && let Some(entry) = self.entry(hint - FIRST_ENTRY - 1)
            && entry[KEY].get().raw_equals(key)
        {
            return Some(hint);
        }
        if self.is_weak() {
            return self.weak_position_behind(key);
        }
        self.find(key).map(|at| FIRST_ENTRY + at + 1)
    }
}
