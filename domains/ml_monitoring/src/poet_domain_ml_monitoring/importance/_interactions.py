"""Features that matter more together than one by one."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations
from typing import TYPE_CHECKING, Any, NamedTuple

from poet.errors import StatsInputError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

__all__ = ["Interaction", "find_interactions"]


class Interaction(NamedTuple):
    """Some features matter more, or less, while all of them drift.

    Attributes:
        features: Two or more.
        factor: What multiplies the weight of each of them.
        why: The evidence.
    """

    features: tuple[str, ...]
    factor: float
    why: str = ""


def find_interactions(
    estimator: Any,
    names: Sequence[str],
    X: Any,  # noqa: N803 - scikit-learn's word
    *,
    among: Sequence[str] | None = None,
    min_strength: float = 0.1,
    rows: int = 60,
) -> tuple[Interaction, ...]:
    """Find pairs of features whose joint effect on a prediction is not the sum of their own.

    The strength is Friedman's and Popescu's H² (2008): the share of the variance of the joint partial
    dependence of two features that their single ones do not explain. The factor is 1 + H.

    Args:
        estimator: A fitted estimator; its probabilities are used where it gives some.
        names: The features in the order of the columns of `X`.
        X: Rows: a frame or an array of (rows, features).
        among: Between which features to look, such as the most important ones; pairs of k features
            take k² / 2 times `rows`² predictions. By default the first eight.
        min_strength: The smallest H² that is reported.
        rows: As many evenly spaced rows are used.

    Raises:
        StatsInputError: A name in `among` is not one of the features.
    """
    import numpy as np

    from poet_domain_ml_monitoring.importance._frames import Rows

    given = Rows.of(X, names, estimator, max_rows=rows)
    chosen = list(names[:8] if among is None else among)
    unknown = [name for name in chosen if name not in names]
    if unknown:
        raise StatsInputError(
            f"no feature {unknown[0]!r}", where="among", hint=f"there are {[*names]}"
        )
    single = {name: _dependence(estimator, given, [name]) for name in chosen}
    found = []
    for first, second in combinations(chosen, 2):
        joint = _dependence(estimator, given, [first, second])
        variance = float(np.sum(joint**2))
        rest = float(np.sum((joint - single[first] - single[second]) ** 2))
        # Where a pair hardly moves the prediction, H² is a ratio of rounding errors.
        strength = rest / variance if variance > 1e-12 * joint.size else 0.0
        if strength >= min_strength:
            why = f"{strength:.0%} of their joint effect on the prediction is not the sum of each (H²)"
            found.append((strength, Interaction((first, second), 1 + float(strength**0.5), why)))
    return tuple(item for _, item in sorted(found, key=lambda f: (-f[0], f[1].features)))


def _dependence(estimator: Any, rows: Any, names: list[str]) -> Floats:
    """Return the centred partial dependence at each row's own values, of shape (rows, outputs)."""
    import numpy as np

    n = rows.n
    told = rows.repeated(n)  # row i * n + k is row k with the values of row i in `names`
    for name in names:
        told.put(name, np.repeat(np.arange(n), n))
    predict = getattr(estimator, "predict_proba", None) or estimator.predict
    values = np.asarray(predict(told.data), dtype=np.float64).reshape(n, n, -1).mean(axis=1)
    centred: Floats = values - values.mean(axis=0)
    return centred
