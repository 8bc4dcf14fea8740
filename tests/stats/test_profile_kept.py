"""Profiles and counts that outlive their process: files, bytes and pickles."""

from __future__ import annotations

import copy
import pickle
from pathlib import Path

import polars as pl
import pytest

from poet.errors import StatsInputError
from poet.stats import FrameProfile, Profile, drift

COLUMNS = {
    "numbers": [0.5, -1.0, 3.25, None] * 20,
    "times": pl.Series([1, 2, 3, 4] * 20, dtype=pl.Datetime("us")),
    "categories": ["red", "blue", None, "green"] * 20,
    "nulls": [None] * 80,
}


@pytest.mark.parametrize("values", COLUMNS.values(), ids=COLUMNS.keys())
def test_a_kept_profile_judges_as_the_fitted_one(values, tmp_path: Path):
    """A service that restarts would judge the same window differently."""
    profile = Profile.fit(values)
    profile.save(tmp_path / "reference.arrow")
    for kept in (
        Profile.load(tmp_path / "reference.arrow"),
        pickle.loads(pickle.dumps(profile)),
        copy.deepcopy(profile),
    ):
        assert (kept.kind, kept.n, kept.null, kept.nan) == (
            profile.kind,
            profile.n,
            profile.null,
            profile.nan,
        )
        assert kept.to_bytes() == profile.to_bytes()
        window = values[:40]
        assert repr(kept.psi(window)) == repr(profile.psi(window))
    assert [path.name for path in tmp_path.iterdir()] == ["reference.arrow"]


def test_counts_of_another_process_add_to_ours():
    """Machines that each see a part of a day could not report the day."""
    profile = Profile.fit(COLUMNS["numbers"])
    elsewhere: Profile = pickle.loads(pickle.dumps(profile))
    theirs, ours = elsewhere.counts([1.0] * 30), profile.counts([-2.0] * 10 + [None])
    both = profile.counts([1.0] * 30 + [-2.0] * 10 + [None])
    for arrived in (
        theirs,
        profile.counts_from_bytes(theirs.to_bytes()),
        pickle.loads(pickle.dumps(theirs)),
    ):
        total = ours + arrived
        assert (total.n, total.null) == (40, 1)
        assert profile.ks(total) == profile.ks(both)
    with pytest.raises(StatsInputError, match="profile"):
        Profile.fit([1.0, 2.0]).counts_from_bytes(theirs.to_bytes())


def test_a_frame_is_kept_in_one_file(tmp_path: Path):
    """A reference of a thousand columns would be a thousand files, or be fitted at each start."""
    reference = pl.DataFrame({"x": range(100), "city": ["Oslo", "Rome"] * 50})
    profile = FrameProfile.fit(reference)
    profile.save(tmp_path / "reference.arrow")
    kept = FrameProfile.load(tmp_path / "reference.arrow")
    window = reference.with_columns(pl.col("x") + 30)
    assert drift(kept, window).equals(drift(profile, window))
    assert pl.read_ipc(tmp_path / "reference.arrow")["name"].to_list() == ["x", "city"]
    with pytest.raises(StatsInputError, match="2 profiles"):
        Profile.load(tmp_path / "reference.arrow")


def test_a_damaged_file_is_an_error_that_says_so(tmp_path: Path):
    """A half-copied reference would judge windows, or end the process."""
    path = tmp_path / "reference.arrow"
    Profile.fit(COLUMNS["numbers"]).save(path)
    data = path.read_bytes()
    for damaged in (b"", data[: len(data) // 2], data.replace(b"poet", b"toep"), data[::-1]):
        path.write_bytes(damaged)
        with pytest.raises(StatsInputError):
            Profile.load(path)
    with pytest.raises(FileNotFoundError):
        Profile.load(tmp_path / "nowhere.arrow")
