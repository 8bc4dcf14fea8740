"""enhance(): generate, gate, promote. The one place where the three meet."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal, NamedTuple

from poet.domain import Domain
from poet.errors import GenerationError, PoetError, StoreError
from poet.events import new_event, store_event
from poet.gate import (
    Case,
    Check,
    Finding,
    TestEvidence,
    Verdict,
    audit,
    judge,
    known_attributes,
    make_record,
    read_cases,
    record_problem,
    repeat_inputs,
    run_checks,
)
from poet.generate import Candidate, Provider, RecipeProvider, submitted
from poet.plugins import loaded, notify
from poet.registry import spec_for
from poet.settings import Settings, home_for, load_settings
from poet.spec import FunctionSpec, Options, first_party, import_name
from poet.store import FunctionStore, Version, dump_json, locate, sha256

__all__ = [
    "Enhancement",
    "Submission",
    "enhance",
    "providers",
    "submit",
    "verify_stored",
]

Outcome = Literal["promoted", "unchanged", "refused", "rejected", "failed"]


class Enhancement(NamedTuple):
    """What came of one attempt to make a version.

    Attributes:
        function: The qualified name.
        path: Its module's file.
        domain: The domain's name.
        generator: What made the candidate; empty where none was made.
        outcome: ``promoted``; ``unchanged`` (the same code is current and fresh); ``refused`` (no
            candidate could be made); ``rejected`` (by the gate); ``failed`` (it could not be stored).
        before: The version that was current.
        after: The version that is current now.
        passed: Checks passed.
        total: Checks that spoke for or against it; a test that is no evidence does neither.
        seconds: Wall time.
        message: Why, for every outcome but ``promoted``.
        notes: The generator's, for a reviewer.
    """

    function: str
    path: Path
    domain: str
    generator: str
    outcome: Outcome
    before: str | None
    after: str | None
    passed: int = 0
    total: int = 0
    seconds: float = 0.0
    message: str = ""
    notes: tuple[str, ...] = ()

    @property
    def good(self) -> bool:
        """Whether a fresh version is current now."""
        return self.outcome in ("promoted", "unchanged")


def providers() -> Mapping[str, Provider]:
    """Return the installed providers by name; ``recipe`` is always among them."""
    return {"recipe": RecipeProvider(), **loaded().providers}


def enhance(
    path: Path,
    qualname: str,
    options: Options,
    *,
    module: str | None = None,
    tests: TestEvidence | None = None,
    reason: str = "",
    force: bool = False,
    progress: Callable[[str], None] | None = None,
) -> Enhancement:
    """Make a version of a function: generate a candidate, judge it, store and promote it.

    A candidate that fails leaves the store and current as they were.

    Args:
        path: The module's file.
        qualname: The function's qualified name.
        options: From its decorator.
        module: The name under which the module is imported; by default from its path.
        tests: The user's tests as evidence.
        reason: Why, for the log.
        force: Store a version also where the same code is current.
        progress: Told each step, one short line.

    Raises:
        ConfigError, FunctionError: The function or its options are not ones POET can work on.
        StoreError: A file cannot be read, or the machine is short of something.
    """
    with _named(path):
        attempt = _Attempt(path, qualname, options, module, tests, reason, force, progress)
        try:
            candidate = providers()["recipe"].generate(attempt.spec, attempt.domain)
        except GenerationError as error:
            return attempt.done("refused", message=str(error))
        return attempt.run(candidate)


class Submission(NamedTuple):
    """What came of code that was handed in.

    Attributes:
        enhancement: The attempt.
        verdict: The gate's; None where the same code is current, or the function is not one POET
            can work on.
        findings: Why the audit refuses it.
    """

    enhancement: Enhancement
    verdict: Verdict | None
    findings: tuple[str, ...] = ()


def submit(
    path: Path,
    qualname: str,
    options: Options,
    source: bytes,
    *,
    module: str | None = None,
    tests: TestEvidence | None = None,
    reason: str = "",
    progress: Callable[[str], None] | None = None,
) -> Submission:
    """Judge code that a person or a program hands in for a function; store and promote it.

    Args:
        path: The module's file.
        qualname: The function's qualified name.
        options: From its decorator.
        source: The code as it was handed in.
        module: The name under which the module is imported; by default from its path.
        tests: The user's tests as evidence.
        reason: Why, for the log.
        progress: Told each step, one short line.

    Raises:
        ConfigError, FunctionError: The function or its options are not ones POET can work on.
        PoetError: Its tests cannot be collected.
        StoreError: A file cannot be read, or the machine is short of something.
    """
    with _named(path):
        attempt = _Attempt(path, qualname, options, module, tests, reason, False, progress)
        candidate = submitted(source, attempt.spec, attempt.domain.name)
        if isinstance(candidate, str):
            finding = str(Finding(1, 1, "text", candidate))
            message = f"refused by audit\n  {finding}"
            result = attempt.done("rejected", generator="file", message=message)
            return Submission(result, None, (finding,))
        result = attempt.run(candidate)
    verdict = attempt.verdict
    refused = verdict.checks if verdict and verdict.name == "refused by audit" else ()
    return Submission(result, verdict, tuple(c.detail for c in refused))


@contextmanager
def _named(path: Path) -> Iterator[None]:
    """Turn an error of the operating system into one that names it: disk, descriptors, rights."""
    try:
        yield
    except OSError as error:
        raise StoreError(
            f"the operating system fails: {error.strerror or error}; what is current is whole",
            where=str(error.filename or path),
            hint="mend that and run the command again",
        ) from error


class _Attempt:
    """One attempt to make a version: what it is about, and the steps that all attempts share."""

    def __init__(
        self,
        path: Path,
        qualname: str,
        options: Options,
        module: str | None,
        tests: TestEvidence | None,
        reason: str,
        force: bool,
        progress: Callable[[str], None] | None,
    ) -> None:
        self.start = time.perf_counter()
        self.settings = load_settings(path.parent)
        self.spec, self.domain = spec_for(path, qualname, options)
        self.module = module or import_name(path)
        self.tests = tests
        self.reason = reason
        self.force = force
        self.progress = progress
        self.store = locate(path, qualname)
        self.store.lock_timeout = self.settings.lock_timeout
        self.before = self.store.current_or_none()
        self.verdict: Verdict | None = None
        self.result = Enhancement(
            qualname, path, self.domain.name, "", "failed", self.before, self.before
        )

    def done(self, outcome: Outcome, **facts: Any) -> Enhancement:
        """Return what came of it, and write the event."""
        seconds = round(time.perf_counter() - self.start, 3)
        final = self.result._replace(outcome=outcome, seconds=seconds, **facts)
        _tell(final, self.spec, self.settings)
        return final

    def run(self, candidate: Candidate) -> Enhancement:
        """Judge a candidate, store and promote it."""
        store, before = self.store, self.before
        self.result = self.result._replace(
            generator=candidate.generator, notes=tuple(candidate.notes)
        )
        if not self.force and before is not None and _is_current(store, before, candidate):
            return self.done("unchanged", message=f"{before} holds the same code")
        try:
            cases = [c for c in read_cases(store.folder / "cases") if c.status == "active"]
        except StoreError as error:
            return self.done("failed", message=str(error))
        verdict = self.verdict = self._judge(candidate, cases)
        spoke = [c for c in verdict.checks if c.outcome != "not evidence"]
        passed = sum(c.outcome == "passed" for c in spoke)
        self.result = self.result._replace(passed=passed, total=len(spoke))
        if not verdict.accepted:
            return self.done("rejected", message=verdict.explain())
        if verdict.differences:
            note = (
                f"behaves otherwise than the function on {len(verdict.differences)} inputs of the "
                f"checks: poet verify {self.spec.qualname} --explain"
            )
            self.result = self.result._replace(notes=(*self.result.notes, note))
        now = store.current_or_none()
        if now not in (None, before) and not self.force and _is_current(store, now, candidate):
            message = f"another run has just made {now} of the same code"
            return self.done("unchanged", after=now, message=message)
        reason = self.reason or f"generated by {candidate.generator}"
        try:
            name = _store(store, candidate, self.spec, self.domain, verdict, before)
            store.promote(name, expected=before, reason=reason)
        except PoetError as error:
            return self.done("failed", after=store.current_or_none(), message=str(error))
        notify("poet_version_promoted", function=self.spec.qualname, version=name, before=before)
        return self.done("promoted", after=name)

    def _judge(self, candidate: Candidate, cases: list[Case]) -> Verdict:
        spec = self.spec
        verdict = judge(
            candidate.code,
            spec,
            self.domain,
            import_name=self.module,
            filename=f"<candidate for {spec.qualname}>",
            cases=cases,
            tests=self.tests,
            timeout=self.settings.verify_timeout,
            progress=self.progress,
            require=not candidate.trusted and self.settings.sandbox == "require",
            generator=candidate.generator,
        )
        notify(
            "poet_candidate_judged",
            function=spec.qualname,
            verdict=verdict.name,
            record=make_record(verdict, spec, candidate),
        )
        return verdict


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
    store = locate(path, qualname)
    problem = record_problem(version.record, version.fingerprint)
    if problem:
        return [Check("record", "audit", "failed", f"the record {problem}")]
    logged = []
    if not store.is_logged(version):
        detail = "log.jsonl holds no promotion bound to this code and record"
        logged = [Check("log", "audit", "failed", detail)]
    grants, known = domain.grants_for(spec).modules, known_attributes(spec)
    findings = audit(version.code, spec.name, grants, known)
    checks = [Check(f"{f.rule}:{f.line}", "audit", "failed", str(f)) for f in findings]
    if checks:
        return logged + checks
    checks = [*logged, Check("audit", "audit", "passed")]
    checks += run_checks(
        version.code,
        spec,
        domain.checks(spec) if full else [],
        [c for c in read_cases(store.folder / "cases") if c.status == "active"],
        module or import_name(path),
        str(version.folder / "code.py"),
        settings.verify_timeout,
        lambda _: None,
    )
    if full:
        recipe = str(version.record.get("generator", "")).startswith("recipe/")
        confined = not recipe and settings.sandbox == "require"
        checks += repeat_inputs(
            version.code,
            spec,
            domain.checks(spec),
            [c for c in read_cases(store.folder / "cases") if c.status == "active"],
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


def _is_current(store: FunctionStore, name: str | None, candidate: Candidate) -> bool:
    try:
        version = store.read(name or "")
        return version.code == candidate.code and store.is_logged(version)
    except StoreError:
        return False


def _store(
    store: FunctionStore,
    candidate: Candidate,
    spec: FunctionSpec,
    domain: Domain,
    verdict: Verdict,
    before: str | None,
) -> str:
    metadata = {
        "format": 1,
        "function": spec.qualname,
        "module": store.module,
        "parent": before,
        "created": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "generator": candidate.generator,
        "llm": candidate.llm,
        "domain": {
            "name": domain.name,
            "version": domain.version,
            "recipe_epoch": domain.recipe_epoch,
        },
        "fingerprint": spec.fingerprint,
        "baseline_sha256": sha256(spec.source),
        "first_party": first_party(Path(spec.path), spec.source),
        "user_names": list(spec.user_names),
        "notes": list(candidate.notes),
    }
    return store.add(
        candidate.code,
        params=dump_json({"options": spec.options.shaping(), "made_with": dict(candidate.params)}),
        state=dump_json({}),
        metadata=metadata,
        record=make_record(verdict, spec, candidate),
    )


def _tell(result: Enhancement, spec: FunctionSpec, settings: Settings) -> None:
    if not settings.events:
        return
    payload = {
        "function": result.function,
        "domain": result.domain,
        "generator": result.generator,
        "outcome": result.outcome,
        "before": result.before,
        "after": result.after,
        "seconds": result.seconds,
        "message": result.message[:10_000],
    }
    event = new_event("enhancement.completed", payload, environment=settings.environment)
    store_event(event, home_for(Path(spec.path).parent, settings))
