//! The two-sample Cramér–von Mises test: the mean squared difference of the distributions.
//!
//! The statistic is `T = n m / (n + m) ∫ (F - G)² dH` with `H` the distribution function of both
//! samples together (T. W. Anderson, 1962): a sum over all values of squared whole numbers, which
//! is 0 exactly where the samples have equal shares. With at most [`CVM_EXACT_MAX_SIZE`] values on
//! each side the p-value is exact, by the count of Y. Xiao, A. Gordon and A. Yakovlev (2006): the
//! share of all ways to label the values of both samples, as tied as they are, that give a `T` at
//! least as large. So it is never 0. Beyond, `T` is brought to the mean and variance of its limit
//! without ties (Anderson, 1962), which is an approximation.
//!
//! Peer without ties: `scipy.stats.cramervonmises_2samp`, whose rule for `method="auto"` this is.
//! With ties the peer puts midranks into a formula for ranks without ties. That adds a term which
//! grows with the ties: 100 against 200 equal values come out as `T` = 12.5 and p = 2e-9.
//!
//! The limit is that of the one-sample test, by the formula of N. V. Smirnov (1937),
//! `2/π Σ (-1)^(k+1) ∫ exp(-x s²/2) / sqrt(-s sin s) ds` over `(2k-1) π < s < 2k π`: integrals of
//! Chebyshev's kind, which a sum over Chebyshev nodes gives to 1e-13 relative, however small the
//! p-value. The peer's is within 1e-7, and 0 where the p-value is below about 1e-7.

use std::f64::consts::PI;

use super::kuiper::greatest_common_divisor;
use super::sizes;
use super::sorted::{Steps, walk};
use crate::error::KernelError;

/// The p-value is exact if neither sample has more values than this.
pub const CVM_EXACT_MAX_SIZE: u64 = 20;

/// What the test found.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CramerVonMises {
    /// `T`.
    pub statistic: f64,
    /// Probability of a `T` at least this large under one distribution, given the ties if exact.
    pub p_value: f64,
    /// Whether the p-value is exact.
    pub exact: bool,
}

/// Compares two sorted samples.
///
/// # Errors
///
/// [`KernelError::Empty`]; [`KernelError::TooLarge`] for `2^31` values and more.
pub fn cramer_von_mises(
    current: Steps<'_>,
    reference: Steps<'_>,
) -> Result<CramerVonMises, KernelError> {
    let (n, m) = sizes(current, reference, super::MAX_VALUES)?;
    let exact = n.max(m) <= CVM_EXACT_MAX_SIZE;
    let mut sum = 0.0;
    let mut ties = Vec::new();
    walk(current, reference, |at| {
        let difference = at.difference(n, m) as f64;
        let here = at.current_here + at.reference_here;
        sum += here as f64 * difference * difference;
        if exact {
            ties.push(here);
        }
    });
    let (pairs, all) = (n as f64 * m as f64, (n + m) as f64);
    let statistic = sum / (pairs * all * all);
    let p_value = if exact {
        // At most 40 times 400 squared: the sum is a whole number without rounding.
        exact_sf(sum as u64, n as usize, m as usize, &ties)
    } else {
        limit_sf(standardised(statistic, n as f64, m as f64))
    };
    Ok(CramerVonMises {
        statistic,
        p_value,
        exact,
    })
}

/// `T` with the mean 1/6 and the variance 1/45 of its limit; Anderson (1962), equation 15.
fn standardised(statistic: f64, n: f64, m: f64) -> f64 {
    let (all, k) = (n + m, n * m);
    let mean = (1.0 + 1.0 / all) / 6.0;
    let variance =
        (all + 1.0) * (4.0 * k * all - 3.0 * (n * n + m * m) - 2.0 * k) / (180.0 * all * all * k);
    1.0 / 6.0 + (statistic - mean) / (45.0 * variance).sqrt()
}

/// The share of all orders of `n` and `m` values whose `Σ (m i - n j)²` is at least `sum`, where
/// each of `ties` values in a row are equal: there only the last one's square counts, so often.
fn exact_sf(sum: u64, n: usize, m: usize, ties: &[u64]) -> f64 {
    let mut weights = vec![0; n + m + 1];
    let mut up_to = 0;
    for &tied in ties {
        up_to += tied as usize;
        weights[up_to] = tied;
    }
    let divisor = greatest_common_divisor(n as u64, m as u64);
    let (a, b) = (m as u64 / divisor, n as u64 / divisor);
    let wanted = sum / (divisor * divisor);
    // row[v]: how many orders of the first v current and u reference values have which sum; only
    // sums below the wanted one are kept, since sums only grow.
    let mut row: Vec<Vec<(u64, u64)>> = vec![Vec::new(); n + 1];
    for u in 0..=m {
        for v in 0..=n {
            let mut sums = match (u, v) {
                (0, 0) => vec![(0, 1)],
                (0, _) => row[v - 1].clone(),
                (_, 0) => std::mem::take(&mut row[0]),
                _ => added(&row[v - 1], &row[v]),
            };
            let square = weights[u + v] * (a * v as u64).abs_diff(b * u as u64).pow(2);
            for (sum, _) in &mut sums {
                *sum += square;
            }
            sums.truncate(sums.partition_point(|&(sum, _)| sum < wanted));
            row[v] = sums;
        }
    }
    let below: u64 = row[n].iter().map(|&(_, orders)| orders).sum();
    let total = (1..=m as u64).fold(1, |total, i| total * (n as u64 + i) / i);
    (total - below) as f64 / total as f64
}

/// Two tables of sum and number of orders, both ascending, as one.
fn added(left: &[(u64, u64)], right: &[(u64, u64)]) -> Vec<(u64, u64)> {
    let mut both = Vec::with_capacity(left.len() + right.len());
    let (mut i, mut j) = (0, 0);
    while let (Some(&(x, p)), Some(&(y, q))) = (left.get(i), right.get(j)) {
        both.push((x.min(y), p * u64::from(x <= y) + q * u64::from(y <= x)));
        i += usize::from(x <= y);
        j += usize::from(y <= x);
    }
    both.extend_from_slice(&left[i..]);
    both.extend_from_slice(&right[j..]);
    both
}

/// The limiting distribution: the probability of more than `x`.
fn limit_sf(x: f64) -> f64 {
    // Below, the rest is less than 1e-18.
    if x < 0.003 {
        return 1.0;
    }
    // So many nodes that the first term left out is below 1e-16 of the integral.
    let nodes = 24 + (12.0 * x.sqrt()) as usize;
    let mut sum = 0.0;
    let mut k = 1.0;
    loop {
        let start = (2.0 * k - 1.0) * PI;
        let term = (1..=nodes)
            .map(|i| {
                let angle = (i as f64 - 0.5) * PI / nodes as f64;
                // Distances from both ends of the interval, neither by subtraction.
                let left = PI * (angle / 2.0).sin().powi(2);
                let right = PI * (angle / 2.0).cos().powi(2);
                let s = start + left;
                (-x * s * s / 2.0).exp() * (left * right / (s * left.min(right).sin())).sqrt()
            })
            .sum::<f64>();
        sum += term;
        if term.abs() <= 1e-17 * sum.abs() || k > 60.0 {
            return (2.0 * sum / nodes as f64).abs().min(1.0);
        }
        k += 1.0;
        sum = -sum;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Sample;
    use crate::samples::Sorted;
    use proptest::prelude::*;

    fn run(current: &[f64], reference: &[f64]) -> CramerVonMises {
        let a = Sorted::new(current, Sample::Current).unwrap();
        let b = Sorted::new(reference, Sample::Reference).unwrap();
        cramer_von_mises(a.steps(), b.steps()).unwrap()
    }

    #[test]
    fn percentage_points_of_anderson_and_darling() {
        // Table 1 of T. W. Anderson and D. A. Darling (1952).
        for (point, p) in [
            (0.118_88, 0.50),
            (0.347_30, 0.10),
            (0.461_36, 0.05),
            (0.743_46, 0.01),
            (1.167_86, 0.001),
        ] {
            assert!((limit_sf(point) / p - 1.0).abs() < 5e-5, "{point}");
        }
    }

    #[test]
    fn the_limit_keeps_its_digits() {
        // The series of Csörgő and Faraway (1996), equation 1.3, to 60 digits.
        for (x, p) in [
            (0.003, 1.0),
            (0.01, 0.999_994_135_567_190_1),
            (0.03, 0.976_168_450_558_292),
            (0.1, 0.584_873_438_406_795),
            (0.5, 0.039_833_217_565_607_59),
            (1.5, 0.000_172_696_219_788_018_83),
            (4.0, 4.734_453_032_275_372e-10),
            (10.0, 4.178_941_092_885_288e-23),
            (40.0, 1.064_874_745_911_074e-87),
        ] {
            let got = limit_sf(x);
            assert!((got / p - 1.0_f64).abs() < 1e-12, "{x}: {got:e}, not {p:e}");
        }
    }

    #[test]
    fn separated_samples_are_the_rarest_orders() {
        // 2 of the 70 orders of 4 and 4 values are separated.
        let found = run(&[1.0, 2.0, 3.0, 4.0], &[5.0, 6.0, 7.0, 8.0]);
        assert!(found.exact);
        assert!((found.p_value - 2.0 / 70.0).abs() < 1e-16);
    }

    #[test]
    fn equal_values_are_no_difference() {
        assert!((run(&[1.0; 9], &[1.0; 12]).p_value - 1.0).abs() < f64::EPSILON);
        assert!((run(&[1.0; 90], &[1.0; 12]).p_value - 1.0).abs() < f64::EPSILON);
    }

    #[test]
    fn an_exact_p_value_is_never_zero() {
        // 2 of the 12,870 ways to label 8 and 8 values keep the equal ones together.
        let found = run(&[1.0; 8], &[2.0; 8]);
        assert!(found.exact);
        assert!((found.p_value * 6435.0 - 1.0).abs() < 1e-14);
    }

    /// `Σ (m i - n j)²` over the ascending pool, for the labels that have current values where
    /// `bits` is 1.
    fn sum_of_squares(bits: u32, pool: &[u8], n: i64, m: i64) -> i64 {
        let (mut i, mut j, mut sum) = (0, 0, 0);
        for value in pool.chunk_by(|a, b| a == b) {
            for _ in value {
                let is_current = i64::from(bits >> (i + j) & 1);
                (i, j) = (i + is_current, j + 1 - is_current);
            }
            sum += value.iter().map(|_| (m * i - n * j).pow(2)).sum::<i64>();
        }
        sum
    }

    proptest! {
        /// Every way to label the values counted one by one, without ties and with many.
        #[test]
        fn exact_by_enumeration(
            n in 1_u32..7, m in 1_u32..7, pick in any::<prop::sample::Index>(),
            steps in prop::collection::vec(0_u8..2, 12), tied: bool,
        ) {
            let pool: Vec<u8> = steps
                .iter()
                .take((n + m) as usize)
                .scan(0, |value, step| {
                    *value += if tied { *step } else { 1 };
                    Some(*value)
                })
                .collect();
            let orders: Vec<u32> = (0..1 << (n + m)).filter(|b: &u32| b.count_ones() == n).collect();
            let bits = orders[pick.index(orders.len())];
            let place = |one: u32| -> Vec<f64> {
                (0..n + m).filter(|at| bits >> at & 1 == one).map(|at| f64::from(pool[at as usize])).collect()
            };
            let found = run(&place(1), &place(0));
            let (n, m) = (i64::from(n), i64::from(m));
            let own = sum_of_squares(bits, &pool, n, m);
            let as_far = orders.iter().filter(|&&b| sum_of_squares(b, &pool, n, m) >= own).count();
            let statistic = own as f64 / (n * m * (n + m).pow(2)) as f64;
            prop_assert!((found.statistic - statistic).abs() <= 1e-14 * statistic);
            let p = as_far as f64 / orders.len() as f64;
            prop_assert!((found.p_value / p - 1.0).abs() < 1e-14);
        }
    }
}
