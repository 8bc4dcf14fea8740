"""Bounds of cases: time and calls outside, run by the gate."""

from __future__ import annotations

import pytest

from poet.cases import Case
from poet.gate import run_checks
from poet.spec import Options, build_spec
from poet.testing import Project

APP = """
import time
import app_net

def f(n: int) -> int:
    return n
"""
NET = "def get(n):\n    raise OSError('no network here')\n"


def outcome(tmp_path, code, case):
    Project(tmp_path).write({"app.py": APP, "app_net.py": NET})
    spec = build_spec(tmp_path / "app.py", "f", Options(), recipe_epoch=1, default_mode="preserve")
    done = run_checks(code, spec, [], [case], "app", "<c>", 10.0, lambda _: None)
    return next((c.outcome, c.detail) for c in done if c.kind == "case")


def test_a_bound_on_time_is_the_best_of_a_few_calls(tmp_path):
    """A busy machine would turn a fast version down, or a slow one would pass."""
    case = Case("quick", "active", (1,), {}, {"equals": 1, "seconds": 0.2})
    once = (
        "import time\nSEEN = []\ndef f(n: int) -> int:\n    SEEN.append(n)\n"
        "    time.sleep(0.5 if len(SEEN) < 3 else 0)\n    return n\n"
    )
    assert outcome(tmp_path, once, case) == ("passed", "")
    slow = "import time\ndef f(n: int) -> int:\n    time.sleep(0.4)\n    return n\n"
    found = outcome(tmp_path, slow, case)
    assert found[0] == "failed"
    assert "at most 0.2 s are allowed" in found[1]


@pytest.mark.parametrize(("most", "passes"), [(2, True), (1, False)])
def test_a_bound_on_calls_counts_what_the_case_replaces(tmp_path, most, passes):
    """A version that asks a paid service twice as often would pass."""
    outside = {"app_net.get": (("return", 4), ("return", 5))}
    case = Case("net", "active", (1,), {}, {"equals": 9, "calls": most}, outside=outside)
    code = (
        "from poet.runtime import user\ndef f(n: int) -> int:\n"
        "    import app_net\n    return app_net.get(n) + app_net.get(n)\n"
    )
    found = outcome(tmp_path, code, case)
    assert found == (
        ("passed", "") if passes else ("failed", "made 2 calls outside, at most 1 are allowed")
    )
