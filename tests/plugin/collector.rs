//! The collector in a world: its work is spread over frames, by count or by the clock.

use bevy::diagnostic::DiagnosticsStore;
use bevy::prelude::*;
use deimos::testing::TestApp;
use deimos::{BehaviourStatus, DeimosDiagnostics, DeimosSettings, Scripts};

fn gc_work(app: &mut TestApp) -> f64 {
    let store = app.world().resource::<DiagnosticsStore>();
    store.get(&DeimosDiagnostics::GC_WORK).and_then(bevy::diagnostic::Diagnostic::value).expect("a measurement")
}

fn memory(app: &mut TestApp) -> usize {
    app.world().non_send_mut::<Scripts>().memory_used()
}

/// An app whose scripts hold a heap of many tables, with everything collected.
fn app_with_heap(settings: DeimosSettings, tables: usize) -> TestApp {
    let mut app = TestApp::with_settings(settings);
    app.run(&format!("local heap = {{}}  for i = 1, {tables} do heap[i] = {{i}} end  wait(1e9)  print(#heap)"));
    app.frames(tables / 10_000 + 10);
    app.world().non_send_mut::<Scripts>().lua().collect_full();
    app
}

#[test]
fn burst_of_garbage_is_paid_over_many_frames() {
    let mut app = app_with_heap(DeimosSettings { gc_work: 1000, slice: 1_000_000, ..default() }, 20_000);
    app.run("for i = 1, 100000 do local _ = {i} end");
    let before = memory(&mut app);
    let mut most: f64 = 0.0;
    for _ in 0..200 {
        app.frame();
        most = most.max(gc_work(&mut app));
    }
    // The burst makes some 100,000 units due at once; no frame pays more than an eighth of that.
    assert!((1000.0..=13_000.0).contains(&most), "{most}");
    assert!(memory(&mut app) < before + before / 2, "{before} before, {} after", memory(&mut app));
}

#[test]
fn small_debts_are_paid_up_to_the_cap() {
    let mut app = app_with_heap(DeimosSettings { gc_work: 500, ..default() }, 20_000);
    app.run("while true do for i = 1, 1000 do local _ = {i} end  wait() end");
    let mut work = Vec::new();
    for _ in 0..300 {
        app.frame();
        work.push(gc_work(&mut app));
    }
    let most = work.iter().copied().fold(0.0, f64::max);
    assert!(most >= 500.0, "it has something to do: {most}");
    // What is over the cap adds up to no more than eight times what a frame makes due.
    assert!(most <= 1100.0, "{most}");
    assert!(memory(&mut app) < 16 << 20, "{}", memory(&mut app));
}

#[test]
fn big_objects_count_for_more_than_small_ones() {
    let frames_for_a_cycle = |source: &str| {
        let mut app = TestApp::with_settings(DeimosSettings { gc_work: 500, slice: 5_000_000, ..default() });
        app.run(source);
        app.frames(3);
        app.world().non_send_mut::<Scripts>().lua().collect_full();
        let mut frames = 0;
        while !app.world().non_send_mut::<Scripts>().lua().collect_for(500, || true).is_complete {
            frames += 1;
        }
        frames
    };
    let small = frames_for_a_cycle("state.t = {}  for i = 1, 50000 do state.t[i] = {i} end");
    let big = frames_for_a_cycle(
        "state.t = {}  for i = 1, 150 do local t = {}  for j = 1, 2000 do t[j] = j end  state.t[i] = t end",
    );
    assert!(big * 2 > small, "each takes as many frames as megabytes: {small} and {big}");
}

#[test]
fn without_a_cap_all_that_is_due_is_paid() {
    let mut app = app_with_heap(DeimosSettings { gc_work: 0, slice: 1_000_000, ..default() }, 20_000);
    app.run("for i = 1, 100000 do local _ = {i} end");
    app.frames(3);
    assert!(memory(&mut app) < 8 << 20, "{}", memory(&mut app));
}

#[test]
fn work_is_the_same_in_every_run() {
    let run = || {
        let mut app = app_with_heap(DeimosSettings { gc_work: 300, ..default() }, 10_000);
        app.run("while true do for i = 1, 500 do local _ = {i, tostring(i)} end  wait() end");
        let mut work = Vec::new();
        for _ in 0..100 {
            app.frame();
            work.push(gc_work(&mut app));
        }
        work
    };
    assert_eq!(run(), run());
}

#[test]
fn time_limit_ends_the_work_of_a_frame() {
    let settings = DeimosSettings { gc_work: 0, gc_time_limit: 1, slice: 1_000_000, ..default() };
    let mut app = app_with_heap(settings, 20_000);
    app.run("for i = 1, 100000 do local _ = {i} end");
    app.frames(3);
    let done = gc_work(&mut app);
    assert!(done <= 1000.0, "a microsecond is soon over: {done}");
    let before = memory(&mut app);
    app.world().resource_mut::<DeimosSettings>().gc_time_limit = 0;
    app.frames(3);
    assert!(memory(&mut app) < before / 2, "what was put off is done later");
}

#[test]
fn collection_that_a_script_asks_for_is_spread_over_frames() {
    let mut app = app_with_heap(DeimosSettings { gc_work: 500, ..default() }, 50_000);
    let entity = app.run(
        "local cache = setmetatable({}, {__mode = 'v'})
         cache[1] = {}
         wait()
         local frame = time.frame
         collectgarbage()
         while cache[1] do wait() end
         print('gone', time.frame > frame + 5)",
    );
    let mut most: f64 = 0.0;
    for _ in 0..400 {
        app.frame();
        most = most.max(gc_work(&mut app));
    }
    assert_eq!(app.prints(), ["gone\ttrue"], "{:?}", app.errors());
    assert!(most <= 1000.0, "no frame does the whole of it: {most}");
    assert_eq!(app.status(entity), Some(BehaviourStatus::Finished));
}

#[test]
fn endless_garbage_stays_within_bounds() {
    let settings = DeimosSettings { gc_work: 100, memory_limit: 64 << 20, ..default() };
    let mut app = TestApp::with_settings(settings);
    let busy: Vec<Entity> = (0..4).map(|_| app.run("while true do local _ = {{}, {}} end")).collect();
    let mut most = 0;
    for _ in 0..60 {
        app.frame();
        most = most.max(memory(&mut app));
    }
    assert!(most < 64 << 20, "{most}");
    assert!(busy.iter().all(|entity| app.status(*entity) == Some(BehaviourStatus::Running)), "{:?}", app.errors());
}
