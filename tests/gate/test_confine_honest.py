"""What a confined process can do: everything honest computations do, and the tests profile's work."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
from confine_helpers import Zygote

from poet import _native

MISSING = [f"{name} is {state}" for name, state in _native.sandbox_layers() if state != "in force"]
ROOT = os.name == "posix" and os.geteuid() == 0

pytestmark = pytest.mark.skipif(bool(MISSING), reason="; ".join(MISSING))


@pytest.fixture(
    scope="module",
    params=[
        "itself",
        pytest.param(
            "nobody", marks=pytest.mark.skipif(not ROOT, reason="only root becomes another user")
        ),
    ],
)
def zygote(request: pytest.FixtureRequest) -> Iterator[Zygote]:
    started = Zygote(request.param)
    yield started
    started.stop()


WORK = {
    "linear algebra": """
a = np.random.default_rng(1).random((400, 400))
u, s, v = np.linalg.svd(a)
print(np.allclose(u @ np.diag(s) @ v, a))""",
    "polars on many threads": """
rows = 300_000
df = pl.DataFrame({"key": np.arange(rows) % 7, "value": np.arange(rows)})
out = df.lazy().group_by("key").agg(pl.col("value").sum()).sort("key").collect()
print(out["value"].sum() == rows * (rows - 1) // 2 and pl.thread_pool_size() > 0)""",
    "polars joins and strings": """
df = pl.DataFrame({"k": [f"k{i % 50}" for i in range(50_000)], "v": range(50_000)})
out = df.join(df.unique("k", keep="first"), on="k").with_columns(pl.col("k").str.to_uppercase())
print(out.height == 50_000 and out["k"].str.contains("^K[0-9]+$").all())""",
    "polars streaming": """
lazy = pl.LazyFrame({"k": np.arange(100_000) % 3}).group_by("k").len().sort("k")
print(lazy.collect(engine="streaming")["len"].sum() == 100_000)""",
    "a hundred megabytes": """
a = np.ones(100 << 17)
print(a.sum() == 100 << 17)""",
    "threads": """
import threading
found = []
threads = [threading.Thread(target=lambda: found.append(1)) for _ in range(40)]
[t.start() for t in threads]; [t.join() for t in threads]
print(len(found) == 40)""",
    "thread pool": """
from concurrent.futures import ThreadPoolExecutor
with ThreadPoolExecutor() as pool:
    print(sum(pool.map(lambda x: x * x, range(100))) == 328350)""",
    "asyncio": """
import asyncio
async def add(a, b):
    await asyncio.sleep(0.001)
    return a + b
async def main():
    both = await asyncio.gather(add(1, 2), add(3, 4))
    async with asyncio.TaskGroup() as group:
        one = group.create_task(add(5, 6))
    other = await asyncio.to_thread(sum, [1, 2])
    try:
        async with asyncio.timeout(0.01):
            await asyncio.sleep(5)
    except TimeoutError:
        return [*both, one.result(), other]
print(asyncio.run(main()) == [3, 7, 11, 3])""",
    "time and chance": """
import datetime, random, secrets, time, zoneinfo
then = datetime.datetime(2026, 7, 1, tzinfo=zoneinfo.ZoneInfo("Europe/Berlin"))
time.sleep(0.001)
print(then.utcoffset().seconds == 7200 and len(os.urandom(8)) == 8 and secrets.randbits(8) >= 0
      and 0 <= random.random() < 1 and time.monotonic() > 0 and time.localtime() is not None)""",
    "logging": """
import logging
logging.basicConfig(stream=sys.stdout)
logging.getLogger("x").warning("careful")
print(True)""",
    "home of an unknown user": """
import os.path
print(isinstance(os.path.expanduser("~"), str))""",
    "errors": """
import traceback
try:
    {}["missing"]
except KeyError:
    print("candidate.py" in traceback.format_exc())""",
    "deep recursion": """
def deep(n): return 0 if n == 0 else 1 + deep(n - 1)
try: deep(10**6)
except RecursionError: print(deep(900) == 900)""",
    "temporary files fail cleanly": """
import tempfile
try: tempfile.TemporaryFile()
except OSError as error: print("temporary directory" in str(error))""",
    "a signal to itself": """
import signal
got = []
signal.signal(signal.SIGUSR1, lambda *_: got.append(1))
signal.raise_signal(signal.SIGUSR1); os.kill(os.getpid(), signal.SIGUSR1)
signal.setitimer(signal.ITIMER_REAL, 0.01); signal.signal(signal.SIGALRM, lambda *_: got.append(2))
import time; time.sleep(0.05)
print(got == [1, 1, 2])""",
    "talk to the parent": """
import select
poll = select.epoll(); poll.register(talk, select.EPOLLIN)
print(poll.poll(5)[0][0] == talk and os.read(talk, 100) == b"ping\\n" and os.write(talk, b"pong") == 4)""",
    "limits can be asked": """
import resource
print(resource.getrlimit(resource.RLIMIT_CORE) == (0, 0) and os.cpu_count() > 0
      and len(os.sched_getaffinity(0)) > 0)""",
    "grow a list": """
print(len([*range(2_000_000)]) == 2_000_000 and len(b"x" * 1000 * 100_000) == 100_000_000)""",
}


@pytest.mark.parametrize("name", WORK)
def test_honest_work(zygote: Zygote, name: str) -> None:
    """Honest code fails in the sandbox, and a correct candidate is refused."""
    outcome = zygote.run(WORK[name])
    assert outcome.ended == 0, outcome.text
    assert outcome.last == "True", outcome.text
    if name == "talk to the parent":
        assert outcome.said == "pong"


def test_packages_are_imported_later(zygote: Zygote) -> None:
    """A candidate that imports a module within its function cannot run."""
    if not os.access(os.__file__, os.R_OK) or (
        zygote.user == "nobody" and not _open_to_all(Path(os.__file__))
    ):
        pytest.skip(f"another user cannot read the interpreter's {os.__file__}")
    code = """
import statistics, json, decimal, numpy.fft, numpy.polynomial, graphlib, sqlite3, _lzma
print("sqlite3" in sys.modules and numpy.fft.fft([1.0]).size == 1)"""
    assert zygote.run(code).last == "True"


def _open_to_all(path: Path) -> bool:
    return all(folder.stat().st_mode & 0o001 for folder in path.parents)


def test_a_crash_is_a_signal(zygote: Zygote) -> None:
    """A crash inside a library passes for an answer, or leaves a core file with the inputs."""
    assert zygote.run("os.abort()").ended == "SIGABRT"
    assert zygote.run("import ctypes; ctypes.string_at(0)").ended == "SIGSEGV"
    assert zygote.run("sys.exit(3)").ended == 3


def test_a_folder_that_is_granted_can_be_written(tmp_path: Path) -> None:
    """A domain that grants a folder gets none, or more than that folder."""
    zygote = Zygote("itself")
    granted = tmp_path / "granted"
    granted.mkdir()
    (tmp_path / "other").write_text("kept")
    code = f"""
here, there = {str(granted)!r}, {str(tmp_path / "other")!r}
with open(here + "/a", "w") as file: file.write("x" * 1000)
os.rename(here + "/a", here + "/b"); os.mkdir(here + "/c"); os.rmdir(here + "/c")
print(attempt(open, there), attempt(open, there, "w"), attempt(os.unlink, there),
      attempt(os.rename, here + "/b", there), attempt(os.chmod, here + "/b", 0o777))"""
    outcome = zygote.run(code, write=[str(granted)])
    zygote.stop()
    assert outcome.last == "EACCES EACCES EACCES EACCES EPERM", outcome.text
    assert (granted / "b").read_text() == "x" * 1000
    assert (tmp_path / "other").read_text() == "kept"


def test_network_that_is_granted_can_be_used(zygote: Zygote) -> None:
    """A domain that grants the network gets none, or the machine's local services too."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        code = f"""
import socket
with socket.create_connection(("127.0.0.1", {port}), timeout=5) as s: s.sendall(b"hello")
print(attempt(socket.socket, socket.AF_UNIX), attempt(socket.socket, socket.AF_NETLINK, socket.SOCK_RAW),
      attempt(socket.socket, socket.AF_INET, socket.SOCK_RAW))"""
        outcome = zygote.run(code, network=True)
        assert outcome.last == "EPERM EPERM EPERM", outcome.text
        server.settimeout(5)
        with server.accept()[0] as accepted:
            assert accepted.recv(10) == b"hello"
    assert zygote.run("os.fork()", network=True).ended == "SIGSYS"


TESTS = {
    "programs": (
        "import subprocess as s\n"
        "print(s.run([sys.executable, '-c', 'print(6 * 7)'], capture_output=True).stdout == b'42\\n')"
    ),
    "processes": (
        "pid = os.fork()\n"
        "if pid == 0: os._exit(7)\n"
        "print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 7)"
    ),
    "files": (
        "import pathlib, shutil\n"
        "p = pathlib.Path(folder, 'a'); p.write_text('x'); p.chmod(0o600); shutil.copy2(p, folder + '/b')\n"
        "(p.parent / 'l').symlink_to(p); os.utime(p, (0, 0)); os.link(p, folder + '/h')\n"
        "print(sorted(os.listdir(folder)) == ['a', 'b', 'h', 'l'])"
    ),
    "local sockets": (
        "import socket\n"
        "s = socket.socket(socket.AF_UNIX); s.bind(folder + '/s'); s.listen()\n"
        "c = socket.socket(socket.AF_UNIX); c.connect(folder + '/s'); print(True)"
    ),
    "reads anywhere": "print(attempt(open, '/etc/passwd') == 'done')",
    "memory files": "print(os.memfd_create('x') > 2)",
    "stopping its children": (
        "import subprocess as s, signal\n"
        "p = s.Popen([sys.executable, '-c', 'input()'], stdin=s.PIPE); p.kill(); print(p.wait() == -9)"
    ),
    "no write elsewhere": (
        "print(attempt(open, outside, 'w') == attempt(os.unlink, outside) "
        "== attempt(os.truncate, outside, 0) == 'EACCES')"
    ),
    "no write by a child": (
        "import subprocess as s\n"
        "code = f'import os; os.unlink({outside!r})'\n"
        "print(b'PermissionError' in s.run([sys.executable, '-c', code], stderr=s.PIPE).stderr)"
    ),
    "no signal to the parent": "print(attempt(os.kill, os.getppid(), 0) == 'EPERM')",
    "no memory of the parent": (
        "print(attempt(open, f'/proc/{os.getppid()}/environ', 'rb') == 'EACCES')"
    ),
    "no attack on the kernel": (
        "print([call(n, 0, 0, 0, 0, 0) for n in NUMBERS] == ['EPERM'] * len(NUMBERS))"
    ),
    "a loopback of its own or none": (
        "import socket\n"
        "if attempt(socket.socket) == 'EPERM': print(True)\n"
        "else:\n"
        " s = socket.create_server(('127.0.0.1', 0)); c = socket.create_connection(s.getsockname())\n"
        " s.accept()[0].sendall(b'x'); ours = c.recv(1) == b'x'\n"
        " out = socket.socket(); out.settimeout(5)\n"
        " print(ours and attempt(out.connect, ('192.0.2.1', 80)) == 'ENETUNREACH'\n"
        "       and attempt(socket.create_connection, ('127.0.0.1', port), 5) == 'ECONNREFUSED')"
    ),
    "no devices": "print(attempt(os.mknod, folder + '/d', 0o60600, os.makedev(8, 0)) in {'EPERM', 'EACCES'})",
}


@pytest.mark.parametrize("name", TESTS)
def test_the_tests_profile(zygote: Zygote, tmp_path: Path, name: str) -> None:
    """The user's tests cannot run as they do elsewhere, or can change what they should not."""
    if zygote.user == "nobody" and not _open_to_all(Path(os.__file__)):
        pytest.skip(f"another user cannot read the interpreter's {os.__file__}")
    folder = tmp_path / "private"
    folder.mkdir()
    outside = tmp_path / "outside"
    outside.write_text("kept")
    calls = {"x86_64": [101, 165, 246, 250, 272, 298, 308, 310, 321, 323, 425, 438]}
    with socket.create_server(("127.0.0.1", 0)) as server:
        code = f"""
folder, outside, port = {str(folder)!r}, {str(outside)!r}, {server.getsockname()[1]}
NUMBERS = {calls.get(os.uname().machine, [])}
{TESTS[name]}"""
        granted = [str(folder), "/dev/null"]
        outcome = zygote.run(code, profile="tests", read=["/"], write=granted)
    assert set(outcome.rows.values()) == {"in force"}
    assert outcome.last == "True", outcome.text
    assert outside.read_text() == "kept"


def test_loopback_of_another_user(zygote: Zygote) -> None:
    """Tests that serve to themselves reach this machine's services, as any user."""
    code = """
import socket
if attempt(socket.socket) == 'EPERM': print('none')
else:
    s = socket.create_server(("127.0.0.1", 0)); c = socket.create_connection(s.getsockname())
    out = socket.socket(); out.settimeout(5)
    print(os.geteuid(), attempt(out.connect, ("192.0.2.1", 80)))"""
    last = zygote.run(code, profile="tests", read=["/"]).last
    user = 65534 if zygote.user == "nobody" else os.geteuid()
    assert last in {"none", f"{user} ENETUNREACH"}
    if ROOT and zygote.user == "itself":
        assert last != "none"
