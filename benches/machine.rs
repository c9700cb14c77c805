//! What single operations of the machine cost, in nanoseconds: calls both ways, resume and yield, tables, closures,
//! strings, collections.
//!
//!     cargo bench --no-default-features --bench machine              all of them
//!     cargo bench --no-default-features --bench machine -- resume    those with this in their name
//!
//! What scripts do is measured in a loop of the script itself, so each such figure contains a turn of an empty loop,
//! which is measured as `lua/empty loop`. Whole programs are measured by `benches/compare.sh`.

use std::hint::black_box;
use std::ops::Range;
use std::time::{Duration, Instant};

use criterion::{Criterion, criterion_group, criterion_main};
use deimos::{Context, Error, Function, IntoLua, Lua, Native, Poll, Progress, Table, Thread, Value};

/// Operations in one visit of the arena, where they are done from Rust: the collector works between visits.
const VISIT: u64 = 1_000;

/// Fuel for one resume; far more than a turn of a loop takes.
const FUEL: u64 = 1_000;

/// Operations of scripts: a name, and a chunk that returns a function which does the operation as often as it is told.
/// `typed` and `raw` are native functions of one argument.
const SCRIPTS: [(&str, &str); 28] = [
    ("lua/empty loop", "return function(n) for _ = 1, n do end end"),
    ("lua/call", "local function f(a) return a end return function(n) local f = f for i = 1, n do f(i) end end"),
    ("lua/call method", "local o = { m = function(self, a) return a end } return function(n) local o = o for i = 1, n do o:m(i) end end"),
    (
        "lua/call inherited method",
        "local o = setmetatable({}, { __index = { m = function(self, a) return a end } })
        return function(n) local o = o for i = 1, n do o:m(i) end end",
    ),
    ("lua/call varargs", "local function f(...) return ... end return function(n) local f = f for i = 1, n do f(i, i) end end"),
    ("lua/pcall", "local function f(a) return a end return function(n) local f, p = f, pcall for i = 1, n do p(f, i) end end"),
    ("lua/call typed native", "return function(n) local f = typed for i = 1, n do f(i) end end"),
    ("lua/call raw native", "return function(n) local f = raw for i = 1, n do f(i) end end"),
    ("lua/call library function", "return function(n) local f = math.abs for i = 1, n do f(i) end end"),
    (
        "lua/resume and yield",
        "local co = coroutine.create(function() local yield = coroutine.yield while true do yield() end end)
        return function(n) local resume, co = coroutine.resume, co for _ = 1, n do resume(co) end end",
    ),
    (
        "lua/wrap and yield with a value",
        "local co = coroutine.wrap(function(x) local yield = coroutine.yield while true do x = yield(x) end end)
        return function(n) local co = co for i = 1, n do co(i) end end",
    ),
    (
        "lua/create and finish a coroutine",
        "local function f() end
        return function(n) local create, resume = coroutine.create, coroutine.resume for _ = 1, n do resume(create(f)) end end",
    ),
    ("lua/get field", "local t = { x = 1, y = 2, z = 3 } return function(n) local t = t for _ = 1, n do local _ = t.z end end"),
    ("lua/set field", "local t = { x = 1, y = 2, z = 3 } return function(n) local t = t for i = 1, n do t.z = i end end"),
    ("lua/get absent field", "local t = { x = 1, y = 2, z = 3 } return function(n) local t = t for _ = 1, n do local _ = t.w end end"),
    ("lua/get global", "value = 1 return function(n) for _ = 1, n do local _ = value end end"),
    (
        "lua/get array item",
        "local t = {} for i = 1, 1024 do t[i] = i end return function(n) local t = t for i = 1, n do local _ = t[i % 1024 + 1] end end",
    ),
    (
        "lua/set array item",
        "local t = {} for i = 1, 1024 do t[i] = i end return function(n) local t = t for i = 1, n do t[i % 1024 + 1] = i end end",
    ),
    ("lua/append", "return function(n) local t = {} for i = 1, n do if i % 1024 == 0 then t = {} end t[#t + 1] = i end end"),
    (
        "lua/get by string key",
        "local t, keys = {}, {} for i = 1, 1024 do keys[i] = 'key' .. i t[keys[i]] = i end
        return function(n) local t, keys = t, keys for i = 1, n do local _ = t[keys[i % 1024 + 1]] end end",
    ),
    (
        "lua/set by string key",
        "local t, keys = {}, {} for i = 1, 1024 do keys[i] = 'key' .. i t[keys[i]] = i end
        return function(n) local t, keys = t, keys for i = 1, n do t[keys[i % 1024 + 1]] = i end end",
    ),
    (
        "lua/get by table key",
        "local t, keys = {}, {} for i = 1, 1024 do keys[i] = {} t[keys[i]] = i end
        return function(n) local t, keys = t, keys for i = 1, n do local _ = t[keys[i % 1024 + 1]] end end",
    ),
    ("lua/create closure", "return function(n) for i = 1, n do local _ = function() return i end end end"),
    ("lua/create empty table", "return function(n) for _ = 1, n do local _ = {} end end"),
    ("lua/create table of three fields", "return function(n) for i = 1, n do local _ = { x = i, y = i, z = i } end end"),
    ("lua/create table of three items", "return function(n) for i = 1, n do local _ = { i, i, i } end end"),
    ("lua/concatenate to a new string", "return function(n) for i = 1, n do local _ = 'item ' .. i end end"),
    ("lua/concatenate to a known string", "local s = 'd' return function(n) local s = s for _ = 1, n do local _ = 'known wor' .. s end end"),
];

/// Gives scripts the functions `typed` and `raw`.
fn add_natives(lua: &mut Lua) -> Result<(), Error> {
    let typed = lua.function("typed", |a: i64| a);
    lua.set_global("typed", typed)?;
    let raw = lua.enter(|ctx| {
        ctx.stash(Native::new(ctx, "raw", |call| {
            let value = call.arg(0);
            call.ret1(value)
        }))
    });
    lua.set_global("raw", &raw)
}

/// A machine, and what a chunk returned on it.
fn run(source: &str) -> (Lua, Function) {
    let mut lua = Lua::new();
    let function = add_natives(&mut lua)
        .and_then(|()| lua.load("=bench", source))
        .and_then(|chunk| chunk.call(&mut lua, ()))
        .expect("the chunk runs");
    (lua, function)
}

fn scripts(criterion: &mut Criterion) {
    for (name, source) in SCRIPTS {
        criterion.bench_function(name, |bencher| {
            let (mut lua, function) = run(source);
            bencher.iter_custom(|times| {
                let began = Instant::now();
                let done = function.call::<()>(&mut lua, i64::try_from(times).unwrap_or(i64::MAX));
                let took = began.elapsed();
                done.expect("the function runs");
                took
            });
        });
    }
}

/// Times what is done so many times in visits of the arena. The collector's work between visits is not counted.
fn time_visits(lua: &mut Lua, times: u64, visit: impl for<'gc> Fn(Context<'gc>, Range<u64>)) -> Duration {
    let mut took = Duration::ZERO;
    let mut begin = 0;
    while begin < times {
        let end = times.min(begin + VISIT);
        let began = Instant::now();
        lua.enter(|ctx| visit(ctx, begin..end));
        took += began.elapsed();
        lua.collect();
        begin = end;
    }
    took
}

// -- from Rust ---------------------------------------------------------------------------------------

const YIELDS: &str = "return function() local yield = coroutine.yield while true do yield() end end";

fn resume(criterion: &mut Criterion) {
    // What a host does for each task: one visit, and the collector's share of work.
    criterion.bench_function("rust/resume a task and yield", |bencher| {
        let mut lua = Lua::new();
        let chunk = lua.load("=bench", "local yield = coroutine.yield while true do yield() end").expect("it compiles");
        let task = lua.spawn(&chunk, ()).expect("it is spawned");
        bencher.iter(|| assert!(matches!(lua.resume(&task, &mut (), FUEL), Ok(Poll::Yielded(_)))));
    });
    // What a scheduler does that resumes many tasks in one visit, such as the plugin's.
    criterion.bench_function("rust/resume and yield within a visit", |bencher| {
        let (mut lua, body) = run(YIELDS);
        let thread = lua.enter(|ctx| {
            let body = (&body).into_lua(ctx).expect("it is of this machine");
            ctx.stash(Thread::new(ctx, body))
        });
        bencher.iter_custom(|times| {
            time_visits(&mut lua, times, |ctx, turns| {
                let Value::Thread(thread) = ctx.fetch(&thread) else { return };
                let mut results = Vec::new();
                for _ in turns {
                    let mut fuel = FUEL.cast_signed();
                    let progress = ctx.resume(thread, &[], &mut (), &mut fuel, &mut results);
                    assert!(matches!(progress, Ok(Progress::Yielded)));
                }
            })
        });
    });
    criterion.bench_function("rust/make a coroutine and run it to its end", |bencher| {
        let (mut lua, body) = run("return function() end");
        bencher.iter_custom(|times| {
            time_visits(&mut lua, times, |ctx, turns| {
                let body = (&body).into_lua(ctx).expect("it is of this machine");
                let mut results = Vec::new();
                for _ in turns {
                    let mut fuel = FUEL.cast_signed();
                    let progress = ctx.resume(Thread::new(ctx, body), &[], &mut (), &mut fuel, &mut results);
                    assert!(matches!(progress, Ok(Progress::Finished)));
                }
            })
        });
    });
}

fn calls(criterion: &mut Criterion) {
    criterion.bench_function("rust/call a function", |bencher| {
        let (mut lua, function) = run("return function(a) return a end");
        bencher.iter(|| function.call::<i64>(&mut lua, black_box(7)).expect("it runs"));
    });
    criterion.bench_function("rust/visit the arena", |bencher| {
        let mut lua = Lua::new();
        bencher.iter(|| lua.enter(|ctx| black_box(ctx.globals().len())));
    });
    criterion.bench_function("rust/stash and drop a handle", |bencher| {
        let mut lua = Lua::new();
        bencher.iter_custom(|times| {
            time_visits(&mut lua, times, |ctx, turns| turns.for_each(|_| drop(black_box(ctx.stash(ctx.globals())))))
        });
    });
}

fn tables(criterion: &mut Criterion) {
    criterion.bench_function("rust/get a field", |bencher| {
        let mut lua = Lua::new();
        bencher.iter_custom(|times| {
            time_visits(&mut lua, times, |ctx, turns| {
                let (globals, key) = (ctx.globals(), ctx.text("print"));
                turns.for_each(|_| assert!(!globals.get(ctx, black_box(key)).is_nil()));
            })
        });
    });
    criterion.bench_function("rust/set a field", |bencher| {
        let mut lua = Lua::new();
        bencher.iter_custom(|times| {
            time_visits(&mut lua, times, |ctx, turns| {
                let (table, key) = (Table::new(ctx), ctx.text("x"));
                for turn in turns {
                    table.set(ctx, black_box(key), Value::Integer(turn.cast_signed())).expect("it is not frozen");
                }
            })
        });
    });
    criterion.bench_function("rust/create a table", |bencher| {
        let mut lua = Lua::new();
        bencher.iter_custom(|times| {
            time_visits(&mut lua, times, |ctx, turns| {
                for _ in turns {
                    black_box(Table::new(ctx));
                }
            })
        });
    });
}

fn strings(criterion: &mut Criterion) {
    criterion.bench_function("rust/intern a known string", |bencher| {
        let mut lua = Lua::new();
        bencher.iter_custom(|times| {
            time_visits(&mut lua, times, |ctx, turns| {
                let known = ctx.string(b"translation");
                turns.for_each(|_| assert!(ctx.string(black_box(b"translation")).same(known)));
            })
        });
    });
    criterion.bench_function("rust/intern a new string", |bencher| {
        let mut lua = Lua::new();
        bencher.iter_custom(|times| {
            time_visits(&mut lua, times, |ctx, turns| {
                for turn in turns {
                    black_box(ctx.string(&turn.to_le_bytes()));
                }
            })
        });
    });
}

fn collections(criterion: &mut Criterion) {
    for (name, source) in [
        ("gc/full collection, nothing but the libraries", "return function() end"),
        (
            "gc/full collection, 100000 tables of one field",
            "local all = {} for i = 1, 100000 do all[i] = { x = i } end return function() return all end",
        ),
        (
            "gc/full collection, 100000 strings",
            "local all = {} for i = 1, 100000 do all[i] = 'item ' .. i end return function() return all end",
        ),
    ] {
        criterion.bench_function(name, |bencher| {
            let (mut lua, _alive) = run(source);
            bencher.iter(|| lua.collect_full());
        });
    }
}

criterion_group! {
    name = machine;
    config = Criterion::default().sample_size(50).warm_up_time(Duration::from_millis(500)).measurement_time(Duration::from_secs(1));
    targets = resume, calls, tables, strings, scripts, collections
}
criterion_main!(machine);
