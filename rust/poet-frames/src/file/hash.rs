//! A 128-bit hash of whole words: `MurmurHash3_x64_128` with seed 0 (Austin Appleby, 2011, public
//! domain) of their little-endian bytes.
//!
//! It tells different contents apart, and a damaged file from a whole one. It is no seal: whoever
//! changes a file on purpose can write the hash anew, as with any hash without a key, so a
//! cryptographic one, ten times as slow and with its own dependencies, would promise no more.

/// The hash of the words so far.
#[derive(Debug, Clone, Default)]
pub struct Hash {
    state: (u64, u64),
    /// The first word of a pair.
    half: Option<u64>,
    words: u64,
}

const C1: u64 = 0x87c3_7b91_1142_53d5;
const C2: u64 = 0x4cf5_ad43_2745_937f;

impl Hash {
    /// Takes up a word.
    #[inline]
    pub fn word(&mut self, word: u64) {
        self.words = self.words.wrapping_add(1);
        let Some(first) = self.half.take() else {
            self.half = Some(word);
            return;
        };
        let (mut a, mut b) = self.state;
        a ^= mixed_first(first);
        a = a.rotate_left(27).wrapping_add(b);
        a = a.wrapping_mul(5).wrapping_add(0x52dc_e729);
        b ^= word.wrapping_mul(C2).rotate_left(33).wrapping_mul(C1);
        b = b.rotate_left(31).wrapping_add(a);
        b = b.wrapping_mul(5).wrapping_add(0x3849_5ab5);
        self.state = (a, b);
    }

    /// Takes up how many words there are, then the words.
    pub fn words(&mut self, words: impl ExactSizeIterator<Item = u64>) {
        self.word(words.len() as u64);
        words.for_each(|word| self.word(word));
    }

    /// Takes up how many bytes there are, then the bytes, filled up with zeros to whole words.
    pub fn bytes(&mut self, bytes: &[u8]) {
        self.word(bytes.len() as u64);
        let (words, rest) = bytes.as_chunks::<8>();
        for word in words {
            self.word(u64::from_le_bytes(*word));
        }
        if !rest.is_empty() {
            let mut word = [0; 8];
            word[..rest.len()].copy_from_slice(rest);
            self.word(u64::from_le_bytes(word));
        }
    }

    /// The hash of all words.
    #[must_use]
    pub fn finish(&self) -> [u8; 16] {
        let (mut a, mut b) = self.state;
        a ^= self.half.map_or(0, mixed_first);
        let len = self.words.wrapping_mul(8);
        (a, b) = (a ^ len, b ^ len);
        a = a.wrapping_add(b);
        b = b.wrapping_add(a);
        (a, b) = (spread(a), spread(b));
        a = a.wrapping_add(b);
        b = b.wrapping_add(a);
        (u128::from(b) << 64 | u128::from(a)).to_le_bytes()
    }
}

#[inline]
fn mixed_first(word: u64) -> u64 {
    word.wrapping_mul(C1).rotate_left(31).wrapping_mul(C2)
}

fn spread(mut word: u64) -> u64 {
    word ^= word >> 33;
    word = word.wrapping_mul(0xff51_afd7_ed55_8ccd);
    word ^= word >> 33;
    word = word.wrapping_mul(0xc4ce_b9fe_1a85_ec53);
    word ^ word >> 33
}

/// The hash as text.
#[must_use]
pub fn hex(hash: [u8; 16]) -> String {
    format!("{:032x}", u128::from_be_bytes(hash))
}
