//! One window against one profile: a test with all its choices, counts per bin, bounds.

use poet_kernels::{KernelError, KsComparison, KsTest, Ordered};

use crate::column::{Column, ColumnError, Content};
use crate::compare::{ColumnCounts, ks};
use crate::given::{Cut, Given};
use crate::numbers::window;
use crate::profile::{Met, Profile, Shape, Size};

/// The window that is asked about: its rows, or what is left of them.
#[derive(Debug, Clone, Copy)]
pub enum Asked<'a> {
    /// All rows.
    Rows(&'a Column),
    /// Counts that were made against the same profile.
    Counts(&'a ColumnCounts),
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

/// Runs one expression on the window and the reference, of whichever type they are, and what
/// integers that stand for decimals are to be divided by.
macro_rules! on_numbers {
    ($profile:expr, $asked:expr, |$reference:ident, $given:ident, $divisor:ident| $do:expr) => {
        match $asked {
            Asked::Rows(column) => match $profile.meet(column.content()?.numbers()?)? {
                Met::Floats($reference, chunks) => {
                    let $divisor: Option<f64> = None;
                    let window = window(&chunks);
                    let $given = Given::rows(&$reference, &window);
                    $do
                }
                Met::Integers($reference, chunks, measure) => {
                    let $divisor = measure.divisor();
                    let window = window(&chunks);
                    let $given = Given::rows(&$reference, &window);
                    $do
                }
            },
            Asked::Counts(ColumnCounts::Floats(counts)) => {
                let ($reference, $given) = ($profile.floats()?, Given::Counts(counts));
                let $divisor: Option<f64> = None;
                $do
            }
            Asked::Counts(ColumnCounts::Integers(counts, measure)) => {
                let ($reference, $given) = ($profile.integers(*measure)?, Given::Counts(counts));
                let $divisor = measure.divisor();
                $do
            }
            Asked::Counts(_) => return Err($profile.no_numbers()),
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
        asked: Asked<'_>,
        min_size: u64,
        test: KsTest,
    ) -> Result<OneTest, ColumnError> {
        if let Some(size) = self.without_values(asked)? {
            return Ok(OneTest::none(size));
        }
        on_numbers!(self, asked, |reference, given, divisor| {
            match given.difference(&reference, test.alternative) {
                Ok(found) if found.n.min(self.size.n) >= min_size => {
                    let mut test = ks(&found, self.size.n, test);
                    test.location /= divisor.unwrap_or(1.0);
                    let whole = found.location.and_then(Ordered::as_integer);
                    Ok(OneTest {
                        size: given.size_of(found.n),
                        test: Some(test),
                        integer_location: whole.filter(|_| divisor.is_none()),
                    })
                }
                Ok(found) => Ok(OneTest::none(given.size_of(found.n))),
                Err(KernelError::Empty { .. }) => Ok(OneTest::none(given.size_of(0))),
                Err(error) => Err(error.into()),
            }
        })
    }

    /// Counts per bin of numbers and times, or per category, on both sides.
    ///
    /// # Errors
    ///
    /// As for [`Profile::ks`].
    pub fn bins(&self, asked: Asked<'_>, cut: Cut) -> Result<Bins, ColumnError> {
        if let Shape::Names(categories) = &self.shape {
            let counted;
            let counts = match asked {
                Asked::Rows(column) => {
                    counted = self.count(column)?;
                    &counted
                }
                Asked::Counts(counts) => counts,
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
        if let Some(size) = self.without_values(asked)? {
            return Ok(Bins {
                size,
                // Nothing is cut: all there is, on one side at most, is in one bin.
                current: vec![size.n],
                reference: vec![self.size.n],
            });
        }
        on_numbers!(self, asked, |reference, given, _divisor| {
            let (current, own) = given.bins(&reference, cut)?;
            Ok(Bins {
                size: given.size_of(current.iter().sum()),
                current,
                reference: own,
            })
        })
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
                let bounds = self.integers(*measure)?.wasserstein_bounds(counts);
                let divisor = measure.divisor().unwrap_or(1.0);
                bounds.map(|(least, most)| (least / divisor, most / divisor))
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
    fn without_values(&self, asked: Asked<'_>) -> Result<Option<Size>, ColumnError> {
        Ok(match asked {
            Asked::Counts(ColumnCounts::Nothing(size)) => Some(*size),
            Asked::Rows(column) => match (column.content()?, &self.shape) {
                (Content::Nulls(nulls), _) => Some(Size::of_nulls(nulls)),
                (_, Shape::Nothing) => Some(Self::fit(column)?.size),
                _ => None,
            },
            Asked::Counts(counts) if matches!(self.shape, Shape::Nothing) => Some(counts.size()),
            Asked::Counts(_) => None,
        })
    }

    pub(crate) fn no_numbers(&self) -> ColumnError {
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
