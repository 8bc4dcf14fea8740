"""Faults below the disk: fsyncs that fail, and power that goes."""

from __future__ import annotations

import contextlib
import os
import random
import re
import shutil
import subprocess
import time
from collections.abc import Callable, Generator, Iterator
from pathlib import Path

from events_disk import mounted
from events_kill import Traced, attach, end, no_tracing
from events_world import (
    BrokenError,
    Marks,
    Noted,
    RedisServer,
    World,
    consume_some,
    make,
    publish_some,
)  # fmt: skip

from poet.errors import EventStoreError

IMAGE_MB = 48
CUTS_A_WRITER = 8


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
