//! Who holds how much of the memory, and who fails when there is too little.

use bevy::prelude::*;
use deimos::testing::TestApp;
use deimos::{Behaviour, BehaviourStatus, DeimosSettings, ErrorPolicy, Scripts};

const LIMIT: usize = 16 << 20;

fn app() -> TestApp {
    TestApp::with_settings(DeimosSettings { memory_limit: LIMIT, ..default() })
}

fn memory_of(app: &mut TestApp, entity: Entity) -> usize {
    app.world().non_send_mut::<Scripts>().memory_of(entity).expect("it has a behaviour")
}

fn failure(app: &TestApp, entity: Entity) -> Option<String> {
    match app.status(entity) {
        Some(BehaviourStatus::Failed(message)) => Some(message),
        _ => None,
    }
}

/// A script that takes ten megabytes over some frames, in the way that `keep` says, and then waits.
fn hoarder(keep: &str) -> String {
    format!(
        "local hoard = {{}}
         for i = 1, 100 do hoard[i] = string.rep('x', 100000) .. i  if i % 10 == 0 then wait() end end
         {keep}"
    )
}

#[test]
fn who_holds_most_fails_and_not_who_asks_last() {
    let mut app = app();
    let hoarder = app.run(&hoarder("wait(1e9)  print(#hoard)"));
    app.frames(20);
    assert_eq!(failure(&app, hoarder), None);
    let held = memory_of(&mut app, hoarder);
    assert!((10_000_000..10_300_000).contains(&held), "{held}");
    let modest = app.run(
        "local mine = {}
         for i = 1, 50 do mine[i] = string.rep('y', 100000) .. i  wait() end
         wait(1e9)  print(#mine)",
    );
    let bystander = app.run("while true do local _ = {1, 2, 3}  wait() end");
    app.frames(200);
    let message = failure(&app, hoarder).expect("it holds most");
    let expected =
        "not enough memory: of the 16.0 MB there are for all scripts this behaviour holds 9.6 MB, more than any other";
    assert_eq!(message, expected);
    assert!(matches!(app.status(modest), Some(BehaviourStatus::Waiting(_))), "{:?}", app.status(modest));
    assert!(matches!(app.status(bystander), Some(BehaviourStatus::Waiting(_))), "{:?}", app.status(bystander));
    let [error] = app.errors() else { panic!("{:?}", app.errors()) };
    assert_eq!(error.entity, Some(hoarder));
    assert!(memory_of(&mut app, hoarder) < 10_000, "it holds nothing any more");
    assert!((5_000_000..5_300_000).contains(&memory_of(&mut app, modest)));
}

#[test]
fn hoard_is_found_wherever_it_is_kept() {
    for (place, keep) in [
        ("state", "state.hoard = hoard  hoard = nil"),
        ("a global", "global = hoard  hoard = nil  wait(1e9)"),
        ("a handler", "local h = hoard  on('never', function() return h end)  hoard = nil"),
        ("a task", "local h = hoard  hoard = nil  spawn(function() wait(1e9)  print(#h) end)"),
        (
            "a task that waits for another",
            "local h = hoard  hoard = nil  task.timeout(1e9, function() wait(1e9)  print(#h) end)",
        ),
        ("a condition", "local h = hoard  hoard = nil  wait_until(function() return #h == 0 end)"),
        ("a beat", "local h = hoard  hoard = nil  task.every(1, function() return #h > 0 end)"),
        (
            "a coroutine",
            "local h = hoard  hoard = nil  local co = coroutine.wrap(function() coroutine.yield()  print(#h) end)  co()  wait(1e9)  co()",
        ),
        (
            "a sort",
            "local function take() local h = hoard  hoard = nil  return h end  table.sort(take(), function(a, b) wait(1e9)  return a < b end)",
        ),
        ("a metatable", "local m = setmetatable({}, {hoard = hoard})  hoard = nil  wait(1e9)  print(m)"),
        (
            "an ephemeron",
            "local key = {}  local m = setmetatable({}, {__mode = 'k'})  m[key] = hoard  hoard = nil  wait(1e9)  print(m, key)",
        ),
        ("a cleanup", "local h = hoard  hoard = nil  task.on_cancel(function() return h end)  wait(1e9)"),
    ] {
        let mut app = app();
        let others: Vec<Entity> =
            (0..3).map(|_| app.run("local mine = string.rep('z', 1200000)  wait(1e9)  print(#mine)")).collect();
        let hoarder = app.run(&hoarder(keep));
        let late = app.run("local mine = {}  wait_frames(40)  for i = 1, 15 do mine[i] = string.rep('y', 100000) .. i  wait() end  wait(1e9)  print(#mine)");
        app.frames(30);
        assert_eq!(failure(&app, hoarder), None, "{place}: {:?}", app.errors());
        let held = memory_of(&mut app, hoarder);
        assert!((10_000_000..10_300_000).contains(&held), "{place}: {held}");
        app.frames(200);
        assert!(failure(&app, hoarder).is_some(), "{place}: {:?}", app.errors());
        for entity in others.into_iter().chain([late]) {
            assert!(matches!(app.status(entity), Some(BehaviourStatus::Waiting(_))), "{place}: {:?}", app.errors());
        }
        let used = app.world().non_send_mut::<Scripts>().memory_used();
        assert!(used < LIMIT - LIMIT / 8, "{place}: its memory is free: {used}");
    }
}

#[test]
fn what_all_share_is_nobodys() {
    let mut app = app();
    let lean = app.run("wait(1e9)");
    let other = app.run("local mine = string.rep('x', 1000000)  state.mine = mine  wait(1e9)");
    app.frames(3);
    assert!(memory_of(&mut app, lean) < 20_000, "the libraries do not count");
    assert!((1_000_000..1_020_000).contains(&memory_of(&mut app, other)));
    let nobody = app.world().spawn_empty().id();
    assert_eq!(app.world().non_send_mut::<Scripts>().memory_of(nobody), None);
}

#[test]
fn garbage_alone_makes_nobody_fail() {
    let mut app = app();
    let entities = [
        app.run("while true do local _ = string.rep('x', 100000) .. time.frame end"),
        app.run("while true do local _ = {{}, {}, {}} end"),
        app.run("local n = 0  while true do n = n + 1  local _ = 'key' .. n end"),
        app.run("while true do local t = {}  for i = 1, 10000 do t[i] = i end end"),
    ];
    app.frames(40);
    for entity in entities {
        assert_eq!(app.status(entity), Some(BehaviourStatus::Running), "{:?}", app.errors());
    }
}

#[test]
fn others_run_in_every_frame_while_memory_is_short() {
    let mut app = app();
    let steady = app.run("while true do print({1} and 1)  wait() end");
    for _ in 0..3 {
        app.run("local t = {}  while true do t[#t + 1] = {} end");
    }
    app.run("while true do local _ = {} end");
    app.frames(200);
    let status = app.status(steady);
    assert!(matches!(status, Some(BehaviourStatus::Waiting(_))), "{status:?}");
    // A frame in which the limit itself was met ends early, and begins the next one with who had no turn.
    assert!(app.prints().len() >= 195, "{} turns in 200 frames", app.prints().len());
    assert_eq!(app.errors().len(), 3, "those who hoard fail, one after the other: {:?}", app.errors());
    assert!(app.errors().iter().all(|error| error.message.starts_with("not enough memory")));
}

#[test]
fn memory_never_goes_beyond_the_limit_by_much() {
    let mut app = app();
    for _ in 0..5 {
        app.run("local t = {}  while true do t[#t + 1] = {} end");
        app.run("local t = {}  while true do t[#t + 1] = string.rep('x', 10000) .. #t end");
        app.run("local s = 'x'  while true do s = s .. s end");
    }
    let mut most = 0;
    for _ in 0..200 {
        app.frame();
        most = most.max(app.world().non_send_mut::<Scripts>().memory_used());
    }
    assert!(most <= LIMIT + LIMIT / 16, "{most}");
    assert_eq!(app.errors().len(), 15, "{:?}", app.errors());
}

#[test]
fn hoarder_that_starts_anew_has_lost_its_state() {
    let settings = DeimosSettings { memory_limit: LIMIT, error_policy: ErrorPolicy::Restart, ..default() };
    let mut app = TestApp::with_settings(settings);
    app.run(
        "print(state.n)
         state.n = 1  state.hoard = {}
         while true do state.hoard[#state.hoard + 1] = {}  if #state.hoard % 1000 == 0 then wait() end end",
    );
    app.frames(600);
    assert!(app.prints().len() > 1, "it starts anew");
    assert!(app.prints().iter().all(|line| *line == "nil"), "{:?}", app.prints());
}

#[test]
fn memory_that_a_module_holds_fails_who_asks_for_more() {
    let mut app = app();
    let script = app.script("test.lua", "wait(1e9)");
    let idle = app.world().spawn(Behaviour::new(script)).id();
    app.frames(3);
    // All scripts share what is stored here.
    let scripts = &mut app.world().non_send_mut::<Scripts>();
    scripts.lua().enter(|ctx| {
        let shared = deimos::Table::new(ctx);
        ctx.registry().set_field(ctx, "shared", shared).unwrap();
        for index in 1..=140 {
            shared.set_integer(ctx, index, ctx.text(vec![b'x'; 100_000])).unwrap();
        }
    });
    let asking = app.run("local t = {}  while true do t[#t + 1] = {} end");
    app.frames(100);
    assert!(failure(&app, asking).is_some_and(|message| message.contains("scripts share nearly all of the 16.0 MB")));
    assert_eq!(failure(&app, idle), None);
}
