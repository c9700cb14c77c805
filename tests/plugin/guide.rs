//! The guide's examples are code.

use deimos::testing::TestApp;

const GUIDE: &str = include_str!("../../docs/behaviours.md");

/// The blocks of a language in a page.
fn blocks(page: &str, language: &str) -> Vec<String> {
    page.split("```")
        .skip(1)
        .step_by(2)
        .filter_map(|block| block.strip_prefix(language)?.strip_prefix('\n'))
        .map(str::to_owned)
        .collect()
}

#[test]
fn lua_in_the_guide_compiles() {
    let blocks = blocks(GUIDE, "lua");
    assert!(blocks.len() >= 2);
    for block in blocks {
        assert!(deimos::Chunk::compile("=guide", block.as_bytes()).is_ok(), "{block}");
    }
}

/// A call in the first column of a table, as the path of names that leads to it.
fn paths(page: &str) -> Vec<String> {
    let mut paths = Vec::new();
    for row in page.lines().filter(|line| line.starts_with("| `")) {
        let cell = row.split(" | ").next().unwrap_or_default();
        for call in cell.split('`').skip(1).step_by(2) {
            let name: String = call.chars().take_while(|c| c.is_alphanumeric() || "_.:".contains(*c)).collect();
            let is_call = call[name.len()..].starts_with(['(', '{']);
            let root = name.split(['.', ':']).next().unwrap_or_default();
            if is_call
                && ["wait", "spawn", "task", "on", "world", "random", "input", "assets"]
                    .iter()
                    .any(|known| root.starts_with(known))
            {
                paths.push(name.replace(':', "."));
            }
        }
    }
    paths
}

#[test]
fn every_function_in_the_guide_is_there() {
    let paths = paths(GUIDE);
    assert!(paths.len() > 30, "{paths:?}");
    let mut app = TestApp::new();
    for path in &paths {
        app.run(&format!("if not {path} then error('there is no {path}') end"));
    }
    app.frame();
    assert!(app.errors().is_empty(), "{:?}", app.errors());
}
