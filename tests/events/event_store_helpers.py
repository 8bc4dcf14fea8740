"""The three stores under one face, and events to put into them."""

from __future__ import annotations

import subprocess
import sys
import textwrap
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from redis_helpers import Server

from poet.events import Event, new_event
from poet.events.queue import open_store
from poet.events.store import Claim, EventStore

KINDS = ("files", "sqlite", "redis")


class World:
    """A folder of live state with a store of one kind; each ``open`` is another consumer's view."""

    def __init__(
        self, kind: str, home: Path, server: Server | None = None, prefix: str = ""
    ) -> None:
        self.kind = kind
        self.home = home
        self.server = server
        self.prefix = prefix or home.name
        self._open: list[EventStore] = []

    @property
    def url(self) -> str:
        if self.kind == "redis":
            assert self.server is not None
            return f"{self.server.url}?prefix={self.prefix}"
        return {"files": "files", "sqlite": "sqlite:///events.db"}[self.kind]

    def open(self) -> EventStore:
        store = open_store(self.url, self.home)
        self._open.append(store)
        return store

    def close(self) -> None:
        for store in self._open:
            store.close()

    def run(self, code: str, *given: object) -> subprocess.CompletedProcess[str]:
        """Run code in another process, with ``store`` open and ``given`` in ``sys.argv[3:]``."""
        return subprocess.run(
            self.command(code, *given), capture_output=True, text=True, timeout=120, check=False
        )

    def command(self, code: str, *given: object) -> list[str]:
        head = """
            import os, signal, sys, time
            from pathlib import Path
            from poet.events import new_event
            from poet.events.queue import open_store
            store = open_store(sys.argv[1], Path(sys.argv[2]))
        """
        text = textwrap.dedent(head) + textwrap.dedent(code)
        return [sys.executable, "-c", text, self.url, str(self.home), *map(str, given)]


def make(n: int = 0, about: str | None = None, *, days_ago: float = 0.0, **facts: object) -> Event:
    """Return an event with the number ``n``."""
    event = new_event("drift.noise_issue", {"n": n, **facts}, correlation_id=about)
    if days_ago:
        moment = datetime.fromtimestamp(time.time() - days_ago * 86_400, UTC)
        event = event._replace(timestamp=moment.strftime("%Y-%m-%dT%H:%M:%S.%fZ"))
    return event


def several(count: int, start: int = 0) -> list[Event]:
    """Return events that are each about something else."""
    return [make(n, f"about-{n}") for n in range(start, start + count)]


def numbers(found: object) -> list[int]:
    """Return the numbers of events, claims or dead letters."""
    return [(x if isinstance(x, Event) else x.event).payload["n"] for x in found]


def drain(store: EventStore, consumer: str = "c", **options: object) -> Iterator[Claim]:
    """Claim and acknowledge until nothing is left."""
    while claims := store.claim(consumer, **options):
        yield from claims
        group = {"group": options["group"]} if "group" in options else {}
        store.ack(claims, **group)
