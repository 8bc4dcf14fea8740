//! `P(D_n+ >= x)` of the one-sided one-sample statistic.
//!
//! Smirnov's sum is `sum_j x / (x + j/n) * b(j; n, x + j/n)` over `0 <= j <= n (1 - x)`, `b` being
//! the binomial probability. Each term is written with C. Loader's (2000) deviance, so that no
//! digits cancel whatever `n` is. Sources: N. Smirnov (1944); Z. W. Birnbaum, F. H. Tingey (1951).
//! Peer: `scipy.special.smirnov`.
//!
//! **Long sums are integrals**: in `u = j/n` the terms are a smooth bell whose edges are
//! `exp(-n x (1 - 2x))` of its middle. Over `u = (1 - x) / (1 + e^-y)` it falls doubly
//! exponentially, and the trapezoidal rule reaches rounding error with about twenty nodes,
//! however large `n` is.

use std::f64::consts::TAU;

use crate::deviance::unit_deviance;
use crate::gamma::stirling_error;

/// The sum of all terms. Relative error: about 1e-14; takes `n (1 - x)` terms.
pub fn by_sum(n: u64, x: f64) -> f64 {
    let size = n as f64;
    let last = ((size * (1.0 - x)).floor() as u64).min(n.saturating_sub(1));
    let at_n = stirling_error(size);
    // What Stirling's formula misses costs a loop below 16: once for all.
    let mut small = [0.0; 17];
    small[16] = stirling_error(16.0);
    for a in (1..16).rev() {
        let number = a as f64;
        small[a] = small[a + 1] + ((number + 0.5) * number.recip().ln_1p() - 1.0);
    }
    let missed = |a: f64| {
        small
            .get(a as usize)
            .copied()
            .unwrap_or_else(|| stirling_error(a))
    };
    let rest: f64 = (1..=last)
        .map(|j| {
            let (j, others) = (j as f64, (n - j) as f64);
            let error = at_n - missed(j) - missed(others);
            term(size, x, j / size, others / size - x, error)
        })
        .sum();
    (rest + (size * (-x).ln_1p()).exp()).clamp(0.0, 1.0)
}

/// The integral over all terms, for `0 < x < 1`. Relative error: [`integral_error`].
pub fn by_integral(n: f64, x: f64) -> f64 {
    let z = x * n.sqrt();
    // The bell's standard deviation in y is about 1/z.
    let step = 0.8 / z.max(2.9);
    let at_n = stirling_error(n);
    // With e = e^-y: du = u e / (1 + e) dy.
    let at = |e: f64| {
        let low = (1.0 + e).recip();
        let (u, rest) = ((1.0 - x) * low, (1.0 - x) * e * low);
        let error = at_n - stirling_errors(n * u, n * (rest + x));
        term(n, x, u, rest, error) * u * e * low
    };
    let mut sum = at(1.0);
    for factor in [step.exp(), (-step).exp()] {
        let (mut e, mut largest) = (1.0, sum);
        loop {
            e *= factor;
            let next = at(e);
            sum += next;
            largest = largest.max(next);
            if next <= largest * 1e-15 || next.is_nan() {
                break;
            }
        }
    }
    (sum * step * n).clamp(0.0, 1.0)
}

/// The relative error of [`by_integral`]: rounding, and the edges of the bell.
pub fn integral_error(n: f64, x: f64) -> f64 {
    3e-12 + (-n * x * (1.0 - 2.0 * x)).exp().min(1.0)
}

/// The term at `u = j/n`, with `rest = 1 - x - u`, given what Stirling's formula misses.
#[inline]
fn term(n: f64, x: f64, u: f64, rest: f64, error: f64) -> f64 {
    if rest <= 0.0 || u <= 0.0 {
        return 0.0;
    }
    let above = u + x;
    let inverse = x / (above * rest);
    let (share, odds) = (rest * inverse, above * inverse);
    let lost = above * deviance(-share) + rest * deviance(odds);
    share * (error - n * lost).exp() / (TAU * n * u * (rest + x)).sqrt()
}

/// [`unit_deviance`], faster near 0: its series in `v = x / (2 + x)`, of a fixed length.
#[inline]
fn deviance(x: f64) -> f64 {
    if x.abs() > 0.15 {
        return unit_deviance(x);
    }
    let v = x / (2.0 + x);
    let v2 = v * v;
    let mut sum = 1.0 / 17.0;
    for inverse in [
        1.0 / 15.0,
        1.0 / 13.0,
        1.0 / 11.0,
        1.0 / 9.0,
        1.0 / 7.0,
        1.0 / 5.0,
        1.0 / 3.0,
    ] {
        sum = inverse + v2 * sum;
    }
    x * v + 2.0 * (1.0 + x) * v * v2 * sum
}

/// The sum of [`stirling_error`] of both, without its loop: to 1e-16 from 16 on, to 1e-6 at 1.
#[inline]
fn stirling_errors(a: f64, b: f64) -> f64 {
    const FAR: f64 = 25.0;
    if a > FAR && b > FAR {
        let inverse = (a * b).recip();
        let series = |r: f64| {
            let r2 = r * r;
            r * (1.0 / 12.0 - r2 * (1.0 / 360.0 - r2 * (1.0 / 1260.0 - r2 / 1680.0)))
        };
        return series(b * inverse) + series(a * inverse);
    }
    let fraction = |a: f64| {
        1.0 / (12.0 * a + 2.0 / (5.0 * a + 53.0 / (42.0 * a + 1170.0 / (53.0 * a + 53.0 / a))))
    };
    fraction(a) + fraction(b)
}
