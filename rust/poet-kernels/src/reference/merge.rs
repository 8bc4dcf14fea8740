//! References of two samples as the reference of both.

use super::Reference;
use crate::error::KernelError;
use crate::order::Ordered;

impl<T: Ordered> Reference<T> {
    /// What [`Reference::fit`] gives for both samples together.
    ///
    /// # Errors
    ///
    /// [`KernelError::TooLarge`] for more than `u32::MAX / 2` distinct values, and where there are
    /// more values than 64 bits count.
    pub fn merged(&self, other: &Self) -> Result<Self, KernelError> {
        let (a, b) = (self.values(), other.values());
        let total = self.total().checked_add(other.total());
        total.ok_or(KernelError::TooLarge)?;
        let mut values = Vec::with_capacity(a.len().max(b.len()));
        let mut cumulative = Vec::with_capacity(a.len().max(b.len()));
        let (mut i, mut j) = (0, 0);
        while i < a.len() || j < b.len() {
            let (x, y) = (a.get(i), b.get(j));
            let from_a = x.is_some_and(|x| y.is_none_or(|y| x <= y));
            let from_b = y.is_some_and(|y| x.is_none_or(|x| y <= x));
            values.push(if from_a { a[i] } else { b[j] });
            i += usize::from(from_a);
            j += usize::from(from_b);
            cumulative.push(self.below(i) + other.below(j));
        }
        Self::from_steps(values, cumulative)
    }
}
