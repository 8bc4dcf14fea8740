//! The kernels against versions so plain that they can be read and believed.

use poet_kernels::{Alternative, KsTest, kl_divergence, ks_2samp};
use proptest::prelude::*;

/// Few distinct values, with both zeros and both infinities: ties everywhere.
fn tied() -> impl Strategy<Value = f64> {
    prop_oneof![
        8 => (-3_i8..4).prop_map(f64::from),
        1 => Just(-0.0),
        1 => Just(f64::INFINITY),
        1 => Just(f64::NEG_INFINITY),
    ]
}

fn sample() -> impl Strategy<Value = Vec<f64>> {
    let any = prop::num::f64::NORMAL | prop::num::f64::SUBNORMAL | prop::num::f64::ZERO;
    prop_oneof![
        prop::collection::vec(tied(), 1..40),
        prop::collection::vec(any, 1..40)
    ]
}

/// `i*m - j*n` at `value`, by looking at everything.
fn difference_at(value: f64, current: &[f64], reference: &[f64]) -> i64 {
    let at_or_below = |sample: &[f64]| sample.iter().filter(|&&x| x <= value).count();
    let i = at_or_below(current) * reference.len();
    let j = at_or_below(reference) * current.len();
    i.cast_signed() as i64 - j.cast_signed() as i64
}

fn counts() -> impl Strategy<Value = Vec<(u64, u64)>> {
    let side = || prop_oneof![2 => 0_u64..6, 1 => 0_u64..100_000];
    prop::collection::vec((side(), side()), 1..30).prop_filter("both sides need data", |pairs| {
        pairs.iter().any(|p| p.0 > 0) && pairs.iter().any(|p| p.1 > 0)
    })
}

proptest! {
    #[test]
    fn ks_finds_the_largest_difference(current in sample(), reference in sample()) {
        let everywhere: Vec<(i64, f64)> = current
            .iter()
            .chain(&reference)
            .map(|&v| (difference_at(v, &current, &reference), v + 0.0))
            .collect();
        let largest = |sign: i64| everywhere.iter().map(|d| sign * d.0).max().unwrap().max(0);
        let (above, below) = (largest(1), largest(-1));
        let two_sided = if below > above { -below } else { above };
        for (alternative, wanted) in [
            (Alternative::TwoSided, two_sided),
            (Alternative::Greater, above),
            (Alternative::Less, -below),
        ] {
            let test = KsTest { alternative, ..KsTest::default() };
            let found = ks_2samp(&current, &reference, test).unwrap();
            prop_assert_eq!(found.numerator, wanted.unsigned_abs());
            prop_assert_eq!(i64::from(found.sign), wanted.signum());
            prop_assert!((0.0..=1.0).contains(&found.p_value));
            if wanted == 0 {
                prop_assert!(found.location.is_nan());
            } else {
                let reached = everywhere.iter().filter(|d| d.0 == wanted).map(|d| d.1);
                prop_assert_eq!(found.location.to_bits(), reached.fold(f64::INFINITY, f64::min).to_bits());
            }
        }
    }

    #[test]
    fn ks_is_symmetric_and_ignores_order(current in sample(), reference in sample()) {
        let found = ks_2samp(&current, &reference, KsTest::default()).unwrap();
        let reversed: Vec<f64> = current.iter().rev().copied().collect();
        let swapped = ks_2samp(&reference, &reversed, KsTest::default()).unwrap();
        prop_assert_eq!(found.numerator, swapped.numerator);
        prop_assert_eq!(found.p_value.to_bits(), swapped.p_value.to_bits());
        // Where both directions have the same distance, two-sided reports the one above.
        prop_assert!(found.sign == -swapped.sign || (found.sign, swapped.sign) == (1, 1));
        for (there, back) in [(Alternative::Less, Alternative::Greater), (Alternative::Greater, Alternative::Less)] {
            let found = ks_2samp(&current, &reference, KsTest { alternative: there, ..KsTest::default() }).unwrap();
            let swapped = ks_2samp(&reference, &current, KsTest { alternative: back, ..KsTest::default() }).unwrap();
            prop_assert_eq!(found.numerator, swapped.numerator);
            prop_assert_eq!(found.p_value.to_bits(), swapped.p_value.to_bits());
            prop_assert_eq!(found.sign, -swapped.sign);
            prop_assert_eq!(found.location.to_bits(), swapped.location.to_bits());
        }
    }

    #[test]
    fn kl_is_its_textbook_formula(pairs in counts(), pseudo in 0.01_f64..3.0) {
        let (current, reference): (Vec<u64>, Vec<u64>) = pairs.iter().copied().unzip();
        let found = kl_divergence(&current, &reference, pseudo).unwrap();
        let k = pairs.len() as f64;
        let (n, m) = (found.n_current as f64, found.n_reference as f64);
        let (mut divergence, mut g, mut variation) = (0.0, 0.0, 0.0);
        for &(c, r) in &pairs {
            let (c, r) = (c as f64, r as f64);
            let p = (c + pseudo) / (n + pseudo * k);
            divergence += p * (p / ((r + pseudo) / (m + pseudo * k))).ln();
            for (observed, size) in [(c, n), (r, m)] {
                if observed > 0.0 {
                    g += 2.0 * observed * (observed * (n + m) / (size * (c + r))).ln();
                }
            }
            variation += (c / n - r / m).abs() / 2.0;
        }
        let scale = 1e-11 * (1.0 + n + m);
        prop_assert!((found.divergence - divergence).abs() < 1e-12, "{}", divergence);
        prop_assert!((found.statistic - g).abs() < scale, "{} {}", found.statistic, g);
        prop_assert!((found.total_variation - variation).abs() < 1e-12);
        prop_assert!(found.divergence >= 0.0 && found.statistic >= 0.0);
        prop_assert!((0.0..=1.0).contains(&found.p_value));
    }
}
