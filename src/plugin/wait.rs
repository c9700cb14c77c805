//! Waiting: `wait`, `wait_frames`, `wait_fixed`, `wait_real`, `wait_until`.
//!
//! A wait is a request to the scheduler, left where it finds it, and the suspension of the whole task, from however deep
//! in the script's own coroutines and in natives. What the task is resumed with are the wait's results.

use super::environment::Shared;
use super::scheduler::Request;
use crate::api::{Action, Call, Collect, Context, Native, Raised, Sequence, TableError, Value};

use std::rc::Rc;

/// Adds the functions to the globals.
pub(super) fn install(ctx: Context<'_>, shared: &Rc<Shared>) -> Result<(), TableError> {
    let add = |name: &str, native| ctx.globals().set_field(ctx, name, Value::Native(native));
    let to = Rc::clone(shared);
    add(
        "wait",
        Native::new(ctx, "wait", move |call| {
            let request = match call.arg(0) {
                Value::Nil => Request::Frames(1),
                _ => Request::Seconds(seconds(call, 0)?),
            };
            to.ask(call, request)
        }),
    )?;
    let to = Rc::clone(shared);
    add(
        "wait_frames",
        Native::new(ctx, "wait_frames", move |call| {
            let request = Request::Frames(frames(call)?);
            to.ask(call, request)
        }),
    )?;
    let to = Rc::clone(shared);
    add(
        "wait_real",
        Native::new(ctx, "wait_real", move |call| {
            let request = Request::RealSeconds(seconds(call, 0)?);
            to.ask(call, request)
        }),
    )?;
    let to = Rc::clone(shared);
    add("wait_fixed", Native::new(ctx, "wait_fixed", move |call| to.ask(call, Request::FixedStep)))?;
    let to = Rc::clone(shared);
    add(
        "wait_until",
        Native::new(ctx, "wait_until", move |call| {
            let condition = call.arg(0);
            if !matches!(condition, Value::Closure(_) | Value::Native(_)) {
                let got = condition.type_name();
                return Err(Raised::argument(0, format!("function expected, got {got}")));
            }
            call.leave(&[condition]);
            Ok(Action::CallThen(Box::new(Until { condition, shared: Rc::clone(&to), has_asked: true })))
        }),
    )
}

/// The argument at `index` as a number of seconds.
pub(super) fn seconds<'gc>(call: &Call<'_, 'gc>, index: usize) -> Result<f64, Raised<'gc>> {
    match call.arg(index) {
        #[expect(clippy::cast_precision_loss, reason = "nobody waits long enough to see it")]
        Value::Integer(seconds) => Ok(seconds as f64),
        Value::Float(seconds) if seconds.is_nan() => {
            Err(Raised::argument(index, "number of seconds expected, got NaN"))
        }
        Value::Float(seconds) => Ok(seconds),
        other => {
            let got = other.type_name();
            Err(Raised::argument(index, format!("number of seconds expected, got {got}")))
        }
    }
}

/// The argument at `index` as a number of seconds, or nothing where it is nil.
pub(super) fn timeout<'gc>(call: &Call<'_, 'gc>, index: usize) -> Result<Option<f64>, Raised<'gc>> {
    if call.arg(index).is_nil() { Ok(None) } else { seconds(call, index).map(Some) }
}

fn frames<'gc>(call: &Call<'_, 'gc>) -> Result<u64, Raised<'gc>> {
    match call.arg(0) {
        Value::Integer(frames) => Ok(u64::try_from(frames).unwrap_or(0)),
        other => {
            let got = other.type_name();
            Err(Raised::argument(0, format!("whole number of frames expected, got {got}")))
        }
    }
}

/// `wait_until(f)`: asks once now and then once a frame.
#[derive(Collect)]
#[collect(no_drop)]
struct Until<'gc> {
    condition: Value<'gc>,
    #[collect(require_static)]
    shared: Rc<Shared>,
    /// Whether what comes back is the condition's answer, and not the end of a wait.
    has_asked: bool,
}

impl<'gc> Sequence<'gc> for Until<'gc> {
    fn name(&self) -> &'static str {
        "wait_until"
    }

    fn each_value(&self, see: &mut dyn FnMut(Value<'gc>)) {
        see(self.condition);
    }

    fn poll(&mut self, call: &mut Call<'_, 'gc>) -> Result<Action<'gc>, Raised<'gc>> {
        if self.has_asked {
            if call.arg(0).is_truthy() {
                return call.ret_args(0);
            }
            self.has_asked = false;
            return self.shared.ask(call, Request::Frames(1));
        }
        self.has_asked = true;
        call.leave(&[self.condition]);
        Ok(Action::Call)
    }
}
