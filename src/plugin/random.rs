//! Chance in scripts: `random(6)`, `random.pick(list)`, `random.unit3()`.
//!
//! Each behaviour has a stream of numbers of its own, which begins from the game's seed and the behaviour's place in the
//! order of spawning. So what one behaviour draws changes nothing for the others, and the same game has the same
//! numbers in every run, on every platform. A stream is made when the first number is drawn from it; it goes on where it
//! was when the behaviour starts anew, and ends with it.

use std::cell::RefCell;
use std::rc::Rc;

use bevy::platform::collections::HashMap;

use super::class::hidden_metatable;
use super::entity::world_of;
use super::environment::Shared;
use super::settings::DeimosSettings;
use super::values::{Datum, Kind};
use crate::api::{Action, Call, Collect, Context, FromLua, Native, Raised, Table, TableError, Value};
use crate::stdlib::inquiry::{Ask, Inquiry, ask, inquire, length_from};
use crate::stdlib::random::{Random, unit_float};

/// The streams that were drawn from, by their behaviours' places in the order of spawning.
#[derive(Default)]
pub(super) struct Streams(RefCell<HashMap<u64, Random>>);

impl Streams {
    /// Ends the stream of a behaviour that has ended.
    pub(super) fn end(&self, order: u64) {
        self.0.borrow_mut().remove(&order);
    }
}

/// Draws from the stream of the behaviour whose turn it is.
fn draw<'gc, T>(
    call: &mut Call<'_, 'gc>,
    shared: &Shared,
    numbers: impl FnOnce(&Random) -> T,
) -> Result<T, Raised<'gc>> {
    let order = shared.task.get().order();
    let mut streams = shared.streams.0.borrow_mut();
    if let Some(stream) = streams.get(&order) {
        return Ok(numbers(stream));
    }
    let settings = world_of(call)?.get_resource::<DeimosSettings>();
    let seed = settings.map(|settings| settings.seed).unwrap_or_default();
    Ok(numbers(streams.entry(order).or_insert_with(|| begun(seed, order))))
}

/// A behaviour's stream. Generators with neighbouring seeds begin alike, so the seed is drawn from one of them: of 6,400
/// behaviours' first numbers, in 256 kinds of neighbouring pairs, the sum of squares was 1,700 instead of 255 without that.
fn begun(seed: u64, order: u64) -> Random {
    let seeds = Random::seeded(seed, order);
    Random::seeded(seeds.next(), seeds.next())
}

/// A float from 0, included, to 1, excluded.
fn share(random: &Random) -> f64 {
    unit_float(random.next())
}

type DrawFn = for<'a, 'gc> fn(&mut Call<'a, 'gc>, &Rc<Shared>) -> Result<Action<'gc>, Raised<'gc>>;

const FUNCTIONS: &[(&str, DrawFn)] = &[
    ("range", range),
    ("chance", chance),
    ("pick", pick),
    ("weighted", weighted),
    ("shuffle", shuffle),
    ("unit2", |call, shared| unit(call, shared, Kind::Vec2)),
    ("unit3", |call, shared| unit(call, shared, Kind::Vec3)),
];

/// Adds `random` to the globals.
pub(super) fn install<'gc>(ctx: Context<'gc>, shared: &Rc<Shared>) -> Result<(), TableError> {
    let table = Table::new(ctx);
    for &(name, run) in FUNCTIONS {
        table.set_field(ctx, name, Value::Native(function(ctx, &format!("random.{name}"), run, shared)))?;
    }
    let metatable = hidden_metatable(ctx, "random")?;
    metatable.set_field(ctx, "__call", Value::Native(function(ctx, "random", number, shared)))?;
    metatable.freeze();
    table.set_metatable(ctx, Some(metatable));
    table.freeze();
    ctx.globals().set_field(ctx, "random", Value::Table(table))
}

fn function<'gc>(ctx: Context<'gc>, name: &str, run: DrawFn, shared: &Rc<Shared>) -> Native<'gc> {
    let shared = Rc::clone(shared);
    Native::new(ctx, name, move |call| run(call, &shared))
}

/// `random()`, `random(m)` and `random(m, n)`, as `math.random`. The first argument is the table that was called.
fn number<'gc>(call: &mut Call<'_, 'gc>, shared: &Rc<Shared>) -> Result<Action<'gc>, Raised<'gc>> {
    let integer = |call: &Call<'_, 'gc>, index: usize| {
        let converted = i64::from_lua(call.ctx, call.arg(index));
        converted.map_err(|mismatch| Raised::argument(index - 1, mismatch.to_string()))
    };
    let (low, high) = match call.len() {
        0 | 1 => {
            let drawn = draw(call, shared, share)?;
            return call.ret1(drawn);
        }
        2 => match integer(call, 1)? {
            0 => {
                let bits = draw(call, shared, Random::next)?;
                return call.ret1(bits.cast_signed());
            }
            high => (1, high),
        },
        3 => (integer(call, 1)?, integer(call, 2)?),
        _ => return Err(Raised::message("wrong number of arguments")),
    };
    if low > high {
        return Err(Raised::argument(call.len() - 2, "interval is empty"));
    }
    let drawn = draw(call, shared, |random| random.between(random.next(), low, high))?;
    call.ret1(drawn)
}

/// `random.range(a, b)`: a float between both.
fn range<'gc>(call: &mut Call<'_, 'gc>, shared: &Rc<Shared>) -> Result<Action<'gc>, Raised<'gc>> {
    let (a, b) = (finite(call, 0)?, finite(call, 1)?);
    let share = draw(call, shared, share)?;
    // This form cannot overflow; it may round past an end.
    let drawn = a * (1.0 - share) + b * share;
    call.ret1(drawn.clamp(a.min(b), a.max(b)))
}

fn finite<'gc>(call: &Call<'_, 'gc>, index: usize) -> Result<f64, Raised<'gc>> {
    let number = call.check::<f64>(index)?;
    if number.is_finite() {
        return Ok(number);
    }
    let got = call.ctx.plain_string(Value::Float(number)).to_text().into_owned();
    Err(Raised::argument(index, format!("finite number expected, got {got}")))
}

/// `random.chance(p)`: true with this probability.
fn chance<'gc>(call: &mut Call<'_, 'gc>, shared: &Rc<Shared>) -> Result<Action<'gc>, Raised<'gc>> {
    let probability = call.check::<f64>(0)?;
    if probability.is_nan() {
        return Err(Raised::argument(0, "number from 0 to 1 expected, got nan"));
    }
    let share = draw(call, shared, share)?;
    call.ret1(Value::Boolean(share < probability))
}

/// `random.unit2()` and `random.unit3()`: a vector of length 1, all directions alike.
fn unit<'gc>(call: &mut Call<'_, 'gc>, shared: &Shared, kind: Kind) -> Result<Action<'gc>, Raised<'gc>> {
    let len = if kind == Kind::Vec2 { 2 } else { 3 };
    let parts = draw(call, shared, |random| direction(random, len))?;
    let vector = Datum::floats(kind, parts).wrap(call.ctx);
    call.ret1(vector)
}

/// A direction in two or three dimensions, without trigonometry, which differs between platforms: a point in the square
/// or cube, taken if it is in the ball and not too near to its middle.
#[expect(clippy::cast_possible_truncation, reason = "vectors have this precision")]
fn direction(random: &Random, len: usize) -> [f32; 4] {
    loop {
        let mut parts = [0.0; 4];
        for part in parts.iter_mut().take(len) {
            *part = 2.0 * share(random) - 1.0;
        }
        let square: f64 = parts.iter().map(|part| part * part).sum();
        if (1e-6..=1.0).contains(&square) {
            return parts.map(|part| (part / square.sqrt()) as f32);
        }
    }
}

// -- lists -----------------------------------------------------------------------------------------------

/// How many values are gone through between two looks at the fuel.
const TURN_MAX: usize = 256;

/// `random.pick(list)`: one of its values; nil if it is empty. Lists in components are lists too.
fn pick<'gc>(call: &mut Call<'_, 'gc>, shared: &Rc<Shared>) -> Result<Action<'gc>, Raised<'gc>> {
    let list = call.arg(0);
    match list {
        Value::Table(table) if table.metatable().is_none() => {
            let value = match table.len() {
                0 => Value::Nil,
                len => {
                    let place = draw(call, shared, |random| random.between(random.next(), 1, len))?;
                    table.get_integer(call.ctx, place)
                }
            };
            call.ret1(value)
        }
        Value::Table(_) | Value::UserData(_) => {
            inquire(call, Picking { list, shared: Rc::clone(shared), stage: Stage::Length })
        }
        _ => Err(call.unexpected(0, "list")),
    }
}

/// A pick from a list that has to be asked for its length and its values.
#[derive(Collect)]
#[collect(no_drop)]
struct Picking<'gc> {
    list: Value<'gc>,
    #[collect(require_static)]
    shared: Rc<Shared>,
    #[collect(require_static)]
    stage: Stage,
}

/// What was asked last, or is to be asked first.
enum Stage {
    Length,
    Place,
    Value,
}

impl<'gc> Inquiry<'gc> for Picking<'gc> {
    const NAME: &'static str = "random.pick";

    fn next(&mut self, call: &mut Call<'_, 'gc>, answer: Value<'gc>) -> Result<Ask<'gc>, Raised<'gc>> {
        match self.stage {
            Stage::Length => {
                self.stage = Stage::Place;
                ask(call.ctx, call.ctx.length(self.list))
            }
            Stage::Place => {
                let len = length_from(answer)?;
                if len < 1 {
                    call.leave(&[Value::Nil]);
                    return Ok(Ask::Done);
                }
                self.stage = Stage::Value;
                let place = draw(call, &self.shared, |random| random.between(random.next(), 1, len))?;
                ask(call.ctx, call.ctx.index(self.list, Value::Integer(place)))
            }
            Stage::Value => {
                call.leave(&[answer]);
                Ok(Ask::Done)
            }
        }
    }
}

/// `random.shuffle(list)`: puts the values of a table into another order, all orders alike. Returns the table.
fn shuffle<'gc>(call: &mut Call<'_, 'gc>, shared: &Rc<Shared>) -> Result<Action<'gc>, Raised<'gc>> {
    let list = call.check_table(0)?;
    inquire(call, Shuffling { list, left: list.len(), shared: Rc::clone(shared) })
}

#[derive(Collect)]
#[collect(no_drop)]
struct Shuffling<'gc> {
    list: Table<'gc>,
    /// The length of the part that is still in the old order.
    left: i64,
    #[collect(require_static)]
    shared: Rc<Shared>,
}

impl<'gc> Inquiry<'gc> for Shuffling<'gc> {
    const NAME: &'static str = "random.shuffle";

    fn next(&mut self, call: &mut Call<'_, 'gc>, _answer: Value<'gc>) -> Result<Ask<'gc>, Raised<'gc>> {
        for _ in 0..TURN_MAX {
            if self.left < 2 {
                call.leave(&[Value::Table(self.list)]);
                return Ok(Ask::Done);
            }
            call.charge(1);
            let (ctx, last) = (call.ctx, self.left);
            let other = draw(call, &self.shared, |random| random.between(random.next(), 1, last))?;
            let (here, there) = (self.list.get_integer(ctx, last), self.list.get_integer(ctx, other));
            self.list.set_integer(ctx, last, there)?;
            self.list.set_integer(ctx, other, here)?;
            self.left -= 1;
        }
        Ok(Ask::Turn)
    }
}

/// `random.weighted {sword = 1, gold = 9}`: one of the keys, each as likely as its weight says; nil if nothing has a
/// weight.
fn weighted<'gc>(call: &mut Call<'_, 'gc>, shared: &Rc<Shared>) -> Result<Action<'gc>, Raised<'gc>> {
    let weights = call.check_table(0)?;
    let shared = Rc::clone(shared);
    inquire(call, Weighing { weights, position: 0, total: 0.0, chosen: Value::Nil, shared })
}

#[derive(Collect)]
#[collect(no_drop)]
struct Weighing<'gc> {
    weights: Table<'gc>,
    position: u32,
    /// The sum of the weights so far.
    total: f64,
    /// Which one it would be if there were no more.
    chosen: Value<'gc>,
    #[collect(require_static)]
    shared: Rc<Shared>,
}

impl<'gc> Inquiry<'gc> for Weighing<'gc> {
    const NAME: &'static str = "random.weighted";

    fn next(&mut self, call: &mut Call<'_, 'gc>, _answer: Value<'gc>) -> Result<Ask<'gc>, Raised<'gc>> {
        for _ in 0..TURN_MAX {
            let Some((next, key, value)) = self.weights.next_from(call.ctx, self.position) else {
                call.leave(&[self.chosen]);
                return Ok(Ask::Done);
            };
            self.position = next;
            call.charge(1);
            let weight = match value {
                #[expect(clippy::cast_precision_loss, reason = "a weight need not be exact")]
                Value::Integer(weight) => weight as f64,
                Value::Float(weight) => weight,
                _ => f64::NAN,
            };
            if !(weight >= 0.0 && weight.is_finite()) {
                return Err(bad_weight(call, key, value));
            }
            // Each takes the place of those before it with its share of the sum up to it.
            self.total += weight;
            let share = draw(call, &self.shared, share)?;
            if share * self.total < weight {
                self.chosen = key;
            }
        }
        Ok(Ask::Turn)
    }
}

#[cold]
fn bad_weight<'gc>(call: &Call<'_, 'gc>, key: Value<'gc>, weight: Value<'gc>) -> Raised<'gc> {
    let shown = |value| match value {
        Value::String(_) | Value::Integer(_) | Value::Float(_) => {
            call.ctx.plain_string(value).to_text().chars().take(40).collect()
        }
        _ => call.ctx.type_name(value),
    };
    let (key, weight) = (shown(key), shown(weight));
    Raised::argument(0, format!("the weight of '{key}' is to be a number from 0 on, got {weight}"))
}
