//! Hooks: a function that is called when a coroutine calls, returns, comes to another line, or has run so many
//! instructions (§6.10, `debug.sethook`).
//!
//! Where no hook is set they cost nothing: the loop that looks at each instruction is another copy of the usual one.
//! A hook is called like any function, above the frame that it watches, and that frame's place goes on as the hook's
//! own frame says ([`After`]). While it runs there are no further events in its coroutine.

use std::cell::Cell;

use gc_arena::{Collect, Gc};

use super::context::Context;
use super::error::Raised;
use super::executor::Machine;
use super::function::Native;
use super::sequence::{Action, Call, Sequence};
use super::step::{Next, Step};
use super::thread::{ENTERED, NativeState, RETURNED, TAIL_CALLED, Thread};
use super::value::Value;
use crate::bytecode::{Proto, Reg};

/// What a hook is and when it is called.
#[derive(Clone, Copy, Debug)]
pub struct HookSettings<'gc> {
    /// The function.
    pub function: Value<'gc>,
    /// Whether it is called for calls.
    pub on_call: bool,
    /// Whether it is called for returns.
    pub on_return: bool,
    /// Whether it is called for each new line.
    pub on_line: bool,
    /// It is called after every so many instructions; never for 0.
    pub count: u32,
}

/// A coroutine's hook, and where the coroutine was when it last looked at it.
#[derive(Collect)]
#[collect(no_drop)]
pub(super) struct Hook<'gc> {
    function: Value<'gc>,
    #[collect(require_static)]
    events: Events,
    #[collect(require_static)]
    watch: Watch,
}

#[derive(Clone, Copy)]
struct Events {
    on_call: bool,
    on_return: bool,
    on_line: bool,
    count: u32,
}

/// What changes from instruction to instruction.
struct Watch {
    /// Instructions left until the next count event.
    left: Cell<u32>,
    /// The last instruction looked at, and the depth of its frame.
    pc: Cell<usize>,
    depth: Cell<usize>,
    /// Which events the hook was already called for at the instruction that is next.
    done: Cell<Done>,
    /// The number of the first value that a call or return passes, and how many there are.
    transfer: Cell<(usize, usize)>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Done {
    Nothing,
    Count,
    All,
}

/// What the hook is called for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum HookEvent {
    Call,
    TailCall,
    Return,
    Count,
    Line(u32),
}

/// What follows when values come back to a native function's frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum After {
    /// Its sequence is polled with them: it is no hook's frame.
    Poll,
    /// The Lua frame below runs the instruction before its next one.
    Run,
    /// The native function whose frame is below is run.
    Begin,
    /// The native function whose frame is below returns its values, which begin so far above its base.
    Deliver(u32),
}

impl<'gc> Hook<'gc> {
    /// The numbers of the values that a call or return passes.
    pub(super) fn transfer(&self) -> (usize, usize) {
        self.watch.transfer.get()
    }

    fn note_transfer(&self, first: usize, count: usize) {
        self.watch.transfer.set((first, count));
    }

    /// What the hook is to be called for before the instruction at `pc` of the Lua frame `depth` levels up. `extra`
    /// holds the frame's marks.
    pub(super) fn trace(&self, proto: &Proto, pc: usize, depth: usize, extra: &mut usize) -> Option<HookEvent> {
        let watch = &self.watch;
        if *extra & ENTERED == 0 {
            *extra |= ENTERED;
            if pc == 0 {
                watch.pc.set(0);
                watch.depth.set(depth);
                watch.done.set(Done::Nothing);
                if self.events.on_call {
                    self.note_transfer(1, usize::from(proto.params));
                    return Some(if *extra & TAIL_CALLED != 0 { HookEvent::TailCall } else { HookEvent::Call });
                }
            }
        }
        if depth != watch.depth.get() {
            // Another frame has returned to this one, which goes on behind its call.
            watch.depth.set(depth);
            watch.pc.set(pc.saturating_sub(1));
            watch.done.set(Done::Nothing);
        }
        let done = watch.done.replace(Done::Nothing);
        if done == Done::Nothing && self.events.count > 0 {
            watch.left.set(watch.left.get().saturating_sub(1));
            if watch.left.get() == 0 {
                watch.left.set(self.events.count);
                watch.done.set(Done::Count);
                self.note_transfer(0, 0);
                return Some(HookEvent::Count);
            }
        }
        if done != Done::All && self.events.on_line {
            let last = watch.pc.replace(pc);
            let last = if last < proto.code.len() { last } else { 0 };
            if pc <= last || proto.line(pc) != proto.line(last) {
                watch.done.set(Done::All);
                self.note_transfer(0, 0);
                return Some(HookEvent::Line(proto.line(pc)));
            }
        }
        None
    }

    /// What the hook is to be called for before a Lua function returns `count` values from `first` on.
    pub(super) fn returns(&self, first: Reg, count: usize) -> Option<HookEvent> {
        if !self.events.on_return {
            return None;
        }
        self.note_transfer(usize::from(first.0) + 1, count);
        self.watch.done.set(Done::All);
        Some(HookEvent::Return)
    }
}

impl HookEvent {
    const fn name(self) -> &'static str {
        match self {
            HookEvent::Call => "call",
            HookEvent::TailCall => "tail call",
            HookEvent::Return => "return",
            HookEvent::Count => "count",
            HookEvent::Line(_) => "line",
        }
    }
}

impl<'gc> Thread<'gc> {
    /// The coroutine's hook.
    pub fn hook(self) -> Option<HookSettings<'gc>> {
        let hook = self.state().hook?;
        let Events { on_call, on_return, on_line, count } = hook.events;
        Some(HookSettings { function: hook.function, on_call, on_return, on_line, count })
    }

    /// Sets or removes the coroutine's hook. In the coroutine that runs it takes effect when the native function that
    /// sets it has returned from a step of its own.
    pub fn set_hook(self, ctx: Context<'gc>, settings: Option<HookSettings<'gc>>) {
        let before = self.state().hook;
        let hook = settings.map(|settings| {
            let HookSettings { function, on_call, on_return, on_line, count } = settings;
            let events = Events { on_call, on_return, on_line, count };
            // A hook that sets another has had its event.
            let watch = Watch {
                left: Cell::new(count),
                pc: Cell::new(before.map_or(0, |hook| hook.watch.pc.get())),
                depth: Cell::new(before.map_or(usize::MAX, |hook| hook.watch.depth.get())),
                done: Cell::new(before.map_or(Done::Nothing, |hook| hook.watch.done.get())),
                transfer: Cell::new((0, 0)),
            };
            Gc::new(ctx.mc(), Hook { function, events, watch })
        });
        if hook.is_some() {
            ctx.note_hook();
        }
        self.state_mut(ctx).hook = hook;
    }
}

impl<'gc> Machine<'gc> {
    /// The hook of the coroutine that runs, unless it is the hook that runs.
    pub(super) fn hook(&self, ctx: Context<'gc>) -> Option<&'gc Hook<'gc>> {
        if !ctx.has_hooks() {
            return None;
        }
        let active = self.control.active.last()?;
        let hook = active.thread.state().hook?;
        let natives = self.control.natives.get(active.natives..)?;
        natives.iter().all(|native| native.after == After::Poll).then(|| hook.as_ref())
    }

    /// Calls the hook for an event in the Lua frame on top, which is saved.
    pub(super) fn call_hook_in_frame(&mut self, step: &mut Step<'_, 'gc>, event: HookEvent) -> Next {
        let base = self.live_top();
        match self.hook(step.ctx) {
            Some(hook) => self.call_hook(step, hook.function, (event, After::Run), base),
            None => Next::Run,
        }
    }

    fn call_hook(
        &mut self,
        step: &mut Step<'_, 'gc>,
        function: Value<'gc>,
        (event, after): (HookEvent, After),
        base: usize,
    ) -> Next {
        let line = match event {
            HookEvent::Line(line) => Value::Integer(i64::from(line)),
            _ => Value::Nil,
        };
        self.push_call(base, &[function, step.ctx.text(event.name()), line]);
        self.control.push_native(NativeState { after, ..NativeState::new(Box::new(Watching), None) }, base);
        step.call(base, 2)
    }

    /// Goes on where the hook was called; its frame is gone already.
    pub(super) fn after_hook(&mut self, step: &mut Step<'_, 'gc>, after: After) -> Next {
        if after == After::Run {
            if let Some(frame) = self.control.frames.last_mut() {
                frame.pc = frame.pc.saturating_sub(1);
            }
            return Next::Run;
        }
        let Some((shell, base)) = self.control.pop_native() else { return Next::Pause };
        let count = shell.held as usize;
        match (after, shell.callee) {
            (After::Begin, Some(native)) => self.begin_native(step, native, base.saturating_sub(1), count),
            (After::Deliver(offset), _) => step.deliver(base + offset as usize, count),
            _ => step.deliver(base, 0),
        }
    }

    /// Calls the hook for the call of a native function, if it is to be called.
    #[cold]
    pub(super) fn announce_native(
        &mut self,
        step: &mut Step<'_, 'gc>,
        native: Native<'gc>,
        func: usize,
        count: usize,
    ) -> Option<Next> {
        let hook = self.hook(step.ctx).filter(|hook| hook.events.on_call)?;
        hook.note_transfer(1, count);
        self.push_shell(native, func + 1, count);
        Some(self.call_hook(step, hook.function, (HookEvent::Call, After::Begin), func + 1 + count))
    }

    /// Delivers what a native function returns, after the hook was called for that, if it is to be called. `place` is
    /// the call's base, and the start and number of the values.
    #[inline]
    pub(super) fn return_from_native(
        &mut self,
        step: &mut Step<'_, 'gc>,
        callee: Option<Native<'gc>>,
        place: (usize, usize, usize),
    ) -> Next {
        if step.ctx.has_hooks()
            && let Some(native) = callee
            && let Some(next) = self.announce_native_return(step, native, place)
        {
            return next;
        }
        step.deliver(place.1, place.2)
    }

    #[cold]
    fn announce_native_return(
        &mut self,
        step: &mut Step<'_, 'gc>,
        native: Native<'gc>,
        (base, start, count): (usize, usize, usize),
    ) -> Option<Next> {
        let hook = self.hook(step.ctx).filter(|hook| hook.events.on_return)?;
        // Values that lie where the function was are moved up, so that they count as its local values.
        let offset = start.saturating_sub(base);
        self.reserve(base + count);
        self.move_values(start, base + offset, count);
        hook.note_transfer(offset + 1, count);
        self.push_shell(native, base, count);
        let after = After::Deliver(u32::try_from(offset).unwrap_or(u32::MAX));
        Some(self.call_hook(step, hook.function, (HookEvent::Return, after), base + offset + count))
    }

    /// Puts a frame on top that shows a native function before it runs, or after.
    fn push_shell(&mut self, native: Native<'gc>, base: usize, count: usize) {
        let held = u32::try_from(count).unwrap_or(u32::MAX);
        self.control.push_native(NativeState { held, ..NativeState::new(Box::new(Watching), Some(native)) }, base);
    }

    /// What the hook is to be called for before the Lua frame on top, which has closed its variables, returns.
    pub(super) fn announce_return(&mut self, ctx: Context<'gc>, first: Reg, count: usize) -> Option<HookEvent> {
        let hook = self.hook(ctx)?;
        let frame = self.control.frames.last_mut().filter(|frame| frame.extra as usize & RETURNED == 0)?;
        #[expect(clippy::cast_possible_truncation, reason = "the mark is a bit of the word")]
        let mark = RETURNED as u32;
        frame.extra |= mark;
        hook.returns(first, count)
    }
}

/// Holds the place of a hook, or of a native function that a hook is called for: the machine itself does what
/// follows.
#[derive(Collect)]
#[collect(require_static)]
struct Watching;

impl<'gc> Sequence<'gc> for Watching {
    fn name(&self) -> &'static str {
        "hook"
    }

    fn poll(&mut self, call: &mut Call<'_, 'gc>) -> Result<Action<'gc>, Raised<'gc>> {
        call.ret0()
    }
}
