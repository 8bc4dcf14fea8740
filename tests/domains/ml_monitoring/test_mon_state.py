"""Monitors in files, in other processes, and put together from parts."""

from __future__ import annotations

import io
import json
import pickle
import zipfile
from itertools import pairwise
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mon_core_helpers import fitted, silent, statuses, table

from poet.errors import ConfigError, StatsInputError
from poet_domain_ml_monitoring import FixedWindows, Monitor, Thresholds


def test_a_saved_monitor_goes_on_as_before(tmp_path: Path) -> None:
    """A restart would change verdicts, or lose the rows of the open window."""
    monitor = fitted(
        table(500, 1).with_columns(nested=pl.Series([[1]] * 500)),
        windows=FixedWindows(200),
        features={"count": Thresholds(min_effect=0.3)},
        importance={"number": 2.0},
    )
    stream = table(500, 2, 0.4).with_columns(nested=pl.Series([[1]] * 500), late=pl.lit(1.5))
    first = monitor.update(stream[:330])
    path = tmp_path / "state.poet"
    monitor.save(path)
    again = Monitor.load(path, emit=silent)
    assert again.to_bytes() == monitor.to_bytes() == path.read_bytes()
    assert again.config == monitor.config
    rest, same = monitor.update(stream[330:]), again.update(stream[330:])
    assert (len(first), len(rest)) == (1, 1)
    assert [r.to_json() for r in same] == [r.to_json() for r in rest]
    assert monitor.flush()[0].rows_current == 100
    assert list(tmp_path.iterdir()) == [path]


def test_monitors_cross_processes() -> None:
    """A pool of workers could not be handed the monitor."""
    monitor = fitted(table(300, 1))
    copy = pickle.loads(pickle.dumps(monitor))
    assert copy.to_bytes() == monitor.to_bytes()


def test_equal_monitors_are_equal_bytes() -> None:
    """A state under version control would change with every run."""
    assert fitted(table(300, 1)).to_bytes() == fitted(table(300, 1)).to_bytes()


def test_any_tool_reads_the_file(tmp_path: Path) -> None:
    """The state could only be looked at with the program that wrote it."""
    path = tmp_path / "state.poet"
    fitted(table(300, 1)).save(path)
    with zipfile.ZipFile(path) as file:
        assert json.loads(file.read("monitor.json"))["rows"] == 300
        assert pl.read_ipc(io.BytesIO(file.read("reference.arrow"))).height > 5


@given(data=st.data())
@settings(max_examples=60, deadline=None)
def test_damage_is_named(data: st.DataObject) -> None:
    """A torn file would load as another reference, and everything would drift."""
    whole = STATE
    cut = data.draw(st.integers(0, len(whole) - 1))
    flipped = data.draw(st.integers(0, len(whole) - 1))
    damaged = bytearray(whole)
    damaged[flipped] ^= 0xFF
    with pytest.raises(StatsInputError, match=r"damaged|no monitor"):
        Monitor.from_bytes(whole[:cut], emit=silent)
    try:
        read = Monitor.from_bytes(bytes(damaged), emit=silent)
    except StatsInputError as error:
        assert error.hint  # noqa: PT017
    else:
        # A byte of the archive's own that says nothing, such as a date.
        assert read.to_bytes() == whole


STATE = fitted(table(120, 1)).to_bytes()


def test_other_files_and_other_versions_are_named(tmp_path: Path) -> None:
    """A wrong path would be an obscure error, a newer file would be read wrongly."""
    path = tmp_path / "reference.parquet"
    table(10, 1).write_parquet(path)
    with pytest.raises(StatsInputError, match="damaged") as told:
        Monitor.load(path)
    assert str(path) in str(told.value)
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr("monitor.json", '{"format": "poet-monitor", "version": 9}')
        file.writestr("reference.arrow", b"")
    with pytest.raises(StatsInputError, match="version 9"):
        Monitor.from_bytes(archive.getvalue())
    with pytest.raises(FileNotFoundError):
        Monitor.load(tmp_path / "none")


COMPARED = ["number", "count", "letter", "flag", "sparse", "gaps"]


@given(cuts=st.lists(st.integers(150, 1_050), min_size=1, max_size=3))
@settings(max_examples=15, deadline=None)
def test_parts_put_together_are_the_whole(cuts: list[int]) -> None:
    """A reference fitted on several machines would be another one than that of all rows."""
    reference = table(1_200, 1).select(COMPARED)
    ends = [0, *sorted(set(cuts)), 1_200]
    kinds = {"count": "discrete", "sparse": "sparse", "letter": "categorical"}
    parts = [fitted(reference[a:b], kinds=kinds) for a, b in pairwise(ends) if b > a]
    merged, whole = sum(parts[1:], parts[0]), fitted(reference, kinds=kinds)
    assert merged.rows == 1_200
    window = table(700, 2, 0.3)
    told, expected = (m.check(window, execution_id="same").to_frame() for m in (merged, whole))
    assert told.equals(expected)
    assert [f for r in merged.check(window) for f in r.findings] == [
        f for r in whole.check(window) for f in r.findings
    ]


def test_parts_of_other_tables_are_refused() -> None:
    """Two references of different tables would be added up without a word."""
    with pytest.raises(ConfigError, match="different features: y"):
        fitted({"x": range(100)}) + fitted({"x": range(100), "y": range(100)})


def test_a_feature_read_as_two_kinds_stops_no_other() -> None:
    """One column that is full of zeros on one machine only would lose the whole reference."""
    g = np.random.default_rng(1)
    dense, sparse = g.standard_normal(300), np.where(g.random(300) < 0.99, 0, 1.5)
    merged = fitted({"x": dense, "y": dense}) + fitted({"x": sparse, "y": dense})
    report = merged.check({"x": dense, "y": dense})
    assert statuses(report) == {"x": "error", "y": "ok"}
    assert "continuous and sparse" in report["x"].reason
    assert "kinds={'x'" in report["x"].reason
