"""Versions that a model writes, made by a run of tests and by the command, and what is said of it."""

from __future__ import annotations

import json
import re
import shutil

from plugin_app import PYPROJECT, make

from poet.spec import Options
from poet.testing import ModelServer, answers
from pytest_poet.finder import poet_find_tests


def test_functions_that_are_asked_for_together_share_their_tests(tmp_path):
    """``poet generate --all`` would run the whole test suite again for each function."""
    project = make(tmp_path)
    options = Options.parse({}, "app.py")

    def find(name):
        return poet_find_tests(project.folder / "app.py", name, options, project.folder)

    add, shout = find("add"), find("shout")
    assert add.baseline is shout.baseline
    assert add.needs.keys() == {"test_app.py::test_add"}
    assert shout.needs.keys() == {"test_app.py::test_shout"}
    late = find("add")  # the tests have run: what they would say now is not known
    assert late.baseline is not add.baseline


GOOD = "def add(a: int, b: int = 1) -> int:\n    return b + a\n"
BAD = "def add(a: int, b: int = 1) -> int:\n    return a - b\n"
ENV = {"OPENAI_API_KEY": "sk-test-of-a-test-run"}


def test_a_model_is_asked_once_and_replayed_ever_after(tmp_path):
    """A run of tests would spend money unasked, or CI make another version than the reviewer saw."""
    project = make(tmp_path)
    make_add = ("-q", "--poet-regenerate", "--poet-select=add", "--poet-report=r.json")
    with ModelServer([answers.code(BAD), answers.code(GOOD)]) as server:
        settings = (
            f'\n[tool.poet]\napi_base = "{server.url}"\nprice = {{input = 1.0, output = 2.0}}\n'
        )
        project.write({"pyproject.toml": PYPROJECT + settings})
        missed = project.pytest(*make_add, "--poet-model=openai/test", env=ENV)
        assert missed.code == 1
        assert "--poet-model=openai/test --poet-llm=live" in missed.out
        assert server.requests == []
        assert not project.files(".poet/add/v1/*")
        done = project.pytest(*make_add, "--poet-model=openai/test", "--poet-llm=live", env=ENV)
        assert done.code == 0, done.out
        assert len(server.requests) == 2
    assert re.search(
        r"add +(?:base +)?(?:litellm )?openai/test +- -> v1 +(\d+)/\1 +2 +\$0\.\d+ +\d", done.out
    )
    assert re.search(r"\n  add: model .*failed verification.*; repaired ", done.out)
    (row,) = json.loads(project.read("r.json"))["regenerated"]
    assert (row["model"], row["replayed"], row["used"]["calls"]) == ("openai/test", False, 2)
    code = project.read(".poet/add/v1/code.py")

    for more in ((), ("-n2",)):
        shutil.rmtree(tmp_path / ".poet" / "add")
        again = project.pytest(*make_add, *more)
        assert again.code == 0, again.out
        assert re.search(r"openai/test +- -> v1 +(\d+)/\1 +2 replayed +\$0\.00", again.out)
        assert project.read(".poet/add/v1/code.py") == code
        (row,) = json.loads(project.read("r.json"))["regenerated"]
        assert (row["model"], row["replayed"], row["used"]["calls"]) == ("openai/test", True, 0)
        assert [a["outcome"] for a in row["attempts"]] == ["failed verification", "accepted"]


def test_wrong_values_are_usage_errors(tmp_path):
    """A misspelt limit would silently be none."""
    project = make(tmp_path)
    for option, text in (
        ("--poet-budget=usd=much", "poet_budget: [POET101] budget usd='much' is not a number"),
        ("--poet-candidates=0", "candidates 0 is not from 1 to 20"),
        ("--poet-llm=auto", "invalid choice"),
    ):
        done = project.pytest("--poet-regenerate", option)
        assert (done.code, text in done.out) == (4, True), done.out
    done = project.pytest("-o", "poet_run_budget=eur=1", "-o", "poet_llm=replay")
    assert (done.code, "unknown key 'eur' in run_budget" in done.out) == (4, True)
