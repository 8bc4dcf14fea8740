"""The lines at the end of a pytest run: what was made, what was verified, what comes next."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

from poet.lifecycle import Enhancement
from poet.lifecycle.telling import ladder, made_by, money, spent
from poet.settings import Limits

__all__ = ["Told", "command", "summary"]


class Told(NamedTuple):
    """What a run did.

    Attributes:
        results: Of the functions that were regenerated.
        states: Of the functions that were verified.
        errors: What went wrong besides.
        cap: What the run might use.
        tests_failed: Whether an ordinary test failed.
        flags: What a command that regenerates repeats of this run's.
    """

    results: Sequence[Enhancement]
    states: Sequence[str]
    errors: Sequence[str]
    cap: Limits
    tests_failed: bool
    flags: Sequence[str] = ()


def command(name: str, flags: Sequence[str] = ()) -> str:
    """Return the command that regenerates one function."""
    return " ".join(["pytest", "--poet-regenerate", f"--poet-select={name}", *flags])


def summary(told: Told, width: int = 0) -> list[str]:
    """Return the lines of the terminal summary.

    Args:
        told: What the run did.
        width: Of the terminal, for the table; 0 for any.
    """
    lines = _table(told.results, width) if told.results else []
    for result in told.results:
        steps = ladder(result)
        if not result.good:
            lines += ["", f"{result.function}: {result.outcome}"]
            lines += [f"  {line}" for line in result.message.splitlines()]
        elif result.outcome == "kept" and result.message:
            lines.append(f"  {result.function}: {result.message.splitlines()[-1]}")
        if steps:
            lines.append(f"  {result.function}: {steps}")
        if result.outcome == "promoted":
            lines += [f"  {result.function}: {note}" for note in result.notes]
    lines += told.errors
    if any(r.model for r in told.results):
        lines.append(f"poet: {spent(told.results, told.cap)}")
    counts = Counter(told.states)
    if counts:
        lines.append("poet: " + ", ".join(f"{n} {state}" for state, n in sorted(counts.items())))
    following = _next(told, counts)
    return [*lines, f"next: {following}"] if following else lines


def _table(results: Sequence[Enhancement], width: int) -> list[str]:
    models = any(r.model for r in results)
    header = ["function", "domain", "generator", "version", "checks", "seconds"]
    if models:
        header[5:5] = ["attempts", "cost"]
    rows = [header]
    for r in results:
        version = f"{r.after or '-'} ({r.outcome})"
        if r.outcome == "promoted":
            version = f"{r.before or '-'} -> {r.after}"
        row = [r.function, r.domain, made_by(r) or "-", version, f"{r.passed}/{r.total}"]
        if models:
            asked = sum(a.rung != "recipe" for a in r.attempts)
            row += [f"{asked} replayed" if r.replayed else str(asked) if r.model else "-"]
            row += [money(r.used.usd) if r.model else "-"]
        rows.append([*row, f"{r.seconds:.1f}"])
    rows = _fitted(rows, width) if width else rows
    widths = _widths(rows)
    return [
        "  ".join(c.ljust(w) for c, w in zip(row, widths, strict=True)).rstrip() for row in rows
    ]


def _fitted(rows: list[list[str]], width: int) -> list[list[str]]:
    """Return the rows of a table so that none wraps: what says least goes first."""

    def over(rows: list[list[str]]) -> int:
        widths = _widths(rows)
        return sum(widths) + 2 * (len(widths) - 1) - width

    if over(rows) > 0:  # the model tells more than what asks it, the recipe more than its domain
        rows = [[*r[:2], re.sub(r"^recipe/.*/|^\S+ ", "", r[2]), *r[3:]] for r in rows]
    if over(rows) > 0:
        rows = [[r[0], *r[2:]] for r in rows]
        for place in (1, 0):
            room = max(_widths(rows)[place] - max(over(rows), 0), 12)
            rows = [[*r[:place], _middle(r[place], room), *r[place + 1 :]] for r in rows]
    return rows


def _widths(rows: Sequence[Sequence[str]]) -> list[int]:
    return [max(map(len, column)) for column in zip(*rows, strict=True)]


def _middle(text: str, room: int) -> str:
    """Return a text with its middle left out where it is too long: both of its ends tell."""
    tail = (room - 1) // 2
    return text if len(text) <= room else f"{text[: room - 1 - tail]}…{text[len(text) - tail :]}"


def _next(told: Told, counts: Counter[str]) -> str:
    promoted = [r for r in told.results if r.outcome == "promoted"]
    failed = [r for r in told.results if not r.good]
    if failed:
        again = command(failed[0].function, told.flags)
        return f"mend what is named above, then: {again}"
    if promoted and told.tests_failed:
        name = promoted[0].function
        back = f" (or go back: poet rollback {name})" if promoted[0].before else ""
        again = command(name, told.flags)
        return f"mend the tests that fail on what was promoted, then: {again}{back}"
    if promoted:
        unread = [r.function for r in promoted if not r.generator.startswith("recipe/")]
        if unread:
            return f"review it: poet diff {unread[0]}; then: poet approve {unread[0]}, and commit .poet/"
        return "review and commit .poet/, then: pytest"
    if counts["damaged"]:
        return "poet status"
    if counts["stale"] or counts["missing"]:
        return "pytest --poet-regenerate"
    return ""
