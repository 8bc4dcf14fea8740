//! Two count vectors over the same categories or bins: how far apart, and is it chance?
//!
//! With `p = c / N` and `q = r / M` the shares, [`compare_counts`] computes in one pass
//!
//! - `kl`: `Σ p ln(p / q)` of the smoothed shares, current from reference, in nats; S. Kullback
//!   and R. A. Leibler (1951). Peer: `scipy.stats.entropy`.
//! - `psi`: `Σ (p - q) ln(p / q)` of the smoothed shares, the population stability index in nats,
//!   which is the symmetric divergence of H. Jeffreys (1946).
//! - `js`: `½ Σ p ln(p / m) + ½ Σ q ln(q / m)` with `m = (p + q) / 2`, in nats, of the shares as
//!   they are; J. Lin (1991). From 0 to ln 2. Peer: the square of
//!   `scipy.spatial.distance.jensenshannon`.
//! - `hellinger`: `sqrt(½ Σ (√p - √q)²)`, from 0 to 1; E. Hellinger (1909).
//! - `total_variation`: `½ Σ |p - q|`, from 0 to 1: the share that would have to change category.
//! - `chi_square`: Pearson's statistic of the 2 × k table (K. Pearson, 1900), no category merged.
//!   Peer: `scipy.stats.chi2_contingency(correction=False)`.
//! - `g`: `2 Σ O ln(O / E)` of the same table, the likelihood ratio test of homogeneity
//!   (S. S. Wilks, 1938). Peer: `chi2_contingency(lambda_="log-likelihood", correction=False)`.
//!
//! All of them come from the whole number `c M - r N`, so that nothing cancels where the shares
//! are close. Relative error of each: a few units in the last place per category, at most 1e-13
//! over a thousand categories.

mod chi_square;
mod kl;
mod sums;

pub use chi_square::{ChiSquare, chi_square_test};
pub use kl::{KlComparison, kl_divergence};

use crate::error::{KernelError, Sample};
use crate::gamma::chi_square_sf;

/// What stands in for a share of nothing in `kl` and `psi`; the other measures need no such rule.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Smoothing {
    /// `a` is added to the count of every listed category on both sides:
    /// `p = (c + a) / (N + a k)`. 1/2 is the prior of H. Jeffreys, 1 that of Laplace, 0 none:
    /// a share of nothing then gives infinity.
    PseudoCount(f64),
    /// A share below the floor counts as the floor, and the others are left as they are, as is
    /// usual in credit scoring (often 1e-4). The shares then add up to more than 1, and `kl` is
    /// the generalised divergence `Σ p ln(p / q) - p + q`. A category that is empty on both sides
    /// adds nothing.
    Floor(f64),
}

impl Default for Smoothing {
    fn default() -> Self {
        Self::PseudoCount(0.5)
    }
}

/// All distances between two count vectors.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CountDistances {
    /// Kullback–Leibler divergence of the smoothed shares, current from reference, in nats.
    pub kl: f64,
    /// Jensen–Shannon divergence (no square root) of the shares, in nats, from 0 to ln 2.
    pub js: f64,
    /// Population stability index of the smoothed shares, in nats.
    pub psi: f64,
    /// Hellinger distance, from 0 to 1.
    pub hellinger: f64,
    /// Total variation distance, from 0 to 1.
    pub total_variation: f64,
    /// Pearson's chi-square statistic, no category merged.
    pub chi_square: f64,
    /// The likelihood ratio statistic G.
    pub g: f64,
    /// Degrees of freedom of `chi_square` and `g`: categories that occur on either side, less one.
    pub dof: u64,
    /// The smallest expected count of a category that occurs; both tests want 5 or more.
    pub smallest_expected: f64,
    /// Sum of the current counts.
    pub n_current: u64,
    /// Sum of the reference counts.
    pub n_reference: u64,
}

impl CountDistances {
    /// `P(chi-square with dof > chi_square)`.
    #[must_use]
    pub fn chi_square_p_value(&self) -> f64 {
        chi_square_sf(self.chi_square, self.dof)
    }

    /// `P(chi-square with dof > g)`.
    #[must_use]
    pub fn g_p_value(&self) -> f64 {
        chi_square_sf(self.g, self.dof)
    }

    /// Cramér's V, `sqrt(chi_square / (N + M))`: the effect size of the 2 × k table, from 0 to 1.
    #[must_use]
    pub fn cramers_v(&self) -> f64 {
        cramers_v(self.chi_square, self.n_current + self.n_reference)
    }
}

fn cramers_v(chi_square: f64, all: u64) -> f64 {
    (chi_square / all as f64).sqrt().min(1.0)
}

/// Compares two vectors of counts, one for each category, in the same order.
///
/// A category that is empty on both sides takes part in a pseudo-count, as a category that could
/// have occurred, and in nothing else.
///
/// # Errors
///
/// [`KernelError::LengthMismatch`]; [`KernelError::PseudoCount`] and [`KernelError::Floor`] for a
/// smoothing that is negative, NaN or too large; [`KernelError::Empty`] for counts that add up to
/// 0; [`KernelError::TooLarge`] where all counts together are beyond 62 bits.
pub fn compare_counts(
    current: &[u64],
    reference: &[u64],
    smoothing: Smoothing,
) -> Result<CountDistances, KernelError> {
    match smoothing {
        Smoothing::PseudoCount(value) if !(value.is_finite() && value >= 0.0) => {
            return Err(KernelError::PseudoCount { value });
        }
        Smoothing::Floor(value) if !(0.0..1.0).contains(&value) => {
            return Err(KernelError::Floor { value });
        }
        _ => {}
    }
    let (n, m) = totals(current, reference)?;
    let sums = sums::sums(current, reference, n, m, smoothing);
    let product = n as f64 * m as f64;
    let dof = sums.occupied - 1;
    let smaller = n.min(m) as f64 / (n + m) as f64;
    Ok(CountDistances {
        kl: sums.kl,
        js: sums.js.min(std::f64::consts::LN_2),
        psi: sums.psi,
        hellinger: (sums.hellinger / (2.0 * product)).sqrt().min(1.0),
        total_variation: sums.moved as f64 / (2.0 * product),
        chi_square: sums.chi_square / product,
        g: 2.0 * sums.g,
        dof,
        smallest_expected: sums.rarest as f64 * smaller,
        n_current: n,
        n_reference: m,
    })
}

/// The sums of both sides, if the vectors can be compared.
fn totals(current: &[u64], reference: &[u64]) -> Result<(u64, u64), KernelError> {
    if current.len() != reference.len() {
        let (current, reference) = (current.len(), reference.len());
        return Err(KernelError::LengthMismatch { current, reference });
    }
    let n = total(current, Sample::Current)?;
    let m = total(reference, Sample::Reference)?;
    match n.checked_add(m) {
        Some(all) if all < 1 << 62 => Ok((n, m)),
        _ => Err(KernelError::TooLarge),
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
    use proptest::prelude::*;
    use std::f64::consts::LN_2;

    fn close(got: f64, want: f64, what: &str) {
        let both_infinite = got.is_infinite() && want.is_infinite();
        let equal = (got - want).abs() <= 1e-12 * want.abs().max(1e-3);
        assert!(equal || both_infinite, "{what}: {got:e}, not {want:e}");
    }

    #[test]
    fn nothing_in_common_is_the_top_of_every_range() {
        let found = compare_counts(&[7, 0], &[0, 9], Smoothing::default()).unwrap();
        close(found.js, LN_2, "js");
        close(found.hellinger, 1.0, "hellinger");
        close(found.total_variation, 1.0, "total variation");
        close(found.chi_square, 16.0, "chi-square");
        close(found.cramers_v(), 1.0, "Cramér's V");
        let bare = compare_counts(&[7, 0], &[0, 9], Smoothing::PseudoCount(0.0)).unwrap();
        assert!(bare.kl.is_infinite() && bare.psi.is_infinite());
    }

    #[test]
    fn the_floor_is_the_rule_of_credit_scoring() {
        let found = compare_counts(&[50, 50, 0], &[100, 0, 0], Smoothing::Floor(1e-4)).unwrap();
        let want = (0.5 - 1.0) * 0.5_f64.ln() + (0.5 - 1e-4) * (0.5_f64 / 1e-4).ln();
        close(found.psi, want, "psi");
    }

    #[test]
    fn refused_smoothing() {
        for value in [-0.1, 1.0, f64::NAN, f64::INFINITY] {
            let floor = compare_counts(&[1], &[1], Smoothing::Floor(value));
            assert!(matches!(floor, Err(KernelError::Floor { .. })), "{value}");
        }
    }

    fn counts() -> impl Strategy<Value = Vec<(u64, u64)>> {
        let count = || prop_oneof![Just(0_u64), 0_u64..50, 0_u64..10_000_000_000];
        prop::collection::vec((count(), count()), 1..40).prop_filter("empty", |pairs| {
            pairs.iter().any(|p| p.0 > 0) && pairs.iter().any(|p| p.1 > 0)
        })
    }

    proptest! {
        /// Every measure against its formula as it stands in the literature.
        #[test]
        fn textbook_formulas(pairs in counts(), a in prop_oneof![Just(0.0), 0.01_f64..3.0]) {
            let (c, r): (Vec<u64>, Vec<u64>) = pairs.iter().copied().unzip();
            let found = compare_counts(&c, &r, Smoothing::PseudoCount(a)).unwrap();
            let (n, m) = (c.iter().sum::<u64>() as f64, r.iter().sum::<u64>() as f64);
            let k = c.len() as f64;
            let xlogy = |x: f64, y: f64| if x == 0.0 { 0.0 } else { x * y.ln() };
            let (mut kl, mut psi, mut js, mut h, mut chi, mut g) = (0.0, 0.0, 0.0, 0.0, 0.0, 0.0);
            let (mut tv, mut least) = (0.0, f64::INFINITY);
            for &(c, r) in &pairs {
                let (c, r) = (c as f64, r as f64);
                let (p, q) = (c / n, r / m);
                let (ps, qs) = ((c + a) / (n + a * k), (r + a) / (m + a * k));
                if (ps - qs).abs() > 0.0 {
                    kl += xlogy(ps, ps / qs);
                    psi += (ps - qs) * (ps / qs).ln();
                }
                if c + r == 0.0 {
                    continue;
                }
                js += 0.5 * xlogy(p, 2.0 * p / (p + q));
                js += 0.5 * xlogy(q, 2.0 * q / (p + q));
                h += (p.sqrt() - q.sqrt()).powi(2) / 2.0;
                tv += (p - q).abs() / 2.0;
                for (observed, total) in [(c, n), (r, m)] {
                    let expected = (c + r) * total / (n + m);
                    least = f64::min(least, expected);
                    chi += (observed - expected).powi(2) / expected;
                    g += 2.0 * xlogy(observed, observed / expected);
                }
            }
            close(found.kl, kl, "kl");
            close(found.psi, psi, "psi");
            close(found.js, js, "js");
            close(found.hellinger.powi(2), h, "hellinger");
            close(found.total_variation, tv, "total variation");
            close(found.smallest_expected, least, "smallest expected count");
            // The plain formulas lose the digits of the counts themselves.
            prop_assert!((found.chi_square - chi).abs() <= 1e-9 * chi.max(1e-5 * (n + m)));
            prop_assert!((found.g - g).abs() <= 1e-9 * g.max(1e-5 * (n + m)));
        }

        /// The narrow arithmetic of small counts and the wide one of huge counts are one formula.
        #[test]
        fn scaling_both_sides_changes_no_share(pairs in counts()) {
            let (c, r): (Vec<u64>, Vec<u64>) = pairs.iter().copied().unzip();
            let scale = |side: &[u64]| side.iter().map(|x| x << 20).collect::<Vec<u64>>();
            let found = compare_counts(&c, &r, Smoothing::PseudoCount(0.0)).unwrap();
            let scaled = compare_counts(&scale(&c), &scale(&r), Smoothing::PseudoCount(0.0));
            let scaled = scaled.unwrap();
            close(scaled.kl, found.kl, "kl");
            close(scaled.js, found.js, "js");
            close(scaled.psi, found.psi, "psi");
            close(scaled.hellinger, found.hellinger, "hellinger");
            close(scaled.total_variation, found.total_variation, "total variation");
            close(scaled.chi_square / 1_048_576.0, found.chi_square, "chi-square");
            close(scaled.g / 1_048_576.0, found.g, "g");
        }
    }
}
