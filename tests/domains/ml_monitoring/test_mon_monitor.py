"""The monitor from end to end: statuses, isolation, order, determinism, what it says."""

from __future__ import annotations

import subprocess
import sys
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mon_core_helpers import fitted, statuses, table
from vega_datasets import local_data

from poet.errors import ConfigError, PoetWarning, StatsInputError
from poet_domain_ml_monitoring import Monitor, MonitorConfig, Thresholds


@pytest.fixture(scope="module")
def weather() -> pl.DataFrame:
    """Four years of weather in Seattle."""
    return pl.read_csv(local_data.seattle_weather.filepath, try_parse_dates=True)


def test_real_data_read_well(weather: pl.DataFrame) -> None:
    """A person who reads the report would not see what happened, or be told of what did not."""
    year = weather["date"].dt.year()
    report = fitted(weather.filter(year < 2014)).check(weather.filter(year == 2015))
    # From 2014 on the station writes fog where it wrote rain.
    assert [result.feature for result in report.drifted] == ["weather"]
    reason = report["weather"].reason
    assert "'fog' 12 % → 47 %, 'rain' 34 % → 1.4 %" in reason
    assert "where 6 % matters; p < 1e-12" in reason
    assert str(report).splitlines()[0] == (
        "1 feature of 6 drifted, 1 with a warning; 365 rows against 731"
    )
    assert report["date"].kind == "datetime"
    assert report["date"].status == "ok"
    assert report["temp_max"].status == "warning"
    assert "median 14.4 → 16.1" in report["temp_max"].reason


def test_every_kind_is_compared_as_such() -> None:
    """A kind without a comparison of its own would be silently fine forever."""
    monitor = fitted(table(3_000, 1))
    kinds = {name: kind for name, (kind, _) in monitor.kinds.items()}
    assert kinds == {
        "number": "continuous", "count": "discrete", "letter": "categorical", "flag": "boolean",
        "when": "datetime", "text": "text", "sparse": "sparse", "constant": "constant",
        "gaps": "continuous",
    }  # fmt: skip
    assert set(statuses(monitor.check(table(3_000, 2))).values()) == {"ok"}
    g = np.random.default_rng(3)
    other = table(3_000, 3, shift=0.3).with_columns(
        count=pl.Series(g.poisson(4, 3_000)),
        letter=pl.Series(g.choice(list("abcd"), 3_000, p=[0.4, 0.2, 0.2, 0.2])),
        flag=pl.Series(g.random(3_000) < 0.4),
        when=pl.col("when").dt.truncate("12h"),
        text="and more " + pl.col("text"),
        sparse=pl.col("sparse") * 3,
        constant=pl.lit(6),
        gaps=pl.col("gaps").fill_nan(0),
    )
    report = monitor.check(other)
    assert set(statuses(report).values()) == {"drift"}
    assert report["when"].reason.startswith("hour of the day: median 1")
    assert report["text"].reason.startswith("length of the text: median ")
    assert report["sparse"].reason.startswith("values that are not zero: ")
    assert "zeros, apart from which" in report["sparse"].test_reason


@given(
    n=st.integers(0, 60),
    m=st.integers(0, 60),
    missing=st.integers(0, 60),
    least=st.integers(2, 40),
)
@settings(max_examples=60, deadline=None)
def test_too_little_data_is_never_ok(n: int, m: int, missing: int, least: int) -> None:
    """A night without data would look like a night without drift."""
    g = np.random.default_rng([n, m])
    reference = {
        "x": g.standard_normal(m), "c": pl.Series([str(v) for v in g.integers(0, 3, m)], dtype=pl.String)
    }  # fmt: skip
    current = {
        "x": np.concatenate([g.standard_normal(n), np.full(missing, np.nan)]),
        "c": pl.Series([str(v) for v in g.integers(0, 3, n)] + [None] * missing, dtype=pl.String),
    }
    monitor = fitted(reference, min_samples=least, kinds={"x": "continuous", "c": "categorical"})
    report = monitor.check(current)
    for result in report:
        assert (result.n_current, result.n_reference) == (n, m)
        if min(n, m) < least:
            assert result.status != "ok"
            assert result.findings
            assert any(f.status == "insufficient_data" and f.reason for f in result.findings)
        elif result.feature == "x":
            assert result.status != "insufficient_data"


@given(seed=st.integers(0, 2**32), order=st.permutations(range(9)))
@settings(max_examples=15, deadline=None)
def test_order_changes_nothing(seed: int, order: list[int]) -> None:
    """A report that depends on the order of rows or columns cannot be reproduced."""
    reference, current = table(400, 1), table(300, 2, 0.2)
    names = [reference.columns[i] for i in order]
    plain = fitted(reference).check(current, execution_id="same")
    shuffled = fitted(reference.sample(fraction=1, shuffle=True, seed=seed)).check(
        current.sample(fraction=1, shuffle=True, seed=seed + 1), execution_id="same"
    )
    assert shuffled.to_json() == plain.to_json()
    turned = fitted(reference.select(names)).check(current.select(names))
    assert {r.feature: r for r in turned} == {r.feature: r for r in plain}
    assert turned.drift_score == plain.drift_score


@given(cuts=st.lists(st.integers(0, 500), max_size=5))
@settings(max_examples=15, deadline=None)
def test_batches_equal_the_whole(cuts: list[int]) -> None:
    """A file read in batches would be judged differently from the same file read at once."""
    monitor, current = fitted(table(800, 1)), table(500, 2, 0.3)
    whole = monitor.check(current).to_json()
    ends = [0, *sorted(cuts), 500]
    batches = [current[a:b] for a, b in pairwise(ends)]
    assert monitor.check(iter(batches)).to_json() == whole
    assert monitor.check(current.lazy()).to_json() == whole


def test_a_lazy_reference_is_the_frame(tmp_path: Path) -> None:
    """A reference scanned from a file would make another monitor than the frame in it."""
    reference, current = table(800, 1), table(500, 2, 0.3)
    path = tmp_path / "reference.parquet"
    reference.write_parquet(path)
    monitor = fitted(reference)
    assert fitted(pl.scan_parquet(path)).to_bytes() == monitor.to_bytes()
    assert fitted(iter([reference[:300], reference[300:]])).to_bytes() == monitor.to_bytes()
    assert monitor.check(pl.scan_parquet(path)).counts["drift"] == 0
    assert (
        fitted(reference.lazy()).check(current.lazy()).to_json() == monitor.check(current).to_json()
    )


def test_large_references_from_batches_are_thinned_out_the_same_way() -> None:
    """A reference larger than memory would end the process, or give another sample each time."""
    reference = pl.DataFrame({"x": np.random.default_rng(1).standard_normal(40_000)})
    batches = [reference[i : i + 5_000] for i in range(0, 40_000, 5_000)]
    monitors = [fitted(iter(batches), reference_rows=10_000) for _ in range(2)]
    assert monitors[0].to_bytes() == monitors[1].to_bytes()
    assert 4_000 < monitors[0].rows <= 10_000
    assert monitors[0].rows_seen == 40_000
    assert monitors[0].check(reference)["x"].status == "ok"


PROGRAM = """
import sys
from itertools import pairwise
sys.path.insert(0, {here!r})
from mon_core_helpers import fitted, table
monitor = fitted(table(700, 1), threads={threads})
sys.stdout.write(monitor.check(table(600, 2, 0.3)).to_json())
"""


def test_another_process_says_the_same() -> None:
    """Two machines would disagree about the same data, and a report could not be audited."""
    here = str(Path(__file__).parent)
    texts = {
        subprocess.run(
            [sys.executable, "-c", PROGRAM.format(here=here, threads=threads)],
            capture_output=True,
            text=True,
            check=True,
            env={"PYTHONHASHSEED": str(threads)},
        ).stdout
        for threads in (1, 2)
    }
    assert len(texts) == 1
    assert texts == {fitted(table(700, 1)).check(table(600, 2, 0.3)).to_json()}


BROKEN: dict[str, Any] = {
    "objects": pl.Series([object()] * 300, dtype=pl.Object),
    "nested": [[1, 2]] * 300,
    "bytes": [b"x"] * 300,
    "all null": pl.Series([None] * 300),
    "all NaN": np.full(300, np.nan),
    "all infinite": np.full(300, np.inf),
    "huge": pl.Series([2**64 - 1] * 300, dtype=pl.UInt64),
    "values of many types": [1, "a", None, 2.5, b"c", object()] * 50,
}


@pytest.mark.parametrize("side", ["reference", "current", "both"])
@pytest.mark.parametrize("broken", list(BROKEN))
def test_one_bad_column_stops_no_other(broken: str, side: str) -> None:
    """One column that cannot be read would leave all others unwatched."""
    good = table(300, 1)
    columns = {name: good[name] for name in ("number", "letter")}
    bad, usual = BROKEN[broken], good["count"]
    reference = columns | {"bad": usual if side == "current" else bad}
    current = columns | {"bad": usual if side == "reference" else bad}
    report = fitted(reference).check(current)
    found = statuses(report)
    assert (found["number"], found["letter"]) == ("ok", "ok")
    assert report["bad"].reason
    if side != "both":
        assert found["bad"] != "ok"
    report.to_json()
    assert report.to_frame().height == 3


def test_a_feature_of_another_type_is_an_error_that_says_so() -> None:
    """A column that arrives as text would be compared as if it were a new category each row."""
    report = fitted({"x": np.arange(100.0), "y": np.arange(100)}).check(
        {"x": [str(i) for i in range(100)], "y": np.arange(100)}
    )
    assert statuses(report) == {"x": "error", "y": "ok"}
    assert [problem.kind for problem in report.problems] == ["type_change"]
    assert report["x"].severity == 0
    assert not report.drift_detected


def test_missing_and_renamed_features_are_problems() -> None:
    """A feature that no longer comes would be dropped from the report without a word."""
    reference, current = table(500, 1), table(500, 2)
    report = fitted(reference).check(current.rename({"number": "raw_number"}).drop("flag"))
    assert report["flag"].status == "error"
    assert {(p.kind, p.feature, p.other) for p in report.problems} == {
        ("missing_feature", "flag", ""),
        ("renamed_feature", "number", "raw_number"),
    }


@pytest.mark.parametrize("library", ["pandas", "arrow", "mapping"])
def test_frames_of_other_libraries_give_the_same_numbers(library: str) -> None:
    """Users of pandas would get another verdict than users of Polars."""
    reference, current = (t.drop("when") for t in (table(600, 1), table(600, 2, 0.3)))
    turned: Any = {
        "pandas": lambda t: pd.DataFrame({name: t[name].to_list() for name in t.columns}),
        "arrow": lambda t: pytest.importorskip("pyarrow") and t.to_arrow(),
        "mapping": lambda t: {name: t[name].to_list() for name in t.columns},
    }[library]
    ours = fitted(reference).check(current)
    theirs = fitted(turned(reference)).check(turned(current))
    for a, b in zip(ours, theirs, strict=True):
        assert (a.feature, a.status, a.p_adjusted, a.effect_size) == (
            b.feature, b.status, b.p_adjusted, b.effect_size,
        )  # fmt: skip


def test_drift_is_one_event() -> None:
    """Whoever listens for drift would hear nothing, or hear it once a feature."""
    events: list[tuple[str, Any]] = []
    monitor = Monitor.fit(table(500, 1), emit=lambda *event: events.append(event))
    monitor.check(table(500, 2))
    assert not events
    report = monitor.check(table(500, 3, 0.8), execution_id="run 1")
    ((name, payload),) = events
    assert (name, payload["execution_id"]) == ("drift.detected", "run 1")
    assert payload["drifted"] == len(report.drifted) == 1
    assert payload["features"][0]["reason"] == report["number"].reason


def test_an_event_that_is_refused_costs_no_report() -> None:
    """A full disk would take the report with it."""

    def refuse(name: str, payload: Any) -> None:
        raise OSError("no space left on device")

    monitor = Monitor.fit(table(500, 1), emit=refuse)
    with pytest.warns(PoetWarning, match="no space left"):
        report = monitor.check(table(500, 2, 0.8))
    assert report.drift_detected


def test_reports_are_known_by_their_content() -> None:
    """Feedback about one report would be taken for feedback about another."""
    monitor = fitted(table(300, 1))
    first, again = (monitor.check(table(300, 2)).execution_id for _ in range(2))
    assert first == again
    assert first != monitor.check(table(300, 3)).execution_id
    assert first.startswith("c-")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"alhpa": 0.1}, "did you mean 'alpha'"),
        ({"alpha": 0}, "alpha is 0"),
        ({"alpha": True}, "alpha is True"),
        ({"min_effect": 1.5}, "min_effect is 1.5"),
        ({"min_samples": 1}, "min_samples is 1"),
        ({"threads": -1}, "threads is -1"),
        ({"adjust": "bonferroni"}, "adjust is 'bonferroni'"),
        ({"kinds": {"x": "contnuous"}}, "did you mean 'continuous'"),
        ({"kinds": {"ammount": "text"}}, "did you mean 'amount'"),
        ({"importance": {"x": -1}}, "importance"),
        ({"importance": {"amuont": 1}}, "did you mean 'amount'"),
        ({"features": {"amount": 0.1}}, "features"),
        ({"time_budget": 0}, "time_budget is 0"),
    ],
)
def test_settings_that_cannot_be_are_refused(options: dict[str, Any], message: str) -> None:
    """A misspelt option would be ignored, and the monitor would watch by other levels."""
    with pytest.raises(ConfigError, match=message):
        Monitor.fit({"x": range(100), "amount": range(100)}, **options)


def test_options_and_a_configuration_go_together() -> None:
    """An option would silently replace a whole configuration."""
    config = MonitorConfig(thresholds=Thresholds(min_effect=0.2), threads=1)
    monitor = fitted({"x": range(100)}, config=config, alpha=0.01)
    assert monitor.config.thresholds == Thresholds(alpha=0.01, min_effect=0.2)
    assert monitor.config.threads == 1


@pytest.mark.parametrize("frame", [3, "file.parquet", None, [1, 2, 3], np.arange(3)])
def test_what_is_no_frame_is_refused(frame: Any) -> None:
    """A path passed for a frame would be an obscure error from deep within."""
    with pytest.raises(StatsInputError, match="must be a frame"):
        Monitor.fit(frame)
    with pytest.raises(StatsInputError, match="must be a frame"):
        fitted({"x": range(100)}).check(frame)


def test_frames_without_rows_or_columns_are_reported() -> None:
    """An empty file would crash the night's run."""
    empty = table(300, 1).clear()
    found = set(statuses(fitted(table(300, 1)).check(empty)).values())
    assert found == {"insufficient_data"}
    assert set(statuses(fitted(empty).check(table(300, 1))).values()) == {"insufficient_data"}
    nothing = fitted({}).check({})
    assert (len(nothing), nothing.drift_detected, nothing.drift_score) == (0, False, 0.0)
    assert nothing.to_frame().height == 0


def test_a_time_budget_is_kept_by_a_sample_that_says_so() -> None:
    """A check that must be done in time would not be, or nobody would know it saw a part only."""
    g = np.random.default_rng(1)
    reference = pl.DataFrame({f"f{i}": g.standard_normal(2_000) for i in range(30)})
    current = pl.DataFrame({f"f{i}": g.standard_normal(60_000) + (i == 3) for i in range(30)})
    report = fitted(reference, time_budget=0.01).check(current)
    assert report.sampling is not None
    assert report.sampling.rows < report.sampling.of == 60_000
    assert 0 < report.sampling.error_bound < 0.1
    assert [result.feature for result in report.drifted] == ["f3"]
    whole = fitted(reference, time_budget=1_000.0).check(current)
    assert whole.sampling is None
    assert whole.to_json() == fitted(reference).check(current).to_json()
