"""What the bench counts as a false alarm, a miss and a delay; that it draws what it says."""

from __future__ import annotations

import numpy as np
import pytest

from bench import report
from bench.accuracy.draws import CASES, pair
from bench.accuracy.streams import AFTER, BEFORE, REFERENCE, WINDOW, Stream, load, score, write

ROWS = (BEFORE + AFTER) * WINDOW
CASE = {case.key: case for case in CASES}


def stream(at, change="shift"):
    return Stream("normal", "synthetic", "numbers", change, at, 0)


@pytest.mark.parametrize(
    ("at", "alarms", "want"),
    [
        (8_100, [8_500], {"windows": 16, "false": 0, "delay": 400}),
        (8_100, [500, 700, 8_050, 9_000], {"windows": 16, "false": 2, "delay": 900}),
        (8_100, [1, 2, 499, 500], {"windows": 16, "false": 1, "delay": None}),
        (8_100, [], {"windows": 16, "false": 0, "delay": None}),
        (8_000, [8_000, 8_001], {"windows": 16, "false": 1, "delay": 1}),
    ],
)
def test_alarms_are_counted_by_windows_before_and_by_rows_after_the_change(at, alarms, want):
    """An alarm just before the change would pass for its discovery, or many for one window's."""
    assert score(stream(at), alarms) == want


def test_without_a_change_every_window_with_an_alarm_is_false():
    """The last windows of a quiet stream would not count."""
    assert score(stream(ROWS, "none"), [ROWS, 500]) == {"windows": ROWS // WINDOW, "false": 2}


def test_streams_change_where_they_say_and_nowhere_else(tmp_path):
    """A label off by some rows would turn discoveries into false alarms."""
    write(tmp_path)
    known, values = load(tmp_path)
    assert len({one.position for one in known}) == len(known) == len(values)
    assert not np.isnan(values).any()
    for one in known:
        row = values[one.position]
        before, after = row[: REFERENCE + one.at], row[REFERENCE + one.at :]
        if one.change == "none":
            assert not len(after)
        elif one.change.startswith("unseen"):
            assert set(np.unique(after)) - set(np.unique(before))
        elif one.name == "normal" and one.change == "shift 0.5 sd":
            assert before.mean() == pytest.approx(0, abs=0.05)
            assert after.mean() == pytest.approx(0.5, abs=0.05)


def test_cases_are_what_their_titles_say():
    """Every rate of the page would be of another change."""
    reference, current = pair(CASE["far-2%"], 10_000, 3)
    assert (current > 5).sum() == 200
    assert (reference > 5).sum() == 0
    reference, current = pair(CASE["shift-0.2-outlier"], 10_000, 3)
    assert (reference == 1e9).sum() == 1
    assert current.mean() == pytest.approx(0.2, abs=0.05)
    assert pair(CASE["scale-1.2"], 10_000, 3)[1].std() == pytest.approx(1.2, rel=0.05)
    assert not np.array_equal(reference, pair(CASE["shift-0.2-outlier"], 10_000, 4)[0])


def test_a_section_of_another_bench_is_replaced_and_kept(tmp_path):
    """A full run would drop the monitor's figures, or a second one print them twice."""
    page = tmp_path / "page.md"
    page.write_text("# Page\n\nText.\n\n## Versions\n\n- a 1\n", encoding="utf-8")
    for text in ("## One\n\nold\n", "## One\n\nnew\n"):
        report.put_section(page, "one", text)
    report.put_section(page, "two", "## Two\n")
    text = page.read_text(encoding="utf-8")
    assert (text.count("## One"), "old" in text) == (1, False)
    assert text.index("new") < text.index("## Two") < text.index("## Versions")
    assert list(report.kept_sections(page)) == ["one", "two"]
