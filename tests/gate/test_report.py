"""The report that becomes the next prompt: what to mend, where, and nothing of this machine."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from poet.gate import Check, Difference, Verdict, judge, report_for
from poet.generate import with_header
from poet.generate.request import steady
from poet.plugins import domain
from poet.registry import spec_for
from poet.spec import FunctionSpec, Options

SOURCE = '''
from poet import poet


@poet(domain="base")
def half(x: int) -> float:
    """Half the number."""
    return x / 2
'''


def verdict(*checks: Check, name: str = "failed verification", **more: object) -> Verdict:
    return Verdict(name, checks, 1.0, {}, {}, **more)  # type: ignore[arg-type]


def spec_in(folder: Path) -> FunctionSpec:
    path = folder / "halves.py"
    path.write_text(SOURCE, encoding="utf-8")
    return spec_for(path, "half", Options())[0]


def report_of(folder: Path, source: str) -> str:
    """Judge a model's answer for real, as it is judged: under its header."""
    spec = spec_in(folder)
    code = with_header(source, spec, "base", "litellm")
    found = judge(
        code, spec, domain("base"), import_name="halves", filename="<candidate>",
        generator="litellm",
    )  # fmt: skip
    assert not found.accepted
    return report_for(found.for_generator(), code)


def test_an_audit_finding_names_line_and_column_as_the_model_wrote_them(tmp_path: Path) -> None:
    """The model would look at the wrong line, for it never saw the header above its code."""
    source = '"""Half."""\n\n\ndef half(x: int) -> float:\n    return eval("x / 2")\n'
    report = report_of(tmp_path, source)
    assert "line 5, column 12: builtin 'eval' is not granted" in report
    assert '    5 |     return eval("x / 2")' in report


def test_a_raising_candidate_is_shown_its_own_lines(tmp_path: Path) -> None:
    """The model would know that it raises, and not where: the next answer is a guess."""
    source = (
        '"""Half."""\n\n\ndef _table(x):\n    return {0: 0.0}[x]\n\n\n'
        "def half(x: int) -> float:\n    return _table(x) if x < 5 else x / 2\n"
    )
    report = report_of(tmp_path, source)
    assert "the candidate raises KeyError" in report
    assert "at line 9, in half > line 5, in _table" in report
    assert report.count("5 |     return {0: 0.0}[x]") == 1, "each line is quoted once"


def test_a_wrong_value_shows_inputs_expected_and_got(tmp_path: Path) -> None:
    """The model could not tell for which input its answer is wrong."""
    source = '"""Half."""\n\n\ndef half(x: int) -> float:\n    return x / 2 if x < 70 else 0.5\n'
    report = report_of(tmp_path, source)
    assert "called with " in report
    assert "value is 0.5, the baseline gives " in report


def test_no_folder_of_the_machine_stands_in_it() -> None:
    """The model, and whoever records its answers, would be told names of folders and users."""
    places = [Path.home() / "shop.py", Path.cwd() / "tests/test_shop.py", Path(sys.prefix) / "x.py"]
    places.append(Path(tempfile.gettempdir()) / "pytest-of-ada/pytest-7/test_a0/data.csv")
    checks = [
        Check(str(n), "test", "failed", f"E at '{p}':3 /users/1") for n, p in enumerate(places)
    ]
    report = report_for(verdict(*checks))
    for place in places:
        assert str(place.parent) not in report
        assert place.name in report
    assert report.count("/users/1") == 4, "an ordinary value is left as it is"


def test_it_is_the_same_text_for_the_same_failure_but_for_measured_figures() -> None:
    """A replay would ask another question than the recorded one, and find no answer."""

    def report(spent: str) -> str:
        detail = f"{spent} ms, noise 0.1 ms, at most 5 (n = 30)"
        return report_for(verdict(Check("duration_ms", "constraint", "failed", detail)))

    assert report("12.3") != report("13.1")
    assert steady(report("12.3")) == steady(report("13.1"))


def test_it_is_bounded_and_says_what_it_leaves_out() -> None:
    """A hundred failures would fill the model's window and the user's budget."""
    long = [Check(f"t{n}", "test", "failed", "é" * 5000) for n in range(100)]
    report = report_for(verdict(*long, message="m" * 9000))
    assert len(report.encode()) < 6000
    assert "more" in report
    inputs = [
        Difference(f"generated {n}", "value is 1, the baseline gives 2", "x") for n in range(60)
    ]
    many = report_for(
        verdict(Check("generated", "input", "failed", "x (and 59 more)"), behaviour=tuple(inputs))
    )
    assert many.count("called with") == 4
    assert "56 more inputs" in many


def test_hidden_checks_say_their_kind_and_how_many() -> None:
    """What is hidden would be told through the report."""
    checks = [Check(f"hidden {n}", "case", "failed", "hidden", hidden=True) for n in range(3)]
    report = report_for(verdict(*checks))
    assert "3 hidden checks of kind case failed" in report
    assert "hidden 0" not in report


def test_what_to_do_next_is_told_where_no_check_failed() -> None:
    """With too little evidence the model would be told nothing at all."""
    report = report_for(verdict(name="insufficient evidence", message="no check compared a value"))
    assert "Insufficient evidence" in report
    assert "no check compared a value" in report


def test_what_is_missing_is_said_of_a_line_that_there_is(tmp_path: Path) -> None:
    """A user and the model would be sent to line -3."""
    report = report_of(tmp_path, "def other(x: int) -> float:\n    return x / 2\n")
    assert "line 1, column 1: no function 'half' at module level" in report
