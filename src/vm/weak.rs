//! What a weak table holds: references that keep nothing alive.
//!
//! An object that a weak table knows, as key or as value, is held by a weak pointer, whatever the table's mode; the
//! collector's last look after marking gives each mode its meaning (`afterlife`). Strings, numbers and booleans are
//! values rather than objects (§2.5.4) and are held as they are, and so are userdata that are names of something.
//!
//! Entries keep their order of insertion. One that was cleared keeps its place and, as long as a traversal might ask
//! for it, its key, until the part is packed, which happens only when a new key finds no room. What no longer
//! has a value is never found by a read.

use gc_arena::{Collect, Finalization, Gc, GcWeak, Mutation};
use hashbrown::HashTable;

use super::context::Context;
use super::function::{Closure, ClosureBody, Native, NativeBody};
use super::gc::{Charge, OutOfMemory};
use super::table::{Body as TableBody, Table};
use super::thread::{Thread, ThreadBody};
use super::userdata::{Body as UserDataBody, UserData};
use super::value::Value;

/// Entries in one piece of the part, so that growing copies little.
const PIECE: usize = 256;

/// Up to this many entries are found without an index.
const SCANNED_MAX: usize = 8;

/// A value that is held without being kept alive.
#[derive(Clone, Copy, Collect)]
#[collect(no_drop)]
pub(super) enum Held<'gc> {
    /// What is no object.
    Plain(Value<'gc>),
    Table(GcWeak<'gc, TableBody<'gc>>),
    Closure(GcWeak<'gc, ClosureBody<'gc>>),
    Native(GcWeak<'gc, NativeBody<'gc>>),
    UserData(GcWeak<'gc, UserDataBody<'gc>>),
    Thread(GcWeak<'gc, ThreadBody<'gc>>),
    /// The key of an entry that was cleared; only a traversal that stands there knows it by its address.
    Gone(GcWeak<'gc, ()>),
}

impl<'gc> Held<'gc> {
    pub(super) const NIL: Held<'gc> = Held::Plain(Value::Nil);

    pub(super) fn new(value: Value<'gc>) -> Held<'gc> {
        match value {
            Value::Table(Table(object)) => Held::Table(Gc::downgrade(object)),
            Value::Closure(Closure(object)) => Held::Closure(Gc::downgrade(object)),
            Value::Native(Native(object)) => Held::Native(Gc::downgrade(object)),
            Value::UserData(data) if !data.is_name() => Held::UserData(Gc::downgrade(data.0)),
            Value::Thread(Thread(object)) => Held::Thread(Gc::downgrade(object)),
            plain => Held::Plain(plain),
        }
    }

    /// The value, or nil if it is gone.
    pub(super) fn get(self, mc: &Mutation<'gc>) -> Value<'gc> {
        match self {
            Held::Plain(value) => value,
            Held::Table(object) => object.upgrade(mc).map(Table).into(),
            Held::Closure(object) => object.upgrade(mc).map(Closure).into(),
            Held::Native(object) => object.upgrade(mc).map(Native).into(),
            Held::UserData(object) => object.upgrade(mc).map(UserData).into(),
            Held::Thread(object) => object.upgrade(mc).map(Thread).into(),
            Held::Gone(_) => Value::Nil,
        }
    }

    fn object(self) -> Option<GcWeak<'gc, ()>> {
        match self {
            Held::Plain(_) => None,
            Held::Table(object) => Some(GcWeak::erase(object)),
            Held::Closure(object) => Some(GcWeak::erase(object)),
            Held::Native(object) => Some(GcWeak::erase(object)),
            Held::UserData(object) => Some(GcWeak::erase(object)),
            Held::Thread(object) => Some(GcWeak::erase(object)),
            Held::Gone(object) => Some(object),
        }
    }

    /// Whether this is, or was, `value`.
    fn is(self, value: Value<'gc>) -> bool {
        match (self, erased(value)) {
            (Held::Plain(plain), _) => plain.raw_equals(value),
            // The memory of an object is not used again while a weak pointer to it is known.
            (held, Some(object)) => held.object().is_some_and(|held| GcWeak::ptr_eq(held, Gc::downgrade(object))),
            (_, None) => false,
        }
    }

    pub(super) const fn is_nil(self) -> bool {
        matches!(self, Held::Plain(Value::Nil))
    }

    /// Whether marking did not reach it.
    pub(super) fn is_dead(self, fc: &Finalization<'gc>) -> bool {
        self.object().is_some_and(|object| object.is_dead(fc))
    }

    /// Marks it if marking did not reach it. Whether that was so.
    pub(super) fn rescue(self, fc: &Finalization<'gc>) -> bool {
        match self.object() {
            Some(object) if object.is_dead(fc) => object.resurrect(fc).is_some(),
            _ => false,
        }
    }

    /// What remains of a key when its value is cleared.
    fn gone(self) -> Held<'gc> {
        match self {
            Held::Plain(Value::String(string)) => Held::Gone(Gc::downgrade(string.erased())),
            Held::Plain(_) => self,
            object => object.object().map_or(Held::NIL, Held::Gone),
        }
    }
}

/// The object of a key that can be known by address alone.
fn erased(value: Value<'_>) -> Option<Gc<'_, ()>> {
    match value {
        Value::String(object) => Some(object.erased()),
        Value::Table(object) => Some(object.erased()),
        Value::Closure(object) => Some(object.erased()),
        Value::Native(object) => Some(object.erased()),
        Value::UserData(object) => Some(object.erased()),
        Value::Thread(object) => Some(object.erased()),
        Value::Nil | Value::Boolean(_) | Value::Integer(_) | Value::Float(_) | Value::Cell(_) => None,
    }
}

/// A pair in a weak table. Without a value it is dead.
#[derive(Clone, Copy, Collect)]
#[collect(no_drop)]
pub(super) struct WeakEntry<'gc> {
    hash: u32,
    pub(super) key: Held<'gc>,
    pub(super) value: Held<'gc>,
}

impl<'gc> WeakEntry<'gc> {
    fn new(hash: u32, key: Value<'gc>, value: Value<'gc>) -> WeakEntry<'gc> {
        let held = Held::new(key);
        WeakEntry { hash, key: if value.is_nil() { held.gone() } else { held }, value: Held::new(value) }
    }

    /// Clears a pair whose key may be where a traversal stands.
    pub(super) fn clear_value(&mut self) {
        self.value = Held::NIL;
        self.key = self.key.gone();
    }

    /// Clears a pair whose key nobody can have any more.
    pub(super) fn clear(&mut self) {
        self.value = Held::NIL;
        self.key = Held::NIL;
    }
}

/// The pairs of a weak table.
#[derive(Collect)]
#[collect(no_drop)]
pub(super) struct WeakPart<'gc> {
    /// All but the last have [`PIECE`] entries.
    pieces: Vec<Vec<WeakEntry<'gc>>>,
    /// Positions by hash; empty as long as there are few entries.
    #[collect(require_static)]
    index: HashTable<u32>,
    /// How many entries there may be before the part is packed or grows.
    limit: usize,
    #[collect(require_static)]
    charge: Charge,
}

impl<'gc> WeakPart<'gc> {
    pub(super) fn new(ctx: Context<'gc>) -> WeakPart<'gc> {
        WeakPart {
            pieces: Vec::new(),
            index: HashTable::new(),
            limit: SCANNED_MAX,
            charge: Charge::new(ctx.ledger(), size_of::<WeakPart<'_>>()),
        }
    }

    /// The bytes that are entered for it.
    pub(super) fn bytes(&self) -> usize {
        self.charge.bytes()
    }

    /// The number of entries, dead ones included.
    pub(super) fn len(&self) -> usize {
        self.pieces.last().map_or(0, |last| (self.pieces.len() - 1) * PIECE + last.len())
    }

    pub(super) fn entry(&self, at: usize) -> Option<&WeakEntry<'gc>> {
        self.pieces.get(at / PIECE)?.get(at % PIECE)
    }

    pub(super) fn entries(&self) -> impl DoubleEndedIterator<Item = &WeakEntry<'gc>> {
        self.pieces.iter().flatten()
    }

    pub(super) fn entries_mut(&mut self) -> impl Iterator<Item = &mut WeakEntry<'gc>> {
        self.pieces.iter_mut().flatten()
    }

    /// The position of a key, dead ones included.
    #[expect(clippy::cast_possible_truncation, reason = "`push` keeps the number of entries below 2^32")]
    pub(super) fn find(&self, hash: u32, key: Value<'gc>) -> Option<u32> {
        if self.len() <= SCANNED_MAX {
            return self.entries().position(|entry| entry.key.is(key)).map(|at| at as u32);
        }
        let is_key = |at: &u32| {
            self.entry(*at as usize).is_some_and(|entry| entry.hash == hash && !entry.key.is_nil() && entry.key.is(key))
        };
        self.index.find(wide(hash), is_key).copied()
    }

    /// The value at a position that [`WeakPart::find`] gave.
    pub(super) fn value(&self, at: u32) -> Held<'gc> {
        self.entry(at as usize).map_or(Held::NIL, |entry| entry.value)
    }

    /// Sets the value at a position, whose key is `key`.
    pub(super) fn set(&mut self, at: u32, key: Value<'gc>, value: Value<'gc>) {
        let at = at as usize;
        if let Some(entry) = self.pieces.get_mut(at / PIECE).and_then(|piece| piece.get_mut(at % PIECE)) {
            *entry = WeakEntry::new(entry.hash, key, value);
        }
    }

    /// Adds a pair whose key is not there yet. A nil value makes a dead entry, which a traversal can stand on.
    #[expect(clippy::cast_possible_truncation, reason = "compared with the limit of 2^31 entries first")]
    pub(super) fn push(
        &mut self,
        ctx: Context<'gc>,
        hash: u32,
        key: Value<'gc>,
        value: Value<'gc>,
    ) -> Result<(), OutOfMemory> {
        if self.len() >= self.limit {
            self.make_room(ctx)?;
        }
        let at = self.len();
        if at >= 1 << 31 {
            return Err(OutOfMemory);
        }
        if self.pieces.last().is_none_or(|last| last.len() >= PIECE) {
            self.pieces.push(Vec::with_capacity(if at == 0 { 2 } else { PIECE }));
        }
        if let Some(last) = self.pieces.last_mut() {
            last.push(WeakEntry::new(hash, key, value));
        }
        if at == SCANNED_MAX {
            self.build_index();
        } else if at > SCANNED_MAX {
            let pieces = &self.pieces;
            self.index.insert_unique(wide(hash), at as u32, |at| wide(hash_at(pieces, *at)));
        }
        Ok(())
    }

    /// Drops the dead entries, or if there are few of them lets there be twice as many.
    fn make_room(&mut self, ctx: Context<'gc>) -> Result<(), OutOfMemory> {
        let live = self.entries().filter(|entry| !entry.value.is_nil()).count();
        let limit = (live * 2).max(SCANNED_MAX);
        let bytes = limit * (size_of::<WeakEntry<'_>>() + 2 * size_of::<u32>());
        ctx.ledger().check(bytes.saturating_sub(self.charge.bytes()))?;
        if live < self.len() {
            let mut kept: Vec<Vec<WeakEntry<'gc>>> = Vec::new();
            for entry in self.entries().filter(|entry| !entry.value.is_nil()) {
                match kept.last_mut() {
                    Some(last) if last.len() < PIECE => last.push(*entry),
                    _ => kept.push(vec![*entry]),
                }
            }
            self.pieces = kept;
            self.build_index();
        }
        self.limit = limit;
        self.charge.set(bytes);
        Ok(())
    }

    #[expect(clippy::cast_possible_truncation, reason = "`push` keeps the number of entries below 2^31")]
    fn build_index(&mut self) {
        let len = self.len();
        self.index = HashTable::new();
        if len <= SCANNED_MAX {
            return;
        }
        let pieces = &self.pieces;
        self.index.reserve(len, |_| 0);
        for at in 0..len as u32 {
            self.index.insert_unique(wide(hash_at(pieces, at)), at, |at| wide(hash_at(pieces, *at)));
        }
    }
}

fn hash_at(pieces: &[Vec<WeakEntry<'_>>], at: u32) -> u32 {
    let at = at as usize;
    pieces.get(at / PIECE).and_then(|piece| piece.get(at % PIECE)).map_or(0, |entry| entry.hash)
}

/// The hash table takes its control bits from the top of 64, its bucket from the bottom.
fn wide(hash: u32) -> u64 {
    u64::from(hash) << 32 | u64::from(hash)
}
