//! The two signed extremes of `F_current - F_reference`, and the test that follows from them.
//!
//! Every road to the Kolmogorov–Smirnov statistic ends here: it finds where each distribution
//! function is furthest above the other, in whole numbers, and the rest is the same for all.

use crate::ks::{KsComparison, KsTest};
use crate::ks_pvalue::Alternative;

/// A distance of the two distribution functions at one value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Extreme {
    /// The distance times `n * m`.
    pub numerator: u64,
    /// The key (see [`Ordered`](crate::Ordered)) of the smallest value with this distance; without
    /// meaning where the distance is 0.
    pub key: u64,
}

impl Extreme {
    fn record(&mut self, numerator: u64, key: u64) {
        if numerator > self.numerator || (numerator == self.numerator && key < self.key) {
            *self = Self { numerator, key };
        }
    }
}

/// The largest distances in both directions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Extremes {
    /// `D+`: where the current distribution function is furthest above the reference's.
    pub above: Extreme,
    /// `D-`: where it is furthest below.
    pub below: Extreme,
}

impl Extremes {
    /// Takes in `i*m - j*n` at the value with this key, `i` of the `n` current and `j` of the `m`
    /// reference values being at or below it. The order of the calls changes nothing.
    #[inline]
    pub fn record(&mut self, difference: i64, key: u64) {
        if difference > 0 {
            self.above.record(difference.unsigned_abs(), key);
        } else if difference < 0 {
            self.below.record(difference.unsigned_abs(), key);
        }
    }

    /// The extremes of both parts together.
    #[must_use]
    pub fn merge(mut self, other: Self) -> Self {
        for (mine, theirs) in [
            (&mut self.above, other.above),
            (&mut self.below, other.below),
        ] {
            if mine.numerator == 0 {
                *mine = theirs;
            } else if theirs.numerator > 0 {
                mine.record(theirs.numerator, theirs.key);
            }
        }
        self
    }

    /// The extreme that an alternative looks at, and its sign: 1 above, -1 below, 0 where there is
    /// no distance. As in `scipy.stats.ks_2samp`, two-sided takes `above` where both are equal.
    #[must_use]
    pub const fn largest(&self, alternative: Alternative) -> (Extreme, i8) {
        let takes_below = match alternative {
            Alternative::TwoSided => self.below.numerator > self.above.numerator,
            Alternative::Less => true,
            Alternative::Greater => false,
        };
        let (extreme, sign) = if takes_below {
            (self.below, -1)
        } else {
            (self.above, 1)
        };
        (extreme, if extreme.numerator == 0 { 0 } else { sign })
    }

    /// The test of `n` current and `m` reference values that have these extremes; `n * m` fits in 63
    /// bits. `value_of` gives the value of a key.
    pub fn compare(
        &self,
        n: u64,
        m: u64,
        test: KsTest,
        value_of: impl FnOnce(u64) -> f64,
    ) -> KsComparison {
        let (extreme, sign) = self.largest(test.alternative);
        let location = (sign != 0).then(|| value_of(extreme.key));
        test.of(extreme.numerator, sign, location, n, m)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn of(differences: &[(i64, u64)]) -> Extremes {
        let mut found = Extremes::default();
        for &(difference, key) in differences {
            found.record(difference, key);
        }
        found
    }

    proptest! {
        #[test]
        fn parts_and_orders_change_nothing(
            mut all in prop::collection::vec((-3_i64..4, 0_u64..20), 0..20),
            cut in 0.0_f64..=1.0,
        ) {
            let (left, right) = all.split_at((cut * all.len() as f64) as usize);
            let merged = of(left).merge(of(right));
            prop_assert_eq!(merged, of(&all));
            all.sort_by_key(|&(difference, key)| (difference, std::cmp::Reverse(key)));
            prop_assert_eq!(merged, of(&all));
            let least = |sign: i64| all.iter().map(|d| (sign * d.0, std::cmp::Reverse(d.1))).max();
            for (sign, extreme) in [(1, merged.above), (-1, merged.below)] {
                if let Some((size, key)) = least(sign).filter(|largest| largest.0 > 0) {
                    prop_assert_eq!(extreme, Extreme { numerator: size.unsigned_abs(), key: key.0 });
                } else {
                    prop_assert_eq!(extreme.numerator, 0);
                }
            }
        }
    }

    #[test]
    fn the_side_that_an_alternative_looks_at() {
        let found = of(&[(2, 5), (-3, 7)]);
        assert_eq!(found.largest(Alternative::TwoSided), (found.below, -1));
        assert_eq!(found.largest(Alternative::Less), (found.below, -1));
        assert_eq!(found.largest(Alternative::Greater), (found.above, 1));
        let equal = of(&[(-2, 1), (2, 5)]);
        assert_eq!(equal.largest(Alternative::TwoSided), (equal.above, 1));
        assert_eq!(of(&[(2, 5)]).largest(Alternative::Less).1, 0);
    }
}
