//! A window in front of its reference, as rows or as counts: what every comparison asks of it.

use poet_kernels::{
    Alternative, Counts, Difference, KernelError, Ordered, Reference, Scan, Spread, Window,
};

use crate::profile::Size;

/// How a numeric reference is cut into bins.
///
/// A bin ends at a reference value or just below one, so that counts per cell are enough. With no
/// more distinct values than bins, each value is a bin of its own, and so is what lies between two
/// of them: else one bin could hold everything, and a stuck sensor would look like any other
/// window.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cut {
    /// About equally many reference values in each of so many bins; a value that alone is a bin's
    /// share of them or more has a bin of its own.
    Quantiles(u64),
    /// So many bins of about equal width between the lowest and the highest finite reference value.
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

    /// What a survey asks, in one look.
    pub fn spread(&self, reference: &Reference<T>) -> Result<Spread, KernelError> {
        match self {
            Self::Rows(_, scan) => scan.spread(),
            Self::Counts(counts) => reference.spread_of(counts),
        }
    }

    /// Counts per bin, of the window and of the reference; a bin without any on either side is left
    /// out.
    pub fn bins(
        &self,
        reference: &Reference<T>,
        cut: Cut,
    ) -> Result<(Vec<u64>, Vec<u64>), KernelError> {
        let edges = match cut {
            Cut::Quantiles(bins) => reference.quantile_edges(bins),
            Cut::Width(bins) => reference.width_edges(bins),
        };
        let current = match self {
            Self::Rows(_, scan) => scan.bin_counts(&edges)?,
            Self::Counts(counts) => reference.bins_of(counts, &edges)?,
        };
        let own = reference.own_bins(&edges)?;
        let both = current.into_iter().zip(own);
        Ok(both.filter(|&bin| bin != (0, 0)).unzip())
    }
}
