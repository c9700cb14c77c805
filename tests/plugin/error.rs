//! Scripts that fail.

use std::io::Write;
use std::sync::{Arc, Mutex, PoisonError};

use bevy::ecs::error::{BevyError, ErrorContext};
use bevy::prelude::*;
use deimos::testing::TestApp;
use deimos::{Behaviour, BehaviourStatus, DeimosSettings, ErrorPolicy, ScriptError, Scripts};

#[test]
fn failing_behaviour_stops_alone_and_says_where() {
    let mut app = TestApp::new();
    let script =
        app.script("scripts/guard.lua", "local function strike()\n  return nothing.here\nend\nwait()\nstrike()");
    let entity = app.world().spawn(Behaviour::new(script)).id();
    app.run("for i = 1, 4 do print(i)  wait() end");
    app.frames(4);
    assert_eq!(app.errors().len(), 1);
    let error = &app.errors()[0];
    assert_eq!((error.entity, error.script.as_str()), (Some(entity), "scripts/guard.lua"));
    assert!(error.message.starts_with("scripts/guard.lua:2: attempt to index a nil value"), "{}", error.message);
    let traceback = error.traceback.as_deref().unwrap_or_default();
    assert!(traceback.contains("scripts/guard.lua:2:") && traceback.contains("scripts/guard.lua:5:"), "{traceback}");
    assert_eq!(app.status(entity), Some(BehaviourStatus::Failed(error.message.clone())));
    assert_eq!(app.prints(), ["1", "2", "3", "4"]);
}

#[test]
fn error_values_of_all_kinds_are_reported() {
    for (source, message) in [
        ("error('text', 0)", "text"),
        ("error({})", "(error object is a table value)"),
        ("error(nil)", "(error object is a nil value)"),
        ("error(7)", "7"),
    ] {
        let mut app = TestApp::new();
        app.run(source);
        app.frame();
        assert_eq!(app.errors()[0].message, message, "{source}");
    }
}

#[test]
fn each_failing_entity_sends_a_message() {
    let mut app = TestApp::new();
    let script = app.script("test.lua", "error('no')");
    for _ in 0..3 {
        app.world().spawn(Behaviour::new(script.clone()));
    }
    app.frames(2);
    assert_eq!(app.errors().len(), 3);
}

#[test]
fn strange_yield_is_an_error() {
    for (source, got) in [
        ("coroutine.yield('later')", "'later'"),
        ("coroutine.yield(1.5, nil)", "1.5, nil"),
        ("coroutine.yield({})", "a table"),
        ("coroutine.yield(print)", "a function"),
    ] {
        let mut app = TestApp::new();
        let entity = app.run(source);
        app.frames(2);
        assert_eq!(app.errors().len(), 1, "{source}");
        let message = &app.errors()[0].message;
        assert!(message.contains(&format!("cannot yield {got} to the game")), "{message}");
        assert!(message.starts_with("test.lua:"), "{message}");
        assert!(matches!(app.status(entity), Some(BehaviourStatus::Failed(_))));
    }
}

#[test]
fn strange_wait_is_an_error_at_the_call() {
    for (source, got) in
        [("wait('soon')", "string"), ("wait({})", "table"), ("wait(0/0)", "NaN"), ("wait(false)", "boolean")]
    {
        let mut app = TestApp::new();
        app.run(source);
        app.frame();
        let message = &app.errors()[0].message;
        let expected = format!("test.lua:1: bad argument #1 to 'wait' (number of seconds expected, got {got})");
        assert_eq!(*message, expected, "{source}");
    }
}

#[test]
fn error_in_a_close_variable_of_a_cancelled_behaviour_is_reported() {
    let mut app = TestApp::new();
    let entity = app.run("local g <close> = setmetatable({}, {__close = function() error('oh') end})  wait(100)");
    app.frame();
    app.world().entity_mut(entity).remove::<Behaviour>();
    app.frame();
    assert_eq!(app.errors()[0].message, "test.lua:1: oh");
    assert_eq!(app.errors()[0].entity, Some(entity));
}

#[test]
fn memory_limit_ends_the_behaviour_that_exceeds_it() {
    let settings = DeimosSettings { memory_limit: 8 << 20, ..default() };
    let mut app = TestApp::with_settings(settings);
    let glutton = app.run("local t = {}  for i = 1, math.huge do t[i] = {i} end");
    let modest = app.run("while true do local t = {1, 2, 3}  wait() end");
    app.frames(60);
    let Some(BehaviourStatus::Failed(message)) = app.status(glutton) else { panic!("it lives") };
    assert!(message.starts_with("not enough memory"), "{message}");
    assert!(matches!(app.status(modest), Some(BehaviourStatus::Waiting(_))));
    assert_eq!(app.errors().len(), 1);
}

#[test]
fn garbage_is_collected() {
    let settings = DeimosSettings { memory_limit: 8 << 20, ..default() };
    let mut app = TestApp::with_settings(settings);
    let busy = app.run("while true do for i = 1, 1000 do local t = {i} end  wait() end");
    app.frames(200);
    assert!(matches!(app.status(busy), Some(BehaviourStatus::Waiting(_))), "{:?}", app.errors());
}

#[test]
fn error_stops_the_behaviour_where_that_is_the_policy() {
    let settings = DeimosSettings { error_policy: ErrorPolicy::StopBehaviour, ..Default::default() };
    let mut app = TestApp::with_settings(settings);
    let entity = app.run(
        "task.on_cancel(function() print('body cancelled') end)
         spawn(function() wait()  error('boom', 0) end)
         while true do print(time.frame)  wait() end",
    );
    app.frames(5);
    assert_eq!(app.prints(), ["1", "2", "body cancelled"]);
    assert_eq!(app.errors().len(), 1);
    assert_eq!(app.status(entity), Some(BehaviourStatus::Failed("boom".into())));
}

#[test]
fn failed_behaviour_starts_anew_later_and_later_where_that_is_the_policy() {
    let settings = DeimosSettings { error_policy: ErrorPolicy::Restart, ..Default::default() };
    let mut app = TestApp::with_settings(settings);
    app.run("state.n = (state.n or 0) + 1  print(state.n, time.frame)  error('again', 0)");
    // A second is 64 frames.
    app.frames(64 * 8);
    let frames: Vec<i64> = app.prints().iter().filter_map(|line| line.split('\t').nth(1)?.parse().ok()).collect();
    assert_eq!(frames, [1, 65, 193, 449]);
}

/// An app in which a frame is a second, and failed behaviours start anew.
fn restarting() -> TestApp {
    let settings = DeimosSettings { error_policy: ErrorPolicy::Restart, ..Default::default() };
    let mut app = TestApp::with_settings(settings);
    let second = std::time::Duration::from_secs(1);
    app.app().insert_resource(bevy::time::TimeUpdateStrategy::ManualDuration(second));
    app.world().resource_mut::<Time<Virtual>>().set_max_delta(second);
    app
}

#[test]
fn behaviour_that_has_run_for_a_minute_is_as_one_that_never_failed() {
    for (seconds, until_start) in [(59, 16), (60, 1)] {
        let mut app = restarting();
        app.run(&format!(
            "state.n = (state.n or 0) + 1  print(math.floor(time.elapsed))
             if state.n == 5 then wait({seconds}) end
             error('again', 0)"
        ));
        app.frames(120);
        let starts: Vec<i32> = app.prints().iter().map(|line| line.parse().unwrap()).collect();
        assert_eq!(starts[..6], [0, 1, 3, 7, 15, 15 + seconds + until_start]);
    }
}

#[test]
fn changed_script_has_its_failures_counted_anew() {
    let mut app = restarting();
    let script = app.script("test.lua", "print(math.floor(time.elapsed))  error('again', 0)");
    app.world().spawn(Behaviour::new(script.clone()));
    app.frames(20);
    assert_eq!(app.prints(), ["0", "1", "3", "7", "15"]);
    app.change_script(&script, "print('new', math.floor(time.elapsed))  error('again', 0)");
    app.frames(5);
    assert_eq!(app.prints()[5..], ["new\t20", "new\t21", "new\t23"]);
}

/// What is in the log after some work.
fn logged(work: impl FnOnce()) -> String {
    #[derive(Clone, Default)]
    struct Buffer(Arc<Mutex<Vec<u8>>>);
    impl Write for Buffer {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(bytes);
            Ok(bytes.len())
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }
    let buffer = Buffer::default();
    let writer = buffer.clone();
    let subscriber = bevy::log::tracing_subscriber::fmt()
        .with_writer(move || writer.clone())
        .with_ansi(false)
        .without_time()
        .finish();
    bevy::log::tracing::subscriber::with_default(subscriber, work);
    let bytes = buffer.0.lock().unwrap_or_else(PoisonError::into_inner);
    String::from_utf8_lossy(&bytes).into_owned()
}

#[test]
fn place_is_logged_once_and_then_at_powers_of_ten_with_the_count() {
    let mut app = TestApp::new();
    let script = app.script("test.lua", "error('lost ' .. params.n)");
    let log = logged(|| {
        for n in 0..40 {
            app.world().spawn(Behaviour::new(script.clone()).with("n", n));
        }
        app.frames(2);
    });
    let lines: Vec<&str> = log.lines().filter(|line| line.contains("lost")).collect();
    assert_eq!(lines.len(), 4, "two lines with an excerpt each: {log}");
    assert!(lines[0].contains("ERROR") && lines[0].contains("test.lua:1: lost 0"), "{log}");
    assert!(lines[2].contains("test.lua:1: lost 9 (10 times now)"), "{log}");
    assert_eq!(app.errors().len(), 40, "messages are sent for all");
    assert_eq!(app.errors().last().map(|error| error.count), Some(40));
}

#[test]
fn places_are_counted_until_the_script_changes() {
    let mut app = TestApp::new();
    let script = app.script("test.lua", "if params.n > 1 then\nerror('a')\nend\nerror('b')");
    for n in 0..5 {
        app.world().spawn(Behaviour::new(script.clone()).with("n", n));
    }
    app.frame();
    let sites = |app: &mut TestApp| -> Vec<(String, String, u64)> {
        let scripts = app.world().non_send::<Scripts>();
        scripts.error_sites().map(|site| (site.place.clone(), site.message.clone(), site.count)).collect()
    };
    let expected = [("test.lua:2", "test.lua:2: a", 3), ("test.lua:4", "test.lua:4: b", 2)];
    let expected = expected.map(|(place, message, count)| (place.to_owned(), message.to_owned(), count));
    assert_eq!(sites(&mut app), expected);
    app.change_script(&script, "");
    app.frame();
    assert!(sites(&mut app).is_empty());
}

#[test]
fn endless_places_are_counted_together() {
    // Errors cost instructions too.
    let mut app = TestApp::with_settings(DeimosSettings { slice: 1_000_000, ..default() });
    app.run("for i = 1, 1000 do spawn(error, 'test.lua:' .. i .. ': x') end  error(string.rep('y', 100000), 0)");
    let log = logged(|| app.frame());
    assert!(log.lines().count() < 500, "{} lines", log.lines().count());
    let scripts = app.world().non_send::<Scripts>();
    assert_eq!(scripts.error_sites().count(), 101);
    assert_eq!(scripts.error_sites().map(|site| site.count).sum::<u64>(), 1001);
    assert!(app.errors().iter().all(|error| error.message.len() < 10_000));
}

#[test]
fn observers_hear_of_errors_those_of_an_entity_of_its_own() {
    #[derive(Resource, Default)]
    struct Heard(Vec<String>);
    let mut app = TestApp::new();
    app.app().init_resource::<Heard>().add_observer(|error: On<'_, '_, ScriptError>, mut heard: ResMut<'_, Heard>| {
        heard.0.push(format!("all: {}", error.message));
    });
    let entity = app.run("wait()  error('mine', 0)");
    app.run("wait()  error('theirs', 0)");
    app.world().entity_mut(entity).observe(
        |error: On<'_, '_, ScriptError>,
         mut heard: ResMut<'_, Heard>,
         scripts: NonSend<'_, Scripts>,
         mut commands: Commands<'_, '_>| {
            heard.0.push(format!("own: {} of {}", error.message, scripts.behaviours()));
            commands.entity(error.event_target()).despawn();
        },
    );
    app.frames(3);
    assert_eq!(app.world().resource::<Heard>().0, ["all: mine", "own: mine of 2", "all: theirs"]);
    assert!(app.world().get_entity(entity).is_err());
    assert_eq!(app.world().non_send::<Scripts>().behaviours(), 1);
}

static HANDED_OVER: Mutex<Vec<String>> = Mutex::new(Vec::new());

#[test]
fn handler_for_errors_that_the_game_has_set_gets_them_instead_of_the_log() {
    fn keep(error: BevyError, _: ErrorContext) {
        let severity = error.severity();
        let script = error.downcast_ref::<ScriptError>().map(|error| error.script.clone());
        HANDED_OVER.lock().unwrap().push(format!("{severity:?} {script:?} {error}"));
    }
    let mut app = TestApp::new();
    app.app().set_error_handler(keep);
    let script = app.script("test.lua", "wait()\nerror('lost')");
    let log = logged(|| {
        for _ in 0..20 {
            app.world().spawn(Behaviour::new(script.clone()));
        }
        app.frames(3);
    });
    assert!(!log.contains("lost"), "{log}");
    let handed_over = HANDED_OVER.lock().unwrap();
    assert_eq!(handed_over.len(), 2, "{handed_over:?}");
    assert!(
        handed_over[0].starts_with("Error Some(\"test.lua\") test.lua:2: lost\n     1 | wait()\n"),
        "{handed_over:?}"
    );
    assert!(handed_over[1].contains("test.lua:2: lost (10 times now)"), "{handed_over:?}");
}

#[test]
#[should_panic(expected = "test.lua:1: lost")]
fn handler_that_panics_is_the_games_own_choice() {
    let mut app = TestApp::new();
    app.app().set_error_handler(bevy::ecs::error::panic);
    app.run("error('lost')");
    app.frame();
}

#[test]
fn handler_that_goes_by_severity_does_not_panic() {
    let mut app = TestApp::new();
    app.app().set_error_handler(bevy::ecs::error::match_severity);
    app.run("error('lost')");
    app.frames(2);
    assert_eq!(app.errors().len(), 1);
}

#[test]
fn excerpt_marks_what_a_runtime_error_names() {
    for (source, excerpt) in [
        (
            "local x = 1\n\tlocal hp = self.hp + 1\n",
            "     1 | local x = 1\n >   2 | \tlocal hp = self.hp + 1\n       | \t^^^^^^^^^^^^^^^^^^^^^^",
        ),
        ("local a = {}\n  return a.b.c", "     1 | local a = {}\n >   2 |   return a.b.c\n       |            ^"),
        ("wait(true)\nwait()", " >   1 | wait(true)\n       | ^^^^\n     2 | wait()"),
        ("local f = nil\nf()\n\n", "     1 | local f = nil\n >   2 | f()\n       | ^\n     3 | "),
    ] {
        let mut app = TestApp::new();
        app.run(source);
        app.frame();
        let error = &app.errors()[0];
        assert_eq!(error.excerpt.as_deref(), Some(format!("\n{excerpt}").as_str()), "{}", error.message);
    }
}

#[test]
fn excerpt_of_an_error_without_a_place_comes_from_the_traceback() {
    let mut app = TestApp::new();
    app.run("local x\nerror({code = 7})");
    app.frame();
    let excerpt = app.errors()[0].excerpt.clone().unwrap_or_default();
    assert!(excerpt.contains(" >   2 | error({code = 7})"), "{excerpt}");
}

#[test]
fn traceback_names_scripts_and_functions_and_nothing_else() {
    let mut app = TestApp::new();
    app.run(
        "local function deep() task.all(function() local t = {}  return t.x.y end) end
         local ok, err = pcall(deep)
         task.timeout(1, function() table.sort({1, 2}, function() wait_until(function() deep() end) end) end)",
    );
    app.run("on('Nonsense', 'Nonsense', print)");
    app.run("local function wait_in_vain() self:wait_for('Add', 'Nonsense') end  pcall(print)  wait_in_vain()");
    app.frame();
    for error in app.errors() {
        let traceback = error.traceback.as_deref().unwrap_or_default();
        let strange = traceback.lines().skip(1).find(|line| {
            let line = line.trim_start();
            !["test.lua:", "[C]: in function '", "[C]: in method '", "started at test.lua:"]
                .iter()
                .any(|known| line.starts_with(known))
        });
        assert_eq!(strange, None, "{traceback}");
    }
    assert_eq!(app.errors().len(), 3);
}
