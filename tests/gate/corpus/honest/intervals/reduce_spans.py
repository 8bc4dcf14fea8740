# shows: validation first, then a fold
# scenario: intervals
from functools import reduce


def _join(merged: list[list[int]], span: list[int]) -> list[list[int]]:
    low, high = span
    if merged and low <= merged[-1][1]:
        return [*merged[:-1], [merged[-1][0], max(merged[-1][1], high)]]
    return [*merged, [low, high]]


def merge(spans: list[list[int]]) -> list[list[int]]:
    for span in spans:
        if span[0] > span[1]:
            raise ValueError(f"span {span} ends before it begins")
    return reduce(_join, sorted(spans), [])
