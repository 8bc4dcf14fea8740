"""``poet feedback``: what production says, from a terminal or a pipe."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import IO, Any, cast

import click

from poet.cli._commands import cli, where
from poet.errors import FeedbackError, PoetError
from poet.events import feedback as record
from poet.settings import home_for, load_settings

__all__ = ["feedback"]


@cli.command()
@click.argument("execution", required=False)
@where
@click.option("--alert", "alert_id", help="instead of an execution: an alert's id")
@click.option(
    "--function", help="instead: a function, with --at for its execution before that time"
)
@click.option("--at", help="a time such as 2026-03-01T12:00:00Z")
@click.option(
    "--real/--false-alarm", "was_real_drift", default=None, help="whether the drift was real"
)
@click.option(
    "--correct/--wrong", "was_correct", default=None, help="whether the outcome was right"
)
@click.option("--reason", help="such as seasonal_pattern")
@click.option(
    "--kind", type=click.Choice(["user", "error", "performance", "system"]), default="user",
    show_default=True, help="what it is",
)  # fmt: skip
@click.option("--source", help="who says it; by default the setting, else the login name")
@click.option("--rating", type=click.IntRange(1, 5), help="from 1 (bad) to 5 (good)")
@click.option("--comment", "comments", default="", help="free text")
@click.option(
    "--suggest", "suggestions", multiple=True, help='such as "need KL for categorical features"'
)
@click.option("--metric", "metrics", multiple=True, metavar="NAME=NUMBER", help="a figure")
@click.option("--fact", "facts", multiple=True, metavar="NAME=JSON", help="anything else")
@click.option(
    "--from", "lines", type=click.File(encoding="utf-8"),
    help="many: a file (- for stdin) of JSON lines, each with execution_id and what is said",
)  # fmt: skip
def feedback(
    execution: str | None,
    folder: Path,
    lines: IO[str] | None,
    metrics: tuple[str, ...],
    facts: tuple[str, ...],
    **said: Any,
) -> None:
    """Say, later, how EXECUTION was: an execution's id, as `poet events list` shows them.

    It becomes a label, and where its inputs were recorded, a case.

    \b
    poet feedback 0198… --false-alarm --reason seasonal_pattern
    poet feedback --function detect_drift --suggest "need KL for categorical features"
    """  # noqa: D301
    home = home_for(folder.absolute(), load_settings(folder.absolute()))
    if lines is not None:
        if execution or said["alert_id"] or said["function"]:
            raise FeedbackError("--from brings its own executions", hint="leave the others out")
        _many(lines, home)
        return
    given = {k: v for k, v in said.items() if v is not None and v not in ("", ())}
    if metrics:
        given["metrics"] = dict(_number(text) for text in metrics)
    for text in facts:
        name, value = _pair(text, "--fact")
        given[name] = _json(value)
    click.echo(record(execution, home=home, **given))


def _many(lines: Iterable[str], home: Path) -> None:
    """Record each line; a wrong one is named and the rest goes on."""
    done, wrong = 0, []
    for number, row in _rows(lines):
        try:
            if isinstance(row, PoetError):
                raise row
            record(home=home, **row)
            done += 1
        except (PoetError, TypeError) as error:
            wrong.append(number)
            click.echo(f"line {number}: {error}", err=True)
    click.echo(f"{done} recorded" + (f", {len(wrong)} refused" if wrong else ""))
    if wrong:
        raise FeedbackError(
            f"{len(wrong)} of {done + len(wrong)} lines were refused",
            hint="mend them and pass those lines alone: a line said twice by one source counts once",
        )


def _rows(lines: Iterable[str]) -> Iterator[tuple[int, Mapping[str, Any] | PoetError]]:
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        row = _json(line)
        if isinstance(row, dict) and "home" not in row:
            yield number, cast("Mapping[str, Any]", row)
        else:
            yield number, FeedbackError(f"{line.strip()[:60]!r} is no JSON object of feedback")


def _pair(text: str, option: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals or not name.isidentifier():
        raise FeedbackError(f"{option} {text!r} is not NAME=VALUE")
    return name, value


def _number(text: str) -> tuple[str, float]:
    name, value = _pair(text, "--metric")
    try:
        return name, float(value)
    except ValueError:
        raise FeedbackError(f"--metric {text!r}: {value!r} is not a number") from None


def _json(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text
