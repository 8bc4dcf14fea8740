"""The ``files`` store where it is itself: its files, its descriptors and what is left after a fault.

What all stores promise is in ``test_store_conformance.py``.
"""

from __future__ import annotations

import errno
import gzip
import json
import os
import subprocess
import sys
import textwrap
import threading
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from poet.errors import EventStoreError
from poet.events import Event, SegmentLog, encode, frame, new_event, read_segment
from poet.events.files import FileStore, _journal, _log, _window
from poet.events.files._lines import event_of, lines_of
from poet.events.store import MAX_ATTEMPTS


def make(n: int, key: str | None = "", **payload: object) -> Event:
    return new_event("a.b", {"n": n, **payload}, correlation_id=f"k{n}" if key == "" else key)


def numbers(items) -> list[int]:
    return [getattr(i, "event", i).payload["n"] for i in items]


def pending(home):
    return sorted((home / "events" / "pending").glob("*.jsonl"))


def processed(home):
    return sorted((home / "events" / "processed").glob("*.jsonl"))


def in_another_process(code: str, *arguments: object) -> str:
    head = """
        import os, sys, time
        from pathlib import Path
        from poet.events import new_event
        from poet.events.files import FileStore
        store = FileStore(Path(sys.argv[1]))
        make = lambda n, key=None, **p: new_event("a.b", {"n": n, **p}, correlation_id=key or f"k{n}")
    """
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(head) + textwrap.dedent(code), *map(str, arguments)],
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


# What is on the device


def test_threads_share_one_fdatasync(tmp_path, monkeypatch):
    """Ten threads that publish would wait for the device ten times, one after another."""
    syncs = []
    first, waiting = threading.Event(), threading.Event()

    def slow(fd):
        syncs.append(fd)
        first.set()
        waiting.wait(20)

    store = FileStore(tmp_path)
    store.publish([make(0)])
    monkeypatch.setattr(_log, "_fdatasync", slow)
    threads = [threading.Thread(target=store.publish, args=([make(n)],)) for n in range(1, 11)]
    threads[0].start()
    assert first.wait(20)
    for thread in threads[1:]:
        thread.start()
    (path,) = pending(tmp_path)
    while len(list(read_segment(path))) < 11:
        time.sleep(0.001)
    waiting.set()
    for thread in threads:
        thread.join()
    assert len(syncs) == 2
    assert sorted(numbers(store.query())) == list(range(11))


def test_a_batch_is_one_write_and_one_fdatasync(tmp_path, monkeypatch):
    """A hundred events would cost a hundred times as much as one."""
    store = FileStore(tmp_path)
    store.publish([make(0)])
    calls = []
    monkeypatch.setattr(_log, "_fdatasync", lambda fd: calls.append("sync"))
    write = os.write
    monkeypatch.setattr(os, "write", lambda fd, data: calls.append("write") or write(fd, data))
    store.publish([make(n) for n in range(1, 101)])
    assert calls == ["write", "sync"]


def test_a_failed_fdatasync_is_an_error_and_never_tried_again(tmp_path, monkeypatch):
    """The second try would say that all is well, and a power cut would take what was promised."""
    synced: dict[int, int] = {}
    failing = [True]

    def sync(fd):
        inode = os.fstat(fd).st_ino
        synced[inode] = synced.get(inode, 0) + 1
        if failing.pop() if failing else False:
            raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr(_log, "_fdatasync", sync)
    store = FileStore(tmp_path)
    with pytest.raises(EventStoreError, match="durably"):
        store.publish([make(1)])
    store.publish([make(2)])
    store.publish([make(3)])
    one, two = pending(tmp_path)
    assert synced == {one.stat().st_ino: 1, two.stat().st_ino: 2}
    assert numbers(e for e in read_segment(two)) == [2, 3]


def test_a_failed_fdatasync_fails_all_who_wait_for_it(tmp_path, monkeypatch):
    """Of two threads that share the device's answer one would take the failure for success."""
    started, go = threading.Event(), threading.Event()

    def sync(fd):
        started.set()
        go.wait(20)
        raise OSError(errno.EIO, "Input/output error")

    store = FileStore(tmp_path)
    store.publish([make(0)])
    monkeypatch.setattr(_log, "_fdatasync", sync)
    failed = []

    def publish(n):
        try:
            store.publish([make(n)])
        except EventStoreError as error:
            failed.append((n, error))

    threads = [threading.Thread(target=publish, args=(n,)) for n in (1, 2)]
    threads[0].start()
    started.wait(20)
    threads[1].start()
    (path,) = pending(tmp_path)
    while len(list(read_segment(path))) < 3:
        time.sleep(0.001)
    go.set()
    for thread in threads:
        thread.join()
    assert sorted(n for n, _ in failed) == [1, 2]


def test_a_short_write_is_an_error(tmp_path, monkeypatch):
    """A full disk would be acknowledged, and half a line would swallow the next event."""
    store = FileStore(tmp_path)
    store.publish([make(0)])
    write = os.write
    monkeypatch.setattr(os, "write", lambda fd, data: write(fd, data[: len(data) // 2]))
    with pytest.raises(EventStoreError, match="disk may be full"):
        store.publish([make(1), make(2)])
    monkeypatch.undo()
    store.publish([make(3)])
    assert len(pending(tmp_path)) == 2
    found = numbers(store.query())
    assert found[0] == 0
    assert found[-1] == 3
    assert numbers(store.claim("c"))[-1] == 3


def test_new_names_are_made_durable(tmp_path, monkeypatch):
    """A power cut would take the segment with all its events, though each was synced."""
    synced = []
    fsync = os.fsync

    def note(fd):
        synced.append(str(Path(f"/proc/self/fd/{fd}").readlink()))
        fsync(fd)

    monkeypatch.setattr(os, "fsync", note)
    home = tmp_path / "a" / "home"
    FileStore(home).publish([make(0)])
    assert synced[-1] == str(home / "events" / "pending")
    assert {str(tmp_path), str(tmp_path / "a"), str(home), str(home / "events")} <= set(synced)


def test_an_ack_that_was_not_durable_is_said_again(tmp_path, monkeypatch):
    """A consumer that repeats a failed ack would be told all is well though nothing is on the device."""
    store = FileStore(tmp_path)
    store.publish([make(1)])
    claims = store.claim("c")
    real = _log._fdatasync

    def broken(fd):
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr(_log, "_fdatasync", broken)
    with pytest.raises(EventStoreError, match="acknowledged"):
        store.ack(claims)
    monkeypatch.setattr(_log, "_fdatasync", real)
    journal = tmp_path / "events" / "groups" / "learn" / "journal.jsonl"
    before = journal.stat().st_ino
    store.ack(claims)
    assert journal.stat().st_ino != before  # another file, so another descriptor
    store.close()
    assert FileStore(tmp_path).counts()["done"] == 1


# Damage


def test_a_whole_line_after_a_torn_one_is_found(tmp_path):
    """A torn line would take the event after it along, where something joined them."""
    first, second = frame(encode(make(1))), frame(encode(make(2)))
    path = tmp_path / "x.jsonl"
    for length in range(1, len(first)):
        path.write_bytes(first[:length] + second)
        found = [line for line in lines_of(path) if line.body]
        assert [event_of(line.body).payload["n"] for line in found] == [2]
        path.write_bytes(first + second)


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_no_flipped_bit_passes(tmp_path_factory, data):
    """A damaged event would be learnt from as if it had happened."""
    home = tmp_path_factory.mktemp("home")
    store = FileStore(home)
    events = [make(n, text='{"id":"x"}') for n in range(4)]
    store.publish(events)
    store.close()
    (path,) = pending(home)
    content = bytearray(path.read_bytes())
    position = data.draw(st.integers(0, len(content) - 1))
    content[position] ^= 1 << data.draw(st.integers(0, 7))
    path.write_bytes(bytes(content))
    found = [c.event for c in FileStore(home).claim("c")]
    assert all(event in events for event in found)
    assert len(found) >= 2
    assert FileStore(home).counts()["damaged"] >= 1
    for kept in (home / "events" / "damaged").iterdir():
        assert kept.read_bytes() in bytes(content)


@settings(max_examples=40, deadline=None)
@given(st.data())
def test_a_journal_cut_anywhere(tmp_path_factory, data):
    """After a power cut in the middle of an acknowledgement no event could be claimed any more."""
    home = tmp_path_factory.mktemp("home")
    clock = Clock()
    store = FileStore(home, clock=clock)
    store.publish([make(n) for n in range(6)])
    store.ack(store.claim("c", limit=2))
    store.claim("c", limit=2)
    store.close()
    journal = home / "events" / "groups" / "learn" / "journal.jsonl"
    whole = journal.read_bytes()
    journal.write_bytes(whole[: data.draw(st.integers(0, len(whole)))])
    clock.now += 1e6
    again = FileStore(home, clock=clock)
    claims = again.claim("c")
    assert {2, 3, 4, 5} <= set(numbers(claims))
    again.ack(claims)
    assert FileStore(home, clock=clock).claim("c") == []


def test_an_event_of_a_newer_version_waits(tmp_path):
    """After a downgrade what the newer version stored would be thrown away unread."""
    log = SegmentLog(tmp_path)
    newer = json.dumps({**make(1)._asdict(), "tenant": "x"}, separators=(",", ":")).encode()
    log.append_line(frame(newer) + frame(encode(make(2))))
    log.close()
    store = FileStore(tmp_path)
    claims = store.claim("c")
    assert numbers(claims) == [2]
    store.ack(claims)
    assert store.claim("c") == []
    assert store.retire(-1).events == 1
    assert pending(tmp_path)
    assert newer[:-1] in pending(tmp_path)[0].read_bytes()


# Segments on their way


def test_a_segment_is_processed_when_all_are_through_and_its_writer_is_gone(tmp_path):
    """A segment would be moved under its writer's hands, or all would stay in one heap for ever."""
    store = FileStore(tmp_path)
    store.publish([make(0)])
    in_another_process("store.publish([make(1), make(2)])", tmp_path)
    assert len(pending(tmp_path)) == 2
    store.claim("c", group="slow", limit=1)
    while claims := store.claim("c"):
        store.ack(claims)
    assert len(pending(tmp_path)) == 2  # the slow group has not seen all
    while claims := store.claim("c", group="slow", lease=0):
        store.ack(claims, group="slow")
    mine, theirs = pending(tmp_path), processed(tmp_path)
    assert [numbers(read_segment(p)) for p in mine] == [[0]]
    assert [numbers(read_segment(p)) for p in theirs] == [[1, 2]]
    assert numbers(store.query()) == [0, 1, 2]
    assert sorted(numbers(store.claim("c", group="new"))) == [0, 1, 2]


def test_a_question_while_segments_move(tmp_path, monkeypatch):
    """While another process tidies up, a question would miss a segment that is neither here nor there."""
    in_another_process("store.publish([make(1)])", tmp_path)
    store = FileStore(tmp_path)
    names = _window.Folders.names
    (tmp_path / "events" / "processed").mkdir()

    def then_moved(self, *parts):
        found = names(self, *parts)
        for path in pending(tmp_path):
            path.rename(tmp_path / "events" / "processed" / path.name)
        return found

    monkeypatch.setattr(_window.Folders, "names", then_moved)
    for ask in (store.query, store.export, lambda: store.claim("c")):
        assert numbers(ask()) == [1]
        for path in processed(tmp_path):
            path.rename(tmp_path / "events" / "pending" / path.name)
    assert store.counts()["claimed"] == 1


def test_a_killed_writers_segment_is_taken_to_its_end(tmp_path):
    """Half a line at the end of a killed process's segment would keep it pending for ever."""
    in_another_process("store.publish([make(1)])", tmp_path)
    (path,) = pending(tmp_path)
    with path.open("ab") as file:
        file.write(frame(encode(make(2)))[:-5])
    store = FileStore(tmp_path)
    store.ack(store.claim("c"))
    assert store.claim("c") == []
    assert store.claim("c") == []
    assert len(processed(tmp_path)) == 1
    assert store.counts()["damaged"] == 1


def test_retention_takes_single_events_and_gives_the_space_back_at_the_end(tmp_path):
    """One event nobody can deal with would keep a whole segment out of the archive, or lose itself."""
    old = [make(n)._replace(timestamp=f"2020-01-0{n + 1}T00:00:00.000000Z") for n in range(4)]
    store = FileStore(tmp_path)
    store.publish(old)
    claims = store.claim("c")
    store.ack([claims[0], claims[2]])
    done = store.retire()
    assert (done.events, done.bytes_before) == (2, sum(len(frame(encode(old[n]))) for n in (0, 2)))
    assert store.retire().events == 0
    assert numbers(store.query()) == [1, 3]
    assert numbers(store.query(archive=True)) == [0, 1, 2, 3]
    assert store.counts()["archived"] == 2
    store.ack(claims)
    assert store.retire().events == 2
    assert pending(tmp_path) == processed(tmp_path) == []
    assert list(store.query()) == []
    assert FileStore(tmp_path).claim("c") == []
    lines = [
        json.loads(line)
        for path in sorted((tmp_path / "events" / "archive").glob("2020-01-0*.jsonl.gz"))
        for line in gzip.decompress(path.read_bytes()).splitlines()
    ]
    assert sorted(line["payload"]["n"] for line in lines) == [0, 1, 2, 3]


def test_a_killed_retirement_loses_nothing(tmp_path, monkeypatch):
    """A crash between archive and deletion would show events twice, or not at all."""
    store = FileStore(tmp_path)
    store.publish([make(n)._replace(timestamp="2020-01-01T00:00:00.000000Z") for n in range(3)])
    store.ack(store.claim("c"))
    monkeypatch.setattr(
        type(tmp_path), "unlink", lambda *a, **k: (_ for _ in ()).throw(OSError(5, "x"))
    )
    with pytest.raises(EventStoreError):
        store.retire()
    monkeypatch.undo()
    again = FileStore(tmp_path)
    assert sorted(numbers(again.query(archive=True))) == [0, 1, 2]
    again.retire()
    assert sorted(numbers(again.query(archive=True))) == [0, 1, 2]
    assert list(again.query()) == []


# Order


def test_a_clock_set_back_does_not_reorder(tmp_path):
    """Feedback stored after its execution would be learnt from before it."""
    in_another_process("store.publish([make(1, 'x')])", tmp_path)
    in_another_process(
        """
        real = time.time_ns
        time.time_ns = lambda: real() - 86_400_000_000_000
        store.publish([make(2, 'x')])
        """,
        tmp_path,
    )
    store = FileStore(tmp_path)
    first = store.claim("c")
    assert numbers(first) == [1]
    store.ack(first)
    assert numbers(store.claim("c")) == [2]


def test_a_backlog_is_read_piece_by_piece_in_order(tmp_path, monkeypatch):
    """A backlog of a month would not fit into memory, or come in the wrong order."""
    monkeypatch.setattr(_window, "_CHUNK", 2000)
    monkeypatch.setattr(_window, "_MANY", 20)
    logs = [SegmentLog(tmp_path) for _ in range(3)]
    for n in range(150):
        logs[n % 3].append(make(n))
    store = FileStore(tmp_path)
    found = []
    while claims := store.claim("c", limit=7):
        assert len(store._group("learn").window._entries) < 100
        store.ack(claims)
        found += numbers(claims)
    assert found == list(range(150))


def test_what_is_stored_meanwhile_overtakes_nothing(tmp_path, monkeypatch):
    """Of two events of one matter, stored while the files are listed, the later would come first."""
    early, late = SegmentLog(tmp_path), SegmentLog(tmp_path)
    early.append(make(0))
    late.append(make(1))
    store = FileStore(tmp_path)
    store.ack(store.claim("c"))
    look, looks = _window.Window._look, []

    def racing(self, parts):
        if looks:
            look(self, parts)
            return
        looks.append(1)  # the first file is looked at, then both events arrive, then the other file
        first, second = sorted(self._cursors)
        self._cursors[first].size = self.folders.size(first)
        early.append(make(2, "same"))
        late.append(make(3, "same"))
        self._cursors[second].size = self.folders.size(second)

    monkeypatch.setattr(_window.Window, "_look", racing)
    assert numbers(store.claim("c")) == []
    assert numbers(store.claim("c")) == [2]


# Groups


def test_a_compacted_journal_says_the_same(tmp_path, monkeypatch):
    """After the journal is written anew events would be delivered twice, or dead letters be gone."""
    monkeypatch.setattr(_journal, "COMPACT_BYTES", 500)
    clock = Clock()
    mine, other = FileStore(tmp_path, clock=clock), FileStore(tmp_path, clock=clock)
    mine.publish([make(n) for n in range(60)])
    got, held = [], []
    for turn in range(30):
        store = (mine, other)[turn % 2]
        claims = store.claim("c", limit=3, lease=1000)
        if turn == 3:
            held = claims
            continue
        if turn == 5:
            for _ in range(MAX_ATTEMPTS):
                store.nack(claims, reason="no")
                claims = store.claim("c", limit=3, lease=1000) if len(store.dead()) < 3 else []
            continue
        store.ack(claims)
        got += numbers(claims)
    for store in (mine, other, FileStore(tmp_path, clock=clock)):
        counts = store.counts()
        assert counts == {**counts, "waiting": 0, "claimed": 3, "dead": 3, "done": 54}
        assert sorted(numbers(store.dead())) == sorted(
            set(range(60)) - set(got) - set(numbers(held))
        )
    assert len(got) == len(set(got)) == 54
    clock.now += 2000
    again = FileStore(tmp_path, clock=clock).claim("c")
    assert numbers(again) == numbers(held)
    assert {c.attempt for c in again} == {2}
    journal = tmp_path / "events" / "groups" / "learn" / "journal.jsonl"
    first = json.loads(journal.read_bytes().splitlines()[0])
    assert first["op"] == "written"
    assert first["generation"] >= 2


def test_a_lease_ends_though_the_clock_was_set_back(tmp_path):
    """Events would be held for a day by a consumer that is long dead."""
    clock = Clock()
    FileStore(tmp_path, clock=clock).publish([make(1)])
    assert FileStore(tmp_path, clock=clock).claim("c", lease=60)
    clock.now -= 500  # another start of the machine: the clock began anew
    assert numbers(FileStore(tmp_path, clock=clock).claim("d")) == [1]


def test_a_late_ack_of_a_dead_letter_counts(tmp_path):
    """A slow consumer's work would be done again by whoever revives the letter."""
    clock = Clock()
    store = FileStore(tmp_path, clock=clock)
    store.publish([make(1)])
    for _ in range(MAX_ATTEMPTS):
        claims = store.claim("slow", lease=1)
        clock.now += 2
    (letter,) = store.dead()
    assert letter.reason == "its lease ended"
    assert letter.attempts == MAX_ATTEMPTS
    store.ack(claims)
    assert store.dead() == []
    assert store.counts()["done"] == 1


def test_bad_group_names(tmp_path):
    """A group called ``../x`` would write outside the store."""
    for name in ("", "../x", "a/b", ".hidden", "x" * 101):
        with pytest.raises(EventStoreError, match="not a name for a group"):
            FileStore(tmp_path).claim("c", group=name)
    assert not (tmp_path / "events").exists()


def test_a_home_that_is_no_folder(tmp_path):
    """An error would name neither the folder nor what to do."""
    home = tmp_path / "file"
    home.write_text("")
    store = FileStore(home)
    for action in (
        lambda: store.publish([make(1)]),
        lambda: store.emit(make(1)),
        lambda: store.claim("c"),
        lambda: store.retire(),
    ):
        with pytest.raises(EventStoreError, match="POET_HOME") as caught:
            action()
        assert str(home) in str(caught.value)
    assert list(store.query()) == []
    assert store.dead() == []


def test_moved_events_keep_their_order_and_state(tmp_path):
    """After a move between stores feedback would be learnt from twice, or out of order."""
    source = FileStore(tmp_path / "a")
    source.publish([make(n, None) for n in range(4)] + [make(4), make(5), make(6)])
    claims = source.claim("c", limit=5)
    source.ack(claims[:1])
    source.ack(claims[4:])
    source.nack(claims[1:4])
    for _ in range(MAX_ATTEMPTS):
        source.nack([c for c in source.claim("c") if c.event.payload["n"] == 5], reason="no")
        source.nack(source.claim("c"))
    moved = list(source.export())
    target = FileStore(tmp_path / "b")
    target.publish([moved[6].event])
    assert target.restore(moved) == 6
    assert target.restore(moved) == 0
    states = {m.event.payload["n"]: m.groups["learn"] for m in target.export()}
    assert {n for n, s in states.items() if s.state == "done"} == {0, 4}
    assert states[5][:3] == ("dead", MAX_ATTEMPTS, "no")
    assert states[1].state == "waiting"
    assert (
        states[1].attempts
        == next(m for m in moved if m.event.payload["n"] == 1).groups["learn"].attempts
    )
    (letter,) = target.dead()
    assert letter.event.payload["n"] == 5
    left = [c for c in target.claim("c") if not c.event.correlation_id]
    assert numbers(left) == [1, 2, 3]


def test_fork_lets_go_of_the_parents_segment(tmp_path):
    """A worker that outlives its parent would keep the parent's segment from being processed."""
    out = in_another_process(
        """
        store.publish([make(1)])
        child = os.fork()
        if not child:
            sys.stdout.close()
            os.close(1), os.close(2)
            time.sleep(30)
            os._exit(0)
        print(child, flush=True)
        os._exit(0)
        """,
        tmp_path,
    )
    child = int(out)
    try:
        store = FileStore(tmp_path)
        store.ack(store.claim("c"))
        assert store.claim("c") == []
        assert len(processed(tmp_path)) == 1
    finally:
        os.kill(child, 9)
