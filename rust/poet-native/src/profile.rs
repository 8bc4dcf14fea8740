//! One window against one profile.

use numpy::{IntoPyArray, PyArray1, PyReadonlyArray1};
use poet_frames::{Asked, Cut};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;

use crate::column::{Column, unusable};
use crate::frames::{ColumnCounts, ColumnProfile};
use crate::input::as_slice;
use crate::ks::ks_test;

/// Rows, or counts that were made against the same profile.
#[derive(FromPyObject)]
pub enum Window<'py> {
    Rows(PyRef<'py, Column>),
    Counts(PyRef<'py, ColumnCounts>),
}

impl Window<'_> {
    fn asked(&self, profile: &ColumnProfile) -> PyResult<Asked<'_>> {
        match self {
            Self::Rows(column) => Ok(Asked::Rows(&column.inner)),
            Self::Counts(counts) if counts.is_of(&profile.inner) => {
                Ok(Asked::Counts(&counts.inner))
            }
            Self::Counts(_) => Err(PyValueError::new_err(
                "these are counts against another profile",
            )),
        }
    }
}

#[derive(IntoPyObject)]
pub enum Location {
    Integer(i64),
    Float(f64),
}

type SizeTuple = (u64, u64, u64);
type KsTuple = (f64, f64, f64, Location, i8, &'static str);

/// The Kolmogorov–Smirnov test of a window of numbers or times.
///
/// Returns ((values, nulls, NaN), test) with test as `ks_2samp` has it, but with the location in the
/// window's own type, or None where either side has fewer than `min_size` values. Raises
/// `ValueError` for other kinds of columns and unknown words.
#[pyfunction]
pub fn profile_ks(
    py: Python<'_>,
    profile: &ColumnProfile,
    window: Window<'_>,
    min_size: u64,
    alternative: &str,
    method: &str,
    alpha: Option<f64>,
) -> PyResult<(SizeTuple, Option<KsTuple>)> {
    let test = ks_test(alternative, method, alpha)?;
    let asked = window.asked(profile)?;
    let found = py
        .detach(|| profile.inner.ks(asked, min_size, test))
        .map_err(unusable)?;
    let tuple = found.test.map(|test| {
        let location = found
            .integer_location
            .map_or(Location::Float(test.location), Location::Integer);
        let (p, error) = (test.p_value, test.p_value_error);
        (
            test.statistic,
            p,
            error,
            location,
            test.sign,
            test.method.as_str(),
        )
    });
    Ok(((found.size.n, found.size.nulls, found.size.nan), tuple))
}

type BinsTuple<'py> = (
    SizeTuple,
    Bound<'py, PyArray1<u64>>,
    Bound<'py, PyArray1<u64>>,
);

/// Counts per bin or category: ((values, nulls, NaN), current, reference), both in one order.
///
/// Numbers are cut into `bins` bins, by "quantile" or by "width"; categories need no cutting.
/// Raises `ValueError` for windows of another kind, an unknown cut and no bins.
#[pyfunction]
pub fn profile_bins<'py>(
    py: Python<'py>,
    profile: &ColumnProfile,
    window: Window<'_>,
    bins: u64,
    cut: &str,
) -> PyResult<BinsTuple<'py>> {
    let cut = match cut {
        _ if bins == 0 => return Err(PyValueError::new_err("bins is 0; it must be at least 1")),
        "quantile" => Cut::Quantiles(bins),
        "width" => Cut::Width(bins),
        word => {
            let message = format!("cut is \"{word}\", which is none of its words");
            return Err(PyValueError::new_err(message));
        }
    };
    let asked = window.asked(profile)?;
    let found = py
        .detach(|| profile.inner.bins(asked, cut))
        .map_err(unusable)?;
    Ok((
        (found.size.n, found.size.nulls, found.size.nan),
        found.current.into_pyarray(py),
        found.reference.into_pyarray(py),
    ))
}

/// The least and the most that the Wasserstein-1 distance of counted numbers can be.
///
/// Raises `ValueError` for counts of categories and counts against another profile.
#[pyfunction]
pub fn profile_wasserstein_bounds(
    profile: &ColumnProfile,
    counts: PyRef<'_, ColumnCounts>,
) -> PyResult<Option<(f64, f64)>> {
    let window = Window::Counts(counts);
    match window.asked(profile)? {
        Asked::Counts(counts) => profile.inner.wasserstein_bounds(counts).map_err(unusable),
        Asked::Rows(_) => Ok(None),
    }
}

/// Quantiles of the profile, or of counts against it, at levels from 0 to 1.
///
/// Raises `ValueError` for categories and for counts against another profile.
#[pyfunction]
pub fn profile_quantiles<'py>(
    py: Python<'py>,
    profile: &ColumnProfile,
    counts: Option<PyRef<'_, ColumnCounts>>,
    levels: PyReadonlyArray1<'_, f64>,
) -> PyResult<Bound<'py, PyArray1<f64>>> {
    let levels = as_slice(&levels)?;
    let found = match counts.map(Window::Counts) {
        Some(window) => match window.asked(profile)? {
            Asked::Counts(counts) => profile.inner.quantiles_of(counts, levels),
            Asked::Rows(_) => profile.inner.quantiles(levels),
        },
        None => profile.inner.quantiles(levels),
    };
    Ok(found.map_err(unusable)?.into_pyarray(py))
}
