//! p-values against counting, against each other, and around decision levels.

use proptest::prelude::*;

use super::*;

/// Counts the paths that stay inside, one by one.
fn by_counting(numerator: u64, n: u64, m: u64, alternative: Alternative) -> f64 {
    let mut inside = vec![0_u128; m as usize + 1];
    let mut all = vec![0_u128; m as usize + 1];
    for i in 0..=n {
        for j in 0..=m {
            let at = j as usize;
            let start = u128::from(i == 0 && j == 0);
            all[at] += start + if j > 0 { all[at - 1] } else { 0 };
            inside[at] += start + if j > 0 { inside[at - 1] } else { 0 };
            let (first, second) = (i * m, j * n);
            let distance = match alternative {
                Alternative::TwoSided => first.abs_diff(second),
                Alternative::Greater => first.saturating_sub(second),
                Alternative::Less => second.saturating_sub(first),
            };
            if distance >= numerator {
                inside[at] = 0;
            }
        }
    }
    (all[m as usize] - inside[m as usize]) as f64 / all[m as usize] as f64
}

const ALTERNATIVES: [Alternative; 3] = [
    Alternative::TwoSided,
    Alternative::Less,
    Alternative::Greater,
];

fn assert_close(got: f64, want: f64, tolerance: f64) -> Result<(), TestCaseError> {
    let close = (got / want - 1.0).abs() < tolerance || (got < 1e-290 && want < 1e-290);
    prop_assert!(close, "{got} {want}");
    Ok(())
}

proptest! {
    #[test]
    fn exact_is_the_share_of_paths(n in 1_u64..40, m in 1_u64..40, part in 0.0_f64..=1.0) {
        let numerator = ((part * (n * m) as f64).round() as u64).max(1);
        for alternative in ALTERNATIVES {
            let want = by_counting(numerator, n, m, alternative);
            assert_close(exact(numerator, n, m, alternative), want, 1e-13)?;
        }
        let one = by_counting(numerator, n, m, Alternative::Greater);
        let two = by_counting(numerator, n, m, Alternative::TwoSided);
        assert_close(passage::one_sided(numerator, n, m), one, 1e-13)?;
        assert_close(lattice::one_sided(numerator, n, m), one, 1e-13)?;
        assert_close(lattice::two_sided(numerator, n, m), two, 1e-13)?;
    }

    #[test]
    fn equal_sizes_have_a_closed_form(n in 1_u64..300, part in 0.0_f64..=1.0) {
        let h = ((part * n as f64).round() as u64).max(1);
        assert_close(equal_sizes::two_sided(h, n), lattice::two_sided(h * n, n, n), 1e-12)?;
        assert_close(equal_sizes::one_sided(h, n), lattice::one_sided(h * n, n, n), 1e-12)?;
    }

    #[test]
    fn the_integral_is_the_sum_within_its_error(n in 141_u64..20_000, z in 1.484_f64..12.0) {
        let x = z / (n as f64).sqrt();
        prop_assume!(x < 0.5);
        let (sum, integral) = (smirnov::by_sum(n, x), smirnov::by_integral(n as f64, x));
        let bound = smirnov::integral_error(n as f64, x);
        prop_assert!((integral / sum - 1.0).abs() <= bound, "{} {} {}", sum, integral, bound);
    }

    #[test]
    fn the_fast_road_keeps_its_bound(n in 1_u64..1_500, z in 0.0_f64..6.0) {
        let x = z / (n as f64).sqrt();
        let (precise, (fast, error)) = (kolmogorov::precise(n, x), kolmogorov::fast(n, x));
        let rounding = kolmogorov::precise_error(precise);
        prop_assert!((fast - precise).abs() <= error + rounding, "{fast} {precise} {error}");
        prop_assert!((0.0..=1.0).contains(&fast) && (0.0..=1.0).contains(&precise));
    }

    #[test]
    fn any_input_has_a_p_value(
        n in 1_u64..1 << 31, m in 1_u64..1 << 31, numerator: u64, level: f64, scale in 0_u32..64,
    ) {
        for alternative in ALTERNATIVES {
            let p = ks_p_value_by(
                PValueChoice::Asymptotic, numerator >> scale, n, m, alternative, Some(level),
            );
            prop_assert!((0.0..=1.0).contains(&p.value) && p.error >= 0.0, "{p:?}");
        }
    }

    #[test]
    fn p_falls_as_the_statistic_grows(n in 1_u64..150, m in 1_u64..150, a: u64, b: u64) {
        let (a, b) = (a % (n * m + 1), b % (n * m + 1));
        for alternative in ALTERNATIVES {
            let [less, more] = [a.min(b), a.max(b)].map(|k| ks_p_value(k, n, m, alternative, None));
            prop_assert!(more.value <= less.value * (1.0 + 1e-12), "{less:?} {more:?}");
        }
    }
}

#[test]
fn large_samples_by_either_walk() {
    for (n, m, part) in [
        (900, 1_100, 0.02),
        (900, 1_100, 0.3),
        (1_200, 800, 0.1),
        (120, 9_000, 0.4),
    ] {
        let numerator = (part * f64::from(n * m)) as u64;
        let (n, m) = (u64::from(n as u32), u64::from(m as u32));
        let (walk, strip) = (
            lattice::one_sided(numerator, n, m),
            passage::one_sided(numerator, n, m),
        );
        assert!((strip / walk - 1.0).abs() < 1e-12, "{walk} {strip}");
        let two = exact(numerator, n, m, Alternative::TwoSided);
        let all = lattice::two_sided(numerator, n, m);
        assert!((two / all - 1.0).abs() < 1e-12, "{all} {two}");
    }
}

#[test]
fn separated_samples_keep_their_digits() {
    // Two of C(1030, 30) interleavings.
    let choose = (1..=30).fold(1.0, |product, k| {
        product * f64::from(1_000 + k) / f64::from(k)
    });
    let p = ks_p_value(30_000, 30, 1_000, Alternative::TwoSided, None);
    assert!((p.value * choose / 2.0 - 1.0).abs() < 1e-13, "{}", p.value);
    let p = ks_p_value(1, 1_000_000, 1_000_000, Alternative::Less, None);
    assert!(p.value > 0.999_999);
}

#[test]
fn sizes_decide_the_method() {
    let of = |n, m| ks_p_value(n * m / 100, n, m, Alternative::TwoSided, None).method;
    assert_eq!(of(10_000, 9_999), PValueMethod::Exact);
    assert_eq!(of(1_000, 10_001), PValueMethod::Asymptotic);
    let asked =
        |choice, n, m| ks_p_value_by(choice, n * m / 100, n, m, Alternative::Greater, None).method;
    assert_eq!(
        asked(PValueChoice::Asymptotic, 10, 10),
        PValueMethod::Asymptotic
    );
    assert_eq!(asked(PValueChoice::Exact, 400, 20_000), PValueMethod::Exact);
    assert_eq!(
        asked(PValueChoice::Exact, 1 << 30, 1 << 31),
        PValueMethod::Asymptotic
    );
}

#[test]
fn near_a_level_the_precise_road_is_taken() {
    let (n, m) = (30, 20_000);
    let of = |numerator, level| ks_p_value(numerator, n, m, Alternative::TwoSided, level);
    let mut taken = 0;
    for numerator in (140_000..150_000).step_by(10) {
        let open = of(numerator, Some(0.05));
        let size = effective_size(n, m);
        let precise = kolmogorov::precise(size, numerator as f64 / (n * m) as f64);
        assert_eq!(open.value < 0.05, precise < 0.05, "{numerator}");
        taken += u32::from(open.method == PValueMethod::Precise);
        assert_eq!(of(numerator, None).method, PValueMethod::Asymptotic);
    }
    assert!(taken > 0 && taken < 1_000, "{taken}");
}
