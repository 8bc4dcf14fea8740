//! Profiles and counts as the bytes of files.

use std::sync::Arc;

use poet_frames::Profile;
use poet_frames::file::{self, FileError};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::PyBytes;

use crate::frames::{ColumnCounts, ColumnProfile};

type NamedProfile = (Option<String>, ColumnProfile);
type NamedCounts = (Option<String>, ColumnCounts);

fn refused(error: FileError) -> PyErr {
    PyValueError::new_err(error.to_string())
}

fn equally_many(names: usize, others: usize, what: &str) -> PyResult<()> {
    if names == others {
        Ok(())
    } else {
        Err(PyValueError::new_err(format!(
            "{names} names, but {others} {what}"
        )))
    }
}

/// The bytes of a file with these profiles, an Arrow IPC file with a row for each.
///
/// The same profiles give the same bytes. Raises `ValueError` for lists of unequal lengths and for
/// more than 2^53 values.
#[pyfunction]
pub fn profiles_to_bytes(
    py: Python<'_>,
    names: Vec<Option<String>>,
    profiles: Vec<PyRef<'_, ColumnProfile>>,
) -> PyResult<Py<PyBytes>> {
    equally_many(names.len(), profiles.len(), "profiles")?;
    let profiles: Vec<&Profile> = profiles.iter().map(|profile| &*profile.inner).collect();
    let names = names.iter().map(Option::as_deref);
    let rows: Vec<_> = names.zip(profiles).collect();
    let bytes = py
        .detach(|| file::profiles_to_bytes(&rows))
        .map_err(refused)?;
    Ok(PyBytes::new(py, &bytes).unbind())
}

/// The profiles in the bytes of a file, each with the name of its column.
///
/// Raises `ValueError` for bytes that are no such file, were written by a newer version, or are
/// damaged.
#[pyfunction]
pub fn profiles_from_bytes(py: Python<'_>, data: &[u8]) -> PyResult<Vec<NamedProfile>> {
    let read = py
        .detach(|| file::profiles_from_bytes(data))
        .map_err(refused)?;
    let wrapped = read.into_iter().map(|(name, profile)| {
        let inner = Arc::new(profile);
        (name, ColumnProfile { inner })
    });
    Ok(wrapped.collect())
}

/// The bytes of a file with these counts, an Arrow IPC file with a row for each.
///
/// The same counts give the same bytes. Raises `ValueError` for lists of unequal lengths and for
/// more than 2^53 values.
#[pyfunction]
pub fn counts_to_bytes(
    py: Python<'_>,
    names: Vec<Option<String>>,
    counts: Vec<PyRef<'_, ColumnCounts>>,
) -> PyResult<Py<PyBytes>> {
    equally_many(names.len(), counts.len(), "counts")?;
    let counts: Vec<&ColumnCounts> = counts.iter().map(|counts| &**counts).collect();
    let names = names.iter().map(Option::as_deref);
    let rows: Vec<_> = names
        .zip(counts)
        .map(|(name, counts)| (name, &*counts.profile, &counts.inner))
        .collect();
    let bytes = py
        .detach(|| file::counts_to_bytes(&rows))
        .map_err(refused)?;
    Ok(PyBytes::new(py, &bytes).unbind())
}

/// The counts in the bytes of a file, each with the name of its column; they add to other counts
/// of the same profile objects.
///
/// Every row needs a profile equal to that which it was counted against: the one at its place in
/// the list or any other. Raises `ValueError` where there is none, and as `profiles_from_bytes`.
#[pyfunction]
pub fn counts_from_bytes(
    py: Python<'_>,
    data: &[u8],
    profiles: Vec<PyRef<'_, ColumnProfile>>,
) -> PyResult<Vec<NamedCounts>> {
    let profiles: Vec<_> = profiles.iter().map(|p| Arc::clone(&p.inner)).collect();
    let references: Vec<&Profile> = profiles.iter().map(|profile| &**profile).collect();
    let read = py.detach(|| file::counts_from_bytes(data, &references));
    let wrapped = read.map_err(refused)?.into_iter().map(|row| {
        let profile = Arc::clone(&profiles[row.profile]);
        let inner = row.counts;
        (row.name, ColumnCounts { inner, profile })
    });
    Ok(wrapped.collect())
}
