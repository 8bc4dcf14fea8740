"""What a monitor keeps between calls: a reference fitted once, for its object, never stale."""

from __future__ import annotations

import gc
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from poet.errors import StatsInputError
from poet_domain_ml_monitoring import MonitorStates, frame_of
from poet_domain_ml_monitoring.agents._calls import columns, normal
from poet_domain_ml_monitoring.agents.frames import mark_of, ragged

NAMES = ("a", "b")


class Holder:
    def __init__(self, reference):
        self.reference = reference


@dataclass(slots=True)
class Slotted:
    reference: dict


def test_a_reference_is_fitted_once_for_an_object():
    """Every call would sort the reference again."""
    states, holder = MonitorStates(), Holder(columns(1, NAMES))
    first = states.of(holder).monitor(holder.reference)
    assert states.of(holder).monitor(holder.reference) is first
    other = Holder(holder.reference)
    assert states.of(other).monitor(other.reference) is not first


CHANGES = {
    "another dict": lambda h: setattr(h, "reference", columns(2, NAMES)),
    "another list under a key": lambda h: h.reference.update(a=normal(9)),
    "a value within a list": lambda h: h.reference["a"].__setitem__(3, 1e9),
    "one value more": lambda h: h.reference["b"].append(5.0),
    "a feature more": lambda h: h.reference.update(c=normal(3)),
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_reference_that_is_replaced_is_fitted_anew(change):
    """Windows would be compared with data that nobody holds any more."""
    states, holder = MonitorStates(), Holder(columns(1, NAMES))
    before = states.of(holder).monitor(holder.reference)
    CHANGES[change](holder)
    after = states.of(holder).monitor(holder.reference)
    assert after is not before
    assert after.features == tuple(holder.reference)


@pytest.mark.parametrize(
    ("make", "change"),
    [
        (lambda v: np.array(v), lambda x: x.__setitem__(0, 7.5)),
        (lambda v: pd.Series(v), lambda x: x.__setitem__(0, 7.5)),
        (lambda v: pd.DataFrame({"a": v}), lambda x: x.__setitem__("a", 7.5)),
        (lambda v: np.array(["x", *v], dtype=object), lambda x: x.__setitem__(0, "y")),
        (lambda v: [{"a": x} for x in v], lambda x: x[0].update(a=7.5)),
    ],
    ids=["array", "series", "frame", "objects", "rows"],
)
def test_what_may_change_in_place_is_known_by_its_content(make, change):
    """A reference that is filled in place would go on as it was at the first call."""
    reference = make([1.0, 2.0, 3.0])
    before = mark_of(reference)
    assert mark_of(make([1.0, 2.0, 3.0])) == before
    change(reference)
    assert mark_of(reference) != before


def test_a_polars_frame_is_known_by_its_identity():
    """A frame of a million rows would be read at every call to see that it is the same."""
    frame = pl.DataFrame({"a": [1, 2]})
    assert mark_of(frame) == mark_of(frame)
    assert mark_of(frame) != mark_of(frame.clone().with_columns(b=1))


def test_the_state_of_an_object_ends_with_it():
    """A process that makes a monitor for each request would grow for ever."""
    states = MonitorStates()
    holders = [Holder(columns(n, NAMES)) for n in range(5)]
    for holder in holders:
        states.of(holder).monitor(holder.reference)
    assert len(states) == 5
    del holder
    holders.clear()
    gc.collect()
    assert len(states) == 0


def test_objects_that_cannot_be_referred_to_weakly_are_kept_the_latest_only():
    """A class with slots would have no state, or all of them for ever."""
    states = MonitorStates(limit=3)
    kept = [Slotted(columns(n, NAMES)) for n in range(5)]
    first = states.of(kept[0])
    assert states.of(kept[0]) is first
    for holder in kept:
        states.of(holder)
    assert len(states) == 3
    assert states.of(kept[4]) is states.of(kept[4])


def test_names_stand_for_themselves():
    """Two equal names of a model would have two references."""
    states = MonitorStates()
    assert states.of("fraud") is states.of(str(b"fraud", "ascii"))
    assert states.of("fraud") is not states.of("churn")
    assert states.of(None) is states.of(None)


def test_equal_objects_are_not_one():
    """Two agents that happen to hold the same values would share a state."""

    @dataclass
    class Agent:
        name: str

    states, one, two = MonitorStates(), Agent("a"), Agent("a")
    assert one == two
    assert states.of(one) is not states.of(two)


def test_many_threads_fit_a_reference_once():
    """Each thread of a server would fit the reference for itself, or see half of it."""
    states = MonitorStates()
    holders = [Holder(columns(n, NAMES)) for n in range(4)]

    def call(n):
        holder = holders[n % 4]
        monitor = states.of(holder).monitor(holder.reference)
        window = frame_of(columns(n % 4 + 10, NAMES, {"a": 4.0}))
        return id(monitor), [r.feature for r in monitor.check(window).drifted]

    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(call, range(64)))
    assert len({key for key, _ in found}) == 4
    assert all(drifted == ["a"] for _, drifted in found)


def test_a_new_feature_is_learnt_once_whatever_the_threads_do():
    """Rows of a feature that came later would be counted twice or lost, and its events doubled."""
    from poet_domain_ml_monitoring import Monitor

    events = []
    reference = frame_of(columns(1, NAMES))
    monitor = Monitor.fit(reference, emit=lambda kind, payload: events.append((kind, payload)))
    windows = [frame_of(columns(n, (*NAMES, "late"))) for n in range(2, 18)]
    with ThreadPoolExecutor(8) as pool:
        reports = list(pool.map(monitor.check, windows))
    assert all(report.drifted == [] for report in reports)
    assert monitor.registry.windows == len(windows)
    assert len(monitor.registry.references["late"]) == 1000
    found = [payload["features"] for kind, payload in events if kind == "feature.discovery"]
    assert found == [["late"]]
    assert monitor.check(windows[0])["late"].status == "ok"


def test_windows_of_unequal_lengths_are_no_missing_values():
    """A feature that arrives less often would be reported as half missing."""
    states, holder = MonitorStates(), Holder(columns(1, NAMES))
    short = {"a": normal(5), "b": normal(6)[:100]}
    assert ragged(short) == {"b"}
    monitor = states.of(holder).monitor(holder.reference, short)
    assert monitor.check(frame_of(short)).drifted == []
    missing = {"a": normal(5), "b": [*normal(6)[:100], *[None] * 300]}
    monitor = states.of(holder).monitor(holder.reference, missing)
    assert [r.feature for r in monitor.check(frame_of(missing)).drifted] == ["b"]


def test_a_reference_of_unequal_lengths_is_compared_by_what_it_has():
    """A reference with a short feature would be refused, or said to have missing values."""
    states = MonitorStates()
    reference = {"a": normal(1), "b": normal(2)[:150]}
    now = columns(3, NAMES, {"b": 4.0})
    report = states.of(None).monitor(reference, now).check(frame_of(now))
    assert [r.feature for r in report.drifted] == ["b"]
    assert report["b"].n_reference == 150


WINDOWS = {
    "polars": pl.DataFrame,
    "lazy": lambda d: pl.DataFrame(d).lazy(),
    "pandas": pd.DataFrame,
    "dict of lists": dict,
    "dict of arrays": lambda d: {k: np.array(v) for k, v in d.items()},
    "dict of series": lambda d: {k: pl.Series(v) for k, v in d.items()},
    "dict of pandas": lambda d: {k: pd.Series(v) for k, v in d.items()},
    "rows": lambda d: [dict(zip(d, row, strict=True)) for row in zip(*d.values(), strict=True)],
    "arrow": lambda d: pl.DataFrame(d).to_arrow() if _has_arrow() else pl.DataFrame(d),
}


def _has_arrow():
    from importlib.util import find_spec

    return find_spec("pyarrow") is not None


@pytest.mark.parametrize("kind", WINDOWS)
def test_a_window_is_one_frame_whatever_it_arrives_in(kind):
    """A user would have to convert by hand."""
    data = {"a": [1.5, 2.5, 3.5], "b": [1.0, 2.0, 3.0]}
    assert frame_of(WINDOWS[kind](data)).to_dict(as_series=False) == data


def test_a_column_of_mixed_objects_stops_no_other():
    """One bad feature would cost the report of all."""
    frame = frame_of({"a": [1, 2, 3], "b": [object(), {"x": 1}, "text"], "c": [1, "x", None]})
    assert frame["a"].to_list() == [1, 2, 3]
    assert frame.height == 3
    assert frame["c"].null_count() == 1


@pytest.mark.parametrize("bad", [{"a": 1.0}, {"a": "text"}, 3, "text", [1, 2]])
def test_what_is_no_window_is_refused_with_a_way_out(bad):
    """A user would see an error from deep inside a library."""
    with pytest.raises(StatsInputError) as caught:
        frame_of(bad)
    assert caught.value.hint


@settings(max_examples=60, deadline=None)
@given(
    st.dictionaries(
        st.text(min_size=1, max_size=4),
        st.lists(
            st.one_of(st.none(), st.floats(), st.integers(), st.booleans(), st.text(max_size=3)),
            max_size=6,
        ),
        max_size=4,
    )
)
def test_any_mapping_of_lists_is_a_frame_of_its_longest(window):
    """Some mixture of values would end the run."""
    frame = frame_of(window)
    assert frame.columns == list(window)
    assert frame.height == max(map(len, window.values()), default=0)
    for name, values in window.items():
        assert frame[name].null_count() >= frame.height - len(values)
    assert mark_of(window) == mark_of({k: list(v) for k, v in window.items()})


def test_one_value_is_a_window_of_one_where_it_is_asked_for_and_else_refused():
    """A window with a text beside its columns would fail where the version was made to survive it."""
    window = {"a": [1.0, 2.0, 3.0], "scanner": "model B", "level": 2.0, "nothing": None}
    with pytest.raises(StatsInputError, match="scanner"):
        frame_of(window)
    frame = frame_of(window, single=True)
    assert frame["scanner"].to_list() == ["model B", None, None]
    assert frame["level"].to_list() == [2.0, None, None]
    assert frame["nothing"].to_list() == [None] * 3
    assert frame_of(window, single=True, without=["scanner"]).columns == ["a", "level", "nothing"]
    assert ragged(window) == {"scanner", "level", "nothing"}
