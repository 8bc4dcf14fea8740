"""What the drivers of event faults share: a store of any kind, children, marks, and the judgement.

Each process notes what the store told it in a file of its own, in memory and outside the store:
``pub ID`` once ``publish`` has returned, ``ack ID`` once ``ack`` has. What is noted must hold after
the fault; what is not may have happened or not.
"""

from __future__ import annotations

import contextlib
import ctypes
import faulthandler
import importlib
import os
import random
import shutil
import signal
import socket
import subprocess
import time
import traceback
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from zlib import crc32

import events_reference

from poet.events.envelope import Event, new_event
from poet.events.queue import open_store
from poet.events.store import Claim, EventStore

LEASE = 0.25
PATIENCE = 60.0
PR_SET_PTRACER = 0x59616D61


class BrokenError(AssertionError):
    """The store broke its promise."""


class RedisServer:
    """A real redis-server on a free loopback port, every write on the device when answered."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        options = {
            "port": self.port, "bind": "127.0.0.1", "dir": str(self.folder), "save": "",
            "appendonly": "yes", "appendfsync": "always", "maxmemory-policy": "noeviction",
            "aof-load-truncated": "yes", "aof-use-rdb-preamble": "no", "daemonize": "no",
            "logfile": str(self.folder / "redis.log"),
        }  # fmt: skip
        words = [w for name, value in options.items() for w in (f"--{name}", str(value))]
        self.process = subprocess.Popen(
            ["redis-server", *words], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        deadline = time.monotonic() + PATIENCE
        while True:
            if self.process.poll() is not None:
                raise ConnectionError("redis-server ended: " + self.last_words())
            with (
                contextlib.suppress(OSError),
                socket.create_connection(("127.0.0.1", self.port), 1) as s,
            ):
                s.sendall(b"PING\r\n")
                if s.recv(16).startswith(b"+PONG"):
                    return
            if time.monotonic() > deadline:
                raise ConnectionError("redis-server does not answer")
            time.sleep(0.005)

    def last_words(self) -> str:
        with contextlib.suppress(OSError):
            return " | ".join((self.folder / "redis.log").read_text().splitlines()[-3:])
        return ""

    def kill(self) -> None:
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process = None


class World:
    """One kind of store in a folder, and the processes that use it."""

    def __init__(self, kind: str, folder: Path, seed: int) -> None:
        self.kind = kind
        self.folder = folder
        self.random = random.Random(seed)
        self.marks = folder / "marks"
        self.home = folder / "home"
        self.server: RedisServer | None = None
        self.serial = 0
        self.timeout = 20.0  # for Redis; children whose server goes away set less
        self.children: list[int] = []
        folder.mkdir(parents=True, exist_ok=True)
        events_reference.register()
        if kind in ("redis", "sqlite"):  # once, not in each child
            importlib.import_module({"sqlite": "sqlite3"}.get(kind, kind))
        self.fresh()

    def url(self, home: Path | None = None) -> str:
        home = home or self.home
        if self.kind == "sqlite":
            return f"sqlite:///{home}/queue.db"
        if self.kind == "redis":
            assert self.server is not None
            return f"redis://127.0.0.1:{self.server.port}/0?timeout={self.timeout}"
        return self.kind

    def fresh(self, home: Path | None = None) -> None:
        """Begin anew with an empty store and no marks."""
        self.stop_server()
        if home is not None:
            self.home = home
        shutil.rmtree(self.home, ignore_errors=True)
        shutil.rmtree(self.marks, ignore_errors=True)
        self.marks.mkdir(parents=True)
        self.home.mkdir(parents=True)
        self.start_server()

    def start_server(self, folder: Path | None = None) -> None:
        if self.kind == "redis":
            place = (folder or self.home) / "redis"
            if self.server is None or self.server.folder != place:
                self.server = RedisServer(place)
            self.server.start()

    def stop_server(self) -> None:
        if self.server is not None:
            self.server.kill()

    def close(self) -> None:
        for pid in list(self.children):
            self.kill(pid)
        self.stop_server()

    @contextlib.contextmanager
    def store(self, home: Path | None = None) -> Iterator[EventStore]:
        store = open_store(self.url(home), home or self.home)
        try:
            yield store
        finally:
            with contextlib.suppress(Exception):
                store.close()

    # Children ---------------------------------------------------------------------------------

    def child(self, work: Callable[[Marks], None], gate: bool = False) -> tuple[int, int]:
        """Fork a child that does ``work``; with ``gate`` it waits until a byte comes."""
        name = f"{time.monotonic_ns()}-{len(self.children)}"
        read, write = os.pipe()
        pid = os.fork()
        if pid == 0:
            code = 1
            try:
                signal.signal(signal.SIGTERM, signal.SIG_DFL)
                with contextlib.suppress(OSError, AttributeError):
                    ctypes.CDLL(None).prctl(PR_SET_PTRACER, ctypes.c_ulong(-1), 0, 0, 0)
                os.close(write)
                if gate:
                    os.read(read, 1)
                marks = Marks(self.marks / name)
                faulthandler.register(signal.SIGUSR1, marks.fd)
                try:
                    work(marks)
                    code = 0
                except BaseException:  # noqa: BLE001 - whatever it is, it is what is looked for
                    marks.error(traceback.format_exc()[-1800:])
            finally:
                os._exit(code)
        os.close(read)
        if not gate:
            os.close(write)
        self.children.append(pid)
        return pid, write

    def running(self, pid: int) -> bool:
        """Say whether a child has not ended yet."""
        return state_of(pid) != "Z"

    def wait(self, pid: int, patience: float = PATIENCE) -> int:
        """Wait for a child's end; return its exit code, negative for a signal."""
        deadline = time.monotonic() + patience
        while True:
            done, status = os.waitpid(pid, os.WNOHANG)
            if done:
                self.children.remove(pid)
                return os.waitstatus_to_exitcode(status)
            if time.monotonic() > deadline:
                os.kill(pid, signal.SIGUSR1)
                time.sleep(0.3)
                self.kill(pid)
                raise BrokenError(f"a process did not end within {patience:.0f} s: {self.hung()}")
            time.sleep(0.001)

    def hung(self) -> str:
        """Return where processes stood that were asked for it."""
        texts = [path.read_text(errors="replace") for path in self.marks.iterdir()]
        return " // ".join(
            t[t.rindex("Current thread") :][:900] for t in texts if "Current thread" in t
        )

    def kill(self, pid: int) -> int:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
        status = os.waitpid(pid, 0)[1]
        self.children.remove(pid)
        return os.waitstatus_to_exitcode(status)

    def stop(self, pid: int) -> None:
        """Stop a process; return when the kernel has really stopped it."""
        os.kill(pid, signal.SIGSTOP)
        deadline = time.monotonic() + PATIENCE
        while (state := state_of(pid)) not in "Tt":
            if state == "Z":
                raise BrokenError(f"a process ended by itself: {self.marked().errors[:1]}")
            if time.monotonic() > deadline:
                raise BrokenError("a process cannot be stopped")
            time.sleep(0.0005)

    def look_for_marks(self, more_than: int, pid: int | None = None) -> None:
        """Wait until there are more marks, so that a fault meets a process at work."""
        deadline = time.monotonic() + PATIENCE
        while sum(p.stat().st_size for p in self.marks.iterdir()) <= more_than:
            if pid is not None and state_of(pid) == "Z":
                break
            if time.monotonic() > deadline:
                raise BrokenError("nothing was stored or claimed in time")
            time.sleep(0.0003)

    def marked(self) -> Noted:
        return Noted(self.marks)

    # Judgement --------------------------------------------------------------------------------

    def judge(
        self, noted: Noted | None = None, *, home: Path | None = None, durable_only: bool = False,
        drain: bool = True,
    ) -> None:  # fmt: skip
        """Hold what the store has against what it said; publish, claim and acknowledge once more.

        Args:
            noted: What the processes noted; by default all of it.
            home: Where the store is now.
            durable_only: The power was cut: what was only emitted may be gone.
            drain: Claim all that is left too.
        """
        noted = noted or self.marked()
        place = self.marks / "judge" if home is None else self.folder / "judge-of-a-copy"
        with contextlib.closing(Marks(place)) as mine:
            if noted.errors:
                raise BrokenError("a process failed: " + noted.errors[0])
            with self.store(home) as store:
                promised = noted.published if durable_only else noted.published | noted.emitted
                after = make(self.next_serial())
                mine.note("try", after.id)
                store.publish([after])
                mine.note("pub", after.id)
            with self.store(home) as store:  # another opening: not what the first remembers
                stored = read_all(store)
                lost = promised - stored.keys()
                if lost:
                    raise BrokenError(
                        f"LOST {len(lost)} of {len(promised)} acknowledged events: {noted.places(lost)}"
                    )
                if after.id not in stored:
                    raise BrokenError("LOST the first event published after the fault")
                unknown = stored.keys() - noted.tried - {after.id}
                if unknown:
                    raise BrokenError(f"{len(unknown)} events that nobody published")
                if not durable_only:
                    twice = [k for k, n in Counter(noted.got).items() if n > 1]
                    if twice:
                        raise BrokenError(f"DELIVERED TWICE as the same attempt: {twice[:3]}")
                if drain:
                    self._drain(store, promised | {after.id}, noted, mine)

    def _drain(self, store: EventStore, due: set[str], noted: Noted, mine: Marks) -> None:
        delivered: dict[str, int] = {}
        deadline = time.monotonic() + PATIENCE
        while True:
            claims = store.claim("judge", limit=500, lease=PATIENCE * 4)
            for claim in claims:
                check(claim.event)
                if claim.event.id in noted.acked:
                    raise BrokenError("an event was DELIVERED AGAIN after ack had returned")
                if claim.event.id in delivered:
                    raise BrokenError("DELIVERED TWICE within its lease")
                delivered[claim.event.id] = claim.attempt
            if claims:
                store.ack(claims)
                mine.note("ack", *(c.event.id for c in claims))
                continue
            counts = store.counts()
            if not counts["waiting"] and not counts["claimed"]:
                break
            if time.monotonic() > deadline:
                raise BrokenError(f"events are never delivered: {counts}")
            time.sleep(0.01)
        dead = {letter.event.id for letter in store.dead()}
        lost = due - delivered.keys() - noted.acked - dead - noted.acking
        if lost:
            raise BrokenError(
                f"{len(lost)} acknowledged events are NEVER DELIVERED: {noted.places(lost)}"
            )
        if store.claim("judge", limit=5):
            raise BrokenError("an acknowledged event is delivered again")

    def next_serial(self) -> int:
        self.serial += 1
        return self.serial + 10_000_000


class Marks:
    """What one process was told, one line at a time.

    A kill cuts a write short where it crosses a page, so that a line without an end says nothing:
    the last id in it may be half of one.
    """

    def __init__(self, path: Path) -> None:
        self.fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)

    def note(self, word: str, *items: str) -> None:
        os.write(self.fd, f"{word} {' '.join(items)}\n".encode())

    def error(self, text: str) -> None:
        self.note("error", text.replace("\n", " // "))

    def close(self) -> None:
        os.close(self.fd)


class Noted:
    """All marks together."""

    def __init__(self, folder: Path) -> None:
        sets: dict[str, set[str]] = {w: set() for w in ("try", "pub", "emit", "ack", "acking")}
        self.got: list[str] = []
        self.errors: list[str] = []
        self.failed = 0
        self.where: dict[str, str] = {}
        for path in sorted(folder.iterdir()):
            for number, line in enumerate(path.read_text().split("\n")[:-1]):
                word, _, rest = line.partition(" ")
                if word in sets:
                    sets[word].update(rest.split())
                if word in ("pub", "emit"):
                    self.where.update(
                        (i, f"{word} in {path.name} line {number}") for i in rest.split()
                    )
                elif word == "got":
                    self.got += rest.split()
                elif word == "error":
                    self.errors.append(rest)
                elif word == "failed":
                    self.failed += 1
        self.tried, self.published, self.emitted = sets["try"], sets["pub"], sets["emit"]
        self.acked, self.acking = sets["ack"], sets["acking"]

    def places(self, ids: set[str]) -> str:
        return "; ".join(sorted(self.where.get(i, "after the fault") for i in ids)[:4])


def state_of(pid: int) -> str:
    """Return the kernel's letter for what a process does."""
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]


def make(n: int, key: str | None = None, size: int = 40) -> Event:
    """Return an event that shows whether it is still what it was; without a key it has its own."""
    event = new_event("drift.noise_issue", {}, correlation_id=key or f"own-{os.urandom(6).hex()}")
    text = (event.id * (size // 36 + 1))[:size]
    return event._replace(payload={"function": "f", "n": n, "text": text, "sum": _sum(event.id, n)})


def _sum(name: str, n: int) -> int:
    return crc32(f"{name}:{n}".encode())


def check(event: Event) -> None:
    """Raise if an event is not as it was made."""
    payload: Any = event.payload
    good = (
        isinstance(payload.get("text"), str)
        and set(payload) == {"function", "n", "text", "sum"}
        and payload["sum"] == _sum(event.id, payload["n"])
        and payload["text"] == (event.id * (len(payload["text"]) // 36 + 1))[: len(payload["text"])]
        and event.type == "drift.noise_issue"
        and payload["function"] == "f"
    )
    if not good:
        raise BrokenError(f"an event is not what was published: {str(event)[:300]}")


def read_all(store: EventStore) -> dict[str, Event]:
    """Return all events by id, the archive's too; each must come once and be whole."""
    found: dict[str, Event] = {}
    for event in store.query(archive=True):
        if event.id in found:
            raise BrokenError("query yields an event twice")
        check(event)
        found[event.id] = event
    return found


def publish_some(store: EventStore, marks: Marks, n: int, generator: random.Random) -> None:
    """Publish one event, a batch, or emit one; note what the store said."""
    way = generator.random()
    count = 1 if way < 0.6 else generator.randrange(2, 20)
    key = f"key{generator.randrange(5)}" if generator.random() < 0.3 else f"x{os.getpid()}-{n}"
    events = [make(n * 100 + i, key, generator.choice((0, 40, 400))) for i in range(count)]
    ids = [event.id for event in events]
    marks.note("try", *ids)
    if way < 0.3:
        store.emit(events[0])
        marks.note("emit", ids[0])
    else:
        store.publish(events)
        marks.note("pub", *ids)


def consume_some(
    store: EventStore, marks: Marks, name: str, limit: int, lease: float = LEASE
) -> int:
    """Claim some events, look at them, acknowledge them; note each step."""
    claims: list[Claim] = store.claim(name, limit=limit, lease=lease)
    if claims:
        marks.note("got", *(f"{c.event.id}#{c.attempt}" for c in claims))
        for claim in claims:
            check(claim.event)
        ids = [c.event.id for c in claims]
        marks.note("acking", *ids)
        store.ack(claims)
        marks.note("ack", *ids)
    return len(claims)


def publisher(world: World, seed: int, rounds: int = 10**9) -> Callable[[Marks], None]:
    def work(marks: Marks) -> None:
        generator = random.Random(seed)
        with world.store() as store:
            for n in range(rounds):
                publish_some(store, marks, n, generator)

    return work


def consumer(world: World, name: str, seed: int) -> Callable[[Marks], None]:
    def work(marks: Marks) -> None:
        generator = random.Random(seed)
        with world.store() as store:
            while True:
                if not consume_some(store, marks, name, generator.choice((1, 5, 50))):
                    time.sleep(0.001)

    return work
