"""A key that a server repeats: through litellm, over a real socket, and then a look at every file."""

from __future__ import annotations

import pytest
from lifecycle_helpers import GOOD, Bench, outcomes, rungs

from poet.testing import ModelServer, answers

KEY = "sk-proj-Planted0Key1That2Nobody3May4Find5"


def test_a_key_is_in_no_file_and_in_no_output(tmp_path, monkeypatch, capfd):
    """A key that a server prints would be committed with the cassettes, or stand in a log."""
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    bench = Bench(tmp_path / "project")
    leaking = answers.code(f'KEY = "{KEY}"\n\n\n{GOOD}')
    script = [answers.echo_key(200), leaking, answers.echo_key(401)]
    with ModelServer(script) as server:
        result = bench.run(
            server, provider="litellm", price="input=1,output=2", candidates=1, tries=3
        )
        assert {r.key for r in server.requests} == {KEY}, "the key is what the server was sent"
        assert len(server.requests) == 3 or result.generator == "litellm"
        refused = bench.run(
            server, provider="litellm", price="input=1,output=2", anew=True, tries=1
        )
    assert outcomes(result)[0] == "malformed reply"
    assert refused.outcome in ("kept", "promoted", "unchanged")
    assert "no answer" in outcomes(refused)
    assert rungs(refused)[0] == ("model", "failed")
    said = capfd.readouterr()
    told = [repr(result), repr(refused), repr(bench.steps), said.out, said.err]
    assert not [t for t in told if KEY in t]
    files = [p for p in tmp_path.rglob("*") if p.is_file()]
    assert len(bench.cassettes()) == 2
    assert not [p for p in files if KEY.encode() in p.read_bytes()]
    pieces = KEY[8:30].encode()
    assert not [p for p in files if pieces in p.read_bytes()]


@pytest.mark.parametrize("name", ["nothing", "recipe", "replay"])
def test_a_provider_that_is_none_is_named(tmp_path, name):
    """A misspelt provider would end in a traceback."""
    with ModelServer([answers.code(GOOD)]) as server:
        result = Bench(tmp_path).run(server, provider=name)
    assert result.outcome == "failed"
    assert f"no provider '{name}'" in result.message


def test_a_key_that_is_missing_is_the_reason_for_the_recipe(tmp_path, monkeypatch):
    """Without a key there would be no version at all."""
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    with ModelServer([answers.code(GOOD)]) as server:
        result = Bench(tmp_path).run(
            provider="litellm", model="anthropic/claude-x", price="input=1,output=2"
        )
        assert server.requests == []
    assert (result.outcome, rungs(result)[-1]) == ("promoted", ("recipe", "promoted"))
    assert "ANTHROPIC_API_KEY" in result.rungs[0].why
