"""Cases and recorded inputs: every lesson from production as a file that the next version must pass."""

from poet.cases._case import AGREED, Case, Expect, Origin, Status
from poet.cases._expect import answers, check_expect, unmet
from poet.cases.files import read_case, read_cases, shown, write_case
from poet.cases.proposals import accept, contradictions, gating, propose, reopen, retire
from poet.cases.recording import Recorded, recorded, recordings

__all__ = [
    "AGREED",
    "Case",
    "Expect",
    "Origin",
    "Recorded",
    "Status",
    "accept",
    "answers",
    "check_expect",
    "contradictions",
    "gating",
    "propose",
    "read_case",
    "read_cases",
    "recorded",
    "recordings",
    "reopen",
    "retire",
    "shown",
    "unmet",
    "write_case",
]
