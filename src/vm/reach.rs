//! How much of the memory is reachable from a value.
//!
//! The collector finds what is alive and not whose it is. This is a walk over the same references, which counts by the
//! ledger's measure, and each object once: for whom it is found first. So who is asked about first should be what all
//! share. After a full collection the sum over all roots is about what is in use.
//!
//! What a native function keeps while it waits is found as far as its sequence shows it ([`Sequence::each_value`]).
//!
//! [`Sequence::each_value`]: super::sequence::Sequence::each_value

use gc_arena::Gc;
use hashbrown::HashTable;

use super::afterlife::mode_of;
use super::context::Context;
use super::function::{Closure, Code, INLINE_UPVALUES, bytes_of};
use super::gc::OBJECT_BYTES;
use super::table::Table;
use super::thread::Thread;
use super::value::Value;

/// A walk that remembers what it has seen.
pub struct Reach<'gc> {
    ctx: Context<'gc>,
    /// The addresses of the objects that were counted. Nothing moves or goes during a visit.
    seen: HashTable<usize>,
    pending: Vec<Value<'gc>>,
    bytes: usize,
}

impl<'gc> Reach<'gc> {
    /// A walk that has seen nothing.
    pub fn new(ctx: Context<'gc>) -> Reach<'gc> {
        Reach { ctx, seen: HashTable::new(), pending: Vec::new(), bytes: 0 }
    }

    /// The bytes of the objects that are reachable from a value, without those that were from the values before.
    pub fn bytes_from(&mut self, value: Value<'gc>) -> usize {
        self.note(value);
        while let Some(object) = self.pending.pop() {
            self.follow(object);
        }
        std::mem::take(&mut self.bytes)
    }

    /// Takes an object for seen, so that a walk ends there.
    pub fn leave_out(&mut self, table: Table<'gc>) {
        self.is_new(table.address());
    }

    /// Whether an object has not been seen. It now has.
    fn is_new(&mut self, address: usize) -> bool {
        const SCATTER: u64 = 0x9E37_79B9_7F4A_7C15;
        // Addresses are multiples of eight, and the table looks at the top bits and at the bottom ones.
        let hash = |address: &usize| (*address as u64).wrapping_mul(SCATTER).rotate_left(32);
        let own = hash(&address);
        if self.seen.find(own, |seen| *seen == address).is_some() {
            return false;
        }
        self.seen.insert_unique(own, address, hash);
        true
    }

    /// Counts an object that was not seen before, and has it followed.
    fn note(&mut self, value: Value<'gc>) {
        let address = match value {
            Value::Nil | Value::Boolean(_) | Value::Integer(_) | Value::Float(_) => return,
            Value::String(object) => object.address(),
            Value::Table(object) => object.address(),
            Value::Closure(object) => object.address(),
            Value::Native(object) => object.address(),
            Value::UserData(object) => object.address(),
            Value::Thread(object) => object.address(),
            Value::Cell(object) => Gc::as_ptr(object).addr(),
        };
        if !self.is_new(address) {
            return;
        }
        self.bytes += OBJECT_BYTES;
        match value {
            Value::String(text) if text.is_long() => self.bytes += text.len(),
            Value::String(_) => {}
            object => self.pending.push(object),
        }
    }

    fn follow(&mut self, object: Value<'gc>) {
        match object {
            Value::Table(table) => self.follow_table(table),
            Value::Closure(closure) => self.follow_closure(closure),
            Value::Native(native) => (0..native.upvalue_count()).for_each(|index| self.note(native.upvalue(index))),
            Value::UserData(data) => {
                self.note(data.user_value());
                self.note(data.metatable().into());
            }
            Value::Thread(thread) => self.follow_thread(thread),
            Value::Cell(cell) => self.note(cell.get()),
            _ => {}
        }
    }

    fn follow_table(&mut self, table: Table<'gc>) {
        self.bytes += table.part_bytes();
        self.note(table.metatable().into());
        // A weak table keeps one half of its pairs, or none. After a collection the other half is kept by somebody else.
        let (keys, values) = if table.is_weak() {
            mode_of(self.ctx, table).map_or((true, true), |mode| (!mode.weak_keys, !mode.weak_values))
        } else {
            (true, true)
        };
        let mut position = 0;
        while let Some((next, key, value)) = table.next_from(self.ctx, position) {
            if keys {
                self.note(key);
            }
            if values {
                self.note(value);
            }
            position = next;
        }
    }

    fn follow_closure(&mut self, closure: Closure<'gc>) {
        let body = closure.0.as_ref();
        let upvalues = closure.proto().upvalues.len();
        self.bytes += upvalues.saturating_sub(INLINE_UPVALUES) * size_of::<Value<'_>>();
        (0..upvalues).for_each(|index| self.note(closure.held(index)));
        self.follow_code(body.code);
    }

    /// Counts a function's code and that of the functions in it, which are nested as deeply as the parser allows.
    fn follow_code(&mut self, code: Gc<'gc, Code<'gc>>) {
        if !self.is_new(Gc::as_ptr(code).addr()) {
            return;
        }
        let code = code.as_ref();
        self.bytes += OBJECT_BYTES + bytes_of(&code.proto);
        let name = &code.proto.chunk_name;
        if self.is_new(name.as_ptr().addr()) {
            self.bytes += name.len();
        }
        code.constants.iter().for_each(|constant| self.note(*constant));
        code.children.iter().for_each(|child| self.follow_code(*child));
    }

    fn follow_thread(&mut self, thread: Thread<'gc>) {
        let state = thread.state();
        self.bytes += state.charge.bytes();
        state.values.iter().for_each(|value| self.note(*value));
        state.frames.iter().for_each(|frame| self.note(frame.closure.into()));
        state.paused.iter().for_each(|thread| self.note(Value::Thread(*thread)));
        for native in &state.natives {
            self.note(native.callee.into());
            self.note(native.resumed.into());
            native.sequence.each_value(&mut |value| self.note(value));
        }
        self.note(state.death.into());
        self.note(state.yielder.into());
    }
}

impl std::fmt::Debug for Reach<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Reach({} objects)", self.seen.len())
    }
}
