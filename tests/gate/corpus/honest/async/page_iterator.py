# shows: islice over one iterator
# scenario: pages
from collections.abc import AsyncIterator
from itertools import islice


async def pages(items: list[str], size: int = 2) -> AsyncIterator[dict]:
    if size < 1:
        raise ValueError("size must be positive")
    rest = iter(items)
    seen = 0
    for number in range(1, len(items) + 1):
        part = list(islice(rest, size))
        if not part:
            return
        seen += len(part)
        yield {"page": number, "items": part, "last": seen >= len(items)}
