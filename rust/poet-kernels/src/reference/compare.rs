//! The exact Kolmogorov–Smirnov difference of a window against a fitted reference, without sorting
//! the window.
//!
//! A histogram of the window over the grid's buckets gives the difference of the two distribution
//! functions at every bucket's edge exactly, and a bound on it within every bucket. Only the buckets
//! whose bound reaches the largest difference found at an edge can hold the largest of all; the
//! rows in them are counted per cell. Where that is most of the rows (a window that copies the
//! reference), where there are few rows, and where the reference has few distinct values, every row
//! is counted per cell at once. All arithmetic is in whole numbers.

use std::cell::OnceCell;
use std::ops::Range;

use super::Reference;
use super::cells::CellCounter;
use super::grid::Buckets;
use super::largest::{Largest, Place, Walk, higher, highest_between};
use super::scan::{FEWEST_BUCKETS, Histogram, buckets_for, collect};
use crate::Alternative;
use crate::error::KernelError;
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

/// A look at a window: what several statistics need of it is counted once.
#[derive(Debug)]
pub struct Scan<'a, T> {
    pub(super) reference: &'a Reference<T>,
    pub(super) window: &'a Window<'a, T>,
    histogram: OnceCell<Counted>,
    cells: OnceCell<CellCounter>,
}

/// Rows per bucket.
#[derive(Debug)]
pub(super) struct Counted {
    pub rows: Vec<u64>,
    pub nan: u64,
}

impl<T: Ordered> Reference<T> {
    /// Looks at a window; nothing is counted until something is asked.
    #[must_use]
    pub fn scan<'a>(&'a self, window: &'a Window<'a, T>) -> Scan<'a, T> {
        Scan {
            reference: self,
            window,
            histogram: OnceCell::new(),
            cells: OnceCell::new(),
        }
    }

    /// [`Scan::largest_difference`] of a window.
    ///
    /// # Errors
    ///
    /// As there.
    pub fn largest_difference(
        &self,
        window: &Window<'_, T>,
        alternative: Alternative,
    ) -> Result<Difference<T>, KernelError> {
        self.scan(window).largest_difference(alternative)
    }
}

impl<T: Ordered> Scan<'_, T> {
    /// Compares the distribution functions of the window and of the reference; nulls and NaN are
    /// left out. Two-sided it finds the largest difference either way, for
    /// [`Alternative::Greater`] the largest by which the window's function is the higher one,
    /// for [`Alternative::Less`] the largest by which it is the lower one.
    ///
    /// # Errors
    ///
    /// [`KernelError::Empty`] for a window without values, and [`KernelError::TooLarge`] for more
    /// than `u32::MAX` rows and where `n * m` is beyond 63 bits.
    pub fn largest_difference(
        &self,
        alternative: Alternative,
    ) -> Result<Difference<T>, KernelError> {
        if !self.is_worth_a_histogram() {
            return self.by_cells(alternative);
        }
        let (reference, buckets) = (self.reference, self.buckets());
        let histogram = self.histogram();
        let n = histogram.rows.iter().sum();
        let mut largest = Largest::new(alternative, n, reference.total())?;
        let candidates = self.candidates(&largest);
        if candidates.rows > n / 3 {
            return self.by_cells(alternative);
        }
        let rows = self.resolve(&candidates);
        for bucket in &candidates.buckets {
            let Range { start, end } = buckets.values_in(bucket.index);
            let mut walk = Walk::new(start, bucket.rows_before);
            for (i, &count) in rows.cells_of(bucket).iter().enumerate() {
                if count > 0 {
                    let offer = |rows, up_to, place| largest.offer(rows, up_to, place);
                    walk.step(reference, 2 * start + i, u64::from(count), offer);
                }
            }
            if end > start {
                let up_to = bucket.rows_before + histogram.rows[bucket.index];
                largest.offer(up_to, reference.below(end), Place::Value(end - 1));
            }
        }
        // The place is in a candidate bucket, all of whose rows are here.
        Ok(largest.found(reference, histogram.nan, |below, above| {
            highest_between(&rows.values, below, above)
        }))
    }

    /// How many rows fall into each bin: bin `b` holds the cells above `edges[b - 1]` up to and
    /// including `edges[b]`, the last bin all above.
    ///
    /// # Errors
    ///
    /// [`KernelError::TooLarge`] for more than `u32::MAX` rows, [`KernelError::NotSteps`] where
    /// the edges are not strictly ascending cells, or the last one is the last cell.
    pub fn bin_counts(&self, edges: &[usize]) -> Result<Vec<u64>, KernelError> {
        let reference = self.reference;
        check_edges(edges, reference.cells())?;
        if !self.is_worth_a_histogram() {
            return Ok(self.cells()?.bins(edges));
        }
        let candidates = self.buckets_of(edges);
        let rows = self.resolve(&candidates);
        let mut up_to_edge = Vec::with_capacity(edges.len() + 1);
        let mut edges = edges.iter().copied().peekable();
        for bucket in &candidates.buckets {
            let values = self.buckets().values_in(bucket.index);
            while let Some(edge) = edges.next_if(|&edge| edge < 2 * values.end) {
                let cells = &rows.cells_of(bucket)[..=edge - 2 * values.start];
                let inside: u64 = cells.iter().map(|&c| u64::from(c)).sum();
                up_to_edge.push(bucket.rows_before + inside);
            }
        }
        up_to_edge.push(self.histogram().rows.iter().sum());
        Ok(differences(up_to_edge))
    }

    /// How many rows are NaN.
    ///
    /// # Errors
    ///
    /// [`KernelError::TooLarge`] for more than `u32::MAX` rows.
    pub fn nan(&self) -> Result<u64, KernelError> {
        if self.is_worth_a_histogram() {
            return Ok(self.histogram().nan);
        }
        Ok(self.cells()?.nan())
    }

    pub(super) fn is_worth_a_histogram(&self) -> bool {
        self.window.len() >= FEWEST_BUCKETS && self.reference.values().len() > FEW_DISTINCT
    }

    pub(super) fn buckets(&self) -> Buckets<'_> {
        buckets_for(&self.reference.grid, self.window.len())
    }

    pub(super) fn histogram(&self) -> &Counted {
        self.histogram.get_or_init(|| {
            let buckets = self.buckets();
            let mut histogram = Histogram::new(buckets);
            self.window
                .for_each_block(|block| histogram.add(buckets, block));
            let (rows, nan) = histogram.finish();
            Counted { rows, nan }
        })
    }

    pub(super) fn cells(&self) -> Result<&CellCounter, KernelError> {
        if let Some(cells) = self.cells.get() {
            return Ok(cells);
        }
        let mut cells = CellCounter::new(self.reference.cells(), self.window.len())?;
        self.window
            .for_each_block(|block| cells.add(self.reference, block));
        cells.sort();
        Ok(self.cells.get_or_init(|| cells))
    }

    fn by_cells(&self, alternative: Alternative) -> Result<Difference<T>, KernelError> {
        let cells = self.cells()?;
        let n = self.window.len() as u64 - self.window.nulls() - cells.nan();
        let mut largest = Largest::new(alternative, n, self.reference.total())?;
        let mut walk = Walk::new(0, 0);
        cells.for_each_cell(|cell, rows| {
            let offer = |rows, up_to, place| largest.offer(rows, up_to, place);
            walk.step(self.reference, cell, rows, offer);
        });
        let nan = cells.nan();
        Ok(largest.found(self.reference, nan, |below, above| {
            let mut highest = None;
            self.window.for_each_block(|block| {
                highest = higher(highest, highest_between(block, below, above));
            });
            highest
        }))
    }

    /// The buckets that can hold the largest difference.
    fn candidates(&self, largest: &Largest) -> Candidates {
        let (reference, rows) = (self.reference, &self.histogram().rows);
        let buckets = self.buckets();
        let (mut up_to, mut best) = (0, 0);
        for (bucket, &count) in rows.iter().enumerate() {
            up_to += count;
            let end = buckets.start(bucket + 1);
            best = best.max(largest.size(up_to, reference.below(end)));
        }
        self.buckets_where(|before, count, values| {
            let (low, high) = (reference.below(values.start), reference.below(values.end));
            let bound = largest.bound(before, before + count, low, high);
            bound >= best && bound > 0 && (count > 0 || !values.is_empty())
        })
    }

    /// The buckets that hold the distinct values at or next above these cells.
    fn buckets_of(&self, edges: &[usize]) -> Candidates {
        let mut edges = edges.iter().peekable();
        self.buckets_where(|_, _, values| {
            let holds = edges
                .peek()
                .is_some_and(|&edge| values.contains(&(edge / 2)));
            while edges.peek().is_some_and(|&&edge| edge < 2 * values.end) {
                edges.next();
            }
            holds
        })
    }

    /// Chooses buckets by the rows before them, the rows and the distinct values in them.
    fn buckets_where(&self, mut wanted: impl FnMut(u64, u64, Range<usize>) -> bool) -> Candidates {
        let buckets = self.buckets();
        let mut found = Candidates::new(buckets);
        let mut before = 0;
        for (index, &count) in self.histogram().rows.iter().enumerate() {
            if wanted(before, count, buckets.values_in(index)) {
                found.push(buckets, index, before, count);
            }
            before += count;
        }
        found
    }

    /// Counts the rows in some buckets per cell.
    pub(super) fn resolve(&self, candidates: &Candidates) -> Resolved<T> {
        let buckets = self.buckets();
        let mut values = Vec::with_capacity(candidates.rows as usize);
        self.window
            .for_each_block(|block| collect(buckets, block, &candidates.wanted, &mut values));
        values.retain(|value| !value.is_nan());
        // Per bucket, what turns a cell into a position among these buckets' cells.
        let mut shift = vec![0_isize; buckets.count];
        let mut size = 0;
        for bucket in &candidates.buckets {
            let first = 2 * buckets.start(bucket.index);
            shift[bucket.index] = bucket.cells.start.cast_signed() - first.cast_signed();
            size = bucket.cells.end;
        }
        let mut cells = vec![0; size];
        for &value in &values {
            let slot = buckets.grid.slot(value);
            let cell = self.reference.cell_from(slot, value);
            cells[cell.wrapping_add_signed(shift[slot >> buckets.shift])] += 1;
        }
        Resolved { values, cells }
    }
}

/// From cumulative counts to counts.
pub(super) fn differences(mut cumulative: Vec<u64>) -> Vec<u64> {
    for i in (1..cumulative.len()).rev() {
        cumulative[i] -= cumulative[i - 1];
    }
    cumulative
}

/// Refuses edges that are not strictly ascending cells below the last one.
pub(super) fn check_edges(edges: &[usize], cells: usize) -> Result<(), KernelError> {
    let ascending = edges.windows(2).all(|pair| pair[0] < pair[1]);
    if ascending && edges.last().is_none_or(|&last| last + 1 < cells) {
        Ok(())
    } else {
        Err(KernelError::NotSteps)
    }
}

/// With so few distinct values a row's cell is found as fast as its bucket.
const FEW_DISTINCT: usize = 1_024;

/// Buckets to be looked into.
pub(super) struct Candidates {
    wanted: Vec<u8>,
    pub buckets: Vec<Bucket>,
    pub rows: u64,
}

impl Candidates {
    /// None yet.
    pub fn new(buckets: Buckets<'_>) -> Self {
        Self {
            wanted: vec![0; buckets.count],
            buckets: Vec::new(),
            rows: 0,
        }
    }

    /// Takes the next one, by its place and the rows before it and in it.
    pub fn push(&mut self, buckets: Buckets<'_>, index: usize, rows_before: u64, rows: u64) {
        let start = self.buckets.last().map_or(0, |bucket| bucket.cells.end);
        self.wanted[index] = 1;
        self.buckets.push(Bucket {
            index,
            rows_before,
            cells: start..start + 2 * buckets.values_in(index).len() + 1,
        });
        self.rows += rows;
    }
}

pub(super) struct Bucket {
    pub index: usize,
    pub rows_before: u64,
    /// Where its cells stand among the cells of all candidates.
    cells: Range<usize>,
}

/// The rows of some buckets and how many there are per cell.
pub(super) struct Resolved<T> {
    pub values: Vec<T>,
    cells: Vec<u32>,
}

impl<T> Resolved<T> {
    pub fn cells_of(&self, bucket: &Bucket) -> &[u32] {
        &self.cells[bucket.cells.clone()]
    }
}
