//! The search for a plain text in another, in turns.
//!
//! Short needles are looked for in windows, in time that is linear whatever the texts. For longer ones each place
//! where the first byte stands is compared, a piece at a time. Patterns are not known here.

use crate::api::Collect;
use memchr::{memchr, memmem};

/// How much of the text is looked through in one go.
const WINDOW: usize = 1 << 15;

/// Up to this length a needle is looked for in windows.
const SHORT_MAX: usize = 1024;

/// Up to this length a text is looked through byte for byte: to prepare for more would take longer.
const SMALL_MAX: usize = 256;

/// How many bytes go for one unit of work.
const BYTES_PER_WORK: usize = 16;

/// Where a search for a plain text is.
#[derive(Clone, Copy, Debug, Default, Collect)]
#[collect(require_static)]
pub(super) struct PlainSearch {
    /// The first place that may be the one.
    at: usize,
    /// How many bytes are known to be equal there.
    equal: usize,
}

/// How far the search came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum PlainFound {
    /// It is here.
    At(usize),
    Nothing,
    /// The work allowed is done.
    NotYet,
}

impl PlainSearch {
    /// A search from `at` on.
    pub(super) fn new(at: usize) -> PlainSearch {
        PlainSearch { at, equal: 0 }
    }

    /// Searches on for about so much work.
    pub(super) fn next(&mut self, text: &[u8], needle: &[u8], work: &mut usize) -> PlainFound {
        let Some(first) = needle.first() else { return PlainFound::At(self.at) };
        while *work > 0 {
            let rest = text.get(self.at..).unwrap_or_default();
            if rest.len() < needle.len() {
                return PlainFound::Nothing;
            }
            let starts = rest.len() - needle.len() + 1;
            if rest.len() <= SMALL_MAX {
                *work = work.saturating_sub(1 + rest.len() / BYTES_PER_WORK);
                return find_small(rest, needle, *first).map_or(PlainFound::Nothing, |at| PlainFound::At(self.at + at));
            }
            let cost = if needle.len() <= SHORT_MAX {
                let count = starts.min(WINDOW);
                let window = rest.get(..count + needle.len() - 1).unwrap_or(rest);
                if let Some(at) = memmem::find(window, needle) {
                    *work = work.saturating_sub(1 + at / BYTES_PER_WORK);
                    return PlainFound::At(self.at + at);
                }
                self.at += count;
                count
            } else if self.equal == 0 {
                let count = starts.min(WINDOW);
                match memchr(*first, rest.get(..count).unwrap_or(rest)) {
                    Some(at) => {
                        self.at += at;
                        self.equal = 1;
                        at
                    }
                    None => {
                        self.at += count;
                        count
                    }
                }
            } else if self.equal == needle.len() {
                return PlainFound::At(self.at);
            } else {
                self.compare(rest, needle)
            };
            *work = work.saturating_sub(1 + cost / BYTES_PER_WORK);
        }
        PlainFound::NotYet
    }

    /// Compares the next piece of the needle with what is at the current place. The number of bytes compared.
    fn compare(&mut self, rest: &[u8], needle: &[u8]) -> usize {
        let piece = needle.get(self.equal..).unwrap_or_default();
        let piece = piece.get(..WINDOW).unwrap_or(piece);
        if rest.get(self.equal..self.equal + piece.len()) == Some(piece) {
            self.equal += piece.len();
        } else {
            self.equal = 0;
            self.at += 1;
        }
        piece.len()
    }
}

fn find_small(text: &[u8], needle: &[u8], first: u8) -> Option<usize> {
    let mut from = 0;
    loop {
        let at = from + memchr(first, text.get(from..)?)?;
        if text.get(at..).is_some_and(|rest| rest.starts_with(needle)) {
            return Some(at);
        }
        from = at + 1;
    }
}
