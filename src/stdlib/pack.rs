//! `string.pack`, `string.unpack` and `string.packsize` (§6.4.2).
//!
//! A `Reader` reads a format one option at a time and knows about sizes, alignment and the order of bytes; the
//! three functions differ in what they do with an option. Formats, data and results of any length are worked
//! on in turns: the arguments of `pack` and the results of `unpack` stay with the call meanwhile.
//! "Native" sizes and order are those of 64-bit little-endian machines, wherever the program runs.

use super::buffer::Buffer;
use super::string::start_offset;
use super::turns::{Work, begin};
use crate::api::{Action, Call, Collect, Context, FromLua, LuaString, Raised, Value};

/// The most bytes of an integer.
const INTEGER_MAX: usize = 16;

/// The bytes of Lua's own integer.
const LUA_INTEGER: usize = 8;

/// The alignment that a `!` without number allows.
const NATIVE_ALIGNMENT: usize = 8;

/// The greatest size that `packsize` gives.
const SIZE_MAX: usize = i32::MAX as usize;

/// The most options that are worked on between two looks at the fuel.
const OPTIONS_MAX: usize = 1000;

/// The most bytes that are worked on between two looks at the fuel.
const CHUNK_BYTES: usize = 1 << 16;

/// The most values that `unpack` returns; PUC-Rio's stack has about as many slots.
const RESULTS_MAX: usize = 900_000;

// -- formats ---------------------------------------------------------------------------------------------

/// What an option stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Signed,
    Unsigned,
    Single,
    Double,
    /// A string of the option's size.
    Fixed,
    /// A string behind its length.
    Counted,
    /// A string with a zero behind it.
    Terminated,
    Padding,
    Alignment,
    Nothing,
}

/// An option of a format.
#[derive(Clone, Copy, Debug)]
struct Item {
    kind: Kind,
    /// Its size, without what depends on the value.
    size: usize,
    /// The bytes in front of it that align it.
    padding: usize,
}

/// Reads a format.
#[derive(Collect)]
#[collect(no_drop)]
struct Reader<'gc> {
    format: LuaString<'gc>,
    at: usize,
    is_little: bool,
    alignment_max: usize,
}

impl<'gc> Reader<'gc> {
    fn new(format: LuaString<'gc>) -> Reader<'gc> {
        Reader { format, at: 0, is_little: true, alignment_max: 1 }
    }

    /// The next byte of the format. A zero ends it, as it does in C.
    fn peek(&self) -> Option<u8> {
        self.format.as_bytes().get(self.at).copied().filter(|byte| *byte != 0)
    }

    /// The next option, where so many bytes are in front of it.
    fn next(&mut self, total: usize) -> Result<Option<Item>, Raised<'gc>> {
        let Some(letter) = self.peek() else { return Ok(None) };
        let (kind, size) = self.option(letter)?;
        let mut alignment = size;
        if kind == Kind::Alignment {
            let next = match self.peek() {
                Some(letter) => self.option(letter)?,
                None => (Kind::Nothing, 0),
            };
            alignment = next.1;
            if next.0 == Kind::Fixed || alignment == 0 {
                return Err(Raised::argument(0, "invalid next option for option 'X'"));
            }
        }
        let mut padding = 0;
        if alignment > 1 && kind != Kind::Fixed {
            let alignment = alignment.min(self.alignment_max);
            if !alignment.is_power_of_two() {
                return Err(Raised::argument(0, "format asks for alignment not power of 2"));
            }
            padding = total.wrapping_neg() & (alignment - 1);
        }
        Ok(Some(Item { kind, size, padding }))
    }

    /// Reads the option that begins with `letter`: what it is, and its size.
    fn option(&mut self, letter: u8) -> Result<(Kind, usize), Raised<'gc>> {
        self.at += 1;
        Ok(match letter {
            b'b' => (Kind::Signed, 1),
            b'B' => (Kind::Unsigned, 1),
            b'h' => (Kind::Signed, 2),
            b'H' => (Kind::Unsigned, 2),
            b'l' | b'j' => (Kind::Signed, 8),
            b'L' | b'J' | b'T' => (Kind::Unsigned, 8),
            b'f' => (Kind::Single, 4),
            b'n' | b'd' => (Kind::Double, 8),
            b'i' => (Kind::Signed, self.size(4)?),
            b'I' => (Kind::Unsigned, self.size(4)?),
            b's' => (Kind::Counted, self.size(8)?),
            b'c' => match self.number() {
                Some(size) => (Kind::Fixed, size),
                None => return Err(Raised::message("missing size for format option 'c'")),
            },
            b'z' => (Kind::Terminated, 0),
            b'x' => (Kind::Padding, 1),
            b'X' => (Kind::Alignment, 0),
            b' ' => (Kind::Nothing, 0),
            b'<' | b'=' => {
                self.is_little = true;
                (Kind::Nothing, 0)
            }
            b'>' => {
                self.is_little = false;
                (Kind::Nothing, 0)
            }
            b'!' => {
                self.alignment_max = self.size(NATIVE_ALIGNMENT)?;
                (Kind::Nothing, 0)
            }
            _ => {
                let shown = [letter];
                let shown = String::from_utf8_lossy(&shown);
                return Err(Raised::message(format!("invalid format option '{shown}'")));
            }
        })
    }

    /// A number, if there is one. What does not fit C's `int` ends before the digit that is too much.
    fn number(&mut self) -> Option<usize> {
        let mut number = None;
        while let Some(digit @ b'0'..=b'9') = self.peek()
            && number.is_none_or(|number| number <= (SIZE_MAX - 9) / 10)
        {
            number = Some(number.unwrap_or(0) * 10 + usize::from(digit - b'0'));
            self.at += 1;
        }
        number
    }

    /// The size of an integer.
    fn size(&mut self, default: usize) -> Result<usize, Raised<'gc>> {
        match self.number().unwrap_or(default) {
            size @ 1..=INTEGER_MAX => Ok(size),
            size => Err(Raised::message(format!("integral size ({size}) out of limits [1,{INTEGER_MAX}]"))),
        }
    }

    /// Reverses bytes that are in the order of a little-endian machine, if the format wants it so.
    fn arrange(&self, bytes: &mut [u8]) {
        if !self.is_little {
            bytes.reverse();
        }
    }
}

// -- packsize --------------------------------------------------------------------------------------------

/// `string.packsize`
pub(super) fn packsize<'gc>(call: &mut Call<'_, 'gc>) -> Result<Action<'gc>, Raised<'gc>> {
    let sizer = Sizer { reader: Reader::new(call.check(0)?), total: 0 };
    begin(call, sizer)
}

/// Adds up what the options of a format take.
#[derive(Collect)]
#[collect(no_drop)]
struct Sizer<'gc> {
    reader: Reader<'gc>,
    total: usize,
}

impl<'gc> Work<'gc> for Sizer<'gc> {
    const NAME: &'static str = "string.packsize";

    fn go_on(&mut self, call: &mut Call<'_, 'gc>) -> Result<bool, Raised<'gc>> {
        call.charge(1);
        for done in 1..=OPTIONS_MAX {
            let Some(item) = self.reader.next(self.total)? else {
                call.charge(done / 4);
                call.leave(&[Value::Integer(self.total as i64)]);
                return Ok(true);
            };
            if matches!(item.kind, Kind::Counted | Kind::Terminated) {
                return Err(Raised::argument(0, "variable-length format"));
            }
            let total = self.total.saturating_add(item.size + item.padding);
            if total > SIZE_MAX {
                return Err(Raised::argument(0, "format result too large"));
            }
            self.total = total;
        }
        call.charge(OPTIONS_MAX / 4);
        Ok(false)
    }
}

// -- pack ------------------------------------------------------------------------------------------------

/// `string.pack`
pub(super) fn pack<'gc>(call: &mut Call<'_, 'gc>) -> Result<Action<'gc>, Raised<'gc>> {
    let reader = Reader::new(call.check(0)?);
    call.leave_args(0);
    begin(call, Packer { reader, arg: 0, buffer: Buffer::default(), part: None, zeros: 0 })
}

/// Packs its arguments, which stay with the call.
#[derive(Collect)]
#[collect(no_drop)]
struct Packer<'gc> {
    reader: Reader<'gc>,
    /// The argument used last.
    arg: usize,
    buffer: Buffer,
    /// A string that is copied, from where on.
    part: Option<(LuaString<'gc>, usize)>,
    /// Zeros that come behind it.
    zeros: usize,
}

impl<'gc> Work<'gc> for Packer<'gc> {
    const NAME: &'static str = "string.pack";

    fn go_on(&mut self, call: &mut Call<'_, 'gc>) -> Result<bool, Raised<'gc>> {
        let before = self.buffer.len();
        let mut done = 0;
        while done < OPTIONS_MAX && self.buffer.len() - before < CHUNK_BYTES {
            done += 1;
            if self.part.is_some() || self.zeros > 0 {
                self.copy(call.ctx)?;
                continue;
            }
            let Some(item) = self.reader.next(self.buffer.len())? else {
                self.pay(call, done, before);
                let text = self.buffer.finish(call.ctx);
                call.leave(&[text]);
                return Ok(true);
            };
            self.buffer.fill(call.ctx, 0, item.padding)?;
            self.put(call, item)?;
        }
        self.pay(call, done, before);
        call.leave_args(0);
        Ok(false)
    }
}

impl<'gc> Packer<'gc> {
    fn pay(&self, call: &mut Call<'_, 'gc>, options: usize, before: usize) {
        call.charge(1 + options / 2 + (self.buffer.len() - before) / 64);
    }

    /// The next argument.
    fn next_arg<T: FromLua<'gc>>(&mut self, call: &Call<'_, 'gc>) -> Result<T, Raised<'gc>> {
        self.arg += 1;
        T::from_lua(call.ctx, call.arg(self.arg)).map_err(|mismatch| self.complaint(&mismatch.to_string()))
    }

    fn complaint(&self, message: &str) -> Raised<'gc> {
        Raised::argument(self.arg, message.to_owned())
    }

    /// Puts what an option stands for; of a long string only the beginning.
    fn put(&mut self, call: &Call<'_, 'gc>, item: Item) -> Result<(), Raised<'gc>> {
        let ctx = call.ctx;
        match item.kind {
            Kind::Signed | Kind::Unsigned => {
                let integer: i64 = self.next_arg(call)?;
                if item.kind == Kind::Unsigned {
                    if !fits_unsigned(integer.cast_unsigned(), item.size) {
                        return Err(self.complaint("unsigned overflow"));
                    }
                    return self.put_integer(ctx, integer.cast_unsigned().into(), item.size);
                }
                if item.size < LUA_INTEGER && integer >> (8 * item.size - 1) != integer >> 63 {
                    return Err(self.complaint("integer overflow"));
                }
                self.put_integer(ctx, i128::from(integer).cast_unsigned(), item.size)
            }
            Kind::Single => {
                #[expect(clippy::cast_possible_truncation, reason = "rounding to the nearest is what it is for")]
                let mut bytes = (self.next_arg::<f64>(call)? as f32).to_le_bytes();
                self.reader.arrange(&mut bytes);
                self.buffer.push(ctx, &bytes)
            }
            Kind::Double => {
                let mut bytes = self.next_arg::<f64>(call)?.to_le_bytes();
                self.reader.arrange(&mut bytes);
                self.buffer.push(ctx, &bytes)
            }
            Kind::Fixed => {
                let text: LuaString<'gc> = self.next_arg(call)?;
                let Some(zeros) = item.size.checked_sub(text.len()) else {
                    return Err(self.complaint("string longer than given size"));
                };
                self.put_text(ctx, text, zeros)
            }
            Kind::Counted => {
                let text: LuaString<'gc> = self.next_arg(call)?;
                if !fits_unsigned(text.len() as u64, item.size) {
                    return Err(self.complaint("string length does not fit in given size"));
                }
                self.put_integer(ctx, text.len() as u128, item.size)?;
                self.put_text(ctx, text, 0)
            }
            Kind::Terminated => {
                let text: LuaString<'gc> = self.next_arg(call)?;
                if text.len() <= CHUNK_BYTES && text.as_bytes().contains(&0) {
                    return Err(self.complaint("string contains zeros"));
                }
                self.put_text(ctx, text, 1)
            }
            Kind::Padding => self.buffer.fill(ctx, 0, 1),
            Kind::Alignment | Kind::Nothing => Ok(()),
        }
    }

    fn put_integer(&mut self, ctx: Context<'gc>, bits: u128, size: usize) -> Result<(), Raised<'gc>> {
        let mut bytes = bits.to_le_bytes();
        if let Some(bytes) = bytes.get_mut(..size) {
            self.reader.arrange(bytes);
            self.buffer.push(ctx, bytes)?;
        }
        Ok(())
    }

    fn put_text(&mut self, ctx: Context<'gc>, text: LuaString<'gc>, zeros: usize) -> Result<(), Raised<'gc>> {
        if text.len() + zeros <= CHUNK_BYTES {
            self.buffer.push(ctx, text.as_bytes())?;
            return self.buffer.fill(ctx, 0, zeros);
        }
        self.buffer.reserve(ctx, text.len() + zeros)?;
        (self.part, self.zeros) = (Some((text, 0)), zeros);
        Ok(())
    }

    /// Copies on.
    fn copy(&mut self, ctx: Context<'gc>) -> Result<(), Raised<'gc>> {
        let Some((text, at)) = self.part else {
            let count = self.zeros.min(CHUNK_BYTES);
            self.zeros -= count;
            return self.buffer.fill(ctx, 0, count);
        };
        let rest = text.as_bytes().get(at..).unwrap_or_default();
        let chunk = rest.get(..CHUNK_BYTES).unwrap_or(rest);
        // A long string that a zero is to end is looked through while it is copied.
        if self.is_terminated() && chunk.contains(&0) {
            return Err(self.complaint("string contains zeros"));
        }
        self.part = (chunk.len() < rest.len()).then_some((text, at + chunk.len()));
        self.buffer.push(ctx, chunk)
    }

    /// Whether the option read last was `z`.
    fn is_terminated(&self) -> bool {
        self.reader.at.checked_sub(1).and_then(|last| self.reader.format.as_bytes().get(last)) == Some(&b'z')
    }
}

/// Whether an integer without sign fits so many bytes.
fn fits_unsigned(bits: u64, size: usize) -> bool {
    size >= LUA_INTEGER || bits >> (8 * size) == 0
}

// -- unpack ----------------------------------------------------------------------------------------------

/// `string.unpack`
pub(super) fn unpack<'gc>(call: &mut Call<'_, 'gc>) -> Result<Action<'gc>, Raised<'gc>> {
    let reader = Reader::new(call.check(0)?);
    let data = call.check::<LuaString<'gc>>(1)?;
    let at = start_offset(call.optional(2, 1)?, data.len());
    if at > data.len() {
        return Err(Raised::argument(2, "initial position out of string"));
    }
    call.leave(&[]);
    begin(call, Unpacker { reader, data, at, count: 0, part: None, buffer: Buffer::default() })
}

/// Unpacks values, which stay with the call.
#[derive(Collect)]
#[collect(no_drop)]
struct Unpacker<'gc> {
    reader: Reader<'gc>,
    data: LuaString<'gc>,
    at: usize,
    /// The values so far.
    count: usize,
    part: Option<Part>,
    buffer: Buffer,
}

/// What is being done with a long string.
#[derive(Clone, Copy, Debug, Collect)]
#[collect(require_static)]
enum Part {
    /// Its end is looked for, from this offset on.
    Search(usize),
    /// It is copied, up to an offset; so many bytes are behind it.
    Copy { end: usize, behind: usize },
}

impl<'gc> Work<'gc> for Unpacker<'gc> {
    const NAME: &'static str = "string.unpack";

    fn go_on(&mut self, call: &mut Call<'_, 'gc>) -> Result<bool, Raised<'gc>> {
        let mut done = 0;
        let mut bytes = 0;
        while done < OPTIONS_MAX && bytes < CHUNK_BYTES {
            done += 1;
            if let Some(part) = self.part {
                bytes += CHUNK_BYTES;
                self.go_on_with(call, part)?;
                continue;
            }
            let Some(item) = self.reader.next(self.at)? else {
                call.charge(1 + done / 2 + bytes / 64);
                call.push(Value::Integer(self.at as i64 + 1));
                return Ok(true);
            };
            let rest = self.data.len() - self.at;
            if item.padding + item.size > rest {
                return Err(Raised::argument(1, "data string too short"));
            }
            self.at += item.padding;
            if self.count >= RESULTS_MAX {
                return Err(Raised::message("stack overflow (too many results)"));
            }
            let before = self.at;
            self.take(call, item)?;
            bytes += self.at - before;
        }
        call.charge(1 + done / 2 + bytes / 64);
        Ok(false)
    }
}

impl<'gc> Unpacker<'gc> {
    /// Takes what an option stands for; a long string is left to later turns.
    fn take(&mut self, call: &mut Call<'_, 'gc>, item: Item) -> Result<(), Raised<'gc>> {
        let start = self.at;
        let bytes = self.data.as_bytes().get(start..start + item.size).unwrap_or_default();
        let value = match item.kind {
            Kind::Signed => Value::Integer(self.integer(bytes, true)?),
            Kind::Unsigned => Value::Integer(self.integer(bytes, false)?),
            Kind::Single => {
                let mut array = [0; 4];
                array.copy_from_slice(bytes);
                self.reader.arrange(&mut array);
                Value::Float(f32::from_le_bytes(array).into())
            }
            Kind::Double => {
                let mut array = [0; 8];
                array.copy_from_slice(bytes);
                self.reader.arrange(&mut array);
                Value::Float(f64::from_le_bytes(array))
            }
            Kind::Fixed => return self.take_text(call, item.size, 0),
            Kind::Counted => {
                let len = self.integer(bytes, false)?;
                self.at += item.size;
                return match usize::try_from(len) {
                    Ok(len) if len <= self.data.len() - self.at => self.take_text(call, len, 0),
                    _ => Err(Raised::argument(1, "data string too short")),
                };
            }
            Kind::Terminated => return self.search(call, start),
            Kind::Padding | Kind::Alignment | Kind::Nothing => {
                self.at += item.size;
                return Ok(());
            }
        };
        self.at += item.size;
        self.give(call, value);
        Ok(())
    }

    fn give(&mut self, call: &mut Call<'_, 'gc>, value: Value<'gc>) {
        self.count += 1;
        call.push(value);
    }

    fn go_on_with(&mut self, call: &mut Call<'_, 'gc>, part: Part) -> Result<(), Raised<'gc>> {
        match part {
            Part::Search(from) => self.search(call, from),
            Part::Copy { end, behind } => {
                let next = end.min(self.at + CHUNK_BYTES);
                self.buffer.push(call.ctx, self.data.as_bytes().get(self.at..next).unwrap_or_default())?;
                self.at = next;
                if next == end {
                    self.part = None;
                    self.at += behind;
                    let text = self.buffer.finish(call.ctx);
                    self.give(call, text);
                }
                Ok(())
            }
        }
    }

    /// Looks for the zero that ends the string.
    fn search(&mut self, call: &mut Call<'_, 'gc>, from: usize) -> Result<(), Raised<'gc>> {
        let rest = self.data.as_bytes().get(from..).unwrap_or_default();
        let window = rest.get(..CHUNK_BYTES).unwrap_or(rest);
        match window.iter().position(|byte| *byte == 0) {
            Some(zero) => self.take_text(call, from + zero - self.at, 1),
            None if window.len() == rest.len() => Err(Raised::argument(1, "unfinished string for format 'z'")),
            None => {
                self.part = Some(Part::Search(from + window.len()));
                Ok(())
            }
        }
    }

    /// Takes a string of this length and skips so many bytes behind it.
    fn take_text(&mut self, call: &mut Call<'_, 'gc>, len: usize, behind: usize) -> Result<(), Raised<'gc>> {
        let end = self.at + len;
        if len > CHUNK_BYTES {
            self.buffer.reserve(call.ctx, len)?;
            self.part = Some(Part::Copy { end, behind });
            return Ok(());
        }
        call.ctx.ledger().check(len)?;
        let text = call.ctx.text(self.data.as_bytes().get(self.at..end).unwrap_or_default());
        self.give(call, text);
        self.part = None;
        self.at = end + behind;
        Ok(())
    }

    /// The integer in these bytes, at most 16.
    fn integer(&self, bytes: &[u8], is_signed: bool) -> Result<i64, Raised<'gc>> {
        let mut wide = [0; INTEGER_MAX];
        let size = bytes.len();
        if let Some(room) = wide.get_mut(..size) {
            room.copy_from_slice(bytes);
            self.reader.arrange(room);
        }
        let bits = u128::from_le_bytes(wide);
        #[expect(clippy::cast_possible_truncation, reason = "what is cut off is compared below")]
        let low = bits as u64;
        if size < LUA_INTEGER {
            let unused = 64 - 8 * size;
            let shifted = low << unused;
            return Ok(if is_signed { shifted.cast_signed() >> unused } else { low.cast_signed() });
        }
        // Bytes beyond those of Lua's integer have to repeat the sign.
        let mut extended = if is_signed { i128::from(low.cast_signed()).cast_unsigned() } else { u128::from(low) };
        if size < INTEGER_MAX {
            extended &= (1 << (8 * size)) - 1;
        }
        if extended == bits {
            return Ok(low.cast_signed());
        }
        Err(Raised::message(format!("{size}-byte integer does not fit into Lua Integer")))
    }
}
