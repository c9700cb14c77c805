//! Indexing and assignment off the loop's fast path.
//!
//! The loop handles what it finds at once: a field at its cached position, a list item. Everything else comes
//! here, out of line, so that the loop never holds a whole value in a temporary: a value that is also passed
//! to a function is kept in memory as sixteen bytes, and loading that right after its two halves were stored
//! stalls (measured 2026-11-22 on an array loop: 3.1 times slower than without).

use gc_arena::Lock;

use super::call_exits::Exit;
use super::context::Context;
use super::error::Raised;
use super::executor::WINDOW;
use super::function::{Ahead, CacheSlot, Glance, Native};
use super::long::Relation;
use super::meta::{Event, Meta};
use super::operate::{ArithOp, is_text};
use super::step::Step;
use super::string::LuaString;
use super::table::Table;
use super::thread::{Awaited, Pending};
use super::userdata::UserData;
use super::value::{Type, Value};
use crate::bytecode::{Count, Reg};

/// The running frame's registers, and a few slots behind the last that an instruction can name.
pub(super) type Window<'gc> = [Value<'gc>; WINDOW];

/// The value of a captured variable, which is in a cell if the `debug` library has put it there.
pub(super) fn contents(upvalue: Value<'_>) -> Value<'_> {
    match upvalue {
        Value::Cell(cell) => cell.get(),
        value => value,
    }
}

/// Where an instruction's answer goes, and the first slot behind the frame's registers, where a call of a metamethod
/// is laid out.
#[derive(Clone, Copy)]
pub(super) struct Place {
    pub(super) to: Reg,
    pub(super) free: u8,
}

impl Place {
    /// What is to be done with a metamethod's results.
    const fn pending(self) -> Pending {
        Pending::Results { to: self.to, want: Count::exactly(1) }
    }
}

/// Sets so many registers from one on to nil.
#[inline(never)]
pub(super) fn clear(regs: &mut Window<'_>, from: usize, count: usize) {
    regs.get_mut(from..from + count).unwrap_or_default().fill(Value::Nil);
}

#[inline(always)]
fn lay_out<'gc>(regs: &mut Window<'gc>, free: u8, call: &[Value<'gc>]) {
    if let Some(room) = regs.get_mut(usize::from(free)..usize::from(free) + call.len()) {
        room.copy_from_slice(call);
    }
}

/// The exit for a call that is laid out.
#[inline(always)]
const fn meta_call<'gc>(count: u8, pending: Pending) -> Exit<'gc> {
    Exit::Meta(Awaited::new(pending).with_count(count))
}

/// An operation's answer, or what has to be done for it.
#[expect(clippy::cast_possible_truncation, reason = "a metamethod has three arguments at most")]
fn answer<'gc>(
    regs: &mut Window<'gc>,
    free: u8,
    outcome: Result<Meta<'gc>, Raised<'gc>>,
    pending: Pending,
) -> Result<Value<'gc>, Exit<'gc>> {
    match outcome {
        Ok(Meta::Value(value)) => Ok(value),
        Ok(Meta::Call { function, args: [first, second, third], count }) => {
            lay_out(regs, free, &[function, first, second, third]);
            Err(meta_call(count as u8, pending))
        }
        Err(raised) => Err(Exit::Raise(raised)),
    }
}

fn store<'gc>(regs: &mut Window<'gc>, place: Place, outcome: Result<Meta<'gc>, Raised<'gc>>) -> Option<Exit<'gc>> {
    match answer(regs, place.free, outcome, place.pending()) {
        Ok(value) => {
            regs[usize::from(place.to.0)] = value;
            None
        }
        Err(exit) => Some(exit),
    }
}

/// `R[to] := left op right`, where the operands are not both numbers of the usual kinds.
#[inline(never)]
pub(super) fn arithmetic<'gc>(
    ctx: Context<'gc>,
    regs: &mut Window<'gc>,
    place: Place,
    op: ArithOp,
    left: Value<'gc>,
    right: Value<'gc>,
) -> Option<Exit<'gc>> {
    if let (Value::Table(_), _) | (_, Value::Table(_)) = (left, right) {
        let handler = ctx.either(left, right, op.event());
        if !handler.is_nil() {
            lay_out(regs, place.free, &[handler, left, right]);
            return Some(meta_call(2, place.pending()));
        }
    }
    store(regs, place, ctx.arithmetic(op, left, right))
}

/// `R[to] := #value`, where that is no table without a metatable.
#[inline(never)]
pub(super) fn length<'gc>(
    ctx: Context<'gc>,
    regs: &mut Window<'gc>,
    place: Place,
    value: Value<'gc>,
) -> Option<Exit<'gc>> {
    store(regs, place, ctx.length(value))
}

/// Concatenates so many operands from the register on.
#[inline(never)]
pub(super) fn concat<'gc>(
    ctx: Context<'gc>,
    regs: &mut Window<'gc>,
    place: Place,
    first_reg: Reg,
    count: u8,
) -> Option<Exit<'gc>> {
    let first = usize::from(first_reg.0);
    let operands = regs.get(first..first + usize::from(count)).unwrap_or_default();
    if let Some(text) = ctx.concat_short(operands) {
        regs[usize::from(place.to.0)] = Value::String(text);
        return None;
    }
    if !operands.iter().all(|value| is_text(*value)) {
        return Some(Exit::Concat(first_reg, count));
    }
    let outcome = ctx.concat_texts(operands);
    store(regs, place, outcome)
}

/// Whether the relation holds between two values that are not both numbers, nor the same table.
#[inline(never)]
pub(super) fn compare<'gc>(
    ctx: Context<'gc>,
    regs: &mut Window<'gc>,
    free: u8,
    pending: Pending,
    relation: Relation,
    (left, right): (Value<'gc>, Value<'gc>),
) -> Result<bool, Exit<'gc>> {
    if let (Value::Table(_), Value::Table(_)) = (left, right) {
        let event = match relation {
            Relation::Equal => Event::Eq,
            Relation::Less => Event::Lt,
            Relation::LessEqual => Event::Le,
        };
        let handler = ctx.either(left, right, event);
        if handler.is_function() {
            lay_out(regs, free, &[handler, left, right]);
            return Err(meta_call(2, pending));
        }
    }
    let outcome = match relation {
        Relation::Equal => Ok(ctx.equals(left, right)),
        Relation::Less => ctx.less_than(left, right),
        Relation::LessEqual => ctx.less_equal(left, right),
    };
    answer(regs, free, outcome, pending).map(|value| value.is_truthy())
}

/// `R[to] := object[key]`, where these are in registers and not a table and the number of an item. The operands are
/// looked at where they are: copied for a call, one that was made an instant ago would have to reach the cache first
/// (with [`set_index`], counting words took 1.1 times as long).
#[inline(never)]
pub(super) fn get_index<'gc>(
    ctx: Context<'gc>,
    regs: &mut Window<'gc>,
    place: Place,
    object: Reg,
    key: Reg,
) -> Option<Exit<'gc>> {
    let [object, key] = [object, key].map(|reg| usize::from(reg.0));
    if let (&Value::Table(table), &Value::String(key)) = (&regs[object], &regs[key])
        && !key.is_long()
    {
        let value = table.get_string(ctx, key);
        if !value.is_nil() || table.metatable().is_none() {
            regs[usize::from(place.to.0)] = value;
            return None;
        }
    }
    get(ctx, regs, place, regs[object], regs[key])
}

/// `object[key] := value`, where these are in registers and not a table and the number of an item.
#[inline(never)]
pub(super) fn set_index<'gc>(
    ctx: Context<'gc>,
    regs: &mut Window<'gc>,
    free: u8,
    operands: [Reg; 3],
) -> Option<Exit<'gc>> {
    let [object, key, value] = operands.map(|reg| usize::from(reg.0));
    if let (&Value::Table(table), &Value::String(key)) = (&regs[object], &regs[key])
        && !key.is_long()
        && table.try_set_string(ctx, key, &regs[value])
    {
        return None;
    }
    set(ctx, regs, free, regs[object], regs[key], regs[value])
}

/// `R[a] := object[key]`.
#[inline(never)]
pub(super) fn get<'gc>(
    ctx: Context<'gc>,
    regs: &mut Window<'gc>,
    place: Place,
    object: Value<'gc>,
    key: Value<'gc>,
) -> Option<Exit<'gc>> {
    ctx.charge_key(key);
    if let Value::Table(table) = object {
        let value = table.get(ctx, key);
        let Some(metatable) = table.metatable().filter(|_| value.is_nil()) else {
            regs[usize::from(place.to.0)] = value;
            return None;
        };
        let handler = ctx.event_of(metatable, Event::Index);
        if handler.is_function() {
            lay_out(regs, place.free, &[handler, object, key]);
            return Some(meta_call(2, place.pending()));
        }
    }
    store(regs, place, ctx.index(object, key))
}

/// The place of a field's value that is not nil: the table's own, or in tables that are each other's `__index`. The
/// positions in the table that has the field and in the metatables are cached. `None` if there is no such place, or if
/// it has to be looked for in another way. The answer is a single word and nothing else is called on the way: this is
/// how methods are found.
#[inline(never)]
pub(super) fn find_field<'gc>(
    ctx: Context<'gc>,
    table: Table<'gc>,
    key: LuaString<'gc>,
    slot: &CacheSlot,
) -> Option<&'gc Lock<Value<'gc>>> {
    // The usual case needs few registers, and so none saved.
    match field_as_before(ctx, table, key, slot) {
        Some(place) => Some(place),
        None => find_field_anywhere(ctx, table, key, slot),
    }
}

/// The place of a field, the table's own or a class's, if all is where it was the last time.
#[inline(always)]
fn field_as_before<'gc>(
    ctx: Context<'gc>,
    mut table: Table<'gc>,
    key: LuaString<'gc>,
    slot: &CacheSlot,
) -> Option<&'gc Lock<Value<'gc>>> {
    let (hash, index) = (key.unique_hash()?, *ctx.state().events.get(Event::Index as usize)?);
    for _ in 0..CLASSES_MAX {
        if table.may_have_unique(hash) {
            return table.place_at(key, &slot.field);
        }
        let metatable = table.metatable().filter(|_| !table.is_weak())?;
        let Value::Table(class) = metatable.place_at(index, &slot.meta)?.get() else { return None };
        table = class;
    }
    None
}

#[inline(never)]
fn find_field_anywhere<'gc>(
    ctx: Context<'gc>,
    table: Table<'gc>,
    key: LuaString<'gc>,
    slot: &CacheSlot,
) -> Option<&'gc Lock<Value<'gc>>> {
    let index = *ctx.state().events.get(Event::Index as usize)?;
    let (hash, index_hash) = (key.unique_hash()?, index.unique_hash()?);
    let mut table = table;
    for _ in 0..CLASSES_MAX {
        if let Some(place) = table.field_place(key, hash, &slot.field) {
            return Some(place);
        }
        let metatable = table.metatable().filter(|_| !table.is_weak())?;
        let Value::Table(class) = metatable.field_place(index, index_hash, &slot.meta)?.get() else { return None };
        table = class;
    }
    None
}

/// `R[a] := R[object][key]` for a constant string key that was not at its cached position. The object is looked at
/// where it is, as in [`get_index`].
#[inline(never)]
pub(super) fn get_field<'gc>(
    step: &mut Step<'_, 'gc>,
    regs: &mut Window<'gc>,
    place: Place,
    object: Reg,
    (key, slot): (LuaString<'gc>, &CacheSlot),
    ahead: Option<&Ahead<'gc>>,
) -> Option<Exit<'gc>> {
    match &regs[usize::from(object.0)] {
        &Value::UserData(object) => get_data_field(step, regs, place, object, (key, slot), ahead),
        object => get_field_of(step.ctx, regs, place, *object, key, slot),
    }
}

/// `R[a] := object[key]` for a userdata: its metamethod is asked first whether it needs a call.
#[inline(always)]
fn get_data_field<'gc>(
    step: &mut Step<'_, 'gc>,
    regs: &mut Window<'gc>,
    place: Place,
    object: UserData<'gc>,
    (key, slot): (LuaString<'gc>, &CacheSlot),
    ahead: Option<&Ahead<'gc>>,
) -> Option<Exit<'gc>> {
    let ctx = step.ctx;
    let Some(native) = native_of(ctx, object, Event::Index, slot) else {
        return store(regs, place, ctx.index(Value::UserData(object), Value::String(key)));
    };
    if let Some(glance) = native.glance() {
        let next = ahead.map_or(0, |ahead| ahead.next.get());
        let (host, value, memo, callee) = (&mut *step.host, &Value::Nil, &slot.field, native);
        if glance(Glance { ctx, host, object, key, value, memo, callee, ahead }, &mut regs[usize::from(place.to.0)]) {
            return None;
        }
        if ahead.is_some_and(|ahead| ahead.next.replace(next) != next) {
            // It cannot answer for all that it went on to, but may for the first.
            let look = Glance { ctx, host: step.host, object, key, value, memo, callee, ahead: None };
            if glance(look, &mut regs[usize::from(place.to.0)]) {
                return None;
            }
        }
    }
    lay_out(regs, place.free, &[Value::Native(native), Value::UserData(object), Value::String(key)]);
    Some(meta_call(2, place.pending()))
}

/// `R[a] := object[key]` for an object that is a captured variable, mostly a table of globals.
#[inline(never)]
pub(super) fn get_up_field<'gc>(
    step: &mut Step<'_, 'gc>,
    regs: &mut Window<'gc>,
    place: Place,
    object: Value<'gc>,
    (key, slot): (LuaString<'gc>, &CacheSlot),
    ahead: &Ahead<'gc>,
) -> Option<Exit<'gc>> {
    match object {
        Value::Table(table) if let Some(value) = find_field(step.ctx, table, key, slot) => {
            regs[usize::from(place.to.0)] = value.get();
            None
        }
        Value::UserData(object) => get_data_field(step, regs, place, object, (key, slot), Some(ahead)),
        _ => get_field_of(step.ctx, regs, place, object, key, slot),
    }
}

/// `R[a] := object[key]` for an object that is no userdata.
#[inline(never)]
fn get_field_of<'gc>(
    ctx: Context<'gc>,
    regs: &mut Window<'gc>,
    place: Place,
    object: Value<'gc>,
    key: LuaString<'gc>,
    slot: &CacheSlot,
) -> Option<Exit<'gc>> {
    if let Value::Table(table) = object {
        // A clear key bit proves that the object has no such field of its own; the cached position, which is
        // then the class's, stays.
        if table.may_have(key) {
            let value = table.get_and_cache(ctx, key, &slot.field);
            if !value.is_nil() {
                regs[usize::from(place.to.0)] = value;
                return None;
            }
        }
        let Some(metatable) = table.metatable() else {
            regs[usize::from(place.to.0)] = Value::Nil;
            return None;
        };
        if let Some(index) = ctx.state().events.get(Event::Index as usize) {
            let handler = metatable.get_cached(ctx, *index, &slot.meta);
            if handler.is_function() {
                lay_out(regs, place.free, &[handler, object, Value::String(key)]);
                return Some(meta_call(2, place.pending()));
            }
        }
    }
    if let Some(value) = inherited(ctx, object, key, slot) {
        regs[usize::from(place.to.0)] = value;
        return None;
    }
    store(regs, place, ctx.index(object, Value::String(key)))
}

/// The native function that is a userdata's metamethod; its position in the metatable is cached.
#[inline(always)]
fn native_of<'gc>(ctx: Context<'gc>, data: UserData<'gc>, event: Event, slot: &CacheSlot) -> Option<Native<'gc>> {
    let name = *ctx.state().events.get(event as usize)?;
    match data.metatable()?.place_cached(ctx, name, &slot.meta)?.get() {
        Value::Native(native) => Some(native),
        _ => None,
    }
}

/// The native function that a userdata calls, unless the machine runs that itself; its position in the metatable is
/// cached.
#[inline(never)]
pub(super) fn called_by<'gc>(ctx: Context<'gc>, data: UserData<'gc>, slot: &CacheSlot) -> Option<Native<'gc>> {
    native_of(ctx, data, Event::Call, slot).filter(|native| !native.kind().switches())
}

/// How many classes up a field is looked for here; from there on the general way is gone.
const CLASSES_MAX: usize = 6;

/// A field found through tables that are each other's `__index`, with the positions in the first metatable and in the
/// table that has the field cached: the usual way to a method. `None` if the general way has to be gone.
#[inline]
fn inherited<'gc>(ctx: Context<'gc>, object: Value<'gc>, key: LuaString<'gc>, slot: &CacheSlot) -> Option<Value<'gc>> {
    let mut metatable = match object {
        Value::Table(table) => table.metatable()?,
        Value::String(_) => ctx.type_metatable(Type::String)?,
        _ => return None,
    };
    let index = *ctx.state().events.get(Event::Index as usize)?;
    let mut next = metatable.get_cached(ctx, index, &slot.meta);
    for _ in 0..CLASSES_MAX {
        let Value::Table(class) = next else { return None };
        if class.may_have(key) {
            let value = class.get_cached(ctx, key, &slot.field);
            if !value.is_nil() {
                return Some(value);
            }
        }
        metatable = class.metatable()?;
        // Classes are made alike, so that theirs is mostly where the first one's is.
        next = metatable.at_cached(index, &slot.meta).unwrap_or_else(|| ctx.event_of(metatable, Event::Index));
    }
    None
}

/// The table's `__newindex`, or nil.
#[inline]
fn newindex<'gc>(ctx: Context<'gc>, table: Table<'gc>) -> Value<'gc> {
    table.metatable().map_or(Value::Nil, |metatable| ctx.event_of(metatable, Event::NewIndex))
}

/// `object[key] := value`.
#[inline(never)]
pub(super) fn set<'gc>(
    ctx: Context<'gc>,
    regs: &mut Window<'gc>,
    free: u8,
    object: Value<'gc>,
    key: Value<'gc>,
    value: Value<'gc>,
) -> Option<Exit<'gc>> {
    ctx.charge_key(key);
    if let Value::Table(table) = object {
        let handler = newindex(ctx, table);
        if handler.is_nil() {
            return table.set(ctx, key, value).err().map(|error| Exit::Raise(ctx.table_error(error, key)));
        }
        if handler.is_function() && table.get(ctx, key).is_nil() {
            lay_out(regs, free, &[handler, object, key, value]);
            return Some(meta_call(3, Pending::Discard));
        }
    }
    answer(regs, free, ctx.set_index(object, key, value), Pending::Discard).err()
}

/// `R[object][key] := R[value]` for a constant string key that was not at its cached position. The operands are looked
/// at where they are, as in [`get_index`].
#[inline(never)]
pub(super) fn set_field<'gc>(
    step: &mut Step<'_, 'gc>,
    regs: &mut Window<'gc>,
    (free, slot): (u8, &CacheSlot),
    (object, value): (Reg, Reg),
    key: LuaString<'gc>,
) -> Option<Exit<'gc>> {
    match &regs[usize::from(object.0)] {
        &Value::UserData(object) => set_data_field(step, regs, (free, slot), object, key, value),
        object => set_field_of(step.ctx, regs, (free, slot), *object, key, regs[usize::from(value.0)]),
    }
}

/// `object[key] := R[value]` for an object that is a captured variable.
#[inline(never)]
pub(super) fn set_up_field<'gc>(
    step: &mut Step<'_, 'gc>,
    regs: &mut Window<'gc>,
    (free, slot): (u8, &CacheSlot),
    (object, value): (Value<'gc>, Reg),
    key: LuaString<'gc>,
) -> Option<Exit<'gc>> {
    match object {
        Value::UserData(object) => set_data_field(step, regs, (free, slot), object, key, value),
        _ => set_field_of(step.ctx, regs, (free, slot), object, key, regs[usize::from(value.0)]),
    }
}

/// `object[key] := R[value]` for a userdata: its metamethod is asked first whether it needs a call.
#[inline(always)]
fn set_data_field<'gc>(
    step: &mut Step<'_, 'gc>,
    regs: &mut Window<'gc>,
    (free, slot): (u8, &CacheSlot),
    object: UserData<'gc>,
    key: LuaString<'gc>,
    value: Reg,
) -> Option<Exit<'gc>> {
    let ctx = step.ctx;
    let value = &regs[usize::from(value.0)];
    let Some(native) = native_of(ctx, object, Event::NewIndex, slot) else {
        let outcome = ctx.set_index(Value::UserData(object), Value::String(key), *value);
        return answer(regs, free, outcome, Pending::Discard).err();
    };
    if let Some(glance) = native.glance() {
        let (memo, callee) = (&slot.field, native);
        let look = Glance { ctx, host: step.host, object, key, value, memo, callee, ahead: None };
        if glance(look, &mut Value::Nil) {
            return None;
        }
    }
    let call = [Value::Native(native), Value::UserData(object), Value::String(key), *value];
    lay_out(regs, free, &call);
    Some(meta_call(3, Pending::Discard))
}

/// `object[key] := value` for an object that is no userdata.
#[inline(never)]
fn set_field_of<'gc>(
    ctx: Context<'gc>,
    regs: &mut Window<'gc>,
    (free, slot): (u8, &CacheSlot),
    object: Value<'gc>,
    key: LuaString<'gc>,
    value: Value<'gc>,
) -> Option<Exit<'gc>> {
    if let Value::Table(table) = object
        && newindex(ctx, table).is_nil()
    {
        let outcome = table.set_and_cache(ctx, key, value, &slot.field);
        return outcome.err().map(|error| Exit::Raise(ctx.table_error(error, Value::String(key))));
    }
    answer(regs, free, ctx.set_index(object, Value::String(key), value), Pending::Discard).err()
}

/// `table[start + i] := values[i]` for all of them, counted from 1.
pub(super) fn set_list<'gc>(
    ctx: Context<'gc>,
    table: Table<'gc>,
    start: u32,
    values: &[Value<'gc>],
) -> Result<(), Raised<'gc>> {
    if table.try_set_list(ctx, start, values) {
        return Ok(());
    }
    let mut key = i64::from(start);
    for value in values {
        key += 1;
        table.set_integer(ctx, key, *value)?;
    }
    Ok(())
}
