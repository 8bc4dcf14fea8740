//! Detectors that choose their own window.

use std::sync::Mutex;

use numpy::{PyArray1, PyReadonlyArray1};
use poet_kernels::sliding::{self, AdwinSettings, Mode, PageHinkleySettings};
use pyo3::prelude::*;
use pyo3::types::PyBytes;

use crate::input::{as_slice, refused};
use crate::shared::with;

type Indices<'py> = Bound<'py, PyArray1<i64>>;

fn indices(py: Python<'_>, found: Vec<usize>) -> Indices<'_> {
    PyArray1::from_iter(
        py,
        found
            .into_iter()
            .map(|index| index as u64)
            .map(u64::cast_signed),
    )
}

/// ADWIN over a float64 stream.
#[pyclass(module = "poet._native", frozen)]
pub struct Adwin(Mutex<sliding::Adwin>);

#[pymethods]
impl Adwin {
    #[new]
    fn new(
        delta: f64,
        clock: u64,
        max_buckets: u64,
        min_window_length: u64,
        grace_period: u64,
    ) -> PyResult<Self> {
        let made = sliding::Adwin::new(AdwinSettings {
            delta,
            clock,
            max_buckets,
            min_window_length,
            grace_period,
        });
        Ok(Self(Mutex::new(made.map_err(refused)?)))
    }

    /// The positions of the values that show a change; NaN is passed over, infinity refused.
    fn push<'py>(
        &self,
        py: Python<'py>,
        values: PyReadonlyArray1<'_, f64>,
    ) -> PyResult<Indices<'py>> {
        let values = as_slice(&values)?;
        let found = with(py, &self.0, |py, adwin| py.detach(|| adwin.push(values)));
        Ok(indices(py, found.map_err(refused)?))
    }

    /// Whether the value shows a change.
    fn push_one(&self, py: Python<'_>, value: f64) -> PyResult<bool> {
        with(py, &self.0, |_, adwin| adwin.push_one(value)).map_err(refused)
    }

    /// (delta, clock, `max_buckets`, `min_window_length`, `grace_period`).
    fn settings(&self, py: Python<'_>) -> (f64, u64, u64, u64, u64) {
        let s = with(py, &self.0, |_, adwin| adwin.settings());
        let (least, grace) = (s.min_window_length, s.grace_period);
        (s.delta, s.clock, s.max_buckets, least, grace)
    }

    /// (width, mean, variance, `n_current`, `n_detections`, `drift_detected`).
    fn summary(&self, py: Python<'_>) -> (u64, f64, f64, u64, u64, bool) {
        with(py, &self.0, |_, a| {
            let (found, drifted) = (a.detections(), a.drift_detected());
            (a.width(), a.mean(), a.variance(), a.seen(), found, drifted)
        })
    }

    /// All that `resume` needs.
    fn state<'py>(&self, py: Python<'py>) -> Bound<'py, PyBytes> {
        let bytes = with(py, &self.0, |_, adwin| adwin.state());
        PyBytes::new(py, &bytes)
    }

    /// The detector whose state this is.
    #[staticmethod]
    fn resume(state: &[u8]) -> PyResult<Self> {
        let made = sliding::Adwin::resume(state).map_err(refused)?;
        Ok(Self(Mutex::new(made)))
    }
}

/// The Page-Hinkley test over a float64 stream.
#[pyclass(module = "poet._native", frozen)]
pub struct PageHinkley(Mutex<sliding::PageHinkley>);

#[pymethods]
impl PageHinkley {
    #[new]
    fn new(
        min_instances: u64,
        delta: f64,
        threshold: f64,
        alpha: f64,
        mode: &str,
    ) -> PyResult<Self> {
        let mode = Mode::named(mode).map_err(refused)?;
        let made = sliding::PageHinkley::new(PageHinkleySettings {
            min_instances,
            delta,
            threshold,
            alpha,
            mode,
        });
        Ok(Self(Mutex::new(made.map_err(refused)?)))
    }

    /// The positions of the values that show a change; NaN is passed over, infinity refused.
    fn push<'py>(
        &self,
        py: Python<'py>,
        values: PyReadonlyArray1<'_, f64>,
    ) -> PyResult<Indices<'py>> {
        let values = as_slice(&values)?;
        let found = with(py, &self.0, |py, test| py.detach(|| test.push(values)));
        Ok(indices(py, found.map_err(refused)?))
    }

    /// Whether the value shows a change.
    fn push_one(&self, py: Python<'_>, value: f64) -> PyResult<bool> {
        with(py, &self.0, |_, test| test.push_one(value)).map_err(refused)
    }

    /// (`min_instances`, delta, threshold, alpha, mode).
    fn settings(&self, py: Python<'_>) -> (u64, f64, f64, f64, &'static str) {
        let s = with(py, &self.0, |_, test| test.settings());
        (
            s.min_instances,
            s.delta,
            s.threshold,
            s.alpha,
            s.mode.name(),
        )
    }

    /// (width, mean, `n_current`, `n_detections`, `drift_detected`).
    fn summary(&self, py: Python<'_>) -> (u64, f64, u64, u64, bool) {
        with(py, &self.0, |_, t| {
            let (found, drifted) = (t.detections(), t.drift_detected());
            (t.width(), t.mean(), t.seen(), found, drifted)
        })
    }

    /// All that `resume` needs.
    fn state<'py>(&self, py: Python<'py>) -> Bound<'py, PyBytes> {
        let bytes = with(py, &self.0, |_, test| test.state());
        PyBytes::new(py, &bytes)
    }

    /// The detector whose state this is.
    #[staticmethod]
    fn resume(state: &[u8]) -> PyResult<Self> {
        let made = sliding::PageHinkley::resume(state).map_err(refused)?;
        Ok(Self(Mutex::new(made)))
    }
}
