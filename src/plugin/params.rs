//! A behaviour's parameters in its script: the table `params`, and `params { speed = 2.0 }`.
//!
//! The table holds what the component says. A script that calls it declares which parameters there are, their defaults
//! and thereby their types; what was given is checked against that, and `params` is then both together. All of it is
//! read-only, so that what one sees in an inspector is what the script goes by.

use super::behaviour::{Param, ParamValue};
use super::class::hidden_metatable;
use super::environment::Shared;
use super::reflect::{hint, listed};
use crate::api::{Action, Call, Context, Native, Raised, Table, TableError, Value};

use std::rc::Rc;

/// The metatable of `params`, whose call declares.
pub(super) fn metatable<'gc>(ctx: Context<'gc>, shared: &Rc<Shared>) -> Result<Table<'gc>, TableError> {
    let declared = hidden_metatable(ctx, "params")?;
    let again = Native::new(ctx, "params", |_| Err(Raised::message("params {…} was called before in this script")));
    declared.set_field(ctx, "__call", Value::Native(again))?;
    declared.freeze();
    let metatable = hidden_metatable(ctx, "params")?;
    let to = Rc::clone(shared);
    let declare = Native::with_upvalues(ctx, "params", &[Value::Table(declared)], move |call| declare(call, &to));
    metatable.set_field(ctx, "__call", Value::Native(declare))?;
    metatable.freeze();
    Ok(metatable)
}

/// The table of a behaviour's parameters, before its script has declared any.
pub(super) fn table<'gc>(ctx: Context<'gc>, params: &[Param], metatable: Table<'gc>) -> Result<Table<'gc>, TableError> {
    let table = Table::with_capacity(ctx, 0, params.len());
    for param in params {
        let value = param_value(ctx, &param.value, 0)?;
        table.set(ctx, ctx.text(&param.name), value)?;
    }
    table.set_metatable(ctx, Some(metatable));
    table.freeze();
    Ok(table)
}

/// How deep lists may be nested; what lies deeper is left out.
const PARAM_DEPTH_MAX: u32 = 32;

fn param_value<'gc>(ctx: Context<'gc>, value: &ParamValue, depth: u32) -> Result<Value<'gc>, TableError> {
    Ok(match value {
        ParamValue::Bool(value) => Value::Boolean(*value),
        ParamValue::Integer(value) => Value::Integer(*value),
        ParamValue::Number(value) => Value::Float(*value),
        ParamValue::Text(value) => ctx.text(value),
        ParamValue::List(_) if depth >= PARAM_DEPTH_MAX => Value::Nil,
        ParamValue::List(values) => {
            let list = Table::new(ctx);
            for (index, value) in (1..).zip(values) {
                list.set_integer(ctx, index, param_value(ctx, value, depth + 1)?)?;
            }
            list.freeze();
            Value::Table(list)
        }
    })
}

/// `params {name = default, …}`: the defaults, and in their place what was given. It becomes the script's `params`.
fn declare<'gc>(call: &mut Call<'_, 'gc>, shared: &Shared) -> Result<Action<'gc>, Raised<'gc>> {
    let ctx = call.ctx;
    let (Value::Table(given), Value::Table(defaults)) = (call.arg(0), call.arg(1)) else {
        let got = call.arg(1).type_name();
        return Err(Raised::message(format!("params {{name = default, …}} wants a table, got {got}")));
    };
    let key = ctx.text("params");
    let environment = match call.environment() {
        Value::Table(environment) => environment,
        _ => ctx.globals(),
    };
    if !matches!(environment.get(ctx, key), Value::Table(known) if known.same(given)) {
        return Err(Raised::message("params {…} is called in the behaviour's own script, where params is its own"));
    }
    let merged = Table::new(ctx);
    let mut names = Vec::new();
    let mut position = 0;
    while let Some((next, name, value)) = defaults.next_from(ctx, position) {
        position = next;
        call.charge(1);
        let Value::String(text) = name else {
            let got = name.type_name();
            return Err(Raised::message(format!("params {{…}}: a parameter's name is a string, got a {got}")));
        };
        names.push(text.to_text().into_owned());
        merged.set(ctx, name, value)?;
    }
    names.sort_unstable();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    position = 0;
    while let Some((next, name, value)) = given.next_from(ctx, position) {
        position = next;
        call.charge(1);
        let default = defaults.get(ctx, name);
        let Value::String(text) = name else { continue };
        let text = text.to_text();
        if default.is_nil() {
            let hint = hint(&text, &names);
            let known = if hint.is_empty() { format!("; there are {}", known(&names)) } else { hint };
            let script = shared.script.borrow();
            return Err(Raised::message(format!("there is no parameter '{text}' in {script}{known}")));
        }
        let value = fitted(default, value).ok_or_else(|| mismatch(ctx, &text, default, value))?;
        merged.set(ctx, name, value)?;
    }
    if let Value::Table(declared) = call.upvalue(0) {
        merged.set_metatable(ctx, Some(declared));
    }
    merged.freeze();
    environment.set(ctx, key, Value::Table(merged))?;
    call.ret1(Value::Table(merged))
}

fn known(names: &[&str]) -> String {
    if names.is_empty() { "none".to_owned() } else { listed(names) }
}

/// What was given, as a value of the default's type; a whole number is one of either kind.
fn fitted<'gc>(default: Value<'gc>, given: Value<'gc>) -> Option<Value<'gc>> {
    match (default, given) {
        #[expect(clippy::cast_precision_loss, reason = "the nearest float is what is wanted")]
        (Value::Float(_), Value::Integer(given)) => Some(Value::Float(given as f64)),
        (Value::Integer(_), Value::Float(given)) => crate::api::number::float_to_integer(given).map(Value::Integer),
        (default, given) => (default.type_name() == given.type_name()).then_some(given),
    }
}

#[cold]
fn mismatch<'gc>(ctx: Context<'gc>, name: &str, default: Value<'gc>, given: Value<'gc>) -> Raised<'gc> {
    if let (Value::Integer(default), Value::Float(given)) = (default, given) {
        return Raised::message(format!(
            "parameter '{name}' is a whole number, got {given}; to allow fractions, write the default as {default}.0"
        ));
    }
    let shown = match given {
        Value::String(text) => format!("the string '{}'", text.to_text().chars().take(40).collect::<String>()),
        Value::Boolean(_) | Value::Integer(_) | Value::Float(_) => {
            format!("the {} {}", given.type_name(), ctx.plain_string(given).to_text())
        }
        other => format!("a {}", other.type_name()),
    };
    Raised::message(format!("parameter '{name}' is a {}, as its default says; got {shown}", default.type_name()))
}
