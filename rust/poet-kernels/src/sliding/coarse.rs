//! Bounds on the distance from counts per bucket, for telling decisions without the exact distance.
//!
//! Neighbouring cells share one of at most 256 buckets. At the edges of buckets the difference of
//! the distribution functions is known; between them it can pass the edge values by no more than
//! what the bucket holds. Where that leaves the decision open, the buckets that matter are
//! resolved from the window itself, so that every decision is that of the exact distance.

use super::walk::extremes;
use crate::reference::Ranks;

const BUCKETS: usize = 256;

/// Window counts per bucket, and where the reference stands at their edges.
#[derive(Debug, Clone)]
pub struct Coarse {
    shift: u32,
    counts: Vec<i32>,
    /// `n` times the reference values before each bucket, and one more for all of them.
    edges: Vec<i64>,
}

/// What the counts tell about the numerator of the distance.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bounds {
    /// It is at least this.
    pub least: i64,
    /// It is at most this.
    pub most: i64,
}

impl Coarse {
    /// Counts a full window; these are the ranks of the reference.
    pub fn new(ranks: &Ranks, ring: &[u32]) -> Self {
        let cells = 2 * ranks.len() + 1;
        let mut shift = 0;
        while (cells - 1) >> shift >= BUCKETS {
            shift += 1;
        }
        let buckets = ((cells - 1) >> shift) + 1;
        let n = ring.len() as i64;
        let before = |bucket: usize| {
            let distinct = ((bucket << shift) / 2).min(ranks.len());
            ranks.below(distinct)
        };
        let mut edges: Vec<i64> = (0..=buckets).map(|b| before(b).cast_signed() * n).collect();
        edges[buckets] = ranks.total().cast_signed() * n;
        let mut counts = vec![0; buckets];
        for &cell in ring {
            counts[(cell >> shift) as usize] += 1;
        }
        Self {
            shift,
            counts,
            edges,
        }
    }

    /// One value enters, another leaves.
    #[inline(always)]
    pub fn exchange(&mut self, enters: u32, leaves: u32) {
        self.counts[(enters >> self.shift) as usize] += 1;
        self.counts[(leaves >> self.shift) as usize] -= 1;
    }

    /// Bounds from the counts alone; they meet where each bucket is one cell.
    #[inline(always)]
    pub fn bounds(&self, m: i64) -> Bounds {
        let (mut count, mut at) = (0, 0_i64);
        let (mut high, mut low, mut most) = (0_i64, 0_i64, 0_i64);
        for (&edge, &inside) in self.edges[1..].iter().zip(&self.counts) {
            let inside = m * i64::from(inside);
            count += inside;
            let next = edge - count;
            (high, low) = (high.max(next), low.min(next));
            // The reference's share first, then the window's; or the other way round.
            most = most.max(next + inside).max(inside - at);
            at = next;
        }
        let least = high.max(-low);
        if self.shift == 0 {
            return Bounds { least, most: least };
        }
        Bounds { least, most }
    }

    /// The same once every bucket that could reach `critical` has been looked into: either `least`
    /// reaches it or `most` does not.
    pub fn resolve(&self, ranks: &Ranks, ring: &[u32], m: i64, critical: i64) -> Bounds {
        let n = ring.len() as i64;
        let mut found = self.bounds(m);
        let mut open = [false; BUCKETS];
        let mut ahead = [0_i64; BUCKETS];
        let (mut count, mut most) = (0, found.least);
        for (b, &inside) in self.counts.iter().enumerate() {
            let inside = i64::from(inside);
            let (start, end) = (
                self.edges[b] - m * count,
                self.edges[b + 1] - m * (count + inside),
            );
            let bound = (end + m * inside).max(m * inside - start);
            ahead[b] = count;
            if bound >= critical {
                open[b] = true;
            } else {
                most = most.max(bound);
            }
            count += inside;
        }
        let bucket = |cell: &u32| (cell >> self.shift) as usize;
        let mut cells: Vec<u32> = ring.iter().copied().filter(|c| open[bucket(c)]).collect();
        cells.sort_unstable();
        for inside in cells.chunk_by(|a, b| bucket(a) == bucket(b)) {
            let ahead = ahead[bucket(&inside[0])];
            found.least = found
                .least
                .max(extremes(ranks, inside, ahead, n).numerator());
        }
        found.most = most.max(found.least);
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        /// A bound that the distance passes would turn a drift into a quiet "no".
        #[test]
        fn bounds_hold_and_resolving_decides(
            steps in proptest::collection::vec(1_u64..4, 1..900),
            picks in proptest::collection::vec(any::<u32>(), 1..60),
            narrow in 1_u32..2_000,
            share in 0.0_f64..1.2,
        ) {
            let cumulative: Vec<u64> = steps
                .iter()
                .scan(0, |sum, s| { *sum += s; Some(*sum) })
                .collect();
            let ranks = Ranks::new(cumulative);
            let cells = 2 * ranks.len() as u32 + 1;
            let ring: Vec<u32> = picks.iter().map(|p| p % narrow.min(cells)).collect();
            let m = ranks.total() as i64;
            let mut sorted = ring.clone();
            sorted.sort_unstable();
            let exact = extremes(&ranks, &sorted, 0, ring.len() as i64).numerator();
            let coarse = Coarse::new(&ranks, &ring);
            let bounds = coarse.bounds(m);
            prop_assert!(bounds.least <= exact && exact <= bounds.most);
            let critical = (exact as f64 * share) as i64 + 1;
            let bounds = coarse.resolve(&ranks, &ring, m, critical);
            prop_assert!(bounds.least <= exact && exact <= bounds.most);
            prop_assert_eq!(exact >= critical, bounds.least >= critical);
            prop_assert_eq!(exact < critical, bounds.most < critical);
        }
    }
}
