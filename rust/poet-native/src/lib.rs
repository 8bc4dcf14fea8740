//! `poet._native`: a thin face over the kernels. It takes contiguous arrays of the exact dtype,
//! releases the GIL while it computes and returns plain tuples; `python/poet/_native.pyi` is its
//! contract, checked against this module by `mypy.stubtest`.

#![expect(
    clippy::needless_pass_by_value,
    reason = "PyO3 hands arguments over by value"
)]

use pyo3::prelude::*;

/// POET's kernels for contiguous arrays; use `poet.stats`, which takes more and says more.
#[pymodule]
mod _native {
    use numpy::PyReadonlyArray1;
    use poet_kernels::KernelError;
    use pyo3::exceptions::PyValueError;
    use pyo3::prelude::*;

    type KsTuple = (f64, f64, f64, i8, &'static str);
    type KlTuple = (f64, f64, f64, u64, f64);

    /// Exact two-sample KS test of two float64 arrays without NaN.
    ///
    /// Returns (statistic, `p_value`, location, sign, method); raises `ValueError` for empty arrays,
    /// NaN and arrays that are not contiguous, `TypeError` for another dtype or shape.
    #[pyfunction]
    fn ks_2samp(
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

    /// Divergence, G-test and total variation of two uint64 arrays of counts per category.
    ///
    /// Returns (divergence, statistic, `p_value`, dof, `total_variation`); raises `ValueError` for
    /// unequal lengths, counts that add up to 0 or beyond 62 bits, a negative or infinite
    /// pseudo-count and arrays that are not contiguous, `TypeError` for another dtype or shape.
    #[pyfunction]
    fn kl_divergence(
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

    fn as_slice<'a, T: numpy::Element>(array: &'a PyReadonlyArray1<'_, T>) -> PyResult<&'a [T]> {
        array
            .as_slice()
            .map_err(|error| PyValueError::new_err(error.to_string()))
    }

    fn refused(error: KernelError) -> PyErr {
        PyValueError::new_err(error.to_string())
    }
}
