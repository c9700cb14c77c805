//! Calls and returns: entering Lua functions, running natives and sequences, handing values over.
#![expect(
    clippy::cast_possible_truncation,
    reason = "the limits of the stacks keep positions and counts far below 2^32"
)]

use super::context::Context;
use super::error::{Operand, Raised};
use super::executor::{Machine, NATIVE_DEPTH_MAX};
use super::function::{Closure, Code, Native};
use super::hook::After;
use super::meta::{Event, Meta};
use super::natives::Passing;
use super::operate::is_text;
use super::sequence::{Action, Call, Pass, Sequence};
use super::step::{Next, Step};
use super::switch::MOVED_PER_FUEL;
use super::thread::{Awaited, Frame, NativeState, Pending, Status, Thread};
use super::value::Value;
use crate::bytecode::{Count, Op, Reg};

use gc_arena::Collect;

/// Up to so many values it takes less time to move one by one than to call for it.
const ONE_BY_ONE: usize = 8;

/// What the call of a native function costs that does not come from a loop of Lua code, which pays for its calls itself.
const NATIVE_FUEL: i64 = 8;

/// How many `__call` metamethods may lead to a function.
const CALL_CHAIN_MAX: usize = 200;

impl<'gc> Machine<'gc> {
    /// Calls a value with the values above it.
    #[inline]
    pub(super) fn call(&mut self, step: &mut Step<'_, 'gc>) -> Next {
        let (func, mut count) = step.values();
        if self.control.natives.len() > NATIVE_DEPTH_MAX
            && let Err(raised) = self.check_native_depth(step.ctx)
        {
            return self.raise(step, raised);
        }
        match self.callee(step.ctx, func, &mut count) {
            Value::Closure(closure) => self.call_closure(step, closure, func, count),
            Value::Native(native) => {
                if self.fuel <= 0 {
                    return self.defer_call(func, count);
                }
                if let Err(raised) = self.check_depth(step.ctx, func + count) {
                    return self.raise(step, raised);
                }
                self.fuel -= NATIVE_FUEL;
                self.call_native(step, native, func, count)
            }
            other if step.ctx.metamethod(other, Event::Call).is_nil() => {
                let message = format!("attempt to call a {} value", step.ctx.type_name(other));
                self.raise(step, Raised::operand(message, Operand::Called))
            }
            _ => self.raise(step, Raised::message("'__call' chain too long")),
        }
    }

    /// The function that a call of the value at `func` comes to by way of `__call` metamethods, each of which is then in front
    /// of what has it, and counted; or what cannot be called.
    #[inline]
    pub(super) fn callee(&mut self, ctx: Context<'gc>, func: usize, count: &mut usize) -> Value<'gc> {
        match self.stack.get(func).copied().unwrap_or_default() {
            function @ (Value::Closure(_) | Value::Native(_)) => function,
            other => self.callee_behind(ctx, other, func, count),
        }
    }

    #[cold]
    fn callee_behind(&mut self, ctx: Context<'gc>, object: Value<'gc>, func: usize, count: &mut usize) -> Value<'gc> {
        let mut callee = object;
        for _ in 0..CALL_CHAIN_MAX {
            let handler = ctx.metamethod(callee, Event::Call);
            if handler.is_nil() {
                break;
            }
            self.fuel -= (*count / MOVED_PER_FUEL) as i64;
            self.reserve(func + *count + 2);
            self.stack.copy_within(func..=func + *count, func + 1);
            if let Some(slot) = self.stack.get_mut(func) {
                *slot = handler;
            }
            *count += 1;
            callee = handler;
            if callee.is_function() {
                break;
            }
        }
        callee
    }

    /// Puts off the call of a native function until there is fuel. A Lua function makes its calls while it has some; this is
    /// one that another native function makes.
    #[cold]
    fn defer_call(&mut self, func: usize, count: usize) -> Next {
        let held = count as u32 + 1;
        let state = NativeState { is_held: true, held, ..NativeState::new(Box::new(Deferred), None) };
        self.control.push_native(state, func);
        Next::Pause
    }

    /// What to do next about an error in the frame on top.
    #[cold]
    pub(super) fn raise(&self, step: &mut Step<'_, 'gc>, raised: Raised<'gc>) -> Next {
        let raised = self.complete(step.ctx, raised, None);
        step.raise(raised)
    }

    #[inline]
    pub(super) fn call_closure(
        &mut self,
        step: &mut Step<'_, 'gc>,
        closure: Closure<'gc>,
        func: usize,
        count: usize,
    ) -> Next {
        if let Err(raised) = self.check_depth(step.ctx, func + count) {
            return self.raise(step, raised);
        }
        let (base, extra) = self.enter(closure.code(), func, count);
        self.control.push_lua(closure, (base, 0, extra), Pending::Run { top: 0 });
        self.fuel -= i64::from(closure.code().cost);
        if self.fuel <= 0 { Next::Pause } else { Next::Run }
    }

    /// Lays out a Lua function's frame over its arguments: missing parameters become nil, extra arguments of
    /// a vararg function stay below the frame. Returns `R0`'s position and the number of extra arguments.
    #[inline(never)]
    pub(super) fn enter(&mut self, code: &Code<'gc>, func: usize, count: usize) -> (usize, usize) {
        let params = usize::from(code.params);
        if code.is_vararg && count > params {
            let base = func + 1 + count;
            self.reserve(base);
            self.move_values(func + 1, base, params);
            return (base, count - params);
        }
        let base = func + 1;
        self.reserve(base + count);
        if count < params
            && let Some(missing) = self.stack.get_mut(base + count..base + params)
        {
            missing.fill(Value::Nil);
        }
        (base, 0)
    }

    /// Sets the slots from `start` up to `end` to nil.
    #[inline]
    pub(super) fn clear(&mut self, start: usize, end: usize) {
        self.reserve(end);
        if let Some(slots) = self.stack.get_mut(start..end) {
            slots.fill(Value::Nil);
        }
    }

    /// Copies the extra arguments that lie below a frame into its registers from `to` on: as many as wanted, or all.
    /// Returns where they end. `frame` is its base and the number of its extra arguments.
    #[inline(never)]
    pub(super) fn copy_extras(&mut self, frame: (usize, usize), to: usize, want: Count) -> usize {
        let (base, count) = frame;
        let to = base + to;
        let want = want.get().unwrap_or(count);
        self.reserve(to + want);
        if want > count {
            self.clear(to + count, to + want);
        }
        let from = base - count;
        self.move_values(from, to, want.min(count));
        to + want
    }

    /// Calls a native function.
    pub(super) fn call_native(
        &mut self,
        step: &mut Step<'_, 'gc>,
        native: Native<'gc>,
        func: usize,
        count: usize,
    ) -> Next {
        if step.ctx.has_hooks()
            && let Some(next) = self.announce_native(step, native, func, count)
        {
            return next;
        }
        self.begin_native(step, native, func, count)
    }

    /// Runs a native function.
    pub(super) fn begin_native(
        &mut self,
        step: &mut Step<'_, 'gc>,
        native: Native<'gc>,
        func: usize,
        count: usize,
    ) -> Next {
        match self.run_native(step, native, func, count) {
            Some((start, count)) => self.return_from_native(step, Some(native), (func + 1, start, count)),
            None => step.after_native,
        }
    }

    /// Calls a native function for the Lua function on top, whose frame is saved, and puts as many results as are wanted
    /// where it lay. Returns where they end if it returns at once; the frame is then gone. Else `step` holds what is to be
    /// done next.
    #[inline(never)]
    pub(super) fn call_in_loop(
        &mut self,
        step: &mut Step<'_, 'gc>,
        native: Native<'gc>,
        (func, count): (usize, usize),
        want: Count,
    ) -> Option<usize> {
        let (start, count) = self.run_native(step, native, func, count)?;
        self.control.frames.pop();
        match want.get() {
            Some(0) => {}
            Some(1) if count > 0 => {
                if start != func
                    && let Some(value) = self.stack.get(start).copied()
                    && let Some(slot) = self.stack.get_mut(func)
                {
                    *slot = value;
                }
            }
            _ => self.place_results(func, want, start, count),
        }
        Some(func + count)
    }

    /// Calls a native function that is the metamethod of a userdata, which is the iterator of a loop of the Lua frame on
    /// top, which is saved: with the userdata and the two values behind it. `first` and `want` are the loop's first
    /// variable and their number. Whether it returns at once; the frame is then gone.
    #[inline(never)]
    pub(super) fn call_iterator(
        &mut self,
        step: &mut Step<'_, 'gc>,
        native: Native<'gc>,
        first: usize,
        want: Count,
    ) -> bool {
        const BACK: usize = 4;
        self.reserve(first + BACK);
        for at in 0..BACK - 1 {
            self.move_value(first - BACK + at, first + 1 + at);
        }
        if let Some(slot) = self.stack.get_mut(first) {
            *slot = Value::Native(native);
        }
        self.call_in_loop(step, native, (first, BACK - 1), want).is_some()
    }

    /// Runs a native function. If it returns at once, the start and number of its results; else `step` holds
    /// what is to be done next, so that nothing big is moved in the usual case.
    #[inline]
    pub(super) fn run_native(
        &mut self,
        step: &mut Step<'_, 'gc>,
        native: Native<'gc>,
        func: usize,
        count: usize,
    ) -> Option<(usize, usize)> {
        let base = func + 1;
        self.reserve(base + count);
        let mut call = Call {
            ctx: step.ctx,
            host: &mut *step.host,
            stack: &mut self.stack,
            control: &self.control,
            callee: Some(native),
            resumed: None,
            base,
            count,
            home: func,
            out: base,
            out_count: 0,
            fuel: &mut self.fuel,
        };
        let result = native.run(&mut call);
        let (out, out_count) = (call.out, call.out_count);
        // What it charged where it had no hold of the fuel.
        self.fuel -= step.ctx.take_charges();
        if matches!(result, Ok(Action::Return)) {
            // There is nothing to drop, which costs a call to find out.
            std::mem::forget(result);
            return Some((out, out_count));
        }
        self.after_native(step, native, result, (base, out, out_count));
        None
    }

    #[inline(never)]
    fn after_native(
        &mut self,
        step: &mut Step<'_, 'gc>,
        native: Native<'gc>,
        result: Result<Action<'gc>, Raised<'gc>>,
        place: (usize, usize, usize),
    ) {
        let next = match result {
            Ok(action) => self.act(step, action, (Some(native), None), place),
            Err(raised) => self.fail_in(step, raised, (Some(native), place.0), &native.name().to_text()),
        };
        step.after_native = next;
    }

    /// What to do next about an error that a native function raised. The function is a level of the call stack
    /// until the error is caught.
    #[cold]
    fn fail_in(
        &mut self,
        step: &mut Step<'_, 'gc>,
        raised: Raised<'gc>,
        (callee, base): (Option<Native<'gc>>, usize),
        name: &str,
    ) -> Next {
        let raised = self.complete(step.ctx, raised, Some(name));
        if callee.is_some() {
            self.control.push_native(NativeState::new(Box::new(Failed), callee), base);
        }
        step.raise(raised)
    }

    /// Gives values to the frame on top, or to the resumer if the coroutine has none left.
    pub(super) fn deliver(&mut self, step: &mut Step<'_, 'gc>) -> Next {
        let (start, count) = step.values();
        loop {
            let floor = self.control.active.last().map_or(0, |active| active.frames);
            if self.control.frames.len() <= floor {
                return self.finish_thread(step, start, count);
            }
            if self.control.frames.last().is_none_or(|frame| frame.closure.is_none()) {
                if self.pass_on(step, floor, start, count) {
                    return Next::Run;
                }
                return self.poll(step, start, count);
            }
            let Some(frame) = self.control.frames.last_mut() else { return Next::Run };
            let base = frame.base as usize;
            let pending = frame.pending.get();
            frame.pending = Awaited::new(Pending::Run { top: 0 });
            let first = if count == 0 { Value::Nil } else { self.stack.get(start).copied().unwrap_or_default() };
            match pending {
                Pending::Results { to, want } => {
                    if want == Count::OPEN {
                        frame.pending = Awaited::new(Pending::Run { top: u32::from(to.0) + count as u32 });
                    }
                    self.place_results(base + usize::from(to.0), want, start, count);
                }
                Pending::Test { expect, label } => {
                    if first.is_truthy() == expect {
                        frame.pc = label.0;
                    }
                }
                Pending::Concat { first: operand, left } => {
                    self.push_call(base + usize::from(operand.0) + usize::from(left) - 1, &[first]);
                    return self.concat(step, operand, left);
                }
                Pending::Again { top } => {
                    frame.pc -= 1;
                    frame.pending = Awaited::new(Pending::Run { top });
                }
                Pending::Return => {
                    self.control.frames.pop();
                    continue;
                }
                Pending::Discard | Pending::Run { .. } => {}
            }
            return Next::Run;
        }
    }

    /// Copies results to where a call's results go.
    #[inline]
    pub(super) fn place_results(&mut self, to: usize, want: Count, start: usize, count: usize) {
        const FEW: usize = 2;
        let want = want.get().unwrap_or(count);
        if want > FEW || to > start && to < start + want || to + want > self.stack.len() {
            return self.place_many(to, want, start, count);
        }
        for at in 0..want {
            if at < count {
                self.move_value(start + at, to + at);
            } else if let Some(slot) = self.stack.get_mut(to + at) {
                *slot = Value::Nil;
            }
        }
    }

    #[inline(never)]
    fn place_many(&mut self, to: usize, want: usize, start: usize, count: usize) {
        let copied = want.min(count);
        self.reserve(to + want);
        if copied <= ONE_BY_ONE && to <= start {
            for at in 0..copied {
                self.move_value(start + at, to + at);
            }
        } else {
            self.move_values(start, to, copied);
        }
        if copied < want {
            self.clear(to + copied, to + want);
        }
    }

    /// Gives values to the Lua frame that called the native function on top, if that passes them on and nothing else
    /// has to be done. Whether it could.
    pub(super) fn pass_on(&mut self, step: &Step<'_, 'gc>, floor: usize, start: usize, count: usize) -> bool {
        let Some(passing) = self.control.natives.last().and_then(|native| native.passing) else { return false };
        let pass = passing.pass();
        if step.ctx.has_hooks() || self.control.frames.len() < floor + 2 {
            return false;
        }
        let Some([caller, _]) = self.control.frames.last_chunk::<2>() else { return false };
        let (Some(_), Pending::Results { to, want }) = (caller.closure, caller.pending.get()) else { return false };
        let place = caller.base as usize + usize::from(to.0);
        let mut top = 0;
        match (pass, want.get()) {
            (Pass::Values, _) => self.place_results(place, want, start, count),
            (Pass::StatusAndValues, Some(0)) => {}
            (Pass::StatusAndValues, wanted) => {
                if let Some(slot) = self.stack.get_mut(place) {
                    *slot = Value::Boolean(true);
                }
                let rest = wanted.map_or(Count::OPEN, |wanted| Count::exactly(wanted as u8 - 1));
                self.place_results(place + 1, rest, start, count);
            }
        }
        if want == Count::OPEN {
            top = u32::from(to.0) + count as u32 + u32::from(pass == Pass::StatusAndValues);
        }
        self.control.natives.drop_last();
        self.control.frames.pop();
        if let Some(caller) = self.control.frames.last_mut() {
            caller.pending = Awaited::new(Pending::Run { top });
        }
        true
    }

    /// Gives values to the native function on top, for a frame that has just returned within the loop. What is to be run
    /// next, if that is a Lua function's frame on top; else what the machine does next.
    #[inline(never)]
    pub(super) fn poll_in_loop(&mut self, step: &mut Step<'_, 'gc>, start: usize, count: usize) -> Next {
        match self.poll(step, start, count) {
            Next::Call => self.call(step),
            next => next,
        }
    }

    /// Polls the sequence on top with values that came back.
    #[inline]
    fn poll(&mut self, step: &mut Step<'_, 'gc>, start: usize, count: usize) -> Next {
        let Some((native, base)) = self.control.native_on_top() else { return Next::Pause };
        if native.after != After::Poll {
            let after = native.after;
            self.control.pop_native();
            return self.after_hook(step, after);
        }
        self.reserve(base + count);
        match count {
            1 => self.move_value(start, base),
            _ => self.move_values(start, base, count),
        }
        self.step_sequence(step, count, |sequence, call| sequence.poll(call))
    }

    /// Gives a complete error to the sequence on top, which catches it.
    pub(super) fn catch(&mut self, step: &mut Step<'_, 'gc>, raised: Raised<'gc>) -> Next {
        let Some((_, base)) = self.control.native_on_top() else { return step.fail(raised) };
        self.reserve(base);
        self.step_sequence(step, 0, |sequence, call| sequence.caught(call, raised))
    }

    /// Lets the sequence on top do its next step with `count` values at its base.
    #[inline(always)]
    fn step_sequence(
        &mut self,
        step: &mut Step<'_, 'gc>,
        count: usize,
        run: impl FnOnce(&mut dyn Sequence<'gc>, &mut Call<'_, 'gc>) -> Result<Action<'gc>, Raised<'gc>>,
    ) -> Next {
        let Some((native, base)) = self.control.native_on_top() else { return Next::Pause };
        let (callee, resumed) = (native.callee, native.resumed);
        let Some(mut sequence) = self.control.lend() else { return Next::Pause };
        let mut call = Call {
            ctx: step.ctx,
            host: &mut *step.host,
            stack: &mut self.stack,
            control: &self.control,
            callee,
            resumed,
            base,
            count,
            home: base,
            out: base,
            out_count: 0,
            fuel: &mut self.fuel,
        };
        let result = run(&mut *sequence, &mut call);
        let (out, out_count) = (call.out, call.out_count);
        self.fuel -= step.ctx.take_charges();
        if matches!(result, Ok(Action::Call)) && out_count > 0 {
            // It goes on with a call, as most do: its state is where it was, and there is nothing to drop.
            std::mem::forget(result);
            self.control.take_back(sequence, base);
            return step.call(out, out_count - 1);
        }
        let native = self.control.natives.complete(sequence);
        match result {
            Ok(action) => self.act(step, action, (callee, Some(native)), (base, out, out_count)),
            Err(raised) => self.fail_in(step, raised, (callee, base), native.sequence.name()),
        }
    }

    /// Does what the native function `callee`, or its sequence in `native`, asked for. `place` is the call's base,
    /// and the start and number of the values it left.
    fn act(
        &mut self,
        step: &mut Step<'_, 'gc>,
        action: Action<'gc>,
        (callee, native): (Option<Native<'gc>>, Option<NativeState<'gc>>),
        place: (usize, usize, usize),
    ) -> Next {
        let (base, start, count) = place;
        match action {
            Action::Return => return self.return_from_native(step, callee, place),
            Action::TailCall => {}
            Action::CallProtected => {
                self.control.push_native(NativeState::passing(Passing::Protected, callee), base);
            }
            Action::CallThen(sequence) => self.control.push_native(NativeState::new(sequence, callee), base),
            Action::ResumeThen(thread, sequence) => {
                let state = NativeState::new(sequence, callee);
                self.control.push_native(NativeState { resumed: Some(thread), ..state }, base);
                return step.resume(thread, start, count);
            }
            Action::ResumeAndPass(thread, pass) => {
                let state = NativeState::passing(Passing::resuming(pass), callee);
                self.control.push_native(NativeState { resumed: Some(thread), ..state }, base);
                return step.resume(thread, start, count);
            }
            Action::Start(sequence) => {
                self.control.push_native(NativeState::new(sequence, callee), base);
                return step.deliver(start, count);
            }
            Action::Pause => return self.pause_sequence(step, native, place),
            Action::CloseNext(error) => return self.close_next(step, native, base, error),
            Action::Call => self.keep(native, base),
            Action::Yield => {
                self.note_yielder(callee, native.is_some());
                self.keep(native, base);
                return step.hand_over(Next::Yield, start, count);
            }
            Action::Suspend => {
                self.note_yielder(callee, native.is_some());
                self.keep(native, base);
                return step.hand_over(Next::Suspend, start, count);
            }
            Action::Resume(thread) => {
                self.keep(native.map(|native| NativeState { resumed: Some(thread), ..native }), base);
                return step.resume(thread, start, count);
            }
        }
        match count.checked_sub(1) {
            Some(count) => step.call(start, count),
            None => self.raise(step, Raised::message("a native function left nothing to call")),
        }
    }

    /// Puts a sequence back on top, to be polled again.
    fn keep(&mut self, native: Option<NativeState<'gc>>, base: usize) {
        if let Some(native) = native {
            self.control.push_native(native, base);
        }
    }

    /// Remembers the native function that yields for the coroutine that is about to rest, unless it has a frame.
    fn note_yielder(&mut self, callee: Option<Native<'gc>>, has_frame: bool) {
        self.yielder = callee.filter(|_| !has_frame);
    }

    fn pause_sequence(
        &mut self,
        step: &mut Step<'_, 'gc>,
        native: Option<NativeState<'gc>>,
        (base, start, count): (usize, usize, usize),
    ) -> Next {
        let Some(mut native) = native else { return step.deliver(start, count) };
        self.move_values(start, base, count);
        let is_out = self.fuel <= 0 || step.ctx.is_collection_requested();
        native.is_held = is_out;
        native.held = if is_out { count as u32 } else { 0 };
        self.control.push_native(native, base);
        if is_out { Next::Pause } else { step.deliver(base, count) }
    }

    /// Closes the running coroutine's next to-be-closed variable, then polls the sequence again; once there is
    /// none, the sequence is done.
    fn close_next(
        &mut self,
        step: &mut Step<'_, 'gc>,
        native: Option<NativeState<'gc>>,
        base: usize,
        error: Value<'gc>,
    ) -> Next {
        let limit = self.control.active.last().map_or(0, |active| active.stack);
        let Some((_, value)) = self.pop_to_close(limit) else { return step.deliver(base, 0) };
        self.push_call(base, &[step.ctx.metamethod(value, Event::Close), value, error]);
        self.keep(native, base);
        step.call(base, 2)
    }

    /// Concatenates the `left` operands at `first` of the Lua frame on top, as far as it goes without a call.
    pub(super) fn concat(&mut self, step: &mut Step<'_, 'gc>, first: Reg, left: u8) -> Next {
        let Some(frame) = self.control.frames.last() else { return Next::Run };
        let Some(closure) = frame.closure else { return Next::Run };
        let base = frame.base as usize;
        let place = base + usize::from(first.0);
        let target = match closure.code().op((frame.pc as usize).saturating_sub(1)) {
            Some(Op::Concat { a, .. }) => base + usize::from(a.0),
            _ => place,
        };
        let mut left = usize::from(left);
        while left > 1 {
            let operands = self.stack.get(place..place + left).unwrap_or_default();
            let texts = operands.iter().rev().take_while(|value| is_text(**value)).count();
            let outcome = if texts >= 2 {
                left -= texts - 1;
                step.ctx.concat_texts(operands.get(left - 1..).unwrap_or_default())
            } else {
                left -= 1;
                let pair = (operands.get(left - 1).copied(), operands.get(left).copied());
                let about = (Reg(first.0 + left as u8 - 1), Reg(first.0 + left as u8));
                step.ctx
                    .concat(pair.0.unwrap_or_default(), pair.1.unwrap_or_default())
                    .map_err(|raised| raised.about(about.0, about.1))
            };
            match outcome {
                Ok(Meta::Value(value)) => self.push_call(place + left - 1, &[value]),
                Ok(call) => return self.call_meta(step, call, Pending::Concat { first, left: left as u8 }),
                Err(raised) => return self.raise(step, raised),
            }
        }
        let result = self.stack.get(place).copied().unwrap_or_default();
        self.push_call(target, &[result]);
        Next::Run
    }

    /// Makes a metamethod's call for the Lua frame on top, which then goes on as `pending` says.
    #[cold]
    pub(super) fn call_meta(&mut self, step: &mut Step<'_, 'gc>, call: Meta<'gc>, pending: Pending) -> Next {
        let Meta::Call { function, args, count } = call else { return Next::Run };
        let func = self.live_top();
        if let Some(frame) = self.control.frames.last_mut() {
            frame.pending = Awaited::new(pending);
        }
        let [a, b, c] = args;
        self.push_call(func, &[function, a, b, c]);
        step.call(func, count)
    }
}

impl<'gc> NativeState<'gc> {
    /// The state of `callee`, or of what the machine does on its own.
    pub(super) fn new(sequence: Box<dyn Sequence<'gc> + 'gc>, callee: Option<Native<'gc>>) -> NativeState<'gc> {
        NativeState {
            sequence,
            callee,
            resumed: None,
            held: 0,
            after: After::Poll,
            passing: None,
            is_held: false,
            is_handler: false,
        }
    }
}

impl<'gc> Thread<'gc> {
    /// Makes a suspended or dead coroutine ready to close what it has still to close: the next resume does it.
    ///
    /// # Errors
    /// If the coroutine is running or has resumed another one.
    pub fn prepare_close(self, ctx: Context<'gc>) -> Result<(), Raised<'gc>> {
        let status = self.status();
        if matches!(status, Status::Running | Status::Normal) {
            return Err(Raised::message(format!("cannot close a {} coroutine", status.name())));
        }
        let mut state = self.state_mut(ctx);
        let error = state.death.take().unwrap_or_default();
        let has_begun = state.has_begun() || !state.to_close.is_empty();
        let live = state.to_close.last().map_or(0, |last| *last as usize + 1);
        if !has_begun {
            state.values.clear();
        }
        state.values.truncate(live);
        state.frames.clear();
        state.natives.clear();
        state.paused.clear();
        state.is_closing = true;
        state.frames_from = 0;
        self.set_status(Status::Suspended);
        let pending = Awaited::new(Pending::Discard);
        state.frames.push(Frame { closure: None, base: live as u32, pc: 0, extra: 0, pending });
        // There is no more than this one, and a vector would make room for four.
        state.natives.reserve_exact(1);
        state.natives.push(NativeState::new(Box::new(Closing { error }), None));
        Ok(())
    }
}

impl<'gc> Thread<'gc> {
    /// Lets a suspended coroutine go on with an error, raised by the native function that suspended it: what the next
    /// resume passes is dropped. One that has not begun, or is dead, is left as it is.
    pub fn raise_next(self, ctx: Context<'gc>, message: String) {
        // Those that were paused on top of it go on first.
        let innermost = self.state().paused.last().copied().unwrap_or(self);
        let mut state = innermost.state_mut(ctx);
        if !state.has_begun() || !matches!(innermost.status(), Status::Suspended | Status::Normal) {
            return;
        }
        let (base, pc) = (state.frames_from + state.values.len() as u32, state.natives.len() as u32);
        let callee = state.yielder.take();
        state.frames.push(Frame { closure: None, base, pc, extra: 0, pending: Awaited::new(Pending::Discard) });
        state.natives.push(NativeState::new(Box::new(Refused { message: Some(message) }), callee));
    }
}

/// Raises an error in the place of a native function that has suspended its coroutine.
#[derive(Collect)]
#[collect(require_static)]
struct Refused {
    message: Option<String>,
}

impl<'gc> Sequence<'gc> for Refused {
    fn name(&self) -> &'static str {
        "error"
    }

    fn poll(&mut self, call: &mut Call<'_, 'gc>) -> Result<Action<'gc>, Raised<'gc>> {
        match self.message.take() {
            Some(message) => Err(Raised::message(message)),
            None => call.ret0(),
        }
    }
}

/// Stands for a native function that has raised an error, for as long as the stack is whole.
#[derive(Collect)]
#[collect(require_static)]
struct Failed;

impl<'gc> Sequence<'gc> for Failed {
    fn name(&self) -> &'static str {
        "error"
    }

    fn poll(&mut self, call: &mut Call<'_, 'gc>) -> Result<Action<'gc>, Raised<'gc>> {
        call.ret0()
    }
}

/// Calls, when there is fuel again, what it was polled with.
#[derive(Collect)]
#[collect(require_static)]
struct Deferred;

impl<'gc> Sequence<'gc> for Deferred {
    fn name(&self) -> &'static str {
        "call"
    }

    fn poll(&mut self, call: &mut Call<'_, 'gc>) -> Result<Action<'gc>, Raised<'gc>> {
        call.leave_args(0);
        Ok(Action::TailCall)
    }
}

/// Closes a coroutine's to-be-closed variables, last first.
#[derive(Collect)]
#[collect(no_drop)]
struct Closing<'gc> {
    error: Value<'gc>,
}

impl<'gc> Sequence<'gc> for Closing<'gc> {
    fn name(&self) -> &'static str {
        "close"
    }

    fn poll(&mut self, _call: &mut Call<'_, 'gc>) -> Result<Action<'gc>, Raised<'gc>> {
        Ok(Action::CloseNext(self.error))
    }
}
