"""Streams: windows that close, features that come later, and frames that are mostly new."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import polars as pl
import pytest
from mon_core_helpers import fitted, statuses

from poet.errors import ConfigError
from poet_domain_ml_monitoring import FixedWindows, Monitor, TimeWindows


def rows(n: int, seed: int, **shifts: float) -> pl.DataFrame:
    g = np.random.default_rng(seed)
    return pl.DataFrame(
        {name: g.standard_normal(n) + shifts.get(name, 0.0) for name in ("a", "b")}
        | {name: g.standard_normal(n) + shift for name, shift in shifts.items() if name not in "ab"}
    )


def test_each_closed_window_is_a_report() -> None:
    """Drift in a stream would be reported with the wrong rows, or not at all."""
    monitor = fitted(rows(3_000, 1), windows=FixedWindows(1_000))
    stream = pl.concat([rows(2_400, 2), rows(1_400, 3, a=1.0)])
    reports = [r for at in range(0, 3_800, 130) for r in monitor.update(stream[at : at + 130])]
    assert [r.rows_current for r in reports] == [1_000] * 3
    reports += monitor.flush()
    assert [statuses(r)["a"] for r in reports] == ["ok", "ok", "drift", "drift"]
    alone = fitted(rows(3_000, 1)).check(stream[2_000:3_000])
    assert reports[2].to_json() == alone.to_json()


def test_reports_of_time_windows_know_their_time() -> None:
    """Drift over time could not be drawn over time."""
    start = datetime(2024, 1, 1, tzinfo=UTC)
    stream = rows(2_000, 2).with_columns(
        at=pl.Series([start + timedelta(minutes=6 * i) for i in range(2_000)])
    )
    monitor = fitted(rows(2_000, 1), windows=TimeWindows(timedelta(days=1), time="at"))
    reports = monitor.update(stream)
    assert reports
    assert reports[0].began is not None
    assert reports[0].ended - reports[0].began == timedelta(days=1)


def test_a_monitor_without_windows_says_how_to_get_some() -> None:
    """Rows of a stream would be dropped."""
    with pytest.raises(ConfigError, match="no windows") as told:
        fitted(rows(100, 1)).update(rows(10, 2))
    assert "FixedWindows" in told.value.hint


def test_a_late_feature_is_registered_then_watched_with_care() -> None:
    """A feature added in mid-stream would be unwatched forever, or break every check."""
    events: list[tuple[str, Any]] = []
    monitor = Monitor.fit(rows(2_000, 1), emit=lambda *event: events.append(event), warm_up=800)
    first = monitor.check(rows(500, 2, late=0.0))
    assert first["late"].is_new
    assert first["late"].status == "insufficient_data"
    assert "500 of the 800 values" in first["late"].reason
    assert [problem.kind for problem in first.problems] == ["new_feature"]
    assert [name for name, _ in events] == ["feature.discovery"]
    monitor.check(rows(500, 3, late=0.0))
    assert "late" in monitor.features
    quiet = monitor.check(rows(1_000, 4, late=0.0))
    assert (quiet["late"].status, quiet["late"].is_new) == ("ok", True)
    assert quiet["late"].min_effect == 0.12
    assert quiet["late"].n_reference == 800
    found = monitor.check(rows(1_000, 5, late=0.6))
    assert statuses(found) == {"a": "ok", "b": "ok", "late": "drift"}
    again = Monitor.from_bytes(monitor.to_bytes(), emit=lambda *_: None)
    assert again.check(rows(1_000, 6, late=0.6))["late"].status == "drift"


def test_with_mostly_new_features_nothing_is_called_drift() -> None:
    """A frame of another table would page somebody for every feature of it."""
    fresh = {f"new {i}": 0.0 for i in range(5)}
    monitor = fitted(rows(2_000, 1))
    report = monitor.check(rows(1_000, 2, a=2.0, **fresh))
    assert report.safe_mode
    assert not report.drift_detected
    assert report["a"].status == "warning"
    assert "safe mode" in report["a"].reason
    assert report.problems[-1].kind == "safe_mode"
    assert "safe mode" in str(report)
    usual = monitor.check(rows(1_000, 2, a=2.0))
    assert (usual.safe_mode, usual["a"].status) == (False, "drift")


def test_late_features_of_batches_are_seen_too() -> None:
    """A stream read from files would never learn its new columns."""
    monitor = fitted(rows(2_000, 1), warm_up=300)
    window = rows(900, 2, late=0.0)
    first = monitor.check(iter([window[:200], window[200:]]))
    assert first["late"].is_new
    assert monitor.check(window.lazy())["late"].status == "ok"
