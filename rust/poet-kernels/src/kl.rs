//! Two count vectors over the same categories: how far apart, and is it chance?
//!
//! - divergence `D(current ‖ reference) = Σ p ln(p / q)` in nats, S. Kullback and R. A. Leibler
//!   (1951), of the shares with a pseudo-count `a` added to every category on both sides:
//!   `p = (c + a) / (N + a k)`. With `a > 0` it is finite; 1/2 is the prior of H. Jeffreys, 1
//!   that of Laplace. Peer: `scipy.stats.entropy`.
//! - G statistic `2 Σ O ln(O / E)` of the 2 × k table of the counts themselves, the likelihood
//!   ratio test of homogeneity (S. S. Wilks, 1938), and its chi-square p-value.
//!   Peer: `scipy.stats.chi2_contingency(lambda_="log-likelihood", correction=False)`.
//! - total variation `½ Σ |c/N - r/M|`, the share of one sample that would have to change its
//!   category: the effect size that a p-value is not.

use crate::deviance::unit_deviance;
use crate::error::{KernelError, Sample};
use crate::gamma::chi_square_sf;

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
/// A category that is empty on both sides takes part in the smoothing, as a category that could
/// have occurred, and in nothing else. With `pseudo_count` 0 the divergence is infinite where a
/// current category is missing from the reference.
///
/// # Errors
///
/// [`KernelError::LengthMismatch`], [`KernelError::PseudoCount`], [`KernelError::Empty`] for
/// counts that add up to 0, and [`KernelError::TooLarge`] where all counts together are beyond
/// 62 bits.
pub fn kl_divergence(
    current: &[u64],
    reference: &[u64],
    pseudo_count: f64,
) -> Result<KlComparison, KernelError> {
    if current.len() != reference.len() {
        let (current, reference) = (current.len(), reference.len());
        return Err(KernelError::LengthMismatch { current, reference });
    }
    if !(pseudo_count.is_finite() && pseudo_count >= 0.0) {
        return Err(KernelError::PseudoCount {
            value: pseudo_count,
        });
    }
    let n = total(current, Sample::Current)?;
    let m = total(reference, Sample::Reference)?;
    let all = n
        .checked_add(m)
        .filter(|&all| all < 1 << 62)
        .ok_or(KernelError::TooLarge)?;

    let categories = current.len() as f64;
    let current_total = pseudo_count.mul_add(categories, n as f64);
    let reference_total = pseudo_count.mul_add(categories, m as f64);
    let (mut divergence, mut statistic) = (0.0, 0.0);
    let (mut occupied, mut moved) = (0_u64, 0_u128);
    for (&c, &r) in current.iter().zip(reference) {
        let p = (c as f64 + pseudo_count) / current_total;
        let q = (r as f64 + pseudo_count) / reference_total;
        divergence += divergence_term(p, q);
        if c + r == 0 {
            continue;
        }
        occupied += 1;
        // Observed less expected, times all: +excess in the current row, -excess in the other.
        let excess = i128::from(c) * i128::from(m) - i128::from(r) * i128::from(n);
        moved += excess.unsigned_abs();
        let excess = excess as f64 / all as f64;
        let share = (c + r) as f64 / all as f64;
        for (expected, excess) in [(share * n as f64, excess), (share * m as f64, -excess)] {
            statistic += 2.0 * expected * unit_deviance(excess / expected);
        }
    }
    let dof = occupied - 1;
    Ok(KlComparison {
        divergence,
        statistic,
        p_value: chi_square_sf(statistic, dof),
        dof,
        total_variation: moved as f64 / (2.0 * n as f64 * m as f64),
        n_current: n,
        n_reference: m,
    })
}

/// `p ln(p / q) - p + q`: adds up to the divergence, and no term is negative.
fn divergence_term(p: f64, q: f64) -> f64 {
    if q > 0.0 {
        q * unit_deviance((p - q) / q)
    } else if p > 0.0 {
        f64::INFINITY
    } else {
        0.0
    }
}

fn total(counts: &[u64], sample: Sample) -> Result<u64, KernelError> {
    let sum = counts
        .iter()
        .try_fold(0_u64, |sum, &count| sum.checked_add(count));
    match sum {
        None => Err(KernelError::TooLarge),
        Some(0) => Err(KernelError::Empty { sample }),
        Some(sum) => Ok(sum),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
