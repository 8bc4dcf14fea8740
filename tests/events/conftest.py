"""A store of each kind for the tests of the queue; Redis where a server can be started."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from event_store_helpers import KINDS, World
from redis_helpers import Server, missing

from poet.events.store import EventStore


@pytest.fixture(scope="session")
def redis_server(tmp_path_factory) -> Iterator[Server]:
    """One server for the tests that leave it running."""
    why = missing()
    if why:
        pytest.skip(why)
    server = Server(tmp_path_factory.mktemp("redis"))
    yield server
    server.kill()


@pytest.fixture(params=KINDS)
def world(request, tmp_path) -> Iterator[World]:
    """A store of each kind, empty."""
    server = request.getfixturevalue("redis_server") if request.param == "redis" else None
    made = World(request.param, tmp_path / "home", server, tmp_path.name)
    yield made
    made.close()


@pytest.fixture
def store(world) -> EventStore:
    """The store, open in this process."""
    return world.open()
