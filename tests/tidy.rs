//! The shape of the tree, checked as text: who may name whom, how files open, how long they are, what never appears.
//!
//! Each rule is a function from text to complaints, so that a planted fault shows that it works. The scan knows no Rust
//! beyond comments and words; that is why the crate writes `use crate::<room>::…`, one path a line.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// A room, what of the crate its files may name, and the words that they never contain.
struct Room {
    name: &'static str,
    may_name: &'static [&'static str],
    never: &'static [&'static str],
}

/// The table of who may name whom. `a::b` permits that one module of a room.
const ROOMS: [Room; 7] = [
    Room { name: "syntax", may_name: &[], never: &["gc_arena", "bevy"] },
    Room { name: "bytecode", may_name: &[], never: &["gc_arena", "bevy"] },
    Room { name: "compiler", may_name: &["syntax", "bytecode"], never: &["gc_arena", "bevy"] },
    Room { name: "vm", may_name: &["bytecode", "syntax::number"], never: &["bevy"] },
    Room { name: "api", may_name: &["vm", "compiler", "bytecode"], never: &["bevy"] },
    Room { name: "stdlib", may_name: &["api"], never: &["bevy"] },
    Room { name: "plugin", may_name: &["api", "stdlib"], never: &[] },
];

/// What lies in the root of the repository, besides names that begin with a dot.
const ROOT: [&str; 12] = [
    "Cargo.toml",
    "Cargo.lock",
    "src",
    "assets",
    "examples",
    "tests",
    "benches",
    "fuzz",
    "docs",
    "README.md",
    "CHANGELOG.md",
    "LICENSE-MIT",
];

/// Lines that a file may have.
const LINES_MAX: usize = 800;
/// Files from this length on are counted in the metrics.
const LINES_WATCHED: usize = 500;
/// The one file that may be longer: one short arm for each instruction belongs together.
const LONG_FILE: &str = "vm/execute.rs";

/// A source file, by its path below `src` with forward slashes.
struct Source {
    path: String,
    text: String,
}

impl Source {
    fn room(&self) -> Option<&'static Room> {
        let (first, _) = self.path.split_once('/')?;
        ROOMS.iter().find(|room| room.name == first)
    }
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn files_below(folder: &Path, extension: &str, found: &mut Vec<PathBuf>) {
    let mut entries: Vec<PathBuf> = fs::read_dir(folder).into_iter().flatten().flatten().map(|e| e.path()).collect();
    entries.sort();
    for path in entries {
        if path.is_dir() {
            files_below(&path, extension, found);
        } else if path.extension().is_some_and(|e| e == extension) {
            found.push(path);
        }
    }
}

fn sources() -> Vec<Source> {
    let folder = root().join("src");
    let mut paths = Vec::new();
    files_below(&folder, "rs", &mut paths);
    paths
        .into_iter()
        .map(|path| Source {
            path: path.strip_prefix(&folder).unwrap_or(&path).to_string_lossy().replace('\\', "/"),
            text: fs::read_to_string(&path).unwrap_or_default(),
        })
        .collect()
}

/// The lines that are not comments, with their numbers.
fn code_lines(text: &str) -> impl Iterator<Item = (usize, &str)> {
    text.lines().enumerate().filter(|(_, line)| !line.trim_start().starts_with("//")).map(|(n, line)| (n + 1, line))
}

fn is_word_char(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

fn has_word(line: &str, word: &str) -> bool {
    line.match_indices(word).any(|(at, _)| {
        let before = line[..at].chars().next_back();
        let after = line[at + word.len()..].chars().next();
        !before.is_some_and(is_word_char) && !after.is_some_and(is_word_char)
    })
}

/// The paths that follow `crate::` in a line, each as the text up to the first character that no path has.
fn crate_paths(line: &str) -> Vec<&str> {
    line.match_indices("crate::")
        .filter(|(at, _)| !line[..*at].ends_with(|c: char| is_word_char(c) || c == '$'))
        .map(|(at, found)| {
            let rest = &line[at + found.len()..];
            let end = rest.find(|c: char| !(is_word_char(c) || c == ':')).unwrap_or(rest.len());
            &rest[..end]
        })
        .collect()
}

fn permits(rule: &str, path: &str) -> bool {
    path == rule || path.strip_prefix(rule).is_some_and(|rest| rest.starts_with("::"))
}

fn direction(source: &Source, complaints: &mut Vec<String>) {
    let mut complain = |line: usize, text: String| complaints.push(format!("src/{}:{line}: {text}", source.path));
    for (number, line) in code_lines(&source.text) {
        if line.contains("use crate::{") {
            complain(number, "write one `use crate::<room>::…` for each room".to_owned());
            continue;
        }
        let Some(room) = source.room() else { continue };
        for path in crate_paths(line) {
            let own = permits(room.name, path);
            if !own && !room.may_name.iter().any(|rule| permits(rule, path)) {
                complain(number, format!("the room `{}` may not name `crate::{path}`", room.name));
            }
        }
        for word in room.never {
            if has_word(line, word) {
                complain(number, format!("the room `{}` never names `{word}`", room.name));
            }
        }
    }
}

fn form(source: &Source, complaints: &mut Vec<String>) {
    let head = source.text.lines().take_while(|line| line.starts_with("//!")).count();
    if head == 0 {
        complaints.push(format!("src/{}:1: the file does not open with a `//!` comment", source.path));
    }
    let length = source.text.lines().count();
    if length > LINES_MAX && source.path != LONG_FILE {
        complaints.push(format!("src/{}: {length} lines, more than {LINES_MAX}", source.path));
    }
}

/// Words that may not appear, put together here so that this file does not contain them.
fn forbidden_words() -> [String; 5] {
    [
        ["TO", "DO"].concat(),
        ["FIX", "ME"].concat(),
        ["todo", "!"].concat(),
        ["unimplemented", "!"].concat(),
        ["#[", "ignore"].concat(),
    ]
}

fn words(source: &Source, complaints: &mut Vec<String>) {
    let unsafe_word = ["un", "safe"].concat();
    let forbidden = forbidden_words();
    for (index, line) in source.text.lines().enumerate() {
        let number = index + 1;
        for word in &forbidden {
            if line.contains(word.as_str()) {
                complaints.push(format!("src/{}:{number}: `{word}`", source.path));
            }
        }
    }
    for (number, line) in code_lines(&source.text) {
        if has_word(line, &unsafe_word) {
            complaints.push(format!("src/{}:{number}: `{unsafe_word}`", source.path));
        }
    }
}

fn complaints_about(source: &Source) -> Vec<String> {
    let mut complaints = Vec::new();
    direction(source, &mut complaints);
    form(source, &mut complaints);
    words(source, &mut complaints);
    complaints
}

fn entries(folder: &Path) -> BTreeSet<String> {
    let listed = fs::read_dir(folder).into_iter().flatten().flatten();
    listed.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect()
}

#[test]
fn every_source_keeps_the_rules() {
    let complaints: Vec<String> = sources().iter().flat_map(complaints_about).collect();
    assert!(complaints.is_empty(), "\n{}", complaints.join("\n"));
}

#[test]
fn src_holds_seven_rooms_the_tour_and_the_binary() {
    let mut expected: BTreeSet<String> = ROOMS.iter().map(|room| room.name.to_owned()).collect();
    expected.extend(["lib.rs".to_owned(), "bin".to_owned()]);
    assert_eq!(entries(&root().join("src")), expected);
    assert_eq!(entries(&root().join("src/bin")), BTreeSet::from(["deimos".to_owned()]));
}

#[test]
fn the_root_stays_short() {
    let strange: Vec<String> = entries(root())
        .into_iter()
        .filter(|name| !name.starts_with('.') && name != "target" && !ROOT.contains(&name.as_str()))
        .collect();
    assert!(strange.is_empty(), "not allowed in the root: {strange:?}");
}

#[test]
#[expect(clippy::print_stdout, reason = "the metrics are there to be read")]
fn metrics() {
    let sources = sources();
    let (mut lines, mut comments, mut long) = (0, 0, Vec::new());
    for source in &sources {
        let count = source.text.lines().count();
        lines += count;
        comments += source.text.lines().filter(|line| line.trim_start().starts_with("//")).count();
        if count > LINES_WATCHED {
            long.push(format!("{} {count}", source.path));
        }
    }
    let mut scripts = Vec::new();
    files_below(&root().join("tests/lua"), "lua", &mut scripts);
    println!(
        "metrics: {} files, {lines} lines, {}% comments, {} script tests, over {LINES_WATCHED} lines: [{}]",
        sources.len(),
        comments * 100 / lines.max(1),
        scripts.len(),
        long.join(", ")
    );
    assert!(!sources.is_empty());
}

/// Checks that a file with this text draws exactly one complaint, which contains `complaint`.
fn plant(path: &str, line: &str, complaint: &str) {
    let source = Source { path: path.to_owned(), text: format!("//! A file.\n{line}\n") };
    let complaints = complaints_about(&source);
    assert_eq!(complaints.len(), 1, "{complaints:?}");
    assert!(complaints[0].contains(complaint), "{complaints:?}");
}

#[test]
fn planted_faults_are_found() {
    plant("vm/table.rs", "use crate::api::Lua;", "may not name `crate::api::Lua`");
    plant("vm/table.rs", "use crate::syntax::parser::parse;", "may not name");
    plant("stdlib/base.rs", "fn f(x: crate::vm::Value) {}", "may not name `crate::vm::Value`");
    plant("compiler/mod.rs", "use gc_arena::Gc;", "never names `gc_arena`");
    plant("api/lua.rs", "use bevy::prelude::World;", "never names `bevy`");
    plant("api/lua.rs", "use crate::{vm, compiler};", "one `use crate::<room>::…`");
    plant("vm/gc.rs", &["un", "safe {}"].concat(), "safe`");
    plant("vm/gc.rs", &["// TO", "DO: later"].concat(), "DO`");
    plant("vm/gc.rs", &["#[ignore", "]"].concat(), "ignore`");
    plant("vm/gc.rs", &"\n".repeat(LINES_MAX), "more than");
}

#[test]
fn permitted_lines_are_silent() {
    for (path, line) in [
        ("vm/table.rs", "use crate::syntax::number::parse;"),
        ("vm/table.rs", "use crate::vm::value::Value;"),
        ("compiler/expr.rs", "use crate::syntax::ast;"),
        ("lib.rs", &["#![forbid(un", "safe_code)]"].concat()),
        ("vm/execute.rs", &"\n".repeat(LINES_MAX)),
        ("syntax/lexer.rs", "// Knows nothing of bevy or gc_arena."),
    ] {
        let source = Source { path: path.to_owned(), text: format!("//! A file.\n{line}\n") };
        assert_eq!(complaints_about(&source), Vec::<String>::new(), "{line}");
    }
    let headless = Source { path: "vm/gc.rs".to_owned(), text: "fn f() {}\n".to_owned() };
    assert_eq!(complaints_about(&headless).len(), 1);
}
