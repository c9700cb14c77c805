//! Where in a component something is, resolved once and shared by all entities.
//!
//! A [`Place`] is a component or a field at any depth of its structs and tuples: the way there as field positions, and
//! what kind of value is found. It is derived from type information alone, never from a value, and is built as
//! scripts come by. Nothing here reads or writes a world's data.

use std::any::TypeId;
use std::borrow::Cow;
use std::cell::OnceCell;
use std::rc::Rc;

use bevy::ecs::component::{ComponentId, ComponentInfo};
use bevy::ecs::entity::Entity;
use bevy::ecs::reflect::{AppTypeRegistry, ReflectComponent};
use bevy::ecs::world::World;
use bevy::reflect::enums::EnumInfo;
use bevy::reflect::{TypeInfo, TypeRegistry};

use super::entity::label;

/// A component type that scripts use.
pub(super) struct Component {
    /// Its short type path, by which errors call it.
    pub(super) name: String,
    /// Its full type path.
    path: &'static str,
    /// How to get at it on an entity.
    pub(super) reflect: ReflectComponent,
    /// Its identifier in the world.
    pub(super) id: ComponentId,
    /// Whether it may be changed in place.
    pub(super) mutable: bool,
}

/// A component, or a field of it at any depth.
pub(super) struct Place {
    /// The component.
    pub(super) component: Rc<Component>,
    /// The field positions that lead there.
    pub(super) path: Box<[usize]>,
    /// How a script writes it: `Transform.translation.x`.
    pub(super) text: String,
    /// The type of what is there.
    pub(super) type_id: TypeId,
    /// What is there.
    pub(super) kind: Kind,
    fields: OnceCell<Box<[Field]>>,
}

/// A field of a place.
struct Field {
    name: Box<str>,
    place: Rc<Place>,
}

/// What is at a place.
#[derive(Clone, Copy)]
pub(super) enum Kind {
    /// A value that Lua has too.
    Leaf(Leaf),
    /// One of several variants.
    Enum(&'static EnumInfo),
    /// Something with fields, by name in a struct and counted from 1 in a tuple.
    Fields(&'static TypeInfo),
    /// Something that scripts cannot look into; the word says what.
    Closed(&'static str),
}

/// The types of values that Lua has too.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Leaf {
    Bool,
    I8,
    I16,
    I32,
    I64,
    Isize,
    U8,
    U16,
    U32,
    U64,
    Usize,
    F32,
    F64,
    Char,
    String,
    Text,
    Entity,
}

impl Place {
    /// Whether the place is the component that a script calls by this name.
    pub(super) fn is_called(&self, name: &[u8]) -> bool {
        self.path.is_empty() && self.component.name.as_bytes() == name
    }

    /// The field with this name.
    pub(super) fn field(&self, name: &[u8]) -> Option<&Rc<Place>> {
        self.fields().iter().find(|field| field.name.as_bytes() == name).map(|field| &field.place)
    }

    /// The field of a tuple at this position, counted from 1.
    pub(super) fn item(&self, position: i64) -> Option<&Rc<Place>> {
        if matches!(self.kind, Kind::Fields(TypeInfo::Struct(_))) {
            return None;
        }
        let index = usize::try_from(position.checked_sub(1)?).ok()?;
        self.fields().get(index).map(|field| &field.place)
    }

    /// The first field as a script writes it behind the component, as an example.
    pub(super) fn first_field(&self) -> String {
        match (self.kind, self.fields().first()) {
            (Kind::Fields(TypeInfo::Struct(_)), Some(field)) => format!(".{}", field.name),
            (_, Some(field)) => format!("[{}]", field.name),
            (_, None) => String::new(),
        }
    }

    /// What to say about a field that is not there.
    pub(super) fn no_field(&self, name: &str) -> String {
        let text = &self.text;
        match self.kind {
            Kind::Fields(_) if self.fields().is_empty() => {
                format!("'{text}' has no field '{name}': it has none at all")
            }
            Kind::Fields(_) => {
                let names: Vec<&str> = self.fields().iter().map(|field| &*field.name).collect();
                format!("'{text}' has no field '{name}'{}; it has: {}", hint(name, &names), listed(&names))
            }
            Kind::Closed(what) => format!("'{text}' is {what}, whose parts scripts cannot reach"),
            Kind::Leaf(_) | Kind::Enum(_) => format!("'{text}' is a single value without fields"),
        }
    }

    fn new(component: Rc<Component>, path: Box<[usize]>, text: String, info: Info) -> Rc<Place> {
        let (type_id, kind) = (info.0, kind(info));
        Rc::new(Place { component, path, text, type_id, kind, fields: OnceCell::new() })
    }

    fn fields(&self) -> &[Field] {
        self.fields.get_or_init(|| match self.kind {
            Kind::Fields(TypeInfo::Struct(info)) => info
                .iter()
                .enumerate()
                .map(|(index, field)| self.make_field(index, field.name(), (field.type_id(), field.type_info())))
                .collect(),
            Kind::Fields(TypeInfo::TupleStruct(info)) => self.make_items(info.iter()),
            Kind::Fields(TypeInfo::Tuple(info)) => self.make_items(info.iter()),
            _ => Box::default(),
        })
    }

    fn make_items<'a>(&self, items: impl Iterator<Item = &'a bevy::reflect::UnnamedField>) -> Box<[Field]> {
        items
            .enumerate()
            .map(|(index, item)| self.make_field(index, &(index + 1).to_string(), (item.type_id(), item.type_info())))
            .collect()
    }

    fn make_field(&self, index: usize, name: &str, info: Info) -> Field {
        let text = match self.kind {
            Kind::Fields(TypeInfo::Struct(_)) => format!("{}.{name}", self.text),
            _ => format!("{}[{name}]", self.text),
        };
        let path = self.path.iter().copied().chain([index]).collect();
        Field { name: name.into(), place: Place::new(Rc::clone(&self.component), path, text, info) }
    }
}

/// A type and, unless it is dynamic, what it is made of.
type Info = (TypeId, Option<&'static TypeInfo>);

fn kind((type_id, info): Info) -> Kind {
    if let Some(leaf) = leaf(type_id) {
        return Kind::Leaf(leaf);
    }
    match info {
        Some(info @ (TypeInfo::Struct(_) | TypeInfo::TupleStruct(_) | TypeInfo::Tuple(_))) => Kind::Fields(info),
        Some(TypeInfo::Enum(info)) => Kind::Enum(info),
        Some(TypeInfo::List(_)) => Kind::Closed("a list"),
        Some(TypeInfo::Array(_)) => Kind::Closed("an array"),
        Some(TypeInfo::Map(_)) => Kind::Closed("a map"),
        Some(TypeInfo::Set(_)) => Kind::Closed("a set"),
        Some(TypeInfo::Opaque(_)) => Kind::Closed("an opaque value"),
        None => Kind::Closed("a dynamic value"),
    }
}

fn leaf(type_id: TypeId) -> Option<Leaf> {
    let leaves = [
        (TypeId::of::<f32>(), Leaf::F32),
        (TypeId::of::<f64>(), Leaf::F64),
        (TypeId::of::<bool>(), Leaf::Bool),
        (TypeId::of::<i8>(), Leaf::I8),
        (TypeId::of::<i16>(), Leaf::I16),
        (TypeId::of::<i32>(), Leaf::I32),
        (TypeId::of::<i64>(), Leaf::I64),
        (TypeId::of::<isize>(), Leaf::Isize),
        (TypeId::of::<u8>(), Leaf::U8),
        (TypeId::of::<u16>(), Leaf::U16),
        (TypeId::of::<u32>(), Leaf::U32),
        (TypeId::of::<u64>(), Leaf::U64),
        (TypeId::of::<usize>(), Leaf::Usize),
        (TypeId::of::<char>(), Leaf::Char),
        (TypeId::of::<String>(), Leaf::String),
        (TypeId::of::<Cow<'static, str>>(), Leaf::Text),
        (TypeId::of::<Entity>(), Leaf::Entity),
    ];
    leaves.into_iter().find(|(id, _)| *id == type_id).map(|(_, leaf)| leaf)
}

/// Finds the component that a script calls by a short or a full type path.
///
/// # Errors
/// If there is none or more than one; the message says which there are.
pub(super) fn resolve(world: &mut World, name: &str) -> Result<Rc<Place>, String> {
    let Some(registry) = world.get_resource::<AppTypeRegistry>().cloned() else {
        return Err("this world has no type registry, so components cannot be found by name".to_owned());
    };
    let types = registry.read();
    let path = full_path(&types, name)?;
    let Some(registration) = types.get_with_type_path(path) else { return Err(unknown(&types, name)) };
    let Some(reflect) = registration.data::<ReflectComponent>() else {
        return Err(format!("'{name}' is a type but no component for scripts: it lacks #[reflect(Component)]"));
    };
    let info = registration.type_info();
    let id = reflect.register_component(world);
    let component = Rc::new(Component {
        name: info.type_path_table().short_path().to_owned(),
        path,
        reflect: reflect.clone(),
        id,
        mutable: world.components().get_info(id).is_some_and(ComponentInfo::mutable),
    });
    let text = component.name.clone();
    Ok(Place::new(component, Box::default(), text, (info.type_id(), Some(info))))
}

fn full_path(types: &TypeRegistry, name: &str) -> Result<&'static str, String> {
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
            [] => Err(unknown(types, name)),
            [one] => Ok(one),
            _ => {
                let choices: Vec<String> = paths.iter().map(|path| format!("entity[\"{path}\"]")).collect();
                Err(format!("'{name}' is ambiguous: write {}", choices.join(" or ")))
            }
        };
    }
    let found = types.get_with_short_type_path(name).or_else(|| types.get_with_type_path(name));
    found.map(path).ok_or_else(|| unknown(types, name))
}

fn unknown(types: &TypeRegistry, name: &str) -> String {
    let mut names: Vec<&str> = types
        .iter_with_data::<ReflectComponent>()
        .map(|(registration, _)| registration.type_info().type_path_table().short_path())
        .collect();
    names.sort_unstable();
    names.dedup();
    match hint(name, &names) {
        hint if hint.is_empty() => {
            format!("unknown component '{name}': no type of that name with #[reflect(Component)] is registered")
        }
        hint => format!("unknown component '{name}'{hint}"),
    }
}

/// What to say about an entity that lacks a component.
#[cold]
pub(super) fn lacks(world: &World, entity: Entity, component: &Component) -> String {
    let mut has = Vec::new();
    if let (Some(registry), Ok(components)) = (world.get_resource::<AppTypeRegistry>(), world.inspect_entity(entity)) {
        let types = registry.read();
        has = components
            .filter_map(|info| types.get(info.type_id()?))
            .filter(|registration| registration.data::<ReflectComponent>().is_some())
            .map(|registration| registration.type_info().type_path_table().short_path())
            .collect();
        has.sort_unstable();
    }
    format!("entity {} has no {}; it has: {}", label(world, entity), component.shown(&has), listed(&has))
}

impl Component {
    /// The name, or the full path where the entity has another component of that name.
    fn shown(&self, others: &[&str]) -> &str {
        if others.contains(&&*self.name) { self.path } else { &self.name }
    }
}

/// The names as a list for people, cut where it gets long.
pub(super) fn listed(names: &[&str]) -> String {
    const SHOWN_MAX: usize = 16;
    let mut text = names.iter().take(SHOWN_MAX).copied().collect::<Vec<_>>().join(", ");
    if names.len() > SHOWN_MAX {
        text.push_str(", …");
    }
    if text.is_empty() { "nothing that scripts can see".to_owned() } else { text }
}

/// `; did you mean 'x'?` if one of the names is near to what was written.
pub(super) fn hint(written: &str, names: &[&str]) -> String {
    let nearest = names.iter().map(|name| (distance(written, name), name)).min_by_key(|(distance, _)| *distance);
    match nearest {
        Some((distance, name)) if distance <= (written.chars().count() + 1) / 3 => format!("; did you mean '{name}'?"),
        _ => String::new(),
    }
}

/// How many letters must be changed, added or removed to get from one word to the other; case counts as nothing.
fn distance(from: &str, to: &str) -> usize {
    const LENGTH_MAX: usize = 64;
    let letters = |word: &str| -> Vec<char> { word.chars().take(LENGTH_MAX).flat_map(char::to_lowercase).collect() };
    let (from, to) = (letters(from), letters(to));
    let mut row: Vec<usize> = (0..=to.len()).collect();
    for (line, a) in from.iter().enumerate() {
        let mut next = vec![line + 1];
        for (b, pair) in to.iter().zip(row.windows(2)) {
            let &[diagonal, above] = pair else { continue };
            let left = next.last().copied().unwrap_or_default();
            next.push((diagonal + usize::from(a != b)).min(above + 1).min(left + 1));
        }
        row = next;
    }
    row.last().copied().unwrap_or_default()
}
