"""Scores of rows: the furthest feature, or a model of scikit-learn; higher is stranger."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any, Literal, TypeAlias, get_args

import numpy as np

from poet.errors import ConfigError
from poet_domain_ml_monitoring.anomalies._scales import Floats

__all__ = ["METHODS", "Method", "Scorer", "choose", "has_sklearn", "scorer"]

Method: TypeAlias = Literal[
    "auto", "point", "isolation_forest", "local_outlier_factor", "robust_covariance"
]
METHODS: tuple[str, ...] = get_args(Method)
Scorer: TypeAlias = Callable[[Floats], Floats]

# Local densities are compared with every other row's: beyond this many rows trees are used.
_NEIGHBOURS_UP_TO = 20_000
_NEIGHBOURS = 20
# Robust covariance: so many rows a feature, and this many features at most.
_ROWS_A_FEATURE, _FEATURES = 10, 50
# How much the outer distances may differ from those of an ellipsoid.
_ELLIPTIC = 1.25


def has_sklearn() -> bool:
    """Return whether scikit-learn can be imported, without importing it."""
    from importlib.util import find_spec

    return find_spec("sklearn") is not None


def _needed(method: str) -> None:
    if not has_sklearn():
        raise ConfigError(
            f"{method!r} needs scikit-learn, which is not installed", where="method",
            hint="pip install 'poet-domain-ml-monitoring[anomaly]', or use method='point'",
        )  # fmt: skip


def _flat(matrix: Floats) -> Floats:
    """Return deviations as a model likes them: missing ones usual, far ones not overwhelming."""
    return np.arcsinh(np.nan_to_num(matrix, nan=0.0))


def _point(matrix: Floats) -> Floats:
    """Return the largest deviation of each row, 0 where all are missing."""
    if not matrix.shape[1]:
        return np.zeros(len(matrix))
    furthest: Floats = np.nan_to_num(np.abs(matrix), nan=0.0).max(axis=1)
    return furthest


def choose(matrix: Floats, seed: int) -> tuple[str, str]:
    """Return the method that suits the reference, and why."""
    rows, features = matrix.shape
    if features < 2:
        return "point", "one feature: nothing it could be out of step with"
    if not has_sklearn():
        return "point", "scikit-learn is not installed: features are looked at one by one"
    spread = np.nan_to_num(matrix, nan=0.0).std(axis=0)
    if rows >= _ROWS_A_FEATURE * features and features <= _FEATURES and (spread > 0).all():
        ratio = _ellipticity(_flat(matrix), seed)
        if 1 / _ELLIPTIC <= ratio <= _ELLIPTIC:
            return "robust_covariance", (
                f"one ellipsoid: the outer distances are {ratio:.2f} times a normal sample's"
            )
    if rows <= _NEIGHBOURS_UP_TO:
        return "local_outlier_factor", f"no single ellipsoid, and {rows:,} rows can be compared all"
    return "isolation_forest", f"no single ellipsoid, and {rows:,} rows are too many to compare all"


def _ellipticity(flat: Floats, seed: int) -> float:
    """Return the outer squared distances of a robust covariance over those of a normal sample."""
    rng = np.random.default_rng(seed)
    if len(flat) > 4_000:
        flat = flat[np.sort(rng.choice(len(flat), 4_000, replace=False))]
    try:
        distances = _covariance(flat, seed).mahalanobis(flat)
    except ValueError:  # a singular covariance: features that determine each other
        return float("nan")
    seen = np.quantile(distances, [0.5, 0.975])
    # Chi-square quantiles after Wilson and Hilferty, 1931: within 1 % from two features on.
    part = 2 / (9 * flat.shape[1])
    normal = (1 - part + np.array([0.0, 1.959963984540054]) * np.sqrt(part)) ** 3
    return float((seen[1] / seen[0]) / (normal[1] / normal[0])) if seen[0] > 0 else float("nan")


def _covariance(flat: Floats, seed: int) -> Any:
    from sklearn import covariance

    make: Any = covariance.MinCovDet
    with warnings.catch_warnings():
        warnings.simplefilter(
            "ignore"
        )  # "the covariance matrix is not full rank": distances show it
        return make(random_state=seed).fit(flat)


def scorer(method: str, matrix: Floats, seed: int) -> Scorer:
    """Fit a method to the reference; returns what gives rows their scores.

    Raises:
        ConfigError: scikit-learn is needed and not installed.
    """
    if method == "point":
        return _point
    _needed(method)
    flat = _flat(matrix)
    if method == "robust_covariance":
        fitted = _covariance(flat, seed)
        return lambda rows: np.sqrt(np.maximum(fitted.mahalanobis(_flat(rows)), 0.0))
    if method == "local_outlier_factor":
        from sklearn import neighbors

        neighbours = min(_NEIGHBOURS, len(flat) - 1)
        make: Any = neighbors.LocalOutlierFactor
        model = make(n_neighbors=neighbours, novelty=True)
    else:
        from sklearn import ensemble

        make = ensemble.IsolationForest
        model = make(random_state=seed)
    with warnings.catch_warnings():
        warnings.simplefilter(
            "ignore"
        )  # many equal rows; their scores tie, which calibration allows
        model.fit(flat)

    def scores(rows: Floats) -> Floats:
        return -np.asarray(model.score_samples(_flat(rows)), dtype=float)

    return scores
