//! Restarting a behaviour because its script has changed, or because it has failed.
//!
//! The old code has the last word: handlers of the event `reload` run once more, with the `state` that the new code will
//! find, and may bring it into the shape that they think is lasting. Then everything of the old code ends.

use std::time::Duration;

use super::Parts;
use super::tasks::{Key, Phase};
use super::turn::Turn;
use crate::api::{Thread, Value};

/// The event of scripts that precedes a restart.
const RELOAD: &str = "reload";

/// Where a task is that hears of it.
const RELOADING: &str = "in a handler of 'reload'";

/// How a behaviour has failed, that it may start anew later and later.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Failures {
    /// How often in succession.
    count: u32,
    /// When it started anew.
    restarted: Duration,
}

impl Failures {
    /// Notes a failure. When the behaviour is to start anew.
    pub(super) fn note(&mut self, now: Duration) -> Duration {
        /// The longest time until then, and how long a behaviour goes on without failing to be as good as new.
        const SECONDS_MAX: u64 = 60;
        if now.saturating_sub(self.restarted) >= Duration::from_secs(SECONDS_MAX) {
            self.count = 0;
        }
        let seconds = 1_u64.checked_shl(self.count).map_or(SECONDS_MAX, |seconds| seconds.min(SECONDS_MAX));
        self.count = self.count.saturating_add(1);
        self.restarted = now.saturating_add(Duration::from_secs(seconds));
        self.restarted
    }
}

impl Parts {
    /// Forgets the failures of behaviours whose scripts have changed.
    pub(super) fn forgive(&mut self, behaviours: &[Key]) {
        if self.failures_of.is_empty() {
            return;
        }
        for slot in behaviours.iter().filter_map(|key| self.tasks.get(*key)) {
            self.failures_of.remove(&slot.entity);
        }
    }
}

impl<'gc> Turn<'_, 'gc> {
    /// Ends a behaviour and starts it anew, with its `state` kept; or lets it go on with new functions, if that is what its
    /// script asks for.
    pub(super) fn restart(&mut self, key: Key) {
        self.tell_reload(key);
        // A handler may have despawned the entity.
        self.settle();
        if self.parts.tasks.get(key).is_none() || self.redefine(key) {
            return;
        }
        self.end_tasks(key);
        let key = self.parts.tasks.renew(key);
        self.set_phase(key, Phase::Loading);
        self.start(key);
    }

    /// Runs a behaviour's handlers of `reload` with its state, within one slice of instructions for all of them.
    fn tell_reload(&mut self, body: Key) {
        let Some(&slot) = self.parts.tasks.get(body) else { return };
        let Some(extra) = self.parts.tasks.extra(body) else { return };
        let listeners = &self.parts.listeners;
        let handlers = extra.handlers.iter().filter(|index| listeners.is_about(**index, RELOAD, slot.entity));
        let handlers: Vec<i64> = handlers.map(|index| i64::from(*index) + 1).collect();
        if handlers.is_empty() {
            return;
        }
        let state = match self.roots.states.make(self.ctx, i64::from(body.slot) + 1) {
            Ok(state) => Value::Table(state),
            Err(error) => return self.fail_on(None, slot.entity, slot.program, &error.into()),
        };
        let before = self.parts.shared.who();
        self.enter_script(body, slot.entity, slot.program);
        let mut fuel = i64::try_from(self.parts.tasks.slice(body, self.slice)).unwrap_or(i64::MAX);
        for handler in handlers {
            let function = self.roots.handlers.get_integer(self.ctx, handler);
            if matches!(function, Value::Closure(_) | Value::Native(_)) {
                let thread = Thread::new(self.ctx, function);
                if let Err(raised) = self.run_through(body, (thread, Some(state)), RELOADING, &mut fuel) {
                    self.fail_on(None, slot.entity, slot.program, &raised);
                }
                thread.kill(self.ctx);
            }
        }
        self.flush_output();
        self.parts.shared.set_who(before);
    }
}

/// The script and the line that a traceback leads to.
pub(super) fn first_place(traceback: &str) -> &str {
    let mut lines = traceback.lines().skip(1).map(str::trim);
    let line = lines.find(|line| !line.starts_with('['));
    line.and_then(|line| line.split(": ").next()).unwrap_or_default()
}
