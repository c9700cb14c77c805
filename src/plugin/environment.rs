//! What surrounds a behaviour's script: its environment, and the natives and tables that all scripts share.
//!
//! An environment holds `self` and `params` and whatever the script assigns; all else is read through one metatable,
//! shared by all, from the globals, which are frozen. So no script can change what another one sees. The
//! tables that the scheduler needs are kept in one list behind one handle; [`Roots`] is that list, fetched.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::sync::Arc;

use bevy::ecs::entity::{Entity, EntityHashMap};
use bevy::ecs::world::World;
use bevy::platform::collections::HashMap;

use super::class::hidden_metatable;
use super::data::LuaFields;
use super::error::LogLevel;
use super::module::Modules;
use super::output::{LINE_BYTES_MAX, LINE_FUEL, Output};
use super::query::Queries;
use super::random::Streams;
use super::reflect::Place;
use super::scheduler::{Key, Request};
use super::state::States;
use super::{assets, entity, events, input, module, params, random, reflect, state, task, time, values, wait, world};
use crate::api::{Action, Call, Collect, Context, Handle, Meta, Native, Raised, Sequence, Table, TableError, Value};

/// What the natives and the scheduler share: whose turn it is, what was put out, and what is known about components.
pub(super) struct Shared {
    /// The entity whose behaviour runs.
    pub(super) entity: Cell<Entity>,
    /// The task that runs.
    pub(super) task: Cell<Key>,
    /// What it asks of the scheduler.
    request: Cell<Option<Request>>,
    /// Whether it runs the body of a script that may run again while the behaviour goes on.
    pub(super) defines: Cell<bool>,
    /// Where the task is, if it cannot wait there.
    pub(super) no_wait: Cell<Option<&'static str>>,
    /// Which program its behaviour runs.
    pub(super) program: Cell<u32>,
    /// The name of its script.
    pub(super) script: RefCell<Arc<str>>,
    /// Lines that were put out since the scheduler last looked.
    pub(super) output: RefCell<Output>,
    /// Components by the names that scripts called them.
    pub(super) components: RefCell<HashMap<Box<[u8]>, Rc<Place>>>,
    /// What queries are known.
    pub(super) queries: Queries,
    /// The place of each behaviour's body, by its entity.
    pub(super) behaviours: Rc<RefCell<EntityHashMap<u32>>>,
    /// What modules there are.
    pub(super) modules: RefCell<Modules>,
    /// The random numbers of behaviours.
    pub(super) streams: Streams,
}

impl Shared {
    pub(super) fn new() -> Rc<Shared> {
        Rc::new(Shared {
            entity: Cell::new(Entity::PLACEHOLDER),
            task: Cell::new(Key::NONE),
            request: Cell::new(None),
            defines: Cell::new(false),
            no_wait: Cell::new(None),
            program: Cell::new(u32::MAX),
            script: RefCell::new("".into()),
            output: RefCell::default(),
            components: RefCell::new(HashMap::default()),
            queries: Queries::default(),
            behaviours: Rc::default(),
            modules: RefCell::default(),
            streams: Streams::default(),
        })
    }

    /// Suspends the task with a request that has no values.
    ///
    /// # Errors
    /// As [`Shared::request`].
    pub(super) fn ask<'gc>(&self, call: &mut Call<'_, 'gc>, request: Request) -> Result<Action<'gc>, Raised<'gc>> {
        call.leave(&[]);
        self.request(request)
    }

    /// Suspends the task with a request and the values left with the call.
    ///
    /// # Errors
    /// If the request is a wait, where the task cannot wait.
    pub(super) fn request<'gc>(&self, request: Request) -> Result<Action<'gc>, Raised<'gc>> {
        if let Some(place) = self.no_wait.get().filter(|_| request.is_wait()) {
            return Err(Raised::message(format!("cannot wait {place}")));
        }
        self.request.set(Some(request));
        Ok(Action::Suspend)
    }

    /// What the task that has suspended asks for.
    pub(super) fn take_request(&self) -> Option<Request> {
        self.request.take()
    }

    /// Undoes [`Shared::take_request`].
    pub(super) fn put_back(&self, request: Option<Request>) {
        self.request.set(request);
    }

    /// Whose turn it is.
    pub(super) fn who(&self) -> (Key, Entity, u32, bool, Arc<str>) {
        let script = Arc::clone(&self.script.borrow());
        (self.task.get(), self.entity.get(), self.program.get(), self.defines.get(), script)
    }

    /// Sets whose turn it is.
    pub(super) fn set_who(&self, (task, entity, program, defines, script): (Key, Entity, u32, bool, Arc<str>)) {
        self.task.set(task);
        self.defines.set(defines);
        self.program.set(program);
        self.entity.set(entity);
        *self.script.borrow_mut() = script;
    }

    /// Keeps a line of output for the scheduler, which has the world that it goes to. What it costs.
    pub(super) fn put_out(&self, level: LogLevel, text: &[u8]) -> u32 {
        self.output.borrow_mut().add(self.entity.get(), &self.script.borrow(), level, text);
        LINE_FUEL
    }
}

/// The tables of the plugin, as the scheduler uses them.
#[derive(Clone, Copy)]
pub(super) struct Roots<'gc> {
    /// The coroutine of each task, `false` where there is none.
    pub(super) threads: Table<'gc>,
    /// The `state` of each behaviour.
    pub(super) states: States<'gc>,
    /// What each task is to go on with.
    pub(super) wakes: Table<'gc>,
    /// The handle of each task that has one.
    pub(super) handles: Table<'gc>,
    /// The functions to call if a task is cancelled.
    pub(super) cleanups: Table<'gc>,
    /// The functions of handlers.
    pub(super) handlers: Table<'gc>,
    /// The metatable of environments.
    scope: Table<'gc>,
    /// The fields of the clocks that scripts read through `time`.
    clocks: Table<'gc>,
    /// The `params` of behaviours that have none.
    no_params: Table<'gc>,
    /// What modules returned.
    pub(super) modules: Table<'gc>,
    /// The metatable of `params`.
    params: Table<'gc>,
}

impl<'gc> Roots<'gc> {
    /// Makes the tables and the globals that scripts find.
    pub(super) fn install(ctx: Context<'gc>, shared: &Rc<Shared>) -> Result<Handle, TableError> {
        let scope = scope(ctx)?;
        let params = params::metatable(ctx, shared)?;
        let no_params = params::table(ctx, &LuaFields::new(), Some(params))?;
        let states = States { made: Table::new(ctx), environments: Table::new(ctx) };
        reflect::install(ctx)?;
        entity::install(ctx, shared, states)?;

        let globals = ctx.globals();
        wait::install(ctx, shared)?;
        task::install(ctx, shared)?;
        events::install(ctx, shared)?;
        world::install(ctx, shared)?;
        assets::install(ctx, shared)?;
        #[cfg(feature = "states")]
        super::states::install(ctx, shared)?;
        values::install(ctx)?;
        random::install(ctx, shared)?;
        input::install(ctx)?;
        let modules = Table::new(ctx);
        module::install(ctx, shared, self::scope(ctx)?, modules)?;
        state::install(ctx, shared, scope, states)?;
        let clocks = time::install(ctx)?;
        globals.set_field(ctx, "log", Value::Table(log_table(ctx, shared)?))?;
        let output = Rc::clone(shared);
        ctx.set_print(Box::new(move |line| output.put_out(LogLevel::Info, line)));

        let all = Table::new(ctx);
        for index in 1..=6 {
            all.set_integer(ctx, index, Value::Table(Table::new(ctx)))?;
        }
        all.set_integer(ctx, 2, Value::Table(states.made))?;
        for (index, table) in (7..).zip([scope, clocks, no_params, modules, params, states.environments]) {
            all.set_integer(ctx, index, Value::Table(table))?;
        }
        Ok(ctx.stash(Value::Table(all)))
    }

    /// The tables behind the handle that [`Roots::install`] made.
    pub(super) fn fetch(ctx: Context<'gc>, handle: &Handle) -> Roots<'gc> {
        let all = ctx.fetch(handle);
        let table = |index| match all {
            Value::Table(all) => match all.get_integer(ctx, index) {
                Value::Table(table) => table,
                _ => Table::new(ctx),
            },
            _ => Table::new(ctx),
        };
        Roots {
            threads: table(1),
            states: States { made: table(2), environments: table(12) },
            wakes: table(3),
            handles: table(4),
            cleanups: table(5),
            handlers: table(6),
            scope: table(7),
            clocks: table(8),
            no_params: table(9),
            modules: table(10),
            params: table(11),
        }
    }

    /// Shows scripts what the world's clocks show.
    pub(super) fn show_time(self, ctx: Context<'gc>, world: &World, frame: u64) -> Result<(), TableError> {
        time::show(ctx, self.clocks, world, frame)
    }

    /// The environment of a behaviour. What it holds at first fits into the table's own object.
    pub(super) fn environment(
        self,
        ctx: Context<'gc>,
        entity: Entity,
        params: &LuaFields,
    ) -> Result<Table<'gc>, TableError> {
        let environment = Table::with_capacity(ctx, 0, 2);
        let params = if params.is_empty() { self.no_params } else { params::table(ctx, params, Some(self.params))? };
        environment.set_field(ctx, "self", entity::entity_value(ctx, entity))?;
        environment.set_field(ctx, "params", Value::Table(params))?;
        environment.set_metatable(ctx, Some(self.scope));
        Ok(environment)
    }
}

/// A metatable of environments, which lets them see the globals. Behaviours have one and modules another: it tells what a
/// function belongs to.
fn scope(ctx: Context<'_>) -> Result<Table<'_>, TableError> {
    let scope = hidden_metatable(ctx, "environment")?;
    scope.set_field(ctx, "__index", Value::Table(ctx.globals()))?;
    scope.freeze();
    Ok(scope)
}

/// The table `log`: a function for each level, and a call of the table itself is `log.info`.
fn log_table<'gc>(ctx: Context<'gc>, shared: &Rc<Shared>) -> Result<Table<'gc>, TableError> {
    let table = Table::new(ctx);
    for (level, name) in LogLevel::ALL {
        table.set_field(ctx, name, Value::Native(log_function(ctx, name, level, 0, shared)))?;
    }
    let meta = hidden_metatable(ctx, "log")?;
    meta.set_field(ctx, "__call", Value::Native(log_function(ctx, "log", LogLevel::Info, 1, shared)))?;
    meta.freeze();
    table.set_metatable(ctx, Some(meta));
    Ok(table)
}

/// A function that puts out its arguments from `first` on, as `print` does.
fn log_function<'gc>(ctx: Context<'gc>, name: &str, level: LogLevel, first: usize, shared: &Rc<Shared>) -> Native<'gc> {
    let shared = Rc::clone(shared);
    Native::new(ctx, name, move |call| {
        let values = call.args().get(first..).unwrap_or_default().to_vec();
        let mut line = Line { level, shared: Rc::clone(&shared), text: Vec::new(), values, next: 0 };
        if line.fill(call)? { Ok(Action::CallThen(Box::new(line))) } else { call.ret0() }
    })
}

/// A line of output in the making: `__tostring` of its values may be a Lua function.
#[derive(Collect)]
#[collect(no_drop)]
struct Line<'gc> {
    #[collect(require_static)]
    level: LogLevel,
    #[collect(require_static)]
    shared: Rc<Shared>,
    #[collect(require_static)]
    text: Vec<u8>,
    values: Vec<Value<'gc>>,
    next: usize,
}

impl<'gc> Line<'gc> {
    /// Adds values until one needs a call, which is then left with `call`, or puts the line out. Whether there is a
    /// call to be made.
    fn fill(&mut self, call: &mut Call<'_, 'gc>) -> Result<bool, Raised<'gc>> {
        while let Some(&value) = self.values.get(self.next) {
            if self.next > 0 {
                self.text.push(b'\t');
            }
            self.next += 1;
            call.charge(1);
            match call.ctx.to_string(value) {
                Meta::Value(value) => self.add(call, value)?,
                Meta::Call { function, args, count } => {
                    call.leave(&[function]);
                    for &arg in args.iter().take(count) {
                        call.push(arg);
                    }
                    return Ok(true);
                }
            }
        }
        call.ctx.charge(self.shared.put_out(self.level, &self.text));
        Ok(false)
    }

    fn add(&mut self, call: &mut Call<'_, 'gc>, value: Value<'gc>) -> Result<(), Raised<'gc>> {
        let Value::String(text) = value else { return Err(Raised::message("'__tostring' must return a string")) };
        // One byte more tells that there is more than is shown.
        let room = (LINE_BYTES_MAX + 1).saturating_sub(self.text.len());
        let added = text.as_bytes().get(..room).unwrap_or(text.as_bytes());
        call.charge(added.len() / 16);
        self.text.extend_from_slice(added);
        Ok(())
    }
}

impl<'gc> Sequence<'gc> for Line<'gc> {
    fn name(&self) -> &'static str {
        "log"
    }

    fn each_value(&self, see: &mut dyn FnMut(Value<'gc>)) {
        self.values.iter().for_each(|value| see(*value));
    }

    fn poll(&mut self, call: &mut Call<'_, 'gc>) -> Result<Action<'gc>, Raised<'gc>> {
        let shown = call.arg(0);
        self.add(call, shown)?;
        if self.fill(call)? { Ok(Action::Call) } else { call.ret0() }
    }
}
