//! Where a program's output goes.
//!
//! There is one standard output: what the host set, or else the process's own. `print` writes its lines there too,
//! but only if the host asked for that, or it gives them to a function that the host set for them; a machine whose host
//! asked for nothing prints nothing. What is written arrives in the order in which it was written.

use std::cell::RefCell;
use std::io::{self, Write};

/// What `print`, or `warn`, gives its lines to. It returns the fuel that a line costs besides being made.
pub type PrintFn = dyn FnMut(&[u8]) -> u32;

/// A machine's standard output, and the way of its `print`.
#[derive(Default)]
pub struct Output {
    print: RefCell<Option<Box<PrintFn>>>,
    warn: RefCell<Option<Box<PrintFn>>>,
    stream: RefCell<Option<Box<dyn Write>>>,
}

impl Output {
    /// Sets what gets the lines of `print`, without the line feed.
    pub fn set_print(&self, print: Box<PrintFn>) {
        drop(self.print.replace(Some(print)));
    }

    /// Sets what gets warnings, each a line without the line feed.
    pub fn set_warn(&self, warn: Box<PrintFn>) {
        drop(self.warn.replace(Some(warn)));
    }

    /// Sets the standard output, which gets the lines of `print` as well if nothing else does.
    pub fn set_stream(&self, stream: Box<dyn Write>) {
        drop(self.stream.replace(Some(stream)));
    }

    /// Writes a line as `print` does: nobody hears of a failure, and a line written from within the function it goes
    /// to is lost. The fuel that it costs.
    pub fn print(&self, line: &[u8]) -> u32 {
        let Ok(mut print) = self.print.try_borrow_mut() else { return 0 };
        if let Some(print) = &mut *print {
            return print(line);
        }
        if let Ok(mut stream) = self.stream.try_borrow_mut()
            && let Some(stream) = &mut *stream
        {
            let _ = stream.write_all(line).and_then(|()| stream.write_all(b"\n"));
        }
        0
    }

    /// Writes a warning, as [`Output::print`] writes if there is no other place for it.
    pub fn warn(&self, line: &[u8]) -> u32 {
        let Ok(mut warn) = self.warn.try_borrow_mut() else { return 0 };
        match &mut *warn {
            Some(warn) => warn(line),
            None => self.print(line),
        }
    }

    /// Writes to the standard output.
    ///
    /// # Errors
    /// If that fails, or if it is busy writing.
    pub fn write(&self, bytes: &[u8]) -> io::Result<()> {
        self.with_stream(|stream| stream.write_all(bytes))
    }

    /// Has the standard output pass on what it holds back.
    ///
    /// # Errors
    /// If that fails, or if it is busy writing.
    pub fn flush(&self) -> io::Result<()> {
        self.with_stream(|stream| stream.flush())
    }

    fn with_stream(&self, work: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> io::Result<()> {
        match self.stream.try_borrow_mut() {
            Ok(mut stream) => match &mut *stream {
                Some(stream) => work(&mut **stream),
                None => work(&mut io::stdout()),
            },
            Err(_) => Err(io::ErrorKind::WouldBlock.into()),
        }
    }
}

impl std::fmt::Debug for Output {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Output")
    }
}
