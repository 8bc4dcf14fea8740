"""A server on this machine that speaks a model's protocol and says what a test wants to hear."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from poet.testing.answers import Answer, status

if TYPE_CHECKING:
    from poet.testing._model_http import Server

__all__ = ["ModelServer", "Received", "Script"]


@dataclass(frozen=True)
class Received:
    """A request that the server got.

    Attributes:
        path: Such as ``/v1/chat/completions``.
        headers: Their names in small letters.
        body: The JSON that was sent.
        at: When it came, in seconds of ``time.monotonic()``.
    """

    path: str
    headers: dict[str, str] = field(repr=False)
    body: dict[str, Any]
    at: float = field(default_factory=time.monotonic)

    @property
    def key(self) -> str:
        """The key it was sent with, or ``""``."""
        bearer = self.headers.get("authorization", "").partition(" ")[2]
        return bearer or self.headers.get("x-api-key", "")

    @property
    def prompt(self) -> str:
        """The text of the last message."""
        messages = self.body.get("messages") or [{}]
        content = messages[-1].get("content") or ""
        if isinstance(content, list):
            return "".join(part.get("text", "") for part in content)
        return str(content)


Script = Iterable[Answer] | Callable[[Received], Answer]


class ModelServer:
    """A scripted model behind HTTP, on the loopback address and a free port.

    It speaks the OpenAI protocol (``POST /v1/chat/completions``, ``GET /v1/models``) and the
    Anthropic one (``POST /v1/messages``), both without streaming, and takes many connections at
    once. Use it as a context manager; at the end every connection is cut, those that wait for
    :func:`poet.testing.answers.never` too, and no thread is left.

        with ModelServer([answers.status(429, retry_after=0.1), answers.code(SOURCE)]) as server:
            ...  # model "openai/any-name", api_base=server.url

    Args:
        script: The answers, given in the order in which requests come; the last one repeats. Or a
            function that makes the answer of a request; it is called from several threads. What it
            raises is answered with status 500.
        models: What ``GET /v1/models`` lists.
    """

    def __init__(self, script: Script, *, models: Iterable[str] = ("scripted",)) -> None:
        self._choose = script if callable(script) else None
        self._answers = [] if callable(script) else list(script)
        if not callable(script) and not self._answers:
            raise ValueError("a script needs an answer at least")
        self.models = tuple(models)
        self._requests: list[Received] = []
        self._lock = threading.Lock()
        self._server: Server | None = None

    @property
    def requests(self) -> list[Received]:
        """What has been asked so far, in the order of arrival; a copy."""
        with self._lock:
            return list(self._requests)

    @property
    def root(self) -> str:
        """The address without a path, as the Anthropic protocol's clients take it."""
        if self._server is None:
            raise RuntimeError("the server does not run: use it in a `with` statement")
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    @property
    def url(self) -> str:
        """The address as OpenAI's clients take it, with ``/v1``."""
        return f"{self.root}/v1"

    @property
    def waiting(self) -> int:
        """How many connections are open now."""
        return 0 if self._server is None else self._server.open_connections

    def __enter__(self) -> Self:
        """Start it."""
        from poet.testing._model_http import Server  # http.server only where one runs

        self._server = Server(self._answer, self.models)
        self._server.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Cut all connections and end its threads."""
        server, self._server = self._server, None
        if server is not None:
            server.stop()

    def _answer(self, request: Received) -> Answer:
        with self._lock:
            number = len(self._requests)
            self._requests.append(request)
        if self._choose is None:
            return self._answers[min(number, len(self._answers) - 1)]
        try:
            return self._choose(request)
        except Exception as error:  # noqa: BLE001  the test's own function
            return status(500, message=f"the script failed: {type(error).__name__}: {error}")
