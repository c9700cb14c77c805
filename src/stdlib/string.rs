//! The `string` library (§6.4), but for `format` and what works with patterns, which have files of their own.
//!
//! Strings are bytes, and letters are the ASCII ones, wherever the program runs. Work on up to
//! [`DIRECT_MAX`] bytes is done at once; more is done in turns.

use super::buffer::Buffer;
use super::coercion::add_metamethods;
use super::format::format;
use super::inquiry::{Ask, Inquiry, inquire};
use super::pack::{pack, packsize, unpack};
use super::turns::{Work, begin};
use super::{Row, library, search};
use crate::api::{Action, Call, Collect, Context, LuaString, Native, Raised, STRING_MAX, Table, Type, Value};

/// The most bytes that are worked on between two looks at the fuel.
const DIRECT_MAX: usize = 1 << 16;

/// The most values that are taken or given between two looks at the fuel.
const VALUES_MAX: usize = 4000;

/// Strings up to this length are made without an allocation on the way.
const SHORT_MAX: usize = 40;

/// The most bytes that `byte` returns; PUC-Rio's stack has about as many slots.
const BYTES_MAX: usize = 900_000;

/// Makes the library's table, and makes it the index of all strings.
pub(super) fn open<'gc>(ctx: Context<'gc>) -> Result<Table<'gc>, Raised<'gc>> {
    let table = library(ctx, FUNCTIONS, search::FUNCTIONS_COUNT)?;
    search::add_functions(ctx, table)?;
    let metatable = Table::with_capacity(ctx, 0, 9);
    add_metamethods(ctx, metatable)?;
    metatable.set_field(ctx, "__index", table)?;
    ctx.set_type_metatable(Type::String, Some(metatable));
    Ok(table)
}

// -- parts -----------------------------------------------------------------------------------------------

/// A position counted from the end, if it is negative, as an offset: at least 0, and perhaps beyond the end.
pub(super) fn start_offset(position: i64, len: usize) -> usize {
    match position {
        0 => 0,
        1.. => usize::try_from(position - 1).unwrap_or(usize::MAX),
        _ => len.saturating_sub(usize::try_from(position.unsigned_abs()).unwrap_or(usize::MAX)),
    }
}

/// The offset behind the byte at a position: at most the length.
fn end_offset(position: i64, len: usize) -> usize {
    match position {
        0.. => usize::try_from(position).map_or(len, |end| end.min(len)),
        _ => (len + 1).saturating_sub(usize::try_from(position.unsigned_abs()).unwrap_or(usize::MAX)),
    }
}

fn len<'gc>(call: &mut Call<'_, 'gc>) -> Result<Action<'gc>, Raised<'gc>> {
    let text = call.check::<LuaString<'gc>>(0)?;
    call.ret1(Value::Integer(text.len() as i64))
}

fn sub<'gc>(call: &mut Call<'_, 'gc>) -> Result<Action<'gc>, Raised<'gc>> {
    let text = call.check::<LuaString<'gc>>(0)?;
    let start = start_offset(call.check(1)?, text.len());
    let end = end_offset(call.optional(2, -1)?, text.len());
    if start >= end {
        return call.ret1(call.ctx.text(""));
    }
    if start == 0 && end == text.len() {
        return call.ret1(text);
    }
    if end - start > DIRECT_MAX {
        return inquire(call, Copy { text, start, end, kind: Kind::Same, buffer: Buffer::default() });
    }
    call.charge((end - start) / 64);
    call.ret1(call.ctx.text(text.as_bytes().get(start..end).unwrap_or_default()))
}

fn byte<'gc>(call: &mut Call<'_, 'gc>) -> Result<Action<'gc>, Raised<'gc>> {
    let text = call.check::<LuaString<'gc>>(0)?;
    let position = call.optional::<i64>(1, 1)?;
    let start = start_offset(position, text.len());
    let end = end_offset(call.optional(2, position)?, text.len());
    let bytes = text.as_bytes().get(start..end).unwrap_or_default();
    if let [byte] = bytes {
        return call.ret1(Value::Integer(i64::from(*byte)));
    }
    if bytes.len() > BYTES_MAX {
        return Err(Raised::message("stack overflow (string slice too long)"));
    }
    call.ctx.ledger().check(bytes.len().saturating_mul(size_of::<Value<'_>>()))?;
    call.leave(&[]);
    begin(call, Bytes { text, start, end })
}

/// The bytes of a part of a string, in turns.
#[derive(Collect)]
#[collect(no_drop)]
struct Bytes<'gc> {
    text: LuaString<'gc>,
    start: usize,
    end: usize,
}

impl<'gc> Work<'gc> for Bytes<'gc> {
    const NAME: &'static str = "string.byte";

    fn go_on(&mut self, call: &mut Call<'_, 'gc>) -> Result<bool, Raised<'gc>> {
        let end = self.end.min(self.start + VALUES_MAX);
        let bytes = self.text.as_bytes().get(self.start..end).unwrap_or_default();
        call.charge(bytes.len() / 4);
        for byte in bytes {
            call.push(Value::Integer(i64::from(*byte)));
        }
        self.start = end;
        Ok(end == self.end)
    }
}

fn char<'gc>(call: &mut Call<'_, 'gc>) -> Result<Action<'gc>, Raised<'gc>> {
    let mut short = [0; SHORT_MAX];
    let Some(bytes) = short.get_mut(..call.len()) else {
        call.leave_args(0);
        return begin(call, Chars { at: 0, buffer: Buffer::default() });
    };
    for (index, byte) in bytes.iter_mut().enumerate() {
        *byte = check_byte(call, index)?;
    }
    call.ret1(call.ctx.text(bytes))
}

fn check_byte<'gc>(call: &Call<'_, 'gc>, index: usize) -> Result<u8, Raised<'gc>> {
    u8::try_from(call.check::<i64>(index)?).map_err(|_| Raised::argument(index, "value out of range"))
}

/// The string of many bytes, in turns; the arguments stay with the call.
#[derive(Collect)]
#[collect(require_static)]
struct Chars {
    at: usize,
    buffer: Buffer,
}

impl<'gc> Work<'gc> for Chars {
    const NAME: &'static str = "string.char";

    fn go_on(&mut self, call: &mut Call<'_, 'gc>) -> Result<bool, Raised<'gc>> {
        let end = call.len().min(self.at + VALUES_MAX);
        call.charge((end - self.at) / 4);
        self.buffer.reserve(call.ctx, end - self.at)?;
        for index in self.at..end {
            let byte = check_byte(call, index)?;
            self.buffer.push(call.ctx, &[byte])?;
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

// -- whole strings ---------------------------------------------------------------------------------------

/// What becomes of the bytes of a string.
#[derive(Clone, Copy, PartialEq, Eq, Collect)]
#[collect(require_static)]
enum Kind {
    Same,
    Lower,
    Upper,
    Reverse,
}

impl Kind {
    fn change(self, bytes: &mut [u8]) {
        match self {
            Kind::Same => {}
            Kind::Lower => bytes.make_ascii_lowercase(),
            Kind::Upper => bytes.make_ascii_uppercase(),
            Kind::Reverse => bytes.reverse(),
        }
    }
}

fn change<'gc>(call: &mut Call<'_, 'gc>, kind: Kind) -> Result<Action<'gc>, Raised<'gc>> {
    let text = call.check::<LuaString<'gc>>(0)?;
    let mut short = [0; SHORT_MAX];
    if let Some(bytes) = short.get_mut(..text.len()) {
        bytes.copy_from_slice(text.as_bytes());
        kind.change(bytes);
        return call.ret1(call.ctx.text(bytes));
    }
    if text.len() > DIRECT_MAX {
        return inquire(call, Copy { text, start: 0, end: text.len(), kind, buffer: Buffer::default() });
    }
    call.charge(text.len() / 32);
    call.ctx.ledger().check(text.len())?;
    let mut bytes = text.as_bytes().to_vec();
    kind.change(&mut bytes);
    call.ret1(call.ctx.string_from(bytes))
}

fn lower<'gc>(call: &mut Call<'_, 'gc>) -> Result<Action<'gc>, Raised<'gc>> {
    change(call, Kind::Lower)
}

fn upper<'gc>(call: &mut Call<'_, 'gc>) -> Result<Action<'gc>, Raised<'gc>> {
    change(call, Kind::Upper)
}

fn reverse<'gc>(call: &mut Call<'_, 'gc>) -> Result<Action<'gc>, Raised<'gc>> {
    change(call, Kind::Reverse)
}

/// Copies a part of a string, changed, in turns.
#[derive(Collect)]
#[collect(no_drop)]
struct Copy<'gc> {
    text: LuaString<'gc>,
    start: usize,
    end: usize,
    kind: Kind,
    buffer: Buffer,
}

impl<'gc> Inquiry<'gc> for Copy<'gc> {
    const NAME: &'static str = "string.sub";

    fn next(&mut self, call: &mut Call<'_, 'gc>, _answer: Value<'gc>) -> Result<Ask<'gc>, Raised<'gc>> {
        let count = (self.end - self.start).min(DIRECT_MAX);
        if count == 0 {
            let text = self.buffer.finish(call.ctx);
            call.leave(&[text]);
            return Ok(Ask::Done);
        }
        call.charge(count / 32);
        if self.buffer.len() == 0 {
            self.buffer.reserve(call.ctx, self.end - self.start)?;
        }
        let part = if self.kind == Kind::Reverse {
            self.end -= count;
            self.end..self.end + count
        } else {
            self.start += count;
            self.start - count..self.start
        };
        let bytes = self.text.as_bytes().get(part).unwrap_or_default().iter().copied();
        match self.kind {
            Kind::Same => self.buffer.extend(call.ctx, bytes)?,
            Kind::Lower => self.buffer.extend(call.ctx, bytes.map(|byte| byte.to_ascii_lowercase()))?,
            Kind::Upper => self.buffer.extend(call.ctx, bytes.map(|byte| byte.to_ascii_uppercase()))?,
            Kind::Reverse => self.buffer.extend(call.ctx, bytes.rev())?,
        }
        Ok(Ask::Turn)
    }
}

// -- rep -------------------------------------------------------------------------------------------------

fn rep<'gc>(call: &mut Call<'_, 'gc>) -> Result<Action<'gc>, Raised<'gc>> {
    let text = call.check::<LuaString<'gc>>(0)?;
    let count = call.check::<i64>(1)?;
    let empty = call.ctx.string(b"");
    let separator = call.optional(2, empty)?;
    let unit = text.len() + separator.len();
    let Some(count) = usize::try_from(count).ok().filter(|count| *count > 0 && unit > 0) else {
        return call.ret1(empty);
    };
    // The separator behind the last string, which is left out, counts too.
    let Some(total) = unit.checked_mul(count).filter(|total| *total < STRING_MAX) else {
        return Err(Raised::message("resulting string too large"));
    };
    let total = total - separator.len();
    let mut short = [0; SHORT_MAX];
    if let Some(room) = short.get_mut(..total) {
        let text = text.as_bytes();
        for part in room.chunks_mut(unit) {
            let (copy, behind) = part.split_at_mut(text.len().min(part.len()));
            match text {
                [byte] => copy.fill(*byte),
                text => copy.copy_from_slice(text),
            }
            behind.copy_from_slice(separator.as_bytes().get(..behind.len()).unwrap_or_default());
        }
        return call.ret1(call.ctx.text(room));
    }
    let mut rep = Rep { text, separator, total, buffer: Buffer::default() };
    if total > DIRECT_MAX {
        return inquire(call, rep);
    }
    while rep.buffer.len() < total {
        rep.add(call)?;
    }
    call.ret1(rep.buffer.finish(call.ctx))
}

#[derive(Collect)]
#[collect(no_drop)]
struct Rep<'gc> {
    text: LuaString<'gc>,
    separator: LuaString<'gc>,
    total: usize,
    buffer: Buffer,
}

impl<'gc> Rep<'gc> {
    /// Adds some bytes, at most [`DIRECT_MAX`] and at most all that are missing.
    fn add(&mut self, call: &mut Call<'_, 'gc>) -> Result<(), Raised<'gc>> {
        let done = self.buffer.len();
        if done == 0 {
            self.buffer.reserve(call.ctx, self.total)?;
        }
        let most = DIRECT_MAX.min(self.total - done);
        let (text, separator) = (self.text.as_bytes(), self.separator.as_bytes());
        let unit = text.len() + separator.len();
        call.charge(1);
        if done >= unit {
            // What is there is whole units: its own bytes, from where this place in the unit is, come next.
            let start = done % unit;
            let count = most.min(done - start);
            call.charge(count / 64);
            return self.buffer.repeat(call.ctx, start, count);
        }
        let part = match text.get(done..) {
            Some(rest) if !rest.is_empty() => rest,
            _ => separator.get(done - text.len()..).unwrap_or_default(),
        };
        let part = part.get(..most).unwrap_or(part);
        call.charge(part.len() / 64);
        self.buffer.push(call.ctx, part)
    }
}

impl<'gc> Inquiry<'gc> for Rep<'gc> {
    const NAME: &'static str = "string.rep";

    fn next(&mut self, call: &mut Call<'_, 'gc>, _answer: Value<'gc>) -> Result<Ask<'gc>, Raised<'gc>> {
        if self.buffer.len() < self.total {
            self.add(call)?;
            return Ok(Ask::Turn);
        }
        let text = self.buffer.finish(call.ctx);
        call.leave(&[text]);
        Ok(Ask::Done)
    }
}

/// `string.dump`, which there is for the sake of its message: code in binary form could not be trusted.
fn dump<'gc>(call: &mut Call<'_, 'gc>) -> Result<Action<'gc>, Raised<'gc>> {
    call.check_function(0)?;
    Err(Raised::message("unable to dump given function"))
}

const FUNCTIONS: &[Row] = rows! {
    in "string";
    "byte" => byte,
    "char" => char,
    "dump" => dump,
    "format" => format,
    "len" => len,
    "lower" => lower,
    "pack" => pack,
    "packsize" => packsize,
    "rep" => rep,
    "reverse" => reverse,
    "sub" => sub,
    "unpack" => unpack,
    "upper" => upper,
};
