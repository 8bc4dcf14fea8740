"""Strange rows are found at the stated rate of false alarms, whatever the data look like."""

from __future__ import annotations

import json
import subprocess
import sys

import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from sklearn.datasets import load_breast_cancer, load_digits
from sklearn.metrics import roc_auc_score

from poet.errors import ConfigError, StatsInputError
from poet_domain_ml_monitoring import AnomalyDetector
from poet_domain_ml_monitoring.anomalies import _models
from poet_domain_ml_monitoring.anomalies._calibrate import Calibration, excess_p_value
from poet_domain_ml_monitoring.anomalies._scales import CategoryScale, NumberScale

SHAPES = {
    "normal": lambda rng, n: rng.normal(size=n),
    "lognormal": lambda rng, n: rng.lognormal(sigma=1.5, size=n),
    "cauchy": lambda rng, n: rng.standard_cauchy(n),
    "mostly zero": lambda rng, n: np.where(rng.random(n) < 0.9, 0.0, rng.exponential(5, n)),
    "counts": lambda rng, n: rng.poisson(2, n).astype(float),
}


def framed(matrix):
    return pl.DataFrame({f"f{i}": matrix[:, i] for i in range(matrix.shape[1])})


class Arrow:
    """A table of another library: all that is known of it is the Arrow interface."""

    def __init__(self, frame):
        self._frame = frame

    def __arrow_c_stream__(self, requested_schema=None):
        return self._frame.__arrow_c_stream__(requested_schema)


def flags(report):
    found = np.zeros(len(report.scores), dtype=bool)
    found[report.rows] = True
    return found


@pytest.mark.parametrize("method", ["point", "isolation_forest", "local_outlier_factor"])
def test_the_stated_rate_of_false_alarms_holds_on_every_shape(method):
    """Heavy tails or zeros would make one long alarm, or none at all."""
    rates = []
    for seed in range(2):
        rng = np.random.default_rng(seed)
        rows = np.column_stack([shape(rng, 6_000) for shape in SHAPES.values()])
        # Held-out rows of a reference below 4,000 rows are used in turns, of a larger one by half.
        detector = AnomalyDetector.fit(
            framed(rows[: 1_500 + 3_000 * (seed % 2)]),
            method=method,
            false_alarm_rate=0.05,
            seed=seed,
        )
        report = detector.check(framed(rows[4_500:]))
        rates.append(report.share)
        assert report.excess_p_value > 1e-3
    assert 0.03 < np.mean(rates) < 0.07


def test_a_wild_value_is_found_among_many_features():
    """One impossible reading in sixty good ones would drown in the distance of the others."""
    rng = np.random.default_rng(1)
    rows = rng.normal(size=(1_500, 60))
    current = rng.normal(size=(200, 60))
    current[17, 42] = 14.0
    report = AnomalyDetector.fit(framed(rows)).check(framed(current))
    assert report.rows[0] == 17
    assert report.features[0][0].feature == "f42"
    assert "f42 = 14 (+" in report.why(0)


def test_an_unusual_combination_of_usual_values_is_found():
    """A person of 12 years with four children is two usual numbers."""
    rng = np.random.default_rng(2)
    size = rng.normal(50, 5, 500)
    frame = pl.DataFrame({"size": size, "price": 3 * size + rng.normal(0, 1, 500)})
    current = pl.DataFrame({"size": [50.0, 55.0, 45.0], "price": [150.0, 140.0, 135.0]})
    detector = AnomalyDetector.fit(frame)
    assert detector.method == "robust_covariance"
    assert detector.check(current).rows.tolist() == [1]
    assert AnomalyDetector.fit(frame, method="point").check(current).rows.tolist() == []


def test_the_method_is_chosen_by_the_data_and_says_why():
    """A single ellipsoid looked at by neighbours, or a moon by an ellipsoid, finds less."""
    rng = np.random.default_rng(3)
    angle = rng.uniform(0, np.pi, 1_000)
    moon = np.column_stack([np.cos(angle), np.sin(angle)]) + rng.normal(0, 0.03, (1_000, 2))
    detector = AnomalyDetector.fit(framed(moon))
    assert (detector.method, "1,000 rows" in detector.reason) == ("local_outlier_factor", True)
    assert 0 in detector.check(pl.DataFrame({"f0": [0.0], "f1": [0.2]})).rows
    single = AnomalyDetector.fit({"x": rng.normal(size=500)})
    assert (single.method, single.reason[:11]) == ("point", "one feature")
    bent = np.column_stack([angle := rng.uniform(0, np.pi, 45_000), np.sin(angle) ** 3])
    method, why = _models.choose(bent, 0)
    assert (method, "45,000 rows are too many" in why) == ("isolation_forest", True)


def test_without_scikit_learn_features_are_still_looked_at(monkeypatch):
    """A missing extra would turn the whole detector off, or fail with another library's words."""
    monkeypatch.setattr(_models, "has_sklearn", lambda: False)
    rng = np.random.default_rng(4)
    frame = framed(rng.normal(size=(500, 3)))
    detector = AnomalyDetector.fit(frame)
    assert (detector.method, "not installed" in detector.reason) == ("point", True)
    assert detector.check(
        {"f0": [0.0, 30.0], "f1": [0.0, 0.0], "f2": [0.1, 0.2]}
    ).rows.tolist() == [1]
    with pytest.raises(ConfigError, match=r"\[anomaly\]"):
        AnomalyDetector.fit(frame, method="isolation_forest")


@pytest.mark.parametrize(
    ("data", "odd", "auroc"), [(load_breast_cancer, 0, 0.92), (load_digits, 0, 0.93)]
)
def test_labelled_sets_are_told_apart(data, odd, auroc):
    """The scores would be calibrated, and mean nothing."""
    known, rng = data(), np.random.default_rng(5)
    usual = rng.permutation(known.data[known.target != odd])
    strange = known.data[known.target == odd]
    cut = int(0.6 * len(usual))
    current = np.vstack([usual[cut:], strange])
    labels = np.arange(len(current)) >= len(usual) - cut
    report = AnomalyDetector.fit(framed(usual[:cut])).check(framed(current))
    assert roc_auc_score(labels, report.scores) > auroc
    assert flags(report)[~labels].mean() < 0.03
    assert report.excess_p_value < 1e-6


def test_missing_infinite_and_constant_values_are_no_trouble():
    """One null, infinity or constant column would end the run or raise a false alarm."""
    rng = np.random.default_rng(6)
    reference = pl.DataFrame(
        {"x": rng.normal(size=1_000), "same": [7.0] * 1_000, "gone": pl.Series([None] * 1_000),
         "ids": [f"id {i}" for i in range(1_000)], "kind": rng.choice(["a", "b"], 1_000).tolist()}
    ).with_columns(pl.when(pl.col("x") > 2).then(None).otherwise(pl.col("x")).alias("x"))  # fmt: skip
    current = pl.DataFrame(
        {"x": [0.1, None, float("inf"), 0.2, None, 0.1], "same": [7.0, 7.0, 7.0, 7.1, None, 7.0],
         "gone": [1, 2, 3, 4, 5, 6], "kind": ["a", None, "a", "b", None, "never"]}
    )  # fmt: skip
    report = AnomalyDetector.fit(reference).check(current)
    assert sorted(report.rows.tolist()) == [2, 3, 5]
    assert report.unscored == 1
    assert np.isnan(report.scores[4])
    assert set(report.skipped) == {"gone", "ids"}
    assert report.features[report.rows.tolist().index(5)][0].feature == "kind"


def test_one_huge_reference_value_blinds_nothing():
    """A single stray 1e9 in the reference would stretch the unit until nothing is far."""
    rng = np.random.default_rng(7)
    for shape in ("normal", "mostly zero"):
        values = SHAPES[shape](rng, 2_000)
        values[5] = 1e9
        report = AnomalyDetector.fit({"x": values}).check({"x": [0.0, 200.0]})
        assert report.rows.tolist() == [1], shape


def test_frames_of_every_library_and_lazy_ones_give_the_same():
    """A pandas user would get other alarms than a Polars user."""
    rng = np.random.default_rng(8)
    frame = framed(rng.normal(size=(600, 3))).with_columns(
        k=pl.Series(rng.choice(["a", "b", "c"], 600).tolist())
    )
    pandas = pd.DataFrame(frame.to_dict(as_series=False))
    want = AnomalyDetector.fit(frame, method="point").check(frame).to_dict()
    for same in (pandas, frame.lazy(), Arrow(frame), frame.to_dict(as_series=False)):
        assert AnomalyDetector.fit(same, method="point").check(same).to_dict() == want


def test_the_same_input_gives_the_same_bytes_and_the_seed_matters():
    """A second look would give other alarms than the first."""
    rng = np.random.default_rng(9)
    rows, current = framed(rng.normal(size=(200, 4))), framed(rng.normal(size=(100, 4)) * 1.3)

    def said(seed):
        detector = AnomalyDetector.fit(
            rows, method="isolation_forest", false_alarm_rate=0.05, seed=seed
        )
        made = detector.check(current)
        return json.dumps(made.to_dict()) + made.to_frame().write_json()

    assert said(1) == said(1)
    assert said(1) != said(2)


def test_the_order_of_alarms_is_by_strangeness_and_the_frame_agrees():
    """The reader would begin with the least of them."""
    rng = np.random.default_rng(10)
    report = AnomalyDetector.fit({"x": rng.normal(size=500)}).check({"x": [9.0, 0.0, -30.0, 5.0]})
    assert report.rows.tolist() == [2, 0, 3]
    table = report.to_frame()
    assert table["row"].to_list() == [2, 0, 3]
    assert table["score"].is_sorted(descending=True)
    assert len(report) == 3
    assert report.share == 0.75


@pytest.mark.parametrize(
    ("options", "error", "text"),
    [
        ({"method": "isolation_forrest"}, ConfigError, "did you mean 'isolation_forest'"),
        ({"false_alarm_rate": 1.5}, ConfigError, "no rate"),
        ({"false_alarm_rate": 0.001}, StatsInputError, "999 held-out rows"),
        ({"reference": 3}, StatsInputError, "int is no frame"),
        ({"reference": {"a": [1], "b": [1, 2]}}, StatsInputError, "differ in length"),
        ({"reference": {"t": ["x", "y", "z"] * 0}}, StatsInputError, "cannot hold"),
        ({"reference": {"t": [f"{i}" for i in range(200)]}}, StatsInputError, "no feature"),
    ],
)
def test_what_cannot_be_done_is_refused_by_name(options, error, text):
    """A typo or too small a reference would silently never raise an alarm."""
    reference = options.pop("reference", {"x": list(np.arange(300.0))})
    with pytest.raises(error, match=text):
        AnomalyDetector.fit(reference, **options)


def test_a_window_of_other_columns_or_types_is_refused():
    """A window without any known feature would be called clean."""
    detector = AnomalyDetector.fit({"x": list(np.arange(300.0)), "y": list(np.arange(300.0))})
    with pytest.raises(StatsInputError, match="none of the reference's features"):
        detector.check({"z": [1.0]})
    with pytest.raises(StatsInputError, match="'x' was numbers"):
        detector.check({"x": ["one"], "y": [1.0]})
    assert detector.check({"x": [5.0]}).skipped == {"y": "not in the window"}


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.floats(allow_nan=True, allow_infinity=True), min_size=1, max_size=60),
    st.lists(st.floats(allow_nan=True, allow_infinity=True), min_size=1, max_size=20),
)
def test_deviations_are_finite_ordered_and_keep_missing_ones(reference, values):
    """A score of NaN or a larger value with a smaller deviation would order rows wrongly."""
    scale = NumberScale.fit(np.array(reference))
    values = np.sort(np.array(values))
    found = scale.deviations(values)
    assert np.array_equal(np.isnan(found), np.isnan(values))
    known = found[~np.isnan(found)]
    assert np.isfinite(known).all()
    assert (np.diff(known) >= 0).all()


@settings(max_examples=60, deadline=None)
@given(st.dictionaries(st.text(max_size=3), st.integers(1, 1000), min_size=1, max_size=8))
def test_rarer_categories_are_further_out_and_unseen_ones_furthest(counts):
    """A category never seen before would pass as common."""
    scale = CategoryScale.fit(counts)
    names = sorted(counts, key=counts.__getitem__, reverse=True)
    found = scale.deviations([*names, "never seen", None])
    assert (np.diff(found[:-1]) >= 0).all()
    assert found[0] == 0
    assert np.isnan(found[-1])


@settings(max_examples=60, deadline=None)
@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=50), st.floats(-2e6, 2e6))
def test_p_values_count_held_out_rows(held_out, score):
    """A p-value of 0, or one that takes a tie for lower, breaks the stated rate."""
    p = Calibration.of(np.array(held_out)).p_values(np.array([score]))[0]
    assert p == pytest.approx((1 + sum(x >= score for x in held_out)) / (1 + len(held_out)))


@settings(max_examples=40, deadline=None)
@given(st.integers(1, 400), st.integers(20, 2_000), st.sampled_from([0.01, 0.05, 0.2]), st.data())
def test_the_excess_is_the_tail_of_the_beta_binomial(rows, held_out, rate, data):
    """A binomial tail would call a small calibration's bad luck an excess of anomalies."""
    flagged = data.draw(st.integers(0, rows))
    a = int(np.floor(rate * (held_out + 1) + 1e-9))
    found = excess_p_value(flagged, rows, held_out, rate)
    if a == 0:
        assert found == (1.0 if flagged == 0 else 0.0)
    else:
        want = stats.betabinom.sf(flagged - 1, rows, a, held_out + 1 - a)
        assert found == pytest.approx(want, rel=1e-4, abs=1e-9)


def test_scikit_learn_is_loaded_only_where_it_is_used():
    """Everybody would wait a second for a library that few use."""
    code = (
        "import sys, numpy as np\n"
        "from poet_domain_ml_monitoring import AnomalyDetector\n"
        "AnomalyDetector.fit({'x': np.arange(300.0)}).check({'x': [1.0]})\n"
        "print([m for m in ('sklearn', 'scipy', 'pandas') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
