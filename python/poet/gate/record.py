"""The record: the evidence of acceptance, as it is stored beside the code."""

from __future__ import annotations

import json
from typing import Any, Protocol

from poet.gate.verify import Verdict
from poet.spec import FunctionSpec
from poet.store import sha256

__all__ = ["make_record", "record_problem"]


class Judged(Protocol):
    """A candidate, as far as its record needs it: made by ``generator``, stored as ``code``."""

    @property
    def generator(self) -> str: ...

    @property
    def source(self) -> str: ...

    @property
    def code(self) -> str: ...


def make_record(verdict: Verdict, spec: FunctionSpec, candidate: Judged) -> dict[str, Any]:
    """Return the record of an accepted candidate; no version number stands in it.

    Args:
        verdict: The gate's.
        spec: The function the candidate was judged for.
        candidate: What was judged.
    """
    checks = [check._asdict() for check in verdict.checks]
    evidence = json.dumps([[c.kind, c.name, c.hidden] for c in verdict.checks])
    return {
        "format": 1,
        "verdict": verdict.name,
        "mode": spec.mode,
        "generator": candidate.generator,
        "fingerprint": spec.fingerprint,
        "code_sha256": sha256(candidate.code),
        "candidate_sha256": sha256(candidate.source),
        "evidence_sha256": sha256(evidence),
        "tests_shared_process": any(c.kind == "test" for c in verdict.checks),
        "environment": verdict.environment,
        "layers": verdict.layers,
        "seconds": verdict.seconds,
        "checks": checks,
        "differences": list(verdict.differences),
    }


def record_problem(record: Any, fingerprint: str) -> str | None:
    """Return why a stored record is no evidence of acceptance, None if it is."""
    try:
        checks = record["checks"]
        evidence = json.dumps([[c["kind"], c["name"], c["hidden"]] for c in checks])
        if record["format"] != 1:
            return f"has format {record['format']!r}, this version of POET reads 1"
        if record["verdict"] != "accepted":
            return f"says {record['verdict']!r}, not accepted"
        if record["fingerprint"] != fingerprint:
            return "is for another fingerprint than the metadata"
        if sha256(evidence) != record["evidence_sha256"]:
            return "lists other checks than its evidence hash covers"
        bad = [c["name"] for c in checks if c["outcome"] not in ("passed", "not evidence")]
        if bad:
            return f"holds checks that did not pass: {', '.join(bad)}"
        if not any(c["compared"] and c["outcome"] == "passed" for c in checks):
            return "holds no check that compared a returned value"
    except (KeyError, TypeError) as error:
        return f"is incomplete: {error!r}"
    return None
