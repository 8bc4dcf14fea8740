//! From a significance level to the smallest distance that is significant, found once.

use crate::ks_pvalue::{Alternative, ks_p_value};

/// The two-sided p-value of `D = numerator / (n * m)`, precise near the level.
pub fn p_value(numerator: u64, n: u64, m: u64, level: Option<f64>) -> f64 {
    ks_p_value(numerator, n, m, Alternative::TwoSided, level).value
}

/// The smallest numerator with a p-value below `alpha`; none where not even separated samples
/// have one.
///
/// Numerators are multiples of the greatest common divisor of `n` and `m`, and the p-value falls
/// with them: bisection, from around where the limit distribution has it.
pub fn critical_numerator(alpha: f64, n: u64, m: u64) -> Option<u64> {
    let divisor = gcd(n, m);
    let significant = |k: u64| p_value(k * divisor, n, m, Some(alpha)) < alpha;
    let largest = n / divisor * m;
    let (share, cells) = ((n + m) as f64 / n as f64 / m as f64, largest as f64);
    // Kolmogorov's limit, 2 exp(-2 t^2) = alpha.
    let guess = ((2.0 / alpha).ln() / 2.0 * share).sqrt() * cells;
    let mut low = ((guess * 0.75) as u64).min(largest);
    let mut high = ((guess * 1.25) as u64 + 1).min(largest);
    if significant(low) {
        low = 0; // a p-value of 1, not significant
    }
    if !significant(high) {
        (low, high) = (high, largest);
        if !significant(high) {
            return None;
        }
    }
    while high - low > 1 {
        let middle = low + (high - low) / 2;
        if significant(middle) {
            high = middle;
        } else {
            low = middle;
        }
    }
    Some(high * divisor)
}

fn gcd(a: u64, b: u64) -> u64 {
    if b == 0 { a } else { gcd(b, a % b) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn it_is_the_border(n in 1_u64..80, m in 1_u64..120, alpha in 1e-9_f64..0.99) {
            match critical_numerator(alpha, n, m) {
                Some(k) => {
                    prop_assert!(p_value(k, n, m, Some(alpha)) < alpha);
                    prop_assert!(p_value(k - gcd(n, m), n, m, Some(alpha)) >= alpha);
                }
                None => prop_assert!(p_value(n * m, n, m, Some(alpha)) >= alpha),
            }
        }
    }
}
