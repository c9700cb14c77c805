//! The work in `bevy_mod_scripting`: a script has a callback that an event calls in each frame.

use bevy::prelude::*;
use bevy_mod_scripting::core::event::ScriptErrorEvent;
use bevy_mod_scripting::core::script::{ContextPolicy, ScriptContexts};
use bevy_mod_scripting::prelude::*;

use crate::{Frame, ROWS, TURNS, Velocity, distance, fill};

callback_labels!(OnUpdate => "on_update");

/// The errors of scripts so far.
#[derive(Resource, Default)]
struct Errors(Vec<String>);

fn app(policy: ContextPolicy) -> App {
    let mut app = App::new();
    app.add_plugins((
        MinimalPlugins,
        AssetPlugin::default(),
        BMSPlugin.set(LuaScriptingPlugin::default().set_context_policy(policy)),
    ));
    app.register_type::<Transform>().register_type::<Velocity>().init_resource::<Errors>();
    NamespaceBuilder::<GlobalNamespace>::new_unregistered(app.world_mut()).register("add", |a: f64, b: f64| a + b);
    app.add_systems(Update, (call_all, event_handler::<OnUpdate, LuaScriptingPlugin>).chain());
    app.add_systems(Last, |mut events: MessageReader<ScriptErrorEvent>, mut errors: ResMut<Errors>| {
        errors.0.extend(events.read().map(|event| format!("{:?}", event.error)));
    });
    app.finish();
    app.cleanup();
    app
}

fn call_all(mut events: MessageWriter<ScriptCallbackEvent>) {
    events.write(ScriptCallbackEvent::new_for_all_scripts(OnUpdate, Vec::new()));
}

/// Gives so many new entities a script, and runs frames until all of them are loaded.
fn attach(app: &mut App, source: &str, count: usize) {
    let script = ScriptAsset::new(source.to_owned()).with_language(Language::Lua);
    let script = app.world().resource::<AssetServer>().add(script);
    for _ in 0..count {
        app.world_mut().spawn((Transform::default(), ScriptComponent::new([script.clone()])));
    }
    for _ in 0..100_000 {
        app.update();
        let contexts = app.world().resource::<ScriptContexts<LuaScriptingPlugin>>().read();
        if contexts.all_residents().filter(|(_, context)| context.as_loaded().is_some()).count() == count {
            return;
        }
    }
    panic!("the scripts are not loaded yet");
}

fn frames(mut app: App) -> Frame {
    for _ in 0..5 {
        app.update();
    }
    let errors = &app.world().resource::<Errors>().0;
    assert!(errors.is_empty(), "{errors:?}");
    Box::new(move || app.update())
}

/// A loop that does something in each turn.
pub fn turns(operation: &str) -> Frame {
    let mut app = app(ContextPolicy::default());
    let source = format!(
        "local Transform = types.Transform
        function on_update()
            local world, entity, add = world, entity, add
            local p = world.get_component(entity, Transform).translation
            for i = 1, {TURNS} do {operation} end
        end"
    );
    attach(&mut app, &source, 1);
    frames(app)
}

/// A loop over all rows of a query.
pub fn query() -> Frame {
    let mut app = app(ContextPolicy::default());
    fill(app.world_mut());
    let passes = TURNS / ROWS;
    let source = format!(
        "function on_update()
            for pass = 1, {passes} do
                for _, row in pairs(world.query():component(types.Transform):component(types.Velocity):build()) do
                    local parts = row:components()
                    parts[1].translation.x = parts[2].linear.x + pass
                end
            end
        end"
    );
    attach(&mut app, &source, 1);
    app.update();
    app.update();
    assert_eq!(distance(app.world_mut()), (ROWS * passes) as f32);
    frames(app)
}

/// Scripts that each move their entity in every frame: each with a context of its own, as is the default, or all in one.
pub fn behaviours(count: usize, is_shared: bool) -> Frame {
    let mut app = app(if is_shared { ContextPolicy::shared() } else { ContextPolicy::default() });
    let source = "function on_update()
        local t = world.get_component(entity, types.Transform)
        t.translation.x = t.translation.x + 1.0
    end";
    attach(&mut app, source, count);
    app.update();
    let before = distance(app.world_mut());
    app.update();
    assert_eq!(distance(app.world_mut()) - before, count as f32);
    frames(app)
}
