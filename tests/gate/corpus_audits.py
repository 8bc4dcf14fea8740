"""What the audit says of the corpus."""

from __future__ import annotations

import inspect
from pathlib import Path

from corpus_judge import spec_of
from corpus_tools import Candidate, Scenario

from poet.domain import Domain
from poet.gate import Finding, audit
from poet.gate import audit as audit_function
from poet.spec import FunctionSpec


def findings(candidate: Candidate, spec: FunctionSpec, domain: Domain) -> list[Finding]:
    """Return what the audit finds in a candidate, as the gate asks it."""
    more = {}
    if "known" in inspect.signature(audit_function).parameters:
        from poet.gate.audit import known_attributes

        more["known"] = known_attributes(spec)
    return audit(candidate.code, spec.name, domain.grants_for(spec).modules, **more)


def probe_scenario(folder: Path) -> Scenario:
    """Return a scenario whose function is what attacks replace."""
    folder = folder / "project"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "pyproject.toml").write_text('[project]\nname = "scenario"\nversion = "0"\n')
    (folder / "probe_app.py").write_text(
        "from poet import poet\n\n\n@poet()\ndef probe(place: dict) -> object:\n    return None\n"
    )
    return Scenario("probe", folder, "probe", [], [], True)


def accepted_attacks(found: list[Candidate], folder: Path) -> list[str]:
    """Return the must-reject candidates that the audit accepts."""
    spec, domain = spec_of(probe_scenario(folder))
    must = [a for a in found if a.facts["stopped by"] == "audit"]
    return [a.name for a in must if not findings(a, spec, domain)]


def refused_honest(found: list[Candidate], known: dict[str, Scenario]) -> dict[str, list[str]]:
    """Return the honest candidates that the audit refuses, each with what it found."""
    refused = {}
    for candidate in found:
        spec, domain = spec_of(known[candidate.facts["scenario"]])
        reasons = findings(candidate, spec, domain)
        if reasons:
            refused[candidate.name] = [str(r) for r in reasons]
    return refused
