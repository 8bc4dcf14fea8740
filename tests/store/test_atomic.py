"""Writes that leave the old file or the new one."""

from __future__ import annotations

import errno
import os
import resource
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from poet.errors import ReadOnlyStoreError, StoreError
from poet.store.atomic import (
    append_line,
    dump_json,
    locked,
    remove_leftovers,
    writable,
    write_folder,
    write_text,
)


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def limited(code: str, *arguments: str, limit: int) -> subprocess.CompletedProcess[str]:
    """Run code in a process whose files may not grow beyond ``limit`` bytes.

    A write that crosses the limit is cut short by the kernel, as on a disk that fills up.
    """

    def restrict() -> None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))

    return subprocess.run(
        [sys.executable, "-B", "-c", code, *arguments],
        preexec_fn=restrict, capture_output=True, text=True, check=False,
    )  # fmt: skip


def test_short_write_of_a_file_leaves_the_old_one(tmp_path):
    """A full disk would leave half a file where a whole one was."""
    path = tmp_path / "current"
    write_text(path, "old\n")
    done = limited(
        "import sys, pathlib\nfrom poet.store.atomic import write_text\n"
        "write_text(pathlib.Path(sys.argv[1]), 'x' * 100_000)",
        str(path),
        limit=10_000,
    )
    assert "File too large" in done.stderr
    assert path.read_text() == "old\n"
    assert names(tmp_path) == ["current"]


def test_short_write_of_a_folder_leaves_none(tmp_path):
    """A full disk would leave a version without its record."""
    done = limited(
        "import sys, pathlib\nfrom poet.store.atomic import write_folder\n"
        "write_folder(pathlib.Path(sys.argv[1]), {'small': 'x', 'large': 'x' * 100_000})",
        str(tmp_path / "v1"),
        limit=10_000,
    )
    assert "File too large" in done.stderr
    assert names(tmp_path) == []


def test_short_write_of_a_line_is_an_error_and_the_next_line_is_whole(tmp_path):
    """A promotion would pass for logged although half of its line is missing."""
    log = tmp_path / "log.jsonl"
    append_line(log, "a" * 9_000)
    done = limited(
        "import sys, pathlib\nfrom poet.store.atomic import append_line\n"
        "append_line(pathlib.Path(sys.argv[1]), 'b' * 9_000)",
        str(log),
        limit=10_000,
    )
    assert "short write" in done.stderr
    append_line(log, "c")
    lines = log.read_text().splitlines()
    assert lines[0] == "a" * 9_000
    assert lines[-1] == "c"
    assert 0 < len(lines[1]) < 9_000


def test_full_disk_says_so(tmp_path):
    """A person would read "No space left" and not know whether something was damaged."""
    with (
        Path("/dev/full").open("wb", buffering=0) as full,
        pytest.raises(StoreError, match="what is current is whole") as caught,
        writable(tmp_path),
    ):
        full.write(b"x")
    assert "free some space" in caught.value.hint


@pytest.mark.parametrize("number", [errno.EIO, errno.EMFILE, errno.ENOENT])
def test_other_errors_are_named_as_what_they_are(tmp_path, number):
    """A disk that fails would end in a traceback, or be reported as a read-only folder."""
    with pytest.raises(StoreError, match="the operating system fails here") as caught:  # noqa: SIM117
        with writable(tmp_path):
            raise OSError(number, os.strerror(number), "current")
    assert not isinstance(caught.value, ReadOnlyStoreError)
    assert os.strerror(number) in caught.value.what
    assert caught.value.where == "current"


def test_torn_line_is_closed_off(tmp_path):
    """The line after a kill would be glued to the torn one, and both be lost."""
    log = tmp_path / "log.jsonl"
    log.write_text('{"whole": 1}\n{"torn": ')
    append_line(log, '{"next": 2}')
    assert log.read_text() == '{"whole": 1}\n{"torn": \n{"next": 2}\n'


def test_write_folder_refuses_an_existing_one(tmp_path):
    """A version, which is never edited, would be replaced."""
    write_folder(tmp_path / "v1", {"code.py": "1"})
    with pytest.raises(StoreError, match="v1 exists already"):
        write_folder(tmp_path / "v1", {"code.py": "2"})
    assert (tmp_path / "v1" / "code.py").read_text() == "1"
    assert names(tmp_path) == ["v1"]


def test_leftovers_go_and_nothing_else(tmp_path):
    """What killed writers left would pile up, or a version be deleted with it."""
    (tmp_path / ".tmp-1").write_text("")
    (tmp_path / ".tmp-2").mkdir()
    (tmp_path / ".tmp-2" / "code.py").write_text("")
    (tmp_path / "v1").mkdir()
    assert remove_leftovers(tmp_path) == 2
    assert names(tmp_path) == ["v1"]


def test_lock_held_by_another_process(tmp_path):
    """A second writer would wait for ever, or go ahead without the lock."""
    code = (
        "import sys, pathlib\nfrom poet.store.atomic import locked\n"
        "with locked(pathlib.Path(sys.argv[1])):\n    print('held', flush=True)\n    sys.stdin.read()"
    )
    holder = subprocess.Popen(
        [sys.executable, "-c", code, str(tmp_path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    try:
        assert holder.stdout.readline() == b"held\n"
        waiting = locked(tmp_path, timeout=0.1)
        with pytest.raises(StoreError, match=r"has been writing here for 0\.1 s"), waiting:
            pass
        holder.kill()
        holder.wait()
        with locked(tmp_path, timeout=10):
            pass
    finally:
        holder.kill()
        holder.communicate()


def test_json_that_is_stored_has_no_nan():
    """A record would be written that no JSON reader but Python's takes."""
    assert dump_json({"b": 1, "a": "ü"}) == '{\n  "b": 1,\n  "a": "ü"\n}\n'
    with pytest.raises(ValueError, match="JSON"):
        dump_json({"x": float("nan")})
