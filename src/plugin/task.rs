//! Tasks in scripts: `spawn` and the table `task`.
//!
//! A task runs beside the others of its behaviour and ends with it. What scripts hold is a handle: it tells how the task
//! ended and keeps what it returned. Whatever changes the list of tasks is a request to the scheduler, as a wait is;
//! what takes several requests is a sequence of them.

use std::cell::Cell;
use std::rc::Rc;

use super::class::Class;
use super::environment::Shared;
use super::scheduler::{Key, Request, Start};
use super::wait::{seconds, timeout};
use crate::api::{Action, Call, Collect, Context, Native, Raised, Sequence, Table, TableError, UserData, Value};

/// What a handle knows of its task.
#[derive(Debug)]
pub(super) struct TaskState {
    /// The task, as long as it lives.
    pub(super) key: Cell<Key>,
    /// How it ended, or that it has not.
    pub(super) end: Cell<End>,
}

/// How a task ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
    /// Not yet.
    Open,
    /// It returned; the handle's user value is a packed list of what.
    Finished,
    /// It failed; the handle's user value is a list of the error's value.
    Failed,
    /// It was cancelled.
    Cancelled,
}

/// Where a task was started, and where the task that did it was.
#[derive(Debug)]
pub(super) struct Origin {
    /// The script and the line, or nothing if a native did it.
    pub(super) at: String,
    pub(super) parent: Option<Rc<Origin>>,
    /// How many come before it.
    depth: usize,
}

impl Origin {
    /// How many are told.
    pub(super) const TOLD_MAX: usize = 8;

    /// Of a chain of tasks that start each other only the last ones are kept: it may have no end.
    pub(super) fn new(at: String, parent: Option<Rc<Origin>>) -> Origin {
        let depth = parent.as_ref().map_or(0, |parent| parent.depth + 1);
        if depth < 2 * Origin::TOLD_MAX {
            return Origin { at, parent, depth };
        }
        let parent = parent.map(|parent| Rc::new(parent.last(Origin::TOLD_MAX - 1)));
        Origin { at, depth: parent.as_ref().map_or(0, |parent| parent.depth + 1), parent }
    }

    /// A copy with so many of those that come before it.
    fn last(&self, before: usize) -> Origin {
        let parent = before.checked_sub(1).and_then(|before| Some(Rc::new(self.parent.as_ref()?.last(before))));
        Origin { at: self.at.clone(), depth: parent.as_ref().map_or(0, |parent| parent.depth + 1), parent }
    }
}

/// The message of the error that those get who wait for a task that was cancelled.
const CANCELLED: &str = "cancelled: the task that was waited for was cancelled";

/// Adds `spawn`, `task`, and what handles can do.
pub(super) fn install<'gc>(ctx: Context<'gc>, shared: &Rc<Shared>) -> Result<(), TableError> {
    let task = Table::new(ctx);
    let spawn = spawner(ctx, "spawn", 0, shared, |_| Ok(Start::Now));
    task.set_field(ctx, "spawn", Value::Native(spawn))?;
    ctx.globals().set_field(ctx, "spawn", Value::Native(spawn))?;
    let defer = spawner(ctx, "task.defer", 0, shared, |_| Ok(Start::Deferred));
    task.set_field(ctx, "defer", Value::Native(defer))?;
    let delay = spawner(ctx, "task.delay", 1, shared, |call| Ok(Start::Delayed(seconds(call, 0)?)));
    task.set_field(ctx, "delay", Value::Native(delay))?;
    task.set_field(ctx, "every", Value::Native(every(ctx, shared)))?;
    task.set_field(ctx, "wait", ctx.globals().get(ctx, ctx.text("wait")))?;
    task.set_field(ctx, "status", Value::Native(Native::new(ctx, "task.status", with(shared, status))))?;
    for (name, run) in [("current", current as Run), ("cancel", cancel), ("on_cancel", on_cancel), ("join", join)] {
        let native = Native::new(ctx, &format!("task.{name}"), with(shared, run));
        task.set_field(ctx, name, Value::Native(native))?;
    }
    for (name, how) in [("all", How::All), ("any", How::Any), ("race", How::Race)] {
        let to = Rc::clone(shared);
        let native = Native::new(ctx, &format!("task.{name}"), move |call| gather(call, &to, how));
        task.set_field(ctx, name, Value::Native(native))?;
    }
    task.set_field(ctx, "timeout", Value::Native(Native::new(ctx, "task.timeout", with(shared, with_timeout))))?;
    ctx.globals().set_field(ctx, "task", Value::Table(task))?;

    let metatable = Class::Task.install(ctx)?;
    let methods = Table::new(ctx);
    for name in ["cancel", "join", "status"] {
        methods.set_field(ctx, name, task.get(ctx, ctx.text(name)))?;
    }
    methods.freeze();
    metatable.set_field(ctx, "__index", Value::Table(methods))?;
    metatable.freeze();
    Ok(())
}

type Run = for<'a, 'b, 'gc> fn(&'a mut Call<'b, 'gc>, &Rc<Shared>) -> Result<Action<'gc>, Raised<'gc>>;

fn with(
    shared: &Rc<Shared>,
    run: Run,
) -> impl for<'a, 'b, 'gc> Fn(&'a mut Call<'b, 'gc>) -> Result<Action<'gc>, Raised<'gc>> + 'static {
    let shared = Rc::clone(shared);
    move |call| run(call, &shared)
}

/// A function that starts a task with its arguments from `first` on: a function and what it is called with.
fn spawner<'gc>(
    ctx: Context<'gc>,
    name: &'static str,
    first: usize,
    shared: &Rc<Shared>,
    start: impl for<'b> Fn(&Call<'_, 'b>) -> Result<Start, Raised<'b>> + 'static,
) -> Native<'gc> {
    let shared = Rc::clone(shared);
    Native::new(ctx, name, move |call| {
        let start = start(call)?;
        check_function(call, first)?;
        let at = place_of(call);
        call.leave_args(first);
        shared.request(Request::Spawn { start, at, is_watched: false })
    })
}

fn check_function<'gc>(call: &Call<'_, 'gc>, index: usize) -> Result<Value<'gc>, Raised<'gc>> {
    match call.arg(index) {
        function @ (Value::Closure(_) | Value::Native(_)) => Ok(function),
        other => Err(Raised::argument(index, format!("function expected, got {}", other.type_name()))),
    }
}

/// The place in the script that makes the call.
pub(super) fn place_of(call: &Call<'_, '_>) -> String {
    let mut place = call.position(1);
    place.truncate(place.trim_end_matches([' ', ':']).len());
    place
}

fn handle_at<'gc>(call: &Call<'_, 'gc>, index: usize) -> Result<(UserData<'gc>, &'gc Rc<TaskState>), Raised<'gc>> {
    as_handle(call.arg(index))
        .ok_or_else(|| Raised::argument(index, format!("task expected, got {}", call.arg(index).type_name())))
}

fn as_handle(value: Value<'_>) -> Option<(UserData<'_>, &Rc<TaskState>)> {
    let Value::UserData(data) = value else { return None };
    Some((data, data.downcast::<Rc<TaskState>>()?))
}

fn status<'gc>(call: &mut Call<'_, 'gc>, shared: &Rc<Shared>) -> Result<Action<'gc>, Raised<'gc>> {
    let (_, state) = handle_at(call, 0)?;
    let word = match state.end.get() {
        End::Open if state.key.get() == shared.task.get() => "running",
        End::Open => "waiting",
        End::Finished => "finished",
        End::Failed => "failed",
        End::Cancelled => "cancelled",
    };
    let word = call.ctx.text(word);
    call.ret1(word)
}

fn current<'gc>(call: &mut Call<'_, 'gc>, shared: &Rc<Shared>) -> Result<Action<'gc>, Raised<'gc>> {
    shared.ask(call, Request::Current)
}

/// `task.cancel(task)`: whether it was there to be cancelled.
fn cancel<'gc>(call: &mut Call<'_, 'gc>, shared: &Rc<Shared>) -> Result<Action<'gc>, Raised<'gc>> {
    let (_, state) = handle_at(call, 0)?;
    if state.end.get() != End::Open {
        return call.ret1(Value::Boolean(false));
    }
    let key = state.key.get();
    shared.ask(call, Request::Cancel(key))
}

/// `task.on_cancel(f)`: `f` is called if the current task is cancelled.
fn on_cancel<'gc>(call: &mut Call<'_, 'gc>, shared: &Rc<Shared>) -> Result<Action<'gc>, Raised<'gc>> {
    let function = check_function(call, 0)?;
    call.leave(&[function]);
    shared.request(Request::OnCancel)
}

/// `task.join(task)`: waits for the end of a task, and returns what it returned or raises what it raised.
fn join<'gc>(call: &mut Call<'_, 'gc>, shared: &Rc<Shared>) -> Result<Action<'gc>, Raised<'gc>> {
    let (handle, state) = handle_at(call, 0)?;
    let seconds = timeout(call, 1)?;
    if state.end.get() != End::Open {
        return deliver(call, handle, &[]);
    }
    call.leave(&[]);
    Ok(Action::Start(Box::new(Join { handle, seconds, shared: Rc::clone(shared), has_asked: false })))
}

#[derive(Collect)]
#[collect(no_drop)]
struct Join<'gc> {
    handle: UserData<'gc>,
    #[collect(require_static)]
    seconds: Option<f64>,
    #[collect(require_static)]
    shared: Rc<Shared>,
    has_asked: bool,
}

impl<'gc> Sequence<'gc> for Join<'gc> {
    fn name(&self) -> &'static str {
        "task.join"
    }

    fn each_value(&self, see: &mut dyn FnMut(Value<'gc>)) {
        see(Value::UserData(self.handle));
    }

    fn poll(&mut self, call: &mut Call<'_, 'gc>) -> Result<Action<'gc>, Raised<'gc>> {
        if self.has_asked {
            return deliver(call, self.handle, &[]);
        }
        self.has_asked = true;
        let tasks = as_handle(Value::UserData(self.handle)).map(|(_, state)| state.key.get()).into_iter().collect();
        self.shared.ask(call, Request::Join { tasks, seconds: self.seconds })
    }
}

/// Returns `before` and what a task returned, or raises what it raised. Of a task that goes on, nothing.
fn deliver<'gc>(
    call: &mut Call<'_, 'gc>,
    handle: UserData<'gc>,
    before: &[Value<'gc>],
) -> Result<Action<'gc>, Raised<'gc>> {
    let end = as_handle(Value::UserData(handle)).map_or(End::Open, |(_, state)| state.end.get());
    match end {
        End::Open => call.ret0(),
        End::Finished => {
            call.leave(before);
            for value in unpacked(call.ctx, handle.user_value()) {
                call.push(value);
            }
            Ok(Action::Return)
        }
        End::Failed => {
            Err(Raised::value(unpacked(call.ctx, handle.user_value()).first().copied().unwrap_or(Value::Nil)))
        }
        End::Cancelled => Err(Raised::message(CANCELLED)),
    }
}

/// A list of values as one value.
pub(super) fn packed<'gc>(ctx: Context<'gc>, values: &[Value<'gc>]) -> Result<Value<'gc>, TableError> {
    match values {
        [] => Ok(Value::Nil),
        [single] if !matches!(single, Value::Table(_) | Value::Nil) => Ok(*single),
        _ => {
            let list = Table::with_capacity(ctx, values.len() + 1, 0);
            let count = i64::try_from(values.len()).unwrap_or(i64::MAX);
            list.set_integer(ctx, 1, Value::Integer(count))?;
            for (index, value) in (2..).zip(values) {
                list.set_integer(ctx, index, *value)?;
            }
            Ok(Value::Table(list))
        }
    }
}

/// The values of which [`packed`] made one.
pub(super) fn unpacked<'gc>(ctx: Context<'gc>, value: Value<'gc>) -> Vec<Value<'gc>> {
    match value {
        Value::Nil => Vec::new(),
        Value::Table(list) => match list.get_integer(ctx, 1) {
            Value::Integer(count) => (2..=count.saturating_add(1)).map(|index| list.get_integer(ctx, index)).collect(),
            _ => Vec::new(),
        },
        single => vec![single],
    }
}

/// What `task.all`, `any` and `race` wait for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum How {
    /// All have returned; the first failure is everyone's.
    All,
    /// One has returned; it fails when all have failed.
    Any,
    /// One has ended, in whatever way.
    Race,
}

/// `task.all(…)` and its kin: of tasks, and of functions that become tasks.
fn gather<'gc>(call: &mut Call<'_, 'gc>, shared: &Rc<Shared>, how: How) -> Result<Action<'gc>, Raised<'gc>> {
    for index in 0..call.len() {
        let value = call.arg(index);
        if as_handle(value).is_none() && !matches!(value, Value::Closure(_) | Value::Native(_)) {
            return Err(Raised::argument(index, format!("task or function expected, got {}", value.type_name())));
        }
    }
    if call.is_empty() {
        return match how {
            How::All => call.ret0(),
            How::Any | How::Race => Err(Raised::argument(0, "task or function expected, got no value")),
        };
    }
    let gathering = Gathering {
        how,
        at: place_of(call),
        shared: Rc::clone(shared),
        tasks: call.args().to_vec(),
        spawning: None,
        cancelling: 0,
        outcome: None,
    };
    call.leave(&[]);
    Ok(Action::Start(Box::new(gathering)))
}

#[derive(Collect)]
#[collect(no_drop)]
struct Gathering<'gc> {
    #[collect(require_static)]
    how: How,
    #[collect(require_static)]
    at: String,
    #[collect(require_static)]
    shared: Rc<Shared>,
    /// The tasks, and the functions that are to be tasks.
    tasks: Vec<Value<'gc>>,
    /// Which of them is being made a task.
    spawning: Option<usize>,
    /// Which of the losers are cancelled already.
    cancelling: usize,
    /// Which task decides what is returned, once that is decided.
    #[collect(require_static)]
    outcome: Option<usize>,
}

impl<'gc> Gathering<'gc> {
    fn end_of(&self, index: usize) -> End {
        self.tasks.get(index).and_then(|task| as_handle(*task)).map_or(End::Open, |(_, state)| state.end.get())
    }

    /// Which task decides, if one does already.
    fn decided(&self) -> Option<usize> {
        let find = |is_it: fn(End) -> bool| (0..self.tasks.len()).find(|index| is_it(self.end_of(*index)));
        let open = find(|end| end == End::Open);
        match self.how {
            How::All => find(|end| matches!(end, End::Failed | End::Cancelled))
                .or_else(|| open.is_none().then_some(self.tasks.len())),
            How::Any => find(|end| end == End::Finished)
                .or_else(|| if open.is_none() { find(|end| end != End::Finished) } else { None }),
            How::Race => find(|end| end != End::Open),
        }
    }

    /// Returns what was waited for.
    fn conclude(&self, call: &mut Call<'_, 'gc>, winner: usize) -> Result<Action<'gc>, Raised<'gc>> {
        if let Some((handle, _)) = self.tasks.get(winner).and_then(|task| as_handle(*task)) {
            let place = Value::Integer(i64::try_from(winner + 1).unwrap_or(i64::MAX));
            return deliver(call, handle, &[place]);
        }
        call.leave(&[]);
        for task in &self.tasks {
            let Some((handle, _)) = as_handle(*task) else { continue };
            let first = unpacked(call.ctx, handle.user_value()).first().copied().unwrap_or(Value::Nil);
            call.push(first);
        }
        Ok(Action::Return)
    }
}

impl<'gc> Sequence<'gc> for Gathering<'gc> {
    fn name(&self) -> &'static str {
        match self.how {
            How::All => "task.all",
            How::Any => "task.any",
            How::Race => "task.race",
        }
    }

    fn each_value(&self, see: &mut dyn FnMut(Value<'gc>)) {
        self.tasks.iter().for_each(|task| see(*task));
    }

    fn poll(&mut self, call: &mut Call<'_, 'gc>) -> Result<Action<'gc>, Raised<'gc>> {
        // All of them are looked at each time.
        call.charge(self.tasks.len() / 8);
        if let Some(index) = self.spawning.take()
            && let Some(place) = self.tasks.get_mut(index)
        {
            *place = call.arg(0);
        }
        if let Some(index) = self.tasks.iter().position(|task| as_handle(*task).is_none()) {
            self.spawning = Some(index);
            call.leave(&[self.tasks.get(index).copied().unwrap_or_default()]);
            return self.shared.request(Request::Spawn { start: Start::Now, at: self.at.clone(), is_watched: true });
        }
        if self.outcome.is_none() {
            self.outcome = self.decided();
        }
        let Some(winner) = self.outcome else {
            let tasks = self.tasks.iter().filter_map(|task| as_handle(*task));
            let open = tasks.filter(|(_, state)| state.end.get() == End::Open).map(|(_, state)| state.key.get());
            let tasks = open.collect();
            return self.shared.ask(call, Request::Join { tasks, seconds: None });
        };
        while let Some(task) = self.tasks.get(self.cancelling) {
            self.cancelling += 1;
            if let Some((_, state)) = as_handle(*task)
                && state.end.get() == End::Open
            {
                let key = state.key.get();
                return self.shared.ask(call, Request::Cancel(key));
            }
        }
        self.conclude(call, winner)
    }
}

/// `task.timeout(seconds, f, …)`: `true` and what `f` returned, or `false` if it took longer and was cancelled.
fn with_timeout<'gc>(call: &mut Call<'_, 'gc>, shared: &Rc<Shared>) -> Result<Action<'gc>, Raised<'gc>> {
    let seconds = seconds(call, 0)?;
    check_function(call, 1)?;
    let at = place_of(call);
    let timed = Timed { seconds, at, shared: Rc::clone(shared), handle: None, stage: Stage::Spawn };
    call.leave_args(1);
    Ok(Action::Start(Box::new(timed)))
}

#[derive(Collect)]
#[collect(no_drop)]
struct Timed<'gc> {
    #[collect(require_static)]
    seconds: f64,
    #[collect(require_static)]
    at: String,
    #[collect(require_static)]
    shared: Rc<Shared>,
    handle: Option<UserData<'gc>>,
    #[collect(require_static)]
    stage: Stage,
}

/// What was asked for last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    Spawn,
    Spawned,
    Joined,
    Cancelled,
}

impl<'gc> Sequence<'gc> for Timed<'gc> {
    fn name(&self) -> &'static str {
        "task.timeout"
    }

    fn each_value(&self, see: &mut dyn FnMut(Value<'gc>)) {
        see(self.handle.into());
    }

    fn poll(&mut self, call: &mut Call<'_, 'gc>) -> Result<Action<'gc>, Raised<'gc>> {
        if self.stage == Stage::Spawn {
            self.stage = Stage::Spawned;
            call.leave_args(0);
            return self.shared.request(Request::Spawn {
                start: Start::Now,
                at: std::mem::take(&mut self.at),
                is_watched: true,
            });
        }
        if self.stage == Stage::Spawned {
            self.handle = as_handle(call.arg(0)).map(|(handle, _)| handle);
        }
        let Some(handle) = self.handle else { return call.ret0() };
        let Some((_, state)) = as_handle(Value::UserData(handle)) else { return call.ret0() };
        match (state.end.get(), self.stage) {
            (End::Open, Stage::Spawned) => {
                self.stage = Stage::Joined;
                let request = Request::Join { tasks: vec![state.key.get()], seconds: Some(self.seconds) };
                self.shared.ask(call, request)
            }
            (End::Open, _) => {
                self.stage = Stage::Cancelled;
                let key = state.key.get();
                self.shared.ask(call, Request::Cancel(key))
            }
            (_, Stage::Cancelled) => call.ret1(Value::Boolean(false)),
            _ => deliver(call, handle, &[Value::Boolean(true)]),
        }
    }
}

/// `task.every(seconds, f, …)`: a task that calls `f` again and again, until it returns `false`.
fn every<'gc>(ctx: Context<'gc>, shared: &Rc<Shared>) -> Native<'gc> {
    let shared = Rc::clone(shared);
    Native::new(ctx, "task.every", move |call| {
        let seconds = seconds(call, 0)?;
        check_function(call, 1)?;
        let at = place_of(call);
        let to = Rc::clone(&shared);
        let body = Native::new(call.ctx, "task.every", move |call| {
            let call_and_args = call.args().to_vec();
            call.leave(&[]);
            let due = seconds;
            let every = Every { seconds, due, shared: Rc::clone(&to), call_and_args, is_waiting: false };
            Ok(Action::Start(Box::new(every)))
        });
        let mut values = vec![Value::Native(body)];
        values.extend_from_slice(call.args().get(1..).unwrap_or_default());
        call.leave(&values);
        shared.request(Request::Spawn { start: Start::Now, at, is_watched: false })
    })
}

#[derive(Collect)]
#[collect(no_drop)]
struct Every<'gc> {
    #[collect(require_static)]
    seconds: f64,
    /// How long the wait was to be.
    #[collect(require_static)]
    due: f64,
    #[collect(require_static)]
    shared: Rc<Shared>,
    call_and_args: Vec<Value<'gc>>,
    is_waiting: bool,
}

impl<'gc> Sequence<'gc> for Every<'gc> {
    fn name(&self) -> &'static str {
        "task.every"
    }

    fn each_value(&self, see: &mut dyn FnMut(Value<'gc>)) {
        self.call_and_args.iter().for_each(|value| see(*value));
    }

    fn poll(&mut self, call: &mut Call<'_, 'gc>) -> Result<Action<'gc>, Raised<'gc>> {
        if self.is_waiting {
            // What the frame added to this wait is taken off the next, so that the beat is kept. Beats that have passed
            // meanwhile are left out, or a long frame would be followed by calls in a row.
            if let Value::Float(passed) = call.arg(0) {
                let late = (passed - self.due).max(0.0);
                self.due = if self.seconds > 0.0 { self.seconds - late % self.seconds } else { 0.0 };
            }
            self.is_waiting = false;
            call.leave(&self.call_and_args);
            return Ok(Action::Call);
        }
        if matches!(call.arg(0), Value::Boolean(false)) {
            return call.ret0();
        }
        self.is_waiting = true;
        self.shared.ask(call, Request::Seconds(self.due))
    }
}
