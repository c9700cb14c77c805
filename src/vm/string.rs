//! Lua strings.
//!
//! A *short* string, of up to [`SHORT_MAX`] bytes, lies in its object. A longer one has its bytes beside it. Equal
//! strings need not be one object, except where a table holds them as keys: those are *unique* (`interner`), so that
//! finding a unique string among keys compares pointers.
//!
//! A short string is made as [`Short`], five words in registers, from which its object, its hash and its place among
//! the recent strings are computed without a loop. The bytes behind a short string's last are zero.
#![expect(
    clippy::cast_possible_truncation,
    reason = "short lengths are compared with `SHORT_MAX`; hashes are cut on purpose"
)]

use std::cell::Cell;

use gc_arena::{Collect, Gc, Mutation};

use super::gc::Charge;

/// The longest string, in bytes, that is short.
pub const SHORT_MAX: usize = 40;

/// The longest string there can be, in bytes; beyond it an operation raises "resulting string too large".
pub const STRING_MAX: usize = 1 << 31;

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
    pub(super) fn padded(self) -> Option<(usize, &'gc [u8; SHORT_MAX])> {
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
}

impl std::fmt::Debug for LuaString<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "\"{}\"", self.as_bytes().escape_ascii())
    }
}

// -- short strings in the making -------------------------------------------------------------------------

const WORDS: usize = SHORT_MAX / 8;

/// The bytes of a short string, zeros behind them.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Short {
    len: u8,
    words: [u64; WORDS],
}

impl Short {
    pub(super) const EMPTY: Short = Short { len: 0, words: [0; WORDS] };

    /// `None` if the bytes are too many.
    ///
    /// Read word by word instead of copied by their number: that would be a call, and the words, read again from the
    /// copy, would be made of several stores each.
    #[inline]
    pub(super) fn new(bytes: &[u8]) -> Option<Short> {
        if bytes.len() > SHORT_MAX {
            return None;
        }
        let mut words = [0; WORDS];
        let (whole, rest) = bytes.as_chunks::<8>();
        for (word, bytes) in words.iter_mut().zip(whole) {
            *word = u64::from_le_bytes(*bytes);
        }
        if let Some(word) = words.get_mut(whole.len()) {
            *word = last_word(bytes, rest);
        }
        Some(Short { len: bytes.len() as u8, words })
    }

    /// The same, of bytes that have zeros behind them up to [`SHORT_MAX`].
    #[inline]
    pub(super) fn from_padded(len: usize, bytes: &[u8; SHORT_MAX]) -> Short {
        let mut words = [0; WORDS];
        for (word, bytes) in words.iter_mut().zip(bytes.as_chunks::<8>().0) {
            *word = u64::from_le_bytes(*bytes);
        }
        Short { len: len.min(SHORT_MAX) as u8, words }
    }

    /// A hash that is the same in every process: whom it brings together with whom may be seen, as in how much
    /// memory is in use.
    #[inline]
    pub(super) fn plain_hash(&self) -> u64 {
        let [a, b, c, d, e] = self.words;
        let hash = (a ^ u64::from(self.len) << 56).wrapping_mul(0x9E37_79B9_7F4A_7C15)
            ^ (b.rotate_left(29)).wrapping_mul(0xBF58_476D_1CE4_E5B9)
            ^ (c.rotate_left(17) ^ d.rotate_left(41) ^ e).wrapping_mul(0x94D0_49BB_1331_11EB);
        hash ^ hash >> 32
    }

    /// The string's hash as a key. The seed differs from process to process, so that nobody can prepare colliding
    /// keys; nothing a script can see depends on it, since tables keep insertion order.
    #[inline]
    pub(super) fn hash(&self) -> u32 {
        let seed = seed();
        let [a, b, c, d, e] = self.words;
        let first = fold(a ^ seed, b ^ seed.rotate_left(32) ^ u64::from(self.len));
        let hash = if self.len <= 16 {
            first
        } else {
            fold(c ^ first, d ^ seed) ^ fold(e ^ seed.rotate_left(16), first ^ 0xBF58_476D_1CE4_E5B9)
        };
        let hash = hash.wrapping_mul(0x94D0_49BB_1331_11EB);
        ((hash >> 32) as u32).max(1)
    }

    /// Whether `string` has these bytes.
    #[inline]
    pub(super) fn is(&self, string: &Body) -> bool {
        match string {
            Body::Short { len, bytes, .. } => *len == self.len && Short::from_padded(usize::from(*len), bytes) == *self,
            Body::Long { .. } => false,
        }
    }

    /// A new string.
    #[inline]
    pub(super) fn to_body(self, hash: u32) -> Body {
        let mut bytes = [0; SHORT_MAX];
        for (bytes, word) in bytes.as_chunks_mut::<8>().0.iter_mut().zip(self.words) {
            *bytes = word.to_le_bytes();
        }
        Body::Short { len: self.len, is_unique: Cell::new(false), hash, bytes }
    }
}

/// The bytes behind the last whole word, `rest`, which are the last of `bytes`.
#[inline]
fn last_word(bytes: &[u8], rest: &[u8]) -> u64 {
    match (bytes.last_chunk::<8>(), rest) {
        (_, []) => 0,
        (Some(last), _) => u64::from_le_bytes(*last) >> (64 - 8 * rest.len()),
        (None, _) => match (rest.first_chunk::<4>(), rest.last_chunk::<4>()) {
            (Some(first), Some(last)) => {
                u64::from(u32::from_le_bytes(*first)) | u64::from(u32::from_le_bytes(*last)) << (8 * (rest.len() - 4))
            }
            _ => rest.iter().rev().fold(0, |word, byte| word << 8 | u64::from(*byte)),
        },
    }
}

// -- hashes ----------------------------------------------------------------------------------------------

/// Both halves of the product of two numbers, one upon the other.
#[inline]
fn fold(a: u64, b: u64) -> u64 {
    let product = u128::from(a) * u128::from(b);
    product as u64 ^ (product >> 64) as u64
}

/// A seeded multiplicative hash, never 0.
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
#[inline]
pub(super) fn seed() -> u64 {
    use std::hash::{BuildHasher, RandomState};
    static SEED: std::sync::OnceLock<u64> = std::sync::OnceLock::new();
    *SEED.get_or_init(|| RandomState::new().hash_one(0_u8))
}
