//! `world`: queries, resources, names; and the hierarchy.

use bevy::prelude::*;
use deimos::Scripts;
use deimos::testing::TestApp;

#[derive(Component, Reflect)]
#[reflect(Component)]
struct Alpha {
    value: i32,
}

#[derive(Component, Reflect)]
#[reflect(Component)]
struct Beta;

#[derive(Component, Reflect)]
#[reflect(Component)]
enum Mode {
    Slow,
}

#[derive(Resource, Reflect)]
#[reflect(Resource)]
struct Score {
    points: i64,
}

fn populated() -> TestApp {
    let mut app = TestApp::new();
    for value in 1..=4 {
        let mut entity = app.world().spawn(Alpha { value });
        if value % 2 == 0 {
            entity.insert(Beta);
        }
        if value == 4 {
            entity.insert(Mode::Slow);
        }
    }
    app
}

#[track_caller]
fn prints(app: &mut TestApp, source: &str, expected: &[&str]) {
    app.run(source);
    app.frames(2);
    assert!(app.errors().is_empty(), "{:?}", app.errors());
    assert_eq!(app.prints(), expected);
}

#[test]
fn rows_have_the_entity_and_its_components() {
    prints(
        &mut populated(),
        "for e, a in world:query('Alpha', {without = 'Mode'}) do print(e.Alpha == a, a.value)  a.value = a.value * 10 end
         for _, a in world:query('Alpha', {without = 'Beta'}) do print(a.value) end
         for _, a in world:query('Alpha', {with = {'Beta'}, without = 'Mode'}) do print(a.value) end
         for _, a, m in world:query('Alpha', 'Mode') do print(a.value, m) end",
        &["true\t1", "true\t2", "true\t3", "10", "30", "20", "4\tSlow"],
    );
}

#[test]
fn optional_components_are_nil_where_they_are_not() {
    prints(
        &mut populated(),
        "local modes = {}
         for _, a, m in world:query('Alpha', {optional = 'Mode', with = 'Beta'}) do modes[a.value] = tostring(m) end
         print(modes[1], modes[2], modes[3], modes[4])",
        &["nil\tnil\tnil\tSlow"],
    );
}

#[test]
fn count_first_and_single() {
    prints(
        &mut populated(),
        "local q = world:query('Alpha')  print(q:count(), world:query('Alpha', 'Beta'):count())
         local e, a = q:first()  print(e.alive, e.Alpha == a)  print(select(2, world:query('Alpha', 'Mode'):single()).value)
         print(pcall(q.single, q))  print(pcall(function() world:query('Beta', {without = 'Alpha'}):single() end))
         print(world:query('Beta', {without = 'Alpha'}):first())",
        &[
            "4\t2",
            "true\ttrue",
            "4",
            "false\t4 entities have Alpha, where there should be one",
            "false\ttest.lua:3: no entity has Beta",
            "nil",
        ],
    );
}

#[test]
fn sorted_orders_the_rows_and_may_wait() {
    prints(
        &mut populated(),
        "local q = world:query('Alpha'):sorted(function(a, b) return a.Alpha.value > b.Alpha.value end)
         for _, a in q do print(a.value) end",
        &["4", "3", "2", "1"],
    );
}

#[test]
fn loop_may_despawn_what_it_goes_over() {
    prints(
        &mut populated(),
        "local seen = 0
         for e, a in world:query('Alpha') do
           seen = seen + 1
           for other in world:query('Alpha') do if other ~= e then other:despawn() end end
         end
         print(seen, world:query('Alpha'):count())",
        &["1\t1"],
    );
}

#[test]
fn broken_off_loop_begins_anew() {
    prints(
        &mut populated(),
        "local q = world:query('Alpha')
         for _, a in q do if a.value == 3 then break end end
         local n = 0  for _ in q do n = n + 1 end  print(n)",
        &["4"],
    );
}

#[test]
fn rows_belong_together_while_entities_come_and_go() {
    let mut app = TestApp::new();
    app.world().register_component::<Alpha>();
    let mut kept: Vec<Entity> =
        (0..8).map(|value| app.world().spawn((Alpha { value }, Transform::default())).id()).collect();
    app.run(
        "local seen = {}
         while true do
             local rows = 0
             for e, a, t in world:query('Alpha', 'Transform') do
                 rows = rows + 1
                 if e.Alpha ~= a or e.Transform ~= t then print('a row of two entities') end
                 if seen[e] and seen[e] ~= a.value then print('an entity took the place of another') end
                 seen[e] = a.value
                 if rows == 2 then
                     local inner = 0
                     for e, a in world:query('Alpha', 'Transform') do
                         if e.Alpha.value ~= a.value then print('a row of two entities') end
                         inner = inner + 1
                         if a.value == 100 then e:despawn() end
                     end
                     world:spawn{Alpha = {value = 100}, 'Transform'}
                 end
             end
             state.rows = rows
             wait()
         end",
    );
    for frame in 0..40 {
        app.frame();
        let value = frame + 8;
        kept.push(app.world().spawn((Alpha { value }, Transform::default())).id());
        if frame % 3 == 0 {
            let gone = kept.remove(usize::try_from(value * 5).unwrap() % kept.len());
            app.world().despawn(gone);
        }
    }
    assert!(app.errors().is_empty(), "{:?}", app.errors());
    assert_eq!(app.prints(), Vec::<&str>::new());
}

#[test]
fn rows_are_made_once_and_forgotten_when_no_loop_wants_them() {
    const ROWS: usize = 1000;
    let mut app = TestApp::new();
    for value in 0..ROWS {
        app.world().spawn((Alpha { value: i32::try_from(value).unwrap() }, Transform::default()));
    }
    app.run(
        "for _ = 1, 20 do
             for _, a, t in world:query('Alpha', 'Transform') do t.translation.x = t.translation.x + a.value end
             wait()
         end
         wait_frames(200)
         for _, a in world:query('Alpha', 'Transform') do state.last = a.value end
         print(state.last)",
    );
    let used = |app: &mut TestApp| app.world().non_send_mut::<Scripts>().lua().memory_used();
    app.frames(2);
    let before = used(&mut app);
    app.frames(15);
    // A query makes itself, and no rows.
    assert!(used(&mut app) <= before + 15 * 1024, "{} bytes more", used(&mut app) - before);
    let full = |app: &mut TestApp| {
        app.world().non_send_mut::<Scripts>().lua().collect_full();
        used(app)
    };
    let kept = full(&mut app);
    app.frames(150);
    let freed = kept - full(&mut app);
    assert!(freed > ROWS * 200, "only {freed} bytes are freed");
    app.frames(100);
    assert!(app.errors().is_empty(), "{:?}", app.errors());
    assert_eq!(app.prints(), [(ROWS - 1).to_string()]);
}

#[test]
fn changed_and_added_are_counted_from_the_last_time_one_asked() {
    let mut app = populated();
    app.run(
        "local function ask(what) return world:query('Alpha', {[what] = 'Alpha'}):count() end
         print(ask('changed'), ask('added'))  wait()
         print(ask('changed'), ask('added'))
         world:query('Alpha'):first().Alpha.value = 77
         print(ask('changed'), ask('changed'), ask('added'))  wait()
         print(ask('changed'), ask('added'))",
    );
    app.frames(2);
    app.world().spawn(Alpha { value: 5 });
    app.frames(2);
    assert!(app.errors().is_empty(), "{:?}", app.errors());
    assert_eq!(app.prints(), ["4\t4", "0\t0", "1\t0\t0", "1\t1"]);
}

#[test]
fn mistakes_in_a_query_are_named() {
    prints(
        &mut populated(),
        "print(pcall(world.query, world, 'Alph'))  print(pcall(world.query, world, 'Alpha', {wihout = 'Beta'}))
         print(pcall(world.query, world, 1))  print(pcall(world.query, world, 'Alpha', {with = 1}))",
        &[
            "false\tunknown component 'Alph'; did you mean 'Alpha'?",
            "false\tunknown filter 'wihout' of a query; there are: with, without, changed, added, optional",
            "false\tbad argument #2 to 'query' (name of a component expected, got number)",
            "false\ta filter names components or lists their names, got a number",
        ],
    );
}

#[test]
fn resource_is_a_reference() {
    let mut app = TestApp::new();
    app.world().insert_resource(Score { points: 3 });
    prints(
        &mut app,
        "local score = world:resource('Score')  score.points = score.points + 1  print(world:resource('Score').points)",
        &["4"],
    );
    assert_eq!(app.world().resource::<Score>().points, 4);
    app.world().remove_resource::<Score>();
    app.run("print(world:resource('Score'))");
    app.frame();
    assert_eq!(app.prints().last(), Some(&"nil"));
}

#[test]
fn entities_are_found_by_name() {
    let mut app = TestApp::new();
    app.world().spawn(Name::new("door"));
    prints(&mut app, "print(world:find('door').name, world:find('window'))", &["door\tnil"]);
}

#[test]
fn children_are_added_listed_and_removed() {
    let mut app = TestApp::new();
    for name in ["a", "b", "c"] {
        app.world().spawn(Name::new(name));
    }
    prints(
        &mut app,
        "local a, b, c = world:find('a'), world:find('b'), world:find('c')
         print(a:add_child(b) == b, a:add_child(c) == c, b:parent() == a, a:parent())
         print(#a:children(), a:children()[2] == c)
         print(a:remove_child(b), a:remove_child(b), #a:children())
         b:set_parent(c)  print(c:children()[1] == b)
         a:despawn()  print(a.alive, b.alive, c.alive)",
        &["true\ttrue\ttrue\tnil", "2\ttrue", "true\tfalse\t1", "true", "false\tfalse\tfalse"],
    );
}

#[test]
fn hierarchy_is_no_ring_and_not_too_deep() {
    let mut app = TestApp::new();
    for _ in 0..300 {
        app.world().spawn(Beta);
    }
    prints(
        &mut app,
        "local all = {}  for e in world:query('Beta') do all[#all + 1] = e end
         all[1]:add_child(all[2])
         print((select(2, pcall(all[2].add_child, all[2], all[1])):gsub('%d+v%d+', 'E')))
         print((select(2, pcall(all[1].add_child, all[1], all[1])):gsub('%d+v%d+', 'E')))
         all[2]:set_parent(nil)
         for i = 2, 256 do all[i - 1]:add_child(all[i]) end
         print(pcall(all[256].add_child, all[256], all[257]))
         print(pcall(all[257].add_child, all[257], all[1]))
         all[1]:despawn()  print(world:query('Beta'):count())",
        &[
            "entity E cannot be the parent of E, because it is one of its descendants",
            "entity E cannot be its own parent",
            "false\tmore than 256 generations of children",
            "false\tmore than 256 generations of children",
            "44",
        ],
    );
}

#[test]
fn rows_that_lose_a_component_in_the_loop_are_left_out() {
    prints(
        &mut populated(),
        "local all = {}
         for e in world:query('Alpha') do all[#all + 1] = e end
         for pass = 1, 2 do
           for e, a in world:query('Alpha') do
             print(pass, a.value)
             if e == all[1] and pass == 1 then all[3].Alpha = nil all[2].Mode = 'Slow' end
           end
         end",
        &["1\t1", "1\t2", "1\t4", "2\t1", "2\t2", "2\t4"],
    );
}

#[test]
fn rows_that_are_kept_show_what_is_there_now() {
    prints(
        &mut populated(),
        "local second
         for pass = 1, 3 do
           local row = {}
           for e, a, m in world:query('Alpha', {optional = 'Mode'}) do
             row[#row + 1] = a.value .. tostring(m)
             if a.value == 2 then second = e end
           end
           print(table.concat(row, ' '))
           if pass == 1 then second.Mode = 'Slow' elseif pass == 2 then second.Mode = nil second.Alpha = {value = 5} end
         end
         local sorted = world:query('Alpha'):sorted(function(a, b) return a.Alpha.value > b.Alpha.value end)
         local row = {}
         for e, a in sorted do row[#row + 1] = tostring(e.Alpha == a and a.value) end
         print(table.concat(row, ' '))",
        &["1nil 2nil 3nil 4Slow", "1nil 2Slow 3nil 4Slow", "1nil 5nil 3nil 4Slow", "5 4 3 1"],
    );
}
