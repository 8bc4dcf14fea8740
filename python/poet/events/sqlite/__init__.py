"""The ``sqlite`` event store: one database file for the processes of one machine."""

from __future__ import annotations

from poet.events.sqlite._store import SqliteStore

__all__ = ["SqliteStore"]
