"""litellm itself, in its process, against a scripted server over real sockets."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest

from poet.errors import ProviderError
from poet.generate import litellm_provider
from poet.generate.litellm_provider import LitellmProvider
from poet.generate.request import Completion, Message, Request
from poet.testing import ModelServer, Received, answers
from poet.testing.answers import Answer

pytestmark = pytest.mark.skipif(find_spec("litellm") is None, reason="the extra llm is missing")

SOURCE = "def f(x):\n    return x + 1"
FENCED = f"```python\n{SOURCE}\n```\n"
KEY = "sk-test-planted-4711-abcdefgh"
OPENAI, ANTHROPIC = "openai/scripted", "anthropic/claude-scripted"
# In litellm's process: which addresses it calls, what it writes, which .env it opens.
WATCH = """
import os, sys
_own = os.getcwd()
_log = os.open(os.environ["POET_TEST_WATCH"], os.O_WRONLY | os.O_APPEND)
def _hook(event, args):
    said = None
    if event == "socket.connect":
        address = args[1]
        if not isinstance(address, tuple) or address[0] not in ("127.0.0.1", "::1"):
            said = f"connect {address}"
    elif event == "socket.getaddrinfo" and args[0] not in ("127.0.0.1", "::1", "localhost"):
        said = f"resolve {args[0]}"
    elif event == "open" and isinstance(args[0], (str, bytes)):
        name, flags = os.fsdecode(args[0]), args[2] or 0
        writes = flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT)
        harmless = ("__pycache__" in name, name.startswith((_own, "/dev/null")))
        if os.path.basename(name) == ".env" or writes and not any(harmless):
            said = f"open {name}"
    elif event in ("subprocess.Popen", "os.system", "os.exec") and args[0] != "uname":
        said = f"{event} {args[0]}"
    if said:
        os.write(_log, said.encode() + b"\\n")
        if event.startswith("socket"):
            raise OSError("refused by the test")
sys.addaudithook(_hook)
"""


@pytest.fixture(scope="module")
def watched(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("watch") / "log"


@pytest.fixture(scope="module")
def provider(watched: Path) -> Iterator[LitellmProvider]:
    """One process for all tests: importing litellm takes seconds."""
    watched.write_text("")
    (watched.parent / "sitecustomize.py").write_text(WATCH)
    project = watched.parent / "project"
    project.mkdir()
    planted = [watched.parent / ".env", project / ".env"]
    for place in planted:
        place.write_text("GROQ_API_KEY=from-a-file-0123456789\n")
    found = find_spec("litellm")
    assert found is not None
    assert found.origin is not None
    beside = Path(found.origin).parents[1] / ".env"
    try:
        with beside.open("x") as file:
            file.write("GROQ_API_KEY=from-a-file-0123456789\n")
        planted.append(beside)
    except OSError:
        pass  # not writable, or there is one
    with pytest.MonkeyPatch.context() as patch:
        for name in [n for n in os.environ if n.endswith("_KEY") or n.startswith("OPENAI_")]:
            patch.delenv(name)
        patch.setenv("OPENAI_API_KEY", KEY)
        patch.setenv("MISTRAL_API_KEY", " ")
        patch.setenv("POET_TEST_WATCH", str(watched))
        patch.setenv("PYTHONPATH", str(watched.parent))
        patch.setenv("PYTHONWARNINGS", "error")
        patch.setenv("LITELLM_LOG", "DEBUG")
        patch.setenv("OPENAI_LOG", "debug")
        patch.chdir(project)
        made = LitellmProvider()
        try:
            asyncio.run(made.describe("openai/gpt-5", None))
            yield made
        finally:
            asyncio.run(made.close())
            if beside in planted:
                beside.unlink()


def request(
    server: ModelServer, model: str = OPENAI, text: str = "please", **more: object
) -> Request:
    base = server.url if model.startswith("openai/") else server.root
    messages = (Message("system", "you write Python"), Message("user", text))
    given = {"max_tokens": 500, "api_base": base, **more}
    return Request("f", messages, model, **given)  # type: ignore[arg-type]


def ask(
    provider: LitellmProvider, answer: Answer, model: str = OPENAI, timeout: float = 30.0
) -> Completion:
    with ModelServer([answer]) as server:
        return asyncio.run(provider.complete(request(server, model), timeout=timeout))


def fails(
    provider: LitellmProvider, answer: Answer, model: str = OPENAI, timeout: float = 30.0
) -> ProviderError:
    with pytest.raises(ProviderError) as caught:
        ask(provider, answer, model, timeout)
    return caught.value


@pytest.mark.parametrize("model", [OPENAI, ANTHROPIC])
def test_a_whole_answer(provider: LitellmProvider, model: str) -> None:
    """No model could be asked at all."""
    said = ask(provider, answers.usage(answers.code(SOURCE), 1000, 200), model)
    name = model.partition("/")[2]
    assert said == Completion(FENCED, "stop", name, 1000, 200, 0.0)


def test_what_is_sent(provider: LitellmProvider) -> None:
    """The conversation, a limit or a setting would not reach the model."""
    with ModelServer([answers.code(SOURCE)]) as server:
        asked = request(server, text="ünï\ud800", max_tokens=321, temperature=0.0)
        asyncio.run(provider.complete(asked, timeout=30))
        asyncio.run(provider.complete(asked._replace(temperature=None), timeout=30))
        first, second = server.requests
    assert first.body["messages"][0] == {"role": "system", "content": "you write Python"}
    assert first.body["messages"][1]["content"].startswith("ünï")
    assert first.body["model"] == "scripted"
    assert first.body["max_tokens"] == 321
    assert first.body["temperature"] == 0.0
    assert "temperature" not in second.body
    assert not {"tools", "stream", "metadata", "user"} & set(first.body)
    assert first.key == KEY
    assert not [name for name in first.headers if name.startswith("x-stainless")]


@pytest.mark.parametrize("model", [OPENAI, ANTHROPIC])
@pytest.mark.parametrize(
    ("answer", "finish", "text"),
    [
        (answers.truncated(SOURCE), "length", f"```python\n{SOURCE}"),
        (answers.filtered(), "content_filter", ""),
        (answers.empty(), "stop", ""),
        (answers.unfenced(SOURCE), "stop", None),
        (answers.two_fences("a = 1", "b = 2"), "stop", None),
        (answers.injection(SOURCE), "stop", None),
        (answers.late(answers.code(SOURCE), 0.2), "stop", FENCED),
    ],
    ids=["truncated", "filtered", "empty", "unfenced", "two fences", "injection", "late"],
)
def test_how_an_answer_ended(
    provider: LitellmProvider, model: str, answer: Answer, finish: str, text: str | None
) -> None:
    """A reply that was cut off would be taken for a whole one."""
    said = ask(provider, answer, model)
    assert said.finish == finish
    assert said.text == (answer.text if text is None else text)


@pytest.mark.parametrize("model", [OPENAI, ANTHROPIC])
@pytest.mark.parametrize(
    ("answer", "kind", "wait", "part"),
    [
        (answers.status(429, retry_after=3.5), "busy", 3.5, "wait (HTTP 429)"),
        (answers.status(429), "busy", None, "wait (HTTP 429)"),
        (Answer("x", status=429, headers={"retry-after-ms": "250"}), "busy", 0.25, "HTTP 429"),
        (answers.status(500, message="it broke"), "busy", None, "(HTTP 500): it broke"),
        (answers.status(503, retry_after=2), "busy", 2.0, "in trouble (HTTP 503)"),
        (answers.status(529), "busy", None, "in trouble (HTTP 529)"),
        (answers.status(408), "timeout", None, "(HTTP 408)"),
        (answers.status(401), "key", None, "refuses the key (HTTP 401)"),
        (answers.status(403), "key", None, "(HTTP 403)"),
        (answers.status(404), "model", None, "does not know the model"),
        (answers.status(400, message="no such knob"), "refused", None, "(HTTP 400): no such knob"),
        (answers.status(402), "refused", None, "nothing left"),
        (answers.status(413), "refused", None, "(HTTP 413)"),
        (answers.status(429, message="You exceeded your current quota"), "refused", None, "credit"),
        (answers.status(400, message="maximum context length is 8"), "refused", None, "larger"),
        (answers.malformed_json(), "garbled", None, "no answer in the form"),
        (answers.wrong_type(), "garbled", None, "no answer in the form"),
        (Answer(body=b"{}"), "garbled", None, "no answer in the form"),
        (Answer(body=b"[]"), "garbled", None, "no answer in the form"),
        (Answer(body=b'{"choices": []}'), "garbled", None, "no answer in the form"),
        (answers.closed(), "network", None, "connection failed"),
    ],
)
def test_kinds_of_failure(
    provider: LitellmProvider, model: str, answer: Answer, kind: str, wait: float | None, part: str
) -> None:
    """A run would ask again what cannot succeed, or give up what would."""
    error = fails(provider, answer, model)
    assert (error.kind, error.retry_after) == (kind, wait)
    assert part in str(error)
    assert model in str(error)
    assert error.where.startswith("http://127.0.0.1:")
    assert error.hint
    assert "\x1b" not in str(error)
    assert len(str(error)) < 700


def test_an_error_inside_a_success(provider: LitellmProvider) -> None:
    """Gateways that wrap "slow down" into status 200 would be taken for broken ones."""
    answer = Answer(body=b'{"error": {"message": "slow down", "code": 429}}')
    assert fails(provider, answer).kind == "busy"


def test_nobody_listens(provider: LitellmProvider) -> None:
    """A server that is not started yet would look like a wrong model."""
    with ModelServer([answers.code(SOURCE)]) as server:
        asked = request(server)
    with pytest.raises(ProviderError) as caught:
        asyncio.run(provider.complete(asked, timeout=30))
    assert caught.value.kind == "network"
    assert caught.value.passing


@pytest.mark.parametrize("model", [OPENAI, ANTHROPIC])
@pytest.mark.parametrize(
    "answer",
    [answers.never(), answers.trickle(answers.code(SOURCE), 0.05)],
    ids=["never", "trickle"],
)
def test_an_answer_that_takes_too_long(
    provider: LitellmProvider, model: str, answer: Answer
) -> None:
    """A hanging server would hold up a run for ever, and byte by byte even longer."""
    error = fails(provider, answer, model, timeout=1.0)
    assert error.kind == "timeout"
    assert "within 1 s" in str(error)
    settles(provider)


def settles(provider: LitellmProvider) -> None:
    """Wait until litellm's process has let go of the calls that nobody waits for."""
    child = provider._child
    assert child is not None
    until = time.monotonic() + 20
    while child._abandoned and time.monotonic() < until:
        time.sleep(0.02)
    assert child._abandoned == set()


def test_an_enormous_answer_is_not_kept(provider: LitellmProvider) -> None:
    """One reply could fill the memory."""
    child = provider._child
    assert child is not None
    before = peak(child._process.pid)
    said = ask(provider, answers.enormous(200 << 20))
    assert said.text == ""
    assert said.finish == "oversize"
    assert said.output_tokens == 500  # billed for no more than was allowed
    assert peak(child._process.pid) - before < 100_000


def peak(pid: int) -> int:
    """Return the most memory a process had, in KiB; 0 where the system does not say."""
    status = Path(f"/proc/{pid}/status")
    if not status.exists():
        return 0
    (line,) = [x for x in status.read_text().splitlines() if x.startswith("VmHWM")]
    return int(line.split()[1])


def test_a_large_answer_is_cut(provider: LitellmProvider) -> None:
    """A reply of megabytes would go through every later step."""
    said = ask(provider, answers.enormous(3 << 20))
    assert len(said.text) == 1 << 20
    assert said.finish == "oversize"


def test_usage_is_estimated_where_there_is_none(provider: LitellmProvider) -> None:
    """Servers that count nothing would be free, and a budget without effect."""
    said = ask(provider, answers.without_usage(answers.code(SOURCE)))
    assert said.output_tokens == -(-len(FENCED) // 3)
    assert said.input_tokens >= len("you write Pythonplease") // 3


def test_what_it_cost(provider: LitellmProvider) -> None:
    """A run could not say what it spent."""
    said = ask(provider, answers.usage(answers.code(SOURCE), 2000, 3000), "openai/gpt-5")
    assert said.cost_usd == pytest.approx((2000 * 1.25 + 3000 * 10) / 1e6)


@pytest.mark.parametrize("status", [200, 400, 401, 500])
def test_keys_are_never_shown(
    provider: LitellmProvider, status: int, capfd: pytest.CaptureFixture[str]
) -> None:
    """A server that repeats the key would put it into logs and recorded answers."""
    if status == 200:
        said = ask(provider, answers.echo_key())
        assert said.text == "the key was [secret]"
    else:
        error = fails(provider, answers.echo_key(status))
        assert KEY not in str(error)
        assert KEY not in repr(error.__dict__)
    out, err = capfd.readouterr()
    assert (out, err) == ("", "")
    child = provider._child
    assert child is not None
    assert KEY.encode() not in child._words


def test_a_redirection_is_not_followed(provider: LitellmProvider) -> None:
    """A key would travel to whatever address a server names."""
    with ModelServer([answers.code(SOURCE)]) as other:
        answer = Answer(status=307, headers={"location": f"{other.url}/chat/completions"})
        for model in (OPENAI, ANTHROPIC):
            error = fails(provider, answer, model)
            assert error.kind == "refused"
            assert "127.0.0.1" in error.what
        assert other.requests == []


def test_a_packed_answer_cannot_burst(provider: LitellmProvider) -> None:
    """A few bytes could unpack to gigabytes."""
    import gzip

    bomb = gzip.compress(b'{"choices": "' + b" " * (150 << 20) + b'"}', 1)
    answer = Answer(body=bomb, headers={"content-encoding": "gzip"})
    child = provider._child
    assert child is not None
    before = peak(child._process.pid)
    said = ask(provider, answer)
    assert said.finish == "oversize"
    assert peak(child._process.pid) - before < 100_000


@pytest.mark.parametrize(
    ("model", "base", "price", "problem"),
    [
        ("openai/gpt-5", None, (1.25, 10.0), ""),
        ("gpt-5", None, (1.25, 10.0), ""),
        ("openai/a-name-of-tomorrow", None, (None, None), ""),
        ("openai/llama", "http://127.0.0.1:8000/v1", (None, None), ""),
        ("hosted_vllm/llama", "http://127.0.0.1:8000/v1", (0.0, 0.0), ""),
        ("hosted_vllm/llama", "https://models.example/v1", (None, None), ""),
        ("hosted_vllm/llama", None, (None, None), "api_base"),
        ("lm_studio/llama", "http://localhost:1234/v1", (0.0, 0.0), ""),
        ("lm_studio/llama", None, (None, None), "api_base"),
        ("llamafile/llama", None, (0.0, 0.0), ""),
        ("ollama/llama-of-tomorrow", None, (0.0, 0.0), ""),
        ("ollama_chat/llama", "http://127.0.0.1:11434", (0.0, 0.0), ""),
        ("anthropic/claude-sonnet-4-5", None, (None, None), "ANTHROPIC_API_KEY is not set"),
        ("anthropic/claude-sonnet-4-5", "http://127.0.0.1:1", (3.0, 15.0), ""),
        ("groq/llama-3.3-70b-versatile", None, (None, None), "GROQ_API_KEY is not set"),
        ("mistral/mistral-large-latest", None, (None, None), "MISTRAL_API_KEY is not set"),
        ("gemini/gemini-2.5-pro", None, (None, None), "GOOGLE_API_KEY or GEMINI_API_KEY"),
        ("gpt-5-tpyo", None, (None, None), "openai/gpt-5"),
        ("my-llama", "http://127.0.0.1:1/v1", (None, None), 'model = "openai/my-llama"'),
        ("nobody/nothing", None, (None, None), "no provider"),
        ("", None, (None, None), "no provider"),
        ("text-embedding-3-small", None, (None, None), "made for embedding"),
        ("github_copilot/gpt-4", None, (None, None), "sign-in"),
    ],
)
def test_what_is_known_before_a_call(
    provider: LitellmProvider,
    model: str,
    base: str | None,
    price: tuple[float | None, float | None],
    problem: str,
) -> None:
    """A missing key, a typing error or an unknown price would show after money was spent."""
    info = asyncio.run(provider.describe(model, base))
    assert (info.input_usd, info.output_usd) == price
    assert problem in info.problem
    assert bool(problem) == bool(info.problem)
    assert KEY not in info.problem
    if problem:
        asked = Request("f", (Message("user", "x"),), model, 10, api_base=base)
        with pytest.raises(ProviderError) as caught:
            asyncio.run(provider.complete(asked, timeout=30))
        assert caught.value.kind == ("key" if "_API_KEY" in problem else "model")
        assert not caught.value.passing


def test_the_longest_answer_is_known(provider: LitellmProvider) -> None:
    """A limit of tokens above the model's would be refused by the server, after the prompt."""
    info = asyncio.run(provider.describe("openai/gpt-5", None))
    assert info.max_output_tokens == 128000


def test_a_server_of_ones_own_needs_no_key(provider: LitellmProvider) -> None:
    """By itself litellm refuses to call a local server as long as no key is set."""
    with ModelServer([answers.code(SOURCE)]) as server:
        asked = request(server, ANTHROPIC)
        assert asyncio.run(provider.complete(asked, timeout=30)).text == FENCED
        assert server.requests[0].key == "no-key"


def test_fifty_at_once(provider: LitellmProvider) -> None:
    """Many functions would wait for each other's model."""
    together = threading.Barrier(50, timeout=60)

    def model(received: Received) -> Answer:
        together.wait()  # no answer before all fifty have asked
        return answers.text(received.prompt)

    async def run(server: ModelServer) -> list[Completion]:
        asked = [request(server, text=f"number {n}") for n in range(50)]
        return await asyncio.gather(*(provider.complete(r, timeout=90) for r in asked))

    with ModelServer(model) as server:
        said = asyncio.run(run(server))
    assert [c.text for c in said] == [f"number {n}" for n in range(50)]


def test_from_other_threads_and_loops(provider: LitellmProvider) -> None:
    """A program whose main thread runs a loop of its own could not generate."""
    said: list[Completion] = []

    def work() -> None:
        said.append(asyncio.run(provider.complete(request(server), timeout=30)))

    with ModelServer([answers.code(SOURCE)]) as server:
        threads = [threading.Thread(target=work) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert [c.text for c in said] == [FENCED] * 4


def test_a_cancelled_call_lets_go(provider: LitellmProvider) -> None:
    """Ctrl-C would wait for the slowest model."""

    async def run(server: ModelServer) -> None:
        call = asyncio.create_task(provider.complete(request(server), timeout=2.0))
        while not server.requests:
            await asyncio.sleep(0.01)
        call.cancel()
        with pytest.raises(asyncio.CancelledError):
            await call

    with ModelServer([answers.never()]) as server:
        asyncio.run(run(server))
    settles(provider)
    assert ask(provider, answers.code(SOURCE)).text == FENCED


def test_nothing_but_the_server_was_called(provider: LitellmProvider, watched: Path) -> None:
    """A price list would be fetched, a .env read, telemetry sent, files left behind.

    It stands behind the tests that make calls, and looks at all of them.
    """
    ask(provider, answers.code(SOURCE))
    assert watched.read_text() == ""


def test_a_process_that_is_killed_is_started_again(
    provider: LitellmProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One crash would end a run; calls that hang would pile up without bound."""
    first = provider._child
    assert first is not None
    with ModelServer([answers.never()]) as server:

        async def run() -> list[BaseException | Completion]:
            calls = [
                asyncio.create_task(provider.complete(request(server), timeout=60))
                for _ in range(3)
            ]
            while len(server.requests) < 3:
                await asyncio.sleep(0.01)
            os.kill(first._process.pid, signal.SIGKILL)
            return await asyncio.gather(*calls, return_exceptions=True)

        failed = asyncio.run(run())
    for error in failed:
        assert isinstance(error, ProviderError)
        assert error.kind == "network"
        assert "ended (-9)" in str(error)
    assert not Path(first._folder).exists()

    assert ask(provider, answers.code(SOURCE)).text == FENCED
    second = provider._child
    assert second is not None
    assert second is not first
    # Now too many hang: the process is taken out, but those who wait get their answers.
    monkeypatch.setattr(litellm_provider, "_MOST_ABANDONED", 2)

    def model(received: Received) -> Answer:
        slow = received.prompt == "slow"
        return answers.late(answers.code(SOURCE), 2.0) if slow else answers.never()

    async def pile(server: ModelServer) -> Completion:
        slow = asyncio.create_task(provider.complete(request(server, text="slow"), timeout=60))
        hanging = [
            asyncio.create_task(provider.complete(request(server), timeout=60)) for _ in range(3)
        ]
        while len(server.requests) < 4:
            await asyncio.sleep(0.01)
        for call in hanging:
            call.cancel()
        await asyncio.gather(*hanging, return_exceptions=True)
        assert provider._child is None
        return await slow

    with ModelServer(model) as server:
        assert asyncio.run(pile(server)).text == FENCED
    second._process.wait(20)
    for thread in second._threads:
        thread.join(20)
    assert not Path(second._folder).exists()


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="looks into /proc")
def test_it_ends_with_its_parent(tmp_path: Path) -> None:
    """A killed run would leave a process that holds 200 MB, for ever where a fork has its pipe."""
    program = Path(__file__).with_name("litellm_parent.py")
    environment = {**os.environ, "OPENAI_API_KEY": KEY, "TMPDIR": str(tmp_path)}
    with subprocess.Popen(
        [sys.executable, str(program)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment,
    ) as parent:  # fmt: skip
        assert parent.stdout is not None
        child, holder, folder = parent.stdout.readline().split()
        try:
            assert running(int(child))
            assert Path(folder).is_dir()
            parent.kill()
            parent.wait()
            until = time.monotonic() + 20
            while running(int(child)) and time.monotonic() < until:
                time.sleep(0.02)
            assert not running(int(child))
            assert not Path(folder).exists()
        finally:
            os.kill(int(holder), signal.SIGKILL)


def running(pid: int) -> bool:
    """Return whether a process is there and not just waiting to be reaped."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False
