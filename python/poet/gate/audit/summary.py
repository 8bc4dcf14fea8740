"""What a candidate may import, in words: for a person or a model that is about to write one."""

from __future__ import annotations

from collections.abc import Mapping

from poet.domain import REVIEWED
from poet.gate.audit import tables
from poet.gate.audit.choice import LIBRARIES

__all__ = ["importable", "poet_names"]

_ALL = "all public names"
_REVIEWED = (
    "its public names that compute; none that reads or writes files, runs text as code, looks into "
    "memory or sets what is process-wide"
)
FEW = 12  # names that are left out of a module and listed


def poet_names(grants: Mapping[str, frozenset[str]]) -> dict[str, frozenset[str]]:
    """Return the modules of POET and of domains that may be imported, with their names.

    Args:
        grants: From a domain.
    """
    own = {m: n for m, n in grants.items() if m.startswith("poet") and REVIEWED.isdisjoint(n)}
    return {**tables.read("poet").modules, **own}


def importable(grants: Mapping[str, frozenset[str]]) -> dict[str, str]:
    """Return each other module that may be imported, with how much of it, in a fixed order.

    Args:
        grants: From a domain.
    """
    found = {m: _how_much(text) for m, text in LIBRARIES["stdlib"].modules.items()}
    for module, names in grants.items():
        if names >= REVIEWED and module in tables.LIBRARIES:
            found |= {m: _how_much(t) for m, t in LIBRARIES[module].modules.items()}
            found.setdefault(module, "its modules below")
        elif not module.startswith("poet"):
            found[module] = " ".join(sorted(names))
    return dict(sorted(found.items()))


def _how_much(text: str) -> str:
    """Return an entry of the hand-written choice in words."""
    words = text.split()
    if words[0].strip("*"):
        return " ".join(sorted(words))
    without = sorted(w.removeprefix("-") for w in words[1:])
    if len(without) > FEW:
        return _REVIEWED
    return f"{_ALL} but {' '.join(without)}" if without else _ALL
