# shows: spans from a heap
# scenario: intervals
import heapq


def _check(span: list[int]) -> list[int]:
    if span[0] > span[1]:
        raise ValueError(f"span {span} ends before it begins")
    return span


def merge(spans: list[list[int]]) -> list[list[int]]:
    heap = [_check(span) for span in spans]
    heapq.heapify(heap)
    merged: list[list[int]] = []
    while heap:
        low, high = heapq.heappop(heap)
        if merged and merged[-1][1] >= low:
            merged[-1][1] = max(merged[-1][1], high)
        else:
            merged.append([low, high])
    return merged
