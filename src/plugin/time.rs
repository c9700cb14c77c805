//! The clocks in scripts: `time.delta`, `time.real.elapsed`, `time.fixed.timestep`, `time.scale = 0.5`.
//!
//! What is read are plain fields, filled in before each step, so that the time costs no more than any other table. The
//! views that scripts have of them are empty and frozen; only two fields of the game's clock can be written, and the
//! world's clock changes in that moment.

use bevy::ecs::world::World;
use bevy::time::{Fixed, Real, Time, Virtual};

use super::class::hidden_metatable;
use super::entity::world_of;
use super::reflect::hint;
use crate::api::{Action, Call, Context, Native, Raised, Table, TableError, Value};

/// Where the fields of each clock are in the list of them.
const GAME: i64 = 1;
const REAL: i64 = 2;
const FIXED: i64 = 3;

/// What can be read through `time`.
const FIELDS: &[&str] = &["delta", "elapsed", "frame", "scale", "paused", "real", "fixed"];

/// How many times as fast as the real clock a script may let the game's go. Each frame has as many more fixed steps, up to
/// 160 after the longest frame that Bevy lets through, so a clock that is too fast stalls the game; one that overflows
/// would panic in Bevy.
const SCALE_MAX: f64 = 10.0;

/// Adds `time` to the globals. The list of the clocks' fields, to be shown to [`show`].
pub(super) fn install(ctx: Context<'_>) -> Result<Table<'_>, TableError> {
    let (game, real, fixed) = (Table::new(ctx), Table::new(ctx), Table::new(ctx));
    game.set_field(ctx, "real", Value::Table(view(ctx, "time.real", real, None)?))?;
    game.set_field(ctx, "fixed", Value::Table(view(ctx, "time.fixed", fixed, None)?))?;
    let write = Native::with_upvalues(ctx, "time", &[Value::Table(game)], write);
    ctx.globals().set_field(ctx, "time", Value::Table(view(ctx, "time", game, Some(write))?))?;
    let clocks = Table::new(ctx);
    for (place, fields) in [(GAME, game), (REAL, real), (FIXED, fixed)] {
        clocks.set_integer(ctx, place, Value::Table(fields))?;
    }
    Ok(clocks)
}

/// What scripts see of a clock: an empty table, with all reads going to `fields`.
fn view<'gc>(
    ctx: Context<'gc>,
    name: &str,
    fields: Table<'gc>,
    write: Option<Native<'gc>>,
) -> Result<Table<'gc>, TableError> {
    let meta = hidden_metatable(ctx, name)?;
    meta.set_field(ctx, "__index", Value::Table(fields))?;
    if let Some(write) = write {
        meta.set_field(ctx, "__newindex", Value::Native(write))?;
    }
    meta.freeze();
    let view = Table::new(ctx);
    view.set_metatable(ctx, Some(meta));
    view.freeze();
    Ok(view)
}

/// Fills in what the world's clocks show. A clock that the world does not have stands at zero.
pub(super) fn show<'gc>(ctx: Context<'gc>, clocks: Table<'gc>, world: &World, frame: u64) -> Result<(), TableError> {
    if let Value::Table(game) = clocks.get_integer(ctx, GAME) {
        show_clock(ctx, game, world.get_resource::<Time>())?;
        game.set_field(ctx, "frame", Value::Integer(i64::try_from(frame).unwrap_or(i64::MAX)))?;
        let clock = world.get_resource::<Time<Virtual>>();
        let (scale, is_paused) = clock.map_or((1.0, false), |clock| (clock.relative_speed_f64(), clock.is_paused()));
        game.set_field(ctx, "scale", Value::Float(scale))?;
        game.set_field(ctx, "paused", Value::Boolean(is_paused))?;
    }
    if let Value::Table(real) = clocks.get_integer(ctx, REAL) {
        show_clock(ctx, real, world.get_resource::<Time<Real>>())?;
    }
    if let Value::Table(fixed) = clocks.get_integer(ctx, FIXED) {
        let clock = world.get_resource::<Time<Fixed>>();
        show_clock(ctx, fixed, clock)?;
        let timestep = clock.map(Time::timestep).unwrap_or_default();
        fixed.set_field(ctx, "timestep", Value::Float(timestep.as_secs_f64()))?;
    }
    Ok(())
}

fn show_clock<'gc, C: Default + Send + Sync + 'static>(
    ctx: Context<'gc>,
    fields: Table<'gc>,
    clock: Option<&Time<C>>,
) -> Result<(), TableError> {
    let (delta, elapsed) = clock.map(|clock| (clock.delta_secs_f64(), clock.elapsed_secs_f64())).unwrap_or_default();
    fields.set_field(ctx, "delta", Value::Float(delta))?;
    fields.set_field(ctx, "elapsed", Value::Float(elapsed))
}

/// `time.scale = …` and `time.paused = …`. The fields are the upvalue, and show it at once.
fn write<'gc>(call: &mut Call<'_, 'gc>) -> Result<Action<'gc>, Raised<'gc>> {
    let (name, value) = (call.arg(1), call.arg(2));
    let Value::String(key) = name else { return Err(not_writable(call)) };
    let shown = match key.as_bytes() {
        b"scale" => {
            let scale = scale(call, value)?;
            clock_of(call)?.set_relative_speed_f64(scale);
            Value::Float(scale)
        }
        b"paused" => {
            let Value::Boolean(is_paused) = value else {
                let got = call.ctx.type_name(value);
                return Err(Raised::message(format!("time.paused is true or false, got {got}")));
            };
            let clock = clock_of(call)?;
            if is_paused {
                clock.pause();
            } else {
                clock.unpause();
            }
            value
        }
        _ => return Err(not_writable(call)),
    };
    if let Value::Table(fields) = call.upvalue(0) {
        fields.set(call.ctx, name, shown)?;
    }
    call.ret0()
}

fn scale<'gc>(call: &Call<'_, 'gc>, value: Value<'gc>) -> Result<f64, Raised<'gc>> {
    let scale = match value {
        #[expect(clippy::cast_precision_loss, reason = "what is so large is refused")]
        Value::Integer(scale) => Some(scale as f64),
        Value::Float(scale) => Some(scale),
        _ => None,
    };
    match scale {
        Some(scale) if (0.0..=SCALE_MAX).contains(&scale) => Ok(scale),
        _ => {
            let got = match value {
                Value::Integer(_) | Value::Float(_) => call.ctx.plain_string(value).to_text().into_owned(),
                _ => call.ctx.type_name(value),
            };
            Err(Raised::message(format!("time.scale is a number from 0 to {SCALE_MAX}, got {got}")))
        }
    }
}

/// The clock that can be scaled and paused.
fn clock_of<'a, 'gc>(call: &'a mut Call<'_, 'gc>) -> Result<&'a mut Time<Virtual>, Raised<'gc>> {
    let clock = world_of(call)?.get_resource_mut::<Time<Virtual>>();
    clock.map(bevy::ecs::change_detection::Mut::into_inner).ok_or_else(|| {
        Raised::message("the game has no clock that could be scaled or paused: add Bevy's TimePlugin to the app")
    })
}

#[cold]
fn not_writable<'gc>(call: &Call<'_, 'gc>) -> Raised<'gc> {
    let Value::String(key) = call.arg(1) else {
        return Raised::message("time is read-only, but for time.scale and time.paused");
    };
    let key: String = key.to_text().chars().take(40).collect();
    if FIELDS.contains(&key.as_str()) {
        return Raised::message(format!("time.{key} is read-only; time.scale and time.paused can be set"));
    }
    let hint = hint(call.ctx, &key, FIELDS);
    Raised::message(format!(
        "there is no time.{key}{hint}; time.scale and time.paused can be set, all else is read-only"
    ))
}
