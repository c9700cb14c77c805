//! Upvalues as the `debug` library sees them: by number, with names and identities.
//!
//! A captured variable that lives in a cell is one for all who share it. One captured by value belongs to its
//! closure alone; the compiler captures by value only what no code assigns to, and in a chunk that was compiled for
//! sharing nothing but `_ENV` and variables to be closed.

use gc_arena::barrier::field;
use gc_arena::{Gc, Lock};

use super::access::contents;
use super::context::Context;
use super::function::{Closure, ClosureBody, INLINE_UPVALUES, MoreUpvalues, Native};
use super::value::Value;
use crate::bytecode::Upvalue;

impl<'gc> Closure<'gc> {
    /// The name and the value of the upvalue at `index`, counted from 0.
    pub fn upvalue(self, index: usize) -> Option<(&'gc str, Value<'gc>)> {
        let value = self.capture(index)?;
        Some((&*self.described(index)?.name, contents(value)))
    }

    fn described(self, index: usize) -> Option<&'gc Upvalue> {
        self.proto().upvalues.get(index)
    }

    /// What is held for the upvalue at `index`, if there is one.
    fn capture(self, index: usize) -> Option<Value<'gc>> {
        (index < self.proto().upvalues.len()).then(|| self.held(index))
    }

    /// Sets the upvalue at `index`, for all closures that share it. Returns its name.
    pub fn set_upvalue(self, ctx: Context<'gc>, index: usize, value: Value<'gc>) -> Option<&'gc str> {
        match self.capture(index)? {
            Value::Cell(cell) => cell.set(ctx.mc(), value),
            _ => self.replace(ctx, index, value),
        }
        self.described(index).map(|upvalue| &*upvalue.name)
    }

    /// A number that two upvalues have in common if they are one variable.
    pub fn upvalue_id(self, ctx: Context<'gc>, index: usize) -> Option<i64> {
        let value = self.capture(index)?;
        // What is captured by value is one variable for all who hold the same object.
        ctx.serial(value)
            .map_or_else(|| numbered(ctx, Value::Closure(self), index), |serial| i64::try_from(serial).ok())
    }

    /// Makes the upvalue at `index` the same variable as that of `other` at `from`. An upvalue that can only be held
    /// by value gets the value. Whether both exist.
    pub fn join_upvalue(self, ctx: Context<'gc>, index: usize, other: Closure<'gc>, from: usize) -> bool {
        let (Some(own), Some(source)) = (self.capture(index), other.capture(from)) else { return false };
        let holds_cells = matches!(own, Value::Cell(_)) || self.proto().shares_variables;
        let value = match source {
            cell @ Value::Cell(_) if holds_cells => cell,
            value if holds_cells => {
                let cell = Value::Cell(Gc::new(ctx.mc(), Lock::new(value)));
                if other.proto().shares_variables {
                    other.replace(ctx, from, cell);
                }
                cell
            }
            value => contents(value),
        };
        self.replace(ctx, index, value);
        true
    }

    /// Puts another cell or value in an upvalue's place.
    fn replace(self, ctx: Context<'gc>, index: usize, value: Value<'gc>) {
        let body = Gc::write(ctx.mc(), self.0);
        let place = match index.checked_sub(INLINE_UPVALUES) {
            None => &field!(body, ClosureBody, first)[index],
            Some(index) => {
                let Some(more) = field!(body, ClosureBody, more).as_write() else { return };
                let cells = field!(more.as_deref(), MoreUpvalues, cells).as_deref();
                if index >= cells.len() {
                    return;
                }
                &cells[index]
            }
        };
        place.unlock().set(value);
    }
}

impl<'gc> Native<'gc> {
    /// A number for the upvalue at `index`.
    pub fn upvalue_id(self, ctx: Context<'gc>, index: usize) -> Option<i64> {
        (index < self.upvalue_count()).then(|| numbered(ctx, Value::Native(self), index))?
    }
}

/// A number for a place within an object; other numbers are positive.
fn numbered<'gc>(ctx: Context<'gc>, object: Value<'gc>, index: usize) -> Option<i64> {
    const PLACES: i64 = 1 << 16;
    let serial = i64::try_from(ctx.serial(object)?).ok()?;
    serial.checked_mul(PLACES)?.checked_add(i64::try_from(index).ok()?)?.checked_neg()
}
