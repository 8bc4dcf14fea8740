//! The user's own tests: everything ordinary is allowed, also in the processes they start.

use super::filter::{Filter, Rule, When};
use super::rules::{KERNEL, always, clone_namespaces, unless};
use crate::Policy;

pub fn filters(policy: &Policy) -> Vec<Filter> {
    let mut refused = always(KERNEL);
    refused.extend(clone_namespaces());
    // Typing into the terminal of whoever started the tests.
    for request in [libc::TIOCSTI as u32, libc::TIOCLINUX as u32] {
        refused.push((libc::SYS_ioctl, vec![When::Is(1, request)]));
    }
    if !policy.network {
        refused.push(local_sockets());
    }
    // clone3 takes its flags from memory, which no filter can read; libraries fall back to clone.
    let hidden = always(&[libc::SYS_clone3]);
    vec![Filter::hide(hidden), Filter::refuse(refused)]
}

/// Sockets other than those of this machine's files and of the list of its network interfaces.
fn local_sockets() -> Rule {
    let known = [libc::AF_UNIX as u32, libc::AF_NETLINK as u32];
    unless(libc::SYS_socket, 0, &known)
}
