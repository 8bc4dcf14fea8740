"""Weights from a fitted estimator: its own, or by shuffling."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, get_args

from poet.errors import ConfigError, StatsInputError, nearest
from poet_domain_ml_monitoring.importance._frames import Rows, feature_names
from poet_domain_ml_monitoring.importance._trace import chain, steps_of

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

__all__ = ["Method", "weights_from_model"]

Method: TypeAlias = Literal["auto", "permutation", "feature_importances", "coef"]


def weights_from_model(
    estimator: Any,
    names: Sequence[str] | None,
    X: Any,  # noqa: N803 - scikit-learn's word
    y: Any,
    *,
    method: Method,
    scoring: Any,
    repeats: int,
    seed: int,
    max_rows: int,
) -> tuple[Mapping[str, float], str]:
    """Return the weights, of mean 1, and where they come from."""
    if method not in get_args(Method):
        raise ConfigError(
            f"unknown method {method!r}{nearest(method, get_args(Method))}",
            where="method",
            hint=f"one of {', '.join(get_args(Method))}",
        )
    features = feature_names(_first_fitted(estimator), names)
    before, last = steps_of(estimator)
    if method == "auto":
        method = _best(last, X, y)
    rows = None if X is None else Rows.of(X, features, estimator, max_rows=max_rows)
    if method == "permutation":
        if rows is None or y is None:
            raise StatsInputError(
                f"{type(last).__name__} has neither feature_importances_ nor coef_"
                if _best(last, 0, 0) == "permutation" and not hasattr(last, "coef_")
                else "shuffling needs rows and what should have been predicted for them",
                where="estimator",
                hint="pass X and y, such as some rows of the reference",
            )
        raw = _by_shuffling(estimator, rows, y, scoring, repeats, seed)
        how = f"permutation importance in {type(last).__name__} on {rows.n:,} rows"
    elif method == "feature_importances":
        own = _attribute(last, "feature_importances_")
        raw = _traced(own, before, features)
        how = f"feature_importances_ of {type(last).__name__}"
    else:
        raw, used = _by_coefficients(_attribute(last, "coef_"), before, features, rows)
        how = f"coef_ of {type(last).__name__} times {used}"
    return dict(zip(features, _scaled(raw), strict=True)), how


def _first_fitted(estimator: Any) -> Any:
    """Return what knows the features by name: the pipeline does where its first step does."""
    return getattr(estimator, "best_estimator_", estimator)


def _best(last: Any, X: Any, y: Any) -> Method:  # noqa: N803
    if X is not None and y is not None:
        return "permutation"
    if hasattr(last, "feature_importances_"):
        return "feature_importances"
    return "coef" if hasattr(last, "coef_") else "permutation"


def _attribute(last: Any, name: str) -> Floats:
    import numpy as np

    value = getattr(last, name, None)
    if value is None:
        raise StatsInputError(
            f"{type(last).__name__} has no {name}", where="estimator", hint="pass X and y instead"
        )
    dense = value.toarray() if hasattr(value, "toarray") else value
    return np.atleast_2d(np.asarray(dense, dtype=np.float64))


def _traced(own: Floats, before: list[Any], features: list[str]) -> Floats:
    share = chain(before, features)
    if share.shape[1] != own.shape[1]:
        raise StatsInputError(
            f"the model has {own.shape[1]} columns, the steps before it make {share.shape[1]}",
            where="estimator",
            hint="pass X and y instead",
        )
    traced: Floats = share @ own.mean(axis=0)
    return traced


def _by_coefficients(
    coef: Floats, before: list[Any], features: list[str], rows: Rows | None
) -> tuple[Floats, str]:
    """Return the spread over rows of what each feature adds to the prediction, over its outputs."""
    import numpy as np

    before = list(before)
    while before and _is_projection(before[-1], coef):
        step = before.pop()  # linear, so that the coefficients can be given for what went into it
        loadings = np.asarray(step.components_, dtype=np.float64)
        if getattr(step, "whiten", False):
            loadings = loadings / np.sqrt(step.explained_variance_)[:, None]
        coef = coef @ loadings
    share = chain(before, features)
    if share.shape[1] != coef.shape[1]:
        raise StatsInputError(
            f"{coef.shape[1]} coefficients for {share.shape[1]} columns", where="estimator"
        )
    if rows is not None:
        seen = rows.data
        for step in before:
            seen = step.transform(seen)
        dense = seen.toarray() if hasattr(seen, "toarray") else seen
        return _added(coef, share, np.asarray(dense, dtype=np.float64)), (
            f"the standard deviation on {rows.n:,} rows"
        )
    if before and _standardises(before[-1]):
        return share @ np.sqrt((coef**2).mean(axis=0)), "the spread, 1 after standardising"
    raise StatsInputError(
        "coefficients depend on the units of the features, which were not standardised",
        where="X",
        hint="pass X, some rows to measure the features' spread on; with y they are shuffled instead",
    )


def _added(coef: Floats, share: Floats, seen: Floats) -> Floats:
    """Return each feature's part of the prediction, as its standard deviation.

    The columns of one feature, such as those of a category, are added before the spread is taken.
    """
    import numpy as np

    added = np.zeros(share.shape[0])
    whole = (share == 1).any(axis=0)
    for feature in range(share.shape[0]):
        mine = share[feature] == 1
        if mine.any():
            part = seen[:, mine] @ coef[:, mine].T  # (rows, outputs)
            added[feature] = np.sqrt(part.var(axis=0).mean())
    spread = np.sqrt((coef**2).mean(axis=0)) * seen.std(axis=0)
    shared: Floats = added + share[:, ~whole] @ spread[~whole]
    return shared


def _is_projection(step: Any, coef: Floats) -> bool:
    import numpy as np

    loadings = getattr(step, "components_", None)
    return loadings is not None and np.ndim(loadings) == 2 and loadings.shape[0] == coef.shape[1]


def _standardises(step: Any) -> bool:
    return type(step).__name__ == "StandardScaler" and getattr(step, "with_std", False)


def _by_shuffling(
    estimator: Any, rows: Rows, y: Any, scoring: Any, repeats: int, seed: int
) -> Floats:
    import numpy as np

    try:
        from sklearn.inspection import permutation_importance
    except ImportError:
        raise ConfigError(
            "permutation importance needs scikit-learn",
            where="importance",
            hint='install it with: pip install "poet-domain-ml-monitoring[anomaly]"',
        ) from None
    told = y.to_numpy() if hasattr(y, "to_numpy") else np.asarray(y)
    if len(told) <= int(rows.chosen.max(initial=0)):
        raise StatsInputError(f"{len(told)} values of y for more rows of X", where="y")
    if scoring is None and hasattr(estimator, "predict_proba") and told.ndim == 1:
        # Accuracy does not move while the right class stays the most probable one.
        scoring = "neg_log_loss" if set(told) >= set(estimator.classes_) else None
    found = permutation_importance(
        estimator, rows.data, told[rows.chosen], scoring=scoring, n_repeats=repeats,
        random_state=seed,
    )  # fmt: skip
    mean: Floats = found.importances_mean
    return mean


def _scaled(raw: Floats) -> list[float]:
    import numpy as np

    clipped = np.clip(np.nan_to_num(raw, nan=0.0, posinf=0.0, neginf=0.0), 0.0, None)
    total = float(clipped.sum())
    if total <= 0:
        raise StatsInputError(
            "no feature matters to this model, by its own account",
            where="estimator",
            hint="look at the model; or give the weights with Importance.given",
        )
    return [float(value) for value in clipped * len(clipped) / total]
