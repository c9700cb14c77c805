//! Files, standard streams and pipes as Lua's `FILE*` sees them: bytes read ahead, bytes held back, one position.
//!
//! A stream reads and writes blocks and never works longer than one block at a time, but how long the system lets it
//! wait is not in its power: a terminal, a pipe or another process may keep it waiting for ever. Reading after writing
//! and writing after reading need no call in between. When a stream is dropped, what it holds back is written. It knows
//! nothing of Lua.

use std::fs::{File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, ExitStatus};
use std::rc::Rc;

use crate::api::Output;

/// How many bytes are read at once.
const BLOCK: usize = 1 << 14;

/// How many bytes are held back where nobody asked for another number.
const HELD_BACK: usize = 1 << 12;

/// The most bytes that are held back.
const HELD_BACK_MAX: usize = 1 << 16;

/// Numbers of errors that do not come from the system; on most systems it means the same by them.
const BAD_DESCRIPTOR: i32 = 9;
const INVALID_ARGUMENT: i32 = 22;
const ILLEGAL_SEEK: i32 = 29;

/// When written bytes go on their way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Buffering {
    /// At once.
    None,
    /// With each line.
    Line,
    /// When there are so many.
    Full(usize),
}

/// What a stream reads from or writes to.
enum Device {
    File(File),
    /// Standard input, where it cannot be had as a file.
    #[cfg_attr(unix, expect(dead_code, reason = "on Unix it can"))]
    Input(io::Stdin),
    Output,
    Error,
    From(ChildStdout),
    To(Option<ChildStdin>),
}

/// What a script may do with a stream.
#[derive(Clone, Copy, Debug)]
pub(super) struct Access {
    pub(super) reads: bool,
    pub(super) writes: bool,
    appends: bool,
    creates: bool,
    truncates: bool,
}

impl Access {
    /// The access that a mode of `io.open` asks for (§6.8), if it is one.
    pub(super) fn of_mode(mode: &[u8]) -> Option<Access> {
        let (kind, rest) = mode.split_first()?;
        let (updates, rest) = match rest {
            [b'+', rest @ ..] => (true, rest),
            _ => (false, rest),
        };
        if rest.iter().any(|byte| *byte != b'b') {
            return None;
        }
        let none = Access { reads: updates, writes: updates, appends: false, creates: false, truncates: false };
        match kind {
            b'r' => Some(Access { reads: true, ..none }),
            b'w' => Some(Access { writes: true, creates: true, truncates: true, ..none }),
            b'a' => Some(Access { writes: true, appends: true, creates: true, ..none }),
            _ => None,
        }
    }
}

/// An open file, standard stream or pipe.
pub(super) struct Stream {
    device: Device,
    reads: bool,
    writes: bool,
    /// Bytes read ahead, of which those before `at` have been taken.
    input: Vec<u8>,
    at: usize,
    /// Bytes held back.
    output: Vec<u8>,
    buffering: Buffering,
    /// The process at the other end of a pipe.
    process: Option<Child>,
    /// Whether it is one of the three that a program cannot close.
    is_standard: bool,
    /// The program's own output, which goes on its way before anybody is waited for.
    shown: Rc<Output>,
}

impl Stream {
    fn new(device: Device, reads: bool, writes: bool, shown: &Rc<Output>) -> Stream {
        Stream {
            device,
            reads,
            writes,
            input: Vec::new(),
            at: 0,
            output: Vec::new(),
            buffering: Buffering::Full(HELD_BACK),
            process: None,
            is_standard: false,
            shown: Rc::clone(shown),
        }
    }

    /// Opens a file.
    pub(super) fn open(path: &Path, access: Access, shown: &Rc<Output>) -> io::Result<Stream> {
        let mut file = OpenOptions::new()
            .read(access.reads)
            .write(access.writes && !access.appends)
            .append(access.appends)
            .create(access.creates)
            .truncate(access.truncates)
            .open(path)?;
        if access.appends && !access.reads {
            // Where that is impossible, say for a pipe, there is no position that could be wrong.
            let _ = file.seek(SeekFrom::End(0));
        }
        Ok(Stream::new(Device::File(file), access.reads, access.writes, shown))
    }

    /// A file that is open already.
    pub(super) fn of_file(file: File, shown: &Rc<Output>) -> Stream {
        Stream::new(Device::File(file), true, true, shown)
    }

    /// Standard input.
    pub(super) fn input(shown: &Rc<Output>) -> Stream {
        #[cfg(unix)]
        let device = {
            use std::os::fd::AsFd;
            match io::stdin().as_fd().try_clone_to_owned() {
                Ok(descriptor) => Device::File(File::from(descriptor)),
                Err(_) => Device::To(None),
            }
        };
        #[cfg(not(unix))]
        let device = Device::Input(io::stdin());
        Stream::standard(device, shown)
    }

    fn standard(device: Device, shown: &Rc<Output>) -> Stream {
        let writes = matches!(device, Device::Output | Device::Error);
        let mut stream = Stream::new(device, !writes, writes, shown);
        stream.is_standard = true;
        stream
    }

    /// Standard output, wherever the host has it go.
    pub(super) fn output(shown: &Rc<Output>) -> Stream {
        Stream::standard(Device::Output, shown)
    }

    /// Standard error.
    pub(super) fn error(shown: &Rc<Output>) -> Stream {
        let mut stream = Stream::standard(Device::Error, shown);
        stream.buffering = Buffering::None;
        stream
    }

    /// The piped end of a process: its output, if that is piped, or else its input.
    pub(super) fn pipe(mut process: Child, shown: &Rc<Output>) -> Stream {
        let mut stream = match process.stdout.take() {
            Some(output) => Stream::new(Device::From(output), true, false, shown),
            None => Stream::new(Device::To(process.stdin.take()), false, true, shown),
        };
        stream.process = Some(process);
        stream
    }

    // -- reading -------------------------------------------------------------------------------------

    /// The bytes that are there without waiting.
    pub(super) fn ready(&self) -> &[u8] {
        self.input.get(self.at..).unwrap_or_default()
    }

    /// Takes bytes that are there.
    pub(super) fn take(&mut self, count: usize) {
        self.at = self.input.len().min(self.at.saturating_add(count));
    }

    /// Makes sure that bytes are there, by reading a block if there are none. Whether there are: if not, the stream is
    /// at its end, for now.
    pub(super) fn fill(&mut self) -> io::Result<bool> {
        if !self.ready().is_empty() {
            return Ok(true);
        }
        if !self.reads {
            return Err(io::Error::from_raw_os_error(BAD_DESCRIPTOR));
        }
        self.pass_on()?;
        if self.is_standard || self.process.is_some() {
            // Whoever is to answer has to see the question. A failure shows at the next look at the output.
            let _ = self.shown.flush();
        }
        self.input.resize(BLOCK, 0);
        self.at = 0;
        let count = loop {
            let outcome = match &mut self.device {
                Device::File(file) => file.read(&mut self.input),
                Device::Input(input) => input.read(&mut self.input),
                Device::From(output) => output.read(&mut self.input),
                Device::Output | Device::Error | Device::To(_) => Err(io::Error::from_raw_os_error(BAD_DESCRIPTOR)),
            };
            match outcome {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                outcome => break outcome,
            }
        };
        self.input.truncate(*count.as_ref().unwrap_or(&0));
        count.map(|count| count > 0)
    }

    /// The next byte, which stays there; `None` at the end.
    pub(super) fn peek(&mut self) -> io::Result<Option<u8>> {
        self.fill()?;
        Ok(self.ready().first().copied())
    }

    // -- writing -------------------------------------------------------------------------------------

    /// Writes bytes, or holds them back.
    pub(super) fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        if !self.writes {
            return Err(io::Error::from_raw_os_error(BAD_DESCRIPTOR));
        }
        self.forget_input()?;
        let held = self.output.len().saturating_add(bytes.len());
        let at_once = match self.buffering {
            Buffering::None => bytes.len(),
            Buffering::Line if held > HELD_BACK => bytes.len(),
            Buffering::Line => bytes.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1),
            Buffering::Full(_) if matches!(self.device, Device::Output) => bytes.len(),
            Buffering::Full(size) if held > size => bytes.len(),
            Buffering::Full(_) => 0,
        };
        let (first, rest) = bytes.split_at_checked(at_once).unwrap_or((bytes, &[]));
        if !first.is_empty() {
            self.output.extend_from_slice(first);
            self.pass_on()?;
            if matches!(self.device, Device::Output) && !matches!(self.buffering, Buffering::Full(_)) {
                self.shown.flush()?;
            }
        }
        self.output.extend_from_slice(rest);
        Ok(())
    }

    /// Writes what is held back.
    pub(super) fn flush(&mut self) -> io::Result<()> {
        self.pass_on()?;
        if let Device::Output = self.device { self.shown.flush() } else { Ok(()) }
    }

    fn pass_on(&mut self) -> io::Result<()> {
        // What cannot be written is lost: a second try would fail as well, or write a part of it twice.
        let bytes = std::mem::take(&mut self.output);
        if bytes.is_empty() {
            return Ok(());
        }
        match &mut self.device {
            Device::File(file) => file.write_all(&bytes),
            Device::Output => self.shown.write(&bytes),
            Device::Error => {
                let _ = self.shown.flush();
                io::stderr().write_all(&bytes)
            }
            Device::To(Some(input)) => input.write_all(&bytes),
            Device::Input(_) | Device::From(_) | Device::To(None) => Err(io::Error::from_raw_os_error(BAD_DESCRIPTOR)),
        }
    }

    /// Sets when written bytes go on their way.
    pub(super) fn set_buffering(&mut self, buffering: Buffering) -> io::Result<()> {
        self.buffering = match buffering {
            Buffering::Full(size) => Buffering::Full(size.min(HELD_BACK_MAX)),
            other => other,
        };
        self.pass_on()
    }

    // -- position ------------------------------------------------------------------------------------

    /// Drops what was read ahead: the system's position becomes the stream's.
    fn forget_input(&mut self) -> io::Result<()> {
        let ahead = self.ready().len();
        self.input.clear();
        self.at = 0;
        if ahead > 0
            && let Device::File(file) = &mut self.device
        {
            file.seek(SeekFrom::Current(-i64::try_from(ahead).unwrap_or(0)))?;
        }
        Ok(())
    }

    /// Moves the position. The new one.
    pub(super) fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.pass_on()?;
        let ahead = i64::try_from(self.ready().len()).unwrap_or(0);
        let to = match to {
            SeekFrom::Current(offset) => match offset.checked_sub(ahead) {
                Some(offset) => SeekFrom::Current(offset),
                None => return Err(io::Error::from_raw_os_error(INVALID_ARGUMENT)),
            },
            other => other,
        };
        let Device::File(file) = &mut self.device else { return Err(io::Error::from_raw_os_error(ILLEGAL_SEEK)) };
        let position = file.seek(to)?;
        self.input.clear();
        self.at = 0;
        Ok(position)
    }

    // -- the end -------------------------------------------------------------------------------------

    /// Whether it is one of the three that a program cannot close.
    pub(super) fn is_standard(&self) -> bool {
        self.is_standard
    }

    /// Writes what is held back and closes the stream. What became of the process at the other end, for which it waits.
    pub(super) fn close(mut self) -> io::Result<Option<ExitStatus>> {
        let flushed = self.pass_on();
        let status = self.wait()?;
        flushed.map(|()| status)
    }

    fn wait(&mut self) -> io::Result<Option<ExitStatus>> {
        let Some(mut process) = self.process.take() else { return Ok(None) };
        // It may wait for the pipe's end as well.
        self.device = Device::To(None);
        process.wait().map(Some)
    }
}

impl Drop for Stream {
    fn drop(&mut self) {
        // Nobody is left who could be told of a failure.
        let _ = self.pass_on();
        let _ = self.wait();
    }
}

impl std::fmt::Debug for Stream {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Stream")
    }
}
