//! Functions from one side on the other: typed Rust functions for Lua, Lua functions for Rust.
//!
//! Types do the checking: a Rust function states what it takes, and a call with anything else is refused
//! before it runs, with a message that names the argument.

use crate::vm::{Action, Context, Native, Raised, Thread, Value};

use super::convert::{FromArgs, FromLua, IntoLua, IntoReturns, Mismatch};
use super::error::Error;
use super::handle::Handle;
use super::lua::Lua;

/// A function that Rust code holds: one made in Rust, or one that a script returned.
#[derive(Clone, Debug)]
pub struct Function(Handle);

impl Function {
    /// Calls the function and runs it to its end.
    ///
    /// # Errors
    /// Whatever it raises; also if its results do not convert.
    ///
    /// # Example
    /// ```
    /// # use deimos::{Function, Lua};
    /// let mut lua = Lua::new();
    /// let double: Function = lua.load("=d", "return function(x) return 2 * x end")?.call(&mut lua, ())?;
    /// assert_eq!(double.call::<f64>(&mut lua, 1.5)?, 3.0);
    /// # Ok::<(), deimos::Error>(())
    /// ```
    pub fn call<R: for<'gc> FromArgs<'gc>>(
        &self,
        lua: &mut Lua,
        args: impl for<'gc> IntoReturns<'gc>,
    ) -> Result<R, Error> {
        let task = lua.enter(|ctx| -> Result<_, Error> {
            let function = (&self.0).into_lua(ctx).map_err(|raised| Error::from_raised(ctx, &raised))?;
            let thread = Thread::new(ctx, function);
            thread.set_main(ctx);
            Ok(ctx.stash(thread))
        })?;
        let task = lua.task(task, args)?;
        lua.run(&task)
    }
}

impl Lua {
    /// Makes a Rust function into a Lua function. Arguments and results are converted; a `Result` that is an
    /// error is raised.
    ///
    /// # Example
    /// ```
    /// # use deimos::Lua;
    /// let mut lua = Lua::new();
    /// let add = lua.function("add", |(a, b): (i64, i64)| a + b);
    /// lua.set_global("add", add)?;
    /// let sum: i64 = lua.load("=demo", "return add(20, 22)")?.call(&mut lua, ())?;
    /// assert_eq!(sum, 42);
    ///
    /// let error = lua.load("=demo", "add(20, {})")?.call::<()>(&mut lua, ()).unwrap_err();
    /// assert_eq!(error.message(), "demo:1: bad argument #2 to 'add' (number expected, got table)");
    /// # Ok::<(), deimos::Error>(())
    /// ```
    pub fn function<A, R>(&mut self, name: &str, function: impl Fn(A) -> R + 'static) -> Function
    where
        A: for<'gc> FromArgs<'gc> + 'static,
        R: for<'gc> IntoReturns<'gc> + 'static,
    {
        self.enter(|ctx| {
            let native = Native::new(ctx, name, move |call| {
                let args = call.check_all::<A>()?;
                let returns = function(args);
                let ctx = call.ctx;
                call.leave(&[]);
                returns.into_returns(ctx, &mut |value| call.push(value))?;
                Ok(Action::Return)
            });
            Function(ctx.stash(native))
        })
    }
}

impl<'gc> IntoLua<'gc> for Function {
    fn into_lua(self, ctx: Context<'gc>) -> Result<Value<'gc>, Raised<'gc>> {
        self.0.into_lua(ctx)
    }
}

impl<'gc> IntoLua<'gc> for &Function {
    fn into_lua(self, ctx: Context<'gc>) -> Result<Value<'gc>, Raised<'gc>> {
        (&self.0).into_lua(ctx)
    }
}

impl<'gc> FromLua<'gc> for Function {
    const EXPECTED: &'static str = "function";

    fn from_lua(ctx: Context<'gc>, value: Value<'gc>) -> Result<Function, Mismatch> {
        if value.is_function() {
            Ok(Function(ctx.stash(value)))
        } else {
            Err(Mismatch::new(ctx, Self::EXPECTED, value))
        }
    }
}
