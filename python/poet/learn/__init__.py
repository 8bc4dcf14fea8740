"""Learning: from events to labels, patterns, evidence and decisions. It returns decisions, it never acts."""

from poet.learn._values import (
    REASONS,
    Decision,
    Execution,
    FunctionKey,
    Label,
    Observations,
    Odd,
    Pattern,
)

__all__ = [
    "REASONS",
    "Decision",
    "Execution",
    "FunctionKey",
    "Label",
    "Observations",
    "Odd",
    "Pattern",
]
