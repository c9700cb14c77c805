//! Slices of cells in the arena: what tables are made of.
//!
//! A [`Slice`] is one garbage-collected object of a fixed number of cells, so that reading an element is
//! two loads, without a borrow flag. gc-arena has no slices of run-time length yet; the lengths come from a
//! short list of array sizes. A table part beyond the longest size is a *spine*: a list of slices, so that
//! growing copies nothing and the collector, which traces an object at a go, never meets a huge one.

use gc_arena::{Collect, Gc, Lock, Mutation, unsize};

use super::gc::OutOfMemory;
use super::value::Value;

/// A slice of cells.
pub type Slice<'gc> = Gc<'gc, [Lock<Value<'gc>>]>;

/// The slices of a part that is longer than one of them; all have [`SLICE_MAX`] cells. Those not made yet are empty.
pub type Spine<'gc> = Gc<'gc, Box<[Lock<Slice<'gc>>]>>;

/// The longest slice. It is traced in some ten microseconds.
pub const SLICE_MAX: usize = 2048;

/// The lengths that slices have. None is of one to four: a table's own cells are as many.
///
/// They fill what an allocator has for an object: of a power of two's slice, the header made one a quarter larger than it
/// had to be (2026-11-23: 20,000 lists of 30 items 28 MB -> 21 MB).
const SIZES: [usize; 29] = [
    5, 6, 7, 9, 11, 13, 15, 19, 23, 27, 31, 39, 47, 63, 79, 95, 127, 159, 191, 255, 319, 383, 511, 639, 767, 1023,
    1279, 1535, SLICE_MAX,
];

macro_rules! slice_of_size {
    ($mc:expr, $wanted:expr, $($at:literal)*) => {
        $( if $wanted <= SIZES[$at] {
            return sized::<{ SIZES[$at] }>($mc);
        } )*
    };
}

/// A slice of at least `wanted` cells, at most [`SLICE_MAX`].
#[inline(never)]
pub fn slice<'gc>(mc: &Mutation<'gc>, wanted: usize) -> Slice<'gc> {
    slice_of_size!(mc, wanted, 0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25 26 27);
    sized::<SLICE_MAX>(mc)
}

/// The slice without cells.
pub fn empty_slice<'gc>(mc: &Mutation<'gc>) -> Slice<'gc> {
    sized::<0>(mc)
}

/// Slices that tables have outgrown, to be used again by the next that grow: the collector would free them much later.
/// (A matrix of 320 rows leaves as much behind as it takes.) They are let go once in each cycle.
#[derive(Collect, Default)]
#[collect(no_drop)]
pub struct Spares<'gc> {
    by_size: [Vec<Slice<'gc>>; SIZES.len()],
}

/// The most bytes of spare slices of one size, where that is not the size of a single one.
const SPARE_BYTES: usize = 16 << 10;

impl<'gc> Spares<'gc> {
    /// A slice that [`slice`] would make, if there is one to spare.
    pub fn take(&mut self, wanted: usize) -> Option<Slice<'gc>> {
        self.by_size.get_mut(SIZES.iter().position(|size| wanted <= *size)?)?.pop()
    }

    /// Keeps a slice that nothing has a use for any more. Its cells are nil.
    pub fn give(&mut self, slice: Slice<'gc>) {
        if let Ok(at) = SIZES.binary_search(&slice.len())
            && let Some(spares) = self.by_size.get_mut(at)
            && (spares.len() + 1) * size_of_val(slice.as_ref()) <= SPARE_BYTES.max(size_of_val(slice.as_ref()))
        {
            spares.push(slice);
        }
    }

    /// Lets all go.
    pub fn clear(&mut self) {
        self.by_size = Default::default();
    }
}

/// The number of list items to ask room for in the place of one that is full: about twice as many, in an object twice as
/// large.
#[inline]
pub const fn next_size(full: usize) -> usize {
    match full {
        0 => 2,
        1..4 => 4,
        4 => 7,
        5..SLICE_MAX => 2 * full + 1,
        _ => full + 1,
    }
}

/// A slice of just so many cells. Each size is a function of its own: one for all has room on the stack for the longest,
/// and touches every page of that each time (a fifth of the time of a program that makes small objects).
#[inline(never)]
fn sized<'gc, const SIZE: usize>(mc: &Mutation<'gc>) -> Slice<'gc> {
    unsize!(Gc::new(mc, std::array::from_fn::<Lock<Value<'gc>>, SIZE, _>(|_| Lock::default())) => [Lock<Value<'gc>>])
}

/// A spine of `length` slices, the given ones first, the rest `empty`.
pub fn spine<'gc>(
    mc: &Mutation<'gc>,
    first: impl Iterator<Item = Slice<'gc>>,
    length: usize,
    empty: Slice<'gc>,
) -> Result<Spine<'gc>, OutOfMemory> {
    let mut slices = Vec::new();
    slices.try_reserve_exact(length).map_err(|_| OutOfMemory)?;
    slices.extend(first.chain(std::iter::repeat(empty)).take(length).map(Lock::new));
    Ok(Gc::new(mc, slices.into_boxed_slice()))
}
