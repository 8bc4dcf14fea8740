//! Bytes that POET did not write: an error, never a panic.

use std::io::Cursor;
use std::sync::Arc;

use arrow_array::types::{Float64Type, Int64Type, UInt32Type, UInt64Type};
use arrow_array::{ArrayRef, Int8Array, LargeStringArray, RecordBatch, StringArray, UInt64Array};
use arrow_ipc::reader::FileReader;
use arrow_ipc::writer::FileWriter;
use arrow_schema::{Field, Schema};
use proptest::prelude::*;

use super::super::{
    FileError, columns, counts_from_bytes, counts_to_bytes, profiles_from_bytes, profiles_to_bytes,
};
use super::{column, fitted, floats, two_arrays};
use crate::file::counts::older_hash;
use crate::{Column, ColumnCounts, Profile};

/// A file as Arrow's own reader has it.
fn batch_of(bytes: &[u8]) -> RecordBatch {
    let mut reader = FileReader::try_new(Cursor::new(bytes), None).unwrap();
    reader.next().unwrap().unwrap()
}

fn file_of(batch: &RecordBatch) -> Vec<u8> {
    let mut writer = FileWriter::try_new(Vec::new(), &batch.schema()).unwrap();
    writer.write(batch).unwrap();
    writer.into_inner().unwrap()
}

fn with_metadata(bytes: &[u8], key: &str, value: &str) -> Vec<u8> {
    let batch = batch_of(bytes);
    let mut metadata: std::collections::HashMap<_, _> = batch
        .schema()
        .metadata()
        .iter()
        .map(|(k, v)| (k.clone(), v.clone()))
        .collect();
    metadata.insert(key.to_owned(), value.to_owned());
    let schema = Schema::new_with_metadata(batch.schema().fields().to_vec(), metadata);
    file_of(&RecordBatch::try_new(Arc::new(schema), batch.columns().to_vec()).unwrap())
}

/// The file with another column in the place of one, or behind all.
fn with_column(bytes: &[u8], name: &str, array: ArrayRef) -> Vec<u8> {
    let batch = batch_of(bytes);
    let mut fields = batch.schema().fields().to_vec();
    let mut columns = batch.columns().to_vec();
    let field = Arc::new(Field::new(name, array.data_type().clone(), true));
    if let Ok(index) = batch.schema().index_of(name) {
        (fields[index], columns[index]) = (field, array);
    } else {
        fields.push(field);
        columns.push(array);
    }
    let schema = Schema::new_with_metadata(fields, batch.schema().metadata().clone());
    file_of(&RecordBatch::try_new(Arc::new(schema), columns).unwrap())
}

fn some_profile() -> Profile {
    fitted(floats(vec![Some(1.5), Some(-2.0), Some(1.5), None]))
}

fn some_file() -> Vec<u8> {
    profiles_to_bytes(&[(Some("x"), &some_profile())]).unwrap()
}

fn refusal(bytes: &[u8]) -> String {
    profiles_from_bytes(bytes).unwrap_err().to_string()
}

#[test]
fn another_version_and_another_format_are_named() {
    let newer = with_metadata(&some_file(), "format_version", "2");
    let format = "poet.profiles";
    assert_eq!(
        profiles_from_bytes(&newer).unwrap_err(),
        FileError::Newer { format, found: 2 }
    );
    assert_eq!(
        refusal(&newer),
        "the poet.profiles file has format_version 2, this POET reads up to 1; \
         update POET, or write the file again with this one"
    );
    for version in ["0", "", "-1", "1.5"] {
        let other = with_metadata(&some_file(), "format_version", version);
        assert!(refusal(&other).contains("format_version is no version"));
    }
    let other = with_metadata(&some_file(), "format", "poet.counts");
    assert!(refusal(&other).contains("its format is \"poet.counts\""));
    let error = counts_from_bytes(&some_file(), &[]).unwrap_err();
    assert!(
        error
            .to_string()
            .contains("its format is \"poet.profiles\"")
    );
    assert!(refusal(b"").contains("not an Arrow IPC file"));
    assert!(refusal(b"PAR1 ... PAR1").contains("not an Arrow IPC file"));
}

#[test]
fn columns_of_a_later_writer_are_left_unread() {
    let more = with_column(&some_file(), "unit", Arc::new(StringArray::from(vec!["K"])));
    let nested = columns::text_lists(std::iter::once(Some(["a"])));
    let more = with_column(&more, "tags", nested);
    let (name, read) = profiles_from_bytes(&more).unwrap().remove(0);
    assert_eq!(
        (name.as_deref(), read.id()),
        (Some("x"), some_profile().id())
    );
}

/// Each of these would be a reference that no column has, and statistics without a meaning.
#[test]
fn rows_that_contradict_themselves_are_refused() {
    let floats = |values: Vec<f64>| columns::lists::<Float64Type>(std::iter::once(Some(values)));
    let counts = |values: Vec<u64>| columns::lists::<UInt64Type>(std::iter::once(Some(values)));
    let none = || columns::lists::<UInt64Type>(std::iter::once(None::<Vec<u64>>));
    let text = |text: Option<&str>| Arc::new(StringArray::from(vec![text])) as ArrayRef;
    let large = |text: Option<&str>| columns::texts(std::iter::once(text));
    let count = |count: u64| Arc::new(UInt64Array::from(vec![count])) as ArrayRef;
    let cases: Vec<(&str, ArrayRef, &str)> = vec![
        ("floats", floats(vec![1.5, -2.0]), "not strictly ascending"),
        ("floats", floats(vec![-0.0, 0.0]), "not strictly ascending"),
        ("floats", floats(vec![1.5]), "not strictly ascending"),
        ("floats", floats(vec![]), "not strictly ascending"),
        ("floats", floats(vec![-f64::NAN, 1.5]), "NaN"),
        ("floats", floats(vec![-2.0, f64::NAN]), "NaN"),
        ("floats", floats(vec![-2.5, 1.5]), "hash"),
        ("floats", text(Some("x")), "column 7 is not \"floats\""),
        ("cumulative", counts(vec![1, 2]), "do not add up"),
        ("cumulative", counts(vec![0, 3]), "not strictly ascending"),
        ("cumulative", counts(vec![3, 3]), "not strictly ascending"),
        ("cumulative", none(), "without their counts"),
        ("category_counts", counts(vec![3]), "without their counts"),
        (
            "integers",
            columns::lists::<Int64Type>(std::iter::once(Some([1, 2]))),
            "several types",
        ),
        ("n", count(4), "do not add up"),
        ("n", count(u64::MAX), "more than 2^53"),
        ("nulls", count(1 << 53), "more than 2^53"),
        ("nulls", count(2), "hash"),
        ("kind", large(Some("times")), "not of its kind"),
        ("kind", large(Some("colours")), "kind is none"),
        ("kind", large(None), "kind is none"),
        ("quantity", large(Some("date")), "without an exponent"),
        (
            "exponent",
            Arc::new(Int8Array::from(vec![3])),
            "without an exponent",
        ),
        ("id", large(None), "hash"),
    ];
    for (name, array, expected) in cases {
        let message = refusal(&with_column(&some_file(), name, array));
        assert!(message.contains(expected), "{name}: {message}");
    }
}

/// Counts that an older version wrote are as good as ever; they only do not tell how many rows were
/// infinite.
#[test]
fn counts_without_infinite_rows_are_older_ones() {
    let profile = fitted(floats(vec![Some(1.0), Some(2.0)]));
    for (window, infinite) in [
        (vec![Some(1.5), None], 0),
        (vec![Some(f64::INFINITY), Some(0.5)], 1),
    ] {
        let counts = profile.count(&column(floats(window))).unwrap();
        let file = counts_to_bytes(&[(None, &profile, &counts)]).unwrap();
        let batch = batch_of(&file);
        let without = batch.schema().fields().len() - 1;
        assert_eq!(batch.schema().field(without).name(), "infinite");
        let older = file_of(&batch.project(&(0..without).collect::<Vec<_>>()).unwrap());
        let hash: ArrayRef = Arc::new(LargeStringArray::from(vec![older_hash(&profile, &counts)]));
        let older = with_column(&older, "hash", hash);
        let read = counts_from_bytes(&older, &[&profile]).unwrap();
        assert_eq!(read[0].counts.size(), counts.size());
        let ColumnCounts::Floats(found) = &read[0].counts else {
            panic!("{read:?}");
        };
        assert_eq!(found.infinite(), infinite);
        let more: ArrayRef = Arc::new(UInt64Array::from(vec![infinite + 1]));
        let damaged = with_column(&file, "infinite", more);
        assert!(counts_from_bytes(&damaged, &[&profile]).is_err());
    }
}

#[test]
fn counts_that_contradict_themselves_are_refused() {
    let profile = some_profile();
    let counts = profile
        .count(&column(floats(vec![Some(0.0), Some(1.5)])))
        .unwrap();
    let file = counts_to_bytes(&[(None, &profile, &counts)]).unwrap();
    let cells = |values: Vec<u32>| columns::lists::<UInt32Type>(std::iter::once(Some(values)));
    let rows = |values: Vec<u64>| columns::lists::<UInt64Type>(std::iter::once(Some(values)));
    let cases: Vec<(&str, ArrayRef)> = vec![
        ("cells", cells(vec![2, 4])),
        ("cells", cells(vec![3, 2])),
        ("cells", cells(vec![2, u32::MAX])),
        ("rows", rows(vec![2, 0])),
        ("rows", rows(vec![1, u64::MAX])),
        (
            "float_range",
            columns::lists::<Float64Type>(std::iter::once(Some([0.0]))),
        ),
        (
            "float_range",
            columns::lists::<Float64Type>(std::iter::once(Some([1.5, 0.0]))),
        ),
    ];
    for (name, array) in cases {
        let error = counts_from_bytes(&with_column(&file, name, array), &[&profile]).unwrap_err();
        assert!(
            matches!(error, FileError::Damaged { row: Some(0), .. }),
            "{name}: {error}"
        );
    }
}

/// How bytes go wrong.
#[derive(Debug, Clone)]
enum Damage {
    Cut(prop::sample::Index),
    Flip(Vec<(prop::sample::Index, u8)>),
    Splice(
        prop::sample::Index,
        prop::sample::Index,
        prop::sample::Index,
    ),
    Word(prop::sample::Index, u64),
}

impl Damage {
    fn any() -> impl Strategy<Value = Self> {
        let flips = prop::collection::vec((any::<prop::sample::Index>(), 1_u8..), 1..4);
        let words = prop_oneof![any::<u64>(), 0_u64..64, Just(u64::MAX), Just(1 << 63)];
        prop_oneof![
            any::<prop::sample::Index>().prop_map(Self::Cut),
            flips.prop_map(Self::Flip),
            any::<[prop::sample::Index; 3]>().prop_map(|[a, b, c]| Self::Splice(a, b, c)),
            (any::<prop::sample::Index>(), words).prop_map(|(at, word)| Self::Word(at, word)),
        ]
    }

    fn done_to(&self, bytes: &[u8]) -> Vec<u8> {
        let mut bytes = bytes.to_vec();
        let len = bytes.len();
        if len == 0 {
            return bytes;
        }
        match self {
            Self::Cut(at) => bytes.truncate(at.index(len)),
            Self::Flip(flips) => flips
                .iter()
                .for_each(|(at, bits)| bytes[at.index(len)] ^= bits),
            Self::Splice(a, b, to) => {
                let (a, b) = (a.index(len), b.index(len));
                let part = bytes[a.min(b)..a.max(b)].to_vec();
                let to = to.index(len);
                bytes.splice(to..len.min(to + part.len() / 2), part);
            }
            Self::Word(at, word) => {
                let at = at.index(len.saturating_sub(8).max(1)) & !7;
                if let Some(place) = bytes.get_mut(at..at + 8) {
                    place.copy_from_slice(&word.to_le_bytes());
                }
            }
        }
        bytes
    }
}

fn two_files() -> impl Strategy<Value = (Profile, Column)> {
    two_arrays().prop_map(|(reference, window)| (fitted(reference), column(window)))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]

    /// A file cut off by a full disk or changed by a bad one must not end the service that reads
    /// it, nor pass for a profile that nobody fitted.
    #[test]
    fn damaged_files_give_what_was_written_or_an_error(
        (profile, window) in two_files(), damages in prop::collection::vec(Damage::any(), 1..3)
    ) {
        let damaged = |bytes: Vec<u8>| damages.iter().fold(bytes, |bytes, damage| damage.done_to(&bytes));
        let bytes = damaged(profiles_to_bytes(&[(None, &profile)]).unwrap());
        for (_, read) in profiles_from_bytes(&bytes).unwrap_or_default() {
            prop_assert_eq!(read.id(), profile.id());
        }
        if let Ok(counts) = profile.count(&window) {
            let bytes = damaged(counts_to_bytes(&[(None, &profile, &counts)]).unwrap());
            for read in counts_from_bytes(&bytes, &[&profile]).unwrap_or_default() {
                prop_assert_eq!(read.counts.size(), counts.size());
            }
        }
    }

    #[test]
    fn any_bytes_between_the_marks_give_an_error(inside in prop::collection::vec(any::<u8>(), 0..200)) {
        let bytes = [b"ARROW1".as_slice(), &inside, b"ARROW1"].concat();
        prop_assert!(profiles_from_bytes(&bytes).is_err());
        prop_assert!(counts_from_bytes(&bytes, &[]).is_err());
        prop_assert!(profiles_from_bytes(&inside).is_err());
    }
}
