"""Columns that are missing, new, renamed or of another type; changes of cardinality."""

import numpy as np
import pandas as pd
import polars as pl
import pytest
from sklearn.datasets import load_breast_cancer

from poet.errors import StatsInputError
from poet.stats import FrameProfile
from poet_domain_ml_monitoring import Monitor, Schema
from poet_domain_ml_monitoring._emit import silent
from poet_domain_ml_monitoring.quality import compare_schema, find_renamed

FRAME = pl.DataFrame(
    {"id": [1, 2], "name": ["a", "b"], "when": pl.Series([0, 1], dtype=pl.Datetime("us", "UTC"))}
)

NAIVE = "Datetime(time_unit='us', time_zone=None)"


def changes(before, after):
    return [(p.kind, p.feature) for p in compare_schema(Schema(before), Schema(after))]


def test_a_schema_is_read_from_every_frame():
    """A frame of another library, or one that is not read yet, could not be checked."""
    expected = {"id": "Int64", "name": "String", "when": FRAME.schema["when"].__str__()}
    assert Schema.of(FRAME).dtypes == Schema.of(FRAME.lazy()).dtypes == expected
    assert Schema.of(FRAME.to_dict()).dtypes == expected
    pandas = pd.DataFrame({"id": [1, 2], "name": ["a", "b"], "x": [1.5, None]})
    assert compare_schema(Schema.of(pandas), Schema.of(pandas[["id", "name", "x"]])) == []
    plain = Schema.of({"id": [1, None], "name": ["a"], "mixed": [1, "a"], "none": [None]})
    assert plain.dtypes == {"id": "int", "name": "str", "mixed": "object", "none": "null"}
    assert changes(expected | {"when": "datetime64[ns, UTC]"}, expected) == []
    with pytest.raises(StatsInputError, match="must be a frame"):
        Schema.of(3)


def test_a_schema_outlives_its_process():
    """A saved monitor could not say what had changed."""
    schema = Schema({"a": "Int64", "b": "String"}, ("b",))
    assert Schema.from_json(schema.to_json()) == schema
    for damaged in ("", "[]", "{}", '{"dtypes": {"a": 1}, "repeated": []}', "nonsense"):
        with pytest.raises(StatsInputError, match="no schema"):
            Schema.from_json(damaged)


def test_long_types_are_cut():
    """An enum of a thousand names would fill the report."""
    enum = pl.Series([], dtype=pl.Enum([f"category {i}" for i in range(1000)]))
    assert len(Schema.of({"x": enum}).dtypes["x"]) == 80


def test_what_changed_is_named():
    """A feature that is gone would be found by its silence."""
    before = {"a": "Int64", "b": "String", "c": "Float64", "d": "Boolean"}
    after = {"d": "Int64", "a": "Float32", "e": "Date", "c": "String"}
    assert changes(before, after) == [
        ("missing_feature", "b"), ("type_change", "c"), ("type_change", "d"), ("new_feature", "e"),
    ]  # fmt: skip
    told = compare_schema(Schema(before), Schema(after))
    assert told[1].detail == "'c' was Float64 in the reference and is String"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("Int64", "Float32"), ("int64", "Int8"), ("String", "Categorical"), ("object", "str"),
        ("object", "Int64"), ("Null", "String"), (NAIVE, "datetime64[ns]"),
        ("Date", "datetime64[D]"), ("bool", "Boolean"),
    ],
)  # fmt: skip
def test_types_that_compare_exactly_are_no_change(before, after):
    """Every pandas column with a gap, now a float, would be a data problem."""
    assert changes({"x": before}, {"x": after}) == changes({"x": after}, {"x": before}) == []


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("Int64", "String"), ("Boolean", "Int64"), ("Date", NAIVE),
        ("datetime64[ns]", "datetime64[ns, UTC]"), ("Time", "Duration"),
        ("String", "Binary"), ("Int64", "List(Int64)"),
    ],
)  # fmt: skip
def test_types_that_do_not_compare_are_a_change(before, after):
    """The feature would be an error in every report, and nobody would know why."""
    assert changes({"x": before}, {"x": after}) == [("type_change", "x")]


def test_names_that_occur_twice_are_told():
    """Which of two columns of one name was watched would be anybody's guess."""
    twice = pd.DataFrame([[1, 2], [3, 4]], columns=["x", "x"])
    told = compare_schema(Schema.of(twice), Schema.of(pl.DataFrame({"x": [1]})))
    assert [(p.kind, p.feature) for p in told] == [("unreadable", "x")]
    assert "several columns 'x'" in told[0].detail


CANCER = load_breast_cancer(as_frame=True).data


def renamed(new, reference=CANCER, **options):
    found = find_renamed(FrameProfile.fit(reference), new, **options)
    return {problem.feature: problem.other for problem in found}


def test_renamed_features_are_found_by_what_they_hold():
    """A rename would be reported as one feature lost and one gained, and watched as neither."""
    names = {"mean area": "surface", "worst texture": "t_w", "mean concavity": "hollow"}
    half = CANCER.sample(frac=0.5, random_state=1)
    new = {names[name]: half[name] for name in names}
    assert renamed(new, missing=list(names)) == names
    assert renamed({"a": half["mean area"] * 1.3}, missing=["mean area"]) == {}
    assert renamed({"a": half["mean area"].astype(str)}, missing=["mean area"]) == {}


def test_look_alikes_are_not_told_apart_by_guessing():
    """The history of one feature would be compared with the values of another."""
    rng = np.random.default_rng(2)
    reference = {"x": rng.normal(size=1000), "y": rng.normal(size=1000)}
    assert renamed({"a": rng.normal(size=1000), "b": rng.normal(size=1000)}, reference) == {}
    assert renamed({"a": rng.normal(size=1000)}, reference) == {}
    assert renamed({"a": rng.normal(size=1000)}, reference, missing=["x"]) == {"x": "a"}
    flags = {"f": rng.integers(0, 2, 1000), "few": [0.5, 1.0] * 5}
    assert renamed({"g": rng.integers(0, 2, 1000), "h": [0.5, 1.0] * 5}, flags) == {}


def test_names_that_differ_in_form_only_are_enough():
    """A new prefix on every column would be nothing but new features, and safe mode."""
    rng = np.random.default_rng(3)
    reference = {f"f_{i}": rng.normal(size=300) for i in range(60)} | {"is_ok": [True, False] * 150}
    new = {f"raw.F{i}": rng.normal(size=300) for i in range(60)} | {"isOk": [True, False] * 150}
    assert renamed(new, reference) == {f"f_{i}": f"raw.F{i}" for i in range(60)} | {"is_ok": "isOk"}
    apart = {name: np.asarray(column) + 5 for name, column in new.items()}
    assert renamed(apart, reference) == {}


def test_categories_are_recognised_by_their_names():
    """Text columns would never be found again, or be taken for any other of three values."""
    words = ["red", "green", "blue", "grey"]
    rng = np.random.default_rng(4)
    draw = lambda names: rng.choice(names, 500, p=[0.4, 0.3, 0.2, 0.1]).tolist()  # noqa: E731
    reference = {"colour": draw(words), "size": draw(["s", "m", "l", "xl"])}
    assert renamed({"color": draw(words), "x": draw(list("abcd"))}, reference) == {
        "colour": "color"
    }


def test_what_cannot_be_read_matches_nothing():
    """One strange new column would end the check."""
    assert renamed({"a": object(), "b": pl.Series([[1]] * 500), "c": [None] * 500}) == {}


def test_cardinality_that_changes_is_drift_at_any_size():
    """Half of the shops, or a wave of made-up users, would come and go unseen."""
    rng = np.random.default_rng(6)

    def shops(n, first, last):
        return {"shop": [f"shop {i}" for i in rng.integers(first, last, n)]}

    monitor = Monitor.fit(shops(20_000, 0, 500), emit=silent)
    assert monitor.kinds["shop"][0] == "categorical"
    for n in (5_000, 50_000):
        assert monitor.check(shops(n, 0, 500))["shop"].status == "ok"
        assert monitor.check(shops(n, 0, 250))["shop"].status == "drift"
        assert monitor.check(shops(n, 0, 1000))["shop"].status == "drift"
