//! The scripts that behaviours run: which version, and what went wrong.
//!
//! A program outlives its asset's versions: behaviours run the last one that compiled. Nothing here runs anything.

use std::sync::Arc;

use bevy::asset::{AssetId, AssetLoadError, AssetLoadFailedEvent, AssetServer, Assets, LoadState};
use bevy::ecs::message::Messages;
use bevy::ecs::world::World;
use bevy::log::info;

use super::Parts;
use super::tasks::{Key, Phase};
use crate::plugin::asset::{LuaScript, LuaScriptError};
use crate::plugin::error::ScriptError;
use crate::plugin::module::Outdated;

/// A script as behaviours run it: the last version that compiled.
pub(super) struct Program {
    pub(super) name: Arc<str>,
    pub(super) script: Option<LuaScript>,
    /// Why there is none, or no newer one, if loading failed.
    pub(super) failure: Option<String>,
    id: AssetId<LuaScript>,
}

impl Parts {
    /// Counts an error and tells of it, with an excerpt of the file where it was raised: a script or a module.
    pub(super) fn report(&mut self, world: &mut World, program: u32, error: ScriptError) {
        let Parts { reports, programs, shared, .. } = self;
        let assets = world.get_resource::<Assets<LuaScript>>();
        let error = reports.count(error, |file, line, message| {
            let modules = shared.modules.borrow();
            let of_modules = modules.handles().filter_map(|handle| assets?.get(handle));
            let mut scripts = programs.iter().filter_map(|program| program.script.as_ref()).chain(of_modules);
            let own = programs.get(program as usize).and_then(|program| program.script.as_ref());
            let is_it = |script: &&LuaScript| script.chunk().name() == file;
            own.filter(is_it).or_else(|| scripts.find(is_it))?.excerpt(line, message)
        });
        reports.tell(world, error);
    }

    /// The place of a script's program.
    pub(super) fn program(&mut self, world: &World, id: AssetId<LuaScript>) -> u32 {
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

    /// Why a script could not be loaded, if that is so. It may have failed before any behaviour asked for it.
    pub(super) fn failure(&mut self, world: &World, program: u32) -> Option<String> {
        let program = self.programs.get_mut(program as usize)?;
        if program.failure.is_none()
            && let Some(LoadState::Failed(error)) = world.get_resource::<AssetServer>()?.get_load_state(program.id)
        {
            program.failure = Some(reason(&error));
        }
        program.failure.clone()
    }

    /// Takes over scripts that were loaded or have changed. Behaviours that run an older version are to be restarted;
    /// those that wait for the script are among them.
    pub(super) fn take_revisions(&mut self, world: &World) -> Vec<Key> {
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
                info!(target: "deimos", script = %script.name(), "changed: {} behaviours {}", behaviours.len(), if script.keeps() { "go on with it" } else { "start anew" });
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

    /// Drops the modules that have changed and those that required them; which these are. The behaviours that required
    /// one are added to those that are to be restarted.
    pub(super) fn take_modules(&mut self, world: &World, restarting: &mut Vec<Key>) -> Vec<usize> {
        let mut modules = self.shared.modules.borrow_mut();
        for key in &*restarting {
            let Some(slot) = self.tasks.get(*key) else { continue };
            let script = self.programs.get(slot.program as usize).and_then(|program| program.script.as_ref());
            // What goes on may have required more than its script's body does.
            if !script.is_some_and(LuaScript::keeps) {
                modules.forget_program(slot.program);
            }
        }
        let Some(scripts) = world.get_resource::<Assets<LuaScript>>() else { return Vec::new() };
        let Outdated { modules: outdated, programs, changed } =
            modules.take_outdated(|id| scripts.get(id).map(LuaScript::revision));
        for &program in &programs {
            modules.forget_program(program);
            if let Some(program) = self.programs.get(program as usize) {
                self.reports.forget(&program.name);
            }
            let behaviours = self.tasks.of_program(program);
            let is_started = |key: &Key| self.tasks.get(*key).is_some_and(|slot| slot.phase != Phase::Loading);
            restarting.extend(behaviours.into_iter().filter(is_started));
        }
        if !programs.is_empty() {
            restarting.sort_unstable();
            restarting.dedup();
        }
        for path in &changed {
            info!(target: "deimos", script = %path, "changed: {} behaviours have to do with it", restarting.len());
        }
        outdated
    }

    /// Reports scripts that could not be loaded. Behaviours that wait for one have failed; those that run go on.
    pub(super) fn take_failures(&mut self, world: &mut World) {
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
            } else if self.shared.modules.borrow().awaits(id) {
                continue;
            }
            // Bevy's asset server has logged it.
            self.reports.send(world, ScriptError::of_file(script, message));
        }
    }
}

/// What the loader said, without what the asset server put in front of it.
pub(in crate::plugin) fn reason(error: &AssetLoadError) -> String {
    match error {
        AssetLoadError::AssetLoaderError(loader) => match loader.error().downcast_ref::<LuaScriptError>() {
            Some(error) => error.to_string(),
            None => error.to_string(),
        },
        other => other.to_string(),
    }
}
