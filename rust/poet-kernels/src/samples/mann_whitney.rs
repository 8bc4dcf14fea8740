//! The Mann–Whitney U test: is a current value larger than a reference value more often than not?
//!
//! `U` counts the pairs in which the current value is the larger one, half where they are equal
//! (H. B. Mann and D. R. Whitney, 1947); `2 U` is a whole number. The p-value is exact where a
//! sample has at most [`MWU_EXACT_MAX_SIZE`] values and nothing is tied: the number of orders with
//! each `U` is a coefficient of Gauss's binomial `Π (1 - q^(m+i)) / (1 - q^i)`, multiplied out in
//! whole numbers modulo `2^128`. Elsewhere it is the normal limit with the correction for ties
//! and continuity. Peer: `scipy.stats.mannwhitneyu`, whose rule for `method="auto"` this is.

use super::normal::normal_sf;
use super::sizes;
use super::sorted::{Steps, walk};
use crate::error::KernelError;
use crate::ks_pvalue::Alternative;

/// The p-value is exact without ties if the smaller sample has at most this many values.
pub const MWU_EXACT_MAX_SIZE: u64 = 8;

/// Beyond this the numbers of orders no longer fit into 127 bits.
const EXACT_MAX_OTHER: u64 = 150_000;

/// What the test found.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct MannWhitney {
    /// `U` of the current sample, from 0 to `n m`.
    pub statistic: f64,
    /// Probability of a `U` at least as far out under one distribution.
    pub p_value: f64,
    /// `U / (n m)`: how often a current value beats a reference value, ties half; the
    /// common-language effect size of K. O. `McGraw` and S. Wong (1992).
    pub superiority: f64,
    /// `2 U / (n m) - 1`, from -1 to 1; N. Cliff (1993).
    pub cliffs_delta: f64,
    /// Whether the p-value is exact.
    pub exact: bool,
}

/// Compares two sorted samples: for `Less` against current values that are smaller, for `Greater`
/// against ones that are larger (the KS test has it the other way round, as in `SciPy`).
///
/// # Errors
///
/// [`KernelError::Empty`]; [`KernelError::TooLarge`] for `2^31` values and more.
pub fn mann_whitney(
    current: Steps<'_>,
    reference: Steps<'_>,
    alternative: Alternative,
) -> Result<MannWhitney, KernelError> {
    let (n, m) = sizes(current, reference, super::MAX_VALUES)?;
    let (mut twice_u, mut ties) = (0_u64, 0_u128);
    walk(current, reference, |at| {
        twice_u += at.current_here * (2 * at.reference_below + at.reference_here);
        let t = u128::from(at.current_here + at.reference_here);
        ties += t * t * t - t;
    });
    let all = 2 * n * m;
    let tail = match alternative {
        Alternative::Greater => twice_u,
        Alternative::Less => all - twice_u,
        Alternative::TwoSided => twice_u.max(all - twice_u),
    };
    let exact = ties == 0 && n.min(m) <= MWU_EXACT_MAX_SIZE && n.max(m) <= EXACT_MAX_OTHER;
    let p = if exact {
        exact_sf(tail / 2, n.min(m), n.max(m))
    } else {
        normal_limit(tail, n, m, ties)
    };
    let sides = if alternative == Alternative::TwoSided {
        2.0
    } else {
        1.0
    };
    let difference = twice_u.cast_signed() - (n * m).cast_signed();
    Ok(MannWhitney {
        statistic: twice_u as f64 / 2.0,
        p_value: (sides * p).min(1.0),
        superiority: twice_u as f64 / all as f64,
        cliffs_delta: difference as f64 / (n * m) as f64,
        exact,
    })
}

/// The normal limit of `P(U >= u)`, half a unit taken off for continuity.
fn normal_limit(twice_u: u64, n: u64, m: u64, ties: u128) -> f64 {
    let (pairs, all) = ((n * m) as f64, (n + m) as f64);
    let numerator = (twice_u.cast_signed() - (n * m).cast_signed() - 1) as f64 / 2.0;
    let variance = pairs / 12.0 * ((all + 1.0) - ties as f64 / (all * (all - 1.0)));
    if variance > 0.0 {
        normal_sf(numerator / variance.sqrt())
    } else {
        // All values are equal: U is what it must be.
        1.0
    }
}

/// `P(U >= u)` without ties, `small <= 8` values against `large`.
fn exact_sf(u: u64, small: u64, large: u64) -> f64 {
    // U is symmetric: at least u is at most its complement, and the shorter half is added up.
    let most = small * large;
    let complement = most - u;
    let up_to = if complement <= u {
        complement
    } else {
        u.saturating_sub(1)
    };
    let size = up_to as usize + 1;
    let mut orders = vec![0_u128; size];
    orders[0] = 1;
    for i in 1..=small {
        let (up, down) = ((large + i) as usize, i as usize);
        for at in (up..size).rev() {
            orders[at] = orders[at].wrapping_sub(orders[at - up]);
        }
        for at in down..size {
            orders[at] = orders[at].wrapping_add(orders[at - down]);
        }
    }
    let mut total = 1_u128;
    for i in 1..=small {
        total = total * u128::from(large + i) / u128::from(i);
    }
    let sum = orders
        .iter()
        .fold(0_u128, |sum, &count| sum.wrapping_add(count));
    let counted = if complement <= u {
        sum
    } else if u == 0 {
        total
    } else {
        total - sum
    };
    counted as f64 / total as f64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Sample;
    use crate::samples::Sorted;
    use proptest::prelude::*;

    fn run(current: &[f64], reference: &[f64], alternative: Alternative) -> MannWhitney {
        let a = Sorted::new(current, Sample::Current).unwrap();
        let b = Sorted::new(reference, Sample::Reference).unwrap();
        mann_whitney(a.steps(), b.steps(), alternative).unwrap()
    }

    #[test]
    fn three_against_four_by_hand() {
        // Of the 35 orders of 3 and 4 values, one has U = 12 and one U = 11.
        let found = run(
            &[5.0, 6.0, 7.0],
            &[1.0, 2.0, 3.0, 4.0],
            Alternative::Greater,
        );
        assert!(found.exact);
        assert_eq!((found.statistic, found.cliffs_delta), (12.0, 1.0));
        assert!((found.p_value - 1.0 / 35.0).abs() < 1e-16);
        let found = run(
            &[4.0, 6.0, 7.0],
            &[1.0, 2.0, 3.0, 5.0],
            Alternative::TwoSided,
        );
        assert!((found.p_value - 4.0 / 35.0).abs() < 1e-16);
        let found = run(&[5.0, 6.0, 7.0], &[1.0, 2.0, 3.0, 4.0], Alternative::Less);
        assert!((found.p_value - 1.0).abs() < 1e-16);
    }

    #[test]
    fn equal_values_are_no_difference() {
        for alternative in [
            Alternative::TwoSided,
            Alternative::Less,
            Alternative::Greater,
        ] {
            let found = run(&[2.0; 5], &[2.0; 9], alternative);
            assert_eq!(
                (found.p_value, found.cliffs_delta, found.exact),
                (1.0, 0.0, false)
            );
        }
    }

    #[test]
    fn the_largest_exact_count_fits() {
        let p = exact_sf(8 * EXACT_MAX_OTHER, 8, EXACT_MAX_OTHER);
        let orders: f64 = (1..=8)
            .map(|i| (EXACT_MAX_OTHER + i) as f64 / i as f64)
            .product();
        assert!((p * orders - 1.0).abs() < 1e-12);
    }

    proptest! {
        /// Against the recurrence of Mann and Whitney, which adds positive numbers only.
        #[test]
        fn orders_are_those_of_the_recurrence(n in 1_usize..7, m in 1_usize..9) {
            let mut table = vec![vec![vec![]; m + 1]; n + 1];
            for i in 0..=n {
                for j in 0..=m {
                    table[i][j] = if i == 0 || j == 0 { vec![1.0_f64] } else {
                        let mut counts = vec![0.0; i * j + 1];
                        for (u, c) in table[i - 1][j].iter().enumerate() { counts[u + j] += c; }
                        for (u, c) in table[i][j - 1].iter().enumerate() { counts[u] += c; }
                        counts
                    };
                }
            }
            let counts = &table[n][m];
            let total: f64 = counts.iter().sum();
            for u in 0..=n * m {
                let want = counts[u..].iter().sum::<f64>() / total;
                let got = exact_sf(u as u64, n.min(m) as u64, n.max(m) as u64);
                prop_assert!((got / want - 1.0).abs() < 1e-14, "{u}: {got}, {want}");
            }
        }
    }
}
