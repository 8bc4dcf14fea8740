"""Faults in the reports of a test process: none of them is ever a pass."""

# ruff: noqa: E501, ISC004

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest
from evidence_helpers import evidence, judged

from pytest_poet.runner import Plan, run_tests

APP = """
    from poet import poet

    @poet()
    def f(a):
        return a + 1
"""
TESTS = """
    import app

    def test_a():
        assert app.f(1) == 2

    def test_b():
        assert app.f(2) == 3
"""
HEAD = """
    import os, pytest

    def process(config):
        return config.pluginmanager.get_plugin("poet-test-process")

    @pytest.fixture
    def caller(pytestconfig):
        return process(pytestconfig).caller

    def pytest_configure(config):
        global CALLER
        CALLER = process(config).caller if process(config) else None
"""
REPORT = (
    '{"op": "test", "node_id": "test_app.py::%s", "outcome": "passed", "detail": "", "notes": []}'
)
# Each fault is code that runs in the test process, as the worst test or candidate there could.
FAULTS = {
    "a report twice": (
        "def pytest_runtest_logreport(report):\n    if report.when == 'call' and '::test_a' in report.nodeid:\n"
        f"        CALLER.send({REPORT % 'test_a'})",
        "test_a",
        "reported twice",
    ),
    "a report of an unknown test": (
        f"def pytest_sessionstart():\n    pass\ndef pytest_runtestloop():\n    CALLER.send({REPORT % 'test_c'})",
        "",
        "a test that was not to run",
    ),
    "a report before anything was collected": (
        f"def pytest_sessionstart():\n    CALLER.send({REPORT % 'test_a'})",
        "",
        "not due",
    ),
    "an outcome that is none": (
        f"def pytest_runtestloop():\n    CALLER.send({REPORT.replace('passed', 'great') % 'test_a'})",
        "",
        "outcome 'great'",
    ),
    "collected twice": (
        "def pytest_runtestloop():\n    CALLER.send({'op': 'collected', 'node_ids': [], 'errors': [], 'root': ''})",
        "",
        "not due",
    ),
    "a report after the last one": (
        f"def pytest_unconfigure(config):\n    CALLER.send({REPORT % 'test_a'})",
        "",
        "came after the last one",
    ),
    "finished too early": (
        "def pytest_runtestloop():\n    CALLER.send({'op': 'finished', 'recorded': []})",
        "",
        "came after the last one",
    ),
    "exit status 0 without reports": (
        "def pytest_runtestloop():\n    os._exit(0)",
        "",
        "did not come to its end",
    ),
    "exit status 0 after the reports and before the last one": (
        "@pytest.hookimpl(tryfirst=True)\ndef pytest_sessionfinish():\n    os._exit(0)",
        "",
        "did not come to its end",
    ),
    "a report cut short": (
        "def pytest_runtestloop():\n    os.write(CALLER.line.descriptor, b'\\0\\0\\1\\0half of it')\n    os._exit(0)",
        "",
        "cut short",
    ),
    "text on the line": (
        "def pytest_runtestloop():\n    os.write(CALLER.line.descriptor, b'2 passed in 0.01s')",
        "",
        "cannot be read",
    ),
    "a frame without the nonce": (
        "def pytest_runtestloop():\n    CALLER.line.nonce = 'f' * 32",
        "",
        "nonce",
    ),
    "a frame that was left out": (
        "def pytest_runtestloop():\n    CALLER.line._sent += 1",
        "",
        "is due",
    ),
    "the line is closed": (
        "def pytest_runtestloop():\n    os.close(CALLER.line.descriptor)",
        "",
        "did not come to its end",
    ),
    "killed": (
        "def pytest_runtestloop():\n    os.kill(os.getpid(), 9)",
        "",
        "did not come to its end",
    ),
    "a test that does not report": (
        "def pytest_runtest_protocol(item):\n    return True if '::test_a' in item.nodeid else None",
        "test_a",
        "",
    ),
    "a test without phases": (
        "def pytest_runtest_protocol(item):\n    if '::test_a' in item.nodeid:\n"
        "        item.ihook.pytest_runtest_logstart(nodeid=item.nodeid, location=item.location)\n"
        "        item.ihook.pytest_runtest_logfinish(nodeid=item.nodeid, location=item.location)\n"
        "        return True",
        "test_a",
        "",
    ),
}


def conftest(fault):
    head = "\n".join(line[4:] for line in HEAD.splitlines())
    return head + "\n" + fault + "\n"


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_in_the_reports_is_never_a_pass(tmp_path, fault):
    """A crash, or code that writes to the line, could make untested code current."""
    code, hit, why = FAULTS[fault]
    found = evidence(tmp_path, APP, TESTS)
    base = found.baseline
    assert base.first.finished, base.first.output
    Path(tmp_path / "conftest.py").write_text(conftest(code))
    ids = ("test_app.py::test_a", "test_app.py::test_b")
    run = run_tests(base.command, Plan("baseline", (found.subject,), ids), timeout=60)
    lost = [n.partition("::")[2] for n in ids if run.outcome(n) is None]
    assert lost == ([hit] if hit else ["test_a", "test_b"]), run
    assert why in run.problem + "".join(run.details.values()), run


@pytest.mark.parametrize("fault", ["a report twice", "a test that does not report", "killed"])
def test_a_fault_with_the_candidate_fails_it(tmp_path, fault):
    """A candidate would pass although its tests did not report."""
    code, hit, _ = FAULTS[fault]
    found = evidence(tmp_path, APP, TESTS)
    assert found.needs
    Path(tmp_path / "conftest.py").write_text(conftest(code))
    checks = judged(found, "def f(a):\n    return a + 1\n")
    assert {n for n, c in checks.items() if c.outcome == "lost"} >= {hit or "test_a"}


def test_a_run_that_hangs_is_ended_and_leaves_nothing(tmp_path):
    """One hanging test would keep a pipeline busy, or leave processes behind."""
    tests = """
        import app, os, pathlib, subprocess, sys, time

        def test_hangs():
            child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
            pathlib.Path(__file__).with_name("pids").write_text(f"{os.getpid()} {child.pid}")
            time.sleep(60)
    """
    found = evidence(tmp_path, APP, tests)
    before = open_files()
    run = run_tests(found.baseline.command, Plan("baseline", (found.subject,)), timeout=5)
    assert not run.finished
    assert "stopped after 5 s" in run.output
    pids = (tmp_path / "pids").read_text().split()
    end = time.monotonic() + 10
    while any(_alive(int(p)) for p in pids) and time.monotonic() < end:
        time.sleep(0.1)
    assert not any(_alive(int(p)) for p in pids)
    assert open_files() == before


def open_files():
    """Return how many descriptors this process holds, 0 where that cannot be seen."""
    folder = Path("/proc/self/fd")
    return len(list(folder.iterdir())) if folder.is_dir() else 0


def _alive(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def test_a_thread_that_stays_does_not_hold_the_run(tmp_path):
    """A test that leaves a thread would cost the whole time-out, or its outcome."""
    tests = """
        import app, threading, time

        def test_leaves_a_thread():
            threading.Thread(target=time.sleep, args=(60,)).start()
            assert app.f(1) == 2
    """
    found = evidence(tmp_path, APP, tests)
    run = found.baseline.first
    assert run.outcome("test_app.py::test_leaves_a_thread") == "passed"
    assert run.seconds < 40
