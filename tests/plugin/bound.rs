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

#[test]
fn no_call_copies_one_string_again_and_again() {
    let text = "a value may be given 1048576 bytes of text at once, got 1100000: keep long texts in Lua, or in files";
    let query = "the names in a query have at most 16384 bytes: ask for fewer components, or by their short names";
    prints(
        "local piece, t = ('x'):rep(100000), {}
         for i = 1, 200 do t[i] = piece end
         local function why(f, ...) print((select(2, pcall(f, ...)):gsub('^[%w.]+:%d+: ', ''))) end
         why(world.query, world, table.unpack(t))
         why(world.query, world, {with = t})
         world:component('C', {loot = {}, note = ''})
         why(function() self.C = {loot = t} end)
         why(function() self.C = {loot = {t, t}} end)
         why(params, {names = t})
         self.C = {}
         why(function() self.C.note = piece:rep(11) end)
         why(self.send, self, 'fits', t)
         print(#self.C.loot, self.C.note)",
        &[
            query,
            query,
            &format!("cannot set 'C.loot[11]': {text}"),
            &format!("cannot set 'C.loot[1][11]': {text}"),
            &format!("cannot set 'params.names[11]': {text}"),
            &format!("cannot set 'C.note': {text}"),
            "false",
            "0\t",
        ],
    );
}

#[test]
fn no_call_copies_what_is_there_again_and_again() {
    prints(
        "world:component('Bag', {items = {}})
         world:component('Many', {bags = {}})
         local items = {}  for i = 1, 50000 do items[i] = i end
         self.Bag = {items = items}
         local bags = {}  for i = 1, 30 do bags[i] = self.Bag.items end
         local ok, why = pcall(function() self.Many = {bags = bags} end)
         print(ok, why:match('it holds more than %d+ values'))",
        &["false\tit holds more than 100000 values"],
    );
}
