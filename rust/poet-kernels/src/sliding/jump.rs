//! One Kolmogorov–Smirnov comparison every `step` rows, over windows of `window` rows.
//!
//! Windows overlap where `step` is below `window`. The stream is cut where windows begin and end;
//! the pieces between (panes) are looked up and sorted once each, and the sorted window is carried
//! on by merging in the panes that arrive and taking out those that leave. A row thus costs its
//! look-up and its share of one sort however many windows it is in; a window costs passes over its
//! values.
//!
//! Source: S. Krishnamurthy, C. Wu and M. Franklin (2006), "On-the-fly sharing for streamed
//! aggregation", for cutting windows into pairs of panes.

use std::collections::VecDeque;

use super::critical;
use super::lookup::CellOf;
use super::saved::{Saved, take_cells};
use super::state::{Reader, Writer, refused};
use super::walk::extremes;
use crate::error::KernelError;
use crate::order::Ordered;
use crate::reference::Reference;

/// One window and its comparison with the reference.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Jump {
    /// Its first row, counted from the start of the stream.
    pub start: u64,
    /// The row after its last.
    pub end: u64,
    /// Its values that are not NaN.
    pub n_current: u64,
    /// Its values that are.
    pub nan_current: u64,
    /// `D`; NaN with fewer than `min_size` values.
    pub statistic: f64,
    /// Two-sided; NaN with fewer than `min_size` values.
    pub p_value: f64,
}

/// Rows between two neighbouring cuts.
#[derive(Debug, Clone, Default, PartialEq)]
struct Pane {
    start: u64,
    /// Ascending once the pane is closed.
    cells: Vec<u32>,
    missing: u64,
}

/// Windows that jump over a stream.
#[derive(Debug, Clone, PartialEq)]
pub struct JumpingKs<T> {
    reference: Reference<T>,
    window: u64,
    step: u64,
    min_size: u64,
    rows: u64,
    panes: VecDeque<Pane>,
    open: Pane,
    /// The cells of all closed panes, ascending.
    sorted: Vec<u32>,
}

impl<T: Ordered> JumpingKs<T> {
    /// Windows over a stream that has not begun.
    ///
    /// # Errors
    ///
    /// [`KernelError::Setting`] and [`KernelError::TooLarge`], as for [`super::SlidingKs`].
    pub fn new(
        reference: Reference<T>,
        window: u64,
        step: u64,
        min_size: u64,
    ) -> Result<Self, KernelError> {
        let wrong = |name, wants| Err(KernelError::Setting { name, wants });
        if window == 0 {
            return wrong("window", "a whole number of at least 1");
        }
        if step == 0 || step > i64::MAX as u64 {
            return wrong("step", "a whole number of at least 1");
        }
        if !(1..=window).contains(&min_size) {
            return wrong("min_size", "a whole number from 1 to the window");
        }
        let cells = window.checked_mul(reference.total());
        if cells.is_none_or(|cells| cells >= 1 << 61) || reference.cells() > 1 << 31 {
            return Err(KernelError::TooLarge);
        }
        Ok(Self {
            reference,
            window,
            step,
            min_size,
            rows: 0,
            panes: VecDeque::new(),
            open: Pane::default(),
            sorted: Vec::new(),
        })
    }

    /// Takes the values in order; the windows that end among them.
    pub fn push<V: CellOf<T>>(&mut self, values: &[V]) -> Vec<Jump> {
        let mut found = Vec::new();
        for value in values {
            // Rows between windows that leave gaps are not kept.
            if self.rows % self.step < self.window {
                match value.cell_of(&self.reference) {
                    Some(cell) => self.open.cells.push(cell),
                    None => self.open.missing += 1,
                }
            }
            self.rows += 1;
            let ends =
                self.rows >= self.window && (self.rows - self.window).is_multiple_of(self.step);
            if ends || self.rows.is_multiple_of(self.step) {
                self.close();
            }
            if ends {
                found.push(self.compare());
            }
        }
        found
    }

    /// What the windows are compared against.
    #[must_use]
    pub fn reference(&self) -> &Reference<T> {
        &self.reference
    }

    /// Rows of a window.
    #[must_use]
    pub fn window(&self) -> u64 {
        self.window
    }

    /// Rows from the start of one window to the start of the next.
    #[must_use]
    pub fn step(&self) -> u64 {
        self.step
    }

    /// From how many values on a window is compared.
    #[must_use]
    pub fn min_size(&self) -> u64 {
        self.min_size
    }

    /// Rows taken so far.
    #[must_use]
    pub fn rows(&self) -> u64 {
        self.rows
    }

    /// Ends the open pane at the present row.
    fn close(&mut self) {
        let mut pane = std::mem::take(&mut self.open);
        self.open.start = self.rows;
        pane.cells.sort_unstable();
        self.sorted = merged(&self.sorted, &pane.cells);
        self.panes.push_back(pane);
    }

    /// Compares the window that ends at the present row.
    fn compare(&mut self) -> Jump {
        let (start, end) = (self.rows - self.window, self.rows);
        while self.panes.front().is_some_and(|pane| pane.start < start) {
            if let Some(pane) = self.panes.pop_front() {
                take_out(&mut self.sorted, &pane.cells);
            }
        }
        let n_current = self.sorted.len() as u64;
        let nan_current = self.panes.iter().map(|pane| pane.missing).sum();
        let (mut statistic, mut p_value) = (f64::NAN, f64::NAN);
        if n_current >= self.min_size {
            let (n, m) = (n_current.cast_signed(), self.reference.total());
            let found = extremes(self.reference.ranks(), &self.sorted, 0, n);
            let numerator = found.numerator();
            statistic = numerator as f64 / (n_current * m) as f64;
            p_value = critical::p_value(numerator.unsigned_abs(), n_current, m, None);
        }
        Jump {
            start,
            end,
            n_current,
            nan_current,
            statistic,
            p_value,
        }
    }
}

impl<T: Saved> JumpingKs<T> {
    /// All that [`Self::resume`] needs, the reference included.
    #[must_use]
    pub fn state(&self) -> Vec<u8> {
        let mut writer = Writer::new(T::JUMPING);
        for value in [self.window, self.step, self.min_size, self.rows] {
            writer.put(value);
        }
        writer.put_reference(&self.reference);
        writer.put(self.panes.len() as u64);
        for pane in self.panes.iter().chain([&self.open]) {
            writer.put(pane.start);
            writer.put(pane.missing);
            writer.put_all(pane.cells.iter().map(|&cell| u64::from(cell)));
        }
        writer.finish()
    }

    /// The windows whose [`Self::state`] this is.
    ///
    /// # Errors
    ///
    /// [`KernelError::State`], and those of [`Self::new`].
    pub fn resume(bytes: &[u8]) -> Result<Self, KernelError> {
        let mut reader = Reader::new(bytes, T::JUMPING)?;
        let (window, step) = (reader.take()?, reader.take()?);
        let (min_size, rows) = (reader.take()?, reader.take()?);
        let reference = reader.take_reference::<T>()?;
        let mut jumping = Self::new(reference, window, step, min_size)?;
        jumping.rows = rows;
        let (panes, mut held, mut last) = (reader.size()?, 0_u64, 0);
        for index in 0..=panes {
            let (start, missing) = (reader.take::<u64>()?, reader.take::<u64>()?);
            let cells = take_cells(&mut reader, jumping.reference.cells())?;
            held = held
                .saturating_add(missing)
                .saturating_add(cells.len() as u64);
            if start < last || start > rows || rows > i64::MAX as u64 || held > rows {
                return Err(refused("its windows do not fit its stream"));
            }
            last = start;
            let mut pane = Pane {
                start,
                cells,
                missing,
            };
            if index == panes {
                jumping.open = pane;
            } else {
                pane.cells.sort_unstable();
                jumping.sorted.extend(&pane.cells);
                jumping.panes.push_back(pane);
            }
        }
        jumping.sorted.sort_unstable();
        reader.end()?;
        Ok(jumping)
    }
}

/// Two ascending lists as one.
fn merged(a: &[u32], b: &[u32]) -> Vec<u32> {
    let mut all = Vec::with_capacity(a.len() + b.len());
    let (mut i, mut j) = (0, 0);
    while i < a.len() && j < b.len() {
        let first = a[i] <= b[j];
        all.push(if first { a[i] } else { b[j] });
        i += usize::from(first);
        j += usize::from(!first);
    }
    all.extend(&a[i..]);
    all.extend(&b[j..]);
    all
}

/// Takes each cell of `gone` out of `all` once; both are ascending.
fn take_out(all: &mut Vec<u32>, gone: &[u32]) {
    let mut next = 0;
    all.retain(|cell| {
        let goes = gone.get(next) == Some(cell);
        next += usize::from(goes);
        !goes
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ks::{KsTest, ks_2samp};
    use proptest::prelude::*;

    fn value() -> impl Strategy<Value = f64> {
        prop_oneof![
            6 => (-4_i8..5).prop_map(f64::from),
            1 => Just(f64::NAN),
            1 => Just(f64::INFINITY),
        ]
    }

    proptest! {
        /// A window that misses a row, or holds one twice, reports a drift that is none.
        #[test]
        fn each_window_is_compared_as_if_alone(
            stream in proptest::collection::vec(value(), 1..160),
            window in 1_u64..30,
            step in 1_u64..40,
            cut in any::<prop::sample::Index>(),
        ) {
            let sample = [-2.0, -0.5, 0.0, 0.0, 1.0, 3.0];
            let reference = Reference::fit(&sample).unwrap();
            let least = window.min(3);
            let mut whole = JumpingKs::new(reference, window, step, least).unwrap();
            let cut = cut.index(stream.len());
            let mut found = whole.clone().push(&stream);
            let mut halves = whole.push(&stream[..cut]);
            let mut resumed = JumpingKs::<f64>::resume(&whole.state()).unwrap();
            halves.extend(resumed.push(&stream[cut..]));
            let bits = |j: &Jump| (j.start, j.statistic.to_bits(), j.p_value.to_bits());
            prop_assert!(halves.iter().map(bits).eq(found.iter().map(bits)));
            found.reverse();
            let mut start = 0;
            while start + window <= stream.len() as u64 {
                let rows = &stream[start as usize..(start + window) as usize];
                let present: Vec<f64> = rows.iter().copied().filter(|v| !v.is_nan()).collect();
                let jump = found.pop().unwrap();
                prop_assert_eq!((jump.start, jump.end), (start, start + window));
                prop_assert_eq!(jump.n_current, present.len() as u64);
                prop_assert_eq!(jump.n_current + jump.nan_current, window);
                if jump.n_current < least {
                    prop_assert!(jump.statistic.is_nan() && jump.p_value.is_nan());
                } else {
                    let alone = ks_2samp(&present, &sample, KsTest::default()).unwrap();
                    prop_assert_eq!(jump.statistic.to_bits(), alone.statistic.to_bits());
                    prop_assert_eq!(jump.p_value.to_bits(), alone.p_value.to_bits());
                }
                start += step;
            }
            prop_assert!(found.is_empty());
        }
    }
}
