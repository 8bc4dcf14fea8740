"""A stream with a season, a noisy feature and a useless one; its executions as learning sees them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from mlmon_helpers import Made, make, spec_of

from poet.domain import Observed, Outcome
from poet.spec import Evidence, FunctionSpec
from poet_domain_ml_monitoring._domain import DOMAIN

LEARNING = DOMAIN.learning
assert LEARNING is not None
STEP = timedelta(minutes=10)
BEGIN = datetime(2026, 3, 1)  # noqa: DTZ001 - a clock without a zone
ROWS = 48
TEXT = '''
import polars as pl
from scipy.stats import ks_2samp


def detect_drift(current: pl.DataFrame, reference: pl.DataFrame) -> dict:
    """Say which features have drifted."""
    drifted = []
    for name in reference.columns:
        if name == "at":
            continue
        if ks_2samp(current[name], reference[name]).pvalue < 0.05:
            drifted.append(name)
    return {"drift": bool(drifted), "drifted_features": drifted}
'''
SEASON = Evidence(
    "season",
    "accuracy",
    "statistical",
    "a season of 15 hours",
    facts={"time": "at", "period_seconds": 54_000.0, "phase_width": 0.041667},
)


def note(name: str, category: Any = "accuracy", **facts: Any) -> Evidence:
    """Return evidence of a name with facts."""
    return Evidence(name, category, "statistical", f"{name} was learnt", facts=facts)


def asked(strategy: str, **facts: Any) -> Evidence:
    """Return evidence of a request."""
    facts = {"strategy": strategy, **facts}
    return Evidence("strategy", "request", "deterministic", f"asked for: {strategy}", facts=facts)


class Stream:
    """Rows every ten minutes: ``load`` and ``heat`` share a season, ``hum`` varies, ``dial`` is moved."""

    def __init__(self, seed: int, period: int = 90) -> None:
        self.rng = np.random.default_rng(seed)
        self.period = period
        self.reference = self.rows(0, 20 * period)

    def rows(self, first: int, count: int, shift: float = 0.0, dial: float = 0.0) -> pl.DataFrame:
        """Return rows; ``shift`` and ``dial`` are in standard deviations of the noise."""
        at = np.arange(first, first + count)
        season = 3 * np.sin(2 * np.pi * at / self.period)
        common = self.rng.normal(size=count)

        def noise() -> Any:
            return self.rng.normal(size=count)

        return pl.DataFrame(
            {
                "at": [BEGIN + int(n) * STEP for n in at],
                "load": 50 + season + 0.9 * common + 0.4 * noise() + shift,
                "heat": 20 + 0.5 * (season + 0.9 * common + 0.4 * noise() + shift),
                "hum": self.rng.standard_t(4, size=count),
                "dial": noise() + dial,
            }
        )

    def windows(self, count: int, first: int = 0) -> list[tuple[pl.DataFrame, bool]]:
        """Return windows with whether they have drifted: every sixth has, every seventh dial is moved."""
        found = []
        for number in range(first, first + count):
            start = 20 * self.period + number * ROWS
            drift = number % 6 == 3
            dial = 3.0 if number % 7 == 2 else 0.0
            found.append((self.rows(start, ROWS, 2.5 if drift else 0.0, dial), drift))
        return found


def spec_for(folder: Path, *evidence: Evidence) -> FunctionSpec:
    """Return the spec of the usual function with evidence."""
    return spec_of(folder, TEXT, "detect_drift")._replace(evidence=evidence)


def made_for(folder: Path, *evidence: Evidence, text: str = TEXT, **options: Any) -> Made:
    """Return the detector that is made of evidence."""
    return make(folder, text, "detect_drift", evidence=evidence, **options)


def observed(
    spec: FunctionSpec,
    stream: Stream,
    windows: Sequence[tuple[pl.DataFrame, bool]],
    detector: Any,
    *,
    wrong: float = 0.0,
    seed: int = 0,
) -> list[Observed]:
    """Return the windows as executions, labelled by three people: each is wrong at a share of them."""
    rng = np.random.default_rng(seed)
    found = []
    for number, (window, drift) in enumerate(windows):
        outcome = Outcome("returned", detector(window, stream.reference))
        found.append(
            Observed(
                execution_id=f"e{number}",
                at=float(number),
                version="v1",
                args=(window, stream.reference),
                kwargs={},
                outcome=outcome,
                alarm=LEARNING.alarm(spec, outcome),
                label=drift != (sum(rng.random(3) < wrong) >= 2),
                confidence=0.9,
            )
        )
    return found


def rates(
    detector: Any, stream: Stream, windows: Sequence[tuple[pl.DataFrame, bool]]
) -> tuple[float, float]:
    """Return the share of false alarms among windows without drift, and of silence among the others."""
    said = [(detector(w, stream.reference)["drift"], drift) for w, drift in windows]
    quiet = [alarm for alarm, drift in said if not drift]
    real = [alarm for alarm, drift in said if drift]
    return sum(quiet) / len(quiet), 1 - sum(real) / len(real)
