# shows: one pass for each bin, count_nonzero
# scenario: histogram
import numpy as np


def bin_counts(values: np.ndarray, edges: np.ndarray) -> np.ndarray:
    if len(edges) < 2 or not (edges[1:] > edges[:-1]).all():
        raise ValueError("edges must rise")
    counts = np.zeros(len(edges) - 1, dtype=np.int64)
    for index, (low, high) in enumerate(zip(edges[:-1], edges[1:])):
        counts[index] = np.count_nonzero((values >= low) & (values < high))
    return counts
