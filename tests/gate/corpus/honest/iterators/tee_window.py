# shows: two iterators over one source
# scenario: windows
from collections.abc import Iterator
from itertools import islice, tee


def window_sums(values: list[int], size: int) -> Iterator[int]:
    if size < 1:
        raise ValueError("size must be positive")
    if len(values) < size:
        return
    ahead, behind = tee(values)
    total = sum(islice(ahead, size))
    yield total
    for new in ahead:
        total += new - next(behind)
        yield total
