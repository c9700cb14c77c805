//! Short strings in the making.
//!
//! A string of up to [`SHORT_MAX`] bytes is put together, hashed and looked for as a few words, with zeros behind its
//! last byte. Nothing here copies bytes by a number that is known only at run time: that would be a call each; and to
//! read, as a word, what was just written as bytes would wait until the bytes have reached the cache.
//!
//! Nearly all short strings have at most [`BRIEF_MAX`] bytes, two words. For these all work on the others is left out,
//! which changes neither hash.
#![expect(
    clippy::cast_possible_truncation,
    reason = "lengths are compared with `SHORT_MAX`; hashes are cut on purpose"
)]

use super::string::{Body, SHORT_MAX, fold, seed};
use super::value::Value;
use crate::syntax::number;

/// The words of a short string.
pub(super) const WORDS: usize = SHORT_MAX / 8;

/// The words of a brief one.
pub(super) const BRIEF: usize = 2;

/// The longest string that is brief.
pub(super) const BRIEF_MAX: usize = 8 * BRIEF;

/// The bytes of a string that is no longer than `N` words.
#[derive(Clone, Copy)]
pub(super) struct Short<const N: usize> {
    len: u8,
    words: [u64; N],
}

impl<const N: usize> Short<N> {
    /// `None` if the bytes are too many.
    #[inline(always)]
    pub(super) fn new(bytes: &[u8]) -> Option<Short<N>> {
        if bytes.len() > 8 * N {
            return None;
        }
        let mut words = [0; N];
        let (whole, rest) = bytes.as_chunks::<8>();
        for (word, bytes) in words.iter_mut().zip(whole) {
            *word = u64::from_le_bytes(*bytes);
        }
        if let Some(word) = words.get_mut(whole.len()) {
            *word = last_word(bytes, rest);
        }
        Some(Short { len: bytes.len() as u8, words })
    }

    #[inline(always)]
    fn word(&self, at: usize) -> u64 {
        if at < N { self.words[at] } else { 0 }
    }

    /// A hash that is the same in every process: whom it brings together with whom may be seen, as in how much
    /// memory is in use.
    #[inline(always)]
    pub(super) fn plain_hash(&self) -> u64 {
        let [a, b, c, d, e] = [0, 1, 2, 3, 4].map(|at| self.word(at));
        let hash = (a ^ u64::from(self.len) << 56).wrapping_mul(0x9E37_79B9_7F4A_7C15)
            ^ b.rotate_left(29).wrapping_mul(0xBF58_476D_1CE4_E5B9)
            ^ (c.rotate_left(17) ^ d.rotate_left(41) ^ e).wrapping_mul(0x94D0_49BB_1331_11EB);
        hash ^ hash >> 32
    }

    /// The string's hash as a key. The seed differs from process to process, so that nobody can prepare colliding
    /// keys; nothing a script can see depends on it, since tables keep insertion order.
    #[inline(always)]
    pub(super) fn hash(&self) -> u32 {
        let seed = seed();
        let [a, b, c, d, e] = [0, 1, 2, 3, 4].map(|at| self.word(at));
        let first = fold(a ^ seed, b ^ seed.rotate_left(32) ^ u64::from(self.len));
        let hash = if usize::from(self.len) <= BRIEF_MAX {
            first
        } else {
            fold(c ^ first, d ^ seed) ^ fold(e ^ seed.rotate_left(16), first ^ 0xBF58_476D_1CE4_E5B9)
        };
        let hash = hash.wrapping_mul(0x94D0_49BB_1331_11EB);
        ((hash >> 32) as u32).max(1)
    }

    /// Whether `string` has these bytes.
    #[inline(always)]
    pub(super) fn is(&self, string: &Body) -> bool {
        match string {
            Body::Short { len, bytes, .. } => {
                let differences = self.words.iter().zip(bytes.as_chunks::<8>().0);
                *len == self.len
                    && differences.fold(0, |all, (word, bytes)| all | (word ^ u64::from_le_bytes(*bytes))) == 0
            }
            Body::Long { .. } => false,
        }
    }

    /// The length, and the bytes with zeros behind them.
    #[inline(always)]
    pub(super) fn padded(&self) -> (u8, [u8; SHORT_MAX]) {
        let mut padded = [0; SHORT_MAX];
        for (bytes, word) in padded.as_chunks_mut::<8>().0.iter_mut().zip(self.words) {
            *bytes = word.to_le_bytes();
        }
        (self.len, padded)
    }
}

/// The bytes behind the last whole word, `rest`, which are the last of `bytes`.
#[inline(always)]
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

/// A short string that grows from pieces.
#[derive(Default)]
pub(super) struct Joint {
    len: usize,
    /// One word more than can be, and a power of two, so that there is always a place.
    words: [u64; Joint::PLACES],
}

impl Joint {
    const PLACES: usize = 8;

    /// Adds a string or number. Whether it was one, and there was room; if not, the joint is of no more use.
    #[inline(always)]
    pub(super) fn push(&mut self, value: &Value<'_>) -> bool {
        match value {
            Value::String(string) => match string.padded() {
                Some((len, bytes)) => self.push_padded(len, bytes),
                None => false,
            },
            Value::Integer(i) => self.push_integer(*i),
            Value::Float(x) => self.push_float(*x),
            _ => false,
        }
    }

    #[inline(always)]
    fn push_padded(&mut self, len: usize, bytes: &[u8; SHORT_MAX]) -> bool {
        if self.len + len > SHORT_MAX {
            return false;
        }
        let mut left = len;
        for bytes in bytes.as_chunks::<8>().0 {
            self.push_word(u64::from_le_bytes(*bytes), left.min(8));
            if left <= 8 {
                break;
            }
            left -= 8;
        }
        true
    }

    /// Adds the first `len` bytes of a word, the others being zero.
    #[inline(always)]
    fn push_word(&mut self, word: u64, len: usize) {
        let (at, shift) = (self.len / 8, self.len % 8 * 8);
        self.words[at % Joint::PLACES] |= word << shift;
        self.words[(at + 1) % Joint::PLACES] |= (word >> 1) >> (63 - shift);
        self.len += len;
    }

    /// Adds an integer in decimal. Whether there was room.
    #[inline]
    pub(super) fn push_integer(&mut self, value: i64) -> bool {
        const PART: u64 = 100_000_000;
        if value < 0 {
            self.push_word(u64::from(b'-'), 1);
        }
        let rest = value.unsigned_abs();
        if rest < PART {
            self.push_first_digits(rest);
        } else {
            let (rest, last) = (rest / PART, rest % PART);
            if rest < PART {
                self.push_first_digits(rest);
            } else {
                self.push_first_digits(rest / PART);
                self.push_word(eight_digits(rest % PART) | ZEROS, 8);
            }
            self.push_word(eight_digits(last) | ZEROS, 8);
        }
        self.len <= SHORT_MAX
    }

    #[inline(always)]
    fn push_first_digits(&mut self, value: u64) {
        let digits = eight_digits(value);
        let leading = (digits.trailing_zeros() as usize / 8).min(7);
        self.push_word((digits | ZEROS) >> (8 * leading), 8 - leading);
    }

    /// Adds a float as `tostring` shows it. Whether there was room.
    #[inline(never)]
    pub(super) fn push_float(&mut self, x: f64) -> bool {
        let text = number::write_float(x);
        Short::<WORDS>::new(text.as_bytes())
            .is_some_and(|text| self.push_padded(usize::from(text.len), &text.padded().1))
    }

    /// What has grown, if it is brief.
    #[inline(always)]
    pub(super) fn brief(&self) -> Option<Short<BRIEF>> {
        let [a, b, ..] = self.words;
        (self.len <= BRIEF_MAX).then_some(Short { len: self.len as u8, words: [a, b] })
    }

    /// What has grown.
    #[inline(always)]
    pub(super) fn short(&self) -> Short<WORDS> {
        let [a, b, c, d, e, ..] = self.words;
        Short { len: self.len.min(SHORT_MAX) as u8, words: [a, b, c, d, e] }
    }
}

/// Eight digits zero, as text.
const ZEROS: u64 = 0x3030_3030_3030_3030;

/// The digits of a number below 100,000,000, the first in the lowest byte: halves are split side by side, first into
/// four digits each, then two, then one. The factors are reciprocals, exact for numbers so small.
#[inline(always)]
fn eight_digits(value: u64) -> u64 {
    let fours = (value / 10_000) | ((value % 10_000) << 32);
    let hundreds = ((fours * 10_486) >> 20) & 0x7F_0000_007F;
    let twos = hundreds | ((fours - 100 * hundreds) << 16);
    let tens = ((twos * 103) >> 10) & 0x000F_000F_000F_000F;
    tens | ((twos - 10 * tens) << 8)
}

#[cfg(test)]
mod tests {
    use super::{Joint, Short, WORDS};

    fn text(joint: &Joint) -> String {
        let (len, bytes) = joint.short().padded();
        String::from_utf8_lossy(&bytes[..usize::from(len)]).into_owned()
    }

    #[test]
    fn integers_are_written_as_rust_writes_them() {
        let mut numbers = vec![0, 1, 9, 10, 12_345_678, 99_999_999, 100_000_000, i64::MAX, i64::MIN, i64::MIN + 1];
        let mut value = 1_i64;
        for step in 0..2000_i64 {
            value = value.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(step);
            numbers.extend([value >> (step % 63), 10_i64.pow((step % 19) as u32) - 1, step * 100_003]);
        }
        for number in numbers {
            let mut joint = Joint::default();
            assert!(joint.push_integer(number));
            assert_eq!(text(&joint), number.to_string());
        }
        for number in 0..100_000 {
            let mut joint = Joint::default();
            assert!(joint.push_integer(number));
            assert_eq!(text(&joint), number.to_string());
        }
    }

    #[test]
    fn a_string_of_each_length_comes_back_whole() {
        let bytes: Vec<u8> = (1..=41).collect();
        for len in 0..=40 {
            let Some(short) = Short::<WORDS>::new(&bytes[..len]) else { panic!("{len} bytes are too many") };
            let (known, padded) = short.padded();
            assert_eq!(usize::from(known), len);
            assert_eq!(padded[..len], bytes[..len]);
            assert!(padded[len..].iter().all(|byte| *byte == 0));
            if let Some(brief) = Short::<2>::new(&bytes[..len]) {
                assert_eq!((brief.hash(), brief.plain_hash()), (short.hash(), short.plain_hash()));
            }
        }
        assert!(Short::<WORDS>::new(&bytes).is_none());
    }

    #[test]
    fn pieces_join_at_every_offset() {
        for first in 0..=40 {
            for second in 0..=40 - first {
                let whole: Vec<u8> = (1..=first + second).collect();
                let mut joint = Joint::default();
                for piece in [&whole[..usize::from(first)], &whole[usize::from(first)..]] {
                    let Some(piece) = Short::<WORDS>::new(piece) else { panic!("a piece is too long") };
                    assert!(joint.push_padded(usize::from(piece.len), &piece.padded().1));
                }
                let (len, padded) = joint.short().padded();
                assert_eq!(padded[..usize::from(len)], whole);
            }
        }
    }
}
