# shows: a deque and a running sum, exact for integers
# scenario: windows
from collections import deque
from collections.abc import Iterator


def window_sums(values: list[int], size: int) -> Iterator[int]:
    if size < 1:
        raise ValueError("size must be positive")
    window: deque[int] = deque()
    total = 0
    for value in values:
        window.append(value)
        total += value
        if len(window) > size:
            total -= window.popleft()
        if len(window) == size:
            yield total
