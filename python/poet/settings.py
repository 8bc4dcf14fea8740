"""Settings: ``[tool.poet]`` in pyproject.toml, then ``POET_*`` variables, then arguments."""

from __future__ import annotations

import os
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal, NamedTuple, cast

from poet.errors import ConfigError, nearest

__all__ = [
    "IsolationMode",
    "Mode",
    "Review",
    "SandboxMode",
    "Settings",
    "allow_making",
    "confine_imports",
    "home_for",
    "imports_confined",
    "load_settings",
    "making_allowed",
    "project_root",
]

Mode = Literal["auto", "locked", "off"]
SandboxMode = Literal["require", "best-effort"]
IsolationMode = Literal["worker", "in-process"]
Review = Literal["approve", "commit"]
_CHOICES = {
    "mode": ("auto", "locked", "off"),
    "sandbox": ("require", "best-effort"),
    "isolation": ("worker", "in-process"),
    "review": ("approve", "commit"),
}
_WHOLE = {"workers": (1, 64), "call_memory_mb": (16, 1 << 20)}
_TRUE = {"1", "true", "yes", "on"}
_FALSE = {"0", "false", "no", "off", ""}


class Settings(NamedTuple):
    """What governs one project's functions.

    Attributes:
        mode: What a *call* may do. ``auto`` makes a missing version by the recipe at the first
            call, ``locked`` never generates and writes nothing inside the checkout, ``off`` runs
            the baseline.
        strict: Refuse a call (``VersionStateError``) instead of falling back to the baseline.
        events: Write ``function.execution`` events.
        home: Where live state goes (``POET_HOME``); None for the default of :func:`home_for`.
        environment: Free name written into every event, such as ``production``.
        disabled_plugins: Names of entry points that are not loaded.
        strict_plugins: Raise when a plugin cannot be loaded.
        verify_timeout: Seconds one check of the gate may take.
        tests_timeout: Seconds one run of the user's tests as evidence may take.
        lock_timeout: Seconds to wait for another process that is writing the same function.
        sandbox: For candidates that no recipe made. ``require`` refuses to judge one where a layer
            of confinement is missing; ``best-effort`` records what was missing.
        isolation: Where a version that no recipe made and nobody approved runs. ``worker``: in a
            confined worker. ``in-process``: nowhere, for no worker is started; it waits.
        review: What approves it: ``approve``, the command; ``commit``, also a commit in git.
        workers: How many workers this process keeps at most.
        call_timeout: Seconds one call in a worker may take, and wait for a free one.
        call_memory_mb: Megabytes a worker may use besides what it has loaded.
    """

    mode: Mode = "auto"
    strict: bool = False
    events: bool = True
    home: Path | None = None
    environment: str = "development"
    disabled_plugins: tuple[str, ...] = ()
    strict_plugins: bool = False
    verify_timeout: float = 30.0
    tests_timeout: float = 600.0
    lock_timeout: float = 60.0
    sandbox: SandboxMode = "require"
    isolation: IsolationMode = "worker"
    review: Review = "approve"
    workers: int = 2
    call_timeout: float = 30.0
    call_memory_mb: int = 1024


def project_root(start: Path) -> Path | None:
    """Return the nearest folder at or above ``start`` that holds a pyproject.toml, or None."""
    for folder in (start, *start.parents):
        if (folder / "pyproject.toml").is_file():
            return folder
    return None


def load_settings(start: Path | None = None) -> Settings:
    """Return the settings of the project around ``start`` (the working folder if None).

    Raises:
        ConfigError: An unknown key or an impossible value, with the nearest known name.
    """
    root = project_root((start or Path.cwd()).absolute())
    return _load(
        root, tuple(sorted((k, v) for k, v in os.environ.items() if k.startswith("POET_")))
    )


@lru_cache(maxsize=64)
def _load(root: Path | None, environ: tuple[tuple[str, str], ...]) -> Settings:
    values: dict[str, Any] = {}
    if root is not None:
        values.update(_from_pyproject(root / "pyproject.toml"))
    for variable, text in environ:
        key = variable.removeprefix("POET_").lower()
        if key in Settings._fields and (text or key != "home"):
            values[key] = _parse(key, text, variable)
    return Settings(**values)


def _from_pyproject(path: Path) -> dict[str, Any]:
    text = path.read_text(encoding="utf-8")
    if "poet" not in text:
        return {}
    import tomllib

    try:
        table = tomllib.loads(text).get("tool", {})
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"not valid TOML: {error}", where=str(path)) from error
    table = table.get("poet", {}) if isinstance(table, dict) else table
    if not isinstance(table, dict):
        raise ConfigError(f"[tool.poet] is {table!r}, not a table", where=str(path))
    values = {}
    for key, value in table.items():
        if key not in Settings._fields:
            raise ConfigError(
                f"unknown key {key!r}{nearest(key, Settings._fields)}",
                where=f"[tool.poet] in {path}",
                hint="known keys: " + ", ".join(Settings._fields),
            )
        parsed = _parse(key, value, f"[tool.poet] {key} in {path}")
        values[key] = path.parent / parsed if isinstance(parsed, Path) else parsed
    return values


def _parse(key: str, value: object, where: str) -> object:
    if key in _CHOICES:
        if value not in _CHOICES[key]:
            known = ", ".join(_CHOICES[key])
            raise ConfigError(f"{key} {value!r} is not one of {known}", where=where)
        return value
    if key in _WHOLE:
        low, high = _WHOLE[key]
        text = str(value).strip()
        if isinstance(value, bool) or not (text.isascii() and text.isdecimal()):
            raise ConfigError(f"{value!r} is not a whole number", where=where)
        if not low <= int(text) <= high:
            raise ConfigError(f"{key} {text} is not from {low} to {high}", where=where)
        return int(text)
    if key in ("strict", "events", "strict_plugins"):
        if isinstance(value, bool):
            return value
        text = str(value).strip().lower()
        if text not in _TRUE | _FALSE:
            raise ConfigError(f"{value!r} is not true or false", where=where)
        return text in _TRUE
    if key in ("verify_timeout", "tests_timeout", "lock_timeout", "call_timeout"):
        try:
            seconds = -1.0 if isinstance(value, bool) else float(cast("str", value))
        except (TypeError, ValueError):
            seconds = -1.0
        if not 0 < seconds < 86_400:
            raise ConfigError(f"{value!r} is not a number of seconds above 0", where=where)
        return seconds
    if key == "disabled_plugins":
        items = value.split(",") if isinstance(value, str) else value
        if not isinstance(items, list) or not all(isinstance(item, str) for item in items):
            raise ConfigError(f"{value!r} is not a list of names", where=where)
        return tuple(item.strip() for item in items if item.strip())
    if not isinstance(value, str):
        raise ConfigError(f"{value!r} is not text", where=where)
    return Path(value).expanduser() if key == "home" else value


def home_for(folder: Path, settings: Settings) -> Path:
    """Return the folder of live state for functions in ``folder``; it need not exist.

    ``POET_HOME`` where set; else ``.poet/home`` of the project root, unless the mode is
    ``locked``, which writes nothing inside a checkout; else the user's state folder.
    """
    if settings.home is not None:
        return settings.home
    root = project_root(folder)
    if root is not None and settings.mode != "locked":
        return root / ".poet" / "home"
    from platformdirs import user_state_path

    return user_state_path("poet", appauthor=False)


_making = [True]


def allow_making(allowed: bool) -> None:
    """Say whether a call may make a missing version; a test run never does, whatever the mode."""
    _making[:] = [allowed]


def making_allowed() -> bool:
    """Return what :func:`allow_making` was last told."""
    return _making[0]


_confined = [False]


def confine_imports() -> None:
    """Say that this process is a confined worker: it has no project, and ``@poet`` only marks."""
    _confined[:] = [True]


def imports_confined() -> bool:
    """Return whether :func:`confine_imports` was called."""
    return _confined[0]
