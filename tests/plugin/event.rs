//! Events: `on`, `wait_for`, `send`.

use bevy::prelude::*;
use deimos::testing::TestApp;
use deimos::{Behaviour, BehaviourStatus, WaitingFor};

#[derive(EntityEvent, Reflect, Clone)]
#[reflect(Event)]
pub(super) struct Hit {
    pub(super) entity: Entity,
    pub(super) amount: f32,
}

#[derive(Event, Reflect, Clone, Default)]
#[reflect(Event, Default)]
struct Alarm {
    level: f32,
}

#[derive(Message, Reflect, Clone)]
#[reflect(Message)]
struct Noise {
    volume: f32,
}

#[derive(Message, Reflect, Clone)]
#[reflect(Message)]
struct Unheard;

#[derive(Component, Reflect)]
#[reflect(Component)]
struct Burning;

#[test]
fn handler_runs_for_events_on_its_own_entity() {
    let mut app = TestApp::new();
    let entity = app.run("on('Hit', function(hit) print('hit', hit.amount) end)");
    let other = app.run("on('Hit', function(hit) print('other', hit.amount) end)");
    app.frame();
    assert_eq!(app.status(entity), Some(BehaviourStatus::Waiting(WaitingFor::Event)));
    app.world().trigger(Hit { entity, amount: 2.0 });
    app.world().trigger(Hit { entity: other, amount: 3.0 });
    app.frame();
    assert!(app.errors().is_empty(), "{:?}", app.errors());
    assert_eq!(app.prints(), ["hit\t2.0", "other\t3.0"]);
}

#[test]
fn global_event_reaches_all_in_order_and_a_handler_may_wait() {
    let mut app = TestApp::new();
    app.run("on('Alarm', function(e) print('a', e.level)  wait()  print('a later') end)  on('Alarm', function() print('b') end)");
    app.run("on('Alarm', function() print('c') end)");
    app.frame();
    app.world().trigger(Alarm { level: 1.0 });
    app.frames(2);
    assert_eq!(app.prints(), ["a\t1.0", "b", "c", "a later"]);
}

#[test]
fn handler_on_another_entity_ends_with_that_entity() {
    let mut app = TestApp::new();
    let listener = app.run("world:spawn{Transform = {}}:on('Hit', function() print('hit') end)");
    app.frame();
    assert_eq!(app.status(listener), Some(BehaviourStatus::Waiting(WaitingFor::Event)));
    let other =
        app.world().query_filtered::<Entity, (With<Transform>, Without<Behaviour>)>().single(app.world()).unwrap();
    app.world().trigger(Hit { entity: other, amount: 1.0 });
    app.frame();
    app.world().despawn(other);
    app.frames(2);
    assert_eq!(app.prints(), ["hit"]);
    assert_eq!(app.status(listener), Some(BehaviourStatus::Finished), "nothing of it can go on");
}

#[test]
fn handler_ends_with_cancel_and_with_its_behaviour() {
    let mut app = TestApp::new();
    app.run("local h = on('Alarm', function() print('once') end)  wait()  wait()  print(h:cancel(), h:cancel())");
    let entity = app.run("on('Alarm', function() print('until the end') end)");
    app.frame();
    app.world().trigger(Alarm::default());
    app.frame();
    assert_eq!(app.prints(), ["once", "until the end"]);
    app.frame();
    app.world().despawn(entity);
    app.world().trigger(Alarm::default());
    app.frames(2);
    assert_eq!(app.prints(), ["once", "until the end", "true\tfalse"]);
    let mut observers = app.world().query::<&Observer>();
    let left = observers.iter(app.world()).count();
    assert_eq!(left, 0, "observers go with their handlers");
}

#[test]
fn wait_for_returns_the_event_or_nothing_in_time() {
    let mut app = TestApp::new();
    app.run("local e = wait_for('Alarm')  print(e.level, time.frame)  print(wait_for('Alarm', 0.05), time.frame)");
    app.frames(2);
    app.world().trigger(Alarm { level: 4.0 });
    app.frames(10);
    assert_eq!(app.prints(), ["4.0\t3", "nil\t7"]);
}

#[test]
fn wait_for_on_another_entity_and_the_world() {
    let mut app = TestApp::new();
    let target = app.world().spawn(Name::new("target")).id();
    let script = app.script(
        "watch.lua",
        "on('Watch', function(other) print('hit', other:wait_for('Hit').amount) end)
         world:on('Hit', function(hit) print('any', hit.amount) end)",
    );
    let watcher = app.world().spawn(Behaviour::new(script)).id();
    app.frame();
    app.run("");
    let _ = watcher;
    app.world().trigger(Hit { entity: target, amount: 1.0 });
    app.frame();
    assert_eq!(app.prints(), ["any\t1.0"]);
}

#[test]
fn message_is_heard_once_by_each() {
    let mut app = TestApp::new();
    app.app().add_message::<Noise>().register_type::<Messages<Noise>>();
    app.world().write_message(Noise { volume: 0.5 });
    app.run("on('Noise', function(n) print('a', n.volume) end)");
    app.run("print('b', wait_for('Noise').volume)");
    app.frame();
    app.world().write_message(Noise { volume: 1.0 });
    app.world().write_message(Noise { volume: 2.0 });
    app.frames(4);
    assert!(app.errors().is_empty(), "{:?}", app.errors());
    assert_eq!(app.prints(), ["a\t1.0", "b\t1.0", "a\t2.0"]);
}

#[test]
fn message_without_reflected_buffer_is_an_error_that_says_what_to_do() {
    let mut app = TestApp::new();
    app.run("on('Unheard', print)");
    app.frame();
    assert_eq!(
        app.errors()[0].message,
        "test.lua:1: cannot listen to the message 'Unheard', because its buffer is not reflected: call \
         app.register_type::<Messages<Unheard>>() in Rust"
    );
}

#[test]
fn scripts_send_each_other_events() {
    let mut app = TestApp::new();
    app.run(
        "on('Ping', function(from, n) print('ping', n)  if n < 3 then from:send('Pong', self, n) end end)
         world:on('Hello', function(from) from:send('Pong', self, 1) end)",
    );
    app.run(
        "on('Pong', function(from, n) print('pong', n)  from:send('Ping', self, n + 1) end)
         wait()  print(world:send('Hello', self), world:send('Nobody'))",
    );
    app.frames(3);
    assert!(app.errors().is_empty(), "{:?}", app.errors());
    assert_eq!(app.prints(), ["true\tfalse", "pong\t1", "ping\t2", "pong\t2", "ping\t3"]);
}

#[test]
fn what_is_sent_to_an_entity_is_heard_for_all_with_the_entity_first() {
    let mut app = TestApp::new();
    let entity = app.run("on('Ping', function(n) print('own', n) end)");
    app.run(
        "world:on('Ping', function(who, n) print('all', who, n) end)
         print('waited', world:wait_for('Ping'))  print('waited', world:wait_for('Ping', 0.1))",
    );
    app.run(
        "wait()  local other = world:find('other')
         print(other:send('Ping', 5), other:send('Pong'))  wait()  print(world:send('Ping', 6))",
    );
    app.world().entity_mut(entity).insert(Name::new("other"));
    app.frames(4);
    assert!(app.errors().is_empty(), "{:?}", app.errors());
    let who = format!("Entity({entity} \"other\")");
    assert_eq!(
        app.prints(),
        [
            "true\tfalse".to_owned(),
            "own\t5".to_owned(),
            format!("all\t{who}\t5"),
            format!("waited\t{who}\t5"),
            "true".to_owned(),
            "all\t6\tnil".to_owned(),
            "waited\t6".to_owned(),
        ]
    );
}

#[test]
fn who_hears_what_is_as_the_table_of_the_guide_says() {
    let mut app = TestApp::new();
    let entity = app.run(
        "for _, event in ipairs {'Word', 'Hit', 'Alarm'} do
             on(event, function() print('on', event) end)
             self:on(event, function() print('entity:on', event) end)
             world:on(event, function() print('world:on', event) end)
             spawn(function() while true do wait_for(event)  print('wait_for', event) end end)
             spawn(function() while true do self:wait_for(event)  print('entity:wait_for', event) end end)
             spawn(function() while true do world:wait_for(event)  print('world:wait_for', event) end end)
         end",
    );
    app.frame();
    let heard = |app: &mut TestApp| {
        let before = app.prints().len();
        app.frame();
        let mut lines: Vec<String> = app.prints()[before..].iter().map(ToString::to_string).collect();
        lines.sort();
        lines.join(", ").replace('\t', " ")
    };
    app.run("world:send('Word')");
    assert_eq!(heard(&mut app), "world:on Word, world:wait_for Word");
    app.run("world:find('listener'):send('Word')");
    app.world().entity_mut(entity).insert(Name::new("listener"));
    let all = |event: &str| {
        ["entity:on", "entity:wait_for", "on", "wait_for", "world:on", "world:wait_for"]
            .map(|how| format!("{how} {event}"))
            .join(", ")
    };
    assert_eq!(heard(&mut app), all("Word"));
    app.world().trigger(Hit { entity, amount: 1.0 });
    assert_eq!(heard(&mut app), all("Hit"));
    app.world().trigger(Alarm::default());
    assert_eq!(heard(&mut app), "on Alarm, wait_for Alarm, world:on Alarm, world:wait_for Alarm");
    assert!(app.errors().is_empty(), "{:?}", app.errors());
}

#[test]
fn event_before_a_fixed_step_is_heard_in_the_frame() {
    let mut app = TestApp::new();
    app.run("while true do wait_fixed()  print('step') end");
    let entity = app.run("on('Hit', function() print('hit', time.frame) end)");
    app.frame();
    for _ in 0..3 {
        app.world().trigger(Hit { entity, amount: 1.0 });
        app.frame();
    }
    assert_eq!(app.prints(), ["step", "hit\t2", "step", "hit\t3", "step", "hit\t4"]);
}

#[test]
fn sender_pays_for_each_who_hears() {
    let used = |listeners: usize| {
        let mut app = TestApp::new();
        let listener = app.script("listener.lua", "world:on('Word', print)  world:wait_for('Word')  wait(100)");
        for _ in 0..listeners {
            app.world().spawn(Behaviour::new(listener.clone()));
        }
        app.run("wait()  local n = 0  while true do self:send('Word')  n = n + 1  state.n = n end");
        let reader = app.run("wait()  wait()  for e in world:query('Behaviour') do print(e.state.n) end");
        app.frames(3);
        let sent = app.prints().iter().find_map(|line| line.parse::<u64>().ok());
        assert!(app.errors().is_empty(), "{:?}", app.errors());
        let _ = reader;
        sent.expect("somebody has sent")
    };
    let (none, many) = (used(0), used(100));
    assert!(many * 50 < none, "{none} sends in a slice to nobody, {many} to 100 handlers");
}

#[test]
fn endless_exchange_of_events_costs_slices_and_no_more() {
    let mut app = TestApp::with_settings(deimos::DeimosSettings { slice: 5_000, ..default() });
    app.run("on('E', function() self:send('E')  self:send('E') end)  self:send('E')");
    app.run("while true do print(time.frame)  wait() end");
    app.frames(5);
    assert_eq!(app.prints(), ["1", "2", "3", "4", "5"]);
}

#[test]
fn lifecycle_of_a_component_is_an_event() {
    let mut app = TestApp::new();
    let entity = app.run(
        "on('Add', 'Burning', function(e) print('on fire', e.entity == self) end)
         world:on('Remove', 'Burning', function(e) print('out', e.entity == self) end)",
    );
    app.frame();
    app.world().entity_mut(entity).insert(Burning);
    app.world().entity_mut(entity).remove::<Burning>();
    app.frame();
    assert!(app.errors().is_empty(), "{:?}", app.errors());
    assert_eq!(app.prints(), ["on fire\ttrue", "out\ttrue"]);
}

#[test]
fn despawned_waiter_never_goes_on() {
    let mut app = TestApp::new();
    let entity = app.run("wait_for('Alarm')  print('never')");
    app.frame();
    app.world().trigger(Alarm::default());
    app.world().despawn(entity);
    app.frames(2);
    assert!(app.prints().is_empty());
}

#[derive(Resource, Default)]
struct Heard(Vec<String>);

#[test]
fn scripts_trigger_events_and_write_messages() {
    let mut app = TestApp::new();
    app.app()
        .init_resource::<Heard>()
        .add_message::<Noise>()
        .add_observer(|hit: On<'_, '_, Hit>, mut heard: ResMut<'_, Heard>| heard.0.push(format!("hit {}", hit.amount)));
    app.app().add_observer(|alarm: On<'_, '_, Alarm>, mut heard: ResMut<'_, Heard>| {
        heard.0.push(format!("alarm {}", alarm.level));
    });
    app.run(
        "on('Hit', function(hit) print('own', hit.amount) end)
         self:trigger('Hit', {amount = 2})  world:trigger('Alarm', {level = 3})  world:trigger('Alarm')
         world:write('Noise', {volume = 0.5})
         print(pcall(world.trigger, world, 'Noise', {volume = 1}))  print(pcall(world.write, world, 'Alarm'))
         print(pcall(world.trigger, world, 'Alrm'))  print(pcall(world.trigger, world, 'Hit', {amount = 1}))
         print(pcall(self.trigger, self, 'Hit', {amont = 1}))",
    );
    app.frame();
    assert!(app.errors().is_empty(), "{:?}", app.errors());
    assert_eq!(app.world().resource::<Heard>().0, ["hit 2", "alarm 3", "alarm 0"]);
    assert_eq!(
        app.prints(),
        [
            "false\t'Noise' is a message: use world:write(\"Noise\", {…})",
            "false\t'Alarm' is an event: use world:trigger(\"Alarm\", {…})",
            "false\tunknown event 'Alrm'; did you mean 'Alarm'?",
            "false\tcannot set 'Hit': the field 'entity' is missing, and the type has no default: give it",
            "false\tcannot set 'Hit': it has no field 'amont'; did you mean 'amount'?; it has: entity, amount",
            "own\t2.0",
        ]
    );
    let noises = app.world().resource::<Messages<Noise>>();
    assert_eq!(noises.iter_current_update_messages().map(|noise| noise.volume).collect::<Vec<_>>(), [0.5]);
}

#[test]
fn arguments_are_checked() {
    let mut app = TestApp::new();
    app.run(
        "print(pcall(on, 1))  print(pcall(on, 'Alarm', 1))  print(pcall(wait_for, 'Alarm', 'x', 'y'))
         print(pcall(on, 'Add', print))  print(pcall(on, 'Add', 'Nonsense', print))  print(pcall(self.send, 1, 'x'))",
    );
    app.frame();
    assert_eq!(
        app.prints(),
        [
            "false\tbad argument #1 to 'on' (name of an event expected, got number)",
            "false\tbad argument #2 to 'on' (function expected, got number)",
            "false\tbad argument #3 to 'wait_for' (number of seconds expected, got string)",
            "false\t'Add' happens to a component: name it, as in on(\"Add\", \"Health\", f)",
            "false\tunknown component 'Nonsense': no type of that name with #[reflect(Component)] is registered",
            "false\tbad argument #1 to 'send' (entity expected, got number; call it as entity:send(…))",
        ]
    );
}
