"""Faults of the disk under an event store: full, and read-only."""

from __future__ import annotations

import contextlib
import ctypes
import os
import random
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

from events_world import (
    LEASE,
    BrokenError,
    Marks,
    World,
    consume_some,
    make,
    publish_some,
    publisher,
    read_all,
)  # fmt: skip

from poet.errors import EventStoreError
from poet.events.store import EventStore


@contextlib.contextmanager
def mounted(folder: Path, *options: str, source: str = "none") -> Iterator[str]:
    """Mount something and yield why not, empty where it worked."""
    folder.mkdir(parents=True, exist_ok=True)
    done = subprocess.run(
        ["mount", *options, source, str(folder)], capture_output=True, text=True, check=False
    )
    try:
        yield done.stderr.strip()
    finally:
        if not done.returncode:
            subprocess.run(["umount", "-l", str(folder)], check=False)
        folder.rmdir()


def full_disk(world: World, count: int) -> Iterator[str]:
    """Fill the disk at any point of a stream of publishes, then give space back."""
    disk = world.folder / "disk"
    home = world.home
    with mounted(disk, "-t", "tmpfs", "-o", "size=3m") as why:
        if why:
            yield f"skipped: mounting a small disk needs root (CAP_SYS_ADMIN): {why}"
            return
        try:
            for _ in range(count):
                world.fresh(disk / "home")
                free = world.random.choice((0, 1, 2, 3, 5, 11)) * 4096

                def work(marks: Marks, free: int = free) -> None:
                    _fill_and_free(world, marks, disk / "filler", free)

                pid, _ = world.child(work)
                if world.wait(pid, 60):
                    raise BrokenError(f"disk with {free} bytes left: {world.marked().errors[:1]}")
                with contextlib.suppress(FileNotFoundError):
                    (disk / "filler").unlink()
                if world.kind == "redis" and world.server and world.server.process:
                    _up_again(world)
                world.judge()
                yield "disk full, then space again"
        finally:
            world.fresh(home)


def _up_again(world: World) -> None:
    """Start Redis again if the full disk ended it, as it does rather than forget."""
    assert world.server is not None
    assert world.server.process is not None
    if world.server.process.poll() is not None:
        world.stop_server()
        world.start_server()


def _fill_and_free(world: World, marks: Marks, filler: Path, free: int) -> None:
    world.timeout = 0.5
    with world.store() as store:
        generator = random.Random(free)
        for n in range(4):
            publish_some(store, marks, n, generator)
        consume_some(store, marks, "a", 3)
        with filler.open("wb") as file, contextlib.suppress(OSError):
            while True:
                os.write(file.fileno(), bytes(4096))
        os.truncate(filler, max(0, filler.stat().st_size - free))
        failures = 0
        for n in range(60):
            event = make(n, f"k{n % 3}", 900)
            marks.note("try", event.id)
            try:
                (store.publish([event]) if n % 3 else store.emit(event))
            except EventStoreError as error:
                if len(str(error)) < 15:
                    raise BrokenError(f"the full disk is not named: {error}") from None
                failures += 1
                marks.note("failed")
                if failures > (2 if world.kind == "redis" else 6):
                    break
            else:
                marks.note("pub" if n % 3 else "emit", event.id)
        if not failures and world.kind not in ("sqlite", "redis"):
            raise BrokenError("60 events of 900 bytes fitted a full disk")
        with contextlib.suppress(EventStoreError):
            consume_some(store, marks, "a", 5)
        filler.unlink()
        deadline = time.monotonic() + 20
        while True:  # the same store, in the same process, goes on
            if world.kind == "redis":
                return
            event = make(1000)
            marks.note("try", event.id)
            try:
                store.publish([event])
            except EventStoreError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.02)
                continue
            marks.note("pub", event.id)
            break
        consume_some(store, marks, "a", 5)


def read_only(world: World, count: int) -> Iterator[str]:
    """Take the right to write from the folders, or the whole disk, and give it back."""
    if world.kind == "redis":
        yield "skipped: Redis keeps nothing in the folder"
        return
    disk, home = world.folder / "disk", world.home
    with mounted(disk, "-t", "tmpfs", "-o", "size=8m") as why:
        try:
            for number in range(count):
                world.fresh(home if why else disk / "home")
                had_events, was_open = number % 2 == 0, number % 4 >= 2
                whole_disk = not why and not was_open and number % 8 < 2
                if had_events:
                    pid, _ = world.child(publisher(world, number, 3))
                    if world.wait(pid):
                        raise BrokenError(f"cannot publish: {world.marked().errors[:1]}")

                def work(
                    marks: Marks, had: bool = had_events, was_open: bool = was_open,
                    disk: Path | None = disk if whole_disk else None,
                ) -> None:  # fmt: skip
                    _read_only(world, marks, had, was_open, disk)

                pid, _ = world.child(work)
                code = world.wait(pid)
                if whole_disk:
                    subprocess.run(["mount", "-o", "remount,rw", str(disk)], check=True)
                if code:
                    raise BrokenError(f"read-only: {world.marked().errors[:1]}")
                world.judge()
                yield f"read-only {'disk' if whole_disk else 'folder'}, then writable"
        finally:
            world.fresh(home)


def _drop_privileges() -> None:
    """Be bound by permissions as anybody is, root too: give up every capability."""
    header = (ctypes.c_uint32 * 2)(0x20080522, 0)
    if ctypes.CDLL(None, use_errno=True).capset(header, (ctypes.c_uint32 * 6)()):
        raise OSError(ctypes.get_errno(), "capset")


def _allow(home: Path, write: bool) -> None:
    for path in [home, *home.rglob("*")]:
        path.chmod((0o755 if write else 0o555) if path.is_dir() else (0o644 if write else 0o444))


def _read_only(
    world: World, marks: Marks, had_events: bool, was_open: bool, disk: Path | None
) -> None:
    with contextlib.ExitStack() as stack:
        if was_open:
            store = stack.enter_context(world.store())
            publish_some(store, marks, 0, random.Random(1))
            had_events = True
        if disk is None:
            _drop_privileges()
            _allow(world.home, False)
        else:
            subprocess.run(["mount", "-o", "remount,ro", str(disk)], check=True)
        try:
            if not was_open:
                store = stack.enter_context(world.store())
            _try_to_write(store, marks, was_open)
            if had_events and not read_all(store):
                raise BrokenError("a log that may only be read reads as empty")
        except EventStoreError as error:
            words = str(error).lower()
            if not any(
                w in words for w in ("read-only", "readonly", "permission", "unable to open")
            ):
                raise BrokenError(f"the error does not say what is wrong: {error}") from None
        finally:
            if disk is None:
                _allow(world.home, True)
        if disk is None:  # the same process goes on
            if not was_open:
                store = stack.enter_context(world.store())
            event = make(20)
            marks.note("try", event.id)
            store.publish([event])
            marks.note("pub", event.id)


def _try_to_write(store: EventStore, marks: Marks, was_open: bool) -> None:
    """Publish and claim: an error that names it, or, on an open descriptor, it is stored."""
    for n in range(3):
        event = make(n + 10)
        marks.note("try", event.id)
        try:
            store.publish([event])
        except EventStoreError as error:
            if not any(
                w in str(error).lower() for w in ("read-only", "readonly", "permission", "unable")
            ):
                raise BrokenError(f"the error does not say what is wrong: {error}") from None
        else:
            if not was_open:
                raise BrokenError("publish to a read-only folder returned")
            marks.note("pub", event.id)
    with contextlib.suppress(EventStoreError):
        claims = store.claim("a", lease=LEASE)
        marks.note("got", *(f"{c.event.id}#{c.attempt}" for c in claims))
        if claims and not was_open:
            raise BrokenError("a claim that cannot be stored was given")
