"""A key that a server repeats: through litellm, over a real socket, and then a look at every file."""

from __future__ import annotations

import threading

import pytest
from generate_helpers import HttpProvider
from lifecycle_helpers import APP, GOOD, Bench, outcomes, provided, rungs

from poet.errors import ProviderError
from poet.testing import ModelServer, answers

KEY = "sk-proj-Planted0Key1That2Nobody3May4Find5"


TWO = f"{APP}\n\n@poet()\ndef other(x: int) -> int:\n    return x + 1\n"


def test_a_key_is_in_no_file_and_in_no_output(tmp_path, monkeypatch, capfd):
    """A key that a server prints would be committed with the cassettes, or stand in a log."""
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    bench = Bench(tmp_path / "project", TWO)
    leaking = answers.code(f'KEY = "{KEY}"\n\n\n{GOOD}')
    total = [answers.echo_key(200), leaking]
    told = threading.Event()  # a refused key ends the run: not before the other answers are given

    def script(received):
        if "`total`" not in str(received.body["messages"]):
            told.wait(60)
            return answers.echo_key(401)
        answer = total.pop(0)
        if not total:
            told.set()
        return answer

    with ModelServer(script) as server:
        result, refused = bench.run(
            server, jobs=[bench.job(), bench.job("other")],
            provider="litellm", price="input=1,output=2", candidates=1, tries=2,
        )  # fmt: skip
        assert {r.key for r in server.requests} == {KEY}, "the key is what the server was sent"
        assert total == []
    assert outcomes(result)[0] == "malformed reply"
    assert refused.outcome == "promoted"
    assert "no answer" in outcomes(refused)
    assert rungs(refused)[0] == ("model", "failed")
    said = capfd.readouterr()
    shown = [repr(result), repr(refused), repr(bench.steps), said.out, said.err]
    assert not [t for t in shown if KEY in t]
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


class KeylessProvider(HttpProvider):
    """Says of a missing key what litellm's process says of it."""

    async def describe(self, model, api_base):
        raise ProviderError(f"{model} needs ANTHROPIC_API_KEY", kind="key")


def test_a_key_that_is_missing_is_the_reason_for_the_recipe(tmp_path):
    """Without a key there would be no version at all."""
    with provided(KeylessProvider), ModelServer([answers.code(GOOD)]) as server:
        result = Bench(tmp_path).run(server, model="anthropic/claude-x")
        assert server.requests == []
    assert (result.outcome, rungs(result)[-1]) == ("promoted", ("recipe", "promoted"))
    assert "ANTHROPIC_API_KEY" in result.rungs[0].why
