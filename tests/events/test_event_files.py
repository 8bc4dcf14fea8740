"""The log of JSON lines: real files, real processes."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import textwrap
import warnings
from zlib import crc32

import pytest

from poet import events
from poet.errors import EventError, PoetWarning
from poet.events import Event, SegmentLog, encode, frame, new_event, read_segment


def segments(home):
    return sorted((home / "events" / "pending").glob("*.jsonl"))


def run(code: str, *arguments: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code), *map(str, arguments)],
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip


def test_a_line_is_json_with_its_checksum(tmp_path):
    """No tool but POET could read the log, or damage would go unseen."""
    given = new_event("a.b", {"x": 1, "text": "ü\n\u2028"}, correlation_id="c", causation_id="d")
    SegmentLog(tmp_path).append(given)
    (path,) = segments(tmp_path)
    line = path.read_bytes()
    document = json.loads(line)
    assert document.pop("crc") == f"{crc32(line[: line.rindex(b',')]):08x}"
    assert document == json.loads(encode(given))
    assert list(read_segment(path)) == [given]


def test_damaged_lines_are_found_and_others_read(tmp_path):
    """One flipped bit would hide a day of events, or a wrong one pass for true."""
    log = SegmentLog(tmp_path)
    given = [new_event("a.b", {"n": n}) for n in range(5)]
    for event in given:
        log.append(event)
    (path,) = segments(tmp_path)
    lines = path.read_bytes().splitlines(keepends=True)
    for position in range(len(lines[2]) - 1):  # a lost line end takes the next line with it
        for bit in (1, 128):
            damaged = bytearray(lines[2])
            damaged[position] ^= bit
            path.write_bytes(b"".join([*lines[:2], bytes(damaged), *lines[3:]]))
            found = list(read_segment(path))
            assert found[:2] == given[:2]
            assert found[-2:] == given[3:]
            assert given[2] not in found
            assert 3 in found


@pytest.mark.parametrize("line", [b"", b"{}", b"not json", b'"crc"', b"\xff\xfe", b"x" * 19])
def test_lines_that_are_no_events(tmp_path, line):
    """A line that another program appended would end the reading of the log."""
    path = tmp_path / "x.jsonl"
    event = new_event("a.b", {})
    path.write_bytes(line + b"\n" + frame(encode(event)))
    assert list(read_segment(path)) == [1, event]


def test_a_line_with_fields_this_version_does_not_know(tmp_path):
    """After a downgrade the whole log would be unreadable."""
    path = tmp_path / "x.jsonl"
    event = new_event("a.b", {})
    newer = json.dumps({**event._asdict(), "tenant": "x"}).encode()
    path.write_bytes(frame(newer) + frame(b"[]") + frame(b"{}") + frame(encode(event)))
    assert list(read_segment(path)) == [1, 2, 3, event]


def test_torn_tail(tmp_path):
    """The half line of a power cut would be taken for an event or hide the ones before it."""
    log = SegmentLog(tmp_path)
    event = new_event("a.b", {"text": "x" * 50})
    log.append(event)
    (path,) = segments(tmp_path)
    whole = path.read_bytes()
    for length in range(1, len(whole)):
        path.write_bytes(whole + whole[:length])
        assert list(read_segment(path)) == [event, 2]


def test_short_write_starts_another_segment(tmp_path):
    """After a disk was full for a moment the next event would be glued to half a line."""
    done = run(
        """
        import resource, signal, sys, warnings
        from pathlib import Path
        from poet import events
        home = Path(sys.argv[1])
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (3000, resource.RLIM_INFINITY))
        warnings.simplefilter("ignore")
        ids = [events.emit("a.b", {"n": n, "text": "x" * 1000}, home=home) for n in range(3)]
        resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY,) * 2)
        ids += [events.emit("a.b", {"n": n}, home=home) for n in (3, 4)]
        print(events.dropped(home), [e.payload["n"] for e in events.read(home)])
        """,
        tmp_path,
    )
    assert done.stdout == "1 [0, 1, 3, 4]\n", done.stderr
    assert len(segments(tmp_path)) == 2


def test_two_processes_write_two_segments(tmp_path):
    """Lines of two workers would be mixed into each other."""
    code = textwrap.dedent(
        """
        import sys
        from pathlib import Path
        from poet.events import emit
        for n in range(500):
            emit("a.b", {"who": sys.argv[2], "n": n}, home=Path(sys.argv[1]))
        """
    )
    writers = [subprocess.Popen([sys.executable, "-c", code, str(tmp_path), w]) for w in "xy"]
    assert [w.wait() for w in writers] == [0, 0]
    assert len(segments(tmp_path)) == 2
    found = [(e.payload["who"], e.payload["n"]) for e in events.read(tmp_path)]
    assert sorted(found) == [(w, n) for w in "xy" for n in range(500)]
    for who in "xy":
        assert [n for w, n in found if w == who] == list(range(500))


def test_a_fork_gets_its_own_segment(tmp_path):
    """A forked worker would write into its parent's segment."""
    done = run(
        """
        import os, sys
        from pathlib import Path
        from poet.events import emit
        home = Path(sys.argv[1])
        emit("a.b", {"who": "parent", "n": 0}, home=home)
        child = os.fork()
        who = "parent" if child else "child"
        for n in (1, 2):
            emit("a.b", {"who": who, "n": n}, home=home)
        if child:
            assert os.waitpid(child, 0)[1] == 0
        """,
        tmp_path,
    )
    assert done.returncode == 0, done.stderr
    content = [[e.payload["who"] for e in read_segment(path)] for path in segments(tmp_path)]
    assert sorted(content) == [["child"] * 2, ["parent"] * 3]
    assert len({e.id for e in events.read(tmp_path)}) == 5


def test_a_fork_while_another_thread_writes(tmp_path):
    """A worker forked at the wrong moment would hang at its first event, for ever."""
    done = run(
        """
        import os, signal, sys, threading
        from pathlib import Path
        from poet.events import emit, log_for
        home = Path(sys.argv[1])
        emit("a.b", {}, home=home)
        held, over = threading.Event(), threading.Event()

        def writing():
            with log_for(home)._lock:
                held.set()
                over.wait()

        threading.Thread(target=writing).start()
        held.wait()
        child = os.fork()
        if not child:
            signal.alarm(10)
            emit("a.b", {"who": "child"}, home=home)
            os._exit(0)
        over.set()
        print(os.waitpid(child, 0)[1])
        """,
        tmp_path,
    )
    assert done.stdout == "0\n", done.stderr


def test_events_survive_a_kill(tmp_path):
    """The events that tell why a process died would die with it."""
    code = textwrap.dedent(
        """
        import os, signal, sys
        from pathlib import Path
        from poet.events import emit, feedback
        home = Path(sys.argv[1])
        for n in range(100):
            emit("a.b", {"n": n}, home=home)
        feedback("some-execution", home=home, was_real_drift=False)
        os.kill(os.getpid(), signal.SIGKILL)
        """
    )
    done = subprocess.run([sys.executable, "-c", code, str(tmp_path)], check=False)
    assert done.returncode == -signal.SIGKILL
    found = list(events.read(tmp_path))
    assert [e.payload.get("n") for e in found] == [*range(100), None]
    assert found[-1].type == "function.feedback"


def test_killed_while_writing(tmp_path):
    """A kill in the middle of a burst would leave a log that cannot be read."""
    code = textwrap.dedent(
        """
        import itertools, sys
        from pathlib import Path
        from poet.events import emit
        for n in itertools.count():
            emit("a.b", {"n": n, "text": "x" * 5000}, home=Path(sys.argv[1]))
            if n % 100 == 0:
                print(n, flush=True)
        """
    )
    writer = subprocess.Popen(
        [sys.executable, "-c", code, str(tmp_path)], stdout=subprocess.PIPE, text=True
    )
    assert writer.stdout is not None
    for line in writer.stdout:
        if int(line) >= 300:
            break
    writer.kill()
    writer.communicate()
    (path,) = segments(tmp_path)
    found = [e for e in read_segment(path) if isinstance(e, Event)]
    assert [e.payload["n"] for e in found] == list(range(len(found)))
    assert len(found) >= 301


def test_unwritable_home(tmp_path):
    """A call would fail because telemetry cannot be stored, or nobody would be told."""
    home = tmp_path / "file"
    home.write_text("not a folder")
    with pytest.warns(PoetWarning, match="cannot be stored under") as caught:
        assert events.emit("a.b", {}, home=home)
    assert len(caught) == 1
    assert "POET_HOME" in str(caught[0].message)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for _ in range(4):
            assert events.emit("a.b", {}, home=home)
    assert events.dropped(home) == 5
    assert events.dropped() >= 5
    home.unlink()
    assert events.emit("a.b", {"again": True}, home=home)
    assert [e.payload for e in events.read(home)] == [{"again": True}]
    with pytest.raises(EventError):
        events.emit("a.b", {"x": float("nan")}, home=home)


def test_emit_feedback_read(tmp_path, monkeypatch):
    """What a user reports would not be found by what it is about."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "pyproject.toml").write_text('[tool.poet]\nenvironment = "staging"\n')
    first = events.emit("drift.validation", {"n": 1}, correlation_id="x", causation_id="y")
    second = events.feedback("execution-1", was_real_drift=False, reason="seasonal_pattern")
    one, two = events.read()
    assert (one.id, one.type, one.correlation_id, one.causation_id) == (
        *(first, "drift.validation"),
        *("x", "y"),
    )
    assert one.metadata["environment"] == "staging"
    assert one.metadata["service"] == "poet"
    assert one.metadata["version"]
    assert (two.id, two.type, two.correlation_id) == (second, "function.feedback", "execution-1")
    assert two.payload.items() >= {"was_real_drift": False, "reason": "seasonal_pattern"}.items()
    assert two.payload["execution_id"] == "execution-1"
    assert two.payload["source"]
    assert segments(tmp_path / ".poet" / "home")


def test_read_of_nothing(tmp_path):
    """Asking for events before the first would fail or make a folder."""
    assert list(events.read(tmp_path / "none")) == []
    assert not (tmp_path / "none").exists()
