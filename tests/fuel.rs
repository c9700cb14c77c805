//! Fuel: where a task is paused never shows in what it does, and the same run always costs the same.

use std::cell::RefCell;
use std::rc::Rc;

use deimos::{ErrorKind, Handle, Lua, Poll, Progress, Thread, Value};

/// What one run of a program did.
#[derive(Debug, PartialEq, Eq)]
struct Run {
    /// Everything printed, and then how it ended.
    trace: String,
    /// All the fuel it took.
    fuel: i64,
}

/// Runs a program in slices of so much fuel, with a full collection between any two if asked for.
fn run(source: &str, slice: i64, collects: bool) -> Run {
    let mut lua = Lua::new();
    let printed = Rc::new(RefCell::new(String::new()));
    let sink = Rc::clone(&printed);
    lua.set_print(move |line| {
        sink.borrow_mut().push_str(&String::from_utf8_lossy(line));
        sink.borrow_mut().push('\n');
    });
    let chunk = lua.load("=program", source).expect("it works");
    let thread = lua.enter(|ctx| {
        let function = chunk.function(ctx, Value::Table(ctx.globals()));
        ctx.stash(Thread::new(ctx, Value::Closure(function)))
    });
    let mut used = 0;
    loop {
        let (end, fuel) = resume(&mut lua, &thread, slice);
        used += slice - fuel;
        match end {
            Some(Ok(())) => break,
            Some(Err(message)) => {
                printed.borrow_mut().push_str(&message);
                break;
            }
            None if collects => lua.collect_full(),
            None => lua.collect(),
        }
    }
    let trace = printed.borrow().clone();
    Run { trace, fuel: used }
}

/// Resumes once. How the task ended, if it did, and the fuel left.
fn resume(lua: &mut Lua, thread: &Handle, slice: i64) -> (Option<Result<(), String>>, i64) {
    lua.enter(|ctx| {
        let Value::Thread(thread) = ctx.fetch(thread) else { panic!("no thread") };
        let mut fuel = slice;
        let end = match ctx.resume(thread, &[], &mut (), &mut fuel, &mut Vec::new()) {
            Ok(Progress::Finished) => Some(Ok(())),
            Ok(_) => None,
            Err(raised) => Some(Err(ctx.plain_string(raised.to_value(ctx)).to_text().into_owned())),
        };
        (end, fuel)
    })
}

/// Checks that a program prints the same for all slices, and costs the same twice.
fn check(source: &str) {
    let whole = run(source, i64::MAX / 2, false);
    assert!(whole.trace.lines().count() >= 3, "too short a trace: {}", whole.trace);
    for slice in [1, 7, 64, 1000] {
        let sliced = run(source, slice, true);
        assert_eq!(sliced.trace, whole.trace, "in slices of {slice}");
        assert_eq!(run(source, slice, false), sliced, "in slices of {slice}, without collections");
    }
    assert_eq!(run(source, i64::MAX / 2, false), whole);
}

#[test]
fn loops_and_closures() {
    check(
        "
        local fs = {}
        for i = 1, 3 do fs[i] = function() i = i + 1 return i end end
        for _, f in ipairs(fs) do print(f(), f()) end
        local n = 0
        for x = 1.0, 2.0, 0.25 do n = n + x end
        print(n)
        local i = 0
        repeat local j = i i = i + 1 until j >= 5
        print(i)
        for a = 3, 1, -1 do for b = 1, 3 do if a == b then goto next end print(a, b) ::next:: end end
    ",
    );
}

#[test]
fn loading() {
    check(
        "
        print(load('return 6 * 7')())
        local source = ('a = 1\\n'):rep(2000) .. 'return ...'
        print(load(source)('long'))
        local at = 0
        print(load(function() at = at + 1 return at <= 3000 and 'a = 1\\n' or nil end)())
        print(load(function() error('broken', 0) end))
    ",
    );
}

#[test]
fn a_long_text_is_paid_for_before_it_is_compiled() {
    let costs = |count: usize| run(&format!("load(('a = 1 '):rep({count}))"), i64::MAX / 2, false).fuel;
    assert!(costs(100_000) > costs(1_000) + 99_000 * 6 * 8);
    // However small the slices are, none is overdrawn by more than a part of the price.
    let mut lua = Lua::new();
    let chunk = lua.load("=long", "load(('a = 1 '):rep(100000))").unwrap();
    let thread = lua.enter(|ctx| {
        let function = chunk.function(ctx, Value::Table(ctx.globals()));
        ctx.stash(Thread::new(ctx, Value::Closure(function)))
    });
    let mut slices = 0;
    while let (None, left) = resume(&mut lua, &thread, 10_000) {
        assert!(left > -10_000, "{left} left of a slice");
        slices += 1;
    }
    assert!(slices > 400, "{slices} slices");
}

/// A sum of so many terms, in parentheses of 900 each.
fn sum(terms: usize) -> String {
    vec![format!("({})", vec!["x"; 900].join("+")); terms / 900].join("+")
}

#[test]
fn straight_code_is_paid_within_an_expression() {
    let long = sum(18_000);
    let branches = "elseif x == 2 then y = 1 ".repeat(10_000);
    let skipping = format!("y = ({}) == 0 and ({})\n", sum(900), vec!["x"; 400].join("-")).repeat(20);
    let bodies = [
        (18_000, format!("return {long}")),
        (18_000, format!("return g(1, {long}, g())")),
        (18_000, format!("return {{1, {long}, 2}}")),
        (18_000, format!("return x and y or {long}")),
        (18_000, format!("if {long} == 0 then return end")),
        (18_000, format!("for i = {long}, 1 do end")),
        (10_000, format!("if x == 2 then {branches} end")),
        (18_000, skipping),
        (18_000, format!("while true do if {long} == 1 then break end break end")),
    ];
    for (instructions, body) in bodies {
        let source =
            format!("local x, y = 1 local function g() end local function f() {body} end for i = 1, 10 do f() end");
        let fuel = run(&source, i64::MAX / 2, false).fuel;
        assert!(fuel > 10 * (instructions - 1100), "{fuel} paid for {body:.60}");
    }
}

#[test]
fn pauses_within_an_expression() {
    let long = sum(3_600);
    check(&format!(
        "
        local x, y = 1, 'y'
        local function g(...) return select('#', ...), ... end
        print(g(y, {long}, g(y)))
        print(y .. {long} .. y, #{{y, {long}, g()}}, x and {long} or y, ({long}) == 3600)
        local t = setmetatable({{}}, {{__index = function(t, k) return k end}})
        print(t[y] .. t[{long}], t.z)
        "
    ));
}

#[test]
fn tables_and_traversal() {
    check("
        local t = {}
        for i = 1, 40 do t[i] = i * i t['k' .. i] = i end
        for i = 1, 40, 3 do t[i] = nil t['k' .. i] = nil end
        local sum, names = 0, 0
        for k, v in pairs(t) do if type(k) == 'number' then sum = sum + v else names = names + v end end
        print(sum, names)
        for k in pairs(t) do t[k] = nil end
        print(next(t), #t)
        for i, v in ipairs(setmetatable({}, {__index = function(_, i) if i < 5 then return i * 2 end end})) do print(i, v) end
        local k, v = next({10, x = 20}, 1)
        print(k, v)
    ");
}

#[test]
fn metamethods() {
    check(
        "
        local mt = {}
        local function new(x) return setmetatable({x = x}, mt) end
        mt.__add = function(a, b) print('add') return new(a.x + b.x) end
        mt.__eq = function(a, b) print('eq') return a.x == b.x end
        mt.__lt = function(a, b) print('lt') return a.x < b.x end
        mt.__le = function(a, b) print('le') return a.x <= b.x end
        mt.__concat = function(a, b) print('concat') return 'c' end
        mt.__len = function() print('len') return 7 end
        mt.__call = function(self, ...) print('call', ...) return ... end
        mt.__index = function(_, k) print('index', k) return k .. k end
        mt.__newindex = function(t, k, v) print('newindex', k, v) rawset(t, k, v) end
        mt.__unm = function() print('unm') return 1 end
        mt.__tostring = function(self) return 'obj' .. self.x end
        mt.__close = function() print('close') end
        local a, b = new(1), new(2)
        print((a + b).x, a == b, a < b, a <= b, a > b, 'x' .. a .. 'y' .. b .. 'z', #a, a(1, 2, 3), a.foo, -a)
        a.bar = 5
        print(a.bar, tostring(b))
        if not (a == b) and a < b then local c <close> = a print('body') end
    ",
    );
}

#[test]
fn coroutines() {
    check("
        local function gen(n) return coroutine.wrap(function() for i = 1, n do coroutine.yield(i, i * i) end return 'end' end) end
        for i, sq in gen(4) do print(i, sq) if i == 'end' then break end end
        local co = coroutine.create(function(a, b)
            print(a, b)
            local ok, e = pcall(function() local x = coroutine.yield(a + b) error('got ' .. x, 0) end)
            print(ok, e)
            return 'done'
        end)
        print(coroutine.resume(co, 1, 2))
        print(coroutine.status(co))
        print(coroutine.resume(co, 'hello'))
        print(coroutine.resume(co))
        local outer = coroutine.wrap(function()
            local inner = coroutine.wrap(function() for i = 1, 3 do coroutine.yield(i) end end)
            for i in inner do coroutine.yield(i * 10) end
        end)
        for i in outer do print(i) end
        print(coroutine.close(coroutine.create(print)))
    ");
}

#[test]
fn errors() {
    check(
        "
        print(pcall(error, {}, 0) == false)
        print(pcall(error, 'x', 0))
        print(select(2, pcall(function() local t = nil; return t.x end)))
        print(xpcall(function() error('deep') end, function(m) return 'handled ' .. m end))
        print(pcall(pcall, error, 'y'))
        local function close(name) return setmetatable({}, {__close = function(_, e) print(name, e) end}) end
        print(pcall(function() local a <close> = close('a') local b <close> = close('b') error('z', 0) end))
        for i = 1, 3 do local c <close> = close(i) if i == 2 then break end end
        local function deep(n) if n == 0 then error('bottom', 0) end deep(n - 1) return 1 end
        print(pcall(deep, 100))
        error('the end')
    ",
    );
}

#[test]
fn sorting() {
    check("
        local t = {}
        for i = 1, 60 do t[i] = (i * 37) % 61 end
        table.sort(t)
        print(table.concat(t, ' '))
        table.sort(t, function(a, b) return a > b end)
        print(table.concat(t, ' '))
        local mt = {__lt = function(a, b) return a.v < b.v end}
        local o = {}
        for i = 1, 20 do o[i] = setmetatable({v = (i * 7) % 21}, mt) end
        table.sort(o)
        for i = 1, 20 do t[i] = o[i].v end
        print(table.concat(t, ' ', 1, 20))
        print(pcall(table.sort, {3, 1, 2, 5, 4}, function() error('cmp', 0) end))
        local co = coroutine.wrap(function() table.sort(t, function(a, b) coroutine.yield() return a < b end) return 'sorted' end)
        local turns = 0
        repeat turns = turns + 1 until co() == 'sorted'
        print(turns, t[1], t[60])
    ");
}

#[test]
fn strings() {
    check(
        "
        local s = ''
        for i = 1, 30 do s = s .. i .. ',' end
        print(s, #s)
        print(s:upper():lower():reverse():sub(2, 10), s:byte(1, 5))
        print(('ab'):rep(5, '-'), string.format('%5d|%-5s|%q|%g|%x', 42, 'hi', 'a\\nb', 0.1, 255))
        print(string.format('%s %s', setmetatable({}, {__tostring = function() return 'custom' end}), nil))
        print(tostring(1e15), 2^53, 10 // 3, 10.0 / 3, -7 % 3, 1e100)
        print(('x'):rep(20000):len(), #('y'):rep(100000):reverse())
        print(tonumber('0x10'), tonumber('  12  '), tonumber('z', 36), tonumber('1e1'), '10' + 5)
    ",
    );
}

#[test]
fn table_functions() {
    check(
        "
        local log = {}
        local store = {1, 2, 3}
        local p = setmetatable({}, {
            __index = function(_, k) print('get', k) return store[k] end,
            __newindex = function(_, k, v) print('set', k, v) store[k] = v end,
            __len = function() return #store end,
        })
        table.insert(p, 4)
        table.insert(p, 1, 0)
        print(table.remove(p), table.remove(p, 1))
        print(table.unpack(p))
        print(table.concat(p, '+'))
        table.move(p, 1, 3, 2)
        print(table.concat(store, ' '))
        local t = {}
        for i = 1, 5000 do t[i] = i end
        table.move(t, 1, 5000, 2)
        print(#t, t[1], t[2], t[5001], table.remove(t, 1), #t)
        table.insert(t, 1, 'x')
        print(t[1], t[5001], #table.concat(t), select('#', table.unpack(t)))
        print(table.pack(1, nil, 3).n)
    ",
    );
}

#[test]
fn calls_and_varargs() {
    check(
        "
        local function count(...) return select('#', ...) end
        print(count(), count(nil), count(nil, nil))
        local function tail(n, acc) if n == 0 then return acc end return tail(n - 1, acc + n) end
        print(tail(500, 0))
        local function fib(n) if n < 2 then return n end return fib(n - 1) + fib(n - 2) end
        print(fib(12))
        local function pass(...) return ... end
        print((pass(1, 2, 3)), pass(1, 2, 3))
        local t = {pass(1, 2), pass(3, 4)}
        print(#t, select(-1, 'a', 'b'))
        local callable = setmetatable({}, {__call = setmetatable({}, {__call = function(a, b, ...) return ... end})})
        print(callable('through two'))
        local obj = {n = 1} function obj:inc(k) self.n = self.n + k return self end
        print(obj:inc(1):inc(2).n)
    ",
    );
}

#[test]
fn yields_across_everything() {
    check(
        "
        local yield = coroutine.yield
        local mt = {
            __add = function() return yield('add') end, __index = function() return yield('index') end,
            __newindex = function() yield('newindex') end, __lt = function() return yield('lt') end,
            __eq = function() return yield('eq') end, __concat = function() return yield('concat') end,
            __call = function() return yield('call') end, __len = function() return yield('len') end,
            __close = function() yield('close') end, __pairs = function(t) yield('pairs') return next, {1}, nil end,
            __tostring = function() return yield('tostring') end,
        }
        local co = coroutine.wrap(function()
            local a, b = setmetatable({}, mt), setmetatable({}, mt)
            print(a + b, a.x, a < b, a == b, a .. b, a(), #a, tostring(a))
            a.y = 1
            for k, v in pairs(a) do print(k, v) end
            for i in function(_, i) i = (i or 0) + yield('iterator') if i < 30 then return i end end do print(i) end
            local ok, e = pcall(function() local c <close> = a error(yield('error'), 0) end)
            print(ok, e)
            print(xpcall(function() error('m') end, function(m) return m end))
            return 'finished'
        end)
        local v = co()
        while v ~= 'finished' do print('<', v) v = co(v == 'tostring' and 's' or 10) end
    ",
    );
}

#[test]
fn inheritance_and_globals() {
    check(
        "
        Animal = {} Animal.__index = Animal
        function Animal.new(name) return setmetatable({name = name}, Animal) end
        function Animal:speak() return self.name .. ' says ' .. self:sound() end
        function Animal:sound() return '...' end
        Dog = setmetatable({}, {__index = Animal}) Dog.__index = Dog
        function Dog.new(name) return setmetatable(Animal.new(name), Dog) end
        function Dog:sound() return 'woof' end
        print(Animal.new('it'):speak())
        print(Dog.new('rex'):speak())
        for i = 1, 50 do _G['g' .. i] = i end
        local sum = 0
        for i = 1, 50 do sum = sum + _G['g' .. i] end
        print(sum, g7, undefined)
        local env = setmetatable({}, {__index = _G})
        do local _ENV = env x = 5 print(x) end
        print(x)
    ",
    );
}

#[test]
fn collections_during_allocation() {
    check("
        local list
        for i = 1, 300 do list = {next = list, value = i, text = 'item ' .. i} end
        local n, length = 0, 0
        while list do n = n + list.value length = length + #list.text list = list.next end
        print(n, length)
        local fs = {}
        for i = 1, 100 do local up = {i} fs[#fs + 1] = function() up[1] = up[1] + 1 return up[1] end end
        for _, f in ipairs(fs) do n = n + f() end
        print(n)
        local cos = {}
        for i = 1, 20 do cos[i] = coroutine.wrap(function() local t = {i} while true do coroutine.yield(t[1]) t = {t[1] + 1} end end) end
        for round = 1, 3 do local s = 0 for _, co in ipairs(cos) do s = s + co() end print(s) end
    ");
}

#[test]
fn endless_loop_is_paused_and_cancelled() {
    let mut lua = Lua::new();
    let chunk = lua.load("=loop", "while true do end").unwrap();
    let task = lua.spawn(&chunk, ()).unwrap();
    for fuel in [1, 10, 1_000, 100_000] {
        assert!(matches!(lua.resume(&task, &mut (), fuel), Ok(Poll::OutOfFuel)));
    }
    lua.cancel(&task, &mut (), 1_000).unwrap();
    let error = lua.resume(&task, &mut (), 1_000).unwrap_err();
    assert_eq!((error.kind(), error.message()), (ErrorKind::Runtime, "cannot resume dead coroutine"));
}

#[test]
fn traversal_of_fields_costs_what_it_looks_at() {
    let fuel = |n: usize| {
        run(&format!("local t = {{}} for i = 1, {n} do t['k' .. i] = i end for k in pairs(t) do t[k] = nil end print(next(t))"), 1_000, false).fuel
    };
    let (small, big) = (fuel(100), fuel(1_000));
    assert!(small < 10_000, "{small}");
    assert!(big < 12 * small, "{big} for ten times {small}");
}

#[test]
fn what_a_native_charges_through_its_context_is_taken_when_it_returns() {
    let mut lua = Lua::new();
    lua.enter(|ctx| {
        let work = deimos::Native::new(ctx, "work", |call| {
            call.ctx.charge(1000);
            call.ret0()
        });
        ctx.globals().set_field(ctx, "work", Value::Native(work)).expect("there is memory");
    });
    // All that the loop does is on the fast path.
    let chunk = lua.load("=program", "local work, n = work, 0  while true do work() n = n + 1 turns = n end");
    let task = lua.spawn(&chunk.expect("it compiles"), ()).expect("there are no arguments");
    lua.resume(&task, &mut (), 100_000).expect("it goes on");
    let turns: i64 = lua.load("=after", "return turns").expect("it compiles").call(&mut lua, ()).expect("it is there");
    assert!((90..=110).contains(&turns), "{turns}");
}
