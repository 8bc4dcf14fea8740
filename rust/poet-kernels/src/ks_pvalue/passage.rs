//! The one-sided exact p-value of large samples, without walking the whole lattice.
//!
//! A path that reaches the line `i*m - j*n = numerator` passes a point on or just beyond it. Of all
//! paths, `h(i, j) = C(i+j, i) C(n-i+m-j, n-i) / C(n+m, n)` pass through (i, j). Let `f(i, j)` be
//! the share that pass through (i, j) and reached the line before or there: it is `h` beyond the
//! line, and below it every path in (i, j) goes on to the first sample with probability
//! `(n-i) / (n+m-i-j)`, else to the second. `f(n, m)` is the p-value.
//!
//! Every unit of `f` that is dropped on the way takes at most itself from the result, so cells
//! below [`NEGLIGIBLE`] of the largest `h` on the line, which the result cannot be smaller than, are
//! left out. Paths that come back from the line stay near a straight one, and what is left is a strip
//! some `20 sqrt(n m / (n + m))` cells wide at most, however large the numerator is.
//!
//! Source: the transition probabilities are those of J. L. Hodges (1958), read forward; the cut and
//! its bound are plain conservation of mass.

use std::f64::consts::TAU;

use crate::deviance::unit_deviance;
use crate::gamma::stirling_error;

/// At most a few cells a diagonal are cut: for 10^7 diagonals this loses 1e-14 of the result.
const NEGLIGIBLE: f64 = 1e-22;

/// So many points of the line are tried as the largest; between two of them it hardly changes.
const TRIED: u64 = 64;

/// The share of paths with `i*m - j*n >= numerator` somewhere, for `1 <= numerator <= n*m`.
///
/// Takes `O((n + m) sqrt(n))` steps at the most, with `n` the smaller size.
pub fn one_sided(numerator: u64, n: u64, m: u64) -> f64 {
    // Read backwards with the samples swapped, a path keeps its side of the diagonal.
    let line = Line::new(numerator, n.min(m), n.max(m));
    let (anchor, heights, start) = line.heights();
    let (n, m) = (line.n, line.m);
    let ramp: Vec<f64> = (0..=n).map(|i| i as f64).collect();
    // Cell i of a diagonal stands at i + 1; the cells beside those kept are 0.
    let mut cells = vec![0.0; n as usize + 3];
    let mut next = cells.clone();
    let mut walker = line.at(start);
    let (mut low, mut high) = (walker.top as usize, walker.top as usize);
    cells[high + 1] = heights[0];
    for s in start + 1..=n + m {
        walker.advance(&line);
        let top = walker.top as usize;
        let to = (high + 1).min(top - 1).min(n as usize);
        // Cell i comes from i - 1, with n - i + 1 values of the first sample left, or from i, with
        // m - (s - 1 - i) of the second left.
        let (first, second) = ((n + 1) as f64, m as f64 - (s - 1) as f64);
        let inverse = ((n + m - s + 1) as f64).recip();
        if low <= to {
            let steps = cells[low..=to].iter().zip(&cells[low + 1..=to + 1]);
            for ((cell, (left, right)), i) in next[low + 1..=to + 1]
                .iter_mut()
                .zip(steps)
                .zip(&ramp[low..=to])
            {
                *cell = (left * (first - i) + right * (second + i)) * inverse;
            }
        }
        if let Some(&height) = heights.get((s - start) as usize) {
            next[top + 1] = height;
            high = top;
        } else {
            high = to;
            while high > low && next[high + 1] < NEGLIGIBLE {
                high -= 1;
            }
        }
        while low < high && next[low + 1] < NEGLIGIBLE {
            low += 1;
        }
        next[low] = 0.0;
        next[high + 2] = 0.0;
        std::mem::swap(&mut cells, &mut next);
    }
    (cells[n as usize + 1] * anchor).min(1.0)
}

/// The line `i*m - j*n = numerator` in a lattice of `n` by `m`, `n <= m`.
struct Line {
    numerator: u64,
    n: u64,
    m: u64,
}

/// The first point beyond the line on the diagonal `s = i + j`: `i = top`.
struct Walker {
    s: u64,
    top: u64,
    /// `top * (n + m) - numerator - s * n`, from 0 to `n + m - 1`.
    beyond: u64,
}

impl Walker {
    fn advance(&mut self, line: &Line) {
        self.s += 1;
        if self.beyond >= line.n {
            self.beyond -= line.n;
        } else {
            self.beyond += line.m;
            self.top += 1;
        }
    }

    /// What the share of paths through the next point is, over that through this one.
    fn growth(&self, line: &Line) -> f64 {
        let (n, m) = (line.n as f64, line.m as f64);
        let (s, i) = (self.s as f64, self.top as f64);
        let j = s - i;
        let step = if self.beyond >= line.n {
            (m - j) / (j + 1.0)
        } else {
            (n - i) / (i + 1.0)
        };
        step * (s + 1.0) / (n + m - s)
    }
}

impl Line {
    const fn new(numerator: u64, n: u64, m: u64) -> Self {
        Self { numerator, n, m }
    }

    fn at(&self, s: u64) -> Walker {
        let sum = u128::from(self.n + self.m);
        let line = u128::from(self.numerator) + u128::from(s) * u128::from(self.n);
        let top = line.div_ceil(sum);
        Walker {
            s,
            top: top as u64,
            beyond: (top * sum - line) as u64,
        }
    }

    /// The share of all paths through the point nearest to the largest one, the shares of the
    /// points of the line over it as far as they count, and the diagonal of the first of these.
    fn heights(&self) -> (f64, Vec<f64>, u64) {
        // On these diagonals the point beyond the line is inside the lattice.
        let first = self.numerator.div_ceil(self.m);
        let last = self.n + self.m - self.numerator.div_ceil(self.n);
        let (anchor, share) = (0..=TRIED)
            .map(|k| first + ((last - first) / TRIED) * k + ((last - first) % TRIED) * k / TRIED)
            .map(|s| (s, self.ln_share(s)))
            .fold((first, f64::NEG_INFINITY), |best, tried| {
                if tried.1 > best.1 { tried } else { best }
            });
        let (mut before, mut height, mut s) = (Vec::new(), 1.0, anchor);
        while s > first {
            s -= 1;
            height /= self.at(s).growth(self);
            if height < NEGLIGIBLE {
                s += 1;
                break;
            }
            before.push(height);
        }
        before.reverse();
        before.push(1.0);
        let (mut walker, mut height) = (self.at(anchor), 1.0);
        while walker.s < last {
            height *= walker.growth(self);
            walker.advance(self);
            if height < NEGLIGIBLE {
                break;
            }
            before.push(height);
        }
        (share.exp(), before, s)
    }

    /// The logarithm of the share of paths through the point beyond the line on a diagonal.
    fn ln_share(&self, s: u64) -> f64 {
        let (i, sum) = (self.at(s).top, self.n + self.m);
        let p = s as f64 / sum as f64;
        ln_binomial(i, self.n, p) + ln_binomial(s - i, self.m, p) - ln_binomial(s, sum, p)
    }
}

/// The logarithm of the binomial probability of `x` in `n` (C. Loader, 2000).
fn ln_binomial(x: u64, n: u64, p: f64) -> f64 {
    let (x, n, rest, q) = (x as f64, n as f64, (n - x) as f64, 1.0 - p);
    if x == 0.0 {
        return n * (-p).ln_1p();
    }
    if rest == 0.0 {
        return n * p.ln();
    }
    let deviance =
        n * p * unit_deviance((x - n * p) / (n * p)) + n * q * unit_deviance((n * p - x) / (n * q));
    stirling_error(n)
        - stirling_error(x)
        - stirling_error(rest)
        - deviance
        - 0.5 * (TAU * x * (rest / n)).ln()
}
