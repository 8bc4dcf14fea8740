//! Running sums over cells of which one range changes at a time, and their largest and smallest.
//!
//! The difference of two distribution functions is a running sum `P` over the cells. A value that
//! enters at one cell while another leaves at a second changes `P` by one constant between the two
//! and nowhere else. The sums are cut into blocks of 64. A block keeps its sums relative to its
//! start, and its extremes; blocks are grouped by 64 in turn, so that a change rewrites two blocks
//! a level, whatever the reference holds. The loops have fixed lengths and no branches: the
//! compiler turns them into vector code, once for the baseline CPU and once for AVX2.
//!
//! All is integer arithmetic, so that both builds give the same results.
//!
//! Source: square-root decomposition with prefix maxima, as for the segment tree of
//! J. L. Bentley (1977), with a fan-out of 64 in place of 2.

use std::ops::{Add, Neg, Sub};

use super::walk::Extremes;

/// Sums in a block and children in a group.
const WIDTH: usize = 64;
/// The topmost level is scanned as a whole and has at most this many entries.
const TOP: usize = 512;

/// The integer that sums are kept in.
pub trait Sum:
    Copy + Ord + Default + Add<Output = Self> + Sub<Output = Self> + Neg<Output = Self>
{
    /// The sum, which the caller knows to fit.
    fn of(sum: i64) -> Self;
    /// The sum in full width.
    fn wide(self) -> i64;
}

impl Sum for i32 {
    #[inline(always)]
    fn of(sum: i64) -> Self {
        sum as Self
    }
    #[inline(always)]
    fn wide(self) -> i64 {
        i64::from(self)
    }
}

impl Sum for i64 {
    #[inline(always)]
    fn of(sum: i64) -> Self {
        sum
    }
    #[inline(always)]
    fn wide(self) -> i64 {
        self
    }
}

/// One entry per block of the level below: its start relative to the start of the group it is in,
/// and its extremes relative to its own start.
#[derive(Debug, Clone)]
struct Level<N> {
    start: Vec<N>,
    high: Vec<N>,
    low: Vec<N>,
}

/// Running sums `P[0..cells]`, of which the last is always 0.
#[derive(Debug, Clone)]
pub struct Blocks<N> {
    sums: Vec<N>,
    groups: Vec<Level<N>>,
    top: Level<N>,
}

impl<N: Sum> Blocks<N> {
    /// Takes the sums in order; every one and every difference of two must fit `N` four times.
    pub fn new(sums: impl Iterator<Item = i64>) -> Self {
        let mut relative: Vec<N> = Vec::new();
        // Of each block: where it starts, and its extremes, all in full.
        let mut blocks: Vec<[i64; 3]> = Vec::new();
        let mut previous = 0;
        for (i, sum) in sums.enumerate() {
            if i % WIDTH == 0 {
                blocks.push([previous, sum, sum]);
            }
            if let Some([start, high, low]) = blocks.last_mut() {
                relative.push(N::of(sum - *start));
                (*high, *low) = ((*high).max(sum), (*low).min(sum));
            }
            previous = sum;
        }
        // Beyond the last cell all sums are 0, which is a value that occurs anyway.
        if let Some([start, high, low]) = blocks.last_mut() {
            relative.resize(relative.len().next_multiple_of(WIDTH), N::of(-*start));
            (*high, *low) = ((*high).max(0), (*low).min(0));
        }
        let mut groups = Vec::new();
        while blocks.len() > TOP {
            blocks.resize(blocks.len().next_multiple_of(WIDTH), [0; 3]);
            let above: Vec<[i64; 3]> = blocks
                .chunks_exact(WIDTH)
                .map(|group| {
                    let high = group.iter().map(|b| b[1]).max().unwrap_or(0);
                    let low = group.iter().map(|b| b[2]).min().unwrap_or(0);
                    [group[0][0], high, low]
                })
                .collect();
            groups.push(Level::new(&blocks, |i| above[i / WIDTH][0]));
            blocks = above;
        }
        // Whole vectors scan faster than remainders.
        blocks.resize(blocks.len().next_multiple_of(16), [0; 3]);
        let top = Level::new(&blocks, |_| 0);
        Self {
            sums: relative,
            groups,
            top,
        }
    }

    /// A value enters at one cell and another, of the same `weight`, leaves: `P` falls by the
    /// weight from the first cell on and rises by it from the second on.
    #[inline(always)]
    fn exchange(&mut self, enters: usize, leaves: usize, weight: N) -> (N, N) {
        let (from, to, change) = if enters < leaves {
            (enters, leaves, -weight)
        } else {
            (leaves, enters, weight)
        };
        // The blocks in which the change begins and ends; all after the first up to the last
        // start that much higher.
        let (mut first, mut last) = (from / WIDTH, to / WIDTH);
        let ends = if first == last { to % WIDTH } else { WIDTH };
        let mut at_first = shift_sums(block(&mut self.sums, first), from % WIDTH, ends, change);
        let mut at_last = at_first;
        if first != last {
            at_last = shift_sums(block(&mut self.sums, last), to % WIDTH, WIDTH, -change);
        }
        for level in &mut self.groups {
            level.put(first, at_first);
            level.put(last, at_last);
            let (group, end) = (first / WIDTH, last / WIDTH);
            let (a, e) = (first % WIDTH + 1, last % WIDTH + 1);
            let ends = if group == end { e } else { WIDTH };
            at_first = level.shift(group, a, ends, change);
            at_last = at_first;
            if group != end {
                at_last = level.shift(end, e, WIDTH, -change);
            }
            (first, last) = (group, end);
        }
        self.top.put(first, at_first);
        self.top.put(last, at_last);
        self.top.shift_range(first + 1, last + 1, change);
        self.top.extremes()
    }

    /// For each cell that enters in order: the oldest of the full `ring` leaves. Returns where the
    /// ring's oldest cell now stands.
    #[inline(always)]
    fn slide_body(
        &mut self,
        ring: &mut [u32],
        mut oldest: usize,
        entering: &[u32],
        weight: N,
        out: &mut [Extremes],
    ) -> usize {
        for (&enters, found) in entering.iter().zip(out) {
            let leaves = std::mem::replace(&mut ring[oldest], enters);
            oldest = if oldest + 1 == ring.len() {
                0
            } else {
                oldest + 1
            };
            let (high, low) = if enters == leaves {
                self.top.extremes()
            } else {
                self.exchange(enters as usize, leaves as usize, weight)
            };
            *found = Extremes {
                high: high.wide(),
                low: low.wide(),
            };
        }
        oldest
    }

    /// [`Self::slide_body`] compiled for AVX2.
    #[cfg(target_arch = "x86_64")]
    #[target_feature(enable = "avx2")]
    fn slide_avx2(
        &mut self,
        ring: &mut [u32],
        oldest: usize,
        entering: &[u32],
        weight: N,
        out: &mut [Extremes],
    ) -> usize {
        self.slide_body(ring, oldest, entering, weight, out)
    }

    /// [`Self::slide_body`] on the widest vectors that this CPU has.
    pub fn slide(
        &mut self,
        ring: &mut [u32],
        oldest: usize,
        entering: &[u32],
        weight: i64,
        out: &mut [Extremes],
    ) -> usize {
        let weight = N::of(weight);
        #[cfg(target_arch = "x86_64")]
        if is_x86_feature_detected!("avx2") {
            // SAFETY: the line above found AVX2 on this CPU.
            return unsafe { self.slide_avx2(ring, oldest, entering, weight, out) };
        }
        self.slide_body(ring, oldest, entering, weight, out)
    }

    /// [`Self::slide_body`] as a CPU without AVX2 runs it.
    #[cfg(test)]
    fn slide_plain(
        &mut self,
        ring: &mut [u32],
        oldest: usize,
        entering: &[u32],
        weight: i64,
        out: &mut [Extremes],
    ) -> usize {
        self.slide_body(ring, oldest, entering, N::of(weight), out)
    }

    /// The extremes of all sums.
    pub fn extremes(&self) -> Extremes {
        let (high, low) = self.top.extremes();
        Extremes {
            high: high.wide(),
            low: low.wide(),
        }
    }
}

impl<N: Sum> Level<N> {
    fn new(blocks: &[[i64; 3]], start_of_group: impl Fn(usize) -> i64) -> Self {
        let starts = blocks.iter().enumerate();
        Self {
            start: starts
                .map(|(i, b)| N::of(b[0] - start_of_group(i)))
                .collect(),
            high: blocks.iter().map(|b| N::of(b[1] - b[0])).collect(),
            low: blocks.iter().map(|b| N::of(b[2] - b[0])).collect(),
        }
    }

    #[inline(always)]
    fn put(&mut self, i: usize, (high, low): (N, N)) {
        self.high[i] = high;
        self.low[i] = low;
    }

    /// Moves the starts of the children `from..to` of one group; its extremes.
    #[inline(always)]
    fn shift(&mut self, group: usize, from: usize, to: usize, change: N) -> (N, N) {
        let starts = block(&mut self.start, group);
        let highs = block(&mut self.high, group);
        let lows = block(&mut self.low, group);
        let (mut high, mut low) = (starts[0] + highs[0], starts[0] + lows[0]);
        for k in 0..WIDTH {
            let moved = k >= from && k < to;
            let start = starts[k] + if moved { change } else { N::default() };
            starts[k] = start;
            high = high.max(start + highs[k]);
            low = low.min(start + lows[k]);
        }
        (high, low)
    }

    #[inline(always)]
    fn shift_range(&mut self, from: usize, to: usize, change: N) {
        if let Some(starts) = self.start.get_mut(from..to) {
            for start in starts {
                *start = *start + change;
            }
        }
    }

    #[inline(always)]
    fn extremes(&self) -> (N, N) {
        let (mut high, mut low) = (N::default(), N::default());
        for ((&start, &h), &l) in self.start.iter().zip(&self.high).zip(&self.low) {
            high = high.max(start + h);
            low = low.min(start + l);
        }
        (high, low)
    }
}

/// The 64 entries of a block.
#[inline(always)]
fn block<N>(all: &mut [N], index: usize) -> &mut [N; WIDTH] {
    let (blocks, _) = all.as_chunks_mut::<WIDTH>();
    &mut blocks[index]
}

/// Adds `change` to the sums `from..to` of a block; its extremes.
#[inline(always)]
fn shift_sums<N: Sum>(sums: &mut [N; WIDTH], from: usize, to: usize, change: N) -> (N, N) {
    // The first sum as it will be: with `from` at 0 it moves as well.
    let first = sums[0]
        + if from == 0 && to > 0 {
            change
        } else {
            N::default()
        };
    let (mut high, mut low) = (first, first);
    for (k, sum) in sums.iter_mut().enumerate() {
        let moved = k >= from && k < to;
        *sum = *sum + if moved { change } else { N::default() };
        high = high.max(*sum);
        low = low.min(*sum);
    }
    (high, low)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Sums of `n * reference - m * current`, written down afresh.
    fn sums_of(reference: &[i64], ring: &[u32]) -> Vec<i64> {
        let (n, m) = (ring.len() as i64, reference.iter().sum::<i64>());
        let mut change: Vec<i64> = reference.iter().map(|r| r * n).collect();
        for &cell in ring {
            change[cell as usize] -= m;
        }
        change
            .iter()
            .scan(0, |sum, c| {
                *sum += c;
                Some(*sum)
            })
            .collect()
    }

    fn follows<N: Sum>(cells: usize, window: usize, picks: &[(u32, u32)]) {
        let reference: Vec<i64> = (0..cells).map(|i| (i % 3) as i64).collect();
        let m = reference.iter().sum();
        let near = |&(a, b): &(u32, u32)| if b % 4 == 0 { b } else { a } % cells as u32;
        let stream: Vec<u32> = picks.iter().map(near).collect();
        let mut ring = stream[..window].to_vec();
        let mut plain_ring = ring.clone();
        let mut blocks = Blocks::<N>::new(sums_of(&reference, &ring).into_iter());
        let mut plain = blocks.clone();
        let mut out = vec![Extremes::default(); stream.len() - window];
        let mut plain_out = out.clone();
        let oldest = blocks.slide(&mut ring, 0, &stream[window..], m, &mut out);
        plain.slide_plain(&mut plain_ring, 0, &stream[window..], m, &mut plain_out);
        assert_eq!(oldest, (stream.len() - window) % window);
        assert_eq!(out, plain_out);
        for (i, found) in out.iter().enumerate() {
            let sums = sums_of(&reference, &stream[i + 1..=i + window]);
            let high = sums.iter().copied().max().unwrap_or(0);
            let low = sums.iter().copied().min().unwrap_or(0);
            assert_eq!((found.high, found.low), (high, low), "after {i}");
        }
        assert_eq!(Some(&blocks.extremes()), out.last());
    }

    fn picks() -> impl Strategy<Value = Vec<(u32, u32)>> {
        proptest::collection::vec((any::<u32>(), 0_u32..300), 41..120)
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(24))]

        /// One level, and the levels below the top, in both widths; on AVX2 and without.
        #[test]
        fn extremes_are_those_of_all_sums(cells in 3_usize..2_000, picks in picks()) {
            follows::<i32>(cells, 40, &picks);
            follows::<i64>(cells, 7, &picks);
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(4))]

        #[test]
        fn so_they_are_on_three_levels(cells in 32_769_usize..70_000, picks in picks()) {
            follows::<i32>(cells, 40, &picks);
            follows::<i64>(cells, 1, &picks[..30]);
        }
    }
}
