//! A window of a column as it lies in memory: chunks of values, each with a bitmap of what is valid.
//!
//! The layout is that of Arrow (Columnar Format 1.5, "Validity bitmaps"): one bit a value, the least
//! significant first, 1 is valid. Nothing is copied but blocks that hold a null.

use std::fmt;

/// Values a block holds at most where a chunk has nulls: 128 kB of the second cache, many enough for
/// what a kernel sets up for each block. A power of two.
const BLOCK: usize = 1 << 14;
const WORD: usize = 64;

/// Which values of a chunk are valid.
#[derive(Debug, Clone, Copy)]
pub struct Validity<'a> {
    /// One bit a value, the least significant first; bits beyond the end are nulls.
    pub bits: &'a [u8],
    /// The position of the first value's bit.
    pub offset: usize,
}

impl Validity<'_> {
    /// The bits of the values from `start`, at most 64 and none at or beyond `end`.
    #[inline]
    fn word(&self, start: usize, end: usize) -> u64 {
        let bit = self.offset + start;
        let bytes = self.bits.get(bit / 8..).unwrap_or(&[]);
        let mut low = [0_u8; 8];
        let taken = bytes.len().min(8);
        low[..taken].copy_from_slice(&bytes[..taken]);
        let shift = bit % 8;
        let mut word = u64::from_le_bytes(low) >> shift;
        if let (1.., Some(&high)) = (shift, bytes.get(8)) {
            word |= u64::from(high) << (WORD - shift);
        }
        match end - start {
            count @ 0..WORD => word & ((1 << count) - 1),
            _ => word,
        }
    }

    /// How many of the first `len` values are null.
    #[must_use]
    pub fn nulls(&self, len: usize) -> u64 {
        let valid: u64 = (0..len)
            .step_by(WORD)
            .map(|start| u64::from(self.word(start, len).count_ones()))
            .sum();
        len as u64 - valid
    }

    /// Whether the value at `index` is valid.
    #[must_use]
    pub fn is_valid(&self, index: usize) -> bool {
        self.word(index, index + 1) == 1
    }
}

/// A run of values in memory.
#[derive(Debug, Clone, Copy)]
pub struct Chunk<'a, T> {
    /// The values; what stands at a null is of no meaning.
    pub values: &'a [T],
    /// Which of them are valid; `None` where all are.
    pub validity: Option<Validity<'a>>,
}

/// A column, or part of one, in as many chunks as it came in.
#[derive(Clone)]
pub struct Window<'a, T> {
    chunks: Vec<Chunk<'a, T>>,
}

impl<'a, T> Window<'a, T> {
    /// The chunks in order.
    #[must_use]
    pub fn new(chunks: Vec<Chunk<'a, T>>) -> Self {
        Self { chunks }
    }

    /// The chunks in order.
    #[must_use]
    pub fn chunks(&self) -> &[Chunk<'a, T>] {
        &self.chunks
    }

    /// Number of values, nulls included.
    #[must_use]
    pub fn len(&self) -> usize {
        self.chunks.iter().map(|chunk| chunk.values.len()).sum()
    }

    /// Whether there is no value, not even a null.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.chunks.iter().all(|chunk| chunk.values.is_empty())
    }

    /// Number of nulls; a NaN is a value.
    #[must_use]
    pub fn nulls(&self) -> u64 {
        let nulls = |c: &Chunk<'_, T>| {
            c.validity
                .map_or(0, |validity| validity.nulls(c.values.len()))
        };
        self.chunks.iter().map(nulls).sum()
    }
}

impl<T: Copy> Window<'_, T> {
    /// Hands over all valid values in order, none twice, in slices of any length but 0.
    ///
    /// A chunk without a bitmap is handed over as it lies in memory, whole. Of one with a bitmap
    /// the valid values are gathered in blocks.
    pub fn for_each_block(&self, mut f: impl FnMut(&[T])) {
        for chunk in self.chunks.iter().filter(|chunk| !chunk.values.is_empty()) {
            match chunk.validity {
                None => f(chunk.values),
                Some(validity) => gather(chunk.values, validity, &mut f),
            }
        }
    }

    /// The valid values, copied.
    #[must_use]
    pub fn to_vec(&self) -> Vec<T> {
        let mut all = Vec::with_capacity(self.len() - self.nulls() as usize);
        self.for_each_block(|block| all.extend_from_slice(block));
        all
    }
}

fn gather<T: Copy>(values: &[T], validity: Validity<'_>, f: &mut impl FnMut(&[T])) {
    let Some(&first) = values.first() else { return };
    let size = values.len().next_power_of_two().clamp(WORD, BLOCK);
    let mut block = vec![first; size];
    let mut filled = 0;
    for (i, word_values) in values.chunks(WORD).enumerate() {
        let start = i * WORD;
        let word = validity.word(start, start + word_values.len());
        if filled + WORD > size {
            f(&block[..filled]);
            filled = 0;
        }
        if word == u64::MAX {
            block[filled..filled + WORD].copy_from_slice(word_values);
            filled += WORD;
            continue;
        }
        // Each value is written and only a valid one kept: no branch to mispredict.
        for (bit, &value) in word_values.iter().enumerate() {
            block[filled & (size - 1)] = value;
            filled += (word >> bit & 1) as usize;
        }
    }
    if filled > 0 {
        f(&block[..filled]);
    }
}

impl<'a, T> From<&'a [T]> for Window<'a, T> {
    fn from(values: &'a [T]) -> Self {
        let validity = None;
        Self::new(vec![Chunk { values, validity }])
    }
}

impl<T> fmt::Debug for Window<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (chunks, len) = (self.chunks.len(), self.len());
        write!(f, "Window({len} values in {chunks} chunks)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_slice_is_handed_over_as_it_lies_in_memory() {
        let values = [1_i64, 2, 3];
        let window = Window::from(&values[..]);
        let mut seen = vec![];
        window.for_each_block(|block| seen.push((block.as_ptr(), block.len())));
        assert_eq!(seen, [(values.as_ptr(), 3)]);
        assert_eq!((window.len(), window.nulls()), (3, 0));
    }

    #[test]
    fn missing_bits_are_nulls() {
        let validity = Some(Validity {
            bits: &[0xff],
            offset: 3,
        });
        let values = [7_i64; 9];
        let window = Window::new(vec![Chunk {
            values: &values,
            validity,
        }]);
        assert_eq!((window.nulls(), window.to_vec().len()), (4, 5));
        assert!(Window::<f64>::new(vec![]).is_empty());
    }

    proptest! {
        #[test]
        fn any_chunks_and_nulls_hand_over_the_valid_values_in_order(
            chunks in prop::collection::vec(
                (0_usize..70, prop::collection::vec((any::<i64>(), any::<bool>(), any::<bool>()), 0..3000)),
                0..4,
            ),
            dense in any::<bool>(),
        ) {
            let mut expected = vec![];
            let mut nulls = 0;
            let mut columns = vec![];
            for (offset, rows) in &chunks {
                let mut bits = vec![0_u8; (offset + rows.len()).div_ceil(8)];
                for (i, &(value, a, b)) in rows.iter().enumerate() {
                    // Dense: whole words of valid values occur, too.
                    let valid = if dense { a || b || i % 640 > 9 } else { a };
                    if valid {
                        expected.push(value);
                        bits[(offset + i) / 8] |= 1 << ((offset + i) % 8);
                    } else {
                        nulls += 1;
                    }
                }
                columns.push((rows.iter().map(|row| row.0).collect::<Vec<_>>(), bits, *offset));
            }
            let window = Window::new(columns.iter().map(|(values, bits, offset)| Chunk {
                values,
                validity: Some(Validity { bits, offset: *offset }),
            }).collect());
            prop_assert_eq!(window.nulls(), nulls);
            prop_assert_eq!(window.len(), expected.len() + nulls as usize);
            let mut seen = vec![];
            window.for_each_block(|block| { assert!(!block.is_empty()); seen.extend_from_slice(block); });
            prop_assert_eq!(&seen, &expected);
            let valid = columns.iter().flat_map(|(values, bits, offset)| {
                let validity = Validity { bits, offset: *offset };
                (0..values.len()).map(move |i| validity.is_valid(i))
            });
            prop_assert_eq!(valid.filter(|&v| v).count(), expected.len());
        }
    }
}
