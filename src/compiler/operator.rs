//! Which instruction an arithmetic or bitwise operator is, for each kind of right operand.
//!
//! The instruction set has a form for a register, one for a constant, and for sums and differences one
//! for a short integer. The left operand is always in a register: exchanging the sides would show in
//! what a metamethod receives. This file knows operators and instructions, and nothing else.

use crate::bytecode::{Const, Op, Reg};
use crate::syntax::ast::BinaryOp;

/// The right operand of an operator.
#[derive(Debug, Clone, Copy)]
pub(super) enum Operand {
    Register(Reg),
    Constant(Const),
    Integer(i32),
}

/// Whether the operator works on integers only; its constants must be integers, then.
pub(super) fn is_bitwise(op: BinaryOp) -> bool {
    matches!(op, BinaryOp::BAnd | BinaryOp::BOr | BinaryOp::BXor | BinaryOp::Shl | BinaryOp::Shr)
}

/// Whether the operator has a form for [`Operand::Integer`].
pub(super) fn takes_integer(op: BinaryOp) -> bool {
    matches!(op, BinaryOp::Add | BinaryOp::Sub)
}

/// `R[a] := R[b] op operand`
pub(super) fn instruction(op: BinaryOp, a: Reg, b: Reg, operand: Operand) -> Op {
    match operand {
        Operand::Register(c) => with_register(op, a, b, c),
        Operand::Constant(k) => with_constant(op, a, b, k),
        Operand::Integer(value) if op == BinaryOp::Sub => Op::SubI { a, b, value },
        Operand::Integer(value) => Op::AddI { a, b, value },
    }
}

fn with_register(op: BinaryOp, a: Reg, b: Reg, c: Reg) -> Op {
    match op {
        BinaryOp::Add => Op::Add { a, b, c },
        BinaryOp::Sub => Op::Sub { a, b, c },
        BinaryOp::Mul => Op::Mul { a, b, c },
        BinaryOp::Div => Op::Div { a, b, c },
        BinaryOp::IDiv => Op::IDiv { a, b, c },
        BinaryOp::Mod => Op::Mod { a, b, c },
        BinaryOp::Pow => Op::Pow { a, b, c },
        BinaryOp::BAnd => Op::BAnd { a, b, c },
        BinaryOp::BOr => Op::BOr { a, b, c },
        BinaryOp::BXor => Op::BXor { a, b, c },
        BinaryOp::Shl => Op::Shl { a, b, c },
        BinaryOp::Shr => Op::Shr { a, b, c },
        // The logical operators, comparisons and `..` have instructions of other shapes.
        _ => Op::Move { a, b },
    }
}

fn with_constant(op: BinaryOp, a: Reg, b: Reg, k: Const) -> Op {
    match op {
        BinaryOp::Add => Op::AddK { a, b, k },
        BinaryOp::Sub => Op::SubK { a, b, k },
        BinaryOp::Mul => Op::MulK { a, b, k },
        BinaryOp::Div => Op::DivK { a, b, k },
        BinaryOp::IDiv => Op::IDivK { a, b, k },
        BinaryOp::Mod => Op::ModK { a, b, k },
        BinaryOp::Pow => Op::PowK { a, b, k },
        BinaryOp::BAnd => Op::BAndK { a, b, k },
        BinaryOp::BOr => Op::BOrK { a, b, k },
        BinaryOp::BXor => Op::BXorK { a, b, k },
        BinaryOp::Shl => Op::ShlK { a, b, k },
        BinaryOp::Shr => Op::ShrK { a, b, k },
        // See above.
        _ => Op::Move { a, b },
    }
}
