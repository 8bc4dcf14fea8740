"""An agent that watches the features of one model, as one would write it first."""

from dataclasses import dataclass, field
from statistics import mean, stdev

from poet import poet


@dataclass
class ModelMonitorAgent:
    """Watches a model: what its features were when it was trained, and how much it leans on each."""

    model_name: str
    reference_windows: dict[str, list[float]]
    importance: dict[str, float] = field(default_factory=dict)

    @poet(domain="ml_monitoring", capabilities=["drift"])
    def monitor_features(self, feature_data: dict[str, list[float]]) -> dict:
        """Compare each feature with its reference window."""
        features = {}
        for name, values in feature_data.items():
            reference = self.reference_windows[name]
            shift = abs(mean(values) - mean(reference)) / stdev(reference)
            features[name] = {
                "drift": shift > 0.5,
                "score": shift,
                "importance": self.importance.get(name, 1.0),
            }
        drifted = [name for name in features if features[name]["drift"]]
        return {
            "model": self.model_name,
            "drifted": drifted,
            "drift_score": len(drifted) / len(features),
            "features": features,
            "recommendations": [f"look at {name}" for name in drifted],
        }
