"""The types of events: what is refused, and the schema that other programs read."""

import json

import pytest

from poet.errors import EventError
from poet.events import new_event
from poet.events.types import TYPES, check_payload, schema

NAMES = [
    "function.execution", "function.feedback", "function.update", "enhancement.requested",
    "enhancement.completed", "drift.detected", "drift.validation", "drift.false_positive",
    "drift.detection_delay", "drift.noise_issue", "drift.business_impact_measured",
    "model.retrained", "model.health_assessed", "feature.discovery", "feature.drift_impact",
    "feature.interaction_discovered", "business.metric_degradation", "alert.created",
    "alert.acknowledged", "alert.response", "alert.usefulness", "alert.batch_dismissed",
    "threshold.adjustment", "config.changed", "window_size.impact_measured", "error.occurred",
    "error.recovery", "data.quality_issue", "monitoring.cost", "monitoring.value_delivered",
    "monitoring.performance", "resource.optimization_needed", "execution.cost_measured",
]  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
def test_each_type_has_its_schema(name):
    """Another program could not know what an event of that type holds."""
    found = schema(name)
    assert found["properties"]["type"] == {"const": name}
    assert found["properties"]["payload"]["description"] == TYPES[name].doc
    assert json.loads(json.dumps(found)) == found


def test_the_schema_of_all_names_all():
    """A consumer of the whole log would have to ask type by type."""
    found = schema()
    assert set(NAMES) <= set(found["$defs"])
    assert len(found["allOf"]) == len(found["$defs"])
    whole = new_event("function.execution", {})._asdict()
    assert set(found["required"]) == set(whole)


@pytest.mark.parametrize(
    ("name", "payload", "field"),
    [
        ("function.feedback", {"kind": "user"}, "source"),
        ("feature.drift_impact", {"feature": "age", "impact": 1.5}, "payload.impact"),
        ("feature.drift_impact", {"feature": "age", "impact": True}, "payload.impact"),
        ("drift.detection_delay", {"seconds": float("inf")}, "payload.seconds"),
        ("drift.validation", {"was_real_drift": "no"}, "payload.was_real_drift"),
        ("alert.batch_dismissed", {"alert_ids": "all"}, "payload.alert_ids"),
        ("config.changed", {"before": 1}, "name"),
        ("window_size.impact_measured", {"name": "w", "impact": []}, "payload.impact"),
        ("function.feedback", {"kind": "user", "source": "a", "suggestions": [1]}, "suggestions"),
        ("drift.detected", {"rows_current": -1}, "payload.rows_current"),
    ],
)
def test_a_wrong_field_is_named(name, payload, field):
    """Learning would work on what is not what it says, or the sender could not find the mistake."""
    with pytest.raises(EventError, match=field):
        check_payload(name, payload)


def test_what_is_more_or_unknown_passes():
    """A plugin's own types, and later fields, would be refused."""
    check_payload("my.own", {"anything": [None]})
    check_payload("config.changed", {"name": "w", "ticket": "A-1", "before": None})
    with pytest.raises(EventError, match="known: alert"):
        schema("my.own")
