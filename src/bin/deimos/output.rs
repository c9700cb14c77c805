//! Standard output, and what the program itself has to say on standard error.
//!
//! What scripts write is buffered and leaves between two slices of their work. The first failure to write is kept
//! until somebody asks, and nothing is written after it.

use std::cell::RefCell;
use std::io::{self, BufWriter, StdoutLock, Write};
use std::rc::Rc;

use crate::stop::Stop;

/// Standard output, buffered, and shared with the machine.
#[derive(Clone)]
pub(crate) struct Output(Rc<RefCell<Sink>>);

struct Sink {
    writer: BufWriter<StdoutLock<'static>>,
    /// The first failure; nothing is written after it.
    failure: Option<io::Error>,
}

impl Output {
    pub(crate) fn open() -> Output {
        let writer = BufWriter::with_capacity(1 << 16, io::stdout().lock());
        Output(Rc::new(RefCell::new(Sink { writer, failure: None })))
    }

    pub(crate) fn flush_all(&self) -> Result<(), Stop> {
        let mut sink = self.0.borrow_mut();
        match sink.failure.take() {
            Some(error) => Err(Stop::Output(error)),
            None => sink.writer.flush().map_err(Stop::Output),
        }
    }
}

/// What the machine writes. Failures come to light with the next flush by the command line.
impl Write for Output {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut sink = self.0.borrow_mut();
        if sink.failure.is_none() {
            sink.failure = sink.writer.write_all(bytes).err();
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        let mut sink = self.0.borrow_mut();
        if sink.failure.is_none() {
            sink.failure = sink.writer.flush().err();
        }
        Ok(())
    }
}

/// Says something on standard error, with the program's name in front if there is one to be shown. If nobody hears
/// it, there is nobody to tell.
pub(crate) fn complain(program: Option<&str>, message: &str) {
    let mut stderr = io::stderr().lock();
    let _ = match program {
        Some(program) => writeln!(stderr, "{program}: {message}"),
        None => writeln!(stderr, "{message}"),
    };
}
