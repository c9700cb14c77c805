//! Weak tables and finalizers, as far as the host sees them: that memory stays bounded, and that no finalizer gets more
//! than the fuel there is.

use deimos::{Error, Lua, Poll, Task};

fn machine() -> Lua {
    let mut lua = Lua::new();
    lua.set_finalizers(true);
    lua
}

fn spawn(lua: &mut Lua, source: &str) -> Task {
    let chunk = lua.load("=test", source).expect("it compiles");
    lua.spawn_main(&chunk, ()).expect("there are no arguments")
}

/// Runs a script to its end, and returns the most memory that was in use.
fn most_memory(lua: &mut Lua, source: &str) -> usize {
    let task = spawn(lua, source);
    let mut most = 0;
    loop {
        let poll = lua.resume(&task, &mut (), 50_000).expect("it works");
        most = most.max(lua.memory_used());
        match poll {
            Poll::OutOfFuel => {}
            Poll::Finished(_) => return most,
            Poll::Yielded(_) => panic!("it does not yield"),
        }
    }
}

fn ask<T: for<'gc> deimos::FromArgs<'gc>>(lua: &mut Lua, source: &str) -> Result<T, Error> {
    lua.load("=ask", source)?.call(lua, ())
}

#[test]
fn weak_caches_stay_bounded() {
    for (mode, count, statement) in [
        ("k", 1_000_000, "cache[{}] = i"),
        ("v", 200_000, "cache[i] = {}"),
        ("kv", 200_000, "cache[{}] = {}"),
        ("k", 200_000, "local key = {} cache[key] = {key}"),
        ("v", 200_000, "cache['k' .. i] = {}"),
    ] {
        let mut lua = Lua::new();
        let source = format!(
            "cache = setmetatable({{}}, {{__mode = '{mode}'}}) for i = 1, {count} do {statement} end collectgarbage()"
        );
        let most = most_memory(&mut lua, &source);
        assert!(most < 64 << 20, "{mode}: {most} bytes");
        assert!(ask::<bool>(&mut lua, "return next(cache) == nil").expect("it works"), "{mode}");
        ask::<()>(&mut lua, "cache = nil").expect("it works");
        lua.collect_full();
        assert!(lua.memory_used() < 1 << 20, "{mode}: {} bytes stay", lua.memory_used());
    }
}

#[test]
fn weak_tables_count_against_the_limit() {
    let mut lua = Lua::new();
    lua.set_memory_limit(16 << 20);
    let source = "local t = setmetatable({}, {__mode = 'k'}) collectgarbage() for i = 1, math.huge do t[i] = i end";
    let task = spawn(&mut lua, source);
    let error = lua.resume(&task, &mut (), 1 << 30).expect_err("it takes ever more");
    assert!(error.is_memory(), "{error}");
    assert!(lua.memory_used() < 20 << 20);
}

#[test]
fn many_finalizers_run_and_leave_nothing() {
    let mut lua = machine();
    let most = most_memory(
        &mut lua,
        "count = 0 local mt = {__gc = function() count = count + 1 end}
         for i = 1, 100000 do setmetatable({}, mt) end collectgarbage() collectgarbage()",
    );
    assert!(most < 64 << 20, "{most} bytes");
    assert_eq!(ask::<i64>(&mut lua, "return count").expect("it works"), 100_000);
    lua.collect_full();
    assert!(lua.memory_used() < 1 << 20, "{} bytes stay", lua.memory_used());
}

#[test]
fn all_of_many_live_objects_are_finalized_on_closing() {
    let mut lua = machine();
    most_memory(
        &mut lua,
        "count, last, kept = 0, nil, {} local mt = {__gc = function(o) count, last = count + 1, o.i end}
         for i = 1, 1000 do kept[i] = setmetatable({i = i}, mt) end",
    );
    let mut rounds = 1;
    while !lua.close(&mut (), 1000) {
        rounds += 1;
        assert!(rounds < 1000);
    }
    assert!(rounds > 5, "it takes more than 1000 units of fuel");
    assert_eq!(ask::<i64>(&mut lua, "return count").expect("it works"), 1000);
    assert_eq!(ask::<i64>(&mut lua, "return last").expect("it works"), 1);
}

#[test]
fn finalizer_that_never_ends_takes_no_more_than_the_fuel() {
    let mut lua = machine();
    let task = spawn(
        &mut lua,
        "setmetatable({}, {__gc = function() while true do end end}) collectgarbage() error('not reached')",
    );
    for _ in 0..20 {
        assert!(matches!(lua.resume(&task, &mut (), 10_000).expect("it goes on"), Poll::OutOfFuel));
    }
}

#[test]
fn finalizer_that_resurrects_forever_lets_the_script_go_on() {
    let mut lua = machine();
    let source = "local mt = {} count = 0 function mt.__gc(o) count = count + 1 setmetatable(o, mt) end
                  for i = 1, 10 do setmetatable({}, mt) end
                  for i = 1, 50 do collectgarbage() end";
    let most = most_memory(&mut lua, source);
    assert!(most < 1 << 20, "{most} bytes");
    assert!(ask::<i64>(&mut lua, "return count").expect("it works") >= 490);
}

#[test]
fn finalizer_that_makes_more_of_its_kind_meets_fuel_and_memory() {
    let mut lua = machine();
    lua.set_memory_limit(16 << 20);
    let source = "local mt = {} function mt.__gc() for i = 1, 2 do setmetatable({}, mt) end end
                  setmetatable({}, mt) while true do local t = {} end";
    let task = spawn(&mut lua, source);
    for _ in 0..200 {
        match lua.resume(&task, &mut (), 20_000) {
            Ok(Poll::OutOfFuel) => {}
            Ok(other) => panic!("{other:?}"),
            Err(error) => {
                assert!(error.is_memory(), "{error}");
                break;
            }
        }
        assert!(lua.memory_used() < 20 << 20);
    }
}

#[test]
fn finalizer_meets_the_memory_limit() {
    let mut lua = machine();
    lua.set_memory_limit(8 << 20);
    let source = "setmetatable({}, {__gc = function() local t = {} for i = 1, math.huge do t[i] = {} end end})
                  collectgarbage() done = true";
    let task = spawn(&mut lua, source);
    let mut slices = 0;
    while let Poll::OutOfFuel = lua.resume(&task, &mut (), 100_000).expect("the script has done nothing") {
        slices += 1;
        assert!(slices < 1000);
    }
    assert!(ask::<bool>(&mut lua, "return done").expect("it works"));
}

#[test]
fn no_finalizers_in_a_sandbox() {
    let mut lua = Lua::new();
    most_memory(&mut lua, "setmetatable({}, {__gc = function() ran = true end}) collectgarbage()");
    assert!(lua.close(&mut (), 1000));
    assert!(ask::<bool>(&mut lua, "return ran == nil").expect("it works"));
}

#[test]
fn a_chain_of_ephemerons_is_no_way_to_stall() {
    let mut lua = Lua::new();
    // Each value leads to the next key by way of another table, in the order that is worst for looking from either end.
    let source = "local e, keys = setmetatable({}, {__mode = 'k'}), {}
                  for i = 1, 30000 do keys[i] = {} end
                  for i = 1, 29999, 2 do e[keys[i]] = {{keys[i + 1]}} end
                  for i = 29998, 2, -2 do e[keys[i]] = {{keys[i + 1]}} end
                  first = keys[1] keys = nil
                  for _ = 1, 3 do collectgarbage() end
                  local key, n = first, 0
                  while key do n = n + 1 key = e[key] and e[key][1][1] end
                  length = n";
    let begun = std::time::Instant::now();
    most_memory(&mut lua, source);
    assert_eq!(ask::<i64>(&mut lua, "return length").expect("it works"), 30_000);
    assert!(begun.elapsed().as_secs() < 20, "{:?}", begun.elapsed());
}

#[test]
fn shorter_pause_takes_less_memory() {
    let source = "
        local live = {}
        for i = 1, 20000 do live[i] = {i} end
        for i = 1, 400000 do live[i % 20000 + 1] = {i} end";
    let most = |pause| {
        let mut lua = Lua::new();
        lua.set_collector_pause(pause);
        most_memory(&mut lua, source)
    };
    let (short, usual, long) = (most(110), most(200), most(400));
    assert!(short * 5 < usual * 4, "{short} bytes, {usual} with the usual pause");
    assert!(usual * 5 < long * 4, "{usual} bytes, {long} with a long pause");
}

#[test]
fn scripts_set_the_pause_where_they_may_have_finalizers() {
    let source = "
        collectgarbage('setpause', 400)
        local live = {}
        for i = 1, 20000 do live[i] = {i} end
        for i = 1, 400000 do live[i % 20000 + 1] = {i} end";
    let (trusted, sandboxed) = (most_memory(&mut machine(), source), most_memory(&mut Lua::new(), source));
    assert!(sandboxed * 5 < trusted * 4, "{sandboxed} bytes in a sandbox, {trusted} else");
}

#[test]
fn new_machine_owes_the_collector_nothing_for_its_libraries() {
    let mut lua = Lua::with_libraries(deimos::Libraries::ALL);
    assert_eq!(lua.work_due(), 0);
    let before = lua.memory_used();
    let task = spawn(&mut lua, "local x = {}");
    lua.resume(&task, &mut (), 1000).expect("it runs");
    assert_eq!(lua.work_due(), 0);
    assert!(lua.memory_used() > before, "nothing was collected");
}
