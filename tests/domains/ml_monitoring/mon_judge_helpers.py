"""Reports built by hand, and clocks that do as they are told."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from poet_domain_ml_monitoring import AlertManager, FeatureResult, Problem, Report

START = datetime(2026, 3, 2, 9, tzinfo=UTC)
HOUR = timedelta(hours=1)


def result(
    feature,
    effect=0.0,
    *,
    status=None,
    check="distribution",
    importance=1.0,
    least=0.06,
    n=1_000,
    missing=0,
    missing_before=0,
    reason="",
):
    """One feature with this effect; drift where it is at least the smallest that matters."""
    status = status or ("drift" if effect >= least else "ok")
    name = {"missing": "missing_change", "unseen": "unseen_share", "range": "outside_share"}
    return FeatureResult(
        feature=feature, kind="continuous", dtype="Float64", status=status,
        severity=1 - 2 ** (-effect / least), check=check, test="ks", test_reason="",
        statistic=effect, p_value=1e-9 if effect else 0.5, p_adjusted=1e-8 if effect else 0.9,
        effect_size=effect, effect_name=name.get(check, "kuiper_v"), min_effect=least,
        reason=reason or f"V = {effect:.2f}", importance=importance, is_new=False, n_current=n,
        n_reference=n, missing_current=missing, missing_reference=missing_before,
    )  # fmt: skip


def report(*results, run="run-1", problems=(), safe_mode=False, rows=1_000):
    """A report of these features."""
    return Report(
        results=tuple(results), problems=tuple(problems), rows_current=rows, rows_reference=rows,
        safe_mode=safe_mode, execution_id=run,
    )  # fmt: skip


def problem(kind, feature, detail="as found", other=""):
    """Something wrong with the data."""
    return Problem(kind, feature, detail, other)


class Hands:
    """A clock that is moved by hand."""

    def __init__(self):
        self.now = START

    def __call__(self):
        return self.now

    def on(self, **by):
        self.now += timedelta(**by)
        return self.now


class Heard:
    """Keeps the events it is told."""

    def __init__(self):
        self.events = []

    def __call__(self, kind, payload):
        self.events.append((kind, dict(payload)))

    def of(self, kind):
        return [payload for name, payload in self.events if name == kind]


def manager(config=None, **more):
    """Alerts with a clock in the test's hands, and a log that is heard."""
    more = {"clock": Hands(), "emit": Heard()} | more
    return AlertManager(config, **more)


def income(effect=0.3, run="run-1", **more):
    """A report in which income drifted and age did not."""
    return report(result("income", effect, **more), result("age"), run=run)
