//! A headless app for tests of scripts: files are in memory, time stands still between frames, and all that scripts say
//! is kept.
//!
//! The plugin's own tests are written with it, and so can a game's be: add the game's plugins by [`TestApp::build`], give
//! it scripts, run frames, and look at what was printed, at the errors, and at the world. A script that needs no file of its
//! own is run by [`TestApp::run`]; what requires modules is put into files by [`TestApp::file`].

use std::path::Path;
use std::time::Duration;

use bevy::MinimalPlugins;
use bevy::app::App;
use bevy::asset::io::memory::{Dir, MemoryAssetReader};
use bevy::asset::io::{AssetSourceBuilder, AssetSourceId};
use bevy::asset::{AssetApp, AssetPlugin, AssetServer, Assets, Handle};
use bevy::ecs::bundle::Bundle;
use bevy::ecs::entity::Entity;
use bevy::ecs::message::{MessageCursor, Messages};
use bevy::ecs::world::World;
use bevy::time::TimeUpdateStrategy;

use super::asset::LuaScript;
use super::behaviour::{Behaviour, BehaviourStatus};
use super::error::{ScriptError, ScriptOutput};
use super::{DeimosPlugin, DeimosSettings};

/// A headless app with the plugin, stepped by hand.
///
/// # Example
///
/// ```
/// use deimos::testing::TestApp;
///
/// let mut app = TestApp::new();
/// let entity = app.run("state.count = 1  wait()  print('frame', time.frame)");
/// app.frame();
/// app.frame();
/// assert_eq!(app.prints(), ["frame\t2"]);
/// assert!(app.errors().is_empty());
/// # let _ = entity;
/// ```
///
/// With files, which load on other threads as those of a game do:
///
/// ```
/// use deimos::testing::TestApp;
///
/// let mut app = TestApp::new();
/// app.file("scripts/util.lua", "return {twice = function(x) return 2 * x end}");
/// app.file("scripts/main.lua", "print(require('.util').twice(21))");
/// app.run_file("scripts/main.lua");
/// assert!(app.frames_until(|app| app.prints() == ["42"]));
///
/// // As when it is saved in an editor:
/// app.file("scripts/util.lua", "return {twice = function(x) return x + x + 1 end}");
/// assert!(app.frames_until(|app| app.prints() == ["42", "43"]));
/// ```
pub struct TestApp {
    app: App,
    files: Dir,
    error_cursor: MessageCursor<ScriptError>,
    output_cursor: MessageCursor<ScriptOutput>,
    errors: Vec<ScriptError>,
    output: Vec<ScriptOutput>,
}

impl TestApp {
    /// How long a frame takes: a sixty-fourth of a second, which floats hold exactly.
    pub const FRAME: Duration = Duration::from_nanos(15_625_000);

    /// An app with the default settings and files in memory, before its first frame. All its plugins are finished: what
    /// has plugins of its own is made by [`TestApp::build`].
    pub fn new() -> TestApp {
        TestApp::build(DeimosPlugin::default(), |_| {})
    }

    /// An app as that of a game: `add` adds what the game has, plugins among them, when Bevy's and this one are there and
    /// before all are finished. Files are in memory. In [`FixedUpdate`](bevy::app::FixedUpdate) a frame of the test takes
    /// one step, if the rate is Bevy's usual one.
    ///
    /// # Example
    ///
    /// ```
    /// use bevy::prelude::*;
    /// use deimos::testing::TestApp;
    /// use deimos::{AppLuaExt, DeimosPlugin};
    ///
    /// struct ScorePlugin;
    ///
    /// impl Plugin for ScorePlugin {
    ///     fn build(&self, app: &mut App) {
    ///         app.add_lua_function("best", || 42);
    ///     }
    /// }
    ///
    /// let mut test = TestApp::build(DeimosPlugin::new(FixedUpdate), |app| {
    ///     app.add_plugins(ScorePlugin);
    /// });
    /// test.run("wait()  print(best(), time.delta)");
    /// test.frames(3);
    /// assert_eq!(test.prints(), ["42\t0.015625"]);
    /// ```
    pub fn build(plugin: DeimosPlugin, add: impl FnOnce(&mut App)) -> TestApp {
        let mut app = App::new();
        let files = Dir::default();
        let root = files.clone();
        let reader = move || Box::new(MemoryAssetReader { root: root.clone() }) as _;
        app.register_asset_source(AssetSourceId::Default, AssetSourceBuilder::new(reader));
        TestApp { files, ..TestApp::finished(app, AssetPlugin::default(), plugin, add) }
    }

    /// An app with other settings.
    pub fn with_settings(settings: DeimosSettings) -> TestApp {
        let mut app = TestApp::new();
        app.world().insert_resource(settings);
        app
    }

    /// An app whose assets come from elsewhere: [`TestApp::file`] reaches nothing there.
    pub fn with_plugins(assets: AssetPlugin) -> TestApp {
        TestApp::from_app(App::new(), assets)
    }

    /// Adds all that is needed to an app that has asset sources of its own, or plugins that go before Bevy's, and finishes
    /// it. Plugins that need Bevy's are added by [`TestApp::build`].
    pub fn from_app(app: App, assets: AssetPlugin) -> TestApp {
        TestApp::finished(app, assets, DeimosPlugin::default(), |_| {})
    }

    fn finished(mut app: App, assets: AssetPlugin, plugin: DeimosPlugin, add: impl FnOnce(&mut App)) -> TestApp {
        app.add_plugins((MinimalPlugins, assets, plugin));
        app.insert_resource(TimeUpdateStrategy::ManualDuration(TestApp::FRAME));
        add(&mut app);
        app.finish();
        app.cleanup();
        TestApp {
            app,
            files: Dir::default(),
            error_cursor: MessageCursor::default(),
            output_cursor: MessageCursor::default(),
            errors: Vec::new(),
            output: Vec::new(),
        }
    }

    /// Writes a file into the folder of assets, which is in memory. If it has been loaded already, it is loaded again, as
    /// when a game watches its files.
    pub fn file(&mut self, path: &str, text: impl AsRef<[u8]>) {
        self.files.insert_asset(Path::new(path), text.as_ref().to_vec());
        // A reload looks for who holds the file in a while, on another thread: it would find who loads it only after this.
        if let Some(server) = self.app.world().get_resource::<AssetServer>()
            && server.get_handle_untyped(path.to_owned()).is_some()
        {
            server.reload(path.to_owned());
        }
    }

    /// Spawns an entity with the script in a file, and nothing else.
    pub fn run_file(&mut self, path: &str) -> Entity {
        let script = self.world().resource::<AssetServer>().load(path.to_owned());
        self.world().spawn(Behaviour::new(script)).id()
    }

    /// Adds a script that is in no file.
    ///
    /// # Panics
    /// If it does not compile.
    pub fn script(&mut self, name: &str, source: &str) -> Handle<LuaScript> {
        let script = compiled(name, source);
        self.world().resource_mut::<Assets<LuaScript>>().add(script)
    }

    /// Changes a script, as saving its file does.
    ///
    /// # Panics
    /// If it does not compile.
    pub fn change_script(&mut self, handle: &Handle<LuaScript>, source: &str) {
        let mut scripts = self.world().resource_mut::<Assets<LuaScript>>();
        let name = scripts.get(handle).map_or_else(String::new, |script| script.name().to_owned());
        if let Err(error) = scripts.insert(handle, compiled(&name, source)) {
            panic!("{error}");
        }
    }

    /// Spawns an entity with a script named `test.lua`, and nothing else.
    ///
    /// # Panics
    /// If the script does not compile.
    pub fn run(&mut self, source: &str) -> Entity {
        self.run_on(source, ())
    }

    /// Spawns an entity with a script named `test.lua` and other components.
    ///
    /// # Panics
    /// If the script does not compile.
    pub fn run_on(&mut self, source: &str, components: impl Bundle) -> Entity {
        let script = self.script("test.lua", source);
        self.world().spawn((components, Behaviour::new(script))).id()
    }

    /// Runs a frame.
    pub fn frame(&mut self) {
        self.app.update();
        let world = self.app.world();
        if let Some(errors) = world.get_resource::<Messages<ScriptError>>() {
            self.errors.extend(self.error_cursor.read(errors).cloned());
        }
        if let Some(output) = world.get_resource::<Messages<ScriptOutput>>() {
            self.output.extend(self.output_cursor.read(output).cloned());
        }
    }

    /// Runs several frames.
    pub fn frames(&mut self, count: usize) {
        for _ in 0..count {
            self.frame();
        }
    }

    /// Runs frames until something is true, for assets that load on other threads. Whether it came true within some
    /// seconds.
    pub fn frames_until(&mut self, mut is_done: impl FnMut(&mut TestApp) -> bool) -> bool {
        for _ in 0..5000 {
            self.frame();
            if is_done(self) {
                return true;
            }
            std::thread::sleep(Duration::from_millis(1));
        }
        false
    }

    /// The errors so far.
    pub fn errors(&self) -> &[ScriptError] {
        &self.errors
    }

    /// The output so far.
    pub fn output(&self) -> &[ScriptOutput] {
        &self.output
    }

    /// The text of all output so far.
    pub fn prints(&self) -> Vec<&str> {
        self.output.iter().map(|line| line.text.as_str()).collect()
    }

    /// How far an entity's behaviour got; `None` if it has none.
    pub fn status(&self, entity: Entity) -> Option<BehaviourStatus> {
        self.app.world().get::<BehaviourStatus>(entity).cloned()
    }

    /// The app's world.
    pub fn world(&mut self) -> &mut World {
        self.app.world_mut()
    }

    /// The app.
    pub fn app(&mut self) -> &mut App {
        &mut self.app
    }
}

impl Default for TestApp {
    fn default() -> TestApp {
        TestApp::new()
    }
}

impl std::fmt::Debug for TestApp {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("TestApp").field("errors", &self.errors).field("output", &self.output).finish_non_exhaustive()
    }
}

fn compiled(name: &str, source: &str) -> LuaScript {
    match LuaScript::from_source(name, source) {
        Ok(script) => script,
        Err(error) => panic!("{error}"),
    }
}
