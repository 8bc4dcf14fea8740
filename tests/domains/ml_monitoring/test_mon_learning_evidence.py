"""What labelled executions show: the season, limits, useless features, and a version that is better."""

from __future__ import annotations

import pandas as pd
import polars as pl
import pytest
from mon_learning_helpers import (
    LEARNING,
    TEXT,
    Stream,
    made_for,
    note,
    observed,
    rates,
    spec_for,
)

from poet.domain import Observed, Outcome


@pytest.fixture(scope="module")
def learnt(tmp_path_factory):
    """A first version's executions, and what is learnt of them."""
    folder = tmp_path_factory.mktemp("learnt")
    stream = Stream(5)
    first = made_for(folder)
    seen = observed(first.spec, stream, stream.windows(120), first.detector, wrong=0.1)
    found = {e.name: e for e in LEARNING.evidence(first.spec, seen, ())}
    return stream, first, seen, found


def test_the_season_is_found_with_its_column_of_times(learnt):
    """The seasonal reference would be of another season than the data's."""
    season = learnt[3]["season"]
    assert season.facts["time"] == "at"
    assert season.facts["period_seconds"] == 90 * 600
    assert season.facts["features"] == ["heat", "load"]


def test_a_useless_feature_is_left_out_and_no_other(learnt):
    """A feature nobody minds would go on alarming, or one that matters be silenced."""
    assert learnt[3]["importance"].facts["left_out"] == ["dial"]


def test_features_that_move_together_are_a_group(learnt):
    """One incident would be told once for each feature."""
    assert learnt[3]["grouping"].facts["groups"] == [["load", "heat"]]


def test_the_next_version_has_fewer_false_alarms_and_misses_no_more(learnt, tmp_path):
    """Learning would change the code and not the alarms."""
    stream, first, _, found = learnt
    windows = stream.windows(120, first=1000)
    before = rates(first.detector, stream, windows)
    after = rates(made_for(tmp_path, *found.values()).detector, stream, windows)
    assert before[0] > 0.4
    assert after[0] < 0.05
    assert after[1] <= before[1]


def test_the_same_executions_give_the_same_evidence(learnt):
    """A second run would make another version of the same feedback."""
    _, first, seen, found = learnt
    assert {e.name: e for e in LEARNING.evidence(first.spec, seen, ())} == found


@pytest.mark.parametrize("seed", [11, 12])
def test_one_wrong_vote_in_five_changes_little(seed, tmp_path):
    """Careless reviewers would steer what the next version does."""
    stream, first = Stream(seed), made_for(tmp_path)
    windows = stream.windows(150)
    seen = observed(first.spec, stream, windows, first.detector, wrong=0.2, seed=seed)
    found = LEARNING.evidence(first.spec, seen, ())
    false, missed = rates(
        made_for(tmp_path, *found).detector, stream, stream.windows(90, first=2000)
    )
    assert false < 0.1
    assert missed <= 0.05


def test_without_a_season_none_is_found(tmp_path):
    """Data without a season would be compared in phases that mean nothing."""
    stream, first = Stream(7), made_for(tmp_path)
    flat = stream.reference.with_columns(pl.col("load", "heat").shuffle(seed=1))
    seen = [o._replace(args=(o.args[0], flat)) for o in
            observed(first.spec, stream, stream.windows(20), first.detector)]  # fmt: skip
    assert "season" not in {e.name for e in LEARNING.evidence(first.spec, seen, ())}


def test_too_few_executions_show_no_limit(tmp_path):
    """A limit would be made of a handful of labels."""
    stream, first = Stream(8), made_for(tmp_path)
    seen = observed(first.spec, stream, stream.windows(5), first.detector)
    names = {e.name for e in LEARNING.evidence(first.spec, seen, ())}
    assert not names & {"minimum_effect", "importance", "window"}
    assert list(LEARNING.evidence(first.spec, [], ())) == []


def test_executions_that_cannot_be_read_are_passed_over(tmp_path):
    """One odd recording would stop learning from all others."""
    spec = spec_for(tmp_path)
    odd = Observed("x", 0.0, "v1", (None, 3), {}, Outcome("raised", ("no",), "ValueError"))
    assert list(LEARNING.evidence(spec, [odd], ())) == []
    assert list(LEARNING.inject(spec, odd, 1)) == []
    assert LEARNING.alarm(spec, odd.outcome) is None


@pytest.mark.parametrize("library", ["polars", "pandas", "mapping"])
def test_injected_drift_is_drift_to_the_first_version(library, tmp_path):
    """Missed drift would be measured with drift that nobody could see."""
    stream = Stream(9)
    text = TEXT if library == "polars" else TEXT.replace("pl.DataFrame", "dict[str, list]")
    if library == "pandas":
        text = TEXT.replace("pl.DataFrame", "pd.DataFrame").replace(
            "import polars as pl", "import pandas as pd"
        )
    first = made_for(tmp_path, text=text)
    shape = {
        "polars": lambda frame: frame,
        "pandas": lambda frame: pd.DataFrame(frame.to_dict(as_series=False)),
        "mapping": lambda frame: frame.to_dict(as_series=False),
    }[library]
    window = shape(stream.rows(3600, 90))
    silent = Observed("s", 0.0, "v1", (window,), {"reference": shape(stream.reference)},
                      Outcome("returned", {"drift": False, "drifted_features": []}), False)  # fmt: skip
    copies = LEARNING.inject(first.spec, silent, 3)
    assert len(copies) == 2
    for copy in copies:
        assert (copy.label, copy.injected) == (True, True)
        assert isinstance(copy.args[0], type(window))
        assert first.detector(*copy.args, **copy.kwargs)["drift"]
    assert not first.detector(window, silent.kwargs["reference"])["drift"]


def test_nothing_is_injected_into_what_is_left_out(tmp_path):
    """A version that rightly leaves a feature out would be blamed for drift planted there."""
    stream = Stream(10)
    spec = spec_for(tmp_path, note("importance", left_out=["load", "heat", "hum"]))
    silent = Observed("s", 0.0, "v1", (stream.rows(0, 90), stream.reference), {},
                      Outcome("returned", {"drift": False, "drifted_features": []}), False)  # fmt: skip
    for copy in LEARNING.inject(spec, silent, 1):
        changed = [c for c in copy.args[0].columns if not copy.args[0][c].equals(silent.args[0][c])]
        assert changed == ["dial"]
