//! Exact p-values of two samples of one size, in closed form.
//!
//! With `h = numerator / n`, reflection gives `C(2n, n-h) / C(2n, n)` one-sided and
//! `2 (r_1 - r_2 + r_3 - ...)` with `r_k = C(2n, n-kh) / C(2n, n)` two-sided.
//!
//! Sources: B. V. Gnedenko, V. S. Korolyuk (1951); J. L. Hodges (1958).

/// Both-sided share for `1 <= h <= n`; `n` multiplications.
pub fn two_sided(h: u64, n: u64) -> f64 {
    // r_1 - r_2 + ... = a_1 (1 - a_2 (1 - ...)) with a_k = r_k / r_(k-1), all below 1.
    let mut sum = 0.0;
    for k in (1..=n / h).rev() {
        sum = ratio((k - 1) * h, h, n) * (1.0 - sum);
    }
    (2.0 * sum).clamp(0.0, 1.0)
}

/// One-sided share for `1 <= h <= n`; `h` multiplications.
pub fn one_sided(h: u64, n: u64) -> f64 {
    ratio(0, h, n)
}

/// `C(2n, n-from-steps) / C(2n, n-from)`.
fn ratio(from: u64, steps: u64, n: u64) -> f64 {
    let mut product = 1.0;
    for j in from..from + steps {
        product *= (n - j) as f64 / (n + j + 1) as f64;
        if product == 0.0 {
            break;
        }
    }
    product
}
