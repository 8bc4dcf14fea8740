"""The pool: at most so many kept workers in this process, shared by all versions that run in one.

A worker holds one version. A call takes an idle worker of its version; else it may start one, where
there is room; else the worker that was idle longest is ended to make room; else it waits in line.
Who has waited longest is served first, except that a worker goes to a call of its own version in
line for as long as nobody else has waited ``PATIENCE`` seconds: starting one costs more than a call.
"""

from __future__ import annotations

import atexit
import os
import threading
import time
from collections import deque
from collections.abc import Callable

from poet.workers._kept import Kept

__all__ = ["Pool", "Ticket", "pool"]

PATIENCE = 0.1


class Ticket:
    """A call's place in line, and what it was granted.

    Attributes:
        key: The version's.
        kept: The worker of that version, None where the call starts one.
        evicted: The worker to end first.
        granted: Set once the call may go on.
    """

    def __init__(self, key: object, notify: Callable[[], None] | None) -> None:
        self.key = key
        self.kept: Kept | None = None
        self.evicted: Kept | None = None
        self.granted = threading.Event()
        self._cancelled = False
        self._lock = threading.Lock()
        self.since = time.monotonic()
        self._notify = notify

    def cancel(self) -> None:
        """Note that the caller is gone."""
        self._cancelled = True

    def kill(self) -> None:
        """Note that the caller is gone, and kill the worker that is at its call."""
        with self._lock:
            self._cancelled = True
            if self.kept is not None:
                self.kept.kill()

    def hand_back(self) -> None:
        """Let go of the worker before it is given to another call, which a late kill would lose."""
        with self._lock:
            self.kept = None

    def is_cancelled(self) -> bool:
        """Say whether the caller is gone."""
        return self._cancelled

    def grant(self) -> bool:
        """Tell the caller; say whether somebody is there to be told."""
        self.granted.set()
        if self._notify is not None:
            try:
                self._notify()
            except RuntimeError:  # its event loop is closed
                return False
        return True


class Pool:
    """The kept workers of one process.

    Args:
        size: How many there may be.
    """

    def __init__(self, size: int = 1) -> None:
        self.size = size
        self.started = 0
        self._lock = threading.Lock()
        self._total = 0  # workers there are, and those that are being started
        self._idle: list[Kept] = []  # the one used last stands last
        self._line: deque[Ticket] = deque()
        self._all: set[Kept] = set()
        self._closed = False

    def request(self, key: object, notify: Callable[[], None] | None = None) -> Ticket:
        """Ask for a worker that holds the version ``key``.

        Args:
            key: The version's.
            notify: Called, from any thread, when it is granted later than at once.
        """
        ticket = Ticket(key, notify)
        with self._lock:
            own = next((k for k in reversed(self._idle) if k.key == key), None)
            if own is not None:
                self._idle.remove(own)
                ticket.kept = own
            elif self._total < self.size:
                self._total += 1
            elif self._idle:
                ticket.evicted = self._idle.pop(0)
            else:
                self._line.append(ticket)
                return ticket
        ticket.granted.set()
        return ticket

    def withdraw(self, ticket: Ticket) -> None:
        """Give up a place in line, or what was granted meanwhile."""
        with self._lock:
            ticket.cancel()
            if ticket in self._line:
                self._line.remove(ticket)
                return
        kept = ticket.kept or ticket.evicted
        ticket.kept = ticket.evicted = None
        if kept is not None:
            self.release(kept)
        else:
            self.vacate()

    def take(self, ticket: Ticket, start: Callable[[], Kept]) -> Kept:
        """Return the granted worker, started if there is none; its place is kept on success only."""
        if ticket.kept is not None and not ticket.kept.running:  # it died while idle
            ticket.evicted, ticket.kept = ticket.kept, None
        try:
            if ticket.evicted is not None:
                self._discard(ticket.evicted)
                ticket.evicted = None
            if ticket.kept is None:
                ticket.kept = start()
                self.started += 1
                self._all.add(ticket.kept)
        except BaseException:
            self.vacate()
            raise
        return ticket.kept

    def release(self, kept: Kept) -> None:
        """Hand a worker that has answered to the next in line, or keep it."""
        if not kept.running or self._closed:
            self.drop(kept)
            return
        with self._lock:
            ticket = self._next(kept.key)
            if ticket is None:
                self._idle.append(kept)
                surplus = self._idle.pop(0) if self._total > self.size else None
            elif ticket.key == kept.key:
                ticket.kept = kept
            else:
                ticket.evicted = kept
        if ticket is None:
            if surplus is not None:
                self.drop(surplus)
        elif not ticket.grant():
            self.withdraw(ticket)

    def drop(self, kept: Kept) -> None:
        """End a worker and hand its place on."""
        self._discard(kept)
        self.vacate()

    def vacate(self) -> None:
        """Hand the place of a worker that is no more to the next in line."""
        with self._lock:
            ticket = self._next(None) if self._total <= self.size else None
            if ticket is None:
                self._total -= 1
        if ticket is not None and not ticket.grant():
            self.withdraw(ticket)

    def _next(self, key: object) -> Ticket | None:
        """Take the ticket out of the line that a worker of the version ``key`` goes to."""
        if not self._line:
            return None
        chosen = self._line[0]
        if chosen.key != key and time.monotonic() - chosen.since < PATIENCE:
            chosen = next((t for t in self._line if t.key == key), chosen)
        self._line.remove(chosen)
        return chosen

    def _discard(self, kept: Kept) -> None:
        self._all.discard(kept)
        kept.end()

    def count(self, key: object) -> int:
        """Return how many workers hold the version ``key`` now."""
        return sum(k.key == key for k in list(self._all))

    def close(self) -> None:
        """End every worker; calls under way are lost, and later ones start new workers."""
        with self._lock:
            idle, self._idle = self._idle, []
            self._total -= len(idle)
            everyone = list(self._all)
        for kept in everyone:
            if kept in idle:
                self._discard(kept)
            else:
                kept.kill()

    def abandon(self) -> None:
        """In a forked child: let go of the parent's workers."""
        for kept in list(self._all):
            kept.abandon()


_pool: list[Pool] = []


def pool(size: int) -> Pool:
    """Return this process's pool, which has room for at least ``size`` workers."""
    if not _pool:
        _pool.append(Pool(size))
    if _pool[0].size < size:
        _pool[0].size = size
    return _pool[0]


def _close() -> None:
    if _pool:
        _pool[0].close()


def _forget() -> None:
    """A child has none of its parent's threads, so its parent's pool is no use to it."""
    while _pool:
        _pool.pop().abandon()


atexit.register(_close)
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget)
