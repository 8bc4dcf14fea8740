"""The ``redis`` event store: Streams on a Redis server, for the processes of many machines."""

from __future__ import annotations

from poet.events.redis._store import RedisStore

__all__ = ["RedisStore"]
