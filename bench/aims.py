"""The aims set before anything was built, and whether the results meet them."""

from __future__ import annotations

import statistics
from dataclasses import dataclass
from typing import Any

from bench.rows import ROWS, SUM

__all__ = ["AIMS", "Aim", "median", "ratio"]

NANO, MICRO = 1e9, 1e6


@dataclass(frozen=True, slots=True)
class Aim:
    """One aim: a time a unit, or a ratio to a peer.

    Attributes:
        row: The row's key.
        case: The case in the row.
        work: What is done, for the summary.
        limit: At most this many units of time, or at least this many times the peer's speed;
            with `below`, at most this many times the peer's time.
        ours: Label of our contestant.
        peer: The peer of a ratio; without one the aim is a time.
        call: Whether the time is that of a whole call, in microseconds, and not of a unit in ns.
        below: Whether the ratio is our time over the peer's.
        memory: Whether peak memory is compared, with every peer, and not time.
    """

    row: str
    case: str
    work: str
    limit: float
    ours: str = "POET"
    peer: str = ""
    call: bool = False
    below: bool = False
    memory: bool = False

    def __post_init__(self) -> None:
        """Refuse an aim that names nothing in `bench.rows`."""
        case = next(c for r in ROWS if r.key == self.row for c in r.cases if c.name == self.case)
        assert {self.ours, self.peer or self.ours} <= {c.label for c in case.contestants}

    def text(self) -> str:
        """Say the aim in words."""
        if self.memory:
            return "less memory than every peer"
        if not self.peer:
            return f"≤ {self.limit:g} {'µs a call' if self.call else 'ns'}"
        return f"≤ {self.limit:g}× {self.peer}" if self.below else f"≥ {self.limit:g}× {self.peer}"

    def verdict(self, results: dict[str, Any]) -> tuple[str, str]:
        """Return what was measured and whether that meets the aim."""
        case = results["rows"].get(self.row, {}).get(self.case)
        if case is None:
            return "not measured", "-"
        found = case["contestants"]
        ours, peer = found.get(self.ours), found.get(self.peer)
        for side in [ours] + ([peer] if self.peer else []):
            if not side or not side["wall"]:
                return (side["status"] if side else "not measured"), "-"
        if self.memory:
            sizes = {
                label: outcome["peak_mb"]
                for label, outcome in found.items()
                if outcome["wall"] and not label.startswith("POET")
            }
            least = min(sizes, key=sizes.__getitem__, default=self.ours)
            said = f"{ours['peak_mb']:,.0f} MB"
            if least != self.ours:
                said += f", the least of the peers {sizes[least]:,.0f} ({least})"
            return said, _yes(ours["peak_mb"] < sizes.get(least, float("inf")))
        if not self.peer:
            value = median(ours) * (MICRO if self.call else NANO / ours["units"])
            return f"{value:.3g} {'µs a call' if self.call else 'ns'}", _yes(value <= self.limit)
        value, _, _ = ratio(ours, peer)
        if self.below:
            return f"{1 / value:.3g}×", _yes(1 / value <= self.limit)
        return f"{value:,.3g}×", _yes(value >= self.limit)


def _yes(met: bool) -> str:
    return "yes" if met else "**no**"


def median(outcome: dict[str, Any], kind: str = "wall") -> float:
    """Return the median seconds of one run."""
    return float(statistics.median(outcome[kind]))


def ratio(
    ours: dict[str, Any], peer: dict[str, Any], kind: str = "wall"
) -> tuple[float, float, float]:
    """Return how many times longer the peer takes a unit, and the least and most of any round.

    Rounds are paired, since both sides of a round were measured one after the other.
    """
    scale = ours["units"] / peer["units"]
    rounds = [p / o * scale for p, o in zip(peer[kind], ours[kind], strict=False)]
    return median(peer, kind) / median(ours, kind) * scale, min(rounds), max(rounds)


_MILLION = "normal, 1,000,000 rows"
_TEN = "normal, 10,000,000 rows"
_FRAME = "200 features, 50,000 rows"
_KEPT = "POET, profile kept"

AIMS = [
    Aim("ks", "normal, 1,000 rows", "exact KS + p, 1,000 rows", 30, call=True),
    Aim("ks", _MILLION, "exact KS + p, 1M rows", 5),
    Aim("ks", _MILLION, "", 15, peer=SUM, below=True),
    Aim("ks", _TEN, "exact KS + p, 10M rows", 4),
    Aim("ks", _TEN, "", 6, peer=SUM, below=True),
    Aim("batch", _FRAME, "200 features × 50,000 rows", 40, _KEPT, "SciPy `ks_2samp`, loop"),
    Aim("batch", _FRAME, "", 800, _KEPT, "Evidently preset, KS"),
    Aim("batch", _FRAME, "", 8, _KEPT, "NannyML KS, binned, fitted"),
    Aim("batch", _FRAME, "", 1, _KEPT, "Scouter PSI, 10 bins, profile kept"),
    Aim("batch", _FRAME, "", 1, _KEPT, memory=True),
    *(Aim("fit", f"{n} rows", f"fit, {n} rows", 50) for n in ("50,000", "100,000", "1,000,000")),
    *(
        Aim("sliding", f"reference of {m}", f"sliding KS, reference of {m}", limit, label)
        for m, most in (("1,000", 150), ("10,000", 150), ("100,000", 250))
        for label, limit in (
            ("POET, in batches", most),
            ("POET, decisions only", 50),
            ("POET, one call a value", 400),
        )
    ),
    *(
        Aim("adaptive", name, name, limit, label, peer)
        for name in ("ADWIN", "PageHinkley")
        for label, limit, peer in (
            ("POET, in batches", 5, "River"),
            ("POET, one call a value", 400, ""),
        )
    ),
    Aim("categorical", "codes", "KL + PSI + JS, 1,000 categories, codes", 0.6),
    Aim("categorical", "strings", "the same, strings", 10),
    *(
        Aim("p-value", f"{n} against {m}", f"p-value alone, {n} against {m}", 1_000)
        for n, m in (
            ("100", "100"),
            ("1,000", "1,000"),
            ("10,000", "10,000"),
            ("100,000", "100,000"),
            ("1,000,000", "100,000"),
        )
    ),
]
