"""Where a version runs: in a worker until a person has approved it, and what crosses to it."""

# ruff: noqa: E501
from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
import textwrap

import pytest
from isolation_helpers import hand_in

from poet.registry import find, spec_for
from poet.spec import Options
from poet.testing import Project
from poet.workers import why_not

APP = """
    from poet import poet

    @poet()
    def f(a):
        return ("baseline", a)
"""
# The version tells where it runs: only a worker's module was imported from text that was sent to it.
CODE = """
    import sys as system


    def f(a):
        return ("worker" if "poet.gate.sandbox.worker" in system.modules else "here", a)
"""
ASK = """
    import warnings, app
    with warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("always")
        print(app.f(1))
    served = app.f.poet.served
    print(served.version, served.state, app.f.poet.isolation and app.f.poet.isolation.where)
    for w in seen:
        print("warned:", w.message)
"""
CONFINED = {"separate process": "in force", "landlock": "in force", "seccomp": "in force"}
LOCKED = {"POET_MODE": "locked"}


@pytest.fixture(scope="module")
def template(tmp_path_factory):
    """A project with a version that was handed in."""
    project = Project(tmp_path_factory.mktemp("isolation") / "app").write({"app.py": APP})
    hand_in(project, "f", CODE)
    return project


@pytest.fixture
def project(template, tmp_path):
    shutil.copytree(template.folder, tmp_path / "app")
    return Project(tmp_path / "app")


def ask(project, **settings):
    env = {f"POET_{k.upper()}": str(v) for k, v in settings.items()}
    return project.python(ASK, env={**LOCKED, **env}).out


def test_unapproved_runs_in_a_worker_and_approved_in_the_process(project):
    """Code that no person has read would run with all the rights of the service."""
    assert ask(project).splitlines() == ["('worker', 1)", "v1 fresh worker"]
    done = project.poet("approve", "f", "--reason", "read it")
    assert done.code == 0, done.out
    assert ask(project).splitlines() == ["('here', 1)", "v1 fresh in-process"]
    done = project.poet("approve", "f", "--revoke", "--reason", "second thoughts")
    assert done.code == 0, done.out
    assert ask(project).splitlines() == ["('worker', 1)", "v1 fresh worker"]
    actions = [(e["action"], e["to"], e["why"]) for e in log(project)][-2:]
    assert actions == [("approved", "v1", "read it"), ("revoked", "v1", "second thoughts")]


def log(project):
    lines = project.read(".poet/f/log.jsonl").splitlines()
    return [json.loads(line) for line in lines]


def test_running_process_follows_an_approval(project):
    """An approval would count from the next restart only."""
    done = project.python("""
        import subprocess, sys, app
        print(app.f(1))
        for more in ([], ["--revoke"]):
            subprocess.run([sys.executable, "-m", "poet", "approve", "f", *more], check=True,
                           capture_output=True)
            app.f.poet.due = 0
            print(app.f(1))
    """, env=LOCKED)  # fmt: skip
    assert done.out.splitlines() == ["('worker', 1)", "('here', 1)", "('worker', 1)"]


def test_approval_is_bound_to_code_and_record(project):
    """An edit after the approval would run in the process under its name."""
    from poet.store import approval_of, approve, locate, sha256

    store = locate(project.folder / "app.py", "f")
    approve(store, "v1", "read it")
    before = store.read("v1")
    assert approval_of(store, before).action == "approved"
    folder = project.folder / ".poet" / "f" / "v1"
    code = folder / "code.py"
    code.write_text(code.read_text().replace('"here"', '"edited"'))
    record = json.loads((folder / "record.json").read_text())
    record["code_sha256"] = sha256(code.read_text())
    (folder / "record.json").write_text(json.dumps(record))
    assert approval_of(store, store.read("v1")) is None
    assert ask(project).splitlines()[0] == "('baseline', 1)"
    # The same with a promotion forged for it: served, but not as approved.
    version = store.read("v1")
    entry = {**log(project)[0], "code_sha256": record["code_sha256"],
             "record_sha256": sha256(version.record_text)}  # fmt: skip
    with (project.folder / ".poet" / "f" / "log.jsonl").open("a") as lines:
        lines.write(json.dumps(entry) + "\n")
    assert ask(project).splitlines() == ["('worker', 1)", "v1 fresh worker"]


def test_generator_in_the_metadata_does_not_make_it_a_recipes(project):
    """One edited word outside the hashes would take the version out of its worker."""
    path = project.folder / ".poet" / "f" / "v1" / "metadata.json"
    path.write_text(path.read_text().replace('"file"', '"recipe/base/guarded_call"'))
    assert ask(project).splitlines() == ["('worker', 1)", "v1 fresh worker"]


def test_merged_logs_go_by_time(project):
    """After a merge an older approval would win over a revocation."""
    from poet.store import approval_of, approve, locate, revoke

    store = locate(project.folder / "app.py", "f")
    approve(store, "v1", "read it")
    revoke(store, "v1", "wrong")
    path = project.folder / ".poet" / "f" / "log.jsonl"
    lines = path.read_text().splitlines()
    lines[-2] = lines[-2].replace('"20', '"10')  # the approval is from long ago
    path.write_text("\n".join([*lines[:-2], lines[-1], lines[-2]]) + "\n")
    assert approval_of(store, store.read("v1")).action == "revoked"


def git(project, *arguments):
    subprocess.run(
        ["git", "-c", "user.name=a", "-c", "user.email=a@b.c", *arguments],
        cwd=project.folder, check=True, capture_output=True,
    )  # fmt: skip


@pytest.mark.skipif(shutil.which("git") is None, reason="there is no git here")
def test_a_commit_counts_as_review_only_where_settings_say_so(project):
    """Code would be approved by being there, or a team's reviews not count."""
    assert "worker" in ask(project, review="commit").splitlines()[1]  # no repository at all
    git(project, "init", "-q")
    assert "worker" in ask(project, review="commit").splitlines()[1]  # nothing committed
    git(project, "add", "-A")
    git(project, "commit", "-qm", "x")
    assert ask(project).splitlines() == ["('worker', 1)", "v1 fresh worker"]
    assert ask(project, review="commit").splitlines() == ["('here', 1)", "v1 fresh in-process"]
    assert project.poet("approve", "f", "--revoke").code == 1, "it was never approved by hand"
    status = project.poet("status", env={"POET_REVIEW": "commit"})
    assert re.search(r"f .* approved\n", status.out)
    record = project.folder / ".poet" / "f" / "v1" / "record.json"
    record.write_text(record.read_text() + "\n")
    reason = project.python("""
        from pathlib import Path
        from poet.store import committed, locate
        print(committed(locate(Path("app.py").absolute(), "f").read("v1")))
    """).out  # fmt: skip
    assert reason == "record.json differs from the one that is committed\n"


def test_git_is_asked_for_a_short_time_only(project, tmp_path):
    """A git that hangs, as on a dead network drive, would stop the service."""
    from poet.store import approval as module

    fake = tmp_path / "bin" / "git"
    fake.parent.mkdir()
    fake.write_text("#!/bin/sh\nexec sleep 60\n")
    fake.chmod(0o755)
    done = project.python("""
        import time
        from pathlib import Path
        from poet.store import approval, committed, locate
        approval.GIT_SECONDS = 0.5
        start = time.monotonic()
        print(committed(locate(Path("app.py").absolute(), "f").read("v1")))
        print(time.monotonic() - start < 20)
    """, env={"PATH": str(fake.parent) + ":/bin:/usr/bin"})  # fmt: skip
    assert done.out.splitlines() == ["git gave no answer within 0.5 s", "True"]
    assert module.GIT_SECONDS == 5.0
    done = project.python("""
        from pathlib import Path
        from poet.store import committed, locate
        print(committed(locate(Path("app.py").absolute(), "f").read("v1")))
    """, env={"PATH": str(tmp_path)})  # fmt: skip
    assert done.out == "git cannot be run: No such file or directory\n"


def test_isolation_in_process_starts_no_worker(project):
    """Where no processes are wanted, unread code would run in the service instead."""
    out = ask(project, isolation="in-process")
    assert out.splitlines()[:2] == ["('baseline', 1)", "None unapproved waiting"]
    assert "starts no worker" in out
    assert "Next: poet approve f" in out
    project.poet("approve", "f")
    assert ask(project, isolation="in-process").splitlines()[0] == "('here', 1)"


def test_missing_layer_is_named_and_the_version_waits(tmp_path):
    """What was verified fully confined would run half confined elsewhere."""
    project = Project(tmp_path / "app").write({"app.py": APP})
    hand_in(project, "f", CODE, layers=CONFINED)
    less = """
        import sys, poet.gate.sandbox
        layers = sys.modules["poet.gate.sandbox.layers"]
        rows = (("separate process", "in force"), ("landlock", "missing: kernel 5.4 has none"))
        layers._rows = lambda: rows
    """
    out = project.python(textwrap.dedent(less) + textwrap.dedent(ASK), env=LOCKED).out
    assert out.splitlines()[:2] == ["('baseline', 1)", "None unapproved waiting"], out
    assert "landlock (missing: kernel 5.4 has none)" in out
    project.poet("approve", "f")
    out = project.python(textwrap.dedent(less) + textwrap.dedent(ASK), env=LOCKED).out
    assert out.splitlines()[0] == "('here', 1)"


def test_verified_with_layers_missing_runs_in_a_worker_at_most(template, project):
    """A version that was verified with less would count as approved, or never run."""
    less = """
        import sys, poet.gate.sandbox
        layers = sys.modules["poet.gate.sandbox.layers"]
        rows = (("separate process", "in force"), ("landlock", "missing: kernel 5.4 has none"))
        layers._rows = lambda: rows
    """
    out = project.python(textwrap.dedent(less) + textwrap.dedent(ASK), env=LOCKED).out
    assert out.splitlines()[1] == "v1 fresh worker", out


def test_strict_mode_refuses_what_waits(tmp_path):
    """A service that must run what was verified would run something else."""
    project = Project(tmp_path / "app").write({"app.py": METHOD})
    hand_in(project, "Shop.f", "def f(self, a):\n    return (2, a)\n")
    done = project.python("import app; app.Shop().f(1)", env={**LOCKED, "POET_STRICT": "1"})
    assert "POET401" in done.out
    assert "poet approve Shop.f" in done.out


METHOD = """
    from poet import poet

    class Shop:
        @poet()
        def f(self, a):
            return (1, a)
"""


def test_a_method_waits_visibly_and_runs_once_approved(tmp_path):
    """The state of an object would be missing in the worker, or the version never be served."""
    project = Project(tmp_path / "app").write({"app.py": METHOD})
    hand_in(project, "Shop.f", "def f(self, a):\n    return (2, a)\n")
    code = """
        import warnings, app
        from poet.events import read
        with warnings.catch_warnings(record=True) as seen:
            warnings.simplefilter("always")
            print([app.Shop().f(n) for n in range(3)])
        handle = app.Shop.f.poet
        print(handle.served.state, len([w for w in seen if "unapproved" in str(w.message)]))
        print([e.payload["state"] for e in read(handle.served.home) if e.type == "function.fallback"])
    """
    env = {**LOCKED, "POET_HOME": str(tmp_path / "home")}
    done = project.python(code, env=env)
    assert done.out.splitlines() == [
        "[(1, 0), (1, 1), (1, 2)]", "unapproved 1", "['unapproved']",
    ]  # fmt: skip
    status = project.poet("status")
    assert re.search(r"Shop.f .* unapproved\n", status.out), status.out
    assert "next: poet approve Shop.f" in status.out
    assert project.poet("approve", "Shop.f").code == 0
    assert project.python(code, env=env).out.splitlines()[0] == "[(2, 0), (2, 1), (2, 2)]"


def test_recipes_run_in_the_process(tmp_path):
    """Installed code would be slowed down for nothing."""
    project = Project(tmp_path / "app").write({"app.py": APP})
    assert project.poet("generate", "f").code == 0
    assert ask(project).splitlines() == ["('baseline', 1)", "v1 fresh in-process"]
    assert re.search(r"f .* fresh\n", project.poet("status").out)
    quick = project.python("import sys, app; app.f(1); print('poet.workers' in sys.modules)")
    assert quick.out == "False\n"


def test_a_module_that_no_worker_can_import_waits(tmp_path):
    """Every call would lose a worker before the baseline serves it."""
    project = Project(tmp_path / "app").write(
        {"data.txt": "1", "app.py": 'from pathlib import Path\nDATA = Path("data.txt").read_text()\n'
         + textwrap.dedent(APP)}
    )  # fmt: skip
    hand_in(project, "f", CODE)
    out = ask(project)
    assert out.splitlines()[:2] == ["('baseline', 1)", "None unapproved waiting"], out
    assert "cannot be imported here" in out


def test_pytest_verifies_and_runs_it_through_the_worker(tmp_path):
    """A team that uses a model could not run its tests before somebody has approved."""
    project = Project(tmp_path / "app").write({"app.py": APP, "test_app.py": """
        import app

        def test_f():
            assert app.f(1) == ("version", 1)
            assert app.f.poet.worker.answered == 1
    """})  # fmt: skip
    hand_in(project, "f", 'def f(a):\n    return ("version", a)\n')
    done = project.pytest("-q", "-p", "no:cacheprovider")
    assert "1 verified" in done.out, done.out
    assert done.code == 0


# What the source shows

STATIC = [
    ("x = {}\n@poet()\ndef f(a):\n    x[a] = 1\n    return x", "it reads x"),
    ("x = 0\n@poet()\ndef f(a):\n    return a + x\ndef g():\n    global x\n    x = 2", "app.py:8 changes"),
    ("x = []\n@poet()\ndef f(a):\n    return len(x)\nclass K:\n    def g(self):\n        x.append(1)", "reads x"),
    ("x = {}\ndef h():\n    return x\n@poet()\ndef f(a):\n    return h()\ndef g():\n    x.update(a=1)", "reads x"),
    ("from contextvars import ContextVar\nx = ContextVar('x')\n@poet()\ndef f(a):\n    return x.get()", "reads x"),
    ("import itertools\nx = itertools.count()\n@poet()\ndef f(a):\n    return next(x)", "reads x"),
    ("class C:\n    n = 0\nx = C()\n@poet()\ndef f(a):\n    return x.n\ndef g():\n    x.n += 1", "reads x"),
    ("@poet()\ndef f(a):\n    f.count = a\n    return a", "reads f"),
    ("@poet()\ndef f(a, seen=[]):\n    seen.append(a)\n    return seen", "default value of seen"),
    ("import helper\n@poet()\ndef f(a):\n    return helper.get()", "reads x, which helper.py"),
    ("import urllib.request\n@poet()\ndef f(a):\n    return urllib.request.urlopen(a)", "urllib.request"),
    ("import requests\ndef h(u):\n    return requests.get(u)\n@poet()\ndef f(a):\n    return h(a)", "requests"),
    ("@poet()\ndef f(a):\n    return open(a).read()", "open()"),
    ("@poet()\ndef f(a):\n    print(a)", "print()"),
    ("import os\n@poet()\ndef f(a):\n    return os.environ['A']", "os.environ"),
    ("import os\n@poet()\ndef f(a):\n    return os.path.exists(a)", "os.path.exists"),
    ("from pathlib import Path\n@poet()\ndef f(a):\n    return Path(a).read_text()", ".read_text"),
    ("import polars as pl\n@poet()\ndef f(a):\n    return pl.read_csv(a)", ".read_csv"),
    ("@poet()\ndef f(a):\n    yield a", "a generator"),
    ("@poet()\nasync def f(a):\n    yield a", "an async generator"),
    ("class K:\n    @classmethod\n    @poet()\n    def f(cls, a):\n        return a", "a classmethod"),
]  # fmt: skip
FINE = [
    "LIMIT = 3\nNAMES = ['a']\n@poet()\ndef f(a):\n    return a + LIMIT + len(NAMES)",
    "import re\nP = re.compile('a')\n@poet()\ndef f(a):\n    return P.match(a)",
    "TABLE = {}\nTABLE['a'] = 1\n@poet()\ndef f(a):\n    return TABLE[a]",
    "x = []\n@poet()\ndef f(a):\n    return len(x)\ndef g(x):\n    x.append(1)",
    "import os\n@poet()\ndef f(a):\n    return os.path.join(a, 'b'), os.sep",
    "import logging\nlog = logging.getLogger(__name__)\n@poet()\ndef f(a):\n    log.info(a)\n    return a",
    "import numpy as np\n@poet()\ndef f(a):\n    b = np.zeros(3)\n    b[0] = a\n    return b",
    "import asyncio\n@poet()\nasync def f(a):\n    await asyncio.sleep(0)\n    return a",
    "@poet()\ndef f(a):\n    seen = []\n    seen.append(a)\n    return seen",
    "class K:\n    @staticmethod\n    @poet()\n    def f(a):\n        return a",
    "import helper\n@poet()\ndef f(a):\n    return helper.FIXED",
]


def static(tmp_path, text):
    project = Project(tmp_path).write(
        {
            "helper.py": "x = []\nFIXED = 1\n\ndef get():\n    return x[0]\n\ndef put():\n    x.append(1)\n"
        }
    )
    project.write({"app.py": f"from poet import poet\n{text}\n"})
    item = find("K.f" if "class K" in text and "    def f" in text else "f", tmp_path)
    return why_not(
        spec_for(item.path, item.qualname, Options.parse({}, ""))[0], "def f(a):\n    return a\n"
    )


@pytest.mark.parametrize(("text", "reason"), STATIC, ids=[r for _, r in STATIC])
def test_what_a_worker_does_not_have_is_seen_in_the_source(tmp_path, text, reason):
    """A worker would answer from a state of its own, or lose what the function does outside."""
    assert reason in static(tmp_path, text)


@pytest.mark.parametrize("text", FINE)
def test_ordinary_functions_run_in_workers(tmp_path, text):
    """Every second function would wait for approval for no reason."""
    assert static(tmp_path, text) == ""


def test_what_the_version_itself_uses_counts(tmp_path):
    """A version that logs to a file would fail at each call."""
    project = Project(tmp_path).write(
        {"app.py": "from poet import poet\n@poet()\ndef f(a):\n    return a\n"}
    )
    spec = spec_for(project.folder / "app.py", "f", Options.parse({}, ""))[0]
    assert "the module socket" in why_not(spec, "import socket\n\ndef f(a):\n    return a\n")


# What crosses

CROSSING = """
    import dataclasses
    import datetime
    import decimal
    import enum
    import typing

    import numpy as np
    import polars as pl

    from poet import poet

    class Colour(enum.Enum):
        RED = 1

    @dataclasses.dataclass
    class Point:
        x: float
        tags: list = dataclasses.field(default_factory=list)

    class Pair(typing.NamedTuple):
        a: int
        b: list

    class Refused(ValueError):
        pass

    class Coded(Exception):
        def __init__(self, number):
            super().__init__(f"number {number}")
            self.number = number

    def baseline(*args):
        raise Coded(404) if args and args[0] == "coded" else AssertionError("the baseline ran")

    @poet()
    def run(what, *args, **kwargs):
        if what == "coded":
            raise Coded(404)
        if what in ("give", "keep"):
            return ("baseline", Point, Colour, Refused, Pair, pl, np)[0]
        return "baseline"
"""
VERSION = """
    import sys as system
    import warnings

    from poet.runtime import observe, user


    def run(what, *args, **kwargs):
        if "poet.gate.sandbox.worker" not in system.modules:
            return "in the process"
        if what == "types":
            return [type(a).__name__ for a in args]
        if what == "give":
            return args[0]
        if what == "keep":
            return lambda: user.Refused
        if what == "refuse":
            raise user.Refused("no", 3)
        if what == "coded":
            raise LookupError("not the baseline's")
        if what == "os":
            raise FileNotFoundError(2, "gone")
        if what == "change":
            thing = args[0]
            if isinstance(thing, list):
                thing.append(9)
                thing[0] = True
            elif isinstance(thing, dict):
                thing["new"] = 9
                thing["inner"].append(1)
                del thing["old"]
            elif isinstance(thing, set):
                thing.add(9)
            elif isinstance(thing, bytearray):
                thing.extend(b"9")
            elif hasattr(thing, "tags"):
                thing.x = 9.0
                thing.tags.append("new")
            elif hasattr(thing, "insert_column"):
                thing.insert_column(0, thing["a"].alias("z"))
            elif hasattr(thing, "shape"):
                thing[0] = 9
            else:
                thing.b.append(9)
        if what == "both":
            args[0].append(1)
            return len(args[1])
        if what == "warn":
            warnings.warn("careful", DeprecationWarning)
        if what == "observe":
            observe(retries=2)
        return "version"
"""
PRELUDE = """
import sys; sys.path.insert(0, ".")
import datetime, decimal, warnings
import numpy as np, polars as pl
import app
from app import Colour, Pair, Point
"""


@pytest.fixture(scope="module")
def crossing(tmp_path_factory):
    project = Project(tmp_path_factory.mktemp("crossing") / "app").write({"app.py": CROSSING})
    hand_in(project, "run", VERSION)
    return project


def cross(project, code, **env):
    done = project.python(PRELUDE + textwrap.dedent(code), env={**LOCKED, **env})
    assert done.code == 0, done.out
    return done.out.splitlines()


def test_values_come_back_as_they_went(crossing):
    """A caller would get a dict for its dataclass, or a list for its tuple."""
    assert cross(crossing, """
        from poet.codec import encode
        values = [
            None, True, 1, 2**70, 1.5, float("inf"), "ü", b"raw", (1, (2,)), [1, [2]], {1: "a", "b": (2,)},
            {1, 2}, frozenset({3}), 1 + 2j, decimal.Decimal("1.10"), Colour.RED,
            datetime.datetime(2026, 1, 2, tzinfo=datetime.timezone.utc), datetime.timedelta(1),
            Point(1.0, ["t"]), Pair(1, [2]), [Point(2.0), {"p": Pair(3, [])}],
            np.arange(6.0).reshape(2, 3), np.float32(1.5),
            pl.DataFrame({"a": [1, None], "b": ["x", "y"]}), pl.Series("s", [1.0, 2.0]),
        ]
        for value in values:
            back = app.run("give", value)
            same = type(back) is type(value) and encode(back) == encode(value)
            if not same:
                print("differs", value, back)
        print(app.run.poet.worker.answered == len(values), app.run.poet.worker.fallbacks)
    """) == ["True {}"]  # fmt: skip


def test_the_version_sees_the_users_classes(crossing):
    """A version would find dicts where the function is given dataclasses."""
    assert cross(crossing, """
        print(app.run("types", Point(1.0), Colour.RED, Pair(1, []), pl.DataFrame(), np.zeros(1)))
    """) == ["['Point', 'Colour', 'Pair', 'DataFrame', 'ndarray']"]  # fmt: skip


def test_a_script_is_served_by_workers_too(tmp_path):
    """Values of a program's own classes would not cross, because its module has another name there."""
    project = Project(tmp_path / "app").write(
        {
            "main.py": textwrap.dedent(CROSSING)
            + "\nif __name__ == '__main__':\n"
            + "    back = run('give', Point(1.0, ['t']))\n"
            + "    print(type(back) is Point, back)\n"
            + "    print(run('types', Point(1.0), Colour.RED))\n"
            + "    print(run.poet.worker.fallbacks)\n"
        }
    )
    hand_in(project, "run", VERSION)
    done = project.run(sys.executable, "main.py", env=LOCKED)
    assert done.out.splitlines() == ["True Point(x=1.0, tags=['t'])", "['Point', 'Colour']", "{}"]


def test_changes_are_made_to_the_callers_objects(crossing):
    """A function that fills its argument would return and leave it as it was."""
    assert cross(crossing, """
        inner, first = [0], [1]
        thing = [1, inner, first]
        app.run("change", thing)
        print(thing[0] is True, thing[1] is inner, thing[2] is first, thing[3])
        inner = [0]
        thing = {"inner": inner, "old": 1, "kept": first}
        app.run("change", thing)
        print(list(thing), thing["inner"] is inner, inner, thing["kept"] is first)
        thing = {1}
        app.run("change", thing)
        print(thing)
        thing = bytearray(b"8")
        app.run("change", thing)
        print(thing)
        tags = []
        thing = Point(1.0, tags)
        app.run("change", thing)
        print(thing, thing.tags is tags)
        thing = np.zeros(3)
        view = thing[:1]
        app.run("change", thing)
        print(thing, view)
        thing = pl.DataFrame({"a": [1]})
        app.run("change", thing)
        print(thing.columns)
        thing = Pair(1, [2])
        app.run("change", thing)
        print(thing)
        holder = [[1]]
        app.run("change", what_else := holder[0])
        print(holder)
        print(app.run.poet.worker.fallbacks)
    """) == [
        "True True True 9", "['inner', 'kept', 'new'] True [0, 1] True", "{1, 9}",
        "bytearray(b'89')", "Point(x=9.0, tags=['new']) True", "[9. 0. 0.] [9.]", "['z', 'a']",
        "Pair(a=1, b=[2, 9])", "[[True, 9]]", "{}",
    ]  # fmt: skip


def test_one_object_in_two_places(crossing):
    """A worker would see two lists where the function was given one."""
    assert cross(crossing, """
        warnings.simplefilter("ignore")
        one = [0]
        print(app.run("give", one, one), app.run.poet.worker.fallbacks)
        print(app.run("both", one, one), one, app.run.poet.worker.fallbacks)
    """) == ["[0] {}", "baseline [0] {'cannot cross': 1}"]  # fmt: skip


def test_exceptions_are_those_the_caller_expects(crossing):
    """An except clause would not match, or find no attributes."""
    assert cross(crossing, """
        try:
            app.run("refuse")
        except app.Refused as error:
            print(type(error) is app.Refused, error.args)
        try:
            app.run("os")
        except FileNotFoundError as error:
            print(error.errno, error.filename, error.args)
        try:
            app.run("coded")
        except LookupError as error:
            print(repr(error))
        from poet import last_execution
        print(last_execution().version, last_execution().error)
    """) == [
        "True ('no', 3)", "2 None (2, 'gone')", "LookupError(\"not the baseline's\")",
        "v1 LookupError",
    ]  # fmt: skip


@pytest.mark.parametrize(
    "argument",
    ["iter([1])", "(n for n in [1])", "open('app.py')", "lambda: 1", "object()", "[iter([1])]",
     "{'a': object()}", "__import__('threading').Lock()"],
)  # fmt: skip
def test_what_cannot_cross_is_served_by_the_baseline_untouched(crossing, argument):
    """A call would fail, or its iterator be used up before the function sees it."""
    lines = cross(crossing, f"""
        warnings.simplefilter("always")
        given = {argument}
        print(app.run("give", given), app.run("give", given), app.run("give", 1))
        print(app.run.poet.worker.fallbacks)
        if hasattr(given, "__next__"):
            print("left", next(given) is not None)
    """)  # fmt: skip
    assert "baseline baseline 1" in lines
    assert "{'cannot cross': 2}" in lines
    assert "left False" not in lines
    warned = [line for line in lines if "cannot serve" in line]
    assert len(warned) == 1
    assert "poet approve run" in warned[0]


def test_a_value_that_cannot_cross_back(crossing):
    """A caller would get a description instead of the value."""
    assert cross(crossing, """
        warnings.simplefilter("ignore")
        from poet import last_execution
        print(app.run("keep"), app.run.poet.worker.fallbacks, last_execution().version)
        print(last_execution().facts)
    """) == ["baseline {'cannot cross': 1} None", "{'fallback': 'cannot cross'}"]  # fmt: skip


def test_warnings_and_facts_cross(crossing):
    """What a version says of itself would be lost on the way."""
    assert cross(crossing, """
        from poet import last_execution
        with warnings.catch_warnings(record=True) as seen:
            warnings.simplefilter("always")
            app.run("warn")
        print([(str(w.message), w.category.__name__) for w in seen])
        app.run("observe")
        print(last_execution().facts, last_execution().version)
    """) == ["[('careful', 'DeprecationWarning')]", "{'retries': 2} v1"]  # fmt: skip


def test_strict_mode_refuses_a_call_that_cannot_cross(crossing):
    """A service that must not fall back would."""
    done = crossing.python(
        PRELUDE + "app.run('give', object())", env={**LOCKED, "POET_STRICT": "1"}
    )
    assert done.code == 1
    assert "POET401" in done.out
    assert "cannot cross" in done.out
