# shows: an inner generator and enumerate
# scenario: pages
import asyncio
from collections.abc import AsyncIterator, Iterator


def _parts(items: list[str], size: int) -> Iterator[list[str]]:
    for start in range(0, len(items), size):
        yield items[start : start + size]


async def pages(items: list[str], size: int = 2) -> AsyncIterator[dict]:
    if size < 1:
        raise ValueError("size must be positive")
    handed = 0
    for number, part in enumerate(_parts(items, size), start=1):
        handed += len(part)
        await asyncio.sleep(0)
        yield {"page": number, "items": part, "last": handed >= len(items)}
