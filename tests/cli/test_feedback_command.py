"""`poet feedback`: one judgement, or a file of them."""

import json

import pytest
from click.testing import CliRunner

from poet import events
from poet.cli import _feedback  # noqa: F401 - it adds its command
from poet.cli._commands import cli


@pytest.fixture
def run(tmp_path, monkeypatch):
    (tmp_path / "pyproject.toml").write_text("")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("POET_HOME", str(tmp_path / "home"))
    return lambda *args, **more: CliRunner().invoke(cli, ["feedback", *args], **more)


def said(tmp_path):
    return [e.payload for e in events.read(tmp_path / "home")]


def test_one_judgement(run, tmp_path):
    """Whoever gets an alert in a terminal could not answer there."""
    done = run(
        "x1", "--false-alarm", "--reason", "seasonal_pattern", "--source", "ann", "--metric", "s=4",
        "--fact", "ticket=12", "--suggest", "need KL", "--suggest", "smaller window",
    )  # fmt: skip
    assert done.exit_code == 0, done.output
    (payload,) = said(tmp_path)
    assert payload == {
        "execution_id": "x1", "kind": "user", "source": "ann", "was_real_drift": False,
        "reason": "seasonal_pattern", "metrics": {"s": 4.0}, "ticket": 12,
        "suggestions": ["need KL", "smaller window"],
    }  # fmt: skip
    assert done.output.strip() == next(iter(events.read(tmp_path / "home"))).id


@pytest.mark.parametrize(
    ("args", "text"),
    [
        ((), "about nothing"),
        (("x1",), "says nothing"),
        (("x1", "--metric", "s"), "NAME=VALUE"),
        (("x1", "--metric", "s=fast"), "not a number"),
        (("x1", "--rating", "9"), "1<=x<=5"),
    ],
)
def test_wrong_ones_say_what_is_wrong(run, tmp_path, args, text):
    """A typo on the command line would be a traceback, or a label."""
    done = run(*args)
    assert done.exit_code
    assert text in done.output
    assert said(tmp_path) == []


def test_a_file_of_judgements(run, tmp_path):
    """A week's reviews from another system would be a thousand commands; one bad line would lose all."""
    rows = [{"execution_id": "a", "was_real_drift": True}, {"execution_id": "b"}]
    text = "\n".join([json.dumps(rows[0]), "", json.dumps(rows[1]), "oops", '{"home": "/x"}'])
    done = run("--from", "-", input=text)
    assert done.exit_code
    assert "1 recorded, 3 refused" in done.output
    assert "line 3:" in done.output
    assert "line 4:" in done.output
    assert [p["execution_id"] for p in said(tmp_path)] == ["a"]
