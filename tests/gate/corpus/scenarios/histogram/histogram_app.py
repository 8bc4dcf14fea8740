"""Counting values into bins."""

import numpy as np

from poet import poet


@poet()
def bin_counts(values: np.ndarray, edges: np.ndarray) -> np.ndarray:
    """Return how many values lie in each bin [edge, next edge); others are left out."""
    if len(edges) < 2 or not (edges[1:] > edges[:-1]).all():
        raise ValueError("edges must rise")
    counts = np.zeros(len(edges) - 1, dtype=np.int64)
    for value in values:
        for index in range(len(edges) - 1):
            if edges[index] <= value < edges[index + 1]:
                counts[index] += 1
    return counts
