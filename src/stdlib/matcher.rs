//! The pattern matcher: a state machine that can stop after any amount of work and go on later.
//!
//! It never recurses. A repetition that may have to be tried otherwise is one frame on a stack, however many bytes it
//! covers; scanning a run of bytes is a loop over the bytes. PUC-Rio's matcher calls itself and gives up at a depth of
//! [`DEPTH_MAX`]; this one counts the same depth, so that the same patterns are too complex for both, and the stack has
//! that bound too. Captures are never undone: whatever matches in the end has gone through every item, and each item
//! has then last set its capture for good.

use std::rc::Rc;

use super::pattern::{CAPTURES_MAX, Item, PatternError, Program, Repeat, Single, Suffix};
use crate::api::{Charge, Collect, Context};

/// How deep PUC-Rio's matcher may call itself.
const DEPTH_MAX: usize = 200;

/// How many bytes are scanned in one go.
const CHUNK: usize = 4096;

/// How many bytes are compared or searched in one go.
const CHUNK_BYTES: usize = 1 << 15;

/// Up to this size a matcher's stack is not entered in the ledger.
const UNCHARGED_BYTES: usize = 1024;

/// Where a capture begins and ends.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Span {
    pub(super) start: usize,
    pub(super) end: usize,
}

/// A repetition that may have to be tried with another count.
#[derive(Clone, Copy, Debug)]
struct Frame {
    item: usize,
    /// The depth at the repetition.
    depth: usize,
    /// Where the repetition can end at the least.
    low: usize,
    /// Where it ended at the last try.
    at: usize,
}

/// What is to be done next.
#[derive(Clone, Copy, Debug, Default)]
enum Phase {
    /// Match the next item.
    #[default]
    Item,
    /// See how much further the current repetition, which can end at `low`, goes.
    Grow { low: usize },
    /// See whether what comes behind the `-` on top of the stack can match where that ends.
    Reach,
    /// Find the end of a `%b`.
    Balance { nesting: usize },
    /// Compare the rest with a capture.
    Compare { done: usize },
    /// Try the repetition on top of the stack otherwise.
    Retry,
}

/// Where a match is.
#[derive(Clone, Copy, Debug, Default)]
struct Cursor {
    /// The next item.
    item: usize,
    /// The next byte.
    at: usize,
    depth: usize,
    phase: Phase,
}

/// How far matching came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Outcome {
    /// The pattern matches up to here.
    Match(usize),
    NoMatch,
    /// The work allowed is done.
    Pause,
}

/// A matcher.
#[derive(Debug, Default)]
pub(super) struct Matcher {
    pub(super) captures: [Span; CAPTURES_MAX],
    frames: Vec<Frame>,
    cursor: Cursor,
}

#[inline(always)]
fn spend(work: &mut usize, count: usize) {
    *work = work.saturating_sub(count);
}

impl Matcher {
    /// What the stack takes.
    pub(super) fn bytes(&self) -> usize {
        self.frames.capacity() * size_of::<Frame>()
    }

    #[inline]
    fn begin(&mut self, at: usize) {
        self.frames.clear();
        self.cursor = Cursor { item: 0, at, depth: 1, phase: Phase::Item };
    }

    /// Goes on for about so much work.
    fn run(&mut self, program: &Program, subject: &[u8], work: &mut usize) -> Result<Outcome, PatternError> {
        let mut cursor = self.cursor;
        while *work > 0 {
            *work -= 1;
            match cursor.phase {
                Phase::Item => {
                    let Some(item) = program.items.get(cursor.item) else { return Ok(Outcome::Match(cursor.at)) };
                    match item {
                        Item::One(single) => {
                            if program.is_at(*single, subject, cursor.at) {
                                cursor.at += 1;
                                cursor.item += 1;
                            } else {
                                cursor.phase = Phase::Retry;
                            }
                        }
                        Item::Repeat(repeat) => self.repeat(program, subject, *repeat, &mut cursor, work)?,
                        item => self.special(program, subject, *item, &mut cursor)?,
                    }
                }
                Phase::Retry => {
                    if self.frames.is_empty() {
                        return Ok(Outcome::NoMatch);
                    }
                    self.retry(program, subject, &mut cursor, work);
                }
                Phase::Reach => self.reach(program, subject, &mut cursor, work),
                Phase::Grow { low } => self.grow(program, subject, low, &mut cursor, work)?,
                Phase::Balance { nesting } => balance(program, subject, nesting, &mut cursor, work),
                Phase::Compare { done } => self.compare(program, subject, done, &mut cursor, work),
            }
        }
        self.cursor = cursor;
        Ok(Outcome::Pause)
    }

    /// Begins a repetition.
    #[inline]
    fn repeat(
        &mut self,
        program: &Program,
        subject: &[u8],
        repeat: Repeat,
        cursor: &mut Cursor,
        work: &mut usize,
    ) -> Result<(), PatternError> {
        if !program.is_at(repeat.single, subject, cursor.at) {
            if repeat.suffix == Suffix::Plus {
                cursor.phase = Phase::Retry;
            } else {
                cursor.item += 1;
            }
            return Ok(());
        }
        let low = cursor.at;
        match repeat.suffix {
            Suffix::Optional => {
                cursor.at += 1;
                self.go_on_behind(repeat, low, cursor)
            }
            Suffix::Star => self.grow(program, subject, low, cursor, work),
            Suffix::Plus => {
                cursor.at += 1;
                self.grow(program, subject, low + 1, cursor, work)
            }
            Suffix::Minus => {
                let depth = cursor.depth;
                descend(cursor)?;
                self.frames.push(Frame { item: cursor.item, depth, low, at: low });
                cursor.phase = Phase::Reach;
                Ok(())
            }
        }
    }

    /// Goes on behind a repetition that has come this far and could also end at `low`.
    #[inline]
    fn go_on_behind(&mut self, repeat: Repeat, low: usize, cursor: &mut Cursor) -> Result<(), PatternError> {
        let depth = cursor.depth;
        descend(cursor)?;
        if !repeat.is_possessive && low < cursor.at {
            self.frames.push(Frame { item: cursor.item, depth, low, at: cursor.at });
        }
        cursor.item += 1;
        cursor.phase = Phase::Item;
        Ok(())
    }

    /// Lets a repetition take what it can.
    #[inline]
    fn grow(
        &mut self,
        program: &Program,
        subject: &[u8],
        low: usize,
        cursor: &mut Cursor,
        work: &mut usize,
    ) -> Result<(), PatternError> {
        let Some(Item::Repeat(repeat)) = program.items.get(cursor.item) else { return Ok(()) };
        let rest = subject.get(cursor.at..).unwrap_or_default();
        let most = if repeat.single == Single::Any { rest.len() } else { CHUNK };
        let part = rest.get(..most).unwrap_or(rest);
        let count = program.count(repeat.single, part);
        spend(work, count.min(CHUNK) / 4);
        cursor.at += count;
        if count < part.len() || part.len() == rest.len() {
            return self.go_on_behind(*repeat, low, cursor);
        }
        cursor.phase = Phase::Grow { low };
        Ok(())
    }

    /// Tries the repetition on top of the stack otherwise, or drops it.
    fn retry(&mut self, program: &Program, subject: &[u8], cursor: &mut Cursor, work: &mut usize) {
        let Some(frame) = self.frames.last_mut() else { return };
        let Some(Item::Repeat(repeat)) = program.items.get(frame.item) else { return };
        match repeat.suffix {
            Suffix::Minus => {
                if program.is_at(repeat.single, subject, frame.at) {
                    frame.at += 1;
                    cursor.phase = Phase::Reach;
                } else {
                    self.frames.pop();
                }
                return;
            }
            Suffix::Optional => {
                *cursor = Cursor { item: frame.item + 1, at: frame.low, depth: frame.depth, phase: Phase::Item };
                self.frames.pop();
                return;
            }
            Suffix::Star | Suffix::Plus => {}
        }
        if frame.at <= frame.low {
            self.frames.pop();
            return;
        }
        let most = (frame.at - frame.low).min(CHUNK);
        let mut count = 1;
        if let Some(follow) = repeat.follow {
            while count < most && !program.is_at(follow, subject, frame.at - count) {
                count += 1;
            }
        }
        spend(work, count / 4);
        frame.at -= count;
        *cursor = Cursor { item: frame.item + 1, at: frame.at, depth: frame.depth + 1, phase: Phase::Item };
    }

    /// Takes the `-` on top of the stack on to where what comes behind can match.
    fn reach(&mut self, program: &Program, subject: &[u8], cursor: &mut Cursor, work: &mut usize) {
        let Some(frame) = self.frames.last_mut() else { return };
        let Some(Item::Repeat(repeat)) = program.items.get(frame.item) else { return };
        if let Some(follow) = repeat.follow {
            let rest = subject.get(frame.at..).unwrap_or_default();
            let part = rest.get(..CHUNK).unwrap_or(rest);
            let found = program.find_behind(repeat.single, follow, part);
            let count = found.unwrap_or(part.len());
            spend(work, count / 4);
            frame.at += count;
            let is_reached = found.is_some() && program.is_at(follow, subject, frame.at);
            if part.is_empty() || found.is_some() != is_reached {
                self.frames.pop();
                cursor.phase = Phase::Retry;
                return;
            }
            if found.is_none() {
                return;
            }
        }
        *cursor = Cursor { item: frame.item + 1, at: frame.at, depth: frame.depth + 1, phase: Phase::Item };
    }

    /// Matches an item that is neither a single nor repeated.
    #[inline]
    fn special(
        &mut self,
        program: &Program,
        subject: &[u8],
        item: Item,
        cursor: &mut Cursor,
    ) -> Result<(), PatternError> {
        let is_matched = match item {
            Item::Open(number) | Item::Position(number) => {
                descend(cursor)?;
                if let Some(capture) = self.captures.get_mut(usize::from(number)) {
                    capture.start = cursor.at;
                }
                true
            }
            Item::Close(number) => {
                descend(cursor)?;
                if let Some(capture) = self.captures.get_mut(usize::from(number)) {
                    capture.end = cursor.at;
                }
                true
            }
            Item::End => cursor.at == subject.len(),
            Item::Frontier(set) => {
                let before = cursor.at.checked_sub(1).and_then(|at| subject.get(at)).copied().unwrap_or_default();
                let behind = subject.get(cursor.at).copied().unwrap_or_default();
                !program.is_in(set, before) && program.is_in(set, behind)
            }
            Item::Balance(open, _) => {
                if subject.get(cursor.at) == Some(&open) {
                    cursor.at += 1;
                    cursor.phase = Phase::Balance { nesting: 1 };
                    return Ok(());
                }
                false
            }
            Item::Back(number) => {
                let Span { start, end } = self.span(number);
                if end - start <= subject.len() - cursor.at {
                    cursor.phase = Phase::Compare { done: 0 };
                    return Ok(());
                }
                false
            }
            Item::Malformed(error) => return Err(error),
            Item::Never | Item::One(_) | Item::Repeat(_) => false,
        };
        if is_matched {
            cursor.item += 1;
        } else {
            cursor.phase = Phase::Retry;
        }
        Ok(())
    }

    fn span(&self, number: u8) -> Span {
        self.captures.get(usize::from(number)).copied().unwrap_or_default()
    }

    /// Compares on with a capture.
    fn compare(&self, program: &Program, subject: &[u8], done: usize, cursor: &mut Cursor, work: &mut usize) {
        let Some(Item::Back(number)) = program.items.get(cursor.item) else { return };
        let Span { start, end } = self.span(*number);
        let count = (end - start - done).min(CHUNK_BYTES);
        spend(work, count / 16);
        let wanted = subject.get(start + done..start + done + count);
        let found = subject.get(cursor.at..cursor.at + count);
        if wanted != found {
            cursor.phase = Phase::Retry;
            return;
        }
        cursor.at += count;
        if start + done + count < end {
            cursor.phase = Phase::Compare { done: done + count };
        } else {
            cursor.item += 1;
            cursor.phase = Phase::Item;
        }
    }
}

/// Goes one call of PUC-Rio's matcher deeper.
#[inline(always)]
fn descend(cursor: &mut Cursor) -> Result<(), PatternError> {
    if cursor.depth >= DEPTH_MAX {
        return Err(PatternError::TooComplex);
    }
    cursor.depth += 1;
    Ok(())
}

/// Goes on to the end of a `%b`.
fn balance(program: &Program, subject: &[u8], nesting: usize, cursor: &mut Cursor, work: &mut usize) {
    let Some(Item::Balance(open, close)) = program.items.get(cursor.item) else { return };
    let mut nesting = nesting;
    let rest = subject.get(cursor.at..).unwrap_or_default();
    let part = rest.get(..CHUNK).unwrap_or(rest);
    for (offset, byte) in part.iter().enumerate() {
        if byte == close {
            nesting -= 1;
            if nesting == 0 {
                spend(work, offset / 4);
                *cursor = Cursor { item: cursor.item + 1, at: cursor.at + offset + 1, phase: Phase::Item, ..*cursor };
                return;
            }
        } else if byte == open {
            nesting += 1;
        }
    }
    spend(work, part.len() / 4);
    cursor.at += part.len();
    cursor.phase = if part.len() < rest.len() { Phase::Balance { nesting } } else { Phase::Retry };
}

// -- searching -------------------------------------------------------------------------------------------

/// What a search found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Found {
    /// A match from here to there.
    Match(usize, usize),
    /// Nothing, and there is nothing more to be found.
    Nothing,
    /// Nothing yet: the work allowed is done.
    NotYet,
}

/// A search for one match after another.
#[derive(Debug, Collect)]
#[collect(require_static)]
pub(super) struct Search {
    pub(super) program: Rc<Program>,
    pub(super) matcher: Box<Matcher>,
    /// Where the next match may begin.
    pub(super) start: usize,
    /// Where the last match ended: no match may end there again.
    pub(super) last: Option<usize>,
    is_running: bool,
    is_over: bool,
    charge: Option<Charge>,
    charged: usize,
}

impl Search {
    /// A search from `start` on.
    #[inline]
    pub(super) fn new(program: Rc<Program>, matcher: Box<Matcher>, start: usize) -> Search {
        Search { program, matcher, start, last: None, is_running: false, is_over: false, charge: None, charged: 0 }
    }

    /// Enters the matcher's stack, if it has become big, in the ledger. To be called where the search is kept.
    pub(super) fn account(&mut self, ctx: Context<'_>) {
        let bytes = self.matcher.bytes();
        if bytes > UNCHARGED_BYTES && bytes > self.charged {
            self.charge.get_or_insert_with(|| Charge::new(ctx.ledger(), 0)).add(bytes - self.charged);
            self.charged = bytes;
        }
    }

    /// Searches on for about so much work.
    #[inline]
    pub(super) fn next(&mut self, subject: &[u8], work: &mut usize) -> Result<Found, PatternError> {
        while *work > 0 {
            if !self.is_running {
                if self.is_over || self.start > subject.len() {
                    return Ok(Found::Nothing);
                }
                self.is_over = self.program.is_anchored;
                if !self.is_over
                    && let Some(first) = self.program.first
                    && !self.skip_to(first, subject, work)
                {
                    continue;
                }
                self.matcher.begin(self.start);
                self.is_running = true;
            }
            match self.matcher.run(&self.program, subject, work)? {
                Outcome::Pause => return Ok(Found::NotYet),
                Outcome::Match(end) if self.last != Some(end) => {
                    let start = std::mem::replace(&mut self.start, end);
                    self.last = Some(end);
                    self.is_running = false;
                    return Ok(Found::Match(start, end));
                }
                _ => {
                    self.is_running = false;
                    self.start += 1;
                }
            }
        }
        Ok(Found::NotYet)
    }

    /// Goes on to where the first single matches. Whether it has come there.
    #[inline]
    fn skip_to(&mut self, first: Single, subject: &[u8], work: &mut usize) -> bool {
        let rest = subject.get(self.start..).unwrap_or_default();
        let part = rest.get(..CHUNK).unwrap_or(rest);
        let found = self.program.find(first, part);
        let count = found.unwrap_or(part.len());
        spend(work, count / 4);
        self.start += count;
        self.is_over = found.is_none() && part.len() == rest.len();
        found.is_some()
    }
}
