//! Categories of a reference and counts of windows against them.

use std::sync::Arc;

use numpy::{IntoPyArray, PyArray1};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;

use crate::column::{Column, unusable};

/// The categories of a reference, in the order of their UTF-8 bytes, and how often each occurs.
#[pyclass(frozen, module = "poet._native")]
pub struct Categories {
    pub inner: Arc<poet_kernels::Categories>,
}

/// How often each category occurs in a window; counts of the same categories add up.
#[pyclass(frozen, module = "poet._native")]
pub struct CategoryCounts {
    pub categories: Arc<poet_kernels::Categories>,
    pub inner: poet_kernels::CategoryCounts,
}

type BothSides<'py> = (Bound<'py, PyArray1<u64>>, Bound<'py, PyArray1<u64>>);

#[pymethods]
impl Categories {
    /// Takes up the categories that occur in a column; raises `ValueError` for numbers.
    #[staticmethod]
    pub fn fit(py: Python<'_>, column: &Column) -> PyResult<Self> {
        let inner = py
            .detach(|| poet_frames::fit_names(&column.inner.content()?))
            .map_err(unusable)?;
        Ok(Self {
            inner: Arc::new(inner),
        })
    }

    /// Takes up names and their counts; raises `ValueError` where they differ in number.
    #[staticmethod]
    pub fn from_counts(names: Vec<String>, counts: Vec<u64>, nulls: u64) -> PyResult<Self> {
        if names.len() != counts.len() {
            let message = format!("{} names, but {} counts", names.len(), counts.len());
            return Err(PyValueError::new_err(message));
        }
        let pairs = names.iter().map(String::as_bytes).zip(counts);
        Ok(Self {
            inner: Arc::new(poet_kernels::Categories::from_pairs(pairs, nulls)),
        })
    }

    /// The categories in the order of their UTF-8 bytes.
    #[getter]
    pub fn names(&self) -> Vec<String> {
        self.inner.names().names().map(text).collect()
    }

    /// For each category, how often it occurs.
    #[getter]
    pub fn counts<'py>(&self, py: Python<'py>) -> Bound<'py, PyArray1<u64>> {
        PyArray1::from_slice(py, self.inner.counts())
    }

    /// Number of nulls, which are no category.
    #[getter]
    pub fn nulls(&self) -> u64 {
        self.inner.nulls()
    }

    /// Number of values, nulls left out.
    #[getter]
    pub fn total(&self) -> u64 {
        self.inner.total()
    }

    /// Counts a column; raises `ValueError` for numbers.
    pub fn count(&self, py: Python<'_>, column: &Column) -> PyResult<CategoryCounts> {
        let inner = py.detach(|| -> Result<_, poet_frames::ColumnError> {
            let mut counts = self.inner.count();
            column.inner.content()?.count(&self.inner, &mut counts)?;
            Ok(counts)
        });
        let categories = Arc::clone(&self.inner);
        Ok(CategoryCounts {
            categories,
            inner: inner.map_err(unusable)?,
        })
    }

    /// Takes up counts by name, as a process that counted elsewhere has them.
    pub fn counts_from(
        &self,
        names: Vec<String>,
        counts: Vec<u64>,
        nulls: u64,
    ) -> PyResult<CategoryCounts> {
        if names.len() != counts.len() {
            let message = format!("{} names, but {} counts", names.len(), counts.len());
            return Err(PyValueError::new_err(message));
        }
        let mut inner = self.inner.count();
        for (name, count) in names.iter().zip(counts) {
            inner.add_many(&self.inner, name.as_bytes(), count);
        }
        inner.add_nulls(nulls);
        Ok(CategoryCounts {
            categories: Arc::clone(&self.inner),
            inner,
        })
    }

    /// (current, reference): counts of both sides over the known categories, then the unseen ones.
    ///
    /// Raises `ValueError` for counts of other categories.
    pub fn align<'py>(&self, py: Python<'py>, counts: &CategoryCounts) -> PyResult<BothSides<'py>> {
        same(&self.inner, &counts.categories)?;
        let (current, reference) = self.inner.align(&counts.inner);
        Ok((current.into_pyarray(py), reference.into_pyarray(py)))
    }
}

#[pymethods]
impl CategoryCounts {
    /// For each category of the reference, how often it occurs.
    #[getter]
    pub fn known<'py>(&self, py: Python<'py>) -> Bound<'py, PyArray1<u64>> {
        PyArray1::from_slice(py, self.inner.known())
    }

    /// The categories that the reference does not have, with their counts.
    #[getter]
    pub fn unseen(&self) -> Vec<(String, u64)> {
        let pairs = self.inner.unseen();
        pairs
            .into_iter()
            .map(|(name, count)| (text(name), count))
            .collect()
    }

    /// The names of the reference's categories.
    #[getter]
    pub fn names(&self) -> Vec<String> {
        self.categories.names().names().map(text).collect()
    }

    /// Number of nulls.
    #[getter]
    pub fn nulls(&self) -> u64 {
        self.inner.nulls()
    }

    /// Number of values, nulls left out.
    #[getter]
    pub fn total(&self) -> u64 {
        self.inner.total()
    }

    /// The counts of both windows together; raises `ValueError` for counts of other categories.
    pub fn merge(&self, other: &Self) -> PyResult<Self> {
        same(&self.categories, &other.categories)?;
        let mut inner = self.inner.clone();
        inner.merge(&other.inner);
        Ok(Self {
            categories: Arc::clone(&self.categories),
            inner,
        })
    }
}

/// Counts add and align only over the same categories, which a loaded profile has, too.
fn same(a: &Arc<poet_kernels::Categories>, b: &Arc<poet_kernels::Categories>) -> PyResult<()> {
    if Arc::ptr_eq(a, b) || a.names().names().eq(b.names().names()) {
        return Ok(());
    }
    Err(PyValueError::new_err(
        "the counts belong to other categories; count with one profile",
    ))
}

fn text(name: &[u8]) -> String {
    String::from_utf8_lossy(name).into_owned()
}
