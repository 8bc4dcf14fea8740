//! Distances in the unit of the data: the area between the two distribution functions.
//!
//! - Wasserstein-1, `∫ |F - G| dx`: the mean way that a value has to be moved (L. N. Vaserstein,
//!   1969). Peer: `scipy.stats.wasserstein_distance`.
//! - Energy distance, `sqrt(2 ∫ (F - G)² dx)` (G. J. Székely and M. L. Rizzo, 2013), whose square
//!   is `2 E|X - Y| - E|X - X'| - E|Y - Y'|`. Peer: `scipy.stats.energy_distance`.
//!
//! A stretch where `F = G` adds nothing, however long. So equal shares of both samples at an
//! infinity need not be moved, unequal ones give infinity, and the result is never NaN.
//! `F - G` is exact; the relative error is at most 1e-16 times the number of distinct values, in
//! practice 1e-14 for a million.

use super::sizes;
use super::sorted::{Steps, walk};
use crate::error::KernelError;

/// Wasserstein-1 distance.
///
/// # Errors
///
/// [`KernelError::Empty`]; [`KernelError::TooLarge`] for `2^31` values and more.
pub fn wasserstein(current: Steps<'_>, reference: Steps<'_>) -> Result<f64, KernelError> {
    integrate(current, reference, f64::abs)
}

/// Energy distance: the square root, as its peer has it.
///
/// # Errors
///
/// [`KernelError::Empty`]; [`KernelError::TooLarge`] for `2^31` values and more.
pub fn energy_distance(current: Steps<'_>, reference: Steps<'_>) -> Result<f64, KernelError> {
    Ok((2.0 * integrate(current, reference, |x| x * x)?).sqrt())
}

/// `∫ weight(F - G) dx`.
#[inline(always)]
fn integrate(
    current: Steps<'_>,
    reference: Steps<'_>,
    weight: impl Fn(f64) -> f64,
) -> Result<f64, KernelError> {
    let (n, m) = sizes(current, reference, super::MAX_VALUES)?;
    let scale = 1.0 / (n as f64 * m as f64);
    let (mut difference, mut left, mut sum) = (0_i64, 0.0, 0.0);
    walk(current, reference, |at| {
        let height = weight(difference as f64 * scale);
        let width = at.value - left;
        let area = height * width;
        sum += if difference == 0 {
            0.0
        } else if width.is_finite() {
            area
        } else {
            // The width overflows though both ends, and perhaps the area, do not.
            height * at.value - height * left
        };
        difference = at.difference(n, m);
        left = at.value;
    });
    Ok(sum)
}

#[cfg(test)]
#[expect(clippy::float_cmp, reason = "what is compared is exact")]
mod tests {
    use super::*;
    use crate::error::Sample;
    use crate::samples::Sorted;
    use proptest::prelude::*;

    fn both(current: &[f64], reference: &[f64]) -> (f64, f64) {
        let a = Sorted::new(current, Sample::Current).unwrap();
        let b = Sorted::new(reference, Sample::Reference).unwrap();
        (
            wasserstein(a.steps(), b.steps()).unwrap(),
            energy_distance(a.steps(), b.steps()).unwrap(),
        )
    }

    #[test]
    fn a_shift_is_its_own_distance() {
        assert_eq!(both(&[0.0, 1.0, 3.0], &[5.0, 6.0, 8.0]).0, 5.0);
        assert_eq!(both(&[2.0], &[2.0, 2.0]), (0.0, 0.0));
    }

    #[test]
    fn infinities_move_only_where_shares_differ() {
        let inf = f64::INFINITY;
        assert_eq!(both(&[0.0, inf], &[1.0, inf]).0, 0.5);
        assert_eq!(both(&[-inf, 0.0, inf], &[-inf, 0.0, inf]), (0.0, 0.0));
        assert_eq!(both(&[0.0, inf], &[0.0, 1.0]), (inf, inf));
        assert_eq!(both(&[-inf], &[inf]), (inf, inf));
        assert_eq!(both(&[-inf, 1.0], &[0.0, 1.0]), (inf, inf));
    }

    #[test]
    fn widths_beyond_the_largest_number_are_no_infinity() {
        let far = 1.5e308;
        let found = both(&[-far, far, far], &[-far, -far, far]).0;
        assert!((found / 1e308 - 1.0).abs() < 1e-15, "{found:e}");
    }

    proptest! {
        /// With equal sizes the distance is the mean difference of the sorted values.
        #[test]
        fn equal_sizes_match_value_by_value(
            pairs in prop::collection::vec((-9_i8..9, -9_i8..9), 1..30)
        ) {
            let side = |pick: fn(&(i8, i8)) -> i8| -> Vec<f64> {
                pairs.iter().map(|p| f64::from(pick(p)) / 3.0).collect()
            };
            let (mut a, mut b) = (side(|p| p.0), side(|p| p.1));
            let (w, energy) = both(&a, &b);
            a.sort_by(f64::total_cmp);
            b.sort_by(f64::total_cmp);
            let n = a.len() as f64;
            let want = a.iter().zip(&b).map(|(x, y)| (x - y).abs()).sum::<f64>() / n;
            prop_assert!((w - want).abs() <= 1e-13 * want.max(1.0));
            let mean = |x: &[f64], y: &[f64]| {
                x.iter().flat_map(|p| y.iter().map(move |q| (p - q).abs())).sum::<f64>() / (n * n)
            };
            let square = 2.0 * mean(&a, &b) - mean(&a, &a) - mean(&b, &b);
            prop_assert!((energy * energy - square).abs() <= 1e-12);
        }
    }
}
