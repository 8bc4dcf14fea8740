//! A network of its own for the process, in which there is nothing but `localhost`.

use std::fs;

use super::{Refusal, last_error};

/// Moves the process, which must have one thread, into an empty network and starts its loopback.
///
/// Root may do that; anybody else may where the system allows user namespaces.
pub fn enter() -> Result<(), Refusal> {
    // SAFETY: neither call takes a pointer.
    let (user, group) = unsafe { (libc::geteuid(), libc::getegid()) };
    if unshare(libc::CLONE_NEWNET).is_err() {
        unshare(libc::CLONE_NEWUSER | libc::CLONE_NEWNET)?;
        // The process stays who it is.
        for (file, text) in [
            ("setgroups", "deny".to_owned()),
            ("uid_map", format!("{user} {user} 1")),
            ("gid_map", format!("{group} {group} 1")),
        ] {
            fs::write(format!("/proc/self/{file}"), text)
                .map_err(|error| format!("cannot write /proc/self/{file}: {error}"))?;
        }
    }
    start()
}

fn unshare(what: libc::c_int) -> Result<(), Refusal> {
    // SAFETY: the call takes no pointer.
    match unsafe { libc::unshare(what) } {
        0 => Ok(()),
        _ => Err(last_error("unshare")),
    }
}

fn start() -> Result<(), Refusal> {
    // SAFETY: all-zero bytes are a valid ifreq.
    let mut request: libc::ifreq = unsafe { std::mem::zeroed() };
    for (to, from) in request.ifr_name.iter_mut().zip(b"lo") {
        *to = libc::c_char::from_ne_bytes([*from]);
    }
    request.ifr_ifru.ifru_flags = (libc::IFF_UP | libc::IFF_RUNNING) as libc::c_short;
    // SAFETY: the ioctl reads one ifreq, which outlives it; the descriptor is closed once.
    unsafe {
        let socket = libc::socket(libc::AF_INET, libc::SOCK_DGRAM | libc::SOCK_CLOEXEC, 0);
        if socket < 0 {
            return Err(last_error("socket"));
        }
        let answer = libc::ioctl(socket, libc::SIOCSIFFLAGS as _, &raw const request);
        let outcome = if answer == 0 {
            Ok(())
        } else {
            Err(last_error("ioctl SIOCSIFFLAGS"))
        };
        libc::close(socket);
        outcome
    }
}
