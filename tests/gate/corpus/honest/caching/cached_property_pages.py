# shows: cached_property for what is counted once
# scenario: pages
from collections.abc import AsyncIterator
from functools import cached_property


class _Book:
    def __init__(self, items: list[str], size: int) -> None:
        self.items = items
        self.size = size

    @cached_property
    def starts(self) -> range:
        return range(0, len(self.items), self.size)

    def page(self, number: int) -> dict:
        start = self.starts[number]
        end = start + self.size
        return {"page": number + 1, "items": self.items[start:end], "last": end >= len(self.items)}


async def pages(items: list[str], size: int = 2) -> AsyncIterator[dict]:
    if size < 1:
        raise ValueError("size must be positive")
    book = _Book(items, size)
    for number in range(len(book.starts)):
        yield book.page(number)
