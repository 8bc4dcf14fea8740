"""What a case asks for: whether it is well formed, and whether two of them can both hold."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from poet.codec import UNVERIFIABLE, encode
from poet.errors import CaseError, nearest

__all__ = ["PREDICATES", "answers", "check_expect", "clash", "is_predicate", "unmet"]

OUTCOMES = ("equals", "fields", "raises", "returns")
BOUNDS = ("seconds", "calls")
PREDICATES = ("equals", "at_least", "at_most", "one_of", "not")


def is_predicate(wanted: Any) -> bool:
    """Say whether what a field is held to is a predicate, not a value it must equal."""
    return type(wanted) is dict and bool(wanted) and all(k in PREDICATES for k in wanted)


def answers(expect: Mapping[str, Any]) -> list[Any]:
    """Return the values that an outcome must equal; a bound on one is no answer."""
    fields = expect.get("fields", {})
    held = [w for w in fields.values() if not is_predicate(w)]
    held += [w["equals"] for w in fields.values() if is_predicate(w) and "equals" in w]
    return [*([expect["equals"]] if "equals" in expect else []), *held]


def check_expect(expect: Any, where: str = "") -> dict[str, Any]:
    """Return what a case asks for, if it can be judged.

    Raises:
        CaseError: It cannot; the message says what is missing.
    """
    hint = (
        'such as {"equals": 3}, {"fields": {"score": {"at_most": 0.2}}}, {"raises": "ValueError"} '
        'or {"returns": true}, with {"seconds": 0.5} beside it'
    )
    if not isinstance(expect, Mapping) or not all(isinstance(k, str) for k in expect):
        raise CaseError(f"expect is {expect!r:.80}, not a dict", where=where, hint=hint)
    found = dict(expect)
    for name in found:
        if name not in OUTCOMES + BOUNDS:
            known = nearest(name, OUTCOMES + BOUNDS)
            raise CaseError(f"expect has {name!r}, which is unknown{known}", where=where, hint=hint)
    asked = [name for name in OUTCOMES if name in found]
    if len(asked) > 1 or not found:
        what = " and ".join(asked) if asked else "nothing"
        raise CaseError(
            f"expect needs one of {', '.join(OUTCOMES)}; it has {what}", where=where, hint=hint
        )
    problem = _problem(found)
    if problem:
        raise CaseError(f"expect: {problem}", where=where, hint=hint)
    return found


def _problem(expect: dict[str, Any]) -> str | None:
    for name in BOUNDS:
        bound = expect.get(name, 0)
        if isinstance(bound, bool) or not isinstance(bound, (int, float)) or not bound >= 0:
            return f"{name} is {bound!r:.50}, not a number from 0 up"
    raises = expect.get("raises", "E")
    if not isinstance(raises, str) or not raises:
        return f"raises is {raises!r:.50}, not the name of an exception"
    if expect.get("returns", True) is not True:
        return "returns is not true; write raises for what must fail"
    fields = expect.get("fields", {"": 0})
    if not isinstance(fields, dict) or not fields or not all(isinstance(k, str) for k in fields):
        return "fields is not a dict of a field's name to its value"
    for name, wanted in fields.items():
        if not is_predicate(wanted):
            continue
        if "one_of" in wanted and not isinstance(wanted["one_of"], (list, tuple)):
            return f"{name}: one_of is not a list"
        if any(_refused(wanted[k]) for k in ("at_least", "at_most") if k in wanted):
            return f"{name}: {wanted!r:.80} compares with nothing that has an order"
    tree = encode(expect)
    return "it holds a value that cannot be compared" if _lost(tree) else None


def _refused(bound: Any) -> bool:
    try:
        return not bool(bound <= bound)
    except Exception:  # noqa: BLE001 - a value of any kind
        return True


def _lost(tree: Any) -> bool:
    if isinstance(tree, list):
        return any(map(_lost, tree))
    if not isinstance(tree, dict):
        return False
    return tree.get("$") == UNVERIFIABLE or any(map(_lost, tree.values()))


def unmet(wanted: Any, value: Any) -> str | None:
    """Return which predicate a value does not meet; None where it meets all.

    Args:
        wanted: ``equals``, ``at_least``, ``at_most``, ``one_of`` or ``not``, by their names.
        value: What a field is.
    """
    for name, bound in wanted.items():
        if name in ("at_least", "at_most"):
            try:
                held = bool(value >= bound if name == "at_least" else value <= bound)
            except Exception:  # noqa: BLE001 - a value of any kind
                held = False
        elif name == "one_of":
            held = any(_same(value, each) for each in bound)
        else:
            held = _same(value, bound) is (name == "equals")
        if not held:
            return f"{name} {bound!r:.100}"
    return None


def _same(left: Any, right: Any) -> bool:
    trees = encode(left), encode(right)
    return bool(trees[0] == trees[1]) and not _lost(trees[0])


def clash(left: Mapping[str, Any], right: Mapping[str, Any]) -> bool:
    """Say whether no outcome can be what both ask for."""
    if "raises" in left or "raises" in right:
        one, other = left.get("raises"), right.get("raises")
        if one is not None and other is not None:
            return str(one).rpartition(".")[2] != str(other).rpartition(".")[2]
        asked = {*left, *right} & {*OUTCOMES}
        return asked != {"raises"}
    if "equals" in left and "equals" in right:
        return not _same(left["equals"], right["equals"])
    if "equals" in right:
        left, right = right, left
    fields = right.get("fields", {})
    if "equals" in left:
        value = left["equals"]
        if not isinstance(value, dict):
            return bool(fields)
        return any(k not in value or _apart({"equals": value[k]}, w) for k, w in fields.items())
    return any(k in fields and _apart(w, fields[k]) for k, w in left.get("fields", {}).items())


def _apart(left: Any, right: Any) -> bool:
    """Say whether no value meets both."""
    first, second = (w if is_predicate(w) else {"equals": w} for w in (left, right))
    for one, other in ((first, second), (second, first)):
        if "equals" in one:
            return unmet(other, one["equals"]) is not None
    for one, other in ((first, second), (second, first)):
        if "one_of" in one:
            return all(unmet(other, each) is not None for each in one["one_of"])
        if "at_least" in one and "at_most" in other:
            try:
                if one["at_least"] > other["at_most"]:
                    return True
            except TypeError:
                return True
    return False
