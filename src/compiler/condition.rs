//! Conditions: comparisons, `and`, `or` and `not`, as jumps and as values.
//!
//! In a condition no boolean is ever made: each comparison is one fused compare-and-jump, and the logical
//! operators only decide where it goes. The negation of `a < b` is "not less", never "greater or equal":
//! with NaN both comparisons are false. Operands are always evaluated from left to right, also where the
//! instruction names them the other way round.

use crate::bytecode::{Const, Constant, Op, Reg};
use crate::syntax::ast::{BinaryOp, Expr, ExprKind, UnaryOp};

use super::CompileError;
use super::fold;
use super::function::{Generator, Jumps, UNKNOWN};

/// The left side of a comparison.
#[derive(Debug, Clone)]
pub(super) enum Side {
    Register(Reg),
    Constant(Constant),
}

/// A comparison whose operands are evaluated: the jump that makes it, and the registers it reads.
#[derive(Debug, Clone, Copy)]
pub(super) struct Comparison {
    pub(super) jump: Op,
    reads: [Option<Reg>; 2],
}

impl Generator<'_> {
    /// Emits jumps, added to `jumps`, that are taken when the expression's truth is `on`; else the code
    /// goes on.
    pub(super) fn jump_when(&mut self, expr: &Expr, mut on: bool, jumps: &mut Jumps) -> Result<(), CompileError> {
        let mut expr = expr;
        loop {
            expr = match &expr.kind {
                ExprKind::Paren(inner) => inner,
                ExprKind::Unary { op: UnaryOp::Not, operand } => {
                    on = !on;
                    operand
                }
                _ => break,
            }
        }
        self.f.checkpoint_within(expr.line);
        if let ExprKind::Binary { op, left, right } = &expr.kind {
            if let BinaryOp::And | BinaryOp::Or = op {
                return self.jump_when_any(expr, *op, on, jumps);
            }
            if op.is_comparison() {
                let free = self.f.free();
                let left = self.side(left)?;
                let comparison = self.comparison(*op, left, right, on)?;
                jumps.push(self.f.emit(comparison.jump, expr.line));
                self.f.set_free(free);
                return Ok(());
            }
        }
        self.jump_when_value(expr, on, jumps)
    }

    fn jump_when_value(&mut self, expr: &Expr, on: bool, jumps: &mut Jumps) -> Result<(), CompileError> {
        if let Some(constant) = self.constant(expr) {
            if fold::is_truthy(&constant) == on {
                jumps.push(self.f.emit(Op::Jump { to: UNKNOWN }, expr.line));
            }
            return Ok(());
        }
        let free = self.f.free();
        let a = self.value(expr, None)?;
        jumps.push(self.f.emit(jump_on(a, on), expr.line));
        self.f.set_free(free);
        Ok(())
    }

    /// The same for a chain of `and` or of `or`.
    fn jump_when_any(&mut self, expr: &Expr, op: BinaryOp, on: bool, jumps: &mut Jumps) -> Result<(), CompileError> {
        let decides = op == BinaryOp::Or;
        let (last, others) = flatten(expr, op);
        let mut past = Jumps::new();
        for operand in others.into_iter().rev() {
            let taken = if on == decides { &mut *jumps } else { &mut past };
            self.jump_when(operand, decides, taken)?;
        }
        self.jump_when(last, on, jumps)?;
        self.f.patch_all_here(&past);
        Ok(())
    }

    /// The value of `and` or `or`, in `dst`. What the operands read must not be in `dst`.
    pub(super) fn logical(&mut self, expr: &Expr, op: BinaryOp, dst: Reg) -> Result<(), CompileError> {
        let (last, others) = flatten(expr, op);
        let mut exits = Jumps::new();
        for operand in others.into_iter().rev() {
            self.value_when(operand, dst, op == BinaryOp::Or, &mut exits)?;
        }
        self.value(last, Some(dst))?;
        self.f.patch_all_here(&exits);
        Ok(())
    }

    /// If the expression's truth is `on`, puts its value in `dst` and jumps; else goes on, with `dst`
    /// unsettled.
    fn value_when(&mut self, expr: &Expr, dst: Reg, on: bool, exits: &mut Jumps) -> Result<(), CompileError> {
        let mut expr = expr;
        while let ExprKind::Paren(inner) = &expr.kind {
            expr = inner;
        }
        match &expr.kind {
            ExprKind::Binary { op: op @ (BinaryOp::And | BinaryOp::Or), .. } => {
                self.value_when_any(expr, *op, (dst, on), exits)
            }
            ExprKind::Binary { op, .. } if op.is_comparison() => self.boolean_when(expr, dst, on, exits),
            ExprKind::Unary { op: UnaryOp::Not, .. } => self.boolean_when(expr, dst, on, exits),
            _ => match self.constant(expr) {
                Some(constant) if fold::is_truthy(&constant) != on => Ok(()),
                Some(constant) => {
                    self.f.checkpoint_within(expr.line);
                    self.f.load(dst, &constant, expr.line);
                    exits.push(self.f.emit(Op::Jump { to: UNKNOWN }, expr.line));
                    Ok(())
                }
                None => {
                    self.value(expr, Some(dst))?;
                    exits.push(self.f.emit(jump_on(dst, on), expr.line));
                    Ok(())
                }
            },
        }
    }

    fn value_when_any(
        &mut self,
        expr: &Expr,
        op: BinaryOp,
        (dst, on): (Reg, bool),
        exits: &mut Jumps,
    ) -> Result<(), CompileError> {
        let decides = op == BinaryOp::Or;
        let (last, others) = flatten(expr, op);
        let mut past = Jumps::new();
        for operand in others.into_iter().rev() {
            if on == decides {
                self.value_when(operand, dst, on, exits)?;
            } else {
                self.jump_when(operand, decides, &mut past)?;
            }
        }
        self.value_when(last, dst, on, exits)?;
        self.f.patch_all_here(&past);
        Ok(())
    }

    /// The same for an expression whose value is its truth.
    fn boolean_when(&mut self, expr: &Expr, dst: Reg, on: bool, exits: &mut Jumps) -> Result<(), CompileError> {
        let mut past = Jumps::new();
        self.jump_when(expr, !on, &mut past)?;
        self.f.emit(Op::LoadBool { a: dst, value: on }, expr.line);
        exits.push(self.f.emit(Op::Jump { to: UNKNOWN }, expr.line));
        self.f.patch_all_here(&past);
        Ok(())
    }

    /// The truth of an expression as a value in `dst`.
    pub(super) fn boolean(&mut self, expr: &Expr, dst: Reg) -> Result<(), CompileError> {
        let mut jumps = Jumps::new();
        self.jump_when(expr, true, &mut jumps)?;
        self.either(&jumps, dst, expr.line);
        Ok(())
    }

    /// `dst` := whether one of the jumps was taken.
    fn either(&mut self, jumps: &[usize], dst: Reg, line: u32) {
        self.f.emit(Op::LoadBool { a: dst, value: false }, line);
        let end = self.f.emit(Op::Jump { to: UNKNOWN }, line);
        self.f.patch_all_here(jumps);
        self.f.emit(Op::LoadBool { a: dst, value: true }, line);
        self.f.patch_here(end);
    }

    /// `dst` := the outcome of a comparison whose jump is to be taken when it holds.
    pub(super) fn comparison_value(&mut self, comparison: Comparison, dst: Reg, line: u32) {
        if comparison.reads.contains(&Some(dst)) {
            let jump = self.f.emit(comparison.jump, line);
            self.either(&[jump], dst, line);
            return;
        }
        self.f.emit(Op::LoadBool { a: dst, value: true }, line);
        let jump = self.f.emit(comparison.jump, line);
        self.f.emit(Op::LoadBool { a: dst, value: false }, line);
        self.f.patch_here(jump);
    }

    fn side(&mut self, expr: &Expr) -> Result<Side, CompileError> {
        match self.constant(expr) {
            Some(constant) => Ok(Side::Constant(constant)),
            None => self.value(expr, None).map(Side::Register),
        }
    }

    /// Evaluates the right side of a comparison and finds the jump that is taken if its outcome is `on`.
    pub(super) fn comparison(
        &mut self,
        op: BinaryOp,
        left: Side,
        right: &Expr,
        on: bool,
    ) -> Result<Comparison, CompileError> {
        let constant = self.constant(right);
        if let (Side::Register(a), Some(constant)) = (&left, &constant)
            && let Some(comparison) = self.with_constant(op, *a, constant, on)
        {
            return Ok(comparison);
        }
        let a = match left {
            Side::Register(a) => a,
            Side::Constant(left) if constant.is_none() && self.fits(op, &left) => {
                let b = self.value(right, None)?;
                let comparison = self.with_constant(mirrored(op), b, &left, on);
                return comparison.ok_or_else(|| self.f.too_many_registers());
            }
            Side::Constant(left) => {
                let a = self.f.reserve(1)?;
                self.f.load(a, &left, right.line);
                a
            }
        };
        let b = self.value(right, None)?;
        Ok(registers(op, a, b, on))
    }

    /// Whether a comparison has a form for this constant.
    fn fits(&mut self, op: BinaryOp, constant: &Constant) -> bool {
        match op {
            BinaryOp::Eq | BinaryOp::Ne => !is_long(constant) && self.f.constant(constant).is_some(),
            _ => small(constant).is_some(),
        }
    }

    fn with_constant(&mut self, op: BinaryOp, a: Reg, constant: &Constant, on: bool) -> Option<Comparison> {
        if is_long(constant) {
            return None;
        }
        let jump = match op {
            BinaryOp::Eq | BinaryOp::Ne => equality_constant(a, self.f.constant(constant)?, on == (op == BinaryOp::Eq)),
            _ => order_constant(op, a, small(constant)?, on)?,
        };
        Some(Comparison { jump, reads: [Some(a), None] })
    }
}

/// The jump taken if the register's truth is `on`.
fn jump_on(a: Reg, on: bool) -> Op {
    if on { Op::JumpIf { a, to: UNKNOWN } } else { Op::JumpIfNot { a, to: UNKNOWN } }
}

/// The operands of a chain of one operator: the last, and the others from right to left.
fn flatten(expr: &Expr, chain: BinaryOp) -> (&Expr, Vec<&Expr>) {
    let mut others = Vec::new();
    let ExprKind::Binary { left, right, .. } = &expr.kind else { return (expr, others) };
    let mut rest: &Expr = left;
    while let ExprKind::Binary { op, left, right } = &rest.kind
        && *op == chain
    {
        others.push(&**right);
        rest = left;
    }
    others.push(rest);
    (right, others)
}

fn small(constant: &Constant) -> Option<i16> {
    match constant {
        Constant::Integer(i) => i16::try_from(*i).ok(),
        _ => None,
    }
}

/// The operator that gives the same with its sides exchanged.
fn mirrored(op: BinaryOp) -> BinaryOp {
    match op {
        BinaryOp::Lt => BinaryOp::Gt,
        BinaryOp::Le => BinaryOp::Ge,
        BinaryOp::Gt => BinaryOp::Lt,
        BinaryOp::Ge => BinaryOp::Le,
        other => other,
    }
}

fn registers(op: BinaryOp, left: Reg, right: Reg, on: bool) -> Comparison {
    let to = UNKNOWN;
    // `a > b` is `b < a` (§3.4.4).
    let (a, b) = if let BinaryOp::Gt | BinaryOp::Ge = op { (right, left) } else { (left, right) };
    let jump = match (op, on) {
        (BinaryOp::Lt | BinaryOp::Gt, true) => Op::JumpLt { a, b, to },
        (BinaryOp::Lt | BinaryOp::Gt, false) => Op::JumpNotLt { a, b, to },
        (BinaryOp::Le | BinaryOp::Ge, true) => Op::JumpLe { a, b, to },
        (BinaryOp::Le | BinaryOp::Ge, false) => Op::JumpNotLe { a, b, to },
        (BinaryOp::Ne, on) if on => Op::JumpNotEq { a, b, to },
        (BinaryOp::Ne, _) | (_, true) => Op::JumpEq { a, b, to },
        (_, false) => Op::JumpNotEq { a, b, to },
    };
    Comparison { jump, reads: [Some(a), Some(b)] }
}

/// Whether a constant is a string so long that to compare it is more than an instruction may do on its own.
fn is_long(constant: &Constant) -> bool {
    const LONG: usize = 1024;
    matches!(constant, Constant::String(text) if text.len() > LONG)
}

fn equality_constant(a: Reg, k: Const, on: bool) -> Op {
    if on { Op::JumpEqK { a, k, to: UNKNOWN } } else { Op::JumpNotEqK { a, k, to: UNKNOWN } }
}

fn order_constant(op: BinaryOp, a: Reg, value: i16, on: bool) -> Option<Op> {
    let to = UNKNOWN;
    Some(match (op, on) {
        (BinaryOp::Lt, true) => Op::JumpLtI { a, value, to },
        (BinaryOp::Lt, false) => Op::JumpNotLtI { a, value, to },
        (BinaryOp::Le, true) => Op::JumpLeI { a, value, to },
        (BinaryOp::Le, false) => Op::JumpNotLeI { a, value, to },
        (BinaryOp::Gt, true) => Op::JumpGtI { a, value, to },
        (BinaryOp::Gt, false) => Op::JumpNotGtI { a, value, to },
        (BinaryOp::Ge, true) => Op::JumpGeI { a, value, to },
        (BinaryOp::Ge, false) => Op::JumpNotGeI { a, value, to },
        _ => return None,
    })
}
