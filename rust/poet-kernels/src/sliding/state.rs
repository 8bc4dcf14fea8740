//! Saved states as bytes: a kind, a format version, the fields, and a checksum over all.
//!
//! Layout, little-endian: `b"poetstat"`, kind (u8), version (u8), fields, FNV-1a (u64) of all
//! before it. A list is its length (u64) and its elements. What does not add up is refused with the
//! reason; nothing is allocated before the bytes for it are known to be there.

use crate::error::KernelError;
use crate::order::Ordered;
use crate::reference::Reference;

const MAGIC: &[u8; 8] = b"poetstat";
const VERSION: u8 = 1;
const HEAD: usize = MAGIC.len() + 2;
/// A reference is rebuilt value by value; no saved one claims more than this.
const MOST_VALUES: u64 = 1 << 32;

/// What a state belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// [`super::SlidingKs`] over floats.
    KsFloat = 1,
    /// [`super::SlidingKs`] over integers.
    KsInteger = 2,
    /// [`super::SlidingCounts`].
    Counts = 3,
    /// [`super::JumpingKs`] over floats.
    JumpFloat = 4,
    /// [`super::JumpingKs`] over integers.
    JumpInteger = 5,
    /// [`super::Adwin`].
    Adwin = 6,
    /// [`super::PageHinkley`].
    PageHinkley = 7,
}

/// A number that a state can hold.
pub trait Stored: Copy {
    /// As 64 bits.
    fn bits(self) -> u64;
    /// From 64 bits.
    fn from_bits(bits: u64) -> Self;
}

impl Stored for u64 {
    fn bits(self) -> u64 {
        self
    }
    fn from_bits(bits: u64) -> Self {
        bits
    }
}

impl Stored for i64 {
    fn bits(self) -> u64 {
        self.cast_unsigned()
    }
    fn from_bits(bits: u64) -> Self {
        bits.cast_signed()
    }
}

impl Stored for f64 {
    fn bits(self) -> u64 {
        self.to_bits()
    }
    fn from_bits(bits: u64) -> Self {
        Self::from_bits(bits)
    }
}

/// The kind of the state that these bytes say they are.
///
/// # Errors
///
/// [`KernelError::State`] for bytes that are no state.
pub fn kind_of(bytes: &[u8]) -> Result<Kind, KernelError> {
    if bytes.len() < HEAD + 8 || &bytes[..MAGIC.len()] != MAGIC {
        return Err(refused("these bytes are no state of a detector"));
    }
    let (body, sum) = bytes.split_at(bytes.len() - 8);
    if checksum(body).to_le_bytes() != sum {
        return Err(refused("it is damaged or cut short"));
    }
    if bytes[9] != VERSION {
        return Err(refused("it was saved by another version of POET"));
    }
    [
        Kind::KsFloat,
        Kind::KsInteger,
        Kind::Counts,
        Kind::JumpFloat,
        Kind::JumpInteger,
        Kind::Adwin,
        Kind::PageHinkley,
    ]
    .into_iter()
    .find(|&kind| kind as u8 == bytes[8])
    .ok_or(refused("it was saved by another version of POET"))
}

/// Collects the fields of a state.
#[derive(Debug)]
pub struct Writer(Vec<u8>);

impl Writer {
    pub(super) fn new(kind: Kind) -> Self {
        let mut bytes = MAGIC.to_vec();
        bytes.extend([kind as u8, VERSION]);
        Self(bytes)
    }

    pub(super) fn put(&mut self, value: impl Stored) {
        self.0.extend(value.bits().to_le_bytes());
    }

    pub(super) fn put_all<S: Stored>(&mut self, values: impl Iterator<Item = S>) {
        let at = self.0.len();
        self.put(0_u64);
        let mut length = 0_u64;
        for value in values {
            self.put(value);
            length += 1;
        }
        self.0[at..at + 8].copy_from_slice(&length.to_le_bytes());
    }

    pub(super) fn put_reference<T: Ordered + Stored>(&mut self, reference: &Reference<T>) {
        self.put_all(reference.values().iter().copied());
        self.put_all(reference.ranks().iter());
    }

    pub(super) fn finish(mut self) -> Vec<u8> {
        let sum = checksum(&self.0);
        self.0.extend(sum.to_le_bytes());
        self.0
    }
}

/// Takes the fields of a state, in the order in which they were put.
#[derive(Debug)]
pub struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    pub(super) fn new(bytes: &'a [u8], kind: Kind) -> Result<Self, KernelError> {
        if kind_of(bytes)? != kind {
            return Err(refused("it belongs to another kind of detector"));
        }
        Ok(Self(&bytes[HEAD..bytes.len() - 8]))
    }

    pub(super) fn take<S: Stored>(&mut self) -> Result<S, KernelError> {
        let (first, rest) = self.0.split_first_chunk::<8>().ok_or(short())?;
        self.0 = rest;
        Ok(S::from_bits(u64::from_le_bytes(*first)))
    }

    pub(super) fn size(&mut self) -> Result<usize, KernelError> {
        usize::try_from(self.take::<u64>()?).map_err(|_| short())
    }

    pub(super) fn take_all<S: Stored>(&mut self) -> Result<Vec<S>, KernelError> {
        let length = self.size()?;
        if length > self.0.len() / 8 {
            return Err(short());
        }
        (0..length).map(|_| self.take()).collect()
    }

    pub(super) fn take_reference<T: Ordered + Stored>(
        &mut self,
    ) -> Result<Reference<T>, KernelError> {
        const WRONG: KernelError = refused("its reference is none");
        let (values, cumulative) = (self.take_all::<T>()?, self.take_all::<u64>()?);
        let total = cumulative.last().copied().unwrap_or(0);
        let rising = cumulative.is_sorted_by(|a, b| a < b) && cumulative.first() > Some(&0);
        if values.len() != cumulative.len() || !rising || total > MOST_VALUES {
            return Err(WRONG);
        }
        let mut sample = Vec::new();
        sample
            .try_reserve_exact(total as usize)
            .map_err(|_| KernelError::TooLarge)?;
        for (value, &end) in values.into_iter().zip(&cumulative) {
            sample.resize(end as usize, value);
        }
        let reference = Reference::fit(&sample).map_err(|_| WRONG)?;
        if !reference.ranks().iter().eq(cumulative) {
            return Err(WRONG);
        }
        Ok(reference)
    }

    pub(super) fn end(self) -> Result<(), KernelError> {
        if self.0.is_empty() {
            Ok(())
        } else {
            Err(refused("it holds more than it should"))
        }
    }
}

pub(super) const fn refused(what: &'static str) -> KernelError {
    KernelError::State { what }
}

fn short() -> KernelError {
    refused("it holds less than it should")
}

/// FNV-1a over the bytes (Fowler, Noll, Vo, 1991): finds damage, not malice.
fn checksum(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |sum, &byte| {
        (sum ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn sample() -> Vec<u8> {
        let mut writer = Writer::new(Kind::Counts);
        writer.put_reference(&Reference::fit(&[2.0, 1.0, 2.0]).unwrap());
        writer.put(7_u64);
        writer.finish()
    }

    #[test]
    fn fields_come_back() {
        let bytes = sample();
        let mut reader = Reader::new(&bytes, Kind::Counts).unwrap();
        let reference: Reference<f64> = reader.take_reference().unwrap();
        assert_eq!(reference.ranks().iter().collect::<Vec<_>>(), [1, 3]);
        assert_eq!(reader.size(), Ok(7));
        assert!(reader.take::<u64>().is_err());
        reader.end().unwrap();
    }

    proptest! {
        #[test]
        fn damage_is_found(at in any::<prop::sample::Index>(), flip in 1_u8..=255, cut: bool) {
            let mut bytes = sample();
            let at = at.index(bytes.len());
            if cut { bytes.truncate(at) } else { bytes[at] ^= flip }
            prop_assert!(kind_of(&bytes).is_err());
        }

        /// Bytes with a right checksum and wrong fields: an error, no panic.
        #[test]
        fn wrong_fields_are_refused(fields in proptest::collection::vec(0_u64..9, 0..12)) {
            let mut writer = Writer::new(Kind::Counts);
            for &field in &fields {
                writer.put(field);
            }
            let bytes = writer.finish();
            let mut reader = Reader::new(&bytes, Kind::Counts).unwrap();
            if let Ok(reference) = reader.take_reference::<i64>() {
                prop_assert!(reference.total() > 0);
            }
        }
    }
}
