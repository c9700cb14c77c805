//! Compiled chunks.
//!
//! A chunk is bytecode with a name: it belongs to no machine, may cross threads and is shared freely. Here the
//! compiler's errors become the public [`Error`], and chunk names take the form that messages show.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use crate::bytecode::Proto;
use crate::compiler::{ChunkName, CompileError, Options, compile};
use crate::vm::{Closure, Context, Value};

use super::convert::{FromArgs, IntoReturns};
use super::error::Error;
use super::lua::Lua;

/// The longest chunk name that messages show, in bytes.
const NAME_MAX: usize = 59;

/// Words of functions that set captured variables or tell them apart. In a chunk that mentions one of them closures
/// share all the variables they capture; elsewhere those that are never assigned are captured by value.
const SHARING_WORDS: [&[u8]; 4] = [b"setupvalue", b"upvalueid", b"upvaluejoin", b"setlocal"];

/// How many chunks may be compiled beside everything else at a time, in the whole process.
const WORKERS_MAX: usize = 8;

static WORKERS: AtomicUsize = AtomicUsize::new(0);

/// A compiled piece of Lua: cheap to clone, free of any machine, and allowed on any thread.
#[derive(Clone)]
pub struct Chunk {
    proto: Arc<Proto>,
}

impl Chunk {
    /// Compiles a chunk.
    ///
    /// A name that begins with `@` is a file's, and `=` marks a name to be shown as it is; of any other the
    /// first line is shown, as `[string "…"]`.
    ///
    /// # Errors
    /// If the source is not Lua; the message names the line and what was found there.
    ///
    /// # Example
    /// ```
    /// let chunk = deimos::Chunk::compile("@patrol.lua", b"return 1 + 1")?;
    /// assert_eq!(chunk.name(), "patrol.lua");
    /// let error = deimos::Chunk::compile("@patrol.lua", b"return 1 +").unwrap_err();
    /// assert_eq!(error.message(), "patrol.lua:1: unexpected symbol near <eof>");
    /// # Ok::<(), deimos::Error>(())
    /// ```
    pub fn compile(name: &str, source: &[u8]) -> Result<Chunk, Error> {
        let proto = proto_of(name, source).map_err(|error| Error::syntax(&shown_name(name), &error))?;
        Ok(Chunk { proto })
    }

    /// Compiles a chunk on a thread of its own, for a host, or a script, that must not wait for it.
    ///
    /// # Example
    /// ```
    /// let compiling = deimos::Chunk::compile_beside("=sum", b"return 20 + 22".to_vec());
    /// let sum: i64 = compiling.finish()?.call(&mut deimos::Lua::new(), ())?;
    /// assert_eq!(sum, 42);
    /// # Ok::<(), deimos::Error>(())
    /// ```
    pub fn compile_beside(name: &str, source: Vec<u8>) -> Compiling {
        let job = Arc::new((name.to_owned(), source));
        if WORKERS.fetch_add(1, Ordering::Relaxed) < WORKERS_MAX {
            let theirs = Arc::clone(&job);
            let work = move || {
                let compiled = proto_of(&theirs.0, &theirs.1);
                WORKERS.fetch_sub(1, Ordering::Relaxed);
                compiled
            };
            if let Ok(worker) = thread::Builder::new().name("lua compiler".to_owned()).spawn(work) {
                return Compiling { job, worker: Some(worker) };
            }
        }
        WORKERS.fetch_sub(1, Ordering::Relaxed);
        Compiling { job, worker: None }
    }

    /// Compiles a file's text: as [`Chunk::compile`], but without a byte order mark and without a first line that
    /// begins with `#`, which is for the shell. All lines keep their numbers.
    ///
    /// # Errors
    /// If the source is not Lua.
    ///
    /// # Example
    /// ```
    /// let chunk = deimos::Chunk::compile_file("@patrol", b"#!/usr/bin/env deimos\nreturn 1 + 1")?;
    /// assert_eq!(chunk.call::<i64>(&mut deimos::Lua::new(), ())?, 2);
    /// # Ok::<(), deimos::Error>(())
    /// ```
    pub fn compile_file(name: &str, source: &[u8]) -> Result<Chunk, Error> {
        Chunk::compile(name, Chunk::text_of_file(source))
    }

    /// The part of a file's bytes that [`Chunk::compile_file`] compiles.
    pub fn text_of_file(source: &[u8]) -> &[u8] {
        let source = source.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(source);
        if source.first() != Some(&b'#') {
            return source;
        }
        // The end of the first line stays, so that all lines keep their numbers.
        let end = source.iter().position(|&byte| byte == b'\n').unwrap_or(source.len());
        source.get(end..).unwrap_or_default()
    }

    /// The name as messages show it.
    pub fn name(&self) -> &str {
        &self.proto.source
    }

    /// The bytecode as text, nested functions included.
    pub fn listing(&self) -> String {
        self.proto.to_string()
    }

    /// The chunk as a function with `environment` as its `_ENV`.
    pub fn function<'gc>(&self, ctx: Context<'gc>, environment: Value<'gc>) -> Closure<'gc> {
        Closure::load(ctx, &self.proto, environment)
    }

    /// As [`Chunk::function`], for a chunk that is not used again: the machine does not look it up among those it
    /// knows.
    pub fn into_function<'gc>(self, ctx: Context<'gc>, environment: Value<'gc>) -> Closure<'gc> {
        Closure::load_new(ctx, &self.proto, environment)
    }

    /// Runs the chunk to its end and converts what it returns.
    ///
    /// # Errors
    /// Whatever the chunk raises; also if its results do not convert.
    ///
    /// # Example
    /// ```
    /// let mut lua = deimos::Lua::new();
    /// let sum: i64 = lua.load("=sum", "local a, b = ... return a + b")?.call(&mut lua, (20, 22))?;
    /// assert_eq!(sum, 42);
    /// # Ok::<(), deimos::Error>(())
    /// ```
    pub fn call<R: for<'gc> FromArgs<'gc>>(
        &self,
        lua: &mut Lua,
        args: impl for<'gc> IntoReturns<'gc>,
    ) -> Result<R, Error> {
        let task = lua.spawn_main(self, args)?;
        lua.run(&task)
    }
}

/// A chunk that is being compiled beside everything else. Dropping it abandons the work.
#[derive(Debug)]
pub struct Compiling {
    job: Arc<(String, Vec<u8>)>,
    /// `None` where there was no thread to be had: the work is then done at the end.
    worker: Option<thread::JoinHandle<Result<Arc<Proto>, CompileError>>>,
}

impl Compiling {
    /// The chunk; waits until it is there.
    ///
    /// # Errors
    /// As [`Chunk::compile`].
    pub fn finish(self) -> Result<Chunk, Error> {
        let (name, source) = &*self.job;
        let compiled = match self.worker {
            Some(worker) => worker.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)),
            None => proto_of(name, source),
        };
        let proto = compiled.map_err(|error| Error::syntax(&shown_name(name), &error))?;
        Ok(Chunk { proto })
    }
}

impl fmt::Debug for Chunk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Chunk({})", self.name())
    }
}

fn contains(text: &[u8], word: &[u8]) -> bool {
    text.windows(word.len()).any(|window| window == word)
}

fn proto_of(name: &str, source: &[u8]) -> Result<Arc<Proto>, CompileError> {
    let shares_variables = SHARING_WORDS.iter().any(|word| contains(source, word));
    let options = Options { shares_variables, ..Options::default() };
    compile(source, ChunkName { given: name, shown: &shown_name(name) }, options)
}

/// The name as messages show it: as PUC-Rio shortens it.
fn shown_name(name: &str) -> String {
    if let Some(exact) = name.strip_prefix('=') {
        return exact[..exact.floor_char_boundary(NAME_MAX)].to_owned();
    }
    if let Some(file) = name.strip_prefix('@') {
        if file.len() <= NAME_MAX {
            return file.to_owned();
        }
        return format!("...{}", &file[file.ceil_char_boundary(file.len() - NAME_MAX + 3)..]);
    }
    let room = NAME_MAX - "[string \"...\"]".len();
    let line = name.lines().next().unwrap_or_default();
    if line.len() == name.len() && line.len() <= room {
        return format!("[string \"{line}\"]");
    }
    format!("[string \"{}...\"]", &line[..line.floor_char_boundary(room)])
}
