//! Windows of any compatible type compared with a profile, from their rows or from counts that add.

use poet_kernels::{
    CategoryCounts, ChiSquare, CountDistances, Counts, Difference, KernelError, KsComparison,
    KsTest, Ordered, Reference, Smoothing, chi_square_test, compare_counts,
};

use crate::column::{Column, ColumnError, Content};
use crate::given::{Cut, Given};
use crate::measure::Measure;
use crate::numbers::window;
use crate::profile::{Met, Profile, Shape, Size};

/// What is to be computed.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Ask {
    /// With fewer values than this on either side nothing is computed.
    pub min_size: u64,
    /// The Kolmogorov–Smirnov test wanted for numbers and times, if any.
    pub ks: Option<KsTest>,
    /// Whether distances of counts are wanted for numbers and times, over this many quantile bins;
    /// 0 for not. Categories always have them.
    pub bins: u64,
    /// For the divergences of counts.
    pub smoothing: Smoothing,
    /// For the chi-square test: categories that are expected less often are merged.
    pub min_expected: f64,
}

/// All that the counts per category or bin tell.
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
    pub ks: Option<KsComparison>,
    /// For categories, or bins of numbers, with enough values on both sides.
    pub counts: Option<CountsFound>,
}

/// What is kept of a window of a column; counts against one profile add up.
#[derive(Debug, Clone)]
pub enum ColumnCounts {
    /// Of floats.
    Floats(Counts<f64>),
    /// Of integers of this measure.
    Integers(Counts<i64>, Measure),
    /// Of categories.
    Names(CategoryCounts),
    /// Of a window without values or against a profile without values.
    Nothing(Size),
}

impl Profile {
    /// Compares a window with the reference.
    ///
    /// # Errors
    ///
    /// [`ColumnError::Mismatch`] for a window of another kind, [`ColumnError::Beyond`] where its
    /// numbers have no exact equal in the type of the reference, and [`ColumnError::Kernel`].
    pub fn compare(&self, column: &Column, ask: &Ask) -> Result<Compared, ColumnError> {
        let is_number = matches!(self.shape, Shape::Floats(_) | Shape::Integers(..));
        match column.content()? {
            Content::Numbers(numbers) if is_number => match self.meet(numbers)? {
                Met::Floats(reference, chunks) => {
                    let window = window(&chunks);
                    judge(&reference, &Given::rows(&reference, &window), ask)
                }
                Met::Integers(reference, chunks, _) => {
                    let window = window(&chunks);
                    judge(&reference, &Given::rows(&reference, &window), ask)
                }
            },
            _ => self.compare_counts(&self.count(column)?, ask),
        }
    }

    /// Counts a window.
    ///
    /// # Errors
    ///
    /// As for [`Profile::compare`].
    pub fn count(&self, column: &Column) -> Result<ColumnCounts, ColumnError> {
        match (&self.shape, column.content()?) {
            (_, Content::Nulls(nulls)) => Ok(ColumnCounts::Nothing(Size::of_nulls(nulls))),
            (Shape::Nothing, _) => Ok(ColumnCounts::Nothing(Self::fit(column)?.size)),
            (Shape::Names(categories), content) => {
                let mut counts = categories.count();
                content.count(categories, &mut counts)?;
                Ok(ColumnCounts::Names(counts))
            }
            (_, content) => match self.meet(content.numbers()?)? {
                Met::Floats(reference, chunks) => {
                    Ok(ColumnCounts::Floats(reference.counts(&window(&chunks))?))
                }
                Met::Integers(reference, chunks, measure) => {
                    let counts = reference.counts(&window(&chunks))?;
                    Ok(ColumnCounts::Integers(counts, measure))
                }
            },
        }
    }

    /// Compares counts that were made against this profile: the same numbers as from the rows, but
    /// for the location.
    ///
    /// # Errors
    ///
    /// [`ColumnError::Mismatch`] and [`ColumnError::Kernel`] for counts of another profile.
    pub fn compare_counts(
        &self,
        counts: &ColumnCounts,
        ask: &Ask,
    ) -> Result<Compared, ColumnError> {
        let size = counts.size();
        if size.n.min(self.size.n) < ask.min_size.max(1) {
            return Ok(Compared {
                size,
                ks: None,
                counts: None,
            });
        }
        match (counts, &self.shape) {
            (ColumnCounts::Floats(counts), _) => {
                judge(&*self.floats()?, &Given::Counts(counts), ask)
            }
            (ColumnCounts::Integers(counts, measure), _) => {
                judge(&*self.integers(*measure)?, &Given::Counts(counts), ask)
            }
            (ColumnCounts::Names(counts), Shape::Names(categories)) => {
                let (current, reference) = categories.align(counts);
                let counts = Some(counted(
                    &current,
                    &reference,
                    ask.smoothing,
                    ask.min_expected,
                )?);
                Ok(Compared {
                    size,
                    ks: None,
                    counts,
                })
            }
            _ => Err(ColumnError::Mismatch {
                current: "counts of another profile".to_owned(),
                reference: self.kind.as_str().to_owned(),
            }),
        }
    }
}

impl ColumnCounts {
    /// How many values were counted.
    #[must_use]
    pub fn size(&self) -> Size {
        fn of<T: Ordered>(counts: &Counts<T>) -> Size {
            Size {
                n: counts.n(),
                nulls: counts.nulls(),
                nan: counts.nan(),
            }
        }
        match self {
            Self::Floats(counts) => of(counts),
            Self::Integers(counts, _) => of(counts),
            Self::Names(counts) => Size {
                n: counts.total(),
                nulls: counts.nulls(),
                nan: 0,
            },
            Self::Nothing(size) => *size,
        }
    }

    /// The counts of both windows together.
    ///
    /// # Errors
    ///
    /// [`ColumnError::Mismatch`] for counts of another type, [`ColumnError::Kernel`] where all rows
    /// together are beyond 64 bits.
    pub fn merged(&self, other: &Self) -> Result<Self, ColumnError> {
        match (self, other) {
            (Self::Floats(a), Self::Floats(b)) => Ok(Self::Floats(a.merged(b)?)),
            (Self::Integers(a, one), Self::Integers(b, two)) if one == two => {
                Ok(Self::Integers(a.merged(b)?, *one))
            }
            (Self::Names(a), Self::Names(b)) => {
                let mut sum = a.clone();
                sum.merge(b);
                Ok(Self::Names(sum))
            }
            (Self::Nothing(a), Self::Nothing(b)) => Ok(Self::Nothing(Size {
                n: a.n + b.n,
                nulls: a.nulls + b.nulls,
                nan: a.nan + b.nan,
            })),
            _ => Err(ColumnError::Mismatch {
                current: "batches of different types".to_owned(),
                reference: "one type".to_owned(),
            }),
        }
    }
}

fn judge<T: Ordered>(
    reference: &Reference<T>,
    given: &Given<'_, T>,
    ask: &Ask,
) -> Result<Compared, ColumnError> {
    let size = given.size()?;
    let mut compared = Compared {
        size,
        ks: None,
        counts: None,
    };
    if size.n.min(reference.total()) >= ask.min_size.max(1) {
        if let Some(test) = ask.ks {
            let found = given.difference(reference, test.alternative)?;
            compared.ks = Some(ks(&found, reference.total(), test));
        }
        if ask.bins > 0 {
            let (current, own) = given.bins(reference, Cut::Quantiles(ask.bins))?;
            compared.counts = Some(counted(&current, &own, ask.smoothing, ask.min_expected)?);
        }
    }
    Ok(compared)
}

pub(crate) fn ks<T: Ordered>(found: &Difference<T>, m: u64, test: KsTest) -> KsComparison {
    let location = found.location.map(Ordered::as_float);
    test.of(found.numerator, found.sign, location, found.n, m)
}

pub(crate) fn counted(
    current: &[u64],
    reference: &[u64],
    smoothing: Smoothing,
    min_expected: f64,
) -> Result<CountsFound, KernelError> {
    Ok(CountsFound {
        distances: compare_counts(current, reference, smoothing)?,
        chi_square: chi_square_test(current, reference, min_expected)?,
    })
}
