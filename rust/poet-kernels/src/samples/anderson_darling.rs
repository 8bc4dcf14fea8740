//! The Anderson–Darling test of two samples: it weighs the tails more than Kolmogorov–Smirnov.
//!
//! The statistic is that of F. W. Scholz and M. A. Stephens (1987) for two samples and ties at
//! midranks, their equation 7, less its mean and over its standard deviation. The p-value is read
//! off a parabola through the logarithms of their seven percentage points, from 0.25 down to
//! 0.001; beyond either end only a bound is known. Peer: `scipy.stats.anderson_ksamp`
//! (`variant="midrank"`), of which this is statistic and p-value. The peer refuses samples in which
//! all values are equal; here they are the smallest value that the statistic can take.
//!
//! With `D = m i - n j` at midranks every term is a quotient of a whole number, and the double
//! sum in the variance is `H₂(N-1) - 2 H₁(N-1) / N` with `H` the harmonic numbers. Relative error
//! of the sum before it is centred: 1e-13.

use super::sizes;
use super::sorted::{Steps, walk};
use crate::error::KernelError;

/// What a p-value at the end of a table says about the true one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bound {
    /// It is the p-value.
    None,
    /// The true p-value is this or larger.
    AtLeast,
    /// The true p-value is this or smaller.
    AtMost,
}

impl Bound {
    /// The name of the variant, in small letters.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::AtLeast => "at_least",
            Self::AtMost => "at_most",
        }
    }
}

/// What the test found.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct AndersonDarling {
    /// The standardised statistic; large values speak against one distribution.
    pub statistic: f64,
    /// Interpolated probability of a larger statistic under one distribution.
    pub p_value: f64,
    /// Whether `p_value` is only a bound.
    pub bound: Bound,
    /// `∫ (F - G)² / (H (1 - H)) dH`, the sum per `n m / (n + m)`: how far apart, whatever the sizes.
    pub effect: f64,
}

/// The first and last percentage point of Scholz and Stephens for two samples.
const SMALLEST: f64 = 0.325;
const LARGEST: f64 = 6.546;
/// The least-squares parabola through `ln p` at all seven of them, highest power first.
const PARABOLA: [f64; 3] = [
    0.018_198_094_574_111_343,
    -1.008_226_564_465_251_5,
    -1.077_770_279_820_486,
];

/// Compares two sorted samples, which need 4 values together.
///
/// # Errors
///
/// [`KernelError::Empty`]; [`KernelError::TooFew`] below 4 values; [`KernelError::TooLarge`] for
/// `2^31` values and more.
pub fn anderson_darling(
    current: Steps<'_>,
    reference: Steps<'_>,
) -> Result<AndersonDarling, KernelError> {
    let (n, m) = sizes(current, reference, super::MAX_VALUES)?;
    let all = n + m;
    if all < 4 {
        return Err(KernelError::TooFew { needed: 4 });
    }
    let mut sum = 0.0;
    walk(current, reference, |at| {
        let here = at.current_here + at.reference_here;
        let twice_below = 2 * (at.current_below + at.reference_below) + here;
        let i = m * (2 * at.current_below + at.current_here);
        let j = n * (2 * at.reference_below + at.reference_here);
        let excess = (i.cast_signed() - j.cast_signed()) as f64;
        // 0 only where all values are equal, and then there is no excess.
        let spread =
            (twice_below * (2 * all - twice_below)).cast_signed() - (all * here).cast_signed();
        if spread > 0 {
            sum += here as f64 * excess * excess / spread as f64;
        }
    });
    let (nf, mf, af) = (n as f64, m as f64, all as f64);
    let raw = (af - 1.0) / af * sum / (nf * mf);
    let statistic = (raw - 1.0) / variance(nf, mf).sqrt();
    let (p_value, bound) = if statistic < SMALLEST {
        (0.25, Bound::AtLeast)
    } else if statistic > LARGEST {
        (0.001, Bound::AtMost)
    } else {
        let [square, linear, constant] = PARABOLA;
        let ln = (square * statistic + linear) * statistic + constant;
        (ln.exp(), Bound::None)
    };
    Ok(AndersonDarling {
        statistic,
        p_value,
        bound,
        effect: raw * af / (nf * mf),
    })
}

/// The variance of the sum for two samples, equation 4 of Scholz and Stephens.
fn variance(n: f64, m: f64) -> f64 {
    let all = n + m;
    let inverse = 1.0 / n + 1.0 / m;
    let (h, squares) = harmonic(all - 1.0);
    let g = squares - 2.0 * h / all;
    let a = (4.0 * g - 6.0) + (10.0 - 6.0 * g) * inverse;
    let b = (2.0 * g - 4.0) * 4.0 + 16.0 * h + (2.0 * g - 14.0 * h - 4.0) * inverse - 8.0 * h
        + 4.0 * g
        - 6.0;
    let c = (6.0 * h + 2.0 * g - 2.0) * 4.0
        + (4.0 * h - 4.0 * g + 6.0) * 2.0
        + (2.0 * h - 6.0) * inverse
        + 4.0 * h;
    let d = (2.0 * h + 6.0) * 4.0 - 8.0 * h;
    let numerator = ((a * all + b) * all + c) * all + d;
    numerator / ((all - 1.0) * (all - 2.0) * (all - 3.0))
}

/// `Σ 1/k` and `Σ 1/k²` for `k` from 1 to `n`: added up where `n` is small, else by the series of
/// Euler and Maclaurin (DLMF 5.11.2 and its derivative), which is within 1e-16 from 100 on.
fn harmonic(n: f64) -> (f64, f64) {
    const EULER: f64 = 0.577_215_664_901_532_9;
    if n < 100.0 {
        let terms = (1..=n as u32).rev().map(|k| 1.0 / f64::from(k));
        return terms.fold((0.0, 0.0), |(one, two), r| (one + r, two + r * r));
    }
    let r = 1.0 / n;
    let r2 = r * r;
    let one = n.ln() + EULER + r / 2.0 - r2 * (1.0 / 12.0 - r2 * (1.0 / 120.0 - r2 / 252.0));
    let zeta = std::f64::consts::PI.powi(2) / 6.0;
    let two = zeta - r + r2 / 2.0 - r * r2 * (1.0 / 6.0 - r2 * (1.0 / 30.0 - r2 / 42.0));
    (one, two)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Sample;
    use crate::samples::Sorted;

    #[test]
    fn harmonic_numbers_meet() {
        for n in [99.0, 100.0, 500.0] {
            let terms = (1..=n as u32).rev().map(|k| 1.0 / f64::from(k));
            let want = terms.fold((0.0, 0.0), |(one, two), r| (one + r, two + r * r));
            let got = harmonic(n);
            assert!((got.0 / want.0 - 1.0_f64).abs() < 1e-15, "{n}");
            assert!((got.1 / want.1 - 1.0_f64).abs() < 1e-15, "{n}");
        }
    }

    #[test]
    fn the_double_sum_of_the_variance_is_harmonic() {
        let all = 23_u32;
        let double: f64 = (1..=all - 2)
            .flat_map(|i| (i + 1..all).map(move |j| 1.0 / (f64::from(all - i) * f64::from(j))))
            .sum();
        let (h, squares) = harmonic(f64::from(all - 1));
        assert!((double / (squares - 2.0 * h / f64::from(all)) - 1.0).abs() < 1e-14);
    }

    #[test]
    fn equal_values_are_the_smallest_statistic() {
        let a = Sorted::new(&[1.0; 9], Sample::Current).unwrap();
        let b = Sorted::new(&[1.0; 12], Sample::Reference).unwrap();
        let found = anderson_darling(a.steps(), b.steps()).unwrap();
        assert!(found.statistic < -1.0);
        assert_eq!((found.p_value, found.bound), (0.25, Bound::AtLeast));
    }

    #[test]
    fn three_values_are_too_few() {
        let a = Sorted::new(&[1.0], Sample::Current).unwrap();
        let b = Sorted::new(&[1.0, 2.0], Sample::Reference).unwrap();
        let refused = anderson_darling(a.steps(), b.steps());
        assert_eq!(refused, Err(KernelError::TooFew { needed: 4 }));
    }
}
