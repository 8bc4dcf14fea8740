//! seccomp: which system calls can be made, with which arguments.
//!
//! Three filters are stacked, and the kernel takes the strictest answer: *unknown* (a call that is
//! not on the allowlist answers `ENOSYS`, as on an older kernel, and libraries fall back),
//! *refused* (answers `EPERM`, which Python raises as `PermissionError`) and *deadly* (ends the
//! process: what no honest computation does, so that trying is visible).

#[cfg(any(target_arch = "x86_64", target_arch = "aarch64"))]
mod filter;
#[cfg(any(target_arch = "x86_64", target_arch = "aarch64"))]
mod rules;
#[cfg(any(target_arch = "x86_64", target_arch = "aarch64"))]
mod tests_profile;
#[cfg(any(target_arch = "x86_64", target_arch = "aarch64"))]
mod worker_calls;
#[cfg(any(target_arch = "x86_64", target_arch = "aarch64"))]
mod worker_profile;

use super::Refusal;
use crate::Policy;

pub fn probe() -> Result<(), Refusal> {
    if cfg!(not(any(target_arch = "x86_64", target_arch = "aarch64"))) {
        return Err(no_table());
    }
    let kill: u32 = libc::SECCOMP_RET_KILL_PROCESS;
    // SAFETY: the call reads one u32, which outlives it.
    let known = unsafe {
        libc::syscall(
            libc::SYS_seccomp,
            libc::SECCOMP_GET_ACTION_AVAIL,
            0_u32,
            &raw const kill,
        )
    };
    if known != 0 {
        return Err("the kernel has no seccomp filters that end a process (Linux 4.14)".to_owned());
    }
    // SAFETY: a null program is refused before it is read: EFAULT where the flag is known.
    unsafe {
        libc::syscall(
            libc::SYS_seccomp,
            libc::SECCOMP_SET_MODE_FILTER,
            libc::SECCOMP_FILTER_FLAG_TSYNC as u32,
            std::ptr::null::<libc::c_void>(),
        )
    };
    match std::io::Error::last_os_error().raw_os_error() {
        Some(libc::EFAULT) => Ok(()),
        _ => Err("seccomp filters cannot be set for all threads".to_owned()),
    }
}

#[cfg(any(target_arch = "x86_64", target_arch = "aarch64"))]
pub fn apply(policy: &Policy, stack_end: u64) -> Result<(), Refusal> {
    let filters = match policy.profile {
        crate::Profile::Worker => worker_profile::filters(policy, stack_end),
        crate::Profile::Tests => tests_profile::filters(policy),
    };
    // All are built before the first takes effect.
    let programs = filters
        .into_iter()
        .map(filter::Filter::build)
        .collect::<Result<Vec<_>, _>>()?;
    programs.iter().try_for_each(|program| {
        seccompiler::apply_filter_all_threads(program).map_err(|error| error.to_string())
    })
}

#[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
pub fn apply(_policy: &Policy, _stack_end: u64) -> Result<(), Refusal> {
    Err(no_table())
}

/// Why a processor is not served.
fn no_table() -> Refusal {
    format!("no list of system calls for {}", std::env::consts::ARCH)
}
