//! Where in a component something is, resolved once and shared by all entities.
//!
//! A [`Place`] is a component or a part of it at any depth: the way there, and what kind of value is found. It is derived
//! from type information alone, never from a value, and is built as scripts come by. Where the way leads through a list or
//! a map, the place says only that; which item it is lies with the reference. Nothing here reads or writes a world's data.

use std::any::TypeId;
use std::cell::{Cell, OnceCell};
use std::rc::Rc;
use std::sync::Arc;

use bevy::ecs::archetype::ArchetypeId;
use bevy::ecs::component::{ComponentId, ComponentInfo};
use bevy::ecs::entity::Entity;
use bevy::ecs::reflect::{AppTypeRegistry, ReflectComponent, ReflectResource};
use bevy::ecs::world::{EntityRef, World};
use bevy::reflect::enums::{EnumInfo, VariantInfo};
use bevy::reflect::{PartialReflect, ReflectRef, TypeInfo, TypeRegistry, Typed as _};

use super::declared::variants;
use super::from_lua::is_optional;
use super::known::Known;
use super::leaf::Leaf;
use super::names::{hint, listed, nearest};
use crate::api::Context;
use crate::plugin::data::{LuaData, LuaFields};
use crate::plugin::declared::{self, Declaration, LuaComponents};
use crate::plugin::entity::label;
use crate::plugin::guard;
use crate::plugin::limit::Limit;
use crate::plugin::values::Shape;

/// A component type that scripts use.
pub(in crate::plugin) struct Component {
    /// Its short type path, by which errors call it.
    pub(in crate::plugin) name: String,
    /// Its full type path; empty if it was defined in Lua.
    pub(super) path: &'static str,
    /// What it is, if it was defined in Lua.
    pub(in crate::plugin) declared: Option<Arc<Declaration>>,
    /// Whether it is a resource, of which the world has one.
    pub(in crate::plugin) is_resource: bool,
    /// How to get at it on an entity.
    pub(in crate::plugin) reflect: ReflectComponent,
    /// Its identifier in the world.
    pub(in crate::plugin) id: ComponentId,
    /// Whether it may be changed in place.
    pub(in crate::plugin) mutable: bool,
    /// Why scripts can only read it, if so.
    pub(in crate::plugin) only_read: Option<&'static str>,
    /// Which entities were last seen to have it: those of an archetype have the same components for good.
    seen_on: Cell<Option<ArchetypeId>>,
}

impl Component {
    /// Whether an entity has it.
    #[inline]
    pub(in crate::plugin) fn is_on(&self, entity: EntityRef<'_>) -> bool {
        let archetype = Some(entity.location().archetype_id);
        if archetype == self.seen_on.get() {
            return true;
        }
        let is_on = entity.contains_id(self.id);
        if is_on {
            self.seen_on.set(archetype);
        }
        is_on
    }
}

/// A component, or a part of it at any depth.
pub(in crate::plugin) struct Place {
    /// The component.
    pub(in crate::plugin) component: Rc<Component>,
    /// The steps that lead there.
    pub(super) path: Box<[Step]>,
    /// How a script writes it: `Transform.translation.x`.
    pub(in crate::plugin) text: String,
    /// The type of what is there, and what it is made of.
    pub(in crate::plugin) typed: Typed,
    /// What is there.
    pub(in crate::plugin) kind: Kind,
    /// If what is there is a value in Lua, such as a vector: how to make it one.
    pub(in crate::plugin) shape: Option<&'static Shape>,
    /// What a field of a component that was defined in Lua may hold, if not all of its type.
    pub(super) limit: Option<Box<Limit>>,
    /// The short way there, if there is one.
    pub(super) known: Option<Known>,
    parts: OnceCell<Box<[Part]>>,
}

/// A step of a way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// To a field of a struct or tuple.
    Field(usize),
    /// To a field of a variant, if it is the one that is there.
    Variant { name: &'static str, field: usize },
    /// To an item of a list or an array, or the value at a key of a map. Which one, the reference knows.
    Item,
    /// To a field of a component that was defined in Lua.
    Entry(Rc<str>),
}

/// A part of a place.
struct Part {
    name: Box<str>,
    place: Rc<Place>,
}

/// What is at a place.
#[derive(Clone, Copy)]
pub(in crate::plugin) enum Kind {
    /// A value that Lua has too.
    Leaf(Leaf),
    /// One of several variants.
    Enum(&'static EnumInfo),
    /// A variant with fields, by name or counted from 1.
    Variant(&'static VariantInfo),
    /// A value, or none.
    Option,
    /// Something with fields, by name in a struct and counted from 1 in a tuple.
    Fields(&'static TypeInfo),
    /// Values that are counted from 1; an array's number is fixed.
    List { is_fixed: bool },
    /// Values at keys of this type.
    Map(Typed),
    /// Values of this type, each once.
    Set(Typed),
    /// The fields of a component that was defined in Lua.
    Declared,
    /// A value of a script as data: any, or only a table.
    Data { is_table: bool },
    /// Something that scripts cannot look into; the word says what.
    Closed(&'static str),
}

/// A type and, unless it is dynamic, what it is made of.
pub(in crate::plugin) type Typed = (TypeId, Option<&'static TypeInfo>);

impl Place {
    /// Whether the place is the component that a script calls by this name.
    pub(in crate::plugin) fn is_called(&self, name: &[u8]) -> bool {
        self.is_whole() && is_same(self.component.name.as_bytes(), name)
    }

    /// Whether the place is a component, not a part of one.
    pub(in crate::plugin) fn is_whole(&self) -> bool {
        // Of a component that was defined in Lua scripts see the fields alone.
        self.path.len() == usize::from(self.component.declared.is_some())
    }

    /// The place of the data that a table lies in, if the place is such a table.
    pub(super) fn data(&self) -> Option<Rc<Place>> {
        let is_data = self.typed.0 == TypeId::of::<Vec<LuaData>>() || self.typed.0 == TypeId::of::<LuaFields>();
        let (Some(Step::Variant { .. }), true) = (self.path.last(), is_data) else { return None };
        let path = self.path.get(..self.path.len() - 1)?.into();
        Some(Place::new(Rc::clone(&self.component), path, self.text.clone(), data_type()))
    }

    /// The field, or the variant, with this name.
    pub(super) fn part(&self, name: &[u8]) -> Option<&Rc<Place>> {
        self.parts().iter().find(|part| part.name.as_bytes() == name).map(|part| &part.place)
    }

    /// As [`Place::part`], looked for first where the memo says.
    #[inline(always)]
    pub(super) fn part_from(&self, memo: &Cell<u32>, name: &[u8]) -> Option<&Rc<Place>> {
        match self.parts.get().and_then(|parts| parts.get(memo.get() as usize)) {
            Some(part) if is_same(part.name.as_bytes(), name) => Some(&part.place),
            _ => self.part_for(memo, name),
        }
    }

    /// As [`Place::part`], for a memo to say next time where it is.
    #[inline(never)]
    fn part_for(&self, memo: &Cell<u32>, name: &[u8]) -> Option<&Rc<Place>> {
        let index = self.parts().iter().position(|part| part.name.as_bytes() == name)?;
        memo.set(u32::try_from(index).unwrap_or(0));
        self.parts().get(index).map(|part| &part.place)
    }

    /// The field of a tuple at this position, counted from 1.
    pub(super) fn position(&self, position: i64) -> Option<&Rc<Place>> {
        match self.kind {
            Kind::Fields(TypeInfo::Struct(_)) | Kind::Variant(VariantInfo::Struct(_)) => None,
            Kind::Fields(_) | Kind::Variant(_) => {
                let index = usize::try_from(position.checked_sub(1)?).ok()?;
                self.parts().get(index).map(|part| &part.place)
            }
            _ => None,
        }
    }

    /// The item of a list, the value of a map, or what an option holds.
    pub(super) fn inner(&self) -> Option<&Rc<Place>> {
        match self.kind {
            Kind::List { .. } | Kind::Map(_) | Kind::Option => self.parts().first().map(|part| &part.place),
            _ => None,
        }
    }

    /// The first field as a script writes it behind the component, as an example.
    pub(in crate::plugin) fn first_field(&self) -> String {
        match (self.kind, self.parts().first()) {
            (Kind::Fields(TypeInfo::Struct(_)) | Kind::Declared, Some(part)) => format!(".{}", part.name),
            (Kind::Fields(_), Some(part)) => format!("[{}]", part.name),
            _ => String::new(),
        }
    }

    /// What to say about a part that is not there.
    pub(super) fn no_part(&self, ctx: Context<'_>, name: &str) -> String {
        let text = &self.text;
        let names: Vec<&str> = self.parts().iter().map(|part| &*part.name).collect();
        match self.kind {
            Kind::Fields(_) | Kind::Variant(_) | Kind::Declared if names.is_empty() => {
                format!("'{text}' has no field '{name}': it has none at all")
            }
            Kind::Fields(_) | Kind::Variant(_) | Kind::Declared => {
                format!("'{text}' has no field '{name}'{}; it has: {}", hint(ctx, name, &names), listed(&names))
            }
            Kind::Enum(info) => {
                let names = info.variant_names();
                format!("'{text}' has no variant '{name}'{}; it has: {}", hint(ctx, name, names), listed(names))
            }
            Kind::List { .. } => format!("'{text}' is a list, which is indexed by numbers from 1 on, not by '{name}'"),
            Kind::Closed(what) => format!("'{text}' is {what}, whose parts scripts cannot reach"),
            Kind::Leaf(_) | Kind::Option | Kind::Map(_) | Kind::Set(_) | Kind::Data { .. } => {
                format!("'{text}' has no field '{name}'")
            }
        }
    }

    fn new(component: Rc<Component>, path: Box<[Step]>, text: String, typed: Typed) -> Rc<Place> {
        Place::of_kind(component, path, text, typed, kind(typed))
    }

    fn of_kind(component: Rc<Component>, path: Box<[Step]>, text: String, typed: Typed, kind: Kind) -> Rc<Place> {
        let (shape, known) = (Shape::of(typed.0), Known::of(&component, &path, typed));
        Rc::new(Place { component, path, text, typed, kind, shape, limit: None, known, parts: OnceCell::new() })
    }

    fn parts(&self) -> &[Part] {
        self.parts.get_or_init(|| match self.kind {
            Kind::Fields(TypeInfo::Struct(info)) => {
                let fields = info.iter().enumerate();
                fields.map(|(i, f)| self.named(f.name(), Step::Field(i), (f.type_id(), f.type_info()))).collect()
            }
            Kind::Fields(TypeInfo::TupleStruct(info)) => self.counted(info.iter(), Step::Field),
            Kind::Fields(TypeInfo::Tuple(info)) => self.counted(info.iter(), Step::Field),
            Kind::Variant(VariantInfo::Struct(info)) => {
                let step = |field| Step::Variant { name: info.name(), field };
                let fields = info.iter().enumerate();
                fields.map(|(i, f)| self.named(f.name(), step(i), (f.type_id(), f.type_info()))).collect()
            }
            Kind::Variant(VariantInfo::Tuple(info)) => {
                self.counted(info.iter(), |field| Step::Variant { name: info.name(), field })
            }
            Kind::Enum(info) => info.iter().map(|variant| self.variant(variant)).collect(),
            Kind::Option => {
                let Some(TypeInfo::Enum(info)) = self.typed.1 else { return Box::default() };
                let Some(VariantInfo::Tuple(some)) = info.variant("Some") else { return Box::default() };
                let field = some.field_at(0).map(|field| (field.type_id(), field.type_info()));
                let step = Step::Variant { name: "Some", field: 0 };
                field.map(|typed| self.part_at("", self.text.clone(), step, typed)).into_iter().collect()
            }
            Kind::List { .. } | Kind::Map(_) => {
                let typed = match self.typed.1 {
                    Some(TypeInfo::List(info)) => (info.item_ty().id(), info.item_info()),
                    Some(TypeInfo::Array(info)) => (info.item_ty().id(), info.item_info()),
                    Some(TypeInfo::Map(info)) => (info.value_ty().id(), info.value_info()),
                    _ => return Box::default(),
                };
                Box::new([self.part_at("", format!("{}[…]", self.text), Step::Item, typed)])
            }
            Kind::Declared => {
                let fields = self.component.declared.iter().flat_map(|declared| &declared.fields);
                fields.map(|(name, default)| self.entry(name, default)).collect()
            }
            Kind::Data { .. } => variants()
                .map(|(name, typed)| self.part_at(name, self.text.clone(), Step::Variant { name, field: 0 }, typed))
                .collect(),
            Kind::Leaf(_) | Kind::Set(_) | Kind::Closed(_) | Kind::Variant(VariantInfo::Unit(_)) | Kind::Fields(_) => {
                Box::default()
            }
        })
    }

    fn named(&self, name: &str, step: Step, typed: Typed) -> Part {
        self.part_at(name, format!("{}.{name}", self.text), step, typed)
    }

    fn counted<'a>(
        &self,
        fields: impl Iterator<Item = &'a bevy::reflect::UnnamedField>,
        step: impl Fn(usize) -> Step,
    ) -> Box<[Part]> {
        fields
            .enumerate()
            .map(|(index, field)| {
                let text = format!("{}[{}]", self.text, index + 1);
                self.part_at(&(index + 1).to_string(), text, step(index), (field.type_id(), field.type_info()))
            })
            .collect()
    }

    fn part_at(&self, name: &str, text: String, step: Step, typed: Typed) -> Part {
        let path = self.path.iter().cloned().chain([step]).collect();
        Part { name: name.into(), place: Place::new(Rc::clone(&self.component), path, text, typed) }
    }

    /// A field of a component that was defined in Lua: what is in it is of the default's type.
    fn entry(&self, name: &str, default: &LuaData) -> Part {
        let variant = match default.reflect_ref() {
            ReflectRef::Enum(default) if let Some(found) = variants().find(|(n, _)| *n == default.variant_name()) => {
                Some(found)
            }
            _ => None,
        };
        let steps = self.path.iter().cloned().chain([Step::Entry(name.into())]);
        let (component, text) = (Rc::clone(&self.component), format!("{}.{name}", self.text));
        let limit = component.declared.as_ref().and_then(|declared| declared.limits.get(name));
        let limit = limit.cloned().map(Box::new);
        let mut place = match variant.filter(|_| !default.is_table()) {
            Some((name, typed)) => {
                let path = steps.chain([Step::Variant { name, field: 0 }]).collect();
                Place::new(component, path, text, typed)
            }
            None => Place::of_kind(component, steps.collect(), text, data_type(), Kind::Data { is_table: true }),
        };
        if let Some(place) = Rc::get_mut(&mut place) {
            place.limit = limit;
        }
        Part { name: name.into(), place }
    }

    /// A variant: what its only field holds, or else all its fields.
    fn variant(&self, info: &'static VariantInfo) -> Part {
        if let VariantInfo::Tuple(tuple) = info
            && let (1, Some(field)) = (tuple.field_len(), tuple.field_at(0))
        {
            let step = Step::Variant { name: info.name(), field: 0 };
            return self.named(info.name(), step, (field.type_id(), field.type_info()));
        }
        let place = Place {
            component: Rc::clone(&self.component),
            path: self.path.clone(),
            text: format!("{}.{}", self.text, info.name()),
            typed: self.typed,
            kind: Kind::Variant(info),
            shape: None,
            limit: None,
            known: None,
            parts: OnceCell::new(),
        };
        Part { name: info.name().into(), place: Rc::new(place) }
    }
}

/// Whether two names are the same. Names are short, and to call for a comparison takes longer than to do it.
#[inline]
fn is_same(a: &[u8], b: &[u8]) -> bool {
    fn same_ends<const N: usize>(a: &[u8], b: &[u8]) -> bool {
        a.first_chunk::<N>() == b.first_chunk::<N>() && a.last_chunk::<N>() == b.last_chunk::<N>()
    }
    a.len() == b.len()
        && match a.len() {
            1 => a.first() == b.first(),
            4..=8 => same_ends::<4>(a, b),
            9..=16 => same_ends::<8>(a, b),
            _ => a == b,
        }
}

/// The type of data.
fn data_type() -> Typed {
    (TypeId::of::<LuaData>(), Some(LuaData::type_info()))
}

fn kind((type_id, info): Typed) -> Kind {
    if type_id == TypeId::of::<LuaData>() {
        return Kind::Data { is_table: false };
    }
    if let Some(leaf) = Leaf::of(type_id) {
        return Kind::Leaf(leaf);
    }
    match info {
        Some(info @ (TypeInfo::Struct(_) | TypeInfo::TupleStruct(_) | TypeInfo::Tuple(_))) => Kind::Fields(info),
        // A colour is an enum in Rust, and one value with parts in Lua.
        Some(info @ TypeInfo::Enum(_)) if Shape::of(type_id).is_some() => Kind::Fields(info),
        Some(TypeInfo::Enum(_)) if is_optional(info) => Kind::Option,
        // A handle is a value of its own, whatever it is made of.
        Some(TypeInfo::Enum(info)) if info.type_path().starts_with("bevy_asset::handle::Handle<") => {
            Kind::Closed("a handle")
        }
        Some(TypeInfo::Enum(info)) => Kind::Enum(info),
        Some(TypeInfo::List(_)) => Kind::List { is_fixed: false },
        Some(TypeInfo::Array(_)) => Kind::List { is_fixed: true },
        Some(TypeInfo::Map(info)) => Kind::Map((info.key_ty().id(), info.key_info())),
        Some(TypeInfo::Set(info)) => Kind::Set((info.value_ty().id(), None)),
        Some(TypeInfo::Opaque(_)) => Kind::Closed("an opaque value"),
        None => Kind::Closed("a dynamic value"),
    }
}

/// What it costs to look through all types for one that is not there, and for the one that may have been meant.
pub(in crate::plugin) const SEARCH_FUEL: u32 = 2000;

/// Finds the component that a script calls by a short or a full type path.
///
/// # Errors
/// If there is none or more than one; the message says which there are.
pub(in crate::plugin) fn resolve(world: &mut World, name: &str) -> Result<Rc<Place>, String> {
    if let Some(declared) = declared::find(world, name) {
        return Ok(declared_place(declared));
    }
    let Some(registry) = world.get_resource::<AppTypeRegistry>().cloned() else {
        return Err("this world has no type registry, so components cannot be found by name".to_owned());
    };
    let types = registry.read();
    let components = world.get_resource::<LuaComponents>();
    let others: Vec<&str> = components.into_iter().flat_map(LuaComponents::names).collect();
    let path = full_path(&types, name, &others)?;
    let Some(registration) = types.get_with_type_path(path) else { return Err(unknown(&types, name, &others)) };
    let Some(reflect) = registration.data::<ReflectComponent>() else {
        return Err(format!("'{name}' is a type but no component for scripts: it lacks #[reflect(Component)]"));
    };
    let info = registration.type_info();
    let id = reflect.register_component(world);
    let component = Rc::new(Component {
        name: info.type_path_table().short_path().to_owned(),
        path,
        declared: None,
        is_resource: registration.data::<ReflectResource>().is_some(),
        reflect: reflect.clone(),
        id,
        mutable: world.components().get_info(id).is_some_and(ComponentInfo::mutable),
        only_read: guard::why_only_read(world, &types, id, path),
        seen_on: Cell::new(None),
    });
    let text = component.name.clone();
    Ok(Place::new(component, Box::default(), text, (info.type_id(), Some(info))))
}

fn declared_place(declared: Arc<Declaration>) -> Rc<Place> {
    let (reflect, id) = declared.component();
    let name = declared.name.clone();
    let text = name.clone();
    let component = Component {
        name,
        path: "",
        declared: Some(declared),
        is_resource: false,
        reflect,
        id,
        mutable: true,
        only_read: None,
        seen_on: Cell::new(None),
    };
    let typed = (TypeId::of::<LuaFields>(), Some(LuaFields::type_info()));
    Place::of_kind(Rc::new(component), Box::new([Step::Field(declared::FIELDS)]), text, typed, Kind::Declared)
}

/// The full path of a Rust type that has this name.
pub(in crate::plugin) fn is_type(types: &TypeRegistry, name: &str) -> Option<&'static str> {
    let mut paths = types.iter().map(|registration| registration.type_info().type_path_table());
    paths.find(|path| path.short_path() == name).map(bevy::reflect::TypePathTable::path)
}

/// `others` are the components that were defined in Lua.
fn full_path(types: &TypeRegistry, name: &str, others: &[&str]) -> Result<&'static str, String> {
    let path = |registration: &bevy::reflect::TypeRegistration| registration.type_info().type_path();
    if types.is_ambiguous(name) {
        let mut paths: Vec<&str> = types
            .iter_with_data::<ReflectComponent>()
            .map(|(registration, _)| registration)
            .filter(|registration| registration.type_info().type_path_table().short_path() == name)
            .map(path)
            .collect();
        paths.sort_unstable();
        return match paths.as_slice() {
            [] => Err(unknown(types, name, others)),
            [one] => Ok(one),
            _ => {
                let choices: Vec<String> = paths.iter().map(|path| format!("entity[\"{path}\"]")).collect();
                Err(format!("'{name}' is ambiguous: write {}", choices.join(" or ")))
            }
        };
    }
    let found = types.get_with_short_type_path(name).or_else(|| types.get_with_type_path(name));
    found.map(path).ok_or_else(|| unknown(types, name, others))
}

fn unknown(types: &TypeRegistry, name: &str, others: &[&str]) -> String {
    let mut names: Vec<&str> = types
        .iter_with_data::<ReflectComponent>()
        .map(|(registration, _)| registration.type_info().type_path_table().short_path())
        .filter(|name| !name.starts_with("LuaComponent<"))
        .chain(others.iter().copied())
        .collect();
    names.sort_unstable();
    names.dedup();
    match nearest(name, &names).0 {
        hint if hint.is_empty() => {
            format!("unknown component '{name}': no type of that name with #[reflect(Component)] is registered")
        }
        hint => format!("unknown component '{name}'{hint}"),
    }
}

/// The names of an entity's components that scripts can use, in alphabetical order.
pub(in crate::plugin) fn component_names(world: &World, entity: Entity) -> Vec<&str> {
    let (Some(registry), Ok(components)) = (world.get_resource::<AppTypeRegistry>(), world.inspect_entity(entity))
    else {
        return Vec::new();
    };
    let types = registry.read();
    let declared = world.get_resource::<LuaComponents>();
    let mut names: Vec<&str> = components
        .filter_map(|info| {
            let type_id = info.type_id()?;
            if let Some(name) = declared.and_then(|declared| declared.name_of(type_id)) {
                return Some(name);
            }
            let registration = types.get(type_id)?;
            registration.data::<ReflectComponent>()?;
            Some(registration.type_info().type_path_table().short_path())
        })
        .collect();
    names.sort_unstable();
    names
}

/// What to say about an entity that lacks a component.
#[cold]
pub(in crate::plugin) fn lacks(world: &World, entity: Entity, component: &Component) -> String {
    let has = component_names(world, entity);
    format!("entity {} has no {}; it has: {}", label(world, entity), component.shown(&has), listed(&has))
}

impl Component {
    /// The name, or the full path where the entity has another component of that name.
    fn shown(&self, others: &[&str]) -> &str {
        if others.contains(&&*self.name) && !self.path.is_empty() { self.path } else { &self.name }
    }
}
