//! The world's holder of the machine, and the three systems that drive it: reload, resume, collect.
//!
//! The machine is taken out of the world while it runs, and the world is what it hands to natives; so scripts reach
//! everything, and nothing can reach back into the machine. What scripts do to behaviours meanwhile (their own
//! included) arrives as a queue that is settled after every single turn: nothing of a behaviour that has ended runs
//! again. One visit to the arena serves all behaviours of a frame.

use std::sync::Arc;
use std::time::Duration;

use bevy::asset::{AssetId, AssetLoadError, AssetLoadFailedEvent, Assets};
use bevy::ecs::entity::Entity;
use bevy::ecs::message::{MessageCursor, Messages};
use bevy::ecs::query::With;
use bevy::ecs::world::World;
use bevy::log::info;
use bevy::platform::collections::HashMap;
use bevy::platform::time::Instant;
use bevy::time::Time;

use super::asset::{LuaScript, LuaScriptError};
use super::behaviour::{Behaviour, Change, Changes};
use super::environment::{Roots, Shared};
use super::error::{Reports, ScriptError};
use super::settings::{DeimosSettings, Measurements};
use super::tasks::{Key, Phase, Tasks};
use super::turn::Turn;
use crate::api::{Error, Handle, Lua, Raised};

/// The Lua machine of a world, with all its behaviours; non-send data of the world.
///
/// While scripts run it is not in the world. Globals that are set before the first behaviour starts are seen by all
/// scripts; from then on they are read-only.
pub struct Scripts {
    lua: Lua,
    roots: Handle,
    parts: Parts,
}

/// All of [`Scripts`] but the machine.
pub(super) struct Parts {
    pub(super) shared: std::rc::Rc<Shared>,
    pub(super) changes: Changes,
    pub(super) tasks: Tasks,
    pub(super) programs: Vec<Program>,
    program_of: HashMap<AssetId<LuaScript>, u32>,
    /// Behaviours that wait for their first turn, or for their script.
    pub(super) starting: Vec<Key>,
    pub(super) reports: Reports,
    failures: MessageCursor<AssetLoadFailedEvent<LuaScript>>,
    /// Whether behaviours that were there before the plugin have been found.
    scanned: bool,
    /// Whether what scripts share is read-only yet.
    frozen: bool,
    frame: i64,
    measurements: Measurements,
}

/// A script as behaviours run it: the last version that compiled.
pub(super) struct Program {
    pub(super) name: Arc<str>,
    pub(super) script: Option<LuaScript>,
    /// Why there is none, or no newer one, if loading failed.
    pub(super) failure: Option<String>,
    id: AssetId<LuaScript>,
}

impl Scripts {
    /// A machine with the standard library and the plugin's own functions.
    ///
    /// # Errors
    /// If there is no memory for them.
    pub(super) fn new(changes: Changes) -> Result<Scripts, Error> {
        let mut lua = Lua::new();
        let shared = Shared::new();
        let roots = lua
            .enter(|ctx| Roots::install(ctx, &shared).map_err(|error| Error::from_raised(ctx, &Raised::from(error))))?;
        let parts = Parts {
            shared,
            changes,
            tasks: Tasks::default(),
            programs: Vec::new(),
            program_of: HashMap::default(),
            starting: Vec::new(),
            reports: Reports::default(),
            failures: MessageCursor::default(),
            scanned: false,
            frozen: false,
            frame: 0,
            measurements: Measurements::default(),
        };
        Ok(Scripts { lua, roots, parts })
    }

    /// The machine, to set globals or run chunks of one's own.
    pub fn lua(&mut self) -> &mut Lua {
        &mut self.lua
    }

    /// The memory that the scripts' values take, in bytes: garbage not collected yet included.
    pub fn memory_used(&self) -> usize {
        self.lua.memory_used()
    }

    /// The number of behaviours in the world, those that have ended among them.
    pub fn behaviours(&self) -> usize {
        self.parts.tasks.len()
    }

    /// Gives everyone who is due a turn, until the budget is used up. The instructions that were used.
    ///
    /// Nothing is collected during a visit to the arena, so a visit ends early where much garbage may have piled up.
    fn run_frame(&mut self, world: &mut World, budget: u64) -> u64 {
        let mut left = budget;
        let now = world.get_resource::<Time>().map(Time::elapsed).unwrap_or_default();
        self.parts.tasks.begin_frame(now);
        loop {
            let mut last = None;
            self.visit(world, |turn| last = turn.run(&mut left));
            let Some(last) = last else { break };
            self.lua.collect();
            if self.is_beyond_limit() {
                self.lua.collect_full();
                if self.is_beyond_limit() {
                    self.visit(world, |turn| turn.fail_for_memory(last));
                }
            }
        }
        budget - left
    }

    fn is_beyond_limit(&mut self) -> bool {
        self.lua.enter(|ctx| ctx.ledger().is_exceeded())
    }

    fn visit(&mut self, world: &mut World, work: impl for<'a, 'gc> FnOnce(&mut Turn<'a, 'gc>)) {
        let Scripts { lua, roots, parts } = self;
        let now = world.get_resource::<Time>().map(Time::elapsed).unwrap_or_default();
        let slice = world.get_resource::<DeimosSettings>().cloned().unwrap_or_default().slice;
        lua.enter(|ctx| {
            let roots = Roots::fetch(ctx, roots);
            work(&mut Turn { ctx, roots, world, parts, results: Vec::new(), slice, now });
        });
    }
}

impl std::fmt::Debug for Scripts {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Scripts").field("behaviours", &self.behaviours()).finish_non_exhaustive()
    }
}

/// Takes up what happened since the last frame: behaviours that came and went, scripts that were loaded or changed.
pub(super) fn reload(world: &mut World) {
    with_scripts(world, |scripts, world| {
        scripts.parts.scan(world);
        if scripts.parts.changes.pending() {
            scripts.visit(world, |turn| {
                turn.settle();
            });
        }
        scripts.parts.take_failures(world);
        let restarting = scripts.parts.take_revisions(world);
        let starts = scripts.parts.starting.len().min(STARTS_MAX);
        let starting: Vec<Key> = scripts.parts.starting.drain(..starts).collect();
        if restarting.is_empty() && starting.is_empty() {
            return;
        }
        let freeze = !std::mem::replace(&mut scripts.parts.frozen, true);
        scripts.visit(world, |turn| {
            if freeze {
                turn.ctx.freeze_globals();
            }
            for key in restarting {
                turn.restart(key);
            }
            for key in starting {
                turn.start(key);
            }
        });
    });
}

/// Gives every behaviour that is due its turn.
pub(super) fn resume(world: &mut World) {
    with_scripts(world, |scripts, world| {
        let begun = Instant::now();
        let settings = world.get_resource::<DeimosSettings>().cloned().unwrap_or_default();
        scripts.lua.set_memory_limit(settings.memory_limit);
        scripts.parts.frame = scripts.parts.frame.saturating_add(1);
        let frame = scripts.parts.frame;
        let (delta, elapsed) = world
            .get_resource::<Time>()
            .map(|time| (time.delta_secs_f64(), time.elapsed_secs_f64()))
            .unwrap_or_default();
        let mut is_told = false;
        scripts.visit(world, |turn| is_told = turn.roots.set_time(turn.ctx, delta, elapsed, frame).is_ok());
        let used = if is_told { scripts.run_frame(world, settings.frame_budget) } else { 0 };
        #[expect(clippy::cast_precision_loss, reason = "a measurement")]
        let instructions = used as f64;
        scripts.parts.measurements.instructions = instructions;
        scripts.parts.measurements.step_milliseconds = milliseconds(begun.elapsed());
    });
}

/// How many behaviours start in a frame; the others follow in the next ones, in their order. A start costs several turns,
/// and a crowd that comes at once is not to be felt.
const STARTS_MAX: usize = 4096;

/// Pays the garbage collector what the frame owes it, and records the frame's measurements.
pub(super) fn collect(world: &mut World) {
    with_scripts(world, |scripts, world| {
        let begun = Instant::now();
        scripts.lua.collect();
        let mut measurements = scripts.parts.measurements;
        measurements.gc_milliseconds = milliseconds(begun.elapsed());
        #[expect(clippy::cast_precision_loss, reason = "a measurement")]
        {
            measurements.tasks = scripts.behaviours() as f64;
            measurements.heap_bytes = scripts.lua.memory_used() as f64;
        }
        measurements.record(world);
    });
}

/// Takes the machine out of the world, lets it work, and puts it back.
fn with_scripts(world: &mut World, work: impl FnOnce(&mut Scripts, &mut World)) {
    let Some(mut scripts) = world.remove_non_send::<Scripts>() else { return };
    work(&mut scripts, world);
    world.insert_non_send(scripts);
}

fn milliseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1000.0
}

impl Parts {
    /// Finds, once, the behaviours that were there before the plugin.
    fn scan(&mut self, world: &mut World) {
        if std::mem::replace(&mut self.scanned, true) {
            return;
        }
        let mut entities: Vec<Entity> = world.query_filtered::<Entity, With<Behaviour>>().iter(world).collect();
        entities.sort_unstable();
        let queued = self.changes.take();
        for entity in entities {
            if !queued.contains(&Change::Started(entity)) {
                self.add(world, entity);
            }
        }
        for change in queued {
            self.changes.push(change);
        }
    }

    /// Adds the behaviour that an entity has.
    pub(super) fn add(&mut self, world: &World, entity: Entity) {
        let Some(behaviour) = world.get::<Behaviour>(entity) else { return };
        let program = self.program(world, behaviour.script.id());
        let key = self.tasks.insert(entity, program);
        self.starting.push(key);
    }

    fn program(&mut self, world: &World, id: AssetId<LuaScript>) -> u32 {
        if let Some(&program) = self.program_of.get(&id) {
            return program;
        }
        let script = world.get_resource::<Assets<LuaScript>>().and_then(|scripts| scripts.get(id)).cloned();
        let name = script.as_ref().map_or("", LuaScript::name).into();
        let program = u32::try_from(self.programs.len()).unwrap_or(u32::MAX);
        self.programs.push(Program { name, script, failure: None, id });
        self.program_of.insert(id, program);
        program
    }

    /// Takes over scripts that were loaded or have changed. Behaviours that run an older version are to be restarted;
    /// those that wait for the script are among them.
    fn take_revisions(&mut self, world: &World) -> Vec<Key> {
        let Some(scripts) = world.get_resource::<Assets<LuaScript>>() else { return Vec::new() };
        let mut restarting = Vec::new();
        for (index, program) in (0..).zip(&mut self.programs) {
            let Some(script) = scripts.get(program.id) else { continue };
            if program.script.as_ref().is_some_and(|known| known.revision() == script.revision()) {
                continue;
            }
            let behaviours = self.tasks.of_program(index);
            if program.script.is_some() {
                self.reports.forget(&program.name);
                info!(target: "deimos", script = %script.name(), "changed: {} behaviours start anew", behaviours.len());
            }
            program.name = script.name().into();
            program.script = Some(script.clone());
            program.failure = None;
            restarting.extend(behaviours);
        }
        // Those that were never started are in the list of those to be.
        restarting.retain(|key| self.tasks.get(*key).is_some_and(|slot| slot.phase != Phase::Loading));
        restarting
    }

    /// Reports scripts that could not be loaded. Behaviours that wait for one have failed; those that run go on.
    fn take_failures(&mut self, world: &mut World) {
        let Some(messages) = world.get_resource::<Messages<AssetLoadFailedEvent<LuaScript>>>() else { return };
        let failures: Vec<(AssetId<LuaScript>, String, String)> = self
            .failures
            .read(messages)
            .map(|failure| (failure.id, failure.path.to_string(), reason(&failure.error)))
            .collect();
        for (id, script, message) in failures {
            if let Some(program) = self.program_of.get(&id).and_then(|&index| self.programs.get_mut(index as usize)) {
                // A reload asks for the same file more than once.
                if program.failure.as_ref() == Some(&message) {
                    continue;
                }
                if program.script.is_none() {
                    program.name = script.as_str().into();
                }
                program.failure = Some(message.clone());
            }
            // Bevy's asset server has logged it.
            world.write_message(ScriptError { entity: None, script, message, traceback: None });
        }
    }
}

/// What the loader said, without what the asset server put in front of it.
fn reason(error: &AssetLoadError) -> String {
    match error {
        AssetLoadError::AssetLoaderError(loader) => match loader.error().downcast_ref::<LuaScriptError>() {
            Some(error) => error.to_string(),
            None => error.to_string(),
        },
        other => other.to_string(),
    }
}
