//! Names for messages: which variable an instruction worked on, what a called function is called, and where a
//! function is.
//!
//! Nothing is recorded at run time for this. The names come from reading the code backwards from the
//! instruction that failed, as PUC-Rio does it.

use super::context::Context;
use super::error::Operand;
use super::executor::Control;
use super::function::Closure;
use super::thread::{Frame, Thread};
use crate::bytecode::{Class, Constant, Op, Proto, Reg};

/// A kind of variable and its name, such as `local` and `x`.
#[derive(Debug)]
pub(super) struct Name {
    pub(super) kind: &'static str,
    pub(super) name: String,
}

impl Name {
    pub(super) fn new(kind: &'static str, name: impl Into<String>) -> Option<Name> {
        Some(Name { kind, name: name.into() })
    }
}

/// Instructions that are looked at in the search for the one that set a register. What was set further back goes
/// without a name, for a message must not cost more in a long function.
const LOOKED_BACK_MAX: usize = 1000;

/// The furthest level whose position is told.
const LEVELS_MAX: i64 = 10_000;

/// Register moves that are followed back from one to the next.
const MOVES_MAX: usize = 16;

/// ` (local 'x')` for an operand of the instruction before `pc`, or nothing.
pub(super) fn variable_info(frame: &Frame<'_>, operand: Operand) -> String {
    let name = if operand == Operand::Called { called_name(frame) } else { name_of_operand(frame, operand) };
    match name {
        Some(Name { kind, name }) => format!(" ({kind} '{name}')"),
        None => String::new(),
    }
}

fn name_of_operand(frame: &Frame<'_>, operand: Operand) -> Option<Name> {
    let proto = frame.closure.map(Closure::proto)?;
    let pc = (frame.pc as usize).checked_sub(1)?;
    operand_name(proto, pc, *proto.code.get(pc)?, operand)
}

fn operand_name(proto: &Proto, pc: usize, op: Op, operand: Operand) -> Option<Name> {
    let reg = match (operand, op) {
        (Operand::In(reg), _) => reg,
        (Operand::Indexed, Op::GetUpField { up, .. } | Op::SetUpField { up, .. }) => {
            return Name::new("upvalue", &*proto.upvalues.get(usize::from(up.0))?.name);
        }
        (
            Operand::Indexed,
            Op::GetField { b, .. } | Op::GetIndex { b, .. } | Op::GetInt { b, .. } | Op::Method { b, .. },
        ) => b,
        (
            Operand::Indexed,
            Op::SetField { a, .. } | Op::SetIndex { a, .. } | Op::SetIndexK { a, .. } | Op::SetInt { a, .. },
        ) => a,
        (Operand::First | Operand::Second, op) => operand_register(op, operand == Operand::Second)?,
        _ => return None,
    };
    register_name(proto, pc, reg, MOVES_MAX)
}

fn operand_register(op: Op, second: bool) -> Option<Reg> {
    match op {
        Op::Add { b, c, .. }
        | Op::Sub { b, c, .. }
        | Op::Mul { b, c, .. }
        | Op::Div { b, c, .. }
        | Op::IDiv { b, c, .. }
        | Op::Mod { b, c, .. }
        | Op::Pow { b, c, .. }
        | Op::BAnd { b, c, .. }
        | Op::BOr { b, c, .. }
        | Op::BXor { b, c, .. }
        | Op::Shl { b, c, .. }
        | Op::Shr { b, c, .. } => Some(if second { c } else { b }),
        Op::Unm { b, .. } | Op::BNot { b, .. } | Op::Len { b, .. } => Some(b),
        Op::AddK { b, .. }
        | Op::SubK { b, .. }
        | Op::MulK { b, .. }
        | Op::DivK { b, .. }
        | Op::IDivK { b, .. }
        | Op::ModK { b, .. }
        | Op::PowK { b, .. }
        | Op::BAndK { b, .. }
        | Op::BOrK { b, .. }
        | Op::BXorK { b, .. }
        | Op::ShlK { b, .. }
        | Op::ShrK { b, .. }
        | Op::AddI { b, .. }
        | Op::SubI { b, .. } => (!second).then_some(b),
        _ => None,
    }
}

/// What the value in `reg` is called just before the instruction at `pc`.
fn register_name(proto: &Proto, pc: usize, reg: Reg, moves: usize) -> Option<Name> {
    if let Some(name) = proto.local_name(reg, pc) {
        return Name::new("local", name);
    }
    let setter = last_setter(proto, pc, reg)?;
    match *proto.code.get(setter)? {
        Op::Move { b, .. } | Op::GetCell { b, .. } if moves > 0 => register_name(proto, setter, b, moves - 1),
        Op::GetUp { up, .. } | Op::GetUpCell { up, .. } => {
            Name::new("upvalue", &*proto.upvalues.get(usize::from(up.0))?.name)
        }
        Op::GetUpField { up, key, .. } => {
            let is_env = proto.upvalues.get(usize::from(up.0)).is_some_and(|up| &*up.name == "_ENV");
            Name::new(if is_env { "global" } else { "field" }, string_constant(proto, key.0.into())?)
        }
        Op::GetField { b, key, .. } => {
            let table = register_name(proto, setter, b, 0);
            let is_env = table.is_some_and(|table| table.name == "_ENV" && matches!(table.kind, "local" | "upvalue"));
            Name::new(if is_env { "global" } else { "field" }, string_constant(proto, key.0.into())?)
        }
        Op::GetIndex { c, .. } => match register_name(proto, setter, c, 0) {
            Some(Name { kind: "constant", name }) => Name::new("field", name),
            _ => Name::new("field", "?"),
        },
        // So PUC-Rio names it where the index fits an instruction of its own.
        Op::GetInt { index: 0..=255, .. } => Name::new("field", "integer index"),
        Op::GetInt { .. } => Name::new("field", "?"),
        Op::Method { key, .. } => Name::new("method", string_constant(proto, key.0.into())?),
        Op::LoadConst { k, .. } => Name::new("constant", string_constant(proto, k.0 as usize)?),
        Op::LoadRunning { .. } => Name::new("upvalue", &**proto.own_name.as_ref()?),
        _ => None,
    }
}

fn string_constant(proto: &Proto, index: usize) -> Option<String> {
    match proto.constants.get(index)? {
        // PUC-Rio's messages show a name up to its first zero byte.
        Constant::String(bytes) => {
            bytes.split(|byte| *byte == 0).next().map(|name| String::from_utf8_lossy(name).into())
        }
        _ => None,
    }
}

/// The last instruction before `pc` that surely set `reg`: one within a branch that may have been jumped
/// over does not count, as far as the jump is among those looked at.
fn last_setter(proto: &Proto, pc: usize, reg: Reg) -> Option<usize> {
    let mut setter = None;
    let mut branch_end = 0;
    for (at, op) in proto.code.iter().enumerate().take(pc).skip(pc.saturating_sub(LOOKED_BACK_MAX)) {
        let sets = match (op.class(), op.first_reg()) {
            (Class::Sets, Some(a)) => a == reg,
            (Class::SetsFrom | Class::Loops, Some(a)) => match *op {
                Op::LoadNil { count, .. } => (a.0..a.0.saturating_add(count)).contains(&reg.0),
                Op::Method { .. } => reg == a || reg.0 == a.0.saturating_add(1),
                Op::TForCall { .. } => reg.0 >= a.0.saturating_add(4),
                _ => reg >= a,
            },
            _ => false,
        };
        if let Some(label) = op.label() {
            let to = label.0 as usize;
            if to > at && to <= pc && to > branch_end {
                branch_end = to;
            }
        }
        if sets {
            setter = (at >= branch_end).then_some(at);
        }
    }
    setter
}

/// How the function that `caller` is calling is called there.
pub(super) fn called_name(caller: &Frame<'_>) -> Option<Name> {
    let proto = caller.closure?.proto();
    let pc = (caller.pc as usize).checked_sub(1)?;
    let event = match *proto.code.get(pc)? {
        Op::Call { a, .. } | Op::TailCall { a, .. } => return register_name(proto, pc, a, MOVES_MAX),
        Op::TForCall { .. } => return Name::new("for iterator", "for iterator"),
        Op::GetField { .. } | Op::GetUpField { .. } | Op::GetIndex { .. } | Op::GetInt { .. } | Op::Method { .. } => {
            "index"
        }
        Op::SetField { .. }
        | Op::SetUpField { .. }
        | Op::SetIndex { .. }
        | Op::SetIndexK { .. }
        | Op::SetInt { .. } => "newindex",
        Op::Concat { .. } => "concat",
        Op::Len { .. } => "len",
        Op::JumpEq { .. } | Op::JumpNotEq { .. } => "eq",
        Op::Close { .. } | Op::ReturnClose { .. } => "close",
        Op::Unm { .. } => "unm",
        Op::BNot { .. } => "bnot",
        Op::JumpLt { .. } | Op::JumpNotLt { .. } | Op::JumpLtI { .. } | Op::JumpNotLtI { .. } => "lt",
        Op::JumpGtI { .. } | Op::JumpNotGtI { .. } => "lt",
        Op::JumpLe { .. } | Op::JumpNotLe { .. } | Op::JumpLeI { .. } | Op::JumpNotLeI { .. } => "le",
        Op::JumpGeI { .. } | Op::JumpNotGeI { .. } => "le",
        op => match operand_register(op, false) {
            Some(_) => return Name::new("metamethod", op.name().trim_end_matches(['K', 'I']).to_lowercase()),
            None => return None,
        },
    };
    Name::new("metamethod", event)
}

impl<'gc> Control<'gc> {
    /// The position of the function at `level` of the running coroutine as `file:line: `; 1 is the caller of the
    /// native function that runs. Of levels beyond 10,000 it is empty.
    pub(super) fn position(&self, level: i64) -> String {
        let levels = self.levels(None);
        let found =
            Some(level).filter(|level| *level <= LEVELS_MAX).and_then(|level| levels.get(level.checked_sub(1)?));
        match found.and_then(|level| Some((levels.lua_frame(level)?.closure?, levels.line(level)?))) {
            Some((closure, line)) => format!("{}:{line}: ", closure.proto().source),
            None => String::new(),
        }
    }

    /// The complete text of a complaint about an argument of the native function `native`, which the innermost
    /// frame called.
    pub(super) fn argument_message(&self, index: usize, message: &str, native: Option<&str>) -> String {
        let levels = self.levels(None);
        let caller = levels.frames.last();
        let (method, name) = match caller.and_then(called_name) {
            Some(Name { kind, name }) => (kind == "method", name),
            // What no library's table holds, such as the step of `ipairs`, has a name that no variable could have.
            None => (false, native.filter(|name| !name.contains(' ')).unwrap_or("?").to_owned()),
        };
        match (method, index) {
            (true, 0) => format!("calling '{name}' on bad self ({message})"),
            (true, _) => format!("bad argument #{index} to '{name}' ({message})"),
            (false, _) => format!("bad argument #{} to '{name}' ({message})", index + 1),
        }
    }
}

impl<'gc> Thread<'gc> {
    /// The call stack of a coroutine at rest as text, in the form of Lua's `debug.traceback`. Of one that was
    /// paused while it waited for other coroutines it is the stack of the one that ran.
    pub fn traceback(self, ctx: Context<'gc>) -> String {
        self.innermost().state().levels().traceback(ctx, 0)
    }
}
