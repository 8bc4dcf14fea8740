"""``poet prompt``: what a model would be asked for a function, for any tool that can write code."""

from __future__ import annotations

import json
from pathlib import Path

import click

from poet.cli._commands import _command, cli, options_of, where
from poet.registry import find

__all__ = ["prompt"]


@cli.command()
@click.argument("function")
@where
@click.option(
    "--tests/--no-tests",
    default=True,
    show_default=True,
    help="run the project's tests once, to show those that reach the function",
)
@click.option("--json", "as_json", is_flag=True, help="one JSON document")
@_command
def prompt(function: str, folder: Path, tests: bool, as_json: bool) -> None:
    """Print what a model would be asked for FUNCTION; ask nobody.

    The prompt alone is on standard output: `poet prompt FUNCTION > prompt.md`. Any person or
    program may answer it with a file of code, which `poet submit` judges.
    """
    from poet.lifecycle import prompt_for
    from poet.plugins import find_tests

    item = find(function, folder.absolute())
    options = options_of(item)
    evidence = find_tests(item.path, item.qualname, options) if tests else None
    made = prompt_for(item.path, item.qualname, options, tests=evidence)
    answer = f"poet submit {function} candidate.py"
    if as_json:
        report = {
            "function": item.qualname,
            "fingerprint": made.fingerprint,
            "tokens": made.tokens,
            "messages": [m._asdict() for m in made.messages],
            "next": answer,
        }
        click.echo(json.dumps(report, indent=2))
        return
    click.echo(f"{made.system}\n{made.user}", nl=False)
    click.echo(f"about {made.tokens:,} tokens, fingerprint {made.fingerprint}", err=True)
    click.echo(
        "next: put the code of the answer, without its fence, into a file and hand it in: "
        f"{answer}",
        err=True,
    )
