//! What a game may set, and what the plugin reports about itself.

use bevy::app::App;
use bevy::diagnostic::{Diagnostic, DiagnosticMeasurement, DiagnosticPath, DiagnosticsStore, RegisterDiagnostic};
use bevy::ecs::reflect::ReflectResource;
use bevy::ecs::resource::Resource;
use bevy::ecs::world::World;
use bevy::platform::time::Instant;
use bevy::reflect::Reflect;
use bevy::reflect::std_traits::ReflectDefault;

/// How much scripts may take. Change it at any time; it holds from the next frame on.
///
/// # Example
///
/// ```
/// use deimos::DeimosSettings;
///
/// let settings = DeimosSettings { frame_budget: 500_000, ..DeimosSettings::default() };
/// assert!(settings.slice < settings.frame_budget);
/// ```
#[derive(Resource, Reflect, Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[reflect(Resource, Default, Clone, PartialEq)]
#[serde(default, deny_unknown_fields)]
pub struct DeimosSettings {
    /// How many instructions all behaviours together may run in a frame. Who has no turn left is first in the next.
    ///
    /// The steps of [`FixedUpdate`](bevy::app::FixedUpdate) before a frame, however many, belong to it, and may take half
    /// of this together; what they leave is for the frame's own turns. If the plugin runs in a fixed schedule itself, a
    /// step is a frame.
    pub frame_budget: u64,
    /// How many instructions one behaviour may run in a frame, the fixed steps before it included. One that needs more goes
    /// on in the next frame where it stopped; an endless loop costs this much and no more. A behaviour may have a slice of its own:
    /// [`Behaviour::slice`](crate::Behaviour::slice).
    pub slice: u64,
    /// How many microseconds behaviours may run in a frame, beside `frame_budget`; 0 for as many as that takes. Who has no
    /// turn left is first in the next frame. A turn that has begun is not cut short by it, so that a frame takes up to
    /// a slice longer. Fixed steps may take half of it together.
    ///
    /// Off by default: how far scripts come in a frame then depends on the machine and on what else it does, and no
    /// longer on their instructions alone. A game that is to run the same way each time leaves it off.
    pub frame_time_limit: u32,
    /// How many bytes the scripts' values may take. While less than an eighth of it is free, behaviours run a few thousand
    /// instructions in a frame and the collector works harder; if that many are still in use when everything
    /// unreachable was collected, the behaviour that holds most of them fails, and loses its `state`. One that asks at
    /// once for more than is free fails itself.
    pub memory_limit: usize,
    /// How much work the garbage collector does in a frame at most; 0 for all that is due. Each object that is made, and
    /// each hundred bytes of a big one, makes one unit of work due, which pays for following or freeing about five
    /// objects, or as many bytes. What is not done is done in later frames. If more than eight times this is due, an eighth of that is done:
    /// what makes garbage in every frame pays for it in every frame. While memory is short, four times as much is done.
    ///
    /// The same scripts make the same work due on each machine, so this changes nothing of how a game runs. (Scripts can
    /// see when something was collected: in weak tables and by `collectgarbage("count")`.)
    pub gc_work: u32,
    /// How many microseconds the garbage collector may work in a frame, beside `gc_work`; 0 for as many as that takes. Off by
    /// default: when something is collected, which scripts can see, then depends on the machine.
    pub gc_time_limit: u32,
    /// With so many entities in the world, scripts can spawn no more.
    pub entity_limit: u32,
    /// About how many bytes scripts may have in components and resources, as far as they have written them there; who
    /// wants to write more gets an error. What they, or the game, have taken away since then does not count, but that may
    /// be noticed a second late. It has nothing to do with `memory_limit`, which bounds what scripts keep for themselves.
    pub world_memory_limit: usize,
    /// What becomes of a behaviour when an error ends one of its tasks.
    pub error_policy: ErrorPolicy,
    /// After how many frames running in which a task used up its slice it is called a runaway; 0 for never.
    pub runaway_frames: u32,
    /// What becomes of a runaway.
    pub runaway_policy: RunawayPolicy,
    /// Whether all scripts stand still. Nobody has a turn then, in frames and in fixed steps; the time that tasks wait for
    /// does not pass, but for that of `wait_real`; what happens meanwhile is heard by nobody. Behaviours that come start
    /// afterwards, and scripts that change are taken up then. Those that end do so with their last words.
    ///
    /// To let scripts go on and only their clock stand, as for a menu that they run, pause
    /// [`Time<Virtual>`](bevy::time::Virtual) instead. Do not hold back [`DeimosSystems`](crate::DeimosSystems) by run
    /// conditions: what happens would pile up for later.
    ///
    /// # Example
    ///
    /// ```
    /// use bevy::prelude::*;
    /// use deimos::{DeimosSettings, testing::TestApp};
    ///
    /// let mut app = TestApp::new();
    /// app.run("while true do print(wait(0.5)) end");
    /// app.frames(20);
    /// app.world().resource_mut::<DeimosSettings>().paused = true;
    /// app.frames(1000);
    /// app.world().resource_mut::<DeimosSettings>().paused = false;
    /// app.frames(20);
    /// assert_eq!(app.prints(), ["0.5"]);
    /// ```
    pub paused: bool,
    /// What the random numbers of behaviours begin from, together with each behaviour's place in the order of spawning.
    /// A change holds for behaviours that have not drawn one yet.
    pub seed: u64,
}

/// What becomes of a behaviour when an error ends one of its tasks, its body among them. Each error is reported in any case;
/// one that another task waits for is no failure.
#[derive(Reflect, Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[reflect(Default, Clone, PartialEq)]
pub enum ErrorPolicy {
    /// Its other tasks and handlers go on.
    #[default]
    StopTask,
    /// All of it ends.
    StopBehaviour,
    /// All of it ends, and the behaviour starts anew with its `state` kept: after a second of the game's time, and after
    /// twice as long each time it fails again, up to a minute. After a minute without a failure it is a second again. A
    /// changed script starts at once, and its failures are counted anew.
    Restart,
}

/// What becomes of a task that uses up its slice in one frame after the other. It is paused in any case, and costs the
/// game no more than its slice.
#[derive(Reflect, Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[reflect(Default, Clone, PartialEq)]
pub enum RunawayPolicy {
    /// It is reported once, with a traceback of where it is.
    #[default]
    Report,
    /// It fails, with the same report.
    Stop,
}

impl Default for DeimosSettings {
    fn default() -> DeimosSettings {
        DeimosSettings {
            frame_budget: 5_000_000,
            slice: 100_000,
            frame_time_limit: 0,
            memory_limit: 512 << 20,
            gc_work: 4000,
            gc_time_limit: 0,
            entity_limit: 1_000_000,
            world_memory_limit: 128 << 20,
            error_policy: ErrorPolicy::StopTask,
            runaway_frames: 300,
            runaway_policy: RunawayPolicy::Report,
            paused: false,
            seed: 0,
        }
    }
}

/// The names under which the plugin's measurements are found in Bevy's
/// [`DiagnosticsStore`](bevy::diagnostic::DiagnosticsStore); each frame adds one.
#[derive(Debug)]
pub struct DeimosDiagnostics;

impl DeimosDiagnostics {
    /// The instructions that were run in the frame and in the fixed steps before it.
    pub const INSTRUCTIONS: DiagnosticPath = DiagnosticPath::const_new("deimos/instructions");
    /// The behaviours in the world, those that have ended among them.
    pub const TASKS: DiagnosticPath = DiagnosticPath::const_new("deimos/tasks");
    /// The bytes that the scripts' values take.
    pub const HEAP_BYTES: DiagnosticPath = DiagnosticPath::const_new("deimos/heap_bytes");
    /// The milliseconds that behaviours ran, in the frame and in the fixed steps before it.
    pub const STEP_TIME: DiagnosticPath = DiagnosticPath::const_new("deimos/step_time");
    /// The units of work that the garbage collector did, as [`DeimosSettings::gc_work`] counts them.
    pub const GC_WORK: DiagnosticPath = DiagnosticPath::const_new("deimos/gc_work");
    /// The milliseconds that the garbage collector ran.
    pub const GC_TIME: DiagnosticPath = DiagnosticPath::const_new("deimos/gc_time");
}

/// A frame's measurements.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Measurements {
    pub(super) instructions: f64,
    pub(super) tasks: f64,
    pub(super) heap_bytes: f64,
    pub(super) step_milliseconds: f64,
    pub(super) gc_work: f64,
    pub(super) gc_milliseconds: f64,
}

impl Measurements {
    /// Tells the app what will be measured.
    pub(super) fn register(app: &mut App) {
        app.register_diagnostic(Diagnostic::new(DeimosDiagnostics::INSTRUCTIONS))
            .register_diagnostic(Diagnostic::new(DeimosDiagnostics::TASKS))
            .register_diagnostic(Diagnostic::new(DeimosDiagnostics::HEAP_BYTES).with_suffix(" B"))
            .register_diagnostic(Diagnostic::new(DeimosDiagnostics::STEP_TIME).with_suffix(" ms"))
            .register_diagnostic(Diagnostic::new(DeimosDiagnostics::GC_WORK))
            .register_diagnostic(Diagnostic::new(DeimosDiagnostics::GC_TIME).with_suffix(" ms"));
    }

    /// Adds the measurements to those that are enabled.
    pub(super) fn record(self, world: &mut World) {
        let Some(mut store) = world.get_resource_mut::<DiagnosticsStore>() else { return };
        let time = Instant::now();
        let measurements = [
            (DeimosDiagnostics::INSTRUCTIONS, self.instructions),
            (DeimosDiagnostics::TASKS, self.tasks),
            (DeimosDiagnostics::HEAP_BYTES, self.heap_bytes),
            (DeimosDiagnostics::STEP_TIME, self.step_milliseconds),
            (DeimosDiagnostics::GC_WORK, self.gc_work),
            (DeimosDiagnostics::GC_TIME, self.gc_milliseconds),
        ];
        for (path, value) in measurements {
            if let Some(diagnostic) = store.get_mut(&path).filter(|diagnostic| diagnostic.is_enabled) {
                diagnostic.add_measurement(DiagnosticMeasurement { time, value });
            }
        }
    }
}
