//! How far the category counts of a sliding window are from those of a reference.
//!
//! Shares are `p = (c + a) / (n + a k)` of the window and `q = (r + a) / (N + a k)` of the
//! reference, with a pseudo-count `a` for each of the `k` categories; for the Jensen–Shannon
//! divergence, which no empty category makes infinite, without one. After every value:
//!
//! - Kullback–Leibler divergence, current from reference: `Σ p ln(p / q)`, in nats, 0 or more;
//! - population stability index: `Σ (p - q) ln(p / q)`, 0 or more;
//! - Jensen–Shannon divergence: `½ Σ p ln(p / m) + ½ Σ q ln(q / m)` with `m = (p + q) / 2`, in
//!   nats, from 0 to ln 2 (the square of `scipy.spatial.distance.jensenshannon`).
//!
//! A value that replaces another changes the terms of two categories. Terms are kept as whole
//! multiples of 2^-96, in which adding and taking away is exact: after any number of values the
//! sums are those that a fresh start would give, bit for bit. Each term is written as in
//! [`crate::deviance`], so that windows close to the reference keep their digits.
//!
//! Sources: S. Kullback and R. A. Leibler (1951); H. Jeffreys (1946), whose divergence the
//! population stability index is; J. Lin (1991).

use super::state::{Kind, Reader, Writer, refused};
use crate::deviance::unit_deviance;
use crate::error::{KernelError, Sample};

/// 2^96: the terms' unit is 1.3e-29, and 2^31 of room is left above it.
const UNIT: f64 = 79_228_162_514_264_337_593_543_950_336.0;

/// The three distances; NaN where the window holds too few values.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Distances {
    /// Kullback–Leibler divergence, current from reference, in nats.
    pub kl: f64,
    /// Population stability index.
    pub psi: f64,
    /// Jensen–Shannon divergence in nats.
    pub js: f64,
}

const UNKNOWN: Distances = Distances {
    kl: f64::NAN,
    psi: f64::NAN,
    js: f64::NAN,
};

/// A sum in whole units, and how many infinite terms stand beside it.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
struct Sum {
    units: i128,
    infinite: i64,
}

impl Sum {
    fn of(term: f64) -> Self {
        if term.is_finite() {
            let units = (term * UNIT) as i128;
            Self { units, infinite: 0 }
        } else {
            Self {
                units: 0,
                infinite: 1,
            }
        }
    }

    fn plus(self, new: Self, old: Self) -> Self {
        Self {
            units: self.units + new.units - old.units,
            infinite: self.infinite + new.infinite - old.infinite,
        }
    }

    fn value(self) -> f64 {
        if self.infinite > 0 {
            f64::INFINITY
        } else {
            (self.units as f64 / UNIT).max(0.0)
        }
    }
}

/// A window over a stream of category codes.
#[derive(Debug, Clone, PartialEq)]
pub struct SlidingCounts {
    reference: Vec<u64>,
    pseudo_count: f64,
    window: usize,
    min_size: usize,
    ring: Vec<u32>,
    oldest: usize,
    counts: Vec<u64>,
    missing: u64,
    /// Of each category: its share of the reference, with the pseudo-count and without.
    shares: Vec<[f64; 2]>,
    /// Of each category: what it adds to each sum.
    terms: Vec<[Sum; 3]>,
    sums: [Sum; 3],
}

impl SlidingCounts {
    /// A window without values over the categories `0..reference.len()`.
    ///
    /// # Errors
    ///
    /// [`KernelError::Setting`], [`KernelError::PseudoCount`], [`KernelError::Empty`] for a
    /// reference that counts nothing, and [`KernelError::TooLarge`] where it counts 2^62 or more,
    /// or more than 2^30 categories.
    pub fn new(
        reference: &[u64],
        window: usize,
        min_size: usize,
        pseudo_count: f64,
    ) -> Result<Self, KernelError> {
        let wrong = |name, wants| Err(KernelError::Setting { name, wants });
        if window == 0 {
            return wrong("window", "a whole number of at least 1");
        }
        if !(1..=window).contains(&min_size) {
            return wrong("min_size", "a whole number from 1 to the window");
        }
        if !(pseudo_count.is_finite() && pseudo_count >= 0.0) {
            let value = pseudo_count;
            return Err(KernelError::PseudoCount { value });
        }
        let total = reference
            .iter()
            .try_fold(0_u64, |sum, &count| sum.checked_add(count))
            .filter(|&total| total < 1 << 62 && reference.len() <= 1 << 30)
            .ok_or(KernelError::TooLarge)?;
        if total == 0 {
            let sample = Sample::Reference;
            return Err(KernelError::Empty { sample });
        }
        let categories = reference.len();
        let share = |&count: &u64| shares(count, total, pseudo_count, categories);
        Ok(Self {
            pseudo_count,
            window,
            min_size,
            ring: Vec::new(),
            oldest: 0,
            counts: vec![0; reference.len()],
            missing: 0,
            shares: reference.iter().map(share).collect(),
            terms: vec![[Sum::default(); 3]; reference.len()],
            sums: [Sum::default(); 3],
            reference: reference.to_vec(),
        })
    }

    /// Takes the codes in order and calls `each` with the distances after every one. A negative
    /// code stands for a missing value: it is counted and does not enter.
    ///
    /// # Errors
    ///
    /// [`KernelError::UnknownCode`]; no code has been taken.
    pub fn push_with(
        &mut self,
        codes: &[i64],
        mut each: impl FnMut(Distances),
    ) -> Result<(), KernelError> {
        let categories = self.reference.len();
        let known = |code: i64| code < categories as i64;
        if let Some(index) = codes.iter().position(|&code| !known(code)) {
            let code = codes[index];
            return Err(KernelError::UnknownCode {
                index,
                code,
                categories,
            });
        }
        for &code in codes {
            if code < 0 {
                self.missing = self.missing.saturating_add(1);
            } else {
                self.enter(code as u32);
            }
            each(self.distances());
        }
        Ok(())
    }

    /// The distances of the window as it stands.
    #[must_use]
    pub fn distances(&self) -> Distances {
        if self.ring.len() < self.min_size {
            return UNKNOWN;
        }
        let [kl, psi, js] = self.sums.map(Sum::value);
        Distances { kl, psi, js }
    }

    /// How often each category is in the window.
    #[must_use]
    pub fn counts(&self) -> &[u64] {
        &self.counts
    }

    /// How often each category is in the reference.
    #[must_use]
    pub fn reference(&self) -> &[u64] {
        &self.reference
    }

    /// How many values the window holds.
    #[must_use]
    pub fn len(&self) -> usize {
        self.ring.len()
    }

    /// Whether the window holds no value.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.ring.is_empty()
    }

    /// How many values the window holds when full.
    #[must_use]
    pub fn window(&self) -> usize {
        self.window
    }

    /// From how many values on there are distances.
    #[must_use]
    pub fn min_size(&self) -> usize {
        self.min_size
    }

    /// What is added to each count.
    #[must_use]
    pub fn pseudo_count(&self) -> f64 {
        self.pseudo_count
    }

    /// How many missing values were left out so far.
    #[must_use]
    pub fn missing(&self) -> u64 {
        self.missing
    }

    fn enter(&mut self, code: u32) {
        self.counts[code as usize] += 1;
        if self.ring.len() < self.window {
            self.ring.push(code);
            // Every share has changed.
            if self.ring.len() >= self.min_size {
                self.refresh();
            }
            return;
        }
        let leaves = std::mem::replace(&mut self.ring[self.oldest], code);
        self.oldest = if self.oldest + 1 == self.window {
            0
        } else {
            self.oldest + 1
        };
        self.counts[leaves as usize] -= 1;
        if leaves != code {
            self.update(code as usize);
            self.update(leaves as usize);
        }
    }

    fn refresh(&mut self) {
        for category in 0..self.counts.len() {
            self.update(category);
        }
    }

    fn update(&mut self, category: usize) {
        let (count, n) = (self.counts[category], self.ring.len() as u64);
        let p = shares(count, n, self.pseudo_count, self.counts.len());
        let new = terms(p, self.shares[category]).map(Sum::of);
        let old = std::mem::replace(&mut self.terms[category], new);
        for i in 0..3 {
            self.sums[i] = self.sums[i].plus(new[i], old[i]);
        }
    }

    /// All that [`Self::resume`] needs, the reference included.
    #[must_use]
    pub fn state(&self) -> Vec<u8> {
        let mut writer = Writer::new(Kind::Counts);
        writer.put(self.window as u64);
        writer.put(self.min_size as u64);
        writer.put(self.pseudo_count);
        writer.put(self.missing);
        let (newer, older) = self.ring.split_at(self.oldest);
        writer.put_all(older.iter().chain(newer).map(|&code| u64::from(code)));
        writer.put_all(self.reference.iter().copied());
        writer.finish()
    }

    /// The window whose [`Self::state`] this is.
    ///
    /// # Errors
    ///
    /// [`KernelError::State`], and those of [`Self::new`].
    pub fn resume(bytes: &[u8]) -> Result<Self, KernelError> {
        let mut reader = Reader::new(bytes, Kind::Counts)?;
        let (window, min_size) = (reader.size()?, reader.size()?);
        let pseudo_count = reader.take::<f64>()?;
        let missing = reader.take::<u64>()?;
        let codes = reader.take_all::<u64>()?;
        let reference = reader.take_all::<u64>()?;
        reader.end()?;
        let mut sliding = Self::new(&reference, window, min_size, pseudo_count)?;
        if codes.len() > window || codes.iter().any(|&code| code >= reference.len() as u64) {
            return Err(refused("its window does not fit its reference"));
        }
        for code in codes {
            sliding.counts[code as usize] += 1;
            sliding.ring.push(code as u32);
        }
        if sliding.ring.len() >= min_size {
            sliding.refresh();
        }
        sliding.missing = missing;
        Ok(sliding)
    }
}

/// The share of a category that has `count` of `total`, with a pseudo-count and without.
fn shares(count: u64, total: u64, pseudo_count: f64, categories: usize) -> [f64; 2] {
    let (count, total) = (count as f64, total as f64);
    [
        (count + pseudo_count) / (total + pseudo_count * categories as f64),
        count / total,
    ]
}

/// What a category with these shares adds to the three sums. None is negative.
fn terms([p, plain_p]: [f64; 2], [q, plain_q]: [f64; 2]) -> [f64; 3] {
    let js = if plain_p + plain_q <= 0.0 {
        0.0
    } else {
        let apart = (plain_p - plain_q) / (plain_p + plain_q);
        0.25 * (plain_p + plain_q) * (unit_deviance(apart) + unit_deviance(-apart))
    };
    if p + q <= 0.0 {
        return [0.0, 0.0, js];
    }
    if q <= 0.0 {
        return [f64::INFINITY, f64::INFINITY, js];
    }
    let ratio = (p - q) / q;
    // p ln(p / q) - p + q: the shares add up to 1 on both sides.
    let kl = q * unit_deviance(ratio);
    let psi = if p <= 0.0 {
        f64::INFINITY
    } else {
        (p - q) * ratio.ln_1p()
    };
    [kl, psi, js]
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn pushed(sliding: &mut SlidingCounts, codes: &[i64]) -> Vec<[u64; 3]> {
        let mut found = Vec::new();
        let bits = |d: Distances| [d.kl.to_bits(), d.psi.to_bits(), d.js.to_bits()];
        sliding.push_with(codes, |d| found.push(bits(d))).unwrap();
        found
    }

    /// The definitions, category by category.
    fn plain(p: f64, q: f64) -> [f64; 3] {
        let m = f64::midpoint(p, q);
        let part = |a: f64, b: f64| if a > 0.0 { a * (a / b).ln() } else { 0.0 };
        let psi = if p + q > 0.0 {
            (p - q) * (p / q).ln()
        } else {
            0.0
        };
        [part(p, q), psi, f64::midpoint(part(p, m), part(q, m))]
    }

    proptest! {
        #[test]
        fn sums_are_those_of_a_fresh_start(
            reference in proptest::collection::vec(0_u64..9, 4..9),
            codes in proptest::collection::vec(-1_i64..4, 1..90),
            (window, least) in (1_usize..20).prop_flat_map(|w| (Just(w), 1..=w)),
            smoothed: bool,
            cut in any::<prop::sample::Index>(),
        ) {
            prop_assume!(reference.iter().sum::<u64>() > 0);
            let a = if smoothed { 0.5 } else { 0.0 };
            let mut sliding = SlidingCounts::new(&reference, window, least, a).unwrap();
            let found = pushed(&mut sliding, &codes);
            let total = reference.iter().sum::<u64>() as f64;
            for end in 1..=codes.len() {
                let present: Vec<i64> = codes[..end].iter().copied().filter(|&c| c >= 0).collect();
                let last = &present[present.len().saturating_sub(window)..];
                let [kl, psi, js] = found[end - 1].map(f64::from_bits);
                if last.len() < least {
                    prop_assert!(kl.is_nan() && psi.is_nan() && js.is_nan());
                    continue;
                }
                let mut fresh = SlidingCounts::new(&reference, window, least, a).unwrap();
                let afresh = pushed(&mut fresh, last);
                prop_assert_eq!(afresh.last(), found.get(end - 1));
                let k = reference.len() as f64;
                let mut want = [0.0; 3];
                for (i, &r) in reference.iter().enumerate() {
                    let c = last.iter().filter(|&&code| code == i as i64).count() as f64;
                    let q = (r as f64 + a) / (total + a * k);
                    let p = (c + a) / (last.len() as f64 + a * k);
                    let [kl, psi, _] = plain(p, q);
                    let [.., js] = plain(c / last.len() as f64, r as f64 / total);
                    [kl, psi, js].iter().zip(&mut want).for_each(|(t, w)| *w += t);
                }
                for (got, want) in [kl, psi, js].into_iter().zip(want) {
                    let same = got.to_bits() == want.to_bits() || (got - want).abs() < 1e-12;
                    prop_assert!(same, "{} {}", got, want);
                }
            }
            let cut = cut.index(codes.len());
            let mut first = SlidingCounts::new(&reference, window, least, a).unwrap();
            let mut halves = pushed(&mut first, &codes[..cut]);
            let mut second = SlidingCounts::resume(&first.state()).unwrap();
            halves.extend(pushed(&mut second, &codes[cut..]));
            prop_assert_eq!(halves, found);
            prop_assert_eq!(second.missing(), sliding.missing());
        }
    }

    #[test]
    fn an_unknown_code_is_refused_before_any_is_taken() {
        let mut sliding = SlidingCounts::new(&[3, 1], 2, 1, 0.5).unwrap();
        let refused = sliding.push_with(&[0, 2], |_| {});
        assert!(matches!(
            refused,
            Err(KernelError::UnknownCode { index: 1, .. })
        ));
        assert!(sliding.is_empty());
    }
}
