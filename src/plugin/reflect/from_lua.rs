//! Rust values from copies in Lua, for any type in the registry.
//!
//! What a table says replaces what it stands for; what it does not say is kept from the old value, where there is one, or
//! else comes from the type's `Default`. A value is built whole before anything is written, so that an error leaves all as
//! it was, and so that nothing of Bevy's that panics about half a value is ever handed one.

use std::any::TypeId;
use std::cell::Cell;

use bevy::asset::ReflectHandle;
use bevy::ecs::reflect::AppTypeRegistry;
use bevy::ecs::world::World;
use bevy::reflect::array::DynamicArray;
use bevy::reflect::enums::{DynamicEnum, DynamicVariant, EnumInfo, VariantInfo};
use bevy::reflect::list::DynamicList;
use bevy::reflect::map::DynamicMap;
use bevy::reflect::set::DynamicSet;
use bevy::reflect::std_traits::ReflectDefault;
use bevy::reflect::structs::{DynamicStruct, StructInfo};
use bevy::reflect::tuple::DynamicTuple;
use bevy::reflect::tuple_struct::DynamicTupleStruct;
use bevy::reflect::{PartialReflect, Reflect, ReflectFromReflect, ReflectMut, ReflectRef, TypeInfo, TypeRegistryArc};

use super::leaf::{Leaf, as_text, charge_text, check_text, make_leaf, wants};
use super::names::{hint, listed};
use super::place::Typed;
use super::reference::{Reference, as_reference};
use super::to_lua::{DEPTH_MAX, ELEMENTS_MAX, Opaque};
use crate::api::{Context, Table, Value};
use crate::plugin::assets;
use crate::plugin::data::LuaData;
use crate::plugin::values::{self, Shape};

/// Builds Rust values.
pub(in crate::plugin) struct Builder<'a, 'gc> {
    pub(super) ctx: Context<'gc>,
    pub(super) world: &'a World,
    types: TypeRegistryArc,
    elements: usize,
    /// For how many of them was paid.
    paid: usize,
    /// How many bytes of text it was given, and how much of what there is was copied.
    text: Cell<usize>,
    weight: Cell<usize>,
    /// How deep in another one the value is going to lie.
    below: u32,
    /// Where in the value the work is, for messages.
    path: String,
}

type Built = Result<Box<dyn PartialReflect>, String>;

impl<'a, 'gc> Builder<'a, 'gc> {
    /// A builder for the types of a world. `path` is what messages call the value.
    pub(in crate::plugin) fn new(ctx: Context<'gc>, world: &'a World, path: impl Into<String>) -> Builder<'a, 'gc> {
        let types = world.get_resource::<AppTypeRegistry>().map(|types| types.0.clone()).unwrap_or_default();
        let (text, weight) = (Cell::new(0), Cell::new(0));
        Builder { ctx, world, types, elements: 0, paid: 0, text, weight, below: 0, path: path.into() }
    }

    /// A builder of what is to lie at a reference: bit by bit, nothing is to get deeper than at once.
    pub(super) fn at_reference(ctx: Context<'gc>, world: &'a World, reference: &Reference) -> Builder<'a, 'gc> {
        let below = u32::try_from(reference.place.path.len()).unwrap_or(u32::MAX);
        Builder { below, ..Builder::new(ctx, world, reference.text()) }
    }

    /// A whole value of a type; what is not said comes from `old`, or from the type's default.
    ///
    /// # Errors
    /// If the Lua value does not fit; the message says where and what would.
    pub(in crate::plugin) fn build(
        &mut self,
        typed: Typed,
        value: Value<'gc>,
        old: Option<&dyn PartialReflect>,
    ) -> Result<Box<dyn Reflect>, String> {
        self.parts(typed, value, old)?.try_into_reflect().map_err(|_| self.cannot_build(typed.1))
    }

    /// As [`Builder::build`], for a value that is put into another: of some types only the parts can be made.
    ///
    /// # Errors
    /// As [`Builder::build`].
    pub(in crate::plugin) fn parts(
        &mut self,
        typed: Typed,
        value: Value<'gc>,
        old: Option<&dyn PartialReflect>,
    ) -> Result<Box<dyn PartialReflect>, String> {
        let built = self.part(typed, value, old, 0);
        self.charge();
        built
    }

    /// Charges for what was built since the last time.
    pub(super) fn charge(&mut self) {
        self.ctx.charge(u32::try_from(self.elements - self.paid).unwrap_or(u32::MAX));
        self.paid = self.elements;
    }

    /// About how many bytes all that was built takes.
    pub(in crate::plugin) fn bytes(&self) -> usize {
        let copied = self.weight.get().saturating_mul(BYTES_OF_WEIGHT);
        self.elements.saturating_mul(2 * BYTES_OF_WEIGHT).saturating_add(self.text.get()).saturating_add(copied)
    }

    pub(super) fn fail<T>(&self, why: impl std::fmt::Display) -> Result<T, String> {
        Err(format!("cannot set '{}': {why}", self.path))
    }

    /// Does something with a part of the value, of which messages speak then.
    pub(super) fn at<T>(&mut self, part: &str, work: impl FnOnce(&mut Self) -> Result<T, String>) -> Result<T, String> {
        let length = self.path.len();
        self.path.push_str(part);
        let result = work(self);
        self.path.truncate(length);
        result
    }

    /// Takes note of another value.
    pub(super) fn count(&mut self, depth: u32) -> Result<(), String> {
        self.elements += 1;
        if self.below.saturating_add(depth) > DEPTH_MAX {
            return self.fail(format_args!("it is nested more than {DEPTH_MAX} levels deep"));
        }
        if self.elements > ELEMENTS_MAX {
            return self.fail(format_args!("it holds more than {ELEMENTS_MAX} values"));
        }
        Ok(())
    }

    /// Takes note of a string that is copied, if a value is one.
    pub(super) fn count_text(&self, value: Value<'gc>) -> Result<(), String> {
        let Value::String(text) = value else { return Ok(()) };
        self.text.set(self.text.get() + text.len());
        check_text(self.text.get()).or_else(|why| self.fail(why))?;
        charge_text(self.ctx, value);
        Ok(())
    }

    pub(super) fn part(
        &mut self,
        typed: Typed,
        value: Value<'gc>,
        old: Option<&dyn PartialReflect>,
        depth: u32,
    ) -> Built {
        let (type_id, info) = typed;
        if type_id == TypeId::of::<LuaData>() {
            return Ok(Box::new(self.data(value, depth)?));
        }
        self.count(depth)?;
        if let Some(leaf) = Leaf::of(type_id) {
            self.count_text(value)?;
            return make_leaf(leaf, value).or_else(|why| self.fail(why)).map(<dyn Reflect>::into_partial_reflect);
        }
        if let Some(shape) = Shape::of(type_id) {
            return self.value(shape, value, old);
        }
        if let Some(reference) = as_reference(value)
            && (reference.place.typed.0 == type_id || !is_optional(info))
        {
            return self.referred(typed, &reference, depth);
        }
        if let Some(handle) = self.handle(type_id, value)? {
            return Ok(handle);
        }
        if let Value::UserData(data) = value
            && let Some(Opaque(kept)) = data.downcast::<Opaque>()
            && (**kept).type_id() == type_id
        {
            return kept.reflect_clone().map(<dyn Reflect>::into_partial_reflect).or_else(|error| self.fail(error));
        }
        match info {
            Some(TypeInfo::Struct(info)) => self.structure(typed, info, value, old, depth),
            Some(TypeInfo::TupleStruct(info)) => {
                let fields = info.iter().map(|field| (field.type_id(), field.type_info())).collect();
                let mut built = DynamicTupleStruct::default();
                self.fields(typed, fields, value, old, depth)?.into_iter().for_each(|field| built.insert_boxed(field));
                self.concrete(typed, Box::new(built))
            }
            Some(TypeInfo::Tuple(info)) => {
                let fields = info.iter().map(|field| (field.type_id(), field.type_info())).collect();
                let mut built = DynamicTuple::default();
                self.fields(typed, fields, value, old, depth)?.into_iter().for_each(|field| built.insert_boxed(field));
                self.concrete(typed, Box::new(built))
            }
            Some(TypeInfo::List(info)) => {
                let items = self.items((info.item_ty().id(), info.item_info()), value, None, depth)?;
                self.concrete(typed, Box::new(items.into_iter().collect::<DynamicList>()))
            }
            Some(TypeInfo::Array(info)) => {
                let item = (info.item_ty().id(), info.item_info());
                let items = self.items(item, value, Some(info.capacity()), depth)?;
                self.concrete(typed, Box::new(DynamicArray::new(items.into_boxed_slice())))
            }
            Some(TypeInfo::Set(info)) => {
                let item = (info.value_ty().id(), self.info_of(info.value_ty().id()));
                let items = self.items(item, value, None, depth)?;
                self.set_of(typed, items)
            }
            Some(TypeInfo::Map(info)) => {
                let key = (info.key_ty().id(), info.key_info());
                let value_type = (info.value_ty().id(), info.value_info());
                self.map(typed, key, value_type, value, depth)
            }
            Some(TypeInfo::Enum(info)) => self.variant(typed, info, value, old, depth),
            Some(TypeInfo::Opaque(_)) | None => self.opaque(typed, value, old),
        }
    }

    /// What scripts cannot look into: of an empty table, which says nothing of it, what is there or else the default.
    fn opaque(&self, typed: Typed, value: Value<'gc>, old: Option<&dyn PartialReflect>) -> Built {
        if matches!(value, Value::Table(said) if said.next_from(self.ctx, 0).is_none())
            && let Some(base) = self.base(typed, old)
        {
            return Ok(base);
        }
        let got = wants("a value of its own kind", value);
        self.fail(format_args!("{}, which scripts cannot look into; {got}", self.name_of(typed.1)))
    }

    /// A vector or another of the values that Lua has: given as one, as a table, or as a reference to one.
    fn value(&self, shape: &Shape, value: Value<'gc>, old: Option<&dyn PartialReflect>) -> Built {
        let settled = match as_reference(value) {
            Some(reference) if reference.place.shape.is_some() => {
                reference.look(self.world, |there| values::to_lua(self.ctx, there)).ok().flatten()
            }
            _ => None,
        };
        let built = values::from_lua(self.ctx, shape, settled.unwrap_or(value), old);
        built.or_else(|why| self.fail(why)).map(<dyn Reflect>::into_partial_reflect)
    }

    /// A copy of what a reference names.
    fn referred(&self, (type_id, info): Typed, reference: &Reference, depth: u32) -> Built {
        if reference.place.typed.0 != type_id {
            let (wanted, text) = (self.name_of(info), reference.text());
            return self.fail(format_args!("it wants a {wanted}, and '{text}' is of another type"));
        }
        let copied = reference.look(self.world, |value| self.weigh(Some(value), depth).map(|()| copy_of(value)));
        match copied {
            Ok(copy) => copy,
            Err(_) => self.fail(format_args!("'{}' is not there any more", reference.text())),
        }
    }

    fn structure(
        &mut self,
        typed: Typed,
        info: &'static StructInfo,
        value: Value<'gc>,
        old: Option<&dyn PartialReflect>,
        depth: u32,
    ) -> Built {
        let Value::Table(table) = value else { return self.fail(wants("a table of its fields", value)) };
        let names = info.field_names();
        let is_list = !table.get_integer(self.ctx, 1).is_nil();
        let mut position = 0;
        let mut given: Vec<Option<Value<'gc>>> = vec![None; info.field_len()];
        while let Some((next, key, value)) = table.next_from(self.ctx, position) {
            position = next;
            let index = match key {
                Value::String(name) => names.iter().position(|known| known.as_bytes() == name.as_bytes()),
                // A vector may be written as a list.
                Value::Integer(index) if is_list => index
                    .checked_sub(1)
                    .and_then(|index| usize::try_from(index).ok())
                    .filter(|index| *index < names.len()),
                _ => None,
            };
            let Some(place) = index.and_then(|index| given.get_mut(index)) else {
                let key = self.ctx.plain_string(key).to_text().into_owned();
                return self.fail(format_args!(
                    "it has no field '{key}'{}; it has: {}",
                    hint(self.ctx, &key, names),
                    listed(names)
                ));
            };
            *place = Some(value);
        }
        self.weigh(old, 0)?;
        let base = self.base(typed, old);
        let mut built = DynamicStruct::default();
        built.set_represented_type(typed.1);
        for (index, field) in info.iter().enumerate() {
            let kept = match base.as_deref().map(PartialReflect::reflect_ref) {
                Some(ReflectRef::Struct(base)) => base.field(field.name()),
                _ => None,
            };
            let value = match given.get(index).copied().flatten() {
                Some(value) => {
                    let typed = (field.type_id(), field.type_info());
                    self.at(&format!(".{}", field.name()), |this| this.part(typed, value, kept, depth + 1))?
                }
                None => match kept {
                    Some(_) => continue,
                    None if is_optional(field.type_info()) => Box::new(DynamicEnum::new("None", DynamicVariant::Unit)),
                    None => {
                        let name = field.name();
                        return self
                            .fail(format_args!("the field '{name}' is missing, and the type has no default: give it"));
                    }
                },
            };
            built.insert_boxed(field.name(), value);
        }
        self.join(typed, base, Box::new(built))
    }

    /// The fields of a tuple: a list of them, or the only one itself.
    fn fields(
        &mut self,
        typed: Typed,
        fields: Vec<Typed>,
        value: Value<'gc>,
        old: Option<&dyn PartialReflect>,
        depth: u32,
    ) -> Result<Vec<Box<dyn PartialReflect>>, String> {
        self.weigh(old, 0)?;
        let base = self.base(typed, old);
        let list = match value {
            Value::Table(list) => Some(list),
            _ if fields.len() == 1 => None,
            _ => return self.fail(wants(&format!("a list of {} values", fields.len()), value)),
        };
        if let Some(list) = list {
            self.check_list(list, Some(fields.len()))?;
        }
        let mut built = Vec::with_capacity(fields.len());
        for (index, field) in fields.into_iter().enumerate() {
            let kept = match base.as_deref().map(PartialReflect::reflect_ref) {
                Some(ReflectRef::TupleStruct(base)) => base.field(index),
                Some(ReflectRef::Tuple(base)) => base.field(index),
                _ => None,
            };
            let given = match list {
                Some(list) => list.get_integer(self.ctx, i64::try_from(index + 1).unwrap_or(i64::MAX)),
                None => value,
            };
            let part = match (given, kept) {
                (Value::Nil, Some(kept)) if !is_optional(field.1) => kept.to_dynamic(),
                _ => self.at(&format!("[{}]", index + 1), |this| this.part(field, given, kept, depth + 1))?,
            };
            built.push(part);
        }
        Ok(built)
    }

    pub(super) fn check_list(&self, list: Table<'gc>, length: Option<usize>) -> Result<usize, String> {
        let count = match list.get(self.ctx, self.ctx.text("n")) {
            Value::Integer(count) => usize::try_from(count).unwrap_or(0),
            _ => usize::try_from(list.len()).unwrap_or(0),
        };
        let mut position = 0;
        let mut looked_at = 0;
        while let Some((next, key, _)) = list.next_from(self.ctx, position) {
            position = next;
            looked_at += 1;
            if looked_at > ELEMENTS_MAX {
                return self.fail(format_args!("it holds more than {ELEMENTS_MAX} values"));
            }
            let is_item = match key {
                Value::Integer(index) => usize::try_from(index).is_ok_and(|index| (1..=count).contains(&index)),
                Value::String(name) => name.as_bytes() == b"n",
                _ => false,
            };
            if !is_item && length.is_none_or(|length| count <= length) {
                let key = self.ctx.plain_string(key).to_text().into_owned();
                return self.fail(format_args!("it wants a list, and '{key}' is no position in one"));
            }
        }
        match length {
            Some(length) if count > length => {
                self.fail(format_args!("it holds {length} values, and the list has {count}"))
            }
            _ => Ok(count),
        }
    }

    fn items(
        &mut self,
        item: Typed,
        value: Value<'gc>,
        length: Option<usize>,
        depth: u32,
    ) -> Result<Vec<Box<dyn PartialReflect>>, String> {
        let Value::Table(list) = value else { return self.fail(wants("a list", value)) };
        let count = self.check_list(list, length)?;
        if let Some(length) = length.filter(|length| *length != count) {
            return self.fail(format_args!("it holds {length} values, and the list has {count}"));
        }
        let count = i64::try_from(count).unwrap_or(i64::MAX);
        (1..=count)
            .map(|index| {
                let value = list.get_integer(self.ctx, index);
                self.at(&format!("[{index}]"), |this| this.part(item, value, None, depth + 1))
            })
            .collect()
    }

    fn map(&mut self, typed: Typed, key: Typed, value_type: Typed, value: Value<'gc>, depth: u32) -> Built {
        let Value::Table(table) = value else { return self.fail(wants("a table", value)) };
        let are_keys_plain = Leaf::of(key.0).is_some_and(Leaf::is_plain_key);
        let mut map = self.empty(typed, Box::new(DynamicMap::default()));
        let mut position = 0;
        while let Some((next, given, content)) = table.next_from(self.ctx, position) {
            position = next;
            let shown = format!("[{}]", self.ctx.plain_string(given).to_text());
            let (given, content) = match content {
                Value::Table(pair) if !are_keys_plain => (pair.get_integer(self.ctx, 1), pair.get_integer(self.ctx, 2)),
                _ => (given, content),
            };
            let (key, value) = self.at(&shown, |this| {
                Ok((this.part(key, given, None, depth + 1)?, this.part(value_type, content, None, depth + 1)?))
            })?;
            self.check_key(&*key, &*map)?;
            if let ReflectMut::Map(map) = map.reflect_mut() {
                map.insert_boxed(key, value);
            }
        }
        Ok(map)
    }

    fn variant(
        &mut self,
        typed: Typed,
        info: &'static EnumInfo,
        value: Value<'gc>,
        old: Option<&dyn PartialReflect>,
        depth: u32,
    ) -> Built {
        if is_optional(typed.1) {
            return self.option(typed, info, value, old, depth);
        }
        let names = info.variant_names();
        // Of a component nothing may be said at all.
        if let Value::Table(table) = value
            && table.next_from(self.ctx, 0).is_none()
            && let Some(base) = self.base(typed, old)
        {
            return Ok(base);
        }
        let (name, content) = match value {
            Value::String(name) => (name.to_text().into_owned(), Value::Nil),
            Value::Table(table) => match (table.next_from(self.ctx, 0), table.len()) {
                (Some((_, Value::String(name), content)), 0) => (name.to_text().into_owned(), content),
                _ => return self.fail("it wants the name of a variant, or a table like {Variant = content}"),
            },
            _ => return self.fail(wants("the name of a variant, or a table like {Variant = content}", value)),
        };
        let Some(variant) = info.variant(&name) else {
            return self.fail(format_args!(
                "there is no variant '{name}'{}; there are: {}",
                hint(self.ctx, &name, names),
                listed(names)
            ));
        };
        let kept = old.and_then(|old| match old.reflect_ref() {
            ReflectRef::Enum(old) if old.variant_name() == name => Some(old),
            _ => None,
        });
        let part = format!(".{name}");
        let content = match variant {
            VariantInfo::Unit(_) if content.is_nil() => DynamicVariant::Unit,
            VariantInfo::Unit(_) => return self.fail(format_args!("the variant {name} has no content")),
            VariantInfo::Tuple(variant) => {
                let mut tuple = DynamicTuple::default();
                for (index, field) in variant.iter().enumerate() {
                    let given = match content {
                        Value::Table(list) if variant.field_len() > 1 => {
                            list.get_integer(self.ctx, i64::try_from(index + 1).unwrap_or(i64::MAX))
                        }
                        single => single,
                    };
                    let old = kept.and_then(|old| old.field_at(index));
                    let typed = (field.type_id(), field.type_info());
                    tuple.insert_boxed(self.at(&part, |this| this.field(typed, given, old, depth))?);
                }
                DynamicVariant::Tuple(tuple)
            }
            VariantInfo::Struct(variant) => {
                let Value::Table(table) = content else {
                    return self
                        .fail(format_args!("the variant {name} wants {{{name} = {{…}}}}, a table of its fields"));
                };
                let mut fields = DynamicStruct::default();
                for field in variant.iter() {
                    let given = table.get(self.ctx, self.ctx.text(field.name()));
                    let old = kept.and_then(|old| old.field(field.name()));
                    let typed = (field.type_id(), field.type_info());
                    let field_part = format!("{part}.{}", field.name());
                    let value = self.at(&field_part, |this| this.field(typed, given, old, depth))?;
                    fields.insert_boxed(field.name(), value);
                }
                DynamicVariant::Struct(fields)
            }
        };
        let mut built = DynamicEnum::new(name, content);
        built.set_represented_type(typed.1);
        self.concrete(typed, Box::new(built))
    }

    /// A field of a variant: as it was, where nothing is said.
    fn field(&mut self, typed: Typed, given: Value<'gc>, old: Option<&dyn PartialReflect>, depth: u32) -> Built {
        match (given, old) {
            (Value::Nil, Some(old)) if !is_optional(typed.1) => Ok(old.to_dynamic()),
            _ => self.part(typed, given, old, depth + 1),
        }
    }

    fn option(
        &mut self,
        typed: Typed,
        info: &'static EnumInfo,
        value: Value<'gc>,
        old: Option<&dyn PartialReflect>,
        depth: u32,
    ) -> Built {
        let mut built = if value.is_nil() {
            DynamicEnum::new("None", DynamicVariant::Unit)
        } else {
            let Some(VariantInfo::Tuple(some)) = info.variant("Some") else { return self.fail("it is no Option") };
            let Some(field) = some.field_at(0) else { return self.fail("it is no Option") };
            let kept = old.and_then(|old| match old.reflect_ref() {
                ReflectRef::Enum(old) => old.field_at(0),
                _ => None,
            });
            let mut content = DynamicTuple::default();
            content.insert_boxed(self.part((field.type_id(), field.type_info()), value, kept, depth + 1)?);
            DynamicEnum::new("Some", DynamicVariant::Tuple(content))
        };
        built.set_represented_type(typed.1);
        self.concrete(typed, Box::new(built))
    }

    /// An asset's handle, of the path of a file or of a handle.
    fn handle(&self, type_id: TypeId, value: Value<'gc>) -> Result<Option<Box<dyn PartialReflect>>, String> {
        let Some(handle) = self.types.read().get_type_data::<ReflectHandle>(type_id).cloned() else { return Ok(None) };
        let untyped = match value {
            Value::String(_) => {
                self.count_text(value)?;
                let path = as_text(value, "the path of an asset").or_else(|why| self.fail(why))?;
                assets::request(self.ctx, self.world, Some(handle.asset_type_id()), path)
                    .or_else(|refused| self.fail(refused.message()))?
            }
            _ => match assets::as_handle(value) {
                Some(given) => {
                    assets::typed(self.ctx, self.world, given, handle.asset_type_id()).or_else(|why| self.fail(why))?
                }
                None => return self.fail(wants("the path of an asset, or a handle", value)),
            },
        };
        Ok(Some(handle.typed(untyped).into_partial_reflect()))
    }

    // -- from parts to the whole ---------------------------------------------------------------------

    fn set_of(&self, typed: Typed, items: Vec<Box<dyn PartialReflect>>) -> Built {
        let mut set = self.empty(typed, Box::new(DynamicSet::default()));
        for item in items {
            self.check_key(&*item, &*set)?;
            if let ReflectMut::Set(set) = set.reflect_mut() {
                set.insert_boxed(item);
            }
        }
        Ok(set)
    }

    /// An empty map or set: of the very type, which hashes its keys itself, where the registry knows how to make one.
    fn empty(&self, (type_id, _): Typed, dynamic: Box<dyn PartialReflect>) -> Box<dyn PartialReflect> {
        let types = self.types.read();
        let from = types.get_type_data::<ReflectFromReflect>(type_id);
        match from.and_then(|from| from.from_reflect(&*dynamic)) {
            Some(empty) => empty.into_partial_reflect(),
            None => dynamic,
        }
    }

    /// Refuses a key that a map or set of parts would panic about: one without a hash, or that is not itself.
    fn check_key(&self, key: &dyn PartialReflect, collection: &dyn PartialReflect) -> Result<(), String> {
        if key.reflect_partial_eq(key) == Some(false) {
            return self.fail("a key must be equal to itself, and NaN is not");
        }
        if collection.is_dynamic() && key.reflect_hash().is_none() {
            return self.fail("its keys cannot be hashed by reflection: their type needs #[reflect(Hash, PartialEq)]");
        }
        Ok(())
    }

    /// Pays for a copy of a value that is to lie so deep in this one, or refuses one that would be felt.
    pub(super) fn weigh(&self, value: Option<&dyn PartialReflect>, depth: u32) -> Result<(), String> {
        const WEIGHT_MAX: usize = 8 * ELEMENTS_MAX;
        let Some(value) = value else { return Ok(()) };
        let weighed = self.weight.get();
        let mut left = WEIGHT_MAX - weighed;
        let taken = take_weight(value, DEPTH_MAX.saturating_sub(self.below.saturating_add(depth)), &mut left);
        self.weight.set(WEIGHT_MAX - left);
        self.ctx.charge(u32::try_from((WEIGHT_MAX - left - weighed) / 2).unwrap_or(u32::MAX));
        match taken {
            Ok(()) => Ok(()),
            Err(Unfit::Deep) => self.fail(format_args!("it is nested more than {DEPTH_MAX} levels deep")),
            Err(Unfit::Heavy) => self.fail(format_args!(
                "what is there holds more than {WEIGHT_MAX} values, too many to copy: write to parts of it"
            )),
        }
    }

    /// What gives the fields that are not said: a copy of the old value, or a default.
    fn base(&self, (type_id, _): Typed, old: Option<&dyn PartialReflect>) -> Option<Box<dyn PartialReflect>> {
        match old {
            Some(old) => Some(copy_of(old)),
            None => {
                let default = self.types.read().get_type_data::<ReflectDefault>(type_id).cloned();
                default.map(|default| default.default().into_partial_reflect())
            }
        }
    }

    /// The base with the parts that are said.
    fn join(&self, typed: Typed, base: Option<Box<dyn PartialReflect>>, parts: Box<dyn PartialReflect>) -> Built {
        let Some(mut base) = base else { return self.concrete(typed, parts) };
        put(&mut *base, parts).or_else(|why| self.fail(why))?;
        Ok(base)
    }

    /// A value of the very type, where the registry knows how to make one of its parts.
    fn concrete(&self, (type_id, info): Typed, built: Box<dyn PartialReflect>) -> Built {
        if built.try_as_reflect().is_some_and(|built| (*built).type_id() == type_id) {
            return Ok(built);
        }
        let types = self.types.read();
        if let Some(from) = types.get_type_data::<ReflectFromReflect>(type_id)
            && let Some(value) = from.from_reflect(&*built)
        {
            return Ok(value.into_partial_reflect());
        }
        if let Some(default) = types.get_type_data::<ReflectDefault>(type_id) {
            let mut value = default.default().into_partial_reflect();
            put(&mut *value, built).or_else(|why| self.fail(why))?;
            return Ok(value);
        }
        match info {
            // What holds it makes it, when it is made itself. Of lists the registry knows no way for some, such as `SmallVec`.
            Some(TypeInfo::Tuple(_) | TypeInfo::Array(_) | TypeInfo::List(_)) | None => Ok(built),
            Some(_) if types.get(type_id).is_none() => Ok(built),
            Some(_) => Err(self.cannot_build(info)),
        }
    }

    fn cannot_build(&self, info: Option<&'static TypeInfo>) -> String {
        let name = self.name_of(info);
        format!(
            "cannot set '{}': a {name} cannot be built: its Rust type must not opt out of FromReflect, or needs #[reflect(Default)]",
            self.path
        )
    }

    fn name_of(&self, info: Option<&'static TypeInfo>) -> &'static str {
        info.map_or("dynamic value", |info| info.type_path_table().short_path())
    }

    fn info_of(&self, type_id: TypeId) -> Option<&'static TypeInfo> {
        self.types.read().get_type_info(type_id)
    }
}

/// About how many bytes a value takes for each that it is weighed as.
pub(in crate::plugin) const BYTES_OF_WEIGHT: usize = 16;

/// How many values a value holds; text counts by its length.
pub(in crate::plugin) fn weight(value: &dyn PartialReflect) -> usize {
    let mut left = usize::MAX;
    // What lies deeper than scripts can write is not theirs.
    let _ = take_weight(value, DEPTH_MAX, &mut left);
    usize::MAX - left
}

/// Why a value cannot be copied.
enum Unfit {
    Deep,
    Heavy,
}

/// Takes the number of values that a value holds off what is left. Of a list whose first item has no parts, all are taken
/// to have none.
fn take_weight(value: &dyn PartialReflect, levels: u32, left: &mut usize) -> Result<(), Unfit> {
    let mut take = |count: usize| left.checked_sub(count).map(|rest| *left = rest).ok_or(Unfit::Heavy);
    take(1)?;
    let Some(levels) = levels.checked_sub(1) else { return Err(Unfit::Deep) };
    let is_plain = |item: Option<&dyn PartialReflect>| {
        item.is_some_and(|item| matches!(item.reflect_ref(), ReflectRef::Opaque(_)) && !item.represents::<String>())
    };
    match value.reflect_ref() {
        ReflectRef::Struct(fields) => fields.iter_fields().try_for_each(|(_, field)| take_weight(field, levels, left)),
        ReflectRef::TupleStruct(fields) => fields.iter_fields().try_for_each(|field| take_weight(field, levels, left)),
        ReflectRef::Tuple(fields) => fields.iter_fields().try_for_each(|field| take_weight(field, levels, left)),
        ReflectRef::List(list) if is_plain(list.get(0)) => take(list.len()),
        ReflectRef::Array(array) if is_plain(array.get(0)) => take(array.len()),
        ReflectRef::List(list) => list.iter().try_for_each(|item| take_weight(item, levels, left)),
        ReflectRef::Array(array) => array.iter().try_for_each(|item| take_weight(item, levels, left)),
        ReflectRef::Map(map) => map.iter().try_for_each(|(key, value)| {
            take_weight(key, levels, left)?;
            take_weight(value, levels, left)
        }),
        ReflectRef::Set(set) => set.iter().try_for_each(|item| take_weight(item, levels, left)),
        ReflectRef::Enum(fields) => {
            // What a script wrote is as deep as the script sees it.
            let levels = if value.represents::<LuaData>() { levels + 1 } else { levels };
            fields.iter_fields().try_for_each(|field| take_weight(field.value(), levels, left))
        }
        ReflectRef::Opaque(value) => value.try_downcast_ref::<String>().map_or(Ok(()), |text| take(text.len() / 16)),
    }
}

/// Whether a type is an `Option`.
pub(in crate::plugin) fn is_optional(info: Option<&'static TypeInfo>) -> bool {
    info.is_some_and(|info| info.type_path().starts_with("core::option::Option<"))
}

/// Writes a value over another of the same type, in whole: nothing of a longer list is left.
pub(in crate::plugin) fn put(target: &mut dyn PartialReflect, value: Box<dyn PartialReflect>) -> Result<(), String> {
    let value = match (target.try_as_reflect_mut(), value.try_into_reflect()) {
        (Some(target), Ok(value)) => match target.set(value) {
            Ok(()) => return Ok(()),
            Err(value) => value.into_partial_reflect(),
        },
        (_, Ok(value)) => value.into_partial_reflect(),
        (_, Err(value)) => value,
    };
    match (target.reflect_mut(), value.reflect_ref()) {
        (ReflectMut::Struct(target), ReflectRef::Struct(fields)) => {
            for (name, field) in fields.iter_fields() {
                if let Some(target) = target.field_mut(name) {
                    put(target, copy_of(field))?;
                }
            }
            Ok(())
        }
        (ReflectMut::Tuple(target), ReflectRef::Tuple(fields)) => {
            for (index, field) in fields.iter_fields().enumerate() {
                if let Some(target) = target.field_mut(index) {
                    put(target, copy_of(field))?;
                }
            }
            Ok(())
        }
        (ReflectMut::Array(target), ReflectRef::Array(items)) => {
            for (index, item) in items.iter().enumerate() {
                if let Some(target) = target.get_mut(index) {
                    put(target, copy_of(item))?;
                }
            }
            Ok(())
        }
        (ReflectMut::List(target), ReflectRef::List(_)) => {
            target.drain();
            target_apply(target.as_partial_reflect_mut(), &*value)
        }
        (ReflectMut::Map(target), ReflectRef::Map(_)) => {
            target.drain();
            target_apply(target.as_partial_reflect_mut(), &*value)
        }
        (ReflectMut::Set(target), ReflectRef::Set(_)) => {
            target.drain();
            target_apply(target.as_partial_reflect_mut(), &*value)
        }
        _ => target_apply(target, &*value),
    }
}

fn target_apply(target: &mut dyn PartialReflect, value: &dyn PartialReflect) -> Result<(), String> {
    target.try_apply(value).map_err(|error| error.to_string())
}

/// A copy of the same type where that is possible, or else of its parts.
pub(in crate::plugin) fn copy_of(value: &dyn PartialReflect) -> Box<dyn PartialReflect> {
    value.reflect_clone().map_or_else(|_| value.to_dynamic(), <dyn Reflect>::into_partial_reflect)
}
