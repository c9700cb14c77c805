//! The `Behaviour` component, what a script gets to know from it, and what became of it.
//!
//! The component is data: it can be reflected, saved and put into scenes. Its hooks do nothing but queue what
//! happened, because the machine may be running at that very moment (a script that despawns its own entity);
//! the scheduler takes the queue up before anything else runs. Nothing here knows Lua values.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bevy::asset::Handle;
use bevy::ecs::component::Component;
use bevy::ecs::entity::Entity;
use bevy::ecs::lifecycle::HookContext;
use bevy::ecs::reflect::ReflectComponent;
use bevy::ecs::resource::Resource;
use bevy::ecs::world::DeferredWorld;
use bevy::reflect::std_traits::ReflectDefault;
use bevy::reflect::{PartialReflect, Reflect};

use super::asset::LuaScript;
use super::scheduler::SubscriptionId;

/// Lets a Lua script drive the entity: the script's body runs as a coroutine, once for each entity that carries it.
///
/// Despawning the entity or removing the component cancels the coroutine in the same frame. Inserting another
/// `Behaviour` in its place starts over. [`BehaviourStatus`] beside it tells how far it got.
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
#[require(BehaviourStatus)]
#[component(on_insert = queue_start, on_discard = queue_end)]
pub struct Behaviour {
    /// The script.
    pub script: Handle<LuaScript>,
    /// What the script reads as `params`, in this order.
    pub params: Vec<Param>,
    /// The most instructions that the behaviour may run in a frame; 0 for as many as
    /// [`DeimosSettings::slice`](crate::DeimosSettings::slice) says. As with the parameters, a change holds when the
    /// behaviour starts anew.
    pub slice: u32,
}

/// One of a behaviour's parameters.
#[derive(Reflect, Clone, Debug, Default, PartialEq, serde::Serialize, serde::Deserialize)]
#[reflect(Default, Clone, PartialEq)]
pub struct Param {
    /// The field of `params`.
    pub name: String,
    /// Its value.
    pub value: ParamValue,
}

/// The value of a behaviour's parameter: plain data that can be written in a scene.
#[derive(Reflect, Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
#[reflect(Default, Clone, PartialEq, no_field_bounds)]
pub enum ParamValue {
    /// A boolean.
    Bool(bool),
    /// A number of subtype integer.
    Integer(i64),
    /// A number of subtype float.
    Number(f64),
    /// A string.
    Text(String),
    /// A list, counted from 1 in the script.
    List(Vec<ParamValue>),
}

impl Behaviour {
    /// A behaviour without parameters.
    pub fn new(script: Handle<LuaScript>) -> Behaviour {
        Behaviour { script, params: Vec::new(), slice: 0 }
    }

    /// The same behaviour with one more parameter, or another value for one it has.
    #[must_use]
    pub fn with(mut self, name: impl Into<String>, value: impl Into<ParamValue>) -> Behaviour {
        let (name, value) = (name.into(), value.into());
        match self.params.iter_mut().find(|param| param.name == name) {
            Some(param) => param.value = value,
            None => self.params.push(Param { name, value }),
        }
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

    /// The value of a parameter.
    pub fn param(&self, name: &str) -> Option<&ParamValue> {
        self.params.iter().find(|param| param.name == name).map(|param| &param.value)
    }
}

impl Default for ParamValue {
    fn default() -> ParamValue {
        ParamValue::Bool(false)
    }
}

impl From<bool> for ParamValue {
    fn from(value: bool) -> ParamValue {
        ParamValue::Bool(value)
    }
}

impl From<i64> for ParamValue {
    fn from(value: i64) -> ParamValue {
        ParamValue::Integer(value)
    }
}

impl From<i32> for ParamValue {
    fn from(value: i32) -> ParamValue {
        ParamValue::Integer(value.into())
    }
}

impl From<u32> for ParamValue {
    fn from(value: u32) -> ParamValue {
        ParamValue::Integer(value.into())
    }
}

impl From<f64> for ParamValue {
    fn from(value: f64) -> ParamValue {
        ParamValue::Number(value)
    }
}

impl From<f32> for ParamValue {
    fn from(value: f32) -> ParamValue {
        ParamValue::Number(value.into())
    }
}

impl From<&str> for ParamValue {
    fn from(value: &str) -> ParamValue {
        ParamValue::Text(value.to_owned())
    }
}

impl From<String> for ParamValue {
    fn from(value: String) -> ParamValue {
        ParamValue::Text(value)
    }
}

impl<T: Into<ParamValue>> From<Vec<T>> for ParamValue {
    fn from(values: Vec<T>) -> ParamValue {
        ParamValue::List(values.into_iter().map(Into::into).collect())
    }
}

/// How far a [`Behaviour`] got. The plugin writes it; nothing reads it back.
#[derive(Component, Reflect, Clone, Debug, Default, PartialEq)]
#[reflect(Component, Default, Clone, PartialEq)]
pub enum BehaviourStatus {
    /// The script is not loaded yet, or the behaviour has not had its first turn.
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
pub enum WaitingFor {
    /// The next frame.
    #[default]
    NextFrame,
    /// The moment when the game's clock ([`Time`](bevy::time::Time)) shows this.
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

fn queue_start(world: DeferredWorld<'_>, context: HookContext) {
    if let Some(changes) = world.get_resource::<Changes>() {
        changes.push(Change::Started(context.entity));
    }
}

fn queue_end(world: DeferredWorld<'_>, context: HookContext) {
    if let Some(changes) = world.get_resource::<Changes>() {
        changes.push(Change::Ended(context.entity));
    }
}
