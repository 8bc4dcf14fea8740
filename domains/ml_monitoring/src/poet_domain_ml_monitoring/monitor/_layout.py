"""Which columns of a survey belong to which feature, and what each is held to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from poet_domain_ml_monitoring.config import MonitorConfig, Thresholds
from poet_domain_ml_monitoring.monitor._reference import Reference
from poet_domain_ml_monitoring.quality import part_of

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

__all__ = ["Layout", "Limits", "layout_of", "limits_of"]

_FIELDS = (
    "alpha",
    "min_effect",
    "min_outside",
    "min_unseen",
    "min_missing",
    "min_cardinality",
    "min_samples",
)


@dataclass(frozen=True, slots=True, eq=False)
class Layout:
    """Columns and features; arrays of one entry a column.

    Attributes:
        features: The features, in the order of the reference.
        feature: Index of the column's feature.
        own: Whether the column has the feature's own name, and so its missing values.
        bare: Whether it holds nothing but whether there is a value, as the own column of times.
        zero: Whether it is the own column of a sparse feature: zero or not.
        first: By feature, the index of its own column.
    """

    features: tuple[str, ...]
    feature: NDArray[np.intp]
    own: NDArray[np.bool_]
    bare: NDArray[np.bool_]
    zero: NDArray[np.bool_]
    first: NDArray[np.intp]

    @property
    def simple(self) -> bool:
        """Whether every feature is one column."""
        return len(self.features) == len(self.feature)


@dataclass(frozen=True, slots=True, eq=False)
class Limits:
    """Thresholds as arrays of one value a column."""

    alpha: Floats
    min_effect: Floats
    min_outside: Floats
    min_unseen: Floats
    min_missing: Floats
    min_cardinality: Floats
    min_samples: Floats


def layout_of(reference: Reference) -> Layout:
    """Return the layout of a reference's columns."""
    import numpy as np

    features = reference.features
    index = {name: at for at, name in enumerate(features)}
    names = reference.profile.names
    split = [part_of(name) for name in names]
    own = np.array([part == "" for _, part in split], np.bool_)
    kinds = [reference.kind(feature) for feature, _ in split]
    feature = np.array([index[feature] for feature, _ in split], np.intp)
    first = np.zeros(len(features), np.intp)
    first[feature[own]] = np.flatnonzero(own)
    return Layout(
        features, feature, own,
        own & np.array([kind == "datetime" for kind in kinds], np.bool_),
        own & np.array([kind == "sparse" for kind in kinds], np.bool_),
        first,
    )  # fmt: skip


def limits_of(
    layout: Layout, config: MonitorConfig, overrides: Mapping[str, Thresholds] | None = None
) -> Limits:
    """Return what every column is held to; features in `overrides` to that instead."""
    import numpy as np

    special = {**config.features, **(overrides or {})}
    arrays: dict[str, Any] = {}
    for field in _FIELDS:
        values = np.full(len(layout.features), getattr(config.thresholds, field), np.float64)
        for at, name in enumerate(layout.features) if special else ():
            if name in special:
                values[at] = getattr(special[name], field)
        arrays[field] = values[layout.feature]
    # A share of zeros is a share, like that of missing values.
    arrays["min_effect"] = np.where(layout.zero, arrays["min_missing"], arrays["min_effect"])
    return Limits(**arrays)
