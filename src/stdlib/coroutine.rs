//! The `coroutine` library (§6.2).
//!
//! Resuming and yielding are actions of the machine, which also knows the functions that do no more than ask for them:
//! where a Lua function calls one of these, the machine acts at once.

use super::{Row, library};
use crate::api::{Action, Call, Collect, Context, Intrinsic, Native, Pass, Raised, Sequence, Table, Thread, Value};

/// Makes the library's table.
pub(super) fn open<'gc>(ctx: Context<'gc>) -> Result<Table<'gc>, Raised<'gc>> {
    let table = library(ctx, FUNCTIONS, 3)?;
    let resume = Native::intrinsic(ctx, "coroutine.resume", Intrinsic::Resume, &[], resume);
    table.set_field(ctx, "resume", resume)?;
    let yield_ = Native::intrinsic(ctx, "coroutine.yield", Intrinsic::Yield, &[], yield_);
    table.set_field(ctx, "yield", yield_)?;
    let name = Value::String(ctx.string(b"wrap"));
    table.set_field(ctx, "wrap", Native::with_upvalues(ctx, "coroutine.wrap", &[name], wrap))?;
    Ok(table)
}

fn create<'gc>(call: &mut Call<'_, 'gc>) -> Result<Action<'gc>, Raised<'gc>> {
    let function = call.check_function(0)?;
    call.ret1(Thread::new(call.ctx, function))
}

fn resume<'gc>(call: &mut Call<'_, 'gc>) -> Result<Action<'gc>, Raised<'gc>> {
    let thread = call.check::<Thread<'gc>>(0)?;
    call.leave_args(1);
    Ok(Action::ResumeAndPass(thread, Pass::StatusAndValues))
}

fn wrap<'gc>(call: &mut Call<'_, 'gc>) -> Result<Action<'gc>, Raised<'gc>> {
    let function = call.check_function(0)?;
    let thread = Thread::new(call.ctx, function);
    let Value::String(name) = call.upvalue(0) else { return Err(Raised::message("name expected")) };
    let kept = [Value::Thread(thread)];
    call.ret1(Native::intrinsic_named(call.ctx, name, Intrinsic::ResumeWrapped, &kept, resume_wrapped))
}

fn resume_wrapped<'gc>(call: &mut Call<'_, 'gc>) -> Result<Action<'gc>, Raised<'gc>> {
    let Value::Thread(thread) = call.upvalue(0) else { return Err(Raised::message("coroutine expected")) };
    call.leave_args(0);
    Ok(Action::ResumeAndPass(thread, Pass::Values))
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

    fn each_value(&self, see: &mut dyn FnMut(Value<'gc>)) {
        see(Value::Thread(self.thread));
        see(self.error.into());
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
    "running" => running,
    "status" => status,
};
