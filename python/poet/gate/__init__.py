"""The gate: audit, then verify. No unverified line ever becomes current."""

from poet.cases import Case, read_cases
from poet.gate.audit import Finding, audit, importable, known_attributes, poet_names
from poet.gate.checks import load_request, run_checks
from poet.gate.explain import explain_record
from poet.gate.hidden import function_of, hidden, hides
from poet.gate.parsing import parse_in_turns
from poet.gate.prospects import why_no_evidence
from poet.gate.record import make_record, record_problem
from poet.gate.report import report_for
from poet.gate.sandbox import Sandbox, layers, missing_layers
from poet.gate.scoring import Scores, score, score_pair
from poet.gate.scoring.ranking import Ranking, Score, better, rank
from poet.gate.verdict import Check, Difference, TestEvidence, Verdict
from poet.gate.verify import judge, repeat_inputs

__all__ = [
    "Case",
    "Check",
    "Difference",
    "Finding",
    "Ranking",
    "Sandbox",
    "Score",
    "Scores",
    "TestEvidence",
    "Verdict",
    "audit",
    "better",
    "explain_record",
    "function_of",
    "hidden",
    "hides",
    "importable",
    "judge",
    "known_attributes",
    "layers",
    "load_request",
    "make_record",
    "missing_layers",
    "parse_in_turns",
    "poet_names",
    "rank",
    "read_cases",
    "record_problem",
    "repeat_inputs",
    "report_for",
    "run_checks",
    "score",
    "score_pair",
    "why_no_evidence",
]
