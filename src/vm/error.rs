//! Errors on their way up a Lua stack.
//!
//! A native raises a value, a message, or a complaint about an argument; the machine completes the latter
//! two with the place and the name that only it knows (`file:line:`, `bad argument #1 to 'insert'`), so
//! what `pcall` catches is always a Lua value. A [`Fault`] is different: it is for the host, and no `pcall`,
//! message handler or `<close>` variable of a script can stop it.

use gc_arena::Collect;

use super::context::Context;
use super::gc::OutOfMemory;
use super::sequence::Call;
use super::table::TableError;
use super::value::Value;
use crate::bytecode::Reg;

/// An error on its way.
#[derive(Collect)]
#[collect(no_drop)]
pub struct Raised<'gc>(Box<Body<'gc>>);

#[derive(Collect)]
#[collect(no_drop)]
struct Body<'gc> {
    cause: Cause<'gc>,
    #[collect(require_static)]
    traceback: Option<String>,
    /// Whether a message handler has had its turn.
    handled: bool,
    /// Whether the traceback has the part of the coroutine in which the error is.
    is_traced: bool,
}

/// What was raised.
#[derive(Collect)]
#[collect(no_drop)]
pub(super) enum Cause<'gc> {
    /// A Lua value, complete.
    Value(Value<'gc>),
    /// A value that gets the position of the function at `level` in front, if it is a string.
    Level { value: Value<'gc>, level: i64 },
    /// A message that gets the position of the running Lua function in front.
    Message(#[collect(require_static)] String),
    /// A complaint about the argument at `index`, counted from 0.
    Argument {
        index: usize,
        #[collect(require_static)]
        message: String,
    },
    /// A complaint about an operand of the running instruction; the machine adds the variable's name.
    Operand {
        #[collect(require_static)]
        message: String,
        #[collect(require_static)]
        operand: Operand,
    },
    /// An end that scripts cannot stop.
    Fault(#[collect(require_static)] Fault),
}

/// Which operand of an instruction an error is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Operand {
    /// The first, or the only one.
    First,
    /// The second.
    Second,
    /// The object that is indexed.
    Indexed,
    /// The function that is called.
    Called,
    /// What is in this register.
    In(Reg),
}

/// An end that scripts cannot stop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The memory limit was reached.
    OutOfMemory,
    /// The host cancelled the task.
    Cancelled,
    /// The script asked for the end of the program.
    Exit {
        /// The status for whoever started the program.
        code: i32,
        /// Whether what the program has open is to be closed first.
        close: bool,
    },
}

impl Fault {
    /// What to tell people.
    pub const fn message(self) -> &'static str {
        match self {
            Fault::OutOfMemory => "not enough memory",
            Fault::Cancelled => "cancelled",
            Fault::Exit { .. } => "exit",
        }
    }

    /// Whether to-be-closed variables get their turn: of the task's own coroutine, or of any.
    pub(super) const fn closes(self, is_outermost: bool) -> bool {
        match self {
            Fault::OutOfMemory => false,
            Fault::Cancelled => true,
            Fault::Exit { close, .. } => close && is_outermost,
        }
    }
}

impl<'gc> Raised<'gc> {
    #[cold]
    fn new(cause: Cause<'gc>) -> Raised<'gc> {
        Raised(Box::new(Body { cause, traceback: None, handled: false, is_traced: false }))
    }

    /// An error with this value, as `error(value, 0)` raises it.
    pub fn value(value: Value<'gc>) -> Raised<'gc> {
        Raised::new(Cause::Value(value))
    }

    /// An error with a message, to which the position of the calling Lua function is added.
    pub fn message(message: impl Into<String>) -> Raised<'gc> {
        Raised::new(Cause::Message(message.into()))
    }

    /// An error as `error(value, level)` raises it.
    pub fn at_level(value: Value<'gc>, level: i64) -> Raised<'gc> {
        Raised::new(Cause::Level { value, level })
    }

    /// A complaint about the argument at `index`, counted from 0: `bad argument #1 to 'f' (message)`.
    pub fn argument(index: usize, message: impl Into<String>) -> Raised<'gc> {
        Raised::new(Cause::Argument { index, message: message.into() })
    }

    /// A complaint about an operand of the running instruction.
    pub(super) fn operand(message: String, operand: Operand) -> Raised<'gc> {
        Raised::new(Cause::Operand { message, operand })
    }

    /// The error for a message handler that fails for ever, or has no room to run.
    pub(super) fn from_handler(ctx: Context<'gc>) -> Raised<'gc> {
        Raised::value(ctx.text("error in error handling")).handled()
    }

    /// An end that scripts cannot stop.
    pub fn fault(fault: Fault) -> Raised<'gc> {
        Raised::new(Cause::Fault(fault))
    }

    /// The fault, if it is one.
    pub fn as_fault(&self) -> Option<Fault> {
        match self.0.cause {
            Cause::Fault(fault) => Some(fault),
            _ => None,
        }
    }

    /// Whether it asks for the end of the program.
    pub(super) fn is_exit(&self) -> bool {
        matches!(self.as_fault(), Some(Fault::Exit { .. }))
    }

    /// The value as a handler sees it. Complete errors have one; a fault shows its message.
    pub fn to_value(&self, ctx: Context<'gc>) -> Value<'gc> {
        match &self.0.cause {
            Cause::Value(value) | Cause::Level { value, .. } => *value,
            Cause::Message(message) | Cause::Argument { message, .. } | Cause::Operand { message, .. } => {
                Value::String(ctx.string(message.as_bytes()))
            }
            Cause::Fault(fault) => Value::String(ctx.string(fault.message().as_bytes())),
        }
    }

    /// The same error with the position of the function that `call` was made by in front, if its value is a
    /// string.
    #[must_use]
    pub fn positioned(self, call: &Call<'_, 'gc>) -> Raised<'gc> {
        match self.0.cause {
            Cause::Value(Value::String(text)) => {
                call.ctx.pay_for_copy(text.len());
                let message = [call.position(1).as_bytes(), text.as_bytes()].concat();
                self.completed(Value::String(call.ctx.string_from(message)))
            }
            _ => self,
        }
    }

    /// The traceback, if one was taken.
    pub fn traceback(&self) -> Option<&str> {
        self.0.traceback.as_deref()
    }

    pub(super) fn cause(&self) -> &Cause<'gc> {
        &self.0.cause
    }

    /// The same error with its cause completed.
    pub(super) fn completed(mut self, value: Value<'gc>) -> Raised<'gc> {
        self.0.cause = Cause::Value(value);
        self
    }

    /// Says that the operand the error is about is in a certain register.
    pub(super) fn about(mut self, first: Reg, second: Reg) -> Raised<'gc> {
        if let Cause::Operand { operand, .. } = &mut self.0.cause {
            *operand = Operand::In(if *operand == Operand::Second { second } else { first });
        }
        self
    }

    pub(super) fn is_handled(&self) -> bool {
        self.0.handled
    }

    /// The same error after a message handler has had its turn.
    pub(super) fn handled(mut self) -> Raised<'gc> {
        self.0.handled = true;
        self
    }

    /// Whether the traceback has the part of the coroutine in which the error is.
    pub(super) fn is_traced(&self) -> bool {
        self.0.is_traced
    }

    /// The same error in the coroutine that has resumed the one in which it was.
    pub(super) fn in_resumer(mut self) -> Raised<'gc> {
        self.0.is_traced = false;
        self
    }

    /// Adds the next outer part of the traceback.
    pub(super) fn add_traceback(&mut self, part: &str) {
        self.0.is_traced = true;
        let traceback = self.0.traceback.get_or_insert_default();
        if !traceback.is_empty() {
            traceback.push('\n');
        }
        traceback.push_str(part);
    }
}

impl std::fmt::Debug for Raised<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.0.cause {
            Cause::Value(value) | Cause::Level { value, .. } => write!(f, "Raised({value:?})"),
            Cause::Message(message) | Cause::Argument { message, .. } | Cause::Operand { message, .. } => {
                write!(f, "Raised({message})")
            }
            Cause::Fault(fault) => write!(f, "Raised({fault:?})"),
        }
    }
}

impl From<OutOfMemory> for Raised<'_> {
    fn from(_: OutOfMemory) -> Self {
        Raised::fault(Fault::OutOfMemory)
    }
}

impl From<TableError> for Raised<'_> {
    fn from(error: TableError) -> Self {
        match error {
            TableError::NilKey => Raised::message("table index is nil"),
            TableError::NanKey => Raised::message("table index is NaN"),
            TableError::Frozen => Raised::message("attempt to modify a read-only table"),
            TableError::OutOfMemory => Raised::fault(Fault::OutOfMemory),
        }
    }
}
