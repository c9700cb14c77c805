//! `collectgarbage` (§6.1): what a script may ask of the collector.
//!
//! The collector runs between the machine's visits. It has one mode and one speed, so that these options are kept and
//! given back, no more; the pause between two cycles is what trades memory for time. In a machine without finalizers,
//! which is how a sandbox is made, scripts share nothing that they could change: there the collector cannot be stopped,
//! and options have always the same answers.

use crate::api::{Action, Call, Collect, CollectorOptions, Raised, Sequence, Value};

/// `collectgarbage`
pub(super) fn collectgarbage<'gc>(call: &mut Call<'_, 'gc>) -> Result<Action<'gc>, Raised<'gc>> {
    let default = call.ctx.string(b"collect");
    let option = call.optional(0, default)?;
    let argument = if call.len() > 1 { call.optional::<i64>(1, 0)? } else { 0 };
    if call.ctx.is_finalizing() {
        // The collector is not to be disturbed while it waits for a finalizer.
        return call.ret1(Value::Nil);
    }
    let before = call.ctx.collector_options();
    let (options, answer) = match option.as_bytes() {
        b"collect" => return collect(call, Value::Integer(0)),
        b"step" => return collect(call, Value::Boolean(true)),
        b"count" => return call.ret1(kilobytes(call.ctx.ledger().used())),
        b"isrunning" => return call.ret1(!before.is_stopped),
        b"stop" => (CollectorOptions { is_stopped: true, ..before }, Value::Integer(0)),
        b"restart" => (CollectorOptions { is_stopped: false, ..before }, Value::Integer(0)),
        b"setpause" => (CollectorOptions { pause: argument, ..before }, Value::Integer(before.pause)),
        b"setstepmul" => (CollectorOptions { step: argument, ..before }, Value::Integer(before.step)),
        name @ (b"incremental" | b"generational") => {
            let mode = if before.is_generational { "generational" } else { "incremental" };
            let is_generational = name == b"generational";
            let pause = if is_generational || argument == 0 { before.pause } else { argument };
            (CollectorOptions { is_generational, pause, ..before }, call.ctx.text(mode))
        }
        _ => return Err(Raised::argument(0, format!("invalid option '{}'", option.quoted()))),
    };
    if call.ctx.has_finalizers() {
        call.ctx.set_collector_options(options);
    }
    call.ret1(answer)
}

/// Has everything collected before the script goes on, and returns `answer`.
fn collect<'gc>(call: &mut Call<'_, 'gc>, answer: Value<'gc>) -> Result<Action<'gc>, Raised<'gc>> {
    let price = COLLECTION_PRICE + call.ctx.ledger().used() / BYTES_FOR_UNIT;
    call.leave(&[answer]);
    Ok(Action::Start(Box::new(Collecting { price, is_done: false })))
}

/// The fuel that a collection costs in any case.
const COLLECTION_PRICE: usize = 500;

/// The bytes in use that make a collection cost one unit of fuel more: about half an object.
const BYTES_FOR_UNIT: usize = 48;

/// The most that is paid before a look at the fuel.
const PAID_AT_ONCE: usize = 1000;

/// Pays for a collection, then waits outside the arena for it. The price is paid in full before, if need be over
/// many resumes, so that to collect in a loop is no way to more work than there is fuel for.
#[derive(Collect)]
#[collect(require_static)]
struct Collecting {
    price: usize,
    is_done: bool,
}

impl<'gc> Sequence<'gc> for Collecting {
    fn name(&self) -> &'static str {
        "collectgarbage"
    }

    fn poll(&mut self, call: &mut Call<'_, 'gc>) -> Result<Action<'gc>, Raised<'gc>> {
        call.leave_args(0);
        if self.is_done {
            return Ok(Action::Return);
        }
        let part = self.price.min(PAID_AT_ONCE);
        call.charge(part);
        self.price -= part;
        if self.price == 0 {
            self.is_done = true;
            call.ctx.request_collection();
        }
        Ok(Action::Pause)
    }
}

#[expect(clippy::cast_precision_loss, reason = "exact up to eight petabytes")]
fn kilobytes(bytes: usize) -> f64 {
    bytes as f64 / 1024.0
}
