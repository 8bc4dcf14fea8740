"""``poet cases``: what production taught, for people to accept, retire and carry along."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import click

from poet.cases import (
    Case,
    accept,
    contradictions,
    propose,
    read_case,
    read_cases,
    recorded,
    retire,
    shown,
)
from poet.cli._commands import cli, where
from poet.errors import CaseError
from poet.registry import Found, find, found_in
from poet.settings import home_for, load_settings

__all__ = ["cases"]

_status = click.option(
    "--status", type=click.Choice(["proposed", "active", "retired"]), help="only these"
)


@cli.group()
def cases() -> None:
    """Cases: recorded inputs and what must hold. Only active ones gate."""


@cases.command(name="list")
@click.argument("function", required=False)
@where
@_status
@click.option("--json", "as_json", is_flag=True, help="one JSON document")
def list_command(function: str | None, folder: Path, status: str | None, as_json: bool) -> None:
    """List the cases of FUNCTION, or of all functions; those that contradict each other together."""
    items = [find(function, folder.absolute())] if function else _all(folder)
    rows, against = [], []
    for item in items:
        found = read_cases(item.store.folder / "cases")
        against += [(item.qualname, group) for group in contradictions(found)]
        rows += [(item.qualname, c) for c in found if status in (None, c.status)]
    if as_json:
        listed = [{"function": f, **_row(c), **shown(c)} for f, c in rows]
        together = [{"function": f, "cases": [c.name for c in g]} for f, g in against]
        click.echo(json.dumps({"cases": listed, "contradictions": together}, indent=2))
        return
    for name, case in rows:
        said = f" ({', '.join(case.sources)})" if case.sources else ""
        click.echo(f"{case.status:9} {name}  {case.name}{said}: {case.why or _asked(case)}")
    if not rows:
        click.echo("no cases")
    for name, group in against:
        click.echo(f"\nthese cases of {name} contradict each other; none that is active gates:")
        for case in group:
            click.echo(f"  {case.status:9} {case.name}: {_asked(case)}")
        click.echo(f"next: poet cases retire {name} NAME --why REASON")


@cases.command()
@click.argument("function")
@click.argument("name")
@where
def show(function: str, name: str, folder: Path) -> None:
    """Show one case whole, as JSON; tables by their columns."""
    item = find(function, folder.absolute())
    case = _one(item, name)
    click.echo(json.dumps({**_row(case), **shown(case)}, indent=2, ensure_ascii=False))


@cases.command(name="propose")
@click.argument("function")
@click.argument("execution")
@where
@click.option("--expect", "text", required=True, help='such as \'{"fields": {"alarm": false}}\'')
@click.option("--why", default="", help="one line for a person")
def propose_command(function: str, execution: str, folder: Path, text: str, why: str) -> None:
    """Make a case of a recorded EXECUTION of FUNCTION; it gates once it is accepted."""
    item = find(function, folder.absolute())
    found = recorded(home_for(folder.absolute(), load_settings(folder.absolute())), execution)
    if found is None:
        raise CaseError(
            f"nothing is recorded of execution {execution}",
            hint='inputs are kept where @poet says record="on_feedback" or record="sampled"',
        )
    if found.function != item.qualname:
        raise CaseError(f"that is an execution of {found.function}, not of {item.qualname}")
    try:
        expect = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise CaseError(f"--expect is no JSON: {error}") from None
    case = propose(item.store.folder, found, expect, why=why, origin="hand")
    click.echo(f"{case.name} is {case.status}")
    if case.status == "proposed":
        click.echo(f"next: poet cases accept {function} {case.name}")


@cases.command(name="accept")
@click.argument("function")
@click.argument("names", nargs=-1, required=True)
@where
@click.option("--why", default="", help="one line for the log")
def accept_command(function: str, names: Sequence[str], folder: Path, why: str) -> None:
    """Make cases of FUNCTION active: from now on every version must pass them."""
    item = find(function, folder.absolute())
    for name in names:
        accept(item.store.folder, name, why=why)
        click.echo(f"{name} is active")
    click.echo(f"next: poet verify {function}")


@cases.command(name="retire")
@click.argument("function")
@click.argument("names", nargs=-1, required=True)
@where
@click.option("--why", required=True, help="why it holds no more; kept in the log")
def retire_command(function: str, names: Sequence[str], folder: Path, why: str) -> None:
    """Let cases of FUNCTION gate no more."""
    item = find(function, folder.absolute())
    for name in names:
        retire(item.store.folder, name, why)
        click.echo(f"{name} is retired")


@cases.command(name="export")
@click.argument("function")
@click.argument("target", type=click.Path(dir_okay=False, path_type=Path))
@click.argument("names", nargs=-1)
@where
@_status
def export_command(
    function: str, target: Path, names: Sequence[str], folder: Path, status: str | None
) -> None:
    """Write cases of FUNCTION, all or those named, into the zip file TARGET."""
    from poet.cases.transfer import export_cases

    item = find(function, folder.absolute())
    wanted = [_one(item, n) for n in names] or read_cases(item.store.folder / "cases")
    chosen = [c.name for c in wanted if status in (None, c.status)]
    try:
        count = export_cases(item.store.folder, chosen, target)
    except OSError as error:
        raise CaseError(f"it cannot be written: {error.strerror}", where=str(target)) from None
    click.echo(f"{count} cases of {item.qualname} are in {target}")


@cases.command(name="import")
@click.argument("function")
@click.argument("source", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@where
def import_command(function: str, source: Path, folder: Path) -> None:
    """Take the cases in the zip file SOURCE over as proposed cases of FUNCTION."""
    from poet.cases.transfer import import_cases

    item = find(function, folder.absolute())
    done = import_cases(item.store.folder, source)
    for case in done.new:
        click.echo(f"proposed  {case.name}: {case.why or _asked(case)}")
    for name in done.known:
        click.echo(f"known     {name}")
    if done.new:
        click.echo(f"next: poet cases accept {function} {done.new[0].name}")


def _all(folder: Path) -> list[Found]:
    found = [f for f in found_in(folder.absolute()) if isinstance(f, Found)]
    return [f for f in found if (f.store.folder / "cases").is_dir()]


def _one(item: Found, name: str) -> Case:
    from poet.errors import nearest

    path = item.store.folder / "cases" / f"{name}.json"
    if not path.is_file():
        names = [p.stem for p in path.parent.glob("*.json")]
        raise CaseError(f"{item.qualname} has no case {name!r}{nearest(name, names)}")
    return read_case(path)


def _row(case: Case) -> dict[str, object]:
    kept = ("name", "status", "why", "origin", "sources", "execution_id", "created", "accepted_by")
    return {name: getattr(case, name) for name in kept}


def _asked(case: Case) -> str:
    return json.dumps(shown(case)["expect"], ensure_ascii=False)[:160]
