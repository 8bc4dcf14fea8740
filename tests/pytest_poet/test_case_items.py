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


def case(expect, status="active", args=(2.0,), **more):
    return json.dumps({"status": status, "args": list(args), "expect": expect, **more})


def agreed(expect, args=(2.0,), origin="judgement", by="two sources"):
    return case(
        expect, "active", args, origin=origin, sources=["ada", "bob"], accepted_by=by,
        why="reviewed as wrong",
    )  # fmt: skip


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


def test_what_sources_agree_on_and_no_version_has_learnt_is_expected_to_fail(project):
    """Two reviewers of production would turn everybody's build red for days, until there is evidence."""
    project.write(
        {
            ".poet/half/cases/wanted.json": agreed({"equals": 9.0}),
            ".poet/half/cases/met.json": agreed({"equals": 2.0}, (4.0,)),
        }
    )
    done = project.pytest("-q", "-rA", "-p", "no:cacheprovider")
    assert done.code == 0, done.out
    assert "3 passed, 1 xfailed" in done.out
    (line,) = [x for x in done.out.splitlines() if x.startswith("XFAIL")]
    assert line.startswith("XFAIL app.py::poet::half::wanted - not yet learnt by v1: "), line
    assert "1.0" in line
    assert "9.0" in line, "what it returns and what it is to return"
    assert "2 sources agree" in line
    assert "poet learn --function half makes a version" in line
    verified = project.run(sys.executable, "-m", "poet", "verify", "half")
    assert verified.code == 0, verified.out
    assert "not evidence case      case:wanted: not yet learnt by v1" in verified.out
    assert "passed       case      case:met" in verified.out
    assert project.pytest("-q", "-p", "no:cacheprovider", "--runxfail").code == 1


def test_promises_stay_red_and_show_once(project):
    """A case that somebody accepted could be broken without a word; or its text be read twice."""
    promises = {
        "accepted": agreed({"equals": 9.0}, by="ada"),
        "failure": agreed({"equals": 9.0}, origin="failure", by="reproduced"),
        "byhand": case({"equals": 9.0}),
        "dressed": case({"equals": 9.0}, accepted_by="two sources"),
    }
    project.write({f".poet/half/cases/{name}.json": text for name, text in promises.items()})
    done = project.pytest("-q", "-rA", "-p", "no:cacheprovider")
    assert done.code == 1, done.out
    assert "4 failed, 2 passed" in done.out
    assert "PASSED app.py::poet::half\n" in done.out, "the version's own item"
    for name in promises:
        assert done.out.count(f"case {name} does not hold: failed: ") == 2, "there, and in the list"
    assert "poet: 1 failed" in done.out, "the run's summary still says it"
    alone = project.pytest("-q", "-rA", "-p", "no:cacheprovider", "-k", "half and not byhand")
    assert alone.code == 1
    assert "4 failed" in alone.out, "what is shown nowhere else is the version's"
    assert "case case:byhand failed" in alone.out
    assert "case case:accepted failed" not in alone.out


def test_a_case_that_the_version_was_made_to_hold_is_no_target_of_it(project):
    """A version could lose what it had learnt, and be called one that is still to learn it."""
    project.write({".poet/half/cases/held.json": agreed({"equals": 1.0})})
    made = project.poet("generate", "half", "--force")
    assert made.code == 0, made.out
    record = json.loads(project.read(".poet/half/v2/record.json"))
    assert record["trial"]["agreed cases"]["passed"] == ["held"]
    project.write({".poet/half/cases/held.json": agreed({"equals": 3.0})})
    done = project.poet("verify", "half")
    assert done.code == 1, done.out
    assert "failed       case      case:held" in done.out
