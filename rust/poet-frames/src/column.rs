//! A column of any supported type as what a kernel takes.

use std::error::Error;
use std::fmt;

use arrow_array::{Array, ArrayRef, Float64Array};
use arrow_schema::DataType;
use poet_kernels::{Categories, CategoryCounts, KernelError};

use crate::measure::Quantity;
use crate::names::{count_names, is_name};
use crate::numbers::Numbers;

/// Why a column cannot be used, or not be compared with its reference.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum ColumnError {
    /// Values that are neither numbers nor times nor categories.
    Unsupported {
        /// The type, in Arrow's words.
        dtype: String,
    },
    /// The two sides hold different kinds of values.
    Mismatch {
        /// What the current side holds.
        current: String,
        /// What the reference holds.
        reference: String,
    },
    /// A number that cannot be compared exactly with those of the other side.
    Beyond {
        /// The number.
        value: i128,
    },
    /// A whole number, or a decimal counted in units of its last digit, that does not fit int64.
    Large {
        /// The number, in these units.
        value: String,
        /// How many digits come after the point; below 0 how many zeros are left out before it.
        scale: i8,
    },
    /// A dictionary code that has no entry.
    Code {
        /// Number of entries of the dictionary.
        entries: usize,
    },
    /// What a kernel refuses.
    Kernel(KernelError),
}

impl From<KernelError> for ColumnError {
    fn from(error: KernelError) -> Self {
        Self::Kernel(error)
    }
}

impl fmt::Display for ColumnError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unsupported { dtype } => {
                write!(f, "{dtype} is neither numbers nor times nor categories")
            }
            Self::Mismatch { current, reference } => {
                write!(
                    f,
                    "current holds {current}, reference {reference}; cast one to the other"
                )
            }
            Self::Beyond { value } => write!(
                f,
                "{value} has no exact equal in the type of the other side; cast both to one type"
            ),
            Self::Large { value, scale } => {
                f.write_str(value)?;
                if *scale != 0 {
                    write!(f, "e{}", -i16::from(*scale))?;
                }
                f.write_str(
                    " does not fit int64, in which whole numbers and decimals are compared; cast the \
                     column to float64 where rounding is harmless, to text where values are labels",
                )
            }
            Self::Kernel(error) => error.fmt(f),
            Self::Code { entries } => {
                write!(
                    f,
                    "a code is beyond the {entries} entries of its dictionary"
                )
            }
        }
    }
}

impl Error for ColumnError {}

/// Arrow arrays of one type, one after the other.
#[derive(Debug, Clone)]
pub struct Column {
    dtype: DataType,
    chunks: Vec<ArrayRef>,
}

/// What a column's type makes of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Plain numbers.
    Numbers,
    /// Dates, times and spans.
    Times,
    /// Text, booleans and dictionary codes.
    Categories,
    /// Nulls of no type.
    Nulls,
}

impl Kind {
    /// The kind's name.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Numbers => "numbers",
            Self::Times => "times",
            Self::Categories => "categories",
            Self::Nulls => "nulls",
        }
    }
}

/// What a column holds.
#[derive(Debug, Clone)]
pub enum Content {
    /// Numbers and times.
    Numbers(Numbers),
    /// Text, booleans and dictionary codes.
    Names(Vec<ArrayRef>),
    /// Only nulls, of no type: this many.
    Nulls(u64),
}

impl Column {
    /// Takes up chunks of one type; those of another type are an error.
    ///
    /// # Errors
    ///
    /// [`ColumnError::Mismatch`].
    pub fn new(dtype: DataType, chunks: Vec<ArrayRef>) -> Result<Self, ColumnError> {
        if let Some(other) = chunks.iter().find(|chunk| *chunk.data_type() != dtype) {
            let (current, reference) = (other.data_type().to_string(), dtype.to_string());
            return Err(ColumnError::Mismatch { current, reference });
        }
        Ok(Self { dtype, chunks })
    }

    /// The type, as Arrow has it.
    #[must_use]
    pub fn dtype(&self) -> &DataType {
        &self.dtype
    }

    /// Number of values, nulls included.
    #[must_use]
    pub fn len(&self) -> usize {
        self.chunks.iter().map(Array::len).sum()
    }

    /// Whether there is no value, not even a null.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// What the type makes of the column.
    ///
    /// # Errors
    ///
    /// [`ColumnError::Unsupported`].
    pub fn kind(&self) -> Result<Kind, ColumnError> {
        let empty = Self {
            dtype: self.dtype.clone(),
            chunks: vec![],
        };
        Ok(match empty.content()? {
            Content::Names(_) => Kind::Categories,
            Content::Nulls(_) => Kind::Nulls,
            Content::Numbers(Numbers::Integers(_, measure))
                if measure.quantity != Quantity::Number =>
            {
                Kind::Times
            }
            Content::Numbers(_) => Kind::Numbers,
        })
    }

    /// The values as kernels take them; see the table in `numbers.rs` for what is copied.
    ///
    /// # Errors
    ///
    /// [`ColumnError::Unsupported`], and [`ColumnError::Large`] for numbers beyond int64 that are
    /// not floats.
    pub fn content(&self) -> Result<Content, ColumnError> {
        if is_name(&self.dtype) {
            return Ok(Content::Names(self.chunks.clone()));
        }
        if self.dtype == DataType::Null {
            return Ok(Content::Nulls(self.len() as u64));
        }
        Numbers::from_arrow(&self.dtype, &self.chunks)?
            .map(Content::Numbers)
            .ok_or_else(|| ColumnError::Unsupported {
                dtype: self.dtype.to_string(),
            })
    }
}

impl Content {
    /// Adds the names to counts that were made for these categories.
    ///
    /// # Errors
    ///
    /// [`ColumnError::Mismatch`] for numbers, and what [`count_names`] gives.
    pub fn count(
        &self,
        categories: &Categories,
        counts: &mut CategoryCounts,
    ) -> Result<(), ColumnError> {
        match self {
            Self::Names(chunks) => chunks
                .iter()
                .try_for_each(|chunk| count_names(chunk, categories, counts)),
            Self::Nulls(nulls) => {
                counts.add_nulls(*nulls);
                Ok(())
            }
            Self::Numbers(_) => Err(ColumnError::Mismatch {
                current: "numbers or times".to_owned(),
                reference: "categories".to_owned(),
            }),
        }
    }

    /// The numbers; a column of nulls without a type holds floats.
    ///
    /// # Errors
    ///
    /// [`ColumnError::Mismatch`] for names.
    pub fn numbers(self) -> Result<Numbers, ColumnError> {
        match self {
            Self::Numbers(numbers) => Ok(numbers),
            Self::Nulls(nulls) => Ok(Numbers::Floats(vec![Float64Array::new_null(
                nulls as usize,
            )])),
            Self::Names(_) => Err(ColumnError::Mismatch {
                current: "categories".to_owned(),
                reference: "numbers or times".to_owned(),
            }),
        }
    }
}
