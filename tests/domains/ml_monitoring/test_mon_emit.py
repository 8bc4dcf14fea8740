"""Events of monitors: kept with the project's, and none where they are switched off."""

from __future__ import annotations

from pathlib import Path

import pytest

from poet.events import read
from poet_domain_ml_monitoring import Monitor


@pytest.mark.parametrize(("said", "kept"), [("1", 1), ("0", 0)])
def test_drift_is_an_event_unless_events_are_off(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, said: str, kept: int
) -> None:
    """A team that switched events off would find files of them all the same."""
    monkeypatch.setenv("POET_HOME", str(tmp_path))
    monkeypatch.setenv("POET_EVENTS", said)
    report = Monitor.fit({"x": range(1000)}).check({"x": range(500, 1500)})
    found = [event for event in read(tmp_path) if event.type == "drift.detected"]
    assert len(found) == kept
    assert all(event.correlation_id == report.execution_id for event in found)
