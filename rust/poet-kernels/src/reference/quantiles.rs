//! Quantiles of a window of which it is known how many rows are in which cell of a reference.
//!
//! Exact where the row is one of the reference's values. The rows between two of them are taken to
//! lie evenly in their interval, no further out than the window reaches.

use std::ops::Range;

use super::Reference;
use super::compare::{Candidates, Resolved, Scan};
use super::counts::Counts;
use crate::order::Ordered;

/// The levels that a survey tells the quantiles of.
pub const SURVEY_LEVELS: [f64; 3] = [0.05, 0.5, 0.95];

/// The rank of a level from 0 to 1 among `n` values, from 1: up to it there is at least that share.
#[must_use]
pub fn rank_of(level: f64, n: u64) -> u64 {
    ((level * n as f64).ceil() as u64).clamp(1, n.max(1))
}

/// In which cell a row is.
#[derive(Clone, Copy)]
struct Held {
    cell: usize,
    /// Rows in the cell.
    rows: u64,
    /// The row's place among them, from 1.
    place: u64,
    /// Whether no row of the window is in a lower or higher cell.
    is_outermost: bool,
}

/// Finds the rows of ascending ranks on a walk up the cells.
pub struct Finder<const RANKS: usize> {
    n: u64,
    ranks: [u64; RANKS],
    held: [Option<Held>; RANKS],
    found: usize,
}

impl<const RANKS: usize> Finder<RANKS> {
    /// Looks for the rows of these levels, which ascend, among `n`.
    pub fn new(levels: [f64; RANKS], n: u64) -> Self {
        Self {
            n,
            ranks: levels.map(|level| rank_of(level, n)),
            held: [None; RANKS],
            found: 0,
        }
    }

    /// Goes through a cell, of which `before` rows are in lower ones. Cells without a rank that is
    /// looked for may be left out.
    #[inline(always)]
    pub fn step(&mut self, cell: usize, before: u64, rows: u64) {
        while self.found < RANKS && self.ranks[self.found] <= before + rows {
            self.held[self.found] = Some(Held {
                cell,
                rows,
                place: self.ranks[self.found] - before,
                is_outermost: before == 0 || before + rows == self.n,
            });
            self.found += 1;
        }
    }

    /// The quantiles, NaN without rows; `range` is asked where the window's lowest or highest row
    /// may bound one of them.
    pub fn values<T: Ordered>(
        &self,
        reference: &Reference<T>,
        range: impl FnOnce() -> Option<(T, T)>,
    ) -> [f64; RANKS] {
        let open = |held: &Held| held.is_outermost && held.cell.is_multiple_of(2);
        let range = if self.held.iter().flatten().any(open) {
            range()
        } else {
            None
        };
        self.held
            .map(|held| held.map_or(f64::NAN, |held| reference.within(held, range)))
    }
}

/// Buckets next to each other that hold a row that is looked for, and all of its cell.
pub struct Run {
    pub buckets: Range<usize>,
    rows_before: u64,
}

impl<T: Ordered> Scan<'_, T> {
    /// The buckets in which the rows are, and those that their cells reach into: of two reference
    /// values in different buckets, some rows between them may be in either, and in all between.
    pub(super) fn around<const RANKS: usize>(&self, finder: &Finder<RANKS>) -> Vec<Run> {
        let (buckets, rows) = (self.buckets(), &self.histogram().rows);
        let has_values = |bucket: &usize| !buckets.values_in(*bucket).is_empty();
        let mut runs: Vec<Run> = Vec::with_capacity(RANKS);
        let mut ranks = finder.ranks.into_iter().peekable();
        let mut up_to = 0;
        for (bucket, &count) in rows.iter().enumerate() {
            up_to += count;
            let is_wanted = ranks.next_if(|&rank| rank <= up_to).is_some();
            if !is_wanted {
                continue;
            }
            while ranks.next_if(|&rank| rank <= up_to).is_some() {}
            let start = (0..bucket).rev().find(has_values).unwrap_or(0);
            let end = (bucket + 1..rows.len()).find(has_values);
            let end = end.unwrap_or(rows.len() - 1) + 1;
            match runs.last_mut() {
                Some(last) if start < last.buckets.end => last.buckets.end = end,
                _ => runs.push(Run {
                    buckets: start..end,
                    rows_before: up_to - rows[start..=bucket].iter().sum::<u64>(),
                }),
            }
        }
        runs
    }

    /// Shows these buckets' cells to the finder; of those with values, the rows were counted per
    /// cell.
    pub(super) fn go_through<const RANKS: usize>(
        &self,
        runs: &[Run],
        candidates: &Candidates,
        resolved: &Resolved<T>,
        finder: &mut Finder<RANKS>,
    ) {
        let (buckets, rows) = (self.buckets(), &self.histogram().rows);
        for run in runs {
            let mut before = run.rows_before;
            let (mut cell, mut inside) = (2 * buckets.start(run.buckets.start), 0);
            let mut show = |next: usize, count: u64| {
                if next != cell && inside > 0 {
                    finder.step(cell, before, inside);
                    before += inside;
                    inside = 0;
                }
                cell = next;
                inside += count;
            };
            for bucket in run.buckets.clone() {
                let first = 2 * buckets.start(bucket);
                let places = &candidates.buckets;
                match places.binary_search_by_key(&bucket, |place| place.index) {
                    Ok(place) => {
                        let cells = resolved.cells_of(&places[place]);
                        for (i, &count) in cells.iter().enumerate().filter(|(_, c)| **c > 0) {
                            show(first + i, count.into());
                        }
                    }
                    // No reference value parts them; or there are none.
                    Err(_) => show(first, rows[bucket]),
                }
            }
            // The last cell, whichever.
            show(usize::MAX, 0);
        }
    }
}

impl<T: Ordered> Reference<T> {
    /// For each level from 0 to 1 the value up to which there is at least that share of the counted
    /// rows; NaN without rows.
    #[must_use]
    pub fn quantiles_of(&self, counts: &Counts<T>, levels: &[f64]) -> Vec<f64> {
        let up_to: Vec<u64> = counts
            .rows()
            .iter()
            .scan(0, |sum, &rows| {
                *sum += rows;
                Some(*sum)
            })
            .collect();
        let value = |&level: &f64| {
            let mut finder = Finder::new([level], counts.n());
            let at = up_to.partition_point(|&up_to| up_to < finder.ranks[0]);
            if let Some(&rows) = counts.rows().get(at) {
                finder.step(counts.cells()[at] as usize, up_to[at] - rows, rows);
            }
            let [value] = finder.values(self, || counts.range());
            value
        };
        levels.iter().map(value).collect()
    }

    /// Where a row lies: `range` is that of the window, if its cell is an outermost one.
    fn within(&self, held: Held, range: Option<(T, T)>) -> f64 {
        let values = self.values();
        let index = held.cell / 2;
        if held.cell % 2 == 1 {
            return values[index].as_float();
        }
        let low = index.checked_sub(1).map(|below| values[below]);
        let high = values.get(index).copied();
        let (lowest, highest) = match range {
            Some((lowest, highest)) => (Some(lowest), Some(highest)),
            None => (None, None),
        };
        // The open interval below this value, no further than the window reaches.
        let below = match (low, lowest) {
            (Some(low), Some(lowest)) if lowest > low => lowest,
            (Some(low), _) => low,
            (None, lowest) => lowest.unwrap_or(values[0]),
        };
        let above = match (high, highest) {
            (Some(high), Some(highest)) if highest < high => highest,
            (Some(high), _) => high,
            (None, highest) => highest.unwrap_or(values[values.len() - 1]),
        };
        let (below, above) = (below.as_float(), above.as_float());
        let share = (held.place as f64 - 0.5) / held.rows as f64;
        let value = below * (1.0 - share) + above * share;
        let value = match (below.is_finite(), above.is_finite()) {
            (true, true) => value,
            (true, false) => below,
            (false, true) => above,
            (false, false) => 0.0,
        };
        // No -0.0: which of the zeros came first is of no matter.
        value.clamp(below, above) + 0.0
    }
}
