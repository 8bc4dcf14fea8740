"""What runs a stored version in workers: what is loaded there, and who is told what goes wrong."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from pathlib import Path

from poet.errors import PoetError, PoetWarning, VersionStateError
from poet.events import new_event, store_event
from poet.gate import load_request
from poet.gate.types import class_finder
from poet.registry import Target
from poet.settings import Settings
from poet.spec import FunctionSpec
from poet.store import Version, sha256
from poet.workers._kept import Limits
from poet.workers._remote import Remote

__all__ = ["remote_for"]

# One for each version and its limits: what it lost is remembered when the store is looked at again.
_remotes: dict[tuple[object, ...], Remote] = {}


def remote_for(
    target: Target,
    version: Version,
    spec: FunctionSpec,
    settings: Settings,
    home: Path,
    *,
    require: bool,
    still_right: Callable[[Target, Version], str],
) -> Remote:
    """Return what runs the version in workers.

    Args:
        target: The function.
        version: The version to run.
        spec: The function's spec.
        settings: The project's.
        home: Folder of live state, for events.
        require: Start no worker where a layer of confinement is missing.
        still_right: Returns why the files are not those this process imported; empty if they are.
    """
    limits = Limits(settings.call_timeout, settings.call_memory_mb, require)
    original = target.original
    key = (*target.key, version.name, sha256(version.code), version.fingerprint, limits)
    known = _remotes.get((*key, settings, home))
    if known is not None and known.baseline is original:
        return known
    module = original.__module__
    first_party = sorted({k.partition(":")[0].partition(".")[0] for k in spec.closure})
    request = {
        **load_request(spec, version.code, module, str(version.folder / "code.py")),
        "user_names": list(version.metadata.get("user_names", ())),
    }

    told: set[str] = set()

    def tell(kind: str, reason: str) -> None:
        _tell(target, version, kind, reason, home, settings, warn=kind not in told)
        told.add(kind)

    def refuse(reason: str) -> PoetError:
        return VersionStateError(
            f"a call of {target.qualname} could not be served by {version.name}: {reason}",
            where=str(version.folder),
            hint=f"run: poet approve {target.qualname}",
        )

    remote = Remote(
        key,
        request,
        class_finder(module, first_party, target.path.stem if module == "__main__" else ""),
        limits,
        settings.workers,
        original,
        lambda: still_right(target, version),
        tell,
        refuse if settings.strict else None,
    )
    _remotes[(*key, settings, home)] = remote
    return remote


def _tell(
    target: Target,
    version: Version,
    kind: str,
    reason: str,
    home: Path,
    settings: Settings,
    warn: bool,
) -> None:
    """Make visible that the baseline serves calls that a worker should have."""
    if warn and kind != "closed":
        text = {
            "cannot cross": f"calls that {version.name}'s worker cannot serve run {target.qualname} "
            "as it was written",
            "opened": f"{target.qualname} runs as it was written for a time",
        }.get(kind, f"a call ran {target.qualname} as it was written")
        warnings.warn_explicit(
            f"{text}: {reason}. Next: poet approve {target.qualname}",
            PoetWarning,
            filename=str(target.path),
            lineno=target.original.__code__.co_firstlineno,
        )
    if settings.events:
        state = {"cannot cross": "unapproved", "opened": "breaker open", "closed": "breaker closed"}
        payload = {
            "function": target.qualname,
            "version": version.name,
            "state": state.get(kind, kind),
            "reason": reason,
        }
        event = new_event("function.fallback", payload, environment=settings.environment)
        store_event(event, home)
