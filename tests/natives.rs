//! Fuel in every native: whatever the size of its input, no library function works long between two pauses.
//!
//! Each function of the sandbox's libraries is in one of two lists: [`HUGE`], of those whose work a script can make
//! long, and [`CONSTANT`]. A function in neither fails the test, so that a new one cannot be forgotten.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::rc::Rc;

use deimos::{Handle, Lua, Progress, Thread, Value};

/// The fuel of a slice. What follows the mark in a program of [`HUGE`] has to take many of them.
const SLICE: i64 = 500;

/// How much more than its slice a step may take: the work between two looks at the fuel. Patterns take the most.
const OVERDRAFT_MAX: i64 = 1 << 14;

/// How often the function under test has to be paused at least.
const PAUSES_MIN: usize = 8;

/// Made before each program: texts and a list that are long, what is shown of a long result, and a list with
/// metamethods.
const SETUP: &str = "
    local text = ('x'):rep(3000000)
    local other = ('x'):rep(3000000)
    local list = table.pack(('0123456789'):rep(10000):byte(1, -1))
    local function digest(text) return #text, text:sub(1, 9), text:sub(-9) end
    local function object(t)
        local get = function(_, k) return t[k] end
        local set = function(_, k, v) t[k] = v end
        return setmetatable({}, {__index = get, __newindex = set, __len = function() return #t end})
    end
    print('mark')
";

/// A function whose work a script can make long, and programs that do.
const HUGE: &[(&str, &[&str])] = &[
    ("load", &["print(pcall(load(('local a = 1 '):rep(5000))))"]),
    ("math.max", &["print(math.max(table.unpack(list)))"]),
    ("math.min", &["print(math.min(table.unpack(list)))"]),
    ("print", &["print(text)", "print(table.unpack(list, 1, 30000))"]),
    ("rawequal", &["print(rawequal(text, other))"]),
    ("string.byte", &["print(select('#', text:byte(1, 800000)), (select(-1, text:byte(1, 800000))))"]),
    ("string.char", &["print(digest(string.char(table.unpack(list))))"]),
    (
        "string.format",
        &[
            "print(digest(string.format('%s %q', text, text)))",
            "print(digest(string.format(('%.0s'):rep(#list), table.unpack(list))))",
            "print(digest(string.format(('%99.99f'):rep(300), table.unpack(list, 1, 300))))",
            "print(digest(string.format('%5s|%.3s', text, text)))",
            "print(digest(string.format(text, 1)))",
        ],
    ),
    ("string.find", &["print(text:find('y', 1, true))", "print(text:find('y'))"]),
    ("string.gmatch", &["local step = text:gmatch('y') print(step())"]),
    ("string.gsub", &["print(digest((text:gsub('x', 'yz', 20000))))", "print((select(2, text:gsub('y', ''))))"]),
    ("string.match", &["print(text:match('y'))"]),
    ("string.lower", &["print(digest(text:lower()))"]),
    (
        "string.pack",
        &[
            "print(digest(string.pack(('i4'):rep(#list), table.unpack(list))))",
            "print(digest(string.pack('s4zc4000000', text, text, text)))",
            "print(digest(string.pack((' '):rep(1000000))))",
        ],
    ),
    ("string.packsize", &["print(string.packsize(('i4'):rep(100000)))"]),
    ("string.rep", &["print(digest(('ab'):rep(2000000, ',')))"]),
    ("string.reverse", &["print(digest(text:reverse()))"]),
    ("string.sub", &["print(digest(text:sub(2)))"]),
    (
        "string.unpack",
        &[
            "print(select('#', string.unpack(('i4'):rep(#list), text)), (select(-2, string.unpack(('i4'):rep(#list), text))))",
            "print(digest(string.unpack('z', text .. '\\0')), digest((string.unpack('c2000000', text))))",
        ],
    ),
    ("string.upper", &["print(digest(text:upper()))"]),
    (
        "table.concat",
        &[
            "print(digest(table.concat(list, ', ')))",
            "print(digest(table.concat({text, text})))",
            "print(digest(table.concat({1, 2, 3}, text)))",
            "print(digest(table.concat(object(list))))",
        ],
    ),
    ("table.insert", &["table.insert(list, 1, 7) print(#list, list[1], list[#list])"]),
    ("table.move", &["table.move(list, 1, #list, 2) print(#list, list[1], list[#list])"]),
    ("table.pack", &["print(#table.pack(text:byte(1, 800000)))"]),
    ("table.remove", &["print(table.remove(list, 1), #list, list[1], list[#list])"]),
    ("table.sort", &["table.sort(list) print(#list, list[1], list[#list])"]),
    (
        "table.unpack",
        &[
            "print(select('#', table.unpack(list)), (select(-1, table.unpack(list))))",
            "print(select('#', table.unpack(object(list))), (select(-1, table.unpack(object(list)))))",
        ],
    ),
    ("utf8.char", &["print(digest(utf8.char(table.unpack(list))))"]),
    (
        "utf8.codepoint",
        &["print(select('#', utf8.codepoint(text, 1, 800000)), (select(-1, utf8.codepoint(text, 1, 800000))))"],
    ),
    ("utf8.codes", &["local bytes = ('\\x80'):rep(3000000) local step = utf8.codes('') print(step(bytes, 0))"]),
    ("utf8.len", &["print(utf8.len(text))"]),
    ("utf8.offset", &["print(utf8.offset(text, -1000000))", "print(utf8.offset(('\\x80'):rep(3000000), 0, -1))"]),
    ("warn", &["warn('@on') warn(text) warn(table.unpack(list)) print('end')"]),
];

/// Operators whose work a script can make long.
const HUGE_OPERATORS: &[&str] = &[
    "print(text == other, text ~= other, text < other, text > other, text <= other, text >= other)",
    "print(digest(text .. other), digest(1 .. text .. 2 .. other .. 3.5))",
    "local t = setmetatable({}, {__concat = function(a, b) return a end}) print(digest(text .. other .. t .. text))",
];

/// The functions whose own work is the same for all inputs, or is to hand values over and to call functions.
const CONSTANT: &[&str] = &[
    "assert",
    "collectgarbage",
    "error",
    "getmetatable",
    "ipairs",
    "next",
    "pairs",
    "pcall",
    "rawget",
    "rawlen",
    "rawset",
    "select",
    "setmetatable",
    "tonumber",
    "tostring",
    "type",
    "xpcall",
    "coroutine.close",
    "coroutine.create",
    "coroutine.isyieldable",
    "coroutine.resume",
    "coroutine.running",
    "coroutine.status",
    "coroutine.wrap",
    "coroutine.yield",
    "math.abs",
    "math.acos",
    "math.asin",
    "math.atan",
    "math.ceil",
    "math.cos",
    "math.deg",
    "math.exp",
    "math.floor",
    "math.fmod",
    "math.log",
    "math.modf",
    "math.rad",
    "math.random",
    "math.randomseed",
    "math.sin",
    "math.sqrt",
    "math.tan",
    "math.tointeger",
    "math.type",
    "math.ult",
    "string.dump",
    "string.len",
];

/// What a program did.
struct Run {
    printed: String,
    /// The pauses since the program printed its mark.
    pauses: usize,
    /// The most fuel that a step took beyond its slice.
    overdraft: i64,
}

fn run(program: &str, slice: i64) -> Run {
    let mut lua = Lua::new();
    let printed = Rc::new(RefCell::new(String::new()));
    let sink = Rc::clone(&printed);
    lua.set_print(move |line| {
        sink.borrow_mut().push_str(&String::from_utf8_lossy(line));
        sink.borrow_mut().push('\n');
    });
    let chunk = lua.load("=program", format!("{SETUP}{program}")).expect("it compiles");
    let thread = lua.enter(|ctx| {
        let function = chunk.function(ctx, Value::Table(ctx.globals()));
        ctx.stash(Thread::new(ctx, Value::Closure(function)))
    });
    let mut run = Run { printed: String::new(), pauses: 0, overdraft: 0 };
    // The preparation is no part of the test.
    let mut is_marked = false;
    loop {
        let given = if is_marked { slice } else { 1 << 14 };
        let (is_over, fuel) = resume(&mut lua, &thread, given);
        if is_over {
            break;
        }
        if is_marked {
            run.pauses += 1;
            run.overdraft = run.overdraft.max(-fuel);
        }
        is_marked |= printed.borrow().starts_with("mark\n");
        lua.collect();
    }
    run.printed = printed.take();
    run
}

/// Resumes once. Whether the task ended, and the fuel left.
fn resume(lua: &mut Lua, thread: &Handle, slice: i64) -> (bool, i64) {
    lua.enter(|ctx| {
        let Value::Thread(thread) = ctx.fetch(thread) else { panic!("no thread") };
        let mut fuel = slice;
        match ctx.resume(thread, &[], &mut (), &mut fuel, &mut Vec::new()) {
            Ok(Progress::Finished) => (true, fuel),
            Ok(_) => (false, fuel),
            Err(raised) => panic!("{}", ctx.plain_string(raised.to_value(ctx)).to_text()),
        }
    })
}

/// What is wrong with a program of [`HUGE`].
fn check(program: &str) -> Result<(), String> {
    let whole = run(program, i64::MAX / 2);
    let sliced = run(program, SLICE);
    let fail = |what: String| Err(format!("{program}: {what}"));
    if sliced.printed != whole.printed {
        let [sliced, whole] = [sliced, whole].map(|run| run.printed.chars().take(200).collect::<String>());
        return fail(format!("{sliced:?} in slices, {whole:?} at once"));
    }
    if whole.printed.lines().count() < 2 {
        return fail("prints nothing".to_owned());
    }
    if sliced.pauses < PAUSES_MIN {
        return fail(format!("only {} pauses", sliced.pauses));
    }
    if sliced.overdraft > OVERDRAFT_MAX {
        return fail(format!("a step took {} more than its slice", sliced.overdraft));
    }
    Ok(())
}

#[test]
fn huge_work_is_done_in_turns() {
    let programs = HUGE.iter().flat_map(|(_, programs)| *programs).chain(HUGE_OPERATORS);
    let failures: Vec<String> = programs.filter_map(|program| check(program).err()).collect();
    assert!(failures.is_empty(), "{failures:#?}");
}

#[test]
fn every_library_function_is_known_to_be_constant_or_done_in_turns() {
    let mut lua = Lua::new();
    let source = "
        local names = {}
        for name, value in pairs(_G) do
            if type(value) == 'function' then names[#names + 1] = name end
            if type(value) == 'table' and value ~= _G then
                for field, function_ in pairs(value) do
                    if type(function_) == 'function' then names[#names + 1] = name .. '.' .. field end
                end
            end
        end
        return table.concat(names, ' ')";
    let names: String = lua.load("=names", source).unwrap().call(&mut lua, ()).unwrap();
    let there: BTreeSet<&str> = names.split(' ').collect();
    let listed: Vec<&str> = HUGE.iter().map(|(name, _)| *name).chain(CONSTANT.iter().copied()).collect();
    let known: BTreeSet<&str> = listed.iter().copied().collect();
    assert_eq!(listed.len(), known.len(), "a function is listed twice");
    let unknown: Vec<_> = there.difference(&known).collect();
    assert!(unknown.is_empty(), "add {unknown:?} to HUGE in tests/natives.rs if a script can make their work long");
    let gone: Vec<_> = known.difference(&there).collect();
    assert!(gone.is_empty(), "not there: {gone:?}");
}

#[test]
fn names_of_numbers_are_not_read_where_they_are_endless() {
    let mut lua = Lua::new();
    let source = "
        local digits = ('1'):rep(40000)
        return tonumber(digits), tonumber(digits, 2), pcall(function() return digits + 1 end)";
    let (a, b, c): (Option<f64>, Option<i64>, bool) =
        lua.load("=numerals", source).unwrap().call(&mut lua, ()).unwrap();
    assert_eq!((a, b, c), (None, None, false));
}
