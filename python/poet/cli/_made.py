"""Who or what wrote a stored version, read from its metadata."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from poet.store import Version

__all__ = ["made_by", "made_lines"]

_WIDE = 100


def made_by(version: Version) -> str:
    """Return what wrote a version: ``recipe``, ``file``, or the provider and its model."""
    generator = str(version.metadata.get("generator", "?"))
    model = str(version.metadata.get("llm") or "none")
    if model == "none":
        return generator.partition("/")[0]
    return f"{generator} {model}"


def made_lines(metadata: Mapping[str, Any]) -> Iterator[str]:
    """Yield how a version came about, rung by rung and attempt by attempt; nothing for a recipe.

    Args:
        metadata: As stored.
    """
    rungs, attempts = metadata.get("rungs") or [], metadata.get("attempts") or []
    if not any(a.get("model") not in ("", "none", None) for a in attempts):
        return
    yield "How it was made"
    for rung in rungs:
        yield _cut(f"  {rung['name']:10} {rung['outcome']}" + _why(rung))
    for a in attempts:
        who = a["model"] if a.get("model") not in ("", "none", None) else a["generator"]
        yield _cut(f"  {a['number']:>3}. {who}: {a['outcome']}" + _why(a))
    yield ""


def _why(row: Mapping[str, Any]) -> str:
    from poet.lifecycle.telling import reason

    why = reason(str(row.get("why") or ""))
    return f": {why}" if why else ""


def _cut(line: str) -> str:
    return line if len(line) <= _WIDE else line[: _WIDE - 1].rstrip() + "…"
