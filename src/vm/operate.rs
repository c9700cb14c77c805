//! What operators mean off the fast path: coercions, arithmetic on all kinds of numbers, comparison,
//! concatenation, and numbers as text.
//!
//! Integer arithmetic wraps around. Strings that look like numbers count as numbers in arithmetic (§3.4.3) by the
//! metamethods that the string library gives them.

use std::cmp::Ordering;

use super::context::Context;
use super::error::{Operand, Raised};
use super::long::{self, Relation};
use super::meta::{Event, Meta};
use super::short::Joint;
use super::string::{LuaString, STRING_MAX};
use super::value::Value;
use crate::syntax::number::{self, Number};

/// So many bytes of a long string cost a unit of fuel to look at.
const CHARGED_LEN: usize = 64;

/// The longest string, in bytes, that may be taken for a number: reading one is never put off, and takes no longer.
pub const NUMERAL_MAX: usize = 1 << 15;

/// The arithmetic and bitwise operators.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names are the operators'")]
pub enum ArithOp {
    Add,
    Sub,
    Mul,
    Div,
    IDiv,
    Mod,
    Pow,
    BAnd,
    BOr,
    BXor,
    Shl,
    Shr,
    Unm,
    BNot,
}

impl ArithOp {
    pub(super) const fn event(self) -> Event {
        match self {
            ArithOp::Add => Event::Add,
            ArithOp::Sub => Event::Sub,
            ArithOp::Mul => Event::Mul,
            ArithOp::Div => Event::Div,
            ArithOp::IDiv => Event::IDiv,
            ArithOp::Mod => Event::Mod,
            ArithOp::Pow => Event::Pow,
            ArithOp::BAnd => Event::BAnd,
            ArithOp::BOr => Event::BOr,
            ArithOp::BXor => Event::BXor,
            ArithOp::Shl => Event::Shl,
            ArithOp::Shr => Event::Shr,
            ArithOp::Unm => Event::Unm,
            ArithOp::BNot => Event::BNot,
        }
    }

    const fn is_bitwise(self) -> bool {
        matches!(self, ArithOp::BAnd | ArithOp::BOr | ArithOp::BXor | ArithOp::Shl | ArithOp::Shr | ArithOp::BNot)
    }
}

/// `a // b` on integers; `b` is not 0.
#[inline]
pub(super) const fn integer_floor_div(a: i64, b: i64) -> i64 {
    let quotient = a.wrapping_div(b);
    if a.wrapping_rem(b) != 0 && (a ^ b) < 0 { quotient - 1 } else { quotient }
}

/// `a % b` on integers; `b` is not 0.
#[inline]
pub(super) const fn integer_modulo(a: i64, b: i64) -> i64 {
    let remainder = a.wrapping_rem(b);
    if remainder != 0 && (remainder ^ b) < 0 { remainder + b } else { remainder }
}

/// `a % b` on floats: the sign of the result is the divisor's.
#[inline]
pub(super) fn float_modulo(a: f64, b: f64) -> f64 {
    let remainder = a % b;
    if remainder != 0.0 && (remainder < 0.0) != (b < 0.0) { remainder + b } else { remainder }
}

/// `a ^ b`; squares, the commonest power, are multiplied.
#[inline]
pub(super) fn power(a: f64, b: f64) -> f64 {
    if b == 2.0 { a * a } else { a.powf(b) }
}

/// `a << b`; a negative `b` shifts the other way, 64 and more shift everything out.
#[inline]
pub(super) const fn shift_left(a: i64, b: i64) -> i64 {
    if b <= -64 || b >= 64 {
        0
    } else if b >= 0 {
        ((a as u64) << b) as i64
    } else {
        ((a as u64) >> -b) as i64
    }
}

/// `a >> b`, a logical shift.
#[inline]
pub(super) const fn shift_right(a: i64, b: i64) -> i64 {
    shift_left(a, b.wrapping_neg())
}

impl<'gc> Value<'gc> {
    /// The value itself, if it is a number.
    fn as_number(self) -> Option<Value<'gc>> {
        matches!(self, Value::Integer(_) | Value::Float(_)).then_some(self)
    }

    /// The number that arithmetic sees: numbers and strings that look like one, and are no longer than
    /// 32 KiB: no conversion may take long.
    pub fn to_number(self) -> Option<Value<'gc>> {
        match self {
            Value::Integer(_) | Value::Float(_) => Some(self),
            Value::String(string) if string.len() > NUMERAL_MAX => None,
            Value::String(string) => match number::parse(string.as_bytes())? {
                Number::Integer(i) => Some(Value::Integer(i)),
                Number::Float(x) => Some(Value::Float(x)),
            },
            _ => None,
        }
    }

    /// The value as a float, if it is a number or looks like one.
    #[expect(clippy::cast_precision_loss, reason = "Lua's conversion rounds")]
    pub fn to_float(self) -> Option<f64> {
        match self.to_number()? {
            Value::Integer(i) => Some(i as f64),
            Value::Float(x) => Some(x),
            _ => None,
        }
    }

    /// The value as an integer, if it is a number, or looks like one, with an exact integer value.
    pub fn to_integer(self) -> Option<i64> {
        match self.to_number()? {
            Value::Integer(i) => Some(i),
            Value::Float(x) => number::float_to_integer(x),
            _ => None,
        }
    }
}

impl<'gc> Context<'gc> {
    /// An arithmetic or bitwise operation; unary ones take their operand twice.
    ///
    /// # Errors
    /// On operands without a number or metamethod, division of an integer by zero, and operands of bitwise
    /// operations that have no exact integer value.
    #[cold]
    #[inline(never)]
    pub fn arithmetic(self, op: ArithOp, a: Value<'gc>, b: Value<'gc>) -> Result<Meta<'gc>, Raised<'gc>> {
        if let (Some(x), Some(y)) = (a.as_number(), b.as_number())
            && let Some(result) = arithmetic_on_numbers(op, x, y)?
        {
            return Ok(Meta::Value(result));
        }
        match self.either(a, b, op.event()) {
            Value::Nil => Err(self.arithmetic_error(op, a, b)),
            handler => Ok(Meta::call2(handler, a, b)),
        }
    }

    #[cold]
    fn arithmetic_error(self, op: ArithOp, a: Value<'gc>, b: Value<'gc>) -> Raised<'gc> {
        let is_number = |value: Value<'gc>| value.as_number().is_some();
        if op.is_bitwise() && is_number(a) && is_number(b) {
            let culprit = if a.to_integer().is_none() { Operand::First } else { Operand::Second };
            return Raised::operand("number{} has no integer representation".to_owned(), culprit);
        }
        let (culprit, value) = if is_number(a) { (Operand::Second, b) } else { (Operand::First, a) };
        let what = if op.is_bitwise() { "bitwise operation" } else { "arithmetic" };
        let message = format!("attempt to perform {what} on a {} value", self.type_name(value));
        Raised::operand(message, culprit)
    }

    /// Charges for looking at long strings byte by byte.
    pub(super) fn charge_comparison(self, a: LuaString<'gc>, b: LuaString<'gc>) {
        let shared = a.len().min(b.len());
        if shared > CHARGED_LEN {
            self.charge(u32::try_from(shared / CHARGED_LEN).unwrap_or(u32::MAX));
        }
    }

    /// Charges for one look for a key in a table: a long string is compared byte by byte.
    #[inline]
    pub fn charge_key(self, key: Value<'gc>) {
        if let Value::String(key) = key {
            self.charge_comparison(key, key);
        }
    }

    /// `a < b`; the answer counts as a condition.
    ///
    /// # Errors
    /// If the two cannot be compared.
    pub fn less_than(self, a: Value<'gc>, b: Value<'gc>) -> Result<Meta<'gc>, Raised<'gc>> {
        if let (Value::String(a), Value::String(b)) = (a, b) {
            if long::is_long_work(a, b) {
                return Ok(long::in_turns(self, Relation::Less, a, b));
            }
            self.charge_comparison(a, b);
        }
        match order(a, b) {
            Ordered::As(ordering) => Ok(Meta::Value(Value::Boolean(ordering == Some(Ordering::Less)))),
            Ordered::ByMetamethod => self.compare_by(Event::Lt, a, b),
        }
    }

    /// `a <= b`; the answer counts as a condition.
    ///
    /// # Errors
    /// If the two cannot be compared.
    pub fn less_equal(self, a: Value<'gc>, b: Value<'gc>) -> Result<Meta<'gc>, Raised<'gc>> {
        if let (Value::String(a), Value::String(b)) = (a, b) {
            if long::is_long_work(a, b) {
                return Ok(long::in_turns(self, Relation::LessEqual, a, b));
            }
            self.charge_comparison(a, b);
        }
        match order(a, b) {
            Ordered::As(ordering) => {
                Ok(Meta::Value(Value::Boolean(matches!(ordering, Some(Ordering::Less | Ordering::Equal)))))
            }
            Ordered::ByMetamethod => self.compare_by(Event::Le, a, b),
        }
    }

    #[cold]
    fn compare_by(self, event: Event, a: Value<'gc>, b: Value<'gc>) -> Result<Meta<'gc>, Raised<'gc>> {
        match self.either(a, b, event) {
            Value::Nil => {
                let (left, right) = (self.type_name(a), self.type_name(b));
                Err(Raised::message(if left == right {
                    format!("attempt to compare two {left} values")
                } else {
                    format!("attempt to compare {left} with {right}")
                }))
            }
            handler => Ok(Meta::call2(handler, a, b)),
        }
    }

    /// `a .. b`.
    ///
    /// # Errors
    /// If an operand is neither string nor number and has no metamethod; if the result is too large.
    pub fn concat(self, a: Value<'gc>, b: Value<'gc>) -> Result<Meta<'gc>, Raised<'gc>> {
        if is_text(a) && is_text(b) {
            return self.concat_texts(&[a, b]);
        }
        match self.either(a, b, Event::Concat) {
            Value::Nil => {
                let (culprit, value) = if is_text(a) { (Operand::Second, b) } else { (Operand::First, a) };
                let message = format!("attempt to concatenate a {} value", self.type_name(value));
                Err(Raised::operand(message, culprit))
            }
            handler => Ok(Meta::call2(handler, a, b)),
        }
    }

    /// The concatenation of strings and numbers, if it is short.
    #[inline]
    pub(super) fn concat_short(self, values: &[Value<'gc>]) -> Option<LuaString<'gc>> {
        let mut joint = Joint::default();
        values.iter().all(|value| joint.push(value)).then(|| self.joint(&joint))
    }

    /// The concatenation of strings and numbers.
    pub(super) fn concat_texts(self, values: &[Value<'gc>]) -> Result<Meta<'gc>, Raised<'gc>> {
        if let Some(text) = self.concat_short(values) {
            return Ok(Meta::Value(Value::String(text)));
        }
        let mut total = 0_usize;
        for value in values {
            total = total.saturating_add(if let Value::String(string) = value { string.len() } else { NUMBER_LEN });
        }
        if total > STRING_MAX {
            return Err(Raised::message("string length overflow"));
        }
        self.ledger().check(total)?;
        if total > long::CHUNK {
            return Ok(long::concat_in_turns(self, values));
        }
        self.pay_for_copy(total);
        let mut bytes = Vec::new();
        bytes.try_reserve_exact(total).map_err(|_| super::gc::OutOfMemory)?;
        for value in values {
            match value {
                Value::String(string) => bytes.extend_from_slice(string.as_bytes()),
                number => {
                    let mut joint = Joint::default();
                    joint.push(number);
                    let (len, digits) = joint.short().padded();
                    bytes.extend_from_slice(digits.get(..usize::from(len)).unwrap_or_default());
                }
            }
        }
        Ok(Meta::Value(Value::String(self.string_from(bytes))))
    }

    /// The value as text without metamethods: what `tostring` gives, but for `__tostring`. Objects show a
    /// number of their own in place of an address.
    pub fn plain_string(self, value: Value<'gc>) -> LuaString<'gc> {
        match value {
            Value::String(string) => string,
            Value::Nil | Value::Cell(_) => self.string(b"nil"),
            Value::Boolean(true) => self.string(b"true"),
            Value::Boolean(false) => self.string(b"false"),
            number @ (Value::Integer(_) | Value::Float(_)) => {
                let mut joint = Joint::default();
                joint.push(&number);
                self.joint(&joint)
            }
            object => {
                // A number is given out, and a text put together.
                self.charge(OBJECT_FUEL);
                let serial = self.serial(object).unwrap_or(0);
                self.string(format!("{}: 0x{serial:08x}", self.type_name(object)).as_bytes())
            }
        }
    }
}

/// What the text of an object costs.
const OBJECT_FUEL: u32 = 32;

/// No number's text is longer.
const NUMBER_LEN: usize = 24;

/// Whether a value can be concatenated as it is.
pub(super) const fn is_text(value: Value<'_>) -> bool {
    matches!(value, Value::String(_) | Value::Integer(_) | Value::Float(_))
}

/// `None` where a bitwise operation has an operand without integer value.
fn arithmetic_on_numbers<'gc>(op: ArithOp, a: Value<'gc>, b: Value<'gc>) -> Result<Option<Value<'gc>>, Raised<'gc>> {
    if op.is_bitwise() {
        let (Some(a), Some(b)) = (a.to_integer(), b.to_integer()) else { return Ok(None) };
        return Ok(Some(Value::Integer(match op {
            ArithOp::BAnd => a & b,
            ArithOp::BOr => a | b,
            ArithOp::BXor => a ^ b,
            ArithOp::Shl => shift_left(a, b),
            ArithOp::Shr => shift_right(a, b),
            _ => !a,
        })));
    }
    if let (Value::Integer(a), Value::Integer(b)) = (a, b) {
        let result = match op {
            ArithOp::Add => Some(a.wrapping_add(b)),
            ArithOp::Sub => Some(a.wrapping_sub(b)),
            ArithOp::Mul => Some(a.wrapping_mul(b)),
            ArithOp::Unm => Some(a.wrapping_neg()),
            ArithOp::IDiv if b == 0 => return Err(Raised::message("attempt to divide by zero")),
            ArithOp::IDiv => Some(integer_floor_div(a, b)),
            ArithOp::Mod if b == 0 => return Err(Raised::message("attempt to perform 'n%0'")),
            ArithOp::Mod => Some(integer_modulo(a, b)),
            _ => None,
        };
        if let Some(result) = result {
            return Ok(Some(Value::Integer(result)));
        }
    }
    let (Some(a), Some(b)) = (a.to_float(), b.to_float()) else { return Ok(None) };
    Ok(Some(Value::Float(match op {
        ArithOp::Add => a + b,
        ArithOp::Sub => a - b,
        ArithOp::Mul => a * b,
        ArithOp::Div => a / b,
        ArithOp::IDiv => (a / b).floor(),
        ArithOp::Mod => float_modulo(a, b),
        ArithOp::Pow => power(a, b),
        _ => -a,
    })))
}

enum Ordered {
    /// They compare so; `None` for NaN.
    As(Option<Ordering>),
    ByMetamethod,
}

#[inline]
fn order(a: Value<'_>, b: Value<'_>) -> Ordered {
    Ordered::As(match (a, b) {
        (Value::Integer(a), Value::Integer(b)) => Some(a.cmp(&b)),
        (Value::Float(a), Value::Float(b)) => a.partial_cmp(&b),
        (Value::Integer(a), Value::Float(b)) => compare_integer_float(a, b),
        (Value::Float(a), Value::Integer(b)) => compare_integer_float(b, a).map(Ordering::reverse),
        (Value::String(a), Value::String(b)) => Some(a.as_bytes().cmp(b.as_bytes())),
        _ => return Ordered::ByMetamethod,
    })
}

/// How an integer compares with a float, by mathematical value.
#[expect(clippy::cast_possible_truncation, reason = "guarded by the ranges")]
pub(super) fn compare_integer_float(a: i64, b: f64) -> Option<Ordering> {
    const TWO_TO_63: f64 = 9_223_372_036_854_775_808.0;
    if b.is_nan() {
        None
    } else if b >= TWO_TO_63 {
        Some(Ordering::Less)
    } else if b < -TWO_TO_63 {
        Some(Ordering::Greater)
    } else {
        let whole = b.floor();
        let ordering = a.cmp(&(whole as i64));
        Some(if ordering == Ordering::Equal && b > whole { Ordering::Less } else { ordering })
    }
}
