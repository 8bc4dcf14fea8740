//! The exact Kolmogorov–Smirnov statistic of a sliding window against a fixed reference.
//!
//! The window holds the last `window` values that are not NaN. Until it is full there is a
//! statistic from `min_size` values on, computed afresh for each; once it is full, a structure of
//! running sums ([`super::blocks`]) follows the exchange of one value for another. All is integer
//! arithmetic: the statistic equals that of [`crate::ks_2samp`] bit for bit.
//!
//! Source: N. Smirnov (1939). Peer: `scipy.stats.ks_2samp` at every step.

use super::blocks::Blocks;
use super::coarse::Coarse;
use super::critical;
use super::decide::Pause;
use super::lookup::CellOf;
use super::walk::{Extremes, around, extremes};
use crate::error::KernelError;
use crate::order::Ordered;
use crate::reference::Reference;

/// Values whose cells are looked up before any enters the window.
pub(super) const BATCH: usize = 256;

/// Running sums in the narrowest integers that hold them.
#[derive(Debug, Clone)]
enum Sums {
    Narrow(Blocks<i32>),
    Wide(Blocks<i64>),
}

/// A window over a stream and its distance from a reference.
#[derive(Debug, Clone)]
pub struct SlidingKs<T> {
    pub(super) reference: Reference<T>,
    pub(super) window: usize,
    min_size: usize,
    /// The cells of the window's values; once full, `oldest` is where the oldest stands.
    pub(super) ring: Vec<u32>,
    pub(super) oldest: usize,
    missing: u64,
    /// The window's cells in order, while it fills.
    sorted: Vec<u32>,
    /// Follows the full window; dropped by decisions, which need less.
    sums: Option<Box<Sums>>,
    pub(super) coarse: Option<Box<Coarse>>,
    pub(super) pause: Pause,
    pub(super) critical: Option<(f64, Option<u64>)>,
}

impl<T: Ordered> SlidingKs<T> {
    /// A window without values. `min_size` is from 1 to `window`.
    ///
    /// # Errors
    ///
    /// [`KernelError::Setting`] for sizes out of range; [`KernelError::TooLarge`] where
    /// `window` times the size of the reference is beyond 61 bits, or the reference has more than
    /// 2^30 distinct values.
    pub fn new(
        reference: Reference<T>,
        window: usize,
        min_size: usize,
    ) -> Result<Self, KernelError> {
        if window == 0 {
            return Err(KernelError::Setting {
                name: "window",
                wants: "a whole number of at least 1",
            });
        }
        if !(1..=window).contains(&min_size) {
            return Err(KernelError::Setting {
                name: "min_size",
                wants: "a whole number from 1 to the window",
            });
        }
        let fits = (window as u64)
            .checked_mul(reference.total())
            .is_some_and(|cells| cells < 1 << 61);
        if !fits || reference.cells() > 1 << 31 {
            return Err(KernelError::TooLarge);
        }
        Ok(Self {
            reference,
            window,
            min_size,
            ring: Vec::new(),
            oldest: 0,
            missing: 0,
            sorted: Vec::new(),
            sums: None,
            coarse: None,
            pause: Pause::default(),
            critical: None,
        })
    }

    /// Takes the values in order and calls `each` after every one, with the number of values in
    /// the window and its extremes. A NaN is counted and does not enter.
    pub fn push_with<V: CellOf<T>>(
        &mut self,
        values: &[V],
        mut each: impl FnMut(usize, Option<Extremes>),
    ) {
        let mut position = 0;
        let mut found = self.extremes();
        while self.ring.len() < self.window && position < values.len() {
            match values[position].cell_of(&self.reference) {
                Some(cell) => found = self.fill(cell),
                None => self.count_missing(1),
            }
            each(self.ring.len(), found);
            position += 1;
        }
        let (mut cells, mut exact) = ([0; BATCH], [Extremes::default(); BATCH]);
        for batch in values[position..].chunks(BATCH) {
            let mut present = 0;
            for value in batch {
                if let Some(cell) = value.cell_of(&self.reference) {
                    cells[present] = cell;
                    present += 1;
                }
            }
            self.slide(&cells[..present], &mut exact[..present]);
            let mut next = exact[..present].iter();
            self.count_missing(batch.len() - present);
            for value in batch {
                if present == batch.len() || value.cell_of(&self.reference).is_some() {
                    found = next.next().copied();
                }
                each(self.window, found);
            }
        }
    }

    /// The statistic after every value: `D`, NaN where the window holds fewer than `min_size`.
    pub fn push<V: CellOf<T>>(&mut self, values: &[V], statistics: &mut Vec<f64>) {
        statistics.reserve(values.len());
        let m = self.reference.total();
        self.push_with(values, |n, found| {
            let cells = (n as u64 * m) as f64;
            statistics.push(found.map_or(f64::NAN, |f| f.numerator() as f64 / cells));
        });
    }

    /// `D+` and `D-` after every value, as [`Self::one_sided`] gives them.
    pub fn push_one_sided<V: CellOf<T>>(
        &mut self,
        values: &[V],
        greater: &mut Vec<f64>,
        less: &mut Vec<f64>,
    ) {
        greater.reserve(values.len());
        less.reserve(values.len());
        let m = self.reference.total();
        self.push_with(values, |n, found| {
            let cells = (n as u64 * m) as f64;
            greater.push(found.map_or(f64::NAN, |f| -f.low as f64 / cells));
            less.push(found.map_or(f64::NAN, |f| f.high as f64 / cells));
        });
    }

    /// Takes one value; the statistic after it.
    pub fn push_one<V: CellOf<T>>(&mut self, value: V) -> f64 {
        let Some(cell) = value.cell_of(&self.reference) else {
            self.count_missing(1);
            return self.statistic();
        };
        if self.ring.len() < self.window {
            self.fill(cell);
            return self.statistic();
        }
        let mut found = [Extremes::default()];
        self.slide(&[cell], &mut found);
        self.share(found[0].numerator())
    }

    /// The extremes of the window as it stands; `None` while it holds fewer than `min_size`.
    #[must_use]
    pub fn extremes(&self) -> Option<Extremes> {
        if self.ring.len() < self.min_size {
            return None;
        }
        let n = self.ring.len() as i64;
        let ranks = self.reference.ranks();
        Some(match self.sums.as_deref() {
            Some(Sums::Narrow(sums)) => sums.extremes(),
            Some(Sums::Wide(sums)) => sums.extremes(),
            None if self.ring.len() < self.window => extremes(ranks, &self.sorted, 0, n),
            None => {
                let mut sorted = self.ring.clone();
                sorted.sort_unstable();
                extremes(ranks, &sorted, 0, n)
            }
        })
    }

    /// `D` of the window as it stands; NaN while it holds fewer than `min_size`.
    #[must_use]
    pub fn statistic(&self) -> f64 {
        self.extremes()
            .map_or(f64::NAN, |found| self.share(found.numerator()))
    }

    /// `D+`, how far the current distribution function is ever above the reference's, and `D-`,
    /// how far it is ever below.
    #[must_use]
    pub fn one_sided(&self) -> (f64, f64) {
        self.extremes().map_or((f64::NAN, f64::NAN), |found| {
            (self.share(-found.low), self.share(found.high))
        })
    }

    /// The two-sided p-value of the window as it stands; NaN while it holds fewer than `min_size`.
    #[must_use]
    pub fn p_value(&self) -> f64 {
        self.extremes().map_or(f64::NAN, |found| {
            let numerator = found.numerator().unsigned_abs();
            critical::p_value(
                numerator,
                self.ring.len() as u64,
                self.reference.total(),
                None,
            )
        })
    }

    /// A difference as a share of the window's size times the reference's.
    #[must_use]
    pub fn share(&self, numerator: i64) -> f64 {
        numerator as f64 / (self.ring.len() as u64 * self.reference.total()) as f64
    }

    /// What the window is compared against.
    #[must_use]
    pub fn reference(&self) -> &Reference<T> {
        &self.reference
    }

    /// How many values the window holds when full.
    #[must_use]
    pub fn window(&self) -> usize {
        self.window
    }

    /// From how many values on there is a statistic.
    #[must_use]
    pub fn min_size(&self) -> usize {
        self.min_size
    }

    /// How many values the window holds.
    #[must_use]
    pub fn len(&self) -> usize {
        self.ring.len()
    }

    /// Whether the window holds no value.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.ring.is_empty()
    }

    /// How many NaN were left out so far.
    #[must_use]
    pub fn missing(&self) -> u64 {
        self.missing
    }

    /// The cells of the window's values, oldest first.
    pub(super) fn cells_in_order(&self) -> impl Iterator<Item = u32> + '_ {
        let (newer, older) = self.ring.split_at(self.oldest);
        older.iter().chain(newer).copied()
    }

    /// Puts back what [`Self::cells_in_order`] and [`Self::missing`] gave, into an empty window.
    pub(super) fn restore(&mut self, cells: Vec<u32>, missing: u64) {
        if cells.len() < self.window {
            self.sorted.clone_from(&cells);
            self.sorted.sort_unstable();
        }
        (self.ring, self.oldest, self.missing) = (cells, 0, missing);
    }

    pub(super) fn count_missing(&mut self, more: usize) {
        self.missing = self.missing.saturating_add(more as u64);
    }

    /// Whether the sums follow the window.
    pub(super) fn has_sums(&self) -> bool {
        self.sums.is_some()
    }

    /// Decisions move the window without the sums.
    pub(super) fn forget_sums(&mut self) {
        self.sums = None;
    }

    /// One more value in a window that is not full, and the extremes with it.
    fn fill(&mut self, cell: u32) -> Option<Extremes> {
        self.put(cell);
        self.extremes()
    }

    /// One more value in a window that is not full.
    pub(super) fn put(&mut self, cell: u32) {
        self.ring.push(cell);
        if self.ring.len() == self.window {
            self.sorted = Vec::new();
        } else {
            let at = self.sorted.partition_point(|&other| other < cell);
            self.sorted.insert(at, cell);
        }
    }

    /// Exchanges the oldest values of a full window for those that enter.
    pub(super) fn slide(&mut self, entering: &[u32], found: &mut [Extremes]) {
        self.coarse = None;
        let m = self.reference.total().cast_signed();
        let sums = match self.sums.take() {
            Some(sums) => self.sums.insert(sums),
            None => self
                .sums
                .insert(Box::new(fresh_sums(&self.reference, &self.ring))),
        };
        self.oldest = match sums.as_mut() {
            Sums::Narrow(sums) => sums.slide(&mut self.ring, self.oldest, entering, m, found),
            Sums::Wide(sums) => sums.slide(&mut self.ring, self.oldest, entering, m, found),
        };
    }
}

/// The running sums of a full window.
fn fresh_sums<T: Ordered>(reference: &Reference<T>, ring: &[u32]) -> Sums {
    let (n, m) = (ring.len() as i64, reference.total().cast_signed());
    let mut counts = vec![0_i64; reference.cells()];
    for &cell in ring {
        counts[cell as usize] += 1;
    }
    let ranks = reference.ranks();
    let sums = counts.iter().enumerate().scan(0, |count, (cell, here)| {
        *count += here;
        Some(n * around(ranks, cell as u32).1 - m * *count)
    });
    // All sums are between -n m and n m.
    if n * m <= i64::from(i32::MAX / 4) {
        Sums::Narrow(Blocks::new(sums))
    } else {
        Sums::Wide(Blocks::new(sums))
    }
}
