//! Rust functions that scripts call: Bevy systems with an input, and plain closures.
//!
//! A system is kept by its function and run on the spot, with the world that the machine passes on; commands it has
//! queued are applied before it returns to the script. Conversion is by type, as for all functions of the machine.

use std::borrow::Cow;
use std::cell::RefCell;

use bevy::app::App;
use bevy::ecs::system::{In, IntoSystem, System, SystemIn};
use bevy::log::error;

use super::entity::world_of;
use super::scheduler::Scripts;
use crate::api::{Action, Call, Context, FromArgs, IntoReturns, Native, Raised, Table, Value};

/// Adds Rust functions to what scripts can call.
pub trait AppLuaExt {
    /// Adds a function, under a name that scripts find among their globals: `damage`, or `combat.damage`.
    ///
    /// It is a Bevy system whose input, if it has one, is the arguments, or a closure that takes them. Both are called at once and
    /// return to the script. Arguments and results are whatever converts by [`FromLua`](crate::FromLua) and
    /// [`IntoLua`](crate::IntoLua), vectors, colours and handles among them; a type that derives `Reflect` does so in a
    /// [`Reflected`](crate::Reflected). An argument that does not convert is an error in the script that names it, and
    /// so is a returned `Err`. Call it before the first behaviour starts: from then on the globals are read-only, and an error is
    /// logged instead.
    ///
    /// # Example
    ///
    /// ```
    /// use bevy::prelude::*;
    /// use deimos::testing::TestApp;
    /// use deimos::{AppLuaExt, LuaFunction};
    ///
    /// #[derive(Component)]
    /// struct Health(f32);
    ///
    /// let mut test = TestApp::new();
    /// test.app()
    ///     .add_lua_function(
    ///         LuaFunction::new("damage").arguments(["target", "amount"]).documentation("What is left of its health."),
    ///         |In((target, amount)): In<(Entity, f32)>, mut health: Query<&mut Health>| {
    ///             let mut health = health.get_mut(target).map_err(|_| "it has no health")?;
    ///             health.0 -= amount;
    ///             Ok::<f32, &str>(health.0)
    ///         },
    ///     )
    ///     .add_lua_function("double", |x: f64| 2.0 * x);
    /// test.run_on("print(damage(self, double(1.5)))", Health(10.0));
    /// test.frame();
    /// assert_eq!(test.prints(), ["7.0"]);
    /// ```
    fn add_lua_function<Marker>(
        &mut self,
        function: impl Into<LuaFunction>,
        run: impl IntoLuaFunction<Marker>,
    ) -> &mut Self;
}

/// A Rust function as scripts see it: its name, and what people are told about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LuaFunction {
    name: Cow<'static, str>,
    arguments: Vec<Cow<'static, str>>,
    documentation: Cow<'static, str>,
}

impl LuaFunction {
    /// A function with this name. Points lead into tables: `combat.damage`.
    pub fn new(name: impl Into<Cow<'static, str>>) -> LuaFunction {
        LuaFunction { name: name.into(), arguments: Vec::new(), documentation: Cow::Borrowed("") }
    }

    /// Names the arguments, for people.
    #[must_use]
    pub fn arguments<Name: Into<Cow<'static, str>>>(mut self, names: impl IntoIterator<Item = Name>) -> LuaFunction {
        self.arguments = names.into_iter().map(Into::into).collect();
        self
    }

    /// Says what the function does, for people.
    #[must_use]
    pub fn documentation(mut self, text: impl Into<Cow<'static, str>>) -> LuaFunction {
        self.documentation = text.into();
        self
    }

    /// The name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The names of the arguments.
    pub fn argument_names(&self) -> impl Iterator<Item = &str> {
        self.arguments.iter().map(|name| &**name)
    }

    /// What the function does.
    pub fn text(&self) -> &str {
        &self.documentation
    }
}

impl From<&'static str> for LuaFunction {
    fn from(name: &'static str) -> LuaFunction {
        LuaFunction::new(name)
    }
}

impl From<String> for LuaFunction {
    fn from(name: String) -> LuaFunction {
        LuaFunction::new(name)
    }
}

/// What scripts can call: a Bevy system with an input, or a closure. `Marker` tells which.
pub trait IntoLuaFunction<Marker> {
    /// The function as the machine calls it.
    #[doc(hidden)]
    fn into_run(self, name: &str) -> Run;
}

/// A function as the machine calls it.
#[doc(hidden)]
pub type Run = Box<dyn for<'a, 'gc> Fn(&mut Call<'a, 'gc>) -> Result<Action<'gc>, Raised<'gc>>>;

/// Marks what is a system.
#[doc(hidden)]
#[derive(Debug)]
pub struct IsSystem;

/// Marks what is a closure.
#[doc(hidden)]
#[derive(Debug)]
pub struct IsClosure;

/// Marks what is a system without an input.
#[doc(hidden)]
#[derive(Debug)]
pub struct IsPlainSystem;

impl<S, A, R, M> IntoLuaFunction<(IsSystem, A, R, M)> for S
where
    S: IntoSystem<In<A>, R, M>,
    A: for<'gc> FromArgs<'gc> + 'static,
    R: for<'gc> IntoReturns<'gc> + 'static,
{
    fn into_run(self, name: &str) -> Run {
        run_system(IntoSystem::into_system(self), name, |args: A| args)
    }
}

impl<S, R, M> IntoLuaFunction<(IsPlainSystem, R, M)> for S
where
    S: IntoSystem<(), R, M>,
    R: for<'gc> IntoReturns<'gc> + 'static,
{
    fn into_run(self, name: &str) -> Run {
        run_system(IntoSystem::into_system(self), name, |()| ())
    }
}

/// A function that runs a system; `input` makes its input of the arguments.
fn run_system<S, A>(system: S, name: &str, input: impl Fn(A) -> SystemIn<'static, S> + 'static) -> Run
where
    S: System,
    A: for<'gc> FromArgs<'gc>,
    S::Out: for<'gc> IntoReturns<'gc>,
{
    let name = name.to_owned();
    let system = RefCell::new((system, false));
    Box::new(move |call| {
        let args = input(call.check_all::<A>()?);
        let world = world_of(call)?;
        let Ok(mut system) = system.try_borrow_mut() else {
            return Err(Raised::message(format!("'{name}' is running already")));
        };
        let (system, is_initialized) = &mut *system;
        if !std::mem::replace(is_initialized, true) {
            system.initialize(world);
        }
        match system.run(args, world) {
            Ok(returns) => give(call, returns),
            Err(error) => Err(Raised::message(format!("'{name}' could not run: {error}"))),
        }
    })
}

impl<F, A, R> IntoLuaFunction<(IsClosure, A, R)> for F
where
    F: Fn(A) -> R + 'static,
    A: for<'gc> FromArgs<'gc> + 'static,
    R: for<'gc> IntoReturns<'gc> + 'static,
{
    fn into_run(self, _: &str) -> Run {
        Box::new(move |call| {
            let args = call.check_all::<A>()?;
            give(call, self(args))
        })
    }
}

fn give<'gc, R: IntoReturns<'gc>>(call: &mut Call<'_, 'gc>, returns: R) -> Result<Action<'gc>, Raised<'gc>> {
    let ctx = call.ctx;
    call.leave(&[]);
    returns.into_returns(ctx, &mut |value| call.push(value))?;
    Ok(Action::Return)
}

/// Functions that were added before there was a machine.
#[derive(Default)]
struct Pending(Vec<(LuaFunction, Run)>);

impl AppLuaExt for App {
    fn add_lua_function<Marker>(
        &mut self,
        function: impl Into<LuaFunction>,
        run: impl IntoLuaFunction<Marker>,
    ) -> &mut App {
        let function = function.into();
        let run = run.into_run(function.name());
        let world = self.world_mut();
        if let Some(mut scripts) = world.get_non_send_mut::<Scripts>() {
            add(&mut scripts, function, run);
            return self;
        }
        if world.get_non_send::<Pending>().is_none() {
            world.insert_non_send(Pending::default());
        }
        if let Some(mut pending) = world.get_non_send_mut::<Pending>() {
            pending.0.push((function, run));
        }
        self
    }
}

/// Adds the functions that were added to the app before the plugin was.
pub(super) fn add_pending(app: &mut App) {
    let Some(pending) = app.world_mut().remove_non_send::<Pending>() else { return };
    if let Some(mut scripts) = app.world_mut().get_non_send_mut::<Scripts>() {
        for (function, run) in pending.0 {
            add(&mut scripts, function, run);
        }
    }
}

fn add(scripts: &mut Scripts, function: LuaFunction, run: Run) {
    let added = scripts.lua().enter(|ctx| {
        let native = Value::Native(Native::new(ctx, function.name(), run));
        place(ctx, function.name(), native).map_err(|raised| match raised.to_value(ctx) {
            Value::String(text) => text.to_text().into_owned(),
            _ => String::new(),
        })
    });
    match added {
        Ok(()) => scripts.note_function(function),
        Err(reason) => error!(target: "deimos", "the Lua function '{}' was not added: {reason}", function.name()),
    }
}

/// Makes the tables that functions were put into read-only, and with them all tables in these that lie on the way.
pub(super) fn freeze<'gc>(ctx: Context<'gc>, functions: &[LuaFunction]) {
    for function in functions {
        let mut table = ctx.globals();
        let (tables, _) = function.name().rsplit_once('.').unwrap_or_default();
        for part in tables.split('.') {
            let Value::Table(inner) = table.get(ctx, ctx.text(part)) else { break };
            inner.freeze();
            table = inner;
        }
    }
}

/// Sets a global, or a field of tables that are made where they are missing.
fn place<'gc>(ctx: Context<'gc>, path: &str, value: Value<'gc>) -> Result<(), Raised<'gc>> {
    let mut table = ctx.globals();
    let (tables, name) = path.rsplit_once('.').unwrap_or(("", path));
    for part in tables.split('.').filter(|part| !part.is_empty()) {
        table = match table.get(ctx, ctx.text(part)) {
            Value::Table(inner) => inner,
            Value::Nil => {
                let inner = Table::new(ctx);
                table.set_field(ctx, part, Value::Table(inner))?;
                inner
            }
            other => return Err(Raised::message(format!("'{part}' is a {} already", other.type_name()))),
        };
    }
    table.set_field(ctx, name, value)?;
    Ok(())
}
