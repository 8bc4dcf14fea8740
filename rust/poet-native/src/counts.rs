//! Comparisons of two arrays of counts per category.

use numpy::PyReadonlyArray1;
use poet_kernels::Smoothing;
use pyo3::prelude::*;

use crate::input::{as_slice, refused};

type KlTuple = (f64, f64, f64, u64, f64);
type DistanceTuple = (f64, f64, f64, f64, f64);
type ChiSquareTuple = (f64, f64, u64, f64, u64, f64);

/// Divergence, G-test and total variation of two uint64 arrays of counts per category.
///
/// Returns (divergence, statistic, `p_value`, dof, `total_variation`); raises `ValueError` for
/// unequal lengths, counts that add up to 0 or beyond 62 bits, a negative or infinite
/// pseudo-count and arrays that are not contiguous, `TypeError` for another dtype or shape.
#[pyfunction]
pub fn kl_divergence(
    py: Python<'_>,
    current_counts: PyReadonlyArray1<'_, u64>,
    reference_counts: PyReadonlyArray1<'_, u64>,
    pseudo_count: f64,
) -> PyResult<KlTuple> {
    let (current, reference) = (as_slice(&current_counts)?, as_slice(&reference_counts)?);
    let found = py
        .detach(|| poet_kernels::kl_divergence(current, reference, pseudo_count))
        .map_err(refused)?;
    let (g, p_value) = (found.statistic, found.p_value);
    Ok((
        found.divergence,
        g,
        p_value,
        found.dof,
        found.total_variation,
    ))
}

/// All distances of two uint64 arrays of counts per category.
///
/// Returns (kl, js, psi, hellinger, `total_variation`), the first three in nats. `smoothing` is a
/// pseudo-count, or with `as_floor` the floor of a share. Raises as `kl_divergence` does.
#[pyfunction]
pub fn count_distances(
    py: Python<'_>,
    current_counts: PyReadonlyArray1<'_, u64>,
    reference_counts: PyReadonlyArray1<'_, u64>,
    smoothing: f64,
    as_floor: bool,
) -> PyResult<DistanceTuple> {
    let (current, reference) = (as_slice(&current_counts)?, as_slice(&reference_counts)?);
    let smoothing = if as_floor {
        Smoothing::Floor(smoothing)
    } else {
        Smoothing::PseudoCount(smoothing)
    };
    let found = py
        .detach(|| poet_kernels::compare_counts(current, reference, smoothing))
        .map_err(refused)?;
    Ok((
        found.kl,
        found.js,
        found.psi,
        found.hellinger,
        found.total_variation,
    ))
}

/// The chi-square test of two uint64 arrays of counts per category, rare categories merged.
///
/// Returns (statistic, `p_value`, dof, `cramers_v`, pooled, `smallest_expected`); raises as
/// `kl_divergence` does.
#[pyfunction]
pub fn chi_square_test(
    py: Python<'_>,
    current_counts: PyReadonlyArray1<'_, u64>,
    reference_counts: PyReadonlyArray1<'_, u64>,
    min_expected: f64,
) -> PyResult<ChiSquareTuple> {
    let (current, reference) = (as_slice(&current_counts)?, as_slice(&reference_counts)?);
    let found = py
        .detach(|| poet_kernels::chi_square_test(current, reference, min_expected))
        .map_err(refused)?;
    Ok((
        found.statistic,
        found.p_value,
        found.dof,
        found.cramers_v,
        found.pooled,
        found.smallest_expected,
    ))
}
