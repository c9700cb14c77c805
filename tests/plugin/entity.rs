//! Entities as scripts see them.

use bevy::prelude::*;
use deimos::testing::TestApp;

#[derive(Component, Reflect)]
#[reflect(Component)]
struct Foe {
    entity: Entity,
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
