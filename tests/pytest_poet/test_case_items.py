"""Active cases as items of pytest."""

from __future__ import annotations

import json
import sys

import pytest

from poet.testing import Project

APP = """
from poet import poet

@poet()
def half(x: float) -> float:
    return x / 2
"""
TEST = """
from app import half

def test_half():
    assert half(4.0) == 2.0
"""


def case(expect, status="active", args=(2.0,)):
    return json.dumps({"status": status, "args": list(args), "expect": expect})


@pytest.fixture
def project(tmp_path):
    files = {"app.py": APP, "test_app.py": TEST}
    project = Project(tmp_path).write(files)
    done = project.run(sys.executable, "-m", "poet", "generate", "half")
    assert done.code == 0, done.out
    return project


def test_each_active_case_is_an_item_that_passes_fails_or_is_skipped(project):
    """An IDE or a report would not show which lesson a version has unlearnt."""
    cases = {
        "holds": case({"equals": 1.0}), "returns": case({"returns": True, "seconds": 5}, args=(6.0,)),
        "proposed": case({"equals": 9.0}, "proposed"), "yes": case({"equals": 4.0}, args=(8.0,)),
        "no": case({"equals": 5.0}, args=(8.0,)),
    }  # fmt: skip
    project.write({f".poet/half/cases/{name}.json": text for name, text in cases.items()})
    done = project.pytest("-q", "-rA", "-p", "no:cacheprovider")
    assert done.code == 0, done.out
    assert "PASSED app.py::poet::half::holds" in done.out
    assert "PASSED app.py::poet::half::returns" in done.out
    assert "it contradicts the case" in done.out
    assert "half::proposed" not in done.out
    assert "3 passed, 2 skipped" not in done.out
    assert "4 passed, 2 skipped" in done.out
    project.write({".poet/half/cases/wrong.json": case({"equals": 3.0}, args=(4.0,))})
    done = project.pytest("-q", "-rA", "-p", "no:cacheprovider", "-k", "wrong or holds")
    assert done.code == 1
    assert "case wrong does not hold: failed: " in done.out
    assert "PASSED app.py::poet::half::holds" in done.out
    assert "poet: half case wrong" in done.out


def test_cases_of_a_function_without_a_version_are_skipped(tmp_path):
    """A project would be red for a lesson that no version was made for yet."""
    project = Project(tmp_path).write(
        {"app.py": APP, "test_app.py": TEST, ".poet/half/cases/holds.json": case({"equals": 1.0})}
    )
    done = project.pytest("-q", "-rs", "-p", "no:cacheprovider")
    assert done.code == 0, done.out
    assert "half has no version" in done.out
