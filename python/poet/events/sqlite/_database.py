"""One SQLite file shared by threads and processes: turns, group commit, checkpoints, forks.

Write transactions and checkpoints take turns by a ``flock`` beside the file: SQLite before 3.51.3
may reset the write-ahead log under a writer. Threads that write at once share one transaction, and
so one sync of the device. A fork finds the file closed, as SQLite asks for.
"""

from __future__ import annotations

import atexit
import os
import sqlite3
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Lock, RLock
from typing import Any, Generic, TypeVar
from weakref import WeakSet

from poet.errors import EventStoreError, PoetError
from poet.files import sync_folder

__all__ = ["Database"]

T = TypeVar("T")
WAL_BYTES = 4 * 1024 * 1024
"""Size of the write-ahead log from which it is copied into the file."""
APPLICATION = 0x504F4554  # "POET" in ASCII
_STEPS = (0.00005, 0.0001, 0.0002, 0.0005, 0.001, 0.002)


class _Job(Generic[T]):
    """One caller's part of a transaction."""

    def __init__(self, work: Callable[[sqlite3.Connection], T], durable: bool) -> None:
        self.work = work
        self.durable = durable
        self.done = False
        self.error: Exception | None = None
        self.result: T

    def outcome(self) -> T:
        if self.error is not None:
            raise self.error
        return self.result


class Database:
    """A database file, opened at the first use.

    Args:
        path: The file; its folder is made at the first use.
        schema: SQL statements that make the tables of a new file.
        version: Of the schema.
        timeout: Seconds to wait for another process's turn.
    """

    def __init__(
        self, path: Path, schema: Sequence[str], version: int, timeout: float = 30.0
    ) -> None:
        self.path = path
        self.timeout = timeout
        self._schema = schema
        self._version = version
        self._lock = RLock()  # holds the connection
        self._mutex = Lock()  # holds the list of jobs
        self._jobs: list[_Job[Any]] = []
        self._connection: sqlite3.Connection | None = None
        self._file: tuple[int, int] = (0, 0)
        self._turn_fd = -1
        self._doubtful = False  # a sync failed: what is in the log may not be on the device
        _databases.add(self)

    def __del__(self) -> None:
        with suppress(Exception):
            self.close()

    def write(self, work: Callable[[sqlite3.Connection], T], *, durable: bool) -> T:
        """Run ``work`` in a write transaction, with that of other threads; return what it returns.

        Args:
            work: Does it; it may be run again, and must change nothing but the database.
            durable: Whether it must be on the device when this returns. What is not is still kept
                where only the process ends.

        Raises:
            EventStoreError: It could not be done, or not durably.
        """
        job = _Job(work, durable)
        with self._mutex:
            self._jobs.append(job)
        with self._lock:
            if not job.done:
                with self._mutex:
                    jobs, self._jobs = self._jobs, []
                self._run(jobs)
        return job.outcome()

    def read(self, sql: str, given: Sequence[object] = ()) -> list[tuple[Any, ...]]:
        """Return the rows of a question.

        Raises:
            EventStoreError: It could not be asked.
        """
        with self._lock, self._told():
            return self._open().execute(sql, given).fetchall()

    def close(self) -> None:
        """Close the file; the next use opens it again."""
        with self._lock:
            self._close()

    def hold(self) -> None:
        """Close the file and keep every thread from it, until :meth:`release`."""
        self._lock.acquire()
        self._mutex.acquire()
        with suppress(EventStoreError):
            self._close()

    def release(self, *, child: bool) -> None:
        """Let threads use the file again; in a forked ``child``, forget those of the parent."""
        if child:
            self._jobs = []
        self._mutex.release()
        self._lock.release()

    def _run(self, jobs: list[_Job[Any]]) -> None:
        try:
            with self._told():
                connection = self._open()
                with self._turn():
                    self._transaction(connection, jobs)
        except EventStoreError as error:
            for job in jobs:
                job.error = EventStoreError(error.what, where=error.where, hint=error.hint)
        except BaseException:
            for job in jobs:
                job.error = EventStoreError("the write was interrupted", where=str(self.path))
            with suppress(EventStoreError):
                self._close()
            raise
        finally:
            for job in jobs:
                job.done = True

    def _transaction(self, connection: sqlite3.Connection, jobs: list[_Job[Any]]) -> None:
        mode = "FULL" if any(job.durable for job in jobs) else "NORMAL"
        connection.execute(f"PRAGMA synchronous={mode}")
        connection.execute("BEGIN IMMEDIATE")
        try:
            for job in jobs:
                self._one(connection, job, alone=len(jobs) == 1)
            connection.execute("COMMIT")
        except BaseException:
            with suppress(sqlite3.Error):
                connection.execute("ROLLBACK")
            raise
        with suppress(OSError):
            if Path(f"{self.path}-wal").stat().st_size > WAL_BYTES:
                with suppress(sqlite3.OperationalError):  # tried again after the next write
                    connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchall()

    @staticmethod
    def _one(connection: sqlite3.Connection, job: _Job[Any], *, alone: bool) -> None:
        """Run one caller's part; what it refuses to do concerns no other."""
        if alone:
            job.result = job.work(connection)
            return
        connection.execute("SAVEPOINT job")
        try:
            job.result = job.work(connection)
        except PoetError as error:
            connection.execute("ROLLBACK TO job")
            job.error = error
        connection.execute("RELEASE job")

    @contextmanager
    def _told(self) -> Iterator[None]:
        """Say in words what SQLite or the system refuse."""
        try:
            yield
        except sqlite3.Error as error:
            name = getattr(error, "sqlite_errorname", None) or type(error).__name__
            if not name.startswith(("SQLITE_BUSY", "SQLITE_FULL", "SQLITE_CONSTRAINT")):
                self._doubtful = self._doubtful or name.startswith("SQLITE_IOERR")
                with suppress(EventStoreError):
                    self._close()
            raise EventStoreError(
                f"the event store failed: {error} ({name})",
                where=str(self.path),
                hint=_hint(name, self.path),
            ) from error
        except UnicodeDecodeError as error:  # the words of an error about a damaged file
            with suppress(EventStoreError):
                self._close()
            raise EventStoreError(
                "the file is damaged: it holds bytes that are no text",
                where=str(self.path),
                hint="move it away; `sqlite3 FILE .recover` reads what can be read",
            ) from error
        except PoetError:
            raise
        except OSError as error:
            raise EventStoreError(
                f"the event store failed: {error.strerror or error}",
                where=str(error.filename or self.path),
                hint="the folder must be writable, by default POET_HOME/events",
            ) from error

    @contextmanager
    def _turn(self) -> Iterator[None]:
        """Hold the lock beside the file, which writers and checkpoints take turns by."""
        if sys.platform == "win32":  # SQLite's own lock keeps writers apart
            yield
            return
        import fcntl

        if self._turn_fd < 0:
            flags = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC
            self._turn_fd = os.open(f"{self.path}.lock", flags, 0o666)
        fd = self._turn_fd
        end, step = time.monotonic() + self.timeout, iter(_STEPS)
        while True:
            try:
                fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() > end:
                    raise EventStoreError(
                        f"another process has held the event store for {self.timeout:g} s",
                        where=f"{self.path}.lock",
                        hint="is a process stopped while it writes? `lslocks` shows which",
                    ) from None
                time.sleep(next(step, _STEPS[-1]))
        try:
            yield
        finally:
            fcntl.flock(fd, fcntl.LOCK_UN)

    def _open(self) -> sqlite3.Connection:
        connection = self._connection
        if connection is not None:
            if not self._doubtful and self._identity() == self._file:
                return connection
            self._close()  # another file stands there now, or none
        missing = [p for p in self.path.parents if not p.exists()]
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with self._turn():
            new = not self.path.exists()
            connection = sqlite3.connect(
                self.path, timeout=self.timeout, isolation_level=None, check_same_thread=False
            )
            try:
                self._prepare(connection)
                if new:  # the names must be as durable as what is in the files
                    for folder in (self.path.parent, *(p.parent for p in missing)):
                        sync_folder(folder)
            except BaseException:
                connection.close()
                raise
        self._connection = connection
        self._file = self._identity()
        return connection

    def _prepare(self, connection: sqlite3.Connection) -> None:
        def ask(sql: str) -> Any:
            return connection.execute(sql).fetchone()[0]

        owner, version = ask("PRAGMA application_id"), ask("PRAGMA user_version")
        if owner != APPLICATION and ask("SELECT count(*) FROM sqlite_master"):
            raise EventStoreError(
                "the file is a database of another program",
                where=str(self.path),
                hint="name a file of its own, such as sqlite:///events.db",
            )
        if version > self._version:
            raise EventStoreError(
                f"the file has layout {version}, this version of POET knows {self._version}",
                where=str(self.path),
                hint="install the newer version again, or name another file",
            )
        if ask("PRAGMA journal_mode=WAL") != "wal":
            raise EventStoreError(
                "the file system cannot hold SQLite's write-ahead log",
                where=str(self.path),
                hint="name a file on a local disk; for several machines use redis://",
            )
        connection.execute("PRAGMA wal_autocheckpoint=0")
        connection.execute(f"PRAGMA journal_size_limit={WAL_BYTES}")
        if self._doubtful:  # take what is in the log to the file, through another descriptor
            if ask("PRAGMA wal_checkpoint(TRUNCATE)"):
                raise sqlite3.OperationalError("the log of a failed write is in use")
            self._doubtful = False
        if version == 0:
            connection.execute("PRAGMA synchronous=FULL")
            connection.execute("BEGIN IMMEDIATE")
            for statement in self._schema:
                connection.execute(statement)
            connection.execute(f"PRAGMA application_id={APPLICATION}")
            connection.execute(f"PRAGMA user_version={self._version}")
            connection.execute("COMMIT")

    def _identity(self) -> tuple[int, int]:
        try:
            stat = self.path.stat()
        except OSError:
            return 0, 0
        return stat.st_dev, stat.st_ino

    def _close(self) -> None:
        connection, self._connection = self._connection, None
        try:
            if connection is not None:
                try:
                    with self._turn():  # the last to close copies the log into the file
                        connection.close()
                except (sqlite3.Error, OSError):
                    connection.close()
        except sqlite3.Error as error:
            raise EventStoreError(
                f"the event store failed: {error}", where=str(self.path)
            ) from error
        finally:
            if self._turn_fd >= 0:
                os.close(self._turn_fd)
                self._turn_fd = -1


def _hint(name: str, path: Path) -> str:
    if name.startswith("SQLITE_FULL"):
        return "the disk is full: make room; what was stored before is safe"
    if name.startswith("SQLITE_BUSY"):
        return "another program holds the file: close it, and try again"
    if name.startswith(("SQLITE_CORRUPT", "SQLITE_NOTADB")):
        return f"move {path.name} aside; `sqlite3 {path.name} .recover` reads what is left of it"
    if name.startswith(("SQLITE_READONLY", "SQLITE_CANTOPEN", "SQLITE_PERM")):
        return "the file and its folder must be writable"
    return "look at the disk; what was stored before is safe"


# Forks ------------------------------------------------------------------------------------------
# SQLite must not be carried over a fork: the child would trust locks that only the parent has.

_databases: WeakSet[Database] = WeakSet()
_held: list[Database] = []


def _before_fork() -> None:
    for database in list(_databases):
        database.hold()
        _held.append(database)


def _after_fork(*, child: bool) -> None:
    while _held:
        _held.pop().release(child=child)


def _close_all() -> None:
    for database in list(_databases):
        with suppress(EventStoreError):
            database.close()


atexit.register(_close_all)
if hasattr(os, "register_at_fork"):
    os.register_at_fork(
        before=_before_fork,
        after_in_parent=lambda: _after_fork(child=False),
        after_in_child=lambda: _after_fork(child=True),
    )
