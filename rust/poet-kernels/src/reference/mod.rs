//! A reference column, fitted once and compared with many windows.
//!
//! The distinct values `v[0] < v[1] < … < v[d-1]` cut the line into `2 d + 1` **cells**: cell
//! `2 i + 1` is the value `v[i]` itself, cell `2 i` the open interval below it, cell `2 d` what
//! lies above all. How many values of a window fall into each cell is all that the exact
//! two-sample Kolmogorov–Smirnov statistic needs, and such counts add up over windows, threads
//! and machines. Bins are runs of cells: an edge is the cell that a bin ends with.

mod cells;
mod compare;
mod counts;
mod grid;
mod largest;
mod merge;
mod quantiles;
mod ranks;
mod scan;
mod spread;

use crate::error::{KernelError, Sample};
use crate::order::{Ordered, sorted_keys, steps};
use grid::Grid;

pub use compare::{Difference, Scan};
pub use counts::Counts;
pub use quantiles::{SURVEY_LEVELS, rank_of};
pub use ranks::Ranks;
pub use spread::Spread;

/// The distinct values of a reference sample in ascending order, how many there are up to each, and
/// a grid that leads to them.
#[derive(Debug, Clone, PartialEq)]
pub struct Reference<T> {
    /// The distinct values and, so that a few can always be read at once, [`PADDING`] more.
    padded: Vec<T>,
    ranks: Ranks,
    grid: Grid,
}

impl<T: Ordered> Reference<T> {
    /// Sorts the sample and keeps its distinct values; `-0.0` and `0.0` are one value.
    ///
    /// # Errors
    ///
    /// [`KernelError::Empty`], [`KernelError::NotANumber`], and [`KernelError::TooLarge`] for more
    /// than `u32::MAX / 2` distinct values.
    pub fn fit(sample: &[T]) -> Result<Self, KernelError> {
        let keys = sorted_keys(sample, Sample::Reference)?;
        let (values, cumulative) = steps(&keys, PADDING);
        Self::from_steps(values, cumulative)
    }

    /// Takes up distinct ascending values and how many there are up to each.
    ///
    /// # Errors
    ///
    /// [`KernelError::Empty`], [`KernelError::NotSteps`] where either is not strictly ascending or
    /// the lengths differ, and [`KernelError::TooLarge`] for more than `u32::MAX / 2` values.
    pub fn from_steps(values: Vec<T>, cumulative: Vec<u64>) -> Result<Self, KernelError> {
        if values.is_empty() {
            return Err(KernelError::Empty {
                sample: Sample::Reference,
            });
        }
        if values.len() > (u32::MAX / 2) as usize {
            return Err(KernelError::TooLarge);
        }
        let ascending = values.len() == cumulative.len()
            && cumulative[0] > 0
            && !values.iter().any(|value| value.is_nan())
            && values.windows(2).all(|pair| pair[0].key() < pair[1].key())
            && cumulative.windows(2).all(|pair| pair[0] < pair[1]);
        if !ascending {
            return Err(KernelError::NotSteps);
        }
        let grid = Grid::fit(&values);
        let mut padded = values;
        padded.reserve_exact(PADDING);
        padded.extend([T::HIGHEST; PADDING]);
        Ok(Self {
            padded,
            ranks: Ranks::new(cumulative),
            grid,
        })
    }

    /// The distinct values, ascending.
    #[must_use]
    pub fn values(&self) -> &[T] {
        &self.padded[..self.ranks.len()]
    }

    /// For each distinct value, the number of reference values up to and including it.
    #[must_use]
    pub fn ranks(&self) -> &Ranks {
        &self.ranks
    }

    /// The size of the reference sample.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.ranks.total()
    }

    /// The number of cells, `2 d + 1`.
    #[must_use]
    pub fn cells(&self) -> usize {
        2 * self.ranks.len() + 1
    }

    /// How many reference values are in the cells up to and including one.
    fn rows_up_to(&self, cell: usize) -> u64 {
        self.below(cell.div_ceil(2))
    }

    /// The cells that end `bins` bins of about equal size: the lowest value up to which there are
    /// at least `k / bins` of all, for each `k` below `bins`, but for the highest value, up to
    /// which the last bin reaches.
    ///
    /// Ties would let a bin hold more than its share, and hide what moves inside it. So a value
    /// that is at least `1 / bins` of all has a bin of its own, which ends just below it and at
    /// it. Where there are no more than `bins` distinct values, every cell is a bin.
    #[must_use]
    pub fn quantile_edges(&self, bins: u64) -> Vec<usize> {
        if self.is_few(bins) {
            return self.every_cell();
        }
        let (total, bins) = (u128::from(self.total()), u128::from(bins));
        let highest = self.ranks.len() - 1;
        let quantile = |k: u128| {
            let wanted = (k * total).div_ceil(bins);
            self.ranks.first_at(wanted)
        };
        // A value that is a bin's share or more reaches up to one of these quantiles at least.
        let mut ends: Vec<usize> = (1..=bins).map(quantile).collect();
        ends.dedup();
        let mut edges = Vec::with_capacity(2 * ends.len());
        for index in ends {
            let ties = u128::from(self.ranks.up_to(index) - self.below(index));
            let is_heavy = ties * bins >= total;
            if is_heavy {
                edges.push(2 * index);
            }
            if is_heavy || index < highest {
                edges.push(2 * index + 1);
            }
        }
        edges
    }

    /// The cells that end `bins` bins of equal width between the lowest and the highest finite
    /// value, each at the highest value not above the cut, so that counts per cell are enough.
    /// Cuts without a value between them give one bin, and infinite values are in the outermost
    /// ones. Where there are no more than `bins` distinct values, every cell is a bin.
    #[must_use]
    pub fn width_edges(&self, bins: u64) -> Vec<usize> {
        if self.is_few(bins) {
            return self.every_cell();
        }
        let values = self.values();
        let start = values.partition_point(|v| v.as_float() == f64::NEG_INFINITY);
        let end = values.partition_point(|v| v.as_float() < f64::INFINITY);
        let Some((low, high)) = values[start..end].first().zip(values[start..end].last()) else {
            return vec![];
        };
        let (low, high) = (low.as_float(), high.as_float());
        let mut edges: Vec<usize> = (1..bins)
            .map(|k| k as f64 / bins as f64)
            // Never beyond float64, as the width itself may be.
            .map(|part| low * (1.0 - part) + high * part)
            .map(|cut| values.partition_point(|v| v.as_float() <= cut))
            .filter(|&above| above > start && above < end)
            .map(|above| 2 * above - 1)
            .collect();
        edges.dedup();
        edges
    }

    fn is_few(&self, bins: u64) -> bool {
        self.ranks.len() as u64 <= bins
    }

    fn every_cell(&self) -> Vec<usize> {
        (0..self.cells() - 1).collect()
    }

    /// How many reference values fall into each bin; see [`Scan::bin_counts`].
    ///
    /// # Errors
    ///
    /// [`KernelError::NotSteps`] where the edges are not strictly ascending cells, or the last one
    /// is the last cell.
    pub fn own_bins(&self, edges: &[usize]) -> Result<Vec<u64>, KernelError> {
        compare::check_edges(edges, self.cells())?;
        let mut up_to: Vec<u64> = edges.iter().map(|&edge| self.rows_up_to(edge)).collect();
        up_to.push(self.total());
        Ok(compare::differences(up_to))
    }

    /// The cell of a value that is not NaN.
    #[inline]
    #[must_use]
    pub fn cell(&self, value: T) -> usize {
        self.cell_from(self.grid.slot(value), value)
    }

    /// The cell of a value that lies in a slot: every distinct value from the slot's first one on
    /// that is below it counts, and beyond the slot there is none.
    #[inline(always)]
    fn cell_from(&self, slot: usize, value: T) -> usize {
        let mut below = self.grid.first()[slot] as usize;
        loop {
            let Some(next) = self.padded[below..].first_chunk::<PADDING>() else {
                return 2 * below;
            };
            let passed: usize = next.iter().map(|&v| usize::from(v < value)).sum();
            below += passed;
            if passed < PADDING {
                let equal = (next[passed] == value) & (below < self.ranks.len());
                return 2 * below + usize::from(equal);
            }
        }
    }

    /// The number of reference values below the `index`-th distinct value.
    #[inline(always)]
    fn below(&self, index: usize) -> u64 {
        self.ranks.below(index)
    }
}

/// Values compared at once when a value is looked for.
const PADDING: usize = 4;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_are_the_values_and_what_lies_between() {
        let reference = Reference::fit(&[3.0, 1.0, 3.0, -0.0]).unwrap();
        assert_eq!(reference.values(), [0.0, 1.0, 3.0]);
        assert_eq!(reference.ranks().iter().collect::<Vec<_>>(), [1, 2, 4]);
        let cells = [-1.0, -0.0, 0.5, 1.0, 2.0, 3.0, f64::INFINITY].map(|v| reference.cell(v));
        assert_eq!(cells, [0, 1, 2, 3, 4, 5, 6]);
    }
}
