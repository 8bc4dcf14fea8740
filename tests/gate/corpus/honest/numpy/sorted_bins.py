# shows: counts as differences of ranks
# scenario: histogram
# gate: edges out of order are counted otherwise
import numpy as np


def bin_counts(values: np.ndarray, edges: np.ndarray) -> np.ndarray:
    ordered = np.sort(values[~np.isnan(values)])
    below = np.searchsorted(ordered, edges, side="left")
    return np.diff(below).astype(np.int64)
