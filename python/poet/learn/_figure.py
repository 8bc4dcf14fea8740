"""One figure beside its limit: its interval, its sequential test, and who stands behind it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal, NamedTuple

from poet.learn._consensus import chance_of
from poet.learn._numbers import wilson
from poet.learn._sequential import e_value
from poet.learn._values import Acted, Label, Pattern, Reliability

__all__ = ["REARM", "STEADY", "Item", "Rules", "figure"]

REARM = 0.05
"""How far on the good side of its limit a figure must have been before it may act again."""
STEADY = (1.5, 3.0)
"""What the test must still say without the votes of any one source, of two sources and of more."""
_MOST_LEFT_OUT = 5  # sources, those that said most, that are left out in turn


class Item(NamedTuple):
    """One thing counted.

    Attributes:
        at: When it became known.
        bad: Whether it is bad; None where sources contradict each other.
        label: What sources said, where it is a judgement.
    """

    at: float
    bad: bool | None
    label: Label | None = None


class Rules(NamedTuple):
    """How a figure is judged.

    Attributes:
        minimum: Items below which nothing is said.
        alpha: Of the sequential test.
        reliability: Of each source.
        bad_is: What a vote must say for the item to be bad; None where items are no judgements.
        acted: The last time that the figure acted, on this version.
    """

    minimum: int
    alpha: float
    reliability: Mapping[str, Reliability]
    bad_is: bool | None = None
    acted: Acted | None = None


def figure(
    name: str,
    items: Sequence[Item],
    limit: float,
    rules: Rules,
    *,
    worse: Literal["above", "below"] = "above",
    fair: float | None = None,
) -> Pattern:
    """Return one figure: the share of items that are bad, or of those that are not.

    Args:
        name: Its name.
        items: In order of time.
        limit: What the figure is held against.
        rules: How.
        worse: ``below`` for a figure of what went well.
        fair: The share of bad items that the test is held against, where the limit does not say.
    """
    known = [i for i in items if i.bad is not None]
    total, hits = len(known), sum(bool(i.bad) for i in known)
    low, high = wilson(hits, total)
    value, most = (hits / total if total else 0.0), limit
    proposes = low > limit
    if worse == "below":
        proposes, most = low > 1 - limit, 1 - limit
        value, low, high, hits = 1 - value, 1 - high, 1 - low, total - hits
    armed, fresh = since(items, rules, most)
    chances = [_chance(i, rules) for i in fresh]
    held = most if fair is None else fair
    test = e_value(chances, held)
    voters = _voters(items)
    enough = total >= rules.minimum
    return Pattern(
        name, value, low, high, hits, total, limit, worse,
        enough=enough, proposes=enough and proposes, acts=enough and test >= 1 / rules.alpha,
        e_value=test, sources=len(voters),
        steady=len(voters) < 2 or _steady(fresh, voters, rules, held), armed=armed,
    )  # fmt: skip


def since(items: Sequence[Item], rules: Rules, most: float) -> tuple[bool, Sequence[Item]]:
    """Return whether a figure may act again, and the items that count since it acted last.

    Args:
        items: In order of time.
        rules: When it acted last.
        most: The share of bad items that is still fine.
    """
    if rules.acted is None:
        return True, items
    fresh = [i for i in items if i.at > rules.acted.at]
    bad = sum(bool(i.bad) for i in fresh)
    good = len(fresh) >= rules.minimum and bad <= (most - REARM) * len(fresh)
    return good or len(items) >= 2 * rules.acted.total, fresh


def _chance(item: Item, rules: Rules, left_out: str | None = None) -> float:
    """Return the chance that an item is bad, by what sources say of it."""
    if item.label is None or rules.bad_is is None:
        return float(bool(item.bad))
    votes = item.label.votes
    if left_out in votes:
        votes = {s: v for s, v in votes.items() if s != left_out}
    chance = chance_of(votes, rules.reliability)
    return chance if rules.bad_is else 1 - chance


def _voters(items: Sequence[Item]) -> dict[str, int]:
    found: dict[str, int] = {}
    for item in items:
        for source in item.label.votes if item.label is not None else ():
            found[source] = found.get(source, 0) + 1
    return found


def _steady(items: Sequence[Item], voters: Mapping[str, int], rules: Rules, held: float) -> bool:
    """Say whether the test still speaks without the votes of any one source."""
    most = sorted(voters, key=lambda s: (-voters[s], s))[:_MOST_LEFT_OUT]
    least = STEADY[len(voters) > 2]
    return all(e_value([_chance(i, rules, s) for i in items], held) >= least for s in most)
