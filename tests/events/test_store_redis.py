"""What is special about the Redis store: a server that is away, slow, full or carelessly set up."""

from __future__ import annotations

import os
import signal
import threading
import time
import warnings

import pytest
from event_store_helpers import World, drain, make, numbers, several
from redis_helpers import Server, missing

from poet.errors import ConfigError, EventStoreError, PoetWarning
from poet.events.envelope import encode
from poet.events.redis import RedisStore
from poet.events.redis._spool import Spool, line_of

pytestmark = pytest.mark.skipif(bool(missing()), reason=missing() or "-")


@pytest.fixture(autouse=True)
def no_server_stays(monkeypatch):
    """End every server of a test, however it ends."""
    started = []
    plain = Server.__init__
    monkeypatch.setattr(
        Server, "__init__", lambda self, *a, **k: (started.append(self), plain(self, *a, **k))[1]
    )
    yield
    for server in started:
        server.kill()


@pytest.fixture
def server(tmp_path):
    return Server(tmp_path / "server")


@pytest.fixture
def world(tmp_path, server):
    made = World("redis", tmp_path / "home", server, "p")
    yield made
    made.close()


def test_down_and_back(world, server):
    """What was acknowledged before Redis fell would be gone, or nothing would work after it."""
    store = RedisStore(f"{world.url}&timeout=0.3", world.home)
    store.publish(several(5))
    store.ack(store.claim("c", limit=2))
    server.kill()
    with pytest.raises(EventStoreError, match="Redis failed") as caught:
        store.publish([make(99, "lost")])
    assert "running" in caught.value.hint
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", PoetWarning)
        store.emit(make(5, "k5"))  # waits on this machine
        with pytest.raises(EventStoreError):
            store.claim("c")
    server.start()
    found = numbers(drain(store, lease=0.2))
    assert sorted(found) == [2, 3, 4, 5]
    assert 99 not in numbers(store.query())
    store.close()


def test_publish_waits_for_a_restart(world, server):
    """A restart of the server, of a second, would lose every feedback given meanwhile."""
    store = world.open()
    store.publish([make(0)])
    server.kill()
    again = threading.Timer(0.4, server.start)
    again.start()
    store.publish([make(1, "during")])
    again.join()
    assert numbers(store.query()) == [0, 1]


def test_emitted_while_away_by_a_process_that_ended(world, server):
    """Events of a process that ended while the server was away would be lost."""
    server.kill()
    done = world.run(
        """
        import warnings
        warnings.simplefilter("ignore")
        for n in range(30):
            store.emit(new_event("a.b", {"n": n}))
        os.kill(os.getpid(), signal.SIGKILL)
        """
    )
    assert done.returncode == -9, done.stderr
    server.start()
    store = world.open()
    assert numbers(drain(store)) == list(range(30))
    assert not list((world.home / "events" / "spool").glob("*.jsonl"))


def test_a_server_that_moved_gets_what_waits(tmp_path, world, server):
    """After a move to another address, what waited for the old one would wait for ever."""
    store = world.open()
    server.kill()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        store.emit(make(3))
        store.close()
    other = Server(tmp_path / "other")
    moved = World("redis", world.home, other, "p")
    assert numbers(drain(moved.open())) == [3]
    moved.close()
    other.kill()


def test_a_server_that_answers_nothing(world, server):
    """A server that hangs would hang its clients."""
    store = RedisStore(f"{world.url}&timeout=0.3", world.home)
    store.publish([make(0)])
    server.pause()
    try:
        with pytest.raises(EventStoreError, match="Redis failed"):
            store.publish([make(1)])
    finally:
        server.resume()
    store.publish([make(2)])
    assert {0, 2} <= set(numbers(store.query()))
    store.close()


def test_memory_that_is_full(tmp_path):
    """A full server would silently drop events, or be told of as if it were gone."""
    server = Server(tmp_path / "small", maxmemory="3mb")
    store = RedisStore(f"{server.url}?timeout=1", tmp_path / "home")
    kept = []

    def fill():
        for n in range(60):
            store.publish([make(n, str(n), text="x" * 100_000)])
            kept.append(n)

    with pytest.raises(EventStoreError, match="used memory") as caught:
        fill()
    assert "maxmemory" in caught.value.hint
    assert numbers(store.query())[: len(kept)] == kept
    store.close()
    server.kill()


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"appendonly": "no"}, "appendonly is no"),
        ({"appendfsync": "everysec"}, "appendfsync is everysec"),
        ({"maxmemory": "100mb", "maxmemory-policy": "allkeys-lru"}, "allkeys-lru"),
    ],
)
def test_a_server_that_may_lose_events_is_named(tmp_path, options, words):
    """A server left at its defaults would lose feedback in a power cut, and nobody would know why."""
    server = Server(tmp_path / "server", **options)
    store = RedisStore(server.url, tmp_path / "home")
    with pytest.warns(PoetWarning, match=words):
        store.publish([make()])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        store.publish([make()])
    store.close()
    server.kill()


def test_acknowledged_survives_a_kill_of_the_server(world, server):
    """What publish and ack said is safe would be gone after a crash of the server."""
    store = world.open()
    for n in range(20):
        store.publish([make(n, str(n))])
    store.ack(store.claim("c", limit=8))
    server.kill()
    server.start()
    assert numbers(store.query()) == list(range(20))
    assert sorted(numbers(drain(store))) == list(range(8, 20))


def test_projects_share_a_server(world):
    """Two projects on one server would learn from each other's feedback."""
    one, two = world.open(), RedisStore(f"{world.server.url}?prefix=other", world.home)
    one.publish([make(1)])
    two.publish([make(2)])
    assert numbers(drain(one)) == [1]
    assert numbers(drain(two)) == [2]
    two.close()


def test_a_damaged_entry_is_set_aside(world, server):
    """What somebody wrote into the stream by hand would stop every consumer."""
    import redis

    store = world.open()
    store.publish(several(2))
    raw = redis.Redis(port=server.port)
    raw.xadd("{p}:events", {"id": "x", "key": "=x", "event": "nonsense"})
    raw.hincrby("{p}:n", "stored", 1)
    store.publish([make(3, "k3")])
    assert numbers(drain(store)) == [0, 1, 3]
    assert numbers(store.query()) == [0, 1, 3]
    counts = store.counts()
    assert (counts["done"], counts["damaged"], counts["waiting"]) == (3, 1, 0)
    raw.close()


@pytest.mark.parametrize("url", ["redis://localhost:port/0", "redis://localhost/0?timeout=soon"])
def test_a_wrong_address_is_named(tmp_path, url):
    """A typing error in the settings would be a traceback out of a library."""
    with pytest.raises(ConfigError, match=r"redis|timeout"):
        RedisStore(url, tmp_path).publish([make()])


def test_passwords_are_in_no_message(tmp_path):
    """A log would hold the password of the server."""
    store = RedisStore("redis://me:secret@127.0.0.1:1/0?timeout=0.05", tmp_path)
    with pytest.raises(EventStoreError) as caught:
        store.publish([make()])
    assert "secret" not in str(caught.value)
    assert "127.0.0.1:1" in str(caught.value)


def test_a_torn_line_in_the_spool_hides_nothing(tmp_path):
    """A disk that was full for a moment would lose the events after it too."""
    spool = Spool(tmp_path / "spool")
    lines = [line_of(encode(make(n))) for n in range(4)]
    spool.append(lines[0], "key")
    with spool._path.open("ab") as file:
        file.write(lines[1][:20])
    spool.close()
    for line in lines[2:]:
        spool.append(line, "key")
    sent = []
    spool.forward(lambda key, some: sent.extend(some))
    assert sent == [lines[0], *lines[2:]]
    assert not spool.waits()


def test_emit_does_not_wait_for_the_server(world, server):
    """A call of the user's function would take as long as a server that hangs."""
    store = world.open()
    store.emit(make(0))
    server.pause()
    done = threading.Event()
    threading.Thread(target=lambda: (store.emit(make(1)), done.set()), daemon=True).start()
    assert done.wait(4.0)  # the server's time-out is 5 s
    server.resume()
    assert numbers(drain(store)) == [0, 1]


def test_forwarded_without_being_asked(world):
    """Events of a process that only emits would stay on its machine."""
    store = world.open()
    store.emit(make(0))
    other = RedisStore(f"{world.server.url}?prefix=p", world.home.parent / "elsewhere")
    deadline = time.monotonic() + 20
    while not numbers(other.query()) and time.monotonic() < deadline:
        time.sleep(0.01)
    assert numbers(other.query()) == [0]
    other.close()


def test_a_segment_forwarded_just_now_is_no_error(tmp_path):
    """``emit`` would fail where another process has just forwarded what it had seen waiting."""
    spool = Spool(tmp_path / "spool")
    spool.folder.mkdir()
    (spool.folder / "1-1-a-key.jsonl").symlink_to(tmp_path / "gone")  # listed, and not there
    spool.append(line_of(encode(make(1, "a"))), "key")
    spool.close()
    assert len(list(spool.folder.glob("*-key.jsonl"))) == 2


def test_a_fork_while_a_thread_has_the_connections(world):
    """A server that forks a worker while one of its threads publishes would hang there, for ever."""
    store = RedisStore(world.url, world.home)
    store.publish([make(0, "parent")])
    held, over = threading.Event(), threading.Event()
    pool = store._client._redis.connection_pool

    def taking():
        with pool._lock:  # as for a moment in each command
            held.set()
            over.wait()

    thread = threading.Thread(target=taking)
    thread.start()
    held.wait()
    child = os.fork()
    if child == 0:
        try:
            store.publish([make(1, "child")])
            os._exit(0)
        finally:
            os._exit(1)
    over.set()
    thread.join()
    assert _ended_well(child), "the child hangs, or failed"
    assert sorted(numbers(drain(store))) == [0, 1]
    store.close()


def _ended_well(child):
    """Wait for a child's end and say if it was good; kill a child that does not end."""
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        done, status = os.waitpid(child, os.WNOHANG)
        if done:
            return status == 0
        time.sleep(0.01)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return False
