//! What is kept of a window when its rows are gone: how many fell into each cell of a reference.
//!
//! Counts add, over windows, threads and machines, and the sum of the parts is the counts of the
//! whole. From them the Kolmogorov–Smirnov difference and every bin count are exact; the
//! Wasserstein-1 distance is known within bounds, for where a row lies in its cell is forgotten.

use super::Reference;
use super::compare::{Difference, check_edges};
use super::largest::{Largest, Walk};
use crate::Alternative;
use crate::error::{KernelError, Sample};
use crate::order::Ordered;
use crate::window::Window;

/// Rows per cell, ascending, cells without rows left out: few rows take little room.
#[derive(Debug, Clone, PartialEq)]
pub struct Counts<T> {
    cells: Vec<u32>,
    rows: Vec<u64>,
    nan: u64,
    nulls: u64,
    infinite: u64,
    range: Option<(T, T)>,
}

impl<T: Ordered> Counts<T> {
    /// Takes up stored counts.
    ///
    /// # Errors
    ///
    /// [`KernelError::NotSteps`] where the cells are not strictly ascending, a cell has no rows, the
    /// lengths differ, the lowest and highest value are not in order or missing, or infinite rows are
    /// counted where none of the two is; and
    /// [`KernelError::TooLarge`] where all rows together are beyond 64 bits.
    pub fn from_parts(
        cells: Vec<u32>,
        rows: Vec<u64>,
        nan: u64,
        nulls: u64,
        infinite: u64,
        range: Option<(T, T)>,
    ) -> Result<Self, KernelError> {
        let ascending = cells.windows(2).all(|pair| pair[0] < pair[1]);
        let in_order = range.is_none_or(|(low, high)| low <= high);
        let there = range.is_some() != cells.is_empty();
        if !(ascending && in_order && there && cells.len() == rows.len() && !rows.contains(&0)) {
            return Err(KernelError::NotSteps);
        }
        [nan, nulls]
            .iter()
            .chain(&rows)
            .try_fold(0_u64, |sum, &count| sum.checked_add(count))
            .ok_or(KernelError::TooLarge)?;
        let has_infinite = range.is_some_and(|(low, high)| low.is_infinite() || high.is_infinite());
        if (infinite > 0) != has_infinite || infinite > rows.iter().sum() {
            return Err(KernelError::NotSteps);
        }
        Ok(Self {
            cells,
            rows,
            nan,
            nulls,
            infinite,
            range,
        })
    }

    /// The cells that have rows, ascending.
    #[must_use]
    pub fn cells(&self) -> &[u32] {
        &self.cells
    }

    /// The rows in each of these cells.
    #[must_use]
    pub fn rows(&self) -> &[u64] {
        &self.rows
    }

    /// All rows, without nulls and NaN.
    #[must_use]
    pub fn n(&self) -> u64 {
        self.rows.iter().sum()
    }

    /// How many values were NaN.
    #[must_use]
    pub fn nan(&self) -> u64 {
        self.nan
    }

    /// How many values were null.
    #[must_use]
    pub fn nulls(&self) -> u64 {
        self.nulls
    }

    /// How many rows are infinite.
    #[must_use]
    pub fn infinite(&self) -> u64 {
        self.infinite
    }

    /// The lowest and the highest value; none where there is no row.
    #[must_use]
    pub fn range(&self) -> Option<(T, T)> {
        self.range
    }

    /// The counts of both windows together.
    ///
    /// # Errors
    ///
    /// [`KernelError::TooLarge`] where all rows together are beyond 64 bits.
    pub fn merged(&self, other: &Self) -> Result<Self, KernelError> {
        let (mut cells, mut rows) = (Vec::new(), Vec::new());
        let (mut i, mut j) = (0, 0);
        while i < self.cells.len() || j < other.cells.len() {
            let (a, b) = (self.cells.get(i), other.cells.get(j));
            let Some(&cell) = a.into_iter().chain(b).min() else {
                break;
            };
            let mut sum = 0_u64;
            if a == Some(&cell) {
                sum = self.rows[i];
                i += 1;
            }
            if b == Some(&cell) {
                sum = sum
                    .checked_add(other.rows[j])
                    .ok_or(KernelError::TooLarge)?;
                j += 1;
            }
            cells.push(cell);
            rows.push(sum);
        }
        let range = match (self.range, other.range) {
            (Some((a, b)), Some((c, d))) => {
                Some((if c < a { c } else { a }, if d > b { d } else { b }))
            }
            (a, b) => a.or(b),
        };
        let add = |a: u64, b: u64| a.checked_add(b).ok_or(KernelError::TooLarge);
        let (nan, nulls) = (add(self.nan, other.nan)?, add(self.nulls, other.nulls)?);
        let infinite = add(self.infinite, other.infinite)?;
        Self::from_parts(cells, rows, nan, nulls, infinite, range)
    }
}

impl<T: Ordered> Reference<T> {
    /// Counts the rows of a window per cell.
    ///
    /// # Errors
    ///
    /// [`KernelError::TooLarge`] for more than `u32::MAX` rows: count parts and merge them.
    pub fn counts(&self, window: &Window<'_, T>) -> Result<Counts<T>, KernelError> {
        let scan = self.scan(window);
        let counter = scan.cells()?;
        let (mut cells, mut rows) = (Vec::new(), Vec::new());
        counter.for_each_cell(|cell, count| {
            cells.push(cell as u32);
            rows.push(count);
        });
        let range = range(window);
        let ends = range.is_some_and(|(low, high)| low.is_infinite() || high.is_infinite());
        let infinite = if ends { infinite(window) } else { 0 };
        let (nan, nulls) = (counter.nan(), window.nulls());
        Counts::from_parts(cells, rows, nan, nulls, infinite, range)
    }

    /// [`super::Scan::largest_difference`] from counts alone: the same number. Where the place is
    /// a row between two reference values, the lower of these is given, and the lowest row where
    /// there is no lower one.
    ///
    /// # Errors
    ///
    /// As there, and [`KernelError::NotSteps`] for counts of another reference.
    pub fn difference_of(
        &self,
        counts: &Counts<T>,
        alternative: Alternative,
    ) -> Result<Difference<T>, KernelError> {
        self.check(counts)?;
        let mut largest = Largest::new(alternative, counts.n(), self.total())?;
        let mut walk = Walk::new(0, 0);
        for (&cell, &rows) in counts.cells.iter().zip(&counts.rows) {
            let offer = |rows, up_to, place| largest.offer(rows, up_to, place);
            walk.step(self, cell as usize, rows, offer);
        }
        let lowest = counts.range.map(|(low, _)| low);
        Ok(largest.found(self, counts.nan, |below, _| below.or(lowest)))
    }

    /// [`super::Scan::bin_counts`] from counts alone: the same numbers.
    ///
    /// # Errors
    ///
    /// As there, and [`KernelError::NotSteps`] for counts of another reference.
    pub fn bins_of(&self, counts: &Counts<T>, edges: &[usize]) -> Result<Vec<u64>, KernelError> {
        self.check(counts)?;
        check_edges(edges, self.cells())?;
        let mut bins = vec![0; edges.len() + 1];
        let mut bin = 0;
        for (&cell, &rows) in counts.cells.iter().zip(&counts.rows) {
            while edges.get(bin).is_some_and(|&edge| cell as usize > edge) {
                bin += 1;
            }
            bins[bin] += rows;
        }
        Ok(bins)
    }

    /// The least and the most that the Wasserstein-1 distance `∫ |F_current - F_reference|` can be,
    /// in the unit of the values.
    ///
    /// # Errors
    ///
    /// [`KernelError::Empty`] for counts without rows, [`KernelError::NotSteps`] for counts of
    /// another reference.
    pub fn wasserstein_bounds(&self, counts: &Counts<T>) -> Result<(f64, f64), KernelError> {
        self.check(counts)?;
        let Some((lowest, highest)) = counts.range else {
            let sample = Sample::Current;
            return Err(KernelError::Empty { sample });
        };
        let (n, m) = (counts.n() as f64, self.total() as f64);
        let mut per_cell = counts.cells.iter().zip(&counts.rows).peekable();
        let mut take = |cell: usize| {
            per_cell
                .next_if(|&(&c, _)| c as usize == cell)
                .map_or(0, |(_, &rows)| rows)
        };
        let values = self.values();
        let (mut below, mut rows) = (None, 0_u64);
        let (mut least, mut most) = (0.0, 0.0);
        for index in 0..=values.len() {
            // The open interval below this value, or above all; what lies outside is empty.
            let from = below.unwrap_or(lowest).as_float();
            let to = values.get(index).copied().unwrap_or(highest).as_float();
            let inside = take(2 * index);
            let reference = self.below(index) as f64 / m;
            let (first, last) = (rows as f64 / n, (rows + inside) as f64 / n);
            if to > from {
                let (a, b) = (first - reference, last - reference);
                let nearest = if a <= 0.0 && b >= 0.0 {
                    0.0
                } else {
                    a.abs().min(b.abs())
                };
                least += nearest * (to - from);
                most += a.abs().max(b.abs()) * (to - from);
            }
            rows += inside;
            rows += take(2 * index + 1);
            below = values.get(index).copied();
        }
        Ok((least, most))
    }

    pub(super) fn check(&self, counts: &Counts<T>) -> Result<(), KernelError> {
        let fits = counts
            .cells
            .last()
            .is_none_or(|&cell| (cell as usize) < self.cells());
        if fits {
            Ok(())
        } else {
            Err(KernelError::NotSteps)
        }
    }
}

/// The lowest and the highest value that is not NaN.
pub(super) fn range<T: Ordered>(window: &Window<'_, T>) -> Option<(T, T)> {
    let mut range: Option<(T, T)> = None;
    window.for_each_block(|block| {
        let Some(&first) = block.iter().find(|value| !value.is_nan()) else {
            return;
        };
        let (mut low, mut high) = range.unwrap_or((first, first));
        for &value in block {
            // A NaN is neither.
            low = if value < low { value } else { low };
            high = if value > high { value } else { high };
        }
        range = Some((low, high));
    });
    range
}

/// How many values are infinite.
pub(super) fn infinite<T: Ordered>(window: &Window<'_, T>) -> u64 {
    let mut sum = 0;
    if T::IS_FLOAT {
        window.for_each_block(|block| {
            let infinite = block.iter().map(|value| u64::from(value.is_infinite()));
            sum += infinite.sum::<u64>();
        });
    }
    sum
}
