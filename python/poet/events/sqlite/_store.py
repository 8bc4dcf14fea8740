"""The queue in SQL: what is open for a group has a row, what is done has none.

Each group has a mark, ``high``: it has been handed every event up to that one. Up to the mark an
event is open if it has a row in ``deliveries``, dead if in ``dead_letters``, else done; above it all
wait. So a claim looks at what is open and at what is new, however many events are kept.
"""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any
from zlib import crc32

from poet.errors import EventStoreError
from poet.events import _select
from poet.events._process import process_key
from poet.events.archive import Archive
from poet.events.envelope import Event, encode, timestamp
from poet.events.sqlite import _groups
from poet.events.sqlite._database import Database
from poet.events.store import GROUP, Claim, DeadLetter, Delivery, Moved, Retired

__all__ = ["SqliteStore"]

VERSION = 1
SCHEMA = (
    """CREATE TABLE events (
        seq INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, type TEXT NOT NULL,
        timestamp TEXT NOT NULL, at INTEGER NOT NULL, correlation_id TEXT, causation_id TEXT,
        function TEXT, key TEXT NOT NULL, metadata TEXT NOT NULL, payload TEXT NOT NULL,
        crc INTEGER NOT NULL)""",
    "CREATE INDEX events_at ON events (at)",
    "CREATE INDEX events_about ON events (correlation_id) WHERE correlation_id IS NOT NULL",
    "CREATE TABLE damaged (seq INTEGER PRIMARY KEY)",
    *_groups.SCHEMA,
)
PAGE = 500
_COLUMNS = "seq, id, type, timestamp, correlation_id, causation_id, metadata, payload, crc, key"
_to_json = json.JSONEncoder(allow_nan=False, separators=(",", ":"), ensure_ascii=False).encode


class SqliteStore:
    """A queue and log of events in one SQLite file.

    Args:
        url: ``sqlite:///name.db`` under ``home``, ``sqlite:////path/name.db`` anywhere;
            ``sqlite://`` alone is ``events/events.db`` under ``home``.
        home: The folder of live state; the archive is there.
        clock: Returns seconds since 1970.
        timeout: Seconds to wait while another process writes.
    """

    def __init__(
        self,
        url: str,
        home: Path,
        *,
        clock: Callable[[], float] = time.time,
        timeout: float = 30.0,
    ) -> None:
        self.url = url
        name = url.removeprefix("sqlite:").removeprefix("//").removeprefix("/")
        self.path = home / Path(name or "events/events.db").expanduser()
        self._clock = clock
        self._archive = Archive(home)
        self._database = Database(self.path, SCHEMA, VERSION, timeout)

    def emit(self, event: Event) -> None:
        """Store an event so that it survives a kill of this process; the device comes later."""
        rows = [_row(event)]
        self._database.write(lambda c: _insert(c, rows), durable=False)

    def publish(self, events: Sequence[Event]) -> None:
        """Store events durably, all of them or none; one that is here already stays as it is."""
        rows = [_row(event) for event in events]
        if rows:
            self._database.write(lambda c: _insert(c, rows), durable=True)

    def claim(
        self, consumer: str, *, group: str = GROUP, limit: int = 100, lease: float = 60.0
    ) -> list[Claim]:
        """Return up to ``limit`` events nobody in the group holds, oldest first."""
        if limit < 1:
            return []

        def work(c: sqlite3.Connection) -> list[Claim]:
            claims = []
            for seq, attempt in _groups.take(c, group, consumer, limit, lease, self._clock()):
                event = _event(_by_seq(c, seq))
                if event is None:  # kept where it is, and never delivered
                    _groups.forget(c, group, seq)
                    c.execute("INSERT OR IGNORE INTO damaged VALUES (?)", (seq,))
                else:
                    claims.append(Claim(event, attempt, f"{seq}.{attempt}"))
            return claims

        return self._database.write(work, durable=False)

    def ack(self, claims: Sequence[Claim], *, group: str = GROUP) -> None:
        """Note durably that events are dealt with; acknowledging twice is no error."""
        held = [(*_token(claim), claim.event.id) for claim in claims]
        if held:
            self._database.write(lambda c: _groups.done(c, group, held), durable=True)

    def nack(
        self, claims: Sequence[Claim], *, group: str = GROUP, reason: str = "", delay: float = 0.0
    ) -> None:
        """Hand events back; a claim that has ended meanwhile is left alone."""
        held = [(*_token(claim), claim.event.id) for claim in claims]
        if held:
            self._database.write(
                lambda c: _groups.back(c, group, held, reason, delay, self._clock()), durable=False
            )

    def dead(self, *, group: str = GROUP) -> list[DeadLetter]:
        """Return the group's dead letters, oldest first."""

        def work(c: sqlite3.Connection) -> list[DeadLetter]:
            _groups.end_leases(c, group, self._clock())
            found = []
            for seq, attempts, reason, moment in _groups.letters(c, group):
                event = _event(_by_seq(c, seq))
                if event is not None:
                    found.append(DeadLetter(event, attempts, reason, moment))
            return found

        return self._database.write(work, durable=False)

    def revive(self, ids: Sequence[str], *, group: str = GROUP) -> int:
        """Deliver dead letters anew; return how many there were."""
        return self._database.write(lambda c: _groups.revive(c, group, ids), durable=True)

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
        live = self._query(wanted, newest_first)
        if not archive:
            return _select.first(live, limit)
        old = self._archive.read(wanted, newest_first=newest_first)
        return _select.first(_select.merged(live, old, newest_first=newest_first), limit)

    def _query(self, wanted: _select.Selection, newest_first: bool) -> Iterator[Event]:
        where, given = _where(wanted)
        (last,) = self._database.read("SELECT coalesce(max(seq), 0) FROM events")[0]
        step, order = ("<", "DESC") if newest_first else (">", "ASC")
        sql = (
            f"SELECT {_COLUMNS}, at FROM events WHERE {where} AND seq <= ? "  # noqa: S608
            f"AND (at, seq) {step} (?, ?) "
            f"ORDER BY at {order}, seq {order} LIMIT {PAGE}"
        )  # fmt: skip
        place: tuple[float, float] = (1 << 62, 1 << 62) if newest_first else (-(1 << 62), 0)
        while True:
            rows = self._database.read(sql, (*given, last, *place))
            for row in rows:
                event = _event(row)
                if event is not None:
                    yield event
            if len(rows) < PAGE:
                return
            place = (rows[-1][-1], rows[-1][0])

    def retire(self, days: float = 30.0, *, now: float | None = None) -> Retired:
        """Move events older than ``days`` that every group has dealt with to the archive."""
        before = int(((self._clock() if now is None else now) - days * 86_400) * 1e6)
        count = size = packed = 0
        seq = 0
        while True:
            rows = self._database.read(_RETIRED, (before, seq))
            if not rows:
                return Retired(count, size, packed)
            seq = rows[-1][0]
            events = [(row[0], event) for row in rows if (event := _event(row)) is not None]
            if not events:
                continue
            packed += self._archive.add(event for _, event in events)
            gone = [(n,) for n, _ in events]

            def work(c: sqlite3.Connection, gone: list[tuple[int]] = gone) -> None:
                c.executemany("DELETE FROM events WHERE seq = ?", gone)

            self._database.write(work, durable=True)
            count += len(events)
            size += sum(len(encode(event)) for _, event in events)

    def counts(self, *, group: str = GROUP) -> dict[str, int]:
        """Return how many are ``waiting``, ``claimed``, ``done``, ``dead``, ``damaged``, ``archived``."""
        found = self._database.write(
            lambda c: _groups.counts(c, group, self._clock()), durable=False
        )
        return {**found, "archived": self._archive.count()}

    def groups(self) -> list[str]:
        """Return the names of the groups that have claimed anything, sorted."""
        return [name for (name,) in self._database.read("SELECT name FROM groups ORDER BY name")]

    def export(self) -> Iterator[Moved]:
        """Yield every stored event, in the order in which they were stored."""
        seq = 0
        while True:
            rows = self._database.read(_NEXT, (seq, PAGE))
            if not rows:
                return
            states = self._states(rows[0][0], rows[-1][0])
            for row in rows:
                event = _event(row)
                if event is not None:
                    key = "" if event.correlation_id else row[9]
                    yield Moved(event, {g: s(row[0]) for g, s in states.items()}, key)
            seq = rows[-1][0]

    def _states(self, first: int, last: int) -> dict[str, Callable[[int], Delivery]]:
        return _groups.states(self._database.read, first, last)

    def restore(self, moved: Sequence[Moved]) -> int:
        """Store durably what another store exported; return how many were not here yet."""
        rows = [_row(m.event, m.key) for m in moved]

        def work(c: sqlite3.Connection) -> int:
            new = _insert(c, rows)
            for name in sorted({g for m in moved for g in m.groups}):
                _groups.admit_all(c, name)
                for m in moved:
                    state = m.groups.get(name)
                    if state is not None:
                        (seq,) = c.execute(
                            "SELECT seq FROM events WHERE id = ?", (m.event.id,)
                        ).fetchone()
                        _groups.put(c, name, seq, state, timestamp())
            return new

        return self._database.write(work, durable=True) if rows else 0

    def close(self) -> None:
        """Let go of the file; a later call opens it anew."""
        self._database.close()


_ONE = f"SELECT {_COLUMNS} FROM events WHERE seq = ?"  # noqa: S608
_NEXT = f"SELECT {_COLUMNS} FROM events WHERE seq > ? ORDER BY seq LIMIT ?"  # noqa: S608
_RETIRED = f"""SELECT {_COLUMNS} FROM events e WHERE at < ? AND seq > ?
    AND seq <= (SELECT coalesce(min(high), 1 << 62) FROM groups)
    AND NOT EXISTS (SELECT 1 FROM deliveries d WHERE d.seq = e.seq)
    AND NOT EXISTS (SELECT 1 FROM dead_letters l WHERE l.seq = e.seq)
    ORDER BY seq LIMIT 5000"""  # noqa: S608


def _row(event: Event, key: str = "") -> tuple[Any, ...]:
    """Return an event as a row of the table; it is checked as a whole first."""
    encode(event)
    metadata, payload = _to_json(event.metadata), _to_json(event.payload)
    function = event.payload.get("function")
    about = event.correlation_id
    return (
        *(event.id, event.type, event.timestamp, _select.microseconds(event.timestamp)),
        *(about, event.causation_id, function if isinstance(function, str) else None),
        _groups.ALONE + about if about else key or process_key(),
        *(metadata, payload),
        _crc(event.id, event.type, event.timestamp, about, event.causation_id, metadata, payload),
    )


def _crc(*fields: str | None) -> int:
    return crc32("\0".join("" if field is None else field for field in fields).encode())


def _insert(connection: sqlite3.Connection, rows: Sequence[tuple[Any, ...]]) -> int:
    return connection.executemany(
        "INSERT OR IGNORE INTO events (id, type, timestamp, at, correlation_id, causation_id, "
        "function, key, metadata, payload, crc) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        rows,
    ).rowcount


def _by_seq(connection: sqlite3.Connection, seq: int) -> tuple[Any, ...]:
    row = connection.execute(_ONE, (seq,)).fetchone()
    return row or (seq,)


def _event(row: tuple[Any, ...]) -> Event | None:
    """Return the event of a row; None where it is damaged."""
    try:
        if _crc(*row[1:8]) != row[8]:
            return None
        known = row[1], row[2], row[3], row[4], row[5]
        return Event(*known, json.loads(row[6]), json.loads(row[7]))
    except (ValueError, TypeError, IndexError, AttributeError):
        return None


def _token(claim: Claim) -> tuple[int, int]:
    try:
        seq, attempt = claim.token.split(".")
        return int(seq), int(attempt)
    except (ValueError, AttributeError):
        raise EventStoreError(
            f"{claim.token!r} is not the token of a claim of this store",
            hint="hand back the claims as claim() returned them",
        ) from None


def _where(wanted: _select.Selection) -> tuple[str, list[object]]:
    parts = ["1"]
    given: list[object] = []
    if wanted.type is not None and wanted.prefix:
        parts.append("type >= ? AND type < ?")
        given += [wanted.type, wanted.type[:-1] + chr(ord(".") + 1)]
    elif wanted.type is not None:
        parts.append("type = ?")
        given.append(wanted.type)
    for text, value in (
        ("function = ?", wanted.function),
        ("correlation_id = ?", wanted.correlation_id),
        ("at >= ?", wanted.since),
        ("at < ?", wanted.until),
    ):
        if value is not None:
            parts.append(text)
            given.append(value)
    return " AND ".join(parts), given
