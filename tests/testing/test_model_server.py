"""The scripted model server, over real sockets."""

from __future__ import annotations

import http.client
import json
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from poet.testing import ModelServer, Received, answers
from poet.testing.answers import Answer

SOURCE = "def f(x):\n    return x + 1"
FENCED = f"```python\n{SOURCE}\n```\n"


def ask(
    server: ModelServer, path: str = "/v1/chat/completions", timeout: float = 20.0, **headers: str
) -> tuple[int, dict[str, str], bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", _port(server), timeout=timeout)
    try:
        return _post(connection, path, **headers)
    finally:
        connection.close()


def _port(server: ModelServer) -> int:
    return int(server.root.rpartition(":")[2])


def _post(
    connection: http.client.HTTPConnection, path: str = "/v1/chat/completions", **headers: str
) -> tuple[int, dict[str, str], bytes]:
    body = {"model": "m", "messages": [{"role": "user", "content": "please write two words"}]}
    connection.request(
        "POST", path, json.dumps(body), {"content-type": "application/json", **headers}
    )
    response = connection.getresponse()
    return response.status, {k.lower(): v for k, v in response.getheaders()}, response.read()


def content(reply: bytes) -> str | None:
    return json.loads(reply)["choices"][0]["message"]["content"]


def ours() -> list[threading.Thread]:
    return [t for t in threading.enumerate() if t.name.startswith("poet-model")]


def test_answers_come_in_order_and_the_last_repeats() -> None:
    """Without it a scripted model that errs twice and then succeeds could not be written."""
    script = [answers.status(429, retry_after=0.2), answers.status(500), answers.code(SOURCE)]
    with ModelServer(script) as server:
        got = [ask(server) for _ in range(4)]
    assert [status for status, _, _ in got] == [429, 500, 200, 200]
    assert got[0][1]["retry-after"] == "0.2"
    assert json.loads(got[1][2])["error"]["message"] == "scripted error 500"
    assert content(got[2][2]) == content(got[3][2]) == FENCED


def test_requests_are_recorded_as_they_came() -> None:
    """A test could not say what was sent to a model, nor with which key."""
    before = time.monotonic()
    with ModelServer([answers.code(SOURCE)]) as server:
        ask(server, Authorization="Bearer sk-test-1")
        (request,) = server.requests
    assert request.path == "/v1/chat/completions"
    assert request.key == "sk-test-1"
    assert request.body["model"] == "m"
    assert request.prompt == "please write two words"
    assert before <= request.at <= time.monotonic()
    assert "sk-test-1" not in repr(request)


def test_a_function_may_be_the_script() -> None:
    """A model that reacts to a report of failures could not be written."""

    def model(request: Received) -> Answer:
        if "two words" in request.prompt:
            return answers.usage(answers.text("two words"), 7, 2)
        raise KeyError("unexpected")

    with ModelServer(model) as server:
        _, _, reply = ask(server)
        connection = http.client.HTTPConnection("127.0.0.1", _port(server))
        connection.request("POST", "/v1/chat/completions", json.dumps({"messages": []}))
        failed = connection.getresponse()
        assert failed.status == 500
        assert "KeyError" in failed.read().decode()
        connection.close()
    assert content(reply) == "two words"
    assert json.loads(reply)["usage"] == {
        "prompt_tokens": 7,
        "completion_tokens": 2,
        "total_tokens": 9,
    }


def test_usage_counts_words_and_may_be_left_out() -> None:
    """A budget could not be tested with plausible numbers, nor with a server that gives none."""
    script = [answers.text("one two three"), answers.without_usage(answers.text("one"))]
    with ModelServer(script) as server:
        first, second = (json.loads(ask(server)[2]) for _ in range(2))
    assert first["usage"]["completion_tokens"] == 3
    assert first["usage"]["prompt_tokens"] >= 4
    assert "usage" not in second


@pytest.mark.parametrize(
    ("answer", "part", "fences", "finish"),
    [
        (answers.truncated(SOURCE), "return x + 1", 1, "length"),
        (answers.two_fences("a = 1", "b = 2"), "b = 2", 4, "stop"),
        (answers.unfenced(SOURCE), "return x + 1", 0, "stop"),
        (answers.injection(SOURCE), "raise `budget`", 2, "stop"),
        (answers.filtered(), "", 0, "content_filter"),
        (answers.empty(), None, 0, "stop"),
    ],
    ids=["truncated", "two fences", "unfenced", "injection", "filtered", "empty"],
)
def test_bad_replies_look_as_they_should(
    answer: Answer, part: str | None, fences: int, finish: str
) -> None:
    """A search that stumbles over such replies would not be found out."""
    with ModelServer([answer]) as server:
        _, _, reply = ask(server)
    (choice,) = json.loads(reply)["choices"]
    said = choice["message"]["content"]
    assert choice["finish_reason"] == finish
    assert (said is None) if part is None else (part in said)
    assert (said or "").count("```") == fences


def test_bodies_that_are_no_answer() -> None:
    """A captive network's page or a torn body could not be tested."""
    with ModelServer([answers.malformed_json(), answers.wrong_type()]) as server:
        _, torn_headers, torn = ask(server)
        _, page_headers, page = ask(server)
    assert torn_headers["content-type"] == "application/json"
    with pytest.raises(ValueError, match="Unterminated string"):
        json.loads(torn)
    assert page_headers["content-type"] == "text/html"
    assert page.startswith(b"<html>")


@pytest.mark.parametrize("status", [200, 401])
def test_the_key_is_echoed(status: int) -> None:
    """No test could find a key that reaches a log, an error or a cassette."""
    with ModelServer([answers.echo_key(status)]) as server:
        code, _, reply = ask(server, Authorization="Bearer sk-planted")
    assert code == status
    assert b"sk-planted" in reply


def test_an_enormous_reply_is_valid_and_as_long_as_asked() -> None:
    """A limit on replies could be tested with broken JSON only."""
    with ModelServer([answers.enormous(8 << 20)]) as server:
        _, headers, reply = ask(server)
    assert headers["transfer-encoding"] == "chunked"
    text = content(reply)
    assert text is not None
    assert text.startswith("```python\n# one more line")
    assert 0.9 * (8 << 20) < len(reply) < 1.1 * (8 << 20)


def test_a_dropped_connection_and_a_late_answer() -> None:
    """Network trouble could not be tested."""
    script = [answers.closed(), answers.late(answers.code(SOURCE), 0.3)]
    with ModelServer(script) as server:
        with pytest.raises(http.client.RemoteDisconnected):
            ask(server)
        start = time.monotonic()
        _, _, reply = ask(server)
        assert time.monotonic() - start >= 0.3
    assert content(reply) == FENCED


def test_a_trickle_outlasts_any_single_read() -> None:
    """A client that limits each read and not the whole would hang unseen."""
    with ModelServer([answers.trickle(answers.code(SOURCE), 0.05)]) as server:
        connection = http.client.HTTPConnection("127.0.0.1", _port(server), timeout=1)
        connection.request("POST", "/v1/chat/completions", "{}")
        response = connection.getresponse()
        start = time.monotonic()
        assert len(response.read(8)) == 8
        assert time.monotonic() - start > 0.2
        connection.close()


def test_never_ends_with_the_server() -> None:
    """A hanging answer would keep the test run alive."""
    with ModelServer([answers.never()]) as server, ThreadPoolExecutor(4) as pool:
        waiting = [pool.submit(ask, server) for _ in range(4)]
        while len(server.requests) < 4:
            time.sleep(0.01)
        assert server.waiting == 4
        assert not any(future.done() for future in waiting)
        server.__exit__(None, None, None)
        failed = [future.exception() for future in waiting]
    assert all(isinstance(error, (http.client.RemoteDisconnected, OSError)) for error in failed)
    assert ours() == []


def test_never_ends_with_the_client() -> None:
    """Calls that were given up would pile up in the server."""
    with ModelServer([answers.never()]) as server:
        with pytest.raises(TimeoutError):
            ask(server, timeout=0.2)
        until = time.monotonic() + 10
        while server.waiting and time.monotonic() < until:
            time.sleep(0.01)
        assert server.waiting == 0


def test_many_at_once_on_kept_connections() -> None:
    """Fifty generations at once could not be measured."""
    everyone = threading.Barrier(64, timeout=30)

    def model(request: Received) -> Answer:
        everyone.wait()  # nobody is answered before all have asked
        return answers.text(request.headers["x-who"])

    def client(number: int) -> list[str | None]:
        connection = http.client.HTTPConnection("127.0.0.1", _port(server), timeout=30)
        try:
            said = []
            for turn in range(2):
                _, headers, reply = _post(connection, **{"x-who": f"{number}.{turn}"})
                assert headers.get("connection") != "close"
                said.append(content(reply))
            return said
        finally:
            connection.close()

    with ModelServer(model) as server, ThreadPoolExecutor(64) as pool:
        said = list(pool.map(client, range(64)))
        assert len(server.requests) == 128
    assert said == [[f"{n}.0", f"{n}.1"] for n in range(64)]
    assert ours() == []


def test_idle_connections_do_not_keep_it() -> None:
    """Leaving the `with` block would wait for a client's pool of connections."""
    connection = None
    with ModelServer([answers.code(SOURCE)]) as server:
        connection = http.client.HTTPConnection("127.0.0.1", _port(server), timeout=10)
        _post(connection)
        assert server.waiting == 1
    connection.close()
    assert ours() == []


def test_the_anthropic_protocol() -> None:
    """A provider of the other protocol could not be tried on this machine."""
    script = [answers.code(SOURCE), answers.truncated(SOURCE), answers.status(429, 1)]
    with ModelServer(script) as server:
        whole, cut, busy = (ask(server, "/v1/messages", **{"x-api-key": "sk-a"}) for _ in range(3))
        assert server.requests[0].key == "sk-a"
    message = json.loads(whole[2])
    assert message["content"] == [{"type": "text", "text": FENCED}]
    assert message["stop_reason"] == "end_turn"
    assert message["usage"]["output_tokens"] == len(FENCED.split())
    assert json.loads(cut[2])["stop_reason"] == "max_tokens"
    assert busy[0] == 429
    assert json.loads(busy[2])["error"]["type"] == "rate_limit_error"


def test_models_and_what_is_not_there() -> None:
    """A client that looks before it asks would fail against it."""
    with ModelServer([answers.code(SOURCE)], models=["a", "b"]) as server:
        connection = http.client.HTTPConnection("127.0.0.1", _port(server), timeout=10)
        connection.request("GET", "/v1/models")
        listed = json.loads(connection.getresponse().read())
        connection.request("GET", "/v1/else")
        missing = connection.getresponse()
        missing.read()
        connection.request("POST", "/v1/chat/completions", "{")
        broken = connection.getresponse()
        broken.read()
        connection.request("POST", "/v1/chat/completions", json.dumps({"stream": True}))
        streaming = connection.getresponse()
        streaming.read()
        connection.close()
        assert server.requests == []  # only what the script was asked for
    assert [model["id"] for model in listed["data"]] == ["a", "b"]
    assert (missing.status, broken.status, streaming.status) == (404, 400, 400)


def test_a_server_that_does_not_run_has_no_address() -> None:
    """A forgotten `with` would show as a strange connection error."""
    server = ModelServer([answers.code(SOURCE)])
    with pytest.raises(RuntimeError, match="with"):
        _ = server.url
    with pytest.raises(ValueError, match="at least"):
        ModelServer([])


def test_importing_the_helpers_loads_no_server() -> None:
    """Every test session that uses the helpers would pay for HTTP it does not need."""
    program = "import sys, poet.testing; print(sorted({'http.server', 'socketserver'} & set(sys.modules)))"
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"
