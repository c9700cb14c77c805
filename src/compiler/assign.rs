//! Assignments and declarations of local variables.
//!
//! In an assignment to several places all objects and keys are evaluated first, then all values, then
//! the places get them from right to left; a place's object or key that is itself assigned is copied
//! before (§3.3.3). A value for a local variable is computed in the variable's own register wherever the
//! rest of the expression does not read the variable.

use crate::bytecode::{Constant, Op, Reg};
use crate::syntax::ast::{Attrib, BinaryOp, Expr, ExprKind, Field, Function, Local, Name};

use super::CompileError;
use super::block::Home;
use super::function::Generator;
use super::variable::{Target, Variable};

impl Generator<'_> {
    /// `targets = values`
    pub(super) fn assign(&mut self, targets: &[Expr], values: &[Expr], line: u32) -> Result<(), CompileError> {
        let assigned = if targets.len() > 1 { self.assigned_registers(targets)? } else { Vec::new() };
        let mut places = Vec::with_capacity(targets.len());
        for target in targets {
            places.push(self.target(target, &assigned)?);
        }
        let mut first_value = None;
        if let (Some((last, others)), true) = (values.split_last(), values.len() == places.len()) {
            // The last value needs no register of its own: its place is the first to be assigned.
            if !others.is_empty() {
                first_value = Some(self.exprs(others, others.len(), line)?);
            }
            if let Some(place) = places.pop() {
                self.assign_value(place, last, line)?;
            }
        } else {
            first_value = Some(self.exprs(values, places.len(), line)?);
        }
        if let Some(first) = first_value {
            let pairs: Vec<_> = places.into_iter().zip(first.0..).collect();
            for (place, reg) in pairs.into_iter().rev() {
                self.store(place, Reg(reg), line);
            }
        }
        Ok(())
    }

    /// The registers of local variables among the targets.
    fn assigned_registers(&mut self, targets: &[Expr]) -> Result<Vec<Reg>, CompileError> {
        let mut registers = Vec::new();
        for target in targets {
            if let ExprKind::Name(name) = &target.kind
                && let Some(Variable::Register(reg)) = self.variable(*name)?
            {
                registers.push(reg);
            }
        }
        Ok(registers)
    }

    /// `target = function …`, as the statement that begins with `function` says it.
    pub(super) fn assign_function(
        &mut self,
        target: &Expr,
        function: &Function,
        line: u32,
    ) -> Result<(), CompileError> {
        let place = self.target(target, &[])?;
        let a = match place {
            Target::Register(reg) => reg,
            _ => self.f.reserve(1)?,
        };
        let child = self.function(function, None)?;
        self.f.emit(Op::Closure { a, child }, function.end_line);
        self.store(place, a, line);
        Ok(())
    }

    fn assign_value(&mut self, place: Target, value: &Expr, line: u32) -> Result<(), CompileError> {
        if let Target::Index(a, b) = place
            && let Some(constant) = self.constant(value).filter(|constant| *constant != Constant::Nil)
            && let Some(k) = self.f.constant(&constant)
        {
            self.f.emit(Op::SetIndexK { a, b, k }, line);
            return Ok(());
        }
        let reg = match place {
            Target::Register(reg) if self.can_build_in(value, reg) => self.value(value, Some(reg))?,
            _ => self.value(value, None)?,
        };
        self.store(place, reg, line);
        Ok(())
    }

    /// Whether the expression may be evaluated into the register of a local variable: nothing is put
    /// there while a part that is still to come reads the variable.
    fn can_build_in(&self, expr: &Expr, reg: Reg) -> bool {
        match &expr.kind {
            ExprKind::Paren(inner) => self.can_build_in(inner, reg),
            ExprKind::Binary { op: BinaryOp::And | BinaryOp::Or, .. } => match self.name_of(reg) {
                Some(name) => builds_without(expr, name),
                None => false,
            },
            _ => true,
        }
    }

    fn name_of(&self, reg: Reg) -> Option<Name> {
        let own = self.actives.get(self.f.first_active..)?;
        let active = own.iter().rev().find(|active| matches!(active.home, Home::Register(home) if home == reg))?;
        Some(active.name)
    }

    // -- declarations --------------------------------------------------------------------------------

    /// `local locals = values`
    pub(super) fn local(&mut self, locals: &[Local], values: &[Expr], line: u32) -> Result<(), CompileError> {
        if let (Some((last, others)), Some((value, other_values))) = (locals.split_last(), values.split_last())
            && last.attrib == Attrib::Const
            && locals.len() == values.len()
            && let Some(constant) = self.constant(value)
        {
            let first = self.exprs(other_values, others.len(), line)?;
            self.activate_all(others, first, line)?;
            self.activate_constant(last, constant);
            return Ok(());
        }
        let first = self.exprs(values, locals.len(), line)?;
        self.activate_all(locals, first, line)
    }

    fn activate_all(&mut self, locals: &[Local], first: Reg, line: u32) -> Result<(), CompileError> {
        let mut closed = None;
        for (local, reg) in locals.iter().zip(first.0..) {
            self.activate(local, Reg(reg));
            if local.attrib == Attrib::Close {
                self.mark_closed();
                closed = Some(Reg(reg));
            }
        }
        if let Some(a) = closed {
            self.f.emit(Op::ToClose { a }, line);
        }
        Ok(())
    }

    /// `local function name body`
    pub(super) fn local_function(&mut self, local: &Local, function: &Function) -> Result<(), CompileError> {
        let reg = self.f.reserve(1)?;
        if self.facts.is_cell(local.id) {
            self.f.emit(Op::LoadNil { a: reg, count: 1 }, local.line);
            self.activate(local, reg);
            let a = self.f.reserve(1)?;
            let child = self.function(function, None)?;
            self.f.emit(Op::Closure { a, child }, function.end_line);
            self.f.emit(Op::SetCell { a: reg, b: a }, function.end_line);
            return Ok(());
        }
        self.activate(local, reg);
        let child = self.function(function, Some((local.id, local.name)))?;
        self.f.emit(Op::Closure { a: reg, child }, function.end_line);
        // The name is for debugging only, and the register holds the function only from here on.
        self.start_name_here();
        Ok(())
    }
}

/// Whether a logical expression can be built in the variable `name`. Its operands are put there one
/// after the other, so only those before the first that is put there may read the variable.
fn builds_without(expr: &Expr, name: Name) -> bool {
    let mut expr = expr;
    loop {
        expr = match &expr.kind {
            ExprKind::Paren(inner) => inner,
            ExprKind::Binary { op: BinaryOp::And | BinaryOp::Or, left, right } => {
                if matches!(left.kind, ExprKind::Name(left) if left == name) {
                    // The value is in place already.
                    expr = right;
                    continue;
                }
                if mentions(right, name) {
                    return false;
                }
                left
            }
            _ => return true,
        }
    }
}

/// Whether the expression reads the variable `name`. Inner functions are left out: a variable that is
/// captured and assigned is in a cell, so the question is not asked about it.
fn mentions(expr: &Expr, name: Name) -> bool {
    let mut expr = expr;
    loop {
        expr = match &expr.kind {
            ExprKind::Name(other) => return *other == name,
            ExprKind::Paren(inner) => inner,
            ExprKind::Unary { operand, .. } => operand,
            ExprKind::Binary { left, right, .. } => {
                if mentions(right, name) {
                    return true;
                }
                left
            }
            ExprKind::Index { object, key } => {
                if mentions(key, name) {
                    return true;
                }
                object
            }
            ExprKind::Call { callee: left, args } | ExprKind::MethodCall { object: left, args, .. } => {
                if args.iter().any(|arg| mentions(arg, name)) {
                    return true;
                }
                left
            }
            ExprKind::Table(fields) => return fields.iter().any(|field| field_mentions(field, name)),
            _ => return false,
        }
    }
}

fn field_mentions(field: &Field, name: Name) -> bool {
    match field {
        Field::Item(value) => mentions(value, name),
        Field::Pair { key, value } => mentions(key, name) || mentions(value, name),
    }
}
