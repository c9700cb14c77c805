//! Expressions: each is evaluated straight into the register that wants its value.
//!
//! `value(expr, None)` gives a local variable's own register, or the next free one. `value(expr, dst)`
//! evaluates into `dst`: a temporary may be used on the way, but the register of a local variable gets
//! only the final value, after every operand was read. Chains that are deep on their left side, such as
//! `a.b():c().d` or `a + b + c`, are compiled by a loop, so that no source can exhaust the Rust stack.

use crate::bytecode::{Constant, Count, Op, Reg, Up};
use crate::syntax::ast::{BinaryOp, Expr, ExprKind, UnaryOp};

use super::CompileError;
use super::condition::Side;
use super::fold;
use super::function::Generator;
use super::operator::{self, Operand};
use super::variable::{Key, Variable};

/// Expressions with more operators than this on their left side are remembered if they are no constants: the question is
/// asked anew for each part, and nested parts are many.
const LOOKED_AT_AGAIN_MAX: usize = 4;

/// The value of a chain so far.
#[derive(Debug)]
enum Left {
    Register(Reg),
    Constant(Constant),
    /// A captured value, not loaded yet: a field of it can be read directly.
    Upvalue(Up),
}

/// The registers of a chain being compiled.
#[derive(Debug, Clone, Copy)]
struct Chain {
    /// Where the caller wants the value of the whole.
    dst: Option<Reg>,
    /// Where values on the way are kept, once there is such a register.
    home: Option<Reg>,
}

impl Generator<'_> {
    /// Evaluates an expression to one value and returns its register.
    pub(super) fn value(&mut self, expr: &Expr, dst: Option<Reg>) -> Result<Reg, CompileError> {
        self.f.line = expr.line;
        self.f.checkpoint_within(expr.line);
        match &expr.kind {
            ExprKind::Nil => self.load(&Constant::Nil, dst, expr.line),
            ExprKind::True => self.load(&Constant::Boolean(true), dst, expr.line),
            ExprKind::False => self.load(&Constant::Boolean(false), dst, expr.line),
            ExprKind::Integer(i) => self.load(&Constant::Integer(*i), dst, expr.line),
            ExprKind::Float(x) => self.load(&Constant::Float(*x), dst, expr.line),
            ExprKind::String(s) => self.load(&Constant::String(s.clone()), dst, expr.line),
            ExprKind::Name(name) => self.name(*name, dst, expr.line),
            ExprKind::Paren(inner) => self.value(inner, dst),
            ExprKind::Table(fields) => self.table(fields, dst, expr.line),
            ExprKind::Unary { op, operand } => self.unary(expr, *op, operand, dst),
            ExprKind::Vararg => {
                let a = self.place(dst)?;
                self.f.emit(Op::Vararg { a, want: Count::exactly(1) }, expr.line);
                Ok(a)
            }
            ExprKind::Function(function) => {
                let a = self.place(dst)?;
                let child = self.function(function, None)?;
                self.f.emit(Op::Closure { a, child }, function.end_line);
                Ok(a)
            }
            ExprKind::Binary { op: op @ (BinaryOp::And | BinaryOp::Or), .. } => {
                let a = self.place(dst)?;
                self.logical(expr, *op, a)?;
                Ok(a)
            }
            ExprKind::Binary { op: BinaryOp::Concat, .. } => self.concat(expr, dst),
            ExprKind::Binary { .. } | ExprKind::Index { .. } | ExprKind::Call { .. } | ExprKind::MethodCall { .. } => {
                self.chain(expr, dst)
            }
        }
    }

    fn load(&mut self, constant: &Constant, dst: Option<Reg>, line: u32) -> Result<Reg, CompileError> {
        let a = self.place(dst)?;
        self.f.load(a, constant, line);
        Ok(a)
    }

    /// The expression's value, if it is known now.
    pub(super) fn constant(&self, expr: &Expr) -> Option<Constant> {
        if self.is_known_to_vary(expr) {
            return None;
        }
        let mut pending = Vec::new();
        let mut leaf = expr;
        let mut value = loop {
            leaf = match &leaf.kind {
                ExprKind::Nil => break Some(Constant::Nil),
                ExprKind::True => break Some(Constant::Boolean(true)),
                ExprKind::False => break Some(Constant::Boolean(false)),
                ExprKind::Integer(i) => break Some(Constant::Integer(*i)),
                ExprKind::Float(x) => break Some(Constant::Float(*x)),
                ExprKind::String(s) => break Some(Constant::String(s.clone())),
                ExprKind::Name(name) => break self.named_constant(*name),
                ExprKind::Paren(inner) => inner,
                ExprKind::Unary { operand, .. } => {
                    pending.push(leaf);
                    operand
                }
                ExprKind::Binary { left, .. } => {
                    pending.push(leaf);
                    left
                }
                _ => break None,
            };
        };
        let is_long = pending.len() > LOOKED_AT_AGAIN_MAX;
        while let (Some(known), Some(node)) = (&value, pending.last()) {
            value = match &node.kind {
                ExprKind::Unary { op, .. } => fold::unary(*op, known),
                ExprKind::Binary { op, right, .. } => {
                    self.constant(right).and_then(|right| fold::binary(*op, known, &right))
                }
                _ => None,
            };
            if value.is_some() {
                pending.pop();
            }
        }
        if is_long && value.is_none() {
            self.varying.borrow_mut().extend(pending.into_iter().map(address));
        }
        value
    }

    /// Whether the expression was looked at before and is no constant.
    fn is_known_to_vary(&self, expr: &Expr) -> bool {
        let varying = self.varying.borrow();
        !varying.is_empty() && varying.contains(&address(expr))
    }

    fn unary(&mut self, expr: &Expr, op: UnaryOp, operand: &Expr, dst: Option<Reg>) -> Result<Reg, CompileError> {
        if let Some(constant) = self.constant(expr) {
            return self.load(&constant, dst, expr.line);
        }
        if op == UnaryOp::Not && is_logic(operand) {
            let a = self.place(dst)?;
            self.boolean(expr, a)?;
            return Ok(a);
        }
        let free = self.f.free();
        let b = self.operand(operand, dst)?;
        self.f.set_free(free);
        let a = self.place(dst)?;
        let op = match op {
            UnaryOp::Neg => Op::Unm { a, b },
            UnaryOp::Not => Op::Not { a, b },
            UnaryOp::Len => Op::Len { a, b },
            UnaryOp::BNot => Op::BNot { a, b },
        };
        self.f.emit(op, expr.line);
        Ok(a)
    }

    /// Evaluates an operand: a local variable in its place, else in `dst` where that is a temporary.
    fn operand(&mut self, expr: &Expr, dst: Option<Reg>) -> Result<Reg, CompileError> {
        let mut inner = expr;
        while let ExprKind::Paren(next) = &inner.kind {
            inner = next;
        }
        if let ExprKind::Name(name) = &inner.kind
            && let Some(Variable::Register(reg)) = self.variable(*name)?
        {
            return Ok(reg);
        }
        self.value(inner, dst.filter(|reg| self.f.is_temp(*reg)))
    }

    /// A whole chain of `..` is one instruction; its operands stand side by side.
    fn concat(&mut self, expr: &Expr, dst: Option<Reg>) -> Result<Reg, CompileError> {
        let free = self.f.free();
        if let Some(dst) = dst.filter(|dst| self.f.is_top(*dst)) {
            self.f.set_free(dst.0);
        }
        let b = Reg(self.f.free());
        let mut rest = expr;
        // A chain too long to be counted runs out of registers first.
        let mut count = 1u8;
        let mut line = expr.line;
        while let ExprKind::Binary { op: BinaryOp::Concat, left, right } = &rest.kind {
            let operand = self.f.reserve(1)?;
            self.value(left, Some(operand))?;
            count = count.saturating_add(1);
            line = rest.line;
            rest = right;
        }
        let operand = self.f.reserve(1)?;
        self.value(rest, Some(operand))?;
        self.f.set_free(free);
        let a = self.place(dst)?;
        self.f.emit(Op::Concat { a, b, count }, line);
        Ok(a)
    }

    // -- chains --------------------------------------------------------------------------------------

    fn chain(&mut self, expr: &Expr, dst: Option<Reg>) -> Result<Reg, CompileError> {
        let free = self.f.free();
        let mut nodes = Vec::new();
        let mut leaf = expr;
        while let Some((left, is_node)) = left_of(leaf) {
            if is_node {
                nodes.push(leaf);
            }
            leaf = left;
        }
        let mut chain = Chain { dst, home: dst.filter(|reg| self.f.is_temp(*reg)) };
        let mut left = self.chain_leaf(leaf, &mut chain)?;
        while let Some(node) = nodes.pop() {
            left = self.chain_node(node, left, &mut chain, nodes.is_empty())?;
        }
        let reg = match (left, dst) {
            (Left::Register(reg), None) => reg,
            (Left::Register(b), Some(a)) => {
                if a != b {
                    self.f.emit(Op::Move { a, b }, expr.line);
                }
                a
            }
            (left, Some(a)) => self.chain_into(left, a, expr.line),
            (left, None) => self.chain_register(left, &mut chain, expr.line)?,
        };
        let keeps = dst.is_none() && self.f.is_temp(reg);
        self.f.set_free(if keeps { reg.0 + 1 } else { free });
        Ok(reg)
    }

    fn chain_leaf(&mut self, leaf: &Expr, chain: &mut Chain) -> Result<Left, CompileError> {
        if let Some(constant) = self.constant(leaf) {
            return Ok(Left::Constant(constant));
        }
        if let ExprKind::Name(name) = &leaf.kind {
            match self.variable(*name)? {
                Some(Variable::Register(reg)) => return Ok(Left::Register(reg)),
                Some(Variable::Upvalue(up)) => return Ok(Left::Upvalue(up)),
                _ => {}
            }
        }
        let home = self.chain_home(chain)?;
        self.value(leaf, Some(home)).map(Left::Register)
    }

    /// The register for values on the way.
    fn chain_home(&mut self, chain: &mut Chain) -> Result<Reg, CompileError> {
        let home = self.place(chain.home)?;
        chain.home = Some(home);
        Ok(home)
    }

    /// Where the value of a node goes: to its final place if the node is the last.
    fn chain_place(&mut self, chain: &mut Chain, is_last: bool) -> Result<Reg, CompileError> {
        match chain.dst {
            Some(dst) if is_last => Ok(dst),
            _ => self.chain_home(chain),
        }
    }

    /// Puts the value so far into `a`.
    fn chain_into(&mut self, left: Left, a: Reg, line: u32) -> Reg {
        match left {
            Left::Register(b) if a == b => {}
            Left::Register(b) => {
                self.f.emit(Op::Move { a, b }, line);
            }
            Left::Constant(constant) => self.f.load(a, &constant, line),
            Left::Upvalue(up) => {
                self.f.emit(Op::GetUp { a, up }, line);
            }
        }
        a
    }

    /// The value so far in some register.
    fn chain_register(&mut self, left: Left, chain: &mut Chain, line: u32) -> Result<Reg, CompileError> {
        match left {
            Left::Register(reg) => Ok(reg),
            left => {
                let home = self.chain_home(chain)?;
                Ok(self.chain_into(left, home, line))
            }
        }
    }

    fn chain_node(&mut self, node: &Expr, left: Left, chain: &mut Chain, is_last: bool) -> Result<Left, CompileError> {
        self.f.line = node.line;
        self.f.checkpoint_within(node.line);
        match &node.kind {
            ExprKind::Binary { op, right, .. } if op.is_comparison() => {
                let left = match left {
                    Left::Constant(constant) => Side::Constant(constant),
                    left => Side::Register(self.chain_register(left, chain, node.line)?),
                };
                let free = self.f.free();
                let comparison = self.comparison(*op, left, right, true)?;
                self.f.set_free(free);
                let a = self.chain_place(chain, is_last)?;
                self.comparison_value(comparison, a, node.line);
                Ok(Left::Register(a))
            }
            ExprKind::Binary { op, right, .. } => self.chain_arithmetic(node, (*op, right), left, chain, is_last),
            ExprKind::Index { key, .. } => self.chain_index(node, key, left, chain, is_last),
            ExprKind::Call { args, .. } => {
                let base = self.chain_base(chain)?;
                self.chain_into(left, base, node.line);
                self.call_node(node, base, 1, args)?;
                self.chain_result(base, chain, node.line)
            }
            ExprKind::MethodCall { name, name_line, args, .. } => {
                let object = match left {
                    Left::Register(reg) => reg,
                    left => self.chain_register(left, chain, node.line)?,
                };
                let base = self.chain_base(chain)?;
                self.method(base, object, *name, *name_line)?;
                self.call_node(node, base, 2, args)?;
                self.chain_result(base, chain, node.line)
            }
            _ => Ok(left),
        }
    }

    /// A register with nothing in use above it, for a call.
    fn chain_base(&mut self, chain: &mut Chain) -> Result<Reg, CompileError> {
        match chain.home {
            Some(home) if self.f.is_top(home) => Ok(home),
            Some(_) => self.f.reserve(1),
            None => self.chain_home(chain),
        }
    }

    /// Calls for one value, the function in `base` and `given` registers in use from there.
    fn call_node(&mut self, node: &Expr, base: Reg, given: u8, args: &[Expr]) -> Result<(), CompileError> {
        let args = self.args(args, given - 1)?;
        self.f.emit(Op::Call { a: base, args, results: Count::exactly(1) }, node.line);
        self.f.set_free(base.0 + 1);
        Ok(())
    }

    /// Brings a call's result home.
    fn chain_result(&mut self, base: Reg, chain: &Chain, line: u32) -> Result<Left, CompileError> {
        match chain.home {
            Some(home) if home != base => {
                self.f.emit(Op::Move { a: home, b: base }, line);
                self.f.set_free(base.0);
                Ok(Left::Register(home))
            }
            _ => Ok(Left::Register(base)),
        }
    }

    fn chain_index(
        &mut self,
        node: &Expr,
        key: &Expr,
        left: Left,
        chain: &mut Chain,
        is_last: bool,
    ) -> Result<Left, CompileError> {
        if let Left::Upvalue(up) = left
            && let Some(constant @ Constant::String(_)) = self.constant(key)
            && let Some(key) = self.f.constant(&constant)
        {
            let a = self.chain_place(chain, is_last)?;
            let cache = self.f.cache();
            self.f.emit(Op::GetUpField { a, up, key, cache }, node.line);
            return Ok(Left::Register(a));
        }
        let b = self.chain_register(left, chain, node.line)?;
        let free = self.f.free();
        let key = self.key(key)?;
        self.f.set_free(free);
        let a = self.chain_place(chain, is_last)?;
        let op = match key {
            Key::Field(key) => Op::GetField { a, b, key, cache: self.f.cache() },
            Key::Integer(index) => Op::GetInt { a, b, index },
            Key::Register(c) => Op::GetIndex { a, b, c },
        };
        self.f.emit(op, node.line);
        Ok(Left::Register(a))
    }

    fn chain_arithmetic(
        &mut self,
        node: &Expr,
        (op, right): (BinaryOp, &Expr),
        left: Left,
        chain: &mut Chain,
        is_last: bool,
    ) -> Result<Left, CompileError> {
        let constant = self.constant(right);
        if let (Left::Constant(left), Some(right)) = (&left, &constant)
            && let Some(folded) = fold::binary(op, left, right)
        {
            return Ok(Left::Constant(folded));
        }
        let b = self.chain_register(left, chain, node.line)?;
        let free = self.f.free();
        let operand = match constant.and_then(|constant| self.constant_operand(op, &constant)) {
            Some(operand) => operand,
            None => Operand::Register(self.value(right, None)?),
        };
        self.f.set_free(free);
        let a = self.chain_place(chain, is_last)?;
        self.f.emit(operator::instruction(op, a, b, operand), node.line);
        Ok(Left::Register(a))
    }

    /// A constant as the right operand, if the operator has a form for it.
    fn constant_operand(&mut self, op: BinaryOp, constant: &Constant) -> Option<Operand> {
        match constant {
            Constant::Integer(i) => match i32::try_from(*i) {
                Ok(value) if operator::takes_integer(op) => Some(Operand::Integer(value)),
                _ => self.f.constant(constant).map(Operand::Constant),
            },
            Constant::Float(_) if !operator::is_bitwise(op) => self.f.constant(constant).map(Operand::Constant),
            _ => None,
        }
    }
}

/// Where an expression is in memory, as which it is known for as long as its chunk is compiled.
fn address(expr: &Expr) -> usize {
    std::ptr::from_ref(expr).addr()
}

/// The expression a chain goes on with on its left, and whether this one is a node of the chain; a
/// parenthesis is none, for every value in a chain is one value.
fn left_of(expr: &Expr) -> Option<(&Expr, bool)> {
    match &expr.kind {
        ExprKind::Paren(inner) => Some((inner, false)),
        ExprKind::Binary { op: BinaryOp::And | BinaryOp::Or | BinaryOp::Concat, .. } => None,
        ExprKind::Binary { left, .. } => Some((left, true)),
        ExprKind::Index { object, .. } | ExprKind::MethodCall { object, .. } => Some((object, true)),
        ExprKind::Call { callee, .. } => Some((callee, true)),
        _ => None,
    }
}

/// Whether the expression is better compiled as a condition than as a value.
fn is_logic(expr: &Expr) -> bool {
    match &expr.kind {
        ExprKind::Paren(inner) => is_logic(inner),
        ExprKind::Binary { op, .. } => matches!(op, BinaryOp::And | BinaryOp::Or) || op.is_comparison(),
        _ => false,
    }
}
