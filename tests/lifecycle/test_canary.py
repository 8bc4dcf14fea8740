"""Canary and shadow: a version on trial in real processes, and how its trial ends."""

from __future__ import annotations

import json
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from poet.beside import Bets, Verdicts
from poet.errors import ConfigError
from poet.events import Event, new_event
from poet.lifecycle.canary import figures_of, start_trial, trial_of
from poet.spec import Options
from poet.store import Override, locate, read_override, write_override
from poet.testing import Project

APP = """
    import math

    from poet import poet

    @poet(idempotent=True)
    def f(a: int) -> list:
        if a < 0:
            raise ValueError(a)
        return [a, math.sqrt(a)]
"""
PYPROJECT = """
    [project]
    name = "example"
    version = "0"

    [tool.poet]
    mode = "locked"
    home = "home"
"""


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A project with v1, and v2 of the same code on trial nowhere."""
    project = Project(tmp_path_factory.mktemp("canary")).write(
        {"app.py": APP, "pyproject.toml": PYPROJECT}
    )
    assert project.poet("generate", "f").code == 0
    assert project.poet("generate", "f", "--force").code == 0
    assert project.poet("promote", "f", "v1").code == 0
    return project


@pytest.fixture
def project(made, tmp_path):
    import shutil

    shutil.copytree(made.folder, tmp_path / "copy", ignore=shutil.ignore_patterns("home"))
    return Project(tmp_path / "copy")


def break_v2(project, body):
    """Make v2 misbehave as no gate saw it: what a canary is for. Bound anew to record and log."""
    import hashlib

    folder = project.folder / ".poet" / "f" / "v2"
    code = (folder / "code.py").read_text() + f"\n\ndef f(a):\n    {body}\n"
    (folder / "code.py").write_text(code)
    record = json.loads((folder / "record.json").read_text())
    record["code_sha256"] = hashlib.sha256(code.encode()).hexdigest()
    text = json.dumps(record, indent=2)
    (folder / "record.json").write_text(text)
    store = locate(project.folder / "app.py", "f")
    store.accept("v2", "for the test")
    home = project.folder / "home"
    return store, home


RUN = """
    import collections, json, sys
    import app
    from poet import last_execution
    seen = collections.Counter()
    for n in range(int(sys.argv[1])):
        try:
            got = app.f(n % 7)
        except Exception as error:
            got = type(error).__name__
        e = last_execution()
        seen[e.version] += 1
    beside = app.f.poet.served.beside
    if beside is not None:
        beside.drain()
    print(json.dumps({"seen": seen, "last": got, "left": beside and beside.left_out}))
"""


def run(project, calls=400):
    done = project.python(RUN, str(calls))
    assert done.code == 0, done.out
    return json.loads(done.out.strip().splitlines()[-1])


def test_canary_takes_its_share_and_current_the_rest(project):
    """A new version would get all calls, or none."""
    assert project.poet("canary", "f", "2", "--share", "0.25").code == 0
    seen = run(project)["seen"]
    assert set(seen) == {"v1", "v2"}
    assert 60 <= seen["v2"] <= 145  # four standard deviations
    said = json.loads(project.poet("canary", "f", "--json").out)
    assert (said["calls"], said["beside"]) == (seen["v2"], seen["v1"])
    assert said["worse"] == ""
    assert project.poet("canary", "f", "--end").code == 0
    assert set(run(project, 50)["seen"]) == {"v1"}
    assert "ended by hand" in project.poet("canary", "f").out


def test_failing_canary_ends_by_itself(project):
    """A version that fails in production would go on failing until somebody looks."""
    store, home = break_v2(project, "raise OSError('worn out')")
    trial = write_override(home, store.folder, "v2", "test", "v1", mode="canary", share=0.2)
    seen = run(project)["seen"]
    assert 2 <= seen["v2"] <= 12
    ended = trial_of(store, home)
    assert ended is not None
    assert ended.mode == "ended"
    assert "failed calls are its own" in ended.reason
    assert read_override(home, store.folder, "v1") is None
    assert trial.share == ended.share
    assert set(run(project, 30)["seen"]) == {"v1"}, "another process does not try it again"
    rows = [
        json.loads(line.partition("\t")[2] or line)
        for path in (home / "events" / "pending").glob("*.jsonl")
        for line in path.read_text().splitlines()
        if "function.update" in line
    ]
    assert len(rows) == 1


def test_shadow_changes_no_answer_and_tells_how_it_differs(project):
    """A trial without risk would cost callers their answers."""
    store, home = break_v2(project, "return [a, -1.0]")
    write_override(home, store.folder, "v2", "test", "v1", mode="shadow", share=1.0)
    said = run(project, 40)
    assert said["seen"] == {"v1": 40}
    assert said["last"] != [4, -1.0]
    shown = json.loads(project.poet("canary", "f", "--json").out)
    assert shown["calls"] == 40 - said["left"]
    assert shown["different"] == shown["calls"]


def test_failing_shadow_fails_no_call_and_ends(project):
    """A shadow that breaks would break the service."""
    store, home = break_v2(project, "a.clear() if a else None; raise SystemExit(3)")
    write_override(home, store.folder, "v2", "test", "v1", mode="shadow", share=1.0)
    assert run(project, 60)["seen"] == {"v1": 60}
    ended = trial_of(store, home)
    assert ended is not None
    assert ended.mode == "ended"


def test_shadow_never_touches_the_callers_arguments(project):
    """A shadow would change the data that the caller goes on with."""
    store, home = break_v2(project, "a.append(99); return [1]")
    write_override(home, store.folder, "v2", "test", "v1", mode="shadow", share=1.0)
    done = project.python(
        """
        import app
        given = [3]
        try:
            app.f(given)
        except TypeError:
            pass
        app.f.poet.served.beside.drain()
        print("given", given)
        """,
    )
    assert "given [3]" in done.out, done.out


def test_version_that_is_not_whole_is_not_tried(project):
    """A canary would be a way around the gate."""
    store, home = break_v2(project, "return 666")
    (store.folder / "v2" / "code.py").write_text("def f(a):\n    return 667\n")
    write_override(home, store.folder, "v2", "test", "v1", mode="canary", share=1.0)
    done = project.python("import app; print('got', app.f(1))")
    assert "got [1, 1.0]" in done.out
    assert "is not tried" in done.out
    assert project.poet("canary", "f", "v2").code == 1


def test_rollback_ends_a_trial_and_leaves_the_tree(project):
    """The one command for an emergency would take back the wrong thing."""
    assert project.poet("canary", "f", "2", "--share", "1").code == 0
    before = project.read(".poet/f/current")
    done = project.poet("rollback", "f")
    assert "canary of v2 ended, v1 serves all calls" in done.out
    assert project.read(".poet/f/current") == before
    assert set(run(project, 20)["seen"]) == {"v1"}


EFFECTS = """
    import subprocess

    from poet import poet

    @poet()
    def act(a: int) -> int:
        return subprocess.call(["true"]) + a

    @poet(idempotent=True)
    async def later(a: int) -> int:
        return a
"""


def test_what_has_effects_gets_no_shadow(tmp_path):
    """A shadow would send each mail twice."""
    project = Project(tmp_path).write({"app.py": EFFECTS})
    for name, options, why in (
        ("act", Options(), "take place twice"),
        ("later", Options(idempotent=True), "it is an async"),
    ):
        with pytest.raises(ConfigError, match=why):
            start_trial(project.folder / "app.py", name, options, "v1", mode="shadow")


def test_overrides_of_an_earlier_poet_are_read(tmp_path):
    """An update of POET would end a rollback that keeps a service alive."""
    old = {"serve": "v1", "reason": "r", "time": "2026-01-01T00:00:00Z", "over": "v2"}
    (tmp_path / "overrides.json").write_text(json.dumps({str(tmp_path / "f"): old}))
    found = read_override(tmp_path, tmp_path / "f", "v2")
    assert found == Override("v1", "r", "2026-01-01T00:00:00Z", "v2")
    assert found.mode == "all"


@given(
    st.one_of(
        st.none(), st.integers(), st.text(), st.lists(st.integers()),
        st.fixed_dictionaries(
            {
                "serve": st.one_of(st.text(), st.integers()), "reason": st.text(), "time": st.text(),
                "over": st.just("v2"),
            },
            optional={"mode": st.text(), "share": st.one_of(st.floats(), st.text()), "x": st.none()},
        ),
    )
)  # fmt: skip
def test_a_damaged_override_is_none(tmp_path_factory, entry):
    """A stray edit of one file would break every call."""
    home = tmp_path_factory.mktemp("home")
    (home / "overrides.json").write_text(json.dumps({str(home / "f"): entry}))
    found = read_override(home, home / "f", "v2")
    assert found is None or (0 < found.share <= 1 and isinstance(found.serve, str))


@pytest.mark.parametrize("share", [0.05, 0.5, 1.0])
def test_bets_are_seldom_lost_to_chance(share):
    """A trial of a version that is no worse would end for nothing."""
    draw = random.Random(7)
    wrong = 0
    for _ in range(400):
        verdicts = Verdicts(share, alpha=0.05)
        for _ in range(300):
            second = draw.random() < share
            if draw.random() < 0.2:
                verdicts.failed(second)
            else:
                verdicts.took(draw.expovariate(1.0) * (1.2 if second else 1.0), second)
            if verdicts.worse():
                wrong += 1
                break
    assert wrong <= 400 * 0.05


@given(st.lists(st.booleans(), max_size=60), st.floats(0.01, 0.99))
def test_bets_are_the_mean_of_their_capitals(outcomes, chance):
    """The figure in the log would not be an e-value."""
    bets = Bets(chance)
    for hit in outcomes:
        bets.add(hit)
    capitals = []
    for stake in (0.1, 0.25, 0.5, 0.75, 0.95):
        capital = 1.0
        for hit in outcomes:
            capital *= 1 + stake / chance * (hit - chance)
        capitals.append(capital)
    assert bets.e_value == pytest.approx(sum(capitals) / 5, rel=1e-6)


def event(version: str, n: int, **more) -> Event:
    payload = {"function": "f", "version": version, "duration_ms": 1.0, "error": None, **more}
    return new_event("function.execution", payload, correlation_id=f"e{n}")


def test_alarms_reviewed_false_end_a_canary():
    """A canary that cries wolf raises no error, and would be promoted."""
    trial = Override("v2", "r", "2026-01-01T00:00:00Z", "v1", "canary", 0.2)
    events = [event("v2" if n % 5 == 0 else "v1", n) for n in range(200)]
    wrong = [f"e{n}" for n in range(0, 200, 5)]
    found = figures_of(trial, "f", events, false_alarms=wrong)
    assert (found.calls, found.false_alarms, found.false_alarms_beside) == (40, 40, 0)
    assert "alarms reviewed as false are its own" in found.worse
    alike = [f"e{n}" for n in range(0, 200, 3)]
    assert figures_of(trial, "f", events, false_alarms=alike).worse == ""
