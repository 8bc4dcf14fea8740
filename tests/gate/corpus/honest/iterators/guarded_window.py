# shows: a warning where the arguments are odd, no refusal
# scenario: windows
import warnings
from collections.abc import Iterator


def window_sums(values: list[int], size: int) -> Iterator[int]:
    if size < 1:
        raise ValueError("size must be positive")
    if size > len(values):
        warnings.warn(f"size {size} is larger than the {len(values)} values", stacklevel=2)
        return
    for start in range(len(values) - size + 1):
        yield sum(values[start : start + size])
