"""submit(): judge code that was handed in."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from poet.errors import StoreError
from poet.gate import Finding, TestEvidence
from poet.generate import submitted
from poet.lifecycle._making import Making, named_errors
from poet.lifecycle._results import Job, Submission
from poet.spec import Options

__all__ = ["submit"]


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
    with named_errors(path):
        making = Making(Job(path, qualname, options, module, tests, reason))
        candidate = submitted(source, making.spec, making.domain.name)
        if isinstance(candidate, str):
            finding = str(Finding(1, 1, "text", candidate))
            message = f"refused by audit\n  {finding}"
            result = making.done("rejected", generator="file", message=message)
            return Submission(result, None, (finding,))
        making.result = making.result._replace(generator=candidate.generator)
        if making.is_current(candidate):
            message = f"{making.before} holds the same code"
            return Submission(making.done("unchanged", message=message), None)
        try:
            judged = making.judge(candidate, progress or (lambda _: None))
        except StoreError as error:
            return Submission(making.done("failed", message=str(error)), None)
        making.take(judged)
        verdict = judged.verdict
        if verdict.accepted:
            return Submission(making.promote(judged), verdict)
        result = making.done("rejected", message=verdict.explain())
    refused = verdict.checks if verdict.name == "refused by audit" else ()
    return Submission(result, verdict, tuple(c.detail for c in refused))
