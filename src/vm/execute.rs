//! The loop that runs Lua code.
//!
//! The running frame lives in locals; only callers' frames are in memory. `regs` is the frame's window, 256
//! slots, so that no register access needs a bounds check. An instruction's fast path is here; everything else is
//! one call into `meta`, `operate` or `call`. Whatever needs another frame, or the whole stack, ends the inner loop
//! with an [`Exit`].
//!
//! What is not the fast path is marked by `cold_path`: without it the optimiser takes all ways through an arm for
//! equally frequent, and keeps the next instruction's position or the registers' address in memory for the sake of a
//! call that is never made (2026-11-22: nine programs of loops and calls 1.13 -> 1.09 of PUC-Rio's time, fib 1.14 ->
//! 1.05, the same instructions otherwise). Nothing that only the rare arms need may be computed before the loop: the
//! optimiser moves it there by itself where it can, so `Vararg` is a call.
//!
//! The most frequent arms end in `continue`, all others leave the inner loop: LLVM copies the dispatch into what leads
//! there, but only if that is at most 16 blocks, and all arms together would be many more. The `black_box` keeps the
//! block in which the others meet from being folded away, and the dispatch has no branch of its own, so that it is one
//! block. (2026-11-22: 10 copies in the place of one; eighteen programs 1.08 -> 1.03 of PUC-Rio's time, loops of
//! arithmetic 1.09 -> 0.83; fewer registers are left for the way into a function, so that `oop_methods` and
//! `spectral_norm` take 1.05 times as long. An arm more that continues may undo it: count the function's indirect
//! jumps in the function.)
//!
//! Fuel is charged at backward jumps by the length of the body, at calls by the length of the callee, and
//! at checkpoints. All three are places where the frame can be saved as it is.

use std::cell::Cell;
use std::hint::{black_box, cold_path};
use std::sync::atomic::{Ordering, compiler_fence};

use super::access::{self, Place, Window};
use super::call_exits::{Exit, for_prepare, for_step};
use super::error::Raised;
use super::executor::{FRAMES_MAX, Machine, STACK_CHECKED, WINDOW};
use super::function::{Ahead, Closure, Intrinsic};
use super::long::Relation;
use super::operate::{
    ArithOp, compare_integer_float, float_modulo, integer_floor_div, integer_modulo, power, shift_left, shift_right,
};
use super::step::{Next, Step};
use super::table::Table;
use super::thread::{EXTRA_COUNT, Frame, Pending, RETURNED, TAIL_CALLED};
use super::value::Value;
use crate::bytecode::{Capture, Count, Label, Op, Reg};

/// Where only [`NO_OP`] jumps to.
const END: Label = Label(u32::MAX);

/// What is run behind the last instruction; no code that the compiler makes comes there.
const NO_OP: Op = Op::Jump { to: END };

/// Runs the Lua frame on top until something else has to be done. The loop is there twice: only where a hook is set
/// does it look at each instruction whether the hook is to be called.
#[expect(clippy::too_many_lines, reason = "one arm for each instruction; the arms are short")]
#[expect(clippy::cast_possible_truncation, reason = "stack positions stay below 2^32")]
#[expect(clippy::cast_precision_loss, reason = "arithmetic on mixed numbers is done in floats (§3.4.3)")]
pub(super) fn execute<'gc, const HOOKED: bool>(machine: &mut Machine<'gc>, step: &mut Step<'_, 'gc>) -> Next {
    let ctx = step.ctx;
    let hook = if HOOKED { machine.hook(ctx) } else { None };
    // The code goes with the closure: read from it anew, it would be known only two loads later.
    let (mut closure, mut code, mut base, mut pc, mut extra, mut top, mut floor);

    // Begins, or goes on, with the frame that is on top.
    macro_rules! take_frame {
        () => {{
            floor = machine.control.active.last().map_or(0, |active| active.frames);
            let Some(frame) = machine.control.frames.last() else { return Next::Pause };
            let Some(running) = frame.closure else { return Next::Pause };
            (closure, code) = (running, running.code());
            (base, pc, extra) = (frame.base as usize, frame.pc as usize, frame.extra as usize);
            top = match frame.pending.get() {
                Pending::Run { top } => base + top as usize,
                _ => base,
            };
            machine.control.frames.pop();
        }};
    }
    take_frame!();

    'frame: loop {
        let ops = &*code.ops;

        // Calls a Lua function with the `count` values above `func` in the place of the one that runs.
        macro_rules! call_instead {
            ($callee:expr, $func:expr, $count:expr) => {{
                let extras = extra & EXTRA_COUNT;
                let own = if extras > 0 { base - extras - usize::from(code.params) - 1 } else { base - 1 };
                machine.stack.copy_within($func..=$func + $count, own);
                (closure, code) = ($callee, $callee.code());
                (base, extra) = machine.enter(code, own, $count);
                extra |= TAIL_CALLED;
                pc = 0;
                machine.fuel -= i64::from(code.cost);
                if machine.fuel <= 0 {
                    cold_path();
                    machine.control.push_lua(closure, (base, pc, extra), Pending::Run { top: 0 });
                    return Next::Pause;
                }
                continue 'frame;
            }};
        }

        let Some(regs) = window(&mut machine.stack, base) else {
            cold_path();
            machine.reserve(base);
            continue;
        };

        macro_rules! reg {
            ($reg:expr) => {
                regs[usize::from($reg.0)]
            };
        }
        macro_rules! constant {
            ($k:expr) => {
                *code.constants.get($k.0 as usize).unwrap_or(&Value::Nil)
            };
        }
        // Goes on after an access off the fast path, unless it needs a call; collects what it charged.
        macro_rules! leave_if {
            ($run:lifetime, $exit:expr) => {{
                cold_path();
                let exit = $exit;
                machine.fuel -= ctx.take_charges();
                if let Some(exit) = exit {
                    break $run exit;
                }
            }};
        }
        // As `leave_if`, for the access of a field that may have read fields of its value, too.
        macro_rules! leave_or_skip {
            ($run:lifetime, $to:expr, |$ahead:ident| $exit:expr) => {{
                cold_path();
                // Under a hook each instruction is for itself.
                let $ahead = &Ahead { code, next: Cell::new(if HOOKED { usize::MAX } else { pc }), to: $to };
                let exit = $exit;
                if !HOOKED {
                    pc = $ahead.next.get();
                }
                machine.fuel -= ctx.take_charges();
                if let Some(exit) = exit {
                    break $run exit;
                }
            }};
        }
        // Where an answer goes that is found off the fast path.
        macro_rules! place {
            ($to:expr) => {
                Place { to: $to, free: code.max_stack }
            };
        }
        macro_rules! slow_arithmetic {
            ($run:lifetime, $op:ident, $a:expr, $left:expr, $right:expr) => {
                leave_if!($run, access::arithmetic(ctx, regs, place!($a), ArithOp::$op, $left, $right))
            };
        }
        macro_rules! slow_compare {
            ($run:lifetime, $expect:literal, $to:expr, $relation:ident, $left:expr, $right:expr) => {{
                cold_path();
                let pending = Pending::Test { expect: $expect, label: $to };
                let operands = ($left, $right);
                let answer = access::compare(ctx, regs, code.max_stack, pending, Relation::$relation, operands);
                machine.fuel -= ctx.take_charges();
                match answer {
                    Ok(answer) => answer,
                    Err(exit) => break $run exit,
                }
            }};
        }
        // Jumps. The `black_box` keeps a conditional jump a branch: as a selection of `pc`, the next instruction's address
        // would wait for the comparison (2026-11-22: fib 1.08 times as long).
        macro_rules! jump {
            ($to:expr) => {{
                black_box(());
                pc = $to.0 as usize
            }};
        }
        // Jumps backwards, and pays for the body.
        macro_rules! jump_back {
            ($run:lifetime, $to:expr) => {{
                let to = $to.0 as usize;
                machine.fuel -= pc.wrapping_sub(to) as i64;
                pc = to;
                if machine.fuel <= 0 {
                    cold_path();
                    break $run Exit::PauseAtLoop;
                }
            }};
        }
        macro_rules! arithmetic {
            ($run:lifetime, $end:block, $op:ident, $a:expr, $b:expr, $right:expr, |$x:ident, $y:ident| $integer:expr, $float:expr) => {{
                match (&reg!($b), &$right) {
                    (&Value::Integer($x), &Value::Integer($y)) => {
                        reg!($a) = Value::Integer($integer);
                        $end
                    }
                    (&Value::Float($x), &Value::Float($y)) => {
                        reg!($a) = Value::Float($float);
                        $end
                    }
                    (&Value::Integer(x), &Value::Float($y)) => {
                        cold_path();
                        let $x = x as f64;
                        reg!($a) = Value::Float($float);
                    }
                    (&Value::Float($x), &Value::Integer(y)) => {
                        cold_path();
                        let $y = y as f64;
                        reg!($a) = Value::Float($float);
                    }
                    (left, right) => slow_arithmetic!($run, $op, $a, *left, *right),
                }
            }};
        }
        // `/` and `^` are always done in floats.
        macro_rules! float_arithmetic {
            ($run:lifetime, $op:ident, $a:expr, $b:expr, $right:expr, |$x:ident, $y:ident| $float:expr) => {{
                let operands = match (&reg!($b), &$right) {
                    (&Value::Float(x), &Value::Float(y)) => Ok((x, y)),
                    (&Value::Integer(x), &Value::Integer(y)) => Ok((x as f64, y as f64)),
                    (&Value::Integer(x), &Value::Float(y)) => Ok((x as f64, y)),
                    (&Value::Float(x), &Value::Integer(y)) => Ok((x, y as f64)),
                    (left, right) => Err((*left, *right)),
                };
                match operands {
                    Ok(($x, $y)) => reg!($a) = Value::Float($float),
                    Err((left, right)) => slow_arithmetic!($run, $op, $a, left, right),
                }
            }};
        }
        // `//` and `%`: an integer divisor of zero is an error, left to the slow path.
        macro_rules! division {
            ($run:lifetime, $op:ident, $a:expr, $b:expr, $right:expr, $integer:path, |$x:ident, $y:ident| $float:expr) => {{
                match (&reg!($b), &$right) {
                    (&Value::Integer(x), &Value::Integer(y)) if y != 0 => reg!($a) = Value::Integer($integer(x, y)),
                    (&Value::Float($x), &Value::Float($y)) => reg!($a) = Value::Float($float),
                    (&Value::Float($x), &Value::Integer(y)) => {
                        cold_path();
                        let $y = y as f64;
                        reg!($a) = Value::Float($float);
                    }
                    (left, right) => slow_arithmetic!($run, $op, $a, *left, *right),
                }
            }};
        }
        macro_rules! bitwise {
            ($run:lifetime, $op:ident, $a:expr, $b:expr, $right:expr, |$x:ident, $y:ident| $integer:expr) => {{
                match (&reg!($b), &$right) {
                    (&Value::Integer($x), &Value::Integer($y)) => reg!($a) = Value::Integer($integer),
                    (left, right) => slow_arithmetic!($run, $op, $a, *left, *right),
                }
            }};
        }
        // Jumps if the comparison's answer is `expect`.
        macro_rules! compare {
            ($run:lifetime, $expect:literal, $to:expr, $left:expr, $right:expr, $operator:tt, $mixed:ident, $relation:ident) => {{
                let answer = match (&$left, &$right) {
                    (Value::Integer(x), Value::Integer(y)) => x $operator y,
                    (Value::Float(x), Value::Float(y)) => x $operator y,
                    (Value::Integer(x), Value::Float(y)) => $mixed(compare_integer_float(*x, *y)),
                    (left, right) => slow_compare!($run, $expect, $to, $relation, *left, *right),
                };
                if answer == $expect {
                    jump!($to);
                }
            }};
        }
        macro_rules! compare_immediate {
            ($run:lifetime, $expect:literal, $to:expr, $a:expr, $value:expr, |$x:ident, $y:ident| $answer:expr, |$l:ident, $r:ident| $relation:ident($slow_left:ident, $slow_right:ident)) => {{
                let answer = match &reg!($a) {
                    &Value::Integer($x) => {
                        let $y = i64::from($value);
                        $answer
                    }
                    &Value::Float($x) => {
                        let $y = f64::from($value);
                        $answer
                    }
                    other => {
                        let ($l, $r) = (*other, Value::Integer(i64::from($value)));
                        slow_compare!($run, $expect, $to, $relation, $slow_left, $slow_right)
                    }
                };
                if answer == $expect {
                    jump!($to);
                }
            }};
        }
        macro_rules! equal {
            ($run:lifetime, $expect:literal, $to:expr, $left:expr, $right:expr) => {{
                let answer = match (&$left, &$right) {
                    (Value::Integer(x), Value::Integer(y)) => x == y,
                    (Value::String(x), Value::String(y)) if let Some(answer) = x.equals_at_a_glance(*y) => answer,
                    (Value::Table(x), Value::Table(y)) if x.same(*y) => true,
                    (left, right) => slow_compare!($run, $expect, $to, Equal, *left, *right),
                };
                if answer == $expect {
                    jump!($to);
                }
            }};
        }

        // Has the hook called before the function returns.
        macro_rules! announce_return {
            ($run:lifetime, $a:expr, $count:expr) => {
                if HOOKED
                    && extra & RETURNED == 0
                    && let Some(hook) = hook
                {
                    extra |= RETURNED;
                    if let Some(event) = hook.returns($a, $count) {
                        break $run Exit::Hook(event);
                    }
                }
            };
        }

        // Goes back to a caller in Lua that wants one result, which `give` puts into its place, or none.
        macro_rules! return_to_caller {
            (|$from:ident, $place:ident| $give:expr) => {
                if machine.control.frames.len() > floor
                    && let Some(caller) = machine.control.frames.last()
                    && let Some(to_closure) = caller.closure
                    && (caller.pending.is_one_result() || caller.pending.is_no_result())
                {
                    let $from = base;
                    let pending = caller.pending;
                    (closure, code) = (to_closure, to_closure.code());
                    (base, pc, extra) = (caller.base as usize, caller.pc as usize, caller.extra as usize);
                    machine.control.frames.pop();
                    if pending.is_one_result() {
                        let $place = base + usize::from(pending.result_reg().0);
                        $give
                    }
                    continue 'frame;
                }
            };
        }

        // Calls what is in a register with the values above it.
        macro_rules! call {
            ($run:lifetime, $a:expr, $args:expr, $results:expr) => {{
                let (a, args, results): (Reg, Count, Count) = ($a, $args, $results);
                let func = base + usize::from(a.0);
                let count = args.get().unwrap_or_else(|| top - func - 1);
                let callee = match &reg!(a) {
                    &Value::Closure(callee)
                        if machine.control.frames.len() < FRAMES_MAX && func <= STACK_CHECKED =>
                    {
                        callee
                    }
                    &Value::Native(native) if !HOOKED && machine.fuel > 0 => {
                        let pending = Pending::Results { to: a, want: results };
                        machine.control.push_lua(closure, (base, pc, extra), pending);
                        if native.kind().switches()
                            && let Some(next) = machine.switch(step, native, func, count)
                        {
                            if next != Next::Run {
                                return next;
                            }
                            take_frame!();
                            continue 'frame;
                        }
                        let Some(end) = machine.call_in_loop(step, native, (func, count), results) else {
                            return step.after_native;
                        };
                        if results == Count::OPEN {
                            top = end;
                        }
                        continue 'frame;
                    }
                    _ => {
                        cold_path();
                        break $run Exit::Call(a, args, results);
                    }
                };
                let callee_code = callee.code();
                let pending = Pending::Results { to: a, want: results };
                machine.control.push_lua(closure, (base, pc, extra), pending);
                (closure, code) = (callee, callee_code);
                if count >= callee_code.least as usize {
                    (base, extra) = (func + 1, 0);
                } else {
                    (base, extra) = machine.enter(callee_code, func, count);
                }
                pc = 0;
                machine.fuel -= i64::from(callee_code.cost);
                if machine.fuel <= 0 {
                    cold_path();
                    machine.control.push_lua(closure, (base, pc, extra), Pending::Run { top: 0 });
                    return Next::Pause;
                }
                continue 'frame;
            }};
        }

        let exit = 'run: loop {
            loop {
                if HOOKED
                    && let Some(hook) = hook
                    && let Some(event) = hook.trace(&code.proto, pc, machine.control.frames.len() - floor, &mut extra)
                {
                    pc += 1;
                    break 'run Exit::Hook(event);
                }
                let op = ops.get(pc).unwrap_or(&NO_OP);
                pc += 1;
                match *op {
                    // -- loads
                    Op::Move { a, b } => {
                        let [to, from] = [a, b].map(|reg| usize::from(reg.0));
                        match regs[from] {
                            Value::Integer(i) => {
                                compiler_fence(Ordering::SeqCst);
                                regs[to] = Value::Integer(i);
                            }
                            Value::Float(x) => {
                                compiler_fence(Ordering::SeqCst);
                                regs[to] = Value::Float(x);
                            }
                            other => regs[to] = other,
                        }
                    }
                    Op::LoadNil { a, count } => {
                        for at in usize::from(a.0)..usize::from(a.0) + usize::from(count) {
                            if let Some(slot) = regs.get_mut(at) {
                                *slot = Value::Nil;
                            }
                        }
                    }
                    Op::LoadBool { a, value } => reg!(a) = Value::Boolean(value),
                    Op::LoadInt { a, value } => reg!(a) = Value::Integer(i64::from(value)),
                    Op::LoadConst { a, k } => reg!(a) = constant!(k),
                    Op::LoadRunning { a } => reg!(a) = Value::Closure(closure),
                    Op::Closure { a, child } => {
                        let Some(child) = code.children.get(child.0 as usize).copied() else { break };
                        let made = Closure::new(
                            ctx,
                            child,
                            child.as_ref().proto.upvalues.iter().map(|up| match up.capture {
                                Capture::Register(from) => reg!(from),
                                Capture::Upvalue(from) => upvalue(closure, from.0),
                                Capture::Running => Value::Closure(closure),
                            }),
                        );
                        reg!(a) = Value::Closure(made);
                    }
                    Op::Vararg { a, want } => {
                        let count = extra & EXTRA_COUNT;
                        top = machine.copy_extras((base, count), usize::from(a.0), want);
                        if want == Count::OPEN {
                            machine.fuel -= count as i64;
                        }
                        continue 'frame;
                    }

                    // -- captured variables
                    Op::GetUp { a, up } => reg!(a) = upvalue(closure, up.0),
                    Op::GetUpCell { a, up } => {
                        if let Value::Cell(cell) = upvalue(closure, up.0) {
                            reg!(a) = cell.get();
                        }
                    }
                    Op::SetUpCell { up, b } => {
                        if let Value::Cell(cell) = upvalue(closure, up.0) {
                            reg!(b).hand_to(|value| cell.set(ctx.mc(), value));
                        }
                    }
                    Op::NewCell { a } => {
                        reg!(a) = Value::Cell(gc_arena::Gc::new(ctx.mc(), gc_arena::Lock::new(reg!(a))));
                    }
                    Op::GetCell { a, b } => {
                        if let &Value::Cell(cell) = &reg!(b) {
                            reg!(a) = cell.get();
                        }
                    }
                    Op::SetCell { a, b } => {
                        if let &Value::Cell(cell) = &reg!(a) {
                            reg!(b).hand_to(|value| cell.set(ctx.mc(), value));
                        }
                    }

                    // -- tables
                    Op::NewTable { a, array, map } => {
                        reg!(a) = Value::Table(Table::with_capacity(ctx, usize::from(array), usize::from(map)));
                    }
                    Op::SetList { a, count, start } => {
                        let &Value::Table(table) = &reg!(a) else { break };
                        let Some(count) = count.get() else {
                            let from = base + usize::from(a.0) + 1;
                            let values = machine.stack.get(from..top).unwrap_or_default();
                            machine.fuel -= values.len() as i64;
                            if let Err(raised) = access::set_list(ctx, table, start, values) {
                                machine.control.push_lua(closure, (base, pc, extra), Pending::Run { top: 0 });
                                return machine.raise(step, raised);
                            }
                            continue 'frame;
                        };
                        let from = usize::from(a.0) + 1;
                        let values = regs.get(from..from + count).unwrap_or_default();
                        if let Err(raised) = access::set_list(ctx, table, start, values) {
                            break 'run Exit::Raise(raised);
                        }
                    }
                    Op::Method { a, b, key, cache } => {
                        let &Value::String(key) = &constant!(key) else { break };
                        let slot = code.cache_slot(cache.0);
                        let object = Reg(a.0.wrapping_add(1));
                        reg!(object) = reg!(b);
                        if let &Value::Table(table) = &reg!(object)
                            && let Some(value) = access::find_field(ctx, table, key, slot)
                        {
                            reg!(a) = value.get();
                            break;
                        }
                        leave_if!('run, access::get_field(step, regs, place!(a), object, (key, slot), None));
                    }
                    Op::GetField { a, b, key, cache } => {
                        let &Value::String(key) = &constant!(key) else { break };
                        let slot = code.cache_slot(cache.0);
                        if let &Value::Table(table) = &reg!(b) {
                            if let Some(value) = table.at_cached(key, &slot.field) {
                                reg!(a) = value;
                                continue;
                            }
                            if let Some(value) = access::find_field(ctx, table, key, slot) {
                                reg!(a) = value.get();
                                break;
                            }
                        }
                        leave_or_skip!('run, a, |ahead| {
                            access::get_field(step, regs, place!(a), b, (key, slot), Some(ahead))
                        });
                    }
                    Op::GetUpField { a, up, key, cache } => {
                        let &Value::String(key) = &constant!(key) else { break };
                        let slot = code.cache_slot(cache.0);
                        if let Value::Table(table) = upvalue(closure, up.0) {
                            if let Some(value) = table.at_cached(key, &slot.field) {
                                reg!(a) = value;
                                break;
                            }
                            if let Some(value) = access::find_field(ctx, table, key, slot) {
                                reg!(a) = value.get();
                                break;
                            }
                        }
                        let object = access::contents(upvalue(closure, up.0));
                        leave_or_skip!('run, a, |ahead| {
                            access::get_up_field(step, regs, place!(a), object, (key, slot), ahead)
                        });
                    }
                    Op::SetField { a, b, key, cache } => {
                        let &Value::String(key) = &constant!(key) else { break };
                        let slot = code.cache_slot(cache.0);
                        if let &Value::Table(table) = &reg!(a)
                            && (table.try_set_cached(ctx, key, &reg!(b), &slot.field)
                                || table.try_push_cached(ctx, key, &reg!(b), &slot.field))
                        {
                            break;
                        }
                        leave_if!('run, access::set_field(step, regs, (code.max_stack, slot), (a, b), key));
                    }
                    Op::SetUpField { up, b, key, cache } => {
                        let &Value::String(key) = &constant!(key) else { break };
                        let slot = code.cache_slot(cache.0);
                        if let Value::Table(table) = upvalue(closure, up.0)
                            && table.try_set_cached(ctx, key, &reg!(b), &slot.field)
                        {
                            break;
                        }
                        let object = access::contents(upvalue(closure, up.0));
                        leave_if!('run, access::set_up_field(step, regs, (code.max_stack, slot), (object, b), key));
                    }
                    Op::GetIndex { a, b, c } => {
                        if let (&Value::Table(table), &Value::Integer(key)) = (&reg!(b), &reg!(c))
                            && let Some(value) = table.list_item(key)
                        {
                            reg!(a) = value;
                            continue;
                        }
                        leave_if!('run, access::get_index(ctx, regs, place!(a), b, c));
                    }
                    Op::SetIndex { a, b, c } => {
                        if let (&Value::Table(table), &Value::Integer(key)) = (&reg!(a), &reg!(b))
                            && (table.try_set_integer(ctx, key, &reg!(c)) || table.try_append(ctx, key, &reg!(c)))
                        {
                            break;
                        }
                        leave_if!('run, access::set_index(ctx, regs, code.max_stack, [a, b, c]));
                    }
                    Op::SetIndexK { a, b, k } => {
                        let value = code.constants.get(k.0 as usize).unwrap_or(&Value::Nil);
                        if let (&Value::Table(table), &Value::Integer(key)) = (&reg!(a), &reg!(b))
                            && (table.try_set_integer(ctx, key, value) || table.try_append(ctx, key, value))
                        {
                            break;
                        }
                        leave_if!('run, access::set(ctx, regs, code.max_stack, reg!(a), reg!(b), *value));
                    }
                    Op::GetInt { a, b, index } => {
                        if let &Value::Table(table) = &reg!(b)
                            && let Some(value) = table.list_item(i64::from(index))
                        {
                            reg!(a) = value;
                            break;
                        }
                        leave_if!('run, access::get(ctx, regs, place!(a), reg!(b), Value::Integer(i64::from(index))));
                    }
                    Op::SetInt { a, b, index } => {
                        if let &Value::Table(table) = &reg!(a)
                            && table.try_set_integer(ctx, i64::from(index), &reg!(b))
                        {
                            break;
                        }
                        leave_if!('run, access::set(ctx, regs, code.max_stack, reg!(a), Value::Integer(i64::from(index)), reg!(b)));
                    }

                    // -- arithmetic
                    Op::Add { a, b, c } => {
                        arithmetic!('run, { continue }, Add, a, b, reg!(c), |x, y| x.wrapping_add(y), x + y);
                    }
                    Op::Sub { a, b, c } => {
                        arithmetic!('run, { continue }, Sub, a, b, reg!(c), |x, y| x.wrapping_sub(y), x - y);
                    }
                    Op::Mul { a, b, c } => {
                        arithmetic!('run, { continue }, Mul, a, b, reg!(c), |x, y| x.wrapping_mul(y), x * y);
                    }
                    Op::Div { a, b, c } => {
                        float_arithmetic!('run, Div, a, b, reg!(c), |x, y| x / y);
                    }
                    Op::IDiv { a, b, c } => {
                        division!('run, IDiv, a, b, reg!(c), integer_floor_div, |x, y| (x / y).floor());
                    }
                    Op::Mod { a, b, c } => {
                        division!('run, Mod, a, b, reg!(c), integer_modulo, |x, y| float_modulo(x, y));
                    }
                    Op::Pow { a, b, c } => {
                        float_arithmetic!('run, Pow, a, b, reg!(c), |x, y| power(x, y));
                    }
                    Op::BAnd { a, b, c } => {
                        bitwise!('run, BAnd, a, b, reg!(c), |x, y| x & y);
                    }
                    Op::BOr { a, b, c } => bitwise!('run, BOr, a, b, reg!(c), |x, y| x | y),
                    Op::BXor { a, b, c } => {
                        bitwise!('run, BXor, a, b, reg!(c), |x, y| x ^ y);
                    }
                    Op::Shl { a, b, c } => {
                        bitwise!('run, Shl, a, b, reg!(c), |x, y| shift_left(x, y));
                    }
                    Op::Shr { a, b, c } => {
                        bitwise!('run, Shr, a, b, reg!(c), |x, y| shift_right(x, y));
                    }
                    Op::AddK { a, b, k } => {
                        arithmetic!('run, {}, Add, a, b, constant!(k), |x, y| x.wrapping_add(y), x + y);
                    }
                    Op::SubK { a, b, k } => {
                        arithmetic!('run, {}, Sub, a, b, constant!(k), |x, y| x.wrapping_sub(y), x - y);
                    }
                    Op::MulK { a, b, k } => {
                        arithmetic!('run, {}, Mul, a, b, constant!(k), |x, y| x.wrapping_mul(y), x * y);
                    }
                    Op::DivK { a, b, k } => {
                        float_arithmetic!('run, Div, a, b, constant!(k), |x, y| x / y);
                    }
                    Op::IDivK { a, b, k } => {
                        division!('run, IDiv, a, b, constant!(k), integer_floor_div, |x, y| (x / y).floor());
                    }
                    Op::ModK { a, b, k } => {
                        division!('run, Mod, a, b, constant!(k), integer_modulo, |x, y| float_modulo(x, y));
                    }
                    Op::PowK { a, b, k } => {
                        float_arithmetic!('run, Pow, a, b, constant!(k), |x, y| power(x, y));
                    }
                    Op::BAndK { a, b, k } => {
                        bitwise!('run, BAnd, a, b, constant!(k), |x, y| x & y);
                    }
                    Op::BOrK { a, b, k } => {
                        bitwise!('run, BOr, a, b, constant!(k), |x, y| x | y);
                    }
                    Op::BXorK { a, b, k } => {
                        bitwise!('run, BXor, a, b, constant!(k), |x, y| x ^ y);
                    }
                    Op::ShlK { a, b, k } => {
                        bitwise!('run, Shl, a, b, constant!(k), |x, y| shift_left(x, y));
                    }
                    Op::ShrK { a, b, k } => {
                        bitwise!('run, Shr, a, b, constant!(k), |x, y| shift_right(x, y));
                    }
                    Op::AddI { a, b, value } => match &reg!(b) {
                        &Value::Integer(x) => reg!(a) = Value::Integer(x.wrapping_add(i64::from(value))),
                        &Value::Float(x) => reg!(a) = Value::Float(x + f64::from(value)),
                        other => slow_arithmetic!('run, Add, a, *other, Value::Integer(i64::from(value))),
                    },
                    Op::SubI { a, b, value } => match &reg!(b) {
                        &Value::Integer(x) => reg!(a) = Value::Integer(x.wrapping_sub(i64::from(value))),
                        &Value::Float(x) => reg!(a) = Value::Float(x - f64::from(value)),
                        other => slow_arithmetic!('run, Sub, a, *other, Value::Integer(i64::from(value))),
                    },
                    Op::Unm { a, b } => match reg!(b) {
                        Value::Integer(x) => reg!(a) = Value::Integer(x.wrapping_neg()),
                        Value::Float(x) => reg!(a) = Value::Float(-x),
                        other => slow_arithmetic!('run, Unm, a, other, other),
                    },
                    Op::Not { a, b } => reg!(a) = Value::Boolean(reg!(b).is_falsy()),
                    Op::Len { a, b } => match reg!(b) {
                        Value::Table(table) if table.metatable().is_none() => reg!(a) = Value::Integer(table.len()),
                        Value::String(text) => reg!(a) = Value::Integer(text.len() as i64),
                        other => leave_if!('run, access::length(ctx, regs, place!(a), other)),
                    },
                    Op::BNot { a, b } => match reg!(b) {
                        Value::Integer(x) => reg!(a) = Value::Integer(!x),
                        other => slow_arithmetic!('run, BNot, a, other, other),
                    },
                    Op::Concat { a, b, count } => {
                        leave_if!('run, access::concat(ctx, regs, place!(a), b, count));
                    }

                    // -- jumps
                    Op::Jump { to } => {
                        if to == END {
                            cold_path();
                            break 'run Exit::Raise(Raised::message("code without an end"));
                        }
                        jump!(to);
                    }
                    Op::Loop { to } => jump_back!('run, to),
                    Op::JumpIf { a, to } => {
                        if reg!(a).is_truthy() {
                            jump!(to);
                        }
                    }
                    Op::JumpIfNot { a, to } => {
                        if reg!(a).is_falsy() {
                            jump!(to);
                        }
                    }
                    Op::JumpEq { a, b, to } => equal!('run, true, to, reg!(a), reg!(b)),
                    Op::JumpNotEq { a, b, to } => equal!('run, false, to, reg!(a), reg!(b)),
                    Op::JumpEqK { a, k, to } => {
                        if equals_constant(&reg!(a), &constant!(k)) {
                            jump!(to);
                        }
                    }
                    Op::JumpNotEqK { a, k, to } => {
                        if !equals_constant(&reg!(a), &constant!(k)) {
                            jump!(to);
                        }
                    }
                    Op::JumpLt { a, b, to } => {
                        compare!('run, true, to, reg!(a), reg!(b), <, is_less, Less);
                    }
                    Op::JumpNotLt { a, b, to } => {
                        compare!('run, false, to, reg!(a), reg!(b), <, is_less, Less);
                    }
                    Op::JumpLe { a, b, to } => {
                        compare!('run, true, to, reg!(a), reg!(b), <=, is_less_equal, LessEqual);
                    }
                    Op::JumpNotLe { a, b, to } => {
                        compare!('run, false, to, reg!(a), reg!(b), <=, is_less_equal, LessEqual);
                    }
                    Op::JumpLtI { a, value, to } => {
                        compare_immediate!('run, true, to, a, value, |x, y| x < y, |l, r| Less(l, r));
                    }
                    Op::JumpNotLtI { a, value, to } => {
                        compare_immediate!('run, false, to, a, value, |x, y| x < y, |l, r| Less(l, r));
                    }
                    Op::JumpLeI { a, value, to } => {
                        compare_immediate!('run, true, to, a, value, |x, y| x <= y, |l, r| LessEqual(l, r));
                    }
                    Op::JumpNotLeI { a, value, to } => {
                        compare_immediate!('run, false, to, a, value, |x, y| x <= y, |l, r| LessEqual(l, r));
                    }
                    Op::JumpGtI { a, value, to } => {
                        compare_immediate!('run, true, to, a, value, |x, y| x > y, |l, r| Less(r, l));
                    }
                    Op::JumpNotGtI { a, value, to } => {
                        compare_immediate!('run, false, to, a, value, |x, y| x > y, |l, r| Less(r, l));
                    }
                    Op::JumpGeI { a, value, to } => {
                        compare_immediate!('run, true, to, a, value, |x, y| x >= y, |l, r| LessEqual(r, l));
                    }
                    Op::JumpNotGeI { a, value, to } => {
                        compare_immediate!('run, false, to, a, value, |x, y| x >= y, |l, r| LessEqual(r, l));
                    }

                    // -- loops
                    Op::ForPrep { a, to } => {
                        let at = usize::from(a.0);
                        if let (&Value::Integer(start), &Value::Integer(last), &Value::Integer(1)) =
                            (&regs[at], &regs[at + 1], &regs[at + 2])
                        {
                            if start > last {
                                jump!(to);
                            } else {
                                regs[at + 3] = Value::Integer(start);
                            }
                        } else {
                            match for_prepare(ctx, regs, a) {
                                Ok(true) => {}
                                Ok(false) => jump!(to),
                                Err(raised) => break 'run Exit::Raise(raised),
                            }
                        }
                    }
                    Op::ForNext { a, to } => {
                        let at = usize::from(a.0);
                        if let (&Value::Integer(index), &Value::Integer(last)) = (&regs[at + 3], &regs[at + 1]) {
                            if index != last {
                                regs[at + 3] = Value::Integer(index.wrapping_add(1));
                                jump_back!('run, to);
                                continue;
                            }
                        } else {
                            cold_path();
                            if for_step(regs, a, at + 3) {
                                jump_back!('run, to);
                            }
                        }
                    }
                    Op::ForLoop { a, to } => {
                        let at = usize::from(a.0);
                        if let (&Value::Integer(index), &Value::Integer(last), &Value::Integer(by)) =
                            (&regs[at], &regs[at + 1], &regs[at + 2])
                        {
                            if index != last {
                                let index = index.wrapping_add(by);
                                regs[at] = Value::Integer(index);
                                regs[at + 3] = Value::Integer(index);
                                jump_back!('run, to);
                            }
                        } else {
                            cold_path();
                            if for_step(regs, a, at) {
                                jump_back!('run, to);
                            }
                        }
                    }
                    Op::TForPrep { a, to } => {
                        jump!(to);
                        let closing = Reg(a.0.wrapping_add(3));
                        if reg!(closing).is_truthy() {
                            break 'run Exit::ToClose(closing);
                        }
                    }
                    Op::TForCall { a, count, cache } => {
                        let [state, control, first, second] = [1, 2, 4, 5].map(|up| Reg(a.0.wrapping_add(up)));
                        if let (&Value::Native(native), &Value::Table(table)) = (&reg!(a), &reg!(state))
                            && !HOOKED
                        {
                            if native.kind().iterates() && count <= 2 {
                                let behind = match &reg!(control) {
                                    Value::Nil => 0,
                                    // Key 0 is no list item: `next` finds it among the entries.
                                    Value::Integer(0) if native.kind() == Intrinsic::Next => -2,
                                    Value::Integer(index) => *index,
                                    _ => -2,
                                };
                                if let Some(value) = table.list_item(behind.wrapping_add(1)) {
                                    reg!(first) = Value::Integer(behind.wrapping_add(1));
                                    reg!(second) = value;
                                    break;
                                }
                            }
                            let pair = match native.kind() {
                                Intrinsic::Next => {
                                    let slot = code.cache_slot(cache.0);
                                    table.position_behind(reg!(control), slot.field.get()).map(|position| {
                                        let next = table.next_from(ctx, position);
                                        machine.fuel -=
                                            i64::from(table.steps_between(position, next.map(|next| next.0)));
                                        slot.field.set(next.map_or(0, |next| next.0));
                                        next.map(|(_, key, value)| (key, value))
                                    })
                                }
                                Intrinsic::IpairsStep => match reg!(control) {
                                    Value::Integer(index) => {
                                        let index = index.wrapping_add(1);
                                        match table.get_integer(ctx, index) {
                                            Value::Nil if table.metatable().is_some() => None,
                                            Value::Nil => Some(None),
                                            value => Some(Some((Value::Integer(index), value))),
                                        }
                                    }
                                    _ => None,
                                },
                                _ => None,
                            };
                            match pair {
                                Some(Some((key, value))) => {
                                    reg!(first) = key;
                                    if count > 1 {
                                        reg!(second) = value;
                                        if count > 2 {
                                            access::clear(regs, usize::from(first.0) + 2, usize::from(count) - 2);
                                        }
                                    }
                                    break;
                                }
                                Some(None) => {
                                    reg!(first) = Value::Nil;
                                    break;
                                }
                                None => {}
                            }
                        }
                        if let &Value::UserData(data) = &reg!(a)
                            && !HOOKED
                            && machine.fuel > 0
                            && let Some(native) = access::called_by(ctx, data, code.cache_slot(cache.0))
                        {
                            break 'run Exit::Iterate(first, count, native);
                        }
                        let func = Reg(a.0.wrapping_add(4));
                        reg!(func) = reg!(a);
                        reg!(second) = reg!(state);
                        reg!(Reg(a.0.wrapping_add(6))) = reg!(control);
                        call!('run, func, Count::exactly(2), Count::exactly(count));
                    }
                    Op::TForLoop { a, to } => {
                        let first = reg!(Reg(a.0.wrapping_add(4)));
                        if !first.is_nil() {
                            reg!(Reg(a.0.wrapping_add(2))) = first;
                            jump_back!('run, to);
                        }
                    }

                    // -- calls
                    Op::Call { a, args, results } => call!('run, a, args, results),
                    Op::TailCall { a, args } => {
                        let &Value::Closure(callee) = &reg!(a) else { break 'run Exit::TailCall(a, args) };
                        let func = base + usize::from(a.0);
                        let count = args.get().unwrap_or_else(|| top - func - 1);
                        call_instead!(callee, func, count);
                    }
                    Op::Return0 {} => {
                        announce_return!('run, Reg(0), 0);
                        return_to_caller!(|_from, place| if let Some(slot) = machine.stack.get_mut(place) {
                            *slot = Value::Nil;
                        });
                        break 'run Exit::Return(Reg(0), 0);
                    }
                    Op::Return1 { a } => {
                        announce_return!('run, a, 1);
                        return_to_caller!(|from, place| {
                            let from = from + usize::from(a.0);
                            // The result always lies above the place it goes to.
                            if from < machine.stack.len() && place < from {
                                let (low, high) = machine.stack.split_at_mut(from);
                                if let (Some(slot), Some(value)) = (low.get_mut(place), high.first()) {
                                    value.hand_to(|value| *slot = value);
                                }
                            }
                        });
                        break 'run Exit::Return(a, 1);
                    }
                    Op::Return { a, count } => {
                        let count = count.get().unwrap_or_else(|| top - base - usize::from(a.0));
                        announce_return!('run, a, count);
                        break 'run Exit::Return(a, count as u32);
                    }
                    Op::ReturnClose { a, count } => {
                        let count = count.get().unwrap_or_else(|| top - base - usize::from(a.0));
                        break 'run Exit::CloseAndReturn(a, count as u32);
                    }
                    Op::ToClose { a } => {
                        if reg!(a).is_truthy() {
                            break 'run Exit::ToClose(a);
                        }
                    }
                    Op::Close { a } => {
                        if machine.control.to_close.last().is_some_and(|last| *last as usize >= base + usize::from(a.0))
                        {
                            break 'run Exit::Close(a);
                        }
                    }
                    Op::Checkpoint { cost } => {
                        machine.fuel -= i64::from(cost);
                        if machine.fuel <= 0 {
                            break 'run Exit::Pause;
                        }
                    }
                }
                break;
            }
            // Where the arms meet that do not `continue`; see the head of the file.
            black_box(());
        };

        // What needs more than the window. The frame is saved, so that all of the machine is in order.
        let place = (base, pc, extra);
        let live = Pending::Run { top: (top.max(base) - base) as u32 };
        let (start, count) = match exit {
            Exit::Return(a, count) => (base + usize::from(a.0), count as usize),
            Exit::Call(a, args, results) => {
                let func = base + usize::from(a.0);
                let count = args.get().unwrap_or_else(|| top - func - 1);
                if machine.fuel <= 0 {
                    // The call is made when there is fuel again. The `black_box` keeps the loop from holding on to the position
                    // of the running instruction, beside that of the next, for the sake of this one place.
                    machine.control.push_lua(closure, (base, black_box(pc) - 1, extra), live);
                    machine.drop_registers(func + 1 + count);
                    return Next::Pause;
                }
                machine.control.push_lua(closure, place, Pending::Results { to: a, want: results });
                return step.call(func, count);
            }
            Exit::Iterate(to, count, native) => {
                let want = Count::exactly(count);
                machine.control.push_lua(closure, place, Pending::Results { to, want });
                if machine.call_iterator(step, native, base + usize::from(to.0), want) {
                    continue 'frame;
                }
                return step.after_native;
            }
            Exit::TailCall(a, args) => {
                let func = base + usize::from(a.0);
                let mut count = args.get().unwrap_or_else(|| top - func - 1);
                let callee = machine.callee(ctx, func, &mut count);
                if let Value::Closure(callee) = callee {
                    call_instead!(callee, func, count);
                }
                machine.control.push_lua(closure, place, Pending::Return);
                let native = match callee {
                    Value::Native(native) if !HOOKED => native,
                    _ => return step.call(func, count),
                };
                let Some(results) = machine.run_native(step, native, func, count) else {
                    return step.after_native;
                };
                machine.control.frames.pop();
                results
            }
            Exit::Meta(word) => {
                let (pending, count) = word.split_count();
                let func = base + usize::from(code.max_stack);
                machine.control.push_awaiting(closure, place, pending);
                match machine.stack.get(func) {
                    Some(&Value::Closure(callee))
                        if machine.control.frames.len() < FRAMES_MAX && base < STACK_CHECKED =>
                    {
                        (closure, code) = (callee, callee.code());
                        if count >= code.least as usize {
                            (base, extra) = (func + 1, 0);
                        } else {
                            (base, extra) = machine.enter(code, func, count);
                        }
                        pc = 0;
                        machine.fuel -= i64::from(code.cost);
                        if machine.fuel <= 0 {
                            machine.control.push_lua(closure, (base, pc, extra), Pending::Run { top: 0 });
                            return Next::Pause;
                        }
                        continue 'frame;
                    }
                    Some(&Value::Native(native)) if !HOOKED => match machine.run_native(step, native, func, count) {
                        Some(results) => results,
                        None => return step.after_native,
                    },
                    _ => return step.call(func, count),
                }
            }
            exit => {
                machine.control.push_lua(closure, place, live);
                return machine.leave_loop(step, exit);
            }
        };

        // The frame returns `count` values from `start` on; a caller in Lua that waits for some of them is gone back to.
        if machine.control.frames.len() <= floor {
            let next = machine.finish_thread(step, start, count);
            if HOOKED || next != Next::Run {
                return next;
            }
            take_frame!();
            continue 'frame;
        }
        let Some(&Frame { closure: Some(caller), base: to_base, pc: mut to_pc, extra: to_extra, pending }) =
            machine.control.frames.last()
        else {
            if HOOKED || ctx.has_hooks() {
                return step.deliver(start, count);
            }
            if !machine.pass_on(step, floor, start, count) {
                let next = machine.poll_in_loop(step, start, count);
                if next != Next::Run {
                    return next;
                }
            }
            take_frame!();
            continue 'frame;
        };
        match pending.get() {
            Pending::Results { to, want } => {
                let place = to_base as usize + usize::from(to.0);
                machine.place_results(place, want, start, count);
                if want == Count::OPEN {
                    top = place + count;
                }
            }
            Pending::Test { expect, label } => {
                let value = machine.stack.get(start).filter(|_| count > 0);
                if value.is_some_and(Value::is_truthy) == expect {
                    to_pc = label.0;
                }
            }
            Pending::Discard => {}
            _ => return step.deliver(start, count),
        }
        (closure, code) = (caller, caller.code());
        (base, pc, extra) = (to_base as usize, to_pc as usize, to_extra as usize);
        machine.control.frames.pop();
    }
}

/// The registers of a frame at `base`; none where the stack has yet to grow.
#[inline(always)]
fn window<'a, 'gc>(stack: &'a mut [Value<'gc>], base: usize) -> Option<&'a mut Window<'gc>> {
    stack.get_mut(base..)?.first_chunk_mut::<{ 2 * WINDOW }>()?.first_chunk_mut()
}

#[inline(always)]
fn upvalue<'gc>(closure: Closure<'gc>, up: u8) -> Value<'gc> {
    closure.held(usize::from(up))
}

/// Equality with a constant, by reference: see [`Value::rebuilt`] for what a copy may cost.
#[inline(always)]
fn equals_constant<'gc>(value: &Value<'gc>, constant: &Value<'gc>) -> bool {
    match (value, constant) {
        (Value::Integer(a), Value::Integer(b)) => a == b,
        (Value::String(a), Value::String(b)) => a.equals(*b),
        (Value::Nil, Value::Nil) => true,
        (value, constant) => value.raw_equals(*constant),
    }
}

fn is_less(ordering: Option<std::cmp::Ordering>) -> bool {
    ordering == Some(std::cmp::Ordering::Less)
}

fn is_less_equal(ordering: Option<std::cmp::Ordering>) -> bool {
    ordering.is_some_and(std::cmp::Ordering::is_le)
}
