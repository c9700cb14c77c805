//! The `math` library (§6.7).
//!
//! Integers stay integers wherever the manual says so. `random` is PUC-Rio's, bit for bit, and starts from seed 0 so that
//! a script's world depends on its inputs alone. The transcendental functions are the standard library's, which takes
//! them from the platform: their last bit may differ between platforms.

use super::inquiry::{Ask, Inquiry, ask, inquire, without_position};
use super::random::{Random, unit_float};
use super::{Row, library};
use crate::api::{Action, Call, Collect, Context, Meta, Native, Raised, Table, UserData, Value, number};

/// The name under which the registry holds the generator's state.
const RANDOM_STATE: &str = "math.random";

/// The most values that are compared between two looks at the fuel.
const VALUES_MAX: usize = 1000;

/// Makes the library's table.
pub(super) fn open<'gc>(ctx: Context<'gc>) -> Result<Table<'gc>, Raised<'gc>> {
    let table = library(ctx, FUNCTIONS, 7)?;
    table.set_field(ctx, "pi", std::f64::consts::PI)?;
    table.set_field(ctx, "huge", f64::INFINITY)?;
    table.set_field(ctx, "maxinteger", i64::MAX)?;
    table.set_field(ctx, "mininteger", i64::MIN)?;
    let kinds = [ctx.text("integer"), ctx.text("float")];
    table.set_field(ctx, "type", Native::with_upvalues(ctx, "math.type", &kinds, type_))?;
    let state = UserData::new(ctx, Random::seeded(0, 0), None);
    ctx.registry().set_field(ctx, RANDOM_STATE, state)?;
    table.set_field(ctx, "random", Native::with_upvalues(ctx, "math.random", &[state.into()], random))?;
    table.set_field(ctx, "randomseed", Native::with_upvalues(ctx, "math.randomseed", &[state.into()], randomseed))?;
    Ok(table)
}

/// Seeds the generator, if the library is open.
pub(super) fn set_seed(ctx: Context<'_>, seed: u64) {
    if let Value::UserData(state) = ctx.registry().get_string(ctx, ctx.string(RANDOM_STATE.as_bytes()))
        && let Some(random) = state.downcast::<Random>()
    {
        random.seed(seed, 0);
    }
}

// -- random numbers --------------------------------------------------------------------------------------

fn state<'gc>(call: &Call<'_, 'gc>) -> Result<&'gc Random, Raised<'gc>> {
    match call.upvalue(0) {
        Value::UserData(state) => state.downcast().ok_or_else(|| Raised::message("no random state")),
        _ => Err(Raised::message("no random state")),
    }
}

fn random<'gc>(call: &mut Call<'_, 'gc>) -> Result<Action<'gc>, Raised<'gc>> {
    let random = state(call)?;
    let first = random.next();
    let (low, high) = match call.len() {
        0 => return call.ret1(unit_float(first)),
        1 => match call.check::<i64>(0)? {
            0 => return call.ret1(first.cast_signed()),
            high => (1, high),
        },
        2 => (call.check::<i64>(0)?, call.check::<i64>(1)?),
        _ => return Err(Raised::message("wrong number of arguments")),
    };
    if low > high {
        return Err(Raised::argument(0, "interval is empty"));
    }
    call.ret1(random.between(first, low, high))
}

fn randomseed<'gc>(call: &mut Call<'_, 'gc>) -> Result<Action<'gc>, Raised<'gc>> {
    let random = state(call)?;
    // Without a seed the next one comes out of the generator itself: scripts have no other source of chance.
    let (low, high) = match call.len() {
        0 => (random.next().cast_signed(), random.next().cast_signed()),
        _ => (call.check::<i64>(0)?, call.optional::<i64>(1, 0)?),
    };
    random.seed(low.cast_unsigned(), high.cast_unsigned());
    call.ret(&[Value::Integer(low), Value::Integer(high)])
}

// -- rounding and integers -------------------------------------------------------------------------------

/// A whole float as an integer, where it fits.
fn whole<'gc>(float: f64) -> Value<'gc> {
    number::float_to_integer(float).map_or(Value::Float(float), Value::Integer)
}

fn floor<'gc>(call: &mut Call<'_, 'gc>) -> Result<Action<'gc>, Raised<'gc>> {
    match call.arg(0) {
        integer @ Value::Integer(_) => call.ret1(integer),
        Value::Float(float) => call.ret1(whole(float.floor())),
        _ => {
            let float = call.check::<f64>(0)?;
            call.ret1(whole(float.floor()))
        }
    }
}

fn ceil<'gc>(call: &mut Call<'_, 'gc>) -> Result<Action<'gc>, Raised<'gc>> {
    match call.arg(0) {
        integer @ Value::Integer(_) => call.ret1(integer),
        _ => {
            let float = call.check::<f64>(0)?;
            call.ret1(whole(float.ceil()))
        }
    }
}

fn abs<'gc>(call: &mut Call<'_, 'gc>) -> Result<Action<'gc>, Raised<'gc>> {
    match call.arg(0) {
        Value::Integer(integer) => call.ret1(integer.wrapping_abs()),
        _ => {
            let float = call.check::<f64>(0)?;
            call.ret1(float.abs())
        }
    }
}

fn fmod<'gc>(call: &mut Call<'_, 'gc>) -> Result<Action<'gc>, Raised<'gc>> {
    if let (Value::Integer(a), Value::Integer(b)) = (call.arg(0), call.arg(1)) {
        // The remainder has the dividend's sign. By -1 it is 0, also where the quotient would overflow.
        return match b {
            0 => Err(Raised::argument(1, "zero")),
            _ => call.ret1(a.wrapping_rem(b)),
        };
    }
    let (a, b) = (call.check::<f64>(0)?, call.check::<f64>(1)?);
    call.ret1(a % b)
}

fn modf<'gc>(call: &mut Call<'_, 'gc>) -> Result<Action<'gc>, Raised<'gc>> {
    if let integer @ Value::Integer(_) = call.arg(0) {
        return call.ret(&[integer, Value::Float(0.0)]);
    }
    let float = call.check::<f64>(0)?;
    let fraction = if float.is_infinite() { 0.0 } else { float - float.trunc() };
    call.ret(&[whole(float.trunc()), Value::Float(fraction)])
}

fn tointeger<'gc>(call: &mut Call<'_, 'gc>) -> Result<Action<'gc>, Raised<'gc>> {
    let value = call.check_any(0)?;
    call.ret1(value.to_integer())
}

/// Its upvalues are the two names.
fn type_<'gc>(call: &mut Call<'_, 'gc>) -> Result<Action<'gc>, Raised<'gc>> {
    match call.check_any(0)? {
        Value::Integer(_) => call.ret1(call.upvalue(0)),
        Value::Float(_) => call.ret1(call.upvalue(1)),
        _ => call.ret1(Value::Nil),
    }
}

fn ult<'gc>(call: &mut Call<'_, 'gc>) -> Result<Action<'gc>, Raised<'gc>> {
    let (a, b) = (call.check::<i64>(0)?, call.check::<i64>(1)?);
    call.ret1(a.cast_unsigned() < b.cast_unsigned())
}

// -- the greatest and the smallest -----------------------------------------------------------------------

/// `max` and `min` go by the operator `<`, whatever it compares.
fn extreme<'gc>(call: &mut Call<'_, 'gc>, is_max: bool) -> Result<Action<'gc>, Raised<'gc>> {
    let ctx = call.ctx;
    let mut best = call.check_any(0)?;
    call.charge(call.len().min(VALUES_MAX) / 8);
    for index in 1..call.len() {
        let value = call.arg(index);
        if index > VALUES_MAX {
            return extreme_slowly(call, is_max, best, index);
        }
        let is_better = match (best, value) {
            (Value::Integer(a), Value::Integer(b)) => {
                if is_max {
                    a < b
                } else {
                    b < a
                }
            }
            (Value::Float(a), Value::Float(b)) => {
                if is_max {
                    a < b
                } else {
                    b < a
                }
            }
            _ => {
                let (a, b) = if is_max { (best, value) } else { (value, best) };
                match ctx.less_than(a, b).map_err(|error| without_position(ctx, error))? {
                    Meta::Value(answer) => answer.is_truthy(),
                    Meta::Call { .. } => return extreme_slowly(call, is_max, best, index),
                }
            }
        };
        if is_better {
            best = value;
        }
    }
    call.ret1(best)
}

/// Goes on from the argument at `index`, in turns.
#[cold]
fn extreme_slowly<'gc>(
    call: &mut Call<'_, 'gc>,
    is_max: bool,
    best: Value<'gc>,
    index: usize,
) -> Result<Action<'gc>, Raised<'gc>> {
    call.charge(index / 8);
    let values = call.args().get(index..).unwrap_or_default().to_vec();
    inquire(call, Extreme { is_max, best, values, at: 0, is_asked: false })
}

/// `max` and `min` of values with a `__lt`, or of many.
#[derive(Collect)]
#[collect(no_drop)]
struct Extreme<'gc> {
    is_max: bool,
    best: Value<'gc>,
    values: Vec<Value<'gc>>,
    at: usize,
    is_asked: bool,
}

impl<'gc> Inquiry<'gc> for Extreme<'gc> {
    const NAME: &'static str = "math.max";

    fn next(&mut self, call: &mut Call<'_, 'gc>, answer: Value<'gc>) -> Result<Ask<'gc>, Raised<'gc>> {
        if self.is_asked {
            if answer.is_truthy() {
                self.best = self.values.get(self.at).copied().unwrap_or_default();
            }
            self.at += 1;
        }
        self.is_asked = true;
        match self.values.get(self.at).copied() {
            Some(value) if self.is_max => ask(call.ctx, call.ctx.less_than(self.best, value)),
            Some(value) => ask(call.ctx, call.ctx.less_than(value, self.best)),
            None => {
                call.leave(&[self.best]);
                Ok(Ask::Done)
            }
        }
    }
}

fn max<'gc>(call: &mut Call<'_, 'gc>) -> Result<Action<'gc>, Raised<'gc>> {
    extreme(call, true)
}

fn min<'gc>(call: &mut Call<'_, 'gc>) -> Result<Action<'gc>, Raised<'gc>> {
    extreme(call, false)
}

// -- functions of floats ---------------------------------------------------------------------------------

macro_rules! float_functions {
    ($($name:ident: |$x:ident| $value:expr;)*) => {
        $(
            fn $name<'gc>(call: &mut Call<'_, 'gc>) -> Result<Action<'gc>, Raised<'gc>> {
                let $x = call.check::<f64>(0)?;
                call.ret1($value)
            }
        )*
    };
}

float_functions! {
    sqrt: |x| x.sqrt();
    exp: |x| x.exp();
    sin: |x| x.sin();
    cos: |x| x.cos();
    tan: |x| x.tan();
    asin: |x| x.asin();
    acos: |x| x.acos();
    deg: |x| x * (180.0 / std::f64::consts::PI);
    rad: |x| x * (std::f64::consts::PI / 180.0);
}

fn atan<'gc>(call: &mut Call<'_, 'gc>) -> Result<Action<'gc>, Raised<'gc>> {
    let (y, x) = (call.check::<f64>(0)?, call.optional(1, 1.0)?);
    call.ret1(y.atan2(x))
}

fn log<'gc>(call: &mut Call<'_, 'gc>) -> Result<Action<'gc>, Raised<'gc>> {
    let x = call.check::<f64>(0)?;
    if call.arg(1).is_nil() {
        return call.ret1(x.ln());
    }
    let base = call.check::<f64>(1)?;
    // The two bases that have functions of their own get exact results for exact powers.
    call.ret1(if base == 2.0 {
        x.log2()
    } else if base == 10.0 {
        x.log10()
    } else {
        x.ln() / base.ln()
    })
}

const FUNCTIONS: &[Row] = rows! {
    in "math";
    "abs" => abs,
    "acos" => acos,
    "asin" => asin,
    "atan" => atan,
    "ceil" => ceil,
    "cos" => cos,
    "deg" => deg,
    "exp" => exp,
    "floor" => floor,
    "fmod" => fmod,
    "log" => log,
    "max" => max,
    "min" => min,
    "modf" => modf,
    "rad" => rad,
    "sin" => sin,
    "sqrt" => sqrt,
    "tan" => tan,
    "tointeger" => tointeger,
    "ult" => ult,
};
