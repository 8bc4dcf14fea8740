"""Kills of publishers and consumers: at any instant, and at each system call that writes."""

from __future__ import annotations

import os
import random
import re
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from events_world import (
    BrokenError,
    Marks,
    World,
    consume_some,
    consumer,
    make,
    publish_some,
    publisher,
)  # fmt: skip

CALLS = (
    *("openat", "write", "pwrite64", "writev", "fsync", "fdatasync", "ftruncate", "flock"),
    *("rename", "renameat", "renameat2", "mkdir", "unlink", "unlinkat", "rmdir", "link", "sendto"),
    *("sendmsg", "fcntl", "copy_file_range", "sendfile"),
)
FRESH_EVERY = 12


def kills(world: World, count: int) -> Iterator[str]:
    """Kill a publisher, a consumer or both at random instants, again and again on one store."""
    for number in range(count):
        if number % FRESH_EVERY == 0:
            world.fresh()
        before = sum(p.stat().st_size for p in world.marks.iterdir())
        seed = world.random.randrange(2**32)
        pids = {
            "publisher": world.child(publisher(world, seed))[0],
            "consumer": world.child(consumer(world, f"c{number % 3}", seed))[0],
        }
        world.look_for_marks(before + world.random.randrange(1, 4000), pids["publisher"])
        order = world.random.sample(list(pids), 2)
        for name in order:
            time.sleep(world.random.uniform(0, 0.008))
            code = world.kill(pids[name])
            if code != -signal.SIGKILL:
                raise BrokenError(f"a {name} ended by itself: {world.marked().errors[:1]}")
        if number % FRESH_EVERY == FRESH_EVERY - 1 or number == count - 1:
            world.judge()
        else:
            world.judge(drain=False)
        yield f"kill -9 of a {order[0]}"
        yield f"kill -9 of a {order[1]}"


# Kills at system calls ------------------------------------------------------------------------


def producing(world: World) -> Callable[[Marks], None]:
    """Publish one, a batch, emit; a second opening in the same process."""

    def work(marks: Marks) -> None:
        generator = random.Random(5)
        for _ in range(2):
            with world.store() as store:
                for n in range(6):
                    publish_some(store, marks, n, generator)

    return work


def consuming(world: World) -> Callable[[Marks], None]:
    """Claim, acknowledge, hand back, let die, revive, clear away."""

    def work(marks: Marks) -> None:
        with world.store() as store:
            consume_some(store, marks, "a", 3)
            consume_some(store, marks, "a", 2)
            claims = store.claim("a", limit=2, lease=0.05)
            marks.note("got", *(f"{c.event.id}#{c.attempt}" for c in claims))
            store.nack(claims, reason="not yet")
            consume_some(store, marks, "b", 100)
            store.retire(0.0, now=time.time() + 86400)
            event = make(99)
            marks.note("try", event.id)
            store.publish([event])
            marks.note("pub", event.id)
            consume_some(store, marks, "b", 100)

    return work


class Traced:
    """A child under strace from its first step on."""

    def __init__(self, world: World, work: Callable[[Marks], None], options: list[str]) -> None:
        self.world = world
        self.pid, gate = world.child(work, gate=True)
        self.trace = attach(self.pid, options, world.folder / "trace")
        os.write(gate, b"g")
        os.close(gate)

    def end(self) -> int:
        code = self.world.wait(self.pid)
        end(self.trace)
        return code


def attach(pid: int, options: list[str], output: Path) -> subprocess.Popen[bytes]:
    """Trace a process that waits; return when strace holds it."""
    output.unlink(missing_ok=True)
    tracer = subprocess.Popen(
        ["strace", "-f", "-qq", "-y", "-s", "256", "-o", str(output), *options, "-p", str(pid)],
        stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
    )  # fmt: skip
    deadline = time.monotonic() + 10
    while "TracerPid:\t0" in Path(f"/proc/{pid}/status").read_text():
        if tracer.poll() is not None or time.monotonic() > deadline:
            raise OSError(f"strace cannot trace: {tracer.communicate()[1].decode()[-200:]}")
        time.sleep(0.001)
    # TracerPid shows before the options of the tracer count.
    time.sleep(0.003)
    return tracer


def end(tracer: subprocess.Popen[bytes]) -> None:
    """Let strace write what it has, and end it."""
    try:
        tracer.wait(0.5)
    except subprocess.TimeoutExpired:
        tracer.terminate()
    tracer.communicate()


def no_tracing() -> str:
    """Return why nothing can be traced here, empty where it can."""
    if shutil.which("strace") is None:
        return "strace is not installed"
    done = subprocess.run(
        ["strace", "-o", "/dev/null", "true"], capture_output=True, text=True, check=False
    )
    return f"ptrace is not allowed: {done.stderr.strip()[-100:]}" if done.returncode else ""


def _points(trace: Path, home: Path) -> list[tuple[str, int]]:
    counted: dict[str, int] = {}
    found = []
    for line in trace.read_text(errors="replace").splitlines():
        match = re.match(r"(?:\d+ +)?(\w+)\(", line)
        if match is None:
            continue
        name = match[1]
        counted[name] = counted.get(name, 0) + 1
        ours = str(home) in line and not (name == "openat" and "O_RDONLY" in line)
        if name in ("sendto", "sendmsg") or (
            ours and not (name == "fcntl" and "F_SETLK" not in line)
        ):
            found.append((name, counted[name]))
    return found


def calls(world: World, count: int) -> Iterator[str]:
    """Kill the publisher, then the consumer, at every system call that writes, one after another.

    With a ``count`` above 0, only so many of them, spread evenly.
    """
    why = no_tracing()
    if why:
        yield f"skipped: {why}"
        return
    for name, scenario in (("publisher", producing), ("consumer", consuming)):

        def prepared(name: str = name) -> None:
            world.fresh()
            if name == "consumer":
                pid, _ = world.child(producing(world))
                if world.wait(pid):
                    raise BrokenError(f"cannot publish: {world.marked().errors[:1]}")

        prepared()
        traced = Traced(world, scenario(world), ["-e", f"trace={','.join(CALLS)}"])
        if traced.end():
            raise BrokenError(f"the {name} fails by itself: {world.marked().errors[:1]}")
        points = _points(world.folder / "trace", world.home)
        if not points:
            raise BrokenError("no call that writes was seen")
        wanted = points
        if 0 < count < len(points):
            step = len(points) / count
            wanted = [points[int(i * step)] for i in range(count)]
        for call, number in wanted:
            prepared()
            traced = Traced(
                world, scenario(world),
                ["-e", f"trace={call}", "-e", f"inject={call}:signal=KILL:when={number}"],
            )  # fmt: skip
            killed = traced.end() == -signal.SIGKILL
            try:
                world.judge()
            except Exception as error:
                raise BrokenError(
                    f"after a kill of the {name} at {call} {number}: {error}"
                ) from error
            if killed:
                yield f"kill -9 of a {name} at a system call"
