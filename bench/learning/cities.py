"""A second stream: hourly temperatures of two cities over a year, with shifts planted into them.

The data come with ``vega_datasets``: Seattle and San Francisco in 2010. A window is half a day, its
reference the four weeks before it. What is known to be planted is kept out of the reference, as an
operator would.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from bench.learning.truth import Incident, Stretch, Window
from bench.learning.world import state_of

if TYPE_CHECKING:
    import polars as pl

__all__ = ["FEATURES", "ROWS", "Cities"]

FEATURES = ("seattle", "san_francisco")
ROWS, REFERENCE_ROWS = 12, 4 * 7 * 24
SLOT = 36


class Cities:
    """The year, with shifts that the seed draws.

    Args:
        seed: Of the shifts' times, sizes and cities.
    """

    def __init__(self, seed: int) -> None:
        self.seed = seed
        self.year = _year()

    def stretch(self, first: int, windows: int) -> Stretch:
        """Return windows of the year; they begin where there is a reference.

        Args:
            first: The number of the first.
            windows: How many; fewer at the end of the year.
        """
        start = REFERENCE_ROWS + first * ROWS
        windows = min(windows, (self.year.height - start) // ROWS)
        rng = np.random.default_rng([self.seed, 4, first])
        incidents = [_incident(rng, slot) for slot in range(windows // SLOT)]
        rows = self.year.slice(start, windows * ROWS)
        found = []
        shifted = rows
        for incident in incidents:
            weights = np.array([incident.weight(r) for r in range(rows.height)])
            shifted = shifted.with_columns(
                (shifted[name] + incident.size * weights).round(1).alias(name)
                for name in incident.features
            )
        for number in range(windows):
            at = number * ROWS
            state, of = state_of(incidents, at, ROWS)
            before = self.year.slice(start + at - REFERENCE_ROWS, REFERENCE_ROWS)
            found.append(
                Window(shifted.slice(at, ROWS), before, at + ROWS, state, of, outage=False)
            )
        return Stretch(found, incidents, dict.fromkeys(FEATURES, "seasonal"))


def _incident(rng: np.random.Generator, slot: int) -> Incident:
    """Draw one: from 10 to 18 °F, in one city or both, for two to four days."""
    which = (FEATURES, FEATURES[:1], FEATURES[1:])[int(rng.integers(3))]
    trend = bool(rng.random() < 0.3)
    start = int((slot * SLOT + rng.uniform(5, 22)) * ROWS)
    rise = int(rng.uniform(2, 4) * ROWS) if trend else 0
    sign = 1 if rng.random() < 0.5 else -1
    return Incident(
        kind="slow trend" if trend else "level shift",
        features=which,
        size=sign * float(rng.uniform(10, 18)),
        start=start,
        full=start + rise,
        end=start + rise + int(rng.uniform(4, 8) * ROWS),
    )


def _year() -> pl.DataFrame:
    """Return the hours that both cities have."""
    import polars as pl
    from vega_datasets import local_data

    def city(name: str, label: str) -> pl.DataFrame:
        frame = getattr(local_data, name)()
        return pl.DataFrame(
            {
                "time": frame["date"].to_numpy().astype("datetime64[us]"),
                label: frame["temp"].to_numpy().astype(float),
            }
        ).unique("time")

    both = city("seattle_temps", "seattle").join(city("sf_temps", "san_francisco"), on="time")
    return both.sort("time")
