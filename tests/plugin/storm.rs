//! Storms: ten thousand that end in one frame, tasks that end each other, and chains that have no end.
//!
//! Nothing is timed here. Where each of so many looks through all the others, these tests take minutes instead of seconds.

use bevy::platform::collections::HashMap;
use bevy::prelude::*;
use deimos::testing::TestApp;
use deimos::{AppLuaExt, Behaviour, BehaviourStatus, DeimosSettings};

/// What scripts have noted, and how often.
#[derive(Resource, Default)]
struct Notes(HashMap<String, usize>);

impl Notes {
    fn count(&self, what: &str) -> usize {
        self.0.get(what).copied().unwrap_or_default()
    }
}

fn app(settings: DeimosSettings) -> TestApp {
    let mut app = TestApp::with_settings(settings);
    app.world().init_resource::<Notes>();
    app.app().add_lua_function("note", |In(what): In<String>, mut notes: ResMut<'_, Notes>| {
        *notes.0.entry(what).or_default() += 1;
    });
    app
}

/// Settings for scripts that have much to do in a frame.
fn plenty() -> DeimosSettings {
    DeimosSettings { frame_budget: 1_000_000_000, slice: 1_000_000_000, memory_limit: 2 << 30, ..default() }
}

fn counts(app: &mut TestApp, names: &[&str]) -> Vec<usize> {
    let notes = app.world().resource::<Notes>();
    names.iter().map(|name| notes.count(name)).collect()
}

/// A behaviour that notes all that becomes of it.
const MORTAL: &str = "
    local function closing(what) return setmetatable({}, {__close = function() note(what) end}) end
    local x <close> = closing('body')
    task.on_cancel(function() note('body cancelled') end)
    spawn(function()
        local y <close> = closing('task')
        task.on_cancel(function() note('task cancelled') end)
        wait(0.001)
        note('resumed')
        wait(1000)
    end)
    on('Doom', function() note('heard') end)
    while true do wait() note('ran') end";

#[derive(Event, Reflect, Clone, Default)]
#[reflect(Event, Default)]
struct Doom;

const MANY: usize = 10_000;

#[test]
fn ten_thousand_despawned_in_a_frame_are_all_closed_and_never_run_again() {
    let mut app = app(DeimosSettings { frame_budget: 50_000_000, ..default() });
    let script = app.script("mortal.lua", MORTAL);
    let entities: Vec<Entity> = (0..MANY).map(|_| app.world().spawn(Behaviour::new(script.clone())).id()).collect();
    app.frames(5);
    assert!(app.errors().is_empty(), "{:?}", app.errors().first());
    let [ran, resumed] = counts(&mut app, &["ran", "resumed"])[..] else { return };
    assert_eq!(resumed, MANY);
    assert!(ran >= 2 * MANY, "{ran}");
    app.world().trigger(Doom);
    for entity in entities {
        app.world().despawn(entity);
    }
    app.frames(3);
    assert!(app.errors().is_empty(), "{:?}", app.errors().first());
    let ends = ["body", "body cancelled", "task", "task cancelled"];
    assert_eq!(counts(&mut app, &ends), [MANY; 4]);
    assert_eq!(counts(&mut app, &["ran", "resumed", "heard"]), [ran, resumed, 0]);
}

#[test]
fn a_script_may_despawn_ten_thousand_and_itself() {
    let mut app = app(DeimosSettings { frame_budget: 50_000_000, slice: 5_000_000, ..default() });
    let script = app.script("mortal.lua", MORTAL);
    for _ in 0..MANY {
        app.world().spawn(Behaviour::new(script.clone()));
    }
    app.frames(5);
    let before = counts(&mut app, &["ran"]);
    app.run("for e in world:query('Behaviour') do e:despawn() end  note('did it')  wait()  note('lived on')");
    app.frames(3);
    assert!(app.errors().is_empty(), "{:?}", app.errors().first());
    let after = counts(&mut app, &["ran"]);
    // Those whose turn came before it had theirs.
    assert_eq!(after[0] - before[0], MANY);
    assert_eq!(counts(&mut app, &["body", "task cancelled", "did it", "lived on"]), [MANY, MANY, 1, 0]);
}

#[test]
fn behaviours_may_despawn_each_other_in_handlers_and_last_words() {
    let mut app = app(default());
    app.app().register_type::<Doom>();
    // Each takes the next one along, in one way or another.
    let script = app.script(
        "domino.lua",
        "local function fell(how)
             return function()
                 note(how)
                 local next = world:find('domino ' .. params.number + 1)
                 if next then next:despawn() end
             end
         end
         local x <close> = setmetatable({}, {__close = fell('close')})
         task.on_cancel(fell('cancel'))
         self:on('Remove', 'Name', fell('handler'))
         on('Doom', function() self:despawn() end)
         wait(1000)",
    );
    for number in 0..1000 {
        let behaviour = Behaviour::new(script.clone()).with("number", number);
        app.world().spawn((behaviour, Name::new(format!("domino {number}"))));
    }
    app.frames(3);
    let first = app.run("wait(0.01)  world:find('domino 0'):despawn()");
    app.frames(4);
    assert!(app.errors().is_empty(), "{:?}", app.errors().first());
    assert_eq!(counts(&mut app, &["close", "cancel"]), [1000, 1000]);
    assert_eq!(app.status(first), Some(BehaviourStatus::Finished));
    let world = app.world();
    let mut names = world.query::<&Name>();
    assert_eq!(names.iter(world).filter(|name| name.starts_with("domino")).count(), 0);
}

#[test]
fn tasks_that_cancel_each_other_while_closing_are_closed_one_after_the_other() {
    let mut app = app(plenty());
    let entity = app.run(
        "local tasks, count = {}, 20000
         for i = 1, count do
             tasks[i] = spawn(function()
                 local x <close> = setmetatable({}, {__close = function()
                     note('closed')
                     if tasks[i + 1] then note(tostring(task.cancel(tasks[i + 1]))) end
                     task.cancel(tasks[1])
                 end})
                 wait(1000)
             end)
         end
         task.cancel(tasks[1])
         wait()
         note(task.status(tasks[count]))",
    );
    app.frames(4);
    assert!(app.errors().is_empty(), "{:?}", app.errors().first());
    assert_eq!(counts(&mut app, &["closed", "true", "cancelled"]), [20_000, 19_999, 1]);
    assert_eq!(app.status(entity), Some(BehaviourStatus::Finished));
}

/// Unoptimised, a hundred thousand take several seconds and show nothing more.
const CHAIN: usize = if cfg!(debug_assertions) { 20_000 } else { 100_000 };

#[test]
fn a_chain_of_tasks_that_join_each_other_unwinds() {
    let mut app = app(plenty());
    let entity = app.run(&format!(
        "local function link(n)
             if n == 0 then wait() return 0 end
             return task.join(spawn(link, n - 1)) + 1
         end
         local first = spawn(link, {CHAIN})
         note('started')
         note(tostring(task.join(first)))"
    ));
    app.frames(4);
    assert!(app.errors().is_empty(), "{:?}", app.errors().first());
    assert_eq!(counts(&mut app, &["started", &CHAIN.to_string()]), [1, 1]);
    assert_eq!(app.status(entity), Some(BehaviourStatus::Finished));
}

#[test]
fn a_chain_of_tasks_that_join_each_other_ends_with_its_behaviour() {
    let mut app = app(plenty());
    let entity = app.run(&format!(
        "local function link(n)
             local x <close> = setmetatable({{}}, {{__close = function() note('closed') end}})
             if n == 0 then wait(1000) end
             task.join(spawn(link, n - 1))
             note('went on')
         end
         spawn(link, {CHAIN} - 1)
         note('started')
         wait(1000)"
    ));
    app.frames(3);
    assert_eq!(counts(&mut app, &["started", "closed"]), [1, 0]);
    app.world().despawn(entity);
    app.frame();
    assert!(app.errors().is_empty(), "{:?}", app.errors().first());
    assert_eq!(counts(&mut app, &["closed", "went on"]), [CHAIN, 0]);
}

#[test]
fn a_relay_of_tasks_that_start_each_other_forgets_where_it_began() {
    let mut app = app(plenty());
    app.run(&format!(
        "local function leg(n)
             if n == 0 then error('at last') end
             task.defer(leg, n - 1)
         end
         spawn(leg, {CHAIN})"
    ));
    app.frames(3);
    let [error] = app.errors() else { panic!("{:?}", app.errors()) };
    let traceback = error.traceback.as_deref().expect("an error in a script has a traceback");
    assert_eq!(traceback.matches("started at test.lua:3").count(), 8, "{traceback}");
}

#[test]
fn many_that_end_in_the_order_of_their_beginning_do_not_look_through_each_other() {
    let mut app = app(plenty());
    app.run(&format!(
        "for i = 1, {CHAIN} do spawn(function() wait()  note('ended') end) end
         local all = spawn(wait, 0.1)
         for i = 1, {CHAIN} do spawn(function() task.join(all)  note('woken') end) end"
    ));
    app.frames(9);
    assert!(app.errors().is_empty(), "{:?}", app.errors().first());
    assert_eq!(counts(&mut app, &["ended", "woken"]), [CHAIN, CHAIN]);
}

// -- last words --------------------------------------------------------------------------------------

/// The errors of a script that ends its own task `t`, and what it prints.
#[track_caller]
fn last_words(source: &str, errors: &[&str], prints: &[&str]) {
    let mut app = app(default());
    app.run(&format!(
        "local function closing(f) return setmetatable({{}}, {{__close = f}}) end  \
         local t = spawn(function() {source} end)  wait()  t:cancel()  print(t:status())"
    ));
    app.frames(4);
    let told: Vec<&str> = app.errors().iter().map(|error| error.message.as_str()).collect();
    assert_eq!(told, errors, "{source}");
    assert_eq!(app.prints(), prints, "{source}");
}

#[test]
fn a_wait_while_closing_is_an_error_and_the_rest_is_closed() {
    for wait in [
        "wait()",
        "wait(1)",
        "wait_real(1)",
        "wait_fixed()",
        "wait_frames(2)",
        "wait_until(function() end)",
        "wait_for('ping')",
        "self:wait_for('ping')",
        "task.join(spawn(wait))",
        "task.all(wait)",
        "task.timeout(1, wait)",
    ] {
        last_words(
            &format!(
                "local a <close> = closing(function() print('a') end)  \
                 local b <close> = closing(function() {wait}  print('never') end)  \
                 local c <close> = closing(function() print('c') end)  wait(100)"
            ),
            &["test.lua:1: cannot wait while closing"],
            &["c", "a", "cancelled"],
        );
        last_words(
            &format!(
                "task.on_cancel(function() print('first') end)  task.on_cancel(function() {wait}  print('never') end)  \
                 task.on_cancel(function() print('last') end)  wait(100)"
            ),
            &["test.lua:1: cannot wait while closing"],
            &["last", "first", "cancelled"],
        );
    }
}

#[test]
fn a_wait_while_closing_may_be_caught() {
    last_words(
        "local a <close> = closing(function() print(pcall(wait, 1)) end)  wait(100)",
        &[],
        &["false\tcannot wait while closing", "cancelled"],
    );
}

#[test]
fn a_yield_while_closing_is_an_error_and_the_rest_is_closed() {
    last_words(
        "local a <close> = closing(function() print('a') end)  \
         local b <close> = closing(function() coroutine.yield()  print('never') end)  wait(100)",
        &["test.lua: cannot yield to the game while closing"],
        &["a", "cancelled"],
    );
}

#[test]
fn what_is_answered_at_once_works_while_closing() {
    last_words(
        "local other = spawn(function() local y <close> = closing(function() print('other') end)  wait(100) end)  \
         local h = on('ping', function(x) print('ping', x) end)  \
         local a <close> = closing(function() \
             print(task.cancel(other), task.cancel(other), self:send('ping', 1), h:cancel(), self:send('ping', 2)) \
             spawn(function() print('spawned')  wait()  print('lives') end) \
             print(task.current():status()) \
         end)  wait(100)",
        &[],
        &["true\ttrue\ttrue\ttrue\tfalse", "running", "other", "cancelled", "spawned", "ping\t1", "lives"],
    );
}

#[test]
fn functions_of_on_cancel_run_in_the_coroutine_of_their_task_which_is_dead_afterwards() {
    let mut app = app(default());
    let entity = app.run(
        "function told(co) print(coroutine.status(co), coroutine.resume(co)) end
        spawn(function()
            local own = coroutine.running()
            local a <close> = setmetatable({}, {__close = function() print('closed', coroutine.running() == own) end})
            task.on_cancel(function() print('first', coroutine.running() == own, coroutine.status(own)) end)
            task.on_cancel(function() print('second')  error('fails', 0) end)
            task.on_cancel(function(...) print('third', select('#', ...), coroutine.isyieldable()) end)
            co = own
            wait(100)
        end)
        task.on_cancel(function() told(co) end)
        wait(100)",
    );
    app.frames(2);
    app.world().despawn(entity);
    app.frames(2);
    let told: Vec<&str> = app.errors().iter().map(|error| error.message.as_str()).collect();
    assert_eq!(told, ["fails"]);
    let expected = [
        "closed\ttrue",
        "third\t1\ttrue",
        "second",
        "first\ttrue\trunning",
        "dead\tfalse\tcannot resume dead coroutine",
    ];
    assert_eq!(app.prints(), expected);
}

#[test]
fn a_task_whose_coroutine_another_one_has_resumed_ends_nevertheless() {
    let mut app = app(default());
    let entity = app.run(
        "local body = coroutine.running()
        task.on_cancel(function() print('cancelled') end)
        spawn(function() wait()  print('resumes', coroutine.resume(body)) end)
        wait(100)
        while true do note('turn')  wait() end",
    );
    app.frames(2);
    assert!(counts(&mut app, &["turn"])[0] > 0, "it was resumed");
    app.world().despawn(entity);
    app.frames(1);
    let turns = counts(&mut app, &["turn"]);
    app.frames(3);
    assert_eq!(counts(&mut app, &["turn"]), turns, "nothing of it runs again");
    let told: Vec<&str> = app.errors().iter().map(|error| error.message.as_str()).collect();
    assert_eq!(told, ["cannot close a normal coroutine"]);
    assert_eq!(app.prints(), ["cancelled"]);
}

#[test]
fn an_endless_loop_while_closing_is_cut_short_and_told() {
    let mut app = app(DeimosSettings { slice: 10_000, ..default() });
    let entity = app.run("local x <close> = setmetatable({}, {__close = function() while true do end end})  wait(100)");
    app.frames(2);
    app.world().despawn(entity);
    app.frames(2);
    let told: Vec<&str> = app.errors().iter().map(|error| error.message.as_str()).collect();
    assert_eq!(told, ["test.lua:1: it has used up a slice of instructions while closing, and ends here"]);
}

#[test]
fn endless_loops_of_many_while_closing_share_the_frames_budget() {
    let mut app = app(DeimosSettings { frame_budget: 1_000_000, slice: 100_000, ..default() });
    app.run(
        "for i = 1, 1000 do
             spawn(function()
                 local x <close> = setmetatable({}, {__close = function() note('closing')  while true do note('turn') end end})
                 wait(1000)
             end)
         end
         wait(0.5)
         self:despawn()",
    );
    app.frames(20);
    app.frames(20);
    let [closing, turns] = counts(&mut app, &["closing", "turn"])[..] else { return };
    assert_eq!(closing, 1000);
    // They have two million instructions together; a slice for each of them would be a hundred million.
    assert!(turns < 1_000_000, "{turns}");
}
