"""Faults of the disk under an event store: full, read-only, and without power."""

from __future__ import annotations

import contextlib
import ctypes
import os
import random
import re
import shutil
import subprocess
import time
from collections.abc import Callable, Generator, Iterator
from pathlib import Path

from events_kill import Traced, attach, end, no_tracing
from events_world import (
    LEASE, BrokenError, Marks, Noted, RedisServer, World, consume_some, make, publish_some,
    publisher, read_all,
)  # fmt: skip

from poet.errors import EventStoreError
from poet.events.store import EventStore

IMAGE_MB = 48
CUTS_A_WRITER = 8


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


# Failed fsyncs --------------------------------------------------------------------------------


def sync_errors(world: World, count: int) -> Iterator[str]:
    """Let an fsync fail, each in turn, once or from then on, then cut the power: it is told."""
    why = no_tracing()
    if why:
        yield f"skipped: {why}"
        return
    with disk_image(world) as image:
        for number in range(count):
            # A new folder: a cut may bring back what was removed from the old one.
            world.fresh(world.home.with_name(f"home{number}"))
            if _one_sync_error(world, 1 + number // 2 % 12, for_good=number % 2 == 1):
                if image is not None:
                    image.look(world, world.marked())
                world.judge()
                yield "EIO on fsync"


def _failing_sync(world: World) -> Callable[[Marks], None]:
    def work(marks: Marks) -> None:
        world.timeout = 0.5
        generator = random.Random(7)
        with world.store() as store:
            for n in range(12):
                event = make(n, f"k{generator.randrange(3)}")
                marks.note("try", event.id)
                try:
                    store.publish([event])
                except EventStoreError as error:
                    if not str(error):
                        raise BrokenError("an error without words") from None
                    marks.note("failed")
                else:
                    marks.note("pub", event.id)
                if n % 4 == 3:
                    with contextlib.suppress(EventStoreError):
                        consume_some(store, marks, "a", 2)
            if world.kind in ("files", "sqlite") or world.kind.startswith("reference"):
                os.kill(os.getpid(), 9)  # closing might sync once more

    return work


def _one_sync_error(world: World, when: int, *, for_good: bool) -> bool:
    """Publish with the ``when``-th fsync failing; say if there was one."""
    plus = "+" if for_good else ""
    syncs = [
        "-e",
        "trace=fsync,fdatasync",
        "-e",
        f"inject=fsync,fdatasync:error=EIO:when={when}{plus}",
    ]
    server = world.server.process if world.server is not None else None
    service = server is not None
    if server is not None:
        tracer = attach(server.pid, syncs, world.folder / "trace")
        pid, _ = world.child(_failing_sync(world))
        while world.running(pid):  # it ends itself rather than go on after a failed fsync
            if server is not None and server.poll() is not None:
                server = None
                world.stop_server()
                world.start_server()
            time.sleep(0.005)
        code = world.wait(pid)
        end(tracer)
        world.stop_server()
        world.start_server()
    else:
        code = Traced(world, _failing_sync(world), syncs).end()
    if code not in (0, -9):
        raise BrokenError(f"EIO on sync {when}: {world.marked().errors[:1]}")
    text = (world.folder / "trace").read_text(errors="replace")
    failed = world.marked().failed
    if world.kind == "files":  # SQLite writes the pages of a failed transaction anew, Redis ends
        _not_again(text)
    if failed > 3 and not service and not for_good:
        raise BrokenError(f"EIO on sync {when}: {failed} publishes failed for one bad fsync")
    return "(INJECTED)" in text


def _not_again(trace: str) -> None:
    """Raise if a segment whose fsync failed is synced again."""
    bad = set()
    for line in trace.splitlines():
        match = re.search(r"f(?:data)?sync\((\d+<.*?>)\)", line)
        if match is None:
            continue
        if match[1] in bad:
            raise BrokenError(f"fsync was tried again after it failed: {match[1]}")
        if "(INJECTED)" in line and match[1].endswith(".jsonl>"):
            bad.add(match[1])


# Power cuts -----------------------------------------------------------------------------------


def power_cuts(world: World, count: int) -> Iterator[str]:
    """Copy the disk's image while the writer stands still, at random instants; read the copy."""
    yield from _cut(world, count, synced=True)


def power_cut_control(world: World, count: int) -> Iterator[str]:
    """The same with every fsync answered but not done: events must be lost, or it shows nothing."""
    lost = 0
    for name in _cut(world, count, synced=False):
        if name.startswith("skipped"):
            yield name
            return
        lost += name == "lost"
        yield "power cut without fsync (control)"
    if lost < max(1, count // 2):
        raise BrokenError(
            f"only {lost} of {count} cuts without fsync lost events: the driver is blind"
        )


class DiskImage:
    """A file system in a file, and a copy of it as it would be had the power been cut."""

    def __init__(self, folder: Path) -> None:
        self.image, self.copied = folder / "disk.img", folder / "copy.img"
        self.folder, self.copy = folder / "disk", folder / "copy"

    def look(self, world: World, noted: Noted) -> None:
        """Judge what a power cut at this instant would leave; nobody may be writing."""
        subprocess.run(["cp", "--sparse=always", str(self.image), str(self.copied)], check=True)
        self.look_at_copy(world, noted)

    def look_at_copy(self, world: World, noted: Noted) -> None:
        with mounted(self.copy, "-o", "loop", source=str(self.copied)) as why:
            if why:
                raise BrokenError(f"the copied image cannot be mounted: {why}")
            _judge_copy(world, noted, self.copy / world.home.name)


@contextlib.contextmanager
def disk_image(world: World) -> Iterator[DiskImage | None]:
    """Have the world's store on a disk image; None where it cannot be."""
    found, home = DiskImage(world.folder), world.home
    found.image.unlink(missing_ok=True)
    with found.image.open("wb") as file:
        file.truncate(IMAGE_MB << 20)
    mkfs = shutil.which("mkfs.ext4", path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin")
    if mkfs is None:
        yield None
        return
    subprocess.run([mkfs, "-q", "-F", str(found.image)], check=True)
    # Nothing but an fsync may bring data to the image while a cut is near.
    with mounted(found.folder, "-o", "loop,commit=600", source=str(found.image)) as why:
        if why:
            yield None
            return
        world.fresh(found.folder / "home")
        try:
            yield found
        finally:
            for pid in list(world.children):
                world.kill(pid)
            world.fresh(home)


def _cut(world: World, count: int, *, synced: bool) -> Iterator[str]:
    if not synced and (why := no_tracing()):
        yield f"skipped: {why}"
        return
    done = 0
    while done < count:
        with disk_image(world) as image:
            if image is None:
                yield "skipped: a disk image needs root, loop devices (CAP_SYS_ADMIN) and mkfs.ext4"
                return
            with contextlib.closing(_cuts_of_one(world, synced, image)) as cuts:
                for name in cuts:
                    done += 1
                    yield name
                    if done >= count:
                        break


def _cuts_of_one(world: World, synced: bool, image: DiskImage) -> Generator[str, None, None]:
    seed = world.random.randrange(2**32)
    pid, gate = world.child(_publish_and_consume(world, seed), gate=True)
    tracers = []
    if not synced:
        nothing = ["-e", "trace=fsync,fdatasync,msync,sync_file_range", "-e",
                   "inject=fsync,fdatasync,msync,sync_file_range:retval=0"]  # fmt: skip
        whom = [pid]
        if world.server is not None and world.server.process is not None:
            whom.append(world.server.process.pid)
        tracers = [attach(p, nothing, world.folder / f"trace{p}") for p in whom]
    os.write(gate, b"g")
    os.close(gate)
    try:
        yield from _cuts(world, synced, image, pid)
    finally:
        if pid in world.children:
            world.kill(pid)
        for tracer in tracers:
            end(tracer)


def _cuts(world: World, synced: bool, image: DiskImage, pid: int) -> Iterator[str]:
    size = 0
    for _ in range(CUTS_A_WRITER):
        world.look_for_marks(size + world.random.randrange(1, 4000), pid)
        time.sleep(world.random.uniform(0, 0.01))
        world.stop(pid)
        if world.server is not None and world.server.process is not None:
            world.stop(world.server.process.pid)
        size = sum(p.stat().st_size for p in world.marks.iterdir())
        noted = world.marked()
        subprocess.run(["cp", "--sparse=always", str(image.image), str(image.copied)], check=True)
        if world.server is not None and world.server.process is not None:
            os.kill(world.server.process.pid, 18)
        os.kill(pid, 18)
        try:
            image.look_at_copy(world, noted)
            found = "power cut"
        except (BrokenError, EventStoreError, ConnectionError) as error:
            if synced:
                raise
            if not any(w in str(error) for w in ("LOST", "AGAIN", "NEVER", "redis-server", "open")):
                raise
            found = "lost"
        yield found


def _judge_copy(world: World, noted: Noted, home: Path) -> None:
    if not home.is_dir():
        if noted.published:
            raise BrokenError("LOST the folder itself")
        return
    server = world.server
    try:
        if world.kind == "redis":
            world.server = RedisServer(home / "redis")
            world.server.start()
        world.judge(noted, home=home, durable_only=True)
    finally:
        if world.kind == "redis" and world.server is not server:
            world.server.kill()
        world.server = server


def _publish_and_consume(world: World, seed: int) -> Callable[[Marks], None]:
    def work(marks: Marks) -> None:
        generator = random.Random(seed)
        with world.store() as store:
            store.claim("a")  # from here on there is a group, and retention waits for it
            for n in range(10**9):
                publish_some(store, marks, n, generator)
                if generator.random() < 0.4:
                    consume_some(store, marks, "a", generator.choice((1, 3, 20)), 0.4)
                if generator.random() < 0.02:
                    store.retire(0.0, now=time.time() + 86400)

    return work
