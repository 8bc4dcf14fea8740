"""What all parts of monitoring share: frames of any library, numbers in words, events, states."""

from __future__ import annotations

import doctest
import math
import os
from importlib import import_module
from pathlib import Path

import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

import poet_domain_ml_monitoring
from poet.errors import PoetWarning, StatsInputError
from poet.files import write_whole
from poet_domain_ml_monitoring import SeasonalMonitor, StreamMonitor, frame_of
from poet_domain_ml_monitoring._frames import as_frame
from poet_domain_ml_monitoring._numbers import chance, effect, number, p_value, share

PACKAGE = Path(poet_domain_ml_monitoring.__file__).parent
EXAMPLES = sorted(
    ".".join((PACKAGE.name, *path.relative_to(PACKAGE).with_suffix("").parts))
    for path in PACKAGE.rglob("*.py")
    if ">>>" in path.read_text(encoding="utf-8")
)
ROWS = {"x": [1.0, 2.5, -3.0], "n": [1, 2, 3], "t": ["a", "b", None]}


def broken(type: str, payload: object) -> None:  # noqa: A002
    raise OSError("no space left")


@pytest.mark.parametrize(
    "made",
    [pl.DataFrame, lambda r: pl.DataFrame(r).lazy(), pd.DataFrame, dict,
     lambda r: {name: np.array(v, dtype=object) for name, v in r.items()}],
    ids=["polars", "lazy", "pandas", "mapping", "objects"],
)  # fmt: skip
def test_rows_are_the_same_of_whatever_library(made):
    """A stream of pandas frames would be judged otherwise than one of Polars frames."""
    assert as_frame(made(ROWS)).equals(pl.DataFrame(ROWS))
    assert frame_of(made(ROWS)).equals(pl.DataFrame(ROWS))


def test_mixed_numbers_stay_numbers_and_mixed_types_lose_no_row():
    """A list that begins with a whole number would be compared as categories, or be refused."""
    mixed = {"number": [1, 2.5, None], "any": [1, "b", None], "large": [10**40, 1, None]}
    for frame in (as_frame(mixed), frame_of(mixed)):
        assert frame["number"].to_list() == [1.0, 2.5, None]
        assert frame["any"].to_list() == ["1", "b", None]
        assert frame["large"].null_count() == 1
        assert frame.height == 3


@pytest.mark.parametrize("rows", [3, "text", {"x": [1, 2], "y": [1]}, object()])
def test_no_frame_is_refused_by_name(rows):
    """The user would see another library's error, without the argument's name."""
    with pytest.raises(StatsInputError, match="history is no frame"):
        as_frame(rows, "history")


@given(st.floats(0, 1))
def test_no_share_or_p_value_is_rounded_to_never_or_always(value):
    """One row in a million would read as none of them."""
    assert (share(value) == "0 %") == (value == 0)
    assert (share(value) == "100 %") == (value == 1)
    assert p_value(value) not in ("0", "0.0", "0e0")
    assert chance(value).startswith(("p = ", "p < "))


@given(st.floats(-1e300, 1e300) | st.sampled_from([math.nan, math.inf, -math.inf]))
def test_a_number_is_told_to_four_digits(value):
    """A reason would give another number than the one measured."""
    text = number(value)
    if not math.isfinite(value):
        assert text in ("-", "∞", "-∞")
        return
    assert float(text.replace(",", "")) == pytest.approx(value, rel=6e-4, abs=0)
    assert effect(None) == number(None) == p_value(None) == "-"


def test_a_broken_log_costs_no_report():
    """A full disk would end the monitors that should tell of it."""
    g = np.random.default_rng(0)
    usual, moved = g.standard_normal(600), g.standard_normal(600) + 5
    stream = StreamMonitor({"x": usual}, 200, emit=broken)
    with pytest.warns(PoetWarning, match="no space left"):
        assert [change.status for change in stream.push({"x": moved})] == ["drift"]
    days = pl.datetime_range(pl.datetime(2024, 1, 1), pl.datetime(2025, 8, 22), "1d", eager=True)
    history = pl.DataFrame({"at": days[:600], "x": usual})
    later = pl.DataFrame({"at": days[:600].dt.offset_by("600d"), "x": moved})
    seasonal = SeasonalMonitor.fit(history, time="at", emit=broken)
    with pytest.warns(PoetWarning, match="no space left"):
        assert seasonal.check(later).drift_detected


def test_a_state_is_written_whole_or_not_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """A disk that is full half-way would leave half a state where a whole one was."""
    path = tmp_path / "state"
    write_whole(path, b"old")

    def full(file: int) -> None:
        raise OSError("no space left")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="no space left"):
        write_whole(path, b"new and longer")
    assert [p.name for p in tmp_path.iterdir()] == ["state"]
    assert path.read_bytes() == b"old"


@pytest.mark.parametrize("module", EXAMPLES)
def test_examples_in_docstrings_run(module: str):
    """The first thing a newcomer copies would not work, or show another figure."""
    results = doctest.testmod(import_module(module))
    assert results.attempted
    assert not results.failed
