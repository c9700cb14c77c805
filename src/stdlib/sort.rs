//! `table.sort`.
//!
//! The elements are copied out, merged in runs of doubling length, and written back at the end. So the work is
//! `n log n` whatever the comparison says, a comparison function may yield, fail or contradict itself without
//! harm, and after an error the table is as it was. A comparison function that looks at the table sees the
//! old order. Both copies are entered in the ledger.
//!
//! A merge sort cannot notice by itself that an order is none. So the first comparison that says "less" is
//! asked the other way round too; if the first few such all say "less" both ways, the function is refused.

use super::inquiry::{Ask, Inquiry, ask, inquire, length_from, without_position};
use super::table::check_like_table;
use crate::api::{Action, Call, Charge, Collect, Event, Fault, Meta, Raised, Value};

/// The most comparisons or moves between two looks at the fuel.
const CHUNK: usize = 1000;

/// Strings of at least this length are compared by the machine, which does it in turns where they are long.
const COMPARED_MAX: usize = 1 << 16;

/// How often an order has to contradict itself at the start to be refused.
const STRIKES_MAX: u8 = 3;

/// Runs of at least this length are first looked at whether they are in order already.
const LOOKED_AT_MIN: usize = 8;

/// `table.sort`
pub(super) fn sort<'gc>(call: &mut Call<'_, 'gc>) -> Result<Action<'gc>, Raised<'gc>> {
    let object = check_like_table(call, 0, &[Event::Index, Event::NewIndex, Event::Len])?;
    if let Value::Table(table) = object
        && table.metatable().is_none()
        && table.len() < 2
    {
        return call.ret0();
    }
    let comparator = if call.arg(1).is_nil() { Value::Nil } else { call.check_function(1)? };
    let charge = Charge::new(call.ctx.ledger(), 0);
    inquire(
        call,
        Sort {
            object,
            comparator,
            count: 0,
            stage: Stage::Begin,
            trust: Trust::default(),
            merge: Merge::default(),
            charge,
        },
    )
}

#[derive(Collect)]
#[collect(no_drop)]
struct Sort<'gc> {
    object: Value<'gc>,
    /// The comparison function; nil is `<`.
    comparator: Value<'gc>,
    count: usize,
    stage: Stage,
    trust: Trust,
    merge: Merge<'gc>,
    #[collect(require_static)]
    charge: Charge,
}

#[derive(Clone, Copy, PartialEq, Eq, Collect)]
#[collect(require_static)]
enum Stage {
    Begin,
    Measured,
    /// An element was asked for.
    Reading,
    /// The next pair is to be found.
    Sorting,
    /// The order of the pair was asked for.
    Compared,
    /// The order of the pair was asked for the other way round.
    Doubted,
    /// The element at this place is to be written.
    Writing(usize),
}

/// How far the order is trusted.
#[derive(Clone, Copy, Default, Collect)]
#[collect(require_static)]
struct Trust {
    is_earned: bool,
    strikes: u8,
}

impl<'gc> Inquiry<'gc> for Sort<'gc> {
    const NAME: &'static str = "table.sort";

    fn each_value(&self, see: &mut dyn FnMut(Value<'gc>)) {
        see(self.object);
        see(self.comparator);
        self.merge.items.iter().chain(&self.merge.spare).for_each(|value| see(*value));
    }

    fn next(&mut self, call: &mut Call<'_, 'gc>, answer: Value<'gc>) -> Result<Ask<'gc>, Raised<'gc>> {
        match self.stage {
            Stage::Compared => {
                if answer.is_truthy() && !self.trust.is_earned {
                    self.stage = Stage::Doubted;
                    let (left, right) = self.merge.pair();
                    return self.compare(call, left, right);
                }
                self.merge.decide(answer.is_truthy());
            }
            Stage::Doubted => {
                if answer.is_truthy() {
                    self.trust.strikes += 1;
                    if self.trust.strikes == STRIKES_MAX {
                        return Err(Raised::message("invalid order function for sorting"));
                    }
                } else {
                    self.trust.is_earned = true;
                }
                self.merge.decide(true);
            }
            Stage::Sorting => {}
            Stage::Begin => {
                self.stage = Stage::Measured;
                return ask(call.ctx, call.ctx.length(self.object));
            }
            Stage::Measured => {
                let length = length_from(answer)?;
                match usize::try_from(length) {
                    Ok(count) if length < i64::from(i32::MAX) => self.count = count,
                    Ok(_) => return Err(Raised::argument(0, "array too big")),
                    Err(_) => {}
                }
                self.stage = Stage::Reading;
                return self.read(call, None);
            }
            Stage::Reading => return self.read(call, Some(answer)),
            Stage::Writing(at) => return self.write(call, at),
        }
        self.sort(call)
    }
}

impl<'gc> Sort<'gc> {
    /// Reads elements: a chunk at once where there are no metamethods, else one by one.
    fn read(&mut self, call: &mut Call<'_, 'gc>, answer: Option<Value<'gc>>) -> Result<Ask<'gc>, Raised<'gc>> {
        let items = &mut self.merge.items;
        let end = self.count.min(items.len() + CHUNK);
        reserve(call, items, &self.charge, end)?;
        if let Value::Table(table) = self.object
            && table.metatable().is_none()
        {
            call.charge((end - items.len()) / 4);
            items.extend((items.len()..end).map(|at| table.get_integer(call.ctx, at as i64 + 1)));
            if items.len() < self.count {
                return Ok(Ask::Turn);
            }
        } else {
            items.extend(answer);
            if items.len() < self.count {
                return ask(call.ctx, call.ctx.index(self.object, Value::Integer(items.len() as i64 + 1)));
            }
        }
        reserve(call, &mut self.merge.spare, &self.charge, self.count)?;
        self.merge.begin();
        self.stage = Stage::Sorting;
        Ok(Ask::Turn)
    }

    /// Merges until a question has to be asked, or the chunk is done.
    fn sort(&mut self, call: &mut Call<'_, 'gc>) -> Result<Ask<'gc>, Raised<'gc>> {
        let ctx = call.ctx;
        let mut work = 0;
        while work < CHUNK {
            let (left, right) = match self.merge.advance() {
                Advance::Compare(left, right) => (left, right),
                Advance::Moved(count) => {
                    work += count;
                    continue;
                }
                Advance::Done => {
                    self.stage = Stage::Writing(0);
                    return Ok(Ask::Turn);
                }
            };
            if !self.comparator.is_nil() {
                call.charge(work / 4);
                self.stage = Stage::Compared;
                return self.compare(call, right, left);
            }
            let is_less = match (right, left) {
                (Value::Integer(right), Value::Integer(left)) => right < left,
                (Value::Float(right), Value::Float(left)) => right < left,
                (Value::String(right), Value::String(left)) if right.len().min(left.len()) < COMPARED_MAX => {
                    // Strings may have long common beginnings.
                    work += right.len().min(left.len()) / 64;
                    right.as_bytes() < left.as_bytes()
                }
                _ => match ctx.less_than(right, left).map_err(|error| without_position(ctx, error))? {
                    Meta::Value(answer) => answer.is_truthy(),
                    question => {
                        self.stage = Stage::Compared;
                        return Ok(Ask::Answer(question));
                    }
                },
            };
            self.merge.decide(is_less);
            work += 1;
        }
        call.charge(work);
        self.stage = Stage::Sorting;
        Ok(Ask::Turn)
    }

    /// Asks whether `a` comes before `b`.
    #[inline]
    fn compare(&self, call: &mut Call<'_, 'gc>, a: Value<'gc>, b: Value<'gc>) -> Result<Ask<'gc>, Raised<'gc>> {
        match self.comparator {
            Value::Nil => ask(call.ctx, call.ctx.less_than(a, b)),
            function => {
                call.leave(&[function, a, b]);
                Ok(Ask::Call)
            }
        }
    }

    /// Writes elements back: a chunk at once where there are no metamethods, else one by one.
    fn write(&mut self, call: &mut Call<'_, 'gc>, at: usize) -> Result<Ask<'gc>, Raised<'gc>> {
        let items = &self.merge.items;
        if at >= items.len() {
            call.leave(&[]);
            return Ok(Ask::Done);
        }
        if let Value::Table(table) = self.object
            && table.metatable().is_none()
        {
            let end = items.len().min(at + CHUNK);
            call.charge((end - at) / 4);
            for (key, item) in (at as i64 + 1..).zip(items.get(at..end).unwrap_or_default()) {
                if !table.try_set_integer(call.ctx, key, item) {
                    table.set_integer(call.ctx, key, *item)?;
                }
            }
            self.stage = Stage::Writing(end);
            return Ok(Ask::Turn);
        }
        let item = items.get(at).copied().unwrap_or_default();
        self.stage = Stage::Writing(at + 1);
        ask(call.ctx, call.ctx.set_index(self.object, Value::Integer(at as i64 + 1), item))
    }
}

/// Makes room for `count` values in all, if the memory limit allows it.
fn reserve<'gc>(
    call: &Call<'_, 'gc>,
    values: &mut Vec<Value<'gc>>,
    charge: &Charge,
    count: usize,
) -> Result<(), Raised<'gc>> {
    let before = values.capacity();
    if count <= before {
        return Ok(());
    }
    let room = count.max(2 * before);
    let bytes = (room - before).saturating_mul(size_of::<Value<'_>>());
    call.ctx.ledger().check(bytes)?;
    values.try_reserve_exact(room - values.len()).map_err(|_| Raised::fault(Fault::OutOfMemory))?;
    charge.add(bytes);
    Ok(())
}

// -- merging ---------------------------------------------------------------------------------------------

/// Merging of neighbouring runs from `items` to `spare`, which then change places.
#[derive(Collect, Default)]
#[collect(no_drop)]
struct Merge<'gc> {
    items: Vec<Value<'gc>>,
    /// What this pass has merged.
    spare: Vec<Value<'gc>>,
    /// The length of the runs.
    width: usize,
    /// The next element of the left run, and the run's end, where the right run began.
    left: usize,
    middle: usize,
    /// The next element of the right run, and the run's end.
    right: usize,
    end: usize,
    /// Whether the pair is the last of the left run and the first of the right one.
    is_look: bool,
}

/// What a merge needs.
enum Advance<'gc> {
    /// To know whether the second comes before the first.
    Compare(Value<'gc>, Value<'gc>),
    /// Nothing: it moved so many elements, or began something new.
    Moved(usize),
    /// Nothing more: the items are sorted.
    Done,
}

impl<'gc> Merge<'gc> {
    fn begin(&mut self) {
        self.width = 1;
        self.begin_runs(0);
    }

    /// Turns to the two runs from `start` on.
    fn begin_runs(&mut self, start: usize) {
        let count = self.items.len();
        self.left = start;
        self.middle = count.min(start.saturating_add(self.width));
        self.right = self.middle;
        self.end = count.min(self.middle.saturating_add(self.width));
        self.is_look = self.width >= LOOKED_AT_MIN && self.right < self.end;
    }

    fn item(&self, at: usize) -> Value<'gc> {
        self.items.get(at).copied().unwrap_or_default()
    }

    /// The pair that is compared.
    fn pair(&self) -> (Value<'gc>, Value<'gc>) {
        let left = if self.is_look { self.middle - 1 } else { self.left };
        (self.item(left), self.item(self.right))
    }

    fn advance(&mut self) -> Advance<'gc> {
        if self.left < self.middle && self.right < self.end {
            let (left, right) = self.pair();
            return Advance::Compare(left, right);
        }
        if self.left < self.middle {
            let end = self.middle.min(self.left + CHUNK);
            return Advance::Moved(self.take(self.left, end, true));
        }
        if self.right < self.end {
            let end = self.end.min(self.right + CHUNK);
            return Advance::Moved(self.take(self.right, end, false));
        }
        if self.end < self.items.len() {
            self.begin_runs(self.end);
            return Advance::Moved(1);
        }
        std::mem::swap(&mut self.items, &mut self.spare);
        self.spare.clear();
        self.width = self.width.saturating_mul(2);
        if self.width >= self.items.len() {
            return Advance::Done;
        }
        self.begin_runs(0);
        Advance::Moved(1)
    }

    /// Takes the elements from `start` to `end` of a run.
    fn take(&mut self, start: usize, end: usize, is_left: bool) -> usize {
        self.spare.extend_from_slice(self.items.get(start..end).unwrap_or_default());
        *(if is_left { &mut self.left } else { &mut self.right }) = end;
        end - start
    }

    /// Takes the element that comes first.
    fn decide(&mut self, is_right_first: bool) {
        if self.is_look {
            self.is_look = false;
            if !is_right_first {
                // The runs are in order: they are one, and are taken as they are.
                self.middle = self.end;
                self.right = self.end;
            }
            return;
        }
        let at = if is_right_first { &mut self.right } else { &mut self.left };
        let item = self.items.get(*at).copied().unwrap_or_default();
        *at += 1;
        self.spare.push(item);
    }
}
