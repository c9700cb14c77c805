//! One visit to the arena: starting, resuming and ending behaviours.
//!
//! What a behaviour leaves when it suspends decides when it goes on. An error ends its behaviour and nothing else.
//! Ending is final: the coroutine's `<close>` variables get one slice of instructions, and that is all it ever runs.

use std::any::Any;
use std::time::Duration;

use bevy::ecs::change_detection::DetectChangesMut;
use bevy::ecs::entity::Entity;
use bevy::ecs::entity_disabling::Disabled;
use bevy::ecs::world::World;

use super::behaviour::{Behaviour, BehaviourStatus, Change, WaitingFor};
use super::environment::Roots;
use super::error::{ScriptError, put_out};
use super::scheduler::Parts;
use super::tasks::{Key, Phase};
use crate::api::{Context, Fault, Progress, Raised, Table, TableError, Thread, Value};

/// A visit to the arena.
pub(super) struct Turn<'a, 'gc> {
    pub(super) ctx: Context<'gc>,
    pub(super) roots: Roots<'gc>,
    pub(super) world: &'a mut World,
    pub(super) parts: &'a mut Parts,
    pub(super) results: Vec<Value<'gc>>,
    /// The most instructions for one turn.
    pub(super) slice: u64,
    /// What the game's clock shows.
    pub(super) now: Duration,
}

impl<'gc> Turn<'_, 'gc> {
    /// Gives behaviours their turns, until nobody is due or `left` is used up, or until so much was allocated that
    /// the collector should have a look; then it gives the behaviour that had the last turn.
    pub(super) fn run(&mut self, left: &mut u64) -> Option<Key> {
        const GARBAGE_MAX: usize = 4 << 20;
        let ledger = self.ctx.ledger();
        let enough = ledger.used().saturating_add(GARBAGE_MAX).min(ledger.limit());
        while *left > 0 {
            let key = self.parts.tasks.next()?;
            *left = left.saturating_sub(self.resume(key, *left));
            if ledger.used() > enough {
                return Some(key);
            }
        }
        self.parts.tasks.cut_rest();
        None
    }

    /// Ends a behaviour that left no memory for the others.
    pub(super) fn fail_for_memory(&mut self, key: Key) {
        if let Some(thread) = self.thread(key).filter(|_| self.parts.tasks.get(key).is_some()) {
            thread.kill(self.ctx);
            self.fail(key, &Raised::fault(Fault::OutOfMemory));
        }
    }

    /// Takes up what happened to `Behaviour` components, in order.
    pub(super) fn settle(&mut self) {
        // Closing a coroutine may despawn more.
        while self.parts.changes.pending() {
            for change in self.parts.changes.take() {
                match change {
                    Change::Started(entity) => {
                        self.end(entity);
                        self.parts.add(self.world, entity);
                    }
                    Change::Ended(entity) => self.end(entity),
                }
            }
        }
    }

    /// Starts a behaviour whose script is there.
    pub(super) fn start(&mut self, key: Key) {
        let Some(&slot) = self.parts.tasks.get(key) else { return };
        let Some(program) = self.parts.programs.get(slot.program as usize) else { return };
        let Some(script) = &program.script else {
            match program.failure.clone() {
                Some(failure) => self.show_failure(key, slot.entity, failure),
                None => self.parts.starting.push(key),
            }
            return;
        };
        let chunk = script.chunk().clone();
        match self.make_thread(key, slot.entity, &chunk) {
            Ok(()) => {
                self.set_phase(key, Phase::Ready);
                self.parts.tasks.wait_for_frame(key);
            }
            Err(error) => self.fail(key, &Raised::from(error)),
        }
    }

    /// Ends a behaviour and starts it anew, with its `state` kept.
    pub(super) fn restart(&mut self, key: Key) {
        if self.parts.tasks.get(key).is_none() {
            return;
        }
        self.close(key);
        let key = self.parts.tasks.renew(key);
        self.set_phase(key, Phase::Loading);
        self.start(key);
    }

    fn make_thread(&mut self, key: Key, entity: Entity, chunk: &crate::api::Chunk) -> Result<(), TableError> {
        let index = i64::from(key.slot) + 1;
        let state = match self.roots.states.get_integer(self.ctx, index) {
            state @ Value::Table(_) => state,
            _ => Value::Table(Table::new(self.ctx)),
        };
        let params = self.world.get::<Behaviour>(entity).map(|behaviour| &*behaviour.params).unwrap_or_default();
        let environment = self.roots.environment(self.ctx, entity, params, state)?;
        let body = chunk.function(self.ctx, Value::Table(environment));
        let thread = Thread::new(self.ctx, Value::Closure(body));
        self.roots.states.set_integer(self.ctx, index, state)?;
        self.roots.threads.set_integer(self.ctx, index, Value::Thread(thread))
    }

    /// Gives a behaviour its turn. The instructions that it used.
    fn resume(&mut self, key: Key, left: u64) -> u64 {
        let Some(&slot) = self.parts.tasks.get(key) else { return 0 };
        match self.world.get_entity(slot.entity) {
            // The world was cleared without running any hooks.
            Err(_) => {
                self.end(slot.entity);
                return 0;
            }
            Ok(entity) if entity.contains::<Disabled>() => {
                self.parts.tasks.wait_for_frame(key);
                return 0;
            }
            Ok(_) => {}
        }
        let Some(thread) = self.thread(key) else { return 0 };
        self.enter_script(slot.entity, slot.program);
        let waited;
        let args: &[Value<'gc>] = match slot.phase {
            Phase::Frame { since } | Phase::Sleep { since } => {
                waited = [Value::Float(self.now.saturating_sub(since).as_secs_f64())];
                &waited
            }
            _ => &[],
        };
        let grant = self.slice.min(left);
        let mut fuel = i64::try_from(grant).unwrap_or(i64::MAX);
        let host: &mut dyn Any = self.world;
        let outcome = self.ctx.resume(thread, args, host, &mut fuel, &mut self.results);
        self.flush_output();
        if self.parts.changes.pending() {
            self.settle();
        }
        match outcome {
            Ok(progress) => self.conclude(key, progress, grant < self.slice),
            Err(raised) => self.fail_on(Some(key), slot.entity, slot.program, &raised),
        }
        self.results.clear();
        grant.saturating_sub(u64::try_from(fuel).unwrap_or(0)).max(1)
    }

    /// Decides when a behaviour that has suspended goes on.
    fn conclude(&mut self, key: Key, progress: Progress, is_cut: bool) {
        match progress {
            Progress::Finished => {
                self.drop_thread(key);
                self.set_phase(key, Phase::Finished);
            }
            Progress::OutOfFuel => {
                self.set_phase(key, Phase::Paused);
                if is_cut { self.parts.tasks.cut(key) } else { self.parts.tasks.wait_for_frame(key) }
            }
            Progress::Suspended => {
                let seconds = match self.results.first() {
                    Some(&Value::Float(seconds)) => seconds,
                    _ => 0.0,
                };
                self.wait(key, seconds);
            }
            Progress::Yielded if self.results.iter().all(Value::is_nil) => self.wait(key, 0.0),
            Progress::Yielded => self.reject_yield(key),
        }
    }

    /// Lets a behaviour wait so many seconds, and to the next frame at least.
    fn wait(&mut self, key: Key, seconds: f64) {
        let since = self.now;
        if seconds <= 0.0 {
            self.set_phase(key, Phase::Frame { since });
            self.parts.tasks.wait_for_frame(key);
            return;
        }
        let time = Duration::try_from_secs_f64(seconds).unwrap_or(Duration::MAX);
        let until = since.saturating_add(time);
        if self.parts.tasks.get(key).is_none() {
            return;
        }
        self.set_phase(key, Phase::Sleep { since });
        self.show(key, BehaviourStatus::Waiting(WaitingFor::Time { until }));
        self.parts.tasks.sleep(key, until);
    }

    /// Fails a behaviour that yielded something else than a wait.
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
        self.close(key);
        self.fail_with(Some(key), slot.entity, slot.program, message, None);
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

    /// Ends the behaviour of an entity, if it has one.
    fn end(&mut self, entity: Entity) {
        let Some(key) = self.parts.tasks.of(entity) else { return };
        self.close(key);
        let index = i64::from(key.slot) + 1;
        // The place exists, so nothing is allocated that could fail.
        let _ = self.roots.states.set_integer(self.ctx, index, Value::Boolean(false));
        self.parts.tasks.remove(key);
        if let Ok(mut entity) = self.world.get_entity_mut(entity)
            && !entity.contains::<Behaviour>()
        {
            entity.remove::<BehaviourStatus>();
        }
    }

    /// Runs what a coroutine has still to close, and forgets it.
    fn close(&mut self, key: Key) {
        let Some(&slot) = self.parts.tasks.get(key) else { return };
        let Some(thread) = self.thread(key) else { return };
        self.drop_thread(key);
        self.enter_script(slot.entity, slot.program);
        let mut fuel = i64::try_from(self.slice).unwrap_or(i64::MAX);
        let host: &mut dyn Any = self.world;
        let outcome = self.ctx.close(thread, host, &mut fuel, &mut Vec::new());
        self.flush_output();
        if let Err(raised) = outcome {
            self.fail_on(None, slot.entity, slot.program, &raised);
        }
    }

    fn thread(&self, key: Key) -> Option<Thread<'gc>> {
        match self.roots.threads.get_integer(self.ctx, i64::from(key.slot) + 1) {
            Value::Thread(thread) => Some(thread),
            _ => None,
        }
    }

    fn drop_thread(&mut self, key: Key) {
        if self.parts.tasks.get(key).is_some() {
            // The place exists, so nothing is allocated that could fail.
            let _ = self.roots.threads.set_integer(self.ctx, i64::from(key.slot) + 1, Value::Boolean(false));
        }
    }

    /// Tells the natives whose turn it is.
    fn enter_script(&self, entity: Entity, program: u32) {
        self.parts.shared.entity.set(entity);
        if let Some(program) = self.parts.programs.get(program as usize) {
            let mut script = self.parts.shared.script.borrow_mut();
            if !std::sync::Arc::ptr_eq(&script, &program.name) {
                script.clone_from(&program.name);
            }
        }
    }

    fn flush_output(&mut self) {
        let mut output = self.parts.shared.output.borrow_mut();
        if !output.is_empty() {
            let lines = std::mem::take(&mut *output);
            drop(output);
            for line in lines {
                put_out(self.world, line);
            }
        }
    }

    fn fail(&mut self, key: Key, raised: &Raised<'gc>) {
        if let Some(&slot) = self.parts.tasks.get(key) {
            self.fail_on(Some(key), slot.entity, slot.program, raised);
        }
    }

    #[cold]
    fn fail_on(&mut self, key: Option<Key>, entity: Entity, program: u32, raised: &Raised<'gc>) {
        let message = match raised.to_value(self.ctx) {
            Value::String(text) => text.to_text().into_owned(),
            value @ (Value::Integer(_) | Value::Float(_)) => self.ctx.plain_string(value).to_text().into_owned(),
            other => format!("(error object is a {} value)", other.type_name()),
        };
        let traceback = raised.traceback().map(str::to_owned);
        self.fail_with(key, entity, program, message, traceback);
    }

    #[cold]
    fn fail_with(
        &mut self,
        key: Option<Key>,
        entity: Entity,
        program: u32,
        message: String,
        traceback: Option<String>,
    ) {
        if let Some(key) = key {
            self.drop_thread(key);
            self.show_failure(key, entity, message.clone());
        }
        let script = self.script(program);
        let report = ScriptError { entity: Some(entity), script, message, traceback };
        self.parts.reports.report(self.world, report);
    }

    fn script(&self, program: u32) -> String {
        self.parts.programs.get(program as usize).map(|program| program.name.to_string()).unwrap_or_default()
    }

    fn show_failure(&mut self, key: Key, entity: Entity, message: String) {
        if let Some(slot) = self.parts.tasks.get_mut(key) {
            slot.phase = Phase::Failed;
            set_status(self.world, entity, BehaviourStatus::Failed(message));
        }
    }

    /// Notes how far a behaviour got, and shows it where that is something else than before.
    fn set_phase(&mut self, key: Key, phase: Phase) {
        let Some(slot) = self.parts.tasks.get_mut(key) else { return };
        let entity = slot.entity;
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
            Phase::Ready | Phase::Sleep { .. } | Phase::Failed => return,
        };
        set_status(self.world, entity, status);
    }

    fn show(&mut self, key: Key, status: BehaviourStatus) {
        if let Some(slot) = self.parts.tasks.get(key) {
            set_status(self.world, slot.entity, status);
        }
    }
}

fn set_status(world: &mut World, entity: Entity, status: BehaviourStatus) {
    if let Some(mut shown) = world.get_mut::<BehaviourStatus>(entity) {
        shown.set_if_neq(status);
    }
}
