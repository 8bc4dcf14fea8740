"""The search among a model's answers and the ladder below it, over a real socket."""

from __future__ import annotations

import json
import time

import pytest
from lifecycle_helpers import (
    GOOD,
    HEAD,
    OTHER,
    REFUSED,
    WORSE,
    WRONG,
    Bench,
    outcomes,
    provided,
    rungs,
)

from poet.lifecycle import _making
from poet.testing import ModelServer, answers


@pytest.fixture
def bench(tmp_path):
    with provided() as provider:
        made = Bench(tmp_path / "project")
        made.provider = provider
        yield made


@pytest.fixture
def judged(monkeypatch):
    """The codes that the gate was asked to judge."""
    seen = []
    judge = _making.judge

    def spy(code, *args, **more):
        seen.append(code)
        return judge(code, *args, **more)

    monkeypatch.setattr(_making, "judge", spy)
    return seen


def test_the_third_answer_is_promoted_with_three_attempts(bench):
    """A model that errs twice would be given up, or its failures would be forgotten."""
    with ModelServer([answers.code(c) for c in (WRONG, REFUSED, GOOD)]) as server:
        result = bench.run(server)
        second, third = (r.prompt for r in server.requests[1:])
    assert result.outcome == "promoted"
    assert outcomes(result) == ["failed verification", "refused by audit", "accepted"]
    assert rungs(result) == [("model", "failed"), ("repaired", "promoted")]
    assert (result.generator, result.model) == ("http", "openai/scripted")
    assert (result.used.calls, len(server.requests)) == (3, 3)
    assert result.used.usd == pytest.approx(sum(a.cost_usd for a in result.attempts))
    assert "the baseline gives" in second
    assert "socket" in third
    metadata = bench.metadata()
    assert [a["outcome"] for a in metadata["attempts"]] == outcomes(result)
    assert [r["name"] for r in metadata["rungs"]] == ["model", "repaired"]
    assert metadata["llm"] == "openai/scripted"
    assert "# generator:   http, openai/scripted\n" in (bench.version() / "code.py").read_text()
    attempted = bench.events("generation.attempted")
    assert [e["number"] for e in attempted] == [1, 2, 3]
    assert not any("code" in e or "why" in e for e in attempted)
    (completed,) = bench.events("enhancement.completed")
    assert completed["used"]["calls"] == 3
    assert [r["outcome"] for r in completed["rungs"]] == ["failed", "promoted"]


def test_one_that_never_passes_ends_at_the_recipe(bench):
    """A model that cannot do it would leave the function without a version."""
    with ModelServer([answers.code(WRONG), answers.code(WORSE), answers.code(REFUSED)]) as server:
        result = bench.run(server)
    assert result.outcome == "promoted"
    assert result.generator.startswith("recipe/base/")
    assert rungs(result) == [("model", "failed"), ("repaired", "failed"), ("recipe", "promoted")]
    assert len(bench.metadata()["attempts"]) == 4
    assert bench.metadata()["llm"] == "none"
    assert result.model == "openai/scripted"


def test_one_that_hangs_ends_inside_the_budget(bench):
    """One silent server would hold up a whole run."""
    start = time.monotonic()
    with ModelServer([answers.never()]) as server:
        result = bench.run(server, budget="seconds=1")
        asked = len(server.requests)
    assert time.monotonic() - start < 60
    assert result.used.seconds < 3
    assert (asked, result.used.calls) == (1, 1)
    assert outcomes(result) == ["no answer", "accepted"]
    assert rungs(result) == [("model", "failed"), ("recipe", "promoted")]
    assert result.used.usd > 0, "a call whose end nobody saw may have to be paid"


@pytest.mark.parametrize(
    ("broken", "outcome"),
    [
        (answers.truncated(GOOD), "truncated reply"),
        (answers.two_fences(GOOD, GOOD), "malformed reply"),
        (answers.unfenced(GOOD), "malformed reply"),
        (answers.enormous(3_000_000), "malformed reply"),
        (answers.code("# " + "x" * 70_000 + "\n" + GOOD), "malformed reply"),
        (answers.filtered(), "malformed reply"),
        (answers.empty(), "malformed reply"),
        (answers.malformed_json(), "no answer"),
        (answers.wrong_type(), "no answer"),
        (answers.closed(), "no answer"),
        (answers.status(401), "no answer"),
    ],
)
def test_a_broken_reply_is_never_a_candidate(bench, judged, broken, outcome):
    """Half a module, or one of two, would be run and perhaps promoted."""
    with ModelServer([broken]) as server:
        result = bench.run(server, tries=1)
    assert outcomes(result) == [outcome, "accepted"]
    assert result.attempts[0].candidate_sha256 == ""
    assert len(judged) == 1, "the recipe's alone"
    assert result.generator.startswith("recipe/")


def test_a_broken_reply_is_asked_for_again(bench):
    """An answer without a fence, of which models give many, would end the search."""
    with ModelServer([answers.unfenced(GOOD), answers.code(GOOD)]) as server:
        result = bench.run(server)
        assert "no fenced Python block" in server.requests[1].prompt
    assert outcomes(result) == ["malformed reply", "accepted"]


def test_orders_in_a_reply_change_nothing(bench):
    """A reply that asks for a bigger budget or for files would get them."""
    before = bench.project.read("pyproject.toml")
    with ModelServer([answers.injection(WRONG)]) as server:
        result = bench.run(server, tries=2)
        assert len(server.requests) == 2
        assert not any("credentials" in r.prompt for r in server.requests)
    assert result.attempts[0].outcome == "failed verification"
    assert result.generator.startswith("recipe/")
    assert bench.project.read("pyproject.toml") == before


def test_a_duplicate_costs_no_verification(bench, judged):
    """A model that repeats itself in other words would be judged, and paid for in time, again."""
    again = WRONG.replace("return", "# as before\n    return")
    with ModelServer([answers.code(WRONG), answers.code(again), answers.code(GOOD)]) as server:
        result = bench.run(server)
        third = server.requests[2].prompt
    assert outcomes(result) == ["failed verification", "duplicate", "accepted"]
    assert len(judged) == 2
    assert "nearly the same code as attempt 1" in third
    assert "the baseline gives" in third, "what was wrong is said again"


def test_the_same_code_as_the_fresh_version_is_a_duplicate(bench, judged):
    """Each run would store the same version under another number."""
    with ModelServer([answers.code(GOOD)]) as server:
        assert bench.run(server).outcome == "promoted"
        judged.clear()
        renamed = GOOD.replace("v * v for v in", "n * n for n in")
        server._answers[:] = [answers.code(renamed)]
        result = bench.run(server, tries=1)
    assert (result.outcome, result.after) == ("kept", "v1")
    assert outcomes(result) == ["duplicate"]
    assert judged == []


def test_a_lower_rung_never_replaces_a_fresh_version(bench):
    """A bad day of a model would put a recipe in place of what it wrote on a good one."""
    with ModelServer([answers.code(GOOD), answers.code(WRONG)]) as server:
        assert bench.run(server).outcome == "promoted"
        result = bench.run(server, tries=1)
    assert (result.outcome, result.good, result.after) == ("kept", True, "v1")
    assert rungs(result) == [("model", "failed"), ("recipe", "not tried")]
    assert bench.current() == "v1"
    assert "failed verification" in result.message
    without = bench.run(llm="off")
    assert (without.outcome, bench.current()) == ("kept", "v1")


def test_candidates_are_sought_side_by_side_in_a_fixed_order(bench):
    """A fast wrong answer, or the order of arrival, would decide what is promoted."""
    # Whoever asks first is answered last.
    turns = iter((answers.late(answers.code(OTHER), 0.5), answers.code(GOOD)))
    with ModelServer(lambda _: next(turns)) as server:
        result = bench.run(server, candidates=2)
    assert [a.candidate for a in result.attempts] == [1, 2]
    assert outcomes(result) == ["accepted", "accepted"]
    assert bench.provider.most_flying == 2
    record = json.loads((bench.version() / "record.json").read_text())
    assert record["candidate_sha256"] == result.attempts[0].candidate_sha256


def test_a_budget_that_is_used_up_is_the_reason_for_the_next_rung(bench):
    """A run would spend on, or stop without a version and without a word."""
    with ModelServer([answers.usage(answers.code(WRONG), 3000, 500)]) as server:
        result = bench.run(server, budget="usd=0.03", max_tokens=8192, price="input=1,output=2")
        asked = len(server.requests)
    assert asked == 2
    assert result.used.usd <= 0.03
    assert rungs(result) == [("model", "failed"), ("repaired", "failed"), ("recipe", "promoted")]
    assert any("--budget usd=" in r.why for r in result.rungs)


def test_a_price_nobody_knows_is_an_error_before_the_call(tmp_path):
    """The budget would hold nothing back."""
    with provided(input_usd=None) as _, ModelServer([answers.code(GOOD)]) as server:
        result = Bench(tmp_path).run(server)
        assert server.requests == []
    assert result.outcome == "failed"
    assert "--price" in result.message


def test_code_without_evidence_is_not_asked_for_again(tmp_path):
    """A function nobody can check would use up its budget for nothing."""
    app = """
        import random

        from poet import poet


        @poet()
        def roll() -> float:
            return random.random()
    """
    code = "import random\n\n\ndef roll() -> float:\n    return random.random()\n"
    with provided(), ModelServer([answers.code(code)]) as server:
        bench = Bench(tmp_path, app)
        (result,) = bench.run(server, jobs=[bench.job("roll")])
        asked = len(server.requests)
    assert result.attempts[0].outcome == "insufficient evidence"
    assert asked == 1


def test_progress_names_candidate_attempt_and_verdict(bench):
    """A person who waits would see nothing of what is paid for."""
    with ModelServer([answers.code(WRONG), answers.code(GOOD)]) as server:
        bench.run(server)
    verdicts = [(s.candidate, s.attempt, s.rung, s.verdict) for s in bench.steps if s.verdict]
    assert verdicts[:2] == [
        (1, 1, "model", "failed verification"), (1, 2, "repaired", "accepted"),
    ]  # fmt: skip
    assert bench.steps[-1].done
    assert bench.steps[-1].cost_usd > 0


def test_progress_counts_the_tries_of_each_candidate(bench):
    """The column of a person's table would jump between two ways of counting."""
    script = [answers.code(c) for c in (WRONG, WORSE, GOOD, OTHER)]
    with ModelServer(script) as server:
        bench.run(server, candidates=2, tries=2)
    tried = {(s.candidate, s.attempt, s.rung) for s in bench.steps if s.candidate}
    assert tried == {(c, t, r) for c in (1, 2) for t, r in ((1, "model"), (2, "repaired"))}
    for candidate in (1, 2):
        tries = [s.attempt for s in bench.steps if s.candidate == candidate]
        assert tries == sorted(tries)


def test_it_says_that_the_tests_run_before_anything_is_asked(bench):
    """A person would look at a run that does nothing, for as long as the tests take."""

    class Tests:
        def __init__(self):
            self.before = None

        def planned(self):
            if self.before is None:
                self.before = [s.text for s in bench.steps]
            return []

        def test_sources(self):
            return {}

        def run(self, code, *, confined=False):
            return []

    for settings in {}, {"llm": "off"}:
        tests = Tests()
        bench.steps.clear()
        with ModelServer([answers.code(GOOD)]) as server:
            bench.run(server, jobs=[bench.job(tests=tests, force=True)], **settings)
        assert tests.before[0] == "the tests, on the function as written", settings
        assert not any(text.startswith("ask") for text in tests.before)
        texts = [s.text for s in bench.steps]
        assert texts.count("the tests, on the function as written") == 1


def test_a_method_named_like_nothing_is_its_own_failure(bench):
    """One bad name would stop a run of many."""
    with ModelServer([answers.code(GOOD)]) as server:
        lost, good = bench.run(server, jobs=[bench.job("nowhere"), bench.job()])
    assert (lost.outcome, good.outcome) == ("failed", "promoted")
    assert "nowhere" in lost.message
    assert HEAD.strip() in (bench.version() / "code.py").read_text()
