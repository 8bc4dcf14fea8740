"""The parent's side of a worker: its deadline, its output, its end, and what it is believed."""

from __future__ import annotations

import contextlib
import os
import secrets
import select
import signal
import socket
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, NamedTuple, Self

from poet.errors import SandboxUnavailableError
from poet.gate.sandbox.kernel import KernelClock, Spent, process_of, resident
from poet.gate.sandbox.layers import missing_layers
from poet.gate.sandbox.protocol import HEADER, FrameError, frame, frame_size, unpack
from poet.gate.sandbox.sources import Sources, gather_sources
from poet.gate.sandbox.zygotes import Zygote, start_zygotes, zygote
from poet.spec.closure import first_party_roots

__all__ = ["Lost", "Sandbox", "start_early"]

MAX_OUTPUT = 1024 * 1024
IMPORT_TIME = 30.0  # seconds that importing the user's module may take besides a call's own
MAX_ASKED = 100_000  # calls of a stand-in in one request
WATCH = 0.01  # seconds between two looks at how much memory a busy worker holds
_PARAMETER = {"name", "kind", "default"}  # what is said of each
SLACK = 32 << 20  # bytes over its limit at which it is ended: what the kernel's limit did not catch


class Lost(NamedTuple):
    """A request that got no answer.

    Attributes:
        kind: ``hung``, ``exited``, ``flooded``, ``garbled``, ``memory`` or ``refused``.
        message: One line: what happened, and what it means.
    """

    kind: str
    message: str


class Sandbox:
    """One confined worker process; a context manager. After a lost request it starts a fresh one.

    Args:
        timeout: Seconds one request may take.
        memory: Bytes the worker may use besides what the zygote has loaded.
        hash_seed: Of the worker's string hashes.
        require: Refuse to start where a layer of confinement is missing.
        patient: What a busy machine keeps the worker waiting for a processor does not count, where
            the kernel tells it: no verdict may depend on that. Without, the wall's clock alone.

    Raises:
        SandboxUnavailableError: A layer is missing and all are required, or no worker starts here.
    """

    def __init__(
        self,
        timeout: float = 30.0,
        *,
        memory: int = 1 << 30,
        hash_seed: int = 0,
        require: bool = False,
        patient: bool = True,
    ) -> None:
        missing = missing_layers()
        if require and missing:
            raise SandboxUnavailableError(
                f"this candidate must be confined, and here is missing: {'; '.join(missing)}",
                hint="verify it on a Linux with Landlock and seccomp; poet doctor lists the layers",
            )
        self.timeout = timeout
        self.memory = memory
        self.hash_seed = hash_seed
        self.require = require
        self.patient = patient
        self.layers: dict[str, str] = {}
        self._zygote: Zygote | None = None
        self._pid = 0  # as the zygote knows it, which may be in a namespace of its own
        self._seen_pid = 0
        self._base = 0
        self._clock: KernelClock | None = None
        self._handle = -1
        self._socket: socket.socket | None = None
        self._output = -1
        self._printed = 0
        self._tail = b""
        self._loaded: dict[str, Any] | None = None
        self._ending = threading.Lock()  # held while what kill() uses is closed
        self._process = os.getpid()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    @property
    def loaded(self) -> bool:
        """Whether something was loaded, so that calls can be made."""
        return self._loaded is not None

    @property
    def pid(self) -> int:
        """The worker's process id as this process sees it, 0 where there is none."""
        return self._seen_pid

    @property
    def running(self) -> bool:
        """Whether a worker is there, so that a call needs no new one; a forked child has none."""
        return self._socket is not None and self._process == os.getpid()

    def load(self, request: dict[str, Any]) -> dict[str, Any] | Lost:
        """Start a worker, import the user's module and load the candidate in it.

        Args:
            request: ``path``, ``module``, ``qualname``, ``name``, ``kind``, ``owner``,
                ``user_names``, ``filename`` of the function, and the candidate's ``code``; None
                for the function as it was written. ``clock`` gives it one that can be put forward.
        """
        self.stop()
        sources = gather_sources(Path(request["path"]), request["module"])
        self._start(*_needs(request, sources))
        self._loaded = request
        sent = {**request, "op": "load", "sources": sources.as_data()}
        answer = self._ask(sent, self.timeout + IMPORT_TIME)
        if isinstance(answer, dict) and not _is_loaded(answer):
            return self._lose("garbled", "sent an answer that is none: wrong parts")
        if isinstance(answer, dict):
            rows = answer.pop("layers", None)
            self.layers = {str(n): str(s) for n, s in rows} if isinstance(rows, list) else {}
            lacking = [f"{n} ({s})" for n, s in self.layers.items() if s != "in force"]
            if self.require and (lacking or not self.layers):
                self.stop()
                raise SandboxUnavailableError(
                    f"a worker could not be confined: {'; '.join(lacking) or 'it does not say'}",
                    hint="poet doctor lists the layers",
                )
        return answer

    def call(self, request: dict[str, Any], timeout: float | None = None) -> dict[str, Any] | Lost:
        """Call the loaded candidate once.

        Args:
            request: ``args``, ``kwargs`` and for a method ``self`` as encoded trees, or ``receiver``,
                how its object is made; ``names``, values of global names; ``stand_in``, the steps that
                play the baseline; ``outside``, dotted names to the steps that play them; ``leap``, seconds
                by which the clock is put forward, where ``clock`` was asked for at the load; ``before``,
                how often to call with these arguments before the call that counts; ``brief``, to leave
                out what became of the arguments.
            timeout: Seconds this call may take.
        """
        if not self.running:
            assert self._loaded is not None, "nothing was loaded"
            again = self.load(self._loaded)
            if isinstance(again, Lost):
                return again
            if "failed" in again:
                return Lost("exited", str(again["failed"]))
        outside = request.get("outside") or {}
        scripts = {"": request.get("stand_in") or [], **outside}
        calls: dict[str, list[list[Any]]] = {name: [] for name in scripts}
        sent = {
            "op": "call",
            "args": request["args"],
            "kwargs": request["kwargs"],
            "self": request.get("self"),
            "receiver": request.get("receiver"),
            "names": request.get("names"),
            "stand_in": bool(request.get("stand_in")),
            "outside": list(outside),
            "leap": request.get("leap", 0),
            "before": request.get("before", 0),
            "brief": bool(request.get("brief")),
        }
        spent = Spent(self._clock)
        answer = self._ask(sent, timeout or self.timeout, scripts, calls, spent)
        if isinstance(answer, Lost):
            return answer
        if not _is_answer(answer):
            return self._lose("garbled", "sent an answer that is none: wrong parts")
        played = calls.pop("")
        return {
            **answer,
            "seconds": spent.wall(),
            "own_seconds": spent.own(),
            "stand_in_calls": played,
            "outside_calls": calls,
            "shared": False,
        }

    def ask(self, request: dict[str, Any], timeout: float | None = None) -> dict[str, Any] | Lost:
        """Have the loaded worker ``prepare`` calls, or ``run`` the next ones of them for a clock here."""
        if not self.running:
            return Lost("exited", "is no longer there")
        return self._ask(request, timeout or self.timeout)

    def stop(self) -> None:
        """End the worker, if there is one; what it left running ends with it."""
        if self._socket is None:
            return
        if os.getpid() != self._process:  # a forked child on its way out of a with statement
            self.abandon()
            return
        self._kill()
        self._bury()

    def kill(self) -> None:
        """Kill the worker, from any thread, so that a request under way is lost at once."""
        with self._ending:
            if self.running:
                self._kill()

    def abandon(self) -> None:
        """In a forked child: let go of the parent's worker without ending it."""
        conversation, descriptors = self._socket, [self._output, self._handle]
        clock, self._clock = self._clock, None
        self._zygote, self._socket, self._handle, self._output = None, None, -1, -1
        self._ending = threading.Lock()  # another thread of the parent may have held it
        if conversation is not None:
            conversation.close()
        if clock is not None:
            clock.close()
        for descriptor in descriptors:
            if descriptor >= 0:
                with contextlib.suppress(OSError):
                    os.close(descriptor)

    # The process

    def _start(self, imports: frozenset[str], project: tuple[Path, ...] = ()) -> None:
        with contextlib.ExitStack() as undo:
            try:
                mother = zygote(imports, self.hash_seed, project)
                undo.callback(mother.release)
                ours, theirs = socket.socketpair()
                undo.callback(ours.close)
                undo.callback(theirs.close)
                reading, writing = os.pipe()
            except OSError as error:
                raise SandboxUnavailableError(f"no worker could be started: {error}") from None
            undo.pop_all()
        config = {
            "confine": True,
            "write": [],
            "memory": self.memory,
            "cpu_seconds": 0,
            "network": False,
        }
        try:
            self._pid, self._handle = mother.fork(config, theirs.fileno(), writing)
        except BaseException as error:
            mother.release()
            ours.close()
            os.close(reading)
            if isinstance(error, OSError):
                raise SandboxUnavailableError(f"no worker could be started: {error}") from None
            raise
        finally:
            theirs.close()
            os.close(writing)
        ours.setblocking(False)
        os.set_blocking(reading, False)
        self._zygote, self._socket, self._output = mother, ours, reading
        self._process = os.getpid()
        self._printed, self._tail = 0, b""
        self._seen_pid = process_of(self._handle) or self._pid
        self._base = resident(self._seen_pid)
        self._clock = KernelClock(self._seen_pid) if self.patient else None

    def _kill(self) -> None:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            if self._handle >= 0:
                signal.pidfd_send_signal(self._handle, signal.SIGKILL)
            elif self._pid:  # not reaped yet, so the number is still its own
                os.kill(self._pid, signal.SIGKILL)

    def _bury(self) -> int | None:
        """Reap the killed worker, release what belonged to it, return its exit code."""
        assert self._zygote is not None
        assert self._socket is not None
        with self._ending:
            pid, self._pid = self._pid, 0  # from here on the number may become another's
        code = self._zygote.reap(pid)
        self._read_output()
        with self._ending:
            mother, conversation = self._zygote, self._socket
            output, handle, clock = self._output, self._handle, self._clock
            # Forgotten first: a child forked meanwhile closes none of these numbers a second time.
            self._zygote, self._socket, self._handle, self._output = None, None, -1, -1
            self._clock = None
            conversation.close()
            os.close(output)
            if clock is not None:
                clock.close()
            if handle >= 0:
                os.close(handle)
        mother.release()
        return code

    def _read_output(self) -> bool:
        """Take what the worker printed; say whether it is more than it may be."""
        with contextlib.suppress(BlockingIOError):
            while chunk := os.read(self._output, 65536):
                self._printed += len(chunk)
                self._tail = (self._tail + chunk)[-2000:]
                if self._printed > MAX_OUTPUT:
                    return True
        return False

    # The conversation

    def _ask(
        self,
        request: dict[str, Any],
        timeout: float,
        scripts: dict[str, list[Any]] | None = None,
        calls: dict[str, list[list[Any]]] | None = None,
        spent: Spent | None = None,
    ) -> dict[str, Any] | Lost:
        """Send a request and return the one answer that is for it."""
        nonce = secrets.token_bytes(16)
        spent = spent or Spent(self._clock)
        try:
            outgoing = frame({**request, "nonce": nonce})
        except FrameError as error:
            return Lost("refused", f"could not be asked: {error}")
        while True:
            reply = self._exchange(outgoing, spent, timeout)
            if isinstance(reply, Lost):
                return reply
            if not isinstance(reply, dict) or reply.get("nonce") != nonce:
                return self._lose("garbled", "sent an answer that is none: wrong frame")
            if isinstance(reply.get("refused"), str):
                return Lost(
                    "refused", f"gave an answer that cannot cross: {reply['refused'][:300]}"
                )
            if isinstance(reply.get("answer"), dict):
                return reply["answer"]  # type: ignore[no-any-return]
            try:
                asked = reply["ask"]
                assert scripts is not None
                assert calls is not None
                script, made = scripts[asked["name"]], calls[asked["name"]]
                step = script[min(len(made), len(script) - 1)]
                made.append([asked["args"], asked["kwargs"]])
                if len(made) > MAX_ASKED:
                    return self._lose("flooded", "called the function without end")
                outgoing = frame({"step": step})
            except (AssertionError, KeyError, TypeError, IndexError):
                return self._lose("garbled", "asked for what was not offered")

    def _exchange(self, outgoing: bytes, spent: Spent, timeout: float) -> Any:
        """Send bytes, return the next frame; meanwhile take output and watch the clock."""
        assert self._socket is not None
        left, incoming, wanted = memoryview(outgoing), bytearray(), HEADER
        poller = select.poll()
        poller.register(self._output, select.POLLIN)
        poller.register(self._socket, select.POLLIN | select.POLLOUT)
        conversation = self._socket.fileno()
        look = time.monotonic() + WATCH
        while True:
            now = time.monotonic()
            seconds = spent.left(timeout)
            found = poller.poll(max(0, min(seconds, WATCH)) * 1000 + 1)
            if seconds <= 0 and (conversation not in dict(found) or spent.stalled(timeout)):
                return self._lose("hung", f"gave no answer within {timeout:g} s and was stopped")
            if now >= look:  # by the clock: a worker that prints all the time is looked at as well
                look = now + WATCH
                if resident(self._seen_pid) > self._base + self.memory + SLACK:
                    return self._lose("memory", "held more memory than it may use and was stopped")
            for descriptor, events in found:
                if descriptor == self._output:
                    if self._read_output():
                        return self._lose("flooded", "")
                    if events & select.POLLHUP:
                        poller.unregister(self._output)
                    continue
                assert descriptor == conversation
                try:
                    if left:
                        left = left[self._socket.send(left) :]
                        if not left:
                            poller.modify(self._socket, select.POLLIN)
                    chunk = self._socket.recv(1 << 20)
                except BlockingIOError:
                    continue
                except OSError:
                    chunk = b""
                if not chunk:
                    return self._lose("exited", "")
                incoming += chunk
                try:
                    if wanted == HEADER and len(incoming) >= HEADER:
                        wanted = HEADER + frame_size(incoming)
                    if wanted == len(incoming) and wanted > HEADER:
                        return unpack(memoryview(incoming)[HEADER:])
                except FrameError as error:
                    return self._lose("garbled", f"sent an answer that is none: {error}")
                if len(incoming) > wanted > HEADER:
                    return self._lose("garbled", "sent an answer that is none: more than one frame")

    def _lose(self, kind: str, message: str) -> Lost:
        """End the worker and say what became of the request."""
        if kind in ("hung", "flooded", "garbled", "memory"):
            self._kill()
        else:
            self._wait_for_end()
        code = self._bury()
        said = self._tail.decode(errors="replace").strip().splitlines()
        last = f"; it last printed: {said[-1][:200]}" if said else ""
        if message:
            return Lost(kind, message)
        if kind == "flooded":
            return Lost(kind, f"printed more than {MAX_OUTPUT:,} bytes and was stopped")
        if code == -signal.SIGSYS:
            return Lost("refused", "made a system call that is not allowed and was stopped")
        if code == -signal.SIGABRT and b"memory" in self._tail:
            return Lost("memory", f"needs more memory than it may use{last}")
        return Lost("exited", f"ended the process ({_ended(code)}) before it answered{last}")

    def _wait_for_end(self) -> None:
        """Give a worker that hung up a moment to end by itself, so that its end can be named."""
        if self._handle >= 0:
            poller = select.poll()
            poller.register(self._handle, select.POLLIN)
            poller.poll(200)
        else:
            time.sleep(0.05)
        self._kill()


def _is_loaded(answer: dict[str, Any]) -> bool:
    """Say whether what a worker says of what it loaded has the parts of that."""
    if "failed" in answer:
        return isinstance(answer["failed"], str)
    about = [answer.get("baseline"), answer.get("candidate")]
    described = [a for a in about if a is not None]
    return len(described) > 0 and all(
        isinstance(a, dict)
        and isinstance(a.get("kind"), str)
        and isinstance(a.get("parameters"), list)
        and all(isinstance(p, dict) and p.keys() == _PARAMETER for p in a["parameters"])
        for a in described
    )


def _is_answer(answer: dict[str, Any]) -> bool:
    """Say whether an answer has the parts of one; what its values are is judged elsewhere."""
    inputs, kind = answer.get("inputs"), answer.get("kind")
    return (
        kind in ("returned", "raised")
        and "value" in answer
        and (kind == "returned" or isinstance(answer["value"], list))
        and isinstance(answer.get("error"), str)
        and isinstance(inputs, list)
        and len(inputs) == 2
        and isinstance(answer.get("warnings"), list)
    )


def _ended(code: int | None) -> str:
    if code is None:
        return "no exit status"
    if code < 0:
        with contextlib.suppress(ValueError):
            return f"signal {signal.Signals(-code).name}"
    return f"exit status {code}"


def start_early(request: dict[str, Any], hash_seeds: Sequence[int]) -> None:
    """Start what :meth:`Sandbox.load` will need for a request, and wait for nothing.

    Args:
        request: As it takes it.
        hash_seeds: Those of the sandboxes to come.
    """
    path = Path(request["path"])
    with contextlib.suppress(OSError):  # the load itself will say what is wrong
        imports, project = _needs(request, gather_sources(path, request["module"]))
        start_zygotes(imports, hash_seeds, project)


def _needs(request: dict[str, Any], sources: Sources) -> tuple[frozenset[str], tuple[Path, ...]]:
    """Return what a zygote must have loaded, and the folders that are closed to it."""
    imports = sources.imports | _heavy_imports(request.get("code"))
    return imports, first_party_roots(Path(request["path"]))


def _heavy_imports(code: str | None) -> frozenset[str]:
    """Return the heavy libraries that a candidate's text names: the zygote loads them beforehand."""
    return frozenset(n for n in ("pandas", "scipy") if code and n in code)
