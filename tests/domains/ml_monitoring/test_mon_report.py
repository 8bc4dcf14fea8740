"""Reports: as frames, as JSON, as text, and changed by those who add to them."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import polars as pl
import pytest
from mon_core_helpers import fitted, table
from scipy.stats import ks_2samp

from poet.errors import StatsInputError
from poet.stats import FrameCounts, FrameProfile, ProfileCounts, benjamini_hochberg
from poet_domain_ml_monitoring import Monitor, Report
from poet_domain_ml_monitoring.results import COLUMNS


@pytest.fixture(scope="module")
def report() -> Report:
    """A report with something of everything."""
    reference = table(900, 1).with_columns(nested=pl.Series([[1]] * 900), few=pl.lit(None))
    current = table(700, 2, 0.5).with_columns(nested=pl.Series([[1]] * 700), new=pl.lit(1.0))
    return fitted(reference, importance={"number": 3.0}).check(current)


def test_frame_and_results_say_the_same(report: Report) -> None:
    """The table that is read and the results that decide would differ."""
    frame = report.to_frame()
    assert {name: str(dtype) for name, dtype in frame.schema.items()} == COLUMNS
    for row, result in zip(frame.iter_rows(named=True), report, strict=True):
        assert row == {name: getattr(result, name) for name in COLUMNS}
        assert result.findings == () or result.findings[0].status == result.status
        assert report[result.feature] == result
    assert {r.status for r in report} == {"ok", "drift", "insufficient_data", "error"}


def test_numbers_are_those_of_the_named_tests(report: Report) -> None:
    """A p-value under the name of a test would be that of another."""
    reference, current = table(900, 1)["number"], table(700, 2, 0.5)["number"]
    ours, theirs = report["number"], ks_2samp(current, reference)
    assert ours.test == "ks"
    assert ours.statistic == pytest.approx(theirs.statistic)
    assert ours.p_value == pytest.approx(theirs.pvalue, rel=1e-6)
    points = np.sort(np.concatenate([current, reference]))
    apart = (
        np.searchsorted(np.sort(current), points, "right") / 700
        - np.searchsorted(np.sort(reference), points, "right") / 900
    )
    kuiper = max(apart.max(), 0) - min(apart.min(), 0)
    assert ours.effect_size == pytest.approx(kuiper)
    assert ours.severity == pytest.approx(1 - 2 ** (-kuiper / 0.06))
    found = [f for r in report for f in r.findings if f.p_value is not None]
    adjusted = benjamini_hochberg([f.p_value for f in found]).p_adjusted
    assert [f.p_adjusted for f in found] == pytest.approx(adjusted.tolist())


def test_json_is_the_report(report: Report) -> None:
    """A report read back from a file would be another, or could not be read at all."""
    text = report.to_json()
    assert "NaN" not in text
    assert json.loads(text)["features"][0]["feature"] == "number"
    again = Report.from_json(text)
    assert again == report
    assert again.to_json() == text
    assert again.to_frame().equals(report.to_frame())
    assert str(again) == str(report)
    assert again.profile is again.window is None


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"version": 2}', '{"version": 1}', "null"])
def test_other_json_is_refused(text: str) -> None:
    """A truncated report would be an obscure error, or an empty report: nothing drifted."""
    with pytest.raises(StatsInputError):
        Report.from_json(text)


def test_text_names_the_gravest_first(report: Report) -> None:
    """Somebody who is woken by the report would have to look for the reason."""
    lines = str(report).splitlines()
    assert lines[0].startswith("1 feature of 12 drifted, 0 with a warning; 700 rows against 900")
    assert lines[1].startswith("  drift      number: median ")
    assert sum("nested" in line for line in lines) == 1


def test_scores_weigh_by_importance(report: Report) -> None:
    """A feature the model does not use would count as much as the one that carries it."""
    severity = report["number"].severity
    # Eleven features of weight 1 and one of weight 3.
    assert report.drift_score == pytest.approx(3 * severity / 14)
    lighter = tuple(replace(result, importance=1.0) for result in report)
    changed = replace(report, results=lighter)
    assert changed.drift_score == pytest.approx(severity / 12)
    assert changed.to_frame()["importance"].to_list() == [1.0] * 12
    assert changed["number"].importance == 1.0
    assert changed.counts == report.counts


def test_windows_are_counted_when_asked_for(report: Report) -> None:
    """Charts of a report would have no data, or every check would pay for charts."""
    assert isinstance(report.window, FrameCounts)
    assert "nested" not in report.window.columns
    counts = ProfileCounts(report.profile["number"], report.window.columns["number"])
    assert counts.n == 700
    assert counts.quantiles([0.5])[0] == pytest.approx(
        table(700, 2, 0.5)["number"].median(), abs=0.02
    )
    again = report.profile.survey(report.window, columns="number")
    assert again.p_value[0] == report["number"].p_value


def test_reasons_of_numbers_count_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """A check would take five times as long as the comparison that it reports."""

    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("the window was counted")

    rng = np.random.default_rng(3)
    reference = pl.DataFrame({"a": rng.normal(size=3_000), "b": rng.normal(size=3_000)})
    monitor = Monitor.fit(reference)
    monkeypatch.setattr(FrameProfile, "counts", refuse)
    found = monitor.check(reference.with_columns(pl.col("a") + 2))
    reasons = found.to_frame()["reason"].to_list()
    assert "median" in reasons[0]
    assert found["a"].status == "drift"
    assert found["b"].status == "ok"


def test_missing_names_are_key_errors(report: Report) -> None:
    """A misspelt feature would be somebody else's result."""
    with pytest.raises(KeyError):
        report["numbre"]
    with pytest.raises(IndexError):
        report.results[99]
    assert report.results[-1].feature == "new"
    assert [r.feature for r in report.results[:2]] == ["number", "count"]
