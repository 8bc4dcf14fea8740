//! A fitted reference against the test that sorts both samples: the same whole number, the same
//! place, whatever the data look like.

use poet_kernels::{
    Alternative, Chunk, Counts, KsTest, Ordered, Reference, SURVEY_LEVELS, Spread, Validity,
    Window, ks_2samp,
};
use proptest::prelude::*;

/// A seeded stream of 64 random bits (`SplitMix64`).
struct Bits(u64);

impl Bits {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    fn uniform(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1_u64 << 53) as f64
    }

    fn normal(&mut self) -> f64 {
        let radius = (-2.0 * (1.0 - self.uniform()).ln()).sqrt();
        radius * (std::f64::consts::TAU * self.uniform()).cos()
    }
}

#[derive(Debug, Clone, Copy)]
enum Shape {
    Normal,
    LogNormal,
    Uniform,
    Ties,
    ZeroInflated,
    AnyBits,
    Outliers,
}

const SHAPES: [Shape; 7] = [
    Shape::Normal,
    Shape::LogNormal,
    Shape::Uniform,
    Shape::Ties,
    Shape::ZeroInflated,
    Shape::AnyBits,
    Shape::Outliers,
];

fn draw(shape: Shape, size: usize, shift: f64, seed: u64) -> Vec<f64> {
    let mut bits = Bits(seed);
    let mut one = || match shape {
        Shape::LogNormal => (2.0 * bits.normal() + shift).exp(),
        Shape::Uniform => bits.uniform() + shift,
        Shape::Ties => ((bits.normal() + shift) * 400.0).round() / 400.0,
        Shape::ZeroInflated if bits.uniform() < 0.6 + shift => -0.0,
        Shape::ZeroInflated => bits.normal(),
        Shape::AnyBits => f64::from_bits(bits.next()),
        Shape::Outliers if bits.uniform() < 0.001 => 1e9 * bits.normal(),
        Shape::Normal | Shape::Outliers => bits.normal() + shift,
    };
    let mut values = Vec::with_capacity(size);
    while values.len() < size {
        let value = one();
        if !value.is_nan() {
            values.push(value);
        }
    }
    values
}

fn assert_same(reference: &[f64], current: &[f64]) {
    let fitted = Reference::fit(reference).unwrap();
    let found = fitted
        .largest_difference(&Window::from(current), Alternative::TwoSided)
        .unwrap();
    let sorted = ks_2samp(current, reference, KsTest::default()).unwrap();
    assert_eq!(
        (found.numerator, found.sign),
        (sorted.numerator, sorted.sign)
    );
    let location = found.location.map_or(u64::MAX, Ordered::key);
    let expected = if sorted.numerator == 0 {
        u64::MAX
    } else {
        sorted.location.key()
    };
    assert_eq!(location, expected);
}

/// A spread value by value: the differences at and just below each value, and what lies outside.
fn spread_by_sorting(reference: &[f64], current: &[f64]) -> Spread {
    let (n, m) = (current.len() as u64, reference.len() as u64);
    let mut at: Vec<f64> = reference.iter().chain(current).copied().collect();
    at.sort_unstable_by(f64::total_cmp);
    at.dedup();
    let sorted = |side: &[f64]| {
        let mut side = side.to_vec();
        side.sort_unstable_by(f64::total_cmp);
        side
    };
    let (a, b) = (sorted(current), sorted(reference));
    let up_to = |side: &[f64], v: f64| side.partition_point(|&x| x <= v) as u64;
    let mut found = Spread {
        n,
        below: current.iter().filter(|&&v| v < b[0]).count() as u64,
        above: current.iter().filter(|&&v| v > b[b.len() - 1]).count() as u64,
        infinite: current.iter().filter(|v| v.is_infinite()).count() as u64,
        quantiles: SURVEY_LEVELS.map(|level| quantile_by_sorting(&b, &a, level)),
        ..Spread::default()
    };
    for v in at {
        let (rows, values) = (up_to(&a, v) * m, up_to(&b, v) * n);
        found.up = found.up.max(rows.saturating_sub(values));
        found.down = found.down.max(values.saturating_sub(rows));
    }
    found
}

/// A quantile of sorted rows: a reference value itself, or the row's share of the way between two.
fn quantile_by_sorting(reference: &[f64], current: &[f64], level: f64) -> f64 {
    let Some((&lowest, &highest)) = current.first().zip(current.last()) else {
        return f64::NAN;
    };
    let row = ((level * current.len() as f64).ceil() as usize).max(1) - 1;
    let above = reference.partition_point(|&v| v < current[row]);
    if reference.get(above) == Some(&current[row]) {
        return current[row] + 0.0;
    }
    let low = if above == 0 {
        lowest
    } else {
        reference[above - 1].max(lowest)
    };
    let high = reference.get(above).map_or(highest, |&v| v.min(highest));
    let is_inside = |v: f64| {
        (above == 0 || v > reference[above - 1]) && reference.get(above).is_none_or(|&r| v < r)
    };
    let rows = current.iter().filter(|&&v| is_inside(v)).count() as f64;
    let lower = current[..row].iter().filter(|&&v| is_inside(v)).count() as f64;
    let share = (lower + 0.5) / rows;
    match (low.is_finite(), high.is_finite()) {
        (true, true) => (low * (1.0 - share) + high * share).clamp(low, high) + 0.0,
        (true, false) => low,
        (false, true) => high,
        (false, false) => 0.0_f64.clamp(low, high),
    }
}

/// All fields alike, NaN too.
fn assert_alike(found: Spread, expected: Spread) {
    let bits = |spread: Spread| spread.quantiles.map(f64::to_bits);
    assert_eq!(bits(found), bits(expected), "{found:?} {expected:?}");
    let without = |spread| Spread {
        quantiles: [0.0; 3],
        ..spread
    };
    assert_eq!(without(found), without(expected));
}

fn assert_spread(reference: &[f64], current: &[f64]) {
    let fitted = Reference::fit(reference).unwrap();
    let window = Window::from(current);
    let expected = spread_by_sorting(reference, current);
    assert_alike(fitted.scan(&window).spread().unwrap(), expected);
    let counts = fitted.counts(&window).unwrap();
    assert_alike(fitted.spread_of(&counts).unwrap(), expected);
    let quantiles = fitted.quantiles_of(&counts, &SURVEY_LEVELS);
    assert_alike(
        Spread {
            quantiles: quantiles.try_into().unwrap(),
            ..expected
        },
        expected,
    );
    // NaN are nowhere but in their own count.
    let mut with_nan = current.to_vec();
    with_nan.extend([f64::NAN; 3]);
    let window = Window::from(&with_nan[..]);
    let expected = Spread { nan: 3, ..expected };
    assert_alike(fitted.scan(&window).spread().unwrap(), expected);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]
    #[test]
    fn a_spread_is_exact_from_rows_and_from_counts(
        shape in prop::sample::select(SHAPES.to_vec()),
        (m, n) in (1_usize..9_000, 0_usize..20_000),
        shift in prop_oneof![Just(0.0), -0.1..0.1, Just(3.0), Just(50.0)],
        infinite in prop_oneof![Just(0_usize), 1_usize..9],
        seed in any::<u64>(),
    ) {
        let mut current = draw(shape, n, shift, seed ^ 1);
        current.extend((0..infinite).map(|i| if i % 2 == 0 { f64::INFINITY } else { f64::NEG_INFINITY }));
        let mut reference = draw(shape, m, 0.0, seed);
        assert_spread(&reference, &current);
        assert_spread(&reference, &reference);
        reference.push(f64::INFINITY);
        assert_spread(&reference, &current);
    }

    #[test]
    fn references_of_parts_merge_into_that_of_all(
        shape in prop::sample::select(SHAPES.to_vec()), m in 1_usize..4_000, part in 0.0_f64..1.0, seed in any::<u64>()
    ) {
        let all = draw(shape, m + 1, 0.0, seed);
        let cut = (m as f64 * part) as usize + 1;
        prop_assume!(cut < all.len());
        let (a, b) = all.split_at(cut);
        let [a, b] = [a, b].map(|part| Reference::fit(part).unwrap());
        prop_assert_eq!(&a.merged(&b).unwrap(), &Reference::fit(&all).unwrap());
        prop_assert_eq!(&b.merged(&a).unwrap(), &Reference::fit(&all).unwrap());
    }

    #[test]
    fn large_samples_of_every_shape(
        shape in prop::sample::select(SHAPES.to_vec()),
        (m, n) in (1_usize..12_000, 1_usize..12_000),
        shift in prop_oneof![Just(0.0), -0.1..0.1, Just(3.0)],
        seed in any::<u64>(),
    ) {
        assert_same(&draw(shape, m, 0.0, seed), &draw(shape, n, shift, seed ^ 1));
    }

    #[test]
    fn a_window_that_copies_part_of_the_reference(
        shape in prop::sample::select(SHAPES.to_vec()), m in 1_500_usize..9_000, part in 0.3_f64..1.0, seed in any::<u64>()
    ) {
        let reference = draw(shape, m, 0.0, seed);
        let n = (m as f64 * part) as usize;
        assert_same(&reference, &reference[..n]);
        assert_same(&reference, &reference.iter().chain(&reference[..n]).copied().collect::<Vec<_>>());
    }
}

#[test]
fn the_largest_grid() {
    for (i, shape) in SHAPES.into_iter().enumerate() {
        let reference = draw(shape, 60_000, 0.0, i as u64);
        assert_same(&reference, &draw(shape, 100_000, 0.01, 100 + i as u64));
        assert_spread(&reference, &draw(shape, 500_000, 0.01, 100 + i as u64));
        assert_same(&reference, &reference);
    }
}

proptest! {
    #[test]
    fn nan_and_nulls_are_left_out_and_counted(
        values in prop::collection::vec((prop_oneof![4 => -50_i16..50, 1 => Just(i16::MAX)], any::<bool>()), 1..3_000),
        m in 1_usize..3_000,
    ) {
        let reference = draw(Shape::Ties, m, 0.0, 7);
        let floats: Vec<f64> = values
            .iter()
            .map(|&(v, _)| if v == i16::MAX { f64::NAN } else { f64::from(v) / 20.0 })
            .collect();
        let mut bits = vec![0_u8; floats.len().div_ceil(8)];
        for (i, _) in values.iter().enumerate().filter(|(_, (_, valid))| *valid) {
            bits[i / 8] |= 1 << (i % 8);
        }
        let valid: Vec<f64> =
            floats.iter().zip(&values).filter(|(_, v)| v.1).map(|(&f, _)| f).collect();
        let present: Vec<f64> = valid.iter().copied().filter(|v| !v.is_nan()).collect();
        let window = Window::new(vec![Chunk {
            values: &floats,
            validity: Some(Validity { bits: &bits, offset: 0 }),
        }]);
        let fitted = Reference::fit(&reference).unwrap();
        let found = fitted.largest_difference(&window, Alternative::TwoSided);
        if present.is_empty() {
            prop_assert!(found.is_err());
        } else {
            let (found, sorted) = (found.unwrap(), ks_2samp(&present, &reference, KsTest::default()).unwrap());
            prop_assert_eq!(found.numerator, sorted.numerator);
            prop_assert_eq!(found.n, present.len() as u64);
            prop_assert_eq!(found.nan, (valid.len() - present.len()) as u64);
        }
    }

    #[test]
    fn integers_beyond_the_reach_of_floats(
        reference in prop::collection::vec(any::<i64>(), 1..3_000), shift in -3_i64..3,
    ) {
        let fitted = Reference::fit(&reference).unwrap();
        let current: Vec<i64> = reference.iter().map(|v| v.saturating_add(shift)).collect();
        let found =
            fitted.largest_difference(&Window::from(&current[..]), Alternative::TwoSided).unwrap();
        let (n, mut largest) = (current.len() as i128, 0);
        let (mut current, mut sorted) = (current, reference);
        current.sort_unstable();
        sorted.sort_unstable();
        for &v in current.iter().chain(&sorted) {
            let below = |s: &[i64]| s.partition_point(|&x| x <= v) as i128;
            largest = largest.max(((below(&current) - below(&sorted)) * n).abs());
        }
        prop_assert_eq!(i128::from(found.numerator), largest);
        for v in [i64::MIN, -1, 0, i64::MAX] {
            let below = fitted.values().partition_point(|x| x.key() < v.key());
            let equal = fitted.values().get(below) == Some(&v);
            prop_assert_eq!(fitted.cell(v), 2 * below + usize::from(equal));
        }
    }

    #[test]
    fn one_sided_differences(n in 1_usize..4_000, m in 1_usize..4_000, shift in -0.2_f64..0.2, seed in any::<u64>()) {
        let (current, reference) = (draw(Shape::Normal, n, shift, seed), draw(Shape::Normal, m, 0.0, !seed));
        let fitted = Reference::fit(&reference).unwrap();
        let of = |alternative| fitted.largest_difference(&Window::from(&current[..]), alternative).unwrap();
        let (above, below) = (of(Alternative::Greater), of(Alternative::Less));
        let at = |v: f64| {
            let count = |s: &[f64], other: usize| (s.iter().filter(|&&x| x <= v).count() * other).cast_signed() as i64;
            count(&current, m) - count(&reference, n)
        };
        let both = of(Alternative::TwoSided);
        prop_assert_eq!(both.numerator, above.numerator.max(below.numerator));
        for (found, sign) in [(above, 1), (below, -1)] {
            prop_assert_eq!(found.location.map_or(0, at) * sign, found.numerator.cast_signed());
            let highest = current.iter().chain(&reference).step_by(37).map(|&v| at(v) * sign).max().unwrap();
            prop_assert!(highest <= found.numerator.cast_signed());
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]
    #[test]
    fn counts_of_parts_add_up_to_the_counts_of_the_whole(
        shape in prop::sample::select(SHAPES.to_vec()),
        m in 1_usize..3_000, n in 1_usize..9_000, cut in 0.0_f64..1.0, seed in any::<u64>(), bins in 1_u64..20,
    ) {
        let (reference, current) = (draw(shape, m, 0.0, seed), draw(shape, n, 0.05, !seed));
        let fitted = Reference::fit(&reference).unwrap();
        let counts = |part: &[f64]| fitted.counts(&Window::from(part)).unwrap();
        let (left, right) = current.split_at((n as f64 * cut) as usize);
        let whole = counts(&current);
        prop_assert_eq!(&counts(left).merged(&counts(right)).unwrap(), &whole);
        let empty: Counts<f64> = counts(&[]);
        prop_assert_eq!(&whole.merged(&empty).unwrap(), &whole);

        let window = Window::from(&current[..]);
        for alternative in [Alternative::TwoSided, Alternative::Less, Alternative::Greater] {
            let (a, b) = (
                fitted.difference_of(&whole, alternative).unwrap(),
                fitted.largest_difference(&window, alternative).unwrap(),
            );
            prop_assert_eq!((a.numerator, a.sign, a.n), (b.numerator, b.sign, b.n));
        }
        for edges in [fitted.quantile_edges(bins), fitted.width_edges(bins), (0..fitted.cells() - 1).collect()] {
            let brute = |sample: &[f64]| -> Vec<u64> {
                let mut rows = vec![0; edges.len() + 1];
                for &v in sample {
                    rows[edges.partition_point(|&edge| edge < fitted.cell(v))] += 1;
                }
                rows
            };
            prop_assert_eq!(&fitted.scan(&window).bin_counts(&edges).unwrap(), &brute(&current));
            prop_assert_eq!(&fitted.bins_of(&whole, &edges).unwrap(), &brute(&current));
            prop_assert_eq!(&fitted.own_bins(&edges).unwrap(), &brute(&reference));
        }
    }

    /// No bin hides a move: it holds one value, or less than two bins' shares of the reference.
    #[test]
    fn quantile_bins_hold_one_value_or_about_their_share(
        values in prop::collection::vec((0_u8..40, 1_usize..200), 1..60), bins in 1_u64..20,
    ) {
        let sample: Vec<f64> = values.iter().flat_map(|&(v, ties)| vec![f64::from(v); ties]).collect();
        let fitted = Reference::fit(&sample).unwrap();
        let edges = fitted.quantile_edges(bins);
        prop_assert!(edges.windows(2).all(|pair| pair[0] < pair[1]));
        let mut start = 0;
        for (&edge, rows) in edges.iter().chain([&(fitted.cells() - 1)]).zip(fitted.own_bins(&edges).unwrap()) {
            let holds_one_value = start == edge && edge % 2 == 1;
            prop_assert!(holds_one_value || rows * bins < 2 * fitted.total() || bins == 1);
            start = edge + 1;
        }
        for (i, up_to) in fitted.ranks().iter().enumerate() {
            let ties = up_to - fitted.ranks().below(i);
            if ties * bins >= fitted.total() {
                prop_assert!(edges.contains(&(2 * i)) && edges.contains(&(2 * i + 1)));
            }
        }
    }

    #[test]
    fn without_ties_quantile_bins_are_equal(m in 1_u32..2_000, bins in 1_u64..20) {
        let fitted = Reference::fit(&(0..i64::from(m)).collect::<Vec<_>>()).unwrap();
        let m = u64::from(m);
        prop_assume!(m > bins);
        let sizes = fitted.own_bins(&fitted.quantile_edges(bins)).unwrap();
        let (least, most) = (m / bins, m.div_ceil(bins));
        prop_assert_eq!(sizes.len() as u64, bins);
        prop_assert!(sizes.iter().all(|size| (least..=most).contains(size)));
    }

    #[test]
    fn bounds_hold_the_wasserstein_distance(m in 1_usize..500, n in 1_usize..500, shift in -2.0_f64..2.0, seed in any::<u64>()) {
        let (mut reference, mut current) = (draw(Shape::Normal, m, 0.0, seed), draw(Shape::Ties, n, shift, !seed));
        let fitted = Reference::fit(&reference).unwrap();
        let (least, most) = fitted.wasserstein_bounds(&fitted.counts(&Window::from(&current[..])).unwrap()).unwrap();
        let mut all: Vec<f64> = reference.iter().chain(&current).copied().collect();
        for sample in [&mut reference, &mut current, &mut all] {
            sample.sort_by(f64::total_cmp);
        }
        let share = |s: &[f64], v: f64| s.partition_point(|&x| x <= v) as f64 / s.len() as f64;
        let distance: f64 =
            all.windows(2).map(|w| (share(&current, w[0]) - share(&reference, w[0])).abs() * (w[1] - w[0])).sum();
        prop_assert!(least <= distance * (1.0 + 1e-12) && distance <= most * (1.0 + 1e-12), "{} {} {}", least, distance, most);
    }
}

#[test]
fn equal_widths_are_those_of_the_finite_values() {
    let finite: Vec<f64> = (0..=1_000).map(f64::from).collect();
    let edges = Reference::fit(&finite).unwrap().width_edges(10);
    let ends: Vec<f64> = edges.iter().map(|&edge| finite[edge / 2]).collect();
    assert_eq!(
        ends,
        [
            100.0, 200.0, 300.0, 400.0, 500.0, 600.0, 700.0, 800.0, 900.0
        ]
    );

    let infinite = [&[f64::NEG_INFINITY][..], &finite, &[f64::INFINITY; 3]].concat();
    let moved: Vec<usize> = edges.iter().map(|&edge| edge + 2).collect();
    assert_eq!(Reference::fit(&infinite).unwrap().width_edges(10), moved);

    // The width of this range is beyond float64.
    let wide: Vec<f64> = (-50..=50).map(|i| f64::from(i) / 50.0 * f64::MAX).collect();
    let wide = Reference::fit(&wide).unwrap();
    assert_eq!(wide.own_bins(&wide.width_edges(2)).unwrap(), [51, 50]);
}

#[test]
fn bins_of_a_window_large_enough_for_a_histogram() {
    for shape in SHAPES {
        let reference = draw(shape, 20_000, 0.0, 3);
        let current = draw(shape, 30_000, 0.1, 4);
        let fitted = Reference::fit(&reference).unwrap();
        let window = Window::from(&current[..]);
        let edges = fitted.quantile_edges(50);
        let counts = fitted.counts(&window).unwrap();
        let bins = fitted.scan(&window).bin_counts(&edges).unwrap();
        assert_eq!(bins, fitted.bins_of(&counts, &edges).unwrap());
        assert_eq!(bins.iter().sum::<u64>(), 30_000);
    }
}

#[test]
fn nan_of_either_sign_lands_nowhere() {
    let reference = draw(Shape::AnyBits, 5_000, 0.0, 5);
    let fitted = Reference::fit(&reference).unwrap();
    let mut current = reference.clone();
    current.extend([f64::NAN, -f64::NAN, f64::NAN]);
    let found = fitted
        .largest_difference(&Window::from(&current[..]), Alternative::TwoSided)
        .unwrap();
    assert_eq!((found.numerator, found.n, found.nan), (0, 5_000, 3));
}
