//! Constant folding: arithmetic on numerals, done once by the compiler.
//!
//! The rule that everything here keeps: a folded operation gives exactly what the machine would give at
//! run time, on every platform. So nothing that would raise an error is folded, nor a result that is NaN
//! or a float zero (constants are shared by value, and 0.0 equals -0.0), nor a power unless it is exact.
//! Knows constants and operators; neither registers nor names.

use crate::bytecode::Constant;
use crate::syntax::ast::{BinaryOp, UnaryOp};
use crate::syntax::number::float_to_integer;

/// The largest integer up to which every integer is a float.
const EXACT_MAX: i64 = 1 << 53;

/// The value of `left op right`, if it may be computed now.
pub(super) fn binary(op: BinaryOp, left: &Constant, right: &Constant) -> Option<Constant> {
    match op {
        BinaryOp::BAnd | BinaryOp::BOr | BinaryOp::BXor | BinaryOp::Shl | BinaryOp::Shr => {
            Some(Constant::Integer(bitwise(op, integer(left)?, integer(right)?)))
        }
        BinaryOp::Add | BinaryOp::Sub | BinaryOp::Mul | BinaryOp::IDiv | BinaryOp::Mod => match (left, right) {
            (Constant::Integer(a), Constant::Integer(b)) => integers(op, *a, *b).map(Constant::Integer),
            _ => settled(floats(op, float(left)?, float(right)?)?),
        },
        BinaryOp::Div => settled(floats(op, float(left)?, float(right)?)?),
        BinaryOp::Pow => settled(power(float(left)?, float(right)?)?),
        _ => None,
    }
}

/// The value of `op operand`, if it may be computed now.
pub(super) fn unary(op: UnaryOp, operand: &Constant) -> Option<Constant> {
    match (op, operand) {
        (UnaryOp::Neg, Constant::Integer(i)) => Some(Constant::Integer(i.wrapping_neg())),
        (UnaryOp::Neg, Constant::Float(x)) => settled(-x),
        (UnaryOp::BNot, _) => Some(Constant::Integer(!integer(operand)?)),
        (UnaryOp::Not, _) => Some(Constant::Boolean(!is_truthy(operand))),
        (UnaryOp::Neg | UnaryOp::Len, _) => None,
    }
}

/// Whether a condition takes the constant for true.
pub(super) fn is_truthy(constant: &Constant) -> bool {
    !matches!(constant, Constant::Nil | Constant::Boolean(false))
}

/// A float as a constant, unless it is one that must not be.
fn settled(x: f64) -> Option<Constant> {
    if x.is_nan() || x == 0.0 { None } else { Some(Constant::Float(x)) }
}

fn integer(constant: &Constant) -> Option<i64> {
    match constant {
        Constant::Integer(i) => Some(*i),
        Constant::Float(x) => float_to_integer(*x),
        _ => None,
    }
}

#[expect(clippy::cast_precision_loss, reason = "Lua converts integers to floats this way (§3.4.3)")]
fn float(constant: &Constant) -> Option<f64> {
    match constant {
        Constant::Integer(i) => Some(*i as f64),
        Constant::Float(x) => Some(*x),
        _ => None,
    }
}

fn integers(op: BinaryOp, a: i64, b: i64) -> Option<i64> {
    match op {
        BinaryOp::Add => Some(a.wrapping_add(b)),
        BinaryOp::Sub => Some(a.wrapping_sub(b)),
        BinaryOp::Mul => Some(a.wrapping_mul(b)),
        BinaryOp::IDiv if b != 0 => {
            let quotient = a.wrapping_div(b);
            // Lua rounds towards minus infinity, Rust towards zero.
            if a.wrapping_rem(b) != 0 && (a < 0) != (b < 0) { Some(quotient - 1) } else { Some(quotient) }
        }
        BinaryOp::Mod if b != 0 => {
            let rest = a.wrapping_rem(b);
            if rest != 0 && (rest < 0) != (b < 0) { Some(rest + b) } else { Some(rest) }
        }
        _ => None,
    }
}

fn floats(op: BinaryOp, a: f64, b: f64) -> Option<f64> {
    match op {
        BinaryOp::Add => Some(a + b),
        BinaryOp::Sub => Some(a - b),
        BinaryOp::Mul => Some(a * b),
        BinaryOp::Div if b != 0.0 => Some(a / b),
        BinaryOp::IDiv if b != 0.0 => Some((a / b).floor()),
        BinaryOp::Mod if b != 0.0 => {
            let rest = a % b;
            let is_opposite = if rest > 0.0 { b < 0.0 } else { rest < 0.0 && b > 0.0 };
            Some(if is_opposite { rest + b } else { rest })
        }
        _ => None,
    }
}

/// A power that every correct `pow` gives the same: of small whole numbers, or of two.
fn power(base: f64, exponent: f64) -> Option<f64> {
    let base = float_to_integer(base)?;
    let exponent = u32::try_from(float_to_integer(exponent)?).ok()?;
    if base == 2 && exponent <= 1023 {
        return Some(f64::from_bits(u64::from(exponent + 1023) << 52));
    }
    let result = base.checked_pow(exponent).filter(|result| (-EXACT_MAX..=EXACT_MAX).contains(result))?;
    float(&Constant::Integer(result))
}

fn bitwise(op: BinaryOp, a: i64, b: i64) -> i64 {
    match op {
        BinaryOp::BAnd => a & b,
        BinaryOp::BOr => a | b,
        BinaryOp::BXor => a ^ b,
        BinaryOp::Shl => shift_left(a, b),
        _ => shift_left(a, b.wrapping_neg()),
    }
}

/// A logical shift; a negative count shifts right, and 64 places or more leave nothing (§3.4.2).
#[expect(clippy::cast_sign_loss, clippy::cast_possible_wrap, reason = "shifts work on the bits")]
fn shift_left(a: i64, count: i64) -> i64 {
    match u32::try_from(count.unsigned_abs()) {
        Ok(places) if places < 64 => {
            let bits = a as u64;
            (if count >= 0 { bits << places } else { bits >> places }) as i64
        }
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn int(op: BinaryOp, a: i64, b: i64) -> Option<Constant> {
        binary(op, &Constant::Integer(a), &Constant::Integer(b))
    }

    #[test]
    fn integers_wrap_and_round_down() {
        assert_eq!(int(BinaryOp::Add, i64::MAX, 1), Some(Constant::Integer(i64::MIN)));
        assert_eq!(int(BinaryOp::IDiv, -7, 2), Some(Constant::Integer(-4)));
        assert_eq!(int(BinaryOp::Mod, -7, 2), Some(Constant::Integer(1)));
        assert_eq!(int(BinaryOp::Mod, i64::MIN, -1), Some(Constant::Integer(0)));
        assert_eq!(int(BinaryOp::IDiv, i64::MIN, -1), Some(Constant::Integer(i64::MIN)));
    }

    #[test]
    fn errors_and_zeros_are_left_to_the_machine() {
        assert_eq!(int(BinaryOp::IDiv, 1, 0), None);
        assert_eq!(int(BinaryOp::Div, 1, 0), None);
        assert_eq!(int(BinaryOp::Div, 0, 1), None);
        assert_eq!(unary(UnaryOp::Neg, &Constant::Float(0.0)), None);
        assert_eq!(binary(BinaryOp::BAnd, &Constant::Float(1.5), &Constant::Integer(1)), None);
    }

    #[test]
    fn only_exact_powers_are_folded() {
        assert_eq!(int(BinaryOp::Pow, 2, 53), Some(Constant::Float(9_007_199_254_740_992.0)));
        assert_eq!(int(BinaryOp::Pow, 10, 3), Some(Constant::Float(1000.0)));
        assert_eq!(int(BinaryOp::Pow, 10, 300), None);
        assert_eq!(int(BinaryOp::Pow, 2, -1), None);
    }

    #[test]
    fn shifts_are_logical() {
        assert_eq!(int(BinaryOp::Shr, -1, 60), Some(Constant::Integer(15)));
        assert_eq!(int(BinaryOp::Shl, 1, 64), Some(Constant::Integer(0)));
        assert_eq!(int(BinaryOp::Shl, 1, i64::MIN), Some(Constant::Integer(0)));
        assert_eq!(int(BinaryOp::Shl, 16, -4), Some(Constant::Integer(1)));
    }
}
