//! The two-sample Kuiper test: sensitive to a change of spread as much as of place.
//!
//! `V = max(F - G) + max(G - F)` (N. H. Kuiper, 1960), from whole numbers. For small samples the
//! p-value is exact (absolute error 1e-13): of all orders of `n` and `m` values, which are paths
//! on a lattice, those of a smaller range are counted, band by band. Beyond, it is the limit `Q(λ) = 2 Σ (4 j² λ² - 1) exp(-2 j² λ²)` at `λ = (√e + 0.155 + 0.24 / √e) V` with
//! `e = n m / (n + m)`, the modification of M. A. Stephens (1970), whose 5 % point is 1.747. For
//! small `λ` the same function is `1 - √(2π) π² / λ³ Σ k² exp(-π² k² / (2 λ²))` by Poisson's
//! summation. `Q` itself is within 1e-13 relative. With ties either p-value is too large.

use std::f64::consts::PI;

use super::sizes;
use super::sorted::{Steps, walk};
use crate::error::KernelError;

/// The p-value is exact while `(n m)² / gcd(n, m)` is at most this: 100 against 100 values, 31
/// against 32.
const EXACT_MAX_CELLS: u64 = 1_000_000;

/// What the test found.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Kuiper {
    /// `V`, from 0 (equal) to 1 (separated).
    pub statistic: f64,
    /// Probability of a `V` at least this large under one continuous distribution.
    pub p_value: f64,
    /// Whether the p-value is exact.
    pub exact: bool,
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
    let divisor = greatest_common_divisor(n, m);
    let exact = (n * m / divisor).saturating_mul(n * m) <= EXACT_MAX_CELLS;
    let p_value = if exact {
        let width = (above - below) / divisor.cast_signed();
        let (n, m, up, down) = (n as usize, m as usize, m / divisor, n / divisor);
        exact_sf(width, n, m, up.cast_signed(), down.cast_signed())
    } else {
        let root = (product / (n + m) as f64).sqrt();
        limit_sf((root + 0.155 + 0.24 / root) * statistic)
    };
    Ok(Kuiper {
        statistic,
        p_value,
        exact,
    })
}

/// The share of paths of `n` steps up and `m` steps down whose range is at least `width`.
fn exact_sf(width: i64, n: usize, m: usize, up: i64, down: i64) -> f64 {
    // A path of a smaller range lies in one band [low, low + width - 1] that it touches below.
    let smaller: f64 = (1 - width..=0)
        .map(|low| {
            let high = low + width - 1;
            let within = paths(low, high, n, m, up, down);
            let above = paths(low + 1, high, n, m, up, down);
            within - above
        })
        .sum();
    let total = (1..=n).fold(1.0, |total, i| total * (m + i) as f64 / i as f64);
    (1.0 - smaller / total).clamp(0.0, 1.0)
}

/// How many paths stay between `low` and `high`.
fn paths(low: i64, high: i64, n: usize, m: usize, up: i64, down: i64) -> f64 {
    if low > 0 || high < 0 {
        return 0.0;
    }
    let mut row = vec![0.0; m + 1];
    for i in 0..=n {
        for j in 0..=m {
            let height = up * i.cast_signed() as i64 - down * j.cast_signed() as i64;
            row[j] = if height < low || height > high {
                0.0
            } else if (i, j) == (0, 0) {
                1.0
            } else {
                let from_left = if j > 0 { row[j - 1] } else { 0.0 };
                from_left + if i > 0 { row[j] } else { 0.0 }
            };
        }
    }
    row[m]
}

pub(super) fn greatest_common_divisor(a: u64, b: u64) -> u64 {
    if b == 0 {
        a
    } else {
        greatest_common_divisor(b, a % b)
    }
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
    fn exact_by_enumeration() {
        for (n, m) in [(3_u32, 3_u32), (4, 6), (5, 4), (1, 7), (6, 6)] {
            let range = |bits: u32| {
                let (mut at, mut low, mut high) = (0_i64, 0_i64, 0_i64);
                for place in 0..n + m {
                    let up = bits >> place & 1 == 1;
                    at += if up { i64::from(m) } else { -i64::from(n) };
                    (low, high) = (low.min(at), high.max(at));
                }
                high - low
            };
            let orders = (0..1_u32 << (n + m)).filter(|bits| bits.count_ones() == n);
            let ranges: Vec<i64> = orders.map(range).collect();
            let divisor = greatest_common_divisor(n.into(), m.into()).cast_signed();
            let (up, down) = (i64::from(m) / divisor, i64::from(n) / divisor);
            for &own in &ranges {
                let as_wide = ranges.iter().filter(|&&other| other >= own).count();
                let want = as_wide as f64 / ranges.len() as f64;
                let got = exact_sf(own / divisor, n as usize, m as usize, up, down);
                assert!((got - want).abs() < 1e-13, "{n} {m} {own}: {got} {want}");
            }
        }
    }

    #[test]
    fn a_change_of_spread_counts_on_both_sides() {
        let a = Sorted::new(&[0.0, 1.0, 8.0, 9.0], Sample::Current).unwrap();
        let b = Sorted::new(&[4.0, 5.0], Sample::Reference).unwrap();
        let found = kuiper(a.steps(), b.steps()).unwrap();
        assert!((found.statistic - 1.0).abs() < 1e-16);
    }
}
