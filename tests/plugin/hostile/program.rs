//! Random programs that mean no good: written by a small grammar, out of all names that an app's registry knows.
//!
//! Most of what they do fits halfway, so that it gets far before it goes wrong: fields that there are, given values of
//! nearly the right shape. The same number writes the same program. What it writes is Lua that always compiles.

use std::any::TypeId;

use bevy::ecs::reflect::{AppTypeRegistry, ReflectComponent, ReflectEvent, ReflectMessage, ReflectResource};
use bevy::prelude::*;
use bevy::reflect::enums::{EnumInfo, VariantInfo};
use bevy::reflect::{TypeInfo, TypeRegistry};

use super::random::Random;

/// A type by the name that a script calls it, and what it is made of.
#[derive(Clone, Copy)]
struct Word {
    name: &'static str,
    info: &'static TypeInfo,
}

/// What an app's registry knows.
pub(super) struct Vocabulary {
    components: Vec<Word>,
    resources: Vec<Word>,
    events: Vec<Word>,
    names: Vec<&'static str>,
}

impl Vocabulary {
    pub(super) fn of(world: &World) -> Vocabulary {
        let registry = world.resource::<AppTypeRegistry>().clone();
        let types = registry.read();
        let all = |has: fn(&bevy::reflect::TypeRegistration) -> bool| {
            let mut words: Vec<Word> = types
                .iter()
                .filter(|known| has(known))
                .map(|known| Word { name: called(&types, known.type_info()), info: known.type_info() })
                .collect();
            words.sort_by_key(|word| word.info.type_path());
            words
        };
        let components = all(|known| known.data::<ReflectComponent>().is_some());
        let mut names: Vec<&'static str> = types.iter().flat_map(|known| parts_of(known.type_info())).collect();
        names.sort_unstable();
        names.dedup();
        Vocabulary {
            resources: all(|known| known.data::<ReflectResource>().is_some()),
            events: all(|known| known.data::<ReflectEvent>().is_some() || known.data::<ReflectMessage>().is_some()),
            components,
            names,
        }
    }
}

/// The short name, where only one type has it.
fn called(types: &TypeRegistry, info: &'static TypeInfo) -> &'static str {
    let table = info.type_path_table();
    if types.is_ambiguous(table.short_path()) { table.path() } else { table.short_path() }
}

fn parts_of(info: &'static TypeInfo) -> Vec<&'static str> {
    match info {
        TypeInfo::Struct(info) => info.field_names().to_vec(),
        TypeInfo::Enum(info) => info.variant_names().to_vec(),
        _ => Vec::new(),
    }
}

/// What every program begins with: things to be had by name.
const PRELUDE: &str = "\
local dead = world:spawn{Widths = {}}  local stale = dead.Widths  dead:despawn()
local other = world:find('everything') or self
local cycle = {}  cycle[1] = cycle  cycle.cycle = cycle
local deep = {}  do local t = deep  for i = 1, 300 do t[1] = {}  t = t[1] end end
local huge = ('x'):rep(70000)
local many = {}  for i = 1, 3000 do many[i] = i end
local evil = setmetatable({}, {__index = function(_, k) return k end, __len = function() return 1e9 end,
  __pairs = function() return next, {}, nil end, __tostring = function() return 'Transform' end,
  __call = function() return 1 end, __eq = function() return true end, __lt = function() return true end,
  __close = function() wait() end, __gc = function() end})
pcall(function() world:component('Vigour', {hp = 10, name = 'x', at = vec3(1, 2, 3), bag = {}, owner = self},
  {hp = {min = 0, max = 100}, name = {one_of = {'x', 'y', ''}}}) end)
local a, b, c, d = self, other, {}, 0
";

/// Names that are no type's.
const NAMES: &[&str] = &[
    "",
    "x",
    "y",
    "r",
    "hue",
    "xyz",
    "wwww",
    "n",
    "entity",
    "name",
    "alive",
    "state",
    "self",
    "Vigour",
    "hp",
    "bag",
    "LuaComponent<0>",
    "Observer",
    "\\0",
    "\\xff",
    "…",
    "__index",
    "translation",
    "Nothing",
    "reload",
    "Add",
    "Remove",
    "Despawn",
    "Insert",
    "Discard",
    "Hit",
    "Vec<u8>",
    "alloc::vec::Vec<u8>",
    "Entity",
    "f32",
];

const NUMBERS: &str = "\
    0 1 2 3 -1 0.5 -0.0 1e9 1e308 -1e308 0/0 1/0 -1/0 127 128 255 256 65536 2147483648 4294967296 math.maxinteger \
    math.mininteger 9007199254740993 1e-320 3.0";

const METHODS: &str = "\
    on wait_for send trigger write query spawn resource insert_resource remove_resource find component get has \
    insert remove components despawn parent children add_child remove_child set_parent copy set variant push pop \
    clear status join cancel count first single sorted length dot normalize with lerp to_hex inverse rotate extend";

/// Functions among the globals; all of them take anything.
const FUNCTIONS: &str = "\
    print log log.warn tostring type pairs ipairs next rawlen rawget rawequal select require params error assert \
    pcall load setmetatable getmetatable spawn on wait_for task.current task.status task.cancel task.on_cancel \
    task.defer task.join table.concat table.unpack table.sort table.insert table.remove table.move string.format \
    string.rep math.max vec2 vec3 vec4 ivec2 uvec3 quat color quat.euler quat.axis_angle quat.look_to color.hsl \
    color.hex color.mix coroutine.wrap coroutine.close coroutine.yield coroutine.isyieldable";

/// Writes one program.
pub(super) struct Author<'a> {
    random: Random,
    words: &'a Vocabulary,
    /// How many more statements the program may have.
    left: usize,
}

impl<'a> Author<'a> {
    pub(super) fn new(seed: u64, words: &'a Vocabulary) -> Author<'a> {
        Author { random: Random::new(seed), words, left: 60 }
    }

    /// The program's statements, of which any may be left out.
    pub(super) fn program(&mut self) -> Vec<String> {
        let count = 4 + self.random.below(14);
        (0..count).map(|_| self.statement(0)).collect()
    }

    // -- statements ----------------------------------------------------------------------------------

    fn block(&mut self, depth: usize) -> String {
        let count = 1 + self.random.below(3);
        let statements: Vec<String> = (0..count).map(|_| self.statement(depth + 1)).collect();
        statements.join(" ")
    }

    fn statement(&mut self, depth: usize) -> String {
        self.left = self.left.saturating_sub(1);
        let statement = match self.random.below(if depth > 4 || self.left == 0 { 50 } else { 100 }) {
            0..10 => format!("{} = {}", self.variable(), self.value(2)),
            10..22 => {
                let (place, value) = self.assignment();
                format!("{place} = {value}")
            }
            22..30 => format!("{} = {}", self.variable(), self.call(2)),
            30..38 => {
                let word = self.component();
                let (entity, value) = (self.entity(), self.fitting(word.info, 3));
                format!("{entity}[{}] = {value}", quoted(word.name))
            }
            38..46 => format!("local _ = {}", self.operation()),
            46..50 => self.wait(),
            50..58 => {
                let (names, query) = (self.names(), self.query());
                format!("for {names} in {query} do {} end", self.block(depth))
            }
            58..63 => {
                let (over, body) = (self.value(2), self.block(depth));
                let each = self.random.pick(&["pairs", "ipairs"]);
                format!("for k, v in {each}({over}) do c, d = k, v {body} end")
            }
            63..67 => {
                let times = self.random.pick(&["2", "5", "40", "400"]);
                format!("for i = 1, {times} do {} end", self.block(depth))
            }
            67..73 => {
                let start =
                    self.random.pick(&["spawn(", "task.defer(", "task.delay(0.01, ", "task.every(0.02, ", "spawn("]);
                format!("{} = {start}function(...) {} end, {})", self.variable(), self.block(depth), self.value(1))
            }
            73..80 => self.handler(depth),
            80..85 => {
                let (body, rest) = (self.block(depth), self.block(depth));
                format!("do local x <close> = setmetatable({{}}, {{__close = function(...) {body} end}}) {rest} end")
            }
            85..88 => format!("task.on_cancel(function() {} end)", self.block(depth)),
            88..91 => {
                let how = self.random.pick(&["all", "any", "race"]);
                let (one, two) = (self.block(depth), self.block(depth));
                format!("local _ = task.{how}(function() {one} return 1 end, function() {two} end)")
            }
            91..93 => format!("local _ = task.timeout(0.03, function() {} end)", self.block(depth)),
            93..96 => format!("coroutine.wrap(function(...) {} end)({})", self.block(depth), self.value(1)),
            96..98 => format!("wait_until(function() {} return true end)", self.block(depth)),
            98 => format!("table.sort({{3, 1, 2}}, function(...) {} return false end)", self.block(depth)),
            _ => format!("while {} do {} end", self.value(1), self.block(depth)),
        };
        if self.random.happens(85) {
            format!("pcall(function() {statement} end)")
        } else {
            format!("do {statement} end")
        }
    }

    fn handler(&mut self, depth: usize) -> String {
        let (event, body) = (self.event_name(), self.block(depth));
        let subject = match self.random.below(3) {
            0 => "on(".to_owned(),
            1 => "world:on(".to_owned(),
            _ => format!("({}):on(", self.entity()),
        };
        format!("{} = {subject}{event}, function(e) d = e {body} end)", self.variable())
    }

    fn wait(&mut self) -> String {
        match self.random.below(9) {
            0 => {
                format!("local _ = wait_for({}, {})", self.event_name(), self.random.pick(&["0.02", "0", "-1", "1e9"]))
            }
            1 => format!("local _ = task.join({}, {})", self.variable(), self.random.pick(&["0.02", "nil", "0"])),
            2 => format!("wait({})", self.one_of(NUMBERS)),
            3 => format!("wait_frames({})", self.one_of(NUMBERS)),
            4 => format!("wait_real({})", self.random.pick(&["0", "0.001", "-1"])),
            5 => "wait_fixed()".to_owned(),
            6 => "coroutine.yield()".to_owned(),
            7 => format!("coroutine.yield({})", self.value(1)),
            _ => "wait()".to_owned(),
        }
    }

    // -- places --------------------------------------------------------------------------------------

    /// A place that can be assigned to, and a value that may fit.
    fn assignment(&mut self) -> (String, String) {
        let word = if self.random.happens(80) { self.component() } else { self.resource() };
        let base = if self.is_resource(word) {
            format!("world:resource({})", quoted(word.name))
        } else {
            format!("{}[{}]", self.entity(), quoted(word.name))
        };
        let (mut place, mut info) = self.walk(base, Some(word.info));
        if !place.ends_with([']', 'x']) || self.random.happens(10) {
            let name = self.name();
            place = format!("({place})[{name}]");
            info = None;
        }
        let value = match info {
            Some(info) => self.fitting(info, 3),
            None => self.value(3),
        };
        (place, value)
    }

    /// Some steps from a value of a type into its parts.
    fn walk(&mut self, base: String, from: Option<&'static TypeInfo>) -> (String, Option<&'static TypeInfo>) {
        let (mut place, mut info) = (base, from);
        for _ in 0..self.random.below(5) {
            let step: Option<(String, Option<&'static TypeInfo>)> = match info {
                Some(TypeInfo::Struct(fields)) => {
                    let index = self.random.below(fields.field_len());
                    fields.field_at(index).map(|field| (format!("[{}]", quoted(field.name())), field.type_info()))
                }
                Some(TypeInfo::TupleStruct(fields)) => {
                    let index = self.random.below(fields.field_len());
                    fields.field_at(index).map(|field| (format!("[{}]", index + 1), field.type_info()))
                }
                Some(TypeInfo::Tuple(fields)) => {
                    let index = self.random.below(fields.field_len());
                    fields.field_at(index).map(|field| (format!("[{}]", index + 1), field.type_info()))
                }
                Some(TypeInfo::List(list)) => Some((self.index(), list.item_info())),
                Some(TypeInfo::Array(list)) => Some((self.index(), list.item_info())),
                Some(TypeInfo::Map(map)) => {
                    let key = self.of_type(map.key_ty().id(), map.key_info(), 1);
                    Some((format!("[{key}]"), map.value_info()))
                }
                Some(TypeInfo::Set(_)) => Some((format!("[{}]", self.value(1)), None)),
                Some(TypeInfo::Enum(info)) => {
                    let index = self.random.below(info.variant_len());
                    match info.variant_at(index) {
                        Some(VariantInfo::Tuple(tuple)) if tuple.name() == "Some" => {
                            info_step(String::new(), tuple.field_at(0).and_then(bevy::reflect::UnnamedField::type_info))
                        }
                        Some(VariantInfo::Tuple(tuple)) if tuple.field_len() == 1 => {
                            let inner = tuple.field_at(0).and_then(bevy::reflect::UnnamedField::type_info);
                            info_step(format!("[{}]", quoted(tuple.name())), inner)
                        }
                        Some(variant) => info_step(format!("[{}]", quoted(variant.name())), None),
                        None => None,
                    }
                }
                _ => None,
            };
            let Some((step, inner)) = step else { break };
            place.push_str(&step);
            info = inner;
        }
        (place, info)
    }

    fn index(&mut self) -> String {
        let index = self.random.pick(&["1", "2", "3", "0", "-1", "1.5", "#other", "math.maxinteger", "nil"]);
        format!("[{index}]")
    }

    // -- values --------------------------------------------------------------------------------------

    /// A value that a place of the type takes, or nearly.
    fn fitting(&mut self, info: &'static TypeInfo, depth: usize) -> String {
        self.of_type(info.type_id(), Some(info), depth)
    }

    fn of_type(&mut self, id: TypeId, info: Option<&'static TypeInfo>, depth: usize) -> String {
        if self.random.happens(7) || depth == 0 {
            return self.value(1);
        }
        let Some(info) = info else { return self.leaf(id) };
        match info {
            TypeInfo::Struct(fields) => {
                let mut parts = Vec::new();
                for field in fields.iter() {
                    if self.random.happens(60) {
                        let value = self.of_type(field.type_id(), field.type_info(), depth - 1);
                        parts.push(format!("[{}] = {value}", quoted(field.name())));
                    }
                }
                format!("{{{}}}", parts.join(", "))
            }
            TypeInfo::TupleStruct(fields) => self.list(fields.iter().map(|f| (f.type_id(), f.type_info())), depth),
            TypeInfo::Tuple(fields) => self.list(fields.iter().map(|f| (f.type_id(), f.type_info())), depth),
            TypeInfo::List(list) => {
                let count = self.random.below(4);
                self.list(std::iter::repeat_n((list.item_ty().id(), list.item_info()), count), depth)
            }
            TypeInfo::Array(array) => {
                let item = (array.item_ty().id(), array.item_info());
                self.list(std::iter::repeat_n(item, array.capacity().min(20)), depth)
            }
            TypeInfo::Set(set) => {
                let count = self.random.below(4);
                self.list(std::iter::repeat_n((set.value_ty().id(), None), count), depth)
            }
            TypeInfo::Map(map) => {
                let mut parts = Vec::new();
                for _ in 0..self.random.below(4) {
                    let key = self.of_type(map.key_ty().id(), map.key_info(), depth - 1);
                    let value = self.of_type(map.value_ty().id(), map.value_info(), depth - 1);
                    let is_pair = self.random.happens(40);
                    parts.push(if is_pair { format!("{{{key}, {value}}}") } else { format!("[{key} or 1] = {value}") });
                }
                format!("{{{}}}", parts.join(", "))
            }
            TypeInfo::Enum(info) => self.variant(info, depth),
            TypeInfo::Opaque(_) => self.leaf(id),
        }
    }

    fn variant(&mut self, info: &'static EnumInfo, depth: usize) -> String {
        let index = self.random.below(info.variant_len());
        match info.variant_at(index) {
            Some(VariantInfo::Tuple(tuple)) => {
                let content = match tuple.field_at(0) {
                    Some(only) if tuple.field_len() == 1 => self.of_type(only.type_id(), only.type_info(), depth - 1),
                    _ => self.list(tuple.iter().map(|f| (f.type_id(), f.type_info())), depth),
                };
                if tuple.name() == "Some" { content } else { format!("{{[{}] = {content}}}", quoted(tuple.name())) }
            }
            Some(VariantInfo::Struct(fields)) => {
                let mut parts = Vec::new();
                for field in fields.iter() {
                    let value = self.of_type(field.type_id(), field.type_info(), depth - 1);
                    parts.push(format!("[{}] = {value}", quoted(field.name())));
                }
                format!("{{[{}] = {{{}}}}}", quoted(fields.name()), parts.join(", "))
            }
            Some(VariantInfo::Unit(unit)) if unit.name() == "None" => "nil".to_owned(),
            Some(VariantInfo::Unit(unit)) => quoted(unit.name()),
            None => "nil".to_owned(),
        }
    }

    fn list(&mut self, items: impl Iterator<Item = (TypeId, Option<&'static TypeInfo>)>, depth: usize) -> String {
        let items: Vec<String> = items.map(|(id, info)| self.of_type(id, info, depth - 1)).collect();
        format!("{{{}}}", items.join(", "))
    }

    fn leaf(&mut self, id: TypeId) -> String {
        if id == TypeId::of::<bool>() {
            return self.random.pick(&["true", "false"]).to_owned();
        }
        if id == TypeId::of::<String>() || id == TypeId::of::<std::borrow::Cow<'static, str>>() {
            return self.random.pick(&["'a'", "''", "huge", "'…'", "'\\xff'", "'a.lua'"]).to_owned();
        }
        if id == TypeId::of::<char>() {
            return self.random.pick(&["'a'", "'…'", "''", "'ab'"]).to_owned();
        }
        if id == TypeId::of::<Entity>() {
            return self.entity();
        }
        self.one_of(NUMBERS).to_owned()
    }

    /// Any value.
    fn value(&mut self, depth: usize) -> String {
        if depth == 0 {
            return self.atom();
        }
        match self.random.below(20) {
            0..7 => self.atom(),
            7..9 => self.entity(),
            9..12 => {
                let word = self.component();
                let base = format!("{}[{}]", self.entity(), quoted(word.name));
                self.walk(base, Some(word.info)).0
            }
            12 => {
                let word = self.resource();
                self.walk(format!("world:resource({})", quoted(word.name)), Some(word.info)).0
            }
            13 => self.query(),
            14..16 => {
                let word = self.component();
                self.fitting(word.info, depth)
            }
            16 => {
                let (key, value) = (self.name(), self.value(depth - 1));
                format!("{{[{key} or 1] = {value}, {}}}", self.value(depth - 1))
            }
            17 => format!("function(...) {} end", if self.left > 0 { self.statement(4) } else { String::new() }),
            _ => self.call(depth - 1),
        }
    }

    fn atom(&mut self) -> String {
        match self.random.below(14) {
            0..4 => self.one_of(NUMBERS).to_owned(),
            4 | 5 => self.name(),
            6..9 => self.variable(),
            9 => self
                .random
                .pick(&[
                    "nil", "true", "false", "cycle", "deep", "huge", "many", "evil", "stale", "dead", "{}", "world",
                ])
                .to_owned(),
            10 => self
                .random
                .pick(&["self", "params", "state", "time", "task", "print", "other.state", "world", "_G"])
                .to_owned(),
            11 => self
                .random
                .pick(&[
                    "vec2(1, 2)",
                    "vec3(0/0, 1, 1/0)",
                    "vec4(0, 0, 0, 0)",
                    "ivec3(1, -2, 3)",
                    "uvec2(4, 5)",
                    "ivec2(-1, 0)",
                ])
                .to_owned(),
            12 => self
                .random
                .pick(&["quat(0, 0, 0, 0)", "quat.euler(1, 2, 3)", "color(1, 0, 0)", "color.hsl(1e9, 2, 0.5)"])
                .to_owned(),
            _ => self
                .random
                .pick(&["{1, 2, 3}", "{x = 1}", "{n = 1e9}", "{[1] = 1, [3] = 2}", "{{}}", "{n = 3}"])
                .to_owned(),
        }
    }

    fn entity(&mut self) -> String {
        match self.random.below(16) {
            0..5 => "self".to_owned(),
            5..8 => "other".to_owned(),
            8 | 9 => format!("({} or self)", self.variable()),
            10 => "dead".to_owned(),
            11 => {
                let word = self.component();
                format!("world:query({}):first()", quoted(word.name))
            }
            12 => "(self:parent() or other)".to_owned(),
            13 => "(self:children()[1] or self)".to_owned(),
            14 => {
                let word = self.component();
                let value = self.fitting(word.info, 2);
                format!("world:spawn{{[{}] = {value}, parent = {}}}", quoted(word.name), self.variable())
            }
            _ => "world:spawn{}".to_owned(),
        }
    }

    fn variable(&mut self) -> String {
        self.random.pick(&["a", "b", "c", "d"]).to_owned()
    }

    fn names(&mut self) -> String {
        self.random.pick(&["e", "a, b", "c, d, b", "_, a, b, c, d"]).to_owned()
    }

    /// A name, as a Lua string.
    fn name(&mut self) -> String {
        let name = match self.random.below(5) {
            0 => self.random.pick(NAMES),
            1 => self.component().name,
            2 => self.resource().name,
            3 => self.one_of(METHODS),
            _ => self.random.pick(&self.words.names),
        };
        format!("'{name}'")
    }

    fn event_name(&mut self) -> String {
        match self.random.below(4) {
            0 => {
                let event = self.random.pick(&["Add", "Insert", "Discard", "Remove", "Despawn"]);
                format!("'{event}', {}", quoted(self.component().name))
            }
            1 => self.name(),
            2 => self.random.pick(&["'ping'", "'reload'", "''"]).to_owned(),
            _ => quoted(self.event().name),
        }
    }

    fn query(&mut self) -> String {
        let mut terms: Vec<String> = Vec::new();
        for _ in 0..1 + self.random.below(2) {
            terms.push(quoted(self.component().name));
        }
        if self.random.happens(40) {
            let filter = self.random.pick(&["with", "without", "changed", "added", "optional", "wrong"]);
            let (one, two) = (quoted(self.component().name), quoted(self.component().name));
            terms.push(format!("{{{filter} = {{{one}, {two}}}}}"));
        }
        let query = format!("world:query({})", terms.join(", "));
        match self.random.below(10) {
            0 => format!("{query}:sorted(function(...) {} return false end)", self.statement(4)),
            1 => format!("{query}:sorted(function(p, q) return p ~= q end)"),
            _ => query,
        }
    }

    fn call(&mut self, depth: usize) -> String {
        let arguments = |this: &mut Self| {
            let values: Vec<String> = (0..this.random.below(4)).map(|_| this.value(depth.min(1))).collect();
            values.join(", ")
        };
        match self.random.below(20) {
            0..4 => {
                let (function, arguments) = (self.one_of(FUNCTIONS), arguments(self));
                format!("{function}({arguments})")
            }
            4..9 => {
                let (method, arguments) = (self.one_of(METHODS), arguments(self));
                format!("({}):{method}({arguments})", self.value(depth.min(1)))
            }
            9 | 10 => {
                let word = self.event();
                let value = self.fitting(word.info, 3);
                let (subject, method) = match self.random.below(3) {
                    0 => (self.entity(), "trigger"),
                    1 => ("world".to_owned(), "trigger"),
                    _ => ("world".to_owned(), "write"),
                };
                format!("({subject}):{method}({}, {value})", quoted(word.name))
            }
            11 => {
                let word = self.resource();
                format!("world:insert_resource({}, {})", quoted(word.name), self.fitting(word.info, 3))
            }
            12 => format!("world:remove_resource({})", quoted(self.resource().name)),
            13 => format!("({}):send('ping', {}, {})", self.entity(), self.variable(), self.value(1)),
            14 | 15 => {
                let word = self.component();
                let method = self.random.pick(&["get", "has", "insert", "remove"]);
                format!("({}):{method}({}, {})", self.entity(), quoted(word.name), self.fitting(word.info, 3))
            }
            16 => {
                let (entity, other) = (self.entity(), self.entity());
                let method = self.random.pick(&["add_child", "remove_child", "set_parent"]);
                format!("({entity}):{method}({other})")
            }
            17 => format!("({}):despawn()", self.entity()),
            18 => {
                let word = self.component();
                let base = format!("{}[{}]", self.entity(), quoted(word.name));
                let (place, _) = self.walk(base, Some(word.info));
                let method = self.random.pick(&["copy", "set", "push", "pop", "insert", "remove", "clear", "variant"]);
                format!("({place}):{method}({})", arguments(self))
            }
            _ => {
                let fields: Vec<String> = (0..self.random.below(3))
                    .map(|_| format!("f{} = {}", self.random.below(3), self.value(1)))
                    .collect();
                format!("world:component('C{}', {{{}}})", self.random.below(40), fields.join(", "))
            }
        }
    }

    fn operation(&mut self) -> String {
        let (one, two) = (self.value(2), self.value(2));
        match self.random.below(6) {
            0 => format!("#({one})"),
            1 => format!("-({one})"),
            2 => format!("tostring({one})"),
            3 => format!("({one})[{two}]"),
            _ => {
                let operator = self
                    .random
                    .pick(&["+", "-", "*", "/", "%", "^", "//", "..", "==", "~=", "<", "<=", "and", "or", "&"]);
                format!("({one}) {operator} ({two})")
            }
        }
    }

    // -- words ---------------------------------------------------------------------------------------

    /// One of the words of a list.
    fn one_of(&mut self, words: &'static str) -> &'static str {
        let words: Vec<&str> = words.split(' ').collect();
        self.random.pick(&words)
    }

    fn component(&mut self) -> Word {
        self.random.pick(&self.words.components)
    }

    fn resource(&mut self) -> Word {
        self.random.pick(&self.words.resources)
    }

    fn event(&mut self) -> Word {
        self.random.pick(&self.words.events)
    }

    fn is_resource(&self, word: Word) -> bool {
        self.words.resources.iter().any(|known| known.name == word.name)
    }
}

fn info_step(step: String, info: Option<&'static TypeInfo>) -> Option<(String, Option<&'static TypeInfo>)> {
    Some((step, info))
}

fn quoted(name: &str) -> String {
    format!("'{name}'")
}

/// A program's text.
pub(super) fn text(statements: &[String]) -> String {
    let mut text = PRELUDE.to_owned();
    for statement in statements {
        text.push_str(statement);
        text.push('\n');
    }
    text
}
