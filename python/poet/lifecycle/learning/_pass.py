"""One pass of learning: from events to a version that is measurably better, or to a reason why not."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from poet.capture import measure_impacts, poll_sources, track_config
from poet.domain import Learning
from poet.errors import PoetError
from poet.events import new_event, store_event
from poet.events.queue import store_for
from poet.learn import (
    Decision,
    FunctionKey,
    Ledger,
    Observations,
    after,
    audits,
    decide,
    patterns,
)
from poet.lifecycle._enhance import enhance
from poet.lifecycle._making import Making
from poet.lifecycle._results import Job, Progress, Step
from poet.lifecycle.canary import end_trial, figures_of, trial_of
from poet.lifecycle.learning._intake import take_in
from poet.lifecycle.learning._lessons import give_back, take_lessons
from poet.lifecycle.learning._observed import alarms_of, chosen, cut_of, observed
from poet.lifecycle.learning._proof import Aim, Proof
from poet.lifecycle.learning._values import Learned, LearnedOutcome, Pass
from poet.plugins import loaded
from poet.registry import Found, found_in
from poet.settings import file_in_project, home_for, load_settings
from poet.spec import Evidence, FunctionSpec, Options, merged

__all__ = ["learn_once"]

FITTED = 400  # recorded executions that a domain's evidence is made of


def learn_once(
    folder: Path,
    home: Path | None = None,
    *,
    now: float | None = None,
    progress: Progress | None = None,
    only: str | None = None,
    dry_run: bool = False,
    overrides: Mapping[str, object] | None = None,
) -> Pass:
    """Read what production said, and make the versions that it surely asks for.

    For each function: labels and figures, a decision with its reason, cases, and where the policy
    acts a candidate made of the evidence, that must pass the gate with all active cases and, in the
    statistical lane, be better than the parent on the same recorded executions. Otherwise nothing
    changes, and the log says why.

    Args:
        folder: The project, or a part of it.
        home: The folder of live state; by default the project's.
        now: Seconds since 1970; the clock's if None.
        progress: Told each step.
        only: Act on the function of this qualified name alone, also where its ``learning`` is off;
            ``file.py:name``, with the file relative to the project, where several share the name.
        dry_run: Read events and decide, and write nothing beside the ledger.
        overrides: What arguments say of the settings.

    Raises:
        ConfigError: A setting is wrong.
        EventStoreError: The queue or the ledger cannot be read or written.
    """
    folder = folder.absolute()
    settings = load_settings(folder, overrides)
    home = home or home_for(folder, settings)
    moment = time.time() if now is None else now
    problems: list[str] = []
    places: dict[FunctionKey, Found] = {}
    for item in found_in(folder):
        if isinstance(item, Found):
            places[FunctionKey(file_in_project(item.path), item.qualname)] = item
        else:
            problems.append(str(item))

    def tell(function: str, text: str, **facts: Any) -> None:
        if progress is not None:
            progress(Step(function, text, **facts))

    if not dry_run:
        problems += _capture(places, home, lambda: moment)
    with Ledger(home, days=settings.retention_days, clock=lambda: moment) as ledger:
        store = store_for(home, settings.event_store)
        taken = take_in(store, ledger, lambda text: tell("events", text))
        tell("events", f"{taken.events} events, {taken.new} new", done=True)
        learned = []
        for key in ledger.functions():
            if only not in (None, key.qualname, f"{key.file}:{key.qualname}"):
                continue
            started = time.perf_counter()
            tell(key.qualname, "observations")
            try:
                one = _Function(key, places.get(key), ledger, home, moment, overrides, dry_run)
                found = one.learn(named=only is not None, progress=progress)
            except PoetError as error:
                found = Learned(key, "failed", str(error))
            found = found._replace(seconds=round(time.perf_counter() - started, 3))
            tell(key.qualname, found.outcome, verdict=found.outcome, done=True)
            learned.append(found)
        odd = tuple(ledger.odd(now=moment)) if only is None else ()
    return Pass(taken.events, taken.new, tuple(learned), tuple(problems), odd)


def _capture(
    places: Mapping[FunctionKey, Found], home: Path, clock: Callable[[], float]
) -> list[str]:
    """Ask feedback sources, note changed options, measure what changes of them came to."""
    problems = [
        f"feedback source {polled.name}: {polled.problem}"
        for polled in poll_sources(loaded().feedback_sources.values(), home=home)
        if polled.problem
    ]
    for key, item in places.items():
        try:
            options = Options.parse(item.options or {}, str(item.path))
            if options.config:
                track_config(key.qualname, options.config, file=key.file, home=home, clock=clock)
        except PoetError as error:
            problems.append(f"{key.file}:{key.qualname}: {error.what}")
    measure_impacts(home=home, clock=clock)
    return problems


class _Function:
    """One function in one pass."""

    def __init__(
        self,
        key: FunctionKey,
        item: Found | None,
        ledger: Ledger,
        home: Path,
        now: float,
        overrides: Mapping[str, object] | None,
        dry_run: bool,
    ) -> None:
        self.key, self.item, self.ledger, self.home, self.now = key, item, ledger, home, now
        self.overrides, self.dry_run = overrides, dry_run
        self.cases: dict[str, str] = {}

    def learn(self, *, named: bool, progress: Progress | None) -> Learned:
        """Observe, decide, and act where the policy says so."""
        item = self.item
        if item is None:
            return Learned(self.key, "left", "no @poet function of that name stands here any more")
        if item.options is None:
            return Learned(
                self.key, "left",
                "the options of its @poet are not literals, and nothing is imported here",
            )  # fmt: skip
        options = Options.parse(item.options, f"{item.path}:{item.line}")
        making = Making(Job(item.path, item.qualname, options), self.overrides)
        observations = self._observations(making)

        def tell(text: str) -> None:
            if progress is not None:
                progress(Step(item.qualname, text))

        trial = self._trial(making, observations)
        parent = making.fresh.code if making.fresh else None
        acts = named or options.learning != "off"
        lessons = take_lessons(
            making, observations, self.home, parent, reviewers=making.settings.reviewers,
            now=self.now, dry_run=self.dry_run or not acts, tell=tell,
        )  # fmt: skip
        self.cases.update(lessons.moved)
        state = self.ledger.state(self.key)
        figures = patterns(observations, state=state)
        decision = decide(
            observations, figures, state, requests=self._requests(making, observations),
            failing_cases=self._naming(making, lessons.failing), now=self.now,
            reviewers=making.settings.reviewers, cool_down=making.settings.cool_down,
        )  # fmt: skip
        base = Learned(
            self.key, "waiting", _told(decision), decision, cases=self.cases, trial=trial,
            executions=len(observations.executions), labels=len(observations.labels),
            odd=tuple(observations.odd), audits=tuple(audits(observations)),
        )  # fmt: skip
        if trial is not None and trial.trial.is_trial and not trial.worse:
            return base._replace(message=f"a {trial.trial.mode} of {trial.trial.serve} runs")
        if not acts:
            message = f'learning is off (learning="continuous", or --function); {base.message}'
            return base._replace(outcome="left", message=message)
        if not decision.act:
            return base
        if self.dry_run:
            return base._replace(outcome="would act")
        return self._act(making, observations, decision, base, progress)

    def _observations(self, making: Making) -> Observations:
        served = making.fresh.name if making.fresh else None
        found = self.ledger.observations(self.key, now=self.now, served=served)
        learning = making.domain.learning
        if learning is None:
            return found
        wanted = [
            i
            for i in {**found.labels, **found.correct}
            if i in found.executions and found.executions[i].alarm is None
        ]
        alarms = alarms_of(self.home, making.spec, learning, wanted)
        if not alarms:
            return found
        return self.ledger.observations(self.key, now=self.now, served=served, alarms=alarms)

    def _requests(self, making: Making, observations: Observations) -> list[Evidence]:
        """Return what is asked for by name, as far as the domain knows it; each once."""
        learning = making.domain.learning
        if learning is None:
            return []
        held = {e.key: dict(e.facts) for e in making.spec.evidence} if making.fresh else {}
        found: dict[tuple[str, str], Evidence] = {}
        for text, _ in observations.requests:
            asked = learning.request(making.spec, text)
            if asked is not None:
                asked = asked._replace(category="request")
                if held.get(asked.key) == dict(asked.facts):
                    continue  # what is current was made of it
                found[asked.key] = asked._replace(quotes=(text[:500],))
        return list(found.values())

    def _naming(self, making: Making, failing: Sequence[str]) -> list[str]:
        """Return the failing cases one of which is reason enough.

        A judgement that sources agree on is none: at any rate of false alarms there are some, and
        whether there are too many is for the sequential test to say.
        """
        if making.domain.learning is None:
            return list(failing)
        agreed = {c.name for c in making.agreed}
        return [name for name in failing if name not in agreed]

    def _trial(self, making: Making, observations: Observations) -> Any:
        """Look at the function's canary or shadow; end it where it is worse."""
        trial = trial_of(making.store, self.home)
        if trial is None or not trial.is_trial:
            return None
        kind = "function.shadow" if trial.mode == "shadow" else "function.execution"
        events = store_for(self.home, making.settings.event_store).query(
            kind, function=self.key.qualname, since=trial.time
        )
        false = [
            i for i, x in observations.labels.items() if x.judged == "alarm" and x.truth is False
        ]
        figures = figures_of(trial, self.key.qualname, events, false_alarms=false)
        if figures.worse and not self.dry_run:
            reason = f"{trial.mode} of {trial.serve} ended by itself: {figures.worse}"
            end_trial(making.store, self.home, reason, events=making.settings.events)
        return figures

    def _act(
        self,
        making: Making,
        observations: Observations,
        decision: Decision,
        base: Learned,
        progress: Progress | None,
    ) -> Learned:
        """Make a version of the evidence, and say what came of it."""
        learning, spec, settings = making.domain.learning, making.spec, making.settings
        missing = _unprovable(decision, learning is not None, spec)
        if missing:
            return self._declined(making, observations, decision, base, missing)
        ids = chosen(observations)
        cut = cut_of(observations, ids)
        evidence = decision.evidence
        if learning is not None and decision.lane == "statistical":
            evidence = self._with_domain(making, learning, observations, decision, ids, cut)
        proof = Proof(
            decision.lane or "deterministic", _aim(decision), learning,
            lambda: observed(self.home, spec, learning, observations, ids),
            cut, making.fresh.code if making.fresh else None, making.module, settings.verify_timeout,
            {i: s for i, x in observations.labels.items() if len(x.votes) == 1 for s in x.votes},
            len(ids),
        )  # fmt: skip
        self._tell("enhancement.requested", making, decision, evidence)
        assert self.item is not None
        done = enhance(
            self.item.path, self.item.qualname, making.job.options, evidence=evidence, trial=proof,
            reason=f"learnt ({decision.lane}): {decision.reason}", progress=progress,
            overrides=self.overrides,
        )  # fmt: skip
        self.ledger.keep(
            self.key, after(self.ledger.state(self.key), decision, observations, self.now)
        )
        outcome: LearnedOutcome = "promoted" if done.outcome == "promoted" else "declined"
        message = f"{done.before or '-'} -> {done.after}: {_told(decision)}"
        if outcome == "declined":
            why = done.message or done.outcome
            message = f"nothing changed ({done.outcome}): {why}"
            named = [c for e in decision.evidence if e.name == "failing_case" for c in e.cases]
            self.cases.update(give_back(making, named, "no version passes it yet", self.now))
            if making.before is not None:
                making.store.decline(f"learnt ({decision.lane}): {decision.reason}; {why}"[:4000])
        shown = proof.comparison if decision.lane == "statistical" else None
        if shown is not None and outcome == "promoted":
            message += f"; {shown.reason}"
        return base._replace(
            outcome=outcome, message=message, enhancement=done, comparison=proof.comparison,
            decision=decision._replace(evidence=tuple(evidence)), cases=self.cases,
        )  # fmt: skip

    def _declined(
        self,
        making: Making,
        observations: Observations,
        decision: Decision,
        base: Learned,
        why: str,
    ) -> Learned:
        """Try nothing, and say what is missing; until the figure is armed again it is not said anew."""
        self.ledger.keep(
            self.key, after(self.ledger.state(self.key), decision, observations, self.now)
        )
        if making.before is not None:
            making.store.decline(f"learnt ({decision.lane}): {decision.reason}; {why}"[:4000])
        message = f"nothing was tried: {why}; {decision.reason}"
        return base._replace(outcome="declined", message=message)

    def _with_domain(
        self,
        making: Making,
        learning: Learning,
        observations: Observations,
        decision: Decision,
        ids: Sequence[str],
        cut: float,
    ) -> tuple[Evidence, ...]:
        """Return the evidence with what the domain finds in the earlier part of the record."""
        early = [i for i in ids if observations.executions[i].at < cut][-FITTED:]
        seen = list(observed(self.home, making.spec, learning, observations, early))
        so_far = merged(making.spec.evidence, decision.evidence)
        return merged(decision.evidence, learning.evidence(making.spec, seen, so_far))

    def _tell(
        self, type_: str, making: Making, decision: Decision, evidence: Sequence[Evidence]
    ) -> None:
        if not making.settings.events:
            return
        payload = {
            "function": self.key.qualname,
            "file": self.key.file,
            "lane": decision.lane,
            "reason": decision.reason[:4000],
            "evidence": [e.name for e in evidence],
        }
        store_event(new_event(type_, payload, environment=making.settings.environment), self.home)


def _aim(decision: Decision) -> Aim:
    """Return what a candidate has to be better at: the first figure that acts."""
    aims: tuple[Aim, ...] = ("false_positive_rate", "missed_drift_rate", "success_rate")
    acting = {p.name for p in decision.patterns if p.acts and p.armed}
    return next((aim for aim in aims if aim in acting), "false_positive_rate")


def _unprovable(decision: Decision, judges: bool, spec: FunctionSpec) -> str:
    """Return why no candidate could be shown to be better, and what is missing; empty where one could."""
    if decision.lane != "statistical":
        return ""
    acting = {p.name for p in decision.patterns if p.acts and p.armed}
    if spec.owner in ("method", "classmethod"):
        return (
            f"{spec.qualname} is called on an object or class, whose state is not recorded, so no "
            "execution can be run again to compare versions; a function that takes the state as an "
            "argument can"
        )
    judged = {"false_positive_rate", "missed_drift_rate", "alert_fatigue"}
    if "success_rate" in acting or (judges and acting & judged):
        return ""
    if acting & judged:
        return (
            f"whether an outcome of {spec.qualname} raises an alarm is for its domain to say, and "
            f"{spec.options.domain!r} does not, so versions cannot be compared; choose a domain that "
            "does, such as ml_monitoring"
        )
    return (
        "what an execution is worth cannot be seen by running it again, so no version can be shown to "
        "be worth more; ask for what would be cheaper, such as a sample or a larger window, in the "
        "suggestions of feedback"
    )


def _told(decision: Decision) -> str:
    parts = [decision.reason]
    if decision.waiting:
        parts.append(f"waiting for {decision.waiting}")
    return "; ".join(filter(None, parts))
