"""Real frames and real reports for the tests of the page and of the command."""

from __future__ import annotations

from functools import cache

import numpy as np
import polars as pl
from vega_datasets import data

from poet_domain_ml_monitoring import Monitor, Report
from poet_domain_ml_monitoring._emit import silent

HOSTILE = "<img src=x onerror=\"document.title='owned'\">&amp;\N{RIGHT-TO-LEFT OVERRIDE}\x1b[31m"


@cache
def weather() -> pl.DataFrame:
    """Four years of Seattle's weather, a row a day."""
    return pl.read_csv(data.seattle_weather.filepath, try_parse_dates=True)


def years(*wanted: int) -> pl.DataFrame:
    return weather().filter(pl.col("date").dt.year().is_in(wanted)).drop("date")


def mixed(rows: int, shift: float = 0.0, seed: int = 0) -> pl.DataFrame:
    """Rows of many kinds of columns, moved where `shift` is not 0."""
    random = np.random.default_rng(seed)
    names = ["card", "transfer", "cash", "klarna"] if shift else ["card", "transfer", "cash"]
    weights = [0.4, 0.25, 0.15, 0.2] if shift else [0.5, 0.3, 0.2]
    start = np.datetime64("2024-01-01T00:00:00", "us")
    minutes = random.integers(0, 200_000, rows) + int(60_000 * shift)
    return pl.DataFrame({
        "amount": random.lognormal(3 + shift, 2.0, rows),
        "age": np.clip(random.normal(41 + 8 * shift, 12, rows), 18, 95).round(),
        "rating": random.integers(1, 6, rows),
        "balance": np.where(np.arange(rows) == 7, 1e9, random.normal(1000, 900, rows)),
        "score": random.normal(shift, 1, rows),
        "method": random.choice(names, rows, p=weights),
        "country": random.choice([f"C{i:02d}" for i in range(40)], rows),
        "mobile": random.random(rows) < 0.6 + 0.2 * shift,
        "signup": start + minutes.astype("timedelta64[m]").astype("timedelta64[us]"),
    })  # fmt: skip


@cache
def monitor() -> Monitor:
    return Monitor.fit(mixed(20_000), emit=silent)


def report(shift: float = 0.0, seed: int = 1, rows: int = 5000) -> Report:
    return monitor().check(mixed(rows, shift, seed))


@cache
def drifted() -> Report:
    return report(1.0)


@cache
def calm() -> Report:
    return report(0.0)


def check(reference: pl.DataFrame, current: pl.DataFrame) -> Report:
    return Monitor.fit(reference, emit=silent).check(current)
