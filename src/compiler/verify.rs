//! Checks on compiled code what the head of `bytecode` promises. For tests only: the machine does not
//! depend on it for safety.
//!
//! Operands are read from an instruction's printed form, where a letter says what each is. Runs of
//! registers, which the print does not show, are known here for each instruction that has one.

use crate::bytecode::{CHECKPOINT_LATEST, Cache, Capture, Class, Count, Op, Proto, REGISTERS_MAX, Reg};

/// The most instructions that one node of an expression of a test may have, or the assignments of one statement.
const NODE_MAX: usize = 300;

/// Checks a function and those nested in it; the error says what is wrong and where.
pub(super) fn verify(proto: &Proto) -> Result<(), String> {
    if proto.max_stack > REGISTERS_MAX || proto.params > proto.max_stack {
        return Err(format!("{} registers, {} parameters", proto.max_stack, proto.params));
    }
    if proto.lines.len() != proto.code.len() {
        return Err("lines and code differ in length".to_owned());
    }
    if !proto.code.last().is_some_and(|op| op.class() == Class::Leaves) {
        return Err(format!("code ends in {:?}", proto.code.last()));
    }
    for (pc, op) in proto.code.iter().enumerate() {
        instruction(proto, pc, *op).map_err(|what| format!("{pc} {op}: {what}\n{proto}"))?;
    }
    straight_runs(proto)?;
    names(proto)?;
    for child in &proto.children {
        captures(proto, child)?;
        verify(child)?;
    }
    Ok(())
}

fn instruction(proto: &Proto, pc: usize, op: Op) -> Result<(), String> {
    for word in op.to_string().split_whitespace().skip(1) {
        let Ok(index) = word.get(1..).unwrap_or("").parse::<usize>() else { continue };
        let bound = match word.as_bytes().first() {
            Some(b'R') => proto.max_stack.into(),
            Some(b'K') => proto.constants.len(),
            Some(b'U') => proto.upvalues.len(),
            Some(b'F') => proto.children.len(),
            Some(b'L') => proto.code.len(),
            Some(b'C') if index == usize::from(Cache::NONE.0) => index + 1,
            Some(b'C') => proto.caches.into(),
            _ => continue,
        };
        if index >= bound {
            return Err(format!("{word} is out of range"));
        }
    }
    let highest = highest_register(op);
    if highest >= usize::from(proto.max_stack) && !matches!(op, Op::Return0 {}) {
        return Err(format!("register {highest} is out of range"));
    }
    let goes_back = matches!(op, Op::Loop { .. } | Op::ForNext { .. } | Op::ForLoop { .. } | Op::TForLoop { .. });
    match op.label() {
        Some(to) if goes_back != (to.0 as usize <= pc) => Err("jumps in the wrong direction".to_owned()),
        _ => Ok(()),
    }
}

/// The highest register an instruction touches; 0 where the operands show all of them.
fn highest_register(op: Op) -> usize {
    let up_to = |a: Reg, count: Count, before: usize| usize::from(a.0) + count.get().unwrap_or(0) + before;
    match op {
        Op::LoadNil { a, count } => (usize::from(a.0) + usize::from(count)).saturating_sub(1),
        Op::Vararg { a, want } => up_to(a, want, 0).saturating_sub(1),
        Op::SetList { a, count, .. } => up_to(a, count, 0),
        Op::Method { a, .. } => usize::from(a.0) + 1,
        Op::Concat { b, count, .. } => usize::from(b.0) + usize::from(count) - 1,
        Op::ForPrep { a, .. } | Op::ForNext { a, .. } | Op::ForLoop { a, .. } | Op::TForPrep { a, .. } => {
            usize::from(a.0) + 3
        }
        Op::TForCall { a, count, .. } => usize::from(a.0) + 3 + usize::from(count).max(3),
        Op::TForLoop { a, .. } => usize::from(a.0) + 4,
        Op::Call { a, args, results } => up_to(a, args, 0).max(up_to(a, results, 0).saturating_sub(1)),
        Op::TailCall { a, args } => up_to(a, args, 0),
        Op::Return { a, count } | Op::ReturnClose { a, count } => up_to(a, count, 0).saturating_sub(1),
        _ => 0,
    }
}

/// The longest way through the code without a checkpoint; backward jumps charge fuel themselves.
fn straight_runs(proto: &Proto) -> Result<(), String> {
    let mut runs = vec![0usize; proto.code.len() + 1];
    for (pc, op) in proto.code.iter().enumerate() {
        let run = if matches!(op, Op::Checkpoint { .. }) { 0 } else { runs[pc] + 1 };
        if run > CHECKPOINT_LATEST + NODE_MAX {
            return Err(format!("a straight run of {run} instructions at {pc}"));
        }
        let falls_through = op.class() != Class::Leaves && !matches!(op, Op::Jump { .. } | Op::Loop { .. });
        if falls_through {
            runs[pc + 1] = runs[pc + 1].max(run);
        }
        if let Some(to) = op.label().filter(|to| to.0 as usize > pc) {
            runs[to.0 as usize] = runs[to.0 as usize].max(run);
        }
    }
    Ok(())
}

fn names(proto: &Proto) -> Result<(), String> {
    let mut start = 0;
    for local in &proto.locals {
        if local.start < start || local.end < local.start || local.end as usize > proto.code.len() {
            return Err(format!("the name {local:?} is out of order\n{proto}"));
        }
        if local.reg.0 >= proto.max_stack {
            return Err(format!("the name {local:?} has no register"));
        }
        start = local.start;
    }
    Ok(())
}

fn captures(outer: &Proto, inner: &Proto) -> Result<(), String> {
    for upvalue in &inner.upvalues {
        let is_right = match upvalue.capture {
            Capture::Register(reg) => reg.0 < outer.max_stack,
            Capture::Upvalue(up) => {
                outer.upvalues.get(usize::from(up.0)).is_some_and(|passed| passed.is_cell == upvalue.is_cell)
            }
            Capture::Running => !upvalue.is_cell,
        };
        if !is_right {
            return Err(format!("the upvalue {upvalue:?} is captured wrongly"));
        }
    }
    Ok(())
}
