//! Keyboard, mouse and gamepads in scripts: `input.pressed("KeyW")`, `input.vector(…)`, `input.gamepad(1)`.
//!
//! Everything is asked from Bevy's own resources at the moment of the call. Keys have the names of Bevy's `KeyCode`,
//! which `names` takes from its reflection; the buttons of the mouse stand beside them. `pads` is for gamepads, which
//! Bevy only knows with the feature `gamepad`.

mod names;
#[cfg(feature = "gamepad")]
mod pads;

use std::hash::Hash;
use std::sync::LazyLock;

use bevy::ecs::resource::Resource;
use bevy::input::ButtonInput;
use bevy::input::keyboard::KeyCode;
use bevy::input::mouse::{AccumulatedMouseMotion, AccumulatedMouseScroll, MouseButton, MouseScrollUnit};
use bevy::math::Vec2;

use super::entity::world_of;
use super::values::{Datum, Kind};
use crate::api::{Action, Call, Context, Native, Raised, Table, TableError, Value};
use names::{Names, variants};

/// Something that can be pressed.
#[derive(Clone, Copy, Debug)]
enum Button {
    Key(KeyCode),
    Mouse(MouseButton),
}

/// The buttons of the mouse that have names.
const MOUSE_BUTTONS: [(&str, MouseButton); 5] = [
    ("MouseLeft", MouseButton::Left),
    ("MouseRight", MouseButton::Right),
    ("MouseMiddle", MouseButton::Middle),
    ("MouseBack", MouseButton::Back),
    ("MouseForward", MouseButton::Forward),
];

static BUTTONS: LazyLock<Names<Button>> = LazyLock::new(|| {
    let keys = variants::<KeyCode>().into_iter().map(|(name, key)| (name, Button::Key(key)));
    let mouse = MOUSE_BUTTONS.map(|(name, button)| (name, Button::Mouse(button)));
    let examples = "keys have the names of Bevy's KeyCode, such as KeyW, Space and ArrowLeft; there are MouseLeft, \
                    MouseRight, MouseMiddle, MouseBack and MouseForward too";
    Names::new("key or button", examples, keys.chain(mouse))
});

/// What a button is asked about.
#[derive(Clone, Copy, Debug)]
enum Question {
    Pressed,
    JustPressed,
    JustReleased,
}

impl Question {
    /// The answer.
    fn answer<T: Copy + Eq + Hash + Send + Sync + 'static>(self, input: &ButtonInput<T>, button: T) -> bool {
        match self {
            Question::Pressed => input.pressed(button),
            Question::JustPressed => input.just_pressed(button),
            Question::JustReleased => input.just_released(button),
        }
    }
}

type InputFn = for<'a, 'gc> fn(&mut Call<'a, 'gc>) -> Result<Action<'gc>, Raised<'gc>>;

const FUNCTIONS: &[(&str, InputFn)] = &[
    ("pressed", |call| give_answer(call, Question::Pressed)),
    ("just_pressed", |call| give_answer(call, Question::JustPressed)),
    ("just_released", |call| give_answer(call, Question::JustReleased)),
    ("any_pressed", |call| give_any(call, Question::Pressed)),
    ("any_just_pressed", |call| give_any(call, Question::JustPressed)),
    ("axis", |call| {
        let side = side(call, 0)?;
        call.ret1(side)
    }),
    ("vector", vector),
    ("mouse_motion", |call| {
        let AccumulatedMouseMotion { delta } = *resource(call)?;
        give_vec2(call, delta)
    }),
    ("scroll", scroll),
];

/// Adds `input` to the globals.
pub(super) fn install(ctx: Context<'_>) -> Result<(), TableError> {
    let input = Table::new(ctx);
    for &(name, run) in FUNCTIONS {
        input.set_field(ctx, name, Value::Native(Native::new(ctx, &format!("input.{name}"), run)))?;
    }
    #[cfg(feature = "gamepad")]
    pads::install(ctx, input)?;
    #[cfg(not(feature = "gamepad"))]
    for name in ["gamepads", "gamepad"] {
        let refuse = Native::new(ctx, &format!("input.{name}"), |_| {
            Err(Raised::message("there are no gamepads without the feature 'gamepad' of the crate deimos"))
        });
        input.set_field(ctx, name, Value::Native(refuse))?;
    }
    input.freeze();
    ctx.globals().set_field(ctx, "input", Value::Table(input))
}

/// The button that the argument at `index` names.
fn button<'gc>(call: &Call<'_, 'gc>, index: usize) -> Result<Button, Raised<'gc>> {
    BUTTONS.argument(call, index)
}

/// The input of the app.
fn resource<'a, 'gc, R: Resource>(call: &'a mut Call<'_, 'gc>) -> Result<&'a R, Raised<'gc>> {
    world_of(call)?
        .get_resource::<R>()
        .ok_or_else(|| Raised::message("the game has no input: add Bevy's InputPlugin, or DefaultPlugins, to the app"))
}

/// What is true of the button that the argument at `index` names.
fn ask<'gc>(call: &mut Call<'_, 'gc>, index: usize, question: Question) -> Result<bool, Raised<'gc>> {
    match button(call, index)? {
        Button::Key(key) => Ok(question.answer(resource::<ButtonInput<KeyCode>>(call)?, key)),
        Button::Mouse(button) => Ok(question.answer(resource::<ButtonInput<MouseButton>>(call)?, button)),
    }
}

fn give_answer<'gc>(call: &mut Call<'_, 'gc>, question: Question) -> Result<Action<'gc>, Raised<'gc>> {
    let answer = ask(call, 0, question)?;
    call.ret1(Value::Boolean(answer))
}

/// `input.any_pressed(a, b, …)`: whether it is true of any of them. All names are looked at.
fn give_any<'gc>(call: &mut Call<'_, 'gc>, question: Question) -> Result<Action<'gc>, Raised<'gc>> {
    let mut answer = false;
    call.charge(call.len());
    for index in 0..call.len().max(1) {
        answer |= ask(call, index, question)?;
    }
    call.ret1(Value::Boolean(answer))
}

/// -1 if the button of the argument at `index` is pressed, 1 if the next one is, 0 for none or both.
fn side<'gc>(call: &mut Call<'_, 'gc>, index: usize) -> Result<i64, Raised<'gc>> {
    let (low, high) = (ask(call, index, Question::Pressed)?, ask(call, index + 1, Question::Pressed)?);
    Ok(i64::from(high) - i64::from(low))
}

/// `input.vector(left, right, down, up)`: where the buttons point, no longer than 1.
#[expect(clippy::cast_precision_loss, reason = "-1, 0 or 1")]
fn vector<'gc>(call: &mut Call<'_, 'gc>) -> Result<Action<'gc>, Raised<'gc>> {
    let (x, y) = (side(call, 0)?, side(call, 2)?);
    let length = if x != 0 && y != 0 { std::f32::consts::FRAC_1_SQRT_2 } else { 1.0 };
    give_vec2(call, Vec2::new(x as f32, y as f32) * length)
}

/// `input.scroll()`: how far the wheel was turned since the last frame, and in which unit.
fn scroll<'gc>(call: &mut Call<'_, 'gc>) -> Result<Action<'gc>, Raised<'gc>> {
    let AccumulatedMouseScroll { unit, delta } = *resource(call)?;
    let unit = match unit {
        MouseScrollUnit::Line => "Line",
        MouseScrollUnit::Pixel => "Pixel",
    };
    let values = [vec2(call.ctx, delta), call.ctx.text(unit)];
    call.ret(&values)
}

fn give_vec2<'gc>(call: &mut Call<'_, 'gc>, vector: Vec2) -> Result<Action<'gc>, Raised<'gc>> {
    let vector = vec2(call.ctx, vector);
    call.ret1(vector)
}

fn vec2(ctx: Context<'_>, Vec2 { x, y }: Vec2) -> Value<'_> {
    Datum::floats(Kind::Vec2, [x, y, 0.0, 0.0]).wrap(ctx)
}
