//! Tables: a list part and a part for everything else.
//!
//! The *array* holds keys 1 to `len`, without trailing nils, so that `#t` is a load. The *entries* hold
//! all other keys in order of insertion, so that `pairs` never depends on addresses or hash seeds. Up to
//! [`SCANNED_MAX`] entries are found by looking at each; above that an index of positions is kept.
//!
//! The first few list items, or the first few entries, are in the table's own object; which of the two is decided
//! when the first is set. So most small tables are one object for the allocator and for the collector.
//!
//! Invariants:
//! - array cells at `len` and above are nil; key `len + 1` is never among the entries with a value;
//! - an integer key from 1 to the array's capacity is never among the entries;
//! - own cells are in use for the array or for the entries only while that part has no slice;
//! - an entry whose value is nil is dead but keeps its key until the entries are rebuilt, which happens
//!   only when a new key is inserted: a traversal may clear fields as it goes;
//! - a key that is a short string is a unique one;
//! - `key_bits` has a bit set for every string key, so that a clear bit proves a string absent.
#![expect(
    clippy::cast_possible_truncation,
    reason = "2^32 cells would take 64 GiB, and keys are compared with the size first"
)]

use std::cell::{Cell, RefCell};

use gc_arena::barrier::{Write, field};
use gc_arena::{Collect, Gc, Lock, RefLock};

use crate::syntax::number::float_to_integer;
use crate::vm::context::Context;
use crate::vm::gc::{Charge, OutOfMemory};
use crate::vm::meta::Event;
use crate::vm::segment::{SLICE_MAX, Slice, Spine, next_size, slice, spine};
use crate::vm::string::LuaString;
use crate::vm::value::Value;
use crate::vm::weak::WeakPart;

mod find;
mod grow;
mod traverse;
mod weak;

/// Up to this many entries are found without an index.
const SCANNED_MAX: usize = 8;

/// Parts of up to this many bytes count as covered by the collector's count of objects.
const UNCHARGED_BYTES: usize = 128;

/// Positions at or above this one, in a traversal, are entries; below it, array cells.
const FIRST_ENTRY: u32 = 1 << 31;

const FROZEN: u32 = 1 << 31;
const HAS_INTEGER_ENTRY: u32 = 1 << 30;
/// The fields are in the weak part.
const WEAK: u32 = 1 << 29;
/// The collector looks at the table's mode.
const WATCHED: u32 = 1 << 28;
/// The table's finalizer is to run when the table is garbage.
const FINALIZABLE: u32 = 1 << 27;
/// Three bits that say what the table's own cells are in use for: the array, as many of them as this says, or
/// [`OWN_ENTRIES`].
const OWNER: u32 = 7 << OWNER_SHIFT;
const OWNER_SHIFT: u32 = 24;
/// The first entries are in the table's own cells.
const OWN_ENTRIES: u32 = 5 << OWNER_SHIFT;
/// What else is in a table's flags: this metamethod is known to be absent.
const ABSENCES: u32 = (1 << OWNER_SHIFT) - 1;
/// The absences of the metamethods that concern the collector.
const COLLECTOR_EVENTS: u32 = 1 << Event::Gc as u32 | 1 << Event::Mode as u32;

/// How many cells a table has within its object.
const OWN: usize = 4;

/// How many entries its own cells are enough for.
const OWN_PAIRS: usize = OWN / 2;

/// A Lua table.
#[derive(Clone, Copy, Collect)]
#[collect(no_drop)]
pub struct Table<'gc>(pub(super) Gc<'gc, Body<'gc>>);

/// With its header, an object is of 152 bytes, for which allocators give 160; their next smaller size is 128. One slice
/// that is the list's or the entries', with a flag that says whose, and the spine in [`Rest`], get there: `binary_trees`
/// 84 MB -> 64 MB in 0.8 of the time. But that flag is one more look before each item and field, and with it the loop
/// spills registers: a dozen programs together took 1.03 times as long, `nbody` and `hash_words` 1.1 (2026-11-23).
#[derive(Collect)]
#[collect(no_drop)]
pub(super) struct Body<'gc> {
    array: Lock<Slice<'gc, Lock<Value<'gc>>>>,
    entries: Lock<Slice<'gc, Entry<'gc>>>,
    metatable: Lock<Option<Table<'gc>>>,
    /// The slices of a list that is longer than one, the first included.
    array_spine: Lock<Option<Spine<'gc, Lock<Value<'gc>>>>>,
    rest: Lock<Option<Gc<'gc, Rest<'gc>>>>,
    len: Cell<u32>,
    used: Cell<u32>,
    key_bits: Cell<u32>,
    /// Bits 0 to 23: this metamethod is known to be absent; the top bits as named above.
    flags: Cell<u32>,
    /// The first list items, or the first entries, each a key and its value.
    own: [Lock<Value<'gc>>; OWN],
}

/// What only bigger tables need.
#[derive(Collect)]
#[collect(no_drop)]
struct Rest<'gc> {
    entry_spine: Lock<Option<Spine<'gc, Entry<'gc>>>>,
    #[collect(require_static)]
    index: Index,
    /// How many slices of the array spine are made, the first one included.
    array_slices: Cell<u32>,
    /// What a weak table has in the place of array and entries.
    weak: Lock<Option<Gc<'gc, RefLock<WeakPart<'gc>>>>>,
    #[collect(require_static)]
    charge: Charge,
}

/// A key and its value: an array, so that a table's own cells can be either.
pub(super) type Entry<'gc> = [Lock<Value<'gc>>; 2];

const KEY: usize = 0;
const VALUE: usize = 1;

/// Positions of entries by hash, open addressing; 0 is a free slot. Else the bits that a slot's own number takes are
/// `n`, which stands for entry `n - 1`, and those above are the hash's, which spares nearly all looks at entries that
/// are others. (Slots of 16 bits in short indices make no difference to `hash_words`, neither to time nor to memory,
/// 2026-11-23.) Without slots, there is no index.
///
/// It lies in the part itself, so that there is no object of its own to go through and to collect, and what it has outgrown
/// is free at once.
#[derive(Default)]
struct Index {
    slots: RefCell<Box<[Cell<u32>]>>,
}

/// Why a table did not take a key or a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TableError {
    /// The key was nil.
    NilKey,
    /// The key was NaN.
    NanKey,
    /// The table is read-only.
    Frozen,
    /// The memory limit is reached.
    OutOfMemory,
}

impl From<OutOfMemory> for TableError {
    fn from(_: OutOfMemory) -> TableError {
        TableError::OutOfMemory
    }
}

impl<'gc> Table<'gc> {
    /// An empty table.
    #[inline]
    pub fn new(ctx: Context<'gc>) -> Table<'gc> {
        Table::with_capacity(ctx, 0, 0)
    }

    /// An empty table with room for `list` list items and `map` other fields, as far as one slice goes.
    #[inline]
    pub fn with_capacity(ctx: Context<'gc>, list: usize, map: usize) -> Table<'gc> {
        let empty = ctx.empty();
        let own = match (list, map) {
            (_, 1..=OWN_PAIRS) => OWN_ENTRIES,
            (1..=OWN, _) => (list as u32) << OWNER_SHIFT,
            _ => 0,
        };
        let array = if list == 0 || own != 0 && own != OWN_ENTRIES {
            empty.cells
        } else {
            slice(ctx.mc(), list.min(SLICE_MAX))
        };
        let entries = if map == 0 || own == OWN_ENTRIES { empty.entries } else { slice(ctx.mc(), map.min(SLICE_MAX)) };
        let table = Table(Gc::new(
            ctx.mc(),
            Body {
                array: Lock::new(array),
                entries: Lock::new(entries),
                metatable: Lock::new(None),
                array_spine: Lock::new(None),
                rest: Lock::new(None),
                len: Cell::new(0),
                used: Cell::new(0),
                key_bits: Cell::new(0),
                flags: Cell::new(own),
                own: Default::default(),
            },
        ));
        // Sizes here are at most a slice each; a limit that this passes is noticed at the next check.
        if size_of_val(array.as_ref()) + size_of_val(entries.as_ref()) > 2 * UNCHARGED_BYTES {
            let charged = table.charge_part(ctx, size_of_val(array.as_ref()));
            let _ = charged.and_then(|()| table.charge_part(ctx, size_of_val(entries.as_ref())));
        }
        table
    }

    /// Whether both are one table.
    #[inline(always)]
    pub fn same(self, other: Table<'gc>) -> bool {
        Gc::ptr_eq(self.0, other.0)
    }

    pub(super) fn address(self) -> usize {
        Gc::as_ptr(self.0).addr()
    }

    pub(super) fn erased(self) -> Gc<'gc, ()> {
        Gc::erase(self.0)
    }

    /// The table's metatable.
    #[inline(always)]
    pub fn metatable(self) -> Option<Table<'gc>> {
        self.0.as_ref().metatable.get()
    }

    /// Sets or removes the table's metatable.
    pub fn set_metatable(self, ctx: Context<'gc>, metatable: Option<Table<'gc>>) {
        field!(Gc::write(ctx.mc(), self.0), Body, metatable).unlock().set(metatable);
        if let Some(metatable) = metatable
            && metatable.0.as_ref().flags.get() & COLLECTOR_EVENTS != COLLECTOR_EVENTS
        {
            ctx.notice_metatable(Value::Table(self), metatable);
        }
    }

    /// Makes the table read-only for scripts and natives alike, for good.
    pub fn freeze(self) {
        let flags = &self.0.as_ref().flags;
        flags.set(flags.get() | FROZEN);
    }

    /// Whether the table is read-only.
    pub fn is_frozen(self) -> bool {
        self.0.as_ref().flags.get() & FROZEN != 0
    }

    /// The length without metamethods, a border in the manual's sense (§3.4.7).
    #[inline(always)]
    #[expect(clippy::cast_lossless, reason = "const-friendly and obvious")]
    pub fn len(self) -> i64 {
        match self.0.as_ref().len.get() {
            0 if self.is_weak() => self.weak_border(),
            len => len as i64,
        }
    }

    /// Whether the list part is empty.
    pub fn is_empty(self) -> bool {
        self.len() == 0
    }

    // -- reading -------------------------------------------------------------------------------------

    /// The value at `key`, or nil; no metamethods.
    #[inline]
    pub fn get(self, ctx: Context<'gc>, key: Value<'gc>) -> Value<'gc> {
        match key {
            Value::String(key) => self.get_string(ctx, key),
            Value::Integer(key) => self.get_integer(ctx, key),
            Value::Float(x) => match float_to_integer(x) {
                Some(key) => self.get_integer(ctx, key),
                None => self.get_entry(ctx, key),
            },
            Value::Nil => Value::Nil,
            key => self.get_entry(ctx, key),
        }
    }

    /// The value at an integer key, or nil; no metamethods.
    #[inline(always)]
    pub fn get_integer(self, ctx: Context<'gc>, key: i64) -> Value<'gc> {
        match self.list_cell((key as u64).wrapping_sub(1)) {
            Some(cell) => cell.get(),
            None => self.get_integer_entry(ctx, key),
        }
    }

    /// The list item at an integer key, if there is one.
    #[inline(always)]
    pub(super) fn list_item(self, key: i64) -> Option<Value<'gc>> {
        match self.list_cell((key as u64).wrapping_sub(1))?.get() {
            Value::Nil => None,
            value => Some(value),
        }
    }

    /// The value of a string key, if it is at the cached position.
    #[inline(always)]
    pub(super) fn at_cached(self, key: LuaString<'gc>, cache: &Cell<u32>) -> Option<Value<'gc>> {
        let entry = self.near_entry(cache.get() as usize)?;
        match entry[KEY].get() {
            Value::String(found) if found.same(key) => match entry[VALUE].get() {
                Value::Nil => None,
                value => Some(value),
            },
            _ => None,
        }
    }

    /// Whether the table may have a field of this name.
    #[inline]
    pub(super) fn may_have(self, key: LuaString<'gc>) -> bool {
        self.0.as_ref().key_bits.get() & key_bit(key.hash()) != 0
    }

    /// The list's cell at `at`, counted from 0, if it has one and, where it is one of the table's own, an item is
    /// in it.
    #[inline(always)]
    fn list_cell(self, at: u64) -> Option<&'gc Lock<Value<'gc>>> {
        let body = self.0.as_ref();
        let at = usize::try_from(at).ok()?;
        if let Some(cell) = body.array.get().as_ref().get(at) {
            return Some(cell);
        }
        match body.array_spine.get() {
            Some(spine) => spine.as_ref().get(at / SLICE_MAX)?.get().as_ref().get(at % SLICE_MAX),
            None if at < body.len.get() as usize => body.own.get(at),
            None => None,
        }
    }

    /// The slice, and the place in it, of the list's cell at `at`, if that is in a slice.
    #[inline(always)]
    fn list_place(self, at: usize) -> Option<(Slice<'gc, Lock<Value<'gc>>>, usize)> {
        let body = self.0.as_ref();
        let first = body.array.get();
        if at < first.len() {
            return Some((first, at));
        }
        let slice = body.array_spine.get()?.as_ref().get(at / SLICE_MAX)?.get();
        (!slice.is_empty()).then_some((slice, at % SLICE_MAX))
    }

    /// The list's cell at `at`, counted from 0, to be written, if it has one.
    fn list_cell_mut(self, ctx: Context<'gc>, at: usize) -> Option<&'gc Write<Lock<Value<'gc>>>> {
        match self.list_place(at) {
            Some((slice, at)) => Some(&Gc::write(ctx.mc(), slice)[at]),
            None if at < self.own_list_cells() => Some(self.own_cell(ctx, at)),
            None => None,
        }
    }

    /// One of the table's own cells, to be written; `at` is below [`OWN`].
    #[inline(always)]
    fn own_cell(self, ctx: Context<'gc>, at: usize) -> &'gc Write<Lock<Value<'gc>>> {
        &field!(Gc::write(ctx.mc(), self.0), Body, own)[at]
    }

    /// The entry at a position in the first slice, or in what the table has in its place.
    #[inline(always)]
    fn near_entry(self, at: usize) -> Option<&'gc Entry<'gc>> {
        let body = self.0.as_ref();
        match body.entries.get().as_ref().get(at) {
            None if at < body.used.get() as usize => body.own.as_chunks().0.get(at),
            entry => entry,
        }
    }

    /// The entries of a table that has no index.
    #[inline]
    fn scanned_entries(self) -> Option<&'gc [Entry<'gc>]> {
        let body = self.0.as_ref();
        let used = body.used.get() as usize;
        body.entries.get().as_ref().get(..used).or_else(|| body.own.as_chunks().0.get(..used))
    }

    #[inline(never)]
    fn get_integer_entry(self, ctx: Context<'gc>, key: i64) -> Value<'gc> {
        if self.0.as_ref().flags.get() & HAS_INTEGER_ENTRY == 0 {
            return Value::Nil;
        }
        self.get_entry(ctx, Value::Integer(key))
    }

    /// The value at a string key, or nil; no metamethods.
    #[inline]
    pub fn get_string(self, ctx: Context<'gc>, key: LuaString<'gc>) -> Value<'gc> {
        let place = match self.find_string(key) {
            Some(at) => self.entry(at).map(|entry| &entry[VALUE]),
            None => self.missing_string(ctx, key),
        };
        place.map_or(Value::Nil, Lock::get)
    }

    /// The place of a value that is in neither array nor entries, which only a weak table can have. A place and no
    /// value, so that readers of other tables never have two sources of values to merge in memory (a chain of
    /// `__index` took 1.2 times as long).
    #[inline]
    fn missing_string(self, ctx: Context<'gc>, key: LuaString<'gc>) -> Option<&'gc Lock<Value<'gc>>> {
        if self.is_weak() { self.weak_place(ctx, Value::String(key)) } else { None }
    }

    /// The value at a string key, tried at the cached position first.
    #[inline(always)]
    pub fn get_cached(self, ctx: Context<'gc>, key: LuaString<'gc>, cache: &Cell<u32>) -> Value<'gc> {
        if let Some(entry) = self.near_entry(cache.get() as usize)
            && let Value::String(found) = entry[KEY].get()
            && found.same(key)
        {
            return entry[VALUE].get();
        }
        self.get_and_cache(ctx, key, cache)
    }

    #[inline(never)]
    pub(super) fn get_and_cache(self, ctx: Context<'gc>, key: LuaString<'gc>, cache: &Cell<u32>) -> Value<'gc> {
        let place = match self.find_string(key) {
            Some(at) => {
                cache.set(at);
                self.entry(at).map(|entry| &entry[VALUE])
            }
            None => self.missing_string(ctx, key),
        };
        place.map_or(Value::Nil, Lock::get)
    }

    fn get_entry(self, ctx: Context<'gc>, key: Value<'gc>) -> Value<'gc> {
        let place = match self.find(key).and_then(|at| self.entry(at)) {
            Some(entry) => Some(&entry[VALUE]),
            None if self.is_weak() => self.weak_place(ctx, key),
            None => None,
        };
        place.map_or(Value::Nil, Lock::get)
    }

    // -- writing -------------------------------------------------------------------------------------

    /// Sets `key` to `value`; no metamethods.
    ///
    /// # Errors
    /// If the key is nil or NaN, the table is frozen, or the memory limit is reached.
    pub fn set(self, ctx: Context<'gc>, key: Value<'gc>, value: Value<'gc>) -> Result<(), TableError> {
        match key {
            Value::Integer(key) => self.set_integer(ctx, key, value),
            Value::Float(x) => match float_to_integer(x) {
                Some(key) => self.set_integer(ctx, key, value),
                None if x.is_nan() => Err(TableError::NanKey),
                None => self.set_entry(ctx, key, value),
            },
            Value::Nil | Value::Cell(_) => Err(TableError::NilKey),
            key => self.set_entry(ctx, key, value),
        }
    }

    /// Sets a field by name; no metamethods.
    ///
    /// # Errors
    /// As [`Table::set`].
    pub fn set_field(self, ctx: Context<'gc>, key: &str, value: impl Into<Value<'gc>>) -> Result<(), TableError> {
        self.set_entry(ctx, Value::String(ctx.string(key.as_bytes())), value.into())
    }

    /// Overwrites a list item that has a value with another value. Whether it could; else use [`Table::set_integer`].
    #[inline(always)]
    pub fn try_set_integer(self, ctx: Context<'gc>, key: i64, value: &Value<'gc>) -> bool {
        let body = self.0.as_ref();
        let at = (key as u64).wrapping_sub(1);
        if at < u64::from(body.len.get()) && body.flags.get() & FROZEN == 0 && !value.is_nil() {
            let Some((slice, at)) = self.list_place(at as usize) else {
                return self.try_set_own(ctx, at as usize, value);
            };
            if at < slice.len()
                && (body.metatable.get().is_none() || slice.as_ref().get(at).is_some_and(|cell| !cell.get().is_nil()))
            {
                let cell = Gc::write(ctx.mc(), slice)[at].unlock();
                value.hand_to(|value| cell.set(value));
                return true;
            }
        }
        false
    }

    /// [`Table::try_set_integer`] for an item in the table's own cells. Not inlined: for one more way to a cell, the loop
    /// spills registers.
    #[inline(never)]
    fn try_set_own(self, ctx: Context<'gc>, at: usize, value: &Value<'gc>) -> bool {
        let body = self.0.as_ref();
        if at < OWN && (body.metatable.get().is_none() || body.own.get(at).is_some_and(|cell| !cell.get().is_nil())) {
            let cell = self.own_cell(ctx, at).unlock();
            value.hand_to(|value| cell.set(value));
            return true;
        }
        false
    }

    /// Sets the items that follow the last, where there is room for all in the first slice and the last is not
    /// nil: a table constructor's. Whether it could.
    pub(super) fn try_set_list(self, ctx: Context<'gc>, start: u32, values: &[Value<'gc>]) -> bool {
        let body = self.0.as_ref();
        let end = start as usize + values.len();
        if start != body.len.get()
            || end > SLICE_MAX
            || values.last().is_none_or(Value::is_nil)
            || body.flags.get() & (FROZEN | HAS_INTEGER_ENTRY) != 0
        {
            return false;
        }
        if end > self.array_capacity() && self.replace_array(ctx, end).is_err() {
            return false;
        }
        let first = body.array.get();
        if end <= first.len() {
            let cells = Gc::write(ctx.mc(), first);
            for (at, value) in values.iter().enumerate() {
                let cell = cells[start as usize + at].unlock();
                value.hand_to(|value| cell.set(value));
            }
        } else {
            for (at, value) in values.iter().enumerate() {
                self.set_cell(ctx, start + at as u32, *value);
            }
        }
        body.len.set(end as u32);
        true
    }

    /// Overwrites a field that has a value, found at the cached position. Whether it could.
    #[inline(always)]
    pub(super) fn try_set_cached(
        self,
        ctx: Context<'gc>,
        key: LuaString<'gc>,
        value: &Value<'gc>,
        cache: &Cell<u32>,
    ) -> bool {
        let at = cache.get() as usize;
        if let Some(entry) = self.near_entry(at)
            && let Value::String(found) = entry[KEY].get()
            && found.same(key)
            && !entry[VALUE].get().is_nil()
            && self.0.as_ref().flags.get() & FROZEN == 0
        {
            let cell = self.near_cell_mut(ctx, at, VALUE).unlock();
            value.hand_to(|value| cell.set(value));
            return true;
        }
        false
    }

    /// A cell of an entry that is in the first slice or among the table's own, to be written.
    #[inline(always)]
    fn near_cell_mut(self, ctx: Context<'gc>, at: usize, part: usize) -> &'gc Write<Lock<Value<'gc>>> {
        let entries = self.0.as_ref().entries.get();
        if at < entries.len() {
            &Gc::write(ctx.mc(), entries)[at][part]
        } else {
            self.own_cell(ctx, (at * 2 + part) % OWN)
        }
    }

    /// Adds a field to a small table that surely does not have it and no `__newindex`, and remembers its
    /// position. Whether it could.
    #[inline]
    pub(super) fn try_push_cached(
        self,
        ctx: Context<'gc>,
        key: LuaString<'gc>,
        value: &Value<'gc>,
        cache: &Cell<u32>,
    ) -> bool {
        let body = self.0.as_ref();
        let used = body.used.get() as usize;
        let bit = key_bit(key.hash());
        if used < self.near_limit()
            && used < SCANNED_MAX
            && body.metatable.get().is_none_or(|metatable| metatable.is_known_absent(Event::NewIndex as u32))
            && body.key_bits.get() & bit == 0
            && body.flags.get() & FROZEN == 0
            && !value.is_nil()
        {
            self.near_cell_mut(ctx, used, KEY).unlock().set(Value::String(key));
            let cell = self.near_cell_mut(ctx, used, VALUE).unlock();
            value.hand_to(|value| cell.set(value));
            body.used.set(used as u32 + 1);
            body.key_bits.set(body.key_bits.get() | bit);
            self.forget_absences();
            cache.set(used as u32);
            return true;
        }
        false
    }

    /// Sets a string field and remembers its position for the next time; no metamethods.
    ///
    /// # Errors
    /// As [`Table::set`].
    pub fn set_and_cache(
        self,
        ctx: Context<'gc>,
        key: LuaString<'gc>,
        value: Value<'gc>,
        cache: &Cell<u32>,
    ) -> Result<(), TableError> {
        self.set_entry(ctx, Value::String(key), value)?;
        if let Some(at) = self.find_string(key) {
            cache.set(at);
        }
        Ok(())
    }

    /// Sets an integer key; no metamethods.
    ///
    /// # Errors
    /// As [`Table::set`].
    pub fn set_integer(self, ctx: Context<'gc>, key: i64, value: Value<'gc>) -> Result<(), TableError> {
        let body = self.0.as_ref();
        if body.flags.get() & (FROZEN | WEAK) != 0 {
            return self.set_guarded(ctx, Value::Integer(key), value);
        }
        let at = (key as u64).wrapping_sub(1);
        let len = body.len.get();
        if at < u64::from(len) {
            self.set_cell(ctx, at as u32, value);
            if value.is_nil() && at == u64::from(len) - 1 {
                self.trim();
            }
            return Ok(());
        }
        if value.is_nil() {
            return if at < self.array_capacity() as u64 {
                Ok(())
            } else {
                self.set_entry(ctx, Value::Integer(key), value)
            };
        }
        if at == u64::from(len) && at < u64::from(FIRST_ENTRY) - 1 {
            return self.append(ctx, value);
        }
        if at < self.array_capacity() as u64 {
            body.len.set(at as u32 + 1);
            self.set_cell(ctx, at as u32, value);
            self.migrate_next(ctx);
            return Ok(());
        }
        self.set_entry(ctx, Value::Integer(key), value)
    }

    /// Adds `value`, which is not nil, behind the last list item.
    fn append(self, ctx: Context<'gc>, value: Value<'gc>) -> Result<(), TableError> {
        let body = self.0.as_ref();
        let len = body.len.get();
        if len as usize >= self.array_capacity() {
            if len as usize >= SLICE_MAX && len.is_power_of_two() && self.is_sparse() {
                return self.move_array_to_entries(ctx, value);
            }
            self.grow_array(ctx, len as usize + 1)?;
        }
        body.len.set(len + 1);
        self.set_cell(ctx, len, value);
        self.migrate_next(ctx);
        Ok(())
    }

    /// Sets any key that does not belong in the array.
    fn set_entry(self, ctx: Context<'gc>, key: Value<'gc>, value: Value<'gc>) -> Result<(), TableError> {
        let body = self.0.as_ref();
        if body.flags.get() & (FROZEN | WEAK) != 0 {
            return self.set_guarded(ctx, key, value);
        }
        if let Some(at) = self.find(key) {
            self.set_entry_value(ctx, at, value);
            self.forget_absences();
            return Ok(());
        }
        if value.is_nil() {
            return Ok(());
        }
        if body.used.get() as usize >= self.entry_limit() {
            self.rebuild_entries(ctx, key)?;
            if let Value::Integer(integer) = key
                && (integer as u64).wrapping_sub(1) < self.array_capacity() as u64
            {
                return self.set_integer(ctx, integer, value);
            }
        }
        self.forget_absences();
        self.push_entry(ctx, key, value)
    }

    // -- metamethod absence --------------------------------------------------------------------------

    /// Whether metamethod number `event` was looked for in this table, as a metatable, and not found.
    #[inline(always)]
    pub(super) fn is_known_absent(self, event: u32) -> bool {
        self.0.as_ref().flags.get() & (1 << event) & ABSENCES != 0
    }

    pub(super) fn remember_absent(self, event: u32) {
        let flags = &self.0.as_ref().flags;
        flags.set(flags.get() | (1 << event) & ABSENCES);
    }

    #[inline(always)]
    fn forget_absences(self) {
        let flags = &self.0.as_ref().flags;
        flags.set(flags.get() & !ABSENCES);
    }

    // -- finding entries -----------------------------------------------------------------------------

    #[inline(always)]
    fn entry(self, at: u32) -> Option<&'gc Entry<'gc>> {
        let at = at as usize;
        if let Some(entry) = self.near_entry(at) {
            return Some(entry);
        }
        let spine = self.0.as_ref().rest.get()?.as_ref().entry_spine.get()?;
        spine.as_ref().get(at / SLICE_MAX)?.get().as_ref().get(at % SLICE_MAX)
    }

    /// A cell of entry `at`, to be written, if there is room for that entry.
    fn entry_cell_mut(self, ctx: Context<'gc>, at: usize, part: usize) -> Option<&'gc Write<Lock<Value<'gc>>>> {
        if at < self.near_limit() {
            return Some(self.near_cell_mut(ctx, at, part));
        }
        let spine = self.0.as_ref().rest.get()?.as_ref().entry_spine.get()?;
        let slice = spine.as_ref().get(at / SLICE_MAX)?.get();
        (!slice.is_empty()).then(|| &Gc::write(ctx.mc(), slice)[at % SLICE_MAX][part])
    }

    /// How many entries there is room for in the first slice or in the table's own cells.
    #[inline(always)]
    fn near_limit(self) -> usize {
        let body = self.0.as_ref();
        match body.entries.get().len() {
            0 if body.flags.get() & OWNER == OWN_ENTRIES => OWN_PAIRS,
            len => len,
        }
    }

    fn set_entry_value(self, ctx: Context<'gc>, at: u32, value: Value<'gc>) {
        if let Some(cell) = self.entry_cell_mut(ctx, at as usize, VALUE) {
            cell.unlock().set(value);
        }
    }
}

#[inline(always)]
const fn key_bit(hash: u32) -> u32 {
    1 << (hash & 31)
}

impl std::fmt::Debug for Table<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("table")
    }
}
