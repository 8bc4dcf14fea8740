"""The types of columns in the words of all libraries, brought to what they can be compared with."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any, Literal, TypeAlias

__all__ = ["Family", "cut", "dtype_name", "family", "is_polars"]

Family: TypeAlias = Literal[
    "number", "boolean", "text", "date", "datetime", "zoned datetime", "time", "duration", "null",
    "nested", "binary", "unknown",
]  # fmt: skip

# The first that matches, in lower case. Objects, lists and what is not named here may hold anything.
_FAMILIES: tuple[tuple[str, Family], ...] = (
    (r"(list|array|struct|map|fixed_size_list|large_list)[(<\[]", "nested"),
    (r"(fixed_size_|large_)?binary|[|]?s\d+$|bytes", "binary"),
    (r"bool|[|]b1", "boolean"),
    (r"datetime64\[d\]|date(32|64)?(\[(day|ms|pyarrow)\])*$|date\b", "date"),
    (r"(datetime|timestamp).*(time_zone='|time_zone=\"|tz=|\[[a-z]+, )", "zoned datetime"),
    (r"datetime|timestamp", "datetime"),
    (r"timedelta|duration", "duration"),
    (r"time(32|64)?(\[|$)", "time"),
    (r"null", "null"),
    (r"u?int|float|double|half|decimal|range|sparse\[(u?int|float)", "number"),
    (r"str|utf8|large_str|[<>=]?u\d+|cat|enum|dictionary", "text"),
)
_LONGEST = 80


def is_polars(values: object) -> bool:
    """Tell whether this is a Polars Series, without importing Polars."""
    kind = type(values)
    return kind.__name__ == "Series" and kind.__module__.partition(".")[0] == "polars"


def dtype_name(values: Any) -> str:
    """Name the type of a column in the words of its library; long ones, of enums, are cut.

    A list or tuple is named by the type of its first values, as far as they are of one.
    """
    if isinstance(values, list | tuple):
        kinds = {type(v).__name__ for v in values[:1000] if v is not None}
        return kinds.pop() if len(kinds) == 1 else "null" if not kinds else "object"
    dtype = getattr(values, "dtype", None)
    return cut(str(getattr(values, "type", type(values).__name__) if dtype is None else dtype))


def cut(name: str) -> str:
    """Keep the name of a type short."""
    return name if len(name) <= _LONGEST else name[: _LONGEST - 1] + "…"


@lru_cache(maxsize=1024)
def family(dtype: str) -> Family:
    """Say what a column of this type can be compared with: columns of the same family.

    Example:
        >>> family("Int64"), family("datetime64[ns, UTC]"), family("List(Int64)")
        ('number', 'zoned datetime', 'nested')
    """
    lower = dtype.lower()
    for pattern, found in _FAMILIES:
        if re.match(pattern, lower):
            return found
    return "unknown"
