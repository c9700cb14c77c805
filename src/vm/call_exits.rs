//! Where the loop's less frequent exits end: closing variables, metamethods, preparing numeric loops.
//!
//! The loop saves its frame before it comes here, so the whole machine is in order; whatever is decided here ends
//! in a word that says what is next.

use super::access::Window;
use super::context::Context;
use super::error::Raised;
use super::executor::Machine;
use super::function::Native;
use super::hook::HookEvent;
use super::meta::{Event, Meta};
use super::operate::compare_integer_float;
use super::step::{Next, Step};
use super::thread::{Awaited, Pending};
use super::value::Value;
use crate::bytecode::{Count, Reg};
use crate::syntax::number::float_to_integer;

/// Why the loop over a frame's instructions ended.
///
/// An exit is two words, so that functions return it in registers: through memory, the loop would load it sixteen bytes
/// at once, which waits until the stores have reached the cache (2026-11-23: 8 % of `metamethods`).
pub(super) enum Exit<'gc> {
    /// Return so many values from a register on.
    Return(Reg, u32),
    /// Call what is in the register, which is no Lua function.
    Call(Reg, Count, Count),
    /// Call the native function that the userdata calls which iterates for the loop whose first variable is in the
    /// register and which has so many.
    Iterate(Reg, u8, Native<'gc>),
    /// Call what is in the register, which is no Lua function, and return its results.
    TailCall(Reg, Count),
    /// Call the metamethod that lies behind the frame's last register with as many arguments as the word says, then do
    /// with its result what the word says. An exit that carried the values would be moved from hand to hand.
    Meta(Awaited),
    /// Concatenate so many operands from the register on.
    Concat(Reg, u8),
    /// Mark the register, which holds neither nil nor false, as to be closed.
    ToClose(Reg),
    /// Close what is to be closed from the register on.
    Close(Reg),
    /// Close what is to be closed in the frame, then return so many values from the register on.
    CloseAndReturn(Reg, u32),
    /// Call the hook.
    Hook(HookEvent),
    /// The fuel is used up.
    Pause,
    /// The fuel is used up, where a loop begins its next turn.
    PauseAtLoop,
    /// An error to be completed.
    Raise(Raised<'gc>),
}

impl<'gc> Machine<'gc> {
    /// Does what an exit asks for. The frame is on top, saved.
    #[inline(never)]
    pub(super) fn leave_loop(&mut self, step: &mut Step<'_, 'gc>, exit: Exit<'gc>) -> Next {
        match exit {
            Exit::Concat(first, count) => self.concat(step, first, count),
            Exit::ToClose(reg) => self.mark_to_close(step, reg),
            Exit::Close(reg) => self.close_variables(step, reg, None),
            Exit::CloseAndReturn(reg, count) => self.close_variables(step, reg, Some(count as usize)),
            Exit::Hook(event) => self.call_hook_in_frame(step, event),
            Exit::Pause => Next::Pause,
            Exit::PauseAtLoop => {
                self.drop_temporaries();
                Next::Pause
            }
            Exit::Raise(raised) => self.raise(step, raised),
            Exit::Return(..) | Exit::Call(..) | Exit::Iterate(..) | Exit::TailCall(..) | Exit::Meta(..) => Next::Run,
        }
    }

    /// Clears what the Lua frame on top has in registers from stack position `end` on. A pause calls this with all
    /// that the frame does not need, so that no paused loop keeps its garbage alive.
    #[cold]
    pub(super) fn drop_registers(&mut self, end: usize) {
        let Some(frame) = self.control.frames.last() else { return };
        let max_stack = frame.closure.map_or(0, |closure| usize::from(closure.code().max_stack));
        if let Some(dead) = self.stack.get_mut(end..frame.base as usize + max_stack) {
            dead.fill(Value::Nil);
        }
    }

    /// At the begin of a loop's turn only variables are alive.
    fn drop_temporaries(&mut self) {
        let Some(frame) = self.control.frames.last_mut() else { return };
        let Some(closure) = frame.closure else { return };
        frame.pending = Awaited::new(Pending::Run { top: 0 });
        let end = frame.base as usize + closure.proto().active_registers(frame.pc as usize);
        self.drop_registers(end);
    }

    fn mark_to_close(&mut self, step: &mut Step<'_, 'gc>, reg: Reg) -> Next {
        let Some(frame) = self.control.frames.last() else { return Next::Run };
        let at = frame.base + u32::from(reg.0);
        let value = self.stack.get(at as usize).copied().unwrap_or_default();
        if step.ctx.metamethod(value, Event::Close).is_nil() {
            let name = frame.closure.and_then(|closure| closure.proto().local_name(reg, frame.pc as usize));
            let name = name.unwrap_or("?");
            let message = format!("variable '{name}' got a non-closable value");
            return self.raise(step, Raised::message(message));
        }
        self.control.to_close.push(at);
        Next::Run
    }

    #[expect(clippy::cast_possible_truncation, reason = "stack positions stay below 2^32")]
    fn close_variables(&mut self, step: &mut Step<'_, 'gc>, reg: Reg, returns: Option<usize>) -> Next {
        let Some(frame) = self.control.frames.last_mut() else { return Next::Run };
        let base = frame.base as usize;
        let first = if returns.is_some() { base } else { base + usize::from(reg.0) };
        let top = returns.map_or(0, |count| u32::from(reg.0) + count as u32);
        frame.pending = Awaited::new(Pending::Run { top });
        match self.pop_to_close(first) {
            Some((_, value)) => {
                let method = step.ctx.metamethod(value, Event::Close);
                let call = Meta::Call { function: method, args: [value, Value::Nil, Value::Nil], count: 2 };
                self.call_meta(step, call, Pending::Again { top })
            }
            None => match returns {
                None => Next::Run,
                Some(count) => {
                    if step.ctx.has_hooks()
                        && let Some(event) = self.announce_return(step.ctx, reg, count)
                    {
                        return self.call_hook_in_frame(step, event);
                    }
                    self.control.frames.pop();
                    step.deliver(base + usize::from(reg.0), count)
                }
            },
        }
    }
}

/// Prepares a numeric loop: checks and converts start, limit and step, and replaces the limit of an integer loop by the
/// last index that is reached, so that it cannot overflow (§3.3.5). Whether the loop runs at all.
pub(super) fn for_prepare<'gc>(ctx: Context<'gc>, regs: &mut Window<'gc>, a: Reg) -> Result<bool, Raised<'gc>> {
    let [limit_reg, step_reg, var_reg] = [1, 2, 3].map(|up| usize::from(a.0.wrapping_add(up)));
    let (start, limit, step) = (regs[usize::from(a.0)], regs[limit_reg], regs[step_reg]);
    if let (Value::Integer(start), Value::Integer(step)) = (start, step) {
        if step == 0 {
            return Err(Raised::message("'for' step is zero"));
        }
        let Some(limit) = integer_limit(ctx, start, limit, step)? else { return Ok(false) };
        let distance = if step > 0 { limit.wrapping_sub(start) as u64 } else { start.wrapping_sub(limit) as u64 };
        let beyond = (distance % step.unsigned_abs()) as i64;
        let last = if step > 0 { limit.wrapping_sub(beyond) } else { limit.wrapping_add(beyond) };
        regs[limit_reg] = Value::Integer(last);
        regs[var_reg] = Value::Integer(start);
        return Ok(true);
    }
    let limit = for_number(ctx, limit, "limit")?;
    let step = for_number(ctx, step, "step")?;
    let start = for_number(ctx, start, "initial value")?;
    if step == 0.0 {
        return Err(Raised::message("'for' step is zero"));
    }
    // As in PUC-Rio's Lua, what is not a number is not beyond the limit: such a loop runs once.
    if if step > 0.0 { limit < start } else { start < limit } {
        return Ok(false);
    }
    regs[usize::from(a.0)] = Value::Float(start);
    regs[limit_reg] = Value::Float(limit);
    regs[step_reg] = Value::Float(step);
    regs[var_reg] = Value::Float(start);
    Ok(true)
}

/// Steps a numeric loop in the general way: from the index in R[from], which is R[a] or the loop's variable, R[a+3].
/// Whether the loop goes on.
#[inline(never)]
pub(super) fn for_step(regs: &mut Window<'_>, a: Reg, from: usize) -> bool {
    let a = usize::from(a.0);
    match (&regs[from], &regs[a + 1], &regs[a + 2]) {
        (Value::Integer(index), Value::Integer(last), Value::Integer(_)) if index == last => return false,
        (Value::Integer(index), Value::Integer(_), Value::Integer(by)) => {
            regs[from] = Value::Integer(index.wrapping_add(*by));
        }
        (Value::Float(index), Value::Float(limit), Value::Float(by)) => {
            let index = index + by;
            if !(if *by > 0.0 { index <= *limit } else { *limit <= index }) {
                return false;
            }
            regs[from] = Value::Float(index);
        }
        _ => return false,
    }
    regs[a + 3] = regs[from];
    true
}

/// The limit of an integer loop as an integer; `None` if the loop does not run.
fn integer_limit<'gc>(ctx: Context<'gc>, start: i64, limit: Value<'gc>, step: i64) -> Result<Option<i64>, Raised<'gc>> {
    let limit = match limit.to_number() {
        Some(Value::Integer(limit)) => limit,
        Some(Value::Float(limit)) => {
            let rounded = if step < 0 { limit.ceil() } else { limit.floor() };
            match float_to_integer(rounded) {
                Some(limit) => limit,
                None => match (compare_integer_float(0, limit) == Some(std::cmp::Ordering::Less), step > 0) {
                    (true, true) => i64::MAX,
                    (false, false) => i64::MIN,
                    _ => return Ok(None),
                },
            }
        }
        _ => return Err(for_error(ctx, limit, "limit")),
    };
    let runs = if step > 0 { start <= limit } else { start >= limit };
    Ok(runs.then_some(limit))
}

fn for_number<'gc>(ctx: Context<'gc>, value: Value<'gc>, what: &str) -> Result<f64, Raised<'gc>> {
    value.to_float().ok_or_else(|| for_error(ctx, value, what))
}

#[cold]
fn for_error<'gc>(ctx: Context<'gc>, value: Value<'gc>, what: &str) -> Raised<'gc> {
    Raised::message(format!("bad 'for' {what} (number expected, got {})", ctx.type_name(value)))
}

#[cfg(test)]
mod tests {
    #[test]
    fn exit_is_two_words() {
        assert_eq!(size_of::<Option<super::Exit<'_>>>(), 16);
    }
}
