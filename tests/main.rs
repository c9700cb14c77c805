//! The one Rust integration binary: everything about the Rust face that a Lua script cannot show.
//!
//! Each module holds the tests of one subject and has one `check` function that its tests share.

mod call;
#[cfg(feature = "cli")]
mod cli;
mod collector;
mod error;
mod files;
mod fuel;
mod hostile;
mod memory;
mod natives;
#[cfg(feature = "bevy")]
mod plugin;
mod sequence;
mod task;
