//! The divergence, the G-test and the total variation of two count vectors, as one result.

use super::{Smoothing, compare_counts};
use crate::error::KernelError;

/// What the comparison found.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct KlComparison {
    /// Smoothed Kullback–Leibler divergence in nats, never negative.
    pub divergence: f64,
    /// The G statistic.
    pub statistic: f64,
    /// `P(chi-square > statistic)`.
    pub p_value: f64,
    /// Categories that occur on either side, less one.
    pub dof: u64,
    /// From 0 (equal shares) to 1 (no category in common).
    pub total_variation: f64,
    /// Sum of the current counts.
    pub n_current: u64,
    /// Sum of the reference counts.
    pub n_reference: u64,
}

/// Compares counts per category; `pseudo_count` is added to each of the listed categories.
///
/// With `pseudo_count` 0 the divergence is infinite where a current category is missing from the
/// reference.
///
/// # Errors
///
/// Those of [`compare_counts`].
pub fn kl_divergence(
    current: &[u64],
    reference: &[u64],
    pseudo_count: f64,
) -> Result<KlComparison, KernelError> {
    let found = compare_counts(current, reference, Smoothing::PseudoCount(pseudo_count))?;
    Ok(KlComparison {
        divergence: found.kl,
        statistic: found.g,
        p_value: found.g_p_value(),
        dof: found.dof,
        total_variation: found.total_variation,
        n_current: found.n_current,
        n_reference: found.n_reference,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Sample;

    #[test]
    fn equal_shares_are_no_distance() {
        let found = kl_divergence(&[10, 20, 0], &[5, 10, 0], 0.0).unwrap();
        assert_eq!((found.dof, found.n_current, found.n_reference), (1, 30, 15));
        for zero in [found.divergence, found.statistic, found.total_variation] {
            assert!(zero.abs() < f64::MIN_POSITIVE);
        }
        assert!((found.p_value - 1.0).abs() < 1e-16);
    }

    #[test]
    fn nothing_in_common() {
        let found = kl_divergence(&[7, 0], &[0, 7], 0.5).unwrap();
        assert!((found.total_variation - 1.0).abs() < 1e-16);
        assert!(found.divergence.is_finite());
        // Each of the 14 observations carries ln 2.
        assert!((found.statistic - 28.0 * std::f64::consts::LN_2).abs() < 1e-13);
        assert!(
            kl_divergence(&[7, 0], &[0, 7], 0.0)
                .unwrap()
                .divergence
                .is_infinite()
        );
    }

    #[test]
    fn tiny_shifts_of_huge_counts_keep_their_digits() {
        let n = 1_u64 << 50;
        let found = kl_divergence(&[n + 1, n - 1], &[n, n], 0.0).unwrap();
        // Leading term of the divergence: half the squared relative shift.
        let shift = 1.0 / n as f64;
        assert!((found.divergence / (shift * shift / 2.0) - 1.0).abs() < 1e-12);
    }

    #[test]
    fn what_it_refuses() {
        let lengths = KernelError::LengthMismatch {
            current: 1,
            reference: 2,
        };
        assert_eq!(kl_divergence(&[1], &[1, 2], 0.5), Err(lengths));
        let empty = KernelError::Empty {
            sample: Sample::Reference,
        };
        assert_eq!(kl_divergence(&[1], &[0], 0.5), Err(empty));
        assert_eq!(
            kl_divergence(&[u64::MAX, 1], &[1, 1], 0.5),
            Err(KernelError::TooLarge)
        );
        assert_eq!(
            kl_divergence(&[1 << 61], &[1 << 61], 0.5),
            Err(KernelError::TooLarge)
        );
        for pseudo in [-0.5, f64::INFINITY, f64::NAN] {
            let refused = kl_divergence(&[1], &[1], pseudo);
            assert!(
                matches!(refused, Err(KernelError::PseudoCount { .. })),
                "{pseudo}"
            );
        }
    }
}
