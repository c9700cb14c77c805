//! *The Rust face.*
//!
//! There are two levels. Outside the arena stand [`Lua`], [`Chunk`], [`Task`], [`Function`] and [`Handle`]:
//! plain `'static` values, typed arguments and results, one opaque [`Error`]. Inside it, during
//! [`Lua::enter`], stand the machine's own types with the arena's lifetime `'gc`, which are passed on here.
//! The standard library and the plugin are written on this room and know nothing below it.

mod chunk;
mod collector;
mod convert;
mod error;
mod function;
mod handle;
mod lua;

pub use chunk::{Chunk, Compiling};
pub use collector::Collected;
pub use convert::{BadArgument, Callable, FromArgs, FromLua, IntoLua, IntoRaised, IntoReturns, Mismatch, Variadic};
pub use error::{Error, ErrorKind};
pub use function::Function;
pub use handle::Handle;
pub use lua::{Lua, Poll, Task, Values};

pub use crate::vm::{
    Action, ArithOp, Call, Charge, Closure, CollectorOptions, Context, Event, Fault, FunctionInfo, Glance,
    HookSettings, Intrinsic, LevelInfo, LuaString, Meta, NUMERAL_MAX, Native, Numbers, Output, Pass, Progress, Raised,
    Reach, STRING_MAX, Sequence, Status, Table, TableError, Thread, Type, UserData, Value, number,
};
pub use gc_arena::Collect;
