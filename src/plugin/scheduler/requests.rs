//! What tasks ask of the scheduler, and the answers.
//!
//! A native leaves a request and suspends its task. Waits begin here; everything else is answered at once, and the task
//! goes on with the answer before anyone else has a turn. So the list of tasks is changed in one place only, and never
//! while a script runs.

use std::rc::Rc;
use std::time::Duration;

use super::Parts;
use super::listeners::{HandlerId, ListenerKind, Topic, TopicName};
use super::tasks::{Key, Moment, Phase, Since};
use super::turn::Turn;
use crate::api::{Raised, Table, Thread, Value};
use crate::plugin::behaviour::{BehaviourStatus, WaitingFor};
use crate::plugin::class::Class;
use crate::plugin::entity::entity_value;
use crate::plugin::events;
use crate::plugin::reflect;
use crate::plugin::task::{End, Origin, TaskState, packed};

/// How many handlers of events a behaviour may have.
const HANDLERS_MAX: usize = 10_000;

/// What it costs the sender of an event to have one more task hear of it.
const DELIVERY_FUEL: u32 = 50;

/// What a task asks for. Values that belong to it are left with the call.
#[derive(Debug)]
pub(in crate::plugin) enum Request {
    /// To go on after so many frames.
    Frames(u64),
    /// To go on when so many seconds of the game's time have passed.
    Seconds(f64),
    /// To go on when so many seconds of real time have passed.
    RealSeconds(f64),
    /// To go on in the next fixed step.
    FixedStep,
    /// To go on in the next frame, when a module may be there.
    Load,
    /// To start a task with the function and the arguments that are left. The answer is its handle. If it is watched,
    /// somebody will look how it ended, and a failure need not be reported.
    Spawn { start: Start, at: String, is_watched: bool },
    /// The handle of the task itself.
    Current,
    /// To cancel a task. The answer is whether it was there.
    Cancel(Key),
    /// To call the function that is left if the task is cancelled.
    OnCancel,
    /// To go on when one of the tasks has ended, or so many seconds have passed.
    Join { tasks: Vec<Key>, seconds: Option<f64> },
    /// To go on with an event, or without one when so many seconds have passed.
    Listen { event: EventName, seconds: Option<f64> },
    /// To call the function that is left with each such event. The answer is a handle.
    Handle { event: EventName, at: String },
    /// To remove a handler. The answer is whether it was there.
    Unhandle(HandlerId),
    /// To tell those who listen to an entity, or to all, about an event of scripts, with the values that are left.
    Send { event: EventName },
}

impl Request {
    /// Whether it is answered at a later moment only.
    pub(in crate::plugin) fn is_wait(&self) -> bool {
        match self {
            Request::Frames(_)
            | Request::Seconds(_)
            | Request::RealSeconds(_)
            | Request::FixedStep
            | Request::Load
            | Request::Join { .. }
            | Request::Listen { .. } => true,
            Request::Spawn { .. }
            | Request::Current
            | Request::Cancel(_)
            | Request::OnCancel
            | Request::Handle { .. }
            | Request::Unhandle(_)
            | Request::Send { .. } => false,
        }
    }
}

/// When a task has its first turn.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(in crate::plugin) enum Start {
    /// Before the one who starts it goes on.
    Now,
    /// When all others have had theirs in this frame.
    Deferred,
    /// After so many seconds.
    Delayed(f64),
}

/// An event, as a script names it.
#[derive(Clone, Debug)]
pub(in crate::plugin) struct EventName {
    pub(in crate::plugin) event: String,
    pub(in crate::plugin) component: Option<String>,
    pub(in crate::plugin) target: Target,
}

/// Whom an event is to happen to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::plugin) enum Target {
    /// The task's own entity, if it is an event that happens to entities.
    Own,
    /// This entity.
    Entity(bevy::ecs::entity::Entity),
    /// Anybody.
    Any,
}

impl<'gc> Turn<'_, 'gc> {
    /// Begins the wait that a task has asked for, or answers it.
    pub(super) fn take_request(&mut self, key: Key) {
        let request = self.parts.shared.take_request();
        if self.refuse_while_defining(key, request.as_ref()) {
            return;
        }
        match request {
            None | Some(Request::Frames(0 | 1) | Request::Load) => self.wait_for_frame(key),
            Some(Request::Frames(frames)) => {
                let until = self.parts.frame.saturating_add(frames);
                self.sleep(key, Phase::Frame { since: Since::new(self.now) }, Moment::Frame(until));
            }
            Some(Request::Seconds(seconds)) if seconds <= 0.0 => self.wait_for_frame(key),
            Some(Request::Seconds(seconds)) => {
                let until = later(self.now, seconds);
                self.show(key, BehaviourStatus::Waiting(WaitingFor::Time { until }));
                self.sleep(key, Phase::Sleep { since: Since::new(self.now) }, Moment::Game(until));
            }
            Some(Request::RealSeconds(seconds)) => {
                let until = later(self.real, seconds.max(0.0));
                self.show(key, BehaviourStatus::Waiting(WaitingFor::RealTime { until }));
                self.sleep(key, Phase::RealSleep { since: Since::new(self.real) }, Moment::Real(until));
            }
            Some(Request::FixedStep) if !self.parts.has_fixed_steps => self.wait_for_frame(key),
            Some(Request::FixedStep) => {
                self.show(key, BehaviourStatus::Waiting(WaitingFor::FixedStep));
                self.set_phase(key, Phase::FixedStep { since: Since::new(self.fixed) });
                self.parts.tasks.wait_for_fixed_step(key);
            }
            Some(Request::Join { tasks, seconds }) => self.join(key, &tasks, seconds),
            Some(Request::Listen { event, seconds }) => self.listen(key, &event, seconds),
            Some(request) => match self.answer_to(key, request) {
                Ok(answer) => self.answer(key, answer),
                Err(raised) => self.refuse(key, self.message(&raised)),
            },
        }
    }

    fn wait_for_frame(&mut self, key: Key) {
        self.set_phase(key, Phase::Frame { since: Since::new(self.now) });
        self.parts.tasks.wait_for_frame(key);
    }

    fn sleep(&mut self, key: Key, phase: Phase, until: Moment) {
        self.set_phase(key, phase);
        let sleeper = self.parts.tasks.begin_wait(key);
        self.parts.tasks.sleep(sleeper, until);
    }

    /// Parks a task until it is woken, or for so many seconds.
    fn park(&mut self, key: Key, seconds: Option<f64>, why: WaitingFor) -> super::timers::Sleeper {
        self.show(key, BehaviourStatus::Waiting(why));
        self.set_phase(key, Phase::Parked);
        let sleeper = self.parts.tasks.begin_wait(key);
        if let Some(seconds) = seconds {
            self.parts.tasks.sleep(sleeper, Moment::Game(later(self.now, seconds.max(0.0))));
        }
        sleeper
    }

    /// Lets a task go on with values, before anyone else has a turn.
    fn answer(&mut self, key: Key, answer: Value<'gc>) {
        if let Some(slot) = self.parts.tasks.get_mut(key) {
            slot.phase = Phase::Woken;
            self.leave_for(key, answer);
            self.parts.tasks.next_is(key);
        }
        if let Some(task) = self.parts.starting_now.take() {
            self.parts.tasks.next_is(task);
        }
    }

    /// Keeps what a task is to go on with.
    pub(super) fn leave_for(&mut self, key: Key, values: Value<'gc>) {
        let index = i64::from(key.slot) + 1;
        if self.roots.wakes.set_integer(self.ctx, index, values).is_err() {
            self.fail(key, &Raised::fault(crate::api::Fault::OutOfMemory));
        }
    }

    /// Lets a task go on with an error where it waits.
    #[cold]
    fn refuse(&mut self, key: Key, message: String) {
        if let Some(thread) = self.thread(key) {
            thread.raise_next(self.ctx, message);
        }
        self.answer(key, Value::Nil);
    }

    pub(super) fn answer_to(&mut self, key: Key, request: Request) -> Result<Value<'gc>, Raised<'gc>> {
        match request {
            Request::Spawn { start, at, is_watched } => {
                let values = std::mem::take(&mut self.results);
                let task = self.spawn(key, (start, is_watched), at, &values);
                self.results = values;
                task
            }
            Request::Current => self.handle(key),
            Request::Cancel(task) => Ok(Value::Boolean(self.cancel(task))),
            Request::OnCancel => {
                let function = self.results.first().copied().unwrap_or_default();
                self.add_cleanup(key, function)?;
                Ok(Value::Nil)
            }
            Request::Handle { event, at } => {
                let function = self.results.first().copied().unwrap_or_default();
                self.add_handler(key, &event, at, function)
            }
            Request::Unhandle(id) => Ok(Value::Boolean(self.remove_handler(id))),
            Request::Send { event } => {
                let values = std::mem::take(&mut self.results);
                let heard = self.send(&event, &values);
                self.results = values;
                heard.map(Value::Boolean)
            }
            _ => Ok(Value::Nil),
        }
    }

    // -- tasks ---------------------------------------------------------------------------------------

    /// Starts a task in the behaviour of another. Its handle.
    fn spawn(
        &mut self,
        by: Key,
        (start, is_watched): (Start, bool),
        at: String,
        call: &[Value<'gc>],
    ) -> Result<Value<'gc>, Raised<'gc>> {
        let parent = self.parts.tasks.extra(by).and_then(|extra| extra.origin.clone());
        let origin = Rc::new(Origin::new(at, parent));
        let Some(key) = self.start_task(by, Some(origin), call)? else { return Ok(Value::Nil) };
        let handle = self.handle(key)?;
        if let Some(extra) = self.parts.tasks.make_extra(key) {
            extra.is_watched = is_watched;
        }
        match start {
            Start::Now => {
                self.parts.starting_now = Some(key);
            }
            Start::Deferred => self.parts.tasks.last_is(key),
            Start::Delayed(seconds) => {
                let sleeper = self.parts.tasks.begin_wait(key);
                self.parts.tasks.sleep(sleeper, Moment::Game(later(self.now, seconds.max(0.0))));
            }
        }
        Ok(handle)
    }

    /// Makes a task of a function and its arguments, in the behaviour of another.
    pub(super) fn start_task(
        &mut self,
        by: Key,
        origin: Option<Rc<Origin>>,
        call: &[Value<'gc>],
    ) -> Result<Option<Key>, Raised<'gc>> {
        let (function, args) = call.split_first().map_or((Value::Nil, call), |(function, args)| (*function, args));
        let args = packed(self.ctx, args)?;
        let Some(key) = self.parts.tasks.insert_task(by) else { return Ok(None) };
        if let Some(extra) = self.parts.tasks.make_extra(key) {
            extra.origin = origin;
        }
        if let Some(slot) = self.parts.tasks.get_mut(key) {
            slot.phase = Phase::Woken;
        }
        let index = i64::from(key.slot) + 1;
        let thread = Thread::new(self.ctx, function);
        let made = self
            .roots
            .threads
            .set_integer(self.ctx, index, Value::Thread(thread))
            .and_then(|()| self.roots.wakes.set_integer(self.ctx, index, args));
        if let Err(error) = made {
            self.parts.tasks.remove(key);
            return Err(error.into());
        }
        Ok(Some(key))
    }

    /// What scripts know of a task.
    fn handle(&mut self, key: Key) -> Result<Value<'gc>, Raised<'gc>> {
        let index = i64::from(key.slot) + 1;
        let Some(extra) = self.parts.tasks.make_extra(key) else { return Ok(Value::Nil) };
        if extra.state.is_some() {
            return Ok(self.roots.handles.get_integer(self.ctx, index));
        }
        let state = Rc::new(TaskState { key: key.into(), end: End::Open.into() });
        extra.state = Some(Rc::clone(&state));
        let handle = Value::UserData(Class::Task.wrap(self.ctx, state));
        self.roots.handles.set_integer(self.ctx, index, handle)?;
        Ok(handle)
    }

    /// Notes in a task's handle how it ended, and lets those go on who wait for that. Whether there was anyone.
    pub(super) fn tell_end(&mut self, key: Key, end: End, values: Value<'gc>) -> bool {
        let Some(extra) = self.parts.tasks.extra_mut(key) else { return false };
        let joiners = std::mem::take(&mut extra.joiners);
        let mut is_heard = extra.is_watched;
        if let Some(state) = extra.state.take() {
            state.end.set(end);
            let index = i64::from(key.slot) + 1;
            if let Value::UserData(handle) = self.roots.handles.get_integer(self.ctx, index) {
                handle.set_user_value(self.ctx, values);
            }
            // The place exists, so nothing is allocated that could fail.
            let _ = self.roots.handles.set_integer(self.ctx, index, Value::Boolean(false));
        }
        for joiner in joiners {
            is_heard |= self.wake(joiner, Value::Nil);
        }
        is_heard
    }

    /// Lets a parked task go on with values, unless it has been woken already.
    pub(super) fn wake(&mut self, sleeper: super::timers::Sleeper, values: Value<'gc>) -> bool {
        if !self.parts.tasks.is_waiting(sleeper) {
            return false;
        }
        let key = sleeper.key;
        self.parts.tasks.stop_waiting(key);
        self.stop_listening(key);
        if let Some(slot) = self.parts.tasks.get_mut(key) {
            slot.phase = Phase::Woken;
        }
        self.leave_for(key, values);
        self.parts.tasks.soon(key);
        true
    }

    fn join(&mut self, key: Key, tasks: &[Key], seconds: Option<f64>) {
        // One that has ended meanwhile, or waits for itself, would never wake anybody.
        if tasks.iter().any(|task| self.parts.tasks.get(*task).is_none()) {
            self.answer(key, Value::Nil);
            return;
        }
        if tasks.contains(&key) {
            self.refuse(key, "a task cannot wait for its own end".to_owned());
            return;
        }
        let sleeper = self.park(key, seconds, WaitingFor::Task);
        for &task in tasks {
            let Some(extra) = self.parts.tasks.make_extra(task) else { continue };
            let mut joiners = std::mem::take(&mut extra.joiners);
            // Those who have given up are forgotten before there is room for more.
            if joiners.len() == joiners.capacity() {
                joiners.retain(|joiner| self.parts.tasks.is_waiting(*joiner));
            }
            joiners.push(sleeper);
            if let Some(extra) = self.parts.tasks.make_extra(task) {
                extra.joiners = joiners;
            }
        }
    }

    fn add_cleanup(&mut self, key: Key, function: Value<'gc>) -> Result<(), Raised<'gc>> {
        let index = i64::from(key.slot) + 1;
        let Some(slot) = self.parts.tasks.get_mut(key) else { return Ok(()) };
        let list = match self.roots.cleanups.get_integer(self.ctx, index) {
            Value::Table(list) if slot.has_cleanups => list,
            _ => {
                slot.has_cleanups = true;
                let list = Table::new(self.ctx);
                self.roots.cleanups.set_integer(self.ctx, index, Value::Table(list))?;
                list
            }
        };
        list.set_integer(self.ctx, list.len() + 1, function)?;
        Ok(())
    }

    // -- events --------------------------------------------------------------------------------------

    fn listen(&mut self, key: Key, event: &EventName, seconds: Option<f64>) {
        let subscription = match self.subscription(key, event) {
            Ok(subscription) => subscription,
            Err(message) => return self.refuse(key, message),
        };
        let sleeper = self.park(key, seconds, WaitingFor::Event);
        if let Target::Entity(entity) = event.target {
            self.parts.waits_for_others.push((sleeper, entity));
        }
        let listener = self.parts.listeners.listen(subscription, ListenerKind::Waiter(sleeper));
        self.parts.tasks.set_listening(key, self.parts.listeners.place_of(listener));
    }

    /// Lets those go on with an error who wait for an event of an entity that is no more.
    pub(super) fn wake_bereft(&mut self) {
        for (sleeper, entity) in std::mem::take(&mut self.parts.waits_for_others) {
            if !self.parts.tasks.is_waiting(sleeper) {
                continue;
            }
            if self.world.get_entity(entity).is_ok() {
                self.parts.waits_for_others.push((sleeper, entity));
                continue;
            }
            if let Some(thread) = self.thread(sleeper.key) {
                thread.raise_next(self.ctx, "cancelled: the entity whose event was waited for is gone".to_owned());
            }
            self.wake(sleeper, Value::Nil);
        }
    }

    /// Removes handlers of events of entities that are no more. Each is looked at once in so many frames.
    pub(super) fn drop_bereft(&mut self) {
        const FRAMES: usize = 64;
        let count = self.parts.handlers_on_others.len().div_ceil(FRAMES);
        for _ in 0..count {
            let Some((id, entity)) = self.parts.handlers_on_others.pop_front() else { return };
            if self.parts.listeners.place_of(id).is_none() {
                continue;
            }
            if self.world.get_entity(entity).is_ok() {
                self.parts.handlers_on_others.push_back((id, entity));
            } else {
                self.remove_handler(id);
            }
        }
    }

    /// Removes the listener that was to wake a task.
    pub(super) fn stop_listening(&mut self, key: Key) {
        if let Some(index) = self.parts.tasks.take_listening(key) {
            self.parts.listeners.remove(index);
        }
    }

    fn subscription(&mut self, key: Key, name: &EventName) -> Result<super::listeners::SubscriptionId, String> {
        let entity = self.parts.tasks.get(key).map(|slot| slot.entity);
        let resolved = events::resolve(self.world, name, entity);
        let (topic, origin) = resolved.inspect_err(|_| self.ctx.charge(reflect::SEARCH_FUEL))?;
        if let Some(known) = self.parts.listeners.find(&topic) {
            return Ok(known);
        }
        let (world, changes) = (&mut *self.world, &self.parts.changes);
        let target = topic.target;
        self.parts.listeners.subscribe(topic, |id| events::open(world, changes, origin, target, id))
    }

    fn add_handler(
        &mut self,
        key: Key,
        name: &EventName,
        at: String,
        function: Value<'gc>,
    ) -> Result<Value<'gc>, Raised<'gc>> {
        let subscription = self.subscription(key, name).map_err(Raised::message)?;
        let Some(body) = self.parts.tasks.body(key) else { return Ok(Value::Nil) };
        if self.parts.tasks.extra(body).is_some_and(|extra| extra.handlers.len() >= HANDLERS_MAX) {
            let remedy = "cancel those that are done, or let one handler do more";
            return Err(Raised::message(format!("a behaviour has at most {HANDLERS_MAX} handlers: {remedy}")));
        }
        let definition = self.parts.tasks.extra(key).and_then(|extra| extra.defines).unwrap_or_default();
        let id = self.parts.listeners.listen(subscription, ListenerKind::Handler { body, definition });
        let Some(index) = self.parts.listeners.place_of(id) else { return Ok(Value::Nil) };
        let place = i64::from(index) + 1;
        let kept = self.roots.handlers.set_integer(self.ctx, place, function);
        if let Err(error) = kept {
            self.parts.listeners.remove(index);
            return Err(error.into());
        }
        self.parts.listeners.set_origin(index, Rc::new(Origin::new(at, None)));
        if let Some(extra) = self.parts.tasks.make_extra(body) {
            extra.handlers.push(index);
        }
        if let Target::Entity(entity) = name.target {
            let Parts { handlers_on_others, listeners, .. } = &mut *self.parts;
            // Those that were cancelled are forgotten before there is room for more.
            if handlers_on_others.len() == handlers_on_others.capacity() {
                handlers_on_others.retain(|(id, _)| listeners.place_of(*id).is_some());
            }
            handlers_on_others.push_back((id, entity));
        }
        Ok(Value::UserData(Class::Handler.wrap(self.ctx, id)))
    }

    fn remove_handler(&mut self, id: HandlerId) -> bool {
        let Some(index) = self.parts.listeners.place_of(id) else { return false };
        if let Some(ListenerKind::Handler { body, .. }) = self.parts.listeners.get(index).map(|listener| listener.kind)
            && let Some(extra) = self.parts.tasks.extra_mut(body)
        {
            extra.handlers.retain(|handler| *handler != index);
            self.drop_handler(index);
            if self.parts.tasks.get(body).is_some_and(|slot| slot.phase == Phase::Finished) {
                self.show_rest(body);
            }
        }
        true
    }

    /// Removes the handler at a place.
    pub(super) fn drop_handler(&mut self, index: u32) {
        self.parts.listeners.remove(index);
        // The place exists, so nothing is allocated that could fail.
        let _ = self.roots.handlers.set_integer(self.ctx, i64::from(index) + 1, Value::Boolean(false));
    }

    fn send(&mut self, name: &EventName, values: &[Value<'gc>]) -> Result<bool, Raised<'gc>> {
        let target = if let Target::Entity(entity) = name.target { Some(entity) } else { None };
        let mut topic = Topic { name: TopicName { event: name.event.as_str().into(), component: None }, target };
        let mut is_heard = self.send_about(&topic, values)?;
        if let Some(entity) = topic.target.take() {
            let mut values = values.to_vec();
            values.insert(0, entity_value(self.ctx, entity));
            is_heard |= self.send_about(&topic, &values)?;
        }
        Ok(is_heard)
    }

    /// Tells those who listen to a topic, at the sender's expense. Whether there was anyone.
    fn send_about(&mut self, topic: &Topic, values: &[Value<'gc>]) -> Result<bool, Raised<'gc>> {
        let Some(subscription) = self.parts.listeners.find(topic) else { return Ok(false) };
        let heard = self.deliver(subscription, values)?;
        self.ctx.charge(heard.saturating_mul(DELIVERY_FUEL));
        Ok(heard > 0)
    }

    /// Tells everyone who listens to a subscription of an event. How many there were.
    pub(super) fn deliver(
        &mut self,
        subscription: super::listeners::SubscriptionId,
        values: &[Value<'gc>],
    ) -> Result<u32, Raised<'gc>> {
        let mut heard = 0;
        for index in self.parts.listeners.of(subscription) {
            match self.parts.listeners.get(index).map(|listener| listener.kind) {
                Some(ListenerKind::Waiter(sleeper)) => {
                    let values = packed(self.ctx, values)?;
                    heard += u32::from(self.wake(sleeper, values));
                }
                Some(ListenerKind::Handler { body, .. }) => {
                    let function = self.roots.handlers.get_integer(self.ctx, i64::from(index) + 1);
                    let mut call = vec![function];
                    call.extend_from_slice(values);
                    let origin = self.parts.listeners.origin(index);
                    if let Some(key) = self.start_task(body, origin, &call)? {
                        self.parts.tasks.soon(key);
                        heard += 1;
                    }
                }
                None => {}
            }
        }
        Ok(heard)
    }
}

/// A moment so many seconds after another.
fn later(now: Duration, seconds: f64) -> Duration {
    now.saturating_add(Duration::try_from_secs_f64(seconds).unwrap_or(Duration::MAX))
}
