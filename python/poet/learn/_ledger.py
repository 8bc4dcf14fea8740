"""The ledger: what learning keeps of the events it has read, in one SQLite file.

Events come from the queue at least once. The ledger takes each once, by its id, in one transaction a
batch: whoever acknowledges the batch after :meth:`Ledger.fold` loses nothing and counts nothing twice,
whatever instant the process dies at.
"""

from __future__ import annotations

import json
import sqlite3
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from poet.errors import EventStoreError
from poet.events.envelope import Event, timestamp
from poet.learn._correlate import ANY, Limits, Said, correlate, lost
from poet.learn._rows import EventRow, execution_row, other_row, seconds_of
from poet.learn._values import Acted, Execution, FunctionKey, Observations, Odd, State

__all__ = ["Ledger"]

_SCHEMA = """
CREATE TABLE IF NOT EXISTS executions (
    id TEXT PRIMARY KEY, event TEXT NOT NULL, function TEXT NOT NULL, file TEXT NOT NULL,
    version TEXT, at REAL NOT NULL, ms REAL NOT NULL, error TEXT, alarm INTEGER, report TEXT,
    facts TEXT NOT NULL
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS executions_of ON executions (function, file, at);
CREATE INDEX IF NOT EXISTS executions_report ON executions (report) WHERE report IS NOT NULL;
CREATE INDEX IF NOT EXISTS executions_at ON executions (at);
CREATE TABLE IF NOT EXISTS events (
    id TEXT PRIMARY KEY, type TEXT NOT NULL, at REAL NOT NULL, function TEXT, file TEXT,
    about TEXT, alert TEXT, payload TEXT NOT NULL
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS events_about ON events (about);
CREATE INDEX IF NOT EXISTS events_alert ON events (alert);
CREATE INDEX IF NOT EXISTS events_function ON events (function);
CREATE INDEX IF NOT EXISTS events_at ON events (at);
CREATE TABLE IF NOT EXISTS states (
    function TEXT NOT NULL, file TEXT NOT NULL, state TEXT NOT NULL, PRIMARY KEY (function, file)
) WITHOUT ROWID;
"""
_PLACED = """
WITH mine AS (SELECT id, report FROM executions WHERE function = :function AND file = :file),
told AS (
    SELECT alert FROM events WHERE type = 'alert.created' AND alert IS NOT NULL AND (
        about IN (SELECT id FROM mine) OR about IN (SELECT report FROM mine WHERE report IS NOT NULL)
        OR (function IN (:function, :long) AND (file IS NULL OR file = :file))
    )
)
SELECT id, type, at, function, file, about, alert, payload FROM events
WHERE about IN (SELECT id FROM mine)
    OR about IN (SELECT report FROM mine WHERE report IS NOT NULL)
    OR (alert IN (SELECT alert FROM told) AND about IS NULL)
    OR (function IN (:function, :long) AND (file IS NULL OR file = :file))
ORDER BY at, id
"""


class Ledger:
    """What learning knows of all functions, in ``POET_HOME/learn/ledger.sqlite``.

    It is a cache of the event store: it can be deleted, and the next pass folds it anew as far back
    as events go. Only what was acted on already (:class:`State`) is forgotten then.
    Several processes may use it; each write is one transaction.

    Args:
        home: Folder of live state.
        days: Executions and feedback older than this are forgotten.
        most: How many executions, and how many other events, are kept at most; the oldest go first,
            executions that nobody spoke of before the others.
        clock: Returns seconds since 1970.
    """

    def __init__(
        self,
        home: Path,
        *,
        days: float = 30.0,
        most: int = 500_000,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.path = home / "learn" / "ledger.sqlite"
        self.days, self.most, self.clock = days, most, clock
        self._lock = threading.RLock()
        self._database: sqlite3.Connection | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the file; a later call opens it anew."""
        with self._lock:
            if self._database is not None:
                self._database.close()
                self._database = None

    @property
    def oldest(self) -> str:
        """The time, RFC 3339, before which nothing is kept."""
        return timestamp(int((self.clock() - self.days * 86_400) * 1e9))

    @property
    def whole(self) -> bool:
        """Whether it holds all that the store held when it was made; set once it does."""
        return bool(self._rows("PRAGMA user_version")[0][0])

    @whole.setter
    def whole(self, value: bool) -> None:
        self._rows(f"PRAGMA user_version = {int(value)}")

    def fold(self, events: Iterable[Event]) -> int:
        """Take events in, durably; return how many were new and of use.

        Events may come in any order and any number of times. Of no use is what learning does not
        read, and what is older than the ledger keeps.

        Raises:
            EventStoreError: The ledger cannot be written; none of them was taken.
        """
        executions, others = [], []
        oldest = self.clock() - self.days * 86_400
        for event in events:
            if seconds_of(event.timestamp) < oldest:
                continue
            if event.type == "function.execution":
                row = execution_row(event)
                if row is not None:
                    executions.append(row)
            else:
                others += other_row(event)
        with self._lock:
            database = self._open()
            try:
                with database:
                    before = database.total_changes
                    database.executemany(
                        "INSERT OR IGNORE INTO executions VALUES (?,?,?,?,?,?,?,?,?,?,?)",
                        executions,
                    )
                    database.executemany(
                        "INSERT OR IGNORE INTO events VALUES (?,?,?,?,?,?,?,?)", others
                    )
                    new = database.total_changes - before
                    if new:
                        self._forget(database, oldest)
            except sqlite3.Error as error:
                raise self._failed("written", error) from None
        return new

    def functions(self) -> list[FunctionKey]:
        """Return the functions of which an execution is known, in order of file and name."""
        rows = self._rows("SELECT DISTINCT file, function FROM executions ORDER BY file, function")
        return [FunctionKey(file, function) for file, function in rows]

    def observations(
        self,
        key: FunctionKey,
        *,
        now: float | None = None,
        served: str | None = ANY,
        alarms: Mapping[str, bool] | None = None,
        limits: Limits = Limits(),  # noqa: B008 - an immutable value
    ) -> Observations:
        """Return all that is known of a function.

        Args:
            key: Which.
            now: Seconds since 1970; the ledger's clock if None.
            served: The version that calls run now (None for the baseline): feedback about a later
                one, that was rolled back, is told apart.
            alarms: Execution id to whether it raised an alarm, where the caller knows better than
                the execution's facts, for a domain has judged what it returned.
            limits: How feedback is taken.

        Raises:
            EventStoreError: The ledger cannot be read.
        """
        now = self.clock() if now is None else now
        executions = self._executions(key, alarms or {}, now - self.days * 86_400)
        rows = self._rows(
            _PLACED,
            {"function": key.qualname, "file": key.file, "long": f"{key.file}:{key.qualname}"},
        )
        alike = self._rows(
            "SELECT COUNT(DISTINCT file) FROM executions WHERE function = ?", (key.qualname,)
        )[0][0]
        reports = self._rows(
            "SELECT report, id FROM executions "
            "WHERE function = ? AND file = ? AND report IS NOT NULL",
            (key.qualname, key.file),
        )
        said = Said(
            executions=executions,
            rows=[_event(row) for row in rows],
            reports=dict(reports),
            several=alike > 1,
        )
        return correlate(
            key, said, now=now, oldest=now - self.days * 86_400, served=served, limits=limits
        )

    def odd(self, *, now: float | None = None, limits: Limits = Limits()) -> list[Odd]:  # noqa: B008
        """Return feedback about no function that is known: no execution, alert or name fits."""
        now = self.clock() if now is None else now
        rows = self._rows(
            "SELECT id, type, at, function, file, about, alert, payload FROM events e "
            "WHERE type IN ('function.feedback', 'drift.validation', 'drift.false_positive') "
            "AND (function IS NULL OR NOT EXISTS (SELECT 1 FROM executions x "
            "WHERE x.function = e.function OR x.file || ':' || x.function = e.function)) "
            "AND NOT EXISTS (SELECT 1 FROM executions x WHERE x.id = e.about OR x.report = e.about) "
            "AND NOT EXISTS (SELECT 1 FROM events a WHERE a.type = 'alert.created' "
            "AND a.alert = e.alert AND (a.function IS NOT NULL OR "
            "EXISTS (SELECT 1 FROM executions x WHERE x.id = a.about OR x.report = a.about))) "
            "ORDER BY at, id"
        )
        oldest = now - self.days * 86_400
        return [lost(_event(row), now=now, oldest=oldest, limits=limits) for row in rows]

    def state(self, key: FunctionKey) -> State:
        """Return what was kept of a function by :meth:`keep`."""
        rows = self._rows(
            "SELECT state FROM states WHERE function = ? AND file = ?", (key.qualname, key.file)
        )
        if not rows:
            return State()
        found = json.loads(rows[0][0])
        return State(
            {name: Acted(*row) for name, row in found["acted"].items()},
            found["answered"],
            found["tried_at"],
        )

    def keep(self, key: FunctionKey, state: State) -> None:
        """Keep what learning remembers of a function, durably.

        Raises:
            EventStoreError: The ledger cannot be written.
        """
        text = json.dumps(
            {
                "acted": {name: list(acted) for name, acted in state.acted.items()},
                "answered": dict(state.answered),
                "tried_at": state.tried_at,
            }
        )
        with self._lock:
            database = self._open()
            try:
                with database:
                    database.execute(
                        "INSERT OR REPLACE INTO states VALUES (?,?,?)",
                        (key.qualname, key.file, text),
                    )
            except sqlite3.Error as error:
                raise self._failed("written", error) from None

    def _executions(
        self, key: FunctionKey, alarms: Mapping[str, bool], oldest: float
    ) -> dict[str, Execution]:
        rows = self._rows(
            "SELECT id, at, version, ms, error, alarm, facts FROM executions "
            "WHERE function = ? AND file = ? AND at >= ? ORDER BY at, id",
            (key.qualname, key.file, oldest),
        )
        found = {}
        for id_, at, version, ms, error, alarm, facts in rows:
            known = alarms.get(id_, None if alarm is None else bool(alarm))
            found[id_] = Execution(id_, at, version, ms, error, known, json.loads(facts))
        return found

    def _forget(self, database: sqlite3.Connection, oldest: float) -> None:
        database.execute("DELETE FROM executions WHERE at < ?", (oldest,))
        database.execute("DELETE FROM events WHERE at < ?", (oldest,))
        over = database.execute("SELECT COUNT(*) FROM executions").fetchone()[0] - self.most
        if over > 0:
            database.execute(
                "DELETE FROM executions WHERE id IN (SELECT id FROM executions x ORDER BY "
                "EXISTS (SELECT 1 FROM events e WHERE e.about = x.id), at LIMIT ?)",
                (over + self.most // 20,),
            )
        over = database.execute("SELECT COUNT(*) FROM events").fetchone()[0] - self.most
        if over > 0:
            database.execute(
                "DELETE FROM events WHERE id IN (SELECT id FROM events ORDER BY at LIMIT ?)",
                (over + self.most // 20,),
            )

    def _rows(self, command: str, values: Any = ()) -> list[Any]:
        with self._lock:
            try:
                return self._open().execute(command, values).fetchall()
            except sqlite3.Error as error:
                raise self._failed("read", error) from None

    def _open(self) -> sqlite3.Connection:
        if self._database is not None:
            return self._database
        database = None
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            database = sqlite3.connect(self.path, timeout=30.0, check_same_thread=False)
            # A rollback journal, not WAL: writes are few, and it needs no care with checkpoints.
            database.execute("PRAGMA journal_mode = DELETE")
            database.execute("PRAGMA synchronous = FULL")
            database.executescript(_SCHEMA)
        except (OSError, sqlite3.Error) as error:
            if database is not None:
                with suppress(sqlite3.Error):
                    database.close()
            raise self._failed("opened", error) from None
        self._database = database
        return database

    def _failed(self, what: str, error: Exception) -> EventStoreError:
        hint = "make the folder writable, or name another one in POET_HOME"
        if isinstance(error, sqlite3.DatabaseError) and not isinstance(
            error, sqlite3.OperationalError
        ):
            hint = "move the file away: it is a cache, and is made anew from the stored events"
        return EventStoreError(
            f"the ledger of learning cannot be {what}: {error}", where=str(self.path), hint=hint
        )


def _event(row: tuple[Any, ...]) -> EventRow:
    return EventRow._make((*row[:-1], json.loads(row[-1])))
