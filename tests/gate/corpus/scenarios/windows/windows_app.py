"""Sums over a moving window."""

from collections.abc import Iterator

from poet import poet


@poet()
def window_sums(values: list[int], size: int) -> Iterator[int]:
    """Yield the sum of each run of ``size`` values."""
    if size < 1:
        raise ValueError("size must be positive")
    for start in range(len(values) - size + 1):
        yield sum(values[start : start + size])
