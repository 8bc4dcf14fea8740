"""enhance(): generate, gate, promote, for one function or for many."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from poet.errors import GenerationError, PoetError
from poet.gate import TestEvidence
from poet.generate import RecipeProvider
from poet.lifecycle._making import Making, named_errors
from poet.lifecycle._results import Enhancement, Job, Progress, Step
from poet.spec import Options
from poet.store import locate

__all__ = ["enhance", "enhance_many"]


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

    Raises:
        ConfigError, FunctionError: The function or its options are not ones POET can work on.
        StoreError: A file cannot be read, or the machine is short of something.
    """
    job = Job(path, qualname, options, module, tests, reason, force)
    return _one(job, overrides, anew, progress)


def enhance_many(
    jobs: Sequence[Job],
    *,
    overrides: Mapping[str, object] | None = None,
    anew: bool = False,
    progress: Progress | None = None,
) -> list[Enhancement]:
    """Make versions of many functions; what goes wrong with one is its own outcome.

    Args:
        jobs: The functions.
        overrides: What arguments say of the settings.
        anew: Ask the model also where its answer is recorded.
        progress: Told each step; may be called from several threads.

    Returns:
        What came of each, in the order of the jobs.
    """
    done = []
    for job in jobs:
        try:
            done.append(_one(job, overrides, anew, progress))
        except PoetError as error:
            before = locate(job.path, job.qualname).current_or_none()
            done.append(
                Enhancement(
                    job.qualname, job.path, job.options.domain, "", "failed", before, before,
                    message=str(error),
                )
            )  # fmt: skip
    return done


def _one(
    job: Job, overrides: Mapping[str, object] | None, anew: bool, progress: Progress | None
) -> Enhancement:
    del anew
    with named_errors(job.path):
        making = Making(job, overrides)
        if progress is not None:
            making.tell = lambda text: progress(Step(job.qualname, text, rung="recipe"))
        try:
            candidate = RecipeProvider().generate(making.spec, making.domain)
        except GenerationError as error:
            return making.done("refused", message=str(error))
        return making.run(candidate)
