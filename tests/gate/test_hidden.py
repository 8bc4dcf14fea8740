"""Hidden evidence: what a model never sees, and never learns from a failure."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from poet.codec import encode
from poet.gate import Case, Check, Verdict, hidden, hides, judge, report_for
from poet.gate.differential import compare
from poet.gate.inputs import Input, draw
from poet.plugins import domain
from poet.registry import spec_for
from poet.spec import FunctionSpec, Options

SOURCE = '''
from poet import poet


@poet(domain="base")
def double(x: int) -> int:
    """Twice the number."""
    return x + x
'''
GOOD = '"""Twice."""\n\n\ndef double(x: int) -> int:\n    return 2 * x\n'
WRONG = '"""Twice."""\n\n\ndef double(x: int) -> int:\n    return 2 * x if x < 50 else x\n'


def spec_in(folder: Path, source: str = SOURCE) -> FunctionSpec:
    path = folder / "doubles.py"
    path.write_text(source, encoding="utf-8")
    return spec_for(path, "double", Options())[0]


def names_of(count: int) -> list[str]:
    return [f"tests/test_doubles.py::test_{n}" for n in range(count)]


@pytest.mark.parametrize(
    ("count", "back"), [(0, 0), (1, 0), (2, 0), (3, 1), (4, 1), (6, 2), (30, 10)]
)
def test_about_a_third_is_hidden(tmp_path: Path, count: int, back: int) -> None:
    """A model would see all tests and write for them, or too few to know what is wanted."""
    assert len(hidden(spec_in(tmp_path), names_of(count))) == back


def test_the_parameters_of_one_test_are_hidden_together(tmp_path: Path) -> None:
    """A hidden parameter would stand in the visible source of its test function."""
    names = [f"{n}[{p}]" for n in names_of(9) for p in ("a", "b::c", "[d]")]
    back = hidden(spec_in(tmp_path), names)
    assert len(back) == 9
    assert len({n.partition("[")[0] for n in back}) == 3


def test_the_choice_is_the_same_in_every_run_and_another_for_another_function(
    tmp_path: Path,
) -> None:
    """A model would see the hidden tests by asking again; one leak would serve for all functions."""
    spec = spec_in(tmp_path)
    chosen = hidden(spec, names_of(30))
    assert hidden(spec, reversed(names_of(30))) == chosen
    code = (
        "import sys; from pathlib import Path; from poet.registry import spec_for\n"
        "from poet.spec import Options; from poet.gate import hidden\n"
        "spec = spec_for(Path(sys.argv[1]), 'double', Options())[0]\n"
        "names = [f'tests/test_doubles.py::test_{n}' for n in range(30)]\n"
        "print(*sorted(hidden(spec, names)))"
    )
    for seed in ("1", "2"):
        done = subprocess.run(
            [sys.executable, "-c", code, spec.path],
            env={"PYTHONHASHSEED": seed}, capture_output=True, text=True, check=True, timeout=60,
        )  # fmt: skip
        assert done.stdout.split() == sorted(chosen)
    other = spec_in(tmp_path, SOURCE.replace("x + x", "x * 2"))
    assert hidden(other, names_of(30)) != chosen


@pytest.mark.parametrize(
    ("generator", "hides_it"),
    [("litellm", True), ("plugin", True), ("file", False), ("recipe/base/guarded_call", False)],
)
def test_evidence_is_hidden_from_what_learns_from_failures(generator: str, hides_it: bool) -> None:
    """A model would be shown all, or a person denied what stands in their own files."""
    assert hides(generator) is hides_it


class Tests:
    """Evidence that fails wherever the candidate is wrong for 99."""

    def planned(self) -> list[str]:
        return names_of(3)

    def recorded(self) -> list[tuple[object, object]]:
        return [(encode([60 + n]), encode({})) for n in range(3)]

    def recorded_by(self) -> list[tuple[str, ...]]:
        return [(n,) for n in names_of(3)]

    def run(self, code: str, *, confined: bool = False) -> Sequence[Check]:
        bad = code.count("else x") > 0
        outcome = "failed" if bad else "passed"
        return [Check(n, "test", outcome, f"detail of {n}", compared=True) for n in names_of(3)]


def judged(folder: Path, code: str, generator: str, cases: list[Case] = []) -> Verdict:  # noqa: B006
    spec = spec_in(folder)
    return judge(
        code, spec, domain("base"), import_name="doubles", filename="<candidate>",
        cases=cases, tests=Tests(), generator=generator,
    )  # fmt: skip


def test_a_failing_hidden_input_shows_its_kind_only(tmp_path: Path) -> None:
    """A model would be told the arguments of the tests that are hidden from it."""
    back = hidden(spec_in(tmp_path), names_of(3))
    (number,) = [60 + n for n, name in enumerate(names_of(3)) if name in back]
    report = report_for(judged(tmp_path, WRONG, "litellm").for_generator(), WRONG)
    open_ones = {n for n in range(60, 63) if n != number}
    assert "a hidden check of kind input failed" in report
    assert "of kind test" not in report, "the tests were not reached"
    assert {n for n in range(60, 63) if f"called with {n}:" in report} == open_ones
    whole = report_for(judged(tmp_path, WRONG, "file").for_generator(), WRONG)
    assert f"called with {number}:" in whole


def test_a_failing_hidden_case_shows_its_kind_only(tmp_path: Path) -> None:
    """A model would be told what production said of inputs that are kept back to judge it."""
    spec = spec_in(tmp_path)
    cases = [Case(f"case{n}", "active", (n,), {}, {"equals": 7000 + n}) for n in range(3)]
    back = hidden(spec, [f"case:{c.name}" for c in cases])
    report = report_for(judged(tmp_path, GOOD, "litellm", cases).for_generator(), GOOD)
    shown = [c.name for c in cases if f"case:{c.name}" in report]
    assert sorted(shown) == sorted(c.name for c in cases if f"case:{c.name}" not in back)
    assert "a hidden check of kind case failed" in report
    for name in back:
        assert f"700{name[-1]}" not in report
    open_to_all = report_for(judged(tmp_path, GOOD, "file", cases).for_generator(), GOOD)
    assert all(c.name in open_to_all for c in cases)


def test_a_cheat_is_not_told_which_hidden_evidence_it_met(tmp_path: Path) -> None:
    """A model would learn from its refusal what a hidden case holds, or where a test asserts it."""
    spec = spec_in(tmp_path)
    cases = [Case(f"case{n}", "active", (n,), {}, {"equals": 71234 + n}) for n in range(3)]
    back = hidden(spec, [f"case:{c.name}" for c in cases])

    class Told(Tests):
        def sources(self) -> list[str]:
            return ["def test_it():\n    assert double(41) == 98761.5\n"]

        def recorded(self) -> list[tuple[object, object]]:
            return [(encode([55321]), encode({}))]

        def recorded_by(self) -> list[tuple[str, ...]]:
            return [tuple(names_of(1))]

    def told(value: object, generator: str) -> str:
        code = f"def double(x: int) -> int:\n    return {value!r} if x == 1 else 2 * x\n"
        verdict = judge(
            code, spec, domain("base"), import_name="doubles", filename="<candidate>",
            cases=cases, tests=Told(), generator=generator,
        )  # fmt: skip
        assert verdict.name == "refused by audit"
        assert report_for(verdict, code) == report_for(verdict.for_generator(), code)
        return report_for(verdict, code)

    for case in cases:
        text = told(case.expect["equals"], "litellm")
        assert str(case.expect["equals"]) in text
        assert (f"case {case.name}" in text) == (f"case:{case.name}" not in back)
        assert f"case {case.name}" in told(case.expect["equals"], "file")
    for value, where in (98761.5, "line 2 of a test file"), (55321, "recorded call 1"):
        assert "of a test" in told(value, "litellm") or "of a call" in told(value, "litellm")
        assert where not in told(value, "litellm")
        assert where in told(value, "file")


def test_what_is_made_of_hidden_arguments_is_hidden(tmp_path: Path) -> None:
    """A model would read the arguments of a hidden test, changed in one place, in its report."""
    spec = spec_in(tmp_path, SOURCE.replace("x: int", "x: list[str]"))
    recorded = [
        (encode([[f"{who} of {n}" for n in range(9)]]), encode({})) for who in ("secret", "open")
    ]
    drawn = draw(spec, "doubles", GOOD, recorded=recorded, count=200, kept_back=frozenset({0}))
    made = [i for i in drawn.inputs if i.origin == "perturbed"]
    of_secret = [i for i in made if "secret" in i.shown]
    assert len(of_secret) > 20
    assert all(i.hidden for i in of_secret)
    of_open = [i for i in made if "open" in i.shown]
    assert 0.15 < sum(i.hidden for i in of_open) / len(of_open) < 0.55


def test_tables_like_a_hidden_one_are_hidden(tmp_path: Path) -> None:
    """A model would read the rows of a hidden test's table in its report."""
    import polars as pl

    source = SOURCE.replace("x: int", "x: pl.DataFrame").replace(
        "from poet", "import polars as pl\nfrom poet", 1
    )
    spec = spec_in(tmp_path, source)
    recorded = [
        (encode([pl.DataFrame({who: [1.5, 2.5, 4.25, 8.0]})]), encode({}))
        for who in ("secret", "open")
    ]
    drawn = draw(spec, "doubles", GOOD, recorded=recorded, count=80, kept_back=frozenset({0}))
    for origin in ("generated", "perturbed"):
        made = [i for i in drawn.inputs if i.origin == origin]
        assert sum("secret" in str(i.args) for i in made) > 5
        assert all(i.hidden for i in made if "secret" in str(i.args))
        assert not all(i.hidden for i in made if "open" in str(i.args))


def test_an_answer_that_changes_is_told_of_a_visible_input(tmp_path: Path) -> None:
    """A model would read a hidden input in the check that answers repeat, where a visible one fails too."""
    spec = spec_in(tmp_path)
    code = (
        "calls = []\n\n\ndef double(x: int) -> int:\n    calls.append(x)\n"
        "    return 2 * x if len(calls) < 40 else 0\n"
    )
    found = compare(
        code, spec, [Input(f"{n}", "recorded", encode([n]), encode({}), f"x={n}", n % 2 == 1)
                     for n in range(101, 171)],
        "doubles", "<candidate>", mode="preserve", timeout=30.0,
    )  # fmt: skip
    told = [c for c in found.checks if c.name in ("repeated", "later") and c.outcome == "failed"]
    assert [c.name for c in told] == ["repeated", "later"]
    for check in told:
        number = int(check.detail.partition(" ")[0])
        assert not check.hidden
        assert number % 2 == 0, check.detail


def test_a_failing_hidden_test_shows_its_kind_only(tmp_path: Path) -> None:
    """A model would be told what the tests expect that are kept back to judge it."""

    class Failing(Tests):
        def run(self, code: str, *, confined: bool = False) -> Sequence[Check]:
            return [
                Check(n, "test", "failed", f"detail of {n}", compared=True) for n in names_of(3)
            ]

    spec = spec_in(tmp_path)
    verdict = judge(
        GOOD, spec, domain("base"), import_name="doubles", filename="<candidate>",
        tests=Failing(), generator="litellm",
    )  # fmt: skip
    assert verdict.name == "failed verification"
    report = report_for(verdict.for_generator(), GOOD)
    back = hidden(spec, names_of(3))
    assert {n for n in names_of(3) if n in report} == set(names_of(3)) - back
    assert "a hidden check of kind test failed" in report
    assert all(n in verdict.explain() for n in names_of(3)), "a person sees them"
