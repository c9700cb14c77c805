//! Whatever a script does, running it under fuel and a memory limit ends in results, an error or no more fuel.

use std::process::ExitCode;

use deimos::{Lua, Poll};
use deimos_fuzz::{Style, drive};

/// The fuel of each step: odd, so that steps end in all sorts of places.
const FUEL: u64 = 997;
/// The steps after which a script has shown enough.
const STEPS_MAX: u32 = 100;
/// A full collection comes after every so many steps.
const COLLECT_EVERY: u32 = 16;
/// The bytes that a script may hold.
const MEMORY_LIMIT: usize = 16 << 20;

fn main() -> ExitCode {
    drive("run", Style::Tokens, round)
}

fn round(input: &[u8]) {
    let mut lua = Lua::new();
    lua.set_memory_limit(MEMORY_LIMIT);
    lua.set_print(|_: &[u8]| {});
    let Ok(chunk) = lua.load("=fuzz", input) else { return };
    let Ok(task) = lua.spawn(&chunk, ()) else { return };
    for step in 1..=STEPS_MAX {
        match lua.resume(&task, &mut (), FUEL) {
            Ok(Poll::OutOfFuel | Poll::Yielded(_)) => {}
            Ok(Poll::Finished(_)) => break,
            Err(error) => {
                // Building the message runs code of its own.
                let _ = error.message().len();
                break;
            }
        }
        if step % COLLECT_EVERY == 0 {
            lua.collect_full();
        }
    }
}
