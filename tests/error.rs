//! The public error: its kind, message, line, and traceback.

use deimos::{Chunk, Error, ErrorKind, Lua};

fn fail(source: &str) -> Error {
    let mut lua = Lua::new();
    let chunk = lua.load("@demo.lua", source).expect("it works");
    chunk.call::<()>(&mut lua, ()).expect_err("it fails")
}

/// Checks the kind and message of a run-time error and the lines of its traceback.
fn check(source: &str, message: &str, traceback: &[&str]) {
    let error = fail(source);
    assert_eq!((error.kind(), error.message(), error.line()), (ErrorKind::Runtime, message, None));
    let lines: Vec<&str> = error.traceback().unwrap_or_default().lines().map(str::trim).collect();
    assert_eq!(lines, traceback);
    assert_eq!(error.to_string(), message);
    assert_eq!(format!("{error:?}"), format!("Runtime: {message}\n{}", error.traceback().unwrap_or_default()));
}

#[test]
fn syntax_errors_have_a_line() {
    for (source, line, message) in [
        ("x = = 1", 1, "demo.lua:1: unexpected symbol near '='"),
        ("local x = 1\n\nlocal y = )", 3, "demo.lua:3: unexpected symbol near ')'"),
        ("for i = 1 do\nend", 1, "demo.lua:1: ',' expected near 'do'"),
        ("\n\nif x then", 3, "demo.lua:3: 'end' expected near <eof>"),
        ("goto nowhere", 1, "demo.lua:1: no visible label 'nowhere' for <goto> at line 1"),
        ("break", 1, "demo.lua:1: break outside loop at line 1"),
        ("local s = 'abc", 1, "demo.lua:1: unfinished string near <eof>"),
    ] {
        let error = Chunk::compile("@demo.lua", source.as_bytes()).unwrap_err();
        assert_eq!(error.message(), message);
        assert_eq!((error.kind(), error.line(), error.traceback()), (ErrorKind::Syntax, Some(line), None));
    }
}

#[test]
fn tracebacks_name_functions_and_lines() {
    check(
        "local function inner(x)\n  error('broken')\nend\nlocal function outer()\n  inner(1)\n  return 1\nend\nouter()",
        "demo.lua:2: broken",
        &[
            "stack traceback:",
            "[C]: in function 'error'",
            "demo.lua:2: in upvalue 'inner'",
            "demo.lua:5: in local 'outer'",
            "demo.lua:8: in main chunk",
        ],
    );
    check(
        "local t = {}\nfunction t.go()\n  return nil + 1\nend\nt.go()",
        "demo.lua:3: attempt to perform arithmetic on a nil value",
        &["stack traceback:", "demo.lua:3: in field 'go'", "demo.lua:5: in main chunk"],
    );
}

#[test]
fn errors_of_natives_have_the_callers_line() {
    check(
        "\nlocal x = ('x'):rep({})\nreturn x",
        "demo.lua:2: bad argument #1 to 'rep' (number expected, got table)",
        &["stack traceback:", "[C]: in function 'string.rep'", "demo.lua:2: in main chunk"],
    );
}

#[test]
fn error_values_are_described() {
    for (source, message) in [
        ("error('plain', 0)", "plain"),
        ("error({})", "(error object is a table value)"),
        ("error(nil)", "(error object is a nil value)"),
        ("error(true)", "(error object is a boolean value)"),
        ("error(42)", "42"),
        ("error(print)", "(error object is a function value)"),
        ("error(setmetatable({}, {__name = 'Thing'}))", "(error object is a Thing value)"),
        ("error('level two', 2)", "level two"),
        ("local function f() error('level two', 2) end\nf()", "demo.lua:2: level two"),
    ] {
        let error = fail(source);
        assert_eq!((error.kind(), error.message()), (ErrorKind::Runtime, message), "{source}");
    }
}

#[test]
fn tracebacks_cross_coroutines() {
    let error = fail(
        "local co = coroutine.wrap(function()\n  local x\n  x.y = 1\nend)\nlocal function go()\n  co()\n  return 1\nend\ngo()",
    );
    assert_eq!(error.message(), "demo.lua:6: demo.lua:3: attempt to index a nil value (local 'x')");
    let traceback = error.traceback().unwrap();
    for line in ["demo.lua:3: in function", "demo.lua:6: in local 'go'", "demo.lua:9: in main chunk"] {
        assert!(traceback.contains(line), "{line} in {traceback}");
    }
    assert!(traceback.find("demo.lua:3:").unwrap() < traceback.find("demo.lua:9:").unwrap());
}

#[test]
fn long_tracebacks_are_shortened() {
    let error = fail("local function f(n) if n == 0 then error('deep') end f(n - 1) return 1 end f(1000)");
    let traceback = error.traceback().unwrap();
    assert_eq!(traceback.lines().count(), 23);
    assert!(traceback.contains("...\t(skipping 981 levels)"), "{traceback}");
}

#[test]
fn stack_overflow_is_an_error_like_others() {
    let error = fail("local function f() return 1 + f() end f()");
    assert_eq!(error.kind(), ErrorKind::Runtime);
    assert!(error.message().starts_with("demo.lua:1: stack overflow"), "{}", error.message());
    let mut lua = Lua::new();
    let seen: (bool, i64) = lua
        .load("=o", "local function f() return 1 + f() end local ok = pcall(f) return ok, 1")
        .unwrap()
        .call(&mut lua, ())
        .unwrap();
    assert_eq!(seen, (false, 1));
}

#[test]
fn memory_errors_have_their_kind() {
    let mut lua = Lua::new();
    lua.set_memory_limit(8 << 20);
    let error = lua.load("=m", "return string.rep('x', 1 << 30)").unwrap().call::<()>(&mut lua, ()).unwrap_err();
    assert_eq!((error.kind(), error.message(), error.is_memory()), (ErrorKind::Memory, "not enough memory", true));
}

#[test]
fn errors_cross_threads() {
    fn crosses<T: Send + Sync + Clone + std::error::Error + 'static>(error: T) -> T {
        error
    }
    let error = crosses(fail("error('from afar', 0)"));
    let message = std::thread::spawn(move || error.clone().message().to_owned()).join().unwrap();
    assert_eq!(message, "from afar");
    let chunk = std::thread::spawn(|| Chunk::compile("=elsewhere", b"return 6 * 7").unwrap()).join().unwrap();
    assert_eq!(chunk.call::<i64>(&mut Lua::new(), ()).unwrap(), 42);
}

#[test]
fn conversion_errors_name_the_value() {
    let mut lua = Lua::new();
    let error = lua.load("=v", "return 1, {}").unwrap().call::<(i64, i64)>(&mut lua, ()).unwrap_err();
    assert_eq!((error.kind(), error.message()), (ErrorKind::Runtime, "bad value #2 (number expected, got table)"));
    let error = lua.load("=v", "return 1").unwrap().call::<(i64, i64)>(&mut lua, ()).unwrap_err();
    assert_eq!(error.message(), "bad value #2 (number expected, got no value)");
}

/// The search for a name ends after a thousand instructions, so that a message costs no more in a long function.
#[test]
fn what_was_set_far_back_has_no_name() {
    let message = |terms: usize| {
        let source = format!("local x = 1 missing({})", vec!["x"; terms].join("+"));
        fail(&source).message().to_owned()
    };
    assert_eq!(message(900), "demo.lua:1: attempt to call a nil value (global 'missing')");
    let far = "local x = 1 missing(".to_owned() + &vec!["(x".to_owned() + &"+x".repeat(900) + ")"; 3].join("+") + ")";
    assert_eq!(fail(&far).message(), "demo.lua:1: attempt to call a nil value");
}

#[test]
fn a_level_far_out_has_no_position() {
    let message = |level: usize| {
        let source =
            format!("local function f(n) if n == 0 then error('x', {level}) end return 1 + f(n - 1) end f(12000)");
        fail(&source).message().to_owned()
    };
    assert_eq!(message(9_000), "demo.lua:1: x");
    assert_eq!(message(11_000), "x");
}
