"""Samples at the same phase of a season, with the season's usual course taken off."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from poet.errors import StatsInputError
from poet_domain_ml_monitoring._features import column_of, columns_of

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["SamePhase", "seconds_of"]


class SamePhase:
    """Pairs of samples of two frames: of each feature, the rows at the phases that both have.

    A phase is where in a cycle of the season a row lies. Of the reference the rows are taken whose
    phase the window has too, as many of each phase in proportion as the window has, so that a window
    with gaps is compared with a reference with the same gaps. Of numbers the usual level of the
    phase is then taken off both; what the reference's own rows are held against comes from its
    *other* cycles, for a row is always nearer to a mean that it is part of.

    Frames without the column of times are compared as they are.

    Args:
        current: A frame or a dict of columns.
        reference: Likewise.
        time: The column of times: dates and times, or numbers of seconds.
        period: Seconds of a cycle.
        width: Share of a cycle that counts as one phase, above 0 and at most 0.5.

    Example:
        >>> import polars as pl
        >>> hours = [3600.0 * n for n in range(240)]
        >>> past = pl.DataFrame({"time": hours, "load": [float(n % 24) for n in range(240)]})
        >>> night = pl.DataFrame({"time": hours[48:52], "load": [1.0, 2.0, 3.0, 4.0]})
        >>> pairs = SamePhase(night, past, time="time", period=86_400, width=1 / 24)
        >>> now, then = pairs.of("load")
        >>> len(then), [float(value) for value in now]
        (40, [1.0, 1.0, 1.0, 1.0])
    """

    def __init__(
        self, current: Any, reference: Any, *, time: str, period: float, width: float
    ) -> None:
        self._frames = (current, reference)
        self._phases: tuple[NDArray[np.int64], NDArray[np.int64]] | None = None
        self._pairings: dict[tuple[bytes, bytes], _Pairing] = {}
        self._bins = max(2, round(1 / width))
        self._problem: StatsInputError | None = None
        if time not in columns_of(current) or time not in columns_of(reference):
            return
        try:
            now, then = (seconds_of(column_of(frame, time)) for frame in self._frames)
        except StatsInputError as problem:
            self._problem = problem
            return
        turns = then / period
        self._phases = (_bin(now / period, self._bins), _bin(turns, self._bins))
        self._cycles = _cycle(turns)

    @staticmethod
    def residuals(
        frame: Any, name: str, *, time: str, period: float, width: float
    ) -> NDArray[np.float64]:
        """Return a feature of one frame without the usual level of each phase; NaN where unknown."""
        import numpy as np

        values = _numbers(column_of(frame, name))
        if values is None:
            raise StatsInputError(f"{name!r} holds no numbers", where=name, hint="name another one")
        turns, bins = seconds_of(column_of(frame, time)) / period, max(2, round(1 / width))
        phase, known = _bin(turns, bins), np.isfinite(values)
        pairing = _Pairing.of(phase, phase, _cycle(turns), bins, known, known)
        found = np.full(values.size, np.nan)
        found[pairing.rows[pairing.chosen]] = pairing.levels(values)[1]
        return found

    def of(self, name: str, *, adjusted: bool = True) -> tuple[Any, Any]:
        """Return the samples of a feature, current and reference.

        Args:
            name: The feature.
            adjusted: Take the usual level of each phase off numbers; codes have none.

        Raises:
            StatsInputError: A frame has no such feature, or its times cannot be read.
        """
        import numpy as np

        if self._problem is not None:
            raise self._problem
        now, then = (column_of(frame, name) for frame in self._frames)
        if self._phases is None:
            return now, then
        values, past = (_numbers(now), _numbers(then)) if adjusted else (None, None)
        if values is None or past is None:
            here, there = self._phases
            rows = _matched(here, there, self._bins)
            return now, _taken(then, rows)
        known, kept = np.isfinite(values), np.isfinite(past)
        pairing = self._pairing(known, kept)
        level, own = pairing.levels(past)
        values = values[pairing.now] - level[pairing.here]
        return values[np.isfinite(values)], own[np.isfinite(own)]

    def _pairing(self, known: NDArray[np.bool_], kept: NDArray[np.bool_]) -> _Pairing:
        """Return which rows are compared; features that lack the same rows have the same ones."""
        assert self._phases is not None
        lacking = (known.tobytes(), kept.tobytes())
        found = self._pairings.get(lacking)
        if found is None:
            found = _Pairing.of(*self._phases, self._cycles, self._bins, known, kept)
            self._pairings[lacking] = found
        return found


class _Pairing(NamedTuple):
    """Which rows of two frames are compared, and what their levels are made of.

    Attributes:
        now: Rows of the window.
        here: Their phases.
        rows: Rows of the reference at those phases.
        phase: Their phases.
        cell: Their cycles and phases, as one number.
        counts: Rows of the reference of each phase.
        chosen: Which of them are compared: as many of each phase as the window has, in proportion.
        at: The phases of those.
        within: Their cells.
        others: Of each of those, how many rows of the same phase other cycles have.
        bins: Phases of a cycle.
        alone: Whether there is one cycle only, which has no other to be held against.
    """

    now: NDArray[np.int64]
    here: NDArray[np.int64]
    rows: NDArray[np.int64]
    phase: NDArray[np.int64]
    cell: NDArray[np.int64]
    counts: NDArray[np.int64]
    chosen: NDArray[np.int64]
    at: NDArray[np.int64]
    within: NDArray[np.int64]
    others: NDArray[np.int64]
    bins: int
    alone: bool

    @classmethod
    def of(
        cls,
        here: NDArray[np.int64],
        there: NDArray[np.int64],
        cycles: NDArray[np.int64],
        bins: int,
        known: NDArray[np.bool_],
        kept: NDArray[np.bool_],
    ) -> _Pairing:
        import numpy as np

        now = np.flatnonzero(known & (here >= 0))
        wanted = np.bincount(here[now], minlength=bins) > 0
        rows = np.flatnonzero(kept & (there >= 0))
        cycle = cycles[rows]
        alone = not cycle.size or bool(cycle.min() == cycle.max())
        inside = wanted[there[rows]]
        rows, cycle = rows[inside], cycle[inside]
        phase = there[rows]
        counts = np.bincount(phase, minlength=bins)
        cell = cycle * bins + phase
        chosen = _matched(here[now], phase, bins)
        at, within = phase[chosen], cell[chosen]
        others = counts[at] - np.bincount(cell)[within] if cell.size else cell
        return cls(
            now, here[now], rows, phase, cell, counts, chosen, at, within, others, bins, alone
        )

    def levels(self, past: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return the usual level of each phase, and what is compared, less that of other cycles.

        A phase that no other cycle has is held against nothing: its rows are NaN.
        """
        import numpy as np

        values = past[self.rows]
        if self.alone or not values.size:
            return np.zeros(self.bins), values[self.chosen]
        total = np.bincount(self.phase, values, minlength=self.bins)
        in_cell = np.bincount(self.cell, values)
        with np.errstate(invalid="ignore", divide="ignore"):
            own = (total[self.at] - in_cell[self.within]) / self.others
            level: NDArray[np.float64] = total / self.counts
        left: NDArray[np.float64] = values[self.chosen] - own
        return level, left


def seconds_of(column: Any) -> NDArray[np.float64]:
    """Return a column of times as seconds since 1970; NaN where there is none.

    Raises:
        StatsInputError: It holds neither times nor numbers.
    """
    import numpy as np

    if hasattr(column, "dt") and hasattr(column, "to_physical"):
        import polars as pl

        if column.dtype in (pl.Datetime, pl.Date):
            # Not `epoch`: it makes whole milliseconds of what may be finer, and costs more.
            unit = getattr(column.dtype, "time_unit", "d")
            scale = {"ns": 1e9, "us": 1e6, "ms": 1e3, "d": 1 / 86_400}[unit or "us"]
            found: NDArray[np.float64] = column.to_physical().cast(pl.Float64).to_numpy() / scale
            return found
    values = np.asarray(column)
    if values.dtype.kind == "M":
        gone = np.isnat(values)
        found = values.astype("datetime64[us]").astype(np.int64) / 1e6
        found[gone] = np.nan
        return found
    if values.dtype.kind == "O":
        try:
            return seconds_of(np.array(values.tolist(), dtype="datetime64[us]"))
        except (TypeError, ValueError):
            pass
    try:
        return values.astype(np.float64)
    except (TypeError, ValueError) as error:
        raise StatsInputError(
            f"the column of times holds neither times nor numbers: {error}",
            where="time",
            hint="hand over dates and times, or seconds",
        ) from error


def _bin(turns: NDArray[np.float64], bins: int) -> NDArray[np.int64]:
    """Return the phase of each row as a number of its bin; -1 without a time."""
    import numpy as np

    known = np.isfinite(turns)
    turns = np.where(known, turns, 0.0)
    # A row at the very begin of a bin is in it, though rounding may put it a hair before.
    found = np.floor((turns - np.floor(turns)) * bins + 1e-6).astype(np.int64) % bins
    return np.where(known, found, -1)


def _cycle(turns: NDArray[np.float64]) -> NDArray[np.int64]:
    import numpy as np

    known = np.isfinite(turns)
    if not known.any():
        return np.zeros(turns.size, np.int64)
    found = np.floor(np.where(known, turns, turns[known].min()) + 1e-9).astype(np.int64)
    found -= found.min()
    if found.max() <= found.size:
        return found
    # Short cycles of a long time with gaps: only those that are there.
    packed: NDArray[np.int64] = np.unique(found, return_inverse=True)[1]
    return packed


def _numbers(column: Any) -> NDArray[np.float64] | None:
    """Return a column of measurements as numbers, missing ones as NaN; None for any other."""
    import numpy as np

    if hasattr(column, "to_physical"):  # a Polars series
        import polars as pl

        if not column.dtype.is_numeric():
            return None
        found: NDArray[np.float64] = column.cast(pl.Float64).to_numpy()
        return found
    values = np.asarray(column)
    if values.dtype.kind == "O":
        try:
            values = np.array([np.nan if v is None else v for v in values.tolist()])
        except ValueError:
            return None
    return values.astype(np.float64) if values.dtype.kind in "iuf" else None


def _matched(here: NDArray[np.int64], there: NDArray[np.int64], bins: int) -> NDArray[np.int64]:
    """Return which rows of the reference have the phases of the window, in its proportions."""
    import numpy as np

    wanted = np.bincount(here[here >= 0], minlength=bins)
    inside = np.flatnonzero((there >= 0) & (wanted[there] > 0))
    phase = there[inside]
    held = np.bincount(phase, minlength=bins)
    both = (wanted > 0) & (held > 0)
    if not both.any():
        return inside
    # As many of each phase as the middle one allows: a phase with few rows costs the others none.
    ratios = np.sort(held[both] / wanted[both])
    factor = float(ratios[ratios.size // 2])
    most = np.maximum(np.rint(factor * wanted), 1).astype(np.int64)
    if (held <= most).all():
        return inside
    # Of each phase evenly many, over the whole of the reference.
    order = np.argsort(phase, kind="stable")
    starts = np.concatenate(([0], np.cumsum(held)))[:-1]
    rank = np.empty(phase.size, np.int64)
    rank[order] = np.arange(phase.size) - starts[phase[order]]
    share = np.minimum(most[phase] / held[phase], 1.0)
    chosen = np.floor((rank + 1) * share + 1e-9) > np.floor(rank * share + 1e-9)
    taken: NDArray[np.int64] = inside[chosen]
    return taken


def _taken(column: Any, rows: NDArray[np.int64]) -> Any:
    """Return some rows of a column of any library."""
    if hasattr(column, "gather"):
        return column.gather(rows)
    if hasattr(column, "iloc"):
        return column.iloc[rows]
    if hasattr(column, "dtype"):
        return column[rows]
    return [column[int(row)] for row in rows]
