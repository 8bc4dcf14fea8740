# shows: searchsorted and bincount, exact integers
# scenario: histogram
import numpy as np


def bin_counts(values: np.ndarray, edges: np.ndarray) -> np.ndarray:
    if len(edges) < 2 or not (edges[1:] > edges[:-1]).all():
        raise ValueError("edges must rise")
    count = len(edges) - 1
    places = np.searchsorted(edges, values, side="right") - 1
    inside = (values >= edges[0]) & (values < edges[-1])
    return np.bincount(places[inside], minlength=count).astype(np.int64)
