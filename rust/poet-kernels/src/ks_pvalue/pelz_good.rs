//! `P(D_n < x)` of the one-sample Kolmogorov statistic, by an expansion in powers of `n^-1/2`.
//!
//! Source: W. Pelz, I. J. Good (1976), "Approximating the lower tail-areas of the
//! Kolmogorov–Smirnov one-sample statistic": the expansion of Li-Chien (1956) to `n^-3/2`, turned
//! by the theta function's equation into sums that converge fast for `x` that are not far in the
//! tail. One exponential in all: the others are its powers.

use std::f64::consts::PI;

/// Below this `z = x sqrt(n)` the probability is under 1e-17.
const VANISHES_BELOW: f64 = 0.17;
/// Above `z = 1.6` more terms would be needed; the tail has a better road.
const TERMS: i32 = 5;

/// The expansion of `P(D_n < x)`, for `x sqrt(n)` up to 1.6.
pub fn cdf(n: f64, x: f64) -> f64 {
    let z = x * n.sqrt();
    if z < VANISHES_BELOW {
        return 0.0;
    }
    let z2 = z * z;
    let (z4, z6, z8) = (z2 * z2, z2 * z2 * z2, z2 * z2 * z2 * z2);
    let q = (-PI * PI / (8.0 * z2)).exp();
    let (q4, q8) = (q.powi(4), q.powi(8));
    let (mut k0, mut k1, mut k2, mut k3) = (0.0, 0.0, 0.0, 0.0);
    // Both sums run over k and -k alike; `weight` is q^((2k-1)^2), `whole` is q^((2k)^2).
    let (mut weight, mut step) = (q, q8);
    let (mut whole, mut whole_step) = (q4, q4 * q8);
    for k in 1..=TERMS {
        let k = f64::from(k);
        let a = PI * PI * (k - 0.5) * (k - 0.5);
        let b = PI * PI * k * k;
        k0 += weight;
        k1 += weight * (a - z2);
        k2 += weight * (6.0 * z6 + 2.0 * z4 + a * (2.0 * z4 - 5.0 * z2) + a * a * (1.0 - 2.0 * z2));
        k2 -= whole * 2.0 * z4 * b;
        k3 += weight
            * (a * a * a * (5.0 - 30.0 * z2)
                + a * a * (212.0 * z4 - 60.0 * z2)
                + a * (135.0 * z4 - 96.0 * z6)
                - 30.0 * z6
                - 90.0 * z8);
        k3 += whole * 30.0 * z4 * b * (3.0 * z2 - b);
        weight *= step;
        step *= q8;
        whole *= whole_step;
        whole_step *= q8;
    }
    let root = n.sqrt();
    let corrections =
        k1 / (6.0 * z2 * z * root) + k2 / (72.0 * z6 * n) + k3 / (6480.0 * z8 * z * n * root);
    ((2.0 * PI).sqrt() / z * (k0 + corrections)).clamp(0.0, 1.0)
}
