"""The zygotes of this process: started when first needed, kept warm, ended with it."""

from __future__ import annotations

import atexit
import contextlib
import importlib.util
import json
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from poet.errors import SandboxUnavailableError
from poet.gate.sandbox.layers import namespaces, read_paths, touches

__all__ = ["Zygote", "close_all", "start_zygotes", "zygote"]

BOOT = (
    "import sys; sys.path += [p for p in {added!r} if p not in sys.path]; "
    "from poet.gate.sandbox.zygote import main; main({fd}, {preload!r}, {added!r}, {closed!r})"
)
HEAVY = ("pandas", "scipy")  # loaded beforehand where the project imports them
ALWAYS = ("numpy", "polars")
OURS = (  # what a user's module and generated code import of POET, and what serves them
    "asyncio", "inspect", "poet.decorator", "poet.proxy", "poet.runtime._binding",
    "poet.runtime._guard", "poet.runtime._retry", "poet.gate.contract", "poet.stats",
    "concurrent.futures.thread", "contextlib", "dataclasses", "decimal", "fractions", "json",
    "logging", "numpy.random", "random", "statistics", "string", "typing", "uuid",
)  # fmt: skip
START_TIMEOUT = 120.0
KEPT = 6  # zygotes at rest that are kept warm; one for each hash seed and set of folders
_CLOSE_ON_EXEC = getattr(socket, "MSG_CMSG_CLOEXEC", 0)  # of descriptors that are received
ANSWER_TIMEOUT = 30.0


class Folders(NamedTuple):
    """How a zygote's import path differs from that of a bare interpreter.

    Attributes:
        added: Folders added at its end: POET, the installed domains, ``PYTHONPATH``.
        closed: Folders that are not on it, nor any below or above them, unless they hold libraries.
    """

    added: list[str]
    closed: list[str]


class Zygote:
    """One zygote process, shared by the sandboxes of this process.

    Made at once, it is of use when :meth:`wait` has returned: meanwhile others can be started.

    Args:
        folders: What is added to its import path, and what is taken from it.
        preload: Modules it imports before it forks.
        hash_seed: Of its string hashes, and so of its children's.
    """

    def __init__(self, folders: Folders, preload: tuple[str, ...], hash_seed: int) -> None:
        self.folders = folders
        self.preload = frozenset(preload)
        self.users = 0
        self.retired = False
        self._lock = threading.Lock()  # held for one request and its answer
        self._number = 0  # of the last request
        self._broken = False
        self._stuck = False
        self._namespaces = namespaces()[0]
        ours, theirs = socket.socketpair()
        boot = BOOT.format(fd=theirs.fileno(), preload=list(preload), **folders._asdict())
        threads = str(min(4, os.cpu_count() or 1))
        environment = {
            "LC_ALL": "C.UTF-8",
            "PYTHONHASHSEED": str(hash_seed),
            "OPENBLAS_NUM_THREADS": "1",
            "OMP_NUM_THREADS": "1",
            "MKL_NUM_THREADS": "1",
            "POLARS_MAX_THREADS": threads,
        }
        try:
            self._process = subprocess.Popen(  # noqa: S603 - this interpreter, on text of our own
                [*self._namespaces, sys.executable, "-s", "-P", "-B", "-c", boot],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
                cwd="/",
                env=environment,
                pass_fds=(theirs.fileno(),),
                start_new_session=True,
                bufsize=0,  # no lock that a forked child could find held
            )
        except OSError:
            ours.close()
            raise
        finally:
            theirs.close()
        self._control = ours
        self._arrived: tuple[bytes, list[int]] = (b"", [])  # bytes, and descriptors beside them
        self._ready = threading.Event()
        self.path: list[str] = []
        self.read: list[str] = []

    def wait(self) -> None:
        """Return when it has loaded what it is to load.

        Raises:
            SandboxUnavailableError: It did not start.
        """
        if self._ready.is_set():
            return
        try:
            with self._lock:
                if self._ready.is_set():
                    return
                if self._broken:
                    raise OSError("it was ended")
                try:
                    self._control.settimeout(START_TIMEOUT)
                    self.path = self._receive(0)[0]["path"]
                    self.read = read_paths(self.path)
                    self._control.settimeout(ANSWER_TIMEOUT)
                    self._ready.set()
                finally:
                    self._broken = not self._ready.is_set()  # half a message may be lost
        except (OSError, ValueError, KeyError) as error:
            said = self._end()
            raise SandboxUnavailableError(
                f"the process that workers are forked from did not start: {said or error}",
                hint="run: poet doctor",
            ) from None

    @property
    def alive(self) -> bool:
        """Whether it can fork workers, now or once it is ready."""
        return not (self._broken or self._stuck) and self._process.poll() is None

    def fork(self, config: dict[str, Any], conversation: int, output: int) -> tuple[int, int]:
        """Fork a confined worker and return its pid and a pidfd (-1 where there is none).

        Raises:
            OSError: The zygote is gone or could not fork.
        """
        self.wait()
        request = {"op": "fork", "config": {**config, "read": self.read}}
        answer, handles = self._ask(request, [conversation, output])
        if not answer["pid"]:
            raise OSError(answer["problem"])
        if not handles and self._namespaces:
            raise OSError("no handle of the worker, whose number there is another's here")
        return answer["pid"], handles[0] if handles else -1

    def reap(self, pid: int) -> int | None:
        """Return the exit code of a worker that has ended, negative for a signal."""
        with contextlib.suppress(OSError):
            status = self._ask({"op": "reap", "pid": pid})[0]["status"]
            return int(status) if status is not None else None
        return None

    def _ask(
        self, request: dict[str, Any], descriptors: Sequence[int] = ()
    ) -> tuple[dict[str, Any], list[int]]:
        """Send a request and return its answer, with the descriptors that came beside it.

        Raises:
            OSError: It is gone, or gives no answer.
        """
        with self._lock:
            if self._broken:
                raise OSError("the zygote has ended")
            self._number += 1
            text = json.dumps({**request, "number": self._number}) + "\n"
            try:
                socket.send_fds(self._control, [text.encode()], descriptors)
                return self._receive(self._number)
            except TimeoutError:
                self._stuck = True
                self._kill()
                raise
            except ValueError as error:
                self._broken = True
                raise OSError(f"the zygote sent no answer: {error}") from None

    def _receive(self, number: int) -> tuple[dict[str, Any], list[int]]:
        """Return the answer to that request; those that nobody waited for are thrown away."""
        while True:
            while b"\n" not in self._arrived[0]:
                data, found, _, _ = socket.recv_fds(self._control, 1 << 16, 2, _CLOSE_ON_EXEC)
                if not data:
                    raise OSError("the zygote has ended")
                self._arrived = (self._arrived[0] + data, self._arrived[1] + found)
            line, _, rest = self._arrived[0].partition(b"\n")
            answer = json.loads(line)
            count = answer.get("handles", 0)
            handles, others = self._arrived[1][:count], self._arrived[1][count:]
            self._arrived = (rest, others)
            if answer["number"] == number:
                return answer, handles
            for handle in handles:
                os.close(handle)
            if answer.get("pid"):  # its socket is closed here, so it ends
                socket.send_fds(self._control, [_stray(answer["pid"])], [])

    def _kill(self) -> None:
        """Kill it with its workers; it is in a session of its own."""
        with contextlib.suppress(ProcessLookupError, PermissionError):
            if self._process.poll() is None:
                os.killpg(self._process.pid, signal.SIGKILL)

    def release(self) -> None:
        """Note that a sandbox needs it no more; a retired one ends with its last user."""
        with _lock:
            self.users -= 1
            last = self.retired and self.users <= 0
        if last:
            self.close()

    def close(self) -> None:
        """End it, and with it every worker it forked."""
        self._end()

    def forget(self) -> None:
        """In a forked child: drop the parent's zygote without ending it."""
        self._control.close()
        if self._process.stderr is not None:
            self._process.stderr.close()
        self._process.returncode = 0  # not ours to wait for

    def _end(self) -> str:
        with contextlib.suppress(OSError):  # wakes a thread that waits for an answer
            self._control.shutdown(socket.SHUT_RDWR)
        with self._lock:  # no thread is left with a number that means another file from now on
            self._broken = True
            self._control.close()
        process = self._process
        try:
            process.wait(2.0)
        except subprocess.TimeoutExpired:
            self._kill()
            process.wait()
        said = b""
        if process.stderr is not None:
            with contextlib.suppress(OSError, ValueError):
                said = process.stderr.read()[-2000:]
            process.stderr.close()
        return said.decode(errors="replace").strip()


def _stray(pid: int) -> bytes:
    """Return the request to reap a worker that nobody waits for; so is its answer, number -1."""
    return json.dumps({"op": "reap", "pid": pid, "number": -1}).encode() + b"\n"


_zygotes: dict[tuple[Any, ...], Zygote] = {}  # the one used last stands last
_lock = threading.Lock()


def zygote(imports: frozenset[str], hash_seed: int, project: tuple[Path, ...] = ()) -> Zygote:
    """Return a zygote that has loaded the heavy libraries among ``imports``; the caller releases it.

    Args:
        imports: Top-level names that the worker will import.
        hash_seed: Of its string hashes.
        project: Folders of first-party sources, which are on no worker's import path.

    Raises:
        SandboxUnavailableError: It cannot be started.
    """
    found = _started(imports, hash_seed, project, 1)
    try:
        found.wait()  # outside of the lock, so that two can start at once
    except BaseException:
        found.release()
        raise
    return found


def start_zygotes(
    imports: frozenset[str], hash_seeds: Sequence[int], project: tuple[Path, ...] = ()
) -> None:
    """Start the zygotes that are not there yet, all at once, and wait for none of them."""
    for seed in hash_seeds:
        with contextlib.suppress(OSError):  # the first that needs it will say so
            _started(imports, seed, project, 0)


def _started(
    imports: frozenset[str], hash_seed: int, project: tuple[Path, ...], users: int
) -> Zygote:
    """Return the zygote for that, which may be starting still, with so many users more."""
    wanted = [n for n in (*ALWAYS, *HEAVY) if n in ALWAYS or n in imports]
    wanted = [n for n in wanted if importlib.util.find_spec(n) is not None]
    folders = _folders(project)
    key = (hash_seed, tuple(folders.added), tuple(folders.closed))
    closing: list[Zygote] = []
    try:
        with _lock:
            found = _zygotes.get(key)
            if found is None or not found.alive or not found.preload >= {*wanted}:
                loaded = sorted(found.preload) if found is not None else []
                preload = dict.fromkeys([*OURS, *_domain_packages(), *wanted, *loaded])
                new = Zygote(folders, tuple(preload), hash_seed)
                if found is not None:
                    closing += _retired(key)
                found = new
            _zygotes.pop(key, None)
            _zygotes[key] = found
            found.users += users
            resting = [k for k, z in _zygotes.items() if z.users <= 0 and k != key]
            for old in resting[: max(0, len(_zygotes) - KEPT)]:
                closing += _retired(old)
        return found
    finally:
        for item in closing:
            item.close()


def _retired(key: tuple[Any, ...]) -> list[Zygote]:
    """Take a zygote from those that are given out; return it where it can be closed at once."""
    old = _zygotes.pop(key)
    old.retired = True
    return [old] if old.users <= 0 else []


def _domain_packages() -> dict[str, Path]:
    """Return the installed domains' packages: generated code imports their public names."""
    from poet.plugins import loaded

    found = {}
    for domain in loaded().domains.values():
        name = domain.recipe.__module__.partition(".")[0]
        file = getattr(sys.modules.get(name), "__file__", None)
        if file is not None and Path(file).name == "__init__.py":
            found[name] = Path(file).resolve().parent
    return found


def _folders(project: tuple[Path, ...]) -> Folders:
    """Return how a worker's import path differs from that of a bare interpreter.

    Args:
        project: Folders that hold first-party sources, besides the working folder.
    """
    import poet

    ours = [Path(poet.__file__).resolve().parent.parent]
    ours += [package.parent for package in _domain_packages().values()]
    named = os.environ.get("PYTHONPATH", "").split(os.pathsep)
    home = Path(os.path.expanduser("~"))  # noqa: PTH111 - never raises
    closed = [*(p.resolve() for p in (*project, Path.cwd())), home.resolve(), Path("/")]
    asked = [Path(n).resolve() for n in named if n]
    added = ours + [f for f in asked if f.exists() and not touches(f, closed)]
    return Folders([str(f) for f in dict.fromkeys(added)], [str(c) for c in dict.fromkeys(closed)])


def close_all() -> None:
    """End every zygote of this process."""
    with _lock:
        closing = list(_zygotes.values())
        _zygotes.clear()
    for item in closing:
        item.close()


def _forget_all() -> None:
    global _lock
    _lock = threading.Lock()
    for item in _zygotes.values():
        item.forget()
    _zygotes.clear()


atexit.register(close_all)
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget_all)
