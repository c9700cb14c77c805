//! The work in deimos: a script is a coroutine that waits for the next frame.

use bevy::prelude::*;
use deimos::testing::TestApp;
use deimos::{AppLuaExt, Behaviour, DeimosSettings};

use crate::{Frame, ROWS, TURNS, Velocity, distance, fill};

/// An app whose scripts are never stopped before they wait.
fn app() -> TestApp {
    let mut app = TestApp::with_settings(DeimosSettings {
        frame_budget: 10_000_000,
        slice: 10_000_000,
        ..DeimosSettings::default()
    });
    app.app().register_type::<Velocity>().add_lua_function("add", |(a, b): (f64, f64)| a + b);
    app
}

fn frames(mut app: TestApp) -> Frame {
    app.frames(5);
    assert!(app.errors().is_empty(), "{:?}", app.errors());
    Box::new(move || app.frame())
}

/// A loop that does something in each turn.
pub fn turns(operation: &str) -> Frame {
    let mut app = app();
    app.run_on(
        &format!(
            "local self, add = self, add
            while true do
                local p = self.Transform.translation
                for i = 1, {TURNS} do {operation} end
                wait()
            end"
        ),
        Transform::default(),
    );
    frames(app)
}

/// A loop over all rows of a query.
pub fn query() -> Frame {
    let mut app = app();
    fill(app.world());
    let passes = TURNS / ROWS;
    app.run(&format!(
        "while true do
            for pass = 1, {passes} do
                for _, t, v in world:query('Transform', 'Velocity') do t.translation.x = v.linear.x + pass end
            end
            wait()
        end"
    ));
    app.frames(2);
    assert_eq!(distance(app.world()), (ROWS * passes) as f32);
    frames(app)
}

/// Scripts that each move their entity in every frame.
pub fn behaviours(count: usize) -> Frame {
    let mut app = app();
    let script = app.script(
        "drift.lua",
        "while true do
            local t = self.Transform
            t.translation.x = t.translation.x + 1.0
            wait()
        end",
    );
    let bodies: Vec<_> = (0..count).map(|_| (Transform::default(), Behaviour::new(script.clone()))).collect();
    app.world().spawn_batch(bodies);
    app.frames(2);
    let before = distance(app.world());
    app.frame();
    assert_eq!(distance(app.world()) - before, count as f32);
    frames(app)
}
