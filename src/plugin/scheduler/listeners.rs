//! Who listens to which events.
//!
//! A topic is an event's name and, for what happens to one entity, the entity. All who listen to a topic share one
//! subscription, which for an event of Bevy's is an observer in the world. A subscription that nobody uses any more is
//! given up at the end of the frame, so that a loop of waits does not make an observer each time. What is heard arrives
//! in the queue of changes; nothing here knows the machine.

use std::rc::Rc;

use bevy::ecs::entity::Entity;
use bevy::platform::collections::HashMap;

use super::tasks::Key;
use super::timers::Sleeper;
use crate::plugin::task::Origin;

/// What can be listened to.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(in crate::plugin) struct Topic {
    /// The event, as scripts call it.
    pub(in crate::plugin) event: Box<str>,
    /// For what happens to components: which one.
    pub(in crate::plugin) component: Option<Box<str>>,
    /// The entity that it is to happen to, or any.
    pub(in crate::plugin) target: Option<Entity>,
}

/// Someone who listens.
#[derive(Clone, Copy, Debug)]
pub(super) struct Listener {
    /// Where its subscription is.
    subscription: u32,
    pub(super) kind: ListenerKind,
    serial: u64,
}

/// What is to happen when the event does.
#[derive(Clone, Copy, Debug)]
pub(super) enum ListenerKind {
    /// A task is started in the behaviour with this body.
    Handler { body: Key },
    /// A task goes on.
    Waiter(Sleeper),
}

/// What those who listen to a topic share.
#[derive(Debug)]
struct Subscription {
    topic: Topic,
    source: Source,
    listeners: Vec<u32>,
    serial: u64,
}

/// Where the events of a topic come from.
#[derive(Clone, Debug)]
pub(in crate::plugin) enum Source {
    /// Other scripts send them.
    Scripts,
    /// An observer queues them.
    Observer(Entity),
    /// They are read from a buffer of messages: which one, and how many were read.
    Messages { type_path: Box<str>, read: usize },
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
    by_topic: HashMap<Topic, u32>,
    /// Subscriptions that lost their last listener this frame.
    unused: Vec<u32>,
    serials: u64,
}

impl Listeners {
    /// The subscription to a topic, if there is one.
    pub(super) fn find(&self, topic: &Topic) -> Option<SubscriptionId> {
        let index = *self.by_topic.get(topic)?;
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
        let subscription = Subscription { topic: topic.clone(), source: source(id)?, listeners: Vec::new(), serial };
        match self.subscriptions.get_mut(index as usize) {
            Some(place) => {
                self.free_subscriptions.pop();
                *place = Some(subscription);
            }
            None => self.subscriptions.push(Some(subscription)),
        }
        self.by_topic.insert(topic, index);
        self.unused.push(index);
        Ok(id)
    }

    /// Adds a listener to a subscription.
    pub(super) fn listen(&mut self, to: SubscriptionId, kind: ListenerKind) -> HandlerId {
        self.serials += 1;
        let listener = Listener { subscription: to.index, kind, serial: self.serials };
        let index = match self.free_listeners.pop() {
            Some(index) => {
                if let Some(place) = self.listeners.get_mut(index as usize) {
                    *place = Some(listener);
                }
                index
            }
            None => {
                self.listeners.push(Some(listener));
                u32::try_from(self.listeners.len() - 1).unwrap_or(u32::MAX)
            }
        };
        if let Some(subscription) = self.subscription_mut(to) {
            subscription.listeners.push(index);
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

    /// Removes the listener at a place.
    pub(super) fn remove(&mut self, index: u32) {
        let Some(listener) = self.listeners.get_mut(index as usize).and_then(Option::take) else { return };
        self.free_listeners.push(index);
        if let Some(Some(subscription)) = self.subscriptions.get_mut(listener.subscription as usize) {
            subscription.listeners.retain(|other| *other != index);
            if subscription.listeners.is_empty() {
                self.unused.push(listener.subscription);
            }
        }
    }

    /// The places of those who listen to a subscription, in the order in which they came.
    pub(super) fn of(&self, id: SubscriptionId) -> Vec<u32> {
        let subscription = self.subscriptions.get(id.index as usize).and_then(Option::as_ref);
        subscription.filter(|known| known.serial == id.serial).map(|known| known.listeners.clone()).unwrap_or_default()
    }

    /// Whether the listener at a place hears this event of an entity.
    pub(super) fn is_about(&self, index: u32, event: &str, entity: Entity) -> bool {
        let Some(listener) = self.get(index) else { return false };
        let subscription = self.subscriptions.get(listener.subscription as usize).and_then(Option::as_ref);
        subscription.is_some_and(|known| &*known.topic.event == event && known.topic.target == Some(entity))
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

    fn subscription_mut(&mut self, id: SubscriptionId) -> Option<&mut Subscription> {
        self.subscriptions.get_mut(id.index as usize)?.as_mut().filter(|known| known.serial == id.serial)
    }

    /// Gives up the subscriptions that nobody uses any more. The observers that can go.
    pub(super) fn drop_unused(&mut self) -> Vec<Entity> {
        let mut observers = Vec::new();
        for index in std::mem::take(&mut self.unused) {
            let Some(place) = self.subscriptions.get_mut(index as usize) else { continue };
            if place.as_ref().is_none_or(|subscription| !subscription.listeners.is_empty()) {
                continue;
            }
            let Some(subscription) = place.take() else { continue };
            self.by_topic.remove(&subscription.topic);
            self.free_subscriptions.push(index);
            if let Source::Observer(observer) = subscription.source {
                observers.push(observer);
            }
        }
        observers
    }

    /// The subscriptions to messages, with what was read of each; `read` says what has been read now.
    pub(super) fn read_messages(&mut self, mut read: impl FnMut(SubscriptionId, &str, usize) -> usize) {
        for (index, subscription) in (0..).zip(&mut self.subscriptions) {
            if let Some(subscription) = subscription
                && let Source::Messages { type_path, read: before } = &mut subscription.source
            {
                let id = SubscriptionId { index, serial: subscription.serial };
                *before = read(id, type_path, *before);
            }
        }
    }
}
