//! Names: where the variable a name means is found, and what is assigned to.
//!
//! A name means the innermost active local of that name in this function or one around it; a variable of
//! an outer function is passed inwards through the upvalues of every function between. What is no
//! variable is a field of `_ENV`. Facts about cells come from the resolver; nothing here looks ahead.

use std::sync::Arc;

use crate::bytecode::{Capture, Const, Constant, Op, Reg, Up, Upvalue};
use crate::syntax::ast::{Expr, ExprKind, Name};

use super::CompileError;
use super::block::{Active, Home};
use super::function::{FunctionState, Generator};

/// The most upvalues a function may have.
const UPVALUES_MAX: usize = 255;

/// Where a variable is, seen from the function being compiled.
#[derive(Debug, Clone)]
pub(super) enum Variable {
    /// A local variable in a register.
    Register(Reg),
    /// A local variable in a cell.
    Cell(Reg),
    /// A compile-time constant.
    Constant(Constant),
    /// A captured value.
    Upvalue(Up),
    /// A captured cell.
    UpCell(Up),
    /// The running closure itself.
    Running,
}

/// A place that can be assigned to, its object and key evaluated.
#[derive(Debug, Clone, Copy)]
pub(super) enum Target {
    Register(Reg),
    Cell(Reg),
    UpCell(Up),
    UpField(Up, Const),
    Field(Reg, Const),
    Integer(Reg, i32),
    Index(Reg, Reg),
}

/// A table key in the form that suits it best.
#[derive(Debug, Clone, Copy)]
pub(super) enum Key {
    Field(Const),
    Integer(i32),
    Register(Reg),
}

impl Generator<'_> {
    /// The variable that `name` means, or `None` for a global one.
    pub(super) fn variable(&mut self, name: Name) -> Result<Option<Variable>, CompileError> {
        let Some(index) = self.visible.find(name) else { return Ok(None) };
        let Some(active) = self.actives.get(index) else { return Ok(None) };
        if active.depth != self.depth() {
            return self.captured(name, index).map(Some);
        }
        Ok(Some(match &active.home {
            Home::Register(reg) => Variable::Register(*reg),
            Home::Cell(reg) => Variable::Cell(*reg),
            Home::Constant(constant) => Variable::Constant(constant.clone()),
        }))
    }

    /// The variable at `index`, which belongs to a function around the one being compiled.
    fn captured(&mut self, name: Name, index: usize) -> Result<Variable, CompileError> {
        if let Some(up) = self.f.upvalue_of.get(&index) {
            return Ok(self.upvalue(*up));
        }
        // The functions from `first` on are inside the one that declares the variable.
        let Some(Active { home, id, depth: first, .. }) = self.actives.get(index) else { return Ok(Variable::Running) };
        let (id, first) = (*id, *first);
        let (reg, is_cell) = match home {
            Home::Constant(constant) => return Ok(Variable::Constant(constant.clone())),
            Home::Register(reg) => (*reg, false),
            Home::Cell(reg) => (*reg, true),
        };
        let mut inside = self.outer.iter().enumerate().skip(first).rev();
        let nearest = inside.find_map(|(level, function)| Some((level, *function.upvalue_of.get(&index)?)));
        if let Some((level, up)) = nearest {
            return self.pass_inwards((name, index), Capture::Upvalue(up), is_cell, level + 1);
        }
        let next = self.outer.get(first).unwrap_or(&self.f);
        if id.is_none() || next.own_local.map(|(id, _)| id) != id {
            return self.pass_inwards((name, index), Capture::Register(reg), is_cell, first);
        }
        if first == self.outer.len() {
            return Ok(Variable::Running);
        }
        self.pass_inwards((name, index), Capture::Running, is_cell, first + 1)
    }

    /// Adds an upvalue to each function from `level` on to the one being compiled.
    fn pass_inwards(
        &mut self,
        (name, index): (Name, usize),
        mut capture: Capture,
        is_cell: bool,
        level: usize,
    ) -> Result<Variable, CompileError> {
        let name = Arc::clone(self.names.text(name));
        let line = self.f.line;
        let count = self.outer.len() + 1 - level;
        self.upvalues_left = self.upvalues_left.checked_sub(count).ok_or_else(|| {
            CompileError::new(line, "too many variables of outer functions in a chunk of this length")
        })?;
        for function in self.outer.iter_mut().skip(level) {
            let upvalue = Upvalue { name: Arc::clone(&name), capture, is_cell };
            capture = Capture::Upvalue(add_upvalue(function, index, upvalue, line)?);
        }
        let up = add_upvalue(&mut self.f, index, Upvalue { name, capture, is_cell }, line)?;
        Ok(self.upvalue(up))
    }

    fn upvalue(&self, up: Up) -> Variable {
        let is_cell = self.f.upvalues.get(usize::from(up.0)).is_some_and(|upvalue| upvalue.is_cell);
        if is_cell { Variable::UpCell(up) } else { Variable::Upvalue(up) }
    }

    /// The compile-time constant that `name` means, if it means one. Captures nothing.
    pub(super) fn named_constant(&self, name: Name) -> Option<Constant> {
        match &self.actives.get(self.visible.find(name)?)?.home {
            Home::Constant(constant) => Some(constant.clone()),
            Home::Register(_) | Home::Cell(_) => None,
        }
    }

    /// Reads a variable: a local's own register if `dst` is `None`, else into `dst` or a new temporary.
    pub(super) fn name(&mut self, name: Name, dst: Option<Reg>, line: u32) -> Result<Reg, CompileError> {
        let variable = self.variable(name)?;
        match variable {
            Some(variable) => self.read(variable, dst, line),
            None => self.global(name, dst, line),
        }
    }

    fn read(&mut self, variable: Variable, dst: Option<Reg>, line: u32) -> Result<Reg, CompileError> {
        if let (Variable::Register(reg), None) = (&variable, dst) {
            return Ok(*reg);
        }
        let a = self.place(dst)?;
        let op = match variable {
            Variable::Register(b) if a == b => return Ok(a),
            Variable::Register(b) => Op::Move { a, b },
            Variable::Cell(b) => Op::GetCell { a, b },
            Variable::Upvalue(up) if self.facts.shares_variables() => {
                // What is no cell may have been made one by the `debug` library; of what is none, `GetCell` leaves
                // things as they are.
                self.f.emit(Op::GetUp { a, up }, line);
                Op::GetCell { a, b: a }
            }
            Variable::Upvalue(up) => Op::GetUp { a, up },
            Variable::UpCell(up) => Op::GetUpCell { a, up },
            Variable::Running => Op::LoadRunning { a },
            Variable::Constant(constant) => {
                self.f.load(a, &constant, line);
                return Ok(a);
            }
        };
        self.f.emit(op, line);
        Ok(a)
    }

    /// `dst`, or a new temporary.
    pub(super) fn place(&mut self, dst: Option<Reg>) -> Result<Reg, CompileError> {
        dst.map_or_else(|| self.f.reserve(1), Ok)
    }

    fn global(&mut self, name: Name, dst: Option<Reg>, line: u32) -> Result<Reg, CompileError> {
        let a = self.place(dst)?;
        let free = self.f.free();
        let op = match self.global_target(name, line)? {
            Target::UpField(up, key) => Op::GetUpField { a, up, key, cache: self.f.cache() },
            Target::Field(b, key) => Op::GetField { a, b, key, cache: self.f.cache() },
            Target::Index(b, c) => Op::GetIndex { a, b, c },
            // A global's place is a field of `_ENV`, never one of these.
            Target::Register(_) | Target::Cell(_) | Target::UpCell(_) | Target::Integer(..) => return Ok(a),
        };
        self.f.emit(op, line);
        self.f.set_free(free);
        Ok(a)
    }

    /// The place of a global variable: the field of `_ENV` of that name (§2.2).
    fn global_target(&mut self, name: Name, line: u32) -> Result<Target, CompileError> {
        let environment = self.variable(Name::ENV)?.unwrap_or(Variable::Upvalue(Up(0)));
        let constant = Constant::String(Arc::from(Arc::clone(self.names.text(name))));
        let key = self.f.constant(&constant);
        if let (Variable::Upvalue(up), Some(key)) = (&environment, key) {
            return Ok(Target::UpField(*up, key));
        }
        let object = self.read(environment, None, line)?;
        match key {
            Some(key) => Ok(Target::Field(object, key)),
            None => {
                let key = self.f.reserve(1)?;
                self.f.load(key, &constant, line);
                Ok(Target::Index(object, key))
            }
        }
    }

    /// Evaluates what is assigned to up to the assignment itself. Local variables among `assigned` are
    /// about to change in the same statement; they are copied where an object or a key needs them.
    pub(super) fn target(&mut self, expr: &Expr, assigned: &[Reg]) -> Result<Target, CompileError> {
        match &expr.kind {
            ExprKind::Name(name) => match self.variable(*name)? {
                Some(Variable::Register(reg)) => Ok(Target::Register(reg)),
                Some(Variable::Cell(reg)) => Ok(Target::Cell(reg)),
                Some(Variable::UpCell(up)) => Ok(Target::UpCell(up)),
                // The resolver made a cell of every assigned variable and refused constants.
                Some(Variable::Upvalue(_) | Variable::Constant(_) | Variable::Running) => {
                    let name = self.names.text(*name);
                    Err(CompileError::new(expr.line, format!("attempt to assign to const variable '{name}'")))
                }
                None => self.global_target(*name, expr.line),
            },
            ExprKind::Index { object, key } => {
                if let Some((up, key)) = self.field_of_upvalue(object, key)? {
                    return Ok(Target::UpField(up, key));
                }
                let object = self.value(object, None)?;
                let object = self.protect(object, assigned, expr.line)?;
                Ok(match self.key(key)? {
                    Key::Field(key) => Target::Field(object, key),
                    Key::Integer(index) => Target::Integer(object, index),
                    Key::Register(key) => Target::Index(object, self.protect(key, assigned, expr.line)?),
                })
            }
            _ => Err(CompileError::new(expr.line, "syntax error")),
        }
    }

    fn protect(&mut self, reg: Reg, assigned: &[Reg], line: u32) -> Result<Reg, CompileError> {
        if !assigned.contains(&reg) {
            return Ok(reg);
        }
        let a = self.f.reserve(1)?;
        self.f.emit(Op::Move { a, b: reg }, line);
        Ok(a)
    }

    /// Assigns the value of a register.
    pub(super) fn store(&mut self, target: Target, b: Reg, line: u32) {
        let op = match target {
            Target::Register(a) if a == b => return,
            Target::Register(a) => Op::Move { a, b },
            Target::Cell(a) => Op::SetCell { a, b },
            Target::UpCell(up) => Op::SetUpCell { up, b },
            Target::UpField(up, key) => Op::SetUpField { up, b, key, cache: self.f.cache() },
            Target::Field(a, key) => Op::SetField { a, b, key, cache: self.f.cache() },
            Target::Integer(a, index) => Op::SetInt { a, index, b },
            Target::Index(a, key) => Op::SetIndex { a, b: key, c: b },
        };
        self.f.emit(op, line);
    }

    /// A key as an operand: a constant where the instructions have room for it, else a register.
    pub(super) fn key(&mut self, key: &Expr) -> Result<Key, CompileError> {
        match self.constant(key) {
            Some(constant @ Constant::String(_)) => {
                if let Some(key) = self.f.constant(&constant) {
                    return Ok(Key::Field(key));
                }
            }
            Some(Constant::Integer(i)) => {
                if let Ok(index) = i32::try_from(i) {
                    return Ok(Key::Integer(index));
                }
            }
            _ => {}
        }
        self.value(key, None).map(Key::Register)
    }

    /// `object.key` where the object is a captured value and the key a constant string.
    fn field_of_upvalue(&mut self, object: &Expr, key: &Expr) -> Result<Option<(Up, Const)>, CompileError> {
        let ExprKind::Name(name) = &object.kind else { return Ok(None) };
        let Some(constant @ Constant::String(_)) = self.constant(key) else { return Ok(None) };
        let Some(Variable::Upvalue(up)) = self.variable(*name)? else { return Ok(None) };
        Ok(self.f.constant(&constant).map(|key| (up, key)))
    }
}

fn add_upvalue(function: &mut FunctionState, index: usize, upvalue: Upvalue, line: u32) -> Result<Up, CompileError> {
    match u8::try_from(function.upvalues.len()) {
        Ok(up) if usize::from(up) < UPVALUES_MAX => {
            function.upvalues.push(upvalue);
            function.upvalue_of.insert(index, Up(up));
            Ok(Up(up))
        }
        _ => {
            let message = format!("too many upvalues (limit is {UPVALUES_MAX}) in {}", function.place());
            Err(CompileError::behind(line, message, &upvalue.name))
        }
    }
}
