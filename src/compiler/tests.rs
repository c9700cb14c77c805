//! Error messages, limits, deep sources, and a crude fuzzer over this room.

use super::listings::{NAME, compiled};
use super::verify::verify;
use super::{CompileError, Options, compile};
use crate::bytecode::Op;

fn error(source: &str) -> CompileError {
    match compile(source.as_bytes(), NAME, Options::default()) {
        Ok(proto) => panic!("no error in:\n{source:.500}\n{proto}"),
        Err(error) => error,
    }
}

fn check_error(source: &str, line: u32, message: &str) {
    assert_eq!(error(source), CompileError::new(line, message), "in: {source:.500}");
}

#[test]
fn labels_must_be_visible() {
    check_error("goto foo", 1, "no visible label 'foo' for <goto> at line 1");
    check_error("do ::l:: end\ngoto l", 2, "no visible label 'l' for <goto> at line 2");
    check_error("::l:: f(function() goto l end)", 1, "no visible label 'l' for <goto> at line 1");
    check_error("break", 1, "break outside loop at line 1");
    check_error("while x do f(function() break end) end", 1, "break outside loop at line 1");
}

#[test]
fn goto_cannot_enter_a_scope() {
    let message = "<goto l> at line 1 jumps into the scope of local 'a'";
    check_error("goto l\nlocal a\n::l::\nprint(a)", 4, message);
    check_error("repeat goto l; local a; ::l:: until a", 1, message);
    compiled("do goto l; local a; ::l:: ::m:: end");
    compiled("do goto l; local a; ::l:: ; end");
}

#[test]
fn labels_are_unique_where_visible() {
    check_error("::a::\nf()\n::a::", 3, "label 'a' already defined on line 1");
    check_error("::a:: do ::a:: end", 1, "label 'a' already defined on line 1");
    compiled("do ::a:: end ::a::");
    compiled("do ::a:: end do ::a:: end f(function() ::a:: end) ::a::");
}

#[test]
fn constants_cannot_be_assigned() {
    check_error("local x <const> = 1\nx = 2", 2, "attempt to assign to const variable 'x'");
    check_error("local x <close> = nil; f(function() x = 2 end)", 1, "attempt to assign to const variable 'x'");
    check_error("local x <const> = 1; function x() end", 1, "attempt to assign to const variable 'x'");
    check_error("local a <close>, b <close> = 1", 1, "multiple to-be-closed variables in local list");
}

// -- limits --------------------------------------------------------------------------------------

fn numbered(count: usize, separator: &str, item: impl Fn(usize) -> String) -> String {
    (0..count).map(item).collect::<Vec<_>>().join(separator)
}

#[test]
fn locals_are_limited() {
    let locals = |count| numbered(count, "\n", |i| format!("local a{i}"));
    compiled(&locals(200));
    check_error(&locals(201), 201, "too many local variables (limit is 200) in main function near <eof>");
    let list = format!("local function f()\nlocal {} end", numbered(300, ",", |i| format!("a{i}")));
    check_error(&list, 2, "too many local variables (limit is 200) in function at line 1 near ','");
}

#[test]
fn registers_are_limited() {
    let message = "function or expression needs too many registers";
    compiled(&format!("f({})", numbered(249, ",", |_| "1".to_owned())));
    check_error(&format!("f({})", numbered(250, ",", |_| "1".to_owned())), 1, message);
    let table = format!(
        "local {}\nlocal t = {{f({})}}",
        numbered(198, ",", |i| format!("a{i}")),
        numbered(60, ",", |_| "1".to_owned())
    );
    check_error(&table, 2, message);
    compiled(&format!("x = {{{}}}", numbered(3000, ",", |_| "1".to_owned())));
}

#[test]
fn upvalues_are_limited() {
    let source = |outer: usize| {
        let declare = |from, count| numbered(count, "\n", |i| format!("local a{}", i + from));
        let uses = numbered(outer + 150, " ", |i| format!("f(a{i})"));
        format!("{}\nlocal function g()\n{}\nreturn function() {uses} end end", declare(0, outer), declare(outer, 150))
    };
    compiled(&source(104));
    let found = error(&source(105));
    assert_eq!(found.message, "too many upvalues (limit is 255) in function at line 257 near ')'");
}

#[test]
fn constants_beyond_sixteen_bits_are_loaded() {
    let mut source = "local t, o\n".to_owned();
    for i in 0..70_000 {
        source.push_str(&format!("t = {i}.5\n"));
    }
    source.push_str("t.late = t.later + 0.25; t = t == 'latest'; o:method(1)");
    let proto = compiled(&source);
    let names: Vec<&str> = proto.code.iter().map(|op| op.name()).collect();
    let tail = names.get(names.len() - 17..).unwrap_or(&names);
    let expected = "LoadConst LoadConst GetIndex LoadConst Add SetIndex LoadConst JumpEq LoadBool Jump LoadBool \
                    LoadConst Move GetIndex LoadInt Call Return0";
    assert_eq!(tail.join(" "), expected);
}

/// Variables of outer functions are passed through each function between.
#[test]
fn upvalues_are_limited_by_the_length_of_the_chunk() {
    let locals = |prefix: char| format!("local {} ", numbered(120, ",", |index| format!("{prefix}{index}")));
    let uses = |prefix: char| numbered(120, " ", |index| format!("{prefix}{index}=0"));
    let nest = |depth: usize| {
        let (open, close) = ("local function f() ".repeat(depth), " end".repeat(depth));
        format!(
            "{}{}{open}{} {}{close}",
            locals('a'),
            "local function g() ".to_owned() + &locals('b'),
            uses('a'),
            uses('b')
        ) + " end"
    };
    compiled(&nest(10));
    let error = error(&nest(120));
    assert_eq!(error.message, "too many variables of outer functions in a chunk of this length");
}

/// The same long text in many places is compared with another that begins like it, but not each time.
#[test]
fn long_constants_are_told_apart_by_place() {
    let text = "x".repeat(1000);
    let source = format!("local s <const>, t <const> = 1, '{text}'; return t, '{text}y', '{text}', t");
    assert_eq!(compiled(&source).constants.len(), 2);
}

#[test]
fn long_code_has_checkpoints() {
    let plain = "x = 1\n".repeat(2000);
    let proto = compiled(&plain);
    assert_eq!(proto.code.iter().filter(|op| matches!(op, Op::Checkpoint { .. })).count(), 7);
    // Checkpoints inside branches that are not taken do not count.
    compiled(
        &format!("{}{}", "if y then ".to_owned() + &"x = 1 ".repeat(400) + " end\n", "x = 1\n".repeat(60)).repeat(30),
    );
    compiled(&format!("while y do {} end\n x = 1\n", "x = 1 ".repeat(300)).repeat(9));
    compiled(&("do goto l ".to_owned() + &"x = 1 ".repeat(400) + "::l:: end\n" + &"x = 1\n".repeat(60)).repeat(30));
}

#[test]
fn caches_run_out_gracefully() {
    let proto = compiled(&"x = y.z\n".repeat(30_000));
    assert_eq!(proto.caches, u16::MAX);
}

/// Compiles on a thread with the stack that a worker of an asset loader has.
fn on_small_stack(source: String) {
    let compile = move || drop(compile(source.as_bytes(), NAME, Options::default()));
    let thread = std::thread::Builder::new().stack_size(2 << 20).spawn(compile);
    assert!(thread.unwrap().join().is_ok());
}

#[test]
fn deep_sources_fit_a_small_stack() {
    let chains = [("x = a", ".b"), ("x = a", "()"), ("x = a", ":b()"), ("x = 1", " + y"), ("x = y", " - 1")];
    let logic = [("x = a", " and b"), ("x = a", " or b"), ("x = a", " < b"), ("x = a", " == b"), ("x = a", "[b]")];
    for (start, link) in chains.into_iter().chain(logic) {
        for depth in [1000, 3900, 100_000] {
            on_small_stack(format!("{start}{}", link.repeat(depth)));
            on_small_stack(format!("if {} then end", format!("{start}{}", link.repeat(depth)).replace("x = ", "")));
        }
    }
    let nests = [
        ("x = ", "(", "1", ")"),
        ("x = ", "{", "", "}"),
        ("x = ", "-", "1", ""),
        ("x = ", "not ", "1", ""),
        ("x = ", "f(", "1", ")"),
        ("x = ", "a[", "1", "]"),
        ("x = ", "1 + (", "1", ")"),
        ("x = ", "1 .. ", "1", ""),
        ("x = ", "2 ^ ", "1", ""),
        ("x = ", "a < (b and ", "1", ")"),
        ("x = ", "function() return ", "1", " end"),
        ("", "do ", "", " end"),
        ("", "while x do ", "", " end"),
        ("", "repeat ", "", " until x"),
        ("", "if x then ", "", " end"),
        ("", "for i = 1, 2 do ", "", " end"),
        ("", "for k in x do ", "", " end"),
        ("", "local function f() ", "", " end"),
    ];
    for (start, open, middle, close) in nests {
        for depth in [50, 100, 150, 180, 190, 195, 199, 5000] {
            on_small_stack(format!("{start}{}{middle}{}", open.repeat(depth), close.repeat(depth)));
        }
    }
}

// -- everything else -----------------------------------------------------------------------------

/// A small generator of numbers, so that a failure can be repeated.
struct Random(u64);

impl Random {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap_or(0) % bound
    }
}

const SEED: &str = "local a, b <const>, c = 1, 'x', {} ; local function f ( n , ... ) if n < 2 then return n end \
    for i = 1 , 10 , 2 do a = a + i * 3 // b .. c ; if i == 5 then break end goto out ; end ::out:: \
    local t <close> = { 1 , x = 2 , [ 3 ] = ... } ; repeat local z = t . x [ i ] until not z or z >= 4.5 \
    while a ~= nil and f ( t ) do t : m ( function ( ) a = _ENV ; c . d , a = a , c end ) end \
    for k , v in pairs ( t ) do k = v ; v = - # k ^ 2 & 7 end return f ( ... ) end return f , ( ... ) , true , false";

#[test]
fn mutated_programs_do_no_harm() {
    let words: Vec<&str> = SEED.split_whitespace().collect();
    let mut random = Random(5);
    let mut good = 0;
    for _ in 0..20_000 {
        let mut mutant = words.clone();
        for _ in 0..=random.below(6) {
            let at = random.below(mutant.len());
            match random.below(4) {
                0 => drop(mutant.remove(at)),
                1 => mutant.insert(at, words[random.below(words.len())]),
                2 => mutant[at] = words[random.below(words.len())],
                _ => {
                    let (from, length) = (random.below(words.len()), random.below(12));
                    let part = &words[from..words.len().min(from + length)];
                    mutant.splice(at..at, part.iter().copied());
                }
            }
        }
        let source = mutant.join(" ");
        if let Ok(proto) = compile(source.as_bytes(), NAME, Options::default()) {
            good += 1;
            if let Err(what) = verify(&proto) {
                panic!("{what}\nin:\n{source}");
            }
        }
    }
    assert!(good > 100, "only {good} mutants were programs");
}
