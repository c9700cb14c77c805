//! Entities as scripts see them.

use bevy::prelude::*;
use deimos::Scripts;
use deimos::testing::TestApp;

#[derive(Component, Reflect)]
#[reflect(Component)]
struct Foe {
    entity: Entity,
}

#[derive(Component, Reflect, Default)]
#[reflect(Component)]
struct Visit {
    place: Vec3,
}

#[test]
fn has_tells_whether_the_component_is_there() {
    let mut app = TestApp::new();
    app.run_on("print(self:has('Transform'), self:has('Foe'))", Transform::default());
    app.frame();
    assert_eq!(app.prints(), ["true\tfalse"]);
}

#[test]
fn has_of_an_unknown_name_is_an_error() {
    let mut app = TestApp::new();
    app.run("self:has('Fow')");
    app.frame();
    assert_eq!(app.errors()[0].message, "test.lua:1: unknown component 'Fow'; did you mean 'Foe'?");
}

#[test]
fn entities_print_with_their_names() {
    let mut app = TestApp::new();
    let entity = app.run_on("print(self)", Name::new("Bob"));
    app.frame();
    assert_eq!(app.prints(), [format!("Entity({entity} \"Bob\")")]);
}

#[test]
fn entities_are_equal_by_identity() {
    let mut app = TestApp::new();
    let entity = app.run("");
    app.run_on("print(self == self, self == self.Foe.entity, self.Foe.entity == self.Foe.entity)", Foe { entity });
    app.frame();
    assert_eq!(app.prints(), ["true\tfalse\ttrue"]);
}

#[test]
fn entity_is_one_key_of_a_table() {
    let mut app = TestApp::new();
    let entity = app.run("");
    app.run_on(
        "local seen, weak = {[self.Foe.entity] = 'foe', [self.Foe] = 'component'}, setmetatable({}, {__mode = 'k'})
         for i = 1, 20 do seen[i .. ''] = i end
         weak[self.Foe.entity] = 'weak'
         wait_frames(40)
         print(seen[self.Foe.entity], seen[self], seen[self.Foe], weak[self.Foe.entity])
         print(rawequal(self.Foe.entity, self.Foe.entity), rawequal(self.Foe.entity, self))
         seen[self.Foe.entity] = nil
         print(seen[self.Foe.entity])",
        Foe { entity },
    );
    app.frames(2);
    app.world().non_send_mut::<Scripts>().lua().collect_full();
    app.frames(40);
    assert!(app.errors().is_empty(), "{:?}", app.errors());
    assert_eq!(app.prints(), ["foe\tnil\tcomponent\tweak", "true\tfalse", "nil"]);
}

#[test]
fn components_that_were_asked_for_are_looked_for_each_time() {
    let mut app = TestApp::new();
    let entity = app.run_on(
        "local t = self.Transform
         for i = 1, 3 do
             print(pcall(function() return self.Transform.translation.x, t.translation.x end))
             print(pcall(function() self.Transform.translation.x = i  t.translation.y = i end))
             wait()
         end",
        Transform::from_xyz(7.0, 0.0, 0.0),
    );
    app.frame();
    app.world().entity_mut(entity).remove::<Transform>();
    app.frame();
    app.world().entity_mut(entity).insert(Transform::from_xyz(8.0, 0.0, 0.0));
    app.frame();
    let prints: Vec<&str> =
        app.prints().iter().map(|line| line.split_once(';').map_or(*line, |(begin, _)| begin)).collect();
    let [is_read, is_written] = [3, 4].map(|line| format!("false\ttest.lua:{line}: entity {entity} has no Transform"));
    assert_eq!(prints, ["true\t7.0\t7.0", "true", &is_read, &is_written, "true\t8.0\t8.0", "true"]);
    assert_eq!(app.world().get::<Transform>(entity).unwrap().translation, Vec3::new(3.0, 3.0, 0.0));
}

#[test]
fn fields_that_were_asked_for_are_read_without_garbage() {
    let mut app = TestApp::new();
    app.run_on(
        "while true do
             for i = 1, 100 do
                 self.Transform.translation.x = self.Transform.scale.y + i
                 self.Visit.place.y = self.Transform.translation.x
             end
             wait()
         end",
        (Transform::default(), Visit::default()),
    );
    app.frames(10);
    let used = |app: &mut TestApp| app.world().non_send_mut::<Scripts>().lua().memory_used();
    let before = used(&mut app);
    app.frames(10);
    assert!(app.errors().is_empty(), "{:?}", app.errors());
    assert!(used(&mut app) <= before + 1024, "{} bytes more", used(&mut app) - before);
}

#[test]
fn stale_entity_is_an_error_with_its_name() {
    let mut app = TestApp::new();
    let gone = app.world().spawn(Transform::default()).id();
    app.run_on(
        "local e = self.Foe.entity  local t = e.Transform  print(e.alive)  wait()  print(e.alive, e)
         print(pcall(function() return e.Transform end))
         print(pcall(function() return t.scale.x end))
         print(pcall(function() t.scale.x = 1 end))
         print(pcall(function() e.Transform = 1 end))
         print(pcall(function() e:despawn() end))
         print(pcall(function() e:has('Transform') end))",
        Foe { entity: gone },
    );
    app.frame();
    app.world().despawn(gone);
    app.frame();
    let prints = app.prints();
    assert_eq!(prints[..2], ["true".to_owned(), format!("false\tEntity({gone})")]);
    assert_eq!(prints.len(), 8);
    for line in &prints[2..] {
        assert!(line.starts_with("false\t") && line.ends_with(&format!("entity {gone} is gone")), "{line}");
    }
}

#[test]
fn despawn_takes_children_along() {
    let mut app = TestApp::new();
    let parent = app.run("self:despawn()");
    let child = app.world().spawn(ChildOf(parent)).id();
    app.frame();
    assert!(app.world().get_entity(child).is_err());
}

#[test]
fn methods_want_a_colon() {
    let mut app = TestApp::new();
    app.run("self.despawn()");
    app.frame();
    let message = &app.errors()[0].message;
    assert!(message.contains("entity expected, got nil; call it as entity:despawn(…)"), "{message}");
}

#[test]
fn key_that_is_no_name_is_an_error() {
    let mut app = TestApp::new();
    app.run("print(self[1])");
    app.frame();
    let message = &app.errors()[0].message;
    assert!(message.contains("an entity is indexed by the name of a component, got a number"), "{message}");
}

#[test]
fn state_of_another_entity_is_its_behaviours_table() {
    let mut app = TestApp::new();
    let plain = app.world().spawn(Name::new("plain")).id();
    app.run_on("state.hp = 5  wait_until(function() return state.hit end)  print('hit')", Name::new("other"));
    app.run(
        "wait()
         local other, plain = world:find('other'), world:find('plain')
         print(other.state.hp, plain.state, self.state == state)
         other.state.hit = true
         print(pcall(function() other.state = {} end))
         wait(0.1)
         other:remove('Behaviour')
         print(other.state)
         plain:despawn()
         print(pcall(function() return plain.state end))",
    );
    app.frames(12);
    assert_eq!(
        app.prints()[..2],
        ["5\tnil\ttrue", "false\ttest.lua:5: the state of a behaviour cannot be replaced: set its fields"]
    );
    assert_eq!(app.prints()[2..4], ["hit", "nil"]);
    assert!(app.prints()[4].contains(&format!("entity {plain} is gone")), "{:?}", app.prints());
    assert!(app.errors().is_empty(), "{:?}", app.errors());
}

#[test]
fn scripts_cannot_fill_the_world() {
    let mut app = TestApp::with_settings(deimos::DeimosSettings { entity_limit: 500, ..default() });
    app.run(
        "local last
         local ok, why = pcall(function() while true do last = world:spawn{} end end)
         print(ok, why)
         last:despawn()  print(world:spawn{}.alive, pcall(world.spawn, world))",
    );
    app.frames(3);
    assert!(app.errors().is_empty(), "{:?}", app.errors());
    let full =
        "there are 500 entities, and scripts can spawn no more: despawn some, or raise DeimosSettings::entity_limit";
    assert_eq!(app.prints(), [format!("false\ttest.lua:2: {full}"), format!("true\tfalse\t{full}")]);
}
