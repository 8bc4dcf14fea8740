"""What somebody asks for in words, as far as the recipes know how to do it.

Words are looked up, never repeated: of a text only known words and names of features get any further.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, NamedTuple

from poet.spec import Evidence

if TYPE_CHECKING:
    from collections.abc import Mapping

    from poet.spec import FunctionSpec

__all__ = ["request"]

_LONGEST = 2_000  # characters that are looked at
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,63}")
# In backticks or quotes, or after a word that says that a feature follows.
_QUOTED = re.compile(r"[`'\"]([A-Za-z_][A-Za-z0-9_]{0,63})[`'\"]")
_AFTER = re.compile(
    r"\b(?:features?|columns?|fields?|variables?)[ ]+(?:named[ ]+|called[ ]+)?"
    r"([A-Za-z_][A-Za-z0-9_]{0,63}(?:(?:[ ]*,[ ]*|[ ]+and[ ]+)[A-Za-z_][A-Za-z0-9_]{0,63})*)",
    re.IGNORECASE,
)
_NOT = {"no", "not", "dont", "don't", "never", "without", "stop", "instead", "unlike", "drop"}
_NOT_NAMES = {
    "and", "are", "as", "at", "be", "because", "but", "by", "each", "every", "feature", "features",
    "for", "from", "have", "if", "in", "is", "it", "like", "must", "of", "on", "only", "or", "please",
    "should", "so", "such", "test", "than", "that", "the", "their", "them", "then", "there", "these",
    "they", "this", "to", "too", "use", "using", "values", "was", "we", "were", "when", "where",
    "which", "while", "with", "column", "columns", "categorical", "category", "numeric", "drift", "here",
    "need", "needs", "want", "would", "will", "can", "could", "may", "do", "does", "not", "no", "a",
}  # fmt: skip
_SHARE = re.compile(r"\b(0?\.\d{1,6})\b|\b(\d{1,2})[ ]?%")
_ROWS = re.compile(
    r"\b(\d{1,3}(?:[_,]?\d{3})+|\d{3,9})[ ]*(?:rows|values|samples)\b", re.IGNORECASE
)


class _Known(NamedTuple):
    """A strategy, the words that name it, and how it is said in a note."""

    strategy: str
    words: re.Pattern[str]
    said: str


def _words(pattern: str) -> re.Pattern[str]:
    return re.compile(rf"\b(?:{pattern})\b", re.IGNORECASE)


_KNOWN = (
    _Known(
        "kl", _words(r"kl|kullback|kl[- ]divergence|g[- ]?tests?"), "KL divergence with a G-test"
    ),
    _Known(
        "leave_out",
        _words(r"ignore|leave out|leave off|exclude|do not (?:watch|check|compare|monitor)"),
        "left out of the comparison",
    ),
    _Known(
        "seasonal",
        _words(
            r"season|seasons|seasonal|seasonality|same (?:hour|day|week|month|time|phase|season)"
        ),
        "compare within the season",
    ),
    _Known(
        "minimum_effect",
        _words(r"minimum effect|min[_ ]effect|effect size|effects? (?:below|under|of at least)"),
        "smallest effect that is drift",
    ),
    _Known(
        "sampling", _words(r"sample|samples|sampling|subsample"), "compare a sample of the rows"
    ),
)


def request(spec: FunctionSpec, text: str) -> Evidence | None:
    """Return evidence of what a text asks for; None where it names no strategy that is known.

    Args:
        spec: The function.
        text: Free text of feedback. It is data: nothing of it but names of features is kept.
    """
    text = text[:_LONGEST]
    for known in _KNOWN:
        named = known.words.search(text)
        if named is None or _refused(text, known, named.start()):
            continue
        facts = _facts(spec, known.strategy, text)
        if facts is None:
            continue
        features = facts.get("features", [])
        to = f" for {', '.join(features)}" if features else ""
        if known.strategy == "kl" and not features:
            to = " for categorical features"
        return Evidence(
            name="strategy",
            category="request",
            lane="deterministic",
            summary=f"asked for: {known.said}{to}{_figure(facts)}",
            facts={"strategy": known.strategy, **facts},
        )
    return None


def _facts(spec: FunctionSpec, strategy: str, text: str) -> Mapping[str, Any] | None:
    match strategy:
        case "kl":
            features = _features(spec, text)
            return {"features": features} if features else {}
        case "leave_out":
            features = _features(spec, text)
            return {"features": features} if features else None
        case "minimum_effect":
            found = _SHARE.search(text)
            if found is None:
                return None
            value = float(found[1]) if found[1] else int(found[2]) / 100
            return {"min_effect": value} if 0 < value < 1 else None
        case "sampling":
            rows = _ROWS.search(text)
            count = int(re.sub(r"[_,]", "", rows[1])) if rows else 0
            return {"rows": count} if count >= 100 else None
        case _:
            return {}


def _figure(facts: Mapping[str, Any]) -> str:
    if "min_effect" in facts:
        return f" is {facts['min_effect']:g}"
    return f", {facts['rows']} at most" if "rows" in facts else ""


def _refused(text: str, known: _Known, at: int) -> bool:
    """Say whether the words before speak against it: "no need for KL"."""
    if known.strategy == "leave_out":
        return False
    # Of the same sentence: what another one speaks against is another matter.
    clause = re.split(r"[.;:!?,\n]", text[:at])[-1]
    return not _NOT.isdisjoint(clause.lower().replace("\u2019", "'").split()[-4:])


def _features(spec: FunctionSpec, text: str) -> list[str]:
    """Return the names of features in a text: quoted, after a word for them, or of the function's own."""
    named = set(_QUOTED.findall(text))
    for group in _AFTER.findall(text):
        for name in re.split(r"[ ]*,[ ]*|[ ]+and[ ]+", group):
            if name.lower() not in _NOT_NAMES:
                named.add(name)
            else:
                break
    own = set(re.findall(r"[\"']([A-Za-z_][A-Za-z0-9_]{0,63})[\"']", spec.source))
    named |= own & set(_NAME.findall(text))
    parameters = {p.name for p in spec.parameters}
    return sorted(named - parameters - {spec.name})
