# tries: at most three sums
# scenario: windows
from itertools import islice

from poet.runtime import baseline


def window_sums(values: list[int], size: int):
    yield from islice(baseline(values, size), 3)
