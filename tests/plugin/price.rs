//! What scripts do to the world costs instructions in proportion to the work, so that a frame's budget bounds its time.
//!
//! Each line is done again and again for as long as the budget of a frame lasts. For an instruction that is charged, none
//! may take much longer than a plain loop does in the same run: one that does not pay for its work takes hundreds or
//! thousands of times as long.

use std::time::Duration;

use bevy::diagnostic::DiagnosticsStore;
use bevy::platform::collections::HashMap;
use bevy::prelude::*;
use deimos::testing::TestApp;
use deimos::{BehaviourStatus, DeimosDiagnostics, DeimosSettings, LuaScript};

/// How many instructions a frame has.
const BUDGET: u64 = 20_000;
/// How many times as long as in a plain loop an instruction may take. Most take 2 to 20 times as long, some 60.
const DEAREST: f64 = 150.0;

#[derive(Component, Reflect, Clone, Debug, Default)]
#[reflect(Component, Default, Clone)]
struct Big {
    numbers: Vec<f32>,
    names: Vec<String>,
    items: Vec<Part>,
    map: HashMap<String, f32>,
    pairs: HashMap<(i32, i32), String>,
    text: String,
    script: Handle<LuaScript>,
}

#[derive(Reflect, Clone, Debug, Default)]
#[reflect(Default, Clone)]
struct Part {
    name: String,
    deep: Option<Vec<f32>>,
}

#[derive(Component, Reflect, Clone, Debug, Default)]
#[reflect(Component, Default, Clone)]
enum Sort {
    #[default]
    Plain,
    Great(f32),
}

fn big() -> Big {
    Big {
        numbers: vec![1.0; 50_000],
        names: (0..5000).map(|number| number.to_string()).collect(),
        items: vec![Part { name: "x".into(), deep: Some(vec![1.0; 4]) }; 5000],
        map: (0..5000_u16).map(|number| (number.to_string(), number.into())).collect(),
        pairs: (0..5000).map(|number| ((number, -number), number.to_string())).collect(),
        text: "x".repeat(500_000),
        script: Handle::default(),
    }
}

/// The processor time that this thread has taken.
#[cfg(unix)]
fn now() -> Duration {
    nix::time::clock_gettime(nix::time::ClockId::CLOCK_THREAD_CPUTIME_ID).expect("this thread has a clock").into()
}

#[cfg(not(unix))]
fn now() -> Duration {
    std::time::SystemTime::UNIX_EPOCH.elapsed().expect("the clock is right")
}

/// How long some frames take in which a script does nothing but this, and how many instructions it is charged.
fn frames(line: &str) -> [(f64, f64); 4] {
    let mut app = TestApp::with_settings(DeimosSettings {
        // Enough for all that it begins with.
        frame_budget: 10_000_000,
        slice: 10_000_000,
        memory_limit: 256 << 20,
        runaway_frames: 0,
        entity_limit: 50_000,
        ..default()
    });
    for number in 0..1000 {
        app.world().spawn((Transform::default(), Name::new(format!("entity {number}"))));
    }
    let entity = app.run_on(
        &format!(
            "local huge, big, other = ('x'):rep(500000), self.Big, world:spawn{{Big = {{}}, name = ('y'):rep(1000)}}
             local parent = world:spawn{{}}
             for i = 1, 1000 do world:spawn{{parent = parent}} end
             local many = {{}}  for i = 1, 5000 do many[i] = i end
             local fields = {{}}  for i = 1, 500 do fields['field' .. i] = i end
             world:component('Vigour', {{hp = 1, bag = {{}}}})  self.Vigour = {{bag = many}}
             world:component('Wide', fields)  self.Wide = {{}}
             local wide = self.Wide
             local i = 0
             local function work() i = i + 1  {line} end
             wait()
             while true do pcall(work) end"
        ),
        (big(), Transform::default(), Sort::default(), Name::new("me")),
    );
    app.frame();
    let mut settings = app.world().resource_mut::<DeimosSettings>();
    (settings.frame_budget, settings.slice) = (BUDGET, BUDGET);
    app.frame();
    let measured = std::array::from_fn(|_| {
        let begun = now();
        app.frame();
        let took = (now() - begun).as_secs_f64();
        let diagnostics = app.world().resource::<DiagnosticsStore>();
        let used = diagnostics.get(&DeimosDiagnostics::INSTRUCTIONS).and_then(bevy::diagnostic::Diagnostic::value);
        (took, used.unwrap_or_default())
    });
    let status = app.status(entity);
    let fails = matches!(status, None | Some(BehaviourStatus::Failed(_) | BehaviourStatus::Finished));
    assert!(!fails, "{line}: {status:?} {:?}", app.errors());
    measured
}

const LINES: &[&str] = &[
    "self.Transform.translation.x = i",
    "self.Transform = {}",
    "local _ = self.Transfrom",
    "local _ = self['x' .. i]",
    "local _ = big.nmubers",
    "local _ = big[huge]",
    "world:query('Trnasform')",
    "world:query('Transform'):count()",
    "world:query('Transform'):first()",
    "world:query('Transform', {changed = 'Transform'}):count()",
    "world:query('Transform'):sorted(function(a, b) return a ~= b and false end)",
    "for e in world:query('Transform') do break end",
    "for e, t in world:query('Transform') do t.scale.x = i end",
    "world:query('Name'):single()",
    "world:find('nobody')",
    "world:find(huge)",
    "local _ = other.name",
    "local _ = tostring(other)",
    "other.name = huge",
    "local _ = other:get('Transform').x",
    "local _ = #big.numbers + #big.map",
    "local _ = big.numbers[40000]",
    "big.numbers[40000] = i",
    "big.numbers:push(i)",
    "big.numbers:insert(1, i)",
    "big.numbers:remove(1)",
    "big.numbers:copy()",
    "big.numbers = many",
    "other.Big = big",
    "other.Big:set(big)",
    "big:copy()",
    "big:set{script = nil, text = 'x'}",
    "self.Big = {}",
    "for _ in pairs(big.numbers) do break end",
    "for _ in pairs(big.map) do break end",
    "for _ in pairs(big.pairs) do break end",
    "big.names:clear()  big.names = {huge}",
    "big.items:copy()",
    "big.items[100].deep[2] = i",
    "big.items[i % 5000 + 1].name = 'y'",
    "big.items:push(big.items[1])",
    "big.map['x' .. i % 100] = i",
    "big.map:copy()",
    "big.map:remove('7')",
    "big.map = {}",
    "big.pairs:copy()",
    "local _ = big.pairs[1]",
    "local _ = big.text",
    "big.text = huge",
    "big.text = 'x' .. i",
    "local _ = tostring(big.items[1])",
    "big.script = 'nowhere' .. i .. '.lua'",
    "world:spawn{Transform = {}}",
    "world:spawn{Transform = {}}:despawn()",
    "world:spawn{children = {{}, {}, {}, {}}}:despawn()",
    "world:spawn{Big = big}",
    "parent:children()",
    "parent:set_parent(self)  parent:set_parent(nil)",
    "parent.ChildOf = {self}  parent.ChildOf = nil",
    "self:components()",
    "self:insert('Nothing')",
    "self:insert{Transform = {}, Visibility = {}}",
    "self.Vigour.bag[i % 5000 + 1] = i",
    "self.Vigour.hp = i",
    "self.Vigour = {}",
    "self.Vigour = {bag = many}",
    "self.Vigour:copy()",
    "world:component('Vigour', {hp = 1, bag = {}})",
    "world:component('Other' .. i, {hp = 1})",
    "world:trigger('Nothing', {})",
    "world:write('Nothing', {})",
    "world:resource('Nothing')",
    "self:send('ping', many)",
    "spawn(function() end)",
    "spawn(error, 'x')",
    "spawn(function() return nil + 1 end)",
    "states.get('Nothing')",
    "states.wait('Nothing')",
    "input.pressed('KeyV')",
    "input.pressed('Kei')",
    "spawn(wait):cancel()",
    "spawn(wait_frames, 1000):cancel()",
    "spawn(wait_fixed):cancel()",
    "spawn(wait_for, 'ping'):cancel()",
    "spawn(wait_for, 'ping' .. i):cancel()",
    "on('ping' .. i, print):cancel()",
    "on('ping', print)",
    "task.all(wait, wait, wait)",
    "task.any(function() end, wait)",
    "task.join(spawn(wait), 0)",
    "task.on_cancel(print)",
    "pcall(require, 'nowhere' .. i)",
    "print(huge)",
    "local _ = vec3(1, 2, 3) + vec3(i, 0, 0)",
    "local _ = color.hex('#ff00' .. i % 10)",
    "local _ = quat.euler(i, 0, 0):inverse()",
    "local _ = vec3(1, 2, 3).nothing",
    "local _ = vec3.nothing",
    "local _ = color.hex('bleu')",
    "local _ = color('bleu')",
    "self.Transform = {translaton = {}}",
    "self.Sort = 'Nothing'",
    "self.Vigour = {hq = 1}",
    "self.Vigour = {bag = many, nothing = 1}",
    "local _ = wide.nothing",
    "world:query('Vigour', 'Big', {added = 'Vigour', without = 'Name'}):count()",
    "on('Add', 'Nothing', print)",
    "on('Add', 'Transform', print):cancel()",
    "self:trigger('Nothing')",
    "world:spawn{name = huge}:despawn()",
    "world:spawn{name = huge, parent = parent}:despawn()",
    "world:spawn{Vigour = {bag = many}}:despawn()",
    "world:spawn{Behaviour = {script = 'nowhere.lua', params = {many = many}}}:despawn()",
    "state.many = other.state",
    "assets.load('nowhere' .. i .. '.lua')",
    "assets.load('../nowhere')",
    "local _ = big.script.path",
    "local _ = time.scale + time.real.delta",
    "time.nothing = 1",
    "random.shuffle(many)",
    "random.pick(big.numbers)",
    "random.weighted(many)",
    "random.unit3()",
    "task.status(task.current())",
    "task.every(1, print):cancel()",
    "task.timeout(1, print)",
    "wait_until(function() return true end)",
    "parent:add_child(other)  parent:remove_child(other)",
    "local _ = parent.Children[500]",
    "local _ = #parent:children()",
    "big.numbers:insert(1, i)  big.numbers:remove(1)",
    "table.sort(parent:children(), function(a, b) return false end)",
];

#[test]
#[expect(clippy::print_stdout, reason = "for those who look for what is dear")]
fn everything_pays_for_its_work() {
    let idle = frames("wait()").map(|(took, _)| took).into_iter().fold(f64::INFINITY, f64::min);
    let price = |line: &str| {
        let prices = frames(line).map(|(took, used)| (took - idle) / used.max(BUDGET as f64));
        prices.into_iter().fold(f64::INFINITY, f64::min)
    };
    let plain = price("local x = i * 2");
    let mut prices: Vec<(f64, &str)> = LINES.iter().map(|line| (price(line) / plain, *line)).collect();
    prices.sort_unstable_by(|(a, _), (b, _)| a.total_cmp(b));
    for (price, line) in &prices {
        println!("{price:8.1} {line}");
    }
    // The machine may have been busy with something else.
    let is_dear = |line: &str| (0..3).all(|_| price(line) > DEAREST * price("local x = i * 2"));
    prices.retain(|(price, line)| *price > DEAREST && is_dear(line));
    assert!(prices.is_empty(), "times as long as a plain loop: {prices:#?}");
}

/// Whether a line uses up the slice of the frame in which it is run.
fn fills_its_slice(begin: &str, line: &str) -> bool {
    let mut app = TestApp::with_settings(DeimosSettings { frame_budget: 10_000_000, slice: 100_000, ..default() });
    app.run(&format!(
        "{begin}  wait()
         local frame = time.frame
         {line}
         for _ = 1, 10 do end
         print(time.frame > frame)"
    ));
    app.frames(20);
    assert!(app.errors().is_empty(), "{:?}", app.errors());
    app.prints() == ["true"]
}

#[test]
fn whoever_despawns_a_family_pays_for_each_of_it() {
    let family = |count: u32| format!("local p = world:spawn{{}}  for _ = 1, {count} do world:spawn{{parent = p}} end");
    assert!(fills_its_slice(&family(2000), "p:despawn()"));
    assert!(!fills_its_slice(&family(200), "p:despawn()"));
}
