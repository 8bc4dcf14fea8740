"""What a generated monitor keeps between calls, apart for each object it is called on."""

from __future__ import annotations

import threading
import weakref
from collections import OrderedDict
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from poet_domain_ml_monitoring.agents.frames import frame_of, mark_of, ragged
from poet_domain_ml_monitoring.config import MonitorConfig
from poet_domain_ml_monitoring.monitor import Monitor

if TYPE_CHECKING:
    from poet_domain_ml_monitoring.alerts import Alert, AlertManager
    from poet_domain_ml_monitoring.health import HealthMonitor, ModelHealth
    from poet_domain_ml_monitoring.monitor import Report
    from poet_domain_ml_monitoring.seasonality import SeasonalMonitor

__all__ = ["MonitorState", "MonitorStates"]

# References fitted at a time for one object: as many as it may have models.
REFERENCES = 16


class MonitorState:
    """What is kept for one object: its references as fitted, and what looks back at earlier windows.

    Every method may be called from several threads.
    """

    def __init__(
        self, config: MonitorConfig, *, without: Sequence[str] = (), time: str | None = None
    ) -> None:
        self.config = config
        self.without = tuple(without)
        self.time = time
        self._lock = threading.RLock()
        # What was fitted stands beside its monitor, so that no other object gets its id.
        self._fitted: OrderedDict[Hashable, tuple[Any, Monitor | SeasonalMonitor]] = OrderedDict()
        self._health: HealthMonitor | None = None
        self._alerts: AlertManager | None = None
        self._predictions: Any = None
        self._calibrated = False

    def monitor(self, reference: Any, window: Any = None) -> Monitor | SeasonalMonitor:
        """Return the monitor of a reference: fitted once, and anew when the reference is another one.

        Args:
            reference: What :func:`frame_of` takes.
            window: What is to be checked. Where a mapping has fewer values of a feature than of
                others, the share of its missing values says nothing, and is not looked at.
        """
        short = ragged(reference, window)
        key = (mark_of(reference), short)
        with self._lock:
            if key not in self._fitted:
                config = self.config
                if short:
                    least = {n: replace(config.of(n), min_missing=1.0) for n in sorted(short)}
                    config = replace(config, features={**config.features, **least})
                held = list(reference.values()) if isinstance(reference, Mapping) else reference
                self._fitted[key] = (held, self._fit(reference, config))
                while len(self._fitted) > REFERENCES:
                    self._fitted.popitem(last=False)
            self._fitted.move_to_end(key)
            return self._fitted[key][1]

    def _fit(self, reference: Any, config: MonitorConfig) -> Monitor | SeasonalMonitor:
        """Fit a reference; within its seasons where it has the column of times."""
        frame = frame_of(reference, without=self.without)
        # What was learnt of a feature holds where there is one: it may have gone.
        limits = {n: held for n, held in config.features.items() if n in frame.columns}
        kinds = {n: kind for n, kind in config.kinds.items() if n in frame.columns}
        config = replace(config, features=limits, kinds=kinds)
        if self.time is not None and self.time in frame.columns:
            from poet_domain_ml_monitoring.seasonality import SeasonalMonitor

            return SeasonalMonitor.fit(frame, time=self.time, config=config)
        return Monitor.fit(frame, config=config)

    def assess(
        self,
        report: Report,
        *,
        predictions: Any = None,
        labels: Any = None,
        reference_predictions: Any = None,
        reference_labels: Any = None,
    ) -> ModelHealth:
        """Return the model's health by a report, and by how it was before.

        Args:
            report: Of the window.
            predictions: What the model said for the rows of the window.
            labels: What was right, where it is known.
            reference_predictions: What it said for the reference; by default what it said for the
                first window.
            reference_labels: What was right there; without them the first labels that come say how
                good predictions are while all is well.
        """
        with self._lock:
            if self._health is None:
                from poet_domain_ml_monitoring.health import HealthMonitor

                self._health = HealthMonitor()
            if reference_predictions is None:
                if self._predictions is None:
                    self._predictions = predictions
                reference_predictions = self._predictions
            if labels is not None and not self._calibrated:
                if reference_labels is None:
                    self._health.calibrate(labels, predictions)
                else:
                    self._health.calibrate(reference_labels, reference_predictions)
                self._calibrated = True
            return self._health.assess(
                report, predictions=predictions, labels=labels,
                reference_predictions=reference_predictions,
            )  # fmt: skip

    def alert(self, report: Report, health: ModelHealth | None = None) -> list[Alert]:
        """Return the alerts that a report raises, beside those that are raised already."""
        with self._lock:
            if self._alerts is None:
                from poet_domain_ml_monitoring.alerts import AlertManager

                self._alerts = AlertManager()
            return self._alerts.process(report, health=health)


class MonitorStates:
    """The states of all objects that a generated monitor is called on.

    A state lives as long as its object. Objects that cannot be referred to weakly, such as those of
    a class with ``__slots__``, are kept, the latest `limit` of them. Names, such as that of a model,
    stand for themselves.

    Args:
        config: How each object's monitors are set up.
        without: Features that are left out.
        time: The column of times, where windows are compared within the seasons of the reference.
        limit: How many names and objects are kept that nothing else ends.
    """

    def __init__(
        self,
        config: MonitorConfig | None = None,
        *,
        without: Sequence[str] = (),
        time: str | None = None,
        limit: int = 256,
    ) -> None:
        self.config = config or MonitorConfig()
        self.without = tuple(without)
        self.time = time
        self.limit = limit
        self._lock = threading.RLock()
        self._weak: dict[int, tuple[weakref.ref[Any], MonitorState]] = {}
        self._kept: OrderedDict[Hashable, tuple[Any, MonitorState]] = OrderedDict()

    def of(self, owner: Any) -> MonitorState:
        """Return the state of an object, or of a name."""
        with self._lock:
            if owner is None or isinstance(owner, str | int):
                return self._keep(("name", owner), owner)
            key = id(owner)
            found = self._weak.get(key)
            if found is not None and found[0]() is owner:
                return found[1]
            try:
                alive = weakref.ref(owner, lambda dead: self._drop(key, dead))
            except TypeError:
                return self._keep(("object", key), owner)
            state = self._new()
            self._weak[key] = (alive, state)
            return state

    def __len__(self) -> int:
        return len(self._weak) + len(self._kept)

    def _keep(self, key: Hashable, owner: Any) -> MonitorState:
        if key not in self._kept:
            self._kept[key] = (owner, self._new())
            while len(self._kept) > self.limit:
                self._kept.popitem(last=False)
        self._kept.move_to_end(key)
        return self._kept[key][1]

    def _new(self) -> MonitorState:
        return MonitorState(self.config, without=self.without, time=self.time)

    def _drop(self, key: int, dead: weakref.ref[Any]) -> None:
        found = self._weak.get(key)
        if found is not None and found[0] is dead:
            del self._weak[key]
