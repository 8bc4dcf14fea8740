//! The order of the layers on Linux, and the probes.

mod files;
mod limits;
mod privileges;
mod syscalls;

use std::fs;
use std::io;

use crate::{Layer, Policy, State};

/// Why a layer could not be set up.
type Refusal = String;

pub fn probe(layer: Layer) -> State {
    state(match layer {
        Layer::ResourceLimits => limits::probe(),
        Layer::NoNewPrivileges => privileges::probe_no_new_privileges(),
        Layer::Capabilities => privileges::probe_capabilities(),
        Layer::Landlock => files::probe(),
        Layer::Seccomp => syscalls::probe(),
    })
}

pub fn apply(policy: &Policy) -> Vec<(Layer, State)> {
    // First, while /proc can still be read.
    let single = single_thread();
    // Landlock before the capabilities: root may need them to open the paths it grants. seccomp
    // last: it forbids what the others need.
    let order = [
        Layer::ResourceLimits,
        Layer::NoNewPrivileges,
        Layer::Landlock,
        Layer::Capabilities,
        Layer::Seccomp,
    ];
    let mut rows: Vec<(Layer, State)> = order
        .into_iter()
        .map(|layer| (layer, state(apply_one(layer, policy, &single))))
        .collect();
    rows.sort_by_key(|(layer, _)| Layer::ALL.iter().position(|known| known == layer));
    rows
}

fn apply_one(layer: Layer, policy: &Policy, single: &Result<(), Refusal>) -> Result<(), Refusal> {
    if !policy.layers.contains(&layer) {
        return Err("switched off to measure the others".to_owned());
    }
    match layer {
        Layer::ResourceLimits => limits::apply(policy),
        Layer::Seccomp => syscalls::apply(policy),
        Layer::NoNewPrivileges => privileges::no_new_privileges().and(single.clone()),
        Layer::Landlock => files::apply(policy).and(single.clone()),
        Layer::Capabilities => privileges::apply(policy).and(single.clone()),
    }
}

/// An error where the process has more than one thread, which three of the layers would not cover.
fn single_thread() -> Result<(), Refusal> {
    match fs::read_dir("/proc/self/task") {
        Ok(threads) => match threads.count() {
            1 => Ok(()),
            n => Err(format!("the process has {n} threads and this covers one")),
        },
        Err(error) => Err(format!("cannot count the threads in /proc: {error}")),
    }
}

fn state(outcome: Result<(), Refusal>) -> State {
    outcome.map_or_else(State::Missing, |()| State::InForce)
}

/// The last system call's failure, as a reason.
fn last_error(what: &str) -> Refusal {
    format!("{what}: {}", io::Error::last_os_error())
}
