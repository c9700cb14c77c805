//! Operators on long strings, in turns.
//!
//! An operator compares or copies as many bytes as fit between two looks at the fuel. Where there are more, its answer
//! is the result of a call, as with a metamethod: the function called is one of those here, which no script can get
//! hold of.

use std::cmp::Ordering;

use gc_arena::Collect;

use super::context::Context;
use super::error::{Fault, Raised};
use super::function::Native;
use super::gc::Charge;
use super::meta::Meta;
use super::sequence::{Action, Call, Sequence};
use super::string::LuaString;
use super::value::Value;

/// The most bytes that are compared or copied between two looks at the fuel.
pub(super) const CHUNK: usize = 1 << 18;

/// So many bytes cost a unit of fuel to look at.
const CHARGED_LEN: usize = 64;

/// What is asked about two strings.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Collect)]
#[collect(require_static)]
pub(super) enum Relation {
    Equal,
    Less,
    LessEqual,
}

impl Relation {
    fn holds(self, ordering: Ordering) -> bool {
        match self {
            Relation::Equal => ordering.is_eq(),
            Relation::Less => ordering.is_lt(),
            Relation::LessEqual => ordering.is_le(),
        }
    }
}

/// Whether so much has to be looked at to compare these strings that it is done in turns.
pub(super) fn is_long_work<'gc>(a: LuaString<'gc>, b: LuaString<'gc>) -> bool {
    a.len().min(b.len()) > CHUNK && !a.same(b)
}

/// The comparison in turns, as a call.
#[cold]
pub(super) fn in_turns<'gc>(ctx: Context<'gc>, relation: Relation, a: LuaString<'gc>, b: LuaString<'gc>) -> Meta<'gc> {
    let native = match relation {
        Relation::Equal => Native::new(ctx, "string comparison", equal),
        Relation::Less => Native::new(ctx, "string comparison", less),
        Relation::LessEqual => Native::new(ctx, "string comparison", less_equal),
    };
    Meta::call2(Value::Native(native), Value::String(a), Value::String(b))
}

fn equal<'gc>(call: &mut Call<'_, 'gc>) -> Result<Action<'gc>, Raised<'gc>> {
    begin(call, Relation::Equal)
}

fn less<'gc>(call: &mut Call<'_, 'gc>) -> Result<Action<'gc>, Raised<'gc>> {
    begin(call, Relation::Less)
}

fn less_equal<'gc>(call: &mut Call<'_, 'gc>) -> Result<Action<'gc>, Raised<'gc>> {
    begin(call, Relation::LessEqual)
}

fn begin<'gc>(call: &mut Call<'_, 'gc>, relation: Relation) -> Result<Action<'gc>, Raised<'gc>> {
    let (Value::String(a), Value::String(b)) = (call.arg(0), call.arg(1)) else {
        return call.ret1(Value::Boolean(false));
    };
    call.leave(&[]);
    Ok(Action::Start(Box::new(Comparison { relation, a, b, at: 0 })))
}

#[derive(Collect)]
#[collect(no_drop)]
struct Comparison<'gc> {
    relation: Relation,
    a: LuaString<'gc>,
    b: LuaString<'gc>,
    /// Up to here they agree.
    at: usize,
}

impl<'gc> Sequence<'gc> for Comparison<'gc> {
    fn name(&self) -> &'static str {
        "string comparison"
    }

    fn poll(&mut self, call: &mut Call<'_, 'gc>) -> Result<Action<'gc>, Raised<'gc>> {
        while !call.is_out_of_fuel() {
            let rest = [self.a, self.b].map(|text| text.as_bytes().get(self.at..).unwrap_or_default());
            let [left, right] = rest.map(|rest| rest.get(..CHUNK).unwrap_or(rest));
            call.charge(1 + left.len().min(right.len()) / CHARGED_LEN);
            let ordering = left.cmp(right);
            // Where both go on, what was looked at is equally long.
            if ordering.is_ne() || left.len() < CHUNK {
                return call.ret1(Value::Boolean(self.relation.holds(ordering)));
            }
            self.at += CHUNK;
        }
        call.leave(&[]);
        Ok(Action::Pause)
    }
}

/// The concatenation of strings and numbers in turns, as a call.
#[cold]
pub(super) fn concat_in_turns<'gc>(ctx: Context<'gc>, values: &[Value<'gc>]) -> Meta<'gc> {
    let native = Native::with_upvalues(ctx, "string concatenation", values, concat);
    Meta::Call { function: Value::Native(native), args: [Value::Nil; 3], count: 0 }
}

/// Its upvalues are the operands.
fn concat<'gc>(call: &mut Call<'_, 'gc>) -> Result<Action<'gc>, Raised<'gc>> {
    let Some(native) = call.callee() else { return call.ret0() };
    let texts = (0..native.upvalue_count()).map(|index| call.ctx.plain_string(native.upvalue(index)));
    let texts: Vec<LuaString<'gc>> = texts.collect();
    let total = texts.iter().fold(0_usize, |total, text| total.saturating_add(text.len()));
    call.ctx.ledger().check(total)?;
    let mut bytes = Vec::new();
    bytes.try_reserve_exact(total).map_err(|_| Raised::fault(Fault::OutOfMemory))?;
    let charge = Charge::new(call.ctx.ledger(), total);
    call.leave(&[]);
    Ok(Action::Start(Box::new(Concatenation { texts, at: 0, copied: 0, bytes, charge })))
}

#[derive(Collect)]
#[collect(no_drop)]
struct Concatenation<'gc> {
    texts: Vec<LuaString<'gc>>,
    /// The string that is copied, and how much of it has been.
    at: usize,
    copied: usize,
    bytes: Vec<u8>,
    #[collect(require_static)]
    charge: Charge,
}

impl<'gc> Sequence<'gc> for Concatenation<'gc> {
    fn name(&self) -> &'static str {
        "string concatenation"
    }

    fn poll(&mut self, call: &mut Call<'_, 'gc>) -> Result<Action<'gc>, Raised<'gc>> {
        while !call.is_out_of_fuel() {
            let Some(text) = self.texts.get(self.at) else {
                // The string has an entry of its own.
                self.charge.set(0);
                let text = call.ctx.string_from(std::mem::take(&mut self.bytes));
                return call.ret1(Value::String(text));
            };
            let rest = text.as_bytes().get(self.copied..).unwrap_or_default();
            let part = rest.get(..CHUNK).unwrap_or(rest);
            call.charge(1 + part.len() / CHARGED_LEN);
            self.bytes.extend_from_slice(part);
            self.copied += part.len();
            if part.len() == rest.len() {
                (self.at, self.copied) = (self.at + 1, 0);
            }
        }
        call.leave(&[]);
        Ok(Action::Pause)
    }
}
