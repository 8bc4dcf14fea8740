"""A made-up plant: what its features are, what goes wrong with it and when, all drawn from a seed.

Eight features are measured every ten minutes; a window is eight hours. Three of them share a season
and a common disturbance, one has a season of its own, two are noisy, two are useless: they move, and
nobody minds. The season's period is drawn, as are the features' order, the times of the incidents,
their sizes and the outages. Names say nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from bench.learning.truth import Incident, State, Stretch, Window

if TYPE_CHECKING:
    import polars as pl

__all__ = ["FEATURES", "ROWS", "Plant", "state_of"]

Floats = NDArray[np.float64]
STEP = timedelta(minutes=10)
BEGIN = datetime(2026, 1, 1)  # noqa: DTZ001 - the plant's own clock, without a zone
ROWS, REFERENCE_PERIODS, BURN_IN = 48, 20, 200
FEATURES = tuple(f"s{i}" for i in range(1, 9))
SLOT = 48
"""Windows from one incident to the next, about."""
ROLES = (*["shared"] * 3, "seasonal", *["noisy"] * 2, *["useless"] * 2)


class Feature(NamedTuple):
    """How one feature is made: ``base + unit * (season + noise)``."""

    name: str
    role: str
    base: float
    unit: float
    harmonics: Sequence[tuple[int, float, float]]
    memory: float
    tails: float


def ar(rng: np.random.Generator, n: int, memory: float, tails: float = 0.0) -> Floats:
    """Return a stationary first-order autoregression with a standard deviation of 1.

    Args:
        rng: Random numbers.
        n: How many values.
        memory: Its coefficient.
        tails: Degrees of freedom of its shocks (Student's t); 0 for normal ones.
    """
    shocks = rng.standard_t(tails, n + BURN_IN) if tails else rng.normal(size=n + BURN_IN)
    if tails:
        shocks /= np.sqrt(tails / (tails - 2))
    shocks *= np.sqrt(1 - memory**2)
    values = np.empty(n + BURN_IN)
    last = 0.0
    for i, shock in enumerate(shocks):
        last = memory * last + shock
        values[i] = last
    return values[BURN_IN:]


class Plant:
    """The plant of one seed.

    Args:
        seed: What all of it is drawn from.
    """

    def __init__(self, seed: int) -> None:
        self.seed = seed
        rng = np.random.default_rng([seed, 0])
        self.period = int(rng.integers(12, 37)) * 6
        shared = _harmonics(rng)
        order = rng.permutation(len(FEATURES))
        self.features = [
            self._feature(rng, FEATURES[at], role, shared)
            for at, role in zip(order, ROLES, strict=True)
        ]
        self.reference = self._frame(
            -REFERENCE_PERIODS * self.period,
            self._values(-REFERENCE_PERIODS * self.period, REFERENCE_PERIODS * self.period, 1),
        )

    @staticmethod
    def _feature(
        rng: np.random.Generator, name: str, role: str, shared: Sequence[tuple[int, float, float]]
    ) -> Feature:
        size = rng.uniform(0.3, 0.6)
        waves = {
            "shared": [(k, size * a, p) for k, a, p in shared],
            "seasonal": [(k, size * a, p) for k, a, p in _harmonics(rng)],
        }
        return Feature(
            name=name,
            role=role,
            base=float(rng.uniform(-50, 200)),
            unit=float(10 ** rng.uniform(-1, 2)),
            harmonics=waves.get(role, []),
            memory={"shared": 0.3, "seasonal": 0.3, "noisy": 0.5, "useless": 0.2}[role],
            tails=4.0 if role == "noisy" else 0.0,
        )

    def stretch(self, first: int, windows: int) -> Stretch:
        """Return windows of the plant's life.

        Args:
            first: The number of the first, counted from the end of the reference.
            windows: How many.
        """
        what, stray, out = (np.random.default_rng([self.seed, k, first]) for k in (2, 8, 9))
        incidents = self._incidents(what, windows)
        values = self._values(first * ROWS, windows * ROWS, [3, first])
        self._stray(stray, values, windows)
        for incident in incidents:
            weights = np.array([incident.weight(r) for r in range(windows * ROWS)])
            for feature in self.features:
                if feature.name in incident.features:
                    values[feature.name] += incident.size * feature.unit * weights
        hit = self._outages(out, values, incidents, windows)
        frame = self._frame(first * ROWS, values)
        found = []
        for number in range(windows):
            state, of = state_of(incidents, number * ROWS, ROWS)
            rows = frame.slice(number * ROWS, ROWS)
            found.append(
                Window(rows, self.reference, (number + 1) * ROWS, state, of, number in hit)
            )
        return Stretch(found, incidents, {f.name: f.role for f in self.features})

    def _values(self, start: int, n: int, of: int | Sequence[int]) -> dict[str, Floats]:
        """Return the features where nothing is wrong."""
        keys = [of] if isinstance(of, int) else list(of)
        rng = np.random.default_rng([self.seed, *keys])
        phase = 2 * np.pi * (np.arange(start, start + n) % self.period) / self.period
        common = ar(rng, n, 0.4)
        found = {}
        for f in self.features:
            season = sum((a * np.sin(k * phase + p) for k, a, p in f.harmonics), np.zeros(n))
            noise = ar(rng, n, f.memory, f.tails)
            if f.role == "shared":
                noise = 0.8 * common + 0.6 * noise
            found[f.name] = f.base + f.unit * (season + noise)
        return {name: found[name] for name in FEATURES}

    def _incidents(self, rng: np.random.Generator, windows: int) -> list[Incident]:
        named = {
            role: tuple(f.name for f in self.features if f.role == role)
            for role in ("shared", "seasonal", "noisy")
        }
        found = []
        for slot in range(windows // SLOT):
            kind = ("level shift", "slow trend")[int(rng.random() < 0.4)]
            role = str(rng.choice(["shared", "seasonal", "noisy"], p=[0.5, 0.35, 0.15]))
            features = named[role]
            size = rng.uniform(1.6, 2.6)
            if role == "noisy":
                features, size = (str(rng.choice(features)),), rng.uniform(2.0, 3.0)
            start = int((slot * SLOT + rng.uniform(5, 34)) * ROWS)
            rise = int(rng.uniform(4, 6) * ROWS) if kind == "slow trend" else 0
            end = start + rise + int(rng.uniform(4, 6) * ROWS)
            sign = 1 if rng.random() < 0.5 else -1
            found.append(Incident(kind, features, sign * size, start, start + rise, end))
        return found

    def _stray(self, rng: np.random.Generator, values: dict[str, Floats], windows: int) -> None:
        """Move the useless features: levels of their own, for a few days each, that mean nothing."""
        for feature in self.features:
            at = 0
            while feature.role == "useless" and at < windows * ROWS:
                length = int(rng.uniform(3, 10) * ROWS)
                if rng.random() < 0.25:
                    level = rng.normal(0, 2.5)
                    values[feature.name][at : at + length] += feature.unit * level
                at += length

    def _outages(
        self,
        rng: np.random.Generator,
        values: dict[str, Floats],
        incidents: Sequence[Incident],
        windows: int,
    ) -> set[int]:
        """Take values away in some quiet windows: of a few features or of all, for a part or whole."""
        hit = set()
        for number in range(windows):
            if rng.random() > 0.04 or state_of(incidents, number * ROWS, ROWS)[0] != "quiet":
                continue
            names = rng.permutation(FEATURES)[: int(rng.choice([1, 3, len(FEATURES)]))]
            rows = int(rng.uniform(0.3, 1.0) * ROWS)
            start = number * ROWS + int(rng.integers(0, ROWS - rows + 1))
            for name in names:
                values[name][start : start + rows] = np.nan
            hit.add(number)
        return hit

    def _frame(self, start: int, values: dict[str, Floats]) -> pl.DataFrame:
        import polars as pl

        n = len(values[FEATURES[0]])
        first = BEGIN + start * STEP
        times = pl.datetime_range(first, first + (n - 1) * STEP, STEP, eager=True, time_unit="us")
        # What a sensor does not say is missing, not a number.
        frame = pl.DataFrame({"time": times, **values})
        return frame.with_columns(pl.col(FEATURES).fill_nan(None).round(4))


def _harmonics(rng: np.random.Generator) -> list[tuple[int, float, float]]:
    """Return a season's shape: harmonics whose squares add up to a standard deviation of 1."""
    sizes = np.array([1.0, rng.uniform(0.2, 0.6), rng.uniform(0.0, 0.3)])
    sizes *= np.sqrt(2) / np.linalg.norm(sizes)
    return [(k + 1, float(a), float(rng.uniform(0, 2 * np.pi))) for k, a in enumerate(sizes)]


def state_of(incidents: Sequence[Incident], start: int, rows: int) -> tuple[State, int | None]:
    """Return what is true of some rows: the state, and the incident that overlaps them."""
    for number, incident in enumerate(incidents):
        if incident.start < start + rows and start < incident.end:
            weight = np.mean([incident.weight(r) for r in range(start, start + rows)])
            return ("drift" if weight >= 0.5 else "unclear"), number
    return "quiet", None
