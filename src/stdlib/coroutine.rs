//! The `coroutine` library (§6.2).
//!
//! Resuming is an action of the machine: the functions here ask for it and turn what comes back into results.
//! The sequences hold no more than the coroutine, so that a resume costs little.

use super::{Row, library, return_behind};
use crate::api::{Action, Call, Collect, Context, Native, Pass, Raised, Sequence, Status, Table, Thread, Value};

/// Makes the library's table.
pub(super) fn open<'gc>(ctx: Context<'gc>) -> Result<Table<'gc>, Raised<'gc>> {
    library(ctx, FUNCTIONS, 0)
}

fn create<'gc>(call: &mut Call<'_, 'gc>) -> Result<Action<'gc>, Raised<'gc>> {
    let function = call.check_function(0)?;
    call.ret1(Thread::new(call.ctx, function))
}

fn resume<'gc>(call: &mut Call<'_, 'gc>) -> Result<Action<'gc>, Raised<'gc>> {
    let thread = call.check::<Thread<'gc>>(0)?;
    call.leave_args(1);
    Ok(Action::ResumeAndPass(thread, Pass::StatusAndValues, Box::new(Resume)))
}

/// `coroutine.resume`: success and the values, or failure and the error.
#[derive(Collect)]
#[collect(require_static)]
struct Resume;

impl<'gc> Sequence<'gc> for Resume {
    fn name(&self) -> &'static str {
        "coroutine.resume"
    }

    fn poll(&mut self, call: &mut Call<'_, 'gc>) -> Result<Action<'gc>, Raised<'gc>> {
        return_behind(call, Value::Boolean(true))
    }

    fn catches(&self) -> bool {
        true
    }

    fn caught(&mut self, call: &mut Call<'_, 'gc>, error: Raised<'gc>) -> Result<Action<'gc>, Raised<'gc>> {
        let value = error.to_value(call.ctx);
        call.ret(&[Value::Boolean(false), value])
    }
}

fn wrap<'gc>(call: &mut Call<'_, 'gc>) -> Result<Action<'gc>, Raised<'gc>> {
    let function = call.check_function(0)?;
    let thread = Thread::new(call.ctx, function);
    call.ret1(Native::with_upvalues(call.ctx, "wrap", &[Value::Thread(thread)], resume_wrapped))
}

fn resume_wrapped<'gc>(call: &mut Call<'_, 'gc>) -> Result<Action<'gc>, Raised<'gc>> {
    let Value::Thread(thread) = call.upvalue(0) else { return Err(Raised::message("coroutine expected")) };
    call.leave_args(0);
    Ok(Action::ResumeAndPass(thread, Pass::Values, Box::new(Wrapped)))
}

/// A call of what `coroutine.wrap` returned. An error closes the coroutine and goes on its way.
#[derive(Collect)]
#[collect(require_static)]
struct Wrapped;

impl<'gc> Sequence<'gc> for Wrapped {
    fn name(&self) -> &'static str {
        "coroutine.wrap"
    }

    fn poll(&mut self, call: &mut Call<'_, 'gc>) -> Result<Action<'gc>, Raised<'gc>> {
        call.ret_args(0)
    }

    fn catches(&self) -> bool {
        true
    }

    fn wants_traceback(&self) -> bool {
        true
    }

    fn caught(&mut self, call: &mut Call<'_, 'gc>, error: Raised<'gc>) -> Result<Action<'gc>, Raised<'gc>> {
        match call.resumed() {
            Some(thread) if thread.status() == Status::Dead && thread.error().is_some() => {
                thread.prepare_close(call.ctx)?;
                call.leave(&[]);
                Ok(Action::ResumeThen(thread, Box::new(CloseWrapped { error: Some(error) })))
            }
            _ => Err(error.positioned(call)),
        }
    }
}

/// Waits for the closing of a wrapped coroutine that has failed; then its error goes on.
#[derive(Collect)]
#[collect(no_drop)]
struct CloseWrapped<'gc> {
    error: Option<Raised<'gc>>,
}

impl<'gc> Sequence<'gc> for CloseWrapped<'gc> {
    fn name(&self) -> &'static str {
        "coroutine.wrap"
    }

    fn poll(&mut self, call: &mut Call<'_, 'gc>) -> Result<Action<'gc>, Raised<'gc>> {
        match self.error.take() {
            Some(error) => Err(error.positioned(call)),
            None => call.ret0(),
        }
    }

    fn catches(&self) -> bool {
        true
    }

    fn caught(&mut self, call: &mut Call<'_, 'gc>, error: Raised<'gc>) -> Result<Action<'gc>, Raised<'gc>> {
        Err(error.positioned(call))
    }
}

fn yield_<'gc>(call: &mut Call<'_, 'gc>) -> Result<Action<'gc>, Raised<'gc>> {
    if !call.is_yieldable() {
        return Err(Raised::value(call.ctx.text("attempt to yield from outside a coroutine")));
    }
    call.leave_args(0);
    Ok(Action::Yield)
}

fn status<'gc>(call: &mut Call<'_, 'gc>) -> Result<Action<'gc>, Raised<'gc>> {
    let thread = call.check::<Thread<'gc>>(0)?;
    call.ret1(call.ctx.text(thread.status().name()))
}

fn isyieldable<'gc>(call: &mut Call<'_, 'gc>) -> Result<Action<'gc>, Raised<'gc>> {
    if call.is_empty() {
        return call.ret1(call.is_yieldable());
    }
    let thread = call.check::<Thread<'gc>>(0)?;
    call.ret1(!thread.is_main())
}

fn running<'gc>(call: &mut Call<'_, 'gc>) -> Result<Action<'gc>, Raised<'gc>> {
    let thread = call.thread();
    let is_main = thread.is_some_and(Thread::is_main);
    call.ret(&[thread.into(), Value::Boolean(is_main)])
}

fn close<'gc>(call: &mut Call<'_, 'gc>) -> Result<Action<'gc>, Raised<'gc>> {
    let thread = call.check::<Thread<'gc>>(0)?;
    let error = thread.error();
    thread.prepare_close(call.ctx)?;
    call.leave(&[]);
    Ok(Action::Start(Box::new(Close { thread, error, is_started: false })))
}

/// `coroutine.close`: runs what the coroutine has still to close.
#[derive(Collect)]
#[collect(no_drop)]
struct Close<'gc> {
    thread: Thread<'gc>,
    /// The error that killed the coroutine, or that closing it raised.
    error: Option<Value<'gc>>,
    is_started: bool,
}

impl<'gc> Sequence<'gc> for Close<'gc> {
    fn name(&self) -> &'static str {
        "coroutine.close"
    }

    fn poll(&mut self, call: &mut Call<'_, 'gc>) -> Result<Action<'gc>, Raised<'gc>> {
        if !self.is_started {
            self.is_started = true;
            call.leave(&[]);
            return Ok(Action::Resume(self.thread));
        }
        match self.error {
            None => call.ret1(true),
            Some(error) => call.ret(&[Value::Boolean(false), error]),
        }
    }

    fn catches(&self) -> bool {
        self.is_started
    }

    fn caught(&mut self, call: &mut Call<'_, 'gc>, error: Raised<'gc>) -> Result<Action<'gc>, Raised<'gc>> {
        // The error of a `__close` counts. The coroutine is closed once more, so that it no longer has one.
        self.error = Some(error.to_value(call.ctx));
        self.thread.prepare_close(call.ctx)?;
        call.leave(&[]);
        Ok(Action::Resume(self.thread))
    }
}

const FUNCTIONS: &[Row] = rows! {
    in "coroutine";
    "close" => close,
    "create" => create,
    "isyieldable" => isyieldable,
    "resume" => resume,
    "running" => running,
    "status" => status,
    "wrap" => wrap,
    "yield" => yield_,
};
