"""One root cause, one alert: planted drifts in correlated features, real and drawn."""

from __future__ import annotations

import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mon_judge_helpers import HOUR, START, Hands, Heard, report, result
from scipy.stats import norm, spearmanr
from sklearn.datasets import load_breast_cancer, load_wine

from poet.errors import StatsInputError
from poet_domain_ml_monitoring import AlertConfig, AlertManager, Monitor, Relations
from poet_domain_ml_monitoring.alerts._grouping import group, shift_of
from poet_domain_ml_monitoring.alerts._history import History


def chain(n, seed, shift=0.0, on="x"):
    """X drives y and z; w and v stand alone, though w is less related to y."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=n) + (shift if on == "x" else 0)
    y = 0.9 * x + 0.436 * rng.normal(size=n) + (shift if on == "y" else 0)
    z = 0.8 * x + 0.6 * rng.normal(size=n)
    w = 0.5 * y + rng.normal(size=n) + (shift if on == "w" else 0)
    return pl.DataFrame({"w": w, "y": y, "x": x, "z": z, "v": rng.normal(size=n)})


def manager(relations=None, config=None):
    return AlertManager(config, relations=relations, clock=Hands(), emit=Heard())


@pytest.mark.parametrize("seed", range(8))
def test_a_shift_of_the_driver_is_one_alert_that_names_it(seed):
    """One broken sensor would be an alert on each feature computed from it."""
    reference = chain(5_000, 100 + seed)
    monitor = Monitor.fit(reference, emit=Heard())
    found = monitor.check(chain(5_000, 200 + seed, shift=0.7))
    alerts = manager(Relations.fit(reference)).process(found)
    assert [a.root_cause for a in alerts if "x" in a.features] == ["x"]
    top = alerts[0] if alerts[0].root_cause == "x" else alerts[1]
    assert {"x", "y", "z"} <= set(top.features)
    assert "It explains" in top.why
    assert "y (" in top.why


@pytest.mark.parametrize("seed", range(4))
def test_independent_drifts_stay_apart(seed):
    """Two causes would be one alert, and the second would never be looked at."""
    rng = np.random.default_rng(seed)
    reference = chain(5_000, 300 + seed)
    current = chain(5_000, 400 + seed, shift=0.7).with_columns(
        v=pl.Series(rng.normal(0.6, size=5_000))
    )
    found = Monitor.fit(reference, emit=Heard()).check(current)
    roots = {a.root_cause for a in manager(Relations.fit(reference)).process(found)}
    assert {"x", "v"} <= roots


def test_a_shift_of_one_that_follows_is_not_blamed_on_the_driver():
    """The feature that nobody touched would be named."""
    reference = chain(5_000, 1)
    current = chain(5_000, 2, shift=0.7, on="y")
    found = Monitor.fit(reference, emit=Heard()).check(current)
    roots = [a.root_cause for a in manager(Relations.fit(reference)).process(found)]
    assert roots == ["y"]


def test_a_planted_unit_change_in_real_data_is_one_alert():
    """Radius, perimeter and area of one measurement would be three alerts."""
    data = load_breast_cancer()
    names = [str(n) for n in data.feature_names]
    rng = np.random.default_rng(0)
    order = rng.permutation(len(data.data))
    reference = pl.DataFrame(data.data[order[:300]], schema=names)
    radius = ["mean radius", "mean perimeter", "mean area"]
    rest = pl.DataFrame(data.data[order[300:]], schema=names)
    # A scale that reads a fifth too large in one of them moves what is computed from it.
    moved = rest.with_columns(
        pl.col("mean radius") * 1.2, pl.col("mean perimeter") * 1.2, pl.col("mean area") * 1.44
    )
    found = Monitor.fit(reference, emit=Heard()).check(moved)
    drifted = {r.feature for r in found.drifted}
    assert set(radius) <= drifted
    alerts = manager(Relations.fit(reference)).process(found)
    (one,) = [a for a in alerts if set(radius) & set(a.features)]
    assert set(radius) <= set(one.features)
    assert one.root_cause in radius


def test_what_drifts_later_does_not_explain_what_drifted_before():
    """The consequence would be named as the cause because it is larger."""
    relations = Relations({"a": {"b": 0.9}, "b": {"a": 0.9}})
    alerts = manager(relations)
    (first,) = alerts.process(report(result("a", 0.2), result("b"), run="r1"))
    assert first.root_cause == "a"
    later = alerts.process(report(result("a", 0.2), result("b", 0.21), run="r2"))
    assert later == []
    assert set(alerts.open[0].features) == {"a", "b"}
    assert alerts.open[0].root_cause == "a"
    at_once = manager(relations).process(report(result("a", 0.2), result("b", 0.21)))
    assert [a.root_cause for a in at_once] == ["b"]


def test_a_larger_drift_than_the_cause_explains_is_an_alert_of_its_own():
    """A second cause would hide behind a weak relation to the first."""
    relations = Relations({"a": {"b": 0.5}, "b": {"a": 0.5}})
    found = report(result("a", 0.2), result("b", 0.8))
    assert {a.root_cause for a in manager(relations).process(found)} == {"a", "b"}


def test_columns_of_one_failing_join_are_one_alert():
    """A lost table would be an alert for each of its columns."""
    lost = [
        result(f"order_{i}", 0.3, check="missing", missing=300 + i % 2, n=700) for i in range(40)
    ]
    other = result("income", 0.1, check="missing", missing=100, n=900)
    alerts = manager().process(report(*lost, other, result("age")))
    assert sorted(len(a.features) for a in alerts) == [1, 40]


def test_what_came_and_went_together_before_is_one_alert():
    """Features of one upstream service would be told one by one for ever."""
    alerts = manager(config=AlertConfig(resolve_after=1, cooldown=2 * HOUR))
    for n in range(12):
        on = 0.3 if n % 3 == 0 else 0.0
        odd = 0.3 if n % 4 == 1 else 0.0
        found = report(result("a", on), result("b", on), result("c", odd), result("d"), run=f"r{n}")
        fired = alerts.process(found, now=START + 4 * n * HOUR)
    fired = alerts.process(
        report(result("a", 0.3), result("b", 0.3), result("c", 0.3), result("d")),
        now=START + 60 * HOUR,
    )
    assert [set(a.features) for a in fired] == [{"a", "b"}, {"c"}]


def test_relations_are_spearman_s_and_take_any_frame():
    """Grouping would depend on which library a frame comes from."""
    data = load_wine()
    frame = pl.DataFrame(data.data, schema=data.feature_names)
    found = Relations.fit(frame, least=0.3)
    expected = np.abs(spearmanr(data.data).statistic)
    for i, first in enumerate(data.feature_names):
        for j, second in enumerate(data.feature_names):
            if i != j and expected[i, j] >= 0.301:
                assert found.between(first, second) == pytest.approx(expected[i, j], abs=2e-4)
            elif i != j and expected[i, j] < 0.299:
                assert found.between(first, second) == 0
    by_name = frame.to_dict(as_series=False)
    for other in (frame.lazy(), pd.DataFrame(by_name), by_name):
        assert Relations.fit(other, least=0.3) == found
    assert Relations.from_dict(found.to_dict()) == found
    with pytest.raises(StatsInputError, match="is no frame"):
        Relations.fit(7)


def test_relations_see_text_and_gaps_and_survive_odd_columns():
    """One column of objects would end the fit; a category would have no relations."""
    rng = np.random.default_rng(0)
    size = rng.normal(size=500)
    frame = pl.DataFrame({
        "size": size, "class": np.where(size > 0, "large", "small"), "flag": size > 0.1,
        "gaps": pl.Series([None if i % 7 == 0 else v for i, v in enumerate(size)]),
        "nan": np.where(size > 1, np.nan, size), "none": pl.Series([None] * 500),
        "one": np.ones(500), "list": [[1]] * 500,
        "day": pl.datetime_range(pl.datetime(2020, 1, 1), pl.datetime(2021, 5, 14), "1d", eager=True),
    })  # fmt: skip
    found = Relations.fit(frame)
    assert found.between("size", "class") > 0.8
    assert found.between("class", "flag") > 0.8
    assert found.between("size", "gaps") > 0.8
    assert not {"none", "one", "list"} & found.pairs.keys()
    mixed = pd.DataFrame({"a": size, "mixed": pd.Series([1, "x"] * 250, dtype=object)})
    assert Relations.fit(mixed).rows == 500
    assert Relations.fit(pl.DataFrame()).pairs == {}
    assert Relations.fit(frame.clear()).pairs == {}


def test_the_shift_is_the_one_that_gives_a_normal_feature_this_effect():
    """What a cause explains would be reckoned with a wrong curve."""
    for shift in (0.0, 0.2, 1.0, 2.5):
        grid = np.linspace(-8, 8, 20_001)
        kuiper = (norm.cdf(grid) - norm.cdf(grid - shift)).max()
        assert shift_of(kuiper) == pytest.approx(shift, abs=1e-4)
    assert shift_of(None) == 0
    assert np.isfinite(shift_of(1.0))


@settings(max_examples=100, deadline=None)
@given(
    effects=st.lists(st.floats(0.06, 1), min_size=1, max_size=12),
    seed=st.integers(0, 1_000),
)
def test_every_drift_is_in_exactly_one_group_whatever_the_order(effects, seed):
    """A drift would be lost or told twice, or the groups depend on the order of the columns."""
    rng = np.random.default_rng(seed)
    results = [result(f"f{i}", effect) for i, effect in enumerate(effects)]
    names = [r.feature for r in results]
    related = {
        (a, b): float(rng.uniform(0.5, 1))
        for a in names
        for b in names
        if a < b and rng.uniform() < 0.4
    }
    runs = {name: int(rng.integers(1, 3)) for name in names}
    groups = group(results, related, runs, min_explained=0.5)
    seen = [g.root.feature for g in groups] + [m.result.feature for g in groups for m in g.members]
    assert sorted(seen) == sorted(names)
    mixed = [results[i] for i in rng.permutation(len(results))]
    assert group(mixed, related, runs, min_explained=0.5) == groups
    for found in groups:
        for member in found.members:
            assert member.explained >= 0.5
            assert runs[found.root.feature] >= runs[member.result.feature]


def test_history_counts_runs_and_forgets():
    """A drift of last month would confirm one of today."""
    history = History(5)
    for names in (["a"], ["a", "b"], ["a", "b"], ["b"]):
        history.push(names)
    assert (history.run("a"), history.run("b"), history.run("c")) == (0, 3, 0)
    again = History.from_dict(5, history.to_dict())
    assert again.to_dict() == history.to_dict()
    for _ in range(4):
        again.push(["b"])
    assert again.run("b") == 5
    assert "a" not in again.to_dict()
    assert History.from_dict(2, history.to_dict()).run("b") == 2
    history = History(0)
    history.push(["a"])
    assert history.to_dict() == {}


def test_a_large_shift_that_leaves_the_range_is_still_grouped():
    """A shift so large that the range tells it first would be an alert for each feature."""
    reference = chain(4_000, 11)
    found = Monitor.fit(reference, emit=Heard()).check(chain(4_000, 12, shift=2.5))
    assert {"range", "distribution"} == {
        f.check for f in found["x"].findings if f.status == "drift"
    }
    (alert,) = manager(Relations.fit(reference)).process(found)
    assert alert.root_cause == "x"
    assert {"x", "y", "z"} <= set(alert.features)


def test_thousands_of_related_drifts_are_grouped_without_looking_at_every_pair():
    """A wide table would stop the process for minutes at every check."""
    names = [f"f{i}" for i in range(4_000)]
    pairs = {n: {f"f{i // 20 * 20 + j}": 0.9 for j in range(20) if f"f{i // 20 * 20 + j}" != n}
             for i, n in enumerate(names)}  # fmt: skip
    results = [result(n, 0.4 if i % 20 == 7 else 0.35) for i, n in enumerate(names)]
    (whole,) = manager(Relations(pairs)).process(report(*results))
    assert len(whole.members) == 200
    assert {a.root_cause for a in whole.members} == {f"f{i}" for i in range(7, 4_000, 20)}
    assert all(len(a.features) == 20 for a in whole.members)


@pytest.mark.parametrize("factor", [1.3, 2.0, 4.0])
def test_measurements_of_one_thing_are_one_alert_however_far_they_went(factor):
    """A complete change would be three alerts where a slight one is one."""
    data = load_breast_cancer()
    names = [str(n) for n in data.feature_names]
    order = np.random.default_rng(3).permutation(len(data.data))
    reference = pl.DataFrame(data.data[order[:300]], schema=names)
    sizes = ["worst radius", "worst perimeter", "worst area"]
    moved = pl.DataFrame(data.data[order[300:]], schema=names).with_columns(pl.col(sizes) * factor)
    found = Monitor.fit(reference, emit=Heard()).check(moved)
    alerts = manager(Relations.fit(reference)).process(found)
    (one,) = [a for a in alerts if set(sizes) & set(a.features)]
    assert set(sizes) <= set(one.features)
