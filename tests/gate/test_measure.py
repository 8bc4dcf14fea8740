"""Constraints are measured with the noise of the same code against itself."""

from __future__ import annotations

import pytest

from poet.domain import Domain
from poet.gate import judge
from poet.gate.measure import measurement_of
from poet.spec import Constraint, Options, build_spec
from poet.testing import Project

APP = """
import time

def work(n: int) -> int:
    time.sleep(0.03)
    return n + 1

def unknown(thing):
    return thing.value
"""
TOY = Domain(
    "toy", "", "1", 1, "preserve", recipe=lambda _: None, checks=lambda _: [],
    constraints=frozenset({"duration_ms", "memory_mb", "carbon_g"}),
)  # fmt: skip
LIMIT = Constraint("duration_ms", 10.0)


@pytest.mark.parametrize(
    ("first", "second", "outcome"),
    [
        ([[5.0] * 5], [[5.1] * 5], "held"),
        ([[20.0] * 5], [[20.1] * 5], "exceeded"),
        ([[10.2, 10.1, 10.3]], [[9.9, 9.8, 10.0]], "held"),
        ([[30.0] * 5], [[9.0] * 5], "held"),
        ([[11.0, 4.0, 18.0, 6.0, 15.0]], [[11.0, 4.0, 18.0, 6.0, 15.0]], "held"),
        ([[1.0] * 3, [50.0] * 3], [[1.0] * 3, [51.0] * 3], "exceeded"),
        ([[1.0, 1.0, 900.0]], [[1.0, 1.0, 1.0]], "held"),
    ],
)  # fmt: skip
def test_a_limit_is_exceeded_only_beyond_the_noise(first, second, outcome):
    """A slow moment of the machine would refuse a candidate, or a slow candidate would pass."""
    found = measurement_of(LIMIT, first, second)
    assert found.outcome == outcome
    assert found.noise >= 0
    assert found.n == sum(map(len, [*first, *second]))


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    folder = tmp_path_factory.mktemp("measure")
    Project(folder).write({"measured_app.py": APP})
    return folder / "measured_app.py"


def verdict_of(path, code, constraints, function="work"):
    options = Options.parse({"constraints": constraints}, "")
    spec = build_spec(path, function, options, recipe_epoch=1, default_mode="preserve")
    return judge(
        code, spec, TOY, import_name="measured_app", filename="<c>", generator="recipe/toy/x"
    )


FAST = "def work(n: int) -> int:\n    return n + 1\n"
SLOW = "import time\n\ndef work(n: int) -> int:\n    time.sleep(0.08)\n    return n + 1\n"


def check_of(verdict, name):
    return next(c for c in verdict.checks if c.kind == "constraint" and c.name == name)


@pytest.fixture(autouse=True)
def _quiet(monkeypatch):
    """Let the function that sleeps be run: it has no other effect."""
    monkeypatch.setattr("poet.gate.verify.why_not_quiet", lambda _: None)
    monkeypatch.setattr("poet.gate.verify.audit", lambda *_, **__: [])


def test_a_candidate_within_its_limit_passes_with_figures(path):
    """A reviewer would not learn how fast a version is, nor how sure that is."""
    found = verdict_of(path, FAST, {"duration_ms": 5000})
    assert found.name == "accepted", found.explain()
    assert "at most 5000" in check_of(found, "duration_ms").detail
    (fact,) = found.facts["constraints"]
    assert fact["value"] < 5000
    assert fact["n"] > 10
    assert fact["noise"] >= 0


def test_a_candidate_beyond_its_limit_fails(path):
    """A version would break what the user declared."""
    found = verdict_of(path, SLOW, {"duration_ms": 20})
    assert found.name == "failed verification", found.explain()
    assert check_of(found, "duration_ms").outcome == "failed"
    assert "at most 20" in found.explain()


def test_what_nobody_measures_is_visible(path):
    """A declared limit would look as if it had been checked."""
    found = verdict_of(path, FAST, {"carbon_g": 1})
    assert found.name == "accepted"
    check = check_of(found, "carbon_g")
    assert (check.outcome, check.detail) == (
        "not evidence",
        "not measured: nothing here measures it",
    )
    code = "def unknown(thing):\n    return thing.value\n"
    found = verdict_of(path, code, {"duration_ms": 5}, function="unknown")
    assert (
        "not measured: no input on which the function returns"
        in check_of(found, "duration_ms").detail
    )
