"""``poet generate`` for many functions: flags, exit statuses, the JSON document."""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
import signal
import time
import uuid
from pathlib import Path

import pytest

from poet.testing import ModelServer, Project, answers

APP = """
from poet import poet

@poet()
def add(a: int, b: int = 1) -> int:
    return a + b

@poet()
def shout(text: str) -> str:
    return text.upper()
"""
KEYS = {
    "function", "path", "domain", "generator", "model", "outcome", "before", "after", "passed",
    "total", "seconds", "message", "notes", "attempts", "rungs", "used", "replayed",
}  # fmt: skip


def document(done):
    """Return the JSON document among what was printed."""
    return json.loads(done.out[done.out.index("{") :])


@pytest.fixture
def project(tmp_path):
    return Project(tmp_path).write({"app.py": APP})


def test_all_functions_and_what_cannot_be_worked_on(project):
    """One file that cannot be read would keep all others from their versions, or fail unseen."""
    project.write({
        "broken.py": "def (",
        "computed.py": "from poet import poet\nD = 'base'\n@poet(domain=D)\ndef computed():\n    pass\n",
    })  # fmt: skip
    done = project.poet("generate", "--all", "--json")
    assert done.code == 1
    found = document(done)
    assert found.keys() == {"format", "outcome", "exit_code", "functions", "problems", "left",
                            "used", "run_budget", "next"}  # fmt: skip
    assert (found["outcome"], found["exit_code"]) == ("not made", 1)
    assert [(f["function"], f["outcome"], f["after"]) for f in found["functions"]] == [
        ("add", "promoted", "v1"),
        ("shout", "promoted", "v1"),
    ]
    assert all(f.keys() == KEYS for f in found["functions"])
    assert all((f["model"], f["used"]["calls"]) == ("", 0) for f in found["functions"])
    assert len(found["problems"]) == 2
    assert "broken.py" in found["problems"][0]
    assert "are not literals" in found["problems"][1]
    assert found["next"].startswith("mend what is named above")


def test_functions_by_name_each_once(project):
    """A script that names a function twice would make it twice, or stop at a misspelt one."""
    done = project.poet("generate", "add", "app.add", "shuot")
    assert done.code == 1
    assert done.out.count("add: - -> v1 (promoted)") == 1
    assert "no @poet function 'shuot'" in done.out
    assert not project.files(".poet/add/v2/*")
    assert "  add: " in done.out  # the steps
    assert "\x1b" not in done.out
    assert "$" not in done.out  # no model, so nothing about money
    again = project.poet("generate", "add")
    assert (again.code, "unchanged" in again.out, "next" in again.out) == (0, True, False)


def test_all_leaves_what_is_fresh_and_a_name_does_not(project):
    """A user who runs it twice would pay twice, or not get the stale one made."""
    with ModelServer(lambda request: answers.code(made_for(request))) as server:
        named(project, server)
        assert project.poet("generate", "--all", env=ENV).code == 0
        assert len(server.requests) == 2
        again = project.poet("generate", "--all", env=ENV)
        assert (again.code, len(server.requests)) == (0, 2), again.out
        assert "left as they are: 2 fresh (--scope all makes them anew)" in again.out
        project.write({"app.py": APP.replace("text.upper()", "text.upper() + '!'")})
        missing = project.poet("generate", "--all", "--scope", "missing", "--json", env=ENV)
        assert document(missing)["left"] == {"fresh": 1, "stale": 1}
        assert (document(missing)["functions"], missing.code) == ([], 0)
        dry = project.poet("generate", "--all", "--dry-run", env=ENV)
        assert re.search(r"shout +openai/test", dry.out)
        assert not re.search(r"add +openai/test", dry.out)
        assert "left as they are: 1 fresh" in dry.out
        assert len(server.requests) == 2
        stale = project.poet("generate", "--all", "--json", env=ENV)
        assert [f["function"] for f in document(stale)["functions"]] == ["shout"]
        assert document(stale)["left"] == {"fresh": 1}
        asked = len(server.requests)
        by_name = project.poet("generate", "add", "--tries", "1", "--no-tests", env=ENV)
        assert len(server.requests) == asked + 1, by_name.out
        project.poet("generate", "--all", "--scope", "all", "--tries", "1", "--anew", env=ENV)
        assert len(server.requests) == asked + 3


def made_for(request):
    """Return an answer for the function that is asked for."""
    asked = json.dumps(request.body["messages"])
    if "def shout" not in asked:
        return GOOD
    more = " + '!'" if "'!'" in asked else ""
    return f"def shout(text: str) -> str:\n    return str.upper(text){more}\n"


def test_where_there_is_nothing(tmp_path):
    """A script in the wrong folder would take an empty run for success."""
    done = Project(tmp_path).poet("generate", "--all")
    assert done.code == 1
    assert "no @poet functions here" in done.out


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        ((), "name functions, or give --all"),
        (("add", "--all"), "name functions, or give --all"),
        (("add", "--budget", "usd=much"), "--budget: budget usd='much' is not a number"),
        (("add", "--run-budget", "eur=1"), "unknown key 'eur' in run_budget"),
        (("add", "--price", "input=1"), "--price: price says nothing of output"),
        (("add", "--candidates", "0"), "--candidates: candidates 0 is not from 1 to 20"),
        (("add", "--tries", "many"), "--tries: 'many' is not a whole number"),
        (("add", "--llm", "auto"), "'--llm'"),
        (("add", "--scope", "all"), "--scope goes with --all"),
        (("--all", "--scope", "fresh"), "'--scope'"),
    ],
)
def test_a_flag_with_an_impossible_value_is_wrong_usage(project, arguments, text):
    """A misspelt limit would silently be none, and the run cost what it likes."""
    done = project.poet("generate", *arguments)
    assert done.code == 2
    assert text in done.out
    assert "Traceback" not in done.out
    assert not project.files(".poet/*/v*/*")


GOOD = "def add(a: int, b: int = 1) -> int:\n    return b + a\n"
BAD = "def add(a: int, b: int = 1) -> int:\n    return a - b\n"
ENV = {"OPENAI_API_KEY": "sk-test-of-the-command-line"}


def named(project, server, **more):
    """Write the settings of a project whose model is the scripted server."""
    keys = {"model": '"openai/test"', "api_base": f'"{server.url}"',
            "price": "{input = 1.0, output = 2.0}", **more}  # fmt: skip
    lines = "\n".join(f"{key} = {value}" for key, value in keys.items())
    return project.write({
        "pyproject.toml": f'[project]\nname = "example"\nversion = "0"\n\n[tool.poet]\n{lines}\n'
    })  # fmt: skip


def test_a_repaired_answer_is_shown_with_its_cost_and_replayed_for_nothing(project):
    """A user would not see what a model took and cost, or pay for the same answer twice."""
    with ModelServer([answers.code(BAD), answers.code(GOOD)]) as server:
        named(project, server)
        dry = project.poet("generate", "add", "--dry-run", env=ENV)
        assert dry.code == 0, dry.out
        assert re.search(r"function +model +recorded +tokens +least +most +calls\n", dry.out)
        assert re.search(r"add +openai/test +no +[\d,]+ +\$[\d.]+ +\$[\d.]+ +\d+\n", dry.out)
        assert re.search(
            r"together \$[\d.]+ to \$[\d.]+ of \$5.00, at most \d+ of 200 calls", dry.out
        )
        assert server.requests == []
        done = project.poet("generate", "add", env=ENV)
        assert done.code == 0, done.out
        assert len(server.requests) == 2
    assert re.search(
        r"add: - -> v1 \(promoted\), litellm openai/test, (\d+)/\1 checks, 2 attempts, \$0\.\d+, ",
        done.out,
    )
    assert re.search(r"\n  model .*failed verification.*; repaired ", done.out)
    assert re.search(
        r"\nused \$0\.\d+ of \$5\.00, 2 of 200 calls, [\d,]+ of 2,000,000 tokens", done.out
    )
    assert "next: review it: poet diff add; then: poet approve add" in done.out
    assert ENV["OPENAI_API_KEY"] not in done.out

    assert re.search(
        r"add +app.py:4 +base +v1 +litellm openai/test +1 +worker", project.poet("status").out
    )
    explained = project.poet("verify", "add", "--explain").out
    assert re.search(
        r"How it was made\n  model .*\n  repaired .*\n +1\. openai/test: failed verif", explained
    )

    shutil.rmtree(project.folder / ".poet" / "add")
    again = project.poet("generate", "add", "--llm", "replay", "--json")
    assert again.code == 0, again.out
    (row,) = document(again)["functions"]
    assert (row["replayed"], row["model"], row["generator"]) == (True, "openai/test", "litellm")
    assert (row["used"]["usd"], row["used"]["calls"]) == (0, 0)
    assert [a["outcome"] for a in row["attempts"]] == ["failed verification", "accepted"]
    assert [r["name"] for r in row["rungs"]][:2] == ["model", "repaired"]

    missing = project.poet("generate", "shout", "--llm", "replay")
    assert missing.code == 1
    assert "poet generate shout --llm live" in missing.out


def test_a_dry_run_asks_nobody_where_the_price_is_said(project):
    """A user without litellm could not look at the price before the extra is installed."""
    project.write({"fake/litellm.py": "import pathlib\npathlib.Path(__file__ + '.met').touch()\n"
                   "raise ImportError('not installed')\n"})  # fmt: skip
    env = {**ENV, "PYTHONPATH": str(project.folder / "fake")}
    with ModelServer([answers.code(GOOD)]) as server:
        named(project, server)
        dry = project.poet("generate", "add", "--dry-run", "--json", env=env)
        assert dry.code == 0, dry.out
        (row,) = document(dry)["functions"]
        assert 0 < row["usd_least"] < row["usd_most"]
        assert (row["recorded"], row["problem"]) == (False, "")
        assert not (project.folder / "fake/litellm.py.met").exists()

        assert project.poet("generate", "add", "--no-tests", env=ENV).code == 0
        shutil.rmtree(project.folder / ".poet" / "add")
        for flags, recorded in ((), True), (("--anew",), False):
            dry = project.poet("generate", "add", "--dry-run", "--json", "--no-tests", *flags,
                               env=env)  # fmt: skip
            (row,) = document(dry)["functions"]
            assert row["recorded"] is recorded
            assert (row["usd_least"] == 0) is recorded
        assert not (project.folder / "fake/litellm.py.met").exists()
        assert len(server.requests) == 1


STATEFUL = """
import threading
from poet import poet


class Counter:
    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.count = 0

    @poet()
    def add(self, number: int) -> int:
        with self.lock:
            self.count += number
        return self.count
"""
SHARED = """
from counters import Counter

def test_add():
    counter = Counter()
    counter.add(2)
    assert counter.add(3) == 5
"""


def test_no_model_is_asked_where_no_check_could_speak_for_it(project):
    """A user would pay for answers that end in insufficient evidence, one after the other."""
    (project.folder / "app.py").unlink()
    project.write({"counters.py": STATEFUL, "test_counters.py": SHARED})
    with ModelServer(
        [answers.code("def add(self, number: int) -> int:\n    return number\n")]
    ) as s:
        named(project, s)
        dry = project.poet("generate", "Counter.add", "--dry-run", env=ENV)
        assert dry.code == 1
        assert "write a test that calls Counter.add on an object of plain fields" in dry.out
        done = project.poet("generate", "Counter.add", "--json", env=ENV)
        assert s.requests == [], done.out
    (row,) = document(done)["functions"]
    first = row["rungs"][0]
    assert (first["name"], first["outcome"]) == ("model", "not tried")
    assert "reaches no other process" in first["why"]
    assert "its test shares an interpreter with the candidate" in first["why"]
    assert "write a test that calls Counter.add on an object of plain fields" in first["why"]
    assert row["used"]["calls"] == 0
    told = row["notes"][-1] if row["outcome"] == "promoted" else row["message"]
    assert "write a test that calls Counter.add on an object of plain fields" in told
    # With such a test the same method is asked for.
    project.write({
        "counters.py": STATEFUL.replace("import threading\n", "from dataclasses import dataclass\n")
        .replace("class Counter:", "@dataclass\nclass Counter:\n    count: int = 0\n")
        .replace("    def __init__(self) -> None:\n        self.lock = threading.Lock()\n"
                 "        self.count = 0\n", "")
        .replace("        with self.lock:\n            self", "        self"),
    })  # fmt: skip
    code = "def add(self, number: int) -> int:\n    self.count = self.count + number\n    return self.count\n"
    with ModelServer([answers.code(code)]) as server:
        named(project, server)
        done = project.poet("generate", "Counter.add", env=ENV)
        assert len(server.requests) == 1, done.out
        assert done.code == 0, done.out


def left_of(mark):
    """Return the processes whose environment holds a mark."""
    found = []
    for path in Path("/proc").glob("[0-9]*/environ"):
        with contextlib.suppress(OSError):
            if mark.encode() in path.read_bytes():
                found.append(path.parent.name)
    return found


@pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="no /proc here")
@pytest.mark.parametrize("when", ["the tests run", "a model is asked"])
def test_sigterm_leaves_no_process_and_a_whole_store(project, when):
    """A scheduler that ends a run would leave its workers, half a version, or a dead terminal."""
    pytest.importorskip("pty", reason="no pseudo-terminals here")
    from terminal_helpers import Terminal

    mark = f"MARK_OF_{uuid.uuid4().hex}"
    if when == "the tests run":
        project.write({"test_app.py": "import app, pathlib, time\n\ndef test_add():\n"
                       "    pathlib.Path('begun').touch()\n    time.sleep(300)\n"})  # fmt: skip
    with ModelServer(lambda _: answers.never()) as server:
        named(project, server)
        terminal = Terminal.python(
            ["-m", "poet", "generate", "add"], project.folder, env={**ENV, mark: "1"}
        )
        if when == "the tests run":
            terminal.until(lambda _: (project.folder / "begun").exists())
            terminal.until(lambda screen: "the tests, on the function" in screen.text)
        else:
            terminal.until(lambda screen: "ask openai/test" in screen.text)
            end = time.monotonic() + 240
            while not server.requests and time.monotonic() < end:
                time.sleep(0.05)
            assert server.requests
        assert left_of(mark)
        os.kill(terminal.pid, signal.SIGTERM)
        assert terminal.end() == 143, terminal.screen.text
    end = time.monotonic() + 60
    while left_of(mark) and time.monotonic() < end:
        time.sleep(0.05)
    assert left_of(mark) == []
    assert terminal.screen.cursor
    shown = " ".join(terminal.screen.text.split())
    assert "nothing is half made" in shown
    assert "next: run the same command again: poet generate add" in shown
    assert "Traceback" not in shown
    assert project.files(".poet/add/**/*") == []


def test_ctrl_c_says_what_is_kept_and_how_to_go_on(project):
    """A user who stops a slow model would not know what is left, or get a half-made store."""
    pytest.importorskip("pty", reason="no pseudo-terminals here")
    from terminal_helpers import Terminal

    def answer(request):
        asked = json.dumps(request.body["messages"])
        return answers.never() if "def shout" in asked else answers.code(GOOD)

    with ModelServer(answer) as server:
        named(project, server)
        terminal = Terminal.python(
            ["-m", "poet", "generate", "--all", "--tries", "2"], project.folder, env=ENV
        )
        terminal.until(lambda screen: re.search(r"add +1\.1 +done", screen.text) is not None)
        assert len(server.requests) == 2
        terminal.interrupt()
        assert terminal.end() == 130
    shown = " ".join(terminal.screen.text.split())
    assert "interrupted: 1 of 2 functions are done and kept" in shown
    assert "what was answered is recorded" in shown
    assert "next: for what is left: poet generate shout --tries 2" in shown
    assert terminal.screen.cursor
    assert "Traceback" not in shown
    assert project.read(".poet/add/current") == "v1\n"
    assert project.files(".poet/shout/v*/*") == []


def test_what_to_do_next_is_said_once(project):
    """A long list of known settings twice over would hide the one that is misspelt."""
    project.write({"pyproject.toml": '[tool.poet]\nmodell = "openai/x"\n'})
    done = project.poet("generate", "add")
    assert (done.code, done.out.count("next:")) == (1, 1)
    assert "did you mean 'model'?" in done.out
    assert document(project.poet("generate", "add", "--json"))["next"].startswith("known keys: ")
