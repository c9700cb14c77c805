//! The arena's root, and the handle on it that everything takes first.
//!
//! The root itself never changes: what does is behind cells of its own, each a garbage-collected object, so that
//! a change makes the collector look again at no more than that.

use std::cell::Cell;
use std::rc::Rc;
use std::sync::Arc;

use gc_arena::{Collect, DynamicRootSet, Gc, GcWeak, Lock, Mutation, RefLock};
use hashbrown::HashTable;

use super::afterlife::Afterlife;
use super::executor::Machine;
use super::function::Code;
use super::gc::{CollectorOptions, Ledger};
use super::interner::Interner;
use super::meta::EVENTS;
use super::output::{Output, PrintFn};
use super::segment::{Slice, Spares, empty_slice};
use super::short::Joint;
use super::string::LuaString;
use super::table::Table;
use super::value::{Type, Value};
use crate::bytecode::Proto;

/// To copy a string beyond this length is paid for where that is done, in any case.
const PAID_LEN: usize = 1024;

/// What it costs to make a string for which there is no memory left: more than any slice has.
const NO_MEMORY_FUEL: u32 = 1 << 20;

/// The root of an arena: all that is alive is reachable from here.
#[derive(Collect)]
#[collect(no_drop)]
pub struct State<'gc> {
    pub(super) strings: Interner<'gc>,
    #[collect(require_static)]
    pub(super) ledger: Rc<Ledger>,
    /// The slice that all tables share whose own cells are enough.
    pub(super) empty: Slice<'gc>,
    pub(super) spares: Gc<'gc, RefLock<Spares<'gc>>>,
    pub(super) events: Box<[LuaString<'gc>]>,
    pub(super) metatables: Gc<'gc, [Lock<Option<Table<'gc>>>; Type::COUNT]>,
    pub(super) machine: Gc<'gc, RefLock<Machine<'gc>>>,
    pub(super) tables: OnceTables<'gc>,
    pub(super) roots: DynamicRootSet<'gc>,
    /// Where a value read from a weak table lies while it is read; nil between visits.
    pub(super) upgraded: Gc<'gc, Lock<Value<'gc>>>,
    pub(super) afterlife: Gc<'gc, RefLock<Afterlife<'gc>>>,
    serials: Serials<'gc>,
    /// Chunks bound so far: closures of the same chunk share their code and its caches.
    codes: Gc<'gc, RefLock<Vec<GcWeak<'gc, Code<'gc>>>>>,
    #[collect(require_static)]
    output: Rc<Output>,
    /// Fuel for work done where the fuel itself is out of reach; the machine collects it.
    #[collect(require_static)]
    charges: Cell<u32>,
    #[collect(require_static)]
    collection_requested: Cell<bool>,
    /// Whether objects are marked for finalization when they get a metatable with `__gc`.
    #[collect(require_static)]
    has_finalizers: Cell<bool>,
    /// Whether what runs is a finalizer.
    #[collect(require_static)]
    pub(super) is_finalizing: Cell<bool>,
    #[collect(require_static)]
    warns: Cell<bool>,
    #[collect(require_static)]
    collector_options: Cell<CollectorOptions>,
    /// Whether a hook was ever set; until then nobody looks for one.
    #[collect(require_static)]
    has_hooks: Cell<bool>,
}

/// The tables that are there from the beginning.
#[derive(Collect)]
#[collect(no_drop)]
pub(super) struct OnceTables<'gc> {
    globals: Gc<'gc, Lock<Option<Table<'gc>>>>,
    registry: Gc<'gc, Lock<Option<Table<'gc>>>>,
}

/// Numbers of the objects that were ever shown by `tostring`, in place of their addresses. In shards, each an object of its
/// own, so that neither the collector nor a sweep goes through all of them in one go.
#[derive(Collect)]
#[collect(no_drop)]
struct Serials<'gc> {
    shards: Box<[Gc<'gc, RefLock<HashTable<Serial<'gc>>>>]>,
    #[collect(require_static)]
    last: Cell<u64>,
    #[collect(require_static)]
    swept: Cell<usize>,
}

#[derive(Collect)]
#[collect(no_drop)]
struct Serial<'gc> {
    address: usize,
    number: u64,
    object: GcWeak<'gc, ()>,
}

impl<'gc> Serials<'gc> {
    const SHARDS: usize = 64;

    fn new(mc: &Mutation<'gc>) -> Serials<'gc> {
        let shards = (0..Serials::SHARDS).map(|_| Gc::new(mc, RefLock::new(HashTable::new()))).collect();
        Serials { shards, last: Cell::new(0), swept: Cell::new(0) }
    }

    /// The number of the object at an address.
    fn number(&self, mc: &Mutation<'gc>, address: usize, object: Gc<'gc, ()>) -> Option<u64> {
        let hash_of = |address: usize| (address as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        let hash = hash_of(address);
        let mut known = self.shards.get((hash >> 32) as usize % Serials::SHARDS)?.borrow_mut(mc);
        if let Some(known) = known.find(hash, |known| known.address == address) {
            return Some(known.number);
        }
        let number = self.last.get() + 1;
        self.last.set(number);
        let serial = Serial { address, number, object: Gc::downgrade(object) };
        known.insert_unique(hash, serial, |serial| hash_of(serial.address));
        Some(number)
    }

    /// Drops what is kept about dead objects in one shard; successive calls go round all of them.
    fn sweep_one_shard(&self, mc: &Mutation<'gc>) {
        let at = self.swept.get();
        self.swept.set((at + 1) % Serials::SHARDS);
        if let Some(shard) = self.shards.get(at) {
            shard.borrow_mut(mc).retain(|serial| !serial.object.is_dropped());
        }
    }
}

impl<'gc> State<'gc> {
    /// A root without libraries.
    pub fn new(mc: &Mutation<'gc>) -> State<'gc> {
        let ledger = Ledger::new(mc.metrics().clone());
        let strings = Interner::new(mc, Rc::clone(&ledger));
        let events = EVENTS.iter().map(|name| strings.unique_string(mc, name.as_bytes())).collect();
        State {
            strings,
            ledger,
            empty: empty_slice(mc),
            spares: Gc::new(mc, RefLock::default()),
            events,
            metatables: Gc::new(mc, std::array::from_fn(|_| Lock::new(None))),
            machine: Gc::new(mc, RefLock::new(Machine::default())),
            tables: OnceTables { globals: Gc::new(mc, Lock::new(None)), registry: Gc::new(mc, Lock::new(None)) },
            roots: DynamicRootSet::new(mc),
            upgraded: Gc::new(mc, Lock::new(Value::Nil)),
            afterlife: Gc::new(mc, RefLock::new(Afterlife::default())),
            serials: Serials::new(mc),
            codes: Gc::new(mc, RefLock::new(Vec::new())),
            output: Rc::default(),
            charges: Cell::new(0),
            collection_requested: Cell::new(false),
            has_finalizers: Cell::new(false),
            is_finalizing: Cell::new(false),
            warns: Cell::new(false),
            collector_options: Cell::new(CollectorOptions::default()),
            has_hooks: Cell::new(false),
        }
    }
}

/// The arena's root and the right to change what is in it, for the time of one visit.
#[derive(Clone, Copy)]
pub struct Context<'gc> {
    mc: &'gc Mutation<'gc>,
    state: &'gc State<'gc>,
}

impl<'gc> Context<'gc> {
    /// The context of a visit.
    #[inline]
    pub fn new(mc: &'gc Mutation<'gc>, state: &'gc State<'gc>) -> Context<'gc> {
        Context { mc, state }
    }

    /// The right to change things.
    #[inline(always)]
    pub fn mc(self) -> &'gc Mutation<'gc> {
        self.mc
    }

    #[inline(always)]
    pub(super) fn state(self) -> &'gc State<'gc> {
        self.state
    }

    /// The account of memory.
    #[inline]
    pub fn ledger(self) -> &'gc Rc<Ledger> {
        &self.state.ledger
    }

    /// A slice that some table has outgrown, with room for so many cells, if there is one.
    pub(super) fn take_spare(self, wanted: usize) -> Option<Slice<'gc>> {
        self.state.spares.borrow_mut(self.mc).take(wanted)
    }

    /// Keeps a slice that nothing has a use for any more for the next table that grows.
    pub(super) fn give_spare(self, slice: Slice<'gc>) {
        let cells = Gc::write(self.mc, slice);
        (0..slice.len()).for_each(|at| cells[at].unlock().set(Value::Nil));
        self.state.spares.borrow_mut(self.mc).give(slice);
    }

    #[inline(always)]
    pub(super) fn empty(self) -> Slice<'gc> {
        self.state.empty
    }

    /// A string with these bytes.
    #[inline]
    pub fn string(self, bytes: &[u8]) -> LuaString<'gc> {
        if bytes.len() > PAID_LEN {
            self.pay_for_copy(bytes.len());
            self.look_for_memory(bytes.len());
        }
        self.state.strings.string(self.mc, bytes)
    }

    /// A string that takes over these bytes.
    #[inline]
    pub fn string_from(self, bytes: Vec<u8>) -> LuaString<'gc> {
        if bytes.len() > PAID_LEN {
            self.look_for_memory(bytes.len());
        }
        self.state.strings.string_from(self.mc, bytes)
    }

    /// Charges what it takes to copy so many bytes in one go.
    pub(super) fn pay_for_copy(self, len: usize) {
        self.charge(u32::try_from(len / 64).unwrap_or(u32::MAX));
    }

    /// With a string for which there is no memory left the slice is at its end, so that the host can look at what is alive
    /// before there is another.
    #[cold]
    fn look_for_memory(self, len: usize) {
        if self.ledger().check(len).is_err() {
            self.charge(NO_MEMORY_FUEL);
        }
    }

    #[inline]
    pub(super) fn joint(self, joint: &Joint) -> LuaString<'gc> {
        self.state.strings.joint(self.mc, joint)
    }

    /// The unique string with these bytes, if they are few enough for that.
    pub(super) fn unique_string(self, bytes: &[u8]) -> LuaString<'gc> {
        self.state.strings.unique_string(self.mc, bytes)
    }

    /// A key as a table holds it: the unique string, if it is a string that is short enough.
    #[inline]
    pub(super) fn unique_key(self, key: Value<'gc>) -> Value<'gc> {
        match key {
            Value::String(string) => Value::String(self.state.strings.unique(self.mc, string)),
            key => key,
        }
    }

    /// A string as a value.
    #[inline]
    pub fn text(self, text: impl AsRef<[u8]>) -> Value<'gc> {
        Value::String(self.string(text.as_ref()))
    }

    /// The table of globals.
    pub fn globals(self) -> Table<'gc> {
        self.once(self.state.tables.globals)
    }

    /// Makes what scripts share read-only, for good: the globals, the libraries among them, and what strings
    /// inherit. Scripts can then be given environments of their own that fall back on the globals.
    pub fn freeze_globals(self) {
        let globals = self.globals();
        let mut position = 0;
        while let Some((next, _, value)) = globals.next_from(self, position) {
            if let Value::Table(library) = value {
                library.freeze();
            }
            position = next;
        }
        globals.freeze();
        if let Some(strings) = self.type_metatable(Type::String) {
            strings.freeze();
        }
    }

    /// A table for the host's own values, out of scripts' reach.
    pub fn registry(self) -> Table<'gc> {
        self.once(self.state.tables.registry)
    }

    fn once(self, place: Gc<'gc, Lock<Option<Table<'gc>>>>) -> Table<'gc> {
        place.get().unwrap_or_else(|| {
            let table = Table::new(self);
            place.set(self.mc, Some(table));
            table
        })
    }

    /// The handles of values that Rust code outside the arena keeps.
    pub fn roots(self) -> DynamicRootSet<'gc> {
        self.state.roots
    }

    /// The metatable that all values of a type share; tables and userdata have their own instead.
    #[inline]
    pub fn type_metatable(self, kind: Type) -> Option<Table<'gc>> {
        self.state.metatables.as_ref().get(kind as usize).and_then(Lock::get)
    }

    /// Sets the metatable that all values of a type share.
    pub fn set_type_metatable(self, kind: Type, metatable: Option<Table<'gc>>) {
        Gc::write(self.mc, self.state.metatables)[kind as usize].unlock().set(metatable);
    }

    /// Where the program's output goes.
    pub fn output(self) -> &'gc Rc<Output> {
        &self.state.output
    }

    /// Sets where `print` writes: it gets each line without the line feed, and returns what the line costs.
    pub fn set_print(self, print: Box<PrintFn>) {
        self.state.output.set_print(print);
    }

    /// Writes a line as `print` does. A line written from within the function it goes to is lost.
    pub fn print(self, line: &[u8]) {
        self.charge(self.state.output.print(line));
    }

    /// Sets whether warnings are shown. At first they are not.
    pub fn set_warnings(self, are_shown: bool) {
        self.state.warns.set(are_shown);
    }

    /// Writes a line that is a warning, if warnings are shown.
    pub fn warn(self, line: &[u8]) {
        if self.state.warns.get() {
            self.charge(self.state.output.warn(line));
        }
    }

    /// What scripts have set of the collector.
    pub fn collector_options(self) -> CollectorOptions {
        self.state.collector_options.get()
    }

    /// Sets what scripts may set of the collector.
    pub fn set_collector_options(self, options: CollectorOptions) {
        self.ledger().set_pause(options.pause);
        self.state.collector_options.set(options);
    }

    /// Sets whether objects can get finalizers (§2.5.3).
    pub fn set_finalizers(self, may_have: bool) {
        self.state.has_finalizers.set(may_have);
    }

    /// Whether objects can get finalizers.
    pub fn has_finalizers(self) -> bool {
        self.state.has_finalizers.get()
    }

    /// Whether what runs is a finalizer.
    pub fn is_finalizing(self) -> bool {
        self.state.is_finalizing.get()
    }

    /// A number for an object, the same for its whole life, counted in the order of first asking. `None` for
    /// what is no object.
    pub fn serial(self, value: Value<'gc>) -> Option<u64> {
        let (address, object) = match self.unique_key(value) {
            Value::String(object) => (object.address(), object.erased()),
            Value::Table(object) => (object.address(), object.erased()),
            Value::Closure(object) => (object.address(), object.erased()),
            Value::Native(object) => (object.address(), object.erased()),
            Value::UserData(object) => (object.address(), object.erased()),
            Value::Thread(object) => (object.address(), object.erased()),
            Value::Cell(object) => (Gc::as_ptr(object).addr(), Gc::erase(object)),
            _ => return None,
        };
        self.state.serials.number(self.mc, address, object)
    }

    /// The code of a compiled chunk, bound at first use and shared from then on.
    pub(super) fn code_of(self, proto: &Arc<Proto>) -> Gc<'gc, Code<'gc>> {
        let codes = self.state.codes.borrow();
        self.charge(u32::try_from(codes.len() / 2).unwrap_or(u32::MAX));
        let known =
            codes.iter().rev().filter_map(|code| code.upgrade(self.mc)).find(|code| Arc::ptr_eq(&code.proto, proto));
        drop(codes);
        known.unwrap_or_else(|| {
            let code = Code::bind(self, proto);
            self.state.codes.borrow_mut(self.mc).push(Gc::downgrade(code));
            code
        })
    }

    /// Charges fuel for work done where the fuel itself is out of reach.
    #[inline]
    pub fn charge(self, units: u32) {
        self.state.charges.set(self.state.charges.get().saturating_add(units));
    }

    /// The fuel charged by [`Context::charge`] since the last call.
    #[inline]
    pub(super) fn take_charges(self) -> i64 {
        i64::from(self.state.charges.take())
    }

    /// Drops what was charged since the machine last ran: the host's own work, which no script should pay for.
    pub fn forget_charges(self) {
        self.state.charges.set(0);
    }

    /// Asks for a full collection as soon as the machine is out of the arena. A sequence that then pauses goes on
    /// when that is done.
    pub fn request_collection(self) {
        self.state.collection_requested.set(true);
    }

    pub(super) fn is_collection_requested(self) -> bool {
        self.state.collection_requested.get()
    }

    /// Whether a full collection was asked for since the last call.
    pub fn take_collection_request(self) -> bool {
        self.state.collection_requested.take()
    }

    /// Whether a hook was ever set.
    #[inline(always)]
    pub(super) fn has_hooks(self) -> bool {
        self.state.has_hooks.get()
    }

    /// From now on, coroutines may have hooks.
    pub(super) fn note_hook(self) {
        self.state.has_hooks.set(true);
    }

    /// Drops what is kept about strings that have died, but for the part that [`Context::sweep`] drops next.
    pub fn sweep_strings(self) {
        self.state.strings.sweep_other_shards(self.mc);
        self.state.spares.borrow_mut(self.mc).clear();
    }

    /// Drops what is kept about objects that have died, a part at a time.
    pub fn sweep(self) {
        if self.state.strings.sweep_one_shard(self.mc) {
            self.state.spares.borrow_mut(self.mc).clear();
        }
        self.state.codes.borrow_mut(self.mc).retain(|code| !code.is_dropped());
        self.state.serials.sweep_one_shard(self.mc);
    }
}

impl std::fmt::Debug for Context<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Context")
    }
}

impl std::fmt::Debug for State<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("State").finish_non_exhaustive()
    }
}
