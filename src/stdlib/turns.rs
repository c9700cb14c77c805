//! Long work on values that stay with the call.
//!
//! A function whose arguments or results are many, or whose strings are long, is a [`Work`]: it does as much as fits
//! between two looks at the fuel, and leaves with the call what its next turn needs, so that nothing is copied
//! aside. What is done in its first turn is done without an allocation. It calls nothing; what does is an inquiry.

use crate::api::{Action, Call, Collect, Raised, Sequence};

/// Work that is done in turns.
pub(super) trait Work<'gc>: Collect<'gc> {
    /// The function it belongs to.
    const NAME: &'static str;

    /// Works for a while and charges for it. Whether it is done.
    ///
    /// The values left with the call are the results, if it is done, or else the arguments of the next turn. At the
    /// beginning of a turn other than the first, all arguments are left with the call.
    fn go_on(&mut self, call: &mut Call<'_, 'gc>) -> Result<bool, Raised<'gc>>;
}

/// Does the work: at once if it is little, else as a sequence.
pub(super) fn begin<'gc, W: Work<'gc> + 'gc>(
    call: &mut Call<'_, 'gc>,
    mut work: W,
) -> Result<Action<'gc>, Raised<'gc>> {
    if work.go_on(call)? {
        return Ok(Action::Return);
    }
    Ok(Action::Start(Box::new(Working(work))))
}

/// Work as a sequence.
#[derive(Collect)]
#[collect(no_drop)]
struct Working<W>(W);

impl<'gc, W: Work<'gc> + 'gc> Sequence<'gc> for Working<W> {
    fn name(&self) -> &'static str {
        W::NAME
    }

    fn poll(&mut self, call: &mut Call<'_, 'gc>) -> Result<Action<'gc>, Raised<'gc>> {
        call.leave_args(0);
        while !call.is_out_of_fuel() {
            if self.0.go_on(call)? {
                return Ok(Action::Return);
            }
        }
        Ok(Action::Pause)
    }
}
