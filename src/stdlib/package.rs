//! The `package` library and `require` (§6.3), with the functions that run files.
//!
//! Modules are Lua files, or functions in `package.preload`. The searchers for libraries in C stand in their places
//! and look where `package.cpath` says, but what they find they refuse: native code could do anything. A search looks
//! at a few files between two looks at the fuel.

use std::fs::File;

use super::buffer::Buffer;
use super::load::{dofile, load_module, loadfile};
use super::system::os_text;
use super::{Row, add_functions, library};
use crate::api::{Action, Call, Collect, Context, LuaString, Native, Raised, Sequence, Table, Value};

/// Where `require` looks for Lua files at first.
const PATH: &str = "/usr/local/share/lua/5.4/?.lua;/usr/local/share/lua/5.4/?/init.lua;\
                    /usr/local/lib/lua/5.4/?.lua;/usr/local/lib/lua/5.4/?/init.lua;\
                    /usr/share/lua/5.4/?.lua;/usr/share/lua/5.4/?/init.lua;./?.lua;./?/init.lua";

/// Where libraries in C would be.
const C_PATH: &str = "/usr/local/lib/lua/5.4/?.so;/usr/local/lib/lua/5.4/loadall.so;./?.so";

/// The characters with a meaning in paths, a line for each (§6.3).
const CONFIG: &str = "/\n;\n?\n!\n-\n";

/// Why there are no libraries in C.
const NO_C: &str = "dynamic libraries not enabled; check your Lua installation";

/// What looking at a file costs, in fuel.
const FUEL_PER_FILE: usize = 200;

/// The libraries that a script finds in `package.loaded`, where they are opened.
const LIBRARIES: &[&str] = &["_G", "coroutine", "table", "string", "math", "utf8", "io", "os", "debug"];

/// Makes the library's table, and sets `require` and what runs files. It is opened after all other libraries.
pub(super) fn open<'gc>(ctx: Context<'gc>, globals: Table<'gc>) -> Result<(), Raised<'gc>> {
    let package = library(ctx, FUNCTIONS, 7)?;
    let (loaded, preload, searchers) = (Table::new(ctx), Table::new(ctx), Table::new(ctx));
    for name in LIBRARIES {
        if let library @ Value::Table(_) = globals.get(ctx, ctx.text(name)) {
            loaded.set_field(ctx, name, library)?;
        }
    }
    loaded.set_field(ctx, "package", package)?;
    let name = "package.searcher";
    for (index, searcher) in (1..).zip([
        Native::with_upvalues(ctx, name, &[preload.into()], search_preload),
        Native::with_upvalues(ctx, name, &[package.into()], search_lua),
        Native::with_upvalues(ctx, name, &[package.into()], search_c),
        Native::with_upvalues(ctx, name, &[package.into()], search_c_root),
    ]) {
        searchers.set_integer(ctx, index, searcher.into())?;
    }
    package.set_field(ctx, "loaded", loaded)?;
    ctx.registry().set_field(ctx, "_LOADED", loaded)?;
    package.set_field(ctx, "preload", preload)?;
    package.set_field(ctx, "searchers", searchers)?;
    package.set_field(ctx, "path", ctx.text(PATH))?;
    package.set_field(ctx, "cpath", ctx.text(C_PATH))?;
    package.set_field(ctx, "config", ctx.text(CONFIG))?;
    globals.set_field(ctx, "package", package)?;
    add_functions(ctx, globals, GLOBAL_FUNCTIONS)?;
    let require = Native::with_upvalues(ctx, "require", &[package.into(), loaded.into()], require);
    globals.set_field(ctx, "require", require)?;
    Ok(())
}

// -- require ---------------------------------------------------------------------------------------------

fn require<'gc>(call: &mut Call<'_, 'gc>) -> Result<Action<'gc>, Raised<'gc>> {
    let name = call.check::<LuaString<'gc>>(0)?;
    let (Value::Table(package), Value::Table(loaded)) = (call.upvalue(0), call.upvalue(1)) else {
        return call.ret0();
    };
    let known = loaded.get(call.ctx, Value::String(name));
    if known.is_truthy() {
        return call.ret1(known);
    }
    let Value::Table(searchers) = package.get(call.ctx, call.ctx.text("searchers")) else {
        return Err(Raised::message("'package.searchers' must be a table"));
    };
    call.leave(&[]);
    let stage = Stage::Begin;
    Ok(Action::Start(Box::new(Require { name, loaded, searchers, index: 0, failures: Buffer::default(), stage })))
}

/// `require`, for a module that is not loaded yet: asks one searcher after another for a loader, and calls it.
#[derive(Collect)]
#[collect(no_drop)]
struct Require<'gc> {
    name: LuaString<'gc>,
    loaded: Table<'gc>,
    searchers: Table<'gc>,
    index: i64,
    /// What the searchers said that did not find it.
    failures: Buffer,
    stage: Stage<'gc>,
}

#[derive(Clone, Copy, Collect)]
#[collect(no_drop)]
enum Stage<'gc> {
    Begin,
    /// A searcher was asked.
    Searching,
    /// The loader was called, with what the searcher said about it.
    Loading(Value<'gc>),
}

impl<'gc> Require<'gc> {
    fn ask_next(&mut self, call: &mut Call<'_, 'gc>) -> Result<Action<'gc>, Raised<'gc>> {
        self.index += 1;
        let searcher = self.searchers.get_integer(call.ctx, self.index);
        if searcher.is_nil() {
            let failures = String::from_utf8_lossy(self.failures.as_bytes());
            return Err(Raised::message(format!("module '{}' not found:{failures}", self.name.to_text())));
        }
        self.stage = Stage::Searching;
        call.leave(&[searcher, Value::String(self.name)]);
        Ok(Action::Call)
    }

    fn hear(&mut self, call: &mut Call<'_, 'gc>) -> Result<Action<'gc>, Raised<'gc>> {
        let (answer, about) = (call.arg(0), call.arg(1));
        if answer.is_function() {
            self.stage = Stage::Loading(about);
            call.leave(&[answer, Value::String(self.name), about]);
            return Ok(Action::Call);
        }
        if matches!(answer, Value::String(_) | Value::Integer(_) | Value::Float(_)) {
            self.failures.push(call.ctx, b"\n\t")?;
            self.failures.push_text(call.ctx, answer)?;
        }
        self.ask_next(call)
    }
}

impl<'gc> Sequence<'gc> for Require<'gc> {
    fn name(&self) -> &'static str {
        "require"
    }

    fn poll(&mut self, call: &mut Call<'_, 'gc>) -> Result<Action<'gc>, Raised<'gc>> {
        match self.stage {
            Stage::Begin => self.ask_next(call),
            Stage::Searching => self.hear(call),
            Stage::Loading(about) => {
                let name = Value::String(self.name);
                if !call.arg(0).is_nil() {
                    self.loaded.set(call.ctx, name, call.arg(0))?;
                }
                if self.loaded.get(call.ctx, name).is_nil() {
                    self.loaded.set(call.ctx, name, Value::Boolean(true))?;
                }
                call.ret(&[self.loaded.get(call.ctx, name), about])
            }
        }
    }
}

// -- searching -------------------------------------------------------------------------------------------

/// What a search is for.
#[derive(Clone, Copy, Collect)]
#[collect(no_drop)]
enum Purpose<'gc> {
    /// `package.searchpath`
    File,
    /// The searcher for Lua files.
    Module(LuaString<'gc>),
    /// The searchers for libraries in C.
    Library(LuaString<'gc>),
}

/// A search along a path.
#[derive(Collect)]
#[collect(no_drop)]
struct Search<'gc> {
    purpose: Purpose<'gc>,
    path: LuaString<'gc>,
    /// Where the next template begins; `None` behind the last.
    at: Option<usize>,
    /// What takes the place of the marks.
    name: LuaString<'gc>,
    /// What was looked for in vain.
    failures: Buffer,
}

impl<'gc> Search<'gc> {
    fn start(
        call: &mut Call<'_, 'gc>,
        purpose: Purpose<'gc>,
        name: LuaString<'gc>,
        path: LuaString<'gc>,
    ) -> Result<Action<'gc>, Raised<'gc>> {
        call.leave(&[]);
        Ok(Action::Start(Box::new(Search { purpose, path, at: Some(0), name, failures: Buffer::default() })))
    }

    /// The next template with the name filled in; `None` behind the last.
    fn next_files(&mut self, call: &mut Call<'_, 'gc>) -> Result<Option<Buffer>, Raised<'gc>> {
        let Some(rest) = self.at.and_then(|at| self.path.as_bytes().get(at..)) else { return Ok(None) };
        let length = rest.iter().position(|&byte| byte == b';');
        self.at = self.at.zip(length).map(|(at, length)| at + length + 1);
        let template = rest.get(..length.unwrap_or(rest.len())).unwrap_or_default();
        call.charge(FUEL_PER_FILE + template.len() / 8);
        let mut files = Buffer::default();
        for (index, part) in template.split(|&byte| byte == b'?').enumerate() {
            if index > 0 {
                call.charge(self.name.len() / 64);
                files.push(call.ctx, self.name.as_bytes())?;
            }
            files.push(call.ctx, part)?;
        }
        Ok(Some(files))
    }

    fn found(&self, call: &mut Call<'_, 'gc>, file: LuaString<'gc>) -> Result<Action<'gc>, Raised<'gc>> {
        match self.purpose {
            Purpose::File => call.ret1(file),
            Purpose::Module(name) => load_module(call, name, file),
            Purpose::Library(name) => {
                let (name, file) = (name.to_text(), file.to_text());
                Err(Raised::message(format!("error loading module '{name}' from file '{file}':\n\t{NO_C}")))
            }
        }
    }
}

impl<'gc> Sequence<'gc> for Search<'gc> {
    fn name(&self) -> &'static str {
        match self.purpose {
            Purpose::File => "package.searchpath",
            _ => "package.searcher",
        }
    }

    fn poll(&mut self, call: &mut Call<'_, 'gc>) -> Result<Action<'gc>, Raised<'gc>> {
        while let Some(files) = self.next_files(call)? {
            // A name may hold the separator as well.
            for file in files.as_bytes().split(|&byte| byte == b';') {
                if File::open(os_text(file)).is_ok() {
                    let file = call.ctx.string(file);
                    return self.found(call, file);
                }
                let before: &[u8] = if self.failures.len() == 0 { b"no file '" } else { b"\n\tno file '" };
                self.failures.push(call.ctx, before)?;
                self.failures.push(call.ctx, file)?;
                self.failures.push(call.ctx, b"'")?;
            }
            if call.is_out_of_fuel() {
                call.leave(&[]);
                return Ok(Action::Pause);
            }
        }
        let failures = self.failures.finish(call.ctx);
        match self.purpose {
            Purpose::File => call.ret(&[Value::Nil, failures]),
            Purpose::Module(_) | Purpose::Library(_) => call.ret1(failures),
        }
    }
}

fn searchpath<'gc>(call: &mut Call<'_, 'gc>) -> Result<Action<'gc>, Raised<'gc>> {
    let ctx = call.ctx;
    let (name, path) = (call.check::<LuaString<'gc>>(0)?, call.check(1)?);
    let separator = call.optional(2, ctx.string(b"."))?;
    let replacement = call.optional(3, ctx.string(b"/"))?;
    let name = replaced(call, name, separator.as_bytes(), replacement.as_bytes())?;
    Search::start(call, Purpose::File, name, path)
}

/// A name with all separators replaced.
fn replaced<'gc>(
    call: &mut Call<'_, 'gc>,
    name: LuaString<'gc>,
    separator: &[u8],
    replacement: &[u8],
) -> Result<LuaString<'gc>, Raised<'gc>> {
    call.charge(name.len());
    if separator.is_empty() || !name.as_bytes().windows(separator.len()).any(|part| part == separator) {
        return Ok(name);
    }
    let mut buffer = Buffer::default();
    let mut rest = name.as_bytes();
    while let Some((first, behind)) = rest.split_first() {
        if let Some(behind) = rest.strip_prefix(separator) {
            buffer.push(call.ctx, replacement)?;
            rest = behind;
        } else {
            buffer.push(call.ctx, &[*first])?;
            rest = behind;
        }
    }
    Ok(call.ctx.string(buffer.as_bytes()))
}

// -- searchers -------------------------------------------------------------------------------------------

fn search_preload<'gc>(call: &mut Call<'_, 'gc>) -> Result<Action<'gc>, Raised<'gc>> {
    let name = call.check::<LuaString<'gc>>(0)?;
    let loader = match call.upvalue(0) {
        Value::Table(preload) => preload.get(call.ctx, Value::String(name)),
        _ => Value::Nil,
    };
    let ctx = call.ctx;
    match loader {
        Value::Nil => call.ret1(ctx.text(format!("no field package.preload['{}']", name.to_text()))),
        loader => call.ret(&[loader, ctx.text(":preload:")]),
    }
}

fn search_lua<'gc>(call: &mut Call<'_, 'gc>) -> Result<Action<'gc>, Raised<'gc>> {
    let name = call.check::<LuaString<'gc>>(0)?;
    search(call, "path", name, Purpose::Module(name))
}

fn search_c<'gc>(call: &mut Call<'_, 'gc>) -> Result<Action<'gc>, Raised<'gc>> {
    let name = call.check::<LuaString<'gc>>(0)?;
    search(call, "cpath", name, Purpose::Library(name))
}

/// Looks for the library that a module within another would be in.
fn search_c_root<'gc>(call: &mut Call<'_, 'gc>) -> Result<Action<'gc>, Raised<'gc>> {
    let name = call.check::<LuaString<'gc>>(0)?;
    let Some(dot) = name.as_bytes().iter().position(|&byte| byte == b'.') else { return call.ret0() };
    let root = call.ctx.string(name.as_bytes().get(..dot).unwrap_or_default());
    search(call, "cpath", root, Purpose::Library(name))
}

/// Looks along the path in a field of `package`, the searcher's upvalue.
fn search<'gc>(
    call: &mut Call<'_, 'gc>,
    field: &str,
    name: LuaString<'gc>,
    purpose: Purpose<'gc>,
) -> Result<Action<'gc>, Raised<'gc>> {
    let path = match call.upvalue(0) {
        Value::Table(package) => package.get(call.ctx, call.ctx.text(field)),
        _ => Value::Nil,
    };
    let path = match path {
        Value::String(path) => path,
        Value::Integer(_) | Value::Float(_) => call.ctx.plain_string(path),
        _ => return Err(Raised::message(format!("'package.{field}' must be a string"))),
    };
    let name = replaced(call, name, b".", b"/")?;
    Search::start(call, purpose, name, path)
}

fn loadlib<'gc>(call: &mut Call<'_, 'gc>) -> Result<Action<'gc>, Raised<'gc>> {
    call.check::<LuaString<'gc>>(0)?;
    call.check::<LuaString<'gc>>(1)?;
    let ctx = call.ctx;
    call.ret(&[Value::Nil, ctx.text(NO_C), ctx.text("absent")])
}

const FUNCTIONS: &[Row] = rows! { in "package";
    "loadlib" => loadlib,
    "searchpath" => searchpath,
};

const GLOBAL_FUNCTIONS: &[Row] = rows! {
    "dofile" => dofile,
    "loadfile" => loadfile,
};
