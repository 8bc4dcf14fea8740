//! Exact p-values, by the share of lattice paths that leave a band.
//!
//! If both samples come from one continuous distribution, all interleavings of them are equally
//! likely, and each is a lattice path from (0, 0) to (n, m). The two-sided p-value is the share of
//! paths that somewhere leave the band `|i*m - j*n| < numerator`, the one-sided one the share that
//! leave it on one side. Let `q(i, j)` be that share among the paths to (i, j): 1 outside the band,
//! and inside it `q(i, j) = i/(i+j) q(i-1, j) + j/(i+j) q(i, j-1)`, for the last step is one of the
//! first sample in a share `i/(i+j)` of all paths. Only positive terms are added, so that small
//! p-values keep their digits, and shares, unlike path counts, do not overflow.
//!
//! Sources: J. L. Hodges (1958), "The significance probability of the Smirnov two-sample test";
//! T. Viehmann (2021), "Numerically more stable computation of the p-values for the two-sample
//! Kolmogorov–Smirnov test", for working with the share outside.

/// The share of paths with `|i*m - j*n| >= numerator` somewhere.
///
/// Takes about `min(2 * numerator, n * m)` steps.
pub fn two_sided(numerator: u64, n: u64, m: u64) -> f64 {
    // The distance is symmetric: the shorter sample makes the shorter rows.
    walk(numerator, numerator, n.min(m), n.max(m))
}

/// The share of paths with `i*m - j*n >= numerator` somewhere.
///
/// Takes about `n * m / 2 + numerator` steps.
pub fn one_sided(numerator: u64, n: u64, m: u64) -> f64 {
    // No path is further below than n*m. Read backwards with the samples swapped, a path keeps its
    // side: D+ of (n, m) is distributed as D+ of (m, n).
    walk(numerator, n * m + 1, n.min(m), n.max(m))
}

/// Walks the diagonals `s = i + j`, on each of which all cells can be computed side by side: the
/// share of paths with `i*m - j*n >= above` or `<= -below` somewhere, for `n <= m` and `n * m` up to
/// 60 bits.
fn walk(above: u64, below: u64, n: u64, m: u64) -> f64 {
    let (first, second) = (n as usize, m as usize);
    let sum = n + m;
    let ramp: Vec<f64> = (0..=first).map(|i| i as f64).collect();
    // Cell i of a row stands at i + 1; the cells beside the band are 1, and what lies outside the
    // rectangle is only ever taken times 0.
    let mut row = vec![1.0; first + 3];
    let mut previous = row.clone();
    previous[1] = 0.0;
    for s in 1..=first + second {
        // Inside: -below < i*m - (s-i)*n = i*sum - s*n < above.
        let line = s as u64 * n;
        let low =
            ((line + 1).saturating_sub(below).div_ceil(sum) as usize).max(s.saturating_sub(second));
        let high = (((line + above - 1) / sum) as usize).min(first).min(s);
        let diagonal = s as f64;
        let inverse = diagonal.recip();
        let cells = row[low + 1..=high + 1].iter_mut();
        let steps = previous[low..=high]
            .iter()
            .zip(&previous[low + 1..=high + 1]);
        for ((cell, (left, right)), i) in cells.zip(steps).zip(&ramp[low..=high]) {
            *cell = (i * left + (diagonal - i) * right) * inverse;
        }
        row[low] = 1.0;
        row[high + 2] = 1.0;
        std::mem::swap(&mut row, &mut previous);
    }
    previous[first + 1].min(1.0)
}
