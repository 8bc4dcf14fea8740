"""What a call runs: the current version if it is fresh and unedited, else the baseline, visibly."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from poet.errors import (
    NoSourceError,
    PoetError,
    PoetWarning,
    StoreError,
    VersionStateError,
)
from poet.events import new_event, store_event
from poet.isolation import Isolation, decide, fully_confined
from poet.registry import Target, spec_for
from poet.settings import Settings, file_in_project, home_for, load_settings, making_allowed
from poet.spec import Options
from poet.store import BASELINE, FunctionStore, Override, Version, locate, read_override

if TYPE_CHECKING:
    from poet.beside import Beside
    from poet.workers import Remote

__all__ = [
    "SCOPES",
    "Served",
    "State",
    "check_version",
    "force",
    "in_scope",
    "resolve",
    "state_of",
    "watch",
]

State = Literal[
    "fresh", "unchecked", "stale", "missing", "damaged", "unapproved", "overridden", "off"
]
SCOPES = ("missing", "stale", "all")
WARM_SECONDS = 5.0  # to wait for room in the pool before the first call does


class Served(NamedTuple):
    """What a function's calls run from now on.

    Attributes:
        function: The callable.
        version: The version's name, None for the baseline.
        state: Of the current version.
        reason: One line where the baseline runs although a version was wanted.
        home: Folder of live state.
        events: Whether calls write events.
        environment: Written into every event.
        error: In strict mode, what each call raises instead.
        isolation: Where the version runs and why; None for the baseline.
        remote: What runs it, where that is a worker.
        beside: The version that is tried beside it; None for none.
    """

    function: Callable[..., Any]
    version: str | None
    state: State
    reason: str
    home: Path
    events: bool
    environment: str = ""
    error: PoetError | None = None
    isolation: Isolation | None = None
    remote: Remote | None = None
    beside: Beside | None = None


# What the gate's test runner puts in place of what the store says.
# What each function was when a version was first served for it: the file may change under a process.
_loaded: dict[tuple[str, str], tuple[Callable[..., Any], str]] = {}
_force_all: list[Callable[[Target], Callable[..., Any] | None]] = []


def force(chooser: Callable[[Target], Callable[..., Any] | None] | None) -> None:
    """Have ``chooser`` decide what every function runs; None gives the store its say again."""
    _force_all[:] = [] if chooser is None else [chooser]


def watch(store: FunctionStore, home: Path) -> tuple[object, ...]:
    """Return a value that changes when another version may have to be served."""
    stamps = []
    for path in (store.folder / "current", store.folder / "log.jsonl", home / "overrides.json"):
        try:
            stat = path.stat()
            stamps.append((stat.st_mtime_ns, stat.st_ino, stat.st_size))
        except OSError:
            stamps.append((0, 0, 0))
    return tuple(stamps)


def resolve(
    target: Target, make_missing: Callable[[Target, Settings], str | None] | None = None
) -> Served:
    """Decide what the function's calls run, and what is tried beside it.

    Args:
        target: The function.
        make_missing: Makes a missing version and returns why it could not; None never makes one.
    """
    settings = load_settings(target.path.parent)
    home = home_for(target.path.parent, settings)
    served = _main(target, settings, home, make_missing)
    if _force_all or settings.mode == "off" or served.error is not None:
        return served
    return served._replace(beside=_beside(target, settings, home))


def _main(
    target: Target,
    settings: Settings,
    home: Path,
    make_missing: Callable[[Target, Settings], str | None] | None,
) -> Served:
    if _force_all:
        chosen = _force_all[0](target)
        return Served(chosen or target.original, None, "off", "", home, events=False)
    events = (settings.events, settings.environment)
    if settings.mode == "off":
        return Served(target.original, None, "off", "mode is off", home, *events)
    state, version, reason = _select(target, home)
    if (
        state == "missing"
        and make_missing is not None
        and settings.mode == "auto"
        and making_allowed()
    ):
        why_not = make_missing(target, settings)
        state, version, reason = _select(target, home)
        reason = why_not or reason
    isolation = None
    if version is not None:
        try:
            function, isolation, remote = _runner(target, version, settings, home)
            if function is not None:
                return Served(
                    function, version.name, state, reason, home, *events,
                    isolation=isolation, remote=remote,
                )  # fmt: skip
            state, reason = "unapproved", isolation.reason
        except Exception as error:  # noqa: BLE001 - a version that cannot load must not stop calls
            state, reason = "damaged", f"{version.name} cannot be loaded: {error!r}"
    if state == "overridden":  # to the baseline, on purpose, by an override
        return Served(target.original, None, state, reason, home, *events)
    failure = VersionStateError(
        f"{target.qualname} has no version to serve: {reason}",
        where=str(locate(target.path, target.qualname).folder),
        hint=f"run: {_next_step(target, state)}",
    )
    if settings.strict:
        return Served(
            target.original, None, state, reason, home, *events, error=failure, isolation=isolation
        )
    if state != "missing" or settings.mode == "locked" or making_allowed():
        _announce(target, state, reason, home, settings)
    return Served(target.original, None, state, reason, home, *events, isolation=isolation)


def _runner(
    target: Target, version: Version, settings: Settings, home: Path
) -> tuple[Callable[..., Any] | None, Isolation, Remote | None]:
    """Return what runs a version, in this process or in a worker; None where it has to wait."""
    store = locate(target.path, target.qualname)
    isolation = decide(target.path, target.qualname, target.options, store, version, settings)
    if isolation.where == "in-process":
        return _load(target, version), isolation, None
    if isolation.where == "worker":
        from poet.workers import remote_for

        assert isolation.spec is not None
        remote = remote_for(
            target, version, isolation.spec, settings, home,
            require=fully_confined(version), still_right=_still_right,
        )  # fmt: skip
        problem = remote.warm(WARM_SECONDS)
        if not problem:
            return remote.function, isolation, remote
        reason = f"{isolation.reason}, and a worker cannot run it: {problem}"
        isolation = isolation._replace(where="waiting", reason=reason)
    return None, isolation, None


def _beside(target: Target, settings: Settings, home: Path) -> Beside | None:
    """Return the version that is tried beside what is served, None for none; never an error."""
    store = locate(target.path, target.qualname)
    trial: Override | None = None
    try:
        trial = read_override(home, store.folder, store.current())
        if trial is None or not trial.is_trial:
            return None
        version = store.read(trial.serve)
        if not store.is_logged(version, for_trial=True):
            raise StoreError(f"log.jsonl does not say that {trial.serve} was accepted")
        state, reason = check_version(target.path, target.qualname, target.options, version)
        if state not in ("fresh", "unchecked"):
            raise StoreError(reason)
        function, isolation, _ = _runner(target, version, settings, home)
        if function is None:
            raise StoreError(isolation.reason)
        from poet.beside import Beside

        return Beside(
            version.name, function, trial, home=home, folder=store.folder,
            events=settings.events, environment=settings.environment,
            file=file_in_project(target.path),
        )  # fmt: skip
    except Exception as error:  # noqa: BLE001 - a trial that cannot be made stops no call
        if trial is not None:
            what = error.what if isinstance(error, PoetError) else repr(error)
            warnings.warn_explicit(
                f"{trial.serve} of {target.qualname} is not tried ({trial.mode}): {what}",
                PoetWarning,
                filename=str(target.path),
                lineno=target.original.__code__.co_firstlineno,
            )
        return None


def _select(target: Target, home: Path) -> tuple[State, Version | None, str]:
    """Return the state of what the store and the overrides name, and the version if it may run."""
    store = locate(target.path, target.qualname)
    try:
        current = store.current()
        override = read_override(home, store.folder, current)
        if override is not None and override.is_trial:
            override = None
        if override is not None and override.serve == BASELINE:
            return "overridden", None, f"override to the baseline: {override.reason}"
        name = override.serve if override is not None else current
        if name is None:
            return "missing", None, "no version is stored"
        version = store.read(name)
        logged = store.is_logged(version)
    except StoreError as error:
        return "damaged", None, f"{error.what}; {error.hint}" if error.hint else error.what
    if not logged:
        return "damaged", None, f"log.jsonl holds no promotion bound to {name}'s code and record"
    state, reason = check_version(target.path, target.qualname, target.options, version)
    known = _loaded.get(target.key)
    if known is None or known[0] is not target.original:
        if state == "fresh":
            _loaded[target.key] = (target.original, version.fingerprint)
    elif state == "fresh" and known[1] != version.fingerprint:
        return (
            "stale",
            None,
            f"{name} was made for the source on disk, not for the one imported here",
        )
    if state not in ("fresh", "unchecked"):
        return state, None, reason
    return ("overridden" if override is not None else state), version, reason


def check_version(
    path: Path, qualname: str, options: Options, version: Version
) -> tuple[State, str]:
    """Return whether a stored version is made for the function as it is now, and why not.

    Raises:
        ConfigError, FunctionError: The function itself cannot be read.
    """
    try:
        spec, _ = spec_for(path, qualname, options, installed=version.metadata.get("first_party"))
    except NoSourceError:
        return "unchecked", "no source ships with the module: the record's fingerprint is taken"
    if spec.fingerprint != version.fingerprint:
        return "stale", f"{version.name} was made for another state of the function or its options"
    return "fresh", ""


def state_of(path: Path, qualname: str, options: Options) -> str:
    """Return the state of a function's current version on disk.

    That is ``missing``, one that :func:`check_version` tells, or ``damaged``.
    """
    store = locate(path, qualname)
    try:
        name = store.current()
        if name is None:
            return "missing"
        return check_version(path, qualname, options, store.read(name))[0]
    except PoetError:
        return "damaged"


def in_scope(state: str, scope: str) -> bool:
    """Say whether functions in that state are made anew.

    Args:
        state: Of a function.
        scope: One of ``SCOPES``.
    """
    wanted = {"missing": ("missing",), "stale": ("missing", "stale", "damaged")}
    return scope == "all" or state in wanted[scope]


def _load(target: Target, version: Version) -> Callable[..., Any]:
    from poet.runtime._binding import load_code

    return load_code(
        version.code,
        str(version.folder / "code.py"),
        target.qualname.rpartition(".")[2],
        target.original,
        version.metadata.get("user_names", ()),
    )


def _still_right(target: Target, version: Version) -> str:
    """Return why the files on disk are not those that this process imported; empty if they are."""
    state, reason = check_version(target.path, target.qualname, target.options, version)
    return "" if state == "fresh" else f"the files changed under this process: {reason}"


def _next_step(target: Target, state: State) -> str:
    name = target.qualname
    if state == "unapproved":
        return f"poet approve {name}"
    if state in ("stale", "missing"):
        return f"pytest --poet-regenerate (or: poet generate {name})"
    if state == "damaged":
        return f"git checkout -- .poet/{name} (or: poet generate {name} --force)"
    return f"poet status {name}"


def _announce(target: Target, state: State, reason: str, home: Path, settings: Settings) -> None:
    code = target.original.__code__
    warnings.warn_explicit(
        f"{target.qualname} runs as it was written, for its version is {state}: {reason}. "
        f"Next: {_next_step(target, state)}",
        PoetWarning,
        filename=str(target.path),
        lineno=code.co_firstlineno,
    )
    if settings.events:
        event = new_event(
            "function.fallback",
            {"function": target.qualname, "state": state, "reason": reason},
            environment=settings.environment,
        )
        store_event(event, home)
