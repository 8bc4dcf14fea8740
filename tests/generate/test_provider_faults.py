"""Providers that break their promises: named, counted, and never the end of a run."""

from __future__ import annotations

import asyncio

import pytest
from generate_helpers import WIDE, HttpProvider, asking, request

from poet.errors import ProviderError
from poet.generate.budget import Ledger
from poet.generate.cassettes import Cassettes
from poet.generate.request import Completion


@pytest.fixture
def cassettes(tmp_path):
    return Cassettes(tmp_path / ".poet" / "cassettes")


class Odd(HttpProvider):
    """Does what its first field says."""

    def __init__(self, act):
        super().__init__()
        self.act = act

    async def complete(self, request, *, timeout):
        return self.act()


def raising(error):
    def act():
        raise error

    return act


WHOLE = Completion("x", "stop", "m", 1, 1, 0.001)


@pytest.mark.parametrize(
    ("act", "why"),
    [
        (raising(KeyError("sk-" + "a1" * 20)), "KeyError: 'sk-"),
        (raising(SystemExit(3)), "SystemExit: 3"),
        (raising(KeyboardInterrupt()), "KeyboardInterrupt"),
        (raising(asyncio.CancelledError()), "it cancelled itself"),
        (lambda: None, "its answer is a NoneType"),
        (lambda: ("x", "stop"), "its answer is a tuple"),
        (lambda: WHOLE._replace(text=None), "not a Completion with a text"),
    ],
    ids=lambda p: p if isinstance(p, str) else "",
)
def test_a_broken_provider_is_named(cassettes, act, why):
    """A plugin's mistake would end the run, or look like one of POET's own."""
    ledger = Ledger(WIDE, name="f")
    (failed,) = asking(None, cassettes, provider=Odd(act), ledger=ledger)
    assert isinstance(failed, ProviderError), failed
    assert failed.what.startswith("the provider 'http' failed: ")
    assert why.replace("sk-", "[secret]") in failed.what
    assert ledger.used.calls == 1
    assert not list(cassettes.folder.glob("*.json"))


@pytest.mark.parametrize("cost", [float("nan"), float("inf"), -1.0, None, "1"])
def test_impossible_figures_are_estimated(cassettes, cost):
    """One wrong figure of a plugin would make every later sum wrong."""
    ledger = Ledger(WIDE, name="f")
    said = WHOLE._replace(cost_usd=cost, input_tokens=-5, output_tokens=True)
    (answer,) = asking(None, cassettes, provider=Odd(lambda: said), ledger=ledger)
    assert answer.completion.input_tokens > 0
    assert answer.completion.output_tokens == 1
    assert 0 < ledger.used.usd < 0.01
    assert cassettes.read(request()).completion == answer.completion
