"""Models through litellm, which runs in a process of its own."""

from __future__ import annotations

import asyncio
import json
import os
import queue
import shutil
import subprocess
import sys
import tempfile
import threading
import weakref
from collections.abc import Mapping
from concurrent.futures import Future, InvalidStateError
from contextlib import suppress
from pathlib import Path
from typing import Any

from poet.errors import ProviderError
from poet.generate import litellm_facts as facts_of
from poet.generate.request import Completion, ModelInfo, Request
from poet.generate.secrets import scrub

__all__ = ["LitellmProvider"]

_PROGRAM = Path(__file__).with_name("litellm_process.py")
_MOST_ABANDONED = 32
_LAST_WORDS = 4096
_START = 180.0  # seconds for the import, on a machine that has much else to do
_OWN_HOSTS = ("localhost", "127.0.0.1", "::1")
# What belongs to litellm's proxy as a provider; every other LITELLM_ variable changes how it works.
_KEPT = ("LITELLM_PROXY_API_KEY", "LITELLM_PROXY_API_BASE", "LITELLM_API_KEY")


class LitellmProvider:
    """Completes conversations with any model that litellm knows, or any OpenAI-compatible server.

    litellm is imported by a process of its own, started when it is first needed and ended by
    :meth:`close`, or with this process, however it ends. One provider serves a whole run; calls may
    be made at once, also from several event loops and threads.

    Keys come from the environment, under the names the model's provider gives them. With
    ``api_base`` and no such variable the word ``no-key`` is sent, for servers that want none. Keys
    appear in no error and no answer.

    Answers come as a whole: streaming is not used. More than 1 MiB of text is not read on; such an
    answer has ``finish="oversize"``. No price list is fetched, no ``.env`` is read, and litellm's
    retries, cache, fallbacks and callbacks stay off.
    """

    name = "litellm"

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._child: _Child | None = None
        self._infos: dict[tuple[str, str | None], tuple[ModelInfo, Mapping[str, Any]]] = {}

    async def describe(self, model: str, api_base: str | None) -> ModelInfo:
        """Return what litellm knows of a model: price, longest answer, whether a key is missing.

        The first call starts the process, which takes seconds.

        Raises:
            ProviderError: litellm is not installed or cannot be used.
        """
        return (await self._known(model, api_base))[0]

    async def complete(self, request: Request, *, timeout: float) -> Completion:
        """Return the model's answer to one request; it is asked once.

        Args:
            request: What is asked.
            timeout: Seconds for the whole answer; the start of the process does not count.

        Raises:
            ProviderError: There is no answer; the kind says whether asking again may help.
        """
        info, facts = await self._known(request.model, request.api_base)
        if info.problem:
            raise ProviderError(info.problem, kind=info.kind, where=request.function)
        await self._ask(_warm(facts))
        said = await self._ask(
            {
                "do": "complete",
                "model": request.model,
                "messages": [[m.role, _whole(m.content)] for m in request.messages],
                "max_tokens": request.max_tokens,
                "temperature": request.temperature,
                "api_base": request.api_base,
                "api_key": facts_of.key_for(facts),
                # A little less than ours, so that it ends by itself and says so.
                "timeout": timeout - min(0.5, timeout / 20),
            },
            timeout=timeout,
        )
        if "error" in said:
            raise facts_of.failure(request.model, request.api_base, timeout, said["error"])
        return _completion(request, info, said["ok"])

    async def close(self) -> None:
        """End the process; calls in flight fail. The provider may be used again."""
        with self._lock:
            child, self._child = self._child, None
        if child is not None:
            child.end()

    async def _known(self, model: str, api_base: str | None) -> tuple[ModelInfo, Mapping[str, Any]]:
        known = self._infos.get((model, api_base))
        if known is None:
            said = await self._ask({"do": "describe", "model": model, "api_base": api_base})
            if "error" in said:
                reason = facts_of.shown(said["error"]["text"])
                raise ProviderError(f"{model}: litellm cannot say what it is: {reason}",
                                    kind="model", hint="check the model's name")  # fmt: skip
            base = api_base or said["ok"].get("base")
            facts = {**said["ok"], "custom": bool(api_base or _own_openai(said["ok"], base))}
            info = facts_of.model_info(model, api_base, facts)
            known = self._infos[model, api_base] = (info, facts)
            if not info.problem and (child := self._child) is not None:
                child.ask(_warm(facts))  # while the first prompt is written; nobody waits for it
        return known

    async def _ask(self, message: dict[str, Any], *, timeout: float = _START) -> Mapping[str, Any]:
        child = self._running()
        try:
            async with asyncio.timeout(_START):
                refusal = await asyncio.shield(asyncio.wrap_future(child.ready))
        except TimeoutError:
            self._replace(child)
            raise ProviderError(
                f"litellm could not be imported within {_START:g} s",
                kind="timeout", where=sys.executable, hint="try `import litellm` there",
            ) from None  # fmt: skip
        if refusal is not None:
            raise refusal
        number, answer = child.ask(message)
        try:
            async with asyncio.timeout(timeout):
                return await asyncio.wrap_future(answer)
        except TimeoutError:
            given: Mapping[str, Any] = {"late": True}
            raise facts_of.failure(
                message.get("model", "litellm"), message.get("api_base"), timeout, given
            ) from None
        finally:
            if child.give_up(number) > _MOST_ABANDONED:
                self._replace(child)

    def _running(self) -> _Child:
        with self._lock:
            child = self._child
            if child is None or not child.alive:
                child = self._child = _Child()
                weakref.finalize(self, child.end)
            return child

    def _replace(self, child: _Child) -> None:
        """Start anew: too many calls that nobody waits for hang in this process."""
        with self._lock:
            if self._child is child:
                self._child = None
        child.retire()


def _warm(facts: Mapping[str, Any]) -> dict[str, Any]:
    """Return what has litellm load all that the first call to this provider needs."""
    return {"do": "warm", "provider": facts["provider"]}


def _own_openai(facts: Mapping[str, Any], base: object) -> bool:
    """Return whether the environment sends OpenAI's models to another server."""
    return facts.get("provider") == "openai" and bool(base) and "api.openai.com" not in str(base)


def _completion(request: Request, info: ModelInfo, said: Mapping[str, Any]) -> Completion:
    """Return an answer: cleaned, counted where the server did not, and with its cost."""
    finish = str(said["finish"])
    text = scrub(_whole(str(said["text"])))
    asked = sum(len(_whole(m.content).encode()) for m in request.messages)
    given = said.get("input_tokens") or asked // 3 + 1
    made = said.get("output_tokens") or 0
    if not made:
        made = request.max_tokens if finish == "oversize" else -(-len(text.encode()) // 3)
    cost = ((info.input_usd or 0.0) * given + (info.output_usd or 0.0) * made) / 1e6
    model = facts_of.shown(str(said.get("model") or "")) or request.model
    return Completion(text, facts_of.shown(finish), model, given, made, cost)


def _whole(text: str) -> str:
    """Return a text with no halves of surrogate pairs, which JSON can hold and a file cannot."""
    return text.encode("utf-8", "replace").decode("utf-8")


class _Child:
    """One process with litellm in it: what is asked of it, and what it answers."""

    def __init__(self) -> None:
        self.ready: Future[ProviderError | None] = Future()
        self._owner = os.getpid()
        self._lock = threading.RLock()  # the end may come from the collector, at any line
        self._next = 0
        self._pending: dict[int, Future[Mapping[str, Any]]] = {}
        self._abandoned: set[int] = set()
        self._retired = False
        self._lines: queue.SimpleQueue[str | None] = queue.SimpleQueue()
        self._words = b""
        folder = tempfile.mkdtemp(prefix="poet-llm-")
        self._folder = folder
        try:
            self._process = subprocess.Popen(  # noqa: S603  our own program
                [sys.executable, "-P", "-W", "ignore", str(_PROGRAM), str(os.getpid()), folder],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                cwd=folder,
                env=_environment(folder),
                start_new_session=True,  # Ctrl-C is for us to answer
            )
        except OSError as error:
            shutil.rmtree(folder, ignore_errors=True)
            raise ProviderError(
                f"the process that calls litellm could not be started: {error.strerror or error}",
                kind="network", where=sys.executable, hint="run the command again",
            ) from None  # fmt: skip
        works = (self._read, self._write, self._listen)
        self._threads = [
            threading.Thread(target=work, name="poet-litellm", daemon=True) for work in works
        ]
        for thread in self._threads:
            thread.start()

    @property
    def alive(self) -> bool:
        """Whether it may be asked, by this process and not by a fork of it."""
        return self._owner == os.getpid() and not self._retired and self._process.poll() is None

    def ask(self, message: dict[str, Any]) -> tuple[int, Future[Mapping[str, Any]]]:
        """Send a message; its number, and its answer to come."""
        with self._lock:
            self._next += 1
            number, answer = self._next, Future[Mapping[str, Any]]()
            self._pending[number] = answer
        self._lines.put(json.dumps({"id": number, **message}))
        if self._process.poll() is not None:
            self._fail_all()
        return number, answer

    def give_up(self, number: int) -> int:
        """Wait no more for an answer; returns how many that nobody waits for are not back."""
        with self._lock:
            if self._pending.pop(number, None) is not None:
                self._abandoned.add(number)
                self._lines.put(json.dumps({"cancel": number}))
            hanging = len(self._abandoned)
            done = self._retired and not self._pending
        if done:
            self.end()
        return hanging

    def retire(self) -> None:
        """Take no more calls, and end when the last one is answered."""
        with self._lock:
            self._retired = True
            done = not self._pending
        if done:
            self.end()

    def end(self) -> None:
        """End the process now."""
        if self._owner != os.getpid():
            return  # a fork's copy
        self._lines.put(None)
        with suppress(OSError):
            self._process.kill()
        self._process.wait()
        shutil.rmtree(self._folder, ignore_errors=True)
        self._fail_all()
        for thread in self._threads:
            if thread is not threading.current_thread():
                thread.join(1.0)

    def _read(self) -> None:
        """Take its answers until it ends."""
        assert self._process.stdout is not None
        with self._process.stdout as lines:
            for line in lines:
                message = json.loads(line)
                if "id" in message:
                    with self._lock:
                        answer = self._pending.pop(message["id"], None)
                        self._abandoned.discard(message["id"])
                        done = self._retired and not self._pending
                    _settle(answer, message)
                    if done:
                        self._process.kill()
                elif "ready" in message:
                    _settle(self.ready, None)
                else:
                    _settle(self.ready, facts_of.unusable(message["unusable"], message["text"]))
        self._process.wait()
        self._lines.put(None)
        shutil.rmtree(self._folder, ignore_errors=True)
        self._fail_all()

    def _write(self) -> None:
        assert self._process.stdin is not None
        pipe = self._process.stdin
        with suppress(OSError, ValueError):
            while (line := self._lines.get()) is not None:
                pipe.write(line.encode() + b"\n")
                pipe.flush()
        with suppress(OSError, ValueError):
            pipe.close()

    def _listen(self) -> None:
        """Keep the end of what it prints; nobody sees it unless the process dies."""
        assert self._process.stderr is not None
        with self._process.stderr as pipe:
            while part := pipe.read1(65536):  # type: ignore[attr-defined]
                self._words = (self._words + part)[-_LAST_WORDS:]

    def _fail_all(self) -> None:
        """Answer everybody who waits: there is nothing more to come."""
        with self._lock:
            waiting, self._pending = list(self._pending.values()), {}
        last = self._words.decode("utf-8", "replace").strip().rpartition("\n")[2]
        died = {"died": str(self._process.returncode), "text": last}
        _settle(self.ready, facts_of.failure("litellm", None, 0.0, died))
        for answer in waiting:
            _settle(answer, {"error": died})


def _settle(future: Future[Any] | None, value: object) -> None:
    """Set what a future holds, unless nobody waits any more."""
    if future is not None:
        with suppress(InvalidStateError):
            future.set_result(value)


def _environment(folder: str) -> dict[str, str]:
    """Return the environment of the process: ours, without what changes how litellm works."""
    found = {
        name: value
        for name, value in os.environ.items()
        if (not name.startswith("LITELLM_") or name in _KEPT)
        and name not in ("PYTHONWARNINGS", "PYTHONSTARTUP", "OPENAI_LOG", "ANTHROPIC_LOG")
        and not (name.endswith("_KEY") and not value.strip())  # empty is not set
    }
    if path := found.get("PYTHONPATH"):
        found["PYTHONPATH"] = os.pathsep.join(
            str(Path(p).absolute()) for p in path.split(os.pathsep)
        )
    direct = [part for part in found.get("NO_PROXY", found.get("no_proxy", "")).split(",") if part]
    found["NO_PROXY"] = found["no_proxy"] = ",".join(dict.fromkeys((*direct, *_OWN_HOSTS)))
    found["TMPDIR"] = found["TEMP"] = found["TMP"] = folder
    found["LITELLM_LOCAL_MODEL_COST_MAP"] = "True"
    found["LITELLM_MODE"] = "PRODUCTION"
    return found
