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
    prints(
        "local piece, t = ('x'):rep(100000), {}
         for i = 1, 200 do t[i] = piece end
         local function why(what, f, ...)
             local ok, error = pcall(f, ...)
             print(ok, tostring(error):find(what, 1, true) and what or error)
         end
         local text = 'bytes of text at once'
         why('ask for fewer components', world.query, world, table.unpack(t))
         why('ask for fewer components', world.query, world, {with = t})
         world:component('C', {loot = {}, note = ''})
         why(text, function() self.C = {loot = t} end)
         why(text, function() self.C = {loot = {t, t}} end)
         why(text, params, {names = t})
         self.C = {}
         why(text, function() self.C.note = piece:rep(11) end)
         print(#self.C.loot, #self.C.note)",
        &[
            "false\task for fewer components",
            "false\task for fewer components",
            "false\tbytes of text at once",
            "false\tbytes of text at once",
            "false\tbytes of text at once",
            "false\tbytes of text at once",
            "0\t0",
        ],
    );
}

#[test]
fn names_of_entities_are_bounded() {
    let why = "the name of an entity has at most 1024 bytes, got 1025";
    prints(
        "local long = ('x'):rep(1025)
         print(select(2, pcall(world.spawn, world, {name = long})))
         print((select(2, pcall(function() self.name = long end)):gsub('^[%w.]+:%d+: ', '')))
         self.name = long:sub(2)  print(#self.name)",
        &[why, why, "1024"],
    );
}

#[test]
fn what_scripts_put_into_components_is_bounded_and_makes_room_when_it_goes() {
    let settings = DeimosSettings {
        world_memory_limit: 10 << 20,
        frame_budget: 1_000_000_000,
        slice: 1_000_000_000,
        ..DeimosSettings::default()
    };
    let mut app = TestApp::with_settings(settings);
    app.run(
        "world:component('Page', {text = '', list = {}})
         local big, all, why = ('x'):rep(1 << 20), {}
         while true do
             local ok, entity = pcall(world.spawn, world, {Page = {text = big}})
             if not ok then why = entity break end
             all[#all + 1] = entity
         end
         print(#all, why)
         for _, entity in ipairs(all) do entity:despawn() end
         wait_frames(70)
         local note = world:spawn{Page = {text = big}}
         for i = 1, 100 do note.Page = {text = big}  note.Page.text = big:sub(i) end
         print(#note.Page.text)
         local list, count = note.Page.list, 0
         local ok, why = pcall(function() while true do list[#list + 1] = big:sub(1, 100000)  count = count + 1 end end)
         print(ok, why:match('scripts have put about 10485760 bytes'), count > 80 and count < 110)",
    );
    app.frames(80);
    assert!(app.errors().is_empty(), "{:?}", app.errors().first());
    let why = "scripts have put about 10485760 bytes into components, and can put no more: empty some, or raise DeimosSettings::world_memory_limit";
    assert_eq!(app.prints(), [&*format!("9\t{why}"), "1048477", "false\tscripts have put about 10485760 bytes\ttrue",]);
}
