//! The `os` library (§6.9): clocks, dates, the environment, files by their names, and the program's end.
//!
//! It is no part of a sandbox: its clocks alone make a script's results differ from run to run. `os.exit` ends no
//! process; it ends the task, and the host finds the wish in the error's kind. The locale is C's and stays so. What asks
//! the system takes as long as the system lets it take.

use super::buffer::Buffer;
use super::date::{Date, Fields};
use super::inquiry::{Ask, Inquiry, ask, inquire};
use super::system::{ended, fail, new_file, os_text, shell, succeed, with_path};
use super::{Row, add_functions, library};
use crate::api::{Action, Call, Collect, Context, Fault, LuaString, Native, Raised, Table, Value};

/// Fuel for a question to the system.
const ASK_COST: usize = 64;

/// Fuel for a date with a wish for summer time, which may have to be looked for.
const SEARCH_COST: usize = 2048;

/// The most conversions of `os.date`, and the most bytes of its format, in one turn.
const CONVERSIONS_MAX: usize = 256;
const FORMAT_MAX: usize = 1 << 14;

/// Makes the library's table, with `execute` or without.
pub(super) fn open<'gc>(ctx: Context<'gc>, has_processes: bool) -> Result<Table<'gc>, Raised<'gc>> {
    let table = library(ctx, FUNCTIONS, 2)?;
    if has_processes {
        add_functions(ctx, table, PROCESSES)?;
    }
    #[cfg(not(unix))]
    {
        let start = std::time::Instant::now();
        let clock = Native::new(ctx, "os.clock", move |call| call.ret1(start.elapsed().as_secs_f64()));
        table.set_field(ctx, "clock", clock)?;
    }
    #[cfg(unix)]
    table.set_field(ctx, "clock", Native::new(ctx, "os.clock", clock))?;
    Ok(table)
}

// -- clocks and dates ------------------------------------------------------------------------------------

#[cfg(unix)]
#[expect(clippy::cast_precision_loss, reason = "nanoseconds below those that a float holds matter to nobody")]
fn clock<'gc>(call: &mut Call<'_, 'gc>) -> Result<Action<'gc>, Raised<'gc>> {
    let seconds = nix::time::ClockId::CLOCK_PROCESS_CPUTIME_ID
        .now()
        .map_or(-1.0, |time| time.tv_sec() as f64 + time.tv_nsec() as f64 / 1e9);
    call.ret1(seconds)
}

/// The seconds since 1970 began.
#[expect(clippy::disallowed_methods, reason = "who opens this library wants the clock")]
fn now() -> i64 {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    since.map_or(0, |since| i64::try_from(since.as_secs()).unwrap_or(i64::MAX))
}

fn difftime<'gc>(call: &mut Call<'_, 'gc>) -> Result<Action<'gc>, Raised<'gc>> {
    let (later, earlier) = (call.check::<i64>(0)?, call.check::<i64>(1)?);
    #[expect(clippy::cast_precision_loss, reason = "the result is a float")]
    let difference = (i128::from(later) - i128::from(earlier)) as f64;
    call.ret1(difference)
}

fn date<'gc>(call: &mut Call<'_, 'gc>) -> Result<Action<'gc>, Raised<'gc>> {
    let format = call.optional(0, call.ctx.string(b"%c"))?;
    let time = if call.arg(1).is_nil() { now() } else { call.check(1)? };
    call.charge(ASK_COST);
    let bytes = format.as_bytes();
    let (made, start) = match bytes.first() {
        Some(b'!') => (Date::greenwich(time), 1),
        _ => (Date::local(time), 0),
    };
    let Some(date) = made else {
        return Err(Raised::message("date result cannot be represented in this installation"));
    };
    if bytes.get(start..) == Some(b"*t") {
        let fields = shown(&date);
        let table = Table::with_capacity(call.ctx, 0, fields.len());
        for (name, value) in fields {
            table.set_field(call.ctx, name, value)?;
        }
        return call.ret1(table);
    }
    let mut text = DateText { format, at: start, date, buffer: Buffer::default() };
    if text.turn(call)? {
        return call.ret1(text.buffer.finish(call.ctx));
    }
    inquire(call, text)
}

/// `os.date` with a format, in turns.
#[derive(Collect)]
#[collect(no_drop)]
struct DateText<'gc> {
    format: LuaString<'gc>,
    at: usize,
    #[collect(require_static)]
    date: Date,
    buffer: Buffer,
}

impl<'gc> DateText<'gc> {
    /// Does a part of the format. Whether it was the last.
    fn turn(&mut self, call: &mut Call<'_, 'gc>) -> Result<bool, Raised<'gc>> {
        let format = self.format.as_bytes();
        let end = format.len().min(self.at.saturating_add(FORMAT_MAX));
        let mut text = String::new();
        for _ in 0..CONVERSIONS_MAX {
            let rest = format.get(self.at..end).unwrap_or_default();
            if rest.is_empty() {
                break;
            }
            let plain = rest.iter().position(|byte| *byte == b'%').unwrap_or(rest.len());
            call.charge(2 + plain / 32);
            self.buffer.push(call.ctx, rest.get(..plain).unwrap_or_default())?;
            self.at += plain;
            if plain < rest.len() {
                let (conversion, length) = conversion(format.get(self.at + 1..).unwrap_or_default())?;
                text.clear();
                self.date.write(conversion, &mut text);
                self.buffer.push(call.ctx, text.as_bytes())?;
                self.at += 1 + length;
            }
        }
        Ok(self.at >= format.len())
    }
}

impl<'gc> Inquiry<'gc> for DateText<'gc> {
    const NAME: &'static str = "os.date";

    fn next(&mut self, call: &mut Call<'_, 'gc>, _answer: Value<'gc>) -> Result<Ask<'gc>, Raised<'gc>> {
        if !self.turn(call)? {
            return Ok(Ask::Turn);
        }
        let text = self.buffer.finish(call.ctx);
        call.leave(&[text]);
        Ok(Ask::Done)
    }
}

/// The conversion behind a percent sign, and how many bytes it takes. The modifiers `E` and `O` ask for other forms
/// that a locale may have; C's has none.
fn conversion<'gc>(rest: &[u8]) -> Result<(u8, usize), Raised<'gc>> {
    match rest {
        [b'E', letter, ..] if b"cCxXyY".contains(letter) => Ok((*letter, 2)),
        [b'O', letter, ..] if b"deHImMSuUVwWy".contains(letter) => Ok((*letter, 2)),
        [letter, ..] if b"aAbBcCdDeFgGhHIjmMnprRStTuUVwWxXyYzZ%".contains(letter) => Ok((*letter, 1)),
        _ => {
            // As a C string: up to the first zero.
            let end = rest.iter().position(|byte| *byte == 0).unwrap_or(rest.len());
            let shown = String::from_utf8_lossy(rest.get(..end.min(FORMAT_MAX)).unwrap_or_default());
            Err(Raised::argument(0, format!("invalid conversion specifier '%{shown}'")))
        }
    }
}

/// The fields of a date as a table shows them, in PUC-Rio's order.
fn shown<'gc>(date: &Date) -> [(&'static str, Value<'gc>); 9] {
    [
        ("year", Value::Integer(date.year)),
        ("month", Value::Integer(date.month)),
        ("day", Value::Integer(date.day)),
        ("hour", Value::Integer(date.hour)),
        ("min", Value::Integer(date.minute)),
        ("sec", Value::Integer(date.second)),
        ("yday", Value::Integer(date.yearday + 1)),
        ("wday", Value::Integer(date.weekday + 1)),
        ("isdst", Value::Boolean(date.is_summer())),
    ]
}

/// The fields that `os.time` reads, what stands in for one that is not there, and what C's `struct tm` subtracts.
const ASKED: [(&str, Option<i64>, i64); 6] = [
    ("year", None, 1900),
    ("month", None, 1),
    ("day", None, 0),
    ("hour", Some(12), 0),
    ("min", Some(0), 0),
    ("sec", Some(0), 0),
];

fn time<'gc>(call: &mut Call<'_, 'gc>) -> Result<Action<'gc>, Raised<'gc>> {
    if call.arg(0).is_nil() {
        return call.ret1(Value::Integer(now()));
    }
    let table = call.check_table(0)?;
    inquire(call, TimeOf { table: Value::Table(table), asked: 0, fields: Fields::default(), made: None, set: 0 })
}

/// `os.time` of a table: reads its fields, then sets them to what they really are. Either may call a metamethod.
#[derive(Collect)]
#[collect(no_drop)]
struct TimeOf<'gc> {
    table: Value<'gc>,
    /// Fields asked for so far.
    asked: usize,
    #[collect(require_static)]
    fields: Fields,
    #[collect(require_static)]
    made: Option<(i64, Date)>,
    /// Fields set so far.
    set: usize,
}

impl<'gc> TimeOf<'gc> {
    /// Takes the value of the field asked for last.
    fn take(&mut self, answer: Value<'gc>) -> Result<(), Raised<'gc>> {
        let Some((name, default, less)) = self.asked.checked_sub(1).and_then(|index| ASKED.get(index)) else {
            if self.asked > ASKED.len() {
                self.fields.is_summer = (!answer.is_nil()).then(|| answer.is_truthy());
            }
            return Ok(());
        };
        let value = match (answer.to_integer(), default) {
            (Some(value), _) if i32::try_from(i128::from(value) - i128::from(*less)).is_ok() => value,
            (Some(_), _) => return Err(Raised::message(format!("field '{name}' is out-of-bound"))),
            (None, _) if !answer.is_nil() => return Err(Raised::message(format!("field '{name}' is not an integer"))),
            (None, Some(default)) => *default,
            (None, None) => return Err(Raised::message(format!("field '{name}' missing in date table"))),
        };
        let fields = &mut self.fields;
        let all = [
            &mut fields.year,
            &mut fields.month,
            &mut fields.day,
            &mut fields.hour,
            &mut fields.minute,
            &mut fields.second,
        ];
        if let Some(field) = all.into_iter().nth(self.asked - 1) {
            *field = value;
        }
        Ok(())
    }
}

impl<'gc> Inquiry<'gc> for TimeOf<'gc> {
    const NAME: &'static str = "os.time";

    fn next(&mut self, call: &mut Call<'_, 'gc>, answer: Value<'gc>) -> Result<Ask<'gc>, Raised<'gc>> {
        let ctx = call.ctx;
        if self.made.is_none() {
            self.take(answer)?;
            let name = ASKED.get(self.asked).map(|asked| asked.0).or((self.asked == ASKED.len()).then_some("isdst"));
            if let Some(name) = name {
                self.asked += 1;
                return ask(ctx, ctx.index(self.table, ctx.text(name)));
            }
            call.charge(if self.fields.is_summer.is_some() { SEARCH_COST } else { ASK_COST });
            self.made = Date::from_fields(&self.fields);
        }
        if let Some((time, date)) = &self.made {
            if let Some((name, value)) = shown(date).get(self.set) {
                self.set += 1;
                return ask(ctx, ctx.set_index(self.table, ctx.text(name), *value));
            }
            // C cannot tell this time from a failure.
            if *time != -1 {
                call.leave(&[Value::Integer(*time)]);
                return Ok(Ask::Done);
            }
        }
        Err(Raised::message("time result cannot be represented in this installation"))
    }
}

// -- files -----------------------------------------------------------------------------------------------

fn remove<'gc>(call: &mut Call<'_, 'gc>) -> Result<Action<'gc>, Raised<'gc>> {
    let name = call.check::<LuaString<'gc>>(0)?.as_bytes();
    call.charge(ASK_COST + name.len() / 32);
    let outcome = with_path(name, |path| match std::fs::symlink_metadata(path) {
        Ok(found) if found.is_dir() => std::fs::remove_dir(path),
        _ => std::fs::remove_file(path),
    });
    succeed(call, Some(name), outcome)
}

fn rename<'gc>(call: &mut Call<'_, 'gc>) -> Result<Action<'gc>, Raised<'gc>> {
    let (from, to) = (call.check::<LuaString<'gc>>(0)?, call.check::<LuaString<'gc>>(1)?);
    call.charge(ASK_COST + from.len() / 32 + to.len() / 32);
    let outcome = with_path(from.as_bytes(), |from| with_path(to.as_bytes(), |to| std::fs::rename(from, to)));
    succeed(call, None, outcome)
}

fn tmpname<'gc>(call: &mut Call<'_, 'gc>) -> Result<Action<'gc>, Raised<'gc>> {
    call.charge(ASK_COST);
    match new_file("lua_") {
        Ok((_, path)) => call.ret1(call.ctx.text(path.as_os_str().as_encoded_bytes())),
        Err(_) => Err(Raised::message("unable to generate a unique filename")),
    }
}

// -- the process -----------------------------------------------------------------------------------------

fn getenv<'gc>(call: &mut Call<'_, 'gc>) -> Result<Action<'gc>, Raised<'gc>> {
    let name = call.check::<LuaString<'gc>>(0)?;
    call.charge(ASK_COST + name.len() / 32);
    let value = std::env::var_os(&*os_text(name.as_bytes()));
    call.ret1(value.map_or(Value::Nil, |value| call.ctx.text(value.as_encoded_bytes())))
}

/// There is one locale: asking which gives its name, asking for it by any of its names sets it, no other can be had.
fn setlocale<'gc>(call: &mut Call<'_, 'gc>) -> Result<Action<'gc>, Raised<'gc>> {
    let name = call.optional(0, call.ctx.string(b"C"))?;
    call.check_option(1, Some("all"), &["all", "collate", "ctype", "monetary", "numeric", "time"])?;
    match name.as_bytes() {
        b"" | b"C" | b"POSIX" => call.ret1(call.ctx.text("C")),
        _ => call.ret1(Value::Nil),
    }
}

/// Waits for a command of the shell.
fn execute<'gc>(call: &mut Call<'_, 'gc>) -> Result<Action<'gc>, Raised<'gc>> {
    if call.arg(0).is_nil() {
        let is_there = shell(b"exit 0").status().is_ok();
        return call.ret1(is_there);
    }
    let command = call.check::<LuaString<'gc>>(0)?;
    call.charge(ASK_COST + command.len() / 32);
    // What the program wrote before the command stands before what the command writes.
    super::io::flush_all(call.ctx);
    match shell(command.as_bytes()).status() {
        Ok(status) => ended(call, status),
        Err(error) => fail(call, None, &error),
    }
}

fn exit<'gc>(call: &mut Call<'_, 'gc>) -> Result<Action<'gc>, Raised<'gc>> {
    let code = match call.arg(0) {
        Value::Boolean(is_success) => i32::from(!is_success),
        _ => {
            // As C does it: the lower half counts.
            let [a, b, c, d, ..] = call.optional::<i64>(0, 0)?.to_le_bytes();
            i32::from_le_bytes([a, b, c, d])
        }
    };
    Err(Raised::fault(Fault::Exit { code, close: call.arg(1).is_truthy() }))
}

const FUNCTIONS: &[Row] = rows! {
    in "os";
    "date" => date,
    "difftime" => difftime,
    "exit" => exit,
    "getenv" => getenv,
    "remove" => remove,
    "rename" => rename,
    "setlocale" => setlocale,
    "time" => time,
    "tmpname" => tmpname,
};

const PROCESSES: &[Row] = rows! {
    in "os";
    "execute" => execute,
};
