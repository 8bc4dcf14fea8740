"""Bounds of cases: time and calls outside, run by the gate."""

from __future__ import annotations

import pytest

from poet.cases import Case, accept, propose, read_cases, recorded
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


SHOP = """
from dataclasses import dataclass

import numpy as np
import polars as pl


@dataclass
class Order:
    rows: pl.DataFrame
    weights: np.ndarray


def total(order: Order) -> dict:
    order.rows.columns
    return {"sum": float((order.rows["x"].to_numpy() * order.weights).sum())}
"""


def test_a_case_with_a_users_class_runs_where_nobody_imported_it(tmp_path):
    """Learning runs apart from production: a recorded object would reach a version as a dict."""
    project = Project(tmp_path).write({"case_shop.py": SHOP})
    done = project.python(
        """
        from pathlib import Path
        import numpy as np, polars as pl
        from case_shop import Order
        from poet.cases.recording import Recorder
        one = Recorder(Path("live"), "total", "case_shop.py")
        call = one.begin("e1", None, (Order(pl.DataFrame({"x": [1.0, 2.0]}), np.array([1.0, 2.0])),), {})
        one.end(call, {"sum": 5.0}, None, 0.1)
        """
    )
    assert done.code == 0, done.out
    found = recorded(tmp_path / "live", "e1")
    assert repr(found.args[0]) == "<case_shop.Order as it was recorded>"
    made = propose(tmp_path / "s", found, {"equals": {"sum": 5.0}}, why="seen", origin="failure")
    case = accept(tmp_path / "s", made.name, by="reproduced")
    spec = build_spec(
        tmp_path / "case_shop.py", "total", Options(), recipe_epoch=1, default_mode="preserve"
    )
    cases = read_cases(tmp_path / "s" / "cases")
    assert cases[0].name == case.name
    done = run_checks(None, spec, [], cases, "case_shop", "<c>", 10.0, lambda _: None)
    assert [(c.outcome, c.detail) for c in done if c.kind == "case"] == [("passed", "")]
