//! Files, processes and exits, as far as a Lua script alone cannot show them: who gets them, when they are written, and
//! how long the machine works on them in one go.

use std::cell::RefCell;
use std::io::{self, Write};
use std::path::PathBuf;
use std::rc::Rc;

use deimos::{ErrorKind, Libraries, Lua, Poll};

/// Runs a program with all libraries. The machine, and what came of it.
fn check(source: &str) -> (Lua, Result<Vec<u8>, ErrorKind>) {
    let mut lua = Lua::with_libraries(Libraries::ALL);
    let chunk = lua.load("=program", source).expect("it compiles");
    let ended = chunk.call::<Vec<u8>>(&mut lua, ()).map_err(|error| error.kind());
    (lua, ended)
}

/// A file of the test's own, which does not exist yet.
fn path(test: &str) -> PathBuf {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("files");
    std::fs::create_dir_all(&folder).expect("the folder can be made");
    let path = folder.join(test);
    let _ = std::fs::remove_file(&path);
    path
}

#[test]
fn a_sandbox_has_none_of_it() {
    let mut lua = Lua::new();
    let chunk = lua.load("=program", "return io == nil and os == nil").unwrap();
    assert!(chunk.call::<bool>(&mut lua, ()).unwrap());
    assert!(!Libraries::SANDBOX.contains(Libraries::IO));
    assert!(!Libraries::SANDBOX.contains(Libraries::PROCESS));
    let mut lua = Lua::with_libraries(Libraries::ALL.without(Libraries::PROCESS));
    let chunk = lua.load("=program", "return io.popen == nil and io.open ~= nil").unwrap();
    assert!(chunk.call::<bool>(&mut lua, ()).unwrap());
}

#[test]
fn a_forgotten_file_is_written_when_it_is_collected() {
    let path = path("forgotten");
    let (mut lua, _) = check(&format!("local f = io.open({path:?}, 'w') f:write('kept') return ''"));
    lua.collect_full();
    // The finalizer runs when something runs.
    let () = lua.load("=nothing", "").unwrap().call(&mut lua, ()).unwrap();
    assert_eq!(std::fs::read(&path).unwrap(), b"kept");
}

#[test]
fn open_files_are_written_on_demand_and_with_the_end_of_the_machine() {
    let path = path("flushed");
    let (mut lua, _) = check(&format!("f = io.open({path:?}, 'w') f:write('one') return ''"));
    assert_eq!(std::fs::read(&path).unwrap(), b"");
    lua.flush_files();
    assert_eq!(std::fs::read(&path).unwrap(), b"one");
    let chunk = lua.load("=more", "f:write('two')").unwrap();
    chunk.call::<()>(&mut lua, ()).unwrap();
    drop(lua);
    assert_eq!(std::fs::read(&path).unwrap(), b"onetwo");
}

#[test]
fn a_huge_file_is_read_and_written_in_small_turns() {
    let path = path("huge");
    let source = format!(
        "local long = string.rep('x', 4000000)
         local f = io.open({path:?}, 'w+')
         f:write(long, long)
         f:seek('set')
         assert(f:read('l') == long .. long)
         f:seek('set')
         assert(f:read('a') == long .. long)
         f:seek('set')
         assert(f:read(#long) == long)"
    );
    let mut lua = Lua::with_libraries(Libraries::ALL);
    let chunk = lua.load("=program", source).unwrap();
    let task = lua.spawn(&chunk, ()).unwrap();
    let mut pauses = 0;
    // A turn of 64 KiB costs 2048 units: with so many at a time there is a pause for each.
    while let Poll::OutOfFuel = lua.resume(&task, &mut (), 2048).unwrap() {
        pauses += 1;
    }
    assert!(pauses > 28_000_000 / (1 << 16), "{pauses} pauses");
}

#[test]
fn what_is_read_counts_against_the_memory_limit() {
    let path = path("limited");
    std::fs::write(&path, vec![b'x'; 8 << 20]).unwrap();
    for format in ["a", "l"] {
        let mut lua = Lua::with_libraries(Libraries::ALL);
        lua.set_memory_limit(4 << 20);
        let chunk = lua.load("=program", format!("return pcall(io.lines({path:?}, '{format}'))")).unwrap();
        let error = chunk.call::<()>(&mut lua, ()).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Memory);
    }
}

/// An output that somebody else looks at.
#[derive(Clone, Default)]
struct Page(Rc<RefCell<Vec<u8>>>);

impl Write for Page {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.borrow_mut().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn print_goes_its_own_way_where_the_host_says_so() {
    let mut lua = Lua::with_libraries(Libraries::ALL);
    let (page, lines) = (Page::default(), Page::default());
    lua.set_output(page.clone());
    let chunk = lua.load("=program", "print('p') io.write('w', 1)").unwrap();
    chunk.call::<()>(&mut lua, ()).unwrap();
    let mut sink = lines.clone();
    lua.set_print(move |line| sink.write_all(line).unwrap());
    chunk.call::<()>(&mut lua, ()).unwrap();
    assert_eq!((page.0.borrow().as_slice(), lines.0.borrow().as_slice()), (&b"p\nw1w1"[..], &b"p"[..]));
}

#[cfg(feature = "os")]
#[test]
fn exit_ends_the_task_whatever_catches() {
    for (arguments, code, close) in [("", 0, false), ("false", 1, false), ("true, true", 0, true), ("300", 300, false)]
    {
        let source =
            format!("pcall(function() coroutine.wrap(function() os.exit({arguments}) end)() end) return 'late'");
        assert_eq!(check(&source).1, Err(ErrorKind::Exit { code, close }), "{arguments}");
    }
}

#[cfg(feature = "os")]
#[test]
fn exit_closes_variables_only_if_it_is_to_close() {
    let source = |close| {
        format!(
            "local function note(name)
                 return setmetatable({{}}, {{ __close = function(_, e) print(name, e) error('in close') end }})
             end
             local a <close> = note('a')
             local b <close> = note('b')
             coroutine.wrap(function()
                 local c <close> = note('c')
                 os.exit(7, {close})
             end)()"
        )
    };
    for (close, printed) in [(true, "b\tnil\na\tnil\n"), (false, "")] {
        let mut lua = Lua::with_libraries(Libraries::ALL);
        let page = Page::default();
        lua.set_output(page.clone());
        let chunk = lua.load("=program", source(close)).unwrap();
        let error = chunk.call::<()>(&mut lua, ()).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Exit { code: 7, close });
        assert_eq!(String::from_utf8_lossy(&page.0.borrow()), printed);
    }
}
