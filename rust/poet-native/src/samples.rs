//! Distances and tests of two float64 arrays without NaN, or of one against a fitted profile of
//! numbers. Each function sorts an array once and raises `ValueError` for empty ones, NaN, `2^31`
//! values and more, arrays that are not contiguous and profiles that are not of floats;
//! `TypeError` for another dtype or shape.

use numpy::PyReadonlyArray1;
use poet_kernels::samples::{self, Sorted, Steps};
use poet_kernels::{KernelError, Sample};
use pyo3::prelude::*;

use crate::column::unusable;
use crate::frames::ColumnProfile;
use crate::input::{as_slice, refused};
use crate::ks as words;

type Floats<'py> = PyReadonlyArray1<'py, f64>;
type AdTuple = (f64, f64, &'static str, f64);

/// A reference sample, sorted now or before.
#[derive(FromPyObject)]
pub enum Reference<'py> {
    Profile(PyRef<'py, ColumnProfile>),
    Array(Floats<'py>),
}

/// Sorts what is not sorted yet and runs `kernel` without the GIL.
fn on_sorted<R: Send>(
    py: Python<'_>,
    current: &Floats<'_>,
    reference: &Reference<'_>,
    kernel: impl Fn(Steps<'_>, Steps<'_>) -> Result<R, KernelError> + Send + Sync,
) -> PyResult<R> {
    let current = as_slice(current)?;
    match reference {
        Reference::Profile(profile) => {
            let reference = profile.inner.floats().map_err(unusable)?;
            py.detach(|| {
                let current = Sorted::new(current, Sample::Current)?;
                kernel(current.steps(), Sorted::of(&reference).steps())
            })
        }
        Reference::Array(reference) => {
            let reference = as_slice(reference)?;
            py.detach(|| {
                let current = Sorted::new(current, Sample::Current)?;
                let reference = Sorted::new(reference, Sample::Reference)?;
                kernel(current.steps(), reference.steps())
            })
        }
    }
    .map_err(refused)
}

/// Wasserstein-1 distance, in the unit of the data.
#[pyfunction]
pub fn wasserstein_distance(
    py: Python<'_>,
    current: Floats<'_>,
    reference: Reference<'_>,
) -> PyResult<f64> {
    on_sorted(py, &current, &reference, samples::wasserstein)
}

/// Energy distance, in the square root of the unit of the data.
#[pyfunction]
pub fn energy_distance(
    py: Python<'_>,
    current: Floats<'_>,
    reference: Reference<'_>,
) -> PyResult<f64> {
    on_sorted(py, &current, &reference, samples::energy_distance)
}

/// Cramér–von Mises test: (statistic, `p_value`, exact).
#[pyfunction]
pub fn cramer_von_mises(
    py: Python<'_>,
    current: Floats<'_>,
    reference: Reference<'_>,
) -> PyResult<(f64, f64, bool)> {
    let found = on_sorted(py, &current, &reference, samples::cramer_von_mises)?;
    Ok((found.statistic, found.p_value, found.exact))
}

/// Anderson–Darling test: (statistic, `p_value`, bound, effect), for 4 values together and more.
#[pyfunction]
pub fn anderson_darling(
    py: Python<'_>,
    current: Floats<'_>,
    reference: Reference<'_>,
) -> PyResult<AdTuple> {
    let found = on_sorted(py, &current, &reference, samples::anderson_darling)?;
    let bound = found.bound.as_str();
    Ok((found.statistic, found.p_value, bound, found.effect))
}

/// Mann–Whitney U test: (statistic, `p_value`, `cliffs_delta`, exact).
///
/// `alternative` is `"two-sided"`, `"less"` or `"greater"`, else `ValueError`.
#[pyfunction]
pub fn mann_whitney_u(
    py: Python<'_>,
    current: Floats<'_>,
    reference: Reference<'_>,
    alternative: &str,
) -> PyResult<(f64, f64, f64, bool)> {
    let alternative = words::alternative(alternative)?;
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

/// Kuiper test: (statistic, `p_value`, exact).
#[pyfunction]
pub fn kuiper(
    py: Python<'_>,
    current: Floats<'_>,
    reference: Reference<'_>,
) -> PyResult<(f64, f64, bool)> {
    let found = on_sorted(py, &current, &reference, samples::kuiper)?;
    Ok((found.statistic, found.p_value, found.exact))
}

/// Effect sizes: (`cohens_d`, `hedges_g`, `variance_ratio`, `cliffs_delta`, superiority).
#[pyfunction]
pub fn effect_sizes(
    py: Python<'_>,
    current: Floats<'_>,
    reference: Reference<'_>,
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
