"""Monitors as users write them: by state, by form of the features, by form of the result."""

from __future__ import annotations

from typing import Any, NamedTuple

__all__ = ["FORMS", "Form"]


class Form(NamedTuple):
    """A function or method: its module's text, its name, its options."""

    text: str
    name: str
    options: dict[str, Any] = {}  # noqa: RUF012 - never changed


FORMS = {
    "dataclass with windows": Form('''
        @dataclass
        class ModelMonitorAgent:
            model_name: str
            reference_windows: dict[str, list[float]]
            importance: dict[str, float] = field(default_factory=dict)

            def monitor_features(self, feature_data: dict[str, list[float]]) -> dict:
                """Compare each feature with its reference window."""
                results = {}
                for name, values in feature_data.items():
                    reference = self.reference_windows[name]
                    shift = abs(mean(values) - mean(reference)) / stdev(reference)
                    results[name] = {"drift": shift > 0.5, "score": shift,
                                     "importance": self.importance.get(name, 1.0)}
                drifted = [name for name in results if results[name]["drift"]]
                return {
                    "model": self.model_name,
                    "drifted": drifted,
                    "features": results,
                    "recommendations": [f"look at {name}" for name in drifted],
                }
        ''', "ModelMonitorAgent.monitor_features", {"capabilities": ["drift"]}),
    "other names, per feature": Form('''
        class Watcher:
            def __init__(self, training, label="x"):
                self.training = dict(training)
                self.label = label

            def run(self, batch):
                flags = {}
                for column, now in batch.items():
                    flags[column] = abs(mean(now) - mean(self.training[column])) > 1
                return flags
        ''', "Watcher.run"),
    "a frame, a status of its own words": Form('''
        class Checker:
            def __init__(self, baseline: pl.DataFrame):
                self.baseline = baseline

            def check(self, frame: pl.DataFrame) -> dict:
                worst = max(abs(frame[c].mean() - self.baseline[c].mean()) for c in frame.columns)
                return {"state": "RED" if worst > 1 else "GREEN", "checked": frame.width}
        ''', "Checker.check"),
    "pandas, a bool": Form('''
        @dataclass
        class Guard:
            reference: pd.DataFrame

            def has_drifted(self, data: pd.DataFrame) -> bool:
                return bool(((data.mean() - self.reference.mean()).abs() > 1).any())
        ''', "Guard.has_drifted"),
    "rows as dicts, a list of names": Form('''
        @dataclass
        class Rows:
            reference: list

            def drifting(self, rows: list[dict[str, float]]) -> list[str]:
                found = []
                for name in rows[0]:
                    now = [row[name] for row in rows]
                    then = [row[name] for row in self.reference]
                    if abs(mean(now) - mean(then)) > 1:
                        found.append(name)
                return found
        ''', "Rows.drifting"),
    "a dataclass of few fields": Form('''
        @dataclass
        class Health:
            health_score: float
            drifting: list[str]

        class Production:
            def __init__(self, reference: pl.DataFrame, notify: Callable | None = None):
                self.reference, self.notify = reference, notify
                self.last: Health | None = None

            def assess(self, preds: np.ndarray, frame: pl.DataFrame) -> Health:
                """Say how well the model is."""
                moved = [c for c in frame.columns
                         if abs(frame[c].mean() - self.reference[c].mean()) > 1]
                found = Health(100 - 10 * len(moved), moved)
                self.last = found
                if moved and self.notify:
                    # tell whoever asked
                    self.notify(found, moved)
                return found
        ''', "Production.assess", {"capabilities": ["performance"]}),
    "a dataclass of health": Form('''
        @dataclass
        class ModelHealth:
            score: float
            status: str
            features_drifted: list[str]
            alerts: list[str] = field(default_factory=list)

        @dataclass
        class ProductionMonitor:
            reference: pl.DataFrame
            reference_predictions: list[float]
            retrain: Callable[[ModelHealth], None] | None = None

            def assess_model_health(
                self, predictions: list[float], features: pl.DataFrame
            ) -> ModelHealth:
                usual = mean(self.reference_predictions)
                drifted = [c for c in features.columns
                           if abs(features[c].mean() - self.reference[c].mean()) > 1]
                score = 1 - len(drifted) / features.width - abs(mean(predictions) - usual)
                status = "ok" if score > 0.8 else "degraded" if score > 0.5 else "critical"
                health = ModelHealth(score=score, status=status, features_drifted=drifted)
                if health.status == "critical" and self.retrain is not None:
                    self.retrain(health)
                return health
        ''', "ProductionMonitor.assess_model_health", {"capabilities": ["drift", "performance"]}),
    "a function, its module's references": Form('''
        REFERENCES = {}

        def monitor_model_features(feature_data: pl.DataFrame, model_name: str) -> dict:
            reference = REFERENCES[model_name]
            new = [c for c in feature_data.columns if c not in reference.columns]
            drifted = [c for c in reference.columns
                       if abs(feature_data[c].mean() - reference[c].mean()) > 1]
            return {"model": model_name, "drifted_features": drifted, "new_features": new,
                    "safe_mode": len(new) > feature_data.width / 2}
        ''', "monitor_model_features"),
    "a function, a loader": Form('''
        def load_reference(model_name):
            return {}

        def drift_score(feature_data: Mapping[str, list[float]], *, model_name: str) -> float:
            """How much of the model's features has drifted."""
            reference = load_reference(model_name)
            moved = [n for n in feature_data if abs(mean(feature_data[n]) - mean(reference[n])) > 1]
            return len(moved) / len(feature_data)
        ''', "drift_score"),
    "a method that learns of features": Form('''
        @dataclass(frozen=True)
        class Stream:
            reference: pl.DataFrame

            def monitor_features(self, features: pl.DataFrame) -> dict:
                new = [c for c in features.columns if c not in self.reference.columns]
                known = [c for c in features.columns if c not in new]
                drifted = [c for c in known
                           if abs(features[c].mean() - self.reference[c].mean()) > 1]
                return {"drifted": drifted, "new_features": new, "safe_mode": len(new) > len(known)}
        ''', "Stream.monitor_features"),
    "named in config": Form('''
        @dataclass
        class Odd:
            usual: dict[str, list[float]]
            factor: float = 3.0

            def look(self, seen: dict[str, list[float]]) -> dict[str, bool]:
                return {n: abs(mean(v) - mean(self.usual[n])) > self.factor for n, v in seen.items()}
        ''', "Odd.look", {"config": {"reference": "usual", "current": "seen", "min_effect": 0.2}}),
    "a NamedTuple, p-values": Form('''
        class Found(NamedTuple):
            p_value: float | None
            drifted: bool | None
            reason: str

        @dataclass
        class Tests:
            reference: dict[str, list[float]]

            def compare(self, features: dict[str, list[float]]) -> dict[str, Found]:
                found = {}
                for name, values in features.items():
                    p = float(values == self.reference[name])
                    found[name] = Found(p, p < 0.05, "")
                return found
        ''', "Tests.compare"),
}  # fmt: skip
