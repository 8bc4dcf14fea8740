"""A plain event store in one file, to try the drivers on, and broken ones that they must find.

Each step is one line with a CRC in one log, under one lock, on the device when it returns; the
state is what comes of reading the log. ``reference-<defect>`` is the same with one defect.
"""

from __future__ import annotations

import fcntl
import json
import os
import threading
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any
from zlib import crc32

from poet.errors import EventStoreError
from poet.events.envelope import Event, encode, timestamp
from poet.events.queue import register_store
from poet.events.store import GROUP, MAX_ATTEMPTS, Claim, DeadLetter, Retired

DEFECTS = {
    "nosync": "publish returns before the event is on the device",
    "short": "a write that the disk did not take is acknowledged",
    "tail": "the event after a torn tail is glued to it",
    "nocrc": "damaged lines are believed",
    "deaf": "an fsync that failed is not reported",
    "ackless": "an acknowledgement stays in memory",
    "again": "events that are held are delivered to others too",
    "early": "an event is acknowledged when it is claimed",
    "eternal": "an event that is never acknowledged never dies",
    "clock": "leases are compared with a clock that may jump",
    "forked": "a forked child believes the parent's view",
}


class ReferenceStore:
    """See the module."""

    def __init__(self, url: str, home: Path) -> None:
        self.url = url
        self.bad = url.partition("-")[2].partition(":")[0]
        self.path = home / "reference.log"
        self.fd = -1
        self.pid = -1
        self.lock = threading.RLock()
        self._forget()

    def _forget(self) -> None:
        self.at = 0
        self.events: list[Event] = []
        self.states: dict[str, dict[str, dict[str, Any]]] = {}
        self.damaged = 0

    # The log ----------------------------------------------------------------------------------

    def __enter__(self) -> None:
        if self.pid != os.getpid():  # another thread of the parent may have held it
            self.lock = threading.RLock()
        self.lock.acquire()
        if self.fd < 0 or (self.pid != os.getpid() and self.bad != "forked"):
            try:
                self.path.parent.mkdir(parents=True, exist_ok=True)
                self.fd = os.open(self.path, os.O_RDWR | os.O_CREAT, 0o644)
                for folder in (self.path.parent, self.path.parent.parent):
                    there = os.open(folder, os.O_RDONLY)
                    os.fsync(there)
                    os.close(there)
            except OSError as error:
                self.lock.release()
                raise EventStoreError(f"cannot open {self.path}: {error}") from None
            self.pid = os.getpid()
            self._forget()
        fcntl.flock(self.fd, fcntl.LOCK_EX)
        if self.bad != "forked" or self.pid == os.getpid():
            self._catch_up()

    def __exit__(self, *_: object) -> None:
        fcntl.flock(self.fd, fcntl.LOCK_UN)
        self.lock.release()

    def _catch_up(self) -> None:
        size = os.fstat(self.fd).st_size
        data = os.pread(self.fd, size - self.at, self.at)
        for part in data.split(b"\n"):
            line = part + b"\n"
            if self.at + len(line) > size:
                if part and self.bad != "tail":
                    os.ftruncate(self.fd, self.at)
                break
            self.at += len(line)
            wrong = line[8:9] != b" " or line[:8] != b"%08x" % crc32(line[9:-1])
            if wrong and self.bad != "nocrc":
                self.damaged += 1
                continue
            try:
                self._apply(json.loads(line[9:]))
            except (ValueError, TypeError, KeyError):
                self.damaged += 1

    def _apply(self, step: dict[str, Any]) -> None:
        if step["do"] == "publish":
            self.events += [Event(**e) for e in step["events"]]
            return
        states = self.states.setdefault(step["group"], {})
        for name, change in step["set"].items():
            states.setdefault(name, {"attempt": 0, "until": 0.0, "held": 0.0}).update(change)

    def _append(self, step: dict[str, Any]) -> None:
        body = json.dumps(step, separators=(",", ":")).encode()
        line = b"%08x %b\n" % (crc32(body), body)
        at = os.fstat(self.fd).st_size
        try:
            if os.pwrite(self.fd, line, at) != len(line):
                raise OSError("short write")
            if self.bad != "nosync":
                os.fdatasync(self.fd)
        except OSError as error:
            if self.bad == "short" or (self.bad == "deaf" and error.errno == 5):
                return
            os.close(self.fd)
            self.fd = os.open(self.path, os.O_RDWR)
            fcntl.flock(self.fd, fcntl.LOCK_EX)
            os.ftruncate(self.fd, at)
            raise EventStoreError(f"{self.path}: {error}") from None
        self.at = at + len(line)
        self._apply(step)

    # The protocol -----------------------------------------------------------------------------

    def emit(self, event: Event) -> None:
        self.publish([event])

    def publish(self, events: Sequence[Event]) -> None:
        whole = [json.loads(encode(event)) for event in events]
        with self:
            self._append({"do": "publish", "events": whole})

    def _state(self, group: str, name: str) -> dict[str, Any]:
        return self.states.get(group, {}).get(name, {"attempt": 0, "until": 0.0, "held": 0.0})

    def _set(self, group: str, **changes: dict[str, Any]) -> None:
        if changes:
            self._append({"do": "set", "group": group, "set": changes})

    def claim(
        self, consumer: str, *, group: str = GROUP, limit: int = 100, lease: float = 60.0
    ) -> list[Claim]:
        with self:
            now = time.time() if self.bad == "clock" else time.clock_gettime(time.CLOCK_BOOTTIME)
            blocked: set[str] = set()
            found: list[Claim] = []
            changes: dict[str, dict[str, Any]] = {}
            for event in self.events:
                state = self._state(group, event.id)
                if state.get("end"):
                    continue
                key = event.correlation_id
                if key in blocked or len(found) >= limit:
                    continue
                if state["until"] > now and self.bad != "again":
                    blocked |= {key} if key else set()
                    continue
                if state["attempt"] >= MAX_ATTEMPTS and self.bad != "eternal":
                    changes[event.id] = {
                        "end": "dead", "time": timestamp(),
                        "reason": state.get("reason") or "its lease ended",
                    }  # fmt: skip
                    continue
                attempt = state["attempt"] + 1
                found.append(Claim(event, attempt, f"{event.id}#{attempt}"))
                changes[event.id] = {"attempt": attempt, "until": now + lease, "reason": ""}
                if self.bad == "early":
                    changes[event.id]["end"] = "done"
                blocked |= {key} if key else set()
            self._set(group, **changes)
            return found

    def ack(self, claims: Sequence[Claim], *, group: str = GROUP) -> None:
        changes = {c.event.id: {"end": "done"} for c in claims}
        if self.bad == "ackless":
            self._apply({"do": "set", "group": group, "set": changes})
            return
        with self:
            self._set(group, **changes)

    def nack(
        self, claims: Sequence[Claim], *, group: str = GROUP, reason: str = "", delay: float = 0.0
    ) -> None:
        with self:
            now = time.time() if self.bad == "clock" else time.clock_gettime(time.CLOCK_BOOTTIME)
            changes: dict[str, dict[str, Any]] = {}
            for claim in claims:
                state = self._state(group, claim.event.id)
                if state.get("end") or claim.token != f"{claim.event.id}#{state['attempt']}":
                    continue
                changes[claim.event.id] = {"until": now + delay, "reason": reason}
                if claim.attempt >= MAX_ATTEMPTS and self.bad != "eternal":
                    changes[claim.event.id] |= {"end": "dead", "time": timestamp()}
            self._set(group, **changes)

    def dead(self, *, group: str = GROUP) -> list[DeadLetter]:
        with self:
            found = [(e, self._state(group, e.id)) for e in self.events]
        return [
            DeadLetter(e, s["attempt"], s["reason"], s["time"])
            for e, s in found
            if s.get("end") == "dead"
        ]

    def revive(self, ids: Sequence[str], *, group: str = GROUP) -> int:
        with self:
            dead = [i for i in ids if self._state(group, i).get("end") == "dead"]
            self._set(group, **{i: {"end": "", "attempt": 0, "until": 0.0} for i in dead})
        return len(dead)

    def query(
        self, type: str | None = None, *, function: str | None = None, since: str | None = None,  # noqa: A002
        until: str | None = None, correlation_id: str | None = None, limit: int | None = None,
        newest_first: bool = False, archive: bool = False,
    ) -> Iterator[Event]:  # fmt: skip
        with self:
            found = list({e.id: e for e in self.events}.values())
        found = [e for e in found if correlation_id in (None, e.correlation_id)]
        return iter(sorted(found, key=lambda e: e.timestamp, reverse=newest_first)[:limit])

    def retire(self, days: float = 30.0, *, now: float | None = None) -> Retired:
        return Retired(0, 0, 0)

    def counts(self, *, group: str = GROUP) -> dict[str, int]:
        with self:
            now = time.clock_gettime(time.CLOCK_BOOTTIME)
            counts = dict.fromkeys(("waiting", "claimed", "done", "dead", "damaged", "archived"), 0)
            counts["damaged"] = self.damaged
            for event in self.events:
                state = self._state(group, event.id)
                held = "claimed" if state["until"] > now else "waiting"
                counts[state.get("end") or held] += 1
        return counts

    def close(self) -> None:
        if self.fd >= 0:
            os.close(self.fd)
            self.fd = -1


def register() -> None:
    """Have ``reference`` and its broken sisters opened like any other store."""
    for name in ("reference", *(f"reference-{defect}" for defect in DEFECTS)):
        register_store(name, ReferenceStore)
