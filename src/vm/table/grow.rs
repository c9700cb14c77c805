//! How tables grow: the seldom-run half of the room's tables.
//!
//! Sizes follow PUC-Rio's rule: when the entries are full, the integer keys among them are counted, and the
//! array becomes the largest power of two of which more than half would be in use. A part that outgrows
//! one slice gets a spine and then grows by whole slices, without copying. Memory is checked against the
//! limit before anything is made.
#![expect(
    clippy::cast_possible_truncation,
    reason = "2^32 cells would take 64 GiB, and keys are compared with the size first"
)]

use std::cell::Cell;

use gc_arena::barrier::field;
use gc_arena::{Gc, Lock};

use super::find::hash;
use super::{
    ABSENCES, Body, Entry, FIRST_ENTRY, FROZEN, HAS_INTEGER_ENTRY, Index, KEY, OWN, OWN_ENTRIES, OWN_PAIRS, OWNER,
    OWNER_SHIFT, Rest, SCANNED_MAX, SLICE_MAX, Slice, Table, TableError, UNCHARGED_BYTES, VALUE, WEAK, key_bit,
    next_size, slice, spine,
};
use crate::vm::context::Context;
use crate::vm::gc::{Charge, OutOfMemory};
use crate::vm::meta::Event;
use crate::vm::string::LuaString;
use crate::vm::value::Value;

impl<'gc> Table<'gc> {
    // -- the array -----------------------------------------------------------------------------------

    /// The number of cells there are for list items.
    #[inline]
    pub(super) fn array_capacity(self) -> usize {
        let body = self.0.as_ref();
        let first = body.array.get().len();
        if first == 0 {
            return self.own_list_cells();
        }
        if first < SLICE_MAX {
            return first;
        }
        body.rest.get().map_or(first, |rest| (rest.array_slices.get() as usize * SLICE_MAX).max(first))
    }

    /// Adds a value behind the last list item, if `key` is the next, there is room, and nobody else is to be asked. Whether
    /// it could.
    #[inline(never)]
    pub(in crate::vm) fn try_append(self, ctx: Context<'gc>, key: i64, value: &Value<'gc>) -> bool {
        let body = self.0.as_ref();
        let len = body.len.get();
        if (key as u64).wrapping_sub(1) != u64::from(len)
            || body.flags.get() & (FROZEN | WEAK | HAS_INTEGER_ENTRY) != 0
            || body.metatable.get().is_some_and(|metatable| !metatable.is_known_absent(Event::NewIndex as u32))
            || value.is_nil()
        {
            return false;
        }
        match self.list_place(len as usize) {
            Some((slice, at)) if at < slice.len() => {
                let cell = Gc::write(ctx.mc(), slice)[at].unlock();
                value.hand_to(|value| cell.set(value));
            }
            None if (len as usize) < self.own_list_cells() => {
                let cell = self.own_cell(ctx, len as usize).unlock();
                value.hand_to(|value| cell.set(value));
            }
            _ => return false,
        }
        body.len.set(len + 1);
        true
    }

    /// List item `at`, counted from 0; nil where there is none.
    #[inline]
    pub(super) fn item(self, at: u32) -> Value<'gc> {
        self.list_cell(u64::from(at)).map_or(Value::Nil, Lock::get)
    }

    /// Sets an array cell that exists.
    #[inline]
    pub(super) fn set_cell(self, ctx: Context<'gc>, at: u32, value: Value<'gc>) {
        if let Some(cell) = self.list_cell_mut(ctx, at as usize) {
            cell.unlock().set(value);
        }
    }

    /// Overwrites a field that has a value with another value. Whether it could; else use [`Table::set`].
    #[inline]
    pub(in crate::vm) fn try_set_string(self, ctx: Context<'gc>, key: LuaString<'gc>, value: &Value<'gc>) -> bool {
        if self.0.as_ref().flags.get() & FROZEN == 0
            && !value.is_nil()
            && let Some(at) = self.find_string(key)
            && self.entry(at).is_some_and(|entry| !entry[VALUE].get().is_nil())
            && let Some(cell) = self.entry_cell_mut(ctx, at as usize, VALUE)
        {
            let cell = cell.unlock();
            value.hand_to(|value| cell.set(value));
            self.forget_absences();
            return true;
        }
        false
    }

    /// How many of the table's own cells are the list's.
    #[inline]
    pub(super) fn own_list_cells(self) -> usize {
        match self.0.as_ref().flags.get() & OWNER {
            OWN_ENTRIES => 0,
            cells => (cells >> OWNER_SHIFT) as usize,
        }
    }

    /// Takes so many of the table's own cells for the list, if they are free or the list's and that has no slice.
    fn claim_own_list(self, cells: usize) -> bool {
        let body = self.0.as_ref();
        let flags = body.flags.get();
        if cells > OWN || flags & OWNER == OWN_ENTRIES || !body.array.get().is_empty() {
            return false;
        }
        body.flags.set(flags & !OWNER | (cells as u32) << OWNER_SHIFT);
        true
    }

    /// Takes the table's own cells for the entries, if they are free or the entries' and these have no slice.
    fn claim_own_entries(self) -> bool {
        let body = self.0.as_ref();
        let flags = body.flags.get();
        if self.own_list_cells() > 0 || !body.entries.get().is_empty() {
            return false;
        }
        body.flags.set(flags | OWN_ENTRIES);
        true
    }

    /// Empties the table's own cells, and lets whichever part may have them next.
    pub(super) fn free_own_cells(self, ctx: Context<'gc>) {
        let flags = &self.0.as_ref().flags;
        flags.set(flags.get() & !OWNER);
        (0..OWN).for_each(|at| self.own_cell(ctx, at).unlock().set(Value::Nil));
    }

    fn free_own_list(self, ctx: Context<'gc>) {
        if self.own_list_cells() > 0 {
            self.free_own_cells(ctx);
        }
    }

    fn free_own_entries(self, ctx: Context<'gc>) {
        if self.0.as_ref().flags.get() & OWNER == OWN_ENTRIES {
            self.free_own_cells(ctx);
        }
    }

    /// Lets the array end in a value again after its last one was removed.
    pub(super) fn trim(self) {
        let len = &self.0.as_ref().len;
        while let Some(last) = len.get().checked_sub(1)
            && self.item(last).is_nil()
        {
            len.set(last);
        }
    }

    /// Takes the item that follows the last one into the array, should it be among the entries.
    #[inline]
    pub(super) fn migrate_next(self, ctx: Context<'gc>) {
        if self.0.as_ref().flags.get() & HAS_INTEGER_ENTRY != 0 {
            self.migrate_following(ctx);
        }
    }

    #[cold]
    fn migrate_following(self, ctx: Context<'gc>) {
        loop {
            let len = self.0.as_ref().len.get() as usize;
            if len < self.array_capacity() {
                return;
            }
            let next = Value::Integer(len as i64 + 1);
            let live = self.find(next).and_then(|at| self.entry(at)).is_some_and(|entry| !entry[VALUE].get().is_nil());
            if !live || self.grow_array(ctx, len + 1).is_err() {
                return;
            }
        }
    }

    /// Whether at most half of the array's cells hold a value. Slice by slice, and no further than it takes: item by item, to
    /// ask this whenever an array has doubled was a sixteenth of what `sieve` does (2026-11-23).
    pub(super) fn is_sparse(self) -> bool {
        let body = self.0.as_ref();
        let len = body.len.get() as usize;
        let (mut at, mut held) = (0, 0);
        while at < len {
            let Some((slice, _)) = self.list_place(at) else { break };
            held += slice.iter().take(len - at).filter(|cell| !cell.get().is_nil()).count();
            if held > len / 2 {
                return false;
            }
            at += slice.len();
        }
        true
    }

    /// Moves all list items to the entries, and adds `value` behind them: a queue that has wandered off.
    pub(super) fn move_array_to_entries(self, ctx: Context<'gc>, value: Value<'gc>) -> Result<(), TableError> {
        let body = self.0.as_ref();
        let len = body.len.get();
        let items: Vec<(i64, Value<'gc>)> = (0..len)
            .map(|at| (i64::from(at) + 1, self.item(at)))
            .filter(|(_, value)| !value.is_nil())
            .chain(std::iter::once((i64::from(len) + 1, value)))
            .collect();
        self.charge_part(ctx, 0)?;
        let write = Gc::write(ctx.mc(), self.0);
        field!(write, Body, array).unlock().set(ctx.empty().cells);
        self.free_own_list(ctx);
        body.len.set(0);
        if let Some(rest) = body.rest.get() {
            rest.charge.remove(rest.array_slices.get() as usize * SLICE_MAX * size_of::<Value<'_>>());
            rest.array_slices.set(0);
            field!(write, Body, array_spine).unlock().set(None);
        }
        items.into_iter().try_for_each(|(key, value)| self.set_integer(ctx, key, value))
    }

    /// Makes the array at least `wanted` cells long and takes in the entries that then belong there.
    pub(super) fn grow_array(self, ctx: Context<'gc>, wanted: usize) -> Result<(), OutOfMemory> {
        let before = self.array_capacity();
        if wanted <= SLICE_MAX {
            let more = if before < OWN { OWN.min(before * 2) } else { next_size(before) };
            self.replace_array(ctx, wanted.max(more))?;
        } else {
            if before < SLICE_MAX {
                self.replace_array(ctx, SLICE_MAX)?;
            }
            while self.array_capacity() < wanted {
                self.add_array_slice(ctx)?;
            }
        }
        if self.0.as_ref().flags.get() & HAS_INTEGER_ENTRY != 0 {
            self.take_in_entries(ctx, before);
        }
        Ok(())
    }

    pub(super) fn replace_array(self, ctx: Context<'gc>, wanted: usize) -> Result<(), OutOfMemory> {
        if self.claim_own_list(wanted) {
            return Ok(());
        }
        let body = self.0.as_ref();
        let old = body.array.get();
        let new: Slice<'gc, Lock<Value<'gc>>> = slice(ctx.mc(), wanted.min(SLICE_MAX));
        self.charge_part(ctx, size_of_val(new.as_ref()))?;
        self.discharge_part(size_of_val(old.as_ref()));
        let write = Gc::write(ctx.mc(), new);
        for at in 0..body.len.get().min(SLICE_MAX as u32) {
            write[at as usize].unlock().set(self.item(at));
        }
        self.free_own_list(ctx);
        field!(Gc::write(ctx.mc(), self.0), Body, array).unlock().set(new);
        Ok(())
    }

    fn add_array_slice(self, ctx: Context<'gc>) -> Result<(), OutOfMemory> {
        let bytes = SLICE_MAX * size_of::<Value<'_>>();
        ctx.ledger().check(bytes)?;
        let rest = self.rest(ctx);
        let count = (rest.array_slices.get() as usize).max(1);
        if (count + 1) * SLICE_MAX >= FIRST_ENTRY as usize {
            return Err(OutOfMemory);
        }
        let old = self.0.as_ref().array_spine.get();
        let spine = match old {
            Some(spine) if count < spine.len() => spine,
            _ => {
                let first = self.0.as_ref().array.get();
                let kept: Vec<_> = old.map_or_else(|| vec![first], |old| old.iter().map(Lock::get).collect());
                let longer = spine(ctx.mc(), kept.into_iter(), count * 2, ctx.empty().cells)?;
                rest.charge.add(count * size_of::<Slice<'_, Lock<Value<'_>>>>());
                field!(Gc::write(ctx.mc(), self.0), Body, array_spine).unlock().set(Some(longer));
                longer
            }
        };
        Gc::write(ctx.mc(), spine).as_deref()[count].unlock().set(slice(ctx.mc(), SLICE_MAX));
        rest.array_slices.set(count as u32 + 1);
        rest.charge.add(bytes);
        Ok(())
    }

    /// Moves entries with integer keys above `before` that the array now reaches into it.
    fn take_in_entries(self, ctx: Context<'gc>, before: usize) {
        for key in before + 1..=self.array_capacity() {
            let Some(at) = self.find(Value::Integer(key as i64)) else { continue };
            let Some(value) = self.entry(at).map(|entry| entry[VALUE].get()).filter(|value| !value.is_nil()) else {
                continue;
            };
            self.set_entry_value(ctx, at, Value::Nil);
            self.set_cell(ctx, key as u32 - 1, value);
            self.0.as_ref().len.set(self.0.as_ref().len.get().max(key as u32));
        }
    }

    // -- the entries ---------------------------------------------------------------------------------

    /// The number of entries there is room for before they have to be rebuilt.
    pub(super) fn entry_limit(self) -> usize {
        let spine = self.0.as_ref().rest.get().and_then(|rest| rest.entry_spine.get());
        spine.map_or_else(|| self.near_limit(), |spine| spine.len() * SLICE_MAX)
    }

    /// Makes room for one more entry, with `key`: in the array, by dropping dead entries, or by growing.
    pub(super) fn rebuild_entries(self, ctx: Context<'gc>, key: Value<'gc>) -> Result<(), TableError> {
        let has_integers = self.0.as_ref().flags.get() & HAS_INTEGER_ENTRY != 0;
        if has_integers || matches!(key, Value::Integer(_)) {
            let wanted = self.best_array_size(key);
            if wanted > self.array_capacity() {
                self.grow_array(ctx, wanted)?;
            }
        }
        let used = self.0.as_ref().used.get() as usize;
        let live = (0..used as u32).filter(|at| self.entry(*at).is_some_and(|e| !e[VALUE].get().is_nil())).count();
        let limit = self.entry_limit();
        if live == used && limit < SLICE_MAX {
            self.grow_near_entries(ctx)?;
        } else if limit >= SLICE_MAX && live > used - used / 4 {
            self.double_entry_spine(ctx)?;
        } else {
            let new_limit = if live + 1 > limit - limit / 4 { next_entries(limit) } else { limit };
            self.compact_entries(ctx, new_limit.max(live + 1))?;
        }
        if self.0.as_ref().used.get() as usize > SCANNED_MAX && !self.has_roomy_index() {
            self.build_index(ctx)?;
        }
        Ok(())
    }

    /// Makes the entries of a table that has no spine longer. Since all of them are live, the index stays right.
    fn grow_near_entries(self, ctx: Context<'gc>) -> Result<(), OutOfMemory> {
        let body = self.0.as_ref();
        if self.near_limit() == 0 && self.claim_own_entries() {
            return Ok(());
        }
        let old = body.entries.get();
        let new: Slice<'gc, Entry<'gc>> = slice(ctx.mc(), next_entries(self.near_limit()));
        self.charge_part(ctx, size_of_val(new.as_ref()))?;
        self.discharge_part(size_of_val(old.as_ref()));
        let entries = old.as_ref().get(..body.used.get() as usize).unwrap_or(body.own.as_chunks().0);
        let write = Gc::write(ctx.mc(), new);
        for (at, entry) in entries.iter().enumerate() {
            write[at][KEY].unlock().set(entry[KEY].get());
            write[at][VALUE].unlock().set(entry[VALUE].get());
        }
        self.free_own_entries(ctx);
        field!(Gc::write(ctx.mc(), self.0), Body, entries).unlock().set(new);
        Ok(())
    }

    /// Whether there is an index that has slots enough for all entries there is room for.
    fn has_roomy_index(self) -> bool {
        self.0.as_ref().rest.get().is_some_and(|rest| rest.index.len() >= self.index_slots())
    }

    /// How many slots an index for all entries there is room for has.
    fn index_slots(self) -> usize {
        let limit = self.entry_limit();
        (limit + limit / 3).next_power_of_two()
    }

    /// The size of array that PUC-Rio's rule finds for the integer keys there are, and `extra`.
    fn best_array_size(self, extra: Value<'gc>) -> usize {
        let mut counts = [0_usize; 32];
        let mut count = |key: Value<'gc>| {
            if let Value::Integer(key) = key
                && (1..=1 << 31).contains(&key)
                && let Some(slot) = counts.get_mut(((key - 1).max(0) as u64 + 1).next_power_of_two().ilog2() as usize)
            {
                *slot += 1;
            }
        };
        count(extra);
        for at in 0..self.0.as_ref().used.get() {
            if let Some(entry) = self.entry(at)
                && !entry[VALUE].get().is_nil()
            {
                count(entry[KEY].get());
            }
        }
        let len = self.0.as_ref().len.get() as usize;
        let (mut total, mut best) = (0, 0);
        for (power, in_range) in counts.iter().enumerate() {
            let size = 1_usize << power;
            let from_array = len.min(size).saturating_sub(len.min(size / 2));
            total += in_range + if power == 0 { len.min(1) } else { from_array };
            if total > size / 2 {
                best = size;
            }
        }
        best
    }

    /// Copies the live entries to storage with room for `limit`.
    fn compact_entries(self, ctx: Context<'gc>, limit: usize) -> Result<(), TableError> {
        let body = self.0.as_ref();
        let mut kept = Vec::new();
        kept.try_reserve_exact(body.used.get() as usize).map_err(|_| TableError::OutOfMemory)?;
        kept.extend((0..body.used.get()).filter_map(|at| {
            let entry = self.entry(at)?;
            let value = entry[VALUE].get();
            (!value.is_nil()).then(|| (entry[KEY].get(), value))
        }));
        let stays = limit <= OWN_PAIRS && self.claim_own_entries();
        let first = if stays { ctx.empty().entries } else { slice(ctx.mc(), limit.min(SLICE_MAX)) };
        self.charge_part(ctx, size_of_val(first.as_ref()))?;
        self.discharge_entries();
        let slices = limit.div_ceil(SLICE_MAX).next_power_of_two();
        let new_spine =
            if slices > 1 { Some(spine(ctx.mc(), std::iter::once(first), slices, ctx.empty().entries)?) } else { None };
        if let Some(rest) = body.rest.get() {
            let write = Gc::write(ctx.mc(), rest);
            rest.index.replace(Box::default());
            field!(write, Rest, entry_spine).unlock().set(new_spine);
        } else if new_spine.is_some() {
            field!(Gc::write(ctx.mc(), self.rest(ctx)), Rest, entry_spine).unlock().set(new_spine);
        }
        field!(Gc::write(ctx.mc(), self.0), Body, entries).unlock().set(first);
        self.free_own_entries(ctx);
        if stays {
            self.claim_own_entries();
        }
        body.used.set(0);
        body.key_bits.set(0);
        body.flags.set(body.flags.get() & !(ABSENCES | HAS_INTEGER_ENTRY));
        kept.into_iter().try_for_each(|(key, value)| self.place_entry(ctx, key, value))
    }

    fn double_entry_spine(self, ctx: Context<'gc>) -> Result<(), OutOfMemory> {
        let rest = self.rest(ctx);
        let kept: Vec<_> = rest
            .entry_spine
            .get()
            .map_or_else(|| vec![self.0.as_ref().entries.get()], |old| old.iter().map(Lock::get).collect());
        let length = kept.len() * 2;
        let longer = spine(ctx.mc(), kept.into_iter(), length, ctx.empty().entries)?;
        field!(Gc::write(ctx.mc(), rest), Rest, entry_spine).unlock().set(Some(longer));
        Ok(())
    }

    /// Adds an entry behind the last; there is room below the limit.
    pub(super) fn push_entry(self, ctx: Context<'gc>, key: Value<'gc>, value: Value<'gc>) -> Result<(), TableError> {
        self.place_entry(ctx, key, value)?;
        let used = self.0.as_ref().used.get();
        if used as usize > SCANNED_MAX {
            match self.0.as_ref().rest.get() {
                Some(rest) if rest.index.len() > used as usize => rest.index.insert(hash(key), used - 1),
                _ => self.build_index(ctx)?,
            }
        }
        Ok(())
    }

    /// Adds an entry without entering it in the index.
    fn place_entry(self, ctx: Context<'gc>, key: Value<'gc>, value: Value<'gc>) -> Result<(), TableError> {
        let key = ctx.unique_key(key);
        let body = self.0.as_ref();
        let at = body.used.get() as usize;
        if at >= FIRST_ENTRY as usize - 1 {
            return Err(TableError::OutOfMemory);
        }
        if at >= SLICE_MAX {
            self.make_entry_slice(ctx, at)?;
        }
        for (part, content) in [(KEY, key), (VALUE, value)] {
            let Some(cell) = self.entry_cell_mut(ctx, at, part) else { return Err(TableError::OutOfMemory) };
            cell.unlock().set(content);
        }
        body.used.set(at as u32 + 1);
        match key {
            Value::String(key) => body.key_bits.set(body.key_bits.get() | key_bit(key.hash())),
            Value::Integer(_) => body.flags.set(body.flags.get() | HAS_INTEGER_ENTRY),
            _ => {}
        }
        Ok(())
    }

    /// Makes the slice of the spine that entry `at` belongs in, if it is not made yet.
    fn make_entry_slice(self, ctx: Context<'gc>, at: usize) -> Result<(), OutOfMemory> {
        let rest = self.rest(ctx);
        if let Some(spine) = rest.entry_spine.get()
            && spine.as_ref().get(at / SLICE_MAX).is_some_and(|slice| slice.get().is_empty())
        {
            let bytes = SLICE_MAX * size_of::<Entry<'_>>();
            ctx.ledger().check(bytes)?;
            rest.charge.add(bytes);
            Gc::write(ctx.mc(), spine).as_deref()[at / SLICE_MAX].unlock().set(slice(ctx.mc(), SLICE_MAX));
        }
        Ok(())
    }

    fn build_index(self, ctx: Context<'gc>) -> Result<(), OutOfMemory> {
        let slots = self.index_slots();
        let bytes = slots * size_of::<u32>();
        let rest = self.rest(ctx);
        ctx.ledger().check(bytes)?;
        let mut cells = Vec::new();
        cells.try_reserve_exact(slots).map_err(|_| OutOfMemory)?;
        cells.resize(slots, Cell::new(0));
        let old = rest.index.replace(cells.into_boxed_slice());
        for at in 0..self.0.as_ref().used.get() {
            if let Some(entry) = self.entry(at) {
                rest.index.insert(hash(entry[KEY].get()), at);
            }
        }
        rest.charge.add(bytes);
        rest.charge.remove(old * size_of::<u32>());
        Ok(())
    }

    // -- accounts ------------------------------------------------------------------------------------

    pub(super) fn rest(self, ctx: Context<'gc>) -> Gc<'gc, Rest<'gc>> {
        if let Some(rest) = self.0.as_ref().rest.get() {
            return rest;
        }
        let rest = Gc::new(
            ctx.mc(),
            Rest {
                entry_spine: Lock::new(None),
                index: Index::default(),
                array_slices: Cell::new(u32::from(self.0.as_ref().array.get().len() >= SLICE_MAX)),
                weak: Lock::new(None),
                charge: Charge::new(ctx.ledger(), 0),
            },
        );
        field!(Gc::write(ctx.mc(), self.0), Body, rest).unlock().set(Some(rest));
        rest
    }

    /// Enters a part of so many bytes in the ledger, if it is not a small one.
    pub(super) fn charge_part(self, ctx: Context<'gc>, bytes: usize) -> Result<(), OutOfMemory> {
        if bytes > UNCHARGED_BYTES {
            ctx.ledger().check(bytes)?;
            self.rest(ctx).charge.add(bytes);
        }
        Ok(())
    }

    /// Strikes off the entries' slices and their index.
    fn discharge_entries(self) {
        let body = self.0.as_ref();
        self.discharge_part(size_of_val(body.entries.get().as_ref()));
        if let Some(rest) = body.rest.get() {
            let further = rest
                .entry_spine
                .get()
                .map_or(0, |spine| spine.iter().skip(1).map(|slice| size_of_val(slice.get().as_ref())).sum());
            rest.charge.remove(further + rest.index.len() * size_of::<u32>());
        }
    }

    fn discharge_part(self, bytes: usize) {
        if bytes > UNCHARGED_BYTES
            && let Some(rest) = self.0.as_ref().rest.get()
        {
            rest.charge.remove(bytes);
        }
    }
}

/// The number of entries to ask room for when `full` are too few: half as many again, since the collector has to free
/// what is outgrown, and a part twice as large would have long been free by a third.
const fn next_entries(full: usize) -> usize {
    match full {
        0..4 => 4,
        4 => 7,
        _ => full + full / 2 + 1,
    }
}

impl Index {
    fn len(&self) -> usize {
        self.slots.try_borrow().map_or(0, |slots| slots.len())
    }

    /// Takes these slots in the place of those there are; how many these were.
    pub(super) fn replace(&self, slots: Box<[Cell<u32>]>) -> usize {
        self.slots.try_borrow_mut().map_or(0, |mut old| std::mem::replace(&mut *old, slots).len())
    }

    /// Enters entry `at`, whose key is not in the index yet. There is a free slot: the index has more of them than there
    /// are entries, mostly by a third of those there is room for.
    fn insert(&self, hash: u32, at: u32) {
        let Ok(slots) = self.slots.try_borrow() else { return };
        let Some(mask) = slots.len().checked_sub(1) else { return };
        let mut slot = hash as usize & mask;
        while let Some(cell) = slots.get(slot) {
            if cell.get() == 0 {
                cell.set(hash & !(mask as u32) | (at + 1));
                return;
            }
            slot = (slot + 1) & mask;
        }
    }
}
