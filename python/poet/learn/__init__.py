"""Learning: from events to labels, patterns, evidence and decisions. It returns decisions, it never acts."""

from poet.learn._audits import audits, in_sample
from poet.learn._consensus import agreed, chance_of, reliabilities
from poet.learn._correlate import ANY, Limits
from poet.learn._evidence import evidence_of
from poet.learn._ledger import Ledger
from poet.learn._numbers import binomial_tail, wilson
from poet.learn._paired import Comparison, Paired, compare, mcnemar, non_inferior, split_time
from poet.learn._patterns import LIMITS, MINIMUM, patterns, version_of
from poet.learn._policy import COOL_DOWN, after, decide, told
from poet.learn._sequential import ALPHA, e_value
from poet.learn._values import (
    REASONS,
    Acted,
    Decision,
    Execution,
    FunctionKey,
    Label,
    Observations,
    Odd,
    Pattern,
    Reliability,
    State,
)

__all__ = [
    "ALPHA",
    "ANY",
    "COOL_DOWN",
    "LIMITS",
    "MINIMUM",
    "REASONS",
    "Acted",
    "Comparison",
    "Decision",
    "Execution",
    "FunctionKey",
    "Label",
    "Ledger",
    "Limits",
    "Observations",
    "Odd",
    "Paired",
    "Pattern",
    "Reliability",
    "State",
    "after",
    "agreed",
    "audits",
    "binomial_tail",
    "chance_of",
    "compare",
    "decide",
    "e_value",
    "evidence_of",
    "in_sample",
    "mcnemar",
    "non_inferior",
    "patterns",
    "reliabilities",
    "split_time",
    "told",
    "version_of",
    "wilson",
]
