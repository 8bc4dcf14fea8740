//! One pass over two count vectors that adds up everything [`super::compare_counts`] reports.
//!
//! The excess `e = c M - r N` is a whole number. With it the relative differences that the
//! deviances want are quotients without cancellation:
//!
//! - smoothed shares: `p / q - 1 = (e + a (M - N + k (c - r))) / ((r + a) (N + a k))`,
//! - against their mean: `p / ((p + q) / 2) - 1 = e / (c M + r N)`,
//! - counts against expected ones: `c / E - 1 = e / ((c + r) N)`,
//! - `(√p - √q)² N M = e² / (√(c M) + √(r N))²`.

use super::Smoothing;
use crate::deviance::deviance_and_log;

#[derive(Debug, Clone, Copy, Default)]
pub struct Sums {
    /// `Σ p ln(p / q) - p + q` of the smoothed shares.
    pub kl: f64,
    /// `Σ (p - q) ln(p / q)` of the smoothed shares.
    pub psi: f64,
    /// The Jensen–Shannon divergence.
    pub js: f64,
    /// `N M Σ (√p - √q)²`.
    pub hellinger: f64,
    /// `Σ e² / (c + r)`.
    pub chi_square: f64,
    /// `Σ O ln(O / E)`.
    pub g: f64,
    /// `Σ |e|`.
    pub moved: u128,
    /// Categories that occur on either side.
    pub occupied: u64,
    /// The smallest `c + r` that is not 0.
    pub rarest: u64,
}

/// Categories handled at a time, so that each step is a loop of vector instructions.
const BLOCK: usize = 32;

/// One number for each category of a block.
type Block = [f64; BLOCK];

/// Adds up; `n` and `m` are the sums of the counts, together below `2^62`.
pub fn sums(current: &[u64], reference: &[u64], n: u64, m: u64, smoothing: Smoothing) -> Sums {
    let mut sums = Sums {
        rarest: u64::MAX,
        ..Sums::default()
    };
    let wide = u128::from(n) * u128::from(m) >= 1 << 62;
    let terms = Terms::new(n, m, current.len(), smoothing);
    let (mut c, mut r, mut e) = ([0.0; BLOCK], [0.0; BLOCK], [0.0; BLOCK]);
    for (current, reference) in current.chunks(BLOCK).zip(reference.chunks(BLOCK)) {
        let mut moved = 0_u64;
        for (i, (&a, &b)) in current.iter().zip(reference).enumerate() {
            let both = a + b;
            sums.occupied += u64::from(both > 0);
            sums.rarest = sums.rarest.min(both.wrapping_sub(1));
            c[i] = a.cast_signed() as f64;
            r[i] = b.cast_signed() as f64;
            e[i] = if wide {
                let excess = i128::from(a) * i128::from(m) - i128::from(b) * i128::from(n);
                sums.moved += excess.unsigned_abs();
                excess as f64
            } else {
                let excess = (a * m).cast_signed() - (b * n).cast_signed();
                moved += excess.unsigned_abs();
                excess as f64
            };
        }
        sums.moved += u128::from(moved);
        terms.add(&c, &r, &e, current.len(), &mut sums);
    }
    sums.rarest = sums.rarest.wrapping_add(1);
    sums
}

/// What is the same for every category.
struct Terms {
    n: f64,
    m: f64,
    /// Added to every count.
    pseudo: f64,
    /// Sums of the smoothed counts.
    n_smoothed: f64,
    m_smoothed: f64,
    /// `a (M - N)` and `a k`.
    shift: f64,
    slope: f64,
    per_m_smoothed: f64,
    /// `1 / (4 N M)`, `1 / N`, `1 / M`, `(N + M) / N` and `(N + M) / M`.
    quarter: f64,
    per_n: f64,
    per_m: f64,
    all_per_n: f64,
    all_per_m: f64,
    /// `N / (N + M)` and `M / (N + M)`.
    n_share: f64,
    m_share: f64,
    floor: Option<f64>,
}

impl Terms {
    fn new(n: u64, m: u64, categories: usize, smoothing: Smoothing) -> Self {
        let (pseudo, floor) = match smoothing {
            Smoothing::PseudoCount(a) => (a, None),
            Smoothing::Floor(floor) => (0.0, Some(floor)),
        };
        let slope = pseudo * categories as f64;
        let (nf, mf) = (n as f64, m as f64);
        Self {
            n: nf,
            m: mf,
            pseudo,
            n_smoothed: nf + slope,
            m_smoothed: mf + slope,
            shift: pseudo * (m.cast_signed() - n.cast_signed()) as f64,
            slope,
            per_m_smoothed: 1.0 / (mf + slope),
            quarter: 0.25 / (nf * mf),
            per_n: 1.0 / nf,
            per_m: 1.0 / mf,
            all_per_n: (nf + mf) / nf,
            all_per_m: (nf + mf) / mf,
            n_share: nf / (nf + mf),
            m_share: mf / (nf + mf),
            floor,
        }
    }

    /// Adds the first `len` categories of a block.
    fn add(&self, c: &Block, r: &Block, e: &Block, len: usize, sums: &mut Sums) {
        let mut terms = [[0.0; BLOCK]; 6];
        #[cfg(target_arch = "x86_64")]
        if std::arch::is_x86_feature_detected!("avx2") {
            // SAFETY: the CPU has just been asked whether it has AVX2.
            unsafe { self.terms_avx2(c, r, e, &mut terms) };
        } else {
            self.terms(c, r, e, &mut terms);
        }
        #[cfg(not(target_arch = "x86_64"))]
        self.terms(c, r, e, &mut terms);
        let [kl, psi, js, hellinger, chi_square, g] = &terms;
        for i in 0..len {
            sums.kl += kl[i];
            sums.psi += psi[i];
            sums.js += js[i];
            sums.hellinger += hellinger[i];
            sums.chi_square += chi_square[i];
            sums.g += g[i];
        }
    }

    /// The same instructions four at a time: the same bits, in a third of the time.
    #[cfg(target_arch = "x86_64")]
    #[target_feature(enable = "avx2")]
    fn terms_avx2(&self, c: &Block, r: &Block, e: &Block, terms: &mut [Block; 6]) {
        self.terms(c, r, e, terms);
    }

    #[inline(always)]
    fn terms(&self, c: &Block, r: &Block, e: &Block, terms: &mut [Block; 6]) {
        let [kl, psi, js, hellinger, chi_square, g] = terms;
        match self.floor {
            None => {
                for i in 0..BLOCK {
                    (kl[i], psi[i]) = self.pseudo_counted(c[i], r[i], e[i]);
                }
            }
            Some(floor) => {
                for i in 0..BLOCK {
                    (kl[i], psi[i]) = self.floored(c[i], r[i], floor);
                }
            }
        }
        for i in 0..BLOCK {
            (js[i], hellinger[i]) = self.against_the_mean(c[i], r[i], e[i]);
        }
        for i in 0..BLOCK {
            (chi_square[i], g[i]) = self.against_expected(c[i], r[i], e[i]);
        }
    }

    /// The terms of `js` and `hellinger`; 0 for a category that is empty on both sides.
    #[inline(always)]
    fn against_the_mean(&self, c: f64, r: f64, excess: f64) -> (f64, f64) {
        let (a, b) = (c * self.m, r * self.n);
        let inverse = 1.0 / (a + b);
        let x = excess * inverse;
        let (up, _) = deviance_and_log(x, 2.0 * a * inverse);
        let (down, _) = deviance_and_log(-x, 2.0 * b * inverse);
        // (p + q) / 2, times the mean of the two deviances.
        let js = (a + b) * self.quarter * (up + down);
        let hellinger = excess * excess / (a + b + 2.0 * (a * b).sqrt());
        if a + b > 0.0 {
            (js, hellinger)
        } else {
            (0.0, 0.0)
        }
    }

    /// The terms of `chi_square` and `g`; 0 for a category that is empty on both sides.
    #[inline(always)]
    fn against_expected(&self, c: f64, r: f64, excess: f64) -> (f64, f64) {
        let both = c + r;
        let inverse = 1.0 / both;
        let x = excess * inverse;
        let (in_current, _) = deviance_and_log(x * self.per_n, c * inverse * self.all_per_n);
        let (in_reference, _) = deviance_and_log(-x * self.per_m, r * inverse * self.all_per_m);
        let g = both * (in_current * self.n_share + in_reference * self.m_share);
        if both > 0.0 {
            (excess * x, g)
        } else {
            (0.0, 0.0)
        }
    }

    /// The terms of the divergence and of the stability index under a pseudo-count.
    #[inline(always)]
    fn pseudo_counted(&self, c: f64, r: f64, excess: f64) -> (f64, f64) {
        let (c_smoothed, r_smoothed) = (c + self.pseudo, r + self.pseudo);
        let excess = excess + (self.shift + self.slope * (c - r));
        let inverse = 1.0 / (r_smoothed * self.n_smoothed);
        let x = excess * inverse;
        let (deviance, log) = deviance_and_log(x, c_smoothed * self.m_smoothed * inverse);
        let q = r_smoothed * self.per_m_smoothed;
        let kl = q * deviance;
        let psi = if x == 0.0 { 0.0 } else { q * x * log };
        if r_smoothed > 0.0 {
            (kl, psi)
        } else if c_smoothed > 0.0 {
            (f64::INFINITY, f64::INFINITY)
        } else {
            (0.0, 0.0)
        }
    }

    fn floored(&self, c: f64, r: f64, floor: f64) -> (f64, f64) {
        if c + r == 0.0 {
            return (0.0, 0.0);
        }
        let (p, q) = ((c / self.n).max(floor), (r / self.m).max(floor));
        if q > 0.0 {
            let (deviance, log) = deviance_and_log((p - q) / q, p / q);
            (q * deviance, (p - q) * log)
        } else {
            (f64::INFINITY, f64::INFINITY)
        }
    }
}

#[cfg(all(test, target_arch = "x86_64"))]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        /// Otherwise two machines would disagree in the last digits.
        #[test]
        fn vector_instructions_change_no_bit(
            counts in prop::collection::vec((0_u64..9_000, prop_oneof![Just(0_u64), 0_u64..9_000]), BLOCK),
            smoothing in prop_oneof![
                (0.0_f64..2.0).prop_map(Smoothing::PseudoCount),
                (0.0_f64..0.1).prop_map(Smoothing::Floor),
            ],
        ) {
            let (c, r): (Vec<u64>, Vec<u64>) = counts.into_iter().unzip();
            let (n, m) = (c.iter().sum::<u64>() + 1, r.iter().sum::<u64>() + 1);
            let float = |side: &[u64]| -> Block { std::array::from_fn(|i| side[i] as f64) };
            let (cf, rf) = (float(&c), float(&r));
            let e = std::array::from_fn(|i| cf[i] * m as f64 - rf[i] * n as f64);
            let terms = Terms::new(n, m, BLOCK, smoothing);
            let (mut plain, mut vector) = ([[0.0; BLOCK]; 6], [[0.0; BLOCK]; 6]);
            terms.terms(&cf, &rf, &e, &mut plain);
            if std::arch::is_x86_feature_detected!("avx2") {
                // SAFETY: the CPU has just been asked whether it has AVX2.
                unsafe { terms.terms_avx2(&cf, &rf, &e, &mut vector) };
                let bits = |blocks: [Block; 6]| blocks.map(|block| block.map(f64::to_bits));
                prop_assert_eq!(bits(plain), bits(vector));
            }
        }
    }
}
