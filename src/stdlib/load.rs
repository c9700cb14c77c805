//! `load`, `loadfile` and `dofile` (§6.1): source text to function, at run time.
//!
//! Compiling is the one piece of work here that cannot be interrupted. So a source text that is more than short is
//! compiled on a thread of its own, while the script that loads it waits until the fuel for all of it has been spent:
//! how long that takes depends on the text alone, never on the thread. What it may take is entered in the ledger, and so
//! is the chunk's name, which a script chooses as well.
//! Precompiled chunks are refused, for no check could make foreign bytecode safe.

use std::borrow::Cow;
use std::fs::File;
use std::io::{self, Read};

use super::buffer::Buffer;
use super::system::{os_text, reason};
use crate::api::{Action, Call, Charge, Chunk, Collect, Compiling, Context, Error, LuaString, Raised, Sequence, Value};

/// Source text of so many bytes is compiled at once.
const DIRECT_MAX: usize = 1 << 10;

/// What a byte of source text costs, in fuel: compiling the worst of them, operators in a row, takes as long as so many
/// instructions, 0.28 microseconds.
const FUEL_PER_BYTE: usize = 32;

/// The fuel that is paid between two looks at what is left of it.
const PAYMENT: usize = 1 << 12;

/// The most memory that compiling takes for a byte of source text: 120 were seen, for a list of names of one letter whose
/// length is just above a power of two. Ordinary sources take 11.
const MEMORY_PER_BYTE: usize = 128;

/// So many bytes of a chunk's name are looked through and copied in the time of an instruction.
const NAME_PER_FUEL: usize = 16;

/// The first byte of a precompiled chunk.
const SIGNATURE: u8 = b'\x1b';

/// The bytes that are read from a file at a time.
const PIECE: u64 = 1 << 16;

/// How a chunk is to be loaded.
#[derive(Clone, Copy, Collect)]
#[collect(no_drop)]
struct Request<'gc> {
    name: LuaString<'gc>,
    mode: Option<LuaString<'gc>>,
    environment: Value<'gc>,
    /// The most memory that copies of the name take: one for the thread that compiles and one for the chunk. Each byte
    /// that is no text becomes three, in a copy more.
    name_bytes: usize,
}

impl<'gc> Request<'gc> {
    /// # Errors
    /// If there is no memory for the name's copies.
    fn new(
        ctx: Context<'gc>,
        name: LuaString<'gc>,
        mode: Option<LuaString<'gc>>,
        environment: Value<'gc>,
    ) -> Result<Request<'gc>, Raised<'gc>> {
        let copies = if std::str::from_utf8(name.as_bytes()).is_ok() { 2 } else { 9 };
        let name_bytes = name.len().saturating_mul(copies);
        ctx.ledger().check(name_bytes)?;
        Ok(Request { name, mode, environment, name_bytes })
    }

    /// Charges for a source text that is short, as its name is. What is long goes through a [`Load`].
    fn is_paid_at_once(&self, call: &mut Call<'_, 'gc>, source: &[u8]) -> bool {
        if source.len().max(self.name.len()) > DIRECT_MAX {
            return false;
        }
        call.charge(self.price_of(source));
        true
    }

    /// What compiling costs, in fuel.
    fn price_of(&self, source: &[u8]) -> usize {
        source.len().saturating_mul(FUEL_PER_BYTE).saturating_add(self.name_bytes / NAME_PER_FUEL)
    }

    /// The function, or what is wrong with the source text.
    ///
    /// # Errors
    /// If there is no memory for it.
    fn compile(&self, call: &Call<'_, 'gc>, source: &[u8]) -> Result<Result<Value<'gc>, Value<'gc>>, Raised<'gc>> {
        if let Err(refusal) = self.check_mode(source) {
            return Ok(Err(call.ctx.text(refusal)));
        }
        call.ctx.ledger().check(self.memory_for(source))?;
        Ok(self.bind(call, Chunk::compile(&self.chunk_name(), source)))
    }

    /// The most memory that compiling takes.
    fn memory_for(&self, source: &[u8]) -> usize {
        source.len().saturating_mul(MEMORY_PER_BYTE).saturating_add(self.name_bytes)
    }

    /// The chunk's name, which ends before its first zero byte, as PUC-Rio's does.
    fn chunk_name(&self) -> Cow<'gc, str> {
        let name = self.name.as_bytes();
        let end = memchr::memchr(0, name).unwrap_or(name.len());
        String::from_utf8_lossy(name.get(..end).unwrap_or_default())
    }

    fn bind(&self, call: &Call<'_, 'gc>, compiled: Result<Chunk, Error>) -> Result<Value<'gc>, Value<'gc>> {
        match compiled {
            Ok(chunk) => Ok(Value::Closure(chunk.into_function(call.ctx, self.environment))),
            Err(error) => Err(call.ctx.text(error.message())),
        }
    }

    /// # Errors
    /// If the request does not allow the kind of chunk that the source text is.
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
    /// All that a function gave.
    Read(Buffer),
    /// A file, whole.
    File(Buffer),
}

impl Source<'_> {
    fn text(&self) -> &[u8] {
        match self {
            Source::Text(text) => text.as_bytes(),
            Source::Reader { text, .. } | Source::Read(text) => text.as_bytes(),
            Source::File(text) => Chunk::text_of_file(text.as_bytes()),
        }
    }
}

/// What the function is for.
#[derive(Clone, Copy, Collect)]
#[collect(no_drop)]
enum Purpose<'gc> {
    /// It is the result of `load`.
    Load,
    /// It is the result of `loadfile`.
    LoadFile,
    /// `dofile` calls it.
    Run,
    /// It is what `require` will call to make a module.
    Module { name: LuaString<'gc>, file: LuaString<'gc> },
}

/// Loading that takes several steps.
#[derive(Collect)]
#[collect(no_drop)]
struct Load<'gc> {
    request: Request<'gc>,
    source: Source<'gc>,
    purpose: Purpose<'gc>,
    paid: usize,
    #[collect(require_static)]
    compiling: Option<Beside>,
    is_running: bool,
}

/// Work on a thread of its own, and the memory it takes meanwhile.
struct Beside {
    work: Compiling,
    _charge: Charge,
}

impl<'gc> Load<'gc> {
    fn start(
        call: &mut Call<'_, 'gc>,
        request: Request<'gc>,
        source: Source<'gc>,
        purpose: Purpose<'gc>,
    ) -> Result<Action<'gc>, Raised<'gc>> {
        call.leave(&[]);
        Ok(Action::Start(Box::new(Load { request, source, purpose, paid: 0, compiling: None, is_running: false })))
    }

    /// Begins to compile on another thread. Half of the price is paid by then, so that a script that loads in many
    /// coroutines at once does not have all of it done at once.
    fn begin(&self, call: &Call<'_, 'gc>) -> Result<Beside, Raised<'gc>> {
        let source = self.source.text();
        // The text is copied for the thread.
        let bytes = self.request.memory_for(source).saturating_add(source.len());
        call.ctx.ledger().check(bytes)?;
        let work = Chunk::compile_beside(&self.request.chunk_name(), source.to_vec());
        Ok(Beside { work, _charge: Charge::new(call.ctx.ledger(), bytes) })
    }

    fn finish(
        &mut self,
        call: &mut Call<'_, 'gc>,
        outcome: Result<Value<'gc>, Value<'gc>>,
    ) -> Result<Action<'gc>, Raised<'gc>> {
        match (outcome, self.purpose) {
            (Ok(function), Purpose::Run) => {
                self.is_running = true;
                call.leave(&[function]);
                Ok(Action::Call)
            }
            (outcome, purpose) => purpose.answer(call, outcome),
        }
    }

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
        match self.purpose {
            Purpose::Load => "load",
            Purpose::LoadFile => "loadfile",
            Purpose::Run => "dofile",
            Purpose::Module { .. } => "package.searcher",
        }
    }

    fn each_value(&self, see: &mut dyn FnMut(Value<'gc>)) {
        if let Source::Reader { reader, .. } = &self.source {
            see(*reader);
        }
    }

    fn poll(&mut self, call: &mut Call<'_, 'gc>) -> Result<Action<'gc>, Raised<'gc>> {
        if self.is_running {
            return call.ret_args(0);
        }
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
        if let Err(refusal) = self.request.check_mode(self.source.text()) {
            let refusal = call.ctx.text(refusal);
            return self.finish(call, Err(refusal));
        }
        let price = self.request.price_of(self.source.text());
        while self.paid < price {
            if call.is_out_of_fuel() {
                call.leave(&[]);
                return Ok(Action::Pause);
            }
            let payment = PAYMENT.min(price - self.paid);
            call.charge(payment);
            self.paid += payment;
            if self.compiling.is_none() && self.paid >= price / 2 {
                self.compiling = Some(self.begin(call)?);
            }
        }
        let outcome = match self.compiling.take() {
            Some(beside) => self.request.bind(call, beside.work.finish()),
            None => self.request.compile(call, self.source.text())?,
        };
        self.finish(call, outcome)
    }

    fn catches(&self) -> bool {
        !self.is_running
    }

    /// An error in the reader function is what `load` has to report.
    fn caught(&mut self, call: &mut Call<'_, 'gc>, error: Raised<'gc>) -> Result<Action<'gc>, Raised<'gc>> {
        if error.as_fault().is_some() {
            return Err(error);
        }
        let error = error.to_value(call.ctx);
        self.purpose.answer(call, Err(error))
    }
}

impl<'gc> Purpose<'gc> {
    /// Returns the function, or says what is wrong in the way of the function that was called.
    fn answer(
        self,
        call: &mut Call<'_, 'gc>,
        outcome: Result<Value<'gc>, Value<'gc>>,
    ) -> Result<Action<'gc>, Raised<'gc>> {
        match (outcome, self) {
            (Ok(function), Purpose::Module { file, .. }) => call.ret(&[function, Value::String(file)]),
            (Ok(function), _) => call.ret1(function),
            (Err(message), Purpose::Load | Purpose::LoadFile) => call.ret(&[Value::Nil, message]),
            (Err(message), Purpose::Run) => Err(Raised::value(message)),
            (Err(message), Purpose::Module { name, file }) => {
                let message = match message {
                    Value::String(text) => text.to_text(),
                    _ => "unknown error".into(),
                };
                let (name, file) = (name.to_text(), file.to_text());
                Err(Raised::message(format!("error loading module '{name}' from file '{file}':\n\t{message}")))
            }
        }
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
    let environment = call.get(3).unwrap_or_else(|| call.environment());
    let Some(text) = text else {
        let name = call.optional(1, call.ctx.string(b"=(load)"))?;
        let reader = call.check_function(0)?;
        let source = Source::Reader { reader, text: Buffer::default(), has_begun: false };
        let request = Request::new(call.ctx, name, mode, environment)?;
        return Load::start(call, request, source, Purpose::Load);
    };
    let request = Request::new(call.ctx, call.optional(1, text)?, mode, environment)?;
    if request.is_paid_at_once(call, text.as_bytes()) {
        let outcome = request.compile(call, text.as_bytes())?;
        return Purpose::Load.answer(call, outcome);
    }
    Load::start(call, request, Source::Text(text), Purpose::Load)
}

// -- files -----------------------------------------------------------------------------------------------

pub(super) fn loadfile<'gc>(call: &mut Call<'_, 'gc>) -> Result<Action<'gc>, Raised<'gc>> {
    let file = call.optional(0, None)?;
    let mode = call.optional(1, None)?;
    let environment = call.get(2).unwrap_or(Value::Table(call.ctx.globals()));
    load_from_file(call, file, mode, environment, Purpose::LoadFile)
}

pub(super) fn dofile<'gc>(call: &mut Call<'_, 'gc>) -> Result<Action<'gc>, Raised<'gc>> {
    let file = call.optional(0, None)?;
    let environment = Value::Table(call.ctx.globals());
    load_from_file(call, file, None, environment, Purpose::Run)
}

/// Loads the function that `require` will call to make the module `name`, as a searcher returns it: with the file's
/// name behind it.
pub(super) fn load_module<'gc>(
    call: &mut Call<'_, 'gc>,
    name: LuaString<'gc>,
    file: LuaString<'gc>,
) -> Result<Action<'gc>, Raised<'gc>> {
    let environment = Value::Table(call.ctx.globals());
    load_from_file(call, Some(file), None, environment, Purpose::Module { name, file })
}

/// Loads a file, or standard input where there is none.
fn load_from_file<'gc>(
    call: &mut Call<'_, 'gc>,
    file: Option<LuaString<'gc>>,
    mode: Option<LuaString<'gc>>,
    environment: Value<'gc>,
    purpose: Purpose<'gc>,
) -> Result<Action<'gc>, Raised<'gc>> {
    let ctx = call.ctx;
    let name = match file {
        None => ctx.string(b"=stdin"),
        Some(file) => ctx.string_from([b"@", file.as_bytes()].concat()),
    };
    let mut text = Buffer::default();
    let read = match file {
        None => fill(ctx, &mut text, io::stdin().lock()).map(|read| read.map_err(|error| ("read", error))),
        Some(file) => match File::open(os_text(file.as_bytes())) {
            Ok(opened) => fill(ctx, &mut text, opened).map(|read| read.map_err(|error| ("read", error))),
            Err(error) => Ok(Err(("open", error))),
        },
    };
    if let Err((what, error)) = read? {
        let file = file.map_or("stdin".into(), LuaString::to_text);
        let message = format!("cannot {what} {file}: {}", reason(&error));
        return purpose.answer(call, Err(ctx.text(message)));
    }
    call.charge(text.len() / 64);
    let request = Request::new(ctx, name, mode, environment)?;
    Load::start(call, request, Source::File(text), purpose)
}

/// Reads all there is.
fn fill<'gc>(ctx: Context<'gc>, text: &mut Buffer, mut reader: impl Read) -> Result<io::Result<()>, Raised<'gc>> {
    let mut piece = Vec::new();
    loop {
        piece.clear();
        if let Err(error) = reader.by_ref().take(PIECE).read_to_end(&mut piece) {
            return Ok(Err(error));
        }
        if piece.is_empty() {
            return Ok(Ok(()));
        }
        text.push(ctx, &piece)?;
    }
}
