//! The `utf8` library (§6.5).
//!
//! Strings are bytes here too: each function decodes what it looks at, and only that. A sequence of up to six bytes
//! stands for a code point below 2^31; the strict form, which is the default, refuses surrogates and what is
//! beyond Unicode's 10FFFF. Nothing looks further back than a string's first byte or beyond its last.

use super::buffer::Buffer;
use super::turns::{Work, begin};
use super::{Row, library};
use crate::api::{Action, Call, Collect, Context, LuaString, Native, Raised, Table, Value};

/// The greatest code point that six bytes can encode.
const CODE_MAX: u32 = 0x7FFF_FFFF;

/// The greatest code point of Unicode.
const UNICODE_MAX: u32 = 0x10_FFFF;

/// The most bytes, or values, that are looked at between two looks at the fuel.
const CHUNK: usize = 4096;

/// The most values that `codepoint` returns; PUC-Rio's stack has about as many slots.
const RESULTS_MAX: usize = 900_000;

const INVALID: &str = "invalid UTF-8 code";

/// Makes the library's table.
pub(super) fn open<'gc>(ctx: Context<'gc>) -> Result<Table<'gc>, Raised<'gc>> {
    let table = library(ctx, FUNCTIONS, 2)?;
    table.set_field(ctx, "charpattern", ctx.text(b"[\0-\x7F\xC2-\xFD][\x80-\xBF]*"))?;
    let steps = [
        Native::new(ctx, "utf8.codes step", strict_step).into(),
        Native::new(ctx, "utf8.codes lax step", lax_step).into(),
    ];
    table.set_field(ctx, "codes", Native::with_upvalues(ctx, "utf8.codes", &steps, codes))?;
    Ok(table)
}

// -- bytes -----------------------------------------------------------------------------------------------

/// Whether a byte continues a sequence.
const fn continues(byte: u8) -> bool {
    byte & 0xC0 == 0x80
}

/// Whether the byte at this offset is there and continues a sequence.
fn continues_at(bytes: &[u8], at: usize) -> bool {
    bytes.get(at).copied().is_some_and(continues)
}

/// The code point at the beginning of the bytes, and how many of them it takes.
fn decode(bytes: &[u8], is_lax: bool) -> Option<(u32, usize)> {
    /// The smallest code point that needs so many continuing bytes.
    const SMALLEST: [u32; 6] = [0, 0x80, 0x800, 0x1_0000, 0x20_0000, 0x400_0000];
    let (first, rest) = bytes.split_first()?;
    if first.is_ascii() {
        return Some((u32::from(*first), 1));
    }
    // As many continuing bytes follow as there are ones behind the first, in the first byte.
    let count = (first.leading_ones() as usize).checked_sub(1)?;
    let smallest = *SMALLEST.get(count).filter(|_| count > 0)?;
    let mut code = u32::from(first & (0x3F >> count));
    for byte in rest.get(..count)? {
        if !continues(*byte) {
            return None;
        }
        code = code << 6 | u32::from(byte & 0x3F);
    }
    let is_unicode = code <= UNICODE_MAX && !(0xD800..=0xDFFF).contains(&code);
    (code >= smallest && (is_lax || is_unicode)).then_some((code, count + 1))
}

/// Adds the bytes that stand for a code point of at most 31 bits.
fn encode<'gc>(ctx: Context<'gc>, buffer: &mut Buffer, code: u32) -> Result<(), Raised<'gc>> {
    let [a, b, c, d, e, f] = [30, 24, 18, 12, 6, 0].map(|shift| (code >> shift & 0x3F) as u8 | 0x80);
    match code {
        0..0x80 => buffer.push(ctx, &[(code & 0x7F) as u8]),
        0x80..0x800 => buffer.push(ctx, &[e & 0x1F | 0xC0, f]),
        0x800..0x1_0000 => buffer.push(ctx, &[d & 0x0F | 0xE0, e, f]),
        0x1_0000..0x20_0000 => buffer.push(ctx, &[c & 0x07 | 0xF0, d, e, f]),
        0x20_0000..0x400_0000 => buffer.push(ctx, &[b & 0x03 | 0xF8, c, d, e, f]),
        _ => buffer.push(ctx, &[a & 0x01 | 0xFC, b, c, d, e, f]),
    }
}

/// A position counted from the end, if it is negative, as one counted from the beginning; 0 is in front of it.
fn position(given: i64, len: usize) -> i64 {
    if given >= 0 { given } else { (len as i64).saturating_add(given).saturating_add(1).max(0) }
}

/// The offset of a position from 1 to one behind the end.
fn offset_of(position: i64, len: usize) -> Option<usize> {
    usize::try_from(position.checked_sub(1)?).ok().filter(|offset| *offset <= len)
}

// -- char and codepoint ----------------------------------------------------------------------------------

fn char<'gc>(call: &mut Call<'_, 'gc>) -> Result<Action<'gc>, Raised<'gc>> {
    call.leave_args(0);
    begin(call, Chars { at: 0, buffer: Buffer::default() })
}

/// Encodes the arguments, which stay with the call.
#[derive(Collect)]
#[collect(require_static)]
struct Chars {
    at: usize,
    buffer: Buffer,
}

impl<'gc> Work<'gc> for Chars {
    const NAME: &'static str = "utf8.char";

    fn go_on(&mut self, call: &mut Call<'_, 'gc>) -> Result<bool, Raised<'gc>> {
        let end = call.len().min(self.at + CHUNK);
        call.charge((end - self.at) / 4);
        for index in self.at..end {
            let code = u32::try_from(call.check::<i64>(index)?).ok().filter(|code| *code <= CODE_MAX);
            let Some(code) = code else { return Err(Raised::argument(index, "value out of range")) };
            encode(call.ctx, &mut self.buffer, code)?;
        }
        self.at = end;
        if end < call.len() {
            return Ok(false);
        }
        let text = self.buffer.finish(call.ctx);
        call.leave(&[text]);
        Ok(true)
    }
}

fn codepoint<'gc>(call: &mut Call<'_, 'gc>) -> Result<Action<'gc>, Raised<'gc>> {
    let text = call.check::<LuaString<'gc>>(0)?;
    let first = position(call.optional(1, 1)?, text.len());
    let last = position(call.optional(2, first)?, text.len());
    let is_lax = call.arg(3).is_truthy();
    if first < 1 {
        return Err(Raised::argument(1, "out of bounds"));
    }
    let Some(end) = usize::try_from(last).ok().filter(|end| *end <= text.len()) else {
        return Err(Raised::argument(2, "out of bounds"));
    };
    let Some(at) = offset_of(first, text.len()).filter(|at| *at < end) else { return call.ret0() };
    if end - at > RESULTS_MAX {
        return Err(Raised::message("stack overflow (string slice too long)"));
    }
    call.ctx.ledger().check((end - at).saturating_mul(size_of::<Value<'_>>()))?;
    call.leave(&[]);
    begin(call, Codes { text, at, end, is_lax })
}

/// The code points that start in a part of a string; those so far stay with the call.
#[derive(Collect)]
#[collect(no_drop)]
struct Codes<'gc> {
    text: LuaString<'gc>,
    at: usize,
    end: usize,
    is_lax: bool,
}

impl<'gc> Work<'gc> for Codes<'gc> {
    const NAME: &'static str = "utf8.codepoint";

    fn go_on(&mut self, call: &mut Call<'_, 'gc>) -> Result<bool, Raised<'gc>> {
        let start = self.at;
        let stop = self.end.min(start + CHUNK);
        call.charge((stop - start) / 4);
        while self.at < stop {
            let rest = self.text.as_bytes().get(self.at..).unwrap_or_default();
            let Some((code, count)) = decode(rest, self.is_lax) else { return Err(Raised::message(INVALID)) };
            call.push(Value::Integer(code.into()));
            self.at += count;
        }
        Ok(self.at >= self.end)
    }
}

// -- len and offset --------------------------------------------------------------------------------------

fn len<'gc>(call: &mut Call<'_, 'gc>) -> Result<Action<'gc>, Raised<'gc>> {
    let text = call.check::<LuaString<'gc>>(0)?;
    let first = position(call.optional(1, 1)?, text.len());
    let last = position(call.optional(2, -1)?, text.len());
    let is_lax = call.arg(3).is_truthy();
    let Some(at) = offset_of(first, text.len()) else {
        return Err(Raised::argument(1, "initial position out of bounds"));
    };
    let Some(end) = usize::try_from(last).ok().filter(|end| *end <= text.len()) else {
        return Err(Raised::argument(2, "final position out of bounds"));
    };
    begin(call, Length { text, at, end, count: 0, is_lax })
}

/// Counts the characters that start in a part of a string.
#[derive(Collect)]
#[collect(no_drop)]
struct Length<'gc> {
    text: LuaString<'gc>,
    at: usize,
    end: usize,
    count: i64,
    is_lax: bool,
}

impl<'gc> Work<'gc> for Length<'gc> {
    const NAME: &'static str = "utf8.len";

    fn go_on(&mut self, call: &mut Call<'_, 'gc>) -> Result<bool, Raised<'gc>> {
        let stop = self.end.min(self.at + CHUNK);
        call.charge(stop.saturating_sub(self.at) / 8);
        while self.at < stop {
            let rest = self.text.as_bytes().get(self.at..).unwrap_or_default();
            let Some((_, count)) = decode(rest, self.is_lax) else {
                call.leave(&[Value::Nil, Value::Integer(self.at as i64 + 1)]);
                return Ok(true);
            };
            self.at += count;
            self.count += 1;
        }
        call.leave(&[Value::Integer(self.count)]);
        Ok(self.at >= self.end)
    }
}

fn offset<'gc>(call: &mut Call<'_, 'gc>) -> Result<Action<'gc>, Raised<'gc>> {
    let text = call.check::<LuaString<'gc>>(0)?;
    let count = call.check::<i64>(1)?;
    let default = if count >= 0 { 1 } else { text.len() as i64 + 1 };
    let given = position(call.optional(2, default)?, text.len());
    let Some(at) = offset_of(given, text.len()) else {
        return Err(Raised::argument(2, "position out of bounds"));
    };
    if count != 0 && continues_at(text.as_bytes(), at) {
        return Err(Raised::message("initial position is a continuation byte"));
    }
    // The character at the position itself is the first one forwards.
    let steps = if count > 0 { count - 1 } else { count };
    begin(call, Offset { text, at, steps, is_back: count <= 0, is_inside: count == 0 })
}

/// Goes from character to character.
#[derive(Collect)]
#[collect(no_drop)]
struct Offset<'gc> {
    text: LuaString<'gc>,
    at: usize,
    /// How many characters are still to be passed; forwards if it is positive.
    steps: i64,
    is_back: bool,
    /// Whether the place may be inside a character whose beginning is looked for.
    is_inside: bool,
}

impl<'gc> Work<'gc> for Offset<'gc> {
    const NAME: &'static str = "utf8.offset";

    fn go_on(&mut self, call: &mut Call<'_, 'gc>) -> Result<bool, Raised<'gc>> {
        let bytes = self.text.as_bytes();
        call.charge(1);
        for done in 0..CHUNK {
            if self.is_inside && continues_at(bytes, self.at) && (self.at > 0 || !self.is_back) {
                self.at = if self.is_back { self.at - 1 } else { self.at + 1 };
                continue;
            }
            self.is_inside = false;
            let is_at_end = if self.is_back { self.at == 0 } else { self.at >= bytes.len() };
            if self.steps == 0 || is_at_end {
                call.charge(done / 8);
                let found = if self.steps == 0 { Value::Integer(self.at as i64 + 1) } else { Value::Nil };
                call.leave(&[found]);
                return Ok(true);
            }
            self.at = if self.is_back { self.at - 1 } else { self.at + 1 };
            self.steps -= self.steps.signum();
            self.is_inside = true;
        }
        call.charge(CHUNK / 8);
        Ok(false)
    }
}

// -- codes -----------------------------------------------------------------------------------------------

/// Its upvalues are the two iterators.
fn codes<'gc>(call: &mut Call<'_, 'gc>) -> Result<Action<'gc>, Raised<'gc>> {
    let text = call.check::<LuaString<'gc>>(0)?;
    if continues_at(text.as_bytes(), 0) {
        return Err(Raised::argument(0, INVALID));
    }
    let step = call.upvalue(usize::from(call.arg(1).is_truthy()));
    call.ret(&[step, text.into(), Value::Integer(0)])
}

fn strict_step<'gc>(call: &mut Call<'_, 'gc>) -> Result<Action<'gc>, Raised<'gc>> {
    step(call, false)
}

fn lax_step<'gc>(call: &mut Call<'_, 'gc>) -> Result<Action<'gc>, Raised<'gc>> {
    step(call, true)
}

fn step<'gc>(call: &mut Call<'_, 'gc>, is_lax: bool) -> Result<Action<'gc>, Raised<'gc>> {
    let text = call.check::<LuaString<'gc>>(0)?;
    let at = call.arg(1).to_integer().unwrap_or(0);
    // The position of a character is the offset of what follows its first byte.
    let Some(at) = usize::try_from(at).ok().filter(|at| *at < text.len()) else { return call.ret0() };
    begin(call, Step { text, at, is_lax })
}

/// Finds the next character.
#[derive(Collect)]
#[collect(no_drop)]
struct Step<'gc> {
    text: LuaString<'gc>,
    at: usize,
    is_lax: bool,
}

impl<'gc> Work<'gc> for Step<'gc> {
    const NAME: &'static str = "utf8.codes";

    fn go_on(&mut self, call: &mut Call<'_, 'gc>) -> Result<bool, Raised<'gc>> {
        let rest = self.text.as_bytes().get(self.at..).unwrap_or_default();
        // In a valid string at most five bytes are passed here.
        let passed = rest.iter().take(CHUNK).take_while(|byte| continues(**byte)).count();
        call.charge(passed / 8);
        self.at += passed;
        if passed == CHUNK {
            return Ok(false);
        }
        let rest = rest.get(passed..).unwrap_or_default();
        if rest.is_empty() {
            call.leave(&[]);
            return Ok(true);
        }
        match decode(rest, self.is_lax) {
            Some((code, count)) if !continues_at(rest, count) => {
                call.leave(&[Value::Integer(self.at as i64 + 1), Value::Integer(code.into())]);
                Ok(true)
            }
            _ => Err(Raised::message(INVALID)),
        }
    }
}

const FUNCTIONS: &[Row] = rows! {
    in "utf8";
    "char" => char,
    "codepoint" => codepoint,
    "len" => len,
    "offset" => offset,
};
