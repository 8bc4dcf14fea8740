//! Comparisons of two arrays of counts per category.

use numpy::PyReadonlyArray1;
use pyo3::prelude::*;

use crate::input::{as_slice, refused};

type KlTuple = (f64, f64, f64, u64, f64);

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
