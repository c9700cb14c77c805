//! Functions: Lua closures and natives, and a `Proto` bound into the arena.
//!
//! There are no open upvalues. The compiler knows every variable that a closure captures: one that is never
//! assigned after its declaration is captured by value, any other lives in a cell of its own
//! ([`CellRef`](super::value::CellRef)) from its declaration on, and closures share the cell. So nothing ever points into the
//! register stack.

use std::any::Any;
use std::cell::Cell;
use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::Arc;

use gc_arena::{Collect, Gc, Lock};

use super::context::Context;
use super::error::Raised;
use super::gc::Charge;
use super::sequence::{Action, Call};
use super::string::LuaString;
use super::userdata::UserData;
use super::value::Value;
use crate::bytecode::{CHECKPOINT_EVERY, Constant, Op, Proto, Reg};

/// A Lua function: code and what it captured.
#[derive(Clone, Copy, Collect)]
#[collect(no_drop)]
pub struct Closure<'gc>(pub(super) Gc<'gc, ClosureBody<'gc>>);

/// The upvalues come first: where they lie is then the closure itself, which the loop has at hand in any case.
#[derive(Collect)]
#[collect(no_drop)]
#[repr(C)]
pub(super) struct ClosureBody<'gc> {
    /// The first upvalues. Always the same number, so that to read one takes no look at how many there are.
    pub(super) first: [Lock<Value<'gc>>; INLINE_UPVALUES],
    pub(super) code: Gc<'gc, Code<'gc>>,
    pub(super) more: Option<Box<MoreUpvalues<'gc>>>,
}

/// How many upvalues are kept within the closure's object.
pub(super) const INLINE_UPVALUES: usize = 4;

/// Upvalues outside the closure's object.
#[derive(Collect)]
#[collect(no_drop)]
pub(super) struct MoreUpvalues<'gc> {
    pub(super) cells: Box<[Lock<Value<'gc>>]>,
    #[collect(require_static)]
    _charge: Charge,
}

/// A compiled function bound into an arena: its constants as values, its children bound, its caches.
#[derive(Collect)]
#[collect(no_drop)]
pub(super) struct Code<'gc> {
    #[collect(require_static)]
    pub(super) proto: Arc<Proto>,
    /// The instructions, where the loop finds them without a detour.
    #[collect(require_static)]
    pub(super) ops: Box<[Op]>,
    pub(super) params: u8,
    pub(super) max_stack: u8,
    pub(super) is_vararg: bool,
    /// With so many arguments or more, a call has nothing to lay out: the parameters, but for a vararg function more
    /// than there can be.
    pub(super) least: u32,
    /// The fuel that a call costs: the length of the code, which a checkpoint bounds.
    pub(super) cost: u16,
    pub(super) constants: Box<[Value<'gc>]>,
    pub(super) children: Box<[Gc<'gc, Code<'gc>>]>,
    #[collect(require_static)]
    pub(super) caches: Box<[CacheSlot]>,
    #[collect(require_static)]
    _charge: Charge,
    /// For the chunk's name, which lives as long as the last of its functions.
    #[collect(require_static)]
    _name_charge: Rc<Charge>,
}

/// What an instruction remembers from its last run: positions in tables, never trusted without a look.
#[derive(Clone)]
pub(super) struct CacheSlot {
    /// The position of the field in the table that had it.
    pub(super) field: Cell<u32>,
    /// The position of `__index` in that table's metatable.
    pub(super) meta: Cell<u32>,
}

impl CacheSlot {
    /// A slot that remembers nothing.
    pub(super) const fn new() -> CacheSlot {
        CacheSlot { field: Cell::new(0), meta: Cell::new(0) }
    }
}

impl<'gc> Code<'gc> {
    /// Binds a function and all it contains.
    pub(super) fn bind(ctx: Context<'gc>, proto: &Arc<Proto>) -> Gc<'gc, Code<'gc>> {
        let name_charge = Rc::new(Charge::new(ctx.ledger(), proto.chunk_name.len()));
        Code::bind_nested(ctx, proto, &mut Shared { long: BTreeMap::new(), found: BTreeMap::new(), name_charge })
    }

    /// Binds a function and all it contains; nesting is bounded by the parser.
    fn bind_nested<'p>(ctx: Context<'gc>, proto: &'p Arc<Proto>, shared: &mut Shared<'p, 'gc>) -> Gc<'gc, Code<'gc>> {
        let constants = proto.constants.iter().map(|constant| shared.constant(ctx, constant)).collect();
        let children = proto.children.iter().map(|child| Code::bind_nested(ctx, child, shared)).collect();
        let caches = vec![CacheSlot::new(); usize::from(proto.caches) + 1].into_boxed_slice();
        #[expect(clippy::cast_possible_truncation, reason = "`CHECKPOINT_EVERY` fits")]
        let cost = proto.code.len().min(CHECKPOINT_EVERY) as u16;
        Gc::new(
            ctx.mc(),
            Code {
                proto: Arc::clone(proto),
                ops: proto.code.clone(),
                params: proto.params,
                max_stack: proto.max_stack,
                is_vararg: proto.is_vararg,
                least: if proto.is_vararg { u32::MAX } else { proto.params.into() },
                cost,
                constants,
                children,
                caches,
                _charge: Charge::new(ctx.ledger(), bytes_of(proto)),
                _name_charge: Rc::clone(&shared.name_charge),
            },
        )
    }

    #[inline(always)]
    pub(super) fn op(&self, pc: usize) -> Option<Op> {
        self.ops.get(pc).copied()
    }

    #[inline(always)]
    pub(super) fn cache_slot(&self, slot: u16) -> &CacheSlot {
        // There is always one slot more than the function counts, for those who share.
        &self.caches[usize::from(slot).min(self.caches.len() - 1)]
    }
}

/// About the bytes that a function takes, bound and unbound, without those nested in it and without the name of its
/// chunk. The strings among its constants are entered where they are made.
pub(super) fn bytes_of(proto: &Proto) -> usize {
    let code = proto.code.len() * (2 * size_of::<Op>() + size_of::<u32>());
    let constants = proto.constants.len() * (size_of::<Constant>() + size_of::<Value<'_>>());
    let names = size_of_val(&*proto.locals) + size_of_val(&*proto.upvalues);
    let caches = usize::from(proto.caches) * size_of::<CacheSlot>();
    size_of::<Proto>() + code + constants + names + caches
}

/// What all functions of a chunk share.
struct Shared<'p, 'gc> {
    /// The strings that are too long to be unique, and where their bytes were found: the same constant may be in many
    /// functions, too often for its bytes to be compared each time.
    long: BTreeMap<&'p [u8], Value<'gc>>,
    found: BTreeMap<usize, Value<'gc>>,
    name_charge: Rc<Charge>,
}

impl<'p, 'gc> Shared<'p, 'gc> {
    fn constant(&mut self, ctx: Context<'gc>, constant: &'p Constant) -> Value<'gc> {
        match constant {
            Constant::Nil => Value::Nil,
            Constant::Boolean(b) => Value::Boolean(*b),
            Constant::Integer(i) => Value::Integer(*i),
            Constant::Float(x) => Value::Float(*x),
            Constant::String(s) => self.string(ctx, s),
        }
    }

    fn string(&mut self, ctx: Context<'gc>, bytes: &'p [u8]) -> Value<'gc> {
        let place = bytes.as_ptr().addr();
        if let Some(known) = self.found.get(&place) {
            return *known;
        }
        if let Some(known) = self.long.get(bytes) {
            self.found.insert(place, *known);
            return *known;
        }
        let string = ctx.unique_string(bytes);
        if string.is_long() {
            self.long.insert(bytes, Value::String(string));
            self.found.insert(place, Value::String(string));
        }
        Value::String(string)
    }
}

impl<'gc> Closure<'gc> {
    /// A chunk as a function, with `environment` as its `_ENV`.
    pub fn load(ctx: Context<'gc>, proto: &Arc<Proto>, environment: Value<'gc>) -> Closure<'gc> {
        let upvalues = vec![environment; proto.upvalues.len()];
        Closure::new(ctx, ctx.code_of(proto), upvalues.into_iter())
    }

    /// As [`Closure::load`], for a chunk that is not known yet and will not be loaded again.
    pub fn load_new(ctx: Context<'gc>, proto: &Arc<Proto>, environment: Value<'gc>) -> Closure<'gc> {
        let upvalues = vec![environment; proto.upvalues.len()];
        Closure::new(ctx, Code::bind(ctx, proto), upvalues.into_iter())
    }

    #[inline]
    pub(super) fn new(
        ctx: Context<'gc>,
        code: Gc<'gc, Code<'gc>>,
        mut upvalues: impl ExactSizeIterator<Item = Value<'gc>>,
    ) -> Closure<'gc> {
        let first = std::array::from_fn(|_| Lock::new(upvalues.next().unwrap_or_default()));
        let more = (upvalues.len() > 0).then(|| {
            let charge = Charge::new(ctx.ledger(), upvalues.len() * size_of::<Value<'_>>());
            Box::new(MoreUpvalues { cells: upvalues.map(Lock::new).collect(), _charge: charge })
        });
        Closure(Gc::new(ctx.mc(), ClosureBody { code, first, more }))
    }

    /// Whether both are one function.
    #[inline]
    pub fn same(self, other: Closure<'gc>) -> bool {
        Gc::ptr_eq(self.0, other.0)
    }

    pub(super) fn address(self) -> usize {
        Gc::as_ptr(self.0).addr()
    }

    pub(super) fn erased(self) -> Gc<'gc, ()> {
        Gc::erase(self.0)
    }

    /// The compiled function.
    pub fn proto(self) -> &'gc Arc<Proto> {
        &self.0.as_ref().code.as_ref().proto
    }

    #[inline(always)]
    pub(super) fn code(self) -> &'gc Code<'gc> {
        self.0.as_ref().code.as_ref()
    }

    /// What is held for the upvalue at `index`: its value or its cell; nil where there is none.
    #[inline(always)]
    pub(super) fn held(self, index: usize) -> Value<'gc> {
        match self.0.as_ref().first.get(index) {
            Some(upvalue) => upvalue.get(),
            None => self.held_outside(index),
        }
    }

    fn held_outside(self, index: usize) -> Value<'gc> {
        let more = self.0.as_ref().more.as_ref().and_then(|more| more.cells.get(index - INLINE_UPVALUES));
        more.map_or(Value::Nil, Lock::get)
    }
}

/// What a native function runs.
pub type NativeFn = dyn for<'a, 'gc> Fn(&mut Call<'a, 'gc>) -> Result<Action<'gc>, Raised<'gc>>;

/// How a native function that is a metamethod may answer without being called: whether it has, and put the answer where
/// it is to go. One that returned it would have it moved, which waits for the parts that were stored an instant ago.
type GlanceFn = dyn for<'a, 'gc> Fn(Glance<'a, 'gc>, &mut Value<'gc>) -> bool;

/// What the answer of a metamethod that is not called has to go by; see [`Native::with_glance`].
pub struct Glance<'a, 'gc> {
    /// The context of the visit.
    pub ctx: Context<'gc>,
    /// What the host passed to the step.
    pub host: &'a mut dyn Any,
    /// The userdata whose field is meant.
    pub object: UserData<'gc>,
    /// The field's name.
    pub key: LuaString<'gc>,
    /// What is to be written; nil where the field is read.
    pub value: &'a Value<'gc>,
    /// A number that this instruction of the script keeps, for what it found the last time: where to look first. It may
    /// be anybody's, about anything.
    pub memo: &'a Cell<u32>,
    pub(super) callee: Native<'gc>,
    pub(super) ahead: Option<&'a Ahead<'gc>>,
}

/// Where the script goes on that has asked for a field.
pub(super) struct Ahead<'gc> {
    pub(super) code: &'gc Code<'gc>,
    /// The next instruction.
    pub(super) next: Cell<usize>,
    /// The register that the field's value is for.
    pub(super) to: Reg,
}

impl<'gc> Glance<'_, 'gc> {
    /// Goes on to a field of the value that is asked for, if the script reads that at once and does nothing else with the
    /// value: `key` and `memo` are then this field's, and so is what the glance returns. Whether there is one.
    #[inline]
    pub fn advance(&mut self) -> bool {
        let Some(ahead) = self.ahead else { return false };
        let next = ahead.next.get();
        let Some(Op::GetField { a, b, key, cache }) = ahead.code.op(next) else { return false };
        let Some(&Value::String(key)) = ahead.code.constants.get(usize::from(key.0)) else { return false };
        if a != ahead.to || b != ahead.to {
            return false;
        }
        ahead.next.set(next + 1);
        (self.key, self.memo) = (key, &ahead.code.cache_slot(cache.0).field);
        true
    }

    /// The value that the native function keeps at `index`, or nil.
    #[inline]
    pub fn upvalue(&self, index: usize) -> Value<'gc> {
        self.callee.upvalue(index)
    }
}

/// A function written in Rust, with values it keeps.
#[derive(Clone, Copy, Collect)]
#[collect(no_drop)]
pub struct Native<'gc>(pub(super) Gc<'gc, NativeBody<'gc>>);

#[derive(Collect)]
#[collect(no_drop)]
pub(super) struct NativeBody<'gc> {
    name: LuaString<'gc>,
    #[collect(require_static)]
    run: Box<NativeFn>,
    #[collect(require_static)]
    glance: Option<Box<GlanceFn>>,
    kind: Intrinsic,
    upvalues: Box<[Lock<Value<'gc>>]>,
}

/// Natives that the machine recognises and runs itself where it can.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Collect)]
#[collect(require_static)]
pub enum Intrinsic {
    /// None of these.
    None,
    /// `next`
    Next,
    /// The iterator that `ipairs` returns.
    IpairsStep,
    /// `coroutine.resume`
    Resume,
    /// What `coroutine.wrap` returns, which keeps the coroutine as its first value.
    ResumeWrapped,
    /// `coroutine.yield`
    Yield,
    /// `pcall`
    Pcall,
}

impl Intrinsic {
    /// Whether it iterates over tables.
    #[inline(always)]
    pub(super) const fn iterates(self) -> bool {
        matches!(self, Intrinsic::Next | Intrinsic::IpairsStep)
    }

    /// Whether it goes on in another function or coroutine.
    #[inline(always)]
    pub(super) const fn switches(self) -> bool {
        matches!(self, Intrinsic::Resume | Intrinsic::ResumeWrapped | Intrinsic::Yield | Intrinsic::Pcall)
    }
}

/// What a native function runs, and what answers for it.
type Functions = (Box<NativeFn>, Option<Box<GlanceFn>>);

impl<'gc> Native<'gc> {
    /// A native function; `name` is what tracebacks and saved games call it.
    pub fn new<F>(ctx: Context<'gc>, name: &str, run: F) -> Native<'gc>
    where
        F: 'static + for<'a, 'b> Fn(&mut Call<'a, 'b>) -> Result<Action<'b>, Raised<'b>>,
    {
        Native::build(ctx, ctx.string(name.as_bytes()), (Box::new(run), None), Intrinsic::None, &[])
    }

    /// A native function with values it keeps, which it reads by [`Call::upvalue`].
    pub fn with_upvalues<F>(ctx: Context<'gc>, name: &str, upvalues: &[Value<'gc>], run: F) -> Native<'gc>
    where
        F: 'static + for<'a, 'b> Fn(&mut Call<'a, 'b>) -> Result<Action<'b>, Raised<'b>>,
    {
        Native::build(ctx, ctx.string(name.as_bytes()), (Box::new(run), None), Intrinsic::None, upvalues)
    }

    /// A native function that is a metamethod, `__index` or `__newindex` of userdata. Where a script names the field,
    /// `glance` is asked first: what it returns is the answer, and the function is called only if that is `None`. So it
    /// must do what the function would do, fail in nothing and take no more time than a few instructions of Lua, since
    /// neither a frame nor fuel is spent on it. What it returns for a field that is written is not used.
    pub fn with_glance<F, G>(ctx: Context<'gc>, name: &str, upvalues: &[Value<'gc>], run: F, glance: G) -> Native<'gc>
    where
        F: 'static + for<'a, 'b> Fn(&mut Call<'a, 'b>) -> Result<Action<'b>, Raised<'b>>,
        G: 'static + for<'a, 'b> Fn(Glance<'a, 'b>) -> Option<Value<'b>>,
    {
        let glance: Box<GlanceFn> = Box::new(move |look, answer| match glance(look) {
            Some(value) => {
                *answer = value;
                true
            }
            None => false,
        });
        let functions: Functions = (Box::new(run), Some(glance));
        Native::build(ctx, ctx.string(name.as_bytes()), functions, Intrinsic::None, upvalues)
    }

    /// A native function that the machine knows.
    pub fn intrinsic<F>(ctx: Context<'gc>, name: &str, kind: Intrinsic, upvalues: &[Value<'gc>], run: F) -> Native<'gc>
    where
        F: 'static + for<'a, 'b> Fn(&mut Call<'a, 'b>) -> Result<Action<'b>, Raised<'b>>,
    {
        Native::build(ctx, ctx.string(name.as_bytes()), (Box::new(run), None), kind, upvalues)
    }

    /// A native function that the machine knows, with a name that is a string already: for those that scripts make.
    pub fn intrinsic_named<F>(
        ctx: Context<'gc>,
        name: LuaString<'gc>,
        kind: Intrinsic,
        upvalues: &[Value<'gc>],
        run: F,
    ) -> Native<'gc>
    where
        F: 'static + for<'a, 'b> Fn(&mut Call<'a, 'b>) -> Result<Action<'b>, Raised<'b>>,
    {
        Native::build(ctx, name, (Box::new(run), None), kind, upvalues)
    }

    fn build(
        ctx: Context<'gc>,
        name: LuaString<'gc>,
        (run, glance): Functions,
        kind: Intrinsic,
        upvalues: &[Value<'gc>],
    ) -> Native<'gc> {
        let upvalues = upvalues.iter().copied().map(Lock::new).collect();
        Native(Gc::new(ctx.mc(), NativeBody { name, run, glance, kind, upvalues }))
    }

    /// The name it was made with.
    pub fn name(self) -> LuaString<'gc> {
        self.0.as_ref().name
    }

    /// Whether both are one function.
    #[inline]
    pub fn same(self, other: Native<'gc>) -> bool {
        Gc::ptr_eq(self.0, other.0)
    }

    pub(super) fn address(self) -> usize {
        Gc::as_ptr(self.0).addr()
    }

    pub(super) fn erased(self) -> Gc<'gc, ()> {
        Gc::erase(self.0)
    }

    #[inline(always)]
    pub(super) fn kind(self) -> Intrinsic {
        self.0.as_ref().kind
    }

    #[inline(always)]
    pub(super) fn run(self, call: &mut Call<'_, 'gc>) -> Result<Action<'gc>, Raised<'gc>> {
        (self.0.as_ref().run)(call)
    }

    /// How it may answer without being called.
    #[inline]
    pub(super) fn glance(self) -> Option<&'gc GlanceFn> {
        self.0.as_ref().glance.as_deref()
    }

    /// How many values it keeps.
    pub fn upvalue_count(self) -> usize {
        self.0.as_ref().upvalues.len()
    }

    /// The value it keeps at `index`, or nil.
    pub fn upvalue(self, index: usize) -> Value<'gc> {
        self.0.as_ref().upvalues.get(index).map_or(Value::Nil, Lock::get)
    }

    /// Sets the value it keeps at `index`, if there is such a place.
    pub fn set_upvalue(self, ctx: Context<'gc>, index: usize, value: Value<'gc>) {
        if index < self.0.as_ref().upvalues.len() {
            gc_arena::barrier::field!(Gc::write(ctx.mc(), self.0), NativeBody, upvalues).as_deref()[index]
                .unlock()
                .set(value);
        }
    }
}

impl std::fmt::Debug for Glance<'_, '_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Glance").field("key", &self.key).field("value", &self.value).finish_non_exhaustive()
    }
}

impl std::fmt::Debug for Closure<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("function")
    }
}

impl std::fmt::Debug for Native<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("function")
    }
}
