//! Lua for Bevy games, in entirely safe Rust.
//!
//! deimos is a Lua 5.4 virtual machine and a Bevy plugin in which a script is a coroutine that drives an entity, waits,
//! and goes on in a later frame. Every script runs on a budget of instructions and bytes, so that none can stall the
//! game or eat its memory.
//!
//! # Two products
//!
//! - **The machine**, [`Lua`]: loads chunks, calls functions both ways, and resumes tasks on fuel. It needs no engine;
//!   `default-features = false` leaves it alone.
//! - **The plugin**, [`DeimosPlugin`], behind the default feature `bevy`: scripts are assets, the component
//!   [`Behaviour`] puts one on an entity, and they reload while the game runs. The feature `scenes` adds `param` for
//!   `bsn!`, and Bevy's worlds in files, which hold behaviours with their parameters and states.
//!
#![cfg_attr(not(feature = "bevy"), doc = " [`DeimosPlugin`]: #two-products")]
#![cfg_attr(not(feature = "bevy"), doc = " [`Behaviour`]: #two-products")]
#![cfg_attr(not(feature = "bevy"), doc = " [`guide`]: #two-products")]
#![cfg_attr(not(feature = "bevy"), doc = " [`compared`]: #two-products")]
//!
//! # A first program
//!
//! ```
//! use deimos::{Lua, Poll};
//!
//! let mut lua = Lua::new();
//! let shout = lua.function("shout", |text: String| text.to_uppercase() + "!");
//! lua.set_global("shout", shout)?;
//!
//! // The body of a chunk is a coroutine, which runs on as much fuel as it is given.
//! let chunk = lua.load("=guard", "coroutine.yield(shout('halt')) while true do end")?;
//! let guard = lua.spawn(&chunk, ())?;
//! let Poll::Yielded(words) = lua.resume(&guard, &mut (), 1_000)? else { unreachable!() };
//! assert_eq!(words.get::<String>(&mut lua, 0)?, "HALT!");
//!
//! // A loop without an end is paused where it is when its fuel is used up.
//! assert!(matches!(lua.resume(&guard, &mut (), 1_000)?, Poll::OutOfFuel));
//! # Ok::<(), deimos::Error>(())
//! ```
//!
//! Outside the arena stand [`Lua`], [`Chunk`], [`Task`], [`Function`] and [`Handle`], plain `'static` values. Within
//! [`Lua::enter`], and in a native function, stand the machine's own [`Value`]s, which live as long as `'gc` and are
//! reached through a [`Context`]. What a native does over several steps, such as calling Lua, is a [`Sequence`].
//!
//! # The seven rooms
//!
//! The source is laid out as seven folders. Data walks through them in this order, and a room names only rooms above
//! its own row; `tests/tidy.rs` holds it to that.
//!
//! | room | what it is | names |
//! | --- | --- | --- |
//! | `syntax` | text to tree: lexer, parser, numerals | none |
//! | `bytecode` | the contract between compiler and machine: the table of instructions, compiled functions | none |
//! | `compiler` | tree to bytecode: scopes, registers, folding | `syntax`, `bytecode` |
//! | `vm` | values in motion: what Lua values are and how code runs | `bytecode`, the numerals of `syntax` |
//! | `api` | the Rust face: owner, conversions, handles, errors | `vm`, `compiler`, `bytecode` |
//! | `stdlib` | Lua's libraries, one file for each | `api` |
//! | `plugin` | Bevy's world: assets, behaviours, scheduling | `api`, `stdlib` |
//!
//! The first three are pure functions from bytes to a compiled function that may cross threads. `vm` alone knows how
//! garbage is collected, and `plugin` alone knows Bevy.
//!
//! # Where to read on
//!
//! - The README: the first five minutes with Bevy, what a script sees, the command line, and what differs from PUC-Rio's Lua.
//! - [`guide`]: writing behaviours, all that one can do, on one page; [`compared`]: coming from Roblox, Godot or Unity.
//! - [`Lua`], [`Lua::function`] and [`Error`] for a host in Rust; [`Libraries`] for what a script is given.
//! - In the source, the head of each room's `mod.rs`, and of each file: what it is and the invariant it keeps. The
//!   instructions are listed in `src/bytecode/op.rs`, and `src/vm/execute.rs` is the loop that runs them.
//! - `tests/lua`: one fact of the language in each script, `examples` for small worlds.
#![forbid(unsafe_code)]

mod syntax;

mod bytecode;

mod compiler;

mod vm;

mod api;

mod stdlib;

#[cfg(feature = "bevy")]
mod plugin;

pub use api::{
    Action, ArithOp, BadArgument, Call, Callable, Chunk, Closure, Collect, Collected, Compiling, Context, Error,
    ErrorKind, Event, Fault, FromArgs, FromLua, Function, FunctionInfo, Glance, Handle, HookSettings, IntoLua,
    IntoRaised, IntoReturns, LevelInfo, Lua, LuaString, Meta, Mismatch, Native, Numbers, Pass, Poll, Progress, Raised,
    Reach, Sequence, Status, Table, TableError, Task, Thread, Type, UserData, Value, Values, Variadic,
};
pub use stdlib::Libraries;

#[cfg(feature = "bevy")]
pub use plugin::{
    AppLuaExt, Behaviour, BehaviourState, BehaviourStatus, BehaviourTemplate, DeclaredParam, DeclaredParams,
    DeimosDiagnostics, DeimosPlugin, DeimosSettings, DeimosSystems, ErrorPolicy, ErrorSite, IntoLuaFunction, LogLevel,
    LuaComponent, LuaComponents, LuaData, LuaFields, LuaFunction, LuaScript, LuaScriptError, LuaScriptLoader,
    ParamTemplate, Reflected, RunawayPolicy, ScriptCost, ScriptError, ScriptOutput, ScriptProfile, Scripts,
    UndefinedComponents, WaitingFor, WorldLuaExt, testing,
};

#[cfg(feature = "scenes")]
pub use plugin::param;

/// Has the code of the README tested with the rest of the documentation.
#[cfg(all(doctest, feature = "bevy"))]
#[doc = include_str!("../README.md")]
struct Readme;

#[cfg(all(any(doc, doctest), feature = "bevy"))]
#[doc = include_str!("../docs/behaviours.md")]
pub mod guide {}

#[cfg(all(any(doc, doctest), feature = "bevy"))]
#[doc = include_str!("../docs/compared.md")]
pub mod compared {}
