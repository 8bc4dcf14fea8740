//! Resource limits. They can only be lowered: a limit that is already tighter stays.

use std::fs;

use super::{Refusal, last_error};
use crate::{Policy, Profile};

const MIB: u64 = 1 << 20;
const GIB: u64 = 1 << 30;

/// Address space that holds no memory: libraries loaded later, allocator reserves, guard pages.
/// It is also the most by which code can pass the memory limit: `RLIMIT_DATA` counts what is
/// writable, so pages that are filled and then made read-only fall out of it, and page tables and
/// untouched reserves never were in it.
const RESERVED: u64 = GIB;
/// The C library reserves 64 MiB for each of its arenas, by default 8 a processor.
#[cfg(target_env = "gnu")]
const ARENAS: libc::c_int = 4;
/// Also the most the stack takes beside the memory limit.
pub const STACK: u64 = 64 * MIB;
const DESCRIPTORS: u64 = 256;
/// Counted over all processes of the user, so generous; Linux does not apply it to root.
const THREADS: u64 = 8192;
const FILE: u64 = 256 * MIB;

// glibc and musl disagree on the type of the first argument of setrlimit.
#[cfg(target_env = "gnu")]
type Resource = libc::__rlimit_resource_t;
#[cfg(not(target_env = "gnu"))]
type Resource = libc::c_int;

pub fn probe() -> Result<(), Refusal> {
    held()?;
    current(libc::RLIMIT_DATA).map(drop)
}

pub fn apply(policy: &Policy) -> Result<(), Refusal> {
    lower(libc::RLIMIT_CORE, 0, 0)?;
    if policy.memory > 0 {
        let held = held()?;
        // What is private and writable, whatever it is mapped with.
        let data = held.data.saturating_add(policy.memory);
        let space = held
            .space
            .saturating_add(policy.memory)
            .saturating_add(RESERVED);
        lower(libc::RLIMIT_DATA, data, data)?;
        lower(libc::RLIMIT_AS, space, space)?;
        #[cfg(target_env = "gnu")]
        // SAFETY: sets one number of the allocator; the process has one thread.
        let _ = unsafe { libc::mallopt(libc::M_ARENA_MAX, ARENAS) };
    }
    if policy.cpu_seconds > 0 {
        // SIGXCPU first, which says why; SIGKILL a second later, which cannot be caught.
        let end = processor_seconds().saturating_add(policy.cpu_seconds);
        lower(libc::RLIMIT_CPU, end, end.saturating_add(1))?;
    }
    if policy.profile == Profile::Worker {
        let file = if policy.write.is_empty() { 0 } else { FILE };
        for (resource, most) in [
            (libc::RLIMIT_NOFILE, DESCRIPTORS),
            (libc::RLIMIT_FSIZE, file),
            (libc::RLIMIT_NPROC, THREADS),
            (libc::RLIMIT_STACK, STACK),
            (libc::RLIMIT_MEMLOCK, 0),
            (libc::RLIMIT_MSGQUEUE, 0),
            (libc::RLIMIT_SIGPENDING, DESCRIPTORS),
            (libc::RLIMIT_NICE, 0),
            (libc::RLIMIT_RTPRIO, 0),
        ] {
            lower(resource, most, most)?;
        }
    }
    Ok(())
}

struct Held {
    space: u64,
    data: u64,
}

/// Bytes the process has mapped: all, and those that count as data.
fn held() -> Result<Held, Refusal> {
    let file = "/proc/self/statm";
    let text = fs::read_to_string(file).map_err(|error| format!("cannot read {file}: {error}"))?;
    let pages: Vec<u64> = text
        .split_whitespace()
        .map_while(|field| field.parse().ok())
        .collect();
    // SAFETY: sysconf takes no pointer.
    let page = unsafe { libc::sysconf(libc::_SC_PAGESIZE) };
    match (pages.as_slice(), u64::try_from(page)) {
        ([space, _, _, _, _, data, ..], Ok(page)) => Ok(Held {
            space: space.saturating_mul(page),
            data: data.saturating_mul(page),
        }),
        _ => Err(format!("cannot understand {file}: {}", text.trim())),
    }
}

/// Seconds of processor time used so far, rounded up.
fn processor_seconds() -> u64 {
    // SAFETY: all-zero bytes are a valid rusage.
    let mut usage: libc::rusage = unsafe { std::mem::zeroed() };
    // SAFETY: `usage` outlives the call, which writes one rusage.
    if unsafe { libc::getrusage(libc::RUSAGE_SELF, &raw mut usage) } != 0 {
        return 0;
    }
    let seconds = usage.ru_utime.tv_sec + usage.ru_stime.tv_sec;
    u64::try_from(seconds).map_or(0, |whole| whole + 1)
}

fn current(resource: Resource) -> Result<libc::rlimit, Refusal> {
    let mut limit = libc::rlimit {
        rlim_cur: 0,
        rlim_max: 0,
    };
    // SAFETY: `limit` outlives the call, which writes one rlimit.
    if unsafe { libc::getrlimit(resource, &raw mut limit) } != 0 {
        return Err(last_error("getrlimit"));
    }
    Ok(limit)
}

fn lower(resource: Resource, soft: u64, hard: u64) -> Result<(), Refusal> {
    let now = current(resource)?;
    let limit = libc::rlimit {
        rlim_cur: soft.min(now.rlim_cur),
        rlim_max: hard.min(now.rlim_max),
    };
    // SAFETY: `limit` outlives the call, which reads one rlimit.
    if unsafe { libc::setrlimit(resource, &raw const limit) } != 0 {
        return Err(last_error(&format!("setrlimit {resource}")));
    }
    Ok(())
}
