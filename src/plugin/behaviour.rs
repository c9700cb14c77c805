//! The `Behaviour` component, what a script gets to know from it, and what became of it.
//!
//! The component is data: it can be reflected, saved and put into scenes. Its hooks do nothing but queue what
//! happened, because the machine may be running at that very moment (a script that despawns its own entity);
//! the scheduler takes the queue up before anything else runs. Nothing here knows Lua values.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bevy::asset::Handle;
use bevy::ecs::change_detection::DetectChangesMut;
use bevy::ecs::component::Component;
use bevy::ecs::entity::{Entity, EntityMapper};
use bevy::ecs::lifecycle::HookContext;
use bevy::ecs::reflect::ReflectComponent;
use bevy::ecs::resource::Resource;
use bevy::ecs::world::DeferredWorld;
use bevy::reflect::std_traits::ReflectDefault;
use bevy::reflect::{PartialReflect, Reflect};

use super::asset::LuaScript;
use super::data::{LuaData, LuaFields, map_fields};
use super::scheduler::SubscriptionId;

/// Lets a Lua script drive the entity: the script's body runs as a coroutine, once for each entity that carries it.
///
/// Despawning the entity or removing the component cancels the coroutine before its next turn. Inserting another
/// `Behaviour` in its place starts over. [`BehaviourStatus`] beside it tells how far it got. Of behaviours that come at
/// once, 4,096 start in a frame, the others in the next ones, in the order of spawning.
///
/// The component keeps its script loaded. A game that spawns one wave of behaviours after the other keeps a handle of its
/// own: or the script is unloaded with the last of a wave, and loaded and compiled again for the next.
///
/// # Example
///
/// ```no_run
/// use bevy::prelude::*;
/// use deimos::Behaviour;
///
/// fn spawn_guard(mut commands: Commands, assets: Res<AssetServer>) {
///     let script = assets.load("scripts/guard.lua");
///     commands.spawn((Transform::default(), Behaviour::new(script).with("speed", 2.0).with("home", "tower")));
/// }
/// ```
#[derive(Component, Reflect, Clone, Debug, Default, PartialEq)]
#[reflect(Component, Default, Clone, PartialEq)]
#[type_path = "deimos"]
#[require(BehaviourStatus)]
#[component(on_insert = queue_start, on_discard = queue_end, map_entities = map_params)]
pub struct Behaviour {
    /// The script. It is taken when the component is inserted: to have another one run, insert the component anew. A
    /// change in place does nothing.
    pub script: Handle<LuaScript>,
    /// What the script reads as `params`. The script takes them when it starts: to have it go by others, insert the
    /// component anew.
    pub params: LuaFields,
    /// The most instructions that the behaviour may run in a frame; 0 for as many as
    /// [`DeimosSettings::slice`](crate::DeimosSettings::slice) says. As with the parameters, a change holds when the
    /// behaviour starts anew.
    pub slice: u32,
}

impl Behaviour {
    /// A behaviour without parameters.
    pub fn new(script: Handle<LuaScript>) -> Behaviour {
        Behaviour { script, params: LuaFields::new(), slice: 0 }
    }

    /// The same behaviour with one more parameter, or another value for one it has: a number, string, boolean, entity,
    /// vector, rotation, colour, or a list or [`LuaFields`] of these.
    #[must_use]
    pub fn with(mut self, name: impl Into<String>, value: impl Into<LuaData>) -> Behaviour {
        self.params.insert(name.into(), value.into());
        self
    }

    /// The same behaviour with a slice of its own: the most instructions that it may run in a frame, whatever
    /// [`DeimosSettings::slice`](crate::DeimosSettings::slice) says.
    ///
    /// # Example
    ///
    /// ```
    /// # use bevy::prelude::*;
    /// # use deimos::Behaviour;
    /// // One that plans far ahead, and may take its time over it.
    /// let planner = Behaviour::new(Handle::default()).with_slice(1_000_000);
    /// assert_eq!(planner.slice, 1_000_000);
    /// ```
    #[must_use]
    pub fn with_slice(mut self, instructions: u32) -> Behaviour {
        self.slice = instructions;
        self
    }
}

fn map_params<M: EntityMapper>(behaviour: &mut Behaviour, mapper: &mut M) {
    map_fields(&mut behaviour.params, mapper);
}

/// How far a [`Behaviour`] got. The plugin writes it; nothing reads it back.
///
/// It tells about the behaviour that runs: no scene and no clone of the entity brings it along.
#[derive(Component, Reflect, Clone, Debug, Default, PartialEq)]
#[reflect(Component, Default, Clone, PartialEq)]
#[type_path = "deimos"]
#[component(clone_behavior = Ignore)]
pub enum BehaviourStatus {
    /// The script is not loaded yet, or the behaviour has not had its first turn. So it is from the moment at which a
    /// [`Behaviour`] is inserted, also in the place of another one.
    #[default]
    Loading,
    /// It was stopped in the middle because its instructions for the frame were used up; it goes on next frame.
    Running,
    /// It waits.
    Waiting(WaitingFor),
    /// The script has come to its end.
    Finished,
    /// The script could not be loaded or raised an error; the message says which and where.
    Failed(String),
}

/// What a waiting behaviour waits for.
#[derive(Reflect, Clone, Copy, Debug, Default, PartialEq, Eq)]
#[reflect(Default, Clone, PartialEq)]
#[type_path = "deimos"]
pub enum WaitingFor {
    /// The next frame.
    #[default]
    NextFrame,
    /// The moment when the game's clock ([`Time`](bevy::time::Time)) shows this; later by as long as
    /// [scripts stand still](crate::DeimosSettings::paused) meanwhile.
    Time {
        /// The time that has elapsed then.
        until: Duration,
    },
    /// The moment when the real clock ([`Time<Real>`](bevy::time::Real)) shows this.
    RealTime {
        /// The time that has elapsed then.
        until: Duration,
    },
    /// The next fixed step.
    FixedStep,
    /// An event. So it is too with a script whose body has ended, while its handlers or other tasks go on.
    Event,
    /// The end of a task.
    Task,
}

/// What happened to a `Behaviour` component.
#[derive(Debug)]
pub(super) enum Change {
    /// It was put on the entity.
    Started(Entity),
    /// It, or its entity, was removed, or it is about to be replaced.
    Ended(Entity),
    /// An event was heard.
    Event { subscription: SubscriptionId, value: Box<dyn PartialReflect> },
    /// An entity has components that scripts define, and which may be defined by now.
    Undefined(Entity),
    /// Something happened to a component of an entity.
    Lifecycle { subscription: SubscriptionId, entity: Entity },
}

/// The queue between the component's hooks and the scheduler. Clones are the same queue, so that the scheduler
/// can look without asking the world.
#[derive(Resource, Clone, Default)]
pub(super) struct Changes(Arc<Queue>);

#[derive(Default)]
struct Queue {
    pending: AtomicBool,
    list: Mutex<Vec<Change>>,
}

impl Changes {
    /// Whether anything happened.
    #[inline]
    pub(super) fn pending(&self) -> bool {
        self.0.pending.load(Ordering::Acquire)
    }

    /// What happened since the last call, in order.
    pub(super) fn take(&self) -> Vec<Change> {
        let mut list = self.0.list.lock().unwrap_or_else(PoisonError::into_inner);
        self.0.pending.store(false, Ordering::Release);
        std::mem::take(&mut *list)
    }

    /// Adds to the queue.
    pub(super) fn push(&self, change: Change) {
        self.0.list.lock().unwrap_or_else(PoisonError::into_inner).push(change);
        self.0.pending.store(true, Ordering::Release);
    }
}

fn queue_start(mut world: DeferredWorld<'_>, context: HookContext) {
    if let Some(mut status) = world.get_mut::<BehaviourStatus>(context.entity) {
        // That of the one before it is nobody's any more.
        status.set_if_neq(BehaviourStatus::Loading);
    }
    if let Some(changes) = world.get_resource::<Changes>() {
        changes.push(Change::Started(context.entity));
    }
}

fn queue_end(world: DeferredWorld<'_>, context: HookContext) {
    if let Some(changes) = world.get_resource::<Changes>() {
        changes.push(Change::Ended(context.entity));
    }
}
