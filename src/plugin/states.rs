//! States of the game in scripts: `states.get("GameState")`, `states.set`, `states.wait`.
//!
//! A script asks for a transition as a system does, and Bevy makes it before the next frame's scripts. Of a transition
//! Bevy tells nobody who does not know the type; so who waits compares the state once a frame.

use std::rc::Rc;

use bevy::ecs::reflect::AppTypeRegistry;
use bevy::ecs::world::World;
use bevy::reflect::{PartialReflect, Reflect, TypeRegistration, TypeRegistry, TypeRegistryArc};
use bevy::state::reflect::{ReflectFreelyMutableState, ReflectState};

use super::entity::world_of;
use super::environment::Shared;
use super::reflect::{Builder, copy_of, hint, listed, to_lua};
use super::scheduler::Request;
use super::wait::timeout;
use crate::api::{Action, Call, Collect, Context, Native, Raised, Sequence, Table, TableError, Value};

/// What it costs to find a state by its name, among all types that there are.
const LOOKUP_FUEL: usize = 100;

/// Adds `states` to the globals.
pub(super) fn install<'gc>(ctx: Context<'gc>, shared: &Rc<Shared>) -> Result<(), TableError> {
    let states = Table::new(ctx);
    states.set_field(ctx, "get", Value::Native(Native::new(ctx, "states.get", get)))?;
    states.set_field(ctx, "set", Value::Native(Native::new(ctx, "states.set", set)))?;
    let to = Rc::clone(shared);
    states.set_field(ctx, "wait", Value::Native(Native::new(ctx, "states.wait", move |call| wait(call, &to))))?;
    ctx.globals().set_field(ctx, "states", Value::Table(states))
}

/// A kind of state, as scripts name it.
struct Kind {
    name: String,
    types: TypeRegistryArc,
    registration: TypeRegistration,
    reflect: ReflectState,
}

impl Kind {
    /// The value that the state has now; none of one that is there only beside others, and these are not.
    fn now(&self, world: &World) -> Option<Box<dyn PartialReflect>> {
        self.reflect.reflect(world).map(|value| copy_of(value.as_partial_reflect()))
    }

    /// A value of the state's type.
    fn value<'gc>(&self, ctx: Context<'gc>, world: &World, value: Value<'gc>) -> Result<Box<dyn Reflect>, Raised<'gc>> {
        let info = self.registration.type_info();
        let mut builder = Builder::new(ctx, world, self.name.as_str());
        builder.build((info.type_id(), Some(info)), value, None).map_err(Raised::message)
    }
}

/// The state that the first argument names.
fn named<'gc>(call: &mut Call<'_, 'gc>) -> Result<Kind, Raised<'gc>> {
    let Value::String(name) = call.arg(0) else {
        let got = call.arg(0).type_name();
        return Err(Raised::argument(0, format!("name of a state expected, got {got}")));
    };
    let name = name.to_text().into_owned();
    call.charge(LOOKUP_FUEL);
    let Some(registry) = world_of(call)?.get_resource::<AppTypeRegistry>().cloned() else {
        return Err(Raised::message("this world has no type registry, so states cannot be found by name"));
    };
    let found = find(call.ctx, &registry.read(), &name).map_err(Raised::message)?;
    let (registration, reflect) = found;
    Ok(Kind { name, types: registry.0, registration, reflect })
}

fn find(ctx: Context<'_>, types: &TypeRegistry, name: &str) -> Result<(TypeRegistration, ReflectState), String> {
    let mut known: Vec<(&TypeRegistration, &ReflectState)> = types.iter_with_data::<ReflectState>().collect();
    known.sort_unstable_by_key(|(known, _)| known.type_info().type_path());
    let is_meant = |known: &TypeRegistration| {
        let path = known.type_info().type_path_table();
        path.short_path() == name || path.path() == name
    };
    let meant: Vec<_> = known.iter().filter(|(known, _)| is_meant(known)).collect();
    match meant.as_slice() {
        [(registration, reflect)] => Ok(((*registration).clone(), (*reflect).clone())),
        [] => {
            let names: Vec<&str> =
                known.iter().map(|(known, _)| known.type_info().type_path_table().short_path()).collect();
            let why = match names.as_slice() {
                [] => "; there are none: their types need #[reflect(State)]".to_owned(),
                names => format!("{}; there are: {}", hint(ctx, name, names), listed(names)),
            };
            Err(format!("unknown state '{name}'{why}"))
        }
        many => {
            let paths: Vec<&str> = many.iter().map(|(known, _)| known.type_info().type_path()).collect();
            Err(format!("'{name}' is ambiguous: write \"{}\"", paths.join("\" or \"")))
        }
    }
}

/// `states.get(name)`: the name of the variant, or a copy of the state; nil while it is not there.
fn get<'gc>(call: &mut Call<'_, 'gc>) -> Result<Action<'gc>, Raised<'gc>> {
    let kind = named(call)?;
    let ctx = call.ctx;
    let world: &World = world_of(call)?;
    let value = match kind.reflect.reflect(world) {
        Some(value) => to_lua(ctx, world, value.as_partial_reflect())?,
        None => Value::Nil,
    };
    call.ret1(value)
}

/// `states.set(name, value)`: asks for the transition. To the state that is there already there is none.
fn set<'gc>(call: &mut Call<'_, 'gc>) -> Result<Action<'gc>, Raised<'gc>> {
    let kind = named(call)?;
    let (ctx, given) = (call.ctx, call.arg(1));
    let world = world_of(call)?;
    let name = &kind.name;
    let Some(mutable) = kind.registration.data::<ReflectFreelyMutableState>() else {
        let remedy = "unless it follows from other states, its type needs #[reflect(State, FreelyMutableState)]";
        return Err(Raised::message(format!("the state '{name}' cannot be set, only read: {remedy}")));
    };
    if kind.reflect.reflect(world).is_none() {
        let why = "the app has not called init_state for it, or the state that it lies in is another one";
        return Err(Raised::message(format!("the state '{name}' is not there now: {why}")));
    }
    let value = kind.value(ctx, world, given)?;
    mutable.set_next_state_if_neq(world, &*value, &kind.types.read());
    call.ret0()
}

/// `states.wait(name [, value] [, timeout])`: until the state has the value, or another than it has now. What it is then;
/// nothing if that takes longer.
fn wait<'gc>(call: &mut Call<'_, 'gc>, shared: &Rc<Shared>) -> Result<Action<'gc>, Raised<'gc>> {
    let kind = named(call)?;
    let (ctx, given) = (call.ctx, call.arg(1));
    let left = timeout(call, 2)?;
    let world: &World = world_of(call)?;
    let until = match given {
        Value::Nil => Until::Changed(kind.now(world)),
        value => Until::Is(kind.value(ctx, world, value)?.into_partial_reflect()),
    };
    call.leave(&[]);
    Ok(Action::Start(Box::new(Waiting { reflect: kind.reflect, until, left, shared: Rc::clone(shared) })))
}

/// What a task waits for.
enum Until {
    Is(Box<dyn PartialReflect>),
    Changed(Option<Box<dyn PartialReflect>>),
}

impl Until {
    fn is_met(&self, now: Option<&dyn Reflect>) -> bool {
        let is = |value: &dyn PartialReflect| {
            now.is_some_and(|now| now.as_partial_reflect().reflect_partial_eq(value) == Some(true))
        };
        match self {
            Until::Is(value) => is(&**value),
            Until::Changed(Some(value)) => !is(&**value),
            Until::Changed(None) => now.is_some(),
        }
    }
}

/// A task that waits for a state.
#[derive(Collect)]
#[collect(require_static)]
struct Waiting {
    reflect: ReflectState,
    until: Until,
    /// How many seconds it may take yet.
    left: Option<f64>,
    shared: Rc<Shared>,
}

impl<'gc> Sequence<'gc> for Waiting {
    fn name(&self) -> &'static str {
        "states.wait"
    }

    fn poll(&mut self, call: &mut Call<'_, 'gc>) -> Result<Action<'gc>, Raised<'gc>> {
        let ctx = call.ctx;
        let world: &World = world_of(call)?;
        let now = self.reflect.reflect(world);
        if self.until.is_met(now) {
            let now = match now {
                Some(value) => to_lua(ctx, world, value.as_partial_reflect())?,
                None => Value::Nil,
            };
            return call.ret1(now);
        }
        // What comes back from the wait for a frame is how long that took.
        if let (Some(left), Value::Float(passed)) = (&mut self.left, call.arg(0)) {
            *left -= passed;
        }
        if self.left.is_some_and(|left| left <= 0.0) {
            return call.ret0();
        }
        self.shared.ask(call, Request::Frames(1))
    }
}
