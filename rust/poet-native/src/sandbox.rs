//! Confining this process: Python's face of `poet-sandbox`.

use poet_sandbox::{Layer, Policy, Profile, State};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;

type Rows = Vec<(&'static str, String)>;

/// The layers of confinement that depend on the kernel, each `in force` or `missing: why`.
#[pyfunction]
pub fn sandbox_layers() -> Rows {
    rows(poet_sandbox::layers())
}

/// Confine the calling process, which must have one thread, for ever; returns what took effect.
#[pyfunction]
#[pyo3(signature = (read, write, memory, cpu_seconds, network, profile, layers = None))]
pub fn confine(
    read: Vec<String>,
    write: Vec<String>,
    memory: u64,
    cpu_seconds: u64,
    network: bool,
    profile: &str,
    layers: Option<Vec<String>>,
) -> PyResult<Rows> {
    let Some(profile) = Profile::named(profile) else {
        return Err(PyValueError::new_err(format!(
            "profile must be \"worker\" or \"tests\", not {profile:?}"
        )));
    };
    let layers = match layers {
        None => Layer::ALL.to_vec(),
        Some(names) => names
            .iter()
            .map(|name| {
                Layer::named(name).ok_or_else(|| {
                    let known = Layer::ALL.map(Layer::name).join(", ");
                    PyValueError::new_err(format!("no layer {name:?}; there are: {known}"))
                })
            })
            .collect::<PyResult<_>>()?,
    };
    Ok(rows(poet_sandbox::confine(&Policy {
        profile,
        read: read.into_iter().map(Into::into).collect(),
        write: write.into_iter().map(Into::into).collect(),
        memory,
        cpu_seconds,
        network,
        layers,
    })))
}

fn rows(states: Vec<(Layer, State)>) -> Rows {
    states
        .into_iter()
        .map(|(layer, state)| (layer.name(), state.to_string()))
        .collect()
}
