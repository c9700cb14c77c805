//! Random numbers: the generator of `math.random`, which is PUC-Rio's, bit for bit.
//!
//! It is xoshiro256**: integer arithmetic alone, so the same seed gives the same numbers on every platform.

use std::cell::Cell;

/// The generator xoshiro256**.
#[derive(Debug)]
pub struct Random(Cell<[u64; 4]>);

impl Random {
    /// A generator with a seed in two parts.
    pub fn seeded(low: u64, high: u64) -> Random {
        let random = Random(Cell::new([0; 4]));
        random.seed(low, high);
        random
    }

    /// Starts anew from a seed.
    pub fn seed(&self, low: u64, high: u64) {
        self.0.set([low, 0xff, high, 0]);
        for _ in 0..16 {
            self.next();
        }
    }

    /// The next number: 64 random bits.
    pub fn next(&self) -> u64 {
        let [a, b, c, d] = self.0.get();
        let result = b.wrapping_mul(5).rotate_left(7).wrapping_mul(9);
        let (c, d) = (c ^ a, d ^ b);
        let (x, y) = (a ^ d, b ^ c);
        self.0.set([x, y, c ^ (b << 17), d.rotate_left(45)]);
        result
    }

    /// An integer from `low` to `high`, both included, made from `first` and, if need be, more. `low` is at most `high`.
    pub fn between(&self, first: u64, low: i64, high: i64) -> i64 {
        let drawn = self.up_to(first, high.wrapping_sub(low).cast_unsigned());
        low.wrapping_add(drawn.cast_signed())
    }

    /// An integer from 0 to `limit`, both included.
    fn up_to(&self, first: u64, limit: u64) -> u64 {
        if limit & limit.wrapping_add(1) == 0 {
            return first & limit;
        }
        // The smallest mask that covers the limit; what it lets through beyond is drawn again.
        let mask = u64::MAX >> limit.leading_zeros();
        let mut drawn = first & mask;
        while drawn > limit {
            drawn = self.next() & mask;
        }
        drawn
    }
}

/// A float from 0, included, to 1, excluded, made from random bits.
#[expect(clippy::cast_precision_loss, reason = "53 bits fit a float")]
pub fn unit_float(bits: u64) -> f64 {
    (bits >> 11) as f64 * (0.5 / (1_u64 << 52) as f64)
}
