# shows: np.where and np.unique
# scenario: histogram
import numpy as np


def bin_counts(values: np.ndarray, edges: np.ndarray) -> np.ndarray:
    if len(edges) < 2 or not (edges[1:] > edges[:-1]).all():
        raise ValueError("edges must rise")
    places = np.digitize(values, edges)
    found, numbers = np.unique(places, return_counts=True)
    counts = np.zeros(len(edges) - 1, dtype=np.int64)
    for place, number in zip(found.tolist(), numbers.tolist()):
        if 1 <= place < len(edges):
            counts[place - 1] = number
    return counts
