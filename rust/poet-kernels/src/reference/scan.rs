//! The two passes over a window that exact comparison is made of: a histogram over the buckets of a
//! grid, and a copy of the values in a few buckets. Each loop is built twice, for any processor
//! and for AVX2, and the processor decides at run time which of them runs; both count whole numbers
//! and give the same ones.

use super::grid::{Buckets, Grid, Map, Task};
use crate::order::Ordered;

/// A histogram over buckets; NaN are counted apart.
#[derive(Debug)]
pub struct Histogram {
    /// Neighbours count in different tables, so that no increment waits for the one before it.
    tables: Vec<u32>,
    /// Rows that the tables can still take.
    left: usize,
    rows: Vec<u64>,
    nan: u64,
}

const TABLES: usize = 2;

/// The sizes that loops are built for: constants let the compiler drop every bounds check.
pub const FEWEST_BUCKETS: usize = 1 << 10;
const MORE_BUCKETS: usize = 1 << 12;
pub const MOST_BUCKETS: usize = 1 << 14;

/// Builds a call for each number of buckets.
macro_rules! for_buckets {
    ($count:expr, $name:ident, $($arg:expr),*) => {
        match $count {
            FEWEST_BUCKETS => $name::<T, M, FEWEST_BUCKETS>($($arg),*),
            MORE_BUCKETS => $name::<T, M, MORE_BUCKETS>($($arg),*),
            _ => $name::<T, M, MOST_BUCKETS>($($arg),*),
        }
    };
}

/// Buckets of a grid for so many rows, a few in each; a grid of [`FEWEST_BUCKETS`] slots at least.
pub fn buckets_for(grid: &Grid, rows: usize) -> Buckets<'_> {
    let wanted = match rows {
        0..16_000 => FEWEST_BUCKETS,
        16_000..400_000 => MORE_BUCKETS,
        _ => MOST_BUCKETS,
    };
    let known = [MOST_BUCKETS, MORE_BUCKETS];
    let count = known.into_iter().find(|&c| c <= wanted.min(grid.slots()));
    grid.buckets(count.unwrap_or(FEWEST_BUCKETS))
}

impl Histogram {
    /// Nothing counted yet; as many buckets as loops are built for.
    pub fn new(buckets: Buckets<'_>) -> Self {
        debug_assert!([FEWEST_BUCKETS, MORE_BUCKETS, MOST_BUCKETS].contains(&buckets.count));
        Self {
            tables: vec![0; TABLES * buckets.count],
            left: u32::MAX as usize,
            rows: vec![0; buckets.count],
            nan: 0,
        }
    }

    /// Counts a block.
    pub fn add<T: Ordered>(&mut self, buckets: Buckets<'_>, block: &[T]) {
        for block in block.chunks(1 << 31) {
            if self.left < block.len() {
                self.drain();
            }
            self.left -= block.len();
            let (tables, shift) = (&mut self.tables[..], buckets.shift);
            let nan = buckets.grid.run(Tally {
                block,
                tables,
                shift,
                count: buckets.count,
            });
            if nan > 0 {
                // All of them are in the one bucket that the map gives a NaN.
                self.drain();
                self.rows[buckets.of(T::from_key(u64::MAX))] -= nan;
                self.nan += nan;
            }
        }
    }

    /// The rows of each bucket, and how many were NaN.
    pub fn finish(mut self) -> (Vec<u64>, u64) {
        self.drain();
        (self.rows, self.nan)
    }

    fn drain(&mut self) {
        let buckets = self.rows.len();
        for table in self.tables.chunks_exact_mut(buckets) {
            for (sum, count) in self.rows.iter_mut().zip(table) {
                *sum += u64::from(std::mem::take(count));
            }
        }
        self.left = u32::MAX as usize;
    }
}

/// Appends to `kept` the values of a block whose bucket is wanted (1, not 0); NaN may be among them.
pub fn collect<T: Ordered>(buckets: Buckets<'_>, block: &[T], wanted: &[u8], kept: &mut Vec<T>) {
    let (count, shift) = (buckets.count, buckets.shift);
    buckets.grid.run(Collect {
        block,
        wanted,
        kept,
        shift,
        count,
    });
}

/// Builds a body twice and runs the one for this processor.
macro_rules! for_this_processor {
    (fn $name:ident / $avx2:ident / $body:ident ($($arg:ident : $type:ty),*) -> $out:ty) => {
        #[inline]
        fn $name<T: Ordered, M: Map<T>, const BUCKETS: usize>(map: M, $($arg: $type),*) -> $out {
            #[cfg(target_arch = "x86_64")]
            {
                #[target_feature(enable = "avx2")]
                fn $avx2<T: Ordered, M: Map<T>, const BUCKETS: usize>(
                    map: M, $($arg: $type),*
                ) -> $out {
                    $body::<T, M, BUCKETS>(map, $($arg),*)
                }
                if std::arch::is_x86_feature_detected!("avx2") {
                    // SAFETY: the processor was just asked whether it has AVX2.
                    return unsafe { $avx2::<T, M, BUCKETS>(map, $($arg),*) };
                }
            }
            $body::<T, M, BUCKETS>(map, $($arg),*)
        }
    };
}

struct Tally<'a, T> {
    block: &'a [T],
    tables: &'a mut [u32],
    shift: u32,
    count: usize,
}

impl<T: Ordered> Task<T> for Tally<'_, T> {
    type Output = u64;

    fn run<M: Map<T>>(self, map: M) -> u64 {
        for_buckets!(self.count, tally, map, self.block, self.tables, self.shift)
    }
}

for_this_processor! {
    fn tally / tally_avx2 / tally_body (block: &[T], tables: &mut [u32], shift: u32) -> u64
}

#[inline(always)]
fn tally_body<T: Ordered, M: Map<T>, const BUCKETS: usize>(
    map: M,
    block: &[T],
    tables: &mut [u32],
    shift: u32,
) -> u64 {
    let ([a, b], []) = tables.as_chunks_mut::<BUCKETS>() else {
        return 0;
    };
    let bucket = |value: T| (map.slot(value) >> shift) & (BUCKETS - 1);
    let (groups, rest) = block.as_chunks::<8>();
    let mut nan = 0;
    for group in groups {
        let buckets = group.map(bucket);
        nan += group.iter().map(|v| u64::from(v.is_nan())).sum::<u64>();
        a[buckets[0]] += 1;
        b[buckets[1]] += 1;
        a[buckets[2]] += 1;
        b[buckets[3]] += 1;
        a[buckets[4]] += 1;
        b[buckets[5]] += 1;
        a[buckets[6]] += 1;
        b[buckets[7]] += 1;
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
    shift: u32,
    count: usize,
}

impl<T: Ordered> Task<T> for Collect<'_, T> {
    type Output = ();

    fn run<M: Map<T>>(self, map: M) {
        for_buckets!(
            self.count,
            gather,
            map,
            self.block,
            self.wanted,
            self.kept,
            self.shift
        );
    }
}

for_this_processor! {
    fn gather / gather_avx2 / gather_body (block: &[T], wanted: &[u8], kept: &mut Vec<T>, shift: u32) -> ()
}

/// Every value is written and the end moves only past wanted ones: no branch to mispredict.
#[inline(always)]
fn gather_body<T: Ordered, M: Map<T>, const BUCKETS: usize>(
    map: M,
    block: &[T],
    wanted: &[u8],
    kept: &mut Vec<T>,
    shift: u32,
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
            let bucket = (map.slot(value) >> shift) & (BUCKETS - 1);
            end += usize::from(wanted[bucket]);
        }
        kept.extend_from_slice(&buffer[..end]);
    }
}
