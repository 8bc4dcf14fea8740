//! The one-sided two-sample p-value for large samples.
//!
//! Source: J. L. Hodges (1958), "The significance probability of the Smirnov two-sample test",
//! equation 5.3. Peer: `scipy.stats.ks_2samp(method="asymp")` with a one-sided alternative.

/// Hodges' approximation, and a bound of its rounding error.
pub fn hodges(statistic: f64, n: u64, m: u64) -> (f64, f64) {
    let (m, n) = (n.max(m) as f64, n.min(m) as f64);
    let z = (m * n / (m + n)).sqrt() * statistic;
    let exponent = -2.0 * z * z - 2.0 * z * (m + 2.0 * n) / (m * n * (m + n)).sqrt() / 3.0;
    let value = exponent.exp();
    (value, value * 1e-15 * (1.0 - exponent))
}
