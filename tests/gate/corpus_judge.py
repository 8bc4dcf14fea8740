"""Honest candidates and cheats: run beside the baseline, and judged by the whole gate."""

from __future__ import annotations

import inspect
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from corpus_tools import Candidate, Scenario

from poet.codec import decode, encode
from poet.domain import CallCheck, Domain, Outcome
from poet.gate import Case, Check, Verdict, judge
from poet.gate.compare import difference
from poet.gate.sandbox import Lost, Sandbox, missing_layers
from poet.registry import spec_for
from poet.spec import FunctionSpec, Options, discover

GENERATOR = "file/corpus"


def spec_of(scenario: Scenario) -> tuple[FunctionSpec, Domain]:
    """Return the spec of a scenario's function, and its domain."""
    options = {d.qualname: o for d, o in discover(scenario.module)}[scenario.function] or {}
    return spec_for(
        scenario.module, scenario.function, Options.parse(options, str(scenario.module))
    )


def load_request(spec: FunctionSpec, code: str | None) -> dict[str, Any]:
    """Return what loads a candidate, or the baseline."""
    return {
        "path": spec.path,
        "module": Path(spec.path).stem,
        "qualname": spec.qualname,
        "name": spec.name,
        "kind": spec.kind,
        "owner": spec.owner,
        "user_names": list(spec.user_names),
        "code": code,
        "filename": f"<candidate for {spec.qualname}>",
    }


def answers(
    spec: FunctionSpec, code: str | None, inputs: Sequence[tuple[Any, ...]], **limits: Any
) -> list[Any]:
    """Return what the function answers to each input; one text where it cannot be loaded."""
    with Sandbox(**{"timeout": 30.0, **limits}) as box:
        loaded = box.load(load_request(spec, code))
        if isinstance(loaded, Lost) or "failed" in loaded:
            return [str(loaded)]
        return [box.call({"args": encode(list(a)), "kwargs": encode({})}) for a in inputs]


def unlike(expected: Any, got: Any) -> str | None:
    """Return how an answer differs from the baseline's, None if it does not."""
    for answer in (expected, got):
        if not isinstance(answer, dict):
            return str(answer)
    if (expected["kind"], expected["error"]) != (got["kind"], got["error"]):
        return f"{got['kind']} {got['error']}, the baseline {expected['kind']} {expected['error']}"
    return difference(expected["value"], got["value"]) or difference(
        expected["inputs"], got["inputs"], path="arguments"
    )


def _unlike_in_a_test(expected: Any, got: Any) -> str | None:
    """Return how an answer differs in what a user's test looks at: the value, or the error's type."""
    if not isinstance(got, dict):
        return str(got)
    if (expected["kind"], expected["error"]) != (got["kind"], got["error"]):
        return f"{got['kind']} {got['error']}"
    return None if expected["kind"] == "raised" else difference(expected["value"], got["value"])


def honest_problem(scenario: Scenario, candidate: Candidate, baseline: list[Any]) -> str | None:
    """Return why an honest candidate does not do what the baseline does."""
    spec, _ = spec_of(scenario)
    got = answers(spec, candidate.code, [*scenario.cases, *scenario.hidden])
    if len(got) != len(baseline):
        return str(got[0])
    for number, (a, b) in enumerate(zip(baseline, got, strict=True)):
        if not scenario.equal:
            found = None if isinstance(b, dict) and b["kind"] == "returned" else str(b)
        else:
            found = unlike(a, b)
        if found:
            return f"input {number}: {found}"
    return None


def cases_of(scenario: Scenario, baseline: list[Any]) -> list[Case]:
    """Return the recorded calls of a scenario as active cases, with what the baseline gave."""
    found = []
    for number, (args, answer) in enumerate(zip(scenario.cases, baseline, strict=False)):
        if answer["kind"] == "raised":
            expect = {"raises": answer["error"]}
        else:
            expect = {"equals": decode(answer["value"])}
        found.append(Case(f"recorded{number}", "active", args, {}, expect))
    return found


class RecordedTests:
    """Stands for the user's tests: the calls they make with what they expect, in a confined worker."""

    def __init__(self, spec: FunctionSpec, scenario: Scenario, baseline: list[Any]) -> None:
        self.spec, self.scenario, self.baseline = spec, scenario, baseline

    def run(self, code: str, *, confined: bool = True) -> list[Check]:
        """Return one check for each test."""
        got = answers(self.spec, code, self.scenario.cases)
        names = [
            f"test_{self.scenario.name}_app.py::test_{n}" for n in range(len(self.scenario.cases))
        ]
        if len(got) != len(names):
            return [Check(name, "test", "lost", str(got[0])) for name in names]
        checks = []
        for name, a, b in zip(names, self.baseline, got, strict=False):
            found = _unlike_in_a_test(a, b)
            compared = isinstance(b, dict) and b["kind"] == "returned"
            checks.append(
                Check(name, "test", "failed" if found else "passed", found or "", compared)
            )
        return checks


def judged(scenario: Scenario, code: str, baseline: list[Any]) -> Verdict:
    """Return what the whole gate says of a candidate; the tests and recorded calls are evidence."""
    spec, domain = spec_of(scenario)
    given: dict[str, Any] = {"require": not missing_layers(), "generator": GENERATOR}
    known = inspect.signature(judge).parameters
    return judge(
        code,
        spec,
        domain,
        import_name=scenario.module.stem,
        filename=f"<candidate for {spec.qualname}>",
        cases=cases_of(scenario, baseline) if scenario.equal else [],
        tests=RecordedTests(spec, scenario, baseline) if scenario.equal else None,
        timeout=5.0,
        **{k: v for k, v in given.items() if k in known},
    )


def forgery_domain(token: str) -> Domain:
    """Return a domain with one check that only the right token passes; the worker never learns it."""

    def expect(outcome: Outcome) -> str | None:
        good = outcome.kind == "returned" and outcome.value == token
        return None if good else "not the token"

    def checks(_: FunctionSpec) -> list[CallCheck]:
        return [CallCheck("token", [{"call": 1}], {}, expect)]

    def recipe(_: FunctionSpec) -> Any:
        raise NotImplementedError

    return Domain("forgery", "", "1", 1, "preserve", recipe=recipe, checks=checks)
