"""Watching a user's function: what it brings about says whether an alarm was right."""

import asyncio
import time

import pytest
from capture_helpers import DAY, execute, told

import poet
from poet.errors import ConfigError, PoetWarning


@pytest.mark.parametrize(
    ("before", "after", "real"), [(0.70, 0.85, True), (0.85, 0.852, False), (0.85, 0.70, None)]
)
def test_a_retraining_says_whether_the_drift_was_real(tmp_path, before, after, real):
    """Nobody would have to review an alarm by hand, and yet nothing would be learnt of it."""
    execute(tmp_path, "quiet", alarm=False)
    execute(tmp_path, "alarm", alarm=True)
    execute(tmp_path, "later", alarm=False)

    @poet.watches("model_retrain", function="detect_drift", home=tmp_path)
    def retrain(rows):
        return {"before": before, "after": after, "rows": rows}

    assert retrain(rows=3)["rows"] == 3
    (validation,) = told(tmp_path, "drift.validation")
    assert validation.get("was_real_drift") is real
    assert validation["execution_id"] == "alarm"
    assert validation["source"] == "watch:retrain"
    (model,) = told(tmp_path, "model.retrained")
    assert model["gain"] == pytest.approx(after - before)


def test_the_score_is_taken_on_both_sides(tmp_path):
    """A function that returns only its model could not be watched; a lower error would be a loss."""
    quality = [0.30]

    @poet.watches(
        "model_retrain", score=lambda: quality[0], higher_is_better=False, least=0.05, home=tmp_path
    )
    async def retrain():
        quality[0] = 0.10
        return "model"

    assert asyncio.run(retrain()) == "model"
    (validation,) = told(tmp_path, "drift.validation")
    assert validation["was_real_drift"] is True
    assert (validation["before"], validation["after"]) == (0.30, 0.10)


def test_an_alarm_of_long_ago_is_not_meant(tmp_path):
    """A retraining would vouch for an alarm of last year."""
    execute(tmp_path, "old", alarm=True, at=time.time() - 30 * DAY)

    @poet.watches("model_retrain", function="detect_drift", home=tmp_path)
    def retrain():
        return {"before": 0.1, "after": 0.9}

    retrain()
    assert "execution_id" not in told(tmp_path, "drift.validation")[0]


def test_what_is_watched_never_fails_for_it(tmp_path):
    """Telemetry would stop a training that took a night."""

    def score():
        raise RuntimeError("no data")

    @poet.watches("model_retrain", score=score, home=tmp_path)
    def retrain():
        return 7

    with pytest.warns(PoetWarning, match="no data"):
        assert retrain() == 7

    @poet.watches("model_retrain", home=tmp_path)
    def fails():
        raise ValueError("mine")

    with pytest.raises(ValueError, match="mine"):
        fails()
    assert told(tmp_path, "drift.validation") == []


def test_a_figure_that_falls_is_told(tmp_path):
    """Damage that no alarm announced would leave no trace: that is missed drift."""
    figures = iter([100.0, 101.0, 99.0, 100.0, 80.0])

    @poet.watches("business_metric", function="detect_drift", least=0.1, home=tmp_path)
    def revenue():
        return next(figures)

    for _ in range(5):
        revenue()
    (fall,) = told(tmp_path, "business.metric_degradation")
    assert (fall["before"], fall["after"], fall["alerted"]) == (100.0, 80.0, False)


def test_an_unknown_thing_to_watch_is_named():
    """A misspelt name would watch nothing, silently."""
    with pytest.raises(ConfigError, match="model_retrain"):
        poet.watches("model_retain")
