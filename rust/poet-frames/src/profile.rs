//! A reference column, fitted once.

use std::sync::Arc;

use poet_kernels::{Categories, Ordered, Reference, Window};

use crate::column::{Column, ColumnError, Content, Kind};
use crate::measure::{Measure, Quantity};
use crate::numbers::{EXACT, Numbers, window};

/// How many values there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Size {
    /// Values, nulls and NaN left out.
    pub n: u64,
    /// Nulls.
    pub nulls: u64,
    /// NaN.
    pub nan: u64,
}

impl Size {
    pub(crate) fn of_nulls(nulls: u64) -> Self {
        Self {
            nulls,
            ..Self::default()
        }
    }
}

/// What is kept of a reference column.
#[derive(Debug, Clone)]
pub enum Shape {
    /// Floats in order.
    Floats(Arc<Reference<f64>>),
    /// Integers in order, and what they count.
    Integers(Arc<Reference<i64>>, Measure),
    /// Categories and their counts.
    Names(Arc<Categories>),
    /// No value at all, only nulls and NaN.
    Nothing,
}

/// A fitted reference column.
#[derive(Debug, Clone)]
pub struct Profile {
    /// What is kept of the values.
    pub shape: Shape,
    /// What the column's type makes of it.
    pub kind: Kind,
    /// How many values there were.
    pub size: Size,
}

impl Profile {
    /// Sorts the numbers or counts the categories.
    ///
    /// # Errors
    ///
    /// [`ColumnError::Unsupported`], [`ColumnError::Code`], and [`ColumnError::Kernel`] for too many
    /// distinct values.
    pub fn fit(column: &Column) -> Result<Self, ColumnError> {
        let kind = column.kind()?;
        let content = column.content()?;
        let (shape, size) = match content {
            Content::Nulls(nulls) => (Shape::Nothing, Size::of_nulls(nulls)),
            Content::Names(_) => {
                let categories = crate::fit_names(&content)?;
                let size = Size {
                    n: categories.total(),
                    nulls: categories.nulls(),
                    nan: 0,
                };
                (Shape::Names(Arc::new(categories)), size)
            }
            Content::Numbers(Numbers::Floats(chunks)) => {
                let window = window(&chunks);
                let mut values = Vec::with_capacity(window.len());
                window.for_each_block(|block| values.extend(block.iter().filter(|v| !v.is_nan())));
                let (reference, size) = fitted(&values, &window)?;
                (reference.map_or(Shape::Nothing, Shape::Floats), size)
            }
            Content::Numbers(Numbers::Integers(chunks, measure)) => {
                let window = window(&chunks);
                let (reference, size) = fitted(&window.to_vec(), &window)?;
                let shape = reference.map(|reference| Shape::Integers(reference, measure));
                (shape.unwrap_or(Shape::Nothing), size)
            }
        };
        Ok(Self { shape, kind, size })
    }

    /// The profile whose numbers have the type of these ones, so that each of both sides is exact.
    ///
    /// # Errors
    ///
    /// [`ColumnError::Mismatch`] for categories and other quantities, [`ColumnError::Beyond`] where
    /// there is no such type.
    pub(crate) fn meet(&self, numbers: Numbers) -> Result<Met, ColumnError> {
        match (&self.shape, numbers) {
            (Shape::Floats(reference), numbers) => {
                Ok(Met::Floats(Arc::clone(reference), numbers.into_floats()?))
            }
            (Shape::Integers(reference, measure), Numbers::Integers(chunks, current)) => {
                if measure.quantity != current.quantity {
                    return Err(mismatch(&current.to_string(), &measure.to_string()));
                }
                if let Some(factor) = current.factor_to(*measure) {
                    let chunks = Numbers::multiplied(chunks, factor)?;
                    return Ok(Met::Integers(Arc::clone(reference), chunks, *measure));
                }
                Ok(Met::Integers(self.integers(current)?, chunks, current))
            }
            (Shape::Integers(..), Numbers::Floats(chunks)) => {
                Ok(Met::Floats(self.floats()?, chunks))
            }
            (Shape::Names(_) | Shape::Nothing, _) => {
                Err(mismatch("numbers or times", self.kind.as_str()))
            }
        }
    }

    /// The reference in floats.
    ///
    /// # Errors
    ///
    /// [`ColumnError::Mismatch`] for times and categories, [`ColumnError::Beyond`] for integers
    /// that float64 cannot tell apart.
    pub fn floats(&self) -> Result<Arc<Reference<f64>>, ColumnError> {
        match &self.shape {
            Shape::Floats(reference) => Ok(Arc::clone(reference)),
            Shape::Integers(reference, measure) if measure.quantity == Quantity::Number => {
                let divisor = measure.divisor().unwrap_or(1.0);
                let float = |v: i64| match v.unsigned_abs() {
                    0..=EXACT => Ok(v as f64 / divisor),
                    _ => Err(ColumnError::Beyond { value: v.into() }),
                };
                mapped(reference, float)
            }
            Shape::Integers(_, measure) => Err(mismatch("floats", &measure.to_string())),
            Shape::Names(_) | Shape::Nothing => Err(mismatch("floats", self.kind.as_str())),
        }
    }

    /// The reference in integers of a measure at least as fine.
    ///
    /// # Errors
    ///
    /// As for [`Profile::floats`], and [`ColumnError::Beyond`] where they do not fit int64.
    pub fn integers(&self, finer: Measure) -> Result<Arc<Reference<i64>>, ColumnError> {
        match &self.shape {
            Shape::Integers(reference, measure) if *measure == finer => Ok(Arc::clone(reference)),
            Shape::Integers(reference, measure) if measure.quantity == finer.quantity => {
                let factor = measure.factor_to(finer);
                mapped(reference, |v| {
                    let beyond = ColumnError::Beyond { value: v.into() };
                    factor
                        .and_then(|factor| v.checked_mul(factor))
                        .ok_or(beyond)
                })
            }
            _ => Err(mismatch(&finer.to_string(), self.kind.as_str())),
        }
    }
}

/// A reference and the chunks of a window, of one type.
pub(crate) enum Met {
    Floats(Arc<Reference<f64>>, Vec<arrow_array::Float64Array>),
    Integers(Arc<Reference<i64>>, Vec<arrow_array::Int64Array>, Measure),
}

fn mismatch(current: &str, reference: &str) -> ColumnError {
    let (current, reference) = (current.to_owned(), reference.to_owned());
    ColumnError::Mismatch { current, reference }
}

type Fitted<T> = (Option<Arc<Reference<T>>>, Size);

fn fitted<T: Ordered>(values: &[T], window: &Window<'_, T>) -> Result<Fitted<T>, ColumnError> {
    let (n, nulls) = (values.len() as u64, window.nulls());
    let size = Size {
        n,
        nulls,
        nan: window.len() as u64 - nulls - n,
    };
    let reference = if values.is_empty() {
        None
    } else {
        Some(Arc::new(Reference::fit(values)?))
    };
    Ok((reference, size))
}

/// The reference with every value replaced by one that keeps the order.
fn mapped<T: Ordered, U: Ordered>(
    reference: &Reference<T>,
    map: impl Fn(T) -> Result<U, ColumnError>,
) -> Result<Arc<Reference<U>>, ColumnError> {
    let values: Result<Vec<U>, _> = reference.values().iter().map(|&v| map(v)).collect();
    Ok(Arc::new(Reference::from_steps(
        values?,
        reference.ranks().iter().collect(),
    )?))
}
