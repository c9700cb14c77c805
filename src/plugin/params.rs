//! A behaviour's parameters in its script: the table `params`, and `params { speed = 2.0 }`.
//!
//! The table holds what the component says. A script that calls it declares which parameters there are, their defaults
//! and thereby their types; what was given is checked against that, and `params` is then both together. All of it is
//! read-only, so that what one sees in an inspector, in [`DeclaredParams`], is what the script goes by.

use std::rc::Rc;

use bevy::ecs::component::Component;
use bevy::ecs::entity::Entity;
use bevy::ecs::reflect::ReflectComponent;
use bevy::ecs::world::World;
use bevy::reflect::Reflect;
use bevy::reflect::std_traits::ReflectDefault;

use super::behaviour::Behaviour;
use super::class::hidden_metatable;
use super::data::{LuaData, LuaFields};
use super::entity::world_of;
use super::environment::Shared;
use super::reflect::{Builder, hint, listed};
use crate::api::{Action, Call, Context, Native, Raised, Table, TableError, Value};

/// The parameters that the script of a [`Behaviour`](super::Behaviour) has declared, beside it.
///
/// The plugin writes it when the script calls `params {…}`, and takes it away when the behaviour ends or starts anew; an
/// entity whose script declares nothing has none. It is there to be looked at: to change a parameter, change the
/// behaviour's own and insert it anew.
///
/// # Example
///
/// ```
/// use deimos::testing::TestApp;
/// use deimos::{Behaviour, DeclaredParams, LuaData};
///
/// let mut app = TestApp::new();
/// let script = app.script("guard.lua", "params {speed = 2.0, name = 'guard'}");
/// let guard = app.world().spawn(Behaviour::new(script).with("speed", 3)).id();
/// app.frame();
///
/// let declared = app.world().get::<DeclaredParams>(guard).map(|declared| &declared.params[0]);
/// let speed = declared.map(|speed| (&*speed.name, &speed.default, &speed.value));
/// assert_eq!(speed, Some(("speed", &LuaData::Number(2.0), &LuaData::Number(3.0))));
/// ```
#[derive(Component, Reflect, Clone, Debug, Default, PartialEq)]
#[reflect(Component, Default, Clone, PartialEq)]
#[type_path = "deimos"]
#[component(clone_behavior = Ignore)]
pub struct DeclaredParams {
    /// The parameters, in the order in which the script declares them.
    pub params: Vec<DeclaredParam>,
}

/// A parameter that a script has declared.
#[derive(Reflect, Clone, Debug, Default, PartialEq)]
#[reflect(Default, Clone, PartialEq)]
#[type_path = "deimos"]
pub struct DeclaredParam {
    /// The field of `params`.
    pub name: String,
    /// The value where none is given. All values are of its kind.
    pub default: LuaData,
    /// The value that the script goes by.
    pub value: LuaData,
}

/// Takes away what the behaviour of an entity had declared.
pub(super) fn forget_declared(world: &mut World, entity: Entity) {
    if world.get::<DeclaredParams>(entity).is_some()
        && let Ok(mut found) = world.get_entity_mut(entity)
    {
        found.remove::<DeclaredParams>();
    }
}

/// The metatable of `params`, whose call declares.
pub(super) fn metatable<'gc>(ctx: Context<'gc>, shared: &Rc<Shared>) -> Result<Table<'gc>, TableError> {
    let declared = hidden_metatable(ctx, "params")?;
    let to = Rc::clone(shared);
    let again = Native::with_upvalues(ctx, "params", &[Value::Table(declared)], move |call| {
        if !to.defines.get() {
            return Err(Raised::message("params {…} was called before in this script"));
        }
        let entity = to.entity.get();
        let given = world_of(call)?.get::<Behaviour>(entity).map(|behaviour| behaviour.params.clone());
        let given = table(call.ctx, &given.unwrap_or_default(), None)?;
        declare(call, &to, given)
    });
    declared.set_field(ctx, "__call", Value::Native(again))?;
    declared.freeze();
    let metatable = hidden_metatable(ctx, "params")?;
    let to = Rc::clone(shared);
    let declare = Native::with_upvalues(ctx, "params", &[Value::Table(declared)], move |call| {
        let Value::Table(given) = call.arg(0) else { return call.ret0() };
        declare(call, &to, given)
    });
    metatable.set_field(ctx, "__call", Value::Native(declare))?;
    metatable.freeze();
    Ok(metatable)
}

/// The table of a behaviour's parameters, before its script has declared any.
pub(super) fn table<'gc>(
    ctx: Context<'gc>,
    params: &LuaFields,
    metatable: Option<Table<'gc>>,
) -> Result<Table<'gc>, TableError> {
    let table = Table::with_capacity(ctx, 0, params.len());
    for (name, value) in params {
        table.set(ctx, ctx.text(name), value.to_value(ctx, true)?)?;
    }
    table.set_metatable(ctx, metatable);
    table.freeze();
    Ok(table)
}

/// `params {name = default, …}`: the defaults, and in their place what was given. It becomes the script's `params`.
fn declare<'gc>(call: &mut Call<'_, 'gc>, shared: &Shared, given: Table<'gc>) -> Result<Action<'gc>, Raised<'gc>> {
    let ctx = call.ctx;
    let (Value::Table(called), Value::Table(defaults)) = (call.arg(0), call.arg(1)) else {
        let got = call.arg(1).type_name();
        return Err(Raised::message(format!("params {{name = default, …}} wants a table, got {got}")));
    };
    let key = ctx.text("params");
    let environment = match call.environment() {
        Value::Table(environment) => environment,
        _ => ctx.globals(),
    };
    if !matches!(environment.get(ctx, key), Value::Table(known) if known.same(called)) {
        return Err(Raised::message("params {…} is called in the behaviour's own script, where params is its own"));
    }
    let declared = declared(call, shared, given, defaults)?;
    let merged = Table::with_capacity(ctx, 0, declared.len());
    for param in &declared {
        merged.set(ctx, ctx.text(&param.name), param.value.to_value(ctx, true)?)?;
    }
    if let Value::Table(declared) = call.upvalue(0) {
        merged.set_metatable(ctx, Some(declared));
    }
    merged.freeze();
    environment.set(ctx, key, Value::Table(merged))?;
    if !declared.is_empty()
        && let Ok(mut found) = world_of(call)?.get_entity_mut(shared.entity.get())
    {
        found.insert(DeclaredParams { params: declared });
    }
    call.ret1(Value::Table(merged))
}

/// What a script declares, with what was given in its place.
fn declared<'gc>(
    call: &mut Call<'_, 'gc>,
    shared: &Shared,
    given: Table<'gc>,
    defaults: Table<'gc>,
) -> Result<Vec<DeclaredParam>, Raised<'gc>> {
    let ctx = call.ctx;
    let mut builder = Builder::new(ctx, world_of(call)?, "params");
    let mut declared = Vec::new();
    let mut position = 0;
    while let Some((next, name, default)) = defaults.next_from(ctx, position) {
        position = next;
        let Value::String(text) = name else {
            let got = name.type_name();
            return Err(Raised::message(format!("params {{…}}: a parameter's name is a string, got a {got}")));
        };
        let text = text.to_text().into_owned();
        let default = builder.named(&text, default).map_err(Raised::message)?;
        let value = match given.get(ctx, name) {
            Value::Nil => default.clone(),
            given => {
                let given = builder.named(&text, given).map_err(Raised::message)?;
                default.fitted(given).map_err(|given| mismatch(&text, &default, &given))?
            }
        };
        declared.push(DeclaredParam { name: text, default, value });
    }
    position = 0;
    while let Some((next, name, _)) = given.next_from(ctx, position) {
        position = next;
        ctx.charge(1);
        let Value::String(text) = name else { continue };
        if defaults.get(ctx, name).is_nil() {
            let mut names: Vec<&str> = declared.iter().map(|param| &*param.name).collect();
            names.sort_unstable();
            let (text, script) = (text.to_text(), shared.script.borrow());
            let hint = hint(ctx, &text, &names);
            let known = if hint.is_empty() { format!("; there are {}", known(&names)) } else { hint };
            return Err(Raised::message(format!("there is no parameter '{text}' in {script}{known}")));
        }
    }
    Ok(declared)
}

fn known(names: &[&str]) -> String {
    if names.is_empty() { "none".to_owned() } else { listed(names) }
}

#[cold]
fn mismatch<'gc>(name: &str, default: &LuaData, given: &LuaData) -> Raised<'gc> {
    if let (LuaData::Integer(default), LuaData::Number(given)) = (default, given) {
        return Raised::message(format!(
            "parameter '{name}' is a whole number, got {given}; to allow fractions, write the default as {default}.0"
        ));
    }
    let shown = match given {
        LuaData::Text(text) => format!("the string '{}'", text.chars().take(40).collect::<String>()),
        LuaData::Bool(_) | LuaData::Integer(_) | LuaData::Number(_) => format!("the {} {given}", given.kind()),
        other => with_article(other.kind()),
    };
    let wanted = with_article(default.kind());
    Raised::message(format!("parameter '{name}' is {wanted}, as its default says; got {shown}"))
}

fn with_article(kind: &str) -> String {
    let article = if kind.starts_with(['e', 'i']) { "an" } else { "a" };
    format!("{article} {kind}")
}
