//! `P(D_n < x)` of the one-sample Kolmogorov statistic, by a power of Durbin's matrix.
//!
//! Sources: J. Durbin (1968), "The probability that the sample distribution function lies between
//! two parallel straight lines"; G. Marsaglia, W. W. Tsang, J. Wang (2003), "Evaluating
//! Kolmogorov's distribution", for the matrix power. All terms are positive: no digits cancel.
//! Exact up to rounding, about `1e-15` times the number of matrix products.

/// The scale is taken out of a power whenever its middle element passes this bound.
const LARGE: f64 = 1e100;

/// `P(D_n < x)` for `0.5 / n < x < 1`; takes `O((n x)^3 log n)` steps.
pub fn cdf(n: u64, x: f64) -> f64 {
    let size = n as f64;
    let k = (size * x).ceil().max(1.0);
    let h = k - size * x;
    let middle = k as usize - 1;
    let width = 2 * middle + 1;
    let base = matrix(width, h);
    let (mut result, mut scale) = (base.clone(), 0.0);
    // From the second-highest bit of n on: square, and times the base where the bit is set.
    for bit in (0..n.ilog2()).rev() {
        result = product(&result, &result, width);
        scale *= 2.0;
        if n >> bit & 1 == 1 {
            result = product(&result, &base, width);
        }
        let centre = result[middle * width + middle];
        if centre > LARGE {
            for value in &mut result {
                *value /= centre;
            }
            scale += centre.ln();
        }
    }
    // Times n! / n^n, in steps that neither overflow nor vanish.
    let mut value = result[middle * width + middle];
    for i in 1..=n {
        value *= i as f64 / size;
        if value < 1.0 / LARGE {
            value *= LARGE;
            scale -= LARGE.ln();
        }
    }
    (value * scale.exp()).clamp(0.0, 1.0)
}

/// Durbin's matrix for `n x = k - h`, `width = 2 k - 1`.
fn matrix(width: usize, h: f64) -> Vec<f64> {
    let mut inverse_factorial = vec![1.0; width + 1];
    for i in 1..=width {
        inverse_factorial[i] = inverse_factorial[i - 1] / i as f64;
    }
    let mut matrix = vec![0.0; width * width];
    for row in 0..width {
        for column in 0..width.min(row + 2) {
            matrix[row * width + column] = inverse_factorial[row + 1 - column];
        }
    }
    let (mut power, mut other) = (1.0, 1.0);
    for i in 0..width {
        power *= h;
        other *= (2.0 * h - 1.0).max(0.0);
        let edge = (1.0 - power) * inverse_factorial[i + 1];
        matrix[i * width] = edge;
        matrix[(width - 1) * width + width - 1 - i] = edge;
    }
    let corner = 1.0 - 2.0 * power + other;
    matrix[(width - 1) * width] = corner * inverse_factorial[width];
    matrix
}

fn product(a: &[f64], b: &[f64], width: usize) -> Vec<f64> {
    let mut result = vec![0.0; width * width];
    for (row, out) in a.chunks_exact(width).zip(result.chunks_exact_mut(width)) {
        for (factor, other) in row.iter().zip(b.chunks_exact(width)) {
            for (sum, value) in out.iter_mut().zip(other) {
                *sum += factor * value;
            }
        }
    }
    result
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_papers_example() {
        // Marsaglia, Tsang, Wang (2003): K(10, 0.274) = 0.6284796154565...
        assert!((cdf(10, 0.274) - 0.628_479_615_456_504).abs() < 1e-14);
    }

    #[test]
    fn one_observation() {
        // D_1 = max(U, 1 - U).
        for x in [0.6, 0.75, 0.9] {
            assert!((cdf(1, x) - (2.0 * x - 1.0)).abs() < 1e-15);
        }
    }
}
