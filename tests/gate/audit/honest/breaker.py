from __future__ import annotations

import enum
import threading
import time
from dataclasses import dataclass, field
from typing import Self


class State(enum.Enum):
    CLOSED = "closed"
    OPEN = "open"


@dataclass
class Breaker:
    threshold: int = 3
    reset_after: float = 1.0
    _failures: int = field(default=0, init=False, repr=False)
    _opened_at: float | None = field(default=None, init=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    @property
    def state(self) -> State:
        with self._lock:
            if (
                self._opened_at is not None
                and time.monotonic() - self._opened_at < self.reset_after
            ):
                return State.OPEN
            return State.CLOSED

    def record(self, ok: bool) -> None:
        with self._lock:
            self._failures = 0 if ok else self._failures + 1
            if self._failures >= self.threshold:
                self._opened_at = time.monotonic()

    def __enter__(self) -> Self:
        if self.state is State.OPEN:
            raise RuntimeError("circuit open")
        return self

    def __exit__(self, exc_type, exc, tb) -> bool:
        self.record(exc is None)
        return False
