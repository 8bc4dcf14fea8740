//! All columns of a frame in one call: the GIL is released once, and the columns share the threads.

use std::sync::Arc;

use poet_frames::parallel::each;
use poet_frames::{Ask, ColumnError, Compared, Kind, Profile, Shape, Size};
use poet_kernels::{Categories, KsTest, Smoothing};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;

use crate::column::{Column, unusable};

/// A fitted reference column.
#[pyclass(frozen, module = "poet._native")]
pub struct ColumnProfile {
    pub inner: Arc<Profile>,
}

/// What is kept of a window of a column.
#[pyclass(frozen, module = "poet._native")]
pub struct ColumnCounts {
    pub inner: poet_frames::ColumnCounts,
    pub profile: Arc<Profile>,
}

#[pymethods]
impl ColumnProfile {
    /// The profile of a column with these categories, each with its count.
    #[staticmethod]
    pub fn from_counts(counts: Vec<(String, u64)>, nulls: u64) -> Self {
        let pairs = counts.iter().map(|(name, count)| (name.as_bytes(), *count));
        let categories = Categories::from_pairs(pairs, nulls);
        let n = categories.total();
        Self {
            inner: Arc::new(Profile {
                shape: Shape::Names(Arc::new(categories)),
                kind: Kind::Categories,
                size: Size { n, nulls, nan: 0 },
            }),
        }
    }

    /// "numbers", "times", "categories" or "nulls".
    #[getter]
    pub fn kind(&self) -> &'static str {
        self.inner.kind.as_str()
    }

    /// (values, nulls, NaN) of the column.
    #[getter]
    pub fn size(&self) -> (u64, u64, u64) {
        let size = self.inner.size;
        (size.n, size.nulls, size.nan)
    }

    /// Each category and how often it occurs, in the order of their UTF-8 bytes; None of numbers,
    /// times and columns without values.
    #[getter]
    pub fn categories(&self) -> Option<Vec<(String, u64)>> {
        match &self.inner.shape {
            Shape::Names(categories) => Some(named(categories, categories.counts())),
            _ => None,
        }
    }
}

#[pymethods]
impl ColumnCounts {
    /// (values, nulls, NaN) that were counted.
    #[getter]
    pub fn size(&self) -> (u64, u64, u64) {
        let size = self.inner.size();
        (size.n, size.nulls, size.nan)
    }

    /// The counts of both windows together; raises `ValueError` for counts of another profile.
    pub fn merge(&self, other: &Self) -> PyResult<Self> {
        let inner = self.merged(other).map_err(unusable)?;
        Ok(Self {
            inner,
            profile: Arc::clone(&self.profile),
        })
    }

    /// (known, unseen): each category of the profile with its count, and each other one that
    /// occurred; None of numbers and times.
    #[getter]
    pub fn categories(&self) -> Option<(Named, Named)> {
        match (&self.inner, &self.profile.shape) {
            (poet_frames::ColumnCounts::Names(counts), Shape::Names(categories)) => {
                let unseen = counts.unseen().into_iter();
                let unseen = unseen.map(|(name, count)| (text(name), count)).collect();
                Some((named(categories, counts.known()), unseen))
            }
            _ => None,
        }
    }
}

type Named = Vec<(String, u64)>;

fn named(categories: &Categories, counts: &[u64]) -> Named {
    let names = categories.names().names().map(text);
    names.zip(counts.iter().copied()).collect()
}

fn text(name: &[u8]) -> String {
    String::from_utf8_lossy(name).into_owned()
}

impl ColumnCounts {
    /// Whether they were counted against this profile.
    pub fn is_of(&self, profile: &Arc<Profile>) -> bool {
        // A loaded profile is another object with the same content.
        Arc::ptr_eq(&self.profile, profile) || self.profile.id() == profile.id()
    }

    fn merged(&self, other: &Self) -> Result<poet_frames::ColumnCounts, ColumnError> {
        if !self.is_of(&other.profile) {
            let (current, reference) = ("counts of one profile", "counts of another");
            let (current, reference) = (current.to_owned(), reference.to_owned());
            return Err(ColumnError::Mismatch { current, reference });
        }
        self.inner.merged(&other.inner)
    }
}

// A result, or why there is none.
#[derive(IntoPyObject)]
pub enum OrReason<T> {
    Result(T),
    Reason(String),
}

impl<T> From<Result<T, ColumnError>> for OrReason<T> {
    fn from(result: Result<T, ColumnError>) -> Self {
        match result {
            Ok(result) => Self::Result(result),
            Err(error) => Self::Reason(error.to_string()),
        }
    }
}

type SizeTuple = (u64, u64, u64);
type KsTuple = (f64, f64, f64, i8, &'static str);
type CountsTuple = (f64, f64, f64, f64, f64, f64, f64, u64, f64, u64);
type ComparedTuple = (SizeTuple, Option<KsTuple>, Option<CountsTuple>);

fn as_tuple(found: &Compared) -> ComparedTuple {
    let size = (found.size.n, found.size.nulls, found.size.nan);
    let ks = found.ks.map(|ks| {
        (
            ks.statistic,
            ks.p_value,
            ks.location,
            ks.sign,
            ks.method.as_str(),
        )
    });
    let counts = found.counts.map(|found| {
        let (d, test) = (found.distances, found.chi_square);
        (
            d.kl,
            d.js,
            d.psi,
            d.hellinger,
            d.total_variation,
            test.statistic,
            test.p_value,
            test.dof,
            test.cramers_v,
            test.pooled,
        )
    });
    (size, ks, counts)
}

pub type References<'py> = Vec<PyRef<'py, ColumnProfile>>;
pub type Columns<'py> = Vec<PyRef<'py, Column>>;

pub fn profiles_of(references: &References<'_>) -> Vec<Arc<Profile>> {
    references
        .iter()
        .map(|reference| Arc::clone(&reference.inner))
        .collect()
}

pub fn columns_of(columns: &Columns<'_>) -> Vec<poet_frames::Column> {
    columns.iter().map(|column| column.inner.clone()).collect()
}

pub fn equally_many(a: usize, b: usize) -> PyResult<()> {
    if a == b {
        Ok(())
    } else {
        Err(PyValueError::new_err(format!(
            "{a} profiles, but {b} columns"
        )))
    }
}

/// Fits every column; each gives a profile or the reason why there is none.
///
/// `threads` is the most to take, 0 for one a core.
#[pyfunction]
pub fn fit_columns(
    py: Python<'_>,
    columns: Columns<'_>,
    threads: usize,
) -> Vec<OrReason<ColumnProfile>> {
    let columns = columns_of(&columns);
    let profiles = py.detach(|| each(columns.len(), threads, |i| Profile::fit(&columns[i])));
    let wrapped = profiles.into_iter().map(|profile| {
        profile
            .map(|profile| ColumnProfile {
                inner: Arc::new(profile),
            })
            .into()
    });
    wrapped.collect()
}

/// Compares every column with its profile; each gives a tuple or the reason why there is none.
///
/// The tuple is ((values, nulls, NaN), ks, counts): ks is (statistic, `p_value`, location, sign,
/// method) of numbers and times, counts is (kl, js, psi, hellinger, `total_variation`, chi-square,
/// its `p_value`, dof, `cramers_v`, pooled) of categories or of `bins` quantile bins; None where
/// there are fewer than `min_size` values. Raises `ValueError` for lists of unequal lengths.
#[pyfunction]
#[pyo3(signature = (profiles, columns, *, min_size, ks, level, bins, pseudo_count, min_expected, threads))]
#[expect(
    clippy::too_many_arguments,
    reason = "keyword-only, as Python has them"
)]
pub fn compare_columns(
    py: Python<'_>,
    profiles: References<'_>,
    columns: Columns<'_>,
    min_size: u64,
    ks: bool,
    level: Option<f64>,
    bins: u64,
    pseudo_count: f64,
    min_expected: f64,
    threads: usize,
) -> PyResult<Vec<OrReason<ComparedTuple>>> {
    let (profiles, columns) = (profiles_of(&profiles), columns_of(&columns));
    equally_many(profiles.len(), columns.len())?;
    let smoothing = Smoothing::PseudoCount(pseudo_count);
    let ask = Ask {
        min_size,
        ks: ks.then_some(KsTest {
            level,
            ..KsTest::default()
        }),
        bins,
        smoothing,
        min_expected,
    };
    let found = py.detach(|| {
        each(columns.len(), threads, |i| {
            profiles[i]
                .compare(&columns[i], &ask)
                .map(|found| as_tuple(&found))
                .into()
        })
    });
    Ok(found)
}

/// Counts every column against its profile; each gives counts or the reason why there are none.
///
/// Raises `ValueError` for lists of unequal lengths.
#[pyfunction]
pub fn count_columns(
    py: Python<'_>,
    profiles: References<'_>,
    columns: Columns<'_>,
    threads: usize,
) -> PyResult<Vec<OrReason<ColumnCounts>>> {
    let (profiles, columns) = (profiles_of(&profiles), columns_of(&columns));
    equally_many(profiles.len(), columns.len())?;
    let found = py.detach(|| each(columns.len(), threads, |i| profiles[i].count(&columns[i])));
    let wrapped = found
        .into_iter()
        .zip(profiles)
        .map(|(counts, profile)| counts.map(|inner| ColumnCounts { inner, profile }).into());
    Ok(wrapped.collect())
}

/// Adds counts pair by pair; each gives counts or the reason why there are none.
///
/// Raises `ValueError` for lists of unequal lengths.
#[pyfunction]
pub fn merge_column_counts(
    py: Python<'_>,
    a: Vec<PyRef<'_, ColumnCounts>>,
    b: Vec<PyRef<'_, ColumnCounts>>,
    threads: usize,
) -> PyResult<Vec<OrReason<ColumnCounts>>> {
    equally_many(a.len(), b.len())?;
    let a: Vec<&ColumnCounts> = a.iter().map(|counts| &**counts).collect();
    let b: Vec<&ColumnCounts> = b.iter().map(|counts| &**counts).collect();
    let merged = py.detach(|| {
        each(a.len(), threads, |i| {
            let profile = Arc::clone(&a[i].profile);
            a[i].merged(b[i])
                .map(|inner| ColumnCounts { inner, profile })
                .into()
        })
    });
    Ok(merged)
}

/// `compare_columns` from counts.
#[pyfunction]
#[pyo3(signature = (counts, *, min_size, ks, level, bins, pseudo_count, min_expected, threads))]
#[expect(
    clippy::too_many_arguments,
    reason = "keyword-only, as Python has them"
)]
pub fn compare_column_counts(
    py: Python<'_>,
    counts: Vec<PyRef<'_, ColumnCounts>>,
    min_size: u64,
    ks: bool,
    level: Option<f64>,
    bins: u64,
    pseudo_count: f64,
    min_expected: f64,
    threads: usize,
) -> Vec<OrReason<ComparedTuple>> {
    let counts: Vec<&ColumnCounts> = counts.iter().map(|counts| &**counts).collect();
    let smoothing = Smoothing::PseudoCount(pseudo_count);
    let ask = Ask {
        min_size,
        ks: ks.then_some(KsTest {
            level,
            ..KsTest::default()
        }),
        bins,
        smoothing,
        min_expected,
    };
    py.detach(|| {
        each(counts.len(), threads, |i| {
            let compared = counts[i].profile.compare_counts(&counts[i].inner, &ask);
            compared.map(|found| as_tuple(&found)).into()
        })
    })
}
