"""Faults of the disk, of files, of the clock, and kills, while a version is stored and promoted."""

from __future__ import annotations

import contextlib
import errno
import os
import random
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from bench_project import BenchProject, BrokenError

from poet.errors import PoetError
from poet.store import approve

CALLS = ("open", "write", "fsync", "replace", "rename", "mkdir", "unlink", "rmdir", "scandir")
ERRORS = (errno.ENOSPC, errno.EIO, errno.EDQUOT, errno.EMFILE, errno.EROFS, errno.EACCES)
EDITED = (
    *("code.py", "record.json", "metadata.json", "params.json", "state.json"),
    *("current", "log.jsonl", "cases/one.json", "app.py", "test_app.py"),
)


@contextlib.contextmanager
def at_call(number: int, action: Callable[[str], None], after: bool = False) -> Iterator[list[str]]:
    """Do ``action`` before or after the n-th call that touches the disk, counted from 0."""
    seen: list[str] = []
    real = {name: getattr(os, name) for name in CALLS}

    def wrap(name: str) -> Callable[..., Any]:
        def call(*args: Any, **more: Any) -> Any:
            due = len(seen) == number
            seen.append(name)
            if due and not after:
                action(name)
            result = real[name](*args, **more)
            if due and after:
                if name == "open":
                    os.close(result)
                action(name)
            return result

        return call

    for name in CALLS:
        setattr(os, name, wrap(name))
    try:
        yield seen
    finally:
        for name, function in real.items():
            setattr(os, name, function)


def _die(_: str) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def _in_child(work: Callable[[], None], wait: float | None = None) -> bool:
    """Run ``work`` in a forked child, kill it after a time if asked to; say if it was killed."""
    pid = os.fork()
    if pid == 0:
        try:
            work()
        finally:
            os._exit(0)
    if wait is not None:
        time.sleep(wait)
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    return os.WIFSIGNALED(os.waitpid(pid, 0)[1])


def _calls_of_one(bench: BenchProject) -> int:
    bench.prepare(True)
    with at_call(-1, _die) as seen:
        bench.enhance()
    return len(seen)


def kills(bench: BenchProject, count: int) -> Iterator[str]:
    """Kill the process before or after a system call that writes, or at any instant."""
    start = time.perf_counter()
    calls = _calls_of_one(bench)
    lasts = time.perf_counter() - start
    killed = 0
    while killed < count:
        right = bench.random.random() < 0.7
        before = bench.current()
        bench.prepare(right)
        if bench.random.random() < 0.7:
            number, after = bench.random.randrange(calls + 2), bench.random.random() < 0.5
            with at_call(number, _die, after):
                died = _in_child(bench.enhance)
            kind = "kill at a call"
        else:
            died = _in_child(bench.enhance, bench.random.uniform(0, lasts))
            kind = "kill at an instant"
        bench.look({before, _after(bench)} if right else {before})
        if killed % 5 == 0:
            bench.look_served()
        bench.next_works()
        if died:
            killed += 1
            yield kind


def _after(bench: BenchProject) -> str | None:
    """Return the one other name that current may have: the newest stored version."""
    return bench.store.names()[-1]


def errors(bench: BenchProject, count: int) -> Iterator[str]:
    """Let a system call fail, before it took effect or after it, once or from then on."""
    calls = _calls_of_one(bench)
    for _ in range(count):
        right = bench.random.random() < 0.8
        number = bench.random.choice(ERRORS)
        before = bench.current()
        bench.prepare(right)
        hit = []

        def fail(name: str, number: int = number, hit: list[str] = hit) -> None:
            hit.append(name)
            raise OSError(number, os.strerror(number))

        place, after = bench.random.randrange(calls), bench.random.random() < 0.3
        with at_call(place, fail, after):
            try:
                result = bench.enhance()
            except PoetError:
                result = None
        if hit and result is not None and result.outcome == "failed" and not result.message:
            raise BrokenError(f"{hit}: failed without a message")
        if result is not None and result.after != bench.current():
            raise BrokenError(f"{hit} {result}: current is {bench.current()}")
        bench.look({before, _after(bench)} if right else {before})
        if place % 5 == 0:
            bench.look_served()
        bench.next_works()
        if hit:
            yield f"{errno.errorcode[number]}"


def full_disk(bench: BenchProject, count: int) -> Iterator[str]:
    """Fill the disk that holds the project, but for a few pages. Needs root: it mounts one."""
    disk = bench.folder.with_name("disk")
    disk.mkdir()
    done = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=4m", "none", str(disk)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    if done.returncode:
        yield f"skipped: mounting a small disk needs root (CAP_SYS_ADMIN): {done.stderr.strip()}"
        return
    try:
        small = BenchProject(disk / "project", 7)
        shutil.rmtree(small.kept)
        for number in range(count):
            right = number % 4 != 0
            before = small.current()
            small.prepare(right)
            filler = disk / "filler"
            free = small.random.randrange(12) * 4096
            with filler.open("wb") as file, contextlib.suppress(OSError):
                while True:
                    os.write(file.fileno(), bytes(4096))
            os.truncate(filler, max(0, filler.stat().st_size - free))
            try:
                result = small.enhance()
                if result.outcome == "failed" and not result.message:
                    raise BrokenError("a full disk is not named")
                if result.after != small.current():
                    raise BrokenError(f"{result}: current is {small.current()}")
            except PoetError:
                pass
            small.look({before, _after(small)} if right else {before})
            small.look_served()
            filler.unlink()
            small.next_works()
            shutil.rmtree(small.base / "home", ignore_errors=True)
            yield "full disk"
    finally:
        subprocess.run(["umount", "-l", str(disk)], check=False)
        disk.rmdir()
        bench.listen()


def read_only(bench: BenchProject, count: int) -> Iterator[str]:
    """Take the right to write from folders; root is not bound by it."""
    if os.geteuid() == 0:
        yield "skipped: root may write everywhere; run it as another user too"
        return
    for _ in range(count):
        before = bench.current()
        bench.prepare(True)
        folder = bench.random.choice((bench.base, bench.store.folder))
        folder.chmod(0o555)
        try:
            bench.enhance()
        except PoetError:
            pass
        finally:
            folder.chmod(0o755)
        bench.look({before, _after(bench)})
        bench.next_works()
        yield "read-only folder"


def _damage(generator: random.Random, path: Path, other: Path | None) -> str:
    """Damage a file in one of several ways; return which."""
    data = path.read_bytes()
    ways = ["flip", "truncate", "replace", "delete", "append", "swap", "folder"]
    way = generator.choice(ways)
    if way == "flip" and data:
        at = generator.randrange(len(data))
        path.write_bytes(
            data[:at] + bytes([data[at] ^ (1 << generator.randrange(8))]) + data[at + 1 :]
        )
    elif way == "truncate":
        path.write_bytes(data[: generator.randrange(len(data) + 1)])
    elif way == "replace":
        wrong = b"def f(a: int, b: int = 2) -> int:\n    return a - b\n"
        path.write_bytes(
            generator.choice(
                [wrong, b"", b"{}", b"[]", b"null", b"v99\n", b"\xff\xfe", b"[" * 99999]
            )
        )
    elif way == "delete":
        path.unlink()
    elif way == "append":
        path.write_bytes(
            data + generator.choice([b"\n", b"x", b"\0", b"\n\nf = lambda a, b=2: -1\n"])
        )
    elif way == "swap" and other is not None and other.exists():
        path.write_bytes(other.read_bytes())
        other.write_bytes(data)
    elif way == "folder":
        path.unlink()
        path.mkdir()
    return way


def edits(bench: BenchProject, count: int) -> Iterator[str]:
    """Edit a file before a cycle, between its judgement and its storing, or after it."""
    for _ in range(count):
        where = bench.random.choice(EDITED)
        instant = bench.random.choice(("before", "judged", "after"))
        right = bench.random.random() < 0.7
        bench.prepare(right)
        names = bench.store.names()
        version = bench.random.choice(names[-2:])
        user_file = where.endswith("app.py")
        if where in ("current", "log.jsonl") or where.startswith("cases"):
            path, other = bench.store.folder / where, None
        elif user_file:
            path, other = bench.folder / where, None
        else:
            path = bench.store.folder / version / where
            other = bench.store.folder / next(n for n in names[-2:] if n != version) / where
        kept = path.read_bytes()

        def edit(path: Path = path, other: Path | None = other) -> None:
            _damage(bench.random, path, other)

        if instant == "before":
            edit()
        elif instant == "judged":
            bench.at_step["judged"] = edit
        result, said = None, ""
        try:
            result = bench.enhance()
        except PoetError as error:
            said = str(error)
        bench.at_step.clear()
        if instant == "after":
            edit()
        if result is None and not said:
            raise BrokenError(f"{where} {instant}: an error without words")
        if result is not None and not result.good and not result.message:
            raise BrokenError(f"{where} {instant}: {result.outcome} without a message")
        if user_file:
            if path.is_dir():
                path.rmdir()
            path.write_bytes(kept)
        bench.look_outside()
        if not right and result is not None and result.outcome == "promoted":
            raise BrokenError("WRONG PROMOTION: the lifecycle says so")
        if result is not None and result.outcome == "promoted" and instant != "after":
            approve(bench.store, str(result.after), "read")
        bench.look_served()
        bench.prepare(True)
        try:
            result = bench.enhance()
            if result.good:
                bench.look({result.after})
            elif not result.message:
                raise BrokenError(f"{where} {instant}: the next promotion failed without a message")
        except PoetError as error:
            if not str(error):
                raise BrokenError("an error without words") from None
        bench.put_back()
        yield f"edited {'.py outside .poet' if user_file else where}"


def clock(bench: BenchProject, count: int) -> Iterator[str]:
    """Let the clocks jump by days or years, to and fro, while a candidate is judged and stored."""
    real = {n: getattr(time, n) for n in ("time", "time_ns", "monotonic", "perf_counter", "gmtime")}
    jump = [0.0]
    calls = [0]
    due = [0]

    def shifted(name: str) -> Callable[..., Any]:
        def read(*args: Any) -> Any:
            calls[0] += 1
            if calls[0] >= due[0]:
                due[0] = calls[0] + bench.random.randrange(1, 400)
                jump[0] = bench.random.choice((-1, 1)) * bench.random.choice((3.0, 86400.0, 3e8))
            if name == "gmtime":
                return real[name](*(args or (real["time"]() + jump[0],)))
            return real[name]() + (int(jump[0] * 1e9) if name == "time_ns" else jump[0])

        return read

    for number in range(count):
        right = bench.random.random() < 0.6
        before = bench.current()
        bench.prepare(right)
        bench.real = number % 3 == 0
        due[0] = calls[0] + bench.random.randrange(1, 200)
        for name in real:
            setattr(time, name, shifted(name))
        try:
            result = bench.enhance()
            bench.look_served()
        finally:
            for name, function in real.items():
                setattr(time, name, function)
        bench.real = False
        if not right and result.good:
            raise BrokenError(f"WRONG PROMOTION: {result}")
        bench.look({before, result.after} if right else {before})
        bench.next_works()
        yield "clock jump in a judgement" if number % 3 == 0 else "clock jump in a promotion"


KINDS = {
    "kills": kills,
    "errors": errors,
    "full-disk": full_disk,
    "read-only": read_only,
    "edits": edits,
    "clock": clock,
}
