//! `string.format`: C's `printf` as Lua has it.
//!
//! Numbers come out as a correct C library prints them, at any precision, whatever the platform's own does.
//! A [`Formatter`] goes over the format with its place, its buffer and what it is copying as plain state, so
//! that a `__tostring` may be called in the middle and long texts are copied in turns.

use super::buffer::Buffer;
use super::inquiry::{Ask, Inquiry, inquire, text_from};
use crate::api::{Action, Call, Collect, Context, FromLua, LuaString, Meta, Raised, Value, number};

/// The most bytes that are worked on between two looks at the fuel.
const CHUNK_BYTES: usize = 1 << 16;

/// The most fuel that is spent between two looks at it.
const COST_MAX: usize = 2000;

/// From this many characters on, an item is refused unread.
const ITEM_MAX: usize = 21;

/// Strings of at least this length are not padded.
const PADDED_MAX: usize = 100;

/// `string.format`
pub(super) fn format<'gc>(call: &mut Call<'_, 'gc>) -> Result<Action<'gc>, Raised<'gc>> {
    let text = call.check::<LuaString<'gc>>(0)?;
    let mut formatter = Formatter { text, at: 0, arg: 0, item: None, part: None, cost: 0, buffer: Buffer::default() };
    let ask = formatter.run(call.ctx, call.args())?;
    formatter.pay(call);
    match ask {
        Ask::Done => call.ret1(formatter.buffer.finish(call.ctx)),
        _ => {
            let args = call.args().to_vec();
            inquire(call, Format { formatter, args, is_asked: false })
        }
    }
}

/// A format that is not finished at once.
#[derive(Collect)]
#[collect(no_drop)]
struct Format<'gc> {
    formatter: Formatter<'gc>,
    args: Vec<Value<'gc>>,
    is_asked: bool,
}

impl<'gc> Inquiry<'gc> for Format<'gc> {
    const NAME: &'static str = "string.format";

    fn next(&mut self, call: &mut Call<'_, 'gc>, answer: Value<'gc>) -> Result<Ask<'gc>, Raised<'gc>> {
        if let Some(item) = self.formatter.item {
            if !self.is_asked {
                self.is_asked = true;
                let value = self.args.get(self.formatter.arg).copied().unwrap_or_default();
                return Ok(Ask::Answer(call.ctx.to_string(value)));
            }
            self.formatter.item = None;
            if let Value::String(text) = text_from(call, answer)? {
                self.formatter.put_string(call.ctx, item, text)?;
            }
        }
        let ask = self.formatter.run(call.ctx, &self.args)?;
        self.formatter.pay(call);
        self.is_asked = true;
        if let Ask::Done = ask {
            let text = self.formatter.buffer.finish(call.ctx);
            call.leave(&[text]);
        }
        Ok(ask)
    }
}

/// A conversion and what stands between it and the `%`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Collect)]
#[collect(require_static)]
struct Item {
    is_left: bool,
    is_signed: bool,
    is_spaced: bool,
    is_alternate: bool,
    is_zeroed: bool,
    width: usize,
    precision: Option<usize>,
    conversion: u8,
}

impl Item {
    /// Whether there is nothing between the `%` and the conversion.
    fn is_plain(self) -> bool {
        self == Item { conversion: self.conversion, ..Item::default() }
    }
}

/// A text that is copied in turns.
#[derive(Clone, Copy, Collect)]
#[collect(no_drop)]
struct Part<'gc> {
    text: LuaString<'gc>,
    at: usize,
    shape: Shape,
}

/// What becomes of a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Collect)]
#[collect(require_static)]
enum Shape {
    Plain,
    Quoted,
    /// There must be no zeros in it.
    ZeroFree,
    /// There must be no zeros in it, but only the beginning is shown.
    Cut(Item),
}

#[derive(Collect)]
#[collect(no_drop)]
struct Formatter<'gc> {
    text: LuaString<'gc>,
    /// The next byte of the format.
    at: usize,
    /// The argument used last.
    arg: usize,
    /// The item that waits for a `__tostring`.
    item: Option<Item>,
    part: Option<Part<'gc>>,
    /// Fuel that is to be charged.
    cost: usize,
    buffer: Buffer,
}

impl<'gc> Formatter<'gc> {
    fn pay(&mut self, call: &mut Call<'_, 'gc>) {
        call.charge(std::mem::take(&mut self.cost));
    }

    /// Goes on until it is done, has a question, or has worked for a while.
    fn run(&mut self, ctx: Context<'gc>, args: &[Value<'gc>]) -> Result<Ask<'gc>, Raised<'gc>> {
        let end = self.buffer.len().saturating_add(CHUNK_BYTES);
        while self.buffer.len() < end && self.cost < COST_MAX {
            if self.part.is_some() {
                self.copy_part(ctx)?;
                continue;
            }
            let rest = self.text.as_bytes().get(self.at..).unwrap_or_default();
            let window = rest.get(..CHUNK_BYTES).unwrap_or(rest);
            match window.iter().position(|byte| *byte == b'%') {
                _ if rest.is_empty() => return Ok(Ask::Done),
                Some(0) => {}
                plain => {
                    let count = plain.unwrap_or(window.len());
                    self.cost += count / 32;
                    self.buffer.push(ctx, window.get(..count).unwrap_or_default())?;
                    self.at += count;
                    continue;
                }
            }
            self.cost += 2;
            if let Some(question) = self.put_item(ctx, rest, args)? {
                return Ok(Ask::Answer(question));
            }
        }
        Ok(Ask::Turn)
    }

    /// Puts what the item at the beginning of `rest` stands for.
    fn put_item(
        &mut self,
        ctx: Context<'gc>,
        rest: &[u8],
        args: &[Value<'gc>],
    ) -> Result<Option<Meta<'gc>>, Raised<'gc>> {
        if rest.get(1) == Some(&b'%') {
            self.at += 2;
            self.buffer.push(ctx, b"%")?;
            return Ok(None);
        }
        self.arg += 1;
        let Some(value) = args.get(self.arg).copied() else {
            return Err(Raised::argument(self.arg, "no value"));
        };
        let form = item_text(rest.get(1..).unwrap_or_default())?;
        self.at += 1 + form.len();
        match form.last() {
            Some(conversion @ (b'd' | b'i' | b'u' | b'o' | b'x' | b'X')) => {
                let integer = self.convert::<i64>(ctx, value)?;
                let flags: &[u8] = match conversion {
                    b'd' | b'i' => b"-+0 ",
                    b'u' => b"-0",
                    _ => b"-#0",
                };
                self.put_integer(ctx, read_item(form, flags, true)?, integer)?;
            }
            Some(b'a' | b'A') => {
                let item = read_item(form, b"-+#0 ", true)?;
                let float = self.convert::<f64>(ctx, value)?;
                self.put_float(ctx, item, float)?;
            }
            Some(b'e' | b'E' | b'f' | b'g' | b'G') => {
                let float = self.convert::<f64>(ctx, value)?;
                self.put_float(ctx, read_item(form, b"-+#0 ", true)?, float)?;
            }
            Some(b'c') => {
                let item = read_item(form, b"-", false)?;
                #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "C takes the low byte too")]
                let byte = self.convert::<i64>(ctx, value)? as u8;
                self.put_padded(ctx, item, &[byte])?;
            }
            Some(b'p') => {
                let item = read_item(form, b"-", false)?;
                let text = ctx.serial(value).map_or("(null)".to_owned(), |serial| format!("0x{serial:08x}"));
                self.put_padded(ctx, item, text.as_bytes())?;
            }
            Some(b'q') if form.len() == 1 => self.put_literal(ctx, value)?,
            Some(b'q') => return Err(Raised::message("specifier '%q' cannot have modifiers")),
            Some(b's') => {
                let item = read_item(form, b"-", true)?;
                if item.is_plain() && is_plain_number(ctx, value) {
                    return self.buffer.push_text(ctx, value).map(|_| None);
                }
                return match ctx.to_string(value) {
                    Meta::Value(Value::String(text)) => self.put_string(ctx, item, text).map(|()| None),
                    question => {
                        self.item = Some(item);
                        Ok(Some(question))
                    }
                };
            }
            _ => return Err(invalid("invalid conversion '%", form, "' to 'format'")),
        }
        Ok(None)
    }

    fn convert<T: FromLua<'gc>>(&self, ctx: Context<'gc>, value: Value<'gc>) -> Result<T, Raised<'gc>> {
        T::from_lua(ctx, value).map_err(|mismatch| Raised::argument(self.arg, mismatch.to_string()))
    }

    // -- texts -------------------------------------------------------------------------------------------

    fn put_string(&mut self, ctx: Context<'gc>, item: Item, text: LuaString<'gc>) -> Result<(), Raised<'gc>> {
        let is_plain = item.is_plain();
        if text.len() >= PADDED_MAX {
            let shape = match item.precision {
                _ if is_plain => Shape::Plain,
                None => Shape::ZeroFree,
                Some(_) => Shape::Cut(item),
            };
            self.part = Some(Part { text, at: 0, shape });
            return Ok(());
        }
        if is_plain {
            return self.buffer.push(ctx, text.as_bytes());
        }
        self.check_zeros(text.as_bytes())?;
        self.put_cut(ctx, item, text)
    }

    fn check_zeros(&self, bytes: &[u8]) -> Result<(), Raised<'gc>> {
        if bytes.contains(&0) {
            return Err(Raised::argument(self.arg, "string contains zeros"));
        }
        Ok(())
    }

    /// Puts as much of a text as the item's precision lets through.
    fn put_cut(&mut self, ctx: Context<'gc>, item: Item, text: LuaString<'gc>) -> Result<(), Raised<'gc>> {
        let shown = text.as_bytes();
        let shown = item.precision.and_then(|most| shown.get(..most)).unwrap_or(shown);
        self.put_padded(ctx, item, shown)
    }

    /// Puts a text in a field of the item's width.
    fn put_padded(&mut self, ctx: Context<'gc>, item: Item, text: &[u8]) -> Result<(), Raised<'gc>> {
        let padding = item.width.saturating_sub(text.len());
        if item.is_left {
            self.buffer.push(ctx, text)?;
            self.buffer.fill(ctx, b' ', padding)
        } else {
            self.buffer.fill(ctx, b' ', padding)?;
            self.buffer.push(ctx, text)
        }
    }

    /// Copies on.
    fn copy_part(&mut self, ctx: Context<'gc>) -> Result<(), Raised<'gc>> {
        let Some(part) = self.part else { return Ok(()) };
        let bytes = part.text.as_bytes();
        let rest = bytes.get(part.at..).unwrap_or_default();
        let count = rest.len().min(CHUNK_BYTES / 4);
        let (chunk, behind) = rest.split_at(count);
        self.cost += count / 16;
        self.part = (!behind.is_empty()).then_some(Part { at: part.at + count, ..part });
        match part.shape {
            Shape::Plain => self.buffer.push(ctx, chunk),
            Shape::ZeroFree => {
                self.check_zeros(chunk)?;
                self.buffer.push(ctx, chunk)
            }
            Shape::Cut(item) => {
                self.check_zeros(chunk)?;
                if behind.is_empty() { self.put_cut(ctx, item, part.text) } else { Ok(()) }
            }
            Shape::Quoted => {
                push_quoted(&mut self.buffer, ctx, chunk, behind.first().copied())?;
                if behind.is_empty() { self.buffer.push(ctx, b"\"") } else { Ok(()) }
            }
        }
    }

    /// `%q`: the value as source text.
    fn put_literal(&mut self, ctx: Context<'gc>, value: Value<'gc>) -> Result<(), Raised<'gc>> {
        match value {
            Value::String(text) => {
                self.part = Some(Part { text, at: 0, shape: Shape::Quoted });
                self.buffer.push(ctx, b"\"")
            }
            Value::Integer(i64::MIN) => self.buffer.push(ctx, b"0x8000000000000000"),
            Value::Float(x) => {
                let literal = match x {
                    f64::INFINITY => "1e9999".to_owned(),
                    f64::NEG_INFINITY => "-1e9999".to_owned(),
                    _ if x.is_nan() => "(0/0)".to_owned(),
                    _ => {
                        format!("{}{}", if x.is_sign_negative() { "-" } else { "" }, hexadecimal(x.abs(), None, false))
                    }
                };
                self.buffer.push(ctx, literal.as_bytes())
            }
            Value::Nil | Value::Boolean(_) | Value::Integer(_) => {
                self.buffer.push(ctx, ctx.plain_string(value).as_bytes())
            }
            _ => Err(Raised::argument(self.arg, "value has no literal form")),
        }
    }

    // -- numbers -----------------------------------------------------------------------------------------

    fn put_integer(&mut self, ctx: Context<'gc>, item: Item, value: i64) -> Result<(), Raised<'gc>> {
        if item.is_plain() && matches!(item.conversion, b'd' | b'i') {
            return self.buffer.push_text(ctx, Value::Integer(value)).map(|_| ());
        }
        let bits = value.cast_unsigned();
        let (sign, mut digits) = match item.conversion {
            b'x' => (if item.is_alternate && bits != 0 { "0x" } else { "" }, format!("{bits:x}")),
            b'X' => (if item.is_alternate && bits != 0 { "0X" } else { "" }, format!("{bits:X}")),
            b'o' => ("", format!("{bits:o}")),
            b'u' => ("", bits.to_string()),
            _ => (sign_of(item, value < 0), value.unsigned_abs().to_string()),
        };
        if let Some(precision) = item.precision {
            if precision == 0 && bits == 0 {
                digits.clear();
            }
            digits.insert_str(0, &"0".repeat(precision.saturating_sub(digits.len())));
        }
        if item.conversion == b'o' && item.is_alternate && !digits.starts_with('0') {
            digits.insert(0, '0');
        }
        self.put_number(ctx, item, sign, &digits, item.precision.is_none())
    }

    fn put_float(&mut self, ctx: Context<'gc>, item: Item, value: f64) -> Result<(), Raised<'gc>> {
        let sign = sign_of(item, value.is_sign_negative());
        let size = value.abs();
        let mut digits = if size.is_nan() {
            "nan".to_owned()
        } else if size.is_infinite() {
            "inf".to_owned()
        } else {
            let precision = item.precision.unwrap_or(6);
            // Exact digits take long arithmetic, the longer the further the number is from 1.
            let exponent = (size.to_bits() >> 52).abs_diff(1023);
            self.cost += precision + usize::try_from(exponent / 8).unwrap_or(0);
            match item.conversion {
                b'f' => fixed(size, precision, item.is_alternate),
                b'e' | b'E' => scientific(size, precision, item.is_alternate),
                b'g' | b'G' => number::format_g(size, precision, item.is_alternate),
                _ => hexadecimal(size, item.precision, item.is_alternate),
            }
        };
        if item.conversion.is_ascii_uppercase() {
            digits.make_ascii_uppercase();
        }
        self.put_number(ctx, item, sign, &digits, value.is_finite())
    }

    /// Puts a number in a field of the item's width, with zeros between sign and digits where they may be.
    fn put_number(
        &mut self,
        ctx: Context<'gc>,
        item: Item,
        sign: &str,
        digits: &str,
        may_zero: bool,
    ) -> Result<(), Raised<'gc>> {
        // What comes before the zeros: the sign, and the mark of a hexadecimal float.
        let mark = if matches!(item.conversion, b'a' | b'A') && may_zero { digits.len().min(2) } else { 0 };
        let (mark, digits) = digits.split_at(mark);
        let padding = item.width.saturating_sub(sign.len() + mark.len() + digits.len());
        let is_zeroed = item.is_zeroed && may_zero && !item.is_left;
        if !is_zeroed && !item.is_left {
            self.buffer.fill(ctx, b' ', padding)?;
        }
        self.buffer.push(ctx, sign.as_bytes())?;
        self.buffer.push(ctx, mark.as_bytes())?;
        if is_zeroed {
            self.buffer.fill(ctx, b'0', padding)?;
        }
        self.buffer.push(ctx, digits.as_bytes())?;
        if item.is_left {
            self.buffer.fill(ctx, b' ', padding)?;
        }
        Ok(())
    }
}

// -- reading items ---------------------------------------------------------------------------------------

/// The characters of an item behind its `%`: flags, width, precision, and what follows them.
fn item_text<'gc>(rest: &[u8]) -> Result<&[u8], Raised<'gc>> {
    let span = rest.iter().take_while(|byte| b"-+ #.0123456789".contains(byte)).take(ITEM_MAX + 1).count();
    if span >= ITEM_MAX {
        return Err(Raised::message("invalid format (too long)"));
    }
    Ok(rest.get(..=span).unwrap_or(rest))
}

/// Reads an item that may have these flags and, if `may_have_precision`, a precision.
fn read_item<'gc>(form: &[u8], flags: &[u8], may_have_precision: bool) -> Result<Item, Raised<'gc>> {
    let Some((conversion, spec)) = form.split_last() else { return Ok(Item::default()) };
    let mut item = Item { conversion: *conversion, ..Item::default() };
    let mut rest = spec;
    while let [flag, behind @ ..] = rest
        && flags.contains(flag)
    {
        match flag {
            b'-' => item.is_left = true,
            b'+' => item.is_signed = true,
            b' ' => item.is_spaced = true,
            b'#' => item.is_alternate = true,
            _ => item.is_zeroed = true,
        }
        rest = behind;
    }
    if rest.first() != Some(&b'0') {
        (item.width, rest) = two_digits(rest);
        if let [b'.', behind @ ..] = rest
            && may_have_precision
        {
            let (precision, behind) = two_digits(behind);
            item.precision = Some(precision);
            rest = behind;
        }
    }
    if rest.is_empty() { Ok(item) } else { Err(invalid("invalid conversion specification: '%", form, "'")) }
}

/// Whether the value is a number, and numbers have no `__tostring`.
fn is_plain_number<'gc>(ctx: Context<'gc>, value: Value<'gc>) -> bool {
    matches!(value, Value::Integer(_) | Value::Float(_)) && ctx.metatable(value).is_none()
}

fn two_digits(text: &[u8]) -> (usize, &[u8]) {
    let digits = text.iter().take(2).take_while(|byte| byte.is_ascii_digit()).count();
    let (digits, rest) = text.split_at(digits);
    (digits.iter().fold(0, |value, digit| value * 10 + usize::from(digit - b'0')), rest)
}

#[cold]
fn invalid<'gc>(before: &str, form: &[u8], after: &str) -> Raised<'gc> {
    // C's string ends at a zero byte.
    let shown = form.split(|byte| *byte == 0).next().unwrap_or_default();
    Raised::message(format!("{before}{}{after}", String::from_utf8_lossy(shown)))
}

// -- printing --------------------------------------------------------------------------------------------

fn sign_of(item: Item, is_negative: bool) -> &'static str {
    match item {
        _ if is_negative => "-",
        Item { is_signed: true, .. } => "+",
        Item { is_spaced: true, .. } => " ",
        _ => "",
    }
}

/// `%f`
fn fixed(value: f64, precision: usize, alternate: bool) -> String {
    let mut text = format!("{value:.precision$}");
    if alternate && precision == 0 {
        text.push('.');
    }
    text
}

/// `%e`
fn scientific(value: f64, precision: usize, alternate: bool) -> String {
    let text = format!("{value:.precision$e}");
    let (digits, exponent) = text.split_once('e').unwrap_or((&text, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    let point = if alternate && precision == 0 { "." } else { "" };
    let sign = if exponent < 0 { '-' } else { '+' };
    format!("{digits}{point}e{sign}{:02}", exponent.unsigned_abs())
}

/// `%a` of a finite value that is not negative.
fn hexadecimal(value: f64, precision: Option<usize>, alternate: bool) -> String {
    const DIGITS: usize = 13;
    let bits = value.to_bits();
    let field = bits >> 52;
    let fraction = bits & ((1 << 52) - 1);
    let (lead, exponent) = match (field, fraction) {
        (0, 0) => (0, 0),
        (0, _) => (0, -1022),
        _ => (1, field.cast_signed() - 1023),
    };
    let mut mantissa = lead << 52 | fraction;
    let mut shown = DIGITS;
    match precision {
        Some(precision) if precision < DIGITS => {
            // Rounds to the nearest, ties to even.
            let dropped = 4 * (DIGITS - precision);
            let rest = mantissa & ((1 << dropped) - 1);
            let half = 1 << (dropped - 1);
            mantissa >>= dropped;
            mantissa += u64::from(rest > half || (rest == half && mantissa & 1 == 1));
            shown = precision;
        }
        Some(_) => {}
        None => {
            while shown > 0 && mantissa & 0xf == 0 {
                mantissa >>= 4;
                shown -= 1;
            }
        }
    }
    let lead = mantissa >> (4 * shown);
    let digits = mantissa & ((1_u64 << (4 * shown)) - 1);
    let mut text = format!("0x{lead}");
    let zeros = precision.map_or(0, |precision| precision.saturating_sub(DIGITS));
    if shown + zeros > 0 || alternate {
        text.push('.');
    }
    if shown > 0 {
        text.push_str(&format!("{digits:0shown$x}"));
    }
    text.push_str(&"0".repeat(zeros));
    text.push_str(&format!("p{exponent:+}"));
    text
}

/// Adds bytes as they stand in a quoted string; `behind` is the byte that follows them.
fn push_quoted<'gc>(
    buffer: &mut Buffer,
    ctx: Context<'gc>,
    bytes: &[u8],
    behind: Option<u8>,
) -> Result<(), Raised<'gc>> {
    for (at, byte) in bytes.iter().enumerate() {
        match byte {
            b'"' | b'\\' | b'\n' => buffer.push(ctx, &[b'\\', *byte])?,
            0..=31 | 127 => {
                let next = bytes.get(at + 1).copied().or(behind);
                let is_digit_next = next.is_some_and(|next| next.is_ascii_digit());
                let escape = if is_digit_next { format!("\\{byte:03}") } else { format!("\\{byte}") };
                buffer.push(ctx, escape.as_bytes())?;
            }
            byte => buffer.push(ctx, &[*byte])?,
        }
    }
    Ok(())
}
