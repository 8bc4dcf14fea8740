"""The clock's say in a check: rows come in parts, and none more once the time is up."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from poet_domain_ml_monitoring.resilience.plan import Plan, error_bound
from poet_domain_ml_monitoring.resilience.sample import drawn, height, seed
from poet_domain_ml_monitoring.results import Sampling

__all__ = ["Budget"]

# Parts that a window is looked at in: the time may be overrun by one.
_PARTS = 8
_FEWEST = 10_000


class Budget:
    """Hands out a window until the time is up, and says what came of it.

    A planned sample is the same every time. Where the plan turns out too hopeful (a busy or a slow
    machine) the clock cuts it short: parts are random samples of their own, so that what has been
    looked at by then is one, but how much that is differs from run to run.

    Attributes:
        sampling: What the report says, None while no row was left out.

    Example:
        >>> import polars as pl
        >>> from poet_domain_ml_monitoring.resilience import Budget, plan
        >>> frame = pl.DataFrame({"x": range(100_000)})
        >>> ticks = iter(range(100))
        >>> budget = Budget(3, clock=lambda: next(ticks))
        >>> looked_at = sum(len(p) for p in budget.parts(frame, plan(100_000, {"x": "Int64"}, 3)))
        >>> budget.sampling.rows == looked_at, budget.sampling.reproducible
        (True, False)
    """

    def __init__(
        self, seconds: float | None, *, clock: Callable[[], float] = time.perf_counter
    ) -> None:
        """Start the clock.

        Args:
            seconds: How long a check may take; None for as long as it takes.
            clock: Returns seconds.
        """
        self._clock = clock
        self._end = None if seconds is None else clock() + seconds
        self._seconds = seconds
        self.sampling: Sampling | None = None

    @property
    def over(self) -> bool:
        """Whether the time is up."""
        return self._end is not None and self._clock() >= self._end

    def parts(
        self, frame: Any, planned: Plan, *, columns: int = 1, seed_of: object = None
    ) -> Iterator[Any]:
        """Hand out the planned rows of a frame, the first part in any case.

        Args:
            frame: Any frame that `sample` takes.
            planned: How many rows.
            columns: For how many columns the error bound shall hold at once.
            seed_of: See `sample`.
        """
        of = height(frame)
        self.sampling = planned.sampling(of)
        if self._end is None and planned.rows >= of:
            yield frame
            return
        share = min(1.0, planned.rows / of) if of else 1.0
        count = 1 if self._end is None else max(1, min(_PARTS, planned.rows // _FEWEST))
        if count == 1 and share == 1.0:
            yield frame
            return
        start = seed(frame if seed_of is None else seed_of)
        done = 0
        for part in range(count):
            if part and self.over:
                self._cut(done, of, error_bound(done, of, columns), planned.reason)
                return
            rows = drawn(frame, start, share * part / count, share * (part + 1) / count)
            yield rows
            done += (
                0 if hasattr(rows, "collect_schema") and hasattr(rows, "collect") else height(rows)
            )
        if self.sampling is not None and done:
            self.sampling = self.sampling._replace(rows=done)

    def batches(self, batches: Iterable[Any]) -> Iterator[Any]:
        """Hand out batches that come in an order of their own, the first one in any case.

        What has been seen when the time is up is the beginning, not a sample, so it says nothing of
        the rest: the error bound is 1.
        """
        rows = 0
        for batch in batches:
            if rows and self.over:
                of = rows + height(batch)
                self._cut(rows, of, 1.0, "only the beginning was looked at")
                return
            rows += height(batch)
            yield batch

    def _cut(self, rows: int, of: int, bound: float, reason: str) -> None:
        stopped = f"the clock stopped it after {self._seconds:g} s and {rows:,} rows; {reason}"
        self.sampling = Sampling(rows, of, bound, False, stopped)
