"""Objectives decide between candidates that all pass the gate, and against what there is."""

from __future__ import annotations

import json

from lifecycle_helpers import Bench, outcomes, provided

from poet.gate import Score, Scores
from poet.lifecycle import _objectives, _search
from poet.testing import ModelServer, answers

APP = '''
import time

from poet import poet


@poet(objectives={"latency": 1.0})
def slow(x: int) -> int:
    """Return x and a thousand more."""
    found = x
    for _ in range(40_000):
        found += 1
    return found - 39_000
'''
FAST = "def slow(x: int) -> int:\n    return x + 1_000\n"
SAME = (
    "def slow(x: int) -> int:\n    n = x\n    for _ in range(40_000):\n        n += 1\n"
    "    return n + 1_000 - 40_000\n"
)
OPTIONS = {"objectives": {"latency": 1.0}}


def test_what_is_no_faster_is_asked_for_again_and_the_faster_is_promoted(tmp_path):
    """A version that is only different would take the place of the function."""
    with provided(), ModelServer([answers.code(SAME), answers.code(FAST)]) as server:
        bench = Bench(tmp_path, APP)
        (result,) = bench.run(server, jobs=[bench.job("slow", OPTIONS)])
        second = server.requests[1].prompt
    assert outcomes(result) == ["no better", "accepted"]
    assert "no better than the function as written" in second
    assert "latency" in result.attempts[0].why
    assert set(result.attempts[1].scores) == {"latency"}
    assert any("latency" in note and "against" in note for note in result.notes)
    metadata = bench.metadata(function="slow")
    assert metadata["objectives"]["wanted"][0]["direction"] == "minimize"
    kept = json.dumps([metadata["attempts"], metadata["notes"]])
    assert "(noise" not in kept
    assert "latency # ms against # ms" in kept, "a measured time differs in each replay"
    assert "(noise" not in second
    record = json.loads((bench.version(function="slow") / "record.json").read_text())
    assert record["objectives"]["attempts"][0]["figures"][0]["value"] is not None


def scored(values, reference=0.5):
    return [_score(v, reference) for v in values]


def _score(value, reference):
    one = Score("accuracy", value, 0.01, "maximize", 1.0, None, "")
    return Scores([one._replace(against=reference)], [one._replace(value=reference)])


class Nothing:
    """A function without a version, and without anything that takes time."""

    fresh = None

    class spec:  # noqa: N801
        class options:  # noqa: N801
            constraints = ()
            objectives = ()
            optimize_for = "accuracy"


def test_the_best_of_several_is_taken_and_the_pareto_set_shown():
    """The first that passes would be taken, however good the others are."""
    choice = _objectives.decide(Nothing, scored([0.6, 0.9, 0.4]), [1, 2, 3])
    assert choice.best == 1
    assert [good for good, _ in choice.said] == [True, True, False]
    assert choice.kept["pareto"] == [2]
    assert any("Pareto set: attempt 2" in n for n in choice.notes)


def test_what_cannot_be_measured_is_the_gates_to_decide():
    """An objective that nobody can score would keep every model out for ever."""
    assert _objectives.decide(Nothing, scored([None], None), [1]).best == 0


def test_the_search_asks_for_figures_only_where_there_are_objectives():
    """Each candidate would be measured for nothing."""
    assert _search.wanted(Nothing) is True
