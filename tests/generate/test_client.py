"""Asking a model over a real socket: retries, limits, recordings, and no socket for a replay."""

from __future__ import annotations

import asyncio
import gc
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from generate_helpers import (
    COMMAND,
    MODEL,
    SOURCE,
    WIDE,
    BlockingProvider,
    HttpProvider,
    StubbornProvider,
    asking,
    request,
)

from poet.errors import BudgetError, CassetteMissError, ConfigError, ProviderError
from poet.generate.budget import Ledger
from poet.generate.cassettes import Cassettes
from poet.generate.client import Client, worst_case
from poet.generate.request import ModelInfo
from poet.settings import Price, Settings
from poet.testing import ModelServer, answers


@pytest.fixture
def cassettes(tmp_path):
    return Cassettes(tmp_path / ".poet" / "cassettes")


def test_an_answer_is_recorded_and_then_replayed(cassettes):
    """Each run would pay again for the same answer."""
    ledger, provider = Ledger(WIDE, name="f"), HttpProvider()
    with ModelServer([answers.code(SOURCE)]) as server:
        (first,) = asking(server, cassettes, ledger=ledger, provider=provider)
        (second,) = asking(server, cassettes, ledger=ledger, provider=provider)
        assert len(server.requests) == 1
        assert server.requests[0].body["messages"][1]["content"] == "Write f."
    assert SOURCE in first.completion.text
    assert (first.replayed, second.replayed) == (False, True)
    assert first.completion == second.completion
    assert first.request == second.request == request().hash
    assert first.completion.cost_usd > 0
    assert ledger.used.usd == pytest.approx(first.completion.cost_usd)
    assert ledger.used.calls == 1
    assert cassettes.read(request()).status == "complete"
    assert provider.closed == 1  # the second run needed none


def test_asking_anew_replaces_the_recording(cassettes):
    """A bad answer could only be got rid of by deleting files."""
    with ModelServer([answers.code("def f(x): return 1"), answers.code(SOURCE)]) as server:
        asking(server, cassettes)
        (again,) = asking(server, cassettes, anew=True)
        assert len(server.requests) == 2
    assert not again.replayed
    assert SOURCE in cassettes.read(request()).completion.text
    (replayed,) = asking(None, cassettes, anew=True, live=False)
    assert replayed.replayed


def test_a_miss_names_the_file_and_the_command(cassettes):
    """A red run in CI would not say how to make it green."""
    provider = HttpProvider()
    (missed,) = asking(None, cassettes, provider=provider, live=False)
    assert isinstance(missed, CassetteMissError)
    assert missed.where == str(cassettes.path(request()))
    assert missed.hint == f"record it: {COMMAND}"
    assert provider.described == provider.closed == 0
    assert not cassettes.folder.exists()


def test_a_damaged_recording_is_not_asked_over(cassettes):
    """A recording that somebody reviewed would silently be replaced by another answer."""
    with ModelServer([answers.code(SOURCE)]) as server:
        asking(server, cassettes)
        path = cassettes.path(request())
        path.write_bytes(path.read_bytes()[:-40])
        (refused,) = asking(server, cassettes)
        assert len(server.requests) == 1
    assert isinstance(refused, CassetteMissError)
    assert str(path) in str(refused)


REPLAY = """
import asyncio, hashlib, socket, sys
from pathlib import Path
sys.path.insert(0, sys.argv[1])

def watch(event, args):
    if event in ("socket.connect", "socket.getaddrinfo", "socket.bind", "subprocess.Popen", "os.fork") or (
        event == "socket.__new__" and args[1] != socket.AF_UNIX  # asyncio wakes itself through a pair
    ):
        print("OPENED", event, args)
        raise SystemExit(3)

sys.addaudithook(watch)
from generate_helpers import request
from poet.generate.budget import Ledger
from poet.generate.cassettes import Cassettes
from poet.generate.client import Client
from poet.settings import Limits, Settings

async def main():
    cassettes, ledger = Cassettes(Path(sys.argv[2])), Ledger(Limits(0.0, 0, 0, 1.0))
    async with Client(Settings(), None) as client:
        asked = [client.ask(request(f"{n}"), cassettes, ledger, command="", live=False) for n in range(5)]
        found = await asyncio.gather(*asked)
    assert all(a.replayed for a in found) and ledger.used[:3] == (0.0, 0, 0)
    print(hashlib.sha256(repr(found).encode()).hexdigest())
    assert not {"litellm", "http.client", "numpy", "rich"} & set(sys.modules)

asyncio.run(main())
"""


def test_twenty_replays_are_the_same_and_open_no_socket(cassettes):
    """A run in CI would reach for the network, or differ from the one that was reviewed."""
    script = iter([answers.code(SOURCE), answers.truncated(SOURCE), answers.unfenced(SOURCE)])
    with ModelServer(lambda asked: next(script, answers.code(SOURCE))) as server:
        asking(server, cassettes, *"01234")
    before = {p.name: p.read_bytes() for p in cassettes.folder.iterdir()}
    argv = [sys.executable, "-c", REPLAY, str(Path(__file__).parent.parent), str(cassettes.folder)]
    said = set()
    for _ in range(20):
        done = subprocess.run(argv, capture_output=True, text=True, timeout=60, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
        said.add(done.stdout)
    assert len(said) == 1
    assert {p.name: p.read_bytes() for p in cassettes.folder.iterdir()} == before


def test_429_waits_as_long_as_the_server_asks(cassettes):
    """A busy server would be hammered until it bans the key."""
    ledger = Ledger(WIDE, name="f")
    with ModelServer([answers.status(429, retry_after=0.4), answers.code(SOURCE)]) as server:
        (answer,) = asking(server, cassettes, ledger=ledger)
        first, second = server.requests
    assert SOURCE in answer.completion.text
    assert second.at - first.at >= 0.4
    assert ledger.used.calls == 2
    assert ledger.used.usd == pytest.approx(answer.completion.cost_usd)


def test_429_beyond_the_budget_ends_at_once(cassettes):
    """A run would sleep for an hour although its time is up in a minute."""
    ledger = Ledger(WIDE._replace(seconds=20), name="f")
    started = time.monotonic()
    with ModelServer([answers.status(429, retry_after=3600)]) as server:
        (refused,) = asking(server, cassettes, ledger=ledger)
        assert len(server.requests) == 1
    assert isinstance(refused, ProviderError)
    assert "asking again would take 3.6e+03 s, and the budget has" in refused.what
    assert time.monotonic() - started < 15


def test_500_twice_then_right(cassettes):
    """A hiccup of a server would cost the whole run."""
    ledger = Ledger(WIDE, name="f")
    with ModelServer([answers.status(500), answers.status(503), answers.code(SOURCE)]) as server:
        (answer,) = asking(server, cassettes, ledger=ledger)
    assert not answer.replayed
    assert ledger.used.calls == 3
    assert ledger.used.usd == pytest.approx(answer.completion.cost_usd)


@pytest.mark.parametrize(
    ("script", "kind", "calls", "billed"),
    [
        ([answers.status(500)], "busy", 3, 0),
        ([answers.status(400)], "refused", 1, 0),
        ([answers.status(401)], "key", 1, 0),
        ([answers.malformed_json()], "garbled", 3, 3),
        ([answers.wrong_type()], "garbled", 3, 3),
        ([answers.closed()], "network", 3, 3),
    ],
)
def test_what_gives_no_answer(cassettes, script, kind, calls, billed):
    """A run would ask for ever, or take an error page for an answer; or count what is not billed."""
    ledger = Ledger(WIDE, name="f")
    with ModelServer(script) as server:
        (failed,) = asking(server, cassettes, ledger=ledger)
        assert len(server.requests) == calls
    assert isinstance(failed, ProviderError)
    assert failed.kind == kind
    usd, tokens = worst_case(request(), ModelInfo(MODEL, 1.0, 2.0))
    assert ledger.used.calls == calls
    assert ledger.used.tokens == billed * tokens
    assert ledger.used.usd == pytest.approx(billed * usd)
    assert not list(cassettes.folder.glob("*.json"))


def test_the_last_try_ends_with_the_calls(cassettes):
    """More calls would be made than the budget has, and why the first failed be lost."""
    with ModelServer([answers.status(503)]) as server:
        (refused,) = asking(server, cassettes, ledger=Ledger(WIDE._replace(calls=2), name="f"))
        assert len(server.requests) == 2
    assert isinstance(refused, BudgetError)
    assert "no call left; before that: status 503" in refused.what


@pytest.mark.parametrize("provider", [HttpProvider, BlockingProvider, StubbornProvider])
def test_a_hanging_call_ends_with_the_budget(cassettes, provider):
    """One server that never answers would hold the run up, whatever its provider does."""
    ledger = Ledger(WIDE._replace(seconds=0.6), name="f")
    with ModelServer([answers.never()]) as server:
        started = time.monotonic()
        (failed,) = asking(server, cassettes, provider=provider(), ledger=ledger)
        took = time.monotonic() - started
    assert isinstance(failed, (ProviderError, BudgetError))
    assert "no answer in 0.6 s" in failed.what
    assert took < 10
    usd, tokens = worst_case(request(), ModelInfo(MODEL, 1.0, 2.0))
    assert ledger.used[1:3] == (tokens, 1)
    assert ledger.used.usd == pytest.approx(usd)


def test_a_slow_answer_is_asked_for_again(cassettes):
    """One call that hangs would cost the function, although the next would have answered."""
    settings = Settings(model_timeout=0.5)
    ledger = Ledger(WIDE, name="f")
    with ModelServer([answers.never(), answers.code(SOURCE)]) as server:
        (answer,) = asking(server, cassettes, settings=settings, ledger=ledger)
    assert SOURCE in answer.completion.text
    usd, _ = worst_case(request(), ModelInfo(MODEL, 1.0, 2.0))
    assert ledger.used.usd == pytest.approx(usd + answer.completion.cost_usd)


@pytest.mark.parametrize(
    ("answer", "status"),
    [
        (answers.truncated(SOURCE), "truncated"),
        (answers.unfenced(SOURCE), "malformed"),
        (answers.two_fences(SOURCE, SOURCE), "malformed"),
        (answers.filtered(), "malformed"),
        (answers.empty(), "malformed"),
        (answers.enormous(3_000_000), "truncated"),
        (answers.injection(SOURCE), "complete"),
    ],
)
def test_odd_answers_are_recorded_and_marked(cassettes, answer, status):
    """A paid answer would be lost, or a broken one pass for a whole one in the replay."""
    with ModelServer([answer]) as server:
        (live,) = asking(server, cassettes)
    (replayed,) = asking(None, cassettes, live=False)
    assert cassettes.read(request()).status == status
    assert live.completion == replayed.completion
    assert cassettes.path(request()).stat().st_size < 600_000


def test_many_at_once_stay_within_a_tight_cap(cassettes):
    """Twenty calls that are let through together would spend a multiple of the cap."""
    provider = HttpProvider(input_usd=0.0, output_usd=100.0)
    worst, _ = worst_case(request(most=100), ModelInfo(MODEL, 0.0, 100.0))  # 1 cent
    seen = []
    ledger = Ledger(WIDE._replace(usd=worst * 5.5), name="f")

    def answer(asked):
        seen.append(ledger.used.usd + ledger.reserved.usd)
        return answers.usage(answers.late(answers.code(SOURCE), 0.02), 10, 100)

    with ModelServer(answer) as server:
        texts = [f"{n}" for n in range(20)]
        found = asking(server, cassettes, *texts, provider=provider, ledger=ledger, most=100)
        assert len(server.requests) == 5
    assert sum(isinstance(one, BudgetError) for one in found) == 15
    assert ledger.used.usd <= worst * 5.5
    assert max(seen) <= worst * 5.5
    assert len(list(cassettes.folder.glob("*.json"))) == 5


def test_calls_that_turn_out_cheap_make_room_for_more(cassettes):
    """Candidates side by side would be refused by what others only might have cost."""
    provider = HttpProvider(input_usd=0.0, output_usd=100.0)
    worst, _ = worst_case(request(most=100), ModelInfo(MODEL, 0.0, 100.0))
    ledger = Ledger(WIDE._replace(usd=worst * 3), name="f")
    with ModelServer(lambda asked: answers.usage(answers.code(SOURCE), 10, 4)) as server:
        texts = [f"{n}" for n in range(20)]
        found = asking(server, cassettes, *texts, provider=provider, ledger=ledger, most=100)
    assert [type(one).__name__ for one in found] == ["Answer"] * 20
    assert provider.most_flying <= 3


def test_a_server_that_ignores_limits(cassettes):
    """It would be asked on and on; what it took beyond is at most that of the calls in flight."""
    provider = HttpProvider(input_usd=0.0, output_usd=100.0)
    worst, _ = worst_case(request(most=100), ModelInfo(MODEL, 0.0, 100.0))
    ledger = Ledger(WIDE._replace(usd=worst * 4), name="f")
    with ModelServer(lambda asked: answers.usage(answers.code(SOURCE), 10, 1000)) as server:
        texts = [f"{n}" for n in range(20)]
        asking(server, cassettes, *texts, provider=provider, ledger=ledger, most=100)
        assert len(server.requests) <= 4
    assert ledger.used.usd <= worst * 4 + 4 * worst * 10


def test_not_more_in_flight_than_allowed(cassettes):
    """A small server would be overrun."""
    provider = HttpProvider()
    settings = Settings(parallel=3)
    with ModelServer(lambda asked: answers.late(answers.code(SOURCE), 0.02)) as server:
        asking(server, cassettes, *"0123456789", provider=provider, settings=settings)
        assert len(server.requests) == 10
    assert provider.most_flying <= 3
    assert provider.described == 1


def test_an_unknown_price_is_refused_before_any_call(cassettes):
    """Money would be spent that no budget sees."""
    provider = HttpProvider(input_usd=None)
    with ModelServer([answers.code(SOURCE)]) as server:
        (refused,) = asking(server, cassettes, provider=provider)
        assert isinstance(refused, ConfigError)
        assert "--price input=0.25,output=2" in refused.hint
        assert "price = {input = 0.25, output = 2}" in refused.hint
        assert server.requests == []
        provider.info = provider.info._replace(input_usd=1.0)
        settings = Settings(price=Price(1000.0, 3000.0))
        (answer,) = asking(server, cassettes, provider=provider, settings=settings)
    said = answer.completion
    assert said.cost_usd == pytest.approx(said.input_tokens / 1e3 + said.output_tokens * 3e-3)


def test_what_cannot_work_is_said_before_any_call(cassettes):
    """A missing key would cost three tries and end in somebody else's traceback."""
    provider = HttpProvider()
    why = "no key for openai; set OPENAI_API_KEY"
    provider.info = ModelInfo(MODEL, problem=why, kind="key")
    with ModelServer([answers.code(SOURCE)]) as server:
        (refused,) = asking(server, cassettes, provider=provider)
        assert server.requests == []
    assert isinstance(refused, ProviderError)
    assert refused.what == why
    assert refused.kind == "key"


def test_no_provider_and_nothing_recorded(cassettes):
    """A live run without a provider would end in an AttributeError."""

    async def run():
        async with Client(Settings(), None) as client:
            await client.ask(request(), cassettes, Ledger(WIDE), command=COMMAND, live=True)

    with pytest.raises(ConfigError, match="there is no provider"):
        asyncio.run(run())


def test_the_answer_is_no_longer_than_the_model_can(cassettes):
    """A model would refuse the request, and a replay need to know the model's limits."""
    with ModelServer([answers.code(SOURCE)]) as server:
        (answer,) = asking(server, cassettes, provider=HttpProvider(most=300))
        assert server.requests[0].body["max_tokens"] == 300
    assert answer.request == request().hash


def test_a_planted_key_is_nowhere(cassettes, monkeypatch, caplog, capfd, tmp_path):
    """A key would be committed with an answer, or shown in a log of CI."""
    key = "planted-0123456789-key"
    monkeypatch.setenv("OPENAI_API_KEY", key)
    script = [answers.echo_key(), answers.echo_key(401)]
    with ModelServer(script) as server:
        provider = HttpProvider(key=key)
        (answer,) = asking(server, cassettes, f"my key is {key}", provider=provider)
        (failed,) = asking(server, cassettes, "again", provider=provider)
        assert all(received.key == key for received in server.requests)
        assert key not in repr([received.body for received in server.requests])
    assert isinstance(failed, ProviderError)
    import pickle
    import traceback

    shown = [str(answer), str(failed), repr(failed), "".join(traceback.format_exception(failed))]
    out = capfd.readouterr()
    for text in (*shown, caplog.text, out.out, out.err):
        assert key not in text
    assert key.encode() not in pickle.dumps(failed)
    files = [p for p in tmp_path.rglob("*") if p.is_file()]
    assert len(files) >= 3
    for path in files:
        assert key.encode() not in path.read_bytes()


def test_nothing_is_asked_where_nothing_can_be_kept(tmp_path):
    """An answer would be paid for and lost."""
    from poet.errors import StoreError

    blocked = tmp_path / ".poet"
    blocked.write_text("")
    with ModelServer([answers.code(SOURCE)]) as server:
        (refused,) = asking(server, Cassettes(blocked / "cassettes"))
        assert server.requests == []
    assert isinstance(refused, StoreError)


def test_cancelling_leaves_nothing_behind(cassettes):
    """Ctrl-C would leave threads, half-written files, or a call that no ledger knows."""
    ledger = Ledger(WIDE, name="f")
    before = set(threading.enumerate())

    async def run(server):
        async with Client(Settings(), HttpProvider()) as client:
            asked = request(api_base=server.url)
            task = asyncio.ensure_future(
                client.ask(asked, cassettes, ledger, command=COMMAND, live=True)
            )
            while not server.requests:
                await asyncio.sleep(0.01)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task

    with ModelServer([answers.never()]) as server:
        asyncio.run(run(server))
    usd, tokens = worst_case(request(), ModelInfo(MODEL, 1.0, 2.0))
    assert ledger.used[1:3] == (tokens, 1)
    assert ledger.used.usd == pytest.approx(usd)
    assert ledger.reserved.calls == 0
    assert not list(cassettes.folder.glob("*.json"))
    gc.collect()
    for thread in set(threading.enumerate()) - before:
        thread.join(10)
        assert not thread.is_alive(), thread
