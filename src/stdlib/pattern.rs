//! Lua patterns (§6.4.1), compiled.
//!
//! A [`Program`] is a row of items that a matcher goes through from left to right: what PUC-Rio's matcher finds out
//! about a pattern each time it comes by (where a set ends, which bytes are in it, which capture a `)` closes) is found
//! out once. A pattern may be malformed behind a place that no match ever reaches, and then nobody complains, so the
//! complaint is an item too. Characters are bytes, and their classes those of the C locale. How an item is matched is
//! not known here.

use crate::api::{Charge, Collect, Raised};

/// The most captures in a pattern.
pub(super) const CAPTURES_MAX: usize = 32;

/// Programs with more items than this are run as they are, without a look at what follows repetitions.
const STUDIED_MAX: usize = 1024;

/// How many items behind a repetition are looked at.
const STUDIED_AHEAD: usize = 8;

/// The bytes that make a pattern more than a plain text.
const SPECIALS: &[u8] = b"^$*+?.([%-";

/// How many bytes are looked at for specials in one go.
const SPECIALS_CHUNK: usize = 4096;

/// A set of bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Set([u64; 4]);

impl Set {
    const EMPTY: Set = Set([0; 4]);

    /// Whether the byte is in the set.
    #[inline(always)]
    pub(super) const fn has(&self, byte: u8) -> bool {
        self.0[(byte >> 6) as usize] >> (byte & 63) & 1 != 0
    }

    const fn insert(&mut self, byte: u8) {
        self.0[(byte >> 6) as usize] |= 1 << (byte & 63);
    }

    fn insert_range(&mut self, first: u8, last: u8) {
        for (word, base) in self.0.iter_mut().zip([0_u8, 64, 128, 192]) {
            let (low, high) = (first.max(base), last.min(base + 63));
            if low <= high {
                *word |= (u64::MAX >> (63 - (high - low))) << (low - base);
            }
        }
    }

    fn insert_all(&mut self, other: Set) {
        self.0.iter_mut().zip(other.0).for_each(|(word, more)| *word |= more);
    }

    const fn inverted(self) -> Set {
        let [a, b, c, d] = self.0;
        Set([!a, !b, !c, !d])
    }

    fn meets(self, other: Set) -> bool {
        self.0.iter().zip(other.0).any(|(word, more)| word & more != 0)
    }
}

/// The classes and their letters.
static CLASSES: [(u8, Set); 11] = [
    (b'a', class(b'a')),
    (b'c', class(b'c')),
    (b'd', class(b'd')),
    (b'g', class(b'g')),
    (b'l', class(b'l')),
    (b'p', class(b'p')),
    (b's', class(b's')),
    (b'u', class(b'u')),
    (b'w', class(b'w')),
    (b'x', class(b'x')),
    (b'z', class(b'z')),
];

const fn class(letter: u8) -> Set {
    let mut set = Set::EMPTY;
    let mut byte = 0;
    loop {
        let is_in = match letter {
            b'a' => u8::is_ascii_alphabetic(&byte),
            b'c' => u8::is_ascii_control(&byte),
            b'd' => u8::is_ascii_digit(&byte),
            b'g' => u8::is_ascii_graphic(&byte),
            b'l' => u8::is_ascii_lowercase(&byte),
            b'p' => u8::is_ascii_punctuation(&byte),
            b's' => matches!(byte, 9..=13 | 32),
            b'u' => u8::is_ascii_uppercase(&byte),
            b'w' => u8::is_ascii_alphanumeric(&byte),
            b'x' => u8::is_ascii_hexdigit(&byte),
            _ => byte == 0,
        };
        if is_in {
            set.insert(byte);
        }
        if byte == u8::MAX {
            return set;
        }
        byte += 1;
    }
}

/// The bytes that `%` and a letter stand for, if they are a class.
fn class_of(letter: u8) -> Option<Set> {
    let lower = letter.to_ascii_lowercase();
    let (_, set) = CLASSES.iter().find(|(name, _)| *name == lower)?;
    Some(if letter == lower { *set } else { set.inverted() })
}

/// What one byte of the subject is matched with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Single {
    /// `.`
    Any,
    /// This byte.
    Byte(u8),
    /// The bytes of the program's set of this number.
    Set(u32),
}

/// How often a single is matched.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Suffix {
    /// `?`
    Optional,
    /// `*`
    Star,
    /// `+`
    Plus,
    /// `-`
    Minus,
}

/// A single with a suffix.
#[derive(Clone, Copy, Debug)]
pub(super) struct Repeat {
    pub(super) single: Single,
    pub(super) suffix: Suffix,
    /// Where what comes behind can match at all: only where this does.
    pub(super) follow: Option<Single>,
    /// Whether what comes behind cannot match at a byte that the single matches. The first, longest try is then
    /// the only one worth making.
    pub(super) is_possessive: bool,
}

/// A part of a pattern.
#[derive(Clone, Copy, Debug)]
pub(super) enum Item {
    One(Single),
    Repeat(Repeat),
    /// `(`, with the capture's number from 0.
    Open(u8),
    /// `()`
    Position(u8),
    /// The `)` of this capture.
    Close(u8),
    /// `%1` to `%9`
    Back(u8),
    /// `%1` to `%9` for a capture that is a position, which equals no text.
    Never,
    /// `%b` and its two bytes.
    Balance(u8, u8),
    /// `%f` and its set.
    Frontier(u32),
    /// `$` at the end.
    End,
    /// The rest of the pattern has this fault.
    Malformed(PatternError),
}

/// What a capture is when the whole pattern has matched.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Capture {
    Text,
    Position,
    Unfinished,
}

/// What is wrong with a pattern.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum PatternError {
    EndsWithPercent,
    MissingBracket,
    MissingBalance,
    MissingFrontier,
    InvalidCapture,
    InvalidIndex(u8),
    TooManyCaptures,
    UnfinishedCapture,
    TooComplex,
}

impl<'gc> From<PatternError> for Raised<'gc> {
    #[cold]
    fn from(error: PatternError) -> Raised<'gc> {
        Raised::message(match error {
            PatternError::EndsWithPercent => "malformed pattern (ends with '%')",
            PatternError::MissingBracket => "malformed pattern (missing ']')",
            PatternError::MissingBalance => "malformed pattern (missing arguments to '%b')",
            PatternError::MissingFrontier => "missing '[' after '%f' in pattern",
            PatternError::InvalidCapture => "invalid pattern capture",
            PatternError::InvalidIndex(index) => return Raised::message(format!("invalid capture index %{index}")),
            PatternError::TooManyCaptures => "too many captures",
            PatternError::UnfinishedCapture => "unfinished capture",
            PatternError::TooComplex => "pattern too complex",
        })
    }
}

/// A compiled pattern.
#[derive(Debug, Default)]
pub(super) struct Program {
    pub(super) items: Vec<Item>,
    pub(super) sets: Vec<Set>,
    pub(super) captures: Vec<Capture>,
    /// Whether it begins with a `^` that anchors it.
    pub(super) is_anchored: bool,
    /// Whether it is a plain text for `find`.
    pub(super) is_plain: bool,
    /// What the first byte of every match matches, where the pattern says so.
    pub(super) first: Option<Single>,
    charge: Option<Charge>,
}

impl Program {
    /// Whether the single matches the byte at `at`.
    #[inline(always)]
    pub(super) fn is_at(&self, single: Single, subject: &[u8], at: usize) -> bool {
        match (single, subject.get(at)) {
            (_, None) => false,
            (Single::Any, _) => true,
            (Single::Byte(wanted), Some(byte)) => wanted == *byte,
            (Single::Set(set), Some(byte)) => self.is_in(set, *byte),
        }
    }

    /// Whether the byte is in the set of this number.
    #[inline(always)]
    pub(super) fn is_in(&self, set: u32, byte: u8) -> bool {
        self.sets.get(set as usize).is_some_and(|set| set.has(byte))
    }

    /// How many of the first bytes the single matches.
    #[inline]
    pub(super) fn count(&self, single: Single, bytes: &[u8]) -> usize {
        match single {
            Single::Any => bytes.len(),
            Single::Byte(wanted) => bytes.iter().position(|byte| *byte != wanted).unwrap_or(bytes.len()),
            Single::Set(set) => match self.sets.get(set as usize) {
                Some(set) => bytes.iter().position(|byte| !set.has(*byte)).unwrap_or(bytes.len()),
                None => 0,
            },
        }
    }

    /// The first of these bytes that the single matches.
    #[inline]
    pub(super) fn find(&self, single: Single, bytes: &[u8]) -> Option<usize> {
        match single {
            Single::Any => (!bytes.is_empty()).then_some(0),
            Single::Byte(wanted) => memchr::memchr(wanted, bytes),
            Single::Set(set) => {
                let set = self.sets.get(set as usize)?;
                bytes.iter().position(|byte| set.has(*byte))
            }
        }
    }

    /// The first of these bytes that `follow` matches, or that `single` does not.
    #[inline]
    pub(super) fn find_behind(&self, single: Single, follow: Single, bytes: &[u8]) -> Option<usize> {
        match single {
            Single::Any => self.find(follow, bytes),
            _ => (0..bytes.len()).find(|at| self.is_at(follow, bytes, *at) || !self.is_at(single, bytes, *at)),
        }
    }

    /// Says that the program's memory is accounted for by this.
    pub(super) fn charge_to(&mut self, charge: Charge) {
        self.charge = Some(charge);
    }

    /// About how much memory the program takes.
    pub(super) fn bytes(&self) -> usize {
        self.items.capacity() * size_of::<Item>() + self.sets.capacity() * size_of::<Set>()
    }

    // -- what follows what -------------------------------------------------------------------------------

    fn set_of(&self, single: Single) -> Set {
        match single {
            Single::Any => Set::EMPTY.inverted(),
            Single::Byte(byte) => {
                let mut set = Set::EMPTY;
                set.insert(byte);
                set
            }
            Single::Set(set) => self.sets.get(set as usize).copied().unwrap_or(Set::EMPTY),
        }
    }

    /// Finds out what the first byte has to be and where repetitions need not be tried shorter.
    fn study(&mut self) {
        self.first = self.must_begin(0);
        if self.items.len() > STUDIED_MAX {
            return;
        }
        for at in 0..self.items.len() {
            let Some(Item::Repeat(repeat)) = self.items.get(at).copied() else { continue };
            let follow = self.must_begin(at + 1);
            let is_possessive = repeat.suffix != Suffix::Minus && self.is_apart(repeat.single, at + 1);
            if let Some(Item::Repeat(repeat)) = self.items.get_mut(at) {
                repeat.follow = follow;
                repeat.is_possessive = is_possessive;
            }
        }
    }

    /// What the byte must match at which the items from `at` on match, if they need one.
    fn must_begin(&self, at: usize) -> Option<Single> {
        for item in self.items.iter().skip(at).take(CAPTURES_MAX) {
            match item {
                Item::Open(_) | Item::Position(_) | Item::Close(_) => {}
                Item::One(single) | Item::Repeat(Repeat { single, suffix: Suffix::Plus, .. }) => return Some(*single),
                Item::Balance(open, _) => return Some(Single::Byte(*open)),
                // Behind the last byte a frontier sees a zero.
                Item::Frontier(set) if !self.is_in(*set, 0) => return Some(Single::Set(*set)),
                _ => return None,
            }
        }
        None
    }

    /// Whether the items from `at` on cannot match at a byte that `single` matches, unless they match anywhere.
    fn is_apart(&self, single: Single, at: usize) -> bool {
        let set = self.set_of(single);
        for item in self.items.iter().skip(at).take(STUDIED_AHEAD) {
            match item {
                Item::Open(_) | Item::Position(_) | Item::Close(_) => {}
                Item::One(other) => return !set.meets(self.set_of(*other)),
                Item::Repeat(repeat) => {
                    if set.meets(self.set_of(repeat.single)) {
                        return false;
                    }
                    if repeat.suffix == Suffix::Plus {
                        return true;
                    }
                }
                Item::End => return true,
                _ => return false,
            }
        }
        at.saturating_add(STUDIED_AHEAD) >= self.items.len()
    }
}

/// Makes a program of a pattern, some bytes at a time.
#[derive(Debug, Default, Collect)]
#[collect(require_static)]
pub(super) struct Compiler {
    program: Program,
    /// How many bytes were looked at for specials.
    looked: usize,
    /// The next byte.
    at: usize,
    set: Option<OpenSet>,
    is_done: bool,
}

/// A set that is being read.
#[derive(Debug)]
struct OpenSet {
    /// Where its first member is.
    start: usize,
    at: usize,
    /// Where its `]` is, once that is known.
    end: Option<usize>,
    bytes: Set,
    is_inverted: bool,
    is_frontier: bool,
}

impl Compiler {
    /// A compiler that takes `^` at the beginning for an anchor, unless `is_literal`.
    pub(super) fn new(pattern: &[u8], is_literal: bool) -> Compiler {
        let mut compiler = Compiler::default();
        if !is_literal && pattern.first() == Some(&b'^') {
            compiler.program.is_anchored = true;
            compiler.at = 1;
        }
        compiler.program.is_plain = true;
        compiler
    }

    /// Goes on for at most so much work. The program, once it is ready.
    pub(super) fn run(&mut self, pattern: &[u8], work: &mut usize) -> Option<Program> {
        while *work > 0 {
            *work -= 1;
            if self.looked < pattern.len() {
                let part = pattern.get(self.looked..).unwrap_or_default();
                let part = part.get(..SPECIALS_CHUNK).unwrap_or(part);
                self.looked += part.len();
                self.program.is_plain &= !part.iter().any(|byte| SPECIALS.contains(byte));
                *work = work.saturating_sub(part.len());
            } else if let Some(mut set) = self.set.take() {
                match set.advance(pattern) {
                    Ok(true) => self.close_set(pattern, &set),
                    Ok(false) => self.set = Some(set),
                    Err(error) => self.complain(error),
                }
            } else if self.is_done || self.at >= pattern.len() {
                let mut program = std::mem::take(&mut self.program);
                program.study();
                return Some(program);
            } else if let Err(error) = self.item(pattern) {
                self.complain(error);
            }
        }
        None
    }

    /// What the parts made so far take.
    pub(super) fn bytes(&self) -> usize {
        self.program.bytes()
    }

    fn complain(&mut self, error: PatternError) {
        self.program.items.push(Item::Malformed(error));
        self.is_done = true;
    }

    /// Reads the item at the current place.
    fn item(&mut self, pattern: &[u8]) -> Result<(), PatternError> {
        let byte = |offset: usize| pattern.get(self.at + offset).copied();
        let (item, count) = match (byte(0).unwrap_or_default(), byte(1)) {
            (b'(', Some(b')')) => (Item::Position(self.open(Capture::Position)?), 2),
            (b'(', _) => (Item::Open(self.open(Capture::Unfinished)?), 1),
            (b')', _) => (Item::Close(self.close()?), 1),
            (b'$', None) => (Item::End, 1),
            (b'%', Some(b'b')) => match (byte(2), byte(3)) {
                (Some(open), Some(close)) => (Item::Balance(open, close), 4),
                _ => return Err(PatternError::MissingBalance),
            },
            (b'%', Some(b'f')) if byte(2) == Some(b'[') => {
                self.open_set(pattern, 3, true);
                return Ok(());
            }
            (b'%', Some(b'f')) => return Err(PatternError::MissingFrontier),
            (b'%', Some(digit @ b'0'..=b'9')) => (self.back(digit - b'0')?, 2),
            (b'%', None) => return Err(PatternError::EndsWithPercent),
            (b'%', Some(letter)) => {
                let single = class_of(letter).map_or(Single::Byte(letter), |set| self.add_set(set));
                self.single(pattern, single, 2);
                return Ok(());
            }
            (b'[', _) => {
                self.open_set(pattern, 1, false);
                return Ok(());
            }
            (other, _) => {
                let single = if other == b'.' { Single::Any } else { Single::Byte(other) };
                self.single(pattern, single, 1);
                return Ok(());
            }
        };
        self.program.items.push(item);
        self.at += count;
        Ok(())
    }

    /// Adds a single of `count` bytes, with its suffix if it has one.
    fn single(&mut self, pattern: &[u8], single: Single, count: usize) {
        self.at += count;
        let suffix = match pattern.get(self.at) {
            Some(b'?') => Suffix::Optional,
            Some(b'*') => Suffix::Star,
            Some(b'+') => Suffix::Plus,
            Some(b'-') => Suffix::Minus,
            _ => {
                self.program.items.push(Item::One(single));
                return;
            }
        };
        self.at += 1;
        self.program.items.push(Item::Repeat(Repeat { single, suffix, follow: None, is_possessive: false }));
    }

    fn add_set(&mut self, set: Set) -> Single {
        let number = u32::try_from(self.program.sets.len()).unwrap_or(u32::MAX);
        self.program.sets.push(set);
        Single::Set(number)
    }

    /// Begins to read a set whose first member is `skipped` bytes from here, or one more behind a `^`.
    fn open_set(&mut self, pattern: &[u8], skipped: usize, is_frontier: bool) {
        let is_inverted = pattern.get(self.at + skipped) == Some(&b'^');
        let start = self.at + skipped + usize::from(is_inverted);
        self.set = Some(OpenSet { start, at: start, end: None, bytes: Set::EMPTY, is_inverted, is_frontier });
    }

    fn close_set(&mut self, pattern: &[u8], set: &OpenSet) {
        let bytes = if set.is_inverted { set.bytes.inverted() } else { set.bytes };
        let single = self.add_set(bytes);
        self.at = set.end.unwrap_or(set.start);
        match single {
            Single::Set(number) if set.is_frontier => {
                self.program.items.push(Item::Frontier(number));
                self.at += 1;
            }
            _ => self.single(pattern, single, 1),
        }
    }

    // -- captures ----------------------------------------------------------------------------------------

    fn open(&mut self, capture: Capture) -> Result<u8, PatternError> {
        let number = self.program.captures.len();
        if number >= CAPTURES_MAX {
            return Err(PatternError::TooManyCaptures);
        }
        self.program.captures.push(capture);
        u8::try_from(number).map_err(|_| PatternError::TooManyCaptures)
    }

    /// The capture that is closed here: the last that is open.
    fn close(&mut self) -> Result<u8, PatternError> {
        let open = self.program.captures.iter().rposition(|capture| *capture == Capture::Unfinished);
        let number = open.ok_or(PatternError::InvalidCapture)?;
        if let Some(capture) = self.program.captures.get_mut(number) {
            *capture = Capture::Text;
        }
        u8::try_from(number).map_err(|_| PatternError::InvalidCapture)
    }

    fn back(&self, index: u8) -> Result<Item, PatternError> {
        let number = index.checked_sub(1).ok_or(PatternError::InvalidIndex(index))?;
        match self.program.captures.get(usize::from(number)) {
            Some(Capture::Text) => Ok(Item::Back(number)),
            Some(Capture::Position) => Ok(Item::Never),
            _ => Err(PatternError::InvalidIndex(index)),
        }
    }
}

impl OpenSet {
    /// Reads a member. Whether that was all.
    ///
    /// Where the set ends is decided first and by itself, and what its bytes mean then in a second pass: `[a-%%]`, for
    /// one, is read by both in different ways, and a script can see it.
    fn advance(&mut self, pattern: &[u8]) -> Result<bool, PatternError> {
        let byte = |at: usize| pattern.get(at).copied();
        let Some(end) = self.end else {
            let first = byte(self.at).ok_or(PatternError::MissingBracket)?;
            self.at += 1;
            if first == b'%' && self.at < pattern.len() {
                self.at += 1;
            }
            if byte(self.at) == Some(b']') {
                self.end = Some(self.at);
                self.at = self.start;
            }
            return Ok(false);
        };
        if self.at >= end {
            return Ok(true);
        }
        match (byte(self.at).unwrap_or_default(), byte(self.at + 1), byte(self.at + 2)) {
            (b'%', Some(letter), _) => {
                match class_of(letter) {
                    Some(set) => self.bytes.insert_all(set),
                    None => self.bytes.insert(letter),
                }
                self.at += 2;
            }
            (first, Some(b'-'), Some(last)) if self.at + 2 < end => {
                self.bytes.insert_range(first, last);
                self.at += 3;
            }
            (only, _, _) => {
                self.bytes.insert(only);
                self.at += 1;
            }
        }
        Ok(false)
    }
}
