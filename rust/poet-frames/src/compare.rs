//! Windows of any compatible type compared with a profile, from their rows or from counts that add.

use poet_kernels::{
    Alternative, CategoryCounts, ChiSquare, CountDistances, Counts, Difference, KernelError,
    Ordered, PValueMethod, Reference, Smoothing, Window, chi_square_test, compare_counts,
    ks_p_value,
};

use crate::column::{Column, ColumnError, Content};
use crate::measure::Measure;
use crate::numbers::window;
use crate::profile::{Met, Profile, Shape, Size};

/// What is to be computed.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Ask {
    /// With fewer values than this on either side nothing is computed.
    pub min_size: u64,
    /// Whether the Kolmogorov–Smirnov test of numbers and times is wanted.
    pub ks: bool,
    /// A decision level: a p-value near it is computed so precisely that it falls on the right side.
    pub level: Option<f64>,
    /// Whether distances of counts are wanted for numbers and times, over this many quantile bins;
    /// 0 for not. Categories always have them.
    pub bins: u64,
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
    /// Where it is reached, in the units of the window or, from counts, next to it; NaN without
    /// difference.
    pub location: f64,
    /// 1 where the current function is the higher one there, else -1; 0 without difference.
    pub sign: i8,
    /// How the p-value was computed.
    pub method: PValueMethod,
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
    pub ks: Option<KsFound>,
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
                Met::Floats(reference, chunks) => self.judge(&reference, &window(&chunks), ask),
                Met::Integers(reference, chunks, _) => {
                    self.judge(&reference, &window(&chunks), ask)
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
            (ColumnCounts::Floats(counts), _) => judge_counts(&*self.floats()?, counts, size, ask),
            (ColumnCounts::Integers(counts, measure), _) => {
                judge_counts(&*self.integers(*measure)?, counts, size, ask)
            }
            (ColumnCounts::Names(counts), Shape::Names(categories)) => {
                let (current, reference) = categories.align(counts);
                let counts = Some(found(&current, &reference, ask)?);
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

    fn judge<T: Number>(
        &self,
        reference: &Reference<T>,
        window: &Window<'_, T>,
        ask: &Ask,
    ) -> Result<Compared, ColumnError> {
        let (all, nulls) = (window.len() as u64, window.nulls());
        let scan = reference.scan(window);
        let nan = scan.nan()?;
        let size = Size {
            n: all - nulls - nan,
            nulls,
            nan,
        };
        let mut compared = Compared {
            size,
            ks: None,
            counts: None,
        };
        if size.n.min(self.size.n) >= ask.min_size.max(1) {
            if ask.ks {
                let difference = scan.largest_difference(Alternative::TwoSided)?;
                compared.ks = Some(ks(difference, reference.total(), ask.level));
            }
            if ask.bins > 0 {
                compared.counts = Some(if has_few_values(reference, ask) {
                    found_by_value(reference, &reference.counts(window)?, ask)?
                } else {
                    let edges = reference.quantile_edges(ask.bins);
                    found(&scan.bin_counts(&edges)?, &reference.own_bins(&edges)?, ask)?
                });
            }
        }
        Ok(compared)
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

/// A number as a location is reported.
trait Number: Ordered {
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

fn ks<T: Number>(difference: Difference<T>, m: u64, level: Option<f64>) -> KsFound {
    let p = ks_p_value(
        difference.numerator,
        difference.n,
        m,
        Alternative::TwoSided,
        level,
    );
    KsFound {
        statistic: difference.numerator as f64 / (difference.n * m) as f64,
        p_value: p.value,
        location: difference.location.map_or(f64::NAN, Number::to_float),
        sign: difference.sign,
        method: p.method,
    }
}

fn judge_counts<T: Number>(
    reference: &Reference<T>,
    counts: &Counts<T>,
    size: Size,
    ask: &Ask,
) -> Result<Compared, ColumnError> {
    let mut compared = Compared {
        size,
        ks: None,
        counts: None,
    };
    if ask.ks {
        let difference = reference.difference_of(counts, Alternative::TwoSided)?;
        compared.ks = Some(ks(difference, reference.total(), ask.level));
    }
    if ask.bins > 0 {
        compared.counts = Some(if has_few_values(reference, ask) {
            found_by_value(reference, counts, ask)?
        } else {
            let edges = reference.quantile_edges(ask.bins);
            let current = reference.bins_of(counts, &edges)?;
            found(&current, &reference.own_bins(&edges)?, ask)?
        });
    }
    Ok(compared)
}

/// Quantile bins of so few values would hide a stuck sensor: one bin would hold everything.
fn has_few_values<T: Ordered>(reference: &Reference<T>, ask: &Ask) -> bool {
    reference.values().len() as u64 <= ask.bins
}

/// Each distinct reference value a bin of its own, and so is what lies between two of them.
fn found_by_value<T: Ordered>(
    reference: &Reference<T>,
    counts: &Counts<T>,
    ask: &Ask,
) -> Result<CountsFound, KernelError> {
    let mut own = vec![0; reference.cells()];
    let mut before = 0;
    for (i, &up_to) in reference.cumulative().iter().enumerate() {
        own[2 * i + 1] = up_to - before;
        before = up_to;
    }
    let mut current = vec![0; own.len()];
    for (&cell, &rows) in counts.cells().iter().zip(counts.rows()) {
        *current
            .get_mut(cell as usize)
            .ok_or(KernelError::NotSteps)? = rows;
    }
    let occurs = current.iter().zip(&own).map(|(&c, &r)| c + r > 0);
    let keep: Vec<bool> = occurs.collect();
    let kept = |side: Vec<u64>| -> Vec<u64> {
        side.into_iter()
            .zip(&keep)
            .filter_map(|(count, &keep)| keep.then_some(count))
            .collect()
    };
    found(&kept(current), &kept(own), ask)
}

fn found(current: &[u64], reference: &[u64], ask: &Ask) -> Result<CountsFound, KernelError> {
    Ok(CountsFound {
        distances: compare_counts(current, reference, ask.smoothing)?,
        chi_square: chi_square_test(current, reference, ask.min_expected)?,
    })
}
