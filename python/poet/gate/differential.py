"""Differential comparison: the baseline and the candidate on the same inputs, in separate workers.

Either runs twice: in a kept worker in order, and in a fresh one under another hash seed in reverse
order. Where the baseline's two answers differ the input says nothing; where only the candidate's
do, it depends on what it should not: the order of calls, the hash seed, how often it was called.
Last the candidate is asked later: its clock is put forward, by seconds to decades, and it is called
some thousand times before. An answer that changes where the baseline's does not fails.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from poet.gate.checks import Boxes
from poet.gate.inputs import Input
from poet.gate.runs import Pair, Runs, changed, differs, may_pass, mutation
from poet.gate.sandbox import Lost, Sandbox
from poet.gate.schema import Schema
from poet.gate.verdict import NOT_REACHED, Check, Difference
from poet.spec import FunctionSpec, VerifyMode

__all__ = ["GROUPS", "Comparison", "compare"]

GROUPS = ("recorded", "generated", "hidden", "repeated", "later")


class Comparison(NamedTuple):
    """What came of the comparison.

    Attributes:
        checks: One for each of ``GROUPS``, and ``returns`` for the return schema.
        behaviour: Where the candidate behaves otherwise.
        left_out: Inputs that are no evidence: name to the reason.
        pairs: Those that are.
        counts: Inputs by origin.
    """

    checks: tuple[Check, ...]
    behaviour: tuple[Difference, ...]
    left_out: dict[str, str]
    pairs: tuple[Pair, ...]
    counts: dict[str, int]


def compare(
    code: str,
    spec: FunctionSpec,
    inputs: Sequence[Input],
    import_name: str,
    filename: str,
    *,
    mode: VerifyMode,
    timeout: float,
    require: bool = False,
    sandbox: Boxes = Sandbox,
    problem: str = "",
    tell: Callable[[str], None] = lambda _: None,
) -> Comparison:
    """Compare a candidate with its baseline.

    Args:
        code: The candidate.
        spec: The function.
        inputs: In order.
        import_name: The name under which the user's module is imported.
        filename: The candidate's name in tracebacks.
        mode: In ``preserve`` a difference fails; in ``enhance`` it is listed.
        timeout: Seconds one call may take.
        require: Refuse to run where a layer of confinement is missing.
        sandbox: Makes the workers.
        problem: Why no inputs could be drawn, for the message.
        tell: Told each step.
    """
    run = Runs(spec, import_name, filename, timeout, require, sandbox)
    if inputs:
        tell(f"baseline on {len(inputs)} inputs, twice")
    pairs, left_out = run.baseline(inputs)
    if pairs:
        tell(f"candidate on {len(pairs)} inputs, twice")
        pairs = run.candidate(code, pairs)
        tell("candidate later by the clock")
        pairs = run.later(code, pairs)
    counts: dict[str, int] = {}
    for item in inputs:
        counts[item.origin] = counts.get(item.origin, 0) + 1
    judge = _Judge(pairs, mode, spec.options.tolerance)
    checks = judge.checks(problem or _why_none(left_out))
    schema = Schema.learn(spec, [p.before for p in pairs])
    # Where the function itself raises, no form is promised.
    found = schema.problem(
        [
            (p.input, p.after)
            for p in pairs
            if isinstance(p.after, dict) and p.before["kind"] == "returned"
        ]
    )
    returned = any(p.before["kind"] == "returned" for p in pairs)
    if found:
        checks.append(Check("returns", "contract", "failed", found))
    elif returned:
        checks.append(Check("returns", "contract", "passed", schema.text))
    else:
        text = "the function returned no value to learn from"
        checks.append(Check("returns", "contract", "not evidence", text))
    return Comparison(tuple(checks), tuple(judge.behaviour), left_out, tuple(pairs), counts)


def _why_none(left_out: dict[str, str]) -> str:
    if not left_out:
        return "no inputs: neither tests, cases nor annotations give any"
    reasons = list(left_out.values())
    often = max(set(reasons), key=reasons.count)
    return f"none of {len(reasons)} inputs is evidence; {reasons.count(often)}: {often}"


class _Judge:
    """Judges pairs of answers, group by group."""

    def __init__(
        self, pairs: Sequence[Pair], mode: VerifyMode, tolerance: Mapping[str, Any]
    ) -> None:
        self.pairs = pairs
        self.mode = mode
        self.tolerance = tolerance
        self.behaviour: list[Difference] = []

    def checks(self, why_none: str) -> list[Check]:
        """Return one check for each group of inputs."""
        groups: dict[str, list[Pair]] = {name: [] for name in GROUPS[:3]}
        for pair in self.pairs:
            drawn = pair.input.origin in ("generated", "perturbed")
            name = "hidden" if pair.input.hidden else "generated" if drawn else "recorded"
            groups[name].append(pair)
        done = [self._group(name, pairs, why_none) for name, pairs in groups.items()]
        return [*done, self._repeated(why_none), self._later(why_none)]

    def _group(self, name: str, pairs: Sequence[Pair], why_none: str) -> Check:
        hidden = name == "hidden"
        if not pairs:
            return Check(name, "input", "not evidence", why_none, hidden=hidden)
        failures: list[str] = []
        equal = 0
        for pair in pairs:
            problem, fatal = self._judge(pair)
            if problem:
                given = pair.input
                self.behaviour.append(Difference(given.name, problem, given.shown, given.hidden))
                if fatal:
                    failures.append(f"{given.name} ({given.shown}): {problem}")
            elif pair.before["kind"] == "returned":
                equal += 1
        if failures:
            more = f" (and {len(failures) - 1} more)" if len(failures) > 1 else ""
            return Check(name, "input", "failed", failures[0] + more, equal > 0, hidden)
        vacuous = _vacuous(pairs)
        if vacuous:
            return Check(name, "input", "not evidence", vacuous, hidden=hidden)
        other = sum(d.input in {p.input.name for p in pairs} for d in self.behaviour)
        detail = f"{equal} of {len(pairs)} answers are equal"
        detail += f", {other} differ" if other else ""
        return Check(name, "input", "passed", detail, equal > 0 and not other, hidden)

    def _judge(self, pair: Pair) -> tuple[str, bool]:
        """Return how the candidate differs on an input, and whether that speaks against it."""
        if pair.after is None:
            return f"the candidate was {NOT_REACHED}: it gave no answer to inputs before", True
        if isinstance(pair.after, Lost):
            return f"the candidate {pair.after.message}", True
        left = int(pair.after.get("threads_left", 0))
        if left > int(pair.before.get("threads_left", 0)):
            return f"the candidate leaves {left} threads running", True
        if may_pass(pair.before) and pair.after["kind"] == "returned":
            return "", False
        found = differs(pair.before, pair.after, self.tolerance)
        if not found:
            return "", False
        unasked = self._unasked_mutation(pair.input, pair.before, pair.after)
        if unasked:
            return unasked, True
        return found, self.mode == "preserve"

    def _unasked_mutation(
        self, item: Input, before: dict[str, Any], after: dict[str, Any]
    ) -> str | None:
        """Return how the candidate changes arguments that the baseline leaves alone."""
        if changed(item, before) or not changed(item, after):
            return None
        return mutation(before, after)

    def _repeated(self, why_none: str) -> Check:
        """Return the check that no answer depends on order, hash seed or number of calls."""
        if not self.pairs:
            return Check("repeated", "input", "not evidence", why_none)
        problems: list[tuple[Input, str]] = []
        for pair in self.pairs:
            if not isinstance(pair.after, dict):
                continue
            if not isinstance(pair.again, dict):
                said = pair.again.message if isinstance(pair.again, Lost) else NOT_REACHED
                problems.append((pair.input, f"in another order the candidate {said}"))
                continue
            found = differs(pair.after, pair.again)
            if found:
                found = found.replace("the baseline gives", "before").replace(
                    "the function", "once it"
                )
                problems.append((pair.input, f"in another order or hash seed: {found}"))
        if not problems:
            return Check("repeated", "input", "passed", "the same answers in reverse order")
        item, text = next((p for p in problems if not p[0].hidden), problems[0])
        hidden = item.hidden
        if self.mode == "preserve":
            return Check(
                "repeated", "input", "failed", f"{item.name} ({item.shown}): {text}", hidden=hidden
            )
        self.behaviour += [Difference(i.name, t, i.shown, i.hidden) for i, t in problems]
        return Check("repeated", "input", "passed", f"{len(problems)} answers differ when repeated")

    def _later(self, why_none: str) -> Check:
        """Return the check that no answer depends on the time, or on many calls before."""
        if not self.pairs:
            return Check("later", "input", "not evidence", why_none)
        changed = [p for p in self.pairs if p.later]
        if not changed:
            return Check("later", "input", "passed", "the same answers later and after many calls")
        told = next((p for p in changed if not p.input.hidden), changed[0])
        text = f"{told.input.name} ({told.input.shown}): {told.later}"
        return Check("later", "input", "failed", text, hidden=told.input.hidden)


def _vacuous(pairs: Sequence[Pair]) -> str:
    """Return why a group without a difference is no evidence, empty where it is."""
    returned = [p for p in pairs if p.before["kind"] == "returned"]
    if not returned:
        errors = [p.before["error"] for p in pairs]
        often = max(set(errors), key=errors.count)
        return (
            f"the function itself raises on each of {len(pairs)} inputs, mostly {often}: write a "
            "test or a case with arguments it accepts"
        )
    nothing = all(p.before["value"] is None for p in returned)
    if nothing and not any(changed(p.input, p.before) for p in returned):
        return "the function returns None and changes no argument: write a test of what it does"
    return ""
