"""Recorded answers: which are used when nothing is said, and what a replay makes of them."""

from __future__ import annotations

import json
import shutil
import socket

import pytest
from lifecycle_helpers import GOOD, REFUSED, WRONG, Bench, outcomes, provided, rungs

from poet.gate import verify
from poet.lifecycle import enhance
from poet.testing import ModelServer, answers


@pytest.fixture
def no_sockets(monkeypatch):
    """Have every connection fail, and every look at a name."""
    block_sockets(monkeypatch)


def block_sockets(monkeypatch):
    def refused(*args, **more):
        raise AssertionError(f"a socket was opened: {args}")

    monkeypatch.setattr(socket.socket, "connect", refused)
    monkeypatch.setattr(socket.socket, "connect_ex", refused)
    monkeypatch.setattr(socket, "getaddrinfo", refused)


def record(folder, script, **settings):
    with provided(), ModelServer(script) as server:
        result = Bench(folder).run(server, **settings)
        assert result.outcome == "promoted"
        return result, len(server.requests)


def made(bench):
    files = {
        n: (bench.version() / n).read_bytes() for n in ("code.py", "params.json", "state.json")
    }
    metadata = bench.metadata()
    del metadata["created"]
    return {**files, "metadata": json.dumps(metadata)}  # the order of its keys counts too


def copy_of(folder, target):
    """Copy a project as a checkout has it: sources and cassettes, no versions and no home."""
    shutil.copytree(folder / ".poet" / "cassettes", target / ".poet" / "cassettes")
    return Bench(target)


def test_twenty_replays_make_the_same_bytes(tmp_path, monkeypatch):
    """A version could not be made again from what is under version control."""
    monkeypatch.setattr(verify, "DRAWN", 16)  # the same for all: it is what replays differ in
    first = tmp_path / "first"
    script = [answers.code(c) for c in (WRONG, REFUSED, REFUSED, GOOD)]
    result, _ = record(first, script, candidates=2)
    assert len(result.attempts) == 4
    whole = made(Bench(first))
    block_sockets(monkeypatch)
    for number in range(20):
        bench = copy_of(first, tmp_path / f"replay-{number}")
        settings = {"model": "openai/scripted"} if number % 2 else {}
        again = bench.run(llm="replay", candidates=2, **settings)
        assert (again.outcome, again.replayed, again.used.calls) == ("promoted", True, 0)
        assert made(bench) == whole, f"replay {number} differs"
        assert outcomes(again) == outcomes(result)


def test_nothing_named_and_nothing_recorded_is_the_recipe(tmp_path, no_sockets, monkeypatch):
    """A key in the environment alone would spend."""
    monkeypatch.setenv("OPENAI_API_KEY", "sk-test-planted-0123456789abcdef")
    result = Bench(tmp_path).run()
    assert result.outcome == "promoted"
    assert rungs(result) == [("recipe", "promoted")]
    assert result.model == ""


def test_nothing_named_and_an_answer_recorded_is_a_replay(tmp_path, no_sockets):
    """Who checks out a project without a key would get another version than its author."""
    folder = tmp_path / "first"
    bench = Bench(folder)
    _recorded(bench)
    again = copy_of(folder, tmp_path / "second")
    result = again.run()
    assert (result.outcome, result.replayed, result.model) == ("promoted", True, "openai/scripted")
    assert result.used.calls == 0
    assert rungs(result) == [("model", "promoted")]


def _recorded(bench, code=GOOD):
    """Record an answer without a server, as if one had given it."""
    from poet.generate.cassettes import Cassettes
    from poet.generate.request import Completion, Request
    from poet.lifecycle import prompt_for

    job = bench.job()
    prompt = prompt_for(job.path, job.qualname, job.options)
    request = Request("total", prompt.messages, "openai/scripted", 8192)
    completion = Completion(f"```python\n{code}```\n", "stop", "scripted", 10, 10, 0.001)
    Cassettes(bench.folder / ".poet" / "cassettes").write(request, completion)


def test_a_missing_recording_is_told_loudly_with_the_command(tmp_path, no_sockets):
    """A run that should only repeat would quietly make something else."""
    bench = Bench(tmp_path / "empty")
    for settings in ({"model": "openai/scripted"}, {}):
        result = bench.run(llm="replay", **settings)
        assert (result.outcome, result.good) == ("failed", False)
        assert "poet generate total --llm live" in result.message
        assert bench.current() is None
    job = bench.job(reason="pytest --poet-regenerate")
    (told,) = bench.run(jobs=[job], llm="replay", model="m")
    assert "pytest --poet-regenerate --poet-llm=live --poet-select=total" in told.message
    (told,) = bench.run(jobs=[bench.job(command="make it")], llm="replay", model="m")
    assert "make it" in told.message


def test_a_recording_that_ends_early_is_a_miss_too(tmp_path, no_sockets):
    """A wrong first answer alone would be taken for the whole run."""
    bench = Bench(tmp_path)
    _recorded(bench, WRONG)
    strict = bench.run(llm="replay")
    assert (strict.outcome, bench.current()) == ("failed", None)
    assert outcomes(strict) == ["failed verification"]
    free = bench.run()
    assert (free.outcome, rungs(free)[-1]) == ("promoted", ("recipe", "promoted"))
    assert any("is recorded" in r.why for r in free.rungs)


def test_live_without_a_model_says_what_to_name(tmp_path):
    """A flag would be taken and do nothing."""
    result = Bench(tmp_path).run(llm="live")
    assert result.outcome == "failed"
    assert "--model" in result.message


def test_anew_asks_where_an_answer_is_recorded(tmp_path):
    """A bad recording could only be replaced by deleting files."""
    with provided(), ModelServer([answers.code(WRONG), answers.code(GOOD)]) as server:
        bench = Bench(tmp_path)
        assert bench.run(server, tries=1).generator.startswith("recipe/")
        shutil.rmtree(bench.folder / ".poet" / "total")
        assert bench.run(server, tries=1, anew=True).generator == "http"
        assert len(server.requests) == 2


def test_the_first_call_never_asks_a_model(tmp_path, monkeypatch, no_sockets):
    """A call in production would wait for a model, and spend."""
    bench = Bench(tmp_path)
    bench.project.write({"pyproject.toml": bench.project.read("pyproject.toml").replace(
        'mode = "locked"', 'mode = "auto"\nmodel = "openai/scripted"'
    )})  # fmt: skip
    done = bench.project.python("import app\nprint(app.total([1, 2]), app.total.poet.current)")
    assert done.out.strip().endswith("5 v1"), done.out
    assert bench.metadata()["llm"] == "none"


def test_one_function_alone_raises_what_is_wrong_with_it(tmp_path):
    """Callers of enhance() would have to look for errors in a message."""
    from poet.errors import ConfigError, FunctionError

    bench = Bench(tmp_path)
    with pytest.raises(FunctionError):
        enhance(bench.path, "nowhere", bench.job().options)
    with pytest.raises(ConfigError):
        enhance(bench.path, "total", bench.job().options, overrides={"llm": "sometimes"})
