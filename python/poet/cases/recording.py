"""Recorded inputs: what an execution was called with, kept on this machine until feedback or time comes.

    POET_HOME/recorded/…

A call hands its arguments over before it runs and goes on; a thread writes them. Nothing here ever
fails a call: what cannot be kept is noted with the reason.
"""

from __future__ import annotations

import inspect
import time
import warnings
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from poet.domain import Outcome
from poet.errors import CaseError, PoetError, PoetWarning
from poet.settings import file_in_project, load_settings

if TYPE_CHECKING:
    import polars as pl

    from poet.cases._kept import Kept, Pruned
    from poet.registry import Target

__all__ = ["Recorded", "RecordedCall", "Recorder", "prune", "recorded", "recordings"]

_LOOK_EVERY = 600.0


class Recorded(NamedTuple):
    """The inputs of one execution, and what it gave.

    Attributes:
        execution_id: Its id.
        function: The function's qualified name.
        file: Its module's file, relative to the project, as ``function.execution`` events carry it.
        version: The version that ran; None for the baseline.
        at: When it began, seconds since 1970 (UTC).
        args: As they were before the call. An object whose class is not loaded here is a
            :class:`poet.codec.Kept`, which crosses to a sandbox as what it was.
        kwargs: Likewise.
        outcome: What it gave.
        fingerprint: Of the function as it was then.
        missing: Why the inputs are not whole, such as ``sqlite3.Connection``; empty where they are.
        names: What global names of the module held that the function reads, as far as they are
            containers, arrays or frames that can be kept.
    """

    execution_id: str
    function: str
    file: str
    version: str | None
    at: float
    args: Sequence[Any]
    kwargs: Mapping[str, Any]
    outcome: Outcome
    fingerprint: str = ""
    missing: str = ""
    names: Mapping[str, Any] = {}


class RecordedCall(NamedTuple):
    """The inputs of a call that runs."""

    execution_id: str
    version: str | None
    at: float
    inputs: Any
    size: int
    names: Mapping[str, Any] = {}


class _Used:
    """The tables that one execution uses."""

    def __init__(self, kept: Kept) -> None:
        self.kept = kept
        self.names: set[str] = set()

    def put(self, table: pl.DataFrame) -> str:
        name = self.kept.put(table)
        self.names.add(name)
        return name


class Recorder:
    """Records the calls of one function.

    Args:
        home: Folder of live state.
        function: Its qualified name.
        file: Its module's file, relative to the project.
        share: Of executions that are kept, from 0 to 1, chosen by their ids.
        max_mb: Megabytes of all that is kept on this machine.
        days: How long it is kept.
        fingerprint: Gives the function's fingerprint; asked once.
        yields: Whether it yields its values, which are not kept.
        held: Gives what global names of its module hold that it reads, by name.
        clock: Gives seconds since 1970 (UTC).
    """

    def __init__(
        self,
        home: Path,
        function: str,
        file: str,
        *,
        share: float = 1.0,
        max_mb: int = 256,
        days: float = 30.0,
        fingerprint: Callable[[], str] = str,
        yields: bool = False,
        held: Callable[[], Mapping[str, Any]] = dict,
        clock: Callable[[], float] = time.time,
    ) -> None:
        from poet.cases._kept import Kept

        self.function = function
        self.file = file
        self.share = share
        self.max_bytes = max_mb << 20
        self.days = days
        self.yields = yields
        self.clock = clock
        self.held = held
        self.failed = 0  # executions that could not be written
        self._fingerprint = fingerprint
        self._known: str | None = None
        self._kept = Kept(home)
        self._looked = 0.0
        self._too_large: set[str] = set()  # global names that are not looked at again

    @property
    def most(self) -> int:
        """Bytes that one execution may have."""
        return min(self.max_bytes // 8, 32 << 20)

    def chooses(self, execution_id: str) -> bool:
        """Say whether an execution is one of the share: always the same for the same id."""
        return self.share >= 1 or zlib.crc32(execution_id.encode()) < self.share * 2**32

    def begin(
        self, execution_id: str, version: str | None, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> RecordedCall | None:
        """Take the arguments as they are now; None where this execution is not kept."""
        if not self.chooses(execution_id):
            return None
        try:
            from poet.cases._held import refused
            from poet.cases._hooks import redact, redact_names
            from poet.cases._values import capture

            inputs, size = capture([*redact(self.function, args, kwargs)], self.most)
            names = {}
            for name, value in redact_names(self.function, self.held()).items():
                if name in self._too_large:
                    continue
                names[name], more = capture(value, self.most)
                size += more
                if not more and refused(names[name]):
                    self._too_large.add(name)
        except Exception as error:  # noqa: BLE001 - a plugin's error must not fail the call
            self._give_up(error)
            return None
        return RecordedCall(execution_id, version, self.clock(), inputs, size, names)

    def end(
        self, call: RecordedCall, value: Any, error: BaseException | None, seconds: float
    ) -> None:
        """Have the call written, with what it gave.

        Args:
            call: From :meth:`begin`.
            value: What it returned.
            error: What it raised, or None. An interrupt says nothing of the inputs: it is not kept.
            seconds: How long it took.
        """
        if error is not None and not isinstance(error, Exception):
            return
        try:
            from poet.cases._hooks import redact_result
            from poet.cases._values import capture
            from poet.cases._writer import submit
            from poet.codec import UNVERIFIABLE, type_name

            name, size = "", 0
            result: Any = {"$": UNVERIFIABLE, "type": "values that were yielded one by one"}
            if error is not None:
                name = type_name(error)
                result, size = capture(redact_result(self.function, list(error.args)), self.most)
            elif not self.yields:
                result, size = capture(redact_result(self.function, value), self.most)
            submit(lambda: self._write(call, result, name, seconds), call.size + size + 500)
        except Exception as problem:  # noqa: BLE001 - recording never fails a call
            self._give_up(problem)

    def _write(self, call: RecordedCall, result: Any, error: str, seconds: float) -> None:
        try:
            if self._known is None:
                self._known = self._fingerprint()
            used = _Used(self._kept)
            self._write_row(call, result, error, seconds, used)
            if not all(
                map(self._kept.has, used.names)
            ):  # another process was just letting go of it
                self._write_row(call, result, error, seconds, used)
            self._look()
        except Exception as problem:  # noqa: BLE001 - a full disk, a plugin: never the caller's
            self._give_up(problem)

    def _write_row(
        self, call: RecordedCall, result: Any, error: str, seconds: float, used: _Used
    ) -> None:
        from poet.cases._json import to_json

        inputs, missing = to_json(call.inputs, used)
        value, _ = to_json(result, used)
        names = {}
        for name, tree in call.names.items():
            held, lost = to_json(tree, used)
            if not lost:  # else it is what the module's import makes of it
                names[name] = held
        row = {
            "execution_id": call.execution_id,
            "function": self.function,
            "file": self.file,
            "version": call.version,
            "at": call.at,
            "fingerprint": self._known,
            "missing": "; ".join(dict.fromkeys(missing))[:1000],
            "inputs": inputs,
            **({"names": names} if names else {}),
            "outcome": {
                "kind": "raised" if error else "returned",
                "value": value,
                "error": error,
                "seconds": seconds,
            },
        }
        self._kept.write(self.function, self.file, call.execution_id, row)

    def _look(self) -> None:
        """Let go of the oldest, now and then."""
        now = self.clock()
        if self._kept.written < self.max_bytes // 20 and now - self._looked < _LOOK_EVERY:
            return
        self._looked = now
        self._kept.prune(self.max_bytes, self.days, now)

    def _give_up(self, error: Exception) -> None:
        self.failed += 1
        if self.failed == 1:
            what = error.what if isinstance(error, PoetError) else repr(error)
            warnings.warn(
                f"inputs of {self.function} are not recorded: {what:.300}; calls go on",
                PoetWarning,
                stacklevel=3,
            )


def recorder_for(target: Target, home: Path, fingerprint: Callable[[], str]) -> Recorder:
    """Return what records the calls of a function as its options and settings say."""
    from poet.cases._held import held_by

    settings = load_settings(target.path.parent)
    original = target.original
    return Recorder(
        home,
        target.qualname,
        file_in_project(target.path),
        share=settings.record_share if target.options.record == "sampled" else 1.0,
        max_mb=settings.record_mb,
        days=settings.retention_days,
        fingerprint=fingerprint,
        yields=inspect.isgeneratorfunction(original) or inspect.isasyncgenfunction(original),
        held=held_by(original),
    )


def recorded(home: Path, execution_id: str) -> Recorded | None:
    """Return what was recorded of an execution; None where nothing is kept (any more).

    Raises:
        CaseError: It is there and cannot be read.
    """
    kept = _open(home)
    path = kept.find(execution_id)
    return None if path is None else _read(kept, path)


def recordings(
    home: Path, function: str, file: str, *, since: float = 0.0, whole: bool = True
) -> Iterator[Recorded]:
    """Yield what was recorded of a function's executions, oldest first; damaged ones are skipped.

    Args:
        home: Folder of live state.
        function: The function's qualified name.
        file: Its module's file, relative to the project.
        since: Seconds since 1970 (UTC), inclusive.
        whole: Only those whose inputs are all there, which can be run again.
    """
    kept = _open(home)
    for path in kept.files(function, file):
        try:
            found = _read(kept, path, since=since, whole=whole)
        except CaseError:
            continue
        if found is not None:
            yield found


def prune(home: Path, *, max_mb: int, days: float, now: float | None = None) -> Pruned:
    """Let go of recorded inputs that are too old or too much, the oldest first; say how many."""
    return _open(home).prune(max_mb << 20, days, time.time() if now is None else now)


def _open(home: Path) -> Kept:
    from poet.cases._kept import Kept
    from poet.cases._writer import flush

    flush()
    return Kept(home)


def _read(kept: Kept, path: Path, *, since: float = 0.0, whole: bool = False) -> Recorded | None:
    from poet.cases._values import read_value

    try:
        row = kept.read(path)
        if float(row["at"]) < since or (whole and row["missing"]):
            return None
        inputs = read_value(row["inputs"], kept, keep=True)
        args, kwargs = inputs if isinstance(inputs, list) else ((), {})
        outcome = row["outcome"]
        value = read_value(outcome["value"], kept, keep=False)
        return Recorded(
            str(row["execution_id"]),
            str(row["function"]),
            str(row["file"]),
            row["version"],
            float(row["at"]),
            args,
            kwargs,
            Outcome(outcome["kind"], value, str(outcome["error"]), float(outcome["seconds"])),
            str(row["fingerprint"]),
            str(row["missing"]),
            {k: read_value(v, kept, keep=True) for k, v in row.get("names", {}).items()},
        )
    except CaseError as error:
        raise CaseError(error.what, where=str(path), hint=error.hint) from None
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
        raise CaseError(
            f"this recorded execution cannot be read: {error!r:.300}", where=str(path)
        ) from None
