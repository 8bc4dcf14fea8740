"""How large the changes of recorded executions are, feature by feature, as a version would see them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from poet.errors import StatsInputError
from poet_domain_ml_monitoring._features import kind_of, merge_rare
from poet_domain_ml_monitoring.seasonality._phase import SamePhase

if TYPE_CHECKING:
    from poet_domain_ml_monitoring.learning._samples import Samples
    from poet_domain_ml_monitoring.reading.strategy import Seasonal

__all__ = ["Effect", "effects_of"]


class Effect(NamedTuple):
    """The change of one feature in one execution.

    Attributes:
        size: From 0 to 1.
        p_value: How improbable by chance.
        rows: Values the window had.
    """

    size: float
    p_value: float
    rows: int


def effects_of(
    samples: Samples,
    features: Sequence[str],
    seasonal: Seasonal | None,
    *,
    min_samples: int,
    max_categories: int,
    categories: Sequence[str] = (),
) -> dict[str, Effect]:
    """Return the change of each feature; without those that cannot be told."""
    from poet.stats import category_counts, kl_divergence, ks_2samp

    if samples.reference is None:
        return {}
    found: dict[str, Effect] = {}
    pairs = None
    if seasonal is not None:
        pairs = SamePhase(
            samples.current,
            samples.reference,
            time=seasonal.time,
            period=seasonal.period,
            width=seasonal.width,
        )
    for name in features:
        if name not in samples.current.columns or name not in samples.reference.columns:
            continue
        now, then = samples.current[name], samples.reference[name]
        try:
            kind = kind_of(then, now, max_categories=max_categories)
            if name in categories:
                kind = "categorical"
            if pairs is not None and seasonal is not None:
                now, then = pairs.of(name, adjusted=seasonal.adjusted and kind == "continuous")
            if kind == "continuous":
                numbers = ks_2samp(now, then, min_size=min_samples)
                if numbers.status == "ok":
                    found[name] = Effect(numbers.statistic, numbers.p_value, numbers.n_current)
            else:
                counts = merge_rare(category_counts(now), category_counts(then))
                codes = kl_divergence(*counts, min_size=min_samples)
                if codes.status == "ok":
                    found[name] = Effect(codes.total_variation, codes.p_value, codes.n_current)
        except (StatsInputError, TypeError, ValueError):
            continue
    return found
