"""``poet monitor``: files against files, with exit codes that a scheduler can act on."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from poet.errors import ConfigError, PoetError, StatsInputError
from poet.files import write_whole

if TYPE_CHECKING:
    from poet_domain_ml_monitoring.command._run import Done

__all__ = ["EXIT_CODES", "monitor"]

OK, INTERNAL, USAGE, DRIFT, DATA = 0, 1, 2, 10, 11
EXIT_CODES = {"ok": OK, "drift": DRIFT, "problem": DATA}

_HELP = """\
Compare the rows in CURRENT with reference rows, feature by feature.

CURRENT and --reference are files, folders or patterns of Parquet, CSV, TSV, Arrow IPC or NDJSON;
several are one frame. Parquet may be larger than memory.

\b
Exit status
  0   no drift
  10  drift
  11  data problem: unreadable, empty or damaged files, missing or changed columns,
      nothing that could be compared; also where there is drift besides
  2   wrong usage: unknown options, no such file
  1   internal error
"""


def _names(_context: Any, _option: Any, given: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(
        dict.fromkeys(name.strip() for text in given for name in text.split(",") if name.strip())
    )


def _share(_context: Any, _option: Any, value: float | None) -> float | None:
    if value is not None and not 0 < value < 1:
        raise click.BadParameter(f"{value:g} is not between 0 and 1")
    return value


def _size(_context: Any, _option: Any, text: str | None) -> int | None:
    from poet_domain_ml_monitoring.command._memory import parse_size

    try:
        return None if text is None else parse_size(text)
    except ValueError as error:
        raise click.BadParameter(str(error)) from None


@click.command(help=_HELP, context_settings={"help_option_names": ["-h", "--help"]})
@click.argument("current", nargs=-1, required=True)
@click.option("--reference", "-r", multiple=True, help="what to compare with; may be repeated")
@click.option("--state", help="compare with what --save kept, instead of --reference")
@click.option("--save", help="keep the fitted reference here, for --state")
@click.option("--html", help="write the report as one self-contained page")
@click.option("--json", "json_", help="write the report as JSON; - for standard output")
@click.option(
    "--history", multiple=True, help="earlier --json reports, in the order of their names"
)
@click.option("--columns", multiple=True, callback=_names, help="compare these only: a,b,c")
@click.option("--ignore", multiple=True, callback=_names, help="leave these out: a,b,c")
@click.option(
    "--alpha", type=float, callback=_share, help="p-values below it are improbable  [0.005]"
)
@click.option(
    "--min-effect",
    type=float,
    callback=_share,
    help="smallest change that is drift, 0 to 1  [0.06]",
)
@click.option(
    "--memory", callback=_size, help="take about so much for data: 2GB  [a third of what is free]"
)
@click.option("--quiet", "-q", is_flag=True, help="print nothing; the exit status says it")
def monitor(**given: Any) -> None:
    """Run the command; see the text of its help."""
    try:
        sys.exit(_run(**given))
    except ConfigError as error:
        click.echo(str(error), err=True)
        sys.exit(USAGE)
    except StatsInputError as error:
        click.echo(str(error), err=True)
        sys.exit(DATA)
    except PoetError as error:
        click.echo(str(error), err=True)
        sys.exit(INTERNAL)


def _run(
    *,
    current: tuple[str, ...],
    reference: tuple[str, ...],
    state: str | None,
    save: str | None,
    html: str | None,
    json_: str | None,
    history: tuple[str, ...],
    columns: tuple[str, ...],
    ignore: tuple[str, ...],
    alpha: float | None,
    min_effect: float | None,
    memory: int | None,
    quiet: bool,
) -> int:
    if bool(reference) == (state is not None):
        raise click.UsageError("give either --reference or --state")
    if columns and ignore:
        raise click.UsageError("give either --columns or --ignore")
    for name, path in (("--html", html), ("--save", save), ("--json", json_)):
        if path not in (None, "-"):
            _check_folder(name, str(path))
    from poet_domain_ml_monitoring.command._history import read_history
    from poet_domain_ml_monitoring.command._progress import progress
    from poet_domain_ml_monitoring.command._run import Job, run
    from poet_domain_ml_monitoring.page import to_html, to_json, verdict

    earlier = read_history(history)
    asked = {"alpha": alpha, "min_effect": min_effect}
    options = {name: value for name, value in asked.items() if value is not None}
    job = Job(
        current=current, reference=reference, state=state, save=save, columns=columns, ignore=ignore,
        options=options, memory=memory,
    )  # fmt: skip
    with progress(shown=not quiet) as begin:
        done = run(job, begin)
    if html:
        _write(html, to_html(done.report, history=earlier, charts=done.charts, title=done.title))
    if json_ == "-":
        click.echo(to_json(done.report), nl=False)
    elif json_:
        _write(json_, to_json(done.report))
    if not quiet and json_ != "-":
        _print(done, html)
    return EXIT_CODES[verdict(done.report).level]


def _print(done: Done, html: str | None) -> None:
    from poet_domain_ml_monitoring.page import render_terminal

    try:
        render_terminal(done.report, charts=done.charts)
        if html:
            click.echo(f"page: {html}")
        sys.stdout.flush()
    except (BrokenPipeError, SystemExit):
        # Whoever read this has seen enough (`| head`): the verdict stays what it is.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _check_folder(option: str, path: str) -> None:
    folder = Path(path).absolute().parent
    if not folder.is_dir():
        raise click.BadParameter(f"there is no folder {folder}", param_hint=option)
    if Path(path).is_dir() and option != "--save":
        raise click.BadParameter(f"{path} is a folder", param_hint=option)


def _write(path: str, text: str) -> None:
    """Write a file whole or not at all."""
    try:
        write_whole(path, text.encode(errors="backslashreplace"))
    except OSError as error:
        raise PoetError(
            f"{path} could not be written: {error.strerror}", hint="free space, or write elsewhere"
        ) from error
