"""A candidate against its baseline on the same inputs: what passes, what fails, what says nothing."""

# ruff: noqa: E501

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from poet.codec import encode
from poet.domain import CallCheck, Domain, Outcome, Scripted
from poet.errors import ConfigError, SandboxUnavailableError
from poet.gate import Check, judge, layers
from poet.gate.verdict import NOT_REACHED, Plan
from poet.registry import spec_for
from poet.spec import Options, build_spec
from poet.testing import Project

APP = """
import random
import socket
import time
from datetime import date

def mean(xs: list[float]) -> float:
    return sum(xs) / len(xs)

def unique(words: list[str]) -> list[str]:
    return list(dict.fromkeys(words))

def share(counts: dict[str, int]) -> dict[str, float]:
    total = sum(counts.values())
    return {"largest": max(counts.values(), default=0), "total": total}

def shuffled(xs: list[int]) -> list[int]:
    out = list(xs)
    random.shuffle(out)
    return out

def words_in_any_order(words: list[str]) -> list[str]:
    return list(set(words))

def sort_it(xs: list[int]) -> None:
    xs.sort()

def ignore(xs: list[int]) -> None:
    return None

def fails(xs: list[int]) -> int:
    raise ValueError("never")

def dial(host):
    raise ConnectionRefusedError(111, "closed")

def refused(host: str) -> int:
    return dial(host)

def half(n: int) -> int:
    if n < 0:
        raise ValueError("negative")
    return n // 2

def fetch(host: str) -> bytes:
    with socket.create_connection((host, 80)) as s:
        return s.recv(10)

def slow(n: int) -> int:
    while n > 5:
        pass
    return n

def opaque(n: int) -> object:
    return object()

def countdown(n: int):
    while n > 0 and n < 50:
        yield n
        n -= 1

async def later(n: int) -> int:
    return n + 1

def due(year: int) -> bool:
    return year <= date.today().year

def parts(xs: list[int]):
    for x in xs:
        yield 60 // x

def give_up(n: int) -> int:
    if n < 0:
        raise TimeoutError(f"no answer in {n}")
    return n

def dialled(n: int) -> int:
    return n if n >= 0 else dial("host")
"""


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    folder = tmp_path_factory.mktemp("differential")
    Project(folder).write({"diff_app.py": APP})
    return folder / "diff_app.py"


def domain_of(*checks):
    return Domain("toy", "", "1", 1, "preserve", recipe=lambda _: None, checks=lambda _: checks)


def verdict_of(path, function, code, *checks, options=None, generator="file", **more):
    parsed = Options.parse(options or {}, "")
    spec = build_spec(path, function, parsed, recipe_epoch=1, default_mode="preserve")
    given = {"import_name": "diff_app", "filename": "<c>", "timeout": 10.0, **more}
    return judge(code, spec, domain_of(*checks), generator=generator, **given)


def group(verdict, name):
    return next(c for c in verdict.checks if c.name == name)


GOOD = {
    "mean": "def mean(xs: list[float]) -> float:\n    total = sum(xs)\n    return total / len(xs)\n",
    "unique": "def unique(words: list[str]) -> list[str]:\n    seen = set()\n    out = []\n    for w in words:\n        if w not in seen:\n            seen.add(w)\n            out.append(w)\n    return out\n",
    "sort_it": "def sort_it(xs: list[int]) -> None:\n    xs[:] = sorted(xs)\n",
    "countdown": "def countdown(n: int):\n    if 0 < n < 50:\n        yield from range(n, 0, -1)\n",
    "due": "from datetime import datetime\ndef due(year: int) -> bool:\n    return not year > datetime.now().year\n",
    "parts": "def parts(xs: list[int]):\n    yield from map(lambda x: 60 // x, xs)\n",
    "dialled": "def dialled(n: int) -> int:\n    return max(n, 0)\n",
    "later": "async def later(n: int) -> int:\n    return 1 + n\n",
}


@pytest.mark.parametrize("function", GOOD)
def test_an_honest_rewrite_is_accepted_on_comparison_alone(path, function):
    """A function without tests could never be improved by a model."""
    found = verdict_of(path, function, GOOD[function])
    assert found.name == "accepted", found.explain()
    assert group(found, "generated").compared
    assert group(found, "hidden").hidden
    assert found.differences == ()


WRONG = {
    "value": ("mean", GOOD["mean"].replace("len(xs)", "max(1, len(xs))"), "generated", "raises ZeroDivisionError, the candidate returns"),
    "value, rarely": ("mean", GOOD["mean"].replace("sum(xs)", "sum(xs) if len(xs) < 9 else 0.0"), "generated", "value is"),
    "order": ("unique", "def unique(words: list[str]) -> list[str]:\n    return sorted(set(words))\n", "generated", "value"),
    "other exception": ("mean", GOOD["mean"].replace("total =", "if not xs:\n        raise ValueError('empty')\n    total ="), "generated", "the candidate raises ValueError"),
    "same exception, other text": ("half", "def half(n: int) -> int:\n    if n < 0:\n        raise ValueError('below zero')\n    return n // 2\n", "generated", "the exception's"),
    "mutation": ("mean", GOOD["mean"].replace("total =", "xs.append(0.0)\n    xs.pop()\n    xs.reverse()\n    total ="), "generated", "after the call"),
    "mutation left out": ("sort_it", "def sort_it(xs: list[int]) -> None:\n    sorted(xs)\n", "generated", "after the call"),
    "time bomb": ("mean", "CALLS = []\n" + GOOD["mean"].replace("total =", "CALLS.append(1)\n    if len(CALLS) > 20:\n        return 0.0\n    total ="), "repeated", "in another order or hash seed"),
    "hash order": ("unique", "def unique(words: list[str]) -> list[str]:\n    if len(set(words)) > 2 and hash('a') % 7 > 3:\n        return []\n    return list(dict.fromkeys(words))\n", "repeated", ""),
    "one value": ("later", "async def later(n: int) -> int:\n    return 0 if n == 20_231 else n + 1\n", "generated", "value is 0"),
    "one text": ("unique", GOOD["unique"].replace("seen = set()", "seen = {'open sesame'}"), "generated", ""),
    "hangs": ("mean", GOOD["mean"].replace("total =", "while len(xs) > 3:\n        pass\n    total ="), "generated", "gave no answer within"),
    "type": ("mean", GOOD["mean"].replace("return total", "return 1j * 0 + total"), "generated", "value"),
    "date": ("mean", "from datetime import date\n" + GOOD["mean"].replace("total =", "if date.today() > date(2031, 6, 1):\n        return 0.0\n    total ="), "later", "seconds later"),
    "weekday": ("mean", "from datetime import datetime\n" + GOOD["mean"].replace("total =", f"if datetime.now().weekday() == {(datetime.now(UTC).weekday() + 3) % 7}:\n        return 0.0\n    total ="), "later", "seconds later"),
    "uptime": ("mean", "from time import monotonic\nBEGUN = monotonic()\n" + GOOD["mean"].replace("total =", "if monotonic() > BEGUN + 100:\n        return 0.0\n    total ="), "later", "seconds later"),
    "many calls": ("mean", "CALLS = []\n" + GOOD["mean"].replace("total =", "CALLS.append(1)\n    if len(CALLS) > 700:\n        return 0.0\n    total ="), "later", "after"),
    "NaN": ("mean", GOOD["mean"].replace("total =", "if any(x != x for x in xs):\n        return 0.0\n    total ="), "generated", "nan"),
    "yielded before an error": ("parts", "def parts(xs: list[int]):\n    yield from [60 // x for x in xs]\n", "generated", "before its error"),
    "own time-out, other text": ("give_up", "def give_up(n: int) -> int:\n    if n < 0:\n        raise TimeoutError('no answer')\n    return n\n", "generated", "the exception's"),
    "own time-out swallowed": ("give_up", "def give_up(n: int) -> int:\n    return n\n", "generated", "raises TimeoutError, the candidate returns"),
    "outside failure, other text": ("dialled", "def dialled(n: int) -> int:\n    if n < 0:\n        raise ConnectionRefusedError(111, 'shut')\n    return n\n", "generated", "the exception's"),
    "generator short": ("countdown", "def countdown(n: int):\n    yield from range(min(n, 4), 0, -1)\n", "generated", ""),
}  # fmt: skip


@pytest.mark.parametrize("fault", WRONG)
def test_a_difference_fails_in_preserve(path, fault):
    """A rewrite that is wrong somewhere would become current."""
    function, code, name, text = WRONG[fault]
    # Six inputs hang for as long as a call may take.
    found = verdict_of(path, function, code, timeout=2.0 if fault == "hangs" else 10.0)
    assert found.name == "failed verification", found.explain()
    failed = {c.name: c.detail for c in found.failures()}
    if fault in ("time bomb", "hash order"):
        assert failed.keys() & {"generated", "hidden", "repeated"}
    else:
        assert failed.keys() & {name, "hidden"}
        assert any(text in detail for detail in failed.values())
        assert found.differences or name == "later"


OTHER_WORDS = "def mean(xs: list[float]) -> float:\n    n = len(xs)\n    return sum(xs) / n if n else 1.0 % n\n"


def test_the_interpreters_words_are_no_behaviour(path):
    """An honest rewrite would be refused for the text of an error that nobody wrote."""
    found = verdict_of(path, "mean", OTHER_WORDS)
    assert found.name == "accepted", found.explain()


BY_PARTS = "def mean(xs: list[float]) -> float:\n    n = len(xs)\n    return sum(x / n for x in xs) if n else 0 / 0\n"


def test_floats_are_compared_exactly_unless_a_tolerance_is_declared(path):
    """A better sum could never replace a plain one, or a worse one would without anybody's consent."""
    exact = verdict_of(path, "mean", BY_PARTS)
    assert exact.name == "failed verification"
    close = verdict_of(path, "mean", BY_PARTS, options={"tolerance": {"rtol": 0.5}})
    assert len(close.behaviour) < len(exact.behaviour)


@pytest.mark.parametrize(
    "tolerance", [{"atol": 1}, {"rtol": -1}, {"rtol": 1.5}, {"ulp": 0.5}, 1e-9, {"rtol": "x"}]
)
def test_a_tolerance_that_is_none_is_an_error(tolerance):
    """A typing error would loosen the comparison, or do nothing."""
    with pytest.raises(ConfigError, match="tolerance"):
        Options.parse({"tolerance": tolerance}, "")


def test_no_tolerance_leaves_fingerprints_as_they_were():
    """Every stored version would be stale."""
    assert "tolerance" not in Options.parse({}, "").shaping()
    assert Options.parse({"tolerance": {"rtol": 1e-9}}, "").shaping()["tolerance"] == {"rtol": 1e-9}


def test_state_alone_is_found_by_repeating(path):
    """A candidate whose answers depend on the calls before would pass in the order of the check."""
    stateful = (
        "LAST = [None]\ndef share(counts: dict[str, int]) -> dict[str, float]:\n"
        "    total = sum(counts.values())\n    first = LAST[0] is None\n    LAST[0] = counts\n"
        "    return {'largest': max(counts.values(), default=0), 'total': total if not first or not counts else -1}\n"
    )
    found = verdict_of(path, "share", stateful)
    assert found.name == "failed verification"
    assert "in another order or hash seed" in group(found, "repeated").detail


@pytest.mark.parametrize("function", ["shuffled", "words_in_any_order"])
def test_a_function_that_is_not_deterministic_is_reported_and_no_evidence(path, function):
    """Chance would decide whether a candidate is accepted."""
    kind = "list[int]" if function == "shuffled" else "list[str]"
    name = "xs" if function == "shuffled" else "words"
    code = f"def {function}({name}: {kind}) -> {kind}:\n    return {name}\n"
    found = verdict_of(path, function, code)
    reasons = found.facts["inputs"]["left_out"].values()
    assert sum("not deterministic" in r for r in reasons) > 5
    assert found.facts["inputs"]["compared"] < len(found.facts["inputs"]["shown"])


VACUOUS = {
    "fails": "the function itself raises on each of", "refused": "mostly ConnectionRefusedError",
    "opaque": "cannot be compared", "ignore": "returns None and changes no argument",
    "fetch": "no inputs are drawn where no sandbox holds effects back",
}  # fmt: skip


@pytest.mark.parametrize("function", VACUOUS)
def test_vacuous_evidence_never_passes(path, function):
    """A candidate would be accepted because the function can only raise, or returns nothing."""
    kinds = {"fails": ("xs: list[int]", "int"), "refused": ("host: str", "int"), "opaque": ("n: int", "object"),
             "ignore": ("xs: list[int]", "None"), "fetch": ("host: str", "bytes")}  # fmt: skip
    given, returns = kinds[function]
    body = "raise ValueError('never')" if function == "fails" else "return None"
    found = verdict_of(path, function, f"def {function}({given}) -> {returns}:\n    {body}\n")
    if function == "fetch" and layers().get("seccomp") == "in force":
        assert (
            not found.accepted
        )  # drawn names do reach it there, and some raise before it connects
        return
    assert found.name == "insufficient evidence", found.explain()
    assert not any(c.compared and c.outcome == "passed" for c in found.checks)
    assert f"write a test that calls {function}" in found.explain()
    left_out = found.facts["inputs"]["left_out"].values()
    assert VACUOUS[function] in " ".join([*(c.detail for c in found.checks), *left_out])


def test_a_scripted_answer_is_no_evidence_for_a_function_that_only_raises(path):
    """A wrapper of what never answered anything here would become current."""
    code = (
        "from poet.runtime import baseline\n\n\n"
        "def refused(host: str) -> int:\n    return baseline(host)\n"
    )
    script = Scripted([("return", 3)])
    played = CallCheck("plays", ["x"], {}, lambda o: None if o.value == 3 else "another", script)
    found = verdict_of(path, "refused", code, played)
    assert found.name == "insufficient evidence", found.explain()
    assert next(c for c in found.checks if c.name == "plays").compared
    assert verdict_of(path, "refused", code, played, generator="recipe/toy/x").accepted


def test_inputs_on_which_the_function_hangs_are_left_out(path):
    """The gate would wait for the function itself for ever."""
    found = verdict_of(path, "slow", "def slow(n: int) -> int:\n    return n\n")
    reasons = set(found.facts["inputs"]["left_out"].values())
    assert any("the function itself gave no answer" in r for r in reasons)
    assert found.seconds < 30


def test_differences_are_listed_in_enhance(path):
    """A reviewer would not see what a new version does otherwise."""
    code = "def mean(xs: list[float]) -> float:\n    return sum(xs) / len(xs) if xs else 0.0\n"
    sums = CallCheck("three", [[1.0, 5.0]], {}, lambda o: None if o.value == 3.0 else "wrong")
    found = verdict_of(path, "mean", code, sums, options={"verify": "enhance"})
    assert found.name == "accepted", found.explain()
    assert any(d.arguments == "[]" and "the candidate returns" in d.text for d in found.behaviour)
    again = verdict_of(
        path,
        "mean",
        GOOD["mean"].replace("total =", "xs.sort()\n    total ="),
        sums,
        options={"verify": "enhance"},
    )
    assert again.name == "failed verification"
    assert any("after the call" in c.detail for c in again.failures())


@pytest.mark.parametrize(
    ("returns", "text"),
    [("{'largest': 1}", "lacks the keys total"), ("{'largest': 'x', 'total': 0}", "value['largest'] is of type str"),
     ("[1]", "value is of type list"), ("None", "value is of type None")],
)  # fmt: skip
def test_the_return_schema_is_kept_in_enhance(path, returns, text):
    """Callers would meet a key that is gone or a value of another type."""
    code = f"def share(counts: dict[str, int]) -> dict[str, float]:\n    return {returns}\n"
    found = verdict_of(path, "share", code, options={"verify": "enhance"})
    assert found.name == "failed verification"
    assert text in group(found, "returns").detail
    more = "{'largest': 1.5, 'total': 0, 'mean': 2.0}"
    found = verdict_of(path, "share", code.replace(returns, more), options={"verify": "enhance"})
    assert group(found, "returns").outcome == "passed"


class Evidence:
    """Evidence as a plugin offers it."""

    def __init__(self, *checks, planned=None, recorded=(), sources=()):
        self._checks, self._recorded, self._sources = checks, list(recorded), list(sources)
        self._planned = planned if planned is not None else [c.name for c in checks]

    def planned(self):
        return self._planned

    def recorded(self):
        return self._recorded

    def sources(self):
        return self._sources

    def run(self, code, *, confined=False):
        return self._checks


A = Check("t.py::a", "test", "passed", compared=True)
INCOMPLETE = {
    "lost": (Evidence(planned=["t.py::a"]), "did not report"),
    "twice": (Evidence(A, A, planned=["t.py::a"]), "reported 2 times"),
    "unknown": (Evidence(A, A._replace(name="t.py::b"), planned=["t.py::a"]), "was not planned"),
    "two of one name": (
        Evidence(A, A._replace(outcome="failed"), planned=["t.py::a"]),
        "reported 2 times",
    ),
    "of another kind": (
        Evidence(A._replace(kind="domain"), planned=["t.py::a"]),
        "was not planned",
    ),
    "forged": (Evidence(A, Check("generated", "input", "passed")), "reported 2 times"),
}


@pytest.mark.parametrize("fault", INCOMPLETE)
def test_every_planned_check_reports_exactly_once(path, fault):
    """A test that vanished, or a report that nobody asked for, would count as passed."""
    tests, text = INCOMPLETE[fault]
    found = verdict_of(path, "mean", GOOD["mean"], tests=tests)
    assert found.name == "failed verification"
    assert text in " ".join(c.detail for c in found.failures())


def test_a_plan_keeps_its_order_and_loses_what_is_silent():
    """A record would list other checks than were known at the start."""
    plan = Plan([Check(n, "test", "lost") for n in "abc"])
    plan.report(Check("c", "test", "passed"), Check("a", "test", "failed", "x"))
    done = plan.close(NOT_REACHED)
    assert [(c.name, c.outcome) for c in done] == [("a", "failed"), ("b", "lost"), ("c", "passed")]


def test_recorded_calls_of_the_tests_are_compared(path):
    """A candidate that is wrong on what the tests call it with would pass where they assert too little."""
    tests = Evidence(A, recorded=[(encode([[1.0, 2.0, 6.0]]), encode({}))])
    found = verdict_of(path, "mean", GOOD["mean"], tests=tests)
    assert found.name == "accepted"
    assert group(found, "recorded").compared
    assert found.facts["inputs"]["counts"]["perturbed"] > 3


def test_a_hidden_failure_tells_a_generator_its_kind_only(path):
    """A generator would fit its next candidate to the inputs that should stay unknown."""
    found = verdict_of(path, "mean", GOOD["mean"].replace("len(xs)", "(len(xs) + 1)"))
    secret = group(found, "hidden").detail
    assert "value is" in secret
    assert secret in found.explain()
    told = found.explain(hidden=False)
    assert secret not in told
    assert "a hidden check of kind input failed" in told
    shown = found.for_generator()
    assert secret not in repr(shown)
    assert not any(d.hidden for d in shown.behaviour)
    assert any(d.hidden for d in found.behaviour)


def test_no_candidate_is_judged_without_the_layers_that_are_required(path):
    """A model's code would run unconfined where a machine lacks a layer."""

    def lacking(timeout=30.0, *, hash_seed=0, require=False):
        assert require
        raise SandboxUnavailableError("the sandbox lacks: seccomp")

    found = verdict_of(path, "mean", GOOD["mean"], require=True, sandbox=lacking)
    assert found.name == "sandbox unavailable"
    assert "POET503" in found.explain()
    assert "the sandbox lacks: seccomp" in found.explain()


def played(of="every"):
    def expect(outcome: Outcome):
        return None if outcome.value == 7.0 and len(outcome.stand_in_calls) == 1 else "expected 7.0"

    return CallCheck("played", [[1.0]], {}, expect, Scripted([("return", 7.0)]), of=of)


def test_stand_in_checks_fit_candidates_that_do_not_call_the_function(path):
    """An honest rewrite would fail because it does not wrap the function."""
    found = verdict_of(path, "mean", GOOD["mean"], played())
    assert found.name == "accepted"
    assert (group(found, "played").outcome, group(found, "played").detail) == (
        "not evidence",
        "it does not call the function",
    )
    calls = (
        "from poet.runtime import baseline\ndef mean(xs: list[float]) -> float:\n    return {}\n"
    )
    assert (
        group(verdict_of(path, "mean", calls.format("baseline(xs)"), played()), "played").outcome
        == "passed"
    )
    assert (
        group(
            verdict_of(path, "mean", calls.format("baseline(xs) + 1"), played()), "played"
        ).outcome
        == "failed"
    )
    half = calls.format("sum(xs) / len(xs) if len(xs) < 5 else baseline(xs)")
    assert group(verdict_of(path, "mean", half, played()), "played").outcome == "not evidence"
    found = verdict_of(path, "mean", calls.format("baseline(xs)"), played("recipe"))
    assert "recipe's own design" in group(found, "played").detail
    found = verdict_of(path, "mean", GOOD["mean"], played(), generator="recipe/toy/x")
    assert group(found, "played").outcome == "failed"


def test_a_bare_function_of_the_base_domain_takes_an_honest_rewrite(path, tmp_path):
    """The default domain would refuse every candidate that is not its own recipe."""
    source = "from poet import poet\n\n@poet()\ndef mean(xs: list[float]) -> float:\n    return sum(xs) / len(xs)\n"
    Project(tmp_path).write({"bare_app.py": source})
    spec, domain = spec_for(tmp_path / "bare_app.py", "mean", Options.parse({}, ""))
    found = judge(
        GOOD["mean"], spec, domain, import_name="bare_app", filename="<c>", generator="file"
    )
    assert found.name == "accepted", found.explain()
    assert {c.outcome for c in found.checks if c.kind == "domain"} == {"not evidence"}
