"""Asking through litellm itself: limits, retries and keys, over a real socket."""

from __future__ import annotations

import asyncio
import importlib.util
import time

import pytest
from generate_helpers import MODEL, SOURCE, request

from poet.errors import BudgetError, ProviderError
from poet.generate.budget import Ledger
from poet.generate.cassettes import Cassettes
from poet.generate.client import Client
from poet.generate.litellm_provider import LitellmProvider
from poet.settings import Limits, Price, Settings
from poet.testing import ModelServer, answers

pytestmark = pytest.mark.skipif(
    importlib.util.find_spec("litellm") is None, reason="litellm is not installed"
)
KEY = "sk-test-planted-0123456789"
SETTINGS = Settings(price=Price(1.0, 2.0))


def test_a_run_through_litellm(tmp_path, monkeypatch, capfd):
    """What holds for a small provider would not hold for the one that people use."""
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    for name in ("ANTHROPIC_API_KEY", "ANTHROPIC_AUTH_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    cassettes = Cassettes(tmp_path / ".poet" / "cassettes")
    scripts = {
        "right": [answers.code(SOURCE)],
        "busy": [answers.status(429, retry_after=0.3), answers.status(500), answers.code(SOURCE)],
        "cut": [answers.truncated(SOURCE)],
        "echo": [answers.echo_key()],
        "garbled": [answers.malformed_json()],
        "refused": [answers.echo_key(401)],
        "never": [answers.never()],
    }

    def script(received):
        given = scripts[received.prompt]
        return given.pop(0) if len(given) > 1 else given[0]

    async def run(server):
        ledgers = {name: Ledger(Limits(10.0, 10**6, 10, 60.0), name=name) for name in scripts}
        ledgers["never"] = Ledger(Limits(10.0, 10**6, 10, 1.5), name="never")
        ledgers["keyless"] = Ledger(Limits(), name="keyless")
        async with Client(SETTINGS, LitellmProvider()) as client:
            info = await client.info(MODEL, server.url)
            assert (info.input_usd, info.output_usd) == (1.0, 2.0)

            async def ask(name):
                asked = request(name, api_base=server.url)
                return await client.ask(asked, cassettes, ledgers[name], command="", live=True)

            await ask("right")  # what the process imports at its first call is not timed below
            found = dict(
                zip(
                    scripts,
                    await asyncio.gather(*map(ask, scripts), return_exceptions=True),
                    strict=True,
                )
            )
            asked = request(model="anthropic/claude-sonnet-4-5")
            with pytest.raises(ProviderError) as missing:
                await client.ask(asked, cassettes, ledgers["keyless"], command="", live=True)
            # litellm itself would make a fault of the server of it.
            assert "ANTHROPIC_API_KEY" in str(missing.value)
            return found, {name: ledger.used for name, ledger in ledgers.items()}

    with ModelServer(script) as server:
        started = time.monotonic()
        found, used = asyncio.run(run(server))
        assert {received.key for received in server.requests} == {KEY}
        assert time.monotonic() - started < 60
    assert used["keyless"].calls == 0
    assert found["right"].replayed
    assert SOURCE in found["busy"].completion.text
    assert used["busy"].calls == 3
    assert used["busy"].usd == pytest.approx(found["busy"].completion.cost_usd)
    assert cassettes.read(request("cut")).status == "truncated"
    assert isinstance(found["garbled"], ProviderError)
    assert isinstance(found["refused"], ProviderError)
    assert (found["refused"].kind, used["refused"].calls) == ("key", 1)
    assert isinstance(found["never"], (ProviderError, BudgetError))
    assert used["never"].seconds < 10
    assert used["never"].usd > 0
    shown = "".join(capfd.readouterr()) + repr(found) + "".join(map(str, found.values()))
    assert "planted" not in shown
    for path in (p for p in tmp_path.rglob("*") if p.is_file()):
        assert b"planted" not in path.read_bytes()
