//! What the integers of a column count.

use arrow_schema::TimeUnit;
use std::fmt;

/// What is measured; columns of different quantities are never compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Quantity {
    /// Plain numbers, decimals among them.
    Number,
    /// Calendar days.
    Date,
    /// Time of day.
    Time,
    /// Points in time without a zone.
    LocalTime,
    /// Points in time with a zone, counted in UTC.
    Instant,
    /// Spans of time.
    Duration,
}

/// The quantity and the size of one unit: each integer stands for `value * 10^-exponent`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Measure {
    /// What is measured.
    pub quantity: Quantity,
    /// Days for dates and seconds for all other times at 0.
    pub exponent: i8,
}

impl Measure {
    /// Plain integers.
    pub const WHOLE: Self = Self {
        quantity: Quantity::Number,
        exponent: 0,
    };

    pub(crate) fn new(quantity: Quantity, unit: TimeUnit) -> Self {
        let exponent = match unit {
            TimeUnit::Second => 0,
            TimeUnit::Millisecond => 3,
            TimeUnit::Microsecond => 6,
            TimeUnit::Nanosecond => 9,
        };
        Self { quantity, exponent }
    }

    /// By what integers of this measure are multiplied to be of a finer one.
    #[must_use]
    pub fn factor_to(self, finer: Self) -> Option<i64> {
        let steps = i16::from(finer.exponent) - i16::from(self.exponent);
        10_i64.checked_pow(u32::try_from(steps).ok()?)
    }

    /// What an integer of this measure is divided by to be in the unit of its column, where it is
    /// not: decimals are kept in hundredths or the like, times are reported in their integers.
    pub(crate) fn divisor(self) -> Option<f64> {
        let scaled = self.quantity == Quantity::Number && self.exponent != 0;
        scaled.then(|| 10_f64.powi(self.exponent.into()))
    }
}

impl fmt::Display for Measure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.quantity {
            Quantity::Number => "numbers",
            Quantity::Date => "dates",
            Quantity::Time => "times of day",
            Quantity::LocalTime => "points in time without a zone",
            Quantity::Instant => "points in time with a zone",
            Quantity::Duration => "durations",
        })
    }
}
