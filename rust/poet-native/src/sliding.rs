//! Windows that slide or jump over a stream, against a fixed reference.

use numpy::{PyArray1, PyReadonlyArray1};
use poet_frames::{Measure, Profile, Shape};
use poet_kernels::sliding::state::{Kind, kind_of};
use poet_kernels::sliding::{self, Jump};
use poet_kernels::{KernelError, Reference};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyFloat};
use std::sync::{Arc, Mutex};

use crate::column::unusable;
use crate::frames::ColumnProfile;
use crate::input::{as_slice, refused};
use crate::shared::with;

type Floats<'py> = Bound<'py, PyArray1<f64>>;
type JumpTuple = (u64, u64, u64, u64, f64, f64);

/// Integers up to this size have a float64 of their own.
const EXACT: f64 = 9_007_199_254_740_992.0;

/// An array of one of the two types that a stream or a reference can have.
#[derive(FromPyObject)]
pub enum Values<'py> {
    /// float64.
    Floats(PyReadonlyArray1<'py, f64>),
    /// int64.
    Integers(PyReadonlyArray1<'py, i64>),
}

/// What a stream is compared with: values to sort, or a profile, which has them in order.
#[derive(FromPyObject)]
pub enum Given<'py> {
    Values(Values<'py>),
    Profile(PyRef<'py, ColumnProfile>),
}

enum Sorted {
    Float(Reference<f64>),
    Integer(Reference<i64>),
}

impl Given<'_> {
    fn sorted(&self, py: Python<'_>) -> PyResult<Sorted> {
        match self {
            Self::Values(values) => {
                let sample = values.slice()?;
                let sorted = py.detach(|| match sample {
                    Slice::Floats(sample) => Reference::fit(sample).map(Sorted::Float),
                    Slice::Integers(sample) => Reference::fit(sample).map(Sorted::Integer),
                });
                sorted.map_err(refused)
            }
            Self::Profile(profile) => {
                let profile = Arc::clone(&profile.inner);
                py.detach(|| of_profile(&profile))
            }
        }
    }
}

/// The numbers of a profile: integers as such, decimals as floats.
fn of_profile(profile: &Profile) -> PyResult<Sorted> {
    match &profile.shape {
        Shape::Nothing => Err(PyValueError::new_err("the profile has no values")),
        Shape::Integers(reference, Measure::WHOLE) => {
            Ok(Sorted::Integer(Reference::clone(reference)))
        }
        _ => {
            let floats = profile.floats().map_err(unusable)?;
            Ok(Sorted::Float(Arc::unwrap_or_clone(floats)))
        }
    }
}

#[derive(Clone)]
enum Ks {
    Float(sliding::SlidingKs<f64>),
    Integer(sliding::SlidingKs<i64>),
}

/// Runs one expression for either type of reference.
macro_rules! either {
    ($which:ident, $own:expr, $inner:ident => $body:expr) => {
        match $own {
            $which::Float($inner) => $body,
            $which::Integer($inner) => $body,
        }
    };
}

/// Runs one expression for each type of reference that can take these values.
macro_rules! both {
    ($which:ident, $own:expr, $values:expr, $inner:ident, $slice:ident => $body:expr) => {
        match ($own, $values) {
            ($which::Float($inner), Slice::Floats($slice)) => Ok($body),
            ($which::Integer($inner), Slice::Floats($slice)) => Ok($body),
            ($which::Integer($inner), Slice::Integers($slice)) => Ok($body),
            ($which::Float(_), Slice::Integers(_)) => Err(mixed()),
        }
    };
}

#[derive(Clone, Copy)]
enum Slice<'a> {
    Floats(&'a [f64]),
    Integers(&'a [i64]),
}

impl Values<'_> {
    fn slice(&self) -> PyResult<Slice<'_>> {
        Ok(match self {
            Self::Floats(values) => Slice::Floats(as_slice(values)?),
            Self::Integers(values) => Slice::Integers(as_slice(values)?),
        })
    }
}

fn mixed() -> PyErr {
    PyValueError::new_err("a float64 reference takes float64 values")
}

/// One value of a stream: NaN for None, and no integer that float64 would round.
fn as_float(value: &Bound<'_, PyAny>) -> PyResult<f64> {
    if let Ok(value) = value.cast_exact::<PyFloat>() {
        return Ok(value.value());
    }
    if value.is_none() {
        return Ok(f64::NAN);
    }
    let float: f64 = value.extract()?;
    if float.abs() >= EXACT && !value.is_instance_of::<PyFloat>() && value.ne(float)? {
        return Err(PyValueError::new_err(
            "the value is an integer beyond 2**53, which float64 rounds",
        ));
    }
    Ok(float)
}

/// The exact KS statistic of a sliding window of a float64 or int64 stream.
#[pyclass(module = "poet._native", frozen)]
pub struct SlidingKs(Mutex<Ks>);

#[pymethods]
impl SlidingKs {
    /// Raises `ValueError` for a profile of anything but numbers.
    #[new]
    fn new(py: Python<'_>, reference: Given<'_>, window: usize, min_size: usize) -> PyResult<Self> {
        let made = match reference.sorted(py)? {
            Sorted::Float(reference) => {
                sliding::SlidingKs::new(reference, window, min_size).map(Ks::Float)
            }
            Sorted::Integer(reference) => {
                sliding::SlidingKs::new(reference, window, min_size).map(Ks::Integer)
            }
        };
        Ok(Self(Mutex::new(made.map_err(refused)?)))
    }

    /// Whether the reference is of int64, so that int64 values are compared exactly.
    #[getter]
    fn takes_integers(&self, py: Python<'_>) -> bool {
        with(py, &self.0, |_, ks| matches!(ks, Ks::Integer(_)))
    }

    /// The statistic after every value.
    fn push<'py>(&self, py: Python<'py>, values: Values<'_>) -> PyResult<Floats<'py>> {
        let (slice, mut found) = (values.slice()?, Vec::new());
        with(py, &self.0, |py, ks| {
            py.detach(|| both!(Ks, ks, slice, ks, slice => ks.push(slice, &mut found)))
        })?;
        Ok(PyArray1::from_vec(py, found))
    }

    /// D+ and D- after every value.
    fn push_one_sided<'py>(
        &self,
        py: Python<'py>,
        values: Values<'_>,
    ) -> PyResult<(Floats<'py>, Floats<'py>)> {
        let (slice, mut greater, mut less) = (values.slice()?, Vec::new(), Vec::new());
        with(py, &self.0, |py, ks| {
            py.detach(|| {
                both!(Ks, ks, slice, ks, slice => ks.push_one_sided(slice, &mut greater, &mut less))
            })
        })?;
        Ok((
            PyArray1::from_vec(py, greater),
            PyArray1::from_vec(py, less),
        ))
    }

    /// The statistic after one value; None is missing.
    fn push_one(&self, py: Python<'_>, value: &Bound<'_, PyAny>) -> PyResult<f64> {
        with(py, &self.0, |_, ks| match ks {
            Ks::Float(ks) => Ok(ks.push_one(as_float(value)?)),
            Ks::Integer(ks) => {
                if !value.is_instance_of::<PyFloat>()
                    && let Ok(whole) = value.extract::<i64>()
                {
                    return Ok(ks.push_one(whole));
                }
                // Beyond 63 bits, where float64 stands above or below all the same.
                let float = if value.is_none() {
                    f64::NAN
                } else {
                    value.extract()?
                };
                Ok(ks.push_one(float))
            }
        })
    }

    /// Whether the window is full and its p-value below `alpha`, after every value.
    fn decide<'py>(
        &self,
        py: Python<'py>,
        values: Values<'_>,
        alpha: f64,
    ) -> PyResult<Bound<'py, PyArray1<bool>>> {
        let (slice, mut found) = (values.slice()?, Vec::new());
        with(py, &self.0, |py, ks| {
            py.detach(|| both!(Ks, ks, slice, ks, slice => ks.decide(slice, alpha, &mut found)))
        })?
        .map_err(refused)?;
        Ok(PyArray1::from_vec(py, found))
    }

    /// The smallest statistic of a full window with a p-value below `alpha`; inf where none has.
    fn critical(&self, py: Python<'_>, alpha: f64) -> PyResult<f64> {
        with(py, &self.0, |py, ks| {
            py.detach(|| {
                either!(Ks, ks, ks => {
                    let cells = ks.window() as f64 * ks.reference().total() as f64;
                    let found = ks.critical_numerator(alpha)?;
                    Ok::<_, KernelError>(found.map_or(f64::INFINITY, |k| k as f64 / cells))
                })
            })
        })
        .map_err(refused)
    }

    /// Of the present window: (statistic, D+, D-).
    fn statistics(&self, py: Python<'_>) -> (f64, f64, f64) {
        with(py, &self.0, |_, ks| {
            either!(Ks, ks, ks => {
                let (greater, less) = ks.one_sided();
                (greater.max(less), greater, less)
            })
        })
    }

    /// The two-sided p-value of the present window.
    fn p_value(&self, py: Python<'_>) -> f64 {
        with(py, &self.0, |py, ks| {
            py.detach(|| either!(Ks, ks, ks => ks.p_value()))
        })
    }

    /// (`window`, `min_size`, `n_current`, `n_reference`, `nan_current`).
    fn sizes(&self, py: Python<'_>) -> (usize, usize, usize, u64, u64) {
        with(py, &self.0, |_, ks| {
            either!(Ks, ks, ks => {
                let (m, missing) = (ks.reference().total(), ks.missing());
                (ks.window(), ks.min_size(), ks.len(), m, missing)
            })
        })
    }

    /// All that `resume` needs.
    fn state<'py>(&self, py: Python<'py>) -> Bound<'py, PyBytes> {
        let bytes = with(py, &self.0, |py, ks| {
            py.detach(|| either!(Ks, ks, ks => ks.state()))
        });
        PyBytes::new(py, &bytes)
    }

    /// The window whose state this is.
    #[staticmethod]
    fn resume(py: Python<'_>, state: &[u8]) -> PyResult<Self> {
        let made = py.detach(|| {
            Ok::<_, KernelError>(if kind_of(state)? == Kind::KsInteger {
                Ks::Integer(sliding::SlidingKs::resume(state)?)
            } else {
                Ks::Float(sliding::SlidingKs::resume(state)?)
            })
        });
        Ok(Self(Mutex::new(made.map_err(refused)?)))
    }
}

/// Divergences of the category counts of a sliding window from those of a reference.
#[pyclass(module = "poet._native", frozen)]
pub struct SlidingCounts(Mutex<sliding::SlidingCounts>);

#[pymethods]
impl SlidingCounts {
    #[new]
    fn new(
        reference: PyReadonlyArray1<'_, u64>,
        window: usize,
        min_size: usize,
        pseudo_count: f64,
    ) -> PyResult<Self> {
        let counts = as_slice(&reference)?;
        let made = sliding::SlidingCounts::new(counts, window, min_size, pseudo_count);
        Ok(Self(Mutex::new(made.map_err(refused)?)))
    }

    /// (kl, psi, js) after every int64 code; a negative one is missing.
    fn push<'py>(
        &self,
        py: Python<'py>,
        codes: PyReadonlyArray1<'_, i64>,
    ) -> PyResult<(Floats<'py>, Floats<'py>, Floats<'py>)> {
        let codes = as_slice(&codes)?;
        let [mut kl, mut psi, mut js] = [const { Vec::<f64>::new() }; 3];
        with(py, &self.0, |py, counts| {
            py.detach(|| {
                counts.push_with(codes, |found| {
                    kl.push(found.kl);
                    psi.push(found.psi);
                    js.push(found.js);
                })
            })
        })
        .map_err(refused)?;
        let [kl, psi, js] = [kl, psi, js].map(|found| PyArray1::from_vec(py, found));
        Ok((kl, psi, js))
    }

    /// (kl, psi, js) of the present window.
    fn distances(&self, py: Python<'_>) -> (f64, f64, f64) {
        let found = with(py, &self.0, |_, counts| counts.distances());
        (found.kl, found.psi, found.js)
    }

    /// The counts of the present window and of the reference.
    fn counts<'py>(
        &self,
        py: Python<'py>,
    ) -> (Bound<'py, PyArray1<u64>>, Bound<'py, PyArray1<u64>>) {
        with(py, &self.0, |py, counts| {
            let current = PyArray1::from_slice(py, counts.counts());
            (current, PyArray1::from_slice(py, counts.reference()))
        })
    }

    /// (`window`, `min_size`, `pseudo_count`, `n_current`, `nan_current`).
    fn sizes(&self, py: Python<'_>) -> (usize, usize, f64, usize, u64) {
        with(py, &self.0, |_, counts| {
            let (n, missing) = (counts.len(), counts.missing());
            let (window, least) = (counts.window(), counts.min_size());
            (window, least, counts.pseudo_count(), n, missing)
        })
    }

    /// All that `resume` needs.
    fn state<'py>(&self, py: Python<'py>) -> Bound<'py, PyBytes> {
        let bytes = with(py, &self.0, |_, counts| counts.state());
        PyBytes::new(py, &bytes)
    }

    /// The window whose state this is.
    #[staticmethod]
    fn resume(state: &[u8]) -> PyResult<Self> {
        let made = sliding::SlidingCounts::resume(state).map_err(refused)?;
        Ok(Self(Mutex::new(made)))
    }
}

#[derive(Clone)]
enum Jumping {
    Float(sliding::JumpingKs<f64>),
    Integer(sliding::JumpingKs<i64>),
}

/// KS comparisons of windows that jump over a float64 or int64 stream.
#[pyclass(module = "poet._native", frozen)]
pub struct JumpingKs(Mutex<Jumping>);

#[pymethods]
impl JumpingKs {
    /// Raises `ValueError` for a profile of anything but numbers.
    #[new]
    fn new(
        py: Python<'_>,
        reference: Given<'_>,
        window: u64,
        step: u64,
        min_size: u64,
    ) -> PyResult<Self> {
        let made = match reference.sorted(py)? {
            Sorted::Float(reference) => {
                sliding::JumpingKs::new(reference, window, step, min_size).map(Jumping::Float)
            }
            Sorted::Integer(reference) => {
                sliding::JumpingKs::new(reference, window, step, min_size).map(Jumping::Integer)
            }
        };
        Ok(Self(Mutex::new(made.map_err(refused)?)))
    }

    /// Whether the reference is of int64, so that int64 values are compared exactly.
    #[getter]
    fn takes_integers(&self, py: Python<'_>) -> bool {
        with(py, &self.0, |_, jumping| {
            matches!(jumping, Jumping::Integer(_))
        })
    }

    /// (start, end, `n_current`, `nan_current`, statistic, `p_value`) of the windows that end here.
    fn push(&self, py: Python<'_>, values: Values<'_>) -> PyResult<Vec<JumpTuple>> {
        let slice = values.slice()?;
        let tuple = |jump: Jump| {
            let (n, missing) = (jump.n_current, jump.nan_current);
            (
                jump.start,
                jump.end,
                n,
                missing,
                jump.statistic,
                jump.p_value,
            )
        };
        let found = with(py, &self.0, |py, jumping| {
            py.detach(|| both!(Jumping, jumping, slice, jumping, slice => jumping.push(slice)))
        })?;
        Ok(found.into_iter().map(tuple).collect())
    }

    /// (window, step, `min_size`, rows, `n_reference`).
    fn sizes(&self, py: Python<'_>) -> (u64, u64, u64, u64, u64) {
        with(py, &self.0, |_, jumping| {
            either!(Jumping, jumping, j => {
                (j.window(), j.step(), j.min_size(), j.rows(), j.reference().total())
            })
        })
    }

    /// All that `resume` needs.
    fn state<'py>(&self, py: Python<'py>) -> Bound<'py, PyBytes> {
        let bytes = with(
            py,
            &self.0,
            |_, jumping| either!(Jumping, jumping, j => j.state()),
        );
        PyBytes::new(py, &bytes)
    }

    /// The windows whose state this is.
    #[staticmethod]
    fn resume(py: Python<'_>, state: &[u8]) -> PyResult<Self> {
        let made = py.detach(|| {
            Ok::<_, KernelError>(if kind_of(state)? == Kind::JumpInteger {
                Jumping::Integer(sliding::JumpingKs::resume(state)?)
            } else {
                Jumping::Float(sliding::JumpingKs::resume(state)?)
            })
        });
        Ok(Self(Mutex::new(made.map_err(refused)?)))
    }
}
