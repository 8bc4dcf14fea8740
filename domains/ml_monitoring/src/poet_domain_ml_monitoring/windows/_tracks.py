"""One feature of a stream, compared with its reference after every value."""

from __future__ import annotations

from base64 import b64decode, b64encode
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol, Self

from poet.stats import SlidingCounts, SlidingKS
from poet_domain_ml_monitoring.windows._sequential import (
    js_clumps,
    js_threshold,
    ks_clumps,
    ks_threshold,
)

if TYPE_CHECKING:
    import numpy as np
    import polars as pl
    from numpy.typing import NDArray

__all__ = ["CategoryTrack", "Looks", "NumberTrack", "Track"]

# Fewer values than this expected of a category in a window: it is counted with the other rare ones.
_EXPECTED = 5


class Looks(NamedTuple):
    """What was seen after each value: NaN before the window was full.

    Attributes:
        statistic: shape (n,), what the thresholds are for.
        effect: shape (n,), how large the change is.
    """

    statistic: NDArray[np.float64]
    effect: NDArray[np.float64]


class Track(Protocol):
    """A feature's sliding comparison.

    Attributes:
        measure: The statistic's name.
        effect_name: The effect's name.
    """

    measure: str
    effect_name: str

    def push(self, values: pl.Series) -> Looks:
        """Take values in order; return what was seen after each that is not missing or else as before."""
        ...

    def since(self, values: pl.Series) -> int | None:
        """Return how many rows came after the last one with a value, None where none has one."""
        ...

    def threshold(self, rate: float, inflation: float) -> float:
        """Return the statistic reached so many times per window length by chance."""
        ...

    def expected(self, statistic: float, inflation: float) -> float:
        """Return how often a statistic is reached per window length by chance."""
        ...

    @property
    def n(self) -> int:
        """Values in the window."""
        ...

    def to_dict(self) -> dict[str, Any]:
        """Return the state as plain data."""
        ...


def _effective(size: int, inflation: float) -> int:
    return max(int(size / inflation), 1)


def _since(values: pl.Series) -> int | None:
    there = values.is_not_null().arg_true()
    return len(values) - 1 - int(there[-1]) if len(there) else None


class NumberTrack:
    """Numbers: the exact sliding Kolmogorov-Smirnov statistic, Kuiper's V for the effect."""

    measure = "ks"
    effect_name = "kuiper_v"

    def __init__(self, sliding: SlidingKS) -> None:
        self._sliding = sliding

    @classmethod
    def of(cls, reference: pl.Series, window: int) -> Self:
        """Take up a reference."""
        return cls(SlidingKS(reference, window))

    def push(self, values: pl.Series) -> Looks:
        """See `Track`."""
        import numpy as np
        import polars as pl

        numbers = values.cast(pl.Float64, strict=False).fill_null(np.nan).to_numpy()
        greater, less = self._sliding.push_one_sided(numbers)
        return Looks(np.maximum(greater, less), greater + less)

    def since(self, values: pl.Series) -> int | None:
        """See `Track`."""
        import polars as pl

        return _since(values.cast(pl.Float64, strict=False).fill_nan(None))

    def threshold(self, rate: float, inflation: float) -> float:
        """See `Track`."""
        return ks_threshold(rate, *self._sizes(inflation))

    def expected(self, statistic: float, inflation: float) -> float:
        """See `Track`."""
        return ks_clumps(statistic, *self._sizes(inflation))

    @property
    def n(self) -> int:
        """Values in the window."""
        return self._sliding.n_current

    def _sizes(self, inflation: float) -> tuple[int, int]:
        sliding = self._sliding
        return _effective(sliding.window, inflation), _effective(sliding.n_reference, inflation)

    def to_dict(self) -> dict[str, Any]:
        """See `Track`."""
        return {"kind": "numbers", "state": b64encode(self._sliding.state()).decode("ascii")}

    @classmethod
    def from_dict(cls, state: dict[str, Any]) -> Self:
        """Return the track whose `to_dict` this is."""
        return cls(SlidingKS.resume(b64decode(state["state"], validate=True)))


class CategoryTrack:
    """Categories: the Jensen-Shannon divergence of sliding counts, total variation for the effect.

    Categories that a window can hardly hold, and those that the reference does not have, are one.
    """

    measure = "js"
    effect_name = "total_variation"

    def __init__(self, codes: dict[str, int], sliding: SlidingCounts, window: int) -> None:
        import numpy as np

        self._codes = codes
        self._sliding = sliding
        self._window = window
        self._recent: NDArray[np.int64] = np.empty(0, np.int64)

    @classmethod
    def of(cls, reference: pl.Series, window: int) -> Self | None:
        """Take up a reference; None where it leaves a single category."""
        import polars as pl

        counts = reference.cast(pl.String).drop_nulls().value_counts(name="rows")
        ordered = sorted(counts.rows(), key=lambda row: (-row[1], row[0]))
        m = sum(row[1] for row in ordered)
        common = [row for row in ordered if row[1] * window >= _EXPECTED * m]
        rest = m - sum(row[1] for row in common)
        if not common:
            return None
        codes = {row[0]: i for i, row in enumerate(common)}
        sliding = SlidingCounts([*(row[1] for row in common), rest], window)
        return cls(codes, sliding, window)

    def push(self, values: pl.Series) -> Looks:
        """See `Track`."""
        import numpy as np
        import polars as pl

        texts = values.cast(pl.String, strict=False)
        names = list(self._codes)
        rest = len(names)
        found = texts.replace_strict(
            names, list(range(rest)), default=rest, return_dtype=pl.Int64
        ).to_numpy()
        codes = np.where(texts.is_null().to_numpy(), -1, found)
        js = self._sliding.push(codes).js
        effect = self._effects(codes, js)
        present = codes[codes >= 0]
        self._recent = np.concatenate([self._recent, present])[-self._window :]
        return Looks(js, effect)

    def since(self, values: pl.Series) -> int | None:
        """See `Track`."""
        import polars as pl

        return _since(values.cast(pl.String, strict=False))

    def threshold(self, rate: float, inflation: float) -> float:
        """See `Track`."""
        return js_threshold(rate, *self._sizes(inflation))

    def expected(self, statistic: float, inflation: float) -> float:
        """See `Track`."""
        return js_clumps(statistic, *self._sizes(inflation))

    @property
    def n(self) -> int:
        """Values in the window."""
        return self._sliding.n_current

    def _sizes(self, inflation: float) -> tuple[int, int, int]:
        reference = self._sliding.reference_counts
        m = int(reference.sum())
        dof = max(int((reference > 0).sum()) - 1, 1)
        return _effective(self._window, inflation), _effective(m, inflation), dof

    def _effects(self, codes: NDArray[np.int64], js: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the total variation after each value."""
        import numpy as np

        reference = self._sliding.reference_counts.astype(np.float64)
        shares = reference / reference.sum()
        all_ = np.concatenate([self._recent, codes[codes >= 0]])
        ends = self._recent.size + np.cumsum(codes >= 0)
        begins = np.maximum(ends - self._window, 0)
        total = np.zeros(codes.size)
        for code, share in enumerate(shares):
            sums = np.concatenate([[0], np.cumsum(all_ == code)])
            total += np.abs((sums[ends] - sums[begins]) / np.maximum(ends - begins, 1) - share)
        return np.where(np.isnan(js), np.nan, total / 2)

    def to_dict(self) -> dict[str, Any]:
        """See `Track`."""
        return {
            "kind": "categories",
            "codes": self._codes,
            "window": self._window,
            "recent": self._recent.tolist(),
            "state": b64encode(self._sliding.state()).decode("ascii"),
        }

    @classmethod
    def from_dict(cls, state: dict[str, Any]) -> Self:
        """Return the track whose `to_dict` this is."""
        import numpy as np

        sliding = SlidingCounts.resume(b64decode(state["state"], validate=True))
        track = cls(dict(state["codes"]), sliding, int(state["window"]))
        track._recent = np.array(state["recent"], np.int64)
        return track
