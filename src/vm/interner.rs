//! Where strings are made, and which of them are unique.
//!
//! A string that a table is to hold as a key is made unique first: of equal ones the first that became so. The
//! interner holds these weakly. An entry whose string has died fails to upgrade and stays until its shard is swept,
//! soon after the collector's cycle. It is cut into shards, each its own garbage-collected object, because the
//! collector traces one object at a go and a table of a million strings would stall a frame.
//!
//! Most strings a program makes are never keys, and die soon. An entry for each would be dear: what is known weakly
//! keeps its memory for a cycle more, and the collector looks at each entry. (When all short strings were interned,
//! numbers made into strings took six times PUC-Rio's time, with strings only 2026-11-22.) They are only looked for
//! among the strings made *recently*, a small table of strong references that is emptied once in a cycle, and among
//! the unique ones.
#![expect(clippy::cast_possible_truncation, reason = "hashes are cut on purpose")]

use std::cell::Cell;
use std::rc::Rc;

use gc_arena::barrier::field;
use gc_arena::{Collect, Gc, GcWeak, Lock, Mutation, RefLock};
use hashbrown::HashTable;

use super::gc::{Charge, Ledger};
use super::short::{BRIEF, Joint, Short, WORDS};
use super::string::{Body, LuaString, SHORT_MAX};

const SHARDS: usize = 64;

/// The places for recent strings: enough that a program which keeps many strings that are few different ones mostly
/// keeps each of these once, and so few that garbage kept by them, and the places, stay in the processor's cache. As
/// many as a quarter of the heap's objects took `string_scan` 1.1 times as long (2026-11-22).
const RECENT: usize = 4096;

/// All that makes strings.
#[derive(Collect)]
#[collect(no_drop)]
pub struct Interner<'gc> {
    shards: Box<[Gc<'gc, RefLock<Shard<'gc>>>]>,
    recent: Gc<'gc, [Recent<'gc>; RECENT]>,
    #[collect(require_static)]
    ledger: Rc<Ledger>,
    #[collect(require_static)]
    swept: Cell<usize>,
}

type Shard<'gc> = HashTable<Entry<'gc>>;

#[derive(Collect)]
#[collect(no_drop)]
struct Entry<'gc> {
    hash: u32,
    string: GcWeak<'gc, Body>,
}

/// The string made last of those that belong in this place.
#[derive(Collect, Default)]
#[collect(no_drop)]
struct Recent<'gc> {
    /// The rest of its plain hash, which spares most looks at strings that are others.
    tag: Cell<u32>,
    string: Lock<Option<Gc<'gc, Body>>>,
}

impl<'gc> Interner<'gc> {
    /// An interner without strings; long strings' bytes are charged to `ledger`.
    pub fn new(mc: &Mutation<'gc>, ledger: Rc<Ledger>) -> Interner<'gc> {
        let shards = (0..SHARDS).map(|_| Gc::new(mc, RefLock::new(HashTable::new()))).collect();
        Interner {
            shards,
            recent: Gc::new(mc, std::array::from_fn(|_| Recent::default())),
            ledger,
            swept: Cell::new(0),
        }
    }

    /// A string with these bytes.
    #[inline]
    pub fn string(&self, mc: &Mutation<'gc>, bytes: &[u8]) -> LuaString<'gc> {
        if let Some(brief) = Short::<BRIEF>::new(bytes) {
            return self.short(mc, brief);
        }
        match Short::<WORDS>::new(bytes) {
            Some(short) => self.short(mc, short),
            None => self.long(mc, bytes.into()),
        }
    }

    /// A string that has grown from pieces.
    #[inline]
    pub(super) fn joint(&self, mc: &Mutation<'gc>, joint: &Joint) -> LuaString<'gc> {
        match joint.brief() {
            Some(brief) => self.short(mc, brief),
            None => self.short(mc, joint.short()),
        }
    }

    /// A string that takes over these bytes.
    pub fn string_from(&self, mc: &Mutation<'gc>, bytes: Vec<u8>) -> LuaString<'gc> {
        if bytes.len() > SHORT_MAX { self.long(mc, bytes.into_boxed_slice()) } else { self.string(mc, &bytes) }
    }

    /// The unique string with these bytes, unless they are too many.
    pub fn unique_string(&self, mc: &Mutation<'gc>, bytes: &[u8]) -> LuaString<'gc> {
        self.unique(mc, self.string(mc, bytes))
    }

    fn long(&self, mc: &Mutation<'gc>, bytes: Box<[u8]>) -> LuaString<'gc> {
        let charge = Charge::new(&self.ledger, bytes.len());
        LuaString::new_long(mc, bytes, charge)
    }

    #[inline(always)]
    fn short<const N: usize>(&self, mc: &Mutation<'gc>, short: Short<N>) -> LuaString<'gc> {
        let plain = short.plain_hash();
        let recent = &self.recent.as_ref()[plain as usize % RECENT];
        if recent.tag.get() == tag(plain)
            && let Some(string) = recent.string.get()
            && short.is(string.as_ref())
        {
            return LuaString(string);
        }
        self.make_short(mc, short, plain)
    }

    #[inline(never)]
    fn make_short<const N: usize>(&self, mc: &Mutation<'gc>, short: Short<N>, plain: u64) -> LuaString<'gc> {
        let hash = short.hash();
        let string = self.find_unique(mc, hash, |string| short.is(string)).unwrap_or_else(|| {
            let (len, bytes) = short.padded();
            Gc::new(mc, Body::Short { len, is_unique: Cell::new(false), hash, bytes })
        });
        self.note_recent(mc, string, plain);
        LuaString(string)
    }

    #[inline]
    fn note_recent(&self, mc: &Mutation<'gc>, string: Gc<'gc, Body>, plain: u64) {
        let recent = &Gc::write(mc, self.recent)[plain as usize % RECENT];
        recent.tag.set(tag(plain));
        field!(recent, Recent, string).unlock().set(Some(string));
    }

    #[inline]
    fn find_unique(&self, mc: &Mutation<'gc>, hash: u32, is_it: impl Fn(&Body) -> bool) -> Option<Gc<'gc, Body>> {
        let shard = self.shards.get(hash as usize % SHARDS)?.as_ref().borrow();
        // A dying string fails to upgrade; its entry is left for the sweep.
        let is_it = |entry: &Entry<'gc>| {
            entry.hash == hash && entry.string.upgrade(mc).is_some_and(|string| is_it(string.as_ref()))
        };
        shard.find(wide(hash), is_it)?.string.upgrade(mc)
    }

    /// The unique string that equals this one: this one, if there was none. A long string stays as it is.
    #[inline]
    pub fn unique(&self, mc: &Mutation<'gc>, string: LuaString<'gc>) -> LuaString<'gc> {
        if string.is_unique() || string.is_long() { string } else { self.make_unique(mc, string) }
    }

    #[inline(never)]
    fn make_unique(&self, mc: &Mutation<'gc>, string: LuaString<'gc>) -> LuaString<'gc> {
        let (Body::Short { is_unique, hash, .. }, Some(short)) =
            (string.0.as_ref(), Short::<WORDS>::new(string.as_bytes()))
        else {
            return string;
        };
        if let Some(known) = self.find_unique(mc, *hash, |known| short.is(known)) {
            // The next one made is this one.
            self.note_recent(mc, known, short.plain_hash());
            return LuaString(known);
        }
        if let Some(shard) = self.shards.get(*hash as usize % SHARDS) {
            is_unique.set(true);
            let entry = Entry { hash: *hash, string: Gc::downgrade(string.0) };
            shard.borrow_mut(mc).insert_unique(wide(*hash), entry, |entry| wide(entry.hash));
        }
        string
    }

    /// Drops the entries of dead strings in all shards but the one whose turn is next, and forgets what is recent.
    pub fn sweep_other_shards(&self, mc: &Mutation<'gc>) {
        self.forget_recent(mc);
        for _ in 1..SHARDS {
            self.sweep_one_shard(mc);
        }
    }

    /// Drops the entries of dead strings in one shard; successive calls go round all of them. What is recent is
    /// forgotten once in each round. Returns whether a round has begun.
    pub fn sweep_one_shard(&self, mc: &Mutation<'gc>) -> bool {
        let at = self.swept.get();
        self.swept.set((at + 1) % SHARDS);
        if at == 0 {
            self.forget_recent(mc);
        }
        if let Some(shard) = self.shards.get(at) {
            let mut entries = shard.borrow_mut(mc);
            let before = entries.len();
            entries.retain(|entry| !entry.string.is_dropped());
            self.ledger.count_swept(before - entries.len());
            if entries.len() * 8 < entries.capacity() && entries.capacity() > 64 {
                entries.shrink_to_fit(|entry| wide(entry.hash));
            }
        }
        at == 0
    }

    /// Forgets the strings made recently, so that they live no longer than others do.
    pub fn forget_recent(&self, mc: &Mutation<'gc>) {
        let recent = Gc::write(mc, self.recent);
        for at in 0..RECENT {
            field!(&recent[at], Recent, string).unlock().set(None);
        }
    }
}

/// The place among the recent ones is taken from the plain hash's lower half.
#[inline]
fn tag(plain: u64) -> u32 {
    (plain >> 32) as u32
}

/// The hash table takes its control bits from the top of 64, its bucket from the bottom.
#[inline]
fn wide(hash: u32) -> u64 {
    u64::from(hash) << 32 | u64::from(hash >> 6)
}
