"""``poet submit``: hand in code for a function. Exit statuses and JSON keys are stable."""

from __future__ import annotations

import json
import sys
import time
import traceback
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from poet.cli._commands import cli, options_of, where
from poet.errors import PoetError, SandboxUnavailableError
from poet.registry import find

__all__ = ["EXIT_CODES", "submit"]

# Verdict to exit status. "promoted" also where the same code is current already.
EXIT_CODES = {
    "promoted": 0,
    "error": 1,
    "usage": 2,
    "refused by audit": 3,
    "failed verification": 4,
    "sandbox unavailable": 5,
    "insufficient evidence": 6,
}


class _Reporting(click.Command):
    """A command whose usage errors are JSON too, where JSON is asked for."""

    def make_context(
        self,
        info_name: str | None,
        args: list[str],
        parent: click.Context | None = None,
        **extra: Any,
    ) -> click.Context:
        """Parse the arguments."""
        as_json = "--json" in args  # parsing takes them from the list
        try:
            return super().make_context(info_name, args, parent, **extra)
        except click.UsageError as error:
            if as_json:
                report = _report("", "usage", time.perf_counter(), message=error.format_message(),
                                 next="poet submit --help")  # fmt: skip
                click.echo(json.dumps(report, indent=2))
            raise


@cli.command(cls=_Reporting)
@click.argument("function")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@where
@click.option(
    "--tests/--no-tests", default=True, show_default=True, help="run the project's tests too"
)
@click.option("--reason", default="", help="why, for the log")
@click.option("--json", "as_json", is_flag=True, help="one JSON document")
def submit(
    function: str, file: Path, folder: Path, tests: bool, reason: str, as_json: bool
) -> None:
    """Judge the code in FILE as a version of FUNCTION; store and promote it if it passes.

    Exit status: 0 promoted, or current already; 1 another error; 2 wrong usage; 3 refused by the
    audit; 4 failed verification; 5 the sandbox lacks a layer; 6 insufficient evidence.
    """
    start = time.perf_counter()
    try:
        report = _submit(function, file, folder.absolute(), tests, reason, as_json, start)
    except SandboxUnavailableError as error:
        report = _report(function, "sandbox unavailable", start, message=str(error),
                         next=error.hint or "poet doctor")  # fmt: skip
    except (PoetError, OSError) as error:
        step = getattr(error, "hint", "") or f"poet status --in {folder}"
        report = _report(function, "error", start, message=str(error), next=step)
    except Exception as error:  # noqa: BLE001 - a program that reads the report needs one
        traceback.print_exc()
        report = _report(function, "error", start, message=f"an error in POET: {error!r}",
                         next="report it with the traceback")  # fmt: skip
    if as_json:
        click.echo(json.dumps(report, indent=2))
    else:
        _tell(report)
    sys.exit(report["exit_code"])


def _submit(
    function: str, file: Path, folder: Path, tests: bool, reason: str, quiet: bool, start: float
) -> dict[str, Any]:
    from poet.generate.providers import MAX_BYTES
    from poet.lifecycle import submit as submit_code
    from poet.plugins import find_tests

    if not file.is_file():
        raise PoetError(
            "not a regular file", where=str(file), hint="hand in a file that holds code"
        )
    with file.open("rb") as stream:
        source = stream.read(MAX_BYTES + 1)  # once: what is judged is what was read
    item = find(function, folder)
    options = options_of(item)
    evidence = find_tests(item.path, item.qualname, options) if tests else None
    done = submit_code(
        item.path,
        item.qualname,
        options,
        source,
        tests=evidence,
        reason=reason or f"submitted from {file.name}",
        progress=lambda step: (
            None if quiet else click.echo(f"  {step.partition(':')[0]}", err=True)
        ),
    )
    result, verdict = done.enhancement, done.verdict and done.verdict.for_generator()
    name = "error"
    if result.good:
        name = "promoted"
    elif done.findings:
        name = "refused by audit"
    elif verdict is not None and not verdict.accepted:
        name = verdict.name
    return _report(
        item.qualname,
        name,
        start,
        version=result.after if result.good else None,
        before=result.before,
        checks=[c._asdict() for c in verdict.checks] if verdict else [],
        findings=list(done.findings),
        differences=[str(d) for d in verdict.differences] if verdict else [],
        layers=dict(verdict.layers) if verdict else {},
        message=verdict.explain() if verdict and not verdict.accepted else result.message,
        next=_next(name, item.qualname, done.findings),
    )


def _next(verdict: str, function: str, findings: Sequence[str]) -> str:
    if verdict == "promoted":
        return f"review it: poet diff {function}; then: poet approve {function}"
    if verdict == "refused by audit":
        return f"mend the code ({findings[0]}), then submit it again"
    if verdict == "failed verification":
        return "mend the code where a check failed, then submit it again"
    if verdict == "insufficient evidence":
        return f"write a test that calls {function} with plain data and compares what it returns"
    if verdict == "sandbox unavailable":
        return "poet doctor"
    return f"poet status, then: poet promote {function} VERSION"


def _report(function: str, verdict: str, start: float, **facts: Any) -> dict[str, Any]:
    """Return the report; every key is there, whatever the verdict."""
    report: dict[str, Any] = {
        "function": function,
        "verdict": verdict,
        "exit_code": EXIT_CODES[verdict],
        "version": None,
        "before": None,
        "checks": [],
        "findings": [],
        "differences": [],
        "layers": {},
        "seconds": round(time.perf_counter() - start, 3),
        "message": "",
        "next": "",
    }
    assert facts.keys() <= report.keys()
    return {**report, **facts}


def _tell(report: dict[str, Any]) -> None:
    function, before, version = report["function"], report["before"], report["version"]
    if report["verdict"] == "promoted":
        same = f" ({report['message']})" if report["message"] else ""
        passed = sum(c["outcome"] == "passed" for c in report["checks"])
        total = sum(c["outcome"] != "not evidence" for c in report["checks"])
        click.echo(f"{function}: {before or '-'} -> {version}{same}, {passed}/{total} checks")
        for line in report["differences"]:
            click.echo(f"  differs from the baseline on {line}")
        click.echo(f"next: {report['next']}")
        return
    click.echo(f"{function}: {report['verdict']}\n{report['message']}", err=True)
    click.echo(f"next: {report['next']}", err=True)
