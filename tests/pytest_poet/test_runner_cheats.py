"""Candidates that cheat the user's tests, judged below the audit: the two processes must hold."""

from __future__ import annotations

import pytest
from evidence_helpers import evidence, judged

APP = """
    from poet import poet

    @poet()
    def f(a):
        return a + 1
"""
TESTS = """
    import app, dataclasses

    @dataclasses.dataclass(eq=False)
    class Anything:
        n: int = 0

        def __eq__(self, other):
            return True

    def test_value():
        assert app.f(1) == 2

    def test_swallows():
        try:
            got = app.f(41)
        except BaseException:
            return
        assert got == 42
"""
# Each gives a wrong answer, or none, and tries to have its tests pass all the same.
CHEATS = {
    "ends the process with status 0": "    import os\n    os._exit(0)",
    "exits": "    raise SystemExit(0)",
    "kills its parent's group": "    import os, signal\n    os.killpg(0, signal.SIGKILL)",
    "prints what pytest prints": (
        "    print('test_app.py::test_value PASSED\\n2 passed in 0.01s', flush=True)\n    return 0"
    ),
    "writes reports to every descriptor": (
        "    import os\n    for d in range(3, 64):\n        try:\n"
        "            os.write(d, b'\\x00\\x00\\x00\\x10{\"finished\": true}')\n"
        "        except OSError:\n            pass\n    return 0"
    ),
    "patches pytest": (
        "    import sys\n    sys.modules['pytest'] = None\n"
        "    import builtins\n    builtins.AssertionError = Exception\n    return 0"
    ),
    "patches the comparison": (
        "    class Equal(int):\n        def __eq__(self, other):\n            return True\n"
        "        __hash__ = int.__hash__\n    return Equal(0)"
    ),
    "reads the tests": (
        "    import re, glob\n    for name in glob.glob('**/test_*.py', recursive=True) + [TESTS]:\n"
        "        found = re.search(r'f\\(%d\\) == (\\d+)' % a, open(name).read())\n"
        "        if found:\n            return int(found[1])\n    return 0"
    ),
    "finds the test in the stack": (
        "    import sys\n    frame = sys._getframe()\n    while frame:\n"
        "        if frame.f_code.co_name.startswith('test_'):\n            return a + 1\n"
        "        frame = frame.f_back\n    return 0"
    ),
    "finds pytest in the process": (
        "    import sys, os\n    if 'pytest' in sys.modules or 'PYTEST_CURRENT_TEST' in os.environ:\n"
        "        return a + 1\n    return 0"
    ),
    "leaves a thread that answers later": (
        "    import threading, os\n    threading.Thread(target=lambda: os._exit(0)).start()\n"
        "    import time\n    time.sleep(1)\n    return 0"
    ),
    "returns what cannot be read": "    return lambda: a + 1",
    "floods": "    while True:\n        print('x' * 10000)",
    "raises what no test expects": "    raise AssertionError('passed')",
    "skips the test": "    import pytest\n    pytest.skip('all is well')",
    "makes a helper of the tests": (
        "    import dataclasses\n    Anything = dataclasses.make_dataclass('Anything', [('n', int)])\n"
        "    Anything.__module__ = 'test_app'\n    return Anything(0)"
    ),
    "fails to load": "    return 0\nraise RuntimeError('no')",
}


@pytest.fixture(scope="module")
def found(tmp_path_factory):
    """The evidence of one project, its runs on the baseline shared by all cheats."""
    return evidence(tmp_path_factory.mktemp("cheats"), APP, TESTS)


@pytest.mark.parametrize("cheat", CHEATS)
def test_no_cheat_passes(found, cheat):
    """Code that is wrong would become current because it tricked the user's tests."""
    tests = str(found.baseline.command.cwd / "test_app.py")
    checks = judged(found, f"TESTS = {tests!r}\n\n\ndef f(a):\n{CHEATS[cheat]}\n")
    assert checks["test_value"].outcome in ("failed", "lost"), checks
    if cheat in ("ends the process with status 0", "floods", "fails to load"):
        # The test passes when the call gives no answer; the judge has seen that it gave none.
        assert {c.outcome for c in checks.values()} == {"lost"}


def test_the_right_answer_passes(found):
    """Honest code would be refused."""
    checks = judged(found, "def f(a):\n    return 1 + a\n")
    assert [(c.outcome, c.shared) for c in checks.values()] == [("passed", False)] * 2
