"""Paired replay: what a candidate must show on recorded executions before it may be promoted."""

from __future__ import annotations

import random

import pytest

from poet.domain import Learning, Observed, Outcome
from poet.gate import Sandbox
from poet.lifecycle.learning._proof import Proof
from poet.registry import spec_for
from poet.spec import Constraint, Options
from poet.testing import Project

APP = """
    from poet import poet

    @poet()
    def check(x: float) -> dict:
        return {"drift": x > 1}
"""
HEAD = "def check(x: float) -> dict:\n"
BETTER = HEAD + '    return {"drift": x > 3}\n'
BLIND = HEAD + '    return {"drift": x > 6}\n'
SAME = HEAD + '    return {"drift": x > 1.0}\n'
NERVOUS = HEAD + '    return {"drift": x > 3 or x < 0.3}\n'
SLOW = HEAD + '    sum(range(2_000_000))\n    return {"drift": x > 3}\n'
BROKEN = HEAD + "    raise OSError(x)\n"


def alarm(spec, outcome: Outcome):
    return bool(outcome.value["drift"]) if outcome.kind == "returned" else None


def inject(spec, item: Observed, seed: int):
    return [item._replace(args=(item.args[0] + 4 + seed % 3,))]


LEARNING = Learning(alarm, lambda *_: None, inject=inject)


def stream(count: int, wrong: float = 0.0, seed: int = 1):
    """Executions at values from 0 to 5; above 3 is real drift; alarms are reviewed, a few wrongly."""
    draw = random.Random(seed)
    found = []
    for n in range(count):
        x = draw.choice([draw.uniform(0, 1), draw.uniform(1, 3), draw.uniform(3, 5)])
        truth = x > 3
        if draw.random() < wrong:
            truth = not truth
        reviewed = x > 1
        value = Outcome("returned", {"drift": x > 1})
        found.append(
            Observed(
                f"e{n}", float(n), None, (x,), {}, value, x > 1, truth if reviewed else None,
                confidence=1 - wrong if wrong else 1.0,
            )
        )  # fmt: skip
    return found


@pytest.fixture(scope="module")
def spec(tmp_path_factory):
    folder = Project(tmp_path_factory.mktemp("proof")).write({"app.py": APP}).folder
    return spec_for(folder / "app.py", "check", Options())[0]


def put(spec, code, items, lane="statistical", aim="false_positive_rate", **more):
    proof = Proof(
        lane, aim, more.pop("learning", LEARNING), lambda: items, items[len(items) // 2].at, None,
        "app", 20.0,
    )  # fmt: skip
    return proof(code, spec, require=False, tell=lambda _: None, sandbox=Sandbox), proof


def test_better_candidate_is_shown_to_be(spec):
    """Nothing would ever be learnt from labels."""
    tried, proof = put(spec, BETTER, stream(90))
    assert tried.passed, tried.why
    assert proof.comparison is not None
    assert proof.comparison.lost == 0
    assert proof.comparison.real >= 45
    assert tried.record["paired replay"]["verdict"] == "better"


def test_a_constraint_on_time_is_what_bounds_it(spec):
    """A user who allows 500 ms would never get what takes two instead of one."""
    bounded = spec.options._replace(constraints=(Constraint("duration_ms", 500.0),))
    tried, _ = put(spec._replace(options=bounded), SLOW, stream(90))
    assert tried.passed, tried.why
    assert tried.record["time"]["verdict"] == "bounded"


def test_wrong_labels_do_not_hide_what_is_better(spec):
    """One in twenty mistaken reviews would stop all learning."""
    tried, _ = put(spec, BETTER, stream(160, wrong=0.05))
    assert tried.passed, tried.why


@pytest.mark.parametrize(
    ("code", "why"),
    [
        (BLIND, "not better"),
        (SAME, "only it is right 0 times"),
        (NERVOUS, "only the parent"),
        (BROKEN, "only the parent 5"),
        (SLOW, "times as long"),
    ],
    ids=["blind", "same", "nervous", "broken", "slow"],
)
def test_what_is_no_better_is_refused_with_the_figures(spec, code, why):
    """A version that misses drifts, cries wolf elsewhere, crashes or crawls would be promoted."""
    tried, _ = put(spec, code, stream(90))
    assert not tried.passed
    assert why in tried.why


def test_few_labels_prove_nothing(spec):
    """A lucky candidate would be promoted."""
    tried, proof = put(spec, BETTER, stream(12))
    assert not tried.passed
    assert proof.comparison is not None
    assert proof.comparison.verdict == "too little"


def test_without_known_drifts_nobody_can_say_that_none_is_lost(spec):
    """A version that alarms never would be the best of all."""
    quiet = [o for o in stream(200) if o.args[0] <= 3]
    tried, _ = put(spec, BETTER, quiet, learning=LEARNING._replace(inject=lambda *_: ()))
    assert not tried.passed
    tried, _ = put(spec, BETTER, quiet)
    assert tried.passed, tried.why


def test_a_request_is_enough_unless_it_is_shown_to_be_worse(spec):
    """Somebody's wish would be refused for lack of statistics, or make things worse."""
    tried, _ = put(spec, SAME, stream(40), lane="deterministic")
    assert tried.passed
    tried, _ = put(spec, BLIND, stream(60), lane="deterministic")
    assert not tried.passed


def test_a_request_may_not_make_the_detector_blind_where_nobody_reviewed_yet(spec):
    """One source could have any strategy it names promoted before anybody had looked at an alarm."""
    unsaid = [o._replace(label=None) for o in stream(60)]
    tried, _ = put(spec, BLIND, unsaid, lane="deterministic")
    assert not tried.passed
    assert "real drifts that the parent finds it misses 40" in tried.why
    tried, _ = put(spec, SAME, unsaid, lane="deterministic")
    assert tried.passed, tried.why


@pytest.mark.parametrize("seed", [1, 2, 3])
@pytest.mark.parametrize("confidence", [0.95, 0.8])
def test_one_label_in_five_wrong_does_not_hide_what_is_better(spec, seed, confidence):
    """Reviewers who err, each alone, would call false alarms real drift, and stop all learning."""
    wrong = [o._replace(confidence=confidence) for o in stream(200, wrong=0.2, seed=seed)]
    tried, proof = put(spec, BETTER, wrong)
    assert tried.passed, tried.why
    assert proof.comparison is not None
    assert proof.comparison.missed > 0
    tried, _ = put(spec, HEAD + '    return {"drift": x > 3.7}\n', wrong)
    assert not tried.passed, tried.why


def test_what_one_source_alone_says_makes_nothing_better(spec):
    """Somebody who calls all silence drift would have a detector made that never stops."""
    honest = stream(100)
    silent = [o for o in honest if o.args[0] < 1]
    cries = {o.execution_id: "eve" for o in silent}
    items = [o._replace(label=True, confidence=0.95) if o in silent else o for o in honest]
    proof = Proof(
        "statistical",
        "false_positive_rate",
        LEARNING,
        lambda: items,
        50.0,
        None,
        "app",
        20.0,
        cries,
    )
    code = HEAD + '    return {"drift": True}\n'
    tried = proof(code, spec, require=False, tell=lambda _: None, sandbox=Sandbox)
    assert not tried.passed
    assert "without what eve alone says" in tried.why


def test_parents_answers_are_asked_once(spec, monkeypatch):
    """Each further candidate would cost the parent's time again."""
    import poet.lifecycle.learning._replay as module

    calls = []
    real = module.ask_check
    monkeypatch.setattr(
        module,
        "ask_check",
        lambda box, check, **how: calls.append(check) or real(box, check, **how),
    )
    items = stream(30)
    _, proof = put(spec, SAME, items, lane="deterministic")
    first = len(calls)
    assert first >= 60, "planted drift is asked about too"
    proof(BETTER, spec, require=False, tell=lambda _: None, sandbox=Sandbox)
    assert len(calls) == first + first // 2


def test_success_rate_counts_what_returns(spec):
    """A version that survives what the parent dies of could not be shown to be better."""
    code = HEAD + '    return {"drift": False}\n'
    items = stream(40)
    strings = [o._replace(args=("one",)) for o in items[::2]]
    mixed = sorted([*items[1::2], *strings], key=lambda o: o.at)
    tried, _ = put(spec, code, mixed, aim="success_rate")
    assert tried.passed, tried.why
    assert "only it returns 20 times" in tried.why
    tried, _ = put(spec, SAME, mixed, aim="success_rate")
    assert not tried.passed
