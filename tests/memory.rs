//! The memory limit, the account of memory, and that nothing is kept that is garbage.

use deimos::{ErrorKind, Libraries, Lua};

const LIMIT: usize = 16 << 20;

/// Runs a script that takes ever more, and checks that the limit ends it, that `pcall` does not save it, that little more
/// than the limit is ever in use, and that the machine goes on as if nothing had been.
fn check(name: &str, body: &str) {
    for source in [body.to_owned(), format!("while true do pcall(function() {body} end) end")] {
        let mut lua = Lua::new();
        lua.set_memory_limit(LIMIT);
        lua.collect_full();
        let before = lua.memory_used();
        let task = {
            let chunk = lua.load("=memory", &source).expect("it works");
            lua.spawn(&chunk, ()).expect("it works")
        };
        let (mut most, mut slices) = (0, 0);
        let error = loop {
            let outcome = lua.resume(&task, &mut (), 100_000);
            most = most.max(lua.memory_used());
            slices += 1;
            assert!(slices < 20_000, "{name}: the limit does not end it");
            match outcome {
                Ok(deimos::Poll::OutOfFuel) => {}
                Ok(other) => panic!("{name}: {other:?}"),
                Err(error) => break error,
            }
        };
        assert_eq!((error.kind(), error.message()), (ErrorKind::Memory, "not enough memory"), "{name}");
        assert!(most <= LIMIT + LIMIT / 4, "{name}: {most} bytes");
        drop(task);
        lua.collect_full();
        let after = lua.memory_used();
        assert!(after < before + 200_000, "{name}: {before} bytes before, {after} after");
        let answer: i64 = lua
            .load("=after", "local t = {} for i = 1, 1000 do t[i] = {i} end return #t")
            .expect("it works")
            .call(&mut lua, ())
            .expect("it works");
        assert_eq!(answer, 1000, "{name}");
    }
}

#[test]
fn strings_meet_the_limit() {
    check("doubling", "local s = 'x' while true do s = s .. s end");
    check("rep", "string.rep('x', 100000000) while true do end");
    check("rep with separator", "string.rep('x', 1000, string.rep('y', 100000))");
    check("kept strings", "local t, i = {}, 0 while true do i = i + 1 t[i] = string.rep('x', 1000) .. i end");
    check("upper kept", "local t, s = {}, string.rep('x', 1000000) while true do t[#t + 1] = s:upper() end");
    check("format", "local s = string.rep('x', 1000000) while true do s = string.format('%s%s', s, s) end");
    check("concat", "local t, s = {}, string.rep('x', 1000000) for i = 1, 100 do t[i] = s end table.concat(t)");
}

#[test]
fn loaded_functions_meet_the_limit() {
    check("kept functions", "local t, s = {}, string.rep('a = b + c ', 300) while true do t[#t + 1] = load(s) end");
    check("a long text", "load(string.rep('a = 1 ', 1000000)) while true do load(string.rep('a = 1 ', 1000000)) end");
    check("a reader without an end", "load(function() return 'a = 1 ' end)");
}

#[test]
fn names_of_chunks_meet_the_limit() {
    check(
        "kept names",
        "local t, s = {}, '=' .. string.rep('x', 1000000) while true do t[#t + 1] = load('return 1', s) end",
    );
    check(
        "inner functions",
        "local t, s = {}, string.rep('x', 1000000)
        while true do t[#t + 1] = load('return function() end', s)() end",
    );
    check("a name that is no text", "local s = string.rep('\\xff', 5000000) while true do load('return 1', s) end");
    check("a text as its own name", "local s = '--' .. string.rep('x', 300000) while true do _G[load(s)] = true end");
}

#[test]
fn a_name_counts_once_for_all_functions_of_its_chunk() {
    let source = "
        local functions = string.rep('t[#t + 1] = function() end ', 1000)
        local function kept(name)
            collectgarbage()
            local before = collectgarbage('count')
            local t = {}
            load('local t = ... ' .. functions, name)(t)
            collectgarbage()
            return (collectgarbage('count') - before) * 1024, debug.getinfo(t[1], 'S').source == name
        end
        kept('=x')
        local short, long = kept('=x'), kept('=' .. string.rep('x', 1000000))
        return long - short, select(2, kept('=' .. string.rep('y', 1000)))";
    let mut lua = Lua::with_libraries(Libraries::SANDBOX.with(Libraries::DEBUG));
    let (more, is_whole): (f64, bool) = lua.load("=names", source).unwrap().call(&mut lua, ()).unwrap();
    // The name that was given may be still there beside the chunk's.
    assert!((900_000.0..2_200_000.0).contains(&more), "{more} bytes more");
    assert!(is_whole);
}

#[test]
fn tables_meet_the_limit() {
    check("list", "local t, i = {}, 0 while true do i = i + 1 t[i] = i end");
    check("fields", "local t, i = {}, 0 while true do i = i + 1 t['k' .. i] = i end");
    check("floats", "local t, i = {}, 0.5 while true do i = i + 1 t[i] = i end");
    check("nested", "local t = {} while true do t = {t} end");
    check("records", "local t, i = {}, 0 while true do i = i + 1 t[i] = {x = i, y = i, z = i} end");
    check("lists of one", "local t, i = {}, 0 while true do i = i + 1 t[i] = {i, i, i, i, i, i, i, i} end");
    check("packed", "local t, i = {}, 0 while true do i = i + 1 t[i] = table.pack(table.unpack({}, 1, 1000)) end");
}

#[test]
fn functions_and_coroutines_meet_the_limit() {
    check("closures", "local t, i = {}, 0 while true do i = i + 1 t[i] = function() return i end end");
    check("chain of closures", "local f = print while true do local g = f f = function() return g end end");
    check(
        "coroutines",
        "local t = {} while true do local c = coroutine.create(function() coroutine.yield() end) coroutine.resume(c) t[#t + 1] = c end",
    );
    check("wraps", "local t = {} while true do t[#t + 1] = coroutine.wrap(print) end");
}

#[test]
fn deep_recursion_is_a_stack_overflow() {
    let mut lua = Lua::new();
    lua.set_memory_limit(64 << 20);
    let source =
        "local n = 0 local function f() n = n + 1 return 1 + f() end local ok, e = pcall(f) return ok, e, n > 1000";
    let seen: (bool, String, bool) = lua.load("=deep", source).unwrap().call(&mut lua, ()).unwrap();
    assert_eq!((seen.0, seen.2), (false, true));
    assert!(seen.1.contains("stack overflow"), "{}", seen.1);
}

#[test]
fn garbage_does_not_meet_the_limit() {
    let mut lua = Lua::new();
    lua.set_memory_limit(8 << 20);
    let source = "for i = 1, 2000 do local s = string.rep('x', 1000000) end for i = 1, 500000 do local t = {i} end for i = 1, 50000 do local s = 'k' .. i end return 'done'";
    assert_eq!(lua.load("=garbage", source).unwrap().call::<String>(&mut lua, ()).unwrap(), "done");
}

#[test]
fn memory_falls_after_a_collection() {
    let mut lua = Lua::new();
    lua.collect_full();
    let before = lua.memory_used();
    lua.load("=keep", "kept = {} for i = 1, 20000 do kept[i] = {i, tostring(i), string.rep('x', 100)} end")
        .unwrap()
        .call::<()>(&mut lua, ())
        .unwrap();
    lua.collect_full();
    let kept = lua.memory_used();
    assert!(kept > before + 20_000 * 200, "{before} {kept}");
    lua.load("=drop", "kept = nil").unwrap().call::<()>(&mut lua, ()).unwrap();
    lua.collect_full();
    let after = lua.memory_used();
    assert!(after < before + 20_000, "{before} before, {kept} kept, {after} after");
}

#[test]
fn runs_leak_nothing() {
    let mut lua = Lua::new();
    let source = "local t = setmetatable({}, {__index = function(_, k) return k end}) local co = coroutine.wrap(function() coroutine.yield(t.x) error('x') end) co() pcall(co) local s = ('y'):rep(500) .. 'z' local f = function() return s, t end return #s";
    let chunk = lua.load("=run", source).unwrap();
    let run = |lua: &mut Lua, times: usize| {
        for _ in 0..times {
            assert_eq!(chunk.call::<i64>(lua, ()).unwrap(), 501);
        }
        lua.collect_full();
        lua.collect();
        lua.memory_used()
    };
    let early = run(&mut lua, 20);
    let late = run(&mut lua, 1000);
    assert!(late <= early + 1_000, "{early} bytes after 20 runs, {late} after 1000 more");
}

#[test]
fn a_stopped_collector_works_for_want_of_memory_alone() {
    let most_used = |mut lua: Lua, limit: usize| {
        lua.set_memory_limit(limit);
        let source = "collectgarbage('stop') for i = 1, 100000 do local _ = {i, i} end";
        let task = {
            let chunk = lua.load("=stop", source).unwrap();
            lua.spawn(&chunk, ()).unwrap()
        };
        let mut most = 0;
        while let deimos::Poll::OutOfFuel = lua.resume(&task, &mut (), 20_000).expect("it runs") {
            most = most.max(lua.memory_used());
        }
        most
    };
    let trusted = || Lua::with_libraries(Libraries::ALL);
    assert!(most_used(trusted(), usize::MAX) > 8 << 20, "it was collected all the same");
    assert!(most_used(trusted(), 4 << 20) <= 5 << 20, "the limit was no reason to collect");
    assert!(most_used(Lua::new(), usize::MAX) < 4 << 20, "a script in the sandbox has stopped it");
}

#[test]
fn loading_leaks_nothing() {
    let mut lua = Lua::new();
    let run = |lua: &mut Lua, times: usize| {
        for _ in 0..times {
            let chunk = lua.load("=load", "local function f(a) return 'constant' .. a end return f('b')").unwrap();
            assert_eq!(chunk.call::<String>(lua, ()).unwrap(), "constantb");
        }
        lua.collect_full();
        lua.memory_used()
    };
    let early = run(&mut lua, 20);
    let late = run(&mut lua, 500);
    assert!(late <= early + 1_000, "{early} bytes after 20 loads, {late} after 500 more");
}

#[test]
fn tasks_and_handles_leak_nothing() {
    let mut lua = Lua::new();
    let chunk = lua.load("=task", "local big = string.rep('x', 10000) coroutine.yield(big) return big").unwrap();
    lua.collect_full();
    let before = lua.memory_used();
    for _ in 0..200 {
        let task = lua.spawn(&chunk, ()).unwrap();
        let values = lua.resume(&task, &mut (), 1_000).unwrap();
        drop((task, values));
    }
    lua.collect_full();
    let after = lua.memory_used();
    assert!(after < before + 10_000, "{before} before, {after} after");
}

#[test]
fn deep_coroutines_are_on_the_account() {
    let mut lua = Lua::new();
    let source = "all = {}
        local function deep(n) if n == 0 then coroutine.yield() else return (deep(n - 1)) end end
        for at = 1, 50 do
            all[at] = coroutine.create(deep)
            coroutine.resume(all[at], 3000)
        end";
    let before = lua.memory_used();
    lua.load("=deep", source).and_then(|chunk| chunk.call::<()>(&mut lua, ())).expect("it runs");
    lua.collect_full();
    let kept = lua.memory_used() - before;
    assert!(kept > 50 * 3000 * 48, "{kept} bytes for 50 coroutines 3000 calls deep");
}

#[test]
fn short_lived_strings_do_not_pile_up() {
    let most_for = |count: u32| {
        let mut lua = Lua::new();
        let source = format!("for i = 1, {count} do local s = 'string ' .. i end");
        let task = {
            let chunk = lua.load("=strings", source).expect("it compiles");
            lua.spawn(&chunk, ()).expect("it works")
        };
        let mut most = 0;
        while let deimos::Poll::OutOfFuel = lua.resume(&task, &mut (), 20_000).expect("it runs") {
            most = most.max(lua.memory_used());
        }
        most
    };
    let (short, long) = (most_for(100_000), most_for(800_000));
    assert!(long < 2 * short, "{short} bytes at most for 100000 strings, {long} for eight times as many");
}

#[test]
fn a_table_whose_fields_come_and_go_stays_small_on_the_account() {
    for (kept, turns) in [(20, 20_000), (3_000, 40_000)] {
        let mut lua = Lua::new();
        let source = format!(
            "fields = {{}}
            for at = 1, {turns} do
                fields['name' .. at] = at
                fields['name' .. at - {kept}] = nil
            end"
        );
        lua.collect_full();
        let before = lua.memory_used();
        lua.load("=fields", &source).and_then(|chunk| chunk.call::<()>(&mut lua, ())).expect("it runs");
        lua.collect_full();
        let stays = lua.memory_used() - before;
        assert!(stays < 10_000 + kept * 350, "{stays} bytes for {kept} fields");
    }
}

#[test]
fn rows_that_tables_have_outgrown_go_to_the_next() {
    let mut lua = Lua::new();
    lua.collect_full();
    let before = lua.memory_used();
    // Not so much that the collector would begin to work.
    let grow = "rows = {} for i = 1, 20 do local row = {} for j = 1, 200 do row[j] = j end rows[i] = row end";
    let () = lua.load("=grow", grow).expect("it works").call(&mut lua, ()).expect("it works");
    let grown = lua.memory_used() - before;
    lua.collect_full();
    let alive = lua.memory_used() - before;
    // Else each of them would leave half a dozen behind, and those were an eighth of what is alive.
    assert!(grown < alive + alive / 32, "{grown} bytes, of which {alive} are alive");
}
