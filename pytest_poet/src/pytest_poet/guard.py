"""What stays behind a process that is killed while it runs tests: nothing.

A small process waits for the end of the one that judges. If that ends without a word, the process
group of the tests is killed and their folder deleted, which no clean-up of the judge's own can do.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from types import TracebackType
from typing import Self

__all__ = ["Guard"]

# Its input is the group's number in a line, then `end` where nothing is left to be done.
_PROGRAM = """
import os, shutil, signal, sys
said = sys.stdin.buffer.read().split()
if said[1:] != [b"end"]:
    if said:
        try:
            os.killpg(int(said[0]), signal.SIGKILL)
        except OSError:
            pass
    shutil.rmtree(sys.argv[1], ignore_errors=True)
"""


class Guard:
    """A private folder for one run of tests, which vanishes with it however that ends."""

    def __init__(self) -> None:
        name = f"poet-tests-{secrets.token_hex(8)}"
        self.folder = str(Path(tempfile.gettempdir()).resolve() / name)
        self._process = subprocess.Popen(  # noqa: S603 - this interpreter, on text of our own
            [sys.executable, "-I", "-S", "-c", _PROGRAM, self.folder],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            cwd="/" if os.name == "posix" else None,
            start_new_session=True,
        )
        try:
            Path(self.folder).mkdir(mode=0o700)
        except OSError:
            self.__exit__(None, None, None)
            raise

    def watch(self, group: int) -> None:
        """Have the process group end with this process."""
        self._say(b"%d\n" % group)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        shutil.rmtree(self.folder, ignore_errors=True)
        self._say(b"0 end\n" if not self._told else b"end\n")
        assert self._process.stdin is not None
        with contextlib.suppress(OSError):
            self._process.stdin.close()
        self._process.wait()

    _told = False

    def _say(self, words: bytes) -> None:
        assert self._process.stdin is not None
        self._told = True
        with contextlib.suppress(OSError):  # a guard that was killed guards no more
            self._process.stdin.write(words)
            self._process.stdin.flush()
