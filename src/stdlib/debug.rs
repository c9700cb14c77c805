//! The `debug` library (§6.10): looking into the call stack, variables, and what else a program hides.
//!
//! It breaks the rules that other libraries keep: it reaches the local variables of any function, the metatables of
//! all types, and the registry. So it is for hosts and scripts that trust each other, and no part of the sandbox.

use std::io::{BufRead, Read, Write};

use super::{Row, library};
use crate::api::{
    Action, Call, Chunk, Closure, Collect, Context, HookSettings, LevelInfo, LuaString, Native, Raised, Sequence,
    Table, Thread, Type, UserData, Value,
};

/// Makes the library's table.
pub(super) fn open<'gc>(ctx: Context<'gc>) -> Result<Table<'gc>, Raised<'gc>> {
    library(ctx, FUNCTIONS, 0)
}

/// The coroutine that the call is about, if one is given, and the index of the argument behind it.
fn thread_argument<'gc>(call: &Call<'_, 'gc>) -> (Option<Thread<'gc>>, usize) {
    match call.arg(0) {
        Value::Thread(thread) => (Some(thread), 1),
        _ => (None, 0),
    }
}

/// Charges for the walk down to a level.
fn charge_levels(call: &mut Call<'_, '_>, level: i64) {
    call.charge(usize::try_from(level.clamp(0, 200_000)).unwrap_or(0) / 16);
}

// -- functions and levels --------------------------------------------------------------------------------

fn getinfo<'gc>(call: &mut Call<'_, 'gc>) -> Result<Action<'gc>, Raised<'gc>> {
    let (thread, at) = thread_argument(call);
    let all = call.ctx.string(b"flnSrtu");
    let what = call.optional::<LuaString<'gc>>(at + 1, all)?;
    if what.as_bytes().first() == Some(&b'>') {
        return Err(Raised::argument(at + 1, "invalid option '>'"));
    }
    let info = if call.arg(at).is_function() {
        LevelInfo { function: call.arg(at), name: None, line: None, is_tail_called: false, transfer: (0, 0) }
    } else {
        let level = call.check::<i64>(at)?;
        charge_levels(call, level);
        match call.level(thread, level) {
            Some(info) => info,
            None => return call.ret1(Value::Nil),
        }
    };
    if !what.as_bytes().iter().all(|option| b"SlnrutLf".contains(option)) {
        return Err(Raised::argument(at + 1, "invalid option"));
    }
    let table = Table::new(call.ctx);
    for option in b"Slunrt" {
        if what.as_bytes().contains(option) {
            add_info(call.ctx, table, *option, &info)?;
        }
    }
    if what.as_bytes().contains(&b'L') {
        table.set_field(call.ctx, "activelines", active_lines(call, info.function)?)?;
    }
    if what.as_bytes().contains(&b'f') {
        table.set_field(call.ctx, "func", info.function)?;
    }
    call.ret1(table)
}

/// Adds the fields that an option asks for.
fn add_info<'gc>(ctx: Context<'gc>, table: Table<'gc>, option: u8, info: &LevelInfo<'gc>) -> Result<(), Raised<'gc>> {
    let Some(function) = info.function.function_info() else { return Ok(()) };
    let line_or_none = |line: Option<u32>| line.map_or(-1, i64::from);
    match option {
        b'S' => {
            let what = match function.lines {
                None => "C",
                Some((0, _)) => "main",
                Some(_) => "Lua",
            };
            table.set_field(ctx, "source", ctx.text(function.source.0))?;
            table.set_field(ctx, "short_src", ctx.text(function.source.1))?;
            table.set_field(ctx, "linedefined", line_or_none(function.lines.map(|lines| lines.0)))?;
            table.set_field(ctx, "lastlinedefined", line_or_none(function.lines.map(|lines| lines.1)))?;
            table.set_field(ctx, "what", ctx.text(what))?;
        }
        b'l' => table.set_field(ctx, "currentline", line_or_none(info.line))?,
        b'u' => {
            table.set_field(ctx, "nups", Value::Integer(function.upvalues as i64))?;
            table.set_field(ctx, "nparams", i64::from(function.params))?;
            table.set_field(ctx, "isvararg", function.is_vararg)?;
        }
        b'n' => {
            if let Some((_, name)) = &info.name {
                table.set_field(ctx, "name", ctx.text(name))?;
            }
            table.set_field(ctx, "namewhat", ctx.text(info.name.as_ref().map_or("", |(kind, _)| *kind)))?;
        }
        b'r' => {
            table.set_field(ctx, "ftransfer", Value::Integer(info.transfer.0 as i64))?;
            table.set_field(ctx, "ntransfer", Value::Integer(info.transfer.1 as i64))?;
        }
        _ => table.set_field(ctx, "istailcall", info.is_tail_called)?,
    }
    Ok(())
}

/// The lines of a Lua function that have code, as the keys of a table.
fn active_lines<'gc>(call: &mut Call<'_, 'gc>, function: Value<'gc>) -> Result<Value<'gc>, Raised<'gc>> {
    let Value::Closure(closure) = function else { return Ok(Value::Nil) };
    let lines = Table::new(call.ctx);
    let mut last = 0;
    for line in closure.active_lines() {
        if line != last {
            call.charge(1);
            lines.set_integer(call.ctx, i64::from(line), Value::Boolean(true))?;
            last = line;
        }
    }
    Ok(lines.into())
}

fn traceback<'gc>(call: &mut Call<'_, 'gc>) -> Result<Action<'gc>, Raised<'gc>> {
    let (thread, at) = thread_argument(call);
    let mut text = match call.arg(at) {
        Value::Nil => Vec::new(),
        Value::String(message) => [message.as_bytes(), b"\n"].concat(),
        number @ (Value::Integer(_) | Value::Float(_)) => [call.ctx.plain_string(number).as_bytes(), b"\n"].concat(),
        other => return call.ret1(other),
    };
    let is_other = thread.is_some_and(|thread| call.thread().is_none_or(|running| !running.same(thread)));
    let level = call.optional::<i64>(at + 1, i64::from(!is_other))?;
    charge_levels(call, call.depth(thread));
    call.charge(text.len() / 32);
    let levels = usize::try_from(level).map(|level| call.traceback_of(thread, level));
    text.extend_from_slice(levels.as_deref().unwrap_or("stack traceback:").as_bytes());
    call.ctx.ledger().check(text.len())?;
    let text = call.ctx.string_from(text);
    call.ret1(text)
}

// -- local variables -------------------------------------------------------------------------------------

fn getlocal<'gc>(call: &mut Call<'_, 'gc>) -> Result<Action<'gc>, Raised<'gc>> {
    let (thread, at) = thread_argument(call);
    let number = call.check::<i64>(at + 1)?;
    if call.arg(at).is_function() {
        let name = match (call.arg(at), usize::try_from(number.saturating_sub(1))) {
            (Value::Closure(closure), Ok(index)) => closure.parameter_name(index),
            _ => None,
        };
        let name = name.map(|name| call.ctx.string(name.as_bytes()));
        return call.ret1(name);
    }
    let level = call.check::<i64>(at)?;
    charge_levels(call, level);
    match call.local(thread, level, number) {
        None => Err(Raised::argument(at, "level out of range")),
        Some(None) => call.ret1(Value::Nil),
        Some(Some((name, value))) => call.ret(&[call.ctx.text(name), value]),
    }
}

fn setlocal<'gc>(call: &mut Call<'_, 'gc>) -> Result<Action<'gc>, Raised<'gc>> {
    let (thread, at) = thread_argument(call);
    let level = call.check::<i64>(at)?;
    let number = call.check::<i64>(at + 1)?;
    charge_levels(call, level);
    if call.level(thread, level).is_none() {
        return Err(Raised::argument(at, "level out of range"));
    }
    let value = call.check_any(at + 2)?;
    match call.set_local(thread, (level, number), value).flatten() {
        Some(name) => call.ret1(call.ctx.text(name)),
        None => call.ret1(Value::Nil),
    }
}

// -- upvalues --------------------------------------------------------------------------------------------

/// The function and the upvalue's index, counted from 0.
fn upvalue_arguments<'gc>(call: &Call<'_, 'gc>, at: usize) -> Result<(Value<'gc>, Option<usize>), Raised<'gc>> {
    let number = call.check::<i64>(at + 1)?;
    let function = call.check_function(at)?;
    Ok((function, usize::try_from(number).ok().and_then(|number| number.checked_sub(1))))
}

fn getupvalue<'gc>(call: &mut Call<'_, 'gc>) -> Result<Action<'gc>, Raised<'gc>> {
    let found = match upvalue_arguments(call, 0)? {
        (Value::Closure(closure), Some(index)) => closure.upvalue(index),
        (Value::Native(native), Some(index)) if index < native.upvalue_count() => Some(("", native.upvalue(index))),
        _ => None,
    };
    match found {
        Some((name, value)) => call.ret(&[call.ctx.text(name), value]),
        None => call.ret0(),
    }
}

fn setupvalue<'gc>(call: &mut Call<'_, 'gc>) -> Result<Action<'gc>, Raised<'gc>> {
    let value = call.check_any(2)?;
    let name = match upvalue_arguments(call, 0)? {
        (Value::Closure(closure), Some(index)) => closure.set_upvalue(call.ctx, index, value),
        (Value::Native(native), Some(index)) if index < native.upvalue_count() => {
            native.set_upvalue(call.ctx, index, value);
            Some("")
        }
        _ => None,
    };
    match name {
        Some(name) => call.ret1(call.ctx.text(name)),
        None => call.ret0(),
    }
}

/// A number that two upvalues have in common if they are the same variable.
fn identity<'gc>(call: &Call<'_, 'gc>, at: usize) -> Result<Option<i64>, Raised<'gc>> {
    Ok(match upvalue_arguments(call, at)? {
        (Value::Closure(closure), Some(index)) => closure.upvalue_id(call.ctx, index),
        (Value::Native(native), Some(index)) => native.upvalue_id(call.ctx, index),
        _ => None,
    })
}

fn upvalueid<'gc>(call: &mut Call<'_, 'gc>) -> Result<Action<'gc>, Raised<'gc>> {
    let identity = identity(call, 0)?;
    call.ret1(identity)
}

fn upvaluejoin<'gc>(call: &mut Call<'_, 'gc>) -> Result<Action<'gc>, Raised<'gc>> {
    for at in [0, 2] {
        if identity(call, at)?.is_none() {
            return Err(Raised::argument(at + 1, "invalid upvalue index"));
        }
    }
    let closure = |at: usize| -> Result<Closure<'gc>, Raised<'gc>> {
        match call.arg(at) {
            Value::Closure(closure) => Ok(closure),
            _ => Err(Raised::argument(at, "Lua function expected")),
        }
    };
    let (to, from) = (closure(0)?, closure(2)?);
    if let ((_, Some(index)), (_, Some(other))) = (upvalue_arguments(call, 0)?, upvalue_arguments(call, 2)?) {
        to.join_upvalue(call.ctx, index, from, other);
    }
    call.ret0()
}

// -- hooks -----------------------------------------------------------------------------------------------

fn gethook<'gc>(call: &mut Call<'_, 'gc>) -> Result<Action<'gc>, Raised<'gc>> {
    let (thread, _) = thread_argument(call);
    let Some(hook) = thread.or(call.thread()).and_then(Thread::hook) else { return call.ret1(Value::Nil) };
    let letters = [(hook.on_call, b'c'), (hook.on_return, b'r'), (hook.on_line, b'l')];
    let mask: Vec<u8> = letters.into_iter().filter(|(is_on, _)| *is_on).map(|(_, letter)| letter).collect();
    call.ret(&[hook.function, call.ctx.text(mask), Value::Integer(i64::from(hook.count))])
}

fn sethook<'gc>(call: &mut Call<'_, 'gc>) -> Result<Action<'gc>, Raised<'gc>> {
    let (thread, at) = thread_argument(call);
    let mut hook = None;
    if !call.arg(at).is_nil() {
        let mask = call.check::<LuaString<'gc>>(at + 1)?;
        let has = |letter: u8| mask.as_bytes().contains(&letter);
        let function = call.check_function(at)?;
        let count = u32::try_from(call.optional::<i64>(at + 2, 0)?).unwrap_or(0);
        let (on_call, on_return, on_line) = (has(b'c'), has(b'r'), has(b'l'));
        if on_call || on_return || on_line || count > 0 {
            hook = Some(HookSettings { function, on_call, on_return, on_line, count });
        }
    }
    if let Some(thread) = thread.or(call.thread()) {
        thread.set_hook(call.ctx, hook);
        let function = hook.map_or(Value::Nil, |hook| hook.function);
        hook_table(call.ctx)?.set(call.ctx, Value::Thread(thread), function)?;
    }
    call.leave(&[]);
    Ok(Action::Start(Box::new(HookSet)))
}

/// The table of hooks in the registry, by coroutine, which other parts of a program may look at.
fn hook_table<'gc>(ctx: Context<'gc>) -> Result<Table<'gc>, Raised<'gc>> {
    let name = ctx.text("_HOOKKEY");
    if let Value::Table(table) = ctx.registry().get(ctx, name) {
        return Ok(table);
    }
    let table = Table::new(ctx);
    table.set_field(ctx, "__mode", ctx.text("k"))?;
    table.set_metatable(ctx, Some(table));
    ctx.registry().set(ctx, name, table.into())?;
    Ok(table)
}

/// The end of `sethook`: the machine looks for a hook again after a native function's own step.
#[derive(Collect)]
#[collect(require_static)]
struct HookSet;

impl<'gc> Sequence<'gc> for HookSet {
    fn name(&self) -> &'static str {
        "debug.sethook"
    }

    fn poll(&mut self, call: &mut Call<'_, 'gc>) -> Result<Action<'gc>, Raised<'gc>> {
        call.ret0()
    }
}

// -- metatables and values -------------------------------------------------------------------------------

fn getmetatable<'gc>(call: &mut Call<'_, 'gc>) -> Result<Action<'gc>, Raised<'gc>> {
    let value = call.check_any(0)?;
    let metatable = call.ctx.metatable(value);
    call.ret1(metatable)
}

fn setmetatable<'gc>(call: &mut Call<'_, 'gc>) -> Result<Action<'gc>, Raised<'gc>> {
    let metatable = match call.arg(1) {
        Value::Nil if call.len() > 1 => None,
        Value::Table(metatable) => Some(metatable),
        _ => return Err(call.unexpected(1, "nil or table")),
    };
    match call.arg(0) {
        Value::Table(table) if table.is_frozen() => {
            return Err(Raised::message("attempt to modify a read-only table"));
        }
        Value::Table(table) => table.set_metatable(call.ctx, metatable),
        Value::UserData(userdata) => userdata.set_metatable(call.ctx, metatable),
        other => call.ctx.set_type_metatable(other.kind(), metatable),
    }
    call.ret1(call.arg(0))
}

fn getregistry<'gc>(call: &mut Call<'_, 'gc>) -> Result<Action<'gc>, Raised<'gc>> {
    call.ret1(call.ctx.registry())
}

fn getuservalue<'gc>(call: &mut Call<'_, 'gc>) -> Result<Action<'gc>, Raised<'gc>> {
    let number = call.optional::<i64>(1, 1)?;
    match call.arg(0) {
        Value::UserData(userdata) if number == 1 => call.ret(&[userdata.user_value(), Value::Boolean(true)]),
        _ => call.ret1(Value::Nil),
    }
}

fn setuservalue<'gc>(call: &mut Call<'_, 'gc>) -> Result<Action<'gc>, Raised<'gc>> {
    let number = call.optional::<i64>(2, 1)?;
    let Value::UserData(userdata) = call.arg(0) else { return Err(call.unexpected(0, Type::UserData.name())) };
    let value = call.check_any(1)?;
    // A userdata has a user value if its maker gave it one.
    if number != 1 || userdata.user_value().is_nil() {
        return call.ret1(Value::Nil);
    }
    UserData::set_user_value(userdata, call.ctx, value);
    call.ret1(userdata)
}

// -- the prompt ------------------------------------------------------------------------------------------

/// The longest line that is taken from standard input, in bytes.
const LINE_MAX: u64 = 1 << 16;

/// `debug.debug`: runs each line of standard input until one says `cont`. Waiting for a line holds up the process.
#[derive(Collect)]
#[collect(require_static)]
struct Prompt;

impl<'gc> Sequence<'gc> for Prompt {
    fn name(&self) -> &'static str {
        "debug.debug"
    }

    fn poll(&mut self, call: &mut Call<'_, 'gc>) -> Result<Action<'gc>, Raised<'gc>> {
        tell(b"lua_debug> ");
        let mut line = Vec::new();
        // What cannot be read is the end of the input.
        let read = std::io::stdin().lock().take(LINE_MAX).read_until(b'\n', &mut line);
        if matches!(read, Ok(0) | Err(_)) || line == b"cont\n" {
            return call.ret0();
        }
        call.charge(line.len() * 32);
        match Chunk::compile("=(debug command)", &line) {
            Ok(chunk) => {
                let globals = Value::Table(call.ctx.globals());
                call.leave(&[Value::Closure(chunk.into_function(call.ctx, globals))]);
                Ok(Action::Call)
            }
            Err(error) => {
                tell(format!("{}\n", error.message()).as_bytes());
                call.leave(&[]);
                Ok(Action::Pause)
            }
        }
    }

    fn catches(&self) -> bool {
        true
    }

    fn caught(&mut self, call: &mut Call<'_, 'gc>, error: Raised<'gc>) -> Result<Action<'gc>, Raised<'gc>> {
        let text = call.ctx.plain_string(error.to_value(call.ctx));
        tell(&[text.as_bytes(), b"\n"].concat());
        call.leave(&[]);
        Ok(Action::Pause)
    }
}

/// Writes to standard error. If nobody hears it, there is nobody to tell.
fn tell(text: &[u8]) {
    let _ = std::io::stderr().lock().write_all(text);
}

fn debug<'gc>(call: &mut Call<'_, 'gc>) -> Result<Action<'gc>, Raised<'gc>> {
    call.leave(&[]);
    Ok(Action::Start(Box::new(Prompt)))
}

const FUNCTIONS: &[Row] = rows! {
    in "debug";
    "debug" => debug,
    "gethook" => gethook,
    "getinfo" => getinfo,
    "getlocal" => getlocal,
    "getmetatable" => getmetatable,
    "getregistry" => getregistry,
    "getupvalue" => getupvalue,
    "getuservalue" => getuservalue,
    "sethook" => sethook,
    "setlocal" => setlocal,
    "setmetatable" => setmetatable,
    "setupvalue" => setupvalue,
    "setuservalue" => setuservalue,
    "traceback" => traceback,
    "upvalueid" => upvalueid,
    "upvaluejoin" => upvaluejoin,
};
