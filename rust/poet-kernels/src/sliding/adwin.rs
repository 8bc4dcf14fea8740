//! ADWIN: a window that drops its past when two parts of it have different means.
//!
//! The window is kept as sums and squared deviations of runs of 1, 2, 4, … values, at most
//! `max_buckets` of a length (an exponential histogram). Every `clock` values each border between
//! runs is tried as a cut. With `n0` and `n1` values on its sides, variance `v` and width `w`, the
//! means differ significantly where `|mean0 - mean1|` exceeds
//! `sqrt(2 v h d) + 2/3 h d`, with `h = 1/(n0 - s + 1) + 1/(n1 - s + 1)`, `s` the least length of a
//! side and `d = ln(2 ln(w) / delta)`; the oldest run is then dropped and the search repeated.
//! After a detection the next value starts a new window.
//!
//! Source: A. Bifet and R. Gavaldà (2007), "Learning from time-changing data with adaptive
//! windowing". Peer: `river.drift.ADWIN` 0.26, whose `s`, restart and order of operations these
//! are, so that detections are equal.

use std::collections::VecDeque;

use super::state::{Kind, Reader, Writer, refused};
use crate::error::KernelError;

/// Settings of [`Adwin`].
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct AdwinSettings {
    /// Significance: above 0, below 1.
    pub delta: f64,
    /// Values from one search to the next, at least 1.
    pub clock: u64,
    /// Runs of one length that are kept before two are joined, at least 2.
    pub max_buckets: u64,
    /// Values on each side of a cut, at least 1.
    pub min_window_length: u64,
    /// No search in a window of this many values or fewer.
    pub grace_period: u64,
}

impl Default for AdwinSettings {
    fn default() -> Self {
        Self {
            delta: 0.002,
            clock: 32,
            max_buckets: 5,
            min_window_length: 5,
            grace_period: 10,
        }
    }
}

/// A run of values: their sum and the sum of squared deviations from their mean.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Run {
    total: f64,
    deviation: f64,
}

/// The detector. See the module's text.
#[derive(Debug, Clone, PartialEq)]
pub struct Adwin {
    settings: AdwinSettings,
    /// `rows[i]`: runs of `2^i` values, oldest first.
    rows: Vec<VecDeque<Run>>,
    width: f64,
    total: f64,
    deviation: f64,
    /// Values since the window was started.
    tick: u64,
    restart: bool,
    seen: u64,
    detections: u64,
}

impl Adwin {
    /// A detector that has seen nothing.
    ///
    /// # Errors
    ///
    /// [`KernelError::Setting`].
    pub fn new(settings: AdwinSettings) -> Result<Self, KernelError> {
        let wrong = |name, wants| Err(KernelError::Setting { name, wants });
        if !(settings.delta > 0.0 && settings.delta < 1.0) {
            return wrong("delta", "a number between 0 and 1");
        }
        if settings.clock == 0 {
            return wrong("clock", "a whole number of at least 1");
        }
        if settings.max_buckets < 2 {
            return wrong("max_buckets", "a whole number of at least 2");
        }
        if settings.min_window_length == 0 {
            return wrong("min_window_length", "a whole number of at least 1");
        }
        Ok(Self {
            settings,
            rows: vec![VecDeque::new()],
            width: 0.0,
            total: 0.0,
            deviation: 0.0,
            tick: 0,
            restart: false,
            seen: 0,
            detections: 0,
        })
    }

    /// Takes one value; whether it shows a change. NaN is passed over.
    ///
    /// # Errors
    ///
    /// [`KernelError::Infinite`]; the value has not been taken.
    pub fn push_one(&mut self, value: f64) -> Result<bool, KernelError> {
        if value.is_infinite() {
            return Err(KernelError::Infinite { index: 0 });
        }
        Ok(self.step(value))
    }

    /// Takes the values in order; the positions of those that show a change.
    ///
    /// # Errors
    ///
    /// [`KernelError::Infinite`]; no value has been taken.
    pub fn push(&mut self, values: &[f64]) -> Result<Vec<usize>, KernelError> {
        if let Some(index) = values.iter().position(|v| v.is_infinite()) {
            return Err(KernelError::Infinite { index });
        }
        let mut found = Vec::new();
        for (i, &value) in values.iter().enumerate() {
            if self.step(value) {
                found.push(i);
            }
        }
        Ok(found)
    }

    /// The settings.
    #[must_use]
    pub fn settings(&self) -> AdwinSettings {
        self.settings
    }

    /// How many values the window stands for.
    #[must_use]
    pub fn width(&self) -> u64 {
        self.width as u64
    }

    /// The sum of the window.
    #[must_use]
    pub fn total(&self) -> f64 {
        self.total
    }

    /// The mean of the window; NaN without values.
    #[must_use]
    pub fn mean(&self) -> f64 {
        if self.width > 0.0 {
            self.total / self.width
        } else {
            f64::NAN
        }
    }

    /// The variance of the window (divided by its width); NaN without values.
    #[must_use]
    pub fn variance(&self) -> f64 {
        if self.width > 0.0 {
            self.deviation / self.width
        } else {
            f64::NAN
        }
    }

    /// How many values were taken, NaN not counted.
    #[must_use]
    pub fn seen(&self) -> u64 {
        self.seen
    }

    /// How many changes were found.
    #[must_use]
    pub fn detections(&self) -> u64 {
        self.detections
    }

    /// Whether the last value showed a change.
    #[must_use]
    pub fn drift_detected(&self) -> bool {
        self.restart
    }

    fn step(&mut self, value: f64) -> bool {
        if value.is_nan() {
            return false;
        }
        if self.restart {
            self.rows.iter_mut().for_each(VecDeque::clear);
            self.rows.truncate(1);
            (self.width, self.total, self.deviation, self.tick) = (0.0, 0.0, 0.0, 0);
        }
        self.seen += 1;
        self.tick += 1;
        self.insert(value);
        let due = self.tick.is_multiple_of(self.settings.clock)
            && self.width > self.settings.grace_period as f64;
        let mut changed = false;
        while due && self.differs() {
            changed = true;
            if !self.drop_oldest() {
                break;
            }
        }
        self.restart = changed;
        self.detections += u64::from(changed);
        changed
    }

    fn insert(&mut self, value: f64) {
        self.rows[0].push_back(Run {
            total: value,
            deviation: 0.0,
        });
        let before = self.width;
        self.width += 1.0;
        if before > 0.0 {
            let off = value - self.total / before;
            self.deviation += before * off * off / self.width;
        }
        self.total += value;
        let (mut row, mut length) = (0, 1.0);
        while self.rows[row].len() as u64 > self.settings.max_buckets {
            let (Some(a), Some(b)) = (self.rows[row].pop_front(), self.rows[row].pop_front())
            else {
                return;
            };
            let apart = a.total / length - b.total / length;
            let joined = Run {
                total: a.total + b.total,
                deviation: a.deviation + b.deviation + length * 0.5 * apart * apart,
            };
            row += 1;
            length *= 2.0;
            if row == self.rows.len() {
                self.rows.push(VecDeque::new());
            }
            self.rows[row].push_back(joined);
        }
    }

    /// Whether some cut has significantly different means on its sides.
    fn differs(&self) -> bool {
        let least = self.settings.min_window_length as f64;
        let d = (2.0 * self.width.ln() / self.settings.delta).ln();
        let variance = self.deviation / self.width;
        let (mut n0, mut n1, mut u0, mut u1) = (0.0, self.width, 0.0, self.total);
        let mut length = 2.0_f64.powi(self.rows.len() as i32);
        for row in self.rows.iter().rev() {
            length /= 2.0;
            for run in row {
                n0 += length;
                n1 -= length;
                u0 += run.total;
                u1 -= run.total;
                // What follows is shorter still; at the newest value this is 0.
                if n1 < least {
                    return false;
                }
                if n0 >= least {
                    let h = 1.0 / (n0 - least + 1.0) + 1.0 / (n1 - least + 1.0);
                    let far = (2.0 * h * variance * d).sqrt() + 2.0 / 3.0 * d * h;
                    if (u0 / n0 - u1 / n1).abs() > far {
                        return true;
                    }
                }
            }
        }
        false
    }

    /// Drops the oldest run; false where there is none.
    fn drop_oldest(&mut self) -> bool {
        let row = self.rows.len() - 1;
        let Some(run) = self.rows[row].pop_front() else {
            return false;
        };
        let n = 2.0_f64.powi(row as i32);
        self.width -= n;
        self.total -= run.total;
        let apart = run.total / n - self.total / self.width;
        self.deviation -= run.deviation + n * self.width * apart * apart / (n + self.width);
        if row > 0 && self.rows[row].is_empty() {
            self.rows.pop();
        }
        true
    }

    /// All that [`Self::resume`] needs.
    #[must_use]
    pub fn state(&self) -> Vec<u8> {
        let mut writer = Writer::new(Kind::Adwin);
        writer.put(self.settings.delta);
        writer.put(self.settings.clock);
        writer.put(self.settings.max_buckets);
        writer.put(self.settings.min_window_length);
        writer.put(self.settings.grace_period);
        for value in [self.width, self.total, self.deviation] {
            writer.put(value);
        }
        for value in [
            self.tick,
            u64::from(self.restart),
            self.seen,
            self.detections,
        ] {
            writer.put(value);
        }
        writer.put(self.rows.len() as u64);
        for row in &self.rows {
            writer.put_all(row.iter().map(|run| run.total));
            writer.put_all(row.iter().map(|run| run.deviation));
        }
        writer.finish()
    }

    /// The detector whose [`Self::state`] this is.
    ///
    /// # Errors
    ///
    /// [`KernelError::State`], and [`KernelError::Setting`] for settings out of range.
    pub fn resume(bytes: &[u8]) -> Result<Self, KernelError> {
        let mut reader = Reader::new(bytes, Kind::Adwin)?;
        let mut detector = Self::new(AdwinSettings {
            delta: reader.take()?,
            clock: reader.take()?,
            max_buckets: reader.take()?,
            min_window_length: reader.take()?,
            grace_period: reader.take()?,
        })?;
        detector.width = reader.take()?;
        detector.total = reader.take()?;
        detector.deviation = reader.take()?;
        detector.tick = reader.take()?;
        detector.restart = reader.take::<u64>()? != 0;
        detector.seen = reader.take()?;
        detector.detections = reader.take()?;
        let (rows, mut width) = (reader.size()?, 0.0);
        if !(1..=64).contains(&rows) {
            return Err(refused("its window is none"));
        }
        detector.rows.clear();
        for row in 0..rows {
            let (totals, deviations) = (reader.take_all()?, reader.take_all()?);
            if totals.len() != deviations.len()
                || totals.len() as u64 > detector.settings.max_buckets
                || (row > 0 && totals.is_empty())
            {
                return Err(refused("its window is none"));
            }
            width += totals.len() as f64 * 2.0_f64.powi(row as i32);
            let runs = totals.into_iter().zip(deviations);
            let runs = runs.map(|(total, deviation)| Run { total, deviation });
            detector.rows.push(runs.collect());
        }
        if width.to_bits() != detector.width.to_bits() {
            return Err(refused("its window is not as wide as it says"));
        }
        if detector.seen.max(detector.detections).max(detector.tick) > i64::MAX as u64 {
            return Err(refused("it counts more than there can be"));
        }
        reader.end()?;
        Ok(detector)
    }
}
