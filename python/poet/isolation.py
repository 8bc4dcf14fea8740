"""Where a version runs: in this process, in a confined worker, or not yet.

A recipe's version comes from an installed package and runs like any library. Every other one runs in
a worker until a person has approved it; where its calls cannot go to a worker, it waits for that.
"""

from __future__ import annotations

from pathlib import Path
from typing import Literal, NamedTuple

from poet.errors import NoSourceError
from poet.registry import spec_for
from poet.settings import Settings
from poet.spec import FunctionSpec, Options
from poet.store import FunctionStore, Version, approval_of, committed

__all__ = ["Isolation", "decide", "fully_confined", "made_by_recipe"]


class Isolation(NamedTuple):
    """Where a version runs, and why.

    Attributes:
        where: ``in-process``, ``worker``, or ``waiting`` (for approval; the baseline serves).
        reason: One line: who approved it, or what keeps it where it is.
        approved: Whether a person has approved it; a recipe's version needs none.
        spec: The function, where a worker will run it.
    """

    where: Literal["in-process", "worker", "waiting"]
    reason: str
    approved: bool = False
    spec: FunctionSpec | None = None


def made_by_recipe(version: Version) -> bool:
    """Say whether an installed domain's recipe made the version."""
    return str(version.record.get("generator", "")).startswith("recipe/")


def fully_confined(version: Version) -> bool:
    """Say whether every layer of confinement was in force when the version was verified."""
    rows = version.record.get("layers")
    states = [str(s) for s in rows.values()] if isinstance(rows, dict) else []
    return "in force" in states and not any(s.startswith("missing") for s in states)


def decide(
    path: Path,
    qualname: str,
    options: Options,
    store: FunctionStore,
    version: Version,
    settings: Settings,
) -> Isolation:
    """Decide where a version runs. It runs git where a commit counts as review.

    Args:
        path: The module's file.
        qualname: The function's qualified name.
        options: From its decorator.
        store: The function's versions.
        version: One of them, read from the store.
        settings: The project's.

    Raises:
        ConfigError, FunctionError: The function itself cannot be read.
    """
    if made_by_recipe(version):
        return Isolation("in-process", "made by a recipe")
    approved, reason = _approved(store, version, settings)
    if approved:
        return Isolation("in-process", reason, approved=True)
    if settings.isolation == "in-process":
        return Isolation("waiting", f"{reason}, and isolation = 'in-process' starts no worker")
    from poet.gate.sandbox import missing_layers
    from poet.workers import why_not

    missing = missing_layers()
    if missing and fully_confined(version):
        return Isolation(
            "waiting",
            f"{reason}, it was verified fully confined, and here is missing: {', '.join(missing)}",
        )
    try:
        spec, _ = spec_for(path, qualname, options, installed=version.metadata.get("first_party"))
    except NoSourceError:
        return Isolation("waiting", f"{reason}, and no source ships that a worker could import")
    problem = why_not(spec, version.code)
    if problem:
        return Isolation("waiting", f"{reason}, and cannot run in a worker: {problem}")
    return Isolation("worker", reason, spec=spec)


def _approved(store: FunctionStore, version: Version, settings: Settings) -> tuple[bool, str]:
    """Return whether a person has approved the version, and who, or why not."""
    found = approval_of(store, version)
    if found is not None and found.action == "approved":
        return True, f"approved by {found.who} on {found.when}: {found.why}"
    if found is not None:
        return False, f"{version.name} is approved no more, since {found.when}: {found.why}"
    if settings.review == "commit":
        problem = committed(version)
        if not problem:
            return True, "approved by being committed (review = 'commit')"
        return False, f"{version.name} is not approved: {problem}"
    return False, f"{version.name} is not approved"
