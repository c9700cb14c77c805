//! Comparing long strings in turns.
//!
//! An operator looks at as many bytes as fit between two looks at the fuel. Where two strings agree in more than that,
//! its answer is the result of a call, as with a metamethod: the function called is one of those here, which no
//! script can get hold of.

use std::cmp::Ordering;

use gc_arena::Collect;

use super::context::Context;
use super::error::Raised;
use super::function::Native;
use super::meta::Meta;
use super::sequence::{Action, Call, Sequence};
use super::string::LuaString;
use super::value::Value;

/// The most bytes that are compared between two looks at the fuel.
const CHUNK: usize = 1 << 18;

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
