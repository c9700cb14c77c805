//! What scripts cost, as a game that wants to know is told.

use bevy::diagnostic::DiagnosticsStore;
use bevy::prelude::*;
use deimos::testing::TestApp;
use deimos::{Behaviour, DeimosDiagnostics, DeimosSettings, ScriptCost, ScriptProfile};

fn spawn(app: &mut TestApp, name: &str, source: &str, count: usize) {
    let script = app.script(name, source);
    for _ in 0..count {
        app.world().spawn(Behaviour::new(script.clone()));
    }
}

fn cost(app: &mut TestApp, name: &str) -> ScriptCost {
    app.world().resource::<ScriptProfile>().script(name).cloned().unwrap_or_default()
}

#[expect(clippy::cast_possible_truncation, reason = "a count")]
fn instructions(app: &mut TestApp) -> u64 {
    let store = app.world().resource::<DiagnosticsStore>();
    let value = store.get(&DeimosDiagnostics::INSTRUCTIONS).and_then(bevy::diagnostic::Diagnostic::value);
    value.expect("a measurement") as u64
}

fn populate(app: &mut TestApp) {
    spawn(app, "busy.lua", "while true do for i = 1, 500 do local _ = {i} end  wait() end", 10);
    spawn(app, "idle.lua", "while true do wait_frames(2) end", 5);
    spawn(app, "spin.lua", "local function spin() while true do end end  spin()", 1);
    spawn(
        app,
        "deep.lua",
        "local co = coroutine.wrap(function() while true do pcall(string.rep, 'x', 100) end end)  co()",
        1,
    );
    spawn(app, "once.lua", "local t = {}  for i = 1, 100 do t[i] = i end", 3);
}

#[test]
fn instructions_of_all_scripts_are_those_of_the_frame() {
    let mut app = TestApp::with_settings(DeimosSettings { slice: 20_000, ..default() });
    app.world().init_resource::<ScriptProfile>();
    populate(&mut app);
    let mut sum = 0;
    for _ in 0..20 {
        app.frame();
        sum += instructions(&mut app);
    }
    let profile = app.world().resource::<ScriptProfile>().clone();
    assert_eq!(profile.scripts().map(|(_, cost)| cost.instructions).sum::<u64>(), sum);
    assert_eq!(profile.scripts().count(), 5);
    assert_eq!(cost(&mut app, "busy.lua").turns, 200);
    assert_eq!(cost(&mut app, "once.lua").turns, 3);
    assert_eq!(cost(&mut app, "spin.lua").turns, 20);
}

#[test]
fn who_is_profiled_runs_as_otherwise() {
    let run = |is_profiled: bool| {
        let mut app = TestApp::with_settings(DeimosSettings { slice: 7777, frame_budget: 30_000, ..default() });
        if is_profiled {
            app.world().init_resource::<ScriptProfile>();
        }
        populate(&mut app);
        spawn(
            &mut app,
            "print.lua",
            "while true do local n = 0  for i = 1, 3000 do n = n + i end  print(n, time.frame) end",
            3,
        );
        let mut frames = Vec::new();
        for _ in 0..30 {
            app.frame();
            frames.push((instructions(&mut app), app.prints().len()));
        }
        (frames, app.prints().iter().map(|line| (*line).to_owned()).collect::<Vec<String>>())
    };
    assert_eq!(run(true), run(false));
}

#[test]
fn functions_are_told_by_where_they_are_defined() {
    let mut app = TestApp::new();
    app.world().init_resource::<ScriptProfile>();
    let source = "local function heavy()\n  for i = 1, 900 do end\nend
local function light()\n  for i = 1, 90 do end\nend
while true do\n  heavy()\n  light()\n  wait()\nend";
    spawn(&mut app, "test.lua", source, 20);
    app.frames(50);
    let cost = cost(&mut app, "test.lua");
    let share = |name: &str| cost.functions.get(name).copied().unwrap_or_default() as f64 / cost.instructions as f64;
    assert!((0.75..=1.0).contains(&share("test.lua:1")), "{cost:?}");
    assert!((0.02..=0.2).contains(&share("test.lua:4")), "{cost:?}");
    let sampled: u64 = cost.functions.values().sum();
    assert!(sampled.abs_diff(cost.instructions) < cost.instructions / 10, "{cost:?}");
}

#[test]
fn memory_and_time_are_those_of_who_takes_them() {
    let mut app = TestApp::new();
    app.world().init_resource::<ScriptProfile>();
    spawn(&mut app, "big.lua", "state.s = string.rep('x', 1000000)", 1);
    spawn(&mut app, "small.lua", "state.s = 'x'", 1);
    app.frames(3);
    let (big, small) = (cost(&mut app, "big.lua"), cost(&mut app, "small.lua"));
    assert!((1_000_000..1_010_000).contains(&big.allocated), "{big:?}");
    assert!(small.allocated < 10_000, "{small:?}");
    assert!(big.time > std::time::Duration::ZERO);
}

#[test]
fn nothing_is_measured_but_while_the_resource_is_there() {
    let mut app = TestApp::new();
    spawn(&mut app, "test.lua", "while true do wait() end", 1);
    app.frames(5);
    app.world().init_resource::<ScriptProfile>();
    app.frames(3);
    assert_eq!(cost(&mut app, "test.lua").turns, 3);
    app.world().resource_mut::<ScriptProfile>().clear();
    app.frames(2);
    assert_eq!(cost(&mut app, "test.lua").turns, 2);
    app.world().remove_resource::<ScriptProfile>();
    app.frames(2);
    app.world().init_resource::<ScriptProfile>();
    app.frame();
    assert_eq!(cost(&mut app, "test.lua").turns, 1);
}
