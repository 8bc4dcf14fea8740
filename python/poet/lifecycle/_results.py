"""What goes into an enhancement and what comes of it: plain values."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Literal, NamedTuple, Protocol

from poet.gate import TestEvidence, Verdict
from poet.gate.checks import Boxes
from poet.generate.budget import Used
from poet.spec import Evidence, FunctionSpec, Options

__all__ = [
    "Attempt",
    "Enhancement",
    "Job",
    "Outcome",
    "Progress",
    "Rung",
    "Step",
    "Submission",
    "Trial",
    "Tried",
    "Used",
]

Outcome = Literal["promoted", "unchanged", "kept", "refused", "rejected", "failed"]


class Tried(NamedTuple):
    """What came of a trial.

    Attributes:
        passed: Whether the candidate may be promoted.
        why: One line for a person, with the figures.
        record: Figures that the version's record is to hold.
    """

    passed: bool
    why: str
    record: Mapping[str, Any] = {}


class Trial(Protocol):
    """Puts an accepted candidate to a proof of its own before it may be promoted."""

    def __call__(
        self,
        code: str,
        spec: FunctionSpec,
        *,
        require: bool,
        tell: Callable[[str], None],
        sandbox: Boxes,
    ) -> Tried:
        """Return what came of it.

        Args:
            code: The candidate, as it would be stored.
            spec: What it was made for, its evidence included.
            require: Run it only where every layer of confinement is in force.
            tell: Told each step.
            sandbox: Makes the workers.
        """
        ...


class Job(NamedTuple):
    """One function that is to be enhanced.

    Attributes:
        path: The module's file.
        qualname: The function's qualified name.
        options: From its decorator.
        module: The name under which the module is imported; by default from its path.
        tests: The user's tests as evidence.
        reason: Why, for the log.
        force: Store a version also where the same code is current.
        command: What a person runs to have a model asked, for messages; by default
            ``poet generate FUNCTION --llm live``.
        evidence: What production says that is new; what the current version was made of holds too.
        trial: What an accepted candidate must pass besides the gate; None for nothing.
    """

    path: Path
    qualname: str
    options: Options
    module: str | None = None
    tests: TestEvidence | None = None
    reason: str = ""
    force: bool = False
    command: str = ""
    evidence: tuple[Evidence, ...] = ()
    trial: Trial | None = None


class Step(NamedTuple):
    """One step of an enhancement, as progress is told of it.

    Attributes:
        function: The qualified name.
        text: What is being done, one short line.
        candidate: The number of the candidate, from 1; 0 where it is about none.
        attempt: Which try of that candidate, from 1; 0 where it is about none.
        rung: The rung of the ladder, such as ``model``.
        cost_usd: What the function has cost so far.
        verdict: What came of the attempt; empty while it goes on.
        done: Whether the function is finished.
    """

    function: str
    text: str
    candidate: int = 0
    attempt: int = 0
    rung: str = ""
    cost_usd: float = 0.0
    verdict: str = ""
    done: bool = False


Progress = Callable[[Step], None]
"""Told of each step; may be called from several threads."""


class Attempt(NamedTuple):
    """One attempt at a candidate.

    Attributes:
        number: From 1, in the order in which they were judged.
        candidate: Which of the candidates sought side by side, from 1.
        rung: ``model``, ``repaired`` or ``recipe``.
        generator: What made it, such as ``litellm``.
        model: The model that was asked, ``none`` for a recipe.
        request: Hash of the request; empty where none was made.
        candidate_sha256: Of the code as it came; empty where there was none.
        outcome: The name of a verdict, or ``malformed reply``, ``truncated reply``, ``duplicate``,
            ``no better`` or ``no answer``.
        why: One or a few lines.
        cost_usd: What the answer cost when it was made.
        input_tokens: Of the request.
        output_tokens: Of the answer.
        scores: Figure of each objective that was measured.
    """

    number: int
    candidate: int
    rung: str
    generator: str
    model: str
    request: str
    candidate_sha256: str
    outcome: str
    why: str
    cost_usd: float = 0.0
    input_tokens: int = 0
    output_tokens: int = 0
    scores: Mapping[str, float] = {}


class Rung(NamedTuple):
    """One rung of the fallback ladder and what came of it.

    Attributes:
        name: ``model``, ``repaired``, ``recipe`` or ``baseline``.
        outcome: Such as ``promoted``, ``failed`` or ``not tried``.
        why: One line.
    """

    name: str
    outcome: str
    why: str = ""


class Enhancement(NamedTuple):
    """What came of the making of a version.

    Attributes:
        function: The qualified name.
        path: Its module's file.
        domain: The domain's name.
        generator: What made the candidate; empty where none was made.
        outcome: ``promoted``; ``unchanged`` (the same code is current and fresh); ``kept`` (nothing
            better was found and a fresh version stays); ``refused`` (no candidate could be made);
            ``rejected`` (by the gate); ``failed`` (it could not be made or stored).
        before: The version that was current.
        after: The version that is current now.
        passed: Checks passed.
        total: Checks that spoke for or against it; a test that is no evidence does neither.
        seconds: Wall time.
        message: Why, for every outcome but ``promoted``.
        notes: The generator's, for a reviewer.
        attempts: Every attempt, in order.
        rungs: The rungs of the ladder that were trodden or left out, in order.
        used: What this run used of the budget; recorded answers use nothing.
        model: The model that was asked; empty for none.
        replayed: Whether every answer was a recorded one.
    """

    function: str
    path: Path
    domain: str
    generator: str
    outcome: Outcome
    before: str | None
    after: str | None
    passed: int = 0
    total: int = 0
    seconds: float = 0.0
    message: str = ""
    notes: tuple[str, ...] = ()
    attempts: tuple[Attempt, ...] = ()
    rungs: tuple[Rung, ...] = ()
    used: Used = Used(0.0, 0, 0, 0.0)
    model: str = ""
    replayed: bool = False

    @property
    def good(self) -> bool:
        """Whether a fresh version is current now."""
        return self.outcome in ("promoted", "unchanged", "kept")

    def as_json(self) -> dict[str, Any]:
        """Return it as plain JSON values."""
        return {
            **self._asdict(),
            "path": str(self.path),
            "notes": list(self.notes),
            "attempts": [{**a._asdict(), "scores": dict(a.scores)} for a in self.attempts],
            "rungs": [r._asdict() for r in self.rungs],
            "used": self.used._asdict(),
        }

    @classmethod
    def from_json(cls, row: Mapping[str, Any]) -> Enhancement:
        """Return what :meth:`as_json` made plain."""
        whole = {
            "path": Path(row["path"]),
            "notes": tuple(row["notes"]),
            "attempts": tuple(Attempt(**a) for a in row["attempts"]),
            "rungs": tuple(Rung(**r) for r in row["rungs"]),
            "used": Used(**row["used"]),
        }
        return cls(**{**row, **whole})


class Submission(NamedTuple):
    """What came of code that was handed in.

    Attributes:
        enhancement: The attempt.
        verdict: The gate's; None where the same code is current, or the function is not one POET
            can work on.
        findings: Why the audit refuses it.
    """

    enhancement: Enhancement
    verdict: Verdict | None
    findings: tuple[str, ...] = ()
