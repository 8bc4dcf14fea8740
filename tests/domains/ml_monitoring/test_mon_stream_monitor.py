"""Streams looked at after every value: exact statistics, calibrated thresholds, hysteresis."""

import itertools
import json
import math
import subprocess
import sys

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from poet.errors import ConfigError, PoetWarning, StatsInputError
from poet.stats import kuiper
from poet_domain_ml_monitoring import StreamMonitor
from poet_domain_ml_monitoring._emit import silent
from poet_domain_ml_monitoring.windows._sequential import chi_square_tail, ks_clumps, ks_threshold
from poet_domain_ml_monitoring.windows.dependence import variance_inflation


def normal(rng, n, features=1, by=0.0):
    return pl.DataFrame({f"x{i}": rng.normal(by, size=n) for i in range(features)})


def autoregressive(rng, n, phi):
    noise, values = rng.normal(size=n + 200), np.zeros(n + 200)
    for i in range(1, n + 200):
        values[i] = phi * values[i - 1] + noise[i]
    return pl.DataFrame({"x": values[200:]})


def alarms(make, *, streams, windows, window, reference, allowed, **options):
    """Count false alarms in so many streams of so many windows, each with a reference of its own."""
    found = 0
    for _ in range(streams):
        monitor = StreamMonitor(
            make(reference), window, false_alarms=allowed, min_effect=0.001, emit=silent, **options
        )
        found += sum(c.status == "drift" for c in monitor.push(make(windows * window)))
    return 1000 * found / (streams * windows)


CITIES = np.array(["Oslo", "Rome", "Lima", "Bern", "Kiev", "Male"])
SHARES = [0.4, 0.3, 0.2, 0.06, 0.03, 0.01]


@pytest.mark.parametrize(
    ("make", "low", "high"),
    [
        (lambda rng, n: normal(rng, n), 5, 13),
        (lambda rng, n: normal(rng, n, 2), 5, 13),
        (lambda rng, n: pl.DataFrame({"x": rng.integers(0, 10, n)}), 0, 10),
        (lambda rng, n: pl.DataFrame({"x": rng.choice(CITIES, n, p=SHARES)}), 5, 14),
        (lambda rng, n: autoregressive(rng, n, 0.5), 2, 12),
    ],
)
def test_false_alarms_are_as_rare_as_stated(make, low, high):
    """Otherwise looking after every value makes a stream cry wolf, or see nothing."""
    rng = np.random.default_rng(7)
    found = alarms(
        lambda n: make(rng, n), streams=12, windows=400, window=200, reference=5_000, allowed=10
    )
    assert low <= found <= high  # 10 allowed in 1,000 windows; 4,800 windows have an error of 1.4


def test_dependent_values_without_allowance_cry_wolf():
    """Otherwise nobody sees what the measured dependence is for."""
    rng = np.random.default_rng(3)
    options = {"streams": 2, "windows": 150, "window": 200, "reference": 5_000, "allowed": 10}
    make = lambda n: autoregressive(rng, n, 0.9)  # noqa: E731
    assert alarms(make, **options, dependence="independent") > 300
    assert alarms(make, **options) < 20


@pytest.mark.parametrize("phi", [0.0, 0.5, 0.9])
def test_the_inflation_is_that_of_theory(phi):
    """Otherwise thresholds of dependent streams are guesses."""
    rng = np.random.default_rng(5)
    found = [
        variance_inflation(autoregressive(rng, 20_000, phi)["x"].to_numpy(), 500) for _ in range(5)
    ]
    # Below a quantile the correlation of a Gaussian process is (2/π) arcsin(φ^k) at the median.
    lags = phi ** np.arange(1, 500)
    median = 1 + 2 * np.sum(2 / np.pi * np.arcsin(lags) * (1 - np.arange(1, 500) / 500))
    assert 0.75 * median <= np.mean(found) <= 1.15 * median


@pytest.mark.parametrize(
    "values", [np.arange(100.0), -np.arange(100.0), np.ones(100), np.full(100, np.nan), np.ones(3)]
)
def test_an_order_that_is_none_of_time_inflates_nothing(values):
    """Otherwise a sorted reference blinds the monitor."""
    assert variance_inflation(values, 10) == 1.0


@given(st.floats(0.001, 200), st.integers(1, 40))
def test_the_tail_of_chi_square_is_scipys(value, dof):
    """Otherwise the thresholds of categories are off."""
    want = stats.chi2.sf(value, dof)
    assert math.isclose(chi_square_tail(value, dof), want, rel_tol=1e-9, abs_tol=1e-300)


@given(st.integers(20, 3_000), st.integers(20, 60_000), st.floats(1e-7, 0.2))
@settings(max_examples=30, deadline=None)
def test_a_threshold_is_the_smallest_statistic_that_is_rare_enough(n, m, rate):
    """Otherwise a monitor is stricter or laxer than its setting."""
    found = ks_threshold(rate, n, m)
    if found <= 1:
        assert ks_clumps(found, n, m) <= rate <= ks_clumps(found * (1 - 1e-3), n, m) * 1.5
        assert found > stats.kstwo.isf(rate, max(round(n * m / (n + m)), 1)) * 0.9
    else:
        assert ks_clumps(1.0, n, m) > rate


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 2**32 - 1), st.lists(st.integers(0, 2_000), max_size=6), st.integers(0, 6))
def test_changes_do_not_depend_on_batches_nor_on_a_restart(seed, cuts, saved_at):
    """Otherwise a deployment or the size of a message changes when an alert is raised."""
    rng = np.random.default_rng(seed)

    def frame(n, by):
        x = rng.normal(by, size=n)
        x[rng.integers(0, n, n // 20)] = np.nan
        share = 0.2 + 0.3 * (by > 0)
        return pl.DataFrame({"x": x, "label": np.where(rng.uniform(size=n) < share, "a", "b")})

    reference = frame(1_500, 0.0)
    stream = pl.concat([frame(700, 0.0), frame(600, 0.8), frame(700, 0.0)])
    whole = StreamMonitor(reference, 150, emit=silent).push(stream)
    assert {(c.feature, c.status) for c in whole} == {
        (name, status) for name in ("x", "label") for status in ("drift", "ok")
    }
    edges = [0, *sorted(cuts), stream.height]
    monitor, found = StreamMonitor(reference, 150, emit=silent), []
    for i, (low, high) in enumerate(itertools.pairwise(edges)):
        if i == saved_at:
            state = json.loads(json.dumps(monitor.to_dict()))
            monitor = StreamMonitor.from_dict(state, emit=silent)
        found += monitor.push(stream.slice(low, high - low))
    assert found == whole


def test_a_change_carries_the_exact_statistic_and_effect_of_its_window():
    """Otherwise what an alert says cannot be checked."""
    rng = np.random.default_rng(11)
    reference = normal(rng, 3_000)
    stream = pl.concat([normal(rng, 2_000), normal(rng, 1_000, by=0.7)])
    (change,) = StreamMonitor(reference, 300, emit=silent).push(stream)
    assert 2_050 <= change.row < 2_250
    window = stream["x0"].to_numpy()[change.row - 299 : change.row + 1]
    assert change.statistic == pytest.approx(stats.ks_2samp(window, reference["x0"]).statistic)
    assert change.effect_size == pytest.approx(kuiper(window, reference["x0"].to_numpy()).statistic)
    assert change.statistic >= change.threshold
    assert 0 < change.per_1000_windows <= 1
    assert "the last 300 values differ" in change.reason


def test_categories_carry_the_exact_statistic_and_effect_too():
    """Otherwise what an alert says of a category cannot be checked."""
    rng = np.random.default_rng(2)
    old, new = [0.5, 0.3, 0.2], [0.3, 0.3, 0.4]
    reference = pl.DataFrame({"c": rng.choice(CITIES[:3], 4_000, p=old)})
    parts = [rng.choice(CITIES[:3], 1_500, p=old), rng.choice(CITIES[:3], 1_000, p=new)]
    stream = pl.DataFrame({"c": np.concatenate(parts)})
    (change,) = StreamMonitor(reference, 250, emit=silent).push(stream)
    rows = stream["c"].to_numpy()[change.row - 249 : change.row + 1]
    p = np.array([(rows == c).mean() for c in CITIES[:3]])
    q = np.array([(reference["c"].to_numpy() == c).mean() for c in CITIES[:3]])
    assert change.effect_size == pytest.approx(np.abs(p - q).sum() / 2)
    half = (p + q) / 2
    js = (stats.entropy(p, half) + stats.entropy(q, half)) / 2
    assert change.statistic == pytest.approx(js)


def test_a_small_change_that_is_certain_is_no_drift():
    """Otherwise a long window alerts on differences that matter to nobody."""
    rng = np.random.default_rng(1)
    reference = normal(rng, 200_000)
    monitor = StreamMonitor(reference, 50_000, emit=silent)
    assert monitor.push(normal(rng, 120_000, by=0.04)) == []
    row = monitor.to_frame().row(0, named=True)
    assert row["statistic"] > row["alert_threshold"]
    assert monitor.push(normal(rng, 60_000, by=0.3))[0].status == "drift"


def test_hysteresis_keeps_a_feature_from_flickering():
    """Otherwise one drift at the edge is a hundred alerts."""
    rng = np.random.default_rng(4)
    reference = normal(rng, 5_000)
    stream = normal(rng, 60_000, by=0.32)
    counts = []
    for recovery in (None, 0.999):
        monitor = StreamMonitor(reference, 300, emit=silent)
        alert = monitor.levels["x0"].alert_threshold
        if recovery:
            monitor = StreamMonitor(
                reference,
                300,
                alert_threshold=alert,
                recovery_threshold=alert * recovery,
                emit=silent,
            )
        counts.append(sum(c.status == "drift" for c in monitor.push(stream)))
    assert counts[0] < counts[1] / 3


def test_events_are_sent_where_a_feature_begins_and_ceases_to_drift():
    """Otherwise alerts and learning hear nothing of a stream."""
    rng, sent = np.random.default_rng(8), []
    emit = lambda type_, payload: sent.append((type_, payload["feature"], payload["row"]))  # noqa: E731
    monitor = StreamMonitor(normal(rng, 2_000), 200, emit=emit)
    found = monitor.push(pl.concat([normal(rng, 400), normal(rng, 400, by=2), normal(rng, 400)]))
    assert [type_ for type_, _, _ in sent] == ["drift.detected", "drift.recovered"]
    assert [(c.feature, c.row) for c in found] == [(name, row) for _, name, row in sent]
    assert monitor.drifting == []


def test_one_bad_column_or_value_does_not_stop_the_others():
    """Otherwise a producer's change of type ends the monitoring of all features."""
    rng = np.random.default_rng(8)
    reference = normal(rng, 2_000, 2).with_columns(when=pl.date(2026, 1, 1), one=pl.lit(1.0))
    monitor = StreamMonitor(reference, 100, emit=silent)
    assert monitor.to_frame()["status"].to_list() == ["insufficient_data"] * 3
    shifted = normal(rng, 300, 2, by=3)
    with (
        pytest.warns(PoetWarning, match="'one' is missing"),
        pytest.warns(PoetWarning, match="'x0' holds String without a value to compare"),
    ):
        found = monitor.push(shifted.select(x0=pl.lit("no number"), x1="x1", new=pl.lit(1)))
    assert [c.feature for c in found] == ["x1"]
    stray = normal(rng, 300, 2).with_columns(x1=pl.Series([1e9, None, math.inf] + [math.nan] * 297))
    with pytest.warns(PoetWarning, match="'x1' holds Float64 without a value to compare"):
        assert [c.status for c in monitor.push(stray)] == []
    assert monitor.to_frame().filter(pl.col("feature") == "x0")["n_current"][0] == 100


_CHILD = """
import numpy as np, polars as pl
from poet_domain_ml_monitoring import StreamMonitor
from poet_domain_ml_monitoring._emit import silent

def resident():
    return int(open("/proc/self/statm").read().split()[1]) * 4096

rng = np.random.default_rng(0)
part = pl.DataFrame({f"x{i}": rng.normal(size=60_000) for i in range(40)})
StreamMonitor(part.head(1000), 500, emit=silent).push(part.head(2000))
before = resident()
monitor = StreamMonitor(part, 500, max_bytes=20_000_000, emit=silent)
sizes = []
for _ in range(5):
    monitor.push(part.head(4_000))
    sizes.append(resident() - before)
print(max(sizes), sizes[-1] - sizes[1])
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc/self/statm")
def test_memory_stays_below_its_limit_and_does_not_grow_with_the_stream():
    """Otherwise a monitor of a long reference, or one that runs for weeks, takes the service down."""
    done = subprocess.run(
        [sys.executable, "-c", _CHILD], capture_output=True, text=True, check=True
    )
    most, growth = map(int, done.stdout.split())
    assert most < 45_000_000  # 20 MB and what a push needs; the whole reference is 115 MB
    assert growth < 6_000_000


@pytest.mark.parametrize(
    ("options", "error", "word"),
    [
        ({"window": 5}, ConfigError, "window"),
        ({"false_alarms": 0}, ConfigError, "false_alarms"),
        ({"min_effect": 1.5}, ConfigError, "min_effect"),
        ({"alert_threshold": 0.2, "recovery_threshold": 0.3}, ConfigError, "recovery_threshold"),
        ({"dependence": "some"}, ConfigError, "dependence"),
        ({"max_bytes": 5_000}, ConfigError, "max_bytes"),
        ({"columns": ["x"]}, StatsInputError, "columns"),
        ({"columns": []}, StatsInputError, "reference"),
    ],
)
def test_settings_out_of_range_are_refused_by_name(options, error, word):
    """Otherwise a typing error becomes a monitor that never reports."""
    reference = pl.DataFrame({"x0": range(500)})
    with pytest.raises(error) as refused:
        StreamMonitor(reference, **{"window": 100, "emit": silent, **options})
    assert refused.value.where == word
    assert refused.value.hint


def test_a_damaged_state_is_a_clear_error():
    """Otherwise a cut state file resumes as some other stream."""
    monitor = StreamMonitor(pl.DataFrame({"x": range(500), "c": ["a", "b"] * 250}), 50, emit=silent)
    state = monitor.to_dict()
    for broken in (
        {**state, "features": 3},
        {**state, "type": "FixedWindows"},
        {**state, "version": 99},
        {k: v for k, v in state.items() if k != "rows"},
        {
            **state,
            "features": {
                "x": {**state["features"]["x"], "track": {"kind": "numbers", "state": "AA"}}
            },
        },
    ):
        with pytest.raises(StatsInputError, match="state"):
            StreamMonitor.from_dict(broken, emit=silent)
