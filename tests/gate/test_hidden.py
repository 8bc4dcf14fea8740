"""Hidden evidence: what a model never sees, and never learns from a failure."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from poet.gate import Case, Check, Verdict, hidden, hides, judge, report_for
from poet.gate.codec import encode
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
