//! One window against one profile: a test with all its choices, counts per bin, bounds.

use poet_kernels::{
    Alternative, Counts, Difference, KernelError, KsComparison, KsTest, Ordered, Reference, Window,
};

use crate::column::{Column, ColumnError, Content};
use crate::compare::ColumnCounts;
use crate::numbers::window;
use crate::profile::{Met, Profile, Shape, Size};

/// A window as it is given: its rows, or what is left of them.
#[derive(Debug, Clone, Copy)]
pub enum Given<'a> {
    /// All rows.
    Rows(&'a Column),
    /// Counts that were made against the same profile.
    Counts(&'a ColumnCounts),
}

/// How a numeric reference is cut into bins; every bin ends at a reference value, inclusive.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cut {
    /// About equally many reference values in each of so many bins; ties give fewer bins.
    Quantiles(u64),
    /// So many bins of about equal width between the lowest and the highest reference value.
    Width(u64),
}

/// A Kolmogorov–Smirnov test, or only the sizes where there were too few values.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct OneTest {
    /// How many values the window has.
    pub size: Size,
    /// The test.
    pub test: Option<KsComparison>,
    /// Where the distance is reached, as an integer where the values are integers: beyond 2^53 the
    /// test's own location is rounded.
    pub integer_location: Option<i64>,
}

/// Counts per bin or category, on both sides in the same order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bins {
    /// How many values the window has.
    pub size: Size,
    /// Rows of the window per bin.
    pub current: Vec<u64>,
    /// Values of the reference per bin.
    pub reference: Vec<u64>,
}

/// A window of values of one type.
enum Of<'a, T> {
    Rows(Window<'a, T>),
    Counts(&'a Counts<T>),
}

impl<T: Ordered> Of<'_, T> {
    /// The largest difference, none for a window without values.
    fn difference(
        &self,
        reference: &Reference<T>,
        alternative: Alternative,
    ) -> Result<(Size, Option<Difference<T>>), KernelError> {
        let found = match self {
            Self::Rows(window) => reference.largest_difference(window, alternative),
            Self::Counts(counts) => reference.difference_of(counts, alternative),
        };
        match found {
            Ok(found) => Ok((self.size(found.n), Some(found))),
            Err(KernelError::Empty { .. }) => Ok((self.size(0), None)),
            Err(error) => Err(error),
        }
    }

    /// The sizes of a window of which `n` are values.
    fn size(&self, n: u64) -> Size {
        match self {
            Self::Rows(window) => {
                let nulls = window.nulls();
                let nan = window.len() as u64 - nulls - n;
                Size { n, nulls, nan }
            }
            Self::Counts(counts) => Size {
                n,
                nulls: counts.nulls(),
                nan: counts.nan(),
            },
        }
    }

    fn bins(&self, reference: &Reference<T>, cut: Cut) -> Result<Bins, KernelError> {
        let edges = match cut {
            Cut::Quantiles(bins) => reference.quantile_edges(bins),
            Cut::Width(bins) => reference.width_edges(bins),
        };
        let current = match self {
            Self::Rows(window) => reference.scan(window).bin_counts(&edges)?,
            Self::Counts(counts) => reference.bins_of(counts, &edges)?,
        };
        Ok(Bins {
            size: self.size(current.iter().sum()),
            current,
            reference: reference.own_bins(&edges)?,
        })
    }
}

/// Runs one expression on the window and the reference, of whichever type they are.
macro_rules! on_numbers {
    ($profile:expr, $given:expr, |$reference:ident, $of:ident| $do:expr) => {
        match $given {
            Given::Rows(column) => match $profile.meet(column.content()?.numbers()?)? {
                Met::Floats($reference, chunks) => {
                    let $of = Of::Rows(window(&chunks));
                    $do
                }
                Met::Integers($reference, chunks, _) => {
                    let $of = Of::Rows(window(&chunks));
                    $do
                }
            },
            Given::Counts(ColumnCounts::Floats(counts)) => {
                let ($reference, $of) = ($profile.floats()?, Of::Counts(counts));
                $do
            }
            Given::Counts(ColumnCounts::Integers(counts, measure)) => {
                let ($reference, $of) = ($profile.integers(*measure)?, Of::Counts(counts));
                $do
            }
            Given::Counts(_) => return Err($profile.no_numbers()),
        }
    };
}

impl Profile {
    /// The Kolmogorov–Smirnov test of a window of numbers or times; none where either side has
    /// fewer than `min_size` values.
    ///
    /// # Errors
    ///
    /// [`ColumnError::Mismatch`] for categories and windows of another kind,
    /// [`ColumnError::Beyond`] where a number has no exact equal in the type of the reference, and
    /// [`ColumnError::Kernel`].
    pub fn ks(
        &self,
        given: Given<'_>,
        min_size: u64,
        test: KsTest,
    ) -> Result<OneTest, ColumnError> {
        if let Some(size) = self.without_values(given)? {
            return Ok(OneTest::none(size));
        }
        let found = on_numbers!(self, given, |reference, of| {
            let (size, difference) = of.difference(&reference, test.alternative)?;
            let location = difference.and_then(|found| found.location);
            OneTest {
                size,
                test: difference.map(|found| judged(&found, self.size.n, test)),
                integer_location: location.and_then(Ordered::as_integer),
            }
        });
        let enough = found.size.n.min(self.size.n) >= min_size;
        Ok(if enough {
            found
        } else {
            OneTest::none(found.size)
        })
    }

    /// Counts per bin of numbers and times, or per category, on both sides.
    ///
    /// # Errors
    ///
    /// As for [`Profile::ks`].
    pub fn bins(&self, given: Given<'_>, cut: Cut) -> Result<Bins, ColumnError> {
        if let Shape::Names(categories) = &self.shape {
            let counted;
            let counts = match given {
                Given::Rows(column) => {
                    counted = self.count(column)?;
                    &counted
                }
                Given::Counts(counts) => counts,
            };
            let size = counts.size();
            let (current, reference) = match counts {
                ColumnCounts::Names(counts) => categories.align(counts),
                _ => categories.align(&categories.count()),
            };
            return Ok(Bins {
                size,
                current,
                reference,
            });
        }
        if let Some(size) = self.without_values(given)? {
            return Ok(Bins {
                size,
                current: vec![],
                reference: vec![],
            });
        }
        Ok(on_numbers!(self, given, |reference, of| of.bins(&reference, cut)?))
    }

    /// The least and the most that the Wasserstein-1 distance of counted numbers can be, in the
    /// unit of the values; none without values.
    ///
    /// # Errors
    ///
    /// As for [`Profile::ks`].
    pub fn wasserstein_bounds(
        &self,
        counts: &ColumnCounts,
    ) -> Result<Option<(f64, f64)>, ColumnError> {
        let bounds = match counts {
            ColumnCounts::Floats(counts) => self.floats()?.wasserstein_bounds(counts),
            ColumnCounts::Integers(counts, measure) => {
                self.integers(*measure)?.wasserstein_bounds(counts)
            }
            ColumnCounts::Nothing(_) => return Ok(None),
            ColumnCounts::Names(_) => return Err(self.no_numbers()),
        };
        match bounds {
            Err(KernelError::Empty { .. }) => Ok(None),
            bounds => Ok(Some(bounds?)),
        }
    }

    /// The sizes where either side has no value because its type or its counts say so.
    fn without_values(&self, given: Given<'_>) -> Result<Option<Size>, ColumnError> {
        Ok(match given {
            Given::Counts(ColumnCounts::Nothing(size)) => Some(*size),
            Given::Rows(column) => match (column.content()?, &self.shape) {
                (Content::Nulls(nulls), _) => Some(Size::of_nulls(nulls)),
                (_, Shape::Nothing) => Some(Self::fit(column)?.size),
                _ => None,
            },
            Given::Counts(counts) if matches!(self.shape, Shape::Nothing) => Some(counts.size()),
            Given::Counts(_) => None,
        })
    }

    fn no_numbers(&self) -> ColumnError {
        ColumnError::Mismatch {
            current: "counts of categories".to_owned(),
            reference: self.kind.as_str().to_owned(),
        }
    }
}

impl OneTest {
    fn none(size: Size) -> Self {
        Self {
            size,
            test: None,
            integer_location: None,
        }
    }
}

fn judged<T: Ordered>(found: &Difference<T>, m: u64, test: KsTest) -> KsComparison {
    let location = found.location.map(Ordered::as_float);
    test.of(found.numerator, found.sign, location, found.n, m)
}
