//! Names numbered in the order they came in: a hash table of byte strings.
//!
//! Open addressing with linear probing. The hash folds the 128-bit product of the text's words with
//! odd constants (the "folded multiply" of wyhash, Wang Yi, 2019). It is fixed, so that the
//! same input takes the same steps everywhere; names are compared in full, so that a collision
//! costs time and never a count.

/// Distinct names and their numbers, from 0.
#[derive(Debug, Clone)]
pub struct Dictionary {
    /// The number of the name in each slot, or `FREE`; a power of two of them.
    slots: Vec<u32>,
    /// Where each name ends in `bytes`; the first entry is 0.
    ends: Vec<usize>,
    bytes: Vec<u8>,
    keys: Vec<Key>,
}

const FREE: u32 = u32::MAX;
/// Names up to this length are told apart by their keys alone.
const WHOLE: usize = 16;

impl Default for Dictionary {
    fn default() -> Self {
        Self {
            slots: vec![FREE; 16],
            ends: vec![0],
            bytes: vec![],
            keys: vec![],
        }
    }
}

impl Dictionary {
    /// Number of names.
    #[must_use]
    pub fn len(&self) -> usize {
        self.ends.len() - 1
    }

    /// Whether there is no name.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The name that has this number.
    ///
    /// # Panics
    ///
    /// If there are not that many names.
    #[inline]
    #[must_use]
    pub fn name(&self, number: usize) -> &[u8] {
        &self.bytes[self.ends[number]..self.ends[number + 1]]
    }

    /// All names by their numbers.
    #[must_use]
    pub fn names(&self) -> impl ExactSizeIterator<Item = &[u8]> {
        (0..self.len()).map(|number| self.name(number))
    }

    /// The number of a name.
    #[inline]
    #[must_use]
    pub fn find(&self, name: &[u8]) -> Option<usize> {
        let number = self.slots[self.probe(name)];
        (number != FREE).then_some(number as usize)
    }

    /// The number of a name, which becomes the next free one if it is new.
    ///
    /// # Panics
    ///
    /// At the 4,294,967,295th name: none can be numbered beyond that.
    #[inline]
    pub fn find_or_insert(&mut self, name: &[u8]) -> usize {
        let slot = self.probe(name);
        match self.slots[slot] {
            FREE => self.insert_at(slot, name),
            number => number as usize,
        }
    }

    #[cold]
    fn insert_at(&mut self, slot: usize, name: &[u8]) -> usize {
        let number = u32::try_from(self.len()).unwrap_or(FREE);
        assert_ne!(number, FREE, "a dictionary holds at most 2^32 - 1 names");
        self.slots[slot] = number;
        self.keys.push(Key::of(name));
        self.bytes.extend_from_slice(name);
        self.ends.push(self.bytes.len());
        // At most a quarter is taken: most names are found in their first slot.
        if self.len() * 4 > self.slots.len() {
            self.grow();
        }
        number as usize
    }

    fn grow(&mut self) {
        self.slots = vec![FREE; self.slots.len() * 4];
        for number in 0..self.len() {
            let slot = self.probe(self.name(number));
            self.slots[slot] = number as u32;
        }
    }

    /// The slot of a name, or the free one where it belongs.
    #[inline(always)]
    fn probe(&self, name: &[u8]) -> usize {
        let mask = self.slots.len() - 1;
        let key = Key::of(name);
        let mut slot = key.hash(name) as usize & mask;
        loop {
            let number = self.slots[slot] as usize;
            // A free slot has no key.
            match self.keys.get(number) {
                None => return slot,
                Some(&found) if found == key && (key.len <= WHOLE || self.name(number) == name) => {
                    return slot;
                }
                Some(_) => slot = (slot + 1) & mask,
            }
        }
    }
}

impl<'a> FromIterator<&'a [u8]> for Dictionary {
    fn from_iter<I: IntoIterator<Item = &'a [u8]>>(names: I) -> Self {
        let mut dictionary = Self::default();
        for name in names {
            dictionary.find_or_insert(name);
        }
        dictionary
    }
}

const A: u64 = 0x9e37_79b9_7f4a_7c15;
const B: u64 = 0x517c_c1b7_2722_0a95;

/// The length and the outer 16 bytes of a name: all of it, up to that length.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Key {
    first: u64,
    last: u64,
    len: usize,
}

impl Key {
    #[inline(always)]
    fn of(name: &[u8]) -> Self {
        let len = name.len();
        let (first, last) =
            if let (Some(first), Some(last)) = (name.first_chunk::<8>(), name.last_chunk()) {
                (u64::from_le_bytes(*first), u64::from_le_bytes(*last))
            } else if let (Some(first), Some(last)) = (name.first_chunk::<4>(), name.last_chunk()) {
                (
                    u32::from_le_bytes(*first).into(),
                    u32::from_le_bytes(*last).into(),
                )
            } else {
                let word = name
                    .iter()
                    .fold(0, |word, &byte| word << 8 | u64::from(byte));
                (word, 0)
            };
        Self { first, last, len }
    }

    #[inline(always)]
    fn hash(self, name: &[u8]) -> u64 {
        let mut h = self.len as u64 ^ A;
        if self.len > WHOLE {
            for word in name.as_chunks().0 {
                h = fold(h ^ u64::from_le_bytes(*word), A);
            }
        }
        fold(self.first ^ h, self.last ^ B)
    }
}

#[inline(always)]
fn fold(a: u64, b: u64) -> u64 {
    let product = u128::from(a) * u128::from(b);
    product as u64 ^ (product >> 64) as u64
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::HashMap;

    proptest! {
        #[test]
        fn numbers_names_as_a_map_does(
            names in prop::collection::vec(prop::collection::vec(0_u8..3, 0..40), 0..400),
        ) {
            let mut dictionary = Dictionary::default();
            let mut map: HashMap<&[u8], usize> = HashMap::new();
            for name in &names {
                let next = map.len();
                let expected = *map.entry(name).or_insert(next);
                prop_assert_eq!(dictionary.find(name).is_some(), expected != next);
                prop_assert_eq!(dictionary.find_or_insert(name), expected);
            }
            prop_assert_eq!(dictionary.len(), map.len());
            for (number, name) in dictionary.names().enumerate() {
                prop_assert_eq!(map.get(name), Some(&number));
                prop_assert_eq!(dictionary.find(name), Some(number));
            }
        }
    }

    #[test]
    fn names_of_one_pattern_spread_over_the_slots() {
        for pattern in [
            "category_{}",
            "{}",
            "{}_a_rather_long_suffix",
            "a_rather_long_prefix_{}",
        ] {
            let names: Vec<String> = (0..10_000)
                .map(|i| pattern.replace("{}", &i.to_string()))
                .collect();
            let dictionary: Dictionary = names.iter().map(String::as_bytes).collect();
            let mask = dictionary.slots.len() - 1;
            let away = |name: &String| {
                let name = name.as_bytes();
                let first = Key::of(name).hash(name) as usize;
                dictionary.probe(name).wrapping_sub(first) & mask
            };
            let steps: usize = names.iter().map(away).sum();
            assert!(
                steps < 4_000,
                "{pattern}: {steps} steps beside the first slot"
            );
        }
    }
}
