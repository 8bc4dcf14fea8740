"""The zygotes of this process: started when first needed, kept warm, ended with it."""

from __future__ import annotations

import atexit
import contextlib
import importlib.util
import json
import os
import socket
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

from poet.errors import SandboxUnavailableError
from poet.gate.sandbox.layers import read_paths

__all__ = ["Zygote", "import_path", "zygote"]

BOOT = (
    "import sys; sys.path[:] = {path!r}; "
    "from poet.gate.sandbox.zygote import main; main({fd}, {preload!r})"
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


class Zygote:
    """One zygote process, shared by the sandboxes of this process.

    Args:
        path: Its import path.
        preload: Modules it imports before it forks.
        hash_seed: Of its string hashes, and so of its children's.
    """

    def __init__(self, path: list[str], preload: tuple[str, ...], hash_seed: int) -> None:
        self.path = path
        self.preload = frozenset(preload)
        self.users = 0
        self.retired = False
        self.read = read_paths(path)
        self._lock = threading.Lock()
        ours, theirs = socket.socketpair()
        boot = BOOT.format(path=path, fd=theirs.fileno(), preload=list(preload))
        threads = str(min(4, os.cpu_count() or 1))
        environment = {
            "LC_ALL": "C.UTF-8",
            "PYTHONHASHSEED": str(hash_seed),
            "OPENBLAS_NUM_THREADS": "1",
            "OMP_NUM_THREADS": "1",
            "MKL_NUM_THREADS": "1",
            "POLARS_MAX_THREADS": threads,
        }
        self._process = subprocess.Popen(  # noqa: S603 - this interpreter, on text of our own
            [sys.executable, "-s", "-P", "-B", "-c", boot],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            cwd="/",
            env=environment,
            pass_fds=(theirs.fileno(),),
            start_new_session=True,
        )
        theirs.close()
        self._control = ours
        self._control.settimeout(START_TIMEOUT)
        self._rest = b""
        try:
            self._receive()
        except (OSError, ValueError) as error:
            said = self._end()
            raise SandboxUnavailableError(
                f"the process that workers are forked from did not start: {said or error}",
                hint="run: poet doctor",
            ) from None
        self._control.settimeout(30.0)

    @property
    def alive(self) -> bool:
        """Whether it can fork workers."""
        return self._process.poll() is None

    def fork(self, config: dict[str, Any], conversation: int, output: int) -> tuple[int, int]:
        """Fork a confined worker and return its pid and a pidfd (-1 where there is none).

        Raises:
            OSError: The zygote is gone or could not fork.
        """
        request = {"op": "fork", "config": {**config, "read": self.read}}
        with self._lock:
            socket.send_fds(self._control, [json.dumps(request).encode()], [conversation, output])
            answer, handles = self._receive()
        if not answer["pid"]:
            raise OSError(answer["problem"])
        return answer["pid"], handles[0] if handles else -1

    def reap(self, pid: int) -> int | None:
        """Return the exit code of a worker that has ended, negative for a signal."""
        with self._lock, contextlib.suppress(OSError, ValueError):
            self._control.sendall(json.dumps({"op": "reap", "pid": pid}).encode())
            status = self._receive()[0]["status"]
            return int(status) if status is not None else None
        return None

    def _receive(self) -> tuple[dict[str, Any], list[int]]:
        handles: list[int] = []
        while b"\n" not in self._rest:
            data, found, _, _ = socket.recv_fds(self._control, 1 << 16, 2)
            handles += found
            if not data:
                raise OSError("the zygote has ended")
            self._rest += data
        line, _, self._rest = self._rest.partition(b"\n")
        return json.loads(line), handles

    def release(self) -> None:
        """Note that a sandbox needs it no more; a retired one ends with its last user."""
        self.users -= 1
        if self.retired and self.users <= 0:
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
        self._control.close()
        process = self._process
        try:
            process.wait(2.0)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        said = b""
        if process.stderr is not None:
            with contextlib.suppress(OSError, ValueError):
                said = process.stderr.read()[-2000:]
            process.stderr.close()
        return said.decode(errors="replace").strip()


_zygotes: dict[int, Zygote] = {}
_lock = threading.Lock()


def zygote(imports: frozenset[str], hash_seed: int) -> Zygote:
    """Return a zygote that has loaded the heavy libraries among ``imports``; the caller releases it.

    Raises:
        SandboxUnavailableError: It cannot be started.
    """
    wanted = [n for n in (*ALWAYS, *HEAVY) if n in ALWAYS or n in imports]
    wanted = [n for n in wanted if importlib.util.find_spec(n) is not None]
    path = import_path()
    with _lock:
        found = _zygotes.get(hash_seed)
        if found is None or not found.alive or found.path != path or not found.preload >= {*wanted}:
            loaded = [*found.preload] if found is not None and found.path == path else []
            new = Zygote(path, tuple(dict.fromkeys([*OURS, *_own(), *wanted, *loaded])), hash_seed)
            if found is not None:
                found.retired = True
                if found.users <= 0:
                    found.close()
            _zygotes[hash_seed] = found = new
        found.users += 1
        return found


def _own() -> list[str]:
    """Return the packages of the installed domains: generated code imports their public names."""
    from poet.plugins import loaded

    names = {d.recipe.__module__.partition(".")[0] for d in loaded().domains.values()}
    return sorted(n for n in names if not n.startswith(("test", "conftest", "__main__")))


def import_path() -> list[str]:
    """Return the import path of a worker: this process's, without the project's own folders."""
    import poet

    project = Path.cwd().resolve()
    prefixes = {Path(p).resolve() for p in (sys.prefix, sys.base_prefix, sys.exec_prefix)}
    home = Path(os.path.expanduser("~")).resolve()  # noqa: PTH111 - never raises
    found = []
    for item in (*sys.path, str(Path(poet.__file__).parent.parent)):
        folder = Path(item or ".").resolve()
        library = any(folder.is_relative_to(p) for p in prefixes) or folder.name in (
            "site-packages",
            "dist-packages",
        )
        outside = not (
            project.is_relative_to(folder) or home.is_relative_to(folder) or _project_folder(folder)
        )
        own = folder == Path(poet.__file__).resolve().parent.parent
        if folder.exists() and (library or own or outside):
            found.append(str(folder))
    return list(dict.fromkeys(found))


def _project_folder(folder: Path) -> bool:
    """Say whether a folder of the import path holds a project rather than installed packages."""
    return any((folder / n).exists() for n in ("pyproject.toml", ".poet", "conftest.py", ".git"))


def close_all() -> None:
    """End every zygote of this process."""
    with _lock:
        for item in _zygotes.values():
            item.close()
        _zygotes.clear()


def _forget_all() -> None:
    global _lock
    _lock = threading.Lock()
    for item in _zygotes.values():
        item.forget()
    _zygotes.clear()


atexit.register(close_all)
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget_all)
