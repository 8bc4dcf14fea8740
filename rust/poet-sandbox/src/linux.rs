//! The order of the layers on Linux, and the probes.

mod files;
mod limits;
mod loopback;
mod privileges;
mod syscalls;

use std::fs;
use std::io;

use crate::{Layer, Policy, Profile, State};

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

/// What /proc says of this process before it is confined.
struct Facts {
    single_thread: Result<(), Refusal>,
    stack_end: Result<u64, Refusal>,
}

pub fn apply(policy: &Policy) -> Vec<(Layer, State)> {
    // First, while /proc can still be read.
    let facts = Facts {
        single_thread: single_thread(),
        stack_end: stack_end(),
    };
    let mut policy = policy.clone();
    if policy.profile == Profile::Tests
        && !policy.network
        && policy.layers.contains(&Layer::Seccomp)
        && facts.single_thread.is_ok()
    {
        // Within a network of its own, any use of the network stays on this machine and in this
        // process and its children. Where that cannot be had, there is no network at all.
        policy.network = loopback::enter().is_ok();
    }
    let policy = &policy;
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
        .map(|layer| (layer, state(apply_one(layer, policy, &facts))))
        .collect();
    rows.sort_by_key(|(layer, _)| Layer::ALL.iter().position(|known| known == layer));
    rows
}

fn apply_one(layer: Layer, policy: &Policy, facts: &Facts) -> Result<(), Refusal> {
    if !policy.layers.contains(&layer) {
        return Err("switched off to measure the others".to_owned());
    }
    let single = &facts.single_thread;
    match layer {
        Layer::ResourceLimits => limits::apply(policy),
        Layer::Seccomp => syscalls::apply(policy, facts.stack_end.clone()?),
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

/// The address where the main thread's stack ends.
fn stack_end() -> Result<u64, Refusal> {
    let file = "/proc/self/maps";
    let maps = fs::read_to_string(file).map_err(|error| format!("cannot read {file}: {error}"))?;
    maps.lines()
        .find(|line| line.ends_with("[stack]"))
        .and_then(|line| line.split(['-', ' ']).nth(1))
        .and_then(|end| u64::from_str_radix(end, 16).ok())
        .ok_or_else(|| format!("cannot find the stack in {file}"))
}

fn state(outcome: Result<(), Refusal>) -> State {
    outcome.map_or_else(State::Missing, |()| State::InForce)
}

/// The last system call's failure, as a reason.
fn last_error(what: &str) -> Refusal {
    format!("{what}: {}", io::Error::last_os_error())
}
