"""Windows saved as plain data, and taken up again."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib import import_module
from typing import TYPE_CHECKING, Any

from poet.errors import ConfigError, StatsInputError

if TYPE_CHECKING:
    from poet_domain_ml_monitoring.windows._window import Windows

__all__ = ["reading", "tagged", "windows_from_dict"]

VERSION = 1
_HERE = "poet_domain_ml_monitoring.windows"
_MODULES = {
    "AdaptiveWindows": "_adaptive",
    "FixedWindows": "_rows",
    "SlidingWindows": "_rows",
    "TimeWindows": "_time",
}


def windows_from_dict(state: Any) -> Windows:
    """Return the windows whose `to_dict` this is, of whichever class.

    Raises:
        StatsInputError: A damaged state, or that of something else.
    """
    name = state.get("type") if isinstance(state, Mapping) else None
    if not isinstance(name, str) or name not in _MODULES:
        raise _unreadable(f"{name!r} is no class of windows")
    found = getattr(import_module(f"{_HERE}.{_MODULES[name]}"), name).from_dict(dict(state))
    windows: Windows = found
    return windows


def tagged(windows: object, **fields: Any) -> dict[str, Any]:
    """Return the fields of a state under the name of its class."""
    return {"type": type(windows).__name__, "version": VERSION, **fields}


@contextmanager
def reading(cls: type[object], state: Any) -> Iterator[None]:
    """Turn what goes wrong with a state into one clear error.

    Raises:
        StatsInputError: A damaged state, or that of another class.
    """
    if not isinstance(state, Mapping) or state.get("type") != cls.__name__:
        other = state.get("type") if isinstance(state, Mapping) else type(state).__name__
        raise _unreadable(f"it is that of {other!r}, not of {cls.__name__!r}")
    if state.get("version") != VERSION:
        raise _unreadable(f"its format is {state.get('version')!r}, this one reads {VERSION}")
    try:
        yield
    except (KeyError, TypeError, ConfigError, ValueError, AttributeError) as error:
        if isinstance(error, StatsInputError):
            raise
        raise _unreadable(f"it is damaged ({type(error).__name__}: {error})") from error


def _unreadable(why: str) -> StatsInputError:
    return StatsInputError(
        f"the state of the windows cannot be read: {why}",
        where="state",
        hint="pass what to_dict() returned, unchanged",
    )
