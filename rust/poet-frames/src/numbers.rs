//! Numbers and times as float64 or int64: in place where they are stored as such, else copied once.
//!
//! | stored as | becomes | copies |
//! |---|---|---|
//! | float64 | float64 | none |
//! | int64, timestamp, duration, time64 | int64 | none |
//! | float16, float32 | float64 | one |
//! | int8 … int32, uint8 … uint32, date32, date64, time32 | int64 | one |
//! | uint64 | int64; an error for values beyond it | one |
//! | decimal | int64 in units of its last digit; an error for values beyond it | one |

use std::fmt::Display;

use arrow_array::cast::AsArray;
use arrow_array::types::{
    ArrowPrimitiveType, ArrowTimestampType, Date32Type, Date64Type, Decimal32Type, Decimal64Type,
    Decimal128Type, DurationMicrosecondType, DurationMillisecondType, DurationNanosecondType,
    DurationSecondType, Float16Type, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type,
    Int64Type, Time32MillisecondType, Time32SecondType, Time64MicrosecondType,
    Time64NanosecondType, TimestampMicrosecondType, TimestampMillisecondType,
    TimestampNanosecondType, TimestampSecondType, UInt8Type, UInt16Type, UInt32Type, UInt64Type,
};
use arrow_array::{Array, ArrayRef, Float64Array, Int64Array, PrimitiveArray};
use arrow_schema::{DataType, TimeUnit};
use poet_kernels::{Chunk, Validity, Window};

use crate::column::ColumnError;
use crate::measure::{Measure, Quantity};

/// Every integer up to this size has a float64 of its own.
pub(crate) const EXACT: u64 = 1 << 53;

/// Chunks of numbers of one type.
#[derive(Debug, Clone)]
pub enum Numbers {
    /// Floats, NaN among them.
    Floats(Vec<Float64Array>),
    /// Integers and what they count.
    Integers(Vec<Int64Array>, Measure),
}

/// The chunks as the window that kernels take, in place.
pub(crate) fn window<T: ArrowPrimitiveType>(chunks: &[PrimitiveArray<T>]) -> Window<'_, T::Native> {
    let chunk = |array| {
        let array: &PrimitiveArray<T> = array;
        let nulls = array.nulls().filter(|nulls| nulls.null_count() > 0);
        let validity = nulls.map(|n| Validity {
            bits: n.validity(),
            offset: n.offset(),
        });
        Chunk {
            values: &array.values()[..],
            validity,
        }
    };
    Window::new(chunks.iter().map(chunk).collect())
}

impl Numbers {
    /// Number of values, nulls included.
    #[must_use]
    pub fn len(&self) -> usize {
        match self {
            Self::Floats(chunks) => chunks.iter().map(Array::len).sum(),
            Self::Integers(chunks, _) => chunks.iter().map(Array::len).sum(),
        }
    }

    /// Whether there is no value, not even a null.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Number of nulls; a NaN is none.
    #[must_use]
    pub fn nulls(&self) -> u64 {
        let nulls: usize = match self {
            Self::Floats(chunks) => chunks.iter().map(Array::null_count).sum(),
            Self::Integers(chunks, _) => chunks.iter().map(Array::null_count).sum(),
        };
        nulls as u64
    }

    /// The integers as floats, which is one copy; floats as they are.
    ///
    /// # Errors
    ///
    /// [`ColumnError::Mismatch`] for times, and [`ColumnError::Beyond`] for whole numbers that
    /// float64 cannot tell apart. Decimals are rounded.
    pub fn into_floats(self) -> Result<Vec<Float64Array>, ColumnError> {
        match self {
            Self::Floats(chunks) => Ok(chunks),
            Self::Integers(chunks, measure) if measure.quantity == Quantity::Number => {
                let divisor = 10_f64.powi(measure.exponent.into());
                let float = |v: i64| match v.unsigned_abs() {
                    0..=EXACT => Ok(v as f64 / divisor),
                    _ => Err(ColumnError::Beyond { value: v.into() }),
                };
                chunks.iter().map(|chunk| chunk.try_unary(float)).collect()
            }
            Self::Integers(_, measure) => Err(ColumnError::Mismatch {
                current: measure.to_string(),
                reference: "floats".to_owned(),
            }),
        }
    }

    /// The integers multiplied by a factor, which is one copy unless it is 1.
    ///
    /// # Errors
    ///
    /// [`ColumnError::Beyond`] where a product does not fit int64.
    pub(crate) fn multiplied(
        chunks: Vec<Int64Array>,
        factor: i64,
    ) -> Result<Vec<Int64Array>, ColumnError> {
        if factor == 1 {
            return Ok(chunks);
        }
        let times = |v: i64| {
            let value = i128::from(v) * i128::from(factor);
            i64::try_from(value).map_err(|_| ColumnError::Beyond { value })
        };
        chunks.iter().map(|chunk| chunk.try_unary(times)).collect()
    }

    /// Takes up a column of numbers or times; `None` if it is neither.
    ///
    /// # Errors
    ///
    /// [`ColumnError::Large`].
    pub(crate) fn from_arrow(
        dtype: &DataType,
        chunks: &[ArrayRef],
    ) -> Result<Option<Self>, ColumnError> {
        let numbers = match dtype {
            DataType::Float64 => Self::Floats(same::<Float64Type>(chunks)),
            DataType::Float32 => Self::Floats(cast::<Float32Type, _>(chunks, f64::from)),
            DataType::Float16 => Self::Floats(cast::<Float16Type, _>(chunks, f64::from)),
            DataType::Int64 => Self::Integers(same::<Int64Type>(chunks), Measure::WHOLE),
            DataType::Int32 => whole(cast::<Int32Type, _>(chunks, i64::from)),
            DataType::Int16 => whole(cast::<Int16Type, _>(chunks, i64::from)),
            DataType::Int8 => whole(cast::<Int8Type, _>(chunks, i64::from)),
            DataType::UInt32 => whole(cast::<UInt32Type, _>(chunks, i64::from)),
            DataType::UInt16 => whole(cast::<UInt16Type, _>(chunks, i64::from)),
            DataType::UInt8 => whole(cast::<UInt8Type, _>(chunks, i64::from)),
            DataType::UInt64 => fitting::<UInt64Type>(chunks, 0)?,
            DataType::Decimal32(_, s) => fitting::<Decimal32Type>(chunks, *s)?,
            DataType::Decimal64(_, s) => fitting::<Decimal64Type>(chunks, *s)?,
            DataType::Decimal128(_, s) => fitting::<Decimal128Type>(chunks, *s)?,
            _ => return Ok(Self::from_times(dtype, chunks)),
        };
        Ok(Some(numbers))
    }

    fn from_times(dtype: &DataType, chunks: &[ArrayRef]) -> Option<Self> {
        use TimeUnit::{Microsecond, Millisecond, Nanosecond, Second};
        let (quantity, unit, integers) = match dtype {
            DataType::Date32 => (
                Quantity::Date,
                Second,
                cast::<Date32Type, _>(chunks, i64::from),
            ),
            DataType::Date64 => {
                let days = |ms: i64| ms.div_euclid(86_400_000);
                (Quantity::Date, Second, cast::<Date64Type, _>(chunks, days))
            }
            DataType::Time32(unit) => {
                let integers = match unit {
                    Second => cast::<Time32SecondType, _>(chunks, i64::from),
                    _ => cast::<Time32MillisecondType, _>(chunks, i64::from),
                };
                (Quantity::Time, *unit, integers)
            }
            DataType::Time64(unit) => {
                let integers = match unit {
                    Microsecond => same_bits::<Time64MicrosecondType>(chunks),
                    _ => same_bits::<Time64NanosecondType>(chunks),
                };
                (Quantity::Time, *unit, integers)
            }
            DataType::Timestamp(unit, zone) => {
                let integers = match unit {
                    Second => timestamps::<TimestampSecondType>(chunks),
                    Millisecond => timestamps::<TimestampMillisecondType>(chunks),
                    Microsecond => timestamps::<TimestampMicrosecondType>(chunks),
                    Nanosecond => timestamps::<TimestampNanosecondType>(chunks),
                };
                let zoned = zone.as_deref().is_some_and(|zone| !zone.is_empty());
                let quantity = if zoned {
                    Quantity::Instant
                } else {
                    Quantity::LocalTime
                };
                (quantity, *unit, integers)
            }
            DataType::Duration(unit) => {
                let integers = match unit {
                    Second => same_bits::<DurationSecondType>(chunks),
                    Millisecond => same_bits::<DurationMillisecondType>(chunks),
                    Microsecond => same_bits::<DurationMicrosecondType>(chunks),
                    Nanosecond => same_bits::<DurationNanosecondType>(chunks),
                };
                (Quantity::Duration, *unit, integers)
            }
            _ => return None,
        };
        Some(Self::Integers(integers, Measure::new(quantity, unit)))
    }
}

fn whole(chunks: Vec<Int64Array>) -> Numbers {
    Numbers::Integers(chunks, Measure::WHOLE)
}

/// The arrays themselves, which share their memory.
fn same<T: ArrowPrimitiveType>(chunks: &[ArrayRef]) -> Vec<PrimitiveArray<T>> {
    chunks
        .iter()
        .map(|chunk| chunk.as_primitive::<T>().clone())
        .collect()
}

/// The integers that stand for times, in place.
fn same_bits<T: ArrowPrimitiveType<Native = i64>>(chunks: &[ArrayRef]) -> Vec<Int64Array> {
    chunks
        .iter()
        .map(|chunk| chunk.as_primitive::<T>().reinterpret_cast())
        .collect()
}

fn timestamps<T: ArrowTimestampType>(chunks: &[ArrayRef]) -> Vec<Int64Array> {
    same_bits::<T>(chunks)
}

fn cast<T, O>(chunks: &[ArrayRef], to: impl Fn(T::Native) -> O::Native) -> Vec<PrimitiveArray<O>>
where
    T: ArrowPrimitiveType,
    O: ArrowPrimitiveType,
{
    chunks
        .iter()
        .map(|chunk| chunk.as_primitive::<T>().unary(&to))
        .collect()
}

/// Integers in units of the last digit, or of 1 where that is a larger power of ten.
fn fitting<T>(chunks: &[ArrayRef], scale: i8) -> Result<Numbers, ColumnError>
where
    T: ArrowPrimitiveType,
    T::Native: TryInto<i64> + Display,
{
    let units = 10_i64.checked_pow(u32::try_from(-i16::from(scale)).unwrap_or(0));
    let integer = |v: T::Native| {
        let whole: Option<i64> = v.try_into().ok();
        let fits = whole.and_then(|whole| match units {
            Some(units) => whole.checked_mul(units),
            None => (whole == 0).then_some(0),
        });
        fits.ok_or_else(|| ColumnError::Large {
            value: v.to_string(),
            scale,
        })
    };
    let integers = |chunk: &ArrayRef| chunk.as_primitive::<T>().try_unary(integer);
    let chunks: Result<_, _> = chunks.iter().map(integers).collect();
    let measure = Measure {
        quantity: Quantity::Number,
        exponent: scale.max(0),
    };
    Ok(Numbers::Integers(chunks?, measure))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow_array::Decimal128Array;

    use super::*;

    fn decimals(value: i128, scale: i8) -> Result<Option<Numbers>, ColumnError> {
        let array = Decimal128Array::from(vec![Some(value), None]);
        let array = array.with_precision_and_scale(30, scale).unwrap();
        let dtype = array.data_type().clone();
        Numbers::from_arrow(&dtype, &[Arc::new(array)])
    }

    #[test]
    fn a_decimal_is_exact_or_refused() {
        for (value, scale, integer) in [(5, -3, 5_000), (5, 0, 5), (5, 20, 5), (0, -25, 0)] {
            let Ok(Some(Numbers::Integers(chunks, measure))) = decimals(value, scale) else {
                panic!("{value}e{}", -scale);
            };
            assert_eq!(chunks[0], Int64Array::from(vec![Some(integer), None]));
            assert_eq!(measure.exponent, scale.max(0));
        }
        for (value, scale) in [(1, -20), (10, -18), (1 << 63, 0), (-(1 << 63) - 1, 4)] {
            let refused = decimals(value, scale).unwrap_err();
            let value = value.to_string();
            assert_eq!(refused, ColumnError::Large { value, scale });
        }
    }
}
