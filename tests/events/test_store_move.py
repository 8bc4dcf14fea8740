"""Moving from one store to another: nothing is lost, nothing is done twice, and it may be repeated."""

from __future__ import annotations

import itertools

import pytest
from event_store_helpers import KINDS, World, drain, make, numbers

from poet.errors import ConfigError, EventStoreError
from poet.events.move import migrate
from poet.events.store import MAX_ATTEMPTS

PAIRS = list(itertools.permutations(KINDS, 2))


@pytest.fixture(params=PAIRS, ids=lambda pair: "-to-".join(pair))
def pair(request, tmp_path):
    """Two stores of one home."""
    server = request.getfixturevalue("redis_server") if "redis" in request.param else None
    worlds = [World(kind, tmp_path / "home", server, tmp_path.name) for kind in request.param]
    yield worlds
    for world in worlds:
        world.close()


def filled(store):
    """Put 12 events down: 0-2 done, 3 dead, 4 handed back twice, 5 held, the rest new."""
    store.publish([make(n, f"k{n}") for n in range(6)])
    claims = store.claim("c")
    store.ack(claims[:3])
    for _ in range(MAX_ATTEMPTS - 1):
        store.nack(claims[3:4], reason="no good")
        claims[3:4] = store.claim("c", limit=1)
    store.nack(claims[3:4], reason="no good")
    store.nack(claims[4:5])
    store.nack(store.claim("c", limit=1))
    store.publish([make(n, f"k{n}") for n in range(6, 10)])
    store.publish([make(10), make(11)])
    list(drain(store, group="other", limit=2))


def check(store, *, also=()):
    assert numbers(store.query()) == [*range(12), *also]
    assert store.groups() == ["learn", "other"]
    assert store.claim("c", group="other") == [] or also
    (letter,) = store.dead()
    assert letter.event.payload["n"] == 3
    assert (letter.attempts, letter.reason) == (MAX_ATTEMPTS, "no good")
    counts = store.counts()
    assert (counts["done"], counts["dead"], counts["claimed"]) == (3, 1, 0)


def test_everything_comes_along(pair):
    """After moving to another store all would be learnt again, or what was given up forgotten."""
    source, target = pair[0].open(), pair[1].open()
    filled(source)
    told = []
    first = migrate(source, target, progress=told.append, batch=5)
    assert (first.events, first.new, first.groups) == (12, 12, ("learn", "other"))
    assert told == [5, 10, 12]
    check(target)
    again = migrate(source, target)
    assert (again.events, again.new) == (12, 0)
    check(target)
    claims = {c.event.payload["n"]: c for c in target.claim("c")}
    assert claims.keys() >= {4, 5, 6, 7, 8, 9, 10}
    assert claims[4].attempt == 3
    assert claims[6].attempt == 1
    assert list(source.query()) == list(target.query())


def test_stopped_in_the_midst_and_run_again(pair):
    """A migration that was interrupted would have to begin anew, or leave every event twice."""
    source, target = pair[0].open(), pair[1].open()
    filled(source)

    def stop(count):
        if count >= 6:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        migrate(source, target, progress=stop, batch=3)
    assert 0 < len(list(target.query())) < 12
    done = migrate(source, target, batch=3)
    assert done.new == 6
    check(target)


def test_what_either_store_has_done_is_done(pair):
    """Consumers that go on in both stores while they move would deal with things twice."""
    source, target = pair[0].open(), pair[1].open()
    source.publish([make(n, f"k{n}") for n in range(4)])
    source.ack(source.claim("c", limit=1))
    migrate(source, target)
    target.ack(target.claim("c", limit=1))  # 1, in the new store
    source.publish([make(4, "k4")])
    later = source.claim("c", limit=2)
    assert numbers(later) == [1, 2]
    source.ack(later[1:])  # 2, in the old one
    assert migrate(source, target).new == 1
    assert numbers(drain(target)) == [3, 4]


def test_one_store_is_not_moved_to_itself(tmp_path):
    """A slip of the pen would have a store rewrite itself."""
    world = World("sqlite", tmp_path / "home")
    with pytest.raises(ConfigError, match="one store"):
        migrate(world.open(), world.open())
    world.close()


def test_a_target_that_fails_leaves_the_source(tmp_path):
    """A migration to a server that is down would lose what it had read."""
    source = World("sqlite", tmp_path / "home").open()
    source.publish([make(n) for n in range(3)])
    pytest.importorskip("redis")
    from poet.events.redis import RedisStore

    target = RedisStore("redis://127.0.0.1:1/0?timeout=0.05", tmp_path / "home")
    with pytest.raises(EventStoreError, match="Redis failed"):
        migrate(source, target)
    assert numbers(drain(source)) == [0, 1, 2]
    source.close()
