//! Lua's standard library, one file for each of its parts.
//!
//! Every function here keeps three promises: it charges fuel before it works, it never works long between two
//! charges (what can be long is a sequence that pauses), and it checks the memory limit before it takes
//! memory whose size a script chose. The room speaks to the machine through `api` alone.

use crate::api::{Action, Call, Context, Lua, Native, Raised, Table, Value};

/// Rows of functions. Each is made from the function's own type, so that calling it costs one jump. A library's
/// functions are known to messages and saved games by its name and theirs.
macro_rules! rows {
    (in $library:literal; $($name:literal => $function:path),* $(,)?) => {
        &[$(($name, |ctx| Native::new(ctx, concat!($library, ".", $name), $function))),*]
    };
    ($($name:literal => $function:path),* $(,)?) => {
        &[$(($name, |ctx| Native::new(ctx, $name, $function))),*]
    };
}

mod base;
mod buffer;
mod coercion;
mod coroutine;
#[cfg(feature = "os")]
mod date;
mod debug;
mod format;
mod garbage;
mod gsub;
pub mod inquiry;
mod io;
mod io_read;
mod io_stream;
mod load;
mod matcher;
mod math;
#[cfg(feature = "os")]
mod os;
mod pack;
mod package;
mod pattern;
mod plain;
mod print;
pub mod random;
mod search;
mod sort;
mod string;
mod system;
mod table;
mod turns;
mod utf8;

/// A set of libraries.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Libraries(u32);

impl Libraries {
    /// No library at all: not even `print`.
    pub const NONE: Libraries = Libraries(0);
    /// The basic functions: `print`, `pairs`, `pcall`, …
    pub const BASE: Libraries = Libraries(1);
    /// `coroutine`
    pub const COROUTINE: Libraries = Libraries(1 << 1);
    /// `table`
    pub const TABLE: Libraries = Libraries(1 << 2);
    /// `string`, and the methods of strings.
    pub const STRING: Libraries = Libraries(1 << 3);
    /// `math`
    pub const MATH: Libraries = Libraries(1 << 4);
    /// `utf8`
    pub const UTF8: Libraries = Libraries(1 << 5);
    /// `io`, without `io.popen`: all files that the process may reach. No part of a sandbox, and beyond what fuel
    /// bounds: who reads from a terminal or a pipe waits for it.
    pub const IO: Libraries = Libraries(1 << 16);
    /// `os`, without `os.execute`: clocks, the environment, files by their names. It comes with the feature `os`.
    #[cfg(feature = "os")]
    pub const OS: Libraries = Libraries(1 << 17);
    /// `package`, `require`, `loadfile` and `dofile`: all Lua files that the process may read. Opened with other
    /// libraries, it knows them as modules.
    pub const PACKAGE: Libraries = Libraries(1 << 19);
    /// What runs other programs: `io.popen`, where [`Libraries::IO`] is opened as well, and `os.execute`, where the
    /// library `os` is.
    pub const PROCESS: Libraries = Libraries(1 << 18);
    /// All libraries that give a script no way to files, processes, clocks or the environment.
    pub const SANDBOX: Libraries = Libraries::BASE
        .with(Libraries::COROUTINE)
        .with(Libraries::TABLE)
        .with(Libraries::STRING)
        .with(Libraries::MATH)
        .with(Libraries::UTF8);
    /// `debug`, which lets a script into what other functions and the host hide.
    pub const DEBUG: Libraries = Libraries(1 << 24);
    /// Every library there is.
    #[cfg(feature = "os")]
    pub const ALL: Libraries = Libraries::SANDBOX
        .with(Libraries::DEBUG)
        .with(Libraries::PACKAGE)
        .with(Libraries::IO)
        .with(Libraries::PROCESS)
        .with(Libraries::OS);
    /// Every library there is; `os` needs the feature `os`.
    #[cfg(not(feature = "os"))]
    pub const ALL: Libraries =
        Libraries::SANDBOX.with(Libraries::DEBUG).with(Libraries::PACKAGE).with(Libraries::IO).with(Libraries::PROCESS);

    /// The libraries of both sets.
    #[must_use]
    pub const fn with(self, other: Libraries) -> Libraries {
        Libraries(self.0 | other.0)
    }

    /// The libraries of this set that are not in the other.
    #[must_use]
    pub const fn without(self, other: Libraries) -> Libraries {
        Libraries(self.0 & !other.0)
    }

    /// Whether all libraries of `other` are in this set.
    #[must_use]
    pub const fn contains(self, other: Libraries) -> bool {
        self.0 & other.0 == other.0
    }
}

impl Default for Libraries {
    fn default() -> Libraries {
        Libraries::SANDBOX
    }
}

impl std::ops::BitOr for Libraries {
    type Output = Libraries;

    fn bitor(self, other: Libraries) -> Libraries {
        self.with(other)
    }
}

impl Lua {
    /// A virtual machine with the libraries of [`Libraries::SANDBOX`].
    #[must_use]
    pub fn new() -> Lua {
        Lua::with_libraries(Libraries::SANDBOX)
    }

    /// A virtual machine with these libraries.
    #[must_use]
    pub fn with_libraries(libraries: Libraries) -> Lua {
        let mut lua = Lua::empty();
        lua.enter(|ctx| {
            // There is no memory limit yet and the tables are new, so nothing here can be refused.
            let opened = open(ctx, libraries);
            debug_assert!(opened.is_ok(), "{opened:?}");
            ctx.set_finalizers(libraries != Libraries::SANDBOX && libraries.contains(Libraries::ALL));
            ctx.forget_charges();
            ctx.ledger().begin();
        });
        lua
    }

    /// Seeds `math.random`: equal seeds give equal numbers. Without this the seed is 0.
    pub fn set_random_seed(&mut self, seed: u64) {
        self.enter(|ctx| math::set_seed(ctx, seed));
    }
}

impl Default for Lua {
    fn default() -> Lua {
        Lua::new()
    }
}

/// A function of a library: its name, and what makes it.
type Row = (&'static str, for<'gc> fn(Context<'gc>) -> Native<'gc>);

fn open<'gc>(ctx: Context<'gc>, libraries: Libraries) -> Result<(), Raised<'gc>> {
    let globals = ctx.globals();
    if libraries.contains(Libraries::BASE) {
        base::open(ctx, globals)?;
    }
    if libraries.contains(Libraries::COROUTINE) {
        globals.set_field(ctx, "coroutine", coroutine::open(ctx)?)?;
    }
    if libraries.contains(Libraries::TABLE) {
        globals.set_field(ctx, "table", table::open(ctx)?)?;
    }
    if libraries.contains(Libraries::STRING) {
        globals.set_field(ctx, "string", string::open(ctx)?)?;
    }
    if libraries.contains(Libraries::MATH) {
        globals.set_field(ctx, "math", math::open(ctx)?)?;
    }
    if libraries.contains(Libraries::UTF8) {
        globals.set_field(ctx, "utf8", utf8::open(ctx)?)?;
    }
    if libraries.contains(Libraries::IO) {
        globals.set_field(ctx, "io", io::open(ctx, libraries.contains(Libraries::PROCESS))?)?;
    }
    #[cfg(feature = "os")]
    if libraries.contains(Libraries::OS) {
        globals.set_field(ctx, "os", os::open(ctx, libraries.contains(Libraries::PROCESS))?)?;
    }
    if libraries.contains(Libraries::DEBUG) {
        globals.set_field(ctx, "debug", debug::open(ctx)?)?;
    }
    // The last: it knows the others as modules.
    if libraries.contains(Libraries::PACKAGE) {
        package::open(ctx, globals)?;
    }
    Ok(())
}

/// A library's table with room for `more` fields that are no functions of `rows`.
fn library<'gc>(ctx: Context<'gc>, rows: &[Row], more: usize) -> Result<Table<'gc>, Raised<'gc>> {
    let table = Table::with_capacity(ctx, 0, rows.len() + more);
    add_functions(ctx, table, rows)?;
    Ok(table)
}

fn add_functions<'gc>(ctx: Context<'gc>, table: Table<'gc>, rows: &[Row]) -> Result<(), Raised<'gc>> {
    for (name, make) in rows {
        table.set_field(ctx, name, make(ctx))?;
    }
    Ok(())
}

/// Returns `first` and the call's arguments behind it.
fn return_behind<'gc>(call: &mut Call<'_, 'gc>, first: Value<'gc>) -> Result<Action<'gc>, Raised<'gc>> {
    match call.len() {
        0 => call.ret1(first),
        1 => call.ret(&[first, call.arg(0)]),
        2 => call.ret(&[first, call.arg(0), call.arg(1)]),
        3 => call.ret(&[first, call.arg(0), call.arg(1), call.arg(2)]),
        _ => {
            call.charge(call.len() / 8);
            let mut values = Vec::with_capacity(call.len() + 1);
            values.push(first);
            values.extend_from_slice(call.args());
            call.ret(&values)
        }
    }
}
