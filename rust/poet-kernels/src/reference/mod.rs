//! A reference column, fitted once and compared with many windows.
//!
//! The distinct values `v[0] < v[1] < … < v[d-1]` cut the line into `2 d + 1` **cells**: cell
//! `2 i + 1` is the value `v[i]` itself, cell `2 i` the open interval below it, cell `2 d` what
//! lies above all. How many values of a window fall into each cell is all that the exact
//! two-sample Kolmogorov–Smirnov statistic needs, and such counts add up over windows, threads
//! and machines.

use crate::error::{KernelError, Sample};
use crate::order::Ordered;

/// The distinct values of a reference sample in ascending order, and how many there are up to each.
#[derive(Debug, Clone, PartialEq)]
pub struct Reference<T> {
    values: Vec<T>,
    cumulative: Vec<u64>,
}

impl<T: Ordered> Reference<T> {
    /// Sorts the sample and keeps its distinct values; `-0.0` and `0.0` are one value.
    ///
    /// # Errors
    ///
    /// [`KernelError::Empty`] and [`KernelError::NotANumber`].
    pub fn fit(sample: &[T]) -> Result<Self, KernelError> {
        if sample.is_empty() {
            return Err(KernelError::Empty {
                sample: Sample::Reference,
            });
        }
        if let Some(index) = sample.iter().position(|v| v.is_nan()) {
            return Err(KernelError::NotANumber {
                sample: Sample::Reference,
                index,
            });
        }
        let mut keys: Vec<u64> = sample.iter().map(|v| v.key()).collect();
        keys.sort_unstable();
        let (mut values, mut cumulative) = (Vec::new(), Vec::new());
        for (i, &key) in keys.iter().enumerate() {
            if keys.get(i + 1) != Some(&key) {
                values.push(T::from_key(key));
                cumulative.push(i as u64 + 1);
            }
        }
        Ok(Self { values, cumulative })
    }

    /// The distinct values, ascending.
    #[must_use]
    pub fn values(&self) -> &[T] {
        &self.values
    }

    /// For each distinct value, the number of reference values up to and including it.
    #[must_use]
    pub fn cumulative(&self) -> &[u64] {
        &self.cumulative
    }

    /// The size of the reference sample.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.cumulative.last().copied().unwrap_or(0)
    }

    /// The number of cells, `2 d + 1`.
    #[must_use]
    pub fn cells(&self) -> usize {
        2 * self.values.len() + 1
    }

    /// The cell of a value that is not NaN.
    #[inline]
    #[must_use]
    pub fn cell(&self, value: T) -> usize {
        let key = value.key();
        let below = self.values.partition_point(|v| v.key() < key);
        let equal = self.values.get(below).is_some_and(|v| v.key() == key);
        2 * below + usize::from(equal)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_are_the_values_and_what_lies_between() {
        let reference = Reference::fit(&[3.0, 1.0, 3.0, -0.0]).unwrap();
        assert_eq!(reference.values(), [0.0, 1.0, 3.0]);
        assert_eq!(reference.cumulative(), [1, 2, 4]);
        let cells = [-1.0, -0.0, 0.5, 1.0, 2.0, 3.0, f64::INFINITY].map(|v| reference.cell(v));
        assert_eq!(cells, [0, 1, 2, 3, 4, 5, 6]);
    }
}
