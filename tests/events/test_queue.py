"""The public face of the queue: publish, query, subscribe, and which store they use."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
import threading

import pytest

from poet import events
from poet.errors import ConfigError, EventError, EventStoreError, PoetWarning
from poet.events import new_event, queue
from poet.events.queue import open_store, register_store, store_for
from poet.events.store import MAX_ATTEMPTS


def numbers(items) -> list[int]:
    return [getattr(i, "event", i).payload["n"] for i in items]


def until_empty(home, handler, count, **options):
    """Subscribe until ``count`` events were handled or failed, or a minute is over."""
    seen, stop = [], threading.Event()
    timer = threading.Timer(60, stop.set)
    timer.start()

    def handle(event):
        seen.append(event)
        if len(seen) >= count:
            stop.set()
        handler(event)

    try:
        taken = events.subscribe(handle, stop=stop, home=home, **options)
    finally:
        timer.cancel()
    return seen, taken


def test_publish_and_query(tmp_path, monkeypatch):
    """What was published could not be found by type, function, time or number."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "pyproject.toml").write_text('[tool.poet]\nenvironment = "staging"\n')
    first = events.publish("drift.detected", {"n": 1, "function": "f"}, correlation_id="x")
    events.publish_many([new_event("drift.validation", {"n": n, "function": "g"}) for n in (2, 3)])
    events.emit("other.thing", {"n": 4})
    assert numbers(events.query()) == [1, 2, 3, 4]
    assert numbers(events.query("drift.*")) == [1, 2, 3]
    assert numbers(events.query("drift.*", "g")) == [2, 3]
    assert numbers(events.query(limit=2, newest_first=True)) == [4, 3]
    assert numbers(events.query(days=1)) == [1, 2, 3, 4]
    assert numbers(events.query(days=0)) == []
    (one,) = events.query(correlation_id="x")
    assert (one.id, one.metadata["environment"]) == (first, "staging")
    assert numbers(events.query(since=one.timestamp)) == [1, 2, 3, 4]
    assert numbers(events.read()) == [1, 2, 3, 4]


def test_publish_says_what_it_could_not_store(tmp_path):
    """What must not be lost would be dropped with a warning, as telemetry is."""
    home = tmp_path / "file"
    home.write_text("")
    with pytest.raises(EventStoreError, match="POET_HOME"):
        events.publish("a.b", {}, home=home)
    with pytest.raises(EventError, match=r"payload\.x"):
        events.publish("a.b", {"x": float("nan")}, home=tmp_path)
    assert list(events.query(home=tmp_path)) == []


def test_subscribe_hands_over_each_event_once(tmp_path):
    """Events would be handled twice, or those of other types be taken for them."""
    for n in range(5):
        events.emit(("drift.detected", "other.thing")[n % 2], {"n": n}, home=tmp_path)
    seen, taken = until_empty(tmp_path, lambda event: None, 3, types=["drift.*"])
    assert numbers(seen) == [0, 2, 4]
    assert taken == 3
    store = store_for(tmp_path, "files")
    assert store.claim("c") == []
    assert store.counts()["done"] == 5
    assert numbers(store.claim("c", group="another")) == [0, 1, 2, 3, 4]


def test_a_handler_that_raises_gets_the_event_again(tmp_path, monkeypatch):
    """One bad event would stop the subscriber, or be lost at the first hiccup of a service."""
    monkeypatch.setattr("poet.events._subscribe._DELAY", 0.0)
    events.publish_many(
        [new_event("a.b", {"n": n}, correlation_id=str(n)) for n in range(3)], home=tmp_path
    )
    calls: list[int] = []

    def handler(event):
        calls.append(event.payload["n"])
        if event.payload["n"] == 1:
            raise ValueError("no such model")

    _, taken = until_empty(tmp_path, handler, 2 + MAX_ATTEMPTS)
    assert taken == 2
    assert sorted(calls) == [0, *[1] * MAX_ATTEMPTS, 2]
    (letter,) = store_for(tmp_path, "files").dead()
    assert letter.event.payload["n"] == 1
    assert letter.reason == "ValueError: no such model"


def test_an_interrupt_hands_back_what_was_claimed(tmp_path):
    """After Ctrl-C a hundred events would be out of reach until their lease ends."""
    events.publish_many(
        [new_event("a.b", {"n": n}, correlation_id=str(n)) for n in range(5)], home=tmp_path
    )

    def handler(event):
        if event.payload["n"] == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        events.subscribe(handler, home=tmp_path)
    assert numbers(store_for(tmp_path, "files").claim("c")) == [2, 3, 4]


def test_events_of_one_process_wait_for_a_failed_one(tmp_path, monkeypatch):
    """A configuration change would be applied before the one it corrects."""
    monkeypatch.setattr("poet.events._subscribe._DELAY", 0.0)
    for n in range(3):
        events.emit("config.changed", {"n": n}, home=tmp_path)
    done: list[int] = []
    failures = [True, True]

    def handler(event):
        if event.payload["n"] == 1 and failures:
            failures.pop()
            raise OSError("later")
        done.append(event.payload["n"])

    until_empty(tmp_path, handler, 5)
    assert done == [0, 1, 2]


def test_a_killed_subscriber_loses_nothing(tmp_path):
    """The event that a worker was busy with when it was killed would never be handled."""
    events.publish("a.b", {"n": 1}, home=tmp_path)
    code = """
        import os, signal, sys
        from pathlib import Path
        from poet.events import subscribe
        subscribe(lambda e: os.kill(os.getpid(), signal.SIGKILL), home=Path(sys.argv[1]), lease=0.05)
    """
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code), str(tmp_path)], check=False, timeout=60
    )
    assert done.returncode == -signal.SIGKILL
    seen, _ = until_empty(tmp_path, lambda event: None, 1)
    assert numbers(seen) == [1]


def test_the_configured_store_is_used_on_the_call_path(tmp_path, monkeypatch):
    """With a database configured the calls would go on writing files that nobody reads."""
    monkeypatch.setenv("POET_EVENT_STORE", f"sqlite:///{tmp_path}/q.db")
    events.emit("a.b", {"n": 1}, home=tmp_path)
    events.publish("a.b", {"n": 2}, home=tmp_path)
    assert events.store_event(new_event("a.b", {"n": 3}), tmp_path)
    assert not (tmp_path / "events" / "pending").exists()
    assert numbers(events.query(home=tmp_path)) == [1, 2, 3]
    seen, _ = until_empty(tmp_path, lambda event: None, 3)
    assert numbers(seen) == [1, 2, 3]
    monkeypatch.setenv("POET_EVENT_STORE", "files")  # seen at once
    events.emit("a.b", {"n": 4}, home=tmp_path)
    assert numbers(events.query(home=tmp_path)) == [4]


class Broken:
    """A store that is down."""

    url = "broken"

    def emit(self, event):
        raise EventStoreError("it is down")

    publish = emit


def test_a_store_that_is_down_fails_no_call(tmp_path, monkeypatch):
    """A call would fail because the database of its telemetry is being restarted."""
    monkeypatch.setattr(queue, "_openers", dict(queue._openers))
    register_store("broken", lambda url, home: Broken())
    monkeypatch.setenv("POET_EVENT_STORE", "broken:x")
    with pytest.warns(PoetWarning, match="it is down"):
        assert events.emit("a.b", {"n": 1}, home=tmp_path)
    assert events.emit("a.b", {"n": 2}, home=tmp_path)
    assert events.dropped(tmp_path) == 2
    with pytest.raises(EventStoreError):
        events.publish("a.b", {}, home=tmp_path)


def test_an_unknown_store_is_named(tmp_path):
    """A typing error in the settings would be a puzzle."""
    with pytest.raises(ConfigError, match="did you mean 'rediss'"):
        open_store("rediss3://x", tmp_path)


def test_store_for_follows_settings_and_forks(tmp_path, monkeypatch):
    """Each call would open another connection, or a forked worker use its parent's."""
    monkeypatch.setenv("POET_HOME", str(tmp_path))
    mine = store_for()
    assert mine is store_for(tmp_path)
    mine.publish([new_event("a.b", {"n": 1})])
    read, write = os.pipe()
    child = os.fork()
    if not child:
        os.write(write, b"same" if store_for() is mine else b"other")
        os._exit(0)
    os.waitpid(child, 0)
    assert os.read(read, 10) == b"other"
    os.close(read)
    os.close(write)
