"""Lessons: which feedback becomes a case that gates, and that one voice never does so alone."""

from __future__ import annotations

import json

import pytest

from poet.cases import read_cases
from poet.events import feedback
from poet.events.queue import store_for
from poet.lifecycle.learning import learn_once
from poet.spec import Options
from poet.store import locate
from poet.testing import Project

PYPROJECT = """
    [project]
    name = "example"
    version = "0"

    [tool.poet]
    mode = "locked"
    home = "home"
    reviewers = 2
"""
APP = """
    from poet import poet

    @poet(learning="on_feedback", record="on_feedback")
    def mean(values: list) -> float:
        return sum(values) / len(values)

    @poet(record="on_feedback")
    def still(values: list) -> int:
        return len(values)
"""
CALLS = """
    import json
    import app
    from poet import last_execution
    ids = []
    for values in ([1, 2], [3], [], [4, 4]):
        try:
            app.mean(values)
        except ZeroDivisionError:
            pass
        ids.append(last_execution().id)
    app.still([1])
    ids.append(last_execution().id)
    print(json.dumps(ids))
"""


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    project = Project(tmp_path_factory.mktemp("lessons"))
    project.write({"pyproject.toml": PYPROJECT, "app.py": APP})
    assert project.poet("generate", "--all").code == 0
    done = project.python(CALLS)
    return project, json.loads(done.out.strip().splitlines()[-1])


@pytest.fixture
def here(made, tmp_path):
    import shutil

    project, ids = made
    shutil.copytree(project.folder, tmp_path / "copy")
    return Project(tmp_path / "copy"), ids


def learn(project, name="mean", **more):
    home = project.folder / "home"
    found = learn_once(project.folder, home, **more)
    store_for(home).close()
    return next(one for one in found.learned if one.function.qualname == name), found


def cases(project, name="mean"):
    return read_cases(locate(project.folder / "app.py", name).folder / "cases")


def test_reported_crash_is_reproduced_tried_and_given_back(here):
    """A crash that somebody reports would be forgotten, or would block every later version."""
    project, ids = here
    feedback(ids[2], kind="error", source="ada", home=project.folder / "home", error="crash")
    one, _ = learn(project, now=None)
    (case,) = cases(project)
    assert case.expect == {"returns": True}
    assert one.decision is not None
    assert (one.decision.act, one.decision.lane) == (True, "deterministic")
    assert one.outcome == "declined", "the recipe of this domain keeps what the function does"
    assert case.status == "proposed"
    assert "no version passes it yet" in one.cases[case.name]
    log = locate(project.folder / "app.py", "mean").log()
    assert [e["action"] for e in log if e["action"].startswith("case-")] == [
        "case-propose", "case-accept", "case-reopen",
    ]  # fmt: skip
    assert any(e["action"] == "decline" for e in log)
    assert locate(project.folder / "app.py", "mean").current() == "v1"
    again, _ = learn(project)
    assert again.outcome == "waiting", "the same failure is answered once a version"


def test_one_voice_proposes_two_decide_and_contradiction_does_neither(here):
    """One hostile source would decide what the function has to return."""
    project, ids = here
    home = project.folder / "home"
    feedback(ids[0], expected=99.0, source="eve", home=home)
    learn(project)
    assert [c.status for c in cases(project)] == ["proposed"]
    feedback(ids[1], expected=5.0, source="ada", home=home)
    feedback(ids[1], expected=5.0, source="bob", home=home)
    feedback(ids[3], expected=1.0, source="ada", home=home)
    feedback(ids[3], expected=2.0, source="bob", home=home)
    one, _ = learn(project)
    assert one.decision is not None
    assert one.decision.act, "this domain has no rates: what sources agree on is a failing case"
    states = {c.expect["equals"]: c.status for c in cases(project)}
    assert states[99.0] == "proposed"
    assert {states[1.0], states[2.0]} == {"proposed"}
    assert one.outcome == "declined"
    assert states[5.0] == "proposed", "what no version passes goes back to people"


def test_one_judgement_is_proposed_at_once_and_told_in_one_line(here):
    """What somebody said would be nowhere to be seen until a second person happened to say it too."""
    project, ids = here
    for number, execution in enumerate((ids[0], ids[1], ids[3])):
        feedback(execution, expected=50.0 + number, source="ada", home=project.folder / "home")
    done = project.poet("learn")
    assert done.code == 0, done.out
    names = [c.name for c in cases(project)]
    (line,) = [x for x in done.out.splitlines() if x.startswith("  cases: ")]
    assert line.startswith("  cases: 3 proposed: ")
    assert all(name in line for name in names)
    listed = project.poet("cases", "list").out
    assert listed.count("proposed  mean") == 3
    assert "(ada)" in listed
    feedback(ids[0], expected=50.0, source="bob", home=project.folder / "home")
    again = project.poet("learn").out
    assert "  cases: 1 proposed again: " in again, (
        "two agree, and no version can be made that passes"
    )


def test_dry_run_writes_nothing_in_the_tree(here):
    """Somebody who only looks would change what is committed."""
    project, ids = here
    feedback(ids[2], kind="error", source="ada", home=project.folder / "home", error="crash")
    before = {name: project.read(name) for name in project.files(".poet/**/*.json*")}
    learn(project, dry_run=True)
    assert {name: project.read(name) for name in project.files(".poet/**/*.json*")} == before


def test_learning_that_is_off_only_tells(here):
    """A function would change although its owner said that it must not."""
    project, ids = here
    home = project.folder / "home"
    for source in ("ada", "bob"):
        feedback(ids[4], expected=7, source=source, home=home)
    one, found = learn(project, "still")
    assert one.outcome == "left"
    assert one.message.startswith("learning is off")
    assert cases(project, "still") == []
    assert found.events >= 2
    named, _ = learn(project, "still", only="still")
    assert [c.expect for c in cases(project, "still")] == [{"equals": 7}], named.message
    assert Options().learning == "off"


def test_events_are_acknowledged_only_when_folded(here, monkeypatch):
    """A pass that dies in the middle would lose what it had read."""
    from poet.errors import EventStoreError
    from poet.learn import Ledger

    project, ids = here
    home = project.folder / "home"
    feedback(ids[2], kind="error", source="ada", home=home, error="crash")
    real = Ledger.fold

    def fail(self, events):
        raise EventStoreError("no room")

    monkeypatch.setattr(Ledger, "fold", fail)
    with pytest.raises(EventStoreError):
        learn_once(project.folder, home, dry_run=True)
    monkeypatch.setattr(Ledger, "fold", real)
    found = learn_once(project.folder, home, dry_run=True)
    assert found.new >= 6
    store_for(home).close()


def test_function_that_is_gone_or_cannot_be_read_stops_no_other(here):
    """One deleted function would end all learning."""
    project, _ = here
    text = project.read("app.py").replace("def still", "def moved")
    project.write({"app.py": text, "broken.py": "def ("})
    one, found = learn(project, "still")
    assert one.outcome == "left"
    assert any("broken.py" in p for p in found.problems)
    assert any(x.function.qualname == "mean" for x in found.learned)


def test_a_ledger_that_was_deleted_is_made_anew(here):
    """Who follows the advice of an error would lose every label: the queue gives each event once."""
    project, ids = here
    home = project.folder / "home"
    feedback(ids[2], kind="error", source="ada", home=home, error="crash")
    one, _ = learn(project, dry_run=True)
    (home / "learn" / "ledger.sqlite").unlink()
    again, found = learn(project, dry_run=True)
    assert (again.executions, again.labels) == (one.executions, one.labels)
    assert one.executions == 4
    assert found.events == 0
    assert found.new >= 6
    assert learn(project, dry_run=True)[1].new == 0


def test_of_two_functions_of_one_name_the_named_one_alone_is_acted_on(tmp_path):
    """Naming a function by its file would change its namesake too, whose learning is off."""
    project = Project(tmp_path)
    app = APP.replace('learning="on_feedback", ', "")
    project.write({"pyproject.toml": PYPROJECT, "app.py": app, "sub/app2.py": app})
    home = project.folder / "home"
    run = (
        "import {0} as a; from poet import last_execution; a.still([1]); print(last_execution().id)"
    )
    for path, module in ((".", "app"), ("sub", "app2")):
        done = project.python(f"import sys; sys.path.insert(0, {path!r}); " + run.format(module))
        feedback(done.out.strip().splitlines()[-1], expected=7, source="ada", home=home)
    found = learn_once(project.folder, home, only="sub/app2.py:still", dry_run=True)
    assert [one.function.file for one in found.learned] == ["sub/app2.py"]
    shown = project.poet("learn", "--dry-run").out
    assert "app.py:still: left" in shown
    assert "sub/app2.py:still: left" in shown


def test_explain_tells_what_counts_for_nothing_and_whom_to_ask(here):
    """What was said would vanish without a word, and nobody would know which silence to judge."""
    project, _ = here
    home = project.folder / "home"
    feedback("nowhere", was_correct=False, source="ada", home=home)
    feedback(function="mean", was_correct=False, source="ada", home=home)
    short = project.poet("learn", "--dry-run").out
    assert "feedback that counts for nothing (yet): 1 ambiguous: poet learn --explain" in short
    assert "feedback that counts for nothing (yet): 1 early" in short
    long = project.poet("learn", "--dry-run", "--explain").out
    assert "early: execution nowhere is not known yet" in long
    assert "ambiguous: it judges an outcome" in long
    found = json.loads(project.poet("learn", "--dry-run", "--json").out)
    assert [o["why"] for o in found["odd"]] == ["early"]
    assert [o["why"] for f in found["functions"] for o in f["odd"]] == ["ambiguous"]
