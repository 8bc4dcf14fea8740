"""Detectors for functions the recipe was not written for."""

from __future__ import annotations

import ast
import inspect
import json
import subprocess
import sys
import warnings
from pathlib import Path

import pytest
from mlmon_functions import FUNCTIONS
from mlmon_helpers import failures, make, spec_of

from poet.errors import PoetWarning
from poet.generate import with_header
from poet_domain_ml_monitoring._domain import DOMAIN

ALLOWED = {"poet.runtime", "poet.stats", "poet_domain_ml_monitoring", "math"}


@pytest.fixture(params=FUNCTIONS)
def made(request, tmp_path):
    user = FUNCTIONS[request.param]
    return make(tmp_path, user.text, user.name, **user.options)


def test_every_check_of_the_domain_holds(made):
    """A user would get a detector that is wrong on data whose answer is known."""
    checks = [c for c in DOMAIN.checks(made.spec) if c.subject == "candidate"]
    assert len(checks) >= 5
    assert len({c.name for c in checks}) == len(checks)
    assert 0.2 <= sum(c.hidden for c in checks) / len(checks) <= 0.5
    assert failures(made.detector, checks) == {}


def test_name_and_signature_are_kept(made):
    """A user's callers would break: by keyword, by position or by default."""
    ours, theirs = inspect.signature(made.detector), inspect.signature(made.baseline)
    assert made.detector.__name__ == made.baseline.__name__
    shape = [(p.name, p.kind, p.default) for p in theirs.parameters.values()]
    assert [(p.name, p.kind, p.default) for p in ours.parameters.values()] == shape


def test_text_uses_only_what_an_audit_allows(made):
    """A user would find their version refused by the audit."""
    for node in ast.walk(ast.parse(made.recipe.source)):
        if isinstance(node, ast.ImportFrom):
            assert node.module in ALLOWED
        assert not isinstance(node, ast.Import | ast.Global | ast.Nonlocal)
        if isinstance(node, ast.Attribute):
            assert not node.attr.startswith("_")
    for phase in ("Perceive", "Operate", "Enforce", "Train"):
        assert f"# {phase}" in made.recipe.source


def test_same_spec_gives_the_same_text(made):
    """A user would see a new version at each regeneration, with nothing changed."""
    assert DOMAIN.recipe(made.spec) == made.recipe


def test_params_and_facts_are_json(made):
    """A user would lose the event of an execution that cannot be written."""
    json.dumps(dict(made.recipe.params), allow_nan=False)
    by_name = {c.name: c for c in DOMAIN.checks(made.spec)}
    for name, status in (("too_little", "insufficient_data"), ("roles", "drift")):
        check = by_name.get(f"drift.{name}")
        if check is not None:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", PoetWarning)
                _, facts = made.observed(*check.args, **check.kwargs)
            json.dumps(facts, allow_nan=False)
            assert facts["status"] == status


def test_text_is_as_a_formatter_and_linter_leave_it(tmp_path):
    """A reviewer would read noise, and a user's own lint run would fail on committed versions."""
    for key, user in FUNCTIONS.items():
        folder = tmp_path / key
        folder.mkdir()
        made = make(folder, user.text, user.name, **user.options)
        (folder / "pyproject.toml").unlink()
        Path(made.spec.path).unlink()
        headed = with_header(made.recipe.source, made.spec, "ml_monitoring", "recipe")
        (folder / "code.py").write_text(headed)
    for command in (["check"], ["format", "--diff"]):
        ruff = [
            sys.executable,
            "-m",
            "ruff",
            *command,
            "--isolated",
            "--no-cache",
            "--target-version",
        ]
        ran = subprocess.run(
            [*ruff, "py311", str(tmp_path)], capture_output=True, text=True, check=False
        )
        assert ran.returncode == 0, ran.stdout + ran.stderr


def test_a_staticmethod_is_written_as_a_function(tmp_path):
    """A user who keeps checks in a class would get none of them enhanced."""
    text = (
        "class Monitor:\n"
        "    @staticmethod\n"
        "    def shifted(reference, current) -> bool:\n"
        "        return reference != current\n"
    )
    spec = spec_of(tmp_path, text, "Monitor.shifted")
    source = DOMAIN.recipe(spec).source
    assert "\ndef shifted(reference, current) -> bool:\n" in source
    assert DOMAIN.checks(spec)


def test_a_class_of_another_module_is_built(tmp_path):
    """A user who keeps result types in a module of their own would be refused."""
    (tmp_path / "mlmon_results.py").write_text(
        "from dataclasses import dataclass\n\n\n"
        "@dataclass\nclass Result:\n    alert: bool\n    score: float | None = None\n"
    )
    text = (
        "from mlmon_results import Result\n\n\n"
        "def f(base, cur) -> Result:\n    return Result(alert=base != cur)\n"
    )
    source = DOMAIN.recipe(spec_of(tmp_path, text, "f")).source
    assert "user.Result(\n        alert=drifted,\n        score=finite(effect),\n" in source
