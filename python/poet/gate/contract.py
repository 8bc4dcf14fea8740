"""The contract: a candidate has the baseline's name, parameters, defaults and kind."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

from poet.codec import encode
from poet.gate.compare import difference

__all__ = ["contract_difference", "describe"]


def describe(function: Callable[..., Any]) -> dict[str, Any]:
    """Return the function's kind and parameters as plain data."""
    parameters = []
    for item in inspect.signature(function).parameters.values():
        has = item.default is not inspect.Parameter.empty
        parameters.append(
            {
                "name": item.name,
                "kind": item.kind.name,
                "default": [_default(item.default)] if has else [],
            }
        )
    kind = "function"
    if inspect.isasyncgenfunction(function):
        kind = "async generator"
    elif inspect.iscoroutinefunction(function):
        kind = "async"
    elif inspect.isgeneratorfunction(function):
        kind = "generator"
    return {"kind": kind, "parameters": parameters}


def _default(value: object) -> Any:
    """Return a default as data; one that cannot be is told apart by its identity."""
    data = encode(value)
    if isinstance(data, dict) and data.get("$") == "unverifiable":
        return {"$": "same object", "v": id(value)}
    return data


def contract_difference(baseline: dict[str, Any], candidate: dict[str, Any]) -> str | None:
    """Return how the candidate's contract differs from the baseline's, None if it does not."""
    if baseline["kind"] != candidate["kind"]:
        return f"is a {candidate['kind']}, the baseline a {baseline['kind']}"
    ours = [p["name"] for p in baseline["parameters"]]
    theirs = [p["name"] for p in candidate["parameters"]]
    if ours != theirs:
        return f"has parameters ({', '.join(theirs)}), the baseline ({', '.join(ours)})"
    for a, b in zip(baseline["parameters"], candidate["parameters"], strict=True):
        if a["kind"] != b["kind"]:
            return f"parameter {a['name']} is {b['kind']}, in the baseline {a['kind']}"
        if difference(a["default"], b["default"]):
            return f"parameter {a['name']} has another default than in the baseline"
    return None
