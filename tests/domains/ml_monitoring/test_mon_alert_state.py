"""Alerts across a restart: the state is all that counts, and a damaged one is refused."""

from __future__ import annotations

import json

import pytest
from mon_judge_helpers import HOUR, START, Hands, Heard, income, manager, problem, report, result

from poet.errors import StatsInputError
from poet_domain_ml_monitoring import (
    AlertConfig,
    AlertManager,
    Relations,
)


def sequence(n):
    """Checks of every kind, the same for the same number."""
    effects = [0.0, 0.1, 0.3, 0.2, 0.0, 0.0, 0.4, 0.12]
    features = [result(f"f{i}", effects[(n * (i + 2) + i) % 8]) for i in range(6)]
    problems = [problem("missing_feature", "g", "g is gone")] if n % 5 == 3 else []
    return report(*features, run=f"run-{n}", problems=problems)


def drive(alerts, n):
    found = alerts.process(sequence(n), now=START + n * HOUR)
    if n == 2:
        alerts.mark_false(found[0], reason="seasonal_pattern", now=START + n * HOUR)
    if n == 4 and alerts.open:
        alerts.acknowledge(alerts.open[0], now=START + n * HOUR)
    return [a.to_dict() for a in found]


def test_a_restart_changes_nothing_and_the_same_state_is_the_same_bytes(tmp_path):
    """A deployment would tell everything again, or forget what was marked as false."""
    relations = Relations({"f0": {"f1": 0.8}, "f1": {"f0": 0.8}})
    config = AlertConfig(cooldown=6 * HOUR)
    whole = manager(config, relations=relations)
    path, again = tmp_path / "alerts.json", tmp_path / "again.json"
    manager(config, relations=relations).save(path)
    for n in range(20):
        expected = drive(whole, n)
        restarted = AlertManager.load(path, config, clock=Hands(), emit=Heard())
        assert drive(restarted, n) == expected
        restarted.save(path)
        whole.save(again)
        assert path.read_bytes() == again.read_bytes()
        AlertManager.load(path, config).save(again)
        assert path.read_bytes() == again.read_bytes()
    assert whole.patterns
    assert not list(tmp_path.glob(".*"))


def test_a_damaged_state_is_refused_with_the_reason(tmp_path):
    """A torn file would be an empty state: everything would be told again."""
    alerts = manager()
    alerts.process(income())
    path = tmp_path / "alerts.json"
    alerts.save(path)
    data = path.read_bytes()
    for end in range(0, len(data) - 2, 97):
        path.write_bytes(data[:end])
        with pytest.raises(StatsInputError, match="not a whole JSON file"):
            AlertManager.load(path)
    content = json.loads(data)
    for broken in (
        content | {"kind": "model health"}, content | {"version": 99}, content | {"state": None},
        content | {"state": content["state"] | {"alerts": [{"id": "a"}]}}, [],
    ):  # fmt: skip
        path.write_text(json.dumps(broken))
        with pytest.raises(StatsInputError):
            AlertManager.load(path)
    with pytest.raises(FileNotFoundError):
        AlertManager.load(tmp_path / "none.json")
