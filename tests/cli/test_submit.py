"""``poet submit``: each exit status, with the keys that programs read."""

# ruff: noqa: E501

from __future__ import annotations

import json
import os
import shutil

import pytest
from click.testing import CliRunner

from poet.gate.sandbox import missing_layers
from poet.testing import Project

KEYS = [
    "function", "verdict", "exit_code", "version", "before", "checks", "findings", "differences",
    "layers", "seconds", "message", "next",
]  # fmt: skip
APP = """
from poet import poet

@poet()
def total(prices: list, tax: float = 0.0) -> float:
    return sum(prices) * (1 + tax)
"""
TESTS = """
from app import total

def test_total():
    assert total([10.0, 20.5]) == 30.5
"""
PYPROJECT = """
[project]
name = "example"
version = "0"

[tool.pytest.ini_options]
addopts = "-p no:hypothesispytest -p no:cacheprovider"
testpaths = ["tests"]
"""
BEST = {"POET_SANDBOX": "best-effort"}


@pytest.fixture(scope="module")
def template(tmp_path_factory):
    """A project, and in ``good.py`` code that is right for its function."""
    project = Project(tmp_path_factory.mktemp("submit"))
    project.write({"pyproject.toml": PYPROJECT, "app.py": APP, "tests/test_app.py": TESTS})
    project.write({"tests/conftest.py": "import sys\nsys.path.insert(0, '.')\n"})
    assert project.poet("generate", "total").code == 0
    code = project.read(".poet/total/v1/code.py").partition('"""')
    shutil.rmtree(project.folder / ".poet")
    return project.write({"good.txt": "".join(code[1:])})


@pytest.fixture
def project(template, tmp_path):
    shutil.copytree(template.folder, tmp_path, dirs_exist_ok=True)
    return Project(tmp_path)


def handed_in(project, code, *more, env=BEST):
    """Submit code as JSON; return the report."""
    (project.folder / "handed_in.txt").write_bytes(
        code if isinstance(code, bytes) else code.encode()
    )
    done = project.poet("submit", "total", "handed_in.txt", "--json", *more, env=env)
    report = json.loads(done.out)
    assert list(report) == KEYS
    assert report["exit_code"] == done.code
    assert report["function"] == "total"
    assert isinstance(report["message"], str)
    assert report["next"]
    if done.code:
        assert report["version"] is None
        assert not project.files(".poet/**/code.py")
    return report


def test_right_code_is_promoted_and_again_unchanged(project):
    """A person or a program could not hand in code at all."""
    good = project.read("good.txt")
    report = handed_in(project, good, "--reason", "a faster sum")
    assert (report["verdict"], report["exit_code"], report["version"]) == ("promoted", 0, "v1")
    assert report["before"] is None
    tests = [c for c in report["checks"] if c["kind"] == "test"]
    assert [(c["name"], c["outcome"], c["compared"], c["shared"]) for c in tests] == [
        ("tests/test_app.py::test_total", "passed", True, False)
    ]
    assert report["layers"]["separate process"] == "in force"
    stored = project.read(".poet/total/v1/code.py")
    assert stored.endswith(good.rstrip() + "\n")
    assert "# generator:   file\n" in stored
    record = json.loads(project.read(".poet/total/v1/record.json"))
    assert record["generator"] == "file"
    assert json.loads(project.read(".poet/total/v1/metadata.json"))["llm"] == "none"
    assert "a faster sum" in project.poet("log", "total").out
    again = handed_in(project, good)
    assert (again["verdict"], again["version"], again["before"]) == ("promoted", "v1", "v1")
    assert "same code" in again["message"]
    assert not project.files(".poet/total/v2/*")


@pytest.mark.parametrize(
    ("code", "finding"),
    [
        (
            b"import os\n\n\ndef total(prices: list, tax: float = 0.0) -> float:\n    return os.getpid()\n",
            "os",
        ),
        (b"def total(:", "not Python"),
        (b"", "total"),
        (b"\xff\xfe\x00", "not UTF-8"),
        (b"x = '\xe9'\n", "byte 5 is not UTF-8"),
        (b"#" * 70_000, "more than 65,536 bytes"),
        (b"x = '\x00'\n", ""),
        (b"x = 1\r\ry = 2\n", ""),
        (b"\xef\xbb\xbfx = 1\n", ""),
        ("# \u202e\n".encode(), ""),
        (b"(" * 5000, ""),
        (b"x = " + b"9" * 60_000 + b"\n", ""),
        (b"# coding: utf-16\n\x00\n", ""),
    ],
)
def test_what_the_audit_refuses(project, code, finding):
    """Code that must not run would run, or a crash would look like an answer."""
    report = handed_in(project, code)
    assert (report["verdict"], report["exit_code"]) == ("refused by audit", 3), report
    assert report["findings"]
    assert finding in report["findings"][0] + report["message"]


def test_wrong_code_fails_verification(project):
    """Wrong code would become current."""
    good = project.read("good.txt")
    report = handed_in(project, good.replace("return result", "return result + 1"))
    assert (report["verdict"], report["exit_code"]) == ("failed verification", 4)
    assert any(c["outcome"] == "failed" for c in report["checks"])
    hidden = [c for c in report["checks"] if c["hidden"]]
    assert hidden
    assert all(
        c["name"].startswith("hidden ") and c["detail"] in ("", "hidden", "not reached")
        for c in hidden
    )
    assert "never_repeats_what_may_have_happened" not in json.dumps(report)


def test_code_that_only_the_users_tests_catch_fails(project):
    """The user's tests would say nothing of submitted code, or could be left out unasked."""
    bad = project.read("good.txt").replace(
        "return result", "return 7.0 if prices == [10.0, 20.5] else result"
    )
    report = handed_in(project, bad)
    assert (report["verdict"], report["exit_code"]) == ("failed verification", 4)
    assert {c["kind"] for c in report["checks"] if c["outcome"] == "failed"} <= {"input", "test"}
    # Without them nothing looks where this code is wrong, and the user has said so.
    assert handed_in(project, bad, "--no-tests")["exit_code"] == 0


def test_no_sandbox_no_version(project):
    """Code that nobody confines would run where a layer is missing."""
    report = handed_in(project, project.read("good.txt"), env={})
    if missing_layers():
        assert (report["verdict"], report["exit_code"]) == ("sandbox unavailable", 5)
        assert all(row.partition(" (")[0] in report["message"] for row in missing_layers())
    else:
        assert (report["verdict"], report["exit_code"]) == ("promoted", 0)


def test_a_missing_layer_is_named(project, monkeypatch):
    """A user could not see what the machine lacks."""
    from poet.cli._submit import submit
    from poet.gate.sandbox import parent

    monkeypatch.setattr(parent, "missing_layers", lambda: ["seccomp (missing: for this test)"])
    (project.folder / "good.py").write_text(project.read("good.txt"))
    arguments = ["total", str(project.folder / "good.py"), "--in", str(project.folder), "--json"]
    done = CliRunner().invoke(submit, arguments)
    report = json.loads(done.stdout)
    assert list(report) == KEYS
    assert (done.exit_code, report["verdict"]) == (5, "sandbox unavailable")
    assert "seccomp" in report["message"]


def test_nothing_compared_is_insufficient(project):
    """Code would become current on evidence that compares nothing it returned."""
    project.write(
        {
            "app.py": (
                "from poet import poet\n\nclass Order:\n    pass\n\n@poet(strict_types=True)\n"
                "def total(prices: Order) -> int:\n    return 3\n"
            ),
            "tests/test_app.py": "from app import Order, total\n\ndef test():\n    assert total(Order()) == 3\n",
        }
    )
    assert project.poet("generate", "total", "--tests").code == 0
    code = "".join(project.read(".poet/total/v1/code.py").partition('"""')[1:])
    shutil.rmtree(project.folder / ".poet")
    report = handed_in(project, code)
    # The one test passes what cannot cross to a worker: shared evidence alone is not enough.
    assert (report["verdict"], report["exit_code"]) == ("insufficient evidence", 6), report
    assert [c["shared"] for c in report["checks"] if c["kind"] == "test"] == [True]
    assert "write a test that calls total" in report["next"]


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("total", "no_such_file.py"), 2),
        (("total",), 2),
        (("total", "good.txt", "--no-such-option"), 2),
        (("totl", "good.txt"), 1),
        (("total", "good.txt", "--in", "tests"), 1),
    ],
)
def test_usage_and_other_errors_are_json_too(project, arguments, code):
    """A program would have to read two kinds of answers."""
    done = project.poet("submit", *arguments, "--json")
    report, _ = json.JSONDecoder().raw_decode(done.out)
    assert list(report) == KEYS
    assert (done.code, report["exit_code"]) == (code, code)
    assert report["message"]
    assert report["next"]
    assert "Traceback" not in done.out


def test_tests_that_cannot_be_collected_are_an_error(project):
    """Broken tests would look like no tests, and code would pass without them."""
    project.write({"tests/test_broken.py": "import no_such_module_here\n"})
    good = project.read("good.txt")
    report = handed_in(project, good)
    assert (report["verdict"], report["exit_code"]) == ("error", 1)
    assert "no_such_module_here" in report["message"]
    assert handed_in(project, good, "--no-tests")["exit_code"] == 0


def test_only_testpaths_run_and_reports_stay(project):
    """Files beside the tests would run, or overwrite the report of the user's own run."""
    text = PYPROJECT.replace('no:cacheprovider"', 'no:cacheprovider --junitxml=junit.xml -n2"')
    project.write({"pyproject.toml": text, "junit.xml": "kept\n"})
    project.write({"test_stray.py": "import pathlib\npathlib.Path('stray').touch()\n"})
    assert handed_in(project, project.read("good.txt"))["exit_code"] == 0
    assert not (project.folder / "stray").exists()
    assert project.read("junit.xml") == "kept\n"


def test_for_a_person_the_text_says_what_and_what_next(project):
    """A user would see JSON, or nothing to go on."""
    done = project.poet("submit", "total", "good.txt", env=BEST)
    assert done.code == 0, done.out
    assert "total: - -> v1" in done.out
    assert "next: review it" in done.out
    project.write({"bad.txt": "import os\n"})
    done = project.poet("submit", "total", "bad.txt", env=BEST)
    assert done.code == 3
    assert "total: refused by audit" in done.out
    assert "next: mend the code" in done.out


def test_generate_with_tests(project):
    """A recipe's version could not be held against the project's tests from the command line."""
    done = project.poet("generate", "total", "--tests")
    assert done.code == 0, done.out
    record = json.loads(project.read(".poet/total/v1/record.json"))
    assert [c["outcome"] for c in record["checks"] if c["kind"] == "test"] == ["passed"]


def test_what_is_no_file_ends_at_once(project):
    """A FIFO in the project, or handed in, would hold the command for ever."""
    os.mkfifo(project.folder / "queue.py")
    done = project.poet("submit", "total", "queue.py", "--json", env=BEST)
    assert done.code == 1
    assert "not a regular file" in json.loads(done.out)["message"]


@pytest.mark.parametrize(
    ("code", "text"),
    [
        ("# -*- coding: latin-1 -*-\ndef total(prices, tax=0.0):\n    return 0\n", "latin-1"),
        ("def total(prices, tax=0.0):\n    return " + "-" * 20000 + "1\n", "nested"),
        (b" " * 70_000, "bytes"),
    ],
)
def test_text_that_is_not_judged_is_a_verdict(project, code, text):
    """A parser that gives up, or a comment that says another encoding, would be an error in POET."""
    report = handed_in(project, code)
    assert report["exit_code"] == 3
    assert text in report["message"]
