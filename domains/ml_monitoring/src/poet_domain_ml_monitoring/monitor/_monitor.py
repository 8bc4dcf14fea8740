"""The monitor: fit on a reference, check windows."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from typing import Any

from poet.runtime import last_execution
from poet.stats import FrameProfile, drift
from poet_domain_ml_monitoring._emit import Emit, emit_event
from poet_domain_ml_monitoring.config import MonitorConfig
from poet_domain_ml_monitoring.monitor._report import Report
from poet_domain_ml_monitoring.results import FeatureResult, Finding

__all__ = ["Monitor"]


class Monitor:
    """Compares windows of a frame with a reference, feature by feature.

    Example:
        >>> import polars as pl
        >>> from poet_domain_ml_monitoring import Monitor
        >>> monitor = Monitor.fit(pl.DataFrame({"age": range(20, 520), "city": ["Oslo", "Rome"] * 250}))
        >>> report = monitor.check(pl.DataFrame({"age": range(220, 720), "city": ["Oslo", "Rome"] * 250}))
        >>> report.to_frame().select("feature", "status").rows()
        [('age', 'drift'), ('city', 'ok')]
    """

    def __init__(self, profile: FrameProfile, config: MonitorConfig, *, emit: Emit) -> None:
        self.profile = profile
        self.config = config
        self._emit = emit

    @classmethod
    def fit(
        cls, reference: Any, *, config: MonitorConfig | None = None, emit: Emit = emit_event
    ) -> Monitor:
        """Fit every column of a reference frame."""
        config = config or MonitorConfig()
        return cls(FrameProfile.fit(reference, threads=config.threads), config, emit=emit)

    def check(self, current: Any, *, execution_id: str | None = None) -> Report:
        """Compare a window with the reference."""
        limits = self.config.thresholds
        table = drift(
            self.profile, current, alpha=limits.alpha, min_effect=limits.min_effect,
            min_size=limits.min_samples, adjust=self.config.adjust, threads=self.config.threads,
        )  # fmt: skip
        report = Report(
            results=tuple(self._result(row) for row in table.iter_rows(named=True)),
            rows_current=max((r["n_current"] or 0 for r in table.iter_rows(named=True)), default=0),
            rows_reference=max((p.n for p in self.profile.profiles.values()), default=0),
            profile=self.profile,
            window=self.profile.counts(current),
        )
        running = last_execution()
        text = json.dumps(report.to_dict(), sort_keys=True)
        known = execution_id or (running.id if running else None)
        return replace(
            report, execution_id=known or "c-" + hashlib.sha256(text.encode()).hexdigest()[:24]
        )

    def _result(self, row: dict[str, Any]) -> FeatureResult:
        effect, least = row["effect_size"], self.config.of(row["column"]).min_effect
        severity = 0.0 if effect is None else 1 - 2 ** (-effect / least)
        reason = row["message"] or f"effect {effect:.3f}, least that matters {least:g}"
        numbers = {
            "test": row["method"], "statistic": row["statistic"], "p_value": row["p_value"],
            "p_adjusted": row["p_adjusted"], "effect_size": effect,
            "effect_name": "kuiper_v" if row["method"] == "ks" else "total_variation",
            "min_effect": least, "status": row["status"], "reason": reason,
        }  # fmt: skip
        finding = Finding(feature=row["column"], check="distribution", **numbers)
        return FeatureResult(
            feature=row["column"],
            kind="categorical" if row["kind"] == "categories" else "continuous",
            dtype=row["dtype"],
            severity=severity,
            check="distribution",
            test_reason="",
            importance=self.config.importance.get(row["column"], 1.0),
            is_new=False,
            n_current=row["n_current"] or 0,
            n_reference=row["n_reference"] or 0,
            missing_current=(row["null_current"] or 0) + (row["nan_current"] or 0),
            missing_reference=(row["null_reference"] or 0) + (row["nan_reference"] or 0),
            findings=(finding,),
            **numbers,
        )
