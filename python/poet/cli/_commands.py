"""The commands. Each is a thin face over a function that a program could call as well."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any, NoReturn

import click

from poet._version import VERSION
from poet.cli._plugged import CommandsOfPlugins
from poet.cli._status import Row, rows
from poet.errors import PoetError
from poet.registry import Found, find
from poet.spec import Options
from poet.store import FunctionStore, Version, diff_versions, renumber

__all__ = ["cli", "options_of", "where"]

where = click.option(
    "--in", "folder", type=click.Path(exists=True, path_type=Path), default=Path(), show_default="here",
    help="the folder whose functions are meant",
)  # fmt: skip


def _command(function: Callable[..., Any]) -> Callable[..., Any]:
    """Show an error of POET as its own text, with exit status 1."""

    @wraps(function)
    def run(*args: Any, **kwargs: Any) -> Any:
        try:
            return function(*args, **kwargs)
        except PoetError as error:
            _fail(str(error))

    return run


def _fail(text: str) -> NoReturn:
    click.echo(text, err=True)
    sys.exit(1)


@click.group(cls=CommandsOfPlugins, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(VERSION, prog_name="poet")
def cli() -> None:
    """Verified production versions of simple functions."""


@cli.command()
@where
@click.option("--json", "as_json", is_flag=True, help="one JSON document")
@_command
def status(folder: Path, as_json: bool) -> None:
    """Show each function, its current version and its state. Imports nothing of the project."""
    from poet.settings import load_settings

    load_settings(folder.absolute())  # a wrong setting is one error, not one for each function
    found, problems = rows(folder.absolute())
    if as_json:
        click.echo(
            json.dumps({"functions": [r._asdict() for r in found], "problems": problems}, indent=2)
        )
        return
    for line in _table(found):
        click.echo(line)
    for problem in problems:
        click.echo(problem, err=True)
    if not found:
        click.echo("no @poet functions here")
    bad = [r for r in found if r.next and r.state != "unused"]
    if bad:
        click.echo(f"next: {bad[0].next}")


def _table(found: list[Row]) -> list[str]:
    if not found:
        return []
    lines: list[tuple[str, ...]] = [
        ("function", "where", "domain", "current", "made by", "stored", "state")
    ]
    lines += [
        (r.function, r.where, r.domain, r.current or "-", r.made_by, str(r.stored), r.state)
        for r in found
    ]
    if all(r.made_by in ("", "recipe") for r in found):
        lines = [(*line[:4], *line[5:]) for line in lines]
    widths = [max(len(line[i]) for line in lines) for i in range(len(lines[0]))]
    return [
        "  ".join(c.ljust(w) for c, w in zip(line, widths, strict=True)).rstrip() for line in lines
    ]


def options_of(item: Found) -> Options:
    """Return the options of a function as its source text shows them.

    Raises:
        PoetError: They are not literals.
    """
    if item.options is None:
        raise PoetError(
            f"the options of @poet on {item.qualname} are not literals",
            where=f"{item.path}:{item.line}",
            hint="run: pytest --poet-regenerate, which imports the module",
        )
    return Options.parse(item.options, f"{item.path}:{item.line}")


@cli.command()
@click.argument("function")
@where
@click.option("--full", is_flag=True, help="repeat the domain's checks too")
@click.option("--explain", is_flag=True, help="print the stored record for a reviewer")
@_command
def verify(function: str, folder: Path, full: bool, explain: bool) -> None:
    """Check the current version of FUNCTION again, each check executed."""
    from poet.lifecycle import verify_stored

    item = find(function, folder.absolute())
    store = item.store
    name = store.current()
    if name is None:
        _fail(f"{function} has no version; run: poet generate {function}")
    version = store.read(name)
    if explain:
        _explain(version)
    checks = verify_stored(item.path, item.qualname, options_of(item), version, full=full)
    bad = [c for c in checks if c.outcome in ("failed", "lost")]
    for check in checks:
        click.echo(
            f"{check.outcome:12} {check.kind:9} {check.name}"
            + (f": {check.detail}" if check.detail else "")
        )
    if bad:
        _fail(f"{function} {name} does not hold: {len(bad)} of {len(checks)} checks")
    click.echo(f"{function} {name} holds: {len(checks)} checks")


def _explain(version: Version) -> None:
    from poet.cli._made import made_lines
    from poet.gate import explain_record

    try:
        lines = explain_record(version.record, click.style)
        lines += ["", *made_lines(version.metadata)]
    except (KeyError, TypeError, AttributeError) as error:
        raise PoetError(f"the record cannot be read: it lacks {error}") from None
    click.echo("\n".join(lines))


@cli.command()
@click.argument("function")
@click.argument("version")
@where
@click.option("--why", default="promoted by hand", show_default=True)
@_command
def promote(function: str, version: str, folder: Path, why: str) -> None:
    """Make a stored VERSION of FUNCTION current."""
    from poet.lifecycle import verify_stored
    from poet.serving import check_version

    item = find(function, folder.absolute())
    store, name = item.store, _name(version)
    before = store.current_or_none()
    stored = store.read(name)
    if item.options is not None:
        options = options_of(item)
        state, reason = check_version(item.path, item.qualname, options, stored)
        checks = (
            verify_stored(item.path, item.qualname, options, stored) if state == "fresh" else []
        )
        # A version that lost a race was judged and never promoted: the log cannot know it yet.
        bad = [c for c in checks if c.outcome in ("failed", "lost") and c.name != "log"]
        for check in bad:
            click.echo(f"  {check.kind} {check.name} {check.outcome}: {check.detail}", err=True)
        if bad:
            _fail(f"{function} {name} does not hold and was not promoted")
        _warn_if_stale(function, state, reason)
    store.promote(name, expected=before, reason=why)
    click.echo(f"{function}: {before or '-'} -> {name}")


def _warn_if_stale(function: str, state: str, reason: str) -> None:
    if state == "stale":
        text = f"note: {reason}; calls run {function} as it is written until you regenerate"
        click.echo(text, err=True)


def _name(version: str) -> str:
    return f"v{version}" if version.isdecimal() else version


@cli.command()
@click.argument("function")
@where
@click.option("--why", default="rolled back by hand", show_default=True)
@_command
def rollback(function: str, folder: Path, why: str) -> None:
    """Undo the last step: end an override or a trial here, else promote the version before current."""
    from poet.serving import check_version
    from poet.settings import home_for, load_settings
    from poet.store import withdraw

    item = find(function, folder.absolute())
    store = item.store
    before = store.current()
    home = home_for(item.path.parent, load_settings(item.path.parent))
    ended = withdraw(home, store.folder, before, why)
    if ended is not None:
        kind = "override" if ended.mode == "all" else ended.mode
        serves = before or "the function as written"
        click.echo(f"{function}: {kind} of {ended.serve} ended, {serves} serves all calls")
        return
    name = store.rollback_target()
    store.promote(name, expected=before, reason=why, action="rollback")
    click.echo(f"{function}: {before} -> {name}")
    if item.options is not None:
        state = check_version(item.path, item.qualname, options_of(item), store.read(name))
        _warn_if_stale(function, *state)


@cli.command()
@click.argument("function")
@click.argument("before", required=False)
@click.argument("after", required=False)
@where
@_command
def diff(function: str, before: str | None, after: str | None, folder: Path) -> None:
    """Show what changed between two versions of FUNCTION (by default: parent and current)."""
    store = find(function, folder.absolute()).store
    names = [_name(v) if v else None for v in (before, after)]
    click.echo(diff_versions(store, *names), nl=False)


@cli.command()
@click.argument("function")
@where
@_command
def log(function: str, folder: Path) -> None:
    """Show the promotions and rollbacks of FUNCTION and its cases: who, when, why."""
    for e in find(function, folder.absolute()).store.log():
        step = e.get("case") or f"{e.get('from') or '-'} -> {e.get('to')}"
        click.echo(f"{e.get('time')}  {e.get('action'):9} {step:12} {e.get('who')}: {e.get('why')}")


@cli.command(name="renumber")
@click.argument("function")
@where
@_command
def renumber_command(function: str, folder: Path) -> None:
    """During a merge: keep both sides' versions of one number, and verify current again."""
    from poet.lifecycle import verify_stored

    item = find(function, folder.absolute())
    store = item.store
    for shared, new in renumber(store).items():
        click.echo(f"{function}: our {shared} stays, their {shared} is {new}")
    name = store.current()
    if name is None:
        return
    checks = verify_stored(item.path, item.qualname, options_of(item), store.read(name), full=True)
    bad = [c for c in checks if c.outcome in ("failed", "lost")]
    for check in bad:
        click.echo(f"  {check.kind} {check.name} {check.outcome}: {check.detail}", err=True)
    if bad:
        _fail(f"current {name} does not hold; promote another: poet promote {function} VERSION")
    click.echo(f"current stays {name}: {len(checks)} checks passed")


@cli.command()
@click.argument("function")
@click.option("--baseline", is_flag=True, help="serve the function as it was written")
@click.option("--version", "version", help="serve this stored version")
@click.option("--clear", is_flag=True, help="end the override")
@click.option("--why", default="set by hand", show_default=True)
@where
@_command
def override(
    function: str, baseline: bool, version: str | None, clear: bool, why: str, folder: Path
) -> None:
    """Serve something else than current on this machine, until current changes."""
    from poet.settings import home_for, load_settings
    from poet.store import BASELINE, clear_override, write_override

    if sum((baseline, version is not None, clear)) != 1:
        raise click.UsageError("give one of --baseline, --version and --clear")
    item = find(function, folder.absolute())
    home = home_for(item.path.parent, load_settings(item.path.parent))
    store: FunctionStore = item.store
    if clear:
        click.echo(
            "override ended" if clear_override(home, store.folder) else "there was no override"
        )
        return
    serve = BASELINE if baseline else store.read(_name(version or "")).name
    write_override(home, store.folder, serve, why, store.current())
    click.echo(
        f"{function}: {serve} is served here until current changes ({home / 'overrides.json'})"
    )


@cli.command()
@_command
def domains() -> None:
    """Show the installed domains and what they understand."""
    from poet.plugins import loaded

    for item in sorted(loaded().domains.values(), key=lambda d: d.name):
        click.echo(f"{item.name} {item.version}: {item.summary} (mode {item.mode})")
        for title, names in (("objectives", item.objectives), ("constraints", item.constraints),
                             ("capabilities", item.capabilities)):  # fmt: skip
            if names:
                click.echo(f"  {title}: {', '.join(sorted(names))}")
        for name, key in item.config.items():
            click.echo(f"  config {name}={key.default!r}: {key.doc}")


@cli.command()
@click.option("--json", "as_json", is_flag=True, help="one JSON document")
@_command
def plugins(as_json: bool) -> None:
    """Show the installed plugins: ok, broken (and why) or disabled."""
    import warnings

    from poet.plugins import loaded

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        states = loaded().states
    if as_json:
        click.echo(json.dumps([s._asdict() for s in states], indent=2))
        return
    for s in states:
        click.echo(
            f"{s.state:9} {s.name} ({s.distribution} {s.version})"
            + (f": {s.reason}" if s.reason else "")
        )
