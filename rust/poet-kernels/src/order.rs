//! Numbers as unsigned integers of the same order: integers sort faster, and equal means equal.

use crate::error::{KernelError, Sample};

/// A number whose order an unsigned 64-bit key keeps exactly.
pub trait Ordered: Copy + PartialOrd + Send + Sync + 'static {
    /// The key: `a < b` exactly where `a.key() < b.key()`, and equal keys exactly where `a == b`.
    ///
    /// NaN has no place in an order; its key is beyond that of one of the infinities.
    fn key(self) -> u64;

    /// The number that has this key; `0.0` for the key that both zeros share.
    fn from_key(key: u64) -> Self;

    /// Whether the value is NaN.
    fn is_nan(self) -> bool;

    /// Whether the value is an infinity.
    fn is_infinite(self) -> bool;

    /// Whether this is a float.
    const IS_FLOAT: bool;

    /// The highest value.
    const HIGHEST: Self;

    /// The nearest float.
    fn as_float(self) -> f64;

    /// The integer, where this is one.
    fn as_integer(self) -> Option<i64>;
}

const SIGN: u64 = 1 << 63;

impl Ordered for f64 {
    /// Adding 0.0 turns `-0.0` into `0.0` and changes nothing else.
    #[inline(always)]
    fn key(self) -> u64 {
        let bits = (self + 0.0).to_bits();
        bits ^ ((bits.cast_signed() >> 63).cast_unsigned() | SIGN)
    }

    #[inline(always)]
    fn from_key(key: u64) -> Self {
        Self::from_bits(if key & SIGN == 0 { !key } else { key & !SIGN })
    }

    #[inline(always)]
    fn is_nan(self) -> bool {
        f64::is_nan(self)
    }

    #[inline(always)]
    fn is_infinite(self) -> bool {
        f64::is_infinite(self)
    }

    const IS_FLOAT: bool = true;
    const HIGHEST: Self = Self::INFINITY;

    #[inline(always)]
    fn as_float(self) -> f64 {
        self
    }

    fn as_integer(self) -> Option<i64> {
        None
    }
}

impl Ordered for i64 {
    #[inline(always)]
    fn key(self) -> u64 {
        self.cast_unsigned() ^ SIGN
    }

    #[inline(always)]
    fn from_key(key: u64) -> Self {
        (key ^ SIGN).cast_signed()
    }

    #[inline(always)]
    fn is_nan(self) -> bool {
        false
    }

    #[inline(always)]
    fn is_infinite(self) -> bool {
        false
    }

    const IS_FLOAT: bool = false;
    const HIGHEST: Self = Self::MAX;

    #[inline(always)]
    fn as_float(self) -> f64 {
        self as f64
    }

    fn as_integer(self) -> Option<i64> {
        Some(self)
    }
}

/// The keys of a sample in ascending order; NaN is refused in the name of its side.
pub(crate) fn sorted_keys<T: Ordered>(sample: &[T], side: Sample) -> Result<Vec<u64>, KernelError> {
    let mut keys = Vec::with_capacity(sample.len());
    for (index, value) in sample.iter().enumerate() {
        if value.is_nan() {
            let sample = side;
            return Err(KernelError::NotANumber { sample, index });
        }
        keys.push(value.key());
    }
    keys.sort_unstable();
    Ok(keys)
}

/// From sorted keys to the distinct values, with room for `spare` more, and how many keys there are
/// up to each.
pub(crate) fn steps<T: Ordered>(keys: &[u64], spare: usize) -> (Vec<T>, Vec<u64>) {
    let changes = keys.windows(2).filter(|pair| pair[0] != pair[1]).count();
    let distinct = changes + usize::from(!keys.is_empty());
    let mut values = Vec::with_capacity(distinct + spare);
    let mut cumulative = Vec::with_capacity(distinct);
    for (i, &key) in keys.iter().enumerate() {
        if keys.get(i + 1) != Some(&key) {
            values.push(T::from_key(key));
            cumulative.push(i as u64 + 1);
        }
    }
    (values, cumulative)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn keys_of_floats_keep_the_order() {
        let ordered = [
            f64::NEG_INFINITY,
            -1e300,
            -1.0,
            -5e-324,
            0.0,
            5e-324,
            1.0,
            f64::INFINITY,
        ];
        for pair in ordered.windows(2) {
            assert!(pair[0].key() < pair[1].key(), "{pair:?}");
        }
        for value in ordered {
            assert_eq!(f64::from_key(value.key()).to_bits(), value.to_bits());
        }
        assert_eq!((-0.0_f64).key(), 0.0_f64.key());
    }

    proptest! {
        #[test]
        fn keys_of_integers_keep_the_order(a in any::<i64>(), b in any::<i64>()) {
            prop_assert_eq!(a.cmp(&b), a.key().cmp(&b.key()));
            prop_assert_eq!(i64::from_key(a.key()), a);
        }
    }
}
