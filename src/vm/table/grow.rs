//! How tables grow: the seldom-run half of the room's tables.
//!
//! Sizes follow PUC-Rio's rule: when the entries are full, the integer keys among them are counted, and the
//! array becomes the largest power of two of which more than half would be in use. A part for which the row would
//! be longer than a slice goes far, and then grows by whole slices, without copying. Memory is checked against the
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
    ABSENCES, Body, ENTRIES_MAX, FIRST_ENTRY, FROZEN, HAS_INTEGER_ENTRY, Index, KEY, OWN, Rest, SCANNED_MAX, SLICE_MAX,
    Slice, Spine, TRIMMED, Table, TableError, UNCHARGED_BYTES, VALUE, WEAK, key_bit, list_room, next_size, row_for,
    slice, spine,
};
use crate::vm::context::Context;
use crate::vm::gc::{Charge, OutOfMemory};
use crate::vm::meta::Event;
use crate::vm::string::LuaString;
use crate::vm::value::Value;

/// To look at so many cells costs one unit of fuel.
const CELLS_PER_FUEL: u32 = 4;

impl<'gc> Table<'gc> {
    // -- the array -----------------------------------------------------------------------------------

    /// The number of cells there are for list items.
    #[inline]
    pub(super) fn array_capacity(self) -> usize {
        let body = self.0.as_ref();
        match body.rest.get().map_or(0, |rest| rest.list_slices.get()) {
            0 => body.list_room.get().into(),
            slices => slices as usize * SLICE_MAX,
        }
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
            Some(_) => return false,
            None => {
                let Some(cell) = self.own_list_cell(ctx, len as usize) else { return false };
                let cell = cell.unlock();
                value.hand_to(|value| cell.set(value));
            }
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

    /// Empties the table's own cells.
    pub(super) fn clear_own_cells(self, ctx: Context<'gc>) {
        (0..OWN).for_each(|at| self.own_cell(ctx, at).unlock().set(Value::Nil));
    }

    /// Lets the array end in a value again after its last one was removed. To pass over a long gap costs fuel: a script can
    /// set an item far behind the last one as often as it likes.
    pub(super) fn trim(self, ctx: Context<'gc>) {
        let Body { len, flags, .. } = self.0.as_ref();
        flags.set(flags.get() | TRIMMED);
        let before = len.get();
        while let Some(last) = len.get().checked_sub(1)
            && self.item(last).is_nil()
        {
            len.set(last);
        }
        ctx.charge((before - len.get()) / CELLS_PER_FUEL);
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

    /// Whether at most half of the array's cells hold a value.
    pub(super) fn is_sparse(self) -> bool {
        let len = self.0.as_ref().len.get() as usize;
        self.count_items(0, len, len / 2) <= len / 2
    }

    /// How many cells of the list from `at` to `end` hold a value; more than `enough` need not be counted. Slice by slice: item
    /// by item, to ask this whenever an array has doubled was a sixteenth of what `sieve` does (2026-11-23).
    fn count_items(self, mut at: usize, end: usize, enough: usize) -> usize {
        let mut held = 0;
        while at < end && held <= enough {
            match self.list_place(at) {
                Some((slice, place)) => {
                    held += slice.iter().skip(place).take(end - at).filter(|cell| !cell.get().is_nil()).count();
                    at += slice.len() - place;
                }
                None => {
                    held += usize::from(!self.item(at as u32).is_nil());
                    at += 1;
                }
            }
        }
        held
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
        body.len.set(0);
        if let Some(rest) = body.rest.get() {
            field!(Gc::write(ctx.mc(), rest), Rest, list_spine).unlock().set(None);
            rest.list_slices.set(0);
        }
        self.resize_row(ctx, 0, 0)?;
        // Should the list become sparse once more, it stays so: else it would be moved again, and so on without an end.
        items.into_iter().try_for_each(|(key, value)| self.put_integer(ctx, key, value, false))
    }

    /// Makes the array at least `wanted` cells long and takes in the entries that then belong there.
    pub(super) fn grow_array(self, ctx: Context<'gc>, wanted: usize) -> Result<(), OutOfMemory> {
        let before = self.array_capacity();
        self.fit_list(ctx, wanted.max(next_size(before).min(SLICE_MAX)))?;
        if self.0.as_ref().flags.get() & HAS_INTEGER_ENTRY != 0 {
            self.take_in_entries(ctx, before);
        }
        Ok(())
    }

    /// Makes the array at least `wanted` cells long, in the row while there is room for it.
    pub(super) fn fit_list(self, ctx: Context<'gc>, wanted: usize) -> Result<(), OutOfMemory> {
        if self.list_spine().is_none() {
            let entries = self.entries_to_keep();
            if row_for(wanted, entries) <= SLICE_MAX {
                return self.resize_row(ctx, entries, wanted);
            }
            if entries == 0 {
                if self.array_capacity() < SLICE_MAX {
                    self.resize_row(ctx, 0, SLICE_MAX)?;
                }
            } else if 2 * entries < wanted {
                self.send_list_far(ctx)?;
            } else {
                self.send_entries_far(ctx)?;
                return self.fit_list(ctx, wanted);
            }
        }
        while self.array_capacity() < wanted {
            self.add_list_slice(ctx)?;
        }
        Ok(())
    }

    /// How many entries the row should have room for when the list grows: no more than soon are needed.
    fn entries_to_keep(self) -> usize {
        match self.near_used() {
            0 => 0,
            used => next_entries(used).min(self.near_limit()),
        }
    }

    fn add_list_slice(self, ctx: Context<'gc>) -> Result<(), OutOfMemory> {
        ctx.ledger().check(SLICE_BYTES)?;
        let rest = self.rest(ctx);
        let count = (rest.list_slices.get() as usize).max(1);
        if (count + 1) * SLICE_MAX >= FIRST_ENTRY as usize {
            return Err(OutOfMemory);
        }
        let spine = match rest.list_spine.get() {
            Some(spine) if count < spine.len() => spine,
            old => {
                // The first slice of a list stays in the row.
                let longer = longer_spine(ctx, old, self.0.as_ref().cells.get())?;
                field!(Gc::write(ctx.mc(), rest), Rest, list_spine).unlock().set(Some(longer));
                longer
            }
        };
        Gc::write(ctx.mc(), spine).as_deref()[count].unlock().set(self.checked_slice(ctx, SLICE_MAX)?);
        rest.list_slices.set(count as u32 + 1);
        self.settle(ctx);
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
        spine.map_or_else(|| self.near_limit(), |spine| spine.len() * ENTRIES_MAX)
    }

    /// How many entries there are in the row.
    fn near_used(self) -> usize {
        if self.is_entries_far() { 0 } else { self.0.as_ref().used.get() as usize }
    }

    /// Whether the entries have a spine.
    fn is_entries_far(self) -> bool {
        self.0.as_ref().rest.get().is_some_and(|rest| rest.entry_spine.get().is_some())
    }

    /// Makes room for one more entry, with `key`: in the array, by dropping dead entries, or by growing.
    pub(super) fn rebuild_entries(self, ctx: Context<'gc>, key: Value<'gc>) -> Result<(), TableError> {
        let has_integers = self.0.as_ref().flags.get() & HAS_INTEGER_ENTRY != 0;
        if has_integers || matches!(key, Value::Integer(_)) {
            let wanted = self.best_array_size(ctx, key);
            if wanted > self.array_capacity() {
                self.grow_array(ctx, wanted)?;
            }
        }
        let used = self.0.as_ref().used.get() as usize;
        ctx.charge(used as u32 / CELLS_PER_FUEL);
        let live = (0..used as u32).filter(|at| self.entry(*at).is_some_and(|e| !e[VALUE].get().is_nil())).count();
        let limit = self.entry_limit();
        let capacity = self.array_capacity();
        if live == used && limit < ENTRIES_MAX {
            self.grow_near_entries(ctx)?;
        } else if limit >= ENTRIES_MAX && live > used - used / 4 {
            self.double_entry_spine(ctx)?;
        } else {
            let new_limit = if live + 1 > limit - limit / 4 { next_entries(limit) } else { limit };
            self.compact_entries(ctx, new_limit.max(live + 1))?;
        }
        if self.0.as_ref().used.get() as usize > SCANNED_MAX && !self.has_roomy_index() {
            self.build_index(ctx)?;
        }
        if self.0.as_ref().flags.get() & HAS_INTEGER_ENTRY != 0 {
            self.take_in_entries(ctx, capacity);
            self.migrate_next(ctx);
        }
        Ok(())
    }

    /// Makes room in the row for more entries. Since all of them are live, the index stays right.
    fn grow_near_entries(self, ctx: Context<'gc>) -> Result<(), OutOfMemory> {
        let wanted = next_entries(self.near_limit()).min(ENTRIES_MAX);
        self.fit_entries(ctx, wanted)
    }

    /// Lets the row have room for so many entries, at most [`ENTRIES_MAX`], unless they have to go far for it.
    fn fit_entries(self, ctx: Context<'gc>, wanted: usize) -> Result<(), OutOfMemory> {
        if self.list_spine().is_some() && self.0.as_ref().list_room.get() > 0 {
            self.send_list_far(ctx)?;
        }
        let list = match self.0.as_ref().len.get() {
            0 => 0,
            _ => self.0.as_ref().list_room.get().into(),
        };
        if row_for(list, wanted) <= SLICE_MAX {
            self.resize_row(ctx, wanted, list)
        } else if 2 * wanted > list {
            self.send_entries_far(ctx)
        } else {
            self.send_list_far(ctx)?;
            self.resize_row(ctx, wanted, 0)
        }
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

    /// The size of array that PUC-Rio's rule finds for the integer keys there are, and `extra`; 0 where it is not more than
    /// there is. The list's own items are counted only where they matter.
    fn best_array_size(self, ctx: Context<'gc>, extra: Value<'gc>) -> usize {
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
        let capacity = self.array_capacity();
        let (mut total, mut best) = (len, 0);
        let may_grow = counts.iter().enumerate().any(|(power, in_range)| {
            let size = 1_usize << power;
            total += in_range;
            size > capacity && total > size / 2
        });
        if !may_grow {
            return 0;
        }
        ctx.charge(len as u32 / CELLS_PER_FUEL);
        total = 0;
        for (power, in_range) in counts.iter().enumerate() {
            let size = 1_usize << power;
            let from = if power == 0 { 0 } else { len.min(size / 2) };
            total += in_range + self.count_items(from, len.min(size), usize::MAX);
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
        if let Some(rest) = body.rest.get() {
            rest.index.replace(Box::default());
            field!(Gc::write(ctx.mc(), rest), Rest, entry_spine).unlock().set(None);
            rest.entry_slices.set(0);
        }
        body.used.set(0);
        body.key_bits.set(0);
        body.flags.set(body.flags.get() & !(ABSENCES | HAS_INTEGER_ENTRY));
        self.fit_entries(ctx, limit.min(ENTRIES_MAX))?;
        if limit > ENTRIES_MAX {
            while self.entry_limit() < limit {
                self.double_entry_spine(ctx)?;
            }
        }
        kept.into_iter().try_for_each(|(key, value)| self.place_entry(ctx, key, value))
    }

    fn double_entry_spine(self, ctx: Context<'gc>) -> Result<(), OutOfMemory> {
        if !self.is_entries_far() {
            self.send_entries_far(ctx)?;
        }
        let rest = self.rest(ctx);
        let longer = longer_spine(ctx, rest.entry_spine.get(), ctx.empty())?;
        field!(Gc::write(ctx.mc(), rest), Rest, entry_spine).unlock().set(Some(longer));
        self.settle(ctx);
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
        if at >= ENTRIES_MAX {
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
            && spine.as_ref().get(at / ENTRIES_MAX).is_some_and(|slice| slice.get().is_empty())
        {
            let new = self.checked_slice(ctx, SLICE_MAX)?;
            Gc::write(ctx.mc(), spine).as_deref()[at / ENTRIES_MAX].unlock().set(new);
            rest.entry_slices.set(rest.entry_slices.get() + 1);
            self.settle(ctx);
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
        rest.index.replace(cells.into_boxed_slice());
        for at in 0..self.0.as_ref().used.get() {
            if let Some(entry) = self.entry(at) {
                rest.index.insert(hash(entry[KEY].get()), at);
            }
        }
        self.settle(ctx);
        Ok(())
    }

    // -- the row -------------------------------------------------------------------------------------

    fn list_spine(self) -> Option<Spine<'gc>> {
        self.0.as_ref().rest.get()?.as_ref().list_spine.get()
    }

    /// Whether the row is the first slice of a far part.
    pub(super) fn is_row_shared(self) -> bool {
        let body = self.0.as_ref();
        let Some(rest) = body.rest.get() else { return false };
        [rest.list_spine.get(), rest.entry_spine.get()]
            .iter()
            .flatten()
            .any(|spine| spine.as_ref().first().is_some_and(|first| Gc::ptr_eq(first.get(), body.cells.get())))
    }

    /// Makes a new row for so many entries and list items, and for all there are. What is in the old one goes there: the list,
    /// unless that is far, and the entries, unless they are.
    fn resize_row(self, ctx: Context<'gc>, entries: usize, list: usize) -> Result<(), OutOfMemory> {
        let body = self.0.as_ref();
        let used = self.near_used();
        let len = if self.list_spine().is_some() { 0 } else { body.len.get() as usize };
        let (list, entries) = (list.max(len), entries.max(used));
        let wanted = row_for(list, entries);
        let mut own = [Value::Nil; OWN];
        let new = if wanted <= OWN { ctx.empty() } else { self.checked_slice(ctx, wanted)? };
        let row = new.len().max(OWN);
        let room = if self.is_entries_far() { row as u16 } else { list_room(row, list, entries) };
        let mut put = |place: usize, value: Value<'gc>| match own.get_mut(place) {
            Some(cell) if new.is_empty() => *cell = value,
            _ => Gc::write(ctx.mc(), new)[place].unlock().set(value),
        };
        for at in 0..used {
            if let Some([key, value]) = self.near_entry(at) {
                put(usize::from(room) + 2 * at, key.get());
                put(usize::from(room) + 2 * at + 1, value.get());
            }
        }
        (0..len).for_each(|at| put(at, self.item(at as u32)));
        let old = body.cells.get();
        if !old.is_empty() && !self.is_row_shared() {
            ctx.give_spare(old);
        }
        field!(Gc::write(ctx.mc(), self.0), Body, cells).unlock().set(new);
        own.into_iter().enumerate().for_each(|(at, value)| self.own_cell(ctx, at).unlock().set(value));
        body.list_room.set(room);
        self.settle(ctx);
        Ok(())
    }

    /// Takes the list out of the row, which is then the entries' alone.
    fn send_list_far(self, ctx: Context<'gc>) -> Result<(), OutOfMemory> {
        let body = self.0.as_ref();
        let rest = self.rest(ctx);
        if rest.list_spine.get().is_some() {
            return self.resize_row(ctx, 0, 0);
        }
        let first = if usize::from(body.list_room.get()) == SLICE_MAX {
            body.cells.get()
        } else {
            let first = self.checked_slice(ctx, SLICE_MAX)?;
            let cells = Gc::write(ctx.mc(), first);
            (0..body.len.get()).for_each(|at| cells[at as usize].unlock().set(self.item(at)));
            first
        };
        let spine = spine(ctx.mc(), std::iter::once(first), 1, ctx.empty())?;
        let set = |spine| field!(Gc::write(ctx.mc(), rest), Rest, list_spine).unlock().set(spine);
        set(Some(spine));
        rest.list_slices.set(1);
        self.resize_row(ctx, 0, 0).inspect_err(|_| {
            set(None);
            rest.list_slices.set(0);
        })
    }

    /// Takes the entries out of the row, which is then the list's alone, unless that has nothing in it.
    fn send_entries_far(self, ctx: Context<'gc>) -> Result<(), OutOfMemory> {
        let body = self.0.as_ref();
        let rest = self.rest(ctx);
        let row = body.cells.get();
        let is_entries_alone = row.len() == SLICE_MAX && body.list_room.get() == 0;
        let first = if is_entries_alone {
            row
        } else {
            let first = self.checked_slice(ctx, SLICE_MAX)?;
            let cells = Gc::write(ctx.mc(), first);
            for (at, entry) in (0..body.used.get() as usize).filter_map(|at| Some((at, self.near_entry(at)?))) {
                cells[2 * at].unlock().set(entry[KEY].get());
                cells[2 * at + 1].unlock().set(entry[VALUE].get());
            }
            first
        };
        let spine = spine(ctx.mc(), std::iter::once(first), 1, ctx.empty())?;
        let set = |spine| field!(Gc::write(ctx.mc(), rest), Rest, entry_spine).unlock().set(spine);
        set(Some(spine));
        rest.entry_slices.set(1);
        if is_entries_alone {
            return Ok(());
        }
        self.resize_row(ctx, 0, 0).inspect_err(|_| {
            set(None);
            rest.entry_slices.set(0);
        })
    }

    fn checked_slice(self, ctx: Context<'gc>, wanted: usize) -> Result<Slice<'gc>, OutOfMemory> {
        let bytes = wanted * size_of::<Value<'_>>();
        if bytes > UNCHARGED_BYTES {
            ctx.ledger().check(bytes)?;
        }
        Ok(ctx.take_spare(wanted).unwrap_or_else(|| slice(ctx.mc(), wanted)))
    }

    // -- accounts ------------------------------------------------------------------------------------

    pub(super) fn rest(self, ctx: Context<'gc>) -> Gc<'gc, Rest<'gc>> {
        if let Some(rest) = self.0.as_ref().rest.get() {
            return rest;
        }
        let rest = Gc::new(
            ctx.mc(),
            Rest {
                list_spine: Lock::new(None),
                entry_spine: Lock::new(None),
                index: Index::default(),
                list_slices: Cell::new(0),
                entry_slices: Cell::new(0),
                weak: Lock::new(None),
                charge: Charge::new(ctx.ledger(), 0),
            },
        );
        field!(Gc::write(ctx.mc(), self.0), Body, rest).unlock().set(Some(rest));
        rest
    }

    /// Enters in the ledger what the table's parts take now.
    pub(super) fn settle(self, ctx: Context<'gc>) {
        let body = self.0.as_ref();
        let row = size_of_val(body.cells.get().as_ref());
        if body.rest.get().is_none() && row <= UNCHARGED_BYTES {
            return;
        }
        let rest = self.rest(ctx);
        let near = if row <= UNCHARGED_BYTES || self.is_row_shared() { 0 } else { row };
        let spines = [rest.list_spine.get(), rest.entry_spine.get()];
        let slots: usize = spines.iter().flatten().map(|spine| size_of_val(&***spine)).sum();
        let slices = (rest.list_slices.get() + rest.entry_slices.get()) as usize * SLICE_BYTES;
        rest.charge.set(near + slots + slices + rest.index.len() * size_of::<u32>());
    }
}

/// The bytes of the longest slice.
const SLICE_BYTES: usize = SLICE_MAX * size_of::<Value<'_>>();

/// A spine of twice as many slices. The first one of a spine that there was none of is given.
fn longer_spine<'gc>(ctx: Context<'gc>, old: Option<Spine<'gc>>, first: Slice<'gc>) -> Result<Spine<'gc>, OutOfMemory> {
    let kept: Vec<_> = old.map_or_else(|| vec![first], |old| old.iter().map(Lock::get).collect());
    let length = kept.len() * 2;
    spine(ctx.mc(), kept.into_iter(), length, ctx.empty())
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
    /// The number of slots.
    fn len(&self) -> usize {
        self.slots.try_borrow().map_or(0, |slots| slots.len())
    }

    /// Takes these slots in the place of those there are.
    pub(super) fn replace(&self, slots: Box<[Cell<u32>]>) {
        if let Ok(mut old) = self.slots.try_borrow_mut() {
            *old = slots;
        }
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
