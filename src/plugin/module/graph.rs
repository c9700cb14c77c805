//! Which modules there are, who requires which, and which calls of `require` are under way.
//!
//! A module has run, or it runs because a call of `require` runs it, or neither; so the calls that are under way say all:
//! who waits for whom, and whether that goes in a circle. Calls end with their ticket, or with the task that made them.
//! Who has required what is kept until it starts anew: that is who starts anew when a module changes. Nothing here knows
//! the machine; the values of modules lie in a table beside.

use std::collections::BTreeSet;

use bevy::asset::{AssetId, Handle};
use bevy::platform::collections::HashMap;

use crate::plugin::asset::LuaScript;
use crate::plugin::scheduler::Key;

/// Who requires a module.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::plugin) enum By {
    /// The behaviours of a program.
    Program(u32),
    /// Another module.
    Module(usize),
}

/// A module, from the first time that it was asked for.
struct Module {
    path: Box<str>,
    handle: Option<Handle<LuaScript>>,
    /// The version that ran last, or runs.
    revision: Option<u64>,
    /// The number of the call that runs it, or ran it last.
    runner: u64,
    /// Whether its value is known.
    is_done: bool,
    /// Whether somebody was told that it cannot be loaded.
    has_failed: bool,
    programs: BTreeSet<u32>,
    dependents: BTreeSet<usize>,
}

/// A call of `require` that has not returned.
struct Open {
    serial: u64,
    task: Key,
    from: By,
    to: usize,
    /// Whether it is the one that runs the module.
    runs: bool,
}

/// The modules of a world.
#[derive(Default)]
pub(in crate::plugin) struct Modules {
    modules: Vec<Module>,
    by_path: HashMap<Box<str>, usize>,
    open: Vec<Open>,
    serials: u64,
}

/// What changes because files have.
#[derive(Default)]
pub(in crate::plugin) struct Outdated {
    /// The modules that are to run again.
    pub(in crate::plugin) modules: Vec<usize>,
    /// The programs whose behaviours have required one of them.
    pub(in crate::plugin) programs: BTreeSet<u32>,
    /// The paths of the modules whose files have changed.
    pub(in crate::plugin) changed: Vec<Box<str>>,
}

impl Modules {
    /// How many there may be, those among them that no file was found for.
    pub(super) const COUNT_MAX: usize = 4096;

    /// The place of the module with a path, and that it is required there; `None` if there are too many.
    pub(super) fn require(&mut self, path: &str, by: By) -> Option<usize> {
        let known = self.by_path.get(path).copied();
        if known.is_none() && self.modules.len() >= Modules::COUNT_MAX {
            return None;
        }
        let index = known.unwrap_or_else(|| {
            self.modules.push(Module {
                path: path.into(),
                handle: None,
                revision: None,
                runner: 0,
                is_done: false,
                has_failed: false,
                programs: BTreeSet::new(),
                dependents: BTreeSet::new(),
            });
            self.by_path.insert(path.into(), self.modules.len() - 1);
            self.modules.len() - 1
        });
        if let Some(module) = self.modules.get_mut(index) {
            match by {
                By::Program(program) => module.programs.insert(program),
                By::Module(other) => module.dependents.insert(other),
            };
        }
        Some(index)
    }

    /// The path of a module.
    pub(super) fn path(&self, module: usize) -> &str {
        self.modules.get(module).map_or("", |module| &*module.path)
    }

    /// The asset of a module, once it was asked for.
    pub(super) fn handle(&self, module: usize) -> Option<Handle<LuaScript>> {
        self.modules.get(module)?.handle.clone()
    }

    /// The assets of all modules that were asked for.
    pub(in crate::plugin) fn handles(&self) -> impl Iterator<Item = &Handle<LuaScript>> {
        self.modules.iter().filter_map(|module| module.handle.as_ref())
    }

    pub(super) fn set_handle(&mut self, module: usize, handle: Handle<LuaScript>) {
        if let Some(module) = self.modules.get_mut(module) {
            module.handle = Some(handle);
        }
    }

    /// Whether a module has run and its value is known.
    pub(super) fn is_done(&self, module: usize) -> bool {
        self.modules.get(module).is_some_and(|module| module.is_done)
    }

    /// Whether a call of `require` runs a module.
    pub(super) fn is_running(&self, module: usize) -> bool {
        let runner = self.modules.get(module).map_or(0, |module| module.runner);
        self.open(runner).is_some_and(|open| open.runs)
    }

    /// The call with a number; they are in the order of their numbers.
    fn open(&self, serial: u64) -> Option<&Open> {
        let place = self.open.binary_search_by_key(&serial, |open| open.serial).ok()?;
        self.open.get(place)
    }

    /// Notes a call of `require`. Its number.
    pub(super) fn begin_call(&mut self, task: Key, from: By, to: usize) -> u64 {
        self.serials += 1;
        self.open.push(Open { serial: self.serials, task, from, to, runs: false });
        self.serials
    }

    /// Ends a call of `require`, however it ended.
    pub(super) fn close(&mut self, serial: u64) {
        if let Ok(place) = self.open.binary_search_by_key(&serial, |open| open.serial) {
            self.open.remove(place);
        }
    }

    /// Ends the calls of a task that will never go on.
    pub(in crate::plugin) fn abandon(&mut self, task: Key) {
        self.open.retain(|open| open.task != task);
    }

    /// Notes that a call runs its module.
    pub(super) fn begin(&mut self, serial: u64, revision: u64) {
        let place = self.open.binary_search_by_key(&serial, |open| open.serial);
        let Some(open) = place.ok().and_then(|place| self.open.get_mut(place)) else { return };
        open.runs = true;
        if let Some(module) = self.modules.get_mut(open.to) {
            module.runner = serial;
            module.revision = Some(revision);
        }
    }

    /// Notes that a module has run. Whether its value is the one that holds: its file may have changed meanwhile.
    pub(super) fn finish(&mut self, serial: u64) -> bool {
        let Some(to) = self.open(serial).filter(|open| open.runs).map(|open| open.to) else { return false };
        let Some(module) = self.modules.get_mut(to) else { return false };
        module.is_done = true;
        true
    }

    /// Notes that somebody was told that a module cannot be loaded.
    pub(super) fn note_failure(&mut self, module: usize) {
        if let Some(module) = self.modules.get_mut(module) {
            module.has_failed = true;
        }
    }

    /// The circle that a module would close by requiring another: `a -> b -> a`.
    pub(super) fn cycle(&self, from: By, to: usize) -> Option<String> {
        let By::Module(from) = from else { return None };
        // From each module that was reached, the one that led there.
        let mut reached = vec![(to, None)];
        let mut next = 0;
        while let Some(&(module, _)) = reached.get(next) {
            if module == from {
                let mut names = Vec::new();
                let mut step = Some(next);
                while let Some((module, led)) = step.and_then(|step| reached.get(step)) {
                    names.push(self.path(*module));
                    step = *led;
                }
                names.push(self.path(from));
                names.reverse();
                return Some(names.join(" -> "));
            }
            for open in self.open.iter().filter(|open| open.from == By::Module(module)) {
                if !reached.iter().any(|(known, _)| *known == open.to) {
                    reached.push((open.to, Some(next)));
                }
            }
            next += 1;
        }
        None
    }

    /// Whether an asset is wanted by scripts that will be told themselves why it cannot be loaded.
    pub(in crate::plugin) fn awaits(&self, id: AssetId<LuaScript>) -> bool {
        let is_it = |module: &Module| module.handle.as_ref().is_some_and(|handle| handle.id() == id);
        self.modules.iter().any(|module| module.revision.is_none() && is_it(module))
    }

    /// Drops the modules whose files have changed, and those that required them.
    pub(in crate::plugin) fn take_outdated(
        &mut self,
        revision: impl Fn(AssetId<LuaScript>) -> Option<u64>,
    ) -> Outdated {
        let mut outdated = Outdated::default();
        for (index, module) in self.modules.iter().enumerate() {
            let now = module.handle.as_ref().and_then(|handle| revision(handle.id()));
            let is_known = now.is_none() || module.revision == now && !module.has_failed;
            if !is_known && (module.revision.is_some() || module.has_failed) {
                outdated.modules.push(index);
                outdated.changed.push(module.path.clone());
            }
        }
        let mut next = 0;
        while let Some(&index) = outdated.modules.get(next) {
            next += 1;
            self.open.iter_mut().filter(|open| open.to == index).for_each(|open| open.runs = false);
            let Some(module) = self.modules.get_mut(index) else { continue };
            (module.revision, module.is_done, module.has_failed) = (None, false, false);
            outdated.programs.append(&mut module.programs);
            for dependent in std::mem::take(&mut module.dependents) {
                if !outdated.modules.contains(&dependent) {
                    outdated.modules.push(dependent);
                }
            }
        }
        for module in &mut self.modules {
            module.dependents.retain(|dependent| !outdated.modules.contains(dependent));
        }
        outdated
    }

    /// Forgets what the behaviours of a program have required, because they start anew.
    pub(in crate::plugin) fn forget_program(&mut self, program: u32) {
        for module in &mut self.modules {
            module.programs.remove(&program);
        }
    }
}
