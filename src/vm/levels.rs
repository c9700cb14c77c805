//! The call stack as Lua counts it: level 0 is the function that runs, level 1 the one that called it.
//!
//! A native function has a frame only while its sequence waits, so the one that runs is named apart. Frames of
//! what the machine does on its own (calling a message handler, closing variables) are no levels. The same view
//! serves the coroutine that runs, one that waits for another, and one at rest.

use super::describe::{Name, called_name};
use super::executor::Control;
use super::function::{Closure, Native};
use super::hook::After;
use super::thread::{Frame, NativeState, Pending, Thread, ThreadState};
use super::value::Value;

/// A coroutine's part of the stacks, or what it keeps of them while it rests.
#[derive(Clone, Copy)]
pub(super) struct Levels<'a, 'gc> {
    pub(super) frames: &'a [Frame<'gc>],
    /// The states that native functions' frames name by their position.
    pub(super) natives: &'a [NativeState<'gc>],
    /// The native function that runs or has yielded, above all frames.
    pub(super) running: Option<Native<'gc>>,
    /// Whether a frame on top that waits for nothing was paused before its next instruction.
    pub(super) is_at_rest: bool,
    /// Where on the stack its values begin, for those that frames speak of.
    pub(super) from: usize,
}

/// One level.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Level {
    /// The native function above all frames.
    Running,
    /// The function of the frame at this position.
    Frame(usize),
}

impl<'gc> Control<'gc> {
    /// The levels of the coroutine that runs, with the native function `running` above its frames.
    pub(super) fn levels(&self, running: Option<Native<'gc>>) -> Levels<'_, 'gc> {
        let first = self.active.last().map_or(0, |active| active.frames);
        let frames = self.frames.get(first..).unwrap_or_default();
        Levels { frames, natives: &self.natives, running, is_at_rest: false, from: 0 }
    }

    /// The levels of the coroutine at `index` among those that run, which waits for the next one.
    pub(super) fn levels_of_waiting(&self, index: usize) -> Levels<'_, 'gc> {
        let first = self.active.get(index).map_or(0, |active| active.frames);
        let end = self.active.get(index + 1).map_or(self.frames.len(), |active| active.frames);
        let frames = self.frames.get(first..end).unwrap_or_default();
        Levels { frames, natives: &self.natives, running: None, is_at_rest: false, from: 0 }
    }
}

impl<'gc> ThreadState<'gc> {
    /// The levels of a coroutine at rest.
    pub(super) fn levels(&self) -> Levels<'_, 'gc> {
        let (running, from) = (self.yielder, self.frames_from as usize);
        Levels { frames: &self.frames, natives: &self.natives, running, is_at_rest: true, from }
    }
}

impl<'a, 'gc> Levels<'a, 'gc> {
    /// The position of a frame's `R0` among the coroutine's values.
    pub(super) fn base(&self, frame: &Frame<'_>) -> usize {
        (frame.base as usize).saturating_sub(self.from)
    }

    /// All levels, the innermost first.
    pub(super) fn iter(self) -> impl Iterator<Item = Level> + 'a {
        let running = self.running.map(|_| Level::Running);
        let frames = (0..self.frames.len()).rev().filter(move |at| self.is_level(*at)).map(Level::Frame);
        running.into_iter().chain(frames)
    }

    /// The level with this number.
    pub(super) fn get(self, level: i64) -> Option<Level> {
        self.iter().nth(usize::try_from(level).ok()?)
    }

    fn is_level(&self, at: usize) -> bool {
        self.frames.get(at).is_some_and(|frame| frame.closure.is_some())
            || self.native_at(at).is_some_and(|native| native.callee.is_some())
    }

    /// The state of the native function whose frame is at `at`.
    pub(super) fn native_at(&self, at: usize) -> Option<&'a NativeState<'gc>> {
        let frame = self.frames.get(at)?;
        if frame.closure.is_none() { self.natives.get(frame.pc as usize) } else { None }
    }

    /// The Lua frame of a level.
    pub(super) fn lua_frame(&self, level: Level) -> Option<&'a Frame<'gc>> {
        match level {
            Level::Running => None,
            Level::Frame(at) => self.frames.get(at).filter(|frame| frame.closure.is_some()),
        }
    }

    /// The function of a level.
    pub(super) fn function(&self, level: Level) -> Value<'gc> {
        match level {
            Level::Running => self.running.into(),
            Level::Frame(at) => match self.frames.get(at).and_then(|frame| frame.closure) {
                Some(closure) => Value::Closure(closure),
                None => self.native_at(at).and_then(|native| native.callee).into(),
            },
        }
    }

    /// Whether the function was called in the place of the one that its caller called.
    pub(super) fn is_tail_called(&self, level: Level) -> bool {
        self.lua_frame(level).is_some_and(Frame::is_tail_called)
    }

    /// Whether the hook was called while the function of a level ran.
    pub(super) fn is_hooked(&self, level: Level) -> bool {
        match level {
            Level::Running => false,
            Level::Frame(at) => self.native_at(at + 1).is_some_and(|native| native.after != After::Poll),
        }
    }

    /// What the function of a level is called where it is called.
    pub(super) fn name(&self, level: Level) -> Option<Name> {
        if self.is_tail_called(level) {
            return None;
        }
        let caller = match level {
            Level::Running => self.frames.len().checked_sub(1)?,
            Level::Frame(at) => at.checked_sub(1)?,
        };
        match self.native_at(caller) {
            Some(native) => match (native.callee, native.sequence.name()) {
                (_, "__gc") => Name::new("metamethod", "__gc"),
                (None, "hook") => Name::new("hook", "?"),
                _ => None,
            },
            None => self.frames.get(caller).and_then(called_name),
        }
    }

    /// The line that a Lua function's level is at.
    pub(super) fn line(&self, level: Level) -> Option<u32> {
        let frame = self.lua_frame(level)?;
        let proto = frame.closure?.proto();
        let is_top = level == Level::Frame(self.frames.len().wrapping_sub(1)) && self.running.is_none();
        let is_before = self.is_at_rest && is_top && matches!(frame.pending.get(), Pending::Run { .. });
        Some(proto.line(if is_before { frame.pc as usize } else { (frame.pc as usize).saturating_sub(1) }))
    }
}

impl<'gc> Thread<'gc> {
    /// The innermost Lua function in the call stack of a coroutine at rest; if it was paused while it waited for others, in
    /// that of the one that ran.
    pub fn innermost_function(self) -> Option<Closure<'gc>> {
        let thread = self.innermost();
        let state = thread.state();
        let levels = state.levels();
        levels.iter().find_map(|level| levels.lua_frame(level)?.closure)
    }

    /// Of a coroutine that was paused while it waited for others, the one that ran; else the coroutine itself.
    pub(super) fn innermost(self) -> Thread<'gc> {
        self.state().paused.last().copied().unwrap_or(self)
    }
}
