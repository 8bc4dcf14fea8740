"""Lazy frames are read in batches, with any Polars."""

import numpy as np
import polars as pl
import pytest

from poet.stats import FrameProfile
from poet.stats import _frames as frames

FRAME = pl.DataFrame({"x": np.arange(50.0) % 17, "word": ["a", "b", "c", "d", "e"] * 10})


def heights(batches):
    return [batch.height for batch in batches]


@pytest.mark.parametrize("rows", [1, 7, 25, 50, 51])
def test_batches_of_a_lazy_frame_are_all_of_its_rows(monkeypatch, rows):
    """With an old Polars, rows would be counted twice or left out, or all be read at once."""
    monkeypatch.setattr(frames, "BATCH_ROWS", rows)
    profile = FrameProfile.fit(FRAME[:30])
    whole = profile.counts(FRAME)
    for read in (frames._slices, lambda lazy: frames.batches(lazy, ["x", "word"])):
        assert pl.concat(read(FRAME.lazy())).sort("x", "word").equals(FRAME.sort("x", "word"))
    assert max(heights(frames._slices(FRAME.lazy()))) <= rows
    counted = profile.counts(FRAME.lazy())
    for name, native in whole.columns.items():
        assert counted.columns[name].size == native.size
        assert counted.columns[name].categories == native.categories


def test_a_lazy_frame_without_rows_has_its_columns():
    """An empty day would be reported as a table without columns."""
    (batch,) = frames._slices(FRAME.clear().lazy())
    assert batch.schema == FRAME.schema
