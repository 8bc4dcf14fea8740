# shows: counts as differences of ranks
# scenario: histogram
import numpy as np


def bin_counts(values: np.ndarray, edges: np.ndarray) -> np.ndarray:
    if len(edges) < 2 or not (edges[1:] > edges[:-1]).all():
        raise ValueError("edges must rise")
    ordered = np.sort(values[~np.isnan(values)])
    below = np.searchsorted(ordered, edges, side="left")
    return np.diff(below).astype(np.int64)
