"""What a pass of learning gives: plain values."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, NamedTuple

from poet.learn import Comparison, Decision, FunctionKey, Odd
from poet.lifecycle._results import Enhancement
from poet.lifecycle.canary import TrialFigures

__all__ = ["Learned", "LearnedOutcome", "Pass"]

LearnedOutcome = Literal["promoted", "declined", "waiting", "would act", "left", "failed"]


class Learned(NamedTuple):
    """What one pass did about one function.

    Attributes:
        function: Which.
        outcome: ``promoted``; ``declined`` (it was tried, and nothing changed); ``waiting`` (not yet);
            ``would act`` (a dry run); ``left`` (it is none of this pass: not found, learning is off);
            ``failed`` (an error).
        message: One or a few lines for a person: why, with the figures.
        decision: Of the policy; None where none was taken.
        enhancement: What came of the making; None where none was tried.
        comparison: Of the last candidate with its parent; None where none was made.
        cases: Name of each case that was proposed or moved, and what became of it.
        executions: How many are known.
        labels: How many of them were judged.
        trial: Figures of the canary or shadow that runs; None for none.
        odd: Feedback about it that could not be used, and why.
        audits: Silent executions that people are asked about: a random sample nobody judged yet.
        seconds: Wall time.
    """

    function: FunctionKey
    outcome: LearnedOutcome
    message: str
    decision: Decision | None = None
    enhancement: Enhancement | None = None
    comparison: Comparison | None = None
    cases: Mapping[str, str] = {}
    executions: int = 0
    labels: int = 0
    trial: TrialFigures | None = None
    odd: tuple[Odd, ...] = ()
    audits: tuple[str, ...] = ()
    seconds: float = 0.0

    def as_json(self) -> dict[str, Any]:
        """Return it as plain JSON values."""
        decision = self.decision
        return {
            **self._asdict(),
            "function": self.function._asdict(),
            "cases": dict(self.cases),
            "decision": None if decision is None else {
                **decision._asdict(),
                "function": decision.function._asdict(),
                "evidence": [e.as_json() for e in decision.evidence],
                "patterns": [p._asdict() for p in decision.patterns],
            },
            "enhancement": self.enhancement.as_json() if self.enhancement else None,
            "comparison": self.comparison._asdict() if self.comparison else None,
            "trial": self.trial.as_json() if self.trial else None,
            "odd": [one._asdict() for one in self.odd],
            "audits": list(self.audits),
        }  # fmt: skip


class Pass(NamedTuple):
    """What one pass did.

    Attributes:
        events: How many events were read from the queue.
        new: How many of them were new and of use.
        learned: One for each function, in order of file and name.
        problems: What went wrong beside the functions, one line each.
        odd: Feedback about no function that is known, and why.
    """

    events: int
    new: int
    learned: tuple[Learned, ...]
    problems: tuple[str, ...] = ()
    odd: tuple[Odd, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """Return it as plain JSON values."""
        return {
            "events": self.events,
            "new": self.new,
            "functions": [one.as_json() for one in self.learned],
            "problems": list(self.problems),
            "odd": [one._asdict() for one in self.odd],
        }
