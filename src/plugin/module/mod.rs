//! Modules: `require "scripts.util"`.
//!
//! A module is a script that runs once for each world and whose value all who require it share. It is loaded as any
//! asset, so the first call suspends its task until the file is there; whoever requires it meanwhile waits too. It runs in
//! the task that asked first, in an environment of its own before the globals: it has no `self`. Its own `require` knows
//! who asks, so a change of a file reaches everyone who depends on it, and a circle is an error rather than a wait
//! without end.

mod graph;
mod path;

use std::rc::Rc;

use bevy::asset::{AssetPath, AssetServer, Assets, Handle, LoadState};
use bevy::ecs::world::World;

pub(super) use graph::{By, Modules, Outdated};

use super::asset::LuaScript;
use super::entity::world_of;
use super::environment::Shared;
use super::scheduler::{Request, reason};
use crate::api::{Action, Call, Collect, Context, Native, Raised, Sequence, Table, TableError, Value};

/// Adds `require` to the globals. `scope` is the metatable of environments, `values` keeps what modules returned.
pub(super) fn install<'gc>(
    ctx: Context<'gc>,
    shared: &Rc<Shared>,
    scope: Table<'gc>,
    values: Table<'gc>,
) -> Result<(), TableError> {
    ctx.globals().set_field(ctx, "require", Value::Native(require(ctx, shared, None, scope, values)))
}

/// The `require` of a module, or the one of all behaviours.
fn require<'gc>(
    ctx: Context<'gc>,
    shared: &Rc<Shared>,
    module: Option<usize>,
    scope: Table<'gc>,
    values: Table<'gc>,
) -> Native<'gc> {
    let shared = Rc::clone(shared);
    Native::with_upvalues(ctx, "require", &[Value::Table(scope), Value::Table(values)], move |call| {
        let Value::String(name) = call.arg(0) else {
            let got = call.arg(0).type_name();
            return Err(Raised::argument(0, format!("name of a module expected, got {got}")));
        };
        let (Value::Table(scope), Value::Table(values)) = (call.upvalue(0), call.upvalue(1)) else {
            return call.ret0();
        };
        let name: Box<str> = name.to_text().into();
        let by = module.map_or(By::Program(shared.program.get()), By::Module);
        let mut modules = shared.modules.borrow_mut();
        let path = match by {
            By::Module(module) => path::path_of(&name, modules.path(module)),
            By::Program(_) => path::path_of(&name, &shared.script.borrow()),
        };
        let path = path.map_err(Raised::message)?;
        let Some(to) = modules.require(&path, by) else {
            let max = Modules::COUNT_MAX;
            return Err(Raised::message(format!("module '{path}' is one too many: scripts have required {max}")));
        };
        if modules.is_done(to) {
            let value = values.get_integer(call.ctx, place(to));
            return call.ret1(value);
        }
        if let Some(cycle) = modules.cycle(by, to) {
            return Err(Raised::message(format!("modules require each other in a circle: {cycle}")));
        }
        let serial = modules.begin_call(shared.task.get(), by, to);
        drop(modules);
        let ticket = Ticket { serial, shared: Rc::clone(&shared) };
        call.leave(&[]);
        Ok(Action::Start(Box::new(Requiring { name, module: to, ticket, is_asked: false, runs: false, scope, values })))
    })
}

/// Where a module's value lies.
pub(super) fn place(module: usize) -> i64 {
    i64::try_from(module).map_or(i64::MAX, |module| module.saturating_add(1))
}

/// Ends a call of `require` when the call is no more, by whatever way.
struct Ticket {
    serial: u64,
    shared: Rc<Shared>,
}

impl Drop for Ticket {
    fn drop(&mut self) {
        if let Ok(mut modules) = self.shared.modules.try_borrow_mut() {
            modules.close(self.serial);
        }
    }
}

/// A call of `require` whose module has not run yet.
#[derive(Collect)]
#[collect(no_drop)]
struct Requiring<'gc> {
    #[collect(require_static)]
    name: Box<str>,
    #[collect(require_static)]
    module: usize,
    #[collect(require_static)]
    ticket: Ticket,
    /// Whether the asset has been asked for.
    is_asked: bool,
    /// Whether what comes back is the module's result.
    runs: bool,
    scope: Table<'gc>,
    values: Table<'gc>,
}

impl<'gc> Sequence<'gc> for Requiring<'gc> {
    fn name(&self) -> &'static str {
        "require"
    }

    fn poll(&mut self, call: &mut Call<'_, 'gc>) -> Result<Action<'gc>, Raised<'gc>> {
        let ctx = call.ctx;
        if self.runs {
            let value = match call.arg(0) {
                Value::Nil => Value::Boolean(true),
                value => value,
            };
            if self.ticket.shared.modules.borrow_mut().finish(self.ticket.serial) {
                self.values.set_integer(ctx, place(self.module), value)?;
            }
            return call.ret1(value);
        }
        let shared = Rc::clone(&self.ticket.shared);
        if shared.modules.borrow().is_done(self.module) {
            let value = self.values.get_integer(ctx, place(self.module));
            return call.ret1(value);
        }
        if shared.modules.borrow().is_running(self.module) {
            return shared.ask(call, Request::Load);
        }
        let Some(script) = self.script(world_of(call)?)? else {
            return shared.ask(call, Request::Load);
        };
        shared.modules.borrow_mut().begin(self.ticket.serial, script.revision());
        self.runs = true;
        let environment = Table::with_capacity(ctx, 0, 4);
        let require = require(ctx, &shared, Some(self.module), self.scope, self.values);
        environment.set_field(ctx, "require", Value::Native(require))?;
        environment.set_metatable(ctx, Some(self.scope));
        let body = script.chunk().function(ctx, Value::Table(environment));
        let (name, path) = (ctx.text(&*self.name), ctx.text(script.name()));
        call.leave(&[Value::Closure(body), name, path]);
        Ok(Action::Call)
    }
}

impl<'gc> Requiring<'gc> {
    /// The module's script, if it is there; else it has been asked for.
    fn script(&mut self, world: &World) -> Result<Option<LuaScript>, Raised<'gc>> {
        let modules = &self.ticket.shared.modules;
        let handle = modules.borrow().handle(self.module);
        let scripts = world.get_resource::<Assets<LuaScript>>();
        if let Some(script) = handle.as_ref().and_then(|handle| scripts?.get(handle)) {
            return Ok(Some(script.clone()));
        }
        let Some(server) = world.get_resource::<AssetServer>() else {
            return Err(Raised::message("this world has no asset server, so modules cannot be loaded"));
        };
        let state = handle.as_ref().map(|handle: &Handle<LuaScript>| server.load_state(handle));
        match state {
            Some(LoadState::Failed(error)) if self.is_asked => {
                modules.borrow_mut().note_failure(self.module);
                let reason = reason(&error);
                return Err(Raised::message(format!("module '{}' cannot be loaded: {reason}", self.name)));
            }
            Some(LoadState::Loading | LoadState::Loaded) => {}
            // A file that was not there may be now.
            _ => {
                let path = modules.borrow().path(self.module).to_owned();
                let path = AssetPath::try_parse(&path).map_err(|error| Raised::message(error.to_string()))?;
                let handle = server.load(path);
                modules.borrow_mut().set_handle(self.module, handle);
            }
        }
        self.is_asked = true;
        Ok(None)
    }
}
