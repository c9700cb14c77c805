//! The function being compiled: its code, constants, registers and jumps that wait for their target.
//!
//! [`FunctionState`] is a buffer with checked limits; it knows instructions, not Lua. [`Generator`] is the
//! stack of such buffers, one for each function around the place being compiled; the other files of the
//! room add to it what they know. Registers form a stack: whoever reserves one restores the old height.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::bytecode::{
    CHECKPOINT_EVERY, CHECKPOINT_LATEST, Cache, Capture, Child, Class, Const, Constant, Label, LocalName, Op, Proto,
    REGISTERS_MAX, Reg, Up, Upvalue, WideConst,
};
use crate::syntax::ast;

use super::block::{Active, BlockScope, LabelState};
use super::names::NameStack;
use super::scope::Facts;
use super::{ChunkName, CompileError};

/// The target of a jump that waits for one.
pub(super) const UNKNOWN: Label = Label(0);

/// Jumps that wait for their target.
pub(super) type Jumps = Vec<usize>;

/// The compiler at work: the chunk's facts and the functions being compiled, innermost apart.
#[derive(Debug)]
pub(super) struct Generator<'c> {
    name: Arc<str>,
    pub(super) source: Arc<str>,
    pub(super) facts: Facts,
    #[expect(clippy::vec_box, reason = "functions are moved between here and `f` for each one nested in them")]
    pub(super) outer: Vec<Box<FunctionState>>,
    pub(super) f: Box<FunctionState>,
    chunk: &'c ast::Chunk,
    /// What names are called.
    pub(super) names: &'c ast::Names,
    /// The variables in scope, those of all functions; the first is the chunk's environment.
    pub(super) actives: Vec<Active>,
    /// The names of `actives`.
    pub(super) visible: NameStack,
    /// The labels of all blocks around here.
    pub(super) labels: Vec<LabelState>,
    /// The names of `labels`.
    pub(super) label_names: NameStack,
    /// Long expressions that are no constants, by their addresses.
    pub(super) varying: RefCell<BTreeSet<usize>>,
    /// How many upvalues more the functions of the chunk may have. A variable that is used in a deep function is one in
    /// each function between: without a limit that is work, and memory, out of all proportion to the source.
    pub(super) upvalues_left: usize,
}

/// The upvalues that the functions of any chunk may have, and how many bytes of source allow one more.
const UPVALUES_BASE: usize = 4096;
const BYTES_PER_UPVALUE: usize = 2;

/// What is known of a function while it is compiled.
#[derive(Debug, Default)]
pub(super) struct FunctionState {
    code: Vec<Op>,
    lines: Vec<u32>,
    /// For each instruction how many there are on the longest path to it since the last checkpoint, with itself.
    debts: Vec<u32>,
    constants: Vec<Constant>,
    constant_index: BTreeMap<ConstantKey, u32>,
    children: Vec<Arc<Proto>>,
    caches: u32,
    free: u8,
    max_stack: u8,
    /// Instructions on the longest path since the last checkpoint.
    debt: usize,
    /// The last position something jumps to.
    last_target: usize,
    pub(super) upvalues: Vec<Upvalue>,
    /// Which upvalue a variable is, by its position in [`Generator::actives`].
    pub(super) upvalue_of: BTreeMap<usize, Up>,
    pub(super) locals: Vec<LocalName>,
    /// Where the function's own variables and labels begin among all.
    pub(super) first_active: usize,
    pub(super) first_label: usize,
    pub(super) blocks: Vec<BlockScope>,
    /// The first register above those of active locals.
    pub(super) active_top: u8,
    /// The local variable that names this very function, if it is never assigned.
    pub(super) own_local: Option<(u32, ast::Name)>,
    /// The line errors about limits are reported at.
    pub(super) line: u32,
    line_defined: u32,
    /// The line of the token behind the function, where gotos and breaks that lead nowhere are reported.
    pub(super) after_line: u32,
}

/// A constant by its bits, so that 1 and 1.0 are two, and a float can be a key.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
enum ConstantKey {
    Nil,
    Boolean(bool),
    Integer(i64),
    Float(u64),
    String(Arc<[u8]>),
    /// A string of more than [`ast::COMPARED_MAX`] bytes, by where it is.
    Long(usize),
}

impl<'c> Generator<'c> {
    pub(super) fn new(name: ChunkName<'_>, facts: Facts, chunk: &'c ast::Chunk, bytes: usize) -> Generator<'c> {
        let (name, source) = (name.given.into(), name.shown.into());
        let names = &chunk.names;
        let mut generator = Generator {
            name,
            source,
            facts,
            outer: Vec::new(),
            f: Box::default(),
            chunk,
            names,
            actives: Vec::new(),
            visible: NameStack::new(names.count()),
            labels: Vec::new(),
            label_names: NameStack::new(names.count()),
            varying: RefCell::default(),
            upvalues_left: UPVALUES_BASE + bytes / BYTES_PER_UPVALUE,
        };
        generator.push_environment();
        generator
    }

    /// The chunk's environment is an upvalue of its function, as if a function around it had declared it.
    fn push_environment(&mut self) {
        let capture = Capture::Register(Reg(0));
        self.f.upvalues.push(Upvalue { name: Arc::clone(self.names.text(ast::Name::ENV)), capture, is_cell: false });
        self.f.upvalue_of.insert(self.actives.len(), Up(0));
        self.actives.push(Active::environment());
        self.visible.push(ast::Name::ENV);
        self.f.first_active = self.actives.len();
    }

    /// How many functions there are around here, with the one being compiled.
    pub(super) fn depth(&self) -> usize {
        self.outer.len() + 1
    }

    /// Compiles the whole chunk.
    pub(super) fn chunk(mut self) -> Result<Arc<Proto>, CompileError> {
        let chunk = self.chunk;
        if self.facts.is_assigned(chunk.local_count) {
            self.own_environment(chunk.local_count)?;
        }
        self.body(&chunk.main)?;
        self.deactivate(self.f.first_active);
        Ok(self.finish(&chunk.main))
    }

    /// Compiles a nested function and returns its number. `own_local` is the never-assigned local
    /// variable that will hold the closure.
    pub(super) fn function(
        &mut self,
        function: &ast::Function,
        own_local: Option<(u32, ast::Name)>,
    ) -> Result<Child, CompileError> {
        let inner = FunctionState {
            line_defined: function.line,
            own_local,
            first_active: self.actives.len(),
            first_label: self.labels.len(),
            ..FunctionState::default()
        };
        self.outer.push(std::mem::replace(&mut self.f, Box::new(inner)));
        self.body(function)?;
        let proto = self.finish(function);
        if let Some(enclosing) = self.outer.pop() {
            self.f = enclosing;
        }
        self.f.children.push(proto);
        Ok(Child(narrow(self.f.children.len() - 1)))
    }

    /// A chunk that assigns to `_ENV` itself gets a local variable of that name, so that its upvalue
    /// stays a plain value in every chunk.
    fn own_environment(&mut self, id: u32) -> Result<(), CompileError> {
        let reg = self.f.reserve(1)?;
        self.f.emit(Op::GetUp { a: reg, up: Up(0) }, 0);
        self.activate_named(ast::Name::ENV, id, reg, 0);
        Ok(())
    }

    fn body(&mut self, function: &ast::Function) -> Result<(), CompileError> {
        self.f.line = function.line;
        self.f.after_line = function.after_line;
        self.enter_block(&function.body, false);
        let count = u8::try_from(function.params.len()).unwrap_or(u8::MAX);
        let first = self.f.reserve(count)?;
        for (param, reg) in function.params.iter().zip(first.0..) {
            self.activate(param, Reg(reg));
        }
        let begin = self.f.here();
        self.stats(&function.body, true)?;
        let entries = self.active_entries();
        self.leave_block(function.body.end_line);
        let line = if function.end_line == 0 { function.body.last_line } else { function.end_line };
        if !self.f.is_left() {
            self.f.emit(Op::Return0 {}, line);
            // A hook sees the function's variables when it returns.
            self.end_names_here(&entries);
        }
        self.f.begin_lines_at(0, begin);
        Ok(())
    }

    fn finish(&mut self, function: &ast::Function) -> Arc<Proto> {
        let state = std::mem::take(&mut *self.f);
        let mut code = state.code;
        thread_jumps(&mut code);
        Arc::new(Proto {
            chunk_name: self.name.clone(),
            source: self.source.clone(),
            shares_variables: self.facts.shares_variables(),
            line_defined: function.line,
            last_line: function.end_line,
            params: u8::try_from(function.params.len()).unwrap_or(u8::MAX),
            is_vararg: function.is_vararg,
            max_stack: state.max_stack,
            caches: u16::try_from(state.caches).unwrap_or(u16::MAX),
            code: code.into(),
            lines: state.lines.into(),
            constants: state.constants.into(),
            upvalues: state.upvalues.into(),
            children: state.children.into(),
            own_name: state.own_local.map(|(_, name)| Arc::clone(self.names.text(name))),
            locals: state.locals.into(),
        })
    }
}

impl FunctionState {
    // -- code ----------------------------------------------------------------------------------------

    /// Appends an instruction and returns its position.
    pub(super) fn emit(&mut self, op: Op, line: u32) -> usize {
        self.code.push(op);
        self.lines.push(line);
        self.debt += 1;
        self.debts.push(narrow(self.debt));
        self.code.len() - 1
    }

    /// Gives the instructions from `from` up to `to`, which make cells for parameters or loop variables, the line of
    /// what follows them: that is where a hook sees the code begin.
    pub(super) fn begin_lines_at(&mut self, from: usize, to: usize) {
        let line = self.lines.get(to).copied();
        if let (Some(line), Some(lines)) = (line, self.lines.get_mut(from..to)) {
            lines.fill(line);
        }
    }

    /// Gives the test of a value, if that is the last instruction, its line: the one of `then`.
    pub(super) fn test_at(&mut self, line: u32) {
        if let (Some(Op::JumpIf { .. } | Op::JumpIfNot { .. }), Some(last)) = (self.code.last(), self.lines.last_mut())
        {
            *last = line;
        }
    }

    /// The position of the next instruction.
    pub(super) fn here(&self) -> usize {
        self.code.len()
    }

    /// The position of the next instruction, as one that will be jumped to.
    pub(super) fn target_here(&mut self) -> Label {
        self.last_target = self.code.len();
        label(self.last_target)
    }

    /// Lets a jump go to the next instruction.
    pub(super) fn patch_here(&mut self, jump: usize) {
        let here = self.target_here();
        if let Some(op) = self.code.get_mut(jump) {
            op.set_label(here);
        }
        self.join_debt(self.debts.get(jump).map_or(0, |debt| *debt as usize));
    }

    /// Lets jumps go to the next instruction.
    pub(super) fn patch_all_here(&mut self, jumps: &[usize]) {
        jumps.iter().for_each(|jump| self.patch_here(*jump));
    }

    /// Whether the next instruction can be reached by no path.
    pub(super) fn is_unreachable(&self) -> bool {
        let jumps = matches!(self.code.last(), Some(Op::Jump { .. } | Op::Loop { .. }));
        self.is_left() || (jumps && self.last_target != self.code.len())
    }

    /// Whether the last instruction leaves the function and nothing jumps to the next.
    fn is_left(&self) -> bool {
        self.last_target != self.code.len() && self.code.last().is_some_and(|op| op.class() == Class::Leaves)
    }

    // -- fuel ----------------------------------------------------------------------------------------

    /// Instructions on the longest path since the last checkpoint.
    pub(super) fn debt(&self) -> usize {
        self.debt
    }

    /// Another path with `debt` joins here.
    pub(super) fn join_debt(&mut self, debt: usize) {
        self.debt = self.debt.max(debt);
    }

    /// Another path with `debt` goes on here, and not the one so far.
    pub(super) fn set_debt(&mut self, debt: usize) {
        self.debt = debt;
    }

    /// Puts a checkpoint if it is time for one; between statements and between items of a constructor.
    pub(super) fn checkpoint(&mut self, line: u32) {
        self.checkpoint_after(CHECKPOINT_EVERY, line);
    }

    /// Puts a checkpoint within an expression, if it has become long. It may stand wherever no open list of values has
    /// been begun: a pause there keeps all registers.
    pub(super) fn checkpoint_within(&mut self, line: u32) {
        self.checkpoint_after(CHECKPOINT_LATEST, line);
    }

    fn checkpoint_after(&mut self, debt: usize, line: u32) {
        if self.debt >= debt {
            let cost = narrow(self.debt);
            self.emit(Op::Checkpoint { cost }, line);
            self.debt = 0;
        }
    }

    // -- registers -----------------------------------------------------------------------------------

    /// The first free register.
    pub(super) fn free(&self) -> u8 {
        self.free
    }

    /// Frees all registers from `free` on.
    pub(super) fn set_free(&mut self, free: u8) {
        self.free = free;
    }

    /// Takes the next `count` registers and returns the first.
    pub(super) fn reserve(&mut self, count: u8) -> Result<Reg, CompileError> {
        let first = self.free;
        self.need(count)?;
        self.free += count;
        Ok(Reg(first))
    }

    /// Makes sure that the function has `count` registers above those in use.
    pub(super) fn need(&mut self, count: u8) -> Result<(), CompileError> {
        match self.free.checked_add(count) {
            Some(height) if height <= REGISTERS_MAX => {
                self.max_stack = self.max_stack.max(height);
                Ok(())
            }
            _ => Err(self.too_many_registers()),
        }
    }

    pub(super) fn too_many_registers(&self) -> CompileError {
        CompileError::new(self.line, "function or expression needs too many registers")
    }

    /// Whether the register is a temporary, not an active local variable.
    pub(super) fn is_temp(&self, reg: Reg) -> bool {
        reg.0 >= self.active_top
    }

    /// Whether the register is the highest in use.
    pub(super) fn is_top(&self, reg: Reg) -> bool {
        self.is_temp(reg) && usize::from(reg.0) + 1 == usize::from(self.free)
    }

    /// Where the function is, as messages about its limits say it.
    pub(super) fn place(&self) -> String {
        match self.line_defined {
            0 => "main function".to_owned(),
            line => format!("function at line {line}"),
        }
    }

    // -- constants and caches ------------------------------------------------------------------------

    /// The constant's number.
    pub(super) fn wide_constant(&mut self, constant: &Constant) -> WideConst {
        let key = match constant {
            Constant::Nil => ConstantKey::Nil,
            Constant::Boolean(b) => ConstantKey::Boolean(*b),
            Constant::Integer(i) => ConstantKey::Integer(*i),
            Constant::Float(x) => ConstantKey::Float(x.to_bits()),
            Constant::String(s) if s.len() > ast::COMPARED_MAX => ConstantKey::Long(s.as_ptr().addr()),
            Constant::String(s) => ConstantKey::String(s.clone()),
        };
        let constants = &mut self.constants;
        let index = self.constant_index.entry(key).or_insert_with(|| {
            constants.push(constant.clone());
            narrow(constants.len() - 1)
        });
        WideConst(*index)
    }

    /// The constant's number, if a [`Const`] can hold it.
    pub(super) fn constant(&mut self, constant: &Constant) -> Option<Const> {
        u16::try_from(self.wide_constant(constant).0).ok().map(Const)
    }

    /// A cache slot of its own, as long as there are any.
    pub(super) fn cache(&mut self) -> Cache {
        match u16::try_from(self.caches) {
            Ok(slot) if slot != Cache::NONE.0 => {
                self.caches += 1;
                Cache(slot)
            }
            _ => Cache::NONE,
        }
    }

    /// Loads a constant in the shortest way.
    pub(super) fn load(&mut self, a: Reg, constant: &Constant, line: u32) {
        let op = match constant {
            Constant::Nil => Op::LoadNil { a, count: 1 },
            Constant::Boolean(value) => Op::LoadBool { a, value: *value },
            Constant::Integer(i) if i32::try_from(*i).is_ok() => {
                Op::LoadInt { a, value: i32::try_from(*i).unwrap_or_default() }
            }
            _ => Op::LoadConst { a, k: self.wide_constant(constant) },
        };
        self.emit(op, line);
    }
}

/// Lets jumps that go to a jump go where that one goes. All of them go forwards, so that a walk from the
/// end finds every target final.
fn thread_jumps(code: &mut [Op]) {
    for pc in (0..code.len()).rev() {
        let Some(op) = code.get(pc).copied() else { continue };
        let is_forward_jump = op.class() == Class::Jumps && !matches!(op, Op::Loop { .. } | Op::TForPrep { .. });
        let Some(target) = op.label().filter(|_| is_forward_jump) else { continue };
        if let (Some(Op::Jump { to }), Some(op)) = (code.get(target.0 as usize).copied(), code.get_mut(pc)) {
            op.set_label(to);
        }
    }
}

/// A position as a label.
pub(super) fn label(position: usize) -> Label {
    Label(narrow(position))
}

/// A count of things in memory as 32 bits; a source that has more of them does not fit in memory.
pub(super) fn narrow(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}
