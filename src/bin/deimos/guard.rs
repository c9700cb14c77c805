//! What stands between a program and the command line: it makes of an error what `lua` would show (§7).
//!
//! An error object with a `__tostring` is asked for its text while the stack is still whole, and is then shown without
//! a traceback. All other errors are shown as the machine shows them.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use deimos::{Action, Call, Collect, Context, Error, Event, Meta, Native, Raised, Sequence, Value};

/// Where the error of a guarded function is put.
pub(crate) type Failure = Rc<RefCell<Option<Error>>>;

/// A function that calls `function` with its own arguments. It never fails: an error goes to `failure`, and it then
/// returns nothing.
pub(crate) fn guarded<'gc>(ctx: Context<'gc>, function: Value<'gc>, failure: &Failure) -> Native<'gc> {
    let failure = Rc::clone(failure);
    let has_told = Rc::new(Cell::new(false));
    let told = Rc::clone(&has_told);
    let handler = Native::new(ctx, "?", move |call| {
        let value = call.arg(0);
        match call.ctx.metamethod(value, Event::ToString) {
            Value::Nil => call.ret1(value),
            metamethod => {
                told.set(true);
                call.leave(&[metamethod, value]);
                Ok(Action::CallThen(Box::new(Text)))
            }
        }
    });
    Native::with_upvalues(ctx, "?", &[function, handler.into()], move |call| {
        let arguments = call.args().to_vec();
        call.leave(&[call.upvalue(0)]);
        arguments.into_iter().for_each(|argument| call.push(argument));
        let handler = call.upvalue(1);
        Ok(Action::CallThen(Box::new(Guard { handler, has_told: Rc::clone(&has_told), failure: Rc::clone(&failure) })))
    })
}

/// The call of the program.
#[derive(Collect)]
#[collect(no_drop)]
struct Guard<'gc> {
    handler: Value<'gc>,
    #[collect(require_static)]
    has_told: Rc<Cell<bool>>,
    #[collect(require_static)]
    failure: Failure,
}

impl<'gc> Sequence<'gc> for Guard<'gc> {
    fn name(&self) -> &'static str {
        "?"
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

    fn handler(&self) -> Option<Value<'gc>> {
        Some(self.handler)
    }

    fn caught(&mut self, call: &mut Call<'_, 'gc>, error: Raised<'gc>) -> Result<Action<'gc>, Raised<'gc>> {
        let error = if self.has_told.get() { Raised::value(error.to_value(call.ctx)) } else { error };
        self.failure.replace(Some(Error::from_raised(call.ctx, &error)));
        call.ret0()
    }
}

/// The call of a `__tostring`: its result is the text.
#[derive(Collect)]
#[collect(require_static)]
struct Text;

impl<'gc> Sequence<'gc> for Text {
    fn name(&self) -> &'static str {
        "?"
    }

    fn poll(&mut self, call: &mut Call<'_, 'gc>) -> Result<Action<'gc>, Raised<'gc>> {
        call.ret1(call.arg(0))
    }
}

/// A function that returns the text of its argument, as `tostring` does.
pub(crate) fn text_of<'gc>(ctx: Context<'gc>) -> Native<'gc> {
    Native::new(ctx, "?", |call| match call.ctx.to_string(call.arg(0)) {
        Meta::Value(text) => call.ret1(text),
        Meta::Call { function, args, count } => {
            call.leave(&[function]);
            args.into_iter().take(count).for_each(|argument| call.push(argument));
            Ok(Action::CallThen(Box::new(Text)))
        }
    })
}
