"""estimate(): what a run may cost, without asking anyone anything."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from poet.errors import PoetError
from poet.generate.client import worst_case
from poet.generate.prompt import estimate_tokens, repair
from poet.generate.request import ModelInfo, Request
from poet.lifecycle._choose import Way, cassettes_of, choose, command_of
from poet.lifecycle._enhance import in_loop
from poet.lifecycle._ladder import hopeless
from poet.lifecycle._making import Making, named_errors
from poet.lifecycle._results import Job
from poet.lifecycle._run import Run

__all__ = ["Estimate", "estimate"]

REPORT = "x" * 4000  # about the longest that is said of a failure


class Estimate(NamedTuple):
    """What one function may cost.

    Attributes:
        function: The qualified name.
        model: That would be asked; empty where none would.
        input_tokens: Of the first request, at most.
        output_tokens: Of an answer as long as the function, about.
        usd_least: Where each first answer is taken; None where nobody knows the price.
        usd_most: Where every try is used up, within the budget; None likewise.
        calls_most: Answers that are asked for at most.
        recorded: Whether the first answer is recorded, and costs nothing.
        problem: Why no model could be asked; empty where one can.
    """

    function: str
    model: str = ""
    input_tokens: int = 0
    output_tokens: int = 0
    usd_least: float | None = 0.0
    usd_most: float | None = 0.0
    calls_most: int = 0
    recorded: bool = False
    problem: str = ""


def estimate(
    jobs: Sequence[Job], *, overrides: Mapping[str, object] | None = None, anew: bool = False
) -> list[Estimate]:
    """Return what a run may cost, in the order of the jobs; no model is asked.

    Args:
        jobs: The functions.
        overrides: What arguments say of the settings.
        anew: The run would ask the model also where its answer is recorded.
    """

    async def all_of_them() -> list[Estimate]:
        async with Run(overrides, anew=anew, progress=None) as run:
            return list(await asyncio.gather(*(_one(job, run) for job in jobs)))

    return in_loop(all_of_them)


async def _one(job: Job, run: Run) -> Estimate:
    try:
        with named_errors(job.path):
            run.threads.watch(job.tests)
            making = await run.threads.run(lambda: Making(job, run.overrides))
            way = await run.threads.run(lambda: choose(making))
            if way.prompt is None:
                return Estimate(job.qualname)
            problem = way.problem or await hopeless(making, run)
            if problem:
                return Estimate(job.qualname, way.model, problem=problem)
            return await _of(making, way, run)
    except PoetError as error:
        return Estimate(job.qualname, usd_least=None, usd_most=None, problem=str(error))


async def _of(making: Making, way: Way, run: Run) -> Estimate:
    assert way.prompt is not None
    settings = making.settings
    chains = settings.candidates
    source = making.spec.source

    def asked(messages: tuple[object, ...]) -> Request:
        return Request(
            making.spec.qualname,
            messages,  # type: ignore[arg-type]
            way.model,
            settings.max_tokens,
            settings.temperature,
            0,
            settings.api_base,
        )

    first = asked(way.prompt.messages)
    recorded = cassettes_of(making).read(first) is not None and not (run.anew and way.live)
    answer = estimate_tokens(source)
    calls = min(chains * settings.tries, settings.budget.calls)
    found = Estimate(
        making.spec.qualname, way.model, way.prompt.tokens, answer, 0.0, 0.0, calls, recorded
    )
    if not way.live:
        problem = "" if recorded else f"not recorded; record it: {command_of(making)}"
        return found._replace(problem=problem)
    try:
        client = await run.client(settings, live=True)
        price = settings.price
        # What a price in the settings says is not asked of the provider, whose process stays unborn.
        info = (
            ModelInfo(way.model, price.input, price.output)
            if price is not None
            else await client.info(way.model, settings.api_base)
        )
    except PoetError as error:
        return found._replace(usd_least=None, usd_most=None, problem=str(error))
    assert info.input_usd is not None
    assert info.output_usd is not None
    one = (way.prompt.tokens * info.input_usd + answer * info.output_usd) / 1e6
    later = asked(repair(way.prompt, source, REPORT))
    most = worst_case(first, info)[0] * chains
    most += worst_case(later, info)[0] * chains * (settings.tries - 1)
    return found._replace(
        usd_least=0.0 if recorded else one * chains,
        usd_most=min(most, settings.budget.usd),
    )
