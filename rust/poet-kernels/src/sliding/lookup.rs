//! The cell of a value among those of a reference, also where the two differ in type.

use crate::order::Ordered;
use crate::reference::Reference;

/// A stream's value that can be placed among the values of a reference.
pub trait CellOf<T>: Copy {
    /// The cell; `None` where the value is NaN.
    fn cell_of(self, reference: &Reference<T>) -> Option<u32>;
}

impl CellOf<f64> for f64 {
    #[inline(always)]
    fn cell_of(self, reference: &Reference<f64>) -> Option<u32> {
        (!self.is_nan()).then(|| reference.cell(self) as u32)
    }
}

impl CellOf<i64> for i64 {
    #[inline(always)]
    fn cell_of(self, reference: &Reference<i64>) -> Option<u32> {
        Some(reference.cell(self) as u32)
    }
}

impl CellOf<i64> for f64 {
    /// Exact: a fraction lies in the open interval below the next integer.
    #[inline]
    fn cell_of(self, reference: &Reference<i64>) -> Option<u32> {
        const LIMIT: f64 = 9_223_372_036_854_775_808.0; // 2^63
        if Ordered::is_nan(self) {
            return None;
        }
        let next = self.ceil();
        let cell = if next >= LIMIT {
            reference.cells() - 1
        } else if next < -LIMIT {
            0
        } else {
            #[expect(clippy::float_cmp, reason = "asks whether there is a fraction")]
            let whole = next == self;
            let cell = reference.cell(next as i64);
            if whole { cell } else { cell & !1 }
        };
        Some(cell as u32)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn floats_stand_exactly_among_integers() {
        let reference = Reference::fit(&[i64::MIN, -1, 2, i64::MAX - 1]).unwrap();
        let cell = |x: f64| x.cell_of(&reference);
        assert_eq!(cell(f64::NAN), None);
        assert_eq!(cell(f64::NEG_INFINITY), Some(0));
        assert_eq!(cell(-9_223_372_036_854_775_808.0), Some(1));
        assert_eq!(cell(-1.0), Some(3));
        assert_eq!([cell(-0.5), cell(-0.0), cell(1.5)], [Some(4); 3]);
        assert_eq!(cell(2.0), Some(5));
        assert_eq!([cell(2.5), cell(9e18)], [Some(6); 2]);
        assert_eq!(
            [cell(9_223_372_036_854_775_808.0), cell(f64::INFINITY)],
            [Some(8); 2]
        );
    }
}
