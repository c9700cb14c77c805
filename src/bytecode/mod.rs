//! *The contract between compiler and machine.*
//!
//! A [`Proto`] is a compiled function: `Send + Sync + 'static`, without a garbage-collected pointer, so
//! it can be made on any thread and shared by any number of machines. This room names no other.
//!
//! What the compiler promises and the machine relies on:
//! - every register an instruction names is below `max_stack`, which is at most [`REGISTERS_MAX`];
//! - every path through the code ends in an instruction of class [`Class::Leaves`];
//! - only `Loop`, `ForNext`, `ForLoop` and `TForLoop` jump backwards, and all four charge fuel;
//! - no straight run is longer than [`CHECKPOINT_LATEST`] instructions, and the few that belong to one node of an
//!   expression or to one statement's assignments, without a `Checkpoint`.
//!
//! The machine never trusts this for memory safety (every index is checked, or cannot be out of range
//! by its type), only for meaning.

use std::fmt;
use std::sync::Arc;

mod op;

pub use op::{Cache, Child, Class, Const, Count, Label, Op, Reg, Up, WideConst};

/// The most registers a function may use. The machine's window has 256; the rest is room for call setup.
pub const REGISTERS_MAX: u8 = 250;

/// After this many instructions without a point that charges fuel, the compiler puts a `Checkpoint` where
/// a statement or an item of a constructor ends.
pub const CHECKPOINT_EVERY: usize = 512;

/// After this many it puts one even within an expression.
pub const CHECKPOINT_LATEST: usize = 1024;

/// A compiled Lua function.
#[derive(Debug, Clone, PartialEq)]
pub struct Proto {
    /// The chunk's name as it was given, such as `@scripts/patrol.lua` or `x = 1`.
    pub chunk_name: Arc<str>,
    /// The chunk's name as errors show it, such as `scripts/patrol.lua` or `[string "x = 1"]`.
    pub source: Arc<str>,
    /// The line of `function`, or 0 for a whole chunk.
    pub line_defined: u32,
    /// The line of the closing `end`, or 0 for a whole chunk.
    pub last_line: u32,
    /// The number of fixed parameters; they arrive in `R0` and up.
    pub params: u8,
    /// Whether the chunk was compiled for variables to be shared: an upvalue that is no cell may then hold one.
    pub shares_variables: bool,
    /// Whether the function takes extra arguments.
    pub is_vararg: bool,
    /// The number of registers the function uses.
    pub max_stack: u8,
    /// The number of inline cache slots.
    pub caches: u16,
    /// The instructions.
    pub code: Box<[Op]>,
    /// The line of each instruction.
    pub lines: Box<[u32]>,
    /// The constants.
    pub constants: Box<[Constant]>,
    /// How each upvalue is found when a closure is made. A chunk has one, `_ENV`.
    pub upvalues: Box<[Upvalue]>,
    /// The functions nested in this one.
    pub children: Box<[Arc<Proto>]>,
    /// The name of the local variable that holds the function, where the function can read itself by it.
    pub own_name: Option<Arc<str>>,
    /// Names of local variables, for messages and debugging, in order of `start`.
    pub locals: Box<[LocalName]>,
}

/// A constant in a function.
#[derive(Debug, Clone, PartialEq)]
pub enum Constant {
    /// `nil`
    Nil,
    /// `false` or `true`
    Boolean(bool),
    /// An integer.
    Integer(i64),
    /// A float.
    Float(f64),
    /// A string.
    String(Arc<[u8]>),
}

/// Where a closure finds one of its captured variables when it is made.
#[derive(Debug, Clone, PartialEq)]
pub struct Upvalue {
    /// The variable's name.
    pub name: Arc<str>,
    /// Where it is in the function that makes the closure.
    pub capture: Capture,
    /// Whether it is a cell (a variable assigned after its declaration) or a plain value.
    pub is_cell: bool,
}

/// The place a captured variable is taken from, in the frame of the enclosing function.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Capture {
    /// A register: its value, or the cell it holds.
    Register(Reg),
    /// An upvalue of the enclosing closure, passed on as it is.
    Upvalue(Up),
    /// The enclosing closure itself (`local function f` seen from within `f`).
    Running,
}

/// The name of a local variable and the instructions over which its register holds it.
#[derive(Debug, Clone, PartialEq)]
pub struct LocalName {
    /// The variable's name; one in parentheses is the compiler's own, such as `(for state)`.
    pub name: Arc<str>,
    /// Its register.
    pub reg: Reg,
    /// The first instruction at which it is in scope.
    pub start: u32,
    /// The first instruction at which it no longer is.
    pub end: u32,
}

/// So many variables are looked at in the search for one: a function may have any number. In functions with more
/// [`Proto::active_registers`] takes all registers for active.
const SEARCHED_MAX: usize = 2000;

impl Proto {
    /// The name of the local variable in `reg` at instruction `pc`, if it is among the last 2,000 declared
    /// before.
    pub fn local_name(&self, reg: Reg, pc: usize) -> Option<&str> {
        let pc = u32::try_from(pc).ok()?;
        let before = self.locals.partition_point(|local| local.start <= pc);
        let mut near = self.locals.iter().take(before).rev().take(SEARCHED_MAX);
        Some(&near.find(|local| local.reg == reg && pc < local.end)?.name)
    }

    /// How many registers, from the first on, belong to variables at instruction `pc`, where a loop's turn begins.
    pub fn active_registers(&self, pc: usize) -> usize {
        if self.locals.len() > SEARCHED_MAX {
            return usize::from(u8::MAX);
        }
        // The loop's own variables are named once they are in their cells.
        let cells = self.code.iter().skip(pc).take_while(|op| matches!(op, Op::NewCell { .. })).count();
        let active = |local: &&LocalName| (local.start as usize..local.end as usize).contains(&(pc + cells));
        let registers = self.locals.iter().filter(active).map(|local| usize::from(local.reg.0) + 1);
        registers.max().unwrap_or(0)
    }

    /// The line of instruction `pc`, or 0 past the end.
    pub fn line(&self, pc: usize) -> u32 {
        self.lines.get(pc).copied().unwrap_or(0)
    }
}

impl fmt::Display for Constant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Constant::Nil => f.write_str("nil"),
            Constant::Boolean(b) => write!(f, "{b}"),
            Constant::Integer(i) => write!(f, "{i}"),
            Constant::Float(x) => write!(f, "{x:?}"),
            Constant::String(s) => write!(f, "\"{}\"", s.escape_ascii()),
        }
    }
}

/// The listing: what `deimos --list` prints and the golden tests compare.
impl fmt::Display for Proto {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = if self.line_defined == 0 { "main" } else { "function" };
        let vararg = if self.is_vararg { "+" } else { "" };
        writeln!(
            f,
            "{kind} <{}:{},{}> {}{vararg} params, {} registers, {} upvalues",
            self.source,
            self.line_defined,
            self.last_line,
            self.params,
            self.max_stack,
            self.upvalues.len()
        )?;
        for (pc, op) in self.code.iter().enumerate() {
            writeln!(f, "  {pc:4} [{:3}] {op}{}", self.line(pc), self.remark(*op))?;
        }
        for (index, up) in self.upvalues.iter().enumerate() {
            let cell = if up.is_cell { " cell" } else { "" };
            match up.capture {
                Capture::Register(reg) => writeln!(f, "  U{index} {} = {reg}{cell}", up.name)?,
                Capture::Upvalue(outer) => writeln!(f, "  U{index} {} = {outer}{cell}", up.name)?,
                Capture::Running => writeln!(f, "  U{index} {} = running{cell}", up.name)?,
            }
        }
        self.children.iter().try_for_each(|child| write!(f, "\n{child}"))
    }
}

impl Proto {
    /// What a reader of the listing wants beside the operands: the constant or the upvalue's name.
    fn remark(&self, op: Op) -> String {
        let constant = |index: usize| self.constants.get(index).map(|k| format!("  ; {k}")).unwrap_or_default();
        match op {
            Op::LoadConst { k, .. } => constant(k.0 as usize),
            Op::GetField { key, .. }
            | Op::SetField { key, .. }
            | Op::Method { key, .. }
            | Op::GetUpField { key, .. }
            | Op::SetUpField { key, .. } => constant(key.0.into()),
            Op::SetIndexK { k, .. }
            | Op::AddK { k, .. }
            | Op::SubK { k, .. }
            | Op::MulK { k, .. }
            | Op::DivK { k, .. }
            | Op::IDivK { k, .. }
            | Op::ModK { k, .. }
            | Op::PowK { k, .. }
            | Op::BAndK { k, .. }
            | Op::BOrK { k, .. }
            | Op::BXorK { k, .. }
            | Op::ShlK { k, .. }
            | Op::ShrK { k, .. }
            | Op::JumpEqK { k, .. }
            | Op::JumpNotEqK { k, .. } => constant(k.0.into()),
            Op::GetUp { up, .. } | Op::GetUpCell { up, .. } | Op::SetUpCell { up, .. } => {
                self.upvalues.get(usize::from(up.0)).map(|u| format!("  ; {}", u.name)).unwrap_or_default()
            }
            _ => String::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instruction_is_eight_bytes() {
        assert_eq!(size_of::<Op>(), 8);
    }

    #[test]
    fn label_can_be_moved() {
        let mut op = Op::JumpLt { a: Reg(1), b: Reg(2), to: Label(0) };
        op.set_label(Label(9));
        assert_eq!(op.label(), Some(Label(9)));
        assert_eq!(op.to_string(), "JumpLt       R1 R2 L9");
    }

    #[test]
    fn proto_can_cross_threads() {
        fn check<T: Send + Sync + 'static>() {}
        check::<Proto>();
    }
}
