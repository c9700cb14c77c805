//! The reference interpreter with an `assert` that counts: what the numbers of the table are compared with.
//!
//! It is built from the fetched sources, with two lines added on the way to the compiler, and only when numbers are
//! compared. A Lua function in the place of `assert` would show itself in tracebacks, hooks and error levels.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use libtest_mimic::Failed;

/// Where the interpreter writes the number to; a child of it writes first and is overwritten.
const COUNTS: &str = "COUNTED_ASSERTIONS";
/// The line that begins the function behind `assert`.
const BEGIN: &str = "static int luaB_assert (lua_State *L) {";

/// The command that runs a file, or the code in its place.
pub(crate) fn command(interpreter: &Path, file: &str, run: Option<&str>, counts: &Path) -> Command {
    let mut command = Command::new(interpreter);
    command.env(COUNTS, counts).args(["-e", "_port=true _soft=true"]);
    match run {
        Some(code) => command.args(["-e", code]),
        None => command.arg(file),
    };
    command
}

/// The path of the interpreter, which is built for the first caller.
pub(crate) fn interpreter() -> Result<PathBuf, Failed> {
    static BUILT: OnceLock<Result<PathBuf, String>> = OnceLock::new();
    BUILT.get_or_init(|| build().map_err(|error| error.to_string())).clone().map_err(Failed::from)
}

fn build() -> std::io::Result<PathBuf> {
    let fail = |text: &str| Err(std::io::Error::other(format!("the counting interpreter: {text}")));
    let sources = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/reference/testes").canonicalize()?.join("..");
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("counting");
    fs::create_dir_all(&folder)?;
    let library = fs::read_to_string(sources.join("lbaselib.c"))?;
    if !library.contains(BEGIN) {
        return fail("lbaselib.c has no such `assert`");
    }
    let report = format!(
        "static unsigned long executed;\n\
         static void report_executed (void) {{ const char *name = getenv(\"{COUNTS}\"); FILE *f = name ? fopen(name, \"w\") : \
         NULL; if (f) {{ fprintf(f, \"%lu\\n\", executed); fclose(f); }} }}\n"
    );
    let counted = format!("{report}{BEGIN} if (executed++ == 0) atexit(report_executed);");
    fs::write(folder.join("lbaselib.c"), library.replace(BEGIN, &counted))?;
    fs::copy(sources.join("onelua.c"), folder.join("onelua.c"))?;
    let interpreter = folder.join("lua5.4");
    let status = Command::new("gcc")
        .args(["-O2", "-DLUA_USE_LINUX", "-DMAKE_LUA", "-I"])
        .arg(&sources)
        .arg("-o")
        .arg(&interpreter)
        .arg(folder.join("onelua.c"))
        .args(["-lm", "-ldl"])
        .status()?;
    if status.success() { Ok(interpreter) } else { fail("gcc could not build it") }
}
