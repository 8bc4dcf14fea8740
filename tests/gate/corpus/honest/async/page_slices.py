# shows: an async generator with precomputed starts
# scenario: pages
from collections.abc import AsyncIterator
from math import ceil


async def pages(items: list[str], size: int = 2) -> AsyncIterator[dict]:
    if size < 1:
        raise ValueError("size must be positive")
    count = ceil(len(items) / size)
    for number in range(1, count + 1):
        part = items[(number - 1) * size : number * size]
        yield {"page": number, "items": part, "last": number == count}
