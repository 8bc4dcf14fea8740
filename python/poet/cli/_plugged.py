"""Subcommands that plugins bring: shown by their summary, imported when they are run."""

from __future__ import annotations

from importlib import import_module
from typing import Any

import click

from poet.errors import PluginError, PoetError, nearest
from poet.plugins import PluginCommand, loaded

__all__ = ["CommandsOfPlugins"]


class CommandsOfPlugins(click.Group):
    """POET's own commands, and beside them those of plugins.

    Plugins are asked only where a name is not one of POET's own, or where all are to be listed. What
    a plugin does wrong costs its own command and no other.
    """

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return all names, in order."""
        try:
            found = loaded().commands
        except PoetError as error:  # a wrong setting, or a broken plugin where that is an error
            click.echo(str(error), err=True)
            return super().list_commands(ctx)
        return sorted({*super().list_commands(ctx), *found})

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return a command; one of a plugin is a stand-in that knows its summary."""
        own = super().get_command(ctx, cmd_name)
        if own is not None:
            return own
        try:
            found = loaded().commands.get(cmd_name)
        except PoetError:
            return None
        return None if found is None else _Plugged(found)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command that the arguments name.

        Raises:
            UsageError: There is none; with the nearest name, and the plugins that are broken, as
                one of them may have brought it.
        """
        name = args[0]
        if self.get_command(ctx, name) is None and not name.startswith("-"):
            ctx.fail(_unknown(name, super().list_commands(ctx)))
        return super().resolve_command(ctx, args)

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command; an error of POET is shown as its own text, with exit status 1."""
        try:
            return super().invoke(ctx)
        except PoetError as error:
            raise _Failure(str(error)) from error


class _Plugged(click.Command):
    """Stands for a command until it is run, then imports it and hands everything on."""

    def __init__(self, command: PluginCommand) -> None:
        super().__init__(command.name, short_help=command.summary)
        self._command = command

    def make_context(
        self, info_name: str | None, args: list[str], parent: click.Context | None = None,
        **extra: Any,
    ) -> click.Context:  # fmt: skip
        # The context is the real command's: its help, its completion, its exit status.
        return _load(self._command).make_context(info_name, args, parent, **extra)


class _Failure(click.ClickException):
    """An error of POET, shown as its own text, with exit status 1."""

    def show(self, file: Any = None) -> None:
        click.echo(self.message, file=file, err=True)


def _load(command: PluginCommand) -> click.Command:
    module, _, attribute = command.target.partition(":")
    where, hint = f"plugin {command.plugin!r}, {command.target}", "see: poet plugins"
    try:
        found = getattr(import_module(module), attribute)
    except (Exception, SystemExit) as error:
        what = f"the command {command.name!r} is broken: {type(error).__name__}: {error}"
        raise PluginError(what, where=where, hint=hint) from error
    if not isinstance(found, click.Command):
        what = f"the command {command.name!r} is broken: {found!r} is no click.Command"
        raise PluginError(what, where=where, hint=hint)
    return found


def _unknown(name: str, own: list[str]) -> str:
    start = f"No such command {name!r}"
    try:
        plugins = loaded()
    except PoetError as error:
        return f"{start}{nearest(name, own) or '.'} Plugins could not be asked:\n{error}"
    broken = [state.name for state in plugins.states if state.state == "broken"]
    text = start + (nearest(name, [*own, *plugins.commands]) or ".")
    return text + (f" Broken plugins: {', '.join(broken)} (see: poet plugins)." if broken else "")
