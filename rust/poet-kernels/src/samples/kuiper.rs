//! The two-sample Kuiper test: sensitive to a change of spread as much as of place.
//!
//! `V = max(F - G) + max(G - F)` (N. H. Kuiper, 1960), from whole numbers. The p-value is the
//! limit `Q(λ) = 2 Σ (4 j² λ² - 1) exp(-2 j² λ²)` at `λ = (√e + 0.155 + 0.24 / √e) V` with
//! `e = n m / (n + m)`, the modification of M. A. Stephens (1970), whose 5 % point is 1.747. For
//! small `λ` the same function is `1 - √(2π) π² / λ³ Σ k² exp(-π² k² / (2 λ²))` by Poisson's
//! summation. `Q` itself is within 1e-13 relative; how far it is from the truth is the error of
//! the approximation: with `e` of 4 and no ties at most 0.05, with ties the p-value is too large.

use std::f64::consts::PI;

use super::sizes;
use super::sorted::{Steps, walk};
use crate::error::KernelError;

/// What the test found.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Kuiper {
    /// `V`, from 0 (equal) to 1 (separated).
    pub statistic: f64,
    /// Asymptotic probability of a `V` at least this large under one continuous distribution.
    pub p_value: f64,
}

/// Compares two sorted samples.
///
/// # Errors
///
/// [`KernelError::Empty`]; [`KernelError::TooLarge`] for `2^31` values and more.
pub fn kuiper(current: Steps<'_>, reference: Steps<'_>) -> Result<Kuiper, KernelError> {
    let (n, m) = sizes(current, reference, super::MAX_VALUES)?;
    let (mut above, mut below) = (0_i64, 0_i64);
    walk(current, reference, |at| {
        let difference = at.difference(n, m);
        above = above.max(difference);
        below = below.min(difference);
    });
    let product = n as f64 * m as f64;
    let statistic = (above - below) as f64 / product;
    let root = (product / (n + m) as f64).sqrt();
    let p_value = limit_sf((root + 0.155 + 0.24 / root) * statistic);
    Ok(Kuiper { statistic, p_value })
}

/// Kuiper's limiting distribution: the probability of more than `x`.
fn limit_sf(x: f64) -> f64 {
    if x < 1.3 {
        let exponent = PI * PI / (2.0 * x * x);
        let sum: f64 = (1..=6)
            .map(|k| f64::from(k * k) * (-exponent * f64::from(k * k)).exp())
            .sum();
        let below = if sum > 0.0 {
            (2.0 * PI).sqrt() * PI * PI / (x * x * x) * sum
        } else {
            0.0
        };
        return 1.0 - below;
    }
    let square = x * x;
    (1..=6)
        .map(|j| {
            let j2 = f64::from(j * j);
            2.0 * (4.0 * j2 * square - 1.0) * (-2.0 * j2 * square).exp()
        })
        .sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Sample;
    use crate::samples::Sorted;

    #[test]
    fn percentage_points_of_stephens() {
        // Table 1 of Stephens (1970): upper tail points of the modified V.
        for (point, p) in [(1.620, 0.10), (1.747, 0.05), (1.862, 0.025), (2.001, 0.01)] {
            assert!((limit_sf(point) / p - 1.0).abs() < 5e-3, "{point}");
        }
    }

    #[test]
    fn both_series_are_one_function() {
        let (left, right) = (limit_sf(1.299_999_999_999_9), limit_sf(1.3));
        assert!((left / right - 1.0).abs() < 1e-11);
        assert!((limit_sf(0.0) - 1.0).abs() < f64::EPSILON);
        assert!(limit_sf(40.0) < 1e-300);
    }

    #[test]
    fn a_change_of_spread_counts_on_both_sides() {
        let a = Sorted::new(&[0.0, 1.0, 8.0, 9.0], Sample::Current).unwrap();
        let b = Sorted::new(&[4.0, 5.0], Sample::Reference).unwrap();
        let found = kuiper(a.steps(), b.steps()).unwrap();
        assert!((found.statistic - 1.0).abs() < 1e-16);
    }
}
