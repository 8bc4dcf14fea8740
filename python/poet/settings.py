"""Settings: ``[tool.poet]`` in pyproject.toml, then ``POET_*`` variables, then arguments."""

from __future__ import annotations

import os
from collections.abc import Mapping
from functools import lru_cache
from math import isfinite
from pathlib import Path
from typing import Any, Literal, NamedTuple, cast

from poet.errors import ConfigError, nearest

__all__ = [
    "IsolationMode",
    "Limits",
    "Llm",
    "Mode",
    "Price",
    "Review",
    "SandboxMode",
    "Settings",
    "allow_making",
    "confine_imports",
    "file_in_project",
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
Llm = Literal["auto", "off", "replay", "live"]
_CHOICES = {
    "llm": ("auto", "off", "replay", "live"),
    "mode": ("auto", "locked", "off"),
    "sandbox": ("require", "best-effort"),
    "isolation": ("worker", "in-process"),
    "review": ("approve", "commit"),
}
_WHOLE = {
    "workers": (1, 64),
    "record_mb": (1, 1 << 20),
    "reviewers": (1, 100),
    "call_memory_mb": (16, 1 << 20),
    "candidates": (1, 20),
    "tries": (1, 20),
    "parallel": (1, 200),
    "max_tokens": (64, 1_000_000),
}
_SECONDS = (
    "verify_timeout", "tests_timeout", "lock_timeout", "call_timeout", "model_timeout", "cool_down",
)  # fmt: skip
_OPTIONAL = ("home", "model", "api_base", "temperature", "price")
_TRUE = {"1", "true", "yes", "on"}
_FALSE = {"0", "false", "no", "off", ""}


class Limits(NamedTuple):
    """What models may use: written ``{usd = 0.5, calls = 10}``, or ``usd=0.5,calls=10`` as text.

    Attributes:
        usd: US dollars.
        tokens: Of requests and answers together.
        calls: Calls of a provider, repeated ones included.
        seconds: Wall time from the first call to the last answer.
    """

    usd: float = 0.5
    tokens: int = 200_000
    calls: int = 12
    seconds: float = 600.0


class Price(NamedTuple):
    """What a model costs, where its library does not know or the contract says otherwise.

    Attributes:
        input: US dollars for a million tokens of the request.
        output: US dollars for a million tokens of the answer.
    """

    input: float
    output: float


class Settings(NamedTuple):
    """What governs one project's functions.

    Attributes:
        mode: What a *call* may do. ``auto`` makes a missing version by the recipe at the first
            call, ``locked`` never generates and writes nothing inside the checkout, ``off`` runs
            the baseline.
        strict: Refuse a call (``VersionStateError``) instead of falling back to the baseline.
        events: Write ``function.execution`` events.
        event_store: Where events are kept: ``files``, ``sqlite:///path`` or ``redis://host:port/0``.
        retention_days: Days after which events and recorded inputs are archived or dropped.
        record_share: Of executions whose inputs ``record="sampled"`` keeps, from 0 to 1.
        record_mb: Megabytes of recorded inputs that are kept on this machine.
        source: Who says what ``feedback`` says; empty for the user's login name.
        reviewers: How many sources a judgement needs before it acts; 1 for a single user.
        cool_down: Seconds between versions of a function that are made for its rates.
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
        llm: Whether a model is asked. ``off``: never, the recipe writes. ``replay``: only recorded
            answers. ``live``: recorded answers first, then ``model``. ``auto``: ``live`` where a
            model is named, else ``replay`` where answers are recorded, else ``off``.
        provider: What asks the model: ``litellm`` or one that a plugin brings.
        model: As the provider knows it, such as ``openai/gpt-5``; None for no model.
        api_base: Address of an OpenAI-compatible server.
        candidates: How many candidates are sought side by side.
        tries: Answers that each of them may take: the first, and repairs of it.
        parallel: Calls of the provider in flight at most.
        max_tokens: The most one answer may have.
        temperature: Handed to the model; None leaves it to the model.
        model_timeout: Seconds one call of the provider may take.
        budget: What one function may use.
        run_budget: What one run may use for all its functions.
        price: What the model costs; None to ask the provider.
    """

    mode: Mode = "auto"
    strict: bool = False
    events: bool = True
    event_store: str = "files"
    retention_days: float = 30.0
    record_share: float = 0.1
    record_mb: int = 256
    source: str = ""
    reviewers: int = 2
    cool_down: float = 3600.0
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
    llm: Llm = "auto"
    provider: str = "litellm"
    model: str | None = None
    api_base: str | None = None
    candidates: int = 1
    tries: int = 3
    parallel: int = 8
    max_tokens: int = 8192
    temperature: float | None = None
    model_timeout: float = 120.0
    budget: Limits = Limits()
    run_budget: Limits = Limits(5.0, 2_000_000, 200, 3600.0)
    price: Price | None = None


def project_root(start: Path) -> Path | None:
    """Return the nearest folder at or above ``start`` that holds a pyproject.toml, or None."""
    for folder in (start, *start.parents):
        if (folder / "pyproject.toml").is_file():
            return folder
    return None


def file_in_project(path: Path) -> str:
    """Return how events name a module's file: relative to its project, with ``/``; else its name."""
    root = project_root(path.parent)
    return path.relative_to(root).as_posix() if root is not None else path.name


def load_settings(
    start: Path | None = None, overrides: Mapping[str, object] | None = None
) -> Settings:
    """Return the settings of the project around ``start`` (the working folder if None).

    Args:
        start: A folder of the project.
        overrides: What arguments say: key to value, as text or as TOML holds it; None for what
            was not said.

    Raises:
        ConfigError: An unknown key or an impossible value, with the nearest known name.
    """
    root = project_root((start or Path.cwd()).absolute())
    settings = _load(
        root, tuple(sorted((k, v) for k, v in os.environ.items() if k.startswith("POET_")))
    )
    given = {k: v for k, v in (overrides or {}).items() if v is not None}
    for key in given:
        if key not in Settings._fields:
            raise ConfigError(f"unknown setting {key!r}{nearest(key, Settings._fields)}")
    parsed: dict[str, Any] = {k: _parse(k, v, k, settings) for k, v in given.items()}
    return settings._replace(**parsed)


@lru_cache(maxsize=64)
def _load(root: Path | None, environ: tuple[tuple[str, str], ...]) -> Settings:
    values: dict[str, Any] = {}
    if root is not None:
        values.update(_from_pyproject(root / "pyproject.toml"))
    for variable, text in environ:
        key = variable.removeprefix("POET_").lower()
        if key in Settings._fields and (text or key not in _OPTIONAL):
            values[key] = _parse(key, text, variable, Settings(**values))
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


def _parse(key: str, value: object, where: str, before: Settings | None = None) -> object:
    if key in ("budget", "run_budget"):
        return _limits(key, value, where, getattr(before or Settings(), key))
    if key == "price":
        return _price(value, where)
    if key == "temperature":
        number = _number(value)
        if number is None or not 0 <= number <= 2:
            raise ConfigError(f"temperature {value!r} is not a number from 0 to 2", where=where)
        return number
    if key in ("retention_days", "record_share"):
        high = {"retention_days": 3650.0, "record_share": 1.0}[key]
        number = _number(value)
        if number is None or not 0 < number <= high:
            raise ConfigError(
                f"{key} {value!r} is not a number above 0, at most {high:g}", where=where
            )
        return number
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
    if key in _SECONDS:
        seconds = _number(value)
        none = key == "cool_down"  # no pause at all is one that may be wanted
        if seconds is None or not (0 < seconds < 86_400 or (none and seconds == 0)):
            raise ConfigError(
                f"{value!r} is not a number of seconds {'from' if none else 'above'} 0, and below "
                "86,400",
                where=where,
            )
        return seconds
    if key == "disabled_plugins":
        items = value.split(",") if isinstance(value, str) else value
        if not isinstance(items, list) or not all(isinstance(item, str) for item in items):
            raise ConfigError(f"{value!r} is not a list of names", where=where)
        return tuple(item.strip() for item in items if item.strip())
    if not isinstance(value, str):
        raise ConfigError(f"{value!r} is not text", where=where)
    if key in ("provider", "model", "api_base") and not (value.strip() and value.isprintable()):
        what = f"{value!r}, not one line of text" if value.strip() else "empty"
        raise ConfigError(f"{key} is {what}", where=where, hint="leave the key out for the default")
    if key == "api_base" and not value.startswith(("http://", "https://")):
        raise ConfigError(
            f"api_base {value!r} is no address",
            where=where,
            hint="such as: http://localhost:8000/v1",
        )
    return Path(value).expanduser() if key == "home" else value


def _number(value: object) -> float | None:
    """Return the number that a value or its text is; None where it is none, or not finite."""
    try:
        number = float("nan") if isinstance(value, bool) else float(cast("str", value))
    except (TypeError, ValueError):
        return None
    return number if isfinite(number) else None


def _named_numbers(key: str, value: object, known: tuple[str, ...], where: str) -> dict[str, float]:
    """Return what ``{usd = 0.5}`` or ``usd=0.5,calls=3`` says."""
    given: dict[str, object] = dict(value) if isinstance(value, Mapping) else {}
    for part in value.split(",") if isinstance(value, str) else ():
        name, _, text = (piece.strip() for piece in part.partition("="))
        if name in given:
            raise ConfigError(f"{key} says {name} twice", where=where)
        if name:
            given[name] = text
    example = ",".join(f"{name}=1" for name in known)
    if not given:
        raise ConfigError(f"{key} {value!r} names nothing", where=where, hint=f"such as: {example}")
    found = {}
    for name, said in given.items():
        if name not in known:
            raise ConfigError(
                f"unknown key {name!r} in {key}{nearest(name, known)}",
                where=where,
                hint=f"such as: {example}",
            )
        number = _number(said)
        if number is None or number < 0:
            raise ConfigError(f"{key} {name}={said!r} is not a number of at least 0", where=where)
        found[name] = number
    return found


def _limits(key: str, value: object, where: str, before: Limits) -> Limits:
    if isinstance(value, Limits):
        return value
    given = _named_numbers(key, value, Limits._fields, where)
    for name in ("tokens", "calls"):
        if given.get(name, 0) % 1:
            raise ConfigError(f"{key} {name}={given[name]} is not a whole number", where=where)
    whole = {name: int(n) if name in ("tokens", "calls") else n for name, n in given.items()}
    return before._replace(**whole)  # type: ignore[arg-type]


def _price(value: object, where: str) -> Price:
    if isinstance(value, Price):
        return value
    given = _named_numbers("price", value, Price._fields, where)
    missing = [name for name in Price._fields if name not in given]
    if missing:
        raise ConfigError(
            f"price says nothing of {missing[0]}",
            where=where,
            hint="US dollars for a million tokens, such as: input=0.25,output=2",
        )
    return Price(**given)


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
