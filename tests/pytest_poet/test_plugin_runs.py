"""Runs of pytest in a user's project, with and without xdist."""

# ruff: noqa: E501, ISC004

from __future__ import annotations

import json
import re
import shutil
import xml.etree.ElementTree as ET

import pytest
from plugin_app import APP, TESTS, made, make

XDIST = pytest.mark.parametrize("more", [(), ("-n2",)], ids=["one process", "xdist"])


@pytest.fixture(scope="module")
def fresh(tmp_path_factory):
    """A project whose versions are fresh; tests only read it, or copy it."""
    return made(tmp_path_factory.mktemp("fresh"))


@pytest.fixture
def copy(fresh, tmp_path):
    """A copy of the fresh project that a test may change."""
    shutil.copytree(fresh.folder, tmp_path, dirs_exist_ok=True)
    return type(fresh)(tmp_path)


def tree(project):
    return {n: project.read(n) for n in project.files(".poet/**/*") if "/home/" not in n}


@XDIST
def test_plain_run_verifies_and_writes_nothing(fresh, more):
    """A user's ordinary test run would not notice a version that no longer holds, or change files."""
    before = tree(fresh)
    done = fresh.pytest("-v", *more)
    assert done.code == 0, done.out
    assert "4 passed" in done.out
    assert "poet: 2 verified" in done.out
    assert "app.py::poet::add" in done.out
    assert "next:" not in done.out
    assert tree(fresh) == before


@XDIST
def test_stale_is_red_and_names_the_way_out(copy, more):
    """A changed function would be tested on its baseline and go live without its version."""
    copy.write({"app.py": APP.replace("a + b", "b + a")})
    done = copy.pytest("-q", *more)
    assert done.code == 1
    assert "run: pytest --poet-regenerate --poet-select=add" in done.out
    assert "1 failed, 3 passed" in done.out
    assert "poet: 1 stale, 1 verified" in done.out
    assert done.out.count("next: pytest --poet-regenerate\n") == 1


@XDIST
def test_missing_is_skipped_unless_asked_for(tmp_path, more):
    """A project that begins with POET would be red at once, or stay unverified unseen in CI."""
    project = make(tmp_path)
    done = project.pytest("-q", *more)
    assert done.code == 0, done.out
    assert "2 passed, 2 skipped" in done.out
    assert "poet: 2 missing" in done.out
    done = project.pytest("-q", "--poet-fail-on=missing", *more)
    assert done.code == 1
    assert "2 failed, 2 passed" in done.out
    assert not project.files(".poet/**/code.py")


@XDIST
def test_regenerate_promotes_and_says_so(tmp_path, more):
    """A user would not see what was made, by what, on which evidence, and what to do next."""
    project = make(tmp_path)
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    done = project.pytest("--poet-regenerate", *more, env={"TMPDIR": str(scratch)})
    assert done.code == 0, done.out
    assert "4 passed" in done.out
    assert not list(scratch.glob("poet-*"))
    assert re.search(r"function +domain +generator +version +checks +seconds", done.out)
    for name in ("add", "shout"):
        assert re.search(
            rf"{name} +base +recipe/base/guarded_call +- -> v1 +(\d+)/\1 +\d+\.\d", done.out
        )
        record = json.loads(project.read(f".poet/{name}/v1/record.json"))
        tests = [c for c in record["checks"] if c["kind"] == "test"]
        assert [(c["name"], c["outcome"], c["compared"]) for c in tests] == [
            (f"test_app.py::test_{name}", "passed", True)
        ]
    assert "next: review and commit .poet/, then: pytest" in done.out
    again = project.pytest("-q", "--poet-regenerate", *more)
    assert again.code == 0, again.out
    assert not project.files(".poet/*/v2/*")


def test_failing_candidate_leaves_current_and_the_run_red(copy):
    """A worse version would replace a good one, or a failure would look like success."""
    copy.write({
        "app.py": APP.replace("a + b", "b + a"),
        "test_app.py": TESTS + """
import sys
class Two:
    def __add__(self, other):
        return other + 2

def test_only_the_baseline():
    assert add(1, Two()) == 3
    assert not any(m.startswith("_poet_version_") for m in sys.modules)
""",
    })  # fmt: skip
    done = copy.pytest("-q", "--poet-regenerate")
    assert done.code == 1, done.out
    assert copy.read(".poet/add/current") == "v1\n"
    assert not copy.files(".poet/add/v2/*")
    assert re.search(r"add +base +recipe/base/guarded_call +v1 \(rejected\)", done.out)
    assert "test test_app.py::test_only_the_baseline failed" in done.out
    assert "then: pytest --poet-regenerate --poet-select=add" in done.out


def test_scope_and_select(copy):
    """A user who asks for one function would have others made anew."""
    copy.write(
        {
            "app.py": APP.replace("a + b", "b + a")
            + "\n\n@poet()\ndef new(a: int) -> int:\n    return a\n"
        }
    )
    copy.write(
        {"test_app.py": TESTS + "from app import new\ndef test_new():\n    assert new(1) == 1\n"}
    )
    copy.pytest("-q", "--poet-regenerate", "--poet-select=no_such")
    copy.pytest("-q", "--poet-regenerate", "--poet-scope=missing")
    assert copy.files(".poet/*/v*/code.py") == [
        f".poet/{n}/v1/code.py" for n in ("add", "new", "shout")
    ]
    copy.pytest("-q", "--poet-regenerate", "--poet-select=app.a*")
    assert copy.read(".poet/add/current") == "v2\n"
    assert copy.read(".poet/shout/current") == "v1\n"
    done = copy.pytest("-q", "--poet-regenerate", "--poet-scope=all", "--poet-select=shout")
    assert "v1 (unchanged)" in done.out


@XDIST
def test_report(copy, more):
    """A user's dashboard would have nothing to read, or not the truth."""
    copy.write({"app.py": APP.replace("a + b", "b + a")})
    copy.pytest("-q", "--poet-report=out/one.json", *more)
    found = json.loads(copy.read("out/one.json"))
    states = {v["function"]: v["state"] for v in found["verified"]}
    assert states == {"add": "stale", "shout": "verified"}
    assert all(v["path"].endswith("app.py") for v in found["verified"])
    done = copy.pytest("-q", "--poet-regenerate", "--poet-report=out/two.json", *more)
    assert done.code == 0, done.out
    found = json.loads(copy.read("out/two.json"))
    (made_now,) = found["regenerated"]
    assert (made_now["function"], made_now["outcome"]) == ("add", "promoted")
    assert (made_now["before"], made_now["after"]) == ("v1", "v2")
    assert made_now["passed"] == made_now["total"] > 0
    assert found["errors"] == []


def test_full_repeats_the_recorded_evidence(copy):
    """A version whose evidence no longer holds would stay current."""
    done = copy.pytest("-q", "--poet-verify=full")
    assert done.code == 0, done.out
    copy.write({"test_app.py": TESTS.replace("def test_shout", "def test_renamed")})
    assert copy.pytest("-q").code == 0
    done = copy.pytest("-q", "--poet-verify=full")
    assert done.code == 1
    assert "test test_app.py::test_shout lost: recorded, not reproduced" in done.out


@XDIST
def test_edited_code_is_red_with_the_way_out(copy, more):
    """Code that was never verified would run in production."""
    path = ".poet/add/v1/code.py"
    copy.write({path: copy.read(path).replace("return result", "return 3")})
    done = copy.pytest("-q", *more)
    assert done.code == 1
    assert "code.py of add v1 was edited after it was verified" in done.out
    assert "git checkout --" in done.out
    assert "poet: 1 damaged, 1 verified" in done.out


def test_edited_record_and_log_are_red(copy):
    """Whoever edits the record could make any code count as verified."""
    path = ".poet/add/v1/record.json"
    copy.write({path: copy.read(path).replace('"seconds"', '"seconds" ')})
    done = copy.pytest("-q")
    assert done.code == 1
    assert "log.jsonl holds no promotion bound to this code and record" in done.out


@XDIST
def test_collection_never_generates(tmp_path, more):
    """Opening a project in an editor would write versions."""
    project = make(tmp_path, app=APP + "\nadd(1, 2)\n")
    for arguments in (("--collect-only", "-q"), ("--collect-only", "-q", "--poet-regenerate")):
        done = project.pytest(*arguments, *more)
        assert done.code == 0, done.out
        assert "poet::add" in done.out
        assert not project.files(".poet/**/code.py")


def test_a_test_run_never_generates_unasked(tmp_path):
    """A user's test run would write versions that nobody asked for."""
    project = make(tmp_path)
    project.pytest("-q", env={"POET_MODE": "auto"})
    assert not project.files(".poet/**/code.py")


STRICT = """
from poet import poet

@poet(strict_types=True)
def add(order: "Order") -> int:
    return 3

class Order:
    pass
"""


@pytest.mark.parametrize(
    ("tests", "accepted", "outcomes"),
    [
        ("def test_it():\n    assert add(Order()) == 3\n", True, {("passed", True)}),
        ("def test_it():\n    add(Order())\n", False, {("passed", False)}),
        ("def test_it():\n    assert add(Order()) is not None\n", False, {("passed", False)}),
        ("import pytest\ndef test_it():\n    pytest.skip('not now')\n    add(Order())\n", False, set()),
        (
            "import pathlib\ndef test_it():\n    p = pathlib.Path('n')\n    n = int(p.read_text()) if p.exists() else 0\n"
            "    p.write_text(str(n + 1))\n    assert add(Order()) == 3\n    assert n < 1\n",
            False, {("not evidence", False)},
        ),
    ],
    ids=["compares", "ignores the value", "looks at it only", "skipped", "flaky"],
)  # fmt: skip
def test_what_counts_as_evidence(tmp_path, tests, accepted, outcomes):
    """A version would become current on tests that say nothing of it."""
    app = STRICT.replace('"Order"', "Order").replace(
        "from poet import poet\n", "from poet import poet\n\nclass Order:\n    pass\n"
    )
    project = make(tmp_path, app=app, test_app="from app import Order, add\n" + tests)
    done = project.pytest("-q", "--poet-regenerate", "--poet-report=r.json")
    (row,) = json.loads(project.read("r.json"))["regenerated"]
    if accepted:
        assert row["outcome"] == "promoted", done.out
        record = json.loads(project.read(".poet/add/v1/record.json"))
        assert {
            (c["outcome"], c["compared"]) for c in record["checks"] if c["kind"] == "test"
        } == outcomes
    else:
        assert done.code == 1
        assert row["outcome"] == "rejected"
        assert "insufficient evidence" in row["message"]
        assert "write a test" in row["message"]
        assert not project.files(".poet/**/code.py")


def test_test_that_fails_on_the_candidate_rejects_it(tmp_path):
    """A user's own test would be red on a version that was just promoted."""
    tests = (
        TESTS
        + "\ndef test_name():\n    add(1)\n    import inspect\n    assert inspect.stack()[0] and add(1) == 2\n"
    )
    tests += "\nclass Number(int):\n    pass\n"  # does not cross to a worker
    tests += "\ndef test_identity():\n    import app\n    import sys\n    add(Number(1))\n    assert not [m for m in sys.modules if m.startswith('_poet_version')]\n"
    project = make(tmp_path, test_app=tests)
    done = project.pytest("-q", "--poet-regenerate", "--poet-select=add")
    assert done.code == 1
    assert "test test_app.py::test_identity failed" in done.out
    assert not project.files(".poet/**/code.py")


NAMES = [
    ("app.poet", "add"),
    ("app.poet", "shout"),
    ("test_app", "test_add"),
    ("test_app", "test_shout"),
]


@XDIST
def test_junit_holds_the_items(fresh, tmp_path, more):
    """A user's CI page would not list what was verified."""
    path = tmp_path / "junit.xml"
    assert fresh.pytest("-q", f"--junitxml={path}", *more).code == 0
    names = [(c.get("classname"), c.get("name")) for c in ET.parse(path).iter("testcase")]
    assert sorted(names) == NAMES


def test_junit_of_a_regenerating_run(copy):
    """The run on the baseline would overwrite the user's junit file."""
    copy.write({"app.py": APP.replace("upper", "swapcase")})
    done = copy.pytest("-q", "--poet-regenerate", "--poet-select=shout", "--junitxml=junit.xml")
    assert done.code == 0 or "1 failed" in done.out
    found = ET.fromstring(copy.read("junit.xml")).iter("testcase")
    assert sorted((c.get("classname"), c.get("name")) for c in found) == NAMES[1:]


def test_exit_first_and_keywords(copy):
    """Pytest's own options would not reach POET's items."""
    done = copy.pytest("-q", "-k", "poet and shout")
    assert done.code == 0, done.out
    assert "1 passed" in done.out
    done = copy.pytest("-q", "-k", "test_add")
    assert "1 passed" in done.out
    done = copy.pytest("-q", "-m", "poet", "-n2")
    assert "2 passed" in done.out
    copy.write({"app.py": APP.replace("a + b", "b + a").replace("upper", "swapcase")})
    done = copy.pytest("-q", "-x", "-m", "poet")
    assert "1 failed" in done.out
    assert "2 failed" not in done.out


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (("--poet-fail-on=missin",), "'missin' is not one of missing, stale, damaged"),
        (("--poet-scope=al",), "invalid choice"),
        (("-o", "poet_scope=al"), "'al' is not one of missing, stale, all"),
    ],
)
def test_wrong_option_is_a_usage_error(fresh, arguments, text):
    """A misspelt option would silently mean nothing."""
    done = fresh.pytest(*arguments)
    assert done.code == 4
    assert text in done.out


def test_wrong_setting_is_a_usage_error(copy):
    """One wrong line in pyproject.toml would be three screens of an internal error."""
    text = copy.read("pyproject.toml")
    copy.write({"pyproject.toml": f"{text}\n[tool.poet]\nreviewers = 0\n" if "[tool.poet]" not in text
                else text.replace("[tool.poet]", "[tool.poet]\nreviewers = 0")})  # fmt: skip
    done = copy.pytest()
    assert done.code == 4, done.out
    assert "reviewers" in done.out
    assert "INTERNALERROR" not in done.out


def test_no_poet_and_ini_keys(copy):
    """A user could not leave POET out of one run, or set its options once for all."""
    assert "2 passed" in copy.pytest("-q", "--no-poet").out
    copy.write(
        {
            "pytest.ini": "[pytest]\npoet_fail_on = missing\n",
            "app.py": APP.replace("a + b", "b + a"),
        }
    )
    done = copy.pytest("-q")
    assert done.code == 0, done.out
    assert "1 skipped" in done.out


def test_failed_collection_generates_nothing(tmp_path):
    """Versions would be promoted while half of the tests cannot be read."""
    project = make(tmp_path)
    project.write({"test_broken.py": "import no_such_module\n"})
    done = project.pytest("-q", "--poet-regenerate")
    assert done.code != 0
    assert not project.files(".poet/**/code.py")


def test_fixtures(copy):
    """A user's test could not ask which version ran."""
    copy.write(
        {
            "test_app.py": TESTS
            + "\ndef test_version(poet_version):\n    assert poet_version(add) == 'v1'\n"
        }
    )
    assert copy.pytest("-q", "-k", "test_version").code == 0
    done = copy.pytest("-q", "-k", "test_version", env={"POET_MODE": "off"})
    assert done.code == 1
