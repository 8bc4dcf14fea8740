"""How many rows a check can look at in a given time, by a fixed cost model, and at what error."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import NamedTuple

from poet.errors import ConfigError
from poet_domain_ml_monitoring._dtypes import Family, family
from poet_domain_ml_monitoring.resilience._numbers import is_number, is_whole
from poet_domain_ml_monitoring.results import Sampling

__all__ = ["MIN_ROWS", "Plan", "cost", "error_bound", "plan"]

# Nanoseconds of one thread for a value: what counting it and deciding on it takes, and drawing it.
# Measured on a small machine and rounded up: the plan must be the same on every machine, and a
# faster one only finishes sooner.
_COUNT: dict[Family, float] = {
    "number": 12.0, "boolean": 6.0, "text": 40.0, "date": 60.0, "datetime": 80.0,
    "zoned datetime": 120.0, "time": 12.0, "duration": 12.0, "null": 1.0, "nested": 0.0,
    "binary": 0.0, "unknown": 400.0,
}  # fmt: skip
_DRAW: dict[Family, float] = {
    "number": 6.0, "boolean": 6.0, "text": 12.0, "nested": 30.0, "binary": 30.0, "unknown": 30.0,
}  # fmt: skip
_ROW = 8.0  # deciding whether a row is drawn
_COLUMN = 60_000.0  # whatever its length: types, tests, the reason
_CHECK = 2_000_000.0
# Fewer rows cannot be told from chance at the smallest effects that matter.
MIN_ROWS = 1_000
_CONFIDENCE = 0.99


class Plan(NamedTuple):
    """How many rows to look at.

    Attributes:
        rows: Of a window, all of them where the time allows.
        reason: Why, with the numbers.
        error_bound: What `error_bound` gives; 0 where all rows are looked at.
    """

    rows: int
    reason: str
    error_bound: float

    def sampling(self, of: int) -> Sampling | None:
        """Return what a report says of it, None where no row is left out.

        Args:
            of: Rows there are.
        """
        if self.rows >= of:
            return None
        return Sampling(self.rows, of, self.error_bound, True, self.reason)


def plan(rows: int, columns: Mapping[str, str], budget: float | None, *, threads: int = 1) -> Plan:
    """Plan how many rows of a window are looked at within a time.

    The plan follows from the arguments alone, not from how fast or busy the machine is: the same
    window gives the same report everywhere.

    Args:
        rows: Rows of the window.
        columns: By name, the type of each column, in the words of any library.
        budget: Seconds; None for as long as it takes.
        threads: Threads that can be counted on.

    Returns:
        All rows where they fit into the time, else as many as do, but never fewer than 1,000.

    Raises:
        ConfigError: A budget that is no positive number, or threads that are no positive integer.
    """
    if budget is None:
        return Plan(rows, f"all {rows:,} rows: no time budget is set", 0.0)
    if not (is_number(budget) and budget > 0):
        hint = "pass seconds such as 0.5, or None"
        raise ConfigError(f"time_budget is {budget!r}", where="time_budget", hint=hint)
    if not (is_whole(threads) and threads > 0):
        hint = "pass a whole number of at least 1"
        raise ConfigError(f"threads is {threads!r}", where="threads", hint=hint)
    whole = cost(rows, columns, threads=threads)
    if whole <= budget:
        return Plan(rows, f"all {rows:,} rows: about {whole:.2g} s of {budget:g} s", 0.0)
    families = [family(dtype) for dtype in columns.values()]
    draw = sum(_DRAW.get(kind, _DRAW["number"]) for kind in families) / threads
    fixed = cost(0, columns, threads=threads) + rows * _ROW * 1e-9
    a_row = cost(1, columns, threads=threads) - cost(0, columns, threads=threads) + draw * 1e-9
    fits = int((budget - fixed) / a_row) if budget > fixed and a_row > 0 else 0
    chosen = min(rows, max(fits, MIN_ROWS))
    bound = error_bound(chosen, rows, len(columns))
    table = f"{rows:,} rows of {len(columns):,} columns"
    if chosen == rows:
        return Plan(rows, f"all {rows:,} rows, the fewest there can be for a verdict", 0.0)
    short = "" if fits >= MIN_ROWS else ", more than fit, since fewer allow no verdict"
    reason = f"{table} take about {whole:.2g} s, more than {budget:g} s: {chosen:,} drawn{short}"
    return Plan(chosen, reason, bound)


def cost(rows: int, columns: Mapping[str, str], *, threads: int = 1) -> float:
    """Estimate the seconds that a check of all rows takes."""
    a_row = sum(_COUNT[family(dtype)] for dtype in columns.values())
    return (_CHECK + len(columns) * _COLUMN + rows * a_row / threads) * 1e-9


def error_bound(rows: int, of: int, columns: int = 1) -> float:
    """Return how far the drawn rows' distribution functions may be from those of all rows.

    With 99 % confidence none of the `columns` is off by more, by ``sqrt(ln(2 k / 0.01) / 2 n)``
    (Dvoretzky, Kiefer and Wolfowitz, 1956; Massart, 1990; Bonferroni over k columns). Rows are drawn
    without replacement, which errs less than the bound allows for.

    Args:
        rows: Rows drawn, n.
        of: Rows there are.
        columns: Columns, k.
    """
    if rows >= of:
        return 0.0
    if rows < 1:
        return 1.0
    return min(1.0, math.sqrt(math.log(2 * max(columns, 1) / (1 - _CONFIDENCE)) / (2 * rows)))
