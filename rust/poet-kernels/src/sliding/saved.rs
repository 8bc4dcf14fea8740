//! Saving and resuming [`SlidingKs`].

use super::ks::SlidingKs;
use super::state::{Kind, Reader, Stored, Writer, refused};
use crate::error::KernelError;
use crate::order::Ordered;

/// A number that a saved reference can consist of.
pub trait Saved: Ordered + Stored {
    /// The kind of a sliding window over such a reference.
    const SLIDING: Kind;
    /// The kind of a jumping window over such a reference.
    const JUMPING: Kind;
}

impl Saved for f64 {
    const SLIDING: Kind = Kind::KsFloat;
    const JUMPING: Kind = Kind::JumpFloat;
}

impl Saved for i64 {
    const SLIDING: Kind = Kind::KsInteger;
    const JUMPING: Kind = Kind::JumpInteger;
}

/// Cells as they are stored.
pub(super) fn take_cells(reader: &mut Reader<'_>, cells: usize) -> Result<Vec<u32>, KernelError> {
    let stored = reader.take_all::<u64>()?;
    if stored.iter().any(|&cell| cell >= cells as u64) {
        return Err(refused("its window does not fit its reference"));
    }
    Ok(stored.into_iter().map(|cell| cell as u32).collect())
}

impl<T: Saved> SlidingKs<T> {
    /// All that [`Self::resume`] needs, the reference included.
    #[must_use]
    pub fn state(&self) -> Vec<u8> {
        let mut writer = Writer::new(T::SLIDING);
        writer.put(self.window() as u64);
        writer.put(self.min_size() as u64);
        writer.put(self.missing());
        writer.put_all(self.cells_in_order().map(u64::from));
        writer.put_reference(self.reference());
        writer.finish()
    }

    /// The window whose [`Self::state`] this is.
    ///
    /// # Errors
    ///
    /// [`KernelError::State`], and those of [`Self::new`].
    pub fn resume(bytes: &[u8]) -> Result<Self, KernelError> {
        let mut reader = Reader::new(bytes, T::SLIDING)?;
        let (window, min_size) = (reader.size()?, reader.size()?);
        let missing = reader.take::<u64>()?;
        let cells = reader.take_all::<u64>()?;
        let reference = reader.take_reference::<T>()?;
        reader.end()?;
        let known = reference.cells() as u64;
        if cells.len() > window || cells.iter().any(|&cell| cell >= known) {
            return Err(refused("its window does not fit its reference"));
        }
        let mut sliding = Self::new(reference, window, min_size)?;
        sliding.restore(cells.into_iter().map(|cell| cell as u32).collect(), missing);
        Ok(sliding)
    }
}
