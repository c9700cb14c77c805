//! Lua strings.
//!
//! A *short* string, of up to [`SHORT_MAX`] bytes, lies in its object. A longer one has its bytes beside it. Equal
//! strings need not be one object, except where a table holds them as keys: those are *unique* (`interner`), so that
//! finding a unique string among keys compares pointers.
//!
//! How short strings are put together is in `short`. The bytes behind a short string's last are zero.
#![expect(clippy::cast_possible_truncation, reason = "hashes are cut on purpose")]

use std::cell::Cell;

use gc_arena::{Collect, Gc, Mutation};

use super::gc::Charge;

/// The longest string, in bytes, that is short.
pub const SHORT_MAX: usize = 40;

/// The longest string there can be, in bytes; beyond it an operation raises "resulting string too large".
pub const STRING_MAX: usize = 1 << 31;

/// How many bytes of a string messages show.
const QUOTED_MAX: usize = 200;

/// An immutable string of bytes.
#[derive(Clone, Copy, Collect)]
#[collect(no_drop)]
pub struct LuaString<'gc>(pub(super) Gc<'gc, Body>);

/// What a string object holds. `hash` is 0 while a long string's is not known.
#[derive(Collect)]
#[collect(require_static)]
pub(super) enum Body {
    Short { len: u8, is_unique: Cell<bool>, hash: u32, bytes: [u8; SHORT_MAX] },
    Long { hash: Cell<u32>, bytes: Box<[u8]>, _charge: Charge },
}

impl<'gc> LuaString<'gc> {
    pub(super) fn new_long(mc: &Mutation<'gc>, bytes: Box<[u8]>, charge: Charge) -> LuaString<'gc> {
        LuaString(Gc::new(mc, Body::Long { hash: Cell::new(0), bytes, _charge: charge }))
    }

    /// The string's bytes.
    #[inline]
    pub fn as_bytes(self) -> &'gc [u8] {
        match self.0.as_ref() {
            Body::Short { len, bytes, .. } => bytes.get(..usize::from(*len)).unwrap_or(bytes),
            Body::Long { bytes, .. } => bytes,
        }
    }

    /// The string's length in bytes.
    #[inline]
    pub fn len(self) -> usize {
        match self.0.as_ref() {
            Body::Short { len, .. } => usize::from(*len),
            Body::Long { bytes, .. } => bytes.len(),
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

    /// The string as text for a message: the first 200 bytes of it. Whoever reads a message is served by no more,
    /// and a script could have any number of messages made of a string of any length.
    pub fn quoted(self) -> std::borrow::Cow<'gc, str> {
        let bytes = self.as_bytes();
        match bytes.get(..QUOTED_MAX) {
            Some(beginning) if bytes.len() > QUOTED_MAX => format!("{}...", String::from_utf8_lossy(beginning)).into(),
            _ => String::from_utf8_lossy(bytes),
        }
    }

    /// The string as text, if it is UTF-8.
    pub fn to_str(self) -> Option<&'gc str> {
        std::str::from_utf8(self.as_bytes()).ok()
    }

    /// Whether both are the same string.
    #[inline]
    pub fn equals(self, other: LuaString<'gc>) -> bool {
        self.same(other)
            || match (self.0.as_ref(), other.0.as_ref()) {
                (Body::Short { hash, bytes, len, .. }, Body::Short { hash: hash2, bytes: bytes2, len: len2, .. }) => {
                    hash == hash2 && len == len2 && bytes == bytes2
                }
                (Body::Long { bytes, .. }, Body::Long { bytes: bytes2, .. }) => bytes == bytes2,
                _ => false,
            }
    }

    /// Whether both are the same string, if that takes no comparison of bytes.
    #[inline(always)]
    pub(super) fn equals_at_a_glance(self, other: LuaString<'gc>) -> Option<bool> {
        if self.same(other) {
            return Some(true);
        }
        match (self.0.as_ref(), other.0.as_ref()) {
            (Body::Short { hash, .. }, Body::Short { hash: other, .. }) if hash != other => Some(false),
            _ => None,
        }
    }

    /// Whether both are one object. For unique strings that is equality.
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

    /// Whether no other object is an equal string that is unique too. A long string never is.
    #[inline]
    pub(super) fn is_unique(self) -> bool {
        match self.0.as_ref() {
            Body::Short { is_unique, .. } => is_unique.get(),
            Body::Long { .. } => false,
        }
    }

    /// The length of a short string, and its bytes with the zeros behind them.
    #[inline]
    pub(crate) fn padded(self) -> Option<(usize, &'gc [u8; SHORT_MAX])> {
        match self.0.as_ref() {
            Body::Short { len, bytes, .. } => Some((usize::from(*len), bytes)),
            Body::Long { .. } => None,
        }
    }

    /// Whether the string is longer than [`SHORT_MAX`].
    #[inline]
    pub(super) fn is_long(self) -> bool {
        matches!(self.0.as_ref(), Body::Long { .. })
    }

    /// The string's hash.
    #[inline]
    pub fn hash(self) -> u32 {
        match self.0.as_ref() {
            Body::Short { hash, .. } => *hash,
            Body::Long { hash, bytes, .. } => {
                if hash.get() == 0 {
                    hash.set(hash_bytes(bytes));
                }
                hash.get()
            }
        }
    }

    /// The hash of a unique string.
    #[inline(always)]
    pub(super) fn unique_hash(self) -> Option<u32> {
        match self.0.as_ref() {
            Body::Short { is_unique, hash, .. } if is_unique.get() => Some(*hash),
            _ => None,
        }
    }
}

impl std::fmt::Debug for LuaString<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "\"{}\"", self.as_bytes().escape_ascii())
    }
}

// -- hashes ----------------------------------------------------------------------------------------------

/// Both halves of the product of two numbers, one upon the other.
#[inline(always)]
pub(super) fn fold(a: u64, b: u64) -> u64 {
    let product = u128::from(a) * u128::from(b);
    product as u64 ^ (product >> 64) as u64
}

/// A seeded multiplicative hash, never 0.
#[inline(never)]
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
#[inline(always)]
pub(super) fn seed() -> u64 {
    use std::hash::{BuildHasher, RandomState};
    static SEED: std::sync::OnceLock<u64> = std::sync::OnceLock::new();
    *SEED.get_or_init(|| RandomState::new().hash_one(0_u8))
}
