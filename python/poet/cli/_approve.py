"""``poet approve``: a person says that a version may run in the process itself."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from poet.cli._commands import _command, _fail, _name, cli, options_of, where
from poet.errors import PoetError
from poet.registry import Found, find
from poet.store import Version, approval_of, revoke, sha256
from poet.store import approve as note_approval

__all__: list[str] = []


@cli.command()
@click.argument("function")
@click.argument("version", required=False)
@click.option("--reason", default="", help="why, for the log")
@click.option("--revoke", "revoked", is_flag=True, help="take an approval back")
@click.option("--json", "as_json", is_flag=True, help="one JSON document")
@where
@_command
def approve(
    function: str, version: str | None, reason: str, revoked: bool, as_json: bool, folder: Path
) -> None:
    """Approve a VERSION of FUNCTION (by default the current one) to run in the process itself.

    It prints what is approved. Read the code first: in the process nothing confines it.
    """
    item = find(function, folder.absolute())
    store = item.store
    name = _name(version) if version else store.current()
    if name is None:
        _fail(f"{function} has no version to approve; stored: {', '.join(store.names()) or 'none'}")
    stored = store.read(name)
    facts = _facts(item, stored)
    if revoked:
        found = approval_of(store, stored)
        if found is None or found.action != "approved":
            _fail(f"{function} {name} is not approved, so there is nothing to take back")
        revoke(store, name, reason or "revoked by hand")
    else:
        _refuse_what_is_no_evidence(function, stored)
        note_approval(store, name, reason or "approved by hand")
    if as_json:
        import json

        action = "revoked" if revoked else "approved"
        click.echo(json.dumps({"action": action, **facts}, indent=2))
        return
    _show(facts)
    if revoked:
        click.echo(
            f"{function} {name} is approved no more: from now on it runs in a worker or waits"
        )
    else:
        click.echo(f"{function} {name} is approved: from now on it runs in the process itself")
        click.echo("next: commit .poet/")
        if stored.name != store.current_or_none():
            click.echo(f"note: it is not current; poet promote {function} {name} makes it so")


def _refuse_what_is_no_evidence(function: str, stored: Version) -> None:
    from poet.gate import record_problem

    problem = record_problem(stored.record, stored.fingerprint)
    if problem:
        raise PoetError(
            f"{function} {stored.name} cannot be approved: its record {problem}",
            where=str(stored.folder / "record.json"),
            hint=f"run: poet verify {function}",
        )


def _facts(item: Found, stored: Version) -> dict[str, Any]:
    from poet.serving import check_version

    record = stored.record
    state = "unchecked"
    if item.options is not None:
        state = check_version(item.path, item.qualname, options_of(item), stored)[0]
    return {
        "function": item.qualname,
        "version": stored.name,
        "state": state,
        "generator": str(record.get("generator")),
        "code": str(stored.folder / "code.py"),
        "code_sha256": sha256(stored.code),
        "record_sha256": sha256(stored.record_text),
        "fingerprint": stored.fingerprint,
        "checks": len(record.get("checks", ())),
        "differences": [str(d) for d in record.get("differences", ())],
        "layers": dict(record.get("layers", {})),
    }


def _show(facts: dict[str, Any]) -> None:
    click.echo(f"{facts['function']} {facts['version']} ({facts['state']}) by {facts['generator']}")
    click.echo(f"  code         {facts['code']}")
    for key in ("code_sha256", "record_sha256", "fingerprint"):
        click.echo(f"  {key:12} {facts[key]}")
    click.echo(f"  checks       {facts['checks']}")
    for line in facts["differences"] or ["none recorded"]:
        click.echo(f"  differs      {line}")
    for name, row in facts["layers"].items():
        click.echo(f"  verified in  {name}: {row}")
