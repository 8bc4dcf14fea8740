//! How large a difference of two samples is, whatever their sizes.
//!
//! - Cohen's d, `(mean current - mean reference) / s` with the pooled standard deviation `s`
//!   (J. Cohen, 1988).
//! - Hedges' g, `d` times `J = Γ(f/2) / (√(f/2) Γ((f-1)/2))` with `f = n + m - 2`, which takes the
//!   bias out (L. V. Hedges, 1981).
//! - the ratio of the variances, each with `n - 1`.
//! - Cliff's delta and the common-language effect size, from Mann–Whitney's U.
//!
//! Means and variances take two passes over values scaled by a power of two, so that neither
//! overflows. Relative error: 1e-13 of each moment.

use super::mann_whitney::mann_whitney;
use super::sorted::Steps;
use crate::error::KernelError;
use crate::ks_pvalue::Alternative;

/// Effect sizes of current against reference; positive where current values are larger.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct EffectSizes {
    /// Difference of the means in pooled standard deviations; 0 where both are constant and
    /// equal, infinite where both are constant and unequal, NaN with infinities or one value each.
    pub cohens_d: f64,
    /// The same without bias.
    pub hedges_g: f64,
    /// Variance of current over that of reference; NaN for 0 over 0 and with infinities.
    pub variance_ratio: f64,
    /// From -1 (all current values are smaller) to 1.
    pub cliffs_delta: f64,
    /// How often a current value is larger than a reference value, ties half.
    pub superiority: f64,
}

/// Compares two sorted samples.
///
/// # Errors
///
/// [`KernelError::Empty`]; [`KernelError::TooLarge`] for `2^31` values and more.
pub fn effect_sizes(current: Steps<'_>, reference: Steps<'_>) -> Result<EffectSizes, KernelError> {
    let ranks = mann_whitney(current, reference, Alternative::TwoSided)?;
    let (n, m) = (current.total() as f64, reference.total() as f64);
    let scale = scale(current, reference);
    let (mean, squares) = moments(current, n, scale);
    let (other_mean, other_squares) = moments(reference, m, scale);
    let freedom = n + m - 2.0;
    let pooled = ((squares + other_squares) / freedom).sqrt();
    let difference = mean - other_mean;
    let cohens_d = if difference == 0.0 && pooled == 0.0 {
        0.0
    } else {
        difference / pooled
    };
    Ok(EffectSizes {
        cohens_d,
        hedges_g: cohens_d * unbiasing(freedom),
        variance_ratio: (squares / (n - 1.0)) / (other_squares / (m - 1.0)),
        cliffs_delta: ranks.cliffs_delta,
        superiority: ranks.superiority,
    })
}

/// A power of two that brings the largest magnitude close to 1; NaN where there are infinities.
fn scale(current: Steps<'_>, reference: Steps<'_>) -> f64 {
    let ends = [current.values, reference.values];
    let ends = ends
        .iter()
        .flat_map(|values| [values.first(), values.last()]);
    let largest = ends.flatten().fold(0.0_f64, |most, v| most.max(v.abs()));
    if largest.is_infinite() {
        return f64::NAN;
    }
    let exponent = (largest.to_bits() >> 52).clamp(1, 2045);
    f64::from_bits((2046 - exponent) << 52)
}

/// The mean of the scaled values and the sum of their squared differences from it.
fn moments(steps: Steps<'_>, total: f64, scale: f64) -> (f64, f64) {
    let first = steps.values.first().copied().unwrap_or(0.0) * scale;
    // Relative to the first value, so that a constant sample has exactly its value as the mean.
    let shifted = || steps.counted().map(|(v, k)| (v * scale - first, k as f64));
    let mean = shifted().map(|(v, k)| v * k).sum::<f64>() / total;
    let (mut squares, mut rest) = (0.0, 0.0);
    for (v, k) in shifted() {
        let d = v - mean;
        squares += k * d * d;
        rest += k * d;
    }
    (first + mean, (squares - rest * rest / total).max(0.0))
}

/// `J = Γ(f/2) / (√(f/2) Γ((f-1)/2))`, for `f >= 2`; NaN below.
fn unbiasing(freedom: f64) -> f64 {
    if freedom < 2.0 {
        return f64::NAN;
    }
    // Γ(x + 1/2) / (√x Γ(x)) by its series at x = (f - 1) / 2, steps up where x is small:
    // ratio(x) = ratio(x + 1) √(x (x + 1)) / (x + 1/2).
    let (mut x, mut factor) = ((freedom - 1.0) / 2.0, 1.0);
    while x < 40.0 {
        factor *= (x * (x + 1.0)).sqrt() / (x + 0.5);
        x += 1.0;
    }
    let r = 1.0 / x;
    let series = 1.0
        + r * (-1.0 / 8.0
            + r * (1.0 / 128.0
                + r * (5.0 / 1024.0
                    + r * (-21.0 / 32_768.0
                        + r * (-399.0 / 262_144.0 + r * 869.0 / 4_194_304.0)))));
    factor * series * ((freedom - 1.0) / freedom).sqrt()
}

#[cfg(test)]
#[expect(clippy::float_cmp, reason = "what is compared is exact")]
mod tests {
    use super::*;
    use crate::error::Sample;
    use crate::samples::Sorted;

    fn run(current: &[f64], reference: &[f64]) -> EffectSizes {
        let a = Sorted::new(current, Sample::Current).unwrap();
        let b = Sorted::new(reference, Sample::Reference).unwrap();
        effect_sizes(a.steps(), b.steps()).unwrap()
    }

    #[test]
    fn the_correction_of_hedges() {
        // f = 2: Γ(1) / Γ(1/2) = 1/√π; f = 3: 1 / (√1.5 ...) = Γ(3/2) / (√1.5 Γ(1)).
        let root_pi = std::f64::consts::PI.sqrt();
        assert!((unbiasing(2.0) * root_pi - 1.0).abs() < 1e-14);
        assert!((unbiasing(3.0) / (root_pi / 2.0 / 1.5_f64.sqrt()) - 1.0).abs() < 1e-14);
        assert!((unbiasing(1e9) - 1.0).abs() < 1e-9);
    }

    #[test]
    fn constants() {
        let equal = run(&[3.1; 4], &[3.1; 7]);
        assert_eq!(
            (equal.cohens_d, equal.hedges_g, equal.superiority),
            (0.0, 0.0, 0.5)
        );
        assert!(equal.variance_ratio.is_nan());
        assert_eq!(run(&[3.0; 4], &[2.0; 7]).cohens_d, f64::INFINITY);
        assert!(run(&[3.0, f64::INFINITY], &[2.0, 1.0]).cohens_d.is_nan());
    }

    #[test]
    fn scale_changes_nothing() {
        let (a, b) = ([1.0, 2.0, 4.0], [2.0, 3.0, 7.0]);
        let plain = run(&a, &b);
        // Sum of squares 14/3 and 14 over 4: s^2 = 14/3; means 7/3 and 4.
        assert!((plain.cohens_d + (5.0 / 3.0) / (14.0_f64 / 3.0).sqrt()).abs() < 1e-15);
        assert!((plain.variance_ratio - 1.0 / 3.0).abs() < 1e-15);
        for power in [1000, -1000] {
            let s = 2.0_f64.powi(power);
            assert_eq!(run(&a.map(|v| v * s), &b.map(|v| v * s)), plain);
        }
    }
}
