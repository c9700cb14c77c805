//! Lua strings and the table that makes short ones unique.
//!
//! Strings of up to [`SHORT_MAX`] bytes are interned: equal bytes are one object, so that comparing them,
//! and finding them as table keys, compares pointers. Longer ones are compared by bytes and hashed when
//! first needed.
//!
//! The interner holds its strings weakly. An entry whose string has died fails to upgrade and
//! stays until its shard is swept, soon after the collector's cycle. It is cut into shards, each its own garbage-collected object, because
//! the collector traces one object at a go and a table of a million strings would stall a frame.

use std::cell::Cell;
use std::rc::Rc;

use gc_arena::{Collect, Gc, GcWeak, Mutation, RefLock};
use hashbrown::HashTable;

use super::gc::{Charge, Ledger};

/// The longest string, in bytes, that is interned.
pub const SHORT_MAX: usize = 40;

/// The longest string there can be, in bytes; beyond it an operation raises "resulting string too large".
pub const STRING_MAX: usize = 1 << 31;

/// Up to this many bytes are stored within the string's object.
const INLINE_MAX: usize = 38;

const SHARDS: usize = 64;

/// An immutable string of bytes.
#[derive(Clone, Copy, Collect)]
#[collect(no_drop)]
pub struct LuaString<'gc>(Gc<'gc, Body>);

/// What a string object holds. `hash` is 0 while a long string's is not known.
#[derive(Collect)]
#[collect(require_static)]
struct Body {
    hash: Cell<u32>,
    repr: Repr,
}

enum Repr {
    Inline { len: u8, bytes: [u8; INLINE_MAX] },
    Short(Box<[u8]>),
    Long { bytes: Box<[u8]>, _charge: Charge },
}

impl<'gc> LuaString<'gc> {
    /// The string's bytes.
    #[inline]
    pub fn as_bytes(self) -> &'gc [u8] {
        match &self.0.as_ref().repr {
            Repr::Inline { len, bytes } => bytes.get(..usize::from(*len)).unwrap_or(bytes),
            Repr::Short(bytes) | Repr::Long { bytes, .. } => bytes,
        }
    }

    /// The string's length in bytes.
    #[inline]
    pub fn len(self) -> usize {
        match &self.0.as_ref().repr {
            Repr::Inline { len, .. } => usize::from(*len),
            Repr::Short(bytes) | Repr::Long { bytes, .. } => bytes.len(),
        }
    }

    /// Whether the string has no bytes.
    pub fn is_empty(self) -> bool {
        self.len() == 0
    }

    /// The string as text, with what is not UTF-8 replaced.
    pub fn to_text(self) -> std::borrow::Cow<'gc, str> {
        String::from_utf8_lossy(self.as_bytes())
    }

    /// The string as text, if it is UTF-8.
    pub fn to_str(self) -> Option<&'gc str> {
        std::str::from_utf8(self.as_bytes()).ok()
    }

    /// Whether both are the same string.
    #[inline]
    pub fn equals(self, other: LuaString<'gc>) -> bool {
        self.same(other) || (self.is_long() && other.is_long() && self.as_bytes() == other.as_bytes())
    }

    /// Whether both are one object. For interned strings that is equality.
    #[inline(always)]
    pub fn same(self, other: LuaString<'gc>) -> bool {
        Gc::ptr_eq(self.0, other.0)
    }

    pub(super) fn address(self) -> usize {
        Gc::as_ptr(self.0).addr()
    }

    pub(super) fn erased(self) -> Gc<'gc, ()> {
        Gc::erase(self.0)
    }

    /// Whether the string is too long to be interned.
    #[inline]
    pub fn is_long(self) -> bool {
        matches!(self.0.as_ref().repr, Repr::Long { .. })
    }

    /// The string's hash.
    #[inline]
    pub fn hash(self) -> u32 {
        let known = self.0.as_ref().hash.get();
        if known != 0 {
            return known;
        }
        let hash = hash_bytes(self.as_bytes());
        self.0.as_ref().hash.set(hash);
        hash
    }
}

impl std::fmt::Debug for LuaString<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "\"{}\"", self.as_bytes().escape_ascii())
    }
}

/// The strings that are unique.
#[derive(Collect)]
#[collect(no_drop)]
pub struct Interner<'gc> {
    shards: Box<[Gc<'gc, RefLock<Shard<'gc>>>]>,
    #[collect(require_static)]
    ledger: Rc<Ledger>,
    #[collect(require_static)]
    swept: Cell<usize>,
}

type Shard<'gc> = HashTable<Entry<'gc>>;

#[derive(Collect)]
#[collect(no_drop)]
struct Entry<'gc> {
    hash: u32,
    string: GcWeak<'gc, Body>,
}

impl<'gc> Interner<'gc> {
    /// An interner without strings; long strings' bytes are charged to `ledger`.
    pub fn new(mc: &Mutation<'gc>, ledger: Rc<Ledger>) -> Interner<'gc> {
        let shards = (0..SHARDS).map(|_| Gc::new(mc, RefLock::new(HashTable::new()))).collect();
        Interner { shards, ledger, swept: Cell::new(0) }
    }

    /// The string with these bytes.
    #[inline]
    pub fn string(&self, mc: &Mutation<'gc>, bytes: &[u8]) -> LuaString<'gc> {
        if bytes.len() > SHORT_MAX {
            return self.long(mc, bytes.into());
        }
        self.short(mc, bytes)
    }

    /// The string that takes over these bytes.
    pub fn string_from(&self, mc: &Mutation<'gc>, bytes: Vec<u8>) -> LuaString<'gc> {
        if bytes.len() > SHORT_MAX { self.long(mc, bytes.into_boxed_slice()) } else { self.short(mc, &bytes) }
    }

    fn long(&self, mc: &Mutation<'gc>, bytes: Box<[u8]>) -> LuaString<'gc> {
        let charge = Charge::new(&self.ledger, bytes.len());
        LuaString(Gc::new(mc, Body { hash: Cell::new(0), repr: Repr::Long { bytes, _charge: charge } }))
    }

    fn short(&self, mc: &Mutation<'gc>, bytes: &[u8]) -> LuaString<'gc> {
        let hash = hash_bytes(bytes);
        let Some(shard) = self.shards.get(hash as usize % SHARDS) else { return self.long(mc, bytes.into()) };
        let found = shard
            .borrow()
            .find(wide(hash), |entry| {
                // A dying string fails to upgrade; its entry is left for the sweep.
                entry.hash == hash
                    && entry.string.upgrade(mc).is_some_and(|string| LuaString(string).as_bytes() == bytes)
            })
            .map(|entry| entry.string);
        if let Some(string) = found.and_then(|weak| weak.upgrade(mc)) {
            return LuaString(string);
        }
        let string = Gc::new(mc, Body { hash: Cell::new(hash), repr: short_repr(bytes) });
        let mut entries = shard.borrow_mut(mc);
        entries.insert_unique(wide(hash), Entry { hash, string: Gc::downgrade(string) }, |entry| wide(entry.hash));
        LuaString(string)
    }

    /// Drops the entries of dead strings in all shards but the one whose turn is next.
    pub fn sweep_other_shards(&self, mc: &Mutation<'gc>) {
        (1..SHARDS).for_each(|_| self.sweep_one_shard(mc));
    }

    /// Drops the entries of dead strings in one shard; successive calls go round all of them.
    pub fn sweep_one_shard(&self, mc: &Mutation<'gc>) {
        let at = self.swept.get();
        self.swept.set((at + 1) % SHARDS);
        if let Some(shard) = self.shards.get(at) {
            let mut entries = shard.borrow_mut(mc);
            let before = entries.len();
            entries.retain(|entry| !entry.string.is_dropped());
            self.ledger.count_swept(before - entries.len());
            if entries.len() * 8 < entries.capacity() && entries.capacity() > 64 {
                entries.shrink_to_fit(|entry| wide(entry.hash));
            }
        }
    }
}

fn short_repr(bytes: &[u8]) -> Repr {
    let mut inline = [0; INLINE_MAX];
    match (inline.get_mut(..bytes.len()), u8::try_from(bytes.len())) {
        (Some(room), Ok(len)) => {
            room.copy_from_slice(bytes);
            Repr::Inline { len, bytes: inline }
        }
        _ => Repr::Short(bytes.into()),
    }
}

/// The hash table takes its control bits from the top of 64, its bucket from the bottom.
#[inline]
fn wide(hash: u32) -> u64 {
    u64::from(hash) << 32 | u64::from(hash >> 6)
}

/// A seeded multiplicative hash, never 0. The seed differs from process to process, so that nobody can
/// prepare colliding keys; nothing a script can see depends on it, since tables keep insertion order.
#[inline]
fn hash_bytes(bytes: &[u8]) -> u32 {
    const PRIME: u64 = 0x9E37_79B9_7F4A_7C15;
    let mut hash = seed() ^ (bytes.len() as u64).wrapping_mul(PRIME);
    let (words, rest) = bytes.as_chunks::<8>();
    for word in words {
        hash = (hash ^ u64::from_le_bytes(*word)).wrapping_mul(PRIME);
        hash ^= hash >> 32;
    }
    let mut last = 0;
    for byte in rest {
        last = last << 8 | u64::from(*byte);
    }
    hash = (hash ^ last).wrapping_mul(PRIME);
    hash ^= hash >> 29;
    hash = hash.wrapping_mul(0xBF58_476D_1CE4_E5B9);
    ((hash >> 32) as u32).max(1)
}

/// The number that is different in every process.
pub(super) fn seed() -> u64 {
    use std::hash::{BuildHasher, RandomState};
    static SEED: std::sync::OnceLock<u64> = std::sync::OnceLock::new();
    *SEED.get_or_init(|| RandomState::new().hash_one(0_u8))
}
