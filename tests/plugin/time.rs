//! `wait` and `time`.

use bevy::prelude::*;
use deimos::DeimosSystems;
use deimos::testing::TestApp;

#[test]
fn wait_without_seconds_is_one_frame_and_returns_its_length() {
    let mut app = TestApp::new();
    app.run("wait()  local passed = wait()  print(passed, passed == time.delta)");
    app.frames(3);
    assert_eq!(app.prints(), ["0.015625\ttrue"]);
}

#[test]
fn wait_with_seconds_returns_the_time_that_passed() {
    let mut app = TestApp::new();
    app.run(
        "wait()  local before = time.elapsed  local passed = wait(0.1)  print(passed, time.elapsed - before == passed)",
    );
    app.frames(12);
    assert_eq!(app.prints(), ["0.109375\ttrue"], "0.1 s is up in the seventh frame");
}

#[test]
fn wait_for_no_time_is_one_frame() {
    let mut app = TestApp::new();
    app.run("for _, s in ipairs {0, 0.0, -1, -math.huge} do wait(s)  print(time.frame) end");
    app.frames(6);
    assert_eq!(app.prints(), ["2", "3", "4", "5"]);
}

#[test]
fn wait_for_ever_is_possible() {
    let mut app = TestApp::new();
    let entity = app.run("wait(math.huge)  print('never')");
    app.frames(3);
    assert!(app.prints().is_empty() && app.errors().is_empty());
    app.world().entity_mut(entity).despawn();
    app.frame();
}

#[test]
fn wait_suspends_the_task_from_within_a_coroutine() {
    let mut app = TestApp::new();
    app.run(
        "local co = coroutine.wrap(function() print('in', time.frame)  wait()  coroutine.yield('out') end)
         print(co(), time.frame)",
    );
    app.frames(3);
    assert_eq!(app.prints(), ["in\t1", "out\t2"]);
}

#[test]
fn wait_suspends_the_task_from_within_pcall_and_sort() {
    let mut app = TestApp::new();
    app.run(
        "local list = {3, 1, 2}
         print(pcall(table.sort, list, function(a, b) wait()  return a < b end), table.concat(list, ' '))",
    );
    app.frames(20);
    assert_eq!(app.prints(), ["true\t1 2 3"]);
}

#[test]
fn yield_at_the_top_is_a_wait() {
    let mut app = TestApp::new();
    app.run("print(time.frame)  wait()  local passed = coroutine.yield()  print(time.frame, passed)");
    app.frames(4);
    assert_eq!(app.prints(), ["1", "3\t0.015625"]);
}

#[test]
fn time_shows_the_clock_of_the_game() {
    let mut app = TestApp::new();
    app.run("wait()  local e = time.elapsed  wait()  print(time.delta, time.elapsed - e, time.frame, math.type(time.frame))");
    app.frames(3);
    assert_eq!(app.prints(), ["0.015625\t0.015625\t3\tinteger"]);
}

#[test]
fn time_is_read_only() {
    let mut app = TestApp::new();
    app.run("print(pcall(function() time.delta = 5 end))  print(getmetatable(time), pcall(rawset, time, 'delta', 5))");
    app.frame();
    let prints = app.prints();
    assert!(prints.iter().all(|line| line.starts_with("false\t")), "{prints:?}");
    assert!(prints.iter().all(|line| line.contains("read-only")), "{prints:?}");
}

#[test]
fn pause_of_the_game_pauses_waits() {
    let mut app = TestApp::new();
    app.run("wait()  wait(0.05)  print(time.frame)");
    app.frames(2);
    app.world().resource_mut::<Time<Virtual>>().pause();
    app.frames(10);
    assert!(app.prints().is_empty());
    app.world().resource_mut::<Time<Virtual>>().unpause();
    app.frames(4);
    assert_eq!(app.prints(), ["16"]);
}

#[test]
fn real_clock_goes_on_while_the_game_stands_still() {
    let mut app = TestApp::new();
    app.run(
        "wait()  local game, real = time.elapsed, time.real.elapsed
         time.paused = true
         wait()  wait()
         print(time.paused, time.delta, time.elapsed - game, time.real.delta, time.real.elapsed - real)
         wait_real(0.03)
         time.paused = false  wait()
         print(time.paused, time.delta)",
    );
    app.frames(8);
    assert_eq!(app.prints(), ["true\t0.0\t0.0\t0.015625\t0.03125", "false\t0.015625"]);
}

#[test]
fn fixed_clock_shows_its_steps() {
    let mut app = TestApp::new();
    app.world().resource_mut::<Time<Fixed>>().set_timestep(TestApp::FRAME * 2);
    app.run(
        "wait_fixed()  local before = time.fixed.elapsed
         print(time.delta, time.fixed.delta, time.fixed.timestep, time.elapsed == time.fixed.elapsed)
         wait()
         print(time.delta, time.fixed.delta, time.fixed.elapsed - before)",
    );
    app.frames(6);
    assert_eq!(app.prints(), ["0.03125\t0.03125\t0.03125\ttrue", "0.015625\t0.03125\t0.0"]);
}

#[test]
fn scale_changes_the_speed_of_the_game_at_once() {
    let mut app = TestApp::new();
    app.run(
        "print(time.scale)  wait()
         time.scale = 2  print(time.scale, time.delta)  wait()
         print(time.delta, time.real.delta)
         time.scale = 0  wait()  print(time.delta, time.paused)",
    );
    app.frames(2);
    assert_eq!(app.world().resource::<Time<Virtual>>().relative_speed_f64(), 2.0);
    app.frames(2);
    assert_eq!(app.prints(), ["1.0", "2.0\t0.015625", "0.03125\t0.015625", "0.0\tfalse"]);
}

#[test]
fn scale_and_pause_that_the_game_sets_are_seen() {
    let mut app = TestApp::new();
    app.run("wait()  print(time.scale, time.paused)");
    app.frame();
    let mut clock = app.world().resource_mut::<Time<Virtual>>();
    clock.set_relative_speed(0.5);
    clock.pause();
    app.frame();
    assert_eq!(app.prints(), ["0.5\ttrue"]);
}

#[test]
fn scale_that_is_no_speed_is_refused() {
    for (value, got) in [
        ("-1", "-1"),
        ("-1e-300", "-1e-300"),
        ("0/0", "-nan"),
        ("math.huge", "inf"),
        ("10.5", "10.5"),
        ("math.maxinteger", "9223372036854775807"),
        ("1e300", "1e+300"),
        ("'2'", "string"),
        ("nil", "nil"),
    ] {
        let mut app = TestApp::new();
        app.run(&format!("time.scale = 3  print(pcall(function() time.scale = {value} end))  print(time.scale)"));
        app.frame();
        let message = format!("false\ttest.lua:1: time.scale is a number from 0 to 10, got {got}");
        assert_eq!(app.prints(), [&message, "3.0"], "{value}");
        assert_eq!(app.world().resource::<Time<Virtual>>().relative_speed_f64(), 3.0);
    }
}

#[test]
fn fastest_clock_makes_ten_fixed_steps_of_one() {
    let mut app = TestApp::new();
    app.run(
        "time.scale = 10
         spawn(function() while true do wait_fixed()  state.steps = (state.steps or 0) + 1 end end)
         wait()  wait()  local before = state.steps  wait()  print(time.delta, state.steps - before)",
    );
    app.frames(6);
    assert_eq!(app.prints(), ["0.15625\t10"]);
}

#[test]
fn only_scale_and_paused_can_be_set() {
    for (code, message) in [
        ("time.delta = 5", "time.delta is read-only; time.scale and time.paused can be set"),
        ("time.real = {}", "time.real is read-only; time.scale and time.paused can be set"),
        ("time.scael = 1", "there is no time.scael; did you mean 'scale'?; time.scale and time.paused can be set"),
        ("time[1] = 1", "time is read-only, but for time.scale and time.paused"),
        ("time.paused = 1", "time.paused is true or false, got number"),
        ("time.real.delta = 1", "attempt to modify a read-only table (field 'delta')"),
        ("time.fixed.timestep = 1", "attempt to modify a read-only table (field 'timestep')"),
    ] {
        let mut app = TestApp::new();
        app.run(code);
        app.frame();
        let message = format!("test.lua:1: {message}");
        assert!(app.errors()[0].message.starts_with(&message), "{code}: {}", app.errors()[0].message);
    }
}

#[test]
fn clock_that_the_game_has_not_is_named() {
    let mut app = TestApp::new();
    let take = |world: &mut World| _ = world.remove_resource::<Time<Virtual>>();
    let put_back = |world: &mut World| _ = world.init_resource::<Time<Virtual>>();
    app.app().add_systems(Update, take.before(DeimosSystems::Reload));
    app.app().add_systems(Update, put_back.after(DeimosSystems::Collect));
    app.run("print(time.scale, time.paused)  time.scale = 2");
    app.frame();
    assert_eq!(app.prints(), ["1.0\tfalse"]);
    assert!(app.errors()[0].message.contains("add Bevy's TimePlugin"), "{:?}", app.errors());
}
