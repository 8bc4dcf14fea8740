"""Inputs drawn for a comparison: of the annotated types, the same for the same seed, from text alone."""

# ruff: noqa: E501

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from random import Random

import hypothesis
import pandas as pd
import polars as pl
import pytest
from hypothesis import strategies as st

from poet.codec import decode, encode
from poet.gate.inputs import draw, seed_for
from poet.gate.inputs.perturb import perturbed
from poet.gate.inputs.quiet import why_not_quiet
from poet.gate.inputs.shapes import constants_of
from poet.gate.inputs.usage import usage_of
from poet.spec import Options, build_spec
from poet.testing import Project

APP = """
from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from enum import Enum
from fractions import Fraction
from typing import Annotated, Any, ClassVar, Literal, NamedTuple, NewType, Optional, TypedDict, Union
from uuid import UUID

import numpy as np
import numpy.typing as npt
import pandas as pd
import polars as pl
from no_such_package import Session

raise RuntimeError("nobody may import this module to draw inputs")

UserId = NewType("UserId", int)
Vector = list[float]

class Colour(Enum):
    RED = 1
    BLUE = "b"

@dataclass
class Base:
    x: float
    shared: ClassVar[int] = 3

@dataclass(frozen=True)
class Point(Base):
    colour: Colour
    tags: list[str] = field(default_factory=list)

class Row(NamedTuple):
    a: int
    b: str = ""

class Price(TypedDict, total=False):
    amount: float

THRESHOLD = 7341

def over(x: {annotation}) -> bool:
    return x > THRESHOLD

def untyped(xs):
    return sum(xs) / len(xs)

def unknown(thing):
    return frobnicate(thing)

def with_default(thing=0.25):
    return frobnicate(thing)

def many(a: int, /, b: str = "x", *more: float, c: bool, d: int | None = None, **rest):
    return a

def table(frame: pl.DataFrame) -> float:
    return frame["amount"].sum() + frame["weight"].sum()

def nothing():
    return 3

class Box:
    def held(self, x: int) -> int:
        return x
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("inputs")


def spec_of(folder, function="over", annotation="int"):
    path = folder / "input_app.py"
    Project(folder).write({"input_app.py": APP.replace("{annotation}", annotation)})
    return build_spec(path, function, Options(), recipe_epoch=1, default_mode="preserve")


def values_of(spec, **more):
    drawn = draw(spec, "input_app", "code", **{"rebuilt": True, **more})
    return drawn, [(decode(i.args), decode(i.kwargs)) for i in drawn.inputs]


def typed(name):
    return lambda v: type(v).__name__ == name


def tagged(name):
    return lambda v: isinstance(v, dict) and v.get("__type__") == f"input_app.{name}"


ANNOTATIONS = {
    "int": typed("int"), "float": typed("float"), "bool": typed("bool"), "str": typed("str"),
    "bytes": typed("bytes"), "complex": typed("complex"), "None": lambda v: v is None,
    "int | None": lambda v: v is None or type(v) is int,
    "Optional[str]": lambda v: v is None or type(v) is str,
    "Union[int, str]": lambda v: type(v) in (int, str),
    "list[int]": lambda v: type(v) is list and all(type(i) is int for i in v),
    "Sequence[str]": lambda v: type(v) is list and all(type(i) is str for i in v),
    "Iterable[float]": lambda v: type(v) is list, "list": typed("list"),
    "dict[str, int]": lambda v: type(v) is dict and all(type(k) is str and type(x) is int for k, x in v.items()),
    "Mapping[int, list[bool]]": typed("dict"), "set[int]": typed("set"), "frozenset[str]": typed("frozenset"),
    "tuple[int, str]": lambda v: type(v) is tuple and len(v) == 2, "tuple[int, ...]": typed("tuple"),
    "Literal['a', 3]": lambda v: v in ("a", 3), "Annotated[int, 'units']": typed("int"),
    "dt.datetime": typed("datetime"), "dt.date": typed("date"), "dt.time": typed("time"),
    "dt.timedelta": typed("timedelta"), "Decimal": typed("Decimal"), "Fraction": typed("Fraction"),
    "UUID": typed("UUID"), "UserId": typed("int"), "Vector": typed("list"), "'list[int]'": typed("list"),
    "np.ndarray": lambda v: v.dtype == "float64", "npt.NDArray[np.float32]": lambda v: v.dtype == "float32",
    "npt.NDArray[np.int64]": lambda v: v.dtype == "int64", "npt.NDArray[np.bool_]": lambda v: v.dtype == "bool",
    "np.float64": typed("float64"), "pl.Series": typed("Series"), "pl.DataFrame": typed("DataFrame"),
    "pd.Series": typed("Series"), "pd.DataFrame": typed("DataFrame"),
    "Colour": tagged("Colour"), "Point": tagged("Point"), "Row": tagged("Row"),
    "list[Point]": lambda v: type(v) is list and all(map(tagged("Point"), v)),
    "Price": lambda v: type(v) is dict and set(v) <= {"amount"},
}  # fmt: skip


@pytest.mark.parametrize("annotation", ANNOTATIONS)
def test_values_are_of_the_annotated_type(folder, annotation):
    """A candidate would be compared on arguments that no caller ever gives."""
    drawn, values = values_of(spec_of(folder, annotation=annotation))
    assert drawn.problem == ""
    assert values
    assert all(ANNOTATIONS[annotation](args[0]) for args, _ in values)


@pytest.mark.parametrize(
    "annotation", ["Session", "Any", "Callable[[], int]", "Iterator[int]", "1 +"]
)
def test_a_type_nobody_can_make_is_named(folder, annotation):
    """A reviewer would take no inputs for inputs without a difference."""
    if annotation == "1 +":
        spec = spec_of(folder)
        spec = spec._replace(parameters=(spec.parameters[0]._replace(annotation="1 +"),))
    else:
        spec = spec_of(folder, "unknown")
        spec = spec._replace(parameters=(spec.parameters[0]._replace(annotation=annotation),))
    drawn, values = values_of(spec)
    if annotation == "1 +":
        return  # its use in a comparison with a number shows what it is
    assert not values
    assert spec.parameters[0].name in drawn.problem
    assert "nothing in the function's text or its tests shows its type" in drawn.problem


def test_classes_a_worker_cannot_rebuild_are_left_to_recorded_values(folder):
    """The baseline would be handed dicts in place of objects, and raise on each."""
    drawn, values = values_of(spec_of(folder, annotation="Point"), rebuilt=False)
    assert not values
    assert "Point" in drawn.problem


def test_fields_of_a_base_class_are_filled(folder):
    """An object would lack what it inherits."""
    _, values = values_of(spec_of(folder, annotation="Point"))
    assert set(values[0][0][0]) == {"__type__", "x", "colour", "tags"}
    assert type(values[0][0][0]["x"]) is float


def test_same_seed_same_inputs_other_code_other_inputs(folder):
    """Nobody could repeat a judgement, or a candidate could be written for inputs known before."""
    spec = spec_of(folder, annotation="dict[str, list[float]]")
    first = draw(spec, "input_app", "code")
    assert draw(spec, "input_app", "code") == first
    other = draw(spec, "input_app", "code ")
    assert other.seed != first.seed
    assert [i.args for i in other.inputs] != [i.args for i in first.inputs]
    assert seed_for("code", spec._replace(fingerprint="0")) != first.seed


def test_inputs_do_not_depend_on_the_process(folder):
    """A second machine could not repeat the inputs of a record."""
    spec = spec_of(folder, annotation="list[str]")
    script = (
        "import sys, pathlib, random; random.seed(int(sys.argv[1]))\n"
        "from poet.spec import Options, build_spec\nfrom poet.gate.inputs import draw\n"
        "sys.path.insert(0, '.')\nimport constants_of_a_project\n"
        * 1
        + f"spec = build_spec(pathlib.Path({spec.path!r}), 'over', Options(), recipe_epoch=1, default_mode='preserve')\n"
        "print([i.shown for i in draw(spec, 'input_app', 'code').inputs])\n"
    )
    (folder / "constants_of_a_project.py").write_text(
        "A = 918273\nB = 'a constant of the project'\n"
    )
    runs = []
    for seed in ("1", "2"):
        env = {**os.environ, "PYTHONHASHSEED": seed}
        done = subprocess.run(
            [sys.executable, "-c", script, seed], cwd=folder, env=env, capture_output=True, text=True, check=True
        )  # fmt: skip
        runs.append(done.stdout)
    assert runs[0] == runs[1]
    assert runs[0].strip() == str([i.shown for i in draw(spec, "input_app", "code").inputs])
    assert not (folder / ".hypothesis").exists()


def test_amounts_on_the_edge_of_rounding_are_drawn(folder):
    """Half to even would pass for half up: two places are rarely a half of a cent."""
    _, values = values_of(spec_of(folder, annotation="Decimal"))
    assert any((args[0] * 1000) % 10 == 5 for args, _ in values)
    assert any((args[0] * 100) % 100 == 50 for args, _ in values)


def test_no_negative_zero_is_drawn(folder):
    """A sum from the other end, which any reader calls equal, would be refused for a sign of 0.0."""
    _, values = values_of(spec_of(folder, annotation="list[float]"))
    drawn = [x for args, _ in values for x in args[0]]
    assert 0.0 in drawn
    assert not any(x == 0.0 and str(x) == "-0.0" for x in drawn)


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ('return frame.group_by("g").agg(pl.col("v").mean())', {"g", "v"}),
        ('return frame.groupby(["g", "h"])[["v"]].sum()', {"g", "h", "v"}),
        ('return frame.sort("day").drop_nulls(subset=["v"])', {"day", "v"}),
        ('return frame.sort_values(by="day")["v"]', {"day", "v"}),
        ('return name.split("x").count("y") + frame.get("a", "b")', {"a"}),
    ],
)
def test_the_columns_a_function_reads_are_known(tmp_path, body, expected):
    """Every drawn frame would lack a column, and nothing but the error would be compared."""
    path = tmp_path / "columns_app.py"
    path.write_text(f"def f(frame, name=''):\n    {body}\n")
    _, _, keys = constants_of(
        build_spec(path, "f", Options(), recipe_epoch=1, default_mode="preserve")
    )
    assert set(keys) == expected


def test_about_a_third_is_hidden(folder):
    """A generator would be shown every input, or none."""
    share = [
        sum(i.hidden for i in d.inputs) / len(d.inputs)
        for d in (
            draw(spec_of(folder, annotation="list[float]"), "input_app", f"c{n}") for n in range(8)
        )
    ]
    assert 0.2 < sum(share) / len(share) < 0.47


def test_constants_of_the_function_are_tried(folder):
    """A comparison that went from > to >= would pass."""
    _, values = values_of(spec_of(folder, annotation="int"))
    assert 7341 in {args[0] for args, _ in values}
    _, values = values_of(spec_of(folder, "table"))
    assert all(args[0].columns == ["amount", "weight"] for args, _ in values)


def test_parameters_are_given_as_their_kinds_allow(folder):
    """Each call would end in a TypeError about its arguments."""
    _, values = values_of(spec_of(folder, "many"))
    assert all(
        len(args) >= 1 and "c" in kwargs and set(kwargs) <= {"c", "d"} for args, kwargs in values
    )
    assert {len(args) for args, _ in values} > {1, 2}
    assert any("d" in kwargs for _, kwargs in values)
    _, values = values_of(spec_of(folder, "nothing"))
    assert values == [([], {})]
    _, values = values_of(spec_of(folder, "Box.held"))
    assert all(len(args) == 1 for args, _ in values)


def test_a_parameter_without_annotation_is_inferred(folder):
    """A function without annotations would have no generated evidence at all."""
    _, values = values_of(spec_of(folder, "untyped"))
    assert all(type(i) in (int, float) for args, _ in values for i in args[0])
    drawn, values = values_of(spec_of(folder, "unknown"))
    assert not values
    assert "the parameter thing has no annotation" in drawn.problem
    recorded = [(encode(["a"]), encode({})), (encode([]), encode({"thing": "b"}))]
    _, values = values_of(spec_of(folder, "unknown"), recorded=recorded)
    assert len(values) > 10
    assert all(type((args or [kwargs.get("thing")])[0]) is str for args, kwargs in values)
    _, values = values_of(spec_of(folder, "with_default"))
    assert {type(args[0]) for args, _ in values if args} == {float}


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("return p * 2", "int | float"), ("return -p", "int | float"), ("return p if p > 3 else 0", "int | float"),
        ("return p.strip().lower()", "str"), ("return sum(p)", "list[int | float]"), ("return max(p) - min(p)", ""),
        ("return [k for k, v in p.items()]", "dict[str, int | float]"), ("return p.amount * 2", ""),
        ("return p % 'x'", ""), ("return p.strip() * p", ""), ("return send(p)", ""), ("return 1", ""),
    ],
)  # fmt: skip
def test_use_shows_a_type_only_where_it_is_plain(body, expected):
    """A guess would call the baseline with what it never gets."""
    assert usage_of(f"def f(p):\n    {body}\n", "p") == expected


PLAIN = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=5)
    | st.binary(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=3), inner, max_size=4)
    ),
    max_leaves=8,
)


@hypothesis.given(st.lists(PLAIN, max_size=3), st.randoms(use_true_random=False))
@hypothesis.settings(deadline=None, database=None, max_examples=200)
def test_perturbed_values_keep_their_types(args, random):
    """A recorded call would turn into one that no caller can make."""
    found = perturbed(args, {}, random)
    if found is None:
        return
    assert [type(v) for v in found[0]] == [type(v) for v in args]


def many(args, count=400, **more):
    """Return what a recorded call is changed to, as texts."""
    found = [perturbed(args, {}, Random(n), **more) for n in range(count)]
    return [repr(f) for f in found if f]


def test_what_a_shortcut_overlooks_is_tried():
    """A candidate that ignores an option, ties, or what is nested deeper would pass."""
    assert any("{'limit': 8}" in t for t in many([["b", "a"]], optional={"limit": 3}))
    graph = {"a": {"b": 1, "c": 5}, "b": {"c": 7}}
    assert any("{'b': 5, 'c': 5}" in t or "{'b': 1, 'c': 1}" in t for t in many([graph, "a"]))
    assert not any("more" in t for t in many([graph]))
    assert any(t.count("'more'") == 2 for t in many([graph, {"a": {"b": 3}}], deeper=True))
    assert any(t.endswith("'b'], {})") for t in many([graph, "a", "b"], 50))


def test_rows_of_frames_are_mixed_doubled_and_changed():
    """A group-by that keeps the order of its rows, or forgets ties, would pass."""
    frame = pl.DataFrame({"region": ["n", "s", "n"], "amount": [1, 2, 3]})
    made = [f[0][0] for n in range(200) if (f := perturbed([frame], {}, Random(n)))]
    assert all(m.schema == frame.schema for m in made)
    assert {len(m) for m in made} >= {1, 3, 6}
    assert any(m["region"].to_list()[:2] == ["s", "n"] for m in made)
    assert any(set(m["amount"].to_list()) - {1, 2, 3} for m in made)
    tables = pd.DataFrame({"region": ["n", "s", "n"], "amount": [1, 2, 3]})
    made = [f[0][0] for n in range(100) if (f := perturbed([tables], {}, Random(n)))]
    assert all(list(m.dtypes) == list(tables.dtypes) for m in made)
    assert {len(m) for m in made} >= {1, 3, 6}


def test_frames_are_drawn_like_the_recorded_ones(folder):
    """A frame without the columns that the function reads says nothing of a candidate."""
    frame = pl.DataFrame({"region": ["n", "s"], "amount": [1, 2]})
    recorded = [(encode([frame]), encode({}))]
    _, values = values_of(spec_of(folder, annotation="pl.DataFrame"), recorded=recorded)
    assert {v[0][0].schema == frame.schema for v in values} == {True}


@pytest.mark.parametrize("annotation", ["list[float]", "np.ndarray", "dict[str, float]"])
def test_a_few_floats_are_nan_or_infinite(folder, annotation):
    """A rewrite that is wrong on NaN alone would pass."""
    drawn, _ = values_of(spec_of(folder, annotation=annotation))
    odd = [i for i in drawn.inputs if "nan" in i.shown or "inf" in i.shown]
    assert 1 <= len(odd) <= len(drawn.inputs) // 4


def test_recorded_calls_are_used_and_perturbed(folder):
    """What the tests call the function with would not be compared."""
    recorded = [(encode([[3.5, 1.25, 9.0]]), encode({}))] * 3
    drawn, _ = values_of(spec_of(folder, "untyped"), recorded=recorded)
    origins = [i.origin for i in drawn.inputs]
    assert origins.count("recorded") == 1
    assert origins.count("perturbed") > 5
    assert not any(i.hidden for i in drawn.inputs if i.origin == "recorded")


EFFECTS = {
    "return sum(x)": None, "return math.sqrt(x)": None, "return json.dumps(x)": None,
    "return open(x).read()": "open", "return os.remove(x)": "os", "return eval(x)": "eval",
    "return np.save(x, 1)": ".save", "return pl.read_csv(x)": ".read_csv", "import shutil\n    return 1": "shutil",
    "return helper(x)": "subprocess", "global STATE\n    STATE = x": "global STATE", "return Path(x).unlink()": "pathlib",
}  # fmt: skip


@pytest.mark.parametrize("body", EFFECTS)
def test_what_may_have_effects_gets_no_made_up_arguments(tmp_path, body):
    """A made-up path would be deleted on a machine that has no sandbox."""
    head = (
        "import json\nimport math\nimport os\nimport subprocess\nfrom pathlib import Path\n"
        "import numpy as np\nimport polars as pl\nSTATE = 1\n"
        "def helper(x):\n    return subprocess.run(x)\n"
    )
    Path(tmp_path / "quiet_app.py").write_text(f"{head}def f(x):\n    {body}\n")
    spec = build_spec(
        tmp_path / "quiet_app.py", "f", Options(), recipe_epoch=1, default_mode="preserve"
    )
    found = why_not_quiet(spec)
    assert found is None if EFFECTS[body] is None else EFFECTS[body] in found
