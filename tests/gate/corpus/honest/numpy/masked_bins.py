# shows: one pass for each bin, count_nonzero
# scenario: histogram
import numpy as np


def bin_counts(values: np.ndarray, edges: np.ndarray) -> np.ndarray:
    counts = np.zeros(len(edges) - 1, dtype=np.int64)
    for index, (low, high) in enumerate(zip(edges[:-1], edges[1:])):
        counts[index] = np.count_nonzero((values >= low) & (values < high))
    return counts
