//! All that a survey asks of a window of numbers, from one look at it: how far the distribution
//! functions are apart either way, where most rows lie, and what lies outside the reference.
//!
//! `D+ + D-` is the statistic of N. H. Kuiper (1960), the larger of the two that of Smirnov.

use super::Reference;
use super::compare::{Candidates, Scan};
use super::counts::{Counts, infinite, range};
use super::largest::{Place, Walk};
use super::quantiles::{Finder, SURVEY_LEVELS};
use crate::error::KernelError;
use crate::order::Ordered;

/// A window in front of its reference.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Spread {
    /// Values of the window, without nulls and NaN.
    pub n: u64,
    /// Values of the window that are NaN.
    pub nan: u64,
    /// `D+ * n * m`: the largest difference by which the window's function is the higher one.
    pub up: u64,
    /// `D- * n * m`: the largest difference by which the reference's function is the higher one.
    pub down: u64,
    /// Rows below the lowest reference value.
    pub below: u64,
    /// Rows above the highest reference value.
    pub above: u64,
    /// Rows that are infinite.
    pub infinite: u64,
    /// The window's quantiles at [`SURVEY_LEVELS`], as [`Reference::quantiles_of`] has them; NaN
    /// without rows.
    pub quantiles: [f64; SURVEY_LEVELS.len()],
}

/// The largest differences either way so far.
struct Both {
    n: u64,
    m: u64,
    up: i64,
    down: i64,
}

impl Both {
    fn new(n: u64, m: u64) -> Result<Self, KernelError> {
        n.checked_mul(m)
            .filter(|&cells| i64::try_from(cells).is_ok())
            .ok_or(KernelError::TooLarge)?;
        let (up, down) = (0, 0);
        Ok(Self { n, m, up, down })
    }

    /// By how much the window's function is the higher one, `n m` times.
    #[inline(always)]
    fn difference(&self, rows: u64, reference: u64) -> i64 {
        (rows * self.m).cast_signed() - (reference * self.n).cast_signed()
    }

    #[inline(always)]
    fn offer(&mut self, rows: u64, reference: u64) {
        self.take(self.difference(rows, reference));
    }

    #[inline(always)]
    fn take(&mut self, difference: i64) {
        self.up = self.up.max(difference);
        self.down = self.down.max(-difference);
    }

    fn found(&self, nan: u64) -> Spread {
        Spread {
            n: self.n,
            nan,
            up: self.up.unsigned_abs(),
            down: self.down.unsigned_abs(),
            ..Spread::default()
        }
    }
}

impl<T: Ordered> Scan<'_, T> {
    /// Compares the window with the reference; all is 0 for a window without values.
    ///
    /// # Errors
    ///
    /// [`KernelError::TooLarge`] for more than `u32::MAX` rows and where `n * m` is beyond 63 bits.
    pub fn spread(&self) -> Result<Spread, KernelError> {
        if !self.is_worth_a_histogram() {
            return self.spread_by_cells();
        }
        let (reference, buckets) = (self.reference, self.buckets());
        let histogram = self.histogram();
        let n: u64 = histogram.rows.iter().sum();
        let mut both = Both::new(n, reference.total())?;
        // By how much the window's function is the higher one at each bucket's end.
        let mut edges = Vec::with_capacity(buckets.count);
        let mut before = 0;
        for (bucket, &count) in histogram.rows.iter().enumerate() {
            before += count;
            let edge = both.difference(before, reference.below(buckets.start(bucket + 1)));
            both.take(edge);
            edges.push(edge);
        }
        // Where the outermost values of the reference are, some rows of the bucket may lie beyond.
        let values = reference.values();
        let outer = [values[0], values[values.len() - 1]].map(|value| buckets.of(value));
        let in_outer: u64 = outer.iter().map(|&bucket| histogram.rows[bucket]).sum();
        let seek = in_outer > 0 && in_outer <= n / 16;
        let mut candidates = Candidates::new(buckets);
        let mut finder = Finder::new(SURVEY_LEVELS, n);
        let told = self.around(&finder);
        let mut next_told = told.iter().flat_map(|run| run.buckets.clone()).peekable();
        let (mut before, mut start) = (0, 0);
        for (bucket, (&count, &end)) in histogram.rows.iter().zip(&edges).enumerate() {
            // All its rows before all its reference values, or the other way round.
            let rise = (count * both.m).cast_signed();
            let is_open = start + rise > both.up || rise - end > both.down;
            let is_told = next_told.next_if_eq(&bucket).is_some()
                && count > 0
                && !buckets.values_in(bucket).is_empty();
            if is_open || is_told || (seek && count > 0 && outer.contains(&bucket)) {
                candidates.push(buckets, bucket, before, count);
            }
            before += count;
            start = end;
        }
        if candidates.rows > n / 3 {
            return self.spread_by_cells();
        }
        let rows = self.resolve(&candidates);
        let [mut below, mut above] = [0, 0];
        for bucket in &candidates.buckets {
            let start = buckets.start(bucket.index);
            let mut walk = Walk::new(start, bucket.rows_before);
            for (i, &count) in rows.cells_of(bucket).iter().enumerate() {
                if count > 0 {
                    let count = u64::from(count);
                    let cell = 2 * start + i;
                    walk.step(reference, cell, count, |rows, up_to, _| {
                        both.offer(rows, up_to);
                    });
                    below += if cell == 0 { count } else { 0 };
                    above += if cell + 1 == reference.cells() {
                        count
                    } else {
                        0
                    };
                }
            }
        }
        let mut found = both.found(histogram.nan);
        if seek || in_outer == 0 {
            // What is in buckets without any reference value outside all of them.
            found.below = below + histogram.rows[..outer[0]].iter().sum::<u64>();
            found.above = above + histogram.rows[outer[1] + 1..].iter().sum::<u64>();
        } else {
            (found.below, found.above) = self.outside();
        }
        found.infinite = self.infinite(found.below, found.above);
        self.go_through(&told, &candidates, &rows, &mut finder);
        found.quantiles = finder.values(reference, || range(self.window));
        Ok(found)
    }

    fn spread_by_cells(&self) -> Result<Spread, KernelError> {
        let cells = self.cells()?;
        let n = self.window.len() as u64 - self.window.nulls() - cells.nan();
        let reach = || range(self.window);
        let mut found = self
            .reference
            .spread_of_cells(n, cells.nan(), reach, |step| {
                cells.for_each_cell(step);
            })?;
        found.infinite = self.infinite(found.below, found.above);
        Ok(found)
    }

    /// Rows below the lowest and above the highest reference value, one by one.
    fn outside(&self) -> (u64, u64) {
        let values = self.reference.values();
        let (lowest, highest) = (values[0], values[values.len() - 1]);
        let (mut below, mut above) = (0, 0);
        self.window.for_each_block(|block| {
            for &value in block {
                below += u64::from(value < lowest);
                above += u64::from(value > highest);
            }
        });
        (below, above)
    }

    /// Infinite rows; there are none without rows outside a finite reference.
    fn infinite(&self, below: u64, above: u64) -> u64 {
        let values = self.reference.values();
        let possible = below > 0
            || above > 0
            || values[0].is_infinite()
            || values[values.len() - 1].is_infinite();
        if possible { infinite(self.window) } else { 0 }
    }
}

impl<T: Ordered> Reference<T> {
    /// [`Scan::spread`] from counts alone: the same numbers.
    ///
    /// # Errors
    ///
    /// As there, and [`KernelError::NotSteps`] for counts of another reference.
    pub fn spread_of(&self, counts: &Counts<T>) -> Result<Spread, KernelError> {
        self.check(counts)?;
        let reach = || counts.range();
        let mut found = self.spread_of_cells(counts.n(), counts.nan(), reach, |step| {
            for (&cell, &rows) in counts.cells().iter().zip(counts.rows()) {
                step(cell as usize, rows);
            }
        })?;
        found.infinite = counts.infinite();
        Ok(found)
    }

    /// All but the infinite rows, from the rows of each cell.
    fn spread_of_cells(
        &self,
        n: u64,
        nan: u64,
        range: impl FnOnce() -> Option<(T, T)>,
        for_each_cell: impl FnOnce(&mut dyn FnMut(usize, u64)),
    ) -> Result<Spread, KernelError> {
        let mut both = Both::new(n, self.total())?;
        let mut walk = Walk::new(0, 0);
        let mut finder = Finder::new(SURVEY_LEVELS, n);
        let (mut below, mut above, mut before) = (0, 0, 0);
        for_each_cell(&mut |cell, rows| {
            finder.step(cell, before, rows);
            before += rows;
            walk.step(self, cell, rows, |rows, up_to, _: Place| {
                both.offer(rows, up_to);
            });
            below += if cell == 0 { rows } else { 0 };
            above += if cell + 1 == self.cells() { rows } else { 0 };
        });
        let found = both.found(nan);
        Ok(Spread {
            below,
            above,
            quantiles: finder.values(self, range),
            ..found
        })
    }
}
