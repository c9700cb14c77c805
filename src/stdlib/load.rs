//! `load` (§6.1): source text to function, at run time.
//!
//! Compiling is the one piece of work here that cannot be interrupted. So it is paid for in advance: a source text
//! that is more than short waits until the fuel for all of it has been spent, and what it may take is checked
//! against the memory limit. Precompiled chunks are refused, for no check could make foreign bytecode safe.

use super::buffer::Buffer;
use crate::api::{Action, Call, Chunk, Collect, LuaString, Raised, Sequence, Value};

/// Source text of so many bytes is compiled at once.
const DIRECT_MAX: usize = 1 << 12;

/// What a byte of source text costs, in fuel.
const FUEL_PER_BYTE: usize = 16;

/// The fuel that is paid between two looks at what is left of it.
const PAYMENT: usize = 1 << 12;

/// About the most memory that compiling takes for a byte of source text.
const MEMORY_PER_BYTE: usize = 32;

/// The first byte of a precompiled chunk.
const SIGNATURE: u8 = b'\x1b';

/// How a chunk is to be loaded.
#[derive(Collect)]
#[collect(no_drop)]
pub(super) struct Request<'gc> {
    pub(super) name: LuaString<'gc>,
    pub(super) mode: Option<LuaString<'gc>>,
    pub(super) environment: Value<'gc>,
}

impl<'gc> Request<'gc> {
    /// Charges for a source text that is short. One that is long goes through a [`Load`].
    pub(super) fn is_paid_at_once(call: &mut Call<'_, 'gc>, source: &[u8]) -> bool {
        if source.len() > DIRECT_MAX {
            return false;
        }
        call.charge(source.len() * FUEL_PER_BYTE);
        true
    }

    /// The function, or what is wrong with the source text.
    ///
    /// # Errors
    /// If there is no memory for it.
    pub(super) fn compile(
        &self,
        call: &Call<'_, 'gc>,
        source: &[u8],
    ) -> Result<Result<Value<'gc>, Value<'gc>>, Raised<'gc>> {
        if let Err(refusal) = self.check_mode(source) {
            return Ok(Err(call.ctx.text(refusal)));
        }
        call.ctx.ledger().check(source.len().saturating_mul(MEMORY_PER_BYTE))?;
        Ok(match Chunk::compile(&self.name.to_text(), source) {
            Ok(chunk) => Ok(Value::Closure(chunk.into_function(call.ctx, self.environment))),
            Err(error) => Err(call.ctx.text(error.message())),
        })
    }

    fn check_mode(&self, source: &[u8]) -> Result<(), String> {
        let is_binary = source.first() == Some(&SIGNATURE);
        let (kind, letter) = if is_binary { ("binary", b'b') } else { ("text", b't') };
        if let Some(mode) = self.mode
            && !mode.as_bytes().contains(&letter)
        {
            return Err(format!("attempt to load a {kind} chunk (mode is '{}')", mode.to_text()));
        }
        if !is_binary {
            return Ok(());
        }
        let name = match self.name.as_bytes() {
            [b'@' | b'=', name @ ..] => String::from_utf8_lossy(name),
            [SIGNATURE, ..] => "binary string".into(),
            _ => self.name.to_text(),
        };
        Err(format!("{name}: bad binary format (precompiled chunks are not supported)"))
    }
}

/// Where the source text comes from.
#[derive(Collect)]
#[collect(no_drop)]
enum Source<'gc> {
    /// A string, whole.
    Text(LuaString<'gc>),
    /// A function that is called for one piece after another.
    Reader { reader: Value<'gc>, text: Buffer, has_begun: bool },
    /// All that a function, or a file, gave.
    Read(Buffer),
}

/// Loading that takes several steps.
#[derive(Collect)]
#[collect(no_drop)]
pub(super) struct Load<'gc> {
    request: Request<'gc>,
    source: Source<'gc>,
    paid: usize,
}

impl<'gc> Load<'gc> {
    /// Takes a piece from the reader function. Whether more is to come.
    fn take_piece(&mut self, call: &mut Call<'_, 'gc>) -> Result<bool, Raised<'gc>> {
        let Source::Reader { text, has_begun, .. } = &mut self.source else { return Ok(false) };
        if !std::mem::replace(has_begun, true) {
            return Ok(true);
        }
        let is_first = text.len() == 0;
        match call.arg(0) {
            Value::Nil => return Ok(false),
            Value::String(piece) if piece.is_empty() => return Ok(false),
            Value::String(piece) => {
                call.charge(piece.len() / 64);
                text.push(call.ctx, piece.as_bytes())?;
            }
            piece => {
                if !text.push_text(call.ctx, piece)? {
                    return Err(Raised::message("reader function must return a string"));
                }
            }
        }
        // A chunk of the wrong kind is refused by its first piece, before the reader is asked for more.
        Ok(!is_first || self.request.check_mode(text.as_bytes()).is_ok())
    }
}

impl<'gc> Sequence<'gc> for Load<'gc> {
    fn name(&self) -> &'static str {
        "load"
    }

    fn poll(&mut self, call: &mut Call<'_, 'gc>) -> Result<Action<'gc>, Raised<'gc>> {
        if let Source::Reader { reader, .. } = self.source {
            match self.take_piece(call) {
                Ok(true) => {
                    call.leave(&[reader]);
                    return Ok(Action::Call);
                }
                Ok(false) => {}
                Err(error) if error.as_fault().is_some() => return Err(error),
                Err(error) => {
                    let error = Raised::value(error.to_value(call.ctx)).positioned(call);
                    return self.caught(call, error);
                }
            }
        }
        if let Source::Reader { text, .. } = &mut self.source {
            self.source = Source::Read(std::mem::take(text));
        }
        let source = match &self.source {
            Source::Text(text) => text.as_bytes(),
            Source::Reader { text, .. } | Source::Read(text) => text.as_bytes(),
        };
        let price = source.len().saturating_mul(FUEL_PER_BYTE);
        while self.paid < price {
            if call.is_out_of_fuel() {
                call.leave(&[]);
                return Ok(Action::Pause);
            }
            let payment = PAYMENT.min(price - self.paid);
            call.charge(payment);
            self.paid += payment;
        }
        let outcome = self.request.compile(call, source)?;
        answer(call, outcome)
    }

    fn catches(&self) -> bool {
        true
    }

    /// An error in the reader function is what `load` has to report.
    fn caught(&mut self, call: &mut Call<'_, 'gc>, error: Raised<'gc>) -> Result<Action<'gc>, Raised<'gc>> {
        if error.as_fault().is_some() {
            return Err(error);
        }
        let error = error.to_value(call.ctx);
        answer(call, Err(error))
    }
}

/// Returns the function, or nil and what is wrong.
pub(super) fn answer<'gc>(
    call: &mut Call<'_, 'gc>,
    outcome: Result<Value<'gc>, Value<'gc>>,
) -> Result<Action<'gc>, Raised<'gc>> {
    match outcome {
        Ok(function) => call.ret1(function),
        Err(message) => call.ret(&[Value::Nil, message]),
    }
}

pub(super) fn load<'gc>(call: &mut Call<'_, 'gc>) -> Result<Action<'gc>, Raised<'gc>> {
    let chunk = call.arg(0);
    let text = match chunk {
        Value::String(text) => Some(text),
        Value::Integer(_) | Value::Float(_) => Some(call.ctx.plain_string(chunk)),
        _ => None,
    };
    let mode = Some(call.optional(2, call.ctx.string(b"bt"))?);
    let environment = call.get(3).unwrap_or(Value::Table(call.ctx.globals()));
    let Some(text) = text else {
        let name = call.optional(1, call.ctx.string(b"=(load)"))?;
        let reader = call.check_function(0)?;
        let source = Source::Reader { reader, text: Buffer::default(), has_begun: false };
        call.leave(&[]);
        return Ok(Action::Start(Box::new(Load { request: Request { name, mode, environment }, source, paid: 0 })));
    };
    let request = Request { name: call.optional(1, text)?, mode, environment };
    if Request::is_paid_at_once(call, text.as_bytes()) {
        let outcome = request.compile(call, text.as_bytes())?;
        return answer(call, outcome);
    }
    call.leave(&[]);
    Ok(Action::Start(Box::new(Load { request, source: Source::Text(text), paid: 0 })))
}
