//! Tables: a list part and a part for everything else.
//!
//! The *array* holds keys 1 to `len`, without trailing nils, so that `#t` is a load. The *entries* hold
//! all other keys in order of insertion, so that `pairs` never depends on addresses or hash seeds. Up to
//! [`SCANNED_MAX`] entries are found by looking at each; above that an index of positions is kept.
//!
//! Both lie in one row of cells: the array, and behind what is room for it the entries, each a key and its value. As long as four cells are enough, they are the table's own, so that most small tables are one
//! object for the allocator and for the collector; then a slice takes their place. A part that becomes too long for
//! that goes *far*: it gets a spine of slices, and the row is the other's.
//!
//! Invariants:
//! - array cells at `len` and above are nil; key `len + 1` is never among the entries with a value;
//! - an integer key from 1 to the array's capacity is never among the entries;
//! - the table's own cells are nil while it has a slice;
//! - a row in which a far part has no place is wholly the other's, but for the first slice of a far part, which may stay
//!   the table's row while the other has nothing in it;
//! - an entry whose value is nil is dead but keeps its key until the entries are rebuilt, which happens
//!   only when a new key is inserted: a traversal may clear fields as it goes;
//! - a key that is a short string is a unique one;
//! - `key_bits` has a bit set for every string key, so that a clear bit proves a string absent.
#![expect(
    clippy::cast_possible_truncation,
    reason = "2^32 cells would take 64 GiB, and keys are compared with the size first"
)]

use std::cell::{Cell, RefCell};
use std::hint::cold_path;

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

/// Rows of up to this many bytes count as covered by the collector's count of objects.
const UNCHARGED_BYTES: usize = 11 * size_of::<Value<'_>>();

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
/// The list was longer once, so that a traversal may stand behind its end.
const TRIMMED: u32 = 1 << 26;
/// What else is in a table's flags: this metamethod is known to be absent.
const ABSENCES: u32 = (1 << 24) - 1;
/// The absences of the metamethods that concern the collector.
const COLLECTOR_EVENTS: u32 = 1 << Event::Gc as u32 | 1 << Event::Mode as u32;

/// How many cells a table has within its object.
const OWN: usize = 4;

/// How many entries are in a slice.
const ENTRIES_MAX: usize = SLICE_MAX / 2;

/// A Lua table.
#[derive(Clone, Copy, Collect)]
#[collect(no_drop)]
pub struct Table<'gc>(pub(super) Gc<'gc, Body<'gc>>);

/// With its header, an object of 128 bytes, which allocators have a size for; the next is 160. (With a slice for each part,
/// as until 2026-11-28, `binary_trees` took 91 MB.)
#[derive(Collect)]
#[collect(no_drop)]
pub(super) struct Body<'gc> {
    /// The row, or the empty slice, whose place the table's own cells take.
    cells: Lock<Slice<'gc>>,
    metatable: Lock<Option<Table<'gc>>>,
    rest: Lock<Option<Gc<'gc, Rest<'gc>>>>,
    len: Cell<u32>,
    used: Cell<u32>,
    /// Bits 0 to 23: this metamethod is known to be absent; the top bits as named above.
    flags: Cell<u32>,
    key_bits: Cell<u16>,
    /// How many cells of the row are the list's; an even number, where entries follow them.
    list_room: Cell<u16>,
    own: [Lock<Value<'gc>>; OWN],
}

/// What only bigger tables need.
#[derive(Collect)]
#[collect(no_drop)]
struct Rest<'gc> {
    /// The slices of a list that is longer than one, the first included.
    list_spine: Lock<Option<Spine<'gc>>>,
    entry_spine: Lock<Option<Spine<'gc>>>,
    #[collect(require_static)]
    index: Index,
    /// How many slices of the list's spine are made.
    list_slices: Cell<u32>,
    /// How many slices of the entries' spine are made.
    entry_slices: Cell<u32>,
    /// What a weak table has in the place of array and entries.
    weak: Lock<Option<Gc<'gc, RefLock<WeakPart<'gc>>>>>,
    #[collect(require_static)]
    charge: Charge,
}

/// A key and its value, two cells of a row.
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
        let wanted = row_for(list, map);
        let cells = if wanted <= OWN { ctx.empty() } else { slice(ctx.mc(), wanted.min(SLICE_MAX)) };
        let table = Table(Gc::new(
            ctx.mc(),
            Body {
                cells: Lock::new(cells),
                metatable: Lock::new(None),
                rest: Lock::new(None),
                len: Cell::new(0),
                used: Cell::new(0),
                flags: Cell::new(0),
                key_bits: Cell::new(0),
                list_room: Cell::new(list_room(cells.len().max(OWN), list, map)),
                own: Default::default(),
            },
        ));
        if size_of_val(cells.as_ref()) > UNCHARGED_BYTES {
            // At most a slice; a limit that this passes is noticed at the next check.
            table.settle(ctx);
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

    /// The cell of the list item at `at`, counted from 0, if there are so many.
    #[inline(always)]
    fn list_cell(self, at: u64) -> Option<&'gc Lock<Value<'gc>>> {
        let body = self.0.as_ref();
        if at < u64::from(body.list_room.get()) {
            if let Some(cell) = body.cells.get().as_ref().get(at as usize) {
                return Some(cell);
            }
            cold_path();
            return body.own.get(at as usize);
        }
        cold_path();
        self.far_cell(at)
    }

    #[inline]
    fn far_cell(self, at: u64) -> Option<&'gc Lock<Value<'gc>>> {
        let spine = self.0.as_ref().rest.get()?.as_ref().list_spine.get()?;
        let at = usize::try_from(at).ok()?;
        spine.as_ref().get(at / SLICE_MAX)?.get().as_ref().get(at % SLICE_MAX)
    }

    /// The slice, and the place in it, of the list's cell at `at`, if that is in a slice.
    #[inline(always)]
    fn list_place(self, at: usize) -> Option<(Slice<'gc>, usize)> {
        let body = self.0.as_ref();
        if at < usize::from(body.list_room.get()) {
            let cells = body.cells.get();
            return (at < cells.len()).then_some((cells, at));
        }
        let slice = body.rest.get()?.as_ref().list_spine.get()?.as_ref().get(at / SLICE_MAX)?.get();
        (!slice.is_empty()).then_some((slice, at % SLICE_MAX))
    }

    /// The list's cell at `at`, counted from 0, to be written, if it has one.
    fn list_cell_mut(self, ctx: Context<'gc>, at: usize) -> Option<&'gc Write<Lock<Value<'gc>>>> {
        match self.list_place(at) {
            Some((slice, at)) => Some(&Gc::write(ctx.mc(), slice)[at]),
            None => self.own_list_cell(ctx, at),
        }
    }

    /// The list's cell at `at`, counted from 0, to be written, if it is one of the table's own.
    #[inline]
    fn own_list_cell(self, ctx: Context<'gc>, at: usize) -> Option<&'gc Write<Lock<Value<'gc>>>> {
        let body = self.0.as_ref();
        let is_own = at < usize::from(body.list_room.get()).min(OWN) && body.cells.get().is_empty();
        is_own.then(|| self.own_cell(ctx, at))
    }

    /// One of the table's own cells, to be written; `at` is below [`OWN`].
    #[inline(always)]
    fn own_cell(self, ctx: Context<'gc>, at: usize) -> &'gc Write<Lock<Value<'gc>>> {
        &field!(Gc::write(ctx.mc(), self.0), Body, own)[at]
    }

    /// The entry at a position in the row.
    #[inline(always)]
    fn near_entry(self, at: usize) -> Option<&'gc Entry<'gc>> {
        let body = self.0.as_ref();
        let at = usize::from(body.list_room.get()) / 2 + at;
        if let Some(entry) = body.cells.get().as_ref().as_chunks().0.get(at) {
            return Some(entry);
        }
        cold_path();
        body.own.as_chunks().0.get(at)
    }

    /// The entries of a table that has no index: they are in the row.
    #[inline]
    fn scanned_entries(self) -> Option<&'gc [Entry<'gc>]> {
        let body = self.0.as_ref();
        let first = usize::from(body.list_room.get()) / 2;
        let end = first + body.used.get() as usize;
        body.cells.get().as_ref().as_chunks().0.get(first..end).or_else(|| body.own.as_chunks().0.get(first..end))
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
        self.place_and_cache(ctx, key, cache).map_or(Value::Nil, Lock::get)
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
        let Some(cell) = self.own_list_cell(ctx, at) else { return false };
        if self.0.as_ref().metatable.get().is_none() || !cell.get().is_nil() {
            let cell = cell.unlock();
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
        if end > self.array_capacity() && self.fit_list(ctx, end).is_err() {
            return false;
        }
        match self.list_place(start as usize) {
            Some((slice, place)) if place + values.len() <= slice.len() => {
                let cells = Gc::write(ctx.mc(), slice);
                for (at, value) in values.iter().enumerate() {
                    let cell = cells[place + at].unlock();
                    value.hand_to(|value| cell.set(value));
                }
            }
            _ => {
                for (at, value) in values.iter().enumerate() {
                    self.set_cell(ctx, start + at as u32, *value);
                }
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

    /// A cell of an entry that is in the row, to be written.
    #[inline(always)]
    fn near_cell_mut(self, ctx: Context<'gc>, at: usize, part: usize) -> &'gc Write<Lock<Value<'gc>>> {
        let cells = self.0.as_ref().cells.get();
        let place = usize::from(self.0.as_ref().list_room.get()) + at * 2 + part;
        if place < cells.len() { &Gc::write(ctx.mc(), cells)[place] } else { self.own_cell(ctx, place % OWN) }
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
    #[inline]
    pub fn set_integer(self, ctx: Context<'gc>, key: i64, value: Value<'gc>) -> Result<(), TableError> {
        self.put_integer(ctx, key, value, true)
    }

    /// [`Table::set_integer`]; `may_move` is whether a list that is sparse may be moved to the entries.
    pub(super) fn put_integer(
        self,
        ctx: Context<'gc>,
        key: i64,
        value: Value<'gc>,
        may_move: bool,
    ) -> Result<(), TableError> {
        let body = self.0.as_ref();
        if body.flags.get() & (FROZEN | WEAK) != 0 {
            return self.set_guarded(ctx, Value::Integer(key), value);
        }
        let at = (key as u64).wrapping_sub(1);
        let len = body.len.get();
        if at < u64::from(len) {
            self.set_cell(ctx, at as u32, value);
            if value.is_nil() && at == u64::from(len) - 1 {
                self.trim(ctx);
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
            return self.append(ctx, value, may_move);
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
    fn append(self, ctx: Context<'gc>, value: Value<'gc>, may_move: bool) -> Result<(), TableError> {
        let body = self.0.as_ref();
        let len = body.len.get();
        if len as usize >= self.array_capacity() {
            if may_move && len as usize >= SLICE_MAX && len.is_power_of_two() && self.is_sparse() {
                return self.move_array_to_entries(ctx, value);
            }
            self.grow_array(ctx, len as usize + 1)?;
        }
        // Growing may have taken in items behind this one.
        body.len.set(body.len.get().max(len + 1));
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
                && (integer as u64).wrapping_sub(1) < (self.array_capacity() as u64).max(u64::from(body.len.get()) + 1)
            {
                // The array reaches this key now, or the item in front of it.
                return self.put_integer(ctx, integer, value, false);
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
        spine.as_ref().get(at / ENTRIES_MAX)?.get().as_ref().as_chunks().0.get(at % ENTRIES_MAX)
    }

    /// A cell of entry `at`, to be written, if there is room for that entry.
    fn entry_cell_mut(self, ctx: Context<'gc>, at: usize, part: usize) -> Option<&'gc Write<Lock<Value<'gc>>>> {
        if at < self.near_limit() {
            return Some(self.near_cell_mut(ctx, at, part));
        }
        let spine = self.0.as_ref().rest.get()?.as_ref().entry_spine.get()?;
        let slice = spine.as_ref().get(at / ENTRIES_MAX)?.get();
        (!slice.is_empty()).then(|| &Gc::write(ctx.mc(), slice)[at % ENTRIES_MAX * 2 + part])
    }

    /// How many entries there is room for in the row.
    #[inline(always)]
    fn near_limit(self) -> usize {
        (self.row_len() - usize::from(self.0.as_ref().list_room.get())) / 2
    }

    /// How many cells the row has.
    #[inline(always)]
    fn row_len(self) -> usize {
        match self.0.as_ref().cells.get().len() {
            0 => OWN,
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
const fn key_bit(hash: u32) -> u16 {
    1 << (hash & 15)
}

/// How many cells a row has to have for so many list items and entries.
#[inline]
fn row_for(list: usize, entries: usize) -> usize {
    match entries {
        0 => list,
        _ => list.next_multiple_of(2) + 2 * entries,
    }
}

/// How many cells of a row of this length are the list's, if it was made for so many list items and entries. What the
/// row has beyond these is the list's too, if there is one.
#[inline]
fn list_room(row: usize, list: usize, entries: usize) -> u16 {
    let room = match (list, entries) {
        (0, _) => 0,
        _ if row == OWN => list.next_multiple_of(2),
        (_, 0) => row,
        _ => row.saturating_sub(2 * entries) & !1,
    };
    room as u16
}

impl std::fmt::Debug for Table<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("table")
    }
}
