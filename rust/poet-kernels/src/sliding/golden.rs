//! Detections of River 0.26.1 on streams that both sides can make, bit for bit.
//!
//! Made by `river.drift.ADWIN` and `river.drift.PageHinkley` over 6,000 values, one `update` each,
//! noting the index wherever `drift_detected` was true.

use super::adwin::{Adwin, AdwinSettings};
use super::page_hinkley::{Mode, PageHinkley, PageHinkleySettings};

const ADWIN: &[(&str, u64, bool, &[usize])] = &[
    ("steps", 1, false, &[1535, 3039, 4863]),
    ("steps", 1, true, &[1505, 3011, 4572]),
    ("steps", 2, false, &[1535, 3039, 4767]),
    ("steps", 2, true, &[1505, 3013, 4629]),
    ("steps", 3, false, &[1535, 3039, 4735]),
    ("steps", 3, true, &[1179, 1506, 3010, 4595]),
    (
        "ramp",
        1,
        false,
        &[
            479, 1023, 1535, 1951, 2367, 2783, 3263, 3775, 4287, 4863, 5439, 5887,
        ],
    ),
    (
        "ramp",
        1,
        true,
        &[
            368, 728, 1065, 1461, 1839, 2219, 2640, 3030, 3378, 3782, 4150, 4464, 4889, 5322, 5680,
        ],
    ),
    (
        "ramp",
        2,
        false,
        &[
            479, 991, 1471, 1887, 2367, 2879, 3327, 3807, 4319, 4767, 5247, 5727,
        ],
    ),
    (
        "ramp",
        2,
        true,
        &[
            424, 813, 1166, 1605, 1994, 2335, 2797, 3124, 3463, 3729, 4137, 4318, 4631, 5015, 5466,
            5_762,
        ],
    ),
    (
        "ramp",
        3,
        false,
        &[
            511, 895, 1375, 1759, 2303, 2815, 3295, 3711, 4191, 4607, 5151, 5599,
        ],
    ),
    (
        "ramp",
        3,
        true,
        &[
            397, 781, 1282, 1599, 2052, 2372, 2716, 3032, 3449, 3647, 3999, 4255, 4483, 4778, 5103,
            5476, 5835,
        ],
    ),
    ("bits", 1, false, &[3199, 4607]),
    ("bits", 1, true, &[3085, 4551]),
    ("bits", 2, false, &[3199, 4639]),
    ("bits", 2, true, &[3103, 4567]),
    ("bits", 3, false, &[3263, 4607]),
    ("bits", 3, true, &[3102, 4510]),
    ("scaled", 1, false, &[3039]),
    ("scaled", 1, true, &[25, 3004, 4572, 5142]),
    ("scaled", 2, false, &[3039]),
    ("scaled", 2, true, &[1170, 1553, 1810, 2462, 3007]),
    ("scaled", 3, false, &[1183, 3039]),
    (
        "scaled",
        3,
        true,
        &[812, 1141, 1206, 1618, 2478, 3002, 3253, 4412, 5902],
    ),
];

/// Stream, seed, mode; how many detections, the sum of their indices, the first ones.
type Found = (&'static str, u64, Mode, usize, usize, &'static [usize]);

const PAGE_HINKLEY: &[Found] = &[
    ("steps", 1, Mode::Both, 3, 9586, &[1541, 3075, 4970]),
    (
        "steps",
        1,
        Mode::Up,
        12,
        39_364,
        &[369, 1197, 1502, 1839, 2235, 2776],
    ),
    ("steps", 1, Mode::Down, 0, 0, &[]),
    ("steps", 2, Mode::Both, 3, 9694, &[1555, 3082, 5057]),
    (
        "steps",
        2,
        Mode::Up,
        14,
        45_054,
        &[466, 1169, 1504, 1584, 1703, 2143],
    ),
    ("steps", 2, Mode::Down, 0, 0, &[]),
    ("steps", 3, Mode::Both, 3, 9526, &[1547, 3053, 4926]),
    (
        "steps",
        3,
        Mode::Up,
        10,
        31_417,
        &[795, 1451, 1505, 1640, 2480, 4231],
    ),
    ("steps", 3, Mode::Down, 0, 0, &[]),
    (
        "ramp",
        1,
        Mode::Both,
        10,
        31_563,
        &[599, 1156, 1794, 2366, 2913, 3458],
    ),
    (
        "ramp",
        1,
        Mode::Up,
        38,
        121_654,
        &[300, 528, 633, 800, 977, 1176],
    ),
    ("ramp", 1, Mode::Down, 0, 0, &[]),
    (
        "ramp",
        2,
        Mode::Both,
        10,
        30_852,
        &[547, 1137, 1776, 2271, 2826, 3372],
    ),
    (
        "ramp",
        2,
        Mode::Up,
        36,
        100_074,
        &[142, 292, 381, 458, 639, 715],
    ),
    ("ramp", 2, Mode::Down, 0, 0, &[]),
    (
        "ramp",
        3,
        Mode::Both,
        11,
        35_654,
        &[578, 1129, 1576, 2207, 2770, 3284],
    ),
    (
        "ramp",
        3,
        Mode::Up,
        38,
        110_491,
        &[162, 248, 397, 490, 629, 753],
    ),
    ("ramp", 3, Mode::Down, 0, 0, &[]),
    ("bits", 1, Mode::Both, 2, 7904, &[3323, 4581]),
    (
        "bits",
        1,
        Mode::Up,
        29,
        71_733,
        &[70, 221, 424, 491, 547, 778],
    ),
    ("bits", 1, Mode::Down, 1, 4593, &[4593]),
    ("bits", 2, Mode::Both, 2, 7867, &[3180, 4687]),
    (
        "bits",
        2,
        Mode::Up,
        34,
        93_833,
        &[165, 203, 321, 598, 756, 1011],
    ),
    ("bits", 2, Mode::Down, 1, 4604, &[4604]),
    ("bits", 3, Mode::Both, 2, 7884, &[3242, 4642]),
    (
        "bits",
        3,
        Mode::Up,
        26,
        71_747,
        &[193, 328, 443, 669, 989, 1132],
    ),
    ("bits", 3, Mode::Down, 1, 4677, &[4677]),
    (
        "scaled",
        1,
        Mode::Both,
        200,
        602_800,
        &[29, 59, 89, 119, 149, 179],
    ),
    (
        "scaled",
        1,
        Mode::Up,
        568,
        1_709_615,
        &[9, 19, 29, 39, 49, 59],
    ),
    (
        "scaled",
        1,
        Mode::Down,
        563,
        1_688_714,
        &[9, 20, 34, 44, 54, 65],
    ),
    (
        "scaled",
        2,
        Mode::Both,
        200,
        602_800,
        &[29, 59, 89, 119, 149, 179],
    ),
    (
        "scaled",
        2,
        Mode::Up,
        574,
        1_729_054,
        &[9, 21, 31, 41, 51, 61],
    ),
    (
        "scaled",
        2,
        Mode::Down,
        570,
        1_713_848,
        &[9, 19, 29, 39, 49, 59],
    ),
    (
        "scaled",
        3,
        Mode::Both,
        199,
        596_912,
        &[29, 59, 89, 119, 149, 179],
    ),
    (
        "scaled",
        3,
        Mode::Up,
        571,
        1_712_766,
        &[9, 19, 29, 42, 52, 62],
    ),
    (
        "scaled",
        3,
        Mode::Down,
        567,
        1_705_857,
        &[13, 23, 34, 44, 54, 70],
    ),
];

/// Uniform on [0, 1), by G. Steele, D. Lea and C. Flood (2014), "Fast splittable pseudorandom
/// number generators" (`SplitMix64`).
fn uniform(seed: u64) -> impl Iterator<Item = f64> {
    (1..=6_000_u64).map(move |i| {
        let mut z = seed.wrapping_add(i.wrapping_mul(0x9e37_79b9_7f4a_7c15));
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) >> 11) as f64 / 9_007_199_254_740_992.0
    })
}

fn stream(kind: &str, seed: u64) -> Vec<f64> {
    let value = |(i, x): (usize, f64)| match kind {
        "steps" => x + [0.0, 1.0, 0.4, 0.5][i / 1_500],
        "ramp" => x + i as f64 / 1_500.0,
        "bits" => f64::from(u8::from(x < [0.2, 0.2, 0.35, 0.1][i / 1_500])),
        _ => 100.0 * x - if i > 3_000 { 50.0 } else { 0.0 },
    };
    uniform(seed).enumerate().map(value).collect()
}

#[test]
fn adwin_finds_what_rivers_finds() {
    for &(kind, seed, quick, want) in ADWIN {
        let settings = AdwinSettings {
            delta: 0.1,
            clock: 1,
            max_buckets: 3,
            min_window_length: 2,
            grace_period: 5,
        };
        let settings = if quick {
            settings
        } else {
            AdwinSettings::default()
        };
        let mut detector = Adwin::new(settings).unwrap();
        let values = stream(kind, seed);
        let found = detector.push(&values).unwrap();
        assert_eq!(found, want, "{kind} {seed} {quick}");
        assert_eq!(detector.detections(), want.len() as u64);

        // The same in pieces of changing length, saved and resumed between them, NaN strewn in.
        let mut resumed = Adwin::new(settings).unwrap();
        let (mut at, mut again) = (0, Vec::new());
        while at < values.len() {
            let end = (at + 1 + at % 977).min(values.len());
            let part = resumed.push(&values[at..end]).unwrap();
            again.extend(part.into_iter().map(|i| i + at));
            resumed = Adwin::resume(&resumed.state()).unwrap();
            assert_eq!(resumed.push_one(f64::NAN), Ok(false));
            at = end;
        }
        assert_eq!(again, want);
        assert_eq!(resumed, detector);
    }
}

#[test]
fn page_hinkley_finds_what_rivers_finds() {
    for &(kind, seed, mode, count, sum, first) in PAGE_HINKLEY {
        let (delta, threshold, alpha) = match mode {
            Mode::Up => (0.01, 5.0, 0.999),
            _ => (0.1, 8.0, 1.0),
        };
        let settings = PageHinkleySettings {
            min_instances: 10,
            delta,
            threshold,
            alpha,
            mode,
        };
        let default = PageHinkleySettings::default();
        let settings = if mode == Mode::Both {
            default
        } else {
            settings
        };
        let mut detector = PageHinkley::new(settings).unwrap();
        let values = stream(kind, seed);
        let found = detector.push(&values).unwrap();
        assert_eq!(found.len(), count, "{kind} {seed} {mode:?}");
        assert_eq!(found.iter().sum::<usize>(), sum);
        assert!(found.starts_with(first));

        let mut resumed = PageHinkley::new(settings).unwrap();
        let mut again = Vec::new();
        for (i, &value) in values.iter().enumerate() {
            if resumed.push_one(value).unwrap() {
                again.push(i);
            }
            if i % 501 == 0 {
                resumed = PageHinkley::resume(&resumed.state()).unwrap();
                assert_eq!(resumed.push_one(f64::NAN), Ok(false));
            }
        }
        assert_eq!(again, found);
        assert_eq!(resumed, detector);
    }
}

#[test]
fn infinities_and_settings_out_of_range_are_refused() {
    let mut adwin = Adwin::new(AdwinSettings::default()).unwrap();
    assert!(adwin.push(&[1.0, f64::INFINITY]).is_err());
    assert_eq!(adwin.seen(), 0);
    let mut hinkley = PageHinkley::new(PageHinkleySettings::default()).unwrap();
    assert!(hinkley.push(&[f64::NEG_INFINITY]).is_err());
    assert!(Adwin::resume(&hinkley.state()).is_err());
    let none = AdwinSettings {
        delta: f64::NAN,
        ..AdwinSettings::default()
    };
    assert!(Adwin::new(none).is_err());
    assert!(Mode::named("sideways").is_err());
}

#[test]
fn values_beyond_all_sums_stop_nothing() {
    let mut adwin = Adwin::new(AdwinSettings::default()).unwrap();
    let mut hinkley = PageHinkley::new(PageHinkleySettings::default()).unwrap();
    for i in 0..500 {
        let value = if i % 2 == 0 { f64::MAX } else { -f64::MAX };
        adwin.push_one(value).unwrap();
        hinkley.push_one(value.abs()).unwrap();
    }
    assert_eq!((adwin.seen(), hinkley.seen()), (500, 500));
}
