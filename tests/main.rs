//! The one Rust integration binary: everything about the Rust face that a Lua script cannot show.
//!
//! Each module holds the tests of one subject and has one `check` function that its tests share.

#[cfg(feature = "cli")]
mod cli;
#[cfg(feature = "bevy")]
mod plugin;
