"""The fallback ladder: model, repaired, recipe, baseline. Each rung is told of."""

from __future__ import annotations

from collections import Counter

from poet.errors import CassetteMissError, GenerationError, StoreError
from poet.gate import Sandbox, report_for
from poet.gate.checks import Boxes
from poet.generate import Candidate, RecipeProvider
from poet.lifecycle._choose import Way, choose, may_ask
from poet.lifecycle._making import Judged, Making, Tell
from poet.lifecycle._objectives import timed
from poet.lifecycle._results import Attempt, Enhancement, Rung
from poet.lifecycle._run import Run
from poet.lifecycle._search import Search
from poet.store import sha256

__all__ = ["by_recipe", "climb", "hopeless"]

ON_THE_BASELINE = "the tests, on the function as written"


async def climb(making: Making, run: Run) -> Enhancement:
    """Return what came of a function: the first rung of the ladder that gives a version is taken.

    Raises:
        ConfigError: The settings do not say enough to ask a model.
        PoetError: What judges is broken, not what is judged.
    """
    threads = run.threads
    threads.watch(making.job.tests)
    if making.job.tests is not None and may_ask(making):
        run.tell(making, ON_THE_BASELINE)
    try:
        way = await threads.run(lambda: choose(making))
    except CassetteMissError as error:
        return making.done("failed", message=str(error))
    if way.prompt is None:
        return await _recipe(making, run)
    if way.problem:
        making.rungs = [Rung("model", "not tried", way.problem)]
        return await _recipe(making, run)
    problem = await hopeless(making, run)
    if problem:
        making.rungs = [Rung("model", "not tried", problem)]
        done = await _recipe(making, run)
        # The line of the ladder is cut, and this one says what to write.
        note = f"no model was asked: {problem}"
        return done._replace(notes=(*done.notes, note)) if done.good else done
    search = Search(making, way, run)
    try:
        best = await search.climb()
    except CassetteMissError as error:
        _note(making, search, way)
        making.rungs = [*_rungs(making, search)[:-1], Rung("model", "failed", error.what)]
        return making.done("failed", message=str(error))
    _note(making, search, way)
    if best is not None:
        making.take(best)
        rungs = _rungs(making, search)
        rungs[-1] = rungs[-1]._replace(outcome="promoted")
        return await threads.run(
            lambda: making.promote(best, rungs, search.objectives, search.figures, search.notes)
        )
    making.rungs = _rungs(making, search)
    return await _recipe(making, run)


async def hopeless(making: Making, run: Run) -> str:
    """Return why no answer of a model could be accepted, so that none is paid for."""

    def tell(text: str) -> None:
        run.threads.look()
        run.tell(making, text)

    return await run.threads.run(lambda: making.hopeless(tell, run.threads.sandbox))


def _note(making: Making, search: Search, way: Way) -> None:
    """Note what the search used."""
    making.result = making.result._replace(
        generator=making.settings.provider,
        model=way.model,
        used=search.ledger.used,
        replayed=search.replayed and search.answered > 0,
    )


def _rungs(making: Making, search: Search) -> list[Rung]:
    """Return the rungs a search has trodden, with what came of each."""
    found = []
    for name in ("model", "repaired"):
        outcomes = Counter(a.outcome for a in making.attempts if a.rung == name)
        if outcomes:
            counted = [f"{n} {outcome}" if n > 1 else outcome for outcome, n in outcomes.items()]
            found.append(Rung(name, "failed", ", ".join(counted)))
    found = found or [Rung("model", "not tried")]
    if search.best is None and search.reasons:
        why = "; ".join(filter(None, [found[-1].why, *search.reasons]))
        found[-1] = found[-1]._replace(why=why)
    return found


async def _recipe(making: Making, run: Run) -> Enhancement:
    def tell(text: str) -> None:
        run.threads.look()
        run.tell(making, text, rung="recipe", cost_usd=making.result.used.usd)

    return await run.threads.run(
        lambda: by_recipe(making, tell, run.threads.sandbox), alone=timed(making)
    )


def by_recipe(making: Making, tell: Tell, sandbox: Boxes = Sandbox) -> Enhancement:
    """Have the recipe write, unless a fresh version of a higher rung stays; else keep what there is.

    Args:
        making: The function; its rungs are those that were trodden before.
        tell: Told each step.
        sandbox: Makes the workers.
    """
    higher = bool(making.rungs)
    if making.fresh is not None and (higher or _is_of_higher_rung(making)):
        why = f"{making.before} is fresh and stays: a recipe never replaces what it holds"
        making.rungs.append(Rung("recipe", "not tried", why))
        return making.done("kept", message=_told(making, f"{making.before} is fresh and stays"))
    try:
        candidate = RecipeProvider().generate(making.spec, making.domain)
    except GenerationError as error:
        making.attempted(_attempt(making, None, "refused", error.what))
        making.rungs += [Rung("recipe", "refused", error.what), _baseline(making)]
        return making.done("refused", message=_told(making, str(error)))
    making.result = making.result._replace(
        generator=candidate.generator, notes=tuple(candidate.notes)
    )
    if making.is_current(candidate):
        making.rungs.append(Rung("recipe", "unchanged"))
        return making.done("unchanged", message=f"{making.before} holds the same code")
    if making.job.tests is not None and not may_ask(making):
        tell(ON_THE_BASELINE)
    try:
        judged = making.judge(candidate, tell, sandbox)
    except StoreError as error:
        making.rungs.append(Rung("recipe", "failed", error.what))
        return making.done("failed", message=str(error))
    return _decided(making, judged, tell, sandbox)


def _decided(making: Making, judged: Judged, tell: Tell, sandbox: Boxes) -> Enhancement:
    verdict = judged.verdict
    why = "" if verdict.accepted else report_for(verdict, judged.candidate.code)
    tried = making.tried(judged, tell, sandbox) if verdict.accepted else None
    outcome: str = verdict.name
    if tried is not None and not tried.passed:
        outcome, why = "no better", tried.why
    making.attempted(_attempt(making, judged.candidate, outcome, why))
    making.take(judged)
    if tried is not None and not tried.passed:
        making.rungs += [Rung("recipe", "failed", outcome), _baseline(making)]
        return making.done("rejected", message=_told(making, tried.why))
    if verdict.accepted:
        return making.promote(judged, [*making.rungs, Rung("recipe", "promoted")])
    making.rungs += [Rung("recipe", "failed", verdict.name), _baseline(making)]
    return making.done("rejected", message=_told(making, verdict.explain()))


def _attempt(making: Making, candidate: Candidate | None, outcome: str, why: str) -> Attempt:
    return Attempt(
        number=len(making.attempts) + 1,
        candidate=1,
        rung="recipe",
        generator=candidate.generator if candidate else "recipe",
        model="none",
        request="",
        candidate_sha256=sha256(candidate.source) if candidate else "",
        outcome=outcome,
        why=why,
    )


def _baseline(making: Making) -> Rung:
    if making.fresh is not None:
        return Rung("baseline", "not needed", f"{making.before} is fresh and stays")
    return Rung("baseline", "kept", "calls run the function as written")


def _is_of_higher_rung(making: Making) -> bool:
    version = making.fresh
    if version is None or making.job.force:
        return False
    return not str(version.record.get("generator", "")).startswith("recipe/")


def _told(making: Making, message: str) -> str:
    """Return a message with what came of the rungs above."""
    above = [r for r in making.rungs if r.name in ("model", "repaired")]
    lines = [f"{r.name}: {r.outcome}{f' ({r.why})' if r.why else ''}" for r in above]
    return "\n".join([*lines, message])
