//! Untrusted code: an allowlist.

use super::super::limits;
use super::filter::{Filter, Rule, When};
use super::rules::{KERNEL, always, clone_namespaces, unless};
use super::worker_calls::{
    ALLOWED, CHANGES, CHANGES_BENEATH, DEADLY, FCNTL, IDENTITY, IOCTL, NETWORK, NETWORK_REFUSED,
    PRCTL,
};
use crate::Policy;

/// In the order of the kernel's answer: unknown, refused, deadly. The last one forbids installing
/// filters, so it is installed last.
pub fn filters(policy: &Policy, stack_end: u64) -> Vec<Filter> {
    let writable = !policy.write.is_empty();
    let mut refused = refused_calls();
    refused.extend(uncounted_memory(stack_end));
    refused.extend(rarely_trodden());
    let mut deadly = deadly();
    if writable {
        refused.retain(|(call, _)| !CHANGES_BENEATH.contains(call));
    } else {
        refused.extend(opening_to_write());
    }
    if policy.network {
        refused.retain(|(call, _)| !NETWORK_REFUSED.contains(call));
        // Local sockets lead to the services of this machine.
        let known = [libc::AF_INET as u32, libc::AF_INET6 as u32];
        refused.push(unless(libc::SYS_socket, 0, &known));
        refused.push((libc::SYS_socket, vec![When::Bits(1, 0xf, RAW)]));
    } else {
        refused.push((libc::SYS_socket, vec![When::Is(0, libc::AF_UNIX as u32)]));
        deadly.extend(no_network());
    }
    // What is refused or deadly exists; the filters below this one have the say.
    let allowed: Vec<_> = ALLOWED
        .iter()
        .chain(NETWORK)
        .chain(CHANGES_BENEATH)
        .copied()
        .chain(refused.iter().map(|(call, _)| *call))
        .chain(deadly.iter().map(|(call, _)| *call))
        .collect();
    vec![
        Filter::allow(allowed),
        Filter::refuse(refused),
        Filter::kill(deadly),
    ]
}

const RAW: u64 = libc::SOCK_RAW as u64;

fn refused_calls() -> Vec<Rule> {
    let pid = std::process::id();
    let mut rules = always(CHANGES_BENEATH);
    rules.extend(always(CHANGES));
    rules.extend(always(IDENTITY));
    rules.extend(always(NETWORK_REFUSED));
    rules.extend([
        // signals and limits of others; its own limits can only be read
        (libc::SYS_kill, vec![When::IsNot(0, pid)]),
        (libc::SYS_tgkill, vec![When::IsNot(0, pid)]),
        (libc::SYS_prlimit64, vec![When::IsNotLong(2, 0)]),
        unless(libc::SYS_prlimit64, 0, &[0, pid]),
        unless(libc::SYS_sched_setaffinity, 0, &[0, pid]),
        unless(libc::SYS_prctl, 0, PRCTL),
        unless(libc::SYS_ioctl, 1, IOCTL),
        unless(libc::SYS_socketpair, 0, &[libc::AF_UNIX as u32]),
        // a stream, so that it cannot be connected elsewhere
        unless(
            libc::SYS_socketpair,
            1,
            &[
                STREAM,
                STREAM | CLOEXEC,
                STREAM | NONBLOCK,
                STREAM | CLOEXEC | NONBLOCK,
            ],
        ),
    ]);
    rules.extend(
        FCNTL
            .iter()
            .map(|command| (libc::SYS_fcntl, vec![When::Is(1, *command)])),
    );
    rules
}

const STREAM: u32 = libc::SOCK_STREAM as u32;
const CLOEXEC: u32 = libc::SOCK_CLOEXEC as u32;
const NONBLOCK: u32 = libc::SOCK_NONBLOCK as u32;

/// Memory that `RLIMIT_DATA` does not count: shared and anonymous, shared and written, growing
/// downwards (counted as a stack), droppable.
fn uncounted_memory(stack_end: u64) -> Vec<Rule> {
    const PROT: u8 = 2;
    const FLAGS: u8 = 3;
    let lowest = stack_end.saturating_sub(limits::STACK + MARGIN);
    let bits = |at, flag: libc::c_int| When::Bits(at, flag as u64, flag as u64);
    let shared = bits(FLAGS, libc::MAP_SHARED);
    [
        vec![shared, bits(FLAGS, libc::MAP_ANONYMOUS)],
        vec![shared, bits(PROT, libc::PROT_WRITE)],
        vec![bits(FLAGS, libc::MAP_GROWSDOWN)],
        vec![bits(FLAGS, 0x08)], // MAP_DROPPABLE
    ]
    .into_iter()
    .map(|conditions| (libc::SYS_mmap, conditions))
    // The stack itself, moved elsewhere, could grow without being counted.
    .chain([(libc::SYS_mremap, vec![When::NotBelow(0, lowest)])])
    .collect()
}

/// More than the stack can lie below its limit, and less than the gap that Linux keeps there.
const MARGIN: u64 = 1 << 20;

/// Corners of allowed calls that nothing honest enters and that kernels were broken through:
/// urgent bytes on local sockets, pipes of kernel notices, priority-inheriting futexes.
fn rarely_trodden() -> Vec<Rule> {
    const FUTEX_COMMAND: u64 = 0x7f;
    let bit = |at, flag: libc::c_int| vec![When::Bits(at, flag as u64, flag as u64)];
    let futexes = [
        libc::FUTEX_LOCK_PI,
        libc::FUTEX_UNLOCK_PI,
        libc::FUTEX_TRYLOCK_PI,
        libc::FUTEX_WAIT_REQUEUE_PI,
        libc::FUTEX_CMP_REQUEUE_PI,
        libc::FUTEX_LOCK_PI2,
    ];
    futexes
        .into_iter()
        .map(|command| {
            let when = When::Bits(1, FUTEX_COMMAND, command as u64);
            (libc::SYS_futex, vec![when])
        })
        .chain([
            (libc::SYS_sendto, bit(3, libc::MSG_OOB)),
            (libc::SYS_recvfrom, bit(3, libc::MSG_OOB)),
            (libc::SYS_pipe2, bit(1, libc::O_EXCL)), // O_NOTIFICATION_PIPE
        ])
        .collect()
}

/// `open` and `openat` with any flag that writes, creates or truncates.
fn opening_to_write() -> Vec<Rule> {
    let mut rules = Vec::new();
    let calls = [
        (libc::SYS_openat, 2),
        #[cfg(target_arch = "x86_64")]
        (libc::SYS_open, 1),
    ];
    // The last bit of O_TMPFILE that is not O_DIRECTORY.
    let temporary = libc::O_TMPFILE & !libc::O_DIRECTORY;
    for (call, at) in calls {
        for flag in [
            libc::O_WRONLY,
            libc::O_RDWR,
            libc::O_CREAT,
            libc::O_TRUNC,
            temporary,
        ] {
            let bit = flag as u64;
            rules.push((call, vec![When::Bits(at, bit, bit)]));
        }
    }
    rules
}

/// What ends the process.
fn deadly() -> Vec<Rule> {
    let mut rules = always(KERNEL);
    rules.extend(always(DEADLY));
    // Another process, rather than a thread.
    let thread = libc::CLONE_THREAD as u64;
    rules.push((libc::SYS_clone, vec![When::Bits(0, thread, 0)]));
    rules.extend(clone_namespaces());
    rules
}

/// Every socket but asyncio's pair. The C library asks a local service for user names, so a local
/// socket is refused rather than deadly.
fn no_network() -> Vec<Rule> {
    let mut rules = vec![
        unless(libc::SYS_socket, 0, &[libc::AF_UNIX as u32]),
        // `send` is a `sendto` without an address.
        (libc::SYS_sendto, vec![When::IsNotLong(4, 0)]),
    ];
    rules.extend(always(&[
        libc::SYS_connect,
        libc::SYS_bind,
        libc::SYS_listen,
        libc::SYS_accept,
        libc::SYS_accept4,
    ]));
    rules
}
