//! The sliding statistic and its decisions against a comparison made afresh at every step.

use proptest::prelude::*;

use super::{CellOf, SlidingKs};
use crate::ks::{KsTest, ks_2samp};
use crate::reference::Reference;

/// Ties, infinities, both zeros and NaN.
fn tied() -> impl Strategy<Value = f64> {
    prop_oneof![
        8 => (-4_i8..5).prop_map(f64::from),
        1 => Just(-0.0),
        1 => Just(f64::INFINITY),
        1 => Just(f64::NEG_INFINITY),
        1 => Just(f64::NAN),
    ]
}

/// A walk that drifts away from its start.
fn walk(length: std::ops::Range<usize>) -> impl Strategy<Value = Vec<f64>> {
    proptest::collection::vec(-1.0_f64..1.1, length).prop_map(|steps| {
        let sums = steps.iter().scan(0.0, |sum, step| {
            *sum += step;
            Some(*sum)
        });
        sums.collect()
    })
}

fn stream() -> impl Strategy<Value = Vec<f64>> {
    prop_oneof![proptest::collection::vec(tied(), 1..200), walk(1..200)]
}

fn reference() -> impl Strategy<Value = Vec<f64>> {
    let samples = prop_oneof![proptest::collection::vec(tied(), 1..40), walk(1..400)];
    samples.prop_map(|mut values| {
        values.retain(|v| !v.is_nan());
        values.push(0.5);
        values
    })
}

fn last_of(stream: &[f64], window: usize) -> Vec<f64> {
    let present: Vec<f64> = stream.iter().copied().filter(|v| !v.is_nan()).collect();
    present[present.len().saturating_sub(window)..].to_vec()
}

fn bits(values: &[f64]) -> Vec<u64> {
    values.iter().map(|v| v.to_bits()).collect()
}

fn by<V: CellOf<f64>>(sliding: &mut SlidingKs<f64>, values: &[V]) -> Vec<f64> {
    let mut found = Vec::new();
    sliding.push(values, &mut found);
    found
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(160))]

    /// Otherwise the statistic of a live stream is not that of the window it claims to be.
    #[test]
    fn each_statistic_is_that_of_the_window_afresh(
        sample in reference(),
        values in stream(),
        (window, least) in (1_usize..40).prop_flat_map(|w| (Just(w), 1..=w)),
        cuts in proptest::collection::vec(any::<prop::sample::Index>(), 3),
    ) {
        let fitted = Reference::fit(&sample).unwrap();
        let mut sliding = SlidingKs::new(fitted.clone(), window, least).unwrap();
        let mut one_by_one = sliding.clone();
        let (mut greater, mut less) = (Vec::new(), Vec::new());
        sliding.clone().push_one_sided(&values, &mut greater, &mut less);
        // In four batches, saved and resumed after the second.
        let mut cuts: Vec<usize> = cuts.iter().map(|cut| cut.index(values.len())).collect();
        cuts.sort_unstable();
        let mut found = by(&mut sliding, &values[..cuts[0]]);
        found.extend(by(&mut sliding, &values[cuts[0]..cuts[1]]));
        let mut sliding = SlidingKs::<f64>::resume(&sliding.state()).unwrap();
        found.extend(by(&mut sliding, &values[cuts[1]..cuts[2]]));
        found.extend(by(&mut sliding, &values[cuts[2]..]));
        for (i, &got) in found.iter().enumerate() {
            prop_assert_eq!(one_by_one.push_one(values[i]).to_bits(), got.to_bits());
            prop_assert_eq!(one_by_one.statistic().to_bits(), got.to_bits());
            let current = last_of(&values[..=i], window);
            if current.len() < least {
                prop_assert!(got.is_nan() && greater[i].is_nan() && one_by_one.p_value().is_nan());
                continue;
            }
            let fresh = ks_2samp(&current, &sample, KsTest::default()).unwrap();
            prop_assert_eq!(got.to_bits(), fresh.statistic.to_bits());
            prop_assert_eq!(one_by_one.p_value().to_bits(), fresh.p_value.to_bits());
            prop_assert_eq!(one_by_one.one_sided(), (greater[i], less[i]));
            prop_assert_eq!(greater[i].max(less[i]).to_bits(), got.to_bits());
            if fresh.sign != 0 {
                let side = if fresh.sign > 0 { greater[i] } else { less[i] };
                prop_assert_eq!(side.to_bits(), got.to_bits());
            }
        }
        prop_assert_eq!(sliding.missing(), values.iter().filter(|v| v.is_nan()).count() as u64);
        prop_assert_eq!(sliding.state(), one_by_one.state());
    }

    /// Otherwise skipping trades alarms for speed.
    #[test]
    fn decisions_are_those_of_the_exact_statistic(
        sample in reference(),
        values in prop_oneof![
            proptest::collection::vec(tied(), 1..900),
            walk(1..900),
            proptest::collection::vec(-3.0_f64..3.0, 1..900),
        ],
        window in 1_usize..80,
        alpha in prop_oneof![0.001_f64..0.9, Just(1e-300)],
        cut in any::<prop::sample::Index>(),
    ) {
        let mut exact = SlidingKs::new(Reference::fit(&sample).unwrap(), window, window).unwrap();
        let mut quick = exact.clone();
        let critical = exact.critical_numerator(alpha).unwrap().map_or(i64::MAX, u64::cast_signed);
        let mut want = Vec::new();
        exact.push_with(&values, |_, found| {
            want.push(found.is_some_and(|f| f.numerator() >= critical));
        });
        let (cut, mut got) = (cut.index(values.len()), Vec::new());
        quick.decide(&values[..cut], alpha, &mut got).unwrap();
        let mut resumed = SlidingKs::<f64>::resume(&quick.state()).unwrap();
        let mut again = got.clone();
        quick.decide(&values[cut..], alpha, &mut got).unwrap();
        resumed.decide(&values[cut..], alpha, &mut again).unwrap();
        prop_assert_eq!(&got, &want);
        prop_assert_eq!(again, want);
        prop_assert_eq!(quick.statistic().to_bits(), exact.statistic().to_bits());
        let more: Vec<f64> = values.iter().rev().copied().collect();
        prop_assert_eq!(bits(&by(&mut quick, &more)), bits(&by(&mut exact, &more)));
    }

    /// Otherwise identifiers beyond 2^53 are compared as if rounded.
    #[test]
    fn integers_are_compared_as_integers(
        sample in proptest::collection::vec(0_i64..6, 1..20),
        values in proptest::collection::vec(0_i64..6, 1..60),
        window in 1_usize..20,
    ) {
        let high = |v: &i64| v + (1 << 60);
        let sample_high: Vec<i64> = sample.iter().map(high).collect();
        let values_high: Vec<i64> = values.iter().map(high).collect();
        let as_floats = |v: &[i64]| v.iter().map(|&v| v as f64).collect::<Vec<_>>();
        let mut near = SlidingKs::new(Reference::fit(&as_floats(&sample)).unwrap(), window, 1).unwrap();
        let mut far = SlidingKs::new(Reference::fit(&sample_high).unwrap(), window, 1).unwrap();
        let mut found = Vec::new();
        far.push(&values_high, &mut found);
        prop_assert_eq!(bits(&by(&mut near, &as_floats(&values))), bits(&found));
        let resumed = SlidingKs::<i64>::resume(&far.state()).unwrap();
        prop_assert_eq!(resumed.statistic().to_bits(), far.statistic().to_bits());
        prop_assert!(SlidingKs::<f64>::resume(&far.state()).is_err());
    }

    /// Otherwise a foreign file can take the process down.
    #[test]
    fn bytes_that_are_no_state_are_an_error(bytes in proptest::collection::vec(any::<u8>(), 0..80)) {
        prop_assert!(SlidingKs::<f64>::resume(&bytes).is_err());
    }
}

#[test]
fn a_stream_that_hovers_at_the_critical_distance_switches_and_stays_exact() {
    let sample: Vec<f64> = (0..3_000).map(f64::from).collect();
    let mut exact = SlidingKs::new(Reference::fit(&sample).unwrap(), 200, 200).unwrap();
    let mut quick = exact.clone();
    let alpha = 0.05;
    let critical = exact
        .critical_numerator(alpha)
        .unwrap()
        .unwrap()
        .cast_signed();
    let mut now = 7_u64;
    let mut want = Vec::new();
    let mut values = Vec::new();
    for _ in 0..12_000 {
        now = now.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        let value = (now >> 40) as f64 / f64::from(1 << 24);
        // Push the window back towards the border from either side.
        let over = want.last().copied().unwrap_or(false);
        values.push(if over { value } else { value * value } * 3_000.0);
        let one = [values[values.len() - 1]];
        exact.push_with(&one, |_, found| {
            want.push(found.is_some_and(|f| f.numerator() >= critical));
        });
    }
    let mut got = Vec::new();
    quick.decide(&values, alpha, &mut got).unwrap();
    assert_eq!(got, want);
    assert!(want.windows(2).filter(|pair| pair[0] != pair[1]).count() > 100);
}

#[test]
fn settings_out_of_range_are_refused() {
    let reference = Reference::fit(&[1.0]).unwrap();
    assert!(SlidingKs::new(reference.clone(), 0, 0).is_err());
    assert!(SlidingKs::new(reference.clone(), 5, 6).is_err());
    assert!(SlidingKs::new(reference.clone(), 1 << 61, 1).is_err());
    let mut sliding = SlidingKs::new(reference, 5, 1).unwrap();
    assert!(sliding.decide(&[1.0], f64::NAN, &mut Vec::new()).is_err());
    assert!(sliding.is_empty());
}
