//! The world's holder of the machine, and the three systems that drive it: reload, resume, collect.
//!
//! The machine is taken out of the world while it runs, and the world is what it hands to natives; so scripts reach
//! everything, and nothing can reach back into the machine. What scripts do to behaviours meanwhile (their own
//! included) arrives as a queue that is settled after every single turn: nothing of a behaviour that has ended runs
//! again. One visit to the arena serves all behaviours of a frame.
//!
//! `tasks` is the list of who runs, `timers` when they are due, `listeners` who hears which events, `allowance` what all
//! may take of a frame; none of these knows the machine. `turn` is the hand in the arena, `requests` what tasks ask of it,
//! `closing` their last words, `programs` what scripts there are, `saving` brings their states to where scenes find them,
//! `restart` and `keep` say what becomes of behaviours whose scripts have changed, `memory` sees to garbage and to those
//! who hold too much, `profiler` measures what scripts cost.

mod allowance;
mod closing;
mod keep;
mod listeners;
mod memory;
mod profiler;
mod programs;
mod requests;
mod restart;
mod saving;
mod tasks;
mod timers;
mod turn;

use std::collections::VecDeque;
use std::rc::Rc;
use std::time::Duration;

use bevy::asset::AssetLoadFailedEvent;
use bevy::ecs::entity::{Entity, EntityHashMap, EntityHashSet};
use bevy::ecs::entity_disabling::Disabled;
use bevy::ecs::message::MessageCursor;
use bevy::ecs::query::With;
use bevy::ecs::system::NonSendMut;
use bevy::ecs::world::World;
use bevy::platform::time::Instant;
use bevy::time::{Fixed, Real, Time, Virtual};

pub(super) use listeners::{Buffer, HandlerId, Source, SubscriptionId, Topic, TopicName};
pub(super) use programs::reason;
pub(super) use requests::{EventName, Request, Start, Target};
pub(super) use saving::save_states;
pub(super) use tasks::Key;

use super::asset::LuaScript;
use super::behaviour::{Behaviour, BehaviourStatus, Change, Changes};
use super::environment::{Roots, Shared};
use super::error::{ErrorSite, Reports, put_out, tell_observers};
use super::function::{self, LuaFunction};
use super::settings::{DeimosSettings, Measurements};
use crate::api::{Error, Handle, Lua, Raised};
use allowance::{Allowance, Left};
use listeners::Listeners;
use memory::Upkeep;
use profiler::Profiler;
use programs::Programs;
use restart::Failures;
use tasks::Tasks;
use timers::Sleeper;
use turn::{Policy, Turn, set_status};

/// The Lua machine of a world, with all its behaviours; non-send data of the world.
///
/// While scripts run it is not in the world. Globals that are set before the first behaviour starts are seen by all
/// scripts; from then on they are read-only.
pub struct Scripts {
    lua: Lua,
    roots: Handle,
    parts: Parts,
    functions: Vec<LuaFunction>,
}

/// All of [`Scripts`] but the machine.
struct Parts {
    shared: Rc<Shared>,
    changes: Changes,
    /// What happened before a fixed step and is to be heard in the frame.
    held: Vec<Change>,
    tasks: Tasks,
    listeners: Listeners,
    programs: Programs,
    /// Behaviours that wait for their first turn, or for their script.
    starting: Vec<Key>,
    /// A task that is to have its first turn before the one who started it goes on.
    starting_now: Option<Key>,
    /// Whether a task is being closed.
    is_closing: bool,
    /// Tasks that are to be cancelled once the one that is being closed has ended.
    to_cancel: VecDeque<Key>,
    /// The instructions that tasks may still run this frame while they are closed.
    closing_left: u64,
    reports: Reports,
    failures: MessageCursor<AssetLoadFailedEvent<LuaScript>>,
    /// Whether behaviours that were there before the plugin have been found.
    scanned: bool,
    /// Whether what scripts share is read-only yet.
    frozen: bool,
    /// Waits for events of other entities, which may be gone before these happen.
    waits_for_others: Vec<(Sleeper, Entity)>,
    /// Handlers of events of other entities, which may be gone before their behaviours end. Some of them are looked at in
    /// each frame.
    handlers_on_others: VecDeque<(HandlerId, Entity)>,
    /// Behaviours that start anew at a moment of the game's time.
    restarts: Vec<(Duration, Key)>,
    /// How behaviours have failed that were to start anew.
    failures_of: EntityHashMap<Failures>,
    /// Whether there are fixed steps beside the frames.
    has_fixed_steps: bool,
    /// What the game's clock showed when the frame began, without the time for which scripts stood still.
    now: Duration,
    /// Whether scripts stand still.
    is_paused: bool,
    /// For how long they did by the game's clock, and by that of fixed steps.
    stood: Duration,
    stood_fixed: Duration,
    frame: u64,
    /// What of the frame is left, its fixed steps included.
    allowance: Allowance,
    /// When turns are to end, if the settings limit the time for them.
    deadline: Option<Instant>,
    upkeep: Upkeep,
    /// What is measured, if somebody wants to know.
    profiler: Option<Box<Profiler>>,
    measurements: Measurements,
}

impl Scripts {
    /// A machine with the standard library and the plugin's own functions.
    ///
    /// # Errors
    /// If there is no memory for them.
    pub(super) fn new(changes: Changes, has_fixed_steps: bool) -> Result<Scripts, Error> {
        let mut lua = Lua::new();
        let shared = Shared::new();
        let roots = lua
            .enter(|ctx| Roots::install(ctx, &shared).map_err(|error| Error::from_raised(ctx, &Raised::from(error))))?;
        let parts = Parts {
            tasks: Tasks::new(Rc::clone(&shared.behaviours)),
            shared,
            changes,
            held: Vec::new(),
            listeners: Listeners::default(),
            programs: Programs::default(),
            starting: Vec::new(),
            starting_now: None,
            is_closing: false,
            to_cancel: VecDeque::new(),
            closing_left: u64::MAX,
            reports: Reports::default(),
            failures: MessageCursor::default(),
            scanned: false,
            frozen: false,
            waits_for_others: Vec::new(),
            handlers_on_others: VecDeque::new(),
            restarts: Vec::new(),
            failures_of: EntityHashMap::default(),
            has_fixed_steps,
            now: Duration::ZERO,
            is_paused: false,
            stood: Duration::ZERO,
            stood_fixed: Duration::ZERO,
            frame: 0,
            allowance: Allowance::default(),
            deadline: None,
            upkeep: Upkeep::default(),
            profiler: None,
            measurements: Measurements::default(),
        };
        Ok(Scripts { lua, roots, parts, functions: Vec::new() })
    }

    /// The machine, to set globals or run chunks of one's own.
    pub fn lua(&mut self) -> &mut Lua {
        &mut self.lua
    }

    /// The Rust functions that were added for scripts, in the order of adding.
    pub fn functions(&self) -> &[LuaFunction] {
        &self.functions
    }

    /// Notes a Rust function among the globals.
    pub(super) fn note_function(&mut self, function: LuaFunction) {
        self.functions.push(function);
    }

    /// The memory that the scripts' values take, in bytes: garbage not collected yet included.
    pub fn memory_used(&self) -> usize {
        self.lua.memory_used()
    }

    /// The number of behaviours in the world, those that have ended among them.
    pub fn behaviours(&self) -> usize {
        self.parts.tasks.behaviours()
    }

    /// The places in scripts that errors came from since these were loaded or changed, by script, with how many there were.
    /// Of a script that fails in very many places the first are told apart.
    ///
    /// # Example
    ///
    /// ```
    /// use deimos::{Scripts, testing::TestApp};
    ///
    /// let mut app = TestApp::new();
    /// app.run("for i = 1, 3 do spawn(error, 'lost') end");
    /// app.frame();
    /// let scripts = app.world().non_send::<Scripts>();
    /// let counts: Vec<(&str, u64)> = scripts.error_sites().map(|site| (&*site.place, site.count)).collect();
    /// assert_eq!(counts, [("lost", 3)]);
    /// ```
    pub fn error_sites(&self) -> impl Iterator<Item = &ErrorSite> {
        self.parts.reports.sites()
    }

    /// Gives everyone who is due a turn, until the budget is used up. The instructions that were used.
    ///
    /// Nothing is collected during a visit to the arena, so a visit ends early where memory runs short.
    fn run(&mut self, world: &mut World, budget: u64) -> u64 {
        let mut left = budget;
        loop {
            let mut last = None;
            self.visit(world, |turn| last = turn.run(&mut left));
            let Some(last) = last else { break };
            if !self.make_room(world, last) {
                self.parts.tasks.cut_rest();
                break;
            }
        }
        budget - left
    }

    fn visit(&mut self, world: &mut World, work: impl for<'a, 'gc> FnOnce(&mut Turn<'a, 'gc>)) {
        let Scripts { lua, roots, parts, .. } = self;
        let now = parts.now;
        let real = world.get_resource::<Time<Real>>().map(Time::elapsed).unwrap_or_default();
        let fixed = world.get_resource::<Time<Fixed>>().map(Time::elapsed).unwrap_or_default();
        let fixed = fixed.saturating_sub(parts.stood_fixed);
        let settings = world.get_resource::<DeimosSettings>().cloned().unwrap_or_default();
        let slice = settings.slice;
        let policy = Policy {
            errors: settings.error_policy,
            runaways: settings.runaway_policy,
            runaway_frames: settings.runaway_frames,
        };
        let disabled = world.register_component::<Disabled>();
        lua.enter(|ctx| {
            let roots = Roots::fetch(ctx, roots);
            work(&mut Turn {
                ctx,
                roots,
                world,
                parts,
                results: Vec::new(),
                slice,
                now,
                real,
                fixed,
                policy,
                disabled,
            });
        });
    }

    /// Begins a frame, unless one of its fixed steps has already.
    fn begin_frame(&mut self, world: &World) {
        let settings = world.get_resource::<DeimosSettings>().cloned().unwrap_or_default();
        self.parts.is_paused = settings.paused;
        if !self.parts.allowance.begin(&settings) {
            return;
        }
        self.lua.set_memory_limit(settings.memory_limit);
        self.parts.closing_left = settings.frame_budget;
        self.parts.upkeep.begin_frame();
        self.parts.look_for_profile(world);
    }

    /// Passes over a frame in which scripts stand still: its time does not count, and what happens in it is heard by
    /// nobody.
    fn stand_still(&mut self, world: &mut World) {
        self.parts.stood += world.get_resource::<Time>().map(Time::delta).unwrap_or_default();
        self.visit(world, |turn| {
            turn.settle();
            turn.pass_over_messages();
        });
        for observer in self.parts.listeners.drop_unused() {
            world.despawn(observer);
        }
        self.parts.allowance.end();
    }

    /// Runs a frame or a fixed step whose queue has been begun. The instructions that were used.
    fn step(&mut self, world: &mut World, left: Left) -> u64 {
        self.parts.deadline = left.time.and_then(|time| Instant::now().checked_add(time));
        let frame = self.parts.frame;
        let mut is_told = false;
        self.visit(world, |turn| is_told = turn.roots.show_time(turn.ctx, turn.world, frame).is_ok());
        if is_told { self.run(world, left.instructions) } else { 0 }
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
        scripts.begin_frame(world);
        scripts.parts.scan(world);
        if scripts.parts.changes.pending() || !scripts.parts.held.is_empty() {
            scripts.visit(world, |turn| {
                turn.settle_held();
                turn.settle();
            });
        }
        scripts.parts.drop_programs(world);
        scripts.parts.take_failures(world);
        if scripts.parts.is_paused {
            return;
        }
        let mut restarting = scripts.parts.take_revisions(world);
        let modules = scripts.parts.take_modules(world, &mut restarting);
        scripts.parts.forgive(&restarting);
        let now = world.get_resource::<Time>().map(Time::elapsed).unwrap_or_default();
        let now = now.saturating_sub(scripts.parts.stood);
        scripts.parts.restarts.retain(|(due, key)| {
            if *due <= now && !restarting.contains(key) {
                restarting.push(*key);
            }
            *due > now
        });
        let starts = scripts.parts.starting.len().min(STARTS_MAX);
        let starting: Vec<Key> = scripts.parts.starting.drain(..starts).collect();
        if scripts.parts.starting.is_empty() {
            // A crowd that comes at once seldom comes again.
            scripts.parts.starting.shrink_to(STARTS_MAX);
        }
        if restarting.is_empty() && starting.is_empty() && modules.is_empty() {
            return;
        }
        let freeze = !std::mem::replace(&mut scripts.parts.frozen, true);
        if freeze {
            let functions = &scripts.functions;
            scripts.lua.enter(|ctx| {
                function::freeze(ctx, functions);
                ctx.freeze_globals();
            });
        }
        scripts.visit(world, |turn| {
            turn.forget_modules(&modules);
            for key in restarting {
                turn.restart(key);
            }
            for key in starting {
                turn.start(key);
            }
        });
    });
}

/// Gives every task that is due its turn.
pub(super) fn resume(world: &mut World) {
    with_scripts(world, |scripts, world| {
        let begun = Instant::now();
        scripts.begin_frame(world);
        if scripts.parts.is_paused {
            return scripts.stand_still(world);
        }
        let parts = &mut scripts.parts;
        parts.frame = parts.frame.saturating_add(1);
        let now = world.get_resource::<Time>().map(Time::elapsed).unwrap_or_default();
        parts.now = now.saturating_sub(parts.stood);
        let real = world.get_resource::<Time<Real>>().map(Time::elapsed).unwrap_or_default();
        parts.tasks.begin_frame(parts.now, real, parts.frame);
        scripts.visit(world, |turn| {
            turn.settle();
            turn.read_messages();
            turn.wake_bereft();
            turn.drop_bereft();
            if turn.parts.frame % FORGET_FRAMES == 0 {
                turn.parts.shared.queries.forget_unused(turn.ctx);
            }
        });
        let left = scripts.parts.allowance.for_frame();
        let used = scripts.step(world, left);
        for observer in scripts.parts.listeners.drop_unused() {
            world.despawn(observer);
        }
        scripts.parts.allowance.end();
        scripts.parts.measure(used, begun.elapsed());
    });
}

/// Gives every task that waits for it its turn in a fixed step.
#[expect(clippy::redundant_closure_for_method_calls, reason = "the path alone is not general enough in `'gc`")]
pub(super) fn resume_fixed(world: &mut World) {
    with_scripts(world, |scripts, world| {
        let begun = Instant::now();
        scripts.begin_frame(world);
        if scripts.parts.is_paused {
            scripts.parts.stood_fixed += world.get_resource::<Time<Fixed>>().map(Time::delta).unwrap_or_default();
            return;
        }
        let now = world.get_resource::<Time<Virtual>>().map(Time::elapsed).unwrap_or_default();
        scripts.parts.now = now.saturating_sub(scripts.parts.stood);
        // Who has ended since the last frame or step has no turn in this one.
        if scripts.parts.changes.pending() {
            scripts.visit(world, |turn| turn.settle_for_step());
        }
        if !scripts.parts.tasks.is_step_due() {
            return;
        }
        // Who waits for a step and gets no turn waits for the next one.
        let Some(left) = scripts.parts.allowance.for_step() else { return };
        scripts.parts.tasks.begin_fixed_step();
        let used = scripts.step(world, left);
        scripts.parts.allowance.note_step(used, begun.elapsed());
        scripts.parts.measure(used, begun.elapsed());
    });
}

/// Ends the frame before, if scripts had no turns of their own in it: a run condition may hold these back, and fixed steps
/// would have used up what there is for them, and get no more.
pub(super) fn end_frame(scripts: Option<NonSendMut<'_, Scripts>>) {
    if let Some(mut scripts) = scripts {
        scripts.parts.allowance.end();
    }
}

/// After how many frames without a loop over a query's rows they are forgotten, at the latest twice as many.
const FORGET_FRAMES: u64 = 64;

/// How many behaviours start in a frame; the others follow in the next ones, in their order. A start costs several turns,
/// and a crowd that comes at once is not to be felt.
const STARTS_MAX: usize = 4096;

/// Pays the garbage collector what the frame owes it, and records the frame's measurements.
pub(super) fn collect(world: &mut World) {
    with_scripts(world, |scripts, world| {
        let settings = world.get_resource::<DeimosSettings>().cloned().unwrap_or_default();
        scripts.collect_for_frame(world, &settings);
        let more = scripts.parts.shared.output.borrow_mut().end_frame();
        more.into_iter().for_each(|line| put_out(world, line));
        scripts.parts.report_profile(world);
        let mut measurements = std::mem::take(&mut scripts.parts.measurements);
        measurements.gc_milliseconds = scripts.parts.upkeep.milliseconds();
        measurements.gc_work = scripts.parts.upkeep.units();
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
    let errors = scripts.parts.reports.take_untold();
    world.insert_non_send(scripts);
    tell_observers(world, errors);
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
        let started = queued.iter().filter_map(|change| match change {
            Change::Started(entity) => Some(*entity),
            _ => None,
        });
        let started: EntityHashSet = started.collect();
        for entity in entities {
            if !started.contains(&entity) {
                self.add(world, entity);
            }
        }
        for change in queued {
            self.changes.push(change);
        }
    }

    /// Adds the behaviour that an entity has.
    fn add(&mut self, world: &mut World, entity: Entity) {
        let Some(behaviour) = world.get::<Behaviour>(entity) else { return };
        let program = self.enter_program(world, behaviour.script.id());
        let key = self.tasks.insert(entity, program);
        // Nobody starts while scripts stand still; those that have ended meanwhile are forgotten.
        if self.starting.len() > 2 * self.tasks.behaviours() + STARTS_MAX {
            self.starting.retain(|key| self.tasks.get(*key).is_some());
        }
        self.starting.push(key);
        // What the one before it came to is no more true, its last words included.
        set_status(world, entity, BehaviourStatus::Loading);
    }

    /// Adds to what was measured in the frame.
    fn measure(&mut self, instructions: u64, time: Duration) {
        #[expect(clippy::cast_precision_loss, reason = "a measurement")]
        let instructions = instructions as f64;
        self.measurements.instructions += instructions;
        self.measurements.step_milliseconds += milliseconds(time);
    }
}
