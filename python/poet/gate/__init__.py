"""The gate: audit, then verify. No unverified line ever becomes current."""

from poet.gate.audit import Finding, audit, known_attributes
from poet.gate.cases import Case, read_cases
from poet.gate.record import make_record, record_problem
from poet.gate.sandbox import Sandbox, layers, missing_layers
from poet.gate.verify import Check, TestEvidence, Verdict, judge, run_checks

__all__ = [
    "Case",
    "Check",
    "Finding",
    "Sandbox",
    "TestEvidence",
    "Verdict",
    "audit",
    "judge",
    "known_attributes",
    "layers",
    "make_record",
    "missing_layers",
    "read_cases",
    "record_problem",
    "run_checks",
]
