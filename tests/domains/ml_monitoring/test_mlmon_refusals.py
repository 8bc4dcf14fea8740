"""What the recipe does not understand, it refuses with the reason and the way out."""

from __future__ import annotations

from pathlib import Path

import pytest
from mlmon_helpers import spec_of

from poet.errors import ConfigError, RecipeRefusedError
from poet.gate import judge
from poet.generate import with_header
from poet_domain_ml_monitoring._domain import DOMAIN

CASES = {
    "async": ("async def f(current, reference):\n    return True\n", "async", "plain function"),
    "generator": ("def f(current, reference):\n    yield True\n", "generator", "plain function"),
    "one_sample": ("def f(current):\n    return True\n", "one sample", "both"),
    "no_sample": ("def f():\n    return True\n", "no sample", "both"),
    "ambiguous": ("def f(x, y):\n    return x != y\n", "which of x, y", "config="),
    "two_references": (
        "def f(train, history, current):\n    return train != current\n",
        "more than one parameter reads as the reference sample: train, history",
        "config=",
    ),
    "optional_sample": (
        "def f(current, reference=None):\n    return True\n",
        "'reference' has a default",
        "required",
    ),
    "sample_or_none": (
        "def f(current: list[float] | None, reference: list[float]) -> bool:\n    return True\n",
        "'current' may be None",
        "empty one",
    ),
    "hidden_builtin": (
        "def f(current, reference, max=3):\n    return current != reference\n",
        "'max' hides a builtin",
        "rename",
    ),
    "different_keys": (
        (
            "def f(current, reference):\n    if not current:\n        return {'drift': False}\n"
            "    return {'drift': True, 'size': len(current)}\n"
        ),
        "different keys",
        "bool",
    ),
    "other_measure_by_docstring": (
        "def f(current, reference) -> float:\n    'The KL divergence of both.'\n    return 0.0\n",
        "divergence, kl",
        "own key",
    ),
    "collected": ("def f(current, *reference):\n    return True\n", "one sample", "both"),
    "iterator": (
        (
            "from collections.abc import Iterator\n"
            "def f(current: Iterator[float], reference: list[float]) -> bool:\n    return True\n"
        ),
        "read once",
        "list",
    ),
    "unknown_type": (
        "def f(current: 'Batch', reference: 'Batch') -> bool:\n    return True\n",
        "annotated",
        "list",
    ),
    "slice": (
        "def f(current, reference):\n    recent = current[-50:]\n    return recent != reference\n",
        "line 2 reads only a part of 'current'",
        "before the call",
    ),
    "attribute": (
        "def f(current, reference):\n    return current.scores != reference.scores\n",
        "current.scores",
        "values",
    ),
    "extra_parameter": (
        "def f(current, reference, bins):\n    return bins > 3\n",
        "'bins'",
        "drop it",
    ),
    "extra_used": (
        "def f(current, reference, bins=10):\n    return len(current) > bins\n",
        "'bins'",
        "drop it",
    ),
    "unit_threshold": (
        (
            "def f(current, reference, threshold=25.0):\n"
            "    return abs(max(current) - max(reference)) > threshold\n"
        ),
        "data's own unit",
        "between 0 and 1",
    ),
    "nothing": ("def f(current, reference):\n    print(current)\n", "returns nothing", "bool"),
    "count": ("def f(current, reference) -> int:\n    return 3\n", "whole number", "bool"),
    "unread_dict": (
        (
            "def f(current, reference) -> dict:\n    return helper(current)\n\n"
            "def helper(x):\n    return {}\n"
        ),
        "no dict with literal keys",
        "bool",
    ),
    "no_verdict": (
        "def f(current, reference):\n    return {'rows': len(current), 'note': 'x'}\n",
        "'rows', 'note'",
        "'drift'",
    ),
    "other_measure": (
        "def psi_score(current, reference) -> float:\n    return 0.0\n",
        "psi",
        "own key",
    ),
    "own_class": (
        (
            "class R:\n    def __init__(self, drift):\n        self.drift = drift\n\n"
            "def f(current, reference):\n    return R(True)\n"
        ),
        "R is no dataclass",
        "dataclass",
    ),
    "strange_word": (
        (
            "def f(current, reference) -> str:\n"
            "    return 'banana' if current != reference else 'ok'\n"
        ),
        "'banana'",
        "insufficient_data",
    ),
    "closed_words": (
        (
            "from typing import Literal\n"
            "def f(current, reference) -> Literal['ok', 'drift']:\n    return 'ok'\n"
        ),
        "too little data",
        "insufficient_data",
    ),
    "columns_of_what": (
        "def f(current, reference) -> dict[str, bool]:\n    return {}\n",
        "keys of the dict",
        "dict with fixed keys",
    ),
    "one_p_for_many": (
        (
            "import polars as pl\n"
            "def f(current: pl.DataFrame, reference: pl.DataFrame) -> float:\n    return 0.5\n"
        ),
        "many columns",
        "one per column",
    ),
    "method": (
        "class M:\n    def f(self, current, reference):\n        return True\n",
        "it is a method",
        "staticmethod",
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_refusal_names_the_reason_and_the_way_out(case, tmp_path):
    """A user would get a detector of something else, or no word on how to get one."""
    text, reason, way_out = CASES[case]
    name = {"other_measure": "psi_score", "method": "M.f"}.get(case, "f")
    spec = spec_of(tmp_path, text, name)
    with pytest.raises(RecipeRefusedError) as caught:
        DOMAIN.recipe(spec)
    assert reason in caught.value.what
    assert way_out in caught.value.hint
    assert caught.value.where == f"{spec.path}:{spec.line}"
    assert DOMAIN.checks(spec) == []


@pytest.mark.parametrize("capability", ["anomaly", "performance"])
def test_other_capabilities_are_refused(capability, tmp_path):
    """A user would believe that anomalies are watched."""
    text = "def f(current, reference):\n    return True\n"
    spec = spec_of(tmp_path, text, "f", capabilities=["drift", capability])
    with pytest.raises(RecipeRefusedError, match=capability):
        DOMAIN.recipe(spec)


def test_config_that_names_no_parameter_is_refused(tmp_path):
    """A user with a typing error would have the samples guessed."""
    text = "def f(first, second):\n    return True\n"
    config = {"current": "secnod", "reference": "first"}
    spec = spec_of(tmp_path, text, "f", config=config)
    with pytest.raises(RecipeRefusedError, match="did you mean 'second'"):
        DOMAIN.recipe(spec)


@pytest.mark.parametrize(
    "config",
    [
        {"alert_threshold": 1.5},
        {"alert_threshold": True},
        {"min_effect": -0.1},
        {"min_samples": 0},
        {"min_samples": 2.5},
        {"max_categories": -1},
        {"current": 3},
        {"alert_treshold": 0.1},
    ],
)
def test_bad_config_is_an_error(config, tmp_path):
    """A user would watch a model with a level that can never, or always, alert."""
    with pytest.raises(ConfigError):
        spec_of(tmp_path, "def f(current, reference):\n    return True\n", "f", config=config)


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ("return len(current) < len(reference) / 2", "compares the sizes"),
        (
            "if max(current) > max(reference):\n        raise RuntimeError('drift')\n    return False",
            "raises",
        ),
        ("HISTORY.append(1)\n    return max(current) > max(reference)", "would not do"),
        (
            "current = clean(current)\n    return max(current) > max(reference)",
            "before it is compared",
        ),
    ],
)
def test_work_besides_the_comparison_is_refused(tmp_path, body, reason):
    """A page would no longer be sent, a gate would stay open, or other data would be compared."""
    head = "HISTORY = []\n\n\ndef clean(x):\n    return x\n\n\n"
    text = head + f"def drifted(current, reference) -> bool:\n    {body}\n"
    spec = spec_of(tmp_path, text, "drifted")
    with pytest.raises(RecipeRefusedError, match=reason):
        DOMAIN.recipe(spec)


@pytest.mark.parametrize("body", ["abs(max(cur) - max(ref)) <= 5", "max(cur) == max(ref)"])
def test_function_that_answers_the_other_way_round_is_rejected(tmp_path, body):
    """A function that says whether data match would say the opposite from its first version on."""
    text = f"def distributions_match(ref, cur) -> bool:\n    return {body}\n"
    spec = spec_of(tmp_path, text, "distributions_match")
    code = with_header(
        DOMAIN.recipe(spec).source, spec, DOMAIN.name, "recipe/ml_monitoring/compare"
    )
    verdict = judge(code, spec, DOMAIN, import_name=Path(spec.path).stem, filename="<candidate>")
    assert not verdict.accepted
    assert "the other way round" in verdict.explain()


def test_columns_from_a_constant_of_the_module_are_the_ones_compared(tmp_path):
    """An id column that only grows would raise an alert for ever."""
    text = (
        "import polars as pl\n\nFEATURES = ('age', 'income')\n\n\n"
        "def drifted(cur: pl.DataFrame, ref: pl.DataFrame) -> list[str]:\n"
        "    return [f for f in FEATURES if abs(cur[f].mean() - ref[f].mean()) > 5]\n"
    )
    source = DOMAIN.recipe(spec_of(tmp_path, text, "drifted")).source
    assert '("age", "income")' in source
    built = text.replace("('age', 'income')", "tuple(open('columns').read().split())")
    with pytest.raises(RecipeRefusedError, match="FEATURES"):
        DOMAIN.recipe(spec_of(tmp_path, built, "drifted"))
