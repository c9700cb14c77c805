//! Slices of cells in the arena: what tables are made of.
//!
//! A [`Slice`] is one garbage-collected object of a fixed number of cells, so that reading an element is
//! two loads, without a borrow flag. gc-arena has no slices of run-time length yet; the lengths come from a
//! short list of array sizes. A table part beyond the longest size is a *spine*: a list of slices, so that
//! growing copies nothing and the collector, which traces an object at a go, never meets a huge one.

use gc_arena::{Collect, Gc, Lock, Mutation, unsize};

use super::gc::OutOfMemory;

/// A slice of cells.
pub type Slice<'gc, T> = Gc<'gc, [T]>;

/// The slices of a part that is longer than one of them; all have [`SLICE_MAX`] elements. Those not made
/// yet are empty.
pub type Spine<'gc, T> = Gc<'gc, Box<[Lock<Slice<'gc, T>>]>>;

/// The longest slice. 2048 entries are traced in some ten microseconds.
pub const SLICE_MAX: usize = 2048;

macro_rules! slice_of_size {
    ($mc:expr, $wanted:expr, $type:ty, [$($size:literal)*]) => {
        $( if $wanted <= $size {
            return sized::<$type, $size>($mc);
        } )*
    };
}

/// A slice of at least `wanted` default elements, at most [`SLICE_MAX`].
///
/// The sizes are those that fill what an allocator has for an object: of a power of two's slice, the header made one a
/// quarter larger than it had to be (2026-11-23: 20,000 lists of 30 items 28 MB -> 21 MB).
#[inline]
pub fn slice<'gc, T: Collect<'gc> + Default + 'gc>(mc: &Mutation<'gc>, wanted: usize) -> Slice<'gc, T> {
    slice_of_size!(mc, wanted, T, [0 1 2 3 4]);
    longer_slice(mc, wanted)
}

#[inline(never)]
fn longer_slice<'gc, T: Collect<'gc> + Default + 'gc>(mc: &Mutation<'gc>, wanted: usize) -> Slice<'gc, T> {
    slice_of_size!(mc, wanted, T, [5 6 7 9 11 13 15 19 23 27 31 39 47 63 79 95 127 159 191 255]);
    slice_of_size!(mc, wanted, T, [319 383 511 639 767 1023 1279 1535]);
    sized::<T, SLICE_MAX>(mc)
}

/// The size to ask for in the place of one that is full: about twice as many elements, in an object twice as large.
#[inline]
pub const fn next_size(full: usize) -> usize {
    match full {
        0..4 => 4,
        4 => 7,
        5..SLICE_MAX => 2 * full + 1,
        _ => full + 1,
    }
}

/// A slice of just so many elements. Each size is a function of its own: one for all has room on the stack for
/// the longest, and touches every page of that each time (a fifth of the time of a program that makes small objects).
#[inline(never)]
fn sized<'gc, T: Collect<'gc> + Default + 'gc, const SIZE: usize>(mc: &Mutation<'gc>) -> Slice<'gc, T> {
    unsize!(Gc::new(mc, std::array::from_fn::<T, SIZE, _>(|_| T::default())) => [T])
}

/// A spine of `length` slices, the given ones first, the rest `empty`.
pub fn spine<'gc, T: Collect<'gc> + 'gc>(
    mc: &Mutation<'gc>,
    first: impl Iterator<Item = Slice<'gc, T>>,
    length: usize,
    empty: Slice<'gc, T>,
) -> Result<Spine<'gc, T>, OutOfMemory> {
    let mut slices = Vec::new();
    slices.try_reserve_exact(length).map_err(|_| OutOfMemory)?;
    slices.extend(first.chain(std::iter::repeat(empty)).take(length).map(Lock::new));
    Ok(Gc::new(mc, slices.into_boxed_slice()))
}
