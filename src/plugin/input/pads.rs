//! Gamepads in scripts: `input.gamepads()`, `input.gamepad(1):pressed("South")`, `pad:stick("left")`.
//!
//! A gamepad is an entity of Bevy's that has the component `Gamepad` as long as it is connected; in Lua it is that
//! entity's identifier. One that was unplugged is at rest, so that a script need not look before each question.

use std::sync::LazyLock;

use bevy::ecs::entity::Entity;
use bevy::ecs::query::With;
use bevy::input::gamepad::{Gamepad, GamepadAxis, GamepadButton, GamepadInput};
use bevy::math::Vec2;

use super::names::{Names, variants};
use super::{Question, give_vec2};
use crate::api::{Action, Call, Context, Native, Raised, Table, TableError, UserData, Value};
use crate::plugin::class::Class;
use crate::plugin::entity::{entity_value, world_of};

static BUTTONS: LazyLock<Names<GamepadButton>> = LazyLock::new(|| {
    let examples = "they have the names of Bevy's GamepadButton, such as South, LeftTrigger and DPadUp";
    Names::new("gamepad button", examples, variants().into_iter())
});

static AXES: LazyLock<Names<GamepadInput>> = LazyLock::new(|| {
    let axes = variants::<GamepadAxis>().into_iter().map(|(name, axis)| (name, GamepadInput::Axis(axis)));
    let buttons = variants::<GamepadButton>().into_iter().map(|(name, button)| (name, GamepadInput::Button(button)));
    let examples = "they have the names of Bevy's GamepadAxis and GamepadButton, such as LeftStickX and RightTrigger2";
    Names::new("gamepad axis", examples, axes.chain(buttons))
});

/// What a handle of a gamepad is.
struct Pad(Entity);

type PadFn = for<'a, 'gc> fn(&mut Call<'a, 'gc>, Entity) -> Result<Action<'gc>, Raised<'gc>>;

const METHODS: &[(&str, PadFn)] = &[
    ("pressed", |call, pad| give_answer(call, pad, Question::Pressed)),
    ("just_pressed", |call, pad| give_answer(call, pad, Question::JustPressed)),
    ("just_released", |call, pad| give_answer(call, pad, Question::JustReleased)),
    ("axis", axis),
    ("stick", stick),
    ("dpad", |call, pad| {
        let vector = look(call, pad, Gamepad::dpad)?;
        give_vec2(call, vector)
    }),
    ("connected", |call, pad| {
        let is_connected = look(call, pad, |_| true)?;
        call.ret1(Value::Boolean(is_connected))
    }),
    ("entity", |call, pad| {
        let entity = entity_value(call.ctx, pad);
        call.ret1(entity)
    }),
];

/// Adds the functions to `input`, and what gamepads can do.
pub(super) fn install<'gc>(ctx: Context<'gc>, input: Table<'gc>) -> Result<(), TableError> {
    input.set_field(ctx, "gamepads", Value::Native(Native::new(ctx, "input.gamepads", gamepads)))?;
    input.set_field(ctx, "gamepad", Value::Native(Native::new(ctx, "input.gamepad", gamepad)))?;
    let metatable = Class::Gamepad.install(ctx)?;
    let methods = Table::new(ctx);
    for &(name, run) in METHODS {
        let method = Native::new(ctx, name, move |call| match held(call.arg(0)) {
            Some(pad) => run(call, pad),
            None => {
                let got = call.ctx.type_name(call.arg(0));
                Err(Raised::argument(0, format!("gamepad expected, got {got}; call it as pad:{name}(…)")))
            }
        });
        methods.set_field(ctx, name, Value::Native(method))?;
    }
    methods.freeze();
    metatable.set_field(ctx, "__index", Value::Table(methods))?;
    metatable.set_field(ctx, "__eq", Value::Native(Native::new(ctx, "eq", equals)))?;
    metatable.freeze();
    Ok(())
}

fn held(value: Value<'_>) -> Option<Entity> {
    match value {
        Value::UserData(data) => data.downcast::<Pad>().map(|pad| pad.0),
        _ => None,
    }
}

fn wrapped(ctx: Context<'_>, pad: Entity) -> UserData<'_> {
    Class::Gamepad.wrap(ctx, Pad(pad))
}

/// The gamepads that are connected, in the order of their entities.
fn connected<'gc>(call: &mut Call<'_, 'gc>) -> Result<Vec<Entity>, Raised<'gc>> {
    let world = world_of(call)?;
    let mut pads: Vec<Entity> = world.query_filtered::<Entity, With<Gamepad>>().iter(world).collect();
    pads.sort_unstable();
    call.charge(pads.len());
    Ok(pads)
}

/// `input.gamepads()`: a list of those that are connected.
fn gamepads<'gc>(call: &mut Call<'_, 'gc>) -> Result<Action<'gc>, Raised<'gc>> {
    let pads = connected(call)?;
    let list = Table::with_capacity(call.ctx, pads.len(), 0);
    for (index, pad) in (1..).zip(pads) {
        list.set_integer(call.ctx, index, Value::UserData(wrapped(call.ctx, pad)))?;
    }
    call.ret1(Value::Table(list))
}

/// `input.gamepad([number])`: one of those that are connected; nil where there are not so many.
fn gamepad<'gc>(call: &mut Call<'_, 'gc>) -> Result<Action<'gc>, Raised<'gc>> {
    let number = call.optional::<i64>(0, 1)?;
    let index = number.checked_sub(1).and_then(|index| usize::try_from(index).ok());
    let pads = connected(call)?;
    let pad = index.and_then(|index| pads.get(index));
    let pad = pad.map_or(Value::Nil, |pad| Value::UserData(wrapped(call.ctx, *pad)));
    call.ret1(pad)
}

/// What a gamepad says, or what one at rest would.
fn look<'gc, T: Default>(
    call: &mut Call<'_, 'gc>,
    pad: Entity,
    question: impl FnOnce(&Gamepad) -> T,
) -> Result<T, Raised<'gc>> {
    Ok(world_of(call)?.get::<Gamepad>(pad).map(question).unwrap_or_default())
}

fn give_answer<'gc>(call: &mut Call<'_, 'gc>, pad: Entity, question: Question) -> Result<Action<'gc>, Raised<'gc>> {
    let button = BUTTONS.argument(call, 1)?;
    let answer = look(call, pad, |pad| question.answer(pad.digital(), button))?;
    call.ret1(Value::Boolean(answer))
}

/// `pad:axis(name)`: how far an axis is pushed, from -1 to 1, or a button that has no clicks.
fn axis<'gc>(call: &mut Call<'_, 'gc>, pad: Entity) -> Result<Action<'gc>, Raised<'gc>> {
    let axis = AXES.argument(call, 1)?;
    let value = look(call, pad, |pad| pad.get(axis).unwrap_or_default())?;
    call.ret1(f64::from(value))
}

/// `pad:stick("left")` and `pad:stick("right")`
fn stick<'gc>(call: &mut Call<'_, 'gc>, pad: Entity) -> Result<Action<'gc>, Raised<'gc>> {
    let stick: fn(&Gamepad) -> Vec2 = match call.check_option(1, None, &["left", "right"])? {
        0 => Gamepad::left_stick,
        _ => Gamepad::right_stick,
    };
    let vector = look(call, pad, stick)?;
    give_vec2(call, vector)
}

fn equals<'gc>(call: &mut Call<'_, 'gc>) -> Result<Action<'gc>, Raised<'gc>> {
    let same = held(call.arg(0)).is_some_and(|pad| Some(pad) == held(call.arg(1)));
    call.ret1(Value::Boolean(same))
}
