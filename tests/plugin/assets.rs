//! Assets in scripts: loading by path, handles in components, and paths that nobody means well with.

use std::path::Path;

use bevy::asset::io::memory::{Dir, MemoryAssetReader};
use bevy::asset::io::{AssetSourceBuilder, AssetSourceId, Reader};
use bevy::asset::{AssetLoader, LoadContext, UnapprovedPathMode};
use bevy::prelude::*;
use deimos::LuaScript;
use deimos::testing::TestApp;

/// A text, read by a loader of the test's own.
#[derive(Asset, Reflect, Default, Debug)]
struct Note {
    text: String,
}

#[derive(TypePath, Default)]
struct NoteLoader;

impl AssetLoader for NoteLoader {
    type Asset = Note;
    type Settings = ();
    type Error = std::io::Error;

    async fn load(&self, reader: &mut dyn Reader, (): &(), _: &mut LoadContext<'_>) -> std::io::Result<Note> {
        let mut bytes = Vec::new();
        reader.read_to_end(&mut bytes).await?;
        String::from_utf8(bytes).map(|text| Note { text }).map_err(std::io::Error::other)
    }

    fn extensions(&self) -> &[&str] {
        &["note"]
    }
}

/// A type of asset that the app never initialises.
#[derive(Asset, Reflect, Default, Debug)]
struct Stranger;

#[derive(Component, Reflect, Default, Debug)]
#[reflect(Component, Default)]
struct Shelf {
    note: Handle<Note>,
    script: Handle<LuaScript>,
    stranger: Handle<Stranger>,
    notes: Vec<Handle<Note>>,
    maybe: Option<Handle<Note>>,
}

fn add_notes(app: &mut TestApp) {
    app.app().init_asset::<Note>().register_asset_reflect::<Note>().init_asset_loader::<NoteLoader>();
}

fn app_with_notes() -> TestApp {
    let mut app = TestApp::new();
    add_notes(&mut app);
    for name in ["a", "b"] {
        app.file(&format!("notes/{name}.note"), format!("the text of {name}"));
    }
    app
}

/// An app on files that the test fills itself.
fn app_on(files: &Dir, assets: AssetPlugin) -> TestApp {
    let files = files.clone();
    let mut app = App::new();
    let reader = move || Box::new(MemoryAssetReader { root: files.clone() }) as _;
    app.register_asset_source(AssetSourceId::Default, AssetSourceBuilder::new(reader));
    TestApp::from_app(app, assets)
}

/// What a script with a `Shelf` prints, once that has become so many lines.
fn prints(source: &str, count: usize) -> Vec<String> {
    let mut app = app_with_notes();
    app.run_on(source, Shelf::default());
    let is_done = app.frames_until(|app| app.prints().len() >= count || !app.errors().is_empty());
    assert!(is_done && app.errors().is_empty(), "{:?} {:?}", app.errors(), app.prints());
    app.prints().into_iter().map(str::to_owned).collect()
}

#[test]
fn handle_is_there_at_once_and_waits_for_its_asset() {
    let source = "local h = assets.load('notes/a.note')  print(h, h.path, h.loaded)
                  print(h:wait() == h, h.loaded, h:get().text, assets.get(h).text)";
    let lines = prints(source, 2);
    assert_eq!(lines[0], "Asset(notes/a.note)\tnotes/a.note\tfalse");
    assert_eq!(lines[1], "true\ttrue\tthe text of a\tthe text of a");
}

#[test]
fn wait_for_takes_a_handle_too() {
    let source = "print(wait_for(assets.load('notes/a.note')):get().text)";
    assert_eq!(prints(source, 1), ["the text of a"]);
}

/// Its loads never end.
#[derive(TypePath, Default)]
struct EndlessLoader;

impl AssetLoader for EndlessLoader {
    type Asset = Note;
    type Settings = ();
    type Error = std::io::Error;

    async fn load(&self, _: &mut dyn Reader, (): &(), _: &mut LoadContext<'_>) -> std::io::Result<Note> {
        std::future::pending().await
    }

    fn extensions(&self) -> &[&str] {
        &["endless"]
    }
}

#[test]
fn wait_ends_in_time() {
    let mut app = app_with_notes();
    app.app().init_asset_loader::<EndlessLoader>();
    app.file("x.endless", "");
    app.run("local began = time.frame  print(assets.load('x.endless'):wait(0.1), time.frame - began)");
    assert!(app.frames_until(|app| !app.prints().is_empty()));
    assert_eq!(app.prints(), ["nil\t7"]);
}

#[test]
fn what_cannot_be_loaded_raises_the_reason() {
    let source = "print(pcall(function() assets.load('notes/none.note'):wait() end))
                  print(pcall(function() assets.load('what.is.this'):wait() end))";
    let lines = prints(source, 2);
    assert!(lines[0].starts_with("false\ttest.lua:1: asset 'notes/none.note' cannot be loaded: "), "{lines:?}");
    assert!(lines[1].contains("asset 'what.is.this' cannot be loaded: "), "{lines:?}");
}

#[test]
fn handles_of_the_same_asset_are_equal() {
    let source = "local a, b = assets.load('notes/a.note'), assets.load('notes/b.note')
                  print(a == assets.load('notes/a.note'), a == b, a == 'notes/a.note')";
    assert_eq!(prints(source, 1), ["true\tfalse\tfalse"]);
}

#[test]
fn handle_goes_into_a_component_and_comes_back() {
    let source = "local s = self.Shelf  local h = assets.load('notes/a.note')
                  s.note = h  print(s.note == h, s.note.path)
                  s.notes = {h, 'notes/b.note'}  print(#s.notes, s.notes[2], s.notes[1] == h)
                  s.maybe = h  print(s.maybe)  s.maybe = nil  print(s.maybe)
                  self.Shelf = {note = 'notes/b.note'}  print(self.Shelf.note)
                  local copy = self.Shelf:copy()  self.Shelf:set(copy)  print(copy.note)
                  print(s.note:wait():get().text)";
    assert_eq!(
        prints(source, 7),
        [
            "true\tnotes/a.note",
            "2\tAsset(notes/b.note)\ttrue",
            "Asset(notes/a.note)",
            "nil",
            "Asset(notes/b.note)",
            "Asset(notes/b.note)",
            "the text of b"
        ]
    );
}

#[test]
fn handle_without_a_path_is_a_handle_like_any_other() {
    let mut app = app_with_notes();
    let note = app.world().resource_mut::<Assets<Note>>().add(Note { text: "made".to_owned() });
    let shelf = Shelf { note: note.clone(), ..default() };
    let source = "local h = self.Shelf.note  print(h, h.path, h.loaded, h:get().text, h:wait() == h)
                  self.Shelf.notes = {h}  print(self.Shelf.notes[1] == h, h == self.Shelf.script)";
    let entity = app.run_on(source, shelf);
    app.frames(2);
    assert!(app.errors().is_empty(), "{:?}", app.errors());
    assert_eq!(app.prints(), ["Asset(Note, from no file)\tnil\ttrue\tmade\ttrue", "true\tfalse"]);
    assert_eq!(app.world().get::<Shelf>(entity).map(|shelf| shelf.notes.clone()), Some(vec![note]));
}

#[test]
fn handle_of_another_type_is_an_error() {
    let source = "print(pcall(function() self.Shelf.script = assets.load('notes/a.note') end))
                  print(pcall(function() self.Shelf.note = 1 end))";
    assert_eq!(
        prints(source, 2),
        [
            "false\ttest.lua:1: cannot set 'Shelf.script': it wants the handle of a LuaScript, got that of a Note",
            "false\ttest.lua:2: cannot set 'Shelf.note': it wants the path of an asset, or a handle, got a number"
        ]
    );
}

/// Bevy panics about these.
#[test]
fn asset_of_a_type_that_the_app_does_not_know_is_an_error() {
    let mut app = app_with_notes();
    app.run_on("print(pcall(function() self.Shelf.stranger = 'x.note' end))", Shelf::default());
    app.frames(2);
    app.app().register_asset_reflect::<Stranger>();
    app.run_on("print(pcall(function() self.Shelf.stranger = 'x.note' end))", Shelf::default());
    app.frames(2);
    let message = "false\ttest.lua:1: cannot set 'Shelf.stranger': cannot load 'x.note': the app does not know assets of \
                   the type Stranger: call app.init_asset::<Stranger>() in Rust, and add a loader for it";
    assert_eq!(app.prints(), [message; 2]);
    assert!(app.errors().is_empty(), "{:?}", app.errors());
}

#[test]
fn asset_whose_type_the_path_does_not_say_is_found_in_the_file() {
    let files = Dir::default();
    files.insert_asset_text(Path::new("plain"), "text");
    files.insert_meta_text(
        Path::new("plain"),
        "(meta_format_version: \"1.0\", asset: Load(loader: \"integration::plugin::assets::NoteLoader\", settings: ()))",
    );
    let mut app = app_on(&files, AssetPlugin::default());
    add_notes(&mut app);
    let source = "local h = assets.load('plain')  print(h, h.path)
                  self.Shelf.note = h:wait()  print(self.Shelf.note:wait():get().text, self.Shelf.note == h, h:get().text)
                  print(pcall(function() self.Shelf.script = h end))";
    app.run_on(source, Shelf::default());
    assert!(app.frames_until(|app| app.prints().len() == 3 || !app.errors().is_empty()), "{:?}", app.prints());
    assert!(app.errors().is_empty(), "{:?}", app.errors());
    assert_eq!(app.prints()[..2], ["Asset(plain)\tplain", "text\ttrue\ttext"]);
    assert!(app.prints()[2].ends_with("it wants the handle of a LuaScript, got that of a Note"), "{:?}", app.prints());
}

/// Also where the app itself may load from everywhere.
#[test]
fn paths_stay_in_the_assets_folder() {
    let assets = AssetPlugin { unapproved_path_mode: UnapprovedPathMode::Allow, ..default() };
    let mut app = app_on(&Dir::default(), assets);
    app.run_on(
        "local paths = {'', '#x', '../x.lua', 'a/../../x.lua', '/etc/passwd', 'a//b.lua', './x.lua', 'a\\\\b.lua',
           'c:/x.lua', 'a\\0b.lua', 'x.lua#', '://x.lua', 'mods://x.lua', 'https://example.com/x.lua', '--untyped://x',
           ('x'):rep(513)}
         local refused = 0
         for _, path in ipairs(paths) do
           local ok, why = pcall(assets.load, path)
           local ok2, why2 = pcall(function() self.Shelf.script = path end)
           if not ok and not ok2 and why:find('cannot load', 1, true) and why2:find(why, 1, true) then
             refused = refused + 1
           else print(path, ok, why, ok2, why2) end
         end
         print(refused == #paths, pcall(assets.load, 1))",
        Shelf::default(),
    );
    app.frames(3);
    assert!(app.errors().is_empty(), "{:?}", app.errors());
    let message = "bad argument #1 to 'assets.load' (path of an asset expected, got number)";
    assert_eq!(app.prints(), [format!("true\tfalse\t{message}")]);
}

#[test]
fn loads_of_a_flood_wait_for_their_turn() {
    let mut app = app_with_notes();
    app.app().init_asset_loader::<EndlessLoader>();
    for number in 1..=257 {
        app.file(&format!("{number}.endless"), "");
    }
    app.run_on(
        "local kept = {}  for i = 1, 256 do kept[i] = assets.load(i .. '.endless') end
         print(task.timeout(0.1, assets.load, '257.endless'), assets.load('1.endless') == kept[1])
         print(pcall(function() self.Shelf.note = '257.endless' end))",
        Shelf::default(),
    );
    assert!(app.frames_until(|app| app.prints().len() == 2 || !app.errors().is_empty()));
    assert!(app.errors().is_empty(), "{:?}", app.errors());
    assert_eq!(
        app.prints(),
        [
            "false\ttrue",
            "false\ttest.lua:3: cannot set 'Shelf.note': 256 assets are being loaded already: use assets.load(path), which \
             waits until there is room"
        ]
    );
}

#[test]
fn handles_are_charged_and_given_back() {
    let source = "collectgarbage()  local before = collectgarbage('count')
                  local list = {}  for i = 1, 200 do list[i] = assets.load('notes/a.note') end
                  print(collectgarbage('count') - before > 200)
                  list = nil  collectgarbage()  collectgarbage()  print(collectgarbage('count') - before < 20)";
    assert_eq!(prints(source, 2), ["true", "true"]);
}

#[test]
fn handle_keeps_its_asset_loaded() {
    let source = "keep = assets.load('notes/a.note')  keep:wait()  print('loaded')  wait_frames(5)
                  print(keep.loaded, keep:get().text)
                  print(pcall(function() return keep.nothing end))";
    assert_eq!(
        prints(source, 3),
        [
            "loaded",
            "true\tthe text of a",
            "false\ttest.lua:3: the handle of an asset has no 'nothing'; it has: path, loaded, wait, get"
        ]
    );
}
