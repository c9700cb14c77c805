//! Lua for Bevy games, in entirely safe Rust.
#![forbid(unsafe_code)]

mod syntax;

mod bytecode;

mod compiler;

mod vm;

mod api;

mod stdlib;

pub use api::{
    Action, ArithOp, BadArgument, Call, Callable, Chunk, Closure, Collect, Context, Error, ErrorKind, Event, Fault,
    FromArgs, FromLua, Function, Handle, IntoLua, IntoRaised, IntoReturns, Lua, LuaString, Meta, Mismatch, Native,
    Poll, Progress, Raised, Sequence, Status, Table, TableError, Task, Thread, Type, UserData, Value, Values, Variadic,
};
pub use stdlib::Libraries;
