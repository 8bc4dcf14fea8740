"""One version on trial, in one process."""

from __future__ import annotations

import contextvars
import copy
import importlib
import threading
from collections.abc import Callable
from pathlib import Path
from time import perf_counter_ns
from typing import Any

from poet.beside._bets import Verdicts
from poet.beside._shadow import Call, Shadow
from poet.errors import PoetError
from poet.events import new_event, store_event
from poet.runtime._execution import Execution, current_execution
from poet.store import Override, end_override

__all__ = ["Beside"]


class Beside:
    """One version on trial beside the served one, in this process.

    Attributes:
        version: Its name.
        function: What runs it.
        trial: The override that says so.
        ended: Why the trial ended in this process; empty while it goes on.
        left_out: Calls that no shadow followed: arguments that cannot be copied, or too many waited.
    """

    def __init__(
        self,
        version: str,
        function: Callable[..., Any],
        trial: Override,
        *,
        home: Path,
        folder: Path,
        events: bool,
        environment: str,
        file: str,
    ) -> None:
        self.version, self.function, self.trial = version, function, trial
        self.home, self.folder, self.file = home, folder, file
        self.events, self.environment = events, environment
        self.ended = ""
        self.left_out = 0
        shadow = trial.mode == "shadow"
        self.verdicts = Verdicts(0.5 if shadow else trial.share)
        self._lock = threading.Lock()
        # The lock's library cannot be imported any more while the interpreter ends.
        importlib.import_module("filelock")
        self._shadow = Shadow(self._repeat) if shadow else None

    def begin(self, execution: Execution, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        """Choose for a call: by its id, so that the choice is the same wherever one looks at it."""
        if self.ended:
            return
        chosen = int(execution.id[-8:], 16) < self.trial.share * 2**32
        if self._shadow is None:
            execution.beside = self
            if chosen:
                execution.version = self.version
                execution.call = self.function
        elif chosen:
            try:
                execution.beside = (self, copy.deepcopy((args, kwargs)))
            except Exception:  # noqa: BLE001 - what cannot be copied has no shadow
                self.left_out += 1

    def end(self, execution: Execution, value: Any) -> None:
        """Take in what came of a call."""
        token, execution.beside = execution.beside, None
        if self._shadow is None:
            self._count(execution.version == self.version, execution)
            return
        try:
            kept = None if execution.error else copy.deepcopy(value)
        except Exception:  # noqa: BLE001 - likewise
            self.left_out += 1
            return
        call = Call(contextvars.copy_context(), execution, token[1], kept)
        if not self._shadow.put(call):
            self.left_out += 1

    def _count(self, second: bool, execution: Execution) -> None:
        with self._lock:
            if execution.error is not None:
                self.verdicts.failed(second)
            else:
                self.verdicts.took(execution.duration_ns / 1e9, second)
            why = self.verdicts.worse() if second and not self.ended else ""
            if why:
                self.ended = why
        if why:
            self._roll_back(why)

    def _roll_back(self, why: str) -> None:
        """End the trial for all processes; the call that showed it does not wait for a lock."""
        # No daemon: a process that ends now would leave the others with a version that fails.
        threading.Thread(
            target=self._end_it, args=(why,), name="poet-rollback", daemon=False
        ).start()

    def _end_it(self, why: str) -> None:
        reason = f"{self.trial.mode} of {self.version} ended by itself: {why}"
        try:
            mine = end_override(self.home, self.folder, self.trial, reason)
        except (PoetError, OSError) as error:
            reason, mine = f"{reason}; in this process only: {error}", True
        if mine and self.events:
            payload = {
                "function": self.folder.name, "file": self.file, "version": self.version,
                "action": f"{self.trial.mode} ended", "reason": reason,
            }  # fmt: skip
            store_event(
                new_event("function.update", payload, environment=self.environment), self.home
            )

    # The shadow

    def _repeat(self, call: Call) -> None:
        """Run the shadow of one call, compare, and write its event."""
        if self.ended:
            return
        main, (args, kwargs) = call.execution, call.arguments
        shadow = Execution(main.function, self.version)
        value = None
        current_execution.set(shadow)
        started = perf_counter_ns()
        try:
            value = self.function(*args, **kwargs)
        except BaseException as error:  # noqa: BLE001 - nobody asked for its answer
            shadow.error = type(error).__name__
        shadow.duration_ns = perf_counter_ns() - started
        with self._lock:
            if (shadow.error is None) != (main.error is None):
                self.verdicts.failed(shadow.error is not None)
            if shadow.error is None and main.error is None:
                self.verdicts.took(main.duration_ns / 1e9, second=False)
                self.verdicts.took(shadow.duration_ns / 1e9, second=True)
            why = self.verdicts.worse()
            self.ended = why
        if self.events:
            self._tell(shadow, main, _difference(main, call.value, shadow, value))
        if why:
            self._roll_back(why)

    def _tell(self, shadow: Execution, main: Execution, difference: str | None) -> None:
        payload: dict[str, Any] = {
            "function": main.function,
            "file": self.file,
            "version": self.version,
            "beside": main.version,
            "duration_ms": shadow.duration_ns / 1e6,
            "beside_ms": main.duration_ns / 1e6,
            "error": shadow.error,
            "beside_error": main.error,
            "same": difference == "",
            "difference": (difference if difference is not None else "cannot be compared")[:500],
            "facts": shadow.facts or {},
            "beside_facts": main.facts or {},
        }
        try:
            event = new_event(
                "function.shadow", payload, correlation_id=main.id, environment=self.environment
            )
            store_event(event, self.home)
        except PoetError:  # a fact that is not JSON
            payload.update(facts={}, beside_facts={})
            event = new_event(
                "function.shadow", payload, correlation_id=main.id, environment=self.environment
            )
            store_event(event, self.home)

    def drain(self, seconds: float = 10.0) -> bool:
        """Wait until no shadow call waits; say whether that came to pass."""
        return self._shadow is None or self._shadow.drain(seconds)


def _difference(main: Execution, value: Any, shadow: Execution, other: Any) -> str | None:
    """Return how the shadow's answer differs: empty for not at all, None where nobody can say."""
    if main.error or shadow.error:
        if main.error == shadow.error:
            return ""
        return f"{main.error or 'returned'} and {shadow.error or 'returned'}"
    from poet.codec import encode
    from poet.gate.compare import difference

    try:
        return difference(encode(value), encode(other)) or ""
    except Exception:  # noqa: BLE001 - a value of a type that nobody knows
        return None
