"""``poet cases``: looking at what production taught, and moving it."""

from __future__ import annotations

import json
import sys

import pytest

from poet.testing import Project

APP = """
from poet import poet

@poet(record="on_feedback")
def half(x: float) -> float:
    return x / 2
"""
CASE = '{"status": "proposed", "args": [2.0], "expect": {"equals": %s}, "why": "seen on Monday"}'


@pytest.fixture
def project(tmp_path):
    return Project(tmp_path / "app").write(
        {"app.py": APP, ".poet/half/cases/one.json": CASE % "1.0", ".poet/half/cases/two.json": CASE % "7.0"}
    )  # fmt: skip


def poet(project, *arguments, code=0, **env):
    done = project.run(sys.executable, "-m", "poet", "cases", *arguments, env=env)
    assert done.code == code, done.out
    return done.out


def test_a_case_is_listed_accepted_retired_and_carried_along(project, tmp_path):
    """A person could not decide what gates without editing JSON by hand."""
    out = poet(project, "list")
    assert "proposed  half  one: seen on Monday" in out
    assert "contradict each other" in out
    assert '{"equals": 7.0}' in out
    assert "one is active" in poet(project, "accept", "half", "one", "--why", "checked")
    assert "contradicts the active case one" in poet(project, "accept", "half", "two", code=1)
    poet(project, "retire", "half", "two", "--why", "a mistake")
    rows = json.loads(poet(project, "list", "half", "--json"))
    assert [(c["name"], c["status"]) for c in rows["cases"]] == [
        ("one", "active"),
        ("two", "retired"),
    ]
    assert rows["contradictions"] == []
    assert json.loads(poet(project, "show", "half", "one"))["args"] == [2.0]
    log = project.run(sys.executable, "-m", "poet", "log", "half").out
    assert "case-accept one" in log
    assert "a mistake" in log
    target = tmp_path / "cases.zip"
    assert "1 cases" in poet(project, "export", "half", str(target), "--status", "active")
    other = Project(tmp_path / "other").write({"app.py": APP})
    assert "proposed  one" in poet(other, "import", "half", str(target))
    assert "known     one" in poet(other, "import", "half", str(target))


def test_an_execution_becomes_a_case(project, tmp_path):
    """What was recorded in production could only be used by learning."""
    env = {"POET_HOME": str(tmp_path / "live"), "POET_MODE": "locked"}
    ident = project.python(
        "import warnings; warnings.simplefilter('ignore'); import poet; from app import half; half(3.0);"
        "print(poet.last_execution().id)",
        env=env,
    ).out.strip()
    out = poet(
        project,
        "propose",
        "half",
        ident,
        "--expect",
        '{"equals": 1.5}',
        "--why",
        "as agreed",
        **env,
    )
    assert "as-agreed-" in out
    assert json.loads(poet(project, "list", "half", "--json"))["cases"][0]["args"] == [3.0]
    assert "nothing is recorded" in poet(
        project, "propose", "half", "no-such", "--expect", '{"equals": 1}', code=1, **env
    )
    assert "is unknown" in poet(
        project, "propose", "half", ident, "--expect", '{"is": 1}', code=1, **env
    )
