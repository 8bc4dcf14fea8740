"""The queue of a project: the store that its settings name, opened once for each process."""

from __future__ import annotations

import os
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

from poet.errors import ConfigError, nearest
from poet.settings import home_for, load_settings

if TYPE_CHECKING:
    from poet.events.store import EventStore

__all__ = ["OWN_STORES", "Opener", "open_store", "register_store", "store_for"]

Opener = Callable[[str, Path], "EventStore"]
"""Opens a store: its address and the folder of live state."""


def _files(_url: str, home: Path) -> EventStore:
    from poet.events.files import FileStore

    return FileStore(home)


def _sqlite(url: str, home: Path) -> EventStore:
    from poet.events.sqlite import SqliteStore

    return SqliteStore(url, home)


def _redis(url: str, home: Path) -> EventStore:
    from poet.events.redis import RedisStore

    return RedisStore(url, home)


_openers: dict[str, Opener] = {
    "files": _files,
    "sqlite": _sqlite,
    "redis": _redis,
    "rediss": _redis,
    "unix": _redis,
}
OWN_STORES = frozenset(_openers)
"""Schemes that no plugin may take."""
_open: dict[tuple[str, Path], EventStore] = {}
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_open.clear)


def register_store(scheme: str, opener: Opener) -> None:
    """Have ``opener`` open the stores whose addresses begin with ``scheme``; plugins bring such."""
    _openers[scheme] = opener


def open_store(url: str, home: Path) -> EventStore:
    """Open a store; each call opens another.

    Raises:
        ConfigError: No store has that scheme; with the nearest.
        EventStoreError: It cannot be opened.
    """
    scheme = url.partition(":")[0]
    if scheme not in _openers:
        # Only for a store that is not known here, a lower floor has an upper one asked: it registers
        # what plugins bring.
        import_module("poet.plugins").loaded()
    opener = _openers.get(scheme)
    if opener is None:
        raise ConfigError(
            f"no event store {url!r}{nearest(scheme, _openers)}",
            hint="known: files, sqlite:///path/to/file.db, redis://host:port/0",
        )
    return opener(url, home)


def store_for(home: Path | None = None, url: str | None = None) -> EventStore:
    """Return this process's store for a folder of live state, opened at the first use.

    Args:
        home: By default that of the project around the working folder.
        url: By default what the setting ``event_store`` says.
    """
    settings = load_settings()
    key = (url or settings.event_store, home or home_for(Path.cwd(), settings))
    store = _open.get(key)
    if store is None:
        store = _open.setdefault(key, open_store(*key))
    return store
