"""Windows of rows, of time and adaptive ones, cut from streams in any batches."""

import json
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from poet.errors import ConfigError, StatsInputError
from poet_domain_ml_monitoring import (
    AdaptiveWindows,
    FixedWindows,
    SlidingWindows,
    TimeWindows,
    windows_from_dict,
)


def moment(*parts):
    return datetime(*parts)  # noqa: DTZ001 - of no zone


def batches(frame, cuts):
    edges = [0, *sorted(cut % (frame.height + 1) for cut in cuts), frame.height]
    return [frame.slice(low, high - low) for low, high in pairwise(edges)]


def plain(windows):
    return [(w.start, w.end, w.rows.rows(), w.began, w.ended, w.closed) for w in windows]


def cut_in(windows, frames, *, saved_at=-1):
    """Push all frames, with a round through JSON before one of them."""
    found = []
    for i, frame in enumerate(frames):
        if i == saved_at:
            windows = windows_from_dict(json.loads(json.dumps(windows.to_dict())))
        found += windows.push(frame)
    return plain(found + windows.flush()), windows


def stream(n, start=datetime(2026, 3, 1, tzinfo=UTC), step=timedelta(minutes=7)):
    return pl.DataFrame(
        {
            "at": pl.Series([start + i * step for i in range(n)], dtype=pl.Datetime("us", "UTC")),
            "x": [float(i * 37 % 101) for i in range(n)],
            "city": [None if i % 11 == 0 else ["Oslo", "Rome"][i % 2] for i in range(n)],
        }
    )


CUTS = st.lists(st.integers(0, 10_000), max_size=8)
MAKERS = st.sampled_from(
    [
        lambda: FixedWindows(13),
        lambda: SlidingWindows(20, 7),
        lambda: SlidingWindows(5, 9, time="at"),
        lambda: TimeWindows("1h", time="at"),
        lambda: TimeWindows("90m", time="at", length="4h", lateness="20m"),
        lambda: TimeWindows("1d", time="at", length="30h", zone="Europe/Oslo"),
        lambda: AdaptiveWindows(20, 60, time="at"),
        lambda: AdaptiveWindows(20, 60, time="at", every="3h", columns=["x"]),
    ]
)


@settings(max_examples=40, deadline=None)
@given(MAKERS, st.integers(0, 250), CUTS, st.integers(0, 8))
def test_windows_do_not_depend_on_batches_nor_on_a_restart(make, n, cuts, saved_at):
    """Otherwise what is called drift depends on the size of a message, or on a deployment."""
    frame = stream(n)
    whole, _ = cut_in(make(), [frame])
    parts, windows = cut_in(make(), batches(frame, cuts), saved_at=saved_at)
    assert parts == whole
    assert windows.push(frame.clear()) == []


@given(st.integers(1, 30), st.integers(1, 30), st.integers(0, 200))
def test_sliding_windows_are_those_of_a_loop(rows, step, n):
    """Otherwise rows are judged twice, or never."""
    frame = pl.DataFrame({"i": range(n)})
    windows = SlidingWindows(rows, step)
    found = [(w.start, w.end, w.rows["i"].to_list()) for w in windows.push(frame)]
    want = [
        (s, s + rows, list(range(s, s + rows))) for s in range(0, n, step) if s + rows <= n
    ]  # fmt: skip
    assert found == want
    seen = {i for _, _, values in found for i in values}
    seen |= {i for w in windows.flush() for i in w.rows["i"].to_list()}
    assert seen == {i for i in range(n) if i % step < rows}


def test_days_are_local_days_where_clocks_change():
    """Otherwise a daily monitor compares 25 hours with 23, or cuts days at one in the morning."""
    start = datetime(2025, 3, 29, 22, 59, tzinfo=UTC)
    hours = pl.datetime_range(start, start + timedelta(days=230), "1h", eager=True, time_zone="UTC")
    windows = TimeWindows("1d", time="at", zone="Europe/Oslo")
    found = windows.push(pl.DataFrame({"at": hours}))
    oslo = ZoneInfo("Europe/Oslo")
    assert all(w.began.astimezone(oslo).hour == 0 for w in found)
    lengths = {w.began.date().isoformat(): w.rows.height for w in found[1:]}
    assert lengths.pop("2025-03-30") == 23
    assert lengths.pop("2025-10-26") == 25
    assert set(lengths.values()) == {24}


def test_a_midnight_that_clocks_skip_begins_the_day_later():
    """Otherwise a day without midnight (São Paulo until 2018) ends the monitor with an error."""
    start = datetime(2018, 11, 2, 0, 30, tzinfo=UTC)
    hours = pl.datetime_range(start, start + timedelta(days=5), "1h", eager=True, time_zone="UTC")
    times = hours.dt.convert_time_zone("America/Sao_Paulo")
    found = TimeWindows("1d", time="at").push(pl.DataFrame({"at": times}))
    day = {w.began.date().isoformat(): (w.began.hour, w.rows.height) for w in found}
    assert day["2018-11-04"] == (1, 23)
    assert day["2018-11-05"] == (0, 24)


@settings(max_examples=40, deadline=None)
@given(
    st.sampled_from(["1h", "1d", "1w", "1mo"]),
    st.sampled_from([None, "2h", "25h", "2w", "2mo"]),
    st.lists(st.integers(0, 200 * 24 * 60), min_size=1, max_size=120),
    st.sampled_from(["UTC", "Europe/Oslo", "Asia/Kathmandu", "America/St_Johns"]),
)
def test_each_row_is_in_every_window_that_covers_it(every, length, minutes, zone):
    """Otherwise rows fall between windows of time."""
    start = datetime(2025, 1, 1, tzinfo=UTC)
    at = [start + timedelta(minutes=m) for m in sorted(minutes)]
    frame = pl.DataFrame({"at": pl.Series(at, dtype=pl.Datetime("us", "UTC")), "i": range(len(at))})
    order = ["1h", "2h", "1d", "25h", "1w", "2w", "1mo", "2mo"]
    longer = length and order.index(length) > order.index(every)
    length = length if longer and (every, length) != ("1h", "2mo") else None
    windows = TimeWindows(every, time="at", length=length, zone=zone)
    found = windows.push(frame) + windows.flush()
    assert (windows.late, windows.untimed) == (0, 0)
    for w in found:
        inside = [i for i, t in enumerate(at) if w.began <= t < w.ended]
        assert w.rows["i"].to_list() == inside == list(range(w.start, w.end))
    begins = [w.began for w in found]
    assert begins == sorted(set(begins))
    if length is None:
        assert sum(w.rows.height for w in found) == len(at)


def test_one_stray_time_stamp_closes_nothing():
    """Otherwise one device with a wrong clock makes every later row too late to be looked at."""
    day = moment(2026, 1, 1)
    at = [day + timedelta(hours=h) for h in range(100)]
    at.insert(10, moment(2099, 1, 1))
    at.insert(5, moment(1970, 1, 1))
    windows = TimeWindows("1d", time="at")
    found = []
    for one in at:
        found += windows.push(pl.DataFrame({"at": [one]}))
    assert windows.late == 1  # the one of 1970
    assert [(w.began, w.rows.height) for w in found] == [
        (day + timedelta(days=d), 24) for d in range(4)
    ]
    assert [w.rows.height for w in windows.flush()] == [4, 1]


def test_a_gap_is_believed_once_enough_rows_are_behind_it():
    """Otherwise the last window before a weekend is never judged."""
    friday = [moment(2026, 1, 2, 16) + timedelta(minutes=m) for m in range(60)]
    monday = [moment(2026, 1, 5, 8) + timedelta(minutes=m) for m in range(5)]
    windows = TimeWindows("1h", time="at")
    assert windows.push(pl.DataFrame({"at": friday})) == []
    assert windows.push(pl.DataFrame({"at": monday[:2]})) == []
    (found,) = windows.push(pl.DataFrame({"at": monday[2:]}))
    assert (found.began, found.rows.height) == (moment(2026, 1, 2, 16), 60)


def test_rows_may_come_late_and_out_of_order_within_what_is_allowed():
    """Otherwise rows of a slow producer are lost without a word."""
    rng = np.random.default_rng(3)
    minutes = np.arange(3_000)
    arrival = np.argsort(minutes + rng.uniform(0, 29, minutes.size), kind="stable")
    start = moment(2026, 1, 1)
    frame = pl.DataFrame({"at": [start + timedelta(minutes=int(m)) for m in minutes[arrival]]})
    patient, hasty = (
        TimeWindows("1h", time="at", lateness=late) for late in (timedelta(minutes=30), None)
    )
    counts = []
    for windows in (patient, hasty):
        found = [w for part in frame.iter_slices(50) for w in windows.push(part)]
        counts.append(sum(w.rows.height for w in found + windows.flush()))
    assert counts == [3_000, 3_000 - hasty.late]
    assert (patient.late, hasty.late > 0) == (0, True)


def test_rows_without_a_time_are_counted_and_left_out():
    """Otherwise one null stamp stops the stream."""
    at = [moment(2026, 1, 1), None, moment(2026, 1, 3), moment(2026, 1, 3), None]
    windows = TimeWindows("1d", time="at", witnesses=1)
    assert [w.rows.height for w in windows.push(pl.DataFrame({"at": at}))] == [1]
    assert windows.untimed == 2


def test_a_change_of_schema_in_mid_stream_loses_no_row():
    """Otherwise a producer's new column or type ends the monitoring of all others."""
    parts = [
        pl.DataFrame({"x": [1, 2], "y": ["a", "b"], "z": [[1], [2]]}),
        pl.DataFrame({"x": [1.5], "y": ["c"], "new": [True], "z": ["no list"]}),
        pl.DataFrame({"y": ["d"], "x": ["text"]}),
    ]
    windows = FixedWindows(4)
    (found,) = [w for part in parts for w in windows.push(part)]
    assert found.rows["y"].to_list() == ["a", "b", "c", "d"]
    *numbers, text = found.rows["x"].to_list()
    assert ([float(number) for number in numbers], text) == ([1, 2, 1.5], "text")
    assert found.rows["new"].to_list() == [None, None, True, None]
    assert found.rows["z"].to_list()[2:] == ["no list", None]


@pytest.mark.parametrize(
    "make",
    [
        lambda limit: FixedWindows(1_000_000, max_bytes=limit),
        lambda limit: SlidingWindows(1_000_000, 1_000, max_bytes=limit),
        lambda limit: TimeWindows("1y", time="at", max_bytes=limit),
        lambda limit: TimeWindows("1d", length="1mo", time="at", max_bytes=limit),
        lambda limit: AdaptiveWindows(100_000, 1_000_000, max_bytes=limit),
    ],
)
def test_a_memory_limit_closes_windows_early_and_loses_no_row(make):
    """Otherwise a window that never fills takes the service down."""
    limit = 40_000
    frame = stream(8_000)
    windows, seen = make(limit), set()
    for part in frame.iter_slices(900):
        for window in windows.push(part):
            assert window.closed in ("memory", "time")
            seen.update(window.rows["at"])
        assert windows._buffer.nbytes <= limit
    seen.update(t for w in windows.flush() for t in w.rows["at"])
    assert len(seen) == 8_000


_CHILD = """
import sys
import polars as pl
from poet_domain_ml_monitoring import AdaptiveWindows, FixedWindows, SlidingWindows

def resident():
    return int(open("/proc/self/statm").read().split()[1]) * 4096

windows = {"fixed": FixedWindows(3_000), "sliding": SlidingWindows(3_000, 50),
           "adaptive": AdaptiveWindows(1_000, 4_000)}[sys.argv[1]]
sizes = []
for i in range(24):
    part = pl.DataFrame({"i": pl.int_range(150_000, eager=True)}).select(
        text=pl.format("a text that is too long to be held in place {}", "i"), x=pl.col("i") * 1.5)
    for small in (part.slice(0, 149_000), part.slice(149_000)):
        windows.push(small if sys.argv[1] == "fixed" else small.slice(small.height - 900))
    sizes.append(resident())
print(max(sizes[12:]) - max(sizes[:6]))
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc/self/statm")
@pytest.mark.parametrize("kind", ["fixed", "sliding", "adaptive"])
def test_open_rows_do_not_keep_the_frames_they_came_in(kind):
    """Otherwise a few open rows hold every frame ever pushed, and memory grows for ever."""
    done = subprocess.run(
        [sys.executable, "-c", _CHILD, kind], capture_output=True, text=True, check=True
    )
    assert int(done.stdout) < 40_000_000, done.stdout  # 24 frames are 290 MB


def shifting(n, at, seed=0, by=1.0):
    rng = np.random.default_rng(seed)
    frame = {name: rng.normal(size=n) for name in "abc"}
    frame["b"][at:] += by
    frame["label"] = np.where(rng.uniform(size=n) < 0.3, "rare", "common").astype(object)
    return pl.DataFrame(frame)


def test_an_adaptive_window_ends_where_the_change_begins():
    """Otherwise old and new rows are judged as one window, and the drift is diluted."""
    found = AdaptiveWindows(500, 8_000).push(shifting(30_000, 17_000))
    (changed,) = [w for w in found if w.closed == "change"]
    assert abs(changed.end - 17_000) <= 20
    after = found[found.index(changed) + 1]
    assert (after.start, after.rows.height) == (changed.end, 500)


def test_a_change_of_categories_ends_an_adaptive_window_too():
    """Otherwise only numbers can cut a window."""
    frame = shifting(20_000, 20_000)
    rare = pl.when(pl.int_range(pl.len()) >= 9_000).then(pl.lit("rare")).otherwise("label")
    found = AdaptiveWindows(500, 8_000).push(frame.with_columns(label=rare))
    (changed,) = [w for w in found if w.closed == "change"]
    assert abs(changed.end - 9_000) <= 20


def test_adaptive_windows_grow_while_nothing_changes():
    """Otherwise a quiet stream is judged as coarsely as at its start, or cut by chance."""
    windows = AdaptiveWindows(500, 8_000)
    found = [w for seed in range(10) for w in windows.push(shifting(40_000, 0, seed, by=0.0))]
    assert windows.changes == 0
    assert [w.rows.height for w in found][:7] == [500, 1_000, 2_000, 4_000, 8_000, 8_000, 8_000]


def test_one_outlier_does_not_cut_an_adaptive_window():
    """Otherwise a stray value looks like a change of the mean."""
    frame = shifting(20_000, 20_000)
    stray = pl.when(pl.int_range(pl.len()) == 9_000).then(1e9).otherwise("b")
    windows = AdaptiveWindows(500, 8_000)
    windows.push(frame.with_columns(b=stray))
    assert windows.changes == 0


def test_adaptive_windows_follow_the_speed_of_the_stream():
    """Otherwise a slow stream waits days for a window that a fast one fills in minutes."""
    slow = pl.datetime_range(moment(2026, 1, 1), moment(2026, 1, 3), "10s", eager=True)
    fast = pl.datetime_range(slow[-1], slow[-1] + timedelta(hours=12), "250ms", eager=True)
    at = pl.concat([slow, fast[1:]])
    x = np.random.default_rng(1).uniform(size=at.len())
    windows = AdaptiveWindows(100, 50_000, time="at", every="1h")
    found = windows.push(pl.DataFrame({"at": at, "x": x}))
    lasts = [(w.ended - w.began) / timedelta(hours=1) for w in found]
    assert 300 <= found[20].rows.height <= 400
    assert found[-1].rows.height > 10_000
    assert np.median(lasts[8:]) == pytest.approx(1, abs=0.1)


@pytest.mark.parametrize(
    ("make", "word"),
    [
        (lambda: FixedWindows(0), "rows"),
        (lambda: FixedWindows(True), "rows"),
        (lambda: SlidingWindows(5, 0), "step"),
        (lambda: FixedWindows(5, max_bytes=10), "max_bytes"),
        (lambda: TimeWindows("1 day", time="at"), "every"),
        (lambda: TimeWindows(timedelta(0), time="at"), "every"),
        (lambda: TimeWindows("1d", time="at", zone="Europe/Olso"), "zone"),
        (lambda: TimeWindows("1d", time="at", length="5h"), "length"),
        (lambda: TimeWindows("30d", time="at", length="1mo"), "length"),
        (lambda: TimeWindows("1m", time="at", length="1mo"), "every"),
        (lambda: AdaptiveWindows(5), "min_rows"),
        (lambda: AdaptiveWindows(50, 20), "max_rows"),
        (lambda: AdaptiveWindows(delta=2), "delta"),
        (lambda: AdaptiveWindows(every="1h"), "time"),
    ],
)
def test_settings_out_of_range_are_refused_by_name(make, word):
    """Otherwise a typing error becomes a monitor that never reports."""
    with pytest.raises(ConfigError) as refused:
        make()
    assert refused.value.where == word
    assert refused.value.hint


@pytest.mark.parametrize(
    ("rows", "word"),
    [
        (pl.DataFrame({"when": [1]}), "no time column"),
        (pl.DataFrame({"at": ["2026-01-01"]}), "not times"),
        (3, "no frame"),
        (stream(3).with_columns(pl.col("at").dt.replace_time_zone(None)), "have no zone"),
    ],
)
def test_rows_that_cannot_be_placed_are_refused_and_nothing_is_taken(rows, word):
    """Otherwise a bad message changes the state, or fails deep inside."""
    windows = TimeWindows("1h", time="at", zone="UTC")
    before = windows.to_dict()
    with pytest.raises(StatsInputError, match=word):
        windows.push(rows)
    assert windows.to_dict() == before


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_a_damaged_state_is_a_clear_error(data):
    """Otherwise a cut state file resumes as some other stream."""
    windows = data.draw(MAKERS)()
    windows.push(stream(50))
    state = windows.to_dict()
    name = data.draw(st.sampled_from(sorted(state)))
    value = data.draw(st.sampled_from(["?", {"no": 1}, -3.5]))
    # Any text names a column, and a number may be any other.
    plausible = name in ("time", "pace", "frontier", "limit", "passed") and value in ("?", -3.5)
    if name != "columns" and not plausible:
        with pytest.raises(StatsInputError):
            windows_from_dict({**state, name: value})
    with pytest.raises(StatsInputError):
        windows_from_dict({k: v for k, v in state.items() if k != name})
