# shows: yield from a helper
# scenario: windows
from collections.abc import Iterator


def _slide(values: list[int], size: int) -> Iterator[int]:
    total = sum(values[:size])
    yield total
    for gone, come in zip(values, values[size:]):
        total += come - gone
        yield total


def window_sums(values: list[int], size: int) -> Iterator[int]:
    if size < 1:
        raise ValueError("size must be positive")
    if len(values) >= size:
        yield from _slide(values, size)
