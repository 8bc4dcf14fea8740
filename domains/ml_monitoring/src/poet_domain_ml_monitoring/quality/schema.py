"""The columns of frames and their types: what is missing, new, or of another type."""

from __future__ import annotations

import json
from collections.abc import Mapping
from itertools import chain
from typing import Any, NamedTuple

from poet.errors import StatsInputError
from poet_domain_ml_monitoring._dtypes import cut, dtype_name, family
from poet_domain_ml_monitoring._frames import columns
from poet_domain_ml_monitoring.results import Problem

__all__ = ["Schema", "compare_schema"]


class Schema(NamedTuple):
    """The columns of a frame and their types, in the words of its library.

    Attributes:
        dtypes: By the column's name, its type; in the frame's order.
        repeated: Names that more than one column has.
    """

    dtypes: Mapping[str, str]
    repeated: tuple[str, ...] = ()

    @classmethod
    def of(cls, frame: Any) -> Schema:
        """Read the schema of a frame; of a lazy one without collecting it.

        Args:
            frame: A Polars frame, eager or lazy, a pandas frame, a pyarrow Table, or a mapping of
                name to column.

        Raises:
            StatsInputError: Not a frame.
        """
        if hasattr(frame, "collect_schema") and not hasattr(frame, "get_columns"):
            return cls({name: cut(str(dtype)) for name, dtype in frame.collect_schema().items()})
        dtypes = {name: dtype_name(column) for name, column in columns(frame).items()}
        if isinstance(frame, Mapping):
            return cls(dtypes)
        names = [str(name) for name in getattr(frame, "column_names", frame.columns)]
        if len(names) == len(dtypes):
            return cls(dtypes)
        return cls(dtypes, tuple(name for name in dtypes if names.count(name) > 1))

    def to_json(self) -> str:
        """Return JSON text, the same for the same schema."""
        return json.dumps({"dtypes": dict(self.dtypes), "repeated": list(self.repeated)})

    @classmethod
    def from_json(cls, text: str) -> Schema:
        """Take up what `to_json` gave.

        Raises:
            StatsInputError: Other text.
        """
        try:
            data = json.loads(text)
            dtypes, repeated = data["dtypes"], data["repeated"]
            if not all(isinstance(v, str) for v in chain(dtypes.values(), repeated)):
                raise TypeError("types are not text")
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            hint = "fit the monitor again, or take the file from a backup"
            raise StatsInputError(f"no schema: {error}", where="schema", hint=hint) from None
        return cls(dtypes, tuple(repeated))


def compare_schema(reference: Schema, current: Schema) -> list[Problem]:
    """Say how the columns differ; types matter where values of one cannot be compared with the other.

    Integers and floats of any width compare exactly, text with categories, times in any unit: such
    changes are none. A column of objects or of nulls only may hold anything, and is not judged.

    Returns:
        Missing features, changed types and names that occur twice in the order of the reference,
        then the new features in the order of the current frame.
    """
    problems = []
    for name, dtype in reference.dtypes.items():
        now = current.dtypes.get(name)
        if now is None:
            detail = f"{name!r} is in the reference and not in the current frame"
            problems.append(Problem("missing_feature", name, detail))
        elif _incomparable(dtype, now):
            detail = f"{name!r} was {dtype} in the reference and is {now}"
            problems.append(Problem("type_change", name, detail))
    for where, schema in (("reference", reference), ("current frame", current)):
        for name in schema.repeated:
            detail = f"the {where} has several columns {name!r}; the last one is compared"
            problems.append(Problem("unreadable", name, detail))
    for name, dtype in current.dtypes.items():
        if name not in reference.dtypes:
            detail = f"{name!r} ({dtype}) is not in the reference"
            problems.append(Problem("new_feature", name, detail))
    return problems


def _incomparable(before: str, now: str) -> bool:
    if before == now:
        return False
    a, b = family(before), family(now)
    return a != b and not {a, b} & {"unknown", "null"}
