"""Reading profiles and counts back from the bytes of an Arrow IPC file."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from poet.errors import StatsInputError

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def reading(source: str) -> Iterator[None]:
    """Turn what a reader refuses into the error that users handle.

    Raises:
        StatsInputError: The bytes are not what they should be.
    """
    try:
        yield
    except ValueError as error:
        raise StatsInputError(
            str(error), where=source, hint="pass what the same version or an older one wrote"
        ) from None
