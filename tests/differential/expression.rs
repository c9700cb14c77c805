//! Random expressions: literals, operators, and calls of library functions whose arguments mostly fit.
//!
//! No expression may take long or much memory on either side, so counts come from small numbers and from numbers so
//! large that they are refused at once, and none may show an address or the order of a table's fields.

use crate::random::Random;

/// What an argument should be.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Kind {
    Int,
    /// An integer that is small, or far too large for anything.
    Count,
    /// An integer that is small.
    Small,
    /// A function that orders, or that fails.
    Order,
    Float,
    Number,
    Text,
    Pattern,
    Format,
    Pack,
    List,
    Any,
}

const INTS: &[&str] = &[
    "0",
    "1",
    "-1",
    "2",
    "-2",
    "3",
    "5",
    "7",
    "-7",
    "8",
    "10",
    "16",
    "31",
    "32",
    "63",
    "64",
    "65",
    "-63",
    "-64",
    "100",
    "127",
    "128",
    "255",
    "256",
    "-128",
    "1000",
    "65535",
    "65536",
    "0x7fffffff",
    "0x80000000",
    "-0x80000000",
    "0xffffffff",
    "0x100000000",
    "9007199254740991",
    "9007199254740992",
    "9007199254740993",
    "-9007199254740993",
    "math.maxinteger",
    "math.mininteger",
    "math.maxinteger - 1",
    "math.mininteger + 1",
    "0x7fffffffffffffff",
    "0xffffffffffffffff",
    "9223372036854775807",
    "-9223372036854775808",
    "1234567890123456789",
    "0x123456789abcdef",
];

const COUNTS: &[&str] = &[
    "0",
    "1",
    "2",
    "3",
    "4",
    "5",
    "6",
    "7",
    "9",
    "12",
    "-1",
    "-2",
    "-3",
    "-5",
    "20",
    "1 << 62",
    "math.maxinteger",
    "math.mininteger",
    "3.0",
    "'2'",
];

const FLOATS: &[&str] = &[
    "0.0",
    "-0.0",
    "1.0",
    "-1.0",
    "0.5",
    "-0.5",
    "1.5",
    "2.5",
    "-2.5",
    "0.1",
    "1e15",
    "1e16",
    "123456.789",
    "1e100",
    "-1e100",
    "1e308",
    "5e-324",
    "2.2250738585072014e-308",
    "1e-5",
    "0.0001",
    "1/3",
    "2^53",
    "2^53 + 2",
    "2^63",
    "-2^63",
    "2^62",
    "2^64",
    "1/0",
    "-1/0",
    "(0/0)",
    "math.pi",
    "3.0",
    "1e14",
    "1e17",
    "99999999999999.5",
    "0x1p-10",
    "0xA.8p0",
    "1e1",
    "7.0",
    "-7.0",
    "3.14159265358979",
    "1e22",
    "1e23",
    "123456789012345678",
];

const TEXTS: &[&str] = &[
    "''",
    "'a'",
    "'abc'",
    "'hello world'",
    "'10'",
    "'0x10'",
    "'-3'",
    "' 5 '",
    "'1e1'",
    "'0x1p4'",
    "'1.5'",
    "'5x'",
    "'0x'",
    "'1e'",
    "'.5'",
    "'5.'",
    "'inf'",
    "'nan'",
    "'9223372036854775808'",
    "'-9223372036854775808'",
    "'0xffffffffffffffffff'",
    "'a,b,,c'",
    "'key = value'",
    "'\\0\\1\\255'",
    "'x\\0y'",
    "'\\n\\t\\\"\\\\'",
    "'THE (quick) fox'",
    "'aaa'",
    "'%d %s'",
    "'\\u{48}\\u{20AC}\\u{10FFFF}'",
    "'\\u{7FF}z'",
    "'\\xff\\xfe'",
    "'zz9'",
    "'ABC'",
    "('ab'):rep(20)",
    "('x'):rep(300)",
];

const PATTERNS: &[&str] = &[
    "''",
    "'a'",
    "'.'",
    "'%a+'",
    "'%d*'",
    "'(%w+)'",
    "'^%s*(.-)%s*$'",
    "'[a-c]'",
    "'[^%s,]+'",
    "'%f[%w]%w+'",
    "'%b()'",
    "'(a)(b)'",
    "'()'",
    "'(.)%1'",
    "'$'",
    "'^'",
    "'a-b'",
    "'.-'",
    "'x?y'",
    "'[%]]'",
    "'[]'",
    "'[a'",
    "'(a'",
    "'a)'",
    "'%'",
    "'%b'",
    "'%f'",
    "'%1'",
    "'%g'",
    "'[%z]'",
    "'\\0'",
    "'[^\\0]+'",
    "'(%w+) = (%w+)'",
    "'%x%x'",
    "'[a-]'",
    "'[%a-z]'",
    "'%u'",
    "'%l+'",
    "'%c'",
    "'(())'",
    "'[[]'",
    "'%(.*%)'",
    "'l+o?'",
    "'((.)(.))'",
];

const REPLACEMENTS: &[&str] = &[
    "''",
    "'x'",
    "'%0'",
    "'%1'",
    "'<%1>'",
    "'%2'",
    "'%%'",
    "'%'",
    "'%a'",
    "{a = 1, b = true, abc = 'T', hello = false}",
    "string.upper",
    "function (...) return select('#', ...) > 1 and 'n' or nil end",
    "function () end",
    "function () return {} end",
    "function (a) return a end",
    "7",
    "1.5",
    "nil",
    "{}",
];

const FORMATS: &[&str] = &[
    "'%d'",
    "'%5d'",
    "'%-5d|'",
    "'%05d'",
    "'%+d'",
    "'% d'",
    "'%.3d'",
    "'%10.4d'",
    "'%i'",
    "'%u'",
    "'%x'",
    "'%X'",
    "'%#x'",
    "'%o'",
    "'%#o'",
    "'%08x'",
    "'%c'",
    "'%5c'",
    "'%s'",
    "'%10s'",
    "'%-10s|'",
    "'%.2s'",
    "'%10.1s'",
    "'%q'",
    "'%5q'",
    "'%f'",
    "'%.0f'",
    "'%.1f'",
    "'%10.3f'",
    "'%+.2f'",
    "'%#.0f'",
    "'%e'",
    "'%.0e'",
    "'%.3E'",
    "'%g'",
    "'%.3g'",
    "'%.14g'",
    "'%.17g'",
    "'%#g'",
    "'%G'",
    "'%a'",
    "'%A'",
    "'%.2a'",
    "'%.0a'",
    "'%20a'",
    "'%%'",
    "'%'",
    "'%y'",
    "'%100d'",
    "'%.100f'",
    "'%99.99f'",
    "'%0-5d'",
    "'%-+5d'",
    "'% +d'",
    "'%.d'",
    "'%.f'",
    "'%-'",
    "'%10'",
    "'%123d'",
    "'%ld'",
    "'a%db%sc'",
    "'%s %s'",
    "'%d %5.1f %q'",
    "'%+.3q'",
    "'%#s'",
    "'%0s'",
    "'%5%'",
    "'%i %x'",
    "'% 5d'",
    "'%+5.2g|'",
    "'%#X'",
    "'%#.3x'",
    "'%-08d|'",
];

const PACKS: &[&str] = &[
    "'b'",
    "'B'",
    "'<h'",
    "'>H'",
    "'i3'",
    "'I16'",
    "'>i7'",
    "'<j'",
    "'J'",
    "'f'",
    "'<d'",
    "'>n'",
    "'s1'",
    "'<s2'",
    "'z'",
    "'c5'",
    "'c0'",
    "'xb'",
    "'!4 b i4'",
    "'>!8 b Xd d'",
    "'i17'",
    "'i0'",
    "'c'",
    "'r'",
    "'<i2 >i2'",
    "'!3 i4'",
    "'!'",
    "'Xz'",
    "'bhij'",
    "'=I4'",
    "'s'",
    "'X'",
    "' < b'",
];

const LISTS: &[&str] = &[
    "{}",
    "{1, 2, 3}",
    "{3, 1, 2}",
    "{'b', 'a', 'c'}",
    "{1, 'x', 2.5}",
    "{10, 20, 30, 40, 50}",
    "{true, false}",
    "{{}, {}}",
    "{1.5, 2, -3, 0}",
    "{n = 3, 1, 2, 3}",
    "{'1', '2'}",
    "table.pack(5, 6, 7)",
];

const ORDERS: &[&str] = &[
    "function (a, b) return a < b end",
    "function (a, b) return a > b end",
    "function (a, b) return tostring(a) < tostring(b) end",
    "function () error('no') end",
    "nil",
    "7",
];

const OTHERS: &[&str] = &["nil", "true", "false", "{}", "type", "(function () end)", "coroutine.create(type)"];

/// A library function and its arguments; those from `must` on may be left out.
struct Function {
    name: &'static str,
    arguments: &'static [Kind],
    must: usize,
}

const fn function(name: &'static str, arguments: &'static [Kind], must: usize) -> Function {
    Function { name, arguments, must }
}

use Kind::{Any, Count, Float, Format, Int, List, Number, Order, Pack, Pattern, Small, Text};

const FUNCTIONS: &[Function] = &[
    function("tostring", &[Any], 1),
    function("tonumber", &[Text], 1),
    function("tonumber", &[Any], 1),
    function("tonumber", &[Text, Count], 2),
    function("type", &[Any], 1),
    function("select", &[Count, Any, Any, Any], 1),
    function("select", &[Text, Any], 1),
    function("rawequal", &[Any, Any], 2),
    function("rawlen", &[Any], 1),
    function("rawget", &[List, Any], 2),
    function("next", &[List, Small], 1),
    function("ipairs", &[List], 1),
    function("assert", &[Any, Any], 1),
    function("error", &[Any, Count], 0),
    function("pcall", &[Any, Any], 0),
    function("getmetatable", &[Any], 1),
    function("setmetatable", &[Any, Any], 2),
    function("load", &[Text], 1),
    function("math.abs", &[Number], 1),
    function("math.ceil", &[Number], 1),
    function("math.floor", &[Number], 1),
    function("math.fmod", &[Number, Number], 2),
    function("math.fmod", &[Int, Int], 2),
    function("math.max", &[Number, Number, Number], 1),
    function("math.min", &[Number, Number, Number], 1),
    function("math.modf", &[Number], 1),
    function("math.sqrt", &[Number], 1),
    function("math.exp", &[Float], 1),
    function("math.log", &[Number, Number], 1),
    function("math.sin", &[Number], 1),
    function("math.cos", &[Number], 1),
    function("math.tan", &[Number], 1),
    function("math.asin", &[Float], 1),
    function("math.acos", &[Float], 1),
    function("math.atan", &[Number, Number], 1),
    function("math.deg", &[Number], 1),
    function("math.rad", &[Number], 1),
    function("math.tointeger", &[Any], 1),
    function("math.tointeger", &[Float], 1),
    function("math.type", &[Any], 1),
    function("math.ult", &[Int, Int], 2),
    function("string.byte", &[Text, Count, Count], 1),
    function("string.char", &[Count, Int, Count], 0),
    function("string.find", &[Text, Pattern, Count, Any], 2),
    function("string.find", &[Text, Text, Count], 2),
    function("string.match", &[Text, Pattern, Count], 2),
    function("string.gsub", &[Text, Pattern, Any, Count], 3),
    function("G", &[Text, Pattern], 2),
    function("string.format", &[Format, Number, Text, Any], 2),
    function("string.format", &[Format, Float], 2),
    function("string.format", &[Format, Int, Number, Text], 2),
    function("string.format", &[Format, Any, Any], 1),
    function("string.len", &[Text], 1),
    function("string.lower", &[Text], 1),
    function("string.upper", &[Text], 1),
    function("string.rep", &[Text, Count, Text], 2),
    function("string.reverse", &[Text], 1),
    function("string.sub", &[Text, Count, Count], 2),
    function("string.pack", &[Pack, Number, Number], 2),
    function("string.pack", &[Pack, Text, Text], 2),
    function("string.unpack", &[Pack, Text, Count], 2),
    function("string.packsize", &[Pack], 1),
    function("table.concat", &[List, Text, Count, Count], 1),
    function("I", &[List, Count, Any], 2),
    function("R", &[List, Count], 1),
    function("table.unpack", &[List, Count, Count], 1),
    function("S", &[List, Order], 2),
    function("S", &[List], 1),
    function("M", &[List, Small, Small, Small], 4),
    function("table.pack", &[Any, Any], 0),
    function("utf8.char", &[Int, Count], 0),
    function("utf8.codepoint", &[Text, Count, Count], 1),
    function("utf8.len", &[Text, Count, Count, Any], 1),
    function("utf8.offset", &[Text, Count, Count], 2),
    function("C", &[Text, Any], 1),
];

const BINARY: &[&str] = &[
    "+", "-", "*", "/", "%", "//", "^", "&", "|", "~", "<<", ">>", "..", "==", "~=", "<", "<=", ">", ">=", "and", "or",
    "+", "-", "*", "//", "%",
];

const UNARY: &[&str] = &["-", "not ", "#", "~", "- "];

/// An expression of about this kind, nested at most so deep.
pub(crate) fn expression(random: &mut Random, kind: Kind, depth: usize) -> String {
    // Sometimes it is something else.
    let kind = if !matches!(kind, Small | Order) && random.happens(10) { Any } else { kind };
    if depth > 0 && !matches!(kind, Pattern | Format | Pack | Count | Small | Order | List) && random.happens(45) {
        return compound(random, kind, depth);
    }
    match kind {
        Int if random.happens(25) => random_integer(random),
        Float if random.happens(25) => random_float(random),
        Int => random.pick(INTS).to_owned(),
        Count => random.pick(COUNTS).to_owned(),
        Order => random.pick(ORDERS).to_owned(),
        Small => (i64::try_from(random.below(12)).unwrap_or(0) - 3).to_string(),
        Float => random.pick(FLOATS).to_owned(),
        Number => match random.below(8) {
            0..=2 => random.pick(INTS).to_owned(),
            3..=5 => random.pick(FLOATS).to_owned(),
            6 => random_float(random),
            _ => random.pick(TEXTS).to_owned(),
        },
        Text => random.pick(TEXTS).to_owned(),
        Pattern => random.pick(PATTERNS).to_owned(),
        Format => random.pick(FORMATS).to_owned(),
        Pack => random.pick(PACKS).to_owned(),
        List => random.pick(LISTS).to_owned(),
        Any => {
            let choices = random.pick(&[INTS, FLOATS, TEXTS, OTHERS, OTHERS, LISTS, REPLACEMENTS, COUNTS]);
            random.pick(choices).to_owned()
        }
    }
}

fn random_integer(random: &mut Random) -> String {
    let bits = random.next() >> random.below(64);
    format!("{}", bits.cast_signed()).replace("-9223372036854775808", "math.mininteger")
}

fn random_float(random: &mut Random) -> String {
    let digits = random.next() >> random.below(64);
    format!("{}{}e{}", random.pick(&["", "-"]), digits, i64::try_from(random.below(80)).unwrap_or(0) - 50)
}

/// An operator or a call.
fn compound(random: &mut Random, kind: Kind, depth: usize) -> String {
    match random.below(10) {
        0..=3 => {
            let operator = random.pick(BINARY);
            let left = expression(random, kind, depth - 1);
            let right = expression(random, kind, depth - 1);
            format!("({left} {operator} {right})")
        }
        4 => format!("({}({}))", random.pick(UNARY), expression(random, kind, depth - 1)),
        _ => call(random, depth - 1),
    }
}

/// A call of a library function.
pub(crate) fn call(random: &mut Random, depth: usize) -> String {
    let function = &FUNCTIONS[random.below(FUNCTIONS.len())];
    let optional = function.arguments.len() - function.must;
    let mut count = function.must + random.below(optional + 1);
    if random.happens(3) {
        count = count.saturating_sub(1);
    }
    let kinds = function.arguments.iter().take(count);
    let arguments: Vec<String> = kinds
        .map(|kind| {
            if function.name == "string.gsub" && *kind == Any {
                random.pick(REPLACEMENTS).to_owned()
            } else {
                expression(random, *kind, depth)
            }
        })
        .collect();
    format!("{}({})", function.name, arguments.join(", "))
}

/// A binary operator.
pub(crate) fn operator(random: &mut Random) -> &'static str {
    random.pick(BINARY)
}
