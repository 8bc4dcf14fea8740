"""Watching a model's features while new ones turn up, as one would write it first."""

import polars as pl

from poet import poet

REFERENCES: dict[str, pl.DataFrame] = {}


def register(model_name: str, reference: pl.DataFrame) -> None:
    """Keep what a model's features were when it was trained."""
    REFERENCES[model_name] = reference


@poet(domain="ml_monitoring", capabilities=["drift"])
def monitor_model_features(feature_data: pl.DataFrame, model_name: str) -> dict:
    """Say which features have drifted, and which of them nobody knows yet."""
    reference = REFERENCES[model_name]
    new = [name for name in feature_data.columns if name not in reference.columns]
    drifted = []
    for name in feature_data.columns:
        if name not in new:
            shift = abs(feature_data[name].mean() - reference[name].mean())
            if shift > reference[name].std():
                drifted.append(name)
    return {
        "model": model_name,
        "drifted_features": drifted,
        "new_features": new,
        "safe_mode": len(new) > feature_data.width / 2,
    }
