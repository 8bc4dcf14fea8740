"""The circuit breaker: after several lost workers in a row nothing is asked of new ones for a time."""

from __future__ import annotations

import time
from collections.abc import Callable
from threading import Lock

__all__ = ["Breaker"]


class Breaker:
    """Counts losses in a row and says whether a call may go to a worker.

    Closed, every call may. Opened by ``losses`` in a row within ``window`` seconds, none may for the
    cool-down; then one may try. An answer closes it; another loss opens it for twice as long.

    Args:
        losses: Losses in a row that open it.
        window: Seconds within which they must fall.
        cooldown: Seconds it stays open at first.
        longest: Seconds it stays open at most.
        clock: Gives seconds.
    """

    def __init__(
        self,
        losses: int = 3,
        window: float = 300.0,
        cooldown: float = 30.0,
        longest: float = 3600.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.losses = losses
        self.window = window
        self.cooldown = cooldown
        self.longest = longest
        self.clock = clock
        self.renew()

    def renew(self) -> None:
        """Start anew, as in a forked child, where another thread's lock is never released."""
        self._lock = Lock()
        self._recent: list[float] = []
        self._until = 0.0
        self._wait = self.cooldown
        self._open = False
        self._trying = False

    @property
    def state(self) -> str:
        """``closed``, ``open`` (no call goes to a worker) or ``half-open`` (one may try)."""
        if not self._open:
            return "closed"
        return "open" if self.clock() < self._until else "half-open"

    @property
    def seconds_left(self) -> float:
        """Seconds until a call may try again."""
        return max(0.0, self._until - self.clock()) if self._open else 0.0

    def allows(self) -> bool:
        """Say whether a call may go to a worker; after the cool-down one caller is told yes."""
        if self.state == "closed":
            return True
        with self._lock:
            if self.state == "closed":
                return True
            if self._trying or self.clock() < self._until:
                return False
            self._trying = True
            return True

    def answered(self) -> bool:
        """Note an answer; say whether it closed an open breaker."""
        if not self._open and not self._recent:
            return False
        with self._lock:
            was_open, self._open, self._trying = self._open, False, False
            self._recent.clear()
            self._wait = self.cooldown
            return was_open

    def unused(self) -> None:
        """Note that a call which was allowed never reached a worker: it says nothing of one."""
        with self._lock:
            self._trying = False

    def lost(self) -> float:
        """Note a loss; return the seconds it opened the breaker for, 0 where it did not."""
        with self._lock:
            now = self.clock()
            if self._open:
                if not self._trying:
                    return 0.0  # a call from before it opened
                self._wait = min(self._wait * 2, self.longest)
            else:
                self._recent = [t for t in self._recent if now - t < self.window] + [now]
                if len(self._recent) < self.losses:
                    return 0.0
            self._open, self._trying = True, False
            self._until = now + self._wait
            return self._wait
