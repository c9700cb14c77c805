//! Random programs of one line each, made of a few forms that are filled with random expressions.
//!
//! A program returns values, or fails; `P` of the prologue prints either in a form that shows everything but
//! addresses.

use crate::expression::{Kind, call, expression, operator};
use crate::random::Random;

/// What stands in front of the programs: `P` runs and prints one; the others make a value of what a library function
/// does to its argument.
pub(crate) const PROLOGUE: &str = r#"
local write, pack, find = print, table.pack, string.find
local function show(v, depth)
  local kind = math.type(v) or type(v)
  if kind == "float" then
    return ("%.14g(%.17g)"):format(v, v)
  elseif kind == "string" then
    local shown = {}
    for i = 1, #v do
      local b = v:byte(i)
      shown[i] = b >= 32 and b < 127 and v:sub(i, i) or "\\" .. b
    end
    local text = table.concat(shown)
    if text:find("0x%x+", 1) and text:find("^%a+: 0x") then text = "address" end
    for _, kind in ipairs { "table", "function", "thread", "userdata" } do
      local at = text:find(kind .. ": ", 1, true)
      if at then text = text:sub(1, at - 1) .. kind .. " address" end
    end
    return "'" .. text .. "'"
  elseif kind == "table" then
    if depth > 2 then return "{...}" end
    local shown = {}
    for i = 1, math.min(rawlen(v), 20) do shown[i] = show(rawget(v, i), depth + 1) end
    return "{" .. table.concat(shown, ",") .. "}" .. rawlen(v) .. (rawget(v, "n") and "n" .. tostring(rawget(v, "n")) or "")
  elseif kind == "function" or kind == "thread" or kind == "userdata" then
    return kind
  end
  return tostring(v)
end
local function P(number, f)
  local results = pack(pcall(f))
  local line = { tostring(number) }
  for i = 1, math.min(results.n, 30) do line[#line + 1] = show(results[i], 0) end
  line[#line + 1] = results.n
  write(table.concat(line, "\t"))
end
local function G(...)
  local all = {}
  for a, b in string.gmatch(...) do
    all[#all + 1] = tostring(a) .. "/" .. tostring(b)
    if #all > 40 then break end
  end
  return table.concat(all, ";")
end
local function C(...)
  local all = {}
  for at, code in utf8.codes(...) do all[#all + 1] = at .. ":" .. code end
  return table.concat(all, ";")
end
local plain = tostring
local function tostring(...)
  local text = plain(...):gsub(": 0x%x+$", ": address")
  return text
end
local function I(t, ...) table.insert(t, ...) return t end
local function R(t, ...) return table.remove(t, ...), t end
local function S(t, ...) table.sort(t, ...) return t end
-- The length of a list with holes is left open, so all that is shown of it are its fields.
local function M(t, from, to, at)
  local moved, shown = table.move(t, from, to, at), {}
  for i = -8, 24 do shown[#shown + 1] = tostring(moved[i]):gsub(":.*", "") end
  return table.concat(shown, " ")
end
global = 17
"#;

/// The program of this number.
pub(crate) fn generate(number: u64) -> String {
    let mut random = Random::new(number);
    let random = &mut random;
    match random.below(20) {
        0..=6 => {
            let values: Vec<String> = (0..=random.below(3)).map(|_| expression(random, Kind::Any, 3)).collect();
            format!("return {}", values.join(", "))
        }
        7..=11 => format!("return {}", call(random, 2)),
        12 => variables(random),
        13 => numeric_for(random),
        14 => metamethods(random),
        15 => closures(random),
        16 => coercions(random),
        17 => coroutines(random),
        18 => tables(random),
        _ => errors(random),
    }
}

fn any(random: &mut Random) -> String {
    expression(random, Kind::Any, 1)
}

/// Variables of each kind where an operation may fail: the message names them.
fn variables(random: &mut Random) -> String {
    let names = ["a", "b", "t.x", "t.y.z", "global", "missing", "up", "t[1]", "('s')", "a.b", "t.x.y"];
    let (one, two) = (random.pick(&names), random.pick(&names));
    let use_of = match random.below(9) {
        0 => format!("return {one}()"),
        1 => format!("return {one}:method({two})"),
        2 => format!("return #{one}"),
        3 => format!("return -{one}"),
        4 => format!("{one}.field = 1 return {one}.field"),
        5 => format!("return {one}[{two}]"),
        6 => format!("for i in {one} do return i end"),
        _ => format!("return {one} {} {two}", operator(random)),
    };
    let use_of = use_of.replace("('s').field =", "local l =");
    let (first, second, third, up) = (any(random), any(random), any(random), any(random));
    format!(
        "local up = {up} return (function (...) local a, b = {first}, {second} \
         local t = {{x = {third}, y = {{}}}} {use_of} end)()"
    )
}

fn numeric_for(random: &mut Random) -> String {
    let mut bound = || expression(random, Kind::Number, 0);
    let (from, to, by) = (bound(), bound(), bound());
    let step = if random.happens(60) { format!(", {by}") } else { String::new() };
    format!(
        "local seen = {{}} for i = {from}, {to}{step} do seen[#seen + 1] = i if #seen == 8 then break end end return seen"
    )
}

fn metamethods(random: &mut Random) -> String {
    let event = random.pick(&[
        "add",
        "sub",
        "mul",
        "div",
        "mod",
        "pow",
        "unm",
        "idiv",
        "band",
        "bor",
        "bxor",
        "shl",
        "shr",
        "bnot",
        "concat",
        "len",
        "eq",
        "lt",
        "le",
        "index",
        "newindex",
        "call",
        "tostring",
        "name",
        "metatable",
        "close",
        "pairs",
    ]);
    let handler = match random.below(6) {
        0 => any(random),
        1 => "function (...) return select('#', ...) end".to_owned(),
        2 => format!("function (a, b) return {}, 2 end", any(random)),
        3 => "function (a, b) return type(a) .. type(b) end".to_owned(),
        4 => format!("function () error({}) end", any(random)),
        _ => "function (a, b) return rawequal(a, b) end".to_owned(),
    };
    let other = any(random);
    let operator = operator(random);
    let use_of = match random.below(9) {
        0 | 1 => format!("return m {operator} {other}"),
        2 => format!("return {other} {operator} m"),
        3 => format!("return m {operator} n"),
        4 => "return m.key, #m, -m".to_owned(),
        5 => "m.key = 5 return rawget(m, 'key')".to_owned(),
        6 => format!("return m({other})"),
        7 => "return tostring(m):gsub(': .*', ''), getmetatable(m) == nil".to_owned(),
        _ => "do local c <close> = m end return ~m".to_owned(),
    };
    format!("local mt = {{__{event} = {handler}}} local m, n = setmetatable({{}}, mt), setmetatable({{}}, mt) {use_of}")
}

fn closures(random: &mut Random) -> String {
    let (first, second) = (any(random), expression(random, Kind::Int, 1));
    let count = random.below(5);
    match random.below(4) {
        0 => format!(
            "local fs = {{}} for i = 1, {count} do local x = i fs[i] = function () x = x + 1 return x, i end end \
             local out = {{}} for i, f in ipairs(fs) do f() out[i] = f() end return out, {first}"
        ),
        1 => format!("local function f(a, ...) return ..., a, select('#', ...) end return f({first}, {second}, nil)"),
        2 => format!(
            "local function f(n) if n <= 0 then return {first} end return f(n - 1) end return (f({count})), f({count})"
        ),
        _ => format!(
            "local a <const>, b = {second}, {first} local t = {{f = function (self, ...) return self.v, a, ... end, \
             v = b}} return t:f({first})"
        ),
    }
}

fn coercions(random: &mut Random) -> String {
    let mut number = || expression(random, Kind::Number, 1);
    let (one, two) = (number(), number());
    match random.below(6) {
        0 => format!("local a, b = {one}, {two} return a // b, a % b, a - b * (a // b)"),
        1 => format!("local a, b = {one}, {two} return a < b, a <= b, a == b, a > b, a ~= b"),
        2 => format!("local a = {one} return a | 0, math.type(a)"),
        3 => format!("local a, b = {one}, {two} return a .. b, tostring(a), tonumber(tostring(a)) == a"),
        4 => format!("local a, b = {one}, {two} return a << b, a >> b, a & b, a ~ b, ~a"),
        _ => format!("local t = {{}} t[{one}] = 1 t[{two}] = 2 return t[{one}], t[{two}], #t"),
    }
}

fn coroutines(random: &mut Random) -> String {
    let (first, second) = (any(random), any(random));
    match random.below(4) {
        0 => format!(
            "local co = coroutine.create(function (...) local x = coroutine.yield(...) error({first}) end) \
             local a, b = coroutine.resume(co, {second}) local c, d = coroutine.resume(co) \
             return a, b, c, d, coroutine.status(co), coroutine.resume(co)"
        ),
        1 => format!(
            "local f = coroutine.wrap(function (a) return coroutine.yield(a), {first} end) return f({second}), f(3), f()"
        ),
        2 => format!("return coroutine.resume({first}, {second})"),
        _ => format!(
            "local co = coroutine.create(function () local x <close> = setmetatable({{}}, {{__close = function (_, e) \
             error({first}) end}}) coroutine.yield({second}) end) coroutine.resume(co) \
             return coroutine.close(co), coroutine.status(co)"
        ),
    }
}

fn tables(random: &mut Random) -> String {
    let list = expression(random, Kind::List, 0);
    let mut steps = String::new();
    for _ in 0..random.below(6) {
        let at = expression(random, Kind::Count, 0);
        let step = match random.below(6) {
            0 => format!("t[#t + 1] = {} or 0", any(random)),
            1 => format!("table.insert(t, ({}) or 0)", any(random)),
            2 => format!("table.insert(t, {at}, ({}) or 0)", any(random)),
            3 => "out[#out + 1] = table.remove(t)".to_owned(),
            4 => format!("out[#out + 1] = table.remove(t, {at})"),
            _ => "table.sort(t)".to_owned(),
        };
        steps.push_str(&step);
        steps.push(' ');
    }
    format!("local t, out = {list}, {{}} {steps}return t, out, #t, next({{}}), table.concat(t, ',')")
}

fn errors(random: &mut Random) -> String {
    let value = any(random);
    match random.below(6) {
        0 => format!("error({value}, {})", random.below(4)),
        1 => format!("return xpcall(function () error({value}) end, function (m) return m, type(m) end)"),
        2 => format!("return pcall(pcall, {value})"),
        3 => format!("return select({value}, 1, 2, 3)"),
        4 => format!("local a <close> = {value} return a"),
        _ => format!(
            "return pcall({}, {value}, {})",
            random.pick(&[
                "string.rep",
                "ipairs",
                "table.concat",
                "math.floor",
                "setmetatable",
                "('x').rep",
                "utf8.char",
                "next"
            ]),
            any(random)
        ),
    }
}
