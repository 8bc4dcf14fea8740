# shows: a class with __aiter__ behind the generator
# scenario: pages
from collections.abc import AsyncIterator


class _Pager:
    def __init__(self, items: list[str], size: int) -> None:
        self._items = items
        self._size = size
        self._number = 0

    def __aiter__(self) -> "_Pager":
        return self

    async def __anext__(self) -> dict:
        start = self._number * self._size
        if start >= len(self._items):
            raise StopAsyncIteration
        self._number += 1
        end = start + self._size
        return {"page": self._number, "items": self._items[start:end], "last": end >= len(self._items)}


async def pages(items: list[str], size: int = 2) -> AsyncIterator[dict]:
    if size < 1:
        raise ValueError("size must be positive")
    async for page in _Pager(items, size):
        yield page
