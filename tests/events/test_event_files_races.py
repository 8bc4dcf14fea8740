"""The ``files`` store between two steps: another process asks, clears away or dies at that instant."""

from __future__ import annotations

import fcntl
import os
import threading

from poet.events import new_event
from poet.events.files import FileStore, _log
from poet.events.files._journal import Journal, _line


def test_a_segment_is_locked_though_somebody_asks_just_then(tmp_path, monkeypatch):
    """A segment that lost its lock would be cleared away as finished while its writer goes on."""
    plain = _log.take

    def take(fd):
        asking = os.open(f"/proc/self/fd/{fd}", os.O_RDONLY)
        fcntl.flock(asking, fcntl.LOCK_SH)
        over = threading.Timer(0.2, os.close, (asking,))
        over.start()
        plain(fd)
        over.join()

    monkeypatch.setattr(_log, "take", take)
    store = FileStore(tmp_path)
    store.publish([new_event("a.b", {})])
    (name,) = store.folders.names("pending")
    assert not store.folders.writer_is_gone(name)
    store.close()
    assert store.folders.writer_is_gone(name)


def test_two_may_ask_at_once_whether_a_writer_is_gone(tmp_path):
    """A worker forked while its parent asked would keep a segment from ever being cleared away."""
    store = FileStore(tmp_path)
    store.publish([new_event("a.b", {})])
    store.close()
    (name,) = store.folders.names("pending")
    with (store.folders.pending / name).open("rb") as other:
        fcntl.flock(other, fcntl.LOCK_SH)
        assert store.folders.writer_is_gone(name)


def test_clearing_away_leaves_a_segment_that_is_just_begun(tmp_path):
    """``publish`` would fail, or store in a file without a name, when another process clears away."""
    store = FileStore(tmp_path)
    store.publish([new_event("a.b", {})])
    begun, abandoned = (store.folders.pending / f".{n}-1-a.jsonl.new" for n in (1, 2))
    begun.touch()
    abandoned.touch()
    os.utime(abandoned, (1, 1))
    store.retire()
    assert begun.exists()
    assert not abandoned.exists()


def test_a_repaired_journal_is_not_read_twice(tmp_path):
    """Each claim would count as two deliveries, and an event be given up as poison too early."""
    path = tmp_path / "journal.jsonl"
    path.write_bytes(_line({"op": "first"}) + b'{"op":"claim","at":"' + b"x" * 500)  # a kill cut it
    mine, other = Journal(path), Journal(path)
    assert [op["op"] for op in mine.catch_up(lambda: None)] == ["first"]
    said = [{"op": "claim", "n": n} for n in range(5)]
    for op in said:
        mine.append([op])
        assert mine.catch_up(lambda: None) == []
    assert other.catch_up(lambda: None)[1:] == said
    other.append([{"op": "ack"}])
    assert mine.catch_up(lambda: None) == [{"op": "ack"}]
