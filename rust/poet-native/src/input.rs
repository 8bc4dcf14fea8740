//! What every function of this module does with its arguments and its errors.

use numpy::PyReadonlyArray1;
use poet_kernels::KernelError;
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;

/// The elements of a contiguous array.
pub fn as_slice<'a, T: numpy::Element>(array: &'a PyReadonlyArray1<'_, T>) -> PyResult<&'a [T]> {
    array
        .as_slice()
        .map_err(|error| PyValueError::new_err(error.to_string()))
}

/// A kernel's refusal as a `ValueError`.
pub fn refused(error: KernelError) -> PyErr {
    PyValueError::new_err(error.to_string())
}
