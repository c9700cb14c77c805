//! Finding a table's entries by their keys.
//!
//! A unique string is found by comparing pointers, and most lookups are for one: the way to it is kept free of
//! everything else. Any other key is compared by value. Positions count the entries in order of insertion.
#![expect(clippy::cast_possible_truncation, reason = "there are less than 2^31 entries; hashes are cut on purpose")]

use std::cell::Cell;

use gc_arena::Lock;

use super::{ENTRIES_MAX, Entry, KEY, SCANNED_MAX, Table, VALUE, key_bit};
use crate::vm::context::Context;
use crate::vm::string::{LuaString, seed};
use crate::vm::value::Value;

impl<'gc> Table<'gc> {
    /// The position of a string key.
    #[inline]
    pub(super) fn find_string(self, key: LuaString<'gc>) -> Option<u32> {
        let body = self.0.as_ref();
        let Some(hash) = key.unique_hash() else { return self.find_equal_string(key) };
        if body.key_bits.get() & key_bit(hash) == 0 {
            return None;
        }
        let is_key = |entry: &Entry<'gc>| matches!(entry[KEY].get(), Value::String(found) if found.same(key));
        if body.used.get() as usize <= SCANNED_MAX {
            return self.scanned_entries()?.iter().position(is_key).map(|at| at as u32);
        }
        self.probe(hash, is_key)
    }

    /// The place of a unique string key's value that is not nil, tried at the cached position first.
    #[inline(always)]
    pub(in crate::vm) fn field_place(
        self,
        key: LuaString<'gc>,
        hash: u32,
        cache: &Cell<u32>,
    ) -> Option<&'gc Lock<Value<'gc>>> {
        let body = self.0.as_ref();
        if body.key_bits.get() & key_bit(hash) == 0 {
            return None;
        }
        let is_key = |entry: &Entry<'gc>| matches!(entry[KEY].get(), Value::String(found) if found.same(key));
        let entry = match self.near_entry(cache.get() as usize) {
            Some(entry) if is_key(entry) => entry,
            _ => {
                let at = match body.used.get() as usize {
                    0..=SCANNED_MAX => self.scanned_entries()?.iter().position(is_key)? as u32,
                    _ => self.probe(hash, is_key)?,
                };
                cache.set(at);
                self.entry(at)?
            }
        };
        let place = &entry[VALUE];
        if place.get().is_nil() { None } else { Some(place) }
    }

    /// Whether the table may have a field whose name, a unique string, has this hash.
    #[inline(always)]
    pub(in crate::vm) fn may_have_unique(self, hash: u32) -> bool {
        self.0.as_ref().key_bits.get() & key_bit(hash) != 0
    }

    /// The place of a unique string key's value at the cached position, if it is there and not nil.
    #[inline(always)]
    pub(in crate::vm) fn place_at(self, key: LuaString<'gc>, cache: &Cell<u32>) -> Option<&'gc Lock<Value<'gc>>> {
        let entry = self.near_entry(cache.get() as usize)?;
        let is_key = matches!(entry[KEY].get(), Value::String(found) if found.same(key));
        if is_key && !entry[VALUE].get().is_nil() { Some(&entry[VALUE]) } else { None }
    }

    /// As [`Table::get_cached`], the place of the value: for those who want to know one thing about it.
    #[inline(always)]
    pub(in crate::vm) fn place_cached(
        self,
        ctx: Context<'gc>,
        key: LuaString<'gc>,
        cache: &Cell<u32>,
    ) -> Option<&'gc Lock<Value<'gc>>> {
        match self.near_entry(cache.get() as usize) {
            Some(entry) if matches!(entry[KEY].get(), Value::String(found) if found.same(key)) => Some(&entry[VALUE]),
            _ => self.place_and_cache(ctx, key, cache),
        }
    }

    #[inline(never)]
    pub(super) fn place_and_cache(
        self,
        ctx: Context<'gc>,
        key: LuaString<'gc>,
        cache: &Cell<u32>,
    ) -> Option<&'gc Lock<Value<'gc>>> {
        let Some(at) = self.find_string(key) else { return self.missing_string(ctx, key) };
        cache.set(at);
        self.entry(at).map(|entry| &entry[VALUE])
    }

    #[inline(never)]
    fn find_equal_string(self, key: LuaString<'gc>) -> Option<u32> {
        if self.0.as_ref().key_bits.get() & key_bit(key.hash()) == 0 {
            return None;
        }
        self.find_where(key.hash(), |entry| matches!(entry[KEY].get(), Value::String(found) if found.equals(key)))
    }

    /// The position of a key.
    pub(super) fn find(self, key: Value<'gc>) -> Option<u32> {
        match key {
            Value::String(key) => self.find_string(key),
            key => self.find_where(hash(key), |entry| entry[KEY].get().raw_equals(key)),
        }
    }

    #[inline]
    fn find_where(self, hash: u32, is_key: impl Fn(&Entry<'gc>) -> bool) -> Option<u32> {
        if self.0.as_ref().used.get() as usize <= SCANNED_MAX {
            return self.scanned_entries()?.iter().position(is_key).map(|at| at as u32);
        }
        self.probe(hash, is_key)
    }

    #[inline]
    fn probe(self, hash: u32, is_key: impl Fn(&Entry<'gc>) -> bool) -> Option<u32> {
        let body = self.0.as_ref();
        let rest = body.rest.get()?.as_ref();
        let slots = rest.index.slots.try_borrow().ok()?;
        // What has an index has its entries in slices.
        let row: &[Entry<'gc>] = body.cells.get().as_ref().as_chunks().0;
        let first = row.get(usize::from(body.list_room.get()) / 2..).unwrap_or_default();
        let mask = slots.len().checked_sub(1)?;
        let mut slot = hash as usize & mask;
        loop {
            let found = slots.get(slot)?.get();
            if found == 0 {
                return None;
            }
            if (found ^ hash) & !(mask as u32) != 0 {
                slot = (slot + 1) & mask;
                continue;
            }
            let at = (found & mask as u32).checked_sub(1)?;
            let is_it = match first.get(at as usize) {
                Some(entry) => is_key(entry),
                None => {
                    let slice = rest.entry_spine.get()?.as_ref().get(at as usize / ENTRIES_MAX)?.get();
                    is_key(slice.as_ref().as_chunks().0.get(at as usize % ENTRIES_MAX)?)
                }
            };
            if is_it {
                return Some(at);
            }
            slot = (slot + 1) & mask;
        }
    }
}

/// A key's hash. Objects hash by address, unless they are names: nothing a script sees depends on it.
pub(super) fn hash(key: Value<'_>) -> u32 {
    let bits = match key {
        Value::String(key) => return key.hash(),
        Value::Nil | Value::Cell(_) => 0,
        Value::Boolean(b) => 1 + u64::from(b),
        Value::Integer(i) => i as u64,
        Value::Float(x) => x.to_bits(),
        Value::Table(object) => object.address() as u64,
        Value::Closure(object) => object.address() as u64,
        Value::Native(object) => object.address() as u64,
        Value::UserData(object) => object.identity(),
        Value::Thread(object) => object.address() as u64,
    };
    let bits = bits ^ seed();
    let mixed = (bits ^ bits >> 32).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    (mixed >> 32) as u32
}
