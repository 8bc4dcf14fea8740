"""``poet events``: the queue from a terminal, over real stores."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest
from click.testing import CliRunner

from poet.cli import _events  # noqa: F401 - adds the commands
from poet.cli._commands import cli
from poet.events import new_event
from poet.events.queue import open_store
from poet.events.store import MAX_ATTEMPTS


@pytest.fixture
def project(tmp_path, monkeypatch):
    """A project whose events are in SQLite: a returned call, two drifts, one dead letter."""
    (tmp_path / "pyproject.toml").write_text(
        '[tool.poet]\nhome = "state"\nevent_store = "sqlite:///events.db"\nretention_days = 7\n'
    )
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("POET_HOME", raising=False)
    store = open_store("sqlite:///events.db", tmp_path / "state")
    call = new_event("function.execution", {"function": "f", "n": 1}, correlation_id="x0")
    poison = new_event("drift.detected", {"function": "g"}, correlation_id="x1")
    store.publish([
        call, poison,
        new_event("drift.validation", {"text": "\x1b[31mred\nline"}, correlation_id="x2"),
        new_event("a.b", {})._replace(timestamp="2020-01-01T00:00:00.000000Z"),
    ])  # fmt: skip
    for _ in range(MAX_ATTEMPTS):
        claims = {c.event.id: c for c in store.claim("c")}
        store.nack([claims.pop(poison.id)], reason="no \x1b[0m good")
        store.ack(list(claims.values()))
    store.close()
    return tmp_path, poison


def run(*given, code=0):
    done = CliRunner().invoke(cli, ["events", *map(str, given)])
    assert done.exit_code == code, done.output
    return done.output


def lines(*given):
    return [json.loads(line) for line in run(*given, "--json").splitlines()]


def test_list_and_its_filters(project):
    """Nobody could find the events of one function or one execution."""
    assert [e["type"] for e in lines("list")] == [
        *("a.b", "function.execution", "drift.detected", "drift.validation"),
    ]
    assert [e["type"] for e in lines("list", "--type", "drift.*")] == [
        *("drift.detected", "drift.validation"),
    ]
    assert [e["correlation_id"] for e in lines("list", "--function", "f")] == ["x0"]
    assert [e["type"] for e in lines("list", "--about", "x2")] == ["drift.validation"]
    assert [e["type"] for e in lines("list", "--since", "1d", "--limit", "1")] == [
        "function.execution"
    ]
    assert [e["type"] for e in lines("list", "--until", "2021-01-01T00:00:00Z")] == ["a.b"]
    assert lines("list", "--newest", "--limit", "1")[0]["type"] == "drift.validation"
    text = run("list")
    assert "\x1b" not in text
    assert len(text.splitlines()) == 4
    assert "is not a time" in run("list", "--since", "yesterday", code=1)


def test_counts_dead_and_revive(project):
    """Dead letters could be neither seen nor delivered again without writing a program."""
    _, poison = project
    counts = json.loads(run("counts", "--json"))
    assert (counts["dead"], counts["done"], counts["groups"]) == (1, 3, ["learn"])
    assert "1  dead" in run("counts")
    text = run("dead")
    assert poison.id in text
    assert f"{MAX_ATTEMPTS} attempts: no ?[0m good" in text
    assert lines("dead")[0]["event"]["id"] == poison.id
    assert "1 of 2" in run("revive", poison.id, "unknown", code=1)
    assert run("dead") == ""
    assert json.loads(run("counts", "--json"))["waiting"] == 1
    assert "0 of 0" in run("revive", "--all")
    assert "name the ids" in run("revive", code=2)


def test_retire_takes_the_days_of_the_settings(project):
    """The disk would fill although the setting says for how long events are kept."""
    assert "1 events older than 7 days archived" in run("retire")
    assert next(e["type"] for e in lines("list", "--archive")) == "a.b"
    assert len(lines("list")) == 3
    assert json.loads(run("counts", "--json"))["archived"] == 1


def test_schema(project):
    """A program in another language could not know what an event holds."""
    whole, one = json.loads(run("schema")), json.loads(run("schema", "drift.validation"))
    assert "drift.validation" in whole["$defs"]
    assert one["properties"]["type"] == {"const": "drift.validation"}
    assert "did you mean 'drift.validation'" in run("schema", "drift.validatoin", code=1)


def test_migrate_and_again(project):
    """Moving to another store would need a program, or could not be repeated."""
    folder, poison = project
    done = json.loads(run("migrate", "sqlite:///events.db", "files", "--json"))
    assert done == {"events": 4, "new": 4, "groups": ["learn"]}
    text = run("migrate", "sqlite:///events.db", "files")
    assert "4 events, 0 of them new in files" in text
    assert 'event_store = "files"' in text
    files = open_store("files", folder / "state")
    assert [letter.event for letter in files.dead()] == [poison]
    assert files.counts()["done"] == 3
    files.close()
    assert "are one store" in run("migrate", "files", "files", code=1)
    assert "no event store" in run("migrate", "files", "sqlit:///x", code=1)


def test_tail_shows_what_comes(project):
    """What a service does could not be watched while it does it."""
    code = "from poet.cli import main; import sys; sys.argv = ['poet', *sys.argv[1:]]; main()"
    watching = subprocess.Popen(
        [sys.executable, "-c", code, "events", "tail", "--json", "--type", "new.*", "--every", "0.1"],
        stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    try:
        store = open_store("sqlite:///events.db", project[0] / "state")
        store.publish([new_event("new.one", {}), new_event("old.one", {})])
        assert json.loads(watching.stdout.readline())["type"] == "new.one"
        store.publish([new_event("new.two", {})])
        assert json.loads(watching.stdout.readline())["type"] == "new.two"
        store.close()
    finally:
        watching.kill()
        watching.communicate()


def test_migrate_from_nothing_is_refused(project):
    """A typo would copy nothing, say so kindly, and have the settings changed."""
    folder, _ = project
    said = run("migrate", "sqlite:///typo.db", "files", code=1)
    assert "no such store" in said
    assert not (folder / "state" / "typo.db").exists()
