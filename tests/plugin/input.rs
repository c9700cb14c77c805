//! `input`: keys, buttons and axes, asked by name.

use bevy::input::keyboard::{Key, KeyboardInput};
use bevy::input::mouse::{MouseButtonInput, MouseMotion, MouseScrollUnit, MouseWheel};
use bevy::input::touch::TouchPhase;
use bevy::input::{ButtonState, InputPlugin};
use bevy::prelude::*;
use deimos::testing::TestApp;

/// An app with a keyboard and a mouse.
fn app() -> TestApp {
    let mut app = App::new();
    app.add_plugins(InputPlugin);
    TestApp::from_app(app, AssetPlugin::default())
}

fn key(app: &mut TestApp, key_code: KeyCode, state: ButtonState) {
    app.world().write_message(KeyboardInput {
        key_code,
        logical_key: Key::Dead(None),
        state,
        text: None,
        repeat: false,
        window: Entity::PLACEHOLDER,
    });
}

fn press(app: &mut TestApp, key_code: KeyCode) {
    key(app, key_code, ButtonState::Pressed);
}

fn mouse(app: &mut TestApp, button: MouseButton, state: ButtonState) {
    app.world().write_message(MouseButtonInput { button, state, window: Entity::PLACEHOLDER });
}

#[test]
fn key_is_pressed_from_the_frame_it_goes_down_in_until_it_goes_up() {
    let mut app = app();
    app.run(
        "while true do
           print(input.pressed('KeyW'), input.just_pressed('KeyW'), input.just_released('KeyW'))  wait()
         end",
    );
    app.frame();
    press(&mut app, KeyCode::KeyW);
    app.frames(2);
    key(&mut app, KeyCode::KeyW, ButtonState::Released);
    app.frames(2);
    let (none, new) = ("false\tfalse\tfalse", "true\ttrue\tfalse");
    assert_eq!(app.prints(), [none, new, "true\tfalse\tfalse", "false\tfalse\ttrue", none]);
}

#[test]
fn mouse_buttons_have_names_too() {
    let mut app = app();
    app.run("while true do print(input.pressed('MouseLeft'), input.just_released('MouseRight'))  wait() end");
    mouse(&mut app, MouseButton::Left, ButtonState::Pressed);
    mouse(&mut app, MouseButton::Right, ButtonState::Pressed);
    app.frame();
    mouse(&mut app, MouseButton::Right, ButtonState::Released);
    app.frame();
    assert_eq!(app.prints(), ["true\tfalse", "true\ttrue"]);
}

#[test]
fn every_key_of_bevy_has_its_name() {
    let mut app = app();
    let keys =
        [KeyCode::Escape, KeyCode::Digit0, KeyCode::F12, KeyCode::NumpadEnter, KeyCode::SuperLeft, KeyCode::Hiragana];
    for code in keys {
        press(&mut app, code);
        app.run(&format!("print(input.pressed('{code:?}'))"));
    }
    app.frame();
    assert_eq!(app.prints(), ["true"; 6], "{:?}", app.errors());
}

#[test]
fn any_of_several_is_asked_at_once() {
    let mut app = app();
    app.run(
        "wait()
         print(input.any_pressed('KeyA', 'MouseLeft'), input.any_pressed('KeyA', 'KeyB'))
         print(input.any_just_pressed('MouseLeft', 'KeyB'), input.any_just_pressed('KeyA', 'KeyB'))",
    );
    mouse(&mut app, MouseButton::Left, ButtonState::Pressed);
    app.frame();
    press(&mut app, KeyCode::KeyB);
    app.frame();
    assert_eq!(app.prints(), ["true\ttrue", "true\ttrue"]);
}

#[test]
fn axis_and_vector_point_where_the_keys_do() {
    let mut app = app();
    app.run(
        "while true do
           local v = input.vector('KeyA', 'KeyD', 'KeyS', 'KeyW')
           print(input.axis('KeyA', 'KeyD'), v, v:length() <= 1)  wait()
         end",
    );
    app.frame();
    press(&mut app, KeyCode::KeyD);
    app.frame();
    press(&mut app, KeyCode::KeyS);
    app.frame();
    press(&mut app, KeyCode::KeyA);
    app.frame();
    let (right, diagonal) = ("1\tvec2(1, 0)\ttrue", "1\tvec2(0.70710677, -0.70710677)\ttrue");
    assert_eq!(app.prints(), ["0\tvec2(0, 0)\ttrue", right, diagonal, "0\tvec2(0, -1)\ttrue"]);
}

#[test]
fn mouse_motion_and_scroll_are_those_of_the_frame() {
    let mut app = app();
    app.run("while true do print(input.mouse_motion(), input.scroll())  wait() end");
    app.world().write_message(MouseMotion { delta: Vec2::new(3.0, -1.0) });
    app.world().write_message(MouseMotion { delta: Vec2::new(0.5, 0.0) });
    app.world().write_message(MouseWheel {
        unit: MouseScrollUnit::Pixel,
        x: 0.0,
        y: 2.0,
        window: Entity::PLACEHOLDER,
        phase: TouchPhase::Moved,
    });
    app.frames(2);
    assert_eq!(app.prints(), ["vec2(3.5, -1)\tvec2(0, 2)\tPixel", "vec2(0, 0)\tvec2(0, 0)\tLine"]);
}

#[test]
fn wrong_names_are_told_the_nearest() {
    for (code, message) in [
        ("input.pressed('w')", "bad argument #1 to 'pressed' (there is no key or button 'w'; did you mean KeyW?)"),
        ("input.pressed('Shift')", "did you mean ShiftLeft or ShiftRight?"),
        ("input.pressed('left')", " or ArrowLeft?"),
        ("input.just_pressed('1')", "did you mean Digit1 or Lang1 or "),
        ("input.just_released('Spcae')", "there is no key or button 'Spcae'; did you mean 'Space'?"),
        (
            "input.axis('KeyA', 'jump')",
            "bad argument #2 to 'axis' (there is no key or button 'jump'; keys have the names of",
        ),
        ("input.pressed('')", "keys have the names of Bevy's KeyCode, such as KeyW"),
        ("input.pressed('Unidentified')", "there is no key or button 'Unidentified'"),
        ("input.pressed(1)", "name of a key or button expected, got number"),
        ("input.any_pressed()", "bad argument #1 to 'any_pressed' (name of a key or button expected, got no value)"),
        ("input.vector('KeyA', 'KeyD', 'KeyS')", "bad argument #4 to 'vector' (name of a key or button expected"),
        ("input.pressed(('ä'):rep(1000))", "there is no key or button 'ä"),
        ("input.pressed('\\xff')", "there is no key or button"),
        ("input.pressed = 1", "read-only"),
    ] {
        let mut app = app();
        app.run(code);
        app.frame();
        assert_eq!(app.errors().len(), 1, "{code}");
        assert!(app.errors()[0].message.contains(message), "{code}: {}", app.errors()[0].message);
    }
}

#[test]
fn game_without_input_says_what_to_add() {
    for code in ["input.pressed('KeyW')", "input.pressed('MouseLeft')", "input.mouse_motion()", "input.scroll()"] {
        let mut app = TestApp::new();
        app.run(code);
        app.frame();
        let message = "test.lua:1: the game has no input: add Bevy's InputPlugin, or DefaultPlugins, to the app";
        assert_eq!(app.errors()[0].message, message, "{code}");
    }
}

#[cfg(not(feature = "gamepad"))]
#[test]
fn gamepads_without_their_feature_say_so() {
    for code in ["input.gamepads()", "input.gamepad(1)"] {
        let mut app = app();
        app.run(code);
        app.frame();
        assert!(app.errors()[0].message.contains("without the feature 'gamepad'"), "{code}: {:?}", app.errors());
    }
}

#[cfg(feature = "gamepad")]
mod gamepad {
    use bevy::input::gamepad::{
        GamepadConnection, GamepadConnectionEvent, RawGamepadAxisChangedEvent, RawGamepadButtonChangedEvent,
        RawGamepadEvent,
    };
    use bevy::prelude::*;
    use deimos::testing::TestApp;

    fn connect(app: &mut TestApp, name: &str) -> Entity {
        let pad = app.world().spawn_empty().id();
        let connection = GamepadConnection::Connected { name: name.to_owned(), vendor_id: None, product_id: None };
        app.world().write_message(GamepadConnectionEvent::new(pad, connection));
        pad
    }

    fn push(app: &mut TestApp, event: impl Into<RawGamepadEvent>) {
        app.world().write_message::<RawGamepadEvent>(event.into());
    }

    #[test]
    fn gamepads_are_listed_as_they_come_and_go() {
        let mut app = super::app();
        app.run(
            "while true do
               local all = input.gamepads()
               print(#all, input.gamepad(), all[1] == input.gamepad(1), input.gamepad(3), input.gamepad(0))  wait()
             end",
        );
        app.frame();
        let first = connect(&mut app, "one");
        connect(&mut app, "two");
        app.frame();
        app.world().write_message(GamepadConnectionEvent::new(first, GamepadConnection::Disconnected));
        app.frame();
        let lines: Vec<&str> = app.prints().iter().map(|line| &line[..1]).collect();
        assert_eq!(lines, ["0", "2", "1"], "{:?} {:?}", app.prints(), app.errors());
        assert!(app.prints()[0].ends_with("nil\ttrue\tnil\tnil") && app.prints()[1].ends_with("\ttrue\tnil\tnil"));
    }

    #[test]
    fn buttons_and_sticks_are_read_and_an_unplugged_gamepad_is_at_rest() {
        let mut app = super::app();
        let pad = connect(&mut app, "pad");
        app.run(
            "local pad = input.gamepad(1)
             print(pad:entity().name, pad:stick('left'), pad:pressed('South'))
             while true do
               wait()
               print(pad:pressed('South'), pad:just_pressed('South'), pad:just_released('South'), pad:connected(),
                 pad:axis('LeftStickX'), pad:axis('South'), pad:stick('left'), pad:stick('right'), pad:dpad())
             end",
        );
        app.frame();
        push(&mut app, RawGamepadAxisChangedEvent::new(pad, GamepadAxis::LeftStickX, 0.5));
        push(&mut app, RawGamepadButtonChangedEvent::new(pad, GamepadButton::South, 1.0));
        push(&mut app, RawGamepadButtonChangedEvent::new(pad, GamepadButton::DPadUp, 1.0));
        app.frame();
        app.world().write_message(GamepadConnectionEvent::new(pad, GamepadConnection::Disconnected));
        app.frame();
        assert!(app.errors().is_empty(), "{:?}", app.errors());
        let prints = app.prints();
        assert_eq!(prints[0], "pad\tvec2(0, 0)\tfalse");
        let parts: Vec<&str> = prints[1].split('\t').collect();
        assert_eq!(parts[..4], ["true", "true", "false", "true"]);
        let x: f64 = parts[4].parse().unwrap();
        assert!(x > 0.3 && x < 0.7, "{x}");
        assert_eq!(parts[5], "1.0");
        assert!(parts[6].starts_with("vec2(0.") && parts[7] == "vec2(0, 0)" && parts[8] == "vec2(0, 1)", "{parts:?}");
        assert_eq!(prints[2], "false\tfalse\tfalse\tfalse\t0.0\t0.0\tvec2(0, 0)\tvec2(0, 0)\tvec2(0, 0)");
    }

    #[test]
    fn wrong_names_are_told_the_nearest() {
        for (code, message) in [
            ("pad:pressed('Suoth')", "there is no gamepad button 'Suoth'; did you mean 'South'?"),
            ("pad:pressed('A')", "they have the names of Bevy's GamepadButton, such as South"),
            ("pad:axis('left')", "there is no gamepad axis 'left'; did you mean LeftStickX or LeftStickY or "),
            ("pad:stick('middle')", "invalid option 'middle'"),
            ("pad.pressed('South')", "gamepad expected, got string; call it as pad:pressed(…)"),
        ] {
            let mut app = super::app();
            connect(&mut app, "pad");
            app.run(&format!("local pad = input.gamepad()  {code}"));
            app.frame();
            assert!(app.errors()[0].message.contains(message), "{code}: {:?}", app.errors());
        }
    }
}
