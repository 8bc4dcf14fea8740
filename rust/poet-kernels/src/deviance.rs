//! `(1 + x) ln(1 + x) - x` without cancellation.
//!
//! Sums of `p ln(p / q)` lose their digits when `p` is close to `q`: large terms of both signs add
//! up to almost nothing. Written as `q * unit_deviance((p - q) / q)` every term is non-negative and
//! small where the distributions agree, and the sums are equal because `p - q` adds up to zero.
//!
//! Source: C. Loader (2000), "Fast and accurate computation of binomial probabilities", where
//! `bd0(x, np) = np * unit_deviance((x - np) / np)`; the series below is its series in
//! `v = x / (2 + x)`.

/// Below this distance from zero the closed form loses digits and the series takes over.
const SERIES_BELOW: f64 = 0.1;

/// `(1 + x) ln(1 + x) - x` for `x >= -1`: zero at 0, 1 at -1, never negative.
///
/// Relative error: a few units in the last place.
#[must_use]
pub fn unit_deviance(x: f64) -> f64 {
    if x.abs() >= SERIES_BELOW {
        return if x <= -1.0 {
            1.0
        } else {
            (1.0 + x) * x.ln_1p() - x
        };
    }
    // ln(1 + x) = 2 (v + v^3/3 + v^5/5 + ...) and 2 v (1 + x) - x = x v.
    let v = x / (2.0 + x);
    let v2 = v * v;
    let (mut power, mut odd, mut sum) = (v2 * v, 3.0, 0.0);
    loop {
        let next = sum + power / odd;
        #[expect(
            clippy::float_cmp,
            reason = "stops when a term no longer changes the sum"
        )]
        if next == sum {
            return x * v + 2.0 * (1.0 + x) * sum;
        }
        sum = next;
        power *= v2;
        odd += 2.0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_points() {
        assert!(unit_deviance(0.0).abs() < f64::MIN_POSITIVE);
        assert!((unit_deviance(-1.0) - 1.0).abs() < 1e-16);
        let at_one = 2.0 * std::f64::consts::LN_2 - 1.0;
        assert!((unit_deviance(1.0) - at_one).abs() < 1e-15);
    }

    #[test]
    fn tiny_arguments_keep_their_digits() {
        for x in [1e-9, -1e-9, 1e-150, -3e-12] {
            let leading = x * x / 2.0 * (1.0 - x / 3.0);
            assert!((unit_deviance(x) / leading - 1.0).abs() < 1e-14, "{x}");
        }
    }

    #[test]
    fn series_and_closed_form_meet() {
        for x in [0.099_999_999, -0.099_999_999] {
            let closed = (1.0 + x) * f64::ln_1p(x) - x;
            assert!((unit_deviance(x) / closed - 1.0).abs() < 1e-13, "{x}");
        }
    }
}
