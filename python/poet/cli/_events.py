"""``poet events``: what happened, what waits, what could not be dealt with; moving and retention."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click

from poet.cli._commands import _command, cli, where
from poet.errors import ConfigError, EventStoreError
from poet.events.envelope import Event
from poet.events.store import GROUP, EventStore

__all__ = ["events"]

_group = click.option("--group", default=GROUP, show_default=True, help="the group of consumers")
_json = click.option("--json", "as_json", is_flag=True, help="JSON")
_url = click.option("--store", "url", help="another store than the setting event_store names")


@cli.group()
def events() -> None:
    """Look at the events of a project, and look after their store."""


def _filters(command: Callable[..., Any]) -> Callable[..., Any]:
    for option in (
        click.option("--type", "kind", help="such as drift.detected, or drift.* for all below"),
        click.option("--function", help="events about this function"),
        click.option("--about", help="events with this correlation_id, such as an execution's id"),
        click.option("--since", help="RFC 3339, or an age such as 2d, 3h, 10m"),
    ):
        command = option(command)
    return command


@events.command(name="list")
@where
@_url
@_filters
@click.option("--until", help="RFC 3339, or an age")
@click.option("--limit", type=click.IntRange(1), default=100, show_default=True)
@click.option("--newest", "newest_first", is_flag=True, help="the latest first")
@click.option("--archive", is_flag=True, help="look into the archive too")
@_json
@_command
def list_command(
    folder: Path,
    url: str | None,
    kind: str | None,
    function: str | None,
    about: str | None,
    since: str | None,
    until: str | None,
    as_json: bool,
    **how: Any,
) -> None:
    """Show stored events in order of time; with --json one line of JSON each."""
    with _opened(folder, url) as store:
        for event in store.query(
            kind, function=function, since=_time(since), until=_time(until), correlation_id=about,
            **how,
        ):  # fmt: skip
            _show(event, as_json=as_json)


@events.command()
@where
@_url
@_filters
@click.option("--every", type=click.FloatRange(0.05), default=1.0, show_default=True,
              help="seconds between two looks")  # fmt: skip
@click.option("--for", "seconds", type=float, help="end after so many seconds")
@_json
@_command
def tail(
    folder: Path,
    url: str | None,
    kind: str | None,
    function: str | None,
    about: str | None,
    since: str | None,
    every: float,
    seconds: float | None,
    as_json: bool,
) -> None:
    """Show events as they come, until you stop it (Ctrl-C)."""
    begun = time.monotonic()
    with _opened(folder, url) as store:
        # A process may be slow to store what it noted: each look goes some way back.
        start = _time(since) or _age(10.0)
        seen: set[str] = set()
        while True:
            new = set()
            for event in store.query(kind, function=function, since=start, correlation_id=about):
                new.add(event.id)
                if event.id not in seen:
                    _show(event, as_json=as_json)
            seen = new
            start = max(start, _age(60.0))
            if seconds is not None and time.monotonic() - begun + every > seconds:
                return
            try:
                time.sleep(every)
            except KeyboardInterrupt:
                return


@events.command()
@where
@_url
@_group
@_json
@_command
def counts(folder: Path, url: str | None, group: str, as_json: bool) -> None:
    """Show how many events wait for a group, are held, done, dead, damaged and archived."""
    with _opened(folder, url) as store:
        found = store.counts(group=group)
        if as_json:
            about = {"store": store.url, "group": group, "groups": store.groups()}
            click.echo(json.dumps({**about, **found}, indent=2))
            return
        click.echo(f"{_public(store.url)}, group {group}")
        for name, count in found.items():
            click.echo(f"{count:>10,}  {name}")


@events.command()
@where
@_url
@_group
@_json
@_command
def dead(folder: Path, url: str | None, group: str, as_json: bool) -> None:
    """Show the dead letters: events that no consumer could deal with, and why."""
    with _opened(folder, url) as store:
        letters = store.dead(group=group)
    for letter in letters:
        if as_json:
            click.echo(json.dumps({**letter._asdict(), "event": letter.event._asdict()}))
        else:
            event = letter.event
            click.echo(f"{letter.time}  {event.id}  {event.type}  {letter.attempts} attempts: "
                       f"{_line(letter.reason)}")  # fmt: skip
    if letters and not as_json:
        click.echo(f"next: mend the cause, then: poet events revive {letters[0].event.id}")


@events.command()
@click.argument("ids", nargs=-1)
@click.option("--all", "everything", is_flag=True, help="every dead letter of the group")
@where
@_url
@_group
@_command
def revive(
    ids: tuple[str, ...], everything: bool, folder: Path, url: str | None, group: str
) -> None:
    """Deliver dead letters again, by their event IDS."""
    if bool(ids) == everything:
        raise click.UsageError("name the ids, or give --all")
    with _opened(folder, url) as store:
        wanted = [letter.event.id for letter in store.dead(group=group)] if everything else ids
        count = store.revive(wanted, group=group)
    click.echo(f"{count} of {len(wanted)} are delivered again")
    if count < len(wanted):
        sys.exit(1)


@events.command()
@where
@_url
@click.option("--days", type=click.FloatRange(0), help="by default the setting retention_days")
@_command
def retire(folder: Path, url: str | None, days: float | None) -> None:
    """Move old events that every group has dealt with to the compressed archive."""
    from poet.settings import load_settings

    limit = load_settings(folder.absolute()).retention_days if days is None else days
    with _opened(folder, url) as store:
        done = store.retire(limit)
    click.echo(f"{done.events:,} events older than {limit:g} days archived: "
               f"{done.bytes_before:,} bytes became {done.bytes_after:,}")  # fmt: skip


@events.command()
@click.argument("type", required=False)
@_command
def schema(type: str | None) -> None:  # noqa: A002 - what the user reads in the usage line
    """Print the JSON Schema of an event, of one TYPE or of all that are known."""
    from poet.errors import nearest
    from poet.events.types import TYPES
    from poet.events.types import schema as of

    if type is not None and type not in TYPES:
        raise ConfigError(
            f"no event type {type!r} is known{nearest(type, list(TYPES))}",
            hint="other types pass with any JSON payload",
        )
    click.echo(json.dumps(of(type), indent=2, ensure_ascii=False))


@events.command()
@click.argument("source", metavar="FROM")
@click.argument("target", metavar="TO")
@where
@_json
@_command
def migrate(source: str, target: str, folder: Path, as_json: bool) -> None:
    """Copy events, acknowledgements and dead letters from one store to another.

    FROM and TO are addresses: files, sqlite:///events.db, redis://host:port/0. The source stays as
    it is; stop it at any point and run it again. The archive stays where it is: it belongs to no
    store.
    """
    from poet.events import move

    with _opened(folder, source, must_exist=True) as old, _opened(folder, target) as new:
        sizes = old.counts(group=next(iter(old.groups()), GROUP))
        total = sum(sizes[name] for name in ("waiting", "claimed", "done", "dead"))
        with _bar(total) as progress:
            done = move.migrate(old, new, progress=progress)
    if as_json:
        click.echo(json.dumps(done._asdict()))
        return
    click.echo(f"{done.events:,} events, {done.new:,} of them new in {_public(target)}; "
               f"groups: {', '.join(done.groups) or 'none'}")  # fmt: skip
    click.echo(f'next: write event_store = "{_public(target)}" into [tool.poet], start the '
               "processes again, then run this once more for what came meanwhile")  # fmt: skip


@contextmanager
def _opened(folder: Path, url: str | None, *, must_exist: bool = False) -> Iterator[EventStore]:
    from poet.events.queue import open_store
    from poet.settings import home_for, load_settings

    here = folder.absolute()
    settings = load_settings(here)
    home = home_for(here, settings)
    if must_exist and url and url.startswith("sqlite:///"):
        path = home / url.removeprefix("sqlite:///").partition("?")[0]
        if not path.exists():
            raise EventStoreError(
                "there is no such store to copy from",
                where=str(path),
                hint="a path without a leading / is below the folder of live state",
            )
    store = open_store(url or settings.event_store, home)
    try:
        yield store
    finally:
        store.close()


@contextmanager
def _bar(total: int) -> Iterator[Callable[[int], None] | None]:
    """Show on a terminal how far it is; elsewhere nothing."""
    if not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("events", total=total or None)
        yield lambda count: progress.update(task, completed=count)


def _show(event: Event, *, as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps(event._asdict(), ensure_ascii=False))
        return
    about = f"  {event.correlation_id}" if event.correlation_id else ""
    text = json.dumps(event.payload, ensure_ascii=False)
    click.echo(f"{event.timestamp}  {event.id}  {event.type}{_line(about)}  {_line(text)}")


def _line(text: str) -> str:
    """Return one line without what a terminal would take for a command, at most 200 characters."""
    line = "".join(c if c.isprintable() else "?" for c in text)
    return line if len(line) <= 200 else line[:199] + "…"


def _public(url: str) -> str:
    """Return an address without its password."""
    scheme, slashes, rest = url.partition("://")
    return f"{scheme}://{rest.rpartition('@')[2]}" if slashes else url


def _time(text: str | None) -> str | None:
    if text is None:
        return None
    units = {"d": 86_400, "h": 3600, "m": 60, "s": 1}
    if text[-1:] in units and text[:-1].replace(".", "", 1).isdecimal():
        return _age(float(text[:-1]) * units[text[-1]])
    return text


def _age(seconds: float) -> str:
    from poet.events.envelope import timestamp

    return timestamp(time.time_ns() - int(seconds * 1e9))
