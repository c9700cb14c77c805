//! What belongs to the game: what scripts can read, and never change.
//!
//! Reflection reaches much that Bevy and the plugin keep for themselves: clocks, budgets, the entities that hold resources,
//! the far side of relationships. A script that changed it would take away what everything else relies on, and about some
//! of it Bevy panics. Whatever changes the world for a script asks here first; who only reads never does.

use bevy::ecs::component::ComponentId;
use bevy::ecs::entity::Entity;
use bevy::ecs::hierarchy::Children;
use bevy::ecs::observer::Observer;
use bevy::ecs::reflect::ReflectComponent;
use bevy::ecs::relationship::RelationshipAccessor;
use bevy::ecs::resource::IsResource;
use bevy::ecs::system::SystemIdMarker;
use bevy::ecs::world::World;
use bevy::reflect::{TypePath, TypeRegistry};

use super::behaviour::BehaviourStatus;
use super::declared::{LuaComponent, LuaComponents};
use super::entity::label;
use super::reflect::Component;
use super::settings::DeimosSettings;

/// The types of Bevy's that belong to the game, by their full paths; one that ends in `<` stands for all of its kind.
const OF_THE_GAME: &[&str] = &[
    "bevy_ecs::entity_disabling::DefaultQueryFilters",
    "bevy_ecs::message::messages::Messages<",
    "bevy_ecs::observer::distributed_storage::ObservedBy",
    "bevy_ecs::resource::IsResource",
    "bevy_state::state::resources::NextState<",
    "bevy_state::state::resources::PreviousState<",
    "bevy_state::state::resources::State<",
    "bevy_time::delayed_commands::DelayedCommandQueue",
    "bevy_time::time::Time<",
];

/// Makes the world know every component that scripts can name: of a relationship Bevy knows the sides once it knows both.
fn learn_components(world: &mut World, types: &TypeRegistry) {
    let count = types.iter().count();
    if world.get_resource_or_init::<LuaComponents>().learned == count {
        return;
    }
    let mut components: Vec<_> = types.iter_with_data::<ReflectComponent>().collect();
    components.sort_unstable_by_key(|(known, _)| known.type_info().type_path());
    for (_, reflect) in components {
        reflect.register_component(world);
    }
    world.get_resource_or_init::<LuaComponents>().learned = count;
}

/// Why scripts can only read a component, whichever entity has it.
pub(super) fn why_only_read(
    world: &mut World,
    types: &TypeRegistry,
    id: ComponentId,
    type_path: &str,
) -> Option<&'static str> {
    learn_components(world, types);
    if is_of_the_game(type_path) {
        return Some("it belongs to the game; scripts can read it");
    }
    match world.components().get_info(id)?.relationship_accessor()? {
        RelationshipAccessor::RelationshipTarget { .. } if world.component_id::<Children>() == Some(id) => {
            Some("it follows from the children: use entity:add_child(child) and entity:remove_child(child)")
        }
        RelationshipAccessor::RelationshipTarget { .. } => Some(
            "it follows from the entities that name this one: change the relationship there; here scripts can read it",
        ),
        RelationshipAccessor::Relationship { .. } => None,
    }
}

/// Whether a type belongs to the game.
fn is_of_the_game(type_path: &str) -> bool {
    // What scripts define they reach by the names that they gave, under which the fields keep their types.
    let generic = |path: &str| path.split('<').next().map(str::to_owned);
    let is_slot = generic(LuaComponent::<0>::type_path()) == generic(type_path);
    if is_slot || [BehaviourStatus::type_path(), DeimosSettings::type_path()].contains(&type_path) {
        return true;
    }
    OF_THE_GAME.iter().any(|known| match known.strip_suffix('<') {
        Some(generic) => type_path.strip_prefix(generic).is_some_and(|rest| rest.starts_with('<')),
        None => type_path == *known,
    })
}

/// Fails unless scripts may insert, change and remove a component.
///
/// # Errors
/// Why they cannot, without the component's name.
#[inline]
pub(super) fn check_component(component: &Component) -> Result<(), String> {
    component.only_read.map_or(Ok(()), |why| Err(why.to_owned()))
}

/// Fails unless scripts may despawn an entity, and give it components, a name and a place in the hierarchy.
///
/// # Errors
/// Why they cannot.
pub(super) fn check_entity(world: &World, entity: Entity) -> Result<(), String> {
    let Ok(found) = world.get_entity(entity) else { return Ok(()) };
    let what = if found.contains::<IsResource>() {
        "holds a resource"
    } else if found.contains::<Observer>() {
        "is an observer"
    } else if found.contains::<SystemIdMarker>() {
        "is a system"
    } else {
        return Ok(());
    };
    Err(format!("entity {} {what} and belongs to the game; scripts can read it", label(world, entity)))
}
