//! The `state` of behaviours as a component, so that a scene that is taken of the world holds it.
//!
//! While a game runs, states are tables in the machine and nothing else. They become components for the moment in which a
//! scene is taken, and a behaviour that starts on an entity with such a component begins with what is in it.

use bevy::ecs::component::Component;
use bevy::ecs::entity::{Entity, EntityMapper, MapEntities as _};
use bevy::ecs::reflect::ReflectComponent;
use bevy::ecs::world::World;
use bevy::reflect::Reflect;
use bevy::reflect::std_traits::ReflectDefault;

use super::data::{DEPTH_MAX, LuaData};
use super::entity::as_entity;
use super::reflect::as_reference;
use crate::api::{Context, Table, TableError, Value};

/// The `state` that a [`Behaviour`](super::Behaviour) on this entity starts with.
///
/// The behaviour takes it away when it starts. [`WorldLuaExt::save_scripts`](super::WorldLuaExt::save_scripts) makes it;
/// a scene may also be written with one by hand, or an entity spawned with one.
#[derive(Component, Reflect, Clone, Debug, PartialEq)]
#[reflect(Component, Default, Clone, PartialEq)]
#[type_path = "deimos"]
#[component(map_entities = map_state)]
pub struct BehaviourState(pub LuaData);

impl Default for BehaviourState {
    fn default() -> BehaviourState {
        BehaviourState(LuaData::List(Vec::new()))
    }
}

fn map_state<M: EntityMapper>(state: &mut BehaviourState, mapper: &mut M) {
    state.0.map_entities(mapper);
}

/// The table that a behaviour on the entity starts with as `state`, if one was saved.
///
/// # Errors
/// If there is no memory for it; the component is then still there.
pub(super) fn take_state<'gc>(
    ctx: Context<'gc>,
    world: &mut World,
    entity: Entity,
) -> Result<Option<Table<'gc>>, TableError> {
    let Some(saved) = world.get::<BehaviourState>(entity) else { return Ok(None) };
    let state = saved.0.to_value(ctx, false)?;
    if let Ok(mut found) = world.get_entity_mut(entity) {
        found.remove::<BehaviourState>();
    }
    Ok(match state {
        Value::Table(state) => Some(state),
        _ => None,
    })
}

/// Makes data of the states of behaviours.
pub(super) struct Saver<'gc> {
    ctx: Context<'gc>,
    /// The bytes that all data together may still take.
    room: usize,
    /// The values that the state at hand may still hold.
    values: usize,
    /// Where in it the work is, for messages.
    path: String,
    /// The tables that this lies in.
    above: Vec<Table<'gc>>,
    /// What could not be saved.
    left_out: Vec<String>,
}

impl<'gc> Saver<'gc> {
    /// A saver that makes data of so many bytes at most.
    pub(super) fn new(ctx: Context<'gc>, room: usize) -> Saver<'gc> {
        Saver { ctx, room, values: 0, path: String::new(), above: Vec::new(), left_out: Vec::new() }
    }

    /// The data of a state, and what had to be left out, as messages; none of an empty state.
    pub(super) fn save(&mut self, state: Table<'gc>) -> (Option<BehaviourState>, Vec<String>) {
        const VALUES_MAX: usize = 100_000;
        self.values = VALUES_MAX;
        self.path.replace_range(.., "state");
        let saved = if state.next_from(self.ctx, 0).is_none() { None } else { self.data(Value::Table(state)) };
        (saved.map(BehaviourState), std::mem::take(&mut self.left_out))
    }

    fn leave_out(&mut self, what: &str) {
        const MESSAGES_MAX: usize = 16;
        if self.left_out.len() < MESSAGES_MAX {
            self.left_out.push(format!("{} {what}", self.path));
        }
    }

    fn data(&mut self, value: Value<'gc>) -> Option<LuaData> {
        let size = size_of::<LuaData>()
            + match value {
                Value::String(text) => text.len(),
                _ => 0,
            };
        if self.values == 0 || self.room < size {
            self.leave_out("is one value too many to be saved with the others");
            return None;
        }
        self.values -= 1;
        self.room -= size;
        match value {
            Value::Boolean(value) => return Some(LuaData::Bool(value)),
            Value::Integer(value) => return Some(LuaData::Integer(value)),
            Value::Float(value) => return Some(LuaData::Number(value)),
            Value::Table(table) => return self.table(table),
            Value::String(text) => {
                let text = std::str::from_utf8(text.as_bytes()).ok().map(|text| LuaData::Text(text.to_owned()));
                if text.is_none() {
                    self.leave_out("is a string that is no UTF-8 text, which is not saved");
                }
                return text;
            }
            _ => {}
        }
        let data = as_entity(value).map(LuaData::Entity).or_else(|| LuaData::of_value(self.ctx, value));
        if data.is_none() {
            match as_reference(value) {
                Some(reference) => {
                    let text = reference.text();
                    self.leave_out(&format!("is a reference to {text}, which is not saved; :copy() makes it a value"));
                }
                None => self.leave_out(&format!("is a {}, which is not saved", value.type_name())),
            }
        }
        data
    }

    fn table(&mut self, table: Table<'gc>) -> Option<LuaData> {
        if self.above.len() >= DEPTH_MAX as usize {
            self.leave_out("is nested too deeply to be saved");
            return None;
        }
        if self.above.iter().any(|above| above.same(table)) {
            self.leave_out("is a table that it lies in itself, which is not saved");
            return None;
        }
        if table.metatable().is_some() {
            self.leave_out("has a metatable, which is not saved");
        }
        self.above.push(table);
        let mut pairs = Vec::new();
        let mut position = 0;
        while let Some((next, key, value)) = table.next_from(self.ctx, position) {
            position = next;
            let length = self.path.len();
            match key {
                Value::String(name) => self.path.push_str(&format!(".{}", name.to_text())),
                key => self.path.push_str(&format!("[{}]", self.ctx.plain_string(key).to_text())),
            }
            if let Some(key) = self.data(key)
                && let Some(value) = self.data(value)
            {
                pairs.push((key, value));
            }
            self.path.truncate(length);
        }
        self.above.pop();
        Some(of_pairs(pairs))
    }
}

/// A table of these keys and values.
fn of_pairs(mut pairs: Vec<(LuaData, LuaData)>) -> LuaData {
    let index = |pair: &(LuaData, LuaData)| match pair.0 {
        LuaData::Integer(index) => Some(index),
        _ => None,
    };
    if pairs.iter().all(|pair| index(pair).is_some()) {
        pairs.sort_by_key(index);
        // All keys are different.
        let length = i64::try_from(pairs.len()).ok();
        if pairs.first().is_none_or(|first| index(first) == Some(1))
            && pairs.last().and_then(index).or(Some(0)) == length
        {
            return LuaData::List(pairs.into_iter().map(|(_, value)| value).collect());
        }
        return LuaData::Map(pairs);
    }
    if pairs.iter().all(|(key, _)| matches!(key, LuaData::Text(_))) {
        let fields = pairs.into_iter().filter_map(|(key, value)| match key {
            LuaData::Text(name) => Some((name, value)),
            _ => None,
        });
        return LuaData::Table(fields.collect());
    }
    LuaData::Map(pairs)
}
