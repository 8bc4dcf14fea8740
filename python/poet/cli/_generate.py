"""``poet generate``: make versions by models and recipes. Exit statuses and JSON keys are stable."""

from __future__ import annotations

import json
import shlex
import signal
import sys
import threading
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, NoReturn

import click

from poet.cli._commands import cli, options_of, where
from poet.errors import ConfigError, PoetError
from poet.registry import Found, find, found_in
from poet.serving import SCOPES, in_scope, state_of

if TYPE_CHECKING:
    from poet.lifecycle import Enhancement, Job
    from poet.settings import Settings

__all__ = ["EXIT_CODES", "generate"]

# What a script may rely on.
EXIT_CODES = {"made": 0, "not made": 1, "usage": 2, "interrupted": 130, "terminated": 143}
_SETTINGS = (
    "llm", "provider", "model", "api_base", "price", "candidates", "tries", "budget", "run_budget"
)  # fmt: skip


class _Run(NamedTuple):
    """What one command is about.

    Attributes:
        jobs: The functions that can be worked on.
        problems: What keeps others from it, as text.
        settings: Of the folder, flags included.
        overrides: What the flags say.
        flags: The flags as they were given, to name the command that goes on.
        left: How many functions of each state are out of scope.
    """

    jobs: list[Job]
    problems: list[str]
    settings: Settings
    overrides: Mapping[str, object]
    flags: Sequence[str]
    left: Counter[str]

    def name(self, path: Path, qualname: str) -> str:
        """Return the shortest name that means one function of this run only."""
        same = [j.path for j in self.jobs if j.qualname == qualname]
        if len(same) < 2:
            return qualname
        stems = [p.stem for p in same]
        return f"{path.stem}.{qualname}" if stems.count(path.stem) == 1 else f"{path}:{qualname}"

    def command(self, names: Sequence[str]) -> str:
        """Return the command for some of the functions."""
        return shlex.join(["poet", "generate", *names, *self.flags])

    def live(self, name: str) -> str:
        """Return the command that has a model asked for a function."""
        flags = list(self.flags)
        if "llm" in self.overrides:
            at = flags.index("--llm")
            del flags[at : at + 2]
        return shlex.join(["poet", "generate", name, "--llm", "live", *flags])


@cli.command()
@click.argument("functions", nargs=-1, metavar="FUNCTION...")
@where
@click.option("--all", "everything", is_flag=True, help="all functions in scope")
@click.option(
    "--scope", type=click.Choice(SCOPES),
    help="of --all: missing; stale (default: missing and damaged ones too); all, fresh ones too",
)  # fmt: skip
@click.option("--model", metavar="NAME", help="the model, such as openai/gpt-5")
@click.option("--api-base", metavar="URL", help="address of an OpenAI-compatible server")
@click.option(
    "--llm", type=click.Choice(("off", "replay", "live")),
    help="off: recipes only; replay: recorded answers only; live: ask for what is not recorded",
)  # fmt: skip
@click.option("--provider", metavar="NAME", help="what asks the model: litellm, or a plugin's")
@click.option("--candidates", metavar="N", help="candidates sought side by side")
@click.option("--tries", metavar="N", help="answers each of them may take: a first and repairs")
@click.option("--budget", metavar="LIMITS", help="of one function, such as usd=0.5,calls=10")
@click.option("--run-budget", metavar="LIMITS", help="of all of them, such as usd=5,seconds=600")
@click.option("--price", metavar="PRICE", help="US dollars for a million tokens: input=1,output=8")
@click.option("--anew", is_flag=True, help="ask again what is recorded")
@click.option("--dry-run", is_flag=True, help="say what it may cost, and ask nothing")
@click.option("--force", is_flag=True, help="store a version even where the same code is current")
@click.option(
    "--tests/--no-tests", default=None,
    help="run the project's tests too (by default where a model writes, not for recipes)",
)  # fmt: skip
@click.option("--json", "as_json", is_flag=True, help="one JSON document")
def generate(
    functions: tuple[str, ...],
    folder: Path,
    everything: bool,
    scope: str | None,
    anew: bool,
    dry_run: bool,
    force: bool,
    tests: bool | None,
    as_json: bool,
    **given: str | None,
) -> None:
    """Make a version of each FUNCTION: by the model that is named, else by its domain's recipe.

    Exit status: 0 a fresh version of each is current; 1 of one there is none; 2 wrong usage; 130
    interrupted; 143 told to end by SIGTERM.
    """
    if bool(functions) == everything:
        raise click.UsageError("name functions, or give --all")
    if functions and scope:
        raise click.UsageError("--scope goes with --all: a function that is named is always made")
    overrides = {k: v for k, v in given.items() if v is not None}
    try:
        with _ended_by_sigterm():
            _generate(functions, folder.absolute(), overrides, scope=scope or "stale", anew=anew,
                      dry_run=dry_run, force=force, tests=tests, as_json=as_json)  # fmt: skip
    except PoetError as error:
        # Its text says what to do next; a script reads it under the key.
        _end([], [str(error)], "not made", as_json, next=error.hint if as_json else "")
    except KeyboardInterrupt as error:
        click.echo("interrupted before anything was made", err=True)
        sys.exit(EXIT_CODES[_how(error)])


class _Terminated(KeyboardInterrupt):
    """The process was told to end by SIGTERM: it ends as after Ctrl-C."""


@contextmanager
def _ended_by_sigterm() -> Iterator[None]:
    def end(*_: object) -> None:
        raise _Terminated

    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGTERM, end)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _how(error: KeyboardInterrupt) -> str:
    return "terminated" if isinstance(error, _Terminated) else "interrupted"


def _generate(
    functions: tuple[str, ...],
    folder: Path,
    overrides: dict[str, str],
    *,
    scope: str,
    anew: bool,
    dry_run: bool,
    force: bool,
    tests: bool | None,
    as_json: bool,
) -> None:
    from poet.lifecycle import enhance_many

    settings = _settings(folder, overrides)
    flags = [part for key, text in overrides.items() for part in (_flag(key), text)]
    flags += [f for f, on in (("--anew", anew), ("--force", force)) if on]
    flags += {None: [], True: ["--tests"], False: ["--no-tests"]}[tests]
    flags += ["--in", str(folder)] if folder != Path.cwd() else []
    run = _Run([], [], settings, overrides, flags, Counter())
    for item in _named(functions, folder, run.problems):
        try:
            state = "" if functions else _state(item)
            if in_scope(state, scope) or functions:
                run.jobs.append(_job(item, run, tests, force))
            else:
                run.left[state] += 1
        except PoetError as error:
            run.problems.append(str(error))
    if dry_run:
        from poet.cli._estimate import show
        from poet.lifecycle import estimate

        estimates = estimate(run.jobs, overrides=overrides, anew=anew)
        code = show(estimates, run.problems, settings, as_json, run.left)
        if run.left and not as_json:
            click.echo(_left(run))
        sys.exit(code)
    from poet.cli._progress import Board, progress

    board = Board.of([j.qualname for j in run.jobs], settings.run_budget.usd)
    try:
        with progress(board, quiet=as_json) as tell:
            results = enhance_many(run.jobs, overrides=overrides, anew=anew, progress=tell)
    except KeyboardInterrupt as error:
        _interrupted(run, board.unfinished(), as_json, _how(error))
    good = all(r.good for r in results) and not run.problems
    _end(results, run.problems, "made" if good else "not made", as_json, next=_next(run, results),
         run=run)  # fmt: skip


def _settings(folder: Path, overrides: Mapping[str, str]) -> Settings:
    """Return the settings; a flag that is none is wrong usage, a wrong file is not."""
    from poet.settings import load_settings

    load_settings(folder)
    for key, text in overrides.items():
        try:
            load_settings(folder, {key: text})
        except ConfigError as error:
            hint = f" ({error.hint})" if error.hint else ""
            raise click.UsageError(f"{_flag(key)}: {error.what}{hint}") from None
    return load_settings(folder, overrides)


def _flag(key: str) -> str:
    return "--" + key.replace("_", "-")


def _named(functions: tuple[str, ...], folder: Path, problems: list[str]) -> list[Found]:
    """Return the functions that are meant, each once."""
    found: list[Found] = []
    if functions:
        for name in functions:
            try:
                found.append(find(name, folder))
            except PoetError as error:
                problems.append(str(error))
    else:
        for item in found_in(folder):
            if isinstance(item, PoetError):
                problems.append(str(item))
            else:
                found.append(item)
        if not found and not problems:
            raise PoetError("no @poet functions here", where=str(folder))
    return list({(f.path, f.qualname): f for f in found}.values())


def _state(item: Found) -> str:
    """Return the state of a function's current version; one that cannot be read is damaged."""
    return state_of(item.path, item.qualname, options_of(item))


def _left(run: _Run) -> str:
    """Return the line about the functions that are not made anew."""
    counts = ", ".join(f"{n} {state}" for state, n in sorted(run.left.items()))
    return f"left as they are: {counts} (--scope all makes them anew)"


def _job(item: Found, run: _Run, tests: bool | None, force: bool) -> Job:
    from poet.lifecycle import Job
    from poet.plugins import find_tests

    options = options_of(item)
    wanted = _model_may_write(item, run.settings) if tests is None else tests
    evidence = find_tests(item.path, item.qualname, options) if wanted else None
    return Job(item.path, item.qualname, options, tests=evidence, reason="poet generate",
               force=force, command=run.live(item.qualname))  # fmt: skip


def _model_may_write(item: Found, settings: Settings) -> bool:
    """Say whether an answer of a model may be used, asked for now or recorded earlier."""
    if settings.llm == "off":
        return False
    recorded = item.path.parent / ".poet" / "cassettes"
    return settings.model is not None or settings.llm != "auto" or recorded.is_dir()


def _next(run: _Run, results: Sequence[Enhancement]) -> str:
    failed = [r for r in results if not r.good]
    if failed:
        names = [run.name(r.path, r.function) for r in failed]
        return f"mend what is named above, then: {run.command(names)}"
    made = [r for r in results if r.outcome == "promoted"]
    if run.problems:
        return "mend what is named above, then run the same command again"
    unread = [run.name(r.path, r.function) for r in made if not r.generator.startswith("recipe/")]
    if len(unread) == 1:
        return f"review it: poet diff {unread[0]}; then: poet approve {unread[0]}"
    if unread:
        return (
            "review each: poet diff FUNCTION; then: poet approve FUNCTION (poet status lists them)"
        )
    return "review and commit .poet/" if made else ""


def _interrupted(run: _Run, unfinished: Sequence[str], as_json: bool, outcome: str) -> NoReturn:
    """Say what is kept and how to go on."""
    left = [run.name(j.path, j.qualname) for j in run.jobs if j.qualname in unfinished]
    done = len(run.jobs) - len(left)
    kept = f"{done} of {len(run.jobs)} functions are done and kept, " if done else ""
    text = f"interrupted: {kept}nothing is half made, and what was answered is recorded"
    following = f"run the same command again: {run.command(left)}"
    if done:
        following = f"for what is left: {run.command(left)}"
    if as_json:
        _end([], [text], outcome, True, next=following, run=run)
    click.echo(f"{text}\nnext: {following}", err=True)
    sys.exit(EXIT_CODES[outcome])


def _end(
    results: Sequence[Enhancement],
    problems: Sequence[str],
    outcome: str,
    as_json: bool,
    *,
    next: str = "",  # noqa: A002 - the key of the document
    run: _Run | None = None,
) -> NoReturn:
    """Show what came of it, and end."""
    from poet.lifecycle.telling import ladder, line, spent, sum_of

    if as_json:
        document: dict[str, Any] = {
            "format": 1,
            "outcome": outcome,
            "exit_code": EXIT_CODES[outcome],
            "functions": [r.as_json() for r in results],
            "problems": list(problems),
            "left": dict(run.left) if run else {},
            "used": sum_of(results)._asdict(),
            "run_budget": run.settings.run_budget._asdict() if run else None,
            "next": next,
        }
        click.echo(json.dumps(document, indent=2))
        sys.exit(EXIT_CODES[outcome])
    for result in results:
        err = not result.good
        click.echo(line(result), err=err)
        if result.message and not result.good:
            click.echo(_indented(result.message), err=err)
        elif result.message and result.outcome == "kept":
            click.echo(_indented(result.message.splitlines()[-1]))
        if ladder(result):
            click.echo(f"  {ladder(result)}", err=err)
        if result.good:
            for note in result.notes:
                click.echo(f"  {note}")
    for problem in problems:
        click.echo(problem, err=True)
    if run is not None and run.left:
        click.echo(_left(run))
    if run is not None and any(r.model for r in results):
        click.echo(spent(results, run.settings.run_budget))
    if next:
        click.echo(f"next: {next}", err=outcome != "made")
    sys.exit(EXIT_CODES[outcome])


def _indented(text: str) -> str:
    return "\n".join(f"  {row}" for row in text.splitlines())
