//! What a hostile script finds in the world: types of every shape that reflection knows, and game code that interferes.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::num::NonZeroU8;
use std::ops::Range;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use bevy::ecs::lifecycle::HookContext;
use bevy::ecs::world::DeferredWorld;
use bevy::platform::collections::{HashMap, HashSet};
use bevy::prelude::*;
use bevy::reflect::TypePath;

#[derive(Component, Reflect, Clone, Debug, Default, PartialEq)]
#[reflect(Component, Default, Clone, PartialEq)]
pub(super) struct Widths {
    a: i8,
    b: i16,
    c: i32,
    d: i64,
    e: isize,
    f: u8,
    g: u16,
    h: u32,
    i: u64,
    j: usize,
    k: f32,
    l: f64,
    m: u128,
    n: i128,
}

#[derive(Component, Reflect, Clone, Debug, Default, PartialEq)]
#[reflect(Component, Default, Clone, PartialEq)]
pub(super) struct Phrases {
    plain: String,
    cow: Cow<'static, str>,
    letter: char,
    flag: bool,
    time: Duration,
    unit: (),
    path: PathBuf,
    range: Range<f32>,
    shared: Arc<str>,
    small: Option<NonZeroU8>,
}

#[derive(Component, Reflect, Clone, Debug, Default, PartialEq)]
#[reflect(Component, Default, Clone, PartialEq)]
pub(super) struct Figures {
    at: Vec3,
    flat: Vec2,
    wide: Vec4,
    cell: IVec3,
    size: UVec2,
    turn: Quat,
    tint: Color,
    exact: Srgba,
    matrix: Mat4,
    place: Transform,
    long: bevy::math::DVec3,
    flags: BVec3,
}

/// Collections, in and out of each other.
#[derive(Component, Reflect, Clone, Debug, Default, PartialEq)]
#[reflect(Component, Default, Clone, PartialEq)]
pub(super) struct Shelves {
    items: Vec<Ware>,
    nested: Vec<Vec<Option<f32>>>,
    ring: VecDeque<i64>,
    fixed: [Ware; 3],
    none: [u8; 0],
    names: HashMap<String, Ware>,
    grid: HashMap<(i32, i32), String>,
    cells: HashMap<IVec2, u8>,
    sorted: BTreeMap<i64, Vec<f32>>,
    floats: BTreeMap<char, BTreeMap<bool, u8>>,
    tags: HashSet<u32>,
    marks: HashSet<Stamp>,
    ordered: BTreeSet<String>,
    owners: HashMap<Entity, Ware>,
    parts: HashMap<Unhashed, u8>,
    data: Vec<deimos::LuaData>,
    fields: deimos::LuaFields,
}

#[derive(Reflect, Clone, Debug, Default, PartialEq)]
#[reflect(Default, Clone, PartialEq)]
pub(super) struct Ware {
    name: String,
    count: u32,
    extra: Option<Couple>,
}

#[derive(Reflect, Clone, Debug, Default, PartialEq)]
pub(super) struct Couple(u8, bool);

#[derive(Reflect, Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[reflect(Hash, PartialEq)]
pub(super) enum Stamp {
    Plain,
    Deep(u8),
}

/// A key that reflection cannot hash.
#[derive(Reflect, Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct Unhashed(u8);

#[derive(Component, Reflect, Clone, Debug, Default, PartialEq)]
#[reflect(Component, Default, Clone, PartialEq)]
pub(super) enum Guise {
    #[default]
    Point,
    Circle(f32),
    Box(f32, Vec2),
    Star {
        points: u32,
        inner: Option<Badge>,
    },
    List(Vec<Guise>),
    Named(HashMap<String, Guise>),
}

#[derive(Reflect, Clone, Debug, Default, PartialEq)]
pub(super) enum Badge {
    #[default]
    A,
    B {
        at: Vec3,
        who: Option<Entity>,
    },
    C(BadgeInner),
}

#[derive(Reflect, Clone, Debug, Default, PartialEq)]
pub(super) struct BadgeInner(Option<Option<i8>>, (u8, (bool, String)));

/// It holds itself.
#[derive(Component, Reflect, Clone, Debug, Default, PartialEq)]
#[reflect(Component, Default, Clone, PartialEq)]
pub(super) struct Tree {
    branches: Vec<Tree>,
    by_name: BTreeMap<String, Tree>,
    leaf: Option<Entity>,
}

#[derive(Component, Reflect, Clone, Debug, Default, PartialEq)]
#[reflect(Component, Default)]
pub(super) struct Wrapped(f32);

#[derive(Component, Reflect, Clone, Debug, PartialEq)]
#[reflect(Component)]
pub(super) struct Bare {
    a: i32,
    b: Option<f32>,
    c: Vec<Couple>,
}

/// Only whole copies of it can be made.
#[derive(Component, Reflect, Clone, Debug, Default)]
#[reflect(Component, Clone, from_reflect = false)]
pub(super) struct Unbuilt {
    a: i32,
    #[reflect(ignore)]
    _hidden: u8,
}

/// Not even that.
#[derive(Component, Reflect, Debug, Default)]
#[reflect(Component, from_reflect = false)]
pub(super) struct Uncopied {
    a: i32,
    list: Vec<i32>,
}

#[derive(Component, Reflect, Clone, Debug, Default, PartialEq)]
#[reflect(opaque, Component, Default, Clone, PartialEq)]
pub(super) struct Sealed(u64);

/// Nor can anybody look into it, or copy it by reflection.
#[derive(Component, Reflect, Clone, Debug, Default)]
#[reflect(opaque, Component, Default)]
pub(super) struct Shut([u8; 0]);

/// It holds such values.
#[derive(Component, Reflect, Debug, Default)]
#[reflect(Component, Default)]
pub(super) struct Safe {
    number: i32,
    shut: Shut,
    list: Vec<Shut>,
    some: Option<Shut>,
    pair: (u8, Shut),
}

#[derive(Component, Reflect, Clone, Debug, Default)]
#[reflect(Component, Default)]
pub(super) struct Banner;

/// A type that two others share their short name with.
#[derive(Component, Reflect, Clone, Debug, Default)]
#[reflect(Component, Default)]
pub(super) struct Generic<T: Reflect + TypePath + Default + Clone + std::fmt::Debug>(T);

/// An asset that the app was never told of.
#[derive(Asset, Reflect, Clone, Debug, Default)]
pub(super) struct Unseen(u8);

#[derive(Component, Reflect, Clone, Debug, Default)]
#[reflect(Component, Default, Clone)]
pub(super) struct Handles {
    known: Handle<deimos::LuaScript>,
    unknown: Handle<Unseen>,
    many: Vec<Handle<Unseen>>,
    who: Option<Entity>,
    all: Vec<Entity>,
}

#[derive(Component, Reflect, Clone, Debug, Default)]
#[component(immutable)]
#[reflect(Component, Default)]
pub(super) struct Stone {
    weight: f32,
    veins: Vec<u8>,
}

#[derive(Component, Reflect, Clone, Debug, Default)]
#[reflect(Component, Default)]
#[require(Needed, Banner)]
pub(super) struct Needs(u8);

#[derive(Component, Reflect, Clone, Debug, Default)]
#[reflect(Component, Default)]
#[require(Wrapped(1.0))]
pub(super) struct Needed;

// -- relationships -----------------------------------------------------------------------------------

#[derive(Component, Reflect, Clone, Debug)]
#[reflect(Component)]
#[relationship(relationship_target = LikedBy)]
pub(super) struct Likes(Entity);

#[derive(Component, Reflect, Clone, Debug, Default)]
#[reflect(Component, Default)]
#[relationship_target(relationship = Likes)]
pub(super) struct LikedBy(Vec<Entity>);

/// What is owned goes with its owner.
#[derive(Component, Reflect, Clone, Debug)]
#[reflect(Component)]
#[relationship(relationship_target = Owns)]
pub(super) struct OwnedBy(Entity);

#[derive(Component, Reflect, Clone, Debug, Default)]
#[reflect(Component, Default)]
#[relationship_target(relationship = OwnedBy, linked_spawn)]
pub(super) struct Owns(Vec<Entity>);

/// One to one.
#[derive(Component, Reflect, Clone, Debug)]
#[reflect(Component)]
#[relationship(relationship_target = MarriedFrom)]
pub(super) struct MarriedTo {
    #[relationship]
    to: Entity,
    since: f32,
}

#[derive(Component, Reflect, Clone, Debug)]
#[reflect(Component)]
#[relationship_target(relationship = MarriedTo)]
pub(super) struct MarriedFrom(Entity);

// -- game code that interferes -----------------------------------------------------------------------

/// Despawns its entity when it comes.
#[derive(Component, Reflect, Clone, Debug, Default)]
#[reflect(Component, Default)]
#[component(on_add = despawn_at_once)]
pub(super) struct Poison;

/// Despawns its entity when it goes.
#[derive(Component, Reflect, Clone, Debug, Default)]
#[reflect(Component, Default)]
#[component(on_remove = despawn_at_once)]
pub(super) struct Lifeline;

/// Takes everything else off its entity when it comes.
#[derive(Component, Reflect, Clone, Debug, Default)]
#[reflect(Component, Default)]
#[component(on_insert = clear_at_once)]
pub(super) struct Solvent;

/// Cannot stay.
#[derive(Component, Reflect, Clone, Debug, Default)]
#[reflect(Component, Default)]
#[component(on_add = leave_at_once)]
pub(super) struct Shy {
    a: Vec<u8>,
}

fn despawn_at_once(mut world: DeferredWorld<'_>, context: HookContext) {
    world.commands().entity(context.entity).try_despawn();
}

fn clear_at_once(mut world: DeferredWorld<'_>, context: HookContext) {
    world.commands().entity(context.entity).queue_silenced(|mut entity: EntityWorldMut<'_>| {
        entity.clear();
    });
}

fn leave_at_once(mut world: DeferredWorld<'_>, context: HookContext) {
    world.commands().entity(context.entity).try_remove::<Shy>();
}

// -- events, messages, resources ---------------------------------------------------------------------

#[derive(EntityEvent, Reflect, Clone)]
#[reflect(Event)]
pub(super) struct Blow {
    entity: Entity,
    amount: f32,
    by: Option<Entity>,
}

#[derive(EntityEvent, Reflect, Clone)]
#[entity_event(propagate, auto_propagate)]
#[reflect(Event)]
pub(super) struct Shout {
    entity: Entity,
    words: Vec<String>,
}

#[derive(EntityEvent, Reflect, Clone)]
#[entity_event(propagate = &'static OwnedBy)]
#[reflect(Event)]
pub(super) struct Claim(Entity);

#[derive(Event, Reflect, Clone, Default)]
#[reflect(Event, Default)]
pub(super) struct Siren {
    level: f32,
    shape: Guise,
}

#[derive(Message, Reflect, Clone, Default)]
#[reflect(Message, Default)]
pub(super) struct Racket {
    volume: f32,
    near: Vec<Entity>,
}

#[derive(Message, Reflect, Clone)]
#[reflect(Message)]
pub(super) struct Unbuffered;

#[derive(Resource, Reflect, Clone, Debug, Default)]
#[reflect(Resource, Default)]
pub(super) struct Census {
    points: i32,
    names: Vec<String>,
    best: Option<Ware>,
}

#[derive(Resource, Reflect, Clone, Debug, Default)]
#[reflect(Resource, Default)]
pub(super) enum Weather {
    #[default]
    Sunny,
    Rain(f32),
}

/// A resource that the app has not got.
#[derive(Resource, Reflect, Clone, Debug)]
#[reflect(Resource)]
pub(super) struct Absent(u8);

/// Adds all of it to an app.
pub(super) fn add_to(app: &mut App) {
    app.register_type::<Generic<f32>>()
        .register_type::<Generic<String>>()
        .register_type::<Messages<Racket>>()
        .add_message::<Racket>()
        .init_resource::<Census>()
        .init_resource::<Weather>()
        .add_observer(|on: On<'_, '_, Blow>, alive: Query<'_, '_, &Transform>, mut commands: Commands<'_, '_>| {
            if on.amount > 1.0 && alive.contains(on.entity) {
                commands.entity(on.entity).try_despawn();
            }
        })
        .add_observer(|on: On<'_, '_, Shout>, mut shapes: Query<'_, '_, &mut Guise>| {
            if let Ok(mut shape) = shapes.get_mut(on.entity) {
                *shape = Guise::Circle(0.0);
            }
        });
}

/// An entity with much on it.
pub(super) fn everything() -> impl Bundle {
    (
        (Widths::default(), Phrases::default(), Figures::default(), Shelves::default(), Guise::default()),
        (Tree::default(), Wrapped::default(), Bare { a: 1, b: None, c: vec![Couple(1, true)] }),
        (Unbuilt::default(), Uncopied::default(), Sealed(7), Generic(1.0_f32), Handles::default()),
        (Shut([]), Safe { list: vec![Shut([])], some: Some(Shut([])), ..default() }),
        (Stone::default(), Needs::default(), Transform::default(), Name::new("everything")),
    )
}
