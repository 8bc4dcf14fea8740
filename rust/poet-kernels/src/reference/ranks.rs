//! How many sample values there are up to each distinct one, in as little memory as they allow.

/// Ascending counts from 1; where every value occurs once they are their own positions, and no list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ranks(Kept);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Kept {
    /// `1, 2, 3, …`, so many.
    Distinct(usize),
    /// Where the last one fits 32 bits.
    Short(Vec<u32>),
    Long(Vec<u64>),
}

impl Ranks {
    /// Takes up strictly ascending counts, the first at least 1: equal counts are kept alike.
    pub(crate) fn new(cumulative: Vec<u64>) -> Self {
        let total = cumulative.last().copied().unwrap_or(0);
        Self(if total == cumulative.len() as u64 {
            Kept::Distinct(cumulative.len())
        } else if u32::try_from(total).is_ok() {
            Kept::Short(cumulative.iter().map(|&up_to| up_to as u32).collect())
        } else {
            Kept::Long(cumulative)
        })
    }

    /// The number of distinct values.
    #[inline(always)]
    #[must_use]
    pub fn len(&self) -> usize {
        match &self.0 {
            Kept::Distinct(len) => *len,
            Kept::Short(counts) => counts.len(),
            Kept::Long(counts) => counts.len(),
        }
    }

    /// Whether there is no value.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The number of all values.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.below(self.len())
    }

    /// How many values there are up to and including the `index`-th distinct one.
    #[inline(always)]
    #[must_use]
    pub fn up_to(&self, index: usize) -> u64 {
        match &self.0 {
            Kept::Distinct(_) => index as u64 + 1,
            Kept::Short(counts) => counts[index].into(),
            Kept::Long(counts) => counts[index],
        }
    }

    /// How many values there are below the `index`-th distinct one.
    #[inline(always)]
    #[must_use]
    pub fn below(&self, index: usize) -> u64 {
        index.checked_sub(1).map_or(0, |index| self.up_to(index))
    }

    /// All counts in order.
    #[must_use]
    pub fn iter(&self) -> impl ExactSizeIterator<Item = u64> {
        (0..self.len()).map(|index| self.up_to(index))
    }

    /// The first distinct value up to which there are at least so many values.
    #[must_use]
    pub fn first_at(&self, wanted: u128) -> usize {
        let (mut low, mut high) = (0, self.len());
        while low < high {
            let middle = low + (high - low) / 2;
            if u128::from(self.up_to(middle)) < wanted {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        low
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn counts_are_kept_whatever_their_size(
            steps in prop::collection::vec(prop_oneof![Just(1_u64), 1..9_u64, Just(1 << 33)], 0..60),
            wanted in 0..40_u128,
        ) {
            let cumulative: Vec<u64> = steps.iter().scan(0, |sum, &step| { *sum += step; Some(*sum) }).collect();
            let ranks = Ranks::new(cumulative.clone());
            prop_assert_eq!(ranks.iter().collect::<Vec<_>>(), cumulative.clone());
            prop_assert_eq!(ranks.total(), steps.iter().sum::<u64>());
            prop_assert_eq!((ranks.len(), ranks.is_empty()), (steps.len(), steps.is_empty()));
            let first = cumulative.partition_point(|&up_to| u128::from(up_to) < wanted);
            prop_assert_eq!(ranks.first_at(wanted), first);
            prop_assert_eq!(ranks.below(steps.len()), ranks.total());
        }
    }
}
