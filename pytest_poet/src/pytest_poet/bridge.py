"""The line between the process that judges and the one that runs the tests, and the workers behind it.

Both ends send frames: four bytes of length, then msgpack. Each frame carries the nonce of the run
and its own number, so that a frame that was repeated, left out, cut short or made up is noticed.
"""

from __future__ import annotations

import os
import secrets
import time
from collections import Counter
from collections.abc import Mapping
from typing import Any, NamedTuple

from poet.gate import load_request
from poet.gate.sandbox import Lost, Sandbox
from poet.gate.sandbox.protocol import HEADER, FrameError, frame, frame_size, unpack, write_all
from poet.spec import FunctionSpec

__all__ = ["Key", "Line", "LineError", "Subject", "Workers", "key_of"]

Key = tuple[str, str]


class LineError(Exception):
    """What came is no frame of this run; the message says why."""


class Line:
    """One end of the line. Plain reads and writes only, for a confined process has no others.

    Args:
        descriptor: Of a connected stream socket; the caller closes it.
        nonce: The run's; the end that has none takes that of the first frame it receives.
    """

    def __init__(self, descriptor: int, nonce: str = "") -> None:
        self.descriptor = descriptor
        self.nonce = nonce
        self._sent = 0
        self._received = 0

    def send(self, content: Mapping[str, Any]) -> None:
        """Send a frame.

        Raises:
            FrameError: It is too large, or holds what is no plain data.
            OSError: The other end is gone.
        """
        data = frame({"nonce": self.nonce, "number": self._sent + 1, "content": content})
        self._sent += 1
        write_all(self.descriptor, data)

    def receive(self) -> dict[str, Any] | None:
        """Return the next frame's content, None where the other end has closed the line.

        Raises:
            LineError: What came is no frame of this run, or was cut short.
            OSError: The line was reset.
        """
        head = self._read(HEADER)
        if not head:
            return None
        try:
            data = self._read(frame_size(head)) if len(head) == HEADER else b""
            if len(data) < (frame_size(head) if data else 1):
                raise LineError("a frame was cut short")
            got = unpack(data)
            nonce, number, content = got["nonce"], got["number"], got["content"]
        except (FrameError, KeyError, TypeError) as error:
            raise LineError(f"a frame that cannot be read: {error!r}") from None
        if not self.nonce and isinstance(nonce, str):
            self.nonce = nonce
        if not isinstance(nonce, str) or not secrets.compare_digest(nonce, self.nonce):
            raise LineError("a frame without this run's nonce")
        if number != self._received + 1:
            raise LineError(f"frame {number!r} came where {self._received + 1} is due")
        if not isinstance(content, dict):
            raise LineError("a frame without content")
        self._received += 1
        return content

    def _read(self, size: int) -> bytes:
        parts, missing = [], size
        while missing:
            part = os.read(self.descriptor, min(missing, 1 << 20))
            if not part:
                break
            parts.append(part)
            missing -= len(part)
        return b"".join(parts)


def key_of(path: str | os.PathLike[str], qualname: str) -> Key:
    """Return what tells a function from every other one, in each process that imports its file."""
    return (os.path.realpath(path), qualname)


class Subject(NamedTuple):
    """A function as the runs of its tests need it.

    Attributes:
        key: Real path of its file, and qualified name.
        request: What a worker needs to load it; ``code`` is filled in by the run.
        mode: ``preserve`` or ``enhance``.
    """

    key: Key
    request: dict[str, Any]
    mode: str

    @classmethod
    def of(cls, spec: FunctionSpec, module: str) -> Subject:
        """Return the subject of a spec whose module is imported as ``module``."""
        request = load_request(spec, None, module, f"<candidate for {spec.qualname}>")
        return cls(key_of(spec.path, spec.qualname), request, spec.mode)


class Workers:
    """The workers behind the line: one for each function that is called across it.

    Args:
        subjects: The functions.
        code: A candidate for each; a function without one runs as it was written.
        timeout: Seconds one call may take.
        require: Refuse to start where a layer of confinement is missing.
        losses: After so many lost calls of a function the rest of them is lost at once.
    """

    def __init__(
        self,
        subjects: Mapping[Key, Subject],
        code: Mapping[Key, str],
        *,
        timeout: float,
        require: bool = False,
        losses: int = 3,
    ) -> None:
        self.subjects = subjects
        self.code = code
        self.timeout = timeout
        self.require = require
        self.losses = losses
        self.deadline = float("inf")  # of the run; no call may last longer
        self.answered: Counter[Key] = Counter()
        self._boxes: dict[Key, Sandbox] = {}
        self._lost: Counter[Key] = Counter()
        self._given_up: dict[Key, Lost] = {}

    def call(self, key: Key, request: dict[str, Any]) -> dict[str, Any] | Lost:
        """Call a function in its worker, starting that if there is none."""
        if key in self._given_up:
            return self._given_up[key]
        lost = self.prepare(key)
        if lost is not None:
            return lost
        box = self._boxes[key]
        left = min(self.timeout, self.deadline - time.monotonic())
        if left <= 0:
            return Lost("hung", "was called when the time of the whole run was over")
        answer: dict[str, Any] | Lost = box.call(request, timeout=left)
        if isinstance(answer, dict) and not _readable(answer):
            answer = Lost("garbled", "sent an answer that is none")
        if isinstance(answer, Lost):
            self._lost[key] += 1
            if self._lost[key] >= self.losses:
                self._given_up[key] = answer
            return answer
        self.answered[key] += 1
        return answer

    def prepare(self, key: Key) -> Lost | None:
        """Have the function loaded in its worker; return why that is not possible.

        Raises:
            SandboxUnavailableError: A layer of confinement that is required is missing.
        """
        if key in self._given_up or key in self._boxes:
            return self._given_up.get(key)
        box = Sandbox(self.timeout, require=self.require)
        self._boxes[key] = box
        loaded = box.load({**self.subjects[key].request, "code": self.code.get(key)})
        if isinstance(loaded, dict) and "failed" in loaded:
            loaded = Lost("refused", str(loaded["failed"]))
        if isinstance(loaded, Lost):
            self._given_up[key] = loaded
            return loaded
        return None

    def kill(self) -> None:
        """Have calls under way lost, and every later one, from any thread."""
        self.deadline = 0.0
        for box in list(self._boxes.values()):
            box.kill()

    def close(self) -> None:
        """End all workers."""
        boxes, self._boxes = list(self._boxes.values()), {}
        for box in boxes:
            box.stop()


def _readable(answer: dict[str, Any]) -> bool:
    """Say whether an answer has the parts of one; what its values are is not looked at here."""
    inputs = answer.get("inputs")
    return (
        answer.get("kind") in ("returned", "raised")
        and "value" in answer
        and isinstance(inputs, list)
        and len(inputs) == 2
    )
