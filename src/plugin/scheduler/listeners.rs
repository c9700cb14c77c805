//! Who listens to which events.
//!
//! A topic is an event's name and, for what happens to one entity, the entity. All who listen to a topic share one
//! subscription, which for an event of Bevy's is an observer in the world. A subscription that nobody uses any more is
//! given up at the end of the frame, so that a loop of waits does not make an observer each time. What is heard arrives
//! in the queue of changes; nothing here knows the machine.

use std::collections::BTreeSet;
use std::rc::Rc;

use bevy::ecs::entity::{Entity, EntityHashMap};
use bevy::platform::collections::HashMap;

use super::tasks::Key;
use super::timers::Sleeper;
use crate::plugin::task::Origin;

/// What can be listened to.
#[derive(Clone, Debug)]
pub(in crate::plugin) struct Topic {
    pub(in crate::plugin) name: TopicName,
    /// The entity that it is to happen to, or any.
    pub(in crate::plugin) target: Option<Entity>,
}

/// What is to happen.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(in crate::plugin) struct TopicName {
    /// The event, as scripts call it.
    pub(in crate::plugin) event: Box<str>,
    /// For what happens to components: which one.
    pub(in crate::plugin) component: Option<Box<str>>,
}

/// Someone who listens.
#[derive(Clone, Copy, Debug)]
pub(super) struct Listener {
    pub(super) kind: ListenerKind,
    serial: u64,
    /// Where its subscription is.
    subscription: u32,
    /// Who came before and after it; [`NOBODY`] at the ends.
    previous: u32,
    next: u32,
}

// A crowd that waits for events has one of each for each.
const _: () = assert!(size_of::<Option<Listener>>() <= 48 && size_of::<Option<Subscription>>() <= 48);

/// The place of no listener.
const NOBODY: u32 = u32::MAX;

/// What is to happen when the event does.
#[derive(Clone, Copy, Debug)]
pub(super) enum ListenerKind {
    /// A task is started in the behaviour with this body. The how manieth run of its script's body has set it, if that
    /// is one that may run again; else 0.
    Handler { body: Key, definition: u32 },
    /// A task goes on.
    Waiter(Sleeper),
}

/// What those who listen to a topic share. A crowd that waits, each for what happens to its own entity, is as many
/// subscriptions; so the name is one for all of them, and the list of listeners needs no memory of its own.
#[derive(Debug)]
struct Subscription {
    name: Rc<TopicName>,
    target: Option<Entity>,
    source: Source,
    serial: u64,
    /// The first and the last of its listeners; [`NOBODY`] if there are none.
    first: u32,
    last: u32,
}

/// The subscriptions to one name: that to what happens to anybody, and those to what happens to an entity.
#[derive(Debug, Default)]
struct Targets {
    any: Option<u32>,
    entities: EntityHashMap<u32>,
}

impl Targets {
    fn get(&self, target: Option<Entity>) -> Option<u32> {
        target.map_or(self.any, |entity| self.entities.get(&entity).copied())
    }
}

/// Where the events of a topic come from.
#[derive(Clone, Debug)]
pub(in crate::plugin) enum Source {
    /// Other scripts send them.
    Scripts,
    /// An observer queues them.
    Observer(Entity),
    /// They are read from a buffer of messages.
    Messages(Box<Buffer>),
}

/// A buffer of messages.
#[derive(Clone, Debug)]
pub(in crate::plugin) struct Buffer {
    pub(in crate::plugin) type_path: Box<str>,
    /// How many were read.
    pub(in crate::plugin) read: usize,
}

/// A subscription, as those know it who report events; it may be no more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::plugin) struct SubscriptionId {
    index: u32,
    serial: u64,
}

/// A handler, as a script's handle knows it; it may be no more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::plugin) struct HandlerId {
    index: u32,
    serial: u64,
}

/// Everyone who listens.
#[derive(Debug, Default)]
pub(super) struct Listeners {
    listeners: Vec<Option<Listener>>,
    /// Where the handlers among them were set.
    origins: Vec<Option<Rc<Origin>>>,
    free_listeners: Vec<u32>,
    subscriptions: Vec<Option<Subscription>>,
    free_subscriptions: Vec<u32>,
    by_name: HashMap<Rc<TopicName>, Targets>,
    /// The subscriptions to messages.
    to_messages: BTreeSet<u32>,
    /// Subscriptions that lost their last listener this frame.
    unused: Vec<u32>,
    serials: u64,
}

impl Listeners {
    /// The subscription to a topic, if there is one.
    pub(super) fn find(&self, topic: &Topic) -> Option<SubscriptionId> {
        let index = self.by_name.get(&topic.name)?.get(topic.target)?;
        let serial = self.subscriptions.get(index as usize)?.as_ref()?.serial;
        Some(SubscriptionId { index, serial })
    }

    /// Adds a subscription to a topic that has none. What makes the source is told the subscription's name.
    pub(super) fn subscribe<E>(
        &mut self,
        topic: Topic,
        source: impl FnOnce(SubscriptionId) -> Result<Source, E>,
    ) -> Result<SubscriptionId, E> {
        self.serials += 1;
        let serial = self.serials;
        let free = self.free_subscriptions.last().copied();
        let index = free.unwrap_or_else(|| u32::try_from(self.subscriptions.len()).unwrap_or(u32::MAX));
        let id = SubscriptionId { index, serial };
        let source = source(id)?;
        let target = topic.target;
        let known = self.by_name.get_key_value(&topic.name).map(|(name, _)| Rc::clone(name));
        let name = known.unwrap_or_else(|| Rc::new(topic.name));
        let targets = self.by_name.entry(Rc::clone(&name)).or_default();
        match target {
            Some(entity) => {
                targets.entities.insert(entity, index);
            }
            None => targets.any = Some(index),
        }
        if matches!(source, Source::Messages(_)) {
            self.to_messages.insert(index);
        }
        let subscription = Subscription { name, target, source, serial, first: NOBODY, last: NOBODY };
        match self.subscriptions.get_mut(index as usize) {
            Some(place) => {
                self.free_subscriptions.pop();
                *place = Some(subscription);
            }
            None => self.subscriptions.push(Some(subscription)),
        }
        self.unused.push(index);
        Ok(id)
    }

    /// Adds a listener to a subscription.
    pub(super) fn listen(&mut self, to: SubscriptionId, kind: ListenerKind) -> HandlerId {
        self.serials += 1;
        let index = self.free_listeners.pop().unwrap_or_else(|| {
            self.listeners.push(None);
            u32::try_from(self.listeners.len() - 1).unwrap_or(NOBODY)
        });
        let subscription = self.subscriptions.get_mut(to.index as usize).and_then(Option::as_mut);
        let mut previous = NOBODY;
        if let Some(subscription) = subscription.filter(|known| known.serial == to.serial) {
            previous = std::mem::replace(&mut subscription.last, index);
            if previous == NOBODY {
                subscription.first = index;
            }
        }
        if let Some(previous) = self.listener_mut(previous) {
            previous.next = index;
        }
        if let Some(place) = self.listeners.get_mut(index as usize) {
            *place = Some(Listener { kind, serial: self.serials, subscription: to.index, previous, next: NOBODY });
        }
        HandlerId { index, serial: self.serials }
    }

    /// The place of a handler that is still there.
    pub(super) fn place_of(&self, id: HandlerId) -> Option<u32> {
        let listener = self.get(id.index)?;
        (listener.serial == id.serial).then_some(id.index)
    }

    /// The listener at a place.
    pub(super) fn get(&self, index: u32) -> Option<Listener> {
        *self.listeners.get(index as usize)?
    }

    fn listener_mut(&mut self, index: u32) -> Option<&mut Listener> {
        self.listeners.get_mut(index as usize)?.as_mut()
    }

    /// Removes the listener at a place.
    pub(super) fn remove(&mut self, index: u32) {
        let Some(listener) = self.listeners.get_mut(index as usize).and_then(Option::take) else { return };
        self.free_listeners.push(index);
        if let Some(origin) = self.origins.get_mut(index as usize) {
            *origin = None;
        }
        let Listener { previous, next, .. } = listener;
        if let Some(previous) = self.listener_mut(previous) {
            previous.next = next;
        }
        if let Some(next) = self.listener_mut(next) {
            next.previous = previous;
        }
        if let Some(Some(subscription)) = self.subscriptions.get_mut(listener.subscription as usize) {
            if subscription.first == index {
                subscription.first = next;
            }
            if subscription.last == index {
                subscription.last = previous;
            }
            if subscription.first == NOBODY {
                self.unused.push(listener.subscription);
            }
        }
    }

    /// The places of those who listen to a subscription, in the order in which they came.
    pub(super) fn of(&self, id: SubscriptionId) -> Vec<u32> {
        let subscription = self.subscriptions.get(id.index as usize).and_then(Option::as_ref);
        let first = subscription.filter(|known| known.serial == id.serial).map(|known| known.first);
        let there_is = |index: u32| (index != NOBODY).then_some(index);
        std::iter::successors(first.and_then(there_is), |index| there_is(self.get(*index)?.next)).collect()
    }

    /// Whether the listener at a place hears this event of an entity.
    pub(super) fn is_about(&self, index: u32, event: &str, entity: Entity) -> bool {
        let Some(listener) = self.get(index) else { return false };
        let subscription = self.subscriptions.get(listener.subscription as usize).and_then(Option::as_ref);
        subscription.is_some_and(|known| &*known.name.event == event && known.target == Some(entity))
    }

    /// Notes where the handler at a place was set.
    pub(super) fn set_origin(&mut self, index: u32, origin: Rc<Origin>) {
        let index = index as usize;
        if self.origins.len() <= index {
            self.origins.resize(index + 1, None);
        }
        if let Some(place) = self.origins.get_mut(index) {
            *place = Some(origin);
        }
    }

    /// Where the handler at a place was set.
    pub(super) fn origin(&self, index: u32) -> Option<Rc<Origin>> {
        self.origins.get(index as usize)?.clone()
    }

    /// Gives up the subscriptions that nobody uses any more. The observers that can go.
    pub(super) fn drop_unused(&mut self) -> Vec<Entity> {
        let mut observers = Vec::new();
        for index in std::mem::take(&mut self.unused) {
            let Some(place) = self.subscriptions.get_mut(index as usize) else { continue };
            if place.as_ref().is_none_or(|subscription| subscription.first != NOBODY) {
                continue;
            }
            let Some(subscription) = place.take() else { continue };
            self.forget(&subscription);
            self.free_subscriptions.push(index);
            match subscription.source {
                Source::Scripts => {}
                Source::Observer(observer) => observers.push(observer),
                Source::Messages(_) => {
                    self.to_messages.remove(&index);
                }
            }
        }
        observers
    }

    /// Removes a subscription from those to its name, and the name with the last of them.
    fn forget(&mut self, subscription: &Subscription) {
        let Some(targets) = self.by_name.get_mut(&subscription.name) else { return };
        match subscription.target {
            Some(entity) => {
                targets.entities.remove(&entity);
            }
            None => targets.any = None,
        }
        if targets.any.is_none() && targets.entities.is_empty() {
            self.by_name.remove(&subscription.name);
        }
    }

    /// The subscriptions to messages, with what was read of each; `read` says what has been read now.
    pub(super) fn read_messages(&mut self, mut read: impl FnMut(SubscriptionId, &str, usize) -> usize) {
        for &index in &self.to_messages {
            if let Some(Some(subscription)) = self.subscriptions.get_mut(index as usize)
                && let Source::Messages(buffer) = &mut subscription.source
            {
                let id = SubscriptionId { index, serial: subscription.serial };
                buffer.read = read(id, &buffer.type_path, buffer.read);
            }
        }
    }
}
