//! `random`: streams of numbers, one for each behaviour.

use bevy::prelude::*;
use deimos::testing::TestApp;
use deimos::{Behaviour, DeimosSettings};

/// What a script prints in an app of its own.
fn printed(source: &str) -> Vec<String> {
    let mut app = TestApp::new();
    app.run(source);
    app.frames(3);
    assert!(app.errors().is_empty(), "{source}: {:?}", app.errors());
    app.prints().into_iter().map(str::to_owned).collect()
}

#[test]
fn numbers_are_the_same_in_every_run_on_every_platform() {
    let source = "print(random(), random(100), random(-5, 5), random(0))
                  print(random.range(1, 2), random.chance(0.5), random.pick {'a', 'b', 'c'}, random.unit2())
                  print(random.unit3(), random.weighted {a = 1, b = 2}, table.concat(random.shuffle {1, 2, 3, 4, 5}))";
    let expected = [
        "0.9716923530355\t4\t2\t-559718154028519976",
        "1.7723258330438\tfalse\ta\tvec2(0.61913854, -0.7852818)",
        "vec3(0.556072, 0.27044508, -0.7859029)\ta\t34512",
    ];
    assert_eq!(printed(source), expected, "what every build and machine must come to");
}

#[test]
fn streams_of_behaviours_are_their_own() {
    let draws = |app: &mut TestApp, entity: Entity| {
        let numbers = app.output().iter().filter(|line| line.entity == entity).map(|line| line.text.clone());
        numbers.collect::<Vec<_>>()
    };
    let run = |other: &str| {
        let mut app = TestApp::new();
        let first = app.run("for _ = 1, 3 do print(random(1000000))  wait() end");
        app.run(other);
        let last = app.run("spawn(function() print(random(1000000)) end)  wait()  print(random(1000000))");
        app.frames(5);
        assert!(app.errors().is_empty(), "{:?}", app.errors());
        (draws(&mut app, first), draws(&mut app, last))
    };
    let alone = run("");
    assert_eq!((alone.0.len(), alone.1.len()), (3, 2));
    assert!(alone.0.iter().all(|number| !alone.1.contains(number)), "{alone:?}");
    assert_eq!(alone, run("for _ = 1, 100 do random()  math.random() end"));
    assert_eq!(alone, run("math.randomseed(7)  while true do random.shuffle {1, 2, 3}  wait() end"));
}

#[test]
fn seed_of_the_game_begins_the_streams() {
    let run = |seed| {
        let mut app = TestApp::with_settings(DeimosSettings { seed, ..default() });
        app.run("wait()  print(random(0))");
        app.frames(2);
        app.prints()[0].to_owned()
    };
    assert_eq!(run(1), run(1));
    assert_ne!(run(1), run(2));
    assert_ne!(run(1), run(u64::MAX));
}

#[test]
fn stream_goes_on_when_the_behaviour_starts_anew_and_ends_with_it() {
    let mut app = TestApp::new();
    let source = "print(random(1000000))";
    let script = app.script("test.lua", source);
    let entity = app.world().spawn(Behaviour::new(script.clone())).id();
    app.frame();
    app.change_script(&script, &format!("{source} -- changed"));
    app.frames(2);
    app.world().entity_mut(entity).insert(Behaviour::new(script));
    app.frames(2);
    let prints: Vec<String> = app.prints().into_iter().map(str::to_owned).collect();
    let expected = printed("print(random(1000000))  print(random(1000000))");
    assert_eq!(prints[..2], expected);
    let second = {
        let mut app = TestApp::new();
        app.run("");
        app.run(source);
        app.frame();
        app.prints()[0].to_owned()
    };
    assert_eq!(prints[2..], [second], "the behaviour that replaces it is the second");
}

#[test]
fn first_numbers_of_many_streams_are_even() {
    let mut app = TestApp::new();
    let script = app.script("test.lua", "print(random(16))");
    for _ in 0..3200 {
        app.world().spawn(Behaviour::new(script.clone()));
    }
    app.frames(2);
    let mut pairs = [0_u32; 256];
    let drawn: Vec<usize> = app.prints().iter().map(|text| text.parse().unwrap()).collect();
    assert_eq!(drawn.len(), 3200);
    for pair in drawn.windows(2) {
        pairs[(pair[0] - 1) * 16 + pair[1] - 1] += 1;
    }
    // 12.5 are expected of each pair; the sum of the squares of what is off is about 255 for true chance.
    let off: f64 = pairs.iter().map(|count| (f64::from(*count) - 12.5).powi(2) / 12.5).sum();
    assert!((150.0..400.0).contains(&off), "{off}");
}

#[test]
fn integers_and_floats_are_in_their_ranges() {
    let lines = printed(
        "for _ = 1, 1000 do
           local f, a, b, c = random(), random(6), random(-3, 3), random.range(2, 4)
           assert(f >= 0 and f < 1 and math.type(f) == 'float')
           assert(a >= 1 and a <= 6 and math.type(a) == 'integer')
           assert(b >= -3 and b <= 3 and c >= 2 and c <= 4)
         end
         local r = random.range(4, -4)  assert(r >= -4 and r <= 4)
         assert(random.range(0.1, 0.1) == 0.1)
         local wide = random.range(-1.7e308, 1.7e308)  assert(wide == wide and math.abs(wide) < math.huge)
         assert(random(5, 5) == 5 and random(math.mininteger, math.maxinteger))
         print('done')",
    );
    assert_eq!(lines, ["done"]);
}

#[test]
fn chance_goes_by_its_probability() {
    let lines = printed(
        "local count = 0
         for _ = 1, 1000 do
           if random.chance(0.25) then count = count + 1 end
           assert(not random.chance(0) and random.chance(1))
           assert(not random.chance(-1) and random.chance(2))
         end
         print(count > 200 and count < 300)",
    );
    assert_eq!(lines, ["true"]);
}

#[test]
fn pick_takes_each_value_of_tables_lists_in_components_and_tables_with_metamethods() {
    let mut app = TestApp::new();
    app.app().register_type::<Pouch>();
    app.run_on(
        "local proxy = setmetatable({}, {__len = function() return 3 end, __index = function(_, i) wait()  return i end})
         for _, list in ipairs {{1, 2, 3}, proxy} do
           local seen = {}
           for _ = 1, 30 do seen[random.pick(list)] = true end
           print(#seen)
         end
         local seen = {}
         for _ = 1, 60 do seen[random.pick(self.Pouch.items)] = true end
         print(#seen)
         print(random.pick {}, random.pick(setmetatable({}, {})), random.pick {'only'})",
        Pouch { items: vec![1, 2, 3] },
    );
    app.frames(40);
    assert!(app.errors().is_empty(), "{:?}", app.errors());
    assert_eq!(app.prints(), ["3", "3", "3", "nil\tnil\tonly"]);
}

#[derive(Component, Reflect)]
#[reflect(Component)]
struct Pouch {
    items: Vec<i32>,
}

#[test]
fn shuffle_keeps_the_values_and_reaches_every_order() {
    let lines = printed(
        "local seen, count = {}, 0
         for _ = 1, 200 do
           local list = {1, 2, 3}
           assert(random.shuffle(list) == list)
           local order = table.concat(list)
           if not seen[order] then seen[order] = true  count = count + 1 end
         end
         print(count, #random.shuffle {}, random.shuffle({'x'})[1])",
    );
    assert_eq!(lines, ["6\t0\tx"]);
}

#[test]
fn shuffle_of_a_long_list_is_paid_for_and_pauses() {
    let mut app = TestApp::with_settings(DeimosSettings { slice: 20_000, ..default() });
    app.run(
        "local list = table.pack(string.byte(('abc'):rep(1000), 1, -1))
         for i = 1, 5 do table.move(list, 1, #list, #list + 1) end
         local before = time.frame
         random.shuffle(list)
         local frames = time.frame - before
         local sum = 0
         for _, byte in ipairs(list) do sum = sum + byte end
         print(#list, frames >= 4, sum == 32000 * (97 + 98 + 99))",
    );
    app.frames(60);
    assert!(app.errors().is_empty(), "{:?}", app.errors());
    assert_eq!(app.prints(), ["96000\ttrue\ttrue"]);
}

#[test]
fn weighted_goes_by_the_weights() {
    let lines = printed(
        "local count = {gold = 0, sword = 0}
         for _ = 1, 1000 do
           local got = random.weighted {nothing = 0, gold = 3, sword = 1}
           count[got] = count[got] + 1
         end
         print(count.gold > 700 and count.gold < 800, count.gold + count.sword)
         print(random.weighted {}, random.weighted {a = 0}, random.weighted {0, 0.5})",
    );
    assert_eq!(lines, ["true\t1000", "nil\tnil\t2"]);
}

#[test]
fn unit_vectors_have_length_one_and_all_directions() {
    let lines = printed(
        "local a, b = vec2.ZERO, vec3.ZERO
         for _ = 1, 1000 do
           local flat, space = random.unit2(), random.unit3()
           assert(vec2.is(flat) and vec3.is(space))
           assert(math.abs(flat:length() - 1) < 1e-6 and math.abs(space:length() - 1) < 1e-6)
           a, b = a + flat, b + space
         end
         print(a:length() < 100, b:length() < 100)",
    );
    assert_eq!(lines, ["true\ttrue"]);
}

#[test]
fn wrong_arguments_are_named() {
    for (code, message) in [
        ("random('x')", "bad argument #1 to 'random' (number expected, got string)"),
        ("random(1.5)", "bad argument #1 to 'random' (number has no integer representation)"),
        ("random(-1)", "bad argument #1 to 'random' (interval is empty)"),
        ("random(2, 1)", "bad argument #2 to 'random' (interval is empty)"),
        ("random(1, 2, 3)", "wrong number of arguments"),
        ("random.range(1)", "bad argument #2 to 'range' (number expected, got no value)"),
        ("random.range(1, math.huge)", "bad argument #2 to 'range' (finite number expected, got inf)"),
        ("random.chance(0/0)", "bad argument #1 to 'chance' (number from 0 to 1 expected, got nan)"),
        ("random.chance()", "bad argument #1 to 'chance' (number expected, got no value)"),
        ("random.pick(3)", "bad argument #1 to 'pick' (list expected, got number)"),
        ("random.shuffle(self)", "bad argument #1 to 'shuffle' (table expected, got Entity)"),
        ("random.weighted {a = -1}", "the weight of 'a' is to be a number from 0 on, got -1"),
        ("random.weighted {'x'}", "the weight of '1' is to be a number from 0 on, got x"),
        ("random.pick = 1", "read-only"),
    ] {
        let mut app = TestApp::new();
        app.run(code);
        app.frame();
        assert_eq!(app.errors().len(), 1, "{code}");
        assert!(app.errors()[0].message.contains(message), "{code}: {}", app.errors()[0].message);
    }
}
