//! A sample as its distinct values in ascending order and their cumulative counts.

use crate::error::{KernelError, Sample};
use crate::order::{sorted_keys, steps};
use crate::reference::Reference;

/// A sorted sample that someone else holds.
///
/// Of `values`, ascending and without NaN, each is distinct, and `cumulative` is as long and says
/// how many values of the sample lie at or below each. What does not keep to this gives a
/// meaningless result.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Steps<'a> {
    /// The distinct values.
    pub values: &'a [f64],
    /// The number of values up to and including each.
    pub cumulative: &'a [u64],
}

impl Steps<'_> {
    /// The size of the sample.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.cumulative.last().copied().unwrap_or(0)
    }

    /// Each distinct value and how often it occurs.
    pub(super) fn counted(&self) -> impl Iterator<Item = (f64, u64)> {
        let before = std::iter::once(&0).chain(self.cumulative);
        let counts = self
            .cumulative
            .iter()
            .zip(before)
            .map(|(up_to, b)| up_to - b);
        self.values.iter().copied().zip(counts)
    }
}

/// A sample, sorted once.
#[derive(Debug, Clone, PartialEq)]
pub struct Sorted {
    values: Vec<f64>,
    cumulative: Vec<u64>,
}

impl Sorted {
    /// Sorts a copy of the sample; `-0.0` and `0.0` are one value. An empty sample is allowed.
    ///
    /// # Errors
    ///
    /// [`KernelError::NotANumber`], which names `side`.
    pub fn new(sample: &[f64], side: Sample) -> Result<Self, KernelError> {
        let (values, cumulative) = steps(&sorted_keys(sample, side)?, 0);
        Ok(Self { values, cumulative })
    }

    /// The sample that a reference was fitted on.
    #[must_use]
    pub fn of(reference: &Reference<f64>) -> Self {
        Self {
            values: reference.values().to_vec(),
            cumulative: reference.ranks().iter().collect(),
        }
    }

    /// The sample as the kernels take it.
    #[must_use]
    pub fn steps(&self) -> Steps<'_> {
        Steps {
            values: &self.values,
            cumulative: &self.cumulative,
        }
    }
}

/// One distinct value of both samples together.
#[derive(Debug, Clone, Copy)]
pub struct Pooled {
    pub value: f64,
    /// How many current values are below it, and how many equal it.
    pub current_below: u64,
    pub current_here: u64,
    /// The same of the reference values.
    pub reference_below: u64,
    pub reference_here: u64,
}

impl Pooled {
    /// `i m - j n` with `i` and `j` the numbers of values up to and including this one.
    pub fn difference(&self, n: u64, m: u64) -> i64 {
        let i = self.current_below + self.current_here;
        let j = self.reference_below + self.reference_here;
        (i * m).cast_signed() - (j * n).cast_signed()
    }
}

/// Visits the distinct values of both samples together, in ascending order.
#[inline(always)]
pub fn walk(current: Steps<'_>, reference: Steps<'_>, mut visit: impl FnMut(Pooled)) {
    let (a, b) = (current, reference);
    let (d, e) = (
        a.values.len().min(a.cumulative.len()),
        b.values.len().min(b.cumulative.len()),
    );
    let (mut i, mut j) = (0, 0);
    let (mut current_below, mut reference_below) = (0, 0);
    while i < d && j < e {
        let (x, y) = (a.values[i], b.values[j]);
        let (in_current, in_reference) = (x <= y, y <= x);
        let value = if in_current { x } else { y };
        let up_to = if in_current {
            a.cumulative[i]
        } else {
            current_below
        };
        let other = if in_reference {
            b.cumulative[j]
        } else {
            reference_below
        };
        visit(Pooled {
            value,
            current_below,
            current_here: up_to - current_below,
            reference_below,
            reference_here: other - reference_below,
        });
        (current_below, reference_below) = (up_to, other);
        i += usize::from(in_current);
        // NaN compares with nothing; this way it cannot hold up the walk.
        j += usize::from(in_reference || !in_current);
    }
    for i in i..d {
        visit(Pooled {
            value: a.values[i],
            current_below,
            current_here: a.cumulative[i] - current_below,
            reference_below,
            reference_here: 0,
        });
        current_below = a.cumulative[i];
    }
    for j in j..e {
        visit(Pooled {
            value: b.values[j],
            current_below,
            current_here: 0,
            reference_below,
            reference_here: b.cumulative[j] - reference_below,
        });
        reference_below = b.cumulative[j];
    }
}

#[cfg(test)]
#[expect(clippy::float_cmp, reason = "what is compared is exact")]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn zeros_are_one_value_and_nan_is_refused() {
        let sorted = Sorted::new(&[3.0, -0.0, 0.0, f64::INFINITY], Sample::Current).unwrap();
        assert_eq!(sorted.steps().values, [0.0, 3.0, f64::INFINITY]);
        assert_eq!(sorted.steps().cumulative, [2, 3, 4]);
        assert_eq!(
            Sorted::new(&[], Sample::Current).unwrap().steps().total(),
            0
        );
        let refused = KernelError::NotANumber {
            sample: Sample::Current,
            index: 1,
        };
        assert_eq!(Sorted::new(&[1.0, f64::NAN], Sample::Current), Err(refused));
    }

    proptest! {
        /// A kept reference and a sorted slice are the same steps.
        #[test]
        fn a_reference_has_the_same_steps(sample in prop::collection::vec(-5.0_f64..5.0, 1..50)) {
            let rounded: Vec<f64> = sample.iter().map(|v| v.round()).collect();
            let reference = Reference::fit(&rounded).unwrap();
            let sorted = Sorted::new(&rounded, Sample::Reference).unwrap();
            prop_assert_eq!(Sorted::of(&reference), sorted);
        }

        #[test]
        fn the_walk_meets_every_value_once(
            a in prop::collection::vec(-4_i8..5, 0..20),
            b in prop::collection::vec(-4_i8..5, 0..20),
        ) {
            let (a, b): (Vec<f64>, Vec<f64>) =
                (a.into_iter().map(f64::from).collect(), b.into_iter().map(f64::from).collect());
            let (x, y) = (Sorted::new(&a, Sample::Current).unwrap(),
                Sorted::new(&b, Sample::Reference).unwrap());
            let mut last = f64::NEG_INFINITY;
            let (mut n, mut m) = (0, 0);
            walk(x.steps(), y.steps(), |at| {
                assert!(at.value > last);
                last = at.value;
                let count = |s: &[f64]| s.iter().filter(|v| **v == at.value).count() as u64;
                assert_eq!((at.current_here, at.reference_here), (count(&a), count(&b)));
                assert_eq!((at.current_below, at.reference_below), (n, m));
                n += at.current_here;
                m += at.reference_here;
            });
            prop_assert_eq!((n, m), (a.len() as u64, b.len() as u64));
        }
    }
}
