//! The two-sample Kolmogorov–Smirnov test of two arrays.

use numpy::PyReadonlyArray1;
use poet_kernels::{Alternative, KsTest, PValueChoice, ks_p_value_by};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;

use crate::input::{as_slice, refused};

type KsTuple = (f64, f64, f64, f64, i8, &'static str);

/// Exact two-sample KS test of two float64 arrays without NaN.
///
/// `alternative` is "two-sided", "less" or "greater", `method` is "auto", "exact" or "asymptotic",
/// `alpha` is the level that the p-value is held against. Returns (statistic, `p_value`,
/// `p_value_error`, location, sign, method); raises `ValueError` for other words, empty arrays, NaN
/// and arrays that are not contiguous, `TypeError` for another dtype or shape.
#[pyfunction]
pub fn ks_2samp(
    py: Python<'_>,
    current: PyReadonlyArray1<'_, f64>,
    reference: PyReadonlyArray1<'_, f64>,
    alternative: &str,
    method: &str,
    alpha: Option<f64>,
) -> PyResult<KsTuple> {
    let (current, reference) = (as_slice(&current)?, as_slice(&reference)?);
    let test = ks_test(alternative, method, alpha)?;
    let found = py
        .detach(|| poet_kernels::ks_2samp(current, reference, test))
        .map_err(refused)?;
    let method = found.method.as_str();
    Ok((
        found.statistic,
        found.p_value,
        found.p_value_error,
        found.location,
        found.sign,
        method,
    ))
}

/// The p-value of a numerator `D * n * m`: (`p_value`, `p_value_error`, method).
///
/// Raises `ValueError` for other words, an empty sample and sizes beyond 63 bits.
#[pyfunction]
pub fn ks_p_value(
    numerator: u64,
    n: u64,
    m: u64,
    alternative: &str,
    method: &str,
    alpha: Option<f64>,
) -> PyResult<(f64, f64, &'static str)> {
    let test = ks_test(alternative, method, alpha)?;
    match n.checked_mul(m).map(i64::try_from) {
        Some(Ok(1..)) => {}
        _ => return Err(PyValueError::new_err("the sizes are 0 or beyond 63 bits")),
    }
    let p = ks_p_value_by(test.method, numerator, n, m, test.alternative, test.level);
    Ok((p.value, p.error, p.method.as_str()))
}

/// What the words of Python ask for.
pub fn ks_test(alternative: &str, method: &str, alpha: Option<f64>) -> PyResult<KsTest> {
    Ok(KsTest {
        alternative: self::alternative(alternative)?,
        method: match method {
            "auto" => PValueChoice::Auto,
            "exact" => PValueChoice::Exact,
            "asymptotic" => PValueChoice::Asymptotic,
            word => return Err(unknown("method", word)),
        },
        level: alpha,
    })
}

/// The alternative that a word of Python names.
pub fn alternative(word: &str) -> PyResult<Alternative> {
    match word {
        "two-sided" => Ok(Alternative::TwoSided),
        "less" => Ok(Alternative::Less),
        "greater" => Ok(Alternative::Greater),
        word => Err(unknown("alternative", word)),
    }
}

fn unknown(what: &str, word: &str) -> PyErr {
    PyValueError::new_err(format!("{what} is \"{word}\", which is none of its words"))
}
