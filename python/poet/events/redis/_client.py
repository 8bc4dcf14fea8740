"""The connection: addresses, retries with back-off, errors in words, what the server is set to."""

from __future__ import annotations

import os
import time
import warnings
from collections.abc import Callable, Sequence
from threading import Lock
from typing import TYPE_CHECKING, Any, TypeVar, cast
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit
from weakref import WeakSet

from poet.errors import ConfigError, EventStoreError, PoetWarning

if TYPE_CHECKING:
    from redis import Redis

__all__ = ["Client"]

T = TypeVar("T")
FIRST_WAIT, LONGEST_WAIT = 0.02, 1.0
WHILE_AWAY = 0.25
"""Seconds to wait for a server that was away at the last attempt too."""


class Client:
    """A connection to a Redis server that may be away for a while.

    Args:
        url: As ``redis-py`` takes it; besides, ``?prefix=`` names the keys (``poet``), and
            ``?timeout=`` the seconds to wait for a server that is away (5).
    """

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        asked = dict(parse_qsl(parts.query))
        self.prefix = "{" + asked.pop("prefix", "poet") + "}"  # one slot of a cluster
        try:
            self.timeout = float(asked.pop("timeout", "5"))
        except ValueError:
            raise ConfigError(f"timeout in {_public(url)!r} is not a number of seconds") from None
        self._url = urlunsplit(parts._replace(query=urlencode(asked)))
        self.where = _public(self._url)
        self._redis: Redis | None = None
        self._checked = False
        self._scripts: dict[str, Any] = {}
        self._lock = Lock()
        self._away = False
        _clients.add(self)

    def forget(self) -> None:
        """In a forked child: leave the parent's connections alone, and its locks."""
        self._lock = Lock()
        if self._redis is not None:
            # Its destructor would close the pool, under a lock that a thread of the parent may
            # have held: nobody frees that here.
            self._redis.auto_close_connection_pool = False
        self._redis = None
        self._scripts = {}

    def run(self, script: str, *given: Any, timeout: float | None = None) -> Any:
        """Run a script on the server and return what it returns.

        Raises:
            EventStoreError: It could not be run within ``timeout`` seconds.
        """

        def work(redis: Redis) -> Any:
            known = self._scripts.get(script)
            if known is None:
                known = self._scripts[script] = redis.register_script(script)
            return known(keys=[self.prefix], args=given)

        return self.do(work, timeout=timeout)

    def ask(self, *command: object) -> Any:
        """Run one command and return what it returns, as bytes and lists of them."""
        return self.do(lambda redis: cast("Any", redis).execute_command(*command))

    def ask_many(self, commands: Sequence[Sequence[object]]) -> list[Any]:
        """Run commands that only read, in one journey."""

        def work(redis: Redis) -> list[Any]:
            pipe: Any = redis.pipeline(transaction=False)
            for command in commands:
                pipe.execute_command(*command)
            return list(pipe.execute())

        return self.do(work) if commands else []

    def do(self, work: Callable[[Redis], T], *, timeout: float | None = None) -> T:
        """Run ``work``, again after a wait while the server is away; it must bear a repetition."""
        import redis.exceptions as known

        wait = FIRST_WAIT
        patience = self.timeout if timeout is None else timeout
        end = time.monotonic() + (min(patience, WHILE_AWAY) if self._away else patience)
        while True:
            try:
                result = work(self._connected())
                self._away = False
                return result
            except (known.ConnectionError, known.TimeoutError, OSError) as error:
                if isinstance(error, (known.AuthenticationError, known.AuthorizationError)):
                    raise self._error(
                        error, "check the user and the password in the address"
                    ) from error
                left = end - time.monotonic()
                if left <= 0:
                    self._away = True
                    raise self._error(
                        error,
                        "is the server running? events that were emitted wait on this machine",
                    ) from error
                time.sleep(min(wait, left))
                wait = min(wait * 2, LONGEST_WAIT)
            except known.RedisError as error:
                raise self._error(error, _hint(str(error))) from error

    def close(self) -> None:
        """Let go of the connections; the next use opens others."""
        with self._lock:
            if self._redis is not None:
                self._redis.close()
            self._redis = None
            self._scripts.clear()

    def _error(self, error: Exception, hint: str) -> EventStoreError:
        return EventStoreError(f"Redis failed: {error}", where=self.where, hint=hint)

    def _connected(self) -> Redis:
        with self._lock:
            if self._redis is None:
                self._redis = self._connect()
            redis = self._redis
        if not self._checked:
            self._check(redis)
            self._checked = True
        return redis

    def _connect(self) -> Redis:
        try:
            from redis import Redis
            from redis.backoff import NoBackoff
            from redis.retry import Retry
        except ImportError as error:
            raise EventStoreError(
                "the package redis is not installed", hint="pip install 'poet-ml[redis]'"
            ) from error
        options: dict[str, Any] = {
            "socket_timeout": max(self.timeout, 0.1),
            "socket_connect_timeout": max(self.timeout, 0.1),
            "retry": Retry(NoBackoff(), 0),  # waits are ours
            "protocol": 2,
        }
        if self._url.startswith("unix"):
            options.pop("socket_connect_timeout")
        try:
            return Redis.from_url(self._url, **options)
        except (ValueError, TypeError) as error:
            raise ConfigError(
                f"{self.where!r} is no address of a Redis server: {error}",
                hint="such as redis://localhost:6379/0",
            ) from error

    def _check(self, redis: Any) -> None:
        """Warn where the server is set to lose what it has acknowledged."""
        import redis as package

        try:
            said = {
                name: _text(redis.execute_command("CONFIG", "GET", name)[1])
                for name in ("appendonly", "appendfsync", "maxmemory", "maxmemory-policy")
            }
        except (package.ResponseError, IndexError, KeyError):  # a service may not allow it
            return
        wrong = []
        if said["appendonly"] != "yes":
            wrong.append("appendonly is no: a restart may lose every event")
        elif said["appendfsync"] != "always":
            wrong.append(
                f"appendfsync is {said['appendfsync']}: a power cut loses what was acknowledged last"
            )
        if said["maxmemory"] != "0" and said["maxmemory-policy"] != "noeviction":
            wrong.append(
                f"maxmemory-policy is {said['maxmemory-policy']}: full memory drops events"
            )
        if wrong:
            warnings.warn(
                f"the Redis server at {self.where} may lose events: {'; '.join(wrong)}. Set "
                "appendonly yes, appendfsync always, maxmemory-policy noeviction.",
                PoetWarning,
                stacklevel=2,
            )


def _text(value: object) -> str:
    return value.decode() if isinstance(value, bytes) else str(value)


def _public(url: str) -> str:
    """Return an address without its password."""
    parts = urlsplit(url)
    host = parts.netloc.rpartition("@")[2]
    return urlunsplit(parts._replace(netloc=host))


def _hint(text: str) -> str:
    if "OOM" in text or "'maxmemory'" in text:
        return "the server's memory is full: raise maxmemory, or run: poet events retire"
    if "MISCONF" in text or "No space" in text:
        return "the server cannot write to its disk: make room there"
    if "READONLY" in text:
        return "the server is a replica: name the primary"
    if "WRONGTYPE" in text:
        return "other data stands under these names: choose others with ?prefix=…"
    if "unknown command" in text.lower() or "syntax" in text.lower():
        return "Redis 6.2 or later is needed"
    return "what was stored before is safe"


_clients: WeakSet[Client] = WeakSet()


def _forked() -> None:
    for client in list(_clients):
        client.forget()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forked)
