"""The ``poet`` command in a real project: what it prints, what it changes, how it ends."""

# ruff: noqa: E501
from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys

import pytest

import poet.cli
from poet.testing import Project

APP = """
from poet import poet

@poet()
def add(a: int, b: int = 1) -> int:
    return a + b

class Shop:
    @poet(config={"attempts": 2})
    def price(self, a: float) -> float:
        return a
"""


@pytest.fixture(scope="module")
def template(tmp_path_factory):
    """A project with two versions of one function and none of the other."""
    project = Project(tmp_path_factory.mktemp("cli")).write({"app.py": APP})
    done = project.poet("generate", "add")
    assert done.code == 0, done.out
    assert project.poet("generate", "add", "--force").code == 0
    return project


@pytest.fixture
def project(template, tmp_path):
    shutil.copytree(template.folder, tmp_path, dirs_exist_ok=True)
    return Project(tmp_path)


def test_status_lists_every_state_and_imports_nothing(project):
    """A user could not see the state of a project whose modules fail or act when imported."""
    project.write({
        "broken_import.py": "raise SystemExit('imported')\nfrom poet import poet\n@poet()\ndef odd():\n    pass\n",
        "not_python.py": "def (\n",
        "computed.py": "from poet import poet\nD = 'base'\n@poet(domain=D)\ndef computed():\n    pass\n",
        "wrong.py": "from poet import poet\n@poet(domian='x')\ndef wrong():\n    pass\n",
    })  # fmt: skip
    done = project.poet("status")
    assert done.code == 0, done.out
    assert "imported" not in done.out
    assert re.search(r"add +app.py:4 +base +v2 +2 +fresh", done.out)
    assert re.search(r"Shop.price +app.py:9 +base +- +0 +missing", done.out)
    assert re.search(r"odd +broken_import.py:4 +base +- +0 +missing", done.out)
    assert re.search(r"computed +computed.py:4 +\?", done.out)
    assert "not_python.py" in done.out
    assert "cannot be read as Python" in done.out
    assert "next: " in done.out
    found = json.loads(re.search(r"\{.*\}", project.poet("status", "--json").out, re.DOTALL)[0])
    assert {f["function"]: f["state"] for f in found["functions"]}["add"] == "fresh"
    assert len(found["problems"]) == 1


def test_status_of_stale_damaged_and_unused(project):
    """A user would not see that a version no longer belongs to its function."""
    project.write({"app.py": APP.replace("a + b", "b + a")})
    assert re.search(r"add .* stale\n", project.poet("status").out)
    project.write({"app.py": APP, ".poet/add/v2/code.py": "x = 1\n"})
    done = project.poet("status")
    assert re.search(r"add .* damaged\n", done.out)
    project.write({"app.py": APP.replace("def add", "def plus")})
    done = project.poet("status")
    assert re.search(r"add +\.poet/add +- +v2 +2 +unused", done.out)
    assert re.search(r"plus .* missing", done.out)


def test_status_where_there_is_nothing(tmp_path):
    """A user in the wrong folder would get an empty screen."""
    done = Project(tmp_path).poet("status")
    assert (done.code, done.out) == (0, "no @poet functions here\n")


def test_generate(project):
    """A user could not make one version by hand, or not see what it rests on."""
    done = project.poet("generate", "Shop.price")
    assert done.code == 0
    assert re.search(
        r"Shop.price: - -> v1 \(promoted\), recipe/base/guarded_call, (\d+)/\1 checks", done.out
    )
    assert "no retries" in done.out
    done = project.poet("generate", "app.add")
    assert "v2 -> v2 (unchanged)" in done.out
    assert project.poet("generate", "app.py:add", "--in", ".").code == 0
    assert project.files(".poet/add/v3/*") == []


@pytest.mark.parametrize("command", ["generate", "verify", "rollback", "diff", "log"])
def test_unknown_function_is_named(project, command):
    """A misspelt name would end in a traceback."""
    done = project.poet(command, "ad")
    assert done.code == 1
    assert "no @poet function 'ad'" in done.out
    assert "app.py:add" in done.out
    assert "Traceback" not in done.out


def test_same_name_in_two_files_has_to_be_told_apart(project):
    """A command would work on the wrong one of two functions."""
    project.write({"other.py": APP})
    done = project.poet("generate", "add")
    assert done.code == 1
    assert "2 functions are named 'add'" in done.out
    assert project.poet("generate", "other.add").code == 0
    assert project.files(".poet/other.add/v1/code.py")


def test_generate_where_it_is_refused_or_rejected(project):
    """A script would go on as if there were a version."""
    project.write({
        "app2.py": """
            from poet import poet
            @poet()
            async def echo(a):
                got = yield a
                yield got
            D = "base"
            @poet(domain=D)
            def computed():
                pass
        """,
        ".poet/add/cases/wrong.json": '{"status": "active", "args": [1], "expect": {"equals": 7}}',
    })  # fmt: skip
    done = project.poet("generate", "echo")
    assert done.code == 1
    assert "echo: refused" in done.out
    done = project.poet("generate", "computed")
    assert done.code == 1
    assert "are not literals" in done.out
    done = project.poet("generate", "add", "--force")
    assert done.code == 1
    assert "add: rejected" in done.out
    assert "case case:wrong failed: value is 2, expected 7" in done.out
    assert project.read(".poet/add/current") == "v2\n"


def test_verify(project):
    """A reviewer could not have a version checked again."""
    done = project.poet("verify", "add", "--full", "--explain")
    assert done.code == 0, done.out
    assert "verdict     accepted in mode preserve" in done.out
    assert "Layers of confinement" in done.out
    assert "passed       domain    hands_on_every_argument" in done.out
    assert "add v2 holds" in done.out
    done = project.poet("verify", "Shop.price")
    assert done.code == 1
    assert "run: poet generate Shop.price" in done.out
    project.write(
        {".poet/add/cases/wrong.json": '{"status": "active", "args": [1], "expect": {"equals": 7}}'}
    )
    done = project.poet("verify", "add")
    assert done.code == 1
    assert "failed       case      case:wrong" in done.out
    project.write({".poet/add/v2/code.py": "x = 1\n"})
    done = project.poet("verify", "add")
    assert done.code == 1
    assert "was edited after it was verified" in done.out


def test_promote_rollback_diff_log(project):
    """A user could not go back, or not see who moved current and why."""
    done = project.poet("rollback", "add", "--why", "too slow")
    assert (done.code, done.out) == (0, "add: v2 -> v1\n")
    assert project.read(".poet/add/current") == "v1\n"
    done = project.poet("rollback", "add")
    assert done.code == 1
    assert "no version before v1" in done.out
    assert project.poet("promote", "add", "2").out == "add: v1 -> v2\n"
    done = project.poet("promote", "add", "v9")
    assert done.code == 1
    assert "no version 'v9' (stored: v1, v2)" in done.out
    assert project.read(".poet/add/current") == "v2\n"
    steps = [line.split()[1:5] for line in project.poet("log", "add").out.splitlines()]
    assert steps == [
        ["promote", "-", "->", "v1"], ["promote", "v1", "->", "v2"], ["rollback", "v2", "->", "v1"],
        ["promote", "v1", "->", "v2"],
    ]  # fmt: skip
    assert "too slow" in project.poet("log", "add").out
    assert project.poet("diff", "add", "1", "2").out == ""
    assert project.poet("diff", "Shop.price").code == 1


def test_override(project):
    """A user could not take a bad version out of service on one machine."""
    ask = "import app; app.add(1); print(app.add.poet.served.version)"
    done = project.poet("override", "add", "--baseline", "--why", "incident")
    assert done.code == 0
    assert project.python(ask).out == "None\n"
    assert project.poet("override", "add", "--version", "1").code == 0
    assert project.python(ask).out == "v1\n"
    assert project.poet("override", "add", "--clear").out == "override ended\n"
    assert project.poet("override", "add", "--clear").out == "there was no override\n"
    assert project.python(ask).out == "v2\n"
    assert project.poet("override", "add", "--version", "7").code == 1
    assert project.poet("override", "add").code == 2
    assert project.poet("override", "add", "--clear", "--baseline").code == 2
    assert project.read(".poet/add/current") == "v2\n"


def test_doctor_domains_plugins(project):
    """A user who asks for help could not say what is installed and in force."""
    done = project.poet("doctor", env={"POET_MODE": "locked"})
    assert done.code == 0
    assert f"project root: {project.folder}" in done.out
    assert "setting mode = locked" in done.out
    assert "sandbox separate process: in force" in done.out
    assert re.search(r"^require: (holds|refuses here, for lack of \w)", done.out, re.MULTILINE)
    assert re.search(r"^worker: the zygote started in \d+ ms$", done.out, re.MULTILINE)
    assert re.search(r"^worker: one verified call took [\d.]+ ms, a call of a kept worker [\d.]+ ms$",
                     done.out, re.MULTILINE)  # fmt: skip
    facts = json.loads(project.poet("doctor", "--json").out)
    assert facts["layers"]["separate process"] == "in force"
    assert facts["settings"]["isolation"] == "worker"
    assert facts["worker"]["problem"] is None
    assert facts["worker"]["kept_call_ms"] > 0
    assert isinstance(facts["missing"], list)
    done = project.poet("domains")
    assert "base 0.1.0: guards" in done.out
    assert "config attempts=3" in done.out
    assert re.search(r"ok +base \(poet-domain-base ", project.poet("plugins").out)


@pytest.mark.parametrize("command", [("doctor",), ("status",), ("generate", "add")])
def test_wrong_setting_is_named(project, command):
    """A misspelt setting would silently mean nothing, or end in a traceback."""
    project.write({"pyproject.toml": "[tool.poet]\nmoed = 'off'\n"})
    done = project.poet(*command)
    assert done.code == 1
    assert "unknown key 'moed', did you mean 'mode'?" in done.out
    assert "Traceback" not in done.out


def test_usage_errors(project):
    """A wrong command line would end in a traceback or in status 0."""
    for arguments in (
        ("no-such",),
        ("generate",),
        ("status", "--in", "no/such/folder"),
        ("promote", "add"),
    ):
        done = project.poet(*arguments)
        assert done.code == 2
        assert "Usage: poet" in done.out
    assert re.fullmatch(r"poet, version \S+\n", project.poet("--version").out)


def test_a_command_imports_no_other():
    """A rollback in an emergency would wait for all that generates and learns to be imported."""
    code = (
        "import sys, click, poet.cli\n"
        "sys.argv = ['poet', 'rollback', 'nothing']\n"
        "try:\n    poet.cli.main()\nexcept SystemExit:\n    pass\n"
        "print(sorted(m for m in sys.modules if m in "
        "('poet.cli._generate', 'poet.cli._cases', 'poet.cases', 'poet.gate', 'numpy', 'rich')))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"


def test_each_command_is_found_however_it_is_called():
    """`poet NAME` would say that there is no such command, though `poet --help` lists it."""
    listed = subprocess.run(
        [sys.executable, "-m", "poet", "--help"], capture_output=True, text=True, check=True
    ).stdout
    for name in (*poet.cli._ALONE, *poet.cli._TOGETHER):
        assert re.search(rf"^  {name} ", listed, re.MULTILINE), name
    for name in poet.cli._ALONE:
        code = (
            f"import sys; sys.argv = ['poet', {name!r}, '--help']; import poet.cli as c; c.main()"
        )
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        assert f"Usage: poet {name}" in done.stdout
