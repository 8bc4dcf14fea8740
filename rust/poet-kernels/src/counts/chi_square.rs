//! Pearson's chi-square test of homogeneity of a 2 × k table, with rare categories merged.
//!
//! Its p-value is an approximation that wants expected counts of 5 or more (W. G. Cochran, 1954).
//! Categories whose smaller expected count is below `min_expected` are merged into one; if that
//! one is still too rare, the rarest of the others join it until it is not. Which categories merge
//! depends on `c + r` alone, never on how the two sides differ, so that the p-value stays honest.
//! Peer, with nothing merged: `scipy.stats.chi2_contingency(correction=False)`.

use super::{Smoothing, compare_counts, totals};
use crate::error::KernelError;

/// What the test found.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ChiSquare {
    /// `Σ (O - E)² / E` over the table after merging.
    pub statistic: f64,
    /// `P(chi-square with dof > statistic)`.
    pub p_value: f64,
    /// Categories left that occur on either side, less one.
    pub dof: u64,
    /// Cramér's V of the table after merging, from 0 to 1.
    pub cramers_v: f64,
    /// How many categories that occur were merged into one: 0, or 2 and more.
    pub pooled: u64,
    /// The smallest expected count of the table after merging.
    pub smallest_expected: f64,
}

/// Tests whether both count vectors come from one distribution.
///
/// With `min_expected` 0 nothing is merged. Where one category occurs, or only one is left, the
/// statistic is 0 with `dof` 0 and the p-value is 1: `pooled` tells the two apart.
///
/// # Errors
///
/// Those of [`compare_counts`], and [`KernelError::MinExpected`] for a `min_expected` that is
/// negative, infinite or NaN.
pub fn chi_square_test(
    current: &[u64],
    reference: &[u64],
    min_expected: f64,
) -> Result<ChiSquare, KernelError> {
    if !(min_expected.is_finite() && min_expected >= 0.0) {
        return Err(KernelError::MinExpected {
            value: min_expected,
        });
    }
    let (n, m) = totals(current, reference)?;
    // The smaller expected count of a category is its total times this.
    let smaller = n.min(m) as f64 / (n + m) as f64;
    let is_rare = |both: u64| (both as f64) * smaller < min_expected;
    let mut rare = Vec::new();
    let mut table: Vec<(u64, u64)> = Vec::with_capacity(current.len());
    for (&c, &r) in current.iter().zip(reference) {
        if c + r > 0 {
            if is_rare(c + r) {
                rare.push((c, r));
            } else {
                table.push((c, r));
            }
        }
    }
    let mut pooled = rare.len() as u64;
    if pooled > 0 {
        let mut pool = rare
            .iter()
            .fold((0, 0), |pool, pair| (pool.0 + pair.0, pool.1 + pair.1));
        // Descending, so that the rarest is popped first; ties are broken by what a reordering of
        // the categories cannot change.
        table.sort_unstable_by_key(|&(c, r)| std::cmp::Reverse((c + r, c)));
        while is_rare(pool.0 + pool.1) {
            let Some((c, r)) = table.pop() else { break };
            pool = (pool.0 + c, pool.1 + r);
            pooled += 1;
        }
        table.push(pool);
    }
    let (c, r): (Vec<u64>, Vec<u64>) = table.into_iter().unzip();
    let found = compare_counts(&c, &r, Smoothing::default())?;
    Ok(ChiSquare {
        statistic: found.chi_square,
        p_value: found.chi_square_p_value(),
        dof: found.dof,
        cramers_v: found.cramers_v(),
        pooled: if pooled == 1 { 0 } else { pooled },
        smallest_expected: found.smallest_expected,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rare_categories_are_merged_until_the_merged_one_is_not_rare() {
        // Totals 4, 2 and 40, 60: the two rare ones give 6, expected 3 each, so 40 joins them.
        let found = chi_square_test(&[3, 1, 15, 34], &[1, 1, 25, 26], 5.0).unwrap();
        let merged = chi_square_test(&[19, 34], &[27, 26], 0.0).unwrap();
        assert_eq!((found.pooled, found.dof), (3, 1));
        assert!((found.statistic - merged.statistic).abs() < 1e-14);
        assert!(found.smallest_expected >= 5.0);
    }

    #[test]
    fn nothing_is_merged_where_all_are_common() {
        let found = chi_square_test(&[30, 20, 0], &[20, 30, 0], 5.0).unwrap();
        assert_eq!((found.pooled, found.dof), (0, 1));
        // (O - E)^2 / E is 1 in each of the four cells.
        assert!((found.statistic - 4.0).abs() < 1e-14);
        assert!((found.cramers_v - 0.2).abs() < 1e-15);
    }

    #[test]
    fn only_rare_categories_leave_nothing_to_test() {
        let found = chi_square_test(&[2, 1, 0], &[1, 1, 2], 5.0).unwrap();
        assert_eq!((found.pooled, found.dof), (3, 0));
        let constant = chi_square_test(&[2], &[2], 5.0).unwrap();
        assert_eq!((constant.pooled, constant.dof), (0, 0));
    }

    #[test]
    fn the_limit_is_checked() {
        for value in [-1.0, f64::NAN, f64::INFINITY] {
            let refused = chi_square_test(&[1], &[1], value);
            assert!(matches!(refused, Err(KernelError::MinExpected { .. })));
        }
    }
}
