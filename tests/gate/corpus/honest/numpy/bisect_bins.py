# shows: bisect over plain lists
# scenario: histogram
from bisect import bisect_right

import numpy as np


def bin_counts(values: np.ndarray, edges: np.ndarray) -> np.ndarray:
    if len(edges) < 2 or not (edges[1:] > edges[:-1]).all():
        raise ValueError("edges must rise")
    bounds = edges.tolist()
    counts = [0] * (len(bounds) - 1)
    for value in values.tolist():
        if bounds[0] <= value < bounds[-1]:
            counts[bisect_right(bounds, value) - 1] += 1
    return np.array(counts, dtype=np.int64)
