//! The two-sample Kolmogorov–Smirnov test of two arrays.

use numpy::PyReadonlyArray1;
use pyo3::prelude::*;

use crate::input::{as_slice, refused};

type KsTuple = (f64, f64, f64, i8, &'static str);

/// Exact two-sample KS test of two float64 arrays without NaN.
///
/// Returns (statistic, `p_value`, location, sign, method); raises `ValueError` for empty arrays,
/// NaN and arrays that are not contiguous, `TypeError` for another dtype or shape.
#[pyfunction]
pub fn ks_2samp(
    py: Python<'_>,
    current: PyReadonlyArray1<'_, f64>,
    reference: PyReadonlyArray1<'_, f64>,
) -> PyResult<KsTuple> {
    let (current, reference) = (as_slice(&current)?, as_slice(&reference)?);
    let found = py
        .detach(|| poet_kernels::ks_2samp(current, reference))
        .map_err(refused)?;
    let method = found.method.as_str();
    Ok((
        found.statistic,
        found.p_value,
        found.location,
        found.sign,
        method,
    ))
}
