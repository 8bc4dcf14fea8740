"""The ``poet`` command."""

from __future__ import annotations

import sys
from importlib import import_module

__all__ = ["main"]

_ALONE = ("approve", "canary", "cases", "doctor", "events", "feedback", "generate", "learn", "prompt",
          "submit")  # fmt: skip
"""Commands with a module each, which adds its own; the others stand in ``_commands``."""
_TOGETHER = ("diff", "log", "override", "promote", "renumber", "rollback", "status", "verify")


def main() -> None:
    """Run the ``poet`` command.

    Where its first argument names a command, no other is imported: a rollback in an emergency does
    not wait for what generates.
    """
    first = sys.argv[1] if len(sys.argv) > 1 else ""
    if first not in _TOGETHER:
        for name in [first] if first in _ALONE else _ALONE:
            import_module(f"poet.cli._{name}")
    from poet.cli._commands import cli

    cli(prog_name="poet")
