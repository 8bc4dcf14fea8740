"""A thread that takes emitted events from this machine to the server, as soon as it is there."""

from __future__ import annotations

import atexit
import os
import threading
import warnings
from collections.abc import Callable, Sequence
from contextlib import suppress
from weakref import WeakSet

from poet.errors import EventStoreError, PoetWarning
from poet.events.redis._spool import Spool

__all__ = ["Forwarder"]

Send = Callable[[str, Sequence[bytes], float | None], None]
GATHER = 0.02
"""Seconds in which emitted events gather for one journey."""
LONGEST_WAIT = 5.0
AT_EXIT = 1.0
"""Seconds that the end of a process waits for the server; what is left is forwarded by the next."""


class Forwarder:
    """Adds events to a spool and forwards them.

    Args:
        spool: Where they wait.
        send: Stores lines durably: the key of their segment, the lines, and the seconds to wait for
            the server (None for its own).
        where: The server's address, for people.
    """

    def __init__(self, spool: Spool, send: Send, where: str) -> None:
        self._spool = spool
        self._send = send
        self._where = where
        self._thread: threading.Thread | None = None
        self._wake = threading.Event()
        self._over = threading.Event()
        self._warned = False
        _forwarders.add(self)

    def forget(self) -> None:
        """In a forked child: the thread is the parent's."""
        self._thread = None
        self._wake, self._over = threading.Event(), threading.Event()

    def add(self, line: bytes, key: str) -> None:
        """Put a line down on this machine, and have it forwarded.

        Raises:
            EventStoreError: It cannot be put down.
        """
        try:
            self._spool.append(line, key)
        except EventStoreError:
            raise
        except OSError as error:
            raise EventStoreError(
                f"an event could not be put down: {error.strerror or error}",
                where=str(self._spool.folder),
                hint="POET_HOME must be a writable folder with room on it",
            ) from error
        if self._thread is None:
            self._start()
        self._wake.set()

    def run(self, timeout: float | None = None) -> None:
        """Forward everything that waits on this machine.

        Raises:
            EventStoreError: The server is away; it goes on waiting.
        """
        try:
            self._spool.forward(lambda key, lines: self._send(key, lines, timeout))
        except EventStoreError:
            raise
        except OSError as error:
            raise EventStoreError(
                f"waiting events cannot be read: {error.strerror or error}",
                where=str(self._spool.folder),
            ) from error

    def stop(self) -> None:
        """End the thread and forward what waits, if the server is there."""
        self._over.set()
        self._wake.set()
        thread, self._thread = self._thread, None
        if thread is not None and thread.is_alive():
            thread.join(2 * AT_EXIT)
        with suppress(EventStoreError):
            self.run(AT_EXIT)
        self._spool.close()

    def _start(self) -> None:
        self._wake, self._over = threading.Event(), threading.Event()
        self._thread = threading.Thread(
            target=self._loop, args=(self._wake, self._over), name="poet-events", daemon=True
        )
        self._thread.start()

    def _loop(self, wake: threading.Event, over: threading.Event) -> None:
        wait = GATHER
        while not over.is_set():
            wake.wait()
            over.wait(wait)
            wake.clear()
            try:
                self.run(AT_EXIT)
                wait = GATHER
            except EventStoreError as error:
                wake.set()
                wait = min(max(wait * 2, 0.1), LONGEST_WAIT)
                self._warn(error)

    def _warn(self, error: EventStoreError) -> None:
        if not self._warned and not self._over.is_set():
            self._warned = True
            with suppress(PoetWarning):  # where warnings are errors, no thread dies of one
                warnings.warn(
                    f"events wait on this machine until {self._where} is there ({error.what}); "
                    "nothing is lost",
                    PoetWarning,
                    stacklevel=2,
                )


_forwarders: WeakSet[Forwarder] = WeakSet()


def _stop_all() -> None:
    for forwarder in list(_forwarders):
        forwarder.stop()


atexit.register(_stop_all)


def _forked() -> None:
    for forwarder in list(_forwarders):
        forwarder.forget()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forked)
