//! The command line: what it runs, what it says on which stream, and its exit status.

use std::io::Write;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};

fn deimos() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_deimos"));
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// Writes a script to a folder of its own, named after the test, and returns the folder.
fn folder_with(test: &str, script: &str, source: &str) -> PathBuf {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("cli").join(test);
    std::fs::create_dir_all(&folder).expect("the folder can be made");
    std::fs::write(folder.join(script), source).expect("the script can be written");
    folder
}

/// Checks the exit status, all of standard output, and all of standard error, where the program's name stands for
/// the path it was started by.
fn check(output: Output, status: i32, stdout: &str, stderr: &str) {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).replace(env!("CARGO_BIN_EXE_deimos"), "deimos");
    assert_eq!((text(&output.stdout).as_str(), text(&output.stderr).as_str()), (stdout, stderr));
    assert_eq!(output.status.code(), Some(status));
}

fn run(arguments: &[&str]) -> Output {
    deimos().args(arguments).output().expect("deimos runs")
}

fn run_with_input(arguments: &[&str], input: &str) -> Output {
    let mut child = deimos().args(arguments).stdin(Stdio::piped()).spawn().expect("deimos runs");
    let mut stdin = child.stdin.take().expect("standard input is piped");
    stdin.write_all(input.as_bytes()).expect("deimos reads");
    drop(stdin);
    child.wait_with_output().expect("deimos ends")
}

#[test]
fn a_file_runs_with_its_arguments() {
    let source = "print(..., arg[0], arg[1], arg[2], #arg, arg[-1] ~= nil, arg[-2])\n";
    let folder = folder_with("arguments", "show.lua", source);
    let output = deimos().current_dir(folder).args(["show.lua", "one", "-two"]).output().unwrap();
    check(output, 0, "one\tshow.lua\tone\t-two\t2\ttrue\tnil\n", "");
}

#[test]
fn options_stand_below_the_script_in_arg() {
    let folder = folder_with("options", "show.lua", "print(arg[-1], arg[-2])\n");
    let output = deimos().current_dir(folder).args(["--fuel", "10_000", "show.lua"]).output().unwrap();
    check(output, 0, "10_000\t--fuel\n", "");
}

#[test]
fn an_error_has_a_position_and_a_traceback() {
    let source =
        "#!/usr/bin/env deimos\nlocal function deep(t)\n  return t.x.y\nend\nprint('before')\nlocal y = deep({})\n";
    let folder = folder_with("error", "broken.lua", source);
    let output = deimos().current_dir(folder).arg("broken.lua").output().unwrap();
    let stderr = "deimos: broken.lua:3: attempt to index a nil value (field 'x')\nstack traceback:\n\
                  \tbroken.lua:3: in local 'deep'\n\tbroken.lua:6: in main chunk\n\t[C]: in ?\n";
    check(output, 1, "before\n", stderr);
}

#[test]
fn a_syntax_error_names_its_line() {
    let folder = folder_with("syntax", "broken.lua", "\u{feff}local x = 1\nlocal = 2\n");
    let output = deimos().current_dir(folder).arg("broken.lua").output().unwrap();
    check(output, 1, "", "deimos: broken.lua:2: <name> expected near '='\n");
}

#[test]
fn a_missing_file_is_named() {
    let output = run(&["no/such/file.lua"]);
    assert_eq!(output.status.code(), Some(1));
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(stderr.contains("deimos: cannot open no/such/file.lua: "), "{stderr}");
}

#[test]
fn code_runs_before_the_script() {
    let folder = folder_with("code", "after.lua", "print(x, ...)\n");
    let output = deimos().current_dir(folder).args(["-e", "x = 1", "-e", "x = x + 1", "after.lua", "a"]).output();
    check(output.unwrap(), 0, "2\ta\n", "");
    check(run(&["-e", "print(#arg, arg[1])"]), 0, "2\t-e\n", "");
    check(run(&["-e", "x ="]), 1, "", "deimos: (command line):1: unexpected symbol near <eof>\n");
}

#[test]
fn standard_input_is_a_script() {
    check(run_with_input(&["-", "a", "b"], "print(...)\nprint(arg[0])\n"), 0, "a\tb\n-\n", "");
    let stderr = "deimos: stdin:2: attempt to call a nil value (global 'boom')\nstack traceback:\n\tstdin:2: in main chunk\n\t[C]: in ?\n";
    check(run_with_input(&[], "print(1)\nboom()\n"), 1, "1\n", stderr);
}

#[test]
fn output_is_bytes() {
    let output = run(&["-e", "print('\\xff\\0\\n')"]);
    assert_eq!(output.stdout, b"\xff\0\n\n");
}

#[test]
fn the_bytecode_is_shown_and_not_run() {
    let folder = folder_with("list", "sum.lua", "print('never')\nreturn 1\n");
    let output = deimos().current_dir(folder).args(["--list", "sum.lua"]).output().unwrap();
    assert_eq!(output.status.code(), Some(0));
    let listing = String::from_utf8_lossy(&output.stdout);
    assert!(listing.starts_with("main <sum.lua:0,0>") && listing.contains("\"print\""), "{listing}");
}

#[test]
fn the_sandbox_keeps_globals_and_libraries_as_they_are() {
    let source = "x = 1  print(x, _G.x)  coroutine.yield()  print((pcall(rawset, math, 'pi', 3)), math.pi < 3.2)";
    let output = run(&["--sandbox", "-e", source]);
    assert_eq!(String::from_utf8_lossy(&output.stdout), "1\tnil\nfalse\ttrue\n");
    assert_eq!(output.status.code(), Some(0));
    check(run(&["--sandbox", "-e", "load('x = 1')() print(x, rawget(_G, 'x'))"]), 0, "1\tnil\n", "");
    check(run(&["--sandbox", "-e", "print(io, os, debug, loadfile)"]), 0, "nil\tnil\tnil\tnil\n", "");
}

#[test]
fn files_and_exit_statuses_are_the_programs() {
    let source = "io.write('no line end') io.stderr:write('said') os.exit(3)";
    check(run(&["-e", source, "-e", "print('never')"]), 3, "no line end", "said");
    check(run(&["-e", "print(io.read('n', 'l'))"]), 0, "nil\n", "");
    check(run_with_input(&["-e", "print(io.read('n', 'l', 'L'))"], "12 ab\ncd"), 0, "12\t ab\tcd\n", "");
    check(run(&["-e", "io.write('a') os.execute('printf b') io.write('c')"]), 0, "abc", "");
    let folder = folder_with("exit", "kept", "");
    let source = "io.open('kept', 'w'):write('kept') os.exit(true)";
    check(deimos().current_dir(&folder).args(["-e", source]).output().expect("deimos runs"), 0, "", "");
    assert_eq!(std::fs::read(folder.join("kept")).unwrap(), b"kept");
}

#[test]
fn fuel_ends_an_endless_loop() {
    let output = run(&["--fuel", "1000000", "-e", "while true do end"]);
    let stderr = "deimos: out of fuel after 1000000 instructions\nstack traceback:\n\t(command line):1: in main chunk\n\t[C]: in ?\n";
    check(output, 1, "", stderr);
    check(run(&["--fuel", "1000000", "-e", "print(1)"]), 0, "1\n", "");
}

#[test]
fn memory_ends_what_grows() {
    for source in [
        "local t = {} for i = 1, math.huge do t[i] = i end",
        "local t = {} for i = 1, math.huge do t['k' .. i] = {} end",
        "local s = 'x' while true do s = s .. s end",
        "pcall(function() local s = 'x' while true do s = s .. s end end) print('caught')",
    ] {
        let output = run(&["--memory", "4M", "-e", source]);
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert!(stderr.contains("deimos: not enough memory\n"), "{source}: {stderr}");
        assert_eq!((output.status.code(), output.stdout.as_slice()), (Some(1), b"".as_slice()), "{source}");
    }
}

#[test]
fn a_wrong_command_line_says_what_to_do() {
    for (arguments, complaint) in [
        (["--frob", "x"], "unrecognized option '--frob'"),
        (["-h", "x"], "unrecognized option '-h'"),
        (["-Ex", "x"], "unrecognized option '-Ex'"),
        (["-iv", "x"], "unrecognized option '-iv'"),
        (["---", "x"], "unrecognized option '---'"),
        (["-e", "-v"], "'-e' needs argument"),
        (["-v", "-l"], "'-l' needs argument"),
        (["-v", "--fuel"], "'--fuel' needs argument"),
        (["--fuel", "many"], "'many' is no number for --fuel; write it as in --fuel 1000000"),
        (["--memory", "1T"], "'1T' is no number for --memory; write it as in --memory 64000000 or 64M"),
        (
            ["--memory", "99999999999G"],
            "'99999999999G' is no number for --memory; write it as in --memory 64000000 or 64M",
        ),
    ] {
        check(run(&arguments), 1, "", &format!("deimos: {complaint}\n'deimos --help' shows how to use it\n"));
    }
}

const VERSION: &str = concat!("deimos ", env!("CARGO_PKG_VERSION"), " (Lua 5.4)\n");

#[test]
fn help_and_version_go_to_standard_output() {
    check(run(&["-v"]), 0, VERSION, "");
    check(run(&["-v", "-e", "print(1)"]), 0, &format!("{VERSION}1\n"), "");
    let help = run(&["--help"]);
    assert!(help.status.success() && help.stderr.is_empty());
    for option in ["-e CODE", "-l MODULE", "--list", "--sandbox", "--fuel N", "--memory N", "--version"] {
        assert!(String::from_utf8_lossy(&help.stdout).contains(option), "{option}");
    }
}

#[test]
fn modules_are_loaded_into_globals() {
    let folder = folder_with("modules", "one-v2.lua", "print('loaded', ...) return {name = 'one'}");
    let output = deimos()
        .current_dir(&folder)
        .args(["-l", "one-v2", "-lm=math", "-e", "print(one.name, m.type(1), package.loaded['one-v2'] == one)"])
        .output();
    check(output.unwrap(), 0, "loaded\tone-v2\t./one-v2.lua\none\tinteger\ttrue\n", "");
    let missing = run(&["-l", "no.such.module", "-e", "print('never')"]);
    assert_eq!((missing.status.code(), missing.stdout.as_slice()), (Some(1), b"".as_slice()));
    assert!(String::from_utf8_lossy(&missing.stderr).contains("module 'no.such.module' not found:"));
}

#[test]
fn the_environment_gives_code_and_paths() {
    let with = |variables: &[(&str, &str)], arguments: &[&str]| {
        let mut command = deimos();
        for name in ["LUA_INIT", "LUA_INIT_5_4", "LUA_PATH", "LUA_PATH_5_4", "LUA_CPATH", "LUA_CPATH_5_4"] {
            command.env_remove(name);
        }
        command.envs(variables.iter().copied()).args(arguments).output().expect("deimos runs")
    };
    check(with(&[("LUA_INIT", "x = arg[1]")], &["-e", "print(x)"]), 0, "-e\n", "");
    check(with(&[("LUA_INIT", "x = 1"), ("LUA_INIT_5_4", "x = 2")], &["-e", "print(x)"]), 0, "2\n", "");
    check(with(&[("LUA_INIT", "x = 1")], &["-E", "-e", "print(x)"]), 0, "nil\n", "");
    let stderr = "deimos: LUA_INIT:1: unexpected symbol near <eof>\n";
    check(with(&[("LUA_INIT", "x =")], &["-e", "print('never')"]), 1, "", stderr);
    let folder = folder_with("init", "init.lua", "x = select('#', ...)");
    let init = format!("@{}", folder.join("init.lua").display());
    check(with(&[("LUA_INIT", &init)], &["-e", "print(x)", "-"]), 0, "0\n", "");

    let paths = ["-e", "print(package.path, package.cpath)"];
    check(with(&[("LUA_PATH", "a"), ("LUA_CPATH", "c")], &paths), 0, "a\tc\n", "");
    check(with(&[("LUA_PATH", "a"), ("LUA_PATH_5_4", "b"), ("LUA_CPATH", "c")], &paths), 0, "b\tc\n", "");
    let path = |given: &str| {
        let output = with(&[("LUA_PATH", given)], &["-e", "print(package.path)"]);
        String::from_utf8_lossy(&output.stdout).trim_end().to_owned()
    };
    let default = path(";;");
    assert!(default.contains("./?.lua"), "{default}");
    assert_eq!(path("a;;b"), format!("a;{default};b"));
    assert_eq!(path(";;b;;c"), format!("{default};b;;c"));
}

#[test]
fn arg_is_read_when_the_script_begins() {
    let folder = folder_with("arg", "show.lua", "print(...)");
    let run = |code: &str| deimos().current_dir(&folder).args(["-e", code, "show.lua", "a", "b"]).output().unwrap();
    check(run("arg[1] = 100"), 0, "100\tb\n", "");
    check(run("arg = 1"), 1, "", "deimos: 'arg' is not a table\n");
    check(run_with_input(&["-e", "", "--", "-"], ""), 1, "", "deimos: cannot open -: No such file or directory\n");
}

#[test]
fn error_objects_are_shown_by_their_text() {
    let source = "error(setmetatable({}, {__tostring = function() return 'told' end}))";
    check(run(&["-e", source]), 1, "", "deimos: told\n");
    let output = run(&["-e", "error {}"]);
    assert_eq!(output.status.code(), Some(1));
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(stderr.contains("deimos: (error object is a table value)\nstack traceback:\n\t"), "{stderr}");
}

#[test]
fn the_prompt_reads_plain_lines_where_there_is_no_terminal() {
    let talk = |input: &str| {
        let output = run_with_input(&["-e", "_PROMPT, _PROMPT2 = 'one ', 2", "-i"], input);
        let stdout = String::from_utf8_lossy(&output.stdout).into_owned();
        let said = stdout.strip_prefix(VERSION).expect("it begins with the version").to_owned();
        (said, String::from_utf8_lossy(&output.stderr).into_owned())
    };
    assert_eq!(talk("1, 'a'\n=2\n"), ("one 1\ta\none 2\none \n".to_owned(), String::new()));
    assert_eq!(talk("x =\n10\nx\n"), ("one 2one 10\none \n".to_owned(), String::new()));
    assert_eq!(talk("local x <const> = 1 x = 2\n").1, "stdin:1: attempt to assign to const variable 'x'\n");
    assert_eq!(talk("a.\n").1, "stdin:1: <name> expected near <eof>\n");
    assert!(talk("error('wrong')\n'goes on'").1.starts_with("stdin:1: wrong\nstack traceback:\n"));
    let (said, wrong) = talk("print = nil\n1\n");
    assert_eq!(said, "one one one \n");
    assert!(wrong.starts_with("error calling 'print' ("), "{wrong}");
    let counting =
        "local n = 0 _PROMPT = setmetatable({}, {__tostring = function() n = n + 1 return n .. ':' end})\n\n";
    assert_eq!(talk(counting).0, "one 1:2:\n");
    assert_eq!(talk("os.exit(7)\n1").0, "one ");
}

#[test]
fn a_finalizer_that_ends_the_program_leaves_the_others_their_turn() {
    let source = |close: bool| {
        format!(
            "setmetatable({{}}, {{__gc = function() print('first') end}})
             setmetatable({{}}, {{__gc = function() print('last') os.exit(0, {close}) print('never') end}})"
        )
    };
    check(run(&["-e", &source(true)]), 0, "last\nfirst\n", "");
    check(run(&["-e", &source(false)]), 0, "last\n", "");
}

#[test]
fn warnings_are_shown_on_demand() {
    check(run(&["-e", "warn('one')"]), 0, "", "");
    check(
        run(&["-W", "-e", "warn('o', 'ne') warn('@off') warn('two') warn('@on') warn('three')"]),
        0,
        "",
        "Lua warning: one\nLua warning: three\n",
    );
}

#[cfg(unix)]
mod unix {
    use std::io::{BufRead, BufReader};
    use std::os::unix::process::ExitStatusExt;

    use super::{Command, Stdio, check, deimos};

    #[test]
    fn a_reader_that_goes_away_ends_it_quietly() {
        let mut child = deimos().args(["-e", "while true do print('again') end"]).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        assert_eq!(line, "again\n");
        let output = child.wait_with_output().unwrap();
        check(output, 141, "", "");
    }

    #[test]
    fn ctrl_c_ends_a_loop_and_closes_what_is_open() {
        let source = "local c <close> = setmetatable({}, {__close = function() print('closed') end})\n\
                      print('ready')\nwhile true do end";
        let mut child = deimos().args(["-e", source]).spawn().unwrap();
        let mut stdout = BufReader::new(child.stdout.take().unwrap());
        let mut line = String::new();
        stdout.read_line(&mut line).unwrap();
        assert_eq!(line, "ready\n");
        let killed = Command::new("kill").args(["-INT", &child.id().to_string()]).stdin(Stdio::null()).status();
        assert!(killed.unwrap().success());
        stdout.read_line(&mut line).unwrap();
        assert_eq!(line, "ready\nclosed\n");
        let output = child.wait_with_output().unwrap();
        assert_eq!(output.status.signal(), None);
        let stderr = "deimos: interrupted!\nstack traceback:\n\t(command line):3: in main chunk\n\t[C]: in ?\n";
        check(output, 130, "", stderr);
    }
}
