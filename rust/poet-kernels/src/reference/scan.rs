//! The two passes over a window that exact comparison is made of: a histogram over the buckets of a
//! grid, and a copy of the values in a few buckets. Each loop is built twice, for any processor
//! and for AVX2, and the processor decides at run time which of them runs; both count whole numbers
//! and give the same ones.

use super::grid::{Grid, Map, Task};
use crate::order::Ordered;

/// Adds a block to a histogram of [`Grid::buckets`] buckets; returns how many values were NaN, which
/// are not in the histogram.
pub fn add_histogram<T: Ordered>(grid: &Grid, block: &[T], histogram: &mut [u64]) -> u64 {
    // Parts so short that no 32-bit counter overflows.
    block
        .chunks(1 << 31)
        .map(|block| grid.run(Histogram { block, histogram }))
        .sum()
}

/// Appends to `kept` the values of a block whose bucket is wanted (1, not 0); NaN may be among them.
pub fn collect<T: Ordered>(grid: &Grid, block: &[T], wanted: &[u8], kept: &mut Vec<T>) {
    grid.run(Collect {
        block,
        wanted,
        kept,
    });
}

/// Builds a body twice and runs the one for this processor.
macro_rules! for_this_processor {
    (fn $name:ident / $avx2:ident / $body:ident ($($arg:ident : $type:ty),*) -> $out:ty) => {
        #[inline]
        fn $name<T: Ordered, M: Map<T>, const SLOTS: usize, const SHIFT: u32, const BUCKETS: usize>(
            map: M, $($arg: $type),*
        ) -> $out {
            #[cfg(target_arch = "x86_64")]
            {
                #[target_feature(enable = "avx2")]
                fn $avx2<
                    T: Ordered, M: Map<T>, const SLOTS: usize, const SHIFT: u32, const BUCKETS: usize,
                >(
                    map: M, $($arg: $type),*
                ) -> $out {
                    $body::<T, M, SLOTS, SHIFT, BUCKETS>(map, $($arg),*)
                }
                if std::arch::is_x86_feature_detected!("avx2") {
                    // SAFETY: the processor was just asked whether it has AVX2.
                    return unsafe { $avx2::<T, M, SLOTS, SHIFT, BUCKETS>(map, $($arg),*) };
                }
            }
            $body::<T, M, SLOTS, SHIFT, BUCKETS>(map, $($arg),*)
        }
    };
}

struct Histogram<'a, T> {
    block: &'a [T],
    histogram: &'a mut [u64],
}

impl<T: Ordered> Task<T> for Histogram<'_, T> {
    type Output = u64;

    fn run<M: Map<T>, const SLOTS: usize, const SHIFT: u32, const BUCKETS: usize>(
        self,
        map: M,
    ) -> u64 {
        let mut tables = vec![0_u32; TABLES * BUCKETS];
        let nan = tally::<T, M, SLOTS, SHIFT, BUCKETS>(map, self.block, &mut tables);
        for (bucket, sum) in self.histogram.iter_mut().enumerate() {
            *sum += (0..TABLES)
                .map(|t| u64::from(tables[t * BUCKETS + bucket]))
                .sum::<u64>();
        }
        if nan > 0 {
            // All of them are in the one bucket that the map gives a NaN.
            self.histogram[map.slot::<SLOTS>(T::from_key(u64::MAX)) >> SHIFT] -= nan;
        }
        nan
    }
}

/// Neighbours count in different tables, so that no increment waits for the one before it.
const TABLES: usize = 4;

for_this_processor! {
    fn tally / tally_avx2 / tally_body (block: &[T], tables: &mut [u32]) -> u64
}

#[inline(always)]
fn tally_body<T: Ordered, M: Map<T>, const SLOTS: usize, const SHIFT: u32, const BUCKETS: usize>(
    map: M,
    block: &[T],
    tables: &mut [u32],
) -> u64 {
    let ([a, b, c, d], []) = tables.as_chunks_mut::<BUCKETS>() else {
        return 0;
    };
    let bucket = |value: T| (map.slot::<SLOTS>(value) >> SHIFT) & (BUCKETS - 1);
    let (groups, rest) = block.as_chunks::<8>();
    let mut nan = 0;
    for group in groups {
        let buckets = group.map(bucket);
        nan += group.iter().map(|v| u64::from(v.is_nan())).sum::<u64>();
        a[buckets[0]] += 1;
        b[buckets[1]] += 1;
        c[buckets[2]] += 1;
        d[buckets[3]] += 1;
        a[buckets[4]] += 1;
        b[buckets[5]] += 1;
        c[buckets[6]] += 1;
        d[buckets[7]] += 1;
    }
    for &value in rest {
        a[bucket(value)] += 1;
        nan += u64::from(value.is_nan());
    }
    nan
}

struct Collect<'a, T> {
    block: &'a [T],
    wanted: &'a [u8],
    kept: &'a mut Vec<T>,
}

impl<T: Ordered> Task<T> for Collect<'_, T> {
    type Output = ();

    fn run<M: Map<T>, const SLOTS: usize, const SHIFT: u32, const BUCKETS: usize>(self, map: M) {
        gather::<T, M, SLOTS, SHIFT, BUCKETS>(map, self.block, self.wanted, self.kept);
    }
}

for_this_processor! {
    fn gather / gather_avx2 / gather_body (block: &[T], wanted: &[u8], kept: &mut Vec<T>) -> ()
}

/// Every value is written and the end moves only past wanted ones: no branch to mispredict.
#[inline(always)]
fn gather_body<
    T: Ordered,
    M: Map<T>,
    const SLOTS: usize,
    const SHIFT: u32,
    const BUCKETS: usize,
>(
    map: M,
    block: &[T],
    wanted: &[u8],
    kept: &mut Vec<T>,
) {
    const GROUP: usize = 256;
    let Ok(wanted) = <&[u8; BUCKETS]>::try_from(wanted) else {
        return;
    };
    let mut buffer = [T::from_key(0); GROUP];
    for group in block.chunks(GROUP) {
        let mut end = 0;
        for &value in group {
            buffer[end & (GROUP - 1)] = value;
            let bucket = (map.slot::<SLOTS>(value) >> SHIFT) & (BUCKETS - 1);
            end += usize::from(wanted[bucket]);
        }
        kept.extend_from_slice(&buffer[..end]);
    }
}
