//! One visit to the arena: starting, resuming and ending tasks.
//!
//! What a task asks for when it suspends decides when it goes on. An error ends its task and nothing else. Ending is
//! final: the coroutine's `<close>` variables and the functions of `task.on_cancel` get one slice of instructions, and
//! that is all it ever runs.

use std::time::Duration;

use bevy::ecs::change_detection::DetectChangesMut;
use bevy::ecs::component::ComponentId;
use bevy::ecs::entity::Entity;
use bevy::ecs::world::World;
use bevy::platform::time::Instant;

use super::Parts;
use super::restart::first_place;
use super::tasks::{Key, Phase, Since};
use crate::api::{Context, Progress, Raised, TableError, Thread, Value};
use crate::plugin::behaviour::{Behaviour, BehaviourStatus, Change, WaitingFor};
use crate::plugin::data::LuaFields;
use crate::plugin::declared::place_defined;
use crate::plugin::environment::Roots;
use crate::plugin::error::{ScriptError, put_out};
use crate::plugin::events::{lifecycle_value, read_messages};
use crate::plugin::module::place;
use crate::plugin::params::{DeclaredParams, forget_declared};
use crate::plugin::reflect;
use crate::plugin::saved::take_state;
use crate::plugin::settings::{ErrorPolicy, RunawayPolicy};
use crate::plugin::task::{End, Origin, packed, unpacked};

/// A visit to the arena.
pub(super) struct Turn<'a, 'gc> {
    pub(super) ctx: Context<'gc>,
    pub(super) roots: Roots<'gc>,
    pub(super) world: &'a mut World,
    pub(super) parts: &'a mut Parts,
    pub(super) results: Vec<Value<'gc>>,
    /// The most instructions for a behaviour in a frame that does not say so itself.
    pub(super) slice: u64,
    /// What the game's clock shows.
    pub(super) now: Duration,
    /// What the real clock shows.
    pub(super) real: Duration,
    /// What the clock of fixed steps shows.
    pub(super) fixed: Duration,
    /// What becomes of errors and runaways.
    pub(super) policy: Policy,
    /// The component of entities that are disabled, which is asked for at every turn.
    pub(super) disabled: ComponentId,
}

/// Why a task was stopped in the middle.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Cut {
    /// Its behaviour has used up its slice.
    Slice,
    /// The frame's instructions are used up, or memory is short and slices with it.
    Frame,
    /// Somebody should look at the memory before it goes on.
    Look,
    /// It has asked for a collection.
    Asked,
}

/// What of a frame's time is left. It is looked at after some work only: to ask what time it is takes as long as a turn of
/// a task that does little.
struct Clock {
    deadline: Option<Instant>,
    /// Instructions since the last look; to begin a turn counts too.
    unseen: u64,
}

impl Clock {
    fn note(&mut self, instructions: u64) {
        const TURN: u64 = 250;
        self.unseen = self.unseen.saturating_add(instructions + TURN);
    }

    #[inline]
    fn has_passed(&mut self) -> bool {
        self.deadline.is_some_and(|deadline| self.is_beyond(deadline))
    }

    fn is_beyond(&mut self, deadline: Instant) -> bool {
        const UNSEEN_MAX: u64 = 4000;
        if self.unseen < UNSEEN_MAX {
            return false;
        }
        self.unseen = 0;
        Instant::now() >= deadline
    }
}

/// What becomes of errors and runaways.
#[derive(Clone, Copy, Debug)]
pub(super) struct Policy {
    pub(super) errors: ErrorPolicy,
    pub(super) runaways: RunawayPolicy,
    pub(super) runaway_frames: u32,
}

/// What it costs to find out where an error comes from, and to report it.
const ERROR_FUEL: u64 = 500;

impl<'gc> Turn<'_, 'gc> {
    /// Gives tasks their turns, until nobody is due or `left` or the time is used up, or until so much was allocated that
    /// memory is short; then it gives the task that had the last turn.
    pub(super) fn run(&mut self, left: &mut u64) -> Option<Key> {
        let ledger = self.ctx.ledger();
        let enough = self.parts.upkeep.line(ledger.limit());
        let mut clock = Clock { deadline: self.parts.deadline, unseen: 0 };
        while *left > 0 && !clock.has_passed() {
            let key = self.parts.tasks.next()?;
            let used = self.resume(key, *left);
            clock.note(used);
            *left = left.saturating_sub(used);
            if self.ctx.take_collection_request() {
                self.parts.upkeep.ask();
            }
            if ledger.used() > enough {
                return Some(key);
            }
        }
        self.parts.tasks.cut_rest();
        None
    }

    /// How many instructions a turn may have before somebody looks at the memory: so few that it cannot use up what is
    /// free, with garbage or not.
    fn portion(&self) -> u64 {
        const BYTES_FOR_INSTRUCTION: usize = 256;
        const LEAST: u64 = 4000;
        let ledger = self.ctx.ledger();
        let free = ledger.limit().saturating_sub(ledger.used());
        u64::try_from(free / BYTES_FOR_INSTRUCTION).unwrap_or(u64::MAX).max(LEAST)
    }

    pub(super) fn kill(&mut self, key: Key) {
        if let Some(thread) = self.thread(key) {
            thread.kill(self.ctx);
            self.drop_thread(key);
        }
    }

    /// Takes up what happened to `Behaviour` components, and events, in order.
    pub(super) fn settle(&mut self) {
        // Closing a coroutine may despawn more.
        while self.parts.changes.pending() {
            for change in self.parts.changes.take() {
                self.take_up(change);
            }
        }
    }

    /// Takes up what happened to `Behaviour` components before a fixed step. Events are kept for the frame: who listens in
    /// frames is not to go on at some times in one of these and at others in a step.
    pub(super) fn settle_for_step(&mut self) {
        while self.parts.changes.pending() {
            for change in self.parts.changes.take() {
                match change {
                    Change::Event { .. } | Change::Lifecycle { .. } => self.parts.held.push(change),
                    _ => self.take_up(change),
                }
            }
        }
    }

    /// Takes up what was kept for the frame.
    pub(super) fn settle_held(&mut self) {
        for change in std::mem::take(&mut self.parts.held) {
            self.take_up(change);
        }
    }

    fn take_up(&mut self, change: Change) {
        match change {
            Change::Started(entity) => {
                self.end(entity);
                self.parts.add(self.world, entity);
            }
            Change::Ended(entity) => self.end(entity),
            Change::Event { .. } | Change::Lifecycle { .. } if self.parts.is_paused => {}
            Change::Event { subscription, value } => {
                let value = reflect::to_lua(self.ctx, self.world, &*value);
                self.deliver_event(subscription, value);
            }
            Change::Undefined(entity) => place_defined(self.world, entity),
            Change::Lifecycle { subscription, entity } => {
                let value = lifecycle_value(self.ctx, entity).map_err(Raised::from);
                self.deliver_event(subscription, value);
            }
        }
    }

    /// Queues the messages that were written since the last frame for those who listen to them.
    pub(super) fn read_messages(&mut self) {
        let (world, changes) = (&*self.world, &self.parts.changes);
        self.parts.listeners.read_messages(|subscription, type_path, read| {
            read_messages(world, type_path, read, |value| {
                changes.push(Change::Event { subscription, value });
            })
        });
        self.settle();
    }

    /// Takes the messages that were written since the last frame for read.
    pub(super) fn pass_over_messages(&mut self) {
        let world = &*self.world;
        self.parts.listeners.read_messages(|_, type_path, _| read_messages(world, type_path, usize::MAX, |_| {}));
    }

    fn deliver_event(
        &mut self,
        subscription: super::listeners::SubscriptionId,
        value: Result<Value<'gc>, Raised<'gc>>,
    ) {
        let delivered = value.and_then(|value| self.deliver(subscription, &[value]));
        if let Err(raised) = delivered {
            let message = self.message(&raised);
            self.parts.report(self.world, u32::MAX, ScriptError::of_file("", message));
        }
    }

    // -- beginning -----------------------------------------------------------------------------------

    /// Starts a behaviour whose script is there.
    pub(super) fn start(&mut self, key: Key) {
        let Some(&slot) = self.parts.tasks.get(key) else { return };
        let Some(program) = self.parts.programs.get(slot.program) else { return };
        let Some(script) = &program.script else {
            match self.parts.failure(self.world, slot.program) {
                Some(failure) => self.show_failure(key, slot.entity, failure),
                None => self.parts.starting.push(key),
            }
            return;
        };
        let (chunk, keeps) = (script.chunk().clone(), script.keeps());
        match self.make_thread(key, slot.entity, &chunk) {
            Ok(()) => {
                if keeps {
                    self.begin_definitions(key);
                }
                self.set_phase(key, Phase::Ready);
                self.parts.tasks.wait_for_frame(key);
            }
            Err(error) => self.fail(key, &Raised::from(error)),
        }
    }

    /// Forgets what modules returned that are to run again.
    pub(super) fn forget_modules(&mut self, modules: &[usize]) {
        for &module in modules {
            // At most a place that is there is emptied, so nothing is allocated that could fail.
            let _ = self.roots.modules.set_integer(self.ctx, place(module), Value::Nil);
        }
    }

    fn make_thread(&mut self, key: Key, entity: Entity, chunk: &crate::api::Chunk) -> Result<(), TableError> {
        let index = i64::from(key.slot) + 1;
        if !matches!(self.roots.states.made.get_integer(self.ctx, index), Value::Table(_))
            && let Some(state) = take_state(self.ctx, self.world, entity)?
        {
            self.roots.states.made.set_integer(self.ctx, index, Value::Table(state))?;
        }
        forget_declared(self.world, entity);
        let none = LuaFields::new();
        let behaviour = self.world.get::<Behaviour>(entity);
        self.parts.tasks.set_slice(key, behaviour.map_or(0, |behaviour| behaviour.slice));
        let params = behaviour.map_or(&none, |behaviour| &behaviour.params);
        let environment = self.roots.environment(self.ctx, entity, params)?;
        let body = chunk.function(self.ctx, Value::Table(environment));
        let thread = Thread::new(self.ctx, Value::Closure(body));
        self.roots.states.environments.set_integer(self.ctx, index, Value::Table(environment))?;
        self.roots.threads.set_integer(self.ctx, index, Value::Thread(thread))
    }

    // -- turns ---------------------------------------------------------------------------------------

    /// Gives a task its turn. The instructions that it used.
    fn resume(&mut self, key: Key, left: u64) -> u64 {
        let Some(&slot) = self.parts.tasks.get(key) else { return 0 };
        match self.world.get_entity(slot.entity) {
            // The world was cleared without running any hooks.
            Err(_) => {
                self.end(slot.entity);
                return 0;
            }
            Ok(entity) if entity.contains_id(self.disabled) => {
                self.parts.tasks.wait_for_frame(key);
                return 0;
            }
            Ok(_) => {}
        }
        let Some(thread) = self.thread(key) else { return 0 };
        let slice_max = self.parts.upkeep.slice_max();
        let allowance = self.parts.tasks.allowance(&slot, (self.slice, slice_max), self.parts.allowance.number());
        if allowance == 0 {
            self.parts.tasks.cut(key);
            return 0;
        }
        self.enter_script(key, slot.entity, slot.program);
        let args = self.args(key, slot.phase);
        if slot.listens() {
            self.stop_listening(key);
        }
        let portion = self.portion();
        let grant = allowance.min(left).min(portion);
        let granted = i64::try_from(grant).unwrap_or(i64::MAX);
        let mut fuel = granted;
        let outcome = self.advance(thread, slot.program, args.as_slice(), &mut fuel);
        // Below zero it is what was done in one go, beyond what was granted.
        let mut used = u64::try_from(granted.saturating_sub(fuel)).unwrap_or(0).max(1);
        if outcome.is_err() {
            used += ERROR_FUEL;
        }
        self.parts.tasks.spend(&slot, used, self.slice, self.parts.allowance.number());
        self.flush_output();
        if self.parts.changes.pending() {
            let results = std::mem::take(&mut self.results);
            let request = self.parts.shared.take_request();
            self.settle();
            self.parts.shared.put_back(request);
            self.results = results;
        }
        match outcome {
            Ok(progress) => {
                let cut = if fuel > 0 {
                    Cut::Asked
                } else if grant == allowance && slice_max == u64::MAX {
                    Cut::Slice
                } else if grant < allowance.min(left) {
                    Cut::Look
                } else {
                    Cut::Frame
                };
                self.conclude(key, progress, cut);
            }
            Err(raised) => self.fail_on(Some(key), slot.entity, slot.program, &raised),
        }
        // What was closed may have changed more.
        if self.parts.changes.pending() {
            self.settle();
        }
        self.results.clear();
        used
    }

    /// What a task is resumed with.
    fn args(&mut self, key: Key, phase: Phase) -> Args<'gc> {
        let passed = |now: Duration, since: Since| Args::One([Value::Float(since.seconds_to(now))]);
        match phase {
            Phase::Frame { since } | Phase::Sleep { since } => passed(self.now, since),
            Phase::RealSleep { since } => passed(self.real, since),
            Phase::FixedStep { since } => passed(self.fixed, since),
            Phase::Woken => {
                let index = i64::from(key.slot) + 1;
                let values = self.roots.wakes.get_integer(self.ctx, index);
                // The place exists, so nothing is allocated that could fail.
                let _ = self.roots.wakes.set_integer(self.ctx, index, Value::Boolean(false));
                Args::Many(unpacked(self.ctx, values))
            }
            _ => Args::Many(Vec::new()),
        }
    }

    /// Decides when a task that has come back goes on.
    fn conclude(&mut self, key: Key, progress: Progress, cut: Cut) {
        // It may have ended itself, or its entity, meanwhile.
        if self.parts.tasks.get(key).is_none() {
            self.parts.shared.take_request();
            return;
        }
        match progress {
            Progress::Finished => self.finish(key),
            Progress::OutOfFuel => return self.pause(key, cut),
            Progress::Suspended => self.take_request(key),
            Progress::Yielded if self.results.iter().all(Value::is_nil) => self.take_request(key),
            Progress::Yielded => self.reject_yield(key),
        }
        if let Some(slot) = self.parts.tasks.get_mut(key) {
            slot.spinning = 0;
        }
    }

    /// Decides when a task goes on that was stopped in the middle.
    fn pause(&mut self, key: Key, cut: Cut) {
        self.set_phase(key, Phase::Paused);
        match cut {
            Cut::Slice => {
                self.parts.tasks.wait_for_frame(key);
                self.note_spin(key);
            }
            Cut::Asked => self.parts.tasks.wait_for_frame(key),
            Cut::Frame => self.parts.tasks.cut(key),
            Cut::Look => self.parts.tasks.next_is(key),
        }
    }

    /// Counts the frames in which a task has used up its slice, and speaks up when they are too many.
    fn note_spin(&mut self, key: Key) {
        let Some(slot) = self.parts.tasks.get_mut(key) else { return };
        slot.spinning = slot.spinning.saturating_add(1);
        let (spinning, entity, program) = (slot.spinning, slot.entity, slot.program);
        if spinning != self.policy.runaway_frames {
            return;
        }
        let Some(thread) = self.thread(key) else { return };
        let traceback = thread.traceback(self.ctx);
        let at = first_place(&traceback);
        let message = format!(
            "{at}: it has used up its slice of {} instructions in {spinning} frames running: wait somewhere in the loop",
            self.parts.tasks.slice(key, self.slice)
        );
        match self.policy.runaways {
            RunawayPolicy::Report => {
                let script = self.script(program);
                let error = ScriptError::of_behaviour(entity, script, message, Some(traceback));
                self.parts.report(self.world, program, error);
            }
            RunawayPolicy::Stop => {
                let error = self.ctx.text(&message);
                self.close(key);
                self.fail_with(Some(key), entity, program, (message, error), Some(&traceback));
            }
        }
    }

    /// Ends a task that has returned.
    fn finish(&mut self, key: Key) {
        if self.end_definitions(key) {
            return;
        }
        let has_handle = self.parts.tasks.extra(key).is_some_and(|extra| extra.state.is_some());
        let values = if has_handle { packed(self.ctx, &self.results) } else { Ok(Value::Nil) };
        let values = match values {
            Ok(values) => values,
            Err(error) => return self.fail(key, &Raised::from(error)),
        };
        self.drop_thread(key);
        self.tell_end(key, End::Finished, values);
        if self.parts.tasks.is_body(key) {
            self.set_phase(key, Phase::Finished);
            self.show_rest(key);
        } else {
            self.remove_task(key);
        }
    }

    /// Removes a task that has ended from its behaviour.
    fn remove_task(&mut self, key: Key) {
        let body = self.parts.tasks.body(key);
        self.stop_listening(key);
        self.abandon_definitions(key);
        self.parts.tasks.remove(key);
        if let Some(body) = body
            && self.parts.tasks.get(body).is_some_and(|slot| slot.phase == Phase::Finished)
        {
            self.show_rest(body);
        }
    }

    /// Shows whether anything of a behaviour goes on whose body has ended.
    pub(super) fn show_rest(&mut self, body: Key) {
        let has_handlers = self.parts.tasks.extra(body).is_some_and(|extra| !extra.handlers.is_empty());
        let status = if has_handlers || self.parts.tasks.started_by(body).next().is_some() {
            BehaviourStatus::Waiting(WaitingFor::Event)
        } else {
            self.roots.states.finish(self.ctx, i64::from(body.slot) + 1);
            BehaviourStatus::Finished
        };
        self.show(body, status);
    }

    /// Fails a task that yielded something else than a wait.
    #[cold]
    fn reject_yield(&mut self, key: Key) {
        let Some(&slot) = self.parts.tasks.get(key) else { return };
        let got: Vec<String> = self.results.iter().map(|&value| self.described(value)).collect();
        let script = self.script(slot.program);
        let message = format!(
            "{script}: cannot yield {} to the game: outside the script's own coroutines, coroutine.yield() stands for \
             wait() and takes no values; to wait for some time, call wait(seconds)",
            got.join(", ")
        );
        let error = self.ctx.text(&message);
        self.close(key);
        self.fail_with(Some(key), slot.entity, slot.program, (message, error), None);
    }

    fn described(&self, value: Value<'gc>) -> String {
        match value {
            Value::String(text) => format!("'{}'", text.to_text().chars().take(40).collect::<String>()),
            Value::Nil | Value::Boolean(_) | Value::Integer(_) | Value::Float(_) => {
                self.ctx.plain_string(value).to_text().into_owned()
            }
            other => format!("a {}", other.type_name()),
        }
    }

    // -- ending --------------------------------------------------------------------------------------

    /// Ends the behaviour of an entity, if it has one.
    fn end(&mut self, entity: Entity) {
        let Some(key) = self.parts.tasks.of(entity) else { return };
        self.end_tasks(key);
        self.roots.states.forget(self.ctx, i64::from(key.slot) + 1);
        if let Some(slot) = self.parts.tasks.get(key) {
            self.parts.programs.leave(slot.program);
        }
        self.parts.tasks.remove(key);
        self.parts.shared.streams.end(key.order());
        self.parts.failures_of.remove(&entity);
        if let Ok(mut entity) = self.world.get_entity_mut(entity)
            && !entity.contains::<Behaviour>()
        {
            entity.remove::<(BehaviourStatus, DeclaredParams)>();
        }
    }

    /// Ends all that runs in a behaviour: its handlers, its tasks from the youngest on, and its body.
    pub(super) fn end_tasks(&mut self, body: Key) {
        self.drop_handlers(body);
        // What a task leaves to be closed may start more, and listen to more.
        while let Some(task) = self.parts.tasks.youngest(body) {
            self.cancel(task);
        }
        self.stop_listening(body);
        self.close(body);
        while let Some(task) = self.parts.tasks.youngest(body) {
            self.cancel(task);
        }
        self.drop_handlers(body);
        self.tell_end(body, End::Cancelled, Value::Nil);
    }

    /// Ends all handlers of a behaviour.
    pub(super) fn drop_handlers(&mut self, body: Key) {
        let handlers = self.parts.tasks.extra_mut(body).map(|extra| std::mem::take(&mut extra.handlers));
        for handler in handlers.into_iter().flatten() {
            self.drop_handler(handler);
        }
    }

    /// Ends a task before its time. Whether it was there.
    pub(super) fn cancel(&mut self, key: Key) -> bool {
        let Some(slot) = self.parts.tasks.get(key) else { return false };
        if matches!(slot.phase, Phase::Finished | Phase::Failed) {
            return false;
        }
        if self.parts.is_closing {
            self.parts.to_cancel.push_back(key);
        } else {
            self.cancel_now(key);
        }
        true
    }

    /// Ends a task before its time, also while another one is being closed.
    pub(super) fn cancel_now(&mut self, key: Key) {
        self.stop_listening(key);
        self.close(key);
        self.tell_end(key, End::Cancelled, Value::Nil);
        if self.parts.tasks.is_body(key) {
            self.parts.tasks.stop_waiting(key);
            self.set_phase(key, Phase::Finished);
            self.show_rest(key);
        } else {
            self.remove_task(key);
        }
    }

    pub(super) fn thread(&self, key: Key) -> Option<Thread<'gc>> {
        match self.roots.threads.get_integer(self.ctx, i64::from(key.slot) + 1) {
            Value::Thread(thread) => Some(thread),
            _ => None,
        }
    }

    pub(super) fn drop_thread(&mut self, key: Key) {
        if self.parts.tasks.get(key).is_some() {
            self.parts.shared.modules.borrow_mut().abandon(key);
            // The place exists, so nothing is allocated that could fail.
            let _ = self.roots.threads.set_integer(self.ctx, i64::from(key.slot) + 1, Value::Boolean(false));
        }
    }

    /// Tells the natives whose turn it is.
    pub(super) fn enter_script(&mut self, key: Key, entity: Entity, program: u32) {
        let shared = &self.parts.shared;
        shared.defines.set(self.parts.tasks.defines(key));
        shared.entity.set(entity);
        shared.task.set(key);
        shared.program.set(program);
        if let Some(program) = self.parts.programs.get(program) {
            let mut script = shared.script.borrow_mut();
            if !std::sync::Arc::ptr_eq(&script, &program.name) {
                script.clone_from(&program.name);
            }
        }
    }

    #[inline(always)]
    pub(super) fn flush_output(&mut self) {
        if !self.parts.shared.output.borrow().is_empty() {
            self.put_out_lines();
        }
    }

    #[inline(never)]
    fn put_out_lines(&mut self) {
        for line in self.parts.shared.output.borrow_mut().take() {
            put_out(self.world, line);
        }
    }

    // -- failing -------------------------------------------------------------------------------------

    pub(super) fn fail(&mut self, key: Key, raised: &Raised<'gc>) {
        if let Some(&slot) = self.parts.tasks.get(key) {
            self.fail_on(Some(key), slot.entity, slot.program, raised);
        }
    }

    /// Fails a task with a message of the plugin's own.
    pub(super) fn fail_with_message(&mut self, key: Key, message: String) {
        if let Some(&slot) = self.parts.tasks.get(key) {
            let error = self.ctx.text(&message);
            self.fail_with(Some(key), slot.entity, slot.program, (message, error), None);
        }
    }

    pub(super) fn message(&self, raised: &Raised<'gc>) -> String {
        /// What is longer is no message, and would be kept, copied and logged.
        const BYTES_MAX: usize = 8192;
        match raised.to_value(self.ctx) {
            Value::String(text) if text.len() > BYTES_MAX => {
                format!("{}…", String::from_utf8_lossy(text.as_bytes().get(..BYTES_MAX).unwrap_or_default()))
            }
            Value::String(text) => text.to_text().into_owned(),
            value @ (Value::Integer(_) | Value::Float(_)) => self.ctx.plain_string(value).to_text().into_owned(),
            other => format!("(error object is a {} value)", other.type_name()),
        }
    }

    #[cold]
    pub(super) fn fail_on(&mut self, key: Option<Key>, entity: Entity, program: u32, raised: &Raised<'gc>) {
        let message = self.message(raised);
        let error = raised.to_value(self.ctx);
        self.fail_with(key, entity, program, (message, error), raised.traceback());
    }

    /// Ends a task with an error. One that another task waits for has told it, and is not reported.
    #[cold]
    pub(super) fn fail_with(
        &mut self,
        key: Option<Key>,
        entity: Entity,
        program: u32,
        (message, error): (String, Value<'gc>),
        traceback: Option<&str>,
    ) {
        let mut traceback = traceback.map(str::to_owned);
        if let Some(key) = key.filter(|key| self.parts.tasks.get(*key).is_some()) {
            let origin = self.parts.tasks.extra(key).and_then(|extra| extra.origin.clone());
            if let (Some(traceback), Some(origin)) = (&mut traceback, origin) {
                add_origins(traceback, &origin);
            }
            self.drop_thread(key);
            let error = packed(self.ctx, &[error]).unwrap_or_default();
            let is_heard = self.tell_end(key, End::Failed, error);
            if self.parts.tasks.is_body(key) {
                self.show_failure(key, entity, message.clone());
            } else {
                self.remove_task(key);
                if is_heard {
                    return;
                }
            }
        }
        let script = self.script(program);
        let report = ScriptError::of_behaviour(entity, script, message.clone(), traceback);
        self.parts.report(self.world, program, report);
        if key.is_some() && self.policy.errors != ErrorPolicy::StopTask {
            self.stop_behaviour(entity, message);
        }
    }

    /// Ends all of a behaviour in which a task has failed, and has it start anew if that is the policy.
    fn stop_behaviour(&mut self, entity: Entity, message: String) {
        let Some(body) = self.parts.tasks.of(entity) else { return };
        self.end_tasks(body);
        self.parts.tasks.stop_waiting(body);
        self.show_failure(body, entity, message);
        if self.policy.errors == ErrorPolicy::Restart {
            let due = self.parts.failures_of.entry(entity).or_default().note(self.now);
            self.parts.restarts.push((due, body));
        }
    }

    pub(super) fn script(&self, program: u32) -> String {
        self.parts.programs.get(program).map(|program| program.name.to_string()).unwrap_or_default()
    }

    fn show_failure(&mut self, key: Key, entity: Entity, message: String) {
        if let Some(slot) = self.parts.tasks.get_mut(key) {
            slot.phase = Phase::Failed;
            set_status(self.world, entity, BehaviourStatus::Failed(message));
        }
    }

    // -- what is shown -------------------------------------------------------------------------------

    /// Notes how far a task got, and shows it where that is something else than before.
    pub(super) fn set_phase(&mut self, key: Key, phase: Phase) {
        let Some(slot) = self.parts.tasks.get_mut(key) else { return };
        let old = std::mem::replace(&mut slot.phase, phase);
        if std::mem::discriminant(&old) == std::mem::discriminant(&phase) {
            return;
        }
        let status = match phase {
            Phase::Loading => BehaviourStatus::Loading,
            Phase::Paused => BehaviourStatus::Running,
            Phase::Frame { .. } => BehaviourStatus::Waiting(WaitingFor::NextFrame),
            Phase::Finished => BehaviourStatus::Finished,
            // The first turn comes at once; the others show more than a phase says.
            _ => return,
        };
        self.show(key, status);
    }

    /// Shows how far a behaviour's body got; of its other tasks nothing is shown.
    pub(super) fn show(&mut self, key: Key, status: BehaviourStatus) {
        if let Some(slot) = self.parts.tasks.get(key)
            && self.parts.tasks.is_body(key)
        {
            set_status(self.world, slot.entity, status);
        }
    }
}

/// The values that a task is resumed with.
enum Args<'gc> {
    One([Value<'gc>; 1]),
    Many(Vec<Value<'gc>>),
}

impl<'gc> Args<'gc> {
    fn as_slice(&self) -> &[Value<'gc>] {
        match self {
            Args::One(value) => value,
            Args::Many(values) => values,
        }
    }
}

/// Adds to a traceback where the task was started, and where the task that did it was.
fn add_origins(traceback: &mut String, origin: &Origin) {
    let mut next = Some(origin);
    for _ in 0..Origin::TOLD_MAX {
        let Some(origin) = next else { return };
        if !origin.at.is_empty() {
            traceback.push_str("\nstarted at ");
            traceback.push_str(&origin.at);
        }
        next = origin.parent.as_deref();
    }
}

/// Shows how far an entity's behaviour got.
pub(super) fn set_status(world: &mut World, entity: Entity, status: BehaviourStatus) {
    if let Some(mut shown) = world.get_mut::<BehaviourStatus>(entity) {
        shown.set_if_neq(status);
    }
}
