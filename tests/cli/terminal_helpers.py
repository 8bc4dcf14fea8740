"""A terminal for tests: runs a command on a real pseudo-terminal and keeps what stands on the screen."""

from __future__ import annotations

import os
import re
import select
import signal
import struct
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path

__all__ = ["Screen", "Terminal"]

_COMMAND = re.compile(r"\x1b\[(\??)([\d;]*)([A-Za-z])|\x1b[=>]")


class Screen:
    """What the escape sequences of a live display leave on a screen of that size."""

    def __init__(self, rows: int, columns: int) -> None:
        self.rows, self.columns = rows, columns
        self.lines = [""]
        self.row = self.column = 0
        self.cursor = True
        self.styles: set[str] = set()  # the numbers of all colours and weights that came
        self.unknown: list[str] = []
        self._rest = ""

    def feed(self, text: str) -> None:
        """Take in output."""
        text, self._rest = self._rest + text, ""
        at = 0
        while at < len(text):
            char = text[at]
            if char == "\x1b":
                found = _COMMAND.match(text, at)
                if found is None:
                    self._rest = text[at:]
                    return
                self._command(found)
                at = found.end()
                continue
            at += 1
            if char == "\r":
                self.column = 0
            elif char == "\n":
                self._down()
            elif char.isprintable():
                if self.column == self.columns:  # a terminal wraps
                    self._down()
                    self.column = 0
                line = self.lines[self.row].ljust(self.column)
                self.lines[self.row] = line[: self.column] + char + line[self.column + 1 :]
                self.column += 1

    def _down(self) -> None:
        self.row += 1
        if self.row == len(self.lines):
            self.lines.append("")

    def _command(self, found: re.Match[str]) -> None:
        private, numbers, letter = found[1], found[2], found[3]
        number = int(numbers) if numbers and numbers.isdecimal() else 1
        if letter == "A":
            self.row = max(self.row - number, len(self.lines) - self.rows, 0)
        elif letter == "K":
            self.lines[self.row] = "" if numbers == "2" else self.lines[self.row][: self.column]
        elif private and numbers == "25":
            self.cursor = letter == "h"
        elif letter == "m":
            self.styles |= set(numbers.split(";"))
        else:
            self.unknown.append(found[0])

    @property
    def text(self) -> str:
        """All lines, those that scrolled out of sight too."""
        return "\n".join(line.rstrip() for line in self.lines).rstrip()


class Terminal:
    """A command that runs on a pseudo-terminal.

    Args:
        command: Of it.
        folder: Where it runs.
        rows: Of the terminal.
        columns: Of the terminal.
        env: Variables besides the inherited ones.
    """

    def __init__(
        self,
        command: list[str],
        folder: Path,
        *,
        rows: int = 24,
        columns: int = 80,
        env: Mapping[str, str] | None = None,
    ) -> None:
        import fcntl
        import pty
        import termios

        self.screen = Screen(rows, columns)
        self.frames: list[str] = []
        left_out = ("POET_", "PYTEST_", "NO_COLOR", "COLUMNS", "LINES")
        kept = {k: v for k, v in os.environ.items() if not k.startswith(left_out)}
        self.pid, self._file = pty.fork()
        if self.pid == 0:
            fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
            os.chdir(folder)
            os.execve(command[0], command, {**kept, "TERM": "xterm-256color", **(env or {})})
        fcntl.ioctl(self._file, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    @classmethod
    def python(cls, arguments: list[str], folder: Path, **more: object) -> Terminal:
        """Run this interpreter."""
        return cls([sys.executable, *arguments], folder, **more)  # type: ignore[arg-type]

    def until(self, met: Callable[[Screen], bool], timeout: float = 240.0) -> None:
        """Read until the screen is as wanted.

        Raises:
            TimeoutError: It never was.
        """
        end = time.monotonic() + timeout
        while not met(self.screen):
            if time.monotonic() > end or not self._read(end - time.monotonic()):
                raise TimeoutError(f"the screen is:\n{self.screen.text}")

    def interrupt(self) -> None:
        """Press Ctrl-C."""
        os.write(self._file, b"\x03")

    def end(self, timeout: float = 60.0) -> int:
        """Read to the end and return the exit status, negative for a signal."""
        limit = time.monotonic() + timeout
        while self._read(limit - time.monotonic()):
            if time.monotonic() > limit:
                os.kill(self.pid, signal.SIGKILL)
        os.close(self._file)
        return os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])

    def _read(self, timeout: float) -> bool:
        ready, _, _ = select.select([self._file], [], [], max(timeout, 0))
        if not ready:
            return False
        try:
            data = os.read(self._file, 65536)
        except OSError:  # Linux says so where the other end has closed
            return False
        self.screen.feed(data.decode("utf-8", "replace"))
        self.frames.append("\n".join(self.screen.lines[-self.screen.rows :]))
        return bool(data)
