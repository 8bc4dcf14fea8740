# shows: a class with __iter__ and __next__
# scenario: windows
from collections.abc import Iterator


class _Windows:
    def __init__(self, values: list[int], size: int) -> None:
        self._values = values
        self._size = size
        self._start = 0

    def __iter__(self) -> "_Windows":
        return self

    def __next__(self) -> int:
        end = self._start + self._size
        if end > len(self._values):
            raise StopIteration
        part = self._values[self._start : end]
        self._start += 1
        return sum(part)


def window_sums(values: list[int], size: int) -> Iterator[int]:
    if size < 1:
        raise ValueError("size must be positive")
    yield from _Windows(values, size)
