//! *Values in motion: what Lua values are, and how code runs.*
//!
//! All of the arena's lifetime `'gc` lives from this room up; the rooms before it know nothing of it.
//!
//! | part | files |
//! | --- | --- |
//! | what there is | `value`, `string` (with `short` and `interner`), `table`, `function`, `userdata`, `thread`, `segment` |
//! | where it is kept | `context` (the root), `gc` (bytes and pacing), `weak` and `afterlife` (weak tables, finalizers), `reach` (who holds how much) |
//! | what operators mean | `operate`, `meta`, `long` (strings that take turns) |
//! | how it runs | `execute` (the loop), `call`, `call_exits`, `executor` (errors, fuel), `switch` (coroutines), `step`, `sequence` |
//! | how it fails | `error`, `describe` |
//! | how it is looked at | `levels`, `traceback`, `inspect`, `upvalue`, `hook` |
//!
//! Invariants of the whole room:
//! - Rust calls never nest: natives return what they want done ([`Action`]);
//! - nothing points into the register stack, so stacks move freely;
//! - whenever the collector works, the register stack is empty;
//! - what a script can make big is checked against the ledger before it is made.

mod access;
mod afterlife;
mod call;
mod call_exits;
mod context;
mod describe;
mod error;
mod execute;
mod executor;
mod function;
mod gc;
mod hook;
mod inspect;
mod interner;
mod levels;
mod long;
mod meta;
mod natives;
mod operate;
mod output;
mod reach;
mod segment;
mod sequence;
mod short;
mod step;
mod string;
mod switch;
mod table;
mod thread;
mod traceback;
mod upvalue;
mod userdata;
mod value;
mod weak;

pub use crate::syntax::number;
pub use afterlife::{Aftermath, Rounds};
pub use context::{Context, State};
pub use error::{Fault, Raised};
pub use executor::Progress;
pub use function::{Closure, Glance, Intrinsic, Native};
pub use gc::{Charge, CollectorOptions, Ledger, PACING};
pub use hook::HookSettings;
pub use inspect::{FunctionInfo, LevelInfo};
pub use meta::{Event, Meta};
pub use operate::{ArithOp, NUMERAL_MAX};
pub use output::Output;
pub use reach::Reach;
pub use sequence::{Action, Call, Pass, Sequence};
pub use string::{LuaString, STRING_MAX};
pub use table::{Table, TableError};
pub use thread::{Status, Thread};
pub use userdata::{Numbers, UserData};
pub use value::{Type, Value};
