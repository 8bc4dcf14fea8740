"""What people do about alerts, what runs cost and what they were worth."""

import pytest
from capture_helpers import told

from poet import events
from poet.capture import (
    alert_response,
    business_impact,
    dismiss_alerts,
    feature_impact,
    record_cost,
    record_value,
)
from poet.errors import EventError, FeedbackError


def alert(home, name, features, at="2026-03-02T03:10:00Z", severity="warning"):
    payload = {
        "alert_id": name, "execution_id": f"x-{name}", "severity": severity, "kind": "data",
        "features": [{"feature": f} for f in features], "at": at,
    }  # fmt: skip
    events.emit("alert.created", payload, home=home)


def test_a_response_is_told_with_its_execution(tmp_path):
    """What people did about an alert could not be traced to the call that raised it."""
    alert(tmp_path, "a1", ["price"])
    alert_response("a1", "acknowledged", seconds=90, useful=False, source="ann", home=tmp_path)
    (response,) = told(tmp_path, "alert.response")
    assert response == {
        "alert_id": "a1", "execution_id": "x-a1", "response": "acknowledged", "seconds": 90.0,
        "source": "ann",
    }  # fmt: skip
    assert told(tmp_path, "alert.acknowledged")[0]["execution_id"] == "x-a1"
    assert told(tmp_path, "alert.usefulness")[0]["useful"] is False
    alert_response("unknown", "ignored", home=tmp_path)
    with pytest.raises(FeedbackError, match="ignored"):
        alert_response("a1", "ignore", home=tmp_path)


def test_what_dismissed_alerts_share(tmp_path):
    """A hundred alerts at three in the morning would be dismissed a hundred times."""
    for n in range(5):
        alert(tmp_path, f"n{n}", ["price", f"f{n}"], at=f"2026-03-0{n + 2}T03:1{n}:00Z")
    shared = dismiss_alerts([f"n{n}" for n in range(5)], "known_event", home=tmp_path)
    assert {(s.what, s.value, s.of, s.total) for s in shared} == {
        ("feature", "price", 5, 5), ("severity", "warning", 5, 5), ("kind", "data", 5, 5),
        ("hour", "03", 5, 5),
    }  # fmt: skip
    (event,) = told(tmp_path, "alert.batch_dismissed")
    assert event["alert_ids"] == ["n0", "n1", "n2", "n3", "n4"]
    assert len(event["patterns"]) == len(shared)
    with pytest.raises(FeedbackError, match="no alerts"):
        dismiss_alerts([], "noise", home=tmp_path)
    with pytest.raises(FeedbackError, match="no reason"):
        dismiss_alerts(["n1"], " ", home=tmp_path)
    assert dismiss_alerts(["gone"], "noise", home=tmp_path) == ()


def test_costs_and_worth(tmp_path):
    """Nothing could say whether monitoring pays."""
    record_cost("x1", usd=0.02, seconds=3, home=tmp_path)
    record_cost(function="f", usd=12, period_days=30, home=tmp_path)
    record_value("f", 250.0, "a wrong price was caught", home=tmp_path)
    business_impact("revenue", 100, 90, execution_id="x1", usd=-1000, home=tmp_path)
    feature_impact("price", 0.4, severity=0.8, home=tmp_path)
    assert told(tmp_path, "execution.cost_measured")[0]["usd"] == 0.02
    assert told(tmp_path, "monitoring.cost")[0]["period_days"] == 30.0
    assert told(tmp_path, "monitoring.value_delivered")[0]["usd"] == 250.0
    assert told(tmp_path, "drift.business_impact_measured")[0]["after"] == 90.0
    assert told(tmp_path, "feature.drift_impact")[0]["impact"] == 0.4


@pytest.mark.parametrize(
    "wrong",
    [
        lambda home: record_cost(usd=1, home=home),
        lambda home: record_cost("x", home=home),
        lambda home: record_cost("x", usd=-1, home=home),
        lambda home: record_value("f", float("nan"), "", home=home),
        lambda home: business_impact("m", 1, 2, home=home),
        lambda home: feature_impact("price", 4, home=home),
    ],
)
def test_wrong_figures_are_refused(wrong, tmp_path):
    """A figure in another unit, or about nothing, would become evidence."""
    with pytest.raises((FeedbackError, EventError)):
        wrong(tmp_path)
    assert list(tmp_path.iterdir()) == []
