//! `wait` and `time`.

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
    use bevy::prelude::*;
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
