"""Running a worker: a separate process with an empty environment, limits, and nothing of the project.

The layers a platform has are listed by :func:`layers`; every record says which were in force.
"""

from __future__ import annotations

import contextlib
import json
import os
import platform
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
from pathlib import Path
from types import TracebackType
from typing import Any, NamedTuple, Self

from poet.gate.worker import read_frame, write_frame

__all__ = ["Lost", "Sandbox", "import_path", "layers"]

MAX_OUTPUT = 1024 * 1024
BOOT = "import sys; sys.path[:0] = {path!r}; from poet.gate.worker import main; main({limits!r})"


class Lost(NamedTuple):
    """A request that got no answer.

    Attributes:
        kind: ``hung``, ``exited``, ``flooded`` or ``garbled``.
        message: One line: what happened, and what it means.
    """

    kind: str
    message: str


def layers() -> dict[str, str]:
    """Return each layer of confinement and ``in force`` or why it is missing."""
    posix = os.name == "posix"
    limits = "in force" if posix else f"missing: no resource limits on {platform.system()}"
    return {
        "separate process": "in force",
        "empty environment": "in force",
        "wall clock": "in force",
        "output cap": "in force",
        "resource limits": limits,
        "landlock": "missing: not part of this version",
        "seccomp": "missing: not part of this version",
    }


def import_path() -> list[str]:
    """Return the absolute folders a child process imports from, as this process does."""
    found = [str(Path(p or ".").absolute()) for p in sys.path]
    return [p for p in dict.fromkeys(found) if Path(p).exists()]


class Sandbox:
    """One worker process; a context manager. After a lost request it starts a fresh one.

    Args:
        timeout: Seconds one request may take.
        data_bytes: Limit of the worker's data segment.
    """

    def __init__(self, timeout: float = 30.0, data_bytes: int = 4 * 1024**3) -> None:
        self.timeout = timeout
        self.data_bytes = data_bytes
        self._process: subprocess.Popen[bytes] | None = None
        self._loaded: dict[str, Any] | None = None
        self._folder: str | None = None
        self._output = 0
        self._tail = b""

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

    def load(self, request: dict[str, Any]) -> dict[str, Any] | Lost:
        """Start a worker, import the user's module and load the candidate in it."""
        self.stop()
        self._start()
        self._loaded = request
        # A first import of heavy packages is not the candidate's time.
        return self._ask({"op": "load", **request}, self.timeout + 30.0)

    def call(self, request: dict[str, Any]) -> dict[str, Any] | Lost:
        """Call the loaded candidate once."""
        if self._process is None or self._process.poll() is not None:
            assert self._loaded is not None
            again = self.load(self._loaded)
            if isinstance(again, Lost):
                return again
        return self._ask({"op": "call", **request}, self.timeout)

    def _start(self) -> None:
        self._folder = tempfile.mkdtemp(prefix="poet-worker-")
        environment = {
            "HOME": self._folder,
            "LANG": "C.UTF-8",
            "POET_EVENTS": "0",
            "POET_MODE": "off",
            "PYTHONDONTWRITEBYTECODE": "1",
            "PYTHONHASHSEED": "0",
            "TMPDIR": self._folder,
        }
        if os.name != "posix":
            environment["SYSTEMROOT"] = os.environ.get("SYSTEMROOT", "")
        limits = {
            "file_bytes": 16 * 1024 * 1024,
            "data_bytes": self.data_bytes,
            "cpu_seconds": int(self.timeout) * 20 + 60,
        }
        boot = BOOT.format(path=import_path(), limits=limits)
        # -s -E and not -I: PYTHONHASHSEED is wanted, the caller's PYTHON* are not in the environment
        self._process = subprocess.Popen(  # noqa: S603 - our own interpreter, no shell
            [sys.executable, "-s", "-B", "-c", boot],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            cwd=self._folder,
            env=environment,
            start_new_session=True,
        )
        self._output = 0
        self._tail = b""
        threading.Thread(target=self._swallow, args=(self._process,), daemon=True).start()

    def _swallow(self, process: subprocess.Popen[bytes]) -> None:
        """Read what the worker prints, keep its end, and kill a worker that floods."""
        assert process.stderr is not None
        with contextlib.suppress(OSError, ValueError):
            while chunk := process.stderr.read1(65536):  # type: ignore[attr-defined]
                self._output += len(chunk)
                self._tail = (self._tail + chunk)[-2000:]
                if self._output > MAX_OUTPUT:
                    self._kill(process)
                    return

    def _ask(self, request: dict[str, Any], timeout: float) -> dict[str, Any] | Lost:
        process = self._process
        assert process is not None
        assert process.stdin is not None
        assert process.stdout is not None
        nonce = secrets.token_hex(16)
        hung = threading.Event()

        def expire() -> None:
            hung.set()
            self._kill(process)

        timer = threading.Timer(timeout, expire)
        timer.daemon = True
        timer.start()
        reply = None
        garbled = ""
        try:
            write_frame(process.stdin, {**request, "nonce": nonce})  # type: ignore[arg-type]
            reply = read_frame(process.stdout)  # type: ignore[arg-type]
        except BrokenPipeError:
            pass
        except (ValueError, json.JSONDecodeError) as error:
            garbled = str(error)
        finally:
            timer.cancel()
        if (
            isinstance(reply, dict)
            and reply.get("nonce") == nonce
            and isinstance(reply.get("answer"), dict)
        ):
            return reply["answer"]  # type: ignore[no-any-return]
        self._kill(process)
        code = process.wait()
        if self._output > MAX_OUTPUT:
            return Lost("flooded", f"printed more than {MAX_OUTPUT:,} bytes and was stopped")
        if hung.is_set():
            return Lost("hung", f"gave no answer within {timeout:g} s and was stopped")
        if garbled or reply is not None:
            return Lost("garbled", f"sent an answer that is none: {garbled or 'wrong frame'}")
        said = self._tail.decode(errors="replace").strip().splitlines()
        detail = f"; it last printed: {said[-1][:200]}" if said else ""
        return Lost("exited", f"ended the process (exit status {code}) before it answered{detail}")

    @staticmethod
    def _kill(process: subprocess.Popen[bytes]) -> None:
        if process.poll() is not None:
            return
        with contextlib.suppress(ProcessLookupError, PermissionError):
            if os.name == "posix":
                os.killpg(process.pid, signal.SIGKILL)
            else:
                process.kill()

    def stop(self) -> None:
        """End the worker and delete its scratch folder."""
        process, self._process = self._process, None
        if process is not None:
            self._kill(process)
            process.wait()
            for stream in (process.stdin, process.stdout, process.stderr):
                if stream is not None:
                    with contextlib.suppress(OSError):
                        stream.close()
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)
            self._folder = None
