//! Computations that ask the machine one question after another.
//!
//! Where a table has a metatable, each read, write or comparison of a library function may call a metamethod.
//! Such a function is then an [`Inquiry`]: it says what it wants to know next and is given the answer, and
//! [`Asking`] turns that into a sequence that calls, charges fuel and pauses. Long work without metamethods
//! takes the same form and asks for nothing but another turn.

use crate::api::{Action, Call, Collect, Context, Meta, Raised, Sequence, Value};

/// What an inquiry wants next.
pub enum Ask<'gc> {
    /// The answer to a question.
    Answer(Meta<'gc>),
    /// What the first value left with the call returns when it is called with the others.
    Call,
    /// Another turn, when there is fuel.
    Turn,
    /// Nothing more: the values left with the call are its results.
    Done,
}

/// A computation that asks questions.
pub trait Inquiry<'gc>: Collect<'gc> {
    /// The function it belongs to.
    const NAME: &'static str;

    /// Takes the answer to the last question (nil at first, and after [`Ask::Turn`]) and asks the next one.
    fn next(&mut self, call: &mut Call<'_, 'gc>, answer: Value<'gc>) -> Result<Ask<'gc>, Raised<'gc>>;

    /// As [`Sequence::each_value`].
    fn each_value(&self, _see: &mut dyn FnMut(Value<'gc>)) {}
}

/// An inquiry as a sequence.
#[derive(Collect)]
#[collect(no_drop)]
struct Asking<I>(I);

impl<'gc, I: Inquiry<'gc> + 'gc> Sequence<'gc> for Asking<I> {
    fn name(&self) -> &'static str {
        I::NAME
    }

    fn each_value(&self, see: &mut dyn FnMut(Value<'gc>)) {
        self.0.each_value(see);
    }

    fn poll(&mut self, call: &mut Call<'_, 'gc>) -> Result<Action<'gc>, Raised<'gc>> {
        let mut answer = call.arg(0);
        loop {
            answer = match self.0.next(call, answer)? {
                Ask::Answer(Meta::Value(value)) => value,
                Ask::Call => return Ok(Action::Call),
                Ask::Answer(Meta::Call { function, args, count }) => {
                    leave_call(call, function, args, count);
                    return Ok(Action::Call);
                }
                Ask::Turn => Value::Nil,
                Ask::Done => return Ok(Action::Return),
            };
            call.charge(1);
            if call.is_out_of_fuel() {
                call.leave(&[answer]);
                return Ok(Action::Pause);
            }
        }
    }
}

/// Starts an inquiry from a native function.
pub fn inquire<'gc, I: Inquiry<'gc> + 'gc>(call: &mut Call<'_, 'gc>, inquiry: I) -> Result<Action<'gc>, Raised<'gc>> {
    call.leave(&[]);
    Ok(Action::Start(Box::new(Asking(inquiry))))
}

/// Leaves the call of a metamethod with the call.
pub(super) fn leave_call<'gc>(call: &mut Call<'_, 'gc>, function: Value<'gc>, args: [Value<'gc>; 3], count: usize) {
    let [a, b, c] = args;
    let values = [function, a, b, c];
    call.leave(values.get(..=count).unwrap_or(&values));
}

/// Asks what an operation found out, or raises its error.
pub fn ask<'gc>(ctx: Context<'gc>, outcome: Result<Meta<'gc>, Raised<'gc>>) -> Result<Ask<'gc>, Raised<'gc>> {
    match outcome {
        Ok(question) => Ok(Ask::Answer(question)),
        Err(error) => Err(without_position(ctx, error)),
    }
}

/// The error of an operation done by a native function: it has no position, for no Lua code did it.
#[cold]
pub(super) fn without_position<'gc>(ctx: Context<'gc>, error: Raised<'gc>) -> Raised<'gc> {
    match error.as_fault() {
        Some(_) => error,
        None => Raised::value(error.to_value(ctx)),
    }
}

/// The length that `#` gave, which has to be an integer.
pub fn length_from<'gc>(answer: Value<'gc>) -> Result<i64, Raised<'gc>> {
    answer.to_integer().ok_or_else(|| Raised::message("object length is not an integer"))
}

/// The string that `__tostring` gave.
pub(super) fn text_from<'gc>(call: &Call<'_, 'gc>, answer: Value<'gc>) -> Result<Value<'gc>, Raised<'gc>> {
    match answer {
        Value::String(_) => Ok(answer),
        Value::Integer(_) | Value::Float(_) => Ok(Value::String(call.ctx.plain_string(answer))),
        _ => Err(Raised::message("'__tostring' must return a string")),
    }
}
