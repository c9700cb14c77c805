//! Bytes to tokens (§3.1).
//!
//! The lexer walks a byte slice with one position that only grows, and counts lines as it passes them.
//! Equal names are one number, and equal long strings one allocation. An error shows the token as far as it was read, with escapes already
//! resolved, as PUC-Rio's lexer does. It does not know what order of tokens makes sense.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::syntax::SyntaxError;
use crate::syntax::ast::{COMPARED_MAX, Name, Names};
use crate::syntax::number::{self, Number};
use crate::syntax::token::{Lexeme, Token};

/// The state of reading one text.
pub(super) struct Lexer<'s> {
    source: &'s [u8],
    pos: usize,
    line: u32,
    names: Names,
    numbers: BTreeMap<Arc<str>, Name>,
    /// The string literals that are longer than [`COMPARED_MAX`].
    long: BTreeSet<Arc<[u8]>>,
    /// The bytes of the short string being read; kept for its allocation.
    buffer: Vec<u8>,
}

impl<'s> Lexer<'s> {
    /// Starts at the beginning.
    pub(super) fn new(source: &'s [u8]) -> Self {
        let names = Names::default();
        let numbers = [Name::ENV, Name::SELF].map(|name| (Arc::clone(names.text(name)), name)).into();
        Lexer { source, pos: 0, line: 1, names, numbers, long: BTreeSet::new(), buffer: Vec::new() }
    }

    /// Reads the next token; after the last one it is [`Token::Eof`] for ever.
    pub(super) fn next(&mut self) -> Result<Lexeme, SyntaxError> {
        self.skip_blank()?;
        let start = self.pos;
        let token = self.token()?;
        Ok(Lexeme { token, line: self.line, start, end: self.pos })
    }

    /// The number of a name.
    fn number(&mut self, text: &str) -> Name {
        if let Some(name) = self.numbers.get(text) {
            return *name;
        }
        let text = Arc::<str>::from(text);
        let name = self.names.add(Arc::clone(&text));
        self.numbers.insert(text, name);
        name
    }

    /// A string literal as a token.
    fn literal(&mut self, value: &[u8]) -> Token {
        if value.len() <= COMPARED_MAX {
            return Token::String(value.into());
        }
        if let Some(known) = self.long.get(value) {
            return Token::String(Arc::clone(known));
        }
        let value = Arc::<[u8]>::from(value);
        self.long.insert(Arc::clone(&value));
        Token::String(value)
    }

    /// The text of a name.
    pub(super) fn text(&self, name: Name) -> &Arc<str> {
        self.names.text(name)
    }

    /// All names that were read.
    pub(super) fn into_names(self) -> Names {
        self.names
    }

    /// The end of an error text that says where: " near " and the token as written, escapes resolved.
    pub(super) fn near(&self, lexeme: &Lexeme) -> String {
        if lexeme.token == Token::Byte(0) {
            // PUC-Rio's messages leave a zero byte out.
            return String::new();
        }
        format!(" near {}", self.show(lexeme))
    }

    fn show(&self, lexeme: &Lexeme) -> String {
        let raw = self.source.get(lexeme.start..lexeme.end).unwrap_or_default();
        match &lexeme.token {
            Token::Name(_) | Token::Integer(_) | Token::Float(_) => quote(raw),
            Token::String(value) => {
                let width = match raw.split_first() {
                    Some((b'[', rest)) => rest.iter().take_while(|&&byte| byte == b'=').count() + 2,
                    _ => 1,
                };
                let open = raw.get(..width).unwrap_or_default();
                let close = raw.get(raw.len().saturating_sub(width)..).unwrap_or_default();
                quote(&[open, value, close].concat())
            }
            token => token.describe(),
        }
    }

    fn peek(&self) -> Option<u8> {
        self.source.get(self.pos).copied()
    }

    fn peek_at(&self, offset: usize) -> Option<u8> {
        self.source.get(self.pos + offset).copied()
    }

    fn rest(&self) -> &'s [u8] {
        self.source.get(self.pos..).unwrap_or_default()
    }

    /// Passes a line break: `\n`, `\r`, `\r\n` or `\n\r`.
    fn pass_newline(&mut self) {
        let first = self.peek();
        self.pos += 1;
        if self.peek().is_some_and(is_newline) && self.peek() != first {
            self.pos += 1;
        }
        self.line = self.line.saturating_add(1);
    }

    fn fail<T>(&self, message: &str, near: &str) -> Result<T, SyntaxError> {
        Err(SyntaxError { line: self.line, message: format!("{message} near {near}") })
    }

    /// Passes white space and comments.
    fn skip_blank(&mut self) -> Result<(), SyntaxError> {
        loop {
            match self.peek() {
                Some(b' ' | b'\t' | b'\x0b' | b'\x0c') => self.pos += 1,
                Some(b'\n' | b'\r') => self.pass_newline(),
                Some(b'-') if self.peek_at(1) == Some(b'-') => {
                    self.pos += 2;
                    match self.long_bracket() {
                        Some(level) => {
                            self.long_string(level, "comment")?;
                        }
                        None => self.pos += self.rest().iter().take_while(|&&byte| !is_newline(byte)).count(),
                    }
                }
                _ => return Ok(()),
            }
        }
    }

    fn token(&mut self) -> Result<Token, SyntaxError> {
        let Some(first) = self.peek() else {
            return Ok(Token::Eof);
        };
        match first {
            b'a'..=b'z' | b'A'..=b'Z' | b'_' => return Ok(self.word()),
            b'0'..=b'9' => return self.numeral(),
            b'.' if self.peek_at(1).is_some_and(|byte| byte.is_ascii_digit()) => return self.numeral(),
            b'"' | b'\'' => return self.short_string(first),
            b'[' => {
                if let Some(level) = self.long_bracket() {
                    let value = self.long_string(level, "string")?;
                    return Ok(self.literal(&value));
                }
                if self.peek_at(1) == Some(b'=') {
                    let width = self.rest().iter().skip(1).take_while(|&&byte| byte == b'=').count() + 1;
                    let near = quote(self.rest().get(..width).unwrap_or_default());
                    return self.fail("invalid long string delimiter", &near);
                }
            }
            _ => {}
        }
        let (token, width) = self.symbol(first);
        self.pos += width;
        Ok(token)
    }

    fn symbol(&self, first: u8) -> (Token, usize) {
        match (first, self.peek_at(1)) {
            (b'/', Some(b'/')) => (Token::DoubleSlash, 2),
            (b'<', Some(b'<')) => (Token::ShiftLeft, 2),
            (b'>', Some(b'>')) => (Token::ShiftRight, 2),
            (b'=', Some(b'=')) => (Token::Equal, 2),
            (b'~', Some(b'=')) => (Token::NotEqual, 2),
            (b'<', Some(b'=')) => (Token::LessEqual, 2),
            (b'>', Some(b'=')) => (Token::GreaterEqual, 2),
            (b':', Some(b':')) => (Token::DoubleColon, 2),
            (b'.', Some(b'.')) if self.peek_at(2) == Some(b'.') => (Token::Dots, 3),
            (b'.', Some(b'.')) => (Token::Concat, 2),
            (b'+', _) => (Token::Plus, 1),
            (b'-', _) => (Token::Minus, 1),
            (b'*', _) => (Token::Star, 1),
            (b'/', _) => (Token::Slash, 1),
            (b'%', _) => (Token::Percent, 1),
            (b'^', _) => (Token::Caret, 1),
            (b'#', _) => (Token::Hash, 1),
            (b'&', _) => (Token::Ampersand, 1),
            (b'~', _) => (Token::Tilde, 1),
            (b'|', _) => (Token::Pipe, 1),
            (b'<', _) => (Token::Less, 1),
            (b'>', _) => (Token::Greater, 1),
            (b'=', _) => (Token::Assign, 1),
            (b'(', _) => (Token::LeftParen, 1),
            (b')', _) => (Token::RightParen, 1),
            (b'{', _) => (Token::LeftBrace, 1),
            (b'}', _) => (Token::RightBrace, 1),
            (b'[', _) => (Token::LeftBracket, 1),
            (b']', _) => (Token::RightBracket, 1),
            (b';', _) => (Token::Semicolon, 1),
            (b':', _) => (Token::Colon, 1),
            (b',', _) => (Token::Comma, 1),
            (b'.', _) => (Token::Dot, 1),
            (byte, _) => (Token::Byte(byte), 1),
        }
    }

    fn word(&mut self) -> Token {
        let rest = self.rest();
        let width = rest.iter().take_while(|&&byte| byte.is_ascii_alphanumeric() || byte == b'_').count();
        let word = rest.get(..width).unwrap_or_default();
        self.pos += width;
        // The bytes are ASCII, so nothing is lost and nothing is copied.
        Token::keyword(word).unwrap_or_else(|| Token::Name(self.number(&String::from_utf8_lossy(word))))
    }

    /// Reads everything that looks like part of a numeral, more than the grammar allows, and then asks
    /// [`number::parse`] whether it is one. So `3x` is a fault, not a number before a name.
    fn numeral(&mut self) -> Result<Token, SyntaxError> {
        let start = self.pos;
        self.pos += usize::from(self.peek() == Some(b'.'));
        let is_hexadecimal = self.peek() == Some(b'0') && matches!(self.peek_at(1), Some(b'x' | b'X'));
        let marker = if is_hexadecimal { b'p' } else { b'e' };
        self.pos += if is_hexadecimal { 2 } else { 1 };
        while let Some(byte) = self.peek() {
            if byte.to_ascii_lowercase() == marker {
                self.pos += 1;
                self.pos += usize::from(matches!(self.peek(), Some(b'+' | b'-')));
            } else if byte.is_ascii_hexdigit() || byte == b'.' {
                self.pos += 1;
            } else {
                break;
            }
        }
        if self.peek().is_some_and(|byte| byte.is_ascii_alphabetic() || byte == b'_') {
            self.pos += 1;
        }
        let text = self.source.get(start..self.pos).unwrap_or_default();
        match number::parse(text) {
            Some(Number::Integer(value)) => Ok(Token::Integer(value)),
            Some(Number::Float(value)) => Ok(Token::Float(value)),
            None => self.fail("malformed number", &quote(text)),
        }
    }

    /// The level of the long bracket that opens here; [`Lexer::pos`] stays.
    fn long_bracket(&self) -> Option<usize> {
        let rest = self.rest().strip_prefix(b"[")?;
        let level = rest.iter().take_while(|&&byte| byte == b'=').count();
        (rest.get(level) == Some(&b'[')).then_some(level)
    }

    /// Reads a long bracket of a level whose opening bracket begins here.
    fn long_string(&mut self, level: usize, what: &str) -> Result<Vec<u8>, SyntaxError> {
        let first_line = self.line;
        let mut value = Vec::new();
        self.pos += level + 2;
        if self.peek().is_some_and(is_newline) {
            self.pass_newline();
        }
        loop {
            let rest = self.rest();
            let plain = rest.iter().take_while(|&&byte| byte != b']' && !is_newline(byte)).count();
            value.extend_from_slice(rest.get(..plain).unwrap_or_default());
            self.pos += plain;
            match self.peek() {
                None => {
                    return self.fail(&format!("unfinished long {what} (starting at line {first_line})"), "<eof>");
                }
                Some(b']') => {
                    let after = self.rest().get(1..).unwrap_or_default();
                    let signs = after.iter().take_while(|&&byte| byte == b'=').count();
                    if signs == level && after.get(level) == Some(&b']') {
                        self.pos += level + 2;
                        return Ok(value);
                    }
                    // The bracket that ended this run may begin the right one, so it is not passed.
                    value.extend_from_slice(self.rest().get(..=signs).unwrap_or_default());
                    self.pos += signs + 1;
                }
                Some(_) => {
                    self.pass_newline();
                    value.push(b'\n');
                }
            }
        }
    }

    fn short_string(&mut self, delimiter: u8) -> Result<Token, SyntaxError> {
        self.pos += 1;
        self.buffer.clear();
        loop {
            let rest = self.rest();
            let plain =
                rest.iter().take_while(|&&byte| byte != delimiter && byte != b'\\' && !is_newline(byte)).count();
            self.buffer.extend_from_slice(rest.get(..plain).unwrap_or_default());
            self.pos += plain;
            match self.peek() {
                None => return self.fail("unfinished string", "<eof>"),
                Some(b'\\') => self.escape(delimiter)?,
                Some(byte) if byte == delimiter => {
                    self.pos += 1;
                    let buffer = std::mem::take(&mut self.buffer);
                    let token = self.literal(&buffer);
                    self.buffer = buffer;
                    return Ok(token);
                }
                Some(_) => {
                    let near = quote(&[&[delimiter], self.buffer.as_slice()].concat());
                    return self.fail("unfinished string", &near);
                }
            }
        }
    }

    /// Reads an escape sequence, from its backslash on, into the buffer.
    fn escape(&mut self, delimiter: u8) -> Result<(), SyntaxError> {
        let escape = Escape { start: self.pos, delimiter };
        self.pos += 1;
        let Some(kind) = self.peek() else {
            // The caller's loop reports the end of the text.
            return Ok(());
        };
        let value = match kind {
            b'a' => b'\x07',
            b'b' => b'\x08',
            b'f' => b'\x0c',
            b'n' => b'\n',
            b'r' => b'\r',
            b't' => b'\t',
            b'v' => b'\x0b',
            b'\\' | b'"' | b'\'' => kind,
            b'\n' | b'\r' => {
                self.pass_newline();
                self.buffer.push(b'\n');
                return Ok(());
            }
            b'z' => {
                self.pos += 1;
                self.skip_space();
                return Ok(());
            }
            b'x' => {
                self.pos += 1;
                let high = self.hex_digit(escape)?;
                let low = self.hex_digit(escape)?;
                self.buffer.push(high << 4 | low);
                return Ok(());
            }
            b'u' => return self.unicode_escape(escape),
            b'0'..=b'9' => return self.decimal_escape(escape),
            _ => return self.fail_escape(escape, "invalid escape sequence"),
        };
        self.pos += 1;
        self.buffer.push(value);
        Ok(())
    }

    /// Passes the white space after `\z`.
    fn skip_space(&mut self) {
        while let Some(byte) = self.peek() {
            match byte {
                b'\n' | b'\r' => self.pass_newline(),
                b' ' | b'\t' | b'\x0b' | b'\x0c' => self.pos += 1,
                _ => return,
            }
        }
    }

    fn hex_digit(&mut self, escape: Escape) -> Result<u8, SyntaxError> {
        match self.peek() {
            Some(byte) if byte.is_ascii_hexdigit() => {
                self.pos += 1;
                Ok(number::hex_value(byte))
            }
            _ => self.fail_escape(escape, "hexadecimal digit expected"),
        }
    }

    /// Reads `\ddd`: up to three decimal digits.
    fn decimal_escape(&mut self, escape: Escape) -> Result<(), SyntaxError> {
        let mut value = 0_u32;
        for _ in 0..3 {
            let Some(byte @ b'0'..=b'9') = self.peek() else {
                break;
            };
            value = value * 10 + u32::from(byte - b'0');
            self.pos += 1;
        }
        match u8::try_from(value) {
            Ok(byte) => {
                self.buffer.push(byte);
                Ok(())
            }
            Err(_) => self.fail_escape(escape, "decimal escape too large"),
        }
    }

    /// Reads `\u{XXX}`.
    fn unicode_escape(&mut self, escape: Escape) -> Result<(), SyntaxError> {
        self.pos += 1;
        if self.peek() != Some(b'{') {
            return self.fail_escape(escape, "missing '{'");
        }
        self.pos += 1;
        let mut code = u32::from(self.hex_digit(escape)?);
        while self.peek().is_some_and(|byte| byte.is_ascii_hexdigit()) {
            if code > 0x7fff_ffff >> 4 {
                return self.fail_escape(escape, "UTF-8 value too large");
            }
            code = code << 4 | u32::from(self.hex_digit(escape)?);
        }
        if self.peek() != Some(b'}') {
            return self.fail_escape(escape, "missing '}'");
        }
        self.pos += 1;
        push_utf8(&mut self.buffer, code);
        Ok(())
    }

    /// Reports a fault in an escape sequence, showing the string up to the byte at fault.
    fn fail_escape<T>(&self, escape: Escape, message: &str) -> Result<T, SyntaxError> {
        let end = self.source.len().min(self.pos + 1);
        let raw = self.source.get(escape.start..end).unwrap_or_default();
        let near = quote(&[&[escape.delimiter], self.buffer.as_slice(), raw].concat());
        self.fail(message, &near)
    }
}

/// An escape sequence being read.
#[derive(Clone, Copy)]
struct Escape {
    /// The offset of its backslash.
    start: usize,
    /// The quote its string began with.
    delimiter: u8,
}

fn is_newline(byte: u8) -> bool {
    matches!(byte, b'\n' | b'\r')
}

/// Quotes a piece of text for an error; like PUC-Rio's messages it ends at a zero byte.
fn quote(text: &[u8]) -> String {
    let end = text.iter().position(|&byte| byte == 0).unwrap_or(text.len());
    format!("'{}'", String::from_utf8_lossy(text.get(..end).unwrap_or_default()))
}

/// Appends a code in UTF-8 as it was first defined: up to six bytes, for codes below 2^31 (§3.1).
fn push_utf8(buffer: &mut Vec<u8>, code: u32) {
    if code < 0x80 {
        buffer.push(low_byte(code));
        return;
    }
    let continuations: u32 = match code {
        0x80..0x800 => 1,
        0x800..0x1_0000 => 2,
        0x1_0000..0x20_0000 => 3,
        0x20_0000..0x400_0000 => 4,
        _ => 5,
    };
    // The first byte has one set bit for each byte of the sequence, then a clear one.
    buffer.push(low_byte(0xff00_u32 >> (continuations + 1)) | low_byte(code >> (6 * continuations)));
    for index in (0..continuations).rev() {
        buffer.push(0x80 | (low_byte(code >> (6 * index)) & 0x3f));
    }
}

fn low_byte(bits: u32) -> u8 {
    bits.to_le_bytes()[0]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tokens(source: &[u8]) -> Result<Vec<Token>, SyntaxError> {
        let mut lexer = Lexer::new(source);
        let mut tokens = Vec::new();
        loop {
            match lexer.next()?.token {
                Token::Eof => return Ok(tokens),
                token => tokens.push(token),
            }
        }
    }

    fn string(source: &[u8]) -> Vec<u8> {
        match tokens(source).unwrap().as_slice() {
            [Token::String(value)] => value.to_vec(),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn reads_every_fixed_token() {
        let source = "and break do else elseif end false for function goto if in local nil not or repeat return then \
                      true until while + - * / // % ^ # & ~ | << >> == ~= <= >= < > = ( ) { } [ ] :: ; : , . .. ...";
        let found = tokens(source.as_bytes()).unwrap();
        let spelled: Vec<String> = found.iter().map(Token::describe).collect();
        let expected: Vec<String> = source.split_whitespace().map(|word| format!("'{word}'")).collect();
        assert_eq!(spelled, expected);
        assert!(!found.iter().any(|token| matches!(token, Token::Byte(_) | Token::Name(_))));
    }

    #[test]
    fn tells_names_from_keywords_and_shares_them() {
        let found = tokens(b"And _end end1 x x").unwrap();
        let [Token::Name(a), Token::Name(b), Token::Name(c), Token::Name(x), Token::Name(y)] = found.as_slice() else {
            panic!("{found:?}");
        };
        assert!(a != b && b != c && c != x);
        assert_eq!(x, y);
        let mut lexer = Lexer::new(b"_ENV self");
        assert_eq!(lexer.next().unwrap().token, Token::Name(Name::ENV));
        assert_eq!(lexer.next().unwrap().token, Token::Name(Name::SELF));
        assert_eq!(&**lexer.text(Name::SELF), "self");
    }

    #[test]
    fn shares_long_strings() {
        let long = "x".repeat(COMPARED_MAX + 1);
        let found = tokens(format!("'{long}' [[{long}]] 'x' '{long}y'").as_bytes()).unwrap();
        let [Token::String(a), Token::String(b), Token::String(c), Token::String(d)] = found.as_slice() else {
            panic!("{found:?}");
        };
        assert!(Arc::ptr_eq(a, b) && **c == *b"x" && d.len() == a.len() + 1);
    }

    #[test]
    fn reads_numerals() {
        assert_eq!(
            tokens(b"3 0xA 3.5 .5e1 0x.8p1 9223372036854775808 3..2").unwrap_err().message,
            "malformed number near '3..2'"
        );
        assert_eq!(
            tokens(b"3 0xA 3.5 .5e1 0x.8p1 9223372036854775808 3-1").unwrap(),
            [
                Token::Integer(3),
                Token::Integer(10),
                Token::Float(3.5),
                Token::Float(5.0),
                Token::Float(1.0),
                Token::Float(9_223_372_036_854_775_808.0),
                Token::Integer(3),
                Token::Minus,
                Token::Integer(1),
            ]
        );
    }

    #[test]
    fn resolves_escapes() {
        for (source, value) in [
            (&br#""a\a\b\f\n\r\t\v\\\"\'z""#[..], &b"a\x07\x08\x0c\n\r\t\x0b\\\"'z"[..]),
            (br#"'\65\065\0651\0'"#, b"AAA1\0"),
            (br#"'\x41\xfF'"#, b"A\xff"),
            (b"'a\\z  \r\n\t b'", b"ab"),
            (b"'a\\\nb\\\r\nc\\\rd'", b"a\nb\nc\nd"),
            (br#"'\u{0}\u{7f}\u{80}\u{7FF}'"#, b"\0\x7f\xc2\x80\xdf\xbf"),
            (br#"'\u{800}\u{FFFF}\u{10000}\u{10FFFF}'"#, "\u{800}\u{ffff}\u{10000}\u{10ffff}".as_bytes()),
            (br#"'\u{1fffff}\u{200000}'"#, b"\xf7\xbf\xbf\xbf\xf8\x88\x80\x80\x80"),
            (br#"'\u{3ffffff}\u{4000000}'"#, b"\xfb\xbf\xbf\xbf\xbf\xfc\x84\x80\x80\x80\x80"),
            (br#"'\u{000000007FFFFFFF}'"#, b"\xfd\xbf\xbf\xbf\xbf\xbf"),
            (b"'\xff\xc3'", b"\xff\xc3"),
        ] {
            assert_eq!(string(source), value);
        }
    }

    #[test]
    fn reads_long_brackets() {
        for (source, value) in [
            (&b"[[]]"[..], &b""[..]),
            (b"[[\na]]", b"a"),
            (b"[[\r\n\r\n\n\ra\rb]]", b"\n\na\nb"),
            (b"[==[]]]=]]=]==]", b"]]]=]]="),
            (b"[=[]]=]", b"]"),
            (b"[[\\n'\"]]", b"\\n'\""),
            (b"--[[x\n]]--[==[ ]] ]==] 'a' -- b", b"a"),
            (b"--[ x\n--[=x]]\n'a'", b"a"),
        ] {
            assert_eq!(string(source), value);
        }
    }

    #[test]
    fn counts_lines() {
        let mut lexer = Lexer::new(b"\na\r\nb\n\rc [[\n\n]] 'x\\\ny' --[[\n]] d");
        let mut lines = Vec::new();
        loop {
            let lexeme = lexer.next().unwrap();
            lines.push(lexeme.line);
            if lexeme.token == Token::Eof {
                break;
            }
        }
        assert_eq!(lines, [2, 3, 4, 6, 7, 8, 8]);
    }

    #[test]
    fn reports_faults() {
        for (source, line, message) in [
            (&br#""\q""#[..], 1, r#"invalid escape sequence near '"\q'"#),
            (br#""a\65\300""#, 1, r#"decimal escape too large near '"aA\300"'"#),
            (br#""\300"#, 1, r#"decimal escape too large near '"\300'"#),
            (br#"'\u41'"#, 1, r"missing '{' near ''\u4'"),
            (br#""\u{}""#, 1, r#"hexadecimal digit expected near '"\u{}'"#),
            (br#""\u{41""#, 1, r#"missing '}' near '"\u{41"'"#),
            (br#""\u{80000000}""#, 1, r#"UTF-8 value too large near '"\u{80000000'"#),
            (br#""\xag""#, 1, r#"hexadecimal digit expected near '"\xag'"#),
            (b"\"abc\n", 1, "unfinished string near '\"abc'"),
            (b"\"abc", 1, "unfinished string near <eof>"),
            (b"'\\\n\\", 2, "unfinished string near <eof>"),
            (b"[[a\n\n", 3, "unfinished long string (starting at line 1) near <eof>"),
            (b"\n--[=[a\n", 3, "unfinished long comment (starting at line 2) near <eof>"),
            (b"[==x", 1, "invalid long string delimiter near '[=='"),
            (b"3x", 1, "malformed number near '3x'"),
            (b"0x", 1, "malformed number near '0x'"),
            (b"3_", 1, "malformed number near '3_'"),
            (b".5.", 1, "malformed number near '.5.'"),
        ] {
            let error = tokens(source).unwrap_err();
            assert_eq!((error.line, error.message.as_str()), (line, message));
        }
    }
}
