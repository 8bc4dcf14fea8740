"""Watching a model's features while new ones turn up, as one would write it first."""

from statistics import mean, stdev

from poet import poet

REFERENCES: dict[str, dict[str, list[float]]] = {}


def register(model_name: str, reference: dict[str, list[float]]) -> None:
    """Keep what a model's features were when it was trained."""
    REFERENCES[model_name] = reference


@poet(domain="ml_monitoring", capabilities=["drift"], learning="on_feedback", record="on_feedback")
def monitor_model_features(feature_data: dict[str, list[float]], model_name: str) -> dict:
    """Say which features have drifted, and which of them nobody knows yet."""
    reference = REFERENCES[model_name]
    new = [name for name in feature_data if name not in reference]
    drifted = []
    for name in feature_data:
        if name not in new:
            shift = abs(mean(feature_data[name]) - mean(reference[name]))
            if shift > stdev(reference[name]):
                drifted.append(name)
    return {
        "model": model_name,
        "drifted_features": drifted,
        "new_features": new,
        "safe_mode": len(new) > len(feature_data) / 2,
    }
