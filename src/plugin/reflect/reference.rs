//! References: components in scripts, and their parts, that read and write through.
//!
//! A reference in Lua is an entity, a [`Place`] and, where the way leads through lists and maps, which of their items; it
//! holds nothing of the world and can outlive what it names. Reads walk the component step by step; writes compare first,
//! so that change detection sees real changes only. What does not fit is an error that says what would, and nothing is
//! written.

use std::borrow::Cow;
use std::rc::Rc;

use bevy::ecs::change_detection::DetectChangesMut;
use bevy::ecs::entity::Entity;
use bevy::ecs::world::World;
use bevy::reflect::enums::VariantType;
use bevy::reflect::{PartialReflect, ReflectMut, ReflectRef};

use super::from_lua::{Builder, copy_of, put};
use super::glance::{glance, glance_to_write};
use super::leaf::{Leaf, charge_text, check_text, make_leaf, read_leaf, write_leaf};
use super::place::{Kind, Place, Step, lacks};
use super::to_lua::to_lua;
use crate::api::{Action, Call, Context, Native, Raised, Table, TableError, UserData, Value};
use crate::plugin::class::Class;
use crate::plugin::data::LuaFields;
use crate::plugin::entity::{gone, label, world_of};
use crate::plugin::guard;
use crate::plugin::kept::{keep, kept};
use crate::plugin::limit::Limit;
use crate::plugin::values;
use crate::plugin::written::{self, Entry, NOTED_MIN};

/// A component of an entity, or a part of it, as a Lua value.
#[derive(Clone)]
pub(in crate::plugin) struct Reference {
    pub(in crate::plugin) entity: Entity,
    pub(in crate::plugin) place: Rc<Place>,
    /// Which items of lists and maps the way leads through.
    keys: Keys,
}

/// The items of lists and maps that a way leads through, in its order.
type Keys = Rc<[Key]>;

/// An item of a list or a map.
#[derive(Clone)]
enum Key {
    /// A position, counted from 0.
    Position(usize),
    /// The key in a map.
    Value(Rc<dyn PartialReflect>),
}

impl PartialEq for Key {
    fn eq(&self, other: &Key) -> bool {
        match (self, other) {
            (Key::Position(a), Key::Position(b)) => a == b,
            (Key::Value(a), Key::Value(b)) => a.reflect_partial_eq(&**b) == Some(true),
            _ => false,
        }
    }
}

/// Where a reference leads, borrowed: to look at a part of one takes no reference of its own.
#[derive(Clone, Copy)]
pub(super) struct Spot<'a> {
    entity: Entity,
    place: &'a Place,
    keys: &'a [Key],
}

impl Reference {
    /// A reference to a component.
    pub(in crate::plugin) fn new(entity: Entity, place: Rc<Place>) -> Reference {
        Reference { entity, place, keys: no_keys() }
    }

    /// The reference that a userdata is. One without items is a place, which many share, and an entity's number.
    #[inline]
    pub(in crate::plugin) fn held(data: UserData<'_>) -> Option<Reference> {
        match data.shared::<Place>() {
            Some((place, entity)) => Some(Reference::new(Entity::try_from_bits(entity)?, place)),
            None => data.downcast::<Reference>().cloned(),
        }
    }

    /// The reference as a Lua value.
    #[inline]
    pub(in crate::plugin) fn wrap(self, ctx: Context<'_>) -> UserData<'_> {
        if self.keys.is_empty() {
            Class::Reference.wrap_shared(ctx, self.place, self.entity.to_bits())
        } else {
            Class::Reference.wrap(ctx, self)
        }
    }

    fn part(&self, place: &Rc<Place>) -> Reference {
        Reference { entity: self.entity, place: Rc::clone(place), keys: Rc::clone(&self.keys) }
    }

    fn item(&self, place: &Rc<Place>, key: Key) -> Reference {
        let keys = self.keys.iter().cloned().chain([key]).collect();
        Reference { entity: self.entity, place: Rc::clone(place), keys }
    }

    fn spot(&self) -> Spot<'_> {
        Spot { entity: self.entity, place: &self.place, keys: &self.keys }
    }

    /// A part that is reached without further items.
    fn spot_of<'a>(&'a self, part: &'a Place) -> Spot<'a> {
        Spot { entity: self.entity, place: part, keys: &self.keys }
    }

    /// What messages call it.
    pub(in crate::plugin) fn text(&self) -> Cow<'_, str> {
        self.spot().text()
    }

    /// Looks at what is there.
    pub(in crate::plugin) fn look<'gc, R>(
        &self,
        world: &World,
        look: impl FnOnce(&dyn PartialReflect) -> R,
    ) -> Result<R, Raised<'gc>> {
        self.spot().look(world, look)
    }

    /// Changes what is there; `change` says whether it has.
    pub(super) fn change<'gc>(
        &self,
        world: &mut World,
        change: impl FnOnce(&mut dyn PartialReflect) -> Result<bool, String>,
    ) -> Result<(), Raised<'gc>> {
        self.spot().change(world, change)
    }
}

impl<'a> Spot<'a> {
    /// What a way without items leads to.
    #[inline]
    pub(super) fn new(entity: Entity, place: &'a Place) -> Spot<'a> {
        Spot { entity, place, keys: &[] }
    }

    /// What messages call it.
    fn text(self) -> Cow<'a, str> {
        if self.keys.is_empty() {
            return Cow::Borrowed(&self.place.text);
        }
        let mut text = String::new();
        let mut keys = self.keys.iter();
        for (index, part) in self.place.text.split("[…]").enumerate() {
            if index > 0 {
                match keys.next() {
                    Some(Key::Position(position)) => text.push_str(&format!("[{}]", position + 1)),
                    Some(Key::Value(key)) => text.push_str(&format!("[{key:?}]")),
                    None => text.push_str("[…]"),
                }
            }
            text.push_str(part);
        }
        Cow::Owned(text)
    }

    /// Looks at what is there.
    pub(super) fn look<'gc, R>(
        self,
        world: &World,
        look: impl FnOnce(&dyn PartialReflect) -> R,
    ) -> Result<R, Raised<'gc>> {
        let component = &self.place.component;
        let Ok(found) = world.get_entity(self.entity) else { return Err(gone_with(self.entity, &component.name)) };
        let Some(value) = component.reflect.reflect(found) else {
            return Err(Raised::message(lacks(world, self.entity, component)));
        };
        match walk(value.as_partial_reflect(), &self.place.path, self.keys) {
            Some(value) => Ok(look(value)),
            None => Err(self.no_more(world)),
        }
    }

    #[cold]
    fn no_more<'gc>(self, world: &World) -> Raised<'gc> {
        Raised::message(format!("'{}' of entity {} is not there any more", self.text(), label(world, self.entity)))
    }

    /// Changes what is there; `change` says whether it has.
    pub(super) fn change<'gc>(
        self,
        world: &mut World,
        change: impl FnOnce(&mut dyn PartialReflect) -> Result<bool, String>,
    ) -> Result<(), Raised<'gc>> {
        let component = &self.place.component;
        let name = &component.name;
        guard::check_component(component)
            .map_err(|why| Raised::message(format!("cannot change '{}': {why}", self.text())))?;
        if !component.mutable {
            let text = self.text();
            let whole = format!("replace it as a whole, as in entity.{name} = {{…}}");
            return Err(Raised::message(format!("cannot set '{text}': {name} is immutable; {whole}")));
        }
        let Ok(found) = world.get_entity_mut(self.entity) else { return Err(gone_with(self.entity, name)) };
        let Some(mut component) = component.reflect.reflect_mut(found) else {
            return Err(Raised::message(lacks(world, self.entity, component)));
        };
        let target = component.bypass_change_detection().as_partial_reflect_mut();
        let Some(target) = walk_mut(target, &self.place.path, self.keys) else { return Err(self.no_more(world)) };
        match change(target) {
            Ok(true) => component.set_changed(),
            Ok(false) => {}
            Err(why) => return Err(Raised::message(format!("cannot set '{}': {why}", self.text()))),
        }
        Ok(())
    }
}

fn no_keys() -> Keys {
    thread_local! {
        static NONE: Keys = Rc::new([]);
    }
    NONE.with(Rc::clone)
}

#[cold]
fn gone_with<'gc>(entity: Entity, component: &str) -> Raised<'gc> {
    Raised::message(format!("the {component} of entity {entity} is gone with it: entity {entity} is gone"))
}

/// Fills the metatable of references.
pub(in crate::plugin) fn install(ctx: Context<'_>) -> Result<(), TableError> {
    Class::Opaque.install(ctx)?.freeze();
    let metatable = Class::Reference.install(ctx)?;
    let methods = super::collection::methods(ctx)?;
    let index = Native::with_glance(ctx, "index", &[Value::Table(methods)], index, glance);
    metatable.set_field(ctx, "__index", Value::Native(index))?;
    let new_index = Native::with_glance(ctx, "newindex", &[], new_index, glance_to_write);
    metatable.set_field(ctx, "__newindex", Value::Native(new_index))?;
    metatable.set_field(ctx, "__eq", Value::Native(Native::new(ctx, "eq", equals)))?;
    metatable.set_field(ctx, "__tostring", Value::Native(Native::new(ctx, "tostring", to_string)))?;
    super::collection::fill(ctx, metatable)?;
    values::add_operators(ctx, metatable)?;
    metatable.freeze();
    Ok(())
}

/// Fails unless the entity is there and has the component.
pub(in crate::plugin) fn require<'gc>(world: &World, entity: Entity, place: &Place) -> Result<(), Raised<'gc>> {
    match world.get_entity(entity) {
        Ok(found) if place.component.is_on(found) => Ok(()),
        Ok(_) => Err(Raised::message(lacks(world, entity, &place.component))),
        Err(_) => Err(gone(entity)),
    }
}

/// What is at a reference: a value, where Lua has one, or else the reference.
pub(in crate::plugin) fn read<'gc>(call: &mut Call<'_, 'gc>, reference: Reference) -> Result<Value<'gc>, Raised<'gc>> {
    let ctx = call.ctx;
    match reference.place.kind {
        Kind::Leaf(leaf) => read_spot(call, reference.spot(), leaf),
        Kind::Enum(_) => {
            let unit = reference.look(world_of(call)?, |value| match value.reflect_ref() {
                ReflectRef::Enum(value) if value.is_variant(VariantType::Unit) => Some(ctx.text(value.variant_name())),
                _ => None,
            })?;
            Ok(unit.unwrap_or_else(|| reference_value(ctx, reference)))
        }
        Kind::Option => {
            let is_some = reference.look(world_of(call)?, |value| match value.reflect_ref() {
                ReflectRef::Enum(value) => value.variant_name() == "Some",
                _ => false,
            })?;
            match reference.place.inner() {
                Some(inner) if is_some => read(call, reference.part(inner)),
                _ => Ok(Value::Nil),
            }
        }
        Kind::Data { .. } => {
            let part = reference.look(world_of(call)?, |value| match value.reflect_ref() {
                ReflectRef::Enum(value) => reference.place.part(value.variant_name().as_bytes()),
                _ => None,
            })?;
            part.map_or(Ok(Value::Nil), |part| read(call, reference.part(part)))
        }
        // A component is one that can be written to, even if nobody can look into it.
        Kind::Closed(_) if !reference.place.is_whole() => {
            let world: &World = world_of(call)?;
            reference.look(world, |value| to_lua(ctx, world, value))?
        }
        Kind::Closed(_) => Ok(reference_value(ctx, reference)),
        Kind::Fields(_) | Kind::Variant(_) | Kind::List { .. } | Kind::Map(_) | Kind::Set(_) | Kind::Declared => {
            Ok(reference_value(ctx, reference))
        }
    }
}

/// The value at a place that is a leaf.
#[inline]
fn read_spot<'gc>(call: &mut Call<'_, 'gc>, spot: Spot<'_>, leaf: Leaf) -> Result<Value<'gc>, Raised<'gc>> {
    let ctx = call.ctx;
    spot.look(world_of(call)?, |value| {
        read_leaf(ctx, leaf, value)
            .ok_or_else(|| Raised::message(format!("'{}' does not fit into a Lua integer: {value:?}", spot.text())))
    })?
}

fn reference_value<'gc>(ctx: Context<'gc>, reference: Reference) -> Value<'gc> {
    Value::UserData(reference.wrap(ctx))
}

/// Writes a value to a place; it counts as a change of the component only if the value was another one.
pub(in crate::plugin) fn write<'gc>(
    call: &mut Call<'_, 'gc>,
    reference: &Reference,
    value: Value<'gc>,
) -> Result<(), Raised<'gc>> {
    let ctx = call.ctx;
    if let Some(shape) = reference.place.shape {
        let value = values::settle(call, value)?;
        return reference.change(world_of(call)?, |target| values::assign(ctx, shape, target, value));
    }
    if let Kind::Leaf(leaf) = reference.place.kind {
        note_text(call, reference.entity, &reference.place, value)?;
        let world = world_of(call)?;
        let within = (ctx, reference.place.limit.as_deref());
        return reference.change(world, |target| write_within(within, leaf, target, value));
    }
    let world = world_of(call)?;
    let built = reference.look(world, |old| {
        let mut builder = Builder::at_reference(ctx, world, reference);
        let built: Box<dyn PartialReflect> = match (reference.place.kind, &reference.place.component.declared) {
            (Kind::Declared, Some(declared)) => {
                Box::new(builder.declared(declared, value, old.try_downcast_ref::<LuaFields>())?)
            }
            (Kind::Data { is_table: true }, _) => Box::new(builder.table(value, 0)?),
            _ => builder.parts(reference.place.typed, value, Some(old))?,
        };
        Ok(if built.reflect_partial_eq(old) == Some(true) { None } else { Some((built, builder.bytes())) })
    })?;
    match built.map_err(|why: String| Raised::message(why))? {
        Some((built, bytes)) => {
            let entry = if reference.place.is_whole() { Entry::Whole } else { Entry::Part };
            if entry == Entry::Whole || bytes >= NOTED_MIN {
                written::note(ctx, world, (reference.entity, &reference.place.component), (entry, bytes))?;
            }
            reference.change(world, |target| put(target, built).map(|()| true))
        }
        None => Ok(()),
    }
}

/// Takes note of a text that is about to be written, unless it is a short one.
fn note_text<'gc>(
    call: &mut Call<'_, 'gc>,
    entity: Entity,
    place: &Place,
    value: Value<'gc>,
) -> Result<(), Raised<'gc>> {
    match value {
        Value::String(text) if text.len() >= NOTED_MIN => {
            written::note(call.ctx, world_of(call)?, (entity, &place.component), (Entry::Part, text.len()))
        }
        _ => Ok(()),
    }
}

/// Refuses a text that is too long, and charges for any other. Numbers are what is written most, by far.
#[cold]
#[inline(never)]
fn pay_for_text<'gc>(ctx: Context<'gc>, bytes: usize, text: Value<'gc>) -> Result<(), String> {
    check_text(bytes)?;
    charge_text(ctx, text);
    Ok(())
}

/// As [`write_leaf`], within the limit that the place may have.
#[inline]
fn write_within<'gc>(
    (ctx, limit): (Context<'gc>, Option<&Limit>),
    leaf: Leaf,
    target: &mut dyn PartialReflect,
    value: Value<'gc>,
) -> Result<bool, String> {
    if let Value::String(text) = value {
        pay_for_text(ctx, text.len(), value)?;
    }
    if let Some(limit) = limit {
        limit.check_part(make_leaf(leaf, value)?.as_partial_reflect())?;
    }
    write_leaf(leaf, target, value)
}

/// `reference.key`
fn index<'gc>(call: &mut Call<'_, 'gc>) -> Result<Action<'gc>, Raised<'gc>> {
    let (data, reference) = &this(call)?;
    let place = &reference.place;
    let part = match (place.kind, call.arg(1)) {
        (Kind::Fields(_) | Kind::Variant(_) | Kind::Enum(_) | Kind::Declared, Value::String(name)) => {
            place.part(name.as_bytes())
        }
        (Kind::Fields(_) | Kind::Variant(_), Value::Integer(position)) => place.position(position),
        (Kind::List { .. }, Value::Integer(position)) => return list_item(call, reference, position),
        (Kind::Map(_) | Kind::Set(_), key) => return map_value(call, reference, key),
        _ => None,
    };
    let Some(part) = part else { return method_or_nothing(call, reference) };
    if matches!(place.kind, Kind::Enum(_)) && !is_variant(world_of(call)?, reference, part)? {
        return call.ret1(Value::Nil);
    }
    match part.kind {
        Kind::Leaf(leaf) => {
            let value = read_spot(call, reference.spot_of(part), leaf)?;
            return call.ret1(value);
        }
        Kind::Fields(_) | Kind::List { .. } | Kind::Map(_) | Kind::Set(_) => {
            let of_it = |kept: UserData<'gc>| {
                Reference::held(kept).filter(|kept| Rc::ptr_eq(&kept.place, part) && kept.keys == reference.keys)
            };
            if let Some((kept, _)) = kept(call.ctx, *data, of_it) {
                return call.ret1(Value::UserData(kept));
            }
            let part = reference.part(part).wrap(call.ctx);
            keep(call.ctx, *data, part);
            return call.ret1(Value::UserData(part));
        }
        _ => {}
    }
    let value = read(call, reference.part(part))?;
    call.ret1(value)
}

/// Whether an enum holds the variant that a part of its place is, or lies in.
fn is_variant<'gc>(world: &World, reference: &Reference, part: &Place) -> Result<bool, Raised<'gc>> {
    let name = match (part.kind, part.path.last()) {
        (_, Some(Step::Variant { name, .. })) if part.path.len() > reference.place.path.len() => name,
        (Kind::Variant(info), _) => info.name(),
        _ => return Ok(true),
    };
    reference.look(world, |value| match value.reflect_ref() {
        ReflectRef::Enum(value) => value.variant_name() == name,
        _ => false,
    })
}

fn list_item<'gc>(call: &mut Call<'_, 'gc>, reference: &Reference, position: i64) -> Result<Action<'gc>, Raised<'gc>> {
    let length = length_of(world_of(call)?, reference)?;
    let index = usize::try_from(position).ok().and_then(|position| position.checked_sub(1));
    let (Some(index), Some(inner)) = (index.filter(|index| *index < length), reference.place.inner()) else {
        return call.ret1(Value::Nil);
    };
    let item = reference.item(inner, Key::Position(index));
    let value = read(call, item)?;
    call.ret1(value)
}

/// `map[key]`: nil where there is nothing; `set[value]`: whether it is in the set.
fn map_value<'gc>(
    call: &mut Call<'_, 'gc>,
    reference: &Reference,
    key: Value<'gc>,
) -> Result<Action<'gc>, Raised<'gc>> {
    let (Kind::Map(key_type) | Kind::Set(key_type)) = reference.place.kind else { return call.ret1(Value::Nil) };
    let ctx = call.ctx;
    let world = world_of(call)?;
    let Ok(key) = Builder::new(ctx, world, "key").build(key_type, key, None) else {
        return method_or_nothing(call, reference);
    };
    let has = reference.look(world, |value| match value.reflect_ref() {
        ReflectRef::Map(map) => map.get(key.as_partial_reflect()).is_some(),
        ReflectRef::Set(set) => set.contains(key.as_partial_reflect()),
        _ => false,
    })?;
    match reference.place.inner() {
        None => call.ret1(Value::Boolean(has)),
        Some(_) if !has => method_or_nothing(call, reference),
        Some(inner) => {
            let item = reference.item(inner, Key::Value(key.into_partial_reflect().into()));
            let value = read(call, item)?;
            call.ret1(value)
        }
    }
}

/// A method of references; or an error, as fields are known beforehand; or nil for what is no field.
fn method_or_nothing<'gc>(call: &mut Call<'_, 'gc>, reference: &Reference) -> Result<Action<'gc>, Raised<'gc>> {
    if let Some(shape) = reference.place.shape
        && let Some(value) = values::index_reference(call, reference, shape)?
    {
        return call.ret1(value);
    }
    if let (Value::String(name), Value::Table(methods)) = (call.arg(1), call.upvalue(0)) {
        let method = methods.get_string(call.ctx, name);
        if !method.is_nil() {
            return call.ret1(method);
        }
    }
    match reference.place.kind {
        Kind::Map(_) => call.ret1(Value::Nil),
        // A table that is empty may get strings as keys yet.
        Kind::List { .. } if reference.place.data().is_some() => call.ret1(Value::Nil),
        Kind::Set(_) => call.ret1(Value::Boolean(false)),
        _ if let Some(shape) = reference.place.shape => Err(values::no_member(call, shape.kind)),
        _ => Err(no_part(call, &reference.place)),
    }
}

/// `reference.key = value`
fn new_index<'gc>(call: &mut Call<'_, 'gc>) -> Result<Action<'gc>, Raised<'gc>> {
    let (_, reference) = &this(call)?;
    let (key, value) = (call.arg(1), call.arg(2));
    let place = &reference.place;
    match (place.kind, key) {
        (Kind::Fields(_), Value::String(name)) if place.shape.is_some() && place.part(name.as_bytes()).is_none() => {
            let (Some(shape), ctx) = (place.shape, call.ctx) else { return Err(no_part(call, place)) };
            reference.change(world_of(call)?, |target| values::assign_part(ctx, shape, target, (key, value)))?;
        }
        (Kind::Fields(_) | Kind::Variant(_) | Kind::Declared, Value::String(name)) => {
            let Some(part) = place.part(name.as_bytes()) else { return Err(no_part(call, place)) };
            match part.kind {
                Kind::Leaf(leaf) => {
                    note_text(call, reference.entity, part, value)?;
                    let spot = reference.spot_of(part);
                    let within = (call.ctx, part.limit.as_deref());
                    spot.change(world_of(call)?, |target| write_within(within, leaf, target, value))?;
                }
                _ => write(call, &reference.part(part), value)?,
            }
        }
        (Kind::Fields(_) | Kind::Variant(_), Value::Integer(position)) => {
            let Some(part) = place.position(position) else { return Err(no_part(call, place)) };
            write(call, &reference.part(part), value)?;
        }
        // The content of a variant makes it the one that is there.
        (Kind::Enum(_), Value::String(name)) if place.part(name.as_bytes()).is_some() => {
            let variant = Table::new(call.ctx);
            variant.set(call.ctx, key, value)?;
            write(call, reference, Value::Table(variant))?;
        }
        (Kind::List { .. }, Value::String(_)) | (Kind::Map(_), Value::Integer(_)) if let Some(whole) = place.data() => {
            turn(call, &reference.part(&whole), reference)?;
        }
        (Kind::List { is_fixed }, Value::Integer(position)) => {
            set_item(call, reference, position, is_fixed, value)?;
        }
        (Kind::Map(typed) | Kind::Set(typed), _) => {
            let ctx = call.ctx;
            let world = world_of(call)?;
            let name = format!("{}[…]", reference.text());
            let key = Builder::new(ctx, world, name).build(typed, key, None).map_err(Raised::message)?;
            super::collection::set_key(call, reference, key, value)?;
        }
        _ => return Err(no_part(call, place)),
    }
    call.ret0()
}

/// `list.key = value` and `table[1] = value`: an empty table may become either.
fn turn<'gc>(call: &mut Call<'_, 'gc>, whole: &Reference, table: &Reference) -> Result<(), Raised<'gc>> {
    let (key, value) = (call.arg(1), call.arg(2));
    if length_of(world_of(call)?, table)? > 0 {
        let key = call.ctx.plain_string(key).to_text().into_owned();
        let text = table.text();
        let keys = if matches!(table.place.kind, Kind::Map(_)) { "strings" } else { "numbers from 1 on" };
        return Err(Raised::message(format!("cannot set '{key}' in '{text}': the keys of this table are {keys}")));
    }
    let content = Table::new(call.ctx);
    content.set(call.ctx, key, value)?;
    write(call, whole, Value::Table(content))
}

/// `list[position] = value`: also one behind the last, and nil for the last.
fn set_item<'gc>(
    call: &mut Call<'_, 'gc>,
    reference: &Reference,
    position: i64,
    is_fixed: bool,
    value: Value<'gc>,
) -> Result<(), Raised<'gc>> {
    let length = length_of(world_of(call)?, reference)?;
    let index = usize::try_from(position).ok().and_then(|position| position.checked_sub(1));
    let Some(inner) = reference.place.inner() else { return Ok(()) };
    let is_optional = matches!(inner.kind, Kind::Option);
    match index {
        Some(index) if !is_fixed && index + 1 == length && value.is_nil() && !is_optional => {
            super::collection::remove_at(call, reference, index).map(|_| ())
        }
        Some(index) if index < length => {
            let item = reference.item(inner, Key::Position(index));
            write(call, &item, value)
        }
        Some(index) if !is_fixed && index == length => super::collection::insert_at(call, reference, index, value),
        _ => {
            let text = reference.text();
            Err(Raised::message(format!("cannot set '{text}[{position}]': it holds {length} values, counted from 1")))
        }
    }
}

/// The number of items.
pub(super) fn length_of<'gc>(world: &World, reference: &Reference) -> Result<usize, Raised<'gc>> {
    reference.look(world, |value| match value.reflect_ref() {
        ReflectRef::List(list) => list.len(),
        ReflectRef::Array(array) => array.len(),
        ReflectRef::Map(map) => map.len(),
        ReflectRef::Set(set) => set.len(),
        ReflectRef::Struct(fields) => fields.field_len(),
        ReflectRef::TupleStruct(fields) => fields.field_len(),
        ReflectRef::Tuple(fields) => fields.field_len(),
        ReflectRef::Enum(value) => value.field_len(),
        _ => 0,
    })
}

impl Reference {
    /// Takes note of an item that is about to be added.
    pub(super) fn note_item<'gc>(&self, ctx: Context<'gc>, world: &mut World, bytes: usize) -> Result<(), Raised<'gc>> {
        written::note(ctx, world, (self.entity, &self.place.component), (Entry::Part, bytes))
    }

    /// The item of a list at a position from 0 on.
    pub(super) fn at(&self, index: usize) -> Option<Reference> {
        Some(self.item(self.place.inner()?, Key::Position(index)))
    }

    /// The field of this name.
    pub(super) fn field(&self, name: &[u8]) -> Option<Reference> {
        self.place.part(name).map(|part| self.part(part))
    }

    /// The value of a map at a key.
    pub(super) fn value(&self, key: &dyn PartialReflect) -> Option<Reference> {
        Some(self.item(self.place.inner()?, Key::Value(copy_of(key).into())))
    }
}

fn equals<'gc>(call: &mut Call<'_, 'gc>) -> Result<Action<'gc>, Raised<'gc>> {
    let is_value = |reference: Option<&Reference>| reference.is_none_or(|reference| reference.place.shape.is_some());
    let same = match (as_reference(call.arg(0)).as_ref(), as_reference(call.arg(1)).as_ref()) {
        (a, b) if is_value(a) && is_value(b) => return values::equals(call),
        (Some(a), Some(b)) => {
            a.entity == b.entity
                && a.place.component.id == b.place.component.id
                && a.place.path == b.place.path
                && a.place.text == b.place.text
                && a.keys == b.keys
        }
        _ => false,
    };
    call.ret1(Value::Boolean(same))
}

fn to_string<'gc>(call: &mut Call<'_, 'gc>) -> Result<Action<'gc>, Raised<'gc>> {
    let (_, reference) = &this(call)?;
    if let Ok(Some(text)) = values::text_at(call, reference) {
        let text = call.ctx.text(text);
        return call.ret1(text);
    }
    let text = format!("{} of {}", reference.text(), label(world_of(call)?, reference.entity));
    let text = call.ctx.text(text);
    call.ret1(text)
}

/// The reference that a method is called on.
#[inline]
pub(super) fn this<'gc>(call: &Call<'_, 'gc>) -> Result<(UserData<'gc>, Reference), Raised<'gc>> {
    match call.arg(0) {
        Value::UserData(data) => Reference::held(data).map(|reference| (data, reference)),
        _ => None,
    }
    .ok_or_else(|| Raised::argument(0, format!("component expected, got {}", call.arg(0).type_name())))
}

/// The reference that a value is.
pub(in crate::plugin) fn as_reference(value: Value<'_>) -> Option<Reference> {
    match value {
        Value::UserData(data) => Reference::held(data),
        _ => None,
    }
}

#[cold]
fn no_part<'gc>(call: &Call<'_, 'gc>, place: &Place) -> Raised<'gc> {
    let name = match call.arg(1) {
        Value::String(name) => name.to_text(),
        Value::Integer(position) => Cow::Owned(position.to_string()),
        other => Cow::Borrowed(other.type_name()),
    };
    Raised::message(place.no_part(call.ctx, &name))
}

fn walk<'a>(value: &'a dyn PartialReflect, path: &[Step], keys: &[Key]) -> Option<&'a dyn PartialReflect> {
    let mut value = value;
    let mut keys = keys.iter();
    for step in path {
        if let Step::Entry(name) = step {
            value = value.try_downcast_ref::<LuaFields>()?.get(&**name)?;
            continue;
        }
        value = match (value.reflect_ref(), step) {
            (ReflectRef::Struct(fields), Step::Field(index)) => fields.field_at(*index)?,
            (ReflectRef::TupleStruct(fields), Step::Field(index)) => fields.field(*index)?,
            (ReflectRef::Tuple(fields), Step::Field(index)) => fields.field(*index)?,
            (ReflectRef::Enum(value), Step::Variant { name, field }) if value.variant_name() == *name => {
                value.field_at(*field)?
            }
            (ReflectRef::List(list), Step::Item) => match keys.next()? {
                Key::Position(index) => list.get(*index)?,
                Key::Value(_) => return None,
            },
            (ReflectRef::Array(array), Step::Item) => match keys.next()? {
                Key::Position(index) => array.get(*index)?,
                Key::Value(_) => return None,
            },
            (ReflectRef::Map(map), Step::Item) => match keys.next()? {
                Key::Value(key) => map.get(&**key)?,
                Key::Position(_) => return None,
            },
            _ => return None,
        };
    }
    Some(value)
}

fn walk_mut<'a>(value: &'a mut dyn PartialReflect, path: &[Step], keys: &[Key]) -> Option<&'a mut dyn PartialReflect> {
    let mut value = value;
    let mut keys = keys.iter();
    for step in path {
        if let Step::Entry(name) = step {
            value = value.try_downcast_mut::<LuaFields>()?.get_mut(&**name)?;
            continue;
        }
        value = match (value.reflect_mut(), step) {
            (ReflectMut::Struct(fields), Step::Field(index)) => fields.field_at_mut(*index)?,
            (ReflectMut::TupleStruct(fields), Step::Field(index)) => fields.field_mut(*index)?,
            (ReflectMut::Tuple(fields), Step::Field(index)) => fields.field_mut(*index)?,
            (ReflectMut::Enum(value), Step::Variant { name, field }) if value.variant_name() == *name => {
                value.field_at_mut(*field)?
            }
            (ReflectMut::List(list), Step::Item) => match keys.next()? {
                Key::Position(index) => list.get_mut(*index)?,
                Key::Value(_) => return None,
            },
            (ReflectMut::Array(array), Step::Item) => match keys.next()? {
                Key::Position(index) => array.get_mut(*index)?,
                Key::Value(_) => return None,
            },
            (ReflectMut::Map(map), Step::Item) => match keys.next()? {
                Key::Value(key) => map.get_mut(&**key)?,
                Key::Position(_) => return None,
            },
            _ => return None,
        };
    }
    Some(value)
}
