"""The process that calls litellm: reads requests from a pipe, answers on another, one line each.

It is started by :class:`poet.generate.litellm_provider.LitellmProvider` and is the only place that
imports litellm, which takes seconds, prints, and would read ``.env`` files and fetch a list of
prices. It runs as a plain file, without the rest of POET. Only ``completion()`` is used: no
streaming, no retries, no cache, no callbacks. HTTP that belongs to no call of ours is refused, a
redirection is not followed, and no more of an answer is read than a candidate can use.

What comes: ``{"id", "do": "describe" | "complete", ...}`` and ``{"cancel": id}``. What goes:
``{"ready": version}`` or ``{"unusable": kind, "text"}`` first, then ``{"id", "ok" | "error"}``.
"""

from __future__ import annotations

import json
import os
import select
import shutil
import signal
import sys
import threading
import time
import traceback
from collections.abc import Iterator
from contextlib import suppress
from difflib import get_close_matches
from importlib.metadata import PackageNotFoundError, version
from typing import Any, TextIO

LONGEST_TEXT = 1 << 20
LONGEST_BODY = 8 << 20  # the same text, each character escaped, and some room
LONGEST_PACKED = 1 << 16  # sent compressed although we ask for it plain
MOST_CALLS = 256
MALICIOUS = ("1.82.7", "1.82.8")
# They start a sign-in on a screen as soon as they are named.
INTERACTIVE = ("chatgpt", "github_copilot", "microsoft_365_copilot")
FIELDS = ("litellm_provider", "mode", "input_cost_per_token", "output_cost_per_token",
          "output_cost_per_reasoning_token", "max_output_tokens")  # fmt: skip

_here = threading.local()


class Call:
    """What is known of one call while it runs."""

    def __init__(self, timeout: float) -> None:
        self.deadline = time.monotonic() + timeout
        self.cancelled = False
        self.sent = False
        self.status: int | None = None
        self.retry_after: str | None = None
        self.location: str | None = None
        self.trouble = ""
        self.late = False
        self.oversize = False

    def facts(self) -> dict[str, Any]:
        """Return what HTTP showed, in plain data."""
        return {
            "sent": self.sent,
            "status": self.status,
            "retry_after": self.retry_after,
            "location": self.location,
            "trouble": self.trouble,
            "late": self.late,
        }


def guard(httpx: Any) -> None:
    """Watch each HTTP request of this process: see the answer's status, bound time and size."""
    send = httpx.HTTPTransport.handle_request

    class Bounded(httpx.SyncByteStream):  # type: ignore[misc]
        def __init__(self, stream: Any, call: Call, longest: int) -> None:
            self.stream, self.call, self.longest = stream, call, longest

        def __iter__(self) -> Iterator[bytes]:
            for part in self.stream:
                if self.call.cancelled or time.monotonic() > self.call.deadline:
                    self.call.late = True
                    raise httpx.ReadTimeout("the answer took too long")
                self.longest -= len(part)
                if self.longest < 0:
                    self.call.oversize = True
                    raise httpx.ReadError("the answer is too large")
                yield part

        def close(self) -> None:
            self.stream.close()

    def handle_request(self: Any, request: Any) -> Any:
        call: Call | None = getattr(_here, "call", None)
        if call is None:
            raise httpx.ConnectError("refused: this request belongs to no call")
        if call.cancelled:
            raise httpx.ConnectError("refused: the call was given up")
        # A copy: litellm reads what it put into the headers of its own later. The names left out
        # describe this machine.
        headers = [
            (n, v) for n, v in request.headers.raw if not n.lower().startswith(b"x-stainless-")
        ]
        request = httpx.Request(
            request.method, request.url, headers=headers,
            stream=request.stream, extensions=request.extensions,
        )  # fmt: skip
        request.headers["accept-encoding"] = "identity"
        call.sent = True
        call.status = call.retry_after = None
        try:
            response = send(self, request)
        except Exception as error:
            call.trouble = type(error).__name__
            raise
        call.status = response.status_code
        call.retry_after = _wait_of(response.headers)
        if 300 <= response.status_code < 400:
            call.location = response.headers.pop("location", None)
        packing = response.headers.get("content-encoding", "identity").lower()
        if packing not in ("identity", "gzip", "deflate"):
            response.close()
            raise httpx.ReadError("the answer is packed although it was asked for plain")
        longest = LONGEST_BODY if packing == "identity" else LONGEST_PACKED
        response.stream = Bounded(response.stream, call, longest)
        return response

    httpx.HTTPTransport.handle_request = handle_request


def _wait_of(headers: Any) -> str | None:
    """Return what an answer says of when to come again: seconds, or a date."""
    with suppress(ValueError):
        return str(float(headers.get("retry-after-ms", "")) / 1000)
    value = headers.get("retry-after")
    return None if value is None else str(value)[:64]


def describe(litellm: Any, model: str, api_base: str | None) -> dict[str, Any]:
    """Return what litellm knows of a model, without asking anybody."""
    prefix = model.partition("/")[0]
    if prefix in INTERACTIVE:
        return {"interactive": prefix}
    try:
        name, provider, _, base = litellm.get_llm_provider(model=model, api_base=api_base)
    except Exception as error:  # noqa: BLE001  its own errors, and whatever a plugin raises
        chat = [key for key, entry in litellm.model_cost.items() if entry.get("mode") == "chat"]
        return {"unknown": str(error)[:500], "near": get_close_matches(model, chat, 3, 0.75)}
    if provider == "openai" and base is None:
        base = os.environ.get("OPENAI_BASE_URL") or os.environ.get("OPENAI_API_BASE")
    entry: dict[str, Any] | None = None
    for key in (model, f"{provider}/{name}", name):
        found = litellm.model_cost.get(key)
        if found and str(found.get("litellm_provider", "")).startswith(provider):
            entry = {field: found.get(field) for field in FIELDS}
            break
    missing = litellm.validate_environment(model=model, api_base=api_base).get("missing_keys", [])
    return {"provider": provider, "base": base, "entry": entry, "missing": list(missing)}


def warm(litellm: Any, provider: str) -> None:
    """Have litellm load what its first call needs, a second's work: no call's time pays for it.

    The call that is made here belongs to nobody, so :func:`guard` stops it before any socket.
    """
    asked = {"model": f"{provider}/none", "messages": [["user", "-"]], "max_tokens": 1,
             "timeout": 1.0, "api_base": "http://127.0.0.1:9", "api_key": "none",
             "temperature": None}  # fmt: skip
    with suppress(Exception):
        complete(litellm, asked)


def complete(litellm: Any, asked: dict[str, Any]) -> dict[str, Any]:
    """Make one call and return its answer, cut to what a candidate can use."""
    names = ("api_base", "api_key", "temperature")
    given = {name: asked[name] for name in names if asked[name] is not None}
    reply = litellm.completion(
        model=asked["model"],
        messages=[{"role": role, "content": content} for role, content in asked["messages"]],
        max_tokens=asked["max_tokens"],
        timeout=asked["timeout"],
        num_retries=0,
        max_retries=0,
        **given,
    )
    choice = reply.choices[0]
    text = choice.message.content
    text = text if isinstance(text, str) else ""
    usage = getattr(reply, "usage", None)
    oversize = len(text) > LONGEST_TEXT
    return {
        "text": text[:LONGEST_TEXT],
        "finish": "oversize" if oversize else str(choice.finish_reason or ""),
        "model": str(reply.model or ""),
        "input_tokens": _count(usage, "prompt_tokens"),
        "output_tokens": _count(usage, "completion_tokens"),
    }


def _count(usage: object, name: str) -> int:
    value = getattr(usage, name, 0)
    return min(max(value, 0), 1 << 40) if isinstance(value, int) else 0


class Service:
    """The loop over what is asked; each call has a thread."""

    def __init__(self, litellm: Any, out: TextIO) -> None:
        self.litellm = litellm
        self.out = out
        self.lock = threading.Lock()
        self.calls: dict[int, Call] = {}
        self.warming = threading.Lock()
        self.warmed: set[str] = set()

    def say(self, message: dict[str, Any]) -> None:
        """Write one line."""
        line = json.dumps(message)
        with self.lock:
            self.out.write(line + "\n")
            self.out.flush()

    def run(self, asked: TextIO) -> None:
        """Serve until the parent closes the pipe."""
        for line in asked:
            message = json.loads(line)
            if "cancel" in message:
                call = self.calls.get(message["cancel"])
                if call is not None:
                    call.cancelled = True
                continue
            number = message["id"]
            if len(self.calls) >= MOST_CALLS:
                self.say(
                    {"id": number, "error": {"type": "TooManyCalls", "text": "", "full": True}}
                )
                continue
            call = self.calls[number] = Call(message.get("timeout", 60.0))
            threading.Thread(target=self._work, args=(number, message, call), daemon=True).start()

    def warm(self, provider: str) -> dict[str, Any]:
        """Do it once for each of the two ways in which litellm speaks."""
        with self.warming:
            if provider not in self.warmed:
                warm(self.litellm, provider)
                self.warmed.add(provider)
        return {}

    def _work(self, number: int, message: dict[str, Any], call: Call) -> None:
        try:
            if message["do"] == "describe":
                answer = describe(self.litellm, message["model"], message["api_base"])
            elif message["do"] == "warm":
                answer = self.warm("anthropic" if message["provider"] == "anthropic" else "openai")
            else:
                _here.call = call
                answer = complete(self.litellm, message)
            said: dict[str, Any] = {"id": number, "ok": answer}
        except BaseException as error:  # noqa: BLE001  each call gets an answer
            if call.oversize:
                said = {"id": number, "ok": {"text": "", "finish": "oversize"}}
            else:
                text = str(error)[:4000]
                said = {"id": number, "error": {
                    "type": type(error).__name__, "text": text,
                    "code": getattr(error, "status_code", None), **call.facts()}}  # fmt: skip
        finally:
            self.calls.pop(number, None)
        self.say(said)


def watch(parent: int, folder: str) -> None:
    """End this process when its parent has ended, however: the pipe alone may be held by a fork."""
    if hasattr(os, "pidfd_open"):
        with suppress(OSError):
            handle = os.pidfd_open(parent)
            if os.getppid() == parent:
                select.select([handle], [], [])
    while os.name == "posix" and os.getppid() == parent:
        time.sleep(1.0)
    if os.name == "posix":
        leave(folder)


def leave(folder: str) -> None:
    """Take the working directory away and end at once, whatever threads hang."""
    os.chdir(os.path.dirname(folder))  # noqa: PTH120  pathlib would be one more import here
    shutil.rmtree(folder, ignore_errors=True)
    os._exit(0)


def main() -> None:
    """Serve the process whose number is the first argument, in the folder that is the second."""
    parent, folder = int(sys.argv[1]), sys.argv[2]
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # What litellm prints goes where its log goes; the answers have a channel of their own.
    out = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    threading.Thread(target=watch, args=(parent, folder), daemon=True).start()
    unusable = {"unusable": "", "text": ""}
    try:
        release = version("litellm")
        if release in MALICIOUS:
            unusable = {"unusable": "malicious", "text": release}
        else:
            import httpx

            guard(httpx)  # what litellm does while it is imported counts too
            import litellm
    except PackageNotFoundError:
        unusable = {"unusable": "missing", "text": ""}
    except Exception as error:  # noqa: BLE001  whatever an import does
        traceback.print_exc()
        unusable = {"unusable": "broken", "text": f"{type(error).__name__}: {error}"}
    if unusable["unusable"]:
        out.write(json.dumps(unusable) + "\n")
        out.flush()
        leave(folder)
    litellm.telemetry = False
    litellm.suppress_debug_info = True
    service = Service(litellm, out)
    service.say({"ready": release})
    with suppress(OSError, ValueError, KeyboardInterrupt):
        service.run(os.fdopen(os.dup(0), encoding="utf-8"))
    leave(folder)


if __name__ == "__main__":
    main()
