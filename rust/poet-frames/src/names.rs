//! Categories counted where they lie in memory: text, dictionary codes, booleans.

use arrow_array::cast::AsArray;
use arrow_array::types::{
    ArrowDictionaryKeyType, ByteArrayType, Int8Type, Int16Type, Int32Type, Int64Type,
    LargeUtf8Type, StringViewType, UInt8Type, UInt16Type, UInt32Type, UInt64Type, Utf8Type,
};
use arrow_array::{
    Array, ArrayRef, BooleanArray, DictionaryArray, GenericByteArray, GenericByteViewArray,
};
use arrow_schema::DataType;
use poet_kernels::{Categories, CategoryCounts, count_codes};

use crate::column::{ColumnError, Content};
use crate::numbers::window;

/// Whether values of this type are names of categories.
#[must_use]
pub fn is_name(dtype: &DataType) -> bool {
    match dtype {
        DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View | DataType::Boolean => true,
        DataType::Dictionary(_, values) => is_name(values) || values.is_integer(),
        _ => false,
    }
}

/// Adds the names of one chunk to the counts, which were made for these categories.
///
/// # Errors
///
/// [`ColumnError::Code`] for a dictionary code without an entry, [`ColumnError::Unsupported`] for
/// what [`is_name`] does not hold for.
pub fn count_names(
    array: &ArrayRef,
    categories: &Categories,
    counts: &mut CategoryCounts,
) -> Result<(), ColumnError> {
    match array.data_type() {
        DataType::Utf8View => views(array.as_byte_view(), categories, counts),
        DataType::Utf8 => texts::<Utf8Type>(array.as_bytes(), categories, counts),
        DataType::LargeUtf8 => texts::<LargeUtf8Type>(array.as_bytes(), categories, counts),
        DataType::Boolean => booleans(array.as_boolean(), categories, counts),
        DataType::Dictionary(key, _) => {
            let count = match **key {
                DataType::UInt8 => codes::<UInt8Type>,
                DataType::UInt16 => codes::<UInt16Type>,
                DataType::UInt32 => codes::<UInt32Type>,
                DataType::UInt64 => codes::<UInt64Type>,
                DataType::Int8 => codes::<Int8Type>,
                DataType::Int16 => codes::<Int16Type>,
                DataType::Int32 => codes::<Int32Type>,
                _ => codes::<Int64Type>,
            };
            return count(array, categories, counts);
        }
        other => {
            return Err(ColumnError::Unsupported {
                dtype: other.to_string(),
            });
        }
    }
    Ok(())
}

/// The categories that occur in a column of names.
///
/// # Errors
///
/// As [`Content::count`].
pub fn fit_names(content: &Content) -> Result<Categories, ColumnError> {
    let nothing = Categories::default();
    let mut counts = nothing.count();
    content.count(&nothing, &mut counts)?;
    Ok(Categories::fit(&counts))
}

/// Text of up to 12 bytes lies in the view itself, longer text where the view points to.
fn views(
    array: &GenericByteViewArray<StringViewType>,
    categories: &Categories,
    counts: &mut CategoryCounts,
) {
    match valid_rows(array) {
        None => {
            for text in array.bytes_iter() {
                counts.add(categories, text);
            }
        }
        Some(rows) => {
            for row in rows {
                counts.add(categories, array.value(row).as_bytes());
            }
        }
    }
    counts.add_nulls(array.null_count() as u64);
}

fn texts<T: ByteArrayType<Native = str>>(
    array: &GenericByteArray<T>,
    categories: &Categories,
    counts: &mut CategoryCounts,
) {
    match valid_rows(array) {
        None => {
            for row in 0..array.len() {
                counts.add(categories, array.value(row).as_bytes());
            }
        }
        Some(rows) => {
            for row in rows {
                counts.add(categories, array.value(row).as_bytes());
            }
        }
    }
    counts.add_nulls(array.null_count() as u64);
}

/// The rows that are valid; `None` where all are.
fn valid_rows(array: &dyn Array) -> Option<impl Iterator<Item = usize>> {
    let nulls = array.nulls().filter(|nulls| nulls.null_count() > 0);
    nulls.map(|nulls| nulls.valid_indices())
}

fn booleans(array: &BooleanArray, categories: &Categories, counts: &mut CategoryCounts) {
    let (truths, nulls) = (array.true_count() as u64, array.null_count() as u64);
    counts.add_many(categories, b"true", truths);
    counts.add_many(categories, b"false", array.len() as u64 - truths - nulls);
    counts.add_nulls(nulls);
}

fn codes<K: ArrowDictionaryKeyType>(
    array: &ArrayRef,
    categories: &Categories,
    counts: &mut CategoryCounts,
) -> Result<(), ColumnError>
where
    K::Native: TryInto<usize>,
{
    let dictionary: &DictionaryArray<K> = array.as_dictionary();
    let (keys, values) = (dictionary.keys(), dictionary.values());
    let occurring = count_codes(&window(std::slice::from_ref(keys)), values.len()).ok_or(
        ColumnError::Code {
            entries: values.len(),
        },
    )?;
    counts.add_nulls(keys.null_count() as u64);
    let mut digits;
    for (row, &count) in occurring
        .iter()
        .enumerate()
        .filter(|&(_, &count)| count > 0)
    {
        // Only what occurs is looked up: a dictionary may be much larger than a window.
        let name = match values.data_type() {
            _ if values.is_null(row) => {
                counts.add_nulls(count);
                continue;
            }
            DataType::Utf8View => values.as_string_view().value(row).as_bytes(),
            DataType::Utf8 => values.as_string::<i32>().value(row).as_bytes(),
            DataType::LargeUtf8 => values.as_string::<i64>().value(row).as_bytes(),
            DataType::Boolean if values.as_boolean().value(row) => b"true",
            DataType::Boolean => b"false",
            _ => {
                digits = integer_name(values, row)?;
                digits.as_bytes()
            }
        };
        counts.add_many(categories, name, count);
    }
    Ok(())
}

fn integer_name(values: &ArrayRef, row: usize) -> Result<String, ColumnError> {
    macro_rules! named {
        ($($dtype:ident => $native:ty),*) => {
            match values.data_type() {
                $(DataType::$dtype => Ok(values.as_primitive::<$native>().value(row).to_string()),)*
                other => Err(ColumnError::Unsupported { dtype: format!("categories of {other}") }),
            }
        };
    }
    named!(
        Int64 => Int64Type, Int32 => Int32Type, Int16 => Int16Type, Int8 => Int8Type,
        UInt64 => UInt64Type, UInt32 => UInt32Type, UInt16 => UInt16Type, UInt8 => UInt8Type
    )
}
