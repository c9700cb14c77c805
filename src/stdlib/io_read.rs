//! Reading from files by the formats of §6.8: lines, numbers, so many bytes, all there is.
//!
//! What is there already is taken at once. Anything else goes a block a turn, with fuel charged by the bytes and the
//! result growing under the memory limit, so that neither an endless line nor a huge file can hold the machine up; only
//! the system can, by keeping a block waiting. A file that is closed between two turns ends the reading with an error.

use std::io;

use super::buffer::Buffer;
use super::inquiry::{Ask, Inquiry, inquire};
use super::io::{FileHandle, closed};
use super::io_stream::Stream;
use super::system::{fail, reason};
use crate::api::{Action, Call, Collect, Context, FromLua, LuaString, Raised, STRING_MAX, UserData, Value, number};

/// Blocks that are read before a sequence is made of it.
const DIRECT_BLOCKS: usize = 4;

/// The most characters of a numeral, as PUC-Rio has it.
const NUMERAL_MAX: usize = 200;

/// What the results are for.
#[derive(Clone, Copy)]
pub(super) enum Purpose {
    /// To be returned.
    Read,
    /// To be returned by an iterator, which raises errors and perhaps closes the file at its end.
    Lines { closes: bool },
}

/// What one format asks for.
enum Format {
    Line { keeps_end: bool },
    Number,
    All,
    Bytes(usize),
}

/// A reading of several formats.
#[derive(Collect)]
#[collect(no_drop)]
struct Reading<'gc> {
    file: UserData<'gc>,
    formats: Vec<Value<'gc>>,
    /// The place of the first format among the arguments.
    first: usize,
    results: Vec<Value<'gc>>,
    /// What there is of the next result.
    part: Buffer,
    #[collect(require_static)]
    purpose: Purpose,
    #[collect(require_static)]
    failure: Option<io::Error>,
}

/// Reads from a file by `formats`, the first of which is the argument at `first`.
pub(super) fn read<'gc>(
    call: &mut Call<'_, 'gc>,
    file: UserData<'gc>,
    formats: Vec<Value<'gc>>,
    first: usize,
    purpose: Purpose,
) -> Result<Action<'gc>, Raised<'gc>> {
    if let Some(line) = line_at_once(call, file, &formats) {
        return call.ret1(line);
    }
    let formats = if formats.is_empty() { vec![call.ctx.text("l")] } else { formats };
    let mut reading =
        Reading { file, formats, first, results: Vec::new(), part: Buffer::default(), purpose, failure: None };
    for _ in 0..DIRECT_BLOCKS {
        if reading.turn(call)? {
            reading.finish(call)?;
            return Ok(Action::Return);
        }
    }
    inquire(call, reading)
}

/// A line that is there already, if a line is all that is wanted.
fn line_at_once<'gc>(call: &mut Call<'_, 'gc>, file: UserData<'gc>, formats: &[Value<'gc>]) -> Option<Value<'gc>> {
    let keeps_end = match formats {
        [] => false,
        [Value::String(format)] => match format.as_bytes() {
            b"l" => false,
            b"L" => true,
            _ => return None,
        },
        _ => return None,
    };
    let mut stream = file.downcast::<FileHandle>()?.borrow_mut();
    let stream = stream.as_mut()?;
    let end = stream.ready().iter().position(|byte| *byte == b'\n')?;
    call.charge(1 + end / 32);
    let line = call.ctx.text(stream.ready().get(..end + usize::from(keeps_end))?);
    stream.take(end + 1);
    Some(line)
}

impl Format {
    fn of<'gc>(ctx: Context<'gc>, value: Value<'gc>, index: usize) -> Result<Format, Raised<'gc>> {
        let refused = |mismatch: crate::api::Mismatch| Raised::argument(index, mismatch.to_string());
        if let Value::Integer(_) | Value::Float(_) = value {
            let count = i64::from_lua(ctx, value).map_err(refused)?;
            return match usize::try_from(count) {
                Ok(count) if count < STRING_MAX => Ok(Format::Bytes(count)),
                _ => Err(Raised::value(ctx.text("not enough memory"))),
            };
        }
        let text = LuaString::from_lua(ctx, value).map_err(refused)?.as_bytes();
        match text.strip_prefix(b"*").unwrap_or(text) {
            [b'n', ..] => Ok(Format::Number),
            [b'l', ..] => Ok(Format::Line { keeps_end: false }),
            [b'L', ..] => Ok(Format::Line { keeps_end: true }),
            [b'a', ..] => Ok(Format::All),
            _ => Err(Raised::argument(index, "invalid format")),
        }
    }
}

impl<'gc> Reading<'gc> {
    /// Reads about a block. Whether that was the last.
    fn turn(&mut self, call: &mut Call<'_, 'gc>) -> Result<bool, Raised<'gc>> {
        let done = self.results.len();
        let Some(value) = self.formats.get(done) else { return Ok(true) };
        let format = Format::of(call.ctx, *value, self.first.saturating_add(done))?;
        let Some(handle) = self.file.downcast::<FileHandle>() else { return Ok(true) };
        let mut stream = handle.borrow_mut();
        let Some(stream) = stream.as_mut() else { return Err(closed()) };
        call.charge(1);
        let outcome = match stream.fill() {
            Ok(is_more) => match format {
                Format::Number => Ok(if skip_blanks(call, stream, is_more) { Some(numeral(stream)) } else { None }),
                format => self.take(call, stream, &format, is_more).map(|part| part.map(Ok)),
            },
            Err(error) => Ok(Some(Err(error))),
        }?;
        match outcome {
            None => Ok(false),
            Some(Ok(result)) => {
                self.results.push(result);
                Ok(result.is_nil() || self.results.len() == self.formats.len())
            }
            Some(Err(error)) => {
                self.failure = Some(error);
                Ok(true)
            }
        }
    }

    /// Takes what is there and belongs to the next result. The result, if it is whole, or nil.
    fn take(
        &mut self,
        call: &mut Call<'_, 'gc>,
        stream: &mut Stream,
        format: &Format,
        is_more: bool,
    ) -> Result<Option<Value<'gc>>, Raised<'gc>> {
        let ready = stream.ready();
        let have = self.part.len();
        // How much of it to keep and to take, and whether the result is whole then.
        let (keep, take, is_whole) = match *format {
            Format::Line { keeps_end } => match ready.iter().position(|byte| *byte == b'\n') {
                Some(end) => (end + usize::from(keeps_end), end + 1, true),
                None => (ready.len(), ready.len(), !is_more),
            },
            Format::Bytes(count) => {
                let part = ready.len().min(count.saturating_sub(have));
                (part, part, !is_more || have + part == count)
            }
            Format::All | Format::Number => (ready.len(), ready.len(), !is_more),
        };
        call.charge(take / 32);
        self.part.push(call.ctx, ready.get(..keep).unwrap_or_default())?;
        stream.take(take);
        if !is_whole {
            return Ok(None);
        }
        let is_nothing = !is_more && self.part.len() == 0 && !matches!(format, Format::All);
        let result = self.part.finish(call.ctx);
        Ok(Some(if is_nothing { Value::Nil } else { result }))
    }

    /// Leaves the results with the call.
    fn finish(&mut self, call: &mut Call<'_, 'gc>) -> Result<(), Raised<'gc>> {
        match (self.purpose, &self.failure) {
            (Purpose::Read, Some(error)) => {
                fail(call, None, error)?;
            }
            (Purpose::Lines { .. }, Some(error)) => return Err(Raised::message(reason(error))),
            (Purpose::Lines { closes }, None) if self.results.first().is_none_or(Value::is_nil) => {
                if closes && let Some(handle) = self.file.downcast::<FileHandle>() {
                    // The end of the file is what was asked for; that all of it was read is no news.
                    let _ = handle.close();
                }
                call.leave(&[]);
            }
            (_, None) => call.leave(&self.results),
        }
        Ok(())
    }
}

impl<'gc> Inquiry<'gc> for Reading<'gc> {
    const NAME: &'static str = "io.read";

    fn next(&mut self, call: &mut Call<'_, 'gc>, _answer: Value<'gc>) -> Result<Ask<'gc>, Raised<'gc>> {
        if !self.turn(call)? {
            return Ok(Ask::Turn);
        }
        self.finish(call)?;
        Ok(Ask::Done)
    }
}

/// Takes the blanks that are there. Whether something else is next, or nothing.
fn skip_blanks(call: &mut Call<'_, '_>, stream: &mut Stream, is_more: bool) -> bool {
    let ready = stream.ready();
    let blanks = ready.iter().position(|byte| !matches!(byte, b' ' | b'\t'..=b'\r'));
    let count = blanks.unwrap_or(ready.len());
    call.charge(count / 32);
    stream.take(count);
    blanks.is_some() || !is_more
}

/// Reads the longest beginning of a numeral there is. The number, or nil if that is none.
fn numeral<'gc>(stream: &mut Stream) -> io::Result<Value<'gc>> {
    let mut numeral = Numeral { stream, text: Vec::with_capacity(NUMERAL_MAX), is_too_long: false };
    numeral.accept(|byte| matches!(byte, b'-' | b'+'))?;
    let mut digits = 0;
    let mut is_hex = false;
    if numeral.accept(|byte| byte == b'0')? {
        is_hex = numeral.accept(|byte| matches!(byte, b'x' | b'X'))?;
        digits += usize::from(!is_hex);
    }
    digits += numeral.digits(is_hex)?;
    if numeral.accept(|byte| byte == b'.')? {
        digits += numeral.digits(is_hex)?;
    }
    let is_mark = |byte| matches!((is_hex, byte), (true, b'p' | b'P') | (false, b'e' | b'E'));
    if digits > 0 && numeral.accept(is_mark)? {
        numeral.accept(|byte| matches!(byte, b'-' | b'+'))?;
        numeral.digits(false)?;
    }
    let text = if numeral.is_too_long { &[] } else { numeral.text.as_slice() };
    Ok(match number::parse(text) {
        Some(number::Number::Integer(integer)) => Value::Integer(integer),
        Some(number::Number::Float(float)) => Value::Float(float),
        None => Value::Nil,
    })
}

/// The numeral that is being read.
struct Numeral<'a> {
    stream: &'a mut Stream,
    text: Vec<u8>,
    is_too_long: bool,
}

impl Numeral<'_> {
    /// Takes the next byte if it is a wanted one. Whether it was.
    fn accept(&mut self, is_wanted: impl Fn(u8) -> bool) -> io::Result<bool> {
        let Some(byte) = self.stream.peek()?.filter(|byte| is_wanted(*byte)) else { return Ok(false) };
        if self.text.len() >= NUMERAL_MAX {
            self.is_too_long = true;
            return Ok(false);
        }
        self.text.push(byte);
        self.stream.take(1);
        Ok(true)
    }

    /// Takes digits. Their number.
    fn digits(&mut self, is_hex: bool) -> io::Result<usize> {
        let before = self.text.len();
        while self.accept(|byte| if is_hex { byte.is_ascii_hexdigit() } else { byte.is_ascii_digit() })? {}
        Ok(self.text.len() - before)
    }
}
