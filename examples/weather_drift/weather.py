"""Recorded weather, and two functions as one would write them in a hurry."""

from importlib.util import find_spec
from pathlib import Path

import polars as pl

from poet import poet

TABLES = Path(find_spec("vega_datasets").origin).parent / "_data"


@poet()
def fetch(name: str) -> pl.DataFrame:
    """Read a recorded table: seattle-temps, sf-temps (hourly) or seattle-weather (daily)."""
    return pl.read_csv(TABLES / f"{name}.csv", try_parse_dates=True)


@poet(domain="ml_monitoring", optimize_for="accuracy")
def detect_drift(current: pl.Series, reference: pl.Series) -> dict:
    """Say whether the current values have drifted away from the reference."""
    shift = abs(current.mean() - reference.mean())
    return {"drift_detected": shift > 5, "test": "mean", "p_value": None, "effect_size": shift}
