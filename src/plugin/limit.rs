//! Limits of the fields of components that were defined in Lua: `{hp = {min = 0, max = 100}, mode = {one_of = {"a", "b"}}}`.
//!
//! They are data rather than functions, so that no script runs in the midst of a write; and a limit holds whichever way a
//! script writes. What Rust writes and what a scene brings is taken as it is.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use bevy::reflect::PartialReflect;

use super::data::{LuaData, LuaFields};
use super::reflect::{Builder, hint, listed};
use crate::api::{Context, Table, Value};

/// The limits of a component, by the names of the fields that have one.
pub(super) type Limits = BTreeMap<String, Limit>;

/// What a field may hold, of the values of its type.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Limit {
    /// Numbers from the one to the other, both included.
    Range(Option<LuaData>, Option<LuaData>),
    /// One of these.
    OneOf(Vec<LuaData>),
}

impl Limit {
    /// Refuses a value that is beyond the limit.
    ///
    /// # Errors
    /// The message says what would do.
    pub(super) fn check(&self, value: &LuaData) -> Result<(), String> {
        let is_within = match self {
            Limit::Range(min, max) => {
                let is_beyond = |limit: &Option<LuaData>, wanted: Ordering| {
                    limit.as_ref().is_some_and(|limit| order(value, limit).is_none_or(|order| order == wanted))
                };
                !is_beyond(min, Ordering::Less) && !is_beyond(max, Ordering::Greater)
            }
            Limit::OneOf(values) => values.iter().any(|other| order(value, other) == Some(Ordering::Equal)),
        };
        if is_within { Ok(()) } else { Err(format!("it must be {}, got {value}", self.described())) }
    }

    /// As [`Limit::check`], for a value as it lies in data.
    ///
    /// # Errors
    /// As [`Limit::check`].
    pub(super) fn check_part(&self, value: &dyn PartialReflect) -> Result<(), String> {
        if let Some(&value) = value.try_downcast_ref::<i64>() {
            return self.check(&LuaData::Integer(value));
        }
        if let Some(&value) = value.try_downcast_ref::<f64>() {
            return self.check(&LuaData::Number(value));
        }
        match value.try_downcast_ref::<String>() {
            Some(value) => self.check(&LuaData::Text(value.clone())),
            None => Ok(()),
        }
    }

    fn described(&self) -> String {
        match self {
            Limit::Range(Some(min), Some(max)) => format!("from {min} to {max}"),
            Limit::Range(Some(min), None) => format!("{min} or more"),
            Limit::Range(None, Some(max)) => format!("{max} or less"),
            Limit::Range(None, None) => "anything".to_owned(),
            Limit::OneOf(values) => {
                let values: Vec<String> = values.iter().map(ToString::to_string).collect();
                format!("one of {}", values.join(", "))
            }
        }
    }
}

/// How two values of the same type lie to each other; `None` for NaN, and for what is in no order.
fn order(a: &LuaData, b: &LuaData) -> Option<Ordering> {
    match (a, b) {
        (LuaData::Integer(a), LuaData::Integer(b)) => Some(a.cmp(b)),
        (LuaData::Number(a), LuaData::Number(b)) => a.partial_cmp(b),
        (LuaData::Text(a), LuaData::Text(b)) => Some(a.cmp(b)),
        _ => None,
    }
}

/// The limits that a script gives to the fields of a component, which their defaults keep.
///
/// # Errors
/// If they cannot be; the message says which and why.
pub(super) fn limits<'gc>(
    builder: &mut Builder<'_, 'gc>,
    (ctx, component): (Context<'gc>, &str),
    defaults: &LuaFields,
    given: Table<'gc>,
) -> Result<Limits, String> {
    let mut limits = Limits::new();
    let mut position = 0;
    while let Some((next, key, value)) = given.next_from(ctx, position) {
        position = next;
        let field = ctx.plain_string(key).to_text().into_owned();
        let Some(default) = defaults.get(&field).filter(|_| matches!(key, Value::String(_))) else {
            let names: Vec<&str> = defaults.keys().map(String::as_str).collect();
            let hint = hint(ctx, &field, &names);
            return Err(format!("cannot limit '{component}.{field}': there is no such field{hint}"));
        };
        let limit =
            limit(builder, ctx, default, value).map_err(|why| format!("cannot limit '{component}.{field}': {why}"))?;
        limit
            .check(default)
            .map_err(|why| format!("the default of '{component}.{field}' is beyond its limit: {why}"))?;
        limits.insert(field, limit);
    }
    Ok(limits)
}

const LIMITS: [&str; 3] = ["max", "min", "one_of"];

/// How many values `one_of` lists, and how long they are: each write looks through them.
const VALUES_MAX: usize = 64;
const VALUE_BYTES_MAX: usize = 64;

fn limit<'gc>(
    builder: &mut Builder<'_, 'gc>,
    ctx: Context<'gc>,
    default: &LuaData,
    value: Value<'gc>,
) -> Result<Limit, String> {
    if !matches!(default, LuaData::Integer(_) | LuaData::Number(_) | LuaData::Text(_)) {
        return Err("numbers and strings can have limits".to_owned());
    }
    let Value::Table(given) = value else {
        return Err(format!(
            "a table like {{min = 0, max = 100}} or {{one_of = {{…}}}} is wanted, got a {}",
            value.type_name()
        ));
    };
    let mut position = 0;
    while let Some((next, key, _)) = given.next_from(ctx, position) {
        position = next;
        if !LIMITS.iter().any(|name| matches!(key, Value::String(key) if key.as_bytes() == name.as_bytes())) {
            let key = ctx.plain_string(key).to_text().into_owned();
            let hint = hint(ctx, &key, &LIMITS);
            return Err(format!("there is no limit '{key}'{hint}; there are: {}", listed(&LIMITS)));
        }
    }
    let [max, min, one_of] = LIMITS.map(|name| given.get(ctx, ctx.text(name)));
    match (min, max, one_of) {
        (Value::Nil, Value::Nil, Value::Table(list)) => {
            let count = list.len();
            if usize::try_from(count).is_ok_and(|count| count > VALUES_MAX) {
                return Err(format!("'one_of' lists at most {VALUES_MAX} values, got {count}"));
            }
            let values = (1..=count).map(|index| like(builder, default, list.get_integer(ctx, index)));
            let values = values.collect::<Result<Vec<LuaData>, String>>()?;
            if values.is_empty() { Err("'one_of' lists nothing".to_owned()) } else { Ok(Limit::OneOf(values)) }
        }
        (min, max, Value::Nil) if default.as_number().is_some() && !(min.is_nil() && max.is_nil()) => {
            let mut end =
                |value: Value<'gc>| if value.is_nil() { Ok(None) } else { like(builder, default, value).map(Some) };
            let (min, max) = (end(min)?, end(max)?);
            match (&min, &max) {
                (Some(min), Some(max)) if order(min, max).is_none_or(Ordering::is_gt) => {
                    Err(format!("nothing is from {min} to {max}"))
                }
                _ => Ok(Limit::Range(min, max)),
            }
        }
        (Value::Nil, Value::Nil, Value::Nil) => Err("it says nothing".to_owned()),
        (Value::Nil, Value::Nil, other) => Err(format!("'one_of' lists values, got a {}", other.type_name())),
        (_, _, Value::Nil) => Err("'min' and 'max' are limits of numbers".to_owned()),
        _ => Err("it is either 'one_of' or 'min' and 'max'".to_owned()),
    }
}

/// A value of a limit, of the type of the field's default.
fn like<'gc>(builder: &mut Builder<'_, 'gc>, default: &LuaData, value: Value<'gc>) -> Result<LuaData, String> {
    let data = builder.data(value, 1)?;
    match (default, data) {
        #[expect(clippy::cast_precision_loss, reason = "Lua converts integers to floats in the same way")]
        (LuaData::Number(_), LuaData::Integer(value)) => Ok(LuaData::Number(value as f64)),
        (LuaData::Text(_), LuaData::Text(text)) if text.len() > VALUE_BYTES_MAX => {
            Err(format!("a value of 'one_of' has at most {VALUE_BYTES_MAX} bytes, got {}", text.len()))
        }
        (LuaData::Number(_), LuaData::Number(value)) if value.is_nan() => Err("NaN is no limit".to_owned()),
        (default, data) if std::mem::discriminant(default) == std::mem::discriminant(&data) => Ok(data),
        (_, data) => Err(format!("{data} is not of the field's type")),
    }
}
