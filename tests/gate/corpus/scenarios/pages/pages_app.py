"""Handing out items page by page."""

from collections.abc import AsyncIterator

from poet import poet


@poet()
async def pages(items: list[str], size: int = 2) -> AsyncIterator[dict]:
    """Yield pages of at most ``size`` items with their numbers."""
    if size < 1:
        raise ValueError("size must be positive")
    number = 0
    for start in range(0, len(items), size):
        number += 1
        yield {"page": number, "items": items[start : start + size], "last": start + size >= len(items)}
