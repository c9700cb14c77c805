//! The corpus and its mutator.
//!
//! Programs are changed as bytes, which tests the lexer, or as tokens, which keeps most of them valid enough to reach
//! the compiler and the machine. The cut into tokens is rough: it knows words, numbers, quoted strings and symbols, and
//! nothing of long brackets.

use std::fs;
use std::path::{Path, PathBuf};

use fastrand::Rng;

/// How inputs are changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Style {
    /// Bytes are flipped, removed, repeated and inserted.
    Bytes,
    /// Tokens and lines are moved, replaced and mixed between programs.
    Tokens,
}

/// The programs that mutants come from.
#[derive(Debug)]
pub struct Corpus {
    programs: Vec<Vec<u8>>,
}

/// A mutant is cut to this length, so that rounds stay short.
const LENGTH_MAX: usize = 16 * 1024;

/// Expressions that stand at the edge of something.
const EXPRESSIONS: [&str; 26] = [
    "nil",
    "true",
    "0",
    "(-1)",
    "0.0",
    "(-0.0)",
    "1e308",
    "(0/0)",
    "math.huge",
    "math.mininteger",
    "math.maxinteger",
    "0x7fffffffffffffff",
    "9223372036854775808",
    "(...)",
    "'10'",
    "{}",
    "_ENV",
    "print",
    "coroutine.yield",
    "coroutine.running()",
    "pcall",
    "error",
    "(function(...) return ... end)",
    "coroutine.wrap(function(...) coroutine.yield(...) end)",
    "setmetatable({}, {__index = function(t, k) return t[k] end})",
    "setmetatable({}, {__close = error, __call = coroutine.yield})",
];

/// Pieces of statements; most break the program that they fall into.
const FRAGMENTS: [&str; 16] = [
    "local x <close> = nil",
    "local y <const> = 1",
    "goto out",
    "::out::",
    "break",
    "return",
    "do",
    "end",
    "while true do",
    "for i = 1, 10 do",
    "for k, v in pairs(_ENV) do",
    "repeat",
    "until",
    "if x then",
    "[==[",
    "...",
];

/// What may be exchanged for one another without breaking the grammar too often.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Blank,
    Keyword,
    Operand,
    Operator,
    Other,
}

fn kind(token: &[u8]) -> Kind {
    const KEYWORDS: [&str; 21] = [
        "break", "do", "else", "elseif", "end", "for", "function", "goto", "if", "in", "local", "repeat", "return",
        "then", "until", "while", "not", "and", "or", "true", "false",
    ];
    match token.first() {
        Some(byte) if byte.is_ascii_whitespace() => Kind::Blank,
        Some(b'-') if token.starts_with(b"--") => Kind::Blank,
        Some(b'"' | b'\'') => Kind::Operand,
        Some(byte) if is_word(*byte) => match std::str::from_utf8(token) {
            Ok("and" | "or") => Kind::Operator,
            Ok(word) if KEYWORDS.contains(&word) => Kind::Keyword,
            _ => Kind::Operand,
        },
        Some(b'+' | b'-' | b'*' | b'/' | b'%' | b'^' | b'<' | b'>' | b'&' | b'|' | b'.') if token != b"." => {
            Kind::Operator
        }
        _ => Kind::Other,
    }
}

impl Corpus {
    /// Reads every `.lua` file below the folders.
    ///
    /// # Errors
    ///
    /// When there is none.
    pub fn read(folders: &[PathBuf]) -> Result<Self, String> {
        let mut paths = Vec::new();
        for folder in folders {
            collect(folder, &mut paths);
        }
        paths.sort();
        let programs: Vec<Vec<u8>> = paths.iter().filter_map(|path| fs::read(path).ok()).collect();
        if programs.is_empty() { Err("the corpus is empty".to_owned()) } else { Ok(Self { programs }) }
    }

    /// The number of programs.
    #[must_use]
    pub fn len(&self) -> usize {
        self.programs.len()
    }

    /// Whether there is no program; never true of a corpus that was read.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.programs.is_empty()
    }

    /// A changed program.
    #[must_use]
    pub fn mutant(&self, style: Style, random: &mut Rng) -> Vec<u8> {
        let mut input = match style {
            Style::Bytes => self.changed_bytes(random),
            Style::Tokens => self.changed_tokens(random),
        };
        input.truncate(LENGTH_MAX);
        input
    }

    fn program(&self, random: &mut Rng) -> &[u8] {
        &self.programs[random.usize(..self.programs.len())]
    }

    fn changed_bytes(&self, random: &mut Rng) -> Vec<u8> {
        let mut bytes = self.program(random).to_vec();
        bytes.truncate(LENGTH_MAX);
        for _ in 0..random.usize(1..8) {
            let at = random.usize(..=bytes.len());
            let end = at + random.usize(..=(bytes.len() - at).min(12));
            match random.u8(..6) {
                0 if at < bytes.len() => bytes[at] ^= 1 << random.u8(..8),
                1 => drop(bytes.drain(at..end)),
                2 => {
                    let part = bytes[at..end].to_vec();
                    let times = random.usize(1..60);
                    bytes.splice(at..at, part.repeat(times));
                }
                3 => bytes.truncate(at),
                4 => drop(bytes.splice(at..at, fragment(random).iter().copied())),
                _ => bytes.insert(at, random.u8(..)),
            }
        }
        bytes
    }

    fn changed_tokens(&self, random: &mut Rng) -> Vec<u8> {
        let mut tokens = tokens(self.program(random));
        let other = tokens_of_some_lines(self.program(random), random);
        for _ in 0..random.usize(1..5) {
            if tokens.is_empty() {
                break;
            }
            let at = random.usize(..tokens.len());
            let same = |token: &&[u8]| kind(token) == kind(tokens[at]) && kind(token) != Kind::Blank;
            match random.u8(..16) {
                0 => drop(tokens.remove(at)),
                1 => drop(tokens.splice(at..at, [b" ".as_slice(), fragment(random), b" "])),
                2..6 => {
                    let from = random.usize(..tokens.len());
                    if let Some(with) = (from..tokens.len()).find(|with| same(&tokens[*with])) {
                        tokens.swap(at, with);
                    }
                }
                6..9 => {
                    if let Some(token) = other.iter().copied().find(same) {
                        tokens[at] = token;
                    }
                }
                9..12 => {
                    if let Some(operand) = (at..tokens.len()).find(|at| kind(tokens[*at]) == Kind::Operand) {
                        tokens[operand] = random.choice(EXPRESSIONS).unwrap_or_default().as_bytes();
                    }
                }
                way => {
                    let ends_line = |token: &&[u8]| token.contains(&b'\n');
                    let start = tokens[at..].iter().position(ends_line).map_or(tokens.len(), |after| at + after + 1);
                    let end =
                        tokens[start..].iter().position(ends_line).map_or(tokens.len(), |after| start + after + 1);
                    match way {
                        12 | 13 => drop(tokens.splice(start..start, other.iter().copied())),
                        14 => drop(tokens.drain(start..end)),
                        _ => {
                            let line = tokens[start..end].to_vec();
                            tokens.splice(start..start, line);
                        }
                    }
                }
            }
        }
        tokens.concat()
    }
}

fn fragment(random: &mut Rng) -> &'static [u8] {
    random.choice(FRAGMENTS).unwrap_or_default().as_bytes()
}

fn collect(folder: &Path, paths: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            collect(&path, paths);
        } else if path.extension().is_some_and(|extension| extension == "lua") {
            paths.push(path);
        }
    }
}

fn tokens_of_some_lines<'p>(program: &'p [u8], random: &mut Rng) -> Vec<&'p [u8]> {
    let starts: Vec<usize> =
        [0].into_iter().chain(program.iter().enumerate().filter(|(_, b)| **b == b'\n').map(|(n, _)| n + 1)).collect();
    let first = random.usize(..starts.len());
    let last = (first + random.usize(1..6)).min(starts.len() - 1);
    tokens(&program[starts[first]..starts[last].max(starts[first])])
}

fn tokens(program: &[u8]) -> Vec<&[u8]> {
    let mut tokens = Vec::new();
    let mut rest = program;
    while let Some(&first) = rest.first() {
        let length = match first {
            b'"' | b'\'' => quoted(rest, first),
            b'-' if rest.starts_with(b"--") => rest.iter().position(|b| *b == b'\n').unwrap_or(rest.len()),
            _ if is_word(first) => rest.iter().position(|b| !is_word(*b)).unwrap_or(rest.len()),
            _ if first.is_ascii_whitespace() => {
                rest.iter().position(|b| !b.is_ascii_whitespace()).unwrap_or(rest.len())
            }
            _ => symbol(rest),
        };
        let (token, after) = rest.split_at(length);
        tokens.push(token);
        rest = after;
    }
    tokens
}

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

fn quoted(rest: &[u8], quote: u8) -> usize {
    let mut escaped = false;
    for (at, byte) in rest.iter().enumerate().skip(1) {
        match byte {
            b'\n' => return at,
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            _ if *byte == quote => return at + 1,
            _ => {}
        }
    }
    rest.len()
}

fn symbol(rest: &[u8]) -> usize {
    let symbols: [&[u8]; 11] = [b"...", b"..", b"==", b"~=", b"<=", b">=", b"//", b"::", b"<<", b">>", b"[["];
    symbols.iter().find(|symbol| rest.starts_with(symbol)).map_or(1, |symbol| symbol.len())
}
