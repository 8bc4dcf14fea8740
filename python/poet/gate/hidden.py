"""Which evidence is kept from a generator that learns from failures.

A model that sees every test can write for the tests. So about a third of the user's test functions
and of the active cases is not shown to it, and a failure of one says its kind only. Which ones is
fixed by the function's fingerprint and their names: the same in every run.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

from poet.spec import FunctionSpec

__all__ = ["function_of", "hidden", "hides"]


def hides(generator: str) -> bool:
    """Say whether evidence is hidden from what made a candidate.

    Not from recipes, which see none, and not from a person or an agent that hands a file in: they
    can read the tests, and the record says so.
    """
    return generator != "file" and not generator.startswith("recipe/")


def hidden(spec: FunctionSpec, names: Iterable[str]) -> frozenset[str]:
    """Return those of ``names`` that are hidden: about a third of three or more, else none.

    Args:
        spec: The function they are evidence for.
        names: Node ids of tests, or names of cases. The parameters of one test function are hidden
            together, for its source shows them all.
    """
    names = list(names)
    groups = sorted({function_of(name) for name in names}, key=lambda n: _rank(spec, n))
    kept_back = frozenset(groups[: len(groups) // 3])
    return frozenset(name for name in names if function_of(name) in kept_back)


def function_of(node_id: str) -> str:
    """Return a test's node id without its parameters."""
    file, separator, rest = node_id.partition("::")
    return file + separator + rest.partition("[")[0] if separator else node_id


def _rank(spec: FunctionSpec, name: str) -> bytes:
    return hashlib.sha256(f"{spec.fingerprint}\0{name}".encode("utf-8", "surrogatepass")).digest()
