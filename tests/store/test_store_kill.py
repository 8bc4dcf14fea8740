"""A writer killed at any instant leaves the old state or the new one, and no trouble behind."""

from __future__ import annotations

import os
import random
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from promote_loop import age, promote_next, serial_of, store_of

LOOP = Path(__file__).with_name("promote_loop.py")
FILES = {"code.py", "params.json", "state.json", "metadata.json", "record.json"}
STRACE = shutil.which("strace")
CALLS = (
    *("openat", "write", "pwrite64", "fsync", "fdatasync", "ftruncate", "flock"),
    *("rename", "renameat", "renameat2", "mkdir", "mkdirat", "unlink", "unlinkat", "rmdir"),
)


def leftovers(project: Path) -> list[Path]:
    return sorted((project / ".poet").rglob(".tmp-*"))


def look(project: Path, promised: int) -> int:
    """Check all that must hold right after a kill; return the serial number that is current."""
    store = store_of(project)
    for name in store.names():
        assert {p.name for p in (store.folder / name).iterdir()} == FILES, f"{name} is half-written"
        assert store.read(name).record["verdict"] == "accepted"
    current = store.current()
    if current is None:
        assert promised == 0, f"promotion {promised} was reported and is lost"
        return 0
    assert store.is_logged(store.read(current)), f"{current} is current and in no log line"
    serial = serial_of(store)
    assert serial >= promised, f"promotion {promised} was reported, current is {serial}"
    return serial


def next_writer_works(project: Path, serial: int) -> None:
    store = store_of(project)
    store.lock_timeout = 5.0
    name = promote_next(store, serial)
    assert store.current() == name
    assert serial_of(store) == serial
    assert leftovers(project) == [], "what the killed writer left is still there"


def kill_at_random(folder: Path, kills: int) -> tuple[int, int]:
    """Kill the loop ``kills`` times; return how many fell inside a promotion, how many littered."""
    generator = random.Random()
    project, serial, inside, littered = folder / "project", 1, 0, 0
    project.mkdir()
    for number in range(kills):
        marks = folder / "marks"
        marks.unlink(missing_ok=True)
        writer = subprocess.Popen(
            [sys.executable, str(LOOP), str(project), str(marks), "1000000", str(serial)]
        )
        try:
            # By how far the writer is, not by the clock: on a busy machine it may not run for long.
            wanted = generator.randint(1, 12)
            deadline = time.monotonic() + 60
            while not marks.exists() or marks.read_bytes().count(b"\n") < wanted:
                assert writer.poll() is None, f"the writer ended by itself at kill {number}"
                assert time.monotonic() < deadline, "the writer does not get on"
                time.sleep(0.0005)
            time.sleep(generator.uniform(0, 0.02))
            assert writer.poll() is None, f"the writer failed by itself before kill {number}"
        finally:
            writer.send_signal(signal.SIGKILL)
            writer.wait()
        steps = [line.split() for line in marks.read_text().splitlines()]
        promised = max((int(n) for step, n in steps if step == "done"), default=serial - 1)
        step, reached = steps[-1][0], int(steps[-1][1])
        littered += bool(leftovers(project))
        current = look(project, promised)
        inside += step in ("first", "last") and current < reached
        serial = reached + 1
        next_writer_works(project, serial)
        serial += 1
        age(store_of(project))
    return inside, littered


def report(record_property, capsys, **figures: int) -> None:
    for name, value in figures.items():
        record_property(name, value)
    with capsys.disabled():
        print(" [" + ", ".join(f"{k}={v}" for k, v in figures.items()) + "]", end="", flush=True)


def test_kills_at_random_instants(tmp_path, record_property, capsys):
    """A deploy killed half-way would leave a function that cannot be served or regenerated."""
    inside, littered = kill_at_random(tmp_path, 60)
    report(record_property, capsys, kills=60, inside=inside, littered=littered)
    assert inside >= 3, "hardly a kill fell inside a promotion: the test shows nothing"


@pytest.mark.soak
def test_a_thousand_kills(tmp_path, record_property, capsys):
    """A window of a few microseconds would stay open that sixty kills do not hit."""
    inside, littered = kill_at_random(tmp_path, 1000)
    report(record_property, capsys, kills=1000, inside=inside, littered=littered)
    assert inside >= 100


def calls_below(trace: Path, folder: Path) -> list[tuple[str, int]]:
    """Return the traced calls that write below ``folder``, in order.

    Each is a call's name and its number among the calls of that name, as strace counts them.
    """
    counted: dict[str, int] = {}
    found = []
    for line in trace.read_text(errors="replace").splitlines():
        match = re.match(r"(?:\d+ +)?(\w+)\(", line)
        if match is None:
            continue
        name = match[1]
        counted[name] = counted.get(name, 0) + 1
        if str(folder) in line and not (name == "openat" and "O_RDONLY" in line):
            found.append((name, counted[name]))
    return found


@pytest.mark.skipif(STRACE is None, reason="strace is not installed")
@pytest.mark.parametrize("versions", [0, 12], ids=["first-version", "with-retention"])
def test_kill_at_every_call_that_writes(tmp_path, versions, record_property, capsys):
    """One unguarded step between two system calls would lose a version or block the next writer."""
    template = tmp_path / "template"
    template.mkdir()
    for serial in range(1, versions + 1):
        promote_next(store_of(template), serial)
    age(store_of(template))
    project, marks, trace = tmp_path / "project", tmp_path / "marks", tmp_path / "trace"

    def run(*inject: str) -> int:
        shutil.rmtree(project, ignore_errors=True)
        shutil.copytree(template, project, copy_function=shutil.copy2)
        marks.unlink(missing_ok=True)
        done = subprocess.run(
            [str(STRACE), "-f", "-qq", "-y", "-s", "4096", "-o", str(trace), *inject,
             sys.executable, str(LOOP), str(project), str(marks), "1", str(versions + 1)],
            env={**os.environ, "PYTHONHASHSEED": "0", "PYTHONDONTWRITEBYTECODE": "1"},
            capture_output=True, timeout=120, check=False,
        )  # fmt: skip
        return done.returncode

    code = run("-e", f"trace={','.join(CALLS)}")
    if code and re.search("ptrace|not permitted", trace.read_text() if trace.exists() else ""):
        pytest.skip("this machine does not let strace trace")
    assert code == 0
    points = calls_below(trace, project / ".poet")
    assert {"mkdir", "openat", "write", "fsync", "rename"} <= {name for name, _ in points}
    inside, reached = 0, []
    for name, number in points:
        code = run("-e", f"trace={name}", "-e", f"inject={name}:signal=KILL:when={number}")
        assert code in (-signal.SIGKILL, 128 + signal.SIGKILL), f"no kill at {name} {number}"
        step = (marks.read_text().split() or [""])[-2:][0]
        current = look(project, versions + 1 if step == "done" else versions)
        assert current in (versions, versions + 1)
        inside += step in ("first", "last") and current == versions
        reached.append(current)
        next_writer_works(project, versions + 2)
    report(
        record_property, capsys, points=len(points), inside=inside, new=reached.count(versions + 1)
    )
    assert inside >= 20
    assert reached == sorted(reached), "a later kill went back to the old state"
    assert reached[-1] == versions + 1
