"""The page as text: what it says first, what it draws, and how large it may grow."""

from __future__ import annotations

import json
import math
import re
from dataclasses import replace
from datetime import UTC, datetime
from html import escape
from html.parser import HTMLParser
from itertools import pairwise

import mon_page_helpers as helpers
import numpy as np
import polars as pl
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from poet.stats import Profile
from poet_domain_ml_monitoring import AlertManager, HealthMonitor, Problem, Sampling, _numbers
from poet_domain_ml_monitoring._emit import silent
from poet_domain_ml_monitoring.page import (
    Bars,
    Histogram,
    Past,
    distribution,
    to_html,
    to_json,
    verdict,
)
from poet_domain_ml_monitoring.page import _words as words
from poet_domain_ml_monitoring.page._axes import label, ticks
from poet_domain_ml_monitoring.page._history import course
from poet_domain_ml_monitoring.page._svg import histogram

VOID = {"meta", "br", "rect", "line", "path"}


class Balanced(HTMLParser):
    """Fails on a tag that is not closed in its place."""

    def __init__(self):
        super().__init__()
        self.open = []

    def handle_starttag(self, tag, attrs):
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        pass

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


def drawn(reference, current):
    profile = Profile.fit(reference)
    return distribution(profile, profile.counts(current))


def test_verdict_comes_first_and_names_the_worst():
    """Whoever is called at night would have to search for what is wrong."""
    report = helpers.drifted()
    text = to_html(report)
    assert (
        text.index("<h1>Drift in")
        < text.index(report.drifted[0].feature)
        < text.index('class="chart"')
    )
    assert f"Most of all <b><bdi>{report.drifted[0].feature}</bdi></b>" in text
    assert "<h1>No drift in 9 features</h1>" in to_html(helpers.calm())


@pytest.mark.parametrize(("change", "level", "headline"), [
    ({}, "ok", "No drift in 9 features"),
    ({"problems": (Problem("missing_feature", "tenure", "gone"),)}, "problem", "Data problem in 1 feature"),
    ({"problems": (Problem("new_feature", "utm", "new"),)}, "ok", "No drift in 9 features"),
    ({"safe_mode": True}, "problem", "Data problem: most features are new"),
])  # fmt: skip
def test_verdict_of_a_calm_report(change, level, headline):
    """A missing column would pass as no drift, or a harmless new one would wake somebody."""
    found = verdict(replace(helpers.calm(), **change))
    assert (found.level, found.headline) == (level, headline)


def test_verdict_of_data_problems_beside_drift():
    """A retraining would be started on data whose columns have changed."""
    gone = Problem("missing_feature", "tenure", "The reference has it, current does not.")
    found = verdict(replace(helpers.drifted(), problems=(gone,)))
    assert found.level == "problem"
    assert re.fullmatch(r"Data problem in 1 feature; drift in \d of 9 features", found.headline)


def test_too_little_data_is_no_all_clear():
    """Three rows would be reported as `no drift`."""
    found = verdict(helpers.report(rows=3))
    assert (found.level, found.headline) == (
        "problem",
        "Nothing could be compared: too little data",
    )
    assert words.STATUS_WORDS["insufficient_data"] in to_html(helpers.report(rows=3))


def test_same_report_same_bytes():
    """A stored page could not be compared with one made again."""
    history = [helpers.report(0.5, seed=4, rows=900)]
    pages = {to_html(helpers.report(1.0), history=history, title="t") for _ in range(2)}
    assert len(pages) == 1
    assert to_json(helpers.report(1.0)) == to_json(helpers.report(1.0))


def test_page_is_whole_and_alone():
    """A mail client or an offline machine would show a page with holes."""
    text = to_html(helpers.drifted(), history=[helpers.calm()], title="x & y <z>")
    parser = Balanced()
    parser.feed(text)
    assert parser.open == []
    assert "<script" not in text
    assert not re.search(r"""(?:src|href)=["'](?!#)|url\(|@import|//""", text)
    assert "<title>x &amp; y &lt;z&gt;: Drift in" in text


def test_ten_thousand_features_stay_small():
    """The page of a wide model could not be opened or mailed."""
    random = np.random.default_rng(0)
    base = random.normal(size=200)
    reference = pl.DataFrame({f"feature_{i:05d}": base for i in range(10_000)})
    current = pl.DataFrame(
        {f"feature_{i:05d}": base + (3 if i % 3 == 0 else 0) for i in range(10_000)}
    )
    report = helpers.check(reference, current)
    text = to_html(report, history=[Past.of(report.to_dict())] * 80)
    assert text.count('class="chart"') == 12
    assert "9,750 more" in text
    assert "3,334 drift" in text
    assert len(text.encode()) < 400_000


def test_past_reports_show_since_when():
    """Nobody could tell a drift of an hour ago from one of last week."""
    past = [
        helpers.report(shift, seed=i, rows=1500)
        for i, shift in enumerate([0.0, 1.0, 0.0, 1.0, 1.0])
    ]
    kept = [Past.of(json.loads(to_json(one))) for one in past]
    report = helpers.drifted()
    for history in past, kept:
        found = course(history, report)
        assert found.since("score") == 3
        assert found.scores[-1] == report.drift_score
        assert [p.status == "drift" for p in found.features["score"]] == [
            False,
            True,
            False,
            True,
            True,
            True,
        ]
    text = to_html(report, history=kept)
    assert "Drifting for the last 3 checks in a row." in text
    assert text == to_html(report, history=past)
    assert "The last 6 checks" in text


def test_alerts_and_health_stand_with_what_to_do():
    """Whoever is called would read numbers, and not what to do about them."""
    report = helpers.drifted()
    now = datetime(2026, 1, 5, 3, 0, tzinfo=UTC)
    alerts = AlertManager(emit=silent).process(report, now=now)
    health = HealthMonitor(emit=silent).assess(report, now=now)
    assert alerts
    assert health.recommendations
    text = to_html(report, alerts=alerts, health=health)
    parser = Balanced()
    parser.feed(text)
    assert escape(alerts[0].title) in text
    for line in alerts[0].why.splitlines():
        assert escape(line)[:390] in text
    assert "\N{REPLACEMENT CHARACTER}" not in text
    assert f">{health.status}</span>" in text
    assert escape(health.recommendations[0].action) in text
    for component in health.components:
        assert escape(component.detail) in text
    assert "Alerts" not in to_html(report)


def test_sample_and_its_error_are_said():
    """A reader would take a verdict on a sample for one on every row."""
    sampling = Sampling(1000, 50_000, 0.052, False, "a second was given")
    text = to_html(replace(helpers.calm(), sampling=sampling))
    assert "1,000 of 50,000 rows: a second was given" in text
    assert "off by more than 5.2 %. The clock decided" in text


def test_json_is_strict():
    """A reader in another language would stumble over NaN."""
    frame = pl.DataFrame({"x": [math.nan] * 50, "y": [1.0, math.inf] * 25})
    text = to_json(helpers.check(frame, frame))
    json.loads(text, parse_constant=lambda word: pytest.fail(word))


def test_one_outlier_does_not_flatten_the_chart():
    """One stray value of 1e9 would squeeze all others into one bar."""
    random = np.random.default_rng(0)
    values = random.normal(size=5000)
    for ref, cur in ((np.append(values, 1e9), values), (values, np.append(values, [1e9, -1e9]))):
        found = drawn(ref, cur)
        assert found.edges[-1] < 10
        assert sum(share > 0.01 for share in found.reference) > 10
        assert 4e8 < max(*found.highest) <= 1e9
    text = to_html(
        helpers.check(pl.DataFrame({"x": values}), pl.DataFrame({"x": np.append(values + 1, 1e9)}))
    )
    assert re.search(
        r"Outliers clipped: .* of current and .* lie above .*, "
        r"as far as [5-9]\d\d,\d{3},\d{3} \(at least, current\)",
        text,
    )


def test_histogram_agrees_with_numpy():
    """A chart would show another distribution than the data have."""
    random = np.random.default_rng(1)
    ref, cur = random.normal(size=20_000), random.normal(0.5, 1.2, 9000)
    found = drawn(ref, cur)
    edges = np.array(found.edges)
    for values, shares in ((ref, found.reference), (cur, found.current)):
        exact = np.histogram(values, edges)[0] / len(values)
        assert np.abs(exact - shares).max() < 0.0035
    assert found.medians == pytest.approx((np.median(ref), np.median(cur)), abs=0.005)


def test_skewed_amounts_get_a_logarithmic_axis():
    """Of amounts of money one would see one bar at the left."""
    amounts = np.random.default_rng(0).lognormal(3, 2, 5000)
    found = drawn(amounts, amounts * 3)
    assert found.scale == "log"
    assert max(found.reference) < 0.2


def test_whole_numbers_have_equal_bins():
    """Ages would show spikes that are only bins with one number more."""
    ages = np.tile(np.arange(18, 96), 50)
    found = drawn(ages, ages)
    assert len({round(b - a, 9) for a, b in pairwise(found.edges)}) == 1
    assert max(found.reference[:-1]) - min(found.reference[:-1]) < 0.005


def test_bars_show_what_moved_and_pool_the_rest():
    """With a thousand categories the one that vanished would be lost."""
    ref = [f"c{i}" for i in range(1000)] * 5 + ["big"] * 5000
    found = drawn(ref, [f"c{i}" for i in range(1000)] * 5 + ["new"] * 5000)
    assert isinstance(found, Bars)
    assert [(b.label, b.is_new) for b in found.bars[:1]] == [("big", False)]
    assert found.bars[-1] == ("new", 0.0, 0.5, True)
    assert len(found.bars) == 8
    assert found.others == 994
    assert sum(b.current for b in found.bars) + found.others_current == pytest.approx(1)


numbers = st.lists(
    st.one_of(st.floats(allow_nan=False), st.integers(-50, 50).map(float)), min_size=1, max_size=60
)


@settings(max_examples=80, deadline=None)
@given(numbers, numbers)
@example([1.3658175123010847e303, -1.7976794766871928e308], [0.0])
@example([1.0, 27.0, 5e-324], [0.0])  # high / low is no finite number
def test_every_share_is_somewhere(ref, cur):
    """Extreme values would break the page, or rows would vanish from it."""
    found = drawn(np.array(ref), np.array(cur))
    if found is None:
        with np.errstate(over="ignore"):  # the spread may be beyond all numbers
            spread = np.ptp([v for v in ref if np.isfinite(v)] or [0.0])
        extreme = (
            np.abs(ref + cur).max() > 1e290 or spread < 1e-12 * np.abs(ref).max() or spread < 1e-290
        )
        assert extreme
        return
    assert isinstance(found, Histogram)
    assert np.isfinite(found.edges).all()
    assert all(a < b for a, b in pairwise(found.edges))
    for at, shares in enumerate((found.reference, found.current)):
        assert sum(shares) + found.below[at] + found.above[at] == pytest.approx(1)
    drawing = histogram(found, "x", "Float64")
    parser = Balanced()
    parser.feed(drawing)
    assert not re.search(r"\b(nan|inf)\b", drawing)


@pytest.mark.parametrize(("value", "text"), [
    (None, "-"), (math.nan, "-"), (0.0, "0"), (12.3456, "12.35"), (1234567.0, "1,234,567"), (1e9, "1e9"),
    (-2.5e12, "-2.5e12"), (3.2e-7, "3.2e-7"), (math.inf, "∞"), (-0.25, "-0.25"),
])  # fmt: skip
def test_numbers_read_well(value, text):
    """A reader would count zeros at night."""
    assert _numbers.number(value) == text


@pytest.mark.parametrize(("value", "text"), [
    (0.0, "0 %"), (1.0, "100 %"), (1e-9, "< 0.01 %"), (0.99999, "> 99.9 %"), (0.5, "50 %"), (0.0123, "1.2 %"),
])  # fmt: skip
def test_shares_read_well(value, text):
    """What is rare would read as never."""
    assert _numbers.share(value) == text


@given(st.floats(-1e12, 1e12), st.floats(1e-9, 1e12))
def test_ticks_lie_within_and_are_few(low, width):
    """An axis would be full of figures, or empty."""
    high = low + width
    found = ticks(low, high, "linear")
    assert len(found) <= 7
    if width > 1e-6 * abs(low):
        assert found
        assert all(low - width * 1e-6 <= t <= high + width * 1e-6 for t in found)


@pytest.mark.parametrize(("value", "dtype", "width", "text"), [
    (19723.0, "Date", 300.0, "2024-01-01"),
    (1.70406720e15, "Datetime(time_unit='us', time_zone=None)", 1e13, "2024-01-01"),
    (1.70406720e12, "Datetime(time_unit='ms', time_zone=None)", 3.6e6, "01 Jan 00:00"),
    (3.6e9, "Duration(time_unit='us')", 1e10, "1:00:00"),
    (1.104e13, "Time", 1e13, "03:04"),
    (1e30, "Date", 1e30, "1e30"),
    (41.0, "Float64", 10.0, "41"),
])  # fmt: skip
def test_times_are_told_as_times(value, dtype, width, text):
    """A date would be shown as 1.7e15."""
    assert label(value, dtype, width) == text
