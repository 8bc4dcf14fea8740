"""What a confined process cannot do. No audit takes part: the code here is as hostile as it likes."""

from __future__ import annotations

import os
import platform
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from confine_helpers import Zygote

from poet import _native

ROWS = ["resource limits", "no new privileges", "capabilities", "landlock", "seccomp"]
MISSING = [f"{name} is {state}" for name, state in _native.sandbox_layers() if state != "in force"]
ROOT = os.name == "posix" and os.geteuid() == 0

needs_all = pytest.mark.skipif(bool(MISSING), reason="; ".join(MISSING))
x86_64 = pytest.mark.skipif(platform.machine() != "x86_64", reason="call numbers are x86_64's")


def _as_nobody() -> list[object]:
    why = "only root can become another user"
    return [
        "itself",
        pytest.param("nobody", marks=pytest.mark.skipif(not ROOT, reason=why)),
    ]


@pytest.fixture(scope="module", params=_as_nobody())
def zygote(request: pytest.FixtureRequest) -> Iterator[Zygote]:
    started = Zygote(request.param)
    yield started
    started.stop()


@pytest.fixture
def secret(tmp_path: Path) -> Path:
    """A file that anybody could read and write, were it not for the confinement."""
    for folder in [tmp_path, *tmp_path.parents]:
        if folder == Path("/tmp"):
            break
        if folder.owner() == Path.home().owner() and not folder.stat().st_mode & 0o001:
            folder.chmod(0o755)
    file = tmp_path / "secret"
    file.write_text("the expected value")
    file.chmod(0o666)
    tmp_path.chmod(0o777)
    return file


# Code that prints one word, the word it prints confined, and the word it prints otherwise.
FILES = {
    "read": ("print(attempt(open, path))", "EACCES"),
    "list": ("print(attempt(os.listdir, folder))", "EACCES"),
    "write": ("print(attempt(open, path, 'w'))", "EPERM"),
    "append": ("print(attempt(open, path, 'a'))", "EPERM"),
    "update": ("print(attempt(open, path, 'r+'))", "EPERM"),
    "create": ("print(attempt(open, folder + '/new', 'x'))", "EPERM"),
    "unnamed": ("print(attempt(os.open, folder, os.O_TMPFILE | os.O_RDWR))", "EPERM"),
    "clear": ("print(attempt(os.open, path, os.O_RDONLY | os.O_TRUNC))", "EPERM"),
    "truncate": ("print(attempt(os.truncate, path, 0))", "EPERM"),
    "remove": ("print(attempt(os.unlink, path))", "EPERM"),
    "rename": ("print(attempt(os.rename, path, path + '2'))", "EPERM"),
    "link": ("print(attempt(os.link, '/usr/bin/env', folder + '/env'))", "EPERM"),
    "symlink": ("print(attempt(os.symlink, '/', folder + '/root'))", "EPERM"),
    "mkdir": ("print(attempt(os.mkdir, folder + '/d'))", "EPERM"),
    "fifo": ("print(attempt(os.mkfifo, folder + '/f'))", "EPERM"),
    "times": ("print(attempt(os.utime, path, (0, 0)))", "EPERM"),
    "attributes": ("print(attempt(os.setxattr, path, 'user.x', b'1'))", "EPERM"),
    "terminal": ("print(attempt(open, '/dev/tty'))", "EACCES"),
    "parent": ("print(attempt(open, f'/proc/{os.getppid()}/environ'))", "EACCES"),
    "itself": ("print(attempt(open, '/proc/self/mem', 'rb'))", "EACCES"),
}


@needs_all
@pytest.mark.parametrize("name", FILES)
def test_a_file_outside_cannot_be_read_or_changed(zygote: Zygote, secret: Path, name: str) -> None:
    """Candidates read the expected values, or change the project, while they are judged."""
    code, word = FILES[name]
    code = f"path, folder = {str(secret)!r}, {str(secret.parent)!r}\n{code}"
    before = secret.stat()
    assert zygote.run(code).last == word
    after = secret.stat()
    assert secret.read_text() == "the expected value"
    assert (before.st_mode, before.st_mtime_ns) == (after.st_mode, after.st_mtime_ns)
    assert [file.name for file in secret.parent.iterdir()] == ["secret"]
    # The same code without the layers is not refused, so that it tests them.
    not_mine = {"times", "itself"} if zygote.user == "nobody" else set()
    if name not in {"terminal", "parent", "attributes", "link"} | not_mine:
        assert zygote.run(code, layers=[]).last == "done"


@needs_all
@pytest.mark.parametrize("change", ["os.chmod, path, 0o777", "os.chown, path, -1, -1"])
def test_owner_and_mode_stay(secret: Path, change: str) -> None:
    """A candidate opens a private file of its user to everybody: Landlock does not see that."""
    zygote = Zygote("itself")
    code = f"path = {str(secret)!r}\nprint(attempt({change}))"
    assert zygote.run(code).last == "EPERM"
    assert zygote.run(code, layers=[]).last == "done"
    zygote.stop()


# Each ends the process, whatever handler the candidate installs.
DEADLY = {
    "tcp": "import socket; socket.socket()",
    "udp": "import socket; socket.socket(socket.AF_INET, socket.SOCK_DGRAM)",
    "ipv6": "import socket; socket.socket(socket.AF_INET6)",
    "netlink": "import socket; socket.socket(socket.AF_NETLINK, socket.SOCK_RAW)",
    "vsock": "import socket; socket.socket(40, socket.SOCK_STREAM)",
    "connect": "import socket; a, b = socket.socketpair(); a.connect('\\0abstract')",
    "bind": "import socket; a, b = socket.socketpair(); a.bind('\\0abstract')",
    "send to": "import socket; a, b = socket.socketpair(); a.sendto(b'x', '\\0abstract')",
    "fork": "os.fork() or os._exit(0)",
    "exec": "os.execv('/bin/true', ['true'])",
    "subprocess": "import subprocess; subprocess.run(['/bin/true'])",
    "shell": "os.system('true')",
    "spawn": "os.posix_spawn('/bin/true', ['true'], {})",
    "memory file": "os.memfd_create('x')",
}


@needs_all
@pytest.mark.parametrize("name", DEADLY)
def test_no_network_and_no_program(zygote: Zygote, name: str) -> None:
    """A candidate sends what it saw elsewhere, or starts a program that outlives the judgement."""
    code = f"import signal\nsignal.signal(signal.SIGSYS, signal.SIG_IGN)\n{DEADLY[name]}\nprint('done')"
    assert zygote.run(code).ended == "SIGSYS"
    assert zygote.run(code, layers=[]).ended != "SIGSYS"


# Calls by number, each with arguments that would fail: they must not be reached.
NUMBERS = {
    "vfork": "58", "clone as fork": "56, 17, 0, 0, 0, 0", "ptrace": "101, 0, 0, 0, 0",
    "clone of a namespace": "56, 0x10010f00, 0, 0, 0, 0", "execveat": "322, -1, 0, 0, 0, 0",
    "process_vm_readv": "310, 1, 0, 0, 0, 0, 0", "process_vm_writev": "311, 1, 0, 0, 0, 0, 0",
    "bpf": "321, 0, 0, 0", "io_uring_setup": "425, 1, 0", "io_uring_enter": "426, -1, 0, 0, 0, 0",
    "io_uring_register": "427, -1, 0, 0, 0", "memfd_secret": "447, 0", "userfaultfd": "323, 0",
    "perf_event_open": "298, 0, 0, 0, 0, 0", "shmget": "29, 0, 4096, 0x3ff", "semget": "64, 0, 1, 0x3ff",
    "msgget": "68, 0, 0x3ff", "mq_open": "240, 0, 0, 0, 0", "mount": "165, 0, 0, 0, 0, 0",
    "unshare": "272, 0x10000000", "setns": "308, -1, 0", "chroot": "161, 0", "pivot_root": "155, 0, 0",
    "keyctl": "250, 0, 0, 0", "add_key": "248, 0, 0, 0, 0, 0", "request_key": "249, 0, 0, 0, 0",
    "kexec_load": "246, 0, 99, 0, 0", "init_module": "175, 0, 0, 0", "finit_module": "313, -1, 0, 0",
    "delete_module": "176, 0, 0", "pidfd_getfd": "438, -1, 0, 0", "personality": "135, 0",
    "seccomp": "317, 0, 1, 0", "landlock": "444, 0, 0, 1", "reboot": "169, 0, 0, 0, 0",
    "fanotify_init": "300, 0, 0", "open_by_handle_at": "304, -1, 0, 0",
    "name_to_handle_at": "303, -1, 0, 0, 0, 0", "inotify_init": "253", "fsopen": "430, 0, 0",
    "open_tree": "428, -1, 0, 0", "x32 read": "0x40000000, 0, 0, 0", "x32 socket": "0x40000029, 2, 1, 0",
    "x32 execve": "0x40000208, 0, 0, 0", "kcmp": "312, 1, 1, 0, 0, 0", "iopl": "172, 0",
    "modify_ldt": "154, 0, 0, 0", "accept": "43, -1, 0, 0", "listen": "50, -1, 0",
    "process_madvise": "440, -1, 0, 0, 0, 0", "swapon": "167, 0, 0", "syslog": "103, 10, 0, 0",
}  # fmt: skip


@needs_all
@x86_64
@pytest.mark.parametrize("name", NUMBERS)
def test_a_call_by_number_ends_the_process(zygote: Zygote, name: str) -> None:
    """A candidate attacks the kernel itself, through ctypes and a number."""
    assert zygote.run(f"print(call({NUMBERS[name]}))").ended == "SIGSYS"


REFUSED = {
    "kill the parent": ("print(attempt(os.kill, os.getppid(), 0))", "EPERM"),
    "kill all": ("print(attempt(os.kill, -1, 0))", "EPERM"),
    "kill the group": ("print(attempt(os.kill, 0, 0))", "EPERM"),
    "tgkill": ("print(call(234, os.getppid(), os.getppid(), 0))", "EPERM"),
    "tkill": ("print(call(200, os.getppid(), 0))", "EPERM"),
    "rt_sigqueueinfo": ("print(call(129, os.getppid(), 0, b'\\0' * 128))", "EPERM"),
    "pidfd_open": ("print(attempt(os.pidfd_open, os.getppid()))", "EPERM"),
    "clone3": ("print(call(435, b'\\0' * 88, 88))", "ENOSYS"),
    "openat2": ("print(call(437, -100, b'/', b'\\0' * 24, 24))", "ENOSYS"),
    "a call of the future": ("print(call(1000))", "ENOSYS"),
    "a local socket": ("import socket; print(attempt(socket.socket, socket.AF_UNIX))", "EPERM"),
    "datagram pair": (
        "import socket; print(attempt(socket.socketpair, socket.AF_UNIX, socket.SOCK_DGRAM))",
        "EPERM",
    ),
    "pass a descriptor": (
        (
            "import socket; s = socket.socket(fileno=talk)\n"
            "print(attempt(socket.send_fds, s, [b'x'], [0]))"
        ),
        "EPERM",
    ),
    "type into the terminal": ("print(call(16, 0, 0x5412, b'x'))", "EPERM"),
    "terminal by a wide number": ("print(call(16, 0, 0x100005412, b'x'))", "EPERM"),
    "signal on input": ("import fcntl; print(attempt(fcntl.fcntl, 3, 8, os.getppid()))", "EPERM"),
    "dumpable again": ("print(call(157, 4, 1, 0, 0, 0))", "EPERM"),
    "outlive the parent": ("print(call(157, 1, 0, 0, 0, 0))", "EPERM"),
    "raise a limit": (
        "import resource as r; print(attempt(r.prlimit, 0, r.RLIMIT_CORE, (0, 0)))",
        "EPERM",
    ),
    "set a limit": ("print(call(160, 4, b'\\0' * 16))", "EPERM"),
    "become root": ("print(attempt(os.setuid, 0))", "EPERM"),
    "leave the session": ("print(attempt(os.setsid))", "EPERM"),
    "priority": ("print(attempt(os.setpriority, os.PRIO_PROCESS, os.getppid(), 19))", "EPERM"),
    "processors of others": ("print(attempt(os.sched_setaffinity, os.getppid(), [0]))", "EPERM"),
    "larger pipe": (
        "import fcntl; r, w = os.pipe(); print(attempt(fcntl.fcntl, w, 1031, 1 << 20))",
        "EPERM",
    ),
    "larger buffer": (
        (
            "import socket; a, b = socket.socketpair()\n"
            "print(attempt(a.setsockopt, socket.SOL_SOCKET, socket.SO_SNDBUF, 1 << 20))"
        ),
        "EPERM",
    ),
    "urgent byte": (
        "import socket; a, b = socket.socketpair(); print(attempt(a.send, b'x', socket.MSG_OOB))",
        "EPERM",
    ),
    "pipe of notices": ("print(attempt(os.pipe2, os.O_EXCL))", "EPERM"),
    "inheriting futex": ("print(call(202, bytes(8), 6, 0, 0, 0, 0))", "EPERM"),
    "shared memory": ("import mmap; print(attempt(mmap.mmap, -1, 1 << 20))", "EPERM"),
    "shared file": ("print(call(9, 0, 4096, 3, 1, 3, 0))", "EPERM"),
    "growing memory": ("print(call(9, 0, 4096, 3, 0x122, -1, 0))", "EPERM"),
    "droppable memory": ("print(call(9, 0, 4096, 3, 0x28, -1, 0))", "EPERM"),
    "the stack elsewhere": (
        (
            "end = ctypes.c_void_p.in_dll(libc, '__libc_stack_end').value & ~4095\n"
            "print(call(25, end, 4096, 1 << 20, 1))"
        ),
        "EPERM",
    ),
}


@needs_all
@x86_64
@pytest.mark.parametrize("name", REFUSED)
def test_refused_with_an_error(zygote: Zygote, name: str) -> None:
    """A candidate stops its judge, takes memory past its limit, or undoes its confinement."""
    code, word = REFUSED[name]
    assert zygote.run(code).last == word
    # What Linux refuses anybody, or answers in this way without the layers, shows nothing.
    if name not in {"clone3", "openat2", "a call of the future", "become root", "rt_sigqueueinfo"}:
        assert zygote.run(code, layers=[]).last != word


MEMORY = {
    "bytearray": "a = bytearray(600 << 20)",
    "numpy": "a = np.ones(600 << 17)",
    "many small": "a = [bytearray(1 << 16) for _ in range(9600)]",
    "polars": "a = pl.Series('x', [1.5]).new_from_index(0, 600 << 17)",
    "threads": (
        "import concurrent.futures as c\n"
        "with c.ThreadPoolExecutor(8) as e: a = list(e.map(lambda _: bytearray(75 << 20), range(8)))"
    ),
    "reserved, then opened": (
        "libc.mmap.restype = ctypes.c_void_p\n"
        "p = libc.mmap(None, ctypes.c_size_t(600 << 20), 0, 0x22, -1, ctypes.c_long(0))\n"
        "if libc.mprotect(ctypes.c_void_p(p), ctypes.c_size_t(600 << 20), 3): raise MemoryError\n"
    ),
}


def take(name: str) -> str:
    """Code that takes the memory and says whether it had it."""
    body = MEMORY[name].replace("\n", "\n ")
    return f"try:\n {body}\nexcept MemoryError: print('refused')\nelse: print('had')"


@needs_all
@pytest.mark.parametrize("name", MEMORY)
def test_memory_has_an_end(zygote: Zygote, name: str) -> None:
    """A candidate takes the machine's memory, and the kernel ends something of the user's."""
    code = take(name)
    small = zygote.run(code, memory=256 << 20)
    assert small.last in {"refused", "SIGABRT"}, small.text
    assert zygote.run(code, memory=1 << 30).last == "had"


@needs_all
def test_memory_that_is_hidden_has_an_end_too(zygote: Zygote) -> None:
    """Pages made read-only are not counted as data: a candidate fills memory through that gap."""
    code = """
import resource
libc.mmap.restype = ctypes.c_void_p
long = ctypes.c_size_t
for _ in range(40):
    p = libc.mmap(None, long(100 << 20), 3, 0x22, -1, ctypes.c_long(0))
    if p == 2**64 - 1: break
    ctypes.memset(p, 1, 100 << 20)
    libc.mprotect(ctypes.c_void_p(p), long(100 << 20), 1)
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10)
"""
    assert int(zygote.run(code, memory=256 << 20).last) < 256 + 1024 + 256


@needs_all
def test_processor_time_has_an_end(zygote: Zygote) -> None:
    """A candidate that ignores signals burns a processor for ever."""
    code = "import signal\nsignal.signal(signal.SIGXCPU, signal.SIG_IGN)\nwhile True: pass"
    assert zygote.run(code, cpu=1).ended == "SIGKILL"
    assert zygote.run("while True: pass", cpu=1).ended == "SIGXCPU"


@needs_all
def test_threads_have_an_end(zygote: Zygote) -> None:
    """A candidate fills the table of processes; root would not be counted."""
    code = """
import resource
print(resource.getrlimit(resource.RLIMIT_NPROC)[1], os.getuid())
"""
    most, user = zygote.run(code).last.split()
    assert 0 < int(most) <= 8192
    assert int(user) != 0


@needs_all
def test_nothing_is_left_of_root(zygote: Zygote) -> None:
    """A worker started by root can still do what root can."""
    code = "print(open('/proc/self/status').read())"
    text = zygote.run(code, read=["/proc"]).text
    status = dict(line.split(":", 1) for line in text.splitlines() if ":" in line)
    assert {status[f"Cap{kind}"].strip() for kind in ("Inh", "Prm", "Eff", "Amb")} == {"0" * 16}
    if zygote.user == "itself" and ROOT:
        assert status["CapBnd"].strip() == "0" * 16
    assert status["NoNewPrivs"].strip() == "1"
    assert status["Seccomp"].strip() == "2"
    assert status["CoreDumping"].strip() == "0"


@needs_all
def test_every_layer_reports(zygote: Zygote) -> None:
    """A record says a layer held that did not."""
    assert zygote.run("").rows == dict.fromkeys(ROWS, "in force")
    only = zygote.run("", layers=["landlock"]).rows
    assert only["landlock"] == "in force"
    assert {v for k, v in only.items() if k != "landlock"} == {
        "missing: switched off to measure the others"
    }


@needs_all
def test_a_second_thread_is_reported() -> None:
    """Landlock and the capabilities hold for one thread only, and nobody says so."""
    code = (
        "import threading; from poet import _native as n; e = threading.Event()\n"
        "t = threading.Thread(target=e.wait); t.start()\n"
        "rows = dict(n.confine([], [], 0, 0, False, 'worker')); e.set()\n"
        "print(rows['landlock'], '|', rows['seccomp'])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == (
        "missing: the process has 2 threads and this covers one | in force"
    )


def test_wrong_words_are_errors() -> None:
    """A misspelt profile confines by another one than meant."""
    with pytest.raises(ValueError, match='profile must be "worker" or "tests", not "test"'):
        _native.confine([], [], 0, 0, False, "test")
    with pytest.raises(ValueError, match='no layer "secomp"; there are: resource limits'):
        _native.confine([], [], 0, 0, False, "worker", ["secomp"])


def test_the_probe_names_every_row() -> None:
    """`poet doctor` leaves out a layer, or calls one by another name than the record."""
    rows = _native.sandbox_layers()
    assert [name for name, _ in rows] == ROWS
    assert all(s == "in force" or s.startswith("missing: ") for _, s in rows)
