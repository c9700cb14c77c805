//! What scripts tell the people who make the game: errors and output.
//!
//! Each error is sent as a message; the log gets one line for each place in a script that errors come from, however
//! many behaviours run into it, until the script is changed.

use std::collections::BTreeSet;

use bevy::ecs::entity::Entity;
use bevy::ecs::message::Message;
use bevy::ecs::world::World;
use bevy::log::{debug, error, info, trace, warn};

/// A script has failed. The behaviour it belongs to has stopped; all others run on.
#[derive(Message, Clone, Debug, PartialEq, Eq)]
pub struct ScriptError {
    /// The entity whose behaviour failed; `None` if the script could not be loaded.
    pub entity: Option<Entity>,
    /// The script's path.
    pub script: String,
    /// What went wrong, beginning with `file:line:` where the place is known.
    pub message: String,
    /// The calls that led there, innermost first.
    pub traceback: Option<String>,
}

/// A line that a script wrote by `print` or `log`.
#[derive(Message, Clone, Debug, PartialEq, Eq)]
pub struct ScriptOutput {
    /// The entity whose behaviour wrote it.
    pub entity: Entity,
    /// The script's path.
    pub script: String,
    /// How important it is; `print` writes at [`LogLevel::Info`].
    pub level: LogLevel,
    /// The line.
    pub text: String,
}

/// How important a line of output is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum LogLevel {
    /// Every detail.
    Trace,
    /// Of interest while looking for a mistake.
    Debug,
    /// Of interest to everyone.
    Info,
    /// Something is wrong, and the script goes on.
    Warn,
    /// Something is wrong, and what the script should do is not done.
    Error,
}

impl LogLevel {
    /// All levels, with the names that scripts use: `log.info`.
    pub(super) const ALL: [(LogLevel, &'static str); 5] = [
        (LogLevel::Trace, "trace"),
        (LogLevel::Debug, "debug"),
        (LogLevel::Info, "info"),
        (LogLevel::Warn, "warn"),
        (LogLevel::Error, "error"),
    ];
}

/// Which errors were in the log already.
#[derive(Default)]
pub(super) struct Reports {
    logged: BTreeSet<(String, String)>,
}

impl Reports {
    /// Sends an error, and logs it if it is the first from its place in the script.
    pub(super) fn report(&mut self, world: &mut World, report: ScriptError) {
        if self.logged.insert((report.script.clone(), site(&report.message).to_owned())) {
            let traceback = report.traceback.as_deref().map(|text| format!("\n{text}")).unwrap_or_default();
            match report.entity {
                Some(entity) => {
                    error!(target: "deimos::script", script = %report.script, entity = %entity, "{}{traceback}", report.message);
                }
                None => error!(target: "deimos::script", script = %report.script, "{}{traceback}", report.message),
            }
        }
        world.write_message(report);
    }

    /// Forgets a script's errors, because it has changed.
    pub(super) fn forget(&mut self, script: &str) {
        self.logged.retain(|(name, _)| name != script);
    }
}

/// Writes a line of output to the log and sends it as a message.
pub(super) fn put_out(world: &mut World, line: ScriptOutput) {
    let ScriptOutput { entity, script, level, text } = &line;
    match level {
        LogLevel::Trace => trace!(target: "deimos::script", %script, %entity, "{text}"),
        LogLevel::Debug => debug!(target: "deimos::script", %script, %entity, "{text}"),
        LogLevel::Info => info!(target: "deimos::script", %script, %entity, "{text}"),
        LogLevel::Warn => warn!(target: "deimos::script", %script, %entity, "{text}"),
        LogLevel::Error => error!(target: "deimos::script", %script, %entity, "{text}"),
    }
    world.write_message(line);
}

/// The place that a message begins with, `file:line`, or the whole message: what varies from one entity to the next
/// stands behind the place.
fn site(message: &str) -> &str {
    let mut from = 0;
    while let Some(at) = message.get(from..).and_then(|rest| rest.find(": ")).map(|at| from + at) {
        let before = message.get(..at).unwrap_or_default();
        let is_place = before
            .rsplit_once(':')
            .is_some_and(|(_, line)| !line.is_empty() && line.bytes().all(|byte| byte.is_ascii_digit()));
        if is_place {
            return before;
        }
        from = at + 2;
    }
    message
}
