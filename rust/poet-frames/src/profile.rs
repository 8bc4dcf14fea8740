//! A reference column, fitted once, and windows of any compatible type compared with it.

use arrow_array::Float64Array;
use poet_kernels::{
    Alternative, Categories, CategoryCounts, ChiSquare, CountDistances, Difference, KernelError,
    Ordered, PValueMethod, Reference, Smoothing, Window, chi_square_test, compare_counts,
    two_sided_p_value,
};

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

/// What is kept of a reference column.
#[derive(Debug, Clone)]
pub enum Shape {
    /// Floats in order.
    Floats(Reference<f64>),
    /// Integers in order, and what they count.
    Integers(Reference<i64>, Measure),
    /// Categories and their counts.
    Names(Categories),
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

/// What is to be computed.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Ask {
    /// With fewer values than this on either side nothing is computed.
    pub min_size: u64,
    /// For the divergences of counts.
    pub smoothing: Smoothing,
    /// For the chi-square test: categories that are expected less often are merged.
    pub min_expected: f64,
}

/// The Kolmogorov–Smirnov test.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct KsFound {
    /// The largest difference of the distribution functions.
    pub statistic: f64,
    /// Its two-sided p-value.
    pub p_value: f64,
    /// The smallest value where it is reached, in the units of the profile; NaN without difference.
    pub location: f64,
    /// 1 where the current function is the higher one there, else -1; 0 without difference.
    pub sign: i8,
    /// How the p-value was computed.
    pub method: PValueMethod,
}

/// All that the counts per category tell.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CountsFound {
    /// Divergences and other distances.
    pub distances: CountDistances,
    /// The test with rare categories merged.
    pub chi_square: ChiSquare,
}

/// A window compared with its reference.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Compared {
    /// How many values the window has.
    pub size: Size,
    /// For numbers and times with enough values on both sides.
    pub ks: Option<KsFound>,
    /// For categories with enough values on both sides.
    pub counts: Option<CountsFound>,
}

/// Something done with a reference and a window of the same type of numbers.
trait Judge {
    type Output;
    fn judge<T: Ordered + Number>(
        self,
        reference: &Reference<T>,
        window: &Window<'_, T>,
    ) -> Self::Output;
}

/// What a location is reported as.
trait Number {
    fn to_float(self) -> f64;
}

impl Number for f64 {
    fn to_float(self) -> f64 {
        self
    }
}

impl Number for i64 {
    fn to_float(self) -> f64 {
        self as f64
    }
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
            Content::Nulls(nulls) => (
                Shape::Nothing,
                Size {
                    nulls,
                    ..Size::default()
                },
            ),
            Content::Names(_) => {
                let categories = crate::fit_names(&content)?;
                let size = Size {
                    n: categories.total(),
                    nulls: categories.nulls(),
                    nan: 0,
                };
                (Shape::Names(categories), size)
            }
            Content::Numbers(numbers) => Self::fit_numbers(&numbers)?,
        };
        Ok(Self { shape, kind, size })
    }

    fn fit_numbers(numbers: &Numbers) -> Result<(Shape, Size), ColumnError> {
        let nulls = numbers.nulls();
        let all = numbers.len() as u64;
        let (shape, n) = match numbers {
            Numbers::Floats(chunks) => {
                let mut values = Vec::with_capacity(numbers.len());
                let keep = |block: &[f64]| values.extend(block.iter().filter(|v| !v.is_nan()));
                window(chunks).for_each_block(keep);
                let fitted = (!values.is_empty())
                    .then(|| Reference::fit(&values))
                    .transpose()?;
                (
                    fitted.map_or(Shape::Nothing, Shape::Floats),
                    values.len() as u64,
                )
            }
            Numbers::Integers(chunks, measure) => {
                let values = window(chunks).to_vec();
                let fitted = (!values.is_empty())
                    .then(|| Reference::fit(&values))
                    .transpose()?;
                let shape = fitted.map_or(Shape::Nothing, |f| Shape::Integers(f, *measure));
                (shape, values.len() as u64)
            }
        };
        Ok((
            shape,
            Size {
                n,
                nulls,
                nan: all - nulls - n,
            },
        ))
    }

    /// Compares a window with the reference.
    ///
    /// # Errors
    ///
    /// [`ColumnError::Mismatch`] for a window of another kind, [`ColumnError::Beyond`] where its
    /// numbers have no exact equal in the type of the reference, and [`ColumnError::Kernel`].
    pub fn compare(&self, column: &Column, ask: &Ask) -> Result<Compared, ColumnError> {
        let content = column.content()?;
        match (&self.shape, content) {
            (_, Content::Nulls(nulls)) => {
                let size = Size {
                    nulls,
                    ..Size::default()
                };
                Ok(Compared {
                    size,
                    ks: None,
                    counts: None,
                })
            }
            (Shape::Names(categories), content) => {
                let mut counts = categories.count();
                content.count(categories, &mut counts)?;
                self.compare_counts(&counts, ask)
            }
            // Without a reference value there is nothing to compare, but the window has its size.
            (Shape::Nothing, content) => {
                let size = Self::fit_size(&content)?;
                Ok(Compared {
                    size,
                    ks: None,
                    counts: None,
                })
            }
            (_, content) => {
                let numbers = content.numbers()?;
                let (nulls, all) = (numbers.nulls(), numbers.len() as u64);
                let found = self.meet(numbers, Ks)?;
                let (nan, ks) = match found {
                    Ok((nan, ks)) => (nan, Some(ks)),
                    // No value but nulls and NaN.
                    Err(KernelError::Empty { .. }) => (all - nulls, None),
                    Err(other) => return Err(other.into()),
                };
                let size = Size {
                    n: all - nulls - nan,
                    nulls,
                    nan,
                };
                let ks = ks.filter(|_| size.n.min(self.size.n) >= ask.min_size);
                Ok(Compared {
                    size,
                    ks,
                    counts: None,
                })
            }
        }
    }

    /// Compares counts that were made for the categories of this profile.
    ///
    /// # Errors
    ///
    /// [`ColumnError::Mismatch`] for a profile of numbers, and [`ColumnError::Kernel`].
    pub fn compare_counts(
        &self,
        counts: &CategoryCounts,
        ask: &Ask,
    ) -> Result<Compared, ColumnError> {
        let Shape::Names(categories) = &self.shape else {
            return Err(ColumnError::Mismatch {
                current: "counts of categories".to_owned(),
                reference: self.kind.as_str().to_owned(),
            });
        };
        let size = Size {
            n: counts.total(),
            nulls: counts.nulls(),
            nan: 0,
        };
        let mut found = None;
        if size.n.min(self.size.n) >= ask.min_size {
            let (current, reference) = categories.align(counts);
            found = Some(CountsFound {
                distances: compare_counts(&current, &reference, ask.smoothing)?,
                chi_square: chi_square_test(&current, &reference, ask.min_expected)?,
            });
        }
        Ok(Compared {
            size,
            ks: None,
            counts: found,
        })
    }

    fn fit_size(content: &Content) -> Result<Size, ColumnError> {
        Ok(match content {
            Content::Numbers(numbers) => Self::fit_numbers(numbers)?.1,
            content => {
                let categories = crate::fit_names(content)?;
                Size {
                    n: categories.total(),
                    nulls: categories.nulls(),
                    nan: 0,
                }
            }
        })
    }

    /// Brings the reference and the numbers to one type, in which every number is exact.
    fn meet<J: Judge>(&self, numbers: Numbers, judge: J) -> Result<J::Output, ColumnError> {
        match (&self.shape, numbers) {
            (Shape::Floats(reference), numbers) => {
                let chunks: Vec<Float64Array> = numbers.into_floats()?;
                Ok(judge.judge(reference, &window(&chunks)))
            }
            (Shape::Integers(reference, measure), Numbers::Integers(chunks, current)) => {
                if measure.quantity != current.quantity {
                    return Err(ColumnError::Mismatch {
                        current: current.to_string(),
                        reference: measure.to_string(),
                    });
                }
                if let Some(factor) = current.factor_to(*measure) {
                    let chunks = Numbers::multiplied(chunks, factor)?;
                    return Ok(judge.judge(reference, &window(&chunks)));
                }
                // The window is the finer one: the reference goes to its units.
                let factor = measure.factor_to(current);
                let finer = |v: i64| {
                    let beyond = ColumnError::Beyond { value: v.into() };
                    factor
                        .and_then(|factor| v.checked_mul(factor))
                        .ok_or(beyond)
                };
                let reference = mapped(reference, finer)?;
                Ok(judge.judge(&reference, &window(&chunks)))
            }
            (Shape::Integers(reference, measure), Numbers::Floats(chunks)) => {
                if measure.quantity != Quantity::Number {
                    return Err(ColumnError::Mismatch {
                        current: "floats".to_owned(),
                        reference: measure.to_string(),
                    });
                }
                let divisor = 10_f64.powi(measure.exponent.into());
                let float = |v: i64| match v.unsigned_abs() {
                    0..=EXACT => Ok(v as f64 / divisor),
                    _ => Err(ColumnError::Beyond { value: v.into() }),
                };
                let reference = mapped(reference, float)?;
                Ok(judge.judge(&reference, &window(&chunks)))
            }
            (Shape::Names(_) | Shape::Nothing, _) => Err(ColumnError::Mismatch {
                current: "numbers or times".to_owned(),
                reference: self.kind.as_str().to_owned(),
            }),
        }
    }
}

/// The reference with every value replaced by one that keeps the order.
fn mapped<T: Ordered, U: Ordered>(
    reference: &Reference<T>,
    map: impl Fn(T) -> Result<U, ColumnError>,
) -> Result<Reference<U>, ColumnError> {
    let values: Result<Vec<U>, _> = reference.values().iter().map(|&v| map(v)).collect();
    Ok(Reference::from_steps(
        values?,
        reference.cumulative().to_vec(),
    )?)
}

struct Ks;

impl Judge for Ks {
    type Output = Result<(u64, KsFound), KernelError>;

    fn judge<T: Ordered + Number>(
        self,
        reference: &Reference<T>,
        window: &Window<'_, T>,
    ) -> Self::Output {
        let found: Difference<T> = reference.largest_difference(window, Alternative::TwoSided)?;
        let m = reference.total();
        let (p_value, method) = two_sided_p_value(found.numerator, found.n, m);
        let ks = KsFound {
            statistic: found.numerator as f64 / (found.n * m) as f64,
            p_value,
            location: found.location.map_or(f64::NAN, Number::to_float),
            sign: found.sign,
            method,
        };
        Ok((found.nan, ks))
    }
}
