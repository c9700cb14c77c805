//! Whatever bytes a script holds, loading it returns a chunk or an error.

use std::process::ExitCode;

use deimos::Lua;
use deimos_fuzz::{Style, drive};

fn main() -> ExitCode {
    let mut lua = Lua::new();
    drive("parse", Style::Bytes, |input| drop(lua.load("=fuzz", input)))
}
