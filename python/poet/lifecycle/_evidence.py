"""What a stored version was asked to answer to: kept beside its code, read where it is made anew."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from poet.spec import Evidence

__all__ = ["Kept", "evidence_lines", "evidence_of", "quotes_of"]

QUOTES = 10  # that a prompt shows at most
WIDE = 500  # characters of one quote, or of one line


class Kept(NamedTuple):
    """The evidence that a version holds.

    Attributes:
        evidence: In order of their keys.
        problem: Why it could not be read; empty where it could.
    """

    evidence: tuple[Evidence, ...] = ()
    problem: str = ""


def evidence_of(folder: Path) -> Kept:
    """Return the evidence in ``params.json`` of a version's folder; none where it was made of none."""
    path = folder / "params.json"
    try:
        rows = json.loads(path.read_bytes()).get("evidence", [])
        return Kept(tuple(Evidence.from_json(row) for row in rows))
    except FileNotFoundError:
        return Kept()
    except (OSError, ValueError, TypeError, AttributeError, RecursionError) as error:
        return Kept((), f"the evidence of {folder.name} cannot be read from params.json: {error}")


def evidence_lines(evidence: Iterable[Evidence]) -> list[str]:
    """Return one line for each, as a prompt and a reviewer read it; no free text of anybody."""
    return [_line(e) for e in evidence]


def _line(e: Evidence) -> str:
    figures = []
    if e.value is not None:
        interval = f", 95 % interval {e.low:g} to {e.high:g}" if _both(e) else ""
        figures.append(f"{e.value:g}{interval}")
    if e.total:
        figures.append(f"{e.hits} of {e.total}")
    facts = json.dumps(dict(e.facts), sort_keys=True)[:WIDE] if e.facts else ""
    parts = [
        f"{e.category} ({e.lane}), {e.name}: {_plain(e.summary)}",
        f"({'; '.join(figures)})" if figures else "",
        f"facts: `{facts.replace('`', ' ')}`" if facts else "",
        f"cases: {', '.join(e.cases)}" if e.cases else "",
    ]
    return " ".join(filter(None, parts))


def _both(e: Evidence) -> bool:
    return e.low is not None and e.high is not None


def quotes_of(evidence: Iterable[Evidence]) -> list[str]:
    """Return the free texts as JSON strings: one line each, cut, nothing that could end a quotation."""
    texts = dict.fromkeys(_plain(q) for e in evidence for q in e.quotes)
    return [
        json.dumps(text).replace("`", "\\u0060").replace("<", "\\u003c")
        for text in list(texts)[:QUOTES]
        if text
    ]


def _plain(text: str) -> str:
    """Return a text on one line, without what is not printed: control, bidirectional, zero width."""
    line = " ".join(text.split())
    shown = "".join(c for c in line if c == " " or c.isprintable())
    return shown if len(shown) <= WIDE else shown[: WIDE - 1] + "…"
