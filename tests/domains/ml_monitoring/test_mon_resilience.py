"""Checks that must be done in time: planned rows, drawn by the data, cut short by the clock."""

import itertools
import math

import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from poet.errors import ConfigError, StatsInputError
from poet_domain_ml_monitoring import Monitor
from poet_domain_ml_monitoring._emit import silent
from poet_domain_ml_monitoring.resilience import Budget, error_bound, plan, sample
from poet_domain_ml_monitoring.resilience.plan import MIN_ROWS, cost

RNG = np.random.default_rng(8)
FRAME = pl.DataFrame({"i": np.arange(50_000), "x": RNG.normal(size=50_000)})
WIDE = {f"f{i}": "Float64" for i in range(200)}


def test_without_a_budget_every_row_is_looked_at():
    """Rows would be left out that nobody asked to leave out."""
    assert plan(10**9, WIDE, None).rows == 10**9
    assert plan(1_000, {"x": "Float64"}, 60).rows == 1_000
    assert plan(10**9, WIDE, None).sampling(10**9) is None


@given(
    st.integers(0, 10**9), st.integers(1, 3_000), st.floats(1e-6, 1e4), st.integers(1, 64),
    st.sampled_from(["Float64", "String", "Boolean", "Datetime(time_unit='us', time_zone=None)"]),
)  # fmt: skip
def test_a_plan_keeps_its_time_or_says_that_it_cannot(rows, columns, budget, threads, dtype):
    """A check would take longer than promised, or leave out more than it must."""
    table = {f"c{i}": dtype for i in range(columns)}
    planned = plan(rows, table, budget, threads=threads)
    assert planned == plan(rows, dict(reversed(table.items())), budget, threads=threads)
    assert min(rows, MIN_ROWS) <= planned.rows <= rows
    if planned.rows == rows:
        assert planned.error_bound == 0
        assert cost(rows, table, threads=threads) <= budget or rows <= MIN_ROWS
    else:
        assert cost(rows, table, threads=threads) > budget
        assert cost(planned.rows, table, threads=threads) <= budget or planned.rows == MIN_ROWS
        assert 0 < planned.error_bound <= 1
        assert planned.sampling(rows) == (
            planned.rows, rows, planned.error_bound, True, planned.reason
        )  # fmt: skip


def test_more_time_is_more_rows():
    """A generous budget would give a coarser report than a tight one."""
    rows = [plan(10_000_000, WIDE, seconds).rows for seconds in np.geomspace(0.01, 100, 30)]
    assert rows == sorted(rows)
    assert rows[0] == MIN_ROWS
    assert rows[-1] == 10_000_000


@pytest.mark.parametrize("budget", [0, -1, math.nan, "1", True])
def test_an_impossible_budget_is_refused(budget):
    """A budget of nothing would silently be one of everything, or the other way round."""
    with pytest.raises(ConfigError, match="time_budget"):
        plan(10, {"x": "Float64"}, budget)


def test_the_error_bound_holds():
    """The stated error would be smaller than the real one."""
    misses = 0
    for n in [200, 2_000, 20_000] * 200:
        # The rank of a row among all is its distribution function.
        ranks = np.sort(RNG.choice(50_000, n, replace=False, shuffle=False)) / 50_000
        misses += stats.kstest(ranks, "uniform", mode="asymp").statistic > error_bound(n, 50_000)
    assert misses <= 12  # 1 % of 600, and room for chance
    assert error_bound(1_000, 10**6) == pytest.approx(math.sqrt(math.log(200) / 2_000))
    assert error_bound(1_000, 10**6, 200) > error_bound(1_000, 10**6)
    assert (error_bound(10, 10), error_bound(0, 10)) == (0, 1)


def test_the_data_say_which_rows_are_drawn():
    """The same input would give another report every time."""
    first, again = sample(FRAME, 5_000), sample(FRAME, 5_000)
    assert first.equals(again)
    other = FRAME.with_columns(pl.col("x") + 1)
    assert not sample(other, 5_000)["i"].equals(first["i"])
    assert sample(other, 5_000, "a name")["i"].equals(sample(FRAME, 5_000, "a name")["i"])
    assert sample(FRAME, 5_000, "fixed")["i"].head(4).to_list() == [11, 32, 35, 36]


def test_every_library_gives_the_same_rows():
    """A report would depend on the library that holds the frame, or on reading it lazily."""
    rows = sample(FRAME, 5_000, "seed")["i"].to_list()
    columns = {"i": FRAME["i"].to_numpy(), "x": FRAME["x"].to_list()}
    assert sample(columns, 5_000, "seed")["i"].tolist() == rows
    assert len(sample(columns, 5_000, "seed")["x"]) == len(rows)
    assert sample(pd.DataFrame(columns), 5_000, "seed")["i"].tolist() == rows
    lazy = sample(FRAME.lazy(), 5_000, "seed")
    assert isinstance(lazy, pl.LazyFrame)
    assert lazy.collect(engine="streaming").equals(sample(FRAME, 5_000, "seed"))
    assert sample(FRAME.lazy(), 5_000).collect().equals(sample(FRAME, 5_000))
    assert sample(FRAME, 50_000) is FRAME


@pytest.mark.parametrize("rows", [1, 500, 25_000, 49_999])
def test_rows_are_drawn_evenly(rows):
    """Some part of the data would weigh more than the rest."""
    drawn = [sample(FRAME, rows, seed)["i"].to_numpy() for seed in range(40)]
    sizes = [len(one) for one in drawn]
    spread = math.sqrt(rows * (1 - rows / 50_000) / 40)
    assert abs(np.mean(sizes) - rows) < 5 * spread + 0.5
    places = np.concatenate(drawn) / 50_000
    assert stats.kstest(places, "uniform").pvalue > 1e-4 / len(places) or rows > 25_000


@pytest.mark.parametrize("rows", [0, -1, 1.5, True])
def test_an_impossible_number_of_rows_is_refused(rows):
    """Nothing would be compared, and reported as no drift."""
    with pytest.raises(StatsInputError, match="rows"):
        sample(FRAME, rows)
    with pytest.raises(StatsInputError, match="must be a frame"):
        sample([1, 2], 1)


def ticking(step):
    ticks = itertools.count(0, step)
    return lambda: next(ticks)


def test_the_clock_stops_a_check_and_says_so():
    """A degraded report would look like a full one, and nobody could tell why it differs."""
    planned = plan(50_000, {"x": "Float64"}, 10)
    full, cut = Budget(10, clock=ticking(0.1)), Budget(10, clock=ticking(4))
    rows = pl.concat(list(full.parts(FRAME, planned)))
    assert full.sampling is None
    assert sorted(rows["i"].to_list()) == list(range(50_000))
    seen = pl.concat(list(cut.parts(FRAME, planned)))
    assert cut.sampling.rows == len(seen) < 50_000
    assert cut.sampling.of == 50_000
    assert not cut.sampling.reproducible
    assert "the clock stopped it after 10 s" in cut.sampling.reason
    assert cut.sampling.error_bound == error_bound(len(seen), 50_000)
    # What was seen by then is a sample of all rows, not the first of them.
    assert stats.kstest(seen["i"].to_numpy() / 50_000, "uniform").pvalue > 1e-3


def test_planned_parts_are_the_planned_sample():
    """A sample that the clock left alone would not be the same as last time."""
    planned = plan(50_000, {"i": "Int64", "x": "Float64"}, 0.003)
    assert planned.rows < 50_000
    budget = Budget(0.003, clock=lambda: 0.0)
    rows = pl.concat(list(budget.parts(FRAME, planned))).sort("i")
    assert rows.equals(sample(FRAME, planned.rows))
    assert budget.sampling.reproducible
    assert budget.sampling.rows == len(rows)


def test_batches_stop_too_but_claim_nothing():
    """The first hours of a stream would be sold as a sample of the whole day."""
    batches = [FRAME.slice(start, 10_000) for start in range(0, 50_000, 10_000)]
    quick, slow = Budget(10, clock=ticking(0.1)), Budget(10, clock=ticking(4))
    assert len(list(quick.batches(batches))) == 5
    assert quick.sampling is None
    seen = list(slow.batches(batches))
    assert 1 <= len(seen) < 5
    assert slow.sampling.rows == sum(map(len, seen))
    assert (slow.sampling.error_bound, slow.sampling.reproducible) == (1, False)
    assert [len(b) for b in Budget(None).batches(batches)] == [10_000] * 5


def test_a_monitor_finds_drift_within_a_budget():
    """A budget would turn drift into silence, or silence into drift."""
    rng = np.random.default_rng(11)
    names = [f"f{i}" for i in range(20)]
    draw = lambda shift: pl.DataFrame({n: rng.normal(shift, 1, 40_000) for n in names})  # noqa: E731
    monitor = Monitor.fit(draw(0), time_budget=0.01, emit=silent)
    quiet, moved = monitor.check(draw(0)), monitor.check(draw(0.4))
    for report in (quiet, moved):
        assert report.sampling is not None
        assert report.sampling.of == report.rows_current == 40_000
        assert MIN_ROWS / 2 < report.sampling.rows < 40_000
    assert not quiet.drift_detected
    assert len(moved.drifted) == 20
