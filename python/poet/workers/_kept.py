"""One kept worker: a sandbox with one version loaded, and how it is ended, killed and forgotten."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from poet.gate.sandbox import Lost, Sandbox

__all__ = ["Kept", "Limits", "NotLoadedError"]


class Limits(NamedTuple):
    """What a worker may use.

    Attributes:
        seconds: For one call.
        megabytes: Of memory, besides what it has loaded.
        require: Refuse to start where a layer of confinement is missing.
    """

    seconds: float
    megabytes: int
    require: bool


class NotLoadedError(Exception):
    """A worker could not load the version; the text says why."""


class Kept:
    """A running worker that holds one version.

    Args:
        key: What tells the version from every other.
        request: As :meth:`Sandbox.load` takes it.
        limits: The worker's.

    Raises:
        NotLoadedError: The version cannot be loaded there.
        PoetError, OSError: No worker can be started here.
    """

    def __init__(self, key: object, request: Mapping[str, Any], limits: Limits) -> None:
        self.key = key
        self.killed = False
        self._box = Sandbox(
            limits.seconds,
            memory=limits.megabytes << 20,
            require=limits.require,
            patient=False,  # a caller waits by the clock on the wall
        )
        answer = self._box.load(dict(request))
        if isinstance(answer, Lost) or "failed" in answer:
            self._box.stop()
            raise NotLoadedError(answer.message if isinstance(answer, Lost) else answer["failed"])

    def call(self, request: Mapping[str, Any]) -> dict[str, Any] | Lost:
        """Call the version once; a lost worker is not replaced."""
        return self._box.call(dict(request))

    @property
    def running(self) -> bool:
        """Whether it can take a call."""
        return not self.killed and self._box.running

    def kill(self) -> None:
        """Kill it, from any thread, so that a call under way is lost at once."""
        self.killed = True
        self._box.kill()

    def end(self) -> None:
        """End it; by the thread that uses it."""
        self._box.stop()

    def abandon(self) -> None:
        """In a forked child: let go of the parent's worker without ending it."""
        self._box.abandon()
