//! What is written is read back, and nothing that follows from it changes.

use std::sync::Arc;

use arrow_array::{ArrayRef, Int64Array, StringArray};
use poet_kernels::{Alternative, KsTest, PValueChoice, Smoothing};
use proptest::prelude::*;

use super::super::hash::{Hash, hex};
use super::super::{
    counts_from_bytes, counts_from_path, counts_to_bytes, profiles_from_bytes, profiles_from_path,
    profiles_to_bytes,
};
use super::{column, fitted, floats, two_arrays};
use crate::{Ask, Profile, Shape};

const ASK: Ask = Ask {
    min_size: 1,
    ks: Some(KsTest {
        alternative: Alternative::TwoSided,
        method: PValueChoice::Auto,
        level: None,
    }),
    bins: 4,
    smoothing: Smoothing::PseudoCount(0.5),
    min_expected: 5.0,
};

/// All that a profile holds, floats to the bit.
fn content(profile: &Profile) -> String {
    let shape = match &profile.shape {
        Shape::Floats(reference) => {
            let bits: Vec<u64> = reference.values().iter().map(|v| v.to_bits()).collect();
            format!("{bits:?} {:?}", reference.ranks())
        }
        Shape::Integers(reference, measure) => {
            let (values, cumulative) = (reference.values(), reference.ranks());
            format!("{values:?} {cumulative:?} {measure:?}")
        }
        Shape::Names(categories) => {
            let names: Vec<&[u8]> = categories.names().names().collect();
            format!("{names:?} {:?} {}", categories.counts(), categories.nulls())
        }
        Shape::Nothing => "nothing".to_owned(),
    };
    format!("{shape} {:?} {:?}", profile.kind, profile.size)
}

/// What comparing gives, to the last digit and NaN too.
fn compared(profile: &Profile, window: &crate::Column) -> String {
    format!("{:?}", profile.compare(window, &ASK))
}

proptest! {
    /// A stored profile that compares otherwise than the fitted one would raise or miss alerts
    /// after every restart.
    #[test]
    fn a_profile_is_the_same_after_its_file(
        columns in prop::collection::vec((two_arrays(), prop::option::of(any::<String>())), 0..4)
    ) {
        let profiles: Vec<_> = columns.iter().map(|((a, _), _)| fitted(Arc::clone(a))).collect();
        let rows: Vec<_> = columns
            .iter()
            .zip(&profiles)
            .map(|((_, name), profile)| (name.as_deref(), profile))
            .collect();
        let bytes = profiles_to_bytes(&rows).unwrap();
        prop_assert_eq!(&bytes, &profiles_to_bytes(&rows).unwrap());
        let read = profiles_from_bytes(&bytes).unwrap();
        prop_assert_eq!(read.len(), rows.len());
        for (((old_name, old), (name, new)), ((_, window), _)) in rows.iter().zip(&read).zip(&columns) {
            prop_assert_eq!(*old_name, name.as_deref());
            prop_assert_eq!(content(old), content(new));
            prop_assert_eq!(old.id(), new.id());
            let window = column(Arc::clone(window));
            prop_assert_eq!(compared(old, &window), compared(new, &window));
        }
    }

    /// Counts that came from another machine must add up and compare as if made here.
    #[test]
    fn counts_are_the_same_after_their_file((reference, window) in two_arrays()) {
        let profile = fitted(reference);
        let window = column(window);
        let Ok(counts) = profile.count(&window) else {
            return Ok(());
        };
        let bytes = counts_to_bytes(&[(Some("x"), &profile, &counts)]).unwrap();
        prop_assert_eq!(&bytes, &counts_to_bytes(&[(Some("x"), &profile, &counts)]).unwrap());
        let read = counts_from_bytes(&bytes, &[&profile]).unwrap();
        prop_assert_eq!(read.len(), 1);
        prop_assert_eq!((read[0].name.as_deref(), read[0].profile), (Some("x"), 0));
        let read = &read[0].counts;
        prop_assert_eq!(read.size(), counts.size());
        let compared = |counts| format!("{:?}", profile.compare_counts(counts, &ASK));
        // The place may be a zero of either sign.
        let same = |text: String| text.replace("-0.0", "0.0");
        prop_assert_eq!(same(compared(read)), same(compared(&counts)));
        let (sum, twice) = (read.merged(&counts).unwrap(), counts.merged(&counts).unwrap());
        prop_assert_eq!(same(compared(&sum)), same(compared(&twice)));
        prop_assert_eq!(bytes, counts_to_bytes(&[(Some("x"), &profile, read)]).unwrap());
    }

    /// Profiles that differ in anything must not take each other's counts.
    #[test]
    fn only_equal_profiles_have_one_id((a, b) in two_arrays()) {
        let (a, b) = (fitted(a), fitted(b));
        prop_assert_eq!(content(&a) == content(&b), a.id() == b.id());
    }
}

#[test]
fn counts_find_their_profile_among_many() {
    let profiles: Vec<_> = [1.0, 2.0, 3.0]
        .map(|value| fitted(floats(vec![Some(value)])))
        .into();
    let window = column(floats(vec![Some(2.5), None]));
    let counts: Vec<_> = profiles.iter().map(|p| p.count(&window).unwrap()).collect();
    let rows = [
        (Some("c"), &profiles[2], &counts[2]),
        (Some("a"), &profiles[0], &counts[0]),
    ];
    let bytes = counts_to_bytes(&rows).unwrap();
    let read = counts_from_bytes(&bytes, &profiles.iter().collect::<Vec<_>>()).unwrap();
    let found: Vec<_> = read
        .iter()
        .map(|r| (r.name.as_deref(), r.profile))
        .collect();
    assert_eq!(found, [(Some("c"), 2), (Some("a"), 0)]);
    let error = counts_from_bytes(&bytes, &[&profiles[0], &profiles[1]]).unwrap_err();
    assert_eq!(
        error.to_string(),
        "the counts in row 0 (\"c\") were made against another profile; read them with that \
         profile, or count again against this one"
    );
    let error = counts_from_bytes(&bytes, &[&profiles[0]]).unwrap_err();
    assert!(error.to_string().contains("2 rows of counts"), "{error}");
}

#[test]
fn counts_of_another_profile_are_not_written() {
    let numbers = fitted(floats(vec![Some(1.0)]));
    let names = fitted(Arc::new(StringArray::from(vec!["a"])) as ArrayRef);
    let counts = numbers.count(&column(floats(vec![Some(1.0)]))).unwrap();
    let error = counts_to_bytes(&[(None, &names, &counts)]).unwrap_err();
    assert!(error.to_string().contains("another profile"), "{error}");
}

#[test]
fn files_are_read_by_their_path() {
    let folder = std::env::temp_dir().join(format!("poet-file-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let path = folder.join("profiles.arrow");
    let profile = fitted(Arc::new(Int64Array::from(vec![1, 2])) as ArrayRef);
    let counts = profile.count(&column(floats(vec![Some(1.5)]))).unwrap();
    std::fs::write(&path, profiles_to_bytes(&[(None, &profile)]).unwrap()).unwrap();
    let read = profiles_from_path(&path).unwrap();
    assert_eq!(read[0].1.id(), profile.id());
    std::fs::write(
        &path,
        counts_to_bytes(&[(None, &profile, &counts)]).unwrap(),
    )
    .unwrap();
    assert_eq!(counts_from_path(&path, &[&profile]).unwrap().len(), 1);
    std::fs::remove_dir_all(&folder).unwrap();
    let error = profiles_from_path(&path).unwrap_err();
    assert!(error.to_string().contains("profiles.arrow"), "{error}");
}

/// As mmh3 5.3 for Python has them: `mmh3.hash_bytes(words, 0, True)`.
#[test]
fn the_hash_is_the_published_one() {
    let of = |words: &[u64]| {
        let mut hash = Hash::default();
        for &word in words {
            hash.word(word);
        }
        hex(hash.finish())
    };
    assert_eq!(of(&[]), "00000000000000000000000000000000");
    assert_eq!(of(&[1]), "4ac405fbb7034400069c6dd3b4cd8a3d");
    assert_eq!(of(&[1, 2]), "06f089e42b8bedde77e5e1542705852f");
    assert_eq!(
        of(&[u64::MAX, 7, 1 << 63]),
        "346b25b4f34f949b75348daa94af4ae8"
    );
}
