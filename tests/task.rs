//! Tasks: coroutines that the host runs, suspends, and ends.

use deimos::{Action, Error, ErrorKind, Handle, Lua, Native, Poll, Progress, Thread, Value};

/// A task at the arena's own level, with the values that go in and out shown as text.
struct Run {
    lua: Lua,
    thread: Handle,
}

impl Run {
    /// A task of a chunk; `wait(…)` suspends it, and `log(…)` adds to the global list `logged`.
    fn new(source: &str) -> Run {
        let mut lua = Lua::new();
        let chunk = lua.load("=task", source).expect("it works");
        let thread = lua.enter(|ctx| {
            let wait = Native::new(ctx, "wait", |call| {
                call.leave_args(0);
                Ok(Action::Suspend)
            });
            ctx.globals().set_field(ctx, "wait", Value::Native(wait)).expect("it works");
            let function = chunk.function(ctx, Value::Table(ctx.globals()));
            ctx.stash(Thread::new(ctx, Value::Closure(function)))
        });
        lua.load("=log", "logged = '' function log(x) logged = logged .. tostring(x) .. ' ' end")
            .expect("it works")
            .call::<()>(&mut lua, ())
            .expect("it works");
        Run { lua, thread }
    }

    fn resume(&mut self, args: &[i64], fuel: i64) -> String {
        let shown = self.lua.enter(|ctx| {
            let Value::Thread(thread) = ctx.fetch(&self.thread) else { panic!("no thread") };
            let args: Vec<Value<'_>> = args.iter().copied().map(Value::Integer).collect();
            let mut results = Vec::new();
            let progress = match ctx.resume(thread, &args, &mut (), &mut { fuel }, &mut results) {
                Ok(Progress::Finished) => "finished",
                Ok(Progress::Yielded) => "yielded",
                Ok(Progress::Suspended) => "suspended",
                Ok(Progress::OutOfFuel) => "out of fuel",
                Err(raised) => return format!("error {}", ctx.plain_string(raised.to_value(ctx)).to_text()),
            };
            results.iter().fold(progress.to_owned(), |text, value| text + " " + &ctx.plain_string(*value).to_text())
        });
        self.lua.collect_full();
        shown
    }

    fn logged(&mut self) -> String {
        self.lua.load("=logged", "return logged").expect("it works").call(&mut self.lua, ()).expect("it works")
    }
}

/// Resumes a task with each list of values in turn and checks what it answers.
fn check(source: &str, turns: &[(&[i64], &str)]) {
    for fuel in [1, 1_000_000] {
        let mut run = Run::new(source);
        for (args, expected) in turns {
            let mut seen = run.resume(args, fuel);
            while seen == "out of fuel" {
                seen = run.resume(&[], fuel);
            }
            assert_eq!(seen, *expected, "with {fuel} fuel a slice");
        }
    }
}

#[test]
fn values_go_in_and_out() {
    check(
        "local a, b = ... local c = coroutine.yield(a + b) return c, c * 2",
        &[(&[1, 2], "yielded 3"), (&[5], "finished 5 10"), (&[], "error cannot resume dead coroutine")],
    );
    check("return select('#', ...)", &[(&[], "finished 0")]);
    check(
        "for i = 1, 2 do coroutine.yield() end",
        &[(&[], "yielded"), (&[], "yielded"), (&[], "finished"), (&[], "error cannot resume dead coroutine")],
    );
}

#[test]
fn suspends_from_anywhere() {
    check("return 'got', wait('a', 'b')", &[(&[], "suspended a b"), (&[7, 8], "finished got 7 8")]);
    check(
        "return coroutine.wrap(function() return coroutine.wrap(function() return wait('deep') + 1 end)() + 1 end)()",
        &[(&[], "suspended deep"), (&[40], "finished 42")],
    );
    check(
        "return pcall(function() error(wait('in pcall')) end)",
        &[(&[], "suspended in pcall"), (&[9], "finished false 9")],
    );
    check(
        "local t = setmetatable({}, {__add = function() return wait('add') end, __index = function(_, k) return wait(k) end}) return t + 1, t.x",
        &[(&[], "suspended add"), (&[1], "suspended x"), (&[2], "finished 1 2")],
    );
    check(
        "local t = {2, 1} table.sort(t, function(a, b) return a < wait(b) end) return 'sorted'",
        &[(&[], "suspended 2"), (&[0], "finished sorted")],
    );
    check(
        "local co = coroutine.wrap(function() coroutine.yield(wait('w')) return 'end' end) return co(), co()",
        &[(&[], "suspended w"), (&[5], "finished 5 end")],
    );
    check(
        "for i in function(_, i) return wait(i) end do end return 'over'",
        &[(&[], "suspended nil"), (&[1], "suspended 1"), (&[], "finished over")],
    );
    check(
        "do local c <close> = setmetatable({}, {__close = function() wait('close') end}) end return 1",
        &[(&[], "suspended close"), (&[], "finished 1")],
    );
    check(
        "return xpcall(error, function(m) return wait(m) end, 'm')",
        &[(&[], "suspended m"), (&[3], "finished false 3")],
    );
    check(
        "return tostring(setmetatable({}, {__tostring = function() wait('ts') return 's' end}))",
        &[(&[], "suspended ts"), (&[], "finished s")],
    );
    check(
        "return coroutine.resume(coroutine.create(function() wait('r') error('e', 0) end))",
        &[(&[], "suspended r"), (&[], "finished false e")],
    );
}

#[test]
fn coroutines_keep_their_status_over_a_suspension() {
    check(
        "local inner, outer outer = coroutine.running() inner = coroutine.create(function() wait() return coroutine.status(outer), coroutine.status(inner) end) local _, a, b = coroutine.resume(inner) return a, b, coroutine.status(inner), coroutine.status(outer)",
        &[(&[], "suspended"), (&[], "finished normal running dead running")],
    );
}

#[test]
fn tasks_interleave() {
    let mut lua = Lua::new();
    let source =
        "local name = ... for i = 1, 3 do order = (order or '') .. name .. i .. ' ' coroutine.yield(i) end return name";
    let chunk = lua.load("=two", source).unwrap();
    let tasks = ["a", "b"].map(|name| lua.spawn(&chunk, name).unwrap());
    for turn in 1..=3_i64 {
        for task in &tasks {
            let Poll::Yielded(values) = lua.resume(task, &mut (), 1_000).unwrap() else { panic!("it did not yield") };
            assert_eq!(values.get::<i64>(&mut lua, 0).unwrap(), turn);
        }
    }
    for (task, name) in tasks.iter().zip(["a", "b"]) {
        let Poll::Finished(values) = lua.resume(task, &mut (), 1_000).unwrap() else { panic!("it did not finish") };
        assert_eq!(values.get::<String>(&mut lua, 0).unwrap(), name);
    }
    let order: String = lua.load("=order", "return order").unwrap().call(&mut lua, ()).unwrap();
    assert_eq!(order, "a1 b1 a2 b2 a3 b3 ");
}

#[test]
fn paused_tasks_share_nothing_but_globals() {
    let mut lua = Lua::new();
    let chunk = lua.load("=p", "local n = 0 for i = 1, 500 do n = n + select('#', ...) * i end return n").unwrap();
    let tasks: Vec<_> = (0..10).map(|count| lua.spawn(&chunk, deimos::Variadic(vec![1; count])).unwrap()).collect();
    let mut left: Vec<usize> = (0..10).collect();
    while !left.is_empty() {
        left.retain(|at| match lua.resume(&tasks[*at], &mut (), 13).unwrap() {
            Poll::Finished(values) => {
                assert_eq!(values.get::<usize>(&mut lua, 0).unwrap(), at * 125_250);
                false
            }
            _ => true,
        });
    }
}

#[test]
fn cancelling_closes() {
    let source = "local function guard(name) return setmetatable({}, {__close = function(_, e) log(name) log(e) end}) end local a <close> = guard('a') local b <close> = guard('b') while true do coroutine.yield() end";
    for ends_by_fuel in [false, true] {
        let mut run = Run::new(
            &source.replace("coroutine.yield()", if ends_by_fuel { "local x = 1" } else { "coroutine.yield()" }),
        );
        run.resume(&[], 1_000);
        let closed = run.lua.enter(|ctx| {
            let Value::Thread(thread) = ctx.fetch(&run.thread) else { panic!("no thread") };
            ctx.close(thread, &mut (), &mut 1_000, &mut Vec::new()).map_err(|raised| Error::from_raised(ctx, &raised))
        });
        assert_eq!(closed.unwrap(), Progress::Finished);
        assert_eq!(run.logged(), "b nil a nil ");
        assert_eq!(run.resume(&[], 1_000), "error cannot resume dead coroutine");
    }
}

#[test]
fn cancelling_does_not_wait_for_ever() {
    let mut lua = Lua::new();
    let chunk = lua
        .load(
            "=c",
            "local c <close> = setmetatable({}, {__close = function() while true do end end}) coroutine.yield()",
        )
        .unwrap();
    let task = lua.spawn(&chunk, ()).unwrap();
    assert!(matches!(lua.resume(&task, &mut (), 1_000), Ok(Poll::Yielded(_))));
    lua.cancel(&task, &mut (), 10_000).unwrap();
    assert_eq!(lua.resume(&task, &mut (), 1_000).unwrap_err().message(), "cannot resume dead coroutine");
}

#[test]
fn an_error_while_cancelling_is_reported() {
    let mut lua = Lua::new();
    let chunk = lua
        .load(
            "=c",
            "local c <close> = setmetatable({}, {__close = function() error('in close') end}) coroutine.yield()",
        )
        .unwrap();
    let task = lua.spawn(&chunk, ()).unwrap();
    assert!(matches!(lua.resume(&task, &mut (), 1_000), Ok(Poll::Yielded(_))));
    let error = lua.cancel(&task, &mut (), 10_000).unwrap_err();
    assert_eq!((error.kind(), error.message()), (ErrorKind::Runtime, "c:1: in close"));
    assert_eq!(lua.resume(&task, &mut (), 1_000).unwrap_err().message(), "cannot resume dead coroutine");
}

#[test]
fn cancelling_what_has_not_begun_or_is_done() {
    let mut lua = Lua::new();
    let chunk = lua.load("=c", "ran = true").unwrap();
    let task = lua.spawn(&chunk, ()).unwrap();
    lua.cancel(&task, &mut (), 1_000).unwrap();
    assert!(lua.load("=ran", "return ran == nil").unwrap().call::<bool>(&mut lua, ()).unwrap());
    assert_eq!(lua.resume(&task, &mut (), 1_000).unwrap_err().message(), "cannot resume dead coroutine");
    let task = lua.spawn(&chunk, ()).unwrap();
    assert!(matches!(lua.resume(&task, &mut (), 1_000), Ok(Poll::Finished(_))));
    lua.cancel(&task, &mut (), 1_000).unwrap();
    lua.cancel(&task, &mut (), 1_000).unwrap();
}

#[test]
fn main_tasks_cannot_yield() {
    let mut lua = Lua::new();
    let chunk = lua.load("=m", "return pcall(coroutine.yield, 1)").unwrap();
    let seen: (bool, String) = chunk.call(&mut lua, ()).unwrap();
    assert_eq!(seen, (false, "attempt to yield from outside a coroutine".into()));
    let seen: (bool, bool) = lua
        .load("=m", "return coroutine.isyieldable(), select(2, coroutine.running())")
        .unwrap()
        .call(&mut lua, ())
        .unwrap();
    assert_eq!(seen, (false, true));
}

#[test]
fn a_native_cannot_resume_a_task() {
    let mut lua = Lua::new();
    lua.enter(|ctx| {
        let resume = Native::new(ctx, "resume", |call| {
            let thread = call.check::<Thread<'_>>(0)?;
            let ctx = call.ctx;
            ctx.resume(thread, &[], &mut (), &mut 1_000, &mut Vec::new())?;
            call.ret1(true)
        });
        ctx.globals().set_field(ctx, "resume", Value::Native(resume)).unwrap();
    });
    let source = "local co = coroutine.create(function() return 1 end) local ok, e = pcall(resume, co) return ok, e, coroutine.status(co), select(2, coroutine.resume(co))";
    let seen: (bool, String, String, i64) = lua.load("=r", source).unwrap().call(&mut lua, ()).unwrap();
    assert_eq!(
        seen,
        (false, "a native function cannot resume a task: the machine is running".into(), "suspended".into(), 1)
    );
}

#[test]
fn a_script_may_hold_and_resume_a_task_of_the_host() {
    check(
        "local self = coroutine.running() return coroutine.resume(self)",
        &[(&[], "finished false cannot resume non-suspended coroutine")],
    );
}
