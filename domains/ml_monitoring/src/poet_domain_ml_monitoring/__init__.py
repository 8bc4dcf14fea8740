"""POET's ML monitoring domain: drift detection that chooses its test by the data.

Generated detectors import the helpers below; the domain itself comes through the plugin hook.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from poet.hookspecs import hookimpl
from poet_domain_ml_monitoring._features import (
    column_of,
    columns_of,
    finite,
    kind_of,
    merge_rare,
    warn_unknown,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from poet.domain import Domain

__all__ = [
    "column_of",
    "columns_of",
    "finite",
    "kind_of",
    "merge_rare",
    "poet_register_domains",
    "warn_unknown",
]


@hookimpl
def poet_register_domains(register: Callable[[Domain], Any]) -> None:
    """Register the domain ``ml_monitoring``."""
    from poet_domain_ml_monitoring._domain import DOMAIN

    register(DOMAIN)
