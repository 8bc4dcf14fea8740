"""A model's life: importance, health and alerts together on real data."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import numpy as np
import polars as pl
from mon_judge_helpers import HOUR, START, Hands, Heard, report, result
from sklearn.datasets import load_breast_cancer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from poet.events import MAX_EVENT_BYTES, encode, new_event
from poet_domain_ml_monitoring import (
    AlertConfig,
    AlertManager,
    HealthConfig,
    HealthMonitor,
    Importance,
    Monitor,
    Relations,
)


def test_a_sensor_breaks_and_is_mended():
    """A broken sensor would be many alerts, none, or one that never ends; health would flap."""
    data = load_breast_cancer()
    names = [str(name) for name in data.feature_names]
    order = np.random.default_rng(4).permutation(len(data.data))
    known, live = order[:285], order[285:]
    model = make_pipeline(StandardScaler(), LogisticRegression(max_iter=1_000))
    model.fit(data.data[known], data.target[known])
    reference = pl.DataFrame(data.data[known], schema=names)
    heard = Heard()
    monitor = Monitor.fit(reference, emit=heard)
    importance = Importance.from_model(model, names)
    health = HealthMonitor(HealthConfig(dwell_checks=2), clock=Hands(), emit=heard)
    health.calibrate(data.target[known], model.predict_proba(data.data[known])[:, 1])
    alerts = AlertManager(
        AlertConfig(escalate_after=None),
        relations=Relations.fit(reference),
        clock=Hands(),
        emit=heard,
    )
    broken = [names.index(f"worst {name}") for name in ("radius", "perimeter", "area")]
    rng = np.random.default_rng(5)
    told, statuses = [], []
    for step in range(16):
        rows = rng.choice(live, 200, replace=False)
        values = data.data[rows].copy()
        if 5 <= step < 11:
            values[:, broken] *= 2.5
        now = START + step * HOUR
        found = importance.apply(monitor.check(pl.DataFrame(values, schema=names)))
        judged = health.assess(
            found, predictions=model.predict_proba(values)[:, 1], labels=data.target[rows], now=now
        )
        statuses.append(judged.status)
        fired = alerts.process(found, health=judged, now=now)
        told += [(step, alert) for alert in fired]
        if step == 7:
            assert {names[i] for i in broken} & {r.feature for r in judged.recommendations}
    assert [s for s, _ in told if s < 5] == []
    assert sorted({alert.kind for _, alert in told}) == ["drift", "health"]
    (cause,) = [alert for _, alert in told if alert.kind == "drift"]
    assert {names[i] for i in broken} == set(cause.features)
    assert [step for step, alert in told if alert.kind == "drift"] == [5]
    ill = [alert for _, alert in told if alert.kind == "health"]
    assert len({alert.id for alert in ill}) == 1, "one alert, told again when it gets worse"
    assert [alert.severity for alert in ill] == ["warning", "critical"]
    assert "Brier score" in ill[-1].why
    changes = [i for i in range(1, 16) if statuses[i] != statuses[i - 1]]
    assert statuses[4] == statuses[-1] == "healthy"
    assert "unhealthy" in statuses[5:11]
    assert len(changes) <= 3
    assert alerts.open == ()
    for kind, facts in heard.events:
        assert len(encode(new_event(kind, facts))) < MAX_EVENT_BYTES
        if kind.startswith("alert."):
            assert facts["execution_id"]
            assert facts["why"]


def test_quiet_windows_of_real_data_raise_nothing():
    """Chance would call somebody: the price of every detector that is too eager."""
    data = load_breast_cancer()
    names = [str(name) for name in data.feature_names]
    rng = np.random.default_rng(6)
    fired = 0
    for _ in range(40):
        order = rng.permutation(len(data.data))
        reference = pl.DataFrame(data.data[order[:300]], schema=names)
        found = Monitor.fit(reference, emit=Heard()).check(
            pl.DataFrame(data.data[order[300:]], schema=names)
        )
        fired += len(AlertManager(clock=Hands(), emit=Heard()).process(found))
    assert fired <= 2


def test_reports_from_several_threads_make_each_alert_once():
    """Two workers that share a manager would tell the same thing twice, or lose it."""
    alerts = AlertManager(AlertConfig(summary_above=1_000), clock=Hands(), emit=Heard())
    found = report(*(result(f"f{i}", 0.3) for i in range(30)))
    with ThreadPoolExecutor(8) as pool:
        fired = [a for part in pool.map(lambda _: alerts.process(found), range(40)) for a in part]
    assert len(fired) == len({a.id for a in fired}) == 30
    assert all(alert.times == 40 for alert in alerts.open)


def test_events_hold_what_is_learnt_from():
    """Later learning would not know which alert, check, feature or size an answer was about."""
    heard = Heard()
    alerts = AlertManager(clock=Hands(), emit=heard)
    (alert,) = alerts.process(report(result("income", 0.3), result("age"), run="run-9"))
    alerts.acknowledge(alert, by="ops", now=START + HOUR)
    alerts.mark_useful(alert, by="ops")
    alerts.mark_false(alert, reason="seasonal_pattern", by="ops", lasts=timedelta(days=30))
    kinds = [kind for kind, _ in heard.events]
    assert kinds == [
        "alert.created",
        "alert.acknowledged",
        "alert.usefulness",
        "drift.false_positive",
    ]
    for _, facts in heard.events:
        assert facts["alert_id"] == alert.id
        assert facts["execution_id"] == "run-9"
        assert facts["features"][0]["effects"] == {"distribution": 0.3}
        assert facts["at"].endswith("Z")
    assert heard.of("drift.false_positive")[0]["reason"] == "seasonal_pattern"
    assert heard.of("alert.usefulness")[0]["useful"] is True
    json.dumps([facts for _, facts in heard.events], allow_nan=False)
