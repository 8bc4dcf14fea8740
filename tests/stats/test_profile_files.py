"""Profiles and counts as bytes: what `poet._native` writes, others read, and what it refuses."""

import io
import math

import polars as pl
import pytest

from poet import _native
from poet.stats._columns import native_column

_ASK = {
    "min_size": 1,
    "ks": True,
    "level": None,
    "bins": 4,
    "pseudo_count": 0.5,
    "min_expected": 5.0,
    "threads": 1,
}

_REFERENCE = pl.DataFrame(
    {
        "float": [1.5, -math.inf, 5e-324, math.nan, None],
        "integer": [2**63 - 1, -(2**63), 0, None, 0],
        "text": ["b", "", "ä", None, "b"],
        "time": pl.Series([1, 2, None, 2, 3], dtype=pl.Datetime("us", "UTC")),
        "empty": pl.Series([None] * 5, dtype=pl.Float64),
    }
)


def _columns(frame: pl.DataFrame) -> list[_native.Column]:
    return [native_column(frame[name], name) for name in frame.columns]


def _profiles(frame: pl.DataFrame = _REFERENCE) -> list[_native.ColumnProfile]:
    fitted = _native.fit_columns(_columns(frame), 1)
    return [profile for profile in fitted if not isinstance(profile, str)]


def _bytes() -> bytes:
    return _native.profiles_to_bytes(_REFERENCE.columns, _profiles())


def test_profiles_compare_the_same_after_their_file() -> None:
    """Otherwise a restarted service would judge the same window differently."""
    read = _native.profiles_from_bytes(_bytes())
    assert [name for name, _ in read] == _REFERENCE.columns
    columns = _columns(_REFERENCE.reverse().head(3))
    before = _native.compare_columns(_profiles(), columns, **_ASK)
    after = _native.compare_columns([profile for _, profile in read], columns, **_ASK)
    assert repr(before) == repr(after)


def test_the_same_profiles_give_the_same_bytes() -> None:
    """Otherwise files under version control would change without a change of the data."""
    assert _bytes() == _bytes()
    read = _native.profiles_from_bytes(_bytes())
    assert _native.profiles_to_bytes([n for n, _ in read], [p for _, p in read]) == _bytes()


def test_polars_reads_both_files() -> None:
    """Otherwise a stored profile could be looked into with POET only."""
    frame = pl.read_ipc(io.BytesIO(_bytes()), use_pyarrow=False)
    assert frame["name"].to_list() == _REFERENCE.columns
    assert frame["n"].to_list() == [3, 4, 4, 4, 0]
    assert frame["floats"].to_list()[0] == [-math.inf, 5e-324, 1.5]
    assert frame["integers"].to_list()[1] == [-(2**63), 0, 2**63 - 1]
    assert frame["cumulative"].to_list()[1] == [1, 3, 4]
    assert frame["categories"].to_list()[2] == ["", "b", "ä"]
    assert frame["category_counts"].to_list()[2] == [1, 2, 1]
    assert frame["quantity"].to_list() == [None, "number", None, "instant", None]
    profiles = _profiles()
    counts = _native.count_columns(profiles, _columns(_REFERENCE), 1)
    kept = [each for each in counts if not isinstance(each, str)]
    data = _native.counts_to_bytes([None] * len(kept), kept)
    frame = pl.read_ipc(io.BytesIO(data), use_pyarrow=False)
    assert frame["rows"].to_list()[1] == [1, 2, 1]


def test_counts_from_another_machine_add_up() -> None:
    """Otherwise distributed runs would not give the numbers of a single one."""
    parts = [_REFERENCE.head(2), _REFERENCE.tail(3)]
    here, there = _profiles(), [p for _, p in _native.profiles_from_bytes(_bytes())]
    one, two = (
        list(_native.count_columns(profiles, _columns(part), 1))
        for profiles, part in zip([here, there], parts, strict=True)
    )
    far = [each for each in two if not isinstance(each, str)]
    data = _native.counts_to_bytes(_REFERENCE.columns, far)
    read = [counts for _, counts in _native.counts_from_bytes(data, here)]
    near = [each for each in one if not isinstance(each, str)]
    merged = _native.merge_column_counts(near, read, 1)
    sums = [each for each in merged if not isinstance(each, str)]
    whole = _native.count_columns(here, _columns(_REFERENCE), 1)
    all_rows = [each for each in whole if not isinstance(each, str)]
    assert len(sums) == len(all_rows) == 5
    compare = _native.compare_column_counts
    assert repr(compare(sums, **_ASK)) == repr(compare(all_rows, **_ASK))


def test_counts_of_another_profile_are_refused() -> None:
    """Otherwise counts per cell of one reference would be read as those of another."""
    profiles = _profiles()
    others = _profiles(_REFERENCE.head(2))
    counts = list(_native.count_columns(profiles, _columns(_REFERENCE), 1))
    kept = [each for each in counts if not isinstance(each, str)]
    data = _native.counts_to_bytes(_REFERENCE.columns, kept)
    with pytest.raises(ValueError, match="made against another profile"):
        _native.counts_from_bytes(data, others)
    with pytest.raises(ValueError, match="give one profile for each row"):
        _native.counts_from_bytes(data, profiles[:2])


@pytest.mark.parametrize("data", [b"", b"PAR1", b"ARROW1\0\0ARROW1"])
def test_other_bytes_are_refused(data: bytes) -> None:
    """A wrong path must give an error that can be caught, not the end of the process."""
    with pytest.raises(ValueError, match=r"poet\.profiles"):
        _native.profiles_from_bytes(data)


def test_every_cut_off_file_is_refused() -> None:
    """A disk that was full leaves a part of a file."""
    data = _bytes()
    for length in range(0, len(data), 7):
        with pytest.raises(ValueError, match=r"poet\.profiles"):
            _native.profiles_from_bytes(data[:length])


def test_lists_of_unequal_lengths_are_refused() -> None:
    """A name would else go to the profile of another column."""
    with pytest.raises(ValueError, match="1 names, but 5 profiles"):
        _native.profiles_to_bytes(["x"], _profiles())
    with pytest.raises(ValueError, match="1 names, but 0 counts"):
        _native.counts_to_bytes(["x"], [])
