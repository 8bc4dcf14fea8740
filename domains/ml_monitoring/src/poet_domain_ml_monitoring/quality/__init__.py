"""What the data are and whether they are sound: kinds, schema, new and renamed features."""

from __future__ import annotations

from poet_domain_ml_monitoring._dtypes import family
from poet_domain_ml_monitoring.quality.cardinality import Cardinality, cardinality_change
from poet_domain_ml_monitoring.quality.derive import Derived, derive, derived, label, part_of
from poet_domain_ml_monitoring.quality.kinds import BY_USER, kinds_of
from poet_domain_ml_monitoring.quality.registry import FeatureRegistry
from poet_domain_ml_monitoring.quality.rename import find_renamed
from poet_domain_ml_monitoring.quality.schema import Schema, compare_schema

__all__ = [
    "BY_USER",
    "Cardinality",
    "Derived",
    "FeatureRegistry",
    "Schema",
    "cardinality_change",
    "compare_schema",
    "derive",
    "derived",
    "family",
    "find_renamed",
    "kinds_of",
    "label",
    "part_of",
]
