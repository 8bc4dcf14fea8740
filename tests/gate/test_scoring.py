"""Candidates are scored in the sandbox, by the calls of a domain and by their latency."""

from __future__ import annotations

import pytest

from poet.codec import encode
from poet.domain import CallCheck, Domain, ObjectiveKey, Scoring, Scripted
from poet.gate import better, judge, score, score_pair
from poet.gate.inputs import Input
from poet.gate.scoring.latency import compare_latency
from poet.spec import Options, build_spec
from poet.testing import Project

APP = """
import urllib.request

def work(n: int) -> int:
    total = 0
    for i in range(n):
        total += i * i % 7
    return total

def ask(url: str) -> str:
    return urllib.request.urlopen(url).read().decode()
"""
SAME = """
def work(n: int) -> int:
    total = 0
    for i in range(n):
        total += i * i % 7
    return total
"""
LESS = SAME.replace("range(n)", "range(n // 20)")
STUB = "def work(n: int) -> int:\n    return 0\n"
ODD = "def work(n: int) -> int:\n    if n > 2:\n        raise ValueError(n)\n    return n\n"
AGAIN = (
    "from poet.runtime import baseline\n\ndef ask(url: str) -> str:\n    for _ in range(2):\n"
    "        try:\n            return baseline(url)\n        except ConnectionRefusedError:\n"
    "            pass\n    return baseline(url)\n"
)
ALONE = "def ask(url: str) -> str:\n    return url\n"
REFUSED = ("raise", "ConnectionRefusedError", (111, "refused"))


def equals(expected):
    return lambda outcome: None if outcome.value == expected else f"got {outcome.value}"


EVEN = tuple(CallCheck(f"n={n}", [n], {}, equals(n)) for n in range(6))
RETRY = CallCheck("retry", ["u"], {}, equals("x"), Scripted([REFUSED, ("return", "x")]))
OUTSIDE = CallCheck(
    "outside", ["u"], {},
    lambda o: None if len(o.outside_calls["urllib.request.urlopen"]) > 1 else "one call",
    outside={"urllib.request.urlopen": Scripted([REFUSED])},
)  # fmt: skip


def domain(*scoring):
    objectives = {n: ObjectiveKey(n) for n in ("identity", "recovery")}
    objectives["latency"] = ObjectiveKey("quick", "minimize", "ms")
    return Domain(
        "toy", "", "1", 1, "enhance", recipe=lambda _: None, checks=lambda _: [],
        objectives=objectives,
        scoring=lambda _: scoring,
    )  # fmt: skip


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    folder = tmp_path_factory.mktemp("scoring")
    Project(folder).write({"scored_app.py": APP})
    return folder / "scored_app.py"


def spec_of(path, function="work", **options):
    return build_spec(
        path, function, Options.parse(options, ""), recipe_epoch=1, default_mode="enhance"
    )


def ask(path, code, reference=..., *scoring, function="work", inputs=(), **options):
    spec = spec_of(path, function, **options)
    given = {"import_name": "scored_app", "filename": "<c>", "inputs": inputs, "timeout": 10}
    if reference is ...:
        return score(code, spec, domain(*scoring), **given)
    return score_pair(code, reference, spec, domain(*scoring), **given)


def numbers(count, start):
    return [Input(f"{n}", "generated", encode([start + n]), encode({})) for n in range(count)]


def test_a_share_is_that_of_the_calls_that_go_well(path):
    """The figure would say something else than what the domain asked."""
    objectives = {"identity": {"weight": 2, "target": 0.9}}
    (found,) = ask(path, ODD, ..., Scoring("identity", EVEN), objectives=objectives)
    assert found.value == 0.5
    assert (found.weight, found.target, found.direction, found.noise) == (2, 0.9, "maximize", 0)


def test_the_figure_is_made_of_calls_and_outcomes_here(path):
    """A domain could not score by anything but a share."""

    def largest(calls, outcomes):
        return max(o.value for c, o in zip(calls, outcomes, strict=True) if o.kind == "returned")

    (found,) = ask(path, ODD, ..., Scoring("identity", EVEN, largest), optimize_for="identity")
    assert (found.value, found.weight) == (2.0, 1.0)


def test_why_there_is_no_figure_is_said(path):
    """A reader would take what was not measured for a figure, or for a fault of the candidate."""

    def none(calls, outcomes):
        raise ValueError("it never says anything")

    def broken(calls, outcomes):
        return outcomes[0].nothing

    for scoring, why in (
        (Scoring("identity", EVEN, none), "it never says anything"),
        (Scoring("identity", EVEN, broken), "its figure fails"),
        (Scoring("identity", EVEN, lambda *_: float("nan")), "its figure is nan"),
        (Scoring("identity", (), why="there is nothing to ask"), "there is nothing to ask"),
        (Scoring("latency", ()), "does not score it"),
    ):
        (found,) = [
            s
            for s in ask(path, STUB, ..., scoring, objectives={"identity": 1})
            if s.objective == "identity"
        ]
        assert found.value is None
        assert why in found.why


def test_a_sample_has_the_error_of_a_sample(path):
    """One lucky sample more would be called better."""
    calls = tuple(CallCheck(f"n={n}", [n], {}, equals(n)) for n in range(8))
    scorings = Scoring("identity", calls, sampled=True), Scoring("identity", calls)
    sampled, exact = (
        ask(path, ODD, STUB, s, optimize_for="identity", objectives={}) for s in scorings
    )
    for pair in (sampled, exact):
        assert (pair.candidate[0].value, pair.reference[0].value) == (0.375, 0.125)
    assert better(*exact)[0]
    assert not better(*sampled)[0]
    assert sampled.candidate[0].noise == pytest.approx(2.33 * (2 * 6 / 8 / 8 / 7) ** 0.5)


def test_the_same_code_is_not_better_than_itself(path):
    """Every regeneration would promote a version."""
    scoring = Scoring("identity", EVEN, sampled=True)
    found = ask(path, ODD, ODD, scoring, optimize_for="identity")
    assert not better(*found)[0]
    assert found.candidate[0].against == found.reference[0].value


def test_scripts_play_the_function_and_what_is_outside(path):
    """Reliability would be measured on the real network, or not at all."""
    scoring = Scoring("recovery", (RETRY, OUTSIDE))
    objectives = {"recovery": 1}
    found = ask(path, AGAIN, None, scoring, function="ask", objectives=objectives)
    assert (found.candidate[0].value, found.reference[0].value) == (1.0, 0.0)
    assert better(*found)[0]


def test_a_script_that_is_never_asked_says_nothing(path):
    """Code that does not call the function would score by not doing its work."""
    scoring = Scoring("recovery", (RETRY, OUTSIDE))
    found = ask(path, ALONE, None, scoring, function="ask", objectives={"recovery": 1})
    assert found.candidate[0].value is None
    assert "does not call the function" in found.candidate[0].why
    assert not better(*found)[0]


def test_a_lost_call_is_no_success_and_no_end(path):
    """A candidate that ends its process would end the command, or score by it."""
    code = "import sys\n\ndef work(n: int) -> int:\n    return n if n != 1 else sys.exit(0)\n"
    (found,) = ask(path, code, ..., Scoring("identity", EVEN), optimize_for="identity")
    assert found.value == pytest.approx(5 / 6)


def test_code_that_cannot_be_loaded_scores_nothing(path):
    """It would be an error of POET's where it is one of the candidate."""
    code = "1 / 0\n\ndef work(n: int) -> int:\n    return n\n"
    objectives = {"identity": 1, "latency": 1}
    scoring = Scoring("identity", EVEN)
    identity, latency = ask(path, code, ..., scoring, objectives=objectives, inputs=numbers(2, 5))
    assert identity.value == 0
    assert latency.value is None
    assert "cannot be loaded" in latency.why


def test_much_less_work_is_faster_than_the_baseline_and_than_a_version(path):
    """No candidate would ever be promoted for its speed."""
    inputs = numbers(4, 20_000)
    for reference in (None, SAME):
        found = ask(path, LESS, reference, optimize_for="latency", inputs=inputs)
        assert better(*found)[0], better(*found)
        assert found.candidate[0].unit == "ms"
    assert not better(found.reference, found.candidate)[0]


def test_a_memory_of_earlier_arguments_gains_nothing(path):
    """A cache would look a thousand times as fast, because the same calls were timed again."""
    code = "from functools import cache\n\n@cache\n" + SAME
    spec = spec_of(path)
    found = compare_latency(code, None, spec, numbers(4, 20_000), "scored_app", "<c>", timeout=10)
    assert found.decision is not None
    assert found.decision.ratio < 3


def test_sleep_counts(path):
    """Waiting would be free, because no processor is used."""
    code = "import time\n" + LESS.replace(
        "    total = 0\n", "    total = 0\n    time.sleep(0.01)\n"
    )
    found = ask(path, LESS, code, optimize_for="latency", inputs=numbers(3, 2000))
    assert better(*found)[0], better(*found)
    assert found.reference[0].value > 5


def test_what_is_too_short_to_be_told_is_not_measured(path):
    """Chance would decide between functions that both take a microsecond."""
    (found,) = ask(path, STUB, ..., optimize_for="latency", inputs=numbers(1, 1))
    assert found.value is None
    assert "shorter than can be told" in found.why


def test_without_an_input_that_returns_nothing_is_measured(path):
    """A function that fails at once would be the fastest."""
    spec = spec_of(path)
    given = (spec, numbers(4, 10), "scored_app", "<c>")
    assert "no input on which both return" in compare_latency(ODD, None, *given, timeout=5).why
    (found,) = ask(path, SAME, ..., optimize_for="latency")
    assert found.why == "no input on which the function returns: write a test or a case"


def test_a_verdict_hands_on_the_inputs_and_a_generator_sees_none(path):
    """Latency would be measured on calls that fail, or a model would be told the hidden inputs."""
    spec = spec_of(path)
    found = judge(SAME, spec, domain(), import_name="scored_app", filename="<c>", generator="x")
    assert found.accepted, found.explain()
    assert found.measurable
    assert found.for_generator().measurable == ()
    assert "measurable" not in found.facts
