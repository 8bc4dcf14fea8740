//! A window in front of its reference, as rows or as counts: what every comparison asks of it.

use poet_kernels::{
    Alternative, Counts, Difference, KernelError, Ordered, Reference, Scan, Window,
};

use crate::profile::Size;

/// How a numeric reference is cut into bins; every bin ends at a reference value, inclusive.
///
/// With no more distinct values than bins, each value is a bin of its own, and so is what lies
/// between two of them: else one bin could hold everything, and a stuck sensor would look like any
/// other window.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cut {
    /// About equally many reference values in each of so many bins; ties give fewer bins.
    Quantiles(u64),
    /// So many bins of about equal width between the lowest and the highest reference value.
    Width(u64),
}

/// A window of values of the reference's own type.
pub(crate) enum Given<'a, T> {
    Rows(&'a Window<'a, T>, Scan<'a, T>),
    Counts(&'a Counts<T>),
}

impl<'a, T: Ordered> Given<'a, T> {
    pub fn rows(reference: &'a Reference<T>, window: &'a Window<'a, T>) -> Self {
        Self::Rows(window, reference.scan(window))
    }

    /// How many values there are.
    pub fn size(&self) -> Result<Size, KernelError> {
        let n = match self {
            Self::Rows(window, scan) => window.len() as u64 - window.nulls() - scan.nan()?,
            Self::Counts(counts) => counts.n(),
        };
        Ok(self.size_of(n))
    }

    /// The sizes of a window that is known to have `n` values.
    pub fn size_of(&self, n: u64) -> Size {
        match self {
            Self::Rows(window, _) => {
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

    /// The largest difference of the distribution functions.
    pub fn difference(
        &self,
        reference: &Reference<T>,
        alternative: Alternative,
    ) -> Result<Difference<T>, KernelError> {
        match self {
            Self::Rows(_, scan) => scan.largest_difference(alternative),
            Self::Counts(counts) => reference.difference_of(counts, alternative),
        }
    }

    /// Counts per bin: of the window and of the reference.
    pub fn bins(
        &self,
        reference: &Reference<T>,
        cut: Cut,
    ) -> Result<(Vec<u64>, Vec<u64>), KernelError> {
        let (Cut::Quantiles(bins) | Cut::Width(bins)) = cut;
        if reference.values().len() as u64 <= bins {
            return match self {
                Self::Rows(window, _) => by_value(reference, &reference.counts(window)?),
                Self::Counts(counts) => by_value(reference, counts),
            };
        }
        let edges = match cut {
            Cut::Quantiles(bins) => reference.quantile_edges(bins),
            Cut::Width(bins) => reference.width_edges(bins),
        };
        let current = match self {
            Self::Rows(_, scan) => scan.bin_counts(&edges)?,
            Self::Counts(counts) => reference.bins_of(counts, &edges)?,
        };
        Ok((current, reference.own_bins(&edges)?))
    }
}

/// Each distinct reference value a bin of its own, and so is what lies between two of them, if
/// anything does.
fn by_value<T: Ordered>(
    reference: &Reference<T>,
    counts: &Counts<T>,
) -> Result<(Vec<u64>, Vec<u64>), KernelError> {
    let mut bins = vec![(0, 0); reference.cells()];
    let mut before = 0;
    for (i, &up_to) in reference.cumulative().iter().enumerate() {
        bins[2 * i + 1].1 = up_to - before;
        before = up_to;
    }
    for (&cell, &rows) in counts.cells().iter().zip(counts.rows()) {
        let bin = bins.get_mut(cell as usize).ok_or(KernelError::NotSteps)?;
        bin.0 = rows;
    }
    bins.retain(|&bin| bin != (0, 0));
    Ok(bins.into_iter().unzip())
}
