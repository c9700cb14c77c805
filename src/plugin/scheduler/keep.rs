//! Scripts that keep running when they change: `--!keep` in the comments at the top.
//!
//! The body of such a script only defines: functions, handlers, parameters, what it requires. When it has come to its end,
//! the behaviour goes on with the global function `main`. When the script changes, the new body runs once more as a task
//! in the same environment, and what it defines takes the place of what is there: a global by being assigned, the handlers
//! of the body before it when it has come to its end. `main` and all tasks go on with the functions that they are in, and
//! reach the new ones through globals from their next call on. So nothing that runs is ever touched.

use super::listeners::ListenerKind;
use super::requests::Request;
use super::restart::first_place;
use super::tasks::{Key, Phase};
use super::turn::Turn;
use crate::api::{Thread, Value};
use crate::plugin::asset::LuaScript;

/// The function that a behaviour goes on with when its script has defined all.
const MAIN: &str = "main";

impl<'gc> Turn<'_, 'gc> {
    /// Whether a behaviour whose script has changed goes on with new functions, instead of starting anew: its body has
    /// been defined and has not failed.
    fn is_kept(&self, body: Key) -> bool {
        let tasks = &self.parts.tasks;
        let Some(slot) = tasks.get(body).filter(|slot| slot.phase != Phase::Failed) else { return false };
        let program = self.parts.programs.get(slot.program);
        program.and_then(|program| program.script.as_ref()).is_some_and(LuaScript::keeps)
            && tasks.extra(body).is_some_and(|extra| extra.definitions > 0 && extra.defines.is_none())
    }

    /// Runs the new body of a behaviour's script beside all that goes on, if that is what the script asks for and
    /// anything goes on. Whether it does.
    pub(super) fn redefine(&mut self, body: Key) -> bool {
        if !self.is_kept(body) {
            return false;
        }
        // A body before this one that has not come to its end has nothing more to say.
        let is_open = |task: &Key| self.parts.tasks.extra(*task).is_some_and(|extra| extra.defines.is_some());
        let open: Vec<Key> = self.parts.tasks.started_by(body).filter(is_open).collect();
        for task in open {
            self.cancel(task);
        }
        self.settle();
        let Some(&slot) = self.parts.tasks.get(body) else { return true };
        let environment = self.roots.states.environments.get_integer(self.ctx, i64::from(body.slot) + 1);
        let program = self.parts.programs.get(slot.program);
        let (Value::Table(_), Some(script)) = (environment, program.and_then(|program| program.script.as_ref())) else {
            return false;
        };
        let function = script.chunk().clone().function(self.ctx, environment);
        match self.start_task(body, None, &[Value::Closure(function)]) {
            Ok(Some(task)) => {
                self.begin_definitions(task);
                self.parts.tasks.soon(task);
            }
            Ok(None) => {}
            Err(raised) => self.fail_on(None, slot.entity, slot.program, &raised),
        }
        true
    }

    /// Notes that a task is about to run the body of a script that keeps running.
    pub(super) fn begin_definitions(&mut self, task: Key) {
        let Some(body) = self.parts.tasks.body(task) else { return };
        let Some(extra) = self.parts.tasks.make_extra(body) else { return };
        extra.definitions = extra.definitions.saturating_add(1);
        let number = extra.definitions;
        if let Some(extra) = self.parts.tasks.make_extra(task) {
            extra.defines = Some(number);
        }
    }

    /// Ends what a task defines, if it does: what it has set takes the place of what was set before. Whether the task has
    /// more to do, which is `main`.
    pub(super) fn end_definitions(&mut self, task: Key) -> bool {
        let Some(number) = self.parts.tasks.take_definition(task) else { return false };
        self.drop_definitions(task, |defined| defined < number);
        if !self.parts.tasks.is_body(task) {
            return false;
        }
        let place = i64::from(task.slot) + 1;
        let Value::Table(environment) = self.roots.states.environments.get_integer(self.ctx, place) else {
            return false;
        };
        let main = environment.get(self.ctx, self.ctx.text(MAIN));
        if !matches!(main, Value::Closure(_) | Value::Native(_)) {
            return false;
        }
        let thread = Thread::new(self.ctx, main);
        // The place exists, so nothing is allocated that could fail.
        let _ = self.roots.threads.set_integer(self.ctx, place, Value::Thread(thread));
        self.set_phase(task, Phase::Ready);
        self.parts.tasks.next_is(task);
        true
    }

    /// Takes back what a task has defined that did not come to its end.
    pub(super) fn abandon_definitions(&mut self, task: Key) {
        if let Some(number) = self.parts.tasks.take_definition(task) {
            self.drop_definitions(task, |defined| defined == number);
        }
    }

    /// Removes the handlers of a behaviour that were set by the runs of its script's body which `is_it` says.
    fn drop_definitions(&mut self, task: Key, is_it: impl Fn(u32) -> bool) {
        let Some(body) = self.parts.tasks.body(task) else { return };
        let listeners = &self.parts.listeners;
        let is_old = |index: &u32| match listeners.get(*index).map(|listener| listener.kind) {
            Some(ListenerKind::Handler { definition, .. }) => definition > 0 && is_it(definition),
            _ => false,
        };
        let Some(extra) = self.parts.tasks.extra_mut(body) else { return };
        let (old, rest): (Vec<u32>, Vec<u32>) = extra.handlers.iter().copied().partition(is_old);
        extra.handlers = rest;
        for handler in old {
            self.drop_handler(handler);
        }
    }

    /// Fails a task that asks for what the body of a script that keeps running cannot do, because it would do it again
    /// with each change. Whether it did.
    pub(super) fn refuse_while_defining(&mut self, key: Key, request: Option<&Request>) -> bool {
        if !self.parts.shared.defines.get() {
            return false;
        }
        let defines = matches!(
            request,
            Some(
                Request::Load | Request::Handle { .. } | Request::Unhandle(_) | Request::Send { .. } | Request::Current
            )
        );
        if defines {
            return false;
        }
        let Some(&slot) = self.parts.tasks.get(key) else { return true };
        let traceback = self.thread(key).map(|thread| thread.traceback(self.ctx)).unwrap_or_default();
        let message = format!(
            "{}: the body of a script with --!keep only defines, because it runs again when the script changes: put what \
             waits, and what starts tasks, into a function main()",
            first_place(&traceback)
        );
        let error = self.ctx.text(&message);
        self.close(key);
        self.fail_with(Some(key), slot.entity, slot.program, (message, error), Some(&traceback));
        true
    }
}
