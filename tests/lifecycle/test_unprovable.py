"""Figures that no replay can prove: the pass says what is missing, and makes nothing."""

from __future__ import annotations

import pytest

from poet.domain import Outcome
from poet.learn import Decision, FunctionKey, Pattern
from poet.lifecycle.learning._pass import _unprovable
from poet.lifecycle.learning._proof import Proof, _Sample
from poet.registry import spec_for
from poet.spec import Options
from poet.testing import Project

APP = """
    from poet import poet

    @poet()
    def check(x: float) -> dict:
        return {"drift": x > 1}

    class Plant:
        @poet()
        def check(self, x: float) -> dict:
            return {"drift": x > 1}
"""


@pytest.fixture(scope="module")
def app(tmp_path_factory):
    return Project(tmp_path_factory.mktemp("unproven")).write({"app.py": APP}).folder / "app.py"


def decided(*names, lane="statistical"):
    figures = [
        Pattern(n, 0.9, 0.8, 1.0, 90, 100, 0.3, "above", True, True, True, 50.0) for n in names
    ]
    return Decision(FunctionKey("app.py", "check"), True, lane, "", (), tuple(figures), "")


@pytest.mark.parametrize(
    ("figures", "judges", "why"),
    [
        (["cost_efficiency"], True, "worth"),
        (["cost_efficiency"], False, "worth"),
        (["alert_fatigue"], False, "for its domain to say, and 'base' does not"),
        (["false_positive_rate", "cost_efficiency"], False, "for its domain to say"),
        (["alert_fatigue"], True, ""),
        (["false_positive_rate", "cost_efficiency"], True, ""),
        (["success_rate"], False, ""),
    ],
)
def test_what_cannot_be_proven_is_told(app, figures, judges, why):
    """A version would be promoted unproven, or refused with figures that say nothing."""
    spec = spec_for(app, "check", Options())[0]
    found = _unprovable(decided(*figures), judges, spec)
    assert why in found
    assert bool(found) == bool(why)
    assert not _unprovable(decided(*figures, lane="deterministic"), judges, spec)


def test_method_cannot_be_run_again(app):
    """Both versions would fail alike on an object that is not there, and nobody would know why."""
    spec = spec_for(app, "Plant.check", Options())[0]
    assert "state is not recorded" in _unprovable(decided("success_rate"), True, spec)


def test_nothing_is_promoted_statistically_by_who_cannot_judge(app):
    """A domain without learning would promote whatever the gate lets through."""
    spec = spec_for(app, "check", Options())[0]
    from poet.gate import Sandbox

    def put(lane):
        proof = Proof(lane, "false_positive_rate", None, lambda: (), 0.0, None, "app", 20.0)
        code = 'def check(x: float) -> dict:\n    return {"drift": False}\n'
        return proof(code, spec, require=False, tell=lambda _: None, sandbox=Sandbox).passed

    assert not put("statistical")
    assert put("deterministic")


def test_sample_spreads_over_the_record():
    """Times would be of the oldest inputs alone, or of all at the cost of hours."""
    from poet.domain import Observed

    sample = _Sample(8)
    for n in range(100):
        sample.see(Observed(f"e{n}", float(n), None, (n,), {}, Outcome("returned", n), None, None))
    at = [i.at for i in sample.items]
    assert 4 <= len(at) <= 8
    assert at == sorted(at)
    assert at[0] == 0
    assert at[-1] >= 75
