//! Whatever tokens a script is made of, loading it returns a chunk or an error.

use std::process::ExitCode;

use deimos::Lua;
use deimos_fuzz::{Style, drive};

fn main() -> ExitCode {
    let mut lua = Lua::new();
    drive("compile", Style::Tokens, |input| drop(lua.load("=fuzz", input)))
}
