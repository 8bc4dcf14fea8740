//! `(1 + x) ln(1 + x) - x` without cancellation.
//!
//! Sums of `p ln(p / q)` lose their digits when `p` is close to `q`: large terms of both signs add
//! up to almost nothing. Written as `q * unit_deviance((p - q) / q)` every term is non-negative and
//! small where the distributions agree, and the sums are equal because `p - q` adds up to zero.
//!
//! Sources: C. Loader (2000), "Fast and accurate computation of binomial probabilities", where
//! `bd0(x, np) = np * unit_deviance((x - np) / np)`; the logarithm is that of fdlibm (`e_log.c`,
//! Sun Microsystems, 1993): `ln(1 + f) = 2 s + s R(s^2)` with `s = f / (2 + f)` on
//! `sqrt(1/2) <= 1 + f < sqrt(2)`, whose polynomial `R` is within `2^-58`. There
//! `(1 + f) 2 s - f = f s`, so that the deviance is `s (f + (1 + f) R)`, which cancels nothing.
//! No branch depends on the argument, so that loops over it become vector instructions.

/// The coefficients of `R`, lowest power of `s^2` first.
const R: [f64; 7] = [
    6.666_666_666_666_735e-1,
    3.999_999_999_940_942e-1,
    2.857_142_874_366_239e-1,
    2.222_219_843_214_978_4e-1,
    1.818_357_216_161_805e-1,
    1.531_383_769_920_937_3e-1,
    1.479_819_860_511_658_6e-1,
];
const SQRT_HALF: u64 = 0x3fe6_a09e_667f_3bcd;
const ONE: u64 = 0x3ff0_0000_0000_0000;
const MANTISSA: u64 = (1 << 52) - 1;
/// `2^52`, whose last bit is worth 1: adding a small integer to its bits adds it to the number.
const TWO_52: u64 = 0x4330_0000_0000_0000;

/// `(1 + x) ln(1 + x) - x` for `x >= -1`: zero at 0, 1 at -1, never negative.
///
/// Relative error: a few units in the last place.
#[must_use]
pub fn unit_deviance(x: f64) -> f64 {
    deviance_and_log(x, 1.0 + x).0
}

/// `y ln y - x` and `ln y`, for `x >= -1` and `y = 1 + x` given apart, each rounded on its own.
///
/// So a tiny `y` and a tiny `x` both keep their digits: the relative error of either result is a
/// few units in the last place. For `y <= 0` they are 1 and minus infinity.
#[inline(always)]
pub(crate) fn deviance_and_log(x: f64, y: f64) -> (f64, f64) {
    let bits = y.to_bits().wrapping_add(ONE - SQRT_HALF);
    let exponent = f64::from_bits(TWO_52 | (bits >> 52)) - (4_503_599_627_370_496.0 + 1023.0);
    let reduced = f64::from_bits((bits & MANTISSA) + SQRT_HALF) - 1.0;
    let near = exponent == 0.0;
    let f = if near { x } else { reduced };
    let s = f / (2.0 + f);
    let z = s * s;
    let z2 = z * z;
    let odd = z * (R[0] + z2 * (R[2] + z2 * (R[4] + z2 * R[6])));
    let even = z2 * (R[1] + z2 * (R[3] + z2 * R[5]));
    let r = odd + even;
    let log = exponent * std::f64::consts::LN_2 + s * (2.0 + r);
    let deviance = if near {
        s * (f + (1.0 + f) * r)
    } else {
        y * log - x
    };
    if y > 0.0 {
        (deviance, log)
    } else {
        (1.0, f64::NEG_INFINITY)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

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
    fn a_tiny_ratio_keeps_the_digits_of_its_logarithm() {
        let (deviance, log) = deviance_and_log(1e-300 - 1.0, 1e-300);
        assert!((log / 1e-300_f64.ln() - 1.0).abs() < 1e-15);
        assert!((deviance - 1.0).abs() < 1e-15);
    }

    proptest! {
        /// `ln(1 + x) = 2 (v + v^3/3 + ...)` with `v = x / (2 + x)`, summed to the last bit.
        #[test]
        fn series_near_one(x in -0.29_f64..0.41) {
            let v = x / (2.0 + x);
            let (mut power, mut odd, mut sum) = (v * v * v, 3.0, 0.0);
            while power.abs() > 1e-40 && odd < 200.0 {
                sum += power / odd;
                power *= v * v;
                odd += 2.0;
            }
            let want = x * v + 2.0 * (1.0 + x) * sum;
            prop_assert!((unit_deviance(x) - want).abs() <= 1e-14 * want, "{x}: {want:e}");
        }

        #[test]
        fn closed_form_away_from_one(y in prop_oneof![1e-12_f64..0.7, 1.42_f64..1e12]) {
            let (deviance, log) = deviance_and_log(y - 1.0, y);
            let want = y * y.ln() - (y - 1.0);
            prop_assert!((deviance / want - 1.0).abs() < 1e-14, "{y}: {deviance:e}, {want:e}");
            prop_assert!((log / y.ln() - 1.0).abs() < 1e-15);
        }
    }
}
