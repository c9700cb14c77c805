//! The settings file: `deimos.ron` in the assets folder, for those who tune a game without compiling it.
//!
//! It is looked for once, when the app starts, because to ask for a file that is not there would be an error in the log.
//! From then on it is an asset as any other: a change takes effect at once, and one that cannot be read changes nothing.

use std::path::Path;
use std::sync::{Arc, OnceLock};

use bevy::app::{App, PreStartup};
use bevy::asset::io::{AssetSourceId, Reader};
use bevy::asset::{
    Asset, AssetApp, AssetLoadError, AssetLoadFailedEvent, AssetLoader, AssetServer, Assets, Handle, LoadContext,
};
use bevy::ecs::intern::Interned;
use bevy::ecs::message::{MessageReader, MessageWriter};
use bevy::ecs::resource::Resource;
use bevy::ecs::schedule::{IntoScheduleConfigs, ScheduleLabel};
use bevy::ecs::system::{Local, Res, ResMut};
use bevy::log::info;
use bevy::reflect::TypePath;
use bevy::tasks::IoTaskPool;

use super::DeimosSystems;
use super::asset::next_revision;
use super::error::ScriptError;
use super::reflect::{listed, nearest};
use super::settings::DeimosSettings;

/// Where the file is, from the assets folder.
const FILE: &str = "deimos.ron";

/// What is in the file.
#[derive(Asset, TypePath)]
struct SettingsFile {
    settings: DeimosSettings,
    revision: u64,
}

/// The file, if there is one.
#[derive(Resource, Clone, Default)]
struct Found(Arc<OnceLock<Handle<SettingsFile>>>);

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
        let settings = ron::de::from_bytes(&text).map_err(|error| SettingsError::Wrong(explained(&file, &error)))?;
        Ok(SettingsFile { settings, revision: next_revision() })
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
pub(super) fn install(app: &mut App, schedule: Interned<dyn ScheduleLabel>) {
    app.init_resource::<Found>()
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
        let is_there = source.reader().read(Path::new(FILE)).await.is_ok();
        if is_there {
            found.0.get_or_init(|| server.load(FILE));
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
    (mut revision, mut reported): (Local<'_, u64>, Local<'_, String>),
) {
    for failure in failures.read() {
        let message = reason(&failure.error);
        // A reload asks for the same file more than once; Bevy's asset server has logged it.
        if *reported != message {
            reported.clone_from(&message);
            errors.write(ScriptError::of_file(FILE, message));
        }
    }
    let Some(file) = found.0.get().and_then(|handle| files.get(handle)) else { return };
    if file.revision != *revision {
        *revision = file.revision;
        reported.clear();
        *settings = file.settings.clone();
        info!(target: "deimos", "settings are those of '{FILE}'");
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
