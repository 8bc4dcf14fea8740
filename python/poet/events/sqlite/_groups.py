"""What the groups have done, as rows: the rules of delivery in SQL. See ``_store`` for the layout."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from poet.events.envelope import timestamp
from poet.events.store import MAX_ATTEMPTS, Delivery

__all__ = [
    "ALONE",
    "SCHEMA",
    "admit_all",
    "back",
    "counts",
    "done",
    "end_leases",
    "forget",
    "letters",
    "put",
    "revive",
    "states",
    "take",
]

SCHEMA = (
    "CREATE TABLE groups (name TEXT PRIMARY KEY, high INTEGER NOT NULL)",
    """CREATE TABLE deliveries (
        grp TEXT NOT NULL, seq INTEGER NOT NULL, key TEXT NOT NULL, state TEXT NOT NULL,
        attempts INTEGER NOT NULL, lost INTEGER NOT NULL, since REAL NOT NULL, until REAL NOT NULL,
        consumer TEXT, PRIMARY KEY (grp, seq)) WITHOUT ROWID""",
    """CREATE TABLE dead_letters (
        grp TEXT NOT NULL, seq INTEGER NOT NULL, key TEXT NOT NULL, attempts INTEGER NOT NULL,
        reason TEXT NOT NULL, time TEXT NOT NULL, PRIMARY KEY (grp, seq)) WITHOUT ROWID""",
)
ALONE = "="
"""First character of a key of which a claim holds one event only."""
BACKWARDS = 5.0
"""Seconds that a clock may run back before it ends the leases it began: they might last days."""
SUSPECT = 2
"""Leases that ended after which an event is delivered alone: it may have ended its consumers."""
_PUT = "INSERT INTO deliveries VALUES (?, ?, ?, ?, ?, 0, ?, ?, ?)"


def take(
    c: sqlite3.Connection, group: str, consumer: str, limit: int, lease: float, now: float
) -> list[tuple[int, int]]:
    """Claim up to ``limit`` events; return the place and the attempt of each, oldest first."""
    end_leases(c, group, now)
    taken: list[tuple[int, int]] = []
    blocked: set[str] = set()
    rows = c.execute(
        "SELECT seq, key, state, attempts, lost, since, until FROM deliveries "
        "WHERE grp = ? ORDER BY seq",
        (group,),
    ).fetchall()
    for seq, key, state, attempts, lost, since, until in rows:
        waits = state == "claimed" or (until > now and since <= now + BACKWARDS)
        suspect = lost >= SUSPECT
        if waits or key in blocked or (suspect and taken):
            blocked.add(key)
            continue
        taken.append((seq, attempts + 1))
        if suspect or len(taken) == limit:
            break
        if key.startswith(ALONE):
            blocked.add(key)
    c.executemany(
        "UPDATE deliveries SET state = 'claimed', attempts = ?, since = ?, until = ?, consumer = ? "
        "WHERE grp = ? AND seq = ?",
        [(n, now, now + lease, consumer, group, seq) for seq, n in taken],
    )
    full = len(taken) == limit or (taken and _is_suspect(rows, taken[0][0]))
    if not full:
        taken += _admit(c, group, consumer, limit - len(taken), now, now + lease, blocked)
    return taken


def _is_suspect(rows: list[Any], seq: int) -> bool:
    return any(row[0] == seq and row[4] >= SUSPECT for row in rows)


def _admit(
    c: sqlite3.Connection,
    group: str,
    consumer: str,
    room: int,
    now: float,
    until: float,
    blocked: set[str],
) -> list[tuple[int, int]]:
    """Claim new events; those whose key is held are put down as waiting."""
    high = before = _high(c, group)
    taken: list[tuple[int, int]] = []
    while len(taken) < room:
        rows = c.execute(
            "SELECT seq, key FROM events WHERE seq > ? ORDER BY seq LIMIT ?", (high, room + 100)
        ).fetchall()
        opened: list[tuple[object, ...]] = []
        for seq, key in rows:
            if len(taken) == room:
                break
            high = seq
            if key in blocked:
                opened.append((group, seq, key, "waiting", 0, now, 0.0, None))
                continue
            taken.append((seq, 1))
            opened.append((group, seq, key, "claimed", 1, now, until, consumer))
            if key.startswith(ALONE):
                blocked.add(key)
        c.executemany(_PUT, opened)
        if not rows:
            break
    if high != before:
        c.execute("UPDATE groups SET high = ? WHERE name = ?", (high, group))
    return taken


def _high(c: sqlite3.Connection, group: str) -> int:
    c.execute("INSERT OR IGNORE INTO groups VALUES (?, 0)", (group,))
    (high,) = c.execute("SELECT high FROM groups WHERE name = ?", (group,)).fetchone()
    return int(high)


def end_leases(c: sqlite3.Connection, group: str, now: float) -> None:
    """Hand back what is held too long; what was delivered too often is dead."""
    rows = c.execute(
        "SELECT seq, key, attempts FROM deliveries WHERE grp = ? AND state = 'claimed' "
        "AND (until <= ? OR since > ?)",
        (group, now, now + BACKWARDS),
    ).fetchall()
    for seq, key, attempts in rows:
        if attempts >= MAX_ATTEMPTS:
            _bury(c, group, seq, key, attempts, "its lease ended", timestamp(int(now * 1e9)))
        else:
            c.execute(
                "UPDATE deliveries SET state = 'waiting', lost = lost + 1, since = ?, until = 0 "
                "WHERE grp = ? AND seq = ?",
                (now, group, seq),
            )


def _bury(
    c: sqlite3.Connection, group: str, seq: int, key: str, attempts: int, reason: str, time: str
) -> None:
    forget(c, group, seq)
    c.execute(
        "INSERT OR REPLACE INTO dead_letters VALUES (?, ?, ?, ?, ?, ?)",
        (group, seq, key, attempts, reason, time),
    )


def forget(c: sqlite3.Connection, group: str, seq: int) -> None:
    """Take an event off what is open; it is done, or cannot be."""
    c.execute("DELETE FROM deliveries WHERE grp = ? AND seq = ?", (group, seq))


def done(c: sqlite3.Connection, group: str, held: Iterable[tuple[int, int, str]]) -> None:
    """Acknowledge events: (place, attempt, id) each; what is done stays done."""
    given = [(group, seq, seq, name) for seq, _, name in held]
    same = "grp = ? AND seq = ? AND EXISTS (SELECT 1 FROM events WHERE seq = ? AND id = ?)"
    for table in ("deliveries", "dead_letters"):
        c.executemany(f"DELETE FROM {table} WHERE {same}", given)  # noqa: S608 - both are ours


def back(
    c: sqlite3.Connection,
    group: str,
    held: Iterable[tuple[int, int, str]],
    reason: str,
    delay: float,
    now: float,
) -> None:
    """Hand events back: (place, attempt, id) each; one that is not held so any more is left alone."""
    for seq, attempt, name in held:
        row = c.execute(
            "SELECT d.key FROM deliveries d JOIN events e USING (seq) "
            "WHERE grp = ? AND seq = ? AND state = 'claimed' AND attempts = ? AND e.id = ?",
            (group, seq, attempt, name),
        ).fetchone()
        if row is None:
            continue
        if attempt >= MAX_ATTEMPTS:
            _bury(c, group, seq, row[0], attempt, reason, timestamp(int(now * 1e9)))
        else:
            c.execute(
                "UPDATE deliveries SET state = 'waiting', since = ?, until = ?, consumer = NULL "
                "WHERE grp = ? AND seq = ?",
                (now, now + delay if delay > 0 else 0.0, group, seq),
            )


def letters(c: sqlite3.Connection, group: str) -> list[tuple[int, int, str, str]]:
    """Return place, attempts, reason and time of the dead, oldest first."""
    return c.execute(
        "SELECT seq, attempts, reason, time FROM dead_letters WHERE grp = ? ORDER BY time, seq",
        (group,),
    ).fetchall()


def revive(c: sqlite3.Connection, group: str, ids: Sequence[str]) -> int:
    """Have dead letters wait again, as if never delivered."""
    count = 0
    for name in dict.fromkeys(ids):
        row = c.execute(
            "SELECT l.seq, l.key FROM dead_letters l JOIN events e USING (seq) "
            "WHERE grp = ? AND e.id = ?",
            (group, name),
        ).fetchone()
        if row is not None:
            c.execute("DELETE FROM dead_letters WHERE grp = ? AND seq = ?", (group, row[0]))
            c.execute(_PUT, (group, *row, "waiting", 0, 0.0, 0.0, None))
            count += 1
    return count


def counts(c: sqlite3.Connection, group: str, now: float) -> dict[str, int]:
    """Return how many events are in which state."""
    end_leases(c, group, now)

    def ask(sql: str, *given: object) -> int:
        return int(c.execute(sql, given).fetchone()[0])

    high = ask("SELECT coalesce(max(high), 0) FROM groups WHERE name = ?", group)
    claimed = ask("SELECT count(*) FROM deliveries WHERE grp = ? AND state = 'claimed'", group)
    opened = ask("SELECT count(*) FROM deliveries WHERE grp = ?", group)
    dead = ask("SELECT count(*) FROM dead_letters WHERE grp = ?", group)
    damaged = ask("SELECT count(*) FROM damaged")
    known = ask("SELECT count(*) FROM damaged WHERE seq <= ?", high)
    handed = ask("SELECT count(*) FROM events WHERE seq <= ?", high)
    new = ask("SELECT count(*) FROM events WHERE seq > ?", high)
    return {
        "waiting": opened - claimed + new - (damaged - known),
        "claimed": claimed,
        "done": handed - opened - dead - known,
        "dead": dead,
        "damaged": damaged,
    }


def states(
    read: Callable[[str, Sequence[object]], list[tuple[Any, ...]]], first: int, last: int
) -> dict[str, Callable[[int], Delivery]]:
    """Return for each group what it has done with the events from ``first`` to ``last``."""
    found: dict[str, Callable[[int], Delivery]] = {}
    for name, high in read("SELECT name, high FROM groups", ()):
        span = (name, first, last)
        known = {
            seq: Delivery("waiting", attempts)
            for seq, attempts in read(
                "SELECT seq, attempts FROM deliveries WHERE grp = ? AND seq BETWEEN ? AND ?", span
            )
        }
        for seq, *rest in read(
            "SELECT seq, attempts, reason, time FROM dead_letters "
            "WHERE grp = ? AND seq BETWEEN ? AND ?",
            span,
        ):
            known[seq] = Delivery("dead", *rest)
        found[name] = _lookup(known, high)
    return found


def _lookup(known: dict[int, Delivery], high: int) -> Callable[[int], Delivery]:
    return lambda seq: known.get(seq, Delivery("done" if seq <= high else "waiting"))


def admit_all(c: sqlite3.Connection, group: str) -> None:
    """Put down everything new as waiting, so that each event's state can be set."""
    high = _high(c, group)
    c.execute(
        "INSERT INTO deliveries SELECT ?, seq, key, 'waiting', 0, 0, 0.0, 0.0, NULL "
        "FROM events WHERE seq > ?",
        (group, high),
    )
    c.execute(
        "UPDATE groups SET high = (SELECT coalesce(max(seq), ?) FROM events WHERE seq > ?) "
        "WHERE name = ?",
        (high, high, group),
    )


def put(c: sqlite3.Connection, group: str, seq: int, state: Delivery, now: str) -> None:
    """Set what a group has done with an event, where that is further than what is known here."""
    if state.state == "done":
        forget(c, group, seq)
        c.execute("DELETE FROM dead_letters WHERE grp = ? AND seq = ?", (group, seq))
    elif state.state == "dead":
        row = c.execute(
            "SELECT key FROM deliveries WHERE grp = ? AND seq = ? AND state = 'waiting'",
            (group, seq),
        ).fetchone()
        if row is not None:
            _bury(c, group, seq, row[0], state.attempts, state.reason, state.time or now)
    else:
        c.execute(
            "UPDATE deliveries SET attempts = max(attempts, ?) WHERE grp = ? AND seq = ?",
            (min(state.attempts, MAX_ATTEMPTS - 1), group, seq),
        )
