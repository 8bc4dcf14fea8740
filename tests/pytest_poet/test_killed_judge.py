"""A judging process that is killed while it runs tests leaves no process and no file."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from poet.testing import Project
from pytest_poet.guard import Guard

PROGRAM = """
import sys
from pathlib import Path
from pytest_poet.runner import Command, Plan, run_tests
run_tests(Command.in_folder(Path(sys.argv[1])), Plan("baseline"), timeout=120)
"""
TESTS = """
import os, pathlib, subprocess, sys, time

def test_hangs():
    child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(120)"])
    note = pathlib.Path(__file__).with_name("note")
    note.write_text(f"{os.getpid()} {child.pid}")
    note.rename(note.with_name("pids"))
    time.sleep(120)
"""
pytestmark = pytest.mark.skipif(os.name != "posix", reason="process groups are POSIX")


def _alive(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def _wait(done, seconds=60.0):
    end = time.monotonic() + seconds
    while not done() and time.monotonic() < end:
        time.sleep(0.02)
    return done()


def test_tests_and_their_folder_end_with_the_judge(tmp_path):
    """A pipeline that is cancelled would leave running tests and folders in /tmp, each time."""
    project, temporary = tmp_path / "project", tmp_path / "tmp"
    temporary.mkdir()
    Project(project).write({"pyproject.toml": "", "test_app.py": TESTS})
    judge = subprocess.Popen(
        [sys.executable, "-c", PROGRAM, str(project)],
        env={**os.environ, "TMPDIR": str(temporary), "PYTHONDONTWRITEBYTECODE": "1"},
    )
    try:
        assert _wait((project / "pids").exists), "the tests never began"
        assert [p.name[:11] for p in temporary.iterdir()] == ["poet-tests-"]
    finally:
        judge.send_signal(signal.SIGKILL)
        judge.wait()
    pids = [int(p) for p in (project / "pids").read_text().split()]
    assert _wait(lambda: not any(map(_alive, pids)))
    assert _wait(lambda: not list(temporary.iterdir())), list(temporary.iterdir())


def test_a_guard_that_is_told_the_end_kills_nothing(tmp_path, monkeypatch):
    """A process group whose number was given anew would be killed after a run."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    other = subprocess.Popen(
        [sys.executable, "-c", "import time; time.sleep(60)"], start_new_session=True
    )
    try:
        with Guard() as guard:
            assert Path(guard.folder).stat().st_mode & 0o777 == 0o700
            guard.watch(other.pid)
        assert not list(tmp_path.iterdir())
        assert guard._process.returncode == 0
        assert other.poll() is None
    finally:
        other.kill()
        other.wait()
