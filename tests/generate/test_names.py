"""What a model is told it may import: true names, true signatures, nothing that is refused."""

from __future__ import annotations

import inspect

import pytest

import poet.runtime
import poet.stats
from poet.domain import REVIEWED
from poet.gate import audit, importable, poet_names
from poet.gate.audit import tables
from poet.generate.names import describe

GRANTS = {
    "numpy": REVIEWED,
    "polars": REVIEWED,
    "pandas": REVIEWED,
    "scipy": REVIEWED,
    "urllib.request": frozenset({"urlopen"}),
    "poet_domain_ml_monitoring": frozenset({"kind_of", "finite"}),
}


def test_every_name_of_poet_is_described_with_its_signature() -> None:
    """The model would guess parameters, and the answer be paid for twice."""
    found = describe(poet_names(GRANTS))
    assert "ks_2samp(current: Sample, reference: Sample, *" in found["poet.stats.ks_2samp"]
    assert "Kolmogorov-Smirnov" in found["poet.stats.ks_2samp"]
    assert found["poet.stats.KLResult"].startswith("class KLResult(distance: float, unit: str")
    assert found["poet_domain_ml_monitoring.kind_of"].startswith("kind_of(reference: Any")
    assert "poet.runtime.played" not in found
    for dotted, line in found.items():
        name = dotted.rpartition(".")[2]
        assert name in line
        assert line != name, f"{dotted} is not described"
        assert "\n" not in line


@pytest.mark.parametrize("name", [n for n in poet.stats.__all__ if n[0].islower()])
def test_signatures_are_those_of_the_functions(name: str) -> None:
    """A signature that is read from text would lie."""
    function = getattr(poet.stats, name)
    line = describe({"poet.stats": [name]})[f"poet.stats.{name}"]
    for parameter in inspect.signature(function).parameters:
        assert f"{parameter}:" in line.partition(") ->")[0]


def test_names_are_in_a_fixed_order_whatever_order_they_are_given_in() -> None:
    """The same function would have two prompts, and a recorded answer not be found."""
    names = {m: sorted(n) for m, n in poet_names(GRANTS).items()}
    backwards = {m: n[::-1] for m, n in reversed(names.items())}
    assert list(describe(names).items()) == list(describe(backwards).items())


def test_what_is_said_of_modules_is_what_the_audit_takes() -> None:
    """The model would import what is refused, or do without what is there."""
    said = importable(GRANTS)
    granted = tables.granted_modules(GRANTS)
    assert set(said) == {m for m in granted if not m.startswith("poet")}
    assert said["os"] == "PathLike cpu_count fspath"
    assert said["urllib.request"] == "urlopen"
    for module, text in said.items():
        if text.startswith("all public names but "):
            for name in text.removeprefix("all public names but ").split():
                assert name not in granted[module], f"{module}.{name}"
        elif " " in text and ";" in text:
            continue
        elif not text.startswith(("all public", "its ")):
            later = {n for n in text.split() if n not in granted[module]}
            assert not later, f"{module}: {later}"


@pytest.mark.parametrize("module", ["math", "itertools", "numpy.linalg", "polars.selectors"])
def test_a_module_that_is_said_to_be_whole_is(module: str) -> None:
    """A sentence that is read as a promise would not hold."""
    assert importable(GRANTS)[module].startswith("all public names")
    name = {
        "math": "log1p",
        "itertools": "chain",
        "numpy.linalg": "norm",
        "polars.selectors": "numeric",
    }
    code = f'"""X."""\n\nfrom {module} import {name[module]}\n\n\ndef f():\n    return {name[module]}\n'
    assert audit(code, "f", GRANTS) == []


def test_runtime_names_that_only_a_version_has_are_explained() -> None:
    """The model would not know how to reach the user's function and helpers."""
    found = describe(poet_names({}))
    assert "user.NAME" in found["poet.runtime.user"]
    assert "as it was written" in found["poet.runtime.baseline"]
    assert set(poet.runtime.__all__) - {"Execution", "last_execution"} <= {
        d.rpartition(".")[2] for d in found
    }
