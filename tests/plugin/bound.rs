//! How much a script may have of what is kept for longer than a frame.

use deimos::DeimosSettings;
use deimos::testing::TestApp;

/// What a script prints that has a frame to itself.
#[track_caller]
fn prints(source: &str, expected: &[&str]) {
    let settings = DeimosSettings { frame_budget: 100_000_000, slice: 100_000_000, ..DeimosSettings::default() };
    let mut app = TestApp::with_settings(settings);
    app.run(source);
    app.frames(4);
    assert!(app.errors().is_empty(), "{:?}", app.errors().first());
    assert_eq!(app.prints(), expected);
}

#[test]
fn handlers_of_a_behaviour_are_bounded_and_make_room_when_cancelled() {
    prints(
        "local count, last, why = 0
         while true do
             local ok, handler = pcall(on, 'ping', print)
             if not ok then why = handler break end
             count, last = count + 1, handler
         end
         print(count, why)
         print(last:cancel(), pcall(on, 'ping', print) == true)",
        &[
            "10000\ta behaviour has at most 10000 handlers: cancel those that are done, or let one handler do more",
            "true\ttrue",
        ],
    );
}

#[test]
fn queries_of_all_scripts_are_bounded_and_those_that_are_known_go_on() {
    prints(
        "for i = 1, 32 do world:component('C' .. i, {}) end
         local count, why = 0
         for i = 1, 30 do for j = i + 1, 31 do for k = j + 1, 32 do
             local ok, error = pcall(world.query, world, 'C' .. i, 'C' .. j, {without = 'C' .. k})
             if ok then count = count + 1 else why = error end
         end end end
         print(count, why)
         print(world:query('C1', 'C2', {without = 'C3'}):count())",
        &["4096\tscripts use 4096 different queries already: use the same names for the same query", "0"],
    );
}

#[test]
fn modules_are_bounded_those_among_them_that_are_no_file() {
    prints(
        "local last
         for i = 1, 4097 do spawn(function() local ok, why = pcall(require, 'nowhere' .. i)  last = why end) end
         print(last)",
        &["module 'nowhere4097.lua' is one too many: scripts have required 4096"],
    );
}

#[test]
fn names_of_events_are_bounded() {
    let why = "expected, of at most 1024 bytes, got 1025)";
    prints(
        "local long = ('x'):rep(1025)
         print(select(2, pcall(on, long, print)))
         print(select(2, pcall(on, 'Add', long, print)))
         print(select(2, pcall(wait_for, long)))
         print(select(2, pcall(self.send, self, long)))",
        &[
            &format!("bad argument #1 to 'on' (name of an event {why}"),
            &format!("bad argument #2 to 'on' (name of a component {why}"),
            &format!("bad argument #1 to 'wait_for' (name of an event {why}"),
            &format!("bad argument #2 to 'send' (name of an event {why}"),
        ],
    );
}
