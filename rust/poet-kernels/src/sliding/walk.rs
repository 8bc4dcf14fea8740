//! The extremes of the difference of two distribution functions, from a sorted window.

use crate::reference::Ranks;

/// The extremes of `n * reference - m * current` over all running counts, `n` being the size of
/// the window and `m` that of the reference.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Extremes {
    /// `D- * n * m`, 0 or more: how far the reference's distribution function is ever above.
    pub high: i64,
    /// `-D+ * n * m`, 0 or less: how far the current one is ever above.
    pub low: i64,
}

impl Extremes {
    /// `D * n * m`.
    #[must_use]
    pub fn numerator(self) -> i64 {
        self.high.max(-self.low)
    }
}

/// Reference values in all cells before this one, and up to and including it.
#[inline]
pub fn around(ranks: &Ranks, cell: u32) -> (i64, i64) {
    let i = cell as usize / 2;
    let before = ranks.below(i);
    let through = if cell % 2 == 1 {
        ranks.up_to(i)
    } else {
        before
    };
    (before.cast_signed(), through.cast_signed())
}

/// The extremes over the given cells of the window, ascending; `ahead` is how many values of the
/// window are in lower cells than the first. Between occupied cells the difference only rises, so
/// that it is extreme just before and at each of them.
pub fn extremes(ranks: &Ranks, sorted: &[u32], ahead: i64, n: i64) -> Extremes {
    let m = ranks.total().cast_signed();
    let (mut found, mut count) = (Extremes::default(), ahead);
    for equal in sorted.chunk_by(|a, b| a == b) {
        let (before, through) = around(ranks, equal[0]);
        found.high = found.high.max(n * before - m * count);
        count += equal.len() as i64;
        let at = n * through - m * count;
        found.high = found.high.max(at);
        found.low = found.low.min(at);
    }
    found
}
