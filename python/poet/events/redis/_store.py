"""The queue on Redis Streams; the rules are in ``_scripts``, what waits for the server in ``_spool``."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any
from zlib import crc32

from poet.errors import EventError, EventStoreError
from poet.events import _select
from poet.events._process import process_key
from poet.events.archive import Archive
from poet.events.envelope import Event, encode, timestamp
from poet.events.redis import _scripts
from poet.events.redis._client import Client
from poet.events.redis._forward import Forwarder
from poet.events.redis._spool import Spool, line_of
from poet.events.store import GROUP, Claim, DeadLetter, Delivery, Moved, Retired

__all__ = ["RedisStore"]

PAGE = 500
CHUNK_BYTES = 4 * 1024 * 1024
"""Of one journey to the server; a larger one holds up its other clients."""


class RedisStore:
    """A queue and log of events on a Redis server.

    Args:
        url: ``redis://host:port/0``, ``rediss://…`` or ``unix:///path``; ``?prefix=`` names the
            keys, ``?timeout=`` the seconds to wait for a server that is away.
        home: The folder of live state; the archive is there, and what waits for the server.
        clock: Returns seconds since 1970, for retention and the times of dead letters; leases go by
            the server's clock.
    """

    def __init__(self, url: str, home: Path, *, clock: Callable[[], float] = time.time) -> None:
        self.url = url
        self._clock = clock
        self._client = Client(url)
        self._archive = Archive(home)
        spool = Spool(home / "events" / "spool")
        self._forwarder = Forwarder(spool, self._send, self._client.where)

    def emit(self, event: Event) -> None:
        """Store an event on this machine; it is forwarded to the server within moments."""
        self._forwarder.add(line_of(encode(event)), process_key())

    def publish(self, events: Sequence[Event]) -> None:
        """Store events durably; one that is here already stays as it is."""
        rows = [_row(event) for event in events]
        if rows:
            self._forwarder.run()
            self._publish(rows)

    def _publish(self, rows: Sequence[Sequence[object]], timeout: float | None = None) -> int:
        new = size = 0
        chunk: list[object] = []
        for row in rows:
            chunk += row
            size += len(row[3]) if isinstance(row[3], bytes) else 0
            if size > CHUNK_BYTES or len(chunk) >= 4 * PAGE:
                new += self._client.run(_scripts.PUBLISH, *chunk, timeout=timeout)
                chunk, size = [], 0
        if chunk:
            new += self._client.run(_scripts.PUBLISH, *chunk, timeout=timeout)
        return new

    def _send(self, key: str, lines: Sequence[bytes], timeout: float | None) -> None:
        """Store the lines that a segment of the spool holds."""
        rows = []
        for line in lines:
            event = _event(line)
            if event is not None:
                with suppress(EventError):
                    rows.append(_row(event, key))
        self._publish(rows, timeout)

    def claim(
        self, consumer: str, *, group: str = GROUP, limit: int = 100, lease: float = 60.0
    ) -> list[Claim]:
        """Return up to ``limit`` events nobody in the group holds, oldest first."""
        if limit < 1:
            return []
        self._forwarder.run()
        found = self._client.run(
            _scripts.CLAIM, group, consumer, limit, max(0, round(lease * 1000)), self._now()
        )
        claims, damaged = [], []
        for entry, attempt, line in found:
            event = _event(line)
            if event is None:
                damaged.append(entry)
            else:
                claims.append(Claim(event, int(attempt), entry.decode()))
        if damaged:
            self._client.run(_scripts.DAMAGED, group, *damaged)
        return claims

    def ack(self, claims: Sequence[Claim], *, group: str = GROUP) -> None:
        """Note durably that events are dealt with; acknowledging twice is no error."""
        for some in _pages(claims):
            given = [value for c in some for value in (_token(c), c.event.id)]
            self._client.run(_scripts.DONE, group, *given)

    def nack(
        self, claims: Sequence[Claim], *, group: str = GROUP, reason: str = "", delay: float = 0.0
    ) -> None:
        """Hand events back; a claim that has ended meanwhile is left alone."""
        about = (group, max(0, round(delay * 1000)), reason, self._now())
        for some in _pages(claims):
            given = [value for c in some for value in (_token(c), c.attempt)]
            self._client.run(_scripts.NACK, *about, *given)

    def dead(self, *, group: str = GROUP) -> list[DeadLetter]:
        """Return the group's dead letters, oldest first."""
        found = self._letters(group)
        entries = self._client.ask_many([self._entry(letter["entry"]) for letter in found])
        letters = []
        for letter, rows in zip(found, entries, strict=True):
            event = _event(_line(rows[0])) if rows else None
            if event is not None:
                letters.append(
                    DeadLetter(event, int(letter["attempts"]), letter["reason"], letter["time"])
                )
        return letters

    def _letters(self, group: str) -> list[dict[str, Any]]:
        flat = self._client.run(_scripts.SWEEP, group, self._now())
        found = [json.loads(text) for text in flat[1::2]]
        return sorted(found, key=lambda d: (d["time"], _place(d["entry"])))

    def revive(self, ids: Sequence[str], *, group: str = GROUP) -> int:
        """Deliver dead letters anew; return how many there were."""
        return sum(
            self._client.run(_scripts.REVIVE, group, *some)
            for some in _pages([*dict.fromkeys(ids)])
        )

    def query(
        self,
        type: str | None = None,  # noqa: A002 - the envelope's own word
        *,
        function: str | None = None,
        since: str | None = None,
        until: str | None = None,
        correlation_id: str | None = None,
        limit: int | None = None,
        newest_first: bool = False,
        archive: bool = False,
    ) -> Iterator[Event]:
        """Yield stored events in order of time; those stored while it runs may be left out."""
        wanted = _select.selection(type, function, since, until, correlation_id)
        self._forwarder.run()
        live = (
            event
            for _, event in self._by_time(wanted.since, wanted.until, newest_first)
            if wanted.matches(event)
        )
        if not archive:
            return _select.first(live, limit)
        old = self._archive.read(wanted, newest_first=newest_first)
        return _select.first(_select.merged(live, old, newest_first=newest_first), limit)

    def _by_time(
        self, since: int | None, until: int | None, newest_first: bool = False
    ) -> Iterator[tuple[bytes, Event]]:
        """Yield entries with their events in order of time, up to the newest there is now."""
        newest = self._client.ask("XREVRANGE", self._key("events"), "+", "-", "COUNT", 1)
        if not newest:
            return
        last = _place(newest[0][0])
        low = "-inf" if since is None else str(since)
        high = "+inf" if until is None else f"({until}"
        seen: set[bytes] = set()  # those of the time at which the last page ended
        while True:
            command = "ZREVRANGEBYSCORE" if newest_first else "ZRANGEBYSCORE"
            span = (high, low) if newest_first else (low, high)
            page = ("LIMIT", 0, PAGE + len(seen))
            flat = self._client.ask(command, self._key("time"), *span, "WITHSCORES", *page)
            # redis-py pairs them up itself where it knows the command
            pairs = (
                flat
                if flat and isinstance(flat[0], tuple)
                else list(zip(flat[::2], flat[1::2], strict=True))
            )
            new = [(member, float(score)) for member, score in pairs if member not in seen]
            if not new:
                return
            entries = [entry for member, _ in new if (entry := _entry_of(member))]
            rows = self._client.ask_many([self._entry(entry) for entry in entries])
            for entry, found in zip(entries, rows, strict=True):
                event = _event(_line(found[0])) if found and _place(entry) <= last else None
                if event is not None:
                    yield entry, event
            edge = new[-1][1]
            seen = {m for m, score in pairs if float(score) == edge}
            low, high = (low, str(int(edge))) if newest_first else (str(int(edge)), high)

    def retire(self, days: float = 30.0, *, now: float | None = None) -> Retired:
        """Move events older than ``days`` that every group has dealt with to the archive."""
        before = int(((self._clock() if now is None else now) - days * 86_400) * 1e6)
        total = Retired(0, 0, 0)
        page: list[tuple[bytes, Event]] = []
        for item in self._by_time(None, before):
            page.append(item)
            if len(page) == 10 * PAGE:
                total = self._retire(page, total)
                page = []
        return self._retire(page, total) if page else total

    def _retire(self, page: Sequence[tuple[bytes, Event]], total: Retired) -> Retired:
        given = [value for entry, event in page for value in (entry, event.id)]
        dealt = self._client.run(_scripts.DEALT, *given)
        old = [item for item, yes in zip(page, dealt, strict=True) if yes]
        if not old:
            return total
        packed = self._archive.add(event for _, event in old)
        size = sum(len(encode(event)) for _, event in old)
        for some in _pages(old):
            self._client.run(
                _scripts.DROP, *[v for entry, event in some for v in (entry, event.id)]
            )
        return Retired(
            total.events + len(old), total.bytes_before + size, total.bytes_after + packed
        )

    def counts(self, *, group: str = GROUP) -> dict[str, int]:
        """Return how many are ``waiting``, ``claimed``, ``done``, ``dead``, ``damaged``, ``archived``."""
        self._forwarder.run()
        found = self._client.run(_scripts.COUNTS, group, self._now())
        names = ("waiting", "claimed", "done", "dead", "damaged")
        return {**dict(zip(names, map(int, found), strict=True)), "archived": self._archive.count()}

    def groups(self) -> list[str]:
        """Return the names of the groups that have claimed anything, sorted."""
        return sorted(name.decode() for name in self._client.ask("SMEMBERS", self._key("groups")))

    def export(self) -> Iterator[Moved]:
        """Yield every stored event, in the order in which they were stored."""
        self._forwarder.run()
        groups = {name: {d["entry"]: d for d in self._letters(name)} for name in self.groups()}
        place = "-"
        while True:
            rows = self._client.ask("XRANGE", self._key("events"), place, "+", "COUNT", PAGE)
            if not rows:
                return
            span = (rows[0][0], rows[-1][0])
            states = {name: self._states(name, span, dead) for name, dead in groups.items()}
            for row in rows:
                event = _event(_line(row))
                if event is not None:
                    entry = row[0].decode()
                    key = "" if event.correlation_id else _fields(row)[b"key"].decode()
                    yield Moved(event, {name: s(entry) for name, s in states.items()}, key)
            place = f"({rows[-1][0].decode()}"

    def _states(
        self, group: str, span: tuple[bytes, bytes], dead: dict[str, dict[str, Any]]
    ) -> Callable[[str], Delivery]:
        """Return what a group has done with each of a page of entries."""
        stream = self._key("events")
        handed = (0, 0)
        for info in self._client.ask("XINFO", "GROUPS", stream):
            known = (
                info if isinstance(info, dict) else dict(zip(info[::2], info[1::2], strict=True))
            )
            known = {_str(k): v for k, v in known.items()}
            if _str(known["name"]) == group:
                handed = _place(known["last-delivered-id"])
        rows: Any = self._client.do(lambda redis: redis.xpending_range(stream, group, *span, PAGE))
        opened = {row["message_id"].decode(): int(row["times_delivered"]) for row in rows}

        def state(entry: str) -> Delivery:
            if entry in opened:
                return Delivery("waiting", opened[entry])
            if entry in dead:
                letter = dead[entry]
                return Delivery("dead", int(letter["attempts"]), letter["reason"], letter["time"])
            return Delivery("done" if _place(entry) <= handed else "waiting")

        return state

    def restore(self, moved: Sequence[Moved]) -> int:
        """Store durably what another store exported; return how many were not here yet."""
        new = 0
        for some in _pages(moved):
            new += self._publish([_row(m.event, m.key) for m in some])
            for name in sorted({g for m in some for g in m.groups}):
                while self._client.run(_scripts.ADMIT, name, 10 * PAGE):
                    pass
                given: list[object] = []
                for m in some:
                    if name in m.groups:
                        given += (m.event.id, *m.groups[name])
                self._client.run(_scripts.PUT, name, self._now(), *given)
        return new

    def close(self) -> None:
        """Forward what waits, as far as the server is there, and let go of the connections."""
        self._forwarder.stop()
        self._client.close()

    def _now(self) -> str:
        return timestamp(int(self._clock() * 1e9))

    def _key(self, name: str) -> str:
        return f"{self._client.prefix}:{name}"

    def _entry(self, entry: bytes | str) -> tuple[object, ...]:
        return ("XRANGE", self._key("events"), entry, entry)


def _row(event: Event, key: str = "") -> tuple[object, ...]:
    about = event.correlation_id
    return (
        event.id,
        f"={about}" if about else key or process_key(),
        _select.microseconds(event.timestamp),
        line_of(encode(event))[:-1],
    )


def _event(line: bytes) -> Event | None:
    """Return the event of a line; None where it is damaged."""
    line = line.rstrip(b"\n")
    body, tail = line[:-18], line[-18:]
    if tail != b',"crc":"%08x"}' % crc32(body):
        return None
    try:
        return Event(**json.loads(body + b"}"))
    except (ValueError, TypeError):
        return None


def _fields(row: Any) -> dict[bytes, bytes]:
    fields = row[1]
    return fields if isinstance(fields, dict) else dict(zip(fields[::2], fields[1::2], strict=True))


def _line(row: Any) -> bytes:
    return _fields(row).get(b"event", b"")


def _place(entry: bytes | str) -> tuple[int, int]:
    ms, _, n = _str(entry).partition("-")
    return int(ms), int(n)


def _entry_of(member: bytes) -> bytes:
    """Return the entry that a member of the index names; nothing where the member is damaged."""
    try:
        return b"%d-%d" % _place(member)
    except ValueError:
        return b""


def _str(value: object) -> str:
    return value.decode() if isinstance(value, bytes) else str(value)


def _token(claim: Claim) -> str:
    try:
        _place(claim.token)
    except (ValueError, AttributeError):
        raise EventStoreError(
            f"{claim.token!r} is not the token of a claim of this store",
            hint="hand back the claims as claim() returned them",
        ) from None
    return claim.token


def _pages(items: Sequence[Any]) -> Iterator[Sequence[Any]]:
    return (items[i : i + PAGE] for i in range(0, len(items), PAGE))
