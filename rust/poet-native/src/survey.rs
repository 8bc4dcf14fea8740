//! Surveys of all columns at once, in arrays, and profiles of parts as profiles of all.

use std::sync::Arc;

use numpy::{IntoPyArray, PyArray1};
use poet_frames::parallel::each;
use poet_frames::{Asked, ColumnError, Profile, Shape, SurveyAsk, Surveyed};
use pyo3::prelude::*;

use crate::frames::{
    ColumnCounts, ColumnProfile, Columns, OrReason, References, columns_of, equally_many,
    profiles_of,
};

type Found = Vec<Result<Surveyed, ColumnError>>;
type Floats<'py> = Vec<Bound<'py, PyArray1<f64>>>;
type Whole<'py> = Vec<Bound<'py, PyArray1<u64>>>;
type Reasons = Vec<(usize, String)>;
type Arrays<'py> = (Floats<'py>, Whole<'py>, Reasons);

/// Field by field, NaN and 0 for a column without a result.
fn arrays<'py>(py: Python<'py>, found: &Found) -> Arrays<'py> {
    let floats: [fn(&Surveyed) -> f64; 8] = [
        |f| f.statistic,
        |f| f.p_value,
        |f| f.opposite,
        |f| f.total_variation,
        |f| f.cramers_v,
        |f| f.quantiles[0],
        |f| f.quantiles[1],
        |f| f.quantiles[2],
    ];
    let whole: [fn(&Surveyed) -> u64; 11] = [
        |f| f.size.n,
        |f| f.size.nulls,
        |f| f.size.nan,
        |f| f.dof,
        |f| f.pooled,
        |f| f.below,
        |f| f.above,
        |f| f.infinite,
        |f| f.unseen_rows,
        |f| f.unseen_categories,
        |f| f.categories,
    ];
    let floats = floats.iter().map(|field| {
        let values = found.iter().map(|f| f.as_ref().map_or(f64::NAN, field));
        values.collect::<Vec<_>>().into_pyarray(py)
    });
    let whole = whole.iter().map(|field| {
        let values = found.iter().map(|f| f.as_ref().map_or(0, field));
        values.collect::<Vec<_>>().into_pyarray(py)
    });
    let reasons = found.iter().enumerate();
    let reasons = reasons.filter_map(|(i, f)| f.as_ref().err().map(|e| (i, e.to_string())));
    (floats.collect(), whole.collect(), reasons.collect())
}

/// Surveys every column against its profile: (floats, whole, reasons).
///
/// The arrays, each with an entry for every column, are of statistic, `p_value`, opposite,
/// `total_variation`, `cramers_v` and the quantiles at 0.05, 0.5 and 0.95; and of values, nulls, NaN, dof, pooled, below, above, infinite,
/// `unseen_rows`, `unseen_categories` and categories. A reason names its column by position. Raises
/// `ValueError` for lists of unequal lengths.
#[pyfunction]
#[pyo3(signature = (profiles, columns, *, min_size, level, min_expected, threads))]
pub fn survey_columns<'py>(
    py: Python<'py>,
    profiles: References<'py>,
    columns: Columns<'py>,
    min_size: u64,
    level: Option<f64>,
    min_expected: f64,
    threads: usize,
) -> PyResult<Arrays<'py>> {
    let (profiles, columns) = (profiles_of(&profiles), columns_of(&columns));
    equally_many(profiles.len(), columns.len())?;
    let ask = SurveyAsk {
        min_size,
        level,
        min_expected,
    };
    let found = py.detach(|| {
        each(columns.len(), threads, |i| {
            profiles[i].survey(Asked::Rows(&columns[i]), &ask)
        })
    });
    Ok(arrays(py, &found))
}

/// `survey_columns` from counts: the same numbers.
#[pyfunction]
#[pyo3(signature = (counts, *, min_size, level, min_expected, threads))]
pub fn survey_counts<'py>(
    py: Python<'py>,
    counts: Vec<PyRef<'py, ColumnCounts>>,
    min_size: u64,
    level: Option<f64>,
    min_expected: f64,
    threads: usize,
) -> Arrays<'py> {
    let counts: Vec<&ColumnCounts> = counts.iter().map(|counts| &**counts).collect();
    let ask = SurveyAsk {
        min_size,
        level,
        min_expected,
    };
    let found = py.detach(|| {
        each(counts.len(), threads, |i| {
            let asked = Asked::Counts(&counts[i].inner);
            counts[i].profile.survey(asked, &ask)
        })
    });
    arrays(py, &found)
}

/// (kinds, (values, nulls, NaN, categories)): a list, and arrays with an entry for each profile.
#[pyfunction]
pub fn describe_profiles<'py>(
    py: Python<'py>,
    profiles: References<'py>,
) -> (Vec<&'static str>, Whole<'py>) {
    let profiles = profiles_of(&profiles);
    let kinds = profiles.iter().map(|profile| profile.kind.as_str());
    let whole: [fn(&Profile) -> u64; 4] = [
        |p| p.size.n,
        |p| p.size.nulls,
        |p| p.size.nan,
        |p| match &p.shape {
            Shape::Names(categories) => categories.names().len() as u64,
            _ => 0,
        },
    ];
    let whole = whole.iter().map(|field| {
        let values = profiles.iter().map(|profile| field(profile));
        values.collect::<Vec<_>>().into_pyarray(py)
    });
    (kinds.collect(), whole.collect())
}

/// Merges profiles pair by pair; each gives what both columns together would have given, or the
/// reason why there is none.
///
/// Raises `ValueError` for lists of unequal lengths.
#[pyfunction]
pub fn merge_profiles(
    py: Python<'_>,
    a: References<'_>,
    b: References<'_>,
    threads: usize,
) -> PyResult<Vec<OrReason<ColumnProfile>>> {
    let (a, b) = (profiles_of(&a), profiles_of(&b));
    equally_many(a.len(), b.len())?;
    let merged = py.detach(|| each(a.len(), threads, |i| a[i].merged(&b[i])));
    let wrapped = merged.into_iter().map(|profile| {
        let wrap = |profile| ColumnProfile {
            inner: Arc::new(profile),
        };
        profile.map(wrap).into()
    });
    Ok(wrapped.collect())
}
