//! Assets in scripts: `assets.load("textures/ship.png")`, and the handles in components.
//!
//! Everything that a script asks of the asset server goes through [`request`], also the plain path that is written into a
//! component: it refuses what would lead out of the assets folder, and what Bevy would panic about. A handle in Lua is
//! Bevy's own, so what it names stays loaded for as long as a script or the world keeps one. Of a path alone nobody knows
//! the type of the asset: the loader for its ending says it, and where there is none (or only a part of a file is meant),
//! Bevy finds out when it has read the file.

use std::any::TypeId;
use std::cmp::Ordering;
use std::rc::Rc;
use std::sync::Arc;

use bevy::asset::io::AssetSourceId;
use bevy::asset::{
    AssetLoadError, AssetPath, AssetServer, Assets, LoadState, LoadedUntypedAsset, RecursiveDependencyLoadState,
    ReflectAsset, ReflectHandle, UntypedHandle,
};
use bevy::ecs::reflect::AppTypeRegistry;
use bevy::ecs::resource::Resource;
use bevy::ecs::world::World;
use bevy::reflect::TypeRegistry;
use bevy::tasks::futures::now_or_never;

use super::class::Class;
use super::entity::world_of;
use super::environment::Shared;
use super::reflect::to_lua;
use super::scheduler::{Request, reason};
use super::wait::timeout;
use crate::api::{
    Action, Call, Charge, Collect, Context, Native, Raised, Sequence, Table, TableError, UserData, Value,
};

/// How many loads that scripts have begun may be under way.
const LOADS_MAX: usize = 256;

/// What a load costs a script: a task is made, and a file is read elsewhere.
const LOAD_FUEL: u32 = 200;

/// What the asset server keeps for an asset, in bytes, besides the asset.
const LOAD_BYTES: usize = 1024;

/// The longest path, in bytes.
const PATH_MAX: usize = 512;

/// The loads that scripts have begun and that have not ended: each holds a clone.
#[derive(Resource, Debug, Default)]
pub(super) struct Loads(Arc<()>);

/// A handle in Lua. The asset stays loaded as long as it lives.
struct AssetHandle {
    handle: UntypedHandle,
    _charge: Charge,
}

/// Why an asset was not asked for.
pub(super) enum Refused {
    /// So many loads are under way that this one must wait.
    Busy,
    /// It never will be.
    Because(String),
}

impl Refused {
    /// What to tell somebody who cannot wait.
    pub(super) fn message(self) -> String {
        match self {
            Refused::Busy => format!(
                "{LOADS_MAX} assets are being loaded already: use assets.load(path), which waits until there is room"
            ),
            Refused::Because(why) => why,
        }
    }
}

/// Adds `assets` to the globals, and what handles can do.
pub(super) fn install<'gc>(ctx: Context<'gc>, shared: &Rc<Shared>) -> Result<(), TableError> {
    let assets = Table::new(ctx);
    let to = Rc::clone(shared);
    assets.set_field(ctx, "load", Value::Native(Native::new(ctx, "assets.load", move |call| load(call, &to))))?;
    assets.set_field(ctx, "get", Value::Native(Native::new(ctx, "assets.get", get)))?;
    ctx.globals().set_field(ctx, "assets", Value::Table(assets))?;

    let metatable = Class::Asset.install(ctx)?;
    let methods = Table::new(ctx);
    let to = Rc::clone(shared);
    methods.set_field(ctx, "wait", Value::Native(Native::new(ctx, "wait", move |call| wait(call, &to))))?;
    methods.set_field(ctx, "get", Value::Native(Native::new(ctx, "get", get)))?;
    methods.freeze();
    let index = Native::with_upvalues(ctx, "index", &[Value::Table(methods)], index);
    metatable.set_field(ctx, "__index", Value::Native(index))?;
    metatable.set_field(ctx, "__eq", Value::Native(Native::new(ctx, "eq", equals)))?;
    metatable.set_field(ctx, "__tostring", Value::Native(Native::new(ctx, "tostring", to_string)))?;
    metatable.freeze();
    Ok(())
}

/// A handle in Lua.
pub(super) fn value<'gc>(ctx: Context<'gc>, handle: UntypedHandle) -> Value<'gc> {
    handle_value(ctx, handle, size_of::<AssetHandle>())
}

fn handle_value<'gc>(ctx: Context<'gc>, handle: UntypedHandle, bytes: usize) -> Value<'gc> {
    let charge = Charge::new(ctx.ledger(), bytes);
    Value::UserData(Class::Asset.wrap(ctx, AssetHandle { handle, _charge: charge }))
}

/// The handle that a Lua value is.
pub(super) fn as_handle(value: Value<'_>) -> Option<&UntypedHandle> {
    match value {
        Value::UserData(data) => data.downcast::<AssetHandle>().map(|asset| &asset.handle),
        _ => None,
    }
}

/// An order of handles: by their paths, which are the same on every machine.
pub(super) fn order(a: &UntypedHandle, b: &UntypedHandle) -> Ordering {
    path_of(a).cmp(&path_of(b)).then_with(|| a.id().cmp(&b.id()))
}

// -- asking ------------------------------------------------------------------------------------------

/// Asks for the asset of a file, which is loaded beside the game; of a type, or of the one that is found there.
///
/// # Errors
/// If the path is none that scripts may load, the app cannot load the type, or too much is being loaded.
pub(super) fn request(
    ctx: Context<'_>,
    world: &World,
    type_id: Option<TypeId>,
    path: &str,
) -> Result<UntypedHandle, Refused> {
    let because = |why: String| Refused::Because(format!("cannot load '{path}': {why}"));
    let Some(server) = world.get_resource::<AssetServer>() else {
        return Err(because("this world has no asset server".to_owned()));
    };
    let asset = checked(server, path).map_err(because)?;
    let type_id = match type_id {
        Some(type_id) if !can_load(world, server, type_id) => {
            let name = type_name(world, type_id);
            let remedy = format!("call app.init_asset::<{name}>() in Rust, and add a loader for it");
            return Err(because(format!("the app does not know assets of the type {name}: {remedy}")));
        }
        Some(type_id) => Some(type_id),
        None => type_by_ending(server, &asset).filter(|type_id| can_load(world, server, *type_id)),
    };
    if let Some(type_id) = type_id
        && let Some(known) = server.get_path_and_type_id_handle(&asset, type_id)
        && matches!(server.load_state(known.id()), LoadState::Loading | LoadState::Loaded)
    {
        return Ok(known);
    }
    let under_way = world.get_resource::<Loads>().map(|loads| Arc::clone(&loads.0)).unwrap_or_default();
    if Arc::strong_count(&under_way) > LOADS_MAX + 1 {
        return Err(Refused::Busy);
    }
    if ctx.ledger().check(LOAD_BYTES).is_err() {
        return Err(because("not enough memory".to_owned()));
    }
    ctx.charge(LOAD_FUEL);
    let load = server.load_builder().with_guard(under_way);
    Ok(match type_id {
        Some(type_id) => load.load_erased(type_id, asset),
        None => load.load_untyped(asset).untyped(),
    })
}

/// The path, if scripts may load what is there: a file of one of the game's own sources, and the same on every system.
fn checked(server: &AssetServer, path: &str) -> Result<AssetPath<'static>, String> {
    if path.len() > PATH_MAX {
        return Err(format!("a path has at most {PATH_MAX} bytes"));
    }
    let asset = AssetPath::try_parse(path).map_err(|error| error.to_string())?.into_owned();
    if let AssetSourceId::Name(source) = asset.source() {
        if matches!(&**source, "http" | "https") {
            return Err("scripts load nothing from the net".to_owned());
        }
        if server.get_source(asset.source().clone_owned()).is_err() {
            return Err(format!("the app has no asset source '{source}'"));
        }
    }
    let file = asset.path().to_str().unwrap_or_default();
    let is_name = |part: &str| {
        !matches!(part, "" | "." | "..") && !part.contains(|letter: char| letter.is_control() || "\\:".contains(letter))
    };
    if file.is_empty() {
        return Err("it names no file".to_owned());
    }
    if asset.is_unapproved() || !file.split('/').all(is_name) {
        return Err("paths begin in the assets folder and stay in it: names with '/' between, without '..'".to_owned());
    }
    Ok(asset)
}

/// Whether the app can load assets of a type. Bevy knows the handles of many more, and panics about those.
fn can_load(world: &World, server: &AssetServer, type_id: TypeId) -> bool {
    if type_id == TypeId::of::<LoadedUntypedAsset>() {
        return false;
    }
    let registry = world.get_resource::<AppTypeRegistry>();
    let reflect = registry.and_then(|types| types.read().get_type_data::<ReflectAsset>(type_id).cloned());
    match reflect {
        Some(reflect) => has_assets(world, &reflect),
        None => matches!(now_or_never(server.get_asset_loader_with_asset_type_id(type_id)), Some(Ok(_))),
    }
}

/// Whether the app has initialised the type of asset.
fn has_assets(world: &World, reflect: &ReflectAsset) -> bool {
    let id = world.components().get_id(reflect.assets_resource_type_id());
    id.is_some_and(|id| world.get_resource_by_id(id).is_some())
}

/// The type of what is in a file, by the loader for its ending. Of a part of a file it says nothing.
fn type_by_ending(server: &AssetServer, path: &AssetPath<'static>) -> Option<TypeId> {
    if path.label().is_some() {
        return None;
    }
    match now_or_never(server.get_path_asset_loader(path.clone())) {
        Some(Ok(loader)) => Some(loader.asset_type_id()),
        _ => None,
    }
}

/// A handle for a component that wants this type of asset.
///
/// # Errors
/// If it is of another type; the message says which.
pub(super) fn typed(
    ctx: Context<'_>,
    world: &World,
    handle: &UntypedHandle,
    wanted: TypeId,
) -> Result<UntypedHandle, String> {
    let found = found(world, handle);
    if found.type_id() == wanted {
        return Ok(found);
    }
    if found.type_id() == TypeId::of::<LoadedUntypedAsset>()
        && let Some(path) = path_of(&found)
    {
        return request(ctx, world, Some(wanted), &path).map_err(Refused::message);
    }
    let (wanted, got) = (type_name(world, wanted), type_name(world, found.type_id()));
    Err(format!("it wants the handle of a {wanted}, got that of a {got}"))
}

/// What a handle names: of one whose type was not known, the asset that was found there, if it is loaded.
fn found(world: &World, handle: &UntypedHandle) -> UntypedHandle {
    let Ok(untyped) = handle.clone().try_typed::<LoadedUntypedAsset>() else { return handle.clone() };
    let loaded = world.get_resource::<Assets<LoadedUntypedAsset>>().and_then(|assets| assets.get(&untyped));
    loaded.map_or_else(|| handle.clone(), |loaded| loaded.handle.clone())
}

/// What people call a type of asset.
fn type_name(world: &World, type_id: TypeId) -> String {
    let find = |types: &TypeRegistry| {
        let mut handles = types.iter_with_data::<ReflectHandle>();
        let (known, _) = handles.find(|(_, handle)| handle.asset_type_id() == type_id)?;
        let name = known.type_info().type_path_table().short_path();
        Some(name.trim_start_matches("Handle<").trim_end_matches('>').to_owned())
    };
    let registry = world.get_resource::<AppTypeRegistry>();
    registry.and_then(|types| find(&types.read())).unwrap_or_else(|| "type that is not registered".to_owned())
}

/// The path of a handle's asset, as a script writes it; none if it is from no file.
fn path_of(handle: &UntypedHandle) -> Option<String> {
    /// What Bevy puts behind the source of an asset whose type it does not know yet.
    const MARK: &str = "--untyped";
    let path = handle.path()?;
    let AssetSourceId::Name(source) = path.source() else { return Some(path.to_string()) };
    let Some(source) = source.strip_suffix(MARK).filter(|_| handle.type_id() == TypeId::of::<LoadedUntypedAsset>())
    else {
        return Some(path.to_string());
    };
    let source = match source.strip_suffix("--").unwrap_or(source) {
        "" => AssetSourceId::Default,
        name => AssetSourceId::from(name.to_owned()),
    };
    Some(path.clone().with_source(source).to_string())
}

// -- what scripts do with it -------------------------------------------------------------------------

/// How far a load is.
enum Progress {
    /// Something is still to come.
    Loading,
    /// All is there, also what it depends on.
    Loaded,
    /// It cannot be had.
    Failed(String),
}

fn progress(world: &World, handle: &UntypedHandle) -> Progress {
    let states = world.get_resource::<AssetServer>().and_then(|server| server.get_load_states(handle.id()));
    let why = |error: &Arc<AssetLoadError>| Progress::Failed(reason(error));
    match states {
        // What is from no file is not loaded, it is there.
        None => Progress::Loaded,
        Some((LoadState::Failed(error), ..)) => why(&error),
        Some((_, _, RecursiveDependencyLoadState::Failed(error))) => why(&error),
        Some((LoadState::Loaded, _, RecursiveDependencyLoadState::Loaded)) => Progress::Loaded,
        Some(_) => Progress::Loading,
    }
}

/// `assets.load(path)`: a handle, at once; while too much is being loaded, it waits.
fn load<'gc>(call: &mut Call<'_, 'gc>, shared: &Rc<Shared>) -> Result<Action<'gc>, Raised<'gc>> {
    let Value::String(path) = call.arg(0) else {
        let got = call.arg(0).type_name();
        return Err(Raised::argument(0, format!("path of an asset expected, got {got}")));
    };
    let path = path.to_text().into_owned();
    if let Some(handle) = begin(call, &path)? {
        return call.ret1(handle);
    }
    call.leave(&[]);
    Ok(Action::Start(Box::new(Loading { path, shared: Rc::clone(shared) })))
}

/// Asks for an asset. The handle, or nothing while there is no room.
fn begin<'gc>(call: &mut Call<'_, 'gc>, path: &str) -> Result<Option<Value<'gc>>, Raised<'gc>> {
    let ctx = call.ctx;
    match request(ctx, world_of(call)?, None, path) {
        Ok(handle) => Ok(Some(handle_value(ctx, handle, size_of::<AssetHandle>() + path.len() + LOAD_BYTES))),
        Err(Refused::Busy) => Ok(None),
        Err(Refused::Because(why)) => Err(Raised::message(why)),
    }
}

/// A call of `assets.load` that waits for room.
#[derive(Collect)]
#[collect(require_static)]
struct Loading {
    path: String,
    shared: Rc<Shared>,
}

impl<'gc> Sequence<'gc> for Loading {
    fn name(&self) -> &'static str {
        "assets.load"
    }

    fn poll(&mut self, call: &mut Call<'_, 'gc>) -> Result<Action<'gc>, Raised<'gc>> {
        match begin(call, &self.path)? {
            Some(handle) => call.ret1(handle),
            None => self.shared.ask(call, Request::Frames(1)),
        }
    }
}

fn this<'gc>(call: &Call<'_, 'gc>, method: &str) -> Result<(UserData<'gc>, &'gc UntypedHandle), Raised<'gc>> {
    if let Value::UserData(data) = call.arg(0)
        && let Some(asset) = data.downcast::<AssetHandle>()
    {
        return Ok((data, &asset.handle));
    }
    let got = call.arg(0).type_name();
    Err(Raised::argument(0, format!("handle of an asset expected, got {got}; call it as handle:{method}(…)")))
}

/// `handle:wait([timeout])`, `wait_for(handle [, timeout])`: the handle, once the asset and all that it depends on are
/// loaded; nothing if that takes longer. What cannot be loaded is an error.
pub(super) fn wait<'gc>(call: &mut Call<'_, 'gc>, shared: &Rc<Shared>) -> Result<Action<'gc>, Raised<'gc>> {
    let (asset, _) = this(call, "wait")?;
    let left = timeout(call, 1)?;
    call.leave(&[]);
    Ok(Action::Start(Box::new(Waiting { asset, left, shared: Rc::clone(shared) })))
}

/// A task that waits for an asset: it looks once a frame.
#[derive(Collect)]
#[collect(no_drop)]
struct Waiting<'gc> {
    asset: UserData<'gc>,
    /// How many seconds it may take yet.
    #[collect(require_static)]
    left: Option<f64>,
    #[collect(require_static)]
    shared: Rc<Shared>,
}

impl<'gc> Sequence<'gc> for Waiting<'gc> {
    fn name(&self) -> &'static str {
        "wait"
    }

    fn poll(&mut self, call: &mut Call<'_, 'gc>) -> Result<Action<'gc>, Raised<'gc>> {
        let asset = Value::UserData(self.asset);
        let Some(handle) = as_handle(asset) else { return call.ret0() };
        match progress(world_of(call)?, handle) {
            Progress::Loaded => return call.ret1(asset),
            Progress::Failed(why) => {
                let path = path_of(handle).unwrap_or_default();
                return Err(Raised::message(format!("asset '{path}' cannot be loaded: {why}")));
            }
            Progress::Loading => {}
        }
        // What comes back from the wait for a frame is how long that took.
        if let (Some(left), Value::Float(passed)) = (&mut self.left, call.arg(0)) {
            *left -= passed;
        }
        if self.left.is_some_and(|left| left <= 0.0) {
            return call.ret0();
        }
        self.shared.ask(call, Request::Frames(1))
    }
}

/// `assets.get(handle)`, `handle:get()`: a copy of the asset; nil as long as it is not loaded.
fn get<'gc>(call: &mut Call<'_, 'gc>) -> Result<Action<'gc>, Raised<'gc>> {
    let (_, handle) = this(call, "get")?;
    let ctx = call.ctx;
    let world: &World = world_of(call)?;
    let found = found(world, handle);
    if found.type_id() == TypeId::of::<LoadedUntypedAsset>() {
        return call.ret1(Value::Nil);
    }
    let registry = world.get_resource::<AppTypeRegistry>();
    let reflect = registry.and_then(|types| types.read().get_type_data::<ReflectAsset>(found.type_id()).cloned());
    let Some(reflect) = reflect else {
        let name = type_name(world, found.type_id());
        let remedy = format!("call app.register_asset_reflect::<{name}>() in Rust");
        return Err(Raised::message(format!("scripts cannot look into a {name}: {remedy}")));
    };
    let asset = if has_assets(world, &reflect) { reflect.get(world, found.id()) } else { None };
    let copy = match asset {
        Some(asset) => to_lua(ctx, world, asset.as_partial_reflect())?,
        None => Value::Nil,
    };
    call.ret1(copy)
}

/// `handle.path`, `handle.loaded`, and the methods.
fn index<'gc>(call: &mut Call<'_, 'gc>) -> Result<Action<'gc>, Raised<'gc>> {
    let (_, handle) = this(call, "wait")?;
    let ctx = call.ctx;
    let key = call.arg(1);
    let value = match key {
        Value::String(key) if key.as_bytes() == b"path" => path_of(handle).map_or(Value::Nil, |path| ctx.text(path)),
        Value::String(key) if key.as_bytes() == b"loaded" => {
            Value::Boolean(matches!(progress(world_of(call)?, handle), Progress::Loaded))
        }
        _ => match call.upvalue(0) {
            Value::Table(methods) => methods.get(ctx, key),
            _ => Value::Nil,
        },
    };
    if value.is_nil() && !matches!(key, Value::String(key) if key.as_bytes() == b"path") {
        let key = ctx.plain_string(key).to_text().into_owned();
        return Err(Raised::message(format!("the handle of an asset has no '{key}'; it has: path, loaded, wait, get")));
    }
    call.ret1(value)
}

/// Two handles are equal if they are of the same asset, or of the same path.
fn equals<'gc>(call: &mut Call<'_, 'gc>) -> Result<Action<'gc>, Raised<'gc>> {
    let same = match (as_handle(call.arg(0)), as_handle(call.arg(1))) {
        (Some(a), Some(b)) => a == b || path_of(a).is_some_and(|path| Some(path) == path_of(b)),
        _ => false,
    };
    call.ret1(Value::Boolean(same))
}

fn to_string<'gc>(call: &mut Call<'_, 'gc>) -> Result<Action<'gc>, Raised<'gc>> {
    let (_, handle) = this(call, "tostring")?;
    let ctx = call.ctx;
    let text = match path_of(handle) {
        Some(path) => format!("Asset({path})"),
        None => format!("Asset({}, from no file)", type_name(world_of(call)?, handle.type_id())),
    };
    call.ret1(ctx.text(text))
}
