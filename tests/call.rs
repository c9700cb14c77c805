//! Typed Rust functions for Lua, Lua functions for Rust, and what is said where values do not convert.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::rc::Rc;

use deimos::{
    Action, Callable, Error, FromLua, Function, Handle, IntoRaised, Libraries, Lua, LuaString, Native, UserData, Value,
    Variadic,
};

/// Defines a global Rust function `f`, runs a chunk, and checks the text of what it returns or raises.
fn check(mut lua: Lua, f: Function, source: &str, expected: &str) {
    lua.set_global("f", f).expect("it works");
    let source = format!(
        "local function show(...) local t = table.pack(...) for i = 1, t.n do t[i] = tostring(t[i]) end return table.concat(t, ' ') end return show({source})"
    );
    let outcome: Result<String, Error> = lua.load("=call", source).expect("it works").call(&mut lua, ());
    assert_eq!(outcome.unwrap_or_else(|error| error.message().to_owned()), expected);
}

/// Checks a function made of a Rust closure.
macro_rules! check {
    ($function:expr, $($source:literal => $expected:literal),* $(,)?) => {
        $({
            let mut lua = Lua::new();
            let f = lua.function("f", $function);
            check(lua, f, $source, $expected);
        })*
    };
}

#[test]
fn numbers_convert() {
    check!(|x: i64| x + 1,
        "f(1)" => "2",
        "f(1.0)" => "2",
        "f('41')" => "42",
        "f(1.5)" => "call:1: bad argument #1 to 'f' (number has no integer representation)",
        "f('1.5')" => "call:1: bad argument #1 to 'f' (number has no integer representation)",
        "f('x')" => "call:1: bad argument #1 to 'f' (number expected, got string)",
        "f(nil)" => "call:1: bad argument #1 to 'f' (number expected, got nil)",
        "f()" => "call:1: bad argument #1 to 'f' (number expected, got no value)",
        "f({})" => "call:1: bad argument #1 to 'f' (number expected, got table)",
    );
    check!(|x: f64| x / 2.0, "f(1)" => "0.5", "f('3')" => "1.5", "f(true)" => "call:1: bad argument #1 to 'f' (number expected, got boolean)");
    check!(|x: f32| x, "f(0.5)" => "0.5");
    check!(|x: u8| x, "f(255)" => "255", "f(256)" => "call:1: bad argument #1 to 'f' (256 is out of range for u8)");
    check!(|x: u32| x, "f(-1)" => "call:1: bad argument #1 to 'f' (-1 is out of range for u32)");
    check!(|()| u64::MAX, "f()" => "call:1: 18446744073709551615 does not fit a Lua integer");
    check!(|x: usize| (x as u64, Some(x)), "f(7)" => "7 7");
}

#[test]
fn strings_convert() {
    check!(|s: String| s + "!", "f('a')" => "a!", "f(12)" => "12!", "f(1.5)" => "1.5!", "f('\\xff')" => "call:1: bad argument #1 to 'f' (string is not valid UTF-8)");
    check!(|s: Vec<u8>| s.len() as i64, "f('\\xff\\0')" => "2", "f({1, 2, 255})" => "3", "f({256})" => "call:1: bad argument #1 to 'f' (256 is out of range for u8, at index 1)");
    check!(|()| "text", "f()" => "text");
    check!(|()| Vec::from(b"\x41\x42"), "f()" => "AB");
    check!(|s: String| s, "f({})" => "call:1: bad argument #1 to 'f' (string expected, got table)", "f(print)" => "call:1: bad argument #1 to 'f' (string expected, got function)");
}

#[test]
fn other_values_convert() {
    check!(|b: bool| !b, "f(true)" => "false", "f(nil)" => "call:1: bad argument #1 to 'f' (boolean expected, got nil)");
    check!(|x: Option<i64>| x.map(|x| x * 2), "f(2)" => "4", "f(nil)" => "nil", "f()" => "nil", "f('x')" => "call:1: bad argument #1 to 'f' (number expected, got string)");
    check!(|list: Vec<i64>| list.iter().sum::<i64>(), "f({1, 2, 3})" => "6", "f({1, 'x'})" => "call:1: bad argument #1 to 'f' (number expected, got string, at index 2)", "f(1)" => "call:1: bad argument #1 to 'f' (table expected, got number)");
    check!(|map: BTreeMap<String, i64>| map.into_iter().map(|(key, value)| format!("{key}{value}")).collect::<String>(), "f({b = 2, a = 1})" => "a1b2");
    check!(|x: Handle| x, "f('same')" => "same");
    check!(|()| vec![Some(1), None, Some(3)], "#f(), f()[3]" => "3 3");
}

#[test]
fn several_arguments_and_results() {
    check!(|(a, b): (i64, String)| (b, a), "f(1, 'x')" => "x 1", "f(1, {})" => "call:1: bad argument #2 to 'f' (string expected, got table)", "f(1)" => "call:1: bad argument #2 to 'f' (string expected, got no value)", "f(1, 'x', 'dropped')" => "x 1");
    check!(|(): ()| (), "f(1, 2)" => "", "f()" => "");
    check!(|(first, rest): (i64, Variadic<i64>)| (first, rest.iter().sum::<i64>(), rest.len() as i64), "f(1)" => "1 0 0", "f(1, 2, 3)" => "1 5 2", "f(1, 2, 'x')" => "call:1: bad argument #3 to 'f' (number expected, got string)");
    check!(|all: Variadic<String>| all.into_iter().rev().collect::<Variadic<String>>(), "f('a', 'b', 'c')" => "c b a", "f()" => "");
    check!(|n: i64| (0..n).collect::<Variadic<i64>>(), "select('#', f(1000))" => "1000");
}

#[test]
fn methods_count_without_self() {
    let mut lua = Lua::new();
    let f = lua.function("f", |(_, x): (Handle, i64)| x);
    check(
        lua,
        f,
        "(function() local o = {go = f} return o:go({}) end)()",
        "call:1: bad argument #1 to 'go' (number expected, got table)",
    );
    let mut lua = Lua::new();
    let f = lua.function("f", |x: i64| x);
    check(
        lua,
        f,
        "(function() local o = {go = f} return o:go() end)()",
        "call:1: calling 'go' on bad self (number expected, got table)",
    );
}

#[test]
fn userdata_has_its_name_in_messages() {
    let mut lua = Lua::new();
    lua.enter(|ctx| {
        let metatable = deimos::Table::new(ctx);
        metatable.set_field(ctx, "__name", ctx.text("Point")).unwrap();
        let point = UserData::new(ctx, (1, 2), Some(metatable));
        ctx.globals().set_field(ctx, "point", Value::UserData(point)).unwrap();
    });
    let f = lua.function("f", |x: i64| x);
    check(lua, f, "f(point)", "call:1: bad argument #1 to 'f' (number expected, got Point)");
}

/// A machine with a global userdata `object` that answers for the field `quick` without a call.
fn with_glances() -> Lua {
    let mut lua = Lua::new();
    lua.enter(|ctx| {
        let metatable = deimos::Table::new(ctx);
        let read = Native::with_glance(
            ctx,
            "index",
            &[Value::Integer(7)],
            |call| {
                let key = call.arg(1);
                call.ret1(key)
            },
            |glance| (glance.key.as_bytes() == b"quick").then(|| glance.upvalue(0)),
        );
        let write = Native::with_glance(
            ctx,
            "newindex",
            &[],
            |_| Err(deimos::Raised::message("read-only")),
            |glance| match glance.value {
                Value::Integer(_) if glance.key.as_bytes() == b"quick" => Some(Value::Nil),
                _ => None,
            },
        );
        metatable.set_field(ctx, "__index", Value::Native(read)).expect("there is memory");
        metatable.set_field(ctx, "__newindex", Value::Native(write)).expect("there is memory");
        let object = UserData::new(ctx, (), Some(metatable));
        ctx.globals().set_field(ctx, "object", Value::UserData(object)).expect("there is memory");
    });
    lua
}

#[test]
fn glance_answers_before_the_function_is_called() {
    for (source, expected) in [
        ("object.quick", "7"),
        ("object.slow", "slow"),
        ("(function(key) return object[key] end)('quick')", "quick"),
        ("(function() object.quick = 1 return 'written' end)()", "written"),
        ("(function() object.quick = 'x' end)()", "call:1: read-only"),
        ("(function() object.slow = 1 end)()", "call:1: read-only"),
    ] {
        let mut lua = with_glances();
        let f = lua.function("f", |x: Option<i64>| x);
        check(lua, f, source, expected);
    }
}

/// A machine with a global userdata `object`: its fields are itself, and `end` is the names on the way there, which it
/// knows if it answers for all of them at once.
fn with_ways() -> Lua {
    let mut lua = Lua::with_libraries(Libraries::SANDBOX.with(Libraries::DEBUG));
    lua.enter(|ctx| {
        let metatable = deimos::Table::new(ctx);
        let read = Native::with_glance(
            ctx,
            "index",
            &[],
            |call| {
                let (object, is_end) = (call.arg(0), call.check::<String>(1)? == "end");
                let end = call.ctx.text("end");
                call.ret1(if is_end { end } else { object })
            },
            |mut glance| {
                let mut way = String::new();
                loop {
                    way.push_str(&glance.key.to_text());
                    match (glance.key.as_bytes(), way.len()) {
                        (b"end", _) => return Some(glance.ctx.text(&way)),
                        // What is answered by the function alone.
                        (b"slow", _) => return None,
                        (_, 20..) => return None,
                        _ if glance.advance() => way.push('.'),
                        _ => return Some(Value::UserData(glance.object)),
                    }
                }
            },
        );
        metatable.set_field(ctx, "__index", Value::Native(read)).expect("there is memory");
        let object = UserData::new(ctx, (), Some(metatable));
        ctx.globals().set_field(ctx, "object", Value::UserData(object)).expect("there is memory");
    });
    lua
}

#[test]
fn glance_answers_for_several_fields_in_a_row() {
    for (body, expected) in [
        ("return object['end']", "end"),
        ("return object.a['end']", "a.end"),
        ("local o = object return o.a.b.c['end']", "a.b.c.end"),
        ("local o = object return (function() return o.a.b['end'] end)()", "a.b.end"),
        // A value that is used for something else is not passed over.
        ("local o = object.a.b return o['end'] .. o.c['end']", "endc.end"),
        ("local o = object.a local p = o.b return p == o and p['end']", "end"),
        ("local t = {['b.end'] = 'key'} return t[object.b['end']]", "key"),
        ("local o = object return (false or o.a).b['end']", "a.b.end"),
        ("local o, p = object, {b = {['end'] = 'table'}} return (p or o.a).b['end']", "table"),
        // The field is of what the last one answered for is, which is no object.
        ("return #object.a['end'], object['end'].len(object.b['end'])", "5"),
        // What cannot be answered for to its end is answered for step by step.
        ("return object.slow.a['end']", "a.end"),
        ("return object.a.slow['end']", "end"),
        ("return object.aaaaaaaaaaaa.bbbbbbbbbbbb['end']", "bbbbbbbbbbbb.end"),
    ] {
        let mut lua = with_ways();
        // The second time each instruction has a memo.
        let source = format!("local function f() {body} end f() return tostring((f()))");
        let answer: String = lua.load("=call", source).expect("it compiles").call(&mut lua, ()).expect(body);
        assert_eq!(answer, expected, "{body}");
    }
}

#[test]
fn hook_sees_each_of_several_fields_in_a_row() {
    let mut lua = with_ways();
    let source = "local n = 0
        local function f() return object.a.b.c['end'] end
        debug.sethook(function() n = n + 1 end, '', 1)
        local answer = f()
        debug.sethook()
        return answer .. n";
    let answer: String = lua.load("=call", source).expect("it compiles").call(&mut lua, ()).expect("it runs");
    let count = answer.strip_prefix("end").and_then(|count| count.parse::<u32>().ok());
    assert!(count.is_some_and(|count| count >= 8), "{answer}");
}

/// Runs a chunk twice, and the second time with a hook, under which nothing is called without leaving the loop. It
/// finds a userdata `object`, which counts up to the state of a `for` that calls it, and fails if that is a string.
#[track_caller]
fn iterates(source: &str, expected: &str) {
    for hook in ["", "debug.sethook(function() end, 'crl') "] {
        let mut lua = Lua::with_libraries(Libraries::SANDBOX.with(Libraries::DEBUG));
        lua.enter(|ctx| {
            let metatable = deimos::Table::new(ctx);
            let call = Native::new(ctx, "count", |call| {
                assert!(matches!(call.arg(0), Value::UserData(_)) && call.len() == 3);
                let limit = call.check::<i64>(1)?;
                let next = call.check::<Option<i64>>(2)?.unwrap_or(0) + 1;
                if next > limit { call.ret1(Value::Nil) } else { call.ret(&[next, next * next].map(Value::Integer)) }
            });
            metatable.set_field(ctx, "__call", Value::Native(call)).expect("there is memory");
            let object = UserData::new(ctx, (), Some(metatable));
            ctx.globals().set_field(ctx, "object", Value::UserData(object)).expect("there is memory");
        });
        let outcome: Result<String, Error> =
            lua.load("=call", format!("{hook}{source}")).expect("it works").call(&mut lua, ());
        assert_eq!(outcome.unwrap_or_else(|error| error.message().to_owned()), expected, "{hook}");
    }
}

#[test]
fn userdata_that_can_be_called_iterate() {
    iterates(
        "local t = {} for i, s in object, 3 do t[#t + 1] = i .. ':' .. s end return table.concat(t, ' ')",
        "1:1 2:4 3:9",
    );
    iterates(
        "local t = {} for i, _, x in object, 2 do t[#t + 1] = i .. tostring(x) end return table.concat(t, ' ')",
        "1nil 2nil",
    );
    iterates("local s = 0 for i in object, 4 do for j in object, i do s = s + j end end return tostring(s)", "20");
    iterates("local s = 0 for i in object, 100000 do s = s + i end return tostring(s)", "5000050000");
}

#[test]
fn errors_of_a_userdata_that_iterates_say_where() {
    iterates("for i in object, 'x' do end", "call:1: bad argument #2 to 'for iterator' (number expected, got string)");
    iterates(
        "local function f()\nfor i in object, 'x' do end end\nlocal _, text = xpcall(f, debug.traceback)
         return text:match('^[^\\n]+') .. (text:match('call:2: in function <call:1>') or text)",
        "call:2: bad argument #2 to 'for iterator' (number expected, got string)call:2: in function <call:1>",
    );
}

#[test]
fn userdata_that_iterates_may_yield() {
    iterates(
        "debug.setmetatable(object, {__call = coroutine.yield})
         local f = coroutine.wrap(function()
           local t = {} for a, b in object, 's' do t[#t + 1] = a .. tostring(b) end return table.concat(t, ' ')
         end)
         local first, state, control = f()
         assert(first == object and state == 's' and control == nil)
         assert(select(3, f(1, 2)) == 1)
         f(3)
         return f(nil)",
        "12 3nil",
    );
}

#[test]
fn metatable_of_a_userdata_that_iterates_may_change_in_the_loop() {
    iterates(
        "local s = 0
         for i in object, 5 do
           if i == 2 then
             debug.setmetatable(object, {__call = function(o, limit, i)
               assert(o == object) if i < limit - 1 then return i + 1 end
             end})
           end
           s = s + i
         end
         return tostring(s)",
        "10",
    );
    iterates(
        "local inner = object
         for i in object, 5 do
           debug.setmetatable(object, {__call = setmetatable({}, {__call = function(t, o, limit, i)
             assert(type(t) == 'table' and o == inner) if i < limit then return i + 2 end
           end})})
           object = i
         end
         return tostring(object)",
        "5",
    );
    iterates(
        "return (select(2, pcall(function() for i in object, 5 do debug.setmetatable(object, nil) end end)))",
        "call:1: attempt to call a userdata value (for iterator 'for iterator')",
    );
}

#[test]
fn results_that_are_errors_are_raised() {
    check!(|x: i64| if x > 0 { Ok(x) } else { Err("not positive") }, "f(1)" => "1", "f(0)" => "call:1: not positive", "pcall(f, 0)" => "false not positive");
    check!(|s: String| s.parse::<i64>(), "f('12')" => "12", "f('x')" => "call:1: invalid digit found in string");
    check!(|()| Err::<(), _>(std::io::Error::other("disk on fire")), "f()" => "call:1: disk on fire", "select(2, pcall(function() f() end))" => "call:1: disk on fire");
}

/// An error that is a number in Lua.
struct Code(i64);

impl<'gc> IntoRaised<'gc> for Code {
    fn into_raised(self) -> deimos::Raised<'gc> {
        deimos::Raised::value(Value::Integer(self.0))
    }
}

#[test]
fn errors_may_be_values() {
    check!(|x: i64| Err::<(), Code>(Code(x)), "pcall(f, 7)" => "false 7", "math.type(select(2, pcall(f, 7)))" => "integer");
}

#[test]
fn natives_keep_values() {
    let mut lua = Lua::new();
    let f = lua.enter(|ctx| {
        let counter = Native::with_upvalues(ctx, "counter", &[Value::Integer(10), ctx.text("x")], |call| {
            let Value::Integer(count) = call.upvalue(0) else { return call.ret0() };
            let (ctx, callee) = (call.ctx, call.callee());
            callee.inspect(|native| native.set_upvalue(ctx, 0, Value::Integer(count + 1)));
            call.ret(&[Value::Integer(count), call.upvalue(1), call.upvalue(2)])
        });
        Function::from_lua(ctx, Value::Native(counter)).unwrap()
    });
    lua.collect_full();
    check(lua, f, "f(), f(), f()", "10 11 12 x nil");
}

#[test]
fn natives_find_the_host() {
    let mut lua = Lua::new();
    lua.enter(|ctx| {
        let add = Native::new(ctx, "add", |call| {
            let more = call.check::<i64>(0)?;
            let Some(total) = call.host.downcast_mut::<i64>() else { return call.ret1(false) };
            *total += more;
            let total = *total;
            call.ret1(total)
        });
        ctx.globals().set_field(ctx, "add", Value::Native(add)).unwrap();
    });
    let chunk = lua.load("=host", "for i = 1, 10 do add(i) end").unwrap();
    let task = lua.spawn(&chunk, ()).unwrap();
    let mut total = 0_i64;
    lua.resume(&task, &mut total, 10_000).unwrap();
    assert_eq!(total, 55);
    assert!(!lua.load("=host", "return add(1)").unwrap().call::<bool>(&mut lua, ()).unwrap());
}

#[test]
fn lua_functions_are_called_from_rust() {
    let mut lua = Lua::new();
    let fold: Function = lua.load("=f", "return function(...) local s = 0 for _, x in ipairs({...}) do s = s + x end return s, select('#', ...) end").unwrap().call(&mut lua, ()).unwrap();
    assert_eq!(fold.call::<(i64, i64)>(&mut lua, (1, 2, 3)).unwrap(), (6, 3));
    assert_eq!(fold.call::<i64>(&mut lua, Variadic(vec![1; 100])).unwrap(), 100);
    assert_eq!(fold.call::<String>(&mut lua, ()).unwrap(), "0");
    let error = fold.call::<Vec<i64>>(&mut lua, 1).unwrap_err();
    assert_eq!(error.message(), "bad value #1 (table expected, got number)");
    let error = fold.call::<()>(&mut lua, "x").unwrap_err();
    assert_eq!(error.message(), "f:1: attempt to add a 'number' with a 'string'");
}

#[test]
fn callable_values_are_accepted() {
    let mut lua = Lua::new();
    lua.enter(|ctx| {
        let twice = Native::new(ctx, "twice", |call| {
            let Callable(function) = call.check(0)?;
            let text = call.check::<LuaString<'_>>(1)?;
            call.leave(&[function, Value::String(text)]);
            Ok(Action::TailCall)
        });
        ctx.globals().set_field(ctx, "twice", Value::Native(twice)).unwrap();
    });
    let source = "local t = setmetatable({}, {__call = function(_, x) return x .. x end}) return twice(t, 'ab'), twice(string.upper, 'ab'), select(2, pcall(twice, {}, 'x'))";
    let seen: (String, String, String) = lua.load("=c", source).unwrap().call(&mut lua, ()).unwrap();
    assert_eq!(seen, ("abab".into(), "AB".into(), "bad argument #1 to 'twice' (function expected, got table)".into()));
}

#[test]
fn what_a_function_owns_is_dropped_with_it() {
    let dropped = Rc::new(Cell::new(0));
    struct Owned(Rc<Cell<i32>>);
    impl Drop for Owned {
        fn drop(&mut self) {
            self.0.set(self.0.get() + 1);
        }
    }
    let mut lua = Lua::new();
    let owned = Owned(Rc::clone(&dropped));
    let function = lua.function("f", move |()| owned.0.get() as i64);
    assert_eq!(function.call::<i64>(&mut lua, ()).unwrap(), 0);
    lua.collect_full();
    assert_eq!(dropped.get(), 0);
    drop(function);
    lua.collect_full();
    assert_eq!(dropped.get(), 1);
}
