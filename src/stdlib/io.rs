//! The `io` library (§6.8): real files, the standard streams, and pipes to other processes.
//!
//! A script that has this library reaches whatever the process may reach; it is no part of a sandbox. Work on bytes is
//! charged and paused as everywhere, but to open, and to wait for a terminal, a pipe or a process, takes as long as the
//! system lets it take: fuel does not bound that. A file that the script forgets is closed when it is collected; for the
//! end of a process at its other end that waits as `close` would.

use std::cell::{RefCell, RefMut};
use std::io::{self, SeekFrom};
use std::process::{ExitStatus, Stdio};
use std::rc::{Rc, Weak};

use super::inquiry::{Ask, Inquiry, inquire};
use super::io_read::{Purpose, read};
use super::io_stream::{Access, Buffering, Stream};
use super::system::{ended, fail, new_file, reason, shell, succeed, with_path};
use super::{Row, add_functions, library};
use crate::api::{
    Action, Call, Charge, Collect, Context, Lua, LuaString, Native, Raised, Table, UserData, Value, number,
};

/// What messages call the type, and where the registry keeps its metatable.
const FILE: &str = "FILE*";
/// Where the registry keeps the default files, and the list of those that are open.
const INPUT: &str = "_IO_input";
const OUTPUT: &str = "_IO_output";
const OPEN: &str = "_IO_open";

/// What a file counts as in the account of memory: its buffers. It also has forgotten files collected before the
/// system runs out of them.
const FILE_BYTES: usize = 1 << 13;

/// The most bytes that are written between two looks at the fuel.
const DIRECT_MAX: usize = 1 << 16;

/// How many bytes of a string are written in the time that any value takes.
const VALUE_COST: usize = 64;

/// The most formats of `lines`, as PUC-Rio has it.
const FORMATS_MAX: usize = 250;

/// The bytes a file holds back if `setvbuf` gives no number.
const HELD_BACK: i64 = 1 << 12;

type Shared = Rc<RefCell<Option<Stream>>>;

/// A file, open or closed, as a script holds it.
pub(super) struct FileHandle {
    stream: Shared,
    /// Struck off when the handle is collected.
    _charge: Charge,
}

/// The files that may be open.
#[derive(Default)]
struct OpenFiles(RefCell<Vec<Weak<RefCell<Option<Stream>>>>>);

/// What became of closing a file.
pub(super) enum Closed {
    File(io::Result<()>),
    Process(ExitStatus),
    /// A program does not close it.
    Standard,
    Already,
}

impl FileHandle {
    /// The stream, if it is open.
    pub(super) fn borrow_mut(&self) -> RefMut<'_, Option<Stream>> {
        self.stream.borrow_mut()
    }

    pub(super) fn close(&self) -> Closed {
        if self.borrow_mut().as_ref().is_some_and(Stream::is_standard) {
            return Closed::Standard;
        }
        // The borrow ends before the waiting begins.
        let stream = self.borrow_mut().take();
        match stream.map(Stream::close) {
            None => Closed::Already,
            Some(Ok(Some(status))) => Closed::Process(status),
            Some(Ok(None)) => Closed::File(Ok(())),
            Some(Err(error)) => Closed::File(Err(error)),
        }
    }

    fn is_open(&self) -> bool {
        self.stream.borrow().is_some()
    }
}

/// Makes the library's table, with pipes to other processes or without.
pub(super) fn open<'gc>(ctx: Context<'gc>, has_processes: bool) -> Result<Table<'gc>, Raised<'gc>> {
    let registry = ctx.registry();
    let metatable = Table::new(ctx);
    add_functions(ctx, metatable, METAMETHODS)?;
    metatable.set_field(ctx, "__name", ctx.text(FILE))?;
    metatable.set_field(ctx, "__index", library(ctx, METHODS, 0)?)?;
    registry.set_field(ctx, FILE, metatable)?;
    registry.set_field(ctx, OPEN, Value::UserData(UserData::new(ctx, OpenFiles::default(), None)))?;
    let table = library(ctx, FUNCTIONS, 4)?;
    if has_processes {
        add_functions(ctx, table, PROCESSES)?;
    }
    let shown = ctx.output();
    let input = new_handle(ctx, Stream::input(shown))?;
    let output = new_handle(ctx, Stream::output(shown))?;
    let error = new_handle(ctx, Stream::error(shown))?;
    for (name, file) in [("stdin", input), ("stdout", output), ("stderr", error)] {
        table.set_field(ctx, name, Value::UserData(file))?;
    }
    registry.set_field(ctx, INPUT, Value::UserData(input))?;
    registry.set_field(ctx, OUTPUT, Value::UserData(output))?;
    Ok(table)
}

impl Lua {
    /// Writes what files opened by scripts hold back, and flushes the standard output. A host that ends the process
    /// without dropping the machine calls this before. Failures are dropped, as they are when C ends a process.
    pub fn flush_files(&mut self) {
        self.enter(flush_all);
    }
}

/// Writes what all files hold back.
pub(super) fn flush_all(ctx: Context<'_>) {
    if let Value::UserData(list) = registered(ctx, OPEN)
        && let Some(OpenFiles(open)) = list.downcast()
    {
        for stream in open.borrow().iter().filter_map(Weak::upgrade) {
            if let Some(stream) = stream.borrow_mut().as_mut() {
                let _ = stream.flush();
            }
        }
    }
    let _ = ctx.output().flush();
}

fn registered<'gc>(ctx: Context<'gc>, name: &str) -> Value<'gc> {
    ctx.registry().get(ctx, ctx.text(name))
}

fn new_handle<'gc>(ctx: Context<'gc>, stream: Stream) -> Result<UserData<'gc>, Raised<'gc>> {
    ctx.ledger().check(FILE_BYTES)?;
    let stream = Rc::new(RefCell::new(Some(stream)));
    if let Value::UserData(list) = registered(ctx, OPEN)
        && let Some(OpenFiles(open)) = list.downcast()
    {
        let mut open = open.borrow_mut();
        if open.len() == open.capacity() {
            open.retain(|stream| stream.strong_count() > 0);
        }
        open.push(Rc::downgrade(&stream));
    }
    let metatable = match registered(ctx, FILE) {
        Value::Table(metatable) => Some(metatable),
        _ => None,
    };
    let handle = FileHandle { stream, _charge: Charge::new(ctx.ledger(), FILE_BYTES) };
    Ok(UserData::new(ctx, handle, metatable))
}

// -- files as arguments ----------------------------------------------------------------------------------

/// The error that a closed file gives.
pub(super) fn closed<'gc>() -> Raised<'gc> {
    Raised::message("attempt to use a closed file")
}

/// The first argument, which must be an open file.
fn check_file<'gc>(call: &Call<'_, 'gc>) -> Result<(UserData<'gc>, &'gc FileHandle), Raised<'gc>> {
    let (file, handle) = call.check_userdata::<FileHandle>(0, FILE)?;
    if handle.is_open() { Ok((file, handle)) } else { Err(closed()) }
}

/// The default file that the registry keeps by this name; it must be open.
fn default_file<'gc>(ctx: Context<'gc>, name: &str) -> Result<(UserData<'gc>, &'gc FileHandle), Raised<'gc>> {
    if let Value::UserData(file) = registered(ctx, name)
        && let Some(handle) = file.downcast::<FileHandle>()
        && handle.is_open()
    {
        return Ok((file, handle));
    }
    let name = name.strip_prefix("_IO_").unwrap_or(name);
    Err(Raised::message(format!("default {name} file is closed")))
}

fn with_stream<R>(handle: &FileHandle, work: impl FnOnce(&mut Stream) -> io::Result<R>) -> io::Result<R> {
    match handle.borrow_mut().as_mut() {
        Some(stream) => work(stream),
        None => Err(io::ErrorKind::NotFound.into()),
    }
}

// -- opening and closing ---------------------------------------------------------------------------------

/// Fuel for a question to the system, for which it has to look at its files.
const OPEN_COST: usize = 64;

fn open_file<'gc>(
    call: &mut Call<'_, 'gc>,
    name: LuaString<'gc>,
    access: Access,
) -> Result<io::Result<UserData<'gc>>, Raised<'gc>> {
    call.charge(OPEN_COST + name.len() / 32);
    match with_path(name.as_bytes(), |path| Stream::open(path, access, call.ctx.output())) {
        Ok(stream) => new_handle(call.ctx, stream).map(Ok),
        Err(error) => Ok(Err(error)),
    }
}

/// Opens a file or raises an error.
fn must_open<'gc>(call: &mut Call<'_, 'gc>, name: LuaString<'gc>, mode: &[u8]) -> Result<UserData<'gc>, Raised<'gc>> {
    let access = Access::of_mode(mode).ok_or_else(|| Raised::message("invalid mode"))?;
    open_file(call, name, access)?
        .map_err(|error| Raised::message(format!("cannot open file '{}' ({})", name.to_text(), reason(&error))))
}

fn io_open<'gc>(call: &mut Call<'_, 'gc>) -> Result<Action<'gc>, Raised<'gc>> {
    let name = call.check::<LuaString<'gc>>(0)?;
    let mode = call.optional(1, call.ctx.string(b"r"))?;
    let access = Access::of_mode(mode.as_bytes()).ok_or_else(|| Raised::argument(1, "invalid mode"))?;
    match open_file(call, name, access)? {
        Ok(file) => call.ret1(Value::UserData(file)),
        Err(error) => fail(call, Some(name.as_bytes()), &error),
    }
}

/// Starts a process and waits for it only when the file is closed.
fn popen<'gc>(call: &mut Call<'_, 'gc>) -> Result<Action<'gc>, Raised<'gc>> {
    let command = call.check::<LuaString<'gc>>(0)?;
    let mode = call.optional(1, call.ctx.string(b"r"))?;
    let mut process = shell(command.as_bytes());
    match mode.as_bytes() {
        b"r" => process.stdout(Stdio::piped()),
        b"w" => process.stdin(Stdio::piped()),
        _ => return Err(Raised::argument(1, "invalid mode")),
    };
    call.charge(OPEN_COST + command.len() / 32);
    flush_all(call.ctx);
    match process.spawn() {
        Ok(process) => {
            let file = new_handle(call.ctx, Stream::pipe(process, call.ctx.output()))?;
            call.ret1(Value::UserData(file))
        }
        Err(error) => fail(call, Some(command.as_bytes()), &error),
    }
}

fn tmpfile<'gc>(call: &mut Call<'_, 'gc>) -> Result<Action<'gc>, Raised<'gc>> {
    call.charge(OPEN_COST);
    let made = new_file("lua_").and_then(|(file, path)| {
        // Its name goes at once, the file when it is closed.
        std::fs::remove_file(path).map(|()| file)
    });
    match made {
        Ok(file) => {
            let file = new_handle(call.ctx, Stream::of_file(file, call.ctx.output()))?;
            call.ret1(Value::UserData(file))
        }
        Err(error) => fail(call, None, &error),
    }
}

fn close<'gc>(call: &mut Call<'_, 'gc>, handle: &FileHandle) -> Result<Action<'gc>, Raised<'gc>> {
    call.charge(OPEN_COST);
    match handle.close() {
        Closed::File(outcome) => succeed(call, None, outcome),
        Closed::Process(status) => ended(call, status),
        Closed::Standard => call.ret(&[Value::Nil, call.ctx.text("cannot close standard file")]),
        Closed::Already => Err(closed()),
    }
}

fn file_close<'gc>(call: &mut Call<'_, 'gc>) -> Result<Action<'gc>, Raised<'gc>> {
    let (_, handle) = check_file(call)?;
    close(call, handle)
}

fn io_close<'gc>(call: &mut Call<'_, 'gc>) -> Result<Action<'gc>, Raised<'gc>> {
    if !call.is_empty() {
        return file_close(call);
    }
    match default_file(call.ctx, OUTPUT) {
        Ok((_, handle)) => close(call, handle),
        Err(_) => Err(closed()),
    }
}

/// `__gc` and `__close`: nobody is told what became of it.
fn file_gc<'gc>(call: &mut Call<'_, 'gc>) -> Result<Action<'gc>, Raised<'gc>> {
    let (_, handle) = call.check_userdata::<FileHandle>(0, FILE)?;
    call.charge(OPEN_COST);
    let _ = handle.close();
    call.ret0()
}

fn set_default<'gc>(call: &mut Call<'_, 'gc>, name: &str, mode: &[u8]) -> Result<Action<'gc>, Raised<'gc>> {
    let file = match call.arg(0) {
        Value::Nil => return call.ret1(registered(call.ctx, name)),
        Value::String(_) | Value::Integer(_) | Value::Float(_) => {
            let path = call.check(0)?;
            must_open(call, path, mode)?
        }
        _ => check_file(call)?.0,
    };
    call.ctx.registry().set_field(call.ctx, name, Value::UserData(file))?;
    call.ret1(Value::UserData(file))
}

fn input<'gc>(call: &mut Call<'_, 'gc>) -> Result<Action<'gc>, Raised<'gc>> {
    set_default(call, INPUT, b"r")
}

fn output<'gc>(call: &mut Call<'_, 'gc>) -> Result<Action<'gc>, Raised<'gc>> {
    set_default(call, OUTPUT, b"w")
}

fn io_type<'gc>(call: &mut Call<'_, 'gc>) -> Result<Action<'gc>, Raised<'gc>> {
    let Value::UserData(file) = call.check_any(0)? else { return call.ret1(Value::Nil) };
    match file.downcast::<FileHandle>() {
        None => call.ret1(Value::Nil),
        Some(handle) if handle.is_open() => call.ret1(call.ctx.text("file")),
        Some(_) => call.ret1(call.ctx.text("closed file")),
    }
}

fn tostring<'gc>(call: &mut Call<'_, 'gc>) -> Result<Action<'gc>, Raised<'gc>> {
    let (file, handle) = call.check_userdata::<FileHandle>(0, FILE)?;
    if !handle.is_open() {
        return call.ret1(call.ctx.text("file (closed)"));
    }
    let serial = call.ctx.serial(Value::UserData(file)).unwrap_or(0);
    call.ret1(call.ctx.text(format!("file (0x{serial:08x})")))
}

// -- reading ---------------------------------------------------------------------------------------------

/// The arguments from `first` on, to be kept.
fn rest<'gc>(call: &mut Call<'_, 'gc>, first: usize) -> Result<Vec<Value<'gc>>, Raised<'gc>> {
    let count = call.len().saturating_sub(first);
    call.charge(count / 16);
    // The results take as much.
    call.ctx.ledger().check(count.saturating_mul(2 * size_of::<Value<'_>>()))?;
    Ok(call.args().get(first..).unwrap_or_default().to_vec())
}

fn io_read<'gc>(call: &mut Call<'_, 'gc>) -> Result<Action<'gc>, Raised<'gc>> {
    let (file, _) = default_file(call.ctx, INPUT)?;
    let formats = rest(call, 0)?;
    read(call, file, formats, 0, Purpose::Read)
}

fn file_read<'gc>(call: &mut Call<'_, 'gc>) -> Result<Action<'gc>, Raised<'gc>> {
    let (file, _) = check_file(call)?;
    let formats = rest(call, 1)?;
    read(call, file, formats, 1, Purpose::Read)
}

/// The iterator over a file. It keeps the file, whether to close it, how many formats there are, and these.
fn iterator<'gc>(call: &mut Call<'_, 'gc>, file: UserData<'gc>, closes: bool) -> Result<Value<'gc>, Raised<'gc>> {
    if call.len() > FORMATS_MAX + 1 {
        return Err(Raised::argument(FORMATS_MAX + 1, "too many arguments"));
    }
    let formats = rest(call, 1)?;
    let count = Value::Integer(formats.len() as i64);
    let kept = [&[Value::UserData(file), Value::Boolean(closes), count], formats.as_slice()].concat();
    Ok(Native::with_upvalues(call.ctx, "io.lines.iterator", &kept, next_line).into())
}

fn next_line<'gc>(call: &mut Call<'_, 'gc>) -> Result<Action<'gc>, Raised<'gc>> {
    let Value::UserData(file) = call.upvalue(0) else { return call.ret0() };
    if !file.downcast::<FileHandle>().is_some_and(FileHandle::is_open) {
        return Err(Raised::message("file is already closed"));
    }
    let closes = call.upvalue(1).is_truthy();
    let count = call.upvalue(2).to_integer().and_then(|count| usize::try_from(count).ok()).unwrap_or(0);
    let formats = (0..count.min(FORMATS_MAX)).map(|index| call.upvalue(3 + index)).collect();
    read(call, file, formats, 1, Purpose::Lines { closes })
}

fn file_lines<'gc>(call: &mut Call<'_, 'gc>) -> Result<Action<'gc>, Raised<'gc>> {
    let (file, _) = check_file(call)?;
    let iterator = iterator(call, file, false)?;
    call.ret1(iterator)
}

fn io_lines<'gc>(call: &mut Call<'_, 'gc>) -> Result<Action<'gc>, Raised<'gc>> {
    if call.arg(0).is_nil() {
        let (file, _) = default_file(call.ctx, INPUT).map_err(|_| closed())?;
        let iterator = iterator(call, file, false)?;
        return call.ret1(iterator);
    }
    let name = call.check(0)?;
    let file = must_open(call, name, b"r")?;
    let iterator = iterator(call, file, true)?;
    call.ret(&[iterator, Value::Nil, Value::Nil, Value::UserData(file)])
}

// -- writing ---------------------------------------------------------------------------------------------

/// Writes a value, or the part of a long string that begins at `from` and may be written in one turn. Where it ends,
/// if that is not all.
fn write_value<'gc>(
    call: &mut Call<'_, 'gc>,
    handle: &FileHandle,
    (index, value): (usize, Value<'gc>),
    from: usize,
) -> Result<io::Result<Option<usize>>, Raised<'gc>> {
    let text;
    let bytes = match value {
        Value::String(string) => string.as_bytes().get(from..).unwrap_or_default(),
        Value::Integer(integer) => {
            text = integer.to_string();
            text.as_bytes()
        }
        Value::Float(float) => {
            // As C writes it: a float without a fraction looks like an integer here, though not in `tostring`.
            text = number::format_g(float, 14, false);
            text.as_bytes()
        }
        _ => return Err(unwritable(call, index, value)),
    };
    let part = bytes.get(..DIRECT_MAX).unwrap_or(bytes);
    call.charge(1 + part.len() / 32);
    let rest = (part.len() < bytes.len()).then(|| from.saturating_add(part.len()));
    Ok(with_stream(handle, |stream| stream.write(part)).map(|()| rest))
}

#[cold]
fn unwritable<'gc>(call: &Call<'_, 'gc>, index: usize, value: Value<'gc>) -> Raised<'gc> {
    Raised::argument(index, crate::api::Mismatch::new(call.ctx, "string", value).to_string())
}

/// Writes the arguments from `first` on.
fn write<'gc>(
    call: &mut Call<'_, 'gc>,
    (file, handle): (UserData<'gc>, &FileHandle),
    first: usize,
) -> Result<Action<'gc>, Raised<'gc>> {
    let mut total = 0_usize;
    for index in first..call.len() {
        let value = call.arg(index);
        total = total.saturating_add(match value {
            Value::String(string) => string.len() + VALUE_COST,
            _ => VALUE_COST,
        });
        if total > DIRECT_MAX {
            let values = rest(call, index)?;
            return inquire(call, Writing { file, values, first: index, at: 0, from: 0 });
        }
        if let Err(error) = write_value(call, handle, (index, value), 0)? {
            return fail(call, None, &error);
        }
    }
    call.ret1(Value::UserData(file))
}

/// Writes long strings, a part a turn.
#[derive(Collect)]
#[collect(no_drop)]
struct Writing<'gc> {
    file: UserData<'gc>,
    values: Vec<Value<'gc>>,
    /// The place of the first value among the arguments.
    first: usize,
    /// The value that is being written, and how much of it is.
    at: usize,
    from: usize,
}

impl<'gc> Inquiry<'gc> for Writing<'gc> {
    const NAME: &'static str = "io.write";

    fn next(&mut self, call: &mut Call<'_, 'gc>, _answer: Value<'gc>) -> Result<Ask<'gc>, Raised<'gc>> {
        let (Some(value), Some(handle)) = (self.values.get(self.at), self.file.downcast::<FileHandle>()) else {
            call.leave(&[Value::UserData(self.file)]);
            return Ok(Ask::Done);
        };
        if !handle.is_open() {
            return Err(closed());
        }
        match write_value(call, handle, (self.first + self.at, *value), self.from)? {
            Ok(Some(from)) => self.from = from,
            Ok(None) => (self.at, self.from) = (self.at + 1, 0),
            Err(error) => {
                fail(call, None, &error)?;
                return Ok(Ask::Done);
            }
        }
        Ok(Ask::Turn)
    }
}

fn io_write<'gc>(call: &mut Call<'_, 'gc>) -> Result<Action<'gc>, Raised<'gc>> {
    let file = default_file(call.ctx, OUTPUT)?;
    write(call, file, 0)
}

fn file_write<'gc>(call: &mut Call<'_, 'gc>) -> Result<Action<'gc>, Raised<'gc>> {
    let file = check_file(call)?;
    write(call, file, 1)
}

// -- position and buffers --------------------------------------------------------------------------------

fn seek<'gc>(call: &mut Call<'_, 'gc>) -> Result<Action<'gc>, Raised<'gc>> {
    let (_, handle) = check_file(call)?;
    let whence = call.check_option(1, Some("cur"), &["set", "cur", "end"])?;
    let offset = call.optional::<i64>(2, 0)?;
    call.charge(OPEN_COST);
    let to = match whence {
        // No file has a place before its begin; this one makes the system say so.
        0 => u64::try_from(offset).map_or(SeekFrom::Start(u64::MAX), SeekFrom::Start),
        1 => SeekFrom::Current(offset),
        _ => SeekFrom::End(offset),
    };
    match with_stream(handle, |stream| stream.seek(to)) {
        Ok(position) => call.ret1(Value::Integer(i64::try_from(position).unwrap_or(i64::MAX))),
        Err(error) => fail(call, None, &error),
    }
}

fn setvbuf<'gc>(call: &mut Call<'_, 'gc>) -> Result<Action<'gc>, Raised<'gc>> {
    let (_, handle) = check_file(call)?;
    let mode = call.check_option(1, None, &["no", "full", "line"])?;
    let size = call.optional(2, HELD_BACK)?;
    let buffering = match mode {
        0 => Buffering::None,
        1 => Buffering::Full(usize::try_from(size).unwrap_or(0)),
        _ => Buffering::Line,
    };
    let outcome = with_stream(handle, |stream| stream.set_buffering(buffering));
    succeed(call, None, outcome)
}

fn flush<'gc>(call: &mut Call<'_, 'gc>, handle: &FileHandle) -> Result<Action<'gc>, Raised<'gc>> {
    call.charge(OPEN_COST);
    let outcome = with_stream(handle, Stream::flush);
    succeed(call, None, outcome)
}

fn io_flush<'gc>(call: &mut Call<'_, 'gc>) -> Result<Action<'gc>, Raised<'gc>> {
    let (_, handle) = default_file(call.ctx, OUTPUT)?;
    flush(call, handle)
}

fn file_flush<'gc>(call: &mut Call<'_, 'gc>) -> Result<Action<'gc>, Raised<'gc>> {
    let (_, handle) = check_file(call)?;
    flush(call, handle)
}

const FUNCTIONS: &[Row] = rows! {
    in "io";
    "close" => io_close,
    "flush" => io_flush,
    "input" => input,
    "lines" => io_lines,
    "open" => io_open,
    "output" => output,
    "read" => io_read,
    "tmpfile" => tmpfile,
    "type" => io_type,
    "write" => io_write,
};

const PROCESSES: &[Row] = rows! {
    in "io";
    "popen" => popen,
};

const METHODS: &[Row] = rows! {
    in "file";
    "close" => file_close,
    "flush" => file_flush,
    "lines" => file_lines,
    "read" => file_read,
    "seek" => seek,
    "setvbuf" => setvbuf,
    "write" => file_write,
};

const METAMETHODS: &[Row] = rows! {
    in "file";
    "__close" => file_gc,
    "__gc" => file_gc,
    "__tostring" => tostring,
};
