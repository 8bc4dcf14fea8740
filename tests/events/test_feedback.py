"""Feedback: what is refused, and what is stored of what is not."""

import os
from datetime import UTC, datetime

import pytest

from poet import events, feedback
from poet.errors import EventStoreError, FeedbackError, PoetWarning


def said(home):
    return [e.payload for e in events.read(home) if e.type == "function.feedback"]


def test_all_that_can_be_said(tmp_path):
    """A field that a reviewer filled in would be lost."""
    feedback(
        "x1", kind="performance", source="ann", rating=2, comments="slow", metrics={"s": 4.0},
        suggestions=["need KL"], was_real_drift=False, reason="seasonal_pattern", home=tmp_path,
    )  # fmt: skip
    assert said(tmp_path) == [
        {
            "execution_id": "x1", "kind": "performance", "source": "ann", "rating": 2,
            "comments": "slow", "metrics": {"s": 4.0}, "suggestions": ["need KL"],
            "was_real_drift": False, "reason": "seasonal_pattern",
        }
    ]  # fmt: skip
    (event,) = events.read(tmp_path)
    assert event.correlation_id == "x1"


def test_about_an_alert_or_a_function_and_a_time(tmp_path):
    """Whoever has no execution id at hand could say nothing."""
    feedback(alert_id="a1", was_correct=True, home=tmp_path)
    moment = datetime(2026, 3, 1, 13, 0, tzinfo=UTC)
    feedback(function="f", at=moment, was_real_drift=True, suggestions="one", home=tmp_path)
    feedback(function="f", at="2026-03-01T14:00:00+01:00", was_real_drift=True, home=tmp_path)
    first, second, third = said(tmp_path)
    assert first["alert_id"] == "a1"
    assert second["at"] == third["at"] == "2026-03-01T13:00:00.000000Z"
    assert second["suggestions"] == ["one"]
    assert [e.correlation_id for e in events.read(tmp_path)] == ["a1", None, None]


@pytest.mark.parametrize(
    ("given", "text"),
    [
        ({}, "about nothing"),
        ({"execution_id": "x"}, "says nothing"),
        ({"execution_id": "x", "rating": 6}, "from 1 to 5"),
        ({"execution_id": "x", "rating": True}, "from 1 to 5"),
        ({"execution_id": "x", "kind": "usr", "rating": 1}, "did you mean 'user'"),
        ({"execution_id": "x", "was_real_drift": "no"}, "not True or False"),
        ({"execution_id": "x", "rating": 1, "at": "yesterday"}, "is not a time"),
        ({"execution_id": "x", "rating": 1, "at": "2026-03-01"}, "no time zone"),
        ({"execution_id": "x", "rating": 1, "source": "a\nb"}, "one short line"),
    ],
)
def test_wrong_feedback_is_refused(tmp_path, given, text):
    """A slip of the pen would become a label."""
    with pytest.raises(FeedbackError, match=text):
        feedback(**given, home=tmp_path)
    assert said(tmp_path) == []


@pytest.mark.skipif(os.geteuid() == 0, reason="root writes anywhere")
def test_feedback_is_not_lost_silently(tmp_path):
    """A reviewer would believe to have been heard."""
    home = tmp_path / "home"
    home.mkdir(mode=0o555)
    with pytest.warns(PoetWarning), pytest.raises(EventStoreError, match="could not be stored"):
        feedback("x", rating=1, home=home)


def test_a_home_that_is_a_file_is_an_error(tmp_path):
    """A reviewer would believe to have been heard."""
    (tmp_path / "home").write_text("")
    with pytest.warns(PoetWarning), pytest.raises(EventStoreError, match="could not be stored"):
        feedback("x", rating=1, home=tmp_path / "home")
