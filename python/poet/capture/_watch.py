"""Watching a user's own function whose outcome shows whether an alarm was right."""

from __future__ import annotations

import functools
import inspect
import time
import warnings
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Literal, NamedTuple, ParamSpec, TypeVar, cast

from poet.capture._tell import Clock, home_of, is_number, rfc3339, tell
from poet.errors import ConfigError, PoetWarning, nearest
from poet.events.envelope import Event
from poet.events.queue import store_for

__all__ = ["WATCHED", "watches"]

P = ParamSpec("P")
R = TypeVar("R")
Watched = Literal["model_retrain", "business_metric"]
WATCHED: Mapping[str, str] = {
    "model_retrain": "trains a model anew: where that helps, the drift was real",
    "business_metric": "returns a figure of the business: where it falls, something was real",
}
"""What can be watched."""
_DAY = 86_400.0
_LOOK = 10_000  # executions that are looked through for the last alarm


class _Watch(NamedTuple):
    what: str
    function: str | None
    score: Callable[[], float] | None
    least: float
    higher: bool
    within: float
    source: str
    home: Path | None
    clock: Clock


def watches(
    what: Watched,
    *,
    function: str | None = None,
    score: Callable[[], float] | None = None,
    least: float = 0.01,
    higher_is_better: bool = True,
    within_days: float = 7.0,
    source: str | None = None,
    home: Path | None = None,
    clock: Clock = time.time,
) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Watch a function of yours: what it brings about says whether the last alarm was right.

    ``model_retrain``: the model's quality before and after it, from ``score()`` called on both sides,
    else from ``before`` and ``after`` in what it returns (a mapping's keys or an object's
    attributes). It tells ``model.retrained``, and ``drift.validation`` about the last alarm of
    ``function``: real where quality gained at least ``least``, not real where it did not move by
    that much, and unknown where it fell.

    ``business_metric``: the figure it returns, beside the mean of those it returned before. A fall of
    at least ``least`` (as a share) tells ``business.metric_degradation``, with whether an alarm was
    raised within ``within_days``.

    The function itself is called and returns as ever; what goes wrong here is warned about.

    Args:
        what: One of :data:`WATCHED`.
        function: Qualified name of the ``@poet`` function whose alarms are meant.
        score: Returns the quality now.
        least: The least change that means something, in the score's own unit; of a business metric
            a share.
        higher_is_better: Whether more is better.
        within_days: How far back an alarm may lie.
        source: Who says it; by default ``watch:`` and the function's name.
        home: Folder of live state.
        clock: Seconds since 1970.

    Raises:
        ConfigError: ``what`` is nothing that can be watched.
    """
    if what not in WATCHED:
        raise ConfigError(
            f"nothing called {what!r} can be watched{nearest(what, WATCHED)}",
            hint="; ".join(f"{k}: it {v}" for k, v in WATCHED.items()),
        )

    def decorate(original: Callable[P, R]) -> Callable[P, R]:
        name = getattr(original, "__name__", "function")
        watch = _Watch(
            what, function, score, least, higher_is_better, within_days * _DAY,
            source or f"watch:{name}", home, clock,
        )  # fmt: skip
        figures: list[float] = []
        if inspect.iscoroutinefunction(original):

            @functools.wraps(original)
            async def later(*args: P.args, **kwargs: P.kwargs) -> Any:
                before = _score(watch)
                began = clock()
                result = await original(*args, **kwargs)
                _quietly(watch, name, before, result, clock() - began, figures)
                return result

            return cast("Callable[P, R]", later)

        @functools.wraps(original)
        def now(*args: P.args, **kwargs: P.kwargs) -> R:
            before = _score(watch)
            began = clock()
            result = original(*args, **kwargs)
            _quietly(watch, name, before, result, clock() - began, figures)
            return result

        return now

    return decorate


def _score(watch: _Watch) -> float | None:
    if watch.score is None or watch.what != "model_retrain":
        return None
    try:
        return float(watch.score())
    except Exception as error:  # noqa: BLE001 - what is watched must not fail for it
        _warn(f"the score could not be taken: {error!r}")
        return None


def _quietly(
    watch: _Watch,
    name: str,
    before: float | None,
    result: object,
    seconds: float,
    figures: list[float],
) -> None:
    try:
        if watch.what == "model_retrain":
            _retrained(watch, name, before, result, seconds)
        else:
            _measured(watch, name, result, figures)
    except Exception as error:  # noqa: BLE001 - what is watched must not fail for it
        _warn(f"what {name} brought about could not be told: {error!r}")


def _retrained(
    watch: _Watch, name: str, before: float | None, result: object, seconds: float
) -> None:
    after = _score(watch) if before is not None else None
    if watch.score is not None and (before is None or after is None):
        return  # warned about when it was taken
    if watch.score is None:
        before, after = _field(result, "before"), _field(result, "after")
    if not is_number(before) or not is_number(after):
        _warn(f"{name} says no quality before and after: pass score=, or return both")
        return
    assert before is not None
    assert after is not None
    gain = (after - before) * (1 if watch.higher else -1)
    alarm = _last_alarm(watch)
    facts = {
        "function": watch.function,
        "execution_id": alarm.correlation_id if alarm is not None else None,
        "metric": name,
        "before": before,
        "after": after,
    }
    about = facts["execution_id"]
    tell(
        "model.retrained", {**facts, "model": name, "gain": gain, "seconds": seconds},
        source=watch.source, home=watch.home, about=cast("str | None", about),
    )  # fmt: skip
    real = True if gain >= watch.least else None if gain <= -watch.least else False
    tell(
        "drift.validation", {**facts, "was_real_drift": real, "method": watch.what},
        source=watch.source, home=watch.home, about=cast("str | None", about),
    )  # fmt: skip


def _measured(watch: _Watch, name: str, result: object, figures: list[float]) -> None:
    if not is_number(result):
        _warn(f"{name} returned {result!r:.50}, not a finite number")
        return
    figure = float(cast("float", result))
    usual = sum(figures) / len(figures) if figures else figure
    figures.append(figure)
    del figures[:-30]
    fall = (usual - figure) * (1 if watch.higher else -1)
    if fall < watch.least * abs(usual) or not fall:
        return
    alarm = _last_alarm(watch)
    tell(
        "business.metric_degradation",
        {
            "function": watch.function, "metric": name, "before": usual, "after": figure,
            "alerted": alarm is not None,
            "execution_id": alarm.correlation_id if alarm is not None else None,
        },
        source=watch.source, home=watch.home,
        about=alarm.correlation_id if alarm is not None else None,
    )  # fmt: skip


def _field(result: object, name: str) -> float | None:
    found = result.get(name) if isinstance(result, Mapping) else getattr(result, name, None)
    return float(found) if is_number(found) else None  # type: ignore[arg-type]


def _last_alarm(watch: _Watch) -> Event | None:
    """Return the last execution of the function that raised an alarm, within the time meant."""
    if watch.function is None:
        return None
    events = store_for(home_of(watch.home)).query(
        "function.execution", function=watch.function,
        since=rfc3339(watch.clock() - watch.within), limit=_LOOK, newest_first=True,
    )  # fmt: skip
    return next((e for e in events if raised_alarm(e.payload)), None)


def raised_alarm(payload: Mapping[str, Any]) -> bool:
    """Say whether the facts of an execution tell of an alarm."""
    facts = payload.get("facts")
    return isinstance(facts, Mapping) and (
        facts.get("status") == "drift" or bool(facts.get("drifted_features"))
    )


def _warn(text: str) -> None:
    warnings.warn(text, PoetWarning, stacklevel=4)
