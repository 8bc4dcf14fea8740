"""Health from reports, real models' predictions, late labels and the system."""

from __future__ import annotations

import json
from datetime import timedelta

import numpy as np
import polars as pl
import pytest
from mon_judge_helpers import HOUR, START, Hands, Heard, problem, report, result
from sklearn.datasets import load_breast_cancer, load_diabetes, load_digits, load_wine
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.metrics import brier_score_loss, log_loss, mean_absolute_error
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from poet.errors import ConfigError, StatsInputError
from poet_domain_ml_monitoring import HealthConfig, HealthMonitor, Importance, Limit, Monitor

QUIET = report(*(result(f"f{i}") for i in range(10)))


def health(config=None, **more):
    return HealthMonitor(config, **({"clock": Hands(), "emit": Heard()} | more))


def halves(data, seed=0):
    order = np.random.default_rng(seed).permutation(len(data.data))
    return np.array_split(order, 3)


def cancer():
    """A fitted classifier, and its rows for calibration and for production."""
    data = load_breast_cancer()
    fit, calibrate, live = halves(data)
    model = make_pipeline(StandardScaler(), LogisticRegression(max_iter=1_000))
    model.fit(data.data[fit], data.target[fit])
    return model, data, calibrate, live


def test_a_quiet_model_is_healthy():
    """A person would be called for a model in perfect health."""
    monitor = health()
    found = monitor.assess(QUIET, system={"error_rate": 0.001})
    assert (found.status, found.score, found.recommendations) == ("healthy", 1.0, ())
    assert found.previous == "unknown"
    assert found.since == START
    assert found["prediction_quality"].score is None
    assert found["feature_stability"].score == 1
    assert found.execution_id == "run-1"
    (event,) = monitor._emit.of("model.health_assessed")
    assert event["status"] == "healthy"
    assert event["components"]["data_quality"] == 1
    json.dumps(event, allow_nan=False)
    assert json.loads(json.dumps(found.to_dict()))["score"] == 1.0


def test_importance_decides_what_a_drift_means():
    """A drift in a useless feature would degrade the model, or one in the best would not."""
    drifted = report(result("best", 0.3), *(result(f"f{i}") for i in range(9)))
    heavy = Importance.given({"best": 9.0}).apply(drifted)
    light = Importance.given({"best": 0.0}).apply(drifted)
    assert health().assess(heavy).status == "unhealthy"
    calm = health().assess(light)
    assert calm.status == "healthy"
    assert calm.features_drifted == ("best",)
    assert calm["feature_stability"].detail.startswith("1 of 10 features drifted")


def test_data_and_distribution_are_judged_apart():
    """Missing values would count twice, or as drift that asks for retraining."""
    lost = report(
        result("a", 0.3, check="missing", missing=300, n=700), *(result(f"f{i}") for i in range(9))
    )
    found = health().assess(lost)
    assert found["feature_stability"].score == 1
    assert found["data_quality"].score < 0.8
    (advice,) = found.recommendations
    assert (advice.kind, advice.feature) == ("check_source", "a")
    assert "300 of 1,000 values are missing (30.0%), before 0.0%" in advice.evidence
    assert "feed" in advice.action
    assert advice.numbers["missing"] == 300


def test_broken_columns_are_named_with_what_to_do():
    """A person would know that data are broken, not which and how to mend them."""
    found = health().assess(report(
        *(result(f"f{i}") for i in range(4)), result("obj", status="error", reason="nested lists"),
        problems=[problem("missing_feature", "gone", "gone is not in the data"),
                  problem("renamed_feature", "city", "city is now town", other="town"),
                  problem("new_feature", "extra", "extra is new")],
    ))  # fmt: skip
    assert found.status == "unhealthy"
    told = {r.feature: r for r in found.recommendations}
    assert set(told) == {"gone", "city", "extra", "obj"}
    assert "Rename town back to city" in told["city"].action
    assert "nested lists" in told["obj"].evidence
    assert told["extra"].priority < told["gone"].priority
    assert found["data_quality"].numbers["broken"] == 3


def test_nothing_known_is_not_healthy():
    """Too little data would look like a model in good health, or close an incident."""
    small = report(result("a", status="insufficient_data"))
    monitor = health(HealthConfig(weights={"feature_stability": 1.0}))
    first = monitor.assess(small)
    assert (first.status, first.score) == ("unknown", None)
    monitor.assess(report(result("a", 0.6)))
    for _ in range(10):
        later = monitor.assess(small)
    assert later.status == "unhealthy"
    assert "stays unhealthy" in later.reason
    safe = health(HealthConfig(weights={"feature_stability": 1.0})).assess(
        report(result("a"), safe_mode=True)
    )
    assert safe.score is None


def test_good_components_do_not_hide_one_that_failed():
    """Nine good signs would outvote a service that answers nothing."""
    found = health().assess(QUIET, system={"error_rate": 0.5})
    assert found.score == 0.5
    assert found.status == "unhealthy"
    assert found.worst.name == "system_performance"
    assert "error_rate is 0.5" in found.reason
    assert [r.feature for r in found.recommendations] == ["error_rate"]


def test_the_system_is_judged_by_its_limits_either_way():
    """Throughput that falls, or a misspelt measure, would count as good."""
    limits = {"latency_ms": Limit(100, 500), "rows_per_second": Limit(1_000, 100)}
    monitor = health(HealthConfig(limits=limits))
    found = monitor.assess(QUIET, system={"latency_ms": 200, "rows_per_second": 100})
    assert found["system_performance"].score == 0
    assert "rows_per_second is 100; good from 1000, bad down to 100" in found.reason
    told = {r.feature: r.priority for r in found.recommendations}
    assert told["rows_per_second"] > told["latency_ms"]
    with pytest.raises(ConfigError, match="did you mean 'latency_ms'"):
        monitor.assess(QUIET, system={"latency": 200})
    with pytest.raises(StatsInputError, match="latency_ms is nan"):
        monitor.assess(QUIET, system={"latency_ms": float("nan")})


def test_probabilities_are_scored_as_scikit_learn_does():
    """The reference would be another score than the one in its name."""
    model, data, calibrate, _ = cancer()
    chance = model.predict_proba(data.data[calibrate])[:, 1]
    truth = data.target[calibrate]
    for metric, expected in (
        ("auto", 2 * brier_score_loss(truth, chance)), ("log_loss", log_loss(truth, chance)),
    ):  # fmt: skip
        monitor = health(HealthConfig(metric=metric))
        monitor.calibrate(truth, chance)
        found = monitor.assess(QUIET, labels=truth, predictions=chance)
        assert found["prediction_quality"].numbers["loss"] == pytest.approx(expected, rel=1e-6)
        assert found["prediction_quality"].score == 1


def test_a_model_that_is_still_good_is_not_called_bad():
    """Chance in a small window would make a model look worse."""
    model, data, calibrate, live = cancer()
    monitor = health()
    monitor.calibrate(data.target[calibrate], model.predict_proba(data.data[calibrate])[:, 1])
    rng = np.random.default_rng(1)
    for _ in range(20):
        rows = rng.choice(live, 60)
        found = monitor.assess(
            QUIET, labels=data.target[rows], predictions=model.predict_proba(data.data[rows])[:, 1]
        )
        assert found.status == "healthy"


def test_a_broken_feature_shows_in_quality_and_names_it():
    """A model that guesses would stay healthy, or the advice not say what to retrain on."""
    model, data, calibrate, live = cancer()
    names = [str(n) for n in data.feature_names]
    importance = Importance.from_model(model, names)
    reference = pl.DataFrame(data.data[calibrate], schema=names)
    broken = data.data[live].copy()
    best = max(importance.weights, key=importance.weights.get)
    broken[:, names.index(best)] *= 5
    found = Monitor.fit(reference, emit=Heard()).check(pl.DataFrame(broken, schema=names))
    found = importance.apply(found)
    monitor = health()
    monitor.calibrate(data.target[calibrate], model.predict_proba(data.data[calibrate])[:, 1])
    chance = model.predict_proba(broken)[:, 1]
    judged = monitor.assess(
        found, labels=data.target[live], predictions=chance,
        reference_predictions=model.predict_proba(data.data[calibrate])[:, 1],
    )  # fmt: skip
    assert judged.status == "unhealthy"
    assert best in judged.features_drifted
    assert judged["prediction_drift"].score < 1
    advice = next(r for r in judged.recommendations if r.kind == "retrain")
    assert judged.needs_retraining
    assert advice.feature == best
    assert "Brier score" in advice.evidence
    assert best in advice.evidence
    assert f"{len(live)} labels" in advice.evidence
    assert str(advice).endswith(advice.action)


def test_regressions_are_scored_by_their_error_and_one_outlier_is_not_enough():
    """One absurd label would condemn the model, or hide that it fails."""
    data = load_diabetes()
    fit, calibrate, live = halves(data)
    model = LinearRegression().fit(data.data[fit], data.target[fit])
    told = model.predict(data.data[calibrate])
    monitor = health()
    monitor.calibrate(data.target[calibrate], told)
    truth = data.target[live].copy()
    truth[0] = 1e7
    predictions = model.predict(data.data[live])
    found = monitor.assess(QUIET, labels=truth, predictions=predictions)
    assert found.status == "healthy"
    assert "within what chance gives" in found["prediction_quality"].detail
    numbers = found["prediction_quality"].numbers
    assert numbers["loss_reference"] == pytest.approx(
        mean_absolute_error(data.target[calibrate], told)
    )
    off = monitor.assess(QUIET, labels=data.target[live], predictions=predictions + 80)
    assert off["prediction_quality"].score == 0


@pytest.mark.parametrize("kind", ["classes", "probabilities"])
def test_many_classes_by_name(kind):
    """Classes that are words, the usual thing, would be refused."""
    data = load_wine()
    words = np.array(["red", "rosé", "white"])[data.target]
    fit, calibrate, live = halves(data)
    model = make_pipeline(StandardScaler(), LogisticRegression()).fit(data.data[fit], words[fit])
    predict = model.predict if kind == "classes" else model.predict_proba
    monitor = health()
    monitor.calibrate(words[calibrate], predict(data.data[calibrate]))
    good = monitor.assess(QUIET, labels=words[live].tolist(), predictions=predict(data.data[live]))
    assert good["prediction_quality"].score == 1
    wrong = monitor.assess(QUIET, labels=words[live][::-1], predictions=predict(data.data[live]))
    assert wrong["prediction_quality"].score < 0.6


def test_labels_that_come_later_and_in_parts_are_counted_once():
    """A label of next week would be lost, or one told twice count twice."""
    model, data, calibrate, live = cancer()
    monitor = health(HealthConfig(min_labels=40))
    monitor.calibrate(data.target[calibrate], model.predict_proba(data.data[calibrate])[:, 1])
    wrong = 1 - model.predict_proba(data.data[live])[:, 1]
    first = monitor.assess(report(result("f"), run="monday"), predictions=wrong)
    assert first["prediction_quality"].score is None
    assert "0 recent labels" in first["prediction_quality"].detail
    truth = data.target[live].tolist()
    part = {row: truth[row] for row in range(30)}
    assert monitor.label("monday", part) == 30
    assert monitor.label("monday", part) == 30
    later = report(result("f"), run="tuesday")
    assert monitor.assess(later, now=START + HOUR)["prediction_quality"].score is None
    assert (
        monitor.label("monday", [None] * 30 + truth[30:50] + [float("nan")] * (len(truth) - 50))
        == 50
    )
    found = monitor.assess(later, now=START + HOUR)
    assert found["prediction_quality"].numbers["labels"] == 50
    assert found["prediction_quality"].score == 0
    assert found.status == "unhealthy"
    assert monitor.label("monday", truth) == len(truth)
    assert monitor.label("monday", truth) == len(truth)
    old = monitor.assess(later, now=START + timedelta(days=8))
    assert old["prediction_quality"].score is None, "last week's labels say nothing of today"


def test_labels_that_do_not_fit_are_refused_and_nothing_is_lost():
    """A wrong file of labels would replace the right ones, or end the watch."""
    monitor = health(HealthConfig(min_labels=2))
    rng = np.random.default_rng(0)
    truth = rng.integers(0, 2, 50)
    monitor.calibrate(truth, np.clip(truth * 0.8 + 0.1, 0, 1))
    monitor.assess(report(result("f"), run="r1"), predictions=[0.9, 0.1, 0.8])
    before = monitor.to_dict()
    for execution, labels, message in (
        ("r1", [1, 0], "2 labels for 3 predictions"), ("r1", {7: 1}, "no row 7"),
        ("r1", [1, 0, "yes"], "'yes' is none of the classes"), ("r2", [1], "did you mean 'r1'"),
    ):  # fmt: skip
        with pytest.raises(StatsInputError, match=message):
            monitor.label(execution, labels)
    with pytest.raises(StatsInputError, match="labels without predictions"):
        monitor.assess(QUIET, labels=[1, 0])
    with pytest.raises(StatsInputError, match="2 labels for 3 predictions"):
        monitor.assess(QUIET, labels=[1, 0], predictions=[0.1, 0.2, 0.3])
    assert monitor.to_dict() == before
    with pytest.raises(StatsInputError, match="2 labels of at least 30"):
        health().calibrate([1, 0], [0.9, 0.2])
    with pytest.raises(StatsInputError, match="there are no labels"):
        health().calibrate([None], [0.9])
    with pytest.raises(StatsInputError, match="outside 0 to 1"):
        health(HealthConfig(metric="brier", min_labels=1)).calibrate([1, 0], [1.5, 0.2])


def test_predictions_that_are_missing_count_as_the_worst():
    """A model that answers NaN would look better than one that answers."""
    monitor = health(HealthConfig(min_labels=10))
    truth = np.arange(100.0)
    monitor.calibrate(truth, truth + np.where(np.arange(100) % 2, 1.0, -1.0))
    gone = truth.copy()
    gone[:60] = np.nan
    gone[60:] += 5
    found = monitor.assess(QUIET, labels=truth, predictions=gone)
    assert found["prediction_quality"].numbers["loss"] == pytest.approx(5)


def test_waiting_predictions_are_limited():
    """A service without labels would fill the memory and the state."""
    monitor = health(HealthConfig(keep_windows=5, keep_rows=1_000))
    for n in range(20):
        monitor.assess(report(result("f"), run=f"r{n}"), predictions=np.zeros(300))
    kept = monitor.to_dict()["waiting"]
    assert [window[0] for window in kept["windows"]] == ["r17", "r18", "r19"]
    assert kept["let_go"] == 17


def test_predictions_that_move_alone_point_to_the_pipeline():
    """A wrong model release would be looked for in the features."""
    rng = np.random.default_rng(0)
    found = health().assess(
        QUIET, predictions=rng.normal(0.6, 1, 3_000), reference_predictions=rng.normal(0, 1, 3_000)
    )
    assert found["prediction_drift"].score < 0.6
    advice = next(r for r in found.recommendations if r.feature == "prediction")
    assert advice.kind == "check_pipeline"
    assert "no feature drifted" in advice.evidence
    same = health().assess(
        QUIET, predictions=rng.normal(0, 1, 3_000), reference_predictions=rng.normal(0, 1, 3_000)
    )
    assert same["prediction_drift"].score == 1


def test_predictions_may_be_classes_rows_of_chances_or_features_of_the_report():
    """A classifier's output could not be watched."""
    data = load_digits()
    model = LogisticRegression(max_iter=50, tol=1e-2)
    model.fit(data.data / 16, data.target)
    reference = model.predict_proba(data.data / 16)
    sevens = data.target >= 6
    found = health().assess(
        QUIET, predictions=reference[sevens], reference_predictions=reference[~sevens]
    )
    assert found["prediction_drift"].score < 0.5
    words = np.array([f"n{d}" for d in data.target])
    fitted = Monitor.fit({"prediction": words.tolist()}, emit=Heard())
    moved = health().assess(QUIET, predictions=words[sevens].tolist(), reference_predictions=fitted)
    assert moved["prediction_drift"].score < 0.5
    own = report(result("chance", 0.4), result("f"))
    inside = health(HealthConfig(predictions=("chance",))).assess(own)
    assert inside["prediction_drift"].score < 0.5
    assert inside["feature_stability"].score == 1


def test_the_status_dwells_over_assessments():
    """One good window would close an incident, one slightly bad one open it."""
    bad = report(result("a", 0.6), result("b"))
    monitor = health(HealthConfig(dwell_checks=2))
    told = [monitor.assess(found) for found in (QUIET, bad, QUIET, QUIET)]
    assert [h.status for h in told] == ["healthy", "unhealthy", "unhealthy", "healthy"]
    assert [h.changed for h in told] == [True, True, False, True]
    assert told[3].previous == "unhealthy"
    assert "It was unhealthy before" in told[3].reason


def test_a_restart_changes_nothing_and_the_same_state_is_the_same_bytes(tmp_path):
    """A deployment would forget labels to come, or how long an incident has lasted."""
    rng = np.random.default_rng(0)
    truth = rng.integers(0, 2, 100)
    whole, path, again = health(), tmp_path / "health.json", tmp_path / "again.json"
    whole.calibrate(truth, np.clip(truth * 0.6 + 0.2 + rng.normal(0, 0.1, 100), 0, 1))
    whole.save(path)
    for n in range(12):
        restarted = HealthMonitor.load(path, clock=Hands(), emit=Heard())
        found = report(result("a", 0.6 if n in (3, 4) else 0.0), result("b"), run=f"r{n}")
        chance = rng.uniform(size=100)
        expected = [
            m.assess(found, predictions=chance, now=START + n * HOUR) for m in (whole, restarted)
        ]
        assert expected[0] == expected[1]
        for one in (whole, restarted):
            one.label(f"r{n // 2}", {i: int(truth[i]) for i in range(n * 5)})
        whole.save(path)
        restarted.save(again)
        assert path.read_bytes() == again.read_bytes()
    with pytest.raises(StatsInputError, match="damaged"):
        HealthMonitor.from_dict({"gate": {}})
    path.write_bytes(path.read_bytes()[:-40])
    with pytest.raises(StatsInputError, match="not a whole JSON file"):
        HealthMonitor.load(path)


def test_a_model_no_better_than_a_guess_can_still_fall():
    """A weak model would divide by zero, or never be called worse."""
    rng = np.random.default_rng(0)
    truth = rng.normal(size=200)
    monitor = health()
    monitor.calibrate(truth, rng.normal(size=200))
    same = monitor.assess(QUIET, labels=truth, predictions=rng.normal(size=200))
    assert same["prediction_quality"].score > 0.9
    worse = monitor.assess(QUIET, labels=truth, predictions=rng.normal(9, 1, size=200))
    assert worse["prediction_quality"].score == 0


def test_bad_settings_are_refused():
    """A typing error would weigh a component that does not exist."""
    for wrong, message in (
        ({"weights": {"prediction_qualty": 1.0}}, "did you mean 'prediction_quality'"),
        ({"weights": {"data_quality": 0.0}}, "no component has a weight"),
        ({"weights": {"data_quality": -1.0}}, "weight of data_quality"),
        ({"degraded_below": 0.5}, "unhealthy_below is 0.55"),
        ({"recovery_margin": 0.3}, "recovery_margin"), ({"metric": "brierr"}, "did you mean 'brier'"),
        ({"limits": {"a": Limit(1, 1)}}, "limit of a"), ({"dwell_checks": 0}, "dwell_checks"),
        ({"confidence": 1.0}, "confidence"), ({"label_age": timedelta(0)}, "label_age"),
    ):  # fmt: skip
        with pytest.raises(ConfigError, match=message):
            HealthConfig(**wrong)
