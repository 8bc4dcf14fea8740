"""The tests of several functions, run for several candidates at once in threads of one process."""

from __future__ import annotations

import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest
from evidence_helpers import evidence

from poet.errors import PoetError
from poet.spec import Options
from pytest_poet import evidence as module
from pytest_poet.evidence import FunctionTests
from pytest_poet.finder import poet_find_tests
from pytest_poet.once import Once

APP = """
    from poet import poet

    LIMIT = 3

    @poet()
    def f(a):
        return a + 1

    @poet()
    def g(a):
        return a[:LIMIT]

    @poet()
    def h(a):
        return sorted(a)
"""
TESTS = """
    import app

    def test_f():
        assert app.f(1) == 2

    def test_g():
        assert app.g("abcde") == "abc"

    def test_g_patched(monkeypatch):
        monkeypatch.setattr(app, "LIMIT", 1)
        assert app.g("abcde") == "a"

    def test_h():
        assert app.h([2, 1]) == [1, 2]

    def test_h_blind():
        app.h([1])
"""
CODE = {
    "f": ["def f(a):\n    return 1 + a\n", "def f(a):\n    return a\n"],
    "g": [
        "from poet.runtime import user\n\n\ndef g(a):\n    return a[0 : user.LIMIT]\n",
        "def g(a):\n    return a[:3]\n",
    ],
    "h": ["def h(a):\n    b = list(a)\n    b.sort()\n    return b\n", "def h(a):\n    return a\n"],
}


def baseline_of(folder):
    """Return a baseline of all functions, and the evidence of each."""
    first = evidence(folder, APP, TESTS)
    others = [poet_find_tests(folder / "app.py", n, Options.parse({}, ""), folder) for n in "gh"]
    subjects = {s.key[1]: s for s in (t.subject for t in (first, *others))}
    command = first.baseline.command
    baseline = module.TestBaseline(command, [*subjects.values()], timeout=200, call_timeout=20)
    return baseline, subjects


def test_candidates_at_once_share_the_runs_of_the_baseline(tmp_path, monkeypatch):
    """Eight candidates would run every test on the baseline eight times, or get another's answer."""
    runs: Counter[object] = Counter()
    lock = threading.Lock()
    real = module.run_tests

    def counted(command, plan, **more):
        with lock:
            named = plan.subjects[0].key[1] if plan.mode in ("poison", "shared") else ""
            runs[plan.mode, named, plan.code is None, plan.node_ids] += 1
        return real(command, plan, **more)

    monkeypatch.setattr(module, "run_tests", counted)
    jobs = [(name, code) for name, codes in CODE.items() for code in codes]
    baseline, subjects = baseline_of(tmp_path)
    alone = [FunctionTests(baseline, subjects[n]).run(code) for n, code in jobs]
    assert [all(c.outcome == "passed" for c in found) for found in alone] == [True, False] * 3
    of_the_baseline = {k: n for k, n in runs.items() if k[0] in ("baseline", "poison")}
    runs.clear()

    again, _ = baseline_of(tmp_path)
    before = threading.active_count()
    with ThreadPoolExecutor(8) as threads:
        # Of each function one evidence that all its candidates share, and one of each candidate's.
        shared = {n: FunctionTests(again, s) for n, s in subjects.items()}
        asked = [(shared[n] if i % 2 else FunctionTests(again, subjects[n]), code)
                 for i, (n, code) in enumerate(jobs)]  # fmt: skip
        found = list(threads.map(lambda job: job[0].run(job[1]), asked))
    assert found == alone
    assert {k: n for k, n in runs.items() if k[0] in ("baseline", "poison")} == of_the_baseline
    assert threading.active_count() <= before + 8


def test_tests_that_cannot_be_collected_stop_every_thread(tmp_path):
    """One thread would get the error, and the others wait for ever."""
    found = evidence(tmp_path, APP, "import nothing_of_that_name\n")
    subject = found.subject
    with ThreadPoolExecutor(4) as threads:
        asked = [threads.submit(FunctionTests(found.baseline, subject).planned) for _ in range(4)]
        for one in asked:
            with pytest.raises(PoetError, match="cannot be collected"):
                one.result(120)


def test_a_value_is_made_once_and_others_meanwhile():
    """The slow run of one function's tests would hold up all other functions."""
    once: Once[int] = Once()
    made = []
    other_is_made = threading.Event()

    def slow():
        assert other_is_made.wait(20), "another key's value is made meanwhile"
        time.sleep(0.01)
        made.append(1)
        return 7

    with ThreadPoolExecutor(8) as threads:
        asked = [threads.submit(once.get, "slow", slow) for _ in range(7)]
        assert threads.submit(once.get, "other", lambda: 8).result(20) == 8
        other_is_made.set()
        assert [a.result(20) for a in asked] == [7] * 7
    assert made == [1]


def test_a_value_that_failed_is_made_again():
    """A run that Ctrl-C ended would be the answer for the rest of the session."""
    once: Once[int] = Once()
    with pytest.raises(KeyboardInterrupt):
        once.get("key", lambda: (_ for _ in ()).throw(KeyboardInterrupt))
    assert once.get("key", lambda: 5) == 5
