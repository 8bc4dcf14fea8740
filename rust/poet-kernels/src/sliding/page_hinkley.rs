//! The Page–Hinkley test: has the mean of a stream risen, or fallen?
//!
//! With `e` the deviation of a value from the mean of all values so far, two sums are kept,
//! `a * rise + e - delta` and `a * fall + e + delta`, where `a` forgets the past. A change is
//! found where `rise` stands more than `threshold` above its least value, or `fall` as far below
//! its greatest. The value after a detection starts anew.
//!
//! Source: E. S. Page (1954), "Continuous inspection schemes". Peer: `river.drift.PageHinkley`
//! 0.26, whose forgetting, start values (no least; a greatest of -1) and order of operations these
//! are, so that detections are equal.

use super::state::{Kind, Reader, Writer, refused};
use crate::error::KernelError;

/// Which changes of the mean are looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// Rises.
    Up,
    /// Falls.
    Down,
    /// Rises and falls.
    Both,
}

impl Mode {
    const ALL: [(Self, &'static str); 3] =
        [(Self::Up, "up"), (Self::Down, "down"), (Self::Both, "both")];

    /// The mode of that name: `up`, `down` or `both`.
    ///
    /// # Errors
    ///
    /// [`KernelError::Setting`].
    pub fn named(name: &str) -> Result<Self, KernelError> {
        let found = Self::ALL.iter().find(|(_, known)| *known == name);
        found.map(|(mode, _)| *mode).ok_or(KernelError::Setting {
            name: "mode",
            wants: "\"up\", \"down\" or \"both\"",
        })
    }

    /// Its name.
    #[must_use]
    pub fn name(self) -> &'static str {
        Self::ALL[self as usize].1
    }
}

/// Settings of [`PageHinkley`].
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PageHinkleySettings {
    /// No detection before this many values.
    pub min_instances: u64,
    /// The change of the mean that is let pass; finite.
    pub delta: f64,
    /// How far a sum may stray; finite.
    pub threshold: f64,
    /// The share of a sum that is kept from one value to the next, from 0 to 1.
    pub alpha: f64,
    /// Which changes are looked for.
    pub mode: Mode,
}

impl Default for PageHinkleySettings {
    fn default() -> Self {
        Self {
            min_instances: 30,
            delta: 0.005,
            threshold: 50.0,
            alpha: 1.0 - 0.0001,
            mode: Mode::Both,
        }
    }
}

/// The sums since the last restart.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Sums {
    n: u64,
    mean: f64,
    rise: f64,
    fall: f64,
    least: f64,
    greatest: f64,
}

const START: Sums = Sums {
    n: 0,
    mean: 0.0,
    rise: 0.0,
    fall: 0.0,
    least: f64::INFINITY,
    greatest: -1.0,
};

/// The detector. See the module's text.
#[derive(Debug, Clone, PartialEq)]
pub struct PageHinkley {
    settings: PageHinkleySettings,
    sums: Sums,
    restart: bool,
    seen: u64,
    detections: u64,
}

impl PageHinkley {
    /// A detector that has seen nothing.
    ///
    /// # Errors
    ///
    /// [`KernelError::Setting`].
    pub fn new(settings: PageHinkleySettings) -> Result<Self, KernelError> {
        let wrong = |name, wants| Err(KernelError::Setting { name, wants });
        if !settings.delta.is_finite() {
            return wrong("delta", "a finite number");
        }
        if !settings.threshold.is_finite() {
            return wrong("threshold", "a finite number");
        }
        if !(0.0..=1.0).contains(&settings.alpha) {
            return wrong("alpha", "a number from 0 to 1");
        }
        Ok(Self {
            settings,
            sums: START,
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
    pub fn settings(&self) -> PageHinkleySettings {
        self.settings
    }

    /// The mean since the last restart; NaN without values.
    #[must_use]
    pub fn mean(&self) -> f64 {
        if self.sums.n > 0 {
            self.sums.mean
        } else {
            f64::NAN
        }
    }

    /// How many values were taken since the last restart.
    #[must_use]
    pub fn width(&self) -> u64 {
        self.sums.n
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
        let mut sums = if self.restart { START } else { self.sums };
        let settings = &self.settings;
        sums.n += 1;
        sums.mean += 1.0 / sums.n as f64 * (value - sums.mean);
        let off = value - sums.mean;
        sums.rise = settings.alpha * sums.rise + off - settings.delta;
        sums.fall = settings.alpha * sums.fall + off + settings.delta;
        sums.least = sums.least.min(sums.rise);
        sums.greatest = sums.greatest.max(sums.fall);
        let risen = sums.rise - sums.least > settings.threshold;
        let fallen = sums.greatest - sums.fall > settings.threshold;
        let changed = match settings.mode {
            Mode::Up => risen,
            Mode::Down => fallen,
            Mode::Both => risen || fallen,
        };
        self.restart = changed && sums.n >= settings.min_instances;
        self.sums = sums;
        self.seen += 1;
        self.detections += u64::from(self.restart);
        self.restart
    }

    /// All that [`Self::resume`] needs.
    #[must_use]
    pub fn state(&self) -> Vec<u8> {
        let (settings, sums) = (&self.settings, &self.sums);
        let mut writer = Writer::new(Kind::PageHinkley);
        writer.put(settings.min_instances);
        for value in [settings.delta, settings.threshold, settings.alpha] {
            writer.put(value);
        }
        writer.put(settings.mode as u64);
        writer.put(sums.n);
        for value in [sums.mean, sums.rise, sums.fall, sums.least, sums.greatest] {
            writer.put(value);
        }
        for value in [u64::from(self.restart), self.seen, self.detections] {
            writer.put(value);
        }
        writer.finish()
    }

    /// The detector whose [`Self::state`] this is.
    ///
    /// # Errors
    ///
    /// [`KernelError::State`], and [`KernelError::Setting`] for settings out of range.
    pub fn resume(bytes: &[u8]) -> Result<Self, KernelError> {
        let mut reader = Reader::new(bytes, Kind::PageHinkley)?;
        let (min_instances, delta) = (reader.take()?, reader.take()?);
        let (threshold, alpha) = (reader.take()?, reader.take()?);
        let mode = Mode::ALL.get(reader.size()?);
        let mode = mode.ok_or(refused("its mode is none"))?.0;
        let mut detector = Self::new(PageHinkleySettings {
            min_instances,
            delta,
            threshold,
            alpha,
            mode,
        })?;
        detector.sums = Sums {
            n: reader.take()?,
            mean: reader.take()?,
            rise: reader.take()?,
            fall: reader.take()?,
            least: reader.take()?,
            greatest: reader.take()?,
        };
        detector.restart = reader.take::<u64>()? != 0;
        detector.seen = reader.take()?;
        detector.detections = reader.take()?;
        if detector.sums.n > detector.seen {
            return Err(refused("its window is longer than what it saw"));
        }
        if detector.seen.max(detector.detections) > i64::MAX as u64 {
            return Err(refused("it counts more than there can be"));
        }
        reader.end()?;
        Ok(detector)
    }
}
