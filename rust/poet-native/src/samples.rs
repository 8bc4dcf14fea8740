//! Distances and tests of two float64 arrays without NaN. Each function sorts both once and raises
//! `ValueError` for empty arrays, NaN, `2^31` values and more, and arrays that are not contiguous,
//! `TypeError` for another dtype or shape.

use numpy::PyReadonlyArray1;
use poet_kernels::samples::{self, Alternative, Sorted, Steps};
use poet_kernels::{KernelError, Sample};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;

use crate::input::{as_slice, refused};

type Floats<'py> = PyReadonlyArray1<'py, f64>;
type AdTuple = (f64, f64, &'static str);

/// Sorts both samples and runs `kernel` on them without the GIL.
fn on_sorted<R: Send>(
    py: Python<'_>,
    current: &Floats<'_>,
    reference: &Floats<'_>,
    kernel: impl Fn(Steps<'_>, Steps<'_>) -> Result<R, KernelError> + Send,
) -> PyResult<R> {
    let (current, reference) = (as_slice(current)?, as_slice(reference)?);
    py.detach(move || {
        let current = Sorted::new(current, Sample::Current)?;
        let reference = Sorted::new(reference, Sample::Reference)?;
        kernel(current.steps(), reference.steps())
    })
    .map_err(refused)
}

/// Wasserstein-1 distance, in the unit of the data.
#[pyfunction]
pub fn wasserstein_distance(
    py: Python<'_>,
    current: Floats<'_>,
    reference: Floats<'_>,
) -> PyResult<f64> {
    on_sorted(py, &current, &reference, samples::wasserstein)
}

/// Energy distance, in the square root of the unit of the data.
#[pyfunction]
pub fn energy_distance(
    py: Python<'_>,
    current: Floats<'_>,
    reference: Floats<'_>,
) -> PyResult<f64> {
    on_sorted(py, &current, &reference, samples::energy_distance)
}

/// Cramér–von Mises test: (statistic, `p_value`, exact).
#[pyfunction]
pub fn cramer_von_mises(
    py: Python<'_>,
    current: Floats<'_>,
    reference: Floats<'_>,
) -> PyResult<(f64, f64, bool)> {
    let found = on_sorted(py, &current, &reference, samples::cramer_von_mises)?;
    Ok((found.statistic, found.p_value, found.exact))
}

/// Anderson–Darling test: (statistic, `p_value`, bound), for 4 values together and more.
#[pyfunction]
pub fn anderson_darling(
    py: Python<'_>,
    current: Floats<'_>,
    reference: Floats<'_>,
) -> PyResult<AdTuple> {
    let found = on_sorted(py, &current, &reference, samples::anderson_darling)?;
    Ok((found.statistic, found.p_value, found.bound.as_str()))
}

/// Mann–Whitney U test: (statistic, `p_value`, `cliffs_delta`, exact).
///
/// `alternative` is `"two-sided"`, `"less"` or `"greater"`, else `ValueError`.
#[pyfunction]
pub fn mann_whitney_u(
    py: Python<'_>,
    current: Floats<'_>,
    reference: Floats<'_>,
    alternative: &str,
) -> PyResult<(f64, f64, f64, bool)> {
    let alternative = match alternative {
        "two-sided" => Alternative::TwoSided,
        "less" => Alternative::Less,
        "greater" => Alternative::Greater,
        other => {
            let message = format!("unknown alternative {other:?}");
            return Err(PyValueError::new_err(message));
        }
    };
    let found = on_sorted(py, &current, &reference, |a, b| {
        samples::mann_whitney(a, b, alternative)
    })?;
    Ok((
        found.statistic,
        found.p_value,
        found.cliffs_delta,
        found.exact,
    ))
}

/// Kuiper test: (statistic, `p_value`).
#[pyfunction]
pub fn kuiper(py: Python<'_>, current: Floats<'_>, reference: Floats<'_>) -> PyResult<(f64, f64)> {
    let found = on_sorted(py, &current, &reference, samples::kuiper)?;
    Ok((found.statistic, found.p_value))
}

/// Effect sizes: (`cohens_d`, `hedges_g`, `variance_ratio`, `cliffs_delta`, superiority).
#[pyfunction]
pub fn effect_sizes(
    py: Python<'_>,
    current: Floats<'_>,
    reference: Floats<'_>,
) -> PyResult<(f64, f64, f64, f64, f64)> {
    let found = on_sorted(py, &current, &reference, samples::effect_sizes)?;
    Ok((
        found.cohens_d,
        found.hedges_g,
        found.variance_ratio,
        found.cliffs_delta,
        found.superiority,
    ))
}
