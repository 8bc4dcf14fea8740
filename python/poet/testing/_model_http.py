"""The HTTP side of the scripted model server: two protocols, many connections, a clean end."""

from __future__ import annotations

import json
import selectors
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

from poet.testing.answers import Answer
from poet.testing.model_server import Received

_LINE = b"# one more line of an endless reply\\n"  # as JSON has it: the line feed is escaped
_CHUNK = _LINE * (65536 // len(_LINE))
_STOP = {"stop": "end_turn", "length": "max_tokens", "content_filter": "refusal"}
_ERRORS = {400: "invalid_request_error", 401: "authentication_error", 403: "permission_error",
           404: "not_found_error", 429: "rate_limit_error"}  # fmt: skip


class Server(HTTPServer):
    """Each connection has a thread, which is ended and joined at :meth:`stop`."""

    request_queue_size = 512
    allow_reuse_address = True

    def __init__(self, answer: Callable[[Received], Answer], models: tuple[str, ...]) -> None:
        self.answer = answer
        self.models = models
        self.closing = threading.Event()
        self._open: dict[socket.socket, threading.Thread] = {}
        self._lock = threading.Lock()
        self._accepting: threading.Thread | None = None
        super().__init__(("127.0.0.1", 0), _Handler)

    @property
    def open_connections(self) -> int:
        """How many there are now."""
        with self._lock:
            return len(self._open)

    def server_bind(self) -> None:
        """Bind without asking the name service who we are, as the base class does."""
        socket_address = self.server_address
        self.socket.bind(socket_address)
        self.server_address = self.socket.getsockname()
        self.server_name, self.server_port = "127.0.0.1", self.server_address[1]

    def start(self) -> None:
        """Accept connections, in a thread."""
        self._accepting = threading.Thread(
            target=self.serve_forever, args=(0.05,), name="poet-model-server", daemon=True
        )
        self._accepting.start()

    def stop(self) -> None:
        """Accept no more, cut what is open, wait for the threads."""
        self.closing.set()
        self.shutdown()
        self.server_close()
        with self._lock:
            left = dict(self._open)
        for connection in left:
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        for thread in left.values():
            thread.join()
        if self._accepting is not None:
            self._accepting.join()

    def process_request(self, request: Any, client_address: Any) -> None:
        """Hand a connection to a thread of its own."""
        thread = threading.Thread(
            target=self._serve, args=(request, client_address),
            name="poet-model-connection", daemon=True,
        )  # fmt: skip
        with self._lock:
            self._open[request] = thread
        thread.start()

    def _serve(self, request: socket.socket, client_address: Any) -> None:
        try:
            # Clients leave in the middle, and so do we at the end.
            with suppress(OSError, ValueError):
                self.finish_request(request, client_address)
        finally:
            with self._lock:
                self._open.pop(request, None)
            self.shutdown_request(request)


class _Handler(BaseHTTPRequestHandler):
    server: Server
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Print nothing."""

    def do_GET(self) -> None:
        """List the models."""
        if not self.path.rstrip("/").endswith("/models"):
            return self._json(404, _error(404, f"there is no {self.path} here"))
        listed = [
            {"id": name, "object": "model", "owned_by": "poet"} for name in self.server.models
        ]
        return self._json(200, {"object": "list", "data": listed})

    def do_POST(self) -> None:
        """Answer as the script says."""
        raw = self.rfile.read(int(self.headers.get("content-length") or 0))
        path = self.path.partition("?")[0].rstrip("/")
        anthropic = path.endswith("/messages")
        if not anthropic and not path.endswith("/chat/completions"):
            return self._json(404, _error(404, f"there is no {self.path} here"))
        try:
            body = json.loads(raw)
        except ValueError:
            return self._json(400, _error(400, "the body is not JSON"))
        if not isinstance(body, dict) or body.get("stream"):
            return self._json(400, _error(400, "this server takes an object, without `stream`"))
        headers = {name.lower(): value for name, value in self.headers.items()}
        received = Received(self.path, headers, body)
        return self._give(self.server.answer(received), received, anthropic)

    def _give(self, answer: Answer, received: Received, anthropic: bool) -> None:
        if answer.hangs or answer.drops or not self._wait(answer.delay):
            if answer.hangs:
                self._wait(float("inf"))
            self.close_connection = True
            return
        text = answer.text
        if answer.echoes_key:
            text = f"{text} {received.key}"
        if answer.body is not None:
            parts: Iterator[bytes] = iter((answer.body,))
        elif answer.status >= 400:
            message = _error(answer.status, text or "", anthropic)
            parts = iter((json.dumps(message).encode(),))
        else:
            message = (_anthropic if anthropic else _openai)(answer, text, received)
            parts = _filled(message, answer.filler)
        self._send(answer, parts)

    def _send(self, answer: Answer, parts: Iterator[bytes]) -> None:
        chunked = bool(answer.filler or answer.pause)
        self.send_response(answer.status)
        self.send_header("content-type", answer.content_type)
        for name, value in answer.headers.items():
            self.send_header(name, value)
        if not chunked:
            body = b"".join(parts)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)
            return
        self.send_header("transfer-encoding", "chunked")
        self.end_headers()
        for part in parts:
            pieces = (part[i : i + 1] for i in range(len(part))) if answer.pause else (part,)
            for piece in pieces:
                self.wfile.write(b"%x\r\n%b\r\n" % (len(piece), piece))
                if answer.pause and not self._wait(answer.pause):
                    self.close_connection = True
                    return
        self.wfile.write(b"0\r\n\r\n")

    def _wait(self, seconds: float) -> bool:
        """Wait; False where the client left or the server closes before."""
        if seconds <= 0:
            return not self.server.closing.is_set()
        until = time.monotonic() + seconds
        with selectors.DefaultSelector() as selector:
            selector.register(self.connection, selectors.EVENT_READ)
            # The end of the server shuts the connection down, which wakes this up.
            if not selector.select(None if seconds == float("inf") else seconds):
                return True
        if not self.connection.recv(1, socket.MSG_PEEK):
            return False
        return not self.server.closing.wait(max(until - time.monotonic(), 0.0))

    def _json(self, status: int, value: object) -> None:
        self._send(Answer(status=status), iter((json.dumps(value).encode(),)))


def _counted(answer: Answer, text: str | None, received: Received) -> tuple[int, int]:
    """Return the tokens of request and answer: the words, where the script names none."""
    asked = json.dumps(received.body.get("messages", "")) + str(received.body.get("system", ""))
    given = answer.input_tokens if answer.input_tokens is not None else len(asked.split())
    made = answer.output_tokens
    if made is None:
        made = len((text or "").split()) + answer.filler // 4
    return given, made


def _openai(answer: Answer, text: str | None, received: Received) -> dict[str, Any]:
    given, made = _counted(answer, text, received)
    reply: dict[str, Any] = {
        "id": "chatcmpl-scripted",
        "object": "chat.completion",
        "created": 0,
        "model": answer.model or received.body.get("model", "scripted"),
        "choices": [
            {
                "index": 0,
                "finish_reason": answer.finish,
                "message": {"role": "assistant", "content": text},
            }
        ],
    }
    if answer.reports_usage:
        reply["usage"] = {
            "prompt_tokens": given, "completion_tokens": made, "total_tokens": given + made,
        }  # fmt: skip
    return reply


def _anthropic(answer: Answer, text: str | None, received: Received) -> dict[str, Any]:
    given, made = _counted(answer, text, received)
    reply: dict[str, Any] = {
        "id": "msg_scripted",
        "type": "message",
        "role": "assistant",
        "model": answer.model or received.body.get("model", "scripted"),
        "content": [] if text is None else [{"type": "text", "text": text}],
        "stop_reason": _STOP.get(answer.finish, answer.finish),
        "stop_sequence": None,
    }
    if answer.reports_usage:
        reply["usage"] = {"input_tokens": given, "output_tokens": made}
    return reply


def _filled(message: dict[str, Any], size: int) -> Iterator[bytes]:
    """Yield the message, with ``size`` bytes of lines after the text of the reply."""
    if not size:
        yield json.dumps(message).encode()
        return
    marker = "\u2063filler\u2063"
    holder, name = (
        (message["choices"][0]["message"], "content")
        if "choices" in message
        else (message["content"][0], "text")
    )
    holder[name] = f"{holder[name]}{marker}"
    before, _, after = json.dumps(message).partition(json.dumps(marker)[1:-1])
    yield before.encode()
    left = size
    while left > 0:
        yield _CHUNK[: max(left // len(_LINE), 1) * len(_LINE)]
        left -= len(_CHUNK)
    yield after.encode()


def _error(status: int, message: str, anthropic: bool = False) -> dict[str, Any]:
    kind = _ERRORS.get(status, "api_error")
    if anthropic:
        return {"type": "error", "error": {"type": kind, "message": message}}
    return {"error": {"message": message, "type": kind, "param": None, "code": None}}
