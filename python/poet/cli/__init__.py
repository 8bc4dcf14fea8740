"""The ``poet`` command."""

from __future__ import annotations

__all__ = ["main"]


def main() -> None:
    """Run the ``poet`` command."""
    from poet.cli._commands import cli

    cli(prog_name="poet")
