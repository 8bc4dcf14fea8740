//! Each test forks, confines the fork and looks at how it ends.
#![cfg(target_os = "linux")]

use std::fs;
use std::io::{self, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::PathBuf;
use std::time::{Duration, Instant};

use poet_sandbox::{Layer, Policy, Profile, State, confine, layers};

/// How a fork ended.
#[derive(Debug, PartialEq, Eq)]
enum Ended {
    Status(i32),
    Signal(i32),
}

const UNCONFINED: i32 = 100;

fn policy(profile: Profile) -> Policy {
    Policy {
        profile,
        read: vec![],
        write: vec![],
        memory: 64 << 20,
        cpu_seconds: 10,
        network: false,
        layers: Layer::ALL.to_vec(),
    }
}

/// Runs `work` in a confined fork; its answer, below 100, is the status.
fn confined(policy: &Policy, work: impl FnOnce() -> i32) -> Ended {
    // SAFETY: the fork has one thread and runs only this closure; the allocator's locks are
    // handled by the C library at a fork. It ends without unwinding into the test harness.
    unsafe {
        let pid = libc::fork();
        assert!(pid >= 0, "fork: {}", io::Error::last_os_error());
        if pid == 0 {
            let rows = confine(policy);
            let whole = rows
                .iter()
                .all(|(layer, state)| *state == State::InForce || !policy.layers.contains(layer));
            libc::_exit(if whole { work() } else { UNCONFINED });
        }
        let mut status = 0;
        assert_eq!(libc::waitpid(pid, &raw mut status, 0), pid);
        if libc::WIFSIGNALED(status) {
            Ended::Signal(libc::WTERMSIG(status))
        } else {
            Ended::Status(libc::WEXITSTATUS(status))
        }
    }
}

/// Whether this kernel offers all layers; where it does not, the reason is printed and the test
/// of a rule cannot say anything.
fn offered() -> bool {
    let missing: Vec<_> = layers()
        .into_iter()
        .filter(|(_, state)| *state != State::InForce)
        .collect();
    for (layer, state) in &missing {
        eprintln!("not tested: {} is {state}", layer.name());
    }
    missing.is_empty()
}

fn errno<T>(outcome: io::Result<T>) -> i32 {
    outcome.map_or_else(|error| error.raw_os_error().unwrap_or(99), |_| 0)
}

/// A bare system call's error number, 0 where it worked.
fn call(number: libc::c_long, arguments: [libc::c_long; 6]) -> i32 {
    let [a, b, c, d, e, f] = arguments;
    // SAFETY: the calls tested here get null pointers, bad descriptors or no memory of this process.
    match unsafe { libc::syscall(number, a, b, c, d, e, f) } {
        -1 => errno(Err::<(), _>(io::Error::last_os_error())),
        _ => 0,
    }
}

fn worker(work: impl FnOnce() -> i32) -> Ended {
    confined(&policy(Profile::Worker), work)
}

#[test]
fn a_worker_that_does_nothing_special_ends_well() {
    if offered() {
        let sum = || {
            let sums = std::thread::spawn(|| (0..1000).sum::<i32>()).join();
            i32::from(sums.ok() != Some(499_500))
        };
        assert_eq!(worker(sum), Ended::Status(0));
    }
}

#[test]
fn files_outside_are_closed() {
    if offered() {
        assert_eq!(
            worker(|| errno(fs::read("/etc/passwd"))),
            Ended::Status(libc::EACCES)
        );
        assert_eq!(
            worker(|| errno(fs::read_dir("/"))),
            Ended::Status(libc::EACCES)
        );
        assert_eq!(
            worker(|| errno(fs::write("/tmp/poet-sandbox-test", "x"))),
            Ended::Status(libc::EPERM)
        );
    }
}

#[test]
fn granted_files_are_open_and_no_others() {
    if offered() {
        let mut granted = policy(Profile::Worker);
        granted.read = vec![PathBuf::from("/etc/passwd"), PathBuf::from("/not/there")];
        let read = || errno(fs::read("/etc/passwd")) + errno(fs::write("/etc/passwd", "x"));
        assert_eq!(confined(&granted, read), Ended::Status(libc::EPERM));
        assert_eq!(
            confined(&granted, || errno(fs::read("/etc/group"))),
            Ended::Status(libc::EACCES)
        );
    }
}

#[test]
fn what_no_computation_does_ends_the_process() {
    if offered() {
        let killed = Ended::Signal(libc::SIGSYS);
        assert_eq!(worker(|| errno(TcpStream::connect("127.0.0.1:9"))), killed);
        // SAFETY: the fork that this would make ends at once.
        let fork = || unsafe { if libc::fork() == 0 { libc::_exit(0) } else { 0 } };
        assert_eq!(worker(fork), killed);
        for number in [
            libc::SYS_execve,
            libc::SYS_ptrace,
            libc::SYS_bpf,
            libc::SYS_io_uring_setup,
            libc::SYS_memfd_create,
            libc::SYS_shmget,
            libc::SYS_mount,
            libc::SYS_unshare,
            libc::SYS_seccomp,
            libc::SYS_landlock_create_ruleset,
            0x4000_0000,
        ] {
            assert_eq!(worker(|| call(number, [0; 6])), killed, "call {number}");
        }
    }
}

#[test]
fn what_libraries_try_is_refused() {
    if offered() {
        let hidden = Ended::Status(libc::ENOSYS);
        assert_eq!(worker(|| call(libc::SYS_clone3, [0; 6])), hidden);
        assert_eq!(worker(|| call(libc::SYS_openat2, [0; 6])), hidden);
        assert_eq!(worker(|| call(999, [0; 6])), hidden);
        let refused = Ended::Status(libc::EPERM);
        assert_eq!(worker(|| call(libc::SYS_kill, [1, 0, 0, 0, 0, 0])), refused);
        assert_eq!(
            worker(|| call(libc::SYS_prlimit64, [0, 0, 8, 0, 0, 0])),
            refused
        );
        assert_eq!(worker(|| call(libc::SYS_setuid, [0; 6])), refused);
        let shared = libc::c_long::from(libc::MAP_SHARED | libc::MAP_ANONYMOUS);
        let map = move || call(libc::SYS_mmap, [0, 4096, 3, shared, -1, 0]);
        assert_eq!(worker(map), refused);
    }
}

#[test]
fn memory_ends_where_the_policy_says() {
    if offered() {
        let take = |bytes: libc::c_long| {
            let private = libc::c_long::from(libc::MAP_PRIVATE | libc::MAP_ANONYMOUS);
            call(libc::SYS_mmap, [0, bytes, 3, private, -1, 0])
        };
        assert_eq!(worker(|| take(32 << 20)), Ended::Status(0));
        assert_eq!(worker(|| take(96 << 20)), Ended::Status(libc::ENOMEM));
    }
}

#[test]
fn tests_start_programs_and_attack_nothing() {
    if offered() {
        let mut tests = policy(Profile::Tests);
        tests.read = vec![PathBuf::from("/")];
        tests.memory = 0;
        let run = || match std::process::Command::new("/bin/true").status() {
            Ok(status) if status.success() => 0,
            _ => 1,
        };
        assert_eq!(confined(&tests, run), Ended::Status(0));
        let trace = || call(libc::SYS_ptrace, [0; 6]);
        assert_eq!(confined(&tests, trace), Ended::Status(libc::EPERM));
        let write = || errno(fs::write("/tmp/poet-sandbox-test", "x"));
        assert_eq!(confined(&tests, write), Ended::Status(libc::EACCES));
    }
}

#[test]
fn tests_have_a_loopback_of_their_own_or_no_network() {
    if offered() {
        let outside = TcpListener::bind("127.0.0.1:0").expect("this machine has a loopback");
        let port = outside.local_addr().expect("it is bound").port();
        let mut tests = policy(Profile::Tests);
        tests.read = vec![PathBuf::from("/")];
        let served = move || match TcpListener::bind("127.0.0.1:0") {
            Err(error) if error.raw_os_error() == Some(libc::EPERM) => libc::EPERM,
            Err(_) => 50,
            Ok(inside) => match inside.local_addr().and_then(TcpStream::connect) {
                Ok(_) => errno(TcpStream::connect(("127.0.0.1", port))),
                Err(_) => 51,
            },
        };
        let ended = confined(&tests, served);
        let own = ended == Ended::Status(libc::ECONNREFUSED);
        assert!(own || ended == Ended::Status(libc::EPERM), "{ended:?}");
        eprintln!("a loopback of their own: {own}");
    }
}

#[test]
fn a_worker_ends_with_its_parent() {
    if !offered() {
        return;
    }
    let (mut alive, held) = io::pipe().expect("a pipe");
    // SAFETY: as in `confined`; every fork ends in _exit.
    unsafe {
        let parent = libc::fork();
        if parent == 0 {
            let (mut ready, confined) = io::pipe().expect("a pipe");
            if libc::fork() == 0 {
                let _ = confine(&policy(Profile::Worker));
                let _ = (&confined).write_all(b"x");
                std::thread::sleep(Duration::from_secs(60));
                libc::_exit(0);
            }
            let _ = ready.read_exact(&mut [0]);
            libc::_exit(0);
        }
        assert_eq!(libc::waitpid(parent, std::ptr::null_mut(), 0), parent);
    }
    drop(held);
    let since = Instant::now();
    // The pipe ends when the last process that holds it has.
    assert_eq!(alive.read(&mut [0]).ok(), Some(0));
    assert!(since.elapsed() < Duration::from_secs(50));
}

#[test]
fn a_layer_left_out_is_reported_and_not_applied() {
    let mut none = policy(Profile::Worker);
    none.layers.clear();
    let check = move || errno(fs::read("/etc/passwd")) + call(libc::SYS_kill, [0, 0, 0, 0, 0, 0]);
    assert_eq!(confined(&none, check), Ended::Status(0));
}

#[test]
fn names_lead_back_to_layers_and_profiles() {
    for layer in Layer::ALL {
        assert_eq!(Layer::named(layer.name()), Some(layer));
    }
    assert_eq!(Layer::named("none"), None);
    assert_eq!(Profile::named("worker"), Some(Profile::Worker));
    assert_eq!(Profile::named("tests"), Some(Profile::Tests));
    assert_eq!(Profile::named("Worker"), None);
}
