"""The base recipe: what it decides for a function, and whether the gate takes what it writes."""

from __future__ import annotations

import ast
import subprocess
import sys
from typing import Any, NamedTuple

import pytest
from base_app import CASES, SOURCE

from poet.errors import RecipeRefusedError
from poet.gate import audit, run_checks
from poet.generate import RecipeProvider
from poet.lifecycle import enhance
from poet.registry import spec_for
from poet.spec import Options
from poet.testing import Project
from poet_domain_base import DOMAIN

PROMOTED = (
    "unions", "frames", "own_class", "odd_defaults", "collects", "own_names", "hides_builtins",
    "returns_complex", "Shop.method", "Shop.for_class", "Shop.static", "waits", "reads_many", "yields",
    "one_read", "idempotent", "patient", "takes_timeout", "strict_without_return",
)  # fmt: skip


class Made(NamedTuple):
    """A function's spec, the candidate made for it, and the options it was made with."""

    spec: Any
    candidate: Any
    options: Options


@pytest.fixture(scope="module")
def app(tmp_path_factory):
    """A project whose module is only read."""
    folder = tmp_path_factory.mktemp("base")
    Project(folder).write({"base_user.py": SOURCE})
    return folder / "base_user.py"


@pytest.fixture(scope="module")
def made(app):
    """Every function's candidate."""
    found = {}
    for name, case in CASES.items():
        options = Options.parse(case.options, name)
        spec, domain = spec_for(app, name, options)
        found[name] = Made(spec, RecipeProvider().generate(spec, domain), options)
    return found


@pytest.mark.parametrize("name", CASES)
def test_decision_and_its_note(made, name):
    """A user would get retries, a time-out or a guard that is wrong for the function, or no reason."""
    case, candidate = CASES[name], made[name].candidate
    assert candidate.params["retry_on"] == case.retry
    assert candidate.params["timeout"] == case.timeout
    notes = "\n".join(candidate.notes)
    for text in case.notes:
        assert text in notes
    for text in case.code:
        assert text in candidate.code
    for text in case.lacks:
        assert text not in candidate.code


@pytest.mark.parametrize("name", PROMOTED)
def test_gate_promotes_it(app, made, name):
    """A user would be left on the baseline although the recipe knows the function."""
    result = enhance(app, name, made[name].options, module="base_user")
    assert (result.outcome, result.message) == ("promoted", "")
    assert result.passed == result.total >= 4


def test_audit_takes_every_output(made):
    """A user would find versions refused that come from the installed recipe."""
    for name, item in made.items():
        assert (
            audit(item.candidate.code, item.spec.name, DOMAIN.grants_for(item.spec).modules) == []
        ), name


def test_output_is_as_a_formatter_and_linter_leave_it(made, tmp_path):
    """A user's own lint run would fail on committed versions."""
    for name, item in made.items():
        (tmp_path / f"{name}.py").write_text(item.candidate.code)
    for command in (["check", "--isolated"], ["format", "--diff", "--isolated"]):
        done = subprocess.run(
            [sys.executable, "-m", "ruff", *command, "--no-cache", str(tmp_path)],
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("name", ["takes", "catches"])
def test_async_generator_that_listens_is_refused(app, name):
    """A user's asend() or athrow() would be swallowed by the wrapper."""
    spec, domain = spec_for(app, name, Options())
    with pytest.raises(RecipeRefusedError, match="asend\\(\\) or athrow\\(\\)"):
        domain.recipe(spec)


MUTANTS = {
    "retry removed": ("one_read", "retry(RETRY, work, url)", "work(url)"),
    "retries a reset": ("one_read", 'on="before_effect"', 'on="transient"'),
    "one attempt more": ("one_read", "attempts=4", "attempts=5"),
    "retry added": (
        "sends",
        "result = work(url, body)",
        "from poet.runtime import Retry, retry\n    result = retry(Retry(), work, url, body)",
    ),
    "time-out removed": ("waits", "async with asyncio.timeout(TIMEOUT_S):", "if True:"),
    "time-out not handed": ("takes_timeout", "TIMEOUT_S if timeout is None else timeout", "timeout"),
    "caller's time-out replaced": (
        "takes_timeout", "TIMEOUT_S if timeout is None else timeout", "TIMEOUT_S"
    ),
    "argument dropped": ("plain", "baseline(a, b, name)", "baseline(a)"),
    "argument swapped": ("plain", "baseline(a, b, name)", "baseline(a, name, b)"),
    "extra positionals dropped": ("collects", "first, *rest, key=key", "first, key=key"),
    "extra keywords dropped": ("collects", "key=key, **more", "key=key"),
    "result replaced": ("plain", "return result", "return 0.5"),
    "result converted": ("yields", "yield from baseline(count)", "yield from map(str, baseline(count))"),
    "called twice": ("plain", "result = baseline(", "baseline(a, b)\n    result = baseline("),
    "exception swallowed": (
        "plain",
        "    result = baseline(a, b, name)",
        "    try:\n        result = baseline(a, b, name)\n    except Exception:\n        result = 0.5",
    ),
    "exception renamed": (
        "plain",
        "    result = baseline(a, b, name)",
        "    try:\n        result = baseline(a, b, name)\n    except ValueError:\n        result = 1 / 0",
    ),
    "output guard removed": ("plain", '    expect("return", result, float)\n', ""),
    "guard made strict": (
        "plain", 'expect("return", result, float)', 'expect("return", result, float, strict=True)'
    ),
    "strictness removed": ("strict", 'expect("return", result, int, strict=True)', "pass"),
}  # fmt: skip


@pytest.mark.parametrize("mutant", MUTANTS)
def test_mutant_is_rejected(app, made, mutant):
    """A wrong change of generated code would be promoted without a word."""
    name, before, after = MUTANTS[mutant]
    spec, candidate, _ = made[name]
    assert candidate.code.count(before) == 1
    code = candidate.code.replace(before, after)
    ast.parse(code)
    checks = run_checks(
        code, spec, DOMAIN.checks(spec), [], "base_user", "<mutant>", 5.0, lambda _: None
    )
    assert [c.name for c in checks if c.outcome == "failed" and c.kind == "domain"]
