//! Quantiles of a reference, exact, and of a counted window, within its cells.

use poet_kernels::{Counts, Ordered, Reference};

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
                let index = ranks.first_at(wanted(level, ranks.total()).into());
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
            ColumnCounts::Floats(counts) => Ok(within(&*self.floats()?, counts, levels, 1.0)),
            ColumnCounts::Integers(counts, measure) => {
                let divisor = self.divisor_of(*measure);
                Ok(within(&*self.integers(*measure)?, counts, levels, divisor))
            }
            ColumnCounts::Nothing(_) => Ok(vec![f64::NAN; levels.len()]),
            ColumnCounts::Names(_) => Err(self.no_numbers()),
        }
    }

    /// From integers of a measure at least as fine as this profile's to its unit.
    fn divisor_of(&self, measure: Measure) -> f64 {
        match &self.shape {
            Shape::Integers(_, own) if own.quantity != Quantity::Number => {
                10_f64.powi(i32::from(measure.exponent) - i32::from(own.exponent))
            }
            _ => measure.divisor().unwrap_or(1.0),
        }
    }
}

/// The rank of a level among `n` values, from 1.
fn wanted(level: f64, n: u64) -> u64 {
    ((level * n as f64).ceil() as u64).clamp(1, n.max(1))
}

fn within<T: Ordered>(
    reference: &Reference<T>,
    counts: &Counts<T>,
    levels: &[f64],
    divisor: f64,
) -> Vec<f64> {
    let Some((lowest, highest)) = counts.range() else {
        return vec![f64::NAN; levels.len()];
    };
    let values = reference.values();
    let up_to: Vec<u64> = counts
        .rows()
        .iter()
        .scan(0, |sum, &rows| {
            *sum += rows;
            Some(*sum)
        })
        .collect();
    let n = counts.n();
    let value = |&level: &f64| {
        let rank = wanted(level, n);
        let at = up_to.partition_point(|&up_to| up_to < rank);
        let (cell, rows) = (counts.cells()[at] as usize, counts.rows()[at]);
        let index = cell / 2;
        if cell % 2 == 1 {
            return values[index].as_float() / divisor;
        }
        // The open interval below this value, no further than the window reaches.
        let below = index.checked_sub(1).map_or(lowest, |below| values[below]);
        let above = values.get(index).copied().unwrap_or(highest);
        let below = if lowest > below { lowest } else { below }.as_float();
        let above = if highest < above { highest } else { above }.as_float();
        let share = ((rank + rows - up_to[at]) as f64 - 0.5) / rows as f64;
        let value = below * (1.0 - share) + above * share;
        let value = match (below.is_finite(), above.is_finite()) {
            (true, true) => value,
            (true, false) => below,
            (false, true) => above,
            (false, false) => 0.0,
        };
        value.clamp(below, above) / divisor
    };
    levels.iter().map(value).collect()
}
