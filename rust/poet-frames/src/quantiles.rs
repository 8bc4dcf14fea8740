//! Quantiles of a reference, exact, and of a counted window, within its cells.

use poet_kernels::{Ordered, Reference, rank_of};

use crate::column::ColumnError;
use crate::compare::ColumnCounts;
use crate::measure::{Measure, Quantity};
use crate::profile::{Profile, Shape};

impl Profile {
    /// For each level from 0 to 1 the lowest value up to which there is at least that share of all;
    /// of times in the integers they are kept in. NaN without values.
    ///
    /// # Errors
    ///
    /// [`ColumnError::Mismatch`] for categories.
    pub fn quantiles(&self, levels: &[f64]) -> Result<Vec<f64>, ColumnError> {
        fn of<T: Ordered>(reference: &Reference<T>, levels: &[f64], divisor: f64) -> Vec<f64> {
            let ranks = reference.ranks();
            let value = |&level: &f64| {
                let index = ranks.first_at(rank_of(level, ranks.total()).into());
                reference.values()[index].as_float() / divisor
            };
            levels.iter().map(value).collect()
        }
        match &self.shape {
            Shape::Floats(reference) => Ok(of(reference, levels, 1.0)),
            Shape::Integers(reference, measure) => {
                Ok(of(reference, levels, measure.divisor().unwrap_or(1.0)))
            }
            Shape::Nothing => Ok(vec![f64::NAN; levels.len()]),
            Shape::Names(_) => Err(self.no_numbers()),
        }
    }

    /// Quantiles of counts that were made against this profile, in its unit: exact at reference
    /// values; between two of them the rows are taken to lie evenly.
    ///
    /// # Errors
    ///
    /// [`ColumnError::Mismatch`] for counts of categories or of another profile.
    pub fn quantiles_of(
        &self,
        counts: &ColumnCounts,
        levels: &[f64],
    ) -> Result<Vec<f64>, ColumnError> {
        match counts {
            ColumnCounts::Floats(counts) => Ok(self.floats()?.quantiles_of(counts, levels)),
            ColumnCounts::Integers(counts, measure) => {
                let divisor = self.divisor_of(*measure);
                let found = self.integers(*measure)?.quantiles_of(counts, levels);
                Ok(found.into_iter().map(|value| value / divisor).collect())
            }
            ColumnCounts::Nothing(_) => Ok(vec![f64::NAN; levels.len()]),
            ColumnCounts::Names(_) => Err(self.no_numbers()),
        }
    }

    /// From integers of a measure at least as fine as this profile's to its unit.
    pub(crate) fn divisor_of(&self, measure: Measure) -> f64 {
        match &self.shape {
            Shape::Integers(_, own) if own.quantity != Quantity::Number => {
                10_f64.powi(i32::from(measure.exponent) - i32::from(own.exponent))
            }
            _ => measure.divisor().unwrap_or(1.0),
        }
    }
}
