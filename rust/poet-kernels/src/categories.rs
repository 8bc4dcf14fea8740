//! Counts per category of a text column, against the categories of a reference.
//!
//! A window's counts are one number for each known category and one for each that the reference
//! never saw, under its own name. They add over windows, threads and machines.

use crate::dictionary::Dictionary;
use crate::window::Window;

/// The categories of a reference in the order of their bytes, and how often each occurs.
#[derive(Debug, Clone)]
pub struct Categories {
    names: Dictionary,
    counts: Vec<u64>,
    nulls: u64,
}

/// How often each category occurs in a window.
#[derive(Debug, Clone, Default)]
pub struct CategoryCounts {
    /// For each category of the reference.
    known: Vec<u64>,
    unseen: Dictionary,
    unseen_counts: Vec<u64>,
    nulls: u64,
}

impl Categories {
    /// Takes up the categories that occur, known and unseen ones alike.
    ///
    /// The counts come from `Categories::default().count()`, which knows no category.
    #[must_use]
    pub fn fit(counts: &CategoryCounts) -> Self {
        Self::from_pairs(counts.unseen(), counts.nulls)
    }

    /// Takes up names and counts; names with the count 0 are kept as categories that could occur.
    pub fn from_pairs<'a>(pairs: impl IntoIterator<Item = (&'a [u8], u64)>, nulls: u64) -> Self {
        let mut pairs: Vec<_> = pairs.into_iter().collect();
        pairs.sort_unstable_by_key(|&(name, _)| name);
        let mut all = Self {
            names: Dictionary::default(),
            counts: vec![],
            nulls,
        };
        for (name, count) in pairs {
            let number = all.names.find_or_insert(name);
            if number == all.counts.len() {
                all.counts.push(0);
            }
            all.counts[number] = all.counts[number].saturating_add(count);
        }
        all
    }

    /// What both columns together would have given.
    #[must_use]
    pub fn merged(&self, other: &Self) -> Self {
        let a = self.names.names().zip(self.counts.iter().copied());
        let b = other.names.names().zip(other.counts.iter().copied());
        Self::from_pairs(a.chain(b), self.nulls.saturating_add(other.nulls))
    }

    /// The categories in the order of their bytes.
    #[must_use]
    pub fn names(&self) -> &Dictionary {
        &self.names
    }

    /// For each category, how often it occurs.
    #[must_use]
    pub fn counts(&self) -> &[u64] {
        &self.counts
    }

    /// Number of nulls, which are no category.
    #[must_use]
    pub fn nulls(&self) -> u64 {
        self.nulls
    }

    /// Number of values, nulls left out.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.counts.iter().fold(0, |sum, &c| sum.saturating_add(c))
    }

    /// Counts of a window that holds nothing yet.
    #[must_use]
    pub fn count(&self) -> CategoryCounts {
        CategoryCounts {
            known: vec![0; self.names.len()],
            ..CategoryCounts::default()
        }
    }

    /// Both sides over the same categories: the known ones, then the unseen ones by their bytes.
    ///
    /// # Panics
    ///
    /// If the counts were made for other categories.
    #[must_use]
    pub fn align(&self, counts: &CategoryCounts) -> (Vec<u64>, Vec<u64>) {
        assert_eq!(
            counts.known.len(),
            self.counts.len(),
            "counts of other categories"
        );
        let (mut current, mut reference) = (counts.known.clone(), self.counts.clone());
        current.extend(counts.unseen().iter().map(|&(_, count)| count));
        reference.resize(current.len(), 0);
        (current, reference)
    }
}

impl Default for Categories {
    fn default() -> Self {
        Self::from_pairs([], 0)
    }
}

impl CategoryCounts {
    /// For each category of the reference, how often it occurs.
    #[must_use]
    pub fn known(&self) -> &[u64] {
        &self.known
    }

    /// How many categories the reference does not have, and how many values are in them.
    #[must_use]
    pub fn unseen_totals(&self) -> (u64, u64) {
        let counts = self.unseen_counts.iter();
        let values = counts.fold(0_u64, |sum, &count| sum.saturating_add(count));
        (self.unseen_counts.len() as u64, values)
    }

    /// The categories that the reference does not have, by their bytes.
    #[must_use]
    pub fn unseen(&self) -> Vec<(&[u8], u64)> {
        let mut pairs: Vec<_> = self
            .unseen
            .names()
            .zip(self.unseen_counts.iter().copied())
            .collect();
        pairs.sort_unstable_by_key(|&(name, _)| name);
        pairs
    }

    /// Number of nulls.
    #[must_use]
    pub fn nulls(&self) -> u64 {
        self.nulls
    }

    /// Number of values, nulls left out.
    #[must_use]
    pub fn total(&self) -> u64 {
        let all = self.known.iter().chain(&self.unseen_counts);
        all.fold(0, |sum, &c| sum.saturating_add(c))
    }

    /// Counts one value; `categories` are those that these counts were made for.
    #[inline(always)]
    pub fn add(&mut self, categories: &Categories, name: &[u8]) {
        match categories.names.find(name) {
            Some(number) => self.known[number] += 1,
            None => self.add_unseen(name, 1),
        }
    }

    /// Counts a value `count` times; nothing for 0.
    pub fn add_many(&mut self, categories: &Categories, name: &[u8], count: u64) {
        match categories.names.find(name) {
            _ if count == 0 => {}
            Some(number) => self.known[number] = self.known[number].saturating_add(count),
            None => self.add_unseen(name, count),
        }
    }

    /// Counts nulls.
    pub fn add_nulls(&mut self, nulls: u64) {
        self.nulls = self.nulls.saturating_add(nulls);
    }

    /// Adds the counts of another window of the same categories.
    ///
    /// # Panics
    ///
    /// If the other counts were made for a different number of categories.
    pub fn merge(&mut self, other: &Self) {
        assert_eq!(
            self.known.len(),
            other.known.len(),
            "counts of other categories"
        );
        for (sum, count) in self.known.iter_mut().zip(&other.known) {
            *sum = sum.saturating_add(*count);
        }
        for (name, &count) in other.unseen.names().zip(&other.unseen_counts) {
            self.add_unseen(name, count);
        }
        self.nulls = self.nulls.saturating_add(other.nulls);
    }

    #[inline]
    fn add_unseen(&mut self, name: &[u8], count: u64) {
        let number = self.unseen.find_or_insert(name);
        if number == self.unseen_counts.len() {
            self.unseen_counts.push(0);
        }
        let unseen = &mut self.unseen_counts[number];
        *unseen = unseen.saturating_add(count);
    }
}

/// How often each of the codes `0..len` occurs among the valid ones; `None` if one is beyond.
///
/// Four histograms take turns, so that a run of equal codes does not wait for its own last write.
#[must_use]
pub fn count_codes<C: Copy + TryInto<usize>>(
    codes: &Window<'_, C>,
    len: usize,
) -> Option<Vec<u64>> {
    let mut counts = vec![0_u64; len];
    if len == 0 {
        return (codes.len() as u64 == codes.nulls()).then_some(counts);
    }
    let mut turns = vec![0_u32; 4 * len];
    let mut left = u32::MAX as usize;
    let mut seen = 0;
    codes.for_each_block(|block| {
        for block in block.chunks(u32::MAX as usize / 2) {
            if left < block.len() {
                drain(&mut turns, &mut counts);
                left = u32::MAX as usize;
            }
            left -= block.len();
            seen += block.len() as u64;
            add_codes(block, &mut turns, len);
        }
    });
    drain(&mut turns, &mut counts);
    (counts.iter().sum::<u64>() == seen).then_some(counts)
}

fn add_codes<C: Copy + TryInto<usize>>(block: &[C], turns: &mut [u32], len: usize) {
    let (a, rest) = turns.split_at_mut(len);
    let (b, rest) = rest.split_at_mut(len);
    let (c, d) = rest.split_at_mut(len);
    let add = |turn: &mut [u32], code: C| {
        // One that is beyond is missed in the sum.
        if let Some(count) = turn.get_mut(code.try_into().unwrap_or(usize::MAX)) {
            *count += 1;
        }
    };
    let (quads, last) = block.as_chunks::<4>();
    for quad in quads {
        add(a, quad[0]);
        add(b, quad[1]);
        add(c, quad[2]);
        add(d, quad[3]);
    }
    for &code in last {
        add(a, code);
    }
}

fn drain(turns: &mut [u32], counts: &mut [u64]) {
    for turn in turns.chunks_mut(counts.len()) {
        for (sum, count) in counts.iter_mut().zip(turn) {
            *sum += u64::from(std::mem::take(count));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    fn counted(categories: &Categories, names: &[String]) -> CategoryCounts {
        let mut counts = categories.count();
        for name in names {
            counts.add(categories, name.as_bytes());
        }
        counts
    }

    fn fitted(names: &[String]) -> Categories {
        Categories::fit(&counted(&Categories::default(), names))
    }

    fn names() -> impl Strategy<Value = Vec<String>> {
        prop::collection::vec("[a-c]{0,3}", 0..60)
    }

    proptest! {
        #[test]
        fn counts_of_parts_add_up_to_those_of_the_whole(
            reference in names(), first in names(), second in names(),
        ) {
            let categories = fitted(&reference);
            let mut sum = counted(&categories, &first);
            sum.add_nulls(2);
            sum.merge(&counted(&categories, &second));
            let whole = counted(&categories, &[first, second].concat());
            prop_assert_eq!(sum.known(), whole.known());
            prop_assert_eq!(sum.unseen(), whole.unseen());
            prop_assert_eq!((sum.nulls(), sum.total()), (2, whole.total()));
            prop_assert_eq!(categories.align(&sum), categories.align(&whole));
        }

        #[test]
        fn both_sides_are_counted_by_name(reference in names(), current in names()) {
            let categories = fitted(&reference);
            let counts = counted(&categories, &current);
            let mut expected: BTreeMap<&str, (u64, u64)> = BTreeMap::new();
            for name in &reference {
                expected.entry(name).or_default().1 += 1;
            }
            for name in &current {
                expected.entry(name).or_default().0 += 1;
            }
            let (a, b) = categories.align(&counts);
            let unseen = counts.unseen();
            let all = categories.names().names().chain(unseen.iter().map(|&(name, _)| name));
            let found: BTreeMap<&str, (u64, u64)> = all
                .zip(a.into_iter().zip(b))
                .map(|(name, pair)| (std::str::from_utf8(name).unwrap(), pair))
                .collect();
            prop_assert_eq!(found, expected);
            prop_assert!(categories.names().names().is_sorted());
        }

        #[test]
        fn codes_are_counted_as_one_by_one(codes in prop::collection::vec(0_u32..9, 0..200)) {
            let found = count_codes(&Window::from(&codes[..]), 9).unwrap();
            let once = |code| codes.iter().filter(|&&c| c == code).count() as u64;
            prop_assert_eq!(found, (0..9).map(once).collect::<Vec<_>>());
            let beyond = codes.iter().any(|&code| code >= 5);
            prop_assert_eq!(count_codes(&Window::from(&codes[..]), 5).is_none(), beyond);
        }
    }

    #[test]
    fn a_negative_code_is_beyond() {
        assert_eq!(count_codes(&Window::from(&[0_i8, -1][..]), 5), None);
        assert_eq!(count_codes(&Window::<u8>::new(vec![]), 0), Some(vec![]));
    }
}
