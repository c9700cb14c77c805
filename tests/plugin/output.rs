//! What scripts print: what it costs, and how much of it there may be.

use bevy::prelude::*;
use deimos::testing::TestApp;
use deimos::{DeimosSettings, LogLevel};

/// A script that prints in an endless loop, in one frame.
fn flood(line: &str) -> TestApp {
    let settings = DeimosSettings { slice: 2_000_000, runaway_frames: 0, ..default() };
    let mut app = TestApp::with_settings(settings);
    app.run(&format!("while true do {line} end"));
    app.frame();
    app
}

#[test]
fn lines_beyond_five_thousand_in_a_frame_are_counted() {
    for line in ["print('x')", "log.info('x')", "log('x')", "warn('@on') warn('x')"] {
        let mut app = flood(line);
        let output = app.output();
        assert_eq!(output.len(), 5001, "{line}");
        assert!(output[..5000].iter().all(|line| line.text.ends_with('x')));
        let last = &output[5000];
        assert_eq!((last.level, last.script.as_str()), (LogLevel::Warn, "test.lua"));
        let count =
            last.text.strip_prefix("… ").and_then(|rest| rest.strip_suffix(" more lines of this script in this frame"));
        let count: u32 = count.and_then(|count| count.parse().ok()).unwrap_or_else(|| panic!("{}", last.text));
        // A line costs two hundred instructions.
        assert!((4000..5000).contains(&count), "{line}: {count}");
        // It is the same in the next frame.
        app.frame();
        assert_eq!(app.output().len(), 10_002);
    }
}

#[test]
fn one_script_that_floods_leaves_the_lines_of_others_alone() {
    let mut app = TestApp::with_settings(DeimosSettings { slice: 2_000_000, runaway_frames: 0, ..default() });
    let flood = app.script("flood.lua", "while true do print('x') end");
    let entity = app.world().spawn(deimos::Behaviour::new(flood)).id();
    app.run("while true do print('mine') wait() end");
    app.frames(2);
    assert_eq!(app.prints().iter().filter(|line| **line == "mine").count(), 2);
    let more: Vec<_> = app.output().iter().filter(|line| line.level == LogLevel::Warn).collect();
    assert_eq!(more.len(), 2);
    assert!(more.iter().all(|line| line.entity == entity && line.script == "flood.lua"));
}

#[test]
fn long_lines_are_cut_and_bytes_are_bounded() {
    let mut app = TestApp::with_settings(DeimosSettings { slice: 10_000_000, frame_budget: 10_000_000, ..default() });
    app.run(
        "local long = ('é'):rep(100000)
        log.info(long, long)
        print(long)
        for i = 1, 40 do log.info(long) end
        print('short')
        wait()
        print('again')",
    );
    app.frames(3);
    assert!(app.errors().is_empty(), "{:?}", app.errors());
    let lines = app.output();
    assert_eq!(lines[0].text, "é".repeat(1 << 15) + "…");
    assert_eq!(lines[1].text, lines[0].text);
    let bytes: usize = lines.iter().map(|line| line.text.len()).sum();
    assert!(bytes < (1 << 20) + 1000, "{bytes}");
    assert_eq!(app.prints()[16..], ["… 27 more lines of this script in this frame", "again"]);
}
