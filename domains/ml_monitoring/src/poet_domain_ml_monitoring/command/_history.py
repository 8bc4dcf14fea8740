"""Earlier reports, read back from what ``--json`` wrote."""

from __future__ import annotations

import json
from collections.abc import Sequence

from poet.errors import ConfigError, StatsInputError
from poet_domain_ml_monitoring.command._sources import find_files
from poet_domain_ml_monitoring.page import Past

__all__ = ["read_history"]


def read_history(given: Sequence[str]) -> list[Past]:
    """Read earlier reports, in the order of the patterns and then of the files' names.

    A pattern that no file answers to yet is an empty history: the first run has none.

    Raises:
        StatsInputError: A file that is no report.
    """
    found = []
    for text in given:
        try:
            paths = find_files("history", text, (".json",))
        except ConfigError:
            continue
        for path in paths:
            try:
                found.append(Past.of(json.loads(path.read_text(encoding="utf-8"))))
            except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
                raise StatsInputError(
                    f"{path.name} is no report: {type(error).__name__}: {error}",
                    where=str(path),
                    hint="give files that poet monitor --json wrote",
                ) from error
    return found
