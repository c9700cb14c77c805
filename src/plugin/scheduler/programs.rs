//! The scripts that behaviours run: which version, and what went wrong.
//!
//! A program outlives its asset's versions: behaviours run the last one that compiled. It goes when its asset has gone and
//! no behaviour runs it, since the asset comes back under another id: a game may load a script for each wave of enemies
//! anew, or generate scripts without end. Nothing here runs anything.

use std::sync::Arc;

use bevy::asset::{AssetId, AssetLoadError, AssetLoadFailedEvent, AssetServer, Assets, LoadState};
use bevy::ecs::message::Messages;
use bevy::ecs::world::World;
use bevy::log::info;
use bevy::platform::collections::HashMap;

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
    /// How many behaviours run it, or wait for it.
    behaviours: usize,
}

/// The programs of a world. Each has a number, which another one has later.
#[derive(Default)]
pub(super) struct Programs {
    places: Vec<Option<Program>>,
    free: Vec<u32>,
    numbers: HashMap<AssetId<LuaScript>, u32>,
}

impl Programs {
    /// The program with a number.
    pub(super) fn get(&self, number: u32) -> Option<&Program> {
        self.places.get(number as usize)?.as_ref()
    }

    fn get_mut(&mut self, number: u32) -> Option<&mut Program> {
        self.places.get_mut(number as usize)?.as_mut()
    }

    /// All programs with their numbers.
    pub(super) fn iter(&self) -> impl Iterator<Item = (u32, &Program)> {
        (0..).zip(&self.places).filter_map(|(number, place)| Some((number, place.as_ref()?)))
    }

    fn iter_mut(&mut self) -> impl Iterator<Item = (u32, &mut Program)> {
        (0..).zip(&mut self.places).filter_map(|(number, place)| Some((number, place.as_mut()?)))
    }

    fn by_id_mut(&mut self, id: AssetId<LuaScript>) -> Option<&mut Program> {
        self.get_mut(*self.numbers.get(&id)?)
    }

    fn add(&mut self, program: Program) -> u32 {
        let number = self.free.pop().unwrap_or_else(|| {
            self.places.push(None);
            u32::try_from(self.places.len() - 1).unwrap_or(u32::MAX)
        });
        self.numbers.insert(program.id, number);
        if let Some(place) = self.places.get_mut(number as usize) {
            *place = Some(program);
        }
        number
    }

    fn remove(&mut self, number: u32) -> Option<Program> {
        let program = self.places.get_mut(number as usize)?.take()?;
        self.numbers.remove(&program.id);
        self.free.push(number);
        Some(program)
    }

    /// Notes that a behaviour runs a program no more.
    pub(super) fn leave(&mut self, number: u32) {
        if let Some(program) = self.get_mut(number) {
            program.behaviours = program.behaviours.saturating_sub(1);
        }
    }
}

impl Parts {
    /// Counts an error and tells of it, with an excerpt of the file where it was raised: a script or a module.
    pub(super) fn report(&mut self, world: &mut World, program: u32, error: ScriptError) {
        let Parts { reports, programs, shared, .. } = self;
        let assets = world.get_resource::<Assets<LuaScript>>();
        let error = reports.count(error, |file, line, message| {
            let modules = shared.modules.borrow();
            let of_modules = modules.handles().filter_map(|handle| assets?.get(handle));
            let mut scripts = programs.iter().filter_map(|(_, program)| program.script.as_ref()).chain(of_modules);
            let own = programs.get(program).and_then(|program| program.script.as_ref());
            let is_it = |script: &&LuaScript| script.chunk().name() == file;
            own.filter(is_it).or_else(|| scripts.find(is_it))?.excerpt(line, message)
        });
        reports.tell(world, error);
    }

    /// The number of a script's program, which one more behaviour is to run.
    pub(super) fn enter_program(&mut self, world: &World, id: AssetId<LuaScript>) -> u32 {
        let number = self.programs.numbers.get(&id).copied().unwrap_or_else(|| {
            let script = world.get_resource::<Assets<LuaScript>>().and_then(|scripts| scripts.get(id)).cloned();
            let name = script.as_ref().map_or("", LuaScript::name).into();
            self.programs.add(Program { name, script, failure: None, id, behaviours: 0 })
        });
        if let Some(program) = self.programs.get_mut(number) {
            program.behaviours += 1;
        }
        number
    }

    /// Drops the programs that no behaviour runs and whose assets are gone, and the errors that were counted for them.
    pub(super) fn drop_programs(&mut self, world: &World) {
        let scripts = world.get_resource::<Assets<LuaScript>>();
        let is_loaded = |program: &Program| scripts.is_some_and(|scripts| scripts.contains(program.id));
        let gone = self.programs.iter().filter(|(_, program)| program.behaviours == 0 && !is_loaded(program));
        let gone: Vec<u32> = gone.map(|(number, _)| number).collect();
        for number in gone {
            self.shared.modules.borrow_mut().forget_program(number);
            let Some(program) = self.programs.remove(number) else { continue };
            if self.programs.iter().all(|(_, other)| other.name != program.name) {
                self.reports.forget(&program.name);
            }
        }
    }

    /// Why a script could not be loaded, if that is so. It may have failed before any behaviour asked for it.
    pub(super) fn failure(&mut self, world: &World, program: u32) -> Option<String> {
        let program = self.programs.get_mut(program)?;
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
        for (number, program) in self.programs.iter_mut() {
            let Some(script) = scripts.get(program.id) else { continue };
            if program.script.as_ref().is_some_and(|known| known.revision() == script.revision()) {
                continue;
            }
            let behaviours = self.tasks.of_program(number);
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
            let script = self.programs.get(slot.program).and_then(|program| program.script.as_ref());
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
            if let Some(program) = self.programs.get(program) {
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
            if let Some(program) = self.programs.by_id_mut(id) {
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

#[cfg(test)]
mod tests {
    use bevy::ecs::entity::Entity;

    use crate::plugin::behaviour::Behaviour;
    use crate::plugin::scheduler::Scripts;
    use crate::plugin::testing::TestApp;

    fn programs(app: &mut TestApp) -> usize {
        app.world().non_send::<Scripts>().parts.programs.iter().count()
    }

    #[test]
    fn scripts_that_are_gone_leave_nothing() {
        let mut app = TestApp::new();
        app.file("scripts/shared.lua", "return {}");
        app.file("scripts/first.lua", "require('.shared')  print('ready')");
        let first = app.run_file("scripts/first.lua");
        assert!(app.frames_until(|app| app.prints() == ["ready"]));
        for wave in 0..100 {
            let entities: Vec<Entity> = (0..10)
                .map(|n| {
                    let script = app.script(&format!("generated/{wave}_{n}.lua"), "wait()  error('lost')");
                    app.world().spawn(Behaviour::new(script)).id()
                })
                .collect();
            app.frames(2);
            assert!(programs(&mut app) > 10);
            for entity in entities {
                app.world().despawn(entity);
            }
        }
        assert_eq!(app.errors().len(), 1000);
        app.world().despawn(first);
        app.frames(3);
        let parts = &app.world().non_send::<Scripts>().parts;
        assert_eq!((parts.programs.iter().count(), parts.programs.numbers.len()), (0, 0));
        assert!(parts.programs.places.len() < 100, "places are used again: {}", parts.programs.places.len());
        assert_eq!(parts.reports.sites().count(), 0);
    }

    #[test]
    fn script_that_the_game_holds_stays() {
        let mut app = TestApp::new();
        let script = app.script("kept.lua", "wait()  error('lost')");
        let entity = app.world().spawn(Behaviour::new(script.clone())).id();
        app.frames(2);
        app.world().despawn(entity);
        app.frames(3);
        assert_eq!(programs(&mut app), 1);
        assert_eq!(app.world().non_send::<Scripts>().error_sites().count(), 1);
        app.change_script(&script, "print('changed')");
        app.world().spawn(Behaviour::new(script));
        app.frames(2);
        assert_eq!(app.prints(), ["changed"]);
    }
}
