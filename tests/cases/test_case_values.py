"""Values of recorded executions and cases come back exactly as they were."""

from __future__ import annotations

import json

import numpy as np
import polars as pl
import pytest
from cases_helpers import KINDS, Window, plain
from hypothesis import given
from hypothesis import strategies as st
from polars.testing.parametric import dataframes

from poet.cases._json import to_json
from poet.cases._values import capture, read_value, table_bytes, table_of
from poet.codec import Kept, encode


class Tables(dict):
    """Tables in memory, as Parquet."""

    def put(self, table):
        name = f"{len(self)}.parquet"
        self[name] = table_bytes(table)
        return name

    def get(self, name):
        return table_of(self[name])


def there_and_back(value, *, keep=True):
    tables = Tables()
    tree, _ = capture(value, 32 << 20)
    found, missing = to_json(tree, tables)
    assert missing == []
    return read_value(json.loads(json.dumps(found)), tables, keep=keep)


@pytest.mark.parametrize("value", KINDS, ids=lambda v: type(v).__name__)
def test_every_kind_of_value_comes_back_bit_by_bit(value):
    """A case would be judged on other inputs than those that failed in production."""
    back = there_and_back(value)
    assert type(back) is type(value)
    assert encode(back) == encode(value)


@given(plain)
def test_plain_data_comes_back(value):
    """A NaN, a signed zero or a key of another type would be lost between call and case."""
    assert encode(there_and_back(value)) == encode(value)


@given(st.data())
def test_any_frame_comes_back(data):
    """A column's dtype, nulls or NaN bits would change on the way through Parquet."""
    frame = data.draw(dataframes(max_cols=4, max_size=8, excluded_dtypes=[pl.Object]))
    assert encode(there_and_back(frame)) == encode(frame)


def test_a_class_that_is_not_loaded_crosses_as_what_it_was():
    """Learning runs in another process: a user's dataclass would reach the sandbox as a dict."""
    tables = Tables()
    value = [Window(pl.DataFrame({"x": [1.0]})), {"w": Window(np.arange(3))}]
    found, _ = to_json(capture(value, 1 << 20)[0], tables)
    text = json.dumps(found).replace("cases_helpers.Window", "no_such_module.Window")
    back = read_value(json.loads(text), tables, keep=True)
    assert isinstance(back[0], Kept)
    assert "no_such_module.Window" in repr(back[0])
    assert str(encode(back)) == str(encode(value)).replace("cases_helpers", "no_such_module")


def test_an_outcome_is_what_the_gate_would_read():
    """The same rule would see an object in a recorded outcome and a dict in a replayed one."""
    back = there_and_back(Window([1]), keep=False)
    assert back == {"__type__": "cases_helpers.Window", "rows": [1], "level": 0.05}


def test_small_arrays_and_numbers_are_readable():
    """A reviewer would see base64 where three numbers stand."""
    found, _ = to_json(capture({"x": 1.5, "a": np.array([1.0, 2.0])}, 1 << 20)[0], Tables())
    assert found == {"x": 1.5, "a": {"$": "ndarray", "dtype": "<f8", "shape": [2], "v": [1.0, 2.0]}}


def test_a_pandas_frame_is_one_table():
    """A wide frame would become a file for each of its columns."""
    import pandas as pd

    tables = Tables()
    to_json(capture(pd.DataFrame({c: range(500) for c in "abc"}), 1 << 20)[0], tables)
    assert len(tables) == 1


@pytest.mark.parametrize(
    "found",
    [
        {"$": 1}, {"$": "no such kind"}, {"$": "table", "file": "9.parquet"}, {"$": "float", "v": "x"},
        {"$": "ndarray", "dtype": "<f8", "shape": [9], "v": [1.0]}, {"$": "bytes", "v": "*"},
        {"$": "column", "file": "0.parquet", "column": "values"}, {"$": "table"}, {"$": "fields", "v": 1},
    ],
    ids=str,
)  # fmt: skip
def test_damaged_values_are_errors(found):
    """Damage would come back as some other value, or as a traceback of a library."""
    with pytest.raises((ValueError, OSError)):
        read_value(found, Tables(), keep=True)


def test_what_is_no_data_is_named():
    """Nobody would learn why an execution cannot be run again."""
    tree, _ = capture([open, pl.LazyFrame({"a": [1]}), iter([1])], 1 << 20)
    _, missing = to_json(tree, Tables())
    assert len(missing) == 3
    assert "LazyFrame" in missing[1]
    tree, size = capture([b"x" * 100], 50)
    assert (to_json(tree, Tables())[1], size) == (["inputs of more than 50 bytes"], 0)
