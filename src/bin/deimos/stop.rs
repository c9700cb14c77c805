//! Why a program ended before its end, what there is to say about it, and the exit status that goes with it.

use std::io;

use deimos::{Error, ErrorKind};

use crate::output::complain;

/// Exit status of a failed program, and of a command line that makes no sense.
pub(crate) const FAILED: i32 = 1;
/// Exit status after Ctrl-C: 128 and the number of the signal, as shells count.
const INTERRUPTED: i32 = 130;
/// Exit status after nobody reads the output any more: again 128 and the number of the signal.
const UNHEARD: i32 = 141;

/// Why a program did not come to its end.
pub(crate) enum Stop {
    /// There is no program, or it cannot be run as asked.
    Refused(String),
    /// It raised an error.
    Error(Error),
    OutOfFuel {
        limit: u64,
        traceback: String,
    },
    /// Ctrl-C stopped it.
    Interrupted {
        traceback: String,
    },
    /// What it wrote cannot be written.
    Output(io::Error),
}

impl From<Error> for Stop {
    fn from(error: Error) -> Stop {
        Stop::Error(error)
    }
}

impl Stop {
    /// Says so on standard error. The exit status that goes with it.
    pub(crate) fn report(&self, program: Option<&str>) -> i32 {
        let (message, traceback) = match self {
            Stop::Refused(message) => (message.clone(), None),
            Stop::Error(error) if let ErrorKind::Exit { code, .. } = error.kind() => return code,
            Stop::Error(error) => (error.message().to_owned(), error.traceback()),
            Stop::OutOfFuel { limit, traceback } => {
                (format!("out of fuel after {limit} instructions"), Some(traceback.as_str()))
            }
            Stop::Interrupted { traceback } => ("interrupted!".to_owned(), Some(traceback.as_str())),
            Stop::Output(error) if error.kind() == io::ErrorKind::BrokenPipe => return UNHEARD,
            Stop::Output(error) => (format!("cannot write to standard output: {error}"), None),
        };
        match traceback.filter(|text| !text.is_empty()) {
            Some(traceback) => complain(program, &format!("{message}\n{traceback}")),
            None => complain(program, &message),
        }
        if matches!(self, Stop::Interrupted { .. }) { INTERRUPTED } else { FAILED }
    }

    /// Whether it ends the prompt as well.
    pub(crate) fn is_final(&self) -> bool {
        match self {
            Stop::Output(_) => true,
            Stop::Error(error) => matches!(error.kind(), ErrorKind::Exit { .. }),
            _ => false,
        }
    }

    /// Ends the process at once, as a second Ctrl-C does.
    pub(crate) fn abruptly() -> ! {
        std::process::exit(INTERRUPTED)
    }
}
