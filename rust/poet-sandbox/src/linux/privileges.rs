//! What the process may do because of who it is: nothing gained, everything dropped.

use super::{Refusal, last_error};
use crate::{Policy, Profile};

const CAP_DAC_READ_SEARCH: u32 = 2;
/// The user id of nobody, on every Linux.
const NOBODY: libc::uid_t = 65534;
/// More than Linux has; asking for one it does not know ends the search.
const MOST_CAPABILITIES: u32 = 64;
/// `SECBIT_NOROOT`, `SECBIT_NO_SETUID_FIXUP`, `SECBIT_KEEP_CAPS` off, and all of them locked,
/// `SECBIT_NO_CAP_AMBIENT_RAISE` too: user id 0 carries no capability any more.
const SECUREBITS: libc::c_ulong = 0b1110_1111;
/// `_LINUX_CAPABILITY_VERSION_3`: 64 bits in two halves.
const VERSION: u32 = 0x2008_0522;

#[repr(C)]
struct Header {
    version: u32,
    pid: libc::c_int,
}

#[repr(C)]
#[derive(Clone, Copy, Default, PartialEq, Eq)]
struct Sets {
    effective: u32,
    permitted: u32,
    inheritable: u32,
}

pub fn probe_no_new_privileges() -> Result<(), Refusal> {
    prctl(libc::PR_GET_NO_NEW_PRIVS, 0, 0).map(drop)
}

pub fn probe_capabilities() -> Result<(), Refusal> {
    held().map(drop)
}

pub fn no_new_privileges() -> Result<(), Refusal> {
    prctl(libc::PR_SET_NO_NEW_PRIVS, 1, 0).map(drop)
}

/// Drops the capabilities and shuts the process off from its peers: its memory is nobody's to read
/// and it dies with its parent.
///
/// In the tests profile root keeps the right to read files of others (a project that belongs to
/// another user, mounted into a container), which Landlock limits.
pub fn apply(policy: &Policy) -> Result<(), Refusal> {
    // SAFETY: getppid has no arguments and cannot fail.
    let parent = unsafe { libc::getppid() };
    let worker = policy.profile == Profile::Worker;
    let kept = if worker { 0 } else { 1 << CAP_DAC_READ_SEARCH };
    if worker {
        count_threads_of_root();
        // Needs CAP_SETPCAP; without it there is nothing for user id 0 to win back either.
        let _ = prctl(libc::PR_SET_SECUREBITS, SECUREBITS, 0);
    }
    drop_capabilities(kept)?;
    if worker {
        prctl(libc::PR_SET_DUMPABLE, 0, 0)?;
    }
    // After the capabilities: a change of credentials would clear it.
    prctl(libc::PR_SET_PDEATHSIG, libc::SIGKILL as libc::c_ulong, 0)?;
    // SAFETY: as above.
    if unsafe { libc::getppid() } != parent {
        return Err("the parent ended meanwhile, so its end will not end this process".to_owned());
    }
    Ok(())
}

/// Linux does not apply the limit of threads to root, and tells root by the real user id, which
/// nothing else here looks at: files go by the effective one, which stays.
fn count_threads_of_root() {
    // SAFETY: neither call takes a pointer. The process has one thread, so the bare system call is
    // enough. It fails without CAP_SETUID, in a container that has none; then root stays uncounted.
    unsafe {
        if libc::getuid() == 0 {
            libc::syscall(libc::SYS_setresuid, NOBODY, -1, -1);
        }
    }
}

fn drop_capabilities(kept: u32) -> Result<(), Refusal> {
    // Needs CAP_SETPCAP. A process without it has nothing here to lose: with no new privileges the
    // bounding set is never used again.
    for capability in 0..MOST_CAPABILITIES {
        let keep = capability < 32 && kept & (1 << capability) != 0;
        if !keep && prctl(libc::PR_CAPBSET_DROP, libc::c_ulong::from(capability), 0).is_err() {
            break;
        }
    }
    // Kernels before 4.3 have no ambient set.
    let clear = libc::PR_CAP_AMBIENT_CLEAR_ALL as libc::c_ulong;
    let _ = prctl(libc::PR_CAP_AMBIENT, clear, 0);
    let before = held()?;
    let wanted = [
        Sets {
            effective: kept & before[0].permitted,
            permitted: kept & before[0].permitted,
            inheritable: 0,
        },
        Sets::default(),
    ];
    let header = header();
    // SAFETY: version 3 reads one header and two sets; both outlive the call.
    if unsafe { libc::syscall(libc::SYS_capset, &raw const header, wanted.as_ptr()) } != 0 {
        return Err(last_error("capset"));
    }
    if held()? != wanted {
        return Err("capabilities are still held after they were dropped".to_owned());
    }
    Ok(())
}

fn held() -> Result<[Sets; 2], Refusal> {
    let mut header = header();
    let mut sets = [Sets::default(); 2];
    // SAFETY: version 3 reads and writes one header and writes two sets; both outlive the call.
    if unsafe { libc::syscall(libc::SYS_capget, &raw mut header, sets.as_mut_ptr()) } != 0 {
        return Err(last_error("capget"));
    }
    Ok(sets)
}

const fn header() -> Header {
    Header {
        version: VERSION,
        pid: 0,
    }
}

fn prctl(
    option: libc::c_int,
    first: libc::c_ulong,
    second: libc::c_ulong,
) -> Result<libc::c_int, Refusal> {
    let zero: libc::c_ulong = 0;
    // SAFETY: none of the options used here takes a pointer.
    let answer = unsafe { libc::prctl(option, first, second, zero, zero) };
    if answer < 0 {
        return Err(last_error(&format!("prctl {option}")));
    }
    Ok(answer)
}
