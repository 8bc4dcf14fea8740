"""Statements as a formatter writes them."""

from __future__ import annotations

from poet.generate import literal
from poet_domain_ml_monitoring.reading.writer import WIDTH

__all__ = ["assigned", "listed"]


def assigned(name: str, value: object) -> list[str]:
    if isinstance(value, dict):
        rows = [f"    {literal(k)}: {literal(v)}," for k, v in value.items()]
        return [f"{name} = {{", *rows, "}"]
    whole = f"{name} = {literal(value)}"
    if isinstance(value, tuple) and len(whole) > WIDTH:
        return [f"{name} = (", *(f"    {literal(item)}," for item in value), ")"]
    return [whole]


def listed(name: str, element: str, pairs: str, condition: str) -> list[str]:
    """Return ``name = [element for pairs if condition]`` as a formatter breaks it."""
    parts = [element, f"for {pairs}", f"if {condition}"]
    whole = " ".join(parts)
    if len(f"    {name} = [{whole}]") <= WIDTH:
        return [f"    {name} = [{whole}]"]
    rows = [whole] if len(whole) + 8 <= WIDTH else parts
    return [f"    {name} = [", *(f"        {row}" for row in rows), "    ]"]
