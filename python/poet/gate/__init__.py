"""The gate: audit, then verify. No unverified line ever becomes current."""

from poet.gate.audit import Finding, audit, known_attributes
from poet.gate.cases import Case, read_cases
from poet.gate.checks import load_request, run_checks
from poet.gate.explain import explain_record
from poet.gate.record import make_record, record_problem
from poet.gate.sandbox import Sandbox, layers, missing_layers
from poet.gate.verdict import Check, Difference, TestEvidence, Verdict
from poet.gate.verify import judge, repeat_inputs

__all__ = [
    "Case",
    "Check",
    "Difference",
    "Finding",
    "Sandbox",
    "TestEvidence",
    "Verdict",
    "audit",
    "explain_record",
    "judge",
    "known_attributes",
    "layers",
    "load_request",
    "make_record",
    "missing_layers",
    "read_cases",
    "record_problem",
    "repeat_inputs",
    "run_checks",
]
