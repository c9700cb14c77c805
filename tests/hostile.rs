//! Scripts that try to hang the host or to eat its memory.
//!
//! Each runs in slices under a memory limit. Whatever it does, every slice ends soon, the account of memory stays near
//! the limit, and nothing panics; whether the script ends by itself, by an error, or not at all, does not matter.

use std::time::{Duration, Instant};

use deimos::{ErrorKind, Lua, Poll};

/// How many slices a script gets, and how much fuel each.
const SLICES: usize = 200;
const FUEL: u64 = 20_000;
/// The memory limit, and how far beyond it the account may be seen.
const LIMIT: usize = 64 << 20;
const TOLERATED: usize = LIMIT + LIMIT / 4;
/// Generous, because tests share the machine.
const SLOWEST: Duration = Duration::from_millis(if cfg!(debug_assertions) { 400 } else { 50 });

/// Measures the time that this thread spends on a processor, where the system tells, so that other tests do not count.
struct Clock {
    start: Instant,
    start_on_processor: Option<Duration>,
}

impl Clock {
    fn start() -> Clock {
        Clock { start: Instant::now(), start_on_processor: on_processor() }
    }

    fn elapsed(&self) -> Duration {
        match (self.start_on_processor, on_processor()) {
            (Some(start), Some(end)) => end.saturating_sub(start),
            _ => self.start.elapsed(),
        }
    }
}

fn on_processor() -> Option<Duration> {
    let stat = std::fs::read_to_string("/proc/thread-self/schedstat").ok()?;
    stat.split_whitespace().next()?.parse().ok().map(Duration::from_nanos)
}

/// How a script ended: `None` if it did not.
type End = Option<Result<(), ErrorKind>>;

/// Runs a script to its end or for all its slices, and checks what must hold after each.
fn check(name: &str, source: &str) -> End {
    let mut lua = Lua::new();
    lua.set_memory_limit(LIMIT);
    let chunk = lua.load(&format!("={name}"), source).expect("it works");
    let task = lua.spawn(&chunk, ()).expect("it works");
    let (mut worst, mut most, mut end) = (Duration::ZERO, 0, None);
    for _ in 0..SLICES {
        let start = Clock::start();
        let progress = lua.resume(&task, &mut (), FUEL);
        worst = worst.max(start.elapsed());
        most = most.max(lua.memory_used());
        end = match progress {
            Ok(Poll::OutOfFuel | Poll::Yielded(_)) => continue,
            Ok(Poll::Finished(_)) => Some(Ok(())),
            Err(error) => Some(Err(error.kind())),
        };
        break;
    }
    report(name, worst, most, &end);
    assert!(worst < SLOWEST, "{name}: a slice took {worst:?}");
    assert!(most <= TOLERATED, "{name}: {most} bytes were in use");
    let start = Clock::start();
    let cancelled = lua.cancel(&task, &mut (), FUEL);
    assert!(start.elapsed() < SLOWEST, "{name}: to cancel took {:?} ({cancelled:?})", start.elapsed());
    drop(task);
    lua.collect_full();
    let answer: i64 = lua
        .load("=after", "local t = {} for i = 1, 42 do t[i] = i end return #t")
        .expect("it works")
        .call(&mut lua, ())
        .expect("it works");
    assert_eq!(answer, 42, "{name}: the machine is not usable afterwards");
    end
}

#[expect(clippy::print_stdout, reason = "shown with --nocapture: how near to its bounds each script comes")]
fn report(name: &str, worst: Duration, most: usize, end: &End) {
    println!(
        "{name:>32}: slowest slice {:>8.2} ms, most memory {:>5.1} MB, {end:?}",
        worst.as_secs_f64() * 1e3,
        most as f64 / 1e6
    );
}

/// Checks that only the memory limit ends the script.
fn check_memory(name: &str, source: &str) {
    assert_eq!(check(name, source), Some(Err(ErrorKind::Memory)), "{name}");
}

/// Checks that nothing but the host ends the script.
fn check_endless(name: &str, source: &str) {
    assert_eq!(check(name, source), None, "{name}");
}

// -- control ---------------------------------------------------------------------------------------------

#[test]
fn empty_loops() {
    check_endless("while", "while true do end");
    check_endless("repeat", "repeat until false");
    check_endless("goto", "::again:: goto again");
    check_endless("numeric for", "for i = 1, math.maxinteger do end");
    check_endless("generic for", "for _ in function() return 1 end do end");
    check_endless("tail call", "local function f() return f() end f()");
}

#[test]
fn pcall_does_not_catch_the_end() {
    check_endless("pcall loop", "while true do pcall(function() while true do end end) end");
    check_endless("pcall of errors", "while true do pcall(error, 'x') end");
    check_endless("pcall of pcall", "local function f() pcall(f) error('x') end while true do pcall(f) end");
}

#[test]
fn message_handlers() {
    check_endless("xpcall handler loop", "while true do xpcall(error, function() while true do end end) end");
    check("error in handler", "while true do xpcall(error, function(m) error(m) end) end");
    check(
        "handler calls xpcall",
        "local function h(m) return xpcall(error, h, m) end while true do xpcall(error, h, 'x') end",
    );
    check("handler overflows", "local function h() return h() + 1 end while true do xpcall(h, h) end");
    check("error in own handler", "local function h() local x = nil + 1 end while true do xpcall(h, h) end");
}

#[test]
fn recursion() {
    check("recursion under pcall", "local function f() return 1 + f() end while true do pcall(f) end");
    check("mutual pcall", "local function f() return pcall(f) end while true do f() end");
    check("wide frames", "local function f(...) return 1 + f(1, ...) end while true do pcall(f) end");
    check(
        "overflow in close",
        "local mt = {} mt.__close = function() local c <close> = setmetatable({}, mt) end while true do pcall(function() local c <close> = setmetatable({}, mt) end) end",
    );
    check(
        "recursive tostring",
        "local t t = setmetatable({}, {__tostring = function() return tostring(t) .. 'x' end}) while true do pcall(tostring, t) end",
    );
    check(
        "recursive index",
        "local t t = setmetatable({}, {__index = function(_, k) return t[k] .. 'x' end}) while true do pcall(function() return t.x end) end",
    );
}

#[test]
fn coroutine_bombs() {
    check(
        "kept coroutines",
        "local t = {} while true do local c = coroutine.create(function() coroutine.yield() end) coroutine.resume(c) t[#t + 1] = c end",
    );
    check_endless(
        "yields from deep",
        "local function deep(n) if n == 0 then while true do coroutine.yield() end end deep(n - 1) return 1 end \
         local c = coroutine.create(deep) while true do coroutine.resume(c, 50000) end",
    );
    check(
        "deep coroutines",
        "local t = {} local function deep(n) if n == 0 then coroutine.yield() end deep(n - 1) return 1 end while true do local c = coroutine.create(deep) coroutine.resume(c, 3000) t[#t + 1] = c end",
    );
    check_endless("dropped coroutines", "while true do coroutine.wrap(function() coroutine.yield() end)() end");
    check("nested coroutines", "local function f() coroutine.wrap(f)() end while true do pcall(f) end");
    check(
        "nested resumes",
        "local function f() return coroutine.resume(coroutine.create(f)) end while true do f() end",
    );
    check_endless("coroutine loop", "coroutine.wrap(function() while true do end end)()");
    check_endless(
        "two coroutines",
        "local function f() while true do coroutine.yield() end end local a, b = coroutine.wrap(f), coroutine.wrap(f) while true do a() b() end",
    );
    check(
        "coroutines of coroutines",
        "local all = {} local function f() for i = 1, 10 do local c = coroutine.create(f) all[#all + 1] = c coroutine.resume(c) end coroutine.yield() end while true do f() end",
    );
}

#[test]
fn close_loops() {
    check_endless(
        "close loop",
        "local c <close> = setmetatable({}, {__close = function() while true do end end}) error('x')",
    );
    check(
        "many to close",
        "local mt = {__close = function() end} local function f(n) local c <close> = setmetatable({}, mt) return 1 + f(n + 1) end while true do pcall(f, 1) end",
    );
    check(
        "close raises",
        "local mt = {__close = function() error('y') end} local function f() local c <close> = setmetatable({}, mt) error('x') end while true do pcall(f) end",
    );
    check(
        "close in coroutines",
        "while true do local c = coroutine.create(function() local c <close> = setmetatable({}, {__close = function() coroutine.yield() end}) coroutine.yield() end) coroutine.resume(c) coroutine.close(c) end",
    );
}

// -- strings ---------------------------------------------------------------------------------------------

#[test]
fn growing_strings() {
    check_memory("s .. s", "local s = 'x' while true do s = s .. s end");
    check_memory(
        "s .. s under pcall",
        "while true do pcall(function() local s = 'x' while true do s = s .. s end end) end",
    );
    check("rep of 1 GB", "while true do pcall(string.rep, 'x', 1 << 30) end");
    check("rep of maxint", "while true do pcall(string.rep, 'xy', math.maxinteger) end");
    check("rep with separator", "while true do pcall(string.rep, '', 1 << 40, 'x') end");
    check("rep of nothing", "while true do string.rep('', math.maxinteger) end");
    check("30 MB again and again", "while true do local s = string.rep('x', 30000000) end");
    check_memory(
        "many concats",
        "local s = string.rep('x', 1000000) while true do s = s .. s .. s .. s .. s .. s .. s .. s .. s .. s end",
    );
    check("reverse kept alive", "local t, s = {}, string.rep('x', 20000000) for i = 1, 100 do t[i] = s:reverse() end");
    check("upper and lower", "local s = string.rep('x', 10000000) while true do s = s:upper():lower() end");
}

#[test]
fn table_concat() {
    check_memory(
        "concat to 100 MB",
        "local t, s = {}, string.rep('x', 100000) for i = 1, 1000 do t[i] = s end return table.concat(t)",
    );
    check("concat of many", "local t = {} for i = 1, 100000 do t[i] = i end while true do table.concat(t, ',') end");
    check(
        "concat of maxint",
        "while true do pcall(table.concat, setmetatable({}, {__index = function() return 'x' end}), 'x', 1, math.maxinteger) end",
    );
    check(
        "concat with long separator",
        "local t, s = {}, string.rep('x', 1000000) for i = 1, 10000 do t[i] = i end return table.concat(t, s)",
    );
}

#[test]
fn formatting() {
    check("format %99.99f", "local x = -1e308 for i = 1, 100000 do string.format('%99.99f', x) end");
    check(
        "format many",
        "local f = string.rep('%99.99f', 200) local x = 1e308 while true do string.format(f, table.unpack(setmetatable({}, {__index = function() return x end}), 1, 200)) end",
    );
    check("format long strings", "local s = string.rep('x', 10000000) while true do string.format('%s%s', s, s) end");
    check("format %q", "local s = string.rep('\\0', 10000000) while true do string.format('%q', s) end");
    check("long format", "local f = string.rep('%%', 5000000) while true do string.format(f) end");
    check("tostring of numbers", "local x = 1.5e300 while true do tostring(x) x = -x end");
}

#[test]
fn bytes_of_big_strings() {
    check("byte of all", "local s = string.rep('x', 10000000) while true do pcall(string.byte, s, 1, -1) end");
    check("byte of many", "local s = string.rep('x', 200000) while true do pcall(string.byte, s, 1, -1) end");
    check(
        "char of many",
        "local t = {} for i = 1, 200 do t[i] = 65 end while true do string.char(table.unpack(t)) end",
    );
    check("sub of big", "local s = string.rep('x', 20000000) while true do s:sub(2) end");
    check("len of big", "local s = string.rep('x', 20000000) while true do local _ = #s end");
    check(
        "find plain",
        "local s = string.rep('a', 5000000) while true do string.find(s, string.rep('a', 10000) .. 'b', 1, true) end",
    );
    check(
        "find plain as long",
        "local s = string.rep('a', 5000000) local p = string.rep('a', 4000000) .. 'b' while true do s:find(p, 1, true) end",
    );
}

#[test]
fn patterns_that_go_back_and_forth() {
    check_endless("many stars", "local p = ('a*'):rep(20) .. 'b' while true do ('a'):rep(10000):find(p) end");
    check_endless("many minuses", "local p = ('a-'):rep(20) .. 'b' while true do ('a'):rep(10000):find(p) end");
    check_endless(
        "many options",
        "local p = ('a?'):rep(100) .. ('a'):rep(100) while true do ('a'):rep(99):find(p) end",
    );
    check_endless("many captures", "local p = ('(.-)'):rep(30) .. '%1%2x' while true do ('a'):rep(500):match(p) end");
    check_endless("open brackets", "local s = ('('):rep(1000000) while true do s:find('%b()') end");
    check_endless("long comparison", "local s = ('a'):rep(3000000) while true do s:find('^(a*)%1b') end");
    check_endless("frontiers", "local s = ('a'):rep(3000000) while true do s:find('%f[%z]%f[^%z]') end");
    check_endless("nothing found", "local s = ('a'):rep(3000000) while true do s:find('[bc]') end");
    check_endless("gmatch of nothing", "local s = ('a'):rep(3000000) while true do s:gmatch('b')() end");
    check_endless("gsub of all", "local s = ('a'):rep(100000) while true do s:gsub('.', '') s:gsub('', {}) end");
    check_endless("gsub forth and back", "local s = ('a'):rep(3000) while true do s:gsub('.-b', '') end");
}

#[test]
fn long_patterns_and_captures() {
    check_endless("long set", "local p = '[' .. ('xyz'):rep(1000000) .. ']' while true do ('a'):find(p) end");
    check_endless("many sets", "local p = ('[a-y]'):rep(200000) while true do ('a'):find(p) end");
    check_endless("long pattern", "local p = ('a?'):rep(500000) while true do ('b'):find(p) end");
    check("iterations kept", "local p, t = ('[a]'):rep(200000), {} while true do t[#t + 1] = ('a'):gmatch(p) end");
    check("long captures", "local s = 'x' .. ('a'):rep(9000000) while true do s:match('.((((.*))))') end");
    check("long captures found", "local s = 'x' .. ('a'):rep(9000000) while true do s:find('.((((.*))))') end");
    check("long key", "local s = 'x' .. ('a'):rep(9000000) while true do s:gsub('.(.*)', {}) end");
    check("long arguments", "local s = 'x' .. ('a'):rep(9000000) while true do s:gsub('.(.*)', rawlen) end");
    check("long gap", "local s = ('a'):rep(9000000) .. 'b' while true do s:gsub('b', 'c') end");
    check("long replacement", "local r = ('%%'):rep(3000000) while true do ('abc'):gsub('.', r) end");
    check_memory("gsub to more than there is", "local r = ('x'):rep(3000000) return r:gsub('.', r)");
    check("gsub doubles", "local s = 'x' while true do s = s:gsub('.*', '%0%0', 1) end");
    check(
        "paused substitutions",
        "local t, p, s = {}, ('a*'):rep(150), ('a'):rep(150) while true do local c = coroutine.wrap(function() s:gsub(p, coroutine.yield) end) c() t[#t + 1] = c end",
    );
}

// -- tables ----------------------------------------------------------------------------------------------

#[test]
fn table_move() {
    check("move 1..maxint", "while true do pcall(table.move, {1, 2, 3}, 1, math.maxinteger, 2) end");
    check("move 1..maxint-1", "while true do pcall(table.move, {1, 2, 3}, 1, math.maxinteger - 1, 2) end");
    check("move onto itself", "table.move({1, 2, 3}, 1, math.maxinteger - 1, 1)");
    check_endless("move nothing far", "table.move({}, 1, math.maxinteger - 1, 1, {})");
    check_endless(
        "move through metamethods",
        "local mt = {__index = function() return 1 end, __newindex = function() end} table.move(setmetatable({}, mt), 1, math.maxinteger - 1, 2, setmetatable({}, mt))",
    );
    check(
        "move by natives",
        "local mt = {__index = math.abs, __newindex = rawequal} table.move(setmetatable({}, mt), 1, math.maxinteger - 1, 2, setmetatable({}, mt))",
    );
}

#[test]
fn index_chains() {
    let chain = "local t = {} for i = 1, 2000 do t = setmetatable({}, {__index = t}) end ";
    check_endless("2000 hops", &format!("{chain} while true do pcall(function() return t.x end) end"));
    check_endless(
        "2000 hops to write",
        "local t = {} for i = 1, 2000 do t = setmetatable({}, {__newindex = t}) end while true do pcall(function() t.x = 1 end) end",
    );
    check_endless(
        "99 hops",
        "local t = {} for i = 1, 99 do t = setmetatable({}, {__index = t}) end while true do local _ = t.x end",
    );
    check_endless(
        "index loop",
        "local t = {} setmetatable(t, {__index = t}) while true do pcall(function() return t.x end) end",
    );
    check_endless(
        "call chain",
        "local f = print for i = 1, 200 do f = setmetatable({}, {__call = f}) end while true do pcall(f) end",
    );
}

#[test]
fn inserting_and_removing_in_front() {
    let setup = "local t = {} for i = 1, 200000 do t[i] = i end ";
    check("remove(t, 1)", &format!("{setup} while #t > 0 do table.remove(t, 1) end"));
    check("insert(t, 1, x)", &format!("{setup} while true do table.insert(t, 1, 1) end"));
    check(
        "remove through metamethods",
        &format!(
            "{setup} local p = setmetatable({{}}, {{__index = t, __newindex = t, __len = function() return #t end}}) while #p > 0 do table.remove(p, 1) end"
        ),
    );
    check(
        "insert with false length",
        "local t = setmetatable({}, {__len = function() return math.maxinteger - 1 end}) while true do pcall(table.insert, t, 1, 1) end",
    );
    check(
        "remove with false length",
        "local t = setmetatable({}, {__len = function() return math.maxinteger end}) while true do pcall(table.remove, t, 1) end",
    );
}

#[test]
fn traversals() {
    let setup = "local t = {} for i = 1, 200000 do t['k' .. i] = i end for k in pairs(t) do t[k] = nil end ";
    check("next over an emptied table", &format!("{setup} while true do next(t) end"));
    check("pairs over an emptied table", &format!("{setup} while true do for _ in pairs(t) do end end"));
    let list = "local t = {} for i = 1, 200000 do t[i] = i end t.x = 1 for i = 199999, 2, -1 do t[i] = nil end ";
    check("next over an emptied list", &format!("{list} while true do next(t, 1) end"));
    check(
        "next of a bad key",
        "local t = {} for i = 1, 1000 do t[i .. ''] = i end while true do pcall(next, t, {}) end",
    );
    check("length of an emptied list", &format!("{list} while true do local _ = #t end"));
    check(
        "lists emptied and filled",
        "local t = {} while true do for i = 1, 10000 do t[i] = i end for i = 10000, 1, -1 do t[i] = nil end end",
    );
    check(
        "lists emptied from the front",
        "local t = {} for i = 1, 100000 do t[i] = i end for i = 1, 100000 do t[i] = nil local _ = #t end",
    );
    check_endless(
        "ipairs without end",
        "for i in ipairs(setmetatable({}, {__index = function() return 1 end})) do end",
    );
    check(
        "ipairs without end by a native",
        "for i in ipairs(setmetatable({}, {__index = rawlen and math.max})) do end",
    );
}

#[test]
fn growing_tables() {
    check("list", "local t, i = {}, 0 while true do i = i + 1 t[i] = i end");
    check("float keys", "local t, i = {}, 0 while true do i = i + 0.5 t[i] = i end");
    check("sparse keys", "local t, i = {}, 0 while true do i = i + 1 t[i * 1000003] = i end");
    check("tables in tables", "local t = {} while true do t = {t} end");
    check("closures in closures", "local f = function() end while true do local g = f f = function() return g end end");
    check("metatables in metatables", "local t = {} while true do t = setmetatable({}, t) end");
    check("churn", "local t = {} while true do for i = 1, 1000 do t[i % 100 .. ''] = {i} end end");
    check("big tables dropped", "while true do local t = {} for i = 1, 100000 do t[i] = i end end");
    check("big maps dropped", "while true do local t = {} for i = 1, 50000 do t[i .. ''] = i end end");
}

#[test]
fn arguments_and_results() {
    check("unpack maxint", "while true do pcall(table.unpack, {}, 1, math.maxinteger) end");
    check("unpack 1e6", "while true do pcall(table.unpack, {}, 1, 1000000) end");
    check("unpack 2e5", "while true do pcall(table.unpack, {}, 1, 200000) end");
    check(
        "unpack into itself",
        "local function f(...) return f(table.unpack({...}, 1, select('#', ...) * 2)) end while true do pcall(f, 1) end",
    );
    check(
        "varargs passed on",
        "local function f(n, ...) if n > 0 then return f(n - 1, ...) end return ... end while true do f(100, table.unpack({}, 1, 100000)) end",
    );
    check(
        "select in a loop",
        "local function f(...) for i = 1, select('#', ...) do local _ = select(i, ...) end end while true do f(table.unpack({}, 1, 50000)) end",
    );
    check(
        "pack of many",
        "while true do local t = {table.unpack({}, 1, 200000)} local u = table.pack(table.unpack({}, 1, 200000)) end",
    );
    check(
        "max of many",
        "while true do math.max(0, table.unpack(setmetatable({}, {__index = function(_, k) return k end}), 1, 10000)) end",
    );
    check(
        "yield of many",
        "local c = coroutine.wrap(function() while true do coroutine.yield(table.unpack({}, 1, 100000)) end end) while true do c() end",
    );
    check("pcall of many", "while true do pcall(pcall, pcall, pcall, select, '#', table.unpack({}, 1, 200000)) end");
    check("print of many", "while true do print(table.unpack({}, 1, 200000)) end");
}

#[test]
fn sorting() {
    check(
        "sort of many",
        "local t = {} for i = 1, 100000 do t[i] = (i * 7919) % 100003 end while true do table.sort(t) table.sort(t, function(a, b) return a > b end) end",
    );
    check(
        "sort by chance",
        "local t = {} for i = 1, 1000 do t[i] = i end while true do pcall(table.sort, t, function() return math.random() < 0.5 end) end",
    );
    check(
        "sort by always",
        "local t = {} for i = 1, 1000 do t[i] = i end while true do pcall(table.sort, t, function() return true end) end",
    );
    check("sort of equal", "local t = {} for i = 1, 100000 do t[i] = 1 end while true do table.sort(t) end");
    check(
        "sort of big strings",
        "local t, s = {}, string.rep('x', 100000) for i = 1, 200 do t[i] = s .. i end while true do table.sort(t) end",
    );
    check(
        "sort with false length",
        "while true do pcall(table.sort, setmetatable({}, {__len = function() return 1 << 30 end, __index = function() return 1 end, __newindex = function() end})) end",
    );
    check(
        "sort of the organ pipe",
        "local t = {} while true do for i = 1, 20000 do t[i] = i < 10000 and i or 20000 - i end table.sort(t) end",
    );
    check(
        "sort that sorts",
        "local t = {3, 1, 2} local function less(a, b) table.sort(t, less) return a < b end while true do pcall(table.sort, t, less) end",
    );
}

#[test]
fn deep_structures() {
    check(
        "deep pcall",
        "local f = error for i = 1, 100000 do local g = f f = function() return pcall(g) end end while true do f() end",
    );
    check(
        "deep comparison",
        "local mt = {} mt.__eq = function(a, b) return a[1] == b[1] end local a, b = {}, {} for i = 1, 100000 do a, b = setmetatable({a}, mt), setmetatable({b}, mt) end while true do pcall(function() return a == b end) end",
    );
    check(
        "deep concat",
        "local mt = {} mt.__concat = function(a, b) return setmetatable({}, mt) .. 'x' end while true do pcall(function() return setmetatable({}, mt) .. 'x' end) end",
    );
    check(
        "long concat",
        "local mt = {__concat = function(a, b) return 'x' end} local t = setmetatable({}, mt) while true do local _ = t .. t .. t .. t .. t .. t .. t .. t .. t .. t end",
    );
    check("collect in a loop", "local t = {} for i = 1, 100000 do t[i] = {} end while true do collectgarbage() end");
    check("count in a loop", "while true do collectgarbage('count') end");
    check(
        "step in a loop",
        "local t = {} for i = 1, 100000 do t[i] = {} end while true do pcall(collectgarbage, 'step') end",
    );
}

#[test]
fn deep_sources_do_not_overflow_the_compiler() {
    let mut lua = Lua::new();
    for (open, close) in [
        ("(", ")"),
        ("{", "}"),
        ("function() return ", " end"),
        ("- ", ""),
        ("not ", ""),
        ("#", ""),
        ("a[", "]"),
        ("f(", ")"),
        ("1 .. ", ""),
        ("2 ^ ", ""),
        ("{{", "}}"),
    ] {
        let source = format!("return {}1{}", open.repeat(200_000), close.repeat(200_000));
        let start = Clock::start();
        let loaded = lua.load("=deep", source);
        assert!(start.elapsed() < 4 * SLOWEST, "{open}: {:?}", start.elapsed());
        assert_eq!(loaded.map(|_| ()).map_err(|error| error.kind()), Err(ErrorKind::Syntax), "{open}");
    }
    for (open, close) in [
        ("do ", " end"),
        ("while true do ", " end"),
        ("if true then ", " end"),
        ("repeat ", " until true"),
        ("for i = 1, 2 do ", " end"),
    ] {
        let source = format!("{}{}", open.repeat(200_000), close.repeat(200_000));
        assert_eq!(
            lua.load("=deep", source).map(|_| ()).map_err(|error| error.kind()),
            Err(ErrorKind::Syntax),
            "{open}"
        );
    }
}

#[test]
fn big_strings_compared() {
    let setup = "local a, b = string.rep('x', 20000000) .. 'a', string.rep('x', 20000000) .. 'a' ";
    check_endless("big == big", &format!("{setup} while true do local _ = a == b end"));
    check_endless("big < big", &format!("{setup} while true do local _ = a < b end"));
    check_endless("big <= big", &format!("{setup} while true do local _ = a <= b end"));
    check_endless("big as key", &format!("{setup} local t = {{[a] = 1}} while true do local _ = t[b] end"));
    check_endless("rawequal of big", &format!("{setup} while true do rawequal(a, b) end"));
    check_endless("big to number", "local s = string.rep('1', 2000000) while true do local _ = tonumber(s) end");
    check_endless(
        "big to number by arithmetic",
        "local s = string.rep(' ', 20000000) .. '1' while true do pcall(function() return s + 1 end) end",
    );
    check_endless("big in base 36", "local s = string.rep('z', 20000000) while true do local _ = tonumber(s, 36) end");
}

#[test]
fn wide_closures() {
    let names: Vec<String> = (0..150).map(|at| format!("u{at}")).collect();
    let names = names.join(", ");
    let source = "local all, NAMES = {} while true do all[#all + 1] = function() return NAMES end end";
    check_memory("wide closures", &source.replace("NAMES", &names));
}

// -- natives that call natives ---------------------------------------------------------------------------

#[test]
fn natives_that_call_natives() {
    let metamethods = "local o = setmetatable({}, {__add = getmetatable('').__add})";
    check_endless("coercion", &format!("{metamethods} while true do pcall(function() return 'x' + o end) end"));
    check_endless(
        "table.move by natives",
        "local from, to = setmetatable({}, {__index = type}), setmetatable({}, {__newindex = type})
        table.move(from, 1, 1 << 62, 1, to)",
    );
    check("load from a native", "load(math.random)");
    check_endless("gsub by a native", "local s = ('x'):rep(4000000) while true do s:gsub('.', type) end");
    check_endless(
        "__call of __call",
        "local f = print for _ = 1, 150 do f = setmetatable({}, {__call = f}) end
        local t = {} for i = 1, 5000 do t[i] = i end
        while true do pcall(f, table.unpack(t)) end",
    );
}

// -- work that only looks small --------------------------------------------------------------------------

#[test]
fn messages_about_big_strings() {
    let big = "local s = ('x'):rep(20000000)";
    check_endless("error of a big string", &format!("{big} while true do pcall(error, s) end"));
    check_endless("assert of a big string", &format!("{big} while true do pcall(assert, false, s) end"));
    check_endless(
        "big __name",
        &format!("{big} local o = setmetatable({{}}, {{__name = s}}) while true do tostring(o) end"),
    );
    check_endless("big option", &format!("{big} while true do pcall(collectgarbage, s) end"));
    check_endless(
        "big field",
        "local s = ('\\xff'):rep(8000000) while true do pcall(function() string[s] = 1 end) end",
    );
}

#[test]
fn far_items_of_emptied_lists() {
    let list = "local n, t = 1000000, {} for i = 1, n do t[i] = 1 end";
    check_endless("trim", &format!("{list} for i = 1, n do t[i] = nil end while true do t[n] = 1 t[n] = nil end"));
    check_endless("count", &format!("{list} local i = 0 while true do i = i + 1 t[-i] = 1 t[-i] = nil end"));
    check_endless("count far", &format!("{list} local i = n while true do i = i + 2 t[i] = 1 t[i] = nil end"));
}

#[test]
fn deep_stacks_that_are_paused() {
    let deep = "local function deep(n, f) if n == 0 then return f() end return 1 + deep(n - 1, f) end";
    check_endless("loop in the deep", &format!("{deep} deep(180000, function() while true do end end)"));
    check_endless(
        "yields in the deep",
        &format!("{deep} deep(180000, function() while true do coroutine.yield() end end)"),
    );
}

#[test]
fn big_keys() {
    let keys = "local a, b = ('x'):rep(1 << 20), ('x'):rep(1 << 20) local t = {[a] = 1}";
    check_endless("rawget", &format!("{keys} while true do rawget(t, b) end"));
    check_endless("rawset", &format!("{keys} while true do rawset(t, b, 1) end"));
    check_endless("next", &format!("{keys} while true do next(t, b) end"));
    let chain = "t[a] = nil for _ = 1, 1500 do local n = setmetatable({}, {__index = t}) n[a] = 1 n[a] = nil t = n end";
    check_endless("chain", &format!("{keys} {chain} while true do local _ = t[b] end"));
    let constant = "x".repeat(1 << 20);
    check_endless("constant", &format!("local s = ('x'):rep(1 << 20) while true do local _ = s == '{constant}' end"));
}

#[test]
fn sleeping_coroutines_count_with_what_they_take() {
    // What each takes at least, of which as many as there are must fit below the limit.
    for (bytes, body) in [
        (300, "coroutine.yield()"),
        (500, "local a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p = 1 coroutine.yield() return p"),
        (700, "return pcall(string.gsub, 'x', 'x', function() coroutine.yield() end)"),
    ] {
        let source = format!(
            "made = 0  local all, body = {{}}, function() {body} end
            while true do
                local co = coroutine.create(body)
                coroutine.resume(co)
                made = made + 1
                all[made] = co
            end"
        );
        assert_eq!(check("sleepers", &source.replace("while true", "while made < 1000")), Some(Ok(())));
        let mut lua = Lua::new();
        lua.set_memory_limit(LIMIT);
        let task = lua.load("=sleepers", &source).and_then(|chunk| lua.spawn(&chunk, ())).expect("it works");
        let end = lua.resume(&task, &mut (), u64::MAX).map(|_| ()).map_err(|error| error.kind());
        assert_eq!(end, Err(ErrorKind::Memory), "{body}");
        let made: usize = lua.load("=made", "return made").expect("it works").call(&mut lua, ()).expect("it works");
        assert!(made > 1000 && made * bytes <= LIMIT, "{body}: {made} of at least {bytes} bytes");
    }
}
