"""enhance(): generate, gate, promote, for one function or for many."""

from __future__ import annotations

import asyncio
import sys
import threading
import traceback
from collections.abc import Callable, Coroutine, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

from poet.errors import PoetError
from poet.gate import TestEvidence
from poet.lifecycle._choose import may_ask
from poet.lifecycle._ladder import by_recipe, climb
from poet.lifecycle._making import Making, named_errors
from poet.lifecycle._results import Enhancement, Job, Progress, Step, Trial
from poet.lifecycle._run import Run
from poet.spec import Evidence, Options
from poet.store import locate

__all__ = ["enhance", "enhance_many", "in_loop"]

_T = TypeVar("_T")


def enhance(
    path: Path,
    qualname: str,
    options: Options,
    *,
    module: str | None = None,
    tests: TestEvidence | None = None,
    reason: str = "",
    force: bool = False,
    progress: Progress | None = None,
    overrides: Mapping[str, object] | None = None,
    anew: bool = False,
    evidence: Sequence[Evidence] = (),
    trial: Trial | None = None,
) -> Enhancement:
    """Make a version of a function: generate candidates, judge them, store and promote the best.

    Where none passes, the store and current are left as they were.

    Args:
        path: The module's file.
        qualname: The function's qualified name.
        options: From its decorator.
        module: The name under which the module is imported; by default from its path.
        tests: The user's tests as evidence.
        reason: Why, for the log.
        force: Store a version also where the same code is current.
        progress: Told each step.
        overrides: What arguments say of the settings, as :func:`poet.settings.load_settings` takes it.
        anew: Ask the model also where its answer is recorded.
        evidence: What production says that is new; what the current version was made of holds too.
        trial: What an accepted candidate must pass besides the gate.

    Raises:
        ConfigError, FunctionError: The function or its options are not ones POET can work on.
        StoreError: A file cannot be read, or the machine is short of something.
    """
    job = Job(
        path, qualname, options, module, tests, reason, force,
        evidence=tuple(evidence), trial=trial,
    )  # fmt: skip
    done = _run([job], overrides, anew, progress)[0]
    if isinstance(done, Exception):
        raise done
    return done


def enhance_many(
    jobs: Sequence[Job],
    *,
    overrides: Mapping[str, object] | None = None,
    anew: bool = False,
    progress: Progress | None = None,
) -> list[Enhancement]:
    """Make versions of many functions at once; what goes wrong with one is its own outcome.

    A function's version is promoted as soon as it is found. Where the run is interrupted, what is
    under way is ended, what was answered is recorded, and ``KeyboardInterrupt`` goes on: the same
    run once more pays for no answer twice.

    Args:
        jobs: The functions.
        overrides: What arguments say of the settings.
        anew: Ask the model also where its answer is recorded.
        progress: Told each step; may be called from several threads.

    Returns:
        What came of each, in the order of the jobs.
    """
    found = _run(jobs, overrides, anew, progress)
    return [
        _failed(job, done) if isinstance(done, Exception) else done
        for job, done in zip(jobs, found, strict=True)
    ]


def in_loop(start: Callable[[], Coroutine[Any, Any, _T]]) -> _T:
    """Return what a coroutine returns, run in a loop and a thread of its own.

    So it works where a loop is running already, and an interrupt of the waiting thread cancels the
    coroutine, waits until it has put its things away, and goes on.
    """
    loop = asyncio.new_event_loop()
    task: asyncio.Task[_T] = loop.create_task(start())
    ended = threading.Event()

    def body() -> None:
        asyncio.set_event_loop(loop)
        try:
            loop.run_until_complete(asyncio.wait([task]))
            loop.run_until_complete(loop.shutdown_asyncgens())
            loop.run_until_complete(loop.shutdown_default_executor())
        finally:
            loop.close()
            ended.set()

    thread = threading.Thread(target=body, name="poet-run", daemon=True)
    thread.start()
    try:
        ended.wait()
    except BaseException:
        loop.call_soon_threadsafe(task.cancel)
        ended.wait()  # a second interrupt leaves at once
        thread.join()
        raise
    thread.join()
    return task.result()


def _run(
    jobs: Sequence[Job],
    overrides: Mapping[str, object] | None,
    anew: bool,
    progress: Progress | None,
) -> list[Enhancement | Exception]:
    if len(jobs) == 1:
        done = _without_model(jobs[0], overrides, progress)
        if done is not None:
            return [done]

    async def all_of_them() -> list[Enhancement | Exception]:
        async with Run(overrides, anew, progress) as run:
            tasks = [asyncio.create_task(_one(job, run)) for job in jobs]
            try:
                return list(await asyncio.gather(*tasks))
            finally:
                for task in tasks:
                    task.cancel()

    return in_loop(all_of_them)


async def _one(job: Job, run: Run) -> Enhancement | Exception:
    try:
        with named_errors(job.path):
            making = await run.threads.run(lambda: Making(job, run.overrides))
            done = await climb(making, run)
    except Exception as error:  # noqa: BLE001 - one function's failure is no other's
        _say(run.progress, job, "failed", 0.0)
        return error
    _say(run.progress, job, done.outcome, done.used.usd)
    return done


def _without_model(
    job: Job, overrides: Mapping[str, object] | None, progress: Progress | None
) -> Enhancement | Exception | None:
    """Make one function's version in this thread where no model is asked; None where one is."""
    try:
        with named_errors(job.path):
            making = Making(job, overrides)
            if may_ask(making):
                return None

            def tell(text: str) -> None:
                if progress is not None:
                    progress(Step(job.qualname, text, rung="recipe"))

            done = by_recipe(making, tell)
    except Exception as error:  # noqa: BLE001 - the caller raises it
        return error
    _say(progress, job, done.outcome, 0.0)
    return done


def _say(progress: Progress | None, job: Job, outcome: str, cost: float) -> None:
    if progress is not None:
        progress(Step(job.qualname, outcome, cost_usd=cost, verdict=outcome, done=True))


def _failed(job: Job, error: Exception) -> Enhancement:
    """Return what came of a function that an error ended."""
    message = str(error)
    if not isinstance(error, PoetError):
        traceback.print_exception(error, file=sys.stderr)
        message = f"an error in POET: {error!r}"
    try:
        before = locate(job.path, job.qualname).current_or_none()
    except OSError:
        before = None
    return Enhancement(
        job.qualname, job.path, job.options.domain, "", "failed", before, before, message=message
    )
