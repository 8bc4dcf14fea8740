"""The record: the evidence of acceptance, as it is stored beside the code."""

from __future__ import annotations

import ast
import json
from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from poet.gate.verdict import Verdict
from poet.spec import FunctionSpec
from poet.store import sha256

__all__ = ["FORMAT", "make_record", "record_problem"]

FORMAT = 2
_OUTCOMES = ("passed", "not evidence")
_PLATFORM = {"poet"}


class Judged(Protocol):
    """A candidate, as far as its record needs it: made by ``generator``, stored as ``code``."""

    @property
    def generator(self) -> str: ...

    @property
    def source(self) -> str: ...

    @property
    def code(self) -> str: ...


def make_record(verdict: Verdict, spec: FunctionSpec, candidate: Judged) -> dict[str, Any]:
    """Return the record of a judged candidate; no version number stands in it.

    Args:
        verdict: The gate's.
        spec: The function the candidate was judged for.
        candidate: What was judged.
    """
    record = {
        "format": FORMAT,
        "verdict": verdict.name,
        "mode": spec.mode,
        "generator": candidate.generator,
        "function": spec.qualname,
        "tolerance": dict(spec.options.tolerance),
        "fingerprint": spec.fingerprint,
        "code_sha256": sha256(candidate.code),
        "candidate_sha256": sha256(candidate.source),
        "shared_tests": [c.name for c in verdict.checks if c.shared],
        "requirements": _requirements(candidate.code),
        "environment": verdict.environment,
        "layers": verdict.layers,
        "seconds": verdict.seconds,
        "seeds": dict(verdict.facts.get("seeds", {})),
        "inputs": dict(verdict.facts.get("inputs", {})),
        "constraints": list(verdict.facts.get("constraints", [])),
        "checks": [check._asdict() for check in verdict.checks],
        "differences": [d._asdict() for d in verdict.behaviour],
        "message": verdict.message,
    }
    return {**record, "evidence_sha256": _evidence(record)}


def _evidence(record: Mapping[str, Any]) -> str:
    """Return the hash over all that speaks for the candidate."""
    covered = {
        key: record[key]
        for key in (
            "verdict", "mode", "generator", "function", "fingerprint", "code_sha256", "shared_tests",
            "environment", "layers", "seeds", "tolerance", "inputs", "constraints", "checks", "differences",
        )
    }  # fmt: skip
    return sha256(json.dumps(covered, sort_keys=True))


def _requirements(code: str) -> list[str]:
    """Return the top-level modules outside the standard library that the code imports."""
    import sys

    found = set()
    try:
        tree = ast.parse(code)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return []
    for node in ast.walk(tree):
        names = [a.name for a in node.names] if isinstance(node, ast.Import) else []
        if isinstance(node, ast.ImportFrom) and node.module:
            names = [node.module]
        found |= {n.partition(".")[0] for n in names}
    return sorted(found - set(sys.stdlib_module_names) - _PLATFORM)


def record_problem(record: Any, fingerprint: str) -> str | None:
    """Return why a stored record is no evidence of acceptance, None if it is."""
    try:
        return _problem(record, fingerprint)
    except (KeyError, TypeError, AttributeError) as error:
        return f"is incomplete: {error!r}"


def _problem(record: Any, fingerprint: str) -> str | None:
    checks: Sequence[Mapping[str, Any]] = record["checks"]
    if record["format"] != FORMAT:
        return (
            f"has format {record['format']!r}, this version of POET reads {FORMAT}: "
            "run poet generate again"
        )
    if record["verdict"] != "accepted":
        return f"says {record['verdict']!r}, not accepted"
    if record["fingerprint"] != fingerprint:
        return "is for another fingerprint than the metadata"
    if _evidence(record) != record["evidence_sha256"]:
        return "holds other evidence than its hash covers"
    bad = [c["name"] for c in checks if c["outcome"] not in _OUTCOMES]
    if bad:
        return f"holds checks that did not pass: {', '.join(bad)}"
    twice = [c["name"] for c in checks if checks.count(c) > 1 or _alike(c, checks) > 1]
    if twice:
        return f"lists a check twice: {twice[0]}"
    missing = {("audit", "audit"), ("contract", "contract")} - {
        (c["kind"], c["name"]) for c in checks
    }
    if missing:
        return f"lacks the check {min(missing)[1]}"
    recipe = str(record["generator"]).startswith("recipe/")
    if not any(
        c["compared"] and c["outcome"] == "passed" and (recipe or not c["shared"]) for c in checks
    ):
        return "holds no check that compared a returned value"
    exceeded = [m["name"] for m in record["constraints"] if m["outcome"] == "exceeded"]
    if exceeded:
        return f"holds a constraint that is exceeded: {exceeded[0]}"
    if not isinstance(record["layers"], dict) or not isinstance(record["inputs"], dict):
        return "is incomplete: layers and inputs"
    return None


def _alike(check: Mapping[str, Any], checks: Sequence[Mapping[str, Any]]) -> int:
    return sum((c["kind"], c["name"]) == (check["kind"], check["name"]) for c in checks)
