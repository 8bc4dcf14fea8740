"""Damage in what a store has written: a tail torn at every byte, and bits that turned over."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import sqlite3
from collections.abc import Iterator
from pathlib import Path

from events_world import BrokenError, Marks, World, make, read_all

from poet.errors import EventStoreError

EVENTS = 12
UNNOTICED = {
    "sqlite": ("-wal", "SQLite takes a damaged frame of its WAL for the end of the log"),
    "redis": (".aof", "Redis keeps no checksum of its log, and may drop what follows"),
}
"""In which files the store under a store hides a loss from it, and why; counted, and shown."""


def _written(world: World, last: bool, closed: bool = False) -> dict[str, int]:
    """Have a process publish, note the files' sizes, publish once more and die; return the sizes.

    With ``closed`` it closes the store before it dies.
    """
    world.fresh()
    sizes = world.folder / "sizes"

    def work(marks: Marks) -> None:
        with world.store() as store:
            for n in range(EVENTS):
                event = make(n, None, 100)
                marks.note("try", event.id)
                store.publish([event])
                marks.note("pub", event.id)
            if last:
                found = {str(p): p.stat().st_size for p in world.home.rglob("*") if p.is_file()}
                sizes.write_text("\n".join(f"{n} {p}" for p, n in found.items()))
                event = make(EVENTS, None, 100)
                marks.note("try", event.id)
                store.publish([event])
            if closed:
                store.close()
            os.kill(os.getpid(), signal.SIGKILL)

    pid, _ = world.child(work)
    if world.wait(pid) != -signal.SIGKILL:
        raise BrokenError(f"cannot publish: {world.marked().errors[:1]}")
    world.stop_server()
    if not last:
        return {}
    pairs = [line.split(" ", 1) for line in sizes.read_text().splitlines()]
    return {path: int(n) for n, path in pairs}


def torn_tails(world: World, count: int) -> Iterator[str]:
    """Cut the last write at every byte (with a count, at so many): what was acknowledged is there."""
    before = _written(world, last=True)
    kept = world.folder / "kept"
    shutil.rmtree(kept, ignore_errors=True)
    shutil.copytree(world.home, kept)
    if world.kind.startswith("reference"):
        before = {str(world.home / "reference.log"): min(before.values())}
    grown = [
        (Path(path), size)
        for path, size in before.items()
        if (Path(path).stat().st_size > size and not path.endswith(("-shm", ".log", ".lock")))
        or path.endswith("reference.log")
    ]
    if not grown:
        raise BrokenError("no file grew by a publish")
    points = [(p, n) for p, size in grown for n in range(size, p.stat().st_size)]
    if 0 < count < len(points):
        step = len(points) / count
        points = [points[int(i * step)] for i in range(count)]
    for path, length in points:
        shutil.rmtree(world.home)
        shutil.copytree(kept, world.home)
        os.truncate(path, length)
        (world.marks / "judge").unlink(missing_ok=True)
        world.start_server()
        try:
            world.judge()
        except Exception as error:
            raise BrokenError(f"{path.name} cut at {length}: {error}") from error
        finally:
            world.stop_server()
        yield "torn tail"
    world.start_server()


def flips(world: World, count: int) -> Iterator[str]:
    """Turn one bit over: an event comes as it was or not at all, and the damage is counted."""
    for closed in (False, True):
        yield from _flips(world, (count + closed) // 2, closed)
    world.fresh()


def _flips(world: World, count: int, closed: bool) -> Iterator[str]:
    _written(world, False, closed)
    kept = world.folder / "kept"
    shutil.rmtree(kept, ignore_errors=True)
    shutil.copytree(world.home, kept)
    noted = world.marked()
    targets = [
        p.relative_to(kept) for p in sorted(kept.rglob("*"))
        if p.is_file() and b"drift.noise_issue" in p.read_bytes()
    ]  # fmt: skip
    if not targets:
        raise BrokenError("the events are in no file")
    for _ in range(count):
        shutil.rmtree(world.home)
        shutil.copytree(kept, world.home)
        path = world.home / world.random.choice(targets)
        data = bytearray(path.read_bytes())
        at, bit = world.random.randrange(len(data)), world.random.randrange(8)
        data[at] ^= 1 << bit
        path.write_bytes(data)
        where = f"{path.name}, bit {bit} of byte {at} of {len(data)}"
        try:
            yield _after_flip(world, noted.published, where)
        except BrokenError:
            if not _whole(path):
                yield "bit flip: found by SQLite's integrity_check only"
            else:
                raise
        finally:
            world.stop_server()


def _whole(path: Path) -> bool:
    """Say whether a file is no SQLite file, or one that SQLite finds whole."""
    if path.suffix != ".db":
        return True
    with contextlib.closing(sqlite3.connect(path)) as connection:
        try:
            return connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        except sqlite3.DatabaseError:
            return False


def _after_flip(world: World, published: set[str], where: str) -> str:
    try:
        world.start_server()
    except ConnectionError:
        return "bit flip: refused to start"
    try:
        with world.store() as store:
            found = read_all(store)
            missing = published - found.keys()
            if found.keys() - published:
                raise BrokenError(f"{where}: an event that nobody published")
            claims = store.claim("a", limit=1000)
            got = {c.event.id for c in claims}
            damaged = store.counts()["damaged"]
            hidden = where.partition(",")[0].endswith(UNNOTICED.get(world.kind, ("?",))[0])
            if missing and not damaged and not hidden:
                raise BrokenError(f"{where}: {len(missing)} events are missing and nothing is said")
            if len(missing) > 2 and not hidden:
                raise BrokenError(f"{where}: one bit cost {len(missing)} events")
            after = make(1)
            store.publish([after])
            got |= {c.event.id for c in store.claim("a", limit=1000)}
            if after.id not in got | {e.id for e in store.query()}:
                raise BrokenError(f"{where}: the next event is LOST")
            if (published - missing) - got:
                raise BrokenError(f"{where}: whole events are not delivered")
    except EventStoreError:
        return "bit flip: an error that names it"
    if missing:
        return "bit flip: event set aside" if damaged else "bit flip: unnoticed below the store"
    return "bit flip: nothing lost"
