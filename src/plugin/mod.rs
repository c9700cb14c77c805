//! The Bevy plugin: Lua scripts as assets, behaviours as components, one machine for each world.
//!
//! `asset` and `behaviour` are what a game names, `error` `settings` and `settings_file` what it hears and sets. `scheduler`
//! holds the machine and decides who has a turn. `environment`, `entity`, `reflect`, `task`, `wait`, `time`, `random`, `input`, `events`, `module`,
//! `params`, `state`, `assets`, `states` and `world` are what a script sees, `values` its vectors, rotations and colours, `class`
//! the kinds of its userdata; `guard` says what it leaves alone. Components that scripts define are `declared` and hold
//! `data`, within `limit`s if they have some, as parameters do and states when they are `saved`; `template` is a behaviour in a scene, `world_ext` what Rust
//! asks of a world. All unsafe-free: the world is a parameter of every step.

mod argument;
mod asset;
mod assets;
mod behaviour;
mod change;
mod class;
mod data;
mod declared;
mod entity;
mod environment;
mod error;
mod events;
mod function;
mod guard;
mod hierarchy;
mod input;
mod kept;
mod limit;
mod module;
mod output;
mod params;
mod profile;
mod query;
mod random;
mod reflect;
mod saved;
mod scheduler;
mod settings;
mod settings_file;
mod state;
#[cfg(feature = "states")]
mod states;
mod task;
mod template;
pub mod testing;
mod time;
mod values;
mod wait;
mod world;
mod world_ext;
mod written;

use bevy::app::{
    App, FixedFirst, FixedLast, FixedPostUpdate, FixedPreUpdate, FixedUpdate, Plugin, RunFixedMainLoop,
    RunFixedMainLoopSystems, Update,
};
use bevy::asset::{AssetApp, AssetServer};
use bevy::ecs::intern::Interned;
use bevy::ecs::schedule::{IntoScheduleConfigs, ScheduleLabel, SystemSet};
use bevy::log::error;

pub use argument::Reflected;
pub use asset::{LuaScript, LuaScriptError, LuaScriptLoader};
pub use behaviour::{Behaviour, BehaviourStatus, WaitingFor};
pub use data::{LuaData, LuaFields};
pub use declared::{LuaComponent, LuaComponents, UndefinedComponents};
pub use error::{ErrorSite, LogLevel, ScriptError, ScriptOutput};
pub use function::{AppLuaExt, IntoLuaFunction, LuaFunction};
pub use params::{DeclaredParam, DeclaredParams};
pub use profile::{ScriptCost, ScriptProfile};
pub use saved::BehaviourState;
pub use scheduler::Scripts;
pub use settings::{DeimosDiagnostics, DeimosSettings, ErrorPolicy, RunawayPolicy};
#[cfg(feature = "scenes")]
pub use template::param;
pub use template::{BehaviourTemplate, ParamTemplate};
pub use world_ext::WorldLuaExt;

/// Lua behaviours for a Bevy app.
///
/// Needs Bevy's `AssetPlugin`, in any order. Scripts run once for each run of a schedule, [`Update`] unless another
/// one is asked for: in [`FixedUpdate`](bevy::app::FixedUpdate) they run at a fixed rate, and their time is that clock's.
///
/// # Example
///
/// ```no_run
/// use bevy::prelude::*;
/// use deimos::{Behaviour, DeimosPlugin};
///
/// App::new()
///     .add_plugins((MinimalPlugins, AssetPlugin::default(), DeimosPlugin::default()))
///     .add_systems(Startup, |mut commands: Commands, assets: Res<AssetServer>| {
///         commands.spawn((Transform::default(), Behaviour::new(assets.load("scripts/drifter.lua"))));
///     })
///     .run();
/// ```
#[derive(Clone, Debug)]
pub struct DeimosPlugin {
    schedule: Interned<dyn ScheduleLabel>,
    /// Where the settings file is, from the assets folder.
    settings_file: Option<String>,
}

/// The phases of a step, in this order; order your own systems against them.
#[derive(SystemSet, Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum DeimosSystems {
    /// Behaviours that came and went and scripts that changed are taken up.
    Reload,
    /// Every behaviour that is due has its turn.
    Resume,
    /// Garbage is collected, and the step's measurements are recorded.
    Collect,
}

impl DeimosPlugin {
    /// A plugin that runs scripts in a schedule.
    #[must_use]
    pub fn new(schedule: impl ScheduleLabel) -> DeimosPlugin {
        DeimosPlugin { schedule: schedule.intern(), settings_file: Some("deimos.ron".to_owned()) }
    }

    /// The plugin, with another settings file than `deimos.ron`; the path begins in the assets folder. What such a file
    /// says goes before what the game sets in [`DeimosSettings`], setting by setting.
    #[must_use]
    pub fn with_settings_file(mut self, path: impl Into<String>) -> DeimosPlugin {
        self.settings_file = Some(path.into());
        self
    }

    /// The plugin, looking for no settings file: the settings are the game's alone.
    #[must_use]
    pub fn without_settings_file(mut self) -> DeimosPlugin {
        self.settings_file = None;
        self
    }

    fn set_up(&self, app: &mut App) {
        let changes = behaviour::Changes::default();
        let is_fixed = [
            FixedFirst.intern(),
            FixedPreUpdate.intern(),
            FixedUpdate.intern(),
            FixedPostUpdate.intern(),
            FixedLast.intern(),
        ]
        .contains(&self.schedule);
        match Scripts::new(changes.clone(), !is_fixed) {
            Ok(scripts) => app.insert_non_send(scripts),
            Err(error) => {
                error!("deimos runs no scripts: {error}");
                return;
            }
        };
        app.insert_non_send(written::Written::default());
        app.insert_resource(changes)
            .init_asset::<LuaScript>()
            .register_asset_loader(LuaScriptLoader)
            .add_systems(self.schedule, scheduler::reload.in_set(DeimosSystems::Reload))
            .add_systems(self.schedule, scheduler::resume.in_set(DeimosSystems::Resume))
            .add_systems(self.schedule, (scheduler::collect, written::shorten_pause).in_set(DeimosSystems::Collect))
            .configure_sets(
                self.schedule,
                (DeimosSystems::Reload, DeimosSystems::Resume, DeimosSystems::Collect).chain(),
            );
        if !is_fixed {
            app.add_systems(FixedUpdate, scheduler::resume_fixed.in_set(DeimosSystems::Resume));
            let before_steps = RunFixedMainLoopSystems::BeforeFixedMainLoop;
            app.add_systems(RunFixedMainLoop, scheduler::end_frame.in_set(before_steps));
        }
        argument::install(app);
        function::add_pending(app);
        settings::Measurements::register(app);
        if let Some(file) = &self.settings_file {
            settings_file::install(app, self.schedule, file);
        }
    }
}

impl Default for DeimosPlugin {
    fn default() -> DeimosPlugin {
        DeimosPlugin::new(Update)
    }
}

impl Plugin for DeimosPlugin {
    fn build(&self, app: &mut App) {
        app.init_resource::<DeimosSettings>()
            .register_type::<DeimosSettings>()
            .register_type::<Behaviour>()
            .register_type::<BehaviourStatus>()
            .register_type::<DeclaredParams>()
            .register_type::<BehaviourState>()
            .register_type::<UndefinedComponents>()
            .register_type::<LuaData>()
            .init_resource::<LuaComponents>()
            .init_resource::<assets::Loads>()
            .add_message::<ScriptError>()
            .add_message::<ScriptOutput>();
        declared::register(app);
        if app.world().contains_resource::<AssetServer>() {
            self.set_up(app);
        }
    }

    fn finish(&self, app: &mut App) {
        if app.world().get_non_send::<Scripts>().is_some() {
            return;
        }
        if app.world().contains_resource::<AssetServer>() {
            self.set_up(app);
        } else {
            error!(
                "deimos runs no scripts, because scripts are assets and the app has no AssetPlugin: add it to the app"
            );
        }
    }
}
