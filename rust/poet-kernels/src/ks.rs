//! The exact two-sample Kolmogorov–Smirnov test.
//!
//! `D = max |F_current(v) - F_reference(v)|` over all values `v`, both empirical distribution
//! functions counting values `<= v`. Times `n * m` it is a whole number, and as such it is
//! computed: no rounding decides which difference is the largest.
//!
//! Source: N. Smirnov (1939); the p-value's sources stand in `ks_pvalue/`.
//! Peer: `scipy.stats.ks_2samp`.

use crate::error::{KernelError, Sample};
use crate::extremes::Extremes;
use crate::ks_pvalue::{Alternative, PValueChoice, PValueMethod, ks_p_value_by};
use crate::order::{Ordered, sorted_keys};

/// What is tested, and how its p-value is computed.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct KsTest {
    /// Which deviation counts; any by default.
    pub alternative: Alternative,
    /// How the p-value is computed.
    pub method: PValueChoice,
    /// The level that the p-value is held against, if any: where the fast p-value could be on the
    /// wrong side of it, the precise one is computed.
    pub level: Option<f64>,
}

impl KsTest {
    /// The test of `n` current and `m` reference values whose largest difference this is; `n * m`
    /// fits in 63 bits.
    #[must_use]
    pub fn of(
        &self,
        numerator: u64,
        sign: i8,
        location: Option<f64>,
        n: u64,
        m: u64,
    ) -> KsComparison {
        let p = ks_p_value_by(self.method, numerator, n, m, self.alternative, self.level);
        KsComparison {
            numerator,
            statistic: numerator as f64 / (n * m) as f64,
            p_value: p.value,
            p_value_error: p.error,
            location: location.unwrap_or(f64::NAN),
            sign,
            method: p.method,
        }
    }
}

/// What the test found.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct KsComparison {
    /// `D * n * m`, exact; one-sided `D+ * n * m` or `D- * n * m`.
    pub numerator: u64,
    /// `D`, from 0 (equal distributions) to 1 (separated samples).
    pub statistic: f64,
    /// Probability of a `D` at least this large if both samples come from one continuous
    /// distribution; with ties it is conservative.
    pub p_value: f64,
    /// Bound of the absolute error of an asymptotic p-value, 0 for an exact one.
    pub p_value_error: f64,
    /// The smallest value at which the distance is reached; NaN where `D` is 0.
    pub location: f64,
    /// 1 where the current distribution function is the higher one there (smaller values), -1
    /// where the reference's is, 0 where `D` is 0.
    pub sign: i8,
    /// How the p-value was computed.
    pub method: PValueMethod,
}

/// Compares two samples without NaN; `-0.0` equals `0.0`, infinities are the outermost values.
///
/// Takes `O(n log n + m log m)` for the statistic and copies both samples once.
///
/// # Errors
///
/// [`KernelError::Empty`], [`KernelError::NotANumber`], and [`KernelError::TooLarge`] where
/// `n * m` is beyond 63 bits.
pub fn ks_2samp(
    current: &[f64],
    reference: &[f64],
    test: KsTest,
) -> Result<KsComparison, KernelError> {
    let current = keys_of(current, Sample::Current)?;
    let reference = keys_of(reference, Sample::Reference)?;
    let (n, m) = (current.len() as u64, reference.len() as u64);
    if n.checked_mul(m)
        .is_none_or(|cells| i64::try_from(cells).is_err())
    {
        return Err(KernelError::TooLarge);
    }
    Ok(extremes(&current, &reference).compare(n, m, test, f64::from_key))
}

/// The extremes of `i*m - j*n`, with `i` of the `n` current and `j` of the `m` reference keys at or
/// below a key.
#[expect(
    clippy::cast_possible_wrap,
    reason = "a slice has at most isize::MAX elements"
)]
fn extremes(current: &[u64], reference: &[u64]) -> Extremes {
    let (n, m) = (current.len() as i64, reference.len() as i64);
    let (mut i, mut j) = (0, 0);
    let (mut difference, mut found) = (0_i64, Extremes::default());
    // Once one sample is used up, the difference only shrinks to 0.
    while i < current.len() && j < reference.len() {
        let key = current[i].min(reference[j]);
        while i < current.len() && current[i] == key {
            difference += m;
            i += 1;
        }
        while j < reference.len() && reference[j] == key {
            difference -= n;
            j += 1;
        }
        found.record(difference, key);
    }
    found
}

/// The keys of a sample that is not empty.
fn keys_of(values: &[f64], sample: Sample) -> Result<Vec<u64>, KernelError> {
    if values.is_empty() {
        return Err(KernelError::Empty { sample });
    }
    sorted_keys(values, sample)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signed_zeros_are_one_value() {
        let found = ks_2samp(&[0.0; 9], &[-0.0; 7], KsTest::default()).unwrap();
        assert_eq!((found.numerator, found.sign), (0, 0));
        assert!(found.location.is_nan());
        assert!((found.p_value - 1.0).abs() < 1e-16);
    }

    #[test]
    fn separated_samples() {
        let found = ks_2samp(&[1.0, 2.0, 3.0], &[f64::INFINITY, 4.0], KsTest::default()).unwrap();
        assert_eq!((found.numerator, found.sign), (6, 1));
        assert!((found.location - 3.0).abs() < 1e-16);
        // 2 of the C(5, 2) = 10 interleavings are separated.
        assert!((found.p_value - 0.2).abs() < 1e-15);
        let mirrored =
            ks_2samp(&[f64::INFINITY, 4.0], &[1.0, 2.0, 3.0], KsTest::default()).unwrap();
        assert_eq!((mirrored.numerator, mirrored.sign), (6, -1));
    }

    #[test]
    fn what_it_refuses() {
        let nan = KernelError::NotANumber {
            sample: Sample::Reference,
            index: 1,
        };
        assert_eq!(
            ks_2samp(&[1.0], &[1.0, f64::NAN], KsTest::default()),
            Err(nan)
        );
        let empty = KernelError::Empty {
            sample: Sample::Current,
        };
        assert_eq!(ks_2samp(&[], &[1.0], KsTest::default()), Err(empty));
    }
}
