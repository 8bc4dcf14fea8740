"""One function on its way to a version: what all ways to one share: judge, store, promote."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

from poet.cases import AGREED, gating, read_cases, reopen
from poet.errors import PoetError, StoreError
from poet.gate import (
    Case,
    Sandbox,
    Verdict,
    judge,
    make_record,
    record_problem,
    why_no_evidence,
)
from poet.gate.checks import Boxes
from poet.generate import Candidate
from poet.generate.request import steady
from poet.generate.secrets import scrub
from poet.lifecycle._evidence import evidence_of
from poet.lifecycle._group import group_trial
from poet.lifecycle._results import Attempt, Enhancement, Job, Outcome, Rung, Tried
from poet.lifecycle._told import tell_attempt, tell_enhancement
from poet.plugins import notify
from poet.registry import spec_for
from poet.settings import load_settings
from poet.spec import first_party, import_name, merged
from poet.store import Version, dump_json, locate, sha256

__all__ = ["Judged", "Making", "named_errors", "repeatable"]

Tell = Callable[[str], None]
_NOISE = re.compile(r" \(noise [^)]*\)| ± \S+")


class Judged(NamedTuple):
    """A candidate and what the gate says of it."""

    candidate: Candidate
    verdict: Verdict

    @property
    def passed(self) -> int:
        """How many checks passed."""
        return sum(c.outcome == "passed" for c in self.verdict.checks)

    @property
    def total(self) -> int:
        """How many spoke for or against it."""
        return sum(c.outcome != "not evidence" for c in self.verdict.checks)


@contextmanager
def named_errors(path: Path) -> Iterator[None]:
    """Turn an error of the operating system into one that names it: disk, descriptors, rights."""
    try:
        yield
    except OSError as error:
        if isinstance(error, PoetError):
            raise
        raise StoreError(
            f"the operating system fails: {error.strerror or error}; what is current is whole",
            where=str(error.filename or path),
            hint="mend that and run the command again",
        ) from error


class Making:
    """One function on its way to a version.

    Args:
        job: Which function, and how.
        overrides: What arguments say of the settings.
    """

    def __init__(self, job: Job, overrides: Mapping[str, object] | None = None) -> None:
        path, qualname = job.path, job.qualname
        self.start = time.perf_counter()
        self.job = job
        self.settings = load_settings(path.parent, overrides)
        spec, self.domain = spec_for(path, qualname, job.options)
        self.module = job.module or import_name(path)
        self.store = locate(path, qualname)
        self.store.lock_timeout = self.settings.lock_timeout
        self.before = self.store.current_or_none()
        kept = evidence_of(self.store.folder / (self.before or "none"))
        self.unread = kept.problem
        self.spec = spec._replace(evidence=merged(kept.evidence, job.evidence))
        self.attempts: list[Attempt] = []
        self.rungs: list[Rung] = []
        self._tried: dict[str, tuple[Tried, tuple[str, ...]]] = {}
        self.result = Enhancement(
            qualname, path, self.domain.name, "", "failed", self.before, self.before
        )

    @cached_property
    def active(self) -> list[Case]:
        """The active cases that no other one contradicts.

        Raises:
            CaseError: One cannot be read.
        """
        return gating(read_cases(self.store.folder / "cases"))

    @property
    def cases(self) -> list[Case]:
        """Those that gate one by one."""
        return [c for c in self.active if c.accepted_by != AGREED]

    @property
    def agreed(self) -> list[Case]:
        """Those that became active because sources agree: they gate as a group, for some may be wrong."""
        return [c for c in self.active if c.accepted_by == AGREED]

    @cached_property
    def fresh(self) -> Version | None:
        """The current version where it is made for the function as it is now, and is whole."""
        if self.before is None:
            return None
        try:
            version = self.store.read(self.before)
            whole = self.store.is_logged(version)
        except StoreError:
            return None
        right = version.fingerprint == self.spec.fingerprint
        right = right and not record_problem(version.record, version.fingerprint)
        return version if whole and right else None

    def attempted(self, attempt: Attempt) -> None:
        """Note an attempt, and write its event."""
        attempt = attempt._replace(why=scrub(attempt.why)[:4000])
        self.attempts.append(attempt)
        tell_attempt(attempt, self.spec, self.settings)

    def done(self, outcome: Outcome, **facts: Any) -> Enhancement:
        """Return what came of it, and write the event."""
        facts = {
            "seconds": round(time.perf_counter() - self.start, 3),
            "attempts": tuple(self.attempts),
            "rungs": tuple(r._replace(why=scrub(r.why)) for r in self.rungs),
            **facts,
        }
        final = self.result._replace(outcome=outcome, **facts)
        final = final._replace(message=scrub(final.message))
        tell_enhancement(final, self.spec, self.settings)
        return final

    def is_current(self, candidate: Candidate) -> bool:
        """Say whether the version that was current holds the same code."""
        return not self.job.force and self._holds(self.before, candidate)

    def judge(self, candidate: Candidate, tell: Tell, sandbox: Boxes = Sandbox) -> Judged:
        """Have the gate judge a candidate; nothing of the making is changed.

        Raises:
            StoreError: A case cannot be read.
            PoetError: Its tests cannot be collected.
        """
        spec = self.spec
        verdict = judge(
            candidate.code,
            spec,
            self.domain,
            import_name=self.module,
            filename=f"<candidate for {spec.qualname}>",
            cases=self.cases,
            tests=self.job.tests,
            timeout=self.settings.verify_timeout,
            progress=tell,
            require=self.require(candidate),
            generator=candidate.generator,
            sandbox=sandbox,
        )
        notify(
            "poet_candidate_judged",
            function=spec.qualname,
            verdict=verdict.name,
            record=make_record(verdict, spec, candidate),
        )
        return Judged(candidate, verdict)

    def tried(self, judged: Judged, tell: Tell, sandbox: Boxes = Sandbox) -> Tried:
        """Put an accepted candidate to the cases that gate as a group, and to the job's own trial."""
        candidate = judged.candidate
        found, failed = group_trial(
            candidate.code,
            self.fresh.code if self.fresh else None,
            self.agreed,
            self.spec,
            self.module,
            timeout=self.settings.verify_timeout,
            require=self.require(candidate),
            tell=tell,
            sandbox=sandbox,
            owed=all(e.lane == "statistical" for e in self.job.evidence),
        )
        if found.passed and self.job.trial is not None:
            own = self.job.trial(
                candidate.code,
                self.spec,
                require=self.require(candidate),
                tell=tell,
                sandbox=sandbox,
            )
            why = "; ".join(filter(None, [own.why, found.why]))
            found = Tried(own.passed, why, {**found.record, **own.record})
        self._tried[candidate.code] = found, failed
        return found

    @property
    def has_trial(self) -> bool:
        """Whether there is a proof besides the gate."""
        return self.job.trial is not None or bool(self.agreed)

    def hopeless(self, tell: Tell, sandbox: Boxes = Sandbox) -> str:
        """Return why no code of a model could be accepted here; empty where some could."""
        return why_no_evidence(
            self.spec,
            self.domain,
            import_name=self.module,
            cases=self.cases,
            tests=self.job.tests,
            timeout=self.settings.verify_timeout,
            require=self.settings.sandbox == "require",
            sandbox=sandbox,
            tell=tell,
        )

    def require(self, candidate: Candidate) -> bool:
        """Say whether a candidate is run only where every layer of confinement is in force."""
        return not candidate.trusted and self.settings.sandbox == "require"

    def take(self, judged: Judged) -> None:
        """Say of a candidate that it is what the result is about."""
        candidate, verdict = judged
        self.result = self.result._replace(
            generator=candidate.generator,
            notes=(*candidate.notes, *filter(None, [self.unread])),
            passed=judged.passed,
            total=judged.total,
        )
        if verdict.accepted and verdict.differences:
            note = (
                f"behaves otherwise than the function on {len(verdict.differences)} inputs of the "
                f"checks: poet verify {self.spec.qualname} --explain"
            )
            self.result = self.result._replace(notes=(*self.result.notes, note))

    def promote(
        self,
        judged: Judged,
        rungs: Sequence[Rung] = (),
        objectives: Mapping[str, Any] | None = None,
        figures: Mapping[str, Any] | None = None,
        notes: Sequence[str] = (),
    ) -> Enhancement:
        """Store an accepted candidate and make it current, if current has not moved meanwhile.

        Args:
            judged: The candidate; :meth:`take` was told of it.
            rungs: Those of the ladder, its own included.
            objectives: What metadata is to hold of its figures: nothing that differs in a replay.
            figures: What the record is to hold of them.
            notes: What they say, for a reviewer.
        """
        store, before, candidate = self.store, self.before, judged.candidate
        self.rungs = list(rungs)
        now = store.current_or_none()
        if now not in (None, before) and not self.job.force and self._holds(now, candidate):
            message = f"another run has just made {now} of the same code"
            return self.done("unchanged", after=now, message=message)
        tried, failed = self._tried.get(candidate.code, (None, ()))
        reason = self.job.reason or f"generated by {candidate.generator}"
        if tried is not None and tried.why:
            reason = f"{reason}; {tried.why}"
        try:
            name = self._store(judged, objectives or {}, figures or {}, notes)
            store.promote(name, expected=before, reason=reason)
            for case in failed:
                reopen(store.folder, case, f"{name} fails it, and sources may err", by="poet")
        except PoetError as error:
            return self.done("failed", after=store.current_or_none(), message=str(error))
        self.result = self.result._replace(notes=(*self.result.notes, *notes))
        notify("poet_version_promoted", function=self.spec.qualname, version=name, before=before)
        return self.done("promoted", after=name)

    def _holds(self, name: str | None, candidate: Candidate) -> bool:
        if name is None:
            return False
        try:
            version = self.store.read(name)
            return version.code == candidate.code and self.store.is_logged(version)
        except StoreError:
            return False

    def _store(
        self,
        judged: Judged,
        objectives: Mapping[str, Any],
        figures: Mapping[str, Any],
        notes: Sequence[str],
    ) -> str:
        spec, domain, (candidate, verdict) = self.spec, self.domain, judged
        params: dict[str, Any] = {
            "options": spec.options.shaping(),
            "made_with": dict(candidate.params),
        }
        if spec.evidence:
            params["evidence"] = [e.as_json() for e in spec.evidence]
        metadata = {
            "format": 1,
            "function": spec.qualname,
            "module": self.store.module,
            "parent": self.before,
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
            "readable": ["cases", "tests"] if candidate.generator == "file" else [],
            "notes": [*map(scrub, self.result.notes), *map(repeatable, notes)],
            "attempts": [_plain(a) for a in self.attempts],
            "rungs": [r._replace(why=repeatable(r.why))._asdict() for r in self.rungs],
            **({"objectives": dict(objectives)} if objectives else {}),
        }
        record = make_record(verdict, spec, candidate)
        if figures:
            record["objectives"] = dict(figures)
        tried, _ = self._tried.get(candidate.code, (None, ()))
        if tried is not None and tried.record:
            record["trial"] = dict(tried.record)
        return self.store.add(
            candidate.code,
            params=dump_json(params),
            state=dump_json({}),
            metadata=metadata,
            record=record,
        )


def repeatable(text: str) -> str:
    """Return a text without what was measured: the same for a run and for its replay."""
    return steady(_NOISE.sub("", scrub(text)))


def _plain(attempt: Attempt) -> dict[str, Any]:
    """Return an attempt as metadata holds it: the same for a run and for its replay."""
    whole = attempt._asdict()
    del whole["scores"]  # figures of time differ from run to run
    return {**whole, "why": repeatable(attempt.why)}
