# tries: sorts the array it was given
# scenario: histogram
import numpy as np


def bin_counts(values: np.ndarray, edges: np.ndarray) -> np.ndarray:
    if len(edges) < 2 or not (edges[1:] > edges[:-1]).all():
        raise ValueError("edges must rise")
    values.sort()
    ordered = values[~np.isnan(values)]
    return np.diff(np.searchsorted(ordered, edges, side="left")).astype(np.int64)
