//! Distances and tests of two samples that are already sorted.
//!
//! Each kernel takes two [`Steps`]: the distinct values of a sample in ascending order and how
//! many of its values lie at or below each. [`Sorted`] makes them from a slice, and a
//! [`Reference`] has them already, so that a kept reference is never sorted twice. The statistics
//! come from whole numbers where there are any, and ties and infinities need no special case.

mod anderson_darling;
mod cramer_von_mises;
mod effects;
mod kuiper;
mod mann_whitney;
mod normal;
mod sorted;
mod transport;

pub use anderson_darling::{AndersonDarling, Bound, anderson_darling};
pub use cramer_von_mises::{CVM_EXACT_MAX_SIZE, CramerVonMises, cramer_von_mises};
pub use effects::{EffectSizes, effect_sizes};
pub use kuiper::{Kuiper, kuiper};
pub use mann_whitney::{MWU_EXACT_MAX_SIZE, MannWhitney, mann_whitney};
pub use normal::normal_sf;
pub use sorted::{Sorted, Steps};
pub use transport::{energy_distance, wasserstein};

#[cfg(doc)]
use crate::Reference;
use crate::error::{KernelError, Sample};

/// The most values that both samples together may have where squares of ranks are added up.
const MAX_VALUES: u64 = 1 << 31;

/// The sizes of both samples, if neither is empty and both together stay below `limit`.
fn sizes(current: Steps<'_>, reference: Steps<'_>, limit: u64) -> Result<(u64, u64), KernelError> {
    let (n, m) = (current.total(), reference.total());
    for (size, sample) in [(n, Sample::Current), (m, Sample::Reference)] {
        if size == 0 {
            return Err(KernelError::Empty { sample });
        }
    }
    match n.checked_add(m) {
        Some(all) if all < limit => Ok((n, m)),
        _ => Err(KernelError::TooLarge),
    }
}
