"""Canary and shadow: begin a trial of an accepted version, look at it, end it.

The tree is not touched but for the log: a trial is a runtime override, and current serves beside it.
"""

from __future__ import annotations

import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Literal, NamedTuple

from poet.beside import SLOWER, Bets, Verdicts
from poet.errors import ConfigError, StoreError
from poet.events import Event, new_event, store_event
from poet.lifecycle._verify_stored import verify_stored
from poet.registry import spec_for
from poet.settings import home_for, load_settings
from poet.spec import Options
from poet.store import (
    FunctionStore,
    Override,
    end_override,
    locate,
    read_override,
    write_override,
)

__all__ = ["TrialFigures", "end_trial", "figures_of", "start_trial", "trial_of"]

Mode = Literal["canary", "shadow"]
ALPHA = 0.05
"""Chance that learning, over all processes, ends a trial of a version that is no worse."""


class TrialFigures(NamedTuple):
    """What a trial has shown so far, over all processes of this machine.

    Attributes:
        trial: The trial.
        calls: Of the version on trial.
        beside: Of what serves beside it, meanwhile.
        errors: How many of its calls raised.
        errors_beside: Of the others.
        mean_ms: Of its calls; None before any.
        mean_ms_beside: Of the others.
        false_alarms: Alarms of its own that were reviewed as false.
        false_alarms_beside: Of the others.
        different: Of a shadow: answers that differ; None for a canary.
        worse: Why it is worse; empty as long as nothing shows that.
    """

    trial: Override
    calls: int = 0
    beside: int = 0
    errors: int = 0
    errors_beside: int = 0
    mean_ms: float | None = None
    mean_ms_beside: float | None = None
    false_alarms: int = 0
    false_alarms_beside: int = 0
    different: int | None = None
    worse: str = ""

    def as_json(self) -> dict[str, Any]:
        """Return it as plain JSON values."""
        return {**self._asdict(), "trial": self.trial._asdict()}


def start_trial(
    path: Path,
    qualname: str,
    options: Options,
    version: str,
    *,
    mode: Mode = "canary",
    share: float | None = None,
    reason: str = "begun by hand",
    home: Path | None = None,
) -> Override:
    """Try an accepted version beside current, on this machine, from now on.

    Args:
        path: The module's file.
        qualname: The function's qualified name.
        options: From its decorator.
        version: A stored version other than current; it is verified once more.
        mode: ``canary``: a share of the calls run it. ``shadow``: it runs after a share of them.
        share: Of the calls, above 0 and at most 1; by default 0.1, of a shadow all.
        reason: Why, for the log.
        home: The folder of live state; by default the project's.

    Raises:
        ConfigError: The share is none; or the function can have no shadow, with the reason.
        StoreError: The version is not stored, not verified, or it is current.
    """
    if share is None:
        share = 1.0 if mode == "shadow" else 0.1
    if not 0 < share <= 1:
        raise ConfigError(
            f"share {share!r} is not above 0 and at most 1", hint="such as: --share 0.1"
        )
    spec, _ = spec_for(path, qualname, options)
    if mode == "shadow":
        problem = why_no_shadow(path, qualname, options)
        if problem:
            raise ConfigError(
                f"{qualname} can have no shadow: {problem}",
                where=f"{path}:{spec.line}",
                hint=f"try it on a share of the calls: poet canary {qualname} {version} --share 0.05",
            )
    store = locate(path, qualname)
    current = store.current()
    stored = store.read(version)
    if version == current:
        raise StoreError(
            f"{version} is current, and serves already",
            where=str(store.folder),
            hint=f"name another: {', '.join(n for n in store.names() if n != current) or 'none'}",
        )
    checks = verify_stored(path, qualname, options, stored)
    bad = [c for c in checks if c.outcome in ("failed", "lost") and c.name != "log"]
    if bad:
        raise StoreError(
            f"{qualname} {version} does not hold: {bad[0].kind} {bad[0].name}: {bad[0].detail}",
            where=str(stored.folder),
            hint=f"poet generate {qualname}",
        )
    if not store.is_logged(stored, for_trial=True):
        store.accept(version, f"{mode}: {reason}")
    home = home or home_for(path.parent, load_settings(path.parent))
    return write_override(home, store.folder, version, reason, current, mode=mode, share=share)


def why_no_shadow(path: Path, qualname: str, options: Options) -> str:
    """Return why a function's calls cannot be repeated beside it; empty where they can."""
    from poet.gate.inputs.quiet import why_not_quiet

    spec, _ = spec_for(path, qualname, options)
    if spec.kind != "function":
        return f"it is {'an' if spec.kind[0] == 'a' else 'a'} {spec.kind}"
    if spec.owner in ("method", "classmethod"):
        return "a second call would change its object twice"
    if options.idempotent:
        return ""
    effect = why_not_quiet(spec)
    if effect:
        return f"{effect}, whose effect would take place twice (idempotent=True says it may)"
    return ""


def trial_of(store: FunctionStore, home: Path) -> Override | None:
    """Return the trial of a function that goes on or has ended; None where there is none."""
    found = read_override(home, store.folder, store.current_or_none(), ended=True)
    return found if found is not None and found.mode != "all" else None


def end_trial(store: FunctionStore, home: Path, reason: str, *, events: bool = True) -> str:
    """End a function's trial and return the version that was tried; empty where there was none."""
    found = trial_of(store, home)
    if found is None or not found.is_trial:
        return ""
    if not end_override(home, store.folder, found, reason):
        return ""
    if events:
        payload = {
            "function": store.qualname, "version": found.serve,
            "action": f"{found.mode} ended", "reason": reason,
        }  # fmt: skip
        store_event(new_event("function.update", payload), home)
    return found.serve


def figures_of(
    trial: Override,
    function: str,
    events: Iterable[Event],
    *,
    false_alarms: Iterable[str] = (),
    alpha: float = ALPHA,
) -> TrialFigures:
    """Return what a trial has shown, from events in order of time.

    Args:
        trial: The trial.
        function: The function's qualified name.
        events: ``function.execution`` and ``function.shadow`` events since it began.
        false_alarms: Ids of executions whose alarms were reviewed as false.
        alpha: Chance to call a version worse that is not, for all tests together.
    """
    shadow = trial.mode == "shadow"
    verdicts = Verdicts(0.5 if shadow else trial.share, alpha=alpha * 2 / 3)
    alarms = Bets(0.5 if shadow else min(trial.share, 1 - 1e-6))
    wrong = frozenset(false_alarms)
    sums: dict[bool, list[float]] = {True: [0, 0, 0.0, 0], False: [0, 0, 0.0, 0]}
    different = 0

    def count(second: bool, ms: float, error: object) -> None:
        row = sums[second]
        row[0] += 1
        row[1] += error is not None
        row[2] += ms

    for event in events:
        said = event.payload
        if said.get("function") != function:
            continue
        if shadow:
            if event.type != "function.shadow" or said.get("version") != trial.serve:
                continue
            ms, other = float(said["duration_ms"]), float(said["beside_ms"])
            error, beside = said.get("error"), said.get("beside_error")
            count(True, ms, error)
            count(False, other, beside)
            different += not said.get("same")
            if (error is None) != (beside is None):
                verdicts.failed(error is not None)
            elif error is None:
                verdicts.took(other, second=False)
                verdicts.took(ms, second=True)
        elif event.type == "function.execution":
            second = said.get("version") == trial.serve
            count(second, float(said["duration_ms"]), said.get("error"))
            if said.get("error") is not None:
                verdicts.failed(second)
            else:
                verdicts.took(float(said["duration_ms"]), second)
            if event.correlation_id in wrong:
                alarms.add(second)
                sums[second][3] += 1
    mine, theirs = sums[True], sums[False]
    worse = verdicts.worse()
    if not worse and alarms.e_value >= 3 / alpha:
        worse = (
            f"{alarms.hits} of {alarms.total} alarms reviewed as false are its own, where "
            f"{alarms.chance:.0%} would be if both were alike (e-value {alarms.e_value:.3g}, bound "
            f"{3 / alpha:g})"
        )
    return TrialFigures(
        trial, int(mine[0]), int(theirs[0]), int(mine[1]), int(theirs[1]),
        mine[2] / mine[0] if mine[0] else None,
        theirs[2] / theirs[0] if theirs[0] else None,
        int(mine[3]), int(theirs[3]), different if shadow else None, worse,
    )  # fmt: skip


def describe(figures: TrialFigures) -> str:
    """Return a trial's figures as one line for a person."""
    f, t = figures, figures.trial
    head = f"{t.mode} of {t.serve}, {t.share:.0%} of the calls, since {t.time}"
    said = f"{f.calls} calls, {f.errors} errors (beside: {f.beside}, {f.errors_beside})"
    if f.mean_ms is not None and f.mean_ms_beside:
        ratio = f.mean_ms / f.mean_ms_beside
        said += f", {f.mean_ms:.3g} ms, {ratio:.2f} times as long (at most {SLOWER:g})"
    if f.different is not None:
        said += f", {f.different} answers differ"
    if f.false_alarms or f.false_alarms_beside:
        said += f", {f.false_alarms} alarms reviewed false (beside: {f.false_alarms_beside})"
    return f"{head}: {said}" + (f"; worse: {f.worse}" if f.worse else "")


def since(trial: Override) -> float:
    """Return when a trial began, in seconds since 1970 (UTC)."""
    import calendar

    return float(calendar.timegm(time.strptime(trial.time, "%Y-%m-%dT%H:%M:%SZ")))
