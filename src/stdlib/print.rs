//! `print` and `warn` (§6.1): lines of text for the host.
//!
//! Each writes to where the host said, a whole line at a time. A line is made in turns where it is long; its last
//! step, handing it over, is the host's.

use super::buffer::Buffer;
use super::inquiry::{Ask, Inquiry, inquire, text_from};
use super::turns::{Work, begin};
use crate::api::{Action, Call, Collect, LuaString, Meta, Raised, Value};

/// The most values that are taken between two looks at the fuel.
const VALUES_MAX: usize = 500;

/// The most bytes that are copied between two looks at the fuel.
const BYTES_MAX: usize = 1 << 16;

/// `print`
pub(super) fn print<'gc>(call: &mut Call<'_, 'gc>) -> Result<Action<'gc>, Raised<'gc>> {
    let mut line = Buffer::default();
    for index in 0..call.len() {
        let value = call.arg(index);
        let text = match value {
            Value::String(_) | Value::Integer(_) | Value::Float(_) => Meta::Value(value),
            _ => call.ctx.to_string(value),
        };
        let len = if let Value::String(text) = value { text.len() } else { 0 };
        match text {
            Meta::Value(text) if index < VALUES_MAX && line.len() + len <= BYTES_MAX => {
                if index > 0 {
                    line.push(call.ctx, b"\t")?;
                }
                line.push_text(call.ctx, text)?;
            }
            _ => {
                call.charge(call.len() / 8);
                let values = call.args().to_vec();
                return inquire(call, Print { values, at: index, is_asked: false, part: None, line });
            }
        }
    }
    call.charge(line.len() / 32);
    call.ctx.print(line.as_bytes());
    call.ret0()
}

/// `print` where a value has a `__tostring`, or much is to be printed.
#[derive(Collect)]
#[collect(no_drop)]
struct Print<'gc> {
    values: Vec<Value<'gc>>,
    at: usize,
    is_asked: bool,
    /// A text that is copied, from where on.
    part: Option<(LuaString<'gc>, usize)>,
    line: Buffer,
}

impl<'gc> Inquiry<'gc> for Print<'gc> {
    const NAME: &'static str = "print";

    fn next(&mut self, call: &mut Call<'_, 'gc>, answer: Value<'gc>) -> Result<Ask<'gc>, Raised<'gc>> {
        if let Some((text, at)) = self.part {
            self.part = self.line.push_part(call, text, at)?.map(|at| (text, at));
            return Ok(Ask::Turn);
        }
        if self.is_asked {
            self.is_asked = false;
            let text = text_from(call, answer)?;
            if self.at > 0 {
                self.line.push(call.ctx, b"\t")?;
            }
            self.at += 1;
            if let Value::String(text) = text {
                self.part = Some((text, 0));
            }
            return Ok(Ask::Turn);
        }
        match self.values.get(self.at) {
            Some(value) => {
                self.is_asked = true;
                Ok(Ask::Answer(call.ctx.to_string(*value)))
            }
            None => {
                call.ctx.print(self.line.as_bytes());
                call.leave(&[]);
                Ok(Ask::Done)
            }
        }
    }
}

/// What warnings begin with.
const WARNING: &[u8] = b"Lua warning: ";

/// `warn`, which is off at first.
pub(super) fn warn<'gc>(call: &mut Call<'_, 'gc>) -> Result<Action<'gc>, Raised<'gc>> {
    call.check::<LuaString<'_>>(0)?;
    let mut line = Buffer::default();
    line.push(call.ctx, WARNING)?;
    call.leave_args(0);
    begin(call, Warn { at: 0, copied: 0, line })
}

/// Makes a warning of its arguments, which stay with the call.
#[derive(Collect)]
#[collect(require_static)]
struct Warn {
    at: usize,
    /// How much of the argument there is in the line.
    copied: usize,
    line: Buffer,
}

impl<'gc> Work<'gc> for Warn {
    const NAME: &'static str = "warn";

    fn go_on(&mut self, call: &mut Call<'_, 'gc>) -> Result<bool, Raised<'gc>> {
        let before = self.line.len();
        for done in 0..VALUES_MAX {
            if self.at == call.len() {
                self.emit(call);
                call.leave(&[]);
                return Ok(true);
            }
            if self.line.len() - before > BYTES_MAX {
                break;
            }
            let text = call.check::<LuaString<'gc>>(self.at)?;
            match self.line.push_part(call, text, self.copied)? {
                Some(copied) => self.copied = copied,
                None => {
                    self.copied = 0;
                    self.at += 1;
                }
            }
            call.charge(done % 2);
        }
        Ok(false)
    }
}

impl Warn {
    /// Writes the warning, or does what it says if it is a control message.
    fn emit(&self, call: &Call<'_, '_>) {
        match self.line.as_bytes().get(WARNING.len()..) {
            Some([b'@', control @ ..]) if call.len() == 1 => match control {
                b"on" => call.ctx.set_warnings(true),
                b"off" => call.ctx.set_warnings(false),
                _ => {}
            },
            _ => call.ctx.warn(self.line.as_bytes()),
        }
    }
}
