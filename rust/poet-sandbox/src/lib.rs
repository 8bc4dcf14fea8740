//! Confines the calling process for ever: Landlock for files and network, seccomp for system calls,
//! resource limits, no capabilities, no new privileges.
//!
//! [`layers`] says what this platform offers, without confining anything. [`confine`] takes a
//! [`Policy`] and reports what took effect. Neither panics; a layer that cannot be set up is a
//! [`State::Missing`] with its reason, and the caller decides whether to go on.
//!
//! The process must have one thread: Linux keeps capabilities and Landlock's rules for each thread.

#[cfg(target_os = "linux")]
mod linux;

use std::fmt;
use std::path::PathBuf;

/// What a confined process is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Profile {
    /// Untrusted code: computes, prints, and talks over the descriptors it was given. System calls
    /// are an allowlist; what no honest computation does ends the process.
    Worker,
    /// The user's own tests: ordinary file, process and socket calls, but no attack on the kernel
    /// and no write outside the given folders. System calls are a denylist.
    Tests,
}

impl Profile {
    /// The profile of this name: `worker` or `tests`.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        match name {
            "worker" => Some(Self::Worker),
            "tests" => Some(Self::Tests),
            _ => None,
        }
    }
}

/// One mechanism of confinement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Layer {
    /// Memory, processor time, descriptors, file size, core dumps.
    ResourceLimits,
    /// No later `execve` can gain privileges.
    NoNewPrivileges,
    /// All capabilities dropped, also those of root.
    Capabilities,
    /// Which files can be opened, which ports used.
    Landlock,
    /// Which system calls can be made, with which arguments.
    Seccomp,
}

impl Layer {
    /// Every layer, in the order in which they are reported.
    pub const ALL: [Self; 5] = [
        Self::ResourceLimits,
        Self::NoNewPrivileges,
        Self::Capabilities,
        Self::Landlock,
        Self::Seccomp,
    ];

    /// The name under which the layer is reported.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::ResourceLimits => "resource limits",
            Self::NoNewPrivileges => "no new privileges",
            Self::Capabilities => "capabilities",
            Self::Landlock => "landlock",
            Self::Seccomp => "seccomp",
        }
    }

    /// The layer of this name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|layer| layer.name() == name)
    }
}

/// Whether a layer holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum State {
    /// It holds, or on a probe: it can be had.
    InForce,
    /// It does not, and why.
    Missing(String),
}

impl fmt::Display for State {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::InForce => formatter.write_str("in force"),
            Self::Missing(why) => write!(formatter, "missing: {why}"),
        }
    }
}

/// What a process may still do once it is confined.
#[derive(Clone, Debug)]
pub struct Policy {
    /// What the process is for.
    pub profile: Profile,
    /// Files and folders that can be read. A path that does not exist grants nothing.
    pub read: Vec<PathBuf>,
    /// Files and folders that can be read and written. A worker should have none.
    pub write: Vec<PathBuf>,
    /// Bytes of memory beyond what the process holds now; 0 for no limit.
    pub memory: u64,
    /// Seconds of processor time from now on; 0 for no limit.
    pub cpu_seconds: u64,
    /// Whether the network can be used, all of it. Without it a worker has none; tests have a
    /// loopback of their own where the system allows that, which reaches nothing outside, and else
    /// none.
    pub network: bool,
    /// The layers to apply. Fewer than [`Layer::ALL`] is for measuring what each one stops.
    pub layers: Vec<Layer>,
}

/// Each layer and whether this platform offers it. Changes nothing.
#[must_use]
pub fn layers() -> Vec<(Layer, State)> {
    Layer::ALL
        .into_iter()
        .map(|layer| (layer, probe(layer)))
        .collect()
}

/// Confines the calling process, which must have one thread, for ever; returns what took effect.
#[must_use]
pub fn confine(policy: &Policy) -> Vec<(Layer, State)> {
    apply(policy)
}

#[cfg(target_os = "linux")]
use linux::{apply, probe};

#[cfg(not(target_os = "linux"))]
fn probe(_layer: Layer) -> State {
    State::Missing(format!("not on {}", std::env::consts::OS))
}

#[cfg(not(target_os = "linux"))]
fn apply(_policy: &Policy) -> Vec<(Layer, State)> {
    layers()
}
