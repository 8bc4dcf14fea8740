//! A monotone map of the number line onto buckets: what a histogram of a window counts, and, cut
//! finer into slots, where to look for a value among the sorted distinct values of a reference.
//!
//! Two maps compete, each over the whole range and over the range without its outermost values: one
//! linear in the value, one linear in its order-preserving key, which is close to logarithmic and
//! serves values that span decades. The one that spreads a sample of the reference best is taken.
//! Every step of a map is monotone in floating point too (subtraction, multiplication by a positive
//! number, clamping, rounding), so that buckets are never out of order.

use crate::order::Ordered;

/// How many slots, a power of two, for so many distinct values: 1 to 2 values a slot, more slots
/// where they cost little.
fn slots_for(distinct: usize) -> usize {
    let power = distinct.next_power_of_two();
    let few = (4 * power).min(1 << 11);
    (power / 2).clamp(few, 1 << 20)
}

/// A monotone map of values onto slots. All NaN land in one of them.
pub trait Map<T>: Copy + Sync {
    /// The slot of `value`.
    fn slot(self, value: T) -> usize;
}

/// `(value - low) * scale`, clamped: for floats on one scale.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Linear {
    low: f64,
    scale: f64,
    /// The highest slot.
    highest: f64,
}

impl<T: Ordered> Map<T> for Linear {
    #[inline(always)]
    fn slot(self, value: T) -> usize {
        // Adding 2^52 leaves the rounded number in the low bits: a conversion that vectorises.
        const ROUND: f64 = (1_u64 << 52) as f64;
        let t = (value.as_float() - self.low) * self.scale;
        let t = if t > 0.0 { t } else { 0.0 };
        let t = if t < self.highest { t } else { self.highest };
        (t + ROUND).to_bits() as u32 as usize
    }
}

/// `(key - low) * factor / 2^64`, clamped: for integers, and for floats that span decades.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Keyed {
    low: u64,
    factor: u64,
    /// The highest slot.
    highest: usize,
}

impl<T: Ordered> Map<T> for Keyed {
    #[inline(always)]
    fn slot(self, value: T) -> usize {
        let key = if value.is_nan() {
            u64::MAX
        } else {
            value.key()
        };
        let above = key.saturating_sub(self.low);
        let t = (u128::from(above) * u128::from(self.factor)) >> 64;
        (t as usize).min(self.highest)
    }
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum AnyMap {
    Linear(Linear),
    Keyed(Keyed),
}

/// A map and, per slot, the first distinct reference value in it.
#[derive(Debug, Clone, PartialEq)]
pub struct Grid {
    map: AnyMap,
    first: Vec<u32>,
}

impl Grid {
    /// Fits a grid to distinct values in ascending order, at most `u32::MAX` of them.
    pub fn fit<T: Ordered>(values: &[T]) -> Self {
        let slots = slots_for(values.len());
        let map = best_map(values, slots);
        let mut first = vec![0_u32; slots + 1];
        for &value in values {
            first[map.slot_of(value) + 1] += 1;
        }
        let mut sum = 0;
        for slot in &mut first {
            sum += *slot;
            *slot = sum;
        }
        Self { map, first }
    }

    /// The number of slots, a power of two.
    #[inline]
    pub fn slots(&self) -> usize {
        self.first.len() - 1
    }

    /// Buckets of equally many slots, so many of them: a power of two, at most that of the slots.
    pub fn buckets(&self, wanted: usize) -> Buckets<'_> {
        let count = wanted.min(self.slots());
        let shift = self.slots().trailing_zeros() - count.trailing_zeros();
        Buckets {
            grid: self,
            count,
            shift,
        }
    }

    /// Per slot, the index of the first distinct value in it or beyond; one more at the end.
    #[inline(always)]
    pub fn first(&self) -> &[u32] {
        &self.first
    }

    /// The slot of a value that is not NaN.
    #[inline]
    pub fn slot<T: Ordered>(&self, value: T) -> usize {
        self.map.slot_of(value)
    }

    /// Runs a task in its build for this grid's map.
    #[inline(always)]
    pub fn run<T: Ordered, W: Task<T>>(&self, task: W) -> W::Output {
        match self.map {
            AnyMap::Linear(map) => task.run(map),
            AnyMap::Keyed(map) => task.run(map),
        }
    }
}

/// Runs of slots that a histogram counts.
#[derive(Debug, Clone, Copy)]
pub struct Buckets<'a> {
    pub grid: &'a Grid,
    /// How many.
    pub count: usize,
    /// `slot >> shift` is the bucket.
    pub shift: u32,
}

impl Buckets<'_> {
    /// The bucket of a value that is not NaN.
    #[inline]
    pub fn of<T: Ordered>(&self, value: T) -> usize {
        self.grid.slot(value) >> self.shift
    }

    /// The indices of the distinct values in a bucket.
    #[inline]
    pub fn values_in(&self, bucket: usize) -> std::ops::Range<usize> {
        self.start(bucket)..self.start(bucket + 1)
    }

    /// The index of the first distinct value in a bucket or beyond.
    #[inline]
    pub fn start(&self, bucket: usize) -> usize {
        self.grid.first[bucket << self.shift] as usize
    }
}

impl AnyMap {
    #[inline]
    fn slot_of<T: Ordered>(self, value: T) -> usize {
        match self {
            Self::Linear(map) => map.slot(value),
            Self::Keyed(map) => map.slot(value),
        }
    }
}

/// Work to be compiled once for every kind of map.
pub trait Task<T> {
    /// What it gives.
    type Output;

    /// Does it with a map onto the grid's slots.
    fn run<M: Map<T>>(self, map: M) -> Self::Output;
}

/// Values looked at to choose between maps.
const PROBES: usize = 2_048;

fn best_map<T: Ordered>(values: &[T], slots: usize) -> AnyMap {
    let step = values.len().div_ceil(PROBES).max(1);
    let probes: Vec<T> = values.iter().copied().step_by(step).collect();
    let mut best: Option<(u64, AnyMap)> = None;
    for map in candidates(values, slots) {
        // Probes ascend, and so do their slots.
        let runs = probes.chunk_by(|&a, &b| map.slot_of(a) == map.slot_of(b));
        let crowding = runs.map(|run| (run.len() * run.len()) as u64).sum();
        if best.is_none_or(|(least, _)| crowding < least) {
            best = Some((crowding, map));
        }
    }
    let nothing = Keyed {
        low: 0,
        factor: 0,
        highest: 0,
    };
    best.map_or(AnyMap::Keyed(nothing), |(_, map)| map)
}

/// The linear maps first: they are the faster ones where both spread equally well.
fn candidates<T: Ordered>(values: &[T], slots: usize) -> Vec<AnyMap> {
    let Some(last) = values.len().checked_sub(1) else {
        return Vec::new();
    };
    let trimmed = (last / 1_000, last - last / 1_000);
    let ranges = [(0, last), trimmed].map(|(low, high)| (values[low], values[high]));
    let mut maps = Vec::new();
    if T::IS_FLOAT {
        for (low, high) in ranges {
            let (low, high) = (low.as_float(), high.as_float());
            let highest = (slots - 1) as f64;
            let scale = highest / (high - low);
            if low.is_finite() && scale.is_finite() && scale > 0.0 {
                maps.push(AnyMap::Linear(Linear {
                    low,
                    scale,
                    highest,
                }));
            }
        }
    }
    for (low, high) in ranges {
        let low = low.key();
        let span = u128::from(high.key() - low) + 1;
        let factor = ((slots as u128) << 64) / span;
        let factor = u64::try_from(factor).unwrap_or(u64::MAX);
        let highest = slots - 1;
        maps.push(AnyMap::Keyed(Keyed {
            low,
            factor,
            highest,
        }));
    }
    maps
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn distinct(mut values: Vec<f64>) -> Vec<f64> {
        values.retain(|v| !v.is_nan());
        let mut keys: Vec<u64> = values.iter().map(|v| v.key()).collect();
        keys.sort_unstable();
        keys.dedup();
        keys.into_iter().map(f64::from_key).collect()
    }

    proptest! {
        #[test]
        fn buckets_of_floats_are_in_order(
            values in prop::collection::vec(any::<f64>(), 1..60), more in prop::collection::vec(any::<f64>(), 1..60)
        ) {
            let fitted = distinct(values);
            prop_assume!(!fitted.is_empty());
            let queries = distinct(more);
            for slots in [64, 1 << 12, 1 << 20] {
                for map in candidates(&fitted, slots) {
                    for pair in queries.windows(2) {
                        prop_assert!(map.slot_of(pair[0]) <= map.slot_of(pair[1]));
                        prop_assert!(map.slot_of(pair[1]) < slots);
                    }
                }
            }
            prop_assert_eq!(*Grid::fit(&fitted).first().last().unwrap() as usize, fitted.len());
        }

        #[test]
        fn buckets_of_integers_are_in_order(mut values in prop::collection::vec(any::<i64>(), 1..60), a: i64, b: i64) {
            values.sort_unstable();
            values.dedup();
            let grid = Grid::fit(&values);
            prop_assert!(grid.slot(a.min(b)) <= grid.slot(a.max(b)));
        }
    }

    #[test]
    fn one_outlier_does_not_eat_the_grid() {
        let mut values: Vec<f64> = (0..5_000).map(|i| f64::from(i) / 100.0).collect();
        values.push(1e9);
        let first = Grid::fit(&values).first().to_vec();
        let fullest = first.windows(2).map(|w| w[1] - w[0]).max().unwrap();
        assert!(fullest <= 16, "{fullest} values in one slot");
    }
}
