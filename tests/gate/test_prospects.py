"""Whether a model's code could be accepted at all, found out before it is paid for."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import pytest
from corpus_tools import scenarios

from poet.domain import Domain
from poet.gate import Case, Check, judge, why_no_evidence
from poet.plugins import domain
from poet.registry import spec_for
from poet.spec import FunctionSpec, Options, discover

SOURCE = """
import threading
from poet import poet


class Counter:
    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.count = 0

    @poet()
    def add(self, number: int) -> int:
        with self.lock:
            self.count += number
        return self.count

    @poet()
    def twice(self, number: int) -> int:
        return number * 2

    @poet()
    def added(self, numbers: list[int]) -> int:
        return sum(self.count + n for n in numbers)

    @poet()
    def steps(self, number: int):
        for step in range(number):
            yield self.count + step

    @classmethod
    @poet()
    def named(cls, text: str) -> str:
        return cls.__name__ + text


@poet()
def double(number: int) -> int:
    return number + number


@poet()
def shut(lock) -> bool:
    return lock.acquire(False)


@poet()
def upwards(number: int):
    yield from range(number, number + 3)


@poet()
def held(lock: threading.Lock) -> bool:
    return lock.locked()
"""


class Need(NamedTuple):
    kind: str
    why: str = ""


class Evidence:
    """Evidence whose one test must be run in that way."""

    def __init__(self, kind: str) -> None:
        self.needs = {"test_it": Need(kind, "it patches threading.Lock")}

    def planned(self) -> list[str]:
        return ["test_it"]

    def run(self, code: str, *, confined: bool = False) -> list[Check]:
        shared = self.needs["test_it"].kind == "shared"
        return [Check("test_it", "test", "passed", "", True, shared=shared)]


class Foreign:
    """Evidence of another plugin: it does not say how its tests run."""

    def run(self, code: str, *, confined: bool = False) -> list[Check]:
        return []


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    found = tmp_path_factory.mktemp("prospects") / "prospects_app.py"
    found.write_text(SOURCE)
    return found


def found_for(path: Path, name: str) -> tuple[FunctionSpec, Domain]:
    options = {d.qualname: o for d, o in discover(path)}[name] or {}
    spec, of = spec_for(path, name, Options.parse(options, str(path)))
    # Of `held` its domain knows nothing to check, as one of another plugin may.
    return spec, of._replace(checks=lambda _: []) if name == "held" else of


HOPELESS = {
    "Counter.add": "def add(self, number: int) -> int:\n    with self.lock:\n"
    "        self.count = self.count + number\n    return self.count\n",
    "Counter.named": "def named(cls, text: str) -> str:\n    return f'{cls.__name__}{text}'\n",
    "held": "import threading\n\n\n"
    "def held(lock: threading.Lock) -> bool:\n    return bool(lock.locked())\n",
}


@pytest.mark.parametrize("name", HOPELESS)
@pytest.mark.parametrize("tests", [None, "shared", "nothing"])
def test_what_could_never_be_accepted_is_not_asked_for(path, name, tests):
    """A user would pay for answers that the gate accepts in no case."""
    spec, of = found_for(path, name)
    evidence = Evidence(tests) if tests else None
    why = why_no_evidence(spec, of, import_name="prospects_app", tests=evidence)
    assert why
    assert f"write a test that calls {name}" in why
    assert ("it patches threading.Lock" in why) == (tests == "shared")
    assert "\n" not in why


@pytest.mark.parametrize("name", ["Counter.add", "held"])
def test_the_gate_accepts_no_honest_code_where_it_says_so(path, name):
    """A function that a model could have made would be refused before anybody tried."""
    spec, of = found_for(path, name)
    verdict = judge(
        HOPELESS[name], spec, of, import_name="prospects_app", filename="<candidate>",
        tests=Evidence("shared"), generator="litellm",
    )  # fmt: skip
    assert not verdict.accepted


@pytest.mark.parametrize("name", HOPELESS)
def test_one_isolated_test_or_one_case_is_enough(path, name):
    """A user who writes what was asked for would be refused again."""
    spec, of = found_for(path, name)
    for tests in (Evidence("isolated"), Foreign()):
        assert not why_no_evidence(spec, of, import_name="prospects_app", tests=tests)
    cases = [Case("first", "active", (1,), {}, {"equals": 1})]
    assert not why_no_evidence(spec, of, import_name="prospects_app", cases=cases)


@pytest.mark.parametrize(
    "name", ["Counter.twice", "Counter.added", "Counter.steps", "double", "shut", "upwards"]
)
def test_what_may_be_accepted_is_asked_for(path, name):
    """A method that gets along without its object, or a generator, would never be made."""
    spec, of = found_for(path, name)
    assert not why_no_evidence(spec, of, import_name="prospects_app", tests=Evidence("shared"))


@pytest.mark.parametrize("name", scenarios())
def test_no_function_of_the_honest_corpus_is_refused(name):
    """A function for which honest code is accepted would be left to the recipe."""
    scenario = scenarios()[name]
    spec, of = found_for(scenario.module, scenario.function)
    assert not why_no_evidence(spec, of, import_name=f"{name}_app")


def test_the_domains_own_checks_are_enough(tmp_path):
    """A detector whose tests all share their process would never be made by a model."""
    path = tmp_path / "watch_app.py"
    path.write_text(
        "from poet import poet\nimport polars as pl\n\n\n@poet(domain='ml_monitoring')\n"
        "def drifted(reference: pl.DataFrame, current: pl.DataFrame) -> dict:\n"
        "    return {'drift_detected': bool(reference['a'].mean() != current['a'].mean())}\n"
    )
    spec, of = spec_for(path, "drifted", Options.parse({"domain": "ml_monitoring"}, str(path)))
    assert of == domain("ml_monitoring")
    assert not why_no_evidence(spec, of, import_name="watch_app", tests=Evidence("shared"))
