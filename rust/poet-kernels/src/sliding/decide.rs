//! Whether the window has drifted, after every value, mostly without computing the distance.
//!
//! One exchange moves every difference of the two distribution functions by at most one part in
//! `window`. A distance that is k parts away from the critical one therefore leaves the next k - 1
//! decisions as they are: they are given without a look. Each look takes bounds from counts per
//! bucket first ([`super::coarse`]) and the exact distance only where those leave it open. Where a
//! stream hovers at the critical distance and looks become frequent, the exact structure, which
//! costs the same for any data, takes over until the distance is clear of it again.

use super::coarse::Coarse;
use super::critical;
use super::ks::{BATCH, SlidingKs};
use super::lookup::CellOf;
use super::walk::Extremes;
use crate::error::KernelError;
use crate::order::Ordered;

/// What a look and a resolution cost, in exchanges of the exact structure.
const LOOK: usize = 3;
const RESOLUTION: usize = 20;
/// This many parts away from the critical distance looks are rare, and the exact structure is left
/// if that lasts.
const CLEAR: i64 = 8;
/// Cells that the exact structure is built over in the time of one exchange.
const BUILT: usize = 32;

/// A decision that holds for some more values.
#[derive(Debug, Clone, Copy, Default)]
pub struct Pause {
    critical: i64,
    drifted: bool,
    steps: i64,
    /// Exchanges of the exact structure that looking has cost beyond one a value, lately.
    debt: usize,
    /// For how many exchanges the distance has been clear of the critical one.
    clear: usize,
}

impl<T: Ordered> SlidingKs<T> {
    /// The smallest `D * n * m` of a full window with a p-value below `alpha`; `None` where there
    /// is none. Computed once for an `alpha`.
    ///
    /// # Errors
    ///
    /// [`KernelError::Setting`] where `alpha` is not between 0 and 1.
    pub fn critical_numerator(&mut self, alpha: f64) -> Result<Option<u64>, KernelError> {
        if !(alpha > 0.0 && alpha < 1.0) {
            return Err(KernelError::Setting {
                name: "alpha",
                wants: "a number between 0 and 1",
            });
        }
        if let Some((known, critical)) = self.critical
            && known.to_bits() == alpha.to_bits()
        {
            return Ok(critical);
        }
        let (n, m) = (self.window as u64, self.reference.total());
        let critical = critical::critical_numerator(alpha, n, m);
        self.critical = Some((alpha, critical));
        Ok(critical)
    }

    /// Takes the values in order; after each, whether the window is full and its p-value below
    /// `alpha`.
    ///
    /// # Errors
    ///
    /// [`KernelError::Setting`] where `alpha` is not between 0 and 1; no value has been taken.
    pub fn decide<V: CellOf<T>>(
        &mut self,
        values: &[V],
        alpha: f64,
        decisions: &mut Vec<bool>,
    ) -> Result<(), KernelError> {
        // Beyond every numerator where nothing is significant.
        let critical = self
            .critical_numerator(alpha)?
            .map_or(i64::MAX / 2, u64::cast_signed);
        decisions.reserve(values.len());
        let mut position = 0;
        while self.ring.len() < self.window && position < values.len() {
            match values[position].cell_of(&self.reference) {
                Some(cell) => self.put(cell),
                None => self.count_missing(1),
            }
            decisions.push(self.is_critical(critical));
            position += 1;
        }
        let mut cells = [0; BATCH];
        let (mut exactly, mut now) = (self.has_sums(), None);
        let m = self.reference.total().cast_signed();
        for batch in values[position..].chunks(BATCH) {
            let mut present = 0;
            for value in batch {
                if let Some(cell) = value.cell_of(&self.reference) {
                    cells[present] = cell;
                    present += 1;
                }
            }
            let mut found = [false; BATCH];
            if present < batch.len() && now.is_none() {
                now = Some(self.is_critical(critical));
            }
            if exactly {
                let mut exact = [Extremes::default(); BATCH];
                self.slide(&cells[..present], &mut exact[..present]);
                for (now, exact) in found.iter_mut().zip(&exact[..present]) {
                    let above = exact.numerator() - critical;
                    *now = above >= 0;
                    self.pause.clear = if above.abs() < CLEAR * m {
                        0
                    } else {
                        self.pause.clear + 1
                    };
                }
                // Leaving costs building it again, one day.
                exactly = self.pause.clear <= self.reference.cells() / BUILT;
            } else {
                let spent = self.decide_cells(&cells[..present], critical, &mut found);
                // Changing over pays once looking has cost as much as it does.
                let debt = (self.pause.debt + spent).saturating_sub(present);
                exactly = debt > BATCH + self.reference.cells() / BUILT;
                self.pause.debt = if exactly { 0 } else { debt };
                self.pause.clear = 0;
            }
            if present == batch.len() {
                decisions.extend_from_slice(&found[..present]);
                now = Some(found[present - 1]);
                continue;
            }
            self.count_missing(batch.len() - present);
            let mut next = found[..present].iter();
            for value in batch {
                if value.cell_of(&self.reference).is_some() {
                    now = next.next().copied();
                }
                decisions.push(now.unwrap_or(false));
            }
        }
        Ok(())
    }

    fn is_critical(&self, critical: i64) -> bool {
        self.ring.len() == self.window
            && self
                .extremes()
                .is_some_and(|found| found.numerator() >= critical)
    }

    /// The decisions after each exchange; how many exchanges of the exact structure they cost.
    fn decide_cells(&mut self, entering: &[u32], critical: i64, found: &mut [bool]) -> usize {
        if entering.is_empty() {
            return 0;
        }
        self.forget_sums();
        let m = self.reference.total().cast_signed();
        let ranks = self.reference.ranks();
        let known = self.coarse.take();
        let mut pause = self.pause;
        if known.is_none() || pause.critical != critical {
            pause = Pause {
                critical,
                steps: 0,
                ..pause
            };
        }
        let mut coarse = known.unwrap_or_else(|| Box::new(Coarse::new(ranks, &self.ring)));
        let mut spent = 0;
        for (&enters, decision) in entering.iter().zip(found) {
            let leaves = std::mem::replace(&mut self.ring[self.oldest], enters);
            self.oldest += 1;
            if self.oldest == self.ring.len() {
                self.oldest = 0;
            }
            coarse.exchange(enters, leaves);
            if pause.steps > 0 {
                pause.steps -= 1;
            } else {
                spent += LOOK;
                let mut bounds = coarse.bounds(m);
                if bounds.least < critical && bounds.most >= critical {
                    spent += RESOLUTION;
                    bounds = coarse.resolve(ranks, &self.ring, m, critical);
                }
                pause.drifted = bounds.least >= critical;
                pause.steps = if pause.drifted {
                    (bounds.least - critical) / m
                } else {
                    (critical - 1 - bounds.most) / m
                };
            }
            *decision = pause.drifted;
        }
        self.coarse = Some(coarse);
        self.pause = pause;
        spent
    }
}
