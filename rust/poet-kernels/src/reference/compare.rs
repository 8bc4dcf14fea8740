//! The exact Kolmogorov–Smirnov difference of a window against a fitted reference, without sorting
//! the window.
//!
//! A histogram of the window over the grid's buckets gives the difference of the two distribution
//! functions at every bucket's edge exactly, and a bound on it within every bucket. Only the buckets
//! whose bound reaches the largest difference found at an edge can hold the largest of all; the
//! rows in them are counted per cell. Where that is most of the rows (a window that copies the
//! reference), where there are few rows, and where the reference has few distinct values, every row
//! is counted per cell at once. All arithmetic is in whole numbers.

use std::ops::Range;

use super::Reference;
use super::counts::CellCounter;
use super::scan::{add_histogram, collect};
use crate::Alternative;
use crate::error::{KernelError, Sample};
use crate::order::Ordered;
use crate::window::Window;

/// The largest difference of the distribution functions, and the sizes it is to be read with.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Difference<T> {
    /// Its size times `n * m`.
    pub numerator: u64,
    /// 1 where the window's function is the higher one there, -1 where the reference's is, 0 where
    /// there is no difference.
    pub sign: i8,
    /// The smallest value at which it is reached; none where there is no difference.
    pub location: Option<T>,
    /// Values of the window, without nulls and NaN.
    pub n: u64,
    /// Values of the window that are NaN.
    pub nan: u64,
}

impl<T: Ordered> Reference<T> {
    /// Compares the distribution functions of a window and of the reference; nulls and NaN are left
    /// out. Two-sided it finds the largest difference either way, for [`Alternative::Greater`]
    /// the largest by which the window's function is the higher one, for [`Alternative::Less`] the
    /// largest by which it is the lower one.
    ///
    /// # Errors
    ///
    /// [`KernelError::Empty`] for a window without values, and [`KernelError::TooLarge`] where
    /// `n * m` is beyond 63 bits.
    pub fn largest_difference(
        &self,
        window: &Window<'_, T>,
        alternative: Alternative,
    ) -> Result<Difference<T>, KernelError> {
        if window.len() < self.grid.buckets() / 4 || self.cumulative.len() <= FEW_DISTINCT {
            return self.by_cells(window, alternative);
        }
        let mut histogram = vec![0; self.grid.buckets()];
        let mut nan = 0;
        window.for_each_block(|block| nan += add_histogram(&self.grid, block, &mut histogram));
        let n = histogram.iter().sum();
        let mut largest = Largest::new(alternative, n, self.total())?;
        let candidates = self.candidates(&histogram, &largest);
        if candidates.rows > n / 3 {
            return self.by_cells(window, alternative);
        }
        let mut rows = Vec::with_capacity(candidates.rows as usize);
        window.for_each_block(|block| collect(&self.grid, block, &candidates.wanted, &mut rows));

        let mut cells = vec![0_u32; candidates.cells];
        for &row in rows.iter().filter(|row| !row.is_nan()) {
            let bucket = self.grid.bucket(row);
            let first = 2 * self.grid.values_in(bucket).start;
            cells[candidates.offset[bucket] as usize + self.cell(row) - first] += 1;
        }
        for bucket in &candidates.buckets {
            let Range { start: first, end } = self.grid.values_in(bucket.index);
            let at = candidates.offset[bucket.index] as usize;
            let mut walk = Walk::new(first, bucket.rows_before);
            for (i, &rows) in cells[at..=at + 2 * (end - first)].iter().enumerate() {
                if rows > 0 {
                    walk.step(self, &mut largest, 2 * first + i, u64::from(rows));
                }
            }
            if end > first {
                let rows = bucket.rows_before + histogram[bucket.index];
                largest.offer(rows, self.cumulative[end - 1], Place::Value(end - 1));
            }
        }
        // The place is in a candidate bucket, all of whose rows are here.
        Ok(largest.found(self, nan, |below, above| {
            highest_between(&rows, below, above)
        }))
    }

    /// The same, by counting every row per cell.
    fn by_cells(
        &self,
        window: &Window<'_, T>,
        alternative: Alternative,
    ) -> Result<Difference<T>, KernelError> {
        let mut cells = CellCounter::new(self.cells(), window.len());
        window.for_each_block(|block| cells.add(self, block));
        let nan = cells.nan();
        let n = window.len() as u64 - window.nulls() - nan;
        let mut largest = Largest::new(alternative, n, self.total())?;
        let mut walk = Walk::new(0, 0);
        cells.for_each_cell(|cell, rows| walk.step(self, &mut largest, cell, rows));
        Ok(largest.found(self, nan, |below, above| {
            let mut best = None;
            window.for_each_block(|block| {
                let highest = highest_between(block, below, above);
                if highest > best || best.is_none() {
                    best = highest;
                }
            });
            best
        }))
    }

    fn candidates(&self, histogram: &[u64], largest: &Largest) -> Candidates {
        let buckets = self.grid.buckets();
        let (mut rows, mut best) = (0, 0);
        for (bucket, &count) in histogram.iter().enumerate() {
            rows += count;
            best = best.max(largest.size(rows, self.below(self.grid.values_in(bucket).end)));
        }
        let mut found = Candidates {
            wanted: vec![0; buckets],
            offset: vec![0; buckets],
            buckets: Vec::new(),
            cells: 0,
            rows: 0,
        };
        let mut rows = 0;
        for (index, &count) in histogram.iter().enumerate() {
            let Range { start, end } = self.grid.values_in(index);
            let bound = largest.bound(rows, rows + count, self.below(start), self.below(end));
            if bound >= best && bound > 0 && (count > 0 || end > start) {
                found.wanted[index] = 1;
                found.offset[index] = found.cells as u32;
                found.buckets.push(Bucket {
                    index,
                    rows_before: rows,
                });
                found.cells += 2 * (end - start) + 1;
                found.rows += count;
            }
            rows += count;
        }
        found
    }
}

/// With so few distinct values a row's cell is found as fast as its bucket.
const FEW_DISTINCT: usize = 1_024;

/// The buckets that can hold the largest difference.
struct Candidates {
    wanted: Vec<u8>,
    /// Per candidate bucket, where its cells begin among the candidates' cells.
    offset: Vec<u32>,
    buckets: Vec<Bucket>,
    cells: usize,
    rows: u64,
}

struct Bucket {
    index: usize,
    rows_before: u64,
}

/// Where a difference is reached.
#[derive(Clone, Copy)]
enum Place {
    /// At a distinct reference value.
    Value(usize),
    /// At the last row in the open interval below this distinct value.
    Below(usize),
}

/// The largest difference so far, `|i*m - j*n|` with `i` of the `n` rows and `j` of the `m` reference
/// values at or below a place.
pub(super) struct Largest {
    alternative: Alternative,
    n: u64,
    m: u64,
    difference: i64,
    place: Option<Place>,
}

impl Largest {
    pub(super) fn new(alternative: Alternative, n: u64, m: u64) -> Result<Self, KernelError> {
        if n == 0 {
            let sample = Sample::Current;
            return Err(KernelError::Empty { sample });
        }
        n.checked_mul(m)
            .filter(|&cells| i64::try_from(cells).is_ok())
            .ok_or(KernelError::TooLarge)?;
        Ok(Self {
            alternative,
            n,
            m,
            difference: 0,
            place: None,
        })
    }

    /// The difference, and its size under the alternative.
    #[inline(always)]
    fn of(&self, rows: u64, reference: u64) -> (i64, i64) {
        let difference = (rows * self.m).cast_signed() - (reference * self.n).cast_signed();
        let size = match self.alternative {
            Alternative::TwoSided => difference.abs(),
            Alternative::Greater => difference,
            Alternative::Less => -difference,
        };
        (difference, size)
    }

    #[inline(always)]
    fn size(&self, rows: u64, reference: u64) -> i64 {
        self.of(rows, reference).1
    }

    /// The most that any order of the rows and the reference values between two edges allows.
    #[inline(always)]
    fn bound(&self, rows: u64, rows_end: u64, reference: u64, reference_end: u64) -> i64 {
        let rows_first = self.size(rows_end, reference);
        let reference_first = self.size(rows, reference_end);
        rows_first.max(reference_first)
    }

    #[inline(always)]
    fn offer(&mut self, rows: u64, reference: u64, place: Place) {
        let (difference, size) = self.of(rows, reference);
        if size > self.difference.abs() {
            (self.difference, self.place) = (difference, Some(place));
        }
    }

    /// The result; `highest` finds the highest row strictly between two reference values.
    pub(super) fn found<T: Ordered>(
        &self,
        reference: &Reference<T>,
        nan: u64,
        highest: impl FnOnce(Option<T>, Option<T>) -> Option<T>,
    ) -> Difference<T> {
        let values = reference.values();
        let location = self.place.and_then(|place| match place {
            Place::Value(index) => Some(values[index]),
            Place::Below(index) => {
                let below = index.checked_sub(1).map(|index| values[index]);
                highest(below, values.get(index).copied())
            }
        });
        Difference {
            numerator: self.difference.unsigned_abs(),
            sign: self.difference.signum() as i8,
            location,
            n: self.n,
            nan,
        }
    }
}

/// A walk over the cells that have rows, in ascending order.
pub(super) struct Walk {
    /// The first distinct value at or beyond the edge where the walk began.
    first: usize,
    rows: u64,
}

impl Walk {
    pub(super) fn new(first: usize, rows: u64) -> Self {
        Self { first, rows }
    }

    #[inline(always)]
    pub(super) fn step<T: Ordered>(
        &mut self,
        reference: &Reference<T>,
        largest: &mut Largest,
        cell: usize,
        rows: u64,
    ) {
        let value = cell / 2;
        // Up to here the reference's function has only risen: its last value shows the most.
        if value > self.first {
            let below = reference.cumulative[value - 1];
            largest.offer(self.rows, below, Place::Value(value - 1));
        }
        self.rows += rows;
        if cell % 2 == 1 {
            let up_to = reference.cumulative[value];
            largest.offer(self.rows, up_to, Place::Value(value));
        } else {
            largest.offer(self.rows, reference.below(value), Place::Below(value));
        }
    }
}

/// The highest value strictly between two others; `None` is no limit.
fn highest_between<T: Ordered>(block: &[T], below: Option<T>, above: Option<T>) -> Option<T> {
    let mut best: Option<T> = None;
    for &value in block {
        let inside = below.is_none_or(|b| value > b) && above.is_none_or(|a| value < a);
        if inside && !value.is_nan() && best.is_none_or(|b| value > b) {
            best = Some(value);
        }
    }
    best
}
