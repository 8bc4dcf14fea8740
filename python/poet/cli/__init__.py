"""The ``poet`` command."""

from __future__ import annotations

__all__ = ["main"]


def main() -> None:
    """Run the ``poet`` command."""
    from poet.cli import (  # noqa: F401 - they add their commands
        _approve,
        _canary,
        _cases,
        _doctor,
        _events,
        _feedback,
        _generate,
        _learn,
        _prompt,
    )
    from poet.cli._commands import cli
    from poet.cli._submit import submit  # each module of commands adds its own

    assert submit.name in cli.commands
    cli(prog_name="poet")
