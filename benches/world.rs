//! What scripts do with vectors and with components costs, in nanoseconds.
//!
//!     cargo bench --bench world              all of it
//!     cargo bench --bench world -- value     what has this in its name
//!
//! Each is a loop of a behaviour, so it contains a turn of an empty loop, which is measured as `empty loop`. The cost of
//! a frame of the app around it is spread over the turns, and is less than a nanosecond of each.

use std::hint::black_box;
use std::time::Duration;

use bevy::prelude::*;
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use deimos::DeimosSettings;
use deimos::testing::TestApp;

/// Turns of a loop in a frame.
const TURNS: u64 = 10_000;

/// What is measured: a name, and what is done in each turn of the loop.
const OPERATIONS: [(&str, &str); 15] = [
    ("empty loop", ""),
    ("value/vec3 + vec3", "local _ = a + b"),
    ("value/vec3 * number", "local _ = a * 2.0"),
    ("value/number * vec3", "local _ = 2.0 * a"),
    ("value/quat * vec3", "local _ = q * a"),
    ("value/vec3.x", "local _ = a.x"),
    ("value/vec3.xy", "local _ = a.xy"),
    ("value/vec3 == vec3", "local _ = a == b"),
    ("value/make vec3", "local _ = make(1.0, 2.0, 3.0)"),
    ("value/length", "local _ = a:length()"),
    ("value/lerp", "local _ = a:lerp(b, 0.5)"),
    ("place/read a float", "local _ = p.x"),
    ("place/write a float", "p.x = i"),
    ("place/compute", "local _ = p + a"),
    ("place/assign", "t.translation = a"),
];

fn operations(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("world");
    group.throughput(Throughput::Elements(TURNS));
    for (name, operation) in OPERATIONS {
        let mut app = TestApp::with_settings(DeimosSettings {
            frame_budget: 10_000_000,
            slice: 10_000_000,
            ..DeimosSettings::default()
        });
        app.run_on(
            &format!(
                "local t, a, b, q, make = self.Transform, vec3(1, 2, 3), vec3(4, 5, 6), quat.z(1), vec3
                local p = t.translation
                while true do
                    for i = 1, {TURNS} do {operation} end
                    wait()
                end"
            ),
            Transform::default(),
        );
        app.frames(10);
        assert!(app.errors().is_empty(), "{name}: {:?}", app.errors());
        group.bench_function(name, |bencher| bencher.iter(|| black_box(&mut app).frame()));
    }
    group.finish();
}

criterion_group! {
    name = world;
    config = Criterion::default().sample_size(30).warm_up_time(Duration::from_millis(300)).measurement_time(Duration::from_secs(1));
    targets = operations
}
criterion_main!(world);
