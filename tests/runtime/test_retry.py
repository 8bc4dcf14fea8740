"""Which failures are repeated, how often, and after how long a wait: on real sockets."""

# ruff: noqa: E501
from __future__ import annotations

import asyncio
import contextlib
import errno
import http.client
import io
import socket
import threading
import urllib.error
import urllib.request

import pytest
from hypothesis import given
from hypothesis import strategies as st

from poet.runtime import Retry, is_before_effect, is_transient, retry, retry_async
from poet.runtime import _retry as module


@pytest.fixture(autouse=True)
def no_waiting(monkeypatch):
    """Waits are noted and not waited for."""
    waits: list[float] = []

    async def sleep(seconds):
        waits.append(seconds)

    monkeypatch.setattr(module.time, "sleep", waits.append)
    monkeypatch.setattr(asyncio, "sleep", sleep)
    return waits


def refused_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def raised_by(function, *args, **kwargs):
    with pytest.raises(Exception) as caught:  # noqa: PT011 - which one is what is asked
        function(*args, **kwargs)
    return caught.value


@contextlib.contextmanager
def answering(act):
    """A server that does ``act`` with each connection."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve():
            with contextlib.suppress(OSError):
                while True:
                    connection, _ = server.accept()
                    with connection:
                        act(connection)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        try:
            yield server.getsockname()[1]
        finally:
            server.shutdown(socket.SHUT_RDWR)
            thread.join()


def reset(connection):
    connection.recv(1)
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")


def silent(connection):
    connection.recv(65536)
    connection.recv(65536)


def busy(connection):
    connection.recv(65536)
    connection.sendall(b"HTTP/1.0 503 Busy\r\nContent-Length: 0\r\n\r\n")


def test_refused_connections_are_before_any_effect():
    """A service that restarts would fail every caller, although a retry is safe."""
    port = refused_port()
    for error in (
        raised_by(socket.create_connection, ("127.0.0.1", port)),
        raised_by(urllib.request.urlopen, f"http://127.0.0.1:{port}/"),
        raised_by(http.client.HTTPConnection("127.0.0.1", port).request, "GET", "/"),
    ):
        assert is_before_effect(error)
        assert is_transient(error)


def test_unresolvable_names_are_before_any_effect():
    """A name service that hiccups would fail every caller."""
    for error in (
        raised_by(socket.create_connection, ("no-such-host.invalid", 80)),
        raised_by(urllib.request.urlopen, "http://no-such-host.invalid/"),
    ):
        assert is_before_effect(error)


@pytest.mark.parametrize("act", [reset, silent, busy])
def test_what_came_after_connecting_is_only_transient(act):
    """A request that the other side may have acted on would be sent again."""
    with answering(act) as port:
        error = raised_by(urllib.request.urlopen, f"http://127.0.0.1:{port}/", timeout=0.2)
        assert not is_before_effect(error)
        assert is_transient(error)
        if isinstance(error, urllib.error.HTTPError):
            error.close()


def wrapped(name, cause):
    """Return an error of a class of that name, as other libraries raise it, with a cause."""
    error = type(name, (Exception,), {})("x")
    error.__cause__ = cause
    return error


def status(code):
    error = RuntimeError("x")
    error.status = code
    return error


NEVER = [
    ValueError("x"), KeyError("ConnectionRefusedError"), FileNotFoundError(errno.ENOENT, "x"), PermissionError(errno.EACCES, "x"),
    RuntimeError("connection refused"), status(404), status(400), status("503"), wrapped("ValueError", TypeError()), MemoryError(),
]  # fmt: skip
TRANSIENT = [
    TimeoutError(), ConnectionResetError(), BrokenPipeError(), OSError(errno.EHOSTUNREACH, "x"), OSError(errno.ENETUNREACH, "x"),
    wrapped("ReadTimeout", None), wrapped("IncompleteRead", None), status(503), status(429), status(500), wrapped("X", TimeoutError()),
]  # fmt: skip
BEFORE = [
    ConnectionRefusedError(), socket.gaierror(), wrapped("ConnectError", None), wrapped("NewConnectionError", None),
    wrapped("ClientConnectorError", None), wrapped("X", ConnectionRefusedError()), urllib.error.URLError(ConnectionRefusedError()),
    RuntimeError("x", ConnectionRefusedError()),
]  # fmt: skip


@pytest.mark.parametrize(
    ("error", "before", "transient"),
    [*((e, False, False) for e in NEVER), *((e, False, True) for e in TRANSIENT), *((e, True, True) for e in BEFORE)],
    ids=lambda v: repr(v) if isinstance(v, Exception) else "",
)  # fmt: skip
def test_table(error, before, transient):
    """A failure would be repeated that must not be, or not be that may."""
    assert is_before_effect(error) is before
    assert is_transient(error) is transient


def test_errors_that_wrap_each_other_end():
    """Two errors that name each other would hang the caller."""
    one, two = ValueError("one"), ValueError("two")
    one.__cause__, two.__cause__ = two, one
    assert not is_transient(one)


policies = st.builds(
    Retry,
    attempts=st.integers(1, 20),
    delay=st.floats(0, 60),
    factor=st.floats(1, 10),
    max_delay=st.floats(0, 300),
)


@given(policies, st.integers(1, 30))
def test_waits_are_bounded(policy, failures):
    """A caller would wait without bound, or not at all where a server needs time."""
    wait = policy.wait(failures)
    assert 0 <= wait <= policy.max_delay
    assert wait <= policy.delay * policy.factor ** (failures - 1)


def test_waits_are_spread():
    """All callers would come back at the same instant and bring the server down again."""
    waits = [Retry(delay=1.0, factor=2.0, max_delay=8.0).wait(3) for _ in range(500)]
    assert len(set(waits)) > 450
    assert min(waits) < 1.0
    assert max(waits) > 3.0


class Failing:
    """Fails a number of times, then returns its arguments."""

    def __init__(self, times, error):
        self.times, self.error, self.calls = times, error, 0

    def __call__(self, *args, **kwargs):
        self.calls += 1
        if self.calls <= self.times:
            raise self.error
        return args, kwargs

    async def wait(self, *args, **kwargs):
        return self(*args, **kwargs)


@pytest.mark.parametrize("times", range(5))
@pytest.mark.parametrize(
    "policy", [Retry(attempts=3), Retry(attempts=1), Retry(attempts=3, on="transient")]
)
@pytest.mark.parametrize(
    "error", [ConnectionRefusedError(111, "x"), ConnectionResetError(104, "x"), ValueError("x")]
)
def test_calls_and_outcome(times, policy, error, no_waiting):
    """A function would be called more often than allowed, or its own error be lost."""
    may = policy.repeats(error)
    allowed = policy.attempts if may else 1
    for asynchronous in (False, True):
        no_waiting.clear()
        function = Failing(times, error)

        def call(function=function, asynchronous=asynchronous):
            if asynchronous:
                return asyncio.run(retry_async(policy, function.wait, 1, b=2))
            return retry(policy, function, 1, b=2)

        if times < allowed:
            assert call() == ((1,), {"b": 2})
        else:
            assert raised_by(call) is error
        assert function.calls == min(times + 1, allowed)
        assert len(no_waiting) == function.calls - 1


def test_what_ends_the_program_is_not_repeated():
    """Control-C would have to be pressed once for each attempt."""
    function = Failing(9, KeyboardInterrupt())
    with pytest.raises(KeyboardInterrupt):
        retry(Retry(on="transient"), function)
    assert function.calls == 1


async def numbers():
    yield 1


@pytest.mark.parametrize("used_up", [iter([1]), (n for n in [1]), io.BytesIO(b"x"), io.StringIO("x"), map(str, [1]), numbers()], ids=lambda v: type(v).__name__)  # fmt: skip
def test_arguments_that_reading_uses_up_are_not_handed_in_twice(used_up):
    """The second attempt would work on the empty rest of a file or an iterator."""
    for args, kwargs in (((used_up,), {}), ((), {"a": used_up})):
        function = Failing(1, ConnectionRefusedError())
        with pytest.raises(ConnectionRefusedError):
            retry(Retry(), function, *args, **kwargs)
        assert function.calls == 1
