"""``f.poet``: a decorated function's versions, and what its calls run."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from pathlib import Path
from threading import Lock
from time import perf_counter_ns
from typing import TYPE_CHECKING, Any, NamedTuple

from poet.errors import PoetError
from poet.events import new_event, store_event
from poet.registry import Target, remember, spec_for
from poet.runtime._execution import Execution, last
from poet.serving import Served, resolve, watch
from poet.settings import Settings, file_in_project, home_for, load_settings
from poet.spec import FunctionSpec
from poet.store import BASELINE, FunctionStore, locate, withdraw

if TYPE_CHECKING:
    from poet.cases.recording import Recorder
    from poet.isolation import Isolation
    from poet.workers import WorkerState

__all__ = ["FunctionHandle", "Run", "register", "registered"]

RECHECK_NS = 1_000_000_000


def _never(*_: Any, **__: Any) -> None:
    raise AssertionError("a call before anything was resolved")


_LIMBO = Served(_never, None, "missing", "", Path(), events=False)


class Run(NamedTuple):
    """A call's value beside its execution, for callers a context variable cannot serve.

    Attributes:
        value: What the function returned.
        id: The execution's id.
    """

    value: Any
    id: str


class FunctionHandle:
    """What hangs on a decorated function as ``f.poet``.

    Attributes:
        target: The undecorated function and where it stands.
        served: What calls run now.
    """

    def __init__(self, target: Target, given: Mapping[str, Any]) -> None:
        self.target = target
        self.given = given  # the decorator's options as written
        self.proxy: Callable[..., Any] | None = None
        self.served = _LIMBO
        self.due = 0  # perf_counter_ns at which to look for changes
        self._seen: tuple[object, ...] = ()
        self._lock = Lock()
        self._file = ""
        self.recorder: Recorder | None = None  # where inputs of calls are kept

    def __repr__(self) -> str:
        return f"<poet {self.target.qualname} of {self.target.path.name}>"

    @property
    def store(self) -> FunctionStore:
        """The function's versions on disk."""
        store = locate(self.target.path, self.target.qualname)
        store.lock_timeout = load_settings(self.target.path.parent).lock_timeout
        return store

    @property
    def spec(self) -> FunctionSpec:
        """The function's spec, read from its source now."""
        return spec_for(self.target.path, self.target.qualname, self.target.options)[0]

    @property
    def versions(self) -> list[str]:
        """Names of the stored versions, oldest first."""
        return self.store.names()

    @property
    def current(self) -> str | None:
        """Name of the current version, None if there is none."""
        return self.store.current()

    @property
    def isolation(self) -> Isolation | None:
        """Where the version that calls run runs, and why; None for the baseline or before a call."""
        return self.served.isolation

    @property
    def worker(self) -> WorkerState | None:
        """How the version fares in its workers; None where it runs in none."""
        return self.served.remote.state if self.served.remote is not None else None

    def promote(self, version: int | str, reason: str = "promoted by hand") -> str:
        """Make a stored version current and return its name.

        Raises:
            StoreError: It is not stored, was edited, or current moved meanwhile.
        """
        name = f"v{version}" if isinstance(version, int) else version
        store = self.store
        store.promote(name, expected=store.current_or_none(), reason=reason)
        self.reload()
        return name

    def rollback(self, reason: str = "rolled back by hand") -> str:
        """End an override or a trial, else promote the version before current; return what serves.

        Raises:
            StoreError: There is none before it.
        """
        store = self.store
        before = store.current()
        home = home_for(self.target.path.parent, load_settings(self.target.path.parent))
        if withdraw(home, store.folder, before, reason) is not None:
            self.reload()
            return before or BASELINE
        name = store.rollback_target()
        store.promote(name, expected=store.current(), reason=reason, action="rollback")
        self.reload()
        return name

    def diff(self, before: int | str | None = None, after: int | str | None = None) -> str:
        """Return the unified diff between two versions' code (by default: parent and current).

        Raises:
            StoreError: A version is not stored.
        """
        from poet.store import diff_versions

        names = [f"v{n}" if isinstance(n, int) else n for n in (before, after)]
        return diff_versions(self.store, *names)

    def run(self, *args: Any, **kwargs: Any) -> Any:
        """Call the function and return a :class:`Run`; an awaitable of one for an async function.

        Raises:
            PoetError: The function yields its values, and so has not run when it returns.
        """
        if self.proxy is None:
            raise PoetError(f"{self.target.qualname} has no proxy to run")
        if inspect.isgeneratorfunction(self.proxy) or inspect.isasyncgenfunction(self.proxy):
            raise PoetError(
                f"{self.target.qualname} yields its values: its execution ends with the last one",
                hint="call it, and ask poet.last_execution() when it has ended",
            )
        if inspect.iscoroutinefunction(self.proxy):
            return self._run_async(args, kwargs)
        value = self.proxy(*args, **kwargs)
        execution = last.get()
        return Run(value, execution.id if execution else "")

    async def _run_async(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Run:
        assert self.proxy is not None
        value = await self.proxy(*args, **kwargs)
        execution = last.get()
        return Run(value, execution.id if execution else "")

    def reload(self) -> None:
        """Have the next call look at the store again."""
        self.due = 0
        self._seen = ()

    def refresh(self, now: int) -> None:
        """Look for another version to serve; called at most once a second."""
        with self._lock:
            if now < self.due and self._seen:
                return
            seen = watch(self.store, self.served.home)
            if not self._seen or seen != self._seen:
                before, served = self.served.beside, resolve(self.target, _make_missing)
                if before and served.beside and before.trial == served.beside.trial:
                    served = served._replace(beside=before)  # what it has counted goes on
                self.served = served
                self._seen = watch(self.store, self.served.home)
                self.recorder = self._recorder()
            self.due = perf_counter_ns() + RECHECK_NS

    def _recorder(self) -> Recorder | None:
        """Return what records calls from now on; None where the options or the gate say not to."""
        served, target = self.served, self.target
        if target.options.record == "off" or (served.state == "off" and not served.events):
            return None
        if self.recorder is not None:
            return self.recorder
        from poet.cases.recording import recorder_for

        return recorder_for(target, served.home, lambda: self.spec.fingerprint)

    def begin(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Execution:
        """Return the execution of one call that starts now; look for another version if it is time."""
        now = perf_counter_ns()
        if now > self.due:
            self.refresh(now)
        served = self.served
        if served.error is not None:
            raise served.error.with_traceback(None)
        execution = Execution(self.target.qualname, served.version)
        execution.call = served.function
        if served.beside is not None:
            served.beside.begin(execution, args, kwargs)
        if self.recorder is not None:
            execution.kept = self.recorder.begin(execution.id, execution.version, args, kwargs)
        return execution

    def finish(
        self, execution: Execution, error: BaseException | None, started: int, value: Any = None
    ) -> None:
        """Note the end of a call and write its event."""
        execution.duration_ns = perf_counter_ns() - started
        execution.call = _never
        if error is not None and not isinstance(error, GeneratorExit):  # closed: no failure
            execution.error = type(error).__name__
        last.set(execution)
        if self.served.events:
            self._file = self._file or file_in_project(self.target.path)
            _record(execution, self.served, self._file)
        if execution.kept is not None and self.recorder is not None:
            self.recorder.end(execution.kept, value, error, execution.duration_ns / 1e9)
        beside = execution.beside
        if beside is not None:
            (beside[0] if isinstance(beside, tuple) else beside).end(execution, value)


def _record(execution: Execution, served: Served, file: str) -> None:
    payload: dict[str, Any] = {
        "function": execution.function,
        "file": file,
        "version": execution.version,
        "duration_ms": execution.duration_ns / 1e6,
        "outcome": "returned" if execution.error is None else "raised",
        "error": execution.error,
    }
    if execution.facts:
        payload["facts"] = execution.facts
    event = new_event(
        "function.execution",
        payload,
        correlation_id=execution.id,
        environment=served.environment,
    )
    try:
        store_event(event, served.home)
    except PoetError as error:  # a fact that is not JSON: the event goes without it
        payload["facts"] = {"refused": error.what}
        store_event(event, served.home)


_making = Lock()


def _make_missing(target: Target, settings: Settings) -> str | None:
    """Make a missing version at a function's first call; return why that was not possible."""
    from poet.lifecycle import enhance

    del settings
    with _making:
        try:
            result = enhance(
                target.path,
                target.qualname,
                target.options,
                module=target.original.__module__,
                reason="made at the first call (mode auto)",
                overrides={"llm": "off"},  # a call never spends
            )
        except PoetError as error:
            return str(error)
    return None if result.good else result.message


_functions: dict[tuple[str, str], FunctionHandle] = {}


def register(handle: FunctionHandle) -> bool:
    """Remember a decorated function; say whether its file had one of that name before."""
    _functions[handle.target.key] = handle
    return remember(handle.target) is not None


def registered() -> list[FunctionHandle]:
    """Return the decorated functions this process imported, in order of import."""
    return list(_functions.values())
