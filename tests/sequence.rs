//! Native functions that go on after a call: the three kinds of callback, and each action of a sequence, used from every
//! place a script can call from.

use deimos::{Action, Call, Collect, Context, Lua, Native, Raised, Sequence, Thread, Value};

/// Runs a chunk with the natives of this file as globals, whole and in slices of one unit of fuel, and checks the text of
/// what it returns.
fn check(source: &str, expected: &str) {
    for fuel in [u64::MAX, 1] {
        let mut lua = Lua::new();
        lua.enter(define);
        let chunk = lua.load("=sequence", format!("local function show(...) local t = table.pack(...) for i = 1, t.n do t[i] = tostring(t[i]) end return table.concat(t, ' ') end return show((function() {source} end)())")).expect("it works");
        let task = lua.spawn(&chunk, ()).expect("it works");
        let outcome = loop {
            match lua.resume(&task, &mut (), fuel) {
                Ok(deimos::Poll::Finished(values)) => break values.get::<String>(&mut lua, 0).expect("it works"),
                Ok(deimos::Poll::OutOfFuel) => lua.collect_full(),
                Ok(deimos::Poll::Yielded(values)) => break format!("yielded {}", values.len()),
                Err(error) => break error.message().to_owned(),
            }
        };
        assert_eq!(outcome, expected, "with {fuel} fuel a slice");
    }
}

type Outcome<'gc> = Result<Action<'gc>, Raised<'gc>>;

fn define(ctx: Context<'_>) {
    let natives = [
        Native::new(ctx, "at_once", |call| call.ret(&[call.arg(1), call.arg(0)])),
        Native::new(ctx, "apply", apply),
        Native::new(ctx, "map", map),
        Native::new(ctx, "tail", |call| {
            call.leave_args(0);
            Ok(Action::TailCall)
        }),
        Native::new(ctx, "try", |call| {
            call.leave_args(0);
            Ok(Action::CallThen(Box::new(Try)))
        }),
        Native::new(ctx, "count_to", |call| {
            call.leave_args(0);
            Ok(Action::Start(Box::new(CountTo { at: 0 })))
        }),
        Native::new(ctx, "yield_twice", |call| {
            call.leave_args(0);
            Ok(Action::Start(Box::new(YieldTwice { turn: 0 })))
        }),
        Native::new(ctx, "drain", |call| {
            let thread = call.check::<Thread<'_>>(0)?;
            call.leave(&[]);
            Ok(Action::Start(Box::new(Drain { thread, seen: Vec::new(), is_begun: false })))
        }),
        Native::new(ctx, "then_tail", |call| {
            call.leave_args(1);
            Ok(Action::CallThen(Box::new(ThenTail { function: call.arg(0) })))
        }),
        Native::new(ctx, "fail_later", |call| {
            call.leave_args(0);
            Ok(Action::CallThen(Box::new(FailLater)))
        }),
        Native::new(ctx, "nothing", |call| {
            call.leave(&[]);
            Ok(Action::TailCall)
        }),
    ];
    for native in natives {
        ctx.globals().set(ctx, Value::String(native.name()), Value::Native(native)).expect("it works");
    }
}

/// `apply(f, …)`: what `f(…)` returns, and how many that is.
fn apply<'gc>(call: &mut Call<'_, 'gc>) -> Outcome<'gc> {
    call.leave_args(0);
    Ok(Action::CallThen(Box::new(Apply)))
}

#[derive(Collect)]
#[collect(require_static)]
struct Apply;

impl<'gc> Sequence<'gc> for Apply {
    fn name(&self) -> &'static str {
        "apply"
    }

    fn poll(&mut self, call: &mut Call<'_, 'gc>) -> Outcome<'gc> {
        let count = call.len() as i64;
        call.leave_args(0);
        call.push(Value::Integer(count));
        Ok(Action::Return)
    }
}

/// `map(f, …)`: `f` of each argument.
fn map<'gc>(call: &mut Call<'_, 'gc>) -> Outcome<'gc> {
    let function = call.check_function(0)?;
    let todo = call.args().iter().skip(1).rev().copied().collect();
    call.leave(&[]);
    Ok(Action::Start(Box::new(Map { function, todo, done: Vec::new(), is_asked: false })))
}

#[derive(Collect)]
#[collect(no_drop)]
struct Map<'gc> {
    function: Value<'gc>,
    todo: Vec<Value<'gc>>,
    done: Vec<Value<'gc>>,
    is_asked: bool,
}

impl<'gc> Sequence<'gc> for Map<'gc> {
    fn name(&self) -> &'static str {
        "map"
    }

    fn poll(&mut self, call: &mut Call<'_, 'gc>) -> Outcome<'gc> {
        if std::mem::replace(&mut self.is_asked, true) {
            self.done.push(call.arg(0));
        }
        match self.todo.pop() {
            Some(value) => {
                call.leave(&[self.function, value]);
                Ok(Action::Call)
            }
            None => call.ret(&self.done),
        }
    }
}

/// `try(f, …)`: `'ok'` and the results, or `'caught'` and the error.
#[derive(Collect)]
#[collect(require_static)]
struct Try;

impl<'gc> Sequence<'gc> for Try {
    fn name(&self) -> &'static str {
        "try"
    }

    fn poll(&mut self, call: &mut Call<'_, 'gc>) -> Outcome<'gc> {
        call.ret(&[call.ctx.text("ok"), call.arg(0)])
    }

    fn catches(&self) -> bool {
        true
    }

    fn caught(&mut self, call: &mut Call<'_, 'gc>, error: Raised<'gc>) -> Outcome<'gc> {
        let value = error.to_value(call.ctx);
        if matches!(value, Value::Integer(_)) {
            // Once more, with what was raised.
            call.leave(&[call.ctx.globals().get(call.ctx, call.ctx.text("tostring")), value]);
            return Ok(Action::Call);
        }
        call.ret(&[call.ctx.text("caught"), value])
    }
}

/// `count_to(n)`: counts with a pause after each step; what it left is there when it goes on.
#[derive(Collect)]
#[collect(require_static)]
struct CountTo {
    at: i64,
}

impl<'gc> Sequence<'gc> for CountTo {
    fn name(&self) -> &'static str {
        "count_to"
    }

    fn poll(&mut self, call: &mut Call<'_, 'gc>) -> Outcome<'gc> {
        let Value::Integer(end) = call.arg(0) else { return Err(Raised::argument(0, "integer expected")) };
        call.charge(5);
        self.at += 1;
        if self.at < end {
            call.leave_args(0);
            return Ok(Action::Pause);
        }
        call.ret(&[Value::Integer(self.at), call.arg(1)])
    }
}

/// `yield_twice(…)`: yields its arguments, then what it was resumed with, and returns the rest.
#[derive(Collect)]
#[collect(require_static)]
struct YieldTwice {
    turn: i32,
}

impl<'gc> Sequence<'gc> for YieldTwice {
    fn name(&self) -> &'static str {
        "yield_twice"
    }

    fn poll(&mut self, call: &mut Call<'_, 'gc>) -> Outcome<'gc> {
        self.turn += 1;
        call.leave_args(0);
        Ok(if self.turn <= 2 { Action::Yield } else { Action::Return })
    }
}

/// `drain(coroutine)`: resumes it until it is dead, and returns all it yielded.
#[derive(Collect)]
#[collect(no_drop)]
struct Drain<'gc> {
    thread: Thread<'gc>,
    seen: Vec<Value<'gc>>,
    is_begun: bool,
}

impl<'gc> Sequence<'gc> for Drain<'gc> {
    fn name(&self) -> &'static str {
        "drain"
    }

    fn poll(&mut self, call: &mut Call<'_, 'gc>) -> Outcome<'gc> {
        if std::mem::replace(&mut self.is_begun, true) {
            self.seen.push(call.arg(0));
            assert!(call.resumed().is_some_and(|thread| thread.same(self.thread)));
        }
        if self.thread.status() == deimos::Status::Dead {
            return call.ret(&self.seen);
        }
        call.leave(&[Value::Integer(self.seen.len() as i64)]);
        Ok(Action::Resume(self.thread))
    }
}

/// `then_tail(g, f, …)`: `g(f(…))`, with `g` in its own place.
#[derive(Collect)]
#[collect(no_drop)]
struct ThenTail<'gc> {
    function: Value<'gc>,
}

impl<'gc> Sequence<'gc> for ThenTail<'gc> {
    fn name(&self) -> &'static str {
        "then_tail"
    }

    fn poll(&mut self, call: &mut Call<'_, 'gc>) -> Outcome<'gc> {
        let first = call.arg(0);
        call.leave(&[self.function, first]);
        Ok(Action::TailCall)
    }
}

/// `fail_later(f)`: calls `f`, then fails.
#[derive(Collect)]
#[collect(require_static)]
struct FailLater;

impl<'gc> Sequence<'gc> for FailLater {
    fn name(&self) -> &'static str {
        "fail_later"
    }

    fn poll(&mut self, _call: &mut Call<'_, 'gc>) -> Outcome<'gc> {
        Err(Raised::message("failed later"))
    }
}

#[test]
fn returns_at_once() {
    check("return at_once(1, 2)", "2 1");
    check("return (at_once(1, 2))", "2");
    check("return at_once()", "nil nil");
}

#[test]
fn tail_calls() {
    check("return tail(at_once, 1, 2)", "2 1");
    check("return tail(tail, tail, function(...) return select('#', ...), ... end, nil, nil)", "2 nil nil");
    check("return tail(setmetatable({}, {__call = function(_, x) return x end}), 7)", "7");
    check("return pcall(tail, nil)", "false attempt to call a nil value");
    check("return then_tail(string.upper, tostring, true)", "TRUE");
    check("local function f(n) if n == 0 then return 'done' end return tail(f, n - 1) end return f(1000)", "done");
}

#[test]
fn nothing_to_call_is_an_error() {
    check("return pcall(nothing)", "false a native function left nothing to call");
}

#[test]
fn goes_on_after_a_call() {
    check("return apply(function(a, b) return b, a end, 1, 2)", "2 1 2");
    check("return apply(apply, apply, at_once, 1, 2)", "2 1 2 3 4");
    check("return apply(math.max, 1, 5, 3)", "5 1");
    check("return apply(print)", "0");
    check("return map(function(x) return x * x end, 1, 2, 3)", "1 4 9");
    check("return map(map)", "");
    check("return map(function(x) return (map(function(y) return y + 1 end, x)) end, 1, 2)", "2 3");
    check("return map(tostring, 1, 'x', true, nil)", "1 x true nil");
}

#[test]
fn catches_errors() {
    check("return try(function() return 1 end)", "ok 1");
    check("return try(error, 'x')", "caught x");
    check("return try(error, 42)", "ok 42");
    check("return try(try, error, 'x')", "ok caught");
    check(
        "return try(function() local x = nil; return x.y end)",
        "caught sequence:1: attempt to index a nil value (local 'x')",
    );
    check("return try(pcall, error, 'x')", "ok false");
    check("return try(coroutine.wrap(function() error('in wrap', 0) end))", "caught in wrap");
    check("return pcall(fail_later, print)", "false failed later");
    check("return pcall(map, function() error('e', 0) end, 1)", "false e");
    check("return select(2, pcall(function() fail_later(print) end))", "sequence:1: failed later");
    check(
        "local log = '' local r = try(function() local c <close> = setmetatable({}, {__close = function(_, e) log = log .. e end}) error('x', 0) end) return r, log",
        "caught x",
    );
}

#[test]
fn pauses() {
    check("return count_to(100, 'kept')", "100 kept");
    check("return pcall(count_to, 'x')", "false bad argument #1 to 'count_to' (integer expected)");
    check("return map(function(n) return (count_to(n)) end, 3, 2, 1)", "3 2 1");
    check(
        "local co = coroutine.wrap(function() return count_to(50, coroutine.yield(count_to(20))) end) return co(), co('back')",
        "20 50 back",
    );
}

#[test]
fn yields() {
    let source = "local co = coroutine.create(yield_twice) local out = '' local function step(...) local t = {coroutine.resume(co, ...)} out = out .. '<' .. table.concat(t, ',', 2) .. '>' end step(1, 2) step(3) step(4, 5) return out, coroutine.status(co)";
    check(source, "<1,2><3><4,5> dead");
    check(
        "local co = coroutine.wrap(function() return map(function(x) return (yield_twice(x)) end, 1, 2) end) return co(), co('a'), co('b'), co('c'), co('d')",
        "1 a 2 c b d",
    );
    check("yield_twice(1, 2)", "yielded 2");
}

#[test]
fn resumes() {
    check(
        "return drain(coroutine.create(function(n) for i = 1, 3 do n = coroutine.yield('y' .. n) end return 'end' .. n end))",
        "y0 y1 y2 end3",
    );
    check("return pcall(drain, coroutine.create(function() error('inside', 0) end))", "false inside");
    check("return pcall(drain, coroutine.running())", "false cannot resume non-suspended coroutine");
    check(
        "return drain(coroutine.create(function() return drain(coroutine.create(function() coroutine.yield('inner') end)) end))",
        "inner",
    );
    check(
        "local co co = coroutine.create(function() coroutine.yield(1) local ok, e = pcall(drain, co) coroutine.yield(e) end) return drain(co)",
        "1 cannot resume non-suspended coroutine nil",
    );
}

#[test]
fn from_metamethods_and_comparators() {
    check(
        "local t = setmetatable({}, {__index = apply, __add = function(a, b) return (map(function(x) return x end, b)) end}) return t + 5",
        "5",
    );
    check(
        "local t = setmetatable({}, {__index = function(_, k) return (apply(string.rep, k, 2)) end}) return t.ab",
        "abab",
    );
    check(
        "local t = setmetatable({}, {__call = map}) return pcall(t, 1)",
        "false bad argument #1 to 'map' (function expected, got table)",
    );
    check(
        "local t = setmetatable({}, {__lt = count_to}) return pcall(function() return t < t end)",
        "false sequence:1: bad argument #1 to 'lt' (integer expected)",
    );
    check(
        "local t = {3, 1, 2} table.sort(t, function(a, b) return (apply(function() return a < b end)) end) return table.unpack(t)",
        "1 2 3",
    );
    check(
        "local t = {3, 1, 2} local co = coroutine.wrap(function() table.sort(t, function(a, b) yield_twice() return a < b end) return 'sorted' end) local n = 0 repeat n = n + 1 until co() == 'sorted' return n > 4, table.unpack(t)",
        "true 1 2 3",
    );
    check(
        "for i in map(function() return function(_, i) i = (i or 0) + 1 if i < 4 then return (count_to(i)) end end end, 1) do at_once(i) end return 'looped'",
        "looped",
    );
    check(
        "local log = {} do local c <close> = setmetatable({}, {__close = function() log[1] = count_to(10) end}) end return log[1]",
        "10",
    );
    check("return tostring(setmetatable({}, {__tostring = function() return 's' .. count_to(5) end}))", "s5");
}

#[test]
fn message_handlers() {
    check(
        "return xpcall(fail_later, function(m) return 'handled ' .. m .. count_to(3) end, print)",
        "false handled failed later3",
    );
    check("return xpcall(map, function(m) return try(error, m) end, function() error('x', 0) end, 1)", "false caught");
}
