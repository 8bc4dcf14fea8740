//! A monotone map of the number line onto buckets: what a histogram of a window counts, and, cut
//! finer into slots, where to look for a value among the sorted distinct values of a reference.
//!
//! Two maps compete, each over the whole range and over the range without its outermost values: one
//! linear in the value, one linear in its order-preserving key, which is close to logarithmic and
//! serves values that span decades. The one that spreads a sample of the reference best is taken.
//! Every step of a map is monotone in floating point too (subtraction, multiplication by a positive
//! number, clamping, rounding), so that buckets are never out of order.

use crate::order::Ordered;

/// How many buckets; constants let the compiler drop every bounds check.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Size {
    Small,
    Medium,
    Large,
}

/// Slots per reference and, `2^shift` times fewer, buckets: slots hold about one distinct value,
/// buckets fit into the caches next to the window.
const SMALL: (usize, u32) = (1 << 12, 2);
const MEDIUM: (usize, u32) = (1 << 15, 3);
const LARGE: (usize, u32) = (1 << 18, 4);

impl Size {
    /// For a reference of so many distinct values.
    const fn of(distinct: usize) -> Self {
        match distinct {
            0..=1_024 => Self::Small,
            1_025..=49_999 => Self::Medium,
            _ => Self::Large,
        }
    }

    const fn slots(self) -> (usize, u32) {
        match self {
            Self::Small => SMALL,
            Self::Medium => MEDIUM,
            Self::Large => LARGE,
        }
    }
}

/// A monotone map of values onto `0..SLOTS`, a power of two. All NaN land in one slot.
pub trait Map<T>: Copy + Sync {
    /// The slot of `value`.
    fn slot<const SLOTS: usize>(self, value: T) -> usize;
}

/// `(value - low) * scale`, clamped: for floats on one scale.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Linear {
    low: f64,
    scale: f64,
}

impl<T: Ordered> Map<T> for Linear {
    #[inline(always)]
    fn slot<const SLOTS: usize>(self, value: T) -> usize {
        // Adding 2^52 leaves the rounded number in the low bits: a conversion that vectorises.
        const ROUND: f64 = (1_u64 << 52) as f64;
        let highest = (SLOTS - 1) as f64;
        let t = (value.as_float() - self.low) * self.scale;
        let t = if t > 0.0 { t } else { 0.0 };
        let t = if t < highest { t } else { highest };
        (t + ROUND).to_bits() as usize & (SLOTS - 1)
    }
}

/// `(key - low) * factor / 2^64`, clamped: for integers, and for floats that span decades.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Keyed {
    low: u64,
    factor: u64,
}

impl<T: Ordered> Map<T> for Keyed {
    #[inline(always)]
    fn slot<const SLOTS: usize>(self, value: T) -> usize {
        let key = if value.is_nan() {
            u64::MAX
        } else {
            value.key()
        };
        let above = key.saturating_sub(self.low);
        let t = (u128::from(above) * u128::from(self.factor)) >> 64;
        (t as usize).min(SLOTS - 1)
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
    size: Size,
    first: Vec<u32>,
}

impl Grid {
    /// Fits a grid to distinct values in ascending order, at most `u32::MAX` of them.
    pub fn fit<T: Ordered>(values: &[T]) -> Self {
        let size = Size::of(values.len());
        let map = best_map(values, size);
        let mut first = vec![0_u32; size.slots().0 + 1];
        for &value in values {
            first[slot_of(map, size, value) + 1] += 1;
        }
        let mut sum = 0;
        for slot in &mut first {
            sum += *slot;
            *slot = sum;
        }
        Self { map, size, first }
    }

    /// The number of buckets.
    pub fn buckets(&self) -> usize {
        let (slots, shift) = self.size.slots();
        slots >> shift
    }

    /// The indices of the distinct values in a bucket.
    pub fn values_in(&self, bucket: usize) -> std::ops::Range<usize> {
        let (_, shift) = self.size.slots();
        let end = self.first[(bucket + 1) << shift];
        self.first[bucket << shift] as usize..end as usize
    }

    /// Per slot, the index of the first distinct value in it or beyond; one more at the end.
    #[inline(always)]
    pub fn first(&self) -> &[u32] {
        &self.first
    }

    /// The slot of a value that is not NaN.
    #[inline]
    pub fn slot<T: Ordered>(&self, value: T) -> usize {
        slot_of(self.map, self.size, value)
    }

    /// The bucket that a slot is part of.
    #[inline]
    pub fn bucket_of_slot(&self, slot: usize) -> usize {
        slot >> self.size.slots().1
    }

    /// Runs a task in its build for this grid.
    #[inline(always)]
    pub fn run<T: Ordered, W: Task<T>>(&self, task: W) -> W::Output {
        dispatch(self.map, self.size, task)
    }
}

/// Work to be compiled once for every kind of map and number of slots.
pub trait Task<T> {
    /// What it gives.
    type Output;

    /// Does it with a map onto `0..SLOTS`, where `slot >> SHIFT` is the bucket, below `BUCKETS`.
    fn run<M: Map<T>, const SLOTS: usize, const SHIFT: u32, const BUCKETS: usize>(
        self,
        map: M,
    ) -> Self::Output;
}

/// Runs a task in its build for this map and size.
#[inline(always)]
fn dispatch<T: Ordered, W: Task<T>>(map: AnyMap, size: Size, task: W) -> W::Output {
    macro_rules! build {
        ($map:ident, $size:ident) => {
            task.run::<_, { $size.0 }, { $size.1 }, { $size.0 >> $size.1 }>($map)
        };
    }
    match (map, size) {
        (AnyMap::Linear(map), Size::Small) => build!(map, SMALL),
        (AnyMap::Linear(map), Size::Medium) => build!(map, MEDIUM),
        (AnyMap::Linear(map), Size::Large) => build!(map, LARGE),
        (AnyMap::Keyed(map), Size::Small) => build!(map, SMALL),
        (AnyMap::Keyed(map), Size::Medium) => build!(map, MEDIUM),
        (AnyMap::Keyed(map), Size::Large) => build!(map, LARGE),
    }
}

struct SlotOf<T>(T);

impl<T: Ordered> Task<T> for SlotOf<T> {
    type Output = usize;

    #[inline(always)]
    fn run<M: Map<T>, const SLOTS: usize, const SHIFT: u32, const BUCKETS: usize>(
        self,
        map: M,
    ) -> usize {
        map.slot::<SLOTS>(self.0)
    }
}

#[inline]
fn slot_of<T: Ordered>(map: AnyMap, size: Size, value: T) -> usize {
    dispatch(map, size, SlotOf(value))
}

/// Values looked at to choose between maps.
const PROBES: usize = 2_048;

fn best_map<T: Ordered>(values: &[T], size: Size) -> AnyMap {
    let step = values.len().div_ceil(PROBES).max(1);
    let probes: Vec<T> = values.iter().copied().step_by(step).collect();
    let mut best: Option<(u64, AnyMap)> = None;
    for map in candidates(values, size) {
        // Probes ascend, and so do their slots.
        let runs = probes.chunk_by(|&a, &b| slot_of(map, size, a) == slot_of(map, size, b));
        let crowding = runs.map(|run| (run.len() * run.len()) as u64).sum();
        if best.is_none_or(|(least, _)| crowding < least) {
            best = Some((crowding, map));
        }
    }
    best.map_or(AnyMap::Keyed(Keyed { low: 0, factor: 0 }), |(_, map)| map)
}

/// The linear maps first: they are the faster ones where both spread equally well.
fn candidates<T: Ordered>(values: &[T], size: Size) -> Vec<AnyMap> {
    let Some(last) = values.len().checked_sub(1) else {
        return Vec::new();
    };
    let (slots, _) = size.slots();
    let trimmed = (last / 1_000, last - last / 1_000);
    let ranges = [(0, last), trimmed].map(|(low, high)| (values[low], values[high]));
    let mut maps = Vec::new();
    if T::IS_FLOAT {
        for (low, high) in ranges {
            let (low, high) = (low.as_float(), high.as_float());
            let scale = (slots - 1) as f64 / (high - low);
            if low.is_finite() && scale.is_finite() && scale > 0.0 {
                maps.push(AnyMap::Linear(Linear { low, scale }));
            }
        }
    }
    for (low, high) in ranges {
        let low = low.key();
        let span = u128::from(high.key() - low) + 1;
        let factor = ((slots as u128) << 64) / span;
        let factor = u64::try_from(factor).unwrap_or(u64::MAX);
        maps.push(AnyMap::Keyed(Keyed { low, factor }));
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
            for size in [Size::Small, Size::Medium, Size::Large] {
                for map in candidates(&fitted, size) {
                    for pair in queries.windows(2) {
                        prop_assert!(slot_of(map, size, pair[0]) <= slot_of(map, size, pair[1]));
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
