# shows: prefix sums
# scenario: windows
from collections.abc import Iterator
from itertools import accumulate


def window_sums(values: list[int], size: int) -> Iterator[int]:
    if size < 1:
        raise ValueError("size must be positive")
    before = list(accumulate(values, initial=0))
    for low, high in zip(before, before[size:]):
        yield high - low
