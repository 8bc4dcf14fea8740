"""A clock that can be put forward: in the worker, so that a candidate can be asked again years later.

The functions of ``time`` are replaced, and the class methods that ask for now or today in
``datetime``, whose classes stay what they are. Installed before anything of the user's is
imported, it shows the real time until :meth:`Clock.leap` is told otherwise. What reads the clock
below Python (NumPy's ``datetime64("now")``, a library's own threads) still sees the real one.
"""

from __future__ import annotations

import datetime as dt
import gc
import sys
import time
from collections.abc import Callable
from typing import Any

__all__ = ["Clock"]

_COUNTING = ("time", "monotonic", "perf_counter", "process_time", "thread_time")


class Clock:
    """The clock of one worker."""

    def __init__(self) -> None:
        self.ahead = 0  # seconds
        self._real = {
            name: getattr(time, name)
            for base in _COUNTING
            for name in (base, f"{base}_ns")
            if hasattr(time, name)
        }

    def leap(self, seconds: int) -> None:
        """Let everything that asks for the time hear it so many seconds later than it is."""
        self.ahead = seconds

    def install(self) -> None:
        """Put this clock in the place of the interpreter's."""
        for name, real in self._real.items():
            setattr(time, name, self._later(real, 10**9 if name.endswith("_ns") else 1))
        for name in ("gmtime", "localtime", "ctime"):
            setattr(time, name, self._of_now(getattr(time, name)))
        time.strftime = self._formatted(time.strftime)
        # The classes are of C and take no attribute; the dict behind their namespace does.
        moments, days = (gc.get_referents(vars(kind))[0] for kind in (dt.datetime, dt.date))
        now, utcnow, today = dt.datetime.now, dt.datetime.utcnow, dt.date.today
        moments["now"] = classmethod(lambda kind, tz=None: self._moment(kind, now, tz))
        moments["utcnow"] = classmethod(lambda kind: self._moment(kind, utcnow))
        days["today"] = classmethod(lambda kind: self._day(kind, now, today))
        sys._clear_type_cache()  # noqa: SLF001 - the methods found before must not be remembered

    def _later(self, real: Callable[[], Any], scale: int) -> Callable[[], Any]:
        return lambda: real() + self.ahead * scale

    def _of_now(self, real: Callable[..., Any]) -> Callable[..., Any]:
        def of(seconds: float | None = None, /) -> Any:
            return real(self._real["time"]() + self.ahead if seconds is None else seconds)

        return of

    def _formatted(self, real: Callable[..., str]) -> Callable[..., str]:
        def strftime(form: str, moment: Any = None, /) -> str:
            return real(form, time.localtime() if moment is None else moment)

        return strftime

    def _moment(self, kind: Any, real: Callable[..., Any], *zone: Any) -> Any:
        found = real(*zone)
        if self.ahead:
            # In UTC, so that the hour a zone skips or repeats is the one of that day.
            aware = found.tzinfo is not None
            later = found.astimezone(dt.UTC) if aware else found
            later += dt.timedelta(seconds=self.ahead)
            found = later.astimezone(found.tzinfo) if aware else later
        if kind is dt.datetime:
            return found
        parts = found.timetuple()[:6]
        return kind(*parts, found.microsecond, found.tzinfo, fold=found.fold)

    def _day(self, kind: Any, now: Callable[[], Any], today: Callable[[], Any]) -> Any:
        if kind is dt.date:
            return self._moment(dt.datetime, now).date() if self.ahead else today()
        found = self._moment(dt.datetime, now)
        if issubclass(kind, dt.datetime):
            return found if kind is dt.datetime else self._moment(kind, now)
        return kind(found.year, found.month, found.day)
