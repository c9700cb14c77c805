//! A behaviour's `state`: a table that outlives changes of its script.
//!
//! Most behaviours never look at theirs, and an empty table for each would be an eighth of what an idle one takes. So it
//! is made when it is first asked for: by the script, whose read of the global `state` then finds nothing and ends up in
//! the metatable of the shared globals; or by others through `entity.state`; or when it is to be handed to someone.

use std::rc::Rc;

use bevy::ecs::entity::Entity;

use super::class::hidden_metatable;
use super::entity::as_entity;
use super::environment::Shared;
use crate::api::{Action, Call, Context, Native, Raised, Table, TableError, Value};

/// The tables that `state` takes: both by the place of a behaviour's body.
#[derive(Clone, Copy)]
pub(super) struct States<'gc> {
    /// Those that have been made; `false` or nothing where there is none.
    pub(super) made: Table<'gc>,
    /// The environments of behaviours: by this is known whose state a script's function means. It is `true` where
    /// the script has come to its end, and `false` or nothing where there is no behaviour.
    pub(super) environments: Table<'gc>,
}

impl<'gc> States<'gc> {
    /// The state of a behaviour, which is made if there is none.
    pub(super) fn make(self, ctx: Context<'gc>, place: i64) -> Result<Table<'gc>, TableError> {
        if let Value::Table(state) = self.made.get_integer(ctx, place) {
            return Ok(state);
        }
        let state = Table::new(ctx);
        self.made.set_integer(ctx, place, Value::Table(state))?;
        Ok(state)
    }

    /// The state of a behaviour that has had its first turn.
    pub(super) fn of_begun(self, ctx: Context<'gc>, place: i64) -> Result<Option<Table<'gc>>, TableError> {
        match self.environments.get_integer(ctx, place) {
            Value::Table(_) | Value::Boolean(true) => self.make(ctx, place).map(Some),
            _ => Ok(None),
        }
    }

    /// Lets go of the environment of a behaviour whose script has come to its end.
    pub(super) fn finish(self, ctx: Context<'gc>, place: i64) {
        // The place exists, so nothing is allocated that could fail.
        let _ = self.environments.set_integer(ctx, place, Value::Boolean(true));
    }

    /// Forgets a behaviour.
    pub(super) fn forget(self, ctx: Context<'gc>, place: i64) {
        for table in [self.made, self.environments] {
            if !table.get_integer(ctx, place).is_nil() {
                // The place exists, so nothing is allocated that could fail.
                let _ = table.set_integer(ctx, place, Value::Boolean(false));
            }
        }
    }
}

/// Lets scripts find `state`. `scope` is the metatable of behaviours' environments.
pub(super) fn install<'gc>(
    ctx: Context<'gc>,
    shared: &Rc<Shared>,
    scope: Table<'gc>,
    states: States<'gc>,
) -> Result<(), TableError> {
    let shared = Rc::clone(shared);
    let upvalues = [scope, states.made, states.environments].map(Value::Table);
    let absent = Native::with_upvalues(ctx, "state", &upvalues, move |call| absent_global(call, &shared));
    let metatable = hidden_metatable(ctx, "globals")?;
    metatable.set_field(ctx, "__index", Value::Native(absent))?;
    metatable.freeze();
    ctx.globals().set_metatable(ctx, Some(metatable));
    Ok(())
}

/// What a global is that is neither the script's own nor a shared one: nil, but for `state` in a behaviour.
fn absent_global<'gc>(call: &mut Call<'_, 'gc>, shared: &Shared) -> Result<Action<'gc>, Raised<'gc>> {
    let key = call.arg(1);
    if !matches!(key, Value::String(name) if name.as_bytes() == b"state") {
        return call.ret1(Value::Nil);
    }
    let ctx = call.ctx;
    let (Value::Table(scope), Value::Table(made), Value::Table(environments), Value::Table(environment)) =
        (call.upvalue(0), call.upvalue(1), call.upvalue(2), call.environment())
    else {
        return call.ret1(Value::Nil);
    };
    // Modules have none.
    if !environment.metatable().is_some_and(|metatable| metatable.same(scope)) {
        return call.ret1(Value::Nil);
    }
    let states = States { made, environments };
    let own = as_entity(environment.get(ctx, ctx.text("self")));
    let state = match place_of(ctx, shared, states, environment, own) {
        Some(place) => states.make(ctx, place)?,
        // The function has outlived its behaviour.
        None => Table::new(ctx),
    };
    environment.set(ctx, key, Value::Table(state))?;
    call.ret1(Value::Table(state))
}

/// The place of the behaviour that an environment belongs to: mostly that of the one that runs; but a function may have been
/// handed to another behaviour.
fn place_of<'gc>(
    ctx: Context<'gc>,
    shared: &Shared,
    states: States<'gc>,
    environment: Table<'gc>,
    own: Option<Entity>,
) -> Option<i64> {
    let behaviours = shared.behaviours.borrow();
    let places = [Some(shared.entity.get()), own].into_iter().flatten().filter_map(|entity| behaviours.get(&entity));
    let mut places = places.map(|body| i64::from(*body) + 1);
    places.find(|place| {
        let known = states.environments.get_integer(ctx, *place);
        matches!(known, Value::Table(known) if known.same(environment))
    })
}
