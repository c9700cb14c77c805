//! Bevy's types as arguments and results of Rust functions: entities, handles, data, and whatever reflects.
//!
//! Vectors, rotations and colours are converted where their shapes are, in `values`. What needs the world for it finds it
//! in the host that the call hands on; results do without, but for the types that the machine's registry keeps.

use std::any::{Any, TypeId};
use std::ops::{Deref, DerefMut};

use bevy::app::App;
use bevy::asset::{Asset, Handle};
use bevy::ecs::entity::Entity;
use bevy::ecs::reflect::AppTypeRegistry;
use bevy::ecs::world::World;
use bevy::log::error;
use bevy::reflect::{FromReflect, GetTypeRegistration, Reflect, Typed};

use super::assets;
use super::data::LuaData;
use super::entity::{as_entity, entity_value};
use super::reflect::{Builder, as_reference, is_optional, keep_types, to_lua_here};
use super::scheduler::Scripts;
use crate::api::{Context, FromLua, IntoLua, Mismatch, Raised, Value};

/// Lets results be made with the types of the app's world.
pub(super) fn install(app: &mut App) {
    let Some(types) = app.world().get_resource::<AppTypeRegistry>().cloned() else { return };
    if let Some(mut scripts) = app.world_mut().get_non_send_mut::<Scripts>()
        && scripts.lua().enter(|ctx| keep_types(ctx, &types)).is_err()
    {
        error!(target: "deimos", "there is no memory for the first values of scripts: raise the memory limit");
    }
}

/// What an error in the world says, as the reason why an argument does not convert.
pub(super) fn as_mismatch<'gc>(ctx: Context<'gc>, raised: &Raised<'gc>) -> Mismatch {
    match raised.to_value(ctx) {
        Value::String(text) => Mismatch::message(text.to_text().into_owned()),
        _ => Mismatch::message("it cannot be looked up"),
    }
}

/// The world that the host of a call is.
fn world_in<'a>(host: &'a dyn Any, what: &str) -> Result<&'a World, Mismatch> {
    host.downcast_ref().ok_or_else(|| Mismatch::message(format!("there is no world here to make a {what} with")))
}

impl<'gc> FromLua<'gc> for Entity {
    const EXPECTED: &'static str = "entity";

    fn from_lua(ctx: Context<'gc>, value: Value<'gc>) -> Result<Entity, Mismatch> {
        as_entity(value).ok_or_else(|| Mismatch::new(ctx, Self::EXPECTED, value))
    }
}

impl<'gc> IntoLua<'gc> for Entity {
    fn into_lua(self, ctx: Context<'gc>) -> Result<Value<'gc>, Raised<'gc>> {
        Ok(entity_value(ctx, self))
    }
}

/// Of a handle of the same type of asset, or of the path of a file, which is then loaded.
impl<'gc, A: Asset> FromLua<'gc> for Handle<A> {
    const EXPECTED: &'static str = "handle of an asset";

    fn from_lua(ctx: Context<'gc>, value: Value<'gc>) -> Result<Handle<A>, Mismatch> {
        Self::from_lua_in(ctx, &(), value)
    }

    fn from_lua_in(ctx: Context<'gc>, host: &dyn Any, value: Value<'gc>) -> Result<Handle<A>, Mismatch> {
        let asset_type = TypeId::of::<A>();
        let untyped = match (value, assets::as_handle(value)) {
            (_, Some(given)) => match given.clone().try_typed() {
                Ok(handle) => return Ok(handle),
                Err(_) => {
                    let world = world_in(host, "handle of another type")?;
                    assets::typed(ctx, world, given, asset_type).map_err(Mismatch::message)?
                }
            },
            (Value::String(path), None) => {
                let path = path.to_str().ok_or_else(|| Mismatch::message("the path is not UTF-8"))?;
                let world = world_in(host, "handle of a path")?;
                let asked = assets::request(ctx, world, Some(asset_type), path);
                asked.map_err(|refused| Mismatch::message(refused.message()))?
            }
            _ => return Err(Mismatch::new(ctx, "asset or path of one", value)),
        };
        untyped.try_typed().map_err(|_| Mismatch::new(ctx, Self::EXPECTED, value))
    }
}

impl<'gc, A: Asset> IntoLua<'gc> for Handle<A> {
    fn into_lua(self, ctx: Context<'gc>) -> Result<Value<'gc>, Raised<'gc>> {
        Ok(assets::value(ctx, self.untyped()))
    }
}

/// Any value that is data; what a reference names is copied. Nil is none: that is an `Option<LuaData>`.
impl<'gc> FromLua<'gc> for LuaData {
    const EXPECTED: &'static str = "data";

    fn from_lua(ctx: Context<'gc>, value: Value<'gc>) -> Result<LuaData, Mismatch> {
        Self::from_lua_in(ctx, &(), value)
    }

    fn from_lua_in(ctx: Context<'gc>, host: &dyn Any, value: Value<'gc>) -> Result<LuaData, Mismatch> {
        if value.is_nil() {
            return Err(Mismatch::new(ctx, "boolean, number, string, entity, vector, colour or table", value));
        }
        let world = world_in(host, "LuaData")?;
        Builder::new(ctx, world, "data").whole_data(value).map_err(Mismatch::message)
    }
}

impl<'gc> IntoLua<'gc> for LuaData {
    fn into_lua(self, ctx: Context<'gc>) -> Result<Value<'gc>, Raised<'gc>> {
        Ok(self.to_value(ctx, false)?)
    }
}

/// A value of any type that derives `Reflect`, as an argument or a result of a Rust function that scripts call: what
/// scripts write as a table where they insert a component, and read by `ref:copy()`.
///
/// The type need not be registered. Of a struct that has `#[reflect(Default)]` a script may leave out fields. A reference
/// to a component of the type, or to a part of one, is an argument too, and what it names is copied.
///
/// # Example
///
/// ```
/// use bevy::prelude::*;
/// use deimos::testing::TestApp;
/// use deimos::{AppLuaExt, Reflected};
///
/// #[derive(Reflect)]
/// struct Blow {
///     amount: f32,
///     from: Vec3,
/// }
///
/// let mut test = TestApp::new();
/// test.app().add_lua_function("soften", |Reflected(blow): Reflected<Blow>| {
///     Reflected(Blow { amount: blow.amount / 2.0, ..blow })
/// });
/// test.run("local blow = soften {amount = 3, from = vec3.X}  print(blow.amount, blow.from)");
/// test.run("print(select(2, pcall(soften, {amount = 'much', from = vec3.X})))");
/// test.frame();
/// assert_eq!(test.prints()[0], "1.5\tvec3(1, 0, 0)");
/// assert!(test.prints()[1].contains("'Blow.amount': it wants a number (f32), got a string"));
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Reflected<T>(pub T);

impl<T> Deref for Reflected<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}

impl<T> DerefMut for Reflected<T> {
    fn deref_mut(&mut self) -> &mut T {
        &mut self.0
    }
}

impl<T> From<T> for Reflected<T> {
    fn from(value: T) -> Reflected<T> {
        Reflected(value)
    }
}

impl<'gc, T: FromReflect + Typed + GetTypeRegistration> FromLua<'gc> for Reflected<T> {
    const EXPECTED: &'static str = "table";

    fn from_lua(ctx: Context<'gc>, value: Value<'gc>) -> Result<Reflected<T>, Mismatch> {
        Self::from_lua_in(ctx, &(), value)
    }

    fn from_lua_in(ctx: Context<'gc>, host: &dyn Any, value: Value<'gc>) -> Result<Reflected<T>, Mismatch> {
        let info = T::type_info();
        let name = info.type_path_table().short_path();
        if value.is_nil() && !is_optional(Some(info)) {
            return Err(Mismatch::new(ctx, name, value));
        }
        let world = world_in(host, name)?;
        if let Some(reference) = as_reference(value) {
            reference.look(world, |_| ()).map_err(|raised| as_mismatch(ctx, &raised))?;
        }
        if let Some(types) = world.get_resource::<AppTypeRegistry>()
            && types.read().get(TypeId::of::<T>()).is_none()
        {
            types.write().register::<T>();
        }
        let built = Builder::new(ctx, world, name).parts((TypeId::of::<T>(), Some(info)), value, None);
        let whole = T::take_from_reflect(built.map_err(Mismatch::message)?);
        whole.map(Reflected).map_err(|_| Mismatch::message(format!("a {name} cannot be made of it")))
    }
}

impl<'gc, T: Reflect> IntoLua<'gc> for Reflected<T> {
    fn into_lua(self, ctx: Context<'gc>) -> Result<Value<'gc>, Raised<'gc>> {
        to_lua_here(ctx, self.0.as_partial_reflect())
    }
}
