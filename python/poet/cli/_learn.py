"""``poet learn``: one pass of learning, or one after the other."""

from __future__ import annotations

import json
import re
import signal
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING

import click

from poet.cli._commands import _command, cli, where
from poet.errors import PoetError
from poet.registry import find
from poet.settings import file_in_project

if TYPE_CHECKING:
    from poet.learn import Odd
    from poet.lifecycle import Step
    from poet.lifecycle.learning import Learned, Pass

__all__ = ["learn"]

MOST_SHOWN = 20


@cli.command()
@where
@click.option("--function", help="act on this one alone, also where its learning is off")
@click.option("--watch", is_flag=True, help="keep running, a pass each --every seconds")
@click.option("--every", type=click.FloatRange(min=0.1), default=10.0, show_default=True)
@click.option("--dry-run", is_flag=True, help="decide and say why; make and write nothing")
@click.option("--explain", is_flag=True, help="show each figure, and feedback that was of no use")
@click.option("--json", "as_json", is_flag=True, help="one JSON document a pass")
@_command
def learn(
    folder: Path,
    function: str | None,
    watch: bool,
    every: float,
    dry_run: bool,
    explain: bool,
    as_json: bool,
) -> None:
    """Read what production said, and make the versions that it surely asks for.

    A version is made where one reproduced failure or one request by name is there, or where a rate is
    surely beyond its limit; it becomes current only if it passes every active case and, for a rate,
    is better on the recorded executions. Otherwise nothing changes, and the reason is shown.
    """
    from poet.cli._progress import Board, progress
    from poet.lifecycle.learning import learn_once, learn_watch

    if watch and dry_run:
        raise click.UsageError("--watch acts; a dry run is one pass")
    place = folder.absolute()
    name = None
    if function:
        one = find(function, place)
        name = f"{file_in_project(one.path)}:{one.qualname}"

    def said(found: Pass | PoetError) -> None:
        if isinstance(found, PoetError):
            click.echo(
                json.dumps({"error": str(found)}) if as_json else str(found), err=not as_json
            )
            return
        if as_json:
            click.echo(json.dumps(found.as_json(), indent=None if watch else 2))
            return
        for line in _lines(found, explain=explain, quiet=watch):
            click.echo(line)

    board = Board.of([], 0.0)
    if watch:
        stop = Event()
        with _stopping(stop), progress(board, quiet=True) as tell:
            learn_watch(place, every=every, stop=stop, progress=tell, only=name, said=said)
        return
    with progress(board, quiet=as_json) as tell:
        shown = tell if sys.stderr.isatty() else _phases(tell)
        found = learn_once(place, progress=shown, only=name, dry_run=dry_run)
    said(found)
    if any(one.outcome == "failed" for one in found.learned):
        sys.exit(1)


def _phases(tell: Callable[[Step], None]) -> Callable[[Step], None]:
    """Return what tells each phase once: where lines stay, nobody reads how far each has come."""
    seen: set[tuple[str, str]] = set()

    def step(step: Step) -> None:
        phase = (step.function, re.split(r"[\d:(]", step.text, maxsplit=1)[0].strip())
        if step.done or phase not in seen:
            seen.add(phase)
            tell(step)

    return step


@contextmanager
def _stopping(stop: Event) -> Iterator[None]:
    """End after the pass that runs, on an interrupt or when asked to terminate."""

    def asked(*_: object) -> None:
        if stop.is_set():
            raise KeyboardInterrupt  # a second time: at once
        stop.set()

    before = {s: signal.signal(s, asked) for s in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _lines(found: Pass, *, explain: bool, quiet: bool) -> Iterator[str]:
    """Yield what a person reads of a pass; nothing of one that changed nothing, if ``quiet``."""
    told = [
        one
        for one in found.learned
        if not quiet or one.outcome in ("promoted", "declined", "failed")
    ]
    named = Counter(one.function.qualname for one in found.learned)
    for one in told:
        several = named[one.function.qualname] > 1
        yield from _function(one, explain=explain, with_file=several)
    count = len(found.learned)
    if not quiet:
        yield from found.problems
        yield from _unused(found.odd, explain=explain)
        yield f"{found.events} events read, {found.new} new; {count} function{'s'[: count != 1]} known"
        if not found.learned:
            yield "next: call functions with @poet(record=…), give feedback, and run poet learn again"
    promoted = [one for one in told if one.outcome == "promoted"]
    if promoted:
        yield f"next: review and commit .poet/ (poet diff {promoted[0].function.qualname})"


def _cases(moved: Mapping[str, str]) -> str:
    """Return in one line which cases were proposed, made active or handed back."""
    groups: dict[str, list[str]] = {}
    for name, what in moved.items():
        groups.setdefault(what.partition(":")[0], []).append(name)
    return "; ".join(
        f"{len(names)} {what}: {', '.join(names[:3])}{' …' if len(names) > 3 else ''}"
        for what, names in groups.items()
    )


def _function(one: Learned, *, explain: bool, with_file: bool) -> Iterator[str]:
    lane = f" ({one.decision.lane})" if one.decision and one.decision.lane else ""
    name = f"{one.function.file}:" * with_file + one.function.qualname
    yield f"{name}: {one.outcome}{lane}: {one.message}"
    yield f"  {one.executions} executions, {one.labels} judged"
    if explain:
        yield from (f"  case {name}: {what}" for name, what in one.cases.items())
    elif one.cases:
        yield f"  cases: {_cases(one.cases)}; look at them with: poet cases list"
    if one.trial is not None:
        from poet.lifecycle.canary import describe

        yield f"  {describe(one.trial)}"
    for line in _unused(one.odd, explain=explain):
        yield f"  {line}"
    if not explain or one.decision is None:
        return
    for p in one.decision.patterns:
        state = (
            "acts" if p.acts else "proposes" if p.proposes else "fine" if p.enough else "too few"
        )
        yield (
            f"  {p.name} {p.value:.3g} [{p.low:.3g}, {p.high:.3g}] {p.hits}/{p.total}, "
            f"limit {p.limit:g}, evidence {p.e_value:.3g}: {state}"
        )
    for e in one.decision.evidence:
        yield f"  evidence {e.name} ({e.category}): {e.summary}"
    if one.audits:
        yield (
            f"  {len(one.audits)} silent execution{'s'[: len(one.audits) != 1]}, drawn at random, "
            "for people to judge (poet feedback ID --real or --false-alarm):"
        )
        yield from (f"    {id_}" for id_ in one.audits[-MOST_SHOWN:])


def _unused(odd: Sequence[Odd], *, explain: bool) -> Iterator[str]:
    """Yield what feedback could not be used; each with its reason if ``explain``."""
    if not odd:
        return
    if not explain:
        counts = Counter(one.why for one in odd)
        parts = ", ".join(f"{n} {why}" for why, n in counts.most_common())
        yield f"feedback that counts for nothing (yet): {parts}: poet learn --explain"
        return
    for one in odd[-MOST_SHOWN:]:
        yield f"feedback {one.event_id} {one.why}: {one.text}"
    if len(odd) > MOST_SHOWN:
        yield f"and {len(odd) - MOST_SHOWN} more before them: --json has all"
