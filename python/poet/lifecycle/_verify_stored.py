"""Checking a stored version again."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from poet.cases import Case, gating, read_cases
from poet.gate import (
    Check,
    TestEvidence,
    audit,
    known_attributes,
    record_problem,
    repeat_inputs,
    run_checks,
)
from poet.lifecycle._evidence import evidence_of
from poet.registry import spec_for
from poet.settings import load_settings
from poet.spec import FunctionSpec, Options, import_name
from poet.store import Version, locate

__all__ = ["verify_stored"]


def verify_stored(
    path: Path,
    qualname: str,
    options: Options,
    version: Version,
    *,
    module: str | None = None,
    tests: TestEvidence | None = None,
    full: bool = False,
) -> list[Check]:
    """Check a stored version again: record, log, audit, contract and active cases, each executed.

    Args:
        path: The module's file.
        qualname: The function's qualified name.
        options: From its decorator.
        version: As the store read it, so its code is what its record says.
        module: The name under which the module is imported; by default from its path.
        tests: With ``full``, the user's tests as evidence.
        full: Repeat all of the recorded evidence, the domain's checks included.

    Returns:
        Every check with its outcome. What the record lists and this run lacks is ``lost``.
    """
    settings = load_settings(path.parent)
    spec, domain = spec_for(path, qualname, options, installed=version.metadata.get("first_party"))
    spec = spec._replace(evidence=evidence_of(version.folder).evidence)
    store = locate(path, qualname)
    problem = record_problem(version.record, version.fingerprint)
    if problem:
        return [Check("record", "audit", "failed", f"the record {problem}")]
    logged = []
    if not store.is_logged(version):
        detail = "log.jsonl holds no promotion bound to this code and record"
        logged = [Check("log", "audit", "failed", detail)]
    grants = domain.grants_for(spec)
    findings = audit(version.code, spec.name, grants.modules, known_attributes(spec, grants))
    checks = [Check(f"{f.rule}:{f.line}", "audit", "failed", str(f)) for f in findings]
    if checks:
        return logged + checks
    checks = [*logged, Check("audit", "audit", "passed")]
    cases = gating(read_cases(store.folder / "cases"))
    checks += run_checks(
        version.code,
        spec,
        domain.checks(spec) if full else [],
        cases,
        module or import_name(path),
        str(version.folder / "code.py"),
        settings.verify_timeout,
        lambda _: None,
    )
    checks = _with_targets(checks, cases, version, spec)
    if full:
        recipe = str(version.record.get("generator", "")).startswith("recipe/")
        confined = not recipe and settings.sandbox == "require"
        checks += repeat_inputs(
            version.code,
            spec,
            domain.checks(spec),
            cases,
            module or import_name(path),
            str(version.folder / "code.py"),
            settings.verify_timeout,
            tests=tests,
            require=confined,
            generator=str(version.record.get("generator", "")),
        )
        if tests is not None:
            checks += tests.run(version.code, confined=confined)
        done = {(c.kind, c.name) for c in checks}
        wanted = [(c["kind"], c["name"]) for c in version.record["checks"]]
        repeatable = [w for w in wanted if tests is not None or w[0] != "test"]
        checks += [
            Check(n, k, "lost", "recorded, not reproduced")
            for k, n in repeatable
            if (k, n) not in done
        ]
    return checks


def _with_targets(
    checks: Sequence[Check], cases: Sequence[Case], version: Version, spec: FunctionSpec
) -> list[Check]:
    """Return checks where a case that sources agree on, and that is yet to be learnt, is no failure.

    One that the version passed when it was made is a promise of its own, and stays one.
    """
    group = dict(version.record.get("trial", {})).get("agreed cases", {})
    promised = {f"case:{name}" for name in group.get("passed", ())}
    promised |= {c["name"] for c in version.record["checks"] if c["kind"] == "case"}
    targets = {f"case:{c.name}": c for c in cases if c.is_target}
    return [
        _target(check, targets[check.name], version.name, spec)
        if check.outcome == "failed" and check.name in targets.keys() - promised
        else check
        for check in checks
    ]


def _target(check: Check, case: Case, version: str, spec: FunctionSpec) -> Check:
    command = "poet learn"
    if spec.options.learning == "off":
        command += f" --function {spec.qualname}"
    detail = (
        f"not yet learnt by {version}: {check.detail}; {len(case.sources)} sources agree on it, and "
        f"{command} makes a version that answers to it once there is enough evidence"
    )
    return check._replace(outcome="not evidence", detail=detail)
