//! The settings file: `deimos.ron` in the assets folder, for those who tune a game without compiling it.
//!
//! It is looked for once, when the app starts, because to ask for a file that is not there would be an error in the log.
//! From then on it is an asset as any other: a change takes effect at once, and one that cannot be read changes nothing.
//! What it does not mention stays as the game has set it, and what it mentions no more becomes that again.

use std::fmt;
use std::path::Path;
use std::sync::{Arc, OnceLock};

use bevy::app::{App, PreStartup};
use bevy::asset::io::{AssetSourceId, Reader};
use bevy::asset::{
    Asset, AssetApp, AssetLoadError, AssetLoadFailedEvent, AssetLoader, AssetServer, Assets, Handle, LoadContext,
};
use bevy::ecs::change_detection::DetectChangesMut;
use bevy::ecs::intern::Interned;
use bevy::ecs::message::{MessageReader, MessageWriter};
use bevy::ecs::resource::Resource;
use bevy::ecs::schedule::{IntoScheduleConfigs, ScheduleLabel};
use bevy::ecs::system::{Local, Res, ResMut};
use bevy::log::info;
use bevy::reflect::TypePath;
use bevy::reflect::structs::Struct;
use bevy::tasks::IoTaskPool;
use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, Visitor};

use super::DeimosSystems;
use super::asset::next_revision;
use super::error::ScriptError;
use super::reflect::{listed, nearest};
use super::settings::DeimosSettings;

/// What is in the file.
#[derive(Asset, TypePath)]
struct SettingsFile {
    settings: DeimosSettings,
    /// The settings that it mentions.
    names: Vec<String>,
    revision: u64,
}

/// The file, if there is one.
#[derive(Resource, Clone)]
struct Found {
    /// Where it is, from the assets folder.
    file: Arc<str>,
    handle: Arc<OnceLock<Handle<SettingsFile>>>,
}

/// What a file has set.
#[derive(Default)]
struct Taken {
    revision: u64,
    names: Vec<String>,
    /// The settings as they then were.
    set: DeimosSettings,
    /// What the game had set in their stead.
    own: DeimosSettings,
}

/// The names of the settings that a file mentions.
struct Names(Vec<String>);

impl<'de> Deserialize<'de> for Names {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Names, D::Error> {
        struct Reader;

        impl<'de> Visitor<'de> for Reader {
            type Value = Names;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("settings")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut fields: A) -> Result<Names, A::Error> {
                let mut names = Vec::new();
                while let Some((name, IgnoredAny)) = fields.next_entry()? {
                    names.push(name);
                }
                Ok(Names(names))
            }
        }

        from.deserialize_struct("DeimosSettings", &[], Reader)
    }
}

/// Why the file changes nothing.
#[derive(Debug, thiserror::Error)]
enum SettingsError {
    #[error("cannot read '{file}': {reason}")]
    Unreadable {
        file: String,
        #[source]
        reason: std::io::Error,
    },
    #[error("{0}")]
    Wrong(String),
}

#[derive(TypePath, Default)]
struct SettingsLoader;

impl AssetLoader for SettingsLoader {
    type Asset = SettingsFile;
    type Settings = ();
    type Error = SettingsError;

    async fn load(
        &self,
        reader: &mut dyn Reader,
        _settings: &(),
        context: &mut LoadContext<'_>,
    ) -> Result<SettingsFile, SettingsError> {
        let file = context.path().to_string();
        let mut text = Vec::new();
        if let Err(reason) = reader.read_to_end(&mut text).await {
            return Err(SettingsError::Unreadable { file, reason });
        }
        let wrong = |error| SettingsError::Wrong(explained(&file, &error));
        let settings = ron::de::from_bytes(&text).map_err(wrong)?;
        let Names(names) = ron::de::from_bytes(&text).map_err(wrong)?;
        Ok(SettingsFile { settings, names, revision: next_revision() })
    }
}

/// An error with its place, and what to do about it.
fn explained(file: &str, error: &ron::error::SpannedError) -> String {
    let line = error.span.start.line;
    match &error.code {
        ron::Error::NoSuchStructField { expected, found, .. } => {
            let (hint, _) = nearest(found, expected);
            let known = if hint.is_empty() { format!("; there are {}", listed(expected)) } else { hint };
            format!("{file}:{line}: there is no setting '{found}'{known}")
        }
        other => {
            format!("{file}:{line}: {other}; a settings file looks like (slice: 100_000, frame_budget: 5_000_000)")
        }
    }
}

/// Lets an app read the file, before each step of its scripts.
pub(super) fn install(app: &mut App, schedule: Interned<dyn ScheduleLabel>, file: &str) {
    app.insert_resource(Found { file: file.into(), handle: Arc::default() })
        .init_asset::<SettingsFile>()
        .register_asset_loader(SettingsLoader)
        .add_systems(PreStartup, find)
        .add_systems(schedule, take.before(DeimosSystems::Reload));
}

/// Asks for the file if it is there.
fn find(server: Res<'_, AssetServer>, found: Res<'_, Found>) {
    let Some(pool) = IoTaskPool::try_get() else { return };
    let (server, found) = (server.clone(), found.clone());
    let look = async move {
        let Ok(source) = server.get_source(AssetSourceId::Default) else { return };
        let is_there = source.reader().read(Path::new(&*found.file)).await.is_ok();
        if is_there {
            found.handle.get_or_init(|| server.load(found.file.to_string()));
        }
    };
    pool.spawn(look).detach();
}

/// Takes over what is in the file when it has changed, and reports why not.
fn take(
    found: Res<'_, Found>,
    files: Res<'_, Assets<SettingsFile>>,
    mut failures: MessageReader<'_, '_, AssetLoadFailedEvent<SettingsFile>>,
    mut errors: MessageWriter<'_, ScriptError>,
    mut settings: ResMut<'_, DeimosSettings>,
    (mut taken, mut reported): (Local<'_, Taken>, Local<'_, String>),
) {
    for failure in failures.read() {
        let message = reason(&failure.error);
        // A reload asks for the same file more than once; Bevy's asset server has logged it.
        if *reported != message {
            reported.clone_from(&message);
            errors.write(ScriptError::of_file(&*found.file, message));
        }
    }
    let Some(file) = found.handle.get().and_then(|handle| files.get(handle)) else { return };
    if file.revision != taken.revision {
        reported.clear();
        let changed = taken.replace(file, &settings);
        settings.set_if_neq(changed);
        info!(target: "deimos", "'{}' sets {}", found.file, file.names.join(", "));
    }
}

impl Taken {
    /// The settings with those that a file mentions instead of those that its last version did.
    fn replace(&mut self, file: &SettingsFile, now: &DeimosSettings) -> DeimosSettings {
        let mut own = now.clone();
        for name in &self.names {
            // What the game has set since then is its own.
            if same(now, &self.set, name) {
                copy(&mut own, &self.own, name);
            }
        }
        let mut set = own.clone();
        for name in &file.names {
            copy(&mut set, &file.settings, name);
        }
        *self = Taken { revision: file.revision, names: file.names.clone(), set: set.clone(), own };
        set
    }
}

/// Whether a setting is the same in both.
fn same(a: &DeimosSettings, b: &DeimosSettings, name: &str) -> bool {
    match (a.field(name), b.field(name)) {
        (Some(a), Some(b)) => a.reflect_partial_eq(b) == Some(true),
        _ => false,
    }
}

/// Copies one setting.
fn copy(to: &mut DeimosSettings, from: &DeimosSettings, name: &str) {
    if let (Some(to), Some(from)) = (to.field_mut(name), from.field(name)) {
        to.apply(from);
    }
}

/// What the loader said, without what the asset server put in front of it.
fn reason(error: &AssetLoadError) -> String {
    match error {
        AssetLoadError::AssetLoaderError(loader) => match loader.error().downcast_ref::<SettingsError>() {
            Some(error) => error.to_string(),
            None => error.to_string(),
        },
        other => other.to_string(),
    }
}
