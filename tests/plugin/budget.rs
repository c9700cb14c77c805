//! What behaviours may take of a frame.

use bevy::diagnostic::DiagnosticsStore;
use bevy::prelude::*;
use deimos::testing::TestApp;
use deimos::{Behaviour, BehaviourStatus, DeimosDiagnostics, DeimosSettings, RunawayPolicy, Scripts};

fn measured(app: &mut TestApp, path: &bevy::diagnostic::DiagnosticPath) -> f64 {
    app.world()
        .resource::<DiagnosticsStore>()
        .get(path)
        .and_then(bevy::diagnostic::Diagnostic::value)
        .expect("a measurement")
}

#[test]
fn runaway_costs_its_slice_and_no_other_behaviour_a_turn() {
    let settings = DeimosSettings { slice: 10_000, ..default() };
    let mut app = TestApp::with_settings(settings);
    let runaway = app.run("while true do end");
    for _ in 0..10 {
        app.run("while true do print(time.frame)  wait() end");
    }
    for frame in 1..=20 {
        app.frame();
        assert_eq!(app.prints().len(), frame * 10);
        let used = measured(&mut app, &DeimosDiagnostics::INSTRUCTIONS);
        // A line costs two hundred.
        assert!((12_000.0..13_500.0).contains(&used), "{used}");
    }
    assert_eq!(app.status(runaway), Some(BehaviourStatus::Running));
    assert!(app.errors().is_empty());
}

#[test]
fn runaway_within_natives_and_coroutines_is_stopped() {
    let settings = DeimosSettings { slice: 10_000, ..default() };
    let mut app = TestApp::with_settings(settings);
    app.run("while true do pcall(error) end");
    app.run("coroutine.wrap(function() while true do end end)()");
    app.run("while true do pcall(function() local s = string.rep('x', 1000000) end) end");
    app.run("table.sort({1, 2, 3, 4}, function(a, b) while true do end end)");
    app.run("while true do print(time.frame)  wait() end");
    app.frames(5);
    assert_eq!(app.prints(), ["1", "2", "3", "4", "5"]);
}

#[test]
fn long_work_goes_on_where_it_stopped() {
    let settings = DeimosSettings { slice: 1000, ..default() };
    let mut app = TestApp::with_settings(settings);
    app.run("local n = 0  for i = 1, 5000 do n = n + i end  print(n)");
    app.frames(40);
    assert_eq!(app.prints(), ["12502500"]);
}

#[test]
fn those_without_a_turn_are_first_in_the_next_frame() {
    let settings = DeimosSettings { slice: 1000, frame_budget: 2500, ..default() };
    let mut app = TestApp::with_settings(settings);
    let script = app.script("test.lua", "while true do for i = 1, 150 do end  print(params.name)  wait() end");
    for name in 0..20 {
        app.world().spawn(Behaviour::new(script.clone()).with("name", name));
    }
    app.frames(40);
    let mut counts = [0; 20];
    for line in app.prints() {
        counts[line.parse::<usize>().unwrap()] += 1;
    }
    let (least, most) = (counts.iter().min().unwrap(), counts.iter().max().unwrap());
    assert!(*least > 1 && most - least <= 1, "{counts:?}");
    let names: Vec<usize> = app.prints().iter().map(|line| line.parse().unwrap()).collect();
    assert!(names.windows(2).all(|pair| pair[1] == (pair[0] + 1) % 20), "round and round: {names:?}");
}

#[test]
fn no_budget_is_no_turns() {
    let mut app = TestApp::with_settings(DeimosSettings { frame_budget: 0, ..default() });
    app.run("print('never')");
    app.frames(3);
    assert!(app.prints().is_empty());
    app.world().insert_resource(DeimosSettings::default());
    app.frame();
    assert_eq!(app.prints(), ["never"]);
}

#[test]
fn diagnostics_are_recorded() {
    let mut app = TestApp::new();
    app.run("while true do wait() end");
    app.run("");
    app.frames(3);
    assert_eq!(measured(&mut app, &DeimosDiagnostics::TASKS), 2.0);
    assert!(measured(&mut app, &DeimosDiagnostics::HEAP_BYTES) > 1000.0);
    assert!(measured(&mut app, &DeimosDiagnostics::STEP_TIME) > 0.0);
    assert!(measured(&mut app, &DeimosDiagnostics::GC_TIME) >= 0.0);
}

#[test]
fn idle_behaviour_takes_two_kilobytes_at_most() {
    const COUNT: usize = 10_000;
    let mut app = TestApp::new();
    let source = "local speed = params.speed or 1  local t = self.Transform
         while true do t.translation.x = t.translation.x + speed * time.delta  wait(1000) end";
    let script = app.script("test.lua", source);
    app.world().spawn((Transform::default(), Behaviour::new(script.clone()).with("speed", 2.0)));
    app.frames(2);
    let memory = |app: &mut TestApp| {
        let mut scripts = app.world().non_send_mut::<Scripts>();
        scripts.lua().collect_full();
        scripts.lua().memory_used()
    };
    let before = memory(&mut app);
    for _ in 0..COUNT {
        app.world().spawn((Transform::default(), Behaviour::new(script.clone()).with("speed", 2.0)));
    }
    app.frames(2);
    let each = (memory(&mut app) - before) / COUNT;
    assert!(each <= 2048, "{each} bytes each");
    assert_eq!(app.world().non_send::<Scripts>().behaviours(), COUNT + 1);
}

#[test]
fn storm_of_sleepers_that_come_and_go_leaves_nothing() {
    let mut app = TestApp::new();
    let script = app.script("test.lua", "wait(1e9)");
    for _ in 0..50 {
        let entities: Vec<Entity> = (0..100).map(|_| app.world().spawn(Behaviour::new(script.clone())).id()).collect();
        app.frame();
        for entity in entities {
            app.world().despawn(entity);
        }
    }
    app.frame();
    assert_eq!(app.world().non_send::<Scripts>().behaviours(), 0);
}

#[test]
fn runaway_is_reported_once_with_where_it_is() {
    let settings = DeimosSettings { slice: 1000, runaway_frames: 10, ..default() };
    let mut app = TestApp::with_settings(settings);
    let runaway = app.run("local function spin()\n while true do end\n end\n spin()");
    app.run("while true do for i = 1, 100 do end  wait() end");
    app.frames(9);
    assert!(app.errors().is_empty());
    app.frames(30);
    let [error] = app.errors() else { panic!("{:?}", app.errors()) };
    assert_eq!(
        error.message,
        "test.lua:2: it has used up its slice of 1000 instructions in 10 frames running: wait somewhere in the loop"
    );
    assert!(error.traceback.as_deref().is_some_and(|text| text.contains("in local 'spin'")), "{error:?}");
    assert_eq!((error.entity, app.status(runaway)), (Some(runaway), Some(BehaviourStatus::Running)));
}

#[test]
fn runaway_can_be_stopped() {
    let settings = DeimosSettings { slice: 1000, runaway_frames: 3, runaway_policy: RunawayPolicy::Stop, ..default() };
    let mut app = TestApp::with_settings(settings);
    let runaway = app
        .run("local guard <close> = setmetatable({}, {__close = function() print('closed') end})  while true do end");
    app.frames(5);
    assert_eq!(app.prints(), ["closed"]);
    assert!(matches!(app.status(runaway), Some(BehaviourStatus::Failed(_))));
    assert_eq!(app.errors().len(), 1);
}

#[test]
fn behaviour_can_have_a_slice_of_its_own() {
    let settings = DeimosSettings { slice: 1000, runaway_frames: 5, ..default() };
    let mut app = TestApp::with_settings(settings);
    let script = app.script("test.lua", "local n = 0  while true do n = n + 1  state.n = n end");
    for behaviour in [Behaviour::new(script.clone()), Behaviour::new(script.clone()).with_slice(10_000)] {
        app.world().spawn(behaviour);
        app.frames(2);
        let before = measured(&mut app, &DeimosDiagnostics::INSTRUCTIONS);
        app.frames(5);
        assert_eq!(measured(&mut app, &DeimosDiagnostics::INSTRUCTIONS), before, "each frame is like the other");
    }
    let both = measured(&mut app, &DeimosDiagnostics::INSTRUCTIONS);
    assert!((11_000.0..11_100.0).contains(&both), "{both}");
    let slices: Vec<bool> = ["1000", "10000"]
        .map(|slice| format!("its slice of {slice} instructions"))
        .map(|part| app.errors().iter().any(|error| error.message.contains(&part)))
        .into();
    assert_eq!(slices, [true, true], "{:?}", app.errors());
}

#[test]
fn slice_is_shared_by_the_tasks_of_a_behaviour() {
    let mut app = TestApp::new();
    let script =
        app.script("test.lua", "for _ = 1, 3 do spawn(function() while true do end end) end  while true do end");
    app.world().spawn(Behaviour::new(script).with_slice(5000));
    app.frames(3);
    let used = measured(&mut app, &DeimosDiagnostics::INSTRUCTIONS);
    assert!((5000.0..5100.0).contains(&used), "{used}");
}

#[test]
fn runaway_among_many_adds_its_slice_to_the_frame_and_nothing_else() {
    const COUNT: usize = 500;
    const SLICE: f64 = 20_000.0;
    let mut instructions = Vec::new();
    for has_runaway in [false, true] {
        let mut app = TestApp::with_settings(DeimosSettings { slice: 20_000, runaway_frames: 0, ..default() });
        let script =
            app.script("busy.lua", "while true do for i = 1, 10 do end  state.n = (state.n or 0) + 1  wait() end");
        for _ in 0..COUNT / 2 {
            app.world().spawn(Behaviour::new(script.clone()));
        }
        if has_runaway {
            app.run("while true do end");
        }
        for _ in 0..COUNT / 2 {
            app.world().spawn(Behaviour::new(script.clone()));
        }
        let seen = app.run(
            "while true do
                 wait()
                 local n = 0
                 for e in world:query('Behaviour') do n = n + (e.state.n or 0) end
                 print(n)
             end",
        );
        app.frames(2);
        let start: usize = app.prints().last().expect("it prints").parse().unwrap();
        app.frames(20);
        let end: usize = app.prints().last().expect("it prints").parse().unwrap();
        assert_eq!(end - start, 20 * COUNT, "each of the others runs in each frame");
        app.world().despawn(seen);
        app.frames(2);
        instructions.push(measured(&mut app, &DeimosDiagnostics::INSTRUCTIONS));
    }
    let added = instructions[1] - instructions[0];
    assert!((SLICE..SLICE + 50.0).contains(&added), "{instructions:?}");
}

#[test]
fn time_limit_ends_the_turns_of_a_frame_and_the_rest_is_first_in_the_next() {
    const COUNT: usize = 100;
    // To begin a frame alone takes longer.
    let mut app = TestApp::with_settings(DeimosSettings { frame_time_limit: 1, ..default() });
    let script = app.script("test.lua", "while true do print(params.name)  wait() end");
    for name in 0..COUNT {
        app.world().spawn(Behaviour::new(script.clone()).with("name", i64::try_from(name).unwrap()));
    }
    let mut printed = 0;
    for _ in 0..40 {
        app.frame();
        let now = app.prints().len();
        assert!((1..COUNT / 2).contains(&(now - printed)), "{} turns in a frame", now - printed);
        printed = now;
    }
    let mut turns = [0; COUNT];
    for line in app.prints() {
        turns[line.parse::<usize>().unwrap()] += 1;
    }
    let (least, most) = (turns.iter().min().unwrap(), turns.iter().max().unwrap());
    assert!(*least > 1 && most - least <= 2, "{turns:?}");
}

#[test]
fn without_a_time_limit_all_have_their_turns() {
    let mut app = TestApp::new();
    let script = app.script("test.lua", "while true do print(1)  wait() end");
    for _ in 0..100 {
        app.world().spawn(Behaviour::new(script.clone()));
    }
    app.frames(3);
    assert_eq!(app.prints().len(), 300);
}

/// An app with eight fixed steps in a frame.
fn catching_up(settings: DeimosSettings) -> TestApp {
    let mut app = TestApp::with_settings(settings);
    app.world().insert_resource(Time::<Fixed>::from_duration(TestApp::FRAME / 8));
    app
}

#[test]
fn fixed_steps_of_a_frame_share_its_budget_and_are_measured() {
    let settings = DeimosSettings { slice: 1000, frame_budget: 10_000, runaway_frames: 0, ..default() };
    let mut app = catching_up(settings);
    for _ in 0..50 {
        app.run("while true do wait_fixed()  for i = 1, 100 do end  print('turn') end");
        app.run("wait_fixed()  while true do end");
    }
    app.frames(2);
    for _ in 0..20 {
        let before = app.prints().len();
        app.frame();
        assert!(app.prints().len() - before < 80, "the fifty of them have no turn in each of eight steps");
        let used = measured(&mut app, &DeimosDiagnostics::INSTRUCTIONS);
        assert!((5000.0..11_000.0).contains(&used), "{used}");
        assert!(measured(&mut app, &DeimosDiagnostics::STEP_TIME) > 0.0);
    }
}

#[test]
fn instructions_of_fixed_steps_are_measured() {
    let mut app = catching_up(DeimosSettings::default());
    app.run("while true do wait_fixed()  for i = 1, 1000 do end end");
    app.frames(3);
    let used = measured(&mut app, &DeimosDiagnostics::INSTRUCTIONS);
    assert!((8000.0..20_000.0).contains(&used), "eight steps of a thousand and some: {used}");
}

#[test]
fn fixed_steps_of_a_frame_share_a_slice_with_the_frame() {
    let mut app = catching_up(DeimosSettings { slice: 10_000, runaway_frames: 0, ..default() });
    app.run("spawn(function() while true do end end)  while true do wait_fixed()  for i = 1, 3000 do end end");
    app.frames(2);
    for _ in 0..10 {
        app.frame();
        let used = measured(&mut app, &DeimosDiagnostics::INSTRUCTIONS);
        assert!((9_900.0..10_200.0).contains(&used), "{used}");
    }
}

#[test]
fn neither_fixed_steps_nor_frames_starve_the_other() {
    for (crowd, own) in [("wait_fixed", "wait"), ("wait", "wait_fixed"), ("wait_fixed", "wait_fixed"), ("wait", "wait")]
    {
        let mut app = catching_up(DeimosSettings { slice: 1000, frame_budget: 10_000, ..default() });
        for _ in 0..50 {
            app.run(&format!("while true do {crowd}()  for i = 1, 300 do end end"));
        }
        app.run(&format!("while true do {own}()  print(time.frame) end"));
        app.frames(100);
        let turns = app.prints().len();
        // As a crowd that wants the same takes all there is, all go round: 51 want some 30,000, and get 5,000 at least.
        assert!(turns >= 12, "{turns} turns by {own}() beside a crowd by {crowd}()");
    }
}

#[test]
fn turn_that_a_fixed_step_has_no_budget_for_is_had_in_a_later_one() {
    let mut app = catching_up(DeimosSettings { slice: 2000, frame_budget: 4000, ..default() });
    for name in 0..10 {
        app.run(&format!(
            "while true do
                 local before = time.fixed.elapsed
                 local passed = wait_fixed()
                 assert(passed > 0 and passed <= time.fixed.elapsed - before)
                 for i = 1, 150 do end
                 print({name})
             end"
        ));
    }
    app.frames(100);
    assert!(app.errors().is_empty(), "{:?}", app.errors());
    let mut turns = [0; 10];
    for line in app.prints() {
        turns[line.parse::<usize>().unwrap()] += 1;
    }
    let (least, most) = (turns.iter().min().unwrap(), turns.iter().max().unwrap());
    // Without a budget it were 800 each; so it is a round or two in a frame, and each gets round.
    assert!(*least >= 40 && *most <= 300, "{turns:?}");
}

#[test]
fn fixed_steps_go_on_while_the_frames_of_scripts_are_left_out() {
    let mut app = TestApp::with_settings(DeimosSettings { frame_budget: 4000, ..default() });
    app.app()
        .configure_sets(Update, deimos::DeimosSystems::Resume.run_if(|time: Res<'_, Time>| time.elapsed_secs() < 0.1));
    app.run("while true do wait_fixed()  for i = 1, 1000 do end  print('step') end");
    app.frames(30);
    assert!(app.prints().len() >= 28, "{}", app.prints().len());
}

#[test]
fn plugin_of_a_fixed_schedule_has_a_budget_for_each_step() {
    let mut app = App::new();
    app.add_plugins((MinimalPlugins, AssetPlugin::default(), deimos::DeimosPlugin::new(FixedUpdate)));
    app.insert_resource(bevy::time::TimeUpdateStrategy::ManualDuration(TestApp::FRAME));
    app.insert_resource(Time::<Fixed>::from_duration(TestApp::FRAME / 4));
    app.insert_resource(DeimosSettings { slice: 1000, runaway_frames: 0, ..default() });
    let script = deimos::LuaScript::from_source("test.lua", "while true do state.n = (state.n or 0) + 1 end").unwrap();
    let script = app.world_mut().resource_mut::<Assets<deimos::LuaScript>>().add(script);
    app.world_mut().spawn(Behaviour::new(script));
    app.finish();
    app.cleanup();
    for _ in 0..5 {
        app.update();
    }
    let store = app.world().resource::<DiagnosticsStore>();
    let steps = store.get(&DeimosDiagnostics::INSTRUCTIONS).unwrap();
    assert_eq!(steps.history_len(), 16, "four in each frame but the first, which takes no time");
    assert!(steps.values().skip(1).all(|used| (900.0..1100.0).contains(used)), "{steps:?}");
}
