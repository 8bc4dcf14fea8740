"""What the gate says: checks, the plan they are held against, and the verdict."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, Protocol

if TYPE_CHECKING:
    from poet.gate.inputs import Input

__all__ = ["Check", "CheckKind", "Difference", "Plan", "TestEvidence", "Verdict", "VerdictName"]

CheckKind = Literal["audit", "contract", "domain", "case", "input", "constraint", "test"]
CheckOutcome = Literal["passed", "failed", "lost", "not evidence"]
VerdictName = Literal[
    "accepted",
    "refused by audit",
    "failed verification",
    "insufficient evidence",
    "sandbox unavailable",
]
NOT_REACHED = "not reached"


class Check(NamedTuple):
    """One check and what came of it.

    Attributes:
        name: Unique within its kind.
        kind: ``audit``, ``contract``, ``domain``, ``case``, ``input`` (differential comparison),
            ``constraint`` or ``test``.
        outcome: ``lost`` is a check that was known at the start and did not report; it counts as
            failed. ``not evidence`` is one that says nothing of the candidate; it counts as neither.
        detail: One line for a person: expected and got.
        compared: Whether a value that the candidate returned was compared.
        hidden: Whether a generator may see no more of it than its kind.
        shared: Whether it ran in one interpreter with the candidate.
    """

    name: str
    kind: CheckKind
    outcome: CheckOutcome
    detail: str = ""
    compared: bool = False
    hidden: bool = False
    shared: bool = False

    @property
    def bad(self) -> bool:
        """Whether it speaks against the candidate."""
        return self.outcome in ("failed", "lost")


class TestEvidence(Protocol):
    """The user's tests as evidence: what runs them with a candidate in place of the function.

    More methods are used where they are there: ``planned() -> Sequence[str]``, the names of the
    checks that ``run`` will report; ``recorded() -> Sequence[tuple[args, kwargs]]``, encoded
    arguments that the tests gave the function on the baseline, and ``recorded_by() ->
    Sequence[Sequence[str]]``, for each of them the tests that gave it; ``sources() ->
    Sequence[str]``, the texts of the test files; ``test_sources() -> Mapping[str, str]``, the node
    id of each test function to its text; ``stop() -> None``, which ends what is under way, called
    from another thread when a run is interrupted.
    """

    def run(self, code: str, *, confined: bool = False) -> Sequence[Check]:
        """Run the tests that reach the function on ``code`` and return one check for each.

        Args:
            code: The candidate.
            confined: Run it in a confined worker.
        """
        ...


class Difference(NamedTuple):
    """Where a candidate behaves otherwise than the baseline.

    Attributes:
        input: The name of the input.
        text: What the baseline and what the candidate does.
        arguments: The arguments, shortened.
        hidden: Whether a generator may not see it.
    """

    input: str
    text: str
    arguments: str = ""
    hidden: bool = False

    def __str__(self) -> str:
        return f"{self.input}: {self.text}"


class Plan:
    """The checks known at the start, against which the reports are held.

    Each must report exactly once. One that does not is lost; one that reports twice, or that nobody
    planned, fails.

    Args:
        planned: Every check, as the ``lost`` one it is until it reports.
    """

    def __init__(self, planned: Iterable[Check]) -> None:
        self._planned: dict[tuple[str, str], Check] = {(c.kind, c.name): c for c in planned}
        self._reports: dict[tuple[str, str], list[Check]] = {}

    def report(self, *checks: Check) -> None:
        """Take what checks report."""
        for check in checks:
            self._reports.setdefault((check.kind, check.name), []).append(check)

    def close(self, reason: str = "did not report") -> list[Check]:
        """Return every check once, in the order of the plan, then what was not planned."""
        done = []
        for key, planned in self._planned.items():
            reports = self._reports.get(key, [])
            if len(reports) == 1:
                done.append(reports[0])
            elif not reports:
                done.append(planned._replace(outcome="lost", detail=reason, compared=False))
            else:
                detail = f"reported {len(reports)} times"
                done.append(planned._replace(outcome="failed", detail=detail, compared=False))
        for key, reports in self._reports.items():
            if key not in self._planned:
                detail = "reported, and was not planned"
                done.append(reports[0]._replace(outcome="failed", detail=detail, compared=False))
        return done


class Verdict(NamedTuple):
    """What the gate says of a candidate.

    Attributes:
        name: Only ``accepted`` may be stored.
        checks: Every check known at the start, with its outcome.
        seconds: Wall time of the whole judgement.
        environment: What it ran in.
        layers: Each layer of confinement, ``in force`` or why it is missing.
        behaviour: Where the candidate behaves otherwise than the baseline, for a reviewer.
        facts: What else a record holds, as JSON data: seeds, inputs, constraints.
        message: What to do next, where the verdict's name does not say it.
        measurable: Inputs on which the function returns, for measuring; in no record.
    """

    name: VerdictName
    checks: tuple[Check, ...]
    seconds: float
    environment: dict[str, str]
    layers: dict[str, str]
    behaviour: tuple[Difference, ...] = ()
    facts: Mapping[str, Any] = {}
    message: str = ""
    measurable: tuple[Input, ...] = ()

    @property
    def accepted(self) -> bool:
        """Whether the candidate may become a version."""
        return self.name == "accepted"

    @property
    def differences(self) -> tuple[str, ...]:
        """Where the candidate behaves otherwise than the baseline, one line for each input."""
        return tuple(map(str, self.behaviour))

    def failures(self) -> list[Check]:
        """Return the checks that speak against the candidate, not those it never came to."""
        bad = [c for c in self.checks if c.bad]
        return [c for c in bad if c.detail != NOT_REACHED] or bad

    @property
    def unreached(self) -> int:
        """How many checks were lost because an earlier one failed."""
        return sum(c.outcome == "lost" and c.detail == NOT_REACHED for c in self.checks)

    def for_generator(self) -> Verdict:
        """Return the verdict as a generator may see it: of what is hidden, no more than its kind."""
        shown = [
            c._replace(name=f"hidden {number}", detail="hidden" if c.detail else "")
            if c.hidden and c.detail != NOT_REACHED
            else c._replace(name=f"hidden {number}")
            if c.hidden
            else c
            for number, c in enumerate(self.checks, start=1)
        ]
        visible = tuple(d for d in self.behaviour if not d.hidden)
        return self._replace(checks=tuple(shown), behaviour=visible, facts={}, measurable=())

    def explain(self, *, hidden: bool = True) -> str:
        """Return the verdict and its reasons as lines of text.

        Args:
            hidden: Show what is kept from a generator; a person may see it.
        """
        passed = sum(c.outcome == "passed" for c in self.checks)
        neither = sum(c.outcome == "not evidence" for c in self.checks)
        also = f", {neither} are no evidence" if neither else ""
        lines = [f"{self.name}: {passed} of {len(self.checks) - neither} checks passed{also}"]
        for c in self.failures():
            if c.hidden and not hidden:
                lines.append(f"  a hidden check of kind {c.kind} {c.outcome}")
            else:
                lines.append(f"  {c.kind} {c.name} {c.outcome}: {c.detail}")
        if self.unreached:
            lines.append(f"  and {self.unreached} checks were not reached")
        if self.message:
            lines.append(f"  {self.message}")
        return "\n".join(lines)
