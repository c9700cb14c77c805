//! The `table` library (§6.6), but for `sort`.
//!
//! Each function has two ways: a direct one for tables without metatables and little work, and an inquiry
//! that honours metamethods and goes on in turns. Both give the same results.

use super::buffer::Buffer;
use super::inquiry::{Ask, Inquiry, ask, inquire, length_from};
use super::sort::sort;
use super::turns::{Work, begin};
use super::{Row, library};
use crate::api::{Action, Call, Collect, Context, Event, LuaString, Native, Raised, Table, Value};

/// The most elements that are moved between two looks at the fuel.
const CHUNK: i64 = 2000;

/// The most bytes that are copied between two looks at the fuel.
const CHUNK_BYTES: usize = 1 << 16;

/// The most values that `unpack` returns; PUC-Rio's stack has about as many slots.
const UNPACK_MAX: u64 = 900_000;

/// The most values that `pack` and `unpack` move between two looks at the fuel.
const VALUES_MAX: usize = 4000;

/// Up to this many values `unpack` returns by way of an array.
const UNPACK_FEW: usize = 8;

/// Makes the library's table.
pub(super) fn open<'gc>(ctx: Context<'gc>) -> Result<Table<'gc>, Raised<'gc>> {
    library(ctx, FUNCTIONS, 0)
}

/// The argument at `index` if it is a table without a metatable.
#[inline]
fn plain_table<'gc>(call: &Call<'_, 'gc>, index: usize) -> Option<Table<'gc>> {
    match call.arg(index) {
        Value::Table(table) if table.metatable().is_none() => Some(table),
        _ => None,
    }
}

/// Fails if the argument at `index` is neither a table nor acts as one in these ways.
pub(super) fn check_like_table<'gc>(
    call: &Call<'_, 'gc>,
    index: usize,
    events: &[Event],
) -> Result<Value<'gc>, Raised<'gc>> {
    let value = call.arg(index);
    let acts_so = |event: &Event| !call.ctx.metamethod(value, *event).is_nil();
    match value {
        Value::Table(_) => Ok(value),
        _ if call.ctx.metatable(value).is_some() && events.iter().all(acts_so) => Ok(value),
        _ => Err(call.unexpected(index, "table")),
    }
}

// -- insert ----------------------------------------------------------------------------------------------

fn insert<'gc>(call: &mut Call<'_, 'gc>) -> Result<Action<'gc>, Raised<'gc>> {
    let Some(table) = plain_table(call, 0) else { return insert_slowly(call) };
    let end = table.len() + 1;
    match call.len() {
        2 => table.set_integer(call.ctx, end, call.arg(1))?,
        3 => {
            let position = check_position(call, end)?;
            if end - position > CHUNK {
                return insert_slowly(call);
            }
            call.charge(usize::try_from(end - position).unwrap_or(0) / 4);
            for at in (position..end).rev() {
                table.set_integer(call.ctx, at + 1, table.get_integer(call.ctx, at))?;
            }
            table.set_integer(call.ctx, position, call.arg(2))?;
        }
        _ => return Err(Raised::message("wrong number of arguments to 'insert'")),
    }
    call.ret0()
}

/// The position that `insert` is given, which has to be from 1 to `end`.
fn check_position<'gc>(call: &Call<'_, 'gc>, end: i64) -> Result<i64, Raised<'gc>> {
    let position = call.check::<i64>(1)?;
    if position.wrapping_sub(1).cast_unsigned() < end.cast_unsigned() {
        return Ok(position);
    }
    Err(Raised::argument(1, "position out of bounds"))
}

#[cold]
fn insert_slowly<'gc>(call: &mut Call<'_, 'gc>) -> Result<Action<'gc>, Raised<'gc>> {
    let object = check_like_table(call, 0, &[Event::Index, Event::NewIndex, Event::Len])?;
    let position = match call.len() {
        2 => None,
        3 => Some(call.arg(1)),
        _ => return Err(Raised::message("wrong number of arguments to 'insert'")),
    };
    let value = call.arg(call.len() - 1);
    inquire(call, Insert { object, value, given: position, position: 0, at: 0, stage: Shift::Begin })
}

/// Where a shift of elements is.
#[derive(Clone, Copy, Collect)]
#[collect(require_static)]
enum Shift {
    Begin,
    Measured,
    /// The next element is to be read.
    Moved,
    /// An element was read and is to be written.
    Read,
    Last,
}

#[derive(Collect)]
#[collect(no_drop)]
struct Insert<'gc> {
    object: Value<'gc>,
    value: Value<'gc>,
    given: Option<Value<'gc>>,
    position: i64,
    /// The place that is free.
    at: i64,
    stage: Shift,
}

impl<'gc> Inquiry<'gc> for Insert<'gc> {
    const NAME: &'static str = "table.insert";

    fn each_value(&self, see: &mut dyn FnMut(Value<'gc>)) {
        see(self.object);
        see(self.value);
    }

    fn next(&mut self, call: &mut Call<'_, 'gc>, answer: Value<'gc>) -> Result<Ask<'gc>, Raised<'gc>> {
        let ctx = call.ctx;
        match self.stage {
            Shift::Begin => {
                self.stage = Shift::Measured;
                return ask(ctx, ctx.length(self.object));
            }
            Shift::Measured => {
                self.at = length_from(answer)?.wrapping_add(1);
                self.position = match self.given {
                    None => self.at,
                    Some(given) => position_from(call, given, self.at)?,
                };
            }
            Shift::Read => {
                self.stage = Shift::Moved;
                let to = self.at;
                self.at -= 1;
                return ask(ctx, ctx.set_index(self.object, Value::Integer(to), answer));
            }
            Shift::Moved => {}
            Shift::Last => {
                call.leave(&[]);
                return Ok(Ask::Done);
            }
        }
        if self.at > self.position {
            self.stage = Shift::Read;
            return ask(ctx, ctx.index(self.object, Value::Integer(self.at - 1)));
        }
        self.stage = Shift::Last;
        ask(ctx, ctx.set_index(self.object, Value::Integer(self.position), self.value))
    }
}

/// As [`check_position`], when the argument itself is gone.
fn position_from<'gc>(call: &Call<'_, 'gc>, given: Value<'gc>, end: i64) -> Result<i64, Raised<'gc>> {
    let position = <i64 as crate::api::FromLua<'gc>>::from_lua(call.ctx, given)
        .map_err(|mismatch| Raised::argument(1, mismatch.to_string()))?;
    if position.wrapping_sub(1).cast_unsigned() < end.cast_unsigned() {
        return Ok(position);
    }
    Err(Raised::argument(1, "position out of bounds"))
}

// -- remove ----------------------------------------------------------------------------------------------

fn remove<'gc>(call: &mut Call<'_, 'gc>) -> Result<Action<'gc>, Raised<'gc>> {
    let Some(table) = plain_table(call, 0) else { return remove_slowly(call) };
    let size = table.len();
    let position = call.optional::<i64>(1, size)?;
    check_removal(size, position)?;
    if size.saturating_sub(position) > CHUNK {
        return remove_slowly(call);
    }
    let removed = table.get_integer(call.ctx, position);
    call.charge(usize::try_from(size - position).unwrap_or(0) / 4);
    for at in position..size {
        table.set_integer(call.ctx, at, table.get_integer(call.ctx, at + 1))?;
    }
    table.set_integer(call.ctx, position.max(size), Value::Nil)?;
    call.ret1(removed)
}

/// The position to remove from has to be from 1 to `size + 1`, or be `size`.
fn check_removal<'gc>(size: i64, position: i64) -> Result<(), Raised<'gc>> {
    if position == size || position.wrapping_sub(1).cast_unsigned() <= size.cast_unsigned() {
        return Ok(());
    }
    Err(Raised::argument(1, "position out of bounds"))
}

#[cold]
fn remove_slowly<'gc>(call: &mut Call<'_, 'gc>) -> Result<Action<'gc>, Raised<'gc>> {
    let object = check_like_table(call, 0, &[Event::Index, Event::NewIndex, Event::Len])?;
    let position = call.optional::<Option<i64>>(1, None)?;
    let remove = Remove { object, given: position, at: 0, size: 0, removed: Value::Nil, stage: Removal::Begin };
    inquire(call, remove)
}

#[derive(Collect)]
#[collect(no_drop)]
struct Remove<'gc> {
    object: Value<'gc>,
    given: Option<i64>,
    at: i64,
    size: i64,
    removed: Value<'gc>,
    stage: Removal,
}

#[derive(Clone, Copy, Collect)]
#[collect(require_static)]
enum Removal {
    Begin,
    Measured,
    Taken,
    Read,
    Moved,
    Last,
}

impl<'gc> Inquiry<'gc> for Remove<'gc> {
    const NAME: &'static str = "table.remove";

    fn each_value(&self, see: &mut dyn FnMut(Value<'gc>)) {
        see(self.object);
    }

    fn next(&mut self, call: &mut Call<'_, 'gc>, answer: Value<'gc>) -> Result<Ask<'gc>, Raised<'gc>> {
        let ctx = call.ctx;
        match self.stage {
            Removal::Begin => {
                self.stage = Removal::Measured;
                return ask(ctx, ctx.length(self.object));
            }
            Removal::Measured => {
                self.size = length_from(answer)?;
                self.at = self.given.unwrap_or(self.size);
                check_removal(self.size, self.at)?;
                self.stage = Removal::Taken;
                return ask(ctx, ctx.index(self.object, Value::Integer(self.at)));
            }
            Removal::Taken => self.removed = answer,
            Removal::Read => {
                self.stage = Removal::Moved;
                let to = self.at;
                self.at += 1;
                return ask(ctx, ctx.set_index(self.object, Value::Integer(to), answer));
            }
            Removal::Moved => {}
            Removal::Last => {
                call.leave(&[self.removed]);
                return Ok(Ask::Done);
            }
        }
        if self.at < self.size {
            self.stage = Removal::Read;
            return ask(ctx, ctx.index(self.object, Value::Integer(self.at + 1)));
        }
        self.stage = Removal::Last;
        ask(ctx, ctx.set_index(self.object, Value::Integer(self.at), Value::Nil))
    }
}

// -- concat ----------------------------------------------------------------------------------------------

fn concat<'gc>(call: &mut Call<'_, 'gc>) -> Result<Action<'gc>, Raised<'gc>> {
    let object = check_like_table(call, 0, &[Event::Index, Event::Len])?;
    let empty = call.ctx.string(b"");
    let separator = call.optional(1, empty)?;
    let at = call.optional::<i64>(2, 1)?;
    let last = call.optional::<Option<i64>>(3, None)?;
    let last = match (last, plain_table(call, 0)) {
        (None, Some(table)) => Some(table.len()),
        _ => last,
    };
    let buffer = Buffer::default();
    let mut concat = Concat {
        object,
        separator,
        at,
        last,
        is_begun: false,
        is_over: false,
        is_read: false,
        parts: [None; 2],
        buffer,
    };
    if let (Some(table), Some(last)) = (plain_table(call, 0), last)
        && concat.add_plain(call, table, last)?
    {
        return call.ret1(concat.buffer.finish(call.ctx));
    }
    inquire(call, concat)
}

#[derive(Collect)]
#[collect(no_drop)]
struct Concat<'gc> {
    object: Value<'gc>,
    separator: LuaString<'gc>,
    at: i64,
    last: Option<i64>,
    /// Whether there is something in the buffer.
    is_begun: bool,
    /// Whether the last element is in the buffer.
    is_over: bool,
    /// Whether the question was for an element.
    is_read: bool,
    /// A separator and an element that are long, and from where on they are copied.
    parts: [Option<(LuaString<'gc>, usize)>; 2],
    buffer: Buffer,
}

impl<'gc> Concat<'gc> {
    /// Adds the next elements of a table without a metatable, up to a chunk. Whether these were all.
    fn add_plain(&mut self, call: &mut Call<'_, 'gc>, table: Table<'gc>, last: i64) -> Result<bool, Raised<'gc>> {
        let end = self.buffer.len().saturating_add(CHUNK_BYTES);
        for _ in 0..CHUNK {
            if !self.has_more(last) || self.has_parts() || self.buffer.len() > end {
                break;
            }
            self.add(call, table.get_integer(call.ctx, self.at))?;
        }
        Ok(!self.has_more(last) && !self.has_parts())
    }

    fn has_parts(&self) -> bool {
        self.parts.iter().any(Option::is_some)
    }

    fn has_more(&self, last: i64) -> bool {
        !self.is_over && self.at <= last
    }

    /// Adds an element, with the separator in front unless it is the first.
    fn add(&mut self, call: &mut Call<'_, 'gc>, value: Value<'gc>) -> Result<(), Raised<'gc>> {
        let before = self.buffer.len();
        let separator = std::mem::replace(&mut self.is_begun, true).then_some(self.separator);
        let len = if let Value::String(text) = value { text.len() } else { 0 };
        if len + separator.map_or(0, LuaString::len) > CHUNK_BYTES
            && let Value::String(_) | Value::Integer(_) | Value::Float(_) = value
        {
            let text = call.ctx.plain_string(value);
            self.parts = [separator.map(|text| (text, 0)), Some((text, 0))];
            self.advance();
            return Ok(());
        }
        if let Some(separator) = separator {
            self.buffer.push_string(call.ctx, separator)?;
        }
        if !self.buffer.push_text(call.ctx, value)? {
            let (name, at) = (call.ctx.type_name(value), self.at);
            return Err(Raised::message(format!("invalid value ({name}) at index {at} in table for 'concat'")));
        }
        call.charge(1 + (self.buffer.len() - before) / 32);
        self.advance();
        Ok(())
    }

    fn advance(&mut self) {
        if self.last == Some(self.at) {
            self.is_over = true;
        } else {
            self.at += 1;
        }
    }

    /// Copies some of what is long. Whether there was something.
    fn copy_part(&mut self, call: &mut Call<'_, 'gc>) -> Result<bool, Raised<'gc>> {
        let Some(part) = self.parts.iter_mut().find(|part| part.is_some()) else { return Ok(false) };
        if let Some((text, at)) = *part {
            *part = self.buffer.push_part(call, text, at)?.map(|at| (text, at));
        }
        Ok(true)
    }
}

impl<'gc> Inquiry<'gc> for Concat<'gc> {
    const NAME: &'static str = "table.concat";

    fn each_value(&self, see: &mut dyn FnMut(Value<'gc>)) {
        see(self.object);
    }

    fn next(&mut self, call: &mut Call<'_, 'gc>, answer: Value<'gc>) -> Result<Ask<'gc>, Raised<'gc>> {
        let Some(last) = self.last else {
            if !self.is_read {
                self.is_read = true;
                return ask(call.ctx, call.ctx.length(self.object));
            }
            self.is_read = false;
            self.last = Some(length_from(answer)?);
            return Ok(Ask::Turn);
        };
        if self.copy_part(call)? {
            return Ok(Ask::Turn);
        }
        if self.is_read {
            self.is_read = false;
            self.add(call, answer)?;
            return Ok(Ask::Turn);
        }
        if self.has_more(last)
            && let Value::Table(table) = self.object
            && table.metatable().is_none()
        {
            self.add_plain(call, table, last)?;
            return Ok(Ask::Turn);
        }
        if self.has_more(last) {
            self.is_read = true;
            return ask(call.ctx, call.ctx.index(self.object, Value::Integer(self.at)));
        }
        let text = self.buffer.finish(call.ctx);
        call.leave(&[text]);
        Ok(Ask::Done)
    }
}

// -- pack and unpack -------------------------------------------------------------------------------------

fn pack<'gc>(call: &mut Call<'_, 'gc>) -> Result<Action<'gc>, Raised<'gc>> {
    let count = call.len();
    call.ctx.ledger().check(count.saturating_mul(size_of::<Value<'_>>()))?;
    let table = Table::with_capacity(call.ctx, count, 1);
    table.set_field(call.ctx, "n", Value::Integer(count as i64))?;
    call.leave_args(0);
    begin(call, Pack { table, at: 0 })
}

/// Stores the arguments, which stay with the call, in turns.
#[derive(Collect)]
#[collect(no_drop)]
struct Pack<'gc> {
    table: Table<'gc>,
    at: usize,
}

impl<'gc> Work<'gc> for Pack<'gc> {
    const NAME: &'static str = "table.pack";

    fn go_on(&mut self, call: &mut Call<'_, 'gc>) -> Result<bool, Raised<'gc>> {
        let end = call.len().min(self.at + VALUES_MAX);
        call.charge((end - self.at) / 4);
        let values = call.args().get(self.at..end).unwrap_or_default();
        for (key, value) in (self.at as i64 + 1..).zip(values) {
            self.table.set_integer(call.ctx, key, *value)?;
        }
        self.at = end;
        if end < call.len() {
            return Ok(false);
        }
        call.leave(&[Value::Table(self.table)]);
        Ok(true)
    }
}

fn unpack<'gc>(call: &mut Call<'_, 'gc>) -> Result<Action<'gc>, Raised<'gc>> {
    let object = call.arg(0);
    let first = call.optional::<i64>(1, 1)?;
    let given = call.optional::<Option<i64>>(2, None)?;
    let Some(table) = plain_table(call, 0) else {
        return inquire(call, Unpack { object, at: first, last: given, is_asked: false, values: Vec::new() });
    };
    let last = given.unwrap_or_else(|| table.len());
    let count = check_count(first, last)?;
    if count <= UNPACK_FEW {
        let mut values = [Value::Nil; UNPACK_FEW];
        for (value, key) in values.iter_mut().zip(first..=last) {
            *value = table.get_integer(call.ctx, key);
        }
        return call.ret(values.get(..count).unwrap_or_default());
    }
    call.ctx.ledger().check(count.saturating_mul(size_of::<Value<'_>>()))?;
    call.leave(&[]);
    begin(call, UnpackPlain { table, at: first, count })
}

/// The elements of a table without a metatable, in turns.
#[derive(Collect)]
#[collect(no_drop)]
struct UnpackPlain<'gc> {
    table: Table<'gc>,
    at: i64,
    /// How many are to come.
    count: usize,
}

impl<'gc> Work<'gc> for UnpackPlain<'gc> {
    const NAME: &'static str = "table.unpack";

    fn go_on(&mut self, call: &mut Call<'_, 'gc>) -> Result<bool, Raised<'gc>> {
        let count = self.count.min(VALUES_MAX);
        call.charge(count / 4);
        for _ in 0..count {
            call.push(self.table.get_integer(call.ctx, self.at));
            self.at = self.at.wrapping_add(1);
        }
        self.count -= count;
        Ok(self.count == 0)
    }
}

/// The number of values from `first` to `last`.
fn check_count<'gc>(first: i64, last: i64) -> Result<usize, Raised<'gc>> {
    if first > last {
        return Ok(0);
    }
    let count = last.wrapping_sub(first).cast_unsigned();
    if count >= UNPACK_MAX {
        return Err(Raised::message("too many results to unpack"));
    }
    Ok(usize::try_from(count + 1).unwrap_or(usize::MAX))
}

#[derive(Collect)]
#[collect(no_drop)]
struct Unpack<'gc> {
    object: Value<'gc>,
    at: i64,
    last: Option<i64>,
    is_asked: bool,
    values: Vec<Value<'gc>>,
}

impl<'gc> Inquiry<'gc> for Unpack<'gc> {
    const NAME: &'static str = "table.unpack";

    fn each_value(&self, see: &mut dyn FnMut(Value<'gc>)) {
        see(self.object);
        self.values.iter().for_each(|value| see(*value));
    }

    fn next(&mut self, call: &mut Call<'_, 'gc>, answer: Value<'gc>) -> Result<Ask<'gc>, Raised<'gc>> {
        let Some(last) = self.last else {
            if !self.is_asked {
                self.is_asked = true;
                return ask(call.ctx, call.ctx.length(self.object));
            }
            self.is_asked = false;
            self.last = Some(length_from(answer)?);
            return Ok(Ask::Turn);
        };
        let count = check_count(self.at, last)?;
        if self.is_asked {
            self.values.push(answer);
        } else {
            call.ctx.ledger().check(count.saturating_mul(size_of::<Value<'_>>()))?;
            self.is_asked = true;
        }
        if self.values.len() < count {
            let key = self.at.wrapping_add(self.values.len() as i64);
            return ask(call.ctx, call.ctx.index(self.object, Value::Integer(key)));
        }
        call.leave(&self.values);
        Ok(Ask::Done)
    }
}

// -- move ------------------------------------------------------------------------------------------------

fn move_<'gc>(call: &mut Call<'_, 'gc>) -> Result<Action<'gc>, Raised<'gc>> {
    let (first, last, to) = (call.check::<i64>(1)?, call.check::<i64>(2)?, call.check::<i64>(3)?);
    let target = if call.arg(4).is_nil() { 0 } else { 4 };
    let from_object = check_like_table(call, 0, &[Event::Index])?;
    let to_object = check_like_table(call, target, &[Event::NewIndex])?;
    if last < first {
        return call.ret1(to_object);
    }
    if first <= 0 && last >= i64::MAX.wrapping_add(first) {
        return Err(Raised::argument(2, "too many elements to move"));
    }
    let count = last - first + 1;
    if to > i64::MAX - count + 1 {
        return Err(Raised::argument(3, "destination wrap around"));
    }
    let is_apart = to > last || to <= first;
    if let (Some(from), Some(into)) = (plain_table(call, 0), plain_table(call, target))
        && count <= CHUNK
    {
        call.charge(usize::try_from(count).unwrap_or(0) / 4);
        let forward = is_apart || !from.same(into);
        for step in 0..count {
            let offset = if forward { step } else { count - 1 - step };
            into.set_integer(call.ctx, to + offset, from.get_integer(call.ctx, first + offset))?;
        }
        return call.ret1(to_object);
    }
    let stage = if is_apart || target == 0 { Motion::Moved } else { Motion::Begin };
    inquire(call, Move { from_object, to_object, first, to, count, done: 0, is_forward: is_apart, stage })
}

#[derive(Collect)]
#[collect(no_drop)]
struct Move<'gc> {
    from_object: Value<'gc>,
    to_object: Value<'gc>,
    first: i64,
    to: i64,
    count: i64,
    done: i64,
    is_forward: bool,
    stage: Motion,
}

#[derive(Clone, Copy, Collect)]
#[collect(require_static)]
enum Motion {
    /// It is to be found out whether both are the same object.
    Begin,
    Compared,
    Moved,
    Read,
}

impl<'gc> Inquiry<'gc> for Move<'gc> {
    const NAME: &'static str = "table.move";

    fn each_value(&self, see: &mut dyn FnMut(Value<'gc>)) {
        see(self.from_object);
        see(self.to_object);
    }

    fn next(&mut self, call: &mut Call<'_, 'gc>, answer: Value<'gc>) -> Result<Ask<'gc>, Raised<'gc>> {
        let ctx = call.ctx;
        match self.stage {
            Motion::Begin => {
                self.stage = Motion::Compared;
                return Ok(Ask::Answer(ctx.equals(self.from_object, self.to_object)));
            }
            Motion::Compared => self.is_forward = answer.is_falsy(),
            Motion::Read => {
                let to = Value::Integer(self.to + self.offset());
                self.stage = Motion::Moved;
                self.done += 1;
                return ask(ctx, ctx.set_index(self.to_object, to, answer));
            }
            Motion::Moved => {}
        }
        if self.done == self.count {
            call.leave(&[self.to_object]);
            return Ok(Ask::Done);
        }
        self.stage = Motion::Read;
        ask(ctx, ctx.index(self.from_object, Value::Integer(self.first + self.offset())))
    }
}

impl Move<'_> {
    /// The place, counted from the first, of the element that is moved next.
    fn offset(&self) -> i64 {
        if self.is_forward { self.done } else { self.count - 1 - self.done }
    }
}

const FUNCTIONS: &[Row] = rows! {
    in "table";
    "concat" => concat,
    "insert" => insert,
    "move" => move_,
    "pack" => pack,
    "remove" => remove,
    "sort" => sort,
    "unpack" => unpack,
};
