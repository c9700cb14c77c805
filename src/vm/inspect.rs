//! What the `debug` library may ask of a call stack: who is at a level, what its local variables hold.
//!
//! A level belongs to the coroutine that runs, to one that waits for another, or to one at rest; each keeps its
//! values elsewhere, and [`Call`] finds them. Local variables are counted as PUC-Rio does it: named ones in the order
//! of their declarations, then whatever else lies in the frame.

use super::access::contents;
use super::context::Context;
use super::describe::Name;
use super::function::Closure;
use super::levels::{Level, Levels};
use super::sequence::Call;
use super::thread::{Frame, Thread};
use super::value::Value;
use crate::bytecode::Proto;

/// What is known about a level of a call stack.
#[derive(Clone, Debug)]
pub struct LevelInfo<'gc> {
    /// The function.
    pub function: Value<'gc>,
    /// What it is called where it is called: the kind of that name, and the name.
    pub name: Option<(&'static str, String)>,
    /// The line that is run.
    pub line: Option<u32>,
    /// Whether it was called in the place of the function that its caller called.
    pub is_tail_called: bool,
    /// In a hook, the number of the first value that is passed to or from the function, counted as local variables
    /// are, and how many there are.
    pub transfer: (usize, usize),
}

/// What is known about a function.
#[derive(Clone, Debug)]
pub struct FunctionInfo<'gc> {
    /// The name of the chunk, as it was given and as messages show it.
    pub source: (&'gc str, &'gc str),
    /// Where it is defined and where that ends; `None` for a native function.
    pub lines: Option<(u32, u32)>,
    /// The number of its fixed parameters.
    pub params: u8,
    /// Whether it takes extra arguments.
    pub is_vararg: bool,
    /// The number of its upvalues.
    pub upvalues: usize,
}

/// Where the value of a local variable is: its position among the values of its coroutine.
struct Place {
    name: String,
    at: usize,
}

impl<'gc> Value<'gc> {
    /// What is known about a function; `None` for any other value.
    pub fn function_info(self) -> Option<FunctionInfo<'gc>> {
        match self {
            Value::Closure(closure) => {
                let proto = closure.proto();
                Some(FunctionInfo {
                    source: (&proto.chunk_name, &proto.source),
                    lines: Some((proto.line_defined, proto.last_line)),
                    params: proto.params,
                    is_vararg: proto.is_vararg,
                    upvalues: proto.upvalues.len(),
                })
            }
            Value::Native(native) => Some(FunctionInfo {
                source: ("=[C]", "[C]"),
                lines: None,
                params: 0,
                is_vararg: true,
                upvalues: native.upvalue_count(),
            }),
            _ => None,
        }
    }
}

impl Closure<'_> {
    /// The lines that have code, in no order and not each but once.
    pub fn active_lines(self) -> impl Iterator<Item = u32> {
        let proto = self.proto();
        // Every function ends with a return on its last line, even where the code leaves before it.
        proto.lines.iter().copied().chain((proto.last_line > 0).then_some(proto.last_line))
    }

    /// The name of the parameter at `index`, counted from 0.
    pub fn parameter_name(self, index: usize) -> Option<String> {
        let proto = self.proto();
        let name = |reg: u8| proto.locals.iter().find(|local| local.reg.0 == reg).map(|local| local.name.to_string());
        u8::try_from(index).ok().filter(|index| *index < proto.params).and_then(name)
    }
}

impl<'gc> Call<'_, 'gc> {
    /// What is known about a level of the call stack of `thread`, or of the coroutine that runs.
    pub fn level(&self, thread: Option<Thread<'gc>>, level: i64) -> Option<LevelInfo<'gc>> {
        let hook = thread.or(self.thread()).and_then(|thread| thread.state().hook);
        self.look(thread, |levels, _| {
            let level = levels.get(level)?;
            let transfer = hook.filter(|_| levels.is_hooked(level)).map_or((0, 0), |hook| hook.transfer());
            Some(LevelInfo {
                function: levels.function(level),
                name: levels.name(level).map(|Name { kind, name }| (kind, name)),
                line: levels.line(level),
                is_tail_called: levels.is_tail_called(level),
                transfer,
            })
        })
    }

    /// The number of frames in the call stack of `thread`, or of the coroutine that runs.
    pub fn depth(&self, thread: Option<Thread<'gc>>) -> i64 {
        self.look(thread, |levels, _| i64::try_from(levels.frames.len()).unwrap_or(i64::MAX))
    }

    /// The call stack of `thread`, or of the coroutine that runs, as text, from level `first` on.
    pub fn traceback_of(&self, thread: Option<Thread<'gc>>, first: usize) -> String {
        self.look(thread, |levels, _| levels.traceback(self.ctx, first))
    }

    /// The name and the value of a local variable: numbers from 1 on count variables, then other values in the
    /// frame; those from -1 down count extra arguments. `None` if there is no such level; the inner `None` if there
    /// is no such variable.
    pub fn local(&self, thread: Option<Thread<'gc>>, level: i64, number: i64) -> Option<Option<(String, Value<'gc>)>> {
        self.look(thread, |levels, stack| {
            let found = self.place(levels, (level, number), stack.len())?;
            Some(found.map(|place| (place.name, contents(stack.get(place.at).copied().unwrap_or_default()))))
        })
    }

    /// Sets a local variable, counted as [`Call::local`] does it. Returns its name.
    pub fn set_local(
        &mut self,
        thread: Option<Thread<'gc>>,
        (level, number): (i64, i64),
        value: Value<'gc>,
    ) -> Option<Option<String>> {
        let (found, is_resting) =
            self.look(thread, |levels, stack| (self.place(levels, (level, number), stack.len()), levels.is_at_rest));
        let Some(Place { name, at }) = found? else { return Some(None) };
        let ctx = self.ctx;
        match thread.filter(|_| is_resting) {
            Some(thread) => put(ctx, &mut thread.state_mut(ctx).values, at, value),
            None => put(ctx, self.stack, at, value),
        }
        Some(Some(name))
    }

    /// Looks at the levels of a coroutine, and at its values: the values of one that runs or waits lie on the stack,
    /// and end where those of the next function begin.
    fn look<R>(&self, thread: Option<Thread<'gc>>, look: impl FnOnce(Levels<'_, 'gc>, &[Value<'gc>]) -> R) -> R {
        let active = &self.control.active;
        let index = thread.and_then(|thread| active.iter().position(|active| active.thread.same(thread)));
        match (thread, index) {
            (Some(thread), None) => {
                let state = thread.state();
                look(state.levels(), &state.values)
            }
            (Some(_), Some(index)) if index + 1 < active.len() => {
                let end = active.get(index + 1).map_or(0, |active| active.stack);
                look(self.control.levels_of_waiting(index), self.stack.get(..end).unwrap_or_default())
            }
            _ => {
                let end = self.base + if self.callee.is_some() { self.count } else { 0 };
                look(self.control.levels(self.callee), self.stack.get(..end).unwrap_or_default())
            }
        }
    }

    /// Where a local variable is, among values that end at `end`.
    fn place(&self, levels: Levels<'_, 'gc>, (level, number): (i64, i64), end: usize) -> Option<Option<Place>> {
        let level = levels.get(level)?;
        Some(self.place_at(levels, level, number, end))
    }

    fn place_at(&self, levels: Levels<'_, 'gc>, level: Level, number: i64, end: usize) -> Option<Place> {
        let is_native_on_top = levels.running.is_some() && !levels.is_at_rest;
        let above = match level {
            Level::Running if !is_native_on_top => return None,
            Level::Running => return nth_value("(C temporary)", self.base, end, number),
            Level::Frame(at) => at + 1,
        };
        let end = match levels.frames.get(above) {
            Some(frame) => function_position(levels, above, frame).min(end),
            None if is_native_on_top => self.base.saturating_sub(1),
            None => end,
        };
        let frame = levels.frames.get(above - 1)?;
        let base = levels.base(frame);
        let Some(closure) = frame.closure else { return nth_value("(C temporary)", base, end, number) };
        let proto = closure.proto();
        if let Ok(back) = usize::try_from(number.checked_neg()?)
            && number < 0
        {
            let extra = frame.extra_count();
            let is_there = proto.is_vararg && back <= extra;
            return is_there.then(|| Place { name: "(vararg)".to_owned(), at: base - extra + back - 1 });
        }
        let at = frame.pc.saturating_sub(1);
        match nth_local(proto, at, number) {
            Some((name, reg)) if base + reg < end => Some(Place { name, at: base + reg }),
            Some(_) => None,
            None => nth_value("(temporary)", base, end, number),
        }
    }
}

/// The name and register of a local variable that is in scope at an instruction, counted from 1.
fn nth_local(proto: &Proto, at: u32, number: i64) -> Option<(String, usize)> {
    let index = usize::try_from(number.checked_sub(1)?).ok()?;
    let local = proto.locals.iter().filter(|local| local.start <= at && at < local.end).nth(index)?;
    Some((local.name.to_string(), usize::from(local.reg.0)))
}

/// A value without a name, counted from 1 at `base`.
fn nth_value(name: &str, base: usize, end: usize, number: i64) -> Option<Place> {
    let at = base.checked_add(usize::try_from(number.checked_sub(1)?).ok()?)?;
    (at < end).then(|| Place { name: name.to_owned(), at })
}

/// Where the function of a frame lies on the stack.
fn function_position(levels: Levels<'_, '_>, at: usize, frame: &Frame<'_>) -> usize {
    let base = levels.base(frame);
    match frame.closure {
        Some(closure) if frame.extra_count() > 0 => {
            base.saturating_sub(frame.extra_count() + usize::from(closure.proto().params) + 1)
        }
        // What the machine does on its own has no function there.
        None if levels.native_at(at).is_none_or(|native| native.callee.is_none()) => base,
        _ => base.saturating_sub(1),
    }
}

/// Stores a value where a variable is, or in the cell that is there.
fn put<'gc>(ctx: Context<'gc>, stack: &mut [Value<'gc>], at: usize, value: Value<'gc>) {
    match stack.get_mut(at) {
        Some(Value::Cell(cell)) => cell.set(ctx.mc(), value),
        Some(slot) => *slot = value,
        None => {}
    }
}
