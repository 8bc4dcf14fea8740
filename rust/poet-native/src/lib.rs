//! `poet._native`: a thin face over the kernels. It takes contiguous arrays of the exact dtype,
//! releases the GIL while it computes and returns plain tuples; `python/poet/_native.pyi` is its
//! contract, checked against this module by `mypy.stubtest`.

#![expect(
    clippy::needless_pass_by_value,
    reason = "PyO3 hands arguments over by value"
)]

mod adaptive;
mod column;
mod counts;
mod frames;
mod input;
mod ks;
mod profile;
mod profile_file;
mod samples;
mod sandbox;
mod shared;
mod sliding;
mod survey;

use pyo3::prelude::*;

/// POET's kernels for contiguous arrays; use `poet.stats`, which takes more and says more.
#[pymodule]
mod _native {
    #[pymodule_export]
    use super::adaptive::{Adwin, PageHinkley};
    #[pymodule_export]
    use super::column::Column;
    #[pymodule_export]
    use super::counts::{chi_square_test, count_distances, kl_divergence};
    #[pymodule_export]
    use super::frames::{
        ColumnCounts, ColumnProfile, compare_column_counts, compare_columns, count_columns,
        fit_columns, merge_column_counts,
    };
    #[pymodule_export]
    use super::ks::{ks_2samp, ks_p_value};
    #[pymodule_export]
    use super::profile::{profile_bins, profile_ks, profile_quantiles, profile_wasserstein_bounds};
    #[pymodule_export]
    use super::profile_file::{
        counts_from_bytes, counts_to_bytes, profiles_from_bytes, profiles_to_bytes,
    };
    #[pymodule_export]
    use super::samples::{
        anderson_darling, cramer_von_mises, effect_sizes, energy_distance, kuiper, mann_whitney_u,
        wasserstein_distance,
    };
    #[pymodule_export]
    use super::sandbox::{confine, sandbox_layers};
    #[pymodule_export]
    use super::sliding::{JumpingKs, SlidingCounts, SlidingKs};
    #[pymodule_export]
    use super::survey::{describe_profiles, merge_profiles, survey_columns, survey_counts};
}
