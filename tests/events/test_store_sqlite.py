"""What is special about the SQLite store: its file, its locks, its checkpoints."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import threading
import time

import pytest
from event_store_helpers import World, drain, make, numbers, several

from poet.errors import EventStoreError
from poet.events.sqlite import SqliteStore
from poet.events.sqlite import _database as database
from poet.events.store import MAX_ATTEMPTS


@pytest.fixture
def world(tmp_path):
    made = World("sqlite", tmp_path / "home")
    yield made
    made.close()


@pytest.mark.parametrize(
    ("url", "path"),
    [
        ("sqlite:///events.db", "home/events.db"),
        ("sqlite:///a/b.db", "home/a/b.db"),
        ("sqlite://", "home/events/events.db"),
        ("sqlite:///{tmp}/x.db", "x.db"),
    ],
)
def test_addresses(tmp_path, url, path):
    """The events would be in another file than the setting says."""
    store = SqliteStore(url.replace("{tmp}", str(tmp_path)), tmp_path / "home")
    store.publish(several(1))
    assert (tmp_path / path).is_file()
    store.close()


def test_any_tool_reads_the_payload(world):
    """Nobody could look into the queue without POET."""
    store = world.open()
    store.publish([make(1, "x", text="ü")])
    store.close()
    with sqlite3.connect(world.home / "events.db") as other:
        row = other.execute(
            "SELECT type, correlation_id, json_extract(payload, '$.text') FROM events"
        )
        assert row.fetchone() == ("drift.noise_issue", "x", "ü")
        assert other.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    other.close()


def test_threads_share_a_sync(world, monkeypatch):
    """Ten threads that publish at once would each wait for ten syncs of the device."""
    store = world.open()
    store.publish([make(0)])
    seen: list[int] = []
    plain = database.Database._transaction

    def slow(self, connection, jobs):
        seen.append(len(jobs))
        time.sleep(0.05)  # as a slow device
        plain(self, connection, jobs)

    monkeypatch.setattr(database.Database, "_transaction", slow)
    threads = [threading.Thread(target=store.publish, args=([make(n, str(n))],)) for n in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(seen) == 12
    assert len(seen) < 6
    assert len(list(store.query())) == 13


def test_publish_and_ack_are_synced_and_emit_is_not(world, monkeypatch):
    """A power cut would take what was acknowledged; or a call would wait for the device."""
    store = world.open()
    modes = []
    plain = database.Database.write
    monkeypatch.setattr(
        database.Database, "write",
        lambda self, work, *, durable: (modes.append(durable), plain(self, work, durable=durable))[1],
    )  # fmt: skip
    store.publish([make(0)])
    store.emit(make(1))
    store.ack(store.claim("c"))
    assert modes == [True, False, False, True]
    (level,) = store._database.read("PRAGMA synchronous")[0]
    assert level == 2  # FULL


def test_the_log_is_copied_into_the_file(world):
    """The write-ahead log would grow for as long as a process runs."""
    store = world.open()
    for start in range(0, 60, 2):
        store.publish([make(n, str(n), text="x" * 200_000) for n in (start, start + 1)])
    assert (world.home / "events.db").stat().st_size > 4e6
    assert (world.home / "events.db-wal").stat().st_size < 3 * database.WAL_BYTES


def test_a_writer_that_stands_still_is_named(world):
    """A stopped process would hang all others without a word."""
    code = """
        store.publish([new_event("a.b", {"n": 0})])
        with store._database._turn():
            print("held", flush=True)
            time.sleep(60)
    """
    holder = subprocess.Popen(world.command(code), stdout=subprocess.PIPE, text=True)
    assert holder.stdout.readline() == "held\n"
    holder.send_signal(signal.SIGSTOP)
    store = SqliteStore(world.url, world.home, timeout=0.2)
    with pytest.raises(EventStoreError, match="another process has held") as caught:
        store.publish([make()])
    assert caught.value.where.endswith("events.db.lock")
    holder.kill()
    holder.communicate()
    store.publish([make(5)])
    assert numbers(store.query()) == [0, 5]
    store.close()


def test_a_full_disk_is_told_and_forgotten(world):
    """After a disk was full for a moment the store would be broken, or have lost what it said it has."""
    done = world.run(
        """
        import resource
        from poet.errors import EventStoreError
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        store.publish([new_event("a.b", {"n": 0})])
        resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, resource.RLIM_INFINITY))
        told = ""
        for n in range(1, 9):
            try:
                store.publish([new_event("a.b", {"n": n, "text": "x" * 30_000})])
            except EventStoreError as error:
                told = str(error)
                break
        resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY,) * 2)
        store.publish([new_event("a.b", {"n": 99})])
        found = [e.payload["n"] for e in store.query()]
        assert found == [*range(n), 99], found
        assert "event store failed" in told, told
        print("good")
        """
    )
    assert done.stdout == "good\n", done.stderr


def test_a_damaged_row_is_set_aside(world):
    """One flipped bit would hand learning a wrong figure, or stop it."""
    store = world.open()
    store.publish(several(3))
    store.close()
    other = sqlite3.connect(world.home / "events.db")
    other.execute("""UPDATE events SET payload = '{"n":7}' WHERE seq = 2""")
    other.commit()
    other.close()
    assert numbers(store.query()) == [0, 2]
    assert numbers(drain(store)) == [0, 2]
    counts = store.counts()
    assert (counts["done"], counts["damaged"], counts["waiting"]) == (2, 1, 0)


@pytest.mark.parametrize("content", [b"no database" * 100, b"SQLite format 3\0" + b"\xff" * 4080])
def test_what_is_no_database_is_left_alone(world, content):
    """A wrong path in the settings would have a user's file overwritten."""
    world.home.mkdir()
    path = world.home / "events.db"
    path.write_bytes(content)
    store = world.open()
    with pytest.raises(EventStoreError, match="event store failed"):
        store.publish([make()])
    assert path.read_bytes() == content


def test_another_programs_database_is_left_alone(world):
    """POET would put its tables into the user's own database."""
    world.home.mkdir()
    other = sqlite3.connect(world.home / "events.db")
    other.execute("CREATE TABLE mine (x)")
    other.commit()
    with pytest.raises(EventStoreError, match="another program"):
        world.open().publish([make()])
    assert other.execute("SELECT name FROM sqlite_master").fetchall() == [("mine",)]
    other.close()


def test_a_newer_layout_is_refused(world):
    """After a downgrade the older version would misread what the newer one wrote."""
    store = world.open()
    store.publish([make()])
    store.close()
    other = sqlite3.connect(world.home / "events.db")
    other.execute("PRAGMA user_version=99")
    other.close()
    with pytest.raises(EventStoreError, match="layout 99"):
        store.publish([make()])


def test_a_file_that_was_removed_is_made_again(world):
    """A process whose file was deleted would go on acknowledging events into nowhere."""
    store = world.open()
    store.publish([make(0)])
    for path in world.home.glob("events.db*"):
        path.unlink()
    store.publish([make(1)])
    assert numbers(world.open().query()) == [1]


def test_a_clock_that_runs_back_ends_leases(tmp_path):
    """After a clock was set back a day, what a dead consumer held would wait for a day."""
    now = [1_000_000.0]
    store = SqliteStore("sqlite:///e.db", tmp_path, clock=lambda: now[0])
    store.publish(several(2))
    held = store.claim("a", limit=1)
    store.nack(store.claim("a", limit=1), delay=30.0)
    assert store.claim("b") == []
    now[0] -= 86_400
    assert numbers(store.claim("b")) == [0, 1]
    store.ack(held)
    store.close()


def test_dead_letters_show_without_another_claim(tmp_path):
    """The last delivery of a poison event would be shown as held, for ever."""
    now = [1_000_000.0]
    store = SqliteStore("sqlite:///e.db", tmp_path, clock=lambda: now[0])
    store.publish([make(3)])
    for _ in range(MAX_ATTEMPTS):
        assert store.claim("a", lease=10)
        now[0] += 11
    assert store.counts()["dead"] == 1
    assert numbers(store.dead()) == [3]
    store.close()


@pytest.mark.skipif(
    os.geteuid() == 0, reason="root may write everywhere: run it as another user too"
)
def test_a_folder_that_cannot_be_written(world):
    """A wrong permission would look like an empty queue."""
    world.home.mkdir(mode=0o500)
    with pytest.raises(EventStoreError, match="event store failed") as caught:
        world.open().publish([make()])
    assert "writable" in caught.value.hint
