//! What belongs to the game: scripts read it, and cannot change it in whatever way they try.

use bevy::prelude::*;
use deimos::testing::TestApp;
use deimos::{AppLuaExt, DeimosSettings};

#[derive(Resource, Reflect, Default, Debug, PartialEq)]
#[reflect(Resource, Default)]
struct Tally {
    points: i32,
}

#[derive(Component, Reflect, Debug)]
#[relationship(relationship_target = Moons)]
#[reflect(Component)]
struct Orbits(Entity);

#[derive(Component, Reflect, Debug, Default)]
#[relationship_target(relationship = Orbits, linked_spawn)]
#[reflect(Component)]
struct Moons(Vec<Entity>);

#[derive(Message, Reflect, Default, Clone, Debug)]
#[reflect(Message)]
struct Whisper;

/// What a script prints in some frames of an app.
fn prints(app: &mut TestApp, source: &str) -> Vec<String> {
    let before = app.prints().len();
    app.run(source);
    app.frames(4);
    assert!(app.errors().is_empty(), "{:?}", app.errors());
    app.prints()[before..].iter().map(|line| (*line).to_owned()).collect()
}

#[test]
fn settings_are_read_and_not_written() {
    let mut app = TestApp::new();
    let lines = prints(
        &mut app,
        "local s = world:resource('DeimosSettings')  print(s.slice, s:copy().slice)
         print(pcall(function() s.slice = 1000000000 end))
         print(pcall(s.set, s, {slice = 1}))
         print(pcall(function() s.error_policy = 'Restart' end))
         print(pcall(world.insert_resource, world, 'DeimosSettings', {slice = 1}))
         print(pcall(world.remove_resource, world, 'DeimosSettings'))
         local path = 'deimos::plugin::settings::DeimosSettings'
         print(pcall(world.insert_resource, world, path, {slice = 1}))",
    );
    assert_eq!(lines[0], "100000\t100000");
    let game = "it belongs to the game; scripts can read it";
    assert_eq!(lines[1], format!("false\ttest.lua:2: cannot change 'DeimosSettings.slice': {game}"));
    assert_eq!(lines[2], format!("false\tcannot change 'DeimosSettings': {game}"));
    assert!(lines[3..].iter().all(|line| line.starts_with("false\t") && line.ends_with(game)), "{lines:?}");
    assert_eq!(*app.world().resource::<DeimosSettings>(), DeimosSettings::default());
}

#[test]
fn clocks_are_read_and_not_written() {
    let mut app = TestApp::new();
    let lines = prints(
        &mut app,
        "for _, name in ipairs{'Time<()>', 'Time<Real>', 'Time<Virtual>', 'Time<Fixed>'} do
           local clock = world:resource(name)
           local copy = clock:copy()
           print(pcall(clock.set, clock, {elapsed = 5}))
           print(pcall(function() clock.elapsed = 5 end))
           print(pcall(world.insert_resource, world, name, copy))
           print(pcall(world.remove_resource, world, name))
         end
         local clock = world:resource('Time<Virtual>')
         print(pcall(function() clock.context.relative_speed = 100 end))",
    );
    assert_eq!(lines.len(), 17);
    assert!(lines.iter().all(|line| line.starts_with("false\t") && line.contains("belongs to the game")), "{lines:?}");
}

#[test]
fn status_of_a_behaviour_is_read_and_not_written() {
    let mut app = TestApp::new();
    let lines = prints(
        &mut app,
        "print(type(self.BehaviourStatus))
         print(pcall(function() self.BehaviourStatus = 'Finished' end))
         print(pcall(function() self.BehaviourStatus = nil end))
         print(pcall(self.insert, self, 'BehaviourStatus', 'Finished'))
         print(pcall(self.insert, self, {BehaviourStatus = 'Finished'}))
         print(pcall(self.remove, self, 'BehaviourStatus'))
         print(pcall(world.spawn, world, {BehaviourStatus = 'Finished'}))",
    );
    assert_eq!(lines[0], "string");
    assert!(
        lines[1..].iter().all(|line| line.starts_with("false\t") && line.contains("belongs to the game")),
        "{lines:?}"
    );
}

/// Bevy panics when a resource is asked for whose entity is gone.
#[test]
fn entities_that_hold_resources_stay_as_they_are() {
    let mut app = TestApp::new();
    app.app().init_resource::<Tally>().register_type::<Tally>();
    let lines = prints(
        &mut app,
        "local count, refused = 0, 0
         for e in world:query('IsResource') do
           count = count + 1
           local marker = e.IsResource:copy()
           for _, try in ipairs{
             function() e:despawn() end, function() e.IsResource = nil end, function() e:remove('IsResource') end,
             function() e.name = 'mine' end, function() e.Name = 'mine' end, function() e:insert('Transform') end,
             function() e:set_parent(self) end, function() self:add_child(e) end, function() e:add_child(self) end,
             function() e.ChildOf = self end, function() self.ChildOf = e end, function() e.Tally = {points = 1} end,
             function() e:insert{Tally = {}} end, function() self.IsResource = marker end,
             function() world:spawn{parent = e} end, function() world:spawn{IsResource = marker} end,
           } do if not pcall(try) then refused = refused + 1 end end
         end
         print(count > 10, refused == count * 16)
         print(pcall(function() world:query('Tally'):first():despawn() end))",
    );
    assert_eq!(lines[0], "true\ttrue");
    assert!(lines[1].ends_with("holds a resource and belongs to the game; scripts can read it"), "{lines:?}");
    assert_eq!(*app.world().resource::<Tally>(), Tally::default());
}

/// A script that clears the world takes the game's things, and the game goes on.
#[test]
fn despawning_everything_leaves_what_the_game_runs_on() {
    #[derive(Resource, Default)]
    struct Heard(u32);
    let mut app = TestApp::new();
    app.app()
        .init_resource::<Heard>()
        .add_lua_function("twice", |number: i64| 2 * number)
        .add_lua_function("heard", |heard: Res<'_, Heard>| heard.0);
    app.app().add_observer(|_: On<'_, '_, Add, Name>, mut heard: ResMut<'_, Heard>| heard.0 += 1);
    for _ in 0..10 {
        app.world().spawn(Transform::default());
    }
    let lines = prints(
        &mut app,
        "on('Add', 'Transform', function() end)
         wait()
         local gone, left = 0, 0
         for e in world:query({without = 'Name'}) do
           if e ~= self then
             if pcall(e.despawn, e) then gone = gone + 1 else left = left + 1 end
           end
         end
         print(gone, left > 10)
         wait()
         world:spawn{name = 'new'}
         print(twice(21), heard())",
    );
    assert_eq!(lines, ["10\ttrue", "42\t1"]);
    app.frames(3);
}

#[test]
fn far_side_of_a_relationship_is_read_and_not_written() {
    let mut app = TestApp::new();
    app.app().register_type::<Orbits>().register_type::<Moons>();
    let lines = prints(
        &mut app,
        "local planet = world:spawn{}  local moon = world:spawn{Orbits = planet}  self:add_child(moon)
         print(#planet.Moons[1], planet.Moons[1][1] == moon, #self.Children[1])
         for _, try in ipairs{
           function() planet.Moons[1][1] = planet end, function() planet.Moons[1] = {} end,
           function() planet.Moons[1]:push(self) end, function() planet.Moons[1]:clear() end,
           function() planet.Moons = {{planet}} end, function() planet.Moons = nil end,
           function() planet:remove('Moons') end, function() world:spawn{Moons = {{planet}}} end,
           function() self.Children[1][1] = self end, function() self.Children[1]:clear() end,
           function() self.Children = nil end, function() self:insert{Children = {{self}}} end,
         } do print(pcall(try)) end
         self:remove_child(moon)  planet:despawn()  print(moon.alive)",
    );
    assert_eq!(lines.first().map(String::as_str), Some("1\ttrue\t1"));
    assert_eq!(lines.last().map(String::as_str), Some("false"));
    let refused = &lines[1..lines.len() - 1];
    assert_eq!(refused.len(), 12);
    assert!(refused.iter().all(|line| line.starts_with("false\t") && line.contains("it follows from")), "{refused:?}");
}

#[test]
fn resource_goes_only_where_a_script_inserted_it() {
    let mut app = TestApp::new();
    app.app().register_type::<Tally>();
    let lines = prints(
        &mut app,
        "print(world:insert_resource('Tally', {points = 3}).points, world:remove_resource('Tally'))
         print(world:resource('Tally'), world:remove_resource('Tally'))",
    );
    assert_eq!(lines, ["3\ttrue", "nil\tfalse"]);
    app.world().insert_resource(Tally { points: 1 });
    let lines = prints(
        &mut app,
        "local score = world:resource('Tally')  score.points = score.points + 1
         print(world:insert_resource('Tally', {points = score.points + 1}).points)
         print(pcall(world.remove_resource, world, 'Tally'))",
    );
    let message = "cannot remove 'Tally': it belongs to the game; scripts can read and change it";
    assert_eq!(lines, ["3".to_owned(), format!("false\t{message}")]);
    assert_eq!(*app.world().resource::<Tally>(), Tally { points: 3 });
}

#[test]
fn buffers_of_messages_are_read_and_not_written() {
    let mut app = TestApp::new();
    app.app().add_message::<Whisper>().register_type::<Messages<Whisper>>();
    let lines = prints(
        &mut app,
        "world:write('Whisper')
         local buffer = world:resource('Messages<Whisper>')  print(buffer.message_count)
         print(pcall(function() buffer.message_count = 0 end))
         print(pcall(function() buffer.messages_b.messages:clear() end))",
    );
    assert_eq!(lines[0], "1");
    assert!(
        lines[1..].iter().all(|line| line.starts_with("false\t") && line.contains("belongs to the game")),
        "{lines:?}"
    );
}

#[test]
fn components_of_scripts_go_by_their_own_names() {
    let mut app = TestApp::new();
    let lines = prints(
        &mut app,
        "world:component('Vigour', {hp = 1})  self.Vigour = {}
         local slot = 'deimos::LuaComponent<0>'
         print(self[slot].name)
         print(pcall(function() self[slot].name = 'Other' end))
         print(pcall(function() self[slot].fields.hp = 'text' end))
         print(pcall(function() self[slot] = {name = 'x'} end))
         print(self.Vigour.hp)",
    );
    assert_eq!((lines[0].as_str(), lines[4].as_str()), ("Vigour", "1"));
    assert!(lines[1..4].iter().all(|line| line.contains("belongs to the game")), "{lines:?}");
}

#[cfg(feature = "states")]
#[test]
fn states_change_by_transitions_alone() {
    #[derive(States, Reflect, Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
    #[reflect(State, FreelyMutableState)]
    enum Mode {
        #[default]
        Day,
        Night,
    }
    let mut inner = App::new();
    inner.add_plugins(bevy::state::app::StatesPlugin).init_state::<Mode>().register_type_mutable_state::<Mode>();
    let mut app = TestApp::from_app(inner, AssetPlugin::default());
    let lines = prints(
        &mut app,
        "print(world:resource('State<Mode>')[1])
         print(pcall(function() world:resource('State<Mode>')[1] = 'Night' end))
         print(pcall(world.insert_resource, world, 'NextState<Mode>', {Pending = 'Night'}))
         print(pcall(world.remove_resource, world, 'State<Mode>'))",
    );
    assert_eq!(lines[0], "Day");
    assert!(
        lines[1..].iter().all(|line| line.starts_with("false\t") && line.contains("belongs to the game")),
        "{lines:?}"
    );
}

/// Bevy despawns along a relationship by recursion.
#[test]
fn no_relationship_grows_into_a_ring_or_too_deep() {
    let mut app = TestApp::with_settings(DeimosSettings { slice: 100_000_000, frame_budget: 100_000_000, ..default() });
    app.app().register_type::<Orbits>().register_type::<Moons>();
    let lines = prints(
        &mut app,
        "-- From the top down, from the bottom up, and by two relationships in turn.
         local function chain(link)
           local last = world:spawn{}  local first = last
           for i = 1, 3000 do
             local next = world:spawn{}
             local ok, why = pcall(link, last, next, i)
             if not ok then return first, i, why end
             last = next
           end
           return first, 'endless'
         end
         local ways = {
           function(last, next) next.Orbits = last end, function(last, next) last.Orbits = next end,
           function(last, next, i) if i % 2 == 0 then next.Orbits = last else next.ChildOf = last end end,
           function(last, next, i) if i % 2 == 0 then last.Orbits = next else last:set_parent(next) end end,
         }
         for _, way in ipairs(ways) do
           local first, count, why = chain(way)
           print(count, why)  first:despawn()
         end
         local a, b = world:spawn{}, world:spawn{}
         a.Orbits = b  print(pcall(function() b.Orbits = a end))  print(pcall(function() b.ChildOf = a end))
         b:despawn()  print(a.alive)",
    );
    assert_eq!(lines.len(), 7);
    for line in &lines[..4] {
        assert!(line.starts_with("256\t") && line.ends_with("more than 256 generations of children"), "{lines:?}");
    }
    assert!(lines[4..6].iter().all(|line| line.ends_with("because it is one of its descendants")), "{lines:?}");
    assert_eq!(lines[6], "false");
}
