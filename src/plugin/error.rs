//! What scripts tell the people who make the game: errors and output.
//!
//! Each error is a message, and an event that observers hear. The log gets one line for each place in a script that errors
//! come from, however many behaviours run into it, and another one when there were ten times as many: the count is in the
//! line. A game that has set a handler for Bevy's errors gets these instead of the log. What a script raises is bounded
//! here too: the places of a script are counted one by one up to a limit, and the rest together.

use std::collections::BTreeMap;
use std::fmt;

use bevy::ecs::change_detection::Tick;
use bevy::ecs::entity::Entity;
use bevy::ecs::error::{BevyError, ErrorContext, FallbackErrorHandler};
use bevy::ecs::event::{EntityEvent, EntityTrigger, Event};
use bevy::ecs::message::Message;
use bevy::ecs::world::World;
use bevy::log::{debug, error, info, trace, warn};
use bevy::utils::prelude::DebugName;

/// A script has failed, or could not be loaded. What becomes of the behaviour is
/// [`ErrorPolicy`](super::settings::ErrorPolicy)'s to say; all others run on.
///
/// Each is written as a message and triggered as an event when the scripts have had their turns: observers that watch an
/// entity hear of its behaviour, global ones of all. In the log is one line for each place in a script, with a count that is
/// repeated at 10, 100, 1,000 and so on. Where the game has set a [`FallbackErrorHandler`], that gets the same ones with
/// [`Severity::Error`](bevy::ecs::error::Severity::Error) instead of the log.
///
/// # Example
///
/// ```
/// use bevy::prelude::*;
/// use deimos::ScriptError;
/// use deimos::testing::TestApp;
///
/// #[derive(Resource, Default)]
/// struct Console(Vec<String>);
///
/// let mut app = TestApp::new();
/// app.app().init_resource::<Console>().add_observer(|error: On<ScriptError>, mut console: ResMut<Console>| {
///     console.0.push(error.message.clone());
/// });
/// app.run("error('lost')");
/// app.frame();
/// assert_eq!(app.world().resource::<Console>().0, ["test.lua:1: lost"]);
/// ```
#[derive(Message, Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ScriptError {
    /// The entity whose behaviour failed; `None` if the script could not be loaded.
    pub entity: Option<Entity>,
    /// The script's path.
    pub script: String,
    /// What went wrong, beginning with `file:line:` where the place is known. For a file that does not compile the lines
    /// around it follow.
    pub message: String,
    /// The line that the message names between its neighbours, with a mark under what failed. It is cut from the script
    /// as it is now.
    pub excerpt: Option<String>,
    /// The calls that led there, innermost first, and where the task was started.
    pub traceback: Option<String>,
    /// The how manieth error it is from its place in the script since that was loaded or changed.
    pub count: u64,
}

impl ScriptError {
    /// An error that belongs to no behaviour.
    pub(super) fn of_file(script: impl Into<String>, message: String) -> ScriptError {
        ScriptError { entity: None, script: script.into(), message, excerpt: None, traceback: None, count: 1 }
    }

    /// An error of a behaviour, before it is counted.
    pub(super) fn of_behaviour(
        entity: Entity,
        script: String,
        message: String,
        traceback: Option<String>,
    ) -> ScriptError {
        ScriptError { entity: Some(entity), traceback, ..ScriptError::of_file(script, message) }
    }
}

impl Event for ScriptError {
    type Trigger<'a> = EntityTrigger;
}

impl EntityEvent for ScriptError {
    /// The entity whose behaviour failed, or [`Entity::PLACEHOLDER`].
    fn event_target(&self) -> Entity {
        self.entity.unwrap_or(Entity::PLACEHOLDER)
    }
}

impl fmt::Display for ScriptError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)?;
        if self.count > 1 {
            write!(f, " ({} times now)", self.count)?;
        }
        f.write_str(self.excerpt.as_deref().unwrap_or_default())?;
        match &self.traceback {
            Some(traceback) => write!(f, "\n{traceback}"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for ScriptError {}

/// A place in a script that errors came from.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ErrorSite {
    /// The script whose behaviours failed there.
    pub script: String,
    /// The place, `file:line`, or the message of an error that names none.
    pub place: String,
    /// The message of the first error.
    pub message: String,
    /// How many there were since the script was loaded or changed.
    pub count: u64,
    excerpt: Option<String>,
}

/// A line that a script wrote by `print` or `log`. Of one script there are 5,000 in a frame at most, or 1 MiB of them, and
/// then one that says how many more it wrote.
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

/// How many places of a script are told apart.
const SITES_MAX: usize = 100;

/// What stands for all other places of a script.
const ELSEWHERE: &str = "elsewhere";

/// Where errors came from, and who is still to hear of them.
#[derive(Default)]
pub(super) struct Reports {
    /// By script, and by place in each.
    sites: BTreeMap<String, BTreeMap<String, ErrorSite>>,
    untold: Vec<Untold>,
}

/// An error that observers have not heard of.
pub(super) struct Untold {
    error: ScriptError,
    /// Whether the game's handler is to have it.
    is_for_handler: bool,
}

impl Reports {
    /// Counts an error, and adds the count and an excerpt, which is cut by file, line and message.
    pub(super) fn count(
        &mut self,
        mut error: ScriptError,
        excerpt: impl FnOnce(&str, u32, &str) -> Option<String>,
    ) -> ScriptError {
        let site = self.site(&error, excerpt);
        site.count = site.count.saturating_add(1);
        error.count = site.count;
        error.excerpt.clone_from(&site.excerpt);
        error
    }

    /// Sends a counted error as a message, and logs it if that is due.
    pub(super) fn tell(&mut self, world: &mut World, error: ScriptError) {
        let is_due = error.count.checked_ilog10().is_some_and(|zeros| error.count == 10_u64.pow(zeros));
        // Bevy's own handler would log it too, but without saying whose it is.
        let has_handler = world.contains_resource::<FallbackErrorHandler>();
        if is_due && !has_handler {
            log_error(&error);
        }
        world.write_message(error.clone());
        self.untold.push(Untold { error, is_for_handler: is_due && has_handler });
    }

    /// The place that an error comes from, which is noted at the first one.
    fn site(&mut self, error: &ScriptError, excerpt: impl FnOnce(&str, u32, &str) -> Option<String>) -> &mut ErrorSite {
        let in_traceback = || error.traceback.as_deref().and_then(|text| text.lines().find_map(site));
        let place = site(&error.message).or_else(in_traceback).unwrap_or(&error.message);
        let sites = self.sites.entry(error.script.clone()).or_default();
        let place = shortened(place);
        let place = if sites.contains_key(place) || sites.len() < SITES_MAX { place } else { ELSEWHERE };
        sites.entry(place.to_owned()).or_insert_with(|| {
            let file_and_line = place.rsplit_once(':').and_then(|(file, line)| Some((file, line.parse().ok()?)));
            ErrorSite {
                script: error.script.clone(),
                place: place.to_owned(),
                message: shortened(&error.message).to_owned(),
                count: 0,
                excerpt: file_and_line.and_then(|(file, line)| excerpt(file, line, &error.message)),
            }
        })
    }

    /// Sends an error that has been logged already.
    pub(super) fn send(&mut self, world: &mut World, error: ScriptError) {
        world.write_message(error.clone());
        self.untold.push(Untold { error, is_for_handler: false });
    }

    /// The places that errors came from, by script.
    pub(super) fn sites(&self) -> impl Iterator<Item = &ErrorSite> {
        self.sites.values().flat_map(BTreeMap::values)
    }

    /// Forgets a script's errors, because it has changed.
    pub(super) fn forget(&mut self, script: &str) {
        self.sites.remove(script);
    }

    /// The errors that observers have not heard of.
    pub(super) fn take_untold(&mut self) -> Vec<Untold> {
        std::mem::take(&mut self.untold)
    }
}

/// Tells observers of errors, and the game's handler.
pub(super) fn tell_observers(world: &mut World, errors: Vec<Untold>) {
    for Untold { error, is_for_handler } in errors {
        world.trigger(error.clone());
        if is_for_handler && let Some(FallbackErrorHandler(handler)) = world.get_resource().copied() {
            let context = ErrorContext::System { name: DebugName::owned(error.script.clone()), last_run: Tick::new(0) };
            handler(BevyError::error(error), context);
        }
    }
}

fn log_error(error: &ScriptError) {
    let script = &error.script;
    match error.entity {
        Some(entity) => error!(target: "deimos::script", %script, %entity, "{error}"),
        None => error!(target: "deimos::script", %script, "{error}"),
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

/// As much of a text as is kept.
fn shortened(text: &str) -> &str {
    const BYTES_MAX: usize = 1000;
    text.get(..text.floor_char_boundary(BYTES_MAX)).unwrap_or(text)
}

/// The place that a message begins with, `file:line`, if it names one: what varies from one entity to the next stands
/// behind the place.
fn site(message: &str) -> Option<&str> {
    let message = message.trim_start();
    let mut from = 0;
    while let Some(at) = message.get(from..).and_then(|rest| rest.find(": ")).map(|at| from + at) {
        let before = message.get(..at).unwrap_or_default();
        let is_place = before
            .rsplit_once(':')
            .is_some_and(|(_, line)| !line.is_empty() && line.bytes().all(|byte| byte.is_ascii_digit()));
        if is_place {
            return Some(before);
        }
        from = at + 2;
    }
    None
}
