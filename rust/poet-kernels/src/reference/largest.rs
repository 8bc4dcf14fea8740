//! Keeps the largest difference of two distribution functions on a walk up the number line.

use super::Reference;
use super::compare::Difference;
use crate::Alternative;
use crate::error::{KernelError, Sample};
use crate::order::Ordered;

/// Where a difference is reached.
#[derive(Clone, Copy)]
pub enum Place {
    /// At a distinct reference value.
    Value(usize),
    /// At the last row in the open interval below this distinct value.
    Below(usize),
}

/// The largest difference so far, `|i*m - j*n|` with `i` of the `n` rows and `j` of the `m` reference
/// values at or below a place.
pub struct Largest {
    alternative: Alternative,
    n: u64,
    m: u64,
    difference: i64,
    place: Option<Place>,
}

impl Largest {
    /// Nothing yet, for `n` rows against `m` reference values.
    pub fn new(alternative: Alternative, n: u64, m: u64) -> Result<Self, KernelError> {
        if n == 0 {
            let sample = Sample::Current;
            return Err(KernelError::Empty { sample });
        }
        n.checked_mul(m)
            .filter(|&cells| i64::try_from(cells).is_ok())
            .ok_or(KernelError::TooLarge)?;
        Ok(Self {
            alternative,
            n,
            m,
            difference: 0,
            place: None,
        })
    }

    /// The difference, and its size under the alternative.
    #[inline(always)]
    fn of(&self, rows: u64, reference: u64) -> (i64, i64) {
        let difference = (rows * self.m).cast_signed() - (reference * self.n).cast_signed();
        let size = match self.alternative {
            Alternative::TwoSided => difference.abs(),
            Alternative::Greater => difference,
            Alternative::Less => -difference,
        };
        (difference, size)
    }

    /// The size of a difference under the alternative.
    #[inline(always)]
    pub fn size(&self, rows: u64, reference: u64) -> i64 {
        self.of(rows, reference).1
    }

    /// The most that any order of the rows and the reference values between two edges allows.
    #[inline(always)]
    pub fn bound(&self, rows: u64, rows_end: u64, reference: u64, reference_end: u64) -> i64 {
        let rows_first = self.size(rows_end, reference);
        let reference_first = self.size(rows, reference_end);
        rows_first.max(reference_first)
    }

    /// Takes a difference if it is larger than the largest so far.
    #[inline(always)]
    pub fn offer(&mut self, rows: u64, reference: u64, place: Place) {
        let (difference, size) = self.of(rows, reference);
        let largest = self.difference.abs();
        // As in `Extremes`, two-sided takes the upper one of two equal differences.
        if size > largest || (size == largest && difference > 0 && self.difference < 0) {
            (self.difference, self.place) = (difference, Some(place));
        }
    }

    /// The result; `highest` finds the highest row strictly between two reference values.
    pub fn found<T: Ordered>(
        &self,
        reference: &Reference<T>,
        nan: u64,
        highest: impl FnOnce(Option<T>, Option<T>) -> Option<T>,
    ) -> Difference<T> {
        let values = reference.values();
        let location = self.place.and_then(|place| match place {
            Place::Value(index) => Some(values[index]),
            Place::Below(index) => {
                let below = index.checked_sub(1).map(|index| values[index]);
                highest(below, values.get(index).copied())
            }
        });
        Difference {
            numerator: self.difference.unsigned_abs(),
            sign: self.difference.signum() as i8,
            location,
            n: self.n,
            nan,
        }
    }
}

/// A walk over the cells that have rows, in ascending order.
pub struct Walk {
    /// The first distinct value at or beyond the edge where the walk began.
    first: usize,
    rows: u64,
}

impl Walk {
    /// From an edge below which there are `rows` rows and `first` distinct values.
    pub fn new(first: usize, rows: u64) -> Self {
        Self { first, rows }
    }

    /// Goes up to and through the next cell that has rows: offers rows and reference values up to
    /// each place where their difference may be the largest.
    #[inline(always)]
    pub fn step<T: Ordered>(
        &mut self,
        reference: &Reference<T>,
        cell: usize,
        rows: u64,
        mut offer: impl FnMut(u64, u64, Place),
    ) {
        let value = cell / 2;
        let below = reference.below(value);
        // Up to here the reference's function has only risen: its last value shows the most.
        if value > self.first {
            offer(self.rows, below, Place::Value(value - 1));
        }
        self.rows += rows;
        if cell % 2 == 1 {
            let up_to = reference.ranks.up_to(value);
            offer(self.rows, up_to, Place::Value(value));
        } else {
            offer(self.rows, below, Place::Below(value));
        }
    }
}

/// The highest value strictly between two others; `None` is no limit.
pub fn highest_between<T: Ordered>(block: &[T], below: Option<T>, above: Option<T>) -> Option<T> {
    let inside = |&value: &T| below.is_none_or(|b| value > b) && above.is_none_or(|a| value < a);
    let values = block.iter().copied().filter(|value| !value.is_nan());
    values
        .filter(inside)
        .fold(None, |best, value| higher(best, Some(value)))
}

/// The higher of two values.
pub fn higher<T: Ordered>(a: Option<T>, b: Option<T>) -> Option<T> {
    match (a, b) {
        (Some(a), Some(b)) => Some(if b > a { b } else { a }),
        (a, b) => a.or(b),
    }
}
