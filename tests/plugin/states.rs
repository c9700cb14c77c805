//! States of the game in scripts: read, set, waited for.
#![cfg(feature = "states")]

use bevy::prelude::*;
use bevy::state::app::StatesPlugin;
use deimos::testing::TestApp;

#[derive(States, Reflect, Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[reflect(State, FreelyMutableState)]
enum GameState {
    #[default]
    Menu,
    Playing,
    Paused,
}

/// A state with parts.
#[derive(States, Reflect, Clone, Debug, Default, PartialEq, Eq, Hash)]
#[reflect(State, FreelyMutableState, Default)]
struct Level {
    number: u32,
    name: String,
}

/// Is there while the game is played.
#[derive(SubStates, Reflect, Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[source(GameState = GameState::Playing)]
#[reflect(State, FreelyMutableState)]
enum Phase {
    #[default]
    Day,
    Night,
}

/// Follows from the state of the game.
#[derive(Reflect, Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[reflect(State)]
struct InGame {
    is_paused: bool,
}

impl ComputedStates for InGame {
    type SourceStates = GameState;

    fn compute(state: GameState) -> Option<InGame> {
        (state != GameState::Menu).then_some(InGame { is_paused: state == GameState::Paused })
    }
}

/// Known to the registry and to nobody else.
#[derive(States, Reflect, Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[reflect(State, FreelyMutableState)]
enum Unused {
    #[default]
    Only,
}

fn app() -> TestApp {
    let mut inner = App::new();
    inner.add_plugins(StatesPlugin);
    inner.init_state::<GameState>().init_state::<Level>().add_sub_state::<Phase>().add_computed_state::<InGame>();
    TestApp::from_app(inner, AssetPlugin::default())
}

/// What a script prints in some frames.
fn prints(source: &str, frames: usize) -> Vec<String> {
    let mut app = app();
    app.run(source);
    app.frames(frames);
    assert!(app.errors().is_empty(), "{:?}", app.errors());
    app.prints().into_iter().map(str::to_owned).collect()
}

#[test]
fn state_is_read_by_name() {
    let source = "print(states.get('GameState'), states.get('Phase'), states.get('InGame'))
                  local level = states.get('Level')  print(level.number, level.name)";
    assert_eq!(prints(source, 2), ["Menu\tnil\tnil", "0\t"]);
}

#[test]
fn transition_is_made_before_the_next_frame() {
    let source = "states.set('GameState', 'Playing')  print(states.get('GameState'))
                  wait()  print(states.get('GameState'), states.get('Phase'), states.get('InGame').is_paused)
                  states.set('Phase', 'Night')  states.set('Level', {number = 3})
                  wait()  print(states.get('Phase'), states.get('Level').number)";
    assert_eq!(prints(source, 4), ["Menu", "Playing\tDay\tfalse", "Night\t3"]);
}

#[test]
fn setting_what_is_there_is_no_transition() {
    let mut app = app();
    app.app().init_resource::<Entered>().add_systems(OnEnter(GameState::Menu), |mut entered: ResMut<'_, Entered>| {
        entered.0 += 1;
    });
    app.run("states.set('GameState', 'Menu')  wait()  states.set('GameState', 'Menu')");
    app.frames(4);
    assert!(app.errors().is_empty(), "{:?}", app.errors());
    assert_eq!(app.world().resource::<Entered>().0, 1, "when the app began");
}

#[derive(Resource, Default)]
struct Entered(u32);

#[test]
fn wait_ends_when_the_state_is_there() {
    let source = "spawn(function() print('paused', states.wait('GameState', 'Paused'), time.frame) end)
                  spawn(function() print('changed', states.wait('GameState'), time.frame) end)
                  spawn(function() print('level', states.wait('Level', {number = 0, name = ''}).number, time.frame) end)
                  spawn(function() print('phase', states.wait('Phase'), time.frame) end)
                  wait()  states.set('GameState', 'Playing')
                  wait()  states.set('GameState', 'Paused')";
    assert_eq!(prints(source, 6), ["level\t0\t1", "changed\tPlaying\t3", "phase\tDay\t3", "paused\tPaused\t4"]);
}

#[test]
fn wait_ends_in_time() {
    let source = "print(states.wait('GameState', 'Paused', 0.1), states.wait('GameState', nil, 0))";
    assert_eq!(prints(source, 20), ["nil"]);
}

#[test]
fn wrong_names_are_errors_that_say_what_there_is() {
    let source = "print(pcall(states.get, 'GameStat'))
                  print(pcall(states.set, 'GameState', 'Pausd'))
                  print(pcall(states.wait, 'GameState', 'Nope'))
                  print(pcall(states.set, 'GameState'))
                  print(pcall(states.get, 1))
                  print(pcall(states.get, 'Transform'))";
    let names = "there are: Mode, GameState, InGame, Level, Phase, Unused";
    assert_eq!(
        prints(source, 2),
        [
            format!("false\tunknown state 'GameStat'; did you mean 'GameState'?; {names}"),
            "false\tcannot set 'GameState': there is no variant 'Pausd'; did you mean 'Paused'?; there are: Menu, Playing, \
             Paused"
                .to_owned(),
            "false\tcannot set 'GameState': there is no variant 'Nope'; there are: Menu, Playing, Paused".to_owned(),
            "false\tcannot set 'GameState': it wants the name of a variant, or a table like {Variant = content}, got nil"
                .to_owned(),
            "false\tbad argument #1 to 'states.get' (name of a state expected, got number)".to_owned(),
            format!("false\tunknown state 'Transform'; {names}"),
        ]
    );
}

#[test]
fn state_that_cannot_be_set_says_why() {
    let source = "print(pcall(states.set, 'InGame', {is_paused = true}))
                  print(pcall(states.set, 'Phase', 'Night'))
                  print(pcall(states.set, 'Unused', 'Only'))";
    let lines = prints(source, 2);
    assert!(lines[0].starts_with("false\tthe state 'InGame' cannot be set, only read: "), "{lines:?}");
    assert!(lines[1].starts_with("false\tthe state 'Phase' is not there now: "), "{lines:?}");
    assert!(lines[2].starts_with("false\tthe state 'Unused' is not there now: "), "{lines:?}");
}
